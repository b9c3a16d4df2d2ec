//! What the verifier knows and decides, as the documents of the command line and of the service say it.

use std::collections::BTreeMap;

use camtoken::Timestamp;
use camtoken::key::ActivationId;
use camtoken::transaction::Transaction;
use camtoken::verifier::audit::{self, AuditEntry};
use camtoken::verifier::{
    Activation, ChallengeStatus, Moving, RegisteredGenerator, RegisteredToken, Rejection, Validity, Verdict,
};
use schemars::JsonSchema;
use serde::Serialize;

/// How a response was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Settled {
    /// accepted, rejected, expired, used, superseded or suspended
    pub result: &'static str,
    /// Why not, for the bank's back end: Wrong, Exhausted, Expired, AlreadySettled, Superseded, Suspended, Revoked,
    /// NotActivated, Unknown, Malformed
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// After a wrong response: how many more are taken before something ends
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_left: Option<u8>,
    /// After a wrong response: whether it suspended the activation
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    /// After Malformed: how many digits are expected
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digits: Option<u8>,
    /// When accepted: what to execute, as the token showed it. A repeated request gets it again, so execute it under the
    /// challenge's name, once
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<SignedTransaction>,
    /// When accepted: whether by this very request. It is no reason to execute or not to: with false, the answer of the
    /// request that was accepted may have reached nobody
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<bool>,
}

/// A transaction as it was stored with the challenge and shown by the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Signed")]
#[non_exhaustive]
pub struct SignedTransaction {
    /// The operation
    pub operation: &'static str,
    /// Every field by its name, in its canonical form
    pub fields: BTreeMap<&'static str, String>,
}

/// Where an activation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActivationStatus {
    /// firstCode, secondCode, active, suspended, revoked or reset
    pub state: &'static str,
    /// The contract number
    pub contract: String,
    /// The user ID within the contract
    pub user: String,
    /// Wrong responses in a row, over all challenges
    pub failures: u8,
    /// Whether it ever gave a right response
    pub signed: bool,
    /// What it answers by: camera, timeBased, eventBased or card
    pub kind: &'static str,
    /// The generator, where it came from its maker
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// When its key may be used
    #[serde(flatten)]
    pub validity: KeyValidity,
    /// The challenge that may be answered now
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<OpenChallenge>,
}

/// When a key may be used, both moments included. Without a limit a member is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KeyValidity {
    /// The first moment at which the key may be used
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// The last moment at which the key may be used
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// A challenge that may be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OpenChallenge {
    /// Its name
    pub challenge: String,
    /// What is asked
    pub operation: &'static str,
    /// From then on no response is accepted
    pub expires_at: String,
    /// Wrong responses so far
    pub wrong: u8,
}

/// A token that is registered with the bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct TokenStatus {
    /// Whether it is revoked, and its ID never usable again
    pub revoked: bool,
    /// Whether it was made for tests
    pub test: bool,
    /// Its activations
    pub activations: Vec<String>,
    /// Who made it, where it came by a file of its maker
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// The maker's name of the model
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// When its key may be used
    #[serde(flatten)]
    pub validity: KeyValidity,
}

/// A generator that came from its maker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "GeneratorStatus")]
#[non_exhaustive]
pub struct GeneratorStatus {
    /// What is printed on it
    pub generator: String,
    /// timeBased, eventBased or card
    pub kind: &'static str,
    /// The activation of whoever has it, or had it last
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<String>,
    /// Who made it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// The maker's name of the model
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// When its key may be used
    #[serde(flatten)]
    pub validity: KeyValidity,
}

/// What happened to an activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "History")]
#[non_exhaustive]
pub struct AuditHistory {
    /// The activation
    pub activation: String,
    /// Whether the chain is whole; if it is not, no entry of it is shown
    pub whole: bool,
    /// Where it is broken
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// What happened, the oldest first
    pub entries: Vec<AuditLine>,
    /// Where the next page begins, if these are not the last: the number of the last of them
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One entry of a history. It names no field of a transaction, and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "HistoryEntry")]
#[non_exhaustive]
pub struct AuditLine {
    /// 1 for the first
    pub number: u64,
    /// When
    pub at: String,
    /// What happened
    pub event: String,
    /// The challenge that it was about
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// The operation of the challenge
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// SHA-256 over everything that the challenge says
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Wrong responses in a row after it
    pub failures: u8,
    /// Who asked for it over HTTP: the name of a key or of a certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl From<&Verdict> for Settled {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Rejected(rejection) => Self::from(*rejection),
            Verdict::Accepted(accepted) => Self {
                result: "accepted",
                reason: None,
                attempts_left: None,
                suspended: None,
                digits: None,
                transaction: accepted.transaction().map(SignedTransaction::from),
                first: Some(accepted.first()),
            },
        }
    }
}

