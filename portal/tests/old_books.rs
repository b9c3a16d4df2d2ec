//! Books that an earlier version has written: `tests/books` has them, row by row, as they stood on disk.

use std::path::Path;
use std::sync::Arc;

use camtoken::Timestamp;
use camtoken_portal::bank::{AtDesk, Bank};
use camtoken_portal::demo::{self, HINAGATA, MIHON, OPERATOR, SAMPLE};
use camtoken_portal::domain::contract::{Application, Contract};
use camtoken_portal::domain::credential::Password;
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::domain::ledger::Booking;
use camtoken_portal::domain::order::Order;
use camtoken_portal::domain::people::Person;
use fjall::{Database, KeyspaceCreateOptions, PersistMode};

/// Before the desk kept reasons, second operators and the records of earlier activations; one operator alone.
const NOVEMBER: &str = include_str!("books/2026-11.tsv");

/// A bank with these rows in its books.
fn opened(rows: &str) -> (Bank, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let open = || Bank::open(dir.path(), Arc::new(|| Timestamp::from_unix(1_795_230_000))).expect("the bank opens");
    drop(open());
    write(&dir.path().join("books"), rows);
    (open(), dir)
}

/// Puts these rows in the place of all others.
fn write(dir: &Path, rows: &str) {
    let database = Database::builder(dir).worker_threads(1).open().expect("the books");
    let books = database.keyspace("rows", KeyspaceCreateOptions::default).expect("the rows");
    let new: Vec<_> = books.prefix("").map(|row| row.into_inner().expect("a row").0).collect();
    new.into_iter().for_each(|key| books.remove(key).expect("empty books"));
    for line in rows.lines() {
        let (key, row) = line.split_once('\t').expect("a row");
        books.insert(key, row).expect("as it was");
    }
    database.persist(PersistMode::SyncAll).expect("durable");
}

#[tokio::test(flavor = "multi_thread")]
async fn books_of_earlier_versions_open_and_the_desk_works_on_them() {
    let (bank, _dir) = opened(NOVEMBER);
    assert!(demo::seed(&bank).await.expect("books that are not empty").is_empty());
    let books = &bank.books;
    let count = |what: &str| NOVEMBER.lines().filter(|line| line.starts_with(&format!("{what}/"))).count();
    assert_eq!(books.list::<Person>("").expect("people").len(), count("person"));
    assert_eq!(books.list::<Contract>("").expect("contracts").len(), count("contract"));
    assert_eq!(books.list::<Order>("").expect("orders").len(), count("order"));
    assert_eq!(books.list::<Booking>("").expect("bookings").len(), count("booking"));
    assert_eq!(books.list::<Application>("").expect("applications").len(), count("application"));
    let chain = bank.events().expect("the events");
    assert!(chain.broken.is_none() && chain.events.len() == count("event"), "{:?}", chain.broken);

    // A person who was registered or has a generator has a record of it, and the two operators are there.
    for (contract, user) in [(SAMPLE, "KEIRI01"), (MIHON, "MIHON02")] {
        assert_eq!(bank.trails(contract, user).await.expect("records").len(), 1, "{user}");
    }
    let [asks, approves] = demo::OPERATORS;
    let entered = bank.log_in_operator("op01", Password::new(OPERATOR.to_owned())).await.expect("a decision");
    assert!(entered.is_some(), "the operator of before still comes in");
    let person = bank.person(HINAGATA, "ADMIN01").expect("the books").expect("a person");
    let errand = Errand::of(DeskAct::Certificate, &person);
    let AtDesk::Waits(id) = bank.at_desk(asks, "lost", &errand).await.expect("a decision") else { panic!("it waits") };
    assert!(matches!(bank.approve(approves, &id).await, Ok(AtDesk::Done(_))));
    assert!(bank.certificates(&person).expect("the books").is_empty());
    assert!(bank.events().expect("the events").broken.is_none(), "new entries follow the old ones");
    let open = books.list_of::<Application>("").expect("a list").pop().expect("an open application");
    let complete = Errand::about(DeskAct::Complete, "", &open.id);
    assert!(matches!(bank.at_desk(asks, "checked", &complete).await, Ok(AtDesk::Done(_))), "{complete:?}");
}
