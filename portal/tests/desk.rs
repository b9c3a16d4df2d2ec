//! The operators' desk: a name and a reason for each act, a second operator for what cannot be undone, and records that stay.

mod clerk;
mod visitor;
#[expect(dead_code, reason = "most of it is for the tests of the bank")]
mod world;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use camtoken::Timestamp;
use camtoken::verifier::Step;
use camtoken::verifier::audit::History;
use camtoken_portal::bank::{AtDesk, Bank, First, NotDone};
use camtoken_portal::demo::{self, FIRST_OTP, HINAGATA, LOGIN, MIHON, OPERATOR, OPERATORS, SAMPLE};
use camtoken_portal::domain::contract::{Contract, LentToken, Profile};
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::pages::Site;
use clerk::{at_desk, clerk, done_at_desk};
use visitor::Visitor;
use world::{World, numbers, password, transfer};

const ASKS: &str = OPERATORS[0];
const APPROVES: &str = OPERATORS[1];

fn revoke(world: &World, token: &str) -> Errand {
    let token = world.bank.books.get::<LentToken>(token).expect("the books answer").expect("a token");
    Errand::about(DeskAct::Revoke, &token.contract, &token.id)
}

fn revoked(world: &World, token: &str) -> bool {
    world.bank.books.get::<LentToken>(token).expect("the books answer").expect("a token").revoked
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_undone_waits_for_another_operator() {
    let world = World::new().await;
    let errand = revoke(&world, "KKK0000011");
    let ask = async |who: &str| world.bank.at_desk(who, "lost on the train", &errand).await.expect("a decision");
    let AtDesk::Waits(id) = ask(ASKS).await else { panic!("it is done at once") };
    assert!(!revoked(&world, "KKK0000011"));
    assert_eq!(ask(APPROVES).await, AtDesk::NotDone(NotDone::Waits), "it stands on the list once");
    let approve = async |who: &str| world.bank.approve(who, &id).await.expect("a decision");
    assert_eq!(approve(ASKS).await, AtDesk::NotDone(NotDone::SamePerson));
    assert_eq!(approve("NOBODY").await, AtDesk::NotDone(NotDone::NotFound));
    assert!(!revoked(&world, "KKK0000011"));
    assert!(matches!(approve(APPROVES).await, AtDesk::Done(_)));
    assert!(revoked(&world, "KKK0000011"));
    assert_eq!(approve(APPROVES).await, AtDesk::NotDone(NotDone::NotFound), "and is done once");
    assert!(world.bank.waiting().expect("the books answer").is_empty());

    // The chain says who asked, why, and who approved.
    let events = world.bank.events().expect("the books answer").events;
    let told = |what: &str| {
        let event = events.iter().find(|event| event.what == what).expect("an entry");
        (event.by.clone(), event.reason.clone(), event.approved_by.clone())
    };
    let reason = Some("lost on the train".to_owned());
    assert_eq!(told("asked"), (ASKS.to_owned(), reason.clone(), None));
    assert_eq!(told("token-revoked"), (ASKS.to_owned(), reason, Some(APPROVES.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_lent_by_one_operator_unless_a_registration_ends_by_it() {
    let mut world = World::new().await;
    let lend = Errand::of(DeskAct::Lend, &world.person(MIHON, "MIHON02"));
    assert!(matches!(world.bank.at_desk(ASKS, "new", &lend).await, Ok(AtDesk::Done(_))));
    world.register(MIHON, "MIHON02").await;
    assert!(matches!(world.bank.at_desk(ASKS, "broken", &lend).await, Ok(AtDesk::Waits(_))));
    assert!(world.person(MIHON, "MIHON02").registered, "it signs until it is approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_is_finished_while_a_token_is_lent_ends_by_no_operator_alone() {
    let mut world = World::new().await;
    let person = world.person(MIHON, "MIHON02");
    assert!(matches!(world.begin(&person, FIRST_OTP).await, First::Begun));
    world.device_code(MIHON, "MIHON02").await;
    let person = world.person(MIHON, "MIHON02");
    let response = world.second_code(&person, true).await;
    let lend = Errand::of(DeskAct::Lend, &person);
    // The desk looks first, and hashes the new first-OTP password for as long as a registration takes.
    let (lent, confirmed) =
        tokio::join!(world.bank.at_desk(ASKS, "broken", &lend), world.bank.confirm(&person, &response));
    let after = world.person(MIHON, "MIHON02");
    match (lent.expect("a decision"), confirmed.expect("a decision")) {
        (AtDesk::Waits(_), Step::Done(())) => assert!(after.registered && after.token == person.token),
        (AtDesk::Done(_), Step::Rejected(_)) => assert!(!after.registered),
        (lent, confirmed) => panic!("{lent:?} and {confirmed:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_declined_or_withdrawn_without_being_done() {
    let world = World::new().await;
    for who in [ASKS, APPROVES] {
        let errand = revoke(&world, "KKK0000011");
        let asked = world.bank.at_desk(ASKS, "lost", &errand).await.expect("a decision");
        let AtDesk::Waits(id) = asked else { panic!("it is done at once") };
        assert!(world.bank.decline(who, &id).await.expect("a decision"));
        assert!(!world.bank.decline(who, &id).await.expect("a decision"));
        assert_eq!(world.bank.approve(APPROVES, &id).await.expect("a decision"), AtDesk::NotDone(NotDone::NotFound));
    }
    assert!(!revoked(&world, "KKK0000011"));
    let events = world.bank.events().expect("the books answer").events;
    assert_eq!(events.iter().filter(|event| event.what == "withdrawn" && event.by == ASKS).count(), 1);
    assert_eq!(events.iter().filter(|event| event.what == "declined" && event.by == APPROVES).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_without_a_reason_or_by_nobody() {
    let world = World::new().await;
    let person = world.person(SAMPLE, "KEIRI01");
    let suspend = Errand::of(DeskAct::Suspend, &person);
    for (who, reason, why) in
        [(ASKS, " ", NotDone::Reason), (ASKS, "a\nb", NotDone::Reason), ("X", "lost", NotDone::NotFound)]
    {
        let done = world.bank.at_desk(who, reason, &suspend).await.expect("a decision");
        assert_eq!(done, AtDesk::NotDone(why), "{who} {reason:?}");
    }
    assert!(!world.person(SAMPLE, "KEIRI01").suspended);
    let done = world.bank.at_desk(ASKS, "called", &suspend).await.expect("a decision");
    assert!(matches!(done, AtDesk::Done(_)), "what can be undone needs one operator");
    let last = world.bank.events().expect("the books answer").events.pop().expect("an entry");
    assert_eq!(
        (last.by.as_str(), last.what.as_str(), last.reason.as_deref()),
        (ASKS, "out-of-service", Some("called"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_earlier_activations_stay_within_reach() {
    let mut world = World::new().await;
    let person = world.register(MIHON, "MIHON01").await;
    world.register(MIHON, "MIHON02").await;
    let first = person.activation.clone().expect("an activation");
    done_at_desk(&world.bank, &revoke(&world, "KKK0000011")).await;
    clerk(&world.bank, DeskAct::Lend, &person).await;
    let letter = world::word(&world, "letter-first-otp", "first");
    world.later(60);
    world.register_with(MIHON, "MIHON01", &letter).await;
    let trails = world.bank.trails(MIHON, "MIHON01").await.expect("records");
    assert_eq!(trails.len(), 2);
    assert_eq!(trails[1].0.activation, first);
    for (_, trail) in &trails {
        assert!(matches!(trail, History::Whole(entries) if !entries.is_empty()));
    }

    // Also of a person who has been removed.
    clerk(&world.bank, DeskAct::Remove, &world.person(MIHON, "MIHON02")).await;
    assert!(world.bank.person(MIHON, "MIHON02").expect("the books answer").is_none());
    assert_eq!(world.bank.gone(MIHON).expect("the books answer"), ["MIHON02"]);
    assert_eq!(world.bank.trails(MIHON, "MIHON02").await.expect("records").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_as_long_as_the_contract() {
    let world = World::new().await;
    let remove = Errand::of(DeskAct::Remove, &world.person(MIHON, "MIHON01"));
    assert_eq!(at_desk(&world.bank, &remove).await, AtDesk::NotDone(NotDone::LastAdministrator));
    clerk(&world.bank, DeskAct::Remove, &world.person(SAMPLE, "ADMIN02")).await;
    let remove = Errand::of(DeskAct::Remove, &world.person(SAMPLE, "ADMIN01"));
    assert_eq!(at_desk(&world.bank, &remove).await, AtDesk::NotDone(NotDone::LastAdministrator));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_end_a_contract_is_closed_to_everybody() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let balance = world.balance();
    let order = world.order(&person, transfer(1_000)).await;
    let response = world.response(&person, &order).await;
    let did = done_at_desk(&world.bank, &Errand::about(DeskAct::End, SAMPLE, "")).await;
    assert_eq!(did.out, ["ADMIN01", "ADMIN02", "KEIRI01"]);
    let settled = world.bank.settle(&person, &order.id, &response, [3; 16]).await.expect("a decision");
    assert!(!matches!(settled, camtoken_portal::bank::Settled::Booked(_)), "{settled:?}");
    assert_eq!(world.balance(), balance);
    for user in ["ADMIN01", "KEIRI01"] {
        let entered = world.bank.log_in(Profile::ContractAndUser, &numbers(SAMPLE, user), password(LOGIN), None).await;
        assert!(entered.expect("a decision").is_none(), "{user}");
    }
    let contract = world.bank.books.get::<Contract>(SAMPLE).expect("the books answer").expect("its record stays");
    assert_eq!(contract.ended.as_deref(), Some("2026-11-21"));
    for act in [DeskAct::Resume, DeskAct::Lend, DeskAct::FirstOtp] {
        let done = at_desk(&world.bank, &Errand::of(act, &world.person(SAMPLE, "ADMIN01"))).await;
        assert_eq!(done, AtDesk::NotDone(NotDone::Ended), "{act:?}");
    }
    // Another company's people go on.
    assert!(
        world.bank.log_in(Profile::ContractAndUser, &numbers(HINAGATA, "ADMIN01"), password(LOGIN), None).await.is_ok()
    );
    assert!(!revoked(&world, "KKK0000011") && revoked(&world, "KKK0000003"));
    let world = world.again().await;
    let first =
        world.bank.begin_registration(&world.person(SAMPLE, "ADMIN02"), Some(password(FIRST_OTP)), "KKK0000002").await;
    assert!(!matches!(first.expect("a decision"), camtoken_portal::bank::First::Begun));
}

/// The site of a bank.
async fn site() -> (Router, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let bank = Bank::open(dir.path(), Arc::new(|| Timestamp::from_unix(world::START))).expect("the bank opens");
    demo::seed(&bank).await.expect("a new bank");
    (Arc::new(Site::new(bank, None, dir.path().join("attacks"))).router(), dir)
}

async fn operator(site: &Router, id: &str) -> Visitor {
    let mut desk = Visitor::new(site.clone());
    desk.ask("/operator/login", None).await;
    desk.ask("/operator/login", Some(&format!("operator={id}&password={OPERATOR}"))).await;
    assert_eq!(desk.to.as_deref(), Some("/operator"));
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn the_confirmation_names_company_person_and_consequence() {
    let (site, _dir) = site().await;
    let mut desk = operator(&site, "operator1").await;
    desk.ask(&format!("/operator/act?act=generator&contract={MIHON}&user=MIHON02"), None).await;
    for words in
        ["有限会社みほん", MIHON, "MIHON02", "担当者", "OPERATOR1", "お取引はできなくなり", "この操作は取り消せません"]
    {
        assert!(desk.page.contains(words), "{words}");
    }
    let form = format!("act=generator&contract={MIHON}&user=MIHON02&reason=");
    desk.go("/operator/act", Some(&form)).await;
    assert!(desk.page.contains("id=\"reason-error\""));
    desk.ask(&format!("/operator/act?act=generator&contract={MIHON}&user=MIHON02"), None).await;
    desk.go("/operator/act", Some(&format!("{form}returned"))).await;
    let waiting = desk.page.split("/operator/pending/D").nth(1).expect("its page")[..8].to_owned();
    assert!(desk.page.contains("returned") && !desk.page.contains("value=\"approve\""), "not by the same operator");
    let path = format!("/operator/pending/D{waiting}");
    desk.go(&path, Some("decision=approve")).await;
    assert!(desk.page.contains("依頼した行員は承認できません"));

    let mut second = operator(&site, "OPERATOR2").await;
    second.ask("/operator", None).await;
    assert!(second.page.contains("承認待ちの操作が1件あります"));
    second.ask(&path, None).await;
    for words in ["有限会社みほん", "MIHON02", "OPERATOR1", "returned"] {
        assert!(second.page.contains(words), "{words}");
    }
    second.go(&path, Some("decision=approve")).await;
    assert!(second.page.contains("トークン返却済み"));
    second.ask("/operator/events", None).await;
    assert!(second.page.contains("承認：OPERATOR2") && second.page.contains("理由：returned"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_is_for_operators_alone() {
    let (site, _dir) = site().await;
    let mut customer = Visitor::new(site.clone());
    assert!(customer.log_in(SAMPLE, "ADMIN01", LOGIN).await);
    for path in [
        "/operator/act?act=suspend&contract=1234567890&user=KEIRI01",
        "/operator/pending",
        "/operator/1234567890/KEIRI01/records",
    ] {
        assert_eq!(customer.ask(path, None).await, StatusCode::NOT_FOUND, "{path}");
    }
    customer.ask("/home", None).await;
    let form = format!("act=suspend&contract={SAMPLE}&user=KEIRI01&reason=x");
    assert_eq!(customer.ask("/operator/act", Some(&form)).await, StatusCode::NOT_FOUND);
}
