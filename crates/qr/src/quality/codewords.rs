//! From sampled modules to the codewords that error correction makes of them, and back to the symbol as it was printed.

use qrcode::bits::Bits;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::ec::construct_codewords;
use qrcode::types::{Color, Version};

use super::grid::is_function;
use crate::{EcLevel, Symbol, SymbolMatrix, encode, encode_bytes};

/// The symbol as it was printed, and what had to be repaired to know it.
pub(super) struct Printed {
    /// Row by row; `true` is dark.
    pub(super) modules: Vec<bool>,
    pub(super) level: EcLevel,
    /// The modules of each codeword, as indices into `modules`, in the order of the stream.
    pub(super) codewords: Vec<[usize; 8]>,
    structure: Structure,
}

impl Printed {
    /// Corrects what was sampled; what cannot be corrected is compared with the payload drawn anew.
    pub(super) fn of(symbol: &Symbol, sampled: &[bool]) -> Option<Self> {
        let corrected = Self::correct(symbol.version, sampled);
        corrected.filter(|printed| symbol.level.is_none_or(|level| level == printed.level)).or_else(|| {
            let drawn = Self::draw_anew(symbol, sampled)?;
            let wrong = drawn.modules.iter().zip(sampled).filter(|(a, b)| a != b).count();
            // Two symbols that have nothing to do with one another differ in every second module of their data.
            (wrong * 3 < sampled.len()).then_some(drawn)
        })
    }

    /// Codewords that are not as printed, by block.
    pub(super) fn wrong(&self, is_wrong: impl Fn(usize) -> bool) -> Vec<Block> {
        let mut blocks: Vec<Block> =
            self.structure.blocks.iter().map(|_| Block { wrong: 0, capacity: self.structure.capacity }).collect();
        for (i, &(block, _)) in self.structure.places.iter().enumerate() {
            blocks[block].wrong += usize::from(is_wrong(i));
        }
        blocks
    }

    fn correct(version: u8, sampled: &[bool]) -> Option<Self> {
        let (level, mask) = format(version, sampled)?;
        let structure = Structure::of(version, level)?;
        let codewords = stream(version);
        let received = read(&codewords, sampled, version, mask);
        let mut blocks: Vec<Vec<u8>> =
            structure.blocks.iter().map(|data| vec![0; data + structure.correction]).collect();
        for (&byte, &(block, place)) in received.iter().zip(&structure.places) {
            blocks[block][place] = byte;
        }
        for block in &mut blocks {
            repair(block, structure.correction, structure.capacity / 2)?;
        }
        let data: Vec<u8> =
            blocks.iter().zip(&structure.blocks).flat_map(|(block, &data)| block[..data].to_vec()).collect();
        let modules = draw(version, level, mask, &data)?;
        Some(Self { modules, level, codewords, structure })
    }

    /// Draws the payload as we do, under the mask that fits best.
    fn draw_anew(symbol: &Symbol, sampled: &[bool]) -> Option<Self> {
        let text = str::from_utf8(&symbol.payload).ok();
        let levels = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H];
        let codewords = stream(symbol.version);
        let difference = |modules: &[bool]| modules.iter().zip(sampled).filter(|(a, b)| a != b).count();
        let mut best: Option<(usize, EcLevel, Vec<bool>)> = None;
        for level in levels.into_iter().filter(|level| symbol.level.is_none_or(|known| known == *level)) {
            let drawn = [text.and_then(|text| encode(text, level).ok()), encode_bytes(&symbol.payload, level).ok()];
            for drawn in drawn.into_iter().flatten().filter(|drawn| drawn.version() == symbol.version) {
                let Some(data) = data_of(&drawn, &codewords) else { continue };
                for mask in 0..8 {
                    let Some(modules) = draw(symbol.version, level, mask, &data) else { continue };
                    let difference = difference(&modules);
                    if best.as_ref().is_none_or(|(least, ..)| difference < *least) {
                        best = Some((difference, level, modules));
                    }
                }
            }
        }
        let (_, level, modules) = best?;
        Some(Self { modules, level, codewords, structure: Structure::of(symbol.version, level)? })
    }
}

/// One block of the error correction.
pub(super) struct Block {
    /// Codewords that are wrong.
    pub(super) wrong: usize,
    /// Codewords of error correction that may be used up: two for each wrong one.
    pub(super) capacity: usize,
}

