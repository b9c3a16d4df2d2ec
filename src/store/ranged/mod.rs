//! A store made of stores: each has a range of the records' names.
//!
//! A record is in one member, always the same, so every promise about a record is that member's own promise. A member that cannot be
//! reached makes only its own records unavailable. Docs: `docs/RANGES.md`.

mod map;
mod member;
mod restore;

use super::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};

use member::Member;

pub use map::{RangeMap, RangeMapError};
pub use restore::Part;

/// Divides the records among several stores of any kind, by the hash of their names. No change touches two members.
///
/// ```
/// use camtoken::store::{MemoryStore, RangedStore, StoreError};
/// use std::sync::Arc;
///
/// let stores = [Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new())];
/// let open = move |member: usize| Ok(Arc::clone(&stores[member]));
/// let map = "version 1\n0000-7fff east\n8000-ffff west\n".parse().expect("a map");
/// RangedStore::prepare(&map, &open)?;
/// let store = RangedStore::open(map, open)?;
/// # drop(store);
/// # Ok::<(), StoreError>(())
/// ```
pub struct RangedStore<S> {
    map: RangeMap,
    members: Vec<Member<S>>,
}

impl<S: Store + 'static> RangedStore<S> {
    /// Opens the members, each by `open` with its index among [`RangeMap::members`], and compares the map that each has.
    ///
    /// A member that is unavailable is opened later, by a thread of its own that retries every second until the store is
    /// dropped. Until then its records are unavailable.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when no member can be reached. [`StoreError::Ranges`] for a member without a map
    /// ([`RangedStore::prepare`]), with another map, or with another name. Any other error of `open`.
    pub fn open(
        map: RangeMap,
        open: impl Fn(usize) -> Result<S, StoreError> + Send + Sync + Clone + 'static,
    ) -> Result<Self, StoreError> {
        let mut members = Vec::new();
        for (index, name) in map.members().enumerate() {
            let open = open.clone();
            members.push(Member::open(name, member::mark(&map, name), move || open(index))?);
        }
        if let Some(Err(error)) = members.iter().map(Member::store).reduce(Result::or) {
            return Err(error);
        }
        members.iter().for_each(Member::open_later);
        Ok(Self { map, members })
    }

    /// Writes the map into each member that has none. Repeat it after an error: members that have it stay as they are.
    ///
    /// # Errors
    ///
    /// [`StoreError::Ranges`] for a member that has another map or name, or a record which the map gives to another member.
    /// Any error of a member: all have to be there.
    pub fn prepare(map: &RangeMap, open: &impl Fn(usize) -> Result<S, StoreError>) -> Result<(), StoreError> {
        // First all are opened: a wrong address changes nothing.
        let members: Vec<S> = (0..map.members().count()).map(open).collect::<Result<_, _>>()?;
        for (index, (name, store)) in map.members().zip(&members).enumerate() {
            super::block_on(member::prepare(store, name, map, index))?;
        }
        Ok(())
    }

    fn member(&self, id: &RecordId) -> Result<&S, StoreError> {
        self.members[self.map.member_of(id)].store()
    }

    /// The records of a member behind `after`, at most `limit`, and whether that was the end.
    async fn page(
        &self,
        index: usize,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<(Vec<RecordId>, bool), StoreError> {
        let page = self.members[index].store()?.list(after, limit).await?;
        let is_end = page.len() < limit;
        Ok((page, is_end))
    }
}

impl<S: Store + 'static> Store for RangedStore<S> {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        // Each member has its own. To the verifier this is a store like any other.
        if *id == RecordId::Ranges {
            return Ok(None);
        }
        self.member(id)?.load(id).await
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        change.check()?;
        if *id == RecordId::Ranges {
            return Err(StoreError::Ranges { reason: "the map is no record of a verifier".to_owned() });
        }
        self.member(id)?.replace(id, expected, change).await
    }

    /// Needs every member. What a member has of another one's range, and the map, is not listed.
    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        let (mut listed, mut after) = (Vec::new(), after.cloned());
        while listed.len() < limit {
            // Behind the last record of a full page that member may have more.
            let (mut found, mut known_until) = (Vec::new(), None);
            for index in 0..self.members.len() {
                let (page, is_end) = self.page(index, after.as_ref(), limit).await?;
                if let Some(last) = page.last().filter(|_| !is_end) {
                    let last = last.clone();
                    known_until = Some(known_until.map_or(last.clone(), |known: RecordId| known.min(last)));
                }
                let is_own = |id: &RecordId| *id != RecordId::Ranges && self.map.member_of(id) == index;
                found.extend(page.into_iter().filter(is_own));
            }
            found.sort_unstable();
            found.retain(|id| known_until.as_ref().is_none_or(|until| id <= until));
            listed.append(&mut found);
            match known_until {
                None => break,
                until => after = until,
            }
        }
        listed.truncate(limit);
        Ok(listed)
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.member(id)?.audit_page(id, after, limit).await
    }

    fn recall(&self, id: &RecordId) -> Option<Versioned> {
        self.member(id).ok()?.recall(id)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let mut answer = Ok(());
        for member in &self.members {
            answer = match member.store() {
                Ok(store) => store.ping().await,
                Err(error) => Err(error),
            };
            if answer.is_ok() {
                break;
            }
        }
        answer
    }

    /// Waits until every member has stopped: as long as one has not, its records are served.
    async fn stopped(&self) -> StoreError {
        let mut reason = None;
        for member in &self.members {
            reason = Some(match member.store() {
                Ok(store) => store.stopped().await,
                Err(_) => std::future::pending().await,
            });
        }
        match reason {
            Some(error) => error,
            None => std::future::pending().await,
        }
    }
}
