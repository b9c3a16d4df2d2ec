//! Requests that are refused for what they say themselves, and what of them is stored: nothing.

use camtoken::verifier::{PolicyError, Subscriber};

use super::*;

/// What is in the store, and how often it was replaced.
fn contents<S: Store>(store: &S) -> Vec<(RecordId, Revision)> {
    let ids = block_on(store.list(None, 1000)).expect("it answers");
    let revision = |id: &RecordId| block_on(store.load(id)).expect("it answers").expect("it is listed").revision;
    ids.into_iter().map(|id| (id.clone(), revision(&id))).collect()
}

#[test]
fn a_subscriber_has_a_contract_and_a_user_of_1_to_64_characters() {
    on_every_store!(store => {
        let verifier = verifier(store, test_policy());
        block_on(verifier.register(&token_id(), &device_key(), true, NOW, &mut rng())).expect("test keys are accepted");
        let before = contents(verifier.store());
        let of = |contract: &str, user: &str| Subscriber { contract: contract.to_owned(), user: user.to_owned() };
        for unfit in ["", &"1".repeat(65), &"あ".repeat(65), "12\n34", "\u{7f}", "1\u{85}2", "\0"] {
            for (subscriber, wrong) in [(of(unfit, "TANAKA"), "contract"), (of("1234567890", unfit), "user")] {
                let enrolled = block_on(verifier.enroll(&token_id(), subscriber.clone(), NOW, &mut rng()));
                assert!(matches!(enrolled, Err(EnrollError::SubscriberForm { part }) if part == wrong), "{unfit:?}");
                let enrolled = block_on(verifier.enroll_time_based(subscriber, NOW, &mut rng())).map(drop);
                assert!(matches!(enrolled, Err(EnrollError::SubscriberForm { part }) if part == wrong), "{unfit:?}");
            }
        }
        assert_eq!(contents(verifier.store()), before, "nothing of it is stored");
        for fit in ["1", &"1".repeat(64), &"あ".repeat(64)] {
            block_on(verifier.enroll_time_based(of(fit, fit), NOW, &mut rng())).expect("1 to 64 characters");
        }
    });
}

#[test]
fn a_challenge_lives_1_to_600_seconds_and_another_life_supersedes_nothing() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let (challenge, response) = pair.issue("1", NOW);
        let before = contents(pair.verifier.store());
        let issue = |lifetime| {
            block_on(pair.verifier.issue(pair.activation, transfer("2"), Some(lifetime), NOW, &mut rng()))
        };
        for lifetime in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(601), Duration::MAX] {
            let issued = issue(lifetime);
            assert!(matches!(issued, Err(IssueError::Policy(PolicyError::Lifetime))), "{lifetime:?}: {issued:?}");
        }
        assert_eq!(contents(pair.verifier.store()), before, "nothing of it is stored");
        assert!(pair.verify(challenge, &response, NOW).is_accepted(), "the open challenge is still answered");
        for seconds in [1, 600] {
            let issued = issue(Duration::from_secs(seconds)).expect("within the limits");
            assert_eq!(issued.expires_at, later(seconds));
        }
    });
}

#[test]
fn the_device_key_of_a_real_token_alone_is_given_out() {
    on_every_store!(store => {
        let verifier = verifier(store, test_policy());
        let [real, test, unknown] = ["KKK0000001", "KKK0000002", "KKK0000003"].map(|id| id.parse().expect("a token ID"));
        for (token, is_test) in [(&real, false), (&test, true)] {
            block_on(verifier.register(token, &device_key(), is_test, NOW, &mut rng())).expect("a new token");
        }
        let expose = |token| block_on(verifier.expose_device_key(token));
        let key = expose(&real).expect("a real token");
        assert_eq!(key.expose_bytes(), device_key().expose_bytes());
        assert!(matches!(expose(&test), Err(EnrollError::TestToken(token)) if token == test), "also where it is accepted");
        assert!(matches!(expose(&unknown), Err(EnrollError::UnknownToken(token)) if token == unknown));
        block_on(verifier.revoke_token(&real, NOW)).expect("it is registered");
        assert!(matches!(expose(&real), Err(EnrollError::TokenRevoked(token)) if token == real));
    });
}

