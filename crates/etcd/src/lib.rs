//! Records in etcd: for several verifiers at once, where no change may wait half a minute for another leader.
//!
//! ```no_run
//! use camtoken::{Key, LocalKeyWrapper, Policy, Verifier};
//! use camtoken_etcd::{EtcdStore, Options};
//! # let (kek, rng) = (Key::new((0..32).collect()), &mut rand::rand_core::UnwrapErr(rand::rngs::SysRng));
//!
//! // `camtoken store migrate` has made the store. A cluster without a majority, or with known faults, is refused.
//! let store = EtcdStore::connect("etcd://one.example,two.example,three.example/camtoken", Options::default())?;
//! let wrapper = Box::new(LocalKeyWrapper::new(&[kek])?);
//! let verifier = Verifier::new(store, wrapper, Policy::default(), "Kakuu Bank", rng)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each record is a key. A replacement is one transaction that compares the revision in which etcd has changed the key last, with
//! the audit entry in the same transaction. Under load one request carries many of them, and each is still replaced or not by
//! itself. Loads are linearizable: a member asks the leader, and the leader a majority.
//!
//! The crate `camtoken-remote` groups and retries requests, and reports unknown outcomes. Nothing is ever cancelled. The store has a
//! small client of its own for the protocol, over HTTP/2, so that a build needs no `protoc`.

mod address;
mod compaction;
mod filling;
mod keys;
mod link;
mod member;
mod message;
mod rpc;
mod schema;
mod wire;

use std::time::Duration;

use camtoken_remote::{Failed, Limits, Remote, Tries, on_a_thread};

use address::Address;
use camtoken::store::backup::Saved;
use camtoken::store::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};
use filling::Filling;
use link::Link;
use member::{Member, Place};

/// Bytes of records and audit entries after which one request takes no more in. etcd takes 1.5 MiB.
const GROUP_LEN: usize = 1 << 20;

/// A store in etcd, for any number of processes at a time.
///
/// It serves only if an acknowledged change is durable: each new connection checks its member, and again every minute.
/// Dropping the store finishes the queued requests, and blocks for as long.
pub struct EtcdStore(Remote);

/// How many requests go to etcd at once, and which durability it must promise.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections at most; they are opened when they are needed. Fewer connections make larger groups.
    pub connections: usize,
    /// Requests that one transaction carries at most, up to 120: etcd accepts 128 operations.
    pub group: usize,
    /// How long a request waits, at most, for each of these: a free connection, a new one.
    pub deadline: Duration,
    /// How long it waits for the answer. A leader that is gone is replaced in one to two seconds, and never answers the requests
    /// that it had.
    pub answer: Duration,
    /// The durability that the cluster must promise.
    pub durability: Durability,
    /// How many of the records that were stored last are remembered, so that changing them needs no loading. A record has
    /// some 600 bytes.
    pub remembered: usize,
}

/// The reason why an acknowledged change is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The disks of a majority of the members, however many there are. One alone is a single disk.
    Disk,
    /// The disks of a majority of three members or more, so that the loss of one loses nothing.
    Standby,
    /// The operator vouches for it: version, members and alarms are not checked.
    Vouched,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8,
            group: 64,
            deadline: Duration::from_secs(10),
            answer: Duration::from_secs(2),
            durability: Durability::Disk,
            remembered: 32_768,
        }
    }
}

impl EtcdStore {
    /// Connects to the members of a URL, such as `etcd://one.example,two.example,three.example/bank`. Blocks until one is
    /// checked.
    ///
    /// The path is the prefix of all keys; `camtoken` without one. User and password are before the hosts. Parameters are
    /// `connect_timeout` (seconds), `sslmode`, `sslrootcert`, `sslcert` and `sslkey`, as in PostgreSQL's URLs. Members on other
    /// machines are reached under TLS, with their certificates checked, unless the URL says `sslmode=disable`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`] for a URL that is none, [`StoreError::Unsafe`] for a cluster that does not keep what it
    /// acknowledges, [`StoreError::Version`] for keys that [`EtcdStore::migrate`] has to make, [`StoreError::Unavailable`] when no
    /// member can be reached, lets us in, and has a majority.
    pub fn connect(url: &str, options: Options) -> Result<Self, StoreError> {
        let address = Address::parse(url)?;
        let limits = Limits {
            connections: options.connections,
            group: options.group.min(120),
            group_len: GROUP_LEN,
            deadline: options.deadline,
            answer: options.answer,
            remembered: options.remembered,
        };
        let place = Place::new(address, options.durability, options.remembered);
        Ok(Self(Remote::open::<Link>("camtoken-etcd", place, limits)?))
    }

    /// Makes the store's first key, or brings the keys of an earlier version to this one. Says which version there was, 0 for
    /// none, and which there is.
    ///
    /// # Errors
    ///
    /// As [`EtcdStore::connect`]; [`StoreError::Version`] for keys of a later camtoken.
    pub fn migrate(url: &str, options: &Options) -> Result<(i32, i32), StoreError> {
        let place = Place::new(Address::parse(url)?, options.durability, 0);
        on_a_thread(async || {
            let mut tries = Tries::until(options.deadline);
            loop {
                let migrated = async {
                    let member = Member::to_any(&place, async |_| Ok(())).await?;
                    schema::migrate(&member).await
                };
                match migrated.await {
                    Ok(from) => return Ok((from, schema::VERSION)),
                    // Each step may be taken again.
                    Err(Failed::Lost(reason)) => tries.again(Failed::Unsent(reason)).await,
                    Err(failed) => tries.again(failed).await,
                }
                .map_err(Failed::into_error)?;
            }
        })
    }

    /// Fills an empty store from saved records, and says how many there were. No verifier opens a store that is filled in part; a
    /// second try begins with an empty store.
    ///
    /// # Errors
    ///
    /// Those of the records; [`StoreError::Exists`] when the store is not empty, [`StoreError::Unknown`] when a part of it was
    /// not answered, and otherwise as [`EtcdStore::connect`].
    pub fn restore<E: From<StoreError> + Send>(
        url: &str,
        options: &Options,
        records: impl IntoIterator<Item = Result<Saved, E>> + Send,
    ) -> Result<u64, E> {
        let place = Place::new(Address::parse(url)?, options.durability, 0);
        on_a_thread(async || {
            let member = Member::to_any(&place, async |_| Ok(())).await.map_err(Failed::into_error)?;
            let mut filling = Filling::begin(&member).await.map_err(Failed::into_error)?;
            let mut count = 0;
            for saved in records {
                count += 1;
                filling.add(&saved?).await.map_err(Failed::into_error)?;
            }
            filling.end().await.map_err(Failed::into_error)?;
            Ok(count)
        })
    }

    /// Lets etcd drop overwritten values: their bytes are free for new changes. The file on each member's disk keeps its size until
    /// `etcdctl defrag`. Says how many bytes were in use before and after.
    ///
    /// # Errors
    ///
    /// As [`EtcdStore::connect`].
    pub fn compact(url: &str, options: &Options) -> Result<(u64, u64), StoreError> {
        let place = Place::new(Address::parse(url)?, options.durability, 0);
        on_a_thread(async || {
            let compacted = async {
                let member = Member::to_any(&place, schema::check).await?;
                compaction::run(&member).await
            };
            compacted.await.map_err(Failed::into_error)
        })
    }
}

impl Store for EtcdStore {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        self.0.load(id).await
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
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
