//! The content of the data codewords of a symbol: segments, each in a mode of its own (ISO/IEC 18004, 7.4).

use encoding_rs::Encoding;

use crate::Sequence;
use crate::scan::text::is_printable;
use crate::symbol::Version;

/// The content of a symbol.
#[derive(Default)]
pub(super) struct Content {
    /// The bytes of all segments, in their order.
    pub payload: Vec<u8>,
    /// Its place among several symbols (structured append).
    pub sequence: Option<Sequence>,
    /// Its text, where each of its characters is known by a mode or a named character set (ECI, 7.4.2), or is plain.
    pub named_text: Option<String>,
}

/// Modes (table 2); GB/T 18284 adds the last.
mod mode {
    pub(super) const TERMINATOR: u32 = 0;
    pub(super) const NUMERIC: u32 = 1;
    pub(super) const ALPHANUMERIC: u32 = 2;
    pub(super) const STRUCTURED_APPEND: u32 = 3;
    pub(super) const BYTE: u32 = 4;
    pub(super) const FNC1_FIRST: u32 = 5;
    pub(super) const ECI: u32 = 7;
    pub(super) const KANJI: u32 = 8;
    pub(super) const FNC1_SECOND: u32 = 9;
    pub(super) const HANZI: u32 = 13;
}

/// The 45 characters of alphanumeric mode (table 5).
const ALPHANUMERIC: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// The group separator, which a percent sign means in alphanumeric mode under FNC1 (7.4.8.1).
const GS: u8 = 0x1d;

/// Reads all segments. `None` where they break the standard.
pub(super) fn read(data: &[u8], version: Version) -> Option<Content> {
    let mut reader = Segments {
        bits: Bits { data, at: 0, end: 8 * data.len() },
        symbol: Size::Full(version),
        content: Content::default(),
        texts: Vec::new(),
        fnc1: false,
    };
    reader.read()?;
    let Segments { mut content, texts, .. } = reader;
    content.named_text = text(&content.payload, &texts);
    Some(content)
}

/// Reads all segments of a Micro QR symbol, M1 to M4; the last codeword of M1 and M3 has four bits. `None` where they break the
/// standard.
pub(super) fn read_micro(data: &[u8], version: u8) -> Option<Content> {
    let bits = Bits { data, at: 0, end: 8 * data.len() - if version % 2 == 1 { 4 } else { 0 } };
    let symbol = Size::Micro(version.into());
    let mut reader = Segments { bits, symbol, content: Content::default(), texts: Vec::new(), fnc1: false };
    reader.read_micro(version.into())?;
    let Segments { mut content, texts, .. } = reader;
    content.named_text = text(&content.payload, &texts);
    Some(content)
}

/// The kind of symbol, which sets how many bits a number of characters has.
#[derive(Clone, Copy)]
enum Size {
    Full(Version),
    /// M1 to M4.
    Micro(u32),
}

/// The character set of a part of the payload, as far as it is known.
#[derive(Clone, Copy, PartialEq)]
enum Charset {
    /// Digits and capital letters.
    Plain,
    /// No character set was named.
    Unnamed,
    /// A number that names a character set, or none.
    Eci(u32),
    /// Named by the mode.
    Mode(&'static Encoding),
}

struct Segments<'a> {
    bits: Bits<'a>,
    symbol: Size,
    content: Content,
    /// Where a part of the payload ends, and its character set.
    texts: Vec<(usize, Charset)>,
    fnc1: bool,
}

