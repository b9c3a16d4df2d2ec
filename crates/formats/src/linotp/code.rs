//! The two codes, as they are read without a key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use crate::url::{UrlError, WebUrl};

const PAIR: &str = "lseqr://pair/";
const CHALLENGE: &str = "lseqr://chal/";

/// A code that pairs the token with a server. Nothing proves its origin: the token pairs with the server of any code that it
/// is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// The number of the server's key.
    pub partition: u32,
    /// The server's Ed25519 key.
    pub server_public: [u8; 32],
    /// The name of the token at the server.
    pub serial: Option<String>,
    /// Where the pairing response, and later answers, are sent.
    pub callback_url: Option<WebUrl>,
    /// The telephone number that they can be sent to instead.
    pub callback_sms: Option<String>,
    /// How many digits a TAN has: 6 to 12.
    pub digits: u8,
}

/// A text sealed for one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeCode {
    /// The number that the token gave itself when it was paired.
    pub token_id: u32,
    pub(crate) ephemeral_public: [u8; 32],
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) tag: [u8; 16],
}

/// Why a text is no code of LinOTP's QRToken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// It does not start like such a code.
    #[error("not a code of LinOTP's QRToken")]
    Scheme,
    /// The part after the start is no base64url without padding.
    #[error("the lseqr code is not base64url")]
    Base64,
    /// It ends before its last part.
    #[error("the lseqr code is cut off in its {part}")]
    Short {
        /// The part.
        part: &'static str,
    },
    /// More bytes than there are parts.
    #[error("the lseqr code has {extra} bytes after its last part")]
    Long {
        /// How many.
        extra: usize,
    },
    /// A version, a type or a flag of another token.
    #[error("the {part} {found} of the lseqr code is not supported")]
    Unsupported {
        /// The part.
        part: &'static str,
        /// Its value.
        found: u32,
    },
    /// A text that is no UTF-8, or digits outside 6 to 12.
    #[error("the {part} of the lseqr code is not valid")]
    Value {
        /// The part.
        part: &'static str,
    },
    /// The callback address.
    #[error("the callback address of the lseqr code: {0}")]
    Url(UrlError),
}

pub(crate) mod flag {
    pub(crate) const PUBLIC_KEY: u32 = 1;
    pub(crate) const SERIAL: u32 = 2;
    pub(crate) const CALLBACK_URL: u32 = 4;
    pub(crate) const CALLBACK_SMS: u32 = 8;
    pub(crate) const DIGITS: u32 = 16;
    pub(crate) const HASH: u32 = 32;
}

impl PairingCode {
    const VERSION: u8 = 2;
    const QR_TOKEN: u8 = 2;

    /// Whether a text means to be one.
    pub(crate) fn is_named(text: &str) -> bool {
        text.starts_with(PAIR)
    }
}

impl ChallengeCode {
    pub(crate) const VERSION: u8 = 1;

    /// Whether a text means to be one.
    pub(crate) fn is_named(text: &str) -> bool {
        text.starts_with(CHALLENGE)
    }

    /// Version and number of the token, which the seal covers.
    pub(crate) fn header(&self) -> [u8; 5] {
        let [a, b, c, d] = self.token_id.to_le_bytes();
        [Self::VERSION, a, b, c, d]
    }
}

impl FromStr for PairingCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let bytes = bytes(text, PAIR)?;
        let mut from = Reader(&bytes);
        from.expect("version", Self::VERSION)?;
        from.expect("token type", Self::QR_TOKEN)?;
        let flags = from.u32("flags")?;
        let known =
            flag::PUBLIC_KEY | flag::SERIAL | flag::CALLBACK_URL | flag::CALLBACK_SMS | flag::DIGITS | flag::HASH;
        if flags & !known != 0 || flags & flag::PUBLIC_KEY == 0 {
            return Err(CodeError::Unsupported { part: "set of flags", found: flags });
        }
        let partition = from.u32("partition")?;
        let server_public = from.array("public key")?;
        let serial = from.text_if(flags & flag::SERIAL != 0, "serial")?;
        let callback_url = from.text_if(flags & flag::CALLBACK_URL != 0, "callback address")?;
        let callback_sms = from.text_if(flags & flag::CALLBACK_SMS != 0, "callback number")?;
        let digits = if flags & flag::DIGITS == 0 { 8 } else { from.byte("digits")? };
        // The server never sets another and always computes with SHA-256.
        if flags & flag::HASH != 0 {
            from.expect("hash", 1)?;
        }
        from.end()?;
        if !(6..=12).contains(&digits) {
            return Err(CodeError::Value { part: "digits" });
        }
        let callback_url = callback_url.map(|url| url.parse()).transpose().map_err(CodeError::Url)?;
        Ok(Self { partition, server_public, serial, callback_url, callback_sms, digits })
    }
}

