//! Where the modules of a symbol lie: the perspective that fits the corners of its finder patterns and the middles of its alignment
//! patterns best.

use super::finder::Pattern;
use crate::scan::bitmap::Bitmap;
use crate::scan::geometry::{Perspective, Point, Quad};
use crate::symbol::{Known, Patterns, Version};

/// Where a symbol of one version lies.
pub(super) struct Grid {
    pub version: Version,
    /// Where its modules lie if it is flat.
    pub place: Perspective,
    /// How far each alignment pattern is from where the perspective has it, row by row; none of a small symbol.
    bends: Vec<Point>,
    /// Rows and columns of their middles.
    centres: Vec<usize>,
}

/// Three finder patterns, and how many modules lie between them.
pub(super) struct Frame<'a> {
    /// Top left, top right, bottom left.
    patterns: [&'a Pattern; 3],
    /// For each pattern the corners of the square of six modules around its middle, clockwise from the top left.
    corners: [[Point; 4]; 3],
    /// Modules on a side, as far as the patterns show.
    side: f32,
}

/// A place in the symbol, in modules from its corner, and where it is seen.
type Match = (Point, Point);

/// The middles of the finder patterns: top left, top right, bottom left.
fn middles(side: f32) -> [Point; 3] {
    [(3.5, 3.5), (side - 3.5, 3.5), (3.5, side - 3.5)]
}

