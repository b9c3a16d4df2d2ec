//! The record of a token: its registration, the slots of its users, and its revocation.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{AuditEvent, AuditNote, Settlement};
use crate::key::ActivationId;
use crate::time::Timestamp;
use crate::verifier::audit::ChainEnd;
use crate::verifier::origin::{Origin, OutOfValidity, Validity};
use crate::verifier::policy::Policy;
use crate::verifier::record::{Record, StoredState, TokenRecord};
use crate::verifier::verdict::Step;

/// How many users may share one token.
pub const MAX_USERS: usize = 8;

/// Why a token cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenRefusal {
    /// It is revoked, which is final.
    Revoked,
    /// It was made for tests, and the policy does not take those (V-20).
    Test,
    /// It is registered with another device key.
    OtherKey,
    /// Its device key is outside its validity dates.
    OutOfValidity(OutOfValidity),
}

/// The state of one of a token's slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserPlace {
    /// An activation.
    Taken,
    /// An activation that has ended: revoked, reset, or never confirmed.
    Ended,
    /// Not yet an activation: it is about to be made, or its registration was cut off.
    Reserved,
}

/// The result of adding a user to a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewUser {
    /// There is a free slot.
    Added(Box<Settlement<(), TokenRecord>>),
    /// All slots are taken.
    Full,
    /// All slots are taken or reserved: these have to be closed first ([`close_place`](super::close_place)).
    AfterClosing(Vec<ActivationId>),
}

/// The record of a new token, whose device key is wrapped in `device_key`.
///
/// # Errors
///
/// [`TokenRefusal::OutOfValidity`] for one that may never be used again. A registered token accepts such dates
/// ([`register_token_again`]): so its maker calls it back.
pub fn register_token(
    device_key: Vec<u8>,
    test: bool,
    origin: Option<Origin>,
    now: Timestamp,
) -> Result<Settlement<(), TokenRecord>, TokenRefusal> {
    let chain_end = ChainEnd::default();
    let record = TokenRecord { device_key, test, revoked: false, activations: Vec::new(), chain_end, origin };
    match validity(&record).check(now) {
        Err(ended @ OutOfValidity::Ended { .. }) => Err(TokenRefusal::OutOfValidity(ended)),
        Ok(()) | Err(OutOfValidity::NotYet { .. }) => Ok(changed(record, AuditEvent::TokenRegistered, now)),
    }
}

/// Registers a token a second time. `same_key` says whether the two device keys are the same. The dates of the new file replace
/// the earlier ones; a file without dates changes none.
pub fn register_token_again(
    mut record: TokenRecord,
    same_key: bool,
    origin: Option<Origin>,
    now: Timestamp,
) -> Settlement<Step<(), TokenRefusal>, TokenRecord> {
    match refuses_use(&record) {
        Some(refusal) => return unchanged(record, Step::Rejected(refusal)),
        None if !same_key => return unchanged(record, Step::Rejected(TokenRefusal::OtherKey)),
        None => {}
    }
    let known = validity(&record);
    match origin {
        Some(origin) if ![known, Validity::default()].contains(&origin.validity()) => {
            record.origin = Some(origin);
            changed(record, AuditEvent::ValidityChanged, now).map(Step::Done)
        }
        Some(origin) if record.origin.is_none() => {
            record.origin = Some(origin);
            changed(record, AuditEvent::Described, now).map(Step::Done)
        }
        _ => confirmed(record).map(Step::Done),
    }
}

/// When a token's device key may be used.
#[must_use]
pub fn validity(record: &TokenRecord) -> Validity {
    record.origin.as_ref().map(Origin::validity).unwrap_or_default()
}

/// Why a token cannot be used at all.
#[must_use]
pub fn refuses_use(record: &TokenRecord) -> Option<TokenRefusal> {
    record.revoked.then_some(TokenRefusal::Revoked)
}

/// Why no activation is registered on a token.
#[must_use]
pub fn refuses_registration(policy: &Policy, record: &TokenRecord, now: Timestamp) -> Option<TokenRefusal> {
    let refused_test = record.test && !policy.accept_test_keys;
    let out_of_validity = validity(record).check(now).err().map(TokenRefusal::OutOfValidity);
    refuses_use(record).or(refused_test.then_some(TokenRefusal::Test)).or(out_of_validity)
}

/// The state of an activation's slot, by its record.
#[must_use]
pub fn place(record: Option<&Record>) -> UserPlace {
    match record.map(|record| &record.state) {
        None => UserPlace::Reserved,
        Some(StoredState::Revoked | StoredState::Reset) => UserPlace::Ended,
        Some(_) => UserPlace::Taken,
    }
}

/// Adds a new activation to a token's record, before the activation itself exists: so that revoking the token finds it whatever
/// happens in between. `places` are those of the record's activations, in their order.
pub fn add_user(mut record: TokenRecord, places: &[UserPlace], new: ActivationId, now: Timestamp) -> NewUser {
    let (mut activations, mut reserved) = (Vec::new(), Vec::new());
    for (number, activation) in record.activations.iter().enumerate() {
        // An activation that is not known to have ended keeps its place.
        match places.get(number).unwrap_or(&UserPlace::Taken) {
            UserPlace::Taken => activations.push(*activation),
            UserPlace::Reserved => reserved.push(*activation),
            UserPlace::Ended => {}
        }
    }
    if activations.len() >= MAX_USERS {
        return NewUser::Full;
    }
    // A reserved place is left alone as long as there are others.
    if activations.len() + reserved.len() >= MAX_USERS {
        return NewUser::AfterClosing(reserved);
    }
    activations.extend(reserved);
    activations.push(new);
    record.activations = activations;
    NewUser::Added(Box::new(changed(record, AuditEvent::UserAdded, now)))
}

/// Revokes a token for good. Its activations are revoked one by one, after this is stored.
pub fn revoke_token(mut record: TokenRecord, now: Timestamp) -> Settlement<(), TokenRecord> {
    if record.revoked {
        return confirmed(record);
    }
    record.revoked = true;
    changed(record, AuditEvent::TokenRevoked, now)
}

fn changed(record: TokenRecord, event: AuditEvent, now: Timestamp) -> Settlement<(), TokenRecord> {
    let audit = AuditNote { event, at: now, failures: 0, about: None };
    Settlement { record, answer: (), audit: Some(audit), write: true }
}

fn confirmed(record: TokenRecord) -> Settlement<(), TokenRecord> {
    Settlement { record, answer: (), audit: None, write: true }
}

fn unchanged<A>(record: TokenRecord, answer: A) -> Settlement<A, TokenRecord> {
    Settlement { record, answer, audit: None, write: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first file that describes a token was once told as a change of dates that it does not name.
    #[test]
    fn a_first_description_without_dates_changes_none() {
        let now = Timestamp::from_unix(1000);
        let again = |origin| {
            let new = register_token(Vec::from([1]), false, None, now).expect("no dates");
            register_token_again(new.record, true, Some(origin), now).audit.map(|note| note.event)
        };
        assert_eq!(again(Origin::default()), Some(AuditEvent::Described));
        let key = Validity { start: None, end: Some(now) };
        assert_eq!(again(Origin { key, ..Origin::default() }), Some(AuditEvent::ValidityChanged));
    }
}
