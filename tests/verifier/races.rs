//! Several that do something at once, and one that is killed: exactly one acceptance, exact counts, no place lost.

use camtoken::key::GeneratorId;
use camtoken::oath::Digits;
use camtoken::verifier::{Moving, NewGenerator, NewToken, Origin, Validity};

use super::*;

/// A store in which something happens just before the record of an activation is made: its answer stands for the store's,
/// if it is an error.
struct Meddled<'m> {
    store: Arc<MemoryStore>,
    before_creation: &'m (dyn Fn() -> Result<(), StoreError> + Sync),
}

impl Store for Meddled<'_> {
    forward!(load list audit_page);

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        if matches!(id, RecordId::Activation(_)) && expected == Revision::ABSENT {
            (self.before_creation)()?;
        }
        self.store.replace(id, expected, change).await
    }
}

/// Registers a user while something else happens between the two writes that it takes.
fn enroll_meddled(
    store: &Arc<MemoryStore>,
    meddle: impl Fn() -> Result<(), StoreError> + Sync,
) -> Result<Enrollment, EnrollError> {
    let meddled = verifier(Meddled { store: Arc::clone(store), before_creation: &meddle }, test_policy());
    block_on(meddled.enroll(&token_id(), subscriber(), NOW, &mut rng()))
}

/// The second of two registrations once took the place of the first from the token's list.
#[test]
fn revoking_a_token_ends_each_of_two_registrations_that_raced() {
    let (store, verifier) = verifier_of_one_token();
    let faster = Mutex::new(None);
    let slower = enroll_meddled(&store, || {
        let faster = &mut *faster.lock().expect("nobody panics");
        if faster.is_none() {
            *faster =
                Some(block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng())).expect("a free place"));
        }
        Ok(())
    });
    let faster = faster.into_inner().expect("nobody panics").expect("it was registered");
    let slower = slower.expect("a free place");
    block_on(verifier.revoke_token(&token_id(), NOW)).expect("the token is in the books");
    for activation in [faster.activation, slower.activation] {
        let record = block_on(verifier.activation(activation)).expect("the store answers").expect("it is there");
        assert_eq!(record.state(), ActivationState::Revoked);
    }
}

#[test]
fn of_two_registrations_that_race_for_the_last_place_one_gets_it() {
    let (store, verifier) = verifier_of_one_token();
    let enroll = || block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng()));
    for _ in 0..7 {
        enroll().expect("a free place");
    }
    let overtaken = AtomicUsize::new(0);
    let slower = enroll_meddled(&store, || {
        if overtaken.fetch_add(1, Ordering::Relaxed) == 0 {
            enroll().expect("the last place");
        }
        Ok(())
    });
    assert!(matches!(slower, Err(EnrollError::TokenFull { .. })), "{slower:?}");
    let token = block_on(verifier.token(&token_id())).expect("the store answers").expect("in the books");
    assert_eq!(token.activations().len(), 8);
    assert!(matches!(enroll(), Err(EnrollError::TokenFull { .. })));
}

#[test]
fn a_registration_that_was_cut_off_keeps_no_place() {
    let (store, verifier) = verifier_of_one_token();
    for _ in 0..20 {
        let cut_off = enroll_meddled(&store, || Err(StoreError::Unavailable { reason: "cut off".to_owned() }));
        assert!(matches!(cut_off, Err(EnrollError::Verifier(_))), "{cut_off:?}");
    }
    for _ in 0..8 {
        block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng())).expect("a free place");
    }
}

/// An import between the two writes of a registration once changed a record that the activation was not made from.
#[test]
fn dates_that_come_during_a_registration_reach_it() {
    let (store, verifier) = verifier_of_one_token();
    let validity = Validity { start: None, end: Some(later(600)) };
    let origin = || Origin { key: validity, ..Origin::default() };
    let enrollment = enroll_meddled(&store, || {
        let token = NewToken { id: token_id(), device_key: &device_key(), test: true, origin: Some(origin()) };
        block_on(verifier.register_all(vec![token], NOW, &mut rng())).remove(0).expect("the same key");
        Ok(())
    });
    let activation = enrollment.expect("a free place").activation;
    let known = block_on(verifier.activation(activation)).expect("the store answers").expect("it is there");
    assert_eq!(known.validity(), validity);

    let serial: GeneratorId = "2308701234567".parse().expect("a serial number");
    let secret = Key::new(b"12345678901234567890".to_vec());
    let import = |next, origin| {
        let moving = Moving::event(Digits::SIX, next);
        let new = NewGenerator { id: serial.clone(), secret: &secret, moving, origin };
        block_on(verifier.register_generators(vec![new], NOW, &mut rng())).remove(0).expect("the same secret");
    };
    import(0, Origin::default());
    let meddle = || {
        import(1, origin());
        Ok(())
    };
    let meddled = super::verifier(Meddled { store: Arc::clone(&store), before_creation: &meddle }, test_policy());
    let activation = block_on(meddled.enroll_generator(&serial, subscriber(), NOW, &mut rng())).expect("it is free");
    let known = block_on(verifier.activation(activation)).expect("the store answers").expect("it is there");
    assert_eq!(known.validity(), validity);
    let attempt = AttemptId::generate(&mut rng());
    let verdict = block_on(verifier.verify_password(activation, "755224", attempt, NOW)).expect("decided");
    assert_eq!(rejected(&verdict), Rejection::AlreadySettled, "another bank has used it");
}

