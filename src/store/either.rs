//! One of two stores, for a program whose settings choose.

use super::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};

/// One of two kinds of store. A third nests: `EitherStore<A, EitherStore<B, C>>`.
pub enum EitherStore<L, R> {
    /// The first kind.
    Left(L),
    /// The second kind.
    Right(R),
}

macro_rules! on_each {
    ($either:expr, $store:ident => $does:expr) => {
        match $either {
            EitherStore::Left($store) => $does,
            EitherStore::Right($store) => $does,
        }
    };
}

impl<L: Store, R: Store> Store for EitherStore<L, R> {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        on_each!(self, store => store.load(id).await)
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        on_each!(self, store => store.replace(id, expected, change).await)
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        on_each!(self, store => store.list(after, limit).await)
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        on_each!(self, store => store.audit_page(id, after, limit).await)
    }

    fn recall(&self, id: &RecordId) -> Option<Versioned> {
        on_each!(self, store => store.recall(id))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        on_each!(self, store => store.ping().await)
    }

    async fn stopped(&self) -> StoreError {
        on_each!(self, store => store.stopped().await)
    }
}

impl<L, R> From<L> for EitherStore<L, R> {
    fn from(store: L) -> Self {
        Self::Left(store)
    }
}
