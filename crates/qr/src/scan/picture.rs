//! From a file to luma. A picture is a stranger's: its size is checked before anything is allocated for it.

use std::fmt;
use std::io::Cursor;
use std::iter;
use std::panic::AssertUnwindSafe;

use image::ImageDecoder;
use image::codecs::{bmp::BmpDecoder, jpeg::JpegDecoder, webp::WebPDecoder};

use crate::Luma;
use crate::scan::guarded;

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
    /// Reads a PNG, JPEG, WebP or BMP file, whatever it is called; what is transparent becomes white.
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
        let format = sniff(bytes).ok_or(PictureError::Unknown)?;
        guarded(AssertUnwindSafe(|| match format {
            Format::Png => decode_png(bytes, limits),
            Format::Jpeg => decode_jpeg(bytes, limits),
            Format::WebP => decode_with(format, WebPDecoder::new(Cursor::new(bytes)), WEBP_COST, limits),
            Format::Bmp => decode_with(format, BmpDecoder::new(Cursor::new(bytes)), 0, limits),
        }))
        .unwrap_or_else(|| Err(damaged(format, "the decoder gave up")))
    }
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

fn decode_png(bytes: &[u8], limits: &Limits) -> Result<Luma, PictureError> {
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
        extend_luma(&mut pixels, &whole, channels);
    } else {
        while pixels.len() < area as usize {
            let row = reader.next_row().map_err(fault)?.ok_or_else(|| damaged(Format::Png, "rows are missing"))?;
            extend_luma(&mut pixels, row.data(), channels);
        }
    }
    Luma::from_raw(width, height, pixels)
}

fn decode_jpeg(bytes: &[u8], limits: &Limits) -> Result<Luma, PictureError> {
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
    decode_with(Format::Jpeg, Ok(decoder), own, limits)
}

fn decode_with<D: ImageDecoder>(
    format: Format,
    decoder: image::ImageResult<D>,
    own_bytes_per_pixel: u64,
    limits: &Limits,
) -> Result<Luma, PictureError> {
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
        return Luma::from_raw(width, height, whole);
    }
    let mut pixels = Vec::with_capacity(area as usize);
    extend_luma(&mut pixels, &whole, channels as usize);
    Luma::from_raw(width, height, pixels)
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

