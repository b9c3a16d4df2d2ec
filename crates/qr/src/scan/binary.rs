//! The reader for what a black-and-white picture tells: rxing's steps, taken one by one, with bounds of our own around them.

use std::panic::AssertUnwindSafe;

use crate::scan::grey::decode::{Decoded, read_again};
use crate::scan::grey::geometry::module_px;
use crate::scan::reading::{Reader, Reading, Sighting, guarded};
use crate::scan::rxing::{self, Bitmap, Sample, WORD};
use crate::symbol::{Patterns, Version};
use crate::{Luma, Stage, Symbol};

pub(super) struct Binary {
    /// Asks the older detector, too, which finds a few symbols that the newer one does not.
    pub older: bool,
}

/// Sets of three finder patterns tried for the first symbol of a picture. The most plausible come first: in photos that
/// are read, it is one of the first ten.
const MAX_SETS: usize = 250;

/// Sets tried for all symbols of a picture.
const MAX_SETS_OF_ALL: usize = 1000;

/// Finder patterns beyond which a picture is no picture of symbols; three hundred symbols have 900.
const MAX_PATTERNS: usize = 1000;

/// Finder patterns up to which the older detector is asked: it tries all triples. Symbols that it alone reads have a
/// dozen.
const MAX_PATTERNS_OLDER: usize = 200;

/// The least share of finder and timing modules that makes a grid a symbol: noise has 0.5, and was never seen above
/// 0.6.
const MIN_LIKENESS: f32 = 0.66;

impl Reader for Binary {
    fn read(&self, luma: &Luma, all: bool) -> Reading {
        let mut reading = Reading::default();
        let Some(mut picture) = guarded(AssertUnwindSafe(|| binarize(luma))).flatten() else { return reading };
        for inverted in [false, true] {
            if inverted {
                picture.invert();
            }
            self.read_dark(&picture, inverted, all, &mut reading);
            if !all && !reading.symbols.is_empty() {
                break;
            }
        }
        reading
    }
}

/// Pixels on a side of a block that has a threshold of its own.
const BLOCK: usize = 8;

/// Grey levels in a block below which it is all one colour.
const MIN_RANGE: u8 = 24;

/// Black and white by neighbourhood, as rxing makes it, in a third of the time; what is too small for it is left to that.
fn binarize(luma: &Luma) -> Option<Bitmap> {
    let (width, height) = (luma.width as usize, luma.height as usize);
    if width.min(height) < 5 * BLOCK {
        return Bitmap::by_neighbourhood(luma);
    }
    let (columns, rows) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
    let points = black_points(luma, columns, rows);
    let mut thresholds = vec![0u8; columns];
    Bitmap::of_rows(luma.width, luma.height, |y, words| {
        if y.is_multiple_of(BLOCK) {
            let top = (y / BLOCK).clamp(2, rows - 3) - 2;
            for (column, threshold) in thresholds.iter_mut().enumerate() {
                let left = column.clamp(2, columns - 3) - 2;
                let sum = |line: usize| {
                    points[line * columns + left..][..5].iter().map(|&point| u32::from(point)).sum::<u32>()
                };
                *threshold = ((top..top + 5).map(sum).sum::<u32>() / 25) as u8;
            }
        }
        let line = &luma.pixels[y * width..][..width];
        for (word, (pixels, thresholds)) in words.iter_mut().zip(line.chunks(WORD).zip(thresholds.chunks(WORD / BLOCK)))
        {
            let parts = pixels.chunks(BLOCK).zip(thresholds).rev();
            *word = parts.fold(0, |bits, (part, &threshold)| bits << BLOCK | usize::from(darks(part, threshold)));
        }
    })
}

