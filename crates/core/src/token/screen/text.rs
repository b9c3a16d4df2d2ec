//! Characters and columns: how wide a text is, where it may be broken, and a screen as lines of text.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use unicode_width::UnicodeWidthChar;

use super::{Line, Screen, Style, metrics};

/// Width of the panel in columns.
const COLUMNS: usize = 39;

/// How many columns of the panel a text takes: one for a half-width character, two for a full-width one or for the
/// box of one that the font does not have.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// Breaks a text into lines of at most `limit` columns, where words end or Japanese allows it, else anywhere. The lines
/// put together are the text; a single blank may stand beyond the limit.
#[must_use]
pub fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = line_end(rest, limit) {
        let (line, after) = rest.split_at(end);
        lines.push(line.to_owned());
        rest = after;
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest.to_owned());
    }
    lines
}

/// The character as a terminal and an XML document may have it: what would be unseen there, or act, is U+FFFD.
#[must_use]
pub fn visible(character: char) -> char {
    match character.width() {
        None | Some(0) => char::REPLACEMENT_CHARACTER,
        _ if matches!(character, '\u{FFFE}' | '\u{FFFF}') => char::REPLACEMENT_CHARACTER,
        Some(_) => character,
    }
}

impl Screen {
    /// The text of the screen, with blanks between the columns. Control characters and invisible ones are U+FFFD.
    #[must_use]
    pub fn to_text(&self) -> String {
        if !self.lit {
            return String::new();
        }
        let mut page = String::new();
        let mut bottom = 0;
        for lines in rows(&self.lines) {
            let top = lines.iter().map(|line| line.y).min().unwrap_or(0);
            if top >= bottom + metrics::HEIGHT / 2 && !page.is_empty() {
                page.push('\n');
            }
            bottom = bottom_of(lines);
            push_row(&mut page, lines.iter().map(|line| (text_column(line), entry(line))));
        }
        if self.softkeys.iter().any(Option::is_some) {
            let labels = self.softkeys.iter().zip(0..).filter_map(|(label, place)| {
                let label = format!("[{}]", label.as_ref()?);
                Some((COLUMNS.saturating_sub(columns(&label)) * place / 2, label))
            });
            page.push('\n');
            push_row(&mut page, labels);
        }
        page
    }
}

/// Lines beside each other, row by row.
fn rows(lines: &[Line]) -> Vec<&[Line]> {
    let mut rows = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let bottom = first.y.saturating_add(first.height);
        let beside = |line: &Line| line.y < bottom && first.y < line.y.saturating_add(line.height);
        let count = rest.iter().take_while(|line| beside(line)).count().max(1);
        let (row, after) = rest.split_at(count);
        rows.push(row);
        rest = after;
    }
    rows
}

fn bottom_of(lines: &[Line]) -> u16 {
    // Room is left for what is added to it.
    lines.iter().map(|line| line.y.saturating_add(line.height)).max().unwrap_or(0).min(Screen::HEIGHT)
}

fn text_column(line: &Line) -> usize {
    let centred = 2 * u32::from(line.x) + u32::from(line.width) == u32::from(Screen::WIDTH);
    if centred && line.style.scale() > 1 {
        return COLUMNS.saturating_sub(columns(&line.text)) / 2;
    }
    let column = usize::from(line.text_x() / Style::Normal.column()).min(COLUMNS);
    column.saturating_sub(usize::from(line.role == "selected"))
}

fn entry(line: &Line) -> String {
    if line.role == "selected" { format!(">{}", line.text) } else { line.text.clone() }
}

fn push_row(page: &mut String, entries: impl Iterator<Item = (usize, String)>) {
    let mut row = String::new();
    for (column, text) in entries {
        let used = columns(&row);
        let gap = column.saturating_sub(used).max(usize::from(used > 0));
        row.extend(core::iter::repeat_n(' ', gap).chain(text.chars().map(visible)));
    }
    page.push_str(row.trim_end_matches(' '));
    page.push('\n');
}

fn width(character: char) -> usize {
    usize::from(metrics::columns_of(character))
}

/// Where the first line ends, unless all of the text fits.
fn line_end(text: &str, limit: usize) -> Option<usize> {
    let mut used = 0;
    let mut last_good = 0;
    let mut before = None;
    for (at, character) in text.char_indices() {
        if before.is_some_and(|before| may_break(before, character)) {
            last_good = at;
        }
        used += width(character);
        if used > limit && at > 0 {
            return Some(match before {
                Some(before) if character == ' ' && before != ' ' => at + 1,
                _ if last_good > 0 => last_good,
                _ => at,
            });
        }
        before = Some(character);
    }
    None
}

/// Whether a line may end between the two characters (the rules of JIS X 4051 that a display this small needs).
fn may_break(before: char, after: char) -> bool {
    const NOT_FIRST: &str =
        "、。，．,.)）]］」』】〉》〕｣!?！？:：;；・･ー々〜～…ｰﾞﾟ､｡%％ぁぃぅぇぉっゃゅょァィゥェォッャュョ";
    const NOT_LAST: &str = "(（[［「『【〈《〔｢¥￥";
    let joins = |c: char| width(c) == 1 && !('｡'..='ﾟ').contains(&c);
    match (before, after) {
        (_, ' ') => false,
        (' ', _) => true,
        _ if NOT_FIRST.contains(after) || NOT_LAST.contains(before) => false,
        _ => !(joins(before) && joins(after)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn full_width_takes_two_columns() {
        assert_eq!(columns("¥1,250"), 6);
        assert_eq!(columns("ｶﾞ"), 2);
        assert_eq!(columns("振込→○"), 8);
        assert_eq!(columns("\u{200B}"), 2, "the box of an invisible character is seen");
    }

    #[test]
    fn words_stay_whole_while_they_can() {
        assert_eq!(wrap("compare it with your invoice", 12), ["compare it ", "with your ", "invoice"]);
        assert_eq!(wrap("0123456789abcdef", 10), ["0123456789", "abcdef"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn no_line_starts_with_a_full_stop_or_a_dakuten() {
        assert_eq!(wrap("請求書と比べる。", 14), ["請求書と比べ", "る。"]);
        assert_eq!(wrap("ｱｲｳｶﾞ", 4), ["ｱｲｳ", "ｶﾞ"]);
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_and_keeps_the_limit(text in "[ -~ｱ-ﾟ一-龠。、\\u{202E}\u{1F600}]{0,200}", limit in 3usize..40) {
            let lines = wrap(&text, limit);
            prop_assert_eq!(lines.concat(), text);
            for line in &lines {
                let line = line.strip_suffix(' ').unwrap_or(line);
                prop_assert!(columns(line) <= limit, "{:?}", line);
            }
        }
    }
}
