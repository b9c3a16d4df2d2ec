//! Shapes drawn into luma, for SVG and pages of PDF. Each pixel has the colour at its middle.

use std::ops::Range;

use crate::scan::geometry::Point;

/// The number of pixels that may be painted at least, counted each time: a page of 2000 x 2000 pixels ten times. A larger one, too, is
/// painted ten times.
const MAX_PAINT: usize = 40_000_000;

/// The cost of a crossing of a contour and a row, in pixels: it is kept until the row is filled.
const CROSSING: usize = 8;

/// The number of straight pieces of a curve.
const CURVE: u32 = 16;

/// An affine map: `(a x + c y + e, b x + d y + f)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix(pub [f32; 6]);

impl Matrix {
    pub const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    pub const fn scale(x: f32, y: f32) -> Self {
        Self([x, 0.0, 0.0, y, 0.0, 0.0])
    }

    pub const fn shift(x: f32, y: f32) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// First `inner`, then this.
    pub fn of(&self, inner: &Self) -> Self {
        let Self([a, b, c, d, e, f]) = *self;
        let Self([p, q, r, s, t, u]) = *inner;
        Self([a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f])
    }

    pub fn map(&self, (x, y): Point) -> Point {
        let Self([a, b, c, d, e, f]) = *self;
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// The inverse; `None` where everything falls on a line.
    pub fn inverse(&self) -> Option<Self> {
        let Self([a, b, c, d, e, f]) = *self;
        let turn = a * d - b * c;
        (turn.abs() > 1e-12 && turn.is_finite())
            .then(|| Self([d, -b, -c, a, c * f - d * e, b * e - a * f].map(|value| value / turn)))
    }
}

/// Lines and curves.
#[derive(Default)]
pub(super) struct Path {
    pub contours: Vec<Vec<Point>>,
}

impl Path {
    pub fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { contours: vec![vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]] }
    }

    pub fn ellipse((x, y): Point, across: f32, down: f32) -> Self {
        let points = (0..=32).map(|i| {
            let (sine, cosine) = (std::f32::consts::TAU * i as f32 / 32.0).sin_cos();
            (x + across * cosine, y + down * sine)
        });
        Self { contours: vec![points.collect()] }
    }

    /// The last point.
    pub fn end(&self) -> Point {
        self.contours.last().and_then(|contour| contour.last()).copied().unwrap_or_default()
    }

    pub fn start(&mut self, at: Point) {
        self.contours.push(vec![at]);
    }

    pub fn line(&mut self, to: Point) {
        match self.contours.last_mut() {
            Some(contour) => contour.push(to),
            None => self.start(to),
        }
    }

    /// Closes the contour, and goes on from its first point.
    pub fn close(&mut self) {
        if let Some(&first) = self.contours.last().and_then(|contour| contour.first()) {
            self.line(first);
            self.start(first);
        }
    }

    /// A Bézier curve of the third degree.
    pub fn curve(&mut self, p: Point, q: Point, to: Point) {
        let from = self.end();
        for i in 1..=CURVE {
            let t = i as f32 / CURVE as f32;
            let s = 1.0 - t;
            let at = |a: f32, b: f32, c: f32, d: f32| {
                s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
            };
            self.line((at(from.0, p.0, q.0, to.0), at(from.1, p.1, q.1, to.1)));
        }
    }

    /// The line of this width along it, without caps.
    pub fn stroked(&self, width: f32) -> Self {
        let pieces = self.contours.iter().flat_map(|contour| contour.windows(2));
        let contours = pieces.filter_map(|piece| {
            let ((x, y), (u, v)) = (piece[0], piece[1]);
            let length = (u - x).hypot(v - y);
            let (dx, dy) = (-(v - y) / length * width / 2.0, (u - x) / length * width / 2.0);
            (length > 0.0).then(|| vec![(x + dx, y + dy), (u + dx, v + dy), (u - dx, v - dy), (x - dx, y - dy)])
        });
        Self { contours: contours.collect() }
    }
}

/// The canvas; white at first.
pub(super) struct Canvas {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
    paint: usize,
    /// Columns and rows that are drawn in.
    window: [Range<f32>; 2],
}

impl Canvas {
    pub fn new(width: usize, height: usize) -> Self {
        let window = [0.0..width as f32, 0.0..height as f32];
        Self { width, height, pixels: vec![u8::MAX; width * height], paint: MAX_PAINT.max(10 * width * height), window }
    }

