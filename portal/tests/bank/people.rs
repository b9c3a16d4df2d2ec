//! People and contracts, and what the bank writes down.

use super::passwords::set_password;
use crate::clerk::{at_desk, clerk, done_at_desk};
use crate::world::{CHOSEN, START, World, about, newcomer, numbers, password, put, transfer, wish};
use camtoken::transaction::Operation;
use camtoken_portal::bank::{AtDesk, Bank, Chain, First, LoggedIn, NotDone, Numbers};
use camtoken_portal::demo::{FIRST_OTP, LOGIN, MIHON, SAMPLE};
use camtoken_portal::domain::contract::{Contract, LoginField, LoginMethod, Profile};
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::domain::event::Event;
use camtoken_portal::domain::ledger::{Outcome, Refusal};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::order::Act;
use camtoken_portal::domain::people::{Menu, Person};

#[tokio::test(flavor = "multi_thread")]
async fn an_applicant_gets_a_contract_once_and_comes_in_with_what_the_letter_says() {
    let mut world = World::new().await;
    let wish = wish(LoginMethod::Password, Profile::ContractAndUser);
    let application = world.bank.apply(&wish).await.expect("the books answer");
    let complete = Errand::about(DeskAct::Complete, "", &application);
    let number = done_at_desk(&world.bank, &complete).await.contract;
    assert_eq!(at_desk(&world.bank, &complete).await, AtDesk::NotDone(NotDone::NotFound));
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let letter = mails.iter().find(|mail| mail.text == "letter-report" && mail.to == number).expect("a letter");
    let word = |name: &str| letter.words.iter().find(|(known, _)| known == name).expect("a word").1.clone();
    let answer =
        world.bank.log_in(Profile::ContractAndUser, &numbers(&number, "ADMIN01"), password(CHOSEN), None).await;
    assert_eq!(answer.expect("a decision").map(|(_, next)| next), Some(LoggedIn::Yes));
    // The token is one of the stock, and the password of the letter opens its registration.
    let person = world.person(&number, "ADMIN01");
    assert_eq!(person.token.as_deref(), Some("KKK0000021"));
    assert!(matches!(world.begin(&person, FIRST_OTP).await, First::Wrong(_)));
    assert!(matches!(world.begin(&person, &word("first")).await, First::Begun));
    assert_eq!(world.token("KKK0000021").activations().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_did_is_a_chain_and_whoever_touches_it_is_found_out() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer(1_000)).await;
    let response = world.response(&person, &order).await;
    world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
    clerk(&world.bank, DeskAct::Suspend, &world.person(SAMPLE, "KEIRI01")).await;
    clerk(&world.bank, DeskAct::Generator, &world.person(MIHON, "MIHON02")).await;
    let Chain { events, broken } = world.bank.events().expect("the books answer");
    let done: Vec<&str> = events.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(done, ["registered", "booked", "out-of-service", "asked", "generator"]);
    assert_eq!(broken, None);

    let world = world.again().await;
    let touched = Event { about: "F000000000000".to_owned(), ..events[1].clone() };
    for (touch, number) in [(Some(&touched), 3), (None, 2)] {
        let changed = world.bank.books.change(|sheet| {
            match touch {
                Some(event) => sheet.put(event),
                None => sheet.strike::<Event>(&format!("{:010}", touched.number)),
            }
            Ok::<_, camtoken_portal::books::BooksError>(())
        });
        changed.expect("the books answer");
        let Chain { broken, .. } = world.bank.events().expect("the books answer");
        assert_eq!(broken.map(|broken| broken.number), Some(number));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_id_leads_to_one_person_of_all_contracts() {
    let mut world = World::new().await;
    let administrator = world.register(MIHON, "MIHON01").await;
    let contract = world.bank.books.get::<Contract>(MIHON).expect("the books answer").expect("the contract");
    let other = Contract { number: "3000000001".to_owned(), ..contract.clone() };
    assert_ne!(contract.login_id("KEIRI01"), other.login_id("KEIRI01"));
    let log_in = async |bank: &Bank, id: &str| {
        let id = Numbers(vec![(LoginField::LoginId, id.to_owned())]);
        let answer = bank.log_in(Profile::LoginId, &id, password(LOGIN), None).await.expect("a decision");
        answer.map(|(person, _)| person.user)
    };

    let taken = Person { login_id: Some("mihon-keiri".to_owned()), ..newcomer(&administrator, "KEIRI01") };
    let outcome = world.sign(&administrator, put(None, taken, "register", Vec::new())).await;
    assert_eq!(outcome, Outcome::Refused(Refusal::Changed));
    assert_eq!(log_in(&world.bank, "mihon-keiri").await.as_deref(), Some("MIHON02"));

    let new = Person { login_id: contract.login_id("KEIRI01"), ..newcomer(&administrator, "KEIRI01") };
    assert_eq!(world.sign(&administrator, put(None, new, "register", Vec::new())).await, Outcome::Done);
    assert_eq!(log_in(&world.bank, "keiri01-2345678901").await.as_deref(), Some("KEIRI01"));

    // The ID of a person who is removed is free for the next one.
    let person = world.person(MIHON, "KEIRI01");
    let fields = [("act", "delete"), ("targetName", "担当者"), ("before", &person.digest())];
    let act = Act::RemovePerson { activations: Vec::new() };
    assert_eq!(
        world.sign(&administrator, about(&person, Operation::UserManagement, &fields, act)).await,
        Outcome::Done
    );
    assert_eq!(log_in(&world.bank, "keiri01-2345678901").await, None);
    let new = Person { login_id: contract.login_id("KEIRI01"), ..newcomer(&administrator, "KEIRI01") };
    assert_eq!(world.sign(&administrator, put(None, new, "register", Vec::new())).await, Outcome::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_for_nobody_else_and_nobody_signs_out_of_service() {
    let mut world = World::new().await;
    let user = world.register(SAMPLE, "KEIRI01").await;
    let other = world.person(SAMPLE, "ADMIN02");
    for (draft, outcome) in [
        (set_password(&other, "transaction", &user), Outcome::Refused(Refusal::Changed)),
        (set_password(&user, "login", &user), Outcome::Done),
    ] {
        assert_eq!(world.sign(&user, draft).await, outcome);
    }
    assert_eq!(world.person(SAMPLE, "ADMIN02").transaction, other.transaction);

    // Suspended in the database between the signature and the booking.
    let user = world.person(SAMPLE, "KEIRI01");
    let order = world.order(&user, transfer(1)).await;
    let put = world.bank.books.change(|sheet| {
        sheet.put(&Person { suspended: true, ..user.clone() });
        Ok::<_, camtoken_portal::books::BooksError>(())
    });
    put.expect("the books answer");
    assert_eq!(world.send(&user, &order).await, Outcome::Refused(Refusal::Changed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_record_takes_back_nothing_that_happened_since_the_form() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let before = world.person(SAMPLE, "KEIRI01");
    let closed = Person { closed: vec![Menu::Bulk], ..before.clone() };
    let order = world.order(&administrator, put(Some(&before), closed, "change", Vec::new())).await;
    let business = Profile::ContractAndUser;
    let answer =
        world.bank.log_in(business, &numbers(SAMPLE, "KEIRI01"), password(LOGIN), None).await.expect("a decision");
    assert!(answer.is_some());
    for _ in 0..4 {
        let answer = world.bank.log_in(business, &numbers(SAMPLE, "KEIRI01"), password("wrong"), None).await;
        assert!(answer.expect("a decision").is_none());
    }
    let bounced = world.person(SAMPLE, "KEIRI01");
    clerk(&world.bank, DeskAct::MailBack, &bounced).await;
    assert_eq!(world.send(&administrator, &order).await, Outcome::Done);
    let person = world.person(SAMPLE, "KEIRI01");
    assert_eq!((person.login.wrong, person.last_login, person.mail_failed), (4, Some(START), true));
    assert!(!person.may(Menu::Bulk));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_corrects_where_mail_goes_and_both_addresses_are_told() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    clerk(&world.bank, DeskAct::MailBack, &world.person(SAMPLE, "KEIRI01")).await;
    let before = world.person(SAMPLE, "KEIRI01");
    for (mail, outcome) in [("nobody", Outcome::Refused(Refusal::Changed)), ("keiri@sample.example", Outcome::Done)] {
        let after = Person { mail: mail.to_owned(), ..before.clone() };
        let order = put(Some(&before), after, "change", Vec::new());
        assert_eq!(world.sign(&administrator, order).await, outcome, "{mail}");
    }
    let person = world.person(SAMPLE, "KEIRI01");
    assert_eq!((person.mail.as_str(), person.mail_failed), ("keiri@sample.example", false));
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let told: Vec<_> = mails.iter().filter(|mail| mail.text == "mail-changed").map(|mail| mail.to.as_str()).collect();
    assert_eq!(told, ["keiri@sample.example", before.mail.as_str()]);
}
