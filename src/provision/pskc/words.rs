//! The words of a container: algorithms and the forms of values.

use super::*;

/// The algorithm of a key (`Key/@Algorithm`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Algorithm {
    /// Event-based one-time passwords, RFC 4226.
    Hotp,
    /// Time-based one-time passwords, RFC 6238.
    Totp,
    /// Challenge and response, RFC 6287.
    Ocra,
    /// The secret is a PIN, for another key.
    Pin,
    /// The URI of another algorithm.
    Other(String),
}

impl Algorithm {
    const PROFILES: [(Self, &'static str); 4] = [
        (Self::Hotp, "urn:ietf:params:xml:ns:keyprov:pskc:hotp"),
        (Self::Totp, "urn:ietf:params:xml:ns:keyprov:pskc:totp"),
        (Self::Ocra, "urn:ietf:params:xml:ns:keyprov:pskc:ocra"),
        (Self::Pin, "urn:ietf:params:xml:ns:keyprov:pskc:pin"),
    ];

    /// Takes the algorithm from its URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Self {
        let known = Self::PROFILES.into_iter().find(|(_, known)| *known == uri);
        known.map_or_else(|| Self::Other(uri.to_owned()), |(algorithm, _)| algorithm)
    }

    /// The algorithm's URI.
    #[must_use]
    pub fn uri(&self) -> &str {
        match self {
            Self::Other(uri) => uri,
            known => Self::PROFILES.iter().find(|(profile, _)| profile == known).expect("each has a profile").1,
        }
    }

    /// The purpose of keys of the algorithm, where the algorithm decides it.
    #[must_use]
    pub const fn usage(&self) -> Option<KeyUsage> {
        match self {
            Self::Hotp | Self::Totp => Some(KeyUsage::OneTimePassword),
            Self::Ocra => Some(KeyUsage::ChallengeResponse),
            Self::Pin | Self::Other(_) => None,
        }
    }
}

/// The characters of a challenge, a response or a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of RFC 6030, section 4.3.4")]
pub enum ValueFormat {
    Decimal,
    Hexadecimal,
    Alphanumeric,
    Base64,
    Binary,
}

impl Word for ValueFormat {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Decimal, "DECIMAL"),
        (Self::Hexadecimal, "HEXADECIMAL"),
        (Self::Alphanumeric, "ALPHANUMERIC"),
        (Self::Base64, "BASE64"),
        (Self::Binary, "BINARY"),
    ];
}

/// A value that the schema spells as one of a few words.
pub(super) trait Word: Copy + PartialEq + 'static {
    const WORDS: &'static [(Self, &'static str)];

    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(value, _)| *value)
    }

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(value, _)| *value == self).expect("each value has its word").1
    }
}
