//! The fixed modules of a version, as a reader uses them: the known modules, and their groups.

use std::sync::OnceLock;

use crate::symbol::{Known, Layout, Patterns, Version, dark_module};

/// One version's modules.
pub(super) struct Plan {
    pub version: Version,
    pub side: usize,
    pub(super) layout: &'static Layout,
    known: Vec<Option<bool>>,
    /// Groups of neighbouring known modules: the three finder patterns first, the last alignment pattern last.
    pub(super) zones: Vec<Zone>,
}

/// Known modules that lie together, so that the light on them is even.
pub(super) struct Zone {
    pub weight: f32,
    pub modules: Vec<Known>,
}

/// Modules of a timing pattern on which the light is taken to be even.
const TIMING_PART: usize = 12;

impl Plan {
    /// The plan of a version, made once.
    pub(super) fn of(version: Version) -> &'static Self {
        static PLANS: [OnceLock<Plan>; 40] = [const { OnceLock::new() }; 40];
        PLANS[usize::from(version.number()) - 1].get_or_init(|| Self::new(version))
    }

    fn new(version: Version) -> Self {
        let side = version.side();
        let Patterns { finders, timing: [row, column], alignment } = Patterns::of(version);
        let zone = |weight: f32| move |modules: &Vec<Known>| Zone { weight, modules: modules.clone() };
        let mut zones: Vec<Zone> = finders.iter().map(zone(1.0)).collect();
        for parts in row.chunks(TIMING_PART).zip(column.chunks(TIMING_PART)) {
            for part in <[&[Known]; 2]>::from(parts) {
                let weight = 0.6 * part.len() as f32 / TIMING_PART as f32;
                zones.push(Zone { weight, modules: part.to_vec() });
            }
        }
        zones.extend(alignment.iter().map(zone(0.6)));
        let mut known = vec![None; side * side];
        for &(x, y, dark) in zones.iter().flat_map(|zone| &zone.modules).chain([&dark_module(version)]) {
            known[y * side + x] = Some(dark);
        }
        Self { version, side, layout: Layout::of(version), known, zones }
    }

    /// Whether a module that is the same in all symbols of this version is dark; `None` for all others.
    pub(super) fn known(&self, x: usize, y: usize) -> Option<bool> {
        self.known[y * self.side + x]
    }

    /// The centre of the alignment pattern farthest from the top left, in modules; version 1 has none.
    pub(super) fn last_alignment(&self) -> Option<f32> {
        (self.side > 21).then_some(self.side as f32 - 6.5)
    }
}