impl<'a> Frame<'a> {
    /// The frame of top left, top right and bottom left; `None` of three that do not agree on the size of a module.
    pub(super) fn of(patterns: [&'a Pattern; 3]) -> Option<Self> {
        let [a, b, c] = patterns.map(|pattern| pattern.centre);
        let (across, down) = (minus(b, a), minus(c, a));
        let corners = patterns.map(|pattern| corners(pattern, across, down));
        // A step of one module at each pattern: of its upper and lower, its left and right side together.
        let step = |[tl, tr, br, bl]: &[Point; 4], along: bool| {
            let (u, v) = if along { (minus(*tr, *tl), minus(*br, *bl)) } else { (minus(*bl, *tl), minus(*br, *tr)) };
            (u.0 + v.0).hypot(u.1 + v.1) / 12.0
        };
        let count = |other: usize, way: Point, along: bool| {
            // In perspective the way is as long as if all modules were the geometric mean of the first and the last.
            let module = (step(&corners[0], along) * step(&corners[other], along)).sqrt();
            way.0.hypot(way.1) / module
        };
        let (columns, rows) = (count(1, across, true), count(2, down, false));
        let side = (columns + rows) / 2.0 + 7.0;
        (columns < 1.35 * rows && rows < 1.35 * columns && side < 200.0).then_some(Self { patterns, corners, side })
    }

    /// The versions it may have, the likeliest first.
    pub(super) fn versions(&self) -> impl Iterator<Item = Version> {
        let guess = (self.side - 17.0) / 4.0;
        // The larger, the less sure.
        let reach = 0.6 + 0.02 * self.side / 4.0;
        let mut versions: Vec<Version> =
            Version::all().filter(|version| (f32::from(version.number()) - guess).abs() <= reach).collect();
        versions.sort_by(|a, b| {
            let off = |version: &Version| (f32::from(version.number()) - guess).abs();
            off(a).total_cmp(&off(b))
        });
        versions.into_iter()
    }

    /// Lays the modules of a symbol of this version: by its alignment patterns, then without; no grid if its finder and timing
    /// patterns are not there.
    pub(super) fn lay(&self, picture: &Bitmap, inverted: bool, version: Version) -> Vec<Grid> {
        self.lay_flat(picture, inverted, version).map_or_else(Vec::new, |(flat, matches)| {
            let aligned = flat.aligned(picture, inverted, matches);
            aligned.into_iter().chain([flat]).collect()
        })
    }

    fn lay_flat(&self, picture: &Bitmap, inverted: bool, version: Version) -> Option<(Grid, Vec<Match>)> {
        let side = version.side() as f32;
        let Patterns { finders, timing, .. } = Patterns::of(version);
        let shares = |place: &Perspective| {
            let is_due = |&(x, y, dark): &Known| {
                picture.at(place.map(x as f32 + 0.5, y as f32 + 0.5)).is_some_and(|seen| (seen != inverted) == dark)
            };
            (share(finders.iter(), is_due), share(timing.iter(), is_due))
        };
        let mut matches = self.matches(&self.corners, side);
        let mut place = Perspective::nearest(side, &matches)?;
        let mut found = shares(&place);
        if found.0 < 1.0
            && let Some((better, turned)) = self.turned(&place, side)
            && let now @ (share, _) = shares(&better)
            && share > found.0
        {
            (place, matches, found) = (better, turned, now);
        }
        let (finders, timing) = found;
        // Over a long distance the timing patterns drift by half a module; alignment patterns correct that.
        let is_large = version.number() >= LARGE;
        if finders < MIN_FINDERS || timing < MIN_TIMING && !(is_large && finders > CLEAR_FINDERS) {
            return None;
        }
        Some((Grid { version, place, bends: Vec::new(), centres: version.alignment_centres() }, matches))
    }

    /// Where the finder patterns say that the modules lie.
    fn matches(&self, corners: &[[Point; 4]; 3], side: f32) -> Vec<Match> {
        let mut matches = Vec::with_capacity(64);
        for ((middle, corners), pattern) in middles(side).into_iter().zip(corners).zip(&self.patterns) {
            let offsets = [(-3.0, -3.0), (3.0, -3.0), (3.0, 3.0), (-3.0, 3.0)];
            matches.extend(offsets.iter().zip(corners).map(|(&(u, v), &seen)| ((middle.0 + u, middle.1 + v), seen)));
            matches.push((middle, pattern.centre));
        }
        matches
    }

    /// A second guess of the place: the corners of each finder pattern are looked for along the rows and columns that the first guess has
    /// there. In a symbol seen much askew these differ from the lines between the patterns.
    fn turned(&self, place: &Perspective, side: f32) -> Option<(Perspective, Vec<Match>)> {
        let mut turned = self.corners;
        for ((corners_of, pattern), (u, v)) in turned.iter_mut().zip(&self.patterns).zip(middles(side)) {
            let across = minus(place.map(u + 3.0, v), place.map(u - 3.0, v));
            let down = minus(place.map(u, v + 3.0), place.map(u, v - 3.0));
            *corners_of = corners(pattern, across, down);
        }
        let matches = self.matches(&turned, side);
        Some((Perspective::nearest(side, &matches)?, matches))
    }
}

fn corners(pattern: &Pattern, across: Point, down: Point) -> [Point; 4] {
    pattern.corners(across, down).unwrap_or_else(|| pattern.square(across, down))
}

/// The least version with alignment patterns beside its timing patterns.
const LARGE: u8 = 7;

impl Grid {
    /// The grid that fits the alignment patterns; `None` where none is found.
    fn aligned(&self, picture: &Bitmap, inverted: bool, mut matches: Vec<Match>) -> Option<Self> {
        let side = self.version.side() as f32;
        let (mut place, mut bends, centres) = (self.place, Vec::new(), self.centres.clone());
        if self.version.number() >= LARGE {
            bends = bend(picture, inverted, &mut place, &mut matches, &centres)?;
        } else {
            let last = *centres.last()? as f32 + 0.5;
            // Finder patterns show little of the fourth corner: it is searched in a wide area.
            let seen = alignment(picture, inverted, &place, (last, last), (0.0, 0.0), 1.0 + side / 12.0)?;
            matches.extend([((last, last), seen); 4]);
            place = Perspective::nearest(side, &matches)?;
        }
        Some(Self { version: self.version, place, bends, centres })
    }

    /// From modules to pixels.
    pub(super) fn map(&self, u: f32, v: f32) -> Point {
        let (x, y) = self.place.map(u, v);
        let (dx, dy) = bent(&self.bends, &self.centres, (u, v));
        (x + dx, y + dy)
    }