/// How codewords are dealt to blocks (ISO/IEC 18004, 7.5 and 7.6).
struct Structure {
    /// Data codewords of each block.
    blocks: Vec<usize>,
    /// Codewords of error correction in each block.
    correction: usize,
    /// Those among them that may be used up: without the ones kept back against misreading (table 9).
    capacity: usize,
    /// Block and place in it of each codeword of the stream.
    places: Vec<(usize, usize)>,
}

impl Structure {
    /// Asks the encoder where it puts each codeword.
    fn of(version: u8, level: EcLevel) -> Option<Self> {
        let (ec, v) = (foreign(level), Version::Normal(version.into()));
        let total = Bits::new(v).max_len(ec).ok()? / 8;
        let dealt = |byte: fn(usize) -> u8| {
            let numbers: Vec<u8> = (0..total).map(byte).collect();
            construct_codewords(&numbers, v, ec).ok()
        };
        let ((low, correction), (high, _)) = (dealt(|i| i as u8)?, dealt(|i| (i >> 8) as u8)?);
        let order: Vec<usize> =
            low.iter().zip(&high).map(|(&low, &high)| usize::from(high) << 8 | usize::from(low)).collect();
        // The first codewords of all blocks come first, then the second ones: the first block's is number 1.
        let count = order.iter().position(|&i| i == 1)?;
        let starts = &order[..count];
        let ends = starts[1..].iter().copied().chain([total]);
        let blocks: Vec<usize> = starts.iter().zip(ends).map(|(start, end)| end - start).collect();
        let each = correction.len() / count;
        let place = |i: &usize| {
            let block = starts.iter().rposition(|start| start <= i).unwrap_or(0);
            (block, i - starts[block])
        };
        let rest = (0..correction.len()).map(|i| (i % count, blocks[i % count] + i / count));
        let places = order.iter().map(place).chain(rest).collect();
        Some(Self { capacity: each - kept_back(version, level), blocks, correction: each, places })
    }
}

/// Codewords that only tell a misread (ISO/IEC 18004, 7.5.1).
fn kept_back(version: u8, level: EcLevel) -> usize {
    match (version, level) {
        (1, EcLevel::L) => 3,
        (1, EcLevel::M) | (2, EcLevel::L) => 2,
        (1, _) | (3, EcLevel::L) => 1,
        _ => 0,
    }
}

/// The modules of the codewords in their order: columns in pairs from the right, upward and downward in turn (7.7.3).
fn stream(version: u8) -> Vec<[usize; 8]> {
    let side = usize::from(version) * 4 + 17;
    let mut bits = Vec::new();
    let pairs = (0..side).rev().filter(|&x| x != 6).collect::<Vec<_>>();
    for (i, pair) in pairs.chunks(2).enumerate() {
        for step in 0..side {
            let y = if i % 2 == 0 { side - 1 - step } else { step };
            bits.extend(pair.iter().filter(|&&x| !is_function(version, x, y)).map(|&x| y * side + x));
        }
    }
    bits.chunks_exact(8).map(|bits| <[usize; 8]>::try_from(bits).expect("chunks of eight")).collect()
}

fn read(codewords: &[[usize; 8]], modules: &[bool], version: u8, mask: u8) -> Vec<u8> {
    let side = usize::from(version) * 4 + 17;
    let bit = |&at: &usize| u8::from(modules[at] ^ masked(mask, at % side, at / side));
    codewords.iter().map(|bits| bits.iter().fold(0, |byte, at| byte << 1 | bit(at))).collect()
}

/// The eight conditions of ISO/IEC 18004, table 10.
fn masked(mask: u8, x: usize, y: usize) -> bool {
    match mask {
        0 => (x + y).is_multiple_of(2),
        1 => y.is_multiple_of(2),
        2 => x.is_multiple_of(3),
        3 => (x + y).is_multiple_of(3),
        4 => (y / 2 + x / 3).is_multiple_of(2),
        5 => x * y % 2 + x * y % 3 == 0,
        6 => (x * y % 2 + x * y % 3).is_multiple_of(2),
        _ => ((x + y) % 2 + x * y % 3).is_multiple_of(2),
    }
}

