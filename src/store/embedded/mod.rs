//! Records in one directory: durable before it answers, no server.
//!
//! Every record stands in memory, and one thread writes. It takes whatever is queued, decides each replacement
//! against memory and the group so far, appends the group to a journal with one `fdatasync`, makes it visible, and only
//! then answers. So 64 callers share a sync, a single caller pays for one, and nobody reads what a power cut could take
//! back.
//!
//! When one of the journal's two files is full, another thread brings what it holds into a tree (fjall), while the other
//! file is written; the tree keeps the audit entries, and the records for when the store is opened. The tree alone would
//! do, with its own journal: that reaches half of the disk's rate, since it is reserved and not written beforehand.
//!
//! ```text
//! format        camtoken store 2
//! lock          held while the store is open
//! acknowledged  how many changes are durable at least: 8 bytes, big-endian
//! journal/      0 and 1: the last changes; see `journal.rs`
//! engine/       records:    key = id, value = revision | record
//!               audit:      key = id | revision, value = entry
//!               checkpoint: key = 0, value = the number of the last frame of the journal that is in here
//! ```
//!
//! `acknowledged` is written after each sync, behind its answers, and never synced itself: it survives a killed process, and is a
//! lower bound. Each change raises one revision by one, so the revisions that an opened store holds add up to the number of its
//! changes; if that is less, the journal has lost its end (it cannot be told from a frame that was cut off and never acknowledged)
//! and the store does not open: a used response would be open again.

mod dir;
mod journal;
mod tree;

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, Write};
use std::mem;
use std::ops::Bound;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use futures_channel::oneshot;

use dir::{check_format, create, lock, prepare, remove};
use journal::Journal;
use tree::{Engine, guarded};

use super::backup::Saved;
use super::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};

const FORMAT: &str = "camtoken store 2";

/// Requests that may wait for the writer; one more is answered [`StoreError::Unavailable`] at once.
const QUEUE: usize = 16_384;

/// Changes that share one sync, at most, and bytes after which no more are taken in: far less than a file of the journal.
const GROUP: usize = 1024;
const GROUP_LEN: usize = 4 << 20;

/// How long the writer of several callers looks for the next request before it sleeps.
const AWAKE: Duration = Duration::from_micros(50);

/// A store in one directory, for one process at a time.
///
/// In memory a record takes its own bytes and less than 200 more, and so at most 64 KiB and 200 bytes; audit entries
/// stay on disk, but for the last 32 MiB of changes. After a write has failed nothing is answered any more
/// ([`StoreError::Stopped`]) until the store is opened again. Dropping the store finishes what is queued, and blocks for
/// as long.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    /// `None` only while it is dropped: the writer ends when nobody can send any more.
    queue: Option<SyncSender<Request>>,
    writer: Option<JoinHandle<()>>,
}

/// What readers and the writer see together.
#[derive(Default)]
struct Shared {
    /// What is durable, and nothing else.
    records: RwLock<BTreeMap<RecordId, Versioned>>,
    /// Why nothing more is written, from the first failure on.
    stopped: OnceLock<String>,
}

enum Request {
    Replace { id: RecordId, expected: Revision, change: Change, answer: Answer<Replaced> },
    Audit { id: RecordId, answer: Answer<Vec<(Revision, Vec<u8>)>> },
    Compact { answer: Answer<()> },
}

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

impl EmbeddedStore {
    /// Opens the store in `dir`, and makes it if there is none. Blocks while it reads all records.
    ///
    /// While somebody else has the store open, waits for up to `patience`: zero for a service, some seconds for a
    /// command that queues up behind others. A new directory is open to its owner only (mode 0700); one that others
    /// can enter is closed to them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] when patience has run out, [`StoreError::Version`] and [`StoreError::Foreign`] for a
    /// directory that this version may not touch, [`StoreError::Corrupt`] when anything that was acknowledged is
    /// missing or cannot be read, [`StoreError::Unavailable`] when the system does not let it.
    pub fn open(dir: impl AsRef<Path>, patience: Duration) -> Result<Self, StoreError> {
        let dir = dir.as_ref();
        prepare(dir)?;
        let lock = lock(dir, patience)?;
        if !check_format(dir)? {
            create(dir)?;
        }
        let engine = Arc::new(guarded(|| Engine::open(&dir.join("engine")))?);
        let mut records = guarded(|| engine.records())?;
        let journal = dir.join("journal");
        let replay = Journal::replay(&journal, guarded(|| engine.checkpoint())?)?;
        let mut recent = Recent::default();
        for entry in replay.frames.into_iter().flatten() {
            let current = records.get(&entry.id).map_or(Revision::ABSENT, |record| record.revision);
            if entry.revision != current.next() {
                return Err(corrupt("the journal does not fit the records"));
            }
            records.insert(entry.id.clone(), entry.versioned());
            recent.add(entry);
        }
        let acknowledged = Acknowledged::open(&dir.join("acknowledged"), &records)?;
        if !recent.is_empty() {
            guarded(|| engine.take_in(replay.number, &recent))?;
        }
        let journal = Journal::open(&journal, replay.number)?;

        let shared = Arc::new(Shared { records: RwLock::new(records), stopped: OnceLock::new() });
        let keeper = Keeper::start(&shared, &engine)?;
        let (queue, requests) = sync_channel(QUEUE);
        let writer = Writer {
            shared: Arc::clone(&shared),
            requests,
            journal,
            recent: Recent::default(),
            keeper,
            engine,
            acknowledged,
            _lock: lock,
        };
        let writer = thread::Builder::new().name("camtoken-store".into()).spawn(move || writer.run())?;
        Ok(Self { shared, queue: Some(queue), writer: Some(writer) })
    }

