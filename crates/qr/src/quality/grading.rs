//! Grades a symbol that was read.

use super::codewords::Printed;
use super::contrast::{Tone, View, contrast, fixed_patterns, locally_dark, unused, worst};
use super::diagnose::blur;
use super::grade::Grade;
use super::grid::Grid;
use super::measure::{Advice, Measure, MeasureKind};
use super::overlay::Overlay;
use super::quiet_zone::quiet_zone;
use crate::symbol::{EcLevel, QUIET_ZONE, Version};
use crate::{Luma, Symbol};

/// Standard deviation of a blur, in modules, from which it is the blur that spoils the modules.
const SOFT: f64 = 0.2;

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
///
/// # Examples
///
/// ```
/// use camtoken_qr::{EcLevel, Grade, QualityOptions, Scan, ScanOptions, encode, quality, scan};
///
/// let picture = encode("CT1:EXAMPLE", EcLevel::M)?.to_luma(4);
/// let Scan::Read(symbols) = scan(&picture, &ScanOptions::default()) else { panic!("a clean picture is read") };
/// let graded = quality(&picture, &symbols[0], &QualityOptions::default());
/// assert_eq!((graded.grade, graded.corrected), (Grade::A, Some(0)));
/// # Ok::<(), camtoken_qr::RenderError>(())
/// ```
#[must_use]
pub fn quality(luma: &Luma, symbol: &Symbol, options: &QualityOptions) -> Quality {
    Sampled::of(luma, symbol).quality(options)
}

/// A symbol beside the picture in which it was read.
pub(super) struct Sampled<'a> {
    luma: &'a Luma,
    symbol: &'a Symbol,
    version: Version,
    grid: Grid<'a>,
    /// The reflectance of each module, row by row.
    levels: Vec<Option<f64>>,
    tone: Tone,
}

impl<'a> Sampled<'a> {
    pub(super) fn of(luma: &'a Luma, symbol: &'a Symbol) -> Self {
        let version = Version::nearest(symbol.version);
        let grid = Grid::new(luma, symbol, version);
        let levels = grid.reflectances();
        let tone = Tone::of(&levels, &grid);
        Self { luma, symbol, version, grid, levels, tone }
    }

    /// Modules on a side.
    #[cfg(feature = "second-opinion")]
    pub(super) fn side(&self) -> usize {
        self.version.side()
    }

    /// The modules row by row, `true` for dark, by one threshold for the whole symbol. Of a symbol that is light on dark, as if it were not.
    pub(super) fn modules(&self) -> Vec<bool> {
        self.levels.iter().map(|level| level.is_some_and(|level| level < self.tone.threshold)).collect()
    }

    pub(super) fn quality(&self, options: &QualityOptions) -> Quality {
        let Self { luma, symbol, version, grid, levels, tone } = self;
        let quiet = quiet_zone(grid, levels, tone.threshold);
        let size = Size::of(grid, options);
        let mut measures = vec![contrast(tone)];
        let mut overlay = Overlay::new(grid, quiet);
        let (mut corrected, mut correctable, mut level) = (None, None, symbol.level);
        if let Some((printed, decided)) = self.printed() {
            // Codewords are wrong as the decoder saw them, which may not have been by one threshold.
            let blocks = printed.wrong(|i| printed.codewords[i].iter().any(|&at| decided[at] != printed.modules[at]));
            let worst = worst(&blocks);
            let repaired: usize = blocks.iter().map(|block| block.wrong).sum();
            let view = View { levels, tone, printed: &printed };
            let modulation = view.modulation(MeasureKind::Modulation);
            let margin = view.modulation(MeasureKind::ReflectanceMargin);
            // One cause for all that it spoils: soft edges, else what lies over the code.
            let soft = blur(luma, tone.contrast * 100.0).map_or(0.0, |blur| blur / size.module_px());
            let cause = match (size.is_unfair(grid), soft > SOFT) {
                (true, _) => Some(Advice::WholePixels { css_px: size.width(size.module_css().round().max(2.0)) }),
                (_, true) => Some(Advice::Sharpen { percent: modulation.0.round() as u32 }),
                _ => None,
            };
            let close = Advice::EvenLight { codewords: view.codewords_below(0.5) };
            let spoilt = [
                Measure::new(MeasureKind::Modulation, modulation.0, modulation.1, close),
                Measure::new(MeasureKind::ReflectanceMargin, margin.0, margin.1, close),
                fixed_patterns(*version, &decided, &printed.modules),
                unused(&worst, repaired),
            ];
            let advised = |found: Measure| Measure { advice: found.advice.map(|own| cause.unwrap_or(own)), ..found };
            measures.extend(spoilt.map(advised));
            overlay.repair(&printed, &decided, *version);
            // More than the error correction bears: the reader prepared the picture before it corrected.
            corrected = blocks.iter().all(|block| 2 * block.wrong <= block.capacity).then_some(repaired as u32);
            correctable = Some((worst.capacity / 2) as u32);
            level = Some(printed.level);
        }
        let rest = [light_around(quiet, &size), module_size(&size), axial(size.px), evenness(grid), polarity(symbol)];
        measures.extend(rest);
        let grade = measures.iter().map(|measure| measure.grade).min().unwrap_or(Grade::F);
        Quality { grade, measures, corrected, correctable, level, overlay }
    }

