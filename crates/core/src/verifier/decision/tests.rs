//! The decision by the rows of the specification, sections 7.2 to 7.5 and 8: which reason comes first, what is counted, what is
//! remembered, and what is stored before the answer is given. Whole lives of activations are in `tests/model.rs`.

mod lifecycle;
mod registration;

use alloc::string::ToString;
use alloc::vec;
use core::time::Duration;

use camtoken_oath::Digits;

use super::*;
use crate::challenge::{ChallengeId, ChallengeRef};
use crate::key::{ActivationId, TokenId};
use crate::transaction::samples;
use crate::verifier::audit::ChainEnd;
use crate::verifier::moving::Moving;
use crate::verifier::origin::Validity;
use crate::verifier::record::{ChallengeEnd, Credential, Issued, PastChallenge, RequestTag};
use crate::verifier::subscriber::Subscriber;
use crate::verifier::verdict::Verdict;

const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);
const ACTIVATION: ActivationId = ActivationId::from_bytes([1; 6]);
const OPEN: ChallengeId = ChallengeId::from_bytes([2; 12]);
const OTHER: ChallengeId = ChallengeId::from_bytes([3; 12]);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW.as_unix().saturating_add_signed(seconds))
}

fn token() -> TokenId {
    "KKK0000001".parse().expect("a token ID")
}

fn camera(test: bool, validity: Validity) -> Credential {
    Credential::Camera { token: token(), suite: Policy::default().suite.to_string(), key: vec![1], test, validity }
}

fn issued() -> Issued {
    let (expires_at, transaction) = (at(180), samples::transfer());
    Issued { id: OPEN, expires_at, transaction, wrong_answers: 0, end: None, request: None }
}

/// An active activation with an open challenge.
fn active() -> Record {
    Record {
        subscriber: Subscriber { contract: "1".into(), user: "A".into() },
        credential: camera(false, Validity::default()),
        state: StoredState::Active,
        failures: 0,
        challenge: Some(issued()),
        past: vec![],
        last_attempt: None,
        latest_time: NOW,
        signed: false,
        chain_end: ChainEnd::default(),
    }
}

fn with(change: impl FnOnce(&mut Record)) -> Record {
    let mut record = active();
    change(&mut record);
    record
}

fn response(tag: u8, matches: bool) -> ChallengeResponse {
    let comparison = Comparison::Made { tag: [tag; 16], matches };
    ChallengeResponse { challenge: ChallengeRef { activation: ACTIVATION, id: OPEN }, comparison }
}

fn decide<E: Event>(record: &Record, event: &E, now: Timestamp) -> Settlement<E::Answer> {
    settle(&Policy::default(), record.clone(), event, now).expect("the clock is not behind")
}

/// A refusal that is not counted: the record is as it was and need not be stored.
#[track_caller]
fn assert_refused(record: &Record, event: &ChallengeResponse, now: Timestamp, expected: Rejection) {
    let settled = decide(record, event, now);
    assert_eq!(settled.answer, Verdict::Rejected(expected));
    let seen = Record { latest_time: now.max(record.latest_time), ..record.clone() };
    assert!(settled.record == seen && settled.audit.is_none() && !settled.write, "{expected:?} changes nothing");
}