impl Segments<'_> {
    fn read(&mut self) -> Option<()> {
        let mut eci = Charset::Unnamed;
        // Fewer than four bits are a terminator that was cut (7.4.9).
        while self.bits.left() >= 4 {
            let mode = self.bits.take(4)?;
            let charset = match mode {
                mode::TERMINATOR => break,
                mode::FNC1_FIRST => {
                    self.fnc1 = true;
                    continue;
                }
                mode::FNC1_SECOND => {
                    self.fnc1 = true;
                    self.application()?;
                    Charset::Plain
                }
                mode::STRUCTURED_APPEND => {
                    let (index, last) = (self.bits.take(4)?, self.bits.take(4)?);
                    let parity = self.bits.take(8)? as u8;
                    if index > last {
                        return None;
                    }
                    self.content.sequence = Some(Sequence { index: index as u8, count: last as u8 + 1, parity });
                    continue;
                }
                mode::ECI => {
                    eci = Charset::Eci(self.eci()?);
                    continue;
                }
                mode::NUMERIC => self.numeric()?,
                mode::ALPHANUMERIC => self.alphanumeric()?,
                mode::BYTE => {
                    self.bytes()?;
                    eci
                }
                mode::KANJI => self.kanji()?,
                mode::HANZI => {
                    // The only subset is that of GB 2312.
                    if self.bits.take(4)? != 1 {
                        return None;
                    }
                    self.double(0x60, |value| value + if value < 0xa00 { 0xa1a1 } else { 0xa6a1 }, encoding_rs::GBK)?
                }
                _ => return None,
            };
            self.texts.push((self.content.payload.len(), charset));
        }
        Some(())
    }

    /// The number of characters, in as many bits as versions up to 9, up to 26 and up to 40 have (table 3).
    fn count(&mut self, bits: [u32; 3]) -> Option<u32> {
        let count = match self.symbol {
            Size::Full(version) => match version.number() {
                ..=9 => bits[0],
                10..=26 => bits[1],
                _ => bits[2],
            },
            // Digits, letters, Kanji, bytes.
            Size::Micro(number) => match bits {
                [10, ..] => number + 2,
                [8, 10, _] => number,
                _ => number + 1,
            },
        };
        self.bits.take(count)
    }

    /// The modes of Micro QR are numbered from 0, and no digits are the terminator.
    fn read_micro(&mut self, number: u32) -> Option<()> {
        while self.bits.left() > 2 * number as usize {
            let mode = self.bits.take(number - 1)?;
            let before = self.content.payload.len();
            let charset = match mode {
                0 => self.numeric()?,
                1 => self.alphanumeric()?,
                2 => {
                    self.bytes()?;
                    Charset::Unnamed
                }
                3 => self.kanji()?,
                _ => return None,
            };
            if self.content.payload.len() == before {
                break;
            }
            self.texts.push((self.content.payload.len(), charset));
        }
        Some(())
    }

    /// Eight bits each (7.4.5).
    fn bytes(&mut self) -> Option<()> {
        for _ in 0..self.count([8, 16, 16])? {
            let byte = self.bits.take(8)? as u8;
            self.content.payload.push(byte);
        }
        Some(())
    }

    fn kanji(&mut self) -> Option<Charset> {
        let bytes = |value| value + if value < 0x1f00 { 0x8140 } else { 0xc140 };
        self.double(0xc0, bytes, encoding_rs::SHIFT_JIS)
    }

    /// Three digits in ten bits, two in seven, one in four (7.4.3).
    fn numeric(&mut self) -> Option<Charset> {
        let mut left = self.count([10, 12, 14])?;
        while left > 0 {
            let digits = left.min(3);
            let value = self.bits.take([0, 4, 7, 10][digits as usize])?;
            if value >= 10u32.pow(digits) {
                return None;
            }
            let text = format!("{value:0width$}", width = digits as usize);
            self.content.payload.extend_from_slice(text.as_bytes());
            left -= digits;
        }
        Some(Charset::Plain)
    }

    /// Two characters in eleven bits, one in six (7.4.4).
    fn alphanumeric(&mut self) -> Option<Charset> {
        let mut left = self.count([9, 11, 13])?;
        let mut said = Vec::with_capacity(left.min(8192) as usize);
        let letter = |value: u32| ALPHANUMERIC.get(value as usize).copied();
        while left > 1 {
            let pair = self.bits.take(11)?;
            said.extend([letter(pair / 45)?, letter(pair % 45)?]);
            left -= 2;
        }
        if left == 1 {
            said.push(letter(self.bits.take(6)?)?);
        }
        if self.fnc1 {
            said = unescaped(&said);
        }
        self.content.payload.append(&mut said);
        Some(Charset::Plain)
    }

    /// Characters of two bytes in thirteen bits (7.4.6).
    fn double(&mut self, rows: u32, bytes: impl Fn(u32) -> u32, encoding: &'static Encoding) -> Option<Charset> {
        for _ in 0..self.count([8, 10, 12])? {
            let value = self.bits.take(13)?;
            let value = bytes(((value / rows) << 8) | (value % rows));
            self.content.payload.extend([(value >> 8) as u8, value as u8]);
        }
        Some(Charset::Mode(encoding))
    }

    /// The number of a character set, in one byte to three (7.4.2.2).
    fn eci(&mut self) -> Option<u32> {
        let first = self.bits.take(8)?;
        match (first as u8).leading_ones() {
            0 => Some(first),
            1 => Some((first & 0x3f) << 8 | self.bits.take(8)?),
            2 => Some((first & 0x1f) << 16 | self.bits.take(16)?),
            _ => None,
        }
    }

    /// Who gave the format that FNC1 in second position announces: two digits, or a letter (7.4.8.3).
    fn application(&mut self) -> Option<()> {
        match self.bits.take(8)? {
            number @ 0..=99 => self.content.payload.extend_from_slice(format!("{number:02}").as_bytes()),
            letter @ (165..=190 | 197..=222) => self.content.payload.push((letter - 100) as u8),
            _ => return None,
        }
        Some(())
    }
}

