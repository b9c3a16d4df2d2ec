//! The whole life of an activation, explored in every order: registration, challenges, suspension, revocation; processes that
//! die before or after the swap, answers that are lost, requests that are repeated, clocks that differ.
//!
//! What decides is the real [`settle`]. What is modelled is the store, the processes, and what the callers were told. There are
//! two controls that must break the promises: a store without the swap, and a wrong device code that is counted outside of
//! [`settle`], after its answer.
//!
//! A request is named by its place in [`Life::requests`]; the name is its attempt ID. It may be sent any number of times, at any
//! of [`Life::clocks`], so a lost answer and a repeated request need no state of their own. Two names are enough for any number
//! of different attempts: an attempt is only ever compared with the last one.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use camtoken::Timestamp;
use camtoken::transaction::{Operation, Transaction};
use camtoken_core::verifier::decision::{
    self, ChallengeIssue, ChallengeResponse, ClockSetBack, Comparison, Confirmation, DeviceCodeAnswer,
    GeneratorPassword, NewActivation, Reset, Restoration, Resumption, Revocation, SettledQuery, StateRefusal,
    Suspension, Undecided, Withdrawal, settle,
};
use camtoken_core::verifier::origin::Validity;
use camtoken_core::verifier::record::{ChallengeEnd, Credential, Record, StoredState};
use stateright::{Checker, HasDiscoveries, Model, Property};

use super::*;

/// One activation and everything that may happen to it.
struct Life {
    policy: Policy,
    start: Record,
    requests: Vec<Request>,
    /// The times at which a request may come, in seconds after [`NOW`]: clocks of several machines.
    clocks: Vec<u64>,
    /// How many processes work at the same time.
    processes: usize,
    /// How many challenges are issued.
    challenges: u8,
    control: Control,
}

/// What is left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Nothing,
    /// The store replaces a record whatever its revision.
    Swap,
    /// A wrong device code is counted outside of the decision, after its answer.
    Counting,
}

/// A request. Those that are compared have a name of their own: the same again is a repeated attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    /// A device code with this number.
    DeviceCode {
        nonce: u8,
        right: bool,
    },
    Confirm {
        right: bool,
    },
    Issue,
    /// A response to the challenge of this number.
    Respond {
        challenge: u8,
        right: bool,
    },
    /// A time-based password: of this time step, or of none.
    Password {
        step: Option<u8>,
    },
    Withdraw {
        challenge: u8,
    },
    Ask {
        challenge: u8,
    },
    Suspend,
    Resume,
    Reset,
    Revoke,
    Restore,
    SetClockBack,
}

/// What can be told apart of a world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    record: Stored,
    issued: u8,
    /// In order, because it does not matter which process is which.
    processes: Vec<Process>,
    seen: Seen,
}

/// A process at work on a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Process {
    /// It has loaded the record and decided.
    Decided { request: usize, decided: Decided },
    /// Another process has replaced the record since: what it has decided will not be stored.
    Overtaken,
    /// Only with [`Control::Counting`]: the answer is told, and the count is not yet stored.
    Counting,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Decided {
    record: Stored,
    at: u64,
    answer: Answer,
    event: Option<AuditEvent>,
    write: bool,
    /// What was answered: the first code, the second, or a challenge, by its place in [`Seen::told_wrong`].
    question: Option<usize>,
}

