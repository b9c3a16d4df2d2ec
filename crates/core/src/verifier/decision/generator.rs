//! The record of a generator that came from its maker: its registration, and its user.

use alloc::vec::Vec;

use super::password::restore;
use super::{AuditEvent, AuditNote, Settlement};
use crate::key::ActivationId;
use crate::time::Timestamp;
use crate::verifier::audit::ChainEnd;
use crate::verifier::moving::Moving;
use crate::verifier::origin::{Origin, OutOfValidity, Validity};
use crate::verifier::record::GeneratorRecord;
use crate::verifier::verdict::Step;

/// Why a generator is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GeneratorRefusal {
    /// It is registered with another secret.
    OtherSecret,
    /// It is registered with another algorithm or other parameters.
    OtherParameters,
    /// Its secret may never be used again.
    OutOfValidity(OutOfValidity),
}

/// The record of a new generator, whose secret is wrapped in `key`.
///
/// # Errors
///
/// [`GeneratorRefusal::OutOfValidity`] for one that may never be used again. A registered generator accepts such dates
/// ([`register_generator_again`]): so its maker calls it back.
pub fn register_generator(
    key: Vec<u8>,
    moving: Moving,
    origin: Origin,
    now: Timestamp,
) -> Result<Settlement<(), GeneratorRecord>, GeneratorRefusal> {
    let chain_end = ChainEnd::default();
    let record = GeneratorRecord { key, moving, activation: Vec::new(), origin, chain_end };
    match record.origin.validity().check(now) {
        Err(ended @ OutOfValidity::Ended { .. }) => Err(GeneratorRefusal::OutOfValidity(ended)),
        Ok(()) | Err(OutOfValidity::NotYet { .. }) => Ok(changed(record, AuditEvent::GeneratorRegistered, now)),
    }
}

/// Registers a generator a second time. `same_secret` says whether the two secrets are the same. The dates of the new file replace
/// the earlier ones; a file without dates changes none. Passwords that another verifier has used count as used.
pub fn register_generator_again(
    mut record: GeneratorRecord,
    same_secret: bool,
    moving: Moving,
    origin: Origin,
    now: Timestamp,
) -> Settlement<Step<(), GeneratorRefusal>, GeneratorRecord> {
    if !same_secret {
        return unchanged(record, Step::Rejected(GeneratorRefusal::OtherSecret));
    }
    let Some(merged) = record.moving.merged(moving) else {
        return unchanged(record, Step::Rejected(GeneratorRefusal::OtherParameters));
    };
    let has_moved = merged != record.moving;
    record.moving = merged;
    if ![record.origin.validity(), Validity::default()].contains(&origin.validity()) {
        record.origin = origin;
        return changed(record, AuditEvent::ValidityChanged, now).map(Step::Done);
    }
    match has_moved {
        true => changed(record, AuditEvent::HandedOver, now).map(Step::Done),
        false => Settlement { record, answer: Step::Done(()), audit: None, write: true },
    }
}

/// Records the new user of the generator, before the activation itself exists. Its last user can no longer use it, and `moving` is
/// its counter or time step of that time.
pub fn assign_generator(
    record: GeneratorRecord,
    activation: ActivationId,
    moving: Moving,
    now: Timestamp,
) -> Settlement<(), GeneratorRecord> {
    changed(GeneratorRecord { activation: [activation].into(), moving, ..record }, AuditEvent::UserAdded, now)
}

/// The record was restored from a backup: it may have been given to a user since, who has used it. The answer is whether that changes
/// anything.
pub fn restore_generator(mut record: GeneratorRecord, now: Timestamp) -> Settlement<bool, GeneratorRecord> {
    let before = record.moving;
    restore(&mut record.moving, now);
    match record.moving == before {
        true => Settlement { record, answer: false, audit: None, write: true },
        false => changed(record, AuditEvent::Restored, now).map(|()| true),
    }
}

fn unchanged<A>(record: GeneratorRecord, answer: A) -> Settlement<A, GeneratorRecord> {
    Settlement { record, answer, audit: None, write: false }
}

fn changed(record: GeneratorRecord, event: AuditEvent, now: Timestamp) -> Settlement<(), GeneratorRecord> {
    let audit = AuditNote { event, at: now, failures: 0, about: None };
    Settlement { record, answer: (), audit: Some(audit), write: true }
}
