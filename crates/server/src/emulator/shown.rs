//! What a token shows, as data.

use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::session::Virtual;
use super::values::Moment;
use camtoken::challenge::Challenge;
use camtoken::language::Language;
use camtoken::qr::Grade;
use camtoken::time::Timestamp;
use camtoken::token::screen::{Screen, Softkeys, Style};
use camtoken::token::{Refusal, State, pages};
use camtoken_documents::Lint;

/// The screen of a token, and what the token is doing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    /// off, pin, ready, menu, showing, answered, asking, done or refused
    state: &'static str,
    /// T01 to T14, when it refuses
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The page of what a code says, from 1
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<usize>,
    /// How many pages there are
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<usize>,
    #[serde(flatten)]
    panel: Panel,
    /// The same as text, as it stands on the screen
    text: String,
    #[serde(flatten)]
    digits: Digits,
    /// The time of the session
    now: Moment,
}

/// What the panel shows at one moment.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Panel {
    /// Whether the panel is on
    lit: bool,
    /// What is written on it, in the order of reading; dots are counted from the upper left corner of 320 x 240
    lines: Vec<Line>,
    /// What the left, the centre and the right button do now
    softkeys: Softkeys,
}

/// One line of writing in its box.
#[derive(Debug, Serialize, JsonSchema)]
struct Line {
    x: u16,
    y: u16,
    width: u16,
    height: u16,
    /// The characters
    text: String,
    /// normal, quiet, bold, big, huge, inverse or band
    #[schemars(with = "String")]
    style: Style,
    /// What the line says: header, page, owner, label, or the name of the field
    role: String,
}

/// What is to be typed, without spaces.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Digits {
    /// The response, once it was approved
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    /// The answer to the first code of a registration
    #[serde(skip_serializing_if = "Option::is_none")]
    device_code: Option<String>,
}

/// What became of a code.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scanned {
    /// shown, refused, or looking: nothing was read in a frame, and the token has not taken notice of it
    outcome: &'static str,
    /// T01 to T14, when refused
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What it means, in the token's language
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// What to do about it, in the token's language
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
    /// What is to be approved
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    /// What the token shows of it, in order; nothing when refused
    fields: Vec<Field>,
    /// Every page of it
    #[serde(skip_serializing_if = "Option::is_none")]
    screen: Option<Pages>,
    #[serde(flatten)]
    digits: Digits,
    /// A response of the same form that is wrong
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong_response: Option<String>,
    /// Whether a registration is kept; none as long as the token asks
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<bool>,
    /// From then on no response is accepted
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Moment>,
    /// How the picture was, where it was one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// Path of the picture with what was seen drawn onto it; the last one of the token is kept for a while
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay_url: Option<String>,
}

/// How well a code could be seen. `/v1/lint` says more.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Quality {
    /// A, B, C, D or F
    grade: &'static str,
    /// Pixels of the picture for one module; under 2 is too small
    #[serde(skip_serializing_if = "Option::is_none")]
    px_per_module: Option<f64>,
    /// What to change, in the token's language, the worst first
    advice: Vec<String>,
    /// What is worst: a measure, or a reason why nothing was read, as `/v1/lint` names it
    #[serde(skip_serializing_if = "Option::is_none")]
    worst: Option<&'static str>,
    /// The outer corners in pixels: top left, top right, bottom right, bottom left as printed; of a symbol that was not read
    /// those that its finder patterns span, in some order around it
    #[serde(skip_serializing_if = "Option::is_none")]
    corners: Option<[(f32, f32); 4]>,
    /// Of a symbol that was not read: the centres of its finder patterns, as far as they were found
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    finders: Vec<(f32, f32)>,
    /// Codewords that error correction repaired
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<u32>,
}

impl From<&Lint> for Quality {
    fn from(lint: &Lint) -> Self {
        let graded = lint.measures.iter().filter(|found| found.advice.is_some());
        let worst = graded.min_by_key(|found| found.grade.parse::<Grade>().ok()).map(|found| found.name);
        let sighted = lint.sighted.as_ref();
        let reasons = lint.reasons.iter().map(|found| found.advice.clone());
        Self {
            grade: lint.grade,
            px_per_module: lint.px_per_module,
            advice: lint.advice().into_iter().map(str::to_owned).chain(reasons).collect(),
            worst: worst.or(lint.reasons.first().map(|found| found.reason)),
            corners: lint.symbol.as_ref().map(|symbol| symbol.corners).or(sighted.and_then(|sighted| sighted.corners)),
            finders: sighted.map(|sighted| sighted.finders.clone()).unwrap_or_default(),
            corrected: lint.corrected,
        }
    }
}