/// Appends 8-bit samples of one to four channels as luma (ITU-R BT.601), over white.
fn extend_luma(pixels: &mut Vec<u8>, samples: &[u8], channels: usize) {
    let over_white =
        |luma: u32, alpha: u8| ((luma * u32::from(alpha) + 255 * (255 - u32::from(alpha)) + 127) / 255) as u8;
    match channels {
        1 => pixels.extend_from_slice(samples),
        2 => pixels.extend(samples.chunks_exact(2).map(|p| over_white(u32::from(p[0]), p[1]))),
        3 => pixels.extend(samples.chunks_exact(3).map(|p| luma_of(p) as u8)),
        _ => pixels.extend(samples.chunks_exact(4).map(|p| over_white(luma_of(p), p[3]))),
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
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn file(name: &str) -> Vec<u8> {
        let path =
            std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("testvectors/pictures").join(name);
        std::fs::read(path).expect("the picture is in the tree")
    }

    /// Decodes within the time that a hostile picture may take, with room for a busy machine.
    fn decode(bytes: &[u8]) -> Result<Luma, PictureError> {
        let start = Instant::now();
        let result = Luma::decode(bytes, &Limits::default());
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        result
    }

    fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, data) in chunks {
            file.extend((data.len() as u32).to_be_bytes());
            let start = file.len();
            file.extend_from_slice(&kind[..]);
            file.extend_from_slice(data);
            file.extend(crc32(&file[start..]).to_be_bytes());
        }
        file
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        })
    }

    fn header(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
        [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color, 0, 0, 0]].concat()
    }

    /// A zlib stream of `bytes` zeros: the only data chunk of a black picture without filters.
    fn zeros(bytes: u32) -> Vec<u8> {
        let side = 8192;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side - 1, bytes / side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&vec![0; ((side - 1) * (bytes / side)) as usize]).expect("the lines");
        writer.finish().expect("the end");
        let mut rest = &file[8..];
        let mut stream = Vec::new();
        while let Some((length, tail)) = rest.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            if tail.starts_with(b"IDAT") {
                stream.extend_from_slice(&tail[4..4 + length]);
            }
            rest = &tail[length + 8..];
        }
        stream
    }

    #[test]
    fn claimed_sizes_are_refused_before_any_pixel() {
        for (width, height) in [(1, 65_535), (65_535, 1), (50_000, 50_000), (0x7fff_ffff, 0x7fff_ffff), (8000, 8000)] {
            let bomb = png(&[(b"IHDR", &header(width, height, 8, 0)), (b"IDAT", &zeros(8192)), (b"IEND", b"")]);
            assert_eq!(decode(&bomb), Err(PictureError::TooManyPixels { width, height }));
        }
        // 36 megapixels, but 64 bits each.
        let deep = png(&[(b"IHDR", &header(6000, 6000, 16, 6)), (b"IDAT", &zeros(8192)), (b"IEND", b"")]);
        assert_eq!(decode(&deep), Err(PictureError::Memory { bytes: 288_000_000, limit: 128 << 20 }));
    }

    #[test]
    fn picture_without_pixels_is_refused() {
        let empty = png(&[(b"IHDR", &header(0, 8, 8, 0)), (b"IDAT", &zeros(8192)), (b"IEND", b"")]);
        assert!(matches!(decode(&empty), Err(PictureError::Empty | PictureError::Damaged { .. })));
        assert_eq!(Luma::from_raw(0, 8, Vec::new()), Err(PictureError::Empty));
        assert_eq!(Luma::from_raw(2, 2, vec![0; 5]), Err(PictureError::Length { width: 2, height: 2, found: 5 }));
        assert_eq!(
            Luma::from_raw(u32::MAX, u32::MAX, vec![0; 1]),
            Err(PictureError::Length { width: u32::MAX, height: u32::MAX, found: 1 })
        );
    }

    #[test]
    fn profiles_and_texts_are_not_inflated() {
        let inflates_to_64_mib = zeros(64 << 20);
        let profile = [b"p\0\0", &inflates_to_64_mib[..]].concat();
        let international = [b"t\0\x01\0\0\0", &inflates_to_64_mib[..]].concat();
        let pixels = zeros(8192);
        let (head, tail) = ((b"IHDR", &header(8191, 1, 8, 0)[..]), (b"IEND", &b""[..]));
        let plain = png(&[head, (b"IDAT", &pixels), tail]);
        let bomb = png(&[
            head,
            (b"iCCP", &profile),
            (b"zTXt", &profile[..]),
            (b"iTXt", &international),
            (b"IDAT", &pixels),
            tail,
        ]);
        assert_eq!(decode(&bomb), decode(&plain));
        assert!(decode(&plain).is_ok());
    }

    #[test]
    fn rows_that_are_missing_are_told() {
        let short = png(&[(b"IHDR", &header(6000, 6000, 8, 0)), (b"IDAT", &zeros(1 << 20)), (b"IEND", b"")]);
        assert!(matches!(decode(&short), Err(PictureError::Damaged { format: Format::Png, .. })));
        assert!(matches!(
            decode(&png(&[(b"IHDR", &header(6000, 6000, 1, 0))])),
            Err(PictureError::Damaged { format: Format::Png, .. })
        ));
    }

    #[test]
    fn scans_of_a_jpeg_are_counted_up_to_its_end() {
        let jpeg = file("progressive.jpg");
        let scans = |jpeg: &[u8]| jpeg_markers(jpeg).filter(|&marker| marker == 0xda).count();
        assert!((2..=MAX_SCANS).contains(&scans(&jpeg)));
        // Phones append a film to a photo.
        let moving = [&jpeg[..], &[0xff, 0xda].repeat(MAX_SCANS + 1)].concat();
        assert_eq!(scans(&moving), scans(&jpeg));
        assert_eq!(decode(&moving), decode(&jpeg));
        let last = jpeg.windows(2).rposition(|pair| pair == [0xff, 0xda]).expect("a scan");
        let (before, last) = jpeg[..jpeg.len() - 2].split_at(last);
        let repeated = |times: usize| [before, &last.repeat(times), &[0xff, 0xd9]].concat();
        let room = MAX_SCANS - scans(&jpeg) + 1;
        assert_eq!(scans(&repeated(room)), MAX_SCANS);
        decode(&repeated(room)).expect("as many as there may be");
        assert!(matches!(decode(&repeated(room + 1)), Err(PictureError::Damaged { format: Format::Jpeg, .. })));
    }

    #[test]
    fn jpeg_that_claims_more_than_it_holds_is_refused() {
        let with_size = |name: &str, width: u16, height: u16| {
            let mut jpeg = file(name);
            let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0] || w == [0xff, 0xc2]).expect("a frame header");
            jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
            jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
            jpeg
        };
        for name in ["strong_compression.jpg", "progressive.jpg", "cmyk.jpg"] {
            assert_eq!(
                decode(&with_size(name, 65_535, 65_535)),
                Err(PictureError::TooManyPixels { width: 65_535, height: 65_535 })
            );
            let missing = decode(&with_size(name, 6000, 5000));
            assert!(matches!(missing, Err(PictureError::Damaged { format: Format::Jpeg, .. })), "{name} {missing:?}");
            assert!(decode(&with_size(name, 0, 100)).is_err());
        }
        // Enough bytes behind it, but too dear: coefficients are kept for all components.
        let mut padded = with_size("progressive.jpg", 6000, 5000);
        padded.resize(100_000, 0);
        assert_eq!(decode(&padded), Err(PictureError::Memory { bytes: 300_000_000, limit: 128 << 20 }));
    }

    #[test]
    fn limits_are_the_callers() {
        let bytes = file("one_bit.png");
        let luma = Luma::decode(&bytes, &Limits::default()).expect("a plain picture");
        let side = luma.width();
        let limits = |change: fn(&mut Limits, u64), to: u64| {
            let mut limits = Limits::default();
            change(&mut limits, to);
            Luma::decode(&bytes, &limits)
        };
        assert!(limits(|l, to| l.max_side = to as u32, u64::from(side)).is_ok());
        let too_many = Err(PictureError::TooManyPixels { width: side, height: side });
        assert_eq!(limits(|l, to| l.max_side = to as u32, u64::from(side) - 1), too_many);
        assert_eq!(limits(|l, to| l.max_pixels = to, u64::from(side * side) - 1), too_many);
        let length = bytes.len() as u64;
        assert_eq!(
            limits(|l, to| l.max_file_bytes = to, length - 1),
            Err(PictureError::FileTooLarge { bytes: length, limit: length - 1 })
        );
    }

    #[test]
    fn formats_are_told_by_content() {
        for bytes in [&b""[..], b"GIF89a", b"%PDF-1.7", b"<svg/>", b"RIFF\0\0\0\0WAVE", b"\x89PNG"] {
            assert_eq!(decode(bytes), Err(PictureError::Unknown));
        }
    }

    #[test]
    fn transparent_is_white() {
        let luma = decode(&file("transparent.png")).expect("a plain picture");
        assert_eq!(luma.pixels()[0], 255);
        let mut pixels = Vec::new();
        extend_luma(&mut pixels, &[0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 128], 4);
        extend_luma(&mut pixels, &[10, 255, 10, 0], 2);
        assert_eq!(pixels, [0, 255, 255, 127, 10, 255]);
    }

    #[test]
    fn pictures_cut_short_never_panic() {
        for name in
            ["interlaced.png", "sixteen_bit.png", "palette.png", "progressive.jpg", "lossy.webp", "lossless.webp"]
        {
            let bytes = file(name);
            for length in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
                let cut = decode(&bytes[..length]);
                assert!(!matches!(&cut, Err(PictureError::Damaged { reason, .. }) if reason.contains("gave up")));
                // A JPEG is filled up; the last bytes of a PNG are checksums and its end.
                let whole = name.ends_with("jpg") || name.ends_with("png") && length + 24 > bytes.len();
                assert!(cut.is_err() || whole, "{name} {length}");
            }
        }
        let bitmap = file("bitmap.bmp");
        assert!(decode(&bitmap[..bitmap.len() / 2]).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(magic in 0usize..5, bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let magic: &[u8] = [&b""[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"BM"][magic];
            prop_assert!(Luma::decode(&[magic, &bytes[..]].concat(), &Limits::default()).is_err());
        }

        #[test]
        fn altered_pictures_never_panic(
            name in prop::sample::select(vec!["interlaced.png", "cmyk.jpg", "progressive.jpg", "lossy.webp", "bitmap.bmp"]),
            changes in prop::collection::vec((any::<u16>(), any::<u8>()), 1..8),
        ) {
            let mut bytes = file(name);
            let length = bytes.len();
            for (at, to) in changes {
                bytes[usize::from(at) % length] = to;
            }
            if let Ok(luma) = Luma::decode(&bytes, &Limits::default()) {
                prop_assert!(u64::from(luma.width()) * u64::from(luma.height()) == luma.pixels().len() as u64);
            }
        }
    }
}
