//! Black and white by neighbourhood: a pixel is dark if it is not lighter than what lies around.

use crate::Luma;
use crate::scan::bitmap::{Bitmap, pack};

/// Pixels on a side of a block that has a threshold of its own.
const BLOCK: usize = 8;

/// Grey levels in a block below which it is all one colour.
const MIN_RANGE: u8 = 24;

/// Blocks on a side of the square whose mean is the threshold of its middle.
const WINDOW: usize = 5;

/// Makes a picture black and white.
pub(super) fn binarize(luma: &Luma) -> Bitmap {
    let width = luma.width as usize;
    let (columns, rows) = (width.div_ceil(BLOCK), (luma.height as usize).div_ceil(BLOCK));
    let points = black_points(luma, columns, rows);
    let (mut thresholds, mut flags) = (vec![0u8; columns * BLOCK], vec![0u8; width]);
    Bitmap::of_rows(luma.width, luma.height, |y, words| {
        if y.is_multiple_of(BLOCK) {
            let lines = window(y / BLOCK, rows);
            for (column, thresholds) in thresholds.chunks_exact_mut(BLOCK).enumerate() {
                let around = window(column, columns);
                let sum = |line: usize| {
                    points[line * columns..][around.clone()].iter().map(|&point| u32::from(point)).sum::<u32>()
                };
                let count = (lines.len() * around.len()) as u32;
                thresholds.fill((lines.clone().map(sum).sum::<u32>() / count) as u8);
            }
        }
        let row = luma.pixels[y * width..][..width].iter().zip(&thresholds);
        flags.iter_mut().zip(row).for_each(|(flag, (pixel, threshold))| *flag = u8::from(pixel <= threshold));
        pack(&flags, words);
    })
}

/// The blocks around one, as many on either side as there are.
fn window(at: usize, count: usize) -> std::ops::Range<usize> {
    let first = at.saturating_sub(WINDOW / 2).min(count.saturating_sub(WINDOW));
    first..(first + WINDOW).min(count)
}

/// For each block the grey level between dark and light; where all is one, half of it, or what its neighbours have.
fn black_points(luma: &Luma, columns: usize, rows: usize) -> Vec<u8> {
    let (width, height) = (luma.width as usize, luma.height as usize);
    let mut points: Vec<u8> = Vec::with_capacity(columns * rows);
    // Of each column of pixels in a row of blocks.
    let (mut sums, mut leasts, mut mosts) = (vec![0u16; width], vec![0u8; width], vec![0u8; width]);
    for row in 0..rows {
        // The last blocks overlap those before.
        let top = (row * BLOCK).min(height.saturating_sub(BLOCK));
        let bottom = (top + BLOCK).min(height);
        sums.fill(0);
        leasts.fill(u8::MAX);
        mosts.fill(0);
        for line in luma.pixels[top * width..bottom * width].chunks_exact(width) {
            for (((sum, least), most), &pixel) in sums.iter_mut().zip(&mut leasts).zip(&mut mosts).zip(line) {
                *sum += u16::from(pixel);
                *least = pixel.min(*least);
                *most = pixel.max(*most);
            }
        }
        for column in 0..columns {
            let left = (column * BLOCK).min(width.saturating_sub(BLOCK));
            let right = (left + BLOCK).min(width);
            let sum = sums[left..right].iter().map(|&sum| u32::from(sum)).sum::<u32>();
            let least = leasts[left..right].iter().copied().fold(u8::MAX, u8::min);
            let most = mosts[left..right].iter().copied().fold(0, u8::max);
            points.push(if most - least > MIN_RANGE {
                (sum / ((bottom - top) * (right - left)) as u32) as u8
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

#[cfg(test)]
mod tests {
    use rxing::common::HybridBinarizer;
    use rxing::{Binarizer, Luma8Source};

    use super::*;

    fn made(width: u32, height: u32) -> Luma {
        let mut noise = 0x2545_f491_u32;
        let pixels = (0..width * height).map(|i| {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let ground = 40 + 160 * (i % width) / width;
            let dark = (i / 37 + i / width / 11).is_multiple_of(3);
            (if dark { ground / 3 } else { ground } + noise % 20) as u8
        });
        Luma { width, height, pixels: pixels.collect() }
    }

    #[test]
    fn black_and_white_is_as_rxing_has_it() {
        // The last blocks overlap those before, and rxing's may differ there.
        for (width, height) in [(40u32, 40u32), (64, 48), (200, 120), (1024, 56)] {
            let luma = made(width, height);
            let source = Luma8Source::new_with_slice(luma.pixels(), width, height).expect("it has pixels");
            let binarizer = HybridBinarizer::new(source);
            let theirs = binarizer.get_black_matrix().expect("it is large enough");
            let ours = binarize(&luma);
            for (x, y) in (0..width * height).map(|i| (i % width, i / width)) {
                assert_eq!(ours.bit(x as usize, y as usize), theirs.get(x, y), "{width}x{height}: {x}, {y}");
            }
        }
    }

    #[test]
    fn small_pictures_are_parted_into_dark_and_light() {
        // Squares of three pixels, as modules are.
        for (width, height) in [(6u32, 1u32), (6, 200), (200, 6), (7, 7), (8, 8), (9, 17), (39, 39)] {
            let is_dark = |i: u32| (i % width / 3 + i / width / 3).is_multiple_of(2);
            let pixels = (0..width * height).map(|i| if is_dark(i) { 10 } else { 240 }).collect();
            let picture = binarize(&Luma { width, height, pixels });
            for i in 0..width * height {
                assert_eq!(
                    picture.bit((i % width) as usize, (i / width) as usize),
                    is_dark(i),
                    "{width}x{height}: {i}"
                );
            }
        }
    }
}
