//! Values that stand in requests and answers of both halves.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use super::problem::{Code, Problem};
use camtoken::qr::{EcLevel, encode};

/// A span of time: `PT181S`, `3m1s`, `-1h`. Whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span(pub i64);

impl Span {
    /// The span, if it does not go back.
    pub fn forward(self) -> Option<Duration> {
        u64::try_from(self.0).ok().map(Duration::from_secs)
    }

    /// Up to three numbers with their units.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let mut rest = rest.strip_prefix("PT").unwrap_or(rest);
        let mut seconds = 0;
        for _ in 0..3 {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let unit = match rest.as_bytes().get(digits)? {
                b'h' | b'H' => 3600,
                b'm' | b'M' => 60,
                b's' | b'S' => 1,
                _ => return None,
            };
            if !(1..=6).contains(&digits) {
                return None;
            }
            seconds += rest[..digits].parse::<i64>().ok()? * unit;
            rest = &rest[digits + 1..];
            if rest.is_empty() {
                return Some(Self(sign * seconds));
            }
        }
        None
    }
}

/// A span of time in a request, as it was written: only its reader can name the part in which it is.
#[derive(Deserialize)]
pub(super) struct SpanText(String);

impl SpanText {
    /// The span.
    pub fn read(&self, part: &str) -> Result<Span, Problem> {
        Span::parse(&self.0).ok_or_else(|| Problem::from(Code::Span).because(part))
    }

    /// The span, which must not go back.
    pub fn forward(&self, part: &str) -> Result<Duration, Problem> {
        self.read(part)?
            .forward()
            .ok_or_else(|| Problem::from(Code::Value).because(format!("{part}: it must not go back")))
    }
}

impl JsonSchema for SpanText {
    fn schema_name() -> Cow<'static, str> {
        Span::schema_name()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        Span::json_schema(schemas)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}PT{}S", if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs()))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A span of time: PT181S, 3m1s",
            "pattern": "^-?(PT)?([0-9]{1,6}[HMShms]){1,3}$",
        })
    }
}

/// A secret of a request: digits that were typed, a key. It is wiped, and never printed.
pub(super) struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What a person typed, if it is not endless.
    pub fn typed(&self) -> Result<&str, Problem> {
        let fits = self.0.len() <= 255;
        if fits { Ok(&self.0) } else { Err(Problem::from(Code::Request).because("longer than 255 bytes")) }
    }
}

impl<'d> Deserialize<'d> for Secret {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

/// A code, and where its picture is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Picture {
    /// What the 2D code carries
    pub text: String,
    /// Path of the picture as PNG
    pub png: String,
    /// Path of the picture as SVG
    pub svg: String,
}

impl Picture {
    pub fn at(path: &str, text: &str) -> Self {
        Self { text: text.to_owned(), png: format!("{path}.png"), svg: format!("{path}.svg") }
    }
}

/// The form that a picture is asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Png,
    Svg,
}

/// Pixels of a module: large enough for any screen, small enough for a page.
const MODULE_PX: u32 = 4;

impl Form {
    /// Draws a code.
    pub fn draw(self, text: &str) -> Result<Response, Problem> {
        let symbol = encode(text, EcLevel::M).map_err(|_| Code::Internal)?;
        Ok(match self {
            Self::Png => self.response(symbol.to_png(MODULE_PX)),
            Self::Svg => self.response(symbol.to_svg(MODULE_PX).into_bytes()),
        })
    }

    /// The picture as an answer.
    pub fn response(self, bytes: Vec<u8>) -> Response {
        let kind = match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
        };
        ([(header::CONTENT_TYPE, kind)], bytes).into_response()
    }
}

/// Reads a whole number as JSON Schema has it: `1.0` is one.
pub(super) fn whole<'d, D: Deserializer<'d>, T: TryFrom<i64>>(from: D) -> Result<T, D::Error> {
    let number = serde_json::Number::deserialize(from)?;
    let float = || number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= MOST_WHOLE as f64);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and within 53 bits")]
    let whole = number.as_i64().or_else(|| float().map(|float| float as i64));
    whole.and_then(|whole| T::try_from(whole).ok()).ok_or_else(|| de::Error::custom("a number beyond its limits"))
}

/// The largest number of which every JSON parser keeps every digit: 2^53 - 1.
const MOST_WHOLE: i64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_numbers_with_units() {
        for (text, seconds) in
            [("PT181S", 181), ("3m1s", 181), ("1h", 3600), ("PT1H1M1S", 3661), ("-5s", -5), ("0s", 0)]
        {
            assert_eq!(Span::parse(text), Some(Span(seconds)), "{text}");
        }
        for text in ["", "PT", "-", "181", "s", "1d", "1s1s1s1s", "1234567s", "+1s", "1 s", "１s", "PT-1S"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
    }
}
