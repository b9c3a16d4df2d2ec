//! Sixteen messages at a time, one in each 32-bit lane of AVX-512.

use core::arch::x86_64::*;

use crate::hash::{Function, SHA1_K, SHA256_K, Schedule, Sha1, Sha256};
use crate::midstates::Midstates;
use crate::plan::{Block, Plan};

/// One word of each of sixteen messages.
type V = __m512i;

/// What AVX-512 does for one hash function. Of a state of SHA-1 the first five words are used.
///
/// # Safety
///
/// Every function needs a processor with AVX-512 F and BW.
pub trait Kernel {
    /// Takes a block into each state; the words are left in disorder.
    unsafe fn block(state: &mut [V; 8], words: &mut [V; 16]);

    /// Takes a block that is the same for all into each state.
    unsafe fn scheduled(state: &mut [V; 8], schedule: &Schedule);
}

/// Checks sixteen responses: bit `n` of the result is the verdict on the `n`-th.
///
/// # Safety
///
/// The processor has AVX-512 F and BW, and each field the length that the plan asks for.
#[target_feature(enable = "avx512f,avx512bw")]
pub unsafe fn check<H: Function + Kernel>(
    plan: &Plan<H>,
    keys: &[&Midstates<H>; 16],
    fields: &[&[u8]; 16],
    expected: &[u32; 16],
) -> u16 {
    // SAFETY: a midstate is 64 bytes, aligned to as many.
    let rows = keys.map(|key| unsafe { _mm512_load_si512(key.words.as_ptr().cast()) });
    let columns = transposed(rows);
    let zero = _mm512_setzero_si512();
    let (mut inner, mut outer) = ([zero; 8], [zero; 8]);
    for (index, place) in H::ORDER.into_iter().enumerate() {
        inner[place] = columns[index];
        outer[place] = columns[8 + index];
    }
    for block in &plan.blocks {
        match &block.schedule {
            // SAFETY: as for this function.
            Some(schedule) => unsafe { H::scheduled(&mut inner, schedule) },
            // SAFETY: as for this function.
            None => unsafe { H::block(&mut inner, &mut own_words(block, fields)) },
        }
    }
    // SAFETY: as for this function; sixteen words are 64 bytes.
    unsafe {
        let values = values(plan, &inner, &mut outer);
        _mm512_cmpeq_epi32_mask(values, _mm512_loadu_si512(expected.as_ptr().cast()))
    }
}

/// The values of sixteen consecutive counters under one key; `blocks` are the plan's from where the midstates stand.
///
/// # Safety
///
/// The processor has AVX-512 F and BW, and the field of the plan is a counter.
#[target_feature(enable = "avx512f,avx512bw")]
pub unsafe fn window<H: Function + Kernel>(
    plan: &Plan<H>,
    blocks: &[Block],
    key: &Midstates<H>,
    from: u64,
) -> [u32; 16] {
    let zero = _mm512_setzero_si512();
    let (mut inner, mut outer) = ([zero; 8], [zero; 8]);
    for (index, place) in H::ORDER.into_iter().enumerate() {
        inner[place] = broadcast(key.words[index]);
        outer[place] = broadcast(key.words[8 + index]);
    }
    let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    let (high, low) = (broadcast((from >> 32) as u32), broadcast(from as u32));
    let sum = _mm512_add_epi32(low, lanes);
    let carry = _mm512_cmplt_epu32_mask(sum, low);
    let counter = [_mm512_mask_add_epi32(high, carry, high, broadcast(1)), sum];

    for block in blocks {
        match &block.schedule {
            // SAFETY: as for this function.
            Some(schedule) => unsafe { H::scheduled(&mut inner, schedule) },
            None => {
                let mut words = block.words.map(|word| broadcast(word));
                put_counter(&mut words, block, counter);
                // SAFETY: as for this function.
                unsafe { H::block(&mut inner, &mut words) };
            }
        }
    }
    let mut found = [0; 16];
    // SAFETY: as for this function; sixteen words are 64 bytes.
    unsafe {
        let values = values(plan, &inner, &mut outer);
        _mm512_storeu_si512(found.as_mut_ptr().cast(), values);
    }
    found
}

