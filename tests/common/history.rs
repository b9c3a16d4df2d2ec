//! The operations of clients on a store and their answers, with times, and a check of them afterwards, in the manner of Jepsen.
//!
//! Each client changes records; each change carries a value that no other has, in the record and in its audit entry. In the end
//! the audit entries say what became of each change. The answers that clients got must agree with that, in real time.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use camtoken::store::{Change, RecordId, Replaced, Revision, Store, StoreError, block_on};

/// The answer that a client got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The change made this revision.
    Stored(u64),
    /// Another one was faster: this change was not stored, and never will be.
    Conflict,
    /// It was not stored.
    Failed,
    /// It may be stored or not, now or later.
    Unknown,
    /// The record had this revision and value; revision 0 for no record.
    Seen(u64, u64),
    /// It could not be read.
    Unread,
}

/// One operation: a change with its value, or with `None` a load.
#[derive(Debug, Clone)]
pub struct Operation {
    pub client: usize,
    pub record: u64,
    pub change: Option<u64>,
    pub begun: Duration,
    pub ended: Duration,
    pub told: Told,
}

/// Collects the operations of all clients.
pub struct History {
    start: Instant,
    operations: Mutex<Vec<Operation>>,
}

impl History {
    pub fn new() -> Self {
        Self { start: Instant::now(), operations: Mutex::default() }
    }

    /// How many operations there were, and how many of them were acknowledged as stored.
    pub fn counts(&self) -> (usize, usize) {
        let operations = self.operations.lock().expect("nobody panics with it");
        (operations.len(), operations.iter().filter(|one| matches!(one.told, Told::Stored(_))).count())
    }

    /// The longest time between two changes of any clients that were acknowledged as stored, after `since`.
    pub fn longest_gap(&self, since: Instant) -> Duration {
        let since = since - self.start;
        let operations = self.operations.lock().expect("nobody panics with it");
        let mut stored: Vec<_> = operations.iter().filter(|one| matches!(one.told, Told::Stored(_))).collect();
        stored.sort_by_key(|one| one.ended);
        let times = stored.iter().map(|one| one.ended).filter(|ended| *ended >= since);
        let mut last = since;
        times.map(|ended| ended - std::mem::replace(&mut last, ended)).max().unwrap_or_default()
    }

    fn record(&self, client: usize, record: u64, change: Option<u64>, what: impl FnOnce() -> Told) -> Told {
        let begun = self.start.elapsed();
        let told = what();
        let operation = Operation { client, record, change, begun, ended: self.start.elapsed(), told };
        self.operations.lock().expect("nobody panics with it").push(operation);
        told
    }

    /// One client's work on records that it shares with the others, until `is_over`.
    pub fn client<S: Store>(&self, store: &S, client: usize, records: u64, is_over: impl Fn() -> bool) {
        let mut made = 0;
        for turn in 0_u64.. {
            if is_over() {
                break;
            }
            let record = turn.wrapping_mul(7).wrapping_add(client as u64) % records;
            let told = self.record(client, record, None, || match block_on(store.load(&id(record))) {
                Ok(None) => Told::Seen(0, 0),
                Ok(Some(found)) => Told::Seen(found.revision.as_u64(), value(&found.record)),
                Err(_) => Told::Unread,
            });
            let Told::Seen(revision, _) = told else {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            };
            made += 1;
            let new = (client as u64) << 32 | made;
            let bytes = new.to_be_bytes().to_vec();
            let change = Change { record: bytes.clone(), audit: Some(bytes) };
            self.record(client, record, Some(new), || {
                match block_on(store.replace(&id(record), Revision::from_u64(revision), change)) {
                    Ok(Replaced::Yes(made)) => Told::Stored(made.as_u64()),
                    Ok(Replaced::Conflict) => Told::Conflict,
                    Err(StoreError::Unknown { .. }) => Told::Unknown,
                    Err(_) => Told::Failed,
                }
            });
        }
    }

