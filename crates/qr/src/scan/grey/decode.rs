//! From what each module looks like to the payload: codewords in doubt are left to error correction as erasures, and
//! nothing is believed that chance could have made.

use rxing::common::cpp_essentials::StructuredAppendInfo;
use rxing::qrcode::common::ErrorCorrectionLevel;
use rxing::qrcode::cpp_port::decoder::DecodeBitStream;

use crate::scan::grey::correct::correct;
use crate::scan::grey::plan::Plan;
use crate::scan::text;
use crate::{EcLevel, Sequence};

/// What a grid says.
pub(in crate::scan) struct Decoded {
    pub payload: Vec<u8>,
    pub level: EcLevel,
    pub mirrored: bool,
    /// Codewords that were changed, where that is known.
    pub corrected: Option<u32>,
    pub sequence: Option<Sequence>,
    /// Its text, where it names the character set.
    pub named_text: Option<String>,
}

/// What chance must not be able to do, in bits, for each block of its own: what correction leaves unused of its
/// codewords is the proof. Below, another word may be as near as the right one.
const MIN_EVIDENCE: f32 = 28.0;

/// The least correlation of format information with the best of its 32 values.
const MIN_FORMAT: f32 = 0.45;

/// Decodes modules row by row: positive is dark, the farther from 0 the surer.
pub(super) fn decode(plan: &Plan, modules: &[f32]) -> Option<Decoded> {
    let mirror = mirror(plan, modules);
    formats(plan, modules, &mirror).into_iter().take(2).find_map(|(data, mirrored)| {
        let modules = if mirrored { &mirror } else { modules };
        decode_as(plan, modules, data, mirrored)
    })
}

/// The same for a grid whose level is known, however much of its format information is gone.
pub(super) fn decode_with_level(plan: &Plan, modules: &[f32], level: EcLevel, mirrored: bool) -> Option<Decoded> {
    let mirror = mirrored.then(|| mirror(plan, modules));
    let modules = mirror.as_deref().unwrap_or(modules);
    let likeness = |format: u32| format_likeness(plan, modules, format);
    let mut formats: Vec<u32> = (0..32).filter(|&format| level_of(format).0 == level).collect();
    formats.sort_by(|&a, &b| likeness(b).total_cmp(&likeness(a)));
    formats.into_iter().find_map(|format| decode_as(plan, modules, format, mirrored))
}

fn level_of(format: u32) -> (EcLevel, ErrorCorrectionLevel) {
    match format >> 3 {
        0 => (EcLevel::M, ErrorCorrectionLevel::M),
        1 => (EcLevel::L, ErrorCorrectionLevel::L),
        2 => (EcLevel::H, ErrorCorrectionLevel::H),
        _ => (EcLevel::Q, ErrorCorrectionLevel::Q),
    }
}

fn mirror(plan: &Plan, modules: &[f32]) -> Vec<f32> {
    (0..plan.side * plan.side).map(|i| modules[i % plan.side * plan.side + i / plan.side]).collect()
}

/// What the format information may say, and whether the symbol is mirrored; the most likely first.
fn formats(plan: &Plan, modules: &[f32], mirror: &[f32]) -> Vec<(u32, bool)> {
    let mut formats: Vec<(f32, u32, bool)> = Vec::new();
    for (mirrored, modules) in [(false, modules), (true, mirror)] {
        formats.extend((0..32).map(|data| (format_likeness(plan, modules, data), data, mirrored)));
    }
    formats.retain(|format| format.0 > MIN_FORMAT);
    formats.sort_by(|a, b| b.0.total_cmp(&a.0));
    formats.into_iter().map(|(_, data, mirrored)| (data, mirrored)).collect()
}

/// The modules of the correction of each block: whatever changes in a block changes nearly all of them.
pub(super) fn corrections(plan: &Plan, modules: &[f32]) -> Vec<Vec<usize>> {
    let Some(&(format, mirrored)) = formats(plan, modules, &mirror(plan, modules)).first() else { return Vec::new() };
    let layout = Layout::new(plan, format);
    let place = |(x, y): (usize, usize)| if mirrored { x * plan.side + y } else { y * plan.side + x };
    let places: Vec<usize> = data_modules(plan).map(place).collect();
    let modules = |codeword: &usize| places.get(8 * codeword..8 * codeword + 8).unwrap_or_default();
    let blocks = layout.blocks.iter().map(|block| &block[block.len() - layout.parity..]);
    blocks.map(|correction| correction.iter().flat_map(modules).copied().collect()).collect()
}

