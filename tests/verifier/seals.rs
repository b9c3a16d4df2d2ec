//! An attacker who can write to a store, and has no key-encryption key: what is refused, on both engines. Each attack has a control,
//! an older store without seals, in which it passes.

use camtoken::store::backup::{Records, Saved};
use camtoken::verifier::{RecordError, RecordFault, SealReport};
use camtoken_core::verifier::origin::Validity;
use camtoken_core::verifier::record::{self, Credential, Record, StoredState, TokenRecord};
use camtoken_core::verifier::seal;

use super::upkeep::saved;
use super::*;

/// Runs a test with a function that makes a store of records, exactly as they are given, on each engine.
macro_rules! on_both_engines {
    ($filled:ident => $test:block) => {{
        {
            let dir = tempfile::tempdir().expect("a temporary directory");
            let count = AtomicUsize::new(0);
            let $filled = |records: &[Saved]| {
                let dir = dir.path().join(count.fetch_add(1, Ordering::Relaxed).to_string());
                EmbeddedStore::restore(&dir, records.iter().cloned().map(Ok::<_, StoreError>))
                    .expect("they are stored");
                EmbeddedStore::open(&dir, Duration::ZERO).expect("a whole store")
            };
            $test
        }
        #[cfg(feature = "postgres")]
        {
            let mut server = server::Server::start();
            let url = server.database();
            let $filled = |records: &[Saved]| {
                server::sql(&url, "TRUNCATE camtoken_record, camtoken_audit");
                let records = records.iter().cloned().map(Ok::<_, StoreError>);
                camtoken_postgres::PostgresStore::restore(&url, &camtoken_postgres::Options::default(), records)
                    .expect("they are stored");
                server::connect(&url).expect("a server that is safe")
            };
            $test
        }
    }};
}

/// A pair in a new store, with an open challenge that was answered wrongly once.
fn pair(is_sealed: bool) -> (Pair<MemoryStore>, ChallengeRef, String) {
    let store = MemoryStore::new();
    let before = verifier(store, test_policy());
    if is_sealed {
        block_on(before.check_key(&mut rng())).expect("a new store");
    }
    let (activation, key, suite) = register(&before);
    let pair = Pair { verifier: before, activation, key, suite };
    let (challenge, response) = pair.issue("1", NOW);
    assert!(!pair.verify(challenge, &wrong(&response), NOW).is_accepted());
    (pair, challenge, response)
}

/// The same token and its verifier at another store.
fn at<S: Store, T: Store>(store: T, Pair { activation, key, suite, .. }: Pair<S>) -> Pair<T> {
    Pair { verifier: verifier(store, test_policy()), activation, key, suite }
}

fn records<S: Store>(store: &S) -> Vec<Saved> {
    Records::new(&saved(store)[..]).expect("a backup").map(|saved| saved.expect("whole")).collect()
}

fn of<'a>(records: &'a mut [Saved], id: &RecordId) -> &'a mut Saved {
    records.iter_mut().find(|saved| saved.id == *id).expect("it was saved")
}

/// Alters a record and leaves the seal, if there is one, as it was.
fn alter<R: record::Stored>(saved: &mut Saved, change: impl Fn(&mut R)) {
    let (seal, bytes) = seal::split(&saved.record).expect("as it was written");
    let mut altered: R = record::from_bytes(bytes).expect("as it was written");
    change(&mut altered);
    let written = match seal {
        Some(seal) => seal::to_bytes(&altered, |_| Ok::<_, ()>(*seal)).expect("it cannot fail"),
        None => record::to_bytes(&altered),
    };
    assert_ne!(written, saved.record, "the change is one");
    saved.record = written;
}

