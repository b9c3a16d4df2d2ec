//! What the bank does with an activation: suspends, resumes, initialises, revokes it, or restores it from a backup.

use super::challenge::end_challenge;
use super::{AuditEvent, Clock, Event, Ruling};
use crate::time::Timestamp;
use crate::verifier::policy::Policy;
use crate::verifier::record::{Credential, Record, StoredState};
use crate::verifier::verdict::Step;
use camtoken_oath::totp::Totp;

/// The bank suspends the activation (利用停止). Nothing is issued to it or accepted from it until it is resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspension;

/// The activation is resumed (利用再開). Its open challenge is not answered any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumption;

/// The activation is initialised (初期化), which is for activations that have never signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reset;

/// The activation is revoked (失効), which is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation;

/// The record was restored from a backup. What is open in it may have been answered since, so it is ended: an open challenge as
/// superseded, a registration between its codes as given up, time-based passwords until now as used. The answer is whether
/// anything was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restoration;

/// Why the state of an activation is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateRefusal {
    /// It is revoked, which is final.
    Revoked,
    /// It has signed, so it can be revoked and not initialised.
    HasSigned,
    /// Its registration is not finished, or was given up.
    NotActive,
    /// It is not suspended.
    NotSuspended,
}

type Answer = Step<(), StateRefusal>;

impl Event for Suspension {
    type Answer = Answer;

    const CLOCK: Clock = Clock::Notes;

    fn decide(&self, _: &Policy, record: &mut Record, _: Timestamp) -> Ruling<Answer> {
        match record.state {
            StoredState::Active => {
                record.state = StoredState::Suspended;
                done(AuditEvent::SuspendedByBank)
            }
            StoredState::Suspended => done_before(),
            StoredState::Revoked => refused(StateRefusal::Revoked),
            StoredState::FirstCode(_) | StoredState::SecondCode(_) | StoredState::Reset => {
                refused(StateRefusal::NotActive)
            }
        }
    }
}

impl Event for Resumption {
    type Answer = Answer;

    const CLOCK: Clock = Clock::Decides;

    fn decide(&self, _: &Policy, record: &mut Record, _: Timestamp) -> Ruling<Answer> {
        if record.state != StoredState::Suspended {
            return refused(StateRefusal::NotSuspended);
        }
        end_challenge(record);
        record.state = StoredState::Active;
        record.failures = 0;
        done(AuditEvent::Resumed)
    }
}

impl Event for Reset {
    type Answer = Answer;

    const CLOCK: Clock = Clock::Notes;

    fn decide(&self, _: &Policy, record: &mut Record, _: Timestamp) -> Ruling<Answer> {
        if record.state == StoredState::Revoked {
            return refused(StateRefusal::Revoked);
        }
        if record.signed {
            return refused(StateRefusal::HasSigned);
        }
        end_challenge(record);
        record.state = StoredState::Reset;
        done(AuditEvent::Reset)
    }
}

impl Event for Revocation {
    type Answer = Answer;

    const CLOCK: Clock = Clock::Notes;

    fn decide(&self, _: &Policy, record: &mut Record, _: Timestamp) -> Ruling<Answer> {
        if record.state == StoredState::Revoked {
            return done_before();
        }
        end_challenge(record);
        record.state = StoredState::Revoked;
        done(AuditEvent::Revoked)
    }
}

impl Event for Restoration {
    type Answer = bool;

    const CLOCK: Clock = Clock::Notes;

    fn decide(&self, _: &Policy, record: &mut Record, now: Timestamp) -> Ruling<bool> {
        let mut changed = false;
        if record.challenge.as_ref().is_some_and(|issued| issued.end.is_none()) {
            end_challenge(record);
            changed = true;
        }
        if matches!(record.state, StoredState::FirstCode(_) | StoredState::SecondCode(_)) {
            record.state = StoredState::Reset;
            changed = true;
        }
        if let Credential::TimeBased { last_step, .. } = &mut record.credential {
            // The password of the next step is accepted already now.
            let used = Some(Totp::default().step(now) + 1);
            changed |= *last_step < used;
            *last_step = used.max(*last_step);
        }
        if changed { Ruling::changed(true, AuditEvent::Restored, None) } else { Ruling::confirmed(false) }
    }
}

fn done(event: AuditEvent) -> Ruling<Answer> {
    Ruling::changed(Step::Done(()), event, None)
}

/// The activation is in that state already.
fn done_before() -> Ruling<Answer> {
    Ruling::confirmed(Step::Done(()))
}

fn refused(refusal: StateRefusal) -> Ruling<Answer> {
    Ruling::unchanged(Step::Rejected(refusal))
}
