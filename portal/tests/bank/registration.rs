//! Registration on a token, and what becomes of it.

use crate::clerk::{at_desk, clerk, done_at_desk};
use crate::world::{World, put, transfer, wish};
use camtoken::key::TokenId;
use camtoken::token::Received;
use camtoken::verifier::{Rejection, Step, Subscriber};
use camtoken_portal::bank::{AtDesk, First, NotDone, Progress, Settled};
use camtoken_portal::demo::{FIRST_OTP, SAMPLE};
use camtoken_portal::domain::contract::{LentToken, LoginMethod, Profile};
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::domain::ledger::{Outcome, Refusal};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::people::Person;
use camtoken_portal::system::rng;

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_was_confirmed_before_the_process_was_killed_is_finished() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    // As it was in the database one step earlier.
    world
        .bank
        .books
        .change(|sheet| {
            sheet.put(&Person { registered: false, first_otp: Some(person.login.clone()), ..person.clone() });
            Ok::<_, camtoken_portal::books::BooksError>(())
        })
        .expect("the books answer");
    let world = world.again().await;
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(person.registered && person.first_otp.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_registers_without_a_first_otp_password_on_the_token_that_was_handed_out() {
    let mut world = World::new().await;
    world.register(SAMPLE, "ADMIN01").await;
    let person = world.person(SAMPLE, "KEIRI01");
    let wrong = world.bank.begin_registration(&person, None, "KKK0000002").await.expect("a decision");
    assert!(matches!(wrong, First::Serial));
    let person = world.register(SAMPLE, "KEIRI01").await;
    assert!(person.registered);
    assert_eq!(world.token("KKK0000001").activations().count(), 2, "two users share one token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_initialised_until_it_has_signed() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "KEIRI01").await;
    assert!(world.bank.give_up(&person).await.expect("a decision"));
    // The token said "yes" to the first one and keeps it; the second takes another place.
    let person = world.register(SAMPLE, "KEIRI01").await;
    let order = world.order(&person, transfer(1)).await;
    let response = world.response(&person, &order).await;
    world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
    assert!(!world.bank.give_up(&person).await.expect("a decision"));
    assert!(world.person(SAMPLE, "KEIRI01").registered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_signs_nothing_and_nobody_has_it_any_more() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer(1)).await;
    let response = world.response(&person, &order).await;
    let token = world.bank.books.get::<LentToken>("KKK0000001").expect("the books answer").expect("the token");
    done_at_desk(&world.bank, &Errand::about(DeskAct::Revoke, &token.contract, &token.id)).await;
    let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
    assert!(matches!(settled, Settled::Rejected(Rejection::Revoked)), "{settled:?}");
    let token = world.bank.books.get::<LentToken>("KKK0000001").expect("the books answer").expect("the token");
    assert_eq!(token.listed(), "KKK0000001*");
    assert!(world.person(SAMPLE, "ADMIN01").token.is_none() && world.person(SAMPLE, "KEIRI01").token.is_none());
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let told = mails.iter().filter(|mail| mail.text == "mail-token-revoked").map(|mail| mail.to.clone());
    assert!(told.eq(["ADMIN01", "KEIRI01"].map(|user| world.person(SAMPLE, user).mail)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_taken_out_of_service_signs_nothing_until_resumed() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer(1)).await;
    let response = world.response(&person, &order).await;
    clerk(&world.bank, DeskAct::Suspend, &person).await;
    let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
    assert!(matches!(settled, Settled::Rejected(Rejection::Suspended)));
    clerk(&world.bank, DeskAct::Resume, &person).await;
    let order = world.order(&world.person(SAMPLE, "ADMIN01"), transfer(1)).await;
    let response = world.response(&person, &order).await;
    let settled = world.bank.settle(&person, &order.id, &response, [2; 16]).await.expect("a decision");
    assert!(matches!(settled, Settled::Booked(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_lent_once_and_then_there_are_none() {
    let world = World::new().await;
    let wish = wish(LoginMethod::PasswordOtp, Profile::LoginId);
    let mut lent = Vec::new();
    for _ in 0..4 {
        let application = world.bank.apply(&wish).await.expect("the books answer");
        match at_desk(&world.bank, &Errand::about(DeskAct::Complete, "", &application)).await {
            AtDesk::Done(did) => lent.extend(world.person(&did.contract, "ADMIN01").token),
            other => assert_eq!((other, lent.len()), (AtDesk::NotDone(NotDone::NoToken), 3)),
        }
    }
    assert_eq!(lent, ["KKK0000021", "KKK0000022", "KKK0000023"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_since_the_form_is_handed_to_nobody() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let before = world.person(SAMPLE, "KEIRI01");
    let after = Person { token: Some("KKK0000003".to_owned()), ..before.clone() };
    let order = world.order(&administrator, put(Some(&before), after, "token", Vec::new())).await;
    let token = world.bank.books.get::<LentToken>("KKK0000003").expect("the books answer").expect("the token");
    done_at_desk(&world.bank, &Errand::about(DeskAct::Revoke, &token.contract, &token.id)).await;
    assert_eq!(world.send(&administrator, &order).await, Outcome::Refused(Refusal::Changed));
    assert_eq!(world.person(SAMPLE, "KEIRI01").token.as_deref(), Some("KKK0000001"));
    // Nor is one of another company.
    let after = Person { token: Some("KKK0000011".to_owned()), ..before.clone() };
    let outcome = world.sign(&administrator, put(Some(&before), after, "token", Vec::new())).await;
    assert_eq!(outcome, Outcome::Refused(Refusal::Changed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_registration_is_not_begun_again_until_it_is_resumed() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "KEIRI01").await;
    for attempt in 0..5_u8 {
        let order = world.order(&person, transfer(1)).await;
        world.bank.settle(&person, &order.id, "00000000", [attempt; 16]).await.expect("a decision");
    }
    assert!(world.bank.otp_suspended(&person).await.expect("an answer"));
    assert!(!world.bank.give_up(&person).await.expect("a decision"));
    assert_eq!(world.person(SAMPLE, "KEIRI01").activation, person.activation);
    clerk(&world.bank, DeskAct::Resume, &person).await;
    assert!(world.bank.give_up(&person).await.expect("a decision"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_registrations_at_once_one_is_begun_and_the_other_leaves_no_place_taken() {
    let world = World::new().await;
    let person = world.person(SAMPLE, "KEIRI01");
    let (one, other) = tokio::join!(world.begin(&person, ""), world.begin(&person, ""));
    assert!(matches!((&one, &other), (First::Begun, First::Overtaken) | (First::Overtaken, First::Begun)));
    assert_eq!(live(&world, "KKK0000001").await, [world.person(SAMPLE, "KEIRI01").activation().expect("one")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_on_a_token_that_was_taken_away_is_not_finished() {
    let mut world = World::new().await;
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(matches!(world.begin(&person, FIRST_OTP).await, First::Begun));
    let person = world.person(SAMPLE, "ADMIN01");
    let Progress::First(first) = world.bank.progress(&person).await.expect("an answer") else { panic!("no code") };
    let Ok(Received::FirstCode(received)) = world.token("KKK0000001").receive(&first.code) else { panic!("refused") };
    let device_code = received.approve(&mut rng()).expose_digits();
    let step = world.bank.second_code(&person, &device_code).await.expect("an answer");
    assert!(matches!(step, Step::Done(())), "it is right");
    let Progress::Second(second) = world.bank.progress(&person).await.expect("an answer") else { panic!("no code") };
    let Ok(Received::SecondCode(received)) = world.token("KKK0000001").receive(&second.code) else { panic!("refused") };
    let response = received.approve().response().expose_str().to_owned();
    // Another token is handed out, and the verifier has not been told yet.
    let put = world.bank.books.change(|sheet| {
        sheet.put(&Person { token: Some("KKK0000003".to_owned()), activation: None, ..person.clone() });
        Ok::<_, camtoken_portal::books::BooksError>(())
    });
    put.expect("the books answer");
    let confirmed = world.bank.confirm(&person, &response).await.expect("a decision");
    assert!(matches!(confirmed, Step::Rejected(Rejection::NotActivated)));
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(!person.registered && person.first_otp.is_some());
    let world = world.again().await;
    assert!(live(&world, "KKK0000001").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_was_taken_before_the_process_was_killed_is_free_again() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let token: TokenId = "KKK0000001".parse().expect("an ID");
    let subscriber = Subscriber { contract: SAMPLE.to_owned(), user: "KEIRI01".to_owned() };
    world.bank.verifier.enroll(&token, subscriber, world.bank.now(), &mut rng()).await.expect("a place");
    assert_eq!(live(&world, "KKK0000001").await.len(), 2);
    let world = world.again().await;
    assert_eq!(live(&world, "KKK0000001").await, [person.activation().expect("one")]);
}

/// The activations that hold a place on a token.
async fn live(world: &World, token: &str) -> Vec<camtoken::key::ActivationId> {
    let token = world.bank.verifier.token(&token.parse().expect("an ID")).await.expect("an answer").expect("a token");
    let mut live = Vec::new();
    for activation in token.activations() {
        let known = world.bank.verifier.activation(*activation).await.expect("an answer").expect("a record");
        if !known.state().has_ended() {
            live.push(*activation);
        }
    }
    live
}
