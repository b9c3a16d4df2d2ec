//! Format and version information: short words with codes of their own, because they are read before anything else (ISO/IEC 18004,
//! 7.9 and 7.10).

use super::layout::{Version, format_places};
use super::level::EcLevel;
use super::mask::Mask;

/// The content of the format information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    /// How much may be damaged.
    pub level: EcLevel,
    /// The mask over the data.
    pub mask: Mask,
}

/// Bits of a format word that may be wrong (7.9.1: any two words differ in seven).
const MAX_WRONG: u32 = 3;

impl FormatInfo {
    /// All 32, in the order of their five bits.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..32u8).map(|bits| {
            // Table 12.
            let level = [EcLevel::M, EcLevel::L, EcLevel::H, EcLevel::Q][usize::from(bits >> 3)];
            Self { level, mask: Mask::of_bits(bits) }
        })
    }

    /// The 15 bits as they are drawn: data, BCH code, and a mask that no data is all light (7.9.1).
    pub fn word(self) -> u32 {
        let level = match self.level {
            EcLevel::M => 0,
            EcLevel::L => 1,
            EcLevel::H => 2,
            EcLevel::Q => 3,
        };
        bch(level << 3 | u32::from(self.mask.bits()), 10, 0b101_0011_0111) ^ 0b101_0100_0001_0010
    }

    /// The modules of both copies of its bits, column, row and whether it is dark.
    pub fn modules(self, version: Version) -> impl Iterator<Item = (usize, usize, bool)> {
        let word = self.word();
        format_places(version)
            .into_iter()
            .enumerate()
            .flat_map(move |(bit, places)| places.map(|(x, y)| (x, y, word >> bit & 1 == 1)))
    }

    /// What the modules of a symbol, row by row and `true` for dark, say by the better of their two copies. `None` if more than three
    /// bits of each are wrong.
    pub fn read(version: Version, modules: &[bool]) -> Option<Self> {
        let word = |copy: usize| {
            let bits = format_places(version).into_iter().enumerate();
            bits.fold(0, |word, (bit, places)| {
                let (x, y) = places[copy];
                word | u32::from(modules[y * version.side() + x]) << bit
            })
        };
        let words = [word(0), word(1)];
        let wrong = |format: Self| words.map(|word| (word ^ format.word()).count_ones()).into_iter().min();
        let (wrong, format) = Self::all().map(|format| (wrong(format), format)).min_by_key(|&(wrong, _)| wrong)?;
        (wrong? <= MAX_WRONG).then_some(format)
    }
}

/// The 18 bits of the version information; there is none before version 7 (7.10).
pub fn version_word(version: Version) -> Option<u32> {
    (version.number() >= 7).then(|| bch(version.number().into(), 12, 0b1_1111_0010_0101))
}

/// The data, followed by the remainder of its division by a generator of `check` bits and a leading one.
pub(super) fn bch(data: u32, check: u32, generator: u32) -> u32 {
    let mut remainder = data << check;
    while remainder >> check != 0 {
        remainder ^= generator << (remainder.ilog2() - check);
    }
    data << check | remainder
}
