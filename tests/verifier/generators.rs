//! Generators that came from their makers, in the store: what a restoration, a rotation of keys and a fourth wrong guess leave of
//! them. Their passwords are compared in `tests/cli/provisioning.rs`.

use std::num::NonZeroU32;

use camtoken::Key;
use camtoken::key::{ActivationId, GeneratorId};
use camtoken::oath::Digits;
use camtoken::store::backup::{self, BackupError, Records};
use camtoken::verifier::{Moving, NewGenerator, Origin, Validity, restored};

use super::*;

type Bank = Verifier<MemoryStore>;

fn serial() -> GeneratorId {
    "2308701234567".parse().expect("a serial number")
}

/// A generator with the secret of RFC 4226, appendix D, that a user has.
fn given(bank: &Bank, moving: Moving) -> ActivationId {
    let secret = Key::new(b"12345678901234567890".to_vec());
    let origin = Origin { key: Validity { start: None, end: Some(later(10_000)) }, ..Origin::default() };
    let new = NewGenerator { id: serial(), secret: &secret, moving, origin };
    block_on(bank.register_generators(vec![new], NOW, &mut rng())).remove(0).expect("a new one");
    block_on(bank.enroll_generator(&serial(), subscriber(), NOW, &mut rng())).expect("nobody has it")
}

fn verify<S: Store>(bank: &Verifier<S>, activation: ActivationId, password: &str, at: u64) -> Result<(), Rejection> {
    let attempt = AttemptId::generate(&mut rng());
    match block_on(bank.verify_password(activation, password, attempt, later(at))).expect("decided") {
        Verdict::Accepted(accepted) => {
            assert!(accepted.transaction().is_none() && accepted.first());
            Ok(())
        }
        Verdict::Rejected(rejection) => Err(rejection),
    }
}

fn bank() -> Bank {
    verifier(MemoryStore::new(), test_policy())
}

const EVENTS: Moving = Moving::event(Digits::SIX, 0);

fn resynchronise<S: Store>(
    bank: &Verifier<S>,
    activation: ActivationId,
    passwords: [&str; 2],
    least: u64,
    at: u64,
) -> Step<()> {
    let attempt = AttemptId::generate(&mut rng());
    block_on(bank.resynchronise(activation, passwords, least, attempt, later(at))).expect("decided")
}

/// The bank of a backup that was taken just now, put back a minute later.
fn put_back(bank: &Bank, dir: &tempfile::TempDir) -> Verifier<EmbeddedStore> {
    let mut bytes = Vec::new();
    block_on(backup::write(bank.store(), &mut bytes)).expect("memory");
    let records = Records::new(bytes.as_slice()).expect("a backup");
    let vault = LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes");
    let records = records.map(|saved| restored(saved?, &vault, later(60)).map_err(|_| BackupError::Damaged));
    EmbeddedStore::restore(dir.path().join("store"), records).expect("an empty directory");
    verifier(EmbeddedStore::open(dir.path().join("store"), Duration::ZERO).expect("a whole store"), test_policy())
}

/// Which passwords were used since the backup is not known.
#[test]
fn a_restored_event_based_generator_accepts_two_consecutive_passwords_next() {
    let bank = bank();
    let activation = given(&bank, EVENTS);
    assert_eq!(block_on(bank.expire_open(later(1))).expect("memory"), 1);
    assert_eq!(verify(&bank, activation, "755224", 2), Err(Rejection::NeedsResynchronisation));
    let exposed = block_on(bank.expose_generator(&serial()));
    assert!(matches!(exposed, Err(EnrollError::NeedsResynchronisation(_))), "it would be good elsewhere: {exposed:?}");
    let attempt = AttemptId::generate(&mut rng());
    let found = block_on(bank.resynchronise(activation, ["254676", "287922"], 0, attempt, later(4)));
    assert_eq!(found.expect("decided"), Step::Done(()));
    let again = block_on(bank.resynchronise(activation, ["254676", "287922"], 0, attempt, later(4)));
    assert_eq!(again.expect("decided"), Step::Done(()), "the same attempt gets the same answer");
    let again = resynchronise(&bank, activation, ["254676", "287922"], 0, 5);
    assert!(matches!(again, Step::Rejected(Rejection::Wrong { .. })), "the counter has passed them");
    assert_eq!(verify(&bank, activation, "162583", 6), Ok(()));
}

/// The backup is of before a user had it: the record of the generator itself once came back as it was, and 755224 was good again.
#[test]
fn a_generator_that_is_given_anew_after_a_restoration_accepts_no_password_by_itself() {
    let bank = bank();
    let secret = Key::new(b"12345678901234567890".to_vec());
    let new = NewGenerator { id: serial(), secret: &secret, moving: EVENTS, origin: Origin::default() };
    block_on(bank.register_generators(vec![new], NOW, &mut rng())).remove(0).expect("a new one");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let back = put_back(&bank, &dir);
    let before = block_on(bank.enroll_generator(&serial(), subscriber(), NOW, &mut rng())).expect("free");
    assert_eq!(verify(&bank, before, "755224", 1), Ok(()));
    let activation = block_on(back.enroll_generator(&serial(), subscriber(), later(60), &mut rng())).expect("free");
    assert_eq!(verify(&back, activation, "755224", 61), Err(Rejection::NeedsResynchronisation));
    let used = resynchronise(&back, activation, ["755224", "287082"], 6, 62);
    assert!(matches!(used, Step::Rejected(Rejection::Wrong { .. })), "the bank knows of six: {used:?}");
    assert_eq!(resynchronise(&back, activation, ["287922", "162583"], 6, 63), Step::Done(()));
    assert_eq!(verify(&back, activation, "399871", 64), Ok(()));
}

