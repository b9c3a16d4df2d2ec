//! The changes in a file of the write-ahead log that the tree does not have yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Entry;
use crate::store::{RecordId, Revision, Versioned};

/// The last state of each record, and every audit entry.
#[derive(Default)]
pub(super) struct Recent {
    pub records: HashMap<RecordId, Versioned>,
    pub audit: BTreeMap<(RecordId, Revision), Arc<[u8]>>,
}

impl Recent {
    pub fn add(&mut self, entry: Entry) {
        let record = entry.versioned();
        if let Some(audit) = entry.audit {
            self.audit.insert((entry.id.clone(), entry.revision), audit);
        }
        self.records.insert(entry.id, record);
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}
