//! Filling the members of a store of ranges from one backup.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{RangeMap, RangedStore, member};
use crate::store::backup::Saved;
use crate::store::{RecordId, Revision, StoreError};

/// How many records wait for a member that is slower than the others.
const WAITING: usize = 256;

impl<S> RangedStore<S> {
    /// Divides saved records among empty members. Each is filled by `fill` with its index among [`RangeMap::members`], all at the same
    /// time, with its records in ascending order and its map. Says how many records there were, without the maps.
    ///
    /// # Errors
    ///
    /// The first error of `records` or `fill`. Some members may be filled then: empty all, and repeat it.
    pub fn restore<E: From<StoreError> + Send>(
        map: &RangeMap,
        records: impl Iterator<Item = Result<Saved, E>>,
        fill: impl Fn(usize, Part<E>) -> Result<u64, E> + Sync,
    ) -> Result<u64, E> {
        let failed = Mutex::new(None);
        let note = |error: E| {
            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        };
        let mut count = 0;
        thread::scope(|scope| {
            let (mut senders, mut ends) = (Vec::new(), Vec::new());
            for (index, name) in map.members().enumerate() {
                let (sender, receiver) = sync_channel(WAITING);
                let (end, has_ended) = sync_channel::<()>(0);
                let part = Part { receiver, map: Some(map_of(map, name)), next: None };
                let (fill, note) = (&fill, &note);
                scope.spawn(move || {
                    if let Err(error) = fill(index, part) {
                        note(error);
                    }
                    drop(end);
                });
                senders.push(sender);
                ends.push(has_ended);
            }
            for saved in records {
                let saved = match saved {
                    Ok(saved) => saved,
                    Err(error) => {
                        note(error);
                        break;
                    }
                };
                let member = map.member_of(&saved.id);
                // It takes no more only if it has failed. Its error is noted before the others are told to stop.
                if senders[member].send(Ok(saved)).is_err() {
                    let _ = ends[member].recv();
                    break;
                }
                count += 1;
            }
            if failed.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                for sender in &senders {
                    let reason = "the restoration of another member failed".to_owned();
                    drop(sender.send(Err(StoreError::Unavailable { reason }.into())));
                }
            }
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(count), Err)
    }
}

fn map_of(map: &RangeMap, name: &str) -> Saved {
    let (revision, record) = (Revision::ABSENT.next(), member::mark(map, name));
    Saved { id: RecordId::Ranges, revision, record, audit: Vec::new() }
}

/// The records for one member, as they come from [`RangedStore::restore`].
pub struct Part<E> {
    receiver: Receiver<Result<Saved, E>>,
    /// The member's map, until its place among the records is reached.
    map: Option<Saved>,
    /// The record behind the map.
    next: Option<Saved>,
}

impl<E> Iterator for Part<E> {
    type Item = Result<Saved, E>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(saved) = self.next.take() {
            return Some(Ok(saved));
        }
        match self.receiver.recv() {
            Ok(Ok(saved)) if saved.id > RecordId::Ranges && self.map.is_some() => {
                self.next = Some(saved);
                self.map.take().map(Ok)
            }
            Ok(received) => Some(received),
            Err(_) => self.map.take().map(Ok),
        }
    }
}
