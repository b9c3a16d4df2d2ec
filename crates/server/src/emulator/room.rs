//! Room for the patterns of rules and of waiting requests: bytes, of which one caller has half at most.
//!
//! A short text may become a large expression. Equal patterns of a caller are compiled once and kept once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::super::places::Holder;
use super::super::problem::{Code, Problem};
use super::pattern::Pattern;

/// Bytes of all patterns. Most take some 50 KiB of it, however often they are used.
const ROOM: usize = 128 << 20;

/// The patterns that are in use, by caller.
pub(super) struct Room {
    most: usize,
    kept: Mutex<HashMap<Option<Holder>, OfCaller>>,
}

#[derive(Default)]
struct OfCaller {
    bytes: usize,
    patterns: HashMap<String, Weak<Kept>>,
}

/// A pattern that takes of the room as long as something uses it.
pub(super) struct Kept {
    pub text: String,
    pattern: Pattern,
    bytes: usize,
    holder: Option<Holder>,
    room: Arc<Room>,
}

impl Room {
    pub fn new() -> Arc<Self> {
        Self::of(ROOM)
    }

    fn of(most: usize) -> Arc<Self> {
        Arc::new(Self { most, kept: Mutex::default() })
    }

    /// Understands a pattern and keeps it for a caller. An expression takes a moment to compile: for a thread where it may.
    ///
    /// # Errors
    ///
    /// [`Code::Value`] for what is no pattern, [`Code::TooMany`] when there is no room for it.
    pub fn pattern(self: &Arc<Self>, holder: Option<&Holder>, text: &str) -> Result<Arc<Kept>, Problem> {
        let known = |kept: &HashMap<Option<Holder>, OfCaller>| {
            kept.get(&holder.cloned()).and_then(|own| own.patterns.get(text)).and_then(Weak::upgrade)
        };
        if let Some(kept) = known(&self.kept()) {
            return Ok(kept);
        }
        let (pattern, size) = Pattern::parse(text)?;
        let bytes = size + 2 * text.len() + size_of::<Kept>();
        let mut all = self.kept();
        // Another request may have been sooner.
        if let Some(kept) = known(&all) {
            return Ok(kept);
        }
        let taken: usize = all.values().map(|own| own.bytes).sum();
        let own = all.get(&holder.cloned()).map_or(0, |own| own.bytes);
        let share = if holder.is_some() { self.most / 2 } else { self.most };
        if taken + bytes > self.most || own + bytes > share {
            return Err(Problem::from(Code::TooMany).because("patterns"));
        }
        let (text, holder) = (text.to_owned(), holder.cloned());
        let own = all.entry(holder.clone()).or_default();
        own.bytes += bytes;
        let kept = Arc::new(Kept { text: text.clone(), pattern, bytes, holder, room: Arc::clone(self) });
        own.patterns.insert(text, Arc::downgrade(&kept));
        Ok(kept)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Option<Holder>, OfCaller>> {
        // A count and a map change together, without anything between that could panic.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    pub fn fits(&self, said: &str) -> bool {
        self.pattern.fits(said)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut all = self.room.kept();
        let Some(own) = all.get_mut(&self.holder) else { return };
        own.bytes -= self.bytes;
        // The same text may have been kept again.
        if own.patterns.get(&self.text).is_some_and(|kept| kept.strong_count() == 0) {
            own.patterns.remove(&self.text);
        }
        if own.bytes == 0 {
            all.remove(&self.holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(name: &str) -> Holder {
        Holder::Name(name.into())
    }

    fn fill(room: &Arc<Room>, holder: Option<&Holder>) -> Vec<Arc<Kept>> {
        let large = |number: usize| format!("/[^\\x00]{{{}}}/", 100 + number);
        (0..200).map_while(|number| room.pattern(holder, &large(number)).ok()).collect()
    }

    #[test]
    fn one_caller_has_half_of_the_room_at_most_and_gives_it_back() {
        let room = Room::of(8 << 20);
        let (greedy, honest) = (holder("greedy"), holder("honest"));
        let held = fill(&room, Some(&greedy));
        assert!((2..100).contains(&held.len()), "{}", held.len());
        let bytes = |room: &Arc<Room>| room.kept().values().map(|own| own.bytes).sum::<usize>();
        assert!((3 << 20..=4 << 20).contains(&bytes(&room)), "{}", bytes(&room));
        let refused = room.pattern(Some(&greedy), "/[^\\x00]{130}/").err().expect("it has its half");
        assert_eq!(refused.code(), Code::TooMany);
        assert!(room.pattern(Some(&honest), "/a first one: [0-9]+/").is_ok());
        // It may use the patterns that it has already as often as it likes.
        let again: Vec<_> = (0..1000).filter_map(|_| room.pattern(Some(&greedy), &held[0].text).ok()).collect();
        assert_eq!(again.len(), 1000);
        drop((held, again));
        assert_eq!(bytes(&room), 0);
        assert!(room.kept().is_empty(), "nobody is remembered for good");
    }

    #[test]
    fn callers_that_cannot_be_told_apart_have_all_of_it() {
        let room = Room::of(8 << 20);
        let held = fill(&room, None);
        let bytes: usize = held.iter().map(|kept| kept.bytes).sum();
        assert!((7 << 20..=8 << 20).contains(&bytes), "{bytes}");
        assert!(
            room.pattern(Some(&holder("late")), "/[0-9]+/").is_ok_and(|kept| kept.fits("1")),
            "a small one fits in"
        );
    }

    #[test]
    fn a_text_counts_as_well() {
        let room = Room::of(4 << 10);
        let held: Vec<_> = (0..100).map_while(|number| room.pattern(None, &format!("{number:01000}")).ok()).collect();
        assert_eq!(held.len(), 1);
    }
}