/// Puts the eight bytes where the block has them: at any byte, and maybe across its edges.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn put_counter(words: &mut [V; 16], block: &Block, [high, low]: [V; 2]) {
    // Where the counter begins, counted from the start of the block.
    let place = crate::PAD as isize - block.start;
    let right = 8 * place.rem_euclid(4) as i32;
    let (right, left) = (_mm_cvtsi32_si128(right), _mm_cvtsi32_si128(32 - right));
    let parts = [
        _mm512_srl_epi32(high, right),
        _mm512_or_si512(_mm512_sll_epi32(high, left), _mm512_srl_epi32(low, right)),
        _mm512_sll_epi32(low, left),
    ];
    let first = place.div_euclid(4);
    for (part, index) in parts.into_iter().zip(first..) {
        if let Some(word) = usize::try_from(index).ok().and_then(|index| words.get_mut(index)) {
            *word = _mm512_or_si512(*word, part);
        }
    }
}

/// The block around the inner digest, dynamic truncation and the last digits.
///
/// # Safety
///
/// The processor has AVX-512 F and BW.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn values<H: Function + Kernel>(plan: &Plan<H>, inner: &[V; 8], outer: &mut [V; 8]) -> V {
    let len = H::LEN / 4;
    let mut words = [_mm512_setzero_si512(); 16];
    words[..len].copy_from_slice(&inner[..len]);
    words[len] = broadcast(0x8000_0000);
    words[15] = broadcast(8 * (64 + H::LEN as u32));
    // SAFETY: as for this function.
    unsafe { H::block(outer, &mut words) };

    let offset = _mm512_and_si512(outer[len - 1], broadcast(15));
    let (word, bits) = (_mm512_srli_epi32::<2>(offset), _mm512_slli_epi32::<3>(_mm512_and_si512(offset, broadcast(3))));
    let (mut first, mut second) = (outer[0], outer[1]);
    for index in 1..4 {
        let here = _mm512_cmpeq_epi32_mask(word, broadcast(index as u32));
        first = _mm512_mask_mov_epi32(first, here, outer[index]);
        second = _mm512_mask_mov_epi32(second, here, outer[index + 1]);
    }
    // A shift by 32 leaves nothing, which is what an offset of whole words wants.
    let rest = _mm512_srlv_epi32(second, _mm512_sub_epi32(broadcast(32), bits));
    let value = _mm512_and_si512(_mm512_or_si512(_mm512_sllv_epi32(first, bits), rest), broadcast(0x7fff_ffff));

    let remainder = plan.remainder;
    let (magic, shift) = (broadcast(remainder.magic), _mm_cvtsi32_si128(remainder.shift as i32));
    let even = _mm512_srl_epi64(_mm512_mul_epu32(value, magic), shift);
    let odd = _mm512_srl_epi64(_mm512_mul_epu32(_mm512_srli_epi64::<32>(value), magic), shift);
    let quotient = _mm512_mask_mov_epi32(even, 0xaaaa, _mm512_slli_epi64::<32>(odd));
    _mm512_sub_epi32(value, _mm512_mullo_epi32(quotient, broadcast(remainder.modulus)))
}

