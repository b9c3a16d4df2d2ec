//! From the darkness of each module to the payload: doubtful codewords are given to error correction as erasures, and
//! a result that chance could have made is refused.

use crate::scan::geometry::{Quad, module_px};
use crate::scan::plan::Plan;
use crate::scan::segments::{self, Content};
use crate::symbol::{Blocks, EcLevel, FormatInfo, Mask, Version, correct};
use crate::{Stage, Symbol};

/// The content of a grid.
pub(super) struct Decoded {
    pub content: Content,
    pub level: EcLevel,
    pub mirrored: bool,
    /// Codewords that were changed, where that is known.
    pub corrected: Option<u32>,
}

impl Decoded {
    /// The symbol that was read with these outer corners.
    pub(super) fn into_symbol(self, version: Version, mut corners: Quad, inverted: bool) -> Symbol {
        let module_px = module_px(version.side(), &corners);
        if self.mirrored {
            corners.swap(1, 3);
        }
        Symbol {
            payload: self.content.payload,
            corners,
            module_px,
            version: version.number(),
            level: Some(self.level),
            inverted,
            mirrored: self.mirrored,
            corrected: self.corrected,
            sequence: self.content.sequence,
            named_text: self.content.named_text,
            stage: Stage::Grey,
        }
    }
}

/// What chance must not be able to do, in bits, for each block of its own: what correction leaves unused of its
/// codewords is the proof. Below, another word may be as near as the right one.
const MIN_EVIDENCE: f32 = 28.0;

/// The least correlation of format information with the best of its 32 values.
const MIN_FORMAT: f32 = 0.45;

/// Decodes modules row by row: positive is dark, the farther from 0 the surer.
pub(super) fn decode(plan: &Plan, modules: &[f32]) -> Option<Decoded> {
    let mirror = mirror(plan, modules);
    formats(plan, modules, &mirror).into_iter().take(2).find_map(|(format, mirrored)| {
        let modules = if mirrored { &mirror } else { modules };
        decode_as(plan, modules, format, mirrored)
    })
}

fn mirror(plan: &Plan, modules: &[f32]) -> Vec<f32> {
    (0..plan.side * plan.side).map(|i| modules[i % plan.side * plan.side + i / plan.side]).collect()
}

/// The possible values of the format information, and whether the symbol is mirrored; the most likely first.
fn formats(plan: &Plan, modules: &[f32], mirror: &[f32]) -> Vec<(FormatInfo, bool)> {
    let mut formats: Vec<(f32, FormatInfo, bool)> = Vec::new();
    for (mirrored, modules) in [(false, modules), (true, mirror)] {
        formats.extend(FormatInfo::all().map(|format| (format_likeness(plan, modules, format), format, mirrored)));
    }
    formats.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Where all of it is lost, the most likely values are tried anyway: the codewords are the proof.
    let likely = formats.iter().take_while(|format| format.0 > MIN_FORMAT).count();
    formats.truncate(likely.max(2));
    formats.into_iter().map(|(_, format, mirrored)| (format, mirrored)).collect()
}

/// The modules of the correction of each block: whatever changes in a block changes nearly all of them.
pub(super) fn corrections(plan: &Plan, modules: &[f32]) -> Vec<Vec<usize>> {
    let Some(&(format, mirrored)) = formats(plan, modules, &mirror(plan, modules)).first() else { return Vec::new() };
    let blocks = Blocks::of(plan.version, format.level);
    let place = |(x, y): (usize, usize)| if mirrored { x * plan.side + y } else { y * plan.side + x };
    let places: Vec<usize> = plan.layout.data_modules().map(place).collect();
    let modules = |codeword: &usize| &places[8 * codeword..][..8];
    let corrections = blocks.places.iter().map(|block| &block[block.len() - blocks.correction..]);
    corrections.map(|correction| correction.iter().flat_map(modules).copied().collect()).collect()
}

