//! A symbol on paper that is not flat. Each finder pattern shows its place and the directions of its modules; that gives
//! a first surface. Its knots are then moved one after another, from the corner outward, to where the modules around
//! them are crisp.

use crate::Luma;
use crate::scan::geometry::{Point, Quad, sample};
use crate::scan::grey::grid::{Grid, Triple, likeness, zone_likeness};
use crate::scan::plan::Plan;

/// Modules between two knots, roughly.
const PITCH: f32 = 4.0;

/// Modules around a knot that are looked at, in each direction.
const REACH: f32 = 3.5;

/// Below this, a place is no finder pattern.
const MIN_FINDER: f32 = 0.5;

/// Below this, a first surface is not used.
const MIN_SURFACE: f32 = 0.25;

/// A point of the symbol: where it is seen, and the step of a module along its row and its column.
#[derive(Clone, Copy)]
struct Frame {
    at: Point,
    across: Point,
    down: Point,
}

impl Frame {
    fn map(&self, u: f32, v: f32) -> Point {
        (self.at.0 + u * self.across.0 + v * self.down.0, self.at.1 + u * self.across.1 + v * self.down.1)
    }

    fn moved(&self, u: f32, v: f32) -> Self {
        Self { at: self.map(u, v), ..*self }
    }
}

/// A mesh of knots that lie at even distances in the symbol.
pub(super) struct Bent<'a> {
    pub plan: &'a Plan,
    /// How well the known modules fit, up to 1.
    pub likeness: f32,
    knots: Vec<Point>,
    /// Knots on a side, and the modules between them.
    count: usize,
    pitch: f32,
}

/// The first knot's place along the row and the column: the middle of a finder pattern.
const NEAR: f32 = 3.5;

