//! The write-ahead log: where a change is first durable.
//!
//! Two files take turns. A group of changes is one frame, written behind the one before and synced by one `fdatasync`.
//! The files are filled with zeroes first, and overwritten afterwards. Appending to a file, or writing to space that was
//! only reserved, makes the file system write its own journal as well, which costs half of the rate.
//!
//! ```text
//! frame    hash (8) | length of the changes (4) | number (8) | changes
//! change   length of the key (1) | key | revision (8) | length (4) | record | length (4), all ones for none | audit entry
//! ```
//!
//! Numbers are big-endian. The hash (XXH3) covers everything behind it. Frames are numbered without a gap. So bytes behind
//! the last frame, left over from an earlier turn or torn, cannot be taken for the next one. Each frame is synced before the
//! next is written: only the last one can be torn. A damaged frame with a later one anywhere is a loss, and is reported.

use std::io::ErrorKind;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::disk::{Disk, DiskFile, Open};
use super::{Entry, corrupt};
use crate::store::{MAX_LEN, RecordId, Revision, StoreError};

const HEADER: usize = 20;

const NO_AUDIT: u32 = u32::MAX;

/// The names of the files.
const FILES: [&str; 2] = ["0", "1"];

/// The write-ahead log while it is written.
pub(super) struct Journal<D: Disk> {
    files: [Zeroed<D::File>; 2],
    turn: usize,
    offset: u64,
    /// The number of the last frame.
    number: u64,
    frame: Vec<u8>,
}

/// A file that has been written to up to `len`.
struct Zeroed<F> {
    file: F,
    len: u64,
}

/// The content of a write-ahead log, frame by frame.
pub(super) struct Replay {
    pub frames: Vec<Vec<Entry>>,
    /// The number of the last of them.
    pub number: u64,
    /// The highest number of any whole frame: higher than `number` if frames before it are damaged.
    pub highest: u64,
    /// Whether anything was ever written to the files.
    pub is_written: bool,
}

impl<D: Disk> Journal<D> {
    /// Makes the two files, empty.
    pub fn create(disk: &D, dir: &Path) -> Result<(), StoreError> {
        for name in FILES {
            disk.open(&dir.join(name), Open::Keep)?.sync_all()?;
        }
        Ok(())
    }

