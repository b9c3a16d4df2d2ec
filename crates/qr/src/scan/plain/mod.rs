//! The reader for black-and-white pictures: fast, and right for most pictures.
//!
//! ```text
//! grey --threshold--> bitmap --finder--> patterns --sets--> frames --grid--> modules
//! ```

mod finder;
mod grid;
mod sets;
#[cfg(test)]
mod tests;
mod threshold;

pub(super) use self::finder::Pattern;
use self::finder::Tolerance;
use self::grid::{Frame, Grid};
use crate::scan::bitmap::Bitmap;
use crate::scan::deadline::{Deadline, Look};
use crate::scan::decode::{Decoded, decode};
use crate::scan::geometry::{Quad, module_px};
use crate::scan::grey::modules::Modules;
use crate::scan::grey::reader::read_placed;
use crate::scan::plan::Plan;
use crate::scan::prepare::negative;
use crate::scan::reading::{Reading, Sighting};
use crate::{Luma, Stage, Symbol};

/// Sets of three finder patterns tried for the first symbol of a picture. The likeliest come first: in photos that are read, it is one
/// of the first ten.
const MAX_SETS: usize = 250;

/// Sets tried for all symbols of a picture.
const MAX_SETS_OF_ALL: usize = 1000;

/// Modules of the grids that are laid for the first symbol of a picture: twenty of the largest symbol. The alignment patterns of each
/// are looked for.
const MAX_MODULES: usize = 20 * 177 * 177;

/// Modules of the grids that are laid for all symbols of a picture.
const MAX_MODULES_OF_ALL: usize = 4 * MAX_MODULES;

/// Finder patterns beyond which a picture is no picture of symbols; three hundred symbols have 900.
const MAX_PATTERNS: usize = 1000;

/// The least share of finder and timing modules that makes a grid a symbol. Chance has a half, and a symbol laid in the version next to
/// its own was seen to have 0.78.
const MIN_LIKENESS: f32 = 0.66;

/// The share from which on something is a symbol beyond doubt.
const CLEAR_LIKENESS: f32 = 0.85;

/// Symbols in a picture that are read by their grey levels where black and white say too little.
const MAX_GREYS: usize = 2;

/// How sure a module is of which only dark or light is known.
const SURE: f32 = 4.0;

/// Reads the first symbol of a picture, or all.
pub(super) fn read(luma: &Luma, look: Look) -> Reading {
    read_in(luma, &threshold::binarize(luma), look)
}

/// Reads what [`read`] does, else what is too blurred for it.
pub(super) fn read_blurred(luma: &Luma, look: Look) -> Reading {
    let picture = threshold::binarize(luma);
    let sharp = search(luma, &picture, Tolerance::SHARP, look);
    if sharp.symbols.is_empty() { search(luma, &picture, Tolerance::BLURRED, look) } else { sharp }
}

/// The finder patterns of a picture, dark ones and light ones.
pub(super) fn patterns(luma: &Luma, deadline: Deadline) -> [Vec<Pattern>; 2] {
    finder::find(&threshold::binarize(luma), Tolerance::SHARP, MAX_PATTERNS, deadline)
}

/// Reads the first symbol of a picture, or all, by what another has decided to be dark.
pub(super) fn read_in(luma: &Luma, picture: &Bitmap, look: Look) -> Reading {
    search(luma, picture, Tolerance::SHARP, look)
}

fn search(luma: &Luma, picture: &Bitmap, tolerance: Tolerance, look: Look) -> Reading {
    let modules = if look.all { MAX_MODULES_OF_ALL } else { MAX_MODULES };
    let mut search =
        Search { luma, picture, look, inverted: false, modules, greys: MAX_GREYS, reading: Reading::default() };
    for (patterns, inverted) in
        finder::find(picture, tolerance, MAX_PATTERNS, look.deadline).into_iter().zip([false, true])
    {
        search.inverted = inverted;
        if patterns.len() <= MAX_PATTERNS {
            search.run(&patterns);
        }
        if !look.all && !search.reading.symbols.is_empty() {
            break;
        }
    }
    search.reading
}

/// The search in one picture, for dark symbols or for light ones.
struct Search<'a> {
    luma: &'a Luma,
    picture: &'a Bitmap,
    look: Look,
    inverted: bool,
    /// How many modules may still be laid.
    modules: usize,
    /// How many grids may still be read by their grey levels.
    greys: usize,
    reading: Reading,
}

impl Search<'_> {
    fn run(&mut self, patterns: &[Pattern]) {
        let mut used = vec![false; patterns.len()];
        for set in sets::sets(patterns, if self.look.all { MAX_SETS_OF_ALL } else { MAX_SETS }) {
            if self.look.deadline.has_passed() {
                return;
            }
            if set.patterns.iter().any(|&pattern| used[pattern]) {
                continue;
            }
            if self.attempt(set.patterns.map(|pattern| &patterns[pattern])) {
                if !self.look.all {
                    return;
                }
                set.patterns.into_iter().for_each(|pattern| used[pattern] = true);
            }
        }
    }

    /// Reads the symbol that three finder patterns span. Returns whether there was one.
    fn attempt(&mut self, set: [&Pattern; 3]) -> bool {
        let Some(frame) = Frame::of(set) else { return false };
        let mut laid = Vec::new();
        for version in frame.versions() {
            let modules = version.side() * version.side();
            if self.modules >= modules {
                let grids = frame.lay(self.picture, self.inverted, version);
                self.modules -= if grids.is_empty() { 0 } else { modules };
                laid.extend(grids);
            }
        }
        let mut grids: Vec<(Grid, Vec<bool>, f32)> = laid
            .into_iter()
            .map(|grid| {
                let modules = grid.modules(self.picture, self.inverted);
                let likeness = grid.likeness(&modules);
                (grid, modules, likeness)
            })
            .filter(|(.., likeness)| *likeness >= MIN_LIKENESS)
            .collect();
        grids.sort_by(|a, b| b.2.total_cmp(&a.2));
        for (grid, modules, likeness) in grids {
            let (version, corners) = (grid.version, grid.corners());
            let modules: Vec<f32> = modules.into_iter().map(|dark| if dark { SURE } else { -SURE }).collect();
            let decoded = decode(Plan::of(version), &modules).map(|decoded| (decoded, corners));
            if let Some((decoded, corners)) = decoded.or_else(|| self.by_grey(&grid, likeness)) {
                let symbol = decoded.into_symbol(version, corners, self.inverted);
                self.reading.symbols.push(Symbol { stage: Stage::Plain, ..symbol });
                return true;
            }
            self.reading.see(Sighting { module_px: module_px(version.side(), &corners), likeness });
        }
        false
    }

    /// Reads what is plainly a symbol by its grey levels, where black and white say too little.
    fn by_grey(&mut self, grid: &Grid, likeness: f32) -> Option<(Decoded, Quad)> {
        if likeness < CLEAR_LIKENESS || self.greys == 0 {
            return None;
        }
        self.greys -= 1;
        let negative = self.inverted.then(|| negative(self.luma));
        let (plan, luma) = (Plan::of(grid.version), negative.as_ref().unwrap_or(self.luma));
        let modules = Modules::sample(plan, luma, |u, v| grid.map(u, v));
        let decoded = decode(plan, &modules.plain()).map(|decoded| (decoded, grid.corners()));
        decoded.or_else(|| read_placed(plan, &grid.place, luma))
    }
}
