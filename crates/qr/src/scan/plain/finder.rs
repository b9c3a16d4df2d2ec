//! Finder patterns in black and white: a square of three modules, a light ring around it and a dark ring around that (ISO/IEC 18004,
//! 6.3.3). Through the middle of one goes 1:1:3:1:1, in whatever direction and however it is tilted.
//!
//! Ink spreads and thresholds err, so that all that is dark is wider or narrower than it should be. What is measured is therefore from
//! an edge to the next edge of the same kind, which stays: 2, 4, 4 and 2 modules.

use std::sync::LazyLock;

use crate::scan::bitmap::Bitmap;
use crate::scan::deadline::Deadline;
use crate::scan::geometry::Point;

/// Directions in which a pattern is measured.
const RAYS: usize = 32;

/// How far a pattern may be from the due proportions.
#[derive(Clone, Copy)]
pub(super) struct Tolerance {
    /// Along its row and its column, in modules.
    line: f32,
    /// Along a ray, in modules.
    ray: f32,
    /// The most that it may be [off](Pattern::off).
    off: f32,
}

impl Tolerance {
    /// Patterns of symbols that are sharp enough for black and white are mostly off by less than 0.35, those of noise by more than 0.5.
    pub(super) const SHARP: Self = Self { line: 0.6, ray: 0.5, off: 0.6 };
    /// A blur of half a module and more takes a third of the middle, which the rings gain.
    pub(super) const BLURRED: Self = Self { line: 1.1, ray: 0.9, off: 2.0 };
}

/// A finder pattern.
#[derive(Clone)]
pub(in crate::scan) struct Pattern {
    /// Its middle, in pixels.
    pub centre: Point,
    /// A seventh of its side, in pixels, if it is a square: the root of its area.
    pub module: f32,
    /// Points on the middle line of its outer ring, three modules from its own middle along its rows or columns; from the centre.
    pub ring: Vec<Point>,
    /// How far from the due proportions it is, in modules, on average over all directions.
    pub off: f32,
}

/// The finder patterns of a picture, at most `most` and one: dark ones, and light ones of an inverted symbol. Those found so far when the
/// deadline has passed.
pub(super) fn find(picture: &Bitmap, tolerance: Tolerance, most: usize, deadline: Deadline) -> [Vec<Pattern>; 2] {
    let mut found = [Vec::new(), Vec::new()];
    let mut edges = Vec::new();
    // The middle is three modules high, and a module at least a pixel.
    for y in (1..picture.height()).step_by(3) {
        if deadline.has_passed() {
            break;
        }
        picture.edges(y, &mut edges);
        for (first, runs) in edges.windows(6).enumerate() {
            let lengths: [f32; 5] = std::array::from_fn(|i| (runs[i + 1] - runs[i]) as f32);
            // The first change of a row is from light to dark.
            let found = &mut found[first % 2];
            if !is_finder(&lengths, tolerance) || found.len() > most {
                continue;
            }
            let from = ((runs[2] + runs[3]) as f32 / 2.0, y as f32 + 0.5);
            let is_known = |known: &Pattern| {
                let (dx, dy) = (known.centre.0 - from.0, known.centre.1 - from.1);
                dx * dx + dy * dy < 12.0 * known.module * known.module
            };
            if !found.iter().rev().any(is_known) {
                found.extend(Pattern::around(picture, tolerance, from, lengths.iter().sum()));
            }
        }
    }
    found
}

/// Whether five runs are 1:1:3:1:1, each as much as ink, blur and threshold may have changed it.
fn is_finder(runs: &[f32; 5], tolerance: Tolerance) -> bool {
    let [a, b, c, d, e] = *runs;
    let module = (a + b + c + d + e) / 7.0;
    let off = tolerance.line * module + 0.5;
    let is_near = |length: f32, modules: f32| (length - modules * module).abs() <= off;
    c >= a.max(e)
        && 1.5 * c >= b.max(d)
        && is_near(a + b, 2.0)
        && is_near(b + c, 4.0)
        && is_near(c + d, 4.0)
        && is_near(d + e, 2.0)
}

static DIRECTIONS: LazyLock<[Point; RAYS]> = LazyLock::new(|| {
    std::array::from_fn(|i| {
        let (sine, cosine) = (std::f32::consts::TAU * i as f32 / RAYS as f32).sin_cos();
        (cosine, sine)
    })
});

impl Pattern {
    /// The pattern around a point; `width` is that of what was seen in its row.
    fn around(picture: &Bitmap, tolerance: Tolerance, from: Point, width: f32) -> Option<Self> {
        // Up to three times as high as wide.
        let most = 2.0 * width + 3.0;
        let mut centre = from;
        for direction in [(0.0, 1.0), (1.0, 0.0), (0.0, 1.0), (1.0, 0.0)] {
            let middle = across(picture, tolerance, centre, direction, most)?;
            centre = (centre.0 + middle * direction.0, centre.1 + middle * direction.1);
        }
        let mut ring = Vec::with_capacity(RAYS);
        let (mut area, mut total, mut missed) = (0.0, 0.0, 0.0);
        for &(dx, dy) in DIRECTIONS.iter() {
            // A ray that shows nothing is off by a module.
            if total + missed > tolerance.off * RAYS as f32 {
                return None;
            }
            missed += 1.0;
            let Some([inner, light, outer]) = picture.changes::<3>(centre, (dx, dy), most) else { continue };
            // 1.5, 2.5 and 3.5 modules where the row or the column is met.
            let middle = (light + outer) / 2.0;
            let module = middle / 3.0;
            let most = tolerance.ray * module + 0.5;
            let (dark, through) = (((outer - inner) - 2.0 * module).abs(), ((inner + light) - 4.0 * module).abs());
            if dark > most || through > most {
                continue;
            }
            missed -= 1.0;
            total += (dark + through) / module;
            ring.push((middle * dx, middle * dy));
            area += middle * middle;
        }
        let off = (total + missed) / RAYS as f32;
        if off > tolerance.off {
            return None;
        }
        // The area of a star of so many equal angles; the ring's middle line encloses a square of six modules.
        let area = area / ring.len() as f32 * std::f32::consts::PI;
        Some(Self { centre, module: area.sqrt() / 6.0, ring, off })
    }