#[test]
fn a_device_key_that_was_wrapped_elsewhere_is_not_given_out() {
    let (store, _) = verifier_of_one_token();
    let vault = Box::new(LocalKeyWrapper::new(&[Key::new((8..40).collect())]).expect("a key of 32 bytes"));
    let other = Verifier::new(store, vault, test_policy(), "Bank", &mut rng()).expect("set up");
    let real = "KKK0000004".parse().expect("a token ID");
    block_on(other.register(&real, &device_key(), false, NOW, &mut rng())).expect("a new token");
    let first = verifier(Arc::clone(other.store()), test_policy());
    let exposed = block_on(first.expose_device_key(&real));
    let unknown_key = VerifierError::KeyWrapper(KeyWrapError::KeyEncryptionKey).to_string();
    assert_eq!(exposed.expect_err("another key-encryption key").to_string(), unknown_key);
}

/// Wraps keys into more bytes than a store takes.
struct Padding(LocalKeyWrapper);

impl KeyWrapper for Padding {
    fn wrap(&self, key: &Key, context: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, KeyWrapError> {
        let mut wrapped = self.0.wrap(key, context, rng)?;
        wrapped.resize(camtoken::store::MAX_LEN, 0);
        Ok(wrapped)
    }

    fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<Key, KeyWrapError> {
        self.0.unwrap(wrapped, context)
    }

    fn seal(&self, parts: &[&[u8]]) -> Result<Seal, KeyWrapError> {
        self.0.seal(parts)
    }

    fn check_seal(&self, seal: &Seal, parts: &[&[u8]]) -> Result<(), KeyWrapError> {
        self.0.check_seal(seal, parts)
    }

    fn is_current(&self, wrapped: &[u8]) -> bool {
        self.0.is_current(wrapped)
    }
}

#[test]
fn a_record_that_no_store_takes_is_not_stored() {
    on_every_store!(store => {
        let kek = || LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes");
        let verifier = Verifier::new(store, Box::new(Padding(kek())), test_policy(), "Bank", &mut rng()).expect("set up");
        let too_large = |error: EnrollError| match error {
            EnrollError::Verifier(VerifierError::Store(StoreError::TooLarge { part, len })) => (part, len),
            other => panic!("{other}"),
        };
        let registered = block_on(verifier.register(&token_id(), &device_key(), true, NOW, &mut rng()));
        let (part, len) = too_large(registered.expect_err("a record of more than 64 KiB"));
        assert_eq!(part, "record");
        assert!(len > camtoken::store::MAX_LEN);
        let enrolled = block_on(verifier.enroll_time_based(subscriber(), NOW, &mut rng())).map(drop);
        assert_eq!(too_large(enrolled.expect_err("a record of more than 64 KiB")).0, "record");
        assert_eq!(contents(verifier.store()), []);
    });
}

/// Counts how often a key is opened.
struct Counting(LocalKeyWrapper, Arc<AtomicUsize>);

impl KeyWrapper for Counting {
    fn wrap(&self, key: &Key, context: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, KeyWrapError> {
        self.0.wrap(key, context, rng)
    }

    fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<Key, KeyWrapError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.unwrap(wrapped, context)
    }

    fn seal(&self, parts: &[&[u8]]) -> Result<Seal, KeyWrapError> {
        self.0.seal(parts)
    }

    fn check_seal(&self, seal: &Seal, parts: &[&[u8]]) -> Result<(), KeyWrapError> {
        self.0.check_seal(seal, parts)
    }

    fn is_current(&self, wrapped: &[u8]) -> bool {
        self.0.is_current(wrapped)
    }
}

/// Requirement V-15: the time of an answer does not show which activations there are, nor of which kind they are.
#[test]
fn an_unknown_activation_and_one_of_another_kind_cost_the_same_work() {
    let opened = Arc::new(AtomicUsize::new(0));
    let vault = Box::new(Counting(
        LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"),
        Arc::clone(&opened),
    ));
    let verifier = Verifier::new(MemoryStore::new(), vault, test_policy(), "Bank", &mut rng()).expect("set up");
    let (camera, ..) = register(&verifier);
    let (time_based, _) = block_on(verifier.enroll_time_based(subscriber(), NOW, &mut rng())).expect("decided");
    let nobody = ActivationId::from_bytes([1; 6]);
    let attempt = AttemptId::generate(&mut rng());
    for activation in [camera, time_based, nobody] {
        let challenge = ChallengeRef { activation, id: ChallengeId::from_bytes([1; 12]) };
        opened.store(0, Ordering::Relaxed);
        assert!(!block_on(verifier.verify(challenge, "12345678", attempt, NOW)).expect("decided").is_accepted());
        assert_eq!(opened.swap(0, Ordering::Relaxed), 1, "{activation}");
        assert!(
            !block_on(verifier.verify_password(activation, "123456", attempt, NOW)).expect("decided").is_accepted()
        );
        assert_eq!(opened.swap(0, Ordering::Relaxed), 1, "{activation}");
    }
}
