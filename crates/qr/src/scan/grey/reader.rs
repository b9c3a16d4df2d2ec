//! Searches one picture: tries the grids that three finder patterns may span, the likeliest first, up to a number of failures.

use crate::scan::deadline::Look;
use crate::scan::decode::{self, Decoded};
use crate::scan::geometry::{Perspective, Quad, is_inside, is_near};
use crate::scan::grey::bent::Bent;
use crate::scan::grey::finder::{self, Crowd, Finder};
use crate::scan::grey::grid::{Grid, MIN_LIKENESS, Triple, triples};
use crate::scan::grey::modules::Modules;
use crate::scan::grey::track::Laid;
use crate::scan::plan::Plan;
use crate::scan::prepare::{self, negative};
use crate::scan::reading::{Reading, Sighting};
use crate::{Luma, Symbol};

/// How much may be tried.
#[derive(Clone, Copy, Debug)]
pub(in crate::scan) struct Grey {
    /// Triples of finder patterns on which a grid is laid, for each size of the picture.
    pub max_triples: usize,
}

/// Finder patterns that are compared with the picture, those first that most rows cross.
const MAX_JUDGED: usize = 300;

/// Rows in which a finder pattern is seen, in three black-and-white pictures together. Its middle alone is three modules high.
const MIN_ROWS: u32 = 3;

/// Finder patterns among which triples are sought.
const MAX_FINDERS: usize = 36;

/// Modules of fewer pixels would be lost in a blur.
const SMALL_MODULE: f32 = 3.3;

/// The number of grids that may fail to decode before the search ends.
const MAX_FAILED: usize = 5;

/// The number of modules of grids that may fail to decode before the search ends: one symbol if it is large, and never fewer. In
/// photos that are read, the first grid is the right one.
const MAX_VAIN: f32 = 15_000.0;

/// Meshes laid where a flat grid does not fit.
const MAX_BENT: usize = 3;

/// How often a grid is moved to the place that fits its own reading.
const MAX_FOLLOWED: usize = 3;

/// Modules that are read again for it: a large symbol has so many that it is sure of its place at once.
const MAX_FOLLOWED_MODULES: usize = 30_000;

/// Below this, a grid is not moved.
const MIN_FIRST_LIKENESS: f32 = 0.2;

/// From this value on it is certain that there is a symbol, read or not.
const SURE_LIKENESS: f32 = 0.6;

impl Grey {
    /// Reads the first symbol, or all, with coordinates in pixels of `luma`.
    pub(in crate::scan) fn read(&self, luma: &Luma, look: Look) -> Reading {
        let mut reading = Reading::default();
        if luma.width < 21 || luma.height < 21 {
            return reading;
        }
        let soft = prepare::blur(luma);
        let binaries = [(&soft, 31), (&soft, 13), (luma, 17)]
            .map(|(grey, window)| (grey, prepare::threshold_locally(grey, window)));
        let find = |inverted: bool| {
            let mut finders = Crowd::new(luma.width);
            for (grey, binary) in binaries.iter().take_while(|_| !look.deadline.has_passed()) {
                finders.merge(finder::find(binary, grey, inverted));
            }
            finders.finders
        };
        Search::new(luma, &soft, false, &mut reading).run(find(false), self.max_triples, look);
        if look.all || reading.symbols.is_empty() {
            let finders = find(true);
            if finders.len() > 2 {
                let (luma, soft) = (negative(luma), negative(&soft));
                Search::new(&luma, &soft, true, &mut reading).run(finders, self.max_triples, look);
            }
        }
        reading
    }
}

/// The search for dark symbols in a picture, or for light ones in its negative.
struct Search<'a> {
    luma: &'a Luma,
    soft: &'a Luma,
    inverted: bool,
    /// Where symbols were read.
    read: Vec<Quad>,
    /// The places of flat grids that failed.
    failed: Vec<Quad>,
    budget: Budget,
    reading: &'a mut Reading,
}

/// The attempts so far, and those that are left.
#[derive(Default)]
struct Budget {
    /// Flat grids that failed to decode.
    grids: usize,
    /// Meshes laid.
    meshes: usize,
    /// Modules of the grids that failed.
    modules: f32,
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.modules > MAX_VAIN || !self.has_grid() && self.meshes == MAX_BENT
    }

    fn has_grid(&self) -> bool {
        self.grids < MAX_FAILED
    }

    /// Takes a mesh if one is left.
    fn take_mesh(&mut self) -> bool {
        let left = self.meshes < MAX_BENT;
        self.meshes += usize::from(left);
        left
    }
}

impl<'a> Search<'a> {
    fn new(luma: &'a Luma, soft: &'a Luma, inverted: bool, reading: &'a mut Reading) -> Self {
        let budget = Budget::default();
        Self { luma, soft, inverted, read: Vec::new(), failed: Vec::new(), budget, reading }
    }

    /// Reads the first symbol that these finder patterns span, or all.
    fn run(&mut self, mut finders: Vec<Finder>, max_triples: usize, look: Look) {
        // Noise is crossed by a row or two.
        finders.retain(|finder| finder.rows >= MIN_ROWS);
        finders.sort_by(|a, b| b.crossed().total_cmp(&a.crossed()));
        finders.truncate(MAX_JUDGED);
        for finder in finders.iter_mut().take_while(|_| !look.deadline.has_passed()) {
            finder.judge(self.smooth(finder));
        }
        finders.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        finders.truncate(MAX_FINDERS);
        for triple in triples(&finders).iter().take(max_triples) {
            if self.budget.is_spent() || look.deadline.has_passed() {
                break;
            }
            if self.is_read(triple) {
                continue;
            }
            if let Some(symbol) = self.attempt(triple) {
                self.reading.symbols.push(symbol);
                if !look.all {
                    break;
                }
            }
        }
    }

