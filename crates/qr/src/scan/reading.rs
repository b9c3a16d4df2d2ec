//! The common part of the readers: their findings, and the handling of their panics. Images are not trusted.

use std::cell::Cell;
use std::panic::{UnwindSafe, catch_unwind};

use crate::Symbol;
use crate::scan::grey::track::Laid;

/// The finding of a reader.
#[derive(Default)]
pub(super) struct Reading {
    pub symbols: Vec<Symbol>,
    pub sighting: Option<Sighting>,
    /// The place of a symbol whose modules could not be decoded.
    pub laid: Option<Laid>,
}

/// A symbol that was seen and not read.
#[derive(Clone, Copy)]
pub(super) struct Sighting {
    pub module_px: f32,
    /// How sure it is, up to 1.
    pub likeness: f32,
}

impl Reading {
    /// Keeps the surer sighting.
    pub(super) fn see(&mut self, sighting: Sighting) {
        if self.sighting.is_none_or(|known| known.likeness < sighting.likeness) {
            self.sighting = Some(sighting);
        }
    }
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a decoder. A panic there is caught and means "not read": a program that sets a
/// panic hook may keep it silent.
#[must_use]
pub fn decoding() -> bool {
    GUARDED.get()
}

/// Runs a reader; `None` if it panicked.
pub(super) fn guarded<T>(work: impl FnOnce() -> T + UnwindSafe) -> Option<T> {
    let outer = GUARDED.replace(true);
    let result = catch_unwind(work);
    GUARDED.set(outer);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_in_a_decoder_means_not_read() {
        assert!(!decoding());
        let seen = Cell::new(false);
        let result: Option<()> = guarded(std::panic::AssertUnwindSafe(|| {
            seen.set(decoding());
            std::panic::resume_unwind(Box::new("a decoder's bug"));
        }));
        assert_eq!(result, None);
        assert!(seen.get() && !decoding());
    }
}