impl<'a> Bent<'a> {
    /// Lays meshes over three finder patterns, one for each plan, and follows the one that fits best.
    pub(super) fn lay(plans: impl Iterator<Item = &'a Plan>, triple: &Triple, luma: &Luma) -> Option<Self> {
        let mut best: Option<(f32, &'a Plan, Surface)> = None;
        for plan in plans {
            let Some(surface) = Surface::over(plan, triple, luma) else { continue };
            let likeness = likeness(plan, |u, v| surface.map(u, v), luma, 1);
            if likeness > best.as_ref().map_or(MIN_SURFACE, |best| best.0) {
                best = Some((likeness, plan, surface));
            }
        }
        let (_, plan, surface) = best?;
        let span = plan.side as f32 - 2.0 * NEAR;
        let count = (span / PITCH).round() as usize + 1;
        let pitch = span / (count - 1) as f32;
        let mut bent = Self { plan, likeness: 0.0, knots: Vec::new(), count, pitch };
        bent.knots = (0..count * count).map(|i| bent.place(i)).map(|(u, v)| surface.map(u, v)).collect();
        bent.follow(&surface, luma);
        bent.relax(luma);
        bent.likeness = likeness(plan, |u, v| bent.map(u, v), luma, 2);
        Some(bent)
    }

    /// Where a knot lies in the symbol.
    fn place(&self, i: usize) -> Point {
        (NEAR + self.pitch * (i % self.count) as f32, NEAR + self.pitch * (i / self.count) as f32)
    }

    /// From modules to pixels; beyond the outermost knots as between the last two.
    pub(super) fn map(&self, u: f32, v: f32) -> Point {
        let cell = |t: f32| {
            let t = (t - NEAR) / self.pitch;
            let at = (t.max(0.0) as usize).min(self.count - 2);
            (at, t - at as f32)
        };
        let ((i, s), (j, t)) = (cell(u), cell(v));
        let knot = |i: usize, j: usize| self.knots[j * self.count + i];
        let blend = |a: Point, b: Point, t: f32| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
        blend(blend(knot(i, j), knot(i + 1, j), s), blend(knot(i, j + 1), knot(i + 1, j + 1), s), t)
    }

    /// Moves each knot, those before it in its row and its column already moved; how they were moved is its first guess.
    fn follow(&mut self, surface: &Surface, luma: &Luma) {
        let mut moves = vec![(0.0, 0.0); self.knots.len()];
        for i in 0..self.knots.len() {
            let (column, row) = (i % self.count, i / self.count);
            let (u, v) = self.place(i);
            let mut frame = surface.frame(u, v);
            let before = [(column, 1), (row, self.count)].map(|(steps, stride)| {
                (steps > 0).then(|| {
                    let last: Point = moves[i - stride];
                    let slope = if steps > 1 { minus(last, moves[i - 2 * stride]) } else { (0.0, 0.0) };
                    (last, slope)
                })
            });
            let guesses = before.iter().flatten().count().max(1) as f32;
            let sum = before.iter().flatten().fold((0.0, 0.0), |sum, (last, slope)| {
                (sum.0 + last.0 + 0.7 * slope.0, sum.1 + last.1 + 0.7 * slope.1)
            });
            let guess = (sum.0 / guesses, sum.1 / guesses);
            for (step, before) in [&mut frame.across, &mut frame.down].into_iter().zip(before) {
                if let Some((last, _)) = before {
                    let slope = minus(guess, last);
                    *step = (step.0 + slope.0 / self.pitch, step.1 + slope.1 / self.pitch);
                }
            }
            frame.at = (frame.at.0 + guess.0, frame.at.1 + guess.1);
            let fitted = self.fit(frame, (u, v), 0.4, luma);
            let start = self.knots[i];
            moves[i] = minus(fitted, start);
            self.knots[i] = fitted;
        }
    }

    /// Moves each knot once more, between all of its neighbours.
    fn relax(&mut self, luma: &Luma) {
        for _ in 0..2 {
            for i in 0..self.knots.len() {
                let (column, row) = (i % self.count, i / self.count);
                let (u, v) = self.place(i);
                let mut middle = ((0.0, 0.0), 0.0);
                let mut steps = [(1.0, 0.0), (0.0, 1.0)];
                for (step, (at, stride)) in steps.iter_mut().zip([(column, 1), (row, self.count)]) {
                    let (low, high) =
                        (if at > 0 { i - stride } else { i }, if at + 1 < self.count { i + stride } else { i });
                    let (a, b) = (self.knots[low], self.knots[high]);
                    let modules = self.pitch * ((high - low) / stride) as f32;
                    *step = ((b.0 - a.0) / modules, (b.1 - a.1) / modules);
                    if low < i && i < high {
                        middle.0 = (middle.0.0 + (a.0 + b.0) / 2.0, middle.0.1 + (a.1 + b.1) / 2.0);
                        middle.1 += 1.0;
                    }
                }
                let mut frame = Frame { at: self.knots[i], across: steps[0], down: steps[1] };
                if middle.1 > 0.0 {
                    // Paper bends, but not between two knots.
                    let due = (middle.0.0 / middle.1, middle.0.1 / middle.1);
                    frame.at = (0.5 * (frame.at.0 + due.0), 0.5 * (frame.at.1 + due.1));
                }
                self.knots[i] = self.fit(frame, (u, v), 0.3, luma);
            }
        }
    }

    /// The place near `frame` where the modules around are crispest, at most `reach` modules away.
    fn fit(&self, frame: Frame, place: Point, reach: f32, luma: &Luma) -> Point {
        let (mut best, mut most) = ((0.0, 0.0), self.crispness(&frame, place, luma));
        let mut step = reach / 2.0;
        while step > 0.04 {
            let centre = best;
            for (i, j) in (-1i8..=1).flat_map(|i| (-1i8..=1).map(move |j| (i, j))).filter(|&at| at != (0, 0)) {
                let (u, v) = (centre.0 + step * f32::from(i), centre.1 + step * f32::from(j));
                let far = (u * u + v * v) / (reach * reach);
                let crispness = self.crispness(&frame.moved(u, v), place, luma) - 0.06 * far;
                if crispness > most {
                    (best, most) = ((u, v), crispness);
                }
            }
            if centre == best || step < reach / 2.0 {
                step /= 2.0;
            }
        }
        frame.map(best.0, best.1)
    }

    /// How even the modules around a place are in themselves and how unlike one another, and how dark those are that
    /// should be.
    fn crispness(&self, frame: &Frame, (u, v): Point, luma: &Luma) -> f32 {
        let side = self.plan.side;
        let range = |t: f32| ((t - REACH).max(0.0).round() as usize)..(((t + REACH).round() as usize).min(side));
        let (mut sum, mut squares, mut all_squares, mut count) = (0.0, 0.0, 0.0, 0.0);
        let mut known = [(0.0, 0.0); 2];
        for y in range(v) {
            for x in range(u) {
                let (du, dv) = (x as f32 + 0.5 - u, y as f32 + 0.5 - v);
                let mut grey = 0.0;
                for (i, j) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
                    let value = sample(luma, frame.map(du + i, dv + j));
                    grey += value;
                    all_squares += value * value;
                }
                grey /= 4.0;
                sum += grey;
                squares += grey * grey;
                count += 1.0;
                if let Some(dark) = self.plan.known(x, y) {
                    let (sum, count) = &mut known[usize::from(dark)];
                    *sum += grey;
                    *count += 1.0;
                }
            }
        }
        let mean = sum / count;
        let between = squares / count - mean * mean;
        let all = (all_squares / (4.0 * count) - mean * mean).max(0.0) + 9.0;
        let [(light, lights), (dark, darks)] = known;
        let apart = if lights > 1.0 && darks > 1.0 { light / lights - dark / darks } else { 0.0 };
        let share = ((lights + darks) / 16.0).min(1.0);
        between / all + 0.5 * share * apart / all.sqrt()
    }

    /// The outer corners, clockwise from the top left.
    pub(super) fn corners(&self) -> Quad {
        let side = self.plan.side as f32;
        [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(u, v)| self.map(u, v))
    }
}

