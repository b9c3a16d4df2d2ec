//! From a file to luma. A picture is a stranger's: its size is checked before anything is allocated for it.

use std::fmt;
use std::io::Cursor;
use std::iter;
use std::panic::AssertUnwindSafe;

use image::ImageDecoder;
use image::codecs::{bmp::BmpDecoder, jpeg::JpegDecoder, webp::WebPDecoder};

use crate::Luma;
use crate::scan::reading::guarded;

/// What a picture may cost.
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
    /// Photos of up to 40 megapixels, in 128 MiB.
    fn default() -> Self {
        Self { max_side: 16_384, max_pixels: 40_000_000, max_alloc_bytes: 128 << 20, max_file_bytes: 32 << 20 }
    }
}

/// The file formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
    /// Windows bitmap.
    Bmp,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
        })
    }
}

/// Why a file is no picture to scan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// It has no pixel.
    #[error("the picture has no pixels")]
    Empty,
    /// The pixels do not make up the rectangle.
    #[error("a picture of {width}x{height} does not have {found} pixels")]
    Length {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Pixels given.
        found: usize,
    },
    /// The file has no bytes.
    #[error("the file is empty")]
    Nothing,
    /// It begins like something else that is known.
    #[error("this is {kind}; PNG, JPEG, WebP and BMP are read")]
    NotRead {
        /// What it is: `a GIF`, `an HTML page`, …
        kind: &'static str,
    },
    /// It does not begin like a format that is read.
    #[error("the file is neither PNG, JPEG, WebP nor BMP")]
    Unknown,
    /// The file is larger than [`Limits::max_file_bytes`].
    #[error("the file has {bytes} bytes, more than {limit}")]
    FileTooLarge {
        /// Bytes of the file.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A side or the area is larger than the limits allow.
    #[error("the picture is {width}x{height} pixels, more than is read")]
    TooManyPixels {
        /// Columns, as the file claims.
        width: u32,
        /// Rows, as the file claims.
        height: u32,
    },
    /// Decoding would take more than [`Limits::max_alloc_bytes`].
    #[error("decoding the picture takes {bytes} bytes, more than {limit}")]
    Memory {
        /// Bytes needed.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The file breaks the rules of its format, ends too early, or uses a part of it that is not read.
    #[error("the {format} is damaged or of a kind not read: {reason}")]
    Damaged {
        /// The format it begins as.
        format: Format,
        /// What the decoder says.
        reason: String,
    },
}

impl Luma {
    /// Reads a PNG, JPEG, WebP or BMP file, whatever it is called. What is transparent becomes white; black if all of it were white
    /// then, and what stands below if all of it were black.
    ///
    /// Colour profiles, texts and later frames are skipped.
    ///
    /// # Errors
    ///
    /// A [`PictureError`]; those about a size before memory is taken for the picture.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self, PictureError> {
        if bytes.len() as u64 > limits.max_file_bytes {
            return Err(PictureError::FileTooLarge { bytes: bytes.len() as u64, limit: limits.max_file_bytes });
        }
        let format = sniff(bytes).ok_or_else(|| no_picture(bytes))?;
        let decode = |ground| {
            guarded(AssertUnwindSafe(|| match format {
                Format::Png => decode_png(bytes, ground, limits),
                Format::Jpeg => decode_jpeg(bytes, ground, limits),
                Format::WebP => decode_with(format, WebPDecoder::new(Cursor::new(bytes)), WEBP_COST, ground, limits),
                Format::Bmp => decode_with(format, BmpDecoder::new(Cursor::new(bytes)), 0, ground, limits),
            }))
            .unwrap_or_else(|| Err(damaged(format, "the decoder gave up")))
        };
        let (luma, has_alpha) = decode(Ground::White)?;
        let shows = |luma: &Self| luma.pixels.iter().any(|pixel| *pixel != luma.pixels[0]);
        if has_alpha && !shows(&luma) {
            for ground in [Ground::Black, Ground::Below] {
                let (other, _) = decode(ground)?;
                if shows(&other) {
                    return Ok(other);
                }
            }
        }
        Ok(luma)
    }
}

/// What is seen where a picture is transparent.
#[derive(Clone, Copy)]
enum Ground {
    White,
    Black,
    /// The colour that the pixel has, as if it were not transparent.
    Below,
}

