//! One check, many, and windows: what is safe to call, and which kernel it takes.

use subtle::ConstantTimeEq;

use crate::engine::{Engine, Kind};
use crate::engines::Hash;
use crate::hash::State;
use crate::midstates::Midstates;
use crate::plan::{Block, PAD, Plan};
use crate::truncate::{Remainder, dynamic};
use crate::wipe::Wiped;

impl<H: Hash> Midstates<H> {
    /// Prepares a key of any length.
    #[must_use]
    pub fn new(engine: Engine, key: &[u8]) -> Self {
        let pads = pads::<H>(key);
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
        let mut mac = [0; 32];
        for (bytes, word) in mac[..H::LEN].as_chunks_mut().0.iter_mut().zip(self.digest(engine, message)) {
            *bytes = word.to_be_bytes();
        }
        mac
    }

    fn digest(&self, engine: Engine, message: &[u8]) -> State {
        let (blocks, rest) = message.as_chunks::<64>();
        let mut end = Wiped([0; 128]);
        end[..rest.len()].copy_from_slice(rest);
        end[rest.len()] = 0x80;
        let used = if rest.len() < 56 { 64 } else { 128 };
        end[used - 8..used].copy_from_slice(&(8 * (64 + message.len() as u64)).to_be_bytes());
        let blocks = blocks.iter().chain(end[..used].as_chunks().0);

        match engine.0 {
            Kind::Portable => {
                let mut inner = Wiped(self.inner());
                blocks.for_each(|block| H::compress(&mut inner, block));
                outer::<H>(&inner, &mut self.outer())
            }
            #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
            // SAFETY: the engine proves that the processor has the SHA extensions.
            _ => unsafe { crate::x86::sha_ni::mac(self, blocks) },
        }
    }
}

/// The decimal values of HOTP (RFC 4226, section 5.3) for consecutive counters, the first of them `from`; after 2^64-1 comes 0.
///
/// For a key that is not kept. A few counters need no [`Plan`]: to compile one takes longer than to use it.
pub fn counters<H: Hash>(engine: Engine, key: &[u8], from: u64, digits: u8, values: &mut [u32]) {
    let remainder = Remainder::of_digits(digits);
    let reduce = |digest: &State| remainder.of(dynamic(digest, digest[H::LEN / 4 - 1]));
    let few = values.len() < WORTH_SIXTEEN;
    match engine.0 {
        #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
        Kind::ShaNiPair | Kind::Avx512 if few || engine.0 == Kind::ShaNiPair => {
            let pads = pads::<H>(key);
            // SAFETY: the engine proves the SHA extensions.
            unsafe {
                let key = crate::x86::sha_ni::key::<H>(pads.each_ref().map(|pad| &pad.0));
                crate::x86::sha_ni::counters::<H>(&key, from, values, reduce);
            }
        }
        _ if few => {
            let key = Midstates::<H>::new(engine, key);
            for (ahead, value) in (0..).zip(values) {
                *value = reduce(&key.digest(engine, &u64::wrapping_add(from, ahead).to_be_bytes()));
            }
        }
        _ => {
            let plan = Plan::<H>::new(&[0; 8], 0..8, core::slice::from_ref(&(0..8)), digits);
            plan.window(engine, &Midstates::new(engine, key), from, values);
        }
    }
}

/// The blocks that a key makes of itself, inner and outer (RFC 2104).
fn pads<H: Hash>(key: &[u8]) -> [Wiped<u8, 64>; 2] {
    let mut block = Wiped([0; 64]);
    match block.get_mut(..key.len()) {
        Some(start) => start.copy_from_slice(key),
        None => H::digest(key, &mut *block),
    }
    [0x36, 0x5c].map(|with| Wiped(block.map(|byte| byte ^ with)))
}

/// One response to check.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The index of the key.
    pub key: usize,
    /// The message's own bytes, as [`Field::padded`](crate::Field::padded) gives them.
    pub field: &'a [u8],
    /// The value of the response's digits; anything from 2^31 on is never right.
    pub expected: u32,
}

/// From how many checks on the sixteen lanes are used, half of them idle.
const WORTH_SIXTEEN: usize = 8;

/// How far ahead of their use keys are asked for: a table that does not fit the caches costs a wait for each, else.
const AHEAD: usize = 64;

