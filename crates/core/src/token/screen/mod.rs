//! The token's screen: its content as data, and the same as text.
//!
//! A [`Layout`] takes the rows of a page and gives as many [`Screen`]s as it needs: rows that do not fit go to the next page, and
//! nothing is cut off. A drawing shows only what is in the data, and follows the font's [`metrics`]. The device has a panel of
//! 320 x 240 dots in four shades of grey and one bitmap font.

mod layout;
pub mod metrics;
mod text;

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use layout::{Layout, SOFTKEY_COLUMNS, softkeys_height};
pub use text::{columns, visible, wrap};

/// The content of the panel at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// Whether the panel is on. A dark one shows nothing.
    pub lit: bool,
    /// Its text, in the order of reading.
    pub lines: Vec<Line>,
    /// The labels of the left, the centre and the right button.
    pub softkeys: Softkeys,
}

/// The labels above the left, the centre and the right button.
pub type Softkeys = [Option<String>; 3];

/// One line of writing in its box. Dots are counted from the upper left corner of the panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Left edge of the box.
    pub x: u16,
    /// Upper edge of the box.
    pub y: u16,
    /// Width of the box.
    pub width: u16,
    /// Height of the box.
    pub height: u16,
    /// The characters, as they were given.
    pub text: String,
    /// How they are drawn.
    pub style: Style,
    /// The role of the line: `header`, `page`, `owner`, `label`, `choice`, `selected`, `more` (text for which a bar had no
    /// room), or the name of the field.
    pub role: String,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// 16 dots high.
    #[default]
    Normal,
    /// Grey, for the label of a value.
    Quiet,
    /// Heavier strokes.
    Bold,
    /// 32 dots high.
    Big,
    /// 48 dots high.
    Huge,
    /// Light on dark, over the whole box.
    Inverse,
    /// Dark on a grey band, over the whole box.
    Band,
}

impl Screen {
    /// Width of the panel in dots.
    pub const WIDTH: u16 = 320;

    /// Height of the panel in dots.
    pub const HEIGHT: u16 = 240;

    /// The panel of a device that is off.
    #[must_use]
    pub fn off() -> Self {
        Self { lit: false, lines: Vec::new(), softkeys: Softkeys::default() }
    }

    /// Everything written under one role, without the line breaks.
    #[must_use]
    pub fn said(&self, role: &str) -> String {
        self.lines.iter().filter(|line| line.role == role).map(|line| line.text.as_str()).collect()
    }
}

impl Line {
    /// Where the characters start: boxes with a ground of their own keep a distance from its edge.
    #[must_use]
    pub fn text_x(&self) -> u16 {
        self.x.saturating_add(if self.style.has_ground() { Style::INSET } else { 0 })
    }

    /// Characters stand in the middle of the height of their box.
    #[must_use]
    pub fn text_y(&self) -> u16 {
        self.y.saturating_add(self.height.saturating_sub(self.style.height()) / 2)
    }
}

impl Style {
    /// Dots between the edge of a box with a ground of its own and its characters.
    pub const INSET: u16 = 4;

    /// Dots of the panel for one dot of the font.
    #[must_use]
    pub const fn scale(self) -> u16 {
        match self {
            Self::Big => 2,
            Self::Huge => 3,
            _ => 1,
        }
    }

    /// Height in dots of a character.
    #[must_use]
    pub const fn height(self) -> u16 {
        metrics::HEIGHT * self.scale()
    }

    /// Dots from one half-width character to the next.
    #[must_use]
    pub const fn column(self) -> u16 {
        match self {
            Self::Huge => 28,
            _ => metrics::COLUMN * self.scale(),
        }
    }

    /// Whether the box has a ground of its own.
    #[must_use]
    pub const fn has_ground(self) -> bool {
        matches!(self, Self::Inverse | Self::Band)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A transfer as the token shows it.
    pub(super) fn transfer() -> Layout {
        Layout::new("振込・振替")
            .owner("****5678  YAMADA01")
            .row("bank", "振込先", "0001 架空中央銀行", Style::Normal)
            .row("branch", "支店", "123 ﾎﾝﾃﾝｴｲｷﾞﾖｳﾌﾞ", Style::Normal)
            .row("account", "口座", "普通 1234567", Style::Big)
            .row("payee", "受取人", "ｶ)ﾃｽﾄｼﾖｳｼﾞ ﾆﾎﾝﾊﾞｼｼｼﾖｳ", Style::Big)
            .row("amount", "金額", "¥9,999,999,999", Style::Big)
            .row("date", "振込指定日", "2026年11月24日", Style::Normal)
            .row("new_payee", "新規先", "はい", Style::Bold)
            .turning(["取消", "", "次へ"])
            .softkeys(["戻る", "", "OK"])
    }

    fn english() -> Layout {
        Layout::new("Transfer")
            .owner("****5678  YAMADA01")
            .row("bank", "Bank", "0001 KAKUU CENTRAL BANK", Style::Normal)
            .row("account", "Account", "1234567", Style::Big)
            .row("payee", "Payee", "ｶ)ﾃｽﾄｼﾖｳｼﾞ", Style::Big)
            .row("amount", "Amount", "¥1,250,000", Style::Big)
            .gap(10)
            .centred("response", "1234 5678", Style::Huge)
            .text(
                "advice",
                "Nobody may ask you for this number by phone.\nCompare the payee with your invoice.",
                Style::Normal,
            )
            .softkeys(["Cancel", "", "OK"])
    }

    fn text(pages: &[Screen]) -> String {
        pages.iter().map(Screen::to_text).collect::<Vec<_>>().join("----\n")
    }

    #[test]
    fn a_transfer_reads_as_it_stands_on_the_screen() {
        insta::assert_snapshot!("transfer_ja", text(&transfer().pages()));
        insta::assert_snapshot!("transfer_en", text(&english().pages()));
    }

    #[test]
    fn a_menu_marks_the_selected_entry_without_colour() {
        let menu =
            Layout::new("Menu").choice("Token", false).choice("Language", true).softkeys(["Back", "v", "OK"]).pages();
        insta::assert_snapshot!("menu", text(&menu));
    }

    #[test]
    fn data_survives_json() {
        for screen in transfer().pages().into_iter().chain([Screen::off()]) {
            let json = serde_json::to_string(&screen).expect("a screen is plain data");
            assert_eq!(serde_json::from_str::<Screen>(&json).expect("as written"), screen);
        }
    }

    #[test]
    fn a_line_in_json_has_its_place_its_style_and_its_role() {
        let pages = Layout::new("Login").row("amount", "Amount", "¥1", Style::Big).pages();
        let json = serde_json::to_value(&pages[0].lines[2]).expect("a line is plain data");
        let expected = serde_json::json!({
            "x": 76, "y": 28, "width": 32, "height": 32, "text": "¥1", "style": "big", "role": "amount"
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn characters_that_act_do_not_reach_a_terminal() {
        let shown = Layout::new("T").row("payee", "To", "A\u{1B}[2J\u{202E}B\nC\u{200B}", Style::Normal).pages();
        assert_eq!(shown[0].said("payee"), "A\u{1B}[2J\u{202E}B\nC\u{200B}", "the data keeps what was given");
        assert!(shown[0].to_text().contains("A\u{FFFD}[2J\u{FFFD}B\u{FFFD}C\u{FFFD}\n"), "{:?}", shown[0].to_text());
    }
}
