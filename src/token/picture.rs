//! A screen as PNG and as SVG: both fill the same rectangles in the same order.

use std::collections::HashMap;
use std::fmt::Write;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{Rgba, RgbaImage};

use camtoken_core::token::screen::metrics::{self, COLUMN};
use camtoken_core::token::screen::{SOFTKEY_COLUMNS, Screen, Style, columns, softkeys_height, visible, wrap};

use super::font;

/// Width in dots of the frame that the pictures have around the panel.
pub const BEZEL: u16 = 10;

const WIDTH: u16 = Screen::WIDTH + 2 * BEZEL;
const HEIGHT: u16 = Screen::HEIGHT + 2 * BEZEL;

/// A PNG of the panel and its frame, `scale` pixels a dot (from 1 to 16; other values are taken to the nearest).
#[must_use]
pub fn to_png(screen: &Screen, scale: u32) -> Vec<u8> {
    let scale = scale.clamp(1, 16);
    let mut picture = RgbaImage::new(u32::from(WIDTH) * scale, u32::from(HEIGHT) * scale);
    for paint in paints(screen) {
        let colour = Rgba(paint.shade.colour());
        for area in paint.areas {
            for y in u32::from(area.y) * scale..u32::from(area.y + area.height) * scale {
                for x in u32::from(area.x) * scale..u32::from(area.x + area.width) * scale {
                    picture.put_pixel(x, y, colour);
                }
            }
        }
    }
    let mut png = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::NoFilter);
    picture.write_with_encoder(encoder).expect("memory takes any picture of this size");
    png
}

/// An SVG of the panel and its frame that needs no font. Its description is the text of the screen, and each line
/// of writing is a path with the line's role in `data-role`.
#[must_use]
pub fn to_svg(screen: &Screen) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" shape-rendering=\"crispEdges\">\n"
    );
    if screen.lit {
        let title = escape(&screen.said("header"));
        let text = escape(&screen.to_text());
        svg += &format!("<title>{title}</title>\n<desc>{text}</desc>\n");
    }
    for Paint { shade, role, areas } in paints(screen) {
        let [r, g, b, _] = shade.colour();
        let role = role.map(|role| format!(" data-role=\"{}\"", escape(role))).unwrap_or_default();
        let mut path = String::new();
        for Area { x, y, width, height } in areas {
            write!(path, "M{x} {y}h{width}v{height}h-{width}z").expect("a string takes any text");
        }
        svg += &format!("<path fill=\"#{r:02x}{g:02x}{b:02x}\"{role} d=\"{path}\"/>\n");
    }
    svg + "</svg>\n"
}

fn paints(screen: &Screen) -> Vec<Paint<'_>> {
    let outer = Area { x: 0, y: 0, width: WIDTH, height: HEIGHT };
    let panel = Area { x: BEZEL, y: BEZEL, width: Screen::WIDTH, height: Screen::HEIGHT };
    let mut paints = vec![
        Paint::new(Shade::Edge, outer.rounded()),
        Paint::new(Shade::Frame, outer.shrunk(1).rounded()),
        Paint::new(Shade::Edge, vec![panel.shrunk(-1)]),
        Paint::new(if screen.lit { Shade::Paper } else { Shade::Dark }, vec![panel]),
    ];
    if !screen.lit {
        return paints;
    }
    for line in &screen.lines {
        if let Some(ground) = ground(line.style) {
            let area = Area { x: line.x, y: line.y, width: line.width, height: line.height };
            paints.push(Paint::new(ground, area.on_panel().into_iter().collect()));
        }
        paints.push(Paint {
            shade: ink(line.style),
            role: Some(&line.role),
            areas: Dots::of(&line.text, line.style).areas(line.text_x(), line.text_y()),
        });
    }
    paint_softkeys(screen, &mut paints);
    paints.retain(|paint| !paint.areas.is_empty());
    paints
}

/// Tabs along the lower edge, above the buttons.
fn paint_softkeys<'a>(screen: &'a Screen, paints: &mut Vec<Paint<'a>>) {
    const TAB: u16 = 104;
    const LEFT: [u16; 3] = [0, 108, 216];
    let height = softkeys_height(&screen.softkeys).min(Screen::HEIGHT);
    for ((label, x), role) in screen.softkeys.iter().zip(LEFT).zip(["left", "centre", "right"]) {
        let Some(label) = label else { continue };
        let tab = Area { x, y: Screen::HEIGHT - height + 2, width: TAB, height: height.saturating_sub(2) };
        paints.push(Paint::new(Shade::Ink, tab.rounded_above()));
        let mut areas = Vec::new();
        let mut y = tab.y + 2;
        for row in wrap(label, SOFTKEY_COLUMNS) {
            let row = row.trim_end();
            let width = u16::try_from(columns(row)).unwrap_or(u16::MAX).saturating_mul(COLUMN);
            let free = TAB.saturating_sub(width);
            areas.extend(Dots::of(row, Style::Inverse).areas(x + free / 2, y));
            y = y.saturating_add(metrics::HEIGHT + 2);
        }
        paints.push(Paint { shade: Shade::Paper, role: Some(role), areas });
    }
}

