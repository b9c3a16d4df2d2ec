//! What an X11 screen shows.

use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, ImageOrder, Screen};
use x11rb::rust_connection::RustConnection;

use crate::{Frame, FrameError, FrameSource};
use camtoken_qr::{Limits, Luma, PictureError};

/// The time between two looks: a screen costs some megabytes each.
const EACH: Duration = Duration::from_millis(200);

/// A screen of this machine, looked at a few times a second.
pub struct Display {
    connection: RustConnection,
    screen: usize,
    begun: Instant,
    /// When the next look is due.
    due: Instant,
    limits: Limits,
}

impl Display {
    /// Connects to the display that `DISPLAY` names.
    ///
    /// # Errors
    ///
    /// [`FrameError::Desktop`] when there is none.
    pub fn open(limits: &Limits) -> Result<Self, FrameError> {
        let (connection, screen) = x11rb::connect(None).map_err(desktop)?;
        let now = Instant::now();
        Ok(Self { connection, screen, begun: now, due: now, limits: limits.clone() })
    }

    fn look(&self) -> Result<Luma, FrameError> {
        let setup = self.connection.setup();
        let screen = &setup.roots[self.screen];
        let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
        let area = u64::from(width) * u64::from(height);
        if u32::from(width.max(height)) > self.limits.max_side || area > self.limits.max_pixels {
            return Err(PictureError::TooManyPixels { width: width.into(), height: height.into() }.into());
        }
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, width, height, u32::MAX)
            .map_err(desktop)?
            .reply()
            .map_err(desktop)?;
        let format = setup.pixmap_formats.iter().find(|format| format.depth == image.depth);
        let format = format.ok_or_else(|| desktop("the depth of the screen has no format"))?;
        let (bits, pad) = (usize::from(format.bits_per_pixel), usize::from(format.scanline_pad));
        let masks = masks(screen).ok_or_else(|| desktop("the screen has no true colours"))?;
        if !matches!(bits, 16 | 24 | 32) {
            return Err(desktop("the screen has no true colours"));
        }
        let row = (usize::from(width) * bits).next_multiple_of(pad.max(8)) / 8;
        if image.data.len() < row * usize::from(height) {
            return Err(desktop("the picture of the screen is cut off"));
        }
        let little = setup.image_byte_order == ImageOrder::LSB_FIRST;
        let grey = |pixel: &[u8]| {
            let add = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
            let value = if little { pixel.iter().rev().fold(0, add) } else { pixel.iter().fold(0, add) };
            let [red, green, blue] = masks.map(|mask| u64::from(value & mask) * 255 / u64::from(mask));
            // ITU-R BT.601.
            ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
        };
        let lines = image.data.chunks_exact(row).take(height.into());
        let pixels = lines.flat_map(|line| line.chunks_exact(bits / 8).take(width.into()).map(grey)).collect();
        Ok(Luma::from_raw(width.into(), height.into(), pixels)?)
    }
}

impl FrameSource for Display {
    fn next(&mut self, wait: Duration) -> Result<Option<Frame>, FrameError> {
        let rest = self.due.saturating_duration_since(Instant::now());
        std::thread::sleep(rest.min(wait));
        if rest > wait {
            return Ok(None);
        }
        self.due = Instant::now() + EACH;
        Ok(Some(Frame { luma: self.look()?, at: self.begun.elapsed() }))
    }
}

/// Which bits of a pixel are red, green and blue.
fn masks(screen: &Screen) -> Option<[u32; 3]> {
    let visuals = screen.allowed_depths.iter().flat_map(|depth| &depth.visuals);
    let visual = visuals.into_iter().find(|visual| visual.visual_id == screen.root_visual)?;
    let masks = [visual.red_mask, visual.green_mask, visual.blue_mask];
    (!masks.contains(&0)).then_some(masks)
}

fn desktop(reason: impl std::fmt::Display) -> FrameError {
    FrameError::Desktop { reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use x11rb::protocol::xproto::CreateGCAux;
    use x11rb::wrapper::ConnectionExt as _;

    use super::*;
    use camtoken_qr::{EcLevel, Scan, ScanOptions, encode, scan};

    #[test]
    #[ignore = "needs an X server: xvfb-run -s '-screen 0 640x480x24' cargo test --features screen -- --ignored"]
    fn what_is_drawn_on_the_screen_is_read_from_it() {
        let mut display = Display::open(&Limits::default()).expect("an X server");
        let symbol = encode("CT1:ON THE SCREEN", EcLevel::M).expect("a short text").to_luma(3);
        let (connection, screen) = (&display.connection, &display.connection.setup().roots[display.screen]);
        let gc = connection.generate_id().expect("a number");
        connection.create_gc(gc, screen.root, &CreateGCAux::new()).expect("a connection");
        let pixels: Vec<u8> = symbol.pixels().iter().flat_map(|grey| [*grey, *grey, *grey, 0]).collect();
        let (width, height) = (symbol.width() as u16, symbol.height() as u16);
        let drawn = connection.put_image(
            ImageFormat::Z_PIXMAP,
            screen.root,
            gc,
            width,
            height,
            100,
            50,
            0,
            screen.root_depth,
            &pixels,
        );
        drawn.expect("a connection");
        connection.sync().expect("a connection");
        let frame = display.next(Duration::ZERO).expect("a screen").expect("the first look is due");
        let Scan::Read(symbols) = scan(&frame.luma, &ScanOptions::default()) else { panic!("it is in view") };
        assert_eq!(symbols[0].payload, b"CT1:ON THE SCREEN");
        assert!((symbols[0].corners[0].0 - 112.0).abs() < 1.5 && (symbols[0].corners[0].1 - 62.0).abs() < 1.5);
        assert_eq!(display.next(Duration::ZERO).expect("a screen"), None, "the next look is not due");
    }
}
