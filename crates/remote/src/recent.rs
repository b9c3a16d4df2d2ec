//! A cache of the records that this process has stored, so that the next change need not load them first.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use camtoken::store::RecordId;

/// The last stored values of the latest records. They may be stale: another process may have replaced them since.
pub struct Recent<V> {
    most: usize,
    halves: Mutex<Halves<V>>,
}

/// When the new half is full it becomes the old one, and the old one is forgotten.
struct Halves<V> {
    new: HashMap<RecordId, V>,
    old: HashMap<RecordId, V>,
}

impl<V> Default for Halves<V> {
    fn default() -> Self {
        Self { new: HashMap::new(), old: HashMap::new() }
    }
}

impl<V: Clone> Recent<V> {
    /// Remembers nothing yet, and later at most so many; with less than two, none.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, halves: Mutex::default() }
    }

    /// The last stored value of this record, if it is remembered.
    #[must_use]
    pub fn get(&self, id: &RecordId) -> Option<V> {
        let halves = self.lock();
        halves.new.get(id).or_else(|| halves.old.get(id)).cloned()
    }

    /// Remembers this instead of what was there.
    pub fn put(&self, id: RecordId, value: V) {
        if self.most < 2 {
            return;
        }
        let mut halves = self.lock();
        if halves.new.len() >= self.most / 2 && !halves.new.contains_key(&id) {
            halves.old = mem::take(&mut halves.new);
        }
        halves.new.insert(id, value);
    }

    /// Forgets what there is of this record.
    pub fn forget(&self, id: &RecordId) {
        let mut halves = self.lock();
        halves.new.remove(id);
        halves.old.remove(id);
    }

    /// Forgets everything: behind a new connection there may be another history, as after a restored backup.
    pub fn clear(&self) {
        *self.lock() = Halves::default();
    }

    fn lock(&self) -> MutexGuard<'_, Halves<V>> {
        // Whatever was left half-done is stale at worst.
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use camtoken::key::ActivationId;
    use camtoken::store::{Revision, Versioned};

    fn id(number: u8) -> RecordId {
        RecordId::Activation(ActivationId::from_bytes([number; 6]))
    }

    fn record(revision: u64) -> Versioned {
        Versioned { revision: Revision::from_u64(revision), record: Arc::from([]) }
    }

    #[test]
    fn the_latest_are_kept_and_no_more() {
        let recent = Recent::new(10);
        for number in 0..200 {
            recent.put(id(number), record(1));
            assert!((number.saturating_sub(4)..=number).all(|kept| recent.get(&id(kept)).is_some()), "{number}");
            assert!((0..200).filter(|&kept| recent.get(&id(kept)).is_some()).count() <= 10, "{number}");
        }
    }

    #[test]
    fn the_last_one_put_is_what_is_had() {
        let recent = Recent::new(4);
        for revision in 1..9 {
            recent.put(id(1), record(revision));
            recent.put(id(revision as u8 + 10), record(1));
            assert_eq!(recent.get(&id(1)), Some(record(revision)));
        }
        recent.forget(&id(1));
        assert_eq!(recent.get(&id(1)), None);
        recent.clear();
        assert_eq!(recent.get(&id(18)), None);
    }

    #[test]
    fn none_are_kept_where_none_may_be() {
        let recent = Recent::new(0);
        recent.put(id(1), record(1));
        assert_eq!(recent.get(&id(1)), None);
    }
}
