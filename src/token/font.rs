//! The glyphs: two sheets of a public-domain bitmap font (`assets/font`), and a box for everything else.

use std::sync::LazyLock;

use camtoken_core::token::screen::metrics::{COLUMN, HEIGHT};
use image::{GrayImage, ImageFormat};

/// The picture of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glyph {
    /// 1 for half-width, 2 for full-width.
    pub columns: u16,
    /// From the top; the leftmost dot is the highest bit.
    pub rows: [u16; HEIGHT as usize],
}

/// The glyph of a character. One that the font lacks is a box with the code point in it, so that nothing goes
/// unseen and two unknown characters differ.
pub(super) fn glyph(character: char) -> Glyph {
    HALF.find(character).or_else(|| FULL.find(character)).unwrap_or_else(|| code_box(character))
}

static HALF: LazyLock<Sheet> = LazyLock::new(|| {
    Sheet::read(include_bytes!("../../assets/font/half.png"), include_str!("../../assets/font/half.txt"), COLUMN)
});

static FULL: LazyLock<Sheet> = LazyLock::new(|| {
    Sheet::read(include_bytes!("../../assets/font/full.png"), include_str!("../../assets/font/full.txt"), 2 * COLUMN)
});

/// Glyphs of one width, by code point.
struct Sheet(Vec<(char, Glyph)>);

impl Sheet {
    fn read(png: &[u8], legend: &str, width: u16) -> Self {
        let picture =
            image::load_from_memory_with_format(png, ImageFormat::Png).expect("the sheet is a PNG").into_luma8();
        let cells = legend.lines().enumerate().flat_map(|(row, line)| {
            line.chars().enumerate().map(move |(column, character)| (row as u32, column as u32, character))
        });
        let glyphs = cells.map(|(row, column, character)| {
            let (x, y) = (column * u32::from(width), row * u32::from(HEIGHT));
            (character, Glyph { columns: width / COLUMN, rows: cut(&picture, x, y, width) })
        });
        Self(glyphs.collect())
    }

    fn find(&self, character: char) -> Option<Glyph> {
        let place = self.0.binary_search_by_key(&character, |(other, _)| *other).ok()?;
        Some(self.0[place].1)
    }
}

fn cut(sheet: &GrayImage, x: u32, y: u32, width: u16) -> [u16; HEIGHT as usize] {
    let mut rows = [0; HEIGHT as usize];
    for (row, dy) in rows.iter_mut().zip(0..) {
        for dx in 0..width {
            if sheet.get_pixel(x + u32::from(dx), y + dy).0[0] > 127 {
                *row |= 0x8000 >> dx;
            }
        }
    }
    rows
}

/// Hexadecimal digits of 3 x 5 dots, one octal digit a row.
const DIGITS: [u16; 16] = [
    0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71122, 0o75757, 0o75717, 0o25755, 0o65656,
    0o34443, 0o65556, 0o74647, 0o74644,
];

/// A box of 15 x 15 dots around two lines of two or three digits.
fn code_box(character: char) -> Glyph {
    let mut rows = [0; HEIGHT as usize];
    for row in &mut rows[1..14] {
        *row = 0x8002;
    }
    (rows[0], rows[14]) = (0xFFFE, 0xFFFE);

    let code = u32::from(character);
    let across: u16 = if code > 0xFFFF { 3 } else { 2 };
    for place in 0..2 * across {
        let digit = DIGITS[(code >> (4 * (2 * across - 1 - place)) & 0xF) as usize];
        let (x, y) = (if across == 3 { 2 } else { 4 } + 4 * (place % across), if place < across { 2 } else { 8 });
        for line in 0..5 {
            let dots = digit >> (3 * (4 - line)) & 0o7;
            rows[y + line] |= dots << (13 - x);
        }
    }
    Glyph { columns: 2, rows }
}

#[cfg(test)]
mod tests {
    use encoding_rs::EUC_JP;

    use camtoken_core::token::screen::metrics;

    use super::*;

    #[test]
    fn glyphs_are_as_wide_as_the_layout_takes_them_for() {
        for character in '\0'..=char::MAX {
            assert_eq!(glyph(character).columns, metrics::columns_of(character), "{character:?}");
        }
    }

    fn is_box(character: char) -> bool {
        glyph(character) == code_box(character)
    }

    fn drawing(character: char) -> String {
        let glyph = glyph(character);
        let dot = |row: u16, x: u16| if row & (0x8000 >> x) == 0 { '.' } else { '#' };
        glyph
            .rows
            .iter()
            .map(|&row| (0..COLUMN * glyph.columns).map(|x| dot(row, x)).chain(['\n']).collect::<String>())
            .collect()
    }

    #[test]
    fn both_levels_of_kanji_and_every_other_row_of_jis_x_0208_have_glyphs() {
        // Rows as the standard fills them: symbols, alphanumerics, kana, Greek, Cyrillic, lines, level 1, level 2.
        let mut kanji = 0;
        for row in (1..=8).chain(16..=84) {
            for cell in 1..=94 {
                let bytes = [row + 0xA0, cell + 0xA0];
                let (text, _, failed) = EUC_JP.decode(&bytes);
                if failed {
                    continue;
                }
                let character = text.chars().next().expect("a decoded pair is a character");
                assert!(!is_box(character), "{row}-{cell} {character}");
                if row >= 16 {
                    assert_eq!(glyph(character).columns, 2);
                    kanji += 1;
                }
            }
        }
        assert_eq!(kanji, 2965 + 3390, "levels 1 and 2 of JIS X 0208");
    }

    #[test]
    fn ascii_yen_and_half_width_kana_have_glyphs_of_one_column() {
        for character in (' '..='~').chain(['¥']).chain('｡'..='ﾟ') {
            assert!(!is_box(character), "{character}");
            assert_eq!(glyph(character).columns, 1, "{character}");
        }
    }

    #[test]
    fn symbols_of_the_device_have_glyphs_under_either_of_their_code_points() {
        for character in "→←↑↓○×●■□△▲▼◆◎※★〒々〆…～〜－−―—￥".chars() {
            assert!(!is_box(character), "{character}");
            assert_eq!(glyph(character).columns, 2, "{character}");
        }
        assert_eq!(glyph('〜'), glyph('～'));
        assert_eq!(glyph('−'), glyph('－'));
    }

    #[test]
    fn only_blanks_are_blank() {
        let blank =
            |sheet: &Sheet| sheet.0.iter().filter(|(_, g)| g.rows == [0; 16]).map(|(c, _)| *c).collect::<String>();
        assert_eq!(blank(&HALF), " ");
        assert_eq!(blank(&FULL), "\u{3000}");
    }

    #[test]
    fn glyphs_are_cut_where_they_stand() {
        insta::assert_snapshot!(format!("{}{}", drawing('¥'), drawing('京')));
    }

    #[test]
    fn unknown_characters_are_boxes_that_differ() {
        for character in ['\u{202E}', '\u{200B}', '\u{1B}', '髙', '①', '😀'] {
            assert!(is_box(character), "{character:?}");
        }
        assert_ne!(glyph('髙'), glyph('﨑'));
        insta::assert_snapshot!(format!("{}{}", drawing('\u{202E}'), drawing('\u{1F4B0}')));
    }
}
