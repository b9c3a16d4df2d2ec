//! Records in one directory: durable before it answers, no server.
//!
//! Every record is in memory, and there is one writer. It takes the queued requests and decides each replacement by memory
//! and the group so far. It appends the group to the write-ahead log with one `fdatasync`, makes it visible, and only then
//! answers. So 64 callers share a sync, a single caller pays for one, and no caller reads what a power cut could take back.
//! `commit_queue.rs` says which thread holds the writer.
//!
//! The log has two files. When one is full, another thread checkpoints it into a tree (fjall), while the other file is
//! written. The tree keeps the audit entries, and the records for the next opening. The tree alone would do, with its own
//! log: but that reaches half of the disk's rate, because its file is reserved and not written beforehand.
//!
//! ```text
//! format        camtoken store 2
//! lock          held while the store is open
//! acknowledged  how many changes are durable at least, and where these files are: see `mark.rs`
//! journal/      0 and 1: the last changes; see `journal.rs`
//! engine/       records:    key = id, value = revision | record
//!               audit:      key = id | revision, value = entry
//!               checkpoint: key = 0, value = the number of the last frame of the write-ahead log that is in here
//! ```
//!
//! A store that may have lost what was acknowledged, or was copied, does not open: a used response would be open again.
//! `opening.rs` finds that out; [`EmbeddedStore::open_to_repair`] is for going on all the same.

mod checkpointer;
mod close;
mod commit_queue;
mod dir;
mod disk;
mod journal;
mod mark;
mod opening;
#[cfg(test)]
mod queue_tests;
mod recent;
#[cfg(test)]
mod simulation;
mod tree;
mod writer;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::future::poll_fn;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_channel::oneshot;

use checkpointer::Checkpointer;
use close::close_files;
use commit_queue::CommitQueue;
use dir::{check_format, create, lock, prepare, refuse_links, remove, swap_engine};
use disk::SystemDisk;
use opening::{Ready, ready};
use tree::{Engine, guarded};
use writer::Writer;

use super::backup::Saved;
use super::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};

const FORMAT: &str = "camtoken store 2";

/// A store in one directory, for one process at a time.
///
/// In memory a record takes its own bytes and less than 200 more, and so at most 64 KiB and 200 bytes; audit entries
/// stay on disk, but for the last 32 MiB of changes. After a write has failed nothing is answered any more
/// ([`StoreError::Stopped`]) until the store is opened again; [`Store::stopped`] waits for that. Dropping the store finishes
/// what is queued, and blocks for as long.
///
/// On a full disk a store opens all the same: what it holds can be read, and each change is answered [`StoreError::Io`] until
/// the store is opened again with more room.
///
/// Its futures run on any executor, and never block; callers that block anyway wait by [`block_on`](super::block_on).
pub struct EmbeddedStore {
    dir: PathBuf,
    shared: Arc<Shared>,
    queue: Arc<CommitQueue>,
    /// `None` only while it is dropped.
    thread: Option<JoinHandle<()>>,
}

/// The state that readers and the writer share.
#[derive(Default)]
struct Shared {
    /// The durable records only.
    records: RwLock<BTreeMap<RecordId, Versioned>>,
    /// Why nothing more is written, from the first failure on.
    stopped: OnceLock<String>,
    /// Told when that happens.
    watchers: Mutex<Vec<oneshot::Sender<()>>>,
    /// Why nothing is written, although the store can be read: the disk is full.
    full: Option<StoreError>,
}

/// The writer of a store on the disk.
type StoreWriter = Writer<SystemDisk, Engine>;

enum Request {
    Replace { id: RecordId, expected: Revision, change: Change, answer: Answer<Replaced> },
    Audit { id: RecordId, after: Revision, limit: usize, answer: Answer<Vec<(Revision, Vec<u8>)>> },
    Compact { answer: Answer<()> },
    Repaired { answer: Answer<()> },
}

impl Request {
    /// The bytes that it brings.
    fn len(&self) -> usize {
        match self {
            Self::Replace { change, .. } => change.record.len() + change.audit.as_ref().map_or(0, Vec::len),
            Self::Audit { .. } | Self::Compact { .. } | Self::Repaired { .. } => 0,
        }
    }
}

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

impl EmbeddedStore {
    /// Opens the store in `dir`, and makes it if there is none. Blocks while it reads all records.
    ///
    /// While another process has the store open, waits for up to `patience`: zero for a service, some seconds for a
    /// command that queues up behind others. A new directory is open to its owner only (mode 0700, files 0600); one that
    /// others can enter is closed to them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] when patience has run out, [`StoreError::Version`], [`StoreError::Foreign`] and
    /// [`StoreError::Link`] for a directory that this version may not touch, [`StoreError::Lost`] when changes that were
    /// acknowledged are missing or may be, [`StoreError::Copied`] when the files are not where they were last written,
    /// [`StoreError::Corrupt`] when a part is missing or cannot be read, [`StoreError::Io`] when the system does not let it.
    pub fn open(dir: impl AsRef<Path>, patience: Duration) -> Result<Self, StoreError> {
        let dir = dir.as_ref();
        Self::start(dir, open_dir(dir, patience)?, false).map(|(store, _)| store)
    }