/// One colour, and where it goes.
struct Paint<'a> {
    shade: Shade,
    role: Option<&'a str>,
    areas: Vec<Area>,
}

impl Paint<'_> {
    fn new(shade: Shade, areas: Vec<Area>) -> Self {
        Self { shade, role: None, areas }
    }
}

/// The four greys of the panel, its ground when it is off, and the frame.
#[derive(Debug, Clone, Copy)]
enum Shade {
    Paper,
    Light,
    Grey,
    Ink,
    Dark,
    Frame,
    Edge,
}

impl Shade {
    const fn colour(self) -> [u8; 4] {
        match self {
            Self::Paper => [0xD9, 0xE3, 0xCC, 0xFF],
            Self::Light => [0xB9, 0xC9, 0xA9, 0xFF],
            Self::Grey => [0x36, 0x47, 0x3D, 0xFF],
            Self::Ink => [0x14, 0x21, 0x1B, 0xFF],
            Self::Dark => [0x7E, 0x8A, 0x78, 0xFF],
            Self::Frame => [0x2B, 0x30, 0x33, 0xFF],
            Self::Edge => [0x15, 0x18, 0x1A, 0xFF],
        }
    }
}

const fn ink(style: Style) -> Shade {
    match style {
        Style::Quiet => Shade::Grey,
        Style::Inverse => Shade::Paper,
        _ => Shade::Ink,
    }
}

const fn ground(style: Style) -> Option<Shade> {
    match style {
        Style::Inverse => Some(Shade::Ink),
        Style::Band => Some(Shade::Light),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy)]
struct Area {
    x: u16,
    y: u16,
    width: u16,
    height: u16,
}

impl Area {
    /// From dots of the panel to dots of the picture; what lies outside the panel is left away.
    fn on_panel(self) -> Option<Self> {
        let width = self.width.min(Screen::WIDTH.saturating_sub(self.x));
        let height = self.height.min(Screen::HEIGHT.saturating_sub(self.y));
        (width > 0 && height > 0).then(|| Self { x: self.x + BEZEL, y: self.y + BEZEL, width, height })
    }

    fn shrunk(self, by: i16) -> Self {
        Self {
            x: self.x.saturating_add_signed(by),
            y: self.y.saturating_add_signed(by),
            width: self.width.saturating_add_signed(-2 * by),
            height: self.height.saturating_add_signed(-2 * by),
        }
    }

    /// The picture's area with round corners.
    fn rounded(self) -> Vec<Self> {
        const CORNER: [u16; 7] = [7, 5, 3, 2, 2, 1, 1];
        let round = CORNER.len() as u16;
        let ends = CORNER.iter().zip(0..).flat_map(|(&cut, i)| {
            let row = |y| Self { x: self.x + cut, y, width: self.width - 2 * cut, height: 1 };
            [row(self.y + i), row(self.y + self.height - 1 - i)]
        });
        let middle = Self { y: self.y + round, height: self.height - 2 * round, ..self };
        ends.chain([middle]).collect()
    }

    /// An area of the panel with its upper corners cut.
    fn rounded_above(self) -> Vec<Self> {
        let row = |cut, y, height| Self { x: self.x + cut, y, width: self.width - 2 * cut, height };
        let rows = [row(3, self.y, 1), row(1, self.y + 1, 2), row(0, self.y + 3, self.height.saturating_sub(3))];
        rows.into_iter().filter_map(Self::on_panel).collect()
    }
}

/// The dots of one line of writing.
struct Dots {
    width: usize,
    rows: Vec<Vec<bool>>,
}

impl Dots {
    fn of(text: &str, style: Style) -> Self {
        // More than fits on the panel is not drawn in any case.
        let most = usize::from(Screen::WIDTH / COLUMN) + 1;
        let mut line = Self { width: 0, rows: vec![Vec::new(); usize::from(style.height())] };
        for character in text.chars().take(most) {
            line.push(Self::of_character(character, style), style);
        }
        if matches!(style, Style::Bold | Style::Inverse) { line.bold() } else { line }
    }

    fn of_character(character: char, style: Style) -> Self {
        let glyph = font::glyph(character);
        let width = glyph.columns * COLUMN;
        let rows = glyph.rows.map(|bits| (0..width).map(|x| bits & (0x8000 >> x) != 0).collect());
        let mut dots = Self { width: usize::from(width), rows: rows.into() };
        if style.scale() > 1 && character.is_ascii_digit() {
            dots = dots.closed();
        }
        match style {
            Style::Big => dots.twice().heavier(),
            Style::Huge => dots.thrice().heavier(),
            _ => dots,
        }
    }

    /// Adds a character in the middle of its columns.
    fn push(&mut self, character: Self, style: Style) {
        let columns = character.width / usize::from(COLUMN * style.scale());
        let width = columns * usize::from(style.column());
        let left = (width - character.width) / 2;
        for (row, dots) in self.rows.iter_mut().zip(character.rows) {
            row.resize(self.width + left, false);
            row.extend(dots);
            row.resize(self.width + width, false);
        }
        self.width += width;
    }

