//! A disk that returns other bytes than were written: whichever byte of whichever record it is, there is a repair that keeps the rest.

use camtoken::store::backup::{Records, Saved};
use camtoken::verifier::{Damage, OtherKeys, RecordFault, restored, restored_or_ended};

use super::upkeep::saved;
use super::*;

/// A store that returns one record otherwise than it was written, until it is written again.
struct Damaged<S> {
    store: S,
    id: RecordId,
    byte: usize,
    bits: u8,
    written: std::sync::atomic::AtomicBool,
}

impl<S: Store> Store for Damaged<S> {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        let Some(mut found) = self.store.load(id).await? else { return Ok(None) };
        if *id == self.id && !self.written.load(Ordering::Acquire) {
            let mut bytes = found.record.to_vec();
            bytes[self.byte] ^= self.bits;
            found.record = bytes.into();
        }
        Ok(Some(found))
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        let replaced = self.store.replace(id, expected, change).await?;
        if *id == self.id && matches!(replaced, Replaced::Yes(_)) {
            self.written.store(true, Ordering::Release);
        }
        Ok(replaced)
    }

    forward!(list audit_page);
}

/// A sealed store with a token and its activation, which has an open challenge.
fn pair() -> (Pair<MemoryStore>, ChallengeRef, String) {
    let store = MemoryStore::new();
    let new = verifier(store, test_policy());
    block_on(new.check_key(&mut rng())).expect("a new store");
    let (activation, key, suite) = register(&new);
    let pair = Pair { verifier: new, activation, key, suite };
    let (challenge, response) = pair.issue("1", NOW);
    (pair, challenge, response)
}

/// The same with a store that returns one byte of a record otherwise.
fn damaged<'s>(before: &'s Verifier<MemoryStore>, id: &RecordId, byte: usize) -> Verifier<Damaged<&'s MemoryStore>> {
    let bits = [0x01, 0x80, 0xff][byte % 3];
    let store = Damaged { store: before.store(), id: id.clone(), byte, bits, written: false.into() };
    let after = verifier(store, test_policy());
    block_on(after.check_key(&mut rng())).expect("the key is right");
    after
}

fn findings<S: Store>(verifier: &Verifier<S>) -> Vec<(RecordId, RecordFault)> {
    let findings = block_on(verifier.check(later(1_000))).expect("the store answers").findings;
    findings.into_iter().map(|finding| (finding.record, finding.fault)).collect()
}

fn size<S: Store>(store: &S, id: &RecordId) -> usize {
    block_on(store.load(id)).expect("it answers").expect("a record").record.len()
}

#[test]
fn whatever_byte_of_an_activation_is_damaged_it_is_ended_and_accepts_nothing() {
    let (known, ..) = pair();
    let len = size(known.verifier.store(), &RecordId::Activation(known.activation));
    for byte in 0..len {
        let (Pair { verifier: before, activation, key, suite }, challenge, response) = pair();
        let id = RecordId::Activation(activation);
        let pair = Pair { verifier: damaged(&before, &id, byte), activation, key, suite };
        assert!(findings(&pair.verifier).iter().any(|(record, _)| *record == id), "byte {byte}");
        let attempt = AttemptId::generate(&mut rng());
        assert!(block_on(pair.verifier.verify(challenge, &response, attempt, NOW)).is_err(), "byte {byte}");

        assert_eq!(
            block_on(pair.verifier.end_damaged(&id, OtherKeys::Lost, later(1))).expect("it is ended"),
            Damage::Ended
        );
        assert_eq!(findings(&pair.verifier), [], "byte {byte}");
        let known = block_on(pair.verifier.activation(activation)).expect("it is read").expect("it is there");
        assert_eq!(known.state(), ActivationState::Revoked, "byte {byte}");
        assert!(!pair.verify(challenge, &response, later(2)).is_accepted(), "byte {byte}");
        assert_eq!(pair.events().last().map(String::as_str), Some("DamagedEnded"));
        assert_eq!(
            block_on(pair.verifier.end_damaged(&id, OtherKeys::Lost, later(3))).expect("it is read"),
            Damage::Sound
        );
        // The same user on the same token, in a new activation.
        let again = block_on(pair.verifier.enroll(&token_id(), subscriber(), later(4), &mut rng()));
        assert!(again.is_ok(), "byte {byte}");
    }
}

#[test]
fn whatever_byte_of_a_token_is_damaged_it_is_revoked_with_its_activations() {
    let id = RecordId::Token(token_id());
    let len = size(pair().0.verifier.store(), &id);
    for byte in 0..len {
        let (Pair { verifier: before, activation, key, suite }, challenge, response) = pair();
        let pair = Pair { verifier: damaged(&before, &id, byte), activation, key, suite };
        assert_eq!(
            block_on(pair.verifier.end_damaged(&id, OtherKeys::Lost, later(1))).expect("it is ended"),
            Damage::Ended
        );
        assert_eq!(findings(&pair.verifier).iter().filter(|(record, _)| *record == id).count(), 0, "byte {byte}");
        assert_eq!(rejected(&pair.verify(challenge, &response, later(2))), Rejection::Revoked, "byte {byte}");
        let enrolled = block_on(pair.verifier.enroll(&token_id(), subscriber(), later(2), &mut rng()));
        assert!(matches!(enrolled, Err(EnrollError::TokenRevoked(_))), "byte {byte}");
        let again = block_on(pair.verifier.register(&token_id(), &device_key(), true, later(2), &mut rng()));
        assert!(matches!(again, Err(EnrollError::TokenRevoked(_))), "byte {byte}");
    }
}

