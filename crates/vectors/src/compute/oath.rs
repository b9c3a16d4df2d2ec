//! HOTP, TOTP and OCRA.

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hotp {
    pub(super) key: HexKey,
    pub(super) hash: Parsed<Hash>,
    pub(super) digits: AnyDigits,
    pub(super) counter: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TotpGiven {
    pub(super) key: HexKey,
    pub(super) hash: Parsed<Hash>,
    pub(super) digits: AnyDigits,
    pub(super) step_secs: std::num::NonZeroU32,
    pub(super) time: Seconds,
}

impl Hotp {
    pub(super) fn respond(&self) -> Response {
        hotp::respond(&self.key.0, self.counter, self.digits.0, self.hash.0)
    }
}

impl TotpGiven {
    pub(super) fn respond(&self) -> Response {
        let (hash, digits, step_secs) = (self.hash.0, self.digits.0, self.step_secs);
        Totp { hash, digits, step_secs, ..Totp::default() }.respond(&self.key.0, self.time.0)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Ocra {
    pub(super) suite: Parsed<Suite>,
    pub(super) key: HexKey,
    pub(super) question: String,
    pub(super) counter: Option<u64>,
    pub(super) pin: Option<String>,
    pub(super) pin_hash: Option<String>,
    pub(super) session: Option<String>,
    pub(super) time_steps: Option<u64>,
}

impl Ocra {
    pub(super) fn respond(&self) -> Result<Response, Outcome> {
        let (suite, key) = (&self.suite.0, &self.key.0);
        let question = Question::joined(suite.question(), &self.question);
        let question = question.map_err(|error| Outcome::Refused(format!("question: {error}")))?;
        let input = Input {
            counter: self.counter,
            pin: self.pin.as_deref(),
            pin_hash: self.pin_hash.as_deref(),
            session: self.session.as_deref(),
            time_steps: self.time_steps,
        };
        let input = input.data(suite, question)?;
        ocra::respond(suite, key, &input).map_err(|error| Outcome::Refused(error.to_string()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OcraMode {
    pub(super) mode: Mode,
    pub(super) suite: Parsed<Suite>,
    pub(super) key: HexKey,
    pub(super) question: String,
    pub(super) other_question: Option<String>,
    pub(super) counter: Option<u64>,
    pub(super) pin_hash: Option<String>,
    pub(super) session: Option<String>,
    pub(super) time_steps: Option<u64>,
}

impl OcraMode {
    pub(super) fn respond(&self) -> Result<Response, Outcome> {
        let input = Input {
            counter: self.counter,
            pin: None,
            pin_hash: self.pin_hash.as_deref(),
            session: self.session.as_deref(),
            time_steps: self.time_steps,
        };
        in_mode(self.mode, &self.suite.0, &self.key.0, &input, &self.question, self.other_question.as_deref())
    }
}

pub(super) fn ocra_suite(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        suite: String,
    }

    Ok(match read::<Given>(given)?.suite.parse::<Suite>() {
        Ok(_) => Computed::Values(json!({})),
        Err(error) => refused(error),
    })
}
