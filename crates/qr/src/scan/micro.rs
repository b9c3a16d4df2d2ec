//! Symbols of the QR family that are no full QR codes. Micro QR is read where it lies flat; rMQR (ISO/IEC 23941) is recognised by its
//! edge.
//!
//! Both have one finder pattern, and from there on a timing pattern along the edge of the symbol.

use crate::scan::deadline::Deadline;
use crate::scan::geometry::{Point, Quad, sample};
use crate::scan::plain::{Pattern, patterns};
use crate::scan::prepare::{negative, shrink};
use crate::scan::{segments, text};
use crate::symbol::{EcLevel, MicroFormat, correct};
use crate::{Luma, SymbolText};

/// A symbol of the QR family that [`scan`](crate::scan) does not read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OtherSymbol {
    /// A Micro QR code that was read.
    Micro(MicroSymbol),
    /// A Micro QR code, as it seems, that could not be read.
    UnreadMicro,
    /// A rectangular code (rMQR), as it seems. These are not read.
    Rectangular,
}

/// A Micro QR code that was read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MicroSymbol {
    /// The bytes it carries.
    pub payload: Vec<u8>,
    /// 1 to 4, of M1 to M4.
    pub version: u8,
    /// How much of it may be damaged; `None` for M1, of which nothing may be.
    pub level: Option<EcLevel>,
    /// Its outer corners in pixels, as those of [`Symbol`](crate::Symbol).
    pub corners: [(f32, f32); 4],
    /// The side of a module in pixels.
    pub module_px: f32,
    named_text: Option<String>,
}

impl MicroSymbol {
    /// Its text, as [`Symbol::text`](crate::Symbol::text) returns it.
    #[must_use]
    pub fn text(&self) -> SymbolText {
        text::of(&self.payload, self.named_text.as_deref())
    }
}

/// The longer side in which a picture is searched.
const SIDE: u32 = 2000;

/// Finder patterns that are looked at.
const MAX_PATTERNS: usize = 60;

/// Looks for a Micro QR code, and for the marks of an rMQR code. For pictures in which [`scan`](crate::scan) reads nothing.
#[must_use]
pub fn scan_other(luma: &Luma) -> Option<OtherSymbol> {
    let factor = luma.width.max(luma.height).div_ceil(SIDE).min(luma.width.min(luma.height));
    let shrunk = (factor > 1).then(|| shrink(luma, factor));
    let luma = shrunk.as_ref().unwrap_or(luma);
    let mut seen = None;
    for (found, inverted) in patterns(luma, Deadline::default()).into_iter().zip([false, true]) {
        if found.is_empty() || found.len() > MAX_PATTERNS {
            continue;
        }
        let turned = inverted.then(|| negative(luma));
        let luma = turned.as_ref().unwrap_or(luma);
        for corner in found.iter().flat_map(Corner::all) {
            match corner.read(luma) {
                Some(OtherSymbol::Micro(mut symbol)) => {
                    let scale = factor as f32;
                    symbol.corners = symbol.corners.map(|(x, y)| (x * scale, y * scale));
                    symbol.module_px *= scale;
                    return Some(OtherSymbol::Micro(symbol));
                }
                other => seen = seen.or(other),
            }
        }
    }
    seen
}

/// A finder pattern as the top left of a symbol, with a way along its rows and one along its columns, each a module long.
struct Corner {
    middle: Point,
    across: Point,
    down: Point,
}

impl Corner {
    /// The eight ways in which a symbol may hang on a finder pattern: four turns, seen from before or behind.
    fn all(pattern: &Pattern) -> Vec<Self> {
        let Some([a, b, c, d]) = square(pattern) else { return Vec::new() };
        let sixth = |from: Point, to: Point| ((to.0 - from.0) / 12.0, (to.1 - from.1) / 12.0);
        let sum = |p: Point, q: Point| (p.0 + q.0, p.1 + q.1);
        let (u, v) = (sum(sixth(a, b), sixth(d, c)), sum(sixth(a, d), sixth(b, c)));
        let back = |(x, y): Point| (-x, -y);
        let turns = [(u, v), (v, back(u)), (back(u), back(v)), (back(v), u)];
        let both = turns.into_iter().flat_map(|(u, v)| [(u, v), (v, u)]);
        both.map(|(across, down)| Self { middle: pattern.centre, across, down }).collect()
    }

