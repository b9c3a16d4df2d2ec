//! The audit record (V-19): what happened to an activation or a token, in a chain that shows when a link is missing.
//!
//! An entry is a line of JSON. It is stored in the same step as the change that it describes, and holds the SHA-256 of the entry
//! before it; the record holds the SHA-256 of the last. It names the operation and its question, no field of the
//! transaction, and no secret.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::challenge::Challenge;
use crate::time::Timestamp;

/// One line of an audit chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditEntry {
    /// 1 for the first entry of a record.
    pub number: u64,
    /// When, RFC 3339.
    pub at: String,
    /// What happened.
    pub event: AuditEvent,
    /// The challenge, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub challenge: Option<String>,
    /// The operation of the challenge.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// SHA-256 over everything that the challenge says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub question: Option<String>,
    /// Wrong responses in a row after this.
    pub failures: u8,
    /// The caller: the name of a key or of a certificate, where callers have names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub actor: Option<String>,
    /// SHA-256 of the entry before this one; zeroes before the first.
    pub previous: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum AuditEvent {
    /// A token was registered with the verifier.
    TokenRegistered,
    /// A file of its maker describes a token that was registered without one; it names no dates.
    Described,
    /// A later file of its maker has other dates for its key.
    ValidityChanged,
    /// A generator was registered with the verifier.
    GeneratorRegistered,
    /// A generator came back from another verifier: passwords that were used there count as used.
    HandedOver,
    /// A generator was resynchronised by consecutive passwords.
    Resynchronised,
    /// A token was revoked.
    TokenRevoked,
    /// A user was added to a token, or a generator was given to one.
    UserAdded,
    /// The first code of a registration was made.
    Enrolled,
    /// A wrong device code.
    DeviceCodeWrong,
    /// The device code was right; the second code was made.
    SecondCode,
    /// A wrong confirmation.
    ConfirmationWrong,
    /// The registration is finished.
    Activated,
    /// The registration was given up or reset.
    Reset,
    /// A challenge was issued.
    Issued,
    /// A challenge was withdrawn before it was answered.
    Withdrawn,
    /// A response was accepted.
    Accepted,
    /// A wrong response.
    Wrong,
    /// A wrong response, and the activation is suspended by it.
    Suspended,
    /// A challenge's time was found to be over.
    Expired,
    /// The bank has suspended the activation.
    SuspendedByBank,
    /// The activation was resumed.
    Resumed,
    /// The activation was revoked.
    Revoked,
    /// The store was restored from a backup, and what was open in it was ended.
    Restored,
    /// The latest time of the record was ahead of the clock. It was set back, and what was open was ended.
    ClockSetBack,
    /// An operator has confirmed that the system's clock is right.
    ClockConfirmed,
    /// Every record of the store is written with a seal from then on.
    SealingBegun,
    /// Every record of the store has a seal: one without is refused from then on.
    Sealed,
    /// An operator has accepted a record whose seal did not fit, or that had none. What was open was ended.
    SealAccepted,
    /// An operator has ended a record that could not be read, or whose key did not open.
    DamagedEnded,
}

/// The word in the entry: `issued`, `accepted`, and so on.
impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// An event, before it has its place in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditNote {
    /// What happened.
    pub event: AuditEvent,
    /// When.
    pub at: Timestamp,
    /// Wrong responses in a row after this.
    pub failures: u8,
    /// The challenge, where there is one.
    pub about: Option<About>,
}

/// The challenge of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub challenge: String,
    /// Its operation.
    pub operation: String,
    /// SHA-256 over its content, in hexadecimal digits.
    pub question: String,
}

impl About {
    /// The parts of this challenge for an entry.
    #[must_use]
    pub fn of(challenge: &Challenge) -> Self {
        Self {
            challenge: challenge.id.to_string(),
            operation: challenge.transaction.operation().to_string(),
            question: base16ct::lower::encode_string(&challenge.question()),
        }
    }
}

/// The end of a chain, kept in the record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ChainEnd {
    /// How many entries there are.
    #[n(0)]
    pub entries: u64,
    /// SHA-256 of the last one.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub head: [u8; 32],
}

/// The history of a record, read from its audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a chain that was touched is an answer, not an error"]
pub enum History {
    /// The chain is whole: all entries, the oldest first.
    Whole(Vec<AuditEntry>),
    /// The chain was altered, so none of its entries can be trusted.
    Broken(AuditError),
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditError {
    /// An entry cannot be read, or is not the one that belongs here.
    #[error("audit entry {number} is not the one that was written")]
    Entry {
        /// Its place, from 1.
        number: u64,
    },
    /// There are more or fewer entries than the record says, or the last one is another.
    #[error("the audit chain does not end where its record says")]
    End,
}

impl History {
    /// The entries of a whole chain, the oldest first.
    ///
    /// # Errors
    ///
    /// [`AuditError`] where the chain is broken.
    pub fn into_entries(self) -> Result<Vec<AuditEntry>, AuditError> {
        match self {
            Self::Whole(entries) => Ok(entries),
            Self::Broken(error) => Err(error),
        }
    }
}

impl ChainEnd {
    /// Appends an event and its caller, if that is known, and gives the line to store with the change.
    pub fn append(&mut self, note: AuditNote, actor: Option<&str>) -> Vec<u8> {
        self.entries += 1;
        let (challenge, operation, question) = match note.about {
            Some(about) => (Some(about.challenge), Some(about.operation), Some(about.question)),
            None => (None, None, None),
        };
        let entry = AuditEntry {
            number: self.entries,
            at: note.at.to_string(),
            event: note.event,
            challenge,
            operation,
            question,
            failures: note.failures,
            actor: actor.map(ToString::to_string),
            previous: base16ct::lower::encode_string(&self.head),
        };
        let line = serde_json::to_vec(&entry).expect("an entry is plain JSON");
        self.head = Sha256::digest(&line).into();
        line
    }