    /// Makes a store in `dir` from saved records, and says how many there were. The directory must hold no store yet.
    /// Only when the last record was given and everything is durable there is a store; what is left of an attempt that
    /// was cut off is in nobody's way.
    ///
    /// # Errors
    ///
    /// Those of the records; [`StoreError::Exists`] when there is a store, and otherwise as [`EmbeddedStore::open`].
    pub fn restore<E: From<StoreError>>(
        dir: impl AsRef<Path>,
        records: impl IntoIterator<Item = Result<Saved, E>>,
    ) -> Result<u64, E> {
        let dir = dir.as_ref();
        prepare(dir)?;
        let _lock = lock(dir, Duration::ZERO)?;
        if check_format(dir)? {
            return Err(StoreError::Exists.into());
        }
        for part in ["engine", "engine.new", "journal", "acknowledged"] {
            remove(&dir.join(part))?;
        }
        let engine = guarded(|| Engine::open(&dir.join("engine.new")))?;
        let mut count = 0;
        for saved in records {
            let saved = saved?;
            guarded(|| engine.fill(&saved))?;
            count += 1;
        }
        guarded(|| engine.sync())?;
        drop(engine);
        fs::rename(dir.join("engine.new"), dir.join("engine")).map_err(StoreError::from)?;
        create(dir)?;
        Ok(count)
    }

    /// Rewrites the tree without what later changes have made useless. Replacements wait meanwhile.
    ///
    /// The tree does so by itself, bit by bit; this is for whoever wants the room now.
    ///
    /// # Errors
    ///
    /// As [`Store::load`]; the store holds the same records all the same.
    pub async fn compact(&self) -> Result<(), StoreError> {
        self.ask(|answer| Request::Compact { answer }).await
    }

    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, StoreError> {
        self.shared.running()?;
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().expect("only drop takes the queue");
        queue.try_send(request(answer)).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Unavailable { reason: format!("{QUEUE} requests are waiting") },
            TrySendError::Disconnected(_) => StoreError::Stopped { reason: "writer has ended".into() },
        })?;
        answered.await.unwrap_or_else(|_| Err(StoreError::Unknown { reason: "writer has ended".into() }))
    }
}

impl Store for EmbeddedStore {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        self.shared.running()?;
        Ok(self.shared.records.read().expect(HELD_BRIEFLY).get(id).cloned())
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        change.check()?;
        self.ask(|answer| Request::Replace { id: id.clone(), expected, change, answer }).await
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        self.shared.running()?;
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let records = self.shared.records.read().expect(HELD_BRIEFLY);
        Ok(records.range((start, Bound::Unbounded)).take(limit).map(|(id, _)| id.clone()).collect())
    }

    /// Reads from the disk, on the writer's thread: replacements wait meanwhile.
    async fn audit(&self, id: &RecordId) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.ask(|answer| Request::Audit { id: id.clone(), answer }).await
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            // A writer that has panicked has nothing left to finish.
            let _ = writer.join();
        }
    }
}

const HELD_BRIEFLY: &str = "nothing that could panic is done under this lock";

impl Shared {
    fn running(&self) -> Result<(), StoreError> {
        match self.stopped.get() {
            Some(reason) => Err(StoreError::Stopped { reason: reason.clone() }),
            None => Ok(()),
        }
    }
}

/// One change, as it is kept.
#[derive(Clone)]
struct Entry {
    id: RecordId,
    revision: Revision,
    record: Arc<[u8]>,
    audit: Option<Arc<[u8]>>,
}

