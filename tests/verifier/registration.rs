//! The steps of a registration, and who may take them.

use camtoken::verifier::{NewToken, Origin, Validity};

use super::*;

#[test]
fn the_digits_of_a_registration_are_understood_however_they_are_typed() {
    let verifier = verifier(MemoryStore::new(), test_policy());
    block_on(verifier.register(&token_id(), &device_key(), true, NOW, &mut rng())).expect("test keys are accepted");
    let first = block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng())).expect("a free place");
    let nonce = DeviceNonce::generate(&mut rng());
    let asked = open_first(&read(&first.code), &device_key()).expect("sealed for this token");
    let digits = asked.device_code(&device_key(), nonce).expose_digits();
    let attempt = AttemptId::generate(&mut rng());
    let mut codes = as_typed(&digits);
    codes.push(format!("{}-{}-{}", &digits[..4], &digits[4..8], &digits[8..]));
    let mut second = None;
    for typed in codes {
        let step = block_on(verifier.second_code(first.activation, &typed, attempt, NOW, &mut rng())).expect("decided");
        let Step::Done(made) = step else { panic!("{typed:?}: {step:?}") };
        second = Some(made);
    }
    let second = second.expect("made");
    let binding = Binding { first: asked.id, nonce };
    let (granted, grant) = open_second(&read(&second.code), &device_key(), binding).expect("sealed for this answer");
    let response = granted.respond(&grant.key, &grant.suite);
    for typed in as_typed(response.expose_str()) {
        let step = block_on(verifier.confirm(first.activation, &typed, attempt, NOW)).expect("decided");
        assert!(matches!(step, Step::Done(())), "{typed:?}: {step:?}");
    }
}

#[test]
fn a_registration_ends_with_its_third_wrong_answer() {
    let verifier = verifier(MemoryStore::new(), test_policy());
    let token = token_id();
    block_on(verifier.register(&token, &device_key(), true, NOW, &mut rng())).expect("test keys are accepted");
    let first = block_on(verifier.enroll(&token, subscriber(), NOW, &mut rng())).expect("a free place");
    let answer = |digits: &str| {
        block_on(verifier.second_code(first.activation, digits, AttemptId::generate(&mut rng()), NOW, &mut rng()))
            .expect("decided")
    };
    assert!(matches!(answer("12345"), Step::Rejected(Rejection::Malformed { digits: 12 })));
    let mut left = Vec::new();
    for _ in 0..3 {
        match answer("000000000000") {
            Step::Rejected(Rejection::Wrong { tries_left, .. }) => left.push(tries_left),
            step => panic!("{step:?}"),
        }
    }
    assert_eq!(left, [2, 1, 0]);
    let asked = open_first(&read(&first.code), &device_key()).expect("sealed for this token");
    let right = asked.device_code(&device_key(), DeviceNonce::generate(&mut rng())).expose_digits();
    assert!(matches!(answer(&right), Step::Rejected(Rejection::NotActivated)));
    let record = block_on(verifier.activation(first.activation)).expect("the store answers").expect("it is there");
    assert_eq!(record.state(), ActivationState::Reset);
}

#[test]
fn a_confirmation_is_told_again_to_the_same_attempt_alone() {
    let verifier = verifier(MemoryStore::new(), test_policy());
    block_on(verifier.register(&token_id(), &device_key(), true, NOW, &mut rng())).expect("test keys are accepted");
    let first = block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng())).expect("a free place");
    let asked = open_first(&read(&first.code), &device_key()).expect("sealed for this token");
    let nonce = DeviceNonce::generate(&mut rng());
    let digits = asked.device_code(&device_key(), nonce).expose_digits();
    let attempt = AttemptId::generate(&mut rng());
    let second = block_on(verifier.second_code(first.activation, &digits, attempt, NOW, &mut rng())).expect("decided");
    let Step::Done(second) = second else { panic!("a right device code") };
    let binding = Binding { first: asked.id, nonce };
    let (granted, grant) = open_second(&second.code, &device_key(), binding).expect("sealed for this token");
    let response = granted.respond(&grant.key, &grant.suite).expose_str().to_owned();
    let confirm =
        |attempt, at| match block_on(verifier.confirm(first.activation, &response, attempt, at)).expect("decided") {
            Step::Done(()) => None,
            Step::Rejected(rejection) => Some(rejection),
        };
    let (mine, other) = (AttemptId::generate(&mut rng()), AttemptId::generate(&mut rng()));
    assert_eq!(confirm(mine, NOW), None);
    assert_eq!(confirm(mine, later(599)), None);
    assert_eq!(confirm(other, later(599)), Some(Rejection::AlreadySettled));
    assert_eq!(confirm(mine, later(600)), Some(Rejection::AlreadySettled), "later it is a replay");
    let chain = block_on(verifier.audit(first.activation)).expect("the store answers").into_entries().expect("whole");
    let events: Vec<_> = chain.iter().map(|entry| entry.event).collect();
    assert_eq!(events, [AuditEvent::Enrolled, AuditEvent::SecondCode, AuditEvent::Activated]);
}

