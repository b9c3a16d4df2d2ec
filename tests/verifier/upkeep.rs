//! Restored backups, checks of the records, re-wrapped keys.

use camtoken::Timestamp;
use camtoken::store::backup::{self, BackupError, Records, Saved};
use camtoken::verifier::{Inventory, RecordFault, StoreFinding, restored};

use super::*;

/// The bytes of a backup.
pub fn saved<S: Store>(store: &S) -> Vec<u8> {
    let mut bytes = Vec::new();
    block_on(backup::write(store, &mut bytes)).expect("the store answers");
    bytes
}

/// A store made from a backup as `camtoken store restore` makes it.
pub fn put_back(bytes: &[u8], dir: &std::path::Path, now: Timestamp) -> Result<u64, BackupError> {
    let vault = LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes");
    let records = Records::new(bytes)?.map(|saved| restored(saved?, &vault, now).map_err(|_| BackupError::Damaged));
    EmbeddedStore::restore(dir, records)
}

fn open(dir: &std::path::Path) -> EmbeddedStore {
    EmbeddedStore::open(dir, Duration::ZERO).expect("a whole store")
}

/// What is wrong in a store, and what it holds.
fn check<S: Store>(verifier: &Verifier<S>) -> Inventory {
    block_on(verifier.check(later(1_000_000))).expect("the store answers")
}

#[test]
fn a_response_that_was_accepted_after_the_backup_is_not_accepted_again() {
    on_every_store!(store => {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let pair = Pair::new(store, test_policy());
        let (done, done_response) = pair.issue("1", NOW);
        assert!(pair.verify(done, &done_response, NOW).is_accepted());
        let (challenge, response) = pair.issue("2", NOW);
        let backup = saved(pair.verifier.store());
        let attempt = AttemptId::generate(&mut rng());
        assert!(pair.verify_as(attempt, challenge, &response, later(10)).is_accepted(), "after the backup");

        assert_eq!(put_back(&backup, dir.path(), later(60)).expect("a whole backup"), 2);
        let Pair { activation, key, suite, .. } = pair;
        let pair = Pair { verifier: verifier(open(dir.path()), test_policy()), activation, key, suite };
        assert_eq!(rejected(&pair.verify(challenge, &response, later(61))), Rejection::Superseded);
        assert_eq!(rejected(&pair.verify_as(attempt, challenge, &response, later(61))), Rejection::Superseded);
        assert_eq!(rejected(&pair.verify(done, &done_response, later(61))), Rejection::AlreadySettled);
        assert_eq!(pair.events(), ["Enrolled", "SecondCode", "Activated", "Issued", "Accepted", "Issued", "Restored"]);

        let (next, response) = pair.issue("3", later(62));
        assert!(pair.verify(next, &response, later(63)).is_accepted(), "the activation goes on");
        let inventory = check(&pair.verifier);
        assert_eq!((inventory.activations, inventory.tokens, inventory.findings), (1, 1, vec![]));
    });
}

#[test]
fn half_a_registration_and_used_time_steps_do_not_come_back() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let before = verifier(MemoryStore::new(), test_policy());
    block_on(before.register(&token_id(), &device_key(), true, NOW, &mut rng())).expect("test keys are accepted");
    let first = block_on(before.enroll(&token_id(), subscriber(), NOW, &mut rng())).expect("a free place");
    let (time_based, secret) = block_on(before.enroll_time_based(subscriber(), NOW, &mut rng())).expect("decided");
    let backup = saved(before.store());
    let password = |now| Totp::default().respond(&secret, now).expose_str().to_owned();
    let attempt = || AttemptId::generate(&mut rng());
    let used = password(later(30));
    let verdict = block_on(before.verify_password(time_based, &used, attempt(), NOW)).expect("decided");
    assert!(verdict.is_accepted(), "the next step, by a generator that is fast");

    put_back(&backup, dir.path(), NOW).expect("a whole backup");
    let after = verifier(open(dir.path()), test_policy());
    let verify = |response: &str, now| {
        block_on(after.verify_password(time_based, response, attempt(), now)).expect("the store answers")
    };
    assert!(!verify(&used, later(1)).is_accepted());
    assert!(!verify(&used, later(31)).is_accepted());
    assert!(verify(&password(later(60)), later(61)).is_accepted(), "a minute later it goes on");
    let record = block_on(after.activation(first.activation)).expect("the store answers").expect("it was saved");
    assert_eq!(record.state(), ActivationState::Reset);
    assert!(block_on(after.enrollment_code(first.activation, later(1))).expect("decided").is_none());
    block_on(after.enroll(&token_id(), subscriber(), later(2), &mut rng())).expect("it may be begun again");
}