impl Entry {
    fn versioned(&self) -> Versioned {
        Versioned { revision: self.revision, record: Arc::clone(&self.record) }
    }
}

/// The one thread that changes anything. Its fields are dropped in this order: the lock goes last.
struct Writer {
    shared: Arc<Shared>,
    requests: Receiver<Request>,
    journal: Journal,
    /// What only the journal's file of this turn has.
    recent: Recent,
    keeper: Keeper,
    engine: Arc<Engine>,
    acknowledged: Acknowledged,
    _lock: File,
}

impl Writer {
    fn run(mut self) {
        let mut company = false;
        while let Some(first) = self.next(company) {
            let mut group = Group::default();
            let mut audits = Vec::new();
            let mut compactions = Vec::new();
            let mut next = Some(first);
            while let Some(request) = next {
                match request {
                    Request::Replace { id, expected, change, answer } => {
                        let replaced = self.decide(&mut group, id, expected, change);
                        group.decided.push((answer, replaced));
                    }
                    Request::Audit { id, answer } => audits.push((id, answer)),
                    Request::Compact { answer } => compactions.push(answer),
                }
                let full = group.decided.len() + audits.len() == GROUP || group.len > GROUP_LEN;
                next = if full { None } else { self.requests.try_recv().ok() };
            }
            company = group.decided.len() > 1;
            self.settle(group);
            for (id, answer) in audits {
                let entries = self.shared.running().and_then(|()| self.audit(&id));
                let _ = answer.send(entries);
            }
            for answer in compactions {
                let compacted = self.shared.running().and_then(|()| guarded(|| self.engine.compact()));
                let _ = answer.send(compacted);
            }
        }
    }

    /// Waits for a request. Of several callers, who was just answered often asks again, and more come while the writer stays
    /// awake: others who want the processor get it. A single caller is sooner served by a writer that sleeps.
    fn next(&self, company: bool) -> Option<Request> {
        let since = Instant::now();
        loop {
            match self.requests.try_recv() {
                Ok(request) => return Some(request),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) if company && since.elapsed() < AWAKE => thread::yield_now(),
                Err(TryRecvError::Empty) => return self.requests.recv().ok(),
            }
        }
    }

    /// Compares with the record as it will be once the group so far is durable.
    fn decide(&self, group: &mut Group, id: RecordId, expected: Revision, change: Change) -> Replaced {
        let current = match group.latest.get(&id) {
            Some(revision) => *revision,
            None => {
                let records = self.shared.records.read().expect(HELD_BRIEFLY);
                records.get(&id).map_or(Revision::ABSENT, |record| record.revision)
            }
        };
        if current != expected {
            return Replaced::Conflict;
        }
        let revision = expected.next();
        group.len += change.record.len() + change.audit.as_ref().map_or(0, Vec::len);
        group.latest.insert(id.clone(), revision);
        let audit = change.audit.map(Into::into);
        group.entries.push(Entry { id, revision, record: change.record.into(), audit });
        Replaced::Yes(revision)
    }

    /// Makes a group durable, then visible, then answers. A conflict waits as well: it may be with a change of this
    /// very group, and whoever loaded again before that one is visible would run into it again.
    fn settle(&mut self, group: Group) {
        let outcome = match self.shared.running() {
            Ok(()) if group.entries.is_empty() => Ok(()),
            Ok(()) => self.commit(&group.entries).map_err(|error| {
                let reason = error.to_string();
                let _ = self.shared.stopped.set(reason.clone());
                StoreError::Unknown { reason }
            }),
            Err(stopped) => Err(stopped),
        };
        if outcome.is_ok() && !group.entries.is_empty() {
            let mut records = self.shared.records.write().expect(HELD_BRIEFLY);
            for entry in &group.entries {
                match records.get_mut(&entry.id) {
                    Some(record) => *record = entry.versioned(),
                    None => drop(records.insert(entry.id.clone(), entry.versioned())),
                }
            }
        }
        for (answer, replaced) in group.decided {
            // Who has stopped waiting does not learn the outcome.
            let _ = answer.send(outcome.clone().map(|()| replaced));
        }
        if outcome.is_ok() && !group.entries.is_empty() {
            // Nobody waits for these any more.
            self.acknowledged.raise(group.entries.len() as u64);
            group.entries.into_iter().for_each(|entry| self.recent.add(entry));
        }
    }

    fn commit(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        if !self.journal.prepare(entries.iter()) {
            // The other file is free once the tree has all of it.
            self.keeper.wait()?;
            let number = self.journal.turn();
            self.keeper.give(number, mem::take(&mut self.recent))?;
        }
        self.journal.commit()
    }

    fn audit(&self, id: &RecordId) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        let mut entries = guarded(|| self.engine.audit(id))?;
        for recent in self.keeper.given.as_deref().into_iter().chain([&self.recent]) {
            // The tree may have taken them in just now.
            let last = entries.keys().next_back().copied().unwrap_or(Revision::ABSENT);
            let new = recent.audit.range((id.clone(), last.next())..=(id.clone(), Revision(u64::MAX)));
            entries.extend(new.map(|((_, revision), entry)| (*revision, entry.to_vec())));
        }
        Ok(entries.into_iter().collect())
    }
}

