//! What a token shows, as the documents of the command line and of the service say it.

use std::fmt;

use camtoken::challenge::Challenge;
use camtoken::language::Language;
use camtoken::time::Timestamp;
use camtoken::token::screen::{self, Screen, Softkeys, Style};
use camtoken::token::{Device, State, pages};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;

/// What a token is doing, and the text on its screen.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokenScreen {
    /// off, pin, ready, menu, showing, answered, asking, done or refused
    pub state: &'static str,
    /// T01 to T14, when it refuses
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The page of what a code says, from 1
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<usize>,
    /// How many pages there are
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<usize>,
    /// The screen as lines of text
    pub text: String,
    /// What a person types.
    #[serde(flatten)]
    pub digits: TypedDigits,
}

/// What a person types into the bank's page, without spaces. Nothing before the approval.
#[derive(Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TypedDigits {
    /// The response, once it was approved
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// The answer to the first code of a registration
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_code: Option<String>,
}

/// What the panel shows at one moment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Panel {
    /// Whether the panel is on
    pub lit: bool,
    /// What is written on it, in the order of reading; dots are counted from the upper left corner of 320 x 240
    pub lines: Vec<PanelLine>,
    /// What the left, the centre and the right button do now
    pub softkeys: Softkeys,
}

/// One line of writing in its box.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Line")]
#[non_exhaustive]
pub struct PanelLine {
    /// Dots from the left
    pub x: u16,
    /// Dots from the top
    pub y: u16,
    /// Dots
    pub width: u16,
    /// Dots
    pub height: u16,
    /// The characters
    pub text: String,
    /// normal, quiet, bold, big, huge, inverse or band
    #[schemars(with = "String")]
    pub style: Style,
    /// What the line says: header, page, owner, label, or the name of the field
    pub role: String,
}

/// Everything that a code says, page by page.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Pages {
    /// The pages
    pub pages: Vec<Panel>,
}

/// One field of a transaction as the token shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Field")]
#[non_exhaustive]
pub struct ShownField {
    /// As the catalogue names it
    pub name: &'static str,
    /// As the token names it
    pub label: &'static str,
    /// As the code has it
    pub value: String,
    /// As the token shows it
    pub shown: String,
}

impl TokenScreen {
    /// What a device shows at `now`.
    #[must_use]
    pub fn of(device: &Device, now: Timestamp) -> Self {
        let state = device.state(now);
        let (page, pages) = match state {
            State::Showing { page, pages } => (Some(page), Some(pages)),
            _ => (None, None),
        };
        Self {
            state: state.as_str(),
            code: if let State::Refused(refusal) = state { Some(refusal.code()) } else { None },
            page,
            pages,
            text: device.screen(now).to_text(),
            digits: TypedDigits::of(device, now),
        }
    }
}

impl TypedDigits {
    /// The digits on a device's screen.
    #[must_use]
    pub fn of(device: &Device, now: Timestamp) -> Self {
        let Some(digits) = device.expose_digits(now) else { return Self::default() };
        let digits = Some(digits.expose_secret().to_owned());
        if device.screen(now).said("deviceCode").is_empty() {
            Self { response: digits, device_code: None }
        } else {
            Self { response: None, device_code: digits }
        }
    }

    /// The response or the device code, whichever there is.
    #[must_use]
    pub fn either(&self) -> Option<&str> {
        self.response.as_deref().or(self.device_code.as_deref())
    }
}

/// The digits on it are not for logs.
impl fmt::Debug for TokenScreen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenScreen").field("state", &self.state).field("code", &self.code).finish_non_exhaustive()
    }
}

/// A response is not for logs.
impl fmt::Debug for TypedDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedDigits(_)")
    }
}

impl ShownField {
    /// The fields of a challenge that a token shows, in their order.
    #[must_use]
    pub fn all(challenge: &Challenge, language: Language) -> Vec<Self> {
        let transaction = &challenge.transaction;
        let fields = pages::rows(transaction, language).into_iter().map(|row| Self {
            name: row.field.name,
            label: row.label,
            value: transaction.get(row.field.name).map(ToString::to_string).unwrap_or_default(),
            shown: row.value,
        });
        fields.collect()
    }
}

impl FromIterator<Screen> for Pages {
    fn from_iter<I: IntoIterator<Item = Screen>>(screens: I) -> Self {
        Self { pages: screens.into_iter().map(Panel::from).collect() }
    }
}

impl From<Screen> for Panel {
    fn from(screen: Screen) -> Self {
        let line = |line: screen::Line| PanelLine {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_digits_are_printed() {
        let digits = TypedDigits { response: Some("12345678".into()), device_code: Some("123456789012".into()) };
        let screen = TokenScreen {
            state: "answered",
            code: None,
            page: None,
            pages: None,
            text: "1234 5678".into(),
            digits: digits.clone(),
        };
        let printed = format!("{digits:?} {screen:?}");
        assert_eq!(printed, "TypedDigits(_) TokenScreen { state: \"answered\", code: None, .. }");
    }
}