#[test]
fn sound_records_are_left_alone_and_a_wrong_key_ends_nothing() {
    let (pair, challenge, response) = pair();
    let id = RecordId::Activation(pair.activation);
    assert_eq!(block_on(pair.verifier.end_damaged(&id, OtherKeys::Lost, NOW)).expect("it is read"), Damage::Sound);
    assert_eq!(
        block_on(pair.verifier.end_damaged(&RecordId::Token(token_id()), OtherKeys::Lost, NOW)).expect("read"),
        Damage::Sound
    );
    let nobody = RecordId::Activation("ffffffffffff".parse().expect("an ID"));
    assert_eq!(
        block_on(pair.verifier.end_damaged(&nobody, OtherKeys::Lost, NOW)).expect("it answers"),
        Damage::NotFound
    );
    let wrong = Box::new(LocalKeyWrapper::new(&[Key::new((40..72).collect())]).expect("32 bytes"));
    let other = Verifier::new(pair.verifier.store(), wrong, test_policy(), "Bank", &mut rng()).expect("set up");
    assert!(matches!(block_on(other.end_damaged(&id, OtherKeys::Lost, NOW)), Err(VerifierError::KeyMismatch)));
    assert!(pair.verify(challenge, &response, NOW).is_accepted());
}

/// A verifier that was not restarted yet has written once more under the old key-encryption key, and the old key is not given.
#[test]
fn a_record_under_a_key_that_is_not_here_is_not_damaged() {
    let (pair, challenge, response) = pair();
    let store = pair.verifier.store();
    let with = |keks: &[u8]| {
        let keys: Vec<Key> = keks.iter().map(|kek| Key::new((*kek..*kek + 32).collect())).collect();
        let wrapper = Box::new(LocalKeyWrapper::new(&keys).expect("keys of 32 bytes"));
        Verifier::new(store, wrapper, test_policy(), "Bank", &mut rng()).expect("set up")
    };
    let both = with(&[10, 9]);
    block_on(both.check_key(&mut rng())).expect("one of them is the store's");
    block_on(both.rewrap(&mut rng())).expect("it answers");
    let id = RecordId::Activation(pair.activation);
    let stale = with(&[9, 10]);
    block_on(stale.check_key(&mut rng())).expect("one of them is the store's");
    block_on(stale.suspend(pair.activation, later(1))).expect("it writes under the old key, its first");
    let new = with(&[10]);
    block_on(new.check_key(&mut rng())).expect("the new key is the store's");
    let ended = block_on(new.end_damaged(&id, OtherKeys::MayExist, later(2)));
    assert!(matches!(ended, Err(VerifierError::KeyWrapper(KeyWrapError::KeyEncryptionKey))), "{ended:?}");
    block_on(both.resume(pair.activation, later(3))).expect("nothing has happened to it");
    let attempt = AttemptId::generate(&mut rng());
    let verdict = block_on(both.verify(challenge, &response, attempt, later(4))).expect("it is decided");
    assert_eq!(rejected(&verdict), Rejection::Superseded, "a resumption ends what was open");
}

/// A backup says which of its records a restoration would refuse, and one that was made before anybody looked is restored without them.
#[test]
fn a_backup_with_a_damaged_record_is_restored_without_it() {
    let (pair, ..) = pair();
    let id = RecordId::Activation(pair.activation);
    let mut records: Vec<Saved> =
        Records::new(&saved(pair.verifier.store())[..]).expect("a backup").map(|saved| saved.expect("whole")).collect();
    let found = records.iter_mut().find(|saved| saved.id == id).expect("it was saved");
    let last = found.record.len() - 1;
    found.record[last] ^= 1;
    let wrong: Vec<_> = records.iter().filter(|saved| pair.verifier.check_saved(saved, later(5)).is_err()).collect();
    assert_eq!(wrong.iter().map(|saved| &saved.id).collect::<Vec<_>>(), [&id]);

    let wrapper = LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes");
    let wrong = LocalKeyWrapper::new(&[Key::new((40..72).collect())]).expect("a key of 32 bytes");
    assert!(records.iter().any(|saved| restored(saved.clone(), &wrapper, later(5)).is_err()));
    assert!(records.iter().any(|saved| restored_or_ended(saved.clone(), &wrong, OtherKeys::Lost, later(5)).is_err()));
    let mut ended = Vec::new();
    let taken = records.into_iter().map(|saved| {
        let (saved, was_damaged) =
            restored_or_ended(saved, &wrapper, OtherKeys::MayExist, later(5)).expect("it is taken");
        if was_damaged {
            ended.push(saved.id.clone());
        }
        Ok::<_, StoreError>(saved)
    });
    let dir = tempfile::tempdir().expect("a temporary directory");
    EmbeddedStore::restore(dir.path(), taken).expect("it is restored");
    assert_eq!(ended, [id]);
    let restored = verifier(EmbeddedStore::open(dir.path(), Duration::ZERO).expect("a store"), test_policy());
    block_on(restored.check_key(&mut rng())).expect("the same key");
    assert_eq!(findings(&restored), []);
    let known = block_on(restored.activation(pair.activation)).expect("it is read").expect("it is there");
    assert_eq!(known.state(), ActivationState::Revoked);
}
