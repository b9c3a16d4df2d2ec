//! A batch file as it comes, in pieces of any size: bytes to characters, characters to records, records to what they say.

use alloc::vec::Vec;

use super::record::{Fields, check_header, check_payee, read_header, read_payee};
use super::{Encoding, Fault, Header, MAX_BYTES, MAX_PAYEES, MAX_TOTAL, Payee, RECORD, ZenginError, whole_file};
use crate::transaction::text::half_width_byte;

/// The content of a record, as a reader of the file needs it.
pub(super) enum Said {
    Header(Header),
    Payee(Payee),
}

/// A file that is read. It keeps what is left of a record, the header, count and sum.
pub(super) struct Parser {
    bytes: usize,
    decoder: Decoder,
    splitter: Splitter,
    expected: Expected,
    header: Option<Header>,
    count: usize,
    total: u64,
}

/// Which record comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Header,
    Payee,
    PayeeOrTrailer,
    End,
    Nothing,
}

impl Parser {
    pub(super) fn new(encoding: Encoding) -> Self {
        let is_utf8 = match encoding {
            Encoding::Detect => None,
            Encoding::ShiftJis => Some(false),
            Encoding::Utf8 => Some(true),
        };
        Self {
            bytes: 0,
            decoder: Decoder { is_utf8, begun: Vec::new(), at: 0 },
            splitter: Splitter::default(),
            expected: Expected::Header,
            header: None,
            count: 0,
            total: 0,
        }
    }

    /// Reads on.
    pub(super) fn push(&mut self, bytes: &[u8], said: &mut dyn FnMut(Said)) -> Result<(), ZenginError> {
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > MAX_BYTES {
            return Err(whole_file("file", Fault::FileSize { found: self.bytes }));
        }
        for byte in bytes {
            match self.decoder.push(*byte) {
                Ok(decoded) => {
                    for character in decoded.characters() {
                        self.take(*character, said)?;
                    }
                }
                Err(what) => return Err(self.splitter.fault(what)),
            }
        }
        Ok(())
    }

    /// Reads what is left, and says count and sum.
    pub(super) fn finish(mut self, said: &mut dyn FnMut(Said)) -> Result<(usize, u64), ZenginError> {
        let left = self.decoder.finish().map_err(|what| self.splitter.fault(what))?;
        for character in left.characters() {
            self.take(*character, said)?;
        }
        for character in self.splitter.decide() {
            self.take_decided(character, said)?;
        }
        if let Some(record) = self.splitter.rest() {
            self.read(&record, said)?;
        }
        let what = Fault::Order { expected: self.expected.as_str() };
        match self.expected {
            Expected::Nothing => Ok((self.count, self.total)),
            _ => Err(ZenginError { record: self.splitter.number + 1, field: "record type", what }),
        }
    }

    /// Takes one character; the first ones wait until it is seen whether lines end.
    fn take(&mut self, character: u8, said: &mut dyn FnMut(Said)) -> Result<(), ZenginError> {
        if self.splitter.lines.is_some() {
            return self.take_decided(character, said);
        }
        self.splitter.waiting.push(character);
        if character == b'\n' || self.splitter.waiting.len() == 2 * RECORD {
            for character in self.splitter.decide() {
                self.take_decided(character, said)?;
            }
        }
        Ok(())
    }

    fn take_decided(&mut self, character: u8, said: &mut dyn FnMut(Said)) -> Result<(), ZenginError> {
        if self.expected == Expected::Nothing {
            let is_padding = character == b'\n' || is_tail(character);
            return if is_padding { Ok(()) } else { Err(self.splitter.fault(Fault::AfterEnd)) };
        }
        match self.splitter.push(character) {
            Some(record) => self.read(&record, said),
            None => Ok(()),
        }
    }

    fn read(&mut self, record: &Line, said: &mut dyn FnMut(Said)) -> Result<(), ZenginError> {
        let number = self.splitter.number;
        let what = Fault::Order { expected: self.expected.as_str() };
        let misplaced = ZenginError { record: number, field: "record type", what };
        let mut fields = Fields::new(&record.characters, record.length, number)?;
        let at = |(field, what)| ZenginError { record: number, field, what };
        match (fields.record_type(), self.expected) {
            (b'1', Expected::Header) => {
                let header = read_header(fields)?;
                check_header(&header).map_err(at)?;
                said(Said::Header(header.clone()));
                self.header = Some(header);
                self.expected = Expected::Payee;
            }
            (b'2', Expected::Payee | Expected::PayeeOrTrailer) => {
                if self.count == MAX_PAYEES {
                    return Err(fields.fault("record type", Fault::Overflow));
                }
                let kind = self.header.as_ref().expect("a header comes before payees").kind;
                let payee = read_payee(fields, kind)?;
                check_payee(&payee, kind).map_err(at)?;
                self.count += 1;
                self.total += payee.amount;
                said(Said::Payee(payee));
                self.expected = Expected::PayeeOrTrailer;
            }
            (b'8', Expected::PayeeOrTrailer) => {
                if self.total > MAX_TOTAL {
                    return Err(fields.fault("total", Fault::Overflow));
                }
                if fields.number("count", 6)? != self.count as u64 {
                    return Err(fields.fault("count", Fault::Mismatch));
                }
                if fields.number("total", 12)? != self.total {
                    return Err(fields.fault("total", Fault::Mismatch));
                }
                fields.blank("trailer filler", 101)?;
                self.expected = Expected::End;
            }
            (b'9', Expected::End) => {
                fields.blank("end filler", 119)?;
                self.expected = Expected::Nothing;
            }
            _ => return Err(misplaced),
        }
        Ok(())
    }
}

