//! Rows to pages.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::text::{columns, wrap};
use super::{Line, Screen, Softkeys, Style, metrics};

/// Free dots at the left and the right edge.
const MARGIN: u16 = 4;
/// Dots between two rows.
const LEADING: u16 = 4;
/// Where values start: after eight columns for the label and one that is free. A longer label pushes its value to the
/// right if it then still fits on one line, and down if not.
const VALUE_X: u16 = MARGIN + 9 * metrics::COLUMN;
/// Height of the inverse line at the top.
const HEADER: u16 = 24;
/// Height of the band below it.
const BAND: u16 = 20;
/// Columns kept in the header for "12/34".
const PAGE_COLUMNS: u16 = 7;
/// The most rows that header, band and softkeys take. What is longer goes on in the body, which so always has room for a
/// row in any style.
const HEADER_ROWS: usize = 2;
const BAND_ROWS: usize = 2;
const SOFTKEY_ROWS: usize = 3;

/// The rows of one message to the reader, and the pages they make.
///
/// ```
/// use camtoken_core::token::screen::{Layout, Style};
///
/// let pages = Layout::new("Transfer")
///     .row("payee", "Payee", "ACME AS", Style::Bold)
///     .row("amount", "Amount", "¥1,250", Style::Big)
///     .softkeys(["Cancel", "", "OK"])
///     .pages();
/// assert_eq!(pages.len(), 1);
/// assert_eq!(pages[0].said("amount"), "¥1,250");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Layout {
    title: String,
    owner: String,
    blocks: Vec<Block>,
    softkeys: Softkeys,
    turning: Option<Softkeys>,
}

impl Layout {
    /// A page with a title and nothing else.
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }

    /// Names the activation below the title, on every page.
    #[must_use]
    pub fn owner(mut self, owner: &str) -> Self {
        owner.clone_into(&mut self.owner);
        self
    }

    /// A value with its label, beside it when there is room. The value is one line of data: a line break in it is drawn
    /// as a character without a glyph.
    #[must_use]
    pub fn row(self, role: &str, label: &str, value: &str, style: Style) -> Self {
        let mut labels = Strip::lines("label", MARGIN, label, Style::Quiet);
        let after_label = MARGIN.saturating_add(dots(label, Style::Quiet)).saturating_add(metrics::COLUMN);
        let end = after_label.saturating_add(dots(value, style)).saturating_add(inset(style));
        let beside = after_label <= VALUE_X || end <= Screen::WIDTH - MARGIN;
        let x = if beside { after_label.max(VALUE_X) } else { VALUE_X };
        let mut strips = Strip::lines(role, x, value, style);
        if !beside {
            labels.append(&mut strips);
            return self.block(labels);
        }
        if !label.is_empty() {
            let mut label = labels.swap_remove(0).lines.swap_remove(0);
            label.y = (style.scale() - 1) * metrics::ASCENT; // on the base line of the value
            strips[0].lines.insert(0, label);
        }
        self.block(strips)
    }

    /// Text from the left edge; a line break in it starts a line.
    #[must_use]
    pub fn text(self, role: &str, text: &str, style: Style) -> Self {
        self.block(Strip::paragraphs(role, text, style))
    }

    /// Text in the middle; a line break in it starts a line.
    #[must_use]
    pub fn centred(self, role: &str, text: &str, style: Style) -> Self {
        let mut strips = Strip::paragraphs(role, text, style);
        for line in strips.iter_mut().flat_map(|strip| &mut strip.lines) {
            line.x = (Screen::WIDTH - line.width) / 2;
        }
        self.block(strips)
    }

    /// An entry of a menu.
    #[must_use]
    pub fn choice(self, text: &str, selected: bool) -> Self {
        if selected {
            return self.block(Strip::lines("selected", MARGIN, text, Style::Inverse));
        }
        let mut strips = Strip::lines("choice", MARGIN + Style::INSET, text, Style::Normal);
        for strip in &mut strips {
            strip.height = BAND + LEADING;
            strip.lines[0].height = BAND;
        }
        self.block(strips)
    }

    /// Leaves dots free before the next block, except at the top of a page.
    #[must_use]
    pub fn gap(mut self, dots: u16) -> Self {
        self.blocks.push(Block::Gap(dots));
        self
    }

    /// Starts a page with what follows.
    #[must_use]
    pub fn page_break(mut self) -> Self {
        self.blocks.push(Block::PageBreak);
        self
    }

    /// Labels the buttons, on the last page or on all of them (see [`Layout::turning`]). An empty label is none.
    #[must_use]
    pub fn softkeys(mut self, labels: [&str; 3]) -> Self {
        self.softkeys = owned(labels);
        self
    }

    /// Labels the buttons on all pages but the last.
    #[must_use]
    pub fn turning(mut self, labels: [&str; 3]) -> Self {
        self.turning = Some(owned(labels));
        self
    }

    /// The screens, at least one. Blocks stay together while they fit on one page.
    #[must_use]
    pub fn pages(mut self) -> Vec<Screen> {
        let title = keep(&mut self.title, title_columns(), HEADER_ROWS);
        let owner = keep(&mut self.owner, all_columns(Style::Band), BAND_ROWS);
        let mut blocks: Vec<_> = [self.title, self.owner].iter().filter_map(|rest| Block::more(rest)).collect();
        blocks.append(&mut self.blocks);
        for label in self.turning.iter_mut().flatten().chain(&mut self.softkeys).flatten() {
            let kept = keep(label, SOFTKEY_COLUMNS, SOFTKEY_ROWS).concat();
            let rest = core::mem::replace(label, kept);
            blocks.extend(Block::more(&rest));
        }
        let turning = self.turning.unwrap_or_else(|| self.softkeys.clone());

        let bars = bars(&title, &owner);
        let top = bars.iter().map(|line| line.y + line.height).max().unwrap_or(0) + LEADING;
        let bottom = Screen::HEIGHT - softkeys_height(&turning).max(softkeys_height(&self.softkeys));

        let bodies = paginate(blocks, top, bottom);
        let count = bodies.len();
        let screen = |(page, body): (usize, Vec<Line>)| {
            let mut lines = bars.clone();
            if count > 1 {
                number(&mut lines, &format!("{}/{count}", page + 1));
            }
            lines.extend(body);
            let softkeys = if page + 1 == count { &self.softkeys } else { &turning };
            Screen { lit: true, lines, softkeys: softkeys.clone() }
        };
        bodies.into_iter().enumerate().map(screen).collect()
    }

    fn block(mut self, strips: Vec<Strip>) -> Self {
        self.blocks.push(Block::Strips(strips));
        self
    }
}

