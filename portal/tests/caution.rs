//! The bank's caution about payments: lower limits after a registration and to new payees, and a raise that holds only later.

mod visitor;
#[expect(dead_code, reason = "most of it is for the tests of the bank")]
mod world;

use std::sync::Arc;

use axum::http::StatusCode;
use camtoken::transaction::Operation;
use camtoken_portal::bank::Draft;
use camtoken_portal::books::BooksError;
use camtoken_portal::demo::{LOGIN, SAMPLE};
use camtoken_portal::domain::caution::{Bound, Caution};
use camtoken_portal::domain::contract::Limit;
use camtoken_portal::domain::ledger::{Outcome, Refusal};
use camtoken_portal::domain::order::Act;
use camtoken_portal::domain::people::Person;
use camtoken_portal::pages::Site;
use visitor::Visitor;
use world::{World, batch, on, plain, transfer, transfer_to};

const DAY: u64 = 24 * 3600;

/// A bank with the demonstration's caution, and a person whose token was registered just now, or long ago.
async fn world(user: &str, just_now: bool) -> (World, Person) {
    let mut world = World::new().await;
    world.register(SAMPLE, user).await;
    world.bank.caution = Caution::default();
    if !just_now {
        let changed: Result<(), BooksError> = world.bank.books.change(|sheet| {
            let person = sheet.get::<Person>(&Person::key(SAMPLE, user))?.expect("a person");
            sheet.put(&Person { registered_at: None, ..person });
            Ok(())
        });
        changed.expect("the books answer");
    }
    let person = world.person(SAMPLE, user);
    (world, person)
}

/// A transfer to a payee who is not registered.
fn to_new(account: &str, yen: u64) -> Draft {
    transfer_to(("9903", "ﾚｲ", "007", "ﾔﾏﾉﾃ", account, "ﾚｲｺｳｷﾞﾖｳ(ﾕ"), yen)
}

const REFUSED: fn(Refusal) -> Outcome = Outcome::Refused;

