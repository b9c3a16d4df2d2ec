//! The effects of the lens, and of the hand that holds it.

use super::random::SplitMix64;
use super::{exp_of_negative, level, sin_cos};
use crate::Luma;

/// A Gaussian, first along rows, then along columns; beyond the picture its edge goes on.
pub(super) fn blur(luma: &Luma, sigma: f64) -> Luma {
    let reach = (sigma * 3.0).ceil() as isize;
    let weights: Vec<f64> =
        (-reach..=reach).map(|i| exp_of_negative(-((i * i) as f64) / (2.0 * sigma * sigma))).collect();
    let total: f64 = weights.iter().sum();
    let (width, height) = (luma.width as isize, luma.height as isize);
    let pass = |source: &[f64], dx: isize, dy: isize| -> Vec<f64> {
        (0..width * height)
            .map(|i| {
                let (x, y) = (i % width, i / width);
                let sum = weights.iter().zip(-reach..).fold(0.0, |sum, (weight, step)| {
                    let (x, y) = ((x + step * dx).clamp(0, width - 1), (y + step * dy).clamp(0, height - 1));
                    sum + weight * source[(y * width + x) as usize]
                });
                sum / total
            })
            .collect()
    };
    let source: Vec<f64> = luma.pixels.iter().map(|&v| f64::from(v)).collect();
    let both = pass(&pass(&source, 1, 0), 0, 1);
    Luma { pixels: both.into_iter().map(level).collect(), width: luma.width, height: luma.height }
}

/// The mean along a line, four samples a pixel.
pub(super) fn motion(luma: &Luma, length: f64, chance: &mut SplitMix64) -> Luma {
    let (dy, dx) = sin_cos(chance.between(0.0, std::f64::consts::PI));
    let (width, height) = (luma.width as usize, luma.height as usize);
    let at = |x: f64, y: f64| {
        let (x, y) = (x.clamp(0.0, width as f64 - 1.0), y.clamp(0.0, height as f64 - 1.0));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
        let (fx, fy) = (x - left as f64, y - top as f64);
        let row = |y: usize| {
            f64::from(luma.pixels[y * width + left]) * (1.0 - fx) + f64::from(luma.pixels[y * width + right]) * fx
        };
        row(top) * (1.0 - fy) + row(bottom) * fy
    };
    let steps = (length * 4.0).ceil() as u32;
    let pixels = (0..width * height).map(|i| {
        let (x, y) = ((i % width) as f64, (i / width) as f64);
        let sum = (0..=steps).fold(0.0, |sum, step| {
            let way = length * (f64::from(step) / f64::from(steps) - 0.5);
            sum + at(x + way * dx, y + way * dy)
        });
        level(sum / f64::from(steps + 1))
    });
    Luma { pixels: pixels.collect(), width: luma.width, height: luma.height }
}
