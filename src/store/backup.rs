//! A whole store as one stream of bytes, taken while it is in use.
//!
//! Every record is written as it was at one moment, with the audit entries up to that moment; records do not depend on
//! each other. Whatever kind of store wrote the stream, every other can be filled from it.
//!
//! ```text
//! stream   "camtoken backup 1\n" | saved … | end
//! saved    length of the key (1) | key | revision (8) | length (4) | record
//!          | audit entries: count (8), each revision (8) | length (4) | entry
//! end      0 (1) | how many records (8) | SHA-256 of everything before (32)
//! ```
//!
//! Numbers are big-endian. The keys in the records are wrapped, but what was signed is not: a backup is confidential.

use std::io::{self, ErrorKind, Read, Write};

use sha2::{Digest, Sha256};

use super::{MAX_LEN, RecordId, Revision, Store, StoreError};

const HEADER: &[u8] = b"camtoken backup 1\n";

/// How many records are listed at once.
const PAGE: usize = 1024;

/// A record with its history, as it was at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Saved {
    /// Which record.
    pub id: RecordId,
    /// Its revision.
    pub revision: Revision,
    /// The record, of at most [`MAX_LEN`] bytes.
    pub record: Vec<u8>,
    /// Its audit entries, the oldest first, each with the revision that its change made.
    pub audit: Vec<(Revision, Vec<u8>)>,
}

/// Prints sizes: the record may hold a key.
impl std::fmt::Debug for Saved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (len, audit) = (self.record.len(), self.audit.len());
        write!(
            f,
            "Saved {{ id: {}, revision: {}, record: {len} bytes, audit: {audit} entries }}",
            self.id, self.revision
        )
    }
}

/// Why a backup was not written, or is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The store that is saved failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream could not be written or read.
    #[error("backup: {0}")]
    Io(#[from] io::Error),
    /// Not a backup, or one of another version.
    #[error("not a backup of this version of camtoken")]
    Format,
    /// Something in it was altered.
    #[error("the backup is damaged")]
    Damaged,
    /// It has no end: it was cut off, or writing it did not finish.
    #[error("the backup is not whole")]
    CutOff,
}

/// Writes all records of a store that may be in use, and says how many. The stream is whole once this has returned.
///
/// # Errors
///
/// [`BackupError::Store`] and [`BackupError::Io`]; what was written until then will not be taken for a backup.
pub async fn write<S: Store>(store: &S, to: impl Write) -> Result<u64, BackupError> {
    write_with(store, to, |_| {}).await
}

/// As [`write()`], and shows each record to `look` before it is written, such as to find those that a restoration would refuse.
///
/// # Errors
///
/// As [`write()`].
pub async fn write_with<S: Store>(store: &S, to: impl Write, mut look: impl FnMut(&Saved)) -> Result<u64, BackupError> {
    let mut to = Hashing { inner: to, hash: Sha256::new() };
    to.write_all(HEADER)?;
    let (mut count, mut after) = (0, None);
    // As it is before the others: what it says of them, such as that all have a seal, holds for those that are read later.
    let key_check = read(store, &RecordId::KeyCheck).await?;
    loop {
        let page = store.list(after.as_ref(), PAGE).await?;
        // Clocks are those of machines, and the map is the store's: one that is restored begins with its own.
        for id in page.iter().filter(|id| !matches!(id, RecordId::Clock | RecordId::Ranges)) {
            // A listed record may not be there any more in a store of another kind; here none is ever removed.
            let saved = match (id, &key_check) {
                (RecordId::KeyCheck, Some(early)) => Some(early.clone()),
                _ => read(store, id).await?,
            };
            let Some(saved) = saved else { continue };
            look(&saved);
            saved.encode(&mut to)?;
            count += 1;
        }
        match page.last() {
            Some(last) => after = Some(last.clone()),
            None => break,
        }
    }
    to.write_all(&[0])?;
    to.write_all(&u64::to_be_bytes(count))?;
    let digest = to.hash.finalize();
    to.inner.write_all(&digest)?;
    to.inner.flush()?;
    Ok(count)
}

/// The record first, then its history: entries behind the record's revision are of later changes.
async fn read<S: Store>(store: &S, id: &RecordId) -> Result<Option<Saved>, StoreError> {
    let Some(seen) = store.load(id).await? else { return Ok(None) };
    let mut audit = store.audit(id).await?;
    audit.retain(|(revision, _)| *revision <= seen.revision);
    Ok(Some(Saved { id: id.clone(), revision: seen.revision, record: seen.record.to_vec(), audit }))
}

/// Reads a backup, record by record. Nothing of it may be used before the last one was given: only the end proves that
/// the others are what was written.
pub struct Records<R> {
    from: Hashing<R>,
    count: u64,
    last: Option<RecordId>,
    ended: bool,
}

impl<R: Read> Records<R> {
    /// Begins to read. Give it a buffered reader.
    ///
    /// # Errors
    ///
    /// [`BackupError::Format`], and [`BackupError::Io`] when nothing can be read.
    pub fn new(from: R) -> Result<Self, BackupError> {
        let mut from = Hashing { inner: from, hash: Sha256::new() };
        let header = from.take(HEADER.len()).map_err(|error| match error {
            BackupError::CutOff => BackupError::Format,
            other => other,
        })?;
        if header != HEADER {
            return Err(BackupError::Format);
        }
        Ok(Self { from, count: 0, last: None, ended: false })
    }