/// Under FNC1 a percent sign is a group separator, and two are one percent sign.
fn unescaped(said: &[u8]) -> Vec<u8> {
    let mut to = Vec::with_capacity(said.len());
    let mut letters = said.iter().copied().peekable();
    while let Some(letter) = letters.next() {
        to.push(match letter {
            b'%' if letters.next_if_eq(&b'%').is_some() => b'%',
            b'%' => GS,
            letter => letter,
        });
    }
    to
}

/// The bits of the data, the most significant of each byte first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    end: usize,
}

impl Bits<'_> {
    const fn left(&self) -> usize {
        self.end - self.at
    }

    /// The next bits, 24 at most.
    fn take(&mut self, count: u32) -> Option<u32> {
        if self.left() < count as usize {
            return None;
        }
        let bit = |at: usize| u32::from(self.data[at / 8] >> (7 - at % 8) & 1);
        let value = (self.at..self.at + count as usize).fold(0, |value, at| value << 1 | bit(at));
        self.at += count as usize;
        Some(value)
    }
}

/// The text of a payload whose parts end there. `None` if nothing names its characters, or a part has others than were named.
fn text(payload: &[u8], parts: &[(usize, Charset)]) -> Option<String> {
    if !parts.iter().any(|(_, charset)| matches!(charset, Charset::Eci(_) | Charset::Mode(_))) {
        return None;
    }
    let (mut text, mut start) = (String::new(), 0);
    let mut parts = parts.iter().peekable();
    while let Some(&(mut end, charset)) = parts.next() {
        // A character of several bytes may go on in the next segment.
        while let Some(&&(next, _)) = parts.peek().filter(|(_, next)| *next == charset) {
            end = next;
            parts.next();
        }
        let bytes = &payload[start..end];
        start = end;
        match charset {
            Charset::Plain | Charset::Unnamed => text += str::from_utf8(bytes).ok()?,
            Charset::Mode(encoding) => text += &encoding.decode_without_bom_handling_and_without_replacement(bytes)?,
            Charset::Eci(number) => text += &of_eci(number, bytes)?,
        }
    }
    is_printable(&text).then_some(text)
}

