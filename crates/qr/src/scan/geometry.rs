//! Points of a picture, and their grey levels.

use crate::Luma;
use crate::scan::solve::solve;

/// A place in a picture, in pixels from its top left corner, or in a symbol, in modules from its.
pub(super) type Point = (f32, f32);

/// Four corners, clockwise from the top left.
pub(super) type Quad = [Point; 4];

/// A plane in perspective: from modules to pixels, both counted from the outer corner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Perspective([f32; 8]);

impl Perspective {
    /// The perspective that takes four points to four others.
    pub(super) fn between(from: [Point; 4], to: [Point; 4]) -> Option<Self> {
        let rows = from.iter().zip(to).flat_map(|(&(u, v), (x, y))| {
            let (u, v, x, y) = (f64::from(u), f64::from(v), f64::from(x), f64::from(y));
            [vec![u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x, x], vec![0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y, y]]
        });
        let solution = solve(rows.collect())?;
        let mut terms = [0.0; 8];
        for (term, value) in terms.iter_mut().zip(solution) {
            *term = value as f32;
        }
        Some(Self(terms))
    }

    /// The perspective that takes points of a symbol with so many modules on a side to others, by the least squares; four pairs at least.
    pub(super) fn nearest(side: f32, matches: &[(Point, Point)]) -> Option<Self> {
        // Both counted from their middles and in units of about one, so that no square outweighs another.
        let count = matches.len() as f32;
        let sum = matches.iter().fold((0.0, 0.0), |sum, (_, seen)| (sum.0 + seen.0, sum.1 + seen.1));
        let (x0, y0) = (sum.0 / count, sum.1 / count);
        let spread = matches.iter().map(|(_, (x, y))| (x - x0).hypot(y - y0)).sum::<f32>() / count;
        let half = side / 2.0;
        let mut sums = [[0.0f64; 9]; 8];
        for &((u, v), (x, y)) in matches {
            let [u, v] = [u, v].map(|t| f64::from(t / half - 1.0));
            let [x, y] = [(x - x0) / spread, (y - y0) / spread].map(f64::from);
            let rows = [[u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x, x], [0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y, y]];
            for row in rows {
                for (sums, factor) in sums.iter_mut().zip(row) {
                    for (sum, term) in sums.iter_mut().zip(row) {
                        *sum += factor * term;
                    }
                }
            }
        }
        let solved = solve(sums.iter().map(|row| row.to_vec()).collect())?;
        // Back to modules and pixels: rows of a matrix whose last is the divisor.
        let (x0, y0, spread, half) = (f64::from(x0), f64::from(y0), f64::from(spread), f64::from(half));
        let divisor = [solved[6] / half, solved[7] / half, 1.0 - solved[6] - solved[7]];
        let row = |i: usize, middle: f64| {
            let [a, b, c] = [solved[i], solved[i + 1], solved[i + 2]];
            let scaled = [a / half, b / half, c - a - b];
            std::array::from_fn::<f64, 3, _>(|k| spread * scaled[k] + middle * divisor[k])
        };
        let (x, y) = (row(0, x0), row(3, y0));
        if divisor[2].abs() < 1e-9 {
            return None;
        }
        let terms = [x[0], x[1], x[2], y[0], y[1], y[2], divisor[0], divisor[1]];
        Some(Self(terms.map(|term| (term / divisor[2]) as f32)))
    }

    #[inline]
    pub(super) fn map(&self, u: f32, v: f32) -> Point {
        let [a, b, c, d, e, f, g, h] = self.0;
        let w = 1.0 / (g * u + h * v + 1.0);
        ((a * u + b * v + c) * w, (d * u + e * v + f) * w)
    }
}

/// The side of a module of a symbol that has `side` of them between these outer corners.
pub(super) fn module_px(side: usize, corners: &Quad) -> f32 {
    (0..4).map(|i| gap(corners[i], corners[(i + 1) % 4])).sum::<f32>() / (4 * side) as f32
}

fn gap(a: Point, b: Point) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// Whether each of four corners is closer than `reach` to its like.
pub(super) fn is_near(a: &Quad, b: &Quad, reach: f32) -> bool {
    a.iter().zip(b).all(|(&a, &b)| gap(a, b) < reach)
}

/// Whether a point lies between four corners that go clockwise.
pub(super) fn is_inside((x, y): Point, corners: &Quad) -> bool {
    (0..4).all(|i| {
        let ((ax, ay), (bx, by)) = (corners[i], corners[(i + 1) % 4]);
        (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0.0
    })
}

/// The grey level at a point between the centres of pixels; beyond the border its pixels are repeated.
#[inline]
pub(super) fn sample(luma: &Luma, (x, y): Point) -> f32 {
    let x = (x - 0.5).clamp(0.0, luma.width as f32 - 1.001);
    let y = (y - 0.5).clamp(0.0, luma.height as f32 - 1.001);
    // Not a number ends as 0.
    let (left, top) = (x as usize, y as usize);
    let (dx, dy) = (x - left as f32, y - top as f32);
    let width = luma.width as usize;
    let between = |at: usize| {
        let pair = &luma.pixels[at..at + 2];
        f32::from(pair[0]) * (1.0 - dx) + f32::from(pair[1]) * dx
    };
    let at = top * width + left;
    let (above, below) = (between(at), between(at + width));
    above * (1.0 - dy) + below * dy
}