#[tokio::test(flavor = "multi_thread")]
async fn in_the_first_three_days_after_a_registration_its_person_pays_less() {
    let (mut world, person) = world("KEIRI01", true).await;
    let balance = world.balance();
    assert_eq!(world.sign(&person, transfer(2_999_999)).await, Outcome::Done);
    assert_eq!(world.sign(&person, transfer(2)).await, REFUSED(Refusal::Registration));
    assert_eq!(world.balance(), balance - 2_999_999, "a refusal leaves no trace");
    let rooms = world.bank.rooms(&person, &transfer(1)).expect("the books answer");
    assert!(matches!(rooms[1].bound, Bound::Registration(_)) && rooms[1].left == 1, "{rooms:?}");
    assert_eq!(world.sign(&person, transfer(1)).await, Outcome::Done);
    world.later(DAY);
    assert_eq!(world.sign(&person, on("2026-11-22", transfer(3_000_000))).await, Outcome::Done, "another day");
    world.later(2 * DAY);
    assert_eq!(world.sign(&person, on("2026-11-24", transfer(3_000_001))).await, Outcome::Done, "three days are over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_of_another_token_begins_the_days_again_and_counts_for_its_person_alone() {
    let (mut world, person) = world("KEIRI01", false).await;
    assert_eq!(world.sign(&person, transfer(4_000_000)).await, Outcome::Done);
    let new = world.register(SAMPLE, "ADMIN02").await;
    assert_eq!(world.sign(&new, transfer(3_000_000)).await, Outcome::Done, "what others paid does not count");
    assert_eq!(world.sign(&new, transfer(1)).await, REFUSED(Refusal::Registration));
    assert_eq!(world.sign(&person, transfer(1)).await, Outcome::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_new_payees_of_a_day_have_one_limit_and_known_payees_the_daily_one() {
    let (mut world, person) = world("KEIRI01", false).await;
    assert_eq!(world.sign(&person, to_new("1200034", 2_000_001)).await, REFUSED(Refusal::NewPayee));
    assert_eq!(world.sign(&person, to_new("1200034", 1_500_000)).await, Outcome::Done);
    assert_eq!(world.sign(&person, to_new("1200035", 500_001)).await, REFUSED(Refusal::NewPayee), "split over two");
    assert_eq!(world.sign(&person, transfer(5_000_000)).await, Outcome::Done, "a payee of before");

    // Registering a payee does not make it known at once.
    let mut register = to_new("1200034", 1);
    register.fields.retain(|(name, _)| name != "amount" && name != "date");
    let register = Draft { operation: Operation::PayeeRegistration, act: Act::RegisterPayee, ..register };
    assert_eq!(world.sign(&person, register).await, Outcome::Done);
    assert_eq!(world.sign(&person, to_new("1200034", 600_000)).await, REFUSED(Refusal::NewPayee));
    world.later(3 * DAY);
    assert_eq!(world.sign(&person, on("2026-11-24", to_new("1200034", 3_000_000))).await, Outcome::Done);
    assert_eq!(world.sign(&person, on("2026-11-24", to_new("1200035", 2_000_001))).await, REFUSED(Refusal::NewPayee));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_payees_of_a_batch_count_as_well() {
    let (mut world, person) = world("KEIRI01", false).await;
    let new = world.bank.paid_to_new(&contract(&world), &batch(&world, None)).expect("the books answer");
    assert_eq!(new, 240_500 + 33_000, "the two payees who are not registered");
    world.bank.caution = Caution { payee_limit: new - 1, ..Caution::default() };
    let balance = world.balance();
    let file = batch(&world, None);
    assert_eq!(world.sign(&person, file).await, REFUSED(Refusal::NewPayee));
    assert_eq!(world.balance(), balance, "a batch is paid whole or not at all");
    world.bank.caution = Caution { payee_limit: new, ..Caution::default() };
    let file = batch(&world, None);
    assert_eq!(world.sign(&person, file).await, Outcome::Done);
}

/// A payment of so many US dollars abroad, at 150 yen each.
fn abroad(account: &str, dollars: u64) -> Draft {
    let amount = format!("USD {dollars}.00");
    let fields = [
        ("amount", amount.as_str()),
        ("payee", "Specimen Trading GmbH"),
        ("account", account),
        ("country", "DE"),
        ("charges", "sha"),
        ("valueDate", "2026-11-21"),
    ];
    plain(Operation::Remittance, Limit::Remittance, &fields)
}

fn bill(biller: &str, yen: u64) -> Draft {
    let amount = yen.to_string();
    let fields = [
        ("billerCode", biller),
        ("biller", "架空税務署"),
        ("paymentNumber", "123456789012"),
        ("amount", amount.as_str()),
        ("date", "2026-11-21"),
    ];
    plain(Operation::PayEasy, Limit::PayEasy, &fields)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_abroad_and_a_biller_are_new_until_three_days_after_the_first_payment() {
    let (mut world, person) = world("ADMIN01", false).await;
    let (first, other) = ("DE89370400440532013000", "DE02100100100006820101");
    let balance = world.balance();
    // 13,334 dollars are 2,000,100 yen.
    assert_eq!(world.sign(&person, abroad(first, 13_334)).await, REFUSED(Refusal::NewPayee));
    assert_eq!(world.sign(&person, bill("00200", 2_000_001)).await, REFUSED(Refusal::NewPayee));
    assert_eq!(world.balance(), balance, "a refusal leaves no trace");
    assert_eq!(world.sign(&person, abroad(first, 10_000)).await, Outcome::Done);
    assert_eq!(world.sign(&person, abroad("de89 3704 0044 0532 0130 00", 4_000)).await, REFUSED(Refusal::NewPayee));
    assert_eq!(world.sign(&person, bill("00200", 300_000)).await, Outcome::Done);
    let rooms = world.bank.rooms(&person, &bill("00200", 1)).expect("the books answer");
    assert!(rooms.iter().any(|room| room.bound == Bound::FirstPayment && room.left == 200_000), "{rooms:?}");
    assert_eq!(world.sign(&person, to_new("1200034", 200_001)).await, REFUSED(Refusal::NewPayee), "one limit for all");

    world.later(3 * DAY);
    let now = |draft| on("2026-11-24", draft);
    assert_eq!(world.sign(&person, now(abroad(first, 13_334))).await, Outcome::Done, "known by now");
    assert_eq!(world.sign(&person, now(bill("00200", 2_000_001))).await, Outcome::Done);
    assert_eq!(world.sign(&person, now(abroad(other, 13_334))).await, REFUSED(Refusal::NewPayee));
    assert_eq!(world.sign(&person, now(bill("00201", 2_000_001))).await, REFUSED(Refusal::NewPayee));
}

fn contract(world: &World) -> camtoken_portal::domain::contract::Contract {
    world.bank.books.get(SAMPLE).expect("the books answer").expect("the contract")
}

/// A signed change of the daily limit for transfers.
fn limit(old: u64, new: u64) -> Draft {
    let fields = [("limit", "transfer".to_owned()), ("old", old.to_string()), ("new", new.to_string())];
    let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
    Draft { operation: Operation::LimitChange, fields, act: Act::ChangeLimit }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raised_limit_holds_after_a_day_and_a_lower_one_at_once() {
    let (mut world, person) = world("ADMIN01", false).await;
    assert_eq!(world.sign(&person, limit(10_000_000, 20_000_000)).await, Outcome::Done);
    assert_eq!(world.sign(&person, transfer(10_000_001)).await, REFUSED(Refusal::Limit));
    let rooms = world.bank.rooms(&person, &transfer(1)).expect("the books answer");
    assert!(matches!(rooms[0].bound, Bound::Raised(_)) && rooms[0].limit == 10_000_000, "{rooms:?}");
    // A second raise does not make the first one hold.
    assert_eq!(world.sign(&person, limit(20_000_000, 30_000_000)).await, Outcome::Done);
    assert_eq!(world.sign(&person, transfer(10_000_001)).await, REFUSED(Refusal::Limit));
    world.later(DAY);
    assert_eq!(world.sign(&person, on("2026-11-22", transfer(30_000_000))).await, Outcome::Done);
    world.later(DAY);
    assert_eq!(world.sign(&person, limit(30_000_000, 5_000_000)).await, Outcome::Done);
    assert_eq!(world.sign(&person, on("2026-11-23", transfer(5_000_001))).await, REFUSED(Refusal::Limit));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_caution_is_shown_with_its_reason_before_anything_is_signed() {
    let (world, _) = world("ADMIN01", true).await;
    let World { bank, dir, .. } = world;
    let mut user = Visitor::new(Arc::new(Site::new(bank, None, dir.path().join("attacks"))).router());
    assert!(user.log_in(SAMPLE, "ADMIN01", LOGIN).await);
    user.ask("/transfer", None).await;
    let (registration, payee) = ("トークンの登録から間もないため", "登録されていない振込先と");
    assert!(user.page.contains(registration) && user.page.contains(payee), "at the form");
    let form = |account: &str, yen: u64| {
        let payee = format!("branch=9903-007&accountType=ordinary&account={account}&payee=%EF%BE%9A%EF%BD%B2");
        format!("from=102-0012345&to=new&{payee}&amount={yen}")
    };
    user.go("/transfer", Some(&form("1200034", 2_000_001))).await;
    assert!(user.page.contains("id=\"amount-error\"") && user.page.contains("新しい振込先へのお支払いは"));
    assert_eq!(user.go("/transfer", Some(&form("1200034", 2_000_000))).await, StatusCode::OK);
    assert!(user.page.contains("id=\"transaction-password\""), "the page before the signature");
    assert!(user.page.contains(registration) && user.page.contains(payee), "with the reasons");
    user.ask("/remittance", None).await;
    assert!(user.page.contains("はじめてのお支払先と"), "at the form for payments abroad");
    user.ask("/pay-easy", None).await;
    assert!(user.page.contains("はじめてのお支払先と"), "at the form of Pay-easy");
    let bill = |yen: u64| {
        let biller = "billerCode=00200&biller=%E6%9E%B6%E7%A9%BA%E7%A8%8E%E5%8B%99%E7%BD%B2";
        format!("from=102-0012345&{biller}&paymentNumber=123456789012&amount={yen}")
    };
    user.go("/pay-easy", Some(&bill(2_000_001))).await;
    assert!(user.page.contains("id=\"amount-error\"") && user.page.contains("はじめてのお支払先へのお支払いは"));
    assert_eq!(user.go("/pay-easy", Some(&bill(2_000_000))).await, StatusCode::OK);
    assert!(user.page.contains("id=\"transaction-password\"") && user.page.contains("はじめてのお支払先と"));
    user.ask("/limits", None).await;
    assert!(user.page.contains("24時間後から有効"));
    user.go("/limits", Some("limit=transfer&limit-new=20000000")).await;
    assert!(user.page.contains("限度額の引き上げは2026年11月22日 12:00から有効になります"));
    user.ask("/limits", None).await;
    user.go("/limits", Some("limit=transfer&limit-new=5000000")).await;
    assert!(!user.page.contains("限度額の引き上げは"));
}
