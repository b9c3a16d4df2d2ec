//! The promises, and the check that none is broken.

use super::*;

impl Seen {
    pub(super) fn breaks(&mut self, promise: &'static str) {
        if !self.broken.contains(&promise) {
            self.broken.push(promise);
            self.broken.sort_unstable();
        }
    }

    /// The promises about each answer.
    pub(super) fn check_answer(&mut self, life: &Life, request: usize, decided: &Decided) {
        let is_no = matches!(decided.answer, Answer::Unchanged | Answer::Refused | Answer::ClockBehind);
        if !is_no && !decided.write {
            self.breaks(WRITTEN);
        }
        let Some((last, answer, at)) = self.last else { return };
        let is_repeated = last == request && decided.at.saturating_sub(at) < Policy::MAX_LIFETIME.as_secs();
        // A device code that was right is refused like any other once the first code has expired.
        let is_expired =
            matches!(answer, Answer::SecondCode(_)) && decided.at >= life.policy.first_code_lifetime.as_secs();
        if !is_repeated || is_expired || decided.answer == Answer::ClockBehind {
            return;
        }
        let expected = match answer {
            Answer::Accepted { .. } => Answer::Accepted { first: false },
            answer => answer,
        };
        if decided.answer != expected || decided.event.is_some() {
            self.breaks(AGAIN);
        }
    }

    /// The promises about each change of a record.
    pub(super) fn check_change(&mut self, old: &Stored, decided: &Decided) {
        let (old, new) = (old.record(), decided.record.record());
        if old.state == StoredState::Revoked && new.state != StoredState::Revoked {
            self.breaks(FINAL);
        }
        if new.state == StoredState::Reset && old.state != StoredState::Reset && self.has_signed {
            self.breaks(UNSIGNED);
        }
        if matches!(decided.event, Some(AuditEvent::Issued | AuditEvent::Accepted)) && old.state != StoredState::Active
        {
            self.breaks(ACTIVE);
        }
        if new.latest_time < old.latest_time && decided.event != Some(AuditEvent::ClockSetBack) {
            self.breaks(TIME);
        }
        if !fits(old, new, decided.event) {
            self.breaks(AUDIT);
        }
    }

    pub(super) fn note_decided(&mut self, life: &Life, request: usize, decided: &Decided) {
        self.has_signed |= decided.event == Some(AuditEvent::Accepted);
        match decided.event {
            Some(
                AuditEvent::DeviceCodeWrong
                | AuditEvent::SecondCode
                | AuditEvent::ConfirmationWrong
                | AuditEvent::Activated
                | AuditEvent::Wrong
                | AuditEvent::Suspended
                | AuditEvent::Accepted,
            ) => self.last = Some((request, decided.answer, decided.at)),
            // A new challenge forgets the attempt.
            Some(AuditEvent::Issued) => self.last = None,
            // So does what ends one, unless that was accepted.
            Some(
                AuditEvent::Withdrawn
                | AuditEvent::Resumed
                | AuditEvent::Reset
                | AuditEvent::Revoked
                | AuditEvent::Restored
                | AuditEvent::ClockSetBack,
            ) => {
                let answers_challenge = |request: usize| matches!(life.requests[request], Request::Respond { .. });
                self.last = self.last.filter(|(request, answer, _)| {
                    answers_challenge(*request) && matches!(answer, Answer::Accepted { .. })
                });
                if let Some((_, _, at)) = self.last.as_mut().filter(|_| decided.event == Some(AuditEvent::ClockSetBack))
                {
                    *at = decided.at.min(*at);
                }
            }
            _ => {}
        }
    }

    /// An answer arrives.
    pub(super) fn tell(&mut self, life: &Life, request: usize, decided: &Decided) {
        if let (Answer::SecondCode(_), Request::DeviceCode { nonce, .. }) = (decided.answer, life.requests[request])
            && *self.second_code_for.get_or_insert(nonce) != nonce
        {
            self.breaks(ONE_CODE);
        }
        match (decided.answer, decided.question) {
            // A repeated answer says nothing new.
            (Answer::Wrong { .. }, Some(question)) if decided.event.is_some() => {
                self.told_wrong[question] = (self.told_wrong[question] + 1).min(life.policy.max_attempts + 1);
            }
            (Answer::Accepted { .. }, Some(question)) => self.tell_accepted(question - 1, request),
            (Answer::Done, _) if matches!(life.requests[request], Request::Confirm { .. }) => {
                self.tell_accepted(0, request)
            }
            _ => {}
        }
    }