    /// Whether anything was ever written to the files, as far as they are there.
    pub fn is_written(disk: &D, dir: &Path) -> Result<bool, StoreError> {
        for name in FILES {
            match disk.read(&dir.join(name)) {
                Ok(found) if !found.is_empty() => return Ok(true),
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(false)
    }

    /// Reads all frames behind the one of the number `checkpoint`, up to the first that is missing.
    pub fn replay(disk: &D, dir: &Path, checkpoint: u64) -> Result<Replay, StoreError> {
        let mut files = [Vec::new(), Vec::new()];
        for (name, bytes) in FILES.iter().zip(&mut files) {
            *bytes = disk.read(&dir.join(name))?;
        }
        let mut runs = files.each_ref().map(|bytes| run(bytes));
        let is_written = files.iter().any(|bytes| !bytes.is_empty());
        let highest = files.iter().zip(&runs).map(|(bytes, (_, len))| highest(&bytes[*len..], checkpoint)).max();
        runs.sort_unstable_by_key(|(run, _)| run.first().map(|(number, _)| *number));
        let mut replay =
            Replay { frames: Vec::new(), number: checkpoint, highest: highest.unwrap_or_default(), is_written };
        for (number, changes) in runs.into_iter().flat_map(|(run, _)| run).filter(|(number, _)| *number > checkpoint) {
            replay.highest = replay.highest.max(number);
            if number == replay.number + 1 {
                replay.frames.push(decode(changes).ok_or_else(|| corrupt("the journal was not written by camtoken"))?);
                replay.number = number;
            }
        }
        replay.highest = replay.highest.max(replay.number);
        Ok(replay)
    }

    /// Goes on behind `number`, from the start of the first file: what both of them hold is not needed any more.
    pub fn open(disk: &D, dir: &Path, number: u64) -> Result<Self, StoreError> {
        let open = |name| -> Result<Zeroed<D::File>, StoreError> {
            let file = disk.open(&dir.join(name), Open::Existing)?;
            let len = file.len()?;
            Ok(Zeroed { file, len })
        };
        Ok(Self { files: [open(FILES[0])?, open(FILES[1])?], turn: 0, offset: 0, number, frame: Vec::new() })
    }

    /// Writes again what both files hold, durably. What a killed process wrote last may not be on the disk yet, and after a
    /// failed sync it never gets there by itself.
    pub fn write_again(disk: &D, dir: &Path) -> Result<(), StoreError> {
        for name in FILES {
            let path = dir.join(name);
            let bytes = disk.read(&path)?;
            let mut file = disk.open(&path, Open::Existing)?;
            file.write_at(&bytes, 0)?;
            file.sync_all()?;
        }
        Ok(())
    }

    /// Overwrites both files with zeroes: nothing in them may be needed any more.
    pub fn erase(&mut self) -> Result<(), StoreError> {
        let zeroes = vec![0; D::LOG_STEP as usize];
        for Zeroed { file, len } in &mut self.files {
            for offset in (0..*len).step_by(zeroes.len()) {
                file.write_at(&zeroes[..zeroes.len().min((*len - offset) as usize)], offset)?;
            }
            file.sync_all()?;
        }
        (self.turn, self.offset) = (0, 0);
        Ok(())
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
        self.offset + self.frame.len() as u64 <= D::LOG_LEN
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
            let longer = end.max(2 * *len).next_multiple_of(D::LOG_STEP).min(D::LOG_LEN);
            file.write_at(&vec![0; (longer - *len) as usize], *len)?;
            file.sync_all()?;
            *len = longer;
        }
        file.write_at(&self.frame, self.offset)?;
        file.sync_data()?;
        self.offset = end;
        self.number += 1;
        Ok(())
    }
}

/// The frames from the start of a file up to the first that does not follow the one before, and how many bytes they have.
fn run(bytes: &[u8]) -> (Vec<(u64, &[u8])>, usize) {
    let mut frames: Vec<(u64, &[u8])> = Vec::new();
    let mut left = bytes;
    while let Some((number, changes, rest)) = frame(left) {
        if frames.last().is_some_and(|(last, _)| number != last + 1) {
            break;
        }
        frames.push((number, changes));
        left = rest;
    }
    (frames, bytes.len() - left.len())
}

/// More frames than both files together can have.
const MOST_FRAMES: u64 = 1 << 21;

/// The highest number of a whole frame behind `checkpoint` anywhere in these bytes: a damaged length hides where the next
/// one begins. 0 for none.
fn highest(bytes: &[u8], checkpoint: u64) -> u64 {
    let mut highest = 0;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= HEADER) {
        // Most of a file is zeroes.
        let zeroes = rest.iter().take_while(|byte| **byte == 0).count();
        if zeroes > HEADER {
            at += zeroes - HEADER;
            continue;
        }
        // Hashing at each byte would take long. Hardly anything but a frame has a number in this range.
        let number = u64::from_be_bytes(rest[12..HEADER].try_into().expect("8 bytes"));
        let is_plausible = number != 0 && number <= checkpoint + MOST_FRAMES;
        let found = if is_plausible { frame(rest) } else { None };
        match found.filter(|(_, changes, _)| decode(changes).is_some()) {
            Some((_, changes, _)) => {
                highest = highest.max(if number > checkpoint { number } else { 0 });
                at += HEADER + changes.len();
            }
            None => at += 1,
        }
    }
    highest
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
    use super::super::disk::SystemDisk;
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
        Journal::create(&SystemDisk, dir.path()).expect("it is empty");
        let mut journal = Journal::open(&SystemDisk, dir.path(), 6).expect("it was made");
        for group in entries(9, 1000).chunks(3) {
            assert!(journal.prepare(group.iter()));
            journal.commit().expect("the disk works");
        }
        let replay = Journal::replay(&SystemDisk, dir.path(), 6).expect("nothing is damaged");
        assert_eq!((replay.number, revisions(&replay)), (9, (1..=9).collect()));
        assert_eq!(replay.frames.concat()[3].audit.as_deref(), Some(&[7; 500][..]));
        assert_eq!(replay.frames.concat()[2].audit, None);
        assert_eq!(revisions(&Journal::replay(&SystemDisk, dir.path(), 8).expect("nothing is damaged")), [7, 8, 9]);
        assert_eq!(revisions(&Journal::replay(&SystemDisk, dir.path(), 9).expect("nothing is damaged")), [0; 0]);
        let without_6 = Journal::replay(&SystemDisk, dir.path(), 5).expect("the files can be read");
        assert_eq!((without_6.number, without_6.highest, revisions(&without_6)), (5, 9, vec![]), "frame 6 is missing");
    }

    /// It was once taken for a frame that was cut off, and so were all behind it.
    #[test]
    fn a_damaged_frame_before_whole_ones_is_told_from_a_torn_end() {
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        Journal::create(&SystemDisk, dir.path()).expect("it is empty");
        let mut journal = Journal::open(&SystemDisk, dir.path(), 0).expect("it was made");
        let mut starts = Vec::new();
        for entry in entries(5, 300) {
            starts.push(journal.offset as usize);
            assert!(journal.prepare([&entry].into_iter()));
            journal.commit().expect("the disk works");
        }
        let (whole, end) = (std::fs::read(dir.path().join("0")).expect("it exists"), journal.offset as usize);
        for place in 0..end {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x10;
            std::fs::write(dir.path().join("0"), damaged).expect("it is ours");
            let replay = Journal::replay(&SystemDisk, dir.path(), 0).expect("the files can be read");
            let hit = starts.iter().rposition(|start| *start <= place).expect("the first starts at 0") as u64;
            let highest = if hit == 4 { 4 } else { 5 };
            assert_eq!((replay.number, replay.highest), (hit, highest), "byte {place}");
        }
    }

    /// The files are written over and over, and what is left from earlier turns is never taken for new.
    #[test]
    fn only_what_follows_the_checkpoint_is_replayed() {
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        Journal::create(&SystemDisk, dir.path()).expect("it is empty");
        let mut journal = Journal::open(&SystemDisk, dir.path(), 0).expect("it was made");
        let (mut checkpoint, mut before) = (0, 0);
        for entry in entries(1500, 60_000) {
            if !journal.prepare([&entry].into_iter()) {
                (checkpoint, before) = (before, journal.turn());
            }
            journal.commit().expect("the disk works");
            if entry.revision.as_u64().is_multiple_of(97) {
                let replay = Journal::replay(&SystemDisk, dir.path(), checkpoint).expect("nothing is damaged");
                assert_eq!(revisions(&replay), (checkpoint + 1..=entry.revision.as_u64()).collect::<Vec<_>>());
            }
        }
        assert!(checkpoint > 0, "both files were written over");
        assert_eq!(std::fs::metadata(dir.path().join("0")).expect("it exists").len(), SystemDisk::LOG_LEN);
    }
}
