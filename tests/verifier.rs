//! The verifier on each of its stores: every ending of a response, and exactly one acceptance whatever happens at once.

#[macro_use]
#[path = "common/forward.rs"]
mod forward;
#[path = "verifier/cards.rs"]
mod cards;
#[path = "verifier/clock.rs"]
mod clock;
#[path = "verifier/contention.rs"]
mod contention;
#[path = "verifier/damage.rs"]
mod damage;
#[path = "verifier/endings.rs"]
mod endings;
#[path = "verifier/generators.rs"]
mod generators;
#[path = "verifier/groups.rs"]
mod groups;
#[path = "common/pair.rs"]
mod pair;
#[path = "verifier/races.rs"]
mod races;
#[path = "verifier/refusals.rs"]
mod refusals;
#[path = "verifier/registration.rs"]
mod registration;
#[path = "verifier/seals.rs"]
mod seals;
#[cfg(feature = "postgres")]
#[expect(dead_code, reason = "most of it is for the tests of that store")]
#[path = "postgres/server.rs"]
mod server;
#[path = "verifier/upkeep.rs"]
mod upkeep;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camtoken::challenge::{ChallengeId, DeviceNonce};
use camtoken::code::activation::{Binding, open_first, open_second};
use camtoken::key::{ActivationId, IdError};
use camtoken::oath::totp::Totp;
use camtoken::store::{
    Change, EmbeddedStore, MemoryStore, RecordId, Replaced, Revision, Store, StoreError, Versioned, block_on,
};
use camtoken::verifier::audit::{AuditError, AuditEvent, History};
use camtoken::verifier::{
    ActivationState, AttemptId, ChallengeRef, EnrollError, Enrollment, IssueError, KeyWrapError, KeyWrapper,
    LocalKeyWrapper, Policy, Rejection, Seal, Step, Verdict, Verifier, VerifierError,
};
use camtoken::{Key, code};
use rand::CryptoRng;

use pair::*;

/// Runs a test on each store that a verifier may stand on.
macro_rules! on_every_store {
    ($store:ident => $test:block) => {{
        {
            let $store = MemoryStore::new();
            $test
        }
        let dir = tempfile::tempdir().expect("a temporary directory");
        {
            let $store = EmbeddedStore::open(dir.path().join("store"), Duration::ZERO).expect("a new store");
            $test
        }
        #[cfg(feature = "postgres")]
        {
            let mut server = server::Server::start();
            let $store = server.store();
            $test
        }
    }};
}

use on_every_store;

#[test]
fn a_right_response_is_accepted_once() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let (challenge, response) = pair.issue("1250000", NOW);
        match pair.verify(challenge, &response, later(30)) {
            Verdict::Accepted(accepted) => {
                assert_eq!(accepted.transaction(), Some(&transfer("1250000")), "as stored, bound fields and all");
                assert!(accepted.first());
            }
            Verdict::Rejected(rejection) => panic!("{rejection}"),
        }
        assert_eq!(rejected(&pair.verify(challenge, &response, later(31))), Rejection::AlreadySettled);
        assert_eq!(rejected(&pair.verify(challenge, &wrong(&response), later(31))), Rejection::AlreadySettled);
        assert_eq!(pair.events(), ["Enrolled", "SecondCode", "Activated", "Issued", "Accepted"]);
    });
}

#[test]
fn the_same_attempt_gets_the_same_answer_and_no_second_charge() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let (challenge, response) = pair.issue("1", NOW);
        let attempt = AttemptId::generate(&mut rng());
        let first = pair.verify_as(attempt, challenge, &wrong(&response), NOW);
        assert_eq!(pair.verify_as(attempt, challenge, &wrong(&response), NOW), first, "a wrong one, sent again");
        assert_eq!(rejected(&first), Rejection::Wrong { tries_left: 2, suspended: false });
        // The same attempt ID with another response is another attempt.
        let other = pair.verify_as(attempt, challenge, &wrong(&wrong(&response)), NOW);
        assert_eq!(rejected(&other), Rejection::Wrong { tries_left: 1, suspended: false });

        let attempt = AttemptId::generate(&mut rng());
        let first = pair.verify_as(attempt, challenge, &response, NOW);
        let again = pair.verify_as(attempt, challenge, &response, NOW);
        match (first, again) {
            (Verdict::Accepted(first), Verdict::Accepted(again)) => {
                assert!(first.first() && !again.first());
                assert_eq!(first.transaction(), again.transaction());
            }
            verdicts => panic!("{verdicts:?}"),
        }
        // Once another challenge stands in its place, a late repetition executes nothing.
        let (newer, _) = pair.issue("999", NOW);
        assert_eq!(rejected(&pair.verify_as(attempt, challenge, &response, NOW)), Rejection::AlreadySettled);
        assert_ne!(newer, challenge);
    });
}

