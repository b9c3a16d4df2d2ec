//! Three finder patterns that may be those of one symbol.

use super::finder::Pattern;
use crate::scan::geometry::Point;

/// The patterns of a symbol, by their place in the list of all.
#[derive(Clone, Copy)]
pub(super) struct Set {
    /// Top left, top right, bottom left.
    pub patterns: [usize; 3],
    /// How unlikely it is.
    cost: f32,
}

/// Patterns up to which all triples are looked at.
const FEW: usize = 40;

/// The nearest patterns of each that are looked at where there are many: a symbol has two, and its neighbours some.
const NEAREST: usize = 14;

/// The sets that may be symbols, the likeliest first, at most so many.
pub(super) fn sets(patterns: &[Pattern], most: usize) -> Vec<Set> {
    let mut sets = Vec::new();
    let mut others: Vec<(f32, usize)> = Vec::new();
    for (i, a) in patterns.iter().enumerate() {
        others.clear();
        for (j, b) in patterns.iter().enumerate() {
            let apart = gap(a.centre, b.centre);
            let module = a.module.max(b.module);
            // Of the three patterns of a set, the largest looks for the others.
            let is_later = (b.module, j) < (a.module, i);
            if is_later && 2.2 * a.module.min(b.module) > module && apart < 300.0 * module {
                others.push((apart, j));
            }
        }
        if patterns.len() > FEW && others.len() > NEAREST {
            others.select_nth_unstable_by(NEAREST, |a, b| a.0.total_cmp(&b.0));
            others.truncate(NEAREST);
        }
        for (k, &(_, b)) in others.iter().enumerate() {
            others[k + 1..].iter().for_each(|&(_, c)| Set::of(patterns, [i, b, c], &mut sets));
        }
    }
    let dearer = |a: &Set, b: &Set| a.cost.total_cmp(&b.cost);
    if sets.len() > most {
        sets.select_nth_unstable_by(most, dearer);
        sets.truncate(most);
    }
    sets.sort_by(dearer);
    sets
}

impl Set {
    /// Adds the sets that three patterns may be: one, or where they are as far from each other, with each of them in the corner.
    fn of(patterns: &[Pattern], three: [usize; 3], sets: &mut Vec<Self>) {
        let [a, b, c] = three.map(|i| &patterns[i]);
        // In modules: what is farther away looks smaller.
        let apart = |a: &Pattern, b: &Pattern| gap(a.centre, b.centre) / (a.module * b.module).sqrt();
        // The corner is opposite the longest side.
        let opposite = [apart(b, c), apart(c, a), apart(a, b)];
        let longest = opposite.iter().copied().fold(0.0, f32::max);
        sets.extend(
            (0..3).filter(|&at| opposite[at] > 0.85 * longest).filter_map(|at| Self::at(patterns, three, opposite, at)),
        );
    }

    /// The set whose corner is the pattern at this place of the three.
    fn at(patterns: &[Pattern], three: [usize; 3], opposite: [f32; 3], at: usize) -> Option<Self> {
        let (corner, mut right, mut below) = (three[at], three[(at + 1) % 3], three[(at + 2) % 3]);
        let (mut columns, mut rows) = (opposite[(at + 2) % 3], opposite[(at + 1) % 3]);
        let step = |to: usize| {
            let (from, to) = (patterns[corner].centre, patterns[to].centre);
            (to.0 - from.0, to.1 - from.1)
        };
        let turn = |u: Point, v: Point| u.0 * v.1 - u.1 * v.0;
        if turn(step(right), step(below)) < 0.0 {
            std::mem::swap(&mut right, &mut below);
            std::mem::swap(&mut columns, &mut rows);
        }
        let (u, v) = (step(right), step(below));
        let sine = turn(u, v) / (u.0.hypot(u.1) * v.0.hypot(v.1));
        // A side of 21 to 177 modules, seen as much askew as can be read.
        let is_symbol =
            sine > 0.5 && columns.max(rows) < 2.2 * columns.min(rows) && (9.0..=260.0).contains(&columns.min(rows));
        let unequal = |a: f32, b: f32| (a / b).ln().abs();
        let sizes = three.map(|i| patterns[i].module);
        let off: f32 = three.iter().map(|&i| patterns[i].off).sum();
        let (least, most) = (sizes[0].min(sizes[1]).min(sizes[2]), sizes[0].max(sizes[1]).max(sizes[2]));
        let cost = unequal(columns, rows) + 2.0 * (1.0 - sine) + unequal(most, least) + 0.002 * (columns + rows) + off;
        is_symbol.then_some(Self { patterns: [corner, right, below], cost })
    }
}

fn gap(a: Point, b: Point) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}
