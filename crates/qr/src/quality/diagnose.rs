//! Why nothing was read: what can be measured of a picture without a symbol.

mod finders;

use self::finders::*;
use crate::symbol::QUIET_ZONE;
use crate::{Luma, Scan};

/// Contrast under which nothing is a code, in percent: what paper and a sensor's noise have.
const BLANK: f64 = 6.0;
/// Contrast under which readers give up, in percent (ISO/IEC 15415: under D).
const LOW_CONTRAST: f64 = 20.0;
/// Pixels a module under which readers give up.
const SMALL: f64 = 2.0;
/// Standard deviation of a blur, in modules, at which readers give up: ours ends between 0.5 and 0.7, others before.
const BLUR: f64 = 0.5;
/// The same in pixels, where the size of a module is not known: a sharp edge has 0.4.
const BLUR_PX: f64 = 2.0;
/// Standard deviation of noise, in percent of the contrast, from which readers give up one after the other.
const NOISE: f64 = 15.0;
/// The longest side that is searched for finder patterns.
const SEARCHED: u32 = 1600;

/// What a picture in which nothing was read has and lacks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Lightest less darkest part of the picture, in percent.
    pub contrast: f64,
    /// Finder patterns, the squares in three corners of a symbol, that were found: the centres in pixels, three at most.
    pub finders: Vec<(f64, f64)>,
    /// The outer corners of the symbol that three of them span, in pixels, one after the other.
    pub corners: Option<[(f64, f64); 4]>,
    /// Pixels for one module, if a finder pattern or the reader gives them.
    pub module_px: Option<f64>,
    /// Standard deviation of the blur of the sharpest edges, in pixels; none without an edge.
    pub blur_px: Option<f64>,
    /// Why nothing was read, the likeliest first. Never empty.
    pub reasons: Vec<Reason>,
}

/// A side of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The first row.
    Top,
    /// The last column.
    Right,
    /// The last row.
    Bottom,
    /// The first column.
    Left,
}

/// Why nothing was read.
///
/// Exhaustive on purpose: so the compiler requires a translation of each new one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// The picture is of one colour.
    Blank {
        /// Contrast in percent.
        percent: f64,
    },
    /// Light and dark hardly differ.
    LowContrast {
        /// Contrast in percent.
        percent: f64,
    },
    /// Modules are too small.
    TooSmall {
        /// Pixels for one module.
        module_px: f64,
    },
    /// The picture ends before the symbol does.
    CutOff {
        /// Where.
        edge: Edge,
    },
    /// Something dark is too close to the code.
    NoQuietZone {
        /// Light modules where there are fewest.
        modules: f64,
    },
    /// Pixels differ from their neighbours by chance.
    Noisy {
        /// Standard deviation in percent of the contrast.
        percent: f64,
    },
    /// Edges are soft.
    Blurred {
        /// Standard deviation in pixels.
        px: f64,
        /// Standard deviation in modules, where their size is known.
        modules: Option<f64>,
    },
    /// The symbol is seen, large and sharp enough, and too many of its modules are wrong: covered, glaring or damaged.
    Damaged,
    /// Nothing looks like the corner of a symbol.
    NoFinder,
}

impl Reason {
    /// A stable name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Blank { .. } => "blank",
            Self::LowContrast { .. } => "lowContrast",
            Self::TooSmall { .. } => "tooSmall",
            Self::CutOff { .. } => "cutOff",
            Self::NoQuietZone { .. } => "noQuietZone",
            Self::Noisy { .. } => "noisy",
            Self::Blurred { modules: None, .. } => "blurred",
            Self::Blurred { modules: Some(_), .. } => "blurredModules",
            Self::Damaged => "damaged",
            Self::NoFinder => "noFinder",
        }
    }
}