#[test]
fn a_challenge_dies_of_three_wrong_responses_and_an_activation_is_suspended_by_five() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let (challenge, response) = pair.issue("1", NOW);
        let mut tries = Vec::new();
        for _ in 0..3 {
            tries.push(rejected(&pair.verify(challenge, &wrong(&response), NOW)));
        }
        let left = |tries_left| Rejection::Wrong { tries_left, suspended: false };
        assert_eq!(tries, [left(2), left(1), left(0)]);
        assert_eq!(rejected(&pair.verify(challenge, &response, NOW)), Rejection::Exhausted, "right, and too late");

        let (challenge, response) = pair.issue("1", NOW);
        assert_eq!(rejected(&pair.verify(challenge, &wrong(&response), NOW)), left(1), "the fourth in a row");
        let fifth = rejected(&pair.verify(challenge, &wrong(&response), NOW));
        assert_eq!(fifth, Rejection::Wrong { tries_left: 0, suspended: true });
        assert_eq!(rejected(&pair.verify(challenge, &response, NOW)), Rejection::Suspended);
        let refused = block_on(pair.verifier.issue(pair.activation, transfer("1"), None, NOW, &mut rng()));
        assert!(matches!(refused, Err(IssueError::Refused(Rejection::Suspended))));

        block_on(pair.verifier.resume(pair.activation, NOW)).expect("it is suspended");
        assert_eq!(rejected(&pair.verify(challenge, &response, NOW)), Rejection::Superseded, "resumed without it");
        let (challenge, response) = pair.issue("1", NOW);
        assert!(pair.verify(challenge, &response, NOW).is_accepted());
    });
}

#[test]
fn what_the_bank_suspends_waits_for_its_resumption_and_the_audit_tells_of_it() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let verifier = &pair.verifier;
        let before = block_on(verifier.audit(pair.activation)).expect("the store answers").into_entries().expect("a whole chain").len();
        let (challenge, response) = pair.issue("1", NOW);
        for _ in 0..2 {
            block_on(verifier.suspend(pair.activation, NOW)).expect("suspending twice changes nothing");
        }
        assert_eq!(rejected(&pair.verify(challenge, &response, NOW)), Rejection::Suspended);
        block_on(verifier.resume(pair.activation, NOW)).expect("it is suspended");
        block_on(verifier.revoke(pair.activation, NOW)).expect("it is known");
        assert!(matches!(block_on(verifier.suspend(pair.activation, NOW)), Err(EnrollError::Revoked(_))));

        let history = block_on(verifier.audit(pair.activation)).expect("the store answers");
        let entries = history.into_entries().expect("a whole chain");
        let events: Vec<_> = entries[before..].iter().map(|entry| entry.event).collect();
        assert_eq!(events, [AuditEvent::Issued, AuditEvent::SuspendedByBank, AuditEvent::Resumed, AuditEvent::Revoked]);

        // An attacker who can write to the store adds a line.
        let (store, id) = (verifier.store(), RecordId::Activation(pair.activation));
        let Versioned { revision, record } = block_on(store.load(&id)).expect("it answers").expect("it is there");
        let change = Change { record: record.to_vec(), audit: Some(b"{}".to_vec()) };
        assert!(matches!(block_on(store.replace(&id, revision, change)), Ok(Replaced::Yes(_))));
        let touched = block_on(verifier.audit(pair.activation)).expect("the store answers");
        let number = u64::try_from(entries.len()).expect("a few") + 1;
        assert_eq!(touched, History::Broken(AuditError::Entry { number }));
    });
}

