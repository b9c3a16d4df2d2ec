//! The measures, and advice for a measure that is not good enough.

use super::grade::Grade;

/// The kind of a measure. A, B, C and D begin at its four limits; beyond the last is F.
///
/// Exhaustive on purpose: so the compiler requires a translation of each new one.
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
/// Exhaustive on purpose: so the compiler requires a translation of each new one.
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

impl Measure {
    /// Gives the advice unless nothing is better.
    pub(super) fn new(kind: MeasureKind, value: f64, grade: Grade, advice: Advice) -> Self {
        Self { kind, value, grade, advice: (grade < Grade::A).then_some(advice) }
    }
}
