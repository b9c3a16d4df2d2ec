//! The other side, for tests: forms as the server reads them, the check, and answers in both versions.

use camtoken_oath::Key;
use camtoken_oath::ocra::Suite;
use serde_json::json;

use super::{LoginCode, VERSION_HEADER, respond};
use crate::errand::Answer;
use crate::percent;

/// The form of a registration.
#[derive(Debug)]
pub struct Registration {
    /// The secret that the token drew.
    pub secret: Key,
}

/// The form of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The session that is answered.
    pub session: String,
    /// Who answers.
    pub user: String,
    /// The digits.
    pub response: String,
}

impl Registration {
    /// Reads the form's body; `None` unless it is a registration with a secret in hexadecimal.
    #[must_use]
    pub fn from_form(body: &str) -> Option<Self> {
        let field = fields(body, "register")?;
        let secret = base16ct::mixed::decode_vec(field("secret")?).ok().filter(|bytes| !bytes.is_empty())?;
        Some(Self { secret: Key::new(secret) })
    }
}

impl Login {
    /// Reads the form's body; `None` unless it is a login.
    #[must_use]
    pub fn from_form(body: &str) -> Option<Self> {
        let field = fields(body, "login")?;
        Some(Self { session: field("sessionKey")?, user: field("userId")?, response: field("response")? })
    }
}

/// The fields of a form for this operation.
fn fields(body: &str, operation: &str) -> Option<impl Fn(&str) -> Option<String>> {
    let parameters = percent::parameters(body)?;
    let field =
        move |name: &str| parameters.iter().find(|(found, _)| **found == *name).map(|(_, value)| value.to_string());
    (field("operation").as_deref() == Some(operation)).then_some(field)
}

/// Whether a form has the right answer to a code, by the account's suite and secret. The caller checks whether it is the first
/// answer.
#[must_use]
pub fn check(code: &LoginCode, user: &str, suite: &Suite, key: &Key, login: &Login) -> Outcome {
    if login.session != code.session {
        return Outcome::InvalidChallenge;
    }
    if login.user != user || code.user.as_ref().is_some_and(|wanted| *wanted != login.user) {
        return Outcome::InvalidUser;
    }
    let typed = suite.parse_response(&login.response);
    match (respond(suite, key, &code.question, &code.session), typed) {
        (Ok(expected), Ok(typed)) if expected.ct_eq(&typed) => Outcome::Ok,
        _ => Outcome::InvalidResponse { attempts_left: None },
    }
}

/// The answer of a server to a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the protocol's names")]
pub enum Outcome {
    Ok,
    InvalidResponse { attempts_left: Option<u32> },
    InvalidRequest,
    InvalidChallenge,
    AccountBlocked { minutes: Option<u32> },
    InvalidUser,
}

impl Outcome {
    /// The answer by version 1, which is text, or by version 2, which is JSON with a header for the version.
    #[must_use]
    pub fn answer(self, version: u8) -> Answer {
        let (code, word) = match self {
            Self::Ok => (1, "OK".to_owned()),
            Self::InvalidResponse { attempts_left: None } => (201, "INVALID_RESPONSE".to_owned()),
            Self::InvalidResponse { attempts_left: Some(left) } => (201, format!("INVALID_RESPONSE:{left}")),
            Self::InvalidRequest => (202, "INVALID_REQUEST".to_owned()),
            Self::InvalidChallenge => (203, "INVALID_CHALLENGE".to_owned()),
            Self::AccountBlocked { .. } => (204, "ACCOUNT_BLOCKED".to_owned()),
            Self::InvalidUser => (205, "INVALID_USERID".to_owned()),
        };
        if version < 2 {
            return Answer::new(200, word);
        }
        let mut body = json!({ "responseCode": code });
        match self {
            Self::InvalidResponse { attempts_left: Some(left) } => body["attemptsLeft"] = json!(left),
            Self::AccountBlocked { minutes: Some(minutes) } => body["duration"] = json!(minutes),
            _ => {}
        }
        Answer::new(200, body.to_string()).header(VERSION_HEADER, &version.to_string())
    }
}
