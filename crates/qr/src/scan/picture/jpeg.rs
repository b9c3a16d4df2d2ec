//! JPEG (ITU-T T.81). Of a picture in colours only its luma is made, a byte for each pixel.

use std::iter;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::samples::Frame;
use super::{Format, Frames, Ground, Limits, PictureError, check_memory, damaged};

/// Scans of a JPEG: encoders write ten or so, and each goes over the whole picture again, whatever it changes.
pub(super) const MAX_SCANS: usize = 32;

/// The picture; after it an error where the file ends too early.
pub(super) fn frames<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Frames<'a>, PictureError> {
    let fault = |e: zune_jpeg::errors::DecodeErrors| damaged(Format::Jpeg, e);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options(ColorSpace::Luma));
    decoder.decode_headers().map_err(fault)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| damaged(Format::Jpeg, "no frame"))?;
    let size = (width as u32, height as u32);
    let area = limits.check_size(size.0, size.1)?;
    // The decoder would fill missing parts with grey. Each block of 8 x 8 takes one bit at least.
    if (bytes.len() as u64) < area / 512 {
        return Err(damaged(Format::Jpeg, "most of the picture is missing"));
    }
    if markers(bytes).filter(|(marker, _)| *marker == 0xda).count() > MAX_SCANS {
        return Err(damaged(Format::Jpeg, "too many scans"));
    }
    let has_luma = matches!(decoder.input_colorspace(), Some(ColorSpace::Luma | ColorSpace::YCbCr));
    let header = Header::of(bytes);
    let channels: u8 = if has_luma && header.is_luma_whole { 1 } else { 3 };
    check_memory(area * u64::from(channels) + area * header.bytes_per_ten_pixels / 10, limits)?;
    if channels == 3 {
        decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options(ColorSpace::RGB));
    }
    let mut samples = vec![0; area as usize * usize::from(channels)];
    decoder.decode_into(&mut samples).map_err(fault)?;
    let frame = Frame::new(size, samples, channels.into(), Ground::White);
    let rest = (!has_end(bytes)).then_some(Err(PictureError::CutShort { format: Format::Jpeg }));
    Ok(Box::new(iter::once(frame).chain(rest)))
}

fn options(colours: ColorSpace) -> DecoderOptions {
    DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(colours)
}

/// The cost by the frame header.
struct Header {
    /// Coefficients of 16 bits that a progressive picture keeps of all its components.
    bytes_per_ten_pixels: u64,
    /// No component has more samples than the first.
    is_luma_whole: bool,
}

impl Header {
    /// A file that cannot be followed up to a sequential frame counts as the expensive kind.
    fn of(jpeg: &[u8]) -> Self {
        let is_frame = |marker: u8| matches!(marker, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf);
        let frame = markers(jpeg).find(|(marker, _)| is_frame(*marker));
        // Precision, height, width, and of each component its name, its samples across and down, and a table.
        let samples: Vec<u64> = frame.map_or(Vec::new(), |(_, segment)| {
            let components = segment.get(6..).unwrap_or_default().chunks_exact(3);
            components.map(|component| u64::from(component[1] >> 4) * u64::from(component[1] & 15)).collect()
        });
        let most = samples.iter().copied().max().unwrap_or(1).max(1);
        let all = if samples.is_empty() { 3 } else { samples.iter().sum() };
        let is_sequential = matches!(frame, Some((0xc0 | 0xc1, _)));
        Self {
            bytes_per_ten_pixels: if is_sequential { 0 } else { (2 * 10 * all).div_ceil(most) },
            is_luma_whole: samples.first() == Some(&most),
        }
    }
}

/// The markers of a JPEG with their segments, in their order (ITU-T T.81, B.1.1), up to its end or to where it cannot be followed.
pub(super) fn markers(jpeg: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = 2;
    iter::from_fn(move || {
        at = next_marker(jpeg, at)?;
        let &[marker, hi, lo] = jpeg.get(at + 1..at + 4)? else { return None };
        let length = usize::from(u16::from_be_bytes([hi, lo]));
        let segment = jpeg.get(at + 4..(at + 2 + length).min(jpeg.len())).unwrap_or_default();
        at += 2 + length;
        (marker != 0xd9).then_some((marker, segment))
    })
}

/// Whether a JPEG has its last marker.
fn has_end(jpeg: &[u8]) -> bool {
    let mut at = 2;
    while let Some(found) = next_marker(jpeg, at) {
        match jpeg.get(found + 1..found + 4) {
            _ if jpeg.get(found + 1) == Some(&0xd9) => return true,
            Some(&[_, hi, lo]) => at = found + 2 + usize::from(u16::from_be_bytes([hi, lo])),
            _ => return false,
        }
    }
    false
}

/// Where the next marker is that is not one of coded data.
fn next_marker(jpeg: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match jpeg.get(at..at + 2)? {
            // Coded data: a byte of all ones, or a restart.
            [0xff, 0x00 | 0xd0..=0xd7] => at += 2,
            [0xff, 0xff] => at += 1,
            [0xff, _] => return Some(at),
            _ => at += 1,
        }
    }
}
