//! From sampled modules to the codewords that error correction makes of them, and back to the symbol as it was printed.

use crate::symbol::{Blocks, EcLevel, FormatInfo, Layout, Mask, Version, codewords, correct, draw};
use crate::{Symbol, SymbolMatrix, encode, encode_bytes};

/// The symbol as it was printed, and what had to be repaired to know it.
pub(super) struct Printed {
    /// Row by row; `true` is dark.
    pub(super) modules: Vec<bool>,
    pub(super) level: EcLevel,
    /// The modules of each codeword, as indices into `modules`, in the order of the symbol.
    pub(super) codewords: Vec<[usize; 8]>,
    blocks: Blocks,
}

impl Printed {
    /// Corrects the sampled modules. If that fails, they are compared with the payload, drawn again.
    pub(super) fn of(symbol: &Symbol, version: Version, sampled: &[bool]) -> Option<Self> {
        let corrected = Self::correct(version, sampled);
        corrected.filter(|printed| symbol.level.is_none_or(|level| level == printed.level)).or_else(|| {
            let drawn = Self::draw_anew(symbol, version, sampled)?;
            let wrong = difference(&drawn.modules, sampled);
            // Two symbols that have nothing to do with one another differ in every second module of their data.
            (wrong * 3 < sampled.len()).then_some(drawn)
        })
    }

    fn new(version: Version, level: EcLevel, modules: Vec<bool>) -> Self {
        let bits: Vec<usize> = Layout::of(version).data_modules().map(|(x, y)| y * version.side() + x).collect();
        let codewords = bits.as_chunks().0.to_vec();
        Self { modules, level, codewords, blocks: Blocks::of(version, level) }
    }

    /// Codewords that are not as printed, by block.
    pub(super) fn wrong(&self, is_wrong: impl Fn(usize) -> bool) -> Vec<Block> {
        let capacity = self.blocks.correction - self.blocks.kept_back;
        let blocks = self.blocks.places.iter();
        blocks.map(|places| Block { wrong: places.iter().filter(|&&at| is_wrong(at)).count(), capacity }).collect()
    }

    fn correct(version: Version, sampled: &[bool]) -> Option<Self> {
        let format = FormatInfo::read(version, sampled)?;
        let blocks = Blocks::of(version, format.level);
        let mut received = codewords(version, format.mask, sampled);
        for places in &blocks.places {
            let mut block: Vec<u8> = places.iter().map(|&at| received[at]).collect();
            let wrong = correct(&mut block, blocks.correction, &[])?;
            if 2 * wrong > blocks.correction - blocks.kept_back {
                return None;
            }
            for (&at, codeword) in places.iter().zip(block) {
                received[at] = codeword;
            }
        }
        Some(Self::new(version, format.level, draw(version, format, &received)))
    }

    /// Draws the payload as we do, under the mask that fits best.
    fn draw_anew(symbol: &Symbol, version: Version, sampled: &[bool]) -> Option<Self> {
        let text = str::from_utf8(&symbol.payload).ok();
        let mut best: Option<(usize, EcLevel, Vec<bool>)> = None;
        for level in EcLevel::ALL.into_iter().filter(|level| symbol.level.is_none_or(|known| known == *level)) {
            let drawn = [text.and_then(|text| encode(text, level).ok()), encode_bytes(&symbol.payload, level).ok()];
            for drawn in drawn.into_iter().flatten().filter(|drawn| drawn.version() == version.number()) {
                let drawn = modules(&drawn);
                let Some(format) = FormatInfo::read(version, &drawn) else { continue };
                let codewords = codewords(version, format.mask, &drawn);
                for mask in Mask::all() {
                    let modules = draw(version, FormatInfo { level, mask }, &codewords);
                    let difference = difference(&modules, sampled);
                    if best.as_ref().is_none_or(|(least, ..)| difference < *least) {
                        best = Some((difference, level, modules));
                    }
                }
            }
        }
        let (_, level, modules) = best?;
        Some(Self::new(version, level, modules))
    }
}

/// One block of the error correction.
pub(super) struct Block {
    /// Codewords that are wrong.
    pub(super) wrong: usize,
    /// Codewords of error correction that may be used up, two for each wrong one: without those kept back against misreading.
    pub(super) capacity: usize,
}

fn modules(drawn: &SymbolMatrix) -> Vec<bool> {
    let side = drawn.modules_per_side();
    (0..side * side).map(|i| drawn.is_dark(i % side, i / side)).collect()
}

fn difference(a: &[bool], b: &[bool]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(drawn: &SymbolMatrix) -> Version {
        Version::nearest(drawn.version())
    }

    #[test]
    fn clean_symbol_of_every_size_is_found_again() {
        for (length, level) in [
            (1, EcLevel::L),
            (14, EcLevel::M),
            (60, EcLevel::Q),
            (130, EcLevel::H),
            (500, EcLevel::M),
            (2900, EcLevel::L),
        ] {
            let payload: Vec<u8> = (0..length).map(|i| (i * 37 + 11) as u8).collect();
            let drawn = encode_bytes(&payload, level).expect("it fits");
            let clean = modules(&drawn);
            let printed = Printed::correct(version(&drawn), &clean).expect("nothing is wrong");
            assert!(printed.modules == clean && printed.level == level, "{length} {level:?}");
        }
    }

    #[test]
    fn as_many_codewords_are_repaired_as_the_standard_allows_and_no_more() {
        // ISO/IEC 18004, table 9: version, level, length of the payload, correctable codewords in the first block.
        for (level, length, correctable) in
            [(EcLevel::L, 17, 2), (EcLevel::M, 14, 4), (EcLevel::Q, 11, 6), (EcLevel::H, 7, 8), (EcLevel::L, 32, 4)]
        {
            let drawn = encode_bytes(&vec![0x35; length], level).expect("it fits");
            let clean = modules(&drawn);
            let stream = Printed::new(version(&drawn), level, clean.clone()).codewords;
            for wrong in 0..=correctable + 1 {
                let mut sampled = clean.clone();
                for codeword in stream.iter().step_by(2).take(wrong) {
                    for &at in &codeword[..1 + wrong % 8] {
                        sampled[at] = !sampled[at];
                    }
                }
                let printed = Printed::correct(version(&drawn), &sampled);
                assert_eq!(
                    printed.is_some_and(|printed| printed.modules == clean),
                    wrong <= correctable,
                    "{level:?} {wrong}"
                );
            }
        }
    }
}
