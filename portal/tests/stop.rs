//! 緊急停止: a person stops everything of theirs at once, and the bank alone undoes it.

mod clerk;
mod visitor;
#[expect(dead_code, reason = "most of it is for the tests of the bank")]
mod world;

use std::sync::Arc;

use axum::http::StatusCode;
use camtoken::token::Received;
use camtoken::transaction::Operation;
use camtoken_portal::bank::{NewChallenge, Placed, Settled};
use camtoken_portal::demo::{LOGIN, SAMPLE, TRANSACTION};
use camtoken_portal::domain::desk::DeskAct;
use camtoken_portal::domain::ledger::{Outcome, Refusal};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::order::Act;
use camtoken_portal::pages::Site;
use clerk::clerk;
use visitor::Visitor;
use world::{World, about, password, transfer};

#[tokio::test(flavor = "multi_thread")]
async fn one_button_ends_logins_sessions_and_signatures_without_the_token() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "KEIRI01").await;
    let order = world.order(&person, transfer(1_000)).await;
    let World { bank, mut tokens, dir, .. } = world;
    let site = Arc::new(Site::new(bank, None, dir.path().join("attacks")));
    let [mut user, mut elsewhere] = [0; 2].map(|_| Visitor::new(Arc::clone(&site).router()));
    assert!(user.log_in(SAMPLE, "KEIRI01", LOGIN).await && elsewhere.log_in(SAMPLE, "KEIRI01", LOGIN).await);
    let (code, _) = site.bank.code(&order).await.expect("an answer").expect("a code");
    let Ok(Received::Transaction(shown)) = tokens[0].receive(&code) else { panic!("refused") };
    let otp = shown.approve().expose_str().to_owned();

    user.ask("/stop", None).await;
    assert!(user.page.contains("再開できるのは、当行の窓口だけです"), "the page says what it will do");
    assert_eq!(user.go("/stop", Some("")).await, StatusCode::OK);
    assert!(user.page.contains("すべて停止しました"));
    for visitor in [&mut user, &mut elsewhere] {
        visitor.ask("/home", None).await;
        assert_eq!(visitor.to.as_deref(), Some("/login"));
        assert!(!visitor.log_in(SAMPLE, "KEIRI01", LOGIN).await);
    }

    // The digits of a code that was read before carry nothing out.
    let settled = site.bank.settle(&person, &order.id, &otp, [1; 16]).await.expect("a decision");
    assert!(matches!(settled, Settled::Rejected(_)), "{settled:?}");
    let mails = site.bank.books.list::<Mail>("").expect("the books answer");
    let to = |text: &str| mails.iter().filter(|mail| mail.text == text).map(|mail| mail.to.clone()).collect::<Vec<_>>();
    assert_eq!(to("mail-stopped"), [person.mail.as_str()]);
    assert_eq!(to("mail-stopped-other").len(), 2, "both administrators");
    let events = site.bank.events().expect("the books answer").events;
    assert!(events.iter().any(|event| event.what == "stopped" && event.by == "1234567890/KEIRI01"));

    clerk(&site.bank, DeskAct::Resume, &person).await;
    assert!(user.log_in(SAMPLE, "KEIRI01", LOGIN).await);
    let person = site.bank.person(SAMPLE, "KEIRI01").expect("the books answer").expect("a person");
    assert_eq!(person.stopped, None);
    let placed = site.bank.place(&person, transfer(1), password(TRANSACTION)).await.expect("a decision");
    let Placed::Order(order) = placed else { panic!("{placed:?}") };
    let issued = site.bank.issue(&person, &order.id).await.expect("a decision");
    assert!(matches!(issued, NewChallenge::Issued(_)), "{issued:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_cannot_undo_what_a_person_has_stopped() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let person = world.register(SAMPLE, "KEIRI01").await;
    world.bank.stop(&person).await.expect("the bank stops it");
    let stopped = world.person(SAMPLE, "KEIRI01");
    let mut resume = about(&stopped, Operation::UserManagement, &[("act", "resume")], Act::Resume);
    resume.fields.push(("targetName".to_owned(), stopped.name.clone()));
    assert_eq!(world.sign(&administrator, resume).await, Outcome::Refused(Refusal::Changed));
    assert!(world.person(SAMPLE, "KEIRI01").suspended);
    // And it stays so over a start.
    let world = world.again().await;
    assert!(world.person(SAMPLE, "KEIRI01").stopped.is_some());
    clerk(&world.bank, DeskAct::Resume, &stopped).await;
    assert!(!world.person(SAMPLE, "KEIRI01").suspended);
}
