//! The formats that the `image` crate reads: BMP and GIF, and pages of TIFF; and its pictures as luma.

use std::io::Cursor;
use std::iter;

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder};
use image::{AnimationDecoder, DynamicImage, GrayImage, ImageDecoder};

use super::samples::Frame;
use super::{Decoded, Format, Frames, Ground, Limits, PictureError, check_memory, damaged};
use crate::Luma;

/// All frames of a GIF.
pub(super) fn gif<'a>(bytes: &'a [u8], ground: Ground, limits: &Limits) -> Result<Frames<'a>, PictureError> {
    let decoder = GifDecoder::new(Cursor::new(bytes)).map_err(|e| damaged(Format::Gif, e))?;
    let size = decoder.dimensions();
    // A frame, and the canvas below it.
    check_memory(limits.check_size(size.0, size.1)? * 3 * 4, limits)?;
    Ok(Box::new(decoder.into_frames().map(move |frame| {
        let frame = frame.map_err(|e| damaged(Format::Gif, e))?;
        Frame::new(size, frame.into_buffer().into_raw(), 4, ground)
    })))
}

/// The picture of a BMP.
pub(super) fn bmp<'a>(bytes: &'a [u8], ground: Ground, limits: &Limits) -> Result<Frames<'a>, PictureError> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(|e| damaged(Format::Bmp, e))?;
    Ok(Box::new(iter::once(still(decoder, Format::Bmp, ground, limits))))
}

/// A picture that does not move.
pub(super) fn still<D: ImageDecoder>(decoder: D, format: Format, ground: Ground, limits: &Limits) -> Decoded {
    let size = decoder.dimensions();
    let area = limits.check_size(size.0, size.1)?;
    let color = decoder.color_type();
    let channels = usize::from(color.channel_count());
    let bytes = usize::from(color.bytes_per_pixel());
    check_memory(area * bytes as u64, limits)?;
    let mut samples = vec![0; area as usize * bytes];
    decoder.read_image(&mut samples).map_err(|e| damaged(format, e))?;
    match bytes / channels {
        1 => {}
        2 => {
            let (pairs, _) = samples.as_chunks::<2>();
            samples = pairs.iter().map(|pair| (u16::from_ne_bytes(*pair) >> 8) as u8).collect();
        }
        _ => return Err(damaged(format, "samples of more than 16 bits")),
    }
    Frame::new(size, samples, channels, ground)
}

/// Takes a grey picture as it is.
///
/// # Errors
///
/// [`PictureError::Empty`] without a pixel.
impl TryFrom<GrayImage> for Luma {
    type Error = PictureError;

    fn try_from(image: GrayImage) -> Result<Self, PictureError> {
        let (width, height) = image.dimensions();
        Self::from_raw(width, height, image.into_raw())
    }
}

/// Takes a picture of any colours; transparent pixels become white.
///
/// # Errors
///
/// [`PictureError::Empty`] without a pixel.
impl TryFrom<&DynamicImage> for Luma {
    type Error = PictureError;

    fn try_from(image: &DynamicImage) -> Result<Self, PictureError> {
        let size = (image.width(), image.height());
        let frame = match image {
            DynamicImage::ImageLuma8(grey) => Frame::new(size, grey.as_raw().clone(), 1, Ground::White),
            DynamicImage::ImageRgb8(rgb) => Frame::new(size, rgb.as_raw().clone(), 3, Ground::White),
            other => Frame::new(size, other.to_rgba8().into_raw(), 4, Ground::White),
        };
        frame.map(|frame| frame.luma)
    }
}
