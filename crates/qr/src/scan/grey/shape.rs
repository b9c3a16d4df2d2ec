//! The shape of a square that is seen at a slant. Over the few modules of a finder pattern perspective is a stretch along two axes
//! at right angles, of a square that was turned beforehand. What is known of the stretch alone, however the square was turned,
//! is enough to measure in modules.

use std::f32::consts::TAU;

use crate::Luma;
use crate::scan::geometry::{Point, sample};

/// Directions in which a blob is measured.
const RAYS: u8 = 24;

/// The symmetric matrix of a stretch: from a square to its shape in the picture.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    xx: f32,
    xy: f32,
    yy: f32,
}

impl Stretch {
    /// No stretch.
    pub const NONE: Self = Self::along_axes(1.0, 1.0);

    /// Along the rows and the columns of the picture.
    pub const fn along_axes(wide: f32, high: f32) -> Self {
        Self { xx: wide, xy: 0.0, yy: high }
    }

    /// That of a dark blob around a point that would be square, but for its size: up to where it is lighter than `limit`, and `None`
    /// if that is farther than `reach` anywhere.
    pub fn of_blob(luma: &Luma, middle: Point, limit: f32, reach: f32) -> Option<Self> {
        if sample(luma, middle) > limit {
            return None;
        }
        // Rays at even angles miss the tips of what is long and thin: the second time they are spread by what the first have found.
        Self::NONE.refined(luma, middle, limit, reach)?.refined(luma, middle, limit, reach)
    }

    fn refined(&self, luma: &Luma, (x, y): Point, limit: f32, reach: f32) -> Option<Self> {
        let pace = (reach / 24.0).max(0.25);
        let edge = |ray: u8| {
            let (dx, dy) = self.sides(f32::from(ray) / f32::from(RAYS) * TAU).across;
            let (dx, dy) = (dx / dx.hypot(dy), dy / dx.hypot(dy));
            let (mut length, mut before) = (0.0, 0.0);
            while length <= reach {
                let above = sample(luma, (x + length * dx, y + length * dy)) - limit;
                if above > 0.0 {
                    let length = length - pace * above / (above - before);
                    return Some((length * dx, length * dy));
                }
                (length, before) = (length + pace, above);
            }
            None
        };
        let edges = (0..RAYS).map(edge).collect::<Option<Vec<Point>>>()?;
        // What the triangles between two rays add to the area and to the sums of x, of y and of their products.
        let (mut area, mut centre, mut spread) = (0.0, (0.0, 0.0), (0.0, 0.0, 0.0));
        for (&(px, py), &(qx, qy)) in edges.iter().zip(edges.iter().cycle().skip(1)) {
            let twice = px * qy - py * qx;
            area += twice / 2.0;
            centre = (centre.0 + twice * (px + qx) / 6.0, centre.1 + twice * (py + qy) / 6.0);
            spread.0 += twice * (px * px + px * qx + qx * qx) / 12.0;
            spread.1 += twice * (2.0 * px * py + px * qy + qx * py + 2.0 * qx * qy) / 24.0;
            spread.2 += twice * (py * py + py * qy + qy * qy) / 12.0;
        }
        let (x, y) = (centre.0 / area, centre.1 / area);
        let (xx, xy, yy) = (spread.0 / area - x * x, spread.1 / area - x * y, spread.2 / area - y * y);
        // The square root of the covariance.
        let determinant = (xx * yy - xy * xy).max(0.0).sqrt();
        let trace = (xx + yy + 2.0 * determinant).sqrt();
        let root = Self { xx: (xx + determinant) / trace, xy: xy / trace, yy: (yy + determinant) / trace };
        (determinant > 0.0).then_some(root)
    }

    /// The sides of a square that was turned by an angle beforehand.
    pub fn sides(&self, angle: f32) -> Sides {
        let (sine, cosine) = angle.sin_cos();
        Sides {
            across: (self.xx * cosine + self.xy * sine, self.xy * cosine + self.yy * sine),
            down: (self.xy * cosine - self.xx * sine, self.yy * cosine - self.xy * sine),
        }
    }
}

/// The sides of a module: the steps to the next one in its row, and in its column.
#[derive(Clone, Copy)]
pub(super) struct Sides {
    across: Point,
    down: Point,
}

