//! The effects behind the lens: the sensor and the file.

use super::random::SplitMix64;
use super::scene::each;
use super::{level, sin_cos};
use crate::Luma;

pub(super) fn moire(luma: &mut Luma, strength: f64, chance: &mut SplitMix64) {
    const TURN: f64 = 2.0 * std::f64::consts::PI;
    // Two waves, as rows and columns of the monitor give.
    let mut wave = || {
        let (sin, cos) = sin_cos(chance.between(0.0, TURN));
        let pitch = TURN / chance.between(3.0, 9.0);
        (cos * pitch, sin * pitch, chance.between(0.0, TURN))
    };
    let waves = [wave(), wave()];
    each(luma, |x, y, v| {
        let shade = waves.iter().fold(0.0, |sum, (dx, dy, phase)| sum + 1.0 + sin_cos(x * dx + y * dy + phase).0);
        v * (1.0 - strength * shade / 4.0)
    });
}

pub(super) fn low_light(luma: &mut Luma, strength: f64, chance: &mut SplitMix64) {
    for v in &mut luma.pixels {
        *v = level(f64::from(*v) * (1.0 - strength) + 12.0 * strength * chance.normal());
    }
}

pub(super) fn noise(luma: &mut Luma, sigma: f64, chance: &mut SplitMix64) {
    for v in &mut luma.pixels {
        *v = level(f64::from(*v) + sigma * chance.normal());
    }
}

/// Rounds the frequencies of each block of 8 x 8 pixels as a JPEG file does (ISO/IEC 10918-1). The lossless part of the
/// coding is left out.
pub(super) fn jpeg(luma: &mut Luma, loss: u32) {
    let scale = if loss > 50 { 5000 / (100 - loss) } else { 2 * loss };
    let steps = LUMINANCE.map(|step| f64::from((u32::from(step) * scale + 50) / 100).clamp(1.0, 255.0));
    let basis = basis();
    let (width, height) = (luma.width as usize, luma.height as usize);
    for top in (0..height).step_by(8) {
        for left in (0..width).step_by(8) {
            // Beyond the picture its last row and column go on.
            let mut block = [[0.0; 8]; 8];
            for (dy, row) in block.iter_mut().enumerate() {
                for (dx, v) in row.iter_mut().enumerate() {
                    let at = (top + dy).min(height - 1) * width + (left + dx).min(width - 1);
                    *v = f64::from(luma.pixels[at]) - 128.0;
                }
            }
            let mut frequencies = transform(&block, |u, x| basis[u][x]);
            for (row, steps) in frequencies.iter_mut().zip(steps.chunks_exact(8)) {
                for (v, step) in row.iter_mut().zip(steps) {
                    *v = (*v / step + 0.5).floor() * step;
                }
            }
            let block = transform(&frequencies, |x, u| basis[u][x]);
            for (dy, row) in block.iter().enumerate().take(height - top) {
                for (dx, v) in row.iter().enumerate().take(width - left) {
                    luma.pixels[(top + dy) * width + left + dx] = level(v + 128.0);
                }
            }
        }
    }
}

/// The luminance table of ISO/IEC 10918-1, K.1.
const LUMINANCE: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// The cosines of the transform, scaled so that its inverse is its transpose.
fn basis() -> [[f64; 8]; 8] {
    std::array::from_fn(|u| {
        let scale = if u == 0 { 0.125f64.sqrt() } else { 0.5 };
        std::array::from_fn(|x| scale * sin_cos((2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0).1)
    })
}

/// Along columns, then along rows.
fn transform(block: &[[f64; 8]; 8], basis: impl Fn(usize, usize) -> f64) -> [[f64; 8]; 8] {
    let down: [[f64; 8]; 8] =
        std::array::from_fn(|u| std::array::from_fn(|x| (0..8).fold(0.0, |sum, y| sum + basis(u, y) * block[y][x])));
    std::array::from_fn(|u| std::array::from_fn(|v| (0..8).fold(0.0, |sum, x| sum + basis(v, x) * down[u][x])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transform_undone_is_the_block() {
        let basis = basis();
        let block: [[f64; 8]; 8] = std::array::from_fn(|y| std::array::from_fn(|x| ((x * 31 + y * 57) % 256) as f64));
        let back = transform(&transform(&block, |u, x| basis[u][x]), |x, u| basis[u][x]);
        assert!(block.as_flattened().iter().zip(back.as_flattened()).all(|(a, b)| (a - b).abs() < 1e-9));
    }
}
