//! Records in one directory: durable before it answers, no server.
//!
//! Every record stands in memory, and there is one writer. It takes whatever is queued, decides each replacement
//! against memory and the group so far, appends the group to a journal with one `fdatasync`, makes it visible, and only
//! then answers. So 64 callers share a sync, a single caller pays for one, and nobody reads what a power cut could take
//! back. Which thread holds the writer is told in `commit_queue.rs`.
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

mod checkpointer;
mod commit_queue;
mod dir;
mod journal;
mod recent;
mod tree;
mod writer;

use std::collections::BTreeMap;
use std::fs;
use std::future::poll_fn;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, OnceLock, RwLock};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_channel::oneshot;

use checkpointer::Checkpointer;
use commit_queue::CommitQueue;
use dir::{check_format, create, lock, prepare, remove};
use journal::Journal;
use recent::Recent;
use tree::{Engine, guarded};
use writer::{Acknowledged, Writer};

use super::backup::Saved;
use super::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};

const FORMAT: &str = "camtoken store 2";

/// A store in one directory, for one process at a time.
///
/// In memory a record takes its own bytes and less than 200 more, and so at most 64 KiB and 200 bytes; audit entries
/// stay on disk, but for the last 32 MiB of changes. After a write has failed nothing is answered any more
/// ([`StoreError::Stopped`]) until the store is opened again. Dropping the store finishes what is queued, and blocks for
/// as long.
///
/// Its futures run on any executor, and never block; callers that block anyway wait by [`block_on`](super::block_on).
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    queue: Arc<CommitQueue>,
    /// `None` only while it is dropped.
    thread: Option<JoinHandle<()>>,
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

impl Request {
    /// The bytes that it brings.
    fn len(&self) -> usize {
        match self {
            Self::Replace { change, .. } => change.record.len() + change.audit.as_ref().map_or(0, Vec::len),
            Self::Audit { .. } | Self::Compact { .. } => 0,
        }
    }
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
    /// missing or cannot be read, [`StoreError::Io`] when the system does not let it.
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
        let checkpointer = Checkpointer::start(&shared, &engine)?;
        let (shared_too, recent) = (Arc::clone(&shared), Recent::default());
        let writer = Writer { shared: shared_too, journal, recent, checkpointer, engine, acknowledged, _lock: lock };
        let queue = Arc::new(CommitQueue::new(writer));
        let served = Arc::clone(&queue);
        let thread = thread::Builder::new().name("camtoken-store".into()).spawn(move || served.serve())?;
        Ok(Self { shared, queue, thread: Some(thread) })
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
        let mut request = Some(request(answer));
        let submit = poll_fn(|context| match request.take() {
            Some(request) => Poll::Ready(self.queue.submit(request, context.waker())),
            None => Poll::Pending,
        });
        submit.await?;
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

    /// Reads from the disk, with the writer: replacements wait meanwhile.
    async fn audit(&self, id: &RecordId) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.ask(|answer| Request::Audit { id: id.clone(), answer }).await
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has nothing left to finish.
            let _ = thread.join();
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

fn corrupt(reason: &str) -> StoreError {
    StoreError::Corrupt { reason: reason.to_owned() }
}
