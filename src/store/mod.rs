//! Where records are kept: load, and compare-and-swap.
//!
//! A store decides nothing about a response. It keeps one record for each activation and each token, opaque bytes to
//! it. It replaces a record by its successor only while the revision is the one that the caller has seen. A swap is
//! durable before the caller gets the answer, and the audit entry of a change is stored with the change or not at all.
//!
//! [`MemoryStore`] is for tests and demonstrations, `EmbeddedStore` (feature `embedded`) keeps one directory, and the crate
//! `camtoken-postgres` serves many processes. [`RangedStore`] divides the records among several stores, [`EitherStore`] is one of
//! two. All pass the conformance tests of the crate `camtoken-vectors`, which are there for other people's stores too.

pub mod backup;
mod block_on;
mod either;
#[cfg(feature = "embedded")]
mod embedded;
mod memory;
mod ranged;

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
// The primitives with which `block_on` and the commit queue wait. `tests/interleavings` builds both with those of shuttle.
#[cfg(feature = "embedded")]
use std::time;
use std::{sync, thread, thread_local};

use crate::key::{ActivationId, GeneratorId, TokenId};

pub use block_on::block_on;
pub use either::EitherStore;
#[cfg(feature = "embedded")]
#[cfg_attr(docsrs, doc(cfg(feature = "embedded")))]
pub use embedded::EmbeddedStore;
pub use memory::MemoryStore;
pub use ranged::{Part, RangeMap, RangeMapError, RangedStore};

/// The most bytes that a record, or an audit entry, may have: 64 KiB.
pub const MAX_LEN: usize = 64 * 1024;

/// Keeps records and swaps them. The verifier needs nothing else of a store.
pub trait Store: Send + Sync {
    /// Gives the record as it was last made durable, `None` if there never was one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] or [`StoreError::Stopped`]; what the record says is not known then.
    fn load(&self, id: &RecordId) -> impl Future<Output = Result<Option<Versioned>, StoreError>> + Send;

    /// Replaces the record by `change` if its revision is still `expected`, and answers once that is durable.
    ///
    /// [`Revision::ABSENT`] expects that there is no record yet. Each replacement raises the revision. Dropping the
    /// future does not cancel the change.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] for a change that no store takes. [`StoreError::Unknown`] if the change may or may not
    /// have been stored: retry with the same attempt. Any other error: it was not stored.
    fn replace(
        &self,
        id: &RecordId,
        expected: Revision,
        change: Change,
    ) -> impl Future<Output = Result<Replaced, StoreError>> + Send;

    /// Lists at most `limit` records in ascending order, from the first one behind `after`. For administration.
    ///
    /// # Errors
    ///
    /// As [`Store::load`].
    fn list(
        &self,
        after: Option<&RecordId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordId>, StoreError>> + Send;

    /// Gives audit entries of a record, the oldest first, each with the revision that its change made: at most `limit`, from the first
    /// one behind the revision `after`. Fewer than `limit` means that there are no more.
    ///
    /// # Errors
    ///
    /// As [`Store::load`].
    fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(Revision, Vec<u8>)>, StoreError>> + Send;

    /// Gives all audit entries of a record, read in pages: a long history does not block other callers.
    ///
    /// # Errors
    ///
    /// As [`Store::load`].
    fn audit(&self, id: &RecordId) -> impl Future<Output = Result<Vec<(Revision, Vec<u8>)>, StoreError>> + Send {
        async move {
            let mut entries: Vec<(Revision, Vec<u8>)> = Vec::new();
            loop {
                let after = entries.last().map_or(Revision::ABSENT, |(revision, _)| *revision);
                let page = self.audit_page(id, after, AUDIT_PAGE).await?;
                let is_last = page.len() < AUDIT_PAGE;
                entries.extend(page);
                if is_last {
                    return Ok(entries);
                }
            }
        }
    }

    /// Gives the record as this process has last stored it, for stores where a load is expensive. Stores that do not remember it give
    /// `None`.
    ///
    /// It may be stale. Use it only for a [`Store::replace`], which finds that out.
    fn recall(&self, _id: &RecordId) -> Option<Versioned> {
        None
    }

    /// Whether the store answers, for health checks. A store made of several does while one of them does.
    ///
    /// # Errors
    ///
    /// As [`Store::load`].
    fn ping(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { self.list(None, 1).await.map(drop) }
    }

    /// Waits until the store has stopped for good, after a write that failed, and gives the reason. A service that serves
    /// it has to end then. A store that recovers by itself never stops, and this waits for ever.
    fn stopped(&self) -> impl Future<Output = StoreError> + Send {
        std::future::pending()
    }
}

/// How many audit entries are read at once: some 60 KiB, a fraction of a millisecond.
const AUDIT_PAGE: usize = 256;

/// The subject of a record. The order is that of [`RecordId::to_key`]: activations first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordId {
    /// One user's use of one token: its key, counters and open challenge.
    Activation(ActivationId),
    /// The readings of the clocks that the store was used by.
    Clock,
    /// One generator that came from its maker, and its user.
    Generator(GeneratorId),
    /// The store itself: the key-check value, which shows whether a key-encryption key is the store's.
    KeyCheck,
    /// The member of a [`RangedStore`] itself: its name, and the map of all ranges.
    Ranges,
    /// One token: which activations it holds.
    Token(TokenId),
}

