//! The store in a database: the kind that its URL names, if this build has it.

use camtoken::store::StoreError;
use camtoken::store::backup::Saved;
#[cfg(feature = "etcd")]
use camtoken_etcd::EtcdStore;
#[cfg(feature = "postgres")]
use camtoken_postgres::PostgresStore;

use super::OneStore;
use crate::config::Settings;
use crate::failure::{Code, Failure};

/// A store in a database.
#[cfg(all(feature = "postgres", feature = "etcd"))]
pub type Database = camtoken::store::EitherStore<PostgresStore, EtcdStore>;
#[cfg(all(feature = "postgres", not(feature = "etcd")))]
pub type Database = PostgresStore;
#[cfg(all(feature = "etcd", not(feature = "postgres")))]
pub type Database = EtcdStore;

/// Connects, and checks the server.
pub fn open(url: &str, settings: &Settings) -> Result<OneStore, Failure> {
    is_known(url)?;
    Ok(connect(url, settings)?)
}

/// As [`open`], for the URL of a kind that is known.
pub fn connect(url: &str, settings: &Settings) -> Result<OneStore, StoreError> {
    Ok(OneStore::Right(match scheme(url) {
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => in_postgres(PostgresStore::connect(url, postgres(settings))?),
        #[cfg(feature = "etcd")]
        "etcd" => in_etcd(EtcdStore::connect(url, etcd(settings))?),
        other => return Err(StoreError::Address { reason: format!("this build has no store of the kind {other:?}") }),
    }))
}

/// Refuses the URL of a kind that this build does not have.
pub fn is_known(url: &str) -> Result<(), Failure> {
    match scheme(url) {
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => Ok(()),
        #[cfg(feature = "etcd")]
        "etcd" => Ok(()),
        _ => Err(Failure::new(Code::StoreKind)),
    }
}

/// Makes the tables that a store needs, and returns the version before and after.
pub fn migrate(url: &str, settings: &Settings) -> Result<(i32, i32), Failure> {
    match scheme(url) {
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => Ok(PostgresStore::migrate(url, &postgres(settings))?),
        #[cfg(feature = "etcd")]
        "etcd" => Ok(EtcdStore::migrate(url, &etcd(settings))?),
        _ => Err(Failure::new(Code::StoreKind)),
    }
}

/// Fills an empty store, and returns the number of records.
pub fn restore(
    url: &str,
    settings: &Settings,
    records: impl Iterator<Item = Result<Saved, Failure>> + Send,
) -> Result<u64, Failure> {
    match scheme(url) {
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => PostgresStore::restore(url, &postgres(settings), records),
        #[cfg(feature = "etcd")]
        "etcd" => EtcdStore::restore(url, &etcd(settings), records),
        _ => Err(Failure::new(Code::StoreKind)),
    }
}

/// Gives space back, where the engine does not do that by itself. Returns the bytes in use before and after.
#[cfg_attr(not(feature = "etcd"), expect(unused_variables, reason = "the settings are those of etcd"))]
pub fn compact(url: &str, settings: &Settings) -> Result<(u64, u64), Failure> {
    match scheme(url) {
        #[cfg(feature = "etcd")]
        "etcd" => Ok(EtcdStore::compact(url, &etcd(settings))?),
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => Err(Failure::new(Code::OwnUpkeep)),
        "ranges" => Err(Failure::new(Code::OwnUpkeep)),
        _ => Err(Failure::new(Code::StoreKind)),
    }
}

fn scheme(url: &str) -> &str {
    url.split_once("://").map_or("", |(scheme, _)| scheme)
}

#[cfg(feature = "postgres")]
fn in_postgres(store: PostgresStore) -> Database {
    #[cfg(feature = "etcd")]
    return Database::Left(store);
    #[cfg(not(feature = "etcd"))]
    store
}

#[cfg(feature = "etcd")]
fn in_etcd(store: EtcdStore) -> Database {
    #[cfg(feature = "postgres")]
    return Database::Right(store);
    #[cfg(not(feature = "postgres"))]
    store
}

#[cfg(feature = "postgres")]
fn postgres(settings: &Settings) -> camtoken_postgres::Options {
    camtoken_postgres::Options {
        connections: settings.store_connections.value.0.into(),
        durability: settings.store_durability.value.into(),
        ..camtoken_postgres::Options::default()
    }
}

#[cfg(feature = "etcd")]
fn etcd(settings: &Settings) -> camtoken_etcd::Options {
    camtoken_etcd::Options {
        connections: settings.store_connections.value.0.into(),
        durability: settings.store_durability.value.into(),
        ..camtoken_etcd::Options::default()
    }
}
