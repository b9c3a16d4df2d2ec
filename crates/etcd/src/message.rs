//! The messages of etcd's API that the store uses. Numbers of fields are those of `rpc.proto` and `kv.proto`, version 3.

use super::wire::{Field, Malformed, Reader, Writer};

/// Calls, by the name of service and method.
pub(super) const RANGE: &str = "/etcdserverpb.KV/Range";
pub(super) const TXN: &str = "/etcdserverpb.KV/Txn";
pub(super) const COMPACT: &str = "/etcdserverpb.KV/Compact";
pub(super) const STATUS: &str = "/etcdserverpb.Maintenance/Status";
pub(super) const MEMBERS: &str = "/etcdserverpb.Cluster/MemberList";
pub(super) const AUTHENTICATE: &str = "/etcdserverpb.Auth/Authenticate";

/// A `RangeRequest`: the keys from `key` on, below `end`; only `key` where `end` is empty. Answered by what a majority has.
pub(super) struct Range<'k> {
    pub key: &'k [u8],
    pub end: &'k [u8],
    /// At most so many; 0 for all.
    pub limit: u64,
    pub keys_only: bool,
}

impl Range<'_> {
    pub fn write(&self) -> Writer {
        let range = Writer::default().bytes(1, self.key);
        let range = if self.end.is_empty() { range } else { range.bytes(2, self.end) };
        range.number(3, self.limit).number(8, self.keys_only.into())
    }

    /// The same as an operation of a transaction.
    pub fn operation(&self) -> Writer {
        Writer::default().message(1, self.write())
    }
}

/// A `RequestOp` that stores a value.
pub(super) fn put(key: &[u8], value: &[u8]) -> Writer {
    Writer::default().message(2, Writer::default().bytes(1, key).bytes(2, value))
}

/// A `RequestOp` that deletes the keys from `key` on, below `end`.
pub(super) fn delete(key: &[u8], end: &[u8]) -> Writer {
    let range = Writer::default().bytes(1, key);
    let range = if end.is_empty() { range } else { range.bytes(2, end) };
    Writer::default().message(3, range)
}

/// A `RequestOp` that is a transaction itself.
pub(super) fn nested(transaction: Writer) -> Writer {
    Writer::default().message(4, transaction)
}

/// A `Compare`: the key was changed last in this revision; 0 for a key that is not there.
pub(super) fn changed_in(key: &[u8], mod_revision: u64) -> Writer {
    const MOD: u64 = 2;
    // EQUAL is 0. The number is written also when it is 0: it says which one is compared.
    let compare = Writer::default().number(2, MOD).bytes(3, key);
    if mod_revision == 0 { compare.zero(6) } else { compare.number(6, mod_revision) }
}

/// A `Compare`: there is no key from `key` on, below `end`.
pub(super) fn none_between(key: &[u8], end: &[u8]) -> Writer {
    changed_in(key, 0).bytes(64, end)
}

/// A `Compare`: the key has this value.
pub(super) fn has_value(key: &[u8], value: &[u8]) -> Writer {
    const VALUE: u64 = 3;
    Writer::default().number(2, VALUE).bytes(3, key).bytes(7, value)
}

/// A `TxnRequest`: what is done if all of the comparisons hold.
pub(super) fn transaction(
    compare: impl IntoIterator<Item = Writer>,
    success: impl IntoIterator<Item = Writer>,
) -> Writer {
    Writer::default().messages(1, compare).messages(2, success)
}

/// A key with its value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KeyValue<'m> {
    pub key: &'m [u8],
    pub mod_revision: u64,
    pub value: &'m [u8],
}

impl<'m> KeyValue<'m> {
    fn read(message: &'m [u8]) -> Result<Self, Malformed> {
        let mut read = Self::default();
        for field in Reader::new(message) {
            match field? {
                (1, Field::Bytes(key)) => read.key = key,
                (3, Field::Number(revision)) => read.mod_revision = revision,
                (5, Field::Bytes(value)) => read.value = value,
                _ => {}
            }
        }
        Ok(read)
    }
}

