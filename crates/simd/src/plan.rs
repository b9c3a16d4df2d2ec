//! What the messages of one suite have in common.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ops::Range;

use zeroize::Zeroize;

use crate::hash::{Function, Schedule};
use crate::truncate::Remainder;

/// The bytes before and behind a field, so that a block can be read around either of its ends.
pub const PAD: usize = 16;

/// The bytes that one message has for itself, between two pads: `N` is 2 × [`PAD`] more than they are.
///
/// The pads are never looked at, only loaded. Wiped when dropped.
#[derive(Clone)]
pub struct Field<const N: usize>([u8; N]);

impl<const N: usize> Field<N> {
    /// All zero.
    pub const ZERO: Self = {
        assert!(N >= 2 * PAD, "a field has two pads");
        Self([0; N])
    };

    /// The bytes, without the pads.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0[PAD..N - PAD]
    }

    /// The bytes, to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0[PAD..N - PAD]
    }

    /// The bytes with the pads, as a [`Plan`] takes them.
    #[must_use]
    pub const fn padded(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> Drop for Field<N> {
    fn drop(&mut self) {
        self.0 = [0; N];
        zeroize::optimization_barrier(&self.0);
    }
}

/// Messages of one form, compiled: they are alike but for one field, and of that only some parts differ.
///
/// Blocks that no such part reaches are the same in every message; their schedule is computed here, once.
pub struct Plan<H> {
    pub(crate) blocks: Vec<Block>,
    pub(crate) remainder: Remainder,
    /// The bytes of the field.
    pub(crate) field_len: usize,
    /// Whether the message is a counter and nothing else, as HOTP has it.
    #[cfg_attr(not(all(feature = "kernels", target_arch = "x86_64")), expect(dead_code, reason = "for kernels"))]
    pub(crate) is_counter: bool,
    hash: PhantomData<H>,
}

/// One block of the message, padding included.
pub struct Block {
    /// The bytes that are the same in every message, zero where the others go.
    pub template: Lines,
    /// The words of the template, once.
    pub words: [u32; 16],
    /// Ones where a byte of the field goes.
    pub mask: Lines,
    /// The same, a bit for a byte.
    #[cfg_attr(not(all(feature = "kernels", target_arch = "x86_64")), expect(dead_code, reason = "for kernels"))]
    pub select: u64,
    /// Where in a padded field each 16 bytes are; anywhere where the mask is zero.
    pub at: [usize; 4],
    /// Where in a padded field the block starts, had it only bytes of the field; may lie outside.
    #[cfg_attr(not(all(feature = "kernels", target_arch = "x86_64")), expect(dead_code, reason = "for kernels"))]
    pub start: isize,
    /// For a block without any byte of the field.
    pub schedule: Option<Box<Schedule>>,
}

#[repr(align(64))]
pub struct Lines(pub [u8; 64]);

impl<H: Function> Plan<H> {
    /// Compiles messages of the form of `message`, whose `field` a message may have for itself, though only the bytes in
    /// `parts` (counted from the start of the field) are ever taken from there.
    ///
    /// The result of a check is the last `digits` decimal digits of the truncated HMAC; 10 digits or more are all of it.
    ///
    /// # Panics
    ///
    /// When `field` is not within `message`, or `parts` not within `field`.
    #[must_use]
    pub fn new(message: &[u8], field: Range<usize>, parts: &[Range<usize>], digits: u8) -> Self {
        assert!(field.start <= field.end && field.end <= message.len(), "the field is a part of the message");
        assert!(parts.iter().all(|part| part.end <= field.len()), "the parts are parts of the field");
        let mut bytes = message.to_vec();
        let mut varies = vec![false; bytes.len()];
        for part in parts {
            let part = field.start + part.start..field.start + part.end;
            bytes[part.clone()].fill(0);
            varies[part].fill(true);
        }
        bytes.push(0x80);
        bytes.resize((bytes.len() + 8).next_multiple_of(64), 0);
        let bits = 8 * (64 + message.len() as u64);
        bytes.last_chunk_mut::<8>().expect("a block at least").copy_from_slice(&bits.to_be_bytes());
        varies.resize(bytes.len(), false);

        let blocks = bytes.as_chunks().0.iter().zip(varies.as_chunks().0).enumerate();
        let blocks = blocks.map(|(index, (bytes, varies))| {
            Block::new::<H>(bytes, varies, (64 * index) as isize - field.start as isize, field.len())
        });
        let this = Self {
            blocks: blocks.collect(),
            remainder: Remainder::of_digits(digits),
            field_len: field.len(),
            is_counter: message.len() == 8 && parts.contains(&(0..8)),
            hash: PhantomData,
        };
        bytes.zeroize();
        this
    }

    /// The bytes of a field as this plan takes it, pads included.
    #[must_use]
    pub const fn padded_len(&self) -> usize {
        self.field_len + 2 * PAD
    }

    /// How many blocks come before the first that differs: for a given key they need to be computed once only.
    pub(crate) fn lead(&self) -> usize {
        self.blocks.iter().take_while(|block| block.schedule.is_some()).count()
    }
}

impl Block {
    /// `start` is the place of the block's first byte in the field.
    fn new<H: Function>(bytes: &[u8; 64], varies: &[bool; 64], start: isize, field_len: usize) -> Self {
        let words = core::array::from_fn(|index| u32::from_be_bytes(bytes.as_chunks().0[index]));
        let select = varies.iter().rev().fold(0, |bits, &varies| bits << 1 | u64::from(varies));
        let start = start + PAD as isize;
        Self {
            template: Lines(*bytes),
            words,
            mask: Lines(varies.map(|varies| if varies { 0xff } else { 0 })),
            select,
            // 16 bytes that hold any of the field's begin in its front pad at the earliest and end in its back pad.
            at: core::array::from_fn(|chunk| {
                (start + 16 * chunk as isize).clamp(0, (field_len + PAD) as isize) as usize
            }),
            start,
            schedule: (select == 0).then(|| Box::new(H::schedule(&words))),
        }
    }

    /// The whole block of one message, for the portable engine.
    pub fn fill(&self, field: &[u8]) -> [u8; 64] {
        let mut block = self.template.0;
        for (chunk, at) in self.at.into_iter().enumerate() {
            let here = 16 * chunk..16 * chunk + 16;
            for ((byte, mask), own) in block[here.clone()].iter_mut().zip(&self.mask.0[here]).zip(&field[at..at + 16]) {
                *byte |= mask & own;
            }
        }
        block
    }
}

/// A message may hold a PIN's hash.
impl Drop for Block {
    fn drop(&mut self) {
        self.template.0.zeroize();
        self.words.zeroize();
    }
}
