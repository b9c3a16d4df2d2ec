//! The mark: how many changes are durable at least, and where the store's files are.
//!
//! It is written after each sync, before its answers, and a second time behind them. It is synced when the log turns to its
//! other file and when the store is opened or closed: it survives a killed process, and is a lower bound after a power cut.
//! Each change raises one revision by one, so the revisions of all records add up to the number of changes. If that is less
//! than the mark says, the log has lost its end. The log alone does not show this: it looks the same when a frame was cut off
//! that was never acknowledged. A used response would be open again.
//!
//! ```text
//! mark   copy at 0 | copy at 4096
//! copy   "CTmark 1" | changes (8) | boot (8) | device (8)
//!        | of the mark and of the log's two files each: inode (8) | birth (8) | hash of all before (8)
//! ```
//!
//! Numbers are big-endian, the hash is XXH3. Stores of before have 8 bytes, the number of changes. A copy of the files has
//! other inodes and birth times than the mark says. The device is compared only until the system is started again: its
//! number may be another one then.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::disk::{Disk, DiskFile, Open, Place};
use crate::store::StoreError;

const NAME: &str = "acknowledged";
const NAME_NEW: &str = "acknowledged.new";
const MAGIC: [u8; 8] = *b"CTmark 1";
const LEN: usize = 88;
/// Two places that no sector and no page has both of.
const OFFSETS: [u64; 2] = [0, 4096];

/// The files whose places the mark has.
const ANCHORS: [&str; 3] = [NAME, "journal/0", "journal/1"];

/// The content of one copy of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub changes: u64,
    anchor: Anchor,
}

/// Where the files of a store are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    boot: u64,
    device: u64,
    files: [(u64, u64); ANCHORS.len()],
}

/// The result of reading a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Not there, or without content.
    Missing,
    /// Neither copy is what was written.
    Damaged,
    /// Of a store that was last open in an older version, which kept no places.
    Old(u64),
    /// The newer copy.
    Sound(Mark),
}

impl Mark {
    pub fn read<D: Disk>(disk: &D, dir: &Path) -> Result<Found, StoreError> {
        let bytes = match disk.read(&dir.join(NAME)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Missing),
            Err(error) => return Err(error.into()),
        };
        let copies = OFFSETS.iter().filter_map(|offset| Self::decode(bytes.get(*offset as usize..)?));
        Ok(match (copies.max_by_key(|mark| mark.changes), <[u8; 8]>::try_from(&bytes[..])) {
            (Some(mark), _) => Found::Sound(mark),
            (None, Ok(changes)) => Found::Old(u64::from_be_bytes(changes)),
            (None, Err(_)) if bytes.is_empty() => Found::Missing,
            (None, Err(_)) => Found::Damaged,
        })
    }

    /// Says whether the files are where this mark was last written.
    pub fn is_in_place<D: Disk>(&self, disk: &D, dir: &Path) -> Result<bool, StoreError> {
        let here = Anchor::of(disk, dir)?;
        let known_and_other = |was: u64, is: u64| was != 0 && is != 0 && was != is;
        let same_boot = here.boot != 0 && here.boot == self.anchor.boot;
        let moved = self.anchor.files.iter().zip(&here.files).any(|(was, is)| {
            // A file system may have learnt about births since.
            known_and_other(was.0, is.0) || known_and_other(was.1, is.1)
        });
        Ok(!(moved || same_boot && known_and_other(self.anchor.device, here.device)))
    }

    fn encode(&self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        bytes[..8].copy_from_slice(&MAGIC);
        let Anchor { boot, device, files } = self.anchor;
        let files = files.into_iter().flat_map(|(inode, birth)| [inode, birth]);
        let numbers = [self.changes, boot, device].into_iter().chain(files);
        for (to, number) in bytes[8..].as_chunks_mut::<8>().0.iter_mut().zip(numbers) {
            *to = number.to_be_bytes();
        }
        let hash = xxh3_64(&bytes[..LEN - 8]);
        bytes[LEN - 8..].copy_from_slice(&hash.to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LEN] = bytes.first_chunk()?;
        let (content, hash) = bytes.split_last_chunk::<8>()?;
        if content[..8] != MAGIC || xxh3_64(content) != u64::from_be_bytes(*hash) {
            return None;
        }
        let number = |place: usize| u64::from_be_bytes(content.as_chunks::<8>().0[place]);
        let files = std::array::from_fn(|file| (number(4 + 2 * file), number(5 + 2 * file)));
        Some(Self { changes: number(1), anchor: Anchor { boot: number(2), device: number(3), files } })
    }
}