/// What the callers know, and what was stored, written down beside the record. The promises are about this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Seen {
    /// How many different wrong answers were told as wrong: to the first code, the second, and each of two challenges.
    told_wrong: [u8; 4],
    /// Which request was told that it is accepted: for the confirmation, and each of two challenges or time steps.
    told_accepted: [Option<usize>; 3],
    /// The number of the device code that was given a second code.
    second_code_for: Option<u8>,
    /// A response was accepted.
    has_signed: bool,
    /// The last attempt that was decided, its answer, and when.
    last: Option<(usize, Answer, u64)>,
    /// The promises that were broken.
    broken: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Answer {
    Done,
    Unchanged,
    SecondCode(u8),
    Issued,
    Accepted { first: bool },
    Wrong { tries_left: u8, suspended: bool },
    Refused,
    ClockBehind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Turn {
    /// A process takes a request, loads the record and decides, by this clock.
    Begin { request: usize, clock: u64 },
    /// It replaces the record, and its answer arrives.
    Store(usize),
    /// It replaces the record, and dies or its answer is lost.
    StoreAndLose(usize),
    /// It dies before it replaces the record, or gives up after a conflict.
    Die(usize),
    /// Only the control [`Control::Counting`].
    Count(usize),
}

/// A record is the same when everything that it says is.
#[derive(Debug, Clone)]
struct Stored(Arc<(Record, Vec<u8>)>);

const ONCE: &str = "a challenge or confirmation is accepted in one attempt";
const LIMIT: &str = "the wrong answers that are told stay within the limit";
const ONE_CODE: &str = "a second code is given for one device code";
const IN_A_ROW: &str = "what is active has had fewer wrong answers in a row than the limit";
const KEPT: &str = "an acceptance that was told is never lost";
const FINAL: &str = "what is revoked stays revoked";
const UNSIGNED: &str = "only what has never signed is reset";
const ACTIVE: &str = "nothing is issued or accepted unless the activation is active";
const AGAIN: &str = "a repeated attempt gets the same answer";
const AUDIT: &str = "each change of state has its audit event, and each event its change";
const TIME: &str = "the latest time that was seen never goes back";
const WRITTEN: &str = "a yes rests on a write";
const PROMISES: [&str; 12] =
    [ONCE, ONE_CODE, LIMIT, IN_A_ROW, KEPT, FINAL, UNSIGNED, ACTIVE, AGAIN, AUDIT, TIME, WRITTEN];

/// What a run has to reach, so that the promises say something.
const CONFIRMED: &str = "it is confirmed";
const ACCEPTED: &str = "a response is accepted";
const CODE_LIMIT: &str = "the limit of a code is reached";
const CHALLENGE_LIMIT: &str = "the limit of a challenge is reached";
const SUSPENDED: &str = "it is suspended";
const RESET: &str = "it is reset";
const REVOKED: &str = "it is revoked";
const OVERTAKEN: &str = "a process is overtaken";
const REPEATED: &str = "an acceptance is repeated";

impl Model for Life {
    type State = World;
    type Action = Turn;

    fn init_states(&self) -> Vec<World> {
        let record = Stored::new(self.start.clone());
        vec![World { record, issued: 0, processes: Vec::new(), seen: Seen::default() }]
    }

    fn actions(&self, world: &World, turns: &mut Vec<Turn>) {
        if world.processes.len() < self.processes {
            for request in 0..self.requests.len() {
                turns.extend(self.clocks.iter().map(|clock| Turn::Begin { request, clock: *clock }));
            }
        }
        for (place, process) in world.processes.iter().enumerate() {
            turns.push(Turn::Die(place));
            match process {
                Process::Decided { .. } => turns.extend([Turn::Store(place), Turn::StoreAndLose(place)]),
                Process::Overtaken => {}
                Process::Counting => turns.push(Turn::Count(place)),
            }
        }
    }

    fn next_state(&self, world: &World, turn: Turn) -> Option<World> {
        let mut next = world.clone();
        match turn {
            Turn::Begin { request, clock } => {
                let decided = self.decide(request, world, NOW.plus(Duration::from_secs(clock)))?;
                if !decided.write {
                    // It is told at once: nothing that happens meanwhile changes its answer.
                    next.seen.check_answer(self, request, &decided);
                    return (next.seen.broken != world.seen.broken).then_some(next);
                }
                next.processes.push(Process::Decided { request, decided });
            }
            Turn::Store(place) | Turn::StoreAndLose(place) => {
                let Process::Decided { request, decided } = next.processes.remove(place) else { return None };
                let is_told = turn == Turn::Store(place);
                if is_told {
                    next.seen.tell(self, request, &decided);
                }
                next.seen.check_answer(self, request, &decided);
                next.seen.note_decided(self, request, &decided);
                if self.control == Control::Counting && decided.event == Some(AuditEvent::DeviceCodeWrong) {
                    next.processes.push(Process::Counting);
                } else {
                    next.seen.check_change(&world.record, &decided);
                    next.issued += u8::from(decided.event == Some(AuditEvent::Issued));
                    next.replace(self, decided.record);
                }
            }
            Turn::Die(place) => drop(next.processes.remove(place)),
            Turn::Count(place) => {
                next.processes.remove(place);
                next.replace(self, world.record.counted(self.policy.max_attempts));
            }
        }
        next.processes.sort_by_cached_key(Process::key);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ONCE, |_, world: &World| world.holds(ONCE)),
            Property::always(ONE_CODE, |_, world: &World| world.holds(ONE_CODE)),
            Property::always(LIMIT, |model: &Self, world: &World| {
                world.seen.told_wrong.iter().all(|wrong| *wrong <= model.policy.max_attempts)
            }),
            Property::always(IN_A_ROW, |model: &Self, world: &World| {
                *world.record.state() != StoredState::Active
                    || world.record.record().failures < model.policy.max_failures
            }),
            Property::always(KEPT, |_, world: &World| {
                let told = |number: u8| world.seen.told_accepted[usize::from(number)].is_some();
                (1..=2).all(|number| !told(number) || world.record.has_accepted(number))
            }),
            Property::always(FINAL, |_, world: &World| world.holds(FINAL)),
            Property::always(UNSIGNED, |_, world: &World| world.holds(UNSIGNED)),
            Property::always(ACTIVE, |_, world: &World| world.holds(ACTIVE)),
            Property::always(AGAIN, |_, world: &World| world.holds(AGAIN)),
            Property::always(AUDIT, |_, world: &World| world.holds(AUDIT)),
            Property::always(TIME, |_, world: &World| world.holds(TIME)),
            Property::always(WRITTEN, |_, world: &World| world.holds(WRITTEN)),
            Property::sometimes(CONFIRMED, |_, world: &World| world.seen.told_accepted[0].is_some()),
            Property::sometimes(ACCEPTED, |_, world: &World| world.seen.told_accepted[1].is_some()),
            Property::sometimes(CODE_LIMIT, |model: &Self, world: &World| {
                world.seen.told_wrong[..2].contains(&model.policy.max_attempts)
            }),
            Property::sometimes(CHALLENGE_LIMIT, |model: &Self, world: &World| {
                world.seen.told_wrong[2..].contains(&model.policy.max_attempts)
            }),
            Property::sometimes(SUSPENDED, |_, world: &World| *world.record.state() == StoredState::Suspended),
            Property::sometimes(RESET, |_, world: &World| *world.record.state() == StoredState::Reset),
            Property::sometimes(REVOKED, |_, world: &World| *world.record.state() == StoredState::Revoked),
            Property::sometimes(OVERTAKEN, |_, world: &World| world.processes.contains(&Process::Overtaken)),
            Property::sometimes(REPEATED, |_, world: &World| {
                let repeated = Answer::Accepted { first: false };
                let is_repeated = |process: &Process| matches!(process, Process::Decided { decided, .. } if decided.answer == repeated);
                world.processes.iter().any(is_repeated)
            }),
        ]
    }
}

