//! Between the modules of a whole symbol and its codewords: drawn, and read where each module is known to be dark or light.

use super::format::{FormatInfo, version_word};
use super::layout::{Layout, Patterns, Version, dark_module, version_places};
use super::mask::Mask;

/// Draws a symbol of these codewords, in their order in the symbol (7.7): the modules row by row, `true` for dark.
pub fn draw(version: Version, format: FormatInfo, codewords: &[u8]) -> Vec<bool> {
    let side = version.side();
    let mut modules = vec![false; side * side];
    let patterns = Patterns::of(version);
    let word = version_word(version).unwrap_or(0);
    let versions = version_places(version).into_iter().enumerate();
    let versions = versions.flat_map(|(bit, places)| places.map(|(x, y)| (x, y, word >> bit & 1 == 1)));
    let fixed = patterns.modules().chain([dark_module(version)]);
    for (x, y, dark) in fixed.chain(format.modules(version)).chain(versions) {
        modules[y * side + x] = dark;
    }
    let bits = codewords.iter().flat_map(|codeword| (0..8).rev().map(move |bit| codeword >> bit & 1 == 1));
    // Bits that are left over are 0.
    for ((x, y), bit) in Layout::of(version).data_modules().zip(bits.chain(std::iter::repeat(false))) {
        modules[y * side + x] = bit != format.mask.flips(x, y);
    }
    modules
}

/// The codewords that the modules of a symbol say, row by row and `true` for dark, whatever is wrong with them.
pub fn codewords(version: Version, mask: Mask, modules: &[bool]) -> Vec<u8> {
    let bits: Vec<bool> =
        Layout::of(version).data_modules().map(|(x, y)| modules[y * version.side() + x] != mask.flips(x, y)).collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |codeword, &bit| codeword << 1 | u8::from(bit))).collect()
}
