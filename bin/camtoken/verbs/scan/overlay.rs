//! `scan --overlay`: a picture with what was found in it.

use std::path::Path;

use camtoken::qr::{Luma, Symbol};
use image::{ImageFormat, Rgb, RgbImage};

use crate::failure::{Code, Failure};

/// Draws the picture with the corners of each symbol in red and its quiet zone in blue.
pub fn draw(luma: &Luma, symbols: &[Symbol], path: &Path) -> Result<(), Failure> {
    /// Modules around a symbol that have to be light (ISO/IEC 18004, 6.3.8).
    const QUIET_ZONE: f32 = 4.0;
    const RED: Rgb<u8> = Rgb([220, 0, 0]);
    const BLUE: Rgb<u8> = Rgb([0, 90, 255]);
    let width = luma.width() as usize;
    let mut picture = RgbImage::from_fn(luma.width(), luma.height(), |x, y| {
        let grey = luma.pixels()[y as usize * width + x as usize];
        Rgb([grey; 3])
    });
    for symbol in symbols {
        let share = QUIET_ZONE / (4.0 * f32::from(symbol.version) + 17.0);
        let corner = |i: usize| symbol.corners[i % 4];
        let outside = |i: usize| {
            let (at, next, before) = (corner(i), corner(i + 1), corner(i + 3));
            (at.0 + share * (2.0 * at.0 - next.0 - before.0), at.1 + share * (2.0 * at.1 - next.1 - before.1))
        };
        for i in 0..4 {
            line(&mut picture, outside(i), outside(i + 1), BLUE);
            line(&mut picture, corner(i), corner(i + 1), RED);
        }
    }
    picture
        .save_with_format(path, ImageFormat::Png)
        .map_err(|error| Failure::new(Code::Write).because(format!("{}: {error}", path.display())))
}

/// Draws a line of two pixels as far as it is in the picture.
fn line(picture: &mut RgbImage, from: (f32, f32), to: (f32, f32), colour: Rgb<u8>) {
    let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().clamp(1.0, 100_000.0);
    let mut step = 0.0;
    while step <= steps {
        let at = |a: f32, b: f32| a + (b - a) * step / steps;
        let (x, y) = (at(from.0, to.0), at(from.1, to.1));
        for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
            let (x, y) = (x + dx, y + dy);
            if x >= 0.0 && y >= 0.0 && x < picture.width() as f32 && y < picture.height() as f32 {
                picture.put_pixel(x as u32, y as u32, colour);
            }
        }
        step += 1.0;
    }
}
