//! The keys and values in etcd.
//!
//! | key | value |
//! | --- | --- |
//! | `PREFIX/version` | `1`, the version of this table; `filling` while a backup is put back |
//! | `PREFIX/record/` and [`RecordId::to_key`] | revision (8 bytes, big-endian), then the record |
//! | `PREFIX/audit/`, the same, and a revision (8 bytes, big-endian) | the audit entry of the change that made this revision |

use camtoken::store::{RecordId, Revision, StoreError, Versioned};
use camtoken_remote::{Failed, Swap};

use crate::message::{KeyValue, changed_in, put, transaction};
use crate::wire::Writer;

/// The prefix of the keys of one store.
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub fn new(prefix: String) -> Self {
        Self { prefix }
    }

    pub fn version(&self) -> Vec<u8> {
        self.key("version", &[])
    }

    /// The prefix of the keys of all records.
    pub fn records(&self) -> Vec<u8> {
        self.key("record/", &[])
    }

    pub fn record(&self, id: &RecordId) -> Vec<u8> {
        self.key("record/", &id.to_key())
    }

    /// The prefix of the keys of all audit entries.
    pub fn entries(&self) -> Vec<u8> {
        self.key("audit/", &[])
    }

    /// The prefix of those of one record. No record's key is the prefix of another's.
    pub fn entries_of(&self, id: &RecordId) -> Vec<u8> {
        self.key("audit/", &id.to_key())
    }

    pub fn entry(&self, id: &RecordId, revision: Revision) -> Vec<u8> {
        [self.entries_of(id), revision.as_u64().to_be_bytes().to_vec()].concat()
    }

    fn key(&self, kind: &str, rest: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), kind.as_bytes(), rest].concat()
    }

    /// The record that a key is of.
    pub fn record_of(&self, key: &[u8]) -> Result<RecordId, Failed> {
        let rest = key.strip_prefix(self.records().as_slice());
        rest.and_then(RecordId::from_key).ok_or_else(|| corrupt("a record has no proper key"))
    }

    /// The revision that an audit entry is of.
    pub fn revision_of(key: &[u8]) -> Result<Revision, Failed> {
        let number = key.last_chunk().map(|number| u64::from_be_bytes(*number));
        number.filter(|number| *number > 0).map(Revision::from_u64).ok_or_else(|| corrupt("an entry has no revision"))
    }

    /// A change with its audit entry, if the record was changed last in `mod_revision`.
    pub fn change(&self, swap: &Swap, mod_revision: u64) -> Writer {
        let (record, next) = (self.record(&swap.id), swap.expected.next());
        let compare = changed_in(&record, mod_revision);
        let stored = put(&record, &value(next, &swap.change.record));
        let noted = swap.change.audit.as_ref().map(|entry| put(&self.entry(&swap.id, next), entry));
        transaction([compare], std::iter::once(stored).chain(noted))
    }
}

pub(super) fn value(revision: Revision, record: &[u8]) -> Vec<u8> {
    [&revision.as_u64().to_be_bytes(), record].concat()
}

pub(super) fn versioned(found: &KeyValue) -> Result<Versioned, Failed> {
    match found.value.split_first_chunk() {
        Some((revision, record)) if *revision != [0; 8] => {
            Ok(Versioned { revision: Revision::from_u64(u64::from_be_bytes(*revision)), record: record.into() })
        }
        _ => Err(corrupt("a record has no revision")),
    }
}

/// The first key behind all that begin so.
pub(super) fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.last_mut() {
        if *last < 0xff {
            *last += 1;
            return end;
        }
        end.pop();
    }
    vec![0]
}

/// The first key behind this one.
pub(super) fn after(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}

pub(super) fn corrupt(reason: &str) -> Failed {
    Failed::Refused(StoreError::Corrupt { reason: reason.to_owned() })
}
