//! The preparation of a poor picture for the decoder: plain 8-bit steps, from luma to luma or to black and white.

use crate::Luma;
use crate::scan::bitmap::{Bitmap, pack};

/// The difference between the darkest and the lightest pixel below which a picture is empty.
const MIN_CONTRAST: u8 = 3;

/// Whether a picture is not empty: most are not from their first rows on.
pub(super) fn has_contrast(luma: &Luma) -> bool {
    let (mut least, mut most) = (u8::MAX, 0);
    luma.rows().any(|row| {
        (least, most) = row.iter().fold((least, most), |(least, most), &v| (least.min(v), most.max(v)));
        most - least >= MIN_CONTRAST
    })
}

/// Makes dark light and light dark.
pub(super) fn negative(luma: &Luma) -> Luma {
    Luma { pixels: luma.pixels.iter().map(|v| 255 - v).collect(), ..*luma }
}

/// Averages squares of `factor` pixels: removes the grid of a photographed display, and noise.
pub(super) fn shrink(luma: &Luma, factor: u32) -> Luma {
    /// Adds up so many columns each; the compiler does many at once.
    fn add<const N: usize>(sums: &mut [u32], row: &[u8]) {
        for (sum, part) in sums.iter_mut().zip(row.as_chunks::<N>().0) {
            *sum += part.iter().map(|&v| u32::from(v)).sum::<u32>();
        }
    }
    let (width, height) = (luma.width / factor, luma.height / factor);
    let (columns, square) = (factor as usize, factor * factor);
    let mut pixels = Vec::with_capacity((width * height) as usize);
    let mut sums = vec![0u32; width as usize];
    for (y, row) in luma.rows().enumerate().take((height * factor) as usize) {
        match columns {
            2 => add::<2>(&mut sums, row),
            3 => add::<3>(&mut sums, row),
            4 => add::<4>(&mut sums, row),
            _ => sums.iter_mut().zip(row.chunks_exact(columns)).for_each(|(sum, part)| {
                *sum += part.iter().map(|&v| u32::from(v)).sum::<u32>();
            }),
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
    // Of each column, the sum of those before it; and the number of columns around it.
    let mut before = vec![0u32; width + 1];
    let counts: Vec<u32> = (0..width).map(|x| ((x + reach + 1).min(width) - x.saturating_sub(reach)) as u32).collect();
    let mut flags = vec![0u8; width];
    Bitmap::of_rows(luma.width, luma.height, |y, words| {
        if y + reach < height {
            sums.iter_mut().zip(row(y + reach)).for_each(|(sum, &v)| *sum += u32::from(v));
        }
        if y > reach {
            sums.iter_mut().zip(row(y - reach - 1)).for_each(|(sum, &v)| *sum -= u32::from(v));
        }
        let rows = ((y + reach + 1).min(height) - y.saturating_sub(reach)) as u32;
        let mut total = 0;
        for (before, sum) in before[1..].iter_mut().zip(&sums) {
            total += sum;
            *before = total;
        }
        let is_dark = |v: u8, columns: u32, sum: u32| u8::from(u32::from(v) * (rows * columns) < sum);
        let around = |x: usize| before[(x + reach + 1).min(width)] - before[x.saturating_sub(reach)];
        let row = row(y);
        // Between the borders, of which there may be no more, all windows are whole.
        let inside = reach.min(width)..width.saturating_sub(reach).max(reach.min(width));
        for x in (0..inside.start).chain(inside.end..width) {
            flags[x] = is_dark(row[x], counts[x], around(x));
        }
        let sums =
            before.get(2 * reach + 1..).unwrap_or_default().iter().zip(&before).map(|(last, first)| last - first);
        let each = flags[inside.clone()].iter_mut().zip(&row[inside]);
        each.zip(sums).for_each(|((flag, &v), sum)| *flag = is_dark(v, 2 * reach as u32 + 1, sum));
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
    // A row, blurred along itself; its border counts twice.
    let across = |y: usize, into: &mut [u16]| {
        let row = &luma.pixels[y * width..][..width];
        let (first, last) = (u16::from(row[0]), u16::from(row[width - 1]));
        let next = |x: usize| u16::from(row[x.min(width - 1)]);
        into[0] = 3 * first + next(1);
        into[width - 1] = if width > 1 { u16::from(row[width - 2]) + 3 * last } else { 4 * first };
        for (sum, around) in into.iter_mut().skip(1).zip(row.windows(3)) {
            *sum = u16::from(around[0]) + 2 * u16::from(around[1]) + u16::from(around[2]);
        }
    };
    let mut pixels = Vec::with_capacity(luma.pixels.len());
    let [mut above, mut here, mut below] = [const { Vec::new() }; 3].map(|mut row: Vec<u16>| {
        row.resize(width, 0);
        row
    });
    across(0, &mut here);
    above.copy_from_slice(&here);
    for y in 0..height {
        across((y + 1).min(height - 1), &mut below);
        pixels.extend(above.iter().zip(&here).zip(&below).map(|((a, h), b)| ((a + 2 * h + b + 8) / 16) as u8));
        std::mem::swap(&mut above, &mut here);
        std::mem::swap(&mut here, &mut below);
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