#[test]
fn a_second_code_is_made_once_for_one_device_code() {
    let verifier = verifier(MemoryStore::new(), test_policy());
    let token = token_id();
    block_on(verifier.register(&token, &device_key(), true, NOW, &mut rng())).expect("test keys are accepted");
    let first = block_on(verifier.enroll(&token, subscriber(), NOW, &mut rng())).expect("a free place");
    let asked = open_first(&read(&first.code), &device_key()).expect("sealed for this token");
    let [one, two] = ["111111", "222222"].map(|nonce| nonce.parse::<DeviceNonce>().expect("six digits"));
    let second = |nonce| {
        let digits = asked.device_code(&device_key(), nonce).expose_digits();
        block_on(verifier.second_code(first.activation, &digits, AttemptId::generate(&mut rng()), NOW, &mut rng()))
            .expect("decided")
    };
    let (Step::Done(made), Step::Done(again)) = (second(one), second(one)) else { panic!("refused") };
    assert_eq!(made.code, again.code, "the answer was lost and is asked for again");
    assert!(matches!(second(two), Step::Rejected(Rejection::AlreadySettled)));
    let binding = |nonce| Binding { first: asked.id, nonce };
    assert!(open_second(&made.code, &device_key(), binding(one)).is_ok());
    assert!(open_second(&made.code, &device_key(), binding(two)).is_err());
    assert!(open_second(&made.code, &Key::new(vec![7; 32]), binding(one)).is_err());
}

#[test]
fn initialising_is_for_activations_that_never_signed_and_revoking_is_final() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let verifier = &pair.verifier;
        let second_user = block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng())).expect("a free place");
        block_on(verifier.reset(second_user.activation, NOW)).expect("it has never signed");

        let (challenge, response) = pair.issue("1", NOW);
        assert!(pair.verify(challenge, &response, NOW).is_accepted());
        assert!(matches!(block_on(verifier.reset(pair.activation, NOW)), Err(EnrollError::HasSigned(_))));

        let (challenge, response) = pair.issue("2", NOW);
        block_on(verifier.revoke_token(&token_id(), NOW)).expect("the token is in the books");
        block_on(verifier.revoke_token(&token_id(), NOW)).expect("revoking twice changes nothing");
        assert_eq!(rejected(&pair.verify(challenge, &response, NOW)), Rejection::Revoked);
        let again = block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng()));
        assert!(matches!(again, Err(EnrollError::TokenRevoked(_))));
        let again = block_on(verifier.register(&token_id(), &device_key(), true, NOW, &mut rng()));
        assert!(matches!(again, Err(EnrollError::TokenRevoked(_))));
        assert!(matches!(block_on(verifier.resume(pair.activation, NOW)), Err(EnrollError::NotSuspended(_))));
    });
}

#[test]
fn a_token_has_room_for_eight_users() {
    let verifier = verifier(MemoryStore::new(), test_policy());
    let token = token_id();
    block_on(verifier.register(&token, &device_key(), true, NOW, &mut rng())).expect("test keys are accepted");
    let enroll = || block_on(verifier.enroll(&token, subscriber(), NOW, &mut rng()));
    let users: Vec<_> = (0..8).map(|_| enroll().expect("a free place").activation).collect();
    assert!(matches!(enroll(), Err(EnrollError::TokenFull { .. })));
    block_on(verifier.revoke(users[3], NOW)).expect("it is there");
    enroll().expect("the place of a revoked user is free");
}

#[test]
fn test_keys_are_refused_unless_told() {
    let verifier = verifier(MemoryStore::new(), Policy::default());
    let refused = block_on(verifier.register(&token_id(), &device_key(), true, NOW, &mut rng()));
    assert!(matches!(refused, Err(EnrollError::TestToken(_))));
    block_on(verifier.register(&token_id(), &device_key(), false, NOW, &mut rng())).expect("a real token");
}

/// V-20 holds for tokens that were registered earlier, by a verifier that accepted test keys.
#[test]
fn a_test_token_in_the_books_signs_nothing_for_a_verifier_that_takes_none() {
    let store = Arc::new(MemoryStore::new());
    let pair = Pair::new(Arc::clone(&store), test_policy());
    let (challenge, response) = pair.issue("1", NOW);
    let first = block_on(pair.verifier.enroll(&token_id(), subscriber(), NOW, &mut rng())).expect("a free place");
    let strict = verifier(store, Policy::default());

    let verdict = block_on(strict.verify(challenge, &response, AttemptId::generate(&mut rng()), NOW));
    assert_eq!(rejected(&verdict.expect("the store answers")), Rejection::Unknown);
    let issued = block_on(strict.issue(pair.activation, transfer("1"), None, NOW, &mut rng()));
    assert!(matches!(issued, Err(IssueError::TestToken(_))), "{issued:?}");
    let second = block_on(strict.second_code(
        first.activation,
        "000000000000",
        AttemptId::generate(&mut rng()),
        NOW,
        &mut rng(),
    ));
    assert!(matches!(second, Err(EnrollError::TestToken(_))), "{second:?}");
    let again = block_on(strict.enrollment_code(first.activation, NOW));
    assert!(matches!(again, Err(EnrollError::TestToken(_))), "{again:?}");
    assert!(block_on(strict.code(challenge, NOW)).expect("the store answers").is_none());
    assert!(block_on(pair.verifier.code(challenge, NOW)).expect("the store answers").is_some());

    assert!(pair.verify(challenge, &response, NOW).is_accepted(), "none of it was counted");
}

/// The picture was once drawn again, and its response was then refused.
#[test]
fn no_code_is_shown_once_more_after_the_key_of_its_token_has_ended() {
    let pair = Pair::new(MemoryStore::new(), test_policy());
    let (challenge, _) = pair.issue("1", NOW);
    let key = Validity { start: None, end: Some(later(5)) };
    let origin = Some(Origin { key, ..Origin::default() });
    let token = NewToken { id: token_id(), device_key: &device_key(), test: true, origin };
    block_on(pair.verifier.register_all(vec![token], NOW, &mut rng())).remove(0).expect("the same key");
    let shown = |at| block_on(pair.verifier.code(challenge, later(at))).expect("the store answers").is_some();
    assert_eq!([shown(5), shown(6)], [true, false]);
}