    /// Opens a store that [`EmbeddedStore::open`] refuses with [`StoreError::Lost`] or [`StoreError::Copied`], and says with
    /// which of them. `None` if it needs no repair.
    ///
    /// A lost change is not found again: the store is as it was at a moment of the past. What was open then may have been
    /// answered since. End it, by `Verifier::expire_open`, before anything is issued. Then call
    /// [`EmbeddedStore::repaired`]; until it returns, [`EmbeddedStore::open`] refuses as before.
    ///
    /// # Errors
    ///
    /// As [`EmbeddedStore::open`], but for those two.
    pub fn open_to_repair(dir: impl AsRef<Path>, patience: Duration) -> Result<(Self, Option<StoreError>), StoreError> {
        let dir = dir.as_ref();
        Self::start(dir, open_dir(dir, patience)?, true)
    }

    fn start(
        dir: &Path,
        (lock, engine): (File, Engine),
        repairs: bool,
    ) -> Result<(Self, Option<StoreError>), StoreError> {
        let Ready { records, recent, journal, mark, full, problem } = ready(&SystemDisk, dir, &engine, repairs)?;
        let engine = Arc::new(engine);
        let shared = Arc::new(Shared { records: RwLock::new(records), full, ..Shared::default() });
        let checkpointer = Checkpointer::start(&shared, &engine)?;
        let shared_too = Arc::clone(&shared);
        let writer = Writer {
            shared: shared_too,
            disk: SystemDisk,
            journal,
            recent,
            checkpointer,
            engine,
            mark,
            _lock: Some(lock),
        };
        let queue = Arc::new(CommitQueue::new(writer));
        let served = Arc::clone(&queue);
        let thread = thread::Builder::new().name("camtoken-store".into()).spawn(move || served.serve())?;
        Ok((Self { dir: dir.to_owned(), shared, queue, thread: Some(thread) }, problem))
    }

    /// Ends a repair: from here on the store opens as it is, and where it is. A store that needs none stays as it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when the mark cannot be written; otherwise as [`Store::load`]. The repair is not ended then.
    pub async fn repaired(&self) -> Result<(), StoreError> {
        self.ask(|answer| Request::Repaired { answer }).await
    }

    /// Writes all files of a closed store again, so that none of them has the bytes of records that were overwritten. The
    /// blocks of the old files go back to the file system, which may keep their bytes until it needs them.
    ///
    /// # Errors
    ///
    /// As [`EmbeddedStore::open`]; [`StoreError::Io`] also when the disk is full. The store may still hold such bytes then.
    pub fn rewrite(dir: impl AsRef<Path>, patience: Duration) -> Result<(), StoreError> {
        let dir = dir.as_ref();
        let (_lock, engine) = open_dir(dir, patience)?;
        let Ready { mut journal, full, .. } = ready(&SystemDisk, dir, &engine, false)?;
        if let Some(error) = full {
            return Err(error);
        }
        let new = dir.join("engine.new");
        remove(&new)?;
        guarded(|| engine.copy_to(&Engine::open(&new)?))?;
        drop(engine);
        let _ = close_files(&new);
        swap_engine(dir)?;
        journal.erase()
    }

    /// Makes a store in `dir` from saved records, and says how many there were. The directory must have no store yet.
    /// There is a store only after the last record, when everything is durable. The rest of an attempt that was cut off
    /// does no harm to the next one.
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
        for part in ["engine", "engine.new", "engine.old", "journal", "acknowledged", "acknowledged.new"] {
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
        let _ = close_files(&dir.join("engine.new"));
        fs::rename(dir.join("engine.new"), dir.join("engine")).map_err(StoreError::from)?;
        create(dir)?;
        Ok(count)
    }

    /// Rewrites the tree without what later changes have made useless. Replacements wait meanwhile.
    ///
    /// The tree does so by itself, bit by bit. This is for an operator who needs the room now.
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

/// Makes sure that there is a store in the directory, for this process alone.
fn open_dir(dir: &Path, patience: Duration) -> Result<(File, Engine), StoreError> {
    prepare(dir)?;
    let lock = lock(dir, patience)?;
    refuse_links(dir)?;
    if !check_format(dir)? {
        create(dir)?;
    }
    // Those of versions of before.
    let _ = close_files(dir);
    Ok((lock, guarded(|| Engine::open(&dir.join("engine")))?))
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

    /// Reads from the disk, with the writer: replacements wait for one page at most.
    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.ask(|answer| Request::Audit { id: id.clone(), after, limit, answer }).await
    }

    async fn stopped(&self) -> StoreError {
        let (told, stop) = oneshot::channel();
        self.shared.watch(told);
        // The sender is dropped with the store only.
        let _ = stop.await;
        self.shared.running().err().unwrap_or_else(|| StoreError::Stopped { reason: "closed".into() })
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has nothing left to finish.
            let _ = thread.join();
        }
        // The tree may have made files since the last checkpoint.
        let _ = close_files(&self.dir);
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

    fn writing(&self) -> Result<(), StoreError> {
        self.running()?;
        self.full.clone().map_or(Ok(()), Err)
    }

    /// Lets nothing more be written, or read.
    fn stop(&self, reason: String) {
        let _ = self.stopped.set(reason);
        for watcher in self.watchers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // A caller that has stopped waiting does not get the result.
            let _ = watcher.send(());
        }
    }

    /// Has this one told when the store is stopped, or at once if it is.
    fn watch(&self, watcher: oneshot::Sender<()>) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| !watcher.is_canceled());
        if self.stopped.get().is_none() {
            watchers.push(watcher);
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
