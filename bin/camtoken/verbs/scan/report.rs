//! The report of `scan` about one picture.

use std::time::Duration;

use camtoken::qr::Symbol;
use camtoken::token::screen::Screen;
use camtoken_documents::{CodePart, Drawn, Foreign, Pages, Part, ShownField, TypedDigits};
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::Told;
use crate::approval::{Confirm, Shown};
use crate::document::Document;
use crate::failure::Failure;
use crate::source::{Said, Source};
use crate::text::Text;
use crate::tokens::Held;

/// What became of one picture.
#[derive(Serialize, JsonSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The picture, as it was named
    pub(super) file: String,
    /// read: without a token (--raw); shown: a token showed it; refused or failed: see code
    pub(super) outcome: Outcome,
    /// T01 to T14 when refused, or CT-E… where the token has no code of its own; CT-E… when failed, so that nothing was read
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
    /// What the code means, in the chosen language
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    /// Why, when there is more to say
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    /// What the first symbol says, if it is text (--raw)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    /// Whether that text is a guess: the symbol names no character set, and its bytes are no UTF-8 (--raw)
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) guess: bool,
    /// What the first symbol says, in hex, if it is no text, or its text is a guess (--raw)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<String>,
    /// What kind of code it is, where it is not one of camtoken's; also when a token refuses it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<&'static str>,
    /// The parts of such a code that anybody can read (--raw)
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<CodePart>,
    /// What a token has done with a code of another system
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) foreign: Option<Foreign>,
    /// What is to be approved
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operation: Option<&'static str>,
    /// What the token shows of it, in order
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<ShownField>,
    /// From then on no response is accepted
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<String>,
    /// The screen
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) screen: Option<Pages>,
    #[serde(flatten)]
    pub(super) digits: TypedDigits,
    /// Whether a registration is kept; none as long as the token asks
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) registered: Option<bool>,
    /// How long reading took; of a camera: from its opening to the frame that was read
    pub(super) ms: u64,
    /// Frames that were looked at (--camera, --screen)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) frames: Option<u64>,
    /// Pixels for one module of the first symbol, also of one that could not be read
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) px_per_module: Option<f32>,
    /// Whether the time that was given (--budget) ended before everything was tried
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) out_of_time: bool,
    /// The symbols that were read
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) symbols: Vec<Found>,
    /// Pictures of the file that were looked at: pages, frames, images.
    #[serde(skip)]
    pub(super) pictures: usize,
    /// The text that names the other kind of code in the picture.
    #[serde(skip)]
    pub(super) other: Option<&'static str>,
    /// The text for a person.
    #[serde(skip)]
    pub(super) page: String,
    /// The text for a pipe.
    #[serde(skip)]
    pub(super) value: String,
}

#[derive(Serialize, JsonSchema, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    #[default]
    Read,
    Shown,
    Refused,
    Failed,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Found {
    /// What it says, if it is text (--raw)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    /// Whether that text is a guess (--raw)
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) guess: bool,
    /// What it says, in hex, if it is no text, or its text is a guess (--raw)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<String>,
    #[serde(flatten)]
    pub(super) drawn: Drawn,
}

/// The note that a symbol is only one part of several.
pub(super) fn part_of(part: &Part, text: &Text) -> String {
    let [number, count] = [part.number, part.count].map(|number| number.to_string());
    text.with("scan-part", &[("number", &number), ("count", &count)]) + "\n"
}

impl Report {
    pub(super) fn failed(source: &Source, failure: &Failure, text: &Text) -> Self {
        Self {
            file: source.name(),
            outcome: Outcome::Failed,
            code: Some(failure.code().as_str()),
            message: Some(text.get(&failure.code().key())),
            ..Self::default()
        }
    }

    pub(super) fn refused(mut self, failure: &Failure, text: &Text) -> Self {
        self.outcome = Outcome::Refused;
        self.code = Some(failure.code().refusal().unwrap_or(failure.code().as_str()));
        self.message = Some(text.get(&failure.code().key()));
        self.why = failure.why(text).filter(|why| *why != self.file);
        self
    }

    pub(super) fn foreign(mut self, told: Told) -> Self {
        self.outcome = Outcome::Shown;
        self.digits.response.clone_from(&told.report.response);
        (self.page, self.value) = (told.page, told.value);
        self.foreign = Some(told.report);
        self
    }

    pub(super) fn tell(&mut self, shown: Shown, confirm: Confirm, held: &Held) {
        self.outcome = Outcome::Shown;
        self.operation = Some(shown.challenge.transaction.operation().entry().name);
        self.expires_at = Some(shown.challenge.expires_at.to_string());
        self.fields = ShownField::all(&shown.challenge, held.device.token().language);
        // A person who was asked has seen the pages already.
        let seen = if confirm == Confirm::Auto { &shown.pages[..] } else { &[] };
        self.page = seen.iter().chain([&shown.screen]).map(Screen::to_text).collect::<Vec<_>>().join("\n");
        self.value = shown.digits.either().map(|digits| format!("{digits}\n")).unwrap_or_default();
        self.digits = shown.digits;
        self.registered = shown.registered;
        self.screen = Some(shown.pages.into_iter().collect());
    }
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/scan/1";

    fn human(&self, _text: &Text) -> String {
        self.page.clone()
    }

    fn bare(&self) -> String {
        self.value.clone()
    }
}

impl Found {
    pub(super) fn of(symbol: &Symbol, raw: bool) -> Self {
        let said = raw.then(|| Said::of(symbol));
        let (text, bytes) = said.as_ref().map(Said::parts).unwrap_or_default();
        let guess = said.is_some_and(|said| said.is_guess());
        Self { text, guess, bytes, drawn: Drawn::of(symbol) }
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
