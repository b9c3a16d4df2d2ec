//! The lives that are explored.

use super::*;

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
