//! Where the modules of a symbol lie in a picture: three finder patterns give a first guess, then the grid is moved
//! until everything that is the same in all symbols of its version is where it should be.

use crate::Luma;
use crate::scan::geometry::{Perspective, Point, Quad, module_px, sample};
use crate::scan::grey::finder::Finder;
use crate::scan::grey::modules::Unsmeared;
use crate::scan::plan::{Plan, Zone};
use crate::symbol::Version;

/// Below this, the grid is no symbol.
pub(super) const MIN_LIKENESS: f32 = 0.33;

/// Below this, three finder patterns are no symbol. Those of symbols that are read have 0.58 and more, and a little less where they are
/// seen from far aside; in pictures without one 97 of 100 have less than 0.42.
const MIN_FINDERS: f32 = 0.42;

/// A symbol's place: its plan, and where four of its points are seen.
pub(super) struct Grid<'a> {
    pub plan: &'a Plan,
    pub place: Perspective,
    /// How well the known modules fit, up to 1.
    pub likeness: f32,
    anchors: [Point; 4],
    seen: [Point; 4],
    /// Points looked at along the side of a module.
    detail: usize,
}

/// Three finder patterns that may belong together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Triple {
    pub corner: Finder,
    pub right: Finder,
    pub below: Finder,
    /// Modules on a side, roughly.
    pub side: f32,
    /// How unlikely it is.
    cost: f32,
}

/// The triples that may be symbols, most likely first.
pub(super) fn triples(finders: &[Finder]) -> Vec<Triple> {
    let mut triples = Vec::new();
    for (i, a) in finders.iter().enumerate() {
        for (j, b) in finders.iter().enumerate().skip(i + 1) {
            if a.module > 2.0 * b.module || b.module > 2.0 * a.module {
                continue;
            }
            for c in &finders[j + 1..] {
                triples.extend(Triple::of([a, b, c]));
            }
        }
    }
    triples.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    triples
}

impl Triple {
    fn of(finders: [&Finder; 3]) -> Option<Self> {
        // In modules, however it is tilted.
        let gap = |a: &Finder, b: &Finder| {
            let step = (a.x - b.x, a.y - b.y);
            a.measure.between(&b.measure).length(step)
        };
        // The corner is opposite the longest side.
        let opposite = [0, 1, 2].map(|i| gap(finders[(i + 1) % 3], finders[(i + 2) % 3]));
        let at = (0..3).max_by(|&a, &b| opposite[a].total_cmp(&opposite[b]))?;
        let (corner, mut right, mut below) = (finders[at], finders[(at + 1) % 3], finders[(at + 2) % 3]);
        let step = |to: &Finder| (to.x - corner.x, to.y - corner.y);
        let turn = |r: Point, b: Point| r.0 * b.1 - r.1 * b.0;
        if turn(step(right), step(below)) < 0.0 {
            std::mem::swap(&mut right, &mut below);
        }
        let (columns, rows) = (gap(corner, right), gap(corner, below));
        let side = (columns + rows) / 2.0 + 7.0;
        let cosine = corner.measure.cosine(step(right), step(below));
        let sine = (1.0 - cosine * cosine).max(0.0).sqrt();
        let sizes = [corner.module, right.module, below.module];
        let (least, most) = (sizes.iter().copied().fold(f32::MAX, f32::min), sizes.iter().copied().fold(0.0, f32::max));
        // Below one pixel a module the result is random, and there are many versions.
        if sine < 0.5 || !(11.0..=200.0).contains(&(side - 7.0)) || most > 2.0 * least || least < 1.0 {
            return None;
        }
        let unequal = |a: f32, b: f32| (a / b).ln().abs();
        let least_like = finders.iter().map(|f| f.likeness).fold(f32::MAX, f32::min);
        let cost = unequal(most, least) + 2.0 * (1.0 - sine) + 2.0 * unequal(columns, rows) - 2.0 * least_like;
        Some(Self { corner: *corner, right: *right, below: *below, side, cost })
    }

    /// Whether its finder patterns leave little doubt.
    pub(super) fn is_likely(&self) -> bool {
        [self.corner, self.right, self.below].iter().all(|finder| finder.likeness > 0.6)
    }

    /// The versions it may have, likeliest first.
    pub(super) fn versions(&self) -> Vec<Version> {
        let guess = (self.side - 17.0) / 4.0;
        let spread = 1.0 + 0.12 * self.side / 4.0;
        let off = |version: &Version| (f32::from(version.number()) - guess).abs();
        let mut versions: Vec<Version> = Version::all().filter(|version| off(version) <= spread).collect();
        versions.sort_by(|a, b| off(a).total_cmp(&off(b)));
        versions
    }
}

