//! What a camera would say of a code: measures with grades, and what to change.
//!
//! [`quality`] grades a symbol that was read, [`diagnose`] says what keeps one from being read. The measures follow
//! ISO/IEC 15415 and the annex on print quality of ISO/IEC 18004 as far as a picture of unknown light allows; the
//! differences stand at each [`MeasureKind`]. The grey value of a pixel, 0 to 255, is taken for its reflectance, 0 to
//! 100 %: it is what a decoder works on.

mod codewords;
mod diagnose;
mod grid;
mod overlay;

use std::fmt;
use std::str::FromStr;

use codewords::{Block, Printed};
use grid::{Grid, segment_modules};

pub use diagnose::{Diagnosis, Edge, Reason, diagnose};
pub use overlay::Overlay;
pub(super) use overlay::png;

use crate::{EcLevel, Luma, Symbol};

/// Modules around a symbol that have to be light (ISO/IEC 18004, 6.3.8).
const QUIET_ZONE: f64 = 4.0;

/// Standard deviation of a blur, in modules, from which it is the blur that spoils the modules.
const SOFT: f64 = 0.2;

/// A grade of ISO/IEC 15415: 4 is A, 0 is F. A better grade is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Fails.
    F,
    /// Poor: few readers manage.
    D,
    /// Fair.
    C,
    /// Good.
    B,
    /// Excellent.
    A,
}

impl Grade {
    /// The letter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::F => "F",
        }
    }

    /// The grade of a value of which more is better; the limits of A, B, C and D.
    fn at_least(value: f64, limits: [f64; 4]) -> Self {
        // The limits are given to two digits; what is not worth one digit more is no worse.
        Self::nth(limits.iter().position(|limit| value >= limit - 1e-6))
    }

    /// The grade of a value of which less is better.
    fn at_most(value: f64, limits: [f64; 4]) -> Self {
        Self::nth(limits.iter().position(|limit| value <= limit + 1e-6))
    }

    fn nth(place: Option<usize>) -> Self {
        place.map_or(Self::F, |place| [Self::A, Self::B, Self::C, Self::D][place])
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is no grade: A, B, C, D and F are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a grade is A, B, C, D or F")]
pub struct GradeError;

impl FromStr for Grade {
    type Err = GradeError;

    fn from_str(text: &str) -> Result<Self, GradeError> {
        match text {
            "A" | "a" => Ok(Self::A),
            "B" | "b" => Ok(Self::B),
            "C" | "c" => Ok(Self::C),
            "D" | "d" => Ok(Self::D),
            "F" | "f" => Ok(Self::F),
            _ => Err(GradeError),
        }
    }
}

/// How a picture came about.
#[derive(Clone, Copy, Debug)]
pub struct QualityOptions {
    /// Pixels of the picture for one CSS pixel of the page: 1 for a photo.
    pub device_pixel_ratio: f64,
}

impl Default for QualityOptions {
    fn default() -> Self {
        Self { device_pixel_ratio: 1.0 }
    }
}

/// What is measured. In each, A, B, C and D begin at the four limits; beyond the last is F.
///
/// Exhaustive on purpose: the compiler tells every translation of a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeasureKind {
    /// Lightest less darkest reflectance in percent; 70, 55, 40, 20. ISO/IEC 15415, 7.8.2. One module in fifty is left
    /// out at either end, since pictures have noise.
    Contrast,
    /// How far modules stay from the threshold, in percent of half the contrast; 50, 40, 30, 20. ISO/IEC 15415, 7.8.4:
    /// graded by codeword, so that what error correction bears costs no more than its reserve. The value is the lowest
    /// that still counts. The threshold is one for the whole symbol.
    Modulation,
    /// As modulation, with modules on the wrong side of the threshold counting as 0. ISO/IEC 15415, 7.8.4.3.
    ReflectanceMargin,
    /// Modules of finder, timing and alignment patterns that are wrong; finder patterns (each with its separator) 0, 1,
    /// 2, 3; timing 0, 7, 11, 14 %; alignment 0, 10, 20, 30 %; the mean of the segments 4, 3.5, 3, 2.5. ISO/IEC 18004,
    /// annex on print quality; the quiet zone has a measure of its own, and modulation is not weighed in.
    FixedPatternDamage,
    /// Share of the error correction that is left in the worst block, in percent; 62, 50, 37, 25. ISO/IEC 15415, 7.8.8.
    UnusedErrorCorrection,
    /// Light modules on the side that has fewest; 4, 3, 2, 1. ISO/IEC 18004 asks for four; the steps below are ours.
    QuietZone,
    /// CSS pixels for one module; 3, 2, 1.6, 1.3. Not of the standard: from what decoders read.
    ModuleSize,
    /// How much longer modules are in one direction than in the other, in percent; 6, 8, 10, 12. ISO/IEC 15415, 7.8.6.
    AxialNonuniformity,
    /// The farthest that a module lies from an even grid, in modules; 0.38, 0.50, 0.63, 0.75. ISO/IEC 15415, 7.8.7. The
    /// even grid is the parallelogram that fits best; a code seen at a slant departs from it.
    GridNonuniformity,
    /// Dark on light is A, light on dark is D: half of all readers do not try. Not of the standard.
    Polarity,
}

