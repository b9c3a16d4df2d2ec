//! The answers of the server to a registration and to a login.

use serde_json::Value;

use super::VERSION_HEADER;
use crate::errand::Answer;
use crate::refusal::Refusal;

/// Reads the answer to a registration: `OK` by version 1, `{"responseCode":1}` by version 2.
///
/// # Errors
///
/// [`Refusal::Server`] with the server's reason.
pub fn read_registration(answer: &Answer) -> Result<(), Refusal> {
    match Said::by(answer) {
        Said::Text("OK") | Said::Code(1, _) => Ok(()),
        Said::Code(101, _) => Err(Refusal::server("INVALID_RESPONSE")),
        other => Err(other.unknown()),
    }
}

/// Reads the answer to a login: a word by version 1, `responseCode` by version 2.
///
/// # Errors
///
/// [`Refusal::Server`] with the word of version 1 for either version, how many answers may still be wrong, and for how long the
/// account is blocked; [`Refusal::Blocked`] where it is blocked for good.
pub fn read_login(answer: &Answer) -> Result<(), Refusal> {
    match Said::by(answer) {
        Said::Text("OK") | Said::Code(1, _) => Ok(()),
        Said::Text("ACCOUNT_BLOCKED") => Err(Refusal::Blocked),
        Said::Text(text) if text.starts_with("INVALID_RESPONSE:") => {
            let attempts = text.trim_start_matches("INVALID_RESPONSE:").parse().ok();
            Err(refused("INVALID_RESPONSE", attempts, None))
        }
        Said::Code(201, body) => Err(refused("INVALID_RESPONSE", number(&body, "attemptsLeft"), None)),
        Said::Code(202, _) => Err(Refusal::server("INVALID_REQUEST")),
        Said::Code(203, _) => Err(Refusal::server("INVALID_CHALLENGE")),
        Said::Code(204, body) => match number(&body, "duration") {
            Some(minutes) => Err(refused("ACCOUNT_BLOCKED", None, Some(minutes))),
            None => Err(Refusal::Blocked),
        },
        Said::Code(205, _) => Err(Refusal::server("INVALID_USERID")),
        other => Err(other.unknown()),
    }
}

fn refused(word: &str, attempts_left: Option<u32>, blocked_minutes: Option<u32>) -> Refusal {
    Refusal::Server { word: word.to_owned(), attempts_left, blocked_minutes }
}

/// A number, which some servers write as text.
fn number(body: &Value, name: &str) -> Option<u32> {
    let value = body.get(name)?;
    value.as_u64().and_then(|number| number.try_into().ok()).or_else(|| value.as_str()?.parse().ok())
}

/// An answer by the version that it is written in.
enum Said<'a> {
    Text(&'a str),
    Code(u32, Value),
    /// Neither: only the status of HTTP is known.
    Nothing(u16),
}

impl<'a> Said<'a> {
    /// The header says the version, where there is one. Without it an object with a `responseCode` is one of version 2 all the same.
    fn by(answer: &'a Answer) -> Self {
        if !answer.is_success() {
            return Self::Nothing(answer.status);
        }
        let version: u32 = answer.said(VERSION_HEADER).and_then(|version| version.trim().parse().ok()).unwrap_or(1);
        let is_object = answer.body.trim_ascii_start().first() == Some(&b'{');
        if version < 2 && !is_object {
            return answer.text().map_or(Self::Nothing(answer.status), Self::Text);
        }
        let body = answer.json();
        match body.and_then(|body| Some((number(&body, "responseCode")?, body))) {
            Some((code, body)) => Self::Code(code, body),
            // Said to be of version 2, and text: as the servers do that write 2 into their codes.
            None if !is_object => answer.text().map_or(Self::Nothing(answer.status), Self::Text),
            None => Self::Nothing(answer.status),
        }
    }

    fn unknown(&self) -> Refusal {
        match self {
            Self::Text(text) => Refusal::server(text),
            Self::Code(code, _) => Refusal::server(&format!("responseCode {code}")),
            Self::Nothing(status) => Refusal::server(&format!("HTTP {status}")),
        }
    }
}