    fn at(&self, x: usize, y: usize) -> bool {
        self.rows.get(y).and_then(|row| row.get(x)).copied().unwrap_or(false)
    }

    /// Without the single free dots that are corners of a small digit and holes in a large one.
    fn closed(&self) -> Self {
        let enclosed = |x, y| {
            x > 0 && y > 0 && [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].iter().all(|&(x, y)| self.at(x, y))
        };
        self.map(|x, y| self.at(x, y) || enclosed(x, y))
    }

    /// Every stroke one dot wider to the right.
    fn heavier(&self) -> Self {
        self.map(|x, y| self.at(x, y) || (x > 0 && self.at(x - 1, y)))
    }

    /// Every stroke one dot wider to the right, except where it would touch another: small characters stay open.
    fn bold(&self) -> Self {
        let touches = |x, y: usize| (y.saturating_sub(1)..=y + 1).any(|y| self.at(x + 1, y));
        self.map(|x, y| self.at(x, y) || (x > 0 && self.at(x - 1, y) && !touches(x, y)))
    }

    fn map(&self, dot: impl Fn(usize, usize) -> bool) -> Self {
        let rows = (0..self.rows.len()).map(|y| (0..self.width).map(|x| dot(x, y)).collect()).collect();
        Self { rows, ..*self }
    }

    /// Twice the size, with the steps of slanted strokes filled (the rules known as Scale2x).
    fn twice(&self) -> Self {
        self.grown(2, |near| {
            let [_, _, _, left, centre, right, _, _, _] = near;
            let corners = slants(near);
            let pick = |corner: usize, dot| if corners[corner] { dot } else { centre };
            vec![pick(0, left), pick(1, right), pick(2, left), pick(3, right)]
        })
    }

    /// Three times the size, likewise (Scale3x).
    fn thrice(&self) -> Self {
        self.grown(3, |near| {
            let [a, b, c, d, e, f, g, h, i] = near;
            let [upper_left, upper_right, lower_left, lower_right] = slants(near);
            let pick = |slant, dot| if slant { dot } else { e };
            vec![
                pick(upper_left, d),
                pick(upper_left && e != c || upper_right && e != a, b),
                pick(upper_right, f),
                pick(upper_left && e != g || lower_left && e != a, d),
                e,
                pick(upper_right && e != i || lower_right && e != c, f),
                pick(lower_left, d),
                pick(lower_left && e != i || lower_right && e != g, h),
                pick(lower_right, f),
            ]
        })
    }

    /// Replaces each dot by `n` x `n`, computed from the dot and its eight neighbours.
    fn grown(&self, n: usize, rule: impl Fn([bool; 9]) -> Vec<bool>) -> Self {
        let mut rows = vec![vec![false; n * self.width]; n * self.rows.len()];
        for y in 0..self.rows.len() {
            for x in 0..self.width {
                let near = |dx: usize, dy: usize| x + dx > 0 && y + dy > 0 && self.at(x + dx - 1, y + dy - 1);
                let near =
                    [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2)].map(|(x, y)| near(x, y));
                for (place, dot) in rule(near).into_iter().enumerate() {
                    rows[n * y + place / n][n * x + place % n] = dot;
                }
            }
        }
        Self { width: n * self.width, rows }
    }

    /// The fewest rectangles that runs of dots give when equal ones below each other are joined.
    fn areas(&self, left: u16, top: u16) -> Vec<Area> {
        let mut areas: Vec<Area> = Vec::new();
        let mut open: HashMap<(u16, u16), usize> = HashMap::new();
        for (row, y) in self.rows.iter().zip(0..) {
            let mut still_open = HashMap::new();
            for run in runs(row) {
                let index = open.get(&run).copied().unwrap_or(areas.len());
                if index == areas.len() {
                    areas.push(Area {
                        x: left.saturating_add(run.0),
                        y: top.saturating_add(y),
                        width: run.1,
                        height: 0,
                    });
                }
                areas[index].height += 1;
                still_open.insert(run, index);
            }
            open = still_open;
        }
        areas.into_iter().filter_map(Area::on_panel).collect()
    }
}

/// At which corners (upper left, upper right, lower left, lower right) a slanted edge passes the dot in the middle.
fn slants([_, up, _, left, _, right, _, down, _]: [bool; 9]) -> [bool; 4] {
    [
        left == up && up != right && left != down,
        up == right && up != left && right != down,
        left == down && left != up && down != right,
        down == right && left != down && up != right,
    ]
}

/// Starts and lengths of the runs of dots in a row.
fn runs(row: &[bool]) -> Vec<(u16, u16)> {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for (x, _) in (0..).zip(row).filter(|(_, dot)| **dot) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == x => *length += 1,
            _ => runs.push((x, 1)),
        }
    }
    runs
}

fn escape(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push('\n'),
            other => safe.push(visible(other)),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
