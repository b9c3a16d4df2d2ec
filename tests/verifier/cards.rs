//! Cards (OCRA): each question is answered once. The values are those of RFC 6287, appendix C.1; others are by Python's HMAC.

use std::convert::Infallible;

use camtoken::Key;
use camtoken::key::GeneratorId;
use camtoken::oath::ocra::Suite;
use camtoken::store::backup::{self, BackupError, Records};
use camtoken::verifier::{CardSuite, IssuedQuestion, Moving, NewGenerator, Origin, restored};
use rand::rand_core::{TryCryptoRng, TryRng};

use super::*;

/// With these random numbers, each digit of a question is this one, as in the questions of the RFC.
struct EachDigit(u8);

impl TryRng for EachDigit {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((u32::MAX / 20) * (2 * u32::from(self.0) + 1))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok((u64::MAX / 20) * (2 * u64::from(self.0) + 1))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for EachDigit {}

/// The responses to the questions 00000000, 11111111 and so on, with the counter 0, 1 and so on.
const COUNTED: [&str; 10] = [
    "07016083", "63947962", "70123924", "25341727", "33203315", "34205738", "44343969", "51946085", "20403879",
    "31409299",
];

fn card(suite: &str) -> Moving {
    let suite: Suite = suite.parse().expect("a suite");
    Moving::card(CardSuite::new(&suite, None).expect("a card's"), 0)
}

fn given<S: Store>(bank: &Verifier<S>, suite: &str, secret: &str) -> ActivationId {
    let id: GeneratorId = "A0012341234567".parse().expect("a serial number");
    let secret = Key::new(secret.as_bytes().to_vec());
    let new = NewGenerator { id: id.clone(), secret: &secret, moving: card(suite), origin: Origin::default() };
    block_on(bank.register_generators(vec![new], NOW, &mut rng())).remove(0).expect("a new one");
    block_on(bank.enroll_generator(&id, subscriber(), NOW, &mut rng())).expect("nobody has it")
}

fn counted<S: Store>(bank: &Verifier<S>) -> ActivationId {
    let secret = "1234567890123456789012345678901234567890123456789012345678901234";
    given(bank, "OCRA-1:HOTP-SHA512-8:C-QN08", secret)
}

fn plain<S: Store>(bank: &Verifier<S>) -> ActivationId {
    given(bank, "OCRA-1:HOTP-SHA1-6:QN08", "12345678901234567890")
}

fn ask<S: Store>(bank: &Verifier<S>, activation: ActivationId, digit: u8, at: u64) -> IssuedQuestion {
    let asked = block_on(bank.issue_question(activation, None, None, later(at), &mut EachDigit(digit)));
    let asked = asked.expect("a card is asked");
    assert_eq!(asked.question, digit.to_string().repeat(8));
    asked
}

fn answer<S: Store>(bank: &Verifier<S>, activation: ActivationId, response: &str, at: u64) -> Result<bool, Rejection> {
    answer_as(bank, activation, response, AttemptId::generate(&mut rng()), at)
}

/// Whether it was accepted for the first time.
fn answer_as<S: Store>(
    bank: &Verifier<S>,
    activation: ActivationId,
    response: &str,
    attempt: AttemptId,
    at: u64,
) -> Result<bool, Rejection> {
    match block_on(bank.verify_password(activation, response, attempt, later(at))).expect("decided") {
        Verdict::Accepted(accepted) => {
            assert!(accepted.transaction().is_none() && accepted.challenge().is_none(), "a card shows none");
            Ok(accepted.first())
        }
        Verdict::Rejected(rejection) => Err(rejection),
    }
}

#[test]
fn a_question_is_answered_once() {
    on_every_store!(store => {
        let bank = verifier(store, test_policy());
        let activation = plain(&bank);
        assert_eq!(answer(&bank, activation, "237653", 0), Err(Rejection::Unknown), "nothing was asked");
        ask(&bank, activation, 0, 1);
        let attempt = AttemptId::generate(&mut rng());
        assert_eq!(answer_as(&bank, activation, "237 653", attempt, 2), Ok(true));
        assert_eq!(answer_as(&bank, activation, "237653", attempt, 3), Ok(false), "the same attempt");
        assert_eq!(answer(&bank, activation, "237653", 4), Err(Rejection::AlreadySettled));
        ask(&bank, activation, 1, 5);
        assert!(matches!(answer(&bank, activation, "237653", 6), Err(Rejection::Wrong { .. })), "of the question before");
        assert_eq!(answer(&bank, activation, "243178", 7), Ok(true));
        let known = block_on(bank.activation(activation)).expect("a store").expect("it is known");
        assert_eq!((known.kind(), known.token(), known.has_signed()), ("card", None, true));
        let history = block_on(bank.audit(activation)).expect("whole").into_entries().expect("unbroken");
        let events: Vec<_> = history.iter().map(|entry| entry.event).collect();
        use AuditEvent::{Accepted, Activated, Issued, Wrong};
        assert_eq!(events, [Activated, Issued, Accepted, Issued, Wrong, Accepted]);
    });
}

#[test]
fn a_question_ends_by_its_time_by_the_last_wrong_response_and_by_the_next_one() {
    let bank = verifier(MemoryStore::new(), test_policy());
    let activation = plain(&bank);
    let asked = ask(&bank, activation, 0, 0);
    let end = asked.expires_at.since(NOW).as_secs();
    assert_eq!(answer(&bank, activation, "237653", end), Err(Rejection::Expired));
    ask(&bank, activation, 0, end);
    for left in [2, 1, 0] {
        let wrong = Rejection::Wrong { tries_left: left, suspended: false };
        assert_eq!(answer(&bank, activation, "000000", end + 1), Err(wrong));
    }
    assert_eq!(answer(&bank, activation, "237653", end + 2), Err(Rejection::Exhausted));
    ask(&bank, activation, 1, end + 3);
    ask(&bank, activation, 0, end + 4);
    let wrong = Rejection::Wrong { tries_left: 1, suspended: false };
    assert_eq!(answer(&bank, activation, "243178", end + 5), Err(wrong), "the question before");
    block_on(bank.suspend(activation, later(end + 6))).expect("it is active");
    let refused = block_on(bank.issue_question(activation, None, None, later(end + 7), &mut rng()));
    assert!(matches!(refused, Err(IssueError::Refused(Rejection::Suspended))), "{refused:?}");
    block_on(bank.resume(activation, later(end + 8))).expect("it is suspended");
    assert_eq!(answer(&bank, activation, "237653", end + 9), Err(Rejection::Superseded), "asked before");
}

#[test]
fn a_retried_request_gets_the_same_question() {
    let bank = verifier(MemoryStore::new(), test_policy());
    let activation = plain(&bank);
    let attempt = AttemptId::generate(&mut rng());
    let ask_as = |at| block_on(bank.issue_question(activation, None, Some(attempt), later(at), &mut rng()));
    let first = ask_as(0).expect("asked");
    assert_eq!(ask_as(9).expect("asked"), first);
    let next = block_on(bank.issue_question(activation, None, None, later(10), &mut rng())).expect("asked");
    assert_ne!(next.question, first.question);
    let long = block_on(bank.issue_question(activation, Some(Policy::MAX_LIFETIME * 2), None, NOW, &mut rng()));
    assert!(matches!(long, Err(IssueError::Policy(_))), "{long:?}");
}

/// A card is no camera token, and none is taken for the other.
#[test]
fn only_a_card_is_asked_a_question_and_it_is_never_put_a_challenge() {
    let bank = verifier(MemoryStore::new(), test_policy());
    let activation = plain(&bank);
    let challenged = block_on(bank.issue(activation, transfer("1250000"), None, NOW, &mut rng()));
    assert!(matches!(challenged, Err(IssueError::Refused(Rejection::Unknown))), "{challenged:?}");
    let (time_based, _) = block_on(bank.enroll_time_based(subscriber(), NOW, &mut rng())).expect("fit");
    let nobody = "6aae9e4192c3".parse().expect("an ID");
    for other in [time_based, nobody] {
        let asked = block_on(bank.issue_question(other, None, None, NOW, &mut rng()));
        assert!(matches!(asked, Err(IssueError::Refused(Rejection::Unknown))), "{asked:?}");
    }
}

#[test]
fn a_counter_goes_on_and_is_found_a_few_responses_ahead() {
    let bank = verifier(MemoryStore::new(), test_policy());
    let activation = counted(&bank);
    for (at, digit) in (0..).zip([0, 1, 4, 9]) {
        ask(&bank, activation, digit, 10 * at);
        assert_eq!(answer(&bank, activation, COUNTED[usize::from(digit)], 10 * at + 1), Ok(true), "counter {digit}");
    }
    ask(&bank, activation, 8, 50);
    let wrong = answer(&bank, activation, COUNTED[8], 51);
    assert!(matches!(wrong, Err(Rejection::Wrong { .. })), "the counter has passed 8: {wrong:?}");
    ask(&bank, activation, 3, 60);
    assert!(matches!(answer(&bank, activation, "20708122", 61), Err(Rejection::Wrong { .. })), "counter 500");
    // The customer types the question twice: counters 501 and 502.
    let resynchronise = |responses: [&str; 2], at| {
        let attempt = AttemptId::generate(&mut rng());
        block_on(bank.resynchronise(activation, responses, 0, attempt, later(at))).expect("decided")
    };
    let apart = resynchronise(["20708122", "48735265"], 62);
    assert!(matches!(apart, Step::Rejected(Rejection::Wrong { .. })), "500 and 502: {apart:?}");
    assert_eq!(resynchronise(["86589096", "48735265"], 63), Step::Done(()));
    assert_eq!(answer(&bank, activation, "48689941", 64), Err(Rejection::AlreadySettled), "the question was answered");
    ask(&bank, activation, 4, 65);
    assert_eq!(answer(&bank, activation, "00122425", 66), Ok(true), "counter 503");
    let (_, moving) = block_on(bank.expose_generator(&"A0012341234567".parse().expect("an ID"))).expect("known");
    assert!(matches!(moving, Moving::Card { next: 504, .. }), "{moving:?}");
}

#[test]
fn a_card_without_a_counter_is_not_resynchronised() {
    let bank = verifier(MemoryStore::new(), test_policy());
    let activation = plain(&bank);
    ask(&bank, activation, 0, 0);
    let attempt = AttemptId::generate(&mut rng());
    let none = block_on(bank.resynchronise(activation, ["237653", "237653"], 0, attempt, later(1))).expect("decided");
    assert!(matches!(none, Step::Rejected(Rejection::Wrong { .. })), "{none:?}");
}

/// Responses to the question of a backup may have been accepted since, and its counter have gone on.
#[test]
fn a_restored_card_answers_no_question_of_before() {
    for has_counter in [false, true] {
        let bank = verifier(MemoryStore::new(), test_policy());
        let activation = if has_counter { counted(&bank) } else { plain(&bank) };
        ask(&bank, activation, 0, 0);
        let mut bytes = Vec::new();
        block_on(backup::write(bank.store(), &mut bytes)).expect("memory");
        let records = Records::new(bytes.as_slice()).expect("a backup");
        let vault = LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes");
        let records = records.map(|saved| restored(saved?, &vault, later(60)).map_err(|_| BackupError::Damaged));
        let dir = tempfile::tempdir().expect("a temporary directory");
        EmbeddedStore::restore(dir.path().join("store"), records).expect("an empty directory");
        let store = EmbeddedStore::open(dir.path().join("store"), Duration::ZERO).expect("a whole store");
        let back = verifier(store, test_policy());
        let response = if has_counter { COUNTED[0] } else { "237653" };
        let expected = if has_counter { Rejection::NeedsResynchronisation } else { Rejection::Superseded };
        assert_eq!(answer(&back, activation, response, 61), Err(expected));
        if has_counter {
            ask(&back, activation, 3, 62);
            let attempt = AttemptId::generate(&mut rng());
            let both = ["20708122", "86589096"];
            let found = block_on(back.resynchronise(activation, both, 0, attempt, later(63))).expect("decided");
            assert_eq!(found, Step::Done(()));
            ask(&back, activation, 4, 64);
            assert_eq!(answer(&back, activation, "58850361", 65), Ok(true), "counter 502");
        } else {
            ask(&back, activation, 1, 62);
            assert_eq!(answer(&back, activation, "243178", 63), Ok(true));
        }
    }
}
