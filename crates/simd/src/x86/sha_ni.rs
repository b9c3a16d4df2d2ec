//! One block, or several interleaved, by the SHA extensions.
//!
//! A round waits four cycles for the one before, and another stream's round can start in the third: one stream runs at
//! the latency of the instruction, two nearly at its throughput. More than two do not fit the sixteen registers.

use core::arch::x86_64::*;

use crate::hash::{Function, SHA256_K, Schedule, Sha1, Sha256, State};
use crate::midstates::Midstates;
use crate::plan::Block;

/// A state as the instructions take it: for SHA-1 `abcd` and `e000`, for SHA-256 `abef` and `cdgh`, highest word first.
pub type Pair = [__m128i; 2];

/// The sixteen words of a block, four to a register.
pub type Words = [__m128i; 4];

/// What the SHA extensions do for one hash function.
///
/// # Safety
///
/// Every function needs a processor with SHA, SSE4.1 and SSSE3.
pub trait Kernel {
    /// Makes words of sixteen bytes of a message.
    unsafe fn words(bytes: __m128i) -> __m128i;

    /// Takes one block into each state.
    unsafe fn blocks<const N: usize>(states: &mut [Pair; N], words: &mut [Words; N]);

    /// Takes a block into each state that is the same for all.
    unsafe fn same<const N: usize>(states: &mut [Pair; N], block: &Block, schedule: &Schedule);

    /// The block of a counter, behind that of the key.
    unsafe fn counter(counter: u64) -> Words;

    /// The block around an inner digest.
    unsafe fn outer(inner: Pair) -> Words;

    /// The state's words in their order.
    unsafe fn state(pair: Pair) -> State;
}

/// The HMACs of messages that share a plan: `blocks` are all of its blocks from where the midstates stand.
///
/// # Safety
///
/// The processor has SHA, SSE4.1 and SSSE3, and each field the length that the plan asks for.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub unsafe fn macs<H: Function + Kernel, const N: usize>(
    blocks: &[Block],
    keys: [&Midstates<H>; N],
    fields: [&[u8]; N],
) -> [State; N] {
    // SAFETY: as above; a midstate is 64 bytes, aligned to as many.
    let (mut inner, mut outer) = unsafe { (keys.map(|key| load(key, 0)), keys.map(|key| load(key, 2))) };
    for block in blocks {
        match &block.schedule {
            // SAFETY: as above.
            Some(schedule) => unsafe { H::same(&mut inner, block, schedule) },
            None => {
                // SAFETY: as above; a plan's places have sixteen bytes of a padded field behind them.
                let mut words = fields.map(|field| unsafe { own_words::<H>(block, field) });
                // SAFETY: as above.
                unsafe { H::blocks(&mut inner, &mut words) };
            }
        }
    }
    // SAFETY: as above.
    unsafe {
        let mut words = inner.map(|inner| H::outer(inner));
        H::blocks(&mut outer, &mut words);
        outer.map(|outer| H::state(outer))
    }
}

/// The HMAC of one message, given in whole blocks.
///
/// # Safety
///
/// The processor has SHA, SSE4.1 and SSSE3.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub unsafe fn mac<'a, H: Function + Kernel>(key: &Midstates<H>, blocks: impl Iterator<Item = &'a [u8; 64]>) -> State {
    // SAFETY: as above; a midstate is 64 bytes, aligned to as many.
    let (mut inner, mut outer) = unsafe { ([load(key, 0)], [load(key, 2)]) };
    for block in blocks {
        // SAFETY: as above.
        unsafe { H::blocks(&mut inner, &mut [block_words::<H>(block)]) };
    }
    // SAFETY: as above.
    unsafe {
        H::blocks(&mut outer, &mut [H::outer(inner[0])]);
        H::state(outer[0])
    }
}

