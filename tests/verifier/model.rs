//! The protocol around one challenge, explored in every order: requests in several processes, processes that die before
//! or after the swap, answers that are lost, requests that are sent again, and the end of the challenge's time.
//!
//! What decides is the real [`settle`]; what is modelled is the store and who is cut off when. A control that reads and
//! then writes, without the swap, must break every promise.

use std::hash::{Hash, Hasher};

use camtoken::verifier::Record;
use camtoken::verifier::decision::{ChallengeResponse, Comparison, settle};
use camtoken::verifier::record::Ending;
use stateright::{Checker, Model, Property};

use super::*;

/// One of several requests about the same challenge; its place is its attempt ID.
#[derive(Debug, Clone, Copy)]
struct Request {
    right: bool,
}

struct Protocol {
    policy: Policy,
    record: Record,
    requests: Vec<Request>,
    /// How often a request is sent again.
    resent: u8,
    /// Whether the store replaces only what was seen; without is the control.
    swap: bool,
}

/// What can be told apart of a world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    record: Stored,
    revision: u64,
    over: bool,
    requests: Vec<Phase>,
    /// The request whose acceptance was stored first.
    winner: Option<usize>,
}

/// Where a request stands. `left` is how often it may still be sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Phase {
    Sent { left: u8 },
    Loaded { left: u8, revision: u64, record: Stored },
    Stored { left: u8, verdict: Told },
    Told(Told),
    GaveUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    Accepted { first: bool },
    Wrong,
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    /// A process loads the record.
    Load(usize),
    /// It settles and replaces; after a conflict it starts again.
    Replace(usize),
    /// The answer arrives.
    Tell(usize),
    /// The process dies, or its answer is lost; the request is sent again if it still may be.
    Lose(usize),
    /// The challenge's time ends.
    End,
}

/// A record is the same when everything that it says is.
#[derive(Debug, Clone, PartialEq)]
struct Stored(Box<Record>);

impl Eq for Stored {}

