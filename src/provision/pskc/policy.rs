//! The allowed uses of a key: RFC 6030, section 5.

use super::ValueFormat;
use super::words::Word;
use crate::time::Timestamp;

/// The rules that came with a key (`Policy`). Without rules, everything is permitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// The key may not be used before.
    pub start_date: Option<Timestamp>,
    /// The key may not be used after.
    pub expiry_date: Option<Timestamp>,
    /// The PIN that goes with the key.
    pub pin: Option<PinPolicy>,
    /// The allowed uses of the key; empty for all.
    pub key_usage: Vec<KeyUsage>,
    /// How many times the key may be used. The user of the key counts.
    pub number_of_transactions: Option<u64>,
    pub(super) unknown: Vec<String>,
}

impl Policy {
    /// Whether the policy lets the key be used for `usage` at the moment `now`.
    ///
    /// # Errors
    ///
    /// The first rule that forbids it, content that was not understood before all others.
    pub fn permits(&self, usage: KeyUsage, now: Timestamp) -> Result<(), PolicyError> {
        if let Some(content) = self.unknown.first() {
            return Err(PolicyError::Unknown { content: content.clone() });
        }
        if !self.key_usage.is_empty() && !self.key_usage.contains(&usage) {
            return Err(PolicyError::Usage { usage });
        }
        match (self.start_date, self.expiry_date) {
            (Some(start), _) if now < start => Err(PolicyError::NotYet { start }),
            (_, Some(expiry)) if now > expiry => Err(PolicyError::Expired { expiry }),
            _ => Ok(()),
        }
    }

    /// The content that was not understood, and for which RFC 6030 forbids any use of the key.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }
}

/// An allowed use of a key (`KeyUsage`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUsage {
    /// `OTP`: one-time passwords.
    OneTimePassword,
    /// `CR`: challenge and response.
    ChallengeResponse,
    /// `Encrypt`.
    Encrypt,
    /// `Integrity`: making keyed digests.
    Integrity,
    /// `Verify`: checking keyed digests.
    Verify,
    /// `Unlock`: unlocking a device after wrong PINs.
    Unlock,
    /// `Decrypt`.
    Decrypt,
    /// `KeyWrap`.
    KeyWrap,
    /// `Unwrap`.
    Unwrap,
    /// `Derive`: deriving further keys.
    Derive,
    /// `Generate`: making the next key from this one.
    Generate,
}

impl Word for KeyUsage {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::OneTimePassword, "OTP"),
        (Self::ChallengeResponse, "CR"),
        (Self::Encrypt, "Encrypt"),
        (Self::Integrity, "Integrity"),
        (Self::Verify, "Verify"),
        (Self::Unlock, "Unlock"),
        (Self::Decrypt, "Decrypt"),
        (Self::KeyWrap, "KeyWrap"),
        (Self::Unwrap, "Unwrap"),
        (Self::Derive, "Derive"),
        (Self::Generate, "Generate"),
    ];
}

/// The PIN that goes with a key (`PINPolicy`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PinPolicy {
    /// The key package whose secret is the PIN.
    pub key_id: Option<String>,
    /// Where the PIN goes.
    pub usage_mode: Option<PinUsageMode>,
    /// Wrong entries before the device locks.
    pub max_failed_attempts: Option<u32>,
    /// The fewest characters.
    pub min_length: Option<u32>,
    /// The most characters.
    pub max_length: Option<u32>,
    /// Its characters.
    pub encoding: Option<ValueFormat>,
}

/// Where a PIN goes (`PINUsageMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinUsageMode {
    /// The device checks it.
    Local,
    /// It comes before the response.
    Prepend,
    /// It comes after the response.
    Append,
    /// It goes into the computation: `P` of an OCRASuite.
    Algorithmic,
}

impl Word for PinUsageMode {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Local, "Local"),
        (Self::Prepend, "Prepend"),
        (Self::Append, "Append"),
        (Self::Algorithmic, "Algorithmic"),
    ];
}

/// Why a key may not be used.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// The policy has content that is not understood: RFC 6030, section 5 forbids any use.
    #[error("the key's policy has {content:?}, which is not understood")]
    Unknown {
        /// The element or attribute.
        content: String,
    },
    /// The key is for something else.
    #[error("the key is not for the usage {:?}", usage.word())]
    Usage {
        /// The usage asked for.
        usage: KeyUsage,
    },
    /// The key is not valid yet.
    #[error("the key is not valid before {start}")]
    NotYet {
        /// The first moment of its use.
        start: Timestamp,
    },
    /// The key is no longer valid.
    #[error("the key was valid until {expiry}")]
    Expired {
        /// The last moment of its use.
        expiry: Timestamp,
    },
    /// The package has no secret, or only refers to one.
    #[error("the package brings no secret")]
    NoSecret,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Timestamp = Timestamp::from_unix(86_400);

    #[test]
    fn a_key_without_rules_may_be_used_for_anything() {
        for (usage, _) in KeyUsage::WORDS {
            assert_eq!(Policy::default().permits(*usage, DAY), Ok(()));
        }
    }

    #[test]
    fn content_not_understood_forbids_any_use() {
        let policy = Policy {
            key_usage: vec![KeyUsage::ChallengeResponse],
            unknown: vec!["OnWeekDaysOnly".to_owned()],
            ..Policy::default()
        };
        let refused = Err(PolicyError::Unknown { content: "OnWeekDaysOnly".to_owned() });
        assert_eq!(policy.permits(KeyUsage::ChallengeResponse, DAY), refused);
    }

    #[test]
    fn a_key_is_used_for_what_it_names() {
        let policy = Policy { key_usage: vec![KeyUsage::OneTimePassword, KeyUsage::Verify], ..Policy::default() };
        for (usage, _) in KeyUsage::WORDS {
            assert_eq!(policy.permits(*usage, DAY).is_ok(), policy.key_usage.contains(usage), "{usage:?}");
        }
    }

    #[test]
    fn a_key_is_used_from_its_first_second_to_its_last() {
        let at = |seconds| Timestamp::from_unix(seconds);
        let policy = Policy { start_date: Some(at(100)), expiry_date: Some(at(200)), ..Policy::default() };
        let permits = |seconds| policy.permits(KeyUsage::OneTimePassword, at(seconds));
        assert_eq!(permits(99), Err(PolicyError::NotYet { start: at(100) }));
        assert_eq!(permits(100), Ok(()));
        assert_eq!(permits(200), Ok(()));
        assert_eq!(permits(201), Err(PolicyError::Expired { expiry: at(200) }));
    }
}
