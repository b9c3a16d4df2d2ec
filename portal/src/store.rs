//! Where the verifier's records are: in the bank's directory, or with the feature `postgres` in a database by its URL.
//!
//! The bank's own books stay in the directory either way: it is one process. A bank with several would bring its own books.

use camtoken::store::{EmbeddedStore, StoreError};
#[cfg(feature = "postgres")]
use camtoken_postgres::{Options, PostgresStore};

/// The verifier's store: a directory, or a database where the build has one.
#[cfg(feature = "postgres")]
pub type AnyStore = camtoken::store::EitherStore<EmbeddedStore, PostgresStore>;
/// The verifier's store: a directory, in a build without databases.
#[cfg(not(feature = "postgres"))]
pub type AnyStore = EmbeddedStore;

/// A store in a directory as the verifier takes it.
#[must_use]
pub fn in_a_directory(store: EmbeddedStore) -> AnyStore {
    #[cfg(feature = "postgres")]
    return AnyStore::Left(store);
    #[cfg(not(feature = "postgres"))]
    store
}

/// Connects to a database, and makes its tables when it has none. Blocks until it is checked.
///
/// # Errors
///
/// [`StoreError`], also for any URL in a build without the feature.
#[cfg(feature = "postgres")]
pub fn connect(url: &str) -> Result<AnyStore, StoreError> {
    let options = Options::default();
    PostgresStore::migrate(url, &options)?;
    Ok(AnyStore::Right(PostgresStore::connect(url, options)?))
}

/// Says that this build has no database.
///
/// # Errors
///
/// [`StoreError::Unavailable`]
#[cfg(not(feature = "postgres"))]
pub fn connect(_url: &str) -> Result<AnyStore, StoreError> {
    Err(StoreError::Unavailable { reason: "this build has no PostgreSQL (--features postgres)".to_owned() })
}
