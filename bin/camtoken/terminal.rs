//! Text from outside on a terminal: it may contain any word, and it may not control the terminal.

use unicode_width::UnicodeWidthStr;

/// Removes what would control a terminal or change the reading direction: control characters with ESC among them,
/// line and paragraph separators, bidirectional controls.
pub fn clean(text: &str) -> String {
    text.chars().filter(|&c| !steers(c)).collect()
}

/// Writes what would control a terminal as JSON escapes. It occurs in strings only, except for the line feeds of a page.
pub fn escape(json: &str) -> String {
    let mut page = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && steers(c) {
            page += &format!("\\u{:04x}", u32::from(c));
        } else {
            page.push(c);
        }
    }
    page
}

/// Cleans each line of a text of several.
pub fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// Fills a text up with spaces to `width` columns. Kanji and kana count as two columns each.
pub fn pad(text: &str, width: usize) -> String {
    let columns = text.width();
    format!("{text}{}", " ".repeat(width.saturating_sub(columns)))
}

/// Lays out rows as columns two spaces apart. Cells are cleaned.
pub fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| clean(cell))).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    let mut page = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| pad(cell, width)).collect();
        page += cells.join("  ").trim_end();
        page.push('\n');
    }
    page
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        let hostile = "A\u{1b}]0;title\u{7}\u{9b}31m\u{202e}B\u{2066}\r\n\t\u{7f}C\u{2028}";
        assert_eq!(clean(hostile), "A]0;title31mBC");
        assert_eq!(clean("ｶﾌﾞｼｷｶﾞｲｼﾔ 株式会社 — Acme"), "ｶﾌﾞｼｷｶﾞｲｼﾔ 株式会社 — Acme");
    }

    #[test]
    fn columns_line_up_by_what_the_eye_sees() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(columns(&[row("金額", "1"), row("ｶﾅ", "2"), row("x", "")]), "金額  1\nｶﾅ    2\nx\n");
    }
}