/// Says why nothing was read in a picture.
///
/// # Examples
///
/// ```
/// use camtoken_qr::{Distortion, EcLevel, Reason, ScanOptions, diagnose, encode, scan};
///
/// let pale = Distortion { fade: 0.97, ..Distortion::default() }.apply(&encode("CT1:EXAMPLE", EcLevel::M)?.to_luma(1));
/// let seen = scan(&pale, &ScanOptions::default());
/// let diagnosis = diagnose(&pale, &seen);
/// assert!(diagnosis.reasons.iter().any(|reason| matches!(reason, Reason::LowContrast { .. } | Reason::Blank { .. })));
/// # Ok::<(), camtoken_qr::RenderError>(())
/// ```
#[must_use]
pub fn diagnose(luma: &Luma, seen: &Scan) -> Diagnosis {
    let contrast = contrast(luma);
    let blur_px = blur(luma, contrast);
    let mut reasons = Vec::new();
    if contrast < BLANK {
        let reasons = vec![Reason::Blank { percent: contrast }];
        return Diagnosis { contrast, finders: Vec::new(), corners: None, module_px: None, blur_px: None, reasons };
    }
    let noise = 100.0 * noise(luma) / (contrast * 2.55);
    let found = finders(luma, noise > NOISE / 2.0);
    let told = match seen {
        Scan::Unreadable { module_px } => module_px.map(f64::from),
        _ => None,
    };
    let mean = |finders: &[Finder]| finders.iter().map(|finder| finder.module).sum::<f64>() / finders.len() as f64;
    let module_px = if found.is_empty() { told } else { Some(mean(&found)) };
    if contrast < LOW_CONTRAST {
        reasons.push(Reason::LowContrast { percent: contrast });
    }
    if noise > NOISE {
        reasons.push(Reason::Noisy { percent: noise });
    }
    if let Some(module_px) = module_px.filter(|&px| px < SMALL) {
        reasons.push(Reason::TooSmall { module_px });
    }
    if let Some(px) = blur_px {
        let modules = module_px.map(|module| px / module);
        // A pixel is an aperture of its own: small modules look blurred when they are only small.
        let limit = module_px.map_or(BLUR_PX, |module| (BLUR * module).max(0.8));
        if px > limit {
            reasons.push(Reason::Blurred { px, modules });
        }
    }
    let complete = <&[Finder; 3]>::try_from(&found[..]).ok().and_then(frame);
    match &complete {
        // Noise darkens every margin.
        Some(frame) if noise <= NOISE => match quiet(luma, frame) {
            modules if modules < 1.0 => reasons.push(Reason::NoQuietZone { modules }),
            _ => {}
        },
        Some(_) => {}
        None => reasons.extend(edge_crossed(luma, module_px).map(|edge| Reason::CutOff { edge })),
    }
    if reasons.is_empty() {
        let seen = !found.is_empty() || matches!(seen, Scan::Unreadable { .. });
        reasons.push(if seen { Reason::Damaged } else { Reason::NoFinder });
    }
    let corners = complete.map(|frame| frame.corners);
    let finders = found.iter().map(|finder| (finder.x, finder.y)).collect();
    Diagnosis { contrast, finders, corners, module_px, blur_px, reasons }
}

/// Lightest less darkest in percent, a thousandth of the pixels left out at either end.
fn contrast(luma: &Luma) -> f64 {
    let mut histogram = [0u64; 256];
    for &v in &luma.pixels {
        histogram[usize::from(v)] += 1;
    }
    let few = luma.pixels.len() as u64 / 1000;
    let beyond_few = |levels: &mut dyn Iterator<Item = usize>| {
        let mut passed = 0;
        for level in levels {
            passed += histogram[level];
            if passed > few {
                return level;
            }
        }
        0
    };
    let (low, high) = (beyond_few(&mut (0..256)), beyond_few(&mut (0..256).rev()));
    high.saturating_sub(low) as f64 / 2.55
}

/// The standard deviation of the blur at the edges of the picture: the height of an edge over its steepest step is 2.5
/// times that for a Gaussian. The median of the edges that have half of the contrast at least.
pub(super) fn blur(luma: &Luma, contrast: f64) -> Option<f64> {
    let least = contrast * 2.55 * 0.5;
    let mut widths = Vec::new();
    let mut gather = |line: &[u8]| {
        let mut from = 0;
        while from + 1 < line.len() {
            let rising = line[from + 1] > line[from];
            let (mut to, mut steepest) = (from, 0.0f64);
            while to + 1 < line.len() && line[to + 1] != line[to] && (line[to + 1] > line[to]) == rising {
                steepest = steepest.max(f64::from(line[to].abs_diff(line[to + 1])));
                to += 1;
            }
            let height = f64::from(line[from].abs_diff(line[to]));
            if height >= least && steepest > 0.0 {
                widths.push(height / steepest);
            }
            from = to.max(from + 1);
        }
    };
    let (width, height) = (luma.width as usize, luma.height as usize);
    for row in luma.rows().step_by(height.div_ceil(400)) {
        gather(row);
    }
    for x in (0..width).step_by(width.div_ceil(400)) {
        let column: Vec<u8> = (0..height).map(|y| luma.pixels[y * width + x]).collect();
        gather(&column);
    }
    widths.sort_by(f64::total_cmp);
    (widths.len() > 20).then(|| widths[widths.len() / 2] / 2.5)
}

