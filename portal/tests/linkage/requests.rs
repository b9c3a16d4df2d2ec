//! Transfers that a provider asks for.

use axum::http::StatusCode;
use camtoken_portal::bank::{Placed, Settled};
use camtoken_portal::demo::{SAMPLE, TRANSACTION};
use camtoken_portal::domain::contract::{Contract, Limit};
use camtoken_portal::domain::ledger::{LedgerLine, Outcome, Refusal};
use camtoken_portal::domain::linkage::{Ended, Menu};
use camtoken_portal::domain::request::RequestState;
use camtoken_portal::linkage::requests::{MAX_WAITING, PATIENCE};
use serde_json::Value;

use super::world::*;

#[tokio::test(flavor = "multi_thread")]
async fn no_more_requests_wait_than_a_customer_can_look_at() {
    let mut world = World::new().await;
    world.register().await;
    let (_, tokens) = world.link("choubo", &Menu::ALL).await;
    for number in 0..MAX_WAITING {
        assert_eq!(world.transfer(&tokens, &format!("order-{number}"), 1).await.0, StatusCode::ACCEPTED, "{number}");
    }
    assert_eq!(world.transfer(&tokens, "one-more", 1).await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(world.transfer(&tokens, "order-7", 1).await.0, StatusCode::ACCEPTED, "it waits already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_transfer_is_booked_once_and_as_it_was_asked_for() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (_, tokens) = world.link("choubo", &Menu::ALL).await;
    let (status, answer) = world.transfer(&tokens, "order-1", 5_000).await;
    assert_eq!((status, answer["state"].as_str()), (StatusCode::ACCEPTED, Some("pending")));
    let id = answer["id"].as_str().expect("an ID").to_owned();
    assert_eq!(world.transfer(&tokens, "order-1", 5_000).await.1["id"], id.as_str(), "the same key, the same request");
    assert_eq!(world.transfer(&tokens, "order-1", 6_000).await.0, StatusCode::CONFLICT);
    assert_eq!(world.bank().requests(&person).expect("the books answer").len(), 1);
    assert_eq!(world.balance(), 58_420_000, "nothing moves before the customer signs");

    // Two orders for one request, as from two tabs: both are signed, one is booked.
    let (request, _) = world.known_request(&person, &id);
    let draft = world.bank().draft(&request).expect("the books answer");
    let placed = world.bank().place(&person, draft, password(TRANSACTION)).await.expect("the bank decides");
    let Placed::Order(second) = placed else { panic!("not taken: {placed:?}") };
    assert_eq!(world.sign_request(&person, &id).await, Outcome::Done);
    let Settled::Booked(booking) = world.settle(&person, &second.id).await else { panic!("not settled") };
    assert_eq!(booking.outcome, Outcome::Refused(Refusal::Changed));
    assert_eq!(world.balance(), 58_415_000);
    let lines = world.bank().books.list::<LedgerLine>("102-0012345/").expect("the books answer");
    assert_eq!(lines.iter().map(|line| (line.amount, line.text.as_str())).collect::<Vec<_>>(), [(-5_000, "ﾐﾎﾝｼﾖｳｼﾞ(ｶ")]);

    let (_, answer) = world.get(&format!("/api/transfers/{id}"), &format!("Bearer {}", tokens.access), None).await;
    assert_eq!(answer["state"], "done");
    assert_eq!(answer["order"], lines[0].order.as_str());
    assert_eq!(world.transfer(&tokens, "order-1", 5_000).await.1["state"], "done", "asking again pays nothing again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_transfer_that_lacks_money_stays_open_and_says_why() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (_, tokens) = world.link("choubo", &Menu::ALL).await;
    let (_, answer) = world.transfer(&tokens, "order-1", 20_000_000).await;
    let id = answer["id"].as_str().expect("an ID").to_owned();
    assert_eq!(answer["refused"], Value::Null);
    assert_eq!(world.sign_request(&person, &id).await, Outcome::Refused(Refusal::Limit));
    assert_eq!(world.known_request(&person, &id).1, RequestState::Pending);
    assert_eq!(world.balance(), 58_420_000);
    let seen = async |world: &World, id: &str| {
        let (_, answer) = world.get(&format!("/api/transfers/{id}"), &format!("Bearer {}", tokens.access), None).await;
        (answer["state"].as_str().map(str::to_owned), answer["refused"].as_str().map(str::to_owned))
    };
    let said = |state: &str, refused: Option<&str>| (Some(state.to_owned()), refused.map(str::to_owned));
    assert_eq!(seen(&world, &id).await, said("pending", Some("limit")));

    // With a higher limit the same request is signed again and carried out; another one lacks the money.
    let raised: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
        let mut contract = sheet.get::<Contract>(SAMPLE)?.expect("a contract of the demonstration");
        contract.set_limit(Limit::Transfer, 100_000_000);
        sheet.put(&contract);
        Ok(())
    });
    raised.expect("the books answer");
    assert_eq!(world.sign_request(&person, &id).await, Outcome::Done);
    assert_eq!(seen(&world, &id).await, said("done", None));
    let (_, answer) = world.transfer(&tokens, "order-2", 50_000_000).await;
    let id = answer["id"].as_str().expect("an ID").to_owned();
    assert_eq!(world.sign_request(&person, &id).await, Outcome::Refused(Refusal::Funds));
    assert_eq!(seen(&world, &id).await, said("pending", Some("funds")));
    world.later(PATIENCE.as_secs());
    assert_eq!(world.known_request(&person, &id).1, RequestState::Expired);
    assert_eq!(world.balance(), 38_420_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_over_with_its_time_or_its_linkage() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (linkage, tokens) = world.link("choubo", &Menu::ALL).await;
    let (_, answer) = world.transfer(&tokens, "order-1", 5_000).await;
    let late = answer["id"].as_str().expect("an ID").to_owned();
    let (request, _) = world.known_request(&person, &late);
    // In time, and of the day on which it is signed.
    world.later(PATIENCE.as_secs() - 60);
    let draft = world.bank().draft(&request).expect("the books answer");
    let Placed::Order(order) = world.bank().place(&person, draft, password(TRANSACTION)).await.expect("decided") else {
        panic!("not taken")
    };
    world.later(60);
    assert_eq!(world.known_request(&person, &late).1, RequestState::Expired);
    let Settled::Booked(booking) = world.settle(&person, &order.id).await else { panic!("not settled") };
    assert_eq!(booking.outcome, Outcome::Refused(Refusal::Changed), "signed too late");

    let body = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    let (_, answer) = world.post("/oauth/token", Some("choubo"), None, &body).await;
    let tokens = self::tokens(&answer);
    let (_, answer) = world.transfer(&tokens, "order-2", 5_000).await;
    let id = answer["id"].as_str().expect("an ID").to_owned();
    assert_eq!(world.known_request(&person, &id).1, RequestState::Pending);
    world.bank().end_linkage(&linkage.id, Ended::Revoked).expect("the books answer");
    assert_eq!(world.known_request(&person, &id).1, RequestState::Ended);
    world.later(PATIENCE.as_secs());
    assert_eq!(world.known_request(&person, &id).1, RequestState::Expired, "in time or not, it is over");
    assert_eq!(world.balance(), 58_420_000);
}