/// A place that is closed before its activation exists never gets a key; the answer is still an answer.
#[test]
fn a_registration_whose_token_is_revoked_meanwhile_is_revoked() {
    let (store, verifier) = verifier_of_one_token();
    let revoked = enroll_meddled(&store, || {
        block_on(verifier.revoke_token(&token_id(), NOW)).expect("the token is in the books");
        Ok(())
    });
    assert!(matches!(revoked, Err(EnrollError::TokenRevoked(_))), "{revoked:?}");
    let token = block_on(verifier.token(&token_id())).expect("the store answers").expect("in the books");
    let [activation] = *token.activations() else { panic!("{token:?}") };
    let challenge = ChallengeRef { activation, id: ChallengeId::from_bytes([1; 12]) };
    let verdict = block_on(verifier.verify(challenge, "12345678", AttemptId::generate(&mut rng()), NOW));
    assert_eq!(rejected(&verdict.expect("nothing is damaged")), Rejection::Revoked);
}

/// Requirement V-7 under load, and the limit of V-3: no guess more is answered than the policy allows.
#[test]
fn ten_thousand_wrong_guesses_at_once_get_exactly_the_allowed_answers() {
    on_every_store!(store => {
        let policy = Policy { max_attempts: 5, ..test_policy() };
        let pair = Pair::new(store, policy);
        let (challenge, response) = pair.issue("1", NOW);
        let (answered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let right: u32 = response.parse().expect("eight digits");
        in_parallel(64, 10_000, |guess| {
            let guess = format!("{:08}", (u64::from(right) + 1 + guess as u64) % 100_000_000);
            match rejected(&pair.verify(challenge, &guess, NOW)) {
                Rejection::Wrong { .. } => answered.fetch_add(1, Ordering::Relaxed),
                Rejection::Exhausted | Rejection::Suspended => refused.fetch_add(1, Ordering::Relaxed),
                other => panic!("{other}"),
            };
        });
        assert_eq!((answered.into_inner(), refused.into_inner()), (5, 9_995));
        assert_eq!(rejected(&pair.verify(challenge, &response, NOW)), Rejection::Suspended);
    });
}

#[test]
fn two_thousand_right_responses_at_once_are_accepted_once() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let (challenge, response) = pair.issue("1", NOW);
        let (accepted, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        in_parallel(64, 2_000, |_| {
            match pair.verify(challenge, &response, NOW) {
                Verdict::Accepted(_) => accepted.fetch_add(1, Ordering::Relaxed),
                Verdict::Rejected(Rejection::AlreadySettled) => refused.fetch_add(1, Ordering::Relaxed),
                Verdict::Rejected(other) => panic!("{other}"),
            };
        });
        assert_eq!((accepted.into_inner(), refused.into_inner()), (1, 1_999));
    });
}

/// A replayed response that was accepted before never clears the count of wrong ones (reliability, class 5).
#[test]
fn right_and_wrong_at_once_leave_one_acceptance_and_an_exact_count() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let (challenge, response) = pair.issue("1", NOW);
        let accepted = AtomicUsize::new(0);
        in_parallel(32, 1_000, |number| {
            let guess = if number % 2 == 0 { response.clone() } else { wrong(&response) };
            if pair.verify(challenge, &guess, NOW).is_accepted() {
                accepted.fetch_add(1, Ordering::Relaxed);
            }
        });
        assert!(accepted.into_inner() <= 1);
        let events = pair.events();
        let wrong_ones = events.iter().filter(|event| *event == "Wrong").count();
        assert!(wrong_ones <= 3, "{events:?}");
    });
}

const VICTIM: &str = "CAMTOKEN_TEST_VICTIM_DIR";

/// Not a test: the process that the next one kills. It answers challenges as fast as it can, and prints each acceptance
/// only after it got it.
#[test]
#[ignore = "a child of other tests"]
fn victim() {
    let Ok(dir) = std::env::var(VICTIM) else { return };
    let store = EmbeddedStore::open(&dir, Duration::from_secs(10)).expect("the store opens");
    let pair = Arc::new(Pair::new(store, test_policy()));
    println!("activation {}", pair.activation);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..100_000 {
                let (challenge, response) = pair.issue("1", NOW);
                println!("try {challenge} {response}");
                if pair.verify(challenge, &response, NOW).is_accepted() {
                    println!("accepted {challenge} {response}");
                }
            }
        });
    });
}

/// Kill -9 in the middle: what was acknowledged is not accepted a second time by the verifier that comes after.
#[test]
fn a_killed_verifier_loses_no_acceptance() {
    let mut accepted = 0;
    for round in 0..6 {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = dir.path().join("store");
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "--ignored", "races::victim", "--nocapture", "--test-threads=1"])
            .env(VICTIM, &store)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test starts once more");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut told = Vec::new();
        let enough = 5 + round * 17;
        while told.iter().filter(|line: &&String| line.starts_with("accepted")).count() < enough {
            told.push(lines.next().expect("the victim goes on").expect("text"));
        }
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        told.extend(lines.map_while(Result::ok).filter(|line| line.len() > 40));

        let verifier = verifier(EmbeddedStore::open(&store, Duration::from_secs(10)).expect("it opens"), test_policy());
        for line in told.iter().filter_map(|line| line.strip_prefix("accepted ")) {
            let (challenge, response) = line.split_once(' ').expect("two words");
            let challenge: ChallengeRef = challenge.parse().expect("a challenge");
            let attempt = AttemptId::generate(&mut rng());
            let verdict = block_on(verifier.verify(challenge, response, attempt, NOW)).expect("the store answers");
            assert!(!verdict.is_accepted(), "accepted twice: {line}");
            accepted += 1;
        }
    }
    assert!(accepted > 100, "{accepted} acceptances were tried again");
}