impl MeasureKind {
    /// A stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contrast => "contrast",
            Self::Modulation => "modulation",
            Self::ReflectanceMargin => "reflectanceMargin",
            Self::FixedPatternDamage => "fixedPatternDamage",
            Self::UnusedErrorCorrection => "unusedErrorCorrection",
            Self::QuietZone => "quietZone",
            Self::ModuleSize => "moduleSize",
            Self::AxialNonuniformity => "axialNonuniformity",
            Self::GridNonuniformity => "gridNonuniformity",
            Self::Polarity => "polarity",
        }
    }

    /// What the value counts: `%`, `modules`, `px` (CSS pixels for one module), or nothing for the polarity.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Contrast
            | Self::Modulation
            | Self::ReflectanceMargin
            | Self::UnusedErrorCorrection
            | Self::AxialNonuniformity => "%",
            Self::FixedPatternDamage | Self::QuietZone | Self::GridNonuniformity => "modules",
            Self::ModuleSize => "px",
            Self::Polarity => "",
        }
    }
}

/// One measure of a symbol.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// What was measured.
    pub kind: MeasureKind,
    /// How much, in the unit of its kind. Polarity has 1 for dark on light and 0 for light on dark.
    pub value: f64,
    /// How good that is.
    pub grade: Grade,
    /// What to change; none at grade A.
    pub advice: Option<Advice>,
}

/// What to change in the page or the picture. Lengths are in CSS pixels.
///
/// Exhaustive on purpose: the compiler tells every translation of a new one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Advice {
    /// Put so much light padding around the code.
    Padding {
        /// Beyond what is there.
        css_px: u32,
    },
    /// Show the code so large.
    Enlarge {
        /// The least width with the quiet zone.
        css_px: u32,
    },
    /// Make every module as many whole pixels wide.
    WholePixels {
        /// The width with the quiet zone that is nearest.
        css_px: u32,
    },
    /// Use black on white; brighten the screen.
    Contrast {
        /// Percent that are there.
        percent: u32,
    },
    /// Make the edges sharp: focus, hold still, scale without smoothing.
    Sharpen {
        /// Modulation in percent.
        percent: u32,
    },
    /// Take away reflections and shadows.
    EvenLight {
        /// Codewords that are close to the threshold, or on its wrong side.
        codewords: u32,
    },
    /// Let nothing cover the fixed patterns.
    Uncover {
        /// Modules of theirs that are wrong.
        modules: u32,
    },
    /// Let nothing cover the code, or draw it at a higher level.
    Repair {
        /// Codewords that are wrong.
        codewords: u32,
        /// How many the worst block bears.
        capacity: u32,
    },
    /// Hold the camera straight before the code, or scale both sides alike.
    Straighten {
        /// Percent that one direction is longer.
        percent: u32,
    },
    /// Hold the camera straight and the code flat.
    Flatten,
    /// Draw the code dark on light, in dark mode too.
    DarkOnLight,
}

