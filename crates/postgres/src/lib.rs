//! Records in PostgreSQL: for several verifiers at once, and for a database that another team maintains.
//!
//! ```no_run
//! use camtoken::{Key, LocalKeyWrapper, Policy, Verifier};
//! use camtoken_postgres::{Durability, Options, PostgresStore};
//! # let (kek, rng) = (Key::new((0..32).collect()), &mut rand::rand_core::UnwrapErr(rand::rngs::SysRng));
//!
//! // `camtoken store migrate` has made the tables. A server that may lose what it acknowledged is refused.
//! let options = Options { durability: Durability::Standby, ..Options::default() };
//! let store = PostgresStore::connect("postgres://camtoken@db.example/camtoken", options)?;
//! let wrapper = Box::new(LocalKeyWrapper::new(&[kek])?);
//! let verifier = Verifier::new(store, wrapper, Policy::default(), "Kakuu Bank", rng)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `docs/EMBED.md` of the repository has the rest: the key, the clock, the errors, and what to tell a customer.
//!
//! Each record is a row. A replacement is one conditional statement in a transaction of its own, with the audit entry in the same
//! statement. So there is nothing to roll back, and one round trip to wait for. The SQL is limited to statements that distributed
//! engines with PostgreSQL's protocol know, too.
//!
//! The crate `camtoken-remote` groups and retries requests, and reports unknown outcomes. Nothing is ever cancelled: a cancelled
//! commit that waited for its standby would be visible, and gone after a failover.

mod address;
mod failure;
mod link;
mod schema;

use std::time::Duration;

use camtoken_remote::{Failed, Limits, Remote, Tries, on_a_thread};

use address::Address;
use camtoken::store::backup::Saved;
use camtoken::store::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};
use link::{Link, Place};

/// Bytes of records and audit entries after which one statement takes no more in.
const GROUP_LEN: usize = 4 << 20;

/// A store in a PostgreSQL database, for any number of processes at a time.
///
/// It serves only if an acknowledged change is durable: each new connection checks the server's settings, and again every minute.
/// Dropping the store finishes the queued requests, and blocks for as long.
pub struct PostgresStore(Remote);

/// How many requests go to the database at once, and which durability it must promise.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections at most; they are opened when they are needed. Fewer connections make larger groups.
    pub connections: usize,
    /// Requests that one statement carries at most.
    pub group: usize,
    /// How long a request waits, at most, for each of these: a free connection, a new one, the answer.
    pub deadline: Duration,
    /// The durability that the server must promise.
    pub durability: Durability,
    /// How many of the records that were stored last are remembered, so that changing them needs no loading. A record has
    /// some 600 bytes.
    pub remembered: usize,
}

/// The reason why an acknowledged change is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The server's disk. A failover to another server may lose changes.
    Disk,
    /// The server's disk and a synchronous standby's: `synchronous_standby_names` must not be empty.
    Standby,
    /// The operator vouches for it, for an engine that has no such settings: they are not checked.
    Vouched,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8,
            group: 256,
            deadline: Duration::from_secs(10),
            durability: Durability::Disk,
            remembered: 32_768,
        }
    }
}

impl PostgresStore {
    /// Connects to the database of a URL, such as `postgres://camtoken@db.example/bank`. Blocks until it is checked.
    ///
    /// The parameters of the URL are those of libpq that tokio-postgres knows, and `sslrootcert`, `sslcert`, `sslkey`. The
    /// connection to another machine is under TLS, with the server's certificate checked, unless the URL says
    /// `sslmode=disable`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`] for a URL that is none, [`StoreError::Unsafe`] for a server that does not keep what it
    /// acknowledges, [`StoreError::Version`] for tables that [`PostgresStore::migrate`] has to make or to change,
    /// [`StoreError::Unavailable`] when the database cannot be reached or does not let us.
    pub fn connect(url: &str, options: Options) -> Result<Self, StoreError> {
        let address = Address::parse(url)?;
        let limits = Limits {
            connections: options.connections,
            group: options.group,
            group_len: GROUP_LEN,
            deadline: options.deadline,
            answer: options.deadline,
            remembered: options.remembered,
        };
        let place = Place { address, durability: options.durability };
        Ok(Self(Remote::open::<Link>("camtoken-postgres", place, limits)?))
    }

    /// Makes the tables in a database, or brings those of an earlier version to this one. Says which version there was,
    /// 0 for none, and which there is. Needs the right to create tables, which a verifier does not.
    ///
    /// # Errors
    ///
    /// As [`PostgresStore::connect`]; [`StoreError::Version`] for tables of a later camtoken.
    pub fn migrate(url: &str, options: &Options) -> Result<(i32, i32), StoreError> {
        let address = Address::parse(url)?;
        on_a_thread(async || migrate(&address, options).await)
    }

    /// Fills the empty tables of a database from saved records, all of them or none, and says how many there were. No verifier
    /// may use the tables meanwhile.
    ///
    /// # Errors
    ///
    /// Those of the records; [`StoreError::Exists`] when the tables are not empty, [`StoreError::Unknown`] when the end of
    /// it was not answered, and otherwise as [`PostgresStore::connect`].
    pub fn restore<E: From<StoreError> + Send>(
        url: &str,
        options: &Options,
        records: impl IntoIterator<Item = Result<Saved, E>> + Send,
    ) -> Result<u64, E> {
        let address = Address::parse(url)?;
        on_a_thread(async || {
            let (mut client, _driver, _) = link::connect(&address).await.map_err(told)?;
            link::check_settings(&client, options.durability).await.map_err(told)?;
            schema::check(&client).await.map_err(told)?;
            let mut filling = link::Filling::begin(&mut client).await.map_err(told)?;
            let mut count = 0;
            for saved in records {
                count += 1;
                filling.add(saved?).await.map_err(told)?;
            }
            filling.end().await.map_err(told)?;
            Ok(count)
        })
    }
}

impl Store for PostgresStore {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        self.0.load(id).await
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        change.check()?;
        if i64::try_from(expected.as_u64()).is_err() {
            // The database cannot have counted so far.
            return Ok(Replaced::Conflict);
        }
        self.0.replace(id, expected, change).await
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        self.0.list(after, limit).await
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.0.audit_page(id, after, limit).await
    }

    fn recall(&self, id: &RecordId) -> Option<Versioned> {
        self.0.recall(id)
    }
}

/// Migrates, and tries again as long as it may help: each step may be run again.
async fn migrate(address: &Address, options: &Options) -> Result<(i32, i32), StoreError> {
    let mut tries = Tries::until(options.deadline);
    loop {
        let migrated = async {
            let (mut client, _driver, _) = link::connect(address).await?;
            link::check_settings(&client, options.durability).await?;
            schema::migrate(&mut client).await
        };
        match migrated.await.map_err(Failed::from) {
            Ok(from) => return Ok((from, schema::VERSION)),
            Err(Failed::Lost(reason)) => tries.again(Failed::Unsent(reason)).await,
            Err(failed) => tries.again(failed).await,
        }
        .map_err(Failed::into_error)?;
    }
}

fn told(fault: failure::Fault) -> StoreError {
    fault.0.into_error()
}
