//! Dynamic truncation (RFC 4226, section 5.3) and the last digits of its result, without division, branch or index.

use crate::hash::State;

/// Takes `v mod 10^digits` of 31 bits by a multiplication.
#[derive(Clone, Copy)]
pub(crate) struct Remainder {
    pub modulus: u32,
    pub magic: u32,
    pub shift: u32,
}

impl Remainder {
    /// For 4 to 9 digits; 10 or more leave the value as it is, since 31 bits have no more.
    ///
    /// With 2^(l-1) < m <= 2^l and s = 31 + l, ceil(2^s / m) lies in 2^31..2^32 and is too large by less than 1, so that
    /// the quotient of anything below 2^31 is exact (Granlund and Montgomery 1994, theorem 4.2).
    pub const fn of_digits(digits: u8) -> Self {
        if digits >= 10 {
            return Self { modulus: 0, magic: 0, shift: 0 };
        }
        let modulus = 10u32.pow(digits as u32);
        let shift = 31 + (modulus - 1).ilog2() + 1;
        let magic = (1u64 << shift).div_ceil(modulus as u64) as u32;
        Self { modulus, magic, shift }
    }

    pub const fn of(self, value: u32) -> u32 {
        let quotient = (value as u64 * self.magic as u64) >> self.shift;
        value.wrapping_sub((quotient as u32).wrapping_mul(self.modulus))
    }
}

/// The 31 bits that the last nibble of the digest points at. `last` is the digest's last word.
pub(crate) fn dynamic(digest: &State, last: u32) -> u32 {
    let [a, b, c, d, e, ..] = *digest;
    let bits = (last & 15) * 8;
    let words = u128::from(a) << 96 | u128::from(b) << 64 | u128::from(c) << 32 | u128::from(d);
    // Up to byte 18 of the digest: what the shift of four words leaves empty comes from the fifth.
    let fifth = (u64::from(e) << bits.saturating_sub(96)) >> 32;
    (((words << bits) >> 96) as u32 | fifth as u32) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_those_of_division() {
        for digits in 4..=9 {
            let modulus = 10u32.pow(digits);
            let remainder = Remainder::of_digits(digits as u8);
            let multiples = (0..=0x7fff_ffff / modulus).step_by(1 + 100_000 / modulus as usize).map(|n| n * modulus);
            for near in multiples.chain([0x7fff_ffff]) {
                for value in [near.saturating_sub(1), near, near + 1] {
                    let value = value.min(0x7fff_ffff);
                    assert_eq!(remainder.of(value), value % modulus, "{value} mod {modulus}");
                }
            }
        }
        assert_eq!(Remainder::of_digits(10).of(0x7fff_ffff), 0x7fff_ffff);
    }

    /// Every offset, against the text of the RFC: four bytes, the first without its highest bit.
    #[test]
    fn truncation_takes_the_four_bytes_that_the_last_nibble_names() {
        for last in 0..=255u8 {
            let mut bytes: [u8; 32] = std::array::from_fn(|index| (index as u8).wrapping_mul(37) ^ 0xa5);
            bytes[31] = last;
            let offset = usize::from(last & 15);
            let expected = u32::from_be_bytes(bytes[offset..offset + 4].try_into().expect("four")) & 0x7fff_ffff;
            let words: State =
                std::array::from_fn(|i| u32::from_be_bytes(bytes[4 * i..][..4].try_into().expect("four")));
            assert_eq!(dynamic(&words, words[7]), expected, "{last}");
        }
    }
}
