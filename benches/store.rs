//! How many replacements a second does each store make durable, next to what the disk can do at all?
//!
//! The floor is 4 KiB written over old ones and `fdatasync`, by one thread, taken just before each figure because disks drift.
//! Run it on the disk that matters: `TMPDIR` says where.

use std::env;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::{Change, EmbeddedStore, MemoryStore, RecordId, Replaced, Revision, Store};
use pollster::block_on;

/// About what an activation with an open challenge takes, and the entry about one attempt.
const RECORD: usize = 600;
const AUDIT: usize = 120;

fn main() {
    // `cargo test --benches` wants to know whether it runs, not how fast.
    let (span, rounds) = if env::args().any(|arg| arg == "--test") { (20, 1) } else { (1000, 3) };
    let span = Duration::from_millis(span);
    println!("{:<28}{:>12}{:>12}{:>9}", "replacements a second", "store", "floor", "ratio");
    for _ in 0..rounds {
        for clients in [1, 64] {
            let dir = tempfile::tempdir().expect("there is room for temporary files");
            let floor = floor(dir.path(), span);
            let store = dir.path().join("store");
            let fresh = EmbeddedStore::open(&store, Duration::ZERO).expect("it is new");
            show("embedded", clients, replace(&fresh, clients, span), floor);
            drop(fresh);
            let start = Instant::now();
            let reopened = EmbeddedStore::open(&store, Duration::ZERO).expect("nobody else has it");
            let opening = start.elapsed();
            show("embedded, reopened", clients, replace(&reopened, clients, span), floor);
            println!("{:<28}{:>9.1} ms", "opening it", opening.as_secs_f64() * 1e3);
            show("memory", clients, replace(&MemoryStore::new(), clients, span), floor);
        }
    }
}

fn show(store: &str, clients: usize, rate: f64, floor: f64) {
    println!("{:<28}{rate:>12.0}{floor:>12.0}{:>9.2}", format!("{store}, {clients} clients"), rate / floor);
}

/// Each client has records of its own, as customers have: what is measured is the store, not conflicts.
fn replace(store: &impl Store, clients: usize, span: Duration) -> f64 {
    let done = AtomicU64::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for client in 0..clients {
            let done = &done;
            scope.spawn(move || {
                for turn in 0.. {
                    if start.elapsed() > span {
                        break;
                    }
                    let id: RecordId = format!("activation:{client:06x}{:06x}", turn % 100).parse().expect("an ID");
                    let current = block_on(store.load(&id)).expect("the store loads");
                    let revision = current.map_or(Revision::ABSENT, |found| found.revision);
                    let change = Change { record: vec![7; RECORD], audit: Some(vec![7; AUDIT]) };
                    let replaced = block_on(store.replace(&id, revision, change)).expect("the store replaces");
                    assert_eq!(replaced, Replaced::Yes(revision.next()));
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.into_inner() as f64 / start.elapsed().as_secs_f64()
}

fn floor(dir: &Path, span: Duration) -> f64 {
    let file = File::create(dir.join("floor")).expect("there is room for temporary files");
    let block = [7; 4096];
    let write = |place: u64| file.write_all_at(&block, place % 256 * 4096).expect("there is room");
    (0..256).for_each(write);
    file.sync_all().expect("the disk works");
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < span {
        write(done);
        file.sync_data().expect("the disk works");
        done += 1;
    }
    done as f64 / start.elapsed().as_secs_f64()
}
