//! What every store must do, as checks that run on any of them.
//!
//! ```
//! use camtoken::store::MemoryStore;
//! use camtoken_vectors::conformance;
//!
//! conformance::run(MemoryStore::new);
//! ```
//!
//! The checks need no runtime: they drive each future on the thread that waits for it. A store that needs one enters
//! its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use camtoken::key::ActivationId;
use camtoken::store::{Change, MAX_LEN, RecordId, Replaced, Revision, Store, StoreError, block_on};

/// Runs every check, each on a store of its own: `empty` gives one that holds nothing.
///
/// # Panics
///
/// At the first check that fails, with the property that does not hold.
pub fn run<S: Store>(mut empty: impl FnMut() -> S) {
    a_record_is_created_once(&empty());
    a_stale_revision_changes_nothing(&empty());
    revisions_grow_by_one(&empty());
    records_do_not_touch_each_other(&empty());
    audit_entries_come_with_changes_only(&empty());
    of_parallel_creations_one_succeeds(&empty());
    parallel_increments_are_all_counted(&empty());
    what_was_seen_never_goes_back(&empty());
    lists_come_in_order_and_in_pages(&empty());
    large_records_are_kept_and_larger_ones_refused(&empty());
    references_are_stores(Arc::new(empty()));
}

fn a_record_is_created_once<S: Store>(store: &S) {
    let id = activation(1);
    assert_eq!(load(store, &id), None, "a record that was never stored is absent");
    assert_eq!(replace(store, &id, 1, b"early"), Replaced::Conflict, "an absent record has no revision 1");
    assert_eq!(load(store, &id), None, "a conflict creates nothing");
    assert_eq!(replace(store, &id, 0, b"first"), yes(1), "an absent record can be created");
    assert_eq!(replace(store, &id, 0, b"second"), Replaced::Conflict, "a record is created once");
    assert_eq!(load(store, &id), Some((1, b"first".to_vec())), "a record is what was stored");
}

fn a_stale_revision_changes_nothing<S: Store>(store: &S) {
    let id = activation(1);
    assert_eq!(replace(store, &id, 0, b"one"), yes(1), "an absent record can be created");
    assert_eq!(replace(store, &id, 1, b"two"), yes(2), "a record seen can be replaced");
    for stale in [0, 1, 3, u64::MAX] {
        assert_eq!(
            replace(store, &id, stale, b"x"),
            Replaced::Conflict,
            "only revision 2 can be replaced, not {stale}"
        );
    }
    assert_eq!(load(store, &id), Some((2, b"two".to_vec())), "a conflict changes nothing");
}

fn revisions_grow_by_one<S: Store>(store: &S) {
    let id = activation(1);
    for revision in 0..50_u64 {
        // The same bytes again are a change all the same: the verifier confirms an answer by writing it once more.
        assert_eq!(replace(store, &id, revision, b"same"), yes(revision + 1), "each replacement adds one");
    }
    assert_eq!(load(store, &id), Some((50, b"same".to_vec())), "the last replacement is what is loaded");
}

fn records_do_not_touch_each_other<S: Store>(store: &S) {
    // Each name begins another, and an activation's bytes may spell a token.
    let ids = ["A", "A0", "A00"]
        .map(token)
        .into_iter()
        .chain([RecordId::Activation(ActivationId::from_bytes([0; 6])), RecordId::KeyCheck]);
    let ids: Vec<_> = ids.collect();
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(replace(store, id, 0, &[0, number as u8, 0xff]), yes(1), "{id} has a revision of its own");
    }
    assert_eq!(replace(store, &ids[1], 1, b""), yes(2), "an empty record is a record");
    for (number, id) in ids.iter().enumerate() {
        let expected = if number == 1 { (2, Vec::new()) } else { (1, vec![0, number as u8, 0xff]) };
        assert_eq!(load(store, id), Some(expected), "{id} holds what was stored under it");
        assert_eq!(audit(store, id).len(), if number == 1 { 2 } else { 1 }, "{id} has a history of its own");
    }
}

