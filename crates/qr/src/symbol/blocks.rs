//! How the codewords of a symbol are dealt to the blocks of its error correction (ISO/IEC 18004, 7.5.1 and 7.6).

use super::layout::{Layout, Version};
use super::level::EcLevel;

/// The blocks of a version at a level.
pub struct Blocks {
    /// The places of the codewords of each block among those of the symbol: data first, then correction.
    pub places: Vec<Vec<usize>>,
    /// Codewords of error correction in each block.
    pub correction: usize,
    /// Those of them that correct nothing and only detect a misread: p in table 9.
    pub kept_back: usize,
}

impl Blocks {
    /// The blocks of a symbol.
    pub fn of(version: Version, level: EcLevel) -> Self {
        let (correction, count) = TABLE_9[usize::from(version.number()) - 1][level as usize];
        let (correction, count) = (usize::from(correction), usize::from(count));
        let data = Layout::of(version).codewords() - count * correction;
        // The last blocks have one codeword of data more where they do not come out even.
        let (shortest, longer) = (data / count, data % count);
        let mut places = vec![Vec::with_capacity(shortest + 1 + correction); count];
        let mut next = 0..;
        let mut deal =
            |blocks: &mut [Vec<usize>]| blocks.iter_mut().zip(&mut next).for_each(|(block, at)| block.push(at));
        // The first codeword of each block, then the second of each, and so on.
        (0..shortest).for_each(|_| deal(&mut places));
        deal(&mut places[count - longer..]);
        (0..correction).for_each(|_| deal(&mut places));
        Self { places, correction, kept_back: kept_back(version, level) }
    }
}

fn kept_back(version: Version, level: EcLevel) -> usize {
    match (version.number(), level) {
        (1, EcLevel::L) => 3,
        (1, EcLevel::M) | (2, EcLevel::L) => 2,
        (1, _) | (3, EcLevel::L) => 1,
        _ => 0,
    }
}

/// Table 9: for each version, and in it for the levels L, M, Q and H, the codewords of error correction in a block and the number of blocks.
#[rustfmt::skip]
const TABLE_9: [[(u8, u8); 4]; 40] = [
    [(7, 1), (10, 1), (13, 1), (17, 1)],
    [(10, 1), (16, 1), (22, 1), (28, 1)],
    [(15, 1), (26, 1), (18, 2), (22, 2)],
    [(20, 1), (18, 2), (26, 2), (16, 4)],
    [(26, 1), (24, 2), (18, 4), (22, 4)],
    [(18, 2), (16, 4), (24, 4), (28, 4)],
    [(20, 2), (18, 4), (18, 6), (26, 5)],
    [(24, 2), (22, 4), (22, 6), (26, 6)],
    [(30, 2), (22, 5), (20, 8), (24, 8)],
    [(18, 4), (26, 5), (24, 8), (28, 8)],
    [(20, 4), (30, 5), (28, 8), (24, 11)],
    [(24, 4), (22, 8), (26, 10), (28, 11)],
    [(26, 4), (22, 9), (24, 12), (22, 16)],
    [(30, 4), (24, 9), (20, 16), (24, 16)],
    [(22, 6), (24, 10), (30, 12), (24, 18)],
    [(24, 6), (28, 10), (24, 17), (30, 16)],
    [(28, 6), (28, 11), (28, 16), (28, 19)],
    [(30, 6), (26, 13), (28, 18), (28, 21)],
    [(28, 7), (26, 14), (26, 21), (26, 25)],
    [(28, 8), (26, 16), (30, 20), (28, 25)],
    [(28, 8), (26, 17), (28, 23), (30, 25)],
    [(28, 9), (28, 17), (30, 23), (24, 34)],
    [(30, 9), (28, 18), (30, 25), (30, 30)],
    [(30, 10), (28, 20), (30, 27), (30, 32)],
    [(26, 12), (28, 21), (30, 29), (30, 35)],
    [(28, 12), (28, 23), (28, 34), (30, 37)],
    [(30, 12), (28, 25), (30, 34), (30, 40)],
    [(30, 13), (28, 26), (30, 35), (30, 42)],
    [(30, 14), (28, 28), (30, 38), (30, 45)],
    [(30, 15), (28, 29), (30, 40), (30, 48)],
    [(30, 16), (28, 31), (30, 43), (30, 51)],
    [(30, 17), (28, 33), (30, 45), (30, 54)],
    [(30, 18), (28, 35), (30, 48), (30, 57)],
    [(30, 19), (28, 37), (30, 51), (30, 60)],
    [(30, 19), (28, 38), (30, 53), (30, 63)],
    [(30, 20), (28, 40), (30, 56), (30, 66)],
    [(30, 21), (28, 43), (30, 59), (30, 70)],
    [(30, 22), (28, 45), (30, 62), (30, 74)],
    [(30, 24), (28, 47), (30, 65), (30, 77)],
    [(30, 25), (28, 49), (30, 68), (30, 81)],
];