fn decode_as(plan: &Plan, modules: &[f32], format: u32, mirrored: bool) -> Option<Decoded> {
    let layout = Layout::new(plan, format);
    let codewords = codewords(plan, modules, format & 7);
    let (mut data, mut corrected) = (Vec::new(), 0);
    for places in &layout.blocks {
        let (block, repaired) = layout.repair(places, &codewords)?;
        corrected += repaired.iter().zip(&block).filter(|(new, old)| **new != old.value).count() as u32;
        data.extend_from_slice(&repaired[..repaired.len() - layout.parity]);
    }
    let content = DecodeBitStream(&data, plan.version, layout.known).ok().filter(|content| content.isValid())?;
    let sequence = sequence(content.structuredAppend());
    let (payload, level) = (content.content().bytes().to_vec(), layout.level);
    let named_text = text::named(content.content());
    Some(Decoded { payload, level, mirrored, corrected: Some(corrected), sequence, named_text })
}

/// The modules of those blocks that can be corrected where others cannot: they are certain, and help with the rest.
pub(super) fn certain(plan: &Plan, modules: &[f32]) -> Option<Vec<Option<bool>>> {
    let likeness = |format: u32| format_likeness(plan, modules, format);
    let format = (0..32).max_by(|&a, &b| likeness(a).total_cmp(&likeness(b))).filter(|&f| likeness(f) > MIN_FORMAT)?;
    let layout = Layout::new(plan, format);
    let seen = codewords(plan, modules, format & 7);
    let mut values = vec![None; seen.len()];
    for places in &layout.blocks {
        if let Some((_, repaired)) = layout.repair(places, &seen) {
            for (&place, value) in places.iter().zip(repaired) {
                values[place] = Some(value);
            }
        }
    }
    values.iter().any(Option::is_some).then(|| {
        let mut certain = vec![None; plan.side * plan.side];
        for (i, (x, y)) in data_modules(plan).enumerate() {
            let value = values.get(i / 8).copied().flatten();
            certain[y * plan.side + x] =
                value.map(|value: u8| (value >> (7 - i % 8) & 1 == 1) != is_masked(format & 7, x, y));
        }
        certain
    })
}

/// How codewords make up blocks, which depends on version and level.
struct Layout {
    level: EcLevel,
    known: ErrorCorrectionLevel,
    parity: usize,
    /// The places of the codewords of each block in the order in which they are drawn.
    blocks: Vec<Vec<usize>>,
}

impl Layout {
    fn new(plan: &Plan, format: u32) -> Self {
        let (level, known) = level_of(format);
        let blocks = plan.version.getECBlocksForLevel(known);
        let parity = blocks.getECCodewordsPerBlock() as usize;
        let sizes: Vec<usize> = blocks
            .getECBlocks()
            .iter()
            .flat_map(|group| std::iter::repeat_n(group.getDataCodewords() as usize, group.getCount() as usize))
            .collect();
        Self { level, known, parity, blocks: interleaving(&sizes, parity) }
    }

    /// A block as it was seen and as it should be.
    fn repair(&self, places: &[usize], codewords: &[Codeword]) -> Option<(Vec<Codeword>, Vec<u8>)> {
        let block: Vec<Codeword> = places.iter().map(|&place| codewords.get(place).copied()).collect::<Option<_>>()?;
        let repaired = repair(&block, self.parity)?;
        Some((block, repaired))
    }
}

pub(in crate::scan) fn sequence(part: &StructuredAppendInfo) -> Option<Sequence> {
    if part.count < 1 {
        return None;
    }
    let (index, count) = (u8::try_from(part.index).ok()?, u8::try_from(part.count).ok()?);
    Some(Sequence { index, count, parity: part.id.parse().ok()? })
}

/// A codeword as seen, and the chance that it is wrong.
#[derive(Clone, Copy)]
struct Codeword {
    value: u8,
    doubt: f32,
}