/// Columns of a softkey's label on one row.
pub const SOFTKEY_COLUMNS: usize = 12;

/// Height in dots of the row of softkeys; zero if no button has a label.
#[must_use]
pub fn softkeys_height(labels: &Softkeys) -> u16 {
    let rows = labels.iter().flatten().map(|label| wrap(label, SOFTKEY_COLUMNS).len()).max().unwrap_or(0);
    let rows = u16::try_from(rows).unwrap_or(u16::MAX);
    if rows == 0 { 0 } else { rows.saturating_mul(metrics::HEIGHT + 2).saturating_add(6) }
}

#[derive(Debug, Clone)]
enum Block {
    Strips(Vec<Strip>),
    Gap(u16),
    PageBreak,
}

impl Block {
    /// The rest of what did not find room in a bar.
    fn more(rest: &str) -> Option<Self> {
        (!rest.is_empty()).then(|| Self::Strips(Strip::lines("more", MARGIN, rest, Style::Normal)))
    }
}

/// A block, which is never split over two pages: the lines of one row, with `y` from its top.
#[derive(Debug, Clone)]
struct Strip {
    height: u16,
    lines: Vec<Line>,
}

impl Strip {
    fn paragraphs(role: &str, text: &str, style: Style) -> Vec<Self> {
        text.split('\n').flat_map(|paragraph| Self::lines(role, MARGIN, paragraph, style)).collect()
    }

    /// Text in lines from `x` to the right margin.
    fn lines(role: &str, x: u16, text: &str, style: Style) -> Vec<Self> {
        let room = Screen::WIDTH - MARGIN - x;
        let strip = |text: String| {
            let (width, height) = match style.has_ground() {
                true => (room, BAND),
                false => (dots(&text, style).min(room), style.height()),
            };
            let line = Line { x, y: 0, width, height, text, style, role: role.to_owned() };
            Self { height: height + LEADING, lines: vec![line] }
        };
        wrap(text, usize::from((room - inset(style)) / style.column())).into_iter().map(strip).collect()
    }
}