/// A symbol, graded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Quality {
    /// The lowest of the measures' grades.
    pub grade: Grade,
    /// In the order of [`MeasureKind`]. Those that need to know the symbol as printed are left out if it could not be
    /// sampled again: of a curved code, for example.
    pub measures: Vec<Measure>,
    /// Codewords that error correction repaired, if the symbol as printed is known. None too if the picture has more
    /// wrong ones than it bears: then the reader has prepared the picture before.
    pub corrected: Option<u32>,
    /// How many of them the block with the least reserve bears.
    pub correctable: Option<u32>,
    /// The level that the symbol was made with, if it is known.
    pub level: Option<EcLevel>,
    /// What to draw onto the picture.
    pub overlay: Overlay,
}

impl Quality {
    /// The measure of a kind.
    #[must_use]
    pub fn measure(&self, kind: MeasureKind) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.kind == kind)
    }
}

/// Grades a symbol that was read in this picture.
#[must_use]
pub fn quality(luma: &Luma, symbol: &Symbol, options: &QualityOptions) -> Quality {
    let scale = if options.device_pixel_ratio > 0.0 { options.device_pixel_ratio } else { 1.0 };
    let grid = Grid::new(luma, symbol);
    let levels = grid.reflectances();
    let tone = Tone::of(&levels, &grid);
    let dark = |level: &Option<f64>| level.is_some_and(|level| level < tone.threshold);
    let sampled: Vec<bool> = levels.iter().map(dark).collect();
    let local = locally_dark(&levels, grid.side);
    let printed = Printed::of(symbol, &sampled).map(|printed| (printed, &sampled));
    let printed = printed.or_else(|| Printed::of(symbol, &local).map(|printed| (printed, &local)));
    let quiet = quiet_zone(&grid, &levels, tone.threshold);

    let (px, py) = grid.pitch();
    let module_css = (px + py) / 2.0 / scale;
    let framed = grid.side as f64 + 2.0 * QUIET_ZONE;
    let width = |module: f64| (module * framed).ceil() as u32;
    let mut measures = vec![contrast(&tone)];
    let mut overlay = Overlay::new(&grid, quiet);
    let (mut corrected, mut correctable, mut level) = (None, None, symbol.level);
    if let Some((printed, decided)) = &printed {
        let view = View { levels: &levels, tone: &tone, printed };
        // Codewords are wrong as the decoder saw them, which may not have been by one threshold.
        let blocks = printed.wrong(|i| printed.codewords[i].iter().any(|&at| decided[at] != printed.modules[at]));
        let worst = worst(&blocks);
        let repaired: usize = blocks.iter().map(|block| block.wrong).sum();
        let unfair = |px: f64| (px - px.round()).abs() > 0.05 && px < 6.0 && is_upright(&grid);
        // One cause for all that it spoils: soft edges, else what lies over the code.
        let soft = diagnose::blur(luma, tone.contrast * 100.0).map_or(0.0, |blur| blur / ((px + py) / 2.0));
        let cause = |percent: u32| match (unfair(module_css), soft > SOFT) {
            (true, _) => Some(Advice::WholePixels { css_px: width(module_css.round().max(2.0)) }),
            (_, true) => Some(Advice::Sharpen { percent }),
            _ => None,
        };
        let close = view.codewords_below(0.5);
        let modulation = view.modulation(MeasureKind::Modulation);
        let percent = modulation.0.round() as u32;
        let margin = view.modulation(MeasureKind::ReflectanceMargin);
        for (kind, (value, grade)) in [(MeasureKind::Modulation, modulation), (MeasureKind::ReflectanceMargin, margin)]
        {
            let advice = cause(percent).unwrap_or(Advice::EvenLight { codewords: close });
            measures.push(measured(kind, value, grade, advice));
        }
        for mut measure in
            [fixed_patterns(symbol.version, decided, &printed.modules, grid.side), unused(&worst, repaired)]
        {
            measure.advice = measure.advice.map(|advice| cause(percent).unwrap_or(advice));
            measures.push(measure);
        }
        overlay.repair(printed, decided, symbol.version);
        // More than the error correction bears: the reader prepared the picture before it corrected.
        corrected = blocks.iter().all(|block| 2 * block.wrong <= block.capacity).then_some(repaired as u32);
        correctable = Some((worst.capacity / 2) as u32);
        level = Some(printed.level);
    }
    let least = quiet.iter().copied().fold(QUIET_ZONE, f64::min);
    measures.push(measured(
        MeasureKind::QuietZone,
        least,
        Grade::at_least(least, [4.0, 3.0, 2.0, 1.0]),
        // A quarter of a pixel is what corners may be off.
        Advice::Padding { css_px: ((QUIET_ZONE - least) * module_css - 0.25).ceil().max(1.0) as u32 },
    ));
    let wanted = if module_css < 2.0 { 2.0 } else { 3.0 };
    measures.push(measured(
        MeasureKind::ModuleSize,
        module_css,
        // A corner that is off by a hundredth of a module makes no smaller code.
        Grade::at_least((module_css * 50.0).round() / 50.0, [3.0, 2.0, 1.6, 1.3]),
        Advice::Enlarge { css_px: width(wanted) },
    ));
    measures.push(axial(px, py));
    measures.push(evenness(&grid));
    let polarity = if symbol.inverted { (0.0, Grade::D) } else { (1.0, Grade::A) };
    measures.push(measured(MeasureKind::Polarity, polarity.0, polarity.1, Advice::DarkOnLight));
    let grade = measures.iter().map(|measure| measure.grade).min().unwrap_or(Grade::F);
    Quality { grade, measures, corrected, correctable, level, overlay }
}