    /// Checks all of it against what the store has in the end, and keeps it as a file if something is wrong.
    pub fn check<S: Store>(&self, store: &S, name: &str) -> Result<(), String> {
        let operations = self.operations.lock().expect("nobody panics with it").clone();
        let mut records: Vec<_> = operations.iter().map(|one| one.record).collect();
        records.sort_unstable();
        records.dedup();
        let mut complaints = Vec::new();
        for record in records {
            let audit = block_on(store.audit(&id(record))).expect("the store is whole");
            let last = block_on(store.load(&id(record))).expect("the store is whole");
            let last = last.map_or((0, 0), |last| (last.revision.as_u64(), value(&last.record)));
            let audit: Vec<_> = audit.iter().map(|(revision, entry)| (revision.as_u64(), value(entry))).collect();
            let own: Vec<_> = operations.iter().filter(|one| one.record == record).collect();
            complaints
                .extend(complaints_of(&own, &audit, last).into_iter().map(|text| format!("record {record}: {text}")));
        }
        if complaints.is_empty() {
            return Ok(());
        }
        let file = keep(&operations, &complaints, name);
        Err(format!(
            "{} complaints, the first: {}; the history is in {}",
            complaints.len(),
            complaints[0],
            file.display()
        ))
    }
}

/// What is wrong with the history of one record, given its audit entries and its last state.
fn complaints_of(operations: &[&Operation], audit: &[(u64, u64)], last: (u64, u64)) -> Vec<String> {
    let mut complaints = Vec::new();
    let gap = audit.iter().zip(1..).find(|((revision, _), expected)| revision != expected);
    if let Some(((revision, _), expected)) = gap {
        complaints.push(format!("revision {expected} is missing before {revision}"));
    }
    if audit.last().copied().unwrap_or_default() != last {
        complaints.push(format!("the last change is {:?}, the record is {last:?}", audit.last()));
    }
    let made: HashMap<u64, u64> = audit.iter().map(|(revision, value)| (*value, *revision)).collect();
    if made.len() != audit.len() {
        complaints.push("a change was stored twice".to_owned());
    }
    for one in operations {
        let stored = one.change.and_then(|change| made.get(&change));
        match (one.told, stored) {
            (Told::Stored(told), Some(found)) if told == *found => {}
            (Told::Stored(told), found) => complaints.push(format!("{one:?} made {told}, the audit has {found:?}")),
            (Told::Conflict | Told::Failed, Some(found)) => complaints.push(format!("{one:?} was stored as {found}")),
            (Told::Seen(0, _), _) => {}
            (Told::Seen(revision, value), _) if made.get(&value) != Some(&revision) => {
                complaints.push(format!("{one:?} saw what no change has made"));
            }
            _ => {}
        }
    }
    complaints.extend(out_of_time(operations));
    complaints
}

/// An answer that was out of date: an operation that began after another had ended must know at least its revision.
fn out_of_time(operations: &[&Operation]) -> Option<String> {
    let known = |one: &Operation| match one.told {
        Told::Stored(revision) => Some(revision),
        Told::Seen(revision, _) => Some(revision),
        _ => None,
    };
    let mut ends: Vec<_> = operations.iter().filter_map(|one| Some((one.ended, known(one)?))).collect();
    let mut begins: Vec<_> = operations.iter().filter_map(|one| Some((one.begun, known(one)?, *one))).collect();
    ends.sort_unstable();
    begins.sort_by_key(|(begun, ..)| *begun);
    let (mut ends, mut newest) = (ends.into_iter().peekable(), 0);
    for (begun, revision, one) in begins {
        while let Some((_, ended)) = ends.next_if(|(ended, _)| *ended < begun) {
            newest = newest.max(ended);
        }
        let is_change = matches!(one.told, Told::Stored(_));
        if revision < newest || is_change && revision == newest {
            return Some(format!("{one:?} came after revision {newest} was known"));
        }
    }
    None
}

fn keep(operations: &[Operation], complaints: &[String], name: &str) -> PathBuf {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/histories"));
    fs::create_dir_all(&dir).expect("target is ours");
    let file = dir.join(format!("{name}-{}.txt", std::process::id()));
    let mut text = complaints.iter().fold(String::new(), |text, complaint| text + "# " + complaint + "\n");
    text.push_str("# client record change begun_us ended_us told\n");
    for one in operations {
        let change = one.change.map_or("load".to_owned(), |change| format!("{change:x}"));
        let (begun, ended) = (one.begun.as_micros(), one.ended.as_micros());
        let _ = writeln!(text, "{} {} {change} {begun} {ended} {:?}", one.client, one.record, one.told);
    }
    fs::write(&file, text).expect("target is ours");
    file
}

fn id(record: u64) -> RecordId {
    format!("activation:{record:012x}").parse().expect("an ID")
}

fn value(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}