impl Life {
    /// What the real decision says of a request, by the record as it is now. `None` if the request cannot be sent.
    fn decide(&self, request: usize, world: &World, now: Timestamp) -> Option<Decided> {
        let activation = ActivationId::from_bytes([1; 6]);
        let named = |number: u8| ChallengeRef { activation, id: challenge_id(number) };
        let compared = |right| Comparison::Made { tag: [u8::try_from(request).expect("few"); 16], matches: right };
        match self.requests[request] {
            Request::DeviceCode { nonce, right } => {
                let event = DeviceCodeAnswer {
                    activation,
                    nonce: format!("{nonce:06}").parse().expect("six digits"),
                    comparison: compared(right),
                    second: challenge_id(100 + nonce),
                    transaction: introduction(Operation::Activation2),
                };
                self.settled(world, request, &event, now, |answer| match answer {
                    Step::Done(made) => Answer::SecondCode(made.challenge.id.as_bytes()[0]),
                    Step::Rejected(rejection) => Answer::of(rejection),
                })
            }
            Request::Confirm { right } => {
                self.settled(world, request, &Confirmation { activation, comparison: compared(right) }, now, |answer| {
                    match answer {
                        Step::Done(()) => Answer::Done,
                        Step::Rejected(rejection) => Answer::of(rejection),
                    }
                })
            }
            Request::Issue if world.issued == self.challenges => None,
            Request::Issue => {
                let lifetime = self.policy.lifetime;
                let challenge = named(world.issued + 1);
                let event = ChallengeIssue { challenge, transaction: transfer("1"), lifetime, request: None };
                self.settled(world, request, &event, now, |answer| match answer {
                    Step::Done(_) => Answer::Issued,
                    Step::Rejected(_) => Answer::Refused,
                })
            }
            Request::Respond { challenge, right } => {
                let event = ChallengeResponse { challenge: named(challenge), comparison: compared(right) };
                self.settled(world, request, &event, now, verdict)
            }
            Request::Password { step } => {
                let tag = [u8::try_from(request).expect("few"); 16];
                let comparison = Comparison::Made { tag, matches: step.map(u64::from) };
                self.settled(world, request, &GeneratorPassword { comparison }, now, verdict)
            }
            Request::Ask { challenge } => {
                self.settled(world, request, &SettledQuery { challenge: named(challenge) }, now, verdict)
            }
            Request::Withdraw { challenge } => {
                self.settled(world, request, &Withdrawal { challenge: named(challenge) }, now, changed)
            }
            Request::Suspend => self.settled(world, request, &Suspension, now, state_change),
            Request::Resume => self.settled(world, request, &Resumption, now, state_change),
            Request::Reset => self.settled(world, request, &Reset, now, state_change),
            Request::Revoke => self.settled(world, request, &Revocation, now, state_change),
            Request::Restore => self.settled(world, request, &Restoration, now, changed),
            Request::SetClockBack => {
                self.settled(world, request, &ClockSetBack, now, |set_back| changed(set_back.is_some()))
            }
        }
    }

