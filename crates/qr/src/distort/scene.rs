//! The effects before the lens: the screen, the angle, the light.

use super::random::SplitMix64;
use super::{exp_of_negative, level, sin_cos};
use crate::Luma;

/// How far the camera is from the picture, in diagonals of it.
const DISTANCE: f64 = 2.0;

/// Puts black rows after each line of text.
pub(super) fn half_blocks(luma: &Luma, gap: u32, line_px: u32) -> Luma {
    let width = luma.width as usize;
    let mut pixels = Vec::with_capacity(luma.pixels.len());
    for line in luma.pixels.chunks(width * line_px as usize) {
        pixels.extend_from_slice(line);
        pixels.resize(pixels.len() + width * gap as usize, 0);
    }
    Luma { width: luma.width, height: (pixels.len() / width) as u32, pixels }
}

pub(super) fn fade(luma: &mut Luma, strength: f64) {
    for v in &mut luma.pixels {
        *v = level(f64::from(*v) + (255.0 - f64::from(*v)) * strength);
    }
}

/// Turns the picture about an axis through its middle, seen in perspective.
pub(super) fn tilt(luma: &Luma, degrees: f64, chance: &mut SplitMix64) -> Luma {
    let (axis_y, axis_x) = sin_cos(chance.between(0.0, 2.0 * std::f64::consts::PI));
    let (sin, cos) = sin_cos(degrees / 180.0 * std::f64::consts::PI);
    let (width, height) = (f64::from(luma.width), f64::from(luma.height));
    let distance = DISTANCE * (width * width + height * height).sqrt();
    warp(luma, |x, y| {
        let (x, y) = (x - width / 2.0, y - height / 2.0);
        // Along the axis nothing changes; across it the picture goes away on one side and comes near on the other.
        let (along, across) = (x * axis_x + y * axis_y, y * axis_x - x * axis_y);
        let away = distance * cos - across * sin;
        if away <= 0.0 {
            return None;
        }
        let source_across = across * distance / away;
        let source_along = along * (distance + source_across * sin) / distance;
        Some((
            source_along * axis_x - source_across * axis_y + width / 2.0,
            source_along * axis_y + source_across * axis_x + height / 2.0,
        ))
    })
}

pub(super) fn uneven(luma: &mut Luma, strength: f64, chance: &mut SplitMix64) {
    let (dy, dx) = sin_cos(chance.between(0.0, 2.0 * std::f64::consts::PI));
    let (width, height) = (f64::from(luma.width), f64::from(luma.height));
    let reach = (width * dx).abs() + (height * dy).abs();
    each(luma, |x, y, v| {
        let share = ((x - width / 2.0) * dx + (y - height / 2.0) * dy) / reach + 0.5;
        v * (1.0 - strength * share)
    });
}

pub(super) fn glare(luma: &mut Luma, strength: f64, chance: &mut SplitMix64) {
    let (width, height) = (f64::from(luma.width), f64::from(luma.height));
    let (cx, cy) = (width * chance.between(0.3, 0.7), height * chance.between(0.3, 0.7));
    let reach = width.min(height) / 8.0;
    each(luma, |x, y, v| {
        let (dx, dy) = ((x - cx) / reach, (y - cy) / reach);
        v + (255.0 - v) * strength * exp_of_negative(-(dx * dx + dy * dy) / 2.0)
    });
}

/// Gives each pixel a new value from its middle and the old one.
pub(super) fn each(luma: &mut Luma, value: impl Fn(f64, f64, f64) -> f64) {
    let width = luma.width as usize;
    for (i, v) in luma.pixels.iter_mut().enumerate() {
        *v = level(value((i % width) as f64 + 0.5, (i / width) as f64 + 0.5, f64::from(*v)));
    }
}

/// Draws each pixel from where it comes from, four samples a pixel; what comes from outside is white.
fn warp(luma: &Luma, source: impl Fn(f64, f64) -> Option<(f64, f64)>) -> Luma {
    let (width, height) = (luma.width as usize, luma.height as usize);
    let at = |x: f64, y: f64| match x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64 {
        true => f64::from(luma.pixels[y as usize * width + x as usize]),
        false => 255.0,
    };
    let smooth = |x: f64, y: f64| {
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let row = |y: f64| at(left + 0.5, y) * (1.0 - fx) + at(left + 1.5, y) * fx;
        row(top + 0.5) * (1.0 - fy) + row(top + 1.5) * fy
    };
    let pixels = (0..width * height).map(|i| {
        let (x, y) = ((i % width) as f64, (i / width) as f64);
        let samples = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
        let sum =
            samples.iter().fold(0.0, |sum, (dx, dy)| sum + source(x + dx, y + dy).map_or(255.0, |(x, y)| smooth(x, y)));
        level(sum / 4.0)
    });
    Luma { pixels: pixels.collect(), width: luma.width, height: luma.height }
}
