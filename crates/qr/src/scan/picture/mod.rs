//! From a file to luma. An image is not trusted: its size is checked before anything is allocated for it.

#[cfg(feature = "image")]
mod by_image;
mod error;
mod jpeg;
mod netpbm;
mod pdf;
mod png;
mod samples;
mod sniff;
mod svg;
#[cfg(feature = "image")]
mod tiff;
mod vector;
mod webp;

use std::borrow::Cow;
use std::fmt;
use std::panic::AssertUnwindSafe;

pub use error::PictureError;

use self::samples::Frame;
use crate::Luma;
use crate::scan::reading::guarded;

/// The limits of a picture.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest side in pixels.
    pub max_side: u32,
    /// Pixels in all.
    pub max_pixels: u64,
    /// Bytes that decoding may need at once.
    pub max_alloc_bytes: u64,
    /// Bytes of the file.
    pub max_file_bytes: u64,
}

impl Default for Limits {
    /// Photos of up to 110 megapixels, in 128 MiB, from files of up to 64 MiB.
    fn default() -> Self {
        Self { max_side: 65_535, max_pixels: 110_000_000, max_alloc_bytes: 128 << 20, max_file_bytes: 64 << 20 }
    }
}

impl Limits {
    /// Returns how many pixels a picture has.
    ///
    /// # Errors
    ///
    /// [`PictureError::Empty`] for none, [`PictureError::TooManyPixels`] for too many.
    pub fn check_size(&self, width: u32, height: u32) -> Result<u64, PictureError> {
        let area = u64::from(width) * u64::from(height);
        if area == 0 {
            return Err(PictureError::Empty);
        }
        if width.max(height) > self.max_side || area > self.max_pixels {
            return Err(PictureError::TooManyPixels { width, height });
        }
        Ok(area)
    }
}

/// The file formats that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Portable Network Graphics, animated ones (APNG) too.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP, animated ones too.
    WebP,
    /// Windows bitmap. Read with the feature `image`.
    Bmp,
    /// GIF, all frames. Read with the feature `image`.
    Gif,
    /// TIFF, its pages. Read with the feature `image`.
    Tiff,
    /// PBM, PGM and PPM.
    Netpbm,
    /// Shapes in XML: rectangles, paths, circles, pictures in them; neither text nor gradients.
    Svg,
    /// The pictures that are embedded in pages, and what pages draw with areas and lines; no text.
    Pdf,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::Tiff => "TIFF",
            Self::Netpbm => "PNM",
            Self::Svg => "SVG",
            Self::Pdf => "PDF",
        })
    }
}

/// The number of pictures of a file that are read: frames of an animation, pages, images of pages.
pub(super) const MAX_PICTURES: usize = 32;

impl Luma {
    /// Reads the first picture of a file in one of the supported [formats](Format), whatever its name; also as a `data:` URI
    /// and in Base64. Transparent pixels become white. If the picture then has one colour only, they become black; if it still
    /// has one only, they get the colour that they would have without transparency.
    ///
    /// Colour profiles, texts and later frames are skipped; [`scan_file`](crate::scan_file) looks at all frames.
    ///
    /// # Errors
    ///
    /// A [`PictureError`]; those about a size before memory is taken for the picture.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self, PictureError> {
        let file = PictureFile::open(bytes, limits)?;
        let first = |ground| file.frames(ground).next().unwrap_or(Err(PictureError::Empty));
        let frame = first(Ground::White)?;
        let shows = |luma: &Self| luma.pixels.iter().any(|pixel| *pixel != luma.pixels[0]);
        if frame.is_transparent && !shows(&frame.luma) {
            for ground in [Ground::Black, Ground::Below] {
                let other = first(ground)?;
                if shows(&other.luma) {
                    return Ok(other.luma);
                }
            }
        }
        Ok(frame.luma)
    }
}

/// A file whose format is known.
pub(super) struct PictureFile<'a> {
    bytes: Cow<'a, [u8]>,
    format: Format,
    limits: &'a Limits,
}

impl<'a> PictureFile<'a> {
    pub fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self, PictureError> {
        if bytes.len() as u64 > limits.max_file_bytes {
            return Err(PictureError::FileTooLarge { bytes: bytes.len() as u64, limit: limits.max_file_bytes });
        }
        let bytes = sniff::unwrapped(bytes)?;
        Ok(Self { format: Format::of(&bytes)?, bytes, limits })
    }