    /// The picture in which modules of this size are looked at.
    fn smooth(&self, finder: &Finder) -> &'a Luma {
        if finder.module < SMALL_MODULE { self.luma } else { self.soft }
    }

    /// Whether one of the finder patterns lies in a symbol that was read.
    fn is_read(&self, triple: &Triple) -> bool {
        let centres = [triple.corner, triple.right, triple.below].map(|finder| (finder.x, finder.y));
        self.read.iter().any(|corners| centres.iter().any(|&centre| is_inside(centre, corners)))
    }

    fn attempt(&mut self, triple: &Triple) -> Option<Symbol> {
        let smooth = self.smooth(&triple.corner);
        match settle(triple, smooth) {
            Some(grid) => self.attempt_flat(triple, grid, smooth),
            None => self.attempt_bent(triple, smooth),
        }
    }

    /// Tries a mesh where three likely finder patterns span nothing flat.
    fn attempt_bent(&mut self, triple: &Triple, smooth: &Luma) -> Option<Symbol> {
        if !triple.is_likely() || !self.budget.take_mesh() {
            return None;
        }
        self.budget.modules += triple.side * triple.side;
        let (mesh, decoded) = read_bent(triple, self.luma, smooth)?;
        Some(self.found(mesh.plan, mesh.corners(), decoded))
    }

    /// Tries a flat grid, and a mesh where that cannot be decoded.
    fn attempt_flat(&mut self, triple: &Triple, mut grid: Grid<'static>, smooth: &Luma) -> Option<Symbol> {
        let (laid, module_px) = (grid.corners(), grid.module_px());
        if !self.budget.has_grid() || self.failed.iter().any(|corners| is_near(corners, &laid, 2.0 * module_px)) {
            return None;
        }
        if let Some(decoded) = read_grid(&mut grid, self.luma) {
            return Some(self.found(grid.plan, grid.corners(), decoded));
        }
        if self.budget.take_mesh()
            && let Some((mesh, decoded)) = read_bent(triple, self.luma, smooth)
        {
            return Some(self.found(mesh.plan, mesh.corners(), decoded));
        }
        self.budget.grids += 1;
        self.budget.modules += triple.side * triple.side;
        self.failed.push(laid);
        self.see(grid, module_px);
        None
    }

    fn found(&mut self, plan: &Plan, corners: Quad, decoded: Decoded) -> Symbol {
        self.read.push(corners);
        decoded.into_symbol(plan.version, corners, self.inverted)
    }

    /// Remembers a grid that was laid and not decoded.
    fn see(&mut self, grid: Grid<'static>, module_px: f32) {
        // Blur washes out all but the finder patterns.
        let likeness = grid.likeness.max(grid.finder_likeness(self.soft));
        if likeness > SURE_LIKENESS {
            self.reading.see(Sighting { module_px, likeness });
        }
        if self.reading.laid.as_ref().is_none_or(|known| known.grid.likeness < grid.likeness) {
            self.reading.laid = Some(Laid { grid, inverted: self.inverted });
        }
    }
}

/// Reads a symbol that another reader has found and not read. Returns its outer corners, too.
pub(in crate::scan) fn read_placed(plan: &'static Plan, place: &Perspective, luma: &Luma) -> Option<(Decoded, Quad)> {
    let mut grid = Grid::placed(plan, place, luma)?;
    grid.settle(luma, 0.4, 0.05);
    let decoded = read_grid(&mut grid, luma)?;
    Some((decoded, grid.corners()))
}

/// Finds the version whose plan fits best.
fn settle(triple: &Triple, picture: &Luma) -> Option<Grid<'static>> {
    let plans = triple.versions().into_iter().map(Plan::of);
    let mut grids: Vec<Grid> = plans.filter_map(|plan| Grid::lay(plan, triple, picture)).collect();
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

/// Decodes a grid. A failed reading is used to move the grid to a better place.
fn read_grid(grid: &mut Grid, luma: &Luma) -> Option<Decoded> {
    let mut modules = Modules::sample(grid.plan, luma, |u, v| grid.place.map(u, v));
    if let Some(decoded) = decode::decode(grid.plan, &modules.plain()) {
        return Some(decoded);
    }
    let rounds = (MAX_FOLLOWED_MODULES / grid.plan.side.pow(2)).clamp(1, MAX_FOLLOWED);
    for _ in 0..rounds {
        let reading = modules.unsmeared();
        if let Some(decoded) = decode::decode(grid.plan, &reading.modules) {
            return Some(decoded);
        }
        grid.follow(&reading, luma);
        modules = Modules::sample(grid.plan, luma, |u, v| grid.place.map(u, v));
        if let Some(certain) = decode::certain(grid.plan, &reading.modules) {
            modules.learn_modules(&certain);
        }
    }
    None
}

/// Decodes a symbol that is not flat.
fn read_bent(triple: &Triple, luma: &Luma, smooth: &Luma) -> Option<(Bent<'static>, Decoded)> {
    let mesh = Bent::lay(triple.versions().into_iter().map(Plan::of), triple, smooth)?;
    if mesh.likeness < MIN_LIKENESS {
        return None;
    }
    let modules = Modules::sample(mesh.plan, luma, |u, v| mesh.map(u, v));
    let decoded = decode::decode(mesh.plan, &modules.plain())
        .or_else(|| decode::decode(mesh.plan, &modules.unsmeared().modules))?;
    Some((mesh, decoded))
}
