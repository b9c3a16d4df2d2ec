//! The public status of an activation and of a token, for operators and banks. The stored record behind it is private.

use std::fmt;

use camtoken_core::verifier::moving::Moving;
use camtoken_core::verifier::origin::{Origin, Validity};
use camtoken_core::verifier::record::{Credential, Issued, Record, StoredState, TokenRecord};

use super::Subscriber;
use crate::challenge::ChallengeRef;
use crate::key::{ActivationId, GeneratorId, TokenId};
use crate::time::Timestamp;
use crate::transaction::Transaction;

/// One user's registration of one token, or of a time-based generator, as it was when [`Verifier::activation`] read it.
///
/// [`Verifier::activation`]: super::Verifier::activation
///
/// # Examples
///
/// ```
/// use camtoken::verifier::{Activation, ActivationState};
///
/// /// What the bank's support says to a customer on the telephone.
/// fn advice(activation: &Activation) -> String {
///     match activation.state() {
///         ActivationState::Suspended => format!("suspended after {} wrong responses", activation.failures()),
///         ActivationState::Active => "the token signs".to_owned(),
///         state => format!("register the token again ({state})"),
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Activation {
    id: ActivationId,
    record: Record,
}

/// The state of an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ActivationState {
    /// The first code was made. The next step is the token's device code.
    FirstCode,
    /// The second code was made. The next step is the token's response to it.
    SecondCode,
    /// It answers challenges.
    Active,
    /// Too many wrong responses came in, or the bank has suspended it. [`Verifier::resume`](super::Verifier::resume) ends that.
    Suspended,
    /// Ended for good.
    Revoked,
    /// Its registration failed or was reset. The token may be enrolled again.
    Reset,
}

/// A challenge as the store knows it. It does not say whether a response was accepted: only the write that accepts one can,
/// so [`Verifier::settled`](super::Verifier::settled) asks for that.
#[derive(Debug, Clone, Copy)]
pub struct ChallengeStatus<'a> {
    reference: ChallengeRef,
    issued: &'a Issued,
}

/// A token that is registered with the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredToken {
    id: TokenId,
    record: TokenRecord,
}

impl Activation {
    pub(super) fn new(id: ActivationId, record: Record) -> Self {
        Self { id, record }
    }

    /// The name of this activation.
    #[must_use]
    pub fn id(&self) -> ActivationId {
        self.id
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> ActivationState {
        match self.record.state {
            StoredState::FirstCode(_) => ActivationState::FirstCode,
            StoredState::SecondCode(_) => ActivationState::SecondCode,
            StoredState::Active => ActivationState::Active,
            StoredState::Suspended => ActivationState::Suspended,
            StoredState::Revoked => ActivationState::Revoked,
            StoredState::Reset => ActivationState::Reset,
        }
    }

    /// The user.
    #[must_use]
    pub fn subscriber(&self) -> &Subscriber {
        &self.record.subscriber
    }

    /// The camera token. `None` for a generator.
    #[must_use]
    pub fn token(&self) -> Option<&TokenId> {
        match &self.record.credential {
            Credential::Camera { token, .. } => Some(token),
            Credential::TimeBased { .. } | Credential::Generator { .. } => None,
        }
    }

    /// Whether its token was made for tests (V-20). Never of a time-based generator.
    #[must_use]
    pub fn is_test(&self) -> bool {
        matches!(self.record.credential, Credential::Camera { test: true, .. })
    }

    /// The generator that came from its maker. `None` for a camera token, and for a generator without a serial number.
    #[must_use]
    pub fn generator(&self) -> Option<&GeneratorId> {
        match &self.record.credential {
            Credential::Generator { id, .. } => Some(id),
            Credential::Camera { .. } | Credential::TimeBased { .. } => None,
        }
    }

    /// Its kind in documents: `camera`, `timeBased`, `eventBased` or `card`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.record.credential {
            Credential::Camera { .. } => "camera",
            Credential::TimeBased { .. } | Credential::Generator { moving: Moving::Time { .. }, .. } => "timeBased",
            Credential::Generator { moving: Moving::Event { .. }, .. } => "eventBased",
            Credential::Generator { moving: Moving::Card { .. }, .. } => "card",
        }
    }

    /// When the key of its token or generator may be used.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.record.credential.validity()
    }

    /// The wrong responses in a row, over all challenges. [`Policy::max_failures`](super::Policy::max_failures) of them suspend it.
    #[must_use]
    pub fn failures(&self) -> u8 {
        self.record.failures
    }

    /// Whether it ever gave a right response to a challenge. From then on it can be revoked, and no longer reset.
    #[must_use]
    pub fn has_signed(&self) -> bool {
        self.record.signed
    }

    /// The last challenge that was issued, whether it may still be answered or not.
    #[must_use]
    pub fn last_challenge(&self) -> Option<ChallengeStatus<'_>> {
        let issued = self.record.challenge.as_ref()?;
        Some(ChallengeStatus { reference: ChallengeRef { activation: self.id, id: issued.id }, issued })
    }

    /// The challenge that may be answered at `now`.
    #[must_use]
    pub fn open_challenge(&self, now: Timestamp) -> Option<ChallengeStatus<'_>> {
        self.last_challenge().filter(|last| {
            self.state() == ActivationState::Active && last.issued.end.is_none() && now < last.issued.expires_at
        })
    }

    /// When the last response was decided about, whether it was accepted or not.
    #[must_use]
    pub fn last_response_at(&self) -> Option<Timestamp> {
        self.record.last_attempt.as_ref().map(|last| last.at)
    }
}

impl ActivationState {
    /// Its name in documents: `firstCode`, `secondCode`, `active`, `suspended`, `revoked`, `reset`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstCode => "firstCode",
            Self::SecondCode => "secondCode",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Reset => "reset",
        }
    }

    /// Whether it has ended, so that its slot on the token is free.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Revoked | Self::Reset)
    }
}

impl fmt::Display for ActivationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'a> ChallengeStatus<'a> {
    /// Its name.
    #[must_use]
    pub fn reference(&self) -> ChallengeRef {
        self.reference
    }

    /// From then on no response is accepted.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.issued.expires_at
    }

    /// The transaction, with every field.
    #[must_use]
    pub fn transaction(&self) -> &'a Transaction {
        &self.issued.transaction
    }

    /// The wrong responses to this challenge so far.
    #[must_use]
    pub fn wrong_responses(&self) -> u8 {
        self.issued.wrong_answers
    }
}

impl RegisteredToken {
    pub(super) fn new(id: TokenId, record: TokenRecord) -> Self {
        Self { id, record }
    }

    /// What is printed on the token.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// Whether it was made for tests (V-20).
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.record.test
    }

    /// Whether it was revoked. Its ID is never used again.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.record.revoked
    }

    /// The maker's data about it, if it came with a file of its maker.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.record.origin.as_ref()
    }

    /// When its device key may be used.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.origin().map(Origin::validity).unwrap_or_default()
    }

    /// Its activations. One that has ended stays in the list until the next one is enrolled.
    #[must_use]
    pub fn activations(&self) -> &[ActivationId] {
        &self.record.activations
    }
}