    fn read(&mut self) -> Result<Option<Saved>, BackupError> {
        let [key_len] = self.from.array()?;
        if key_len == 0 {
            let count = u64::from_be_bytes(self.from.array()?);
            let computed: [u8; 32] = self.from.hash.clone().finalize().into();
            let whole = self.from.array()? == computed && count == self.count;
            let nothing_follows = self.from.inner.read(&mut [0])? == 0;
            return if whole && nothing_follows { Ok(None) } else { Err(BackupError::Damaged) };
        }
        let id = RecordId::from_key(&self.from.take(key_len.into())?).ok_or(BackupError::Damaged)?;
        // In ascending order, and so each one once.
        if self.last.replace(id.clone()).is_some_and(|last| last >= id) {
            return Err(BackupError::Damaged);
        }
        let revision = self.revision()?;
        let record = self.bytes()?;
        let mut audit = Vec::new();
        let mut last = Revision::ABSENT;
        for _ in 0..u64::from_be_bytes(self.from.array()?) {
            let of = self.revision()?;
            if of <= last || of > revision {
                return Err(BackupError::Damaged);
            }
            audit.push((of, self.bytes()?));
            last = of;
        }
        self.count += 1;
        Ok(Some(Saved { id, revision, record, audit }))
    }

    fn revision(&mut self) -> Result<Revision, BackupError> {
        match u64::from_be_bytes(self.from.array()?) {
            0 => Err(BackupError::Damaged),
            number => Ok(Revision::from_u64(number)),
        }
    }

    fn bytes(&mut self) -> Result<Vec<u8>, BackupError> {
        let len = u32::from_be_bytes(self.from.array()?) as usize;
        if len > MAX_LEN { Err(BackupError::Damaged) } else { self.from.take(len) }
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<Saved, BackupError>;

    /// After the first error, and after the end, there is nothing more.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        read
    }
}

impl Saved {
    fn encode(&self, to: &mut impl Write) -> io::Result<()> {
        let key = self.id.to_key();
        to.write_all(&[u8::try_from(key.len()).expect("no key is that long")])?;
        to.write_all(&key)?;
        let bytes = |to: &mut dyn Write, revision: Revision, bytes: &[u8]| {
            to.write_all(&revision.as_u64().to_be_bytes())?;
            to.write_all(&u32::try_from(bytes.len()).expect("a change has been checked").to_be_bytes())?;
            to.write_all(bytes)
        };
        bytes(to, self.revision, &self.record)?;
        to.write_all(&(self.audit.len() as u64).to_be_bytes())?;
        self.audit.iter().try_for_each(|(revision, entry)| bytes(to, *revision, entry))
    }
}

/// A stream, and the hash of what went through it.
struct Hashing<T> {
    inner: T,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Hashing<R> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn take(&mut self, len: usize) -> Result<Vec<u8>, BackupError> {
        let mut bytes = vec![0; len];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        self.inner.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => BackupError::CutOff,
            _ => BackupError::Io(error),
        })?;
        self.hash.update(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::key::ActivationId;
    use crate::store::{Change, MemoryStore, block_on};

    fn filled() -> MemoryStore {
        let store = MemoryStore::new();
        for number in 0..3 {
            let id = RecordId::Activation(ActivationId::from_bytes([number; 6]));
            for round in 0..u64::from(number) + 1 {
                let audit = (round % 2 == 0).then(|| format!("entry {round}").into_bytes());
                let change = Change { record: vec![number; 40 * usize::from(number)], audit };
                let replaced = block_on(store.replace(&id, Revision::from_u64(round), change)).expect("memory");
                assert_eq!(replaced, crate::store::Replaced::Yes(Revision::from_u64(round + 1)));
            }
        }
        store
    }

    fn saved() -> Vec<u8> {
        let mut bytes = Vec::new();
        assert_eq!(block_on(write(&filled(), &mut bytes)).expect("memory"), 3);
        bytes
    }

    fn all(bytes: &[u8]) -> Result<Vec<Saved>, BackupError> {
        Records::new(bytes)?.collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let store = filled();
        let records = all(&saved()).expect("it was just written");
        assert_eq!(records.len(), 3);
        for saved in records {
            let there = block_on(store.load(&saved.id)).expect("memory").expect("it is there");
            assert_eq!((saved.revision, &saved.record[..]), (there.revision, &*there.record));
            assert_eq!(saved.audit, block_on(store.audit(&saved.id)).expect("memory"));
        }
        let mut empty = Vec::new();
        assert_eq!(block_on(write(&MemoryStore::new(), &mut empty)).expect("memory"), 0);
        assert_eq!(all(&empty).expect("nothing is a backup too"), []);
    }

    #[test]
    fn a_backup_that_was_cut_off_or_altered_is_refused() {
        let whole = saved();
        for len in 0..whole.len() {
            assert!(all(&whole[..len]).is_err(), "cut off after {len} bytes");
        }
        for place in 0..whole.len() {
            let mut altered = whole.clone();
            altered[place] ^= 1;
            assert!(all(&altered).is_err(), "byte {place} altered");
        }
        assert!(matches!(all(&[&whole[..], b"x"].concat()), Err(BackupError::Damaged)));
        assert!(matches!(all(b"not a backup, but long enough"), Err(BackupError::Format)));
        assert!(matches!(all(b""), Err(BackupError::Format)));
    }
}