impl Hash for Stored {
    fn hash<H: Hasher>(&self, state: &mut H) {
        format!("{:?}", self.0).hash(state);
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let requests = vec![Phase::Sent { left: self.resent }; self.requests.len()];
        vec![World { record: Stored(Box::new(self.record.clone())), revision: 1, over: false, requests, winner: None }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        for (request, phase) in world.requests.iter().enumerate() {
            match phase {
                Phase::Sent { .. } => steps.push(Step::Load(request)),
                Phase::Loaded { .. } => steps.extend([Step::Replace(request), Step::Lose(request)]),
                Phase::Stored { .. } => steps.extend([Step::Tell(request), Step::Lose(request)]),
                Phase::Told(_) | Phase::GaveUp => {}
            }
        }
        if !world.over {
            steps.push(Step::End);
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        match step {
            Step::Load(request) => {
                let Phase::Sent { left } = world.requests[request] else { return None };
                let (revision, record) = (world.revision, world.record.clone());
                next.requests[request] = Phase::Loaded { left, revision, record };
            }
            Step::Replace(request) => {
                let Phase::Loaded { left, revision, record } = &world.requests[request] else { return None };
                if self.swap && *revision != world.revision {
                    next.requests[request] = Phase::Sent { left: *left };
                    return Some(next);
                }
                let (settled, verdict) = self.settle(request, record, world.over);
                if verdict != Told::Refused {
                    (next.record, next.revision) = (settled, revision + 1);
                }
                if matches!(verdict, Told::Accepted { .. }) && next.winner.is_none() {
                    next.winner = Some(request);
                }
                next.requests[request] = Phase::Stored { left: *left, verdict };
            }
            Step::Tell(request) => {
                let Phase::Stored { verdict, .. } = world.requests[request] else { return None };
                next.requests[request] = Phase::Told(verdict);
            }
            Step::Lose(request) => {
                let (Phase::Loaded { left, .. } | Phase::Stored { left, .. }) = &world.requests[request] else {
                    return None;
                };
                next.requests[request] = left.checked_sub(1).map_or(Phase::GaveUp, |left| Phase::Sent { left });
            }
            Step::End => next.over = true,
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("accepted at most once", |_, world: &World| world.accepted().count() <= 1),
            Property::always(
                "the wrong responses that are answered stay within the limit",
                |model: &Self, world: &World| {
                    world.told().filter(|(_, told)| *told == Told::Wrong).count() <= model.policy.max_attempts.into()
                },
            ),
            Property::always("what was told is never lost", |_, world: &World| {
                let ending = world.record.0.challenge.as_ref().and_then(|issued| issued.ending);
                world.accepted().next().is_none() || ending == Some(Ending::Accepted)
            }),
            Property::always("who has won is told so, however often it has to ask", |_, world: &World| {
                world
                    .told()
                    .all(|(request, told)| world.winner != Some(request) || matches!(told, Told::Accepted { .. }))
            }),
            Property::sometimes("a response is accepted", |_, world: &World| world.accepted().next().is_some()),
            Property::sometimes("a repeated request is told what was stored", |_, world: &World| {
                world.accepted().any(|told| told == Told::Accepted { first: false })
            }),
            Property::sometimes("the limit is reached", |model: &Self, world: &World| {
                world.told().filter(|(_, told)| *told == Told::Wrong).count() == usize::from(model.policy.max_attempts)
            }),
        ]
    }
}

impl Protocol {
    fn new(record: Record, right: usize, wrong: usize, swap: bool) -> Self {
        let requests = [vec![Request { right: true }; right], vec![Request { right: false }; wrong]].concat();
        Self { policy: Policy { max_attempts: 2, ..test_policy() }, record, requests, resent: 1, swap }
    }

    fn settle(&self, request: usize, record: &Stored, over: bool) -> (Stored, Told) {
        let id = self.record.challenge.as_ref().expect("one was issued").id;
        let challenge = ChallengeRef { activation: ActivationId::from_bytes([0; 6]), id };
        let tag = [u8::try_from(request).expect("few requests"); 16];
        let comparison = Comparison::Made { tag, matches: self.requests[request].right };
        let now = if over { later(300) } else { NOW };
        let response = ChallengeResponse { challenge, comparison };
        let settlement = settle(&self.policy, (*record.0).clone(), &response, now).expect("the clock is right");
        let (settled, verdict) = (settlement.record, settlement.answer);
        let told = match verdict {
            Verdict::Accepted(accepted) => Told::Accepted { first: accepted.first() },
            Verdict::Rejected(Rejection::Wrong { .. }) => Told::Wrong,
            Verdict::Rejected(_) => Told::Refused,
        };
        (Stored(Box::new(settled)), told)
    }
}

impl World {
    fn told(&self) -> impl Iterator<Item = (usize, Told)> {
        self.requests.iter().enumerate().filter_map(|(request, phase)| match phase {
            Phase::Told(told) => Some((request, *told)),
            _ => None,
        })
    }

    fn accepted(&self) -> impl Iterator<Item = Told> {
        self.told().map(|(_, told)| told).filter(|told| matches!(told, Told::Accepted { .. }))
    }
}

/// A record whose challenge is open.
fn asked() -> Record {
    let pair = Pair::new(MemoryStore::new(), test_policy());
    pair.issue("1", NOW);
    block_on(pair.verifier.record(pair.activation)).expect("memory").expect("it is registered")
}

#[test]
fn no_order_of_events_breaks_a_promise() {
    // Three requests that are sent again, and four that are not.
    for (right, wrong, resent) in [(3, 0, 1), (2, 1, 1), (1, 2, 1), (0, 3, 1), (2, 2, 0), (1, 3, 0)] {
        let protocol = Protocol { resent, ..Protocol::new(asked(), right, wrong, true) };
        let checker = protocol.checker().spawn_bfs().join();
        println!("{right} right, {wrong} wrong: {} states", checker.unique_state_count());
        for broken in [
            "accepted at most once",
            "the wrong responses that are answered stay within the limit",
            "what was told is never lost",
            "who has won is told so, however often it has to ask",
        ] {
            checker.assert_no_discovery(broken);
        }
        if right > 0 {
            checker.assert_any_discovery("a response is accepted");
        }
        if right > 0 && resent > 0 {
            checker.assert_any_discovery("a repeated request is told what was stored");
        }
        if wrong >= 2 {
            checker.assert_any_discovery("the limit is reached");
        }
    }
}

#[test]
fn without_the_swap_every_promise_is_broken() {
    let broken = |right, wrong, promise| {
        Protocol::new(asked(), right, wrong, false).checker().spawn_bfs().join().assert_any_discovery(promise);
    };
    broken(2, 0, "accepted at most once");
    broken(0, 3, "the wrong responses that are answered stay within the limit");
    broken(1, 1, "what was told is never lost");
    broken(1, 1, "who has won is told so, however often it has to ask");
}
