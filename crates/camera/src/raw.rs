//! The raw frames of a camera: the choice of its mode, and how its bytes become luma.

use std::fmt;
use std::sync::OnceLock;

use image::codecs::jpeg::JpegEncoder;

use camtoken_qr::{Limits, Luma, PictureError};

/// How a camera writes a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// A JPEG each, often without its Huffman tables.
    Mjpeg,
    /// 4:2:2, luma in every second byte.
    Yuyv,
    /// 4:2:0, the plane of luma first.
    Nv12,
    /// Luma alone.
    Grey,
    /// Three bytes a pixel, red first.
    Rgb,
    /// Three bytes a pixel, blue first.
    Bgr,
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mjpeg => "MJPEG",
            Self::Yuyv => "YUYV",
            Self::Nv12 => "NV12",
            Self::Grey => "GREY",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
        })
    }
}

/// A mode of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode {
    /// How it writes a frame.
    pub format: PixelFormat,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}x{} {}/s", self.format, self.width, self.height, self.fps)
    }
}

/// The mode that suits the reader best: 640x480 to 1920x1080, at least ten frames a second, near 1280x720; at the same
/// size uncompressed before MJPEG, which blurs edges. Anything that is read when there is nothing better.
#[must_use]
pub fn choose(modes: &[Mode]) -> Option<Mode> {
    let area = |mode: &Mode| u64::from(mode.width) * u64::from(mode.height);
    let rank = |mode: &&Mode| {
        let fits = (640..=1920).contains(&mode.width) && (480..=1080).contains(&mode.height);
        let format = match mode.format {
            PixelFormat::Grey => 0,
            PixelFormat::Nv12 => 1,
            PixelFormat::Yuyv => 2,
            PixelFormat::Mjpeg => 3,
            PixelFormat::Rgb | PixelFormat::Bgr => 4,
        };
        (!fits, mode.fps < 10, area(mode).abs_diff(1280 * 720), format, u32::MAX - mode.fps.min(30))
    };
    modes.iter().filter(|mode| area(mode) > 0).min_by_key(rank).copied()
}

/// Makes luma of a frame. A JPEG says itself how large it is; of all others rows follow each other without a gap.
///
/// # Errors
///
/// [`PictureError::Length`] for too few bytes, and those of [`Luma::decode`].
pub fn luma(format: PixelFormat, width: u32, height: u32, bytes: &[u8], limits: &Limits) -> Result<Luma, PictureError> {
    if format == PixelFormat::Mjpeg {
        return jpeg(bytes, limits);
    }
    let area = u64::from(width) * u64::from(height);
    let per_pixel = match format {
        PixelFormat::Yuyv => 2,
        PixelFormat::Rgb | PixelFormat::Bgr => 3,
        _ => 1,
    };
    // A driver may append padding.
    let needed = area.checked_mul(per_pixel).and_then(|needed| usize::try_from(needed).ok());
    let Some(bytes) = needed.and_then(|needed| bytes.get(..needed)) else {
        return Err(PictureError::Length { width, height, found: bytes.len() });
    };
    let weighed = |p: &[u8], red: usize, blue: usize| {
        // ITU-R BT.601.
        ((299 * u32::from(p[red]) + 587 * u32::from(p[1]) + 114 * u32::from(p[blue]) + 500) / 1000) as u8
    };
    let pixels = match format {
        PixelFormat::Yuyv => bytes.chunks_exact(2).map(|p| p[0]).collect(),
        PixelFormat::Rgb => bytes.chunks_exact(3).map(|p| weighed(p, 0, 2)).collect(),
        PixelFormat::Bgr => bytes.chunks_exact(3).map(|p| weighed(p, 2, 0)).collect(),
        _ => bytes.to_vec(),
    };
    Luma::from_raw(width, height, pixels)
}

/// Reads a JPEG that may lack its Huffman tables, as those of most webcams do: then they are the ones of the standard.
pub(super) fn jpeg(bytes: &[u8], limits: &Limits) -> Result<Luma, PictureError> {
    if bytes.len() < 2 || has_tables(bytes) {
        return Luma::decode(bytes, limits);
    }
    Luma::decode(&[&bytes[..2], standard_tables(), &bytes[2..]].concat(), limits)
}

/// The segments with the Huffman tables of ITU-T T.81, K.3, which every plain encoder writes: taken from a picture.
fn standard_tables() -> &'static [u8] {
    static SEGMENTS: OnceLock<Vec<u8>> = OnceLock::new();
    SEGMENTS.get_or_init(|| {
        let mut jpeg = Vec::new();
        // In memory, and of three components: nothing of this fails.
        let _ = JpegEncoder::new(&mut jpeg).encode(&[0; 3], 1, 1, image::ExtendedColorType::Rgb8);
        segments(&jpeg).filter(|(marker, _)| *marker == TABLES).flat_map(|(_, segment)| segment).copied().collect()
    })
}

