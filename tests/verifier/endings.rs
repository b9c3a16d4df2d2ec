//! Revocation, suspension and their like: what they end and what they leave, by a wrong clock, at a damaged record, and
//! after a failover.

use camtoken::verifier::{RecordFault, RegisteredToken};

use super::*;

type Bank = Pair<MemoryStore>;

/// Ends something of a bank, by its verifier.
type End = fn(&Bank) -> Result<(), EnrollError>;

/// A bank learns of a lost token before it has booked what was signed with it.
#[test]
fn what_was_accepted_can_be_asked_for_whatever_ended_the_activation() {
    let cases: [(End, Rejection); 4] = [
        (|bank| block_on(bank.verifier.suspend(bank.activation, NOW)), Rejection::Suspended),
        (
            |bank| {
                block_on(bank.verifier.suspend(bank.activation, NOW))?;
                block_on(bank.verifier.resume(bank.activation, NOW))
            },
            Rejection::AlreadySettled,
        ),
        (|bank| block_on(bank.verifier.revoke(bank.activation, NOW)), Rejection::Revoked),
        (|bank| block_on(bank.verifier.revoke_token(&token_id(), NOW)), Rejection::Revoked),
    ];
    for (end, refused) in cases {
        let bank = Pair::new(MemoryStore::new(), test_policy());
        let (challenge, response) = bank.issue("1", NOW);
        let attempt = AttemptId::generate(&mut rng());
        assert!(bank.verify_as(attempt, challenge, &response, NOW).is_accepted());
        end(&bank).expect("it is known");

        let told = block_on(bank.verifier.accepted(challenge, NOW)).expect("memory").expect("accepted before");
        assert_eq!(told.transaction(), Some(&transfer("1")), "{refused}");
        match bank.verify_as(attempt, challenge, &response, NOW) {
            Verdict::Accepted(again) => assert!(!again.first() && again.transaction() == Some(&transfer("1"))),
            Verdict::Rejected(rejection) => panic!("{rejection}"),
        }
        assert_eq!(rejected(&bank.verify(challenge, &response, NOW)), refused, "another attempt");
    }
}

/// The clock of one verifier jumped ahead for a minute; it is right again.
#[test]
fn a_clock_that_was_ahead_keeps_nobody_from_ending_something() {
    let tomorrow = later(24 * 3600);
    let ends: [End; 5] = [
        |bank| block_on(bank.verifier.revoke(bank.activation, NOW)),
        |bank| block_on(bank.verifier.revoke_token(&token_id(), NOW)),
        |bank| block_on(bank.verifier.suspend(bank.activation, NOW)),
        |bank| block_on(bank.verifier.reset(bank.activation, NOW)),
        |bank| Ok(block_on(bank.verifier.expire_open(NOW)).map(|voided| assert_eq!(voided, 1))?),
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let bank = Pair::new(MemoryStore::new(), test_policy());
        let (challenge, response) = bank.issue("1", tomorrow);
        let attempt = AttemptId::generate(&mut rng());
        let behind = block_on(bank.verifier.verify(challenge, &response, attempt, NOW));
        assert!(matches!(behind, Err(VerifierError::ClockBehind { .. })), "nothing is accepted by it: {behind:?}");
        end(&bank).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert!(!bank.verify(challenge, &response, tomorrow).is_accepted(), "{number}");
    }

    let bank = Pair::new(MemoryStore::new(), test_policy());
    let (challenge, _) = bank.issue("1", tomorrow);
    assert!(block_on(bank.verifier.withdraw(challenge, NOW)).expect("memory"), "withdrawn");
    block_on(bank.verifier.suspend(bank.activation, NOW)).expect("it is active");
    let resumed = block_on(bank.verifier.resume(bank.activation, NOW));
    assert!(
        matches!(resumed, Err(EnrollError::Verifier(VerifierError::ClockBehind { .. }))),
        "nothing is opened by it"
    );
}

/// Eight people share a lost token, and the record of the first cannot be read.
#[test]
fn one_activation_that_cannot_be_revoked_keeps_no_other_from_it() {
    let (store, verifier) = verifier_of_one_token();
    let enroll = || block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng())).expect("a free place");
    let users: Vec<_> = (0..8).map(|_| enroll().activation).collect();
    let damaged = RecordId::Activation(users[0]);
    let Versioned { revision, record } = block_on(store.load(&damaged)).expect("memory").expect("it is there");
    let spoil = |revision, record: &[u8]| {
        let change = Change { record: record.to_vec(), audit: None };
        assert!(matches!(block_on(store.replace(&damaged, revision, change)), Ok(Replaced::Yes(_))));
    };
    spoil(revision, &record[..20]);
    let revoked = block_on(verifier.revoke_token(&token_id(), NOW));
    assert!(matches!(revoked, Err(EnrollError::Verifier(VerifierError::Record(_)))), "{revoked:?}");
    for user in &users[1..] {
        let record = block_on(verifier.activation(*user)).expect("memory").expect("it is there");
        assert_eq!(record.state(), ActivationState::Revoked);
    }

    // Its record is mended, and the token has not been revoked again: a check sees what was left.
    spoil(revision.next(), &record);
    let found = block_on(verifier.check(NOW)).expect("memory").findings;
    assert!(
        matches!(&found[..], [of] if of.record == damaged && of.fault == RecordFault::TokenRevoked(token_id())),
        "{found:?}"
    );
    block_on(verifier.revoke_token(&token_id(), NOW)).expect("all of them can be read");
    assert_eq!(block_on(verifier.check(NOW)).expect("memory").findings, []);
}

