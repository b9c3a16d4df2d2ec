//! The picture in the clipboard.

use crate::FrameError;
use camtoken_qr::{Limits, Luma, PictureError};

/// Reads the picture in the clipboard; transparent pixels become white.
///
/// # Errors
///
/// [`FrameError::Desktop`] without a clipboard or without a picture in it, [`FrameError::Picture`] beyond the limits.
pub fn clipboard(limits: &Limits) -> Result<Luma, FrameError> {
    let desktop = |error: arboard::Error| FrameError::Desktop { reason: error.to_string() };
    let image = arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_image()).map_err(desktop)?;
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let (width, height) = (side(image.width), side(image.height));
    if width.max(height) > limits.max_side || u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(PictureError::TooManyPixels { width, height }.into());
    }
    let pixels = image.bytes.chunks_exact(4).map(|p| {
        // ITU-R BT.601.
        let luma = (299 * u32::from(p[0]) + 587 * u32::from(p[1]) + 114 * u32::from(p[2]) + 500) / 1000;
        let alpha = u32::from(p[3]);
        ((luma * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    });
    Ok(Luma::from_raw(width, height, pixels.collect())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "needs an X server: xvfb-run cargo test --features clipboard -- --ignored"]
    fn picture_in_the_clipboard_comes_out_over_white() {
        let mut owner = arboard::Clipboard::new().expect("a clipboard");
        owner.set_text("no picture").expect("a clipboard");
        assert!(matches!(clipboard(&Limits::default()), Err(FrameError::Desktop { .. })));
        let bytes = [255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255];
        owner.set_image(arboard::ImageData { width: 2, height: 2, bytes: bytes[..].into() }).expect("a clipboard");
        let luma = clipboard(&Limits::default()).expect("a picture");
        assert_eq!((luma.width(), luma.pixels()), (2, &[255, 0, 255, 76][..]));
    }
}
