//! The journal: where a change is first durable.
//!
//! Two files take turns. A group of changes is one frame, written behind the one before and synced by one `fdatasync`.
//! The files are filled with zeroes before they are written to, and afterwards overwritten: appending to a file, or
//! writing to what was only reserved, makes the file system write its own journal too, which costs half of the rate.
//!
//! ```text
//! frame    hash (8) | length of the changes (4) | number (8) | changes
//! change   length of the key (1) | key | revision (8) | length (4) | record | length (4), all ones for none | audit entry
//! ```
//!
//! Numbers are big-endian. The hash (XXH3) covers everything behind it. Frames are numbered without a gap, so what stands
//! behind the last one, left over from an earlier turn or torn, cannot be taken for the next.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::{Entry, corrupt};
use crate::store::{MAX_LEN, RecordId, Revision, StoreError};

/// What each of the two files grows to.
const FILE_LEN: u64 = 16 << 20;

/// What a file is made longer by, at least.
const STEP: u64 = 64 << 10;

const HEADER: usize = 20;

const NO_AUDIT: u32 = u32::MAX;

/// The names of the files.
const FILES: [&str; 2] = ["0", "1"];

/// The journal while it is written.
pub(super) struct Journal {
    files: [Zeroed; 2],
    turn: usize,
    offset: u64,
    /// The number of the last frame.
    number: u64,
    frame: Vec<u8>,
}

/// A file that has been written to up to `len`.
struct Zeroed {
    file: File,
    len: u64,
}

/// What a journal holds, frame by frame.
pub(super) struct Replay {
    pub frames: Vec<Vec<Entry>>,
    /// The number of the last of them.
    pub number: u64,
}

impl Journal {
    /// Makes the two files, empty.
    pub fn create(dir: &Path) -> Result<(), StoreError> {
        for name in FILES {
            OpenOptions::new().create(true).truncate(false).write(true).open(dir.join(name))?.sync_all()?;
        }
        Ok(())
    }

    /// Whether anything was ever written to the files, as far as they are there.
    pub fn is_written(dir: &Path) -> Result<bool, StoreError> {
        for name in FILES {
            match fs::metadata(dir.join(name)) {
                Ok(found) if found.len() > 0 => return Ok(true),
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(false)
    }

    /// Reads all frames behind the one of the number `checkpoint`.
    pub fn replay(dir: &Path, checkpoint: u64) -> Result<Replay, StoreError> {
        let mut files = [Vec::new(), Vec::new()];
        for (name, bytes) in FILES.iter().zip(&mut files) {
            File::open(dir.join(name))?.read_to_end(bytes)?;
        }
        let mut runs = files.each_ref().map(|bytes| run(bytes));
        runs.sort_unstable_by_key(|run| run.first().map(|(number, _)| *number));
        let mut replay = Replay { frames: Vec::new(), number: checkpoint };
        for (number, changes) in runs.into_iter().flatten().filter(|(number, _)| *number > checkpoint) {
            if number != replay.number + 1 {
                return Err(corrupt("a part of the journal is missing"));
            }
            replay.frames.push(decode(changes).ok_or_else(|| corrupt("the journal was not written by camtoken"))?);
            replay.number = number;
        }
        Ok(replay)
    }

    /// Goes on behind `number`, from the start of the first file: what both of them hold is not needed any more.
    pub fn open(dir: &Path, number: u64) -> Result<Self, StoreError> {
        let open = |name| -> Result<Zeroed, StoreError> {
            let file = OpenOptions::new().write(true).open(dir.join(name))?;
            let len = file.metadata()?.len();
            Ok(Zeroed { file, len })
        };
        Ok(Self { files: [open(FILES[0])?, open(FILES[1])?], turn: 0, offset: 0, number, frame: Vec::new() })
    }

    /// Lays a group out, and says whether the file whose turn it is has room for it.
    pub fn prepare<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) -> bool {
        self.frame.clear();
        self.frame.resize(HEADER, 0);
        entries.for_each(|entry| encode(entry, &mut self.frame));
        let len = u32::try_from(self.frame.len() - HEADER).expect("a group is far shorter than 4 GiB");
        self.frame[8..12].copy_from_slice(&len.to_be_bytes());
        self.frame[12..HEADER].copy_from_slice(&(self.number + 1).to_be_bytes());
        let hash = xxh3_64(&self.frame[8..]);
        self.frame[..8].copy_from_slice(&hash.to_be_bytes());
        self.offset + self.frame.len() as u64 <= FILE_LEN
    }

    /// Starts the other file from its beginning: nothing in it may be needed any more. Gives the number of the last frame
    /// of this one.
    pub fn turn(&mut self) -> u64 {
        (self.turn, self.offset) = (1 - self.turn, 0);
        self.number
    }

    /// Makes the group that was laid out durable.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        let Zeroed { file, len } = &mut self.files[self.turn];
        let end = self.offset + self.frame.len() as u64;
        if end > *len {
            let longer = end.max(2 * *len).next_multiple_of(STEP).min(FILE_LEN);
            file.seek(SeekFrom::Start(*len))?;
            file.write_all(&vec![0; (longer - *len) as usize])?;
            file.sync_all()?;
            *len = longer;
        }
        file.seek(SeekFrom::Start(self.offset))?;
        file.write_all(&self.frame)?;
        file.sync_data()?;
        self.offset = end;
        self.number += 1;
        Ok(())
    }
}

