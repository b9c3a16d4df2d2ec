//! The preparation of a poor picture for the decoder: plain 8-bit steps, from luma to luma or to black and white.

use crate::Luma;
use crate::scan::bitmap::{Bitmap, pack};

/// Makes dark light and light dark.
pub(super) fn negative(luma: &Luma) -> Luma {
    Luma { pixels: luma.pixels.iter().map(|v| 255 - v).collect(), ..*luma }
}

/// Averages squares of `factor` pixels: removes the grid of a photographed display, and noise.
pub(super) fn shrink(luma: &Luma, factor: u32) -> Luma {
    let (width, height) = (luma.width / factor, luma.height / factor);
    let (columns, square) = (factor as usize, factor * factor);
    let mut pixels = Vec::with_capacity((width * height) as usize);
    let mut sums = vec![0u32; width as usize];
    for (y, row) in luma.rows().enumerate().take((height * factor) as usize) {
        for (sum, part) in sums.iter_mut().zip(row.chunks_exact(columns)) {
            *sum += part.iter().map(|&v| u32::from(v)).sum::<u32>();
        }
        if (y + 1) % columns == 0 {
            pixels.extend(sums.iter().map(|sum| ((sum + square / 2) / square) as u8));
            sums.fill(0);
        }
    }
    Luma { width, height, pixels }
}

/// Dark where a pixel is under the mean of the `window` by `window` pixels around it: evens out light and contrast.
pub(super) fn threshold_locally(luma: &Luma, window: usize) -> Bitmap {
    let (width, height, reach) = (luma.width as usize, luma.height as usize, window / 2);
    let row = |y: usize| &luma.pixels[y * width..][..width];
    // Of each column, the sum of the rows around the one at hand.
    let mut sums = vec![0u32; width];
    for y in 0..reach.min(height) {
        sums.iter_mut().zip(row(y)).for_each(|(sum, &v)| *sum += u32::from(v));
    }
    let mut flags = vec![0u8; width];
    Bitmap::of_rows(luma.width, luma.height, |y, words| {
        if y + reach < height {
            sums.iter_mut().zip(row(y + reach)).for_each(|(sum, &v)| *sum += u32::from(v));
        }
        if y > reach {
            sums.iter_mut().zip(row(y - reach - 1)).for_each(|(sum, &v)| *sum -= u32::from(v));
        }
        let rows = (y + reach + 1).min(height) - y.saturating_sub(reach);
        let mut sum = sums[..reach.min(width)].iter().sum::<u32>();
        for (x, (flag, &v)) in flags.iter_mut().zip(row(y)).enumerate() {
            if x + reach < width {
                sum += sums[x + reach];
            }
            if x > reach {
                sum -= sums[x - reach - 1];
            }
            let columns = (x + reach + 1).min(width) - x.saturating_sub(reach);
            *flag = u8::from(u32::from(v) * ((rows * columns) as u32) < sum);
        }
        pack(&flags, words);
    })
}

/// Dark and light at the grey level that separates the two best (Otsu): helps weak contrast.
pub(super) fn threshold_globally(luma: &Luma) -> Bitmap {
    let mut histogram = [0u64; 256];
    for &v in &luma.pixels {
        histogram[usize::from(v)] += 1;
    }
    let count = luma.pixels.len() as u64;
    let total: u64 = (0..).zip(histogram).map(|(level, n)| level * n).sum();
    let (mut below, mut sum, mut best, mut threshold) = (0u64, 0u64, -1.0f64, 127);
    for (level, n) in histogram.into_iter().enumerate() {
        below += n;
        sum += level as u64 * n;
        if below == 0 || below == count {
            continue;
        }
        let above = count - below;
        let apart = sum as f64 / below as f64 - (total - sum) as f64 / above as f64;
        let spread = below as f64 * above as f64 * apart * apart;
        if spread > best {
            (best, threshold) = (spread, level as u8);
        }
    }
    let (width, mut flags) = (luma.width as usize, vec![0u8; luma.width as usize]);
    Bitmap::of_rows(luma.width, luma.height, |y, words| {
        let row = &luma.pixels[y * width..][..width];
        flags.iter_mut().zip(row).for_each(|(flag, &v)| *flag = u8::from(v <= threshold));
        pack(&flags, words);
    })
}

/// Binomial blur of 3 by 3: helps against noise and gaps between the rows of a terminal.
pub(super) fn blur(luma: &Luma) -> Luma {
    let (width, height) = (luma.width as usize, luma.height as usize);
    let mut across = Vec::with_capacity(luma.pixels.len());
    for row in luma.rows() {
        across.extend((0..width).map(|x| {
            let (left, right) = (row[x.saturating_sub(1)], row[(x + 1).min(width - 1)]);
            u16::from(left) + 2 * u16::from(row[x]) + u16::from(right)
        }));
    }
    let mut pixels = Vec::with_capacity(luma.pixels.len());
    for y in 0..height {
        let line = |y: usize| &across[y * width..][..width];
        let (above, here, below) = (line(y.saturating_sub(1)), line(y), line((y + 1).min(height - 1)));
        pixels.extend(above.iter().zip(here).zip(below).map(|((a, h), b)| ((a + 2 * h + b + 8) / 16) as u8));
    }
    Luma { pixels, ..*luma }
}

/// Adds one and a half times the difference to a twofold blur: helps against a lens out of focus.
pub(super) fn sharpen(luma: &Luma) -> Luma {
    let soft = blur(&blur(luma));
    let pixels = luma.pixels.iter().zip(&soft.pixels).map(|(&v, &s)| {
        let (v, s) = (i32::from(v), i32::from(s));
        (v + (v - s) * 3 / 2).clamp(0, 255) as u8
    });
    Luma { pixels: pixels.collect(), ..*luma }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_is_dark_under_the_mean_of_its_window() {
        for (width, height, window) in [(1u32, 1u32, 31), (40, 3, 31), (3, 40, 31), (70, 50, 13), (64, 64, 17)] {
            let pixels = (0..width * height).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            let luma = Luma { width, height, pixels };
            let picture = threshold_locally(&luma, window);
            let around = |t: u32, size: u32| t.saturating_sub(window as u32 / 2)..(t + window as u32 / 2 + 1).min(size);
            for (x, y) in (0..width * height).map(|i| (i % width, i / width)) {
                let places = around(y, height).flat_map(|y| around(x, width).map(move |x| (y * width + x) as usize));
                let values: Vec<u32> = places.map(|at| u32::from(luma.pixels[at])).collect();
                let mean = f64::from(values.iter().sum::<u32>()) / values.len() as f64;
                let dark = f64::from(luma.pixels[(y * width + x) as usize]) < mean;
                assert_eq!(picture.bit(x as usize, y as usize), dark, "{width}x{height}: {x}, {y}");
            }
        }
    }
}