fn minus(a: Point, b: Point) -> Point {
    (a.0 - b.0, a.1 - b.1)
}

/// A smooth surface that three finder patterns span.
struct Surface {
    /// The finder patterns of the corner, to its right and below it.
    frames: [Frame; 3],
    span: f32,
    /// How much the step along a row changes from row to row, and the step along a column from column to column.
    twist: Point,
}

impl Surface {
    fn over(plan: &Plan, triple: &Triple, luma: &Luma) -> Option<Self> {
        let grid = Grid::lay_flat(plan, triple, luma)?;
        let span = plan.side as f32 - 2.0 * NEAR;
        let far = NEAR + span;
        let mut frames = [(NEAR, NEAR), (far, NEAR), (NEAR, far)].map(|(u, v)| {
            let at = grid.place.map(u, v);
            let step = |to: Point| ((to.0 - at.0) / 2.0, (to.1 - at.1) / 2.0);
            Frame { at, across: step(grid.place.map(u + 2.0, v)), down: step(grid.place.map(u, v + 2.0)) }
        });
        for (zone, (frame, (left, top))) in
            plan.zones.iter().zip(frames.iter_mut().zip([(NEAR, NEAR), (far, NEAR), (NEAR, far)]))
        {
            if settle(frame, |frame| zone_likeness(zone, |u, v| frame.map(u - left, v - top), luma, 2)) < MIN_FINDER {
                return None;
            }
        }
        let [corner, right, below] = frames;
        let twist = |a: f32, b: f32, c: f32, d: f32| (a - b + c - d) / (2.0 * span);
        let twist = (
            twist(right.down.0, corner.down.0, below.across.0, corner.across.0),
            twist(right.down.1, corner.down.1, below.across.1, corner.across.1),
        );
        Some(Self { frames, span, twist })
    }

    fn map(&self, u: f32, v: f32) -> Point {
        self.frame(u, v).at
    }

    fn frame(&self, u: f32, v: f32) -> Frame {
        let [corner, right, below] = self.frames;
        let (s, t) = (u - NEAR, v - NEAR);
        let row =
            |f: fn(Point) -> f32| curve(self.span, s, f(corner.at), f(corner.across), f(right.at), f(right.across));
        let column =
            |f: fn(Point) -> f32| curve(self.span, t, f(corner.at), f(corner.down), f(below.at), f(below.down));
        let ((x, dx), (y, dy)) = (row(|p| p.0), row(|p| p.1));
        let ((p, dp), (q, dq)) = (column(|p| p.0), column(|p| p.1));
        let at = (x + p - corner.at.0 + self.twist.0 * s * t, y + q - corner.at.1 + self.twist.1 * s * t);
        let across = (dx + self.twist.0 * t, dy + self.twist.1 * t);
        let down = (dp + self.twist.0 * s, dq + self.twist.1 * s);
        Frame { at, across, down }
    }
}

/// The value and the slope of a cubic with given values and slopes at both ends; beyond them it goes straight on.
fn curve(span: f32, at: f32, from: f32, from_slope: f32, to: f32, to_slope: f32) -> (f32, f32) {
    if at <= 0.0 {
        return (from + at * from_slope, from_slope);
    }
    if at >= span {
        return (to + (at - span) * to_slope, to_slope);
    }
    let t = at / span;
    let (a, b) = (from_slope * span, to_slope * span);
    let rise = to - from;
    let value = from + a * t + (3.0 * rise - 2.0 * a - b) * t * t + (a + b - 2.0 * rise) * t * t * t;
    let slope = a + 2.0 * (3.0 * rise - 2.0 * a - b) * t + 3.0 * (a + b - 2.0 * rise) * t * t;
    (value, slope / span)
}

/// Changes a frame in ever smaller steps as long as the picture fits better. Returns how well it then fits.
fn settle(frame: &mut Frame, likeness: impl Fn(&Frame) -> f32) -> f32 {
    let module = frame.across.0.hypot(frame.across.1).max(frame.down.0.hypot(frame.down.1));
    let (mut most, mut step) = (likeness(frame), 0.4);
    while step > 0.04 {
        let mut moved = false;
        for part in 0..6 {
            for sign in [-1.0, 1.0] {
                let mut other = *frame;
                // A step of the directions moves the border of the pattern as much as one of the place.
                let (value, size) = match part {
                    0 => (&mut other.at.0, 1.0),
                    1 => (&mut other.at.1, 1.0),
                    2 => (&mut other.across.0, 0.28),
                    3 => (&mut other.across.1, 0.28),
                    4 => (&mut other.down.0, 0.28),
                    _ => (&mut other.down.1, 0.28),
                };
                *value += sign * size * step * module;
                let now = likeness(&other);
                if now > most + 1e-4 {
                    (*frame, most, moved) = (other, now, true);
                }
            }
        }
        if !moved {
            step /= 2.0;
        }
    }
    most
}
