//! Records in memory: for tests and demonstrations. What it holds ends with it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};

/// A store that forgets everything when it is dropped. For anything else use [`EmbeddedStore`](super::EmbeddedStore).
#[derive(Default)]
pub struct MemoryStore(Mutex<BTreeMap<RecordId, Entry>>);

struct Entry {
    current: Versioned,
    audit: Vec<(Revision, Vec<u8>)>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<RecordId, Entry>> {
        // No step below leaves an entry half-changed, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        Ok(self.entries().get(id).map(|entry| entry.current.clone()))
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        change.check()?;
        let mut entries = self.entries();
        if entries.get(id).map_or(Revision::ABSENT, |entry| entry.current.revision) != expected {
            return Ok(Replaced::Conflict);
        }
        let revision = expected.next();
        let current = Versioned { revision, record: change.record.into() };
        let entry = entries.entry(id.clone()).or_insert_with(|| Entry { current: current.clone(), audit: Vec::new() });
        entry.current = current;
        entry.audit.extend(change.audit.map(|audit| (revision, audit)));
        Ok(Replaced::Yes(revision))
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.entries().range((start, Bound::Unbounded)).take(limit).map(|(id, _)| id.clone()).collect())
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        let entries = self.entries();
        let audit = entries.get(id).map_or(&[][..], |entry| &entry.audit);
        let start = audit.partition_point(|(revision, _)| *revision <= after);
        Ok(audit[start..].iter().take(limit).cloned().collect())
    }
}
