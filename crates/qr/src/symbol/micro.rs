//! Micro QR (ISO/IEC 18004): one finder pattern, timing patterns along the upper and the left edge, one block.

use super::format::bch;
use super::{EcLevel, Mask};

/// The content of the format information of a Micro QR symbol (7.9.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicroFormat {
    /// 1 to 4, of M1 to M4.
    pub version: u8,
    /// `None` for M1, which only detects errors.
    pub level: Option<EcLevel>,
    /// The mask over the data.
    pub mask: Mask,
    /// Codewords of data; the last of M1 and M3 has four bits.
    pub data: usize,
    /// Codewords of correction.
    pub correction: usize,
}

impl MicroFormat {
    /// All 32 with their words as they are drawn.
    pub fn all() -> impl Iterator<Item = (u32, Self)> {
        // Symbol numbers (table 13), and the codewords of each (table 9).
        const SYMBOLS: [(u8, Option<EcLevel>, usize, usize); 8] = [
            (1, None, 3, 2),
            (2, Some(EcLevel::L), 5, 5),
            (2, Some(EcLevel::M), 4, 6),
            (3, Some(EcLevel::L), 11, 6),
            (3, Some(EcLevel::M), 9, 8),
            (4, Some(EcLevel::L), 16, 8),
            (4, Some(EcLevel::M), 14, 10),
            (4, Some(EcLevel::Q), 10, 14),
        ];
        // Its four masks are these of the eight (table 10).
        const MASKS: [u8; 4] = [1, 4, 6, 7];
        (0..32u32).map(|bits| {
            let (version, level, data, correction) = SYMBOLS[bits as usize >> 2];
            let mask = Mask::of_bits(MASKS[bits as usize & 3]);
            (bch(bits, 10, 0b101_0011_0111) ^ 0b100_0100_0100_0101, Self { version, level, mask, data, correction })
        })
    }

    /// The places of its bits, the highest first: column and row.
    pub fn places() -> impl Iterator<Item = (usize, usize)> {
        (1..=8).map(|x| (x, 8)).chain((1..=7).rev().map(|y| (8, y)))
    }

    /// The data without its mask and in its order, when `dark` tells of each module: codewords, the four bits of a short one with four light
    /// modules behind them.
    pub fn codewords(&self, dark: impl Fn(usize, usize) -> bool) -> Vec<u8> {
        let side = 2 * usize::from(self.version) + 9;
        let short = (self.version % 2 == 1).then_some(self.data - 1);
        let mut codewords = Vec::new();
        let (mut value, mut bits) = (0, 0);
        for (pair, right) in (1..side).rev().step_by(2).enumerate() {
            for row in 0..side {
                let y = if pair % 2 == 0 { side - 1 - row } else { row };
                for x in [right, right - 1] {
                    if y == 0 || x == 0 || x < 9 && y < 9 {
                        continue;
                    }
                    value = value << 1 | u8::from(dark(x, y) != self.mask.flips(x, y));
                    bits += 1;
                    let is_short = short == Some(codewords.len());
                    if bits == if is_short { 4 } else { 8 } {
                        codewords.push(if is_short { value << 4 } else { value });
                        (value, bits) = (0, 0);
                    }
                }
            }
        }
        codewords
    }
}