/// The level and mask that the format information says, at most three of its bits wrong (7.9).
fn format(version: u8, modules: &[bool]) -> Option<(EcLevel, u8)> {
    let side = usize::from(version) * 4 + 17;
    let around = |i: usize| match i {
        0..=5 => (8, i),
        6 => (8, 7),
        7 => (8, 8),
        8 => (7, 8),
        _ => (14 - i, 8),
    };
    let apart = |i: usize| if i < 8 { (side - 1 - i, 8) } else { (8, side - 15 + i) };
    let word = |place: &dyn Fn(usize) -> (usize, usize)| {
        (0..15).fold(0u32, |word, i| {
            let (x, y) = place(i);
            word | u32::from(modules[y * side + x]) << i
        })
    };
    let words = [word(&around), word(&apart)];
    let code = |data: u32| {
        let remainder =
            (0..5).rev().fold(data << 10, |rest, i| if rest >> (10 + i) & 1 == 1 { rest ^ 0x537 << i } else { rest });
        (data << 10 | remainder) ^ 0x5412
    };
    let nearest = (0..32).map(|data| {
        let distance = words.iter().map(|word| (word ^ code(data)).count_ones()).min().unwrap_or(15);
        (distance, data)
    });
    let (distance, data) = nearest.min()?;
    let level = [EcLevel::M, EcLevel::L, EcLevel::H, EcLevel::Q][(data >> 3) as usize];
    (distance <= 3).then_some((level, (data & 7) as u8))
}

fn draw(version: u8, level: EcLevel, mask: u8, data: &[u8]) -> Option<Vec<bool>> {
    const MASKS: [MaskPattern; 8] = [
        MaskPattern::Checkerboard,
        MaskPattern::HorizontalLines,
        MaskPattern::VerticalLines,
        MaskPattern::DiagonalLines,
        MaskPattern::LargeCheckerboard,
        MaskPattern::Fields,
        MaskPattern::Diamonds,
        MaskPattern::Meadow,
    ];
    let (ec, version) = (foreign(level), Version::Normal(version.into()));
    let (data, correction) = construct_codewords(data, version, ec).ok()?;
    let mut canvas = Canvas::new(version, ec);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &correction);
    canvas.apply_mask(MASKS[usize::from(mask & 7)]);
    Some(canvas.into_colors().into_iter().map(|color| color == Color::Dark).collect())
}

/// The data codewords of a symbol without fault, block after block.
fn data_of(drawn: &SymbolMatrix, codewords: &[[usize; 8]]) -> Option<Vec<u8>> {
    let side = drawn.modules_per_side();
    let modules: Vec<bool> = (0..side * side).map(|i| drawn.is_dark(i % side, i / side)).collect();
    let (level, mask) = format(drawn.version(), &modules)?;
    let structure = Structure::of(drawn.version(), level)?;
    let received = read(codewords, &modules, drawn.version(), mask);
    let mut blocks: Vec<Vec<u8>> = structure.blocks.iter().map(|&data| vec![0; data]).collect();
    for (&byte, &(block, place)) in received.iter().zip(&structure.places) {
        if let Some(slot) = blocks[block].get_mut(place) {
            *slot = byte;
        }
    }
    Some(blocks.concat())
}

fn foreign(level: EcLevel) -> qrcode::EcLevel {
    match level {
        EcLevel::L => qrcode::EcLevel::L,
        EcLevel::M => qrcode::EcLevel::M,
        EcLevel::Q => qrcode::EcLevel::Q,
        EcLevel::H => qrcode::EcLevel::H,
    }
}

/// Repairs a block of the Reed-Solomon code over GF(256) with x^8 + x^4 + x^3 + x^2 + 1 (ISO/IEC 18004, annex B);
/// `None` if more than `most` of its codewords are wrong.
fn repair(block: &mut [u8], correction: usize, most: usize) -> Option<()> {
    let field = Field::new();
    let syndromes = field.syndromes(block, correction);
    if syndromes.iter().all(|&s| s == 0) {
        return Some(());
    }
    let locator = field.locator(&syndromes);
    let errors = locator.len() - 1;
    if errors > most {
        return None;
    }
    // The evaluator is the product of syndromes and locator, cut off at x^correction.
    let evaluator: Vec<u8> = (0..correction)
        .map(|i| (0..=i.min(errors)).fold(0, |sum, j| sum ^ field.product(locator[j], syndromes[i - j])))
        .collect();
    let mut found = 0;
    for (place, codeword) in block.iter_mut().rev().enumerate() {
        let inverse = field.power((255 - place) % 255);
        if field.value(&locator, inverse) != 0 {
            continue;
        }
        found += 1;
        let odd: Vec<u8> = locator.iter().enumerate().map(|(i, &c)| if i % 2 == 1 { c } else { 0 }).collect();
        // The derivative times x: only odd powers are left in a field of characteristic 2.
        let slope = field.value(&odd, inverse);
        if slope == 0 {
            return None;
        }
        *codeword ^= field.quotient(field.value(&evaluator, inverse), slope);
    }
    let whole = field.syndromes(block, correction).iter().all(|&s| s == 0);
    (found == errors && whole).then_some(())
}