/// Takes a block into each of two states.
///
/// # Safety
///
/// The processor has SHA, SSE4.1 and SSSE3.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub unsafe fn compress_pair<H: Function + Kernel>(states: [&mut State; 2], blocks: [&[u8; 64]; 2]) {
    // SAFETY: as above; the two registers are all of eight words.
    unsafe {
        let mut pairs = states.each_ref().map(|state| {
            let words: [u32; 8] = H::ORDER.map(|place| state[place]);
            let from = words.as_ptr().cast::<__m128i>();
            [_mm_loadu_si128(from), _mm_loadu_si128(from.add(1))]
        });
        H::blocks(&mut pairs, &mut blocks.map(|block| block_words::<H>(block)));
        for (state, pair) in states.into_iter().zip(pairs) {
            *state = H::state(pair);
        }
    }
}

/// HMAC's inner and outer state, wiped once they are used.
pub struct Key([Pair; 2]);

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: integers, of which zero is one.
        self.0 = unsafe { core::mem::zeroed() };
        zeroize::optimization_barrier(&self.0);
    }
}

/// The key that makes these blocks of itself.
///
/// # Safety
///
/// The processor has SHA, SSE4.1 and SSSE3.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub unsafe fn key<H: Function + Kernel>(pads: [&[u8; 64]; 2]) -> Key {
    let initial: State = H::ORDER.map(|place| H::INITIAL[place]);
    let initial = initial.as_ptr().cast::<__m128i>();
    // SAFETY: as above; the two registers are all of eight words.
    unsafe {
        let mut key = Key([[_mm_loadu_si128(initial), _mm_loadu_si128(initial.add(1))]; 2]);
        H::blocks(&mut key.0, &mut pads.map(|pad| block_words::<H>(pad)));
        key
    }
}

/// A key that was kept.
///
/// # Safety
///
/// The processor has SSE2.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub unsafe fn kept<H>(key: &Midstates<H>) -> Key {
    // SAFETY: as above; a midstate is 64 bytes, aligned to as many.
    unsafe { Key([load(key, 0), load(key, 2)]) }
}

/// Gives the HMACs of as many consecutive counters as there are values.
///
/// Each compression waits for itself, so those that do not need one another go side by side: four counters' inner ones, then their
/// outer ones. Four streams leave the registers, and are quicker than two all the same.
///
/// # Safety
///
/// The processor has SHA, SSE4.1 and SSSE3.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub unsafe fn counters<H: Function + Kernel>(key: &Key, from: u64, values: &mut [u32], reduce: impl Fn(&State) -> u32) {
    for (index, values) in values.chunks_mut(4).enumerate() {
        let from = from.wrapping_add(4 * index as u64);
        // SAFETY: as above.
        unsafe {
            match values {
                [one] => *one = reduce(&side_by_side::<H, 1>(key, from)[0]),
                [first, second] => [*first, *second] = side_by_side::<H, 2>(key, from).map(|digest| reduce(&digest)),
                [first, second, third] => {
                    [*first, *second, *third] = side_by_side::<H, 3>(key, from).map(|digest| reduce(&digest));
                }
                _ => values.copy_from_slice(&side_by_side::<H, 4>(key, from).map(|digest| reduce(&digest))),
            }
        }
    }
}

/// # Safety
///
/// The processor has SHA, SSE4.1 and SSSE3.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
unsafe fn side_by_side<H: Function + Kernel, const N: usize>(Key([inner, outer]): &Key, from: u64) -> [State; N] {
    let (mut inner, mut outer) = ([*inner; N], [*outer; N]);
    // SAFETY: as above.
    unsafe {
        H::blocks(&mut inner, &mut core::array::from_fn(|ahead| H::counter(from.wrapping_add(ahead as u64))));
        H::blocks(&mut outer, &mut inner.map(|inner| H::outer(inner)));
        outer.map(|outer| H::state(outer))
    }
}

/// # Safety
///
/// The processor has SSE2; `at` is 0 or 2.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
unsafe fn load<H>(key: &Midstates<H>, at: usize) -> Pair {
    let from = key.words.as_ptr().cast::<__m128i>();
    // SAFETY: four registers are all of the 64 bytes, which are aligned to 64.
    unsafe { [_mm_load_si128(from.add(at)), _mm_load_si128(from.add(at + 1))] }
}