fn audit_entries_come_with_changes_only<S: Store>(store: &S) {
    let id = token("AUDITED");
    assert_eq!(audit(store, &id), [], "what never changed has no history");
    assert_eq!(replace_with(store, &id, 0, b"a", Some(b"created")), yes(1), "an absent record can be created");
    assert_eq!(replace_with(store, &id, 0, b"b", Some(b"lost")), Replaced::Conflict, "a record is created once");
    assert_eq!(replace_with(store, &id, 1, b"c", None), yes(2), "a change needs no audit entry");
    assert_eq!(replace_with(store, &id, 2, b"d", Some(b"")), yes(3), "an empty entry is an entry");
    for revision in 3..300 {
        let entry = revision.to_string();
        assert_eq!(replace_with(store, &id, revision, b"e", Some(entry.as_bytes())), yes(revision + 1), "replaced");
    }
    let mut expected = vec![(1, b"created".to_vec()), (3, Vec::new())];
    expected.extend((3..300_u64).map(|revision| (revision + 1, revision.to_string().into_bytes())));
    assert_eq!(audit(store, &id), expected, "the history has the changes, the oldest first, and nothing else");
}

fn of_parallel_creations_one_succeeds<S: Store>(store: &S) {
    for number in 0..20 {
        let id = activation(number);
        let created = AtomicUsize::new(0);
        in_parallel(16, |thread| {
            if replace(store, &id, 0, &[thread as u8]) != Replaced::Conflict {
                created.fetch_add(1, Ordering::Relaxed);
            }
        });
        assert_eq!(created.into_inner(), 1, "of 16 creations at the same moment one succeeds");
        assert_eq!(audit(store, &id).len(), 1, "and one leaves an audit entry");
    }
}

fn parallel_increments_are_all_counted<S: Store>(store: &S) {
    const THREADS: usize = 64;
    const EACH: u64 = 10;
    let id = activation(1);
    in_parallel(THREADS, |_| {
        for _ in 0..EACH {
            loop {
                let (revision, count) = load(store, &id).map_or((0, 0), |(revision, record)| {
                    (revision, u64::from_be_bytes(record.try_into().expect("eight bytes were stored")))
                });
                let next = (count + 1).to_be_bytes();
                if replace(store, &id, revision, &next) != Replaced::Conflict {
                    break;
                }
            }
        }
    });
    let all = THREADS as u64 * EACH;
    assert_eq!(load(store, &id), Some((all, all.to_be_bytes().to_vec())), "no increment is lost, none counts twice");
    let history: Vec<_> = (1..=all).map(|revision| (revision, revision.to_be_bytes().to_vec())).collect();
    assert_eq!(audit(store, &id), history, "each increment has its audit entry");
}

fn what_was_seen_never_goes_back<S: Store>(store: &S) {
    let id = activation(1);
    assert_eq!(replace(store, &id, 0, &0_u64.to_be_bytes()), yes(1), "an absent record can be created");
    in_parallel(8, |thread| {
        let mut seen = 0;
        for _ in 0..100 {
            let (revision, record) = load(store, &id).expect("it was created");
            assert!(revision >= seen, "revision {revision} was loaded after {seen}");
            assert_eq!(record, (revision - 1).to_be_bytes(), "record and revision belong together");
            seen = revision;
            if thread < 4
                && let Replaced::Yes(new) = replace(store, &id, revision, &revision.to_be_bytes())
            {
                seen = new.as_u64();
            }
        }
    });
}

fn lists_come_in_order_and_in_pages<S: Store>(store: &S) {
    assert_eq!(list(store, None, 10), [], "an empty store lists nothing");
    let mut expected = BTreeSet::new();
    for number in 0..500_u64 {
        // Multiplied by an odd number so that they are not created in order.
        let id = match number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16 {
            bits if number % 5 == 0 => token(&format!("T{}", bits % 1_000_000_000)),
            bits => activation(bits),
        };
        assert_eq!(replace(store, &id, 0, &number.to_be_bytes()), yes(1), "an absent record can be created");
        expected.insert(id);
    }
    let expected: Vec<_> = expected.into_iter().collect();
    assert_eq!(list(store, None, usize::MAX), expected, "all records are listed, in order");
    for size in [1, 7, 499, 500, 501] {
        let mut pages: Vec<RecordId> = Vec::new();
        loop {
            let page = list(store, pages.last(), size);
            assert!(page.len() <= size, "a page of {size} has {}", page.len());
            if page.is_empty() {
                break;
            }
            pages.extend(page);
        }
        assert_eq!(pages, expected, "pages of {size} give the same list");
    }
    assert_eq!(list(store, None, 0), [], "no records if none are asked for");
    assert_eq!(list(store, Some(&activation(0)), 1), expected[..1], "a page may begin behind what is not there");
}

