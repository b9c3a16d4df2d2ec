//! A store whose kind a setting names: one directory, or with the feature `postgres` a database.

#[cfg(feature = "postgres")]
use super::PostgresStore;
use super::{Change, EmbeddedStore, RecordId, Replaced, Revision, Store, StoreError, Versioned};

/// Any of the durable stores that this build has, for programs that let their settings choose.
#[non_exhaustive]
pub enum AnyStore {
    /// In a directory.
    Embedded(EmbeddedStore),
    /// In a database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
}

macro_rules! on_each {
    ($any:expr, $store:ident => $does:expr) => {
        match $any {
            AnyStore::Embedded($store) => $does,
            #[cfg(feature = "postgres")]
            AnyStore::Postgres($store) => $does,
        }
    };
}

impl Store for AnyStore {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        on_each!(self, store => store.load(id).await)
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        on_each!(self, store => store.replace(id, expected, change).await)
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        on_each!(self, store => store.list(after, limit).await)
    }

    async fn audit(&self, id: &RecordId) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        on_each!(self, store => store.audit(id).await)
    }

    fn recall(&self, id: &RecordId) -> Option<Versioned> {
        on_each!(self, store => store.recall(id))
    }
}

impl From<EmbeddedStore> for AnyStore {
    fn from(store: EmbeddedStore) -> Self {
        Self::Embedded(store)
    }
}

#[cfg(feature = "postgres")]
impl From<PostgresStore> for AnyStore {
    fn from(store: PostgresStore) -> Self {
        Self::Postgres(store)
    }
}