/// The standard deviation of noise in grey levels, from the median of how far pixels are from the mean of those beside
/// them: a code has more flat places than edges.
fn noise(luma: &Luma) -> f64 {
    let mut counts = [0usize; 512];
    let mut total = 0;
    for row in luma.rows() {
        for three in row.windows(3) {
            let [a, b, c] = [three[0], three[1], three[2]].map(i32::from);
            counts[((a - 2 * b + c).unsigned_abs() as usize).min(511)] += 1;
            total += 1;
        }
    }
    let mut passed = 0;
    let median = counts.iter().position(|count| {
        passed += count;
        passed * 2 > total
    });
    // Of a normal distribution the median is 0.6745 deviations, and this difference has sqrt(6) times that of a pixel.
    median.unwrap_or(0) as f64 / (0.6745 * 6f64.sqrt())
}

/// Darker than the middle between the lightest and the darkest of the surroundings' means.
fn darkness(luma: &Luma, window: usize, inverted: bool) -> Vec<bool> {
    let (width, height) = (luma.width as usize, luma.height as usize);
    let mut sums = vec![0u64; (width + 1) * (height + 1)];
    for y in 0..height {
        let mut row = 0;
        for x in 0..width {
            row += u64::from(luma.pixels[y * width + x]);
            sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
        }
    }
    let half = (window / 2).max(4);
    let (low, high) = luma.pixels.iter().fold((255, 0), |(low, high), &v| (v.min(low), v.max(high)));
    let middle = (f64::from(low) + f64::from(high)) / 2.0;
    let whole = half >= width.max(height);
    (0..width * height)
        .map(|i| {
            let (x, y) = (i % width, i / width);
            let (x0, x1) = (x.saturating_sub(half), (x + half + 1).min(width));
            let (y0, y1) = (y.saturating_sub(half), (y + half + 1).min(height));
            let at = |x: usize, y: usize| sums[y * (width + 1) + x];
            let sum = at(x1, y1) + at(x0, y0) - at(x0, y1) - at(x1, y0);
            let mean = sum as f64 / ((x1 - x0) * (y1 - y0)) as f64;
            let limit = if whole { middle } else { mean };
            (f64::from(luma.pixels[i]) < limit) != inverted
        })
        .collect()
}

/// Each pixel the mean of nine.
fn averaged(luma: &Luma) -> Luma {
    let (width, height) = (luma.width as usize, luma.height as usize);
    let near = |v: usize, length: usize| v.saturating_sub(1)..(v + 2).min(length);
    let pixels = (0..width * height).map(|i| {
        let block = near(i / width, height).flat_map(|y| near(i % width, width).map(move |x| y * width + x));
        let (sum, count) = block.fold((0, 0), |(sum, count), at| (sum + u32::from(luma.pixels[at]), count + 1));
        (sum / count) as u8
    });
    Luma { pixels: pixels.collect(), ..*luma }
}

fn shrunk(luma: &Luma, factor: u32) -> Luma {
    if factor <= 1 {
        return luma.clone();
    }
    let (width, height) = ((luma.width / factor).max(1), (luma.height / factor).max(1));
    let pixels = (0..width * height).map(|i| {
        let (left, top) = (i % width * factor, i / width * factor);
        let (right, bottom) = ((left + factor).min(luma.width), (top + factor).min(luma.height));
        let block = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
        let (sum, count) = block.fold((0, 0), |(sum, count), (x, y)| {
            (sum + u32::from(luma.pixels[(y * luma.width + x) as usize]), count + 1)
        });
        (sum / count) as u8
    });
    Luma { pixels: pixels.collect(), width, height }
}

/// The outer corners of the symbol that three finder patterns span, and the side of a module.
struct Frame {
    corners: [(f64, f64); 4],
    module: f64,
}

fn frame(three: &[Finder; 3]) -> Option<Frame> {
    let distance = |a: &Finder, b: &Finder| (a.x - b.x).hypot(a.y - b.y);
    // The top left one is opposite the longest side.
    let order = [[0, 1, 2], [1, 0, 2], [2, 0, 1]]
        .into_iter()
        .max_by(|a, b| distance(&three[a[1]], &three[a[2]]).total_cmp(&distance(&three[b[1]], &three[b[2]])))?;
    let [tl, a, b] = order.map(|i| three[i]);
    let (across, down) = (distance(&tl, &a), distance(&tl, &b));
    let module = (tl.module + a.module + b.module) / 3.0;
    let cosine = ((a.x - tl.x) * (b.x - tl.x) + (a.y - tl.y) * (b.y - tl.y)) / (across * down);
    if !(0.6..1.7).contains(&(across / down)) || cosine.abs() > 0.5 || across < 13.0 * module {
        return None;
    }
    // From the centres outward, 3.5 modules along each side.
    let (ux, uy) = ((a.x - tl.x) / across * 3.5 * module, (a.y - tl.y) / across * 3.5 * module);
    let (vx, vy) = ((b.x - tl.x) / down * 3.5 * module, (b.y - tl.y) / down * 3.5 * module);
    let far = (a.x + b.x - tl.x, a.y + b.y - tl.y);
    let corners = [
        (tl.x - ux - vx, tl.y - uy - vy),
        (a.x + ux - vx, a.y + uy - vy),
        (far.0 + ux + vx, far.1 + uy + vy),
        (b.x - ux + vx, b.y - uy + vy),
    ];
    Some(Frame { corners, module })
}