    fn settled<E: decision::Event>(
        &self,
        world: &World,
        request: usize,
        event: &E,
        now: Timestamp,
        answer: impl FnOnce(E::Answer) -> Answer,
    ) -> Option<Decided> {
        let record = world.record.record().clone();
        let question = match (self.requests[request], &record.state) {
            (Request::DeviceCode { .. } | Request::Confirm { .. }, StoredState::FirstCode(_)) => Some(0),
            (Request::DeviceCode { .. } | Request::Confirm { .. }, StoredState::SecondCode(_)) => Some(1),
            (Request::Respond { challenge, .. }, _) => Some(usize::from(challenge) + 1),
            (Request::Password { step: Some(step) }, _) => Some(usize::from(step) + 1),
            _ => None,
        };
        Some(match settle(&self.policy, record, event, now) {
            Ok(settlement) => Decided {
                at: settlement.record.latest_time.since(NOW).as_secs(),
                event: settlement.audit.map(|note| note.event),
                record: Stored::new(settlement.record),
                write: settlement.write,
                answer: answer(settlement.answer),
                question,
            },
            Err(Undecided::ClockBehind { .. }) => Decided {
                at: now.since(NOW).as_secs(),
                event: None,
                record: world.record.clone(),
                write: false,
                answer: Answer::ClockBehind,
                question,
            },
            Err(Undecided::Record(error)) => panic!("{error}"),
        })
    }
}

impl World {
    fn holds(&self, promise: &'static str) -> bool {
        !self.seen.broken.contains(&promise)
    }

    fn replace(&mut self, life: &Life, record: Stored) {
        self.record = record;
        if life.control != Control::Swap {
            for other in &mut self.processes {
                if let Process::Decided { .. } = other {
                    *other = Process::Overtaken;
                }
            }
        }
    }
}

impl Process {
    /// Which process is which does not matter, so they stand in an order.
    fn key(&self) -> Option<(usize, Vec<u8>)> {
        match self {
            Self::Decided { request, decided } => Some((*request, decided.record.0.1.clone())),
            Self::Overtaken | Self::Counting => None,
        }
    }
}