impl<'a> Grid<'a> {
    /// Lays the plan over three finder patterns and looks for the fourth corner.
    pub(super) fn lay(plan: &'a Plan, triple: &Triple, luma: &Luma) -> Option<Self> {
        let mut grid = Self::lay_flat(plan, triple, luma)?;
        if plan.last_alignment().is_some() {
            grid.look_for_alignment(luma);
        }
        Some(grid)
    }

    /// Lays the plan over three finder patterns as if it were seen straight on.
    pub(super) fn lay_flat(plan: &'a Plan, triple: &Triple, luma: &Luma) -> Option<Self> {
        let near = 3.5;
        let far = plan.side as f32 - near;
        let fourth = plan.last_alignment().unwrap_or(far);
        let anchors = [(near, near), (far, near), (near, far), (fourth, fourth)];
        let [p, q, r] = [triple.corner, triple.right, triple.below].map(|f| (f.x, f.y));
        let share = (fourth - near) / (far - near);
        let parallel = (p.0 + share * (q.0 + r.0 - 2.0 * p.0), p.1 + share * (q.1 + r.1 - 2.0 * p.1));
        let seen = [p, q, r, parallel];
        // The finder patterns alone are soon compared, and mostly they are none.
        let place = Perspective::between(anchors, seen)?;
        (finder_likeness(plan, &place, luma) >= MIN_FINDERS).then(|| Self::at(plan, anchors, seen, luma, 1)).flatten()
    }

    /// The grid at the place that another reader has found.
    pub(super) fn placed(plan: &'a Plan, place: &Perspective, luma: &Luma) -> Option<Self> {
        let near = 3.5;
        let far = plan.side as f32 - near;
        let fourth = plan.last_alignment().unwrap_or(far);
        let anchors = [(near, near), (far, near), (near, far), (fourth, fourth)];
        Self::at(plan, anchors, anchors.map(|(u, v)| place.map(u, v)), luma, 2)
    }

    fn at(plan: &'a Plan, anchors: [Point; 4], seen: [Point; 4], luma: &Luma, detail: usize) -> Option<Self> {
        let place = Perspective::between(anchors, seen)?;
        let likeness = likeness(plan, |u, v| place.map(u, v), luma, detail);
        Some(Self { plan, place, likeness, anchors, seen, detail })
    }

    fn moved(&self, seen: [Point; 4], luma: &Luma) -> Option<Self> {
        Self::at(self.plan, self.anchors, seen, luma, self.detail)
    }

    /// The same grid in another picture, of which a pixel is `scale` times as small.
    pub(super) fn scaled(&self, scale: f32, luma: &Luma) -> Option<Self> {
        self.moved(self.seen.map(|(x, y)| (x * scale, y * scale)), luma)
    }

    /// Looks more closely from here on.
    pub(super) fn look_closely(&mut self, luma: &Luma) {
        self.detail = 2;
        self.likeness = likeness(self.plan, |u, v| self.place.map(u, v), luma, self.detail);
    }