    /// The symbol as it was printed, and the modules of the picture as they were decided to know it: by one threshold, else by one for
    /// each neighbourhood.
    fn printed(&self) -> Option<(Printed, Vec<bool>)> {
        let of = |decided: Vec<bool>| Some((Printed::of(self.symbol, self.version, &decided)?, decided));
        of(self.modules()).or_else(|| of(locally_dark(&self.levels, self.version.side())))
    }
}

/// How large modules are.
struct Size {
    /// Their sides in pixels of the picture, along the row and the column.
    px: (f64, f64),
    /// Pixels of the picture for one of the page.
    scale: f64,
    /// Modules on a side, with the quiet zone.
    framed: f64,
}

impl Size {
    fn of(grid: &Grid, options: &QualityOptions) -> Self {
        let scale = if options.device_pixel_ratio > 0.0 { options.device_pixel_ratio } else { 1.0 };
        Self { px: grid.pitch(), scale, framed: grid.side as f64 + 2.0 * f64::from(QUIET_ZONE) }
    }

    fn module_px(&self) -> f64 {
        (self.px.0 + self.px.1) / 2.0
    }

    fn module_css(&self) -> f64 {
        self.module_px() / self.scale
    }

    /// The width of the symbol, quiet zone included, if a module is so wide.
    fn width(&self, module: f64) -> u32 {
        (module * self.framed).ceil() as u32
    }

    /// Whether some modules are a pixel wider than others.
    fn is_unfair(&self, grid: &Grid) -> bool {
        let px = self.module_css();
        (px - px.round()).abs() > 0.05 && px < 6.0 && is_upright(grid)
    }
}

fn light_around(quiet: [f64; 4], size: &Size) -> Measure {
    let wanted = f64::from(QUIET_ZONE);
    let least = quiet.iter().copied().fold(wanted, f64::min);
    // A quarter of a pixel is what corners may be off.
    let css_px = ((wanted - least) * size.module_css() - 0.25).ceil().max(1.0) as u32;
    let grade = Grade::at_least(least, [4.0, 3.0, 2.0, 1.0]);
    Measure::new(MeasureKind::QuietZone, least, grade, Advice::Padding { css_px })
}

fn module_size(size: &Size) -> Measure {
    let css = size.module_css();
    // A corner that is off by a hundredth of a module makes no smaller code.
    let grade = Grade::at_least((css * 50.0).round() / 50.0, [3.0, 2.0, 1.6, 1.3]);
    let css_px = size.width(if css < 2.0 { 2.0 } else { 3.0 });
    Measure::new(MeasureKind::ModuleSize, css, grade, Advice::Enlarge { css_px })
}

fn polarity(symbol: &Symbol) -> Measure {
    let (value, grade) = if symbol.inverted { (0.0, Grade::D) } else { (1.0, Grade::A) };
    Measure::new(MeasureKind::Polarity, value, grade, Advice::DarkOnLight)
}

fn axial((px, py): (f64, f64)) -> Measure {
    let percent = 200.0 * (px - py).abs() / (px + py);
    let grade = Grade::at_most(percent, [6.0, 8.0, 10.0, 12.0]);
    let advice = Advice::Straighten { percent: percent.round() as u32 };
    Measure::new(MeasureKind::AxialNonuniformity, percent, grade, advice)
}

/// The farthest corner of the grid from the parallelogram that fits best. Of a perspective view the four corners are off
/// by the same amount, and nothing inside by more.
fn evenness(grid: &Grid) -> Measure {
    let [a, b, c, d] = grid.corners;
    let (x, y) = ((a.0 - b.0 + c.0 - d.0) / 4.0, (a.1 - b.1 + c.1 - d.1) / 4.0);
    let (px, py) = grid.pitch();
    let off = x.hypot(y) / ((px + py) / 2.0);
    Measure::new(MeasureKind::GridNonuniformity, off, Grade::at_most(off, [0.38, 0.50, 0.63, 0.75]), Advice::Flatten)
}

/// Whether the sides of a symbol are parallel to the pixels, as in a screenshot.
fn is_upright(grid: &Grid) -> bool {
    let [a, b, c, d] = grid.corners;
    [a.1 - b.1, d.1 - c.1, a.0 - d.0, b.0 - c.0].iter().all(|off| off.abs() < 0.5)
}
