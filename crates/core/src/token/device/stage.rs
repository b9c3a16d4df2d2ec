//! The stages of a token that is switched on.

use super::*;

/// The state of a device. A code is kept as its text and opened again at each step, so that the token's rules are checked at the
/// last step as at the first.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(in crate::token) enum Stage {
    Off,
    /// Up to eight entered digits, and the one that is being chosen; 10 means the end.
    Pin {
        #[serde(with = "secret")]
        digits: SecretString,
        choice: u8,
        tries_left: Option<u8>,
    },
    Home,
    Menu,
    Info,
    List,
    Language,
    Delete,
    DeleteSure {
        slot: usize,
    },
    Showing {
        code: String,
    },
    /// The response to the second code. The activation is not stored yet.
    Unconfirmed {
        code: String,
    },
    Question {
        code: String,
    },
    DeviceCode {
        #[serde(with = "secret")]
        digits: SecretString,
    },
    Response {
        owner: String,
        title: String,
        #[serde(with = "secret")]
        digits: SecretString,
    },
    Done(Done),
    Refused(Refusal),
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::token) enum Done {
    Registered,
    NotRegistered,
    Deleted,
}

impl Stage {
    pub(super) fn pin(tries_left: Option<u8>) -> Self {
        Self::Pin { digits: SecretString::default(), choice: 0, tries_left }
    }

    /// Whether a device can get into this state: a file may have any content.
    pub(in crate::token) fn is_sound(&self) -> bool {
        match self {
            Self::Pin { digits, choice, .. } => {
                let digits = digits.expose_secret();
                *choice <= PIN_END && digits.len() <= 8 && digits.bytes().all(|digit| digit.is_ascii_digit())
            }
            Self::DeviceCode { digits } => digits.expose_secret().parse::<DeviceCode>().is_ok(),
            Self::Response { digits, .. } => as_response(digits.expose_secret()).is_some(),
            _ => true,
        }
    }
}

impl Opened {
    pub(super) fn challenge(&self) -> &Challenge {
        match self {
            Self::Transaction { challenge, .. }
            | Self::FirstCode { challenge, .. }
            | Self::SecondCode { challenge, .. }
            | Self::Deletion { challenge, .. } => challenge,
        }
    }

    pub(super) fn into_challenge(self) -> Challenge {
        match self {
            Self::Transaction { challenge, .. }
            | Self::FirstCode { challenge, .. }
            | Self::SecondCode { challenge, .. }
            | Self::Deletion { challenge, .. } => challenge,
        }
    }
}

/// Digits of the state of a device, for its file alone: which is encrypted, or of a test token.
mod secret {
    use alloc::string::String;
    use secrecy::{ExposeSecret, SecretString};

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose_secret())
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<SecretString, D::Error> {
        String::deserialize(from).map(Into::into)
    }
}

/// Digits as a response of that many; of none there is no response.
pub(super) fn as_response(digits: &str) -> Option<Response> {
    let len = u8::try_from(digits.len()).ok().filter(|len| *len > 0)?;
    Response::parse(digits, len).ok()
}

/// Stands behind 9 among the digits of the PIN, once there are enough of them.
pub(super) const PIN_END: u8 = 10;

pub(super) type Entry = (Label, fn() -> Stage);

pub(super) const MENU: [Entry; 4] =
    [(INFO, || Stage::Info), (LIST, || Stage::List), (DELETE, || Stage::Delete), (LANGUAGE, || Stage::Language)];

pub(super) const LANGUAGES: [(Language, &str); 2] = [(Language::Ja, "日本語"), (Language::En, "English")];
