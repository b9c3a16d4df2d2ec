//! What a shape is filled and drawn with, from attributes, styles and style sheets.

use super::path::numbers;
use super::tags::Node;

/// What is inherited from the elements around.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    /// The grey level inside, if it is filled.
    pub fill: Option<u8>,
    /// The grey level of the line.
    pub stroke: Option<u8>,
    /// Of the line.
    pub width: f32,
    pub even_odd: bool,
    pub is_hidden: bool,
}

impl Default for Paint {
    fn default() -> Self {
        Self { fill: Some(0), stroke: None, width: 1.0, even_odd: false, is_hidden: false }
    }
}

/// The rules of the style sheets, by their selector.
pub(super) struct Sheet<'a> {
    rules: Vec<(&'a str, &'a str)>,
}

impl<'a> Sheet<'a> {
    pub fn of(nodes: &[Node<'a>]) -> Self {
        let texts = nodes.iter().filter(|node| node.name == "style").map(|node| node.text);
        let rules = texts.flat_map(|text| text.split('}')).filter_map(|rule| rule.split_once('{'));
        let each = rules.flat_map(|(names, rule)| names.split(',').map(move |name| (name.trim(), rule)));
        Self { rules: each.collect() }
    }

    fn rules(&self, node: &Node<'_>) -> impl Iterator<Item = &'a str> {
        let is_of = |selector: &str| match selector.split_at_checked(1) {
            Some((".", class)) => {
                node.attribute("class").is_some_and(|all| all.split_ascii_whitespace().any(|it| it == class))
            }
            Some(("#", id)) => node.attribute("id") == Some(id),
            _ => selector == node.name,
        };
        self.rules.iter().filter(move |(selector, _)| is_of(selector)).map(|(_, rule)| *rule)
    }
}

impl Paint {
    /// The paint of an element inside one with this paint.
    pub fn inside(&self, node: &Node<'_>, sheet: &Sheet<'_>) -> Self {
        let mut paint = *self;
        let names = [
            "fill",
            "stroke",
            "stroke-width",
            "fill-rule",
            "display",
            "visibility",
            "opacity",
            "fill-opacity",
            "stroke-opacity",
        ];
        for name in names {
            if let Some(value) = node.attribute(name) {
                paint.set(name, value);
            }
        }
        for rule in sheet.rules(node).chain(node.attribute("style")) {
            for (name, value) in rule.split(';').filter_map(|part| part.split_once(':')) {
                paint.set(name.trim(), value.trim().trim_end_matches("!important").trim_end());
            }
        }
        paint
    }

    fn set(&mut self, name: &str, value: &str) {
        let nothing = || numbers(value).first().is_some_and(|share| *share <= 0.05);
        match name {
            "fill" => self.fill = colour(value, self.fill),
            "stroke" => self.stroke = colour(value, self.stroke),
            "stroke-width" => self.width = numbers(value).first().copied().unwrap_or(self.width),
            "fill-rule" => self.even_odd = value == "evenodd",
            "display" => self.is_hidden |= value == "none",
            "visibility" => self.is_hidden = value == "hidden",
            "opacity" => self.is_hidden |= nothing(),
            "fill-opacity" if nothing() => self.fill = None,
            "stroke-opacity" if nothing() => self.stroke = None,
            _ => {}
        }
    }
}

/// A colour's grey level; a gradient is dark. A colour that is not understood is black.
fn colour(text: &str, inherited: Option<u8>) -> Option<u8> {
    const NAMES: [(&str, u8); 14] = [
        ("white", 255),
        ("red", 76),
        ("green", 75),
        ("blue", 29),
        ("yellow", 226),
        ("orange", 173),
        ("gray", 128),
        ("grey", 128),
        ("silver", 192),
        ("lightgray", 211),
        ("lightgrey", 211),
        ("whitesmoke", 245),
        ("ivory", 254),
        ("snow", 251),
    ];
    let text = text.to_ascii_lowercase();
    if matches!(&*text, "none" | "transparent") {
        return None;
    }
    if text == "inherit" {
        return inherited;
    }
    let grey = |r: f32, g: f32, b: f32| Some((0.299 * r + 0.587 * g + 0.114 * b).round().clamp(0.0, 255.0) as u8);
    if let Some(digits) = text.strip_prefix('#') {
        let digits: Vec<f32> = digits.chars().map(|digit| digit.to_digit(16).unwrap_or(0) as f32).collect();
        return match *digits {
            [.., 0.0] if digits.len() == 4 => None,
            [.., 0.0, 0.0] if digits.len() == 8 => None,
            [r, g, b] | [r, g, b, _] => grey(17.0 * r, 17.0 * g, 17.0 * b),
            [r, s, g, h, b, c, ..] => grey(16.0 * r + s, 16.0 * g + h, 16.0 * b + c),
            _ => Some(0),
        };
    }
    if text.starts_with("rgb") {
        let scale = if text.contains('%') { 2.55 } else { 1.0 };
        return match *numbers(text.split_once('(').map_or("", |(_, values)| values)) {
            [.., alpha] if text.starts_with("rgba") && alpha <= 0.05 => None,
            [r, g, b, ..] => grey(scale * r, scale * g, scale * b),
            _ => Some(0),
        };
    }
    Some(NAMES.iter().find(|(name, _)| *name == text).map_or(0, |(_, grey)| *grey))
}