/// What a file is that is no picture of a kind that is read.
fn no_picture(bytes: &[u8]) -> PictureError {
    if bytes.is_empty() {
        return PictureError::Nothing;
    }
    let text = bytes.trim_ascii_start();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let starts = |start: &&[u8]| text.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    let kinds: [(&[&[u8]], &str); 9] = [
        (&[b"GIF87a", b"GIF89a"], "a GIF"),
        (&[b"II*\0", b"MM\0*"], "a TIFF"),
        (&[b"%PDF-"], "a PDF"),
        (&[b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"P7"], "a Netpbm picture"),
        (&[b"<svg", b"<?xml"], "SVG or other XML"),
        (&[b"<!doctype html", b"<html", b"<head", b"<body"], "an HTML page"),
        (&[b"{", b"["], "JSON"),
        (&[b"data:"], "a data: URI and not the picture in it"),
        (&[b"http://", b"https://"], "a web address and not the picture there"),
    ];
    let known = kinds.iter().find(|(begins, _)| begins.iter().any(starts)).map(|(_, kind)| *kind);
    let kind = known.or_else(|| match (bytes.get(4..8)?, bytes.get(8..12)?) {
        (b"ftyp", b"avif" | b"avis") => Some("an AVIF"),
        (b"ftyp", b"heic" | b"heix" | b"mif1" | b"msf1" | b"hevc") => Some("a HEIC"),
        (b"ftyp", _) => Some("a video"),
        _ => None,
    });
    kind.map_or(PictureError::Unknown, |kind| PictureError::NotRead { kind })
}

/// Bytes a pixel that a progressive JPEG keeps beside the picture: 16-bit coefficients of three components.
const PROGRESSIVE_COST: u64 = 6;
/// Scans of a JPEG: encoders write ten or so, and each goes over the whole picture again, whatever it changes.
const MAX_SCANS: usize = 32;
/// Bytes a pixel that WebP keeps beside the picture: planes, or a canvas.
const WEBP_COST: u64 = 4;

fn sniff(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(Format::Png)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some(Format::Jpeg)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(Format::WebP)
    } else if bytes.starts_with(b"BM") {
        Some(Format::Bmp)
    } else {
        None
    }
}

fn decode_png(bytes: &[u8], ground: Ground, limits: &Limits) -> Decoded {
    let fault = |e: png::DecodingError| damaged(Format::Png, e);
    let max = usize::try_from(limits.max_alloc_bytes).unwrap_or(usize::MAX);
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: max });
    // A profile or a text may inflate to a thousand times its size, and is of no use here.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(fault)?;
    let (width, height) = (header.width, header.height);
    let area = limits.check_size(width, height)?;
    // What inflating writes, though a row is kept only for its turn: it is time, too.
    check_memory(area * header.bits_per_pixel() as u64 / 8, limits)?;
    let mut reader = decoder.read_info().map_err(fault)?;
    let channels = reader.output_color_type().0.samples();
    let mut pixels = Vec::with_capacity(area as usize);
    if reader.info().interlaced {
        check_memory(area * (channels as u64 + 1), limits)?;
        let mut whole = vec![0; area as usize * channels];
        reader.next_frame(&mut whole).map_err(fault)?;
        extend_luma(&mut pixels, &whole, channels, ground);
    } else {
        while pixels.len() < area as usize {
            let row = reader.next_row().map_err(fault)?.ok_or_else(|| damaged(Format::Png, "rows are missing"))?;
            extend_luma(&mut pixels, row.data(), channels, ground);
        }
    }
    Ok((Luma::from_raw(width, height, pixels)?, has_alpha(channels)))
}

fn decode_jpeg(bytes: &[u8], ground: Ground, limits: &Limits) -> Decoded {
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|e| damaged(Format::Jpeg, e))?;
    let (width, height) = decoder.dimensions();
    let area = limits.check_size(width, height)?;
    // The decoder would fill up in grey what is missing. Each block of 8 x 8 takes a bit at the very least.
    if (bytes.len() as u64) < area / 512 {
        return Err(damaged(Format::Jpeg, "most of the picture is missing"));
    }
    if jpeg_markers(bytes).filter(|&marker| marker == 0xda).count() > MAX_SCANS {
        return Err(damaged(Format::Jpeg, "too many scans"));
    }
    // What cannot be followed up to a sequential frame is taken for the dear kind.
    let frame =
        jpeg_markers(bytes).find(|marker| matches!(marker, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf));
    let own = if matches!(frame, Some(0xc0 | 0xc1)) { 0 } else { PROGRESSIVE_COST };
    decode_with(Format::Jpeg, Ok(decoder), own, ground, limits)
}

