//! The measures of the panel's font, in dots. A drawing of a screen follows them.

/// Height of every glyph.
pub const HEIGHT: u16 = 16;

/// How many of its dots are above the base line.
pub const ASCENT: u16 = 14;

/// Width of a half-width glyph: one column.
pub const COLUMN: u16 = 8;

/// How many columns a character takes: 1 for one that the font has at half width, 2 for every other, for one that the
/// font lacks is drawn as a box.
#[must_use]
pub const fn columns_of(character: char) -> u16 {
    match character {
        '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{a6}' | '\u{a9}'..='\u{ac}' | '\u{ae}' | '\u{af}' | '\u{b2}' | '\u{b3}' => {
            1
        }
        '\u{b5}' | '\u{b7}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{ff}' | '\u{ff61}'..='\u{ff9f}' => 1,
        _ => 2,
    }
}