/// Suspended when the backup was taken, revoked after it was put back, and given to another.
#[test]
fn a_generator_that_changes_hands_after_a_restoration_accepts_no_password_by_itself() {
    let bank = bank();
    let first = given(&bank, EVENTS);
    block_on(bank.suspend(first, later(1))).expect("it is active");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let back = put_back(&bank, &dir);
    block_on(back.revoke(first, later(61))).expect("it is known");
    let next = block_on(back.enroll_generator(&serial(), subscriber(), later(62), &mut rng())).expect("free");
    assert_eq!(verify(&back, next, "755224", 63), Err(Rejection::NeedsResynchronisation));
}

/// It was used at another bank up to counter 7; its own record was once put back to 0, and 287922 of counter 6 was good here.
#[test]
fn a_generator_that_comes_back_from_another_bank_has_what_was_used_there_used() {
    let bank = bank();
    let activation = given(&bank, EVENTS);
    let import = |moving| {
        let secret = Key::new(b"12345678901234567890".to_vec());
        let new = NewGenerator { id: serial(), secret: &secret, moving, origin: Origin::default() };
        block_on(bank.register_generators(vec![new], later(1), &mut rng())).remove(0)
    };
    import(Moving::event(Digits::SIX, 7)).expect("the same generator");
    assert!(matches!(verify(&bank, activation, "254676", 2), Err(Rejection::Wrong { .. })), "counter 5");
    assert_eq!(verify(&bank, activation, "287922", 2), Err(Rejection::AlreadySettled), "counter 6");
    assert_eq!(verify(&bank, activation, "162583", 3), Ok(()), "counter 7");
    import(EVENTS).expect("an old file");
    assert_eq!(verify(&bank, activation, "162583", 4), Err(Rejection::AlreadySettled));
    let Totp { hash, digits, step_secs, .. } = Totp::default();
    let time = Moving::Time { hash, digits, step_secs, drift: 0, last_step: None };
    for other in [Moving::event(Digits::EIGHT, 0), time] {
        let refused = import(other);
        assert!(matches!(refused, Err(EnrollError::GeneratorExists(_))), "{other:?}: {refused:?}");
    }
}

/// The value of the counter 2^64-1, by Python's hmac, was once accepted as often as it was sent.
#[test]
fn the_last_value_of_a_counter_is_never_accepted() {
    let bank = bank();
    let activation = given(&bank, Moving::event(Digits::SIX, u64::MAX - 1));
    assert_eq!(verify(&bank, activation, "488204", 1), Ok(()), "the one before");
    for _ in 0..2 {
        assert_eq!(verify(&bank, activation, "094451", 1), Err(Rejection::AlreadySettled));
    }
}

/// RFC 6238, appendix B, with steps of 60 s: a restoration spends what may have been used, also by a clock that was found to be an
/// hour ahead since the backup.
#[test]
fn a_restored_time_based_generator_accepts_what_comes_after() {
    let bank = bank();
    let totp = Totp { step_secs: NonZeroU32::new(60).expect("not 0"), ..Totp::default() };
    let Totp { hash, digits, step_secs, .. } = totp;
    let activation = given(&bank, Moving::Time { hash, digits, step_secs, drift: 0, last_step: None });
    let key = Key::new(b"12345678901234567890".to_vec());
    let password = |at| totp.respond(&key, later(at)).expose_str().to_owned();
    assert_eq!(block_on(bank.expire_open(NOW)).expect("memory"), 1);
    assert_eq!(verify(&bank, activation, &password(0), 0), Err(Rejection::AlreadySettled));
    for minute in [41, 61] {
        let at = 60 * minute;
        assert_eq!(verify(&bank, activation, &password(at), at), Err(Rejection::AlreadySettled), "{minute}");
    }
    assert_eq!(verify(&bank, activation, &password(60 * 62), 60 * 62), Ok(()));
}

/// A generator whose clock is right, of the secret of RFC 6238, and what it shows so many seconds later.
fn timed(bank: &Bank) -> (ActivationId, impl Fn(u64) -> String) {
    let totp = Totp::default();
    let Totp { hash, digits, step_secs, .. } = totp;
    let activation = given(bank, Moving::Time { hash, digits, step_secs, drift: 0, last_step: None });
    let key = Key::new(b"12345678901234567890".to_vec());
    (activation, move |at| totp.respond(&key, later(at)).expose_str().to_owned())
}