/// What is said of an activation's record.
fn read<S: Store>(store: S, activation: ActivationId) -> Result<(), RecordError> {
    match block_on(verifier(store, test_policy()).activation(activation)) {
        Ok(found) => found.map(drop).ok_or(RecordError::Damaged),
        Err(VerifierError::Record(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

type Alteration = (&'static str, fn(&mut Record));

const ALTERATIONS: [Alteration; 12] = [
    ("the subscriber", |it| it.subscriber.user.push('X')),
    ("the wrapped key", |it| it.credential.key_mut()[20] ^= 1),
    ("the suite", |it| {
        let Credential::Camera { suite, .. } = &mut it.credential else { panic!("a camera token") };
        "OCRA-1:HOTP-SHA256-6:QH64".clone_into(suite);
    }),
    ("the dates of the key", |it| {
        let Credential::Camera { validity, .. } = &mut it.credential else { panic!("a camera token") };
        *validity = Validity { start: None, end: Some(later(9)) };
    }),
    ("the state", |it| it.state = StoredState::Suspended),
    ("the counter of failures", |it| it.failures = 0),
    ("the challenge's end", |it| it.challenge.as_mut().expect("it is open").expires_at = later(1_000_000)),
    ("the challenge's wrong answers", |it| it.challenge.as_mut().expect("it is open").wrong_answers = 0),
    ("the challenge", |it| it.challenge = None),
    ("the last attempt", |it| it.last_attempt = None),
    ("the latest time", |it| it.latest_time = later(9)),
    ("the end of the audit chain", |it| it.chain_end.entries += 1),
];

#[test]
fn no_field_of_a_record_can_be_altered() {
    on_both_engines!(filled => {
        for is_sealed in [true, false] {
            let (pair, ..) = pair(is_sealed);
            let (id, token) = (RecordId::Activation(pair.activation), RecordId::Token(token_id()));
            let whole = records(pair.verifier.store());
            let expected = if is_sealed { Err(RecordError::Seal) } else { Ok(()) };
            for (what, change) in ALTERATIONS {
                let mut altered = whole.clone();
                alter::<Record>(of(&mut altered, &id), change);
                assert_eq!(read(filled(&altered), pair.activation), expected, "{what}");
            }
            let mut altered = whole.clone();
            alter::<TokenRecord>(of(&mut altered, &token), |it| it.revoked = true);
            let found = block_on(verifier(filled(&altered), test_policy()).token(&token_id()));
            assert_eq!(found.is_err(), is_sealed, "a token's record");
            assert_eq!(read(filled(&whole), pair.activation), Ok(()), "nothing was altered");
        }
    });
}

/// Two customers: each would pay from the other's account.
#[test]
fn a_record_cannot_take_the_place_of_another() {
    on_both_engines!(filled => {
        for is_sealed in [true, false] {
            let (pair, ..) = pair(is_sealed);
            let other = block_on(pair.verifier.enroll_time_based(subscriber(), NOW, &mut rng())).expect("decided").0;
            let (one, two) = (RecordId::Activation(pair.activation), RecordId::Activation(other));
            let mut swapped = records(pair.verifier.store());
            let (first, second) = (of(&mut swapped, &one).clone(), of(&mut swapped, &two).clone());
            for (place, from) in [(&one, second), (&two, first)] {
                *of(&mut swapped, place) = Saved { id: place.clone(), ..from };
            }
            let store = filled(&swapped);
            for activation in [pair.activation, other] {
                assert_eq!(read(&store, activation), if is_sealed { Err(RecordError::Seal) } else { Ok(()) });
            }
        }
    });
}

/// An older copy under the revision of now gives a guesser his tries back.
#[test]
fn an_older_record_is_refused_at_a_later_revision() {
    on_both_engines!(filled => {
        for is_sealed in [true, false] {
            let (pair, challenge, response) = pair(is_sealed);
            let id = RecordId::Activation(pair.activation);
            let older = of(&mut records(pair.verifier.store()), &id).record.clone();
            for _ in 0..2 {
                assert!(!pair.verify(challenge, &wrong(&response), NOW).is_accepted());
            }
            let mut reset = records(pair.verifier.store());
            of(&mut reset, &id).record = older;
            let again = at(filled(&reset), pair);
            let attempt = AttemptId::generate(&mut rng());
            match block_on(again.verifier.verify(challenge, &response, attempt, NOW)) {
                Err(VerifierError::Record(RecordError::Seal)) => assert!(is_sealed),
                Ok(verdict) => assert!(!is_sealed && verdict.is_accepted(), "the control: it was exhausted"),
                Err(error) => panic!("{error}"),
            }
        }
    });
}

/// A whole record of before, with its revision, has a seal that fits. Its history tells, unless that was cut as well.
#[test]
fn a_whole_record_of_before_is_told_by_its_history() {
    on_both_engines!(filled => {
        let (pair, challenge, response) = pair(true);
        let id = RecordId::Activation(pair.activation);
        let older = of(&mut records(pair.verifier.store()), &id).clone();
        assert!(pair.verify(challenge, &response, NOW).is_accepted());
        let mut put_back = records(pair.verifier.store());
        let now = of(&mut put_back, &id);
        (now.record, now.revision) = (older.record.clone(), older.revision);
        // The store's own interface takes no entries later than a record; a writer to the tables can do that.
        let late = now.audit.pop().expect("the acceptance");
        let store = filled(&put_back);
        assert_eq!(read(&store, pair.activation), Ok(()));
        assert_eq!(check_all(&verifier(&store, test_policy())), [], "with its history cut it is as it was: only an anchor outside tells");
        let with_entry = AddedEntry { store, id: id.clone(), entry: late };
        let fault = RecordFault::OlderThanHistory;
        let found = check_all(&verifier(&with_entry, test_policy()));
        assert_eq!(found.iter().map(|finding| (&finding.record, &finding.fault)).collect::<Vec<_>>(), [(&id, &fault)]);
    });
}

/// A store with one more audit entry than its record knows.
struct AddedEntry<S> {
    store: S,
    id: RecordId,
    entry: (Revision, Vec<u8>),
}

impl<S: Store> Store for AddedEntry<S> {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        self.store.load(id).await
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        self.store.replace(id, expected, change).await
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        self.store.list(after, limit).await
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        let mut page = self.store.audit_page(id, after, limit).await?;
        if *id == self.id && page.len() < limit && after < self.entry.0 {
            page.push(self.entry.clone());
        }
        Ok(page)
    }
}

#[test]
fn a_seal_that_was_cut_off_is_no_record_of_before_there_were_seals() {
    on_both_engines!(filled => {
        let (pair, ..) = pair(true);
        let mut cut = records(pair.verifier.store());
        let strip = |saved: &mut Saved| saved.record = seal::split(&saved.record).expect("sealed").1.to_vec();
        strip(of(&mut cut, &RecordId::Activation(pair.activation)));
        assert_eq!(read(filled(&cut), pair.activation), Err(RecordError::Unsealed));
        cut.retain(|saved| saved.id != RecordId::KeyCheck);
        let store = filled(&cut);
        let refused = block_on(verifier(&store, test_policy()).check_key(&mut rng()));
        assert!(refused.is_err(), "{refused:?}");
        drop(store);
        cut.iter_mut().filter(|saved| saved.record[0] == 3).for_each(strip);
        let store = filled(&cut);
        let refused = block_on(verifier(&store, test_policy()).check_key(&mut rng()));
        assert!(matches!(refused, Err(VerifierError::KeyMismatch)), "its keys are bound to a sealed store: {refused:?}");
    });
}

#[test]
fn an_older_store_is_sealed_while_it_is_used() {
    on_every_store!(store => {
        let old = Pair::new(store, test_policy());
        let store = old.verifier.store();
        block_on(old.verifier.check_key(&mut rng())).expect("its keys open");
        let (challenge, response) = old.issue("1", NOW);
        let sealing = verifier(store, test_policy());
        let report = block_on(sealing.seal_records(NOW, &mut rng())).expect("it answers");
        assert_eq!((report.sealed, &report.refused[..]), (2, &[][..]), "the activation and the token");
        assert_eq!(block_on(sealing.seal_records(NOW, &mut rng())).expect("it answers"), SealReport::default());
        assert!(old.verify(challenge, &response, NOW).is_accepted(), "by a verifier that has not noticed");
        let added = block_on(old.verifier.enroll_time_based(subscriber(), NOW, &mut rng())).expect("decided").0;
        let fresh = verifier(store, test_policy());
        block_on(fresh.check_key(&mut rng())).expect("the same key");
        assert_eq!(check_all(&fresh), []);
        for id in [RecordId::Activation(old.activation), RecordId::Activation(added), RecordId::KeyCheck] {
            let stored = block_on(store.load(&id)).expect("it answers").expect("it is there").record;
            assert!(seal::split(&stored).expect("whole").0.is_some(), "{id}");
        }
        let history = block_on(store.audit(&RecordId::KeyCheck)).expect("it answers");
        let events: Vec<_> = history.iter().map(|(_, line)| String::from_utf8_lossy(line).into_owned()).collect();
        assert!(events[0].contains("sealingBegun") && events[1].contains("\"sealed\""), "{events:?}");
    });
}

fn check_all<S: Store>(verifier: &Verifier<S>) -> Vec<camtoken::verifier::StoreFinding> {
    block_on(verifier.check(later(1_000))).expect("it answers").findings
}

/// A store whose writes fail from some number on: the process was killed there.
struct Interrupted<S> {
    store: S,
    writes: AtomicUsize,
}

impl<S: Store> Store for Interrupted<S> {
    forward!(load list audit_page);

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        if self.writes.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_err() {
            return Err(StoreError::Unavailable { reason: "killed".to_owned() });
        }
        self.store.replace(id, expected, change).await
    }
}

#[test]
fn sealing_and_a_new_key_may_be_interrupted_anywhere() {
    let with = |keks: &[u8]| {
        let keys: Vec<Key> = keks.iter().map(|kek| Key::new((*kek..*kek + 32).collect())).collect();
        Box::new(LocalKeyWrapper::new(&keys).expect("keys of 32 bytes"))
    };
    for writes in 0..20 {
        let old = Pair::new(MemoryStore::new(), test_policy());
        block_on(old.verifier.check_key(&mut rng())).expect("its keys open");
        let store = old.verifier.store();
        let cut = Interrupted { store, writes: AtomicUsize::new(writes) };
        let both = Verifier::new(&cut, with(&[10, 9]), test_policy(), "Bank", &mut rng()).expect("set up");
        let sealed = block_on(both.seal_records(NOW, &mut rng()));
        let rewrapped = block_on(both.rewrap(&mut rng()));
        assert_eq!(sealed.is_ok() && rewrapped.is_ok(), writes >= 7, "{sealed:?} {rewrapped:?}");
        // The next verifier that starts goes on, and finishes.
        let next = Verifier::new(store, with(&[10, 9]), test_policy(), "Bank", &mut rng()).expect("set up");
        block_on(next.check_key(&mut rng())).expect("either key is the store's");
        let next = Pair { verifier: next, activation: old.activation, key: old.key, suite: old.suite };
        let (challenge, response) = next.issue("1", NOW);
        assert!(next.verify(challenge, &response, NOW).is_accepted(), "after {writes} writes");
        block_on(next.verifier.seal_records(NOW, &mut rng())).expect("it answers");
        block_on(next.verifier.rewrap(&mut rng())).expect("it answers");
        assert_eq!(check_all(&next.verifier), []);
        let new = Verifier::new(next.verifier.store(), with(&[10]), test_policy(), "Bank", &mut rng()).expect("set up");
        block_on(new.check_key(&mut rng())).expect("the new key alone");
        assert_eq!(check_all(&new), [], "after {writes} writes");
    }
}

#[test]
fn a_backup_of_a_sealed_store_is_put_back_with_its_seals() {
    let (pair, challenge, response) = pair(true);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let bytes = saved(pair.verifier.store());
    super::upkeep::put_back(&bytes, dir.path(), later(5)).expect("a whole backup");
    let store = EmbeddedStore::open(dir.path(), Duration::ZERO).expect("a whole store");
    let after = at(store, pair);
    block_on(after.verifier.check_key(&mut rng())).expect("the same key");
    assert_eq!(rejected(&after.verify(challenge, &response, later(6))), Rejection::Superseded);
    assert_eq!(check_all(&after.verifier), []);
}

/// The repair: an operator has compared the record with the bank's own.
#[test]
fn a_refused_record_is_taken_when_an_operator_vouches_for_it() {
    on_both_engines!(filled => {
        let (pair, challenge, response) = pair(true);
        let id = RecordId::Activation(pair.activation);
        let mut altered = records(pair.verifier.store());
        alter::<Record>(of(&mut altered, &id), |it| it.failures = 0);
        let repaired = at(filled(&altered), pair);
        block_on(repaired.verifier.check_key(&mut rng())).expect("the same key");
        let attempt = AttemptId::generate(&mut rng());
        assert!(block_on(repaired.verifier.verify(challenge, &response, attempt, NOW)).is_err());
        assert!(block_on(repaired.verifier.accept_record(&id, later(1), &mut rng())).expect("it is whole"));
        assert_eq!(rejected(&repaired.verify(challenge, &response, later(2))), Rejection::Superseded);
        assert_eq!(repaired.events().last().map(String::as_str), Some("SealAccepted"));
        let (challenge, response) = repaired.issue("3", later(3));
        assert!(repaired.verify(challenge, &response, later(4)).is_accepted());
        assert_eq!(check_all(&repaired.verifier), []);
    });
}