struct Field {
    power: [u8; 255],
    log: [u8; 256],
}

impl Field {
    fn new() -> Self {
        let (mut power, mut log) = ([0; 255], [0; 256]);
        let mut value = 1u16;
        for (i, slot) in power.iter_mut().enumerate() {
            *slot = value as u8;
            log[usize::from(value)] = i as u8;
            value <<= 1;
            if value > 255 {
                value ^= 0x11d;
            }
        }
        Self { power, log }
    }

    fn power(&self, exponent: usize) -> u8 {
        self.power[exponent % 255]
    }

    fn product(&self, a: u8, b: u8) -> u8 {
        match (a, b) {
            (0, _) | (_, 0) => 0,
            _ => self.power(usize::from(self.log[usize::from(a)]) + usize::from(self.log[usize::from(b)])),
        }
    }

    /// `b` is not 0.
    fn quotient(&self, a: u8, b: u8) -> u8 {
        match a {
            0 => 0,
            _ => self.power(255 + usize::from(self.log[usize::from(a)]) - usize::from(self.log[usize::from(b)])),
        }
    }

    /// A polynomial, lowest power first, at `x`.
    fn value(&self, polynomial: &[u8], x: u8) -> u8 {
        polynomial.iter().rev().fold(0, |sum, &c| self.product(sum, x) ^ c)
    }

    fn syndromes(&self, block: &[u8], count: usize) -> Vec<u8> {
        (0..count).map(|i| block.iter().fold(0, |sum, &c| self.product(sum, self.power(i)) ^ c)).collect()
    }

    /// The shortest polynomial that generates the syndromes (Berlekamp and Massey), lowest power first.
    fn locator(&self, syndromes: &[u8]) -> Vec<u8> {
        let (mut locator, mut before) = (vec![1u8], vec![1u8]);
        let (mut length, mut gap, mut last) = (0usize, 1usize, 1u8);
        for n in 0..syndromes.len() {
            let discrepancy =
                (0..=length.min(locator.len() - 1)).fold(0, |sum, i| sum ^ self.product(locator[i], syndromes[n - i]));
            if discrepancy == 0 {
                gap += 1;
                continue;
            }
            let factor = self.quotient(discrepancy, last);
            let mut next = locator.clone();
            next.resize(next.len().max(before.len() + gap), 0);
            for (i, &c) in before.iter().enumerate() {
                next[i + gap] ^= self.product(factor, c);
            }
            if 2 * length <= n {
                length = n + 1 - length;
                before = std::mem::replace(&mut locator, next);
                last = discrepancy;
                gap = 1;
            } else {
                locator = next;
                gap += 1;
            }
        }
        locator.truncate(length + 1);
        while locator.len() > 1 && locator.last() == Some(&0) {
            locator.pop();
        }
        locator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(drawn: &SymbolMatrix) -> Vec<bool> {
        let side = drawn.modules_per_side();
        (0..side * side).map(|i| drawn.is_dark(i % side, i / side)).collect()
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
            let printed = Printed::correct(drawn.version(), &clean).expect("nothing is wrong");
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
            let stream = stream(drawn.version());
            for wrong in 0..=correctable + 1 {
                let mut sampled = clean.clone();
                for codeword in stream.iter().step_by(2).take(wrong) {
                    for &at in &codeword[..1 + wrong % 8] {
                        sampled[at] = !sampled[at];
                    }
                }
                let printed = Printed::correct(drawn.version(), &sampled);
                assert_eq!(
                    printed.is_some_and(|printed| printed.modules == clean),
                    wrong <= correctable,
                    "{level:?} {wrong}"
                );
            }
        }
    }
}
