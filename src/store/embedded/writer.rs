//! Decides replacements, makes them durable, and answers.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Seek, Write};
use std::mem;
use std::path::Path;
use std::sync::Arc;

use super::checkpointer::Checkpointer;
use super::journal::Journal;
use super::recent::Recent;
use super::tree::{Engine, guarded};
use super::{Answer, Entry, HELD_BRIEFLY, Request, Shared, corrupt};
use crate::store::{Change, RecordId, Replaced, Revision, StoreError, Versioned};

/// What changes anything, and there is one. Its fields are dropped in this order: the lock goes last.
pub(super) struct Writer {
    pub shared: Arc<Shared>,
    pub journal: Journal,
    /// What only the journal's file of this turn has.
    pub recent: Recent,
    pub checkpointer: Checkpointer,
    pub engine: Arc<Engine>,
    pub acknowledged: Acknowledged,
    pub _lock: File,
}

impl Writer {
    /// Answers all requests of a group.
    pub fn work(&mut self, requests: Vec<Request>) {
        let mut group = Group::default();
        let mut audits = Vec::new();
        let mut compactions = Vec::new();
        for request in requests {
            match request {
                Request::Replace { id, expected, change, answer } => {
                    let replaced = self.decide(&mut group, id, expected, change);
                    group.decided.push((answer, replaced));
                }
                Request::Audit { id, answer } => audits.push((id, answer)),
                Request::Compact { answer } => compactions.push(answer),
            }
        }
        self.settle(group);
        for (id, answer) in audits {
            let entries = self.shared.running().and_then(|()| self.audit(&id));
            let _ = answer.send(entries);
        }
        for answer in compactions {
            let compacted = self.shared.running().and_then(|()| guarded(|| self.engine.compact()));
            let _ = answer.send(compacted);
        }
    }

    /// Compares with the record as it will be once the group so far is durable.
    fn decide(&self, group: &mut Group, id: RecordId, expected: Revision, change: Change) -> Replaced {
        let current = match group.latest.get(&id) {
            Some(revision) => *revision,
            None => {
                let records = self.shared.records.read().expect(HELD_BRIEFLY);
                records.get(&id).map_or(Revision::ABSENT, |record| record.revision)
            }
        };
        if current != expected {
            return Replaced::Conflict;
        }
        let revision = expected.next();
        group.latest.insert(id.clone(), revision);
        let audit = change.audit.map(Into::into);
        group.entries.push(Entry { id, revision, record: change.record.into(), audit });
        Replaced::Yes(revision)
    }

    /// Makes a group durable, then visible, then answers. A conflict waits as well: it may be with a change of this
    /// very group, and whoever loaded again before that one is visible would run into it again.
    fn settle(&mut self, group: Group) {
        let outcome = match self.shared.running() {
            Ok(()) if group.entries.is_empty() => Ok(()),
            Ok(()) => self.commit(&group.entries).map_err(|error| {
                let reason = error.to_string();
                let _ = self.shared.stopped.set(reason.clone());
                StoreError::Unknown { reason }
            }),
            Err(stopped) => Err(stopped),
        };
        if outcome.is_ok() && !group.entries.is_empty() {
            let mut records = self.shared.records.write().expect(HELD_BRIEFLY);
            for entry in &group.entries {
                match records.get_mut(&entry.id) {
                    Some(record) => *record = entry.versioned(),
                    None => drop(records.insert(entry.id.clone(), entry.versioned())),
                }
            }
        }
        for (answer, replaced) in group.decided {
            // Who has stopped waiting does not learn the outcome.
            let _ = answer.send(outcome.clone().map(|()| replaced));
        }
        if outcome.is_ok() && !group.entries.is_empty() {
            // Nobody waits for these any more.
            self.acknowledged.raise(group.entries.len() as u64);
            group.entries.into_iter().for_each(|entry| self.recent.add(entry));
        }
    }

    fn commit(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        if !self.journal.prepare(entries.iter()) {
            // The other file is free once the tree has all of it.
            self.checkpointer.wait()?;
            let number = self.journal.turn();
            self.checkpointer.give(number, mem::take(&mut self.recent))?;
        }
        self.journal.commit()
    }

    fn audit(&self, id: &RecordId) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        let mut entries = guarded(|| self.engine.audit(id))?;
        for recent in self.checkpointer.given.as_deref().into_iter().chain([&self.recent]) {
            // The tree may have taken them in just now.
            let last = entries.keys().next_back().copied().unwrap_or(Revision::ABSENT);
            let new = recent.audit.range((id.clone(), last.next())..=(id.clone(), Revision(u64::MAX)));
            entries.extend(new.map(|((_, revision), entry)| (*revision, entry.to_vec())));
        }
        Ok(entries.into_iter().collect())
    }
}

/// Replacements that are made durable together.
#[derive(Default)]
struct Group {
    entries: Vec<Entry>,
    /// The last revision of each record among them.
    latest: HashMap<RecordId, Revision>,
    decided: Vec<(Answer<Replaced>, Replaced)>,
}

/// How many changes are durable at least: see the top of `mod.rs`.
pub(super) struct Acknowledged {
    file: File,
    changes: u64,
}

impl Acknowledged {
    /// Compares with what the engine still has.
    pub fn open(path: &Path, records: &BTreeMap<RecordId, Versioned>) -> Result<Self, StoreError> {
        let changes = records.values().fold(0, |sum: u64, record| sum.saturating_add(record.revision.0));
        let at_least = match fs::read(path) {
            // A power cut may leave it without content, an administrator without the file.
            Ok(bytes) if bytes.is_empty() => 0,
            Ok(bytes) => u64::from_be_bytes(bytes.try_into().map_err(|_| corrupt("acknowledged has no 8 bytes"))?),
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
        if changes < at_least {
            let missing = at_least - changes;
            return Err(StoreError::Corrupt { reason: format!("{missing} acknowledged changes are missing") });
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        let mut this = Self { file, changes };
        this.raise(0);
        Ok(this)
    }

    fn raise(&mut self, by: u64) {
        self.changes += by;
        // A mark left too low costs a warning, never a change: what it counts is durable already.
        let _ = self.file.rewind().and_then(|()| self.file.write_all(&self.changes.to_be_bytes()));
    }
}
