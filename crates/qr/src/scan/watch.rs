//! Reads frame after frame: the result of one helps to read the next.
//!
//! ```text
//! frame -> where the last symbol was -> the whole frame -> a symbol that is followed
//!          crop, plain                  plain, or a turn    averaged modules
//! ```

use std::panic::AssertUnwindSafe;

use crate::scan::grey::track::{Laid, Track};
use crate::scan::reading::{Sighting, guarded};
use crate::scan::{Effort, Scan, ScanOptions, Stage, scan};
use crate::{Luma, Symbol};

/// The number of frames without a finding after which a place is forgotten.
const FORGET: u32 = 12;

/// In so many frames one turn goes to the search for another symbol than the one that is followed.
const SEARCH: u64 = 8;

/// Reads a stream of frames.
///
/// Its results are as certain as those of [`scan`](crate::scan): modules that were averaged over frames have to give
/// the same proof, and a symbol that has changed is not mixed with the one before.
#[derive(Default)]
pub struct Watcher {
    all: bool,
    number: u64,
    region: Option<Region>,
    track: Option<Track>,
    /// The number of frames since the last finding.
    missed: u32,
}

impl Watcher {
    /// Watches for one symbol, or for all that are in view.
    #[must_use]
    pub fn new(all: bool) -> Self {
        Self { all, ..Self::default() }
    }

    /// Reads all symbols in view from here on.
    pub fn look_for_all(&mut self) {
        self.all = true;
    }