    /// Tries the last alignment pattern around where it should be if the symbol is seen straight on.
    fn look_for_alignment(&mut self, luma: &Luma) {
        let side = self.plan.side as f32;
        let reach = (0.17 * side).max(3.0);
        let pitch = 0.7;
        let steps = (reach / pitch) as i32;
        let Some(zone) = self.plan.zones.last() else { return };
        let mut places: Vec<(f32, f32, f32)> = Vec::new();
        let middle = self.anchors[3];
        for (i, j) in (-steps..=steps).flat_map(|i| (-steps..=steps).map(move |j| (i, j))) {
            let (du, dv) = (i as f32 * pitch, j as f32 * pitch);
            let grey = |u: f32, v: f32| sample(luma, self.place.map(middle.0 + du + u, middle.1 + dv + v));
            // Five points are soon compared.
            if grey(1.0, 0.0) + grey(-1.0, 0.0) + grey(0.0, 1.0) + grey(0.0, -1.0) <= 4.0 * grey(0.0, 0.0) {
                continue;
            }
            let score =
                zone_likeness(zone, |u, v| self.place.map(u + du, v + dv), luma, 1) - 0.1 * du.hypot(dv) / reach;
            if score > 0.35 {
                places.push((score, du, dv));
            }
        }
        places.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut tried, straight) = (Vec::new(), self.place);
        for (_, du, dv) in places {
            if tried.iter().any(|&(u, v): &Point| (u - du).abs() < 2.0 && (v - dv).abs() < 2.0) {
                continue;
            }
            tried.push((du, dv));
            let mut seen = self.seen;
            seen[3] = straight.map(middle.0 + du, middle.1 + dv);
            if let Some(better) = self.moved(seen, luma)
                && better.likeness > self.likeness
            {
                *self = better;
            }
            if tried.len() == 5 {
                break;
            }
        }
    }

    /// How well the three finder patterns fit.
    pub(super) fn finder_likeness(&self, luma: &Luma) -> f32 {
        finder_likeness(self.plan, &self.place, luma)
    }

    /// Moves each of the four points, in ever smaller steps, as long as the known modules look better.
    pub(super) fn settle(&mut self, luma: &Luma, from: f32, to: f32) {
        let module = self.module_px();
        let mut step = from;
        while step >= to {
            let mut moved = false;
            for corner in [3, 0, 1, 2] {
                let size = module * if corner == 3 { 2.0 * step } else { step };
                for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                    let mut seen = self.seen;
                    seen[corner].0 += dx * size;
                    seen[corner].1 += dy * size;
                    if let Some(better) = self.moved(seen, luma)
                        && better.likeness > self.likeness + 1e-4
                    {
                        *self = better;
                        moved = true;
                    }
                }
            }
            if !moved {
                step /= 2.0;
            }
        }
    }

    /// Moves each of the four points as long as the picture becomes more like a reading of it.
    pub(super) fn follow(&mut self, reading: &Unsmeared, luma: &Luma) {
        let side = self.plan.side;
        let unlikeness = |place: &Perspective| {
            let mut sum = 0.0;
            for (row, (greys, noises)) in
                reading.grey.chunks_exact(side).zip(reading.noise.chunks_exact(side)).enumerate()
            {
                for (column, (grey, noise)) in greys.iter().zip(noises).enumerate() {
                    let off = sample(luma, place.map(column as f32 + 0.5, row as f32 + 0.5)) - grey;
                    sum += off * off / noise;
                }
            }
            sum
        };
        let module = self.module_px();
        let (mut least, mut step) = (unlikeness(&self.place), 0.3);
        while step > 0.04 {
            let mut moved = false;
            for corner in 0..4 {
                for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                    let mut seen = self.seen;
                    seen[corner].0 += dx * module * step;
                    seen[corner].1 += dy * module * step;
                    let Some(place) = Perspective::between(self.anchors, seen) else { continue };
                    let now = unlikeness(&place);
                    if now < 0.999 * least {
                        (least, self.place, self.seen, moved) = (now, place, seen, true);
                    }
                }
            }
            if !moved {
                step /= 2.0;
            }
        }
    }

    /// The side of a module in pixels, on average.
    pub(super) fn module_px(&self) -> f32 {
        module_px(self.plan.side, &self.corners())
    }

    /// The outer corners, clockwise from the top left.
    pub(super) fn corners(&self) -> Quad {
        let side = self.plan.side as f32;
        [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(u, v)| self.place.map(u, v))
    }
}

fn finder_likeness(plan: &Plan, place: &Perspective, luma: &Luma) -> f32 {
    let score = |zone| zone_likeness(zone, |u, v| place.map(u, v), luma, 1);
    plan.zones[..3].iter().map(score).sum::<f32>() / 3.0
}

/// How well the known modules fit, up to 1.
pub(super) fn likeness(plan: &Plan, map: impl Fn(f32, f32) -> Point, luma: &Luma, detail: usize) -> f32 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for zone in &plan.zones {
        sum += zone.weight * zone_likeness(zone, &map, luma, detail);
        weights += zone.weight;
    }
    sum / weights
}

/// The correlation of a zone with the picture, 1 if dark is dark and light is light, in whatever light; each module is
/// looked at in `detail` times `detail` points.
pub(super) fn zone_likeness(zone: &Zone, map: impl Fn(f32, f32) -> Point, luma: &Luma, detail: usize) -> f32 {
    let (mut all, mut squares, mut darks) = (0.0, 0.0, 0.0);
    let mut dark_count = 0.0;
    let points: &[f32] = if detail == 1 { &[0.5] } else { &[0.22, 0.78] };
    for &(x, y, dark) in &zone.modules {
        for &dy in points {
            for &dx in points {
                let value = sample(luma, map(x as f32 + dx, y as f32 + dy));
                all += value;
                squares += value * value;
                if dark {
                    darks += value;
                    dark_count += 1.0;
                }
            }
        }
    }
    let count = (zone.modules.len() * points.len() * points.len()) as f32;
    let light_count = count - dark_count;
    if dark_count == 0.0 || light_count == 0.0 {
        return 0.0;
    }
    let apart = (all - darks) / light_count - darks / dark_count;
    let variance = (squares / count - (all / count) * (all / count)).max(0.0);
    apart * (dark_count * light_count).sqrt() / count / (variance + 4.0).sqrt()
}
