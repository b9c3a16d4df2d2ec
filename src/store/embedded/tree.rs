//! The tree (fjall): every record as of the last checkpoint of the write-ahead log, and all audit entries.

use std::any::Any;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fjall::config::FilterPolicy;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::close::close_files;
use super::corrupt;
use super::recent::Recent;
use crate::store::backup::Saved;
use crate::store::{MAX_LEN, RecordId, Revision, StoreError, Versioned};

/// The size to which each of the engine's two write buffers grows before it becomes a file, and its cache of blocks. Small,
/// because nothing but the audit entries is ever read again.
const ENGINE_BUFFER: u64 = 8 << 20;

/// The tree into which the log is checkpointed: the last state of each record, and all audit entries.
pub(super) trait Tree: Send + Sync + 'static {
    fn records(&self) -> Result<BTreeMap<RecordId, Versioned>, StoreError>;
    /// The number of the log's last frame that is in here; 0 for none.
    fn checkpoint(&self) -> Result<u64, StoreError>;
    fn audit(&self, id: &RecordId, after: Revision, limit: usize) -> Result<BTreeMap<Revision, Vec<u8>>, StoreError>;
    /// Checkpoints the log up to the frame of this number: all of it, durably, or nothing.
    fn take_in(&self, number: u64, recent: &Recent) -> Result<(), StoreError>;
    /// Brings everything into one run of files, without what was overwritten.
    fn compact(&self) -> Result<(), StoreError>;
}

/// The tree on disk.
pub(super) struct Engine {
    path: PathBuf,
    records: Keyspace,
    audit: Keyspace,
    checkpoint: Keyspace,
    database: Database,
}

impl Engine {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::builder(path).worker_threads(1).cache_size(ENGINE_BUFFER).open()?;
        // Filters say quickly that a key is not there. That is never asked: records and audit entries are read in runs.
        let options = || {
            KeyspaceCreateOptions::default().max_memtable_size(ENGINE_BUFFER).filter_policy(FilterPolicy::disabled())
        };
        let records = database.keyspace("records", options)?;
        let audit = database.keyspace("audit", options)?;
        let checkpoint = database.keyspace("checkpoint", options)?;
        // A file whose mode cannot be changed is protected by the directory's mode.
        let _ = close_files(path);
        Ok(Self { path: path.to_owned(), records, audit, checkpoint, database })
    }

    /// Takes in a saved record with its history. It is durable with [`Engine::sync`].
    pub fn fill(&self, saved: &Saved) -> Result<(), StoreError> {
        let mut batch = self.database.batch();
        batch.insert(&self.records, saved.id.to_key(), record_value(saved.revision, &saved.record));
        for (revision, entry) in &saved.audit {
            batch.insert(&self.audit, audit_key(&saved.id, *revision), &**entry);
        }
        Ok(batch.commit()?)
    }

    pub fn sync(&self) -> Result<(), StoreError> {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }

    /// Writes what is in here, and nothing that was overwritten, to another tree.
    pub fn copy_to(&self, other: &Self) -> Result<(), StoreError> {
        for (id, Versioned { revision, record }) in self.records()? {
            let audit = self.audit(&id, Revision::ABSENT, usize::MAX)?.into_iter().collect();
            other.fill(&Saved { id, revision, record: record.to_vec(), audit })?;
        }
        other.take_in(self.checkpoint()?, &Recent::default())
    }
}

impl Tree for Engine {
    fn records(&self) -> Result<BTreeMap<RecordId, Versioned>, StoreError> {
        self.records
            .iter()
            .map(|entry| {
                let (key, value) = entry.into_inner()?;
                let id = RecordId::from_key(&key).ok_or_else(|| corrupt("a record has no proper key"))?;
                let (revision, record) =
                    value.split_first_chunk().ok_or_else(|| corrupt("a record has no revision"))?;
                let revision = Revision(u64::from_be_bytes(*revision));
                if revision == Revision::ABSENT || record.len() > MAX_LEN {
                    return Err(corrupt("a record was not written by camtoken"));
                }
                Ok((id, Versioned { revision, record: record.into() }))
            })
            .collect()
    }

    fn checkpoint(&self) -> Result<u64, StoreError> {
        let Some(number) = self.checkpoint.get([0])? else { return Ok(0) };
        let number = number[..].try_into().map_err(|_| corrupt("the checkpoint has no 8 bytes"))?;
        Ok(u64::from_be_bytes(number))
    }

    fn audit(&self, id: &RecordId, after: Revision, limit: usize) -> Result<BTreeMap<Revision, Vec<u8>>, StoreError> {
        let prefix = id.to_key();
        self.audit
            .range(audit_key(id, after.next())..=audit_key(id, Revision(u64::MAX)))
            .take(limit)
            .map(|entry| {
                let (key, entry) = entry.into_inner()?;
                let revision = key[prefix.len()..].try_into().map_err(|_| corrupt("an audit entry has no revision"))?;
                Ok((Revision(u64::from_be_bytes(revision)), entry.to_vec()))
            })
            .collect()
    }

    fn take_in(&self, number: u64, recent: &Recent) -> Result<(), StoreError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for (id, Versioned { revision, record }) in &recent.records {
            batch.insert(&self.records, id.to_key(), record_value(*revision, record));
        }
        for ((id, revision), entry) in &recent.audit {
            batch.insert(&self.audit, audit_key(id, *revision), &**entry);
        }
        batch.insert(&self.checkpoint, [0], number.to_be_bytes());
        batch.commit()?;
        let _ = close_files(&self.path);
        Ok(())
    }

    fn compact(&self) -> Result<(), StoreError> {
        for tree in [&self.records, &self.audit] {
            tree.rotate_memtable_and_wait()?;
            tree.major_compact()?;
        }
        let _ = close_files(&self.path);
        Ok(())
    }
}

fn record_value(revision: Revision, record: &[u8]) -> Vec<u8> {
    [&revision.0.to_be_bytes(), record].concat()
}

fn audit_key(id: &RecordId, revision: Revision) -> Vec<u8> {
    let mut key = id.to_key();
    key.extend(revision.0.to_be_bytes());
    key
}

/// Runs a step of the engine. Damaged files make it panic in places; that is an error of the files.
pub(super) fn guarded<T>(step: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| Err(corrupt(panic_message(&*panic))))
}

pub(super) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref().copied()).unwrap_or("the engine has panicked")
}

impl From<fjall::Error> for StoreError {
    fn from(error: fjall::Error) -> Self {
        let damaged = |io: &io::Error| {
            matches!(io.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof | ErrorKind::InvalidData)
        };
        match error {
            fjall::Error::Locked => Self::Locked,
            fjall::Error::Io(io) | fjall::Error::Storage(fjall::LsmError::Io(io)) if !damaged(&io) => io.into(),
            error => Self::Corrupt { reason: format!("engine: {error:?}") },
        }
    }
}
