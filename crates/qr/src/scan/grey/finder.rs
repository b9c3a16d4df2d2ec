//! Candidates for finder patterns: a dark square of three modules in a light ring in a dark area.
//!
//! The outer dark ring is only required to be there, not to end: a symbol without a quiet zone on a dark ground has
//! finder patterns that run into it.

use std::f32::consts::FRAC_PI_2;

use crate::Luma;
use crate::scan::bitmap::Bitmap;
use crate::scan::geometry::sample;
use crate::scan::grey::shape::{Measure, Sides, Stretch};

/// A candidate for a finder pattern, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder {
    pub x: f32,
    pub y: f32,
    /// A seventh of its width along the row and the column, on average.
    pub module: f32,
    /// A seventh of its width along the row, and along the column.
    pub size: (f32, f32),
    /// How well it fits a finder pattern, up to 1.
    pub likeness: f32,
    /// The size of a module here, in pixels of each direction.
    pub measure: Measure,
    /// Rows in which it was seen.
    pub rows: u32,
}

/// The dark or light ring at grey levels less than this apart is noise.
const MIN_CONTRAST: f32 = 5.0;

/// Looks through the rows of a black-and-white picture, made of `grey`, for patterns, or for their negatives.
pub(super) fn find(binary: &Bitmap, grey: &Luma, inverted: bool) -> Vec<Finder> {
    let sign = if inverted { -1.0 } else { 1.0 };
    let mut found = Crowd::new(grey.width);
    let (mut changes, mut edges) = (Vec::new(), Vec::new());
    for y in 0..grey.height as usize {
        binary.edges(y as u32, &mut changes);
        // Light and dark in turn, with a light run at both ends, be it empty.
        edges.clear();
        edges.push(0);
        edges.extend_from_slice(&changes);
        edges.push(grey.width);
        let row = &grey.pixels[y * grey.width as usize..][..grey.width as usize];
        // Five runs, the middle one dark, or light; one more before and behind.
        for runs in edges.windows(6).skip(usize::from(!inverted)).step_by(2) {
            let Some(width) = module_of(std::array::from_fn(|i| runs[i + 1] - runs[i])) else { continue };
            let x = (runs[2] + runs[3]) as f32 / 2.0;
            // Most of the rest is noise, which the row alone shows.
            let level = |from: u32, to: u32| i32::from(row[((from + to) / 2) as usize]);
            let ring = level(runs[1], runs[2]) + level(runs[3], runs[4]);
            if sign as i32 * (ring - 2 * level(runs[2], runs[3])) < MIN_CONTRAST as i32 {
                continue;
            }
            let Some((middle, height)) = cross_column(binary, inverted, x as usize, y, 12.0 * width) else { continue };
            if height > 3.2 * width || width > 3.2 * height || (middle - y as f32).abs() > 1.6 * height {
                continue;
            }
            let seen = Finder {
                x,
                y: middle,
                module: (width + height) / 2.0,
                size: (width, height),
                likeness: 0.0,
                measure: Measure::default(),
                rows: 1,
            };
            if sign * (seen.ring(grey) - sample(grey, (x, middle))) < MIN_CONTRAST {
                continue;
            }
            match found.same(&seen).max() {
                Some(known) => found.join(known, &seen),
                None if found.finders.len() < MAX_FOUND => found.add(seen),
                None => return found.finders,
            }
        }
    }
    found.finders
}

/// With more patterns than this, a picture is noise or a repeated pattern.
const MAX_FOUND: usize = 1500;

impl Finder {
    /// Rows in which it was seen, for each of its modules.
    pub(super) fn crossed(&self) -> f32 {
        self.rows as f32 / self.size.1
    }

    fn join(&mut self, other: &Self) {
        let (old, new) = (self.rows as f32, other.rows as f32);
        let mean = |a: f32, b: f32| (a * old + b * new) / (old + new);
        self.x = mean(self.x, other.x);
        self.y = mean(self.y, other.y);
        self.module = mean(self.module, other.module);
        self.size = (mean(self.size.0, other.size.0), mean(self.size.1, other.size.1));
        self.rows += other.rows;
    }

    /// The grey level of the light ring.
    fn ring(&self, grey: &Luma) -> f32 {
        let (wide, high) = self.size;
        [(2.0 * wide, 0.0), (-2.0 * wide, 0.0), (0.0, 2.0 * high), (0.0, -2.0 * high)]
            .map(|(dx, dy)| sample(grey, (self.x + dx, self.y + dy)))
            .iter()
            .sum::<f32>()
            / 4.0
    }

    /// Compares the grey levels with a pattern that is turned by whatever angle fits best: seen straight on, as flat as it looks,
    /// or stretched as its middle is.
    pub(super) fn judge(&mut self, grey: &Luma) {
        let limit = (self.ring(grey) + sample(grey, (self.x, self.y))) / 2.0;
        let reach = 4.0 * self.size.0.max(self.size.1);
        let middle = Stretch::of_blob(grey, (self.x, self.y), limit, reach);
        let quarter = |steps: u8| (0..steps).map(move |step| FRAC_PI_2 * f32::from(step) / f32::from(steps));
        let square = quarter(4).map(|angle| Stretch::NONE.sides(angle));
        let flat = Stretch::along_axes(self.size.0, self.size.1).sides(0.0);
        let stretched = middle.into_iter().flat_map(|stretch| quarter(6).map(move |angle| stretch.sides(angle)));
        self.likeness = f32::MIN;
        for sides in square.chain([flat]).chain(stretched) {
            let Some(sides) = sides.fitted(self.size) else { continue };
            let likeness = self.likeness(&sides, grey);
            if likeness > self.likeness {
                (self.likeness, self.measure) = (likeness, sides.measure());
            }
        }
    }