/// Sets blocks below each other, from `top` to `bottom` of as many pages as it takes.
fn paginate(blocks: Vec<Block>, top: u16, bottom: u16) -> Vec<Vec<Line>> {
    let mut pages = vec![Vec::new()];
    let mut y = top;
    let mut gap = 0;
    for block in blocks {
        let strips = match block {
            Block::Gap(dots) => {
                gap = dots;
                continue;
            }
            Block::PageBreak => {
                if y > top {
                    pages.push(Vec::new());
                    y = top;
                }
                continue;
            }
            Block::Strips(strips) => strips,
        };
        let whole: u32 = strips.iter().map(|strip| u32::from(strip.height)).sum();
        let fits_a_page = whole <= u32::from(bottom - top);
        y = if y == top { top } else { y.saturating_add(gap) };
        gap = 0;
        let mut needed = whole;
        for strip in strips {
            // The first strip asks for all of the block, if a page can hold it; the others for themselves.
            let asked = if fits_a_page { needed } else { u32::from(strip.height) };
            needed -= u32::from(strip.height);
            if u32::from(y) + asked > u32::from(bottom) && y > top {
                pages.push(Vec::new());
                y = top;
            }
            let page = pages.last_mut().expect("there is always a page");
            page.extend(strip.lines.into_iter().map(|line| Line { y: y + line.y, ..line }));
            y += strip.height;
        }
    }
    if pages.len() > 1 && pages.last().is_some_and(Vec::is_empty) {
        pages.pop();
    }
    pages
}

/// The lines above the body. There is always a header, be it empty.
fn bars(title: &[String], owner: &[String]) -> Vec<Line> {
    let mut y = 0;
    let mut bar = |text: &String, style, height, role: &str| {
        let line = Line { x: 0, y, width: Screen::WIDTH, height, text: text.clone(), style, role: role.to_owned() };
        y += height;
        line
    };
    let mut lines: Vec<_> = title.iter().map(|text| bar(text, Style::Inverse, HEADER, "header")).collect();
    let owner = owner.iter().filter(|text| !text.is_empty());
    lines.extend(owner.map(|text| bar(text, Style::Band, BAND, "owner")));
    lines
}

/// Puts the page's number at the right end of the header.
fn number(lines: &mut Vec<Line>, text: &str) {
    let width = dots(text, Style::Inverse) + 2 * Style::INSET;
    let header = &mut lines[0];
    header.width -= width;
    let page = Line { x: header.width, width, text: text.to_owned(), role: "page".to_owned(), ..header.clone() };
    lines.insert(1, page);
}

/// Takes the first rows out of a text and leaves the rest.
fn keep(text: &mut String, limit: usize, rows: usize) -> Vec<String> {
    let mut lines = wrap(text, limit);
    let rest = lines.split_off(rows.min(lines.len()));
    *text = rest.concat();
    lines
}

fn dots(text: &str, style: Style) -> u16 {
    u16::try_from(columns(text)).unwrap_or(u16::MAX).saturating_mul(style.column())
}

/// Dots that a ground takes from the width of its line.
fn inset(style: Style) -> u16 {
    if style.has_ground() { 2 * Style::INSET } else { 0 }
}

fn all_columns(style: Style) -> usize {
    usize::from((Screen::WIDTH - 2 * Style::INSET) / style.column())
}

fn title_columns() -> usize {
    all_columns(Style::Inverse) - usize::from(PAGE_COLUMNS) - 1
}