impl Anchor {
    fn of<D: Disk>(disk: &D, dir: &Path) -> Result<Self, StoreError> {
        let mut places = [Place::default(); ANCHORS.len()];
        for (place, name) in places.iter_mut().zip(ANCHORS) {
            *place = disk.place(&dir.join(name))?;
        }
        let files = places.map(|place| (place.inode, place.birth));
        Ok(Self { boot: disk.boot(), device: places[0].device, files })
    }
}

/// The mark of an open store. The number of changes grows with it.
pub(super) struct MarkFile<D: Disk> {
    dir: PathBuf,
    /// `None` while the store is repaired, or only read: the copy on the disk stays until then.
    written: Option<(D::File, Anchor)>,
    changes: u64,
    /// Whether the disk may have less than was counted, should the power fail.
    is_unsynced: bool,
}

impl<D: Disk> MarkFile<D> {
    /// The mark of a store that no other process may open yet: nothing is written before [`MarkFile::settle`].
    pub fn held(dir: &Path, changes: u64) -> Self {
        Self { dir: dir.to_owned(), written: None, changes, is_unsynced: false }
    }

    /// Writes a whole mark for the files where they are now, durably. It replaces what is there, or keeps it as it is.
    pub fn settle(&mut self, disk: &D) -> Result<(), StoreError> {
        let (path, new) = (self.dir.join(NAME), self.dir.join(NAME_NEW));
        self.written = None;
        let mut file = disk.open(&new, Open::Empty)?;
        let (own, log) = (disk.place(&new)?, [&ANCHORS[1], &ANCHORS[2]]);
        let mut files = [(own.inode, own.birth); ANCHORS.len()];
        for (to, name) in files[1..].iter_mut().zip(log) {
            let place = disk.place(&self.dir.join(name))?;
            *to = (place.inode, place.birth);
        }
        let anchor = Anchor { boot: disk.boot(), device: own.device, files };
        write(&mut file, &Mark { changes: self.changes, anchor }, OFFSETS)?;
        file.sync_all()?;
        disk.rename(&new, &path)?;
        disk.sync_dir(&self.dir)?;
        self.written = Some((file, anchor));
        Ok(())
    }

    /// Goes on with a mark that is whole and in its place, and mends a copy of it that is not.
    pub fn go_on(&mut self, disk: &D) -> Result<(), StoreError> {
        let path = self.dir.join(NAME);
        let mut file = disk.open(&path, Open::Existing)?;
        let mark = Mark { changes: self.changes, anchor: Anchor::of(disk, &self.dir)? };
        let bytes = disk.read(&path)?;
        let copies = OFFSETS.map(|offset| bytes.get(offset as usize..).and_then(Mark::decode));
        // One copy is whole while the other one is written.
        let damaged_first = if copies[0].is_some() { [1, 0] } else { [0, 1] };
        for copy in damaged_first.into_iter().filter(|copy| copies[*copy] != Some(mark)) {
            write(&mut file, &mark, [OFFSETS[copy]])?;
            file.sync_data()?;
        }
        self.written = Some((file, mark.anchor));
        Ok(())
    }

    /// Removes the mark: without it the store is not opened until an operator has decided about the missing changes.
    pub fn withdraw(disk: &D, dir: &Path) -> Result<(), StoreError> {
        match disk.remove_file(&dir.join(NAME)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        Ok(disk.sync_dir(dir)?)
    }

    /// Counts changes that are durable, before any caller gets its answer.
    pub fn raise(&mut self, by: u64) -> Result<(), StoreError> {
        self.changes += by;
        self.is_unsynced = true;
        self.write_copy(OFFSETS[0])
    }

    /// Writes the second copy, for which no caller waits. When that fails, it may be half written: the first one must stay
    /// as it is.
    pub fn repeat(&mut self) -> Result<(), StoreError> {
        self.write_copy(OFFSETS[1])
    }

    fn write_copy(&mut self, offset: u64) -> Result<(), StoreError> {
        match &mut self.written {
            Some((file, anchor)) => Ok(write(file, &Mark { changes: self.changes, anchor: *anchor }, [offset])?),
            None => Ok(()),
        }
    }

    /// Makes the mark as high as it is counted, also after a power cut.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        match &mut self.written {
            Some((file, _)) if std::mem::take(&mut self.is_unsynced) => Ok(file.sync_data()?),
            _ => Ok(()),
        }
    }
}

impl<D: Disk> Drop for MarkFile<D> {
    fn drop(&mut self) {
        let _ = self.sync();
    }
}

fn write<F: DiskFile, const N: usize>(file: &mut F, mark: &Mark, offsets: [u64; N]) -> io::Result<()> {
    let bytes = mark.encode();
    offsets.into_iter().try_for_each(|offset| file.write_at(&bytes, offset))
}