fn has_tables(jpeg: &[u8]) -> bool {
    segments(jpeg).any(|(marker, _)| marker == TABLES)
}

/// Defines Huffman tables (ITU-T T.81, B.1.1.3).
const TABLES: u8 = 0xc4;

/// The segments before the first scan (ITU-T T.81, B.1.1.4), each with its marker.
fn segments(jpeg: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    const SCAN: u8 = 0xda;
    let mut rest = jpeg.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let &[0xff, marker, high, low, ..] = rest else { return None };
        if marker == SCAN {
            return None;
        }
        let (segment, after) = rest.split_at_checked(2 + usize::from(u16::from_be_bytes([high, low])))?;
        rest = after;
        Some((marker, segment))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIXELS: [u8; 6] = [0, 50, 100, 150, 200, 250];

    fn read(format: PixelFormat, bytes: &[u8]) -> Result<Luma, PictureError> {
        luma(format, 3, 2, bytes, &Limits::default())
    }

    #[test]
    fn each_format_gives_its_luma() {
        let yuyv: Vec<u8> = PIXELS.iter().flat_map(|luma| [*luma, 128]).collect();
        let nv12 = [&PIXELS[..], &[128; 4]].concat();
        let grey_in_three: Vec<u8> = PIXELS.iter().flat_map(|luma| [*luma; 3]).collect();
        for (format, bytes) in [
            (PixelFormat::Yuyv, &yuyv),
            (PixelFormat::Nv12, &nv12),
            (PixelFormat::Grey, &PIXELS.to_vec()),
            (PixelFormat::Rgb, &grey_in_three),
            (PixelFormat::Bgr, &grey_in_three),
        ] {
            assert_eq!(read(format, bytes).expect("it is long enough").pixels(), PIXELS, "{format}");
            let padded = [&bytes[..], &[9; 100]].concat();
            assert_eq!(read(format, &padded).expect("it is long enough").pixels(), PIXELS, "{format}");
            let short = read(format, &bytes[..5]);
            assert_eq!(short, Err(PictureError::Length { width: 3, height: 2, found: 5 }), "{format}");
        }
        // ITU-R BT.601: red weighs 0.299, blue 0.114.
        let red = [255, 0, 0].repeat(6);
        assert_eq!(read(PixelFormat::Rgb, &red).expect("it is long enough").pixels(), [76; 6]);
        assert_eq!(read(PixelFormat::Bgr, &red).expect("it is long enough").pixels(), [29; 6]);
        assert!(luma(PixelFormat::Rgb, u32::MAX, u32::MAX, &red, &Limits::default()).is_err());
    }

    #[test]
    fn the_tables_that_a_webcam_leaves_out_are_those_of_the_standard() {
        // Class and number, then how many codes there are of each length: ITU-T T.81, tables K.3, K.5, K.4 and K.6.
        let expected = [
            [0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            [0x10, 0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d],
            [0x01, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
            [0x11, 0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
        ];
        let picture = [b"\xff\xd8", standard_tables()].concat();
        let found: Vec<&[u8]> = segments(&picture).map(|(_, segment)| &segment[4..21]).collect();
        assert_eq!(found, expected);
        assert_eq!(standard_tables().len(), 2 * (4 + 17 + 12) + 2 * (4 + 17 + 162));
    }

    #[test]
    fn the_mode_that_suits_the_reader_is_chosen() {
        use PixelFormat::{Grey, Mjpeg, Rgb, Yuyv};
        let mode = |format, width, height, fps| Mode { format, width, height, fps };
        let (hd, vga) = (mode(Mjpeg, 1280, 720, 30), mode(Yuyv, 640, 480, 30));
        for (modes, expected) in [
            (vec![], None),
            // A USB 2 camera: raw at 720p is too slow.
            (vec![mode(Yuyv, 1280, 720, 5), mode(Mjpeg, 1920, 1080, 30), vga, hd], Some(hd)),
            (vec![hd, mode(Yuyv, 1280, 720, 30)], Some(mode(Yuyv, 1280, 720, 30))),
            (vec![mode(Mjpeg, 1280, 720, 15), hd], Some(hd)),
            (vec![mode(Mjpeg, 3840, 2160, 30), vga], Some(vga)),
            (vec![mode(Mjpeg, 3840, 2160, 30), mode(Grey, 320, 240, 30)], Some(mode(Grey, 320, 240, 30))),
            (vec![mode(Rgb, 0, 0, 30)], None),
            (vec![mode(Yuyv, 1280, 720, 5)], Some(mode(Yuyv, 1280, 720, 5))),
        ] {
            assert_eq!(choose(&modes), expected, "{modes:?}");
        }
    }
}