/// Light modules around a frame, in steps of a half, on the side that has fewest. Beyond the picture nothing is light.
fn quiet(luma: &Luma, frame: &Frame) -> f64 {
    let value = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(luma.width) && y < f64::from(luma.height);
        inside.then(|| f64::from(luma.pixels[y as usize * luma.width as usize + x as usize]))
    };
    let centre = frame.corners.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / 4.0, sum.1 + p.1 / 4.0));
    let reach = (frame.corners[0].0 - centre.0).hypot(frame.corners[0].1 - centre.1);
    // Light and dark are those of the symbol itself.
    let mut inside: Vec<f64> = Vec::new();
    for i in 0..40 {
        for j in 0..40 {
            let (s, t) = (f64::from(i) / 39.0, f64::from(j) / 39.0);
            let [a, b, c, d] = frame.corners;
            let x = (a.0 * (1.0 - s) + b.0 * s) * (1.0 - t) + (d.0 * (1.0 - s) + c.0 * s) * t;
            let y = (a.1 * (1.0 - s) + b.1 * s) * (1.0 - t) + (d.1 * (1.0 - s) + c.1 * s) * t;
            inside.extend(value(x, y));
        }
    }
    inside.sort_by(f64::total_cmp);
    let Some((low, high)) = inside.get(inside.len() / 20).zip(inside.get(inside.len() * 19 / 20)) else { return 0.0 };
    let threshold = (low + high) / 2.0;
    let is_clean = |depth: f64| {
        let share = 1.0 + depth * frame.module * std::f64::consts::SQRT_2 / reach;
        let out = frame.corners.map(|p| (centre.0 + (p.0 - centre.0) * share, centre.1 + (p.1 - centre.1) * share));
        (0..4).all(|i| {
            let (a, b) = (out[i], out[(i + 1) % 4]);
            let dark = (0..60).filter(|step| {
                let t = f64::from(*step) / 59.0;
                value(a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t).is_none_or(|v| v < threshold)
            });
            dark.count() <= 6
        })
    };
    let steps = u32::from(QUIET_ZONE) * 2;
    // What three centres say of the edges is a quarter of a module off: the first step looks further out.
    (1..=steps)
        .find(|&step| !is_clean(f64::from(step) / 2.0))
        .map_or(QUIET_ZONE.into(), |step| f64::from(step - 1) / 2.0)
}

/// The side of the picture that something alternating like modules runs into.
fn edge_crossed(luma: &Luma, module_px: Option<f64>) -> Option<Edge> {
    const FEWEST: usize = 8;
    let module_px = module_px?;
    let (width, height) = (luma.width as usize, luma.height as usize);
    let (low, high) = luma.pixels.iter().fold((255u8, 0u8), |(low, high), &v| (low.min(v), high.max(v)));
    let threshold = (u16::from(low) + u16::from(high)) / 2;
    let inset = (module_px / 2.0) as usize;
    let changes = |line: Vec<u8>| {
        let dark: Vec<bool> = line.iter().map(|&v| u16::from(v) < threshold).collect();
        dark.chunk_by(|a, b| a == b).filter(|run| (run.len() as f64) < 6.0 * module_px).count()
    };
    let row = |y: usize| luma.pixels[y * width..][..width].to_vec();
    let column = |x: usize| (0..height).map(|y| luma.pixels[y * width + x]).collect::<Vec<u8>>();
    let (x, y) = (inset.min(width - 1), inset.min(height - 1));
    let edges = [
        (Edge::Top, changes(row(y))),
        (Edge::Right, changes(column(width - 1 - x))),
        (Edge::Bottom, changes(row(height - 1 - y))),
        (Edge::Left, changes(column(x))),
    ];
    let crossed = edges.into_iter().filter(|(_, changes)| *changes >= FEWEST);
    // What runs into every side is a pattern all over the picture, not a symbol.
    if crossed.clone().count() > 2 {
        return None;
    }
    crossed.max_by_key(|(_, changes)| *changes).map(|(edge, _)| edge)
}