fn measured(kind: MeasureKind, value: f64, grade: Grade, advice: Advice) -> Measure {
    Measure { kind, value, grade, advice: (grade < Grade::A).then_some(advice) }
}

/// Light, dark and the threshold between them, for a whole symbol.
struct Tone {
    contrast: f64,
    threshold: f64,
}

impl Tone {
    fn of(levels: &[Option<f64>], grid: &Grid) -> Self {
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

fn contrast(tone: &Tone) -> Measure {
    let percent = tone.contrast * 100.0;
    // A grey value is half a percent at most from what was meant.
    let grade = Grade::at_least((percent * 2.0).round() / 2.0, [70.0, 55.0, 40.0, 20.0]);
    measured(MeasureKind::Contrast, percent, grade, Advice::Contrast { percent: percent.round() as u32 })
}

/// Modules that are darker than the mean of those around them: what a reader sees in uneven light.
fn locally_dark(levels: &[Option<f64>], side: usize) -> Vec<bool> {
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
struct View<'a> {
    levels: &'a [Option<f64>],
    tone: &'a Tone,
    printed: &'a Printed,
}

impl View<'_> {
    /// Grades codewords by their worst module, then asks at each grade what would be left of the error correction if
    /// all that are worse were wrong; the best of these counts (ISO/IEC 15415, 7.8.4.2).
    fn modulation(&self, kind: MeasureKind) -> (f64, Grade) {
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
    fn codewords_below(&self, share: f64) -> u32 {
        let count = self.printed.codewords.len();
        (0..count).filter(|&i| self.margin(i, MeasureKind::ReflectanceMargin) < share).count() as u32
    }
}

fn worst(blocks: &[Block]) -> Block {
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

fn unused(worst: &Block, repaired: usize) -> Measure {
    let advice = Advice::Repair { codewords: repaired as u32, capacity: (worst.capacity / 2) as u32 };
    let value = (left(worst) * 100.0).max(0.0);
    measured(MeasureKind::UnusedErrorCorrection, value, unused_grade(worst), advice)
}

fn fixed_patterns(version: u8, sampled: &[bool], printed: &[bool], side: usize) -> Measure {
    let mut total = 0;
    let mut grades = Vec::new();
    for segment in 1..=6 {
        let modules = segment_modules(version, segment);
        if modules.is_empty() {
            continue;
        }
        let wrong = modules.iter().filter(|(x, y, _)| sampled[y * side + x] != printed[y * side + x]).count();
        total += wrong;
        let percent = 100.0 * wrong as f64 / modules.len() as f64;
        grades.push(match segment {
            1..=3 => Grade::at_most(wrong as f64, [0.0, 1.0, 2.0, 3.0]),
            4 | 5 => Grade::at_most(percent, [0.0, 7.0, 11.0, 14.0]),
            _ => Grade::at_most(percent, [0.0, 10.0, 20.0, 30.0]),
        });
    }
    let mean = grades.iter().map(|&grade| f64::from(grade as u8)).sum::<f64>() / grades.len() as f64;
    let overall = Grade::at_least(mean, [4.0, 3.5, 3.0, 2.5]);
    let grade = grades.into_iter().chain([overall]).min().unwrap_or(Grade::F);
    measured(MeasureKind::FixedPatternDamage, total as f64, grade, Advice::Uncover { modules: total as u32 })
}

/// Light modules on the four sides: top, right, bottom, left; four at most, in steps of a quarter. Dark is what is dark
/// beside the modules next to it: light that falls unevenly makes no quiet zone narrower.
fn quiet_zone(grid: &Grid, levels: &[Option<f64>], threshold: f64) -> [f64; 4] {
    let thresholds = [0, 1, 2, 3].map(|edge| border(levels, grid.side, edge, threshold));
    const STEPS: u32 = 16;
    let side = grid.side as f64;
    // The first quarter belongs to the edge, which is never sharp.
    let is_clean = |edge: usize, step: u32| {
        let depth = (f64::from(step) + 0.5) / 4.0;
        let count = (side + 2.0 * depth).floor() as u32;
        let mut dark = 0;
        for i in 0..count {
            let along = f64::from(i) + 0.5 - depth;
            let (x, y, half_x, half_y) = match edge {
                0 => (along, -depth, 0.3, 0.1),
                1 => (side + depth, along, 0.1, 0.3),
                2 => (along, side + depth, 0.3, 0.1),
                _ => (-depth, along, 0.1, 0.3),
            };
            // A hair beyond the picture is the reader's inexactness.
            let (near_x, near_y) =
                (x.clamp(-depth + 0.12, side + depth - 0.12), y.clamp(-depth + 0.12, side + depth - 0.12));
            let threshold = thresholds[edge][(along.max(0.0) as usize).min(grid.side - 1)];
            match grid.cell(x, y, half_x, half_y).or_else(|| grid.cell(near_x, near_y, half_x, half_y)) {
                None => return false,
                Some(level) if level < threshold => dark += 1,
                Some(_) => {}
            }
        }
        // A speck is no frame: one module in fifty.
        dark * 50 <= count
    };
    [0, 1, 2, 3].map(|edge| match (1..STEPS).find(|&step| !is_clean(edge, step)) {
        None => QUIET_ZONE,
        Some(1) => 0.0,
        Some(step) => f64::from(step) / 4.0,
    })
}

/// The threshold at each module along an edge: between the lightest and the darkest of its surroundings, if these
/// differ.
fn border(levels: &[Option<f64>], side: usize, edge: usize, threshold: f64) -> Vec<f64> {
    const DEEP: usize = 7;
    const REACH: usize = 6;
    let at = |along: usize, depth: usize| match edge {
        0 => levels[depth * side + along],
        1 => levels[along * side + side - 1 - depth],
        2 => levels[(side - 1 - depth) * side + along],
        _ => levels[along * side + depth],
    };
    (0..side)
        .map(|along| {
            let near = along.saturating_sub(REACH)..(along + REACH + 1).min(side);
            let around = near.flat_map(|along| (0..DEEP).filter_map(move |depth| at(along, depth)));
            let (low, high) = around.fold((1.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
            if high - low > 0.1 { (low + high) / 2.0 } else { threshold }
        })
        .collect()
}

fn axial(px: f64, py: f64) -> Measure {
    let percent = 200.0 * (px - py).abs() / (px + py);
    let grade = Grade::at_most(percent, [6.0, 8.0, 10.0, 12.0]);
    let advice = Advice::Straighten { percent: percent.round() as u32 };
    measured(MeasureKind::AxialNonuniformity, percent, grade, advice)
}

/// The farthest corner of the grid from the parallelogram that fits best. Of a perspective view the four corners are off
/// by the same amount, and nothing inside by more.
fn evenness(grid: &Grid) -> Measure {
    let [a, b, c, d] = grid.corners;
    let (x, y) = ((a.0 - b.0 + c.0 - d.0) / 4.0, (a.1 - b.1 + c.1 - d.1) / 4.0);
    let (px, py) = grid.pitch();
    let off = x.hypot(y) / ((px + py) / 2.0);
    measured(MeasureKind::GridNonuniformity, off, Grade::at_most(off, [0.38, 0.50, 0.63, 0.75]), Advice::Flatten)
}

/// Whether a symbol stands along the pixels, as in a screenshot.
fn is_upright(grid: &Grid) -> bool {
    let [a, b, c, d] = grid.corners;
    [a.1 - b.1, d.1 - c.1, a.0 - d.0, b.0 - c.0].iter().all(|off| off.abs() < 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scan, ScanOptions, SymbolMatrix, encode, scan};

    const TEXT: &str = "CT1:QUALITY IS MEASURED BY PICTURES THAT WERE SPOILED BY KNOWN AMOUNTS";

    fn drawn() -> SymbolMatrix {
        encode(TEXT, EcLevel::M).expect("it is short")
    }

    fn read(luma: &Luma) -> Symbol {
        match scan(luma, &ScanOptions::default()) {
            Scan::Read(mut symbols) => symbols.remove(0),
            other => panic!("{other:?}"),
        }
    }

    fn graded(luma: &Luma) -> Quality {
        quality(luma, &read(luma), &QualityOptions::default())
    }

    #[track_caller]
    fn measure(quality: &Quality, kind: MeasureKind) -> Measure {
        *quality.measure(kind).unwrap_or_else(|| panic!("{kind:?} is measured"))
    }

    fn map(luma: &Luma, value: impl Fn(u8) -> u8) -> Luma {
        Luma { pixels: luma.pixels.iter().map(|&v| value(v)).collect(), ..*luma }
    }

    /// A symbol on a page of one grey, with so many light modules around it.
    fn framed(symbol: &SymbolMatrix, module: usize, quiet: [usize; 4], page: u8) -> Luma {
        let side = symbol.modules_per_side();
        let [top, right, bottom, left] = quiet;
        let margin = 6;
        let (width, height) =
            ((side + left + right + 2 * margin) * module, (side + top + bottom + 2 * margin) * module);
        let pixels = (0..width * height).map(|i| {
            let at = |v: usize, before: usize| (v / module) as isize - (margin + before) as isize;
            let (x, y) = (at(i % width, left), at(i / width, top));
            let outside =
                |v: isize, before: usize, after: usize| v < -(before as isize) || v >= (side + after) as isize;
            match outside(x, left, right) || outside(y, top, bottom) {
                true => page,
                false if x >= 0 && y >= 0 && symbol.is_dark(x as usize, y as usize) => 0,
                false => 255,
            }
        });
        Luma::from_raw(width as u32, height as u32, pixels.collect()).expect("one pixel each")
    }

    #[test]
    fn clean_symbol_of_three_pixels_a_module_is_excellent() {
        for (level, module) in [(EcLevel::L, 3), (EcLevel::M, 4), (EcLevel::Q, 8), (EcLevel::H, 20)] {
            let quality = graded(&encode(TEXT, level).expect("it is short").to_luma(module));
            assert_eq!(quality.grade, Grade::A, "{:#?}", quality.measures);
            assert_eq!((quality.corrected, quality.level), (Some(0), Some(level)));
            assert!(quality.measures.iter().all(|measure| measure.advice.is_none()));
        }
    }

    #[test]
    fn contrast_has_the_grades_of_the_standard() {
        // ISO/IEC 15415, table 5: 70, 55, 40 and 20 %.
        let clean = drawn().to_luma(5);
        for (percent, grade) in [
            (100, Grade::A),
            (70, Grade::A),
            (69, Grade::B),
            (55, Grade::B),
            (54, Grade::C),
            (40, Grade::C),
            (39, Grade::D),
            (20, Grade::D),
        ] {
            let light = 255 * percent / 100;
            let quality = graded(&map(&clean, |v| 20 + (u32::from(v) * light / 255 * 215 / 255) as u8));
            let expected = f64::from(light * 215 / 255) / 2.55;
            let found = measure(&quality, MeasureKind::Contrast);
            assert!((found.value - expected).abs() < 0.5, "{found:?}, not {expected}");
            let exact = graded(&map(&clean, |v| if v == 0 { 0 } else { (255 * percent).div_ceil(100) as u8 }));
            let found = measure(&exact, MeasureKind::Contrast);
            assert_eq!(found.grade, grade, "{percent} %: {found:?}");
            assert_eq!(exact.grade, grade, "nothing else is wrong");
        }
    }

    #[test]
    fn quiet_zone_is_as_wide_as_drawn_on_each_side() {
        let symbol = drawn();
        for (width, grade) in [(4, Grade::A), (3, Grade::B), (2, Grade::C), (1, Grade::D)] {
            for side in 0..4 {
                let mut quiet = [5; 4];
                quiet[side] = width;
                let quality = graded(&framed(&symbol, 6, quiet, 40));
                let found = measure(&quality, MeasureKind::QuietZone);
                assert_eq!((found.value, found.grade), (width as f64, grade), "side {side}");
                // Six pixels a module: 18 for three.
                let advice = (width < 4).then(|| Advice::Padding { css_px: (4 - width as u32) * 6 });
                assert_eq!(found.advice, advice);
            }
        }
        let retina = QualityOptions { device_pixel_ratio: 2.0 };
        let luma = framed(&symbol, 6, [1; 4], 40);
        let found = measure(&quality(&luma, &read(&luma), &retina), MeasureKind::QuietZone);
        assert_eq!(found.advice, Some(Advice::Padding { css_px: 9 }));
    }

    #[test]
    fn a_code_that_a_page_scales_keeps_its_quiet_zone() {
        // 240 CSS pixels for 57 modules, as browsers scale: no module begins where a pixel does.
        for content in 0..40_u64 {
            let text: String = (0..200).map(|i| char::from(b'A' + (content * 7919 + i * i * 31) as u8 % 26)).collect();
            let symbol = encode(&text, EcLevel::M).expect("it fits");
            assert_eq!(symbol.version(), 8);
            let drawn = symbol.to_luma(4);
            let drawn = image::GrayImage::from_raw(drawn.width, drawn.height, drawn.pixels).expect("one pixel each");
            let scaled = image::imageops::resize(&drawn, 240, 240, image::imageops::FilterType::Triangle);
            let mut page = image::GrayImage::from_pixel(288, 288, image::Luma([255]));
            image::imageops::replace(&mut page, &scaled, 24, 24);
            let luma = Luma::from_raw(288, 288, page.into_raw()).expect("one pixel each");
            let quality = graded(&luma);
            assert!(quality.grade >= Grade::B, "{content}: {:#?}", quality.measures);
        }
    }

    #[test]
    fn size_asks_for_two_pixels_a_module() {
        // Version 7: 45 modules and eight of quiet zone.
        let symbol = encode(&"A".repeat(170), EcLevel::M).expect("it fits");
        assert_eq!(symbol.version(), 7);
        for (luma, ratio, grade, css_px) in [
            (symbol.to_luma(3), 1.0, Grade::A, None),
            (symbol.to_luma(2), 1.0, Grade::B, Some(159)),
            (symbol.to_luma(2), 2.0, Grade::F, Some(106)),
            (symbol.to_luma(3), 2.0, Grade::D, Some(106)),
        ] {
            let options = QualityOptions { device_pixel_ratio: ratio };
            let found = measure(&quality(&luma, &read(&luma), &options), MeasureKind::ModuleSize);
            assert_eq!((found.grade, found.advice), (grade, css_px.map(|css_px| Advice::Enlarge { css_px })));
        }
    }

    #[test]
    fn repaired_codewords_are_those_that_a_comparison_with_the_clean_symbol_counts() {
        let symbol = encode(TEXT, EcLevel::Q).expect("it is short");
        let (side, module) = (symbol.modules_per_side(), 5);
        let clean = symbol.to_luma(module as u32);
        // The bottom rows of the two rightmost columns are the first codewords: four rows each.
        for k in 1..=6 {
            let mut luma = clean.clone();
            for codeword in 0..k {
                let (x, y) = (side - 1, side - 1 - 4 * codeword);
                for py in 0..module {
                    for px in 0..module {
                        let at = ((y + 4) * module + py) * luma.width as usize + (x + 4) * module + px;
                        luma.pixels[at] = 255 - luma.pixels[at];
                    }
                }
            }
            let quality = graded(&luma);
            assert_eq!(quality.corrected, Some(k as u32));
            assert_eq!(quality.overlay.repaired_modules(), k);
        }
    }

    #[test]
    fn modules_of_finder_patterns_that_are_wrong_are_counted() {
        let symbol = drawn();
        // ISO/IEC 18004: one wrong module of a finder pattern is B, two C, three D.
        // A reader need not find what is damaged there: it is told.
        let seen = read(&symbol.to_luma(6));
        for (wrong, grade) in [(0, Grade::A), (1, Grade::B), (2, Grade::C), (3, Grade::D), (4, Grade::F)] {
            let mut luma = symbol.to_luma(6);
            // Of the top left pattern: a corner of its light ring, three modules of its separator.
            for (x, y) in [(11, 4), (4, 11), (11, 11), (9, 5)].into_iter().take(wrong) {
                for px in 0..36 {
                    luma.pixels[(y * 6 + px / 6) * luma.width as usize + x * 6 + px % 6] = 0;
                }
            }
            let found = measure(&quality(&luma, &seen, &QualityOptions::default()), MeasureKind::FixedPatternDamage);
            assert_eq!((found.value, found.grade), (wrong as f64, grade));
        }
    }

    #[test]
    fn modules_longer_one_way_are_not_uniform() {
        let clean = drawn().to_luma(10);
        // ISO/IEC 15415: 6, 8, 10 and 12 %.
        for (stretched, grade) in
            [(1.0, Grade::A), (1.05, Grade::A), (1.075, Grade::B), (1.09, Grade::C), (1.115, Grade::D), (1.2, Grade::F)]
        {
            let width = (f64::from(clean.width) * stretched).round() as u32;
            let pixels = (0..width * clean.height).map(|i| {
                let x = (f64::from(i % width) + 0.5) * f64::from(clean.width) / f64::from(width);
                clean.pixels[(i / width * clean.width) as usize + x as usize]
            });
            let luma = Luma { pixels: pixels.collect(), width, height: clean.height };
            let found = measure(&graded(&luma), MeasureKind::AxialNonuniformity);
            let expected = 200.0 * (stretched - 1.0) / (stretched + 1.0);
            assert!((found.value - expected).abs() < 0.6, "{found:?}, not {expected}");
            assert_eq!(found.grade, grade, "{stretched}: {found:?}");
        }
    }

    #[test]
    fn light_on_dark_is_found_and_else_graded_alike() {
        let quality = graded(&map(&drawn().to_luma(4), |v| 255 - v));
        let polarity = measure(&quality, MeasureKind::Polarity);
        assert_eq!((polarity.grade, polarity.advice), (Grade::D, Some(Advice::DarkOnLight)));
        assert!(quality.measures.iter().all(|found| found.kind == MeasureKind::Polarity || found.grade == Grade::A));
    }

    #[test]
    fn symbol_of_another_encoder_is_graded_by_its_codewords() {
        // Numeric, alphanumeric and byte segments, which we do not draw.
        let code =
            qrcode::QrCode::new(b"0123456789012345HELLO WORLD $%and the rest in small letters 42").expect("it fits");
        let side = code.width();
        let dark = |x: usize, y: usize| {
            let inside = |v: usize| (4..side + 4).contains(&v);
            inside(x) && inside(y) && code[(x - 4, y - 4)] == qrcode::Color::Dark
        };
        let width = (side + 8) * 4;
        let pixels = (0..width * width).map(|i| if dark(i % width / 4, i / width / 4) { 0 } else { 255 });
        let luma = Luma::from_raw(width as u32, width as u32, pixels.collect()).expect("one pixel each");
        assert_eq!((graded(&luma).grade, graded(&luma).corrected), (Grade::A, Some(0)));
    }
}