/// The keys of a `RangeResponse`.
pub(super) fn key_values(message: &[u8]) -> Result<Vec<KeyValue<'_>>, Malformed> {
    parts(message, 2).map(|part| KeyValue::read(part?)).collect()
}

/// A `TxnResponse`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Done<'m> {
    /// The revision of the whole store after it; that of every key that it changed.
    pub revision: u64,
    pub succeeded: bool,
    /// The answer of each operation: a `RangeResponse`, a `TxnResponse`, and so on.
    pub responses: Vec<&'m [u8]>,
}

impl<'m> Done<'m> {
    pub fn read(message: &'m [u8]) -> Result<Self, Malformed> {
        let mut read = Self::default();
        for field in Reader::new(message) {
            match field? {
                (1, Field::Bytes(header)) => read.revision = revision(header)?,
                (2, Field::Number(succeeded)) => read.succeeded = succeeded != 0,
                (3, Field::Bytes(operation)) => {
                    let (_, response) = Reader::new(operation).next().ok_or(Malformed)??;
                    let Field::Bytes(response) = response else { return Err(Malformed) };
                    read.responses.push(response);
                }
                _ => {}
            }
        }
        Ok(read)
    }
}

/// The revision in the `ResponseHeader` that every response begins with.
pub(super) fn revision_of(message: &[u8]) -> Result<u64, Malformed> {
    parts(message, 1).next().map_or(Ok(0), |header| revision(header?))
}

fn revision(header: &[u8]) -> Result<u64, Malformed> {
    number(header, 3)
}

/// A number of a message; 0 where it does not stand.
fn number(message: &[u8], field: u32) -> Result<u64, Malformed> {
    let mut read = 0;
    for found in Reader::new(message) {
        match found? {
            (name, Field::Number(number)) if name == field => read = number,
            _ => {}
        }
    }
    Ok(read)
}

/// The status of a member: a `StatusResponse`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// The name of the cluster, a random number.
    pub cluster: u64,
    pub version: String,
    /// The member that leads; 0 for none.
    pub leader: u64,
    pub is_learner: bool,
    /// Alarms, and that there is no leader.
    pub errors: Vec<String>,
    /// Bytes of its file that are not free.
    pub in_use: u64,
}

impl Status {
    pub fn read(message: &[u8]) -> Result<Self, Malformed> {
        let mut read = Self::default();
        for field in Reader::new(message) {
            match field? {
                (1, Field::Bytes(header)) => read.cluster = number(header, 1)?,
                (2, Field::Bytes(version)) => read.version = text(version),
                (4, Field::Number(leader)) => read.leader = leader,
                (8, Field::Bytes(error)) => read.errors.push(text(error)),
                (9, Field::Number(bytes)) => read.in_use = bytes,
                (10, Field::Number(learner)) => read.is_learner = learner != 0,
                _ => {}
            }
        }
        Ok(read)
    }
}

/// How many members have a vote, as a `MemberListResponse` says.
pub(super) fn voters(message: &[u8]) -> Result<usize, Malformed> {
    const IS_LEARNER: u32 = 5;
    let mut voters = 0;
    for member in parts(message, 2) {
        voters += usize::from(number(member?, IS_LEARNER)? == 0);
    }
    Ok(voters)
}

/// The token of an `AuthenticateResponse`.
pub(super) fn token(message: &[u8]) -> Result<String, Malformed> {
    parts(message, 2).next().ok_or(Malformed)?.map(text)
}

fn parts(message: &[u8], number: u32) -> impl Iterator<Item = Result<&[u8], Malformed>> {
    Reader::new(message).filter_map(move |field| match field {
        Ok((found, Field::Bytes(part))) if found == number => Some(Ok(part)),
        Ok(_) => None,
        Err(malformed) => Some(Err(malformed)),
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
