//! What the PostgreSQL store promises, on real servers that the tests start and end themselves.

#[path = "common/authority.rs"]
mod authority;
#[path = "common/history.rs"]
mod history;
#[path = "common/pair.rs"]
mod pair;
#[path = "postgres/proxy.rs"]
mod proxy;
#[path = "postgres/server.rs"]
mod server;

#[path = "postgres/cli.rs"]
mod cli;
#[path = "postgres/faults.rs"]
mod faults;
#[path = "postgres/patroni.rs"]
mod patroni;
#[path = "postgres/processes.rs"]
mod processes;
#[path = "postgres/ranges.rs"]
mod ranges;
#[path = "postgres/safety.rs"]
mod safety;
#[path = "postgres/tls.rs"]
mod tls;

use std::fs;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::{Change, RecordId, Replaced, Revision, Store, StoreError, block_on};
use camtoken_postgres::{Options, PostgresStore};
use camtoken_vectors::{conformance, play_story};
use server::{Server, connect, sql};

#[test]
fn the_postgres_store_conforms() {
    let mut server = Server::start();
    conformance::run(|| server.store());
}

/// To start a runtime within another once brought the caller down.
#[test]
fn a_database_is_filled_from_async_code_too() {
    let mut server = Server::start();
    let url = server.database();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let records = std::iter::empty::<Result<_, StoreError>>();
    assert_eq!(runtime.block_on(async { PostgresStore::restore(&url, &Options::default(), records) }), Ok(0));
}

#[test]
fn every_story_ends_as_it_must() {
    let mut server = Server::start();
    let url = server.database();
    let stories = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testvectors/exchange"))
        .expect("the stories")
        .map(|entry| entry.expect("a file").path());
    let mut played = 0;
    for path in stories.filter(|path| path.extension().is_some_and(|extension| extension == "story")) {
        sql(&url, "TRUNCATE camtoken_record, camtoken_audit");
        let story = fs::read_to_string(&path).expect("text");
        let outcome = play_story(&story, || connect(&url).map_err(|error| error.to_string()));
        assert_eq!(outcome, Ok(()), "{}", path.display());
        played += 1;
    }
    assert!(played > 50, "{played} stories");
}

/// One request a statement, and one connection for all: neither groups nor their absence change what is stored.
#[test]
fn it_conforms_without_groups_and_with_one_connection() {
    let mut server = Server::start();
    let alone = Options { group: 1, connections: 64, remembered: 0, ..Options::default() };
    conformance::run(|| PostgresStore::connect(&server.database(), alone.clone()).expect("a safe server with tables"));
    let together = Options { connections: 1, ..Options::default() };
    conformance::run(|| {
        PostgresStore::connect(&server.database(), together.clone()).expect("a safe server with tables")
    });
}

/// As engines do that know no other isolation, and that leave it to the client to try again.
#[test]
fn it_conforms_under_serializable_while_every_seventh_change_fails() {
    let mut server = Server::start();
    let mut failed = 0;
    let mut urls = Vec::new();
    for code in ["40001", "40P01", "55P03"] {
        conformance::run(|| {
            let url = server.database();
            let database = url.split(['/', '?']).nth(3).expect("a name");
            sql(&url, &format!("ALTER DATABASE {database} SET default_transaction_isolation = 'serializable'"));
            fail_each(&url, 7, code);
            urls.push(url.clone());
            connect(&url).expect("a safe server with tables")
        });
    }
    for url in urls {
        failed += sql(&url, "SELECT last_value FROM changes")[0].parse::<u64>().expect("a number") / 7;
    }
    assert!(failed > 300, "{failed} changes failed and were tried again");
}

#[test]
fn what_fails_again_and_again_is_given_up_and_nothing_is_stored() {
    let mut server = Server::start();
    for code in ["40001", "40P01", "55P03"] {
        let url = server.database();
        fail_each(&url, 1, code);
        let refused = replace(&connect(&url).expect("a safe server"), &id(1), 0, b"x");
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{code}: {refused:?}");
        assert_eq!(sql(&url, "SELECT last_value FROM changes"), ["6"], "once, and five times again");
        assert_eq!(sql(&url, "SELECT count(*) FROM camtoken_record"), ["0"]);
    }
    // What is no matter of who was faster is not tried again.
    let url = server.database();
    fail_each(&url, 1, "53100");
    let refused = replace(&connect(&url).expect("a safe server"), &id(1), 0, b"x");
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert_eq!(sql(&url, "SELECT last_value FROM changes"), ["1"]);
}

/// A group that fails is taken apart: one record that cannot be changed does not stop the others.
#[test]
fn one_that_fails_does_not_stop_its_group() {
    let mut server = Server::start();
    let url = server.database();
    sql(
        &url,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           IF NEW.record = 'stuck' THEN RAISE EXCEPTION 'stuck' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$; \
         CREATE TRIGGER refuse BEFORE INSERT ON camtoken_record FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    let one = Options { connections: 1, ..Options::default() };
    let store = PostgresStore::connect(&url, one).expect("a safe server with tables");
    let outcomes: Vec<_> = thread::scope(|scope| {
        let change = |number| {
            let store = &store;
            let record: &[u8] = if number == 20 { b"stuck" } else { b"free" };
            scope.spawn(move || replace(store, &id(number), 0, record))
        };
        let changes: Vec<_> = (0..50).map(change).collect();
        changes.into_iter().map(|change| change.join().expect("it answers")).collect()
    });
    for (number, outcome) in outcomes.into_iter().enumerate() {
        match number {
            20 => assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}"),
            _ => assert_eq!(outcome, Ok(yes(1)), "{number}"),
        }
    }
}