    /// Columns and rows from the outer corner.
    fn place(&self, u: f32, v: f32) -> Point {
        let (u, v) = (u - 3.5, v - 3.5);
        (self.middle.0 + u * self.across.0 + v * self.down.0, self.middle.1 + u * self.across.1 + v * self.down.1)
    }

    fn read(mut self, luma: &Luma) -> Option<OtherSymbol> {
        // Between the dark of the pattern and the light within it.
        let grey = |corner: &Self, u: f32, v: f32| sample(luma, corner.place(u, v));
        let dark = (grey(&self, 3.5, 3.5) + grey(&self, 0.5, 3.5) + grey(&self, 3.5, 0.5)) / 3.0;
        let light = (grey(&self, 1.5, 3.5) + grey(&self, 3.5, 1.5) + grey(&self, 5.5, 3.5)) / 3.0;
        let middle = (dark + light) / 2.0;
        if light - dark < 20.0 {
            return None;
        }
        let across = self.fitted(luma, middle, false);
        let across_seen = across.as_ref().map(|(_, side)| *side);
        if let Some((step, _)) = across {
            self.across = step;
        }
        let down = self.fitted(luma, middle, true);
        match (across_seen, down) {
            (Some(side), Some((step, same))) if side == same && side <= 17 => {
                self.down = step;
                let is_dark = |x: usize, y: usize| grey(&self, x as f32 + 0.5, y as f32 + 0.5) < middle;
                // The pattern is parted from the data.
                let parted = (0..8).filter(|&i| !is_dark(7, i) && !is_dark(i, 7)).count();
                if parted < 7 {
                    return None;
                }
                let symbol = decode(side, is_dark).map(|symbol| self.found(symbol, side));
                Some(symbol.map_or(OtherSymbol::UnreadMicro, OtherSymbol::Micro))
            }
            // A rectangle is at least 27 modules wide.
            (Some(25..), _) => Some(OtherSymbol::Rectangular),
            _ => None,
        }
    }

    /// The step along one edge, at which a timing pattern follows the finder pattern, and how many modules there are up to its end.
    fn fitted(&self, luma: &Luma, middle: f32, is_column: bool) -> Option<(Point, usize)> {
        let (along, aside) = if is_column { (self.down, self.across) } else { (self.across, self.down) };
        let mut best: Option<(f32, Point, usize)> = None;
        for (stretch, lean) in
            (-8i8..=8).flat_map(|i| (-4i8..=4).map(move |j| (f32::from(i) / 100.0, f32::from(j) / 60.0)))
        {
            let step = (along.0 * (1.0 + stretch) + aside.0 * lean, along.1 * (1.0 + stretch) + aside.1 * lean);
            let at = |i: f32, off: f32| {
                let (u, v) = (i - 3.5, off - 3.5);
                (self.middle.0 + u * step.0 + v * aside.0, self.middle.1 + u * step.1 + v * aside.1)
            };
            // From the eighth module on, light and dark in turn, the last dark, and behind it light.
            let is_due = |i: usize| (sample(luma, at(i as f32 + 0.5, 0.5)) < middle) == i.is_multiple_of(2);
            let side = (7..180).take_while(|&i| is_due(i)).last().map_or(0, |last| last + 1);
            // Light that ends a timing pattern is that of the quiet zone.
            let side = if side % 2 == 0 { side.saturating_sub(1) } else { side };
            let beyond = [0.5, 1.5].map(|more| sample(luma, at(side as f32 + more, 0.5)) > middle);
            if side < 11 || beyond != [true, true] {
                continue;
            }
            // The middles of modules are surest: the sum of what they are off the grey between.
            let sure: f32 = (7..side).map(|i| (sample(luma, at(i as f32 + 0.5, 0.5)) - middle).abs()).sum::<f32>()
                / (side - 7) as f32;
            let sure = sure - 40.0 * (stretch.abs() + lean.abs());
            if best.is_none_or(|(known, ..)| known < sure) {
                best = Some((sure, step, side));
            }
        }
        best.map(|(_, step, side)| (step, side))
    }

