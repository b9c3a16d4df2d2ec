//! Ten thousand contracts in the database: the cost of a page does not depend on how many others there are.

#[expect(dead_code, reason = "most of it is for the tests of the doors")]
mod visitor;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use camtoken::Timestamp;
use camtoken_portal::bank::Bank;
use camtoken_portal::books::BooksError;
use camtoken_portal::demo::{self, LOGIN, OPERATOR, SAMPLE};
use camtoken_portal::domain::certificate::Certificate;
use camtoken_portal::domain::contract::{Contract, LentToken};
use camtoken_portal::domain::event::{Event, Head};
use camtoken_portal::domain::ledger::{Account, Booking, Outcome};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::people::Person;
use camtoken_portal::pages::Site;
use visitor::Visitor;

/// Contracts beside those of the demonstration.
const CONTRACTS: u64 = 10_000;

/// What a page may take on the server. Of several tries the quickest counts, for others use the machine, too.
const MOST: Duration = Duration::from_millis(100);

/// Puts so many contracts into the database, each with a person, a token, an account, a certificate, three bookings, and an entry
/// in the chain and in the outbox.
fn fill(bank: &Bank) -> Result<(), BooksError> {
    let contract = bank.books.get::<Contract>(SAMPLE)?.expect("the sample company");
    let person = bank.person(SAMPLE, "ADMIN01").expect("the books answer").expect("its administrator");
    let account = bank.books.list_of::<Account>(SAMPLE)?.pop().expect("its account");
    let mut head = bank.books.get::<Head>("event")?.unwrap_or(Head { number: 0, link: String::new() });
    for part in 0..CONTRACTS / 500 {
        bank.books.change(|sheet| {
            for n in part * 500..(part + 1) * 500 {
                let number = (4_000_000_000 + n).to_string();
                let text = |prefix: &str| format!("{prefix}{n:07}");
                sheet.put(&Contract { number: number.clone(), name: text("会社"), ..contract.clone() });
                sheet.put(&Person { contract: number.clone(), token: Some(text("MMM")), ..person.clone() });
                sheet.put(&LentToken { id: text("MMM"), contract: number.clone(), revoked: false });
                sheet.put(&Account {
                    contract: number.clone(),
                    branch: "001".into(),
                    number: text(""),
                    ..account.clone()
                });
                sheet.put(&Certificate {
                    fingerprint: text("certificate"),
                    contract: number.clone(),
                    user: "ADMIN01".to_owned(),
                    number: 1,
                    from: 0,
                    until: "2027-11-21".to_owned(),
                    revoked: false,
                    reminded: None,
                });
                for which in 0..3 {
                    sheet.put(&Booking {
                        challenge: format!("{n:07}-{which}"),
                        order: text("F"),
                        contract: number.clone(),
                        user: "ADMIN01".to_owned(),
                        operation: "transfer".to_owned(),
                        at: n,
                        fields: Vec::new(),
                        outcome: Outcome::Done,
                    });
                }
                let text = |text: &str| text.to_owned();
                let (number, before) = (head.number + 1, head.link.clone());
                let event = Event {
                    number,
                    at: n,
                    by: text("bank"),
                    what: text("contract"),
                    about: text("x"),
                    reason: None,
                    approved_by: None,
                    before,
                };
                head = Head { number, link: event.link() };
                sheet.put(&event);
                let (to, text) = (text("x"), text("letter-token"));
                sheet.put(&Mail { number: 1_000 + n, at: n, to, text, words: Vec::new(), delivery: None });
            }
            sheet.put(&head);
            Ok::<_, BooksError>(())
        })?;
    }
    Ok(())
}

/// The quickest of five.
async fn quickest(visitor: &mut Visitor, path: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        assert_eq!(visitor.ask(path, None).await, StatusCode::OK, "{path}");
        times.push(start.elapsed());
    }
    times.into_iter().min().expect("five times")
}

#[tokio::test(flavor = "multi_thread")]
async fn with_ten_thousand_contracts_every_page_is_there_within_a_tenth_of_a_second() {
    let dir = tempfile::tempdir().expect("a directory");
    let bank = Bank::open(dir.path(), Arc::new(|| Timestamp::from_unix(1_795_230_000))).expect("the bank opens");
    demo::seed(&bank).await.expect("a new bank");
    fill(&bank).expect("the books answer");
    let site = Arc::new(Site::new(bank, None, dir.path().join("attacks"))).router();
    let mut slow = Vec::new();
    let mut measured = Vec::new();
    for (door, form, pages) in [
        (
            "/login",
            format!("service=business&contract={SAMPLE}&user=ADMIN01&password={LOGIN}"),
            &[
                "/home",
                "/orders",
                "/accounts/102-0012345",
                "/transfer",
                "/bulk",
                "/payroll",
                "/pay-easy",
                "/remittance",
                "/payees",
                "/limits",
                "/password",
                "/registration",
                "/linkages",
                "/users",
                "/users/new",
                "/contract",
                "/users/KEIRI01",
            ][..],
        ),
        (
            "/operator/login",
            format!("operator=OPERATOR1&password={OPERATOR}"),
            &[
                "/operator",
                "/operator?after=4000005000",
                "/operator?q=40000099",
                "/operator?q=MMM0004711",
                "/operator?q=%E4%BC%9A%E7%A4%BE0009999",
                "/operator/1234567890/ADMIN01",
                "/operator/events",
                "/operator/events?before=5000",
                "/outbox",
                "/outbox?before=00005000",
            ],
        ),
    ] {
        let mut visitor = Visitor::new(site.clone());
        visitor.ask(door, None).await;
        assert_eq!(visitor.ask(door, Some(&form)).await, StatusCode::SEE_OTHER, "{door}");
        for path in pages {
            let time = quickest(&mut visitor, path).await;
            measured.push(format!("{:>6.1} ms  {path}", time.as_secs_f64() * 1e3));
            if time > MOST {
                slow.push((*path, time));
            }
        }
    }
    println!("{}", measured.join("\n"));
    assert!(slow.is_empty(), "{slow:?}");
}
