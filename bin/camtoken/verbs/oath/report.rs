//! What `camtoken oath` prints.

use camtoken::oath::{Response, hotp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::Text;

/// What moves a value on: nothing, where only the question does.
#[derive(Clone, Copy)]
pub enum Moving {
    None,
    Counter(u64),
    TimeStep(u64),
}

/// The values of a key.
#[derive(Serialize, JsonSchema)]
pub struct Values {
    /// hotp, totp or ocra
    algorithm: &'static str,
    /// The values, in the order of their counters or time steps
    values: Vec<Value>,
}

#[derive(Serialize, JsonSchema)]
struct Value {
    #[serde(flatten)]
    place: Place,
    /// The digits; 40, 64 or 128 hexadecimal ones where the suite does not truncate
    response: String,
}

/// Whether a response is one of the key.
#[derive(Serialize, JsonSchema)]
pub struct Checked {
    /// hotp, totp or ocra
    algorithm: &'static str,
    /// accepted or rejected
    result: &'static str,
    #[serde(flatten)]
    place: Place,
    /// The counter to go on with
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    /// How many time steps the token is ahead of the clock
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<i64>,
}

#[derive(Serialize, JsonSchema, Default, Clone, Copy)]
#[serde(rename_all = "camelCase")]
struct Place {
    /// The counter that gives it; of several consecutive responses, that of the last
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
    /// The time step that gives it
    #[serde(skip_serializing_if = "Option::is_none")]
    time_step: Option<u64>,
}

impl Values {
    pub fn of(algorithm: &'static str, values: impl IntoIterator<Item = (Moving, Response)>) -> Self {
        let value = |(moving, response): (Moving, Response)| Value {
            place: moving.into(),
            response: response.expose_str().to_owned(),
        };
        Self { algorithm, values: values.into_iter().map(value).collect() }
    }

    pub fn print(&self, context: &Context) -> Result<Exit, Failure> {
        context.out.report(self)?;
        Ok(Exit::Done)
    }
}

impl Checked {
    /// The result of a check; `now` is the time step of the clock, where there is one.
    pub fn of(algorithm: &'static str, found: Option<Moving>, now: Option<u64>) -> Self {
        let place = Place::from(found.unwrap_or(Moving::None));
        let ahead = |step: u64| now.and_then(|now| i64::try_from(i128::from(step) - i128::from(now)).ok());
        Self {
            algorithm,
            result: if found.is_some() { "accepted" } else { "rejected" },
            place,
            next: place.counter.map(hotp::next),
            drift: place.time_step.and_then(ahead),
        }
    }

    pub fn print(&self, context: &Context) -> Result<Exit, Failure> {
        context.out.report(self)?;
        Ok(if self.result == "accepted" { Exit::Done } else { Exit::Rejected })
    }
}

impl From<Moving> for Place {
    fn from(moving: Moving) -> Self {
        match moving {
            Moving::None => Self::default(),
            Moving::Counter(counter) => Self { counter: Some(counter), time_step: None },
            Moving::TimeStep(step) => Self { counter: None, time_step: Some(step) },
        }
    }
}

impl Document for Values {
    const SCHEMA: &'static str = "camtoken/oath/1";

    fn human(&self, _: &Text) -> String {
        self.bare()
    }

    fn bare(&self) -> String {
        self.values.iter().map(|value| format!("{}\n", value.response)).collect()
    }
}

impl Document for Checked {
    const SCHEMA: &'static str = "camtoken/oath-check/1";

    fn human(&self, text: &Text) -> String {
        let number = |value: u64| value.to_string();
        let message = match (self.result, self.place.counter, self.place.time_step, self.drift) {
            ("rejected", ..) => text.get("oath-rejected"),
            (_, Some(counter), ..) => {
                text.with("oath-counter", &[("counter", &number(counter)), ("next", &number(hotp::next(counter)))])
            }
            (_, _, Some(step), drift) => text
                .with("oath-step", &[("step", &number(step)), ("drift", &format!("{:+}", drift.unwrap_or_default()))]),
            _ => text.get("oath-accepted"),
        };
        format!("{message}\n")
    }

    fn bare(&self) -> String {
        format!("{}\n", self.result)
    }
}