/// For books that were put back by copying files or by another program.
#[test]
fn what_is_open_can_be_voided_in_place() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let (challenge, response) = pair.issue("1", NOW);
        let void = || block_on(pair.verifier.expire_open(later(5))).expect("the store answers");
        assert_eq!((void(), void()), (1, 0), "there is nothing left the second time");
        assert_eq!(rejected(&pair.verify(challenge, &response, later(6))), Rejection::Superseded);
        assert_eq!(pair.events().last().map(String::as_str), Some("Restored"));
        assert_eq!(check(&pair.verifier).findings, []);
    });
}

#[test]
fn a_backup_is_taken_while_others_write() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pair = Arc::new(Pair::new(open(&dir.path().join("store")), test_policy()));
    let enough = Arc::new(AtomicUsize::new(0));
    let writing = std::thread::spawn({
        let (pair, enough) = (Arc::clone(&pair), Arc::clone(&enough));
        move || {
            while enough.load(Ordering::Relaxed) == 0 {
                let (challenge, response) = pair.issue("1", NOW);
                assert!(pair.verify(challenge, &response, NOW).is_accepted());
            }
        }
    });
    for round in 0..20 {
        let restored = dir.path().join(round.to_string());
        put_back(&saved(pair.verifier.store()), &restored, NOW).expect("a whole backup");
        let inventory = check(&verifier(open(&restored), test_policy()));
        assert_eq!((inventory.activations, inventory.findings), (1, vec![]), "in round {round}");
    }
    enough.store(1, Ordering::Relaxed);
    writing.join().expect("it has verified all the time");
}

#[test]
fn a_store_is_restored_whole_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let target = dir.path().join("store");
    let pair = Pair::new(MemoryStore::new(), test_policy());
    let backup = saved(pair.verifier.store());
    let cut_off = put_back(&backup[..backup.len() - 1], &target, NOW);
    assert!(matches!(cut_off, Err(BackupError::CutOff)), "{cut_off:?}");
    assert!(!target.join("format").exists());
    put_back(&backup, &target, NOW).expect("what is left of the attempt is in nobody's way");
    let again = put_back(&backup, &target, NOW);
    assert!(matches!(again, Err(BackupError::Store(StoreError::Exists))), "{again:?}");
    assert_eq!(check(&verifier(open(&target), test_policy())).findings, []);
}

#[test]
fn a_check_finds_what_is_wrong() {
    let pair = Pair::new(MemoryStore::new(), test_policy());
    let records: Vec<Saved> =
        Records::new(&saved(pair.verifier.store())[..]).expect("a backup").map(|saved| saved.expect("whole")).collect();
    let (activation, token) = (RecordId::Activation(pair.activation), RecordId::Token(token_id()));
    let faults = |change: &dyn Fn(&mut Saved) -> bool, kek: u8| -> Vec<(RecordId, RecordFault)> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut records = records.clone();
        records.retain_mut(change);
        EmbeddedStore::restore(dir.path(), records.into_iter().map(Ok::<_, StoreError>)).expect("they are stored");
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new((kek..kek + 32).collect())]).expect("a key of 32 bytes"));
        let verifier = Verifier::new(open(dir.path()), vault, test_policy(), "Bank", &mut rng()).expect("set up");
        check(&verifier).findings.into_iter().map(|finding| (finding.record, finding.fault)).collect()
    };
    let of_activation = |saved: &Saved| saved.id == activation;

    assert_eq!(faults(&|_| true, 9), []);
    assert_eq!(faults(&|saved| of_activation(saved), 9), [(activation.clone(), RecordFault::NoToken(token_id()))]);
    assert_eq!(faults(&|saved| !of_activation(saved), 9), [], "a place that is not taken");
    let key = RecordFault::Key(KeyWrapError::KeyEncryptionKey);
    assert_eq!(faults(&|_| true, 8), [(activation.clone(), key.clone()), (token.clone(), key)]);
    let cut = |saved: &mut Saved| {
        if of_activation(saved) {
            saved.audit.pop();
        }
        true
    };
    assert_eq!(faults(&cut, 9), [(activation.clone(), RecordFault::Audit(AuditError::End))]);
    let altered = |saved: &mut Saved| {
        if !of_activation(saved) {
            let digit = saved.audit[0].1.iter().position(|byte| *byte == b'2').expect("the year");
            saved.audit[0].1[digit] = b'3';
        }
        true
    };
    let found = faults(&altered, 9);
    assert!(matches!(&found[..], [(id, RecordFault::Audit(_))] if *id == token), "{found:?}");
    let unreadable = |saved: &mut Saved| {
        if of_activation(saved) {
            saved.record.truncate(20);
        }
        true
    };
    let found = faults(&unreadable, 9);
    assert!(matches!(&found[..], [(id, RecordFault::Record(_))] if *id == activation), "{found:?}");
}