/// The text of bytes in the character set of this number (AIM ECI, part 3). `None` for an unknown or unsupported set.
fn of_eci(number: u32, bytes: &[u8]) -> Option<String> {
    let latin_1 = || bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
    let utf_32 = |letter: fn([u8; 4]) -> u32| {
        let (words, rest) = bytes.as_chunks::<4>();
        if rest.is_empty() { words.iter().map(|word| char::from_u32(letter(*word))).collect() } else { None }
    };
    let encoding = match number {
        1 | 3 => return Some(latin_1()),
        27 | 170 => return bytes.is_ascii().then(latin_1),
        34 => return utf_32(u32::from_be_bytes),
        35 => return utf_32(u32::from_le_bytes),
        // Code page 437: only its ASCII characters are supported.
        0 | 2 => return bytes.is_ascii().then(latin_1),
        4 => encoding_rs::ISO_8859_2,
        5 => encoding_rs::ISO_8859_3,
        6 => encoding_rs::ISO_8859_4,
        7 => encoding_rs::ISO_8859_5,
        8 => encoding_rs::ISO_8859_6,
        9 => encoding_rs::ISO_8859_7,
        10 => encoding_rs::ISO_8859_8,
        // The sets of the Windows code pages hold those of ISO/IEC 8859-9 and -11.
        11 => encoding_rs::WINDOWS_1254,
        12 => encoding_rs::ISO_8859_10,
        13 => encoding_rs::WINDOWS_874,
        15 => encoding_rs::ISO_8859_13,
        16 => encoding_rs::ISO_8859_14,
        17 => encoding_rs::ISO_8859_15,
        18 => encoding_rs::ISO_8859_16,
        20 => encoding_rs::SHIFT_JIS,
        21 => encoding_rs::WINDOWS_1250,
        22 => encoding_rs::WINDOWS_1251,
        23 => encoding_rs::WINDOWS_1252,
        24 => encoding_rs::WINDOWS_1256,
        25 => encoding_rs::UTF_16BE,
        26 => encoding_rs::UTF_8,
        28 => encoding_rs::BIG5,
        29 | 31 => encoding_rs::GBK,
        30 => encoding_rs::EUC_KR,
        32 => encoding_rs::GB18030,
        33 => encoding_rs::UTF_16LE,
        _ => return None,
    };
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use qrcode::bits::Bits as Writer;
    use rxing::qrcode::common::{ErrorCorrectionLevel, Version as TheirVersion};
    use rxing::qrcode::cpp_port::decoder::DecodeBitStream;

    use super::*;

    /// The bytes, and which part of how many.
    type Said = (Vec<u8>, Option<(i32, i32)>);

    /// The result of rxing.
    fn theirs(data: &[u8], number: u8) -> Option<Said> {
        let version = TheirVersion::getVersionForNumber(number.into()).expect("1 to 40");
        // It panics at some data.
        let decoded = std::panic::catch_unwind(|| DecodeBitStream(data, version, ErrorCorrectionLevel::L)).ok()?;
        let decoded = decoded.ok().filter(|decoded| decoded.isValid())?;
        let part = decoded.structuredAppend();
        Some((decoded.content().bytes().to_vec(), (part.count > 0).then_some((part.index, part.count))))
    }

    fn ours(data: &[u8], number: u8) -> Option<Said> {
        let content = read(data, Version::nearest(number))?;
        Some((content.payload, content.sequence.map(|part| (part.index.into(), part.count.into()))))
    }

    fn written(number: u8, fill: impl Fn(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::new(qrcode::Version::Normal(number.into()));
        fill(&mut writer);
        writer.push_terminator(qrcode::EcLevel::L).expect("it fits");
        writer.into_bytes()
    }

    #[test]
    fn segments_say_what_rxing_reads_in_them() {
        for number in [1, 9, 10, 26, 27, 40] {
            for fill in [
                (|writer| writer.push_numeric_data(b"0123456789").expect("it fits")) as fn(&mut Writer),
                |writer| writer.push_alphanumeric_data(b"A%B%%C 1").expect("it fits"),
                |writer| writer.push_byte_data(b"\x00\xffb").expect("it fits"),
                |writer| writer.push_kanji_data(b"\x90\x55\x8d\x9e\xe0\x40").expect("it fits"),
                |writer| {
                    writer.push_fnc1_first_position().expect("it fits");
                    writer.push_numeric_data(b"0104912345123459").expect("it fits");
                },
                |writer| {
                    writer.push_fnc1_second_position(37).expect("it fits");
                    writer.push_alphanumeric_data(b"%").expect("it fits");
                },
                |writer| {
                    writer.push_eci_designator(26).expect("a number");
                    writer.push_byte_data(b"\xe6\x8c\xaf").expect("it fits");
                },
                |writer| {
                    writer.push_numeric_data(b"07").expect("it fits");
                    writer.push_alphanumeric_data(b"%").expect("it fits");
                },
            ] {
                let data = written(number, fill);
                assert_eq!(ours(&data, number), theirs(&data, number), "version {number}: {data:x?}");
                assert!(ours(&data, number).is_some());
            }
        }
    }

    #[test]
    fn percent_signs_under_fnc1_are_separators() {
        let data = written(1, |writer| {
            writer.push_fnc1_first_position().expect("it fits");
            writer.push_alphanumeric_data(b"1%2%%3%%%").expect("it fits");
        });
        assert_eq!(read(&data, Version::nearest(1)).map(|said| said.payload), Some(b"1\x1d2%3%\x1d".to_vec()));
    }

    #[test]
    fn text_is_told_where_its_characters_are_named() {
        let text =
            |fill: &dyn Fn(&mut Writer)| read(&written(3, fill), Version::nearest(3)).expect("segments").named_text;
        assert_eq!(text(&|writer| writer.push_kanji_data(b"\x90\x55").expect("it fits")).as_deref(), Some("振"));
        assert_eq!(text(&|writer| writer.push_byte_data(b"plain").expect("it fits")), None);
        let of_two = |second: &'static [u8]| {
            text(&|writer| {
                writer.push_kanji_data(b"\x90\x55").expect("it fits");
                writer.push_byte_data(second).expect("it fits");
            })
        };
        assert_eq!(of_two(b" 1").as_deref(), Some("振 1"));
        assert_eq!(of_two(b"\xff"), None, "nothing names that");
        let eci = |number: u32, bytes: &'static [u8]| {
            text(&|writer| {
                writer.push_eci_designator(number).expect("a number");
                writer.push_byte_data(bytes).expect("it fits");
            })
        };
        assert_eq!(eci(26, b"\xef\xbb\xbf\xe6\x8c\xaf").as_deref(), Some("\u{feff}振"), "nothing is left out");
        assert_eq!(eci(25, b"\x63\x2f").as_deref(), Some("振"));
        assert_eq!(eci(34, b"\0\0\x63\x2f").as_deref(), Some("振"));
        assert_eq!(eci(3, b"\xe4").as_deref(), Some("\u{e4}"));
        assert_eq!(eci(27, b"\xe4"), None);
        assert_eq!(eci(899, b"\x01\x02"), None, "bytes that are no text");
        // Half a character in each of two segments.
        let split = text(&|writer| {
            writer.push_eci_designator(26).expect("a number");
            writer.push_byte_data(b"\xe6\x8c").expect("it fits");
            writer.push_byte_data(b"\xaf").expect("it fits");
        });
        assert_eq!(split.as_deref(), Some("振"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Where both read a text, it is the same. Data that only one accepts does not matter: it has no defined meaning.
        #[test]
        fn any_bits_say_what_rxing_reads_or_nothing(data in prop::collection::vec(any::<u8>(), 0..60), number in 1u8..=40) {
            if let (Some(ours), Some(theirs)) = (ours(&data, number), theirs(&data, number)) {
                prop_assert_eq!(ours, theirs);
            }
        }
    }
}
