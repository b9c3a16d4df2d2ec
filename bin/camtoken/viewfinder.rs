//! Frames on a terminal: two pixels a character, the symbol framed, and lines of text below.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use camtoken::qr::Luma;
use signal_hook::consts::{SIGINT, SIGTERM};
use unicode_width::UnicodeWidthChar;

use crate::terminal;

/// Columns and rows of a terminal that does not report them.
const SIZE: (u16, u16) = (80, 24);

/// The alternate screen of a terminal. Dropping it restores the other screen and the cursor.
pub struct Viewfinder {
    stop: Arc<AtomicBool>,
    color: bool,
}

impl Viewfinder {
    /// Switches to the alternate screen.
    ///
    /// # Errors
    ///
    /// A terminal that cannot be written to, or signals that cannot be caught.
    pub fn open(color: bool) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stop))?;
        }
        let viewfinder = Self { stop, color };
        write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J")?;
        Ok(viewfinder)
    }

    /// Whether the user wants it to end: Ctrl-C.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Shows a frame and its lines of text in one write.
    ///
    /// # Errors
    ///
    /// A terminal that is gone.
    pub fn draw(&self, luma: &Luma, corners: Option<&[(f32, f32); 4]>, lines: &[String]) -> io::Result<()> {
        let (columns, rows) = terminal_size::terminal_size().map_or(SIZE, |(columns, rows)| (columns.0, rows.0));
        let picture = picture(luma, corners, columns.into(), usize::from(rows).saturating_sub(lines.len()), self.color);
        let lines = lines.iter().map(|line| fit(line, columns.into()));
        let mut page = String::from("\u{1b}[H");
        for (i, line) in picture.into_iter().chain(lines).take(rows.into()).enumerate() {
            if i > 0 {
                page += "\r\n";
            }
            page += &line;
            page += "\u{1b}[K";
        }
        page += "\u{1b}[J";
        write(&page)
    }
}

impl Drop for Viewfinder {
    fn drop(&mut self) {
        let _ = write("\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l");
    }
}

fn write(page: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(page.as_bytes()).and_then(|()| stdout.flush())
}

