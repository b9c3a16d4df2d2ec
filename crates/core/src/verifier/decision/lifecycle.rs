//! The bank's changes to an activation: it suspends, resumes, resets or revokes it, or restores it from a backup.

use super::card::end_question;
use super::challenge::end_challenge;
use super::password::{last_step, latest_step, latest_time_based, restore};
use super::{AuditEvent, Clock, Event, Ruling};
use crate::time::Timestamp;
use crate::verifier::moving::Moving;
use crate::verifier::origin::Validity;
use crate::verifier::policy::Policy;
use crate::verifier::record::{ChallengeEnd, Credential, Record, StoredState};
use crate::verifier::verdict::Step;

/// The bank suspends the activation (一時停止). Nothing is issued to it or accepted from it until it is resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspension;

/// The activation is resumed (利用再開). Its open challenge is not answered any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumption;

/// The activation is reset (初期化), which is for activations that have never signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reset;

/// The activation is revoked (失効), which is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation;

/// A later file of its maker has other dates for the key of the activation's token. The answer is whether that changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidityChange {
    /// When it may be used.
    pub validity: Validity,
}

/// The generator came back from another verifier, which has used it up to there. The answer is whether that changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedOver {
    /// Its counter or time step, as its own record has it.
    pub moving: Moving,
}

/// The record was restored from a backup. What is open in it may have been answered since, so it is ended: an open challenge as
/// superseded, a registration between its codes as given up, time-based passwords until now as used. Which passwords of an
/// event-based generator were used since is not known, so only consecutive ones are accepted next. The answer is whether anything
/// was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restoration;

/// The latest time of the record is ahead of the clock, because the clock was wrong once. An operator sets it back. As after
/// [`Restoration`], what is open is ended; nothing that was accepted is accepted again. The answer is `None` when the record is
/// not ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSetBack;

/// The result of setting back the time of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetBack {
    /// How far the record was ahead, in seconds.
    pub seconds: u64,
    /// It is a time-based generator that accepted passwords of that time. Which ones is not known, so it accepts none until
    /// then: the customer needs a new one.
    pub needs_new_generator: bool,
}

/// Why the state of an activation is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateRefusal {
    /// It is revoked, which is final.
    Revoked,
    /// It has signed, so it can be revoked and not reset.
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

impl Event for ValidityChange {
    type Answer = bool;

    const CLOCK: Clock = Clock::Notes;

    fn decide(&self, _: &Policy, record: &mut Record, _: Timestamp) -> Ruling<bool> {
        match &mut record.credential {
            Credential::Camera { validity, .. } | Credential::Generator { validity, .. }
                if *validity != self.validity =>
            {
                *validity = self.validity;
                Ruling::changed(true, AuditEvent::ValidityChanged, None)
            }
            _ => Ruling::unchanged(false),
        }
    }
}

impl Event for HandedOver {
    type Answer = bool;

    const CLOCK: Clock = Clock::Notes;

    fn decide(&self, _: &Policy, record: &mut Record, _: Timestamp) -> Ruling<bool> {
        let Credential::Generator { moving, .. } = &mut record.credential else { return Ruling::unchanged(false) };
        match moving.merged(self.moving) {
            Some(merged) if merged != *moving => {
                *moving = merged;
                Ruling::changed(true, AuditEvent::HandedOver, None)
            }
            _ => Ruling::unchanged(false),
        }
    }
}

impl Event for Restoration {
    type Answer = bool;

    const CLOCK: Clock = Clock::Notes;

    fn decide(&self, _: &Policy, record: &mut Record, now: Timestamp) -> Ruling<bool> {
        let mut changed = end_open(record);
        match &mut record.credential {
            Credential::Camera { .. } => {}
            Credential::TimeBased { last_step, .. } => {
                let used = latest_time_based(now);
                changed |= *last_step < Some(used);
                *last_step = (*last_step).max(Some(used));
            }
            // Also of one that is suspended or revoked: it may be resumed, or its generator given to another.
            Credential::Generator { moving, .. } => {
                let before = *moving;
                restore(moving, now);
                changed |= *moving != before;
            }
        }
        if changed { Ruling::changed(true, AuditEvent::Restored, None) } else { Ruling::confirmed(false) }
    }
}

impl Event for ClockSetBack {
    type Answer = Option<SetBack>;

    const CLOCK: Clock = Clock::SetsBack;

    fn decide(&self, _: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Option<SetBack>> {
        let ahead = record.latest_time.since(now);
        if ahead.is_zero() {
            return Ruling::unchanged(None);
        }
        end_open(record);
        record.latest_time = now;
        if let Some(last) = &mut record.last_attempt {
            last.at = last.at.min(now);
        }
        let latest = latest_step(&record.credential, now);
        let needs_new_generator = last_step(&mut record.credential).is_some_and(|last| *last > latest);
        let set_back = SetBack { seconds: ahead.as_secs(), needs_new_generator };
        Ruling::changed(Some(set_back), AuditEvent::ClockSetBack, None)
    }
}

/// Ends what may be answered: an open challenge as superseded, a registration between its codes as given up. Says whether something
/// was open.
fn end_open(record: &mut Record) -> bool {
    let is_asked = record.challenge.as_ref().is_some_and(|issued| issued.end.is_none());
    if is_asked {
        end_challenge(record);
    }
    let is_questioned = end_question(&mut record.credential, ChallengeEnd::Superseded);
    let is_registering = matches!(record.state, StoredState::FirstCode(_) | StoredState::SecondCode(_));
    if is_registering {
        record.state = StoredState::Reset;
    }
    is_asked || is_questioned || is_registering
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