/// A table of so many keys stays in the caches by itself.
const IN_CACHE: usize = 512;

impl<H: Hash> Plan<H> {
    /// The decimal value of one message's response.
    ///
    /// # Panics
    ///
    /// When the field has not [`Plan::padded_len`] bytes.
    #[must_use]
    pub fn value(&self, engine: Engine, key: &Midstates<H>, field: &[u8]) -> u32 {
        self.check_field(field);
        self.reduce(&mac(engine, &self.blocks, key, field))
    }

    /// Checks `verdicts.len()` responses, the one that `request` gives for an index into the verdict at that index.
    ///
    /// `request` may be asked for an index twice, since keys are fetched ahead: they may lie anywhere in a table of
    /// millions. The time depends on the number of requests alone.
    ///
    /// # Panics
    ///
    /// When a request names a key that is not there, or its field has not [`Plan::padded_len`] bytes.
    pub fn check<'a>(
        &self,
        engine: Engine,
        keys: &[Midstates<H>],
        request: impl Fn(usize) -> Request<'a>,
        verdicts: &mut [bool],
    ) {
        let fetch = |index: usize| prefetch(&keys[request(index).key]);
        let fetches = if keys.len() > IN_CACHE { verdicts.len() } else { 0 };
        (0..fetches.min(AHEAD)).for_each(fetch);
        for (group, verdicts) in verdicts.chunks_mut(16).enumerate() {
            let from = 16 * group;
            (from + AHEAD..fetches.min(from + AHEAD + 16)).for_each(fetch);
            self.check_group(engine, keys, |index| request(from + index), verdicts);
        }
    }

    /// Up to sixteen.
    fn check_group<'a>(
        &self,
        engine: Engine,
        keys: &[Midstates<H>],
        request: impl Fn(usize) -> Request<'a>,
        verdicts: &mut [bool],
    ) {
        let checked = |index| {
            let request: Request<'a> = request(index);
            self.check_field(request.field);
            (&keys[request.key], request.field, request.expected)
        };
        #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
        {
            use core::array::from_fn;

            let count = verdicts.len();
            if engine.0 == Kind::Avx512 && count >= WORTH_SIXTEEN {
                // Idle lanes repeat the last request.
                let requests: [_; 16] = from_fn(|lane| checked(lane.min(count - 1)));
                let (keys, fields) = (requests.map(|request| request.0), requests.map(|request| request.1));
                let expected = requests.map(|request| request.2);
                // SAFETY: the engine proves AVX-512 F and BW, the fields have the plan's length.
                let right = unsafe { crate::x86::avx512::check(self, &keys, &fields, &expected) };
                for (lane, verdict) in verdicts.iter_mut().enumerate() {
                    *verdict = right >> lane & 1 != 0;
                }
                return;
            }
            if matches!(engine.0, Kind::ShaNiPair | Kind::Avx512) {
                let (pairs, rest) = verdicts.as_chunks_mut::<2>();
                let done = 2 * pairs.len();
                for (index, pair) in pairs.iter_mut().enumerate() {
                    let requests = [checked(2 * index), checked(2 * index + 1)];
                    let (keys, fields) = (requests.map(|request| request.0), requests.map(|request| request.1));
                    // SAFETY: the engine proves the SHA extensions, the fields have the plan's length.
                    let digests = unsafe { crate::x86::sha_ni::macs(&self.blocks, keys, fields) };
                    *pair = from_fn(|n| self.reduce(&digests[n]).ct_eq(&requests[n].2).into());
                }
                for verdict in rest {
                    let (key, field, expected) = checked(done);
                    *verdict = self.value(engine, key, field).ct_eq(&expected).into();
                }
                return;
            }
        }
        for (index, verdict) in verdicts.iter_mut().enumerate() {
            let (key, field, expected) = checked(index);
            *verdict = self.value(engine, key, field).ct_eq(&expected).into();
        }
    }

    /// The decimal values of responses to consecutive counters, the first of them `from`, after 2^64-1 comes 0.
    ///
    /// The field of this plan is the counter: eight bytes.
    ///
    /// # Panics
    ///
    /// When the field has another length.
    pub fn window(&self, engine: Engine, key: &Midstates<H>, from: u64, values: &mut [u32]) {
        assert_eq!(self.field_len, 8, "the field is a counter");
        let (lead, blocks) = self.blocks.split_at(self.lead());
        // What comes before the counter is the same for all: it is made a part of the key.
        let mut inner = Wiped(key.inner());
        lead.iter().for_each(|block| H::compress(&mut inner, &block.template.0));
        let key = &Midstates::<H>::from_states(&inner, &key.outer());

        let counters = |index: usize| from.wrapping_add(index as u64);
        #[cfg_attr(
            not(all(feature = "kernels", target_arch = "x86_64")),
            expect(unused_mut, reason = "only kernels compute some")
        )]
        let mut done = 0;
        #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
        {
            while engine.0 == Kind::Avx512 && values.len() - done >= WORTH_SIXTEEN {
                // SAFETY: the engine proves AVX-512 F and BW.
                let sixteen = unsafe { crate::x86::avx512::window(self, blocks, key, counters(done)) };
                let count = sixteen.len().min(values.len() - done);
                values[done..done + count].copy_from_slice(&sixteen[..count]);
                done += count;
            }
            if self.is_counter && matches!(engine.0, Kind::ShaNiPair | Kind::Avx512) {
                // SAFETY: the engine proves the SHA extensions.
                return unsafe {
                    let key = crate::x86::sha_ni::kept(key);
                    crate::x86::sha_ni::counters::<H>(&key, counters(done), &mut values[done..], |digest| {
                        self.reduce(digest)
                    });
                };
            }
            while matches!(engine.0, Kind::ShaNiPair | Kind::Avx512) && values.len() - done >= 2 {
                let fields = [counter_field(counters(done)), counter_field(counters(done + 1))];
                // SAFETY: the engine proves the SHA extensions, the fields have the plan's length.
                let digests =
                    unsafe { crate::x86::sha_ni::macs(blocks, [key, key], fields.each_ref().map(|field| &field[..])) };
                values[done..done + 2].copy_from_slice(&digests.map(|digest| self.reduce(&digest)));
                done += 2;
            }
        }
        for (index, value) in values.iter_mut().enumerate().skip(done) {
            let field = counter_field(counters(index));
            *value = self.reduce(&mac(engine, blocks, key, &field));
        }
    }

    fn reduce(&self, digest: &State) -> u32 {
        self.remainder.of(dynamic(digest, digest[H::LEN / 4 - 1]))
    }

    fn check_field(&self, field: &[u8]) {
        assert_eq!(field.len(), self.padded_len(), "a field of the plan's length");
    }
}

