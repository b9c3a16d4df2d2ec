//! How many replacements a second does the PostgreSQL store make durable, next to what the server can do at all?
//!
//! The floor is one row and one commit after the other, `UPDATE … SET n = n + 1`, on as many connections of a bare client;
//! it is taken just before each figure, because machines drift. The server is one of its own below `TMPDIR`, on the same
//! cores, or the one whose URL is in `CAMTOKEN_BENCH_DATABASE` (an empty database). Clients are tasks on two threads, each
//! with records of its own.

#[expect(dead_code, reason = "most of it is for the tests")]
#[path = "../tests/postgres/server.rs"]
mod server;

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use camtoken::store::{Change, RecordId, Replaced, Revision, Store};
use camtoken_postgres::{Options, PostgresStore};
use server::{Server, sql};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::NoTls;

/// About what an activation with an open challenge takes, and the entry about one attempt.
const RECORD: usize = 600;
const AUDIT: usize = 120;

/// Records of each client.
const RECORDS: u64 = 100;

fn main() {
    // `cargo test --benches` wants to know whether it runs, not how fast.
    let (span, rounds) = if env::args().any(|arg| arg == "--bench") { (1000, 7) } else { (20, 1) };
    let span = Duration::from_millis(span);
    let mut own = None;
    let url = env::var("CAMTOKEN_BENCH_DATABASE").unwrap_or_else(|_| own.insert(Server::start()).empty());
    PostgresStore::migrate(&url, &Options::default()).expect("a safe server");
    sql(&url, "CREATE TABLE floor (id bigint PRIMARY KEY, n bigint NOT NULL) WITH (fillfactor = 50)");
    sql(&url, "INSERT INTO floor SELECT id, 0 FROM generate_series(0, 99999) AS id");

    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    println!(
        "{:<44}{:>12}{:>10}{:>8}{:>18}",
        "median of replacements a second", "store", "floor", "ratio", "(from - to)"
    );
    let one_by_one = |connections| Options { connections, group: 1, ..Options::default() };
    let gathered = |connections| Options { connections, ..Options::default() };
    for (name, options, clients) in [
        ("1 connection, 1 client", one_by_one(1), 1),
        ("64 connections, 64 clients, one by one", one_by_one(64), 64),
        ("1 connection, 64 clients, gathered", gathered(1), 64),
        ("4 connections, 64 clients, gathered", gathered(4), 64),
        ("8 connections, 256 clients, gathered", gathered(8), 256),
        ("8 connections, 1024 clients, gathered", gathered(8), 1024),
    ] {
        let floor = Floor::new(&runtime, &url, options.connections);
        let store = Arc::new(PostgresStore::connect(&url, options).expect("a safe server"));
        // The first round makes the records.
        replace(&runtime, &store, clients, Duration::ZERO);
        let pairs =
            (0..rounds).map(|_| (floor.rate(&runtime, span), replace(&runtime, &store, clients, span))).collect();
        show(name, pairs);
        sql(&url, "TRUNCATE camtoken_record, camtoken_audit");
    }
}

/// Each client changes its records in turn, as customers' challenges are settled in turn.
fn replace(runtime: &Runtime, store: &Arc<PostgresStore>, clients: u64, span: Duration) -> f64 {
    rate(runtime, clients, span, |client, done| {
        let store = Arc::clone(store);
        async move {
            let start = Instant::now();
            for turn in 0.. {
                if turn >= RECORDS && start.elapsed() >= span {
                    break;
                }
                let id: RecordId = format!("activation:{client:06x}{:06x}", turn % RECORDS).parse().expect("an ID");
                let known = match store.recall(&id) {
                    Some(known) => Some(known),
                    None => store.load(&id).await.expect("the store loads"),
                };
                let revision = known.map_or(Revision::ABSENT, |known| known.revision);
                let change = Change { record: vec![7; RECORD], audit: Some(vec![7; AUDIT]) };
                let replaced = store.replace(&id, revision, change).await.expect("the store replaces");
                assert_eq!(replaced, Replaced::Yes(revision.next()));
                done.fetch_add(1, Ordering::Relaxed);
            }
        }
    })
}

/// Bare connections to the server.
struct Floor(Vec<Arc<tokio_postgres::Client>>);

impl Floor {
    fn new(runtime: &Runtime, url: &str, connections: usize) -> Self {
        let connect = async || {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the server is there");
            tokio::spawn(connection);
            Arc::new(client)
        };
        Self((0..connections).map(|_| runtime.block_on(connect())).collect())
    }

    fn rate(&self, runtime: &Runtime, span: Duration) -> f64 {
        rate(runtime, self.0.len() as u64, span, |client, done| {
            let connection = Arc::clone(&self.0[client as usize]);
            async move {
                let update = connection.prepare("UPDATE floor SET n = n + 1 WHERE id = $1").await.expect("a table");
                let start = Instant::now();
                let mut turn = 0;
                while start.elapsed() < span {
                    let id = (client * RECORDS + turn % RECORDS).cast_signed();
                    assert_eq!(connection.execute(&update, &[&id]).await.expect("the server is there"), 1);
                    done.fetch_add(1, Ordering::Relaxed);
                    turn += 1;
                }
            }
        })
    }
}

fn rate<F>(runtime: &Runtime, clients: u64, span: Duration, client: impl Fn(u64, Arc<AtomicU64>) -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..clients).map(|number| runtime.spawn(client(number, Arc::clone(&done)))).collect();
    for task in tasks {
        runtime.block_on(task).expect("no client fails");
    }
    let took = start.elapsed().max(span);
    done.load(Ordering::Relaxed) as f64 / took.as_secs_f64()
}

/// Each pair is the floor and what was measured just after it.
fn show(name: &str, pairs: Vec<(f64, f64)>) {
    let sorted = |figure: fn(&(f64, f64)) -> f64| {
        let mut figures: Vec<_> = pairs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures
    };
    let (floors, rates, ratios) = (sorted(|pair| pair.0), sorted(|pair| pair.1), sorted(|pair| pair.1 / pair.0));
    let median = pairs.len() / 2;
    println!(
        "{name:<44}{:>12.0}{:>10.0}{:>8.2}{:>18}",
        rates[median],
        floors[median],
        ratios[median],
        format!("({:.2} - {:.2})", ratios[0], ratios[pairs.len() - 1]),
    );
}
