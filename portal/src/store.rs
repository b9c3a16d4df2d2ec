//! Where the verifier's records are: in the bank's directory, or with the feature `postgres` in a database by its URL.
//!
//! The bank's own books stay in the directory either way: it is one process. A bank with several would bring its own books.

use camtoken::store::{Change, EmbeddedStore, RecordId, Replaced, Revision, Store, StoreError, Versioned};
#[cfg(feature = "postgres")]
use camtoken::store::{PostgresStore, postgres::Options};

/// A store of one kind or the other.
pub enum Engine {
    /// In a directory.
    Embedded(EmbeddedStore),
    /// In a database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
}

impl Engine {
    /// Connects to a database, and makes its tables when it has none. Blocks until it is checked.
    ///
    /// # Errors
    ///
    /// [`StoreError`], also for any URL in a build without the feature.
    pub fn connect(url: &str) -> Result<Self, StoreError> {
        #[cfg(feature = "postgres")]
        {
            let options = Options::default();
            PostgresStore::migrate(url, &options)?;
            Ok(Self::Postgres(PostgresStore::connect(url, options)?))
        }
        #[cfg(not(feature = "postgres"))]
        {
            let _ = url;
            Err(StoreError::Unavailable { reason: "this build has no PostgreSQL (--features postgres)".to_owned() })
        }
    }
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