impl RecordId {
    /// The same as bytes, for stores: stable, in the same order, and no key is the beginning of another. Keys of variable length
    /// end with a zero byte, which is in no name.
    #[must_use]
    pub fn to_key(&self) -> Vec<u8> {
        match self {
            Self::Activation(id) => [b"a", id.as_bytes().as_slice()].concat(),
            Self::Clock => b"c".to_vec(),
            Self::Generator(id) => [b"g", id.as_str().as_bytes(), b"\0"].concat(),
            Self::KeyCheck => b"k".to_vec(),
            Self::Ranges => b"r".to_vec(),
            Self::Token(id) => [b"t", id.as_str().as_bytes(), b"\0"].concat(),
        }
    }

    /// Reads what [`RecordId::to_key`] writes, and nothing else.
    #[must_use]
    pub fn from_key(key: &[u8]) -> Option<Self> {
        match key.split_first()? {
            (b'a', id) => Some(Self::Activation(ActivationId::from_bytes(id.try_into().ok()?))),
            (b'c', []) => Some(Self::Clock),
            (b'g', [id @ .., 0]) => Some(Self::Generator(str::from_utf8(id).ok()?.parse().ok()?)),
            (b'k', []) => Some(Self::KeyCheck),
            (b'r', []) => Some(Self::Ranges),
            (b't', [id @ .., 0]) => Some(Self::Token(str::from_utf8(id).ok()?.parse().ok()?)),
            _ => None,
        }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activation(id) => write!(f, "activation:{id}"),
            Self::Clock => f.write_str("clock"),
            Self::Generator(id) => write!(f, "generator:{id}"),
            Self::KeyCheck => f.write_str("key-check"),
            Self::Ranges => f.write_str("ranges"),
            Self::Token(id) => write!(f, "token:{id}"),
        }
    }
}

impl FromStr for RecordId {
    type Err = RecordIdError;

    fn from_str(text: &str) -> Result<Self, RecordIdError> {
        match text.split_once(':') {
            None if text == "clock" => Ok(Self::Clock),
            None if text == "key-check" => Ok(Self::KeyCheck),
            None if text == "ranges" => Ok(Self::Ranges),
            Some(("activation", id)) => id.parse().map(Self::Activation).map_err(|_| RecordIdError),
            Some(("generator", id)) => id.parse().map(Self::Generator).map_err(|_| RecordIdError),
            Some(("token", id)) => id.parse().map(Self::Token).map_err(|_| RecordIdError),
            _ => Err(RecordIdError),
        }
    }
}

/// A string names no record.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "not a record: expected \"clock\", \"key-check\", \"ranges\", or \"activation:\", \"generator:\" or \"token:\" and an ID"
)]
pub struct RecordIdError;

/// How often a record has been replaced: 1 for the first record, then one more each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a record that does not exist.
    pub const ABSENT: Self = Self(0);

    /// The revision of this number, as a store has kept it.
    #[must_use]
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// The number, for a store to keep.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The revision that a replacement of this one makes.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A record and its revision.
#[derive(Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The revision that a replacement expects.
    pub revision: Revision,
    /// The record, as it was given to [`Store::replace`].
    pub record: Arc<[u8]>,
}

/// Prints the size of the record: it may hold a key.
impl fmt::Debug for Versioned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Versioned {{ revision: {}, record: {} bytes }}", self.revision, self.record.len())
    }
}

/// The content of one replacement.
#[derive(Clone, Default)]
pub struct Change {
    /// The new record, of at most [`MAX_LEN`] bytes.
    pub record: Vec<u8>,
    /// The entry in the record's history, of at most [`MAX_LEN`] bytes.
    pub audit: Option<Vec<u8>>,
}

impl Change {
    /// Refuses what no store takes. Every store calls it first.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] when the record or the audit entry has more than [`MAX_LEN`] bytes.
    pub fn check(&self) -> Result<(), StoreError> {
        let audit_len = self.audit.as_ref().map_or(0, Vec::len);
        for (part, len) in [("record", self.record.len()), ("audit entry", audit_len)] {
            if len > MAX_LEN {
                return Err(StoreError::TooLarge { part, len });
            }
        }
        Ok(())
    }
}

/// Prints sizes: the record may hold a key.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let audit = self.audit.as_ref().map(Vec::len);
        write!(f, "Change {{ record: {} bytes, audit: {audit:?} bytes }}", self.record.len())
    }
}

/// The result of a replacement. "Conflict" is an answer, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Replaced {
    /// Stored, and durable; this is the record's revision now.
    Yes(Revision),
    /// Not stored: the record has another revision than expected. Load it and decide again.
    Conflict,
}

