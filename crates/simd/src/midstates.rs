//! A key as HMAC starts from it.

use core::marker::PhantomData;

use crate::engine::{Engine, Kind};
use crate::hash::{Hash, State};
use crate::wipe::Wiped;

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

impl<H: Hash> Midstates<H> {
    /// Prepares a key of any length.
    #[must_use]
    pub fn new(engine: Engine, key: &[u8]) -> Self {
        let mut block = Wiped([0; 64]);
        match block.get_mut(..key.len()) {
            Some(start) => start.copy_from_slice(key),
            None => H::digest(key, &mut *block),
        }
        let pads = [0x36, 0x5c].map(|with| Wiped(block.map(|byte| byte ^ with)));
        let mut states = [Wiped(H::INITIAL), Wiped(H::INITIAL)];
        match engine.0 {
            Kind::Portable => states.iter_mut().zip(&pads).for_each(|(state, pad)| H::compress(state, pad)),
            #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
            // SAFETY: the engine proves that the processor has the SHA extensions.
            _ => unsafe {
                let [inner, outer] = &mut states;
                crate::x86::sha_ni::compress_pair::<H>([&mut *inner, &mut *outer], pads.each_ref().map(|pad| &pad.0));
            },
        }
        Self::from_states(&states[0], &states[1])
    }

    /// The HMAC of a message, in the first 20 or 32 bytes; the rest are zero. For many short messages that have much in
    /// common use a [`Plan`](crate::Plan).
    #[must_use]
    pub fn mac(&self, engine: Engine, message: &[u8]) -> [u8; 32] {
        let (blocks, rest) = message.as_chunks::<64>();
        let mut end = Wiped([0; 128]);
        end[..rest.len()].copy_from_slice(rest);
        end[rest.len()] = 0x80;
        let used = if rest.len() < 56 { 64 } else { 128 };
        end[used - 8..used].copy_from_slice(&(8 * (64 + message.len() as u64)).to_be_bytes());
        let blocks = blocks.iter().chain(end[..used].as_chunks().0);

        let digest = match engine.0 {
            Kind::Portable => {
                let mut inner = Wiped(self.inner());
                blocks.for_each(|block| H::compress(&mut inner, block));
                outer::<H>(&inner, &mut self.outer())
            }
            #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
            // SAFETY: the engine proves that the processor has the SHA extensions.
            _ => unsafe { crate::x86::sha_ni::mac(self, blocks) },
        };
        let mut mac = [0; 32];
        for (bytes, word) in mac[..H::LEN].as_chunks_mut().0.iter_mut().zip(digest) {
            *bytes = word.to_be_bytes();
        }
        mac
    }

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

/// Finishes an HMAC by the block around the inner digest.
pub(crate) fn outer<H: Hash>(inner: &State, outer: &mut State) -> State {
    let mut block = Wiped([0; 64]);
    for (bytes, word) in block[..H::LEN].as_chunks_mut().0.iter_mut().zip(inner) {
        *bytes = word.to_be_bytes();
    }
    block[H::LEN] = 0x80;
    block[56..].copy_from_slice(&(8 * (64 + H::LEN as u64)).to_be_bytes());
    H::compress(outer, &block);
    *outer
}

impl<H> Drop for Midstates<H> {
    fn drop(&mut self) {
        self.words = [0; 16];
        zeroize::optimization_barrier(&self.words);
    }
}
