//! The store that the settings name: a directory, or a database.

use camtoken::store::{Change, EmbeddedStore, RecordId, Replaced, Revision, Store, StoreError, Versioned};

#[cfg(feature = "postgres")]
use camtoken::store::PostgresStore;

/// One of the stores that this build has.
pub enum Engine {
    /// In a directory.
    Embedded(EmbeddedStore),
    /// In a database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
}

macro_rules! on_each {
    ($engine:expr, $store:ident => $does:expr) => {
        match $engine {
            Engine::Embedded($store) => $does,
            #[cfg(feature = "postgres")]
            Engine::Postgres($store) => $does,
        }
    };
}

impl Store for Engine {
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