/// # Safety
///
/// The processor has SHA, SSE4.1 and SSSE3, and the field the length that the plan asks for.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
unsafe fn own_words<H: Kernel>(block: &Block, field: &[u8]) -> Words {
    let (template, mask) = (block.template.0.as_ptr().cast::<__m128i>(), block.mask.0.as_ptr().cast::<__m128i>());
    let chunk = |index: usize| {
        // SAFETY: a plan's places have sixteen bytes of a padded field behind them; template and mask are 64 bytes,
        // aligned to as many.
        unsafe {
            let own = _mm_loadu_si128(field.as_ptr().add(block.at[index]).cast());
            let own = _mm_and_si128(own, _mm_load_si128(mask.add(index)));
            H::words(_mm_or_si128(own, _mm_load_si128(template.add(index))))
        }
    };
    [chunk(0), chunk(1), chunk(2), chunk(3)]
}

/// # Safety
///
/// The processor has SHA, SSE4.1 and SSSE3.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
unsafe fn block_words<H: Kernel>(block: &[u8; 64]) -> Words {
    let from = block.as_ptr().cast::<__m128i>();
    // SAFETY: four registers are all of a block.
    let chunk = |index| unsafe { H::words(_mm_loadu_si128(from.add(index))) };
    [chunk(0), chunk(1), chunk(2), chunk(3)]
}