impl From<Rejection> for Settled {
    fn from(rejection: Rejection) -> Self {
        let (attempts_left, suspended) = match rejection {
            Rejection::Wrong { tries_left, suspended } => (Some(tries_left), Some(suspended)),
            _ => (None, None),
        };
        Self {
            result: rejection.result(),
            reason: Some(rejection.name()),
            attempts_left,
            suspended,
            digits: if let Rejection::Malformed { digits } = rejection { Some(digits) } else { None },
            transaction: None,
            first: None,
        }
    }
}

impl From<&Transaction> for SignedTransaction {
    fn from(transaction: &Transaction) -> Self {
        let fields = transaction.fields().map(|(field, value)| (field.name, value.to_string())).collect();
        Self { operation: transaction.operation().entry().name, fields }
    }
}

impl ActivationStatus {
    /// Where an activation stands at `now`.
    #[must_use]
    pub fn of(activation: &Activation, now: Timestamp) -> Self {
        Self {
            state: activation.state().as_str(),
            contract: activation.subscriber().contract.clone(),
            user: activation.subscriber().user.clone(),
            failures: activation.failures(),
            signed: activation.has_signed(),
            kind: activation.kind(),
            generator: activation.generator().map(ToString::to_string),
            validity: activation.validity().into(),
            challenge: activation.open_challenge(now).map(OpenChallenge::from),
        }
    }
}

impl From<ChallengeStatus<'_>> for OpenChallenge {
    fn from(open: ChallengeStatus<'_>) -> Self {
        Self {
            challenge: open.reference().to_string(),
            operation: open.transaction().operation().entry().name,
            expires_at: open.expires_at().to_string(),
            wrong: open.wrong_responses(),
        }
    }
}

impl From<&RegisteredToken> for TokenStatus {
    fn from(token: &RegisteredToken) -> Self {
        Self {
            revoked: token.is_revoked(),
            test: token.is_test(),
            activations: token.activations().iter().map(ToString::to_string).collect(),
            manufacturer: token.origin().and_then(|origin| origin.manufacturer.clone()),
            model: token.origin().and_then(|origin| origin.model.clone()),
            validity: token.validity().into(),
        }
    }
}

impl From<&RegisteredGenerator> for GeneratorStatus {
    fn from(generator: &RegisteredGenerator) -> Self {
        let origin = generator.origin();
        Self {
            generator: generator.id().to_string(),
            kind: match generator.moving() {
                Moving::Time { .. } => "timeBased",
                Moving::Event { .. } => "eventBased",
                Moving::Card { .. } => "card",
            },
            activation: generator.activation().map(|id| id.to_string()),
            manufacturer: origin.manufacturer.clone(),
            model: origin.model.clone(),
            validity: origin.validity().into(),
        }
    }
}

impl From<Validity> for KeyValidity {
    fn from(Validity { start, end }: Validity) -> Self {
        Self { valid_from: start.map(|at| at.to_string()), valid_until: end.map(|at| at.to_string()) }
    }
}

impl AuditHistory {
    /// The history of an activation.
    #[must_use]
    pub fn of(activation: ActivationId, history: audit::History) -> Self {
        let activation = activation.to_string();
        match history.into_entries() {
            Ok(entries) => {
                let entries = entries.into_iter().map(AuditLine::from).collect();
                Self { activation, whole: true, broken: None, entries, next: None }
            }
            Err(error) => {
                Self { activation, whole: false, broken: Some(error.to_string()), entries: Vec::new(), next: None }
            }
        }
    }

    /// One page of it: the entries behind the number `after`, at most `limit`.
    #[must_use]
    pub fn page(mut self, after: u64, limit: usize) -> Self {
        self.entries.retain(|entry| entry.number > after);
        if self.entries.len() > limit {
            self.entries.truncate(limit);
            self.next = self.entries.last().map(|entry| entry.number);
        }
        self
    }
}

impl From<AuditEntry> for AuditLine {
    fn from(entry: AuditEntry) -> Self {
        Self {
            number: entry.number,
            at: entry.at,
            event: entry.event.to_string(),
            challenge: entry.challenge,
            operation: entry.operation,
            question: entry.question,
            failures: entry.failures,
            actor: entry.actor,
        }
    }
}