/// Draws a picture as lines of half blocks, as large as fits.
fn picture(luma: &Luma, corners: Option<&[(f32, f32); 4]>, columns: usize, rows: usize, color: bool) -> Vec<String> {
    let small = Small::of(luma, columns, 2 * rows);
    let mut pixels = small.pixels.iter().map(|&grey| Shade::Grey(grey)).collect::<Vec<_>>();
    for i in 0..4 {
        let Some(corners) = corners else { break };
        small.line(corners[i], corners[(i + 1) % 4], |at| pixels[at] = Shade::Frame);
    }
    let middle = small.middle();
    let lit = |shade: Shade| match shade {
        Shade::Grey(grey) => u32::from(grey) > middle,
        Shade::Frame => true,
    };
    let line = |y: usize| {
        let (mut line, mut last) = (String::new(), None);
        for x in 0..small.width {
            let (above, below) = (pixels[y * small.width + x], pixels[(y + 1) * small.width + x]);
            if color {
                let codes = (above.code(), below.code());
                if last != Some(codes) {
                    line += &format!("\u{1b}[38;5;{};48;5;{}m", codes.0, codes.1);
                    last = Some(codes);
                }
                line.push('▀');
            } else {
                line.push(match (lit(above), lit(below)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
        }
        if color { line + "\u{1b}[0m" } else { line }
    };
    (0..small.height).step_by(2).map(line).collect()
}

#[derive(Clone, Copy)]
enum Shade {
    Grey(u8),
    /// The frame around the symbol.
    Frame,
}

impl Shade {
    /// Of the 256 colours of a terminal: 24 greys, and a green.
    fn code(self) -> u8 {
        match self {
            Self::Grey(grey) => 232 + (u16::from(grey) * 24 / 256) as u8,
            Self::Frame => 46,
        }
    }
}

/// A picture scaled down to the size of a terminal, with an even number of rows.
struct Small {
    width: usize,
    height: usize,
    /// Pixels of the picture for one of these.
    scale: f32,
    pixels: Vec<u8>,
}

impl Small {
    fn of(luma: &Luma, columns: usize, rows: usize) -> Self {
        let (width, height) = (luma.width() as usize, luma.height() as usize);
        let scale = (width as f32 / columns.max(1) as f32).max(height as f32 / rows.max(2) as f32).max(1.0);
        let fit = |side: usize| ((side as f32 / scale) as usize).max(1);
        let (small_width, small_height) = (fit(width), fit(height).next_multiple_of(2).min(rows.max(2)));
        let span = |i: usize, side: usize| {
            let start = ((i as f32 * scale) as usize).min(side - 1);
            start..(((i + 1) as f32 * scale) as usize).clamp(start + 1, side)
        };
        let pixels = (0..small_width * small_height).map(|i| {
            let (columns, rows) = (span(i % small_width, width), span(i / small_width, height));
            let count = columns.len() * rows.len();
            let sum: usize =
                rows.flat_map(|y| &luma.pixels()[y * width..][columns.clone()]).map(|v| usize::from(*v)).sum();
            (sum / count) as u8
        });
        Self { width: small_width, height: small_height, scale, pixels: pixels.collect() }
    }

    /// Halfway between the darkest and the lightest.
    fn middle(&self) -> u32 {
        let (low, high) = self.pixels.iter().fold((255, 0), |(low, high), v| (low.min(*v), high.max(*v)));
        (u32::from(low) + u32::from(high)) / 2
    }

    /// Walks from one point of the picture to another, as far as they are in it.
    fn line(&self, from: (f32, f32), to: (f32, f32), mut mark: impl FnMut(usize)) {
        let (from, to) = ((from.0 / self.scale, from.1 / self.scale), (to.0 / self.scale, to.1 / self.scale));
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().clamp(1.0, 10_000.0) as usize;
        for step in 0..=steps {
            let share = step as f32 / steps as f32;
            let (x, y) = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            if x >= 0.0 && y >= 0.0 && (x as usize) < self.width && (y as usize) < self.height {
                mark(y as usize * self.width + x as usize);
            }
        }
    }
}

/// Cuts a line to the columns that there are; kanji and kana take two.
fn fit(line: &str, columns: usize) -> String {
    let mut left = columns;
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    terminal::clean(line).chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use camtoken::qr::{EcLevel, encode};

    use super::*;

    #[test]
    fn a_symbol_fills_the_terminal_and_keeps_its_shape() {
        let luma = encode("CT1:VIEW", EcLevel::M).expect("a short text").to_luma(8);
        for (columns, rows) in [(80, 22), (30, 40), (200, 60), (1, 1), (3, 0)] {
            let lines = picture(&luma, None, columns, rows, false);
            let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(lines.len() <= rows.max(1) && width <= columns.max(1), "{columns}x{rows}: {width}x{}", lines.len());
            if columns >= 30 {
                assert!(width.abs_diff(2 * lines.len()) <= 2, "a square is a square: {width}x{}", lines.len());
            }
        }
        let tall = picture(&luma, None, 200, 60, false);
        assert_eq!(tall.len(), 60, "it is as large as fits");
    }

    #[test]
    fn half_blocks_are_the_pixels() {
        let luma = Luma::from_raw(4, 2, vec![255, 255, 0, 0, 255, 0, 255, 0]).expect("eight pixels");
        assert_eq!(picture(&luma, None, 4, 1, false), ["█▀▄ "]);
        let coloured = picture(&luma, None, 4, 1, true).concat();
        assert!(coloured.starts_with("\u{1b}[38;5;255;48;5;255m▀\u{1b}[38;5;255;48;5;232m▀"), "{coloured:?}");
        assert!(coloured.ends_with("\u{1b}[0m"));
    }

    #[test]
    fn the_frame_is_where_the_corners_are() {
        let luma = Luma::from_raw(40, 40, vec![0; 1600]).expect("one pixel each");
        let corners = [(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0)];
        let lines = picture(&luma, Some(&corners), 40, 20, false);
        assert_eq!(lines[4].trim(), "");
        assert_eq!(lines[5].trim(), "█".to_owned() + &"▀".repeat(19) + "█");
        // Corners far outside do no harm.
        let outside = [(-1e9, f32::NAN), (f32::INFINITY, 3.0), (1e9, 1e9), (-5.0, 20.0)];
        assert_eq!(picture(&luma, Some(&outside), 40, 20, false).len(), 20);
    }

    #[test]
    fn a_line_is_cut_where_the_terminal_ends() {
        assert_eq!(fit("金額abc", 5), "金額a");
        assert_eq!(fit("金額", 3), "金");
        assert_eq!(fit("a\u{1b}[2Jb", 80), "a[2Jb");
    }
}