#[test]
fn success_resets_the_count() {
    let pair = Pair::new(MemoryStore::new(), test_policy());
    for _ in 0..3 {
        let (challenge, response) = pair.issue("1", NOW);
        for _ in 0..2 {
            assert!(!pair.verify(challenge, &wrong(&response), NOW).is_accepted());
        }
        assert!(pair.verify(challenge, &response, NOW).is_accepted());
    }
}

/// As people type and paste digits: by a Japanese keyboard, out of a page, a mail or a spreadsheet, with the token's gap.
fn as_typed(digits: &str) -> Vec<String> {
    let wide = |digit: char| char::from_u32(u32::from(digit) + 0xFEE0).expect("a full-width digit");
    let wide: String = digits.chars().map(wide).collect();
    let mut typed = vec![wide.clone(), format!("\u{FEFF}{digits}\r\n"), format!("\t{wide}\u{3000}")];
    for gap in
        [" ", "-", "－", "ー", "‐", "–", " - ", "\u{3000}", "\u{A0}", "\u{2009}", "\u{200B}", "\u{AD}", "\u{200F}"]
    {
        for digits in [digits, &wide] {
            let half = digits.len() / 2;
            typed.push(format!("{}{gap}{}", &digits[..half], &digits[half..]));
        }
    }
    typed
}

#[test]
fn digits_are_understood_however_they_are_typed() {
    let pair = Pair::new(MemoryStore::new(), test_policy());
    let (challenge, response) = pair.issue("1", NOW);
    let attempt = AttemptId::generate(&mut rng());
    assert!(pair.verify_as(attempt, challenge, &response, NOW).is_accepted());
    // It is the same answer, so it is the same attempt.
    for typed in as_typed(&response) {
        assert!(pair.verify_as(attempt, challenge, &typed, NOW).is_accepted(), "{typed:?}");
    }

    let verifier = &pair.verifier;
    let (activation, secret) =
        block_on(verifier.enroll_time_based(subscriber(), NOW, &mut rng())).expect("the store answers");
    let password = Totp::default().respond(&secret, NOW).expose_str().to_owned();
    for typed in as_typed(&password) {
        let verdict = block_on(verifier.verify_password(activation, &typed, attempt, NOW)).expect("the store answers");
        assert!(verdict.is_accepted(), "{typed:?}");
    }
}

#[test]
fn what_is_not_counted_is_not_counted() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let (old, old_response) = pair.issue("1", NOW);
        let (challenge, response) = pair.issue("2", NOW);
        for _ in 0..20 {
            assert_eq!(rejected(&pair.verify(old, &old_response, NOW)), Rejection::Superseded);
            for malformed in ["", "1234567", "123456789", "0x123456", "1234567a", "+1234567", "-12345678", "1234567①", "1234--5678"] {
                assert_eq!(rejected(&pair.verify(challenge, malformed, NOW)), Rejection::Malformed { digits: 8 }, "{malformed:?}");
            }
        }
        assert_eq!(rejected(&pair.verify(challenge, &response, later(180))), Rejection::Expired, "right, and too late");
        assert_eq!(rejected(&pair.verify(challenge, &wrong(&response), later(181))), Rejection::Expired);
        let (challenge, response) = pair.issue("3", later(200));
        assert!(pair.verify(challenge, &response, later(201)).is_accepted());
    });
}

#[test]
fn a_clock_set_back_opens_nothing_again() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let (challenge, response) = pair.issue("1", NOW);
        assert_eq!(rejected(&pair.verify(challenge, &response, later(600))), Rejection::Expired);
        let attempt = AttemptId::generate(&mut rng());
        let behind = block_on(pair.verifier.verify(challenge, &response, attempt, later(60)));
        assert!(matches!(behind, Err(VerifierError::ClockBehind { seconds: 540 })), "{behind:?}");
        // A machine whose clock is a little behind decides by the later time.
        assert_eq!(rejected(&pair.verify(challenge, &response, later(597))), Rejection::Expired);
    });
}