/// The frames from the start of a file up to the first that does not follow the one before.
fn run(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut frames: Vec<(u64, &[u8])> = Vec::new();
    while let Some((number, changes, rest)) = frame(bytes) {
        if frames.last().is_some_and(|(last, _)| number != last + 1) {
            break;
        }
        frames.push((number, changes));
        bytes = rest;
    }
    frames
}

fn frame(bytes: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let (hash, hashed) = bytes.split_first_chunk()?;
    let (len, rest) = hashed.split_first_chunk()?;
    let (number, rest) = rest.split_first_chunk()?;
    let len = u32::from_be_bytes(*len) as usize;
    let (changes, rest) = rest.split_at_checked(len)?;
    let whole = xxh3_64(&hashed[..HEADER - 8 + len]) == u64::from_be_bytes(*hash);
    whole.then_some((u64::from_be_bytes(*number), changes, rest))
}

fn encode(entry: &Entry, to: &mut Vec<u8>) {
    let key = entry.id.to_key();
    let len = |part: &[u8]| u32::try_from(part.len()).expect("a change has been checked").to_be_bytes();
    to.push(u8::try_from(key.len()).expect("no key is that long"));
    to.extend(key);
    to.extend(entry.revision.as_u64().to_be_bytes());
    to.extend(len(&entry.record));
    to.extend(&*entry.record);
    match &entry.audit {
        Some(audit) => {
            to.extend(len(audit));
            to.extend(&**audit);
        }
        None => to.extend(NO_AUDIT.to_be_bytes()),
    }
}

/// Reads what [`encode`] writes, and nothing else.
fn decode(mut changes: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while let Some((&key_len, rest)) = changes.split_first() {
        let (key, rest) = rest.split_at_checked(key_len.into())?;
        let (revision, rest) = rest.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (record, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
        let (len, rest) = rest.split_first_chunk()?;
        let (audit, rest) = match u32::from_be_bytes(*len) {
            NO_AUDIT => (None, rest),
            len => rest.split_at_checked(len as usize).map(|(audit, rest)| (Some(audit), rest))?,
        };
        if record.len() > MAX_LEN || audit.is_some_and(|audit| audit.len() > MAX_LEN) {
            return None;
        }
        entries.push(Entry {
            id: RecordId::from_key(key)?,
            revision: Revision::from_u64(u64::from_be_bytes(*revision)),
            record: record.into(),
            audit: audit.map(Into::into),
        });
        changes = rest;
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: u64, len: usize) -> Vec<Entry> {
        (1..=count)
            .map(|revision| Entry {
                id: "token:A".parse().expect("a record"),
                revision: Revision::from_u64(revision),
                record: vec![revision as u8; len].into(),
                audit: revision.is_multiple_of(2).then(|| vec![7; len / 2].into()),
            })
            .collect()
    }

    fn revisions(replay: &Replay) -> Vec<u64> {
        replay.frames.iter().flatten().map(|entry| entry.revision.as_u64()).collect()
    }

    #[test]
    fn what_is_committed_is_replayed() {
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        Journal::create(dir.path()).expect("it is empty");
        let mut journal = Journal::open(dir.path(), 6).expect("it was made");
        for group in entries(9, 1000).chunks(3) {
            assert!(journal.prepare(group.iter()));
            journal.commit().expect("the disk works");
        }
        let replay = Journal::replay(dir.path(), 6).expect("nothing is damaged");
        assert_eq!((replay.number, revisions(&replay)), (9, (1..=9).collect()));
        assert_eq!(replay.frames.concat()[3].audit.as_deref(), Some(&[7; 500][..]));
        assert_eq!(replay.frames.concat()[2].audit, None);
        assert_eq!(revisions(&Journal::replay(dir.path(), 8).expect("nothing is damaged")), [7, 8, 9]);
        assert_eq!(revisions(&Journal::replay(dir.path(), 9).expect("nothing is damaged")), [0; 0]);
        assert!(matches!(Journal::replay(dir.path(), 5), Err(StoreError::Corrupt { .. })), "frame 6 is missing");
    }

    /// The files are written over and over, and what is left from earlier turns is never taken for new.
    #[test]
    fn only_what_follows_the_checkpoint_is_replayed() {
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        Journal::create(dir.path()).expect("it is empty");
        let mut journal = Journal::open(dir.path(), 0).expect("it was made");
        let (mut checkpoint, mut before) = (0, 0);
        for entry in entries(1500, 60_000) {
            if !journal.prepare([&entry].into_iter()) {
                (checkpoint, before) = (before, journal.turn());
            }
            journal.commit().expect("the disk works");
            if entry.revision.as_u64().is_multiple_of(97) {
                let replay = Journal::replay(dir.path(), checkpoint).expect("nothing is damaged");
                assert_eq!(revisions(&replay), (checkpoint + 1..=entry.revision.as_u64()).collect::<Vec<_>>());
            }
        }
        assert!(checkpoint > 0, "both files were written over");
        assert_eq!(std::fs::metadata(dir.path().join("0")).expect("it exists").len(), FILE_LEN);
    }
}
