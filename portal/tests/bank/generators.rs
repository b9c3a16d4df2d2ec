//! Customers who gave the token back, and their generators.

use crate::clerk::clerk;
use crate::world::{World, about, generator, password, put, shown, transfer};
use camtoken::transaction::Operation;
use camtoken::verifier::{ActivationState, AttemptId, Rejection, Step};
use camtoken_portal::bank::{First, LoggedIn, Numbers, Placed, Settled};
use camtoken_portal::demo::{LOGIN, MIHON, SAMPLE, TRANSACTION};
use camtoken_portal::domain::contract::{LoginField, Profile};
use camtoken_portal::domain::desk::DeskAct;
use camtoken_portal::domain::ledger::Outcome;
use camtoken_portal::domain::order::Act;
use camtoken_portal::domain::people::Person;

/// The generator that the last letter sets up.
#[tokio::test(flavor = "multi_thread")]
async fn who_gave_the_token_back_comes_in_by_the_generator_once_per_password_and_signs_nothing() {
    let mut world = World::new().await;
    let person = world.register(MIHON, "MIHON01").await;
    let order = world.order(&person, transfer(1)).await;
    let signed = world.response(&person, &order).await;
    clerk(&world.bank, DeskAct::Generator, &person).await;
    let key = generator(&world);
    let settled = world.bank.settle(&person, &order.id, &signed, [9; 16]).await.expect("a decision");
    assert!(matches!(settled, Settled::Rejected(_)), "the camera token signs no more");

    let id = Numbers(vec![(LoginField::LoginId, "mihon-admin".to_owned())]);
    let answer = world.bank.log_in(Profile::LoginId, &id, password(LOGIN), None).await.expect("a decision");
    let (person, next) = answer.expect("the password is right");
    assert_eq!(next, LoggedIn::Generator);
    let enter = async |digits: &str, attempt: u8| {
        world.bank.log_in_by_generator(&person, digits, [attempt; 16]).await.expect("a decision")
    };
    let right = shown(&world, &key);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    assert!(matches!(enter(wrong, 1).await, Step::Rejected(Rejection::Wrong { .. })));
    assert!(matches!(enter(&right, 2).await, Step::Done(())));
    assert!(matches!(enter(&right, 2).await, Step::Done(())), "the same form once more");
    assert!(matches!(enter(&right, 3).await, Step::Rejected(_)), "each password is good once");
    world.later(30);
    assert!(matches!(enter(&shown(&world, &key), 4).await, Step::Done(())));
    assert!(matches!(enter(&signed, 5).await, Step::Rejected(Rejection::Malformed { digits: 6 })));
    let placed = world.bank.place(&person, transfer(1), password(TRANSACTION)).await.expect("a decision");
    assert!(matches!(placed, Placed::NotRegistered));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_based_password_answers_no_challenge_and_a_response_is_no_time_based_password() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer(1)).await;
    let response = world.response(&person, &order).await;
    clerk(&world.bank, DeskAct::Generator, &world.person(SAMPLE, "KEIRI01")).await;
    let (key, other) = (generator(&world), world.person(SAMPLE, "KEIRI01"));
    let digits = shown(&world, &key);
    let generator = other.generator().expect("a generator");
    let challenge: camtoken::verifier::ChallengeRef = order.challenge.as_deref().expect("issued").parse().expect("one");
    let (now, attempt) = (world.bank.now(), |n: u8| AttemptId::from_bytes([n; 16]));
    let verifier = &world.bank.verifier;

    // The generator's digits, also filled up, in the place of the token's: for the order, and under the generator's name.
    for (n, digits) in [(1, digits.clone()), (2, format!("00{digits}")), (3, format!("{digits}00"))] {
        let settled = world.bank.settle(&person, &order.id, &digits, [n; 16]).await.expect("a decision");
        assert!(matches!(settled, Settled::Rejected(_)), "{digits}");
    }
    let moved = camtoken::verifier::ChallengeRef { activation: generator, ..challenge };
    for digits in [&digits, &response] {
        let verdict = verifier.verify(moved, digits, attempt(4), now).await.expect("a decision");
        assert!(!verdict.is_accepted(), "{digits}");
    }
    // The token's digits, also cut to six, in the place of the generator's.
    for digits in [response.as_str(), &response[..6], &response[2..]] {
        let verdict = verifier.verify_password(generator, digits, attempt(5), now).await.expect("a decision");
        assert!(!verdict.is_accepted(), "{digits}");
    }
    // The generator's digits for the camera token's activation.
    let verdict = verifier.verify_password(challenge.activation, &digits, attempt(6), now).await.expect("a decision");
    assert!(!verdict.is_accepted());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_time_based_passwords_suspend_the_generator_until_the_bank_resumes_it() {
    let world = World::new().await;
    clerk(&world.bank, DeskAct::Generator, &world.person(MIHON, "MIHON02")).await;
    let (key, person) = (generator(&world), world.person(MIHON, "MIHON02"));
    let right = shown(&world, &key);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for attempt in 1..=5_u8 {
        let entered = world.bank.log_in_by_generator(&person, wrong, [attempt; 16]).await.expect("a decision");
        assert!(matches!(entered, Step::Rejected(_)));
    }
    let entered = world.bank.log_in_by_generator(&person, &right, [6; 16]).await.expect("a decision");
    assert!(matches!(entered, Step::Rejected(Rejection::Suspended)));
    assert!(world.bank.otp_suspended(&person).await.expect("an answer"));
    clerk(&world.bank, DeskAct::Resume, &person).await;
    let entered = world.bank.log_in_by_generator(&person, &right, [7; 16]).await.expect("a decision");
    assert!(matches!(entered, Step::Done(())));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_taken_out_of_the_books_leaves_neither_activation_nor_generator_at_the_verifier() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    clerk(&world.bank, DeskAct::Generator, &world.person(SAMPLE, "KEIRI01")).await;
    let before = world.person(SAMPLE, "KEIRI01");
    let after = Person { token: Some("KKK0000003".to_owned()), ..before.clone() };
    let again = put(Some(&before), after, "token", Vec::new());
    assert_eq!(world.sign(&administrator, again).await, Outcome::Done);
    // A registration that is not finished: the generator is good until it is.
    assert!(matches!(world.begin(&world.person(SAMPLE, "KEIRI01"), "").await, First::Begun));
    let person = world.person(SAMPLE, "KEIRI01");
    let activations: Vec<_> = person.activations().collect();
    assert_eq!(activations.len(), 2);
    let act = Act::RemovePerson { activations: activations.iter().map(ToString::to_string).collect() };
    let fields = [("act", "delete"), ("targetName", "経理部 担当者"), ("before", &person.digest())];
    let gone = about(&person, Operation::UserManagement, &fields, act);
    assert_eq!(world.sign(&administrator, gone).await, Outcome::Done);
    for activation in activations {
        let known = world.bank.verifier.activation(activation).await.expect("an answer").expect("a record");
        assert_eq!(known.state(), ActivationState::Revoked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generator_of_nobody_is_ended_at_the_start() {
    let world = World::new().await;
    clerk(&world.bank, DeskAct::Generator, &world.person(SAMPLE, "KEIRI01")).await;
    let person = world.person(SAMPLE, "KEIRI01");
    let generator = person.generator().expect("a generator");
    // The process is killed after the person's record was removed, and before the verifier revoked the generator.
    let gone = world.bank.books.change(|sheet| {
        sheet.strike::<Person>(&Person::key(SAMPLE, "KEIRI01"));
        Ok::<_, camtoken_portal::books::BooksError>(())
    });
    gone.expect("the database answers");
    let world = world.again().await;
    let known = world.bank.verifier.activation(generator).await.expect("an answer").expect("a record");
    assert_eq!(known.state(), ActivationState::Revoked);
}