impl Expected {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "a header (1)",
            Self::Payee => "a data record (2)",
            Self::PayeeOrTrailer => "data (2) or a trailer (8)",
            Self::End => "an end record (9)",
            Self::Nothing => "no further record",
        }
    }
}

/// The padding of old transfer software at the end of a file: the end mark of CP/M, which MS-DOS kept, and NUL up to the end of a
/// block.
const fn is_tail(character: u8) -> bool {
    matches!(character, b'\x1A' | b'\0' | b'\r')
}

/// Bytes to characters of JIS X 0201, one byte each.
struct Decoder {
    is_utf8: Option<bool>,
    /// The bytes of a character that has begun.
    begun: Vec<u8>,
    /// How many bytes there were.
    at: usize,
}

/// The result of one more byte.
struct Decoded {
    characters: [u8; 3],
    count: usize,
}

impl Decoded {
    fn of(characters: &[u8]) -> Self {
        let mut decoded = Self { characters: [0; 3], count: characters.len() };
        decoded.characters[..characters.len()].copy_from_slice(characters);
        decoded
    }

    fn characters(&self) -> &[u8] {
        &self.characters[..self.count]
    }
}

impl Decoder {
    fn push(&mut self, byte: u8) -> Result<Decoded, Fault> {
        self.at += 1;
        // The first two bytes tell encodings that no record is in.
        match (self.at, byte) {
            (1, 0xF1) => return Err(Fault::Ebcdic),
            (1, 0xFE | 0xFF | 0) | (2, 0) => return Err(Fault::Utf16),
            _ => {}
        }
        match self.is_utf8 {
            Some(false) => return Ok(Decoded::of(&[byte])),
            _ if self.begun.is_empty() && byte < 0x80 => return Ok(Decoded::of(&[byte])),
            _ => self.begun.push(byte),
        }
        // In Shift_JIS a half-width kana is one byte from A1 to DF. UTF-8 writes it in three, of which the first is EF, no
        // single byte of Shift_JIS; `¥` in two, C2 A5, of which A5 (a middle dot) is in no field. So the first character
        // beyond ASCII distinguishes them.
        if self.is_utf8.is_none() {
            self.is_utf8 = match self.begun[..] {
                [0xEF] | [0xC2, 0xA5] => Some(true),
                [0xC2] => None,
                _ => Some(false),
            };
        }
        match (self.is_utf8, &self.begun[..]) {
            (Some(false), _) => {
                let begun = core::mem::take(&mut self.begun);
                Ok(Decoded::of(&begun))
            }
            (_, [0xC2 | 0xEF] | [0xEF, 0xBB | 0xBD | 0xBE]) => Ok(Decoded::of(&[])),
            (_, [0xC2, 0xA5]) => Ok(self.emit(b"\\")),
            (_, [0xEF, 0xBB, 0xBF]) if self.at == 3 => Ok(self.emit(&[])),
            (_, begun) => {
                let text = core::str::from_utf8(begun).ok().and_then(|text| text.chars().next());
                let kana = text.filter(|character| ('｡'..='ﾟ').contains(character)).ok_or(Fault::Encoding)?;
                Ok(self.emit(&[half_width_byte(kana)]))
            }
        }
    }

    fn emit(&mut self, characters: &[u8]) -> Decoded {
        self.begun.clear();
        Decoded::of(characters)
    }

    fn finish(&mut self) -> Result<Decoded, Fault> {
        match (self.is_utf8, self.begun.is_empty()) {
            (Some(true), false) => Err(Fault::Encoding),
            _ => {
                let begun = core::mem::take(&mut self.begun);
                Ok(Decoded::of(&begun))
            }
        }
    }
}

/// Characters to records: by lines, if one ends within the first two records; else 120 characters each.
#[derive(Default)]
struct Splitter {
    lines: Option<bool>,
    waiting: Vec<u8>,
    line: Line,
    /// How many of it are left when padding is cut from its end.
    solid: usize,
    last: u8,
    /// Of the last record that was read, counted from 1.
    number: usize,
}

/// A record, of whatever length; of a longer one the beginning.
#[derive(Default)]
struct Line {
    characters: Vec<u8>,
    length: usize,
}

impl Splitter {
    /// Decides by what has come, and hands it out.
    fn decide(&mut self) -> Vec<u8> {
        if self.lines.is_none() {
            self.lines = Some(self.waiting.contains(&b'\n'));
        }
        core::mem::take(&mut self.waiting)
    }

    /// Takes a character; a record when it was its last.
    fn push(&mut self, character: u8) -> Option<Line> {
        let lines = self.lines == Some(true);
        if lines && character == b'\n' {
            return Some(self.end());
        }
        if self.line.length < RECORD {
            self.line.characters.push(character);
        }
        self.line.length += 1;
        self.last = character;
        if !is_tail(character) {
            self.solid = self.line.length;
        }
        if !lines && self.line.length == RECORD { Some(self.end()) } else { None }
    }

    fn end(&mut self) -> Line {
        self.number += 1;
        let mut line = core::mem::take(&mut self.line);
        let length = match line.characters.first() {
            Some(b'9') => self.solid,
            _ if self.lines == Some(true) && self.last == b'\r' => line.length.saturating_sub(1),
            _ => line.length,
        };
        line.length = length;
        line.characters.truncate(length);
        (self.solid, self.last) = (0, 0);
        line
    }

    /// The end of the file, if it is more than padding.
    fn rest(&mut self) -> Option<Line> {
        (self.solid > 0).then(|| self.end())
    }

    /// A fault in the record that has begun.
    fn fault(&self, what: Fault) -> ZenginError {
        let lines = self.waiting.iter().filter(|character| **character == b'\n').count();
        let field = if what == Fault::AfterEnd { "record type" } else { "record" };
        ZenginError { record: self.number + 1 + lines + self.waiting.len() / RECORD, field, what }
    }
}
