//! All that is taken of rxing: its detector for black-and-white pictures, and its reading of codewords. No other file names it, but for
//! the tests of the codec.
//!
//! rxing offers one call that reads a picture. What is called here are the steps of its port of zxing-cpp, so that what is tried stays
//! bounded and a grid that was not decoded can still be judged. They are public and no part of its promise: so Cargo.toml names the
//! one release that they were read in.

use rxing::common::cpp_essentials::{ConcentricPattern, StructuredAppendInfo};
use rxing::common::{BitArray, BitMatrix, DetectorRXingResult, ECIStringBuilder, HybridBinarizer};
use rxing::qrcode::common::{ErrorCorrectionLevel, Version as TheirVersion};
use rxing::qrcode::cpp_port::decoder::{Decode, DecodeBitStream};
use rxing::qrcode::cpp_port::detector::{FindFinderPatterns, FinderPatternSet, GenerateFinderPatternSets, SampleQR};
use rxing::qrcode::detector::Detector;
use rxing::{Binarizer, DecodeHints, Luma8Source, Point};

use crate::scan::text::is_printable;
use crate::symbol::{EcLevel, Version};
use crate::{Luma, Sequence};

/// Dark and light, of a picture or of the modules of a symbol.
#[derive(PartialEq)]
pub(super) struct Bitmap(BitMatrix);

/// Pixels in a word of a row.
pub(super) const WORD: usize = usize::BITS as usize;

impl Bitmap {
    /// Fills each row, word by word from the left; the lowest bit of a word is its first pixel, and set if that is dark.
    pub(super) fn of_rows(width: u32, height: u32, mut fill: impl FnMut(usize, &mut [usize])) -> Option<Self> {
        let mut matrix = BitMatrix::new(width, height).ok()?;
        let mut words = vec![0; (width as usize).div_ceil(WORD)];
        let mut row = BitArray::with_size(width as usize);
        for y in 0..height {
            fill(y as usize, &mut words);
            for (i, &word) in words.iter().enumerate() {
                row.setBulk(i * WORD, word);
            }
            matrix.setRow(y, &row);
        }
        Some(Self(matrix))
    }

    /// Decides by neighbourhood.
    pub(super) fn by_neighbourhood(luma: &Luma) -> Option<Self> {
        let source = Luma8Source::new_with_slice(luma.pixels(), luma.width(), luma.height()).ok()?;
        HybridBinarizer::new(source).get_black_matrix().ok().cloned().map(Self)
    }

    pub(super) fn width(&self) -> u32 {
        self.0.width()
    }

    pub(super) fn height(&self) -> u32 {
        self.0.height()
    }

    pub(super) fn is_dark(&self, x: u32, y: u32) -> bool {
        self.0.get(x, y)
    }

    /// Makes dark light and light dark.
    pub(super) fn invert(&mut self) {
        self.0.flip_self();
    }
}

/// A finder pattern.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Pattern(ConcentricPattern);

/// Three finder patterns that may belong together.
pub(super) struct PatternSet(FinderPatternSet);

impl PatternSet {
    pub(super) fn patterns(&self) -> [Pattern; 3] {
        [self.0.tl, self.0.tr, self.0.bl].map(Pattern)
    }
}

/// How many finder patterns there are, and the sets that may be symbols, the most plausible first; no set if there are more patterns
/// than `most`. May panic.
pub(super) fn find(picture: &Bitmap, most: usize) -> (usize, Vec<PatternSet>) {
    let mut patterns = FindFinderPatterns(&picture.0, true, 0);
    let count = patterns.len();
    let sets = if count > most { Vec::new() } else { GenerateFinderPatternSets(&mut patterns) };
    (count, sets.into_iter().map(PatternSet).collect())
}

/// The modules of what may be a symbol.
pub(super) struct Sample {
    pub grid: Bitmap,
    /// Clockwise from the top left, as seen, in pixels.
    pub corners: [(f32, f32); 4],
}