    /// The modules row by row, `true` for dark.
    pub(super) fn modules(&self, picture: &Bitmap, inverted: bool) -> Vec<bool> {
        let side = self.version.side();
        let mut modules = Vec::with_capacity(side * side);
        for y in 0..side {
            let middles = (0..side).map(|x| (x as f32 + 0.5, y as f32 + 0.5));
            let is_dark = |point: Point| picture.at(point).is_some_and(|dark| dark != inverted);
            if self.bends.is_empty() {
                modules.extend(middles.map(|(u, v)| is_dark(self.place.map(u, v))));
            } else {
                modules.extend(middles.map(|(u, v)| is_dark(self.map(u, v))));
            }
        }
        modules
    }

    /// The outer corners, clockwise from the top left, as seen.
    pub(super) fn corners(&self) -> Quad {
        let side = self.version.side() as f32;
        [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(u, v)| self.map(u, v))
    }

    /// The share of finder, separator and timing modules that have the colour of ISO/IEC 18004 (6.3.3 to 6.3.5).
    pub(super) fn likeness(&self, modules: &[bool]) -> f32 {
        let Patterns { finders, timing, .. } = Patterns::of(self.version);
        let is_due = |&(x, y, dark): &Known| modules[y * self.version.side() + x] == dark;
        share(finders.iter().chain(timing), is_due)
    }
}

fn minus(a: Point, b: Point) -> Point {
    (a.0 - b.0, a.1 - b.1)
}

/// Looks for the middle of an alignment pattern (6.3.6) up to `reach` modules around where it should be, so many pixels `off` from its
/// place.
fn alignment(
    picture: &Bitmap,
    inverted: bool,
    place: &Perspective,
    (u, v): Point,
    off: Point,
    reach: f32,
) -> Option<Point> {
    let at = place.map(u, v);
    let (across, down) = (minus(place.map(u + 1.0, v), at), minus(place.map(u, v + 1.0), at));
    let at = (at.0 + off.0, at.1 + off.1);
    let step = |from: Point, u: f32, v: f32| (from.0 + u * across.0 + v * down.0, from.1 + u * across.1 + v * down.1);
    let is_dark = |point: Point| picture.at(point).is_some_and(|dark| dark != inverted);
    let rightness = |from: Point| {
        let around = (-2i8..=2).flat_map(|x| (-2i8..=2).map(move |y| (x, y)));
        let is_right = |&(x, y): &(i8, i8)| is_dark(step(from, x.into(), y.into())) == (x.abs().max(y.abs()) != 1);
        around.filter(is_right).count() as f32
    };
    // A pixel, or less than half a module.
    let pitch = (1.0 / across.0.hypot(across.1).max(down.0.hypot(down.1))).max(0.4);
    let steps = (reach / pitch) as i32;
    let (mut best, mut most) = (None, MIN_ALIGNMENT);
    for (i, j) in (-steps..=steps).flat_map(|i| (-steps..=steps).map(move |j| (i, j))) {
        let (du, dv) = (i as f32 * pitch, j as f32 * pitch);
        let from = step(at, du, dv);
        if is_dark(from) {
            // The nearer of two that are as good.
            let rightness = rightness(from) - du.hypot(dv) / reach;
            if rightness > most {
                (best, most) = (Some(from), rightness);
            }
        }
    }
    let centred = |from: Point, direction: Point| {
        let most = 4.0 * direction.0.hypot(direction.1) + 2.0;
        let [a, b] = picture.changes::<2>(from, direction, most)?;
        let [c, d] = picture.changes::<2>(from, (-direction.0, -direction.1), most)?;
        let (off, length) = ((a - c + b - d) / 4.0, direction.0.hypot(direction.1));
        (off.abs() < length).then(|| (from.0 + off / length * direction.0, from.1 + off / length * direction.1))
    };
    let found = best?;
    Some(centred(found, across).and_then(|point| centred(point, down)).unwrap_or(found))
}

/// The least number of the 25 modules of an alignment pattern that must be right, what distance costs taken off.
const MIN_ALIGNMENT: f32 = 20.0;

/// Finds the alignment patterns of a large symbol, fits the perspective to all of them, and returns how far each is from its
/// place in it.
fn bend(
    picture: &Bitmap,
    inverted: bool,
    place: &mut Perspective,
    matches: &mut Vec<Match>,
    centres: &[usize],
) -> Option<Vec<Point>> {
    let count = centres.len();
    let side = (centres[count - 1] + 7) as f32;
    let at = |i: usize| (centres[i % count] as f32 + 0.5, centres[i / count] as f32 + 0.5);
    let is_finder = |i: usize| i == 0 || i == count - 1 || i == count * (count - 1);
    let off = |place: &Perspective, i: usize, seen: Option<Point>| {
        let (u, v) = at(i);
        seen.map(|seen| minus(seen, place.map(u, v)))
    };
    let mut seen: Vec<Option<Point>> = vec![None; count * count];
    for i in (0..count * count).filter(|&i| is_finder(i)) {
        let (u, v) = at(i);
        seen[i] = Some(place.map(u, v));
    }
    // From the top left, then those that were not found where these would have them, from the bottom right.
    for i in (0..count * count).chain((0..count * count).rev()) {
        if seen[i].is_none() {
            let off = |i: usize| off(place, i, seen[i]);
            seen[i] = alignment(picture, inverted, place, at(i), guess(i, count, off), 3.0);
        }
    }
    matches.extend((0..count * count).filter_map(|i| Some((at(i), seen[i]?))));
    *place = Perspective::nearest(side, matches)?;
    let mut bends: Vec<Option<Point>> = (0..count * count).map(|i| off(place, i, seen[i])).collect();
    for i in 0..count * count {
        if bends[i].is_none() {
            bends[i] = Some(guess(i, count, |i| bends[i]));
        }
    }
    Some(bends.into_iter().flatten().collect())
}

/// How far an alignment pattern may be off, of `count` in a row: as its neighbours, and farther as they differ.
fn guess(i: usize, count: usize, off: impl Fn(usize) -> Option<Point>) -> Point {
    let (column, row) = (i % count, i / count);
    let [before, above] = [(column > 0).then(|| i - 1), (row > 0).then(|| i - count)].map(|i| off(i?));
    let across = (column > 0 && row > 0).then(|| i - count - 1).and_then(&off);
    if let (Some(before), Some(above), Some(across)) = (before, above, across) {
        return (before.0 + above.0 - across.0, before.1 + above.1 - across.1);
    }
    let behind = (column + 1 < count).then(|| i + 1).and_then(&off);
    let below = (row + 1 < count).then(|| i + count).and_then(&off);
    let known: Vec<Point> = [before, above, behind, below].into_iter().flatten().collect();
    let sum = known.iter().fold((0.0, 0.0), |sum, off| (sum.0 + off.0, sum.1 + off.1));
    let parts = known.len().max(1) as f32;
    (sum.0 / parts, sum.1 / parts)
}

/// How far a place is from where the perspective has it: interpolated between the four alignment patterns around it, and extrapolated
/// beyond the last.
fn bent(bends: &[Point], centres: &[usize], (u, v): Point) -> Point {
    if bends.is_empty() {
        return (0.0, 0.0);
    }
    let cell = |t: f32| {
        let i = centres[1..centres.len() - 1].iter().filter(|&&centre| centre as f32 + 0.5 <= t).count();
        let (from, to) = (centres[i] as f32 + 0.5, centres[i + 1] as f32 + 0.5);
        (i, (t - from) / (to - from))
    };
    let ((i, s), (j, t)) = (cell(u), cell(v));
    let knot = |i: usize, j: usize| bends[j * centres.len() + i];
    let blend = |a: Point, b: Point, t: f32| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
    blend(blend(knot(i, j), knot(i + 1, j), s), blend(knot(i, j + 1), knot(i + 1, j + 1), s), t)
}

/// The least share of the modules of the finder patterns that three of them show at once.
const MIN_FINDERS: f32 = 0.7;

/// The share from which on three finder patterns are beyond doubt.
const CLEAR_FINDERS: f32 = 0.88;

/// The least share of the modules of the timing patterns, of which chance has a half.
const MIN_TIMING: f32 = 0.58;

/// The share of modules that are as they should be.
fn share<'a>(parts: impl Iterator<Item = &'a Vec<Known>> + Clone, is_due: impl Fn(&Known) -> bool) -> f32 {
    let count = parts.clone().map(Vec::len).sum::<usize>();
    parts.flatten().filter(|known| is_due(known)).count() as f32 / count as f32
}