fn owned(labels: [&str; 3]) -> Softkeys {
    labels.map(|label| (!label.is_empty()).then(|| label.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Piece {
        Row(String, String, Style),
        Text(String, Style),
        Centred(String, Style),
        Choice(String, bool),
        Gap(u16),
        PageBreak,
    }

    const PROSE: &str = "[ -~ｱ-ﾟぁ-ん一-龠。¥\u{202E}\n]{0,300}";

    fn style() -> impl Strategy<Value = Style> {
        use Style::{Band, Big, Bold, Huge, Inverse, Normal, Quiet};
        prop::sample::select(vec![Normal, Quiet, Bold, Big, Huge, Inverse, Band])
    }

    fn piece() -> impl Strategy<Value = Piece> {
        prop_oneof![
            ("[ -~一-龠]{0,60}", PROSE, style()).prop_map(|(label, value, style)| Piece::Row(label, value, style)),
            (PROSE, style()).prop_map(|(text, style)| Piece::Text(text, style)),
            (PROSE, style()).prop_map(|(text, style)| Piece::Centred(text, style)),
            ("[ -~]{0,90}", any::<bool>()).prop_map(|(text, selected)| Piece::Choice(text, selected)),
            (0u16..300).prop_map(Piece::Gap),
            Just(Piece::PageBreak),
        ]
    }

    fn overlap(a: &Line, b: &Line) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn nothing_is_cut_off(
            pieces in prop::collection::vec(piece(), 0..12),
            title in "[ -~一-龠]{0,120}",
            owner in "[ -~]{0,120}",
            keys in prop::array::uniform3("[ -~一-龠]{0,60}"),
        ) {
            let mut layout = Layout::new(&title).owner(&owner).softkeys([&keys[0], &keys[1], &keys[2]]);
            let mut expected = String::new();
            for piece in &pieces {
                layout = match piece {
                    Piece::Row(label, value, style) => {
                        expected += value;
                        layout.row("body", label, value, *style)
                    }
                    Piece::Text(text, style) => {
                        expected += &text.replace('\n', "");
                        layout.text("body", text, *style)
                    }
                    Piece::Centred(text, style) => {
                        expected += &text.replace('\n', "");
                        layout.centred("body", text, *style)
                    }
                    Piece::Choice(text, selected) => layout.choice(text, *selected),
                    Piece::Gap(dots) => layout.gap(*dots),
                    Piece::PageBreak => layout.page_break(),
                };
            }
            let pages = layout.pages();

            // Every character, in order.
            prop_assert_eq!(pages.iter().map(|page| page.said("body")).collect::<String>(), expected);
            let labels = |role: &str| pages.iter().map(|page| page.said(role)).collect::<String>();
            let given: String = pieces.iter().filter_map(|p| if let Piece::Row(label, ..) = p { Some(&**label) } else { None }).collect();
            prop_assert_eq!(labels("label"), given);
            for wanted in [true, false] {
                let given: String = pieces.iter().filter_map(|p| match p {
                    Piece::Choice(text, selected) if *selected == wanted => Some(&**text),
                    _ => None,
                }).collect();
                prop_assert_eq!(labels(if wanted { "selected" } else { "choice" }), given);
            }

            for (number, page) in (1..).zip(&pages) {
                let counted = format!("{number}/{}", pages.len());
                prop_assert!(pages.len() == 1 || page.said("page") == counted);
                let floor = Screen::HEIGHT - softkeys_height(&page.softkeys);
                for (index, line) in page.lines.iter().enumerate() {
                    prop_assert!(line.x + line.width <= Screen::WIDTH && line.y + line.height <= floor, "{:?}", line);
                    let text = line.text.strip_suffix(' ').unwrap_or(&line.text);
                    prop_assert!(line.text_x() + dots(text, line.style) <= line.x + line.width, "{:?}", line);
                    prop_assert!(page.lines[..index].iter().all(|other| !overlap(other, line)), "{:?}", page.lines);
                }
            }
        }

        #[test]
        fn long_titles_owners_and_softkeys_go_on_in_the_body(
            title in "[!-~]{70,120}", owner in "[!-~]{90,120}", key in "[!-~]{40,60}",
        ) {
            let pages = Layout::new(&title).owner(&owner).softkeys(["", "", &key]).pages();
            let shown = [pages[0].said("header"), pages[0].said("owner"), pages[0].softkeys[2].clone().unwrap_or_default()];
            let mut more: &str = &pages.iter().map(|page| page.said("more")).collect::<String>();
            for (shown, given) in shown.iter().zip([&title, &owner, &key]) {
                let (rest, after) = more.split_at(given.len() - shown.len());
                prop_assert_eq!(&format!("{shown}{rest}"), given);
                more = after;
            }
            prop_assert_eq!(more, "");
        }
    }

    #[test]
    fn a_full_payee_stands_beside_its_label_on_one_line() {
        let payee = "ｱ".repeat(30);
        let pages = Layout::new("T").row("payee", "受取人名", &payee, Style::Normal).pages();
        let lines: Vec<_> = pages[0].lines.iter().map(|line| (line.role.as_str(), line.y)).collect();
        assert_eq!(lines, [("header", 0), ("label", 28), ("payee", 28)]);
    }

    #[test]
    fn a_block_is_not_parted_when_a_page_holds_it() {
        let layout = (0..7).fold(Layout::new("T"), |layout, _| layout.row("a", "a", "a", Style::Normal));
        let pages = layout.text("b", "1\n2\n3\n4", Style::Normal).pages();
        assert_eq!(pages.iter().map(|page| page.said("b")).collect::<Vec<_>>(), ["", "1234"]);
    }

    #[test]
    fn only_the_last_page_has_the_last_softkeys() {
        let pages = Layout::new("T")
            .text("a", "1", Style::Normal)
            .page_break()
            .text("a", "2", Style::Normal)
            .page_break()
            .turning(["", "", "Next"])
            .softkeys(["", "", "OK"])
            .pages();
        let right: Vec<_> = pages.iter().map(|page| page.softkeys[2].as_deref()).collect();
        assert_eq!(right, [Some("Next"), Some("OK")]);
    }
}
