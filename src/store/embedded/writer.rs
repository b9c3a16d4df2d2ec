//! Decides replacements, makes them durable, and answers.

use std::collections::HashMap;
use std::fs::File;
use std::mem;
use std::sync::Arc;

use super::checkpointer::Checkpointer;
use super::disk::Disk;
use super::journal::Journal;
use super::mark::MarkFile;
use super::recent::Recent;
use super::tree::{Tree, guarded};
use super::{Answer, Entry, HELD_BRIEFLY, Request, Shared};
use crate::store::{Change, RecordId, Replaced, Revision, StoreError};

/// The only writer of a store. Its fields are dropped in this order: the lock goes last.
pub(super) struct Writer<D: Disk, T> {
    pub shared: Arc<Shared>,
    pub disk: D,
    pub journal: Journal<D>,
    /// The changes that are only in the present file of the log.
    pub recent: Recent,
    pub checkpointer: Checkpointer,
    pub engine: Arc<T>,
    pub mark: MarkFile<D>,
    pub _lock: Option<File>,
}

impl<D: Disk, T: Tree> Writer<D, T> {
    /// Answers all requests of a group.
    pub fn work(&mut self, requests: Vec<Request>) {
        let mut group = Group::default();
        let mut audits = Vec::new();
        let mut compactions = Vec::new();
        let mut repairs = Vec::new();
        for request in requests {
            match request {
                Request::Replace { id, expected, change, answer } => {
                    let replaced = self.decide(&mut group, id, expected, change);
                    group.decided.push((answer, replaced));
                }
                Request::Audit { id, after, limit, answer } => audits.push((id, after, limit, answer)),
                Request::Compact { answer } => compactions.push(answer),
                Request::Repaired { answer } => repairs.push(answer),
            }
        }
        self.settle(group);
        for (id, after, limit, answer) in audits {
            let entries = self.shared.running().and_then(|()| self.audit(&id, after, limit));
            let _ = answer.send(entries);
        }
        for answer in compactions {
            let compacted = self.shared.running().and_then(|()| guarded(|| self.engine.compact()));
            let _ = answer.send(compacted);
        }
        for answer in repairs {
            let settled = self.shared.writing().and_then(|()| self.mark.settle(&self.disk));
            let _ = answer.send(settled);
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
    /// group, and a caller that loads before that change is visible would get the same conflict once more.
    fn settle(&mut self, group: Group) {
        let outcome = match self.shared.writing() {
            Ok(()) if group.entries.is_empty() => Ok(()),
            Ok(()) => self.commit(&group.entries).map_err(|error| {
                let reason = error.to_string();
                self.shared.stop(reason.clone());
                StoreError::Unknown { reason }
            }),
            Err(refused) => Err(refused),
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
            // A caller that has stopped waiting does not learn the outcome.
            let _ = answer.send(outcome.clone().map(|()| replaced));
        }
        if outcome.is_ok() && !group.entries.is_empty() {
            // No caller waits for these any more.
            if let Err(error) = self.mark.repeat() {
                self.shared.stop(error.to_string());
            }
            group.entries.into_iter().for_each(|entry| self.recent.add(entry));
        }
    }

    fn commit(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        if !self.journal.prepare(entries.iter()) {
            // The other file is free once the tree has all of it.
            self.checkpointer.wait()?;
            self.mark.sync()?;
            let number = self.journal.turn();
            self.checkpointer.give(number, mem::take(&mut self.recent))?;
        }
        self.journal.commit()?;
        self.mark.raise(entries.len() as u64)
    }

    fn audit(&self, id: &RecordId, after: Revision, limit: usize) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        let mut entries = guarded(|| self.engine.audit(id, after, limit))?;
        for recent in self.checkpointer.given.as_deref().into_iter().chain([&self.recent]) {
            // The tree may have taken them in just now.
            let last = entries.keys().next_back().copied().unwrap_or(after);
            let new = recent.audit.range((id.clone(), last.next())..=(id.clone(), Revision(u64::MAX)));
            let room = limit.saturating_sub(entries.len());
            entries.extend(new.take(room).map(|((_, revision), entry)| (*revision, entry.to_vec())));
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