impl Kernel for Sha256 {
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn words(bytes: __m128i) -> __m128i {
        _mm_shuffle_epi8(bytes, _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203))
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn blocks<const N: usize>(states: &mut [Pair; N], words: &mut [Words; N]) {
        let before = *states;
        let constants = SHA256_K.0.as_ptr().cast::<__m128i>();
        // Four rounds, with the four words that they need made from the sixteen before them.
        macro_rules! four {
            ($group:literal) => {
                for (state, words) in states.iter_mut().zip(words.iter_mut()) {
                    const PLACE: usize = $group % 4;
                    if $group >= 4 {
                        let [next, third, last] = [1, 2, 3].map(|ahead| words[(PLACE + ahead) % 4]);
                        let sum =
                            _mm_add_epi32(_mm_sha256msg1_epu32(words[PLACE], next), _mm_alignr_epi8(last, third, 4));
                        words[PLACE] = _mm_sha256msg2_epu32(sum, last);
                    }
                    // SAFETY: sixteen groups of four constants, aligned to 64 bytes.
                    let added = _mm_add_epi32(words[PLACE], unsafe { _mm_load_si128(constants.add($group)) });
                    state[1] = _mm_sha256rnds2_epu32(state[1], state[0], added);
                    state[0] = _mm_sha256rnds2_epu32(state[0], state[1], _mm_shuffle_epi32::<0x0e>(added));
                }
            };
        }
        four!(0);
        four!(1);
        four!(2);
        four!(3);
        four!(4);
        four!(5);
        four!(6);
        four!(7);
        four!(8);
        four!(9);
        four!(10);
        four!(11);
        four!(12);
        four!(13);
        four!(14);
        four!(15);
        for (state, before) in states.iter_mut().zip(&before) {
            *state = [_mm_add_epi32(state[0], before[0]), _mm_add_epi32(state[1], before[1])];
        }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn same<const N: usize>(states: &mut [Pair; N], _: &Block, schedule: &Schedule) {
        let before = *states;
        let from = schedule.0.as_ptr().cast::<__m128i>();
        for group in 0..16 {
            // SAFETY: sixteen groups of four words, aligned to 64 bytes.
            let added = unsafe { _mm_load_si128(from.add(group)) };
            let upper = _mm_shuffle_epi32::<0x0e>(added);
            for state in states.iter_mut() {
                state[1] = _mm_sha256rnds2_epu32(state[1], state[0], added);
            }
            for state in states.iter_mut() {
                state[0] = _mm_sha256rnds2_epu32(state[0], state[1], upper);
            }
        }
        for (state, before) in states.iter_mut().zip(&before) {
            *state = [_mm_add_epi32(state[0], before[0]), _mm_add_epi32(state[1], before[1])];
        }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn outer(inner: Pair) -> Words {
        let [low, high] = in_order(inner);
        [low, high, _mm_set_epi32(0, 0, 0, i32::MIN), _mm_set_epi32(8 * (64 + 32), 0, 0, 0)]
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn counter(counter: u64) -> Words {
        let [zero, start] = [_mm_setzero_si128(), _mm_set_epi32(0, i32::MIN, counter as i32, (counter >> 32) as i32)];
        [start, zero, zero, _mm_set_epi32(8 * (64 + 8), 0, 0, 0)]
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn state(pair: Pair) -> State {
        let mut state = [0; 8];
        let (to, [low, high]) = (state.as_mut_ptr().cast::<__m128i>(), in_order(pair));
        // SAFETY: the two registers are all of eight words.
        unsafe {
            _mm_storeu_si128(to, low);
            _mm_storeu_si128(to.add(1), high);
        }
        state
    }
}

/// `abef` and `cdgh` as `a` to `h`, lowest first.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn in_order([abef, cdgh]: Pair) -> [__m128i; 2] {
    let (feba, dchg) = (_mm_shuffle_epi32::<0x1b>(abef), _mm_shuffle_epi32::<0xb1>(cdgh));
    [_mm_blend_epi16::<0xf0>(feba, dchg), _mm_alignr_epi8::<8>(dchg, feba)]
}

impl Kernel for Sha1 {
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn words(bytes: __m128i) -> __m128i {
        _mm_shuffle_epi8(bytes, _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f))
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn blocks<const N: usize>(states: &mut [Pair; N], words: &mut [Words; N]) {
        let before = *states;
        // Four rounds; `e` of the next four is the `a` of four rounds ago, which is in `state[1]` meanwhile.
        macro_rules! four {
            ($group:literal) => {
                for (state, words) in states.iter_mut().zip(words.iter_mut()) {
                    const PLACE: usize = $group % 4;
                    if $group >= 4 {
                        let [next, third, last] = [1, 2, 3].map(|ahead| words[(PLACE + ahead) % 4]);
                        let mixed = _mm_xor_si128(_mm_sha1msg1_epu32(words[PLACE], next), third);
                        words[PLACE] = _mm_sha1msg2_epu32(mixed, last);
                    }
                    let added = match $group {
                        0 => _mm_add_epi32(state[1], words[PLACE]),
                        _ => _mm_sha1nexte_epu32(state[1], words[PLACE]),
                    };
                    *state = [_mm_sha1rnds4_epu32::<{ $group / 5 }>(state[0], added), state[0]];
                }
            };
        }
        four!(0);
        four!(1);
        four!(2);
        four!(3);
        four!(4);
        four!(5);
        four!(6);
        four!(7);
        four!(8);
        four!(9);
        four!(10);
        four!(11);
        four!(12);
        four!(13);
        four!(14);
        four!(15);
        four!(16);
        four!(17);
        four!(18);
        four!(19);
        for (state, before) in states.iter_mut().zip(&before) {
            *state = [_mm_add_epi32(state[0], before[0]), _mm_sha1nexte_epu32(state[1], before[1])];
        }
    }

    /// The instructions make their schedule beside the rounds, which take longer: there is nothing to save.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn same<const N: usize>(states: &mut [Pair; N], block: &Block, _: &Schedule) {
        // SAFETY: as for this function.
        unsafe {
            let words = block_words::<Self>(&block.template.0);
            Self::blocks(states, &mut [words; N]);
        }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn outer([abcd, e]: Pair) -> Words {
        let e_and_end = _mm_or_si128(e, _mm_set_epi32(0, i32::MIN, 0, 0));
        [abcd, e_and_end, _mm_setzero_si128(), _mm_set_epi32(0, 0, 0, 8 * (64 + 20))]
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn counter(counter: u64) -> Words {
        let [zero, start] = [_mm_setzero_si128(), _mm_set_epi32((counter >> 32) as i32, counter as i32, i32::MIN, 0)];
        [start, zero, zero, _mm_set_epi32(0, 0, 0, 8 * (64 + 8))]
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn state([abcd, e]: Pair) -> State {
        let mut state = [0; 8];
        let to = state.as_mut_ptr().cast::<__m128i>();
        // SAFETY: the two registers are all of eight words.
        unsafe {
            _mm_storeu_si128(to, _mm_shuffle_epi32::<0x1b>(abcd));
            _mm_storeu_si128(to.add(1), _mm_shuffle_epi32::<0x1b>(e));
        }
        state
    }
}
