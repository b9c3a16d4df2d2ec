//! The end of a damaged record: one that cannot be read, or whose key does not open. Nothing signs by it again.

use alloc::string::String;
use alloc::vec::Vec;

use super::{AuditEvent, AuditNote, Settlement};
use crate::time::Timestamp;
use crate::verifier::audit::ChainEnd;
use crate::verifier::clock::ClockRecord;
use crate::verifier::moving::Moving;
use crate::verifier::origin::Origin;
use crate::verifier::record::{Credential, GeneratorRecord, Record, Stored, StoredState, TokenRecord};
use crate::verifier::subscriber::Subscriber;

/// A record that can be ended whatever is left of it.
pub trait Endable: Stored {
    /// Its last state, by what can still be read of it: without a key, and for good.
    fn ended(left: Option<Self>, now: Timestamp) -> Self;
}

/// Ends a damaged record. `left` is what can be read of it, `history` the lines of its audit chain: the chain goes on after the
/// last line that fits.
pub fn end_damaged<'a, R: Endable>(
    left: Option<R>,
    history: impl IntoIterator<Item = &'a [u8]>,
    now: Timestamp,
) -> Settlement<(), R> {
    let mut record = R::ended(left, now);
    let mut chain_end = ChainEnd::default();
    for line in history {
        if chain_end.follow(line).is_err() {
            break;
        }
    }
    *record.chain() = chain_end;
    let audit = AuditNote { event: AuditEvent::DamagedEnded, at: now, failures: 0, about: None };
    Settlement { record, answer: (), audit: Some(audit), write: true }
}

/// Only whose it was is kept. What a damaged record says of challenges and times is not to be relied on; the audit chain has them.
impl Endable for Record {
    fn ended(left: Option<Self>, now: Timestamp) -> Self {
        let (subscriber, mut credential) = match left {
            Some(left) => (left.subscriber, left.credential),
            None => (
                Subscriber { contract: String::new(), user: String::new() },
                Credential::TimeBased { key: Vec::new(), last_step: None },
            ),
        };
        credential.key_mut().clear();
        Self {
            subscriber,
            credential,
            state: StoredState::Revoked,
            failures: 0,
            challenge: None,
            past: Vec::new(),
            last_attempt: None,
            latest_time: now,
            signed: true,
            chain_end: ChainEnd::default(),
        }
    }
}

impl Endable for TokenRecord {
    fn ended(left: Option<Self>, _: Timestamp) -> Self {
        let (activations, chain_end) = (Vec::new(), ChainEnd::default());
        let nothing = Self { device_key: Vec::new(), test: false, revoked: true, activations, chain_end, origin: None };
        Self { device_key: Vec::new(), revoked: true, ..left.unwrap_or(nothing) }
    }
}

impl Endable for GeneratorRecord {
    fn ended(left: Option<Self>, _: Timestamp) -> Self {
        let nothing = Self {
            key: Vec::new(),
            moving: Moving::event(camtoken_oath::Digits::SIX, 0),
            activation: Vec::new(),
            origin: Origin::default(),
            chain_end: ChainEnd::default(),
        };
        Self { key: Vec::new(), ..left.unwrap_or(nothing) }
    }
}

/// The readings are those of machines: each of them writes its own again.
impl Endable for ClockRecord {
    fn ended(left: Option<Self>, _: Timestamp) -> Self {
        left.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::clock::ClockReading;
    use crate::verifier::decision::refuses_use;

    const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

    fn ended<R: Endable>(left: Option<R>) -> R {
        let settled = end_damaged(left, [], NOW);
        assert_eq!(settled.audit.map(|note| (note.event, note.at)), Some((AuditEvent::DamagedEnded, NOW)));
        assert!(settled.write, "it is an end only once it is stored");
        settled.record
    }

    #[test]
    fn whatever_is_left_of_a_record_has_no_key_and_is_of_no_use() {
        let token = TokenRecord {
            device_key: [7; 60].into(),
            test: true,
            revoked: false,
            activations: ["6aae9e4192c3".parse().expect("an ID")].into(),
            chain_end: ChainEnd::default(),
            origin: None,
        };
        for left in [Some(token), None] {
            let activations = left.as_ref().map_or(0, |left| left.activations.len());
            let token = ended(left);
            assert!(token.device_key.is_empty() && refuses_use(&token).is_some());
            assert_eq!(token.activations.len(), activations, "whom it was lent to is kept");
        }
        let generator = GeneratorRecord {
            key: [7; 60].into(),
            moving: Moving::event(camtoken_oath::Digits::SIX, 41),
            activation: Vec::new(),
            origin: Origin::default(),
            chain_end: ChainEnd::default(),
        };
        assert_eq!(ended(Some(generator)).moving, Moving::event(camtoken_oath::Digits::SIX, 41));
        assert!(ended::<GeneratorRecord>(None).key.is_empty());
        let activation = ended::<Record>(None);
        assert!(activation.credential.key().is_empty() && activation.state == StoredState::Revoked);
        assert_eq!(activation.latest_time, NOW);
        let reading = ClockReading { wall: NOW, uptime_secs: 9, boot: [1; 16] };
        let clock = ClockRecord { readings: [reading].into(), chain_end: ChainEnd::default() };
        assert_eq!(ended(Some(clock)).readings, [reading], "what can be read is kept");
        assert!(ended::<ClockRecord>(None).readings.is_empty());
    }

    #[test]
    fn the_chain_goes_on_after_the_last_line_that_fits() {
        let mut chain_end = ChainEnd::default();
        let note = |event| AuditNote { event, at: NOW, failures: 0, about: None };
        let lines = [AuditEvent::Enrolled, AuditEvent::Activated].map(|event| chain_end.append(note(event), None));
        let whole = end_damaged::<Record>(None, lines.iter().map(Vec::as_slice), NOW).record;
        assert_eq!(whole.chain_end, chain_end);
        let cut = end_damaged::<Record>(None, [lines[0].as_slice(), b"{}"], NOW).record;
        assert_eq!(cut.chain_end.entries, 1);
    }
}
