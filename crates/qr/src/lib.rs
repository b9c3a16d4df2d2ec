//! The image: a text drawn as a QR symbol, and the way back from an image to the symbol's text.
//!
//! ```
//! use camtoken_qr::{EcLevel, Luma, Limits, Scan, ScanOptions, encode, scan};
//!
//! let png = encode("CT1:EXAMPLE", EcLevel::M)?.to_png(4);
//! let luma = Luma::decode(&png, &Limits::default())?;
//! let Scan::Read(symbols) = scan(&luma, &ScanOptions::default()) else { panic!("a clean picture is read") };
//! assert_eq!(symbols[0].payload, b"CT1:EXAMPLE");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//! text -> SymbolMatrix -> PNG, SVG, half blocks ~~light~~> file -> Luma -> Scan
//!   encode            to_png …                      Luma::decode    scan
//! ```
//!
//! * `render`: the symbol (ISO/IEC 18004) and the forms it is drawn in.
//! * `scan`: `picture` (files to luma, with limits), `prepare` (the preparation of a poor picture), `ladder` (the order of the
//!   attempts), `watch` (frame after frame), and two readers: `plain` for a black-and-white picture, `grey` for grey levels. Both
//!   take 8-bit luma, and return bytes, corners and the size of a module; `text` finds the text of the bytes.
//! * `quality`: how well a camera reads a symbol, and why none was read in a picture. `distort`: the effects of light, lens,
//!   sensor and file on a picture, made from a seed.
//! * `symbol`: the codec of ISO/IEC 18004 under all of these: the purpose of each module, and the protection of the codewords.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod distort;
mod quality;
mod render;
mod scan;
mod symbol;

pub use distort::Distortion;
pub use quality::{
    Advice, Diagnosis, Edge, Grade, GradeError, Measure, MeasureKind, Overlay, Quality, QualityOptions, Reason,
    diagnose, quality,
};
#[cfg(feature = "second-opinion")]
#[cfg_attr(docsrs, doc(cfg(feature = "second-opinion")))]
pub use quality::{SecondOpinion, second_opinion};
pub use render::{RenderError, SymbolMatrix, Terminal, encode, encode_bytes};
pub use scan::{
    Deadline, Effort, FileScan, Format, Joined, Limits, MicroSymbol, OtherSymbol, PictureError, Scan, ScanOptions,
    Stage, Watcher, decoding, joined, scan, scan_file, scan_for, scan_other,
};
pub use symbol::EcLevel;

/// A picture in 8-bit grey, row by row from the top left; 0 is black.
#[derive(Clone, PartialEq, Eq)]
pub struct Luma {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Luma {
    /// Makes a picture of pixels, for example from a camera.
    ///
    /// # Errors
    ///
    /// [`PictureError::Empty`] without a pixel, [`PictureError::Length`] unless there are `width * height` of them.
    pub fn from_raw(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, PictureError> {
        if width == 0 || height == 0 {
            return Err(PictureError::Empty);
        }
        if u64::from(width) * u64::from(height) != pixels.len() as u64 {
            return Err(PictureError::Length { width, height, found: pixels.len() });
        }
        Ok(Self { width, height, pixels })
    }

    /// Columns, never 0.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows, never 0.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Writes it as a PNG.
    #[must_use]
    pub fn to_png(&self) -> Vec<u8> {
        quality::png(self.width, self.height, png::ColorType::Grayscale, &self.pixels)
    }

    fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.pixels.chunks_exact(self.width as usize)
    }
}

impl std::fmt::Debug for Luma {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Luma({}x{})", self.width, self.height)
    }
}

/// A symbol that was read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Symbol {
    /// The bytes it carries, in the order of its segments.
    pub payload: Vec<u8>,
    /// Its outer corners in pixels of the picture, without the quiet zone: top left, top right, bottom right and bottom
    /// left of the symbol as it was printed.
    pub corners: [(f32, f32); 4],
    /// The side of a module in pixels, on average.
    pub module_px: f32,
    /// 1 to 40.
    pub version: u8,
    /// How much of it may be damaged, if the decoder knows it.
    pub level: Option<EcLevel>,
    /// Light modules on a dark ground.
    pub inverted: bool,
    /// Seen from behind or in a mirror.
    pub mirrored: bool,
    /// Codewords that error correction changed, if the decoder knows it.
    pub corrected: Option<u32>,
    /// Which part of a larger whole it is (structured append).
    pub sequence: Option<Sequence>,
    /// The preparation of the picture.
    pub stage: Stage,
    named_text: Option<String>,
}

/// The text of a symbol's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SymbolText {
    /// In the character sets that it names, or in UTF-8.
    Sure(String),
    /// In a character set that it does not name.
    Likely(String),
    /// Bytes, and no text.
    None,
}

/// A symbol's place in a payload that is spread over several symbols (ISO/IEC 18004, 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// From 0.
    pub index: u8,
    /// Symbols in all.
    pub count: u8,
    /// All bytes of the whole payload, added without carry: the same in all of its symbols.
    pub parity: u8,
}