/// Each once moved the window back by a step, and a prompt user was then wrong five times.
#[test]
fn passwords_that_are_typed_late_do_not_move_the_window() {
    let bank = bank();
    let (activation, password) = timed(&bank);
    for at in [300, 600, 900] {
        assert_eq!(verify(&bank, activation, &password(at), at + 30), Ok(()), "a step late");
    }
    assert_eq!(verify(&bank, activation, &password(1200), 1200), Ok(()), "in time");
    assert!(matches!(verify(&bank, activation, &password(1500), 1560), Err(Rejection::Wrong { .. })), "two steps late");
    assert_eq!(verify(&bank, activation, &password(1830), 1800), Ok(()), "a fast clock");
    assert_eq!(verify(&bank, activation, &password(2160), 2100), Ok(()), "faster still");
}

/// Three passwords that were seen 25 minutes ago once found the clock there, and the third was good.
#[test]
fn passwords_of_long_ago_find_no_clock() {
    let bank = bank();
    let (activation, password) = timed(&bank);
    let found = |passwords: [u64; 2], at| {
        let [one, two] = passwords.map(&password);
        resynchronise(&bank, activation, [&one, &two], 0, at)
    };
    assert!(matches!(found([300, 330], 1830), Step::Rejected(Rejection::Wrong { .. })), "25 minutes");
    assert_eq!(found([1260, 1290], 1890), Step::Done(()), "ten minutes");
    assert_eq!(verify(&bank, activation, &password(1320), 1920), Ok(()));
    assert_eq!(found([3690, 3720], 2520), Step::Done(()), "half an hour ahead of what was known");
    assert!(matches!(found([4710, 4740], 2910), Step::Rejected(Rejection::Wrong { .. })), "more");
}

/// Such a generator was once found, and then refused: its record cannot say how far its clock is off.
#[test]
fn a_generator_without_a_makers_file_is_not_resynchronised() {
    let bank = bank();
    let (activation, secret) = block_on(bank.enroll_time_based(subscriber(), NOW, &mut rng())).expect("memory");
    let password = |at| Totp::default().respond(&secret, later(at)).expose_str().to_owned();
    let (first, next) = (password(1200), password(1230));
    let attempt = AttemptId::generate(&mut rng());
    let found = block_on(bank.resynchronise(activation, [&first, &next], 0, attempt, NOW));
    assert_eq!(found.expect("decided"), Step::Rejected(Rejection::Unknown));
    assert_eq!(verify(&bank, activation, &password(0), 0), Ok(()));
}

#[test]
fn wrong_passwords_suspend_a_generator_and_its_dates_end_it() {
    let bank = bank();
    let activation = given(&bank, EVENTS);
    assert_eq!(verify(&bank, activation, "755224", 10_001), Err(Rejection::KeyExpired));
    assert_eq!(verify(&bank, activation, "75522", 1), Err(Rejection::Malformed { digits: 6 }));
    for tries_left in [4, 3, 2, 1] {
        assert_eq!(verify(&bank, activation, "000000", 1), Err(Rejection::Wrong { tries_left, suspended: false }));
    }
    assert_eq!(verify(&bank, activation, "000000", 1), Err(Rejection::Wrong { tries_left: 0, suspended: true }));
    assert_eq!(verify(&bank, activation, "755224", 1), Err(Rejection::Suspended));
    let taken = block_on(bank.enroll_generator(&serial(), subscriber(), NOW, &mut rng()));
    assert!(matches!(taken, Err(EnrollError::GeneratorTaken(_))), "{taken:?}");
    block_on(bank.revoke(activation, later(2))).expect("it is known");
    let late = block_on(bank.enroll_generator(&serial(), subscriber(), later(10_001), &mut rng()));
    assert!(matches!(late, Err(EnrollError::OutOfValidity { .. })), "{late:?}");
}

#[test]
fn a_check_and_a_rotation_know_generators() {
    let old = || Key::new((9..41).collect());
    let store = Arc::new(MemoryStore::new());
    let bank = |keys: &[Key]| {
        let wrapper = Box::new(LocalKeyWrapper::new(keys).expect("keys of 32 bytes"));
        Verifier::new(Arc::clone(&store), wrapper, test_policy(), "Bank", &mut rng()).expect("set up")
    };
    let first = bank(&[old()]);
    let secret = Key::new(b"12345678901234567890".to_vec());
    let new = NewGenerator { id: serial(), secret: &secret, moving: EVENTS, origin: Origin::default() };
    block_on(first.register_generators(vec![new], NOW, &mut rng())).remove(0).expect("a new one");
    let inventory = block_on(first.check(NOW)).expect("memory");
    assert_eq!((inventory.generators, inventory.findings.len()), (1, 0));

    let newer = || Key::new((50..82).collect());
    assert_eq!(block_on(bank(&[newer(), old()]).rewrap(&mut rng())).expect("memory"), 1);
    let (exposed, moving) = block_on(bank(&[newer()]).expose_generator(&serial())).expect("under the new key");
    assert_eq!((exposed.expose_bytes(), moving), (secret.expose_bytes(), EVENTS));
    assert!(block_on(bank(&[old()]).expose_generator(&serial())).is_err());
}