    /// The corners of its ring's middle line, which encloses six modules by six: top left, top right, bottom right, bottom left, when
    /// rows run along `across` and columns along `down`, both of which are as many modules long. `None` if it is no such square.
    pub(in crate::scan) fn corners(&self, across: Point, down: Point) -> Option<[Point; 4]> {
        let turn = across.0 * down.1 - across.1 * down.0;
        let mut sides: [Vec<Point>; 4] = Default::default();
        for &(x, y) in &self.ring {
            let (u, v) = ((x * down.1 - y * down.0) / turn, (y * across.0 - x * across.1) / turn);
            // What is near a corner is rounded off.
            let side = match (u.abs() > v.abs(), u > 0.0, v > 0.0) {
                _ if u.abs().min(v.abs()) > 0.86 * u.abs().max(v.abs()) => continue,
                (false, _, false) => 0,
                (true, true, _) => 1,
                (false, _, true) => 2,
                (true, false, _) => 3,
            };
            sides[side].push((x, y));
        }
        let mut lines = [Line::default(); 4];
        for (line, points) in lines.iter_mut().zip(&sides) {
            *line = Line::through(points)?;
        }
        let mut corners = [(0.0, 0.0); 4];
        for (i, corner) in corners.iter_mut().enumerate() {
            let (x, y) = lines[(i + 3) % 4].crosses(&lines[i])?;
            // A corner is 4.3 modules away, in a square; six if it is seen askew.
            if x.hypot(y) > 9.0 * self.module {
                return None;
            }
            *corner = (self.centre.0 + x, self.centre.1 + y);
        }
        Some(corners)
    }

    /// The corners as [`Self::corners`] gives them, of a pattern that shows none: as large as its area, along rows and columns.
    pub(super) fn square(&self, across: Point, down: Point) -> [Point; 4] {
        // Six modules along each, which together have its area.
        let turn = (across.0 * down.1 - across.1 * down.0).abs();
        let half = 3.0 * self.module / turn.sqrt();
        [(-half, -half), (half, -half), (half, half), (-half, half)]
            .map(|(u, v)| (self.centre.0 + u * across.0 + v * down.0, self.centre.1 + u * across.1 + v * down.1))
    }
}

/// How far from a point the middle of a pattern is along a line through both.
fn across(picture: &Bitmap, tolerance: Tolerance, from: Point, direction: Point, most: f32) -> Option<f32> {
    let [a, b, c] = picture.changes::<3>(from, direction, most)?;
    let [d, e, f] = picture.changes::<3>(from, (-direction.0, -direction.1), most)?;
    // A step of one pixel ends half a pixel before and behind.
    is_finder(&[f - e, e - d, a + d, b - a, c - b], tolerance).then_some((b - e + a - d) / 4.0)
}

/// All points at which `a x + b y` is `c`; a and b are the sine and the cosine of an angle.
#[derive(Clone, Copy, Default)]
struct Line {
    a: f32,
    b: f32,
    c: f32,
}

impl Line {
    /// The line that is nearest to the points, but for the one that is farthest off.
    fn through(points: &[Point]) -> Option<Self> {
        let line = Self::nearest(points)?;
        if points.len() < 5 {
            return Some(line);
        }
        let off = |point: &Point| (line.a * point.0 + line.b * point.1 - line.c).abs();
        let worst = points.iter().max_by(|p, q| off(p).total_cmp(&off(q)))?;
        let rest: Vec<Point> = points.iter().filter(|point| *point != worst).copied().collect();
        Self::nearest(&rest)
    }

    fn nearest(points: &[Point]) -> Option<Self> {
        if points.len() < 2 {
            return None;
        }
        let count = points.len() as f32;
        let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        let (x, y) = (sum.0 / count, sum.1 / count);
        let (mut xx, mut xy, mut yy) = (0.0f32, 0.0f32, 0.0f32);
        for point in points {
            let (dx, dy) = (point.0 - x, point.1 - y);
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        }
        // The axis along which the points are spread least.
        let angle = (2.0 * xy).atan2(xx - yy) / 2.0 + std::f32::consts::FRAC_PI_2;
        let (b, a) = angle.sin_cos();
        Some(Self { a, b, c: a * x + b * y })
    }

    fn crosses(&self, other: &Self) -> Option<Point> {
        let turn = self.a * other.b - self.b * other.a;
        (turn.abs() > 0.1)
            .then(|| ((self.c * other.b - self.b * other.c) / turn, (self.a * other.c - self.c * other.a) / turn))
    }
}
