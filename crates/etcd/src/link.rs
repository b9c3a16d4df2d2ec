//! The store's requests, on a connection to one member.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use camtoken::store::{RecordId, Revision, Versioned};
use camtoken_remote::{Failed, Swap};

use crate::keys::{Keys, after, versioned};
use crate::member::{Member, Page, Place};
use crate::message::{self, Done, Range};
use crate::schema;

/// A connection to a member of a store whose keys are of this version.
pub(super) struct Link {
    place: Arc<Place>,
    member: Member,
}

impl Link {
    /// Says which revision of etcd's has each record of these whose own revision is the one that is expected.
    async fn marks(&self, swaps: &[Swap]) -> Result<Vec<Option<u64>>, Failed> {
        let known = |swap: &Swap| match swap.is_first() {
            true => Some(0),
            false => self.place.marks.get(&swap.id).filter(|mark| mark.0 == swap.expected).map(|mark| mark.1),
        };
        let unknown: Vec<_> = swaps.iter().filter(|swap| known(swap).is_none()).map(|swap| swap.id.clone()).collect();
        if unknown.is_empty() {
            return Ok(swaps.iter().map(known).collect());
        }
        let read = self.read(&unknown).await?;
        let found = |swap: &Swap| {
            let (found, mod_revision) = read.get(&swap.id)?;
            (found.revision == swap.expected).then_some(*mod_revision)
        };
        Ok(swaps.iter().map(|swap| known(swap).or_else(|| found(swap))).collect())
    }

    /// Records with etcd's revision of each, as a majority has them.
    async fn read(&self, ids: &[RecordId]) -> Result<HashMap<RecordId, (Versioned, u64)>, Failed> {
        let keys: Vec<_> = ids.iter().map(|id| self.place.keys.record(id)).collect();
        let mut ranges = keys.iter().map(|key| Range { key, end: &[], limit: 0, keys_only: false });
        let answer;
        let answers = match ids {
            [_] => {
                answer = self.member.call(message::RANGE, ranges.next().expect("there is one").write()).await?;
                vec![&answer[..]]
            }
            _ => {
                let operations = ranges.map(|range| range.operation());
                answer = self.member.call(message::TXN, message::transaction([], operations)).await?;
                Done::read(&answer)?.responses
            }
        };
        let mut read = HashMap::new();
        for (id, answer) in ids.iter().zip(answers) {
            if let Some(found) = message::key_values(answer)?.first() {
                let record = versioned(found)?;
                self.place.marks.put(id.clone(), (record.revision, found.mod_revision));
                read.insert(id.clone(), (record, found.mod_revision));
            }
        }
        Ok(read)
    }
}

impl camtoken_remote::Link for Link {
    type Place = Arc<Place>;
    type Fault = Failed;

    async fn open(place: &Arc<Place>) -> Result<Self, Failed> {
        // Reading the version asks the leader, and the leader a majority.
        let member = Member::to_any(place, schema::check).await?;
        Ok(Self { place: Arc::clone(place), member })
    }

    fn is_closed(&self) -> bool {
        self.member.is_closed()
    }

    async fn check(&mut self, _: &Arc<Place>) -> Result<(), Failed> {
        self.member.check().await
    }

    async fn load(&self, ids: &[RecordId]) -> Result<HashMap<RecordId, Versioned>, Failed> {
        Ok(self.read(ids).await?.into_iter().map(|(id, (record, _))| (id, record)).collect())
    }

    async fn swap(&self, swaps: &[Swap]) -> Result<HashSet<RecordId>, Failed> {
        let marks = self.marks(swaps).await?;
        let wanted: Vec<_> = swaps.iter().zip(marks).filter_map(|(swap, mark)| Some((swap, mark?))).collect();
        let mut changes = wanted.iter().map(|(swap, mark)| self.place.keys.change(swap, *mark));
        let request = match wanted.len() {
            0 => return Ok(HashSet::new()),
            1 => changes.next().expect("there is one"),
            // Each is replaced or not by itself, whatever becomes of the others.
            _ => message::transaction([], changes.map(message::nested)),
        };
        let answer = self.member.call(message::TXN, request).await?;
        let done = Done::read(&answer)?;
        let succeeded = match wanted.len() {
            1 => vec![done.succeeded],
            _ => done.responses.iter().map(|one| Ok(Done::read(one)?.succeeded)).collect::<Result<_, Failed>>()?,
        };
        if succeeded.len() != wanted.len() {
            return Err(Failed::Lost("an answer does not fit its request".into()));
        }
        let mut stored = HashSet::new();
        for ((swap, _), succeeded) in wanted.into_iter().zip(succeeded) {
            if succeeded {
                self.place.marks.put(swap.id.clone(), (swap.expected.next(), done.revision));
                stored.insert(swap.id.clone());
            } else {
                self.place.marks.forget(&swap.id);
            }
        }
        Ok(stored)
    }

    async fn list(&self, behind: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, Failed> {
        let records = self.place.keys.records();
        let from = behind.map_or_else(|| records.clone(), |id| after(self.place.keys.record(id)));
        let found = self.member.page(&records, from, limit, Page::Keys).await?;
        found.iter().map(|(key, _)| self.place.keys.record_of(key)).collect()
    }

    async fn audit(&self, id: &RecordId, behind: Revision, limit: usize) -> Result<Vec<(Revision, Vec<u8>)>, Failed> {
        let from = after(self.place.keys.entry(id, behind));
        let found = self.member.page(&self.place.keys.entries_of(id), from, limit, Page::Values).await?;
        found.into_iter().map(|(key, entry)| Ok((Keys::revision_of(&key)?, entry))).collect()
    }
}
