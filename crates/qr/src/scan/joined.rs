//! What is spread over several symbols, put together (structured append, ISO/IEC 18004, 8).

use super::text;
use crate::{Symbol, SymbolText};

/// A payload that was spread over several symbols, of which all were read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Joined {
    /// The bytes of all parts, in their order.
    pub payload: Vec<u8>,
    /// What they say.
    pub text: SymbolText,
    /// Where the parts stand among the symbols that were given, first part first.
    pub parts: Vec<usize>,
}

/// Puts together what is spread over several of these symbols. What lacks a part is left out, and so is what has two different
/// symbols for one part, because nothing tells which of them belongs to it.
///
/// # Examples
///
/// ```
/// use camtoken_qr::{EcLevel, Scan, ScanOptions, encode, joined, scan};
///
/// let alone = encode("NOT SPREAD", EcLevel::M).expect("a short text").to_luma(4);
/// let Scan::Read(symbols) = scan(&alone, &ScanOptions::default()) else { panic!("it is sharp") };
/// assert_eq!(joined(&symbols), []);
/// ```
#[must_use]
pub fn joined(symbols: &[Symbol]) -> Vec<Joined> {
    let mut wholes: Vec<_> =
        symbols.iter().filter_map(|symbol| Some((symbol.sequence?.count, symbol.sequence?.parity))).collect();
    wholes.sort_unstable();
    wholes.dedup();
    wholes.into_iter().filter_map(|(count, parity)| join(symbols, count, parity)).collect()
}

fn join(symbols: &[Symbol], count: u8, parity: u8) -> Option<Joined> {
    let mut parts = Vec::new();
    for index in 0..count {
        let is_it = |symbol: &Symbol| {
            symbol.sequence.is_some_and(|its| (its.index, its.count, its.parity) == (index, count, parity))
        };
        let mut found = symbols.iter().enumerate().filter(|(_, symbol)| is_it(symbol));
        let (at, first) = found.next()?;
        if found.any(|(_, other)| other.payload != first.payload) {
            return None;
        }
        parts.push(at);
    }
    let payload: Vec<u8> = parts.iter().flat_map(|&at| symbols[at].payload.iter().copied()).collect();
    // A character may be cut in two where no set is named, so only what names its set is text by itself.
    let named: Option<String> = parts.iter().map(|&at| symbols[at].named_text.as_deref()).collect();
    let text = text::of(&payload, named.as_deref());
    Some(Joined { payload, text, parts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EcLevel, Scan, ScanOptions, Sequence, encode, scan};

    fn part(payload: &str, index: u8, count: u8, parity: u8) -> Symbol {
        let picture = encode("A", EcLevel::M).expect("a short text").to_luma(4);
        let Scan::Read(mut read) = scan(&picture, &ScanOptions::default()) else { panic!("it is sharp") };
        let sequence = Some(Sequence { index, count, parity });
        Symbol { payload: payload.as_bytes().to_vec(), sequence, named_text: None, ..read.remove(0) }
    }

    #[test]
    fn parts_come_together_in_any_order_and_twice() {
        let symbols = [part("c", 2, 3, 7), part("a", 0, 3, 7), part("b", 1, 3, 7), part("a", 0, 3, 7)];
        let whole = joined(&symbols);
        assert_eq!(whole.len(), 1);
        assert_eq!((&whole[0].payload[..], &whole[0].parts[..]), (&b"abc"[..], &[1, 2, 0][..]));
        assert_eq!(whole[0].text, SymbolText::Sure("abc".to_owned()));
    }

    #[test]
    fn what_is_not_whole_or_not_sure_is_left_out() {
        assert_eq!(joined(&[part("a", 0, 2, 7)]), [], "a part is out of view");
        assert_eq!(joined(&[part("a", 0, 2, 7), part("b", 1, 2, 8)]), [], "of another whole");
        assert_eq!(joined(&[part("a", 0, 2, 7), part("b", 1, 3, 7)]), [], "of a longer whole");
        assert_eq!(joined(&[part("a", 0, 2, 7), part("b", 1, 2, 7), part("c", 1, 2, 7)]), [], "which of the two?");
        let both = [part("a", 0, 2, 7), part("x", 0, 2, 8), part("y", 1, 2, 8), part("b", 1, 2, 7)];
        assert_eq!(joined(&both).iter().map(|whole| &whole.payload[..]).collect::<Vec<_>>(), [b"ab", b"xy"]);
    }

    #[test]
    fn a_character_that_is_cut_in_two_is_whole_again() {
        let (one, two) = "振込".as_bytes().split_at(4);
        let with = |bytes: &[u8], index| Symbol { payload: bytes.to_vec(), ..part("", index, 2, 1) };
        assert_eq!(joined(&[with(one, 0), with(two, 1)])[0].text, SymbolText::Sure("振込".to_owned()));
    }
}