/// The words of a block of sixteen messages.
///
/// # Safety
///
/// The processor has AVX-512 F and BW, and each field the length that the plan asks for.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn own_words(block: &Block, fields: &[&[u8]; 16]) -> [V; 16] {
    // SAFETY: the template is 64 bytes, aligned to as many.
    let template = unsafe { _mm512_load_si512(block.template.0.as_ptr().cast()) };
    let swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203));
    transposed(fields.map(|field| {
        // SAFETY: only bytes of the field are selected, and the others are not read.
        let own = unsafe { _mm512_maskz_loadu_epi8(block.select, field.as_ptr().wrapping_offset(block.start).cast()) };
        _mm512_shuffle_epi8(_mm512_or_si512(own, template), swap)
    }))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn broadcast(word: u32) -> V {
    _mm512_set1_epi32(word.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn xor3(a: V, b: V, c: V) -> V {
    _mm512_ternarylogic_epi32::<0x96>(a, b, c)
}

/// Sixteen rows of sixteen words become columns: pairs of words, pairs of pairs, then the four quarters.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transposed(rows: [V; 16]) -> [V; 16] {
    let mut twos = rows;
    for (to, from) in twos.as_chunks_mut::<2>().0.iter_mut().zip(rows.as_chunks::<2>().0) {
        *to = [_mm512_unpacklo_epi32(from[0], from[1]), _mm512_unpackhi_epi32(from[0], from[1])];
    }
    let mut fours = twos;
    for (to, from) in fours.as_chunks_mut::<4>().0.iter_mut().zip(twos.as_chunks::<4>().0) {
        *to = [
            _mm512_unpacklo_epi64(from[0], from[2]),
            _mm512_unpackhi_epi64(from[0], from[2]),
            _mm512_unpacklo_epi64(from[1], from[3]),
            _mm512_unpackhi_epi64(from[1], from[3]),
        ];
    }
    // fours[4 * i + j] has rows 4i to 4i+3 of columns j, 4+j, 8+j and 12+j, a quarter each.
    let mut columns = fours;
    for j in 0..4 {
        let even = |from: usize| _mm512_shuffle_i32x4::<0x88>(fours[from + j], fours[from + 4 + j]);
        let odd = |from: usize| _mm512_shuffle_i32x4::<0xdd>(fours[from + j], fours[from + 4 + j]);
        let (even, odd) = ([even(0), even(8)], [odd(0), odd(8)]);
        columns[j] = _mm512_shuffle_i32x4::<0x88>(even[0], even[1]);
        columns[8 + j] = _mm512_shuffle_i32x4::<0xdd>(even[0], even[1]);
        columns[4 + j] = _mm512_shuffle_i32x4::<0x88>(odd[0], odd[1]);
        columns[12 + j] = _mm512_shuffle_i32x4::<0xdd>(odd[0], odd[1]);
    }
    columns
}

/// Sixteen rounds of SHA-256; `$word` gives what round `t` of them adds. A round moves the letters on by one place; the
/// names move instead of the values. Written out, since the words stay in registers only if every index is a constant.
macro_rules! sha256_sixteen {
    ($state:ident, $word:ident, $words:expr) => {{
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *$state;
        macro_rules! round {
            ($t:expr, $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
                let sum1 = xor3(_mm512_ror_epi32::<6>($e), _mm512_ror_epi32::<11>($e), _mm512_ror_epi32::<25>($e));
                let choice = _mm512_ternarylogic_epi32::<0xca>($e, $f, $g);
                let added = _mm512_add_epi32($h, $word($t, $words));
                let first = _mm512_add_epi32(added, _mm512_add_epi32(sum1, choice));
                let sum0 = xor3(_mm512_ror_epi32::<2>($a), _mm512_ror_epi32::<13>($a), _mm512_ror_epi32::<22>($a));
                let majority = _mm512_ternarylogic_epi32::<0xe8>($a, $b, $c);
                $d = _mm512_add_epi32($d, first);
                $h = _mm512_add_epi32(first, _mm512_add_epi32(sum0, majority));
            };
        }
        macro_rules! eight {
                                                                                    ($t:literal) => {
                                                                                        round!($t, a b c d e f g h);
                                                                                        round!($t + 1, h a b c d e f g);
                                                                                        round!($t + 2, g h a b c d e f);
                                                                                        round!($t + 3, f g h a b c d e);
                                                                                        round!($t + 4, e f g h a b c d);
                                                                                        round!($t + 5, d e f g h a b c);
                                                                                        round!($t + 6, c d e f g h a b);
                                                                                        round!($t + 7, b c d e f g h a);
                                                                                    };
                                                                                }
        eight!(0);
        eight!(8);
        *$state = [a, b, c, d, e, f, g, h];
    }};
}

/// The eighty rounds of SHA-1, in the same way.
macro_rules! sha1_eighty {
    ($state:ident, $word:ident, $words:expr) => {{
        let [mut a, mut b, mut c, mut d, mut e, ..] = *$state;
        macro_rules! round {
            ($t:expr, $function:literal, $a:ident $b:ident $c:ident $d:ident $e:ident) => {
                let mixed = _mm512_ternarylogic_epi32::<$function>($b, $c, $d);
                let added = _mm512_add_epi32($e, $word($t, $words));
                $e = _mm512_add_epi32(added, _mm512_add_epi32(mixed, _mm512_rol_epi32::<5>($a)));
                $b = _mm512_rol_epi32::<30>($b);
            };
        }
        macro_rules! five {
                                                                            ($t:literal, $function:literal) => {
                                                                                round!($t, $function, a b c d e);
                                                                                round!($t + 1, $function, e a b c d);
                                                                                round!($t + 2, $function, d e a b c);
                                                                                round!($t + 3, $function, c d e a b);
                                                                                round!($t + 4, $function, b c d e a);
                                                                            };
                                                                        }
        five!(0, 0xca);
        five!(5, 0xca);
        five!(10, 0xca);
        five!(15, 0xca);
        five!(20, 0x96);
        five!(25, 0x96);
        five!(30, 0x96);
        five!(35, 0x96);
        five!(40, 0xe8);
        five!(45, 0xe8);
        five!(50, 0xe8);
        five!(55, 0xe8);
        five!(60, 0x96);
        five!(65, 0x96);
        five!(70, 0x96);
        five!(75, 0x96);
        $state[..5].copy_from_slice(&[a, b, c, d, e]);
    }};
}

impl Kernel for Sha256 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn block(state: &mut [V; 8], words: &mut [V; 16]) {
        let before = *state;
        let first = |t: usize, words: &mut [V; 16]| _mm512_add_epi32(words[t], broadcast(SHA256_K.0[t]));
        sha256_sixteen!(state, first, words);
        for sixteen in 1..4 {
            let constants = &SHA256_K.0.as_chunks::<16>().0[sixteen];
            let next = |t: usize, words: &mut [V; 16]| {
                let (near, far) = (words[(t + 1) % 16], words[(t + 14) % 16]);
                let sigma0 =
                    xor3(_mm512_ror_epi32::<7>(near), _mm512_ror_epi32::<18>(near), _mm512_srli_epi32::<3>(near));
                let sigma1 =
                    xor3(_mm512_ror_epi32::<17>(far), _mm512_ror_epi32::<19>(far), _mm512_srli_epi32::<10>(far));
                let sum = _mm512_add_epi32(words[(t + 9) % 16], sigma1);
                words[t] = _mm512_add_epi32(_mm512_add_epi32(words[t], sigma0), sum);
                _mm512_add_epi32(words[t], broadcast(constants[t]))
            };
            sha256_sixteen!(state, next, words);
        }
        *state = sum(state, &before);
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn scheduled(state: &mut [V; 8], schedule: &Schedule) {
        let before = *state;
        for sixteen in &schedule.0.as_chunks::<16>().0[..4] {
            let word = |t: usize, (): ()| broadcast(sixteen[t]);
            sha256_sixteen!(state, word, ());
        }
        *state = sum(state, &before);
    }
}

impl Kernel for Sha1 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn block(state: &mut [V; 8], words: &mut [V; 16]) {
        let before = *state;
        let word = |t: usize, words: &mut [V; 16]| {
            if t >= 16 {
                let mixed = xor3(words[(t + 13) % 16], words[(t + 8) % 16], words[(t + 2) % 16]);
                words[t % 16] = _mm512_rol_epi32::<1>(_mm512_xor_si512(mixed, words[t % 16]));
            }
            _mm512_add_epi32(words[t % 16], broadcast(SHA1_K[t / 20]))
        };
        sha1_eighty!(state, word, words);
        *state = sum(state, &before);
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn scheduled(state: &mut [V; 8], schedule: &Schedule) {
        let before = *state;
        let word = |t: usize, (): ()| broadcast(schedule.0[t]);
        sha1_eighty!(state, word, ());
        *state = sum(state, &before);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn sum(one: &[V; 8], other: &[V; 8]) -> [V; 8] {
    let mut sum = *one;
    for (word, other) in sum.iter_mut().zip(other) {
        *word = _mm512_add_epi32(*word, *other);
    }
    sum
}