    /// Its pictures with their numbers from 1 on, up to the first error: those over white; where they are transparent, also those over
    /// black and those without transparency.
    pub fn pictures(&self) -> impl Iterator<Item = Result<(usize, Luma), PictureError>> {
        let (mut is_transparent, mut is_over, mut number) = (false, false, 0);
        let mut grounds = [Ground::White, Ground::Black, Ground::Below].into_iter();
        let mut frames = self.frames(grounds.next().expect("there are three"));
        std::iter::from_fn(move || {
            loop {
                match frames.next() {
                    _ if is_over => return None,
                    Some(Ok(frame)) => {
                        is_transparent |= frame.is_transparent;
                        number += 1;
                        return Some(Ok((number, frame.luma)));
                    }
                    Some(Err(error)) => {
                        is_over = true;
                        return Some(Err(error));
                    }
                    None if is_transparent => {
                        frames = self.frames(grounds.next()?);
                        number = 0;
                    }
                    None => return None,
                }
            }
        })
    }

    /// Its pictures over a ground, or an error; a panic of a decoder is one.
    fn frames(&self, ground: Ground) -> Frames<'_> {
        let gave_up = damaged(self.format, "the decoder gave up");
        let opened = guarded(AssertUnwindSafe(|| open(&self.bytes, self.format, ground, self.limits)));
        let mut frames = match opened.unwrap_or_else(|| Err(gave_up.clone())) {
            Ok(frames) => frames,
            Err(error) => return Box::new(std::iter::once(Err(error))),
        };
        let mut is_over = false;
        let each = std::iter::from_fn(move || {
            let next = (!is_over).then(|| guarded(AssertUnwindSafe(|| frames.next())))?;
            let next = next.unwrap_or_else(|| Some(Err(gave_up.clone())));
            is_over = matches!(next, Some(Err(_)));
            next
        });
        Box::new(each.take(MAX_PICTURES))
    }
}

type Decoded = Result<Frame, PictureError>;

type Frames<'a> = Box<dyn Iterator<Item = Decoded> + 'a>;

fn open<'a>(bytes: &'a [u8], format: Format, ground: Ground, limits: &'a Limits) -> Result<Frames<'a>, PictureError> {
    match format {
        Format::Png => png::frames(bytes, ground, limits),
        Format::Jpeg => jpeg::frames(bytes, limits),
        Format::WebP => webp::frames(bytes, ground, limits),
        Format::Netpbm => netpbm::frames(bytes, limits),
        Format::Svg => svg::frames(bytes, limits),
        Format::Pdf => pdf::frames(bytes, limits),
        #[cfg(feature = "image")]
        Format::Bmp => by_image::bmp(bytes, ground, limits),
        #[cfg(feature = "image")]
        Format::Gif => by_image::gif(bytes, ground, limits),
        #[cfg(feature = "image")]
        Format::Tiff => Ok(tiff::frames(bytes, ground, limits)),
        #[cfg(not(feature = "image"))]
        Format::Bmp | Format::Gif | Format::Tiff => Err(PictureError::Unknown),
    }
}

/// The pictures that can be decoded, then the first fault in one of the others.
fn faults_last<'a>(mut frames: impl Iterator<Item = Decoded> + 'a) -> impl Iterator<Item = Decoded> + 'a {
    let mut fault = None;
    std::iter::from_fn(move || {
        for frame in frames.by_ref() {
            match frame {
                Ok(frame) => return Some(Ok(frame)),
                Err(error) => fault = fault.take().or(Some(error)),
            }
        }
        fault.take().map(Err)
    })
}

/// The ground of transparent pixels.
#[derive(Clone, Copy)]
enum Ground {
    White,
    Black,
    /// The colour that the pixel has, as if it were not transparent.
    Below,
}

fn check_memory(bytes: u64, limits: &Limits) -> Result<(), PictureError> {
    if bytes > limits.max_alloc_bytes {
        return Err(PictureError::Memory { bytes, limit: limits.max_alloc_bytes });
    }
    Ok(())
}

fn damaged(format: Format, reason: impl fmt::Display) -> PictureError {
    PictureError::Damaged { format, reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
