//! The two parties of a story. Camtoken's own run in this process; another implementation takes part over the protocol of
//! `docs/CONFORMANCE.md`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::picture::Picture;
use camtoken::challenge::ChallengeRef;
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::time::Timestamp;
use camtoken::transaction::Transaction;
use camtoken::verifier::{AttemptId, Subscriber};

/// Why a story cannot continue. This is not one of its outcomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// A mistake in the story, or in a party.
    Failed(String),
    /// A party does not have what the story needs.
    Skipped(String),
    /// A step has another result than expected.
    Differs {
        expected: String,
        /// The result, and where.
        got: String,
    },
}

/// The result of a request: the requested value, or another outcome in the words of the stories.
pub(crate) type Came<T> = Result<Result<T, String>, Ended>;

/// The bank's side.
pub(crate) trait VerifierRole {
    /// The process stops, and starts again on the same store.
    fn restart(&mut self) -> Result<(), Ended>;
    fn register(&mut self, id: &TokenId, device_key: &Key, test: bool, now: Timestamp) -> Came<()>;
    fn enroll(&mut self, id: &TokenId, subscriber: Subscriber, now: Timestamp) -> Came<Enrolled>;
    /// The device code is typed; returns the text of the second code.
    fn second(&mut self, activation: ActivationId, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<String>;
    fn confirm(&mut self, activation: ActivationId, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<()>;
    fn generator(&mut self, subscriber: Subscriber, now: Timestamp) -> Came<(ActivationId, Key)>;
    fn issue(
        &mut self,
        activation: ActivationId,
        transaction: &Transaction,
        lifetime: Option<Duration>,
        now: Timestamp,
    ) -> Came<Issued>;
    fn verify(&mut self, challenge: ChallengeRef, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<Accepted>;
    /// Returns whether it was accepted for the first time.
    fn password(&mut self, activation: ActivationId, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<bool>;
    fn manage(&mut self, act: Manage, activation: ActivationId, now: Timestamp) -> Came<()>;
    fn revoke_token(&mut self, id: &TokenId, now: Timestamp) -> Came<()>;
}

/// The user's side: every token of a story, by the name that the story gives it.
pub(crate) trait TokenRole {
    fn make(&mut self, name: &str, id: &TokenId, device_key: &Key, test: bool, slots: usize) -> Came<()>;
    /// The token reads a picture, shows what it says, and a button is pressed.
    fn press(&mut self, name: &str, picture: &Picture, button: Button) -> Came<Shown>;
    fn fault(&mut self, name: &str, fault: Fault) -> Came<()>;
    fn pin(&mut self, name: &str, act: PinAct) -> Came<()>;
}

pub(crate) struct Enrolled {
    pub activation: ActivationId,
    /// The text of the first code.
    pub code: String,
}

pub(crate) struct Issued {
    pub challenge: ChallengeRef,
    pub code: String,
}

pub(crate) struct Accepted {
    /// Whether it was accepted by this very request.
    pub first: bool,
    /// What the verifier would execute.
    pub transaction: Option<Transaction>,
}

/// What an operator does to an activation.
#[derive(Clone, Copy)]
pub(crate) enum Manage {
    Reset,
    Revoke,
    Resume,
}

/// The button that the person presses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Button {
    /// Nothing.
    Look,
    Approve,
    Decline,
    /// OK at the second code, then Yes: the bank has confirmed.
    Keep,
    /// OK at the second code, then No.
    Discard,
}

pub(crate) struct Shown {
    pub fields: BTreeMap<String, String>,
    /// The token's answer, where it answers with digits.
    pub answer: Option<String>,
}

#[derive(Clone, Copy)]
pub(crate) enum Fault {
    Battery,
    HalfActivated,
}

pub(crate) enum PinAct {
    Set(String),
    Enter(String),
    Lock,
}

impl Ended {
    /// The same, with the line of the story where it happened.
    pub fn at(self, line: usize) -> Self {
        match self {
            Self::Failed(what) => Self::Failed(format!("line {line}: {what}")),
            other => other,
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(what) | Self::Skipped(what) => f.write_str(what),
            Self::Differs { expected, got } => write!(f, "expected {expected}, came to {got}"),
        }
    }
}

impl From<String> for Ended {
    fn from(what: String) -> Self {
        Self::Failed(what)
    }
}

impl From<&str> for Ended {
    fn from(what: &str) -> Self {
        Self::Failed(what.to_owned())
    }
}