impl FromStr for ChallengeCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let bytes = bytes(text, CHALLENGE)?;
        let mut from = Reader(&bytes);
        from.expect("version", Self::VERSION)?;
        let token_id = from.u32("token number")?;
        let ephemeral_public = from.array("one-time key")?;
        let (ciphertext, tag) = from.0.split_last_chunk().ok_or(CodeError::Short { part: "tag" })?;
        Ok(Self { token_id, ephemeral_public, ciphertext: ciphertext.to_vec(), tag: *tag })
    }
}

/// The server's side.
impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut flags = flag::PUBLIC_KEY | flag::DIGITS;
        let mut texts = Vec::new();
        let url = self.callback_url.as_ref().map(WebUrl::as_str);
        for (flag, text) in [
            (flag::SERIAL, self.serial.as_deref()),
            (flag::CALLBACK_URL, url),
            (flag::CALLBACK_SMS, self.callback_sms.as_deref()),
        ] {
            if let Some(text) = text {
                flags |= flag;
                texts.extend_from_slice(text.as_bytes());
                texts.push(0);
            }
        }
        let mut bytes = vec![Self::VERSION, Self::QR_TOKEN];
        bytes.extend_from_slice(&flags.to_le_bytes());
        bytes.extend_from_slice(&self.partition.to_le_bytes());
        bytes.extend_from_slice(&self.server_public);
        bytes.append(&mut texts);
        bytes.push(self.digits);
        write!(f, "{PAIR}{}", BASE64URL.encode(bytes))
    }
}

/// The server's side.
impl fmt::Display for ChallengeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.header()[..], &self.ephemeral_public, &self.ciphertext, &self.tag].concat();
        write!(f, "{CHALLENGE}{}", BASE64URL.encode(bytes))
    }
}

fn bytes(text: &str, scheme: &str) -> Result<Vec<u8>, CodeError> {
    let data = text.trim().strip_prefix(scheme).ok_or(CodeError::Scheme)?;
    BASE64URL.decode(data).map_err(|_| CodeError::Base64)
}

/// Reads parts from the front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl Reader<'_> {
    pub(crate) fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], CodeError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(CodeError::Short { part })?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self, part: &'static str) -> Result<u8, CodeError> {
        self.array(part).map(|[byte]| byte)
    }

    fn u32(&mut self, part: &'static str) -> Result<u32, CodeError> {
        self.array(part).map(u32::from_le_bytes)
    }

    fn expect(&mut self, part: &'static str, expected: u8) -> Result<(), CodeError> {
        let found = self.byte(part)?;
        if found == expected { Ok(()) } else { Err(CodeError::Unsupported { part, found: found.into() }) }
    }

    /// UTF-8 up to a zero byte.
    pub(crate) fn text(&mut self, part: &'static str) -> Result<String, CodeError> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or(CodeError::Short { part })?;
        let text = str::from_utf8(&self.0[..end]).map_err(|_| CodeError::Value { part })?.to_owned();
        self.0 = &self.0[end + 1..];
        Ok(text)
    }

    pub(crate) fn text_if(&mut self, present: bool, part: &'static str) -> Result<Option<String>, CodeError> {
        if present { self.text(part).map(Some) } else { Ok(None) }
    }

    pub(crate) const fn end(&self) -> Result<(), CodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(CodeError::Long { extra: self.0.len() }) }
    }
}