#[test]
fn keys_are_wrapped_anew_while_they_are_used() {
    on_every_store!(store => {
        let old = Pair::new(store, test_policy());
        let (time_based, _) = block_on(old.verifier.enroll_time_based(subscriber(), NOW, &mut rng())).expect("decided");
        let (challenge, response) = old.issue("1", NOW);
        let store = old.verifier.store();
        let with = |keks: &[u8]| {
            let keys: Vec<Key> = keks.iter().map(|kek| Key::new((*kek..*kek + 32).collect())).collect();
            let vault = Box::new(LocalKeyWrapper::new(&keys).expect("keys of 32 bytes"));
            Verifier::new(store, vault, test_policy(), "Bank", &mut rng()).expect("set up")
        };
        let rewrap = |verifier: &Verifier<&_>| block_on(verifier.rewrap(&mut rng())).expect("both keys are here");
        let both = with(&[10, 9]);
        assert_eq!((rewrap(&both), rewrap(&both)), (3, 0), "two activations and the token, once");
        let new = with(&[10]);
        assert_eq!(check(&new).findings, []);
        let attempt = AttemptId::generate(&mut rng());
        assert!(block_on(new.verify(challenge, &response, attempt, NOW)).expect("decided").is_accepted());
        assert!(block_on(new.activation(time_based)).expect("decided").is_some());
        assert!(matches!(block_on(with(&[9]).rewrap(&mut rng())), Err(VerifierError::KeyWrapper(_))));
    });
}

/// A backup lies about on other disks: no key is in it in the clear.
#[test]
fn a_backup_holds_no_key() {
    let pair = Pair::new(MemoryStore::new(), test_policy());
    let bytes = saved(pair.verifier.store());
    for secret in [device_key().expose_bytes(), pair.key.expose_bytes()] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

/// A verifier with another key-encryption key would wrap new keys under it, and the next start could not open them.
#[test]
fn a_store_knows_its_key_encryption_key() {
    on_every_store!(store => {
        let with = |keks: &[u8]| {
            let keys: Vec<Key> = keks.iter().map(|kek| Key::new((*kek..*kek + 32).collect())).collect();
            let vault = Box::new(LocalKeyWrapper::new(&keys).expect("keys of 32 bytes"));
            Verifier::new(&store, vault, test_policy(), "Bank", &mut rng()).expect("set up")
        };
        let fits = |keks: &[u8]| match block_on(with(keks).check_key(&mut rng())) {
            Ok(()) => true,
            Err(VerifierError::KeyMismatch) => false,
            Err(error) => panic!("{error}"),
        };
        assert!(fits(&[9]), "a new store takes any");
        assert_eq!([fits(&[9]), fits(&[8]), fits(&[8, 7])], [true, false, false], "and no other afterwards");
        let mut rotated = with(&[10, 9]);
        assert!(block_on(rotated.check_key(&mut rng())).is_ok(), "while the key is changed, both are given");
        assert!(fits(&[9]), "nothing was wrapped under the new one yet");
        assert_eq!(block_on(rotated.rewrap(&mut rng())).expect("both keys are here"), 0);
        assert_eq!([fits(&[10]), fits(&[9]), fits(&[11, 10])], [true, false, true]);
        assert_eq!(check(&with(&[10])).findings, []);
        let found = check(&with(&[9])).findings;
        let fault = RecordFault::Key(KeyWrapError::KeyEncryptionKey);
        assert_eq!(found, [StoreFinding { record: RecordId::KeyCheck, fault }]);
        rotated = with(&[10]);
        assert_eq!(block_on(rotated.rewrap(&mut rng())).expect("the key is here"), 0);
    });
}

/// Stores of before the key-check value have none: a key that they hold has to open.
#[test]
fn a_store_without_a_key_check_value_is_proven_by_its_keys() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let store = pair.verifier.store();
        let with = |kek: u8| {
            let vault = Box::new(LocalKeyWrapper::new(&[Key::new((kek..kek + 32).collect())]).expect("a key of 32 bytes"));
            Verifier::new(store, vault, test_policy(), "Bank", &mut rng()).expect("set up")
        };
        let other = block_on(with(8).check_key(&mut rng()));
        assert!(matches!(other, Err(VerifierError::KeyMismatch)), "{other:?}");
        assert!(block_on(store.load(&RecordId::KeyCheck)).expect("it answers").is_none(), "nothing was written");
        block_on(with(9).check_key(&mut rng())).expect("it opens the keys");
        let written = block_on(store.load(&RecordId::KeyCheck)).expect("it answers").expect("just written");
        assert_eq!(written.revision, Revision::ABSENT.next());
        let other = block_on(with(8).check_key(&mut rng()));
        assert!(matches!(other, Err(VerifierError::KeyMismatch)), "{other:?}");

        // A backup takes the value along.
        let dir = tempfile::tempdir().expect("a temporary directory");
        put_back(&saved(store), &dir.path().join("restored"), NOW).expect("a whole backup");
        let restored = open(&dir.path().join("restored"));
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new((8..40).collect())]).expect("a key of 32 bytes"));
        let verifier = Verifier::new(restored, vault, test_policy(), "Bank", &mut rng()).expect("set up");
        assert!(matches!(block_on(verifier.check_key(&mut rng())), Err(VerifierError::KeyMismatch)));
    });
}
