//! The lines of a code.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::data::{DataError, OperationData, unescape};

/// An operation to be confirmed, as in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The name of the operation.
    pub id: String,
    /// The title; empty where the template has it.
    pub title: String,
    /// The message; empty where the template has it.
    pub message: String,
    /// What is confirmed.
    pub data: OperationData,
    /// The flags: `B` biometry is enough, `F` fraud is suspected, `C` and `X` are for phones.
    pub flags: String,
    /// A one-time password that proves that the screen was seen.
    pub totp: Option<String>,
    /// Lines of later versions of the format; signed, and not shown.
    pub unknown: Vec<String>,
    /// Which key has signed.
    pub signing_key: SigningKey,
    pub(crate) data_text: String,
    pub(crate) nonce: String,
    pub(crate) signature: Vec<u8>,
    pub(crate) signed: String,
}

/// The server's key that has signed a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningKey {
    /// The one for all devices (`KEY_SERVER_MASTER_PRIVATE`).
    Master,
    /// The one for this device (`KEY_SERVER_PRIVATE`).
    Personal,
}

/// Why a text is no such code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// Fewer than seven lines.
    #[error("a PowerAuth code has seven lines or more")]
    Lines,
    /// A line that is empty or does not have the form of its place.
    #[error("the {0} of the PowerAuth code is missing or not valid")]
    Line(&'static str),
    /// The operation data.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl Operation {
    /// The longest code that is read, in bytes.
    pub const MAX_LEN: usize = 4296;

    /// Whether a text looks like one: its last two lines are 16 bytes and a signature.
    pub(crate) fn is_named(text: &str) -> bool {
        let mut lines = text.trim_end_matches('\n').rsplit('\n');
        let signature = lines.next().is_some_and(|line| signature(line).is_some());
        signature && lines.next().is_some_and(is_nonce) && lines.count() >= 5
    }
}

impl FromStr for Operation {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, OperationError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let lines: Vec<_> = text.split('\n').collect();
        let [id, title, message, data, flags, extra @ .., nonce, last] = &lines[..] else {
            return Err(OperationError::Lines);
        };
        let wrong = OperationError::Line;
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
        if text.len() > Self::MAX_LEN || !is_id {
            return Err(wrong("identifier"));
        }
        if !flags.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(wrong("flags"));
        }
        if !is_nonce(nonce) {
            return Err(wrong("nonce"));
        }
        let (signing_key, signature) = signature(last).ok_or(wrong("signature"))?;
        let (totp, unknown) = match extra {
            [totp, rest @ ..] if !totp.is_empty() && totp.bytes().all(|byte| byte.is_ascii_digit()) => {
                (Some(*totp), rest)
            }
            rest => (None, rest),
        };
        Ok(Self {
            id: (*id).to_owned(),
            title: attribute(title).ok_or(wrong("title"))?,
            message: attribute(message).ok_or(wrong("message"))?,
            data: OperationData::parse(data)?,
            flags: (*flags).to_owned(),
            totp: totp.map(str::to_owned),
            unknown: unknown.iter().map(|line| (*line).to_owned()).collect(),
            signing_key,
            data_text: (*data).to_owned(),
            nonce: (*nonce).to_owned(),
            signature,
            signed: text[..=text.len() - last.len()].to_owned(),
        })
    }
}

/// Title and message know `\n` and `\\` alone.
fn attribute(text: &str) -> Option<String> {
    let text: String = text.split(r"\*").collect::<Vec<_>>().join(r"\\*");
    unescape(&text)
}

fn is_nonce(line: &str) -> bool {
    BASE64.decode(line).is_ok_and(|bytes| bytes.len() == 16)
}

/// The key's digit and the signature, in DER.
fn signature(line: &str) -> Option<(SigningKey, Vec<u8>)> {
    let key = match line.as_bytes().first()? {
        b'0' => SigningKey::Master,
        b'1' => SigningKey::Personal,
        _ => return None,
    };
    // The shortest sequence of two numbers that a server would sign with has far more.
    BASE64.decode(&line[1..]).ok().filter(|bytes| bytes.len() >= 32 && bytes[0] == 0x30).map(|bytes| (key, bytes))
}
