//! The whole life of an activation, explored in every order: registration, challenges, suspension, revocation; processes that
//! die before or after the swap, answers that are lost, requests that are repeated, clocks that differ.
//!
//! The real [`settle`] decides. The model has the store, the processes, and the answers that callers got. There are
//! two controls that must break the promises: a store without the swap, and a wrong device code that is counted outside of
//! [`settle`], after its answer.
//!
//! A request is named by its place in [`Life::requests`]; the name is its attempt ID. It may be sent any number of times, at any
//! of [`Life::clocks`], so a lost answer and a repeated request need no state of their own. Two names are enough for any number
//! of different attempts: an attempt is only ever compared with the last one.

#[path = "model/lives.rs"]
mod lives;
#[path = "model/promises.rs"]
mod promises;
#[path = "model/world.rs"]
mod world;

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use camtoken_core::challenge::{ChallengeId, ChallengeRef};
use camtoken_core::key::ActivationId;
use camtoken_core::time::Timestamp;
use camtoken_core::transaction::{Operation, Transaction};
use camtoken_core::verifier::audit::AuditEvent;
use camtoken_core::verifier::decision::{
    self, ChallengeIssue, ChallengeResponse, ClockSetBack, Comparison, Confirmation, DeviceCodeAnswer,
    GeneratorPassword, NewActivation, Reset, Restoration, Resumption, Revocation, SettledQuery, StateRefusal,
    Suspension, Undecided, Withdrawal, settle,
};
use camtoken_core::verifier::origin::Validity;
use camtoken_core::verifier::policy::Policy;
use camtoken_core::verifier::record::{ChallengeEnd, Credential, Record, StoredState};
use camtoken_core::verifier::subscriber::Subscriber;
use camtoken_core::verifier::verdict::{Rejection, Step, Verdict};
use stateright::{Checker, HasDiscoveries, Model, Property};

use promises::*;

/// The beginning of every life.
const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

fn limit_change() -> Transaction {
    let fields = [("limit", "transfer"), ("old", "1000000"), ("new", "5000000")];
    Transaction::new(Operation::LimitChange, fields).expect("a change of a limit")
}

fn subscriber() -> Subscriber {
    Subscriber { contract: "1234567890".into(), user: "TANAKA".into() }
}

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

/// The events that are left out on purpose.
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

/// The state of the model.
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
    /// Only with [`Control::Counting`]: the answer is given, and the count is not yet stored.
    Counting,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Decided {
    record: Stored,
    at: u64,
    answer: Answer,
    event: Option<AuditEvent>,
    write: bool,
    /// The question that was answered: the first code, the second, or a challenge, by its place in [`Seen::told_wrong`].
    question: Option<usize>,
}

/// The knowledge of the callers, and what was stored, kept beside the record. The promises are about this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Seen {
    /// How many different wrong answers were rejected as wrong: to the first code, the second, and each of two challenges.
    told_wrong: [u8; 4],
    /// Which request got "accepted": for the confirmation, and each of two challenges or time steps.
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

/// The states that a run has to reach, so that the promises are tested at all.
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
                    // The answer is given at once: no event meanwhile changes it.
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
    /// The real decision about a request, by the record as it is now. `None` if the request cannot be sent.
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
                let event = ChallengeIssue { challenge, transaction: limit_change(), lifetime, request: None };
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
        accept_test_keys: true,
        ..Policy::default()
    }
}

/// The record of an activation whose first code was made.
fn enrolled() -> Record {
    let new = NewActivation {
        activation: ActivationId::from_bytes([1; 6]),
        subscriber: subscriber(),
        token: "KKK0000001".parse().expect("a token ID"),
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