/// Why a store failed. No variant has any content of a record.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing was done; a retry is safe.
    #[error("store unavailable: {reason}")]
    Unavailable {
        /// The cause.
        reason: String,
    },
    /// The operating system refused, for example for want of a permission. Nothing was done; an operator has to look.
    #[error("store cannot be used: {0}")]
    Io(#[source] IoError),
    /// The change may have been stored or not. Only another replacement can tell, never a load.
    #[error("outcome of the change unknown: {reason}")]
    Unknown {
        /// The failure on the way to the disk.
        reason: String,
    },
    /// A write has failed before, and nothing was done since: the content of the disk is not known until the store is
    /// opened again.
    #[error("store stopped after a failed write: {reason}")]
    Stopped {
        /// The first failure.
        reason: String,
    },
    /// The disk returns other bytes than were stored, or fewer.
    #[error("store damaged: {reason}")]
    Corrupt {
        /// The fault.
        reason: String,
    },
    /// Changes that were acknowledged are missing, or it is not known whether they are: a used response may be open
    /// again. `EmbeddedStore::open_to_repair` goes on without them.
    #[error("acknowledged changes may be lost: {reason}")]
    Lost {
        /// The missing part.
        reason: String,
    },
    /// The files are not where they were last written: a copy may be older than the store that it was made of, and a used
    /// response open again. `EmbeddedStore::open_to_repair` opens it.
    #[error("the store's files are a copy, or were moved to another file system")]
    Copied,
    /// A part of the store is a symbolic link.
    #[error("{found:?} is a symbolic link, which no part of a store may be")]
    Link {
        /// The name of the part.
        found: String,
    },
    /// Another process, or another part of this one, has the store open.
    #[error("store is open elsewhere")]
    Locked,
    /// The store was written by another version of camtoken.
    #[error("store has format {found:?}, expected {expected:?}")]
    Version {
        /// The version of the directory.
        found: String,
        /// The version that this version of camtoken reads and writes.
        expected: &'static str,
    },
    /// The directory belongs to something else.
    #[error("directory holds {found:?}, which is no part of a store")]
    Foreign {
        /// The first name that does not belong.
        found: String,
    },
    /// There is a store where a new one was to be made.
    #[error("there is a store already")]
    Exists,
    /// A text is no address of a database.
    #[error("no address of a database: {reason}")]
    Address {
        /// The fault of it.
        reason: String,
    },
    /// The database runs with a setting under which what it has acknowledged can be lost.
    #[error("what the database acknowledges could be lost: {setting} is {found:?}, it must be {wanted}")]
    Unsafe {
        /// The server's name for it.
        setting: &'static str,
        /// The server's setting.
        found: String,
        /// The setting that is required.
        wanted: &'static str,
    },
    /// A store is not the member of a [`RangedStore`] that it was taken for.
    #[error("ranges: {reason}")]
    Ranges {
        /// The member, and what differs.
        reason: String,
    },
    /// The change has more bytes than a store takes.
    #[error("{part} of {len} bytes, at most {MAX_LEN} allowed")]
    TooLarge {
        /// `record` or `audit entry`.
        part: &'static str,
        /// How long it is.
        len: usize,
    },
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Io(IoError(Arc::new(error)))
    }
}

/// An error of the operating system. Equal to another of the same kind and text.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct IoError(Arc<io::Error>);

impl IoError {
    /// The operating system's error.
    #[must_use]
    pub fn get(&self) -> &io::Error {
        &self.0
    }

    /// Whether the disk is full, or the quota of this account.
    #[must_use]
    pub fn is_out_of_room(&self) -> bool {
        matches!(self.0.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

impl PartialEq for IoError {
    fn eq(&self, other: &Self) -> bool {
        self.0.kind() == other.0.kind() && self.0.to_string() == other.0.to_string()
    }
}

impl Eq for IoError {}

macro_rules! store_by_reference {
    ($($reference:ty),*) => {$(
        impl<S: Store> Store for $reference {
            fn load(&self, id: &RecordId) -> impl Future<Output = Result<Option<Versioned>, StoreError>> + Send {
                (**self).load(id)
            }

            fn replace(
                &self,
                id: &RecordId,
                expected: Revision,
                change: Change,
            ) -> impl Future<Output = Result<Replaced, StoreError>> + Send {
                (**self).replace(id, expected, change)
            }

            fn list(
                &self,
                after: Option<&RecordId>,
                limit: usize,
            ) -> impl Future<Output = Result<Vec<RecordId>, StoreError>> + Send {
                (**self).list(after, limit)
            }

            fn audit_page(
                &self,
                id: &RecordId,
                after: Revision,
                limit: usize,
            ) -> impl Future<Output = Result<Vec<(Revision, Vec<u8>)>, StoreError>> + Send {
                (**self).audit_page(id, after, limit)
            }

            fn recall(&self, id: &RecordId) -> Option<Versioned> {
                (**self).recall(id)
            }

            fn ping(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
                (**self).ping()
            }

            fn stopped(&self) -> impl Future<Output = StoreError> + Send {
                (**self).stopped()
            }
        }
    )*};
}

store_by_reference!(&S, Arc<S>);

#[cfg(test)]
mod tests;