/// A server with a standby. While the standby is cut off, a change is stored here alone, visible, and its outcome unknown;
/// the next one that waits for the standby takes all before it along.
#[derive(Default)]
struct Replicated {
    here: MemoryStore,
    standby: MemoryStore,
    behind: Mutex<Vec<(RecordId, Revision, Change)>>,
    is_cut_off: std::sync::atomic::AtomicBool,
}

impl Store for Replicated {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        self.here.load(id).await
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        let replaced = self.here.replace(id, expected, change.clone()).await?;
        if replaced == Replaced::Conflict {
            return Ok(replaced);
        }
        let mut behind = self.behind.lock().expect("nobody panics");
        behind.push((id.clone(), expected, change));
        if self.is_cut_off.load(Ordering::Relaxed) {
            return Err(StoreError::Unknown { reason: "the standby has not confirmed".to_owned() });
        }
        for (id, expected, change) in behind.drain(..) {
            assert!(matches!(block_on(self.standby.replace(&id, expected, change)), Ok(Replaced::Yes(_))));
        }
        Ok(replaced)
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        self.here.list(after, limit).await
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.here.audit_page(id, after, limit).await
    }
}

/// The first answer is lost with the standby's; the second is a yes, and then the standby takes over.
#[test]
fn what_is_confirmed_when_asked_again_holds_after_a_failover() {
    type Act = fn(&Verifier<&Replicated>, ActivationId) -> Result<(), EnrollError>;
    let acts: [(&str, Act); 6] = [
        ("revoke", |verifier, activation| block_on(verifier.revoke(activation, NOW))),
        ("revoke token", |verifier, _| block_on(verifier.revoke_token(&token_id(), NOW))),
        ("suspend", |verifier, activation| block_on(verifier.suspend(activation, NOW))),
        ("register", |verifier, _| {
            let other = "KKK0000002".parse().expect("a token ID");
            block_on(verifier.register(&other, &device_key(), true, NOW, &mut rng()))
        }),
        ("void", |verifier, _| Ok(block_on(verifier.expire_open(NOW)).map(|_| ())?)),
        ("rewrap", |verifier, _| {
            let vault = Box::new(
                LocalKeyWrapper::new(&[Key::new((10..42).collect()), Key::new((9..41).collect())])
                    .expect("keys of 32 bytes"),
            );
            let both = Verifier::new(*verifier.store(), vault, test_policy(), "Bank", &mut rng()).expect("set up");
            Ok(block_on(both.rewrap(&mut rng())).map(|_| ())?)
        }),
    ];
    for (name, act) in acts {
        let store = Replicated::default();
        let pair = Pair::new(&store, test_policy());
        let (challenge, response) = pair.issue("1", NOW);
        store.is_cut_off.store(true, Ordering::Relaxed);
        // As often as there are records that have to be changed.
        for _ in 0..3 {
            let unknown = act(&pair.verifier, pair.activation);
            assert!(
                matches!(unknown, Err(EnrollError::Verifier(VerifierError::Store(StoreError::Unknown { .. })))),
                "{name}: {unknown:?}"
            );
        }
        store.is_cut_off.store(false, Ordering::Relaxed);
        act(&pair.verifier, pair.activation).unwrap_or_else(|error| panic!("{name}: {error}"));

        let known = |id: &str| block_on(store.standby.load(&RecordId::Token(id.parse().expect("a token ID"))));
        match name {
            "register" => assert!(known("KKK0000002").expect("memory").is_some()),
            "rewrap" => {
                let vault = Box::new(LocalKeyWrapper::new(&[Key::new((10..42).collect())]).expect("a key of 32 bytes"));
                let newer = Verifier::new(&store.standby, vault, test_policy(), "Bank", &mut rng()).expect("set up");
                assert_eq!(block_on(newer.check(NOW)).expect("memory").findings, []);
            }
            _ => {
                let after = verifier(&store.standby, test_policy());
                let verdict = block_on(after.verify(challenge, &response, AttemptId::generate(&mut rng()), NOW));
                assert!(!verdict.expect("memory").is_accepted(), "{name}");
                let token: RegisteredToken = block_on(after.token(&token_id())).expect("memory").expect("in the books");
                assert_eq!(token.is_revoked(), name == "revoke token");
            }
        }
    }
}