#[test]
fn the_response_to_another_transaction_or_of_another_token_is_wrong() {
    let pair = Pair::new(MemoryStore::new(), test_policy());
    let (_, response_to_first) = pair.issue("1", NOW);
    let (challenge, _) = pair.issue("1", NOW);
    assert!(matches!(rejected(&pair.verify(challenge, &response_to_first, NOW)), Rejection::Wrong { .. }));

    let stranger = ChallengeRef { activation: ActivationId::from_bytes([0; 6]), id: challenge.id };
    assert_eq!(rejected(&pair.verify(stranger, &response_to_first, NOW)), Rejection::Unknown);
}

#[test]
fn camera_and_time_based_passwords_are_never_taken_for_each_other() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let verifier = &pair.verifier;
        let (time_based, secret) =
            block_on(verifier.enroll_time_based(subscriber(), NOW, &mut rng())).expect("the store answers");
        let password = Totp::default().respond(&secret, NOW).expose_str().to_owned();
        let verify = |activation, response: &str, now| {
            let attempt = AttemptId::generate(&mut rng());
            block_on(verifier.verify_password(activation, response, attempt, now)).expect("the store answers")
        };
        let attempt = AttemptId::generate(&mut rng());
        let verify_as = |now| block_on(verifier.verify_password(time_based, &password, attempt, now)).expect("decided");
        assert!(verify_as(NOW).is_accepted());
        assert!(matches!(verify_as(later(1)), Verdict::Accepted(again) if !again.first()), "sent again");
        assert!(!verify_as(later(600)).is_accepted(), "a request is not repeated after ten minutes");
        assert_eq!(rejected(&verify(time_based, &password, later(601))), Rejection::Wrong { tries_left: 3, suspended: false });
        let password = Totp::default().respond(&secret, later(630)).expose_str().to_owned();
        assert!(verify(time_based, &password, later(630)).is_accepted());
        assert_eq!(rejected(&verify(time_based, &password, later(631))), Rejection::AlreadySettled, "the same step again");

        let (challenge, response) = pair.issue("1", NOW);
        assert_eq!(rejected(&verify(pair.activation, &response, NOW)), Rejection::Malformed { digits: 6 }, "eight digits");
        assert_eq!(rejected(&verify(pair.activation, &response[..6], NOW)), Rejection::Unknown);
        let crossed = ChallengeRef { activation: time_based, id: challenge.id };
        assert_eq!(rejected(&pair.verify(crossed, &response, later(640))), Rejection::Unknown);
        let refused = block_on(verifier.issue(time_based, transfer("1"), None, later(640), &mut rng()));
        assert!(matches!(refused, Err(IssueError::Refused(Rejection::Unknown))));

        let wrong_password = format!("{:06}", (password.parse::<u32>().expect("six digits") + 1) % 1_000_000);
        for _ in 0..5 {
            assert!(matches!(rejected(&verify(time_based, &wrong_password, later(660))), Rejection::Wrong { .. }));
        }
        assert_eq!(rejected(&verify(time_based, &wrong_password, later(660))), Rejection::Suspended);
    });
}

