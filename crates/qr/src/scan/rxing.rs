//! The decoder: rxing's port of zxing-cpp, called step by step, so that what it tries stays bounded and the grid that
//! it could not decode can be judged.

use std::panic::AssertUnwindSafe;

use rxing::common::{BitArray, BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{FindFinderPatterns, FinderPatternSet, GenerateFinderPatternSets, SampleQR};
use rxing::qrcode::detector::Detector;
use rxing::{Binarizer, DecodeHints, Luma8Source, Point};

use crate::scan::grey::{self, Decoded};
use crate::scan::{Reader, Reading, Sighting, guarded, text};
use crate::{EcLevel, Luma, Stage, Symbol};

pub(super) struct Rxing {
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

impl Reader for Rxing {
    fn read(&self, luma: &Luma, all: bool) -> Reading {
        let mut reading = Reading::default();
        let Some(mut matrix) = guarded(AssertUnwindSafe(|| binarize(luma))).flatten() else { return reading };
        for inverted in [false, true] {
            if inverted {
                matrix.flip_self();
            }
            read_matrix(&matrix, inverted, all, self.older, &mut reading);
            if !all && !reading.symbols.is_empty() {
                break;
            }
        }
        reading
    }
}

/// Pixels on a side of a block that has a threshold of its own.
const BLOCK: usize = 8;

/// Pixels that rxing keeps in one word.
const WORD: usize = usize::BITS as usize;

/// Grey levels in a block below which it is all one colour.
const MIN_RANGE: u8 = 24;

/// Black and white by neighbourhood, as rxing's `HybridBinarizer` makes it, in a third of the time; what is too small for
/// it is left to that.
fn binarize(luma: &Luma) -> Option<BitMatrix> {
    let (width, height) = (luma.width as usize, luma.height as usize);
    if width.min(height) < 5 * BLOCK {
        let source = Luma8Source::new_with_slice(luma.pixels(), luma.width(), luma.height()).ok()?;
        return HybridBinarizer::new(source).get_black_matrix().ok().cloned();
    }
    let (columns, rows) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
    let points = black_points(luma, columns, rows);
    let mut matrix = BitMatrix::new(luma.width, luma.height).ok()?;
    let mut thresholds = vec![0u8; columns];
    let mut bit_row = BitArray::with_size(width);
    for row in 0..rows {
        let top = row.clamp(2, rows - 3) - 2;
        for (column, threshold) in thresholds.iter_mut().enumerate() {
            let left = column.clamp(2, columns - 3) - 2;
            let sum =
                |line: usize| points[line * columns + left..][..5].iter().map(|&point| u32::from(point)).sum::<u32>();
            *threshold = ((top..top + 5).map(sum).sum::<u32>() / 25) as u8;
        }
        for y in row * BLOCK..height.min((row + 1) * BLOCK) {
            let line = &luma.pixels[y * width..][..width];
            for (word, (pixels, thresholds)) in line.chunks(WORD).zip(thresholds.chunks(WORD / BLOCK)).enumerate() {
                let parts = pixels.chunks(BLOCK).zip(thresholds).rev();
                let bits =
                    parts.fold(0, |bits, (part, &threshold)| bits << BLOCK | usize::from(darks(part, threshold)));
                bit_row.setBulk(word * WORD, bits);
            }
            matrix.setRow(y as u32, &bit_row);
        }
    }
    Some(matrix)
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

fn read_matrix(matrix: &BitMatrix, inverted: bool, all: bool, older: bool, reading: &mut Reading) {
    let patterns = count_patterns(matrix);
    if patterns > MAX_PATTERNS {
        return;
    }
    let find = || {
        let mut patterns = FindFinderPatterns(matrix, true, 0);
        let count = patterns.len();
        let sets = if count > MAX_PATTERNS { Vec::new() } else { GenerateFinderPatternSets(&mut patterns) };
        (count, sets)
    };
    let (found, sets) = guarded(AssertUnwindSafe(find)).unwrap_or_default();
    let mut used = Vec::new();
    for set in sets.into_iter().take(if all { MAX_SETS_OF_ALL } else { MAX_SETS }) {
        let patterns = [set.tl, set.tr, set.bl];
        if patterns.iter().any(|pattern| used.contains(pattern)) {
            continue;
        }
        match guarded(AssertUnwindSafe(|| sample_set(matrix, &set)?.read(inverted))).flatten() {
            Some(Ok(symbol)) => {
                reading.symbols.push(symbol);
                if !all {
                    return;
                }
                used.extend(patterns);
            }
            Some(Err(sighting)) => reading.see(sighting),
            None => {}
        }
    }
    if older && used.is_empty() && patterns.max(found) <= MAX_PATTERNS_OLDER {
        match guarded(AssertUnwindSafe(|| sample_best(matrix)?.read(inverted))).flatten() {
            Some(Ok(symbol)) => reading.symbols.push(symbol),
            Some(Err(sighting)) => reading.see(sighting),
            None => {}
        }
    }
}

/// The modules of what may be a symbol.
struct Sample {
    grid: BitMatrix,
    /// Clockwise from the top left, as seen.
    corners: [(f32, f32); 4],
}

/// Samples the grid that three finder patterns span.
fn sample_set(matrix: &BitMatrix, set: &FinderPatternSet) -> Option<Sample> {
    let sample = SampleQR(matrix, set).ok()?;
    // The sampler gives the bottom corners left to right, and all half a pixel too far.
    let &[tl, tr, bl, br] = <&[Point; 4]>::try_from(sample.getPoints()).ok()?;
    let corners = [tl, tr, br, bl].map(|p| (p.x - 0.5, p.y - 0.5));
    Some(Sample { grid: sample.getBits().clone(), corners })
}

/// Samples the grid that rxing's older detector likes best: it finds a few symbols that the newer one does not.
fn sample_best(matrix: &BitMatrix) -> Option<Sample> {
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let sample = Detector::new(matrix).detect_with_hints(&hints).ok()?;
    let &[bl, tl, tr, ..] = sample.getPoints() else { return None };
    let grid = sample.getBits().clone();
    // The points are the centres of the finder patterns, half a pattern inside the corners.
    let span = (grid.width() - 7) as f32;
    let at = |x: f32, y: f32| {
        let along = |t: f32, a: f32, b: f32| (b - a) * t / span;
        (tl.x + along(x, tl.x, tr.x) + along(y, tl.x, bl.x), tl.y + along(x, tl.y, tr.y) + along(y, tl.y, bl.y))
    };
    let (near, far) = (-3.5, span + 3.5);
    Some(Sample { grid, corners: [at(near, near), at(far, near), at(far, far), at(near, far)] })
}

impl Sample {
    /// Decodes the grid; `None` if it has nothing of a symbol.
    fn read(self, inverted: bool) -> Option<Result<Symbol, Sighting>> {
        let Self { grid, mut corners } = self;
        let sides = [0, 1, 2, 3].map(|i| {
            let (a, b) = (corners[i], corners[(i + 1) % 4]);
            (a.0 - b.0).hypot(a.1 - b.1)
        });
        let module_px = sides.iter().sum::<f32>() / (4 * grid.width()) as f32;
        let Some(decoded) = decode(&grid) else {
            let likeness = likeness(&grid);
            return (likeness >= MIN_LIKENESS).then_some(Err(Sighting { module_px, likeness }));
        };
        if decoded.mirrored {
            corners.swap(1, 3);
        }
        Some(Ok(Symbol {
            payload: decoded.payload,
            corners,
            module_px,
            version: u8::try_from((grid.width() - 17) / 4).ok()?,
            inverted,
            mirrored: decoded.mirrored,
            level: Some(decoded.level),
            corrected: decoded.corrected,
            sequence: decoded.sequence,
            named_text: decoded.named_text,
            stage: Stage::Plain,
        }))
    }
}

/// What rxing and our own decoder both say of a grid. Rxing's believes what Reed-Solomon makes of any three errors in the
/// smallest symbol; ours asks for proof beyond the correction. It knows nothing of Model 1, which ISO/IEC 18004 has given up.
fn decode(grid: &BitMatrix) -> Option<Decoded> {
    let theirs = Decode(grid).ok().filter(|decoded| decoded.isValid())?;
    let level = level(theirs.ecLevel())?;
    // ]Q0, as ISO/IEC 15424 names it.
    if theirs.content().symbology.modifier == b'0' {
        let payload = theirs.content().bytes().to_vec();
        let (sequence, named_text) = (grey::sequence(theirs.structuredAppend()), text::named(theirs.content()));
        return Some(Decoded { payload, level, mirrored: theirs.isMirrored(), corrected: None, sequence, named_text });
    }
    let dark = |x: usize, y: usize| grid.get(x as u32, y as u32);
    let ours = grey::read_again(grid.width() as usize, dark, level, theirs.isMirrored())?;
    (ours.payload == theirs.content().bytes()).then_some(ours)
}

fn level(name: &str) -> Option<EcLevel> {
    [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H].into_iter().find(|level| format!("{level:?}") == name)
}

/// Counts what looks like a finder pattern, 1:1:3:1:1 along its row and its column, up to [`MAX_PATTERNS`].
///
/// Both detectors see no more than this, and compare every two or three of them: a wallpaper must be known before.
fn count_patterns(matrix: &BitMatrix) -> usize {
    /// The first and the last row, the column and the module size of one pattern crossed by several rows.
    struct Pattern(u32, u32, f32, f32);
    let mut patterns: Vec<Pattern> = Vec::new();
    let mut runs = Vec::new();
    // The middle of a pattern is three modules high, and a module at least a pixel.
    for y in (1..matrix.height()).step_by(3) {
        run_lengths((0..matrix.width()).map(|x| matrix.get(x, y)), &mut runs);
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
                    None if crosses_column(matrix, x, y, window.iter().sum()) => {
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
fn crosses_column(matrix: &BitMatrix, x: u32, y: u32, size: u32) -> bool {
    let mut runs = Vec::new();
    run_lengths((y.saturating_sub(size)..(y + size + 1).min(matrix.height())).map(|y| matrix.get(x, y)), &mut runs);
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
fn likeness(grid: &BitMatrix) -> f32 {
    let side = grid.width();
    let (mut right, mut count) = (0, 0);
    let mut check = |x: u32, y: u32, dark: bool| {
        right += u32::from(grid.get(x, y) == dark);
        count += 1;
    };
    for (x, y) in (0..8).flat_map(|y| (0..8).map(move |x| (x, y))) {
        let ring = 3u32.abs_diff(x).max(3u32.abs_diff(y));
        let dark = ring != 2 && ring != 4;
        check(x, y, dark);
        check(side - 1 - x, y, dark);
        check(x, side - 1 - y, dark);
    }
    for i in 8..side - 8 {
        check(i, 6, i % 2 == 0);
        check(6, i, i % 2 == 0);
    }
    right as f32 / count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The grid of a symbol in version 1-L, up to three of its codewords spoilt: those in the third pair of columns.
    fn spoilt(errors: usize) -> BitMatrix {
        let code = qrcode::QrCode::with_version(b"12345678", qrcode::Version::Normal(1), qrcode::EcLevel::L);
        let colors = code.expect("it fits").to_colors();
        let mut grid = BitMatrix::new(21, 21).expect("it is square");
        for (i, color) in colors.into_iter().enumerate() {
            let (x, y) = (i % 21, i / 21);
            let codeword = (20 - y) / 4;
            let wrong = (15..17).contains(&x) && y > 8 && codeword < errors;
            if (color == qrcode::Color::Dark) != wrong {
                grid.set(x as u32, y as u32);
            }
        }
        grid
    }

    #[test]
    fn codewords_kept_back_against_misreading_correct_nothing() {
        for errors in 0..3 {
            let decoded = decode(&spoilt(errors)).expect("table 9 lets two be wrong");
            assert_eq!((&decoded.payload[..], decoded.corrected), (&b"12345678"[..], Some(errors as u32)));
        }
        assert!(Decode(&spoilt(3)).is_ok_and(|decoded| decoded.isValid()), "rxing alone believes a third");
        assert!(decode(&spoilt(3)).is_none());
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
            let source = Luma8Source::new_with_slice(luma.pixels(), width, height).expect("one pixel each");
            let theirs = HybridBinarizer::new(source);
            let ours = binarize(&luma).expect("it has pixels");
            assert!(ours == *theirs.get_black_matrix().expect("it has pixels"), "{width}x{height}");
        }
    }
}
