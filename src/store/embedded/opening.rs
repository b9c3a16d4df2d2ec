//! Opening: the content of the tree and of the log is put together, compared with the mark, and checkpointed.

use std::collections::BTreeMap;
use std::path::Path;

use super::corrupt;
use super::disk::Disk;
use super::journal::Journal;
use super::mark::{Found, Mark, MarkFile};
use super::recent::Recent;
use super::tree::{Tree, guarded};
use crate::store::{RecordId, Revision, StoreError, Versioned};

/// A store that can go on.
pub(super) struct Ready<D: Disk> {
    pub records: BTreeMap<RecordId, Versioned>,
    /// The changes that could not be checkpointed: the store can only be read.
    pub recent: Recent,
    pub journal: Journal<D>,
    pub mark: MarkFile<D>,
    /// Why nothing can be written.
    pub full: Option<StoreError>,
    /// The repair that is needed: nothing is written to the mark until it is done.
    pub problem: Option<StoreError>,
}

/// Reads a store. One that needs a repair is given only if that is what it is opened for.
pub(super) fn ready<D: Disk, T: Tree>(disk: &D, dir: &Path, tree: &T, repairs: bool) -> Result<Ready<D>, StoreError> {
    let journal = dir.join("journal");
    // The process that made the store may have been killed before its names were durable.
    disk.sync_dir(&journal)?;
    disk.sync_dir(dir)?;
    let mut records = guarded(|| tree.records())?;
    let checkpoint = guarded(|| tree.checkpoint())?;
    let replay = Journal::replay(disk, &journal, checkpoint)?;
    let mut recent = Recent::default();
    for entry in replay.frames.into_iter().flatten() {
        let current = records.get(&entry.id).map_or(Revision::ABSENT, |record| record.revision);
        if entry.revision != current.next() {
            return Err(corrupt("the journal does not fit the records"));
        }
        records.insert(entry.id.clone(), entry.versioned());
        recent.add(entry);
    }
    let changes = records.values().fold(0, |sum: u64, record| sum.saturating_add(record.revision.as_u64()));
    let found = Mark::read(disk, dir)?;
    let lost = |reason: String| Some(StoreError::Lost { reason });
    let problem = match found {
        _ if replay.highest > replay.number => {
            lost("a part of the journal is damaged or missing before whole ones".into())
        }
        // The mark of a store that was made and never written to may be missing in versions of before.
        Found::Missing if replay.is_written || checkpoint > 0 => {
            lost("the file acknowledged is missing or empty".into())
        }
        Found::Damaged => lost("both copies in the file acknowledged are damaged".into()),
        Found::Old(at_least) | Found::Sound(Mark { changes: at_least, .. }) if changes < at_least => {
            lost(format!("{} acknowledged changes are missing", at_least - changes))
        }
        Found::Sound(mark) if !mark.is_in_place(disk, dir)? => Some(StoreError::Copied),
        _ => None,
    };
    match &problem {
        Some(problem) if !repairs => return Err(problem.clone()),
        // From here on the frames may look whole. Who is cut off in the middle has to repair again.
        Some(StoreError::Lost { .. }) => MarkFile::withdraw(disk, dir)?,
        _ => {}
    }
    let mut full = None;
    if !recent.is_empty() || replay.highest > replay.number {
        // Damaged frames and those behind them are never looked at again.
        guarded(|| tree.take_in(replay.highest, &recent)).or_else(|error| out_of_room(error, &mut full))?;
    }
    match full {
        None => recent = Recent::default(),
        // Records that are read from here on have to be durable, as they would be in the tree.
        Some(_) => Journal::write_again(disk, &journal)?,
    }
    let journal = Journal::open(disk, &journal, replay.highest)?;
    let mut mark = MarkFile::held(dir, changes);
    if problem.is_none() && full.is_none() {
        let written = if let Found::Sound(_) = found { mark.go_on(disk) } else { mark.settle(disk) };
        written.or_else(|error| out_of_room(error, &mut full))?;
    }
    Ok(Ready { records, recent, journal, mark, full, problem })
}

/// A full disk is no reason not to read.
fn out_of_room(error: StoreError, full: &mut Option<StoreError>) -> Result<(), StoreError> {
    match &error {
        StoreError::Io(io) if io.is_out_of_room() => {
            *full = Some(error);
            Ok(())
        }
        _ => Err(error),
    }
}