impl Sides {
    /// As long as they must be for a module that is `wide` pixels along the row of the picture and `high` along the column.
    pub fn fitted(&self, (wide, high): Point) -> Option<Self> {
        let Self { across, down } = *self;
        let area = (across.0 * down.1 - across.1 * down.0).abs();
        let row = area / across.1.abs().max(down.1.abs());
        let column = area / across.0.abs().max(down.0.abs());
        let scale = (wide / row * (high / column)).sqrt();
        let scaled = |side: Point| (scale * side.0, scale * side.1);
        (scale.is_finite() && scale > 0.0).then(|| Self { across: scaled(across), down: scaled(down) })
    }

    /// The step over `u` modules of a row and `v` of a column.
    pub fn step(&self, u: f32, v: f32) -> Point {
        (u * self.across.0 + v * self.down.0, u * self.across.1 + v * self.down.1)
    }

    pub fn measure(&self) -> Measure {
        let Self { across, down } = *self;
        let (xx, yy) = (across.0.powi(2) + down.0.powi(2), across.1.powi(2) + down.1.powi(2));
        let xy = across.0 * across.1 + down.0 * down.1;
        let determinant = xx * yy - xy * xy;
        Measure { xx: yy / determinant, xy: -xy / determinant, yy: xx / determinant }
    }
}

/// Measures steps in the picture as they are in the symbol, in modules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measure {
    xx: f32,
    xy: f32,
    yy: f32,
}

impl Measure {
    /// Between two of them.
    pub fn between(&self, other: &Self) -> Self {
        let mean = |a: f32, b: f32| (a + b) / 2.0;
        Self { xx: mean(self.xx, other.xx), xy: mean(self.xy, other.xy), yy: mean(self.yy, other.yy) }
    }

    pub fn length(&self, step: Point) -> f32 {
        self.product(step, step).max(0.0).sqrt()
    }

    /// The cosine of the angle between two steps.
    pub fn cosine(&self, one: Point, other: Point) -> f32 {
        self.product(one, other) / (self.length(one) * self.length(other))
    }

    fn product(&self, (ax, ay): Point, (bx, by): Point) -> f32 {
        self.xx * ax * bx + self.xy * (ax * by + ay * bx) + self.yy * ay * by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dark square of 3 modules in a light ring, whose modules have these sides.
    fn middle(sides: &Sides) -> Luma {
        let (across, down) = (sides.across, sides.down);
        let area = across.0 * down.1 - across.1 * down.0;
        let pixels = (0..80 * 80).map(|i| {
            let (x, y) = ((i % 80) as f32 - 39.5, (i / 80) as f32 - 39.5);
            let (u, v) = ((x * down.1 - y * down.0) / area, (y * across.0 - x * across.1) / area);
            if u.abs().max(v.abs()) < 1.5 { 20 } else { 220 }
        });
        Luma::from_raw(80, 80, pixels.collect()).expect("one pixel each")
    }

    #[test]
    fn what_is_seen_from_aside_is_measured_in_modules() {
        for (tilt, axis, turn) in [(0.0f32, 0.0f32, 0.3f32), (50.0, 20.0, 0.0), (60.0, 45.0, 0.8), (66.0, 100.0, 1.2)] {
            // Turned, then made flat along an axis.
            let (sine, cosine) = axis.to_radians().sin_cos();
            let flat = tilt.to_radians().cos();
            let stretch = Stretch {
                xx: 9.0 * (cosine * cosine + flat * sine * sine),
                xy: 9.0 * (1.0 - flat) * sine * cosine,
                yy: 9.0 * (sine * sine + flat * cosine * cosine),
            };
            let sides = stretch.sides(turn);
            let found = Stretch::of_blob(&middle(&sides), (40.0, 40.0), 120.0, 36.0).expect("it ends");
            let ratio = found.xx / stretch.xx;
            for (found, truth) in [(found.xy, stretch.xy), (found.yy, stretch.yy)] {
                assert!((found / ratio - truth).abs() < 0.4, "{tilt} {axis} {turn}: {found} {truth}");
            }
            let measure = sides.measure();
            let (across, down) = (sides.step(30.0, 0.0), sides.step(0.0, 40.0));
            assert!((measure.length(across) - 30.0).abs() < 0.01);
            assert!((measure.length((across.0 - down.0, across.1 - down.1)) - 50.0).abs() < 0.02);
            assert!(measure.cosine(across, down).abs() < 1e-3);
        }
    }

    #[test]
    fn what_has_no_end_is_no_blob() {
        let line = (0..80 * 80).map(|i| if (i / 80_i32 - 40).abs() < 4 { 20 } else { 220 });
        let luma = Luma::from_raw(80, 80, line.collect()).expect("one pixel each");
        assert!(Stretch::of_blob(&luma, (40.0, 40.0), 120.0, 24.0).is_none());
    }
}