/// Corrects a block, calling ever more of the most doubtful codewords erased, as long as enough proof is left.
fn repair(block: &[Codeword], parity: usize) -> Option<Vec<u8>> {
    let mut order: Vec<usize> = (0..block.len()).collect();
    order.sort_by(|&a, &b| block[b].doubt.total_cmp(&block[a].doubt));
    let step = (parity / 8).max(1);
    (0..parity).step_by(step).zip(1..).find_map(|(erased, trials)| {
        let mut values: Vec<u8> = block.iter().map(|codeword| codeword.value).collect();
        let errors = correct(&mut values, parity, &order[..erased])?;
        // As many words as the correction could have come from, among all that there are.
        let free = (block.len() - erased) as f32;
        let ways: f32 = (0..errors).map(|i| 8.0 + ((free - i as f32) / (i + 1) as f32).log2()).sum();
        let bits = 8.0 * (parity - erased) as f32 - ways - (trials as f32).log2();
        (bits >= MIN_EVIDENCE).then_some(values)
    })
}

/// The places of the codewords of each block in the order in which they are drawn (7.6).
fn interleaving(sizes: &[usize], parity: usize) -> Vec<Vec<usize>> {
    let mut blocks = vec![Vec::new(); sizes.len()];
    let mut place = 0;
    for i in 0..sizes.iter().copied().max().unwrap_or(0) {
        for (block, _) in blocks.iter_mut().zip(sizes).filter(|(_, size)| i < **size) {
            block.push(place);
            place += 1;
        }
    }
    for _ in 0..parity {
        for block in &mut blocks {
            block.push(place);
            place += 1;
        }
    }
    blocks
}

/// Reads the codewords in their order, the mask taken off (7.8.2).
fn codewords(plan: &Plan, modules: &[f32], mask: u32) -> Vec<Codeword> {
    let mut codewords = Vec::new();
    let (mut value, mut sure, mut bits) = (0u8, 1.0f32, 0);
    for (x, y) in data_modules(plan) {
        let module = modules[y * plan.side + x];
        value = value << 1 | u8::from((module > 0.0) != is_masked(mask, x, y));
        sure *= 1.0 / (1.0 + (-module.abs()).exp());
        bits += 1;
        if bits == 8 {
            codewords.push(Codeword { value, doubt: 1.0 - sure });
            (value, sure, bits) = (0, 1.0, 0);
        }
    }
    codewords
}

/// The modules that carry data in the order of their bits (7.7.3): pairs of columns from the right, upward and downward in
/// turn, past the timing pattern in column 6.
fn data_modules(plan: &Plan) -> impl Iterator<Item = (usize, usize)> + '_ {
    let side = plan.side;
    let pairs =
        (0..side / 2).map(move |pair| side - 1 - 2 * pair).map(|right| if right <= 6 { right - 1 } else { right });
    pairs.enumerate().flat_map(move |(pair, right)| {
        let rows = (0..side).map(move |step| if pair.is_multiple_of(2) { side - 1 - step } else { step });
        rows.flat_map(move |y| [(right, y), (right - 1, y)]).filter(|&(x, y)| plan.carries_data(x, y))
    })
}

fn is_masked(mask: u32, x: usize, y: usize) -> bool {
    let rest = match mask {
        0 => (x + y) % 2,
        1 => y % 2,
        2 => x % 3,
        3 => (x + y) % 3,
        4 => (y / 2 + x / 3) % 2,
        5 => x * y % 2 + x * y % 3,
        6 => (x * y % 2 + x * y % 3) % 2,
        _ => ((x + y) % 2 + x * y % 3) % 2,
    };
    rest == 0
}

/// How well both copies of the format information agree with one of its 32 values (7.9), up to 1.
fn format_likeness(plan: &Plan, modules: &[f32], data: u32) -> f32 {
    let mut code = data << 10;
    for bit in (10..15).rev() {
        if code >> bit & 1 == 1 {
            code ^= 0b101_0011_0111 << (bit - 10);
        }
    }
    let code = (data << 10 | code) ^ 0b101_0100_0001_0010;
    let far = plan.side - 1;
    let (mut sum, mut size) = (0.0, 0.0);
    for bit in 0..15 {
        let first = match bit {
            0..=5 => (8, bit),
            6 => (8, 7),
            7 => (8, 8),
            8 => (7, 8),
            _ => (14 - bit, 8),
        };
        let second = if bit < 8 { (far - bit, 8) } else { (8, far + bit - 14) };
        for (x, y) in [first, second] {
            let module = modules[y * plan.side + x].clamp(-4.0, 4.0);
            sum += if code >> bit & 1 == 1 { module } else { -module };
            size += module.abs();
        }
    }
    if size > 0.0 { sum / size } else { 0.0 }
}
