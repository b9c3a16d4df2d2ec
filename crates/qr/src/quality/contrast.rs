//! How far the modules of a symbol stand apart, dark from light, and what is wrong with those that are known.

use super::codewords::{Block, Printed};
use super::grade::Grade;
use super::grid::Grid;
use super::measure::{Advice, Measure, MeasureKind};
use crate::symbol::{Known, Patterns, Version};

/// Light, dark and the threshold between them, for a whole symbol.
pub(super) struct Tone {
    pub(super) contrast: f64,
    pub(super) threshold: f64,
}

impl Tone {
    pub(super) fn of(levels: &[Option<f64>], grid: &Grid) -> Self {
        let side = grid.side as f64;
        let margin = (0..grid.side).filter_map(|i| grid.cell(i as f64 + 0.5, -0.6, 0.2, 0.1));
        let below = (0..grid.side).filter_map(|i| grid.cell(i as f64 + 0.5, side + 0.6, 0.2, 0.1));
        let mut all: Vec<f64> = levels.iter().flatten().copied().chain(margin).chain(below).collect();
        all.sort_by(f64::total_cmp);
        let (low, high) = match all.len() {
            0 => (0.0, 0.0),
            count => (all[count / 50], all[count - 1 - count / 50]),
        };
        Self { contrast: high - low, threshold: (high + low) / 2.0 }
    }
}

pub(super) fn contrast(tone: &Tone) -> Measure {
    let percent = tone.contrast * 100.0;
    // A grey value is half a percent at most from what was meant.
    let grade = Grade::at_least((percent * 2.0).round() / 2.0, [70.0, 55.0, 40.0, 20.0]);
    Measure::new(MeasureKind::Contrast, percent, grade, Advice::Contrast { percent: percent.round() as u32 })
}

/// Modules that are darker than the mean of those around them: what a reader sees in uneven light.
pub(super) fn locally_dark(levels: &[Option<f64>], side: usize) -> Vec<bool> {
    const REACH: usize = 4;
    let at = |x: usize, y: usize| levels[y * side + x].unwrap_or(1.0);
    let span = |v: usize| v.saturating_sub(REACH)..(v + REACH + 1).min(side);
    (0..side * side)
        .map(|i| {
            let (x, y) = (i % side, i / side);
            let around = || span(y).flat_map(|y| span(x).map(move |x| (x, y))).map(|(x, y)| at(x, y));
            let (low, high) = around().fold((1.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
            at(x, y) < (low + high) / 2.0
        })
        .collect()
}

/// The modules beside what was printed.
pub(super) struct View<'a> {
    pub(super) levels: &'a [Option<f64>],
    pub(super) tone: &'a Tone,
    pub(super) printed: &'a Printed,
}

impl View<'_> {
    /// Grades codewords by their worst module, then asks at each grade what would be left of the error correction if
    /// all that are worse were wrong; the best of these counts (ISO/IEC 15415, 7.8.4.2).
    pub(super) fn modulation(&self, kind: MeasureKind) -> (f64, Grade) {
        const LIMITS: [f64; 4] = [0.5, 0.4, 0.3, 0.2];
        let margins: Vec<f64> = (0..self.printed.codewords.len()).map(|i| self.margin(i, kind)).collect();
        let grade_if = |limit: f64, grade: Grade| {
            let blocks = self.printed.wrong(|i| margins[i] < limit);
            grade.min(unused_grade(&worst(&blocks)))
        };
        let grades = [Grade::A, Grade::B, Grade::C, Grade::D];
        let grade = LIMITS.iter().zip(grades).map(|(&limit, grade)| grade_if(limit, grade)).max().unwrap_or(Grade::F);
        // The value: what the worst codeword has that is not left to the error correction.
        let mut sorted = margins.clone();
        sorted.sort_by(f64::total_cmp);
        let bearable = sorted.iter().take_while(|&&margin| {
            let blocks = self.printed.wrong(|i| margins[i] <= margin);
            unused_grade(&worst(&blocks)) == Grade::A
        });
        let value = sorted[bearable.count().min(sorted.len() - 1)] * 100.0;
        (value, grade)
    }

    fn margin(&self, codeword: usize, kind: MeasureKind) -> f64 {
        let margin = |&at: &usize| {
            let Some(level) = self.levels[at] else { return 0.0 };
            let off = level - self.tone.threshold;
            let wrong = (off < 0.0) != self.printed.modules[at];
            match self.tone.contrast {
                contrast if contrast <= 0.0 || wrong && kind == MeasureKind::ReflectanceMargin => 0.0,
                contrast => (2.0 * off.abs() / contrast).min(1.0),
            }
        };
        self.printed.codewords[codeword].iter().map(margin).fold(1.0, f64::min)
    }

    /// Codewords whose margin is less than this share.
    pub(super) fn codewords_below(&self, share: f64) -> u32 {
        let count = self.printed.codewords.len();
        (0..count).filter(|&i| self.margin(i, MeasureKind::ReflectanceMargin) < share).count() as u32
    }
}

/// The block with the least reserve.
pub(super) fn worst(blocks: &[Block]) -> Block {
    let left = |block: &Block| block.capacity as i64 - 2 * block.wrong as i64;
    let worst = blocks.iter().min_by_key(|block| left(block)).expect("every symbol has a block");
    Block { ..*worst }
}

fn left(block: &Block) -> f64 {
    1.0 - 2.0 * block.wrong as f64 / block.capacity as f64
}

fn unused_grade(block: &Block) -> Grade {
    Grade::at_least(left(block), [0.62, 0.50, 0.37, 0.25])
}

pub(super) fn unused(worst: &Block, repaired: usize) -> Measure {
    let advice = Advice::Repair { codewords: repaired as u32, capacity: (worst.capacity / 2) as u32 };
    let value = (left(worst) * 100.0).max(0.0);
    Measure::new(MeasureKind::UnusedErrorCorrection, value, unused_grade(worst), advice)
}

pub(super) fn fixed_patterns(version: Version, sampled: &[bool], printed: &[bool]) -> Measure {
    let Patterns { finders, timing, alignment } = Patterns::of(version);
    let count = |modules: &[Known]| {
        let at = |&&(x, y, _): &&Known| y * version.side() + x;
        let wrong = modules.iter().filter(|module| sampled[at(module)] != printed[at(module)]).count();
        (wrong, 100.0 * wrong as f64 / modules.len() as f64)
    };
    let mut total = 0;
    let mut grades = Vec::new();
    let mut judge = |modules: &[Known], grade: fn(usize, f64) -> Grade| {
        if !modules.is_empty() {
            let (wrong, percent) = count(modules);
            total += wrong;
            grades.push(grade(wrong, percent));
        }
    };
    for finder in finders {
        judge(finder, |wrong, _| Grade::at_most(wrong as f64, [0.0, 1.0, 2.0, 3.0]));
    }
    for timing in timing {
        judge(timing, |_, percent| Grade::at_most(percent, [0.0, 7.0, 11.0, 14.0]));
    }
    judge(&alignment.concat(), |_, percent| Grade::at_most(percent, [0.0, 10.0, 20.0, 30.0]));
    let mean = grades.iter().map(|&grade| f64::from(grade as u8)).sum::<f64>() / grades.len() as f64;
    let overall = Grade::at_least(mean, [4.0, 3.5, 3.0, 2.5]);
    let grade = grades.into_iter().chain([overall]).min().unwrap_or(Grade::F);
    Measure::new(MeasureKind::FixedPatternDamage, total as f64, grade, Advice::Uncover { modules: total as u32 })
}
