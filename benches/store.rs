//! How many replacements a second does each store make durable, next to what the disk can do at all?
//!
//! The floor is 4 KiB written over old ones and `fdatasync`, by one thread, taken just before each figure because disks drift.
//! Run it on the disk that matters: `TMPDIR` says where. With `CAMTOKEN_BENCH_RECORDS=1000000` it tells instead how long a
//! store of so many activations takes to open, and how much memory each takes then.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::{
    Change, EmbeddedStore, MAX_LEN, MemoryStore, RecordId, Replaced, Revision, Store, StoreError, block_on,
};
use futures_channel::oneshot;

/// About what an activation with an open challenge takes, and the entry about one attempt.
const RECORD: usize = 600;
const AUDIT: usize = 120;

fn main() {
    // `cargo test --benches` wants to know whether it runs, not how fast.
    let (span, rounds) = if env::args().any(|arg| arg == "--test") { (5, 1) } else { (200, 15) };
    if let Ok(records) = env::var("CAMTOKEN_BENCH_RECORDS") {
        return many_records(records.parse().expect("a number of records"));
    }
    let span = Duration::from_millis(span);
    println!(
        "{:<32}{:>14}{:>10}{:>8}{:>18}",
        "median of replacements a second", "store", "floor", "ratio", "(from - to)"
    );
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    let handed_over = || (floor(dir.path(), span), in_a_thread(dir.path(), span));
    show("fdatasync in another thread", 1, (0..rounds).map(|_| handed_over()).collect());
    for clients in [1, 64] {
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        let store = dir.path().join("store");
        let open = || EmbeddedStore::open(&store, Duration::ZERO).expect("nobody else has it");
        let paired = |store: &dyn Fn() -> f64| (0..rounds).map(|_| (floor(dir.path(), span), store())).collect();

        let embedded = open();
        show("embedded", clients, paired(&|| replace(&embedded, clients, span, WRITING)));
        show("embedded, by its own thread", clients, paired(&|| replace(&embedded, clients, span, SLEEPING)));
        drop(embedded);
        let start = Instant::now();
        let embedded = open();
        println!("    opening it again took {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
        next_journals(&embedded);
        show("embedded, journals at full length", clients, paired(&|| replace(&embedded, clients, span, WRITING)));
        let memory = MemoryStore::new();
        show("memory", clients, paired(&|| replace(&memory, clients, span, WRITING)));
    }
}

fn many_records(count: usize) {
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    let open = || EmbeddedStore::open(dir.path(), Duration::ZERO).expect("nobody else has it");
    let id = |number: usize| -> RecordId { format!("activation:{number:012x}").parse().expect("an ID") };
    let store = open();
    for first in (0..count).step_by(1024) {
        let ids: Vec<_> = (first..count.min(first + 1024)).map(id).collect();
        // Asked for together, they share a sync.
        let mut changes: Vec<_> = ids
            .iter()
            .map(|id| {
                let change = Change { record: vec![7; RECORD], audit: Some(vec![7; AUDIT]) };
                Box::pin(store.replace(id, Revision::ABSENT, change))
            })
            .collect();
        let mut context = Context::from_waker(Waker::noop());
        let waiting = changes.iter_mut().filter_map(|change| match change.as_mut().poll(&mut context) {
            Poll::Pending => Some(change),
            Poll::Ready(replaced) => {
                assert_eq!(replaced, Ok(Replaced::Yes(Revision::ABSENT.next())));
                None
            }
        });
        for change in waiting.collect::<Vec<_>>() {
            assert_eq!(block_on(change), Ok(Replaced::Yes(Revision::ABSENT.next())));
        }
    }
    drop(store);
    let (before, start) = (resident(), Instant::now());
    let store = open();
    let (took, after) = (start.elapsed(), resident());
    assert_eq!(block_on(store.list(None, usize::MAX)).map(|all| all.len()), Ok(count));
    println!("{count} activations of {RECORD} bytes opened in {:.2} s", took.as_secs_f64());
    println!("{} bytes of memory each", after.saturating_sub(before) / count);
}

/// The bytes of memory that this process has for itself.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    4096 * statm.split(' ').nth(1).map_or(0, |pages| pages.parse().expect("a number of pages"))
}

