//! One member of a store of ranges: opened at once or later, and never without a look at its map.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::RangeMap;
use crate::store::{Change, RecordId, Replaced, Revision, Store, StoreError, block_on};

/// How long to wait before an unavailable member is opened again.
const PAUSE: Duration = Duration::from_secs(1);

/// How many records are compared with the map at once.
const PAGE: usize = 1024;

/// A store, or why there is none yet.
pub(super) struct Member<S>(Arc<Inner<S>>);

struct Inner<S> {
    name: String,
    mark: Vec<u8>,
    open: Box<dyn Fn() -> Result<S, StoreError> + Send + Sync>,
    store: OnceLock<S>,
    reason: Mutex<String>,
}

impl<S: Store + 'static> Member<S> {
    /// Opens the store if it can be reached.
    pub(super) fn open(
        name: &str,
        mark: Vec<u8>,
        open: impl Fn() -> Result<S, StoreError> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let (store, reason) = (OnceLock::new(), Mutex::default());
        let inner = Inner { name: name.to_owned(), mark, open: Box::new(open), store, reason };
        match inner.try_open() {
            Ok(()) | Err(StoreError::Unavailable { .. }) => Ok(Self(Arc::new(inner))),
            Err(error) => Err(error),
        }
    }

    /// The store, or that it is unavailable and why.
    pub(super) fn store(&self) -> Result<&S, StoreError> {
        self.0.store.get().ok_or_else(|| {
            let reason = self.0.reason.lock().unwrap_or_else(PoisonError::into_inner);
            StoreError::Unavailable { reason: format!("member {:?}: {reason}", self.0.name) }
        })
    }

    /// Retries until the store is open, if it is not.
    pub(super) fn open_later(&self) {
        if self.0.store.get().is_none() {
            let member = Arc::downgrade(&self.0);
            thread::spawn(move || while !is_settled(&member) {});
        }
    }
}

/// Waits and tries once. Whether the member is open now, or needed by nobody.
fn is_settled<S: Store>(member: &Weak<Inner<S>>) -> bool {
    thread::sleep(PAUSE);
    member.upgrade().is_none_or(|member| member.try_open().is_ok())
}

impl<S: Store> Inner<S> {
    /// Opens the store, and notes why it could not.
    fn try_open(&self) -> Result<(), StoreError> {
        let opened = (self.open)().and_then(|store| {
            block_on(check(&store, &self.name, &self.mark))?;
            Ok(store)
        });
        match opened {
            Ok(store) => {
                // Only one thread opens a member.
                drop(self.store.set(store));
                Ok(())
            }
            Err(error) => {
                *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = error.to_string();
                Err(error)
            }
        }
    }
}

/// What a member keeps of the map: its own name, so that two addresses that were exchanged are found.
pub(super) fn mark(map: &RangeMap, name: &str) -> Vec<u8> {
    format!("camtoken-ranges 1\nmember {name}\n{map}").into_bytes()
}

/// Refuses a store that is not this member under this map.
async fn check(store: &impl Store, name: &str, mark: &[u8]) -> Result<(), StoreError> {
    match store.load(&RecordId::Ranges).await? {
        Some(known) if *known.record == *mark => Ok(()),
        Some(known) => Err(StoreError::Ranges {
            reason: format!("the store of member {name:?} says {:?}", String::from_utf8_lossy(&known.record)),
        }),
        None => Err(StoreError::Ranges { reason: format!("the store of member {name:?} has no map yet") }),
    }
}

/// Writes the map into a store that has none, and whose records are all those of this member.
pub(super) async fn prepare(store: &impl Store, name: &str, map: &RangeMap, index: usize) -> Result<(), StoreError> {
    let mark = mark(map, name);
    if store.load(&RecordId::Ranges).await?.is_none() {
        let mut after = None;
        loop {
            let page = store.list(after.as_ref(), PAGE).await?;
            if let Some(foreign) = page.iter().find(|id| map.member_of(id) != index) {
                let reason = format!("the store of member {name:?} has {foreign}, which is another member's");
                return Err(StoreError::Ranges { reason });
            }
            match page.last() {
                Some(last) => after = Some(last.clone()),
                None => break,
            }
        }
        let change = Change { record: mark.clone(), audit: None };
        if let Replaced::Yes(_) = store.replace(&RecordId::Ranges, Revision::ABSENT, change).await? {
            return Ok(());
        }
    }
    check(store, name, &mark).await
}