impl Seen {
    fn breaks(&mut self, promise: &'static str) {
        if !self.broken.contains(&promise) {
            self.broken.push(promise);
            self.broken.sort_unstable();
        }
    }

    /// What is promised of each answer.
    fn check_answer(&mut self, life: &Life, request: usize, decided: &Decided) {
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

    /// What is promised of each change of the record as it was.
    fn check_change(&mut self, old: &Stored, decided: &Decided) {
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

    fn note_decided(&mut self, life: &Life, request: usize, decided: &Decided) {
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
    fn tell(&mut self, life: &Life, request: usize, decided: &Decided) {
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

    fn tell_accepted(&mut self, place: usize, request: usize) {
        if *self.told_accepted[place].get_or_insert(request) != request {
            self.breaks(ONCE);
        }
    }
}

impl Answer {
    fn of(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Wrong { tries_left, suspended } => Self::Wrong { tries_left, suspended },
            _ => Self::Refused,
        }
    }
}

fn verdict(verdict: Verdict) -> Answer {
    match verdict {
        Verdict::Accepted(accepted) => Answer::Accepted { first: accepted.first() },
        Verdict::Rejected(rejection) => Answer::of(rejection),
    }
}

fn state_change(step: Step<(), StateRefusal>) -> Answer {
    match step {
        Step::Done(()) => Answer::Done,
        Step::Rejected(_) => Answer::Refused,
    }
}

fn changed(is_changed: bool) -> Answer {
    if is_changed { Answer::Done } else { Answer::Unchanged }
}

/// Whether an audit event tells of this change, and of all of it.
fn fits(old: &Record, new: &Record, event: Option<AuditEvent>) -> bool {
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

impl Stored {
    fn new(record: Record) -> Self {
        let bytes = minicbor::to_vec(&record).expect("a record has bytes");
        Self(Arc::new((record, bytes)))
    }

    fn record(&self) -> &Record {
        &self.0.0
    }

    fn state(&self) -> &StoredState {
        &self.record().state
    }

    /// Whether it says that the challenge or the time step of this number was accepted.
    fn has_accepted(&self, number: u8) -> bool {
        let (record, id) = (self.record(), challenge_id(number));
        if let Credential::TimeBased { last_step, .. } = record.credential {
            return last_step >= Some(u64::from(number));
        }
        let last = record.challenge.as_ref().filter(|issued| issued.id == id).and_then(|issued| issued.end);
        let past = || record.past.iter().find(|past| past.id == id).map(|past| past.end);
        last.or_else(past) == Some(ChallengeEnd::Accepted)
    }

    /// The same with one more wrong answer, by whoever believes that counting is a matter of adding one.
    fn counted(&self, max_attempts: u8) -> Self {
        let mut record = self.record().clone();
        if let StoredState::FirstCode(awaited) | StoredState::SecondCode(awaited) = &mut record.state {
            awaited.wrong_answers += 1;
            if awaited.wrong_answers >= max_attempts {
                record.state = StoredState::Reset;
            }
        }
        Self::new(record)
    }
}

impl PartialEq for Stored {
    fn eq(&self, other: &Self) -> bool {
        self.0.1 == other.0.1
    }
}

impl Eq for Stored {}

impl Hash for Stored {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.1.hash(state);
    }
}

fn challenge_id(number: u8) -> ChallengeId {
    ChallengeId::from_bytes([number; 12])
}

fn introduction(operation: Operation) -> Transaction {
    Transaction::new(operation, [("bank", "Bank"), ("contract", "1"), ("user", "1")]).expect("a registration")
}

/// Short limits, so that they are reached soon.
fn policy() -> Policy {
    let lifetime = Duration::from_secs(100);
    Policy {
        max_attempts: 2,
        max_failures: 3,
        lifetime,
        first_code_lifetime: lifetime,
        second_code_lifetime: lifetime,
        ..test_policy()
    }
}

/// The record of an activation whose first code was made.
fn enrolled() -> Record {
    let new = NewActivation {
        activation: ActivationId::from_bytes([1; 6]),
        subscriber: subscriber(),
        token: token_id(),
        test: true,
        validity: Validity::default(),
        key: vec![1; 64],
        first: challenge_id(99),
        transaction: introduction(Operation::Activation1),
    };
    decision::enroll(&policy(), new, NOW).record
}

/// The record of an activation that was just confirmed.
fn confirmed() -> Record {
    let mut record = enrolled();
    record.state = StoredState::Active;
    record
}

const WHOLE_LIFE: &[Request] = &[
    Request::DeviceCode { nonce: 1, right: true },
    Request::DeviceCode { nonce: 1, right: false },
    Request::DeviceCode { nonce: 2, right: false },
    Request::Confirm { right: true },
    Request::Confirm { right: false },
    Request::Issue,
    Request::Respond { challenge: 1, right: true },
    Request::Respond { challenge: 1, right: false },
    Request::Respond { challenge: 1, right: false },
    Request::Suspend,
    Request::Resume,
    Request::Reset,
    Request::Revoke,
    Request::Restore,
    Request::SetClockBack,
];

const REGISTRATION: &[Request] = &[
    Request::DeviceCode { nonce: 1, right: true },
    Request::DeviceCode { nonce: 1, right: true },
    Request::DeviceCode { nonce: 2, right: true },
    Request::DeviceCode { nonce: 1, right: false },
    Request::DeviceCode { nonce: 2, right: false },
    Request::Confirm { right: true },
    Request::Confirm { right: true },
    Request::Confirm { right: false },
    Request::Confirm { right: false },
    Request::Suspend,
    Request::Reset,
    Request::Revoke,
    Request::Restore,
    Request::SetClockBack,
];

const SIGNING: &[Request] = &[
    Request::Issue,
    Request::Respond { challenge: 1, right: true },
    Request::Respond { challenge: 1, right: true },
    Request::Respond { challenge: 1, right: false },
    Request::Respond { challenge: 1, right: false },
    Request::Respond { challenge: 2, right: true },
    Request::Respond { challenge: 2, right: false },
    Request::Ask { challenge: 1 },
    Request::Withdraw { challenge: 1 },
    Request::Suspend,
    Request::Resume,
    Request::Reset,
    Request::Revoke,
    Request::Restore,
    Request::SetClockBack,
];

const PASSWORDS: &[Request] = &[
    Request::Password { step: Some(1) },
    Request::Password { step: Some(1) },
    Request::Password { step: Some(2) },
    Request::Password { step: None },
    Request::Password { step: None },
    Request::Suspend,
    Request::Resume,
    Request::Revoke,
    Request::Restore,
    Request::SetClockBack,
];

impl Life {
    fn new(start: Record, requests: &[Request], clocks: &[u64]) -> Self {
        Self {
            policy: policy(),
            start,
            requests: requests.to_vec(),
            clocks: clocks.to_vec(),
            processes: 2,
            challenges: 2,
            control: Control::Nothing,
        }
    }
}

/// Explores everything: no promise may be broken, and each of `goals` must be reached.
fn explore(life: Life, goals: &[&'static str]) {
    let checker = life.checker().threads(2).spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    for promise in PROMISES {
        checker.assert_no_discovery(promise);
    }
    for goal in goals {
        checker.assert_any_discovery(goal);
    }
}

#[test]
fn no_order_of_events_breaks_a_promise_in_a_whole_life() {
    let goals = [CONFIRMED, ACCEPTED, CODE_LIMIT, CHALLENGE_LIMIT, SUSPENDED, RESET, REVOKED, OVERTAKEN, REPEATED];
    explore(Life { challenges: 1, ..Life::new(enrolled(), WHOLE_LIFE, &[0, 150]) }, &goals);
}

#[test]
fn no_order_of_events_breaks_a_promise_in_a_registration() {
    let goals = [CONFIRMED, CODE_LIMIT, RESET, REVOKED, OVERTAKEN];
    // Within the tolerance of the clocks, after every code has expired, and after no attempt is repeated any more.
    explore(Life::new(enrolled(), REGISTRATION, &[0, 3, 150]), &goals);
    explore(Life::new(enrolled(), REGISTRATION, &[0, 50, 700]), &goals);
}

#[test]
fn no_order_of_events_breaks_a_promise_while_it_signs() {
    let goals = [ACCEPTED, CHALLENGE_LIMIT, SUSPENDED, RESET, REVOKED, OVERTAKEN, REPEATED];
    explore(Life::new(confirmed(), SIGNING, &[0, 150]), &goals);
    explore(Life::new(confirmed(), SIGNING, &[3, 700]), &goals);
}

#[test]
fn no_order_of_events_breaks_a_promise_of_time_based_passwords() {
    let start = decision::enroll_time_based(subscriber(), vec![1; 64], NOW).record;
    explore(Life::new(start, PASSWORDS, &[0, 3, 700]), &[ACCEPTED, SUSPENDED, REVOKED, OVERTAKEN, REPEATED]);
}

/// Three processes at the same time, and fewer requests.
#[test]
fn no_order_of_events_breaks_a_promise_of_three_processes() {
    let requests = [WHOLE_LIFE[0], WHOLE_LIFE[1], WHOLE_LIFE[2], WHOLE_LIFE[3], WHOLE_LIFE[12]];
    let goals = [CONFIRMED, CODE_LIMIT, RESET, REVOKED, OVERTAKEN];
    explore(Life { processes: 3, ..Life::new(enrolled(), &requests, &[0, 150]) }, &goals);
    let requests = [SIGNING[0], SIGNING[1], SIGNING[2], SIGNING[3], SIGNING[4], SIGNING[9], SIGNING[10]];
    let goals = [ACCEPTED, CHALLENGE_LIMIT, SUSPENDED, OVERTAKEN, REPEATED];
    explore(Life { processes: 3, challenges: 1, ..Life::new(confirmed(), &requests, &[0, 150]) }, &goals);
}

/// A control has to break this promise.
fn breaks(life: Life, promise: &'static str) {
    let enough = HasDiscoveries::AllOf([promise].into());
    let checker = life.checker().threads(2).finish_when(enough).spawn_bfs().join();
    checker.assert_any_discovery(promise);
}

#[test]
fn without_the_swap_every_promise_is_broken() {
    let without = |start, requests: &[Request]| Life { control: Control::Swap, ..Life::new(start, requests, &[0]) };
    let registration = |requests: &[Request]| without(enrolled(), requests);
    let signing = |requests: &[Request]| without(confirmed(), &[&[Request::Issue], requests].concat());
    let (right, wrong) =
        (Request::Respond { challenge: 1, right: true }, Request::Respond { challenge: 1, right: false });

    breaks(signing(&[right, right]), ONCE);
    breaks(registration(&[REGISTRATION[0], Request::Confirm { right: true }, Request::Confirm { right: true }]), ONCE);
    breaks(registration(&[REGISTRATION[0], REGISTRATION[2]]), ONE_CODE);
    breaks(signing(&[wrong, wrong]), LIMIT);
    breaks(registration(&[REGISTRATION[3], REGISTRATION[4]]), LIMIT);
    breaks(signing(&[right, wrong]), KEPT);
    breaks(signing(&[Request::Revoke, Request::Suspend]), FINAL);
    breaks(signing(&[right, Request::Reset]), UNSIGNED);
    breaks(signing(&[right, Request::Suspend]), ACTIVE);
    breaks(signing(&[right, Request::Revoke]), ACTIVE);
    breaks(signing(&[right, wrong]), AGAIN);
    breaks(signing(&[right, wrong]), AUDIT);
    breaks(Life { clocks: vec![0, 150], ..signing(&[right]) }, TIME);
}

/// It was decided outside once: the answer first, then one more on the count.
#[test]
fn a_wrong_device_code_that_is_counted_outside_of_the_decision_breaks_the_limit() {
    let requests = &[REGISTRATION[3], REGISTRATION[4]];
    let life = || Life { control: Control::Counting, ..Life::new(enrolled(), requests, &[0]) };
    breaks(life(), LIMIT);
    breaks(life(), AGAIN);
}
