//! A store of a test around another: the calls that the test does not change go to the store in its field `store`.

macro_rules! forward {
    (load) => {
        async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
            self.store.load(id).await
        }
    };
    (list) => {
        async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
            self.store.list(after, limit).await
        }
    };
    (audit_page) => {
        async fn audit_page(
            &self,
            id: &RecordId,
            after: Revision,
            limit: usize,
        ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
            self.store.audit_page(id, after, limit).await
        }
    };
    ($first:ident $($rest:ident)+) => {
        forward!($first);
        forward!($($rest)+);
    };
}
