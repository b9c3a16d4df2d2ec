//! What all symbols of one version have in common (ISO/IEC 18004, 6.3): which modules are known, and which carry data.

use rxing::common::BitMatrix;
use rxing::qrcode::common::{Version, VersionRef};

/// One version's modules.
pub(super) struct Plan {
    pub version: VersionRef,
    pub side: usize,
    function: BitMatrix,
    known: Vec<Option<bool>>,
    /// Groups of neighbouring known modules.
    pub zones: Vec<Zone>,
}

/// Known modules that lie together, so that the light on them is even.
pub(super) struct Zone {
    pub weight: f32,
    /// Left, top, dark.
    pub modules: Vec<(usize, usize, bool)>,
}

impl Plan {
    pub(super) fn new(version: u32) -> Option<Self> {
        let version = Version::getVersionForNumber(version).ok()?;
        let side = version.getDimensionForVersion() as usize;
        let function = version.buildFunctionPattern().ok()?;
        let far = side - 8;
        let near = |v: usize| if v < 8 { v } else { side - 1 - v };
        let finder = |left: usize, top: usize| {
            let modules = (0..64).map(|i| (left + i % 8, top + i / 8)).map(|(x, y)| {
                let ring = 3usize.abs_diff(near(x)).max(3usize.abs_diff(near(y)));
                (x, y, ring != 2 && ring != 4)
            });
            Zone { weight: 1.0, modules: modules.collect() }
        };
        let mut zones = vec![finder(0, 0), finder(far, 0), finder(0, far)];
        let timing: Vec<usize> = (8..far).collect();
        for part in timing.chunks(12) {
            let weight = 0.6 * part.len() as f32 / 12.0;
            zones.push(Zone { weight, modules: part.iter().map(|&i| (i, 6, i % 2 == 0)).collect() });
            zones.push(Zone { weight, modules: part.iter().map(|&i| (6, i, i % 2 == 0)).collect() });
        }
        for (x, y) in alignment_centres(version) {
            let modules = (0..25).map(|i| (i % 5, i / 5)).map(|(dx, dy)| {
                let ring = 2usize.abs_diff(dx).max(2usize.abs_diff(dy));
                (x + dx - 2, y + dy - 2, ring != 1)
            });
            zones.push(Zone { weight: 0.6, modules: modules.collect() });
        }
        let mut known = vec![None; side * side];
        for &(x, y, dark) in zones.iter().flat_map(|zone| &zone.modules) {
            known[y * side + x] = Some(dark);
        }
        known[far * side + 8] = Some(true);
        Some(Self { version, side, function, known, zones })
    }

    /// Whether a module that is the same in all symbols of this version is dark; `None` for all others.
    pub(super) fn known(&self, x: usize, y: usize) -> Option<bool> {
        self.known[y * self.side + x]
    }

    pub(super) fn carries_data(&self, x: usize, y: usize) -> bool {
        !self.function.get(x as u32, y as u32)
    }

    /// The centre of the alignment pattern farthest from the top left, in modules; version 1 has none.
    pub(super) fn last_alignment(&self) -> Option<f32> {
        (self.side > 21).then_some(self.side as f32 - 6.5)
    }
}

fn alignment_centres(version: VersionRef) -> impl Iterator<Item = (usize, usize)> {
    let centres = version.getAlignmentPatternCenters();
    let (first, last) = (centres.first().copied().unwrap_or(0), centres.last().copied().unwrap_or(0));
    let all = centres.iter().flat_map(|&y| centres.iter().map(move |&x| (x, y)));
    all.filter(move |&(x, y)| !(x == first && (y == first || y == last) || x == last && y == first))
        .map(|(x, y)| (x as usize, y as usize))
}