    fn found(&self, symbol: MicroSymbol, side: usize) -> MicroSymbol {
        let side = side as f32;
        let corners: Quad = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(u, v)| self.place(u, v));
        let module_px = (self.across.0.hypot(self.across.1) + self.down.0.hypot(self.down.1)) / 2.0;
        MicroSymbol { corners, module_px, ..symbol }
    }
}

/// The corners of the middle line of a pattern's ring, whichever way it is turned: of six ways the one whose sides the ring keeps to.
fn square(pattern: &Pattern) -> Option<Quad> {
    let each = (0..6u8).filter_map(|i| {
        let (sine, cosine) = (f32::from(i) * 15.0).to_radians().sin_cos();
        let corners = pattern.corners((cosine, sine), (-sine, cosine))?;
        let off = |&(x, y): &Point| {
            let at = (pattern.centre.0 + x, pattern.centre.1 + y);
            let sides = (0..4).map(|i| from_line(at, corners[i], corners[(i + 1) % 4]));
            sides.fold(f32::MAX, f32::min)
        };
        Some((pattern.ring.iter().map(off).sum::<f32>(), corners))
    });
    let best = each.min_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(off, _)| *off < 0.3 * pattern.module * pattern.ring.len() as f32).map(|(_, corners)| corners)
}

/// How far a point is from the line through two others.
fn from_line(at: Point, a: Point, b: Point) -> f32 {
    let (u, v) = (b.0 - a.0, b.1 - a.1);
    ((at.0 - a.0) * v - (at.1 - a.1) * u).abs() / u.hypot(v).max(f32::MIN_POSITIVE)
}

fn decode(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> Option<MicroSymbol> {
    let word = MicroFormat::places().fold(0, |word, (x, y)| word << 1 | u32::from(is_dark(x, y)));
    let wrong = |(known, _): &(u32, MicroFormat)| (known ^ word).count_ones();
    let (known, format) = MicroFormat::all().min_by_key(wrong)?;
    // Two bits are mended at most, for little else proves that this is a symbol; and none of one that mends nothing.
    let most = if format.level.is_some() { 2 } else { 0 };
    if (known ^ word).count_ones() > most || side != 2 * usize::from(format.version) + 9 {
        return None;
    }
    let mut codewords = format.codewords(is_dark);
    let last = format.data - 1;
    let errors = correct(&mut codewords, format.correction, &[]).or_else(|| {
        // Some take a codeword of four bits for the lower half of a byte.
        let has_short = format.version % 2 == 1;
        codewords[last] >>= 4;
        let errors = has_short.then(|| correct(&mut codewords, format.correction, &[])).flatten();
        codewords[last] <<= 4;
        errors
    })?;
    // As many as table 9 allows: some codewords of the smallest symbols are for detection alone.
    let bears = match (format.version, format.level) {
        (1, _) => 0,
        (2, Some(EcLevel::L)) => 1,
        (2, _) => 2,
        (3, Some(EcLevel::L)) => 2,
        (3, _) => 4,
        (_, Some(EcLevel::L)) => 3,
        (_, Some(EcLevel::M)) => 5,
        _ => 7,
    };
    if errors > bears {
        return None;
    }
    let content = segments::read_micro(&codewords[..format.data], format.version)?;
    Some(MicroSymbol {
        payload: content.payload,
        version: format.version,
        level: format.level,
        corners: Quad::default(),
        module_px: 0.0,
        named_text: content.named_text,
    })
}

#[cfg(test)]
mod tests;
