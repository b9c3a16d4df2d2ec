//! Where the modules of a symbol lie in the picture, and how bright they are.

use crate::symbol::{Patterns, Version};
use crate::{Luma, Symbol};

/// Half the side of the square that is averaged for one module, in modules: small enough to stay inside a module of two
/// whole pixels.
const APERTURE: f64 = 0.3;

/// A projective map from modules, measured from the outer top left corner, to pixels.
#[derive(Clone, Copy)]
pub(super) struct Perspective([f64; 8]);

impl Perspective {
    /// Maps the square of `side` modules onto four corners: top left, top right, bottom right, bottom left.
    pub(super) fn onto(corners: &[(f64, f64); 4], side: f64) -> Self {
        let [a, b, c, d] = *corners;
        let (dx1, dy1) = (b.0 - c.0, b.1 - c.1);
        let (dx2, dy2) = (d.0 - c.0, d.1 - c.1);
        let (sx, sy) = (a.0 - b.0 + c.0 - d.0, a.1 - b.1 + c.1 - d.1);
        let det = dx1 * dy2 - dx2 * dy1;
        let (g, h) = match det.abs() < 1e-9 {
            true => (0.0, 0.0),
            false => ((sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det),
        };
        let unit = |v: f64| v / side;
        Self([
            unit(b.0 - a.0 + g * b.0),
            unit(d.0 - a.0 + h * d.0),
            a.0,
            unit(b.1 - a.1 + g * b.1),
            unit(d.1 - a.1 + h * d.1),
            a.1,
            unit(g),
            unit(h),
        ])
    }

    /// The pixel position of a position in modules.
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + 1.0;
        ((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w)
    }
}

/// A symbol laid over its picture.
pub(super) struct Grid<'a> {
    luma: &'a Luma,
    inverted: bool,
    /// Modules on a side.
    pub(super) side: usize,
    /// Outer corners, as in [`Symbol::corners`].
    pub(super) corners: [(f64, f64); 4],
    map: Perspective,
}

impl<'a> Grid<'a> {
    /// Lays the symbol where the reader saw it, then shifts the corners until its fixed patterns fit best.
    pub(super) fn new(luma: &'a Luma, symbol: &Symbol, version: Version) -> Self {
        let corners = symbol.corners.map(|(x, y)| (f64::from(x), f64::from(y)));
        let side = version.side();
        let map = Perspective::onto(&corners, side as f64);
        let mut grid = Self { luma, inverted: symbol.inverted, side, corners, map };
        grid.refine(version);
        grid
    }

    /// The side of a module in pixels along the columns and along the rows, on average.
    pub(super) fn pitch(&self) -> (f64, f64) {
        let length = |i: usize, j: usize| {
            let (a, b) = (self.corners[i], self.corners[j]);
            (a.0 - b.0).hypot(a.1 - b.1)
        };
        let modules = 2.0 * self.side as f64;
        ((length(0, 1) + length(3, 2)) / modules, (length(0, 3) + length(1, 2)) / modules)
    }

    /// The reflectance of every module, row by row: 0 black, 1 white; of an inverted symbol, as if it were none. `None`
    /// for a module outside the picture.
    pub(super) fn reflectances(&self) -> Vec<Option<f64>> {
        (0..self.side * self.side)
            .map(|i| self.cell((i % self.side) as f64 + 0.5, (i / self.side) as f64 + 0.5, APERTURE, APERTURE))
            .collect()
    }

    /// The mean reflectance of a rectangle around a position in modules, whose half sides are given; `None` if its
    /// middle is outside the picture.
    pub(super) fn cell(&self, x: f64, y: f64, half_x: f64, half_y: f64) -> Option<f64> {
        self.point(x, y)?;
        let (mut sum, mut count) = (0.0, 0.0);
        for i in -2..=2 {
            for j in -2..=2 {
                if let Some(v) = self.point(x + f64::from(j) / 2.0 * half_x, y + f64::from(i) / 2.0 * half_y) {
                    sum += v;
                    count += 1.0;
                }
            }
        }
        Some(sum / count)
    }

    fn point(&self, x: f64, y: f64) -> Option<f64> {
        let (x, y) = self.map.at(x, y);
        if !(x >= 0.0 && y >= 0.0 && x < f64::from(self.luma.width) && y < f64::from(self.luma.height)) {
            return None;
        }
        let v = self.luma.pixels[y as usize * self.luma.width as usize + x as usize];
        Some(f64::from(if self.inverted { 255 - v } else { v }) / 255.0)
    }