#[track_caller]
fn wrong(settled: &Settlement<Verdict>) -> (u8, bool) {
    match settled.answer {
        Verdict::Rejected(Rejection::Wrong { tries_left, suspended }) => (tries_left, suspended),
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_reason_of_the_table_is_told() {
    let right = response(9, true);
    let test_token = with(|record| record.credential = camera(true, Validity::default()));
    assert_refused(&test_token, &right, NOW, Rejection::Unknown);
    let policy = Policy { accept_test_keys: true, ..Policy::default() };
    assert!(settle(&policy, test_token, &right, NOW).expect("decided").answer.is_accepted());
    let generator = with(|record| record.credential = Credential::TimeBased { key: vec![1], last_step: None });
    assert_refused(&generator, &right, NOW, Rejection::Unknown);

    let malformed = ChallengeResponse { comparison: Comparison::Malformed { digits: 8 }, ..right };
    let nothing = ChallengeResponse { comparison: Comparison::NothingExpected, ..right };
    for state in [StoredState::Active, StoredState::Suspended, StoredState::Revoked] {
        let record = with(|record| record.state = state.clone());
        assert_refused(&record, &malformed, NOW, Rejection::Malformed { digits: 8 });
        assert_refused(&record, &nothing, NOW, Rejection::Unknown);
    }
    for (state, expected) in [
        (StoredState::Revoked, Rejection::Revoked),
        (StoredState::Suspended, Rejection::Suspended),
        (StoredState::Reset, Rejection::NotActivated),
    ] {
        assert_refused(&with(|record| record.state = state), &right, NOW, expected);
    }
    for (start, end, expected) in [
        (Some(at(1)), None, Some(Rejection::KeyNotYetValid)),
        (None, Some(at(-1)), Some(Rejection::KeyExpired)),
        (Some(NOW), Some(NOW), None),
    ] {
        let record = with(|record| record.credential = camera(false, Validity { start, end }));
        match expected {
            Some(expected) => assert_refused(&record, &right, NOW, expected),
            None => assert!(decide(&record, &right, NOW).answer.is_accepted(), "both dates are included"),
        }
    }
}

#[test]
fn a_challenge_that_has_ended_says_how_and_another_is_unknown() {
    let right = response(9, true);
    for (end, expected) in [
        (ChallengeEnd::Accepted, Rejection::AlreadySettled),
        (ChallengeEnd::Exhausted, Rejection::Exhausted),
        (ChallengeEnd::Expired, Rejection::Expired),
        (ChallengeEnd::Superseded, Rejection::Superseded),
    ] {
        let ended = with(|record| record.challenge.as_mut().expect("one").end = Some(end));
        assert_refused(&ended, &right, NOW, expected);
        let past = with(|record| {
            record.challenge.as_mut().expect("one").id = OTHER;
            record.past = vec![PastChallenge { id: OPEN, end, request: None }];
        });
        assert_refused(&past, &right, NOW, expected);
    }
    assert_refused(&with(|record| record.challenge.as_mut().expect("one").id = OTHER), &right, NOW, Rejection::Unknown);
    assert_refused(&with(|record| record.challenge = None), &right, NOW, Rejection::Unknown);
}

#[test]
fn a_challenge_expires_at_its_last_second_and_a_right_response_is_no_success_then() {
    let accepted = decide(&active(), &response(9, true), at(179));
    assert!(accepted.answer.is_accepted());
    let expired = decide(&active(), &response(9, true), at(180));
    assert_eq!(expired.answer, Verdict::Rejected(Rejection::Expired));
    assert_eq!(expired.record.challenge.as_ref().and_then(|issued| issued.end), Some(ChallengeEnd::Expired));
    assert_eq!((expired.audit.map(|audit| audit.event), expired.write), (Some(AuditEvent::Expired), true));
    assert_eq!((expired.record.failures, expired.record.signed), (0, false));
}

#[test]
fn a_right_response_is_accepted_once_with_the_stored_transaction() {
    let record = with(|record| record.failures = 4);
    let settled = decide(&record, &response(9, true), at(30));
    let Verdict::Accepted(accepted) = &settled.answer else { panic!("{:?}", settled.answer) };
    assert_eq!((accepted.transaction(), accepted.challenge()), (Some(&samples::transfer()), Some(OPEN)));
    assert!(accepted.first() && settled.write && settled.record.signed);
    assert_eq!((settled.record.failures, settled.record.latest_time), (0, at(30)));
    let audit = settled.audit.expect("it is audited");
    assert_eq!((audit.event, audit.at, audit.failures), (AuditEvent::Accepted, at(30), 0));
    assert!(audit.about.is_some(), "and names the challenge");
    // Another attempt with the same response.
    assert_refused(&settled.record, &response(8, true), at(31), Rejection::AlreadySettled);
    // The same attempt: told again after a write, and says so.
    for (now, is_repeated) in [(at(31), true), (at(30 + 599), true), (at(30 + 600), false)] {
        let again = decide(&settled.record, &response(9, true), now);
        match &again.answer {
            Verdict::Accepted(accepted) => assert!(is_repeated && !accepted.first() && again.write, "{now}"),
            Verdict::Rejected(rejection) => {
                assert_eq!((is_repeated, *rejection), (false, Rejection::AlreadySettled), "{now}");
            }
        }
        assert!(again.audit.is_none());
    }
}

#[test]
fn wrong_responses_end_the_challenge_at_three_and_suspend_at_five() {
    let mut record = active();
    for (tag, expected, event) in
        [(1, (2, false), AuditEvent::Wrong), (2, (1, false), AuditEvent::Wrong), (3, (0, false), AuditEvent::Wrong)]
    {
        let settled = decide(&record, &response(tag, false), NOW);
        assert_eq!(wrong(&settled), expected);
        assert_eq!(settled.audit.as_ref().map(|audit| (audit.event, audit.failures)), Some((event, tag)));
        assert!(settled.write);
        // The same attempt is not charged again.
        let again = decide(&settled.record, &response(tag, false), NOW);
        assert_eq!((wrong(&again), again.write, again.audit.is_none()), (expected, true, true));
        assert_eq!(again.record, settled.record);
        record = settled.record;
    }
    assert_eq!(record.challenge.as_ref().and_then(|issued| issued.end), Some(ChallengeEnd::Exhausted));
    assert_refused(&record, &response(9, true), NOW, Rejection::Exhausted);
    record.challenge = Some(issued());
    let fourth = decide(&record, &response(4, false), NOW);
    assert_eq!(wrong(&fourth), (1, false), "the smaller number is told");
    let fifth = decide(&fourth.record, &response(5, false), NOW);
    assert_eq!(wrong(&fifth), (0, true));
    assert_eq!(
        (fifth.audit.expect("one").event, &fifth.record.state),
        (AuditEvent::Suspended, &StoredState::Suspended)
    );
    let again = decide(&fifth.record, &response(5, false), NOW);
    assert_eq!(wrong(&again), (0, true), "what was said is said again, also to a suspended activation");
    assert_refused(&fifth.record, &response(9, true), NOW, Rejection::Suspended);
}

#[test]
fn a_clock_that_is_behind_decides_nothing_and_ends_things_all_the_same() {
    let record = active();
    let policy = Policy::default();
    let settled = settle(&policy, record.clone(), &response(9, true), at(-5)).expect("within the tolerance");
    assert_eq!((settled.answer.is_accepted(), settled.record.latest_time), (true, NOW));
    let behind = settle(&policy, record.clone(), &response(9, true), at(-6)).expect_err("beyond it");
    assert_eq!(behind, Undecided::ClockBehind { seconds: 6 });
    assert!(expected_response(&policy, &record, ACTIVATION, at(-6)).is_err());
    assert!(settle(&policy, with(|record| record.state = StoredState::Suspended), &Resumption, at(-6)).is_err());
    for settled in [
        decide(&record, &Suspension, at(-600)),
        decide(&record, &Revocation, at(-600)),
        decide(&record, &Reset, at(-600)),
    ] {
        assert_eq!((settled.answer, settled.record.latest_time, settled.write), (Step::Done(()), NOW, true));
    }
}

#[test]
fn states_change_as_the_table_of_states_says() {
    use StoredState::{Active, Reset as WasReset, Revoked, Suspended};

    type Answer = Step<(), StateRefusal>;

    let done: Answer = Step::Done(());
    let no = Step::Rejected;
    let states = [StoredState::Active, StoredState::Suspended, StoredState::Revoked, StoredState::Reset];
    let outcome =
        |settled: Settlement<Answer>| (settled.answer, settled.record.state, settled.write, settled.audit.is_some());
    let table = |decide: &dyn Fn(&Record) -> Settlement<Answer>, rows: [(Answer, StoredState, bool, bool); 4]| {
        for (state, row) in states.iter().zip(rows) {
            assert_eq!(outcome(decide(&with(|record| record.state = state.clone()))), row, "{state:?}");
        }
    };
    table(
        &|record| decide(record, &Suspension, NOW),
        [
            (done.clone(), Suspended, true, true),
            (done.clone(), Suspended, true, false),
            (no(StateRefusal::Revoked), Revoked, false, false),
            (no(StateRefusal::NotActive), WasReset, false, false),
        ],
    );
    table(
        &|record| decide(record, &Resumption, NOW),
        [
            (no(StateRefusal::NotSuspended), Active, false, false),
            (done.clone(), Active, true, true),
            (no(StateRefusal::NotSuspended), Revoked, false, false),
            (no(StateRefusal::NotSuspended), WasReset, false, false),
        ],
    );
    table(
        &|record| decide(record, &Reset, NOW),
        [
            (done.clone(), WasReset, true, true),
            (done.clone(), WasReset, true, true),
            (no(StateRefusal::Revoked), Revoked, false, false),
            (done.clone(), WasReset, true, true),
        ],
    );
    table(
        &|record| decide(record, &Revocation, NOW),
        [
            (done.clone(), Revoked, true, true),
            (done.clone(), Revoked, true, true),
            (done.clone(), Revoked, true, false),
            (done, Revoked, true, true),
        ],
    );
    let signed = with(|record| record.signed = true);
    assert_eq!(decide(&signed, &Reset, NOW).answer, no(StateRefusal::HasSigned));
    let end = |record: &Record| record.past.first().map(|past| (past.id, past.end));
    let suspended = with(|record| (record.state, record.failures) = (StoredState::Suspended, 5));
    let resumed = decide(&suspended, &Resumption, NOW).record;
    assert_eq!((resumed.failures, resumed.challenge.is_none()), (0, true));
    for record in [resumed, decide(&active(), &Revocation, NOW).record, decide(&active(), &Reset, NOW).record] {
        assert_eq!(end(&record), Some((OPEN, ChallengeEnd::Superseded)), "what was open is superseded");
    }
    let accepted = decide(&active(), &response(9, true), NOW).record;
    let revoked = decide(&accepted, &Revocation, NOW).record;
    assert!(revoked.challenge.is_some(), "what was accepted stays to be asked for");
}

fn issue(id: ChallengeId, request: Option<RequestTag>) -> ChallengeIssue {
    let challenge = ChallengeRef { activation: ACTIVATION, id };
    ChallengeIssue { challenge, transaction: samples::transfer(), lifetime: Duration::from_secs(180), request }
}

#[test]
fn a_new_challenge_supersedes_the_open_one_and_four_are_remembered() {
    let mut record = decide(&active(), &response(1, false), NOW).record;
    assert!(!may_have_forgotten(&record));
    for number in 10..16 {
        let settled = decide(&record, &issue(ChallengeId::from_bytes([number; 12]), None), at(1));
        let Step::Done(challenge) = &settled.answer else { panic!("{:?}", settled.answer) };
        assert_eq!((challenge.expires_at, challenge.activation), (at(181), ACTIVATION));
        assert!(settled.write && settled.record.last_attempt.is_none(), "the attempt is forgotten");
        assert_eq!(settled.audit.expect("one").event, AuditEvent::Issued);
        record = settled.record;
    }
    let past: vec::Vec<_> = record.past.iter().map(|past| (past.id.as_bytes()[0], past.end)).collect();
    assert_eq!(past, [14, 13, 12, 11].map(|id| (id, ChallengeEnd::Superseded)));
    assert!(may_have_forgotten(&record));
    assert_eq!(record.failures, 1, "a new challenge does not set the count back");
    for (state, expected) in [
        (StoredState::Suspended, Rejection::Suspended),
        (StoredState::Revoked, Rejection::Revoked),
        (StoredState::Reset, Rejection::NotActivated),
    ] {
        let refused = decide(&with(|record| record.state = state), &issue(OTHER, None), NOW);
        assert_eq!((refused.answer, refused.write), (Step::Rejected(IssueRefusal::Rejected(expected)), false));
    }
    let test_token = with(|record| record.credential = camera(true, Validity::default()));
    assert_eq!(decide(&test_token, &issue(OTHER, None), NOW).answer, Step::Rejected(IssueRefusal::TestToken(token())));
    let ended = with(|record| record.credential = camera(false, Validity { start: None, end: Some(at(-1)) }));
    let expected = Step::Rejected(IssueRefusal::Rejected(Rejection::KeyExpired));
    assert_eq!(decide(&ended, &issue(OTHER, None), NOW).answer, expected);
}

#[test]
fn the_same_request_gets_the_same_challenge() {
    let request = |name, content| Some(RequestTag { name: [name; 16], content: [content; 16] });
    let first = decide(&active(), &issue(OTHER, request(1, 1)), NOW);
    let Step::Done(challenge) = first.answer else { panic!("issued") };
    let again = decide(&first.record, &issue(OPEN, request(1, 1)), at(1));
    assert_eq!((again.answer, again.write, again.audit.is_none()), (Step::Done(challenge), true, true));
    let other = decide(&first.record, &issue(OPEN, request(1, 2)), at(1));
    assert_eq!(other.answer, Step::Rejected(IssueRefusal::OtherRequest));
    // Remembered for as long as a challenge may live behind its own life.
    assert!(matches!(decide(&first.record, &issue(OPEN, request(1, 2)), at(779)).answer, Step::Rejected(_)));
    assert!(matches!(decide(&first.record, &issue(OPEN, request(1, 2)), at(780)).answer, Step::Done(_)));
    let next = decide(&first.record, &issue(ChallengeId::from_bytes([4; 12]), request(2, 1)), at(1));
    let superseded = decide(&next.record, &issue(OPEN, request(1, 1)), at(2));
    assert_eq!(superseded.answer, Step::Rejected(IssueRefusal::Superseded));
    let other = decide(&next.record, &issue(OPEN, request(1, 2)), at(2));
    assert_eq!(other.answer, Step::Rejected(IssueRefusal::OtherRequest));
}

#[test]
fn only_an_open_challenge_is_withdrawn_or_shown_again() {
    let named = |id| ChallengeRef { activation: ACTIVATION, id };
    let settled = decide(&active(), &Withdrawal { challenge: named(OPEN) }, NOW);
    assert_eq!((settled.answer, settled.write), (true, true));
    assert_eq!(settled.record.past.first().map(|past| past.end), Some(ChallengeEnd::Superseded));
    let ended = with(|record| record.challenge.as_mut().expect("one").end = Some(ChallengeEnd::Exhausted));
    for (record, id) in [(active(), OTHER), (ended, OPEN)] {
        let settled = decide(&record, &Withdrawal { challenge: named(id) }, NOW);
        assert_eq!((settled.answer, settled.write, settled.record), (false, false, record.clone()));
        assert!(open_challenge(&Policy::default(), &record, named(id), NOW).is_none());
    }
    let shown = |record: &Record, now| open_challenge(&Policy::default(), record, named(OPEN), now).is_some();
    assert!(shown(&active(), at(179)) && !shown(&active(), at(180)));
    assert!(!shown(&with(|record| record.state = StoredState::Suspended), NOW));
    let test_token = with(|record| record.credential = camera(true, Validity::default()));
    assert!(!shown(&test_token, NOW));
    let policy = Policy { accept_test_keys: true, ..Policy::default() };
    assert!(open_challenge(&policy, &test_token, named(OPEN), NOW).is_some());
}

#[test]
fn how_a_challenge_was_settled_is_told_by_its_name() {
    let asked = |record: &Record, id, now| {
        let query = SettledQuery { challenge: ChallengeRef { activation: ACTIVATION, id } };
        let settled = decide(record, &query, now);
        assert!(settled.audit.is_none());
        (settled.answer, settled.write)
    };
    let no = |rejection| (Verdict::Rejected(rejection), false);
    let accepted = decide(&active(), &response(9, true), NOW).record;
    let (told, written) = asked(&accepted, OPEN, at(9999));
    let Verdict::Accepted(told) = told else { panic!("{told:?}") };
    assert!(!told.first() && written, "a yes never rests on a read alone");
    assert_eq!(asked(&accepted, OTHER, NOW), no(Rejection::Unknown));
    assert_eq!(asked(&active(), OPEN, at(179)), no(Rejection::Unknown), "it is open");
    assert_eq!(asked(&active(), OPEN, at(180)), no(Rejection::Expired));
    let next = decide(&accepted, &issue(OTHER, None), NOW).record;
    assert_eq!(asked(&next, OPEN, NOW), no(Rejection::AlreadySettled));
    let test_token = Record { credential: camera(true, Validity::default()), ..accepted };
    assert_eq!(asked(&test_token, OPEN, NOW), no(Rejection::Unknown));
}

#[test]
fn a_password_is_used_once_and_with_it_all_before() {
    let generator = |last_step| Record {
        credential: Credential::TimeBased { key: vec![1], last_step },
        challenge: None,
        ..active()
    };
    let password = |value| GeneratorPassword { comparison: Comparison::Made { tag: [7; 16], matches: value } };
    let used = |record: &Record| match record.credential {
        Credential::TimeBased { last_step, .. } => last_step,
        _ => None,
    };
    let step = NOW.as_unix() / 30;
    for (last, value, is_new) in [
        (None, step, true),
        (Some(step - 1), step, true),
        (Some(step), step, false),
        (Some(step), step - 1, false),
        (Some(step), step + 1, true),
    ] {
        let settled = decide(&generator(last), &password(Some(value)), NOW);
        let expected = if is_new { value } else { step };
        assert_eq!(used(&settled.record), Some(expected), "{last:?} {value}");
        match settled.answer {
            Verdict::Accepted(accepted) => assert!(is_new && accepted.challenge().is_none() && settled.write),
            Verdict::Rejected(reason) => {
                assert_eq!((is_new, reason, settled.write), (false, Rejection::AlreadySettled, false));
            }
        }
    }
    let settled = decide(&generator(None), &password(None), NOW);
    assert_eq!((wrong(&settled), settled.record.failures), ((4, false), 1));
    let fifth = decide(&Record { failures: 4, ..generator(None) }, &password(None), NOW);
    assert_eq!((wrong(&fifth), &fifth.record.state), ((0, true), &StoredState::Suspended));
    let camera = decide(&active(), &password(Some(step)), NOW);
    assert_eq!(camera.answer, Verdict::Rejected(Rejection::Unknown));
}

#[test]
fn a_counter_is_looked_for_ten_ahead_and_a_thousand_with_two_passwords() {
    let moving = |next| Moving::event(Digits::SIX, next);
    let generator = |next| {
        let id = "G1".parse().expect("an ID");
        Record {
            credential: Credential::Generator {
                id,
                key: vec![1],
                moving: moving(next),
                validity: Validity::default(),
                question: None,
            },
            challenge: None,
            ..active()
        }
    };
    let policy = Policy::default();
    // The counter that was used last is looked at too, to say so.
    for (next, first, after) in [(0, 0, 10), (5, 4, 11)] {
        let record = generator(next);
        let window = expected_password(&policy, &record, NOW).expect("decided").expect("one").window;
        assert!(matches!(window, Window::Event { from, more, .. } if (from, more) == (first, after)), "{window:?}");
    }
    let five = generator(5);
    let wide = expected_consecutive(&policy, &five, 0, NOW).map(|expected| expected.map(|it| it.window));
    assert!(matches!(wide, Ok(Some(Window::Event { from: 5, more: 1000, .. }))));
    let next = |record: &Record| match record.credential {
        Credential::Generator { moving: Moving::Event { next, .. }, .. } => next,
        _ => 0,
    };
    let found = Comparison::Made { tag: [7; 16], matches: Some(7) };
    let settled = decide(&generator(5), &GeneratorPassword { comparison: found }, NOW);
    assert!(settled.answer.is_accepted() && next(&settled.record) == 8);
    let used = decide(&generator(8), &GeneratorPassword { comparison: found }, NOW);
    assert_eq!((used.answer, next(&used.record)), (Verdict::Rejected(Rejection::AlreadySettled), 8));
    let failed = Record { failures: 3, ..generator(5) };
    let again = decide(&failed, &Resynchronisation { comparison: found }, NOW);
    assert_eq!((again.answer, again.record.failures, next(&again.record)), (Step::Done(()), 0, 8));
    assert_eq!(again.audit.expect("one").event, AuditEvent::Resynchronised);
    let wrong = Resynchronisation { comparison: Comparison::Made { tag: [7; 16], matches: None } };
    let counted = decide(&failed, &wrong, NOW);
    assert_eq!(counted.answer, Step::Rejected(Rejection::Wrong { tries_left: 1, suspended: false }));
    let restored = decide(&generator(5), &Restoration, NOW);
    assert_eq!((restored.answer, restored.record.state.clone()), (true, StoredState::Active));
    let alone = decide(&restored.record, &GeneratorPassword { comparison: found }, NOW);
    assert_eq!((alone.answer, alone.write), (Verdict::Rejected(Rejection::NeedsResynchronisation), false));
    let both = decide(&restored.record, &Resynchronisation { comparison: found }, NOW);
    let next = Comparison::Made { tag: [8; 16], matches: Some(8) };
    assert!(decide(&both.record, &GeneratorPassword { comparison: next }, NOW).answer.is_accepted());
}
