//! What is done to a poor picture before the decoder sees it: plain 8-bit steps, each from luma to luma.

use crate::Luma;

/// Makes dark light and light dark.
pub(super) fn negative(luma: &Luma) -> Luma {
    Luma { pixels: luma.pixels.iter().map(|v| 255 - v).collect(), ..*luma }
}

/// Averages squares of `factor` pixels: takes away the grid of a photographed display, and noise.
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

/// Black where a pixel is under the mean of the `window` by `window` pixels around it: evens out light and contrast.
pub(super) fn threshold_locally(luma: &Luma, window: usize) -> Luma {
    let (width, height, reach) = (luma.width as usize, luma.height as usize, window / 2);
    let stride = width + 1;
    // Sums of all that lies above and left; they may wrap, their differences are right.
    let mut sums = vec![0u32; stride * (height + 1)];
    for (y, row) in luma.rows().enumerate() {
        let (above, below) = sums[y * stride..].split_at_mut(stride);
        let mut line = 0u32;
        for (x, &v) in row.iter().enumerate() {
            line = line.wrapping_add(u32::from(v));
            below[x + 1] = above[x + 1].wrapping_add(line);
        }
    }
    let mut pixels = Vec::with_capacity(luma.pixels.len());
    for (y, row) in luma.rows().enumerate() {
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
        let (above, below) = (&sums[top * stride..][..stride], &sums[bottom * stride..][..stride]);
        for (x, &v) in row.iter().enumerate() {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            let sum = below[right].wrapping_sub(below[left]).wrapping_sub(above[right]).wrapping_add(above[left]);
            let count = ((bottom - top) * (right - left)) as u32;
            pixels.push(if u32::from(v) * count < sum { 0 } else { 255 });
        }
    }
    Luma { pixels, ..*luma }
}

/// Black and white at the grey level that parts the two best (Otsu): helps weak contrast.
pub(super) fn threshold_globally(luma: &Luma) -> Luma {
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
    Luma { pixels: luma.pixels.iter().map(|&v| if v <= threshold { 0 } else { 255 }).collect(), ..*luma }
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

/// Adds what a twofold blur takes away, one and a half times: helps against a lens out of focus.
pub(super) fn sharpen(luma: &Luma) -> Luma {
    let soft = blur(&blur(luma));
    let pixels = luma.pixels.iter().zip(&soft.pixels).map(|(&v, &s)| {
        let (v, s) = (i32::from(v), i32::from(s));
        (v + (v - s) * 3 / 2).clamp(0, 255) as u8
    });
    Luma { pixels: pixels.collect(), ..*luma }
}
