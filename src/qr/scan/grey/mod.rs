//! Our own reader, for what a black-and-white picture loses: it finds symbols by what all of them have in common and
//! decides about each module by its grey level.
//!
//! ```text
//! Luma -> Finder -> Triple -> Grid -> Modules -> Decoded
//!     find    triples    settle   sample    decode
//! ```

mod correct;
pub(super) mod decode;
mod finder;
mod grid;
mod modules;
mod plan;
mod solve;

use std::sync::OnceLock;

use decode::Decoded;
use finder::Finder;
use grid::{Grid, Triple};
use modules::Modules;
use plan::Plan;

use crate::qr::scan::{Reader, Reading, Sighting, prepare};
use crate::qr::{Luma, Stage, Symbol};

/// How much may be tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grey {
    /// Triples of finder patterns on which a grid is laid, for each size of the picture.
    pub max_triples: usize,
}

/// Finder patterns among which triples are sought.
const MAX_FINDERS: usize = 36;

/// Modules of fewer pixels would be lost in a blur.
const SMALL_MODULE: f32 = 3.3;

/// How often a grid is moved to where its own reading would have it.
const MAX_FOLLOWED: usize = 3;

/// Below, it is not worth while to move a grid.
const MIN_FIRST_LIKENESS: f32 = 0.2;

/// Below, what was found is no symbol.
const MIN_LIKENESS: f32 = 0.33;

/// From there on it is plain that something is a symbol, read or not.
const SURE_LIKENESS: f32 = 0.6;

impl Reader for Grey {
    fn read(&self, luma: &Luma, all: bool) -> Reading {
        let mut reading = Reading::default();
        if luma.width < 21 || luma.height < 21 {
            return reading;
        }
        let soft = prepare::blur(luma);
        let binaries = [(&soft, 31), (&soft, 13), (luma, 17)]
            .map(|(grey, window)| (grey, prepare::threshold_locally(grey, window)));
        let find = |inverted: bool| {
            let mut finders = Vec::new();
            for (grey, binary) in &binaries {
                finder::merge(&mut finders, &finder::find(binary, grey, inverted));
            }
            finders
        };
        self.read_dark(luma, &soft, find(false), false, all, &mut reading);
        if all || reading.symbols.is_empty() {
            let finders = find(true);
            if finders.len() > 2 {
                self.read_dark(&negative(luma), &negative(&soft), finders, true, all, &mut reading);
            }
        }
        reading
    }
}

fn negative(luma: &Luma) -> Luma {
    Luma { pixels: luma.pixels.iter().map(|v| 255 - v).collect(), ..*luma }
}

impl Grey {
    fn read_dark(
        &self,
        luma: &Luma,
        soft: &Luma,
        mut finders: Vec<Finder>,
        inverted: bool,
        all: bool,
        reading: &mut Reading,
    ) {
        for finder in &mut finders {
            finder.judge(if finder.module < SMALL_MODULE { luma } else { soft });
        }
        finders.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        finders.truncate(MAX_FINDERS);
        let mut used: Vec<[(f32, f32); 4]> = Vec::new();
        for triple in grid::triples(&finders).iter().take(self.max_triples) {
            let centres = [triple.corner, triple.right, triple.below].map(|f| (f.x, f.y));
            if used.iter().any(|corners| centres.iter().any(|&point| is_inside(point, corners))) {
                continue;
            }
            let smooth = if triple.corner.module < SMALL_MODULE { luma } else { soft };
            let Some(mut grid) = settle(triple, smooth) else { continue };
            let module_px = grid.module_px();
            if let Some(decoded) = read_grid(&mut grid, luma) {
                used.push(grid.corners());
                reading.symbols.push(symbol(&grid, decoded, inverted));
                if !all {
                    return;
                }
            } else if grid.likeness > SURE_LIKENESS {
                reading.see(Sighting { module_px, likeness: grid.likeness });
            }
        }
    }
}

/// Finds the version whose plan fits best.
fn settle(triple: &Triple, picture: &Luma) -> Option<Grid<'static>> {
    let mut grids: Vec<Grid> = Vec::new();
    for version in triple.versions() {
        let Some(grid) = plan(version).and_then(|plan| Grid::lay(plan, triple, picture)) else { continue };
        grids.push(grid);
    }
    grids.retain(|grid| grid.likeness > MIN_FIRST_LIKENESS);
    by_likeness(&mut grids);
    grids.truncate(3);
    for grid in &mut grids {
        grid.settle(picture, 0.4, 0.2);
    }
    by_likeness(&mut grids);
    let mut best = grids.into_iter().next().filter(|grid| grid.likeness > MIN_LIKENESS)?;
    best.look_closely(picture);
    best.settle(picture, 0.2, 0.05);
    (best.likeness > MIN_LIKENESS).then_some(best)
}

fn by_likeness(grids: &mut [Grid]) {
    grids.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
}

/// Decodes a grid; what was read in vain tells how to lay it better.
fn read_grid(grid: &mut Grid, luma: &Luma) -> Option<Decoded> {
    let mut modules = Modules::sample(grid.plan, luma, |u, v| grid.place.map(u, v));
    if let Some(decoded) = decode::decode(grid.plan, &modules.plain()) {
        return Some(decoded);
    }
    for _ in 0..MAX_FOLLOWED {
        let reading = modules.unsmeared();
        if let Some(decoded) = decode::decode(grid.plan, &reading.modules) {
            return Some(decoded);
        }
        grid.follow(&reading, luma);
        modules = Modules::sample(grid.plan, luma, |u, v| grid.place.map(u, v));
    }
    None
}

fn symbol(grid: &Grid, decoded: Decoded, inverted: bool) -> Symbol {
    let mut corners = grid.corners();
    if decoded.mirrored {
        corners.swap(1, 3);
    }
    Symbol {
        payload: decoded.payload,
        corners,
        module_px: grid.module_px(),
        version: ((grid.plan.side - 17) / 4) as u8,
        level: Some(decoded.level),
        inverted,
        mirrored: decoded.mirrored,
        corrected: Some(decoded.corrected),
        sequence: decoded.sequence,
        stage: Stage::Grey,
    }
}

fn plan(version: u32) -> Option<&'static Plan> {
    static PLANS: [OnceLock<Option<Plan>>; 41] = [const { OnceLock::new() }; 41];
    PLANS.get(version as usize)?.get_or_init(|| Plan::new(version)).as_ref()
}

fn is_inside((x, y): (f32, f32), corners: &[(f32, f32); 4]) -> bool {
    (0..4).all(|i| {
        let ((ax, ay), (bx, by)) = (corners[i], corners[(i + 1) % 4]);
        (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0.0
    })
}

/// Counts the codewords that correction changes in a grid that another decoder has read. `None` if the payload is not
/// this one.
pub(super) fn count_corrected(side: usize, dark: impl Fn(usize, usize) -> bool, payload: &[u8]) -> Option<u32> {
    let plan = plan(u32::try_from(side.checked_sub(17)? / 4).ok()?).filter(|plan| plan.side == side)?;
    let modules: Vec<f32> = (0..side * side).map(|i| if dark(i % side, i / side) { 4.0 } else { -4.0 }).collect();
    decode::decode(plan, &modules).filter(|decoded| decoded.payload == payload).map(|decoded| decoded.corrected)
}