fn decode_with<D: ImageDecoder>(
    format: Format,
    decoder: image::ImageResult<D>,
    own_bytes_per_pixel: u64,
    ground: Ground,
    limits: &Limits,
) -> Decoded {
    let fault = |e: image::ImageError| damaged(format, e);
    let decoder = decoder.map_err(fault)?;
    let (width, height) = decoder.dimensions();
    let area = limits.check_size(width, height)?;
    let color = decoder.color_type();
    let channels = color.channel_count();
    if color.bytes_per_pixel() != channels {
        return Err(damaged(format, "samples of more than 8 bits"));
    }
    check_memory(area * (u64::from(channels) + 1 + own_bytes_per_pixel), limits)?;
    let mut whole = vec![0; area as usize * channels as usize];
    decoder.read_image(&mut whole).map_err(fault)?;
    if channels == 1 {
        return Ok((Luma::from_raw(width, height, whole)?, false));
    }
    let mut pixels = Vec::with_capacity(area as usize);
    extend_luma(&mut pixels, &whole, channels as usize, ground);
    Ok((Luma::from_raw(width, height, pixels)?, has_alpha(channels.into())))
}

/// A picture, and whether its file says how transparent each pixel is.
type Decoded = Result<(Luma, bool), PictureError>;

const fn has_alpha(channels: usize) -> bool {
    matches!(channels, 2 | 4)
}

impl Limits {
    /// Gives how many pixels a picture has.
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

fn check_memory(bytes: u64, limits: &Limits) -> Result<(), PictureError> {
    if bytes > limits.max_alloc_bytes {
        return Err(PictureError::Memory { bytes, limit: limits.max_alloc_bytes });
    }
    Ok(())
}

/// Appends 8-bit samples of one to four channels as luma (ITU-R BT.601).
fn extend_luma(pixels: &mut Vec<u8>, samples: &[u8], channels: usize, ground: Ground) {
    let over = |luma: u32, alpha: u8| {
        let alpha = u32::from(alpha);
        match ground {
            Ground::White => ((luma * alpha + 255 * (255 - alpha) + 127) / 255) as u8,
            Ground::Black => ((luma * alpha + 127) / 255) as u8,
            Ground::Below => luma as u8,
        }
    };
    match channels {
        1 => pixels.extend_from_slice(samples),
        2 => pixels.extend(samples.chunks_exact(2).map(|p| over(u32::from(p[0]), p[1]))),
        3 => pixels.extend(samples.chunks_exact(3).map(|p| luma_of(p) as u8)),
        _ => pixels.extend(samples.chunks_exact(4).map(|p| over(luma_of(p), p[3]))),
    }
}

fn luma_of(rgb: &[u8]) -> u32 {
    (299 * u32::from(rgb[0]) + 587 * u32::from(rgb[1]) + 114 * u32::from(rgb[2]) + 500) / 1000
}

/// The markers of a JPEG with a segment, in their order (ITU-T T.81, B.1.1), up to its end or to where it cannot be followed.
fn jpeg_markers(jpeg: &[u8]) -> impl Iterator<Item = u8> {
    let mut at = 2;
    iter::from_fn(move || {
        loop {
            match jpeg.get(at..at + 4)? {
                [0xff, 0xd9, ..] => return None,
                // Coded data: a byte of all ones, or a restart.
                [0xff, 0x00 | 0xd0..=0xd7, ..] => at += 2,
                [0xff, 0xff, ..] => at += 1,
                &[0xff, marker, hi, lo] => {
                    at += 2 + usize::from(u16::from_be_bytes([hi, lo]));
                    return Some(marker);
                }
                _ => at += 1,
            }
        }
    })
}

fn damaged(format: Format, reason: impl fmt::Display) -> PictureError {
    PictureError::Damaged { format, reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
