//! A letter as a sheet of A4 at 300 dots to the inch, to be printed or kept: one bit a pixel, in the typeface of the tokens, so it
//! is the same on every machine and needs no font.

use std::collections::HashMap;
use std::sync::LazyLock;

use camtoken::Timestamp;
use camtoken::qr::{self, EcLevel};

use crate::domain::mail::Mail;
use crate::text::Text;

const WIDTH: usize = 2480;
const HEIGHT: usize = 3508;
const MARGIN: usize = 236;
/// 300 dots to the inch, in dots to the metre.
const DENSITY: u32 = 11_811;
/// Dots of a glyph from top to bottom; half of it is a column.
const DOTS: usize = 16;

/// Pixels for one dot: 11.5 points for what is read, more for what is typed off.
const BODY: usize = 3;
const LARGE: usize = 5;

/// Draws a letter as PNG. Japanese letters are drawn as they are read; so are English ones.
#[must_use]
pub fn png(t: Text, mail: &Mail) -> Vec<u8> {
    let mut paper = Paper { ink: vec![false; WIDTH * HEIGHT], y: MARGIN };
    let right = |text: &str| WIDTH - MARGIN - width(text, BODY);
    let day = t.moment(Timestamp::from_unix(mail.at));
    paper.write(&day, right(&day), BODY);
    paper.line(&format!("{} {}", t.get("contract"), mail.to), BODY);
    if !mail.word("name").is_empty() {
        paper.y += DOTS * BODY;
        paper.line(&format!("{} {}", mail.word("name"), t.get("letter-to")), BODY + 1);
    }
    paper.y += 3 * DOTS * BODY;
    let subject = mail.subject(t);
    paper.write(&subject, WIDTH.saturating_sub(width(&subject, LARGE)) / 2, LARGE);
    paper.y += DOTS * LARGE + 3 * DOTS * BODY;
    paper.line(&t.get(&format!("{}-text", mail.text)), BODY);
    paper.y += 2 * DOTS * BODY;
    for (label, value) in mail.facts(t) {
        paper.rule();
        paper.write(&label, MARGIN, BODY);
        let size = if width(&value, LARGE) < WIDTH / 2 - MARGIN { LARGE } else { BODY };
        let x = MARGIN + (WIDTH - 2 * MARGIN) * 2 / 5;
        paper.lines(&value, x, size);
        paper.y += DOTS * BODY / 2;
    }
    paper.rule();
    if let Ok(symbol) = qr::encode(mail.word("uri"), EcLevel::M)
        && !mail.word("uri").is_empty()
    {
        let side = 12;
        for y in 0..symbol.modules_per_side() {
            for x in 0..symbol.modules_per_side() {
                if symbol.is_dark(x, y) {
                    paper.fill((MARGIN + x * side, paper.y + y * side), (side, side));
                }
            }
        }
        paper.y += (symbol.modules_per_side() + 4) * side;
    }
    paper.y += DOTS * BODY;
    paper.line(&t.get("letter-advice"), BODY);
    paper.y += 3 * DOTS * BODY;
    let sender = t.get("bank");
    paper.write(&sender, WIDTH - MARGIN - width(&sender, BODY + 1), BODY + 1);
    paper.y += 2 * DOTS * (BODY + 1);
    let desk = t.get("contact-desk");
    paper.write(&desk, WIDTH - MARGIN - width(&desk, BODY), BODY);
    paper.to_png()
}

/// A sheet, and how far down it is written.
struct Paper {
    ink: Vec<bool>,
    y: usize,
}

impl Paper {
    /// Writes lines from the left margin on.
    fn line(&mut self, text: &str, size: usize) {
        self.lines(text, MARGIN, size);
        self.y += DOTS * size / 2;
    }

    /// Writes lines from `x` on to the right margin, and goes below them.
    fn lines(&mut self, text: &str, x: usize, size: usize) {
        for line in wrapped(text, (WIDTH - MARGIN - x) / (DOTS / 2 * size)) {
            self.write(&line, x, size);
            self.y += DOTS * size * 3 / 2;
        }
    }

    fn write(&mut self, text: &str, x: usize, size: usize) {
        let mut x = x;
        for character in text.chars().map(plain) {
            let glyph = FONT.get(&character).or_else(|| FONT.get(&'〓')).copied().unwrap_or_default();
            for (line, row) in glyph.rows.iter().enumerate() {
                for dot in (0..DOTS).filter(|dot| row & (0x8000 >> dot) != 0) {
                    self.fill((x + dot * size, self.y + line * size), (size, size));
                }
            }
            x += columns(character) * DOTS / 2 * size;
        }
    }

