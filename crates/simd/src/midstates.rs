//! A key as HMAC starts from it.

use core::marker::PhantomData;

use crate::hash::{Function, State};

/// The two states that HMAC reaches by a key alone, inner and outer: 64 bytes, one line of cache.
///
/// They are as good as the key and treated as such: wiped when dropped, never printed, never written anywhere. They save
/// two of a short message's four to six compressions.
#[repr(C, align(64))]
pub struct Midstates<H> {
    /// Inner, then outer; each in the order of `Function::ORDER`.
    pub(crate) words: [u32; 16],
    hash: PhantomData<H>,
}

impl<H: Function> Midstates<H> {
    pub(crate) fn from_states(inner: &State, outer: &State) -> Self {
        let place = |index: usize| {
            let state = if index < 8 { inner } else { outer };
            state[H::ORDER[index % 8]]
        };
        Self { words: core::array::from_fn(place), hash: PhantomData }
    }

    pub(crate) fn inner(&self) -> State {
        self.state(0)
    }

    pub(crate) fn outer(&self) -> State {
        self.state(8)
    }

    fn state(&self, from: usize) -> State {
        let mut state = [0; 8];
        for (index, place) in H::ORDER.into_iter().enumerate() {
            state[place] = self.words[from + index];
        }
        state
    }
}

impl<H> Drop for Midstates<H> {
    fn drop(&mut self) {
        self.words = [0; 16];
        zeroize::optimization_barrier(&self.words);
    }
}