fn decode_as(plan: &Plan, modules: &[f32], format: FormatInfo, mirrored: bool) -> Option<Decoded> {
    let blocks = Blocks::of(plan.version, format.level);
    let seen = codewords(plan, modules, format.mask);
    let (mut data, mut corrected) = (Vec::new(), 0);
    for places in &blocks.places {
        let repaired = repair(places, &seen, blocks.correction)?;
        corrected += places.iter().zip(&repaired).filter(|&(&at, &value)| seen[at].value != value).count() as u32;
        data.extend_from_slice(&repaired[..repaired.len() - blocks.correction]);
    }
    let content = segments::read(&data, plan.version)?;
    Some(Decoded { content, level: format.level, mirrored, corrected: Some(corrected) })
}

/// The modules of those blocks that can be corrected where others cannot: they are certain, and help with the rest.
pub(super) fn certain(plan: &Plan, modules: &[f32]) -> Option<Vec<Option<bool>>> {
    let likeness = |format: &FormatInfo| format_likeness(plan, modules, *format);
    let format = FormatInfo::all().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    if likeness(&format) <= MIN_FORMAT {
        return None;
    }
    let blocks = Blocks::of(plan.version, format.level);
    let seen = codewords(plan, modules, format.mask);
    let mut values = vec![None; seen.len()];
    for places in &blocks.places {
        if let Some(repaired) = repair(places, &seen, blocks.correction) {
            for (&place, value) in places.iter().zip(repaired) {
                values[place] = Some(value);
            }
        }
    }
    values.iter().any(Option::is_some).then(|| {
        let mut certain = vec![None; plan.side * plan.side];
        for (i, (x, y)) in plan.layout.data_modules().enumerate() {
            let value: Option<u8> = values.get(i / 8).copied().flatten();
            certain[y * plan.side + x] = value.map(|value| (value >> (7 - i % 8) & 1 == 1) != format.mask.flips(x, y));
        }
        certain
    })
}

/// A codeword as seen, and the chance that it is wrong.
#[derive(Clone, Copy)]
struct Codeword {
    value: u8,
    doubt: f32,
}

/// Corrects the block with the codewords at these places. Ever more of the most doubtful ones count as erased, as long as enough
/// proof is left.
fn repair(places: &[usize], codewords: &[Codeword], correction: usize) -> Option<Vec<u8>> {
    let block: Vec<Codeword> = places.iter().map(|&at| codewords[at]).collect();
    let mut order: Vec<usize> = (0..block.len()).collect();
    order.sort_by(|&a, &b| block[b].doubt.total_cmp(&block[a].doubt));
    let step = (correction / 8).max(1);
    (0..correction).step_by(step).zip(1..).find_map(|(erased, trials)| {
        let mut values: Vec<u8> = block.iter().map(|codeword| codeword.value).collect();
        let errors = correct(&mut values, correction, &order[..erased])?;
        // As many words as the correction could have come from, among all that there are.
        let free = (block.len() - erased) as f32;
        let ways: f32 = (0..errors).map(|i| 8.0 + ((free - i as f32) / (i + 1) as f32).log2()).sum();
        let bits = 8.0 * (correction - erased) as f32 - ways - (trials as f32).log2();
        (bits >= MIN_EVIDENCE).then_some(values)
    })
}

/// Reads the codewords in their order, the mask taken off (7.8.2).
fn codewords(plan: &Plan, modules: &[f32], mask: Mask) -> Vec<Codeword> {
    let mut codewords = Vec::new();
    let (mut value, mut sure, mut bits) = (0u8, 1.0f32, 0);
    for (x, y) in plan.layout.data_modules() {
        let module = modules[y * plan.side + x];
        value = value << 1 | u8::from((module > 0.0) != mask.flips(x, y));
        sure *= 1.0 / (1.0 + (-module.abs()).exp());
        bits += 1;
        if bits == 8 {
            codewords.push(Codeword { value, doubt: 1.0 - sure });
            (value, sure, bits) = (0, 1.0, 0);
        }
    }
    codewords
}

/// How well both copies of the format information agree with one of its 32 values (7.9), up to 1.
fn format_likeness(plan: &Plan, modules: &[f32], format: FormatInfo) -> f32 {
    let (mut sum, mut size) = (0.0, 0.0);
    for (x, y, dark) in format.modules(plan.version) {
        let module = modules[y * plan.side + x].clamp(-4.0, 4.0);
        sum += if dark { module } else { -module };
        size += module.abs();
    }
    if size > 0.0 { sum / size } else { 0.0 }
}