    /// Reads the next frame.
    pub fn read(&mut self, frame: &Luma) -> Scan {
        let number = self.number;
        self.number += 1;
        if self.all {
            return scan(frame, &ScanOptions { all: true, effort: Effort::Frame(number), ..Default::default() });
        }
        if let Some(symbol) = self.read_region(frame) {
            return self.found(symbol, frame);
        }
        let options = ScanOptions { effort: Effort::Frame(number), ..Default::default() };
        let followed = self.track.is_some() && number % SEARCH != 1;
        let mut sighting: Option<Sighting> = None;
        for &stage in options.effort.stages() {
            if followed && stage != Stage::Plain {
                continue;
            }
            let (reading, factor) = stage.read(frame, &options);
            let scale = factor as f32;
            if let Some(symbol) = reading.symbols.into_iter().next() {
                return self.found(symbol.in_original(stage, factor), frame);
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
        let options = ScanOptions { effort: Effort::Frame(0), ..Default::default() };
        let (reading, factor) = Stage::Plain.read(&region.cut(frame), &options);
        let mut symbol = reading.symbols.into_iter().next()?.in_original(Stage::Plain, factor);
        symbol.corners = symbol.corners.map(|(x, y)| (x + region.left as f32, y + region.top as f32));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Distortion, EcLevel, encode};

    /// A table with a symbol on a page, at a place that may differ from frame to frame.
    fn desk(text: &str, module_px: u32, left: u32, top: u32) -> Luma {
        desk_of(&encode(text, EcLevel::M).expect("a short text").to_luma(module_px), (640, 480), (left, top))
    }

    fn desk_of(symbol: &Luma, (width, height): (u32, u32), (left, top): (u32, u32)) -> Luma {
        let pixels = (0..width * height).map(|i| match ((i % width).checked_sub(left), (i / width).checked_sub(top)) {
            (Some(x), Some(y)) if x < symbol.width && y < symbol.height => {
                symbol.pixels[(y * symbol.width + x) as usize]
            }
            _ => 170,
        });
        Luma { width, height, pixels: pixels.collect() }
    }

    /// As a poor camera sees it: each frame with noise of its own.
    fn poor(luma: &Luma, frame: u64, blur: f64, noise: f64) -> Luma {
        Distortion { fade: 0.3, blur, noise, seed: frame + 1, ..Distortion::default() }.apply(luma)
    }

    fn text(scan: &Scan) -> Option<&str> {
        let Scan::Read(symbols) = scan else { return None };
        Some(str::from_utf8(&symbols[0].payload).expect("the texts are ASCII"))
    }

    const TEXT: &str = "CT1:6BFOXN*TS0BI$ZD4 6BFOXN*TS0BI$ZD4 6BFOXN*TS0BI$ZD4";
    const OTHER: &str = "CT1:8$0S9TNDG35549SV0CI/F /+S:.S 29N%GLBA:FX1H%VFN HN4";

    /// The frame in which it is read, and how many of every fourth frame a file's effort reads.
    fn watched(frames: impl Iterator<Item = Luma>) -> (Option<usize>, usize) {
        let mut watcher = Watcher::new(false);
        let (mut first, mut alone) = (None, 0);
        for (number, frame) in frames.enumerate() {
            let seen = watcher.read(&frame);
            assert!(text(&seen).is_none_or(|read| read == TEXT), "{seen:?}");
            if text(&seen).is_some() && first.is_none() {
                first = Some(number);
            }
            if number % 4 == 0 {
                let file = ScanOptions::default();
                alone += usize::from(text(&scan(&frame, &file)).is_some());
            }
        }
        (first, alone)
    }

    #[test]
    fn frames_that_say_nothing_alone_say_it_together() {
        for (blur, noise) in [(2.2, 60.0), (2.4, 50.0), (2.4, 60.0)] {
            let still = desk(TEXT, 4, 200, 120);
            let (first, alone) = watched((0..24).map(|frame| poor(&still, frame, blur, noise)));
            assert_eq!(alone, 0, "blur {blur}, noise {noise}: a single frame is enough");
            assert!(first.is_some(), "blur {blur}, noise {noise}: they say nothing together");
        }
    }

    #[test]
    fn a_hand_that_is_not_still_is_followed() {
        let frames =
            (0..24u32).map(|frame| poor(&desk(TEXT, 4, 180 + frame, 130 - frame % 3), frame.into(), 2.2, 60.0));
        let (first, alone) = watched(frames);
        assert!(alone <= 1, "{alone} of 6 frames are enough alone");
        assert!(first.is_some());
    }

    #[test]
    fn a_symbol_that_changes_is_not_mixed_with_the_one_before() {
        let (before, after) = (desk(TEXT, 4, 200, 120), desk(OTHER, 4, 200, 120));
        let (mut watcher, mut read) = (Watcher::new(false), Vec::new());
        for frame in 0..36 {
            let (luma, shown) = if frame < 12 { (&before, TEXT) } else { (&after, OTHER) };
            if let Some(text) = text(&watcher.read(&poor(luma, frame, 2.2, 60.0))) {
                assert_eq!(text, shown, "frame {frame}");
                read.push(frame);
            }
        }
        assert!(read.iter().any(|frame| *frame < 12) && read.iter().any(|frame| *frame >= 12), "{read:?}");
    }

    #[test]
    fn another_digit_is_another_symbol() {
        let text = |digit: u32| format!("HTTPS://BANK.EXAMPLE/{}{digit}", "7K4Q".repeat(45));
        let (mut watcher, mut read) = (Watcher::new(false), Vec::new());
        for frame in 0..40 {
            let shown = text(u32::from(frame >= 16));
            let Scan::Read(symbols) = watcher.read(&poor(&desk(&shown, 4, 200, 120), frame, 2.2, 60.0)) else {
                continue;
            };
            assert!(symbols[0].version >= 7, "it has several blocks");
            assert_eq!(str::from_utf8(&symbols[0].payload), Ok(&*shown), "frame {frame}");
            read.push(frame);
        }
        assert!(read.iter().any(|frame| *frame < 16) && read.iter().any(|frame| *frame >= 16), "{read:?}");
    }

    #[test]
    fn noise_says_nothing_however_long_it_is_watched() {
        let grey = Luma { width: 320, height: 240, pixels: vec![128; 320 * 240] };
        let mut watcher = Watcher::new(false);
        for frame in 0..60 {
            assert!(!matches!(watcher.read(&poor(&grey, frame, 1.0, 90.0)), Scan::Read(_)), "frame {frame}");
        }
    }

    #[test]
    fn corners_are_those_of_the_frame_wherever_the_symbol_goes() {
        let mut watcher = Watcher::new(false);
        for (frame, (left, top)) in [(10, 20), (14, 26), (40, 60), (400, 250), (402, 251)].into_iter().enumerate() {
            let Scan::Read(symbols) = watcher.read(&desk(TEXT, 4, left, top)) else { panic!("it is clean") };
            let corner = symbols[0].corners[0];
            let off = (corner.0 - left as f32 - 16.0).hypot(corner.1 - top as f32 - 16.0);
            assert!(off < 1.5, "frame {frame}: {corner:?}");
        }
        let smaller = Luma { width: 50, height: 40, pixels: vec![255; 2000] };
        assert_eq!(watcher.read(&smaller), Scan::NotFound, "a frame of another size has nothing at that place");
    }

    #[test]
    fn corners_are_those_of_the_frame_however_large_the_symbol_is() {
        let large = desk_of(&encode(TEXT, EcLevel::M).expect("a short text").to_luma(40), (2300, 2000), (310, 190));
        let mut watcher = Watcher::new(false);
        for frame in 0..3 {
            let Scan::Read(symbols) = watcher.read(&large) else { panic!("it is clean") };
            let corner = symbols[0].corners[0];
            let off = (corner.0 - 310.0 - 160.0).hypot(corner.1 - 190.0 - 160.0);
            assert!(off < 15.0 && (symbols[0].module_px - 40.0).abs() < 0.5, "frame {frame}: {corner:?}");
        }
    }

    #[test]
    fn light_on_dark_is_gathered_too() {
        let mut dark = desk(TEXT, 4, 200, 120);
        dark.pixels.iter_mut().for_each(|v| *v = 255 - *v);
        let mut watcher = Watcher::new(false);
        let seen = (0..32).map(|frame| watcher.read(&poor(&dark, frame, 2.2, 60.0))).find(|seen| text(seen).is_some());
        let Some(Scan::Read(symbols)) = seen else { panic!("thirty-two frames are enough") };
        assert!(symbols[0].inverted && symbols[0].payload == TEXT.as_bytes());
    }

    #[test]
    fn all_symbols_in_view_are_read_when_they_are_wanted() {
        let mut desk = desk(TEXT, 4, 30, 30);
        let other = encode("CT9:TWO", EcLevel::M).expect("a short text").to_luma(4);
        for (row, line) in other.rows().enumerate() {
            desk.pixels[(300 + row) * 640 + 400..][..line.len()].copy_from_slice(line);
        }
        let Scan::Read(symbols) = Watcher::new(true).read(&desk) else { panic!("two symbols") };
        assert_eq!(symbols.len(), 2);
    }
}
