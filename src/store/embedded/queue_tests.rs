//! The commit queue on a real disk. Orders of its threads are tried in `tests/interleavings`.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use super::EmbeddedStore;
use super::disk::SystemDisk;
use super::journal::Journal;
use crate::store::{Change, RecordId, Replaced, Revision, Store, StoreError, block_on};

fn open(dir: &Path) -> EmbeddedStore {
    EmbeddedStore::open(dir, Duration::ZERO).expect("nobody else has it")
}

fn id(number: u64) -> RecordId {
    format!("token:T{number}").parse().expect("a record")
}

fn change() -> Change {
    Change { record: vec![7; 100], audit: None }
}

/// Who waits for many things at once lets all of them be asked before it writes.
#[test]
fn what_is_asked_together_shares_a_sync() {
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    let store = open(dir.path());
    let ids: Vec<_> = (0..100).map(id).collect();
    let mut asked: Vec<_> = ids.iter().map(|id| Box::pin(store.replace(id, Revision::ABSENT, change()))).collect();
    block_on(poll_fn(|context| {
        asked.retain_mut(|one| match one.as_mut().poll(context) {
            Poll::Ready(replaced) => {
                assert_eq!(replaced, Ok(Replaced::Yes(Revision::ABSENT.next())));
                false
            }
            Poll::Pending => true,
        });
        if asked.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }));
    drop(asked);
    drop(store);
    let replay = Journal::replay(&SystemDisk, &dir.path().join("journal"), 0).expect("nothing is damaged");
    let groups: Vec<_> = replay.frames.iter().map(Vec::len).collect();
    // The store's own thread may have come in between, having just begun.
    assert!(groups.iter().sum::<usize>() == 100 && groups.len() <= 3, "{groups:?}");
}

/// A request whose task waits no longer is written all the same, and so is one that it waits for in another way.
#[test]
fn an_abandoned_request_is_written() {
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    let store = open(dir.path());
    let ids: Vec<_> = (0..6).map(id).collect();
    let is_done = |number: usize| {
        let start = Instant::now();
        while pollster::block_on(store.load(&ids[number])) == Ok(None) {
            assert!(start.elapsed() < Duration::from_secs(20), "nobody has done it");
            thread::yield_now();
        }
    };
    let replace = |number: usize| Box::pin(store.replace(&ids[number], Revision::ABSENT, change()));
    let ask = |number| {
        let mut asked = Some(replace(number));
        poll_fn(move |context| {
            let is_asked = asked.as_mut().is_some_and(|asked| asked.as_mut().poll(context).is_pending());
            assert!(is_asked, "once, and it takes a while");
            Poll::Ready(asked.take())
        })
    };
    block_on(async { drop(ask(0).await) });
    is_done(0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        block_on(async {
            let _asked = ask(1).await;
            panic!("after it has asked");
        });
    }));
    assert!(panicked.is_err());
    is_done(1);
    let done = Ok(Replaced::Yes(Revision::ABSENT.next()));
    block_on(async {
        assert_eq!(pollster::block_on(replace(2)), done);
        assert_eq!(block_on(replace(3)), done);
        let asked = ask(4).await.expect("it was asked");
        assert_eq!(block_on(asked), done);
        let asked = ask(5).await.expect("it was asked");
        assert_eq!(block_on(async { pollster::block_on(asked) }), done);
    });
}

/// Whichever thread has the writer when it panics, no caller waits for ever, and nothing more is written.
#[test]
fn a_panic_stops_the_store() {
    for helped in [false, true] {
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        let store = open(dir.path());
        let poisoned = catch_unwind(AssertUnwindSafe(|| {
            let _held = store.shared.records.write();
            panic!("under the lock");
        }));
        assert!(poisoned.is_err());
        let id = id(0);
        let replace = || store.replace(&id, Revision::ABSENT, change());
        if helped {
            // It is this thread's panic, if the store's own was not quicker.
            let replaced = catch_unwind(AssertUnwindSafe(|| block_on(replace())));
            assert!(matches!(replaced, Err(_) | Ok(Err(StoreError::Unknown { .. }))), "{replaced:?}");
        } else {
            assert!(matches!(pollster::block_on(replace()), Err(StoreError::Unknown { .. })));
        }
        // A thread that panics tells its callers before it has put up the sign.
        let start = Instant::now();
        while !matches!(pollster::block_on(replace()), Err(StoreError::Stopped { .. })) {
            assert!(start.elapsed() < Duration::from_secs(20), "it goes on");
        }
    }
}
