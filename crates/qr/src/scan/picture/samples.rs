//! From samples of one to four channels to luma.

use super::{Ground, PictureError};
use crate::Luma;

/// One picture of a file.
pub(super) struct Frame {
    pub luma: Luma,
    /// The picture may look different on another ground.
    pub is_transparent: bool,
}

impl Frame {
    /// Makes luma of samples in place; `channels` is 1 to 4: grey, with alpha, RGB, with alpha.
    pub fn new(
        (width, height): (u32, u32),
        mut samples: Vec<u8>,
        channels: usize,
        ground: Ground,
    ) -> Result<Self, PictureError> {
        let count = samples.len() / channels;
        let is_transparent = match channels {
            2 => shrink::<2>(&mut samples, ground),
            3 => shrink::<3>(&mut samples, ground),
            4 => shrink::<4>(&mut samples, ground),
            _ => false,
        };
        samples.truncate(count);
        samples.shrink_to_fit();
        Ok(Self { luma: Luma::from_raw(width, height, samples)?, is_transparent })
    }
}

/// Appends samples of one to four channels as luma. Returns whether one of them is transparent.
pub(super) fn extend(pixels: &mut Vec<u8>, samples: &[u8], channels: usize, ground: Ground) -> bool {
    fn each<const N: usize>(pixels: &mut Vec<u8>, samples: &[u8], ground: Ground) -> bool {
        let (samples, _) = samples.as_chunks::<N>();
        pixels.extend(samples.iter().map(|pixel| luma_of(pixel, ground)));
        is_transparent(samples)
    }
    match channels {
        2 => each::<2>(pixels, samples, ground),
        3 => each::<3>(pixels, samples, ground),
        4 => each::<4>(pixels, samples, ground),
        _ => {
            pixels.extend_from_slice(samples);
            false
        }
    }
}

fn shrink<const N: usize>(samples: &mut [u8], ground: Ground) -> bool {
    let is_transparent = is_transparent(samples.as_chunks::<N>().0);
    for at in 0..samples.len() / N {
        let pixel: [u8; N] = std::array::from_fn(|channel| samples[at * N + channel]);
        samples[at] = luma_of(&pixel, ground);
    }
    is_transparent
}

fn is_transparent<const N: usize>(samples: &[[u8; N]]) -> bool {
    N.is_multiple_of(2) && samples.iter().any(|pixel| pixel[N - 1] < u8::MAX)
}

/// ITU-R BT.601.
fn luma_of<const N: usize>(pixel: &[u8; N], ground: Ground) -> u8 {
    let luma = if N < 3 {
        u32::from(pixel[0])
    } else {
        (299 * u32::from(pixel[0]) + 587 * u32::from(pixel[1]) + 114 * u32::from(pixel[2]) + 500) / 1000
    };
    if N % 2 == 1 {
        return luma as u8;
    }
    let alpha = u32::from(pixel[N - 1]);
    match ground {
        Ground::White => ((luma * alpha + 255 * (255 - alpha) + 127) / 255) as u8,
        Ground::Black => ((luma * alpha + 127) / 255) as u8,
        Ground::Below => luma as u8,
    }
}