/// Each pair is the floor and what was measured just after it.
fn show(store: &str, clients: usize, pairs: Vec<(f64, f64)>) {
    let sorted = |figure: fn(&(f64, f64)) -> f64| {
        let mut figures: Vec<_> = pairs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures
    };
    let (floors, rates, ratios) = (sorted(|pair| pair.0), sorted(|pair| pair.1), sorted(|pair| pair.1 / pair.0));
    let median = pairs.len() / 2;
    println!(
        "{:<32}{:>14.0}{:>10.0}{:>8.2}{:>18}",
        format!("{store}, {clients} clients"),
        rates[median],
        floors[median],
        ratios[median],
        format!("({:.2} - {:.2})", ratios[0], ratios[pairs.len() - 1]),
    );
}

type Replacing<'s> = Pin<Box<dyn Future<Output = Result<Replaced, StoreError>> + 's>>;
type Wait = fn(Replacing) -> Result<Replaced, StoreError>;

/// The two ways to wait for the embedded store: writing, if the writer is free; or leaving that to the store's thread, as the
/// tasks of a runtime do.
const WRITING: Wait = |asked| block_on(asked);
const SLEEPING: Wait = |asked| pollster::block_on(asked);

/// Each client has records of its own, as customers have: what is measured is the store, not conflicts.
fn replace(store: &impl Store, clients: usize, span: Duration, wait: Wait) -> f64 {
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
                    let replaced = wait(Box::pin(store.replace(&id, revision, change))).expect("the store replaces");
                    assert_eq!(replaced, Replaced::Yes(revision.next()));
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.into_inner() as f64 / start.elapsed().as_secs_f64()
}

/// Fills the files of the write-ahead log once, after which they grow no more.
fn next_journals(store: &impl Store) {
    let id: RecordId = "token:FILLER".parse().expect("an ID");
    for _ in 0..300 {
        let current = block_on(store.load(&id)).expect("the store loads");
        let revision = current.map_or(Revision::ABSENT, |found| found.revision);
        let change = Change { record: vec![7; MAX_LEN], audit: Some(vec![7; MAX_LEN]) };
        let replaced = block_on(store.replace(&id, revision, change)).expect("the store replaces");
        assert_eq!(replaced, Replaced::Yes(revision.next()));
    }
}

fn floor(dir: &Path, span: Duration) -> f64 {
    let step = overwrite(dir);
    rate(span, step)
}

/// The same, but asked of a thread and waited for as a future: what two changes of thread cost on this machine.
fn in_a_thread(dir: &Path, span: Duration) -> f64 {
    let mut step = overwrite(dir);
    let (ask, asked) = mpsc::sync_channel::<oneshot::Sender<()>>(1);
    thread::scope(|scope| {
        scope.spawn(move || {
            for answer in asked {
                step();
                answer.send(()).expect("it is waited for");
            }
        });
        rate(span, move || {
            let (answer, answered) = oneshot::channel();
            ask.send(answer).expect("the thread is there");
            block_on(answered).expect("the thread answers");
        })
    })
}

fn overwrite(dir: &Path) -> impl FnMut() + Send + use<> {
    let file = File::create(dir.join("floor")).expect("there is room for temporary files");
    let mut places = (0..256).cycle().map(|number| number * 4096);
    let mut write = move || {
        let place = places.next().expect("a cycle has no end");
        file.write_all_at(&[7; 4096], place).and_then(|()| file.sync_data()).expect("the disk works");
    };
    (0..256).for_each(|_| write());
    write
}

fn rate(span: Duration, mut step: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < span {
        step();
        done += 1;
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}