    /// The correlation with a pattern whose modules have these sides.
    fn likeness(&self, sides: &Sides, grey: &Luma) -> f32 {
        let (mut all, mut squares, mut darks) = (0.0, 0.0, 0.0);
        for (i, j) in (-3i8..=3).flat_map(|i| (-3i8..=3).map(move |j| (i, j))) {
            let (x, y) = sides.step(i.into(), j.into());
            let value = sample(grey, (self.x + x, self.y + y));
            all += value;
            squares += value * value;
            if i.abs().max(j.abs()) != 2 {
                darks += value;
            }
        }
        // 33 dark modules, 16 light ones.
        let variance = (squares / 49.0 - (all / 49.0) * (all / 49.0)).max(0.0);
        ((all - darks) / 16.0 - darks / 33.0) * (33.0f32 * 16.0).sqrt() / 49.0 / (variance + 9.0).sqrt()
    }
}

/// Patterns, and by columns of the picture where they are.
pub(super) struct Crowd {
    pub finders: Vec<Finder>,
    columns: Vec<Vec<usize>>,
}

/// Pixels of a column of a crowd.
const COLUMN: f32 = 32.0;

impl Crowd {
    pub fn new(width: u32) -> Self {
        Self { finders: Vec::new(), columns: vec![Vec::new(); (width as f32 / COLUMN) as usize + 1] }
    }

    fn column(&self, x: f32) -> usize {
        ((x / COLUMN) as usize).min(self.columns.len() - 1)
    }

    fn add(&mut self, finder: Finder) {
        let column = self.column(finder.x);
        self.columns[column].push(self.finders.len());
        self.finders.push(finder);
    }

    fn join(&mut self, at: usize, finder: &Finder) {
        let before = self.column(self.finders[at].x);
        self.finders[at].join(finder);
        let now = self.column(self.finders[at].x);
        if now != before {
            self.columns[before].retain(|known| *known != at);
            self.columns[now].push(at);
        }
    }

    /// The places of those that are the same as this one, in any order.
    fn same(&self, finder: &Finder) -> impl Iterator<Item = usize> {
        let reach = SAME_REACH * SAME_SIZE * finder.module;
        let columns = self.column(finder.x - reach)..=self.column(finder.x + reach);
        self.columns[columns].iter().flatten().copied().filter(|at| is_same(&self.finders[*at], finder))
    }

    /// Adds what was seen in another black-and-white version of the same picture.
    pub fn merge(&mut self, more: Vec<Finder>) {
        for finder in more {
            match self.same(&finder).min() {
                Some(known) => self.join(known, &finder),
                None => self.add(finder),
            }
        }
    }
}

/// How far apart the middles of one pattern may be seen, in its modules, and how different in size.
const SAME_REACH: f32 = 1.5;
const SAME_SIZE: f32 = 1.7;

fn is_same(a: &Finder, b: &Finder) -> bool {
    let reach = SAME_REACH * a.module.max(b.module);
    let is_near = (a.x - b.x).abs() < reach && (a.y - b.y).abs() < reach;
    is_near && a.module < SAME_SIZE * b.module && b.module < SAME_SIZE * a.module
}

/// A module's size if the runs are (1 or more):1:3:1:(1 or more), each off by what blur and noise may do.
fn module_of([before, left, middle, right, after]: [u32; 5]) -> Option<f32> {
    // Most runs are nothing of the kind.
    if middle <= left.max(right) {
        return None;
    }
    let [before, left, middle, right, after] = [before, left, middle, right, after].map(|run| run as f32);
    let module = (left + middle + right) / 5.0;
    let ring = |run: f32| run > 0.25 * module && run < 1.8 * module;
    let holds = (middle - 3.0 * module).abs() < 1.1 * module
        && ring(left)
        && ring(right)
        && before > 0.3 * module
        && after > 0.3 * module;
    holds.then_some(module)
}

/// The middle and the module of the pattern in the column through (`x`, `y`).
fn cross_column(binary: &Bitmap, inverted: bool, x: usize, y: usize, reach: f32) -> Option<(f32, f32)> {
    let height = binary.height() as usize;
    let reach = reach.max(6.0) as usize;
    let pixel = |y: usize| binary.bit(x, y) != inverted;
    if !pixel(y) {
        return None;
    }
    // Up: rest of the middle, ring, some of the outer ring; the same down.
    let mut up = [0usize; 3];
    let mut at = y;
    for (part, run) in up.iter_mut().enumerate() {
        while at > 0 && y - at < reach && pixel(at - 1) == (part != 1) {
            at -= 1;
            *run += 1;
        }
    }
    let mut down = [0usize; 3];
    let mut at = y;
    for (part, run) in down.iter_mut().enumerate() {
        while at + 1 < height && at - y < reach && pixel(at + 1) == (part != 1) {
            at += 1;
            *run += 1;
        }
    }
    let middle = up[0] + down[0] + 1;
    let module = module_of([up[2], up[1], middle, down[1], down[2]].map(|run| run as u32))?;
    Some(((y - up[0]) as f32 + middle as f32 / 2.0, module))
}
