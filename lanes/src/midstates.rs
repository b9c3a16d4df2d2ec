//! A key as HMAC starts from it.

use std::marker::PhantomData;

use zeroize::{Zeroize, Zeroizing};

use crate::engine::{Engine, Kind};
use crate::hash::{Hash, State};

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
        let mut block = Zeroizing::new([0; 64]);
        match block.get_mut(..key.len()) {
            Some(start) => start.copy_from_slice(key),
            None => H::digest(key, &mut *block),
        }
        let mut pads = Zeroizing::new([*block, *block]);
        for (pad, with) in pads.iter_mut().zip([0x36, 0x5c]) {
            pad.iter_mut().for_each(|byte| *byte ^= with);
        }
        let mut states = Zeroizing::new([H::INITIAL; 2]);
        match engine.0 {
            Kind::Portable => states.iter_mut().zip(&*pads).for_each(|(state, pad)| H::compress(state, pad)),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the engine proves that the processor has the SHA extensions.
            _ => unsafe { crate::x86::sha_ni::compress_pair::<H>(&mut states, &pads) },
        }
        Self::from_states(&states[0], &states[1])
    }

    /// The HMAC of a message: `Function::LEN` bytes of what is returned, the rest are zero. For many short messages that
    /// have much in common use a [`Plan`](crate::Plan).
    #[must_use]
    pub fn mac(&self, engine: Engine, message: &[u8]) -> Zeroizing<[u8; 32]> {
        let (blocks, rest) = message.as_chunks::<64>();
        let mut end = Zeroizing::new([[0; 64]; 2]);
        let bytes = end.as_flattened_mut();
        bytes[..rest.len()].copy_from_slice(rest);
        bytes[rest.len()] = 0x80;
        let used = if rest.len() < 56 { 1 } else { 2 };
        bytes[64 * used - 8..64 * used].copy_from_slice(&(8 * (64 + message.len() as u64)).to_be_bytes());

        let digest = Zeroizing::new(match engine.0 {
            Kind::Portable => {
                let mut inner = self.inner();
                blocks.iter().chain(&end[..used]).for_each(|block| H::compress(&mut inner, block));
                outer::<H>(&inner, &mut self.outer())
            }
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the engine proves that the processor has the SHA extensions.
            _ => unsafe { crate::x86::sha_ni::mac(self, blocks.iter().chain(&end[..used])) },
        });
        let mut mac = Zeroizing::new([0; 32]);
        for (bytes, word) in mac[..H::LEN].chunks_exact_mut(4).zip(&*digest) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        mac
    }

    pub(crate) fn from_states(inner: &State, outer: &State) -> Self {
        let place = |index: usize| {
            let state = if index < 8 { inner } else { outer };
            state[H::ORDER[index % 8]]
        };
        Self { words: std::array::from_fn(place), hash: PhantomData }
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
    let mut block = Zeroizing::new([0; 64]);
    for (bytes, word) in block[..H::LEN].chunks_exact_mut(4).zip(inner) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    block[H::LEN] = 0x80;
    block[56..].copy_from_slice(&(8 * (64 + H::LEN as u64)).to_be_bytes());
    H::compress(outer, &block);
    *outer
}

impl<H> Drop for Midstates<H> {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}