    pub(super) fn tell_accepted(&mut self, place: usize, request: usize) {
        if *self.told_accepted[place].get_or_insert(request) != request {
            self.breaks(ONCE);
        }
    }
}

impl Answer {
    pub(super) fn of(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Wrong { tries_left, suspended } => Self::Wrong { tries_left, suspended },
            _ => Self::Refused,
        }
    }
}

pub(super) fn verdict(verdict: Verdict) -> Answer {
    match verdict {
        Verdict::Accepted(accepted) => Answer::Accepted { first: accepted.first() },
        Verdict::Rejected(rejection) => Answer::of(rejection),
    }
}

pub(super) fn state_change(step: Step<(), StateRefusal>) -> Answer {
    match step {
        Step::Done(()) => Answer::Done,
        Step::Rejected(_) => Answer::Refused,
    }
}

pub(super) fn changed(is_changed: bool) -> Answer {
    if is_changed { Answer::Done } else { Answer::Unchanged }
}

/// Whether an audit event describes this change, and all of it.
pub(super) fn fits(old: &Record, new: &Record, event: Option<AuditEvent>) -> bool {
    let (was, is) = (&old.state, &new.state);
    let ending = |record: &Record| record.challenge.as_ref().and_then(|issued| issued.end);
    let is_time_based = matches!(old.credential, Credential::TimeBased { .. });
    let is_open = |record: &Record| record.challenge.is_some() && ending(record).is_none();
    let may_be_answered = is_open(old) || is_time_based;
    let counted = new.failures == old.failures + 1;
    let is_same = was == is;
    let Some(event) = event else { return *new == Record { latest_time: new.latest_time, ..old.clone() } };
    match event {
        AuditEvent::SecondCode => matches!((was, is), (StoredState::FirstCode(_), StoredState::SecondCode(_))),
        AuditEvent::Activated => matches!((was, is), (StoredState::SecondCode(_), StoredState::Active)),
        AuditEvent::DeviceCodeWrong => match (was, is) {
            (StoredState::FirstCode(was), StoredState::FirstCode(is))
            | (StoredState::SecondCode(was), StoredState::SecondCode(is)) => is.wrong_answers == was.wrong_answers + 1,
            (StoredState::FirstCode(_) | StoredState::SecondCode(_), StoredState::Reset) => true,
            _ => false,
        },
        AuditEvent::ConfirmationWrong => match (was, is) {
            (StoredState::SecondCode(was), StoredState::SecondCode(is)) => is.wrong_answers == was.wrong_answers + 1,
            (StoredState::SecondCode(_), StoredState::Reset) => true,
            _ => false,
        },
        AuditEvent::Issued => is_same && *is == StoredState::Active && is_open(new),
        AuditEvent::Accepted => {
            let is_marked =
                ending(new) == Some(ChallengeEnd::Accepted) || is_time_based && old.credential != new.credential;
            is_same && may_be_answered && is_marked && new.failures == 0
        }
        AuditEvent::Wrong => is_same && may_be_answered && counted,
        AuditEvent::Suspended => {
            *was == StoredState::Active && *is == StoredState::Suspended && may_be_answered && counted
        }
        AuditEvent::Expired => is_same && is_open(old) && ending(new) == Some(ChallengeEnd::Expired),
        AuditEvent::Withdrawn => is_same && is_open(old) && new.challenge.is_none(),
        AuditEvent::SuspendedByBank => *was == StoredState::Active && *is == StoredState::Suspended,
        AuditEvent::Resumed => {
            *was == StoredState::Suspended && *is == StoredState::Active && !is_open(new) && new.failures == 0
        }
        AuditEvent::Reset => *is == StoredState::Reset && !is_open(new),
        AuditEvent::Revoked => *was != StoredState::Revoked && *is == StoredState::Revoked && !is_open(new),
        AuditEvent::Restored => match was {
            StoredState::FirstCode(_) | StoredState::SecondCode(_) => *is == StoredState::Reset,
            _ => is_same && new.challenge.is_none() && (is_open(old) || old.credential != new.credential),
        },
        AuditEvent::ClockSetBack => {
            let is_ended = match was {
                StoredState::FirstCode(_) | StoredState::SecondCode(_) => *is == StoredState::Reset,
                _ => is_same,
            };
            is_ended && !is_open(new) && new.latest_time < old.latest_time && old.credential == new.credential
        }
        other => panic!("{other:?} is not about an activation"),
    }
}