/// Screens one after the other.
#[derive(Debug, Serialize, JsonSchema)]
struct Pages {
    pages: Vec<Panel>,
}

/// One field as the token shows it.
#[derive(Debug, Serialize, JsonSchema)]
struct Field {
    /// As the catalogue names it
    name: &'static str,
    /// As the token names it
    label: &'static str,
    /// As the code has it
    value: String,
    /// As the token shows it
    shown: String,
}

impl Shown {
    pub fn of(held: &Virtual, now: Timestamp) -> Self {
        let state = held.device.state(now);
        let screen = held.device.screen(now);
        let (page, pages) = match state {
            State::Showing { page, pages } => (Some(page), Some(pages)),
            _ => (None, None),
        };
        Self {
            state: state.as_str(),
            code: if let State::Refused(refusal) = state { Some(refusal.code()) } else { None },
            page,
            pages,
            text: screen.to_text(),
            panel: screen.into(),
            digits: Digits::on(held, now),
            now: Moment(now),
        }
    }
}

impl Digits {
    pub fn on(held: &Virtual, now: Timestamp) -> Self {
        let Some(digits) = held.device.expose_digits(now) else { return Self::default() };
        let digits = Some(digits.expose_secret().to_owned());
        if held.device.screen(now).said("deviceCode").is_empty() {
            Self { response: digits, device_code: None }
        } else {
            Self { response: None, device_code: digits }
        }
    }
}

impl Scanned {
    pub fn refused(refusal: Refusal, language: Language) -> Self {
        Self {
            outcome: "refused",
            code: Some(refusal.code()),
            message: Some(refusal.text(language)),
            hint: Some(refusal.help().text(language)),
            ..Self::empty()
        }
    }

    pub fn shown(challenge: &Challenge, screens: Vec<Screen>, digits: Digits, language: Language) -> Self {
        let transaction = &challenge.transaction;
        let fields = pages::rows(transaction, language).into_iter().map(|row| Field {
            name: row.field.name,
            label: row.label,
            value: transaction.get(row.field.name).map(ToString::to_string).unwrap_or_default(),
            shown: row.value,
        });
        Self {
            outcome: "shown",
            operation: Some(transaction.operation().entry().name),
            fields: fields.collect(),
            screen: Some(Pages { pages: screens.into_iter().map(Panel::from).collect() }),
            wrong_response: digits.response.as_deref().map(wrong),
            digits,
            expires_at: Some(Moment(challenge.expires_at)),
            ..Self::empty()
        }
    }

    /// A frame of a camera in which nothing was read.
    pub fn looking() -> Self {
        Self { outcome: "looking", ..Self::empty() }
    }

    fn empty() -> Self {
        Self {
            outcome: "",
            code: None,
            message: None,
            hint: None,
            operation: None,
            fields: Vec::new(),
            screen: None,
            digits: Digits::default(),
            wrong_response: None,
            registered: None,
            expires_at: None,
            quality: None,
            overlay_url: None,
        }
    }
}

impl From<Screen> for Panel {
    fn from(screen: Screen) -> Self {
        let line = |line: camtoken::token::screen::Line| Line {
            x: line.x,
            y: line.y,
            width: line.width,
            height: line.height,
            text: line.text,
            style: line.style,
            role: line.role,
        };
        Self { lit: screen.lit, lines: screen.lines.into_iter().map(line).collect(), softkeys: screen.softkeys }
    }
}

/// The same digits but the last, which is one more.
fn wrong(response: &str) -> String {
    let (rest, last) = response.split_at(response.len().saturating_sub(1));
    let last = last.parse::<u8>().map_or(0, |digit| (digit + 1) % 10);
    format!("{rest}{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_response_has_the_form_of_a_right_one() {
        assert_eq!(wrong("12345678"), "12345679");
        assert_eq!(wrong("00000009"), "00000000");
    }
}
