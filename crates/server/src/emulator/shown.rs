//! The screen of a token, as data.

use schemars::JsonSchema;
use serde::Serialize;

use super::foreign::Outcome;
use super::session::Virtual;
use super::values::Moment;
use camtoken::challenge::Challenge;
use camtoken::language::Language;
use camtoken::qr::Grade;
use camtoken::time::Timestamp;
use camtoken::token::Refusal;
use camtoken::token::picture::{self, BEZEL};
use camtoken::token::screen::Screen;
use camtoken_documents::{Foreign, Lint, Pages, Panel, ShownField, TokenScreen, TypedDigits};

/// The screen of a token, and what the token is doing.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown {
    #[serde(flatten)]
    screen: TokenScreen,
    #[serde(flatten)]
    panel: Panel,
    /// The time of the session
    now: Moment,
}

/// What became of a code.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scanned {
    /// shown, refused, or looking: nothing was read in a frame, and the token has not taken notice of it
    outcome: &'static str,
    /// T01 to T14, when refused; of a code of another system also CT-E…
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
    fields: Vec<ShownField>,
    /// Every page of it
    #[serde(skip_serializing_if = "Option::is_none")]
    screen: Option<Pages>,
    #[serde(flatten)]
    digits: TypedDigits,
    /// A response of the same form that is wrong
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong_response: Option<String>,
    /// Whether a registration is kept; none as long as the token asks
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<bool>,
    /// From then on no response is accepted
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Moment>,
    /// What the token has done with a code of another system
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign: Option<Foreign>,
    /// How the picture was, where it was one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// How many different codes for a token are in the picture: of several the first that is found is read
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes: Option<usize>,
    /// Every screen that was shown, from left to right, as one SVG, if that was wanted
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawing: Option<String>,
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

impl Shown {
    pub fn of(held: &Virtual, now: Timestamp) -> Self {
        Self { screen: TokenScreen::of(&held.device, now), panel: held.device.screen(now).into(), now: Moment(now) }
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

    pub fn shown(challenge: &Challenge, screens: Vec<Screen>, digits: TypedDigits, language: Language) -> Self {
        Self {
            outcome: "shown",
            operation: Some(challenge.transaction.operation().entry().name),
            fields: ShownField::all(challenge, language),
            screen: Some(screens.into_iter().collect()),
            wrong_response: digits.response.as_deref().map(wrong),
            digits,
            expires_at: Some(Moment(challenge.expires_at)),
            ..Self::empty()
        }
    }

    /// A code of another system.
    pub fn foreign(outcome: Outcome) -> Self {
        let Outcome { outcome, code, message, foreign } = outcome;
        let response = foreign.as_ref().and_then(|foreign| foreign.response.clone());
        let wrong_response = response.as_deref().map(wrong);
        let mut digits = TypedDigits::default();
        digits.response = response;
        Self { outcome, code, message, foreign, digits, wrong_response, ..Self::empty() }
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
            digits: TypedDigits::default(),
            wrong_response: None,
            registered: None,
            expires_at: None,
            foreign: None,
            quality: None,
            codes: None,
            drawing: None,
            overlay_url: None,
        }
    }
}

/// One picture of the pages that a token has shown, and of the screen that it shows now.
pub(super) fn drawing(mut screens: Vec<Screen>, now: Screen) -> String {
    const WIDTH: u16 = Screen::WIDTH + 2 * BEZEL;
    const HEIGHT: u16 = Screen::HEIGHT + 2 * BEZEL;
    if !screens.contains(&now) {
        screens.push(now);
    }
    let width = usize::from(WIDTH) * screens.len();
    let mut drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{HEIGHT}\" viewBox=\"0 0 {width} {HEIGHT}\">\n"
    );
    for (column, screen) in screens.iter().enumerate() {
        let x = column * usize::from(WIDTH);
        drawing += &format!("<g transform=\"translate({x})\">\n{}</g>\n", picture::to_svg(screen));
    }
    drawing + "</svg>\n"
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