/// The rights that docs/POSTGRES.md gives to a verifier are enough, and they do not let it change what was audited.
#[test]
fn a_role_that_may_neither_delete_nor_change_the_audit_is_enough() {
    let mut server = Server::start();
    sql(&server.admin(), "CREATE ROLE verifier LOGIN");
    conformance::run(|| {
        let url = server.database();
        sql(
            &url,
            "GRANT SELECT ON camtoken_schema TO verifier; GRANT SELECT, INSERT, UPDATE ON camtoken_record TO verifier; \
             GRANT SELECT, INSERT ON camtoken_audit TO verifier",
        );
        connect(&url.replace("user=postgres", "user=verifier")).expect("these rights are enough")
    });
    let empty = server.empty().replace("user=postgres", "user=verifier");
    let refused = PostgresStore::migrate(&empty, &Options::default());
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
}

/// What this process remembers may be stale; then it costs a conflict, and decides nothing.
#[test]
fn what_is_remembered_is_what_this_process_stored_last() {
    let mut server = Server::start();
    let url = server.database();
    let (one, other) = (connect(&url).expect("safe"), connect(&url).expect("safe"));
    assert_eq!(one.recall(&id(1)), None);
    assert_eq!(replace(&one, &id(1), 0, b"one"), Ok(yes(1)));
    let recalled = one.recall(&id(1)).expect("just stored");
    assert_eq!((recalled.revision.as_u64(), &*recalled.record), (1, &b"one"[..]));
    assert_eq!(Arc::new(&one).recall(&id(1)), Some(recalled), "references remember what the store does");

    assert_eq!(replace(&other, &id(1), 1, b"two"), Ok(yes(2)));
    assert_eq!(one.recall(&id(1)).map(|recalled| recalled.revision.as_u64()), Some(1), "stale, as nobody has told it");
    assert_eq!(replace(&one, &id(1), 1, b"stale"), Ok(Replaced::Conflict));
    assert_eq!(one.recall(&id(1)), None, "a conflict tells");
    let loaded = block_on(one.load(&id(1))).expect("the store loads").expect("it is there");
    assert_eq!((loaded.revision.as_u64(), &*loaded.record), (2, &b"two"[..]));
}

/// The number of waiting requests is bounded; one more is refused at once.
#[test]
fn a_full_queue_says_so() {
    let mut server = Server::start();
    let url = server.database();
    let options = Options { connections: 1, group: 1, deadline: Duration::from_secs(60), ..Options::default() };
    let store = PostgresStore::connect(&url, options).expect("a safe server with tables");
    let held = thread::spawn(move || {
        sql(&url, "BEGIN; LOCK TABLE camtoken_record IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT")
    });
    thread::sleep(Duration::from_millis(500));

    let (id, started) = (id(1), Instant::now());
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = (0..20_000).map(|_| Box::pin(store.load(&id))).collect();
    let polled = waiting.iter_mut().map(|load| load.as_mut().poll(&mut context));
    let refused = polled.filter(|polled| matches!(polled, Poll::Ready(Err(StoreError::Unavailable { .. })))).count();
    assert!(started.elapsed() < Duration::from_secs(1), "nobody waits to be told");
    // One may be with the server, the others wait.
    assert!((20_000 - 16_385..=20_000 - 16_384).contains(&refused), "{refused}");
    held.join().expect("it ends");
    // Waiting requests are done, whether their callers still wait or not.
    drop(waiting);
    while let Err(error) = block_on(store.load(&id)) {
        assert!(
            matches!(error, StoreError::Unavailable { .. }) && started.elapsed() < Duration::from_secs(60),
            "{error}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

fn id(number: u64) -> RecordId {
    format!("activation:{number:012x}").parse().expect("an ID")
}

fn yes(revision: u64) -> Replaced {
    Replaced::Yes(Revision::from_u64(revision))
}

fn replace(store: &impl Store, id: &RecordId, expected: u64, record: &[u8]) -> Result<Replaced, StoreError> {
    let change = Change { record: record.to_vec(), audit: Some(record.to_vec()) };
    block_on(store.replace(id, Revision::from_u64(expected), change))
}

/// Makes each n-th change of a record fail with this code.
fn fail_each(url: &str, nth: u32, code: &str) {
    sql(
        url,
        &format!(
            "CREATE SEQUENCE changes; \
             CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               IF nextval('changes') % {nth} = 0 THEN RAISE EXCEPTION 'injected' USING ERRCODE = '{code}'; END IF; \
               RETURN NEW; END $$; \
             CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON camtoken_record FOR EACH ROW EXECUTE FUNCTION fail()"
        ),
    );
}
