//! The queue of stores behind a connection, with connections to a database that is a number for each record.

#[path = "../../crates/remote/src/queue.rs"]
#[expect(dead_code, reason = "the parts about loads and administration are the same for one connection or many")]
mod queue;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use camtoken::key::ActivationId;
use camtoken::store::{Change, RecordId, Replaced, Revision, StoreError};
use futures_channel::oneshot;
use shuttle::future::block_on;
use shuttle::{sync, thread};

use crate::{fails_in_some_order, in_many_orders};
use queue::{Queue, Swap, Work};

/// The revision of each record, and the records that a change is on its way to.
#[derive(Default)]
struct Database {
    revisions: Mutex<BTreeMap<RecordId, Revision>>,
    on_the_way: Mutex<BTreeSet<RecordId>>,
}

fn id(number: u8) -> RecordId {
    RecordId::Activation(ActivationId::from_bytes([number; 6]))
}

/// One connection: takes what waits, until there will be no more.
fn connection(queue: &Queue, database: &Database, tells: bool) {
    while let Some(work) = block_on(queue.take()) {
        let Work::Swaps(swaps) = work else { panic!("nothing else was asked") };
        for swap in &swaps {
            let alone = database.on_the_way.lock().expect("no panic").insert(swap.id.clone());
            assert!(alone, "one change of a record is on its way at a time");
        }
        thread::yield_now();
        let outcomes: Vec<_> = swaps.into_iter().map(|swap| decide(database, swap)).collect();
        for (id, _) in &outcomes {
            database.on_the_way.lock().expect("no panic").remove(id);
        }
        if tells {
            queue.done(outcomes);
        }
    }
}

fn decide(database: &Database, swap: Swap) -> (RecordId, Option<Replaced>) {
    let mut revisions = database.revisions.lock().expect("no panic");
    let revision = revisions.entry(swap.id.clone()).or_insert(Revision::ABSENT);
    let replaced = if *revision == swap.expected {
        *revision = revision.next();
        Replaced::Yes(*revision)
    } else {
        Replaced::Conflict
    };
    // Who has stopped waiting does not learn it.
    let _ = swap.answer.send(Ok(replaced));
    (swap.id, Some(replaced))
}

/// Replaces a record until it was this caller's turn, as the verifier does; says how often that was.
fn caller(queue: &Queue, database: &Database, record: u8) -> u64 {
    for _ in 0..8 {
        let expected = database.revisions.lock().expect("no panic").get(&id(record)).copied();
        let expected = expected.unwrap_or(Revision::ABSENT);
        let (answer, answered) = oneshot::channel();
        let change = Change { record: vec![record], audit: None };
        let swap = Swap { id: id(record), expected, change, answer, since: Instant::now() };
        queue.swap(swap).expect("it is open, and not full");
        match block_on(answered).expect("each request is answered") {
            Ok(Replaced::Yes(_)) => return 1,
            Ok(Replaced::Conflict) => {}
            Err(error) => assert!(matches!(error, StoreError::Unavailable { .. }), "{error}"),
        }
    }
    0
}

/// What one thread does.
type Party = Box<dyn FnOnce(&Queue, &Database) -> u64 + Send>;

/// Callers of these records at the same time, and two connections that take at most two changes each.
fn run(records: &'static [u8], is_impatient: bool, tells: bool) {
    let (queue, database) = (Arc::new(Queue::new(2, usize::MAX)), Arc::<Database>::default());
    let spawn = |work: Party| {
        let (queue, database) = (Arc::clone(&queue), Arc::clone(&database));
        thread::spawn(move || work(&queue, &database))
    };
    let connections: Vec<_> = (0..2)
        .map(|_| {
            spawn(Box::new(move |queue, database| {
                connection(queue, database, tells);
                0
            }))
        })
        .collect();
    let callers: Vec<_> =
        records.iter().map(|&record| spawn(Box::new(move |queue, database| caller(queue, database, record)))).collect();
    if is_impatient {
        queue.give_up(Duration::ZERO);
    }
    let replaced: u64 = callers.into_iter().map(|caller| caller.join().expect("no panic")).sum();
    queue.close();
    for connection in connections {
        connection.join().expect("no panic");
    }
    let counted: u64 = database.revisions.lock().expect("no panic").values().map(|revision| revision.as_u64()).sum();
    assert_eq!(counted, replaced, "who was told of a change has made one");
    assert!(is_impatient || replaced == records.len() as u64, "{replaced} of {} callers", records.len());
}

#[test]
fn one_change_of_a_record_is_on_its_way_at_a_time_and_every_caller_is_answered() {
    in_many_orders(|| run(&[1, 1, 1], false, true));
    in_many_orders(|| run(&[1, 1, 2, 3], false, true));
    in_many_orders(|| run(&[1, 1, 2], true, true));
}

#[test]
fn a_connection_that_does_not_say_what_it_has_done_is_found_out() {
    fails_in_some_order(|| run(&[1, 1], false, false));
}