/// A bit for each of up to eight pixels, set where it is not over the threshold.
fn darks(pixels: &[u8], threshold: u8) -> u8 {
    let mut flags = [0u8; BLOCK];
    for (flag, &pixel) in flags.iter_mut().zip(pixels) {
        *flag = u8::from(pixel <= threshold);
    }
    // Each product of the flag in byte i that reaches the topmost byte is its bit i.
    (u64::from_le_bytes(flags).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// For each block the grey level between dark and light; where all is one, half of it, or what its neighbours have.
fn black_points(luma: &Luma, columns: usize, rows: usize) -> Vec<u8> {
    let (width, height) = (luma.width as usize, luma.height as usize);
    let mut points: Vec<u8> = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        // The last blocks overlap those before.
        let top = (row * BLOCK).min(height - BLOCK);
        for column in 0..columns {
            let left = (column * BLOCK).min(width - BLOCK);
            let (mut sum, mut least, mut most) = (0u32, u8::MAX, 0u8);
            for y in top..top + BLOCK {
                for &pixel in &luma.pixels[y * width + left..][..BLOCK] {
                    sum += u32::from(pixel);
                    least = least.min(pixel);
                    most = most.max(pixel);
                }
            }
            points.push(if most - least > MIN_RANGE {
                (sum / (BLOCK * BLOCK) as u32) as u8
            } else if row > 0 && column > 0 {
                let [above, before, across] =
                    [columns, 1, columns + 1].map(|back| u32::from(points[points.len() - back]));
                let around = ((above + 2 * before + across) / 4) as u8;
                if least < around { around } else { least / 2 }
            } else {
                least / 2
            });
        }
    }
    points
}

impl Binary {
    fn read_dark(&self, picture: &Bitmap, inverted: bool, all: bool, reading: &mut Reading) {
        let patterns = count_patterns(picture);
        if patterns > MAX_PATTERNS {
            return;
        }
        let (found, sets) = guarded(AssertUnwindSafe(|| rxing::find(picture, MAX_PATTERNS))).unwrap_or_default();
        let mut used = Vec::new();
        for set in sets.into_iter().take(if all { MAX_SETS_OF_ALL } else { MAX_SETS }) {
            let patterns = set.patterns();
            if patterns.iter().any(|pattern| used.contains(pattern)) {
                continue;
            }
            if try_sample(|| Sample::of_set(picture, &set), inverted, reading) {
                if !all {
                    return;
                }
                used.extend(patterns);
            }
        }
        if self.older && used.is_empty() && patterns.max(found) <= MAX_PATTERNS_OLDER {
            try_sample(|| Sample::of_older_detector(picture), inverted, reading);
        }
    }
}

/// Samples a grid and reads it; tells whether it was read.
fn try_sample(sample: impl FnOnce() -> Option<Sample>, inverted: bool, reading: &mut Reading) -> bool {
    match guarded(AssertUnwindSafe(|| read(sample()?, inverted))).flatten() {
        Some(Ok(symbol)) => {
            reading.symbols.push(symbol);
            true
        }
        Some(Err(sighting)) => {
            reading.see(sighting);
            false
        }
        None => false,
    }
}

/// Decodes a grid; `None` if it has nothing of a symbol.
fn read(Sample { grid, corners }: Sample, inverted: bool) -> Option<Result<Symbol, Sighting>> {
    let version = Version::of_side(grid.width() as usize)?;
    let Some(decoded) = decode(&grid, version) else {
        let (likeness, module_px) = (likeness(&grid, version), module_px(version.side(), &corners));
        return (likeness >= MIN_LIKENESS).then_some(Err(Sighting { module_px, likeness }));
    };
    Some(Ok(Symbol { stage: Stage::Plain, ..decoded.into_symbol(version, corners, inverted) }))
}

/// What rxing and our own decoder both say of a grid. Rxing's believes what Reed-Solomon makes of any three errors in the
/// smallest symbol; ours asks for proof beyond the correction. It knows nothing of Model 1, which ISO/IEC 18004 has given up.
fn decode(grid: &Bitmap, version: Version) -> Option<Decoded> {
    let theirs = rxing::decode(grid)?;
    let (level, mirrored) = (theirs.level, theirs.mirrored);
    if theirs.is_model_1 {
        return Some(Decoded { content: theirs.content, level, mirrored, corrected: None });
    }
    let ours = read_again(version, |x, y| grid.is_dark(x as u32, y as u32), level, mirrored)?;
    (ours.content.payload == theirs.content.payload).then_some(ours)
}

/// Counts what looks like a finder pattern, 1:1:3:1:1 along its row and its column, up to [`MAX_PATTERNS`].
///
/// Both detectors see no more than this, and compare every two or three of them: a wallpaper must be known before.
fn count_patterns(picture: &Bitmap) -> usize {
    /// The first and the last row, the column and the module size of one pattern crossed by several rows.
    struct Pattern(u32, u32, f32, f32);
    let mut patterns: Vec<Pattern> = Vec::new();
    let mut runs = Vec::new();
    // The middle of a pattern is three modules high, and a module at least a pixel.
    for y in (1..picture.height()).step_by(3) {
        run_lengths((0..picture.width()).map(|x| picture.is_dark(x, y)), &mut runs);
        let mut start = 0;
        for (i, window) in runs.windows(5).enumerate() {
            // Runs begin with a light one, if an empty one.
            if i % 2 == 1 && is_finder(window) {
                let x = start + window[0] + window[1] + window[2] / 2;
                let (column, module) = (x as f32, window.iter().sum::<u32>() as f32 / 7.0);
                let known = patterns.iter_mut().rev().find(|Pattern(first, last, at, size)| {
                    // The diagonal of the middle is four modules long: what goes on is the next pattern below.
                    (y - *last) as f32 <= size.max(3.0)
                        && (y - *first) as f32 <= 5.0 * size
                        && (column - at).abs() <= *size
                });
                match known {
                    Some(Pattern(_, last, ..)) => *last = y,
                    None if crosses_column(picture, x, y, window.iter().sum()) => {
                        patterns.push(Pattern(y, y, column, module));
                        if patterns.len() > MAX_PATTERNS {
                            return patterns.len();
                        }
                    }
                    None => {}
                }
            }
            start += window[0];
        }
    }
    patterns.len()
}

/// Tells whether the column through the middle of a pattern `size` pixels wide looks like the row.
fn crosses_column(picture: &Bitmap, x: u32, y: u32, size: u32) -> bool {
    let mut runs = Vec::new();
    run_lengths(
        (y.saturating_sub(size)..(y + size + 1).min(picture.height())).map(|y| picture.is_dark(x, y)),
        &mut runs,
    );
    runs.windows(5).skip(1).step_by(2).any(is_finder)
}

/// Writes the lengths of the runs of equal pixels, beginning with the light ones, be they none.
fn run_lengths(pixels: impl Iterator<Item = bool>, runs: &mut Vec<u32>) {
    runs.clear();
    runs.push(0);
    let mut dark = false;
    for pixel in pixels {
        if pixel == dark {
            *runs.last_mut().expect("there is a run from the start") += 1;
        } else {
            dark = pixel;
            runs.push(1);
        }
    }
}

fn is_finder(runs: &[u32]) -> bool {
    let size: u32 = runs.iter().sum();
    // Each run is off by less than half its due, all in sevenths of a module.
    runs.iter().zip([1, 1, 3, 1, 1]).all(|(&run, due)| 2 * (7 * run).abs_diff(due * size) < due * size)
}

/// The share of finder, separator and timing modules that are as ISO/IEC 18004 (6.3.3 to 6.3.5) wants them.
fn likeness(grid: &Bitmap, version: Version) -> f32 {
    let Patterns { finders, timing, .. } = Patterns::of(version);
    let (mut right, mut count) = (0, 0);
    for &(x, y, dark) in finders.iter().chain(&timing).flatten() {
        right += u32::from(grid.is_dark(x as u32, y as u32) == dark);
        count += 1;
    }
    right as f32 / count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The grid of a symbol in version 1-L, up to three of its codewords spoilt: those in the third pair of columns.
    fn spoilt(errors: usize) -> Bitmap {
        let code = qrcode::QrCode::with_version(b"12345678", qrcode::Version::Normal(1), qrcode::EcLevel::L);
        let colors = code.expect("it fits").to_colors();
        let is_dark = |x: usize, y: usize| {
            let codeword = (20 - y) / 4;
            let wrong = (15..17).contains(&x) && y > 8 && codeword < errors;
            (colors[y * 21 + x] == qrcode::Color::Dark) != wrong
        };
        let row = |y: usize, words: &mut [usize]| {
            words[0] = (0..21).filter(|&x| is_dark(x, y)).fold(0, |word, x| word | 1 << x);
        };
        Bitmap::of_rows(21, 21, row).expect("it is square")
    }

    fn decoded(grid: &Bitmap) -> Option<Decoded> {
        decode(grid, Version::of_side(21)?)
    }

    #[test]
    fn codewords_kept_back_against_misreading_correct_nothing() {
        for errors in 0..3 {
            let decoded = decoded(&spoilt(errors)).expect("table 9 lets two be wrong");
            assert_eq!((&decoded.content.payload[..], decoded.corrected), (&b"12345678"[..], Some(errors as u32)));
        }
        assert!(rxing::decode(&spoilt(3)).is_some(), "rxing alone believes a third");
        assert!(decoded(&spoilt(3)).is_none());
    }

    #[test]
    fn black_and_white_is_as_rxing_has_it() {
        let mut noise = 0x2545_f491_u32;
        // The last blocks overlap there, and may differ.
        for (width, height) in [(40u32, 40u32), (64, 48), (200, 120), (1024, 56)] {
            let pixels = (0..width * height).map(|i| {
                noise ^= noise << 13;
                noise ^= noise >> 17;
                noise ^= noise << 5;
                let ground = 40 + 160 * (i % width) / width;
                let dark = (i / 37 + i / width / 11).is_multiple_of(3);
                (if dark { ground / 3 } else { ground } + noise % 20) as u8
            });
            let luma = Luma { width, height, pixels: pixels.collect() };
            let theirs = Bitmap::by_neighbourhood(&luma).expect("it has pixels");
            let ours = binarize(&luma).expect("it has pixels");
            assert!(ours == theirs, "{width}x{height}");
        }
    }
}