/// What a bank asks after a crash, when the attempt's name is lost with the answer.
#[test]
fn what_was_accepted_can_be_asked_for_until_the_next_challenge() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let accepted = |challenge, at| block_on(pair.verifier.accepted(challenge, at)).expect("the store answers");
        let (challenge, response) = pair.issue("1", NOW);
        assert_eq!(accepted(challenge, NOW), None, "open");
        assert!(!pair.verify(challenge, &wrong(&response), NOW).is_accepted());
        assert_eq!(accepted(challenge, NOW), None, "answered wrongly");
        assert!(pair.verify(challenge, &response, later(1)).is_accepted());
        let told = accepted(challenge, later(900)).expect("accepted before");
        assert!(told.transaction().is_some_and(|told| *told == transfer("1")));
        assert_eq!((told.challenge(), told.first()), (Some(challenge.id), false));
        let other = ChallengeRef { id: ChallengeId::from_bytes([1; 12]), ..challenge };
        assert_eq!(accepted(other, later(900)), None);
        let nobody = ChallengeRef { activation: ActivationId::from_bytes([1; 6]), ..challenge };
        assert_eq!(accepted(nobody, later(900)), None);
        // To ask changes nothing but the time that was seen.
        assert_eq!(rejected(&pair.verify(challenge, &response, later(900))), Rejection::AlreadySettled);
        let clock_back = block_on(pair.verifier.accepted(challenge, NOW));
        assert!(matches!(clock_back, Err(VerifierError::ClockBehind { .. })));
        let history = block_on(pair.verifier.audit(pair.activation)).expect("the store answers");
        assert!(matches!(history, History::Whole(_)), "the chain is whole");
        let settled = |challenge, at| block_on(pair.verifier.settled(challenge, at)).expect("the store answers");
        let (newer, _) = pair.issue("2", later(901));
        assert_eq!(accepted(challenge, later(902)), None, "a newer one has taken its place");
        assert_eq!(rejected(&settled(challenge, later(902))), Rejection::AlreadySettled);
        assert_eq!(rejected(&settled(newer, later(902))), Rejection::Unknown, "open");
        assert_eq!(rejected(&settled(newer, later(1900))), Rejection::Expired);
    });
}

/// The record remembers the last few challenges; a caller that reconciles late asks for one of before.
#[test]
fn an_accepted_challenge_is_never_told_as_unknown() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let settled = |challenge, at| block_on(pair.verifier.settled(challenge, at)).expect("the store answers");
        let (accepted, response) = pair.issue("1", NOW);
        assert!(pair.verify(accepted, &response, NOW).is_accepted());
        let (expired, late) = pair.issue("2", NOW);
        assert_eq!(rejected(&pair.verify(expired, &late, later(200))), Rejection::Expired);
        let (superseded, _) = pair.issue("3", later(200));
        for number in 0..10 {
            let at = later(201 + number);
            pair.issue("4", at);
            assert_eq!(rejected(&settled(accepted, at)), Rejection::AlreadySettled, "{number}");
            assert!(!pair.verify(accepted, &response, at).is_accepted(), "{number}");
            assert_eq!(rejected(&settled(expired, at)), Rejection::Expired, "{number}");
            assert_eq!(rejected(&settled(superseded, at)), Rejection::Superseded, "{number}");
        }
        let never = ChallengeRef { id: ChallengeId::from_bytes([1; 12]), ..accepted };
        assert_eq!(rejected(&settled(never, later(300))), Rejection::Unknown);
        assert_eq!(rejected(&pair.verify(never, &response, later(300))), Rejection::Unknown);
    });
}

/// The answer of a request to issue was lost; the caller sends it again.
#[test]
fn a_request_to_issue_that_is_sent_again_gets_the_same_challenge() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let issue = |attempt, amount, at| {
            let rng = &mut rng();
            block_on(pair.verifier.issue_once(attempt, pair.activation, transfer(amount), None, at, rng)).map(|issued| (issued.reference, issued.expires_at, issued.code.to_string()))
        };
        let (one, other) = (AttemptId::generate(&mut rng()), AttemptId::generate(&mut rng()));
        let first = issue(one, "1", NOW).expect("an active token");
        assert_eq!(issue(one, "1", later(60)).expect("again"), first, "the same name, time and code");
        assert!(matches!(issue(one, "2", later(60)), Err(IssueError::OtherRequest)), "another amount");
        assert_eq!(pair.events().iter().filter(|event| *event == "Issued").count(), 1);

        let opened = code::open(&read(&first.2.parse().expect("a code")), &pair.key).expect("sealed for this activation");
        let response = opened.respond(&pair.key, &pair.suite).expose_str().to_owned();
        assert!(pair.verify(first.0, &response, later(70)).is_accepted());
        assert_eq!(issue(one, "1", later(599)).expect("again"), first, "also after it was answered");
        assert_eq!(rejected(&pair.verify(first.0, &response, later(600))), Rejection::AlreadySettled);

        let second = issue(other, "1", later(601)).expect("an active token");
        assert_ne!(second.0, first.0);
        assert!(matches!(issue(one, "1", later(602)), Err(IssueError::Superseded)));
        assert!(matches!(issue(one, "3", later(602)), Err(IssueError::OtherRequest)));
        assert_eq!(issue(other, "1", later(603)).expect("again"), second, "it took nobody's place");
        assert_ne!(issue(other, "1", later(601 + 180 + 600)).expect("a new request").0, second.0, "later it is a new one");
    });
}