/// Replacements that are made durable together.
#[derive(Default)]
struct Group {
    entries: Vec<Entry>,
    /// The bytes of their records and audit entries.
    len: usize,
    /// The last revision of each record among them.
    latest: HashMap<RecordId, Revision>,
    decided: Vec<(Answer<Replaced>, Replaced)>,
}

/// What a file of the journal holds: the last state of each record, and every audit entry.
#[derive(Default)]
struct Recent {
    records: HashMap<RecordId, Versioned>,
    audit: BTreeMap<(RecordId, Revision), Arc<[u8]>>,
}

impl Recent {
    fn add(&mut self, entry: Entry) {
        let record = entry.versioned();
        if let Some(audit) = entry.audit {
            self.audit.insert((entry.id.clone(), entry.revision), audit);
        }
        self.records.insert(entry.id, record);
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

/// The thread that brings full files of the journal into the tree, one at a time.
struct Keeper {
    give: Option<SyncSender<(u64, Arc<Recent>)>>,
    done: Receiver<Result<(), StoreError>>,
    /// What the thread is busy with, or was: it may be in the tree or not.
    given: Option<Arc<Recent>>,
    busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    fn start(shared: &Arc<Shared>, engine: &Arc<Engine>) -> Result<Self, StoreError> {
        let (give, given) = sync_channel::<(u64, Arc<Recent>)>(1);
        let (tell, done) = sync_channel(1);
        let (shared, engine) = (Arc::clone(shared), Arc::clone(engine));
        let keep = move || {
            for (number, recent) in given {
                let taken_in = guarded(|| engine.take_in(number, &recent));
                if let Err(error) = &taken_in {
                    let _ = shared.stopped.set(error.to_string());
                }
                if tell.send(taken_in).is_err() {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("camtoken-tree".into()).spawn(keep)?;
        Ok(Self { give: Some(give), done, given: None, busy: false, thread: Some(thread) })
    }

    /// Waits until all that was given is in the tree.
    fn wait(&mut self) -> Result<(), StoreError> {
        if mem::take(&mut self.busy) {
            self.done.recv().map_err(|_| corrupt("the thread of the tree has ended"))??;
        }
        self.given = None;
        Ok(())
    }

    fn give(&mut self, number: u64, recent: Recent) -> Result<(), StoreError> {
        let recent = Arc::new(recent);
        let give = self.give.as_ref().expect("only drop takes it");
        give.send((number, Arc::clone(&recent))).map_err(|_| corrupt("the thread of the tree has ended"))?;
        (self.given, self.busy) = (Some(recent), true);
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.give.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How many changes are durable at least: see the top of this file.
struct Acknowledged {
    file: File,
    changes: u64,
}

impl Acknowledged {
    /// Compares with what the engine still has.
    fn open(path: &Path, records: &BTreeMap<RecordId, Versioned>) -> Result<Self, StoreError> {
        let changes = records.values().fold(0, |sum: u64, record| sum.saturating_add(record.revision.0));
        let at_least = match fs::read(path) {
            // A power cut may leave it without content, an administrator without the file.
            Ok(bytes) if bytes.is_empty() => 0,
            Ok(bytes) => u64::from_be_bytes(bytes.try_into().map_err(|_| corrupt("acknowledged has no 8 bytes"))?),
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
        if changes < at_least {
            let missing = at_least - changes;
            return Err(StoreError::Corrupt { reason: format!("{missing} acknowledged changes are missing") });
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        let mut this = Self { file, changes };
        this.raise(0);
        Ok(this)
    }

    fn raise(&mut self, by: u64) {
        self.changes += by;
        // A mark left too low costs a warning, never a change: what it counts is durable already.
        let _ = self.file.rewind().and_then(|()| self.file.write_all(&self.changes.to_be_bytes()));
    }
}

fn corrupt(reason: &str) -> StoreError {
    StoreError::Corrupt { reason: reason.to_owned() }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Unavailable { reason: error.to_string() }
    }
}
