//! The verifier's answers about a response. A "no" is an answer; an error means that nothing was decided.

use core::fmt;

use super::origin::OutOfValidity;
use crate::challenge::ChallengeId;
use crate::transaction::Transaction;

/// The answer to a response. It is given only after the change behind it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a no is an answer, not an error"]
pub enum Verdict {
    /// The response is right, and was never accepted in another attempt.
    Accepted(Accepted),
    /// It is not accepted.
    Rejected(Rejection),
}

/// The transaction that may be executed, once.
///
/// A retry of the attempt gets it again, and so does `Verifier::accepted` after a crash. So use the challenge's ID as an
/// idempotency key: in one transaction of your database, insert the ID under a unique constraint, and do what was signed. If
/// the ID is there already, it was done.
#[derive(Clone, PartialEq, Eq)]
pub struct Accepted {
    pub(super) challenge: Option<ChallengeId>,
    pub(super) transaction: Option<Transaction>,
    pub(super) first: bool,
}

/// Why a response is not accepted. For the bank's back end; a browser learns that it was not, and how many tries are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a no is an answer, not an error"]
#[non_exhaustive]
pub enum Rejection {
    /// It is not the response to this challenge. Counted.
    Wrong {
        /// How many more wrong responses are possible before the challenge ends or the activation is suspended (V-5).
        tries_left: u8,
        /// This one suspended the activation.
        suspended: bool,
    },
    /// The challenge took its last wrong response earlier.
    Exhausted,
    /// The challenge's time is over.
    Expired,
    /// A right response was accepted before: a response is accepted once.
    AlreadySettled,
    /// A newer challenge was issued.
    Superseded,
    /// The activation is suspended.
    Suspended,
    /// The activation or its token is revoked.
    Revoked,
    /// The registration was never finished.
    NotActivated,
    /// The key of the token or generator may not be used yet, as its maker or issuer has it.
    KeyNotYetValid,
    /// The key of the token or generator may not be used any more.
    KeyExpired,
    /// The store was restored, and which passwords of the generator were used since is not known: two consecutive ones find its counter
    /// again. Not counted.
    NeedsResynchronisation,
    /// No such challenge, another kind of one-time password than this activation has, or a response of a test token at a
    /// verifier that accepts none.
    Unknown,
    /// Not the right number of decimal digits, whatever blanks and hyphens stand between them ([`typed`](crate::typed)). Not
    /// counted.
    Malformed {
        /// How many digits are expected.
        digits: u8,
    },
}

/// The result of a step, of a registration for example. A "no" is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a no is an answer, not an error"]
pub enum Step<T, R = Rejection> {
    /// The step is done.
    Done(T),
    /// It is refused.
    Rejected(R),
}

impl<T, R> Step<T, R> {
    /// The same with another value where it is done.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Step<U, R> {
        match self {
            Self::Done(value) => Step::Done(change(value)),
            Self::Rejected(reason) => Step::Rejected(reason),
        }
    }
}

impl Verdict {
    /// Whether the response was accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }
}

impl Accepted {
    /// The transaction to execute: the one that was stored with the challenge and shown by the token, never one from the
    /// request (V-17). `None` for a time-based password, which signs none.
    #[must_use]
    pub fn transaction(&self) -> Option<&Transaction> {
        self.transaction.as_ref()
    }

    /// The challenge that was answered. `None` for a time-based password.
    #[must_use]
    pub fn challenge(&self) -> Option<ChallengeId> {
        self.challenge
    }

    /// Whether it was accepted by this very call. Do not decide by it whether to execute: with `false`, the answer of the call
    /// that accepted it may have been lost.
    #[must_use]
    pub fn first(&self) -> bool {
        self.first
    }
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted")
            .field("challenge", &self.challenge)
            .field("first", &self.first)
            .finish_non_exhaustive()
    }
}

impl From<OutOfValidity> for Rejection {
    fn from(reason: OutOfValidity) -> Self {
        match reason {
            OutOfValidity::NotYet { .. } => Self::KeyNotYetValid,
            OutOfValidity::Ended { .. } => Self::KeyExpired,
        }
    }
}

impl Rejection {
    /// Its word in JSON: `rejected`, `expired`, `used`, `superseded` or `suspended`.
    #[must_use]
    pub fn result(self) -> &'static str {
        match self {
            Self::Wrong { suspended: true, .. } | Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::AlreadySettled => "used",
            Self::Superseded => "superseded",
            Self::Wrong { .. }
            | Self::Exhausted
            | Self::Revoked
            | Self::NotActivated
            | Self::KeyNotYetValid
            | Self::KeyExpired
            | Self::NeedsResynchronisation
            | Self::Unknown
            | Self::Malformed { .. } => "rejected",
        }
    }

    /// The name of the reason, as logs and stories write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wrong { .. } => "Wrong",
            Self::Exhausted => "Exhausted",
            Self::Expired => "Expired",
            Self::AlreadySettled => "AlreadySettled",
            Self::Superseded => "Superseded",
            Self::Suspended => "Suspended",
            Self::Revoked => "Revoked",
            Self::NotActivated => "NotActivated",
            Self::KeyNotYetValid => "KeyNotYetValid",
            Self::KeyExpired => "KeyExpired",
            Self::NeedsResynchronisation => "NeedsResynchronisation",
            Self::Unknown => "Unknown",
            Self::Malformed { .. } => "Malformed",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { suspended: true, .. } => f.write_str("wrong response; the activation is now suspended"),
            Self::Wrong { tries_left: 1, .. } => f.write_str("wrong response; one try is left"),
            Self::Wrong { tries_left, .. } => write!(f, "wrong response; {tries_left} tries are left"),
            Self::Exhausted => f.write_str("the challenge took too many wrong responses"),
            Self::Expired => f.write_str("the challenge has expired"),
            Self::AlreadySettled => f.write_str("the challenge was answered before"),
            Self::Superseded => f.write_str("a newer challenge has taken the place of this one"),
            Self::Suspended => f.write_str("the activation is suspended"),
            Self::Revoked => f.write_str("the activation is revoked"),
            Self::NotActivated => f.write_str("the registration is not finished"),
            Self::KeyNotYetValid => f.write_str("the key of the token or generator is not valid yet"),
            Self::KeyExpired => f.write_str("the key of the token or generator is not valid any more"),
            Self::NeedsResynchronisation => f.write_str("the generator has to be resynchronised first"),
            Self::Unknown => f.write_str("no such challenge"),
            Self::Malformed { digits } => write!(f, "expected {digits} digits"),
        }
    }
}
