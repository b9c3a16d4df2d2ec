//! WebP, and the frames of an animated one.

use std::io::Cursor;
use std::iter;

use image_webp::WebPDecoder;

use super::samples::Frame;
use super::{Format, Frames, Ground, Limits, PictureError, check_memory, damaged};

/// The pictures of a WebP.
pub(super) fn frames<'a>(bytes: &'a [u8], ground: Ground, limits: &Limits) -> Result<Frames<'a>, PictureError> {
    let fault = |e: image_webp::DecodingError| damaged(Format::WebP, e);
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(fault)?;
    let size = decoder.dimensions();
    let area = limits.check_size(size.0, size.1)?;
    let channels: usize = if decoder.has_alpha() { 4 } else { 3 };
    // Beside the samples, in tenths of a byte for each pixel: the planes of a lossy picture and what its alpha is made of, the fourth channel
    // that a lossless one is decoded with, or a canvas.
    let own = match (decoder.is_animated(), decoder.is_lossy(), channels) {
        (true, ..) => 50,
        (_, true, 3) => 16,
        (_, true, _) => 70,
        (_, false, 3) => 43,
        (_, false, _) => 5,
    };
    check_memory(area * channels as u64 + area * own / 10, limits)?;
    if !decoder.is_animated() {
        let mut samples = vec![0; area as usize * channels];
        decoder.read_image(&mut samples).map_err(fault)?;
        return Ok(Box::new(iter::once(Frame::new(size, samples, channels, ground))));
    }
    let count = decoder.num_frames();
    Ok(Box::new((0..count).map(move |_| {
        let mut samples = vec![0; area as usize * channels];
        decoder.read_frame(&mut samples).map_err(fault)?;
        Frame::new(size, samples, channels, ground)
    })))
}