/// The HMAC of one message; the field has the length that the plan of `blocks` asks for.
fn mac<H: Hash>(engine: Engine, blocks: &[Block], key: &Midstates<H>, field: &[u8]) -> State {
    match engine.0 {
        Kind::Portable => {
            let mut inner = Wiped(key.inner());
            for block in blocks {
                H::compress(&mut inner, &Wiped(block.fill(field)));
            }
            outer::<H>(&inner, &mut key.outer())
        }
        #[cfg(all(feature = "kernels", target_arch = "x86_64"))]
        _ => {
            // SAFETY: the engine proves the SHA extensions, the field has the plan's length.
            let [digest] = unsafe { crate::x86::sha_ni::macs(blocks, [key], [field]) };
            digest
        }
    }
}

/// Finishes an HMAC by the block around the inner digest.
fn outer<H: Hash>(inner: &State, outer: &mut State) -> State {
    let mut block = Wiped([0; 64]);
    for (bytes, word) in block[..H::LEN].as_chunks_mut().0.iter_mut().zip(inner) {
        *bytes = word.to_be_bytes();
    }
    block[H::LEN] = 0x80;
    block[56..].copy_from_slice(&(8 * (64 + H::LEN as u64)).to_be_bytes());
    H::compress(outer, &block);
    *outer
}

fn counter_field(counter: u64) -> [u8; 8 + 2 * PAD] {
    let mut field = [0; 8 + 2 * PAD];
    field[PAD..PAD + 8].copy_from_slice(&counter.to_be_bytes());
    field
}

#[cfg(all(feature = "kernels", target_arch = "x86_64"))]
fn prefetch<T>(what: &T) {
    use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

    // SAFETY: every x86-64 processor has the instruction, and it changes nothing that a program can see.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(what).cast()) }
}

#[cfg(not(all(feature = "kernels", target_arch = "x86_64")))]
fn prefetch<T>(_: &T) {}