    fn rule(&mut self) {
        self.fill((MARGIN, self.y), (WIDTH - 2 * MARGIN, 2));
        self.y += DOTS * BODY / 2;
    }

    fn fill(&mut self, (x, y): (usize, usize), (width, height): (usize, usize)) {
        for y in y..(y + height).min(HEIGHT) {
            let line = y * WIDTH;
            self.ink[line + x.min(WIDTH)..line + (x + width).min(WIDTH)].fill(true);
        }
    }

    fn to_png(&self) -> Vec<u8> {
        let lines = self.ink.chunks(WIDTH).flat_map(|line| line.chunks(8));
        // In PNG a bit of grey is white.
        let pack = |bits: &[bool]| {
            bits.iter().enumerate().fold(0_u8, |byte, (place, ink)| byte | (u8::from(!ink) << (7 - place)))
        };
        let bytes: Vec<u8> = lines.map(pack).collect();
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, WIDTH as u32, HEIGHT as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let density = png::PixelDimensions { xppu: DENSITY, yppu: DENSITY, unit: png::Unit::Meter };
        encoder.set_pixel_dims(Some(density));
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&bytes));
        written.expect("a sheet in memory is written");
        out
    }
}

/// A glyph's rows, its leftmost dot highest.
#[derive(Clone, Copy, Default)]
struct Glyph {
    rows: [u16; DOTS],
}

static FONT: LazyLock<HashMap<char, Glyph>> = LazyLock::new(|| {
    let half =
        (include_bytes!("../../assets/font/half.png").as_slice(), include_str!("../../assets/font/half.txt"), DOTS / 2);
    let full =
        (include_bytes!("../../assets/font/full.png").as_slice(), include_str!("../../assets/font/full.txt"), DOTS);
    let mut font = HashMap::new();
    for (sheet, legend, width) in [full, half] {
        let mut reader = png::Decoder::new(std::io::Cursor::new(sheet)).read_info().expect("a sheet of ours is a PNG");
        let mut bits = vec![0; reader.output_buffer_size().expect("a sheet is small")];
        let info = reader.next_frame(&mut bits).expect("a sheet of ours is a PNG");
        let is_ink = |x: usize, y: usize| bits[y * info.line_size + x / 8] & (0x80 >> (x % 8)) != 0;
        for (row, line) in legend.lines().enumerate() {
            for (column, character) in line.chars().enumerate() {
                let mut glyph = Glyph::default();
                for (y, rows) in glyph.rows.iter_mut().enumerate() {
                    let ink = (0..width).filter(|x| is_ink(column * width + x, row * DOTS + y));
                    *rows = ink.fold(0, |row, x| row | (0x8000 >> x));
                }
                font.insert(character, glyph);
            }
        }
    }
    font
});

/// Typographic marks that the font has in full width only.
fn plain(character: char) -> char {
    match character {
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        other => other,
    }
}

fn columns(character: char) -> usize {
    camtoken::token::screen::columns(character.encode_utf8(&mut [0; 4])).max(1)
}

fn width(text: &str, size: usize) -> usize {
    text.chars().map(plain).map(columns).sum::<usize>() * DOTS / 2 * size
}

/// Lines of at most so many columns; English is broken between words, Japanese anywhere but before a full stop or a comma.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for character in text.chars().map(plain) {
        let wide = columns(character);
        if used + wide > most && !matches!(character, '。' | '、' | ' ') {
            let end = line.rfind(' ').filter(|_| character.is_ascii()).map_or(line.len(), |space| space + 1);
            let rest = line.split_off(end);
            lines.push(line.trim_end().to_owned());
            used = rest.chars().map(columns).sum();
            line = rest;
        }
        line.push(character);
        used += wide;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_breaks_between_words_and_japanese_before_no_full_stop() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("あいうえ。お", 8), ["あいうえ。", "お"]);
        assert_eq!(wrapped("ABCDEFGHIJ", 4), ["ABCD", "EFGH", "IJ"]);
    }

    #[test]
    fn every_character_of_a_letter_has_a_glyph() {
        for language in [camtoken::language::Language::Ja, camtoken::language::Language::En] {
            let t = Text(language);
            for key in ["letter-report", "letter-token", "letter-first-otp", "letter-certificate", "letter-generator"] {
                for text in [t.get(&format!("{key}-subject")), t.get(&format!("{key}-text")), t.get("letter-advice")] {
                    for character in text.chars().map(plain) {
                        assert!(FONT.contains_key(&character), "{character:?} in {key}");
                    }
                }
            }
        }
    }
}