    /// Draws only between these columns and rows from here on: left, top, right, bottom.
    pub fn within(&mut self, (left, top, right, bottom): (f32, f32, f32, f32)) {
        // Not a number ends as 0.
        let within = |side: f32, most: usize| side.max(0.0).min(most as f32);
        let span = |from: f32, to: f32, most: usize| within(from.min(to), most)..within(from.max(to), most);
        self.window = [span(left, right, self.width), span(top, bottom, self.height)];
    }

    /// Whether the limit was reached, so that nothing more is drawn.
    pub fn is_full(&self) -> bool {
        self.paint == 0
    }

    /// Fills a path: where its contours go round, or with `even_odd` where they go round an odd number of times.
    pub fn fill(&mut self, path: &Path, place: &Matrix, even_odd: bool, grey: u8) {
        // For each row where the contours cross its middle, and whether downwards.
        let contours: Vec<Vec<Point>> =
            path.contours.iter().map(|contour| contour.iter().map(|point| place.map(*point)).collect()).collect();
        if contours.iter().flatten().any(|point| !(point.0.is_finite() && point.1.is_finite())) {
            return;
        }
        let (top, bottom) = contours
            .iter()
            .flatten()
            .fold((f32::MAX, f32::MIN), |(top, bottom), point| (top.min(point.1), bottom.max(point.1)));
        let [columns, rows] = self.window.clone().map(|span| (span.start + 0.5).floor()..(span.end + 0.5).floor());
        let row = |y: f32| (y + 0.5).floor().clamp(rows.start, rows.end) as usize;
        if top >= bottom {
            return;
        }
        let first = row(top);
        let mut crossings: Vec<Vec<(f32, i32)>> = vec![Vec::new(); row(bottom) - first];
        for contour in &contours {
            for (from, to) in contour.iter().zip(contour.iter().cycle().skip(1)) {
                let (upper, lower, way) = if from.1 < to.1 { (from, to, 1) } else { (to, from, -1) };
                let slope = (lower.0 - upper.0) / (lower.1 - upper.1);
                let rows = row(upper.1)..row(lower.1);
                if !slope.is_finite() || !self.pay(CROSSING * rows.len()) {
                    continue;
                }
                for y in rows {
                    crossings[y - first].push((upper.0 + (y as f32 + 0.5 - upper.1) * slope, way));
                }
            }
        }
        for (y, crossings) in (first..).zip(&mut crossings) {
            crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut turns = 0;
            for pair in crossings.windows(2) {
                turns += pair[0].1;
                let inside = if even_odd { turns % 2 != 0 } else { turns != 0 };
                let column = |x: f32| (x + 0.5).floor().clamp(columns.start, columns.end) as usize;
                let (left, right) = (column(pair[0].0), column(pair[1].0));
                if inside && left < right && self.pay(right - left) {
                    self.pixels[y * self.width..][left..right].fill(grey);
                }
            }
        }
    }

    /// Draws a picture over the square from 0 to 1 as `place` maps it, its first row along the top of that square.
    pub fn image(&mut self, image: &crate::Luma, place: &Matrix) {
        let Some(back) = place.inverse() else { return };
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].map(|corner| place.map(corner));
        let span = |axis: fn(&Point) -> f32, window: &Range<f32>| {
            let (least, largest) =
                corners.iter().map(axis).fold((f32::MAX, f32::MIN), |(a, b), v| (a.min(v), b.max(v)));
            least.clamp(window.start, window.end) as usize..largest.ceil().clamp(window.start, window.end) as usize
        };
        let (columns, rows) = (span(|point| point.0, &self.window[0]), span(|point| point.1, &self.window[1]));
        for y in rows {
            if !self.pay(columns.len()) {
                return;
            }
            for x in columns.clone() {
                let (u, v) = back.map((x as f32 + 0.5, y as f32 + 0.5));
                if (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v) {
                    let (u, v) = ((u * image.width as f32) as usize, (v * image.height as f32) as usize);
                    self.pixels[y * self.width + x] = image.pixels[v * image.width as usize + u];
                }
            }
        }
    }

    /// Takes from the limit. Returns whether there was as much left.
    fn pay(&mut self, cost: usize) -> bool {
        let rest = self.paint.checked_sub(cost);
        self.paint = rest.unwrap_or(0);
        rest.is_some()
    }
}