fn large_records_are_kept_and_larger_ones_refused<S: Store>(store: &S) {
    let id = activation(1);
    let largest: Vec<u8> = (0..MAX_LEN).map(|place| (place * 31 % 251) as u8).collect();
    for revision in 0..40 {
        let replaced = replace_with(store, &id, revision, &largest, Some(&largest));
        assert_eq!(replaced, yes(revision + 1), "a record of {MAX_LEN} bytes is stored");
    }
    assert_eq!(load(store, &id), Some((40, largest.clone())), "and loaded");
    assert!(audit(store, &id).iter().all(|(_, entry)| *entry == largest), "so are audit entries of {MAX_LEN} bytes");

    let larger = vec![0; MAX_LEN + 1];
    for (part, change) in [
        ("record", Change { record: larger.clone(), audit: None }),
        ("audit entry", Change { record: Vec::new(), audit: Some(larger) }),
    ] {
        let refused = block_on(store.replace(&id, Revision::from_u64(40), change));
        assert_eq!(refused, Err(StoreError::TooLarge { part, len: MAX_LEN + 1 }), "a larger {part} is refused");
    }
    assert_eq!(load(store, &id), Some((40, largest)), "what is refused changes nothing");
}

fn references_are_stores<S: Store>(store: Arc<S>) {
    let id = activation(1);
    assert_eq!(replace(&store, &id, 0, b"one"), yes(1), "an absent record can be created");
    assert_eq!(load(&&*store, &id), Some((1, b"one".to_vec())), "all references lead to the same record");
    assert_eq!(list(&store, None, 9), list(&&*store, None, 9), "and to the same list");
    assert_eq!(audit(&store, &id), audit(&&*store, &id), "and to the same history");
}

fn activation(number: u64) -> RecordId {
    let [_, _, id @ ..] = number.to_be_bytes();
    RecordId::Activation(ActivationId::from_bytes(id))
}

fn token(text: &str) -> RecordId {
    RecordId::Token(text.parse().expect("the checks name tokens properly"))
}

fn yes(revision: u64) -> Replaced {
    Replaced::Yes(Revision::from_u64(revision))
}

fn load<S: Store>(store: &S, id: &RecordId) -> Option<(u64, Vec<u8>)> {
    let loaded = block_on(store.load(id)).expect("the store loads");
    loaded.map(|found| (found.revision.as_u64(), found.record.to_vec()))
}

/// Replaces a record; the audit entry is the record once more.
fn replace<S: Store>(store: &S, id: &RecordId, expected: u64, record: &[u8]) -> Replaced {
    replace_with(store, id, expected, record, Some(record))
}

fn replace_with<S: Store>(store: &S, id: &RecordId, expected: u64, record: &[u8], audit: Option<&[u8]>) -> Replaced {
    let change = Change { record: record.to_vec(), audit: audit.map(<[u8]>::to_vec) };
    block_on(store.replace(id, Revision::from_u64(expected), change)).expect("the store replaces")
}

fn list<S: Store>(store: &S, after: Option<&RecordId>, limit: usize) -> Vec<RecordId> {
    block_on(store.list(after, limit)).expect("the store lists")
}

fn audit<S: Store>(store: &S, id: &RecordId) -> Vec<(u64, Vec<u8>)> {
    let entries = block_on(store.audit(id)).expect("the store gives its audit entries");
    // Page by page they are the same, wherever a page ends.
    for limit in [1, 2, 7] {
        let mut paged: Vec<(Revision, Vec<u8>)> = Vec::new();
        loop {
            let after = paged.last().map_or(Revision::ABSENT, |(revision, _)| *revision);
            let page = block_on(store.audit_page(id, after, limit)).expect("the store gives its audit entries");
            assert!(page.len() <= limit, "a page of {} entries, at most {limit} were asked for", page.len());
            let is_last = page.len() < limit;
            paged.extend(page);
            if is_last {
                break;
            }
        }
        assert_eq!(paged, entries, "in pages of {limit}");
    }
    entries.into_iter().map(|(revision, entry)| (revision.as_u64(), entry)).collect()
}

fn in_parallel(threads: usize, step: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for number in 0..threads {
            let step = &step;
            scope.spawn(move || step(number));
        }
    });
}
