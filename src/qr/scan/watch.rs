//! Frame after frame: what one gives helps the next.
//!
//! ```text
//! frame -> where the last symbol was -> the whole frame -> a symbol that is followed
//!          crop, plain                  plain, or a turn    averaged modules
//! ```

use std::panic::AssertUnwindSafe;

use crate::qr::scan::grey::{Laid, Track};
use crate::qr::scan::{Effort, Scan, ScanOptions, Sighting, Stage, guarded, scan};
use crate::qr::{Luma, Symbol};

/// Frames in which nothing is found before a place is forgotten.
const FORGET: u32 = 12;

/// In so many frames one turn goes to the search for another symbol than the one that is followed.
const SEARCH: u64 = 8;

/// Reads a stream of frames.
///
/// What it gives is as sure as what [`scan`](crate::qr::scan) gives: modules that were averaged over frames have to bring
/// the same proof, and a symbol that has changed is not mixed with the one before.
#[derive(Default)]
pub struct Watcher {
    all: bool,
    number: u64,
    region: Option<Region>,
    track: Option<Track>,
    /// Frames since something was found.
    missed: u32,
}

impl Watcher {
    /// Watches for one symbol, or for all that are in view.
    #[must_use]
    pub fn new(all: bool) -> Self {
        Self { all, ..Self::default() }
    }

    /// Reads the next frame.
    pub fn read(&mut self, frame: &Luma) -> Scan {
        let number = self.number;
        self.number += 1;
        if self.all {
            return scan(frame, &ScanOptions { all: true, effort: Effort::Frame(number) });
        }
        if let Some(symbol) = self.read_region(frame) {
            return self.found(symbol, frame);
        }
        let options = ScanOptions { all: false, effort: Effort::Frame(number) };
        let followed = self.track.is_some() && number % SEARCH != 1;
        let mut sighting: Option<Sighting> = None;
        for &stage in options.effort.stages() {
            if followed && stage != Stage::Plain {
                continue;
            }
            let (reading, factor) = stage.read(frame, &options);
            let scale = factor as f32;
            if let Some(mut symbol) = reading.symbols.into_iter().next() {
                symbol.corners = symbol.corners.map(|(x, y)| (x * scale, y * scale));
                symbol.module_px *= scale;
                symbol.stage = stage;
                return self.found(symbol, frame);
            }
            if let Some(Sighting { module_px, likeness }) = reading.sighting
                && sighting.is_none_or(|known| known.likeness < likeness)
            {
                sighting = Some(Sighting { module_px: module_px * scale, likeness });
            }
            if let Some(laid) = reading.laid {
                self.lay(&laid, scale, frame);
            }
        }
        if followed && let Some(symbol) = self.follow(frame) {
            return self.found(symbol, frame);
        }
        self.missed += 1;
        if self.missed > FORGET {
            (self.region, self.track) = (None, None);
        }
        match sighting {
            Some(Sighting { module_px, .. }) => Scan::Unreadable { module_px: Some(module_px) },
            None => Scan::NotFound,
        }
    }

    /// Looks where the last symbol was, with some room to move: a sixth of the picture is read in a sixth of the time.
    fn read_region(&self, frame: &Luma) -> Option<Symbol> {
        let region = self.region.filter(|region| region.is_in(frame))?;
        let (reading, _) = Stage::Plain.read(&region.cut(frame), &ScanOptions { all: false, effort: Effort::Frame(0) });
        let mut symbol = reading.symbols.into_iter().next()?;
        symbol.corners = symbol.corners.map(|(x, y)| (x + region.left as f32, y + region.top as f32));
        symbol.stage = Stage::Plain;
        Some(symbol)
    }

    fn found(&mut self, symbol: Symbol, frame: &Luma) -> Scan {
        self.region = Region::around(&symbol.corners, symbol.module_px, frame);
        self.missed = 0;
        if symbol.stage != Stage::Frames {
            self.track = None;
        }
        Scan::Read(vec![symbol])
    }

    /// Begins to follow a symbol, unless it is the one that is followed already.
    fn lay(&mut self, laid: &Laid, scale: f32, frame: &Luma) {
        let corners = laid.corners(scale);
        let known = self.track.as_ref().is_some_and(|track| track.is_at(&corners));
        if !known && let Some(track) = guarded(AssertUnwindSafe(|| Track::start(laid, scale, frame))).flatten() {
            self.track = Some(track);
            self.missed = 0;
        }
    }

    fn follow(&mut self, frame: &Luma) -> Option<Symbol> {
        let track = self.track.as_mut()?;
        let followed = guarded(AssertUnwindSafe(|| track.follow(frame))).flatten()?;
        self.missed = 0;
        followed
    }
}

/// A part of a frame.
#[derive(Clone, Copy)]
struct Region {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    /// Of the frame.
    size: (u32, u32),
}

impl Region {
    /// The symbol, its quiet zone, and a quarter of its side all around.
    fn around(corners: &[(f32, f32); 4], module_px: f32, frame: &Luma) -> Option<Self> {
        let span = |values: [f32; 4], limit: u32| {
            let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
            let room = (high - low) / 4.0 + 4.0 * module_px;
            let start = (low - room).clamp(0.0, limit as f32) as u32;
            let end = (high + room).clamp(0.0, limit as f32) as u32;
            (start, end.saturating_sub(start))
        };
        let (left, width) = span(corners.map(|corner| corner.0), frame.width);
        let (top, height) = span(corners.map(|corner| corner.1), frame.height);
        let size = (frame.width, frame.height);
        (width > 20 && height > 20).then_some(Self { left, top, width, height, size })
    }

    fn is_in(&self, frame: &Luma) -> bool {
        self.size == (frame.width, frame.height)
    }

    fn cut(&self, frame: &Luma) -> Luma {
        let rows = frame.rows().skip(self.top as usize).take(self.height as usize);
        let pixels = rows.flat_map(|row| &row[self.left as usize..][..self.width as usize]).copied().collect();
        Luma { width: self.width, height: self.height, pixels }
    }
}