#[test]
fn an_attempt_is_written_as_a_uuid_and_read_with_or_without_its_hyphens() {
    let attempt = AttemptId::from_bytes(*b"0123456789abcdef");
    assert_eq!(attempt.to_string(), "30313233-3435-3637-3839-616263646566");
    for text in [
        "30313233-3435-3637-3839-616263646566",
        "30313233343536373839616263646566",
        "3031323334353637383961626364656F",
        "3031323334353637383961626364656f",
    ] {
        let read: AttemptId = text.parse().expect("a UUID");
        assert_eq!(read.to_string().replace('-', ""), text.replace('-', "").to_lowercase());
        assert_eq!(read.to_string().parse(), Ok(read), "what is written is read");
    }
    assert_eq!(attempt.to_string().parse(), Ok(attempt));
    for text in [
        "",
        "30313233-3435-3637-3839-61626364656",
        "30313233-3435-3637-3839-6162636465667",
        "0-1-2-3-4-5-6-789abcdef0123456789abcdef",
        "30313233-3435-3637-38396162-63646566",
        "303132333-435-3637-3839-616263646566",
        "30313233-34353637-3839-616263646566",
        "30313233-3435-3637-3839-61626364656-",
        "{30313233-3435-3637-3839-616263646566}",
        "30313233-3435-3637-3839-61626364656g",
        "30313233-3435-3637-3839-6162636465é",
    ] {
        assert_eq!(text.parse::<AttemptId>(), Err(IdError::Attempt), "{text:?}");
    }
}

/// A token's copy of a transaction lacks the bound fields; to issue it once brought the process down.
#[test]
fn a_transaction_that_came_through_a_code_is_not_issued() {
    let pair = Pair::new(MemoryStore::new(), test_policy());
    let issued = block_on(pair.verifier.issue(pair.activation, transfer("1"), None, NOW, &mut rng())).expect("active");
    let opened = code::open(&issued.code, &pair.key).expect("sealed for this activation");
    let again = block_on(pair.verifier.issue(pair.activation, opened.transaction, None, NOW, &mut rng()));
    assert!(matches!(again, Err(IssueError::NotWhole)), "{again:?}");
}

/// A server moves its work between threads.
#[test]
fn each_step_of_a_verifier_can_move_between_threads() {
    fn sent<T: Send>(_: T) {}
    let pair = Pair::new(MemoryStore::new(), test_policy());
    let (verifier, rng, token) = (&pair.verifier, &mut rng(), token_id());
    let (challenge, _) = pair.issue("1", NOW);
    let attempt = AttemptId::generate(rng);
    sent(verifier.register(&token, &device_key(), true, NOW, rng));
    sent(verifier.enroll(&token, subscriber(), NOW, rng));
    sent(verifier.second_code(pair.activation, "", attempt, NOW, rng));
    sent(verifier.confirm(pair.activation, "", attempt, NOW));
    sent(verifier.reset(pair.activation, NOW));
    sent(verifier.revoke(pair.activation, NOW));
    sent(verifier.revoke_token(&token, NOW));
    sent(verifier.enroll_time_based(subscriber(), NOW, rng));
    sent(verifier.issue(pair.activation, transfer("1"), None, NOW, rng));
    sent(verifier.verify(challenge, "", attempt, NOW));
    sent(verifier.verify_password(pair.activation, "", attempt, NOW));
}

/// A verifier with one token in its books, and another on the same store.
fn verifier_of_one_token() -> (Arc<MemoryStore>, Verifier<Arc<MemoryStore>>) {
    let store = Arc::new(MemoryStore::new());
    let verifier = verifier(Arc::clone(&store), test_policy());
    block_on(verifier.register(&token_id(), &device_key(), true, NOW, &mut rng())).expect("test keys are accepted");
    (store, verifier)
}
