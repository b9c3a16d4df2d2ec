//! Many registrations at once: how many of them a store may write with one sync.

use std::future::poll_fn;
use std::mem;
use std::task::Poll;

use camtoken::key::GeneratorId;
use camtoken::oath::Digits;
use camtoken::verifier::{Moving, NewGenerator, NewToken, Origin};

use super::*;

/// A store that writes whatever waits for it as one group, and counts the groups.
struct Grouping {
    store: MemoryStore,
    waiting: AtomicUsize,
    groups: AtomicUsize,
}

impl Store for Grouping {
    forward!(load list audit_page);

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        let mut is_first = true;
        poll_fn(|context| {
            if mem::take(&mut is_first) {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        if self.waiting.swap(0, Ordering::Relaxed) > 0 {
            self.groups.fetch_add(1, Ordering::Relaxed);
        }
        self.store.replace(id, expected, change).await
    }
}

/// One sync for each took 44 s for ten thousand on a disk, and no time where a sync costs nothing.
#[test]
fn ten_thousand_devices_are_written_in_a_few_groups() {
    let store =
        Arc::new(Grouping { store: MemoryStore::new(), waiting: AtomicUsize::new(0), groups: AtomicUsize::new(0) });
    let verifier = verifier(Arc::clone(&store), test_policy());
    let key = device_key();
    let tokens = (0..10_000).map(|number| {
        let id = format!("FEX{number:07}").parse().expect("a token ID");
        NewToken { id, device_key: &key, test: false, origin: None }
    });
    let told = block_on(verifier.register_all(tokens.collect(), NOW, &mut rng()));
    assert!(told.iter().all(Result::is_ok));
    let generators = (0..10_000).map(|number| {
        let id: GeneratorId = format!("23087{number:08}").parse().expect("a serial number");
        NewGenerator { id, secret: &key, moving: Moving::event(Digits::SIX, 0), origin: Origin::default() }
    });
    let told = block_on(verifier.register_generators(generators.collect(), NOW, &mut rng()));
    assert!(told.iter().all(Result::is_ok));
    assert_eq!(store.groups.load(Ordering::Relaxed), 20, "of 1,024 each");
}