    /// Checks a whole chain against this end of it, and gives its entries.
    ///
    /// # Errors
    ///
    /// [`AuditError`] when an entry was changed, removed, added, or put elsewhere.
    pub fn check<'a>(&self, lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<AuditEntry>, AuditError> {
        let mut so_far = Self::default();
        let mut entries = Vec::new();
        for line in lines {
            entries.push(so_far.follow(line)?);
        }
        if so_far == *self { Ok(entries) } else { Err(AuditError::End) }
    }

    /// Goes on to the next entry of a chain that is read piece by piece, and gives it.
    ///
    /// # Errors
    ///
    /// [`AuditError::Entry`] when it is not the one that comes next.
    pub fn follow(&mut self, line: &[u8]) -> Result<AuditEntry, AuditError> {
        let number = self.entries + 1;
        let entry: AuditEntry = serde_json::from_slice(line).map_err(|_| AuditError::Entry { number })?;
        if entry.number != number || entry.previous != base16ct::lower::encode_string(&self.head) {
            return Err(AuditError::Entry { number });
        }
        *self = Self { entries: number, head: Sha256::digest(line).into() };
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> (ChainEnd, Vec<Vec<u8>>) {
        let mut chain_end = ChainEnd::default();
        let events = [
            AuditEvent::Enrolled,
            AuditEvent::SecondCode,
            AuditEvent::Activated,
            AuditEvent::Issued,
            AuditEvent::Wrong,
            AuditEvent::Accepted,
        ];
        let at = Timestamp::from_unix(1_700_000_000);
        let lines = events.map(|event| chain_end.append(AuditNote { event, at, failures: 0, about: None }, None));
        (chain_end, lines.to_vec())
    }

    fn check(chain_end: &ChainEnd, lines: &[Vec<u8>]) -> Result<usize, AuditError> {
        chain_end.check(lines.iter().map(Vec::as_slice)).map(|entries| entries.len())
    }

    #[test]
    fn a_whole_chain_is_taken() {
        let (chain_end, lines) = chain();
        assert_eq!(check(&chain_end, &lines), Ok(6));
        assert_eq!(check(&ChainEnd::default(), &[]), Ok(0));
    }

    /// Entries of before there were actors are in stores: their bytes, and so their hashes, stay what they were.
    #[test]
    fn an_actor_stands_in_the_chain_and_old_entries_stay_as_they_are() {
        let (mut chain_end, mut lines) = chain();
        let old = br#"{"number":1,"at":"2023-11-14T22:13:20Z","event":"enrolled","failures":0,"previous":"0000000000000000000000000000000000000000000000000000000000000000"}"#;
        assert_eq!(lines[0], old);
        let at = Timestamp::from_unix(1_700_000_001);
        let note = AuditNote { event: AuditEvent::Revoked, at, failures: 0, about: None };
        lines.push(chain_end.append(note, Some("operator-7")));
        let entries = chain_end.check(lines.iter().map(Vec::as_slice)).expect("a whole chain");
        let actors: Vec<_> = entries.iter().map(|entry| entry.actor.as_deref()).collect();
        assert_eq!(actors, [None, None, None, None, None, None, Some("operator-7")]);
        let last = lines.last_mut().expect("just appended");
        let digit = last.iter().position(|byte| *byte == b'7').expect("the name");
        last[digit] = b'8';
        assert!(check(&chain_end, &lines).is_err(), "another name");
    }

    #[test]
    fn a_chain_that_was_touched_is_refused() {
        let (chain_end, lines) = chain();
        for place in 0..lines.len() {
            let mut removed = lines.clone();
            removed.remove(place);
            assert!(check(&chain_end, &removed).is_err(), "entry {place} removed");
            let mut doubled = lines.clone();
            doubled.insert(place, lines[place].clone());
            assert!(check(&chain_end, &doubled).is_err(), "entry {place} doubled");
            let mut altered = lines.clone();
            let digit = altered[place].iter().rposition(|byte| *byte == b'0').expect("the failures are 0");
            altered[place][digit] = b'1';
            assert!(check(&chain_end, &altered).is_err(), "entry {place} altered");
        }
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        assert!(check(&chain_end, &swapped).is_err());
    }
}
