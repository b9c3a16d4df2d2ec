//! A symbol that cannot be read from a single frame: it is followed from frame to frame, and its modules are averaged.

use crate::scan::decode::{self, Decoded};
use crate::scan::geometry::{Quad, is_near};
use crate::scan::grey::grid::{Grid, MIN_LIKENESS};
use crate::scan::grey::modules::{Modules, correlation};
use crate::scan::prepare::negative;
use crate::{Luma, Stage, Symbol};

/// Frames beyond which the oldest count less: what changes slowly is followed.
const MEMORY: u32 = 24;

/// The least correlation of the modules of one frame with the mean of those before. Other symbols have 0.2 at most; below
/// this, one symbol has so much noise that it would take a hundred frames.
const SAME: f32 = 0.3;

/// The least share of the correlation that earlier frames had.
const AS_BEFORE: f32 = 0.75;

/// The least share of a frame's correlation that the correction of each block has. Symbols that say nearly the same differ in
/// one block at least, and there in nearly all of the correction.
const IN_EACH_BLOCK: f32 = 0.5;

/// The number of frames between two attempts to remove the blur, which is expensive.
const UNSMEAR: u32 = 3;

/// A grid whose modules could not be decoded.
pub(in crate::scan) struct Laid {
    pub(super) grid: Grid<'static>,
    pub(super) inverted: bool,
}

/// The mean of one symbol over several frames.
pub(in crate::scan) struct Track {
    laid: Laid,
    mean: Modules<'static>,
    frames: u32,
    /// How well the frames agreed so far, on average.
    usual: f32,
    /// Whether the mean could be decoded.
    plain: bool,
}

impl Laid {
    /// The outer corners in a picture whose pixels are `scale` times as small.
    pub(in crate::scan) fn corners(&self, scale: f32) -> Quad {
        self.grid.corners().map(|(x, y)| (x * scale, y * scale))
    }
}

impl Track {
    /// Starts with a grid that was laid in a picture `scale` times as small as `luma`.
    pub(in crate::scan) fn start(laid: &Laid, scale: f32, luma: &Luma) -> Option<Self> {
        let inverse = laid.inverted.then(|| negative(luma));
        let luma = inverse.as_ref().unwrap_or(luma);
        let mut grid = laid.grid.scaled(scale, luma)?;
        grid.settle(luma, 0.2, 0.05);
        let mean = modules(&grid, luma);
        Some(Self { laid: Laid { grid, inverted: laid.inverted }, mean, frames: 1, usual: 0.0, plain: false })
    }

    /// Whether the symbol lies there, within three modules.
    pub(in crate::scan) fn is_at(&self, corners: &Quad) -> bool {
        is_near(&self.laid.grid.corners(), corners, 3.0 * self.laid.grid.module_px())
    }

    /// Follows the symbol into the next frame; `None` if it is not at its place. Returns its content, if that is certain now.
    pub(in crate::scan) fn follow(&mut self, luma: &Luma) -> Option<Option<Symbol>> {
        let inverse = self.laid.inverted.then(|| negative(luma));
        let luma = inverse.as_ref().unwrap_or(luma);
        let grid = &mut self.laid.grid;
        *grid = grid.scaled(1.0, luma)?;
        grid.settle(luma, 0.4, 0.1);
        if grid.likeness < MIN_LIKENESS {
            return None;
        }
        let seen = modules(grid, luma);
        let (agreement, in_each_block) = self.agreement(&seen);
        if agreement > SAME.max(AS_BEFORE * self.usual) && in_each_block > IN_EACH_BLOCK * agreement {
            let share = 1.0 / self.frames.min(MEMORY) as f32;
            self.usual += share * (agreement - self.usual);
            self.frames += 1;
            self.mean.blend(&seen, 1.0 / self.frames.min(MEMORY) as f32);
        } else {
            (self.mean, self.frames, self.usual) = (seen, 1, 0.0);
        }
        let decoded = self.decode();
        self.plain = decoded.is_some();
        let Laid { grid, inverted } = &self.laid;
        Some(decoded.map(|decoded| Symbol {
            stage: Stage::Frames,
            ..decoded.into_symbol(grid.plan.version, grid.corners(), *inverted)
        }))
    }

    /// How much a frame is like what was averaged so far, and how much in the block where it is least. Two symbols in one
    /// place have the fixed patterns in common, so only the others are compared.
    fn agreement(&self, seen: &Modules) -> (f32, f32) {
        let plan = self.laid.grid.plan;
        let (known, seen) = (self.mean.plain(), seen.plain());
        let agree = |modules: &mut dyn Iterator<Item = usize>| {
            let pairs: Vec<(f32, f32)> =
                modules.map(|i| (known[i].clamp(-4.0, 4.0), seen[i].clamp(-4.0, 4.0))).collect();
            correlation(&pairs)
        };
        let all = agree(&mut (0..known.len()).filter(|i| plan.layout.carries_data(i % plan.side, i / plan.side)));
        let blocks = decode::corrections(plan, &known);
        (all, blocks.into_iter().map(|block| agree(&mut block.into_iter())).fold(all, f32::min))
    }

    fn decode(&self) -> Option<Decoded> {
        let plan = self.laid.grid.plan;
        decode::decode(plan, &self.mean.plain()).or_else(|| {
            let due = self.plain || self.frames.is_multiple_of(UNSMEAR);
            due.then(|| decode::decode(plan, &self.mean.unsmeared().modules)).flatten()
        })
    }
}

fn modules(grid: &Grid<'static>, luma: &Luma) -> Modules<'static> {
    Modules::sample(grid.plan, luma, |u, v| grid.place.map(u, v))
}