impl Sample {
    /// Samples the grid that three finder patterns span. May panic.
    pub(super) fn of_set(picture: &Bitmap, set: &PatternSet) -> Option<Self> {
        let sample = SampleQR(&picture.0, &set.0).ok()?;
        // The sampler gives the bottom corners left to right, and all half a pixel too far.
        let &[tl, tr, bl, br] = <&[Point; 4]>::try_from(sample.getPoints()).ok()?;
        let corners = [tl, tr, br, bl].map(|p| (p.x - 0.5, p.y - 0.5));
        Some(Self { grid: Bitmap(sample.getBits().clone()), corners })
    }

    /// Samples the grid that the older detector likes best: it finds a few symbols that the newer one does not. May panic.
    pub(super) fn of_older_detector(picture: &Bitmap) -> Option<Self> {
        let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
        let sample = Detector::new(&picture.0).detect_with_hints(&hints).ok()?;
        let &[bl, tl, tr, ..] = sample.getPoints() else { return None };
        let grid = sample.getBits().clone();
        // The points are the centres of the finder patterns, half a pattern inside the corners.
        let span = (grid.width() - 7) as f32;
        let at = |x: f32, y: f32| {
            let along = |t: f32, a: f32, b: f32| (b - a) * t / span;
            (tl.x + along(x, tl.x, tr.x) + along(y, tl.x, bl.x), tl.y + along(x, tl.y, tr.y) + along(y, tl.y, bl.y))
        };
        let (near, far) = (-3.5, span + 3.5);
        let corners = [at(near, near), at(far, near), at(far, far), at(near, far)];
        Some(Self { grid: Bitmap(grid), corners })
    }
}

/// What the data of a symbol says.
pub(super) struct Content {
    /// The bytes of all segments, in their order.
    pub payload: Vec<u8>,
    /// Which part of a larger whole it is.
    pub sequence: Option<Sequence>,
    /// Its text, where it names the character set (ECI, 7.4.2).
    pub named_text: Option<String>,
}

/// A grid that rxing has decoded.
pub(super) struct Decoded {
    pub content: Content,
    pub level: EcLevel,
    pub mirrored: bool,
    /// A symbol of Model 1, which ISO/IEC 18004 has given up.
    pub is_model_1: bool,
}

/// Decodes modules; believes whatever Reed-Solomon makes of them. May panic.
pub(super) fn decode(grid: &Bitmap) -> Option<Decoded> {
    let decoded = Decode(&grid.0).ok().filter(|decoded| decoded.isValid())?;
    Some(Decoded {
        content: content(decoded.content(), decoded.structuredAppend()),
        level: EcLevel::ALL.into_iter().find(|level| format!("{level:?}") == decoded.ecLevel())?,
        mirrored: decoded.isMirrored(),
        // ]Q0, as ISO/IEC 15424 names it.
        is_model_1: decoded.content().symbology.modifier == b'0',
    })
}

/// Reads the segments of the data codewords (7.4). May panic.
pub(super) fn segments(data: &[u8], version: Version, level: EcLevel) -> Option<Content> {
    let version = TheirVersion::getVersionForNumber(version.number().into()).ok()?;
    let level = match level {
        EcLevel::L => ErrorCorrectionLevel::L,
        EcLevel::M => ErrorCorrectionLevel::M,
        EcLevel::Q => ErrorCorrectionLevel::Q,
        EcLevel::H => ErrorCorrectionLevel::H,
    };
    let decoded = DecodeBitStream(data, version, level).ok().filter(|decoded| decoded.isValid())?;
    Some(content(decoded.content(), decoded.structuredAppend()))
}

fn content(said: &ECIStringBuilder, part: &StructuredAppendInfo) -> Content {
    // Of one that names a set of no text, as of one that names none, there is none.
    let named_text = said.has_eci.then(|| said.to_string()).filter(|text| is_printable(text));
    Content { payload: said.bytes().to_vec(), sequence: sequence(part), named_text }
}

fn sequence(part: &StructuredAppendInfo) -> Option<Sequence> {
    if part.count < 1 {
        return None;
    }
    let (index, count) = (u8::try_from(part.index).ok()?, u8::try_from(part.count).ok()?);
    Some(Sequence { index, count, parity: part.id.parse().ok()? })
}