    /// Climbs to the corners at which the fixed patterns stand out most. What the reader gives may be off by half a
    /// module.
    ///
    /// By the nearest pixel alone a climb sees steps and no slope, and may stop where small modules still lie half a module
    /// off; between pixels it sees slopes, which are shallow where a module has two pixels. The better end is taken.
    fn refine(&mut self, version: Version) {
        let probes = probes(version);
        let start = (self.corners, self.map);
        self.climb(&probes, Self::point);
        let (sharp, fit) = ((self.corners, self.map), self.fit(&probes, Self::point));
        (self.corners, self.map) = start;
        self.climb(&probes, Self::blended);
        if self.fit(&probes, Self::point) <= fit {
            (self.corners, self.map) = sharp;
        }
    }

    fn climb(&mut self, probes: &[Probe], look: fn(&Self, f64, f64) -> Option<f64>) {
        let mut best = self.fit(probes, look);
        for step in [0.4, 0.2, 0.1, 0.05] {
            let (px, py) = self.pitch();
            let shift = step * (px + py) / 2.0;
            for _ in 0..4 {
                let before = best;
                for corner in 0..4 {
                    for (dx, dy) in [(shift, 0.0), (-shift, 0.0), (0.0, shift), (0.0, -shift)] {
                        let (old, old_map) = (self.corners, self.map);
                        self.corners[corner].0 += dx;
                        self.corners[corner].1 += dy;
                        self.map = Perspective::onto(&self.corners, self.side as f64);
                        let fit = self.fit(probes, look);
                        if fit > best + 1e-9 {
                            best = fit;
                        } else {
                            (self.corners, self.map) = (old, old_map);
                        }
                    }
                }
                if best <= before {
                    break;
                }
            }
        }
    }

    /// How far dark and light lie apart at places where both are known, inside modules and at their edges.
    fn fit(&self, probes: &[Probe], look: fn(&Self, f64, f64) -> Option<f64>) -> f64 {
        probes.iter().map(|probe| probe.sign * look(self, probe.x, probe.y).unwrap_or(0.5)).sum()
    }

    /// The reflectance between the four pixels around a position.
    fn blended(&self, x: f64, y: f64) -> Option<f64> {
        let (x, y) = self.map.at(x, y);
        let (width, height) = (self.luma.width as usize, self.luma.height as usize);
        if !(x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64) {
            return None;
        }
        let (x, y) = ((x - 0.5).max(0.0), (y - 0.5).max(0.0));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
        let (along, down) = (x.fract(), y.fract());
        let at = |x: usize, y: usize| f64::from(self.luma.pixels[y * width + x]);
        let between = |y: usize| at(left, y) * (1.0 - along) + at(right, y) * along;
        let v = between(top) * (1.0 - down) + between(bottom) * down;
        Some(if self.inverted { 255.0 - v } else { v } / 255.0)
    }
}

/// A position whose colour is known: `sign` is 1 where it is light and -1 where dark.
struct Probe {
    x: f64,
    y: f64,
    sign: f64,
}

/// Positions near the corners of every module of the finder, timing and alignment patterns.
fn probes(version: Version) -> Vec<Probe> {
    let side = version.side();
    let mut probes = Vec::new();
    for (x, y, dark) in Patterns::of(version).modules() {
        for (dx, dy) in [(0.1, 0.1), (0.9, 0.1), (0.5, 0.5), (0.1, 0.9), (0.9, 0.9)] {
            let sign = if dark { -1.0 } else { 1.0 };
            probes.push(Probe { x: x as f64 + dx, y: y as f64 + dy, sign });
        }
    }
    // The edges of the symbol, just outside of it: the quiet zone, beside the dark rims of the finder patterns.
    for i in 0..7 {
        let (near, far) = (i as f64 + 0.5, (side - 7 + i) as f64 + 0.5);
        let end = side as f64 + 0.1;
        for (x, y) in [(near, -0.1), (far, -0.1), (near, end), (-0.1, near), (-0.1, far), (end, near)] {
            probes.push(Probe { x, y, sign: 1.0 });
        }
    }
    probes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_of_the_map_are_those_given() {
        let corners = [(10.0, 20.0), (110.0, 30.0), (95.0, 140.0), (5.0, 120.0)];
        let map = Perspective::onto(&corners, 25.0);
        for ((x, y), (px, py)) in [(0.0, 0.0), (25.0, 0.0), (25.0, 25.0), (0.0, 25.0)].into_iter().zip(corners) {
            let found = map.at(x, y);
            assert!((found.0 - px).hypot(found.1 - py) < 1e-6, "{found:?}");
        }
    }
}
