//! Batch files in the fixed-length format of the Zengin system: 総合振込 (bulk), 給与振込 and 賞与振込 (payroll).
//!
//! A file is one header (type 1), data records (2), one trailer (8) and one end record (9), 120 bytes each, in
//! Shift_JIS or UTF-8, with or without line ends (LF or CR LF), with or without a final 1A. N fields are digits,
//! right-aligned and filled with zeros; C fields are characters of JIS X 0201, left-aligned and filled with spaces.
//!
//! | header | length | data | length | trailer | length |
//! | --- | --- | --- | --- | --- | --- |
//! | type `1` | N1 | type `2` | N1 | type `8` | N1 |
//! | kind `21`, `11`, `12` | N2 | bank code | N4 | count of data records | N6 |
//! | code division `0` | N1 | bank name | C15 | sum of their amounts | N12 |
//! | originator code | N10 | branch code | N3 | blank | C101 |
//! | originator name | C40 | branch name | C15 | **end** | |
//! | transfer date MMDD | N4 | clearing house, unused | N4 | type `9` | N1 |
//! | paying bank code | N4 | account type 1, 2, 4, 9 | N1 | blank | C119 |
//! | paying bank name | C15 | account number | N7 | | |
//! | paying branch code | N3 | payee name | C30 | | |
//! | paying branch name | C15 | amount | N10 | | |
//! | paying account type 1, 2, 9 | N1 | new code 0, 1, 2 | N1 | | |
//! | paying account number | N7 | customer codes 1 and 2, or EDI | C10 + C10, or C20 | | |
//! | blank | C17 | bulk: route 7, 8; `Y` for EDI; blank | N1 C1 C7 | | |
//! | | | payroll: blank | C9 | | |
//!
//! Nothing is read leniently that a bank's host might read otherwise: whatever is left over must be blank. Two fields
//! may be blank where digits would stand: clearing house (as `0000`) and new code (as `0`); route `0` is read as blank.
//!
//! # The canonical file
//!
//! The records one after the other, each field written as above with its text as [`KanaText`], in JIS X 0201 without
//! line ends or final 1A. So one file gives the same bytes, and the same [`BatchFile::canonical_sha256`], in Shift_JIS
//! and in UTF-8, with and without line ends, and with small kana, lower case or another hyphen in its names; a change
//! of anything else gives others.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::text::{KanaText, TextError, half_width_byte, jis_char};
use crate::time::Timestamp;

/// Bytes of the largest file that is read.
pub const MAX_BYTES: usize = 64 << 20;
/// The most data records: the trailer counts with six digits.
pub const MAX_PAYEES: usize = 999_999;
/// The largest amount of one payment: ten digits.
pub const MAX_AMOUNT: u64 = 9_999_999_999;
/// The largest sum: twelve digits.
pub const MAX_TOTAL: u64 = 999_999_999_999;

const RECORD: usize = 120;

/// A batch that has been checked: every field, and the trailer against the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFile {
    header: Header,
    payees: Vec<Payee>,
    total: u64,
}

/// Who pays, from which account, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What kind of batch.
    pub kind: BatchKind,
    /// The code that the bank gave to the originator.
    pub originator_code: Digits<10>,
    /// The originator's name, at most 40 characters.
    pub originator_name: KanaText,
    /// When to pay, without a year.
    pub date: MonthDay,
    /// The paying account's bank.
    pub bank_code: Digits<4>,
    /// Its name, at most 15 characters, or nothing.
    pub bank_name: KanaText,
    /// The paying account's branch.
    pub branch_code: Digits<3>,
    /// Its name, at most 15 characters, or nothing.
    pub branch_name: KanaText,
    /// The paying account's type; not [`AccountType::Savings`].
    pub account_type: AccountType,
    /// The paying account's number.
    pub account_number: Digits<7>,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payee {
    /// The payee's bank.
    pub bank_code: Digits<4>,
    /// Its name, at most 15 characters, or nothing.
    pub bank_name: KanaText,
    /// The payee's branch.
    pub branch_code: Digits<3>,
    /// Its name, at most 15 characters, or nothing.
    pub branch_name: KanaText,
    /// No longer used; `0000`.
    pub clearing_house: Digits<4>,
    /// The payee's account type.
    pub account_type: AccountType,
    /// The payee's account number.
    pub account_number: Digits<7>,
    /// The payee's name, 1 to 30 characters.
    pub name: KanaText,
    /// Yen, 1 to [`MAX_AMOUNT`].
    pub amount: u64,
    /// What the file says about the payee's being new. Whoever wrote the file chose it: see [`BatchFile::new_payees`].
    pub new_code: NewCode,
    /// The originator's reference.
    pub reference: Reference,
    /// How the order travels between banks; [`Route::Unspecified`] in payroll.
    pub route: Route,
}

/// The kinds of batch, with their codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BatchKind {
    /// 給与振込
    Salary = 11,
    /// 賞与振込
    Bonus = 12,
    /// 総合振込
    Bulk = 21,
}

/// The types of account, with their codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountType {
    /// 普通
    Ordinary = 1,
    /// 当座
    Current = 2,
    /// 貯蓄
    Savings = 4,
    /// その他
    Other = 9,
}

/// What a file says about a payee's being new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NewCode {
    /// Neither of the others.
    #[default]
    Other = 0,
    /// Paid for the first time.
    First = 1,
    /// The payee's account has changed.
    Changed = 2,
}

/// How an order travels between banks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Route {
    /// Left to the bank.
    #[default]
    Unspecified,
    /// 電信
    Wire,
    /// 文書
    Letter,
}

/// The originator's own reference to a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// Two customer codes, or an employee's number and department; at most 10 characters each, or nothing.
    Codes(KanaText, KanaText),
    /// EDI information for the payee, at most 20 characters; bulk transfers only.
    Edi(KanaText),
}

/// Exactly `N` decimal digits, kept as written: `0009` is not `9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digits<const N: usize>([u8; N]);

/// A day of any year that has it. `Display` gives MMDD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

/// How the bytes of a file are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8 if the bytes are that and nothing but characters of JIS X 0201, else Shift_JIS.
    #[default]
    Detect,
    /// Shift_JIS, of which only the single bytes may occur.
    ShiftJis,
    /// UTF-8, with or without a byte order mark; 120 characters a record.
    Utf8,
}

/// What stands after each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnd {
    /// Nothing.
    #[default]
    None,
    /// LF
    Lf,
    /// CR LF
    CrLf,
}

/// A string is not the expected number of ASCII digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} digits")]
pub struct DigitsError {
    expected: usize,
}

/// Why bytes are no batch file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {record}, {field}: {what}")]
pub struct ZenginError {
    /// The record, counted from 1; 0 for the file as a whole.
    pub record: usize,
    /// The field, by its name in the table of this module.
    pub field: &'static str,
    /// What is wrong with it.
    pub what: Fault,
}

/// What can be wrong with a field, a record or a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file is too large.
    #[error("{found} bytes long, at most {MAX_BYTES} are read")]
    FileSize {
        /// Its size.
        found: usize,
    },
    /// A record has another length than 120.
    #[error("{found} characters long instead of 120")]
    Length {
        /// Its length.
        found: usize,
    },
    /// A byte or character that is none of JIS X 0201.
    #[error("not a single-byte character")]
    Encoding,
    /// Another record, or none, where this type must stand.
    #[error("expected {expected}")]
    Order {
        /// The types that could stand here.
        expected: &'static str,
    },
    /// Something else than digits.
    #[error("not all digits")]
    Digits,
    /// Something in a place that must be blank.
    #[error("not blank")]
    NotBlank,
    /// Nothing where something must be; an amount of zero.
    #[error("empty or zero")]
    Empty,
    /// None of the values that the field may have.
    #[error("not one of the values of this field")]
    Value,
    /// A day that no year has.
    #[error("not a day of the year")]
    Date,
    /// Text that has no canonical form.
    #[error("{0}")]
    Text(TextError),
    /// A count or sum that is not that of the data records.
    #[error("differs from the data records")]
    Mismatch,
    /// More than the digits of the field can hold.
    #[error("more than the field can hold")]
    Overflow,
}

impl BatchFile {
    /// Reads a batch file and checks all of it.
    ///
    /// # Errors
    ///
    /// The first [`Fault`], with its record and field.
    pub fn parse(bytes: &[u8], encoding: Encoding) -> Result<Self, ZenginError> {
        if bytes.len() > MAX_BYTES {
            return Err(whole_file("file", Fault::FileSize { found: bytes.len() }));
        }
        let jis = decode(bytes, encoding)?;
        let mut records = Records { records: split(&jis), number: 0 };
        let (_, fields) = records.next(b"1", "a header (1)")?;
        let header = read_header(fields)?;
        let (_, fields) = records.next(b"2", "a data record (2)")?;
        let mut payees = vec![read_payee(fields, header.kind)?];
        let trailer = loop {
            match records.next(b"28", "data (2) or a trailer (8)")? {
                (b'2', fields) if payees.len() < MAX_PAYEES => payees.push(read_payee(fields, header.kind)?),
                (b'2', fields) => return Err(fields.fault("record type", Fault::Overflow)),
                (_, fields) => break fields,
            }
        };
        let batch = Self::new(header, payees)?;
        batch.check_trailer(trailer)?;
        let (_, mut end) = records.next(b"9", "an end record (9)")?;
        end.blank("end filler", 119)?;
        records.finish()?;
        Ok(batch)
    }

    /// Makes a batch of its parts; at least one payee.
    ///
    /// # Errors
    ///
    /// The first field that does not fit its record, or a sum of more than twelve digits.
    pub fn new(header: Header, payees: Vec<Payee>) -> Result<Self, ZenginError> {
        if payees.is_empty() || payees.len() > MAX_PAYEES {
            let what = if payees.is_empty() { Fault::Empty } else { Fault::Overflow };
            return Err(whole_file("count", what));
        }
        let at = |record| move |(field, what)| ZenginError { record, field, what };
        check_header(&header).map_err(at(1))?;
        let mut total = 0;
        for (payee, record) in payees.iter().zip(2..) {
            check_payee(payee, header.kind).map_err(at(record))?;
            total += payee.amount;
        }
        if total > MAX_TOTAL {
            return Err(ZenginError { record: payees.len() + 2, field: "total", what: Fault::Overflow });
        }
        Ok(Self { header, payees, total })
    }

    /// Who pays, from which account, and when.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payments, in the order of the file.
    #[must_use]
    pub fn payees(&self) -> &[Payee] {
        &self.payees
    }

    /// How many payments.
    #[must_use]
    pub fn count(&self) -> usize {
        self.payees.len()
    }

    /// The sum of their amounts in yen.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The payment of the largest amount, the first if there are several.
    #[must_use]
    pub fn largest_payee(&self) -> &Payee {
        let mut largest = self.payees.first().expect("a batch has at least one payee");
        for payee in &self.payees {
            if payee.amount > largest.amount {
                largest = payee;
            }
        }
        largest
    }

    /// The first payment to each account that the caller does not know.
    ///
    /// The file's own [`Payee::new_code`] plays no part: whoever altered the file would have set it.
    #[must_use]
    pub fn new_payees(&self, known: impl Fn(&Payee) -> bool) -> Vec<&Payee> {
        let mut seen = HashSet::new();
        self.payees.iter().filter(|payee| !known(payee) && seen.insert(payee.account())).collect()
    }

    /// The payment date with its year: the first such day, in Japan, that is not before `now`.
    ///
    /// Nothing only at the end of the year 9999.
    #[must_use]
    pub fn date_on_or_after(&self, now: Timestamp) -> Option<Date> {
        self.header.date.on_or_after(day_in_japan(now))
    }

    /// The canonical file, as the module page defines it.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        self.to_bytes(LineEnd::None)
    }

    /// SHA-256 over [`BatchFile::canonical_bytes`].
    #[must_use]
    pub fn canonical_sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        self.write(|record| hash.update(record));
        hash.finalize().into()
    }

    /// What a person compares: the first 8 bytes of [`BatchFile::canonical_sha256`] as 16 capital hexadecimal digits.
    #[must_use]
    pub fn check_code(&self) -> String {
        self.canonical_sha256()[..8].iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// The file in Shift_JIS.
    #[must_use]
    pub fn to_bytes(&self, line_end: LineEnd) -> Vec<u8> {
        let line_end: &[u8] = match line_end {
            LineEnd::None => b"",
            LineEnd::Lf => b"\n",
            LineEnd::CrLf => b"\r\n",
        };
        let mut bytes = Vec::with_capacity((self.payees.len() + 3) * (RECORD + line_end.len()));
        self.write(|record| {
            bytes.extend(record);
            bytes.extend(line_end);
        });
        bytes
    }

    fn write(&self, mut sink: impl FnMut(&[u8])) {
        let mut record = Record::default();
        write_header(&mut record, &self.header);
        record.finish(&mut sink);
        for payee in &self.payees {
            write_payee(&mut record, payee, self.header.kind);
            record.finish(&mut sink);
        }
        record.number(8, 1).number(self.payees.len() as u64, 6).number(self.total, 12);
        record.finish(&mut sink);
        record.number(9, 1);
        record.finish(&mut sink);
    }

    fn check_trailer(&self, mut fields: Fields<'_>) -> Result<(), ZenginError> {
        if fields.number("count", 6)? != self.payees.len() as u64 {
            return Err(fields.fault("count", Fault::Mismatch));
        }
        if fields.number("total", 12)? != self.total {
            return Err(fields.fault("total", Fault::Mismatch));
        }
        fields.blank("trailer filler", 101)
    }
}

impl Payee {
    /// What makes an account: bank, branch, type and number.
    #[must_use]
    pub fn account(&self) -> (Digits<4>, Digits<3>, AccountType, Digits<7>) {
        (self.bank_code, self.branch_code, self.account_type, self.account_number)
    }
}

impl Default for Reference {
    fn default() -> Self {
        Self::Codes(KanaText::default(), KanaText::default())
    }
}

impl<const N: usize> Digits<N> {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("ASCII digits")
    }
}

impl<const N: usize> fmt::Display for Digits<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> FromStr for Digits<N> {
    type Err = DigitsError;

    fn from_str(text: &str) -> Result<Self, DigitsError> {
        let digits = text.as_bytes().try_into().ok().filter(|digits: &[u8; N]| digits.iter().all(u8::is_ascii_digit));
        digits.map(Self).ok_or(DigitsError { expected: N })
    }
}

impl MonthDay {
    /// The day `day` of the month `month`, if any year has it.
    #[must_use]
    pub fn new(month: i8, day: i8) -> Option<Self> {
        // 2000 has all 366 days.
        Date::new(2000, month, day).is_ok().then_some(Self { month, day })
    }

    /// The first such day that is not before `day`: within eight years, for 29 February around 2100, else within one.
    ///
    /// Nothing only at the end of the year 9999.
    #[must_use]
    pub fn on_or_after(self, day: Date) -> Option<Date> {
        (0..=8).filter_map(|years| Date::new(day.year() + years, self.month, self.day).ok()).find(|date| *date >= day)
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}{:02}", self.month, self.day)
    }
}

/// Japan has had one offset since 1951, so no time zone database is needed.
fn day_in_japan(now: Timestamp) -> Date {
    const DAY: u64 = 24 * 3600;
    let days = now.plus(std::time::Duration::from_secs(9 * 3600)).as_unix() / DAY;
    let days = jiff::Span::new().days(i64::try_from(days).expect("a timestamp ends with the year 9999"));
    Date::constant(1970, 1, 1).checked_add(days).expect("within the years 1970 to 9999")
}

// ---- bytes to records

/// The file in JIS X 0201, one byte a character.
fn decode(bytes: &[u8], encoding: Encoding) -> Result<Cow<'_, [u8]>, ZenginError> {
    match encoding {
        Encoding::ShiftJis => Ok(Cow::Borrowed(bytes)),
        Encoding::Utf8 => decode_utf8(bytes).map(Cow::Owned),
        // In Shift_JIS a half-width kana is one byte from A1 to DF. UTF-8 writes it in three, of which the first is EF,
        // no single byte of Shift_JIS; `¥` in two, C2 A5, of which A5 (a middle dot) stands in no field. So no file can
        // be good in both.
        Encoding::Detect => Ok(decode_utf8(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned)),
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<Vec<u8>, ZenginError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut jis = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            jis.push(match character {
                '\0'..='\x7F' => character as u8,
                '¥' => b'\\',
                '｡'..='ﾟ' => half_width_byte(character),
                _ => return Err(undecodable(&jis)),
            });
        }
        if !chunk.invalid().is_empty() {
            return Err(undecodable(&jis));
        }
    }
    Ok(jis)
}

fn undecodable(before: &[u8]) -> ZenginError {
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let record = 1 + if lines > 0 { lines } else { before.len() / RECORD };
    ZenginError { record, field: "record", what: Fault::Encoding }
}

/// The records, of whatever length; by lines if there is a line end at all.
fn split(jis: &[u8]) -> Box<dyn Iterator<Item = &[u8]> + '_> {
    let jis = jis.strip_suffix(b"\x1A").unwrap_or(jis);
    if jis.contains(&b'\n') {
        let lines = jis.strip_suffix(b"\n").unwrap_or(jis).split(|byte| *byte == b'\n');
        Box::new(lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)))
    } else {
        Box::new(jis.chunks(RECORD))
    }
}

// ---- records to fields, and back

/// The records of a file, read one after the other.
struct Records<'a> {
    records: Box<dyn Iterator<Item = &'a [u8]> + 'a>,
    /// Of the last one read, counted from 1.
    number: usize,
}

impl<'a> Records<'a> {
    /// Takes the next record, which must be of one of these types; the type is taken from its fields.
    fn next(&mut self, types: &[u8], expected: &'static str) -> Result<(u8, Fields<'a>), ZenginError> {
        self.number += 1;
        let misplaced = ZenginError { record: self.number, field: "record type", what: Fault::Order { expected } };
        let Some(bytes) = self.records.next() else { return Err(misplaced) };
        let mut fields = Fields::new(bytes, self.number)?;
        match fields.take(1) {
            [found] if types.contains(found) => Ok((*found, fields)),
            _ => Err(misplaced),
        }
    }

    fn finish(&mut self) -> Result<(), ZenginError> {
        let what = Fault::Order { expected: "no further record" };
        match self.records.next() {
            Some(_) => Err(ZenginError { record: self.number + 1, field: "record type", what }),
            None => Ok(()),
        }
    }
}

/// A record that is read from left to right.
struct Fields<'a> {
    record: usize,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8], record: usize) -> Result<Self, ZenginError> {
        let fields = Self { record, rest: bytes };
        if bytes.len() != RECORD {
            return Err(fields.fault("record", Fault::Length { found: bytes.len() }));
        }
        // JIS X 0201: ASCII and A1 to DF.
        if bytes.iter().any(|byte| matches!(byte, 0x80..=0xA0 | 0xE0..)) {
            return Err(fields.fault("record", Fault::Encoding));
        }
        Ok(fields)
    }

    fn fault(&self, field: &'static str, what: Fault) -> ZenginError {
        ZenginError { record: self.record, field, what }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn digits<const N: usize>(&mut self, field: &'static str) -> Result<Digits<N>, ZenginError> {
        let taken = self.take(N).try_into().expect("as many as were taken");
        let digits = Digits(taken);
        if digits.0.iter().all(u8::is_ascii_digit) { Ok(digits) } else { Err(self.fault(field, Fault::Digits)) }
    }

    fn number(&mut self, field: &'static str, length: usize) -> Result<u64, ZenginError> {
        let taken = self.take(length);
        if !taken.iter().all(u8::is_ascii_digit) {
            return Err(self.fault(field, Fault::Digits));
        }
        Ok(taken.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    fn text(&mut self, field: &'static str, length: usize) -> Result<KanaText, ZenginError> {
        let text: String = self.take(length).iter().map(|byte| jis_char(*byte)).collect();
        KanaText::canonical(&text, length).map_err(|error| self.fault(field, Fault::Text(error)))
    }

    fn blank(&mut self, field: &'static str, length: usize) -> Result<(), ZenginError> {
        if self.take(length).iter().all(|byte| *byte == b' ') {
            Ok(())
        } else {
            Err(self.fault(field, Fault::NotBlank))
        }
    }

    /// Takes one byte that stands for a value.
    fn value<T>(&mut self, field: &'static str, read: impl Fn(u8) -> Option<T>) -> Result<T, ZenginError> {
        let [byte] = self.take(1) else { unreachable!("one byte was taken") };
        read(*byte).ok_or_else(|| self.fault(field, Fault::Value))
    }
}

/// A record that is written from left to right.
#[derive(Default)]
struct Record(Vec<u8>);

impl Record {
    fn number(&mut self, number: u64, length: usize) -> &mut Self {
        self.0.extend(format!("{number:0length$}").into_bytes());
        self
    }

    fn digits<const N: usize>(&mut self, digits: &Digits<N>) -> &mut Self {
        self.0.extend(digits.0);
        self
    }

    fn text(&mut self, text: &KanaText, length: usize) -> &mut Self {
        let end = self.0.len() + length;
        self.0.extend(text.as_jis_bytes());
        self.0.resize(end, b' ');
        self
    }

    fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    fn finish(&mut self, mut sink: impl FnMut(&[u8])) {
        self.0.resize(RECORD, b' ');
        sink(&self.0);
        self.0.clear();
    }
}

fn read_header(mut fields: Fields<'_>) -> Result<Header, ZenginError> {
    let kind = match fields.number("kind", 2)? {
        11 => BatchKind::Salary,
        12 => BatchKind::Bonus,
        21 => BatchKind::Bulk,
        _ => return Err(fields.fault("kind", Fault::Value)),
    };
    // 1 would be EBCDIC.
    fields.value("code division", |byte| (byte == b'0').then_some(()))?;
    let header = Header {
        kind,
        originator_code: fields.digits("originator code")?,
        originator_name: fields.text("originator name", 40)?,
        date: read_date(&mut fields)?,
        bank_code: fields.digits("paying bank code")?,
        bank_name: fields.text("paying bank name", 15)?,
        branch_code: fields.digits("paying branch code")?,
        branch_name: fields.text("paying branch name", 15)?,
        account_type: fields.value("paying account type", account_type)?,
        account_number: fields.digits("paying account number")?,
    };
    fields.blank("header filler", 17)?;
    Ok(header)
}

fn write_header(record: &mut Record, header: &Header) {
    record
        .number(1, 1)
        .number(header.kind as u64, 2)
        .number(0, 1)
        .digits(&header.originator_code)
        .text(&header.originator_name, 40)
        .number(header.date.month.unsigned_abs().into(), 2)
        .number(header.date.day.unsigned_abs().into(), 2)
        .digits(&header.bank_code)
        .text(&header.bank_name, 15)
        .digits(&header.branch_code)
        .text(&header.branch_name, 15)
        .number(header.account_type as u64, 1)
        .digits(&header.account_number);
}

fn read_payee(mut fields: Fields<'_>, kind: BatchKind) -> Result<Payee, ZenginError> {
    let mut payee = Payee {
        bank_code: fields.digits("bank code")?,
        bank_name: fields.text("bank name", 15)?,
        branch_code: fields.digits("branch code")?,
        branch_name: fields.text("branch name", 15)?,
        clearing_house: match fields.rest {
            [b' ', b' ', b' ', b' ', ..] => {
                fields.take(4);
                Digits(*b"0000")
            }
            _ => fields.digits("clearing house")?,
        },
        account_type: fields.value("account type", account_type)?,
        account_number: fields.digits("account number")?,
        name: fields.text("payee name", 30)?,
        amount: fields.number("amount", 10)?,
        new_code: fields.value("new code", |byte| match byte {
            b' ' | b'0' => Some(NewCode::Other),
            b'1' => Some(NewCode::First),
            b'2' => Some(NewCode::Changed),
            _ => None,
        })?,
        reference: Reference::default(),
        route: Route::Unspecified,
    };
    // Whether the reference is EDI stands after it.
    let mut reference = Fields { record: fields.record, rest: fields.take(20) };
    let mut edi = false;
    if kind == BatchKind::Bulk {
        payee.route = fields.value("route", |byte| match byte {
            b' ' | b'0' => Some(Route::Unspecified),
            b'7' => Some(Route::Wire),
            b'8' => Some(Route::Letter),
            _ => None,
        })?;
        edi = fields.value("identification", |byte| matches!(byte, b' ' | b'Y').then_some(byte == b'Y'))?;
    }
    fields.blank("data filler", fields.rest.len())?;
    payee.reference = if edi {
        Reference::Edi(reference.text("EDI", 20)?)
    } else {
        Reference::Codes(reference.text("customer code 1", 10)?, reference.text("customer code 2", 10)?)
    };
    Ok(payee)
}

fn write_payee(record: &mut Record, payee: &Payee, kind: BatchKind) {
    record
        .number(2, 1)
        .digits(&payee.bank_code)
        .text(&payee.bank_name, 15)
        .digits(&payee.branch_code)
        .text(&payee.branch_name, 15)
        .digits(&payee.clearing_house)
        .number(payee.account_type as u64, 1)
        .digits(&payee.account_number)
        .text(&payee.name, 30)
        .number(payee.amount, 10)
        .number(payee.new_code as u64, 1);
    match &payee.reference {
        Reference::Codes(first, second) => record.text(first, 10).text(second, 10),
        Reference::Edi(edi) => record.text(edi, 20),
    };
    if kind == BatchKind::Bulk {
        let route = match payee.route {
            Route::Unspecified => b' ',
            Route::Wire => b'7',
            Route::Letter => b'8',
        };
        record.byte(route).byte(if matches!(payee.reference, Reference::Edi(_)) { b'Y' } else { b' ' });
    }
}

fn read_date(fields: &mut Fields<'_>) -> Result<MonthDay, ZenginError> {
    let [month, day] = [fields.number("transfer date", 2)?, fields.number("transfer date", 2)?];
    let two_digits = |number| i8::try_from(number).expect("two digits");
    MonthDay::new(two_digits(month), two_digits(day)).ok_or_else(|| fields.fault("transfer date", Fault::Date))
}

const fn account_type(byte: u8) -> Option<AccountType> {
    match byte {
        b'1' => Some(AccountType::Ordinary),
        b'2' => Some(AccountType::Current),
        b'4' => Some(AccountType::Savings),
        b'9' => Some(AccountType::Other),
        _ => None,
    }
}

fn check_header(header: &Header) -> Result<(), (&'static str, Fault)> {
    fits("originator name", &header.originator_name, 40)?;
    fits("paying bank name", &header.bank_name, 15)?;
    fits("paying branch name", &header.branch_name, 15)?;
    if header.account_type == AccountType::Savings {
        return Err(("paying account type", Fault::Value));
    }
    Ok(())
}

fn check_payee(payee: &Payee, kind: BatchKind) -> Result<(), (&'static str, Fault)> {
    fits("bank name", &payee.bank_name, 15)?;
    fits("branch name", &payee.branch_name, 15)?;
    fits("payee name", &payee.name, 30)?;
    if payee.name.is_empty() {
        return Err(("payee name", Fault::Empty));
    }
    match payee.amount {
        0 => return Err(("amount", Fault::Empty)),
        1..=MAX_AMOUNT => {}
        _ => return Err(("amount", Fault::Overflow)),
    }
    match &payee.reference {
        Reference::Codes(first, second) => {
            fits("customer code 1", first, 10)?;
            fits("customer code 2", second, 10)?;
        }
        Reference::Edi(_) if kind != BatchKind::Bulk => return Err(("EDI", Fault::Value)),
        Reference::Edi(edi) => fits("EDI", edi, 20)?,
    }
    if kind != BatchKind::Bulk && payee.route != Route::Unspecified {
        return Err(("route", Fault::Value));
    }
    Ok(())
}

fn fits(field: &'static str, text: &KanaText, max: usize) -> Result<(), (&'static str, Fault)> {
    let found = text.len();
    if found > max { Err((field, Fault::Text(TextError::TooLong { found, max }))) } else { Ok(()) }
}

fn whole_file(field: &'static str, what: Fault) -> ZenginError {
    ZenginError { record: 0, field, what }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    fn sample(name: &str) -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testvectors");
        std::fs::read(folder.join(name)).expect("the sample stands beside the vectors")
    }

    fn bulk() -> BatchFile {
        BatchFile::parse(&sample("zengin/bulk_crlf.txt"), Encoding::Detect).expect("a good sample")
    }

    fn digits<const N: usize>(text: &str) -> Digits<N> {
        text.parse().expect("as many digits")
    }

    fn kana(text: &str) -> KanaText {
        KanaText::canonical(text, 40).expect("kana")
    }

    #[test]
    fn a_change_of_any_byte_is_seen() {
        let bytes = bulk().canonical_bytes();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            // Another digit, another letter, no longer blank.
            changed[place] = match bytes[place] {
                b'1' => b'2',
                b'0'..=b'9' => b'1',
                b'A' => b'B',
                _ => b'A',
            };
            if let Ok(batch) = BatchFile::parse(&changed, Encoding::Detect) {
                assert_ne!(batch.canonical_sha256(), bulk().canonical_sha256(), "byte {place}");
            }
        }
    }

    #[test]
    fn payees_are_new_by_account_and_the_file_has_no_say() {
        let batch = bulk();
        let known = batch.payees()[1].account();
        assert_eq!(batch.new_payees(|payee| payee.account() == known).len(), 4);
        assert!(batch.new_payees(|_| true).is_empty());
        let twice: Vec<_> = [batch.payees(), batch.payees()].concat();
        let twice = BatchFile::new(batch.header().clone(), twice).expect("a batch twice as large");
        assert_eq!(twice.new_payees(|_| false), batch.payees().iter().collect::<Vec<_>>());
        assert_eq!(batch.payees()[0].new_code, NewCode::First);
    }

    #[test]
    fn the_year_is_that_of_the_next_such_day_in_japan() {
        let on_or_after = |month, day, from: &str| {
            let day = MonthDay::new(month, day).expect("a day of the year");
            day.on_or_after(from.parse().expect("a date")).map(|date| date.to_string())
        };
        assert_eq!(on_or_after(11, 27, "2026-11-27").as_deref(), Some("2026-11-27"));
        assert_eq!(on_or_after(11, 27, "2026-11-28").as_deref(), Some("2027-11-27"));
        assert_eq!(on_or_after(1, 4, "2026-12-28").as_deref(), Some("2027-01-04"));
        assert_eq!(on_or_after(2, 29, "2096-03-01").as_deref(), Some("2104-02-29"));
        assert_eq!(on_or_after(1, 1, "9999-01-02"), None);
        // In Japan the 28th begins at 15:00 UTC.
        let dated = |time: &str| bulk().date_on_or_after(time.parse().expect("a time")).map(|date| date.year());
        assert_eq!(dated("2026-11-27T14:59:59Z"), Some(2026));
        assert_eq!(dated("2026-11-27T15:00:00Z"), Some(2027));
        // jiff's own moments end a day before its calendar does.
        dated("9999-12-31T23:59:59Z");
    }

    #[test]
    fn parts_that_do_not_fit_make_no_batch() {
        let (header, payee) = (bulk().header().clone(), bulk().payees()[0].clone());
        let fault = |header: &Header, payee: Payee| {
            let error = BatchFile::new(header.clone(), vec![bulk().payees()[0].clone(), payee]).expect_err("refused");
            (error.record, error.field)
        };
        let long = |length: usize| kana(&"ｱ".repeat(length));
        assert_eq!(fault(&header, Payee { name: long(31), ..payee.clone() }), (3, "payee name"));
        assert_eq!(fault(&header, Payee { bank_name: long(16), ..payee.clone() }), (3, "bank name"));
        assert_eq!(fault(&header, Payee { amount: MAX_AMOUNT + 1, ..payee.clone() }), (3, "amount"));
        assert_eq!(fault(&header, Payee { reference: Reference::Edi(long(21)), ..payee.clone() }), (3, "EDI"));
        let payroll = Header { kind: BatchKind::Salary, ..header.clone() };
        assert_eq!(fault(&payroll, Payee { route: Route::Unspecified, ..payee.clone() }), (2, "route"));
        let savings = Header { account_type: AccountType::Savings, ..header.clone() };
        assert_eq!(fault(&savings, payee), (1, "paying account type"));
        assert_eq!(BatchFile::new(header, Vec::new()), Err(whole_file("count", Fault::Empty)));
        assert!("12a4".parse::<Digits<4>>().is_err() && "123".parse::<Digits<4>>().is_err());
        assert!(MonthDay::new(2, 30).is_none() && MonthDay::new(0, 1).is_none());
    }

    #[test]
    fn an_error_names_record_field_and_fault() {
        let error = BatchFile::parse(&sample("zengin/name_middle_dot.txt"), Encoding::Detect).expect_err("refused");
        assert_eq!(error.to_string(), "record 3, payee name: character 4 (U+FF65) cannot stand in this text");
        let error = BatchFile::parse(&vec![b' '; MAX_BYTES + 1], Encoding::Detect).expect_err("refused");
        assert_eq!((error.record, error.field), (0, "file"));
        // Nothing but line ends: refused at the first record, without a list of the others.
        let error = BatchFile::parse(&vec![b'\n'; MAX_BYTES], Encoding::Detect).expect_err("refused");
        assert_eq!((error.record, error.what), (1, Fault::Length { found: 0 }));
    }

    fn any_text(max: usize) -> impl Strategy<Value = KanaText> {
        let characters: Vec<char> = " ｱｶﾞﾊﾟｦABYZ019()-./,'+:?¥｢｣".chars().collect();
        proptest::collection::vec(proptest::sample::select(characters), 0..=max)
            .prop_map(|characters| kana(&String::from_iter(characters)))
    }

    fn any_digits<const N: usize>() -> impl Strategy<Value = Digits<N>> {
        proptest::array::uniform(b'0'..=b'9').prop_map(Digits)
    }

    fn any_payee(bulk: bool) -> impl Strategy<Value = Payee> {
        let types = [AccountType::Ordinary, AccountType::Current, AccountType::Savings, AccountType::Other];
        let routes = [Route::Unspecified, Route::Wire, Route::Letter];
        let codes = (any_text(10), any_text(10)).prop_map(|(first, second)| Reference::Codes(first, second));
        let edi = any_text(20).prop_map(Reference::Edi);
        (
            (any_digits(), any_text(15), any_digits(), any_text(15), any_digits()),
            (proptest::sample::select(types.to_vec()), any_digits(), any_text(29), 1..=MAX_AMOUNT),
            proptest::sample::select(vec![NewCode::Other, NewCode::First, NewCode::Changed]),
            if bulk { prop_oneof![codes, edi].boxed() } else { codes.boxed() },
            proptest::sample::select(if bulk { routes.to_vec() } else { vec![Route::Unspecified] }),
        )
            .prop_map(|(bank, account, new_code, reference, route)| Payee {
                bank_code: bank.0,
                bank_name: bank.1,
                branch_code: bank.2,
                branch_name: bank.3,
                clearing_house: bank.4,
                account_type: account.0,
                account_number: account.1,
                name: kana(&format!("X{}", account.2)),
                amount: account.3,
                new_code,
                reference,
                route,
            })
    }

    fn any_batch() -> impl Strategy<Value = BatchFile> {
        let kinds = vec![BatchKind::Bulk, BatchKind::Salary, BatchKind::Bonus];
        let payees = |kind| proptest::collection::vec(any_payee(kind == BatchKind::Bulk), 1..6);
        let kind_and_payees = proptest::sample::select(kinds).prop_flat_map(move |kind| (Just(kind), payees(kind)));
        (kind_and_payees, any_text(40), any_text(15), 1..=12_i8, 1..=28_i8).prop_map(
            |((kind, payees), name, bank, month, day)| {
                let header = Header {
                    kind,
                    originator_code: digits("0000000042"),
                    originator_name: name,
                    date: MonthDay::new(month, day).expect("every month has 28 days"),
                    bank_code: digits("9990"),
                    bank_name: bank.clone(),
                    branch_code: digits("001"),
                    branch_name: bank,
                    account_type: AccountType::Current,
                    account_number: digits("0000123"),
                };
                BatchFile::new(header, payees).expect("every part fits")
            },
        )
    }

    /// The same file in UTF-8.
    fn to_utf8(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| jis_char(*byte)).collect()
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(batch in any_batch()) {
            for line_end in [LineEnd::None, LineEnd::Lf, LineEnd::CrLf] {
                let mut bytes = batch.to_bytes(line_end);
                prop_assert_eq!(BatchFile::parse(&bytes, Encoding::ShiftJis), Ok(batch.clone()));
                prop_assert_eq!(BatchFile::parse(&bytes, Encoding::Detect), Ok(batch.clone()));
                prop_assert_eq!(BatchFile::parse(to_utf8(&bytes).as_bytes(), Encoding::Utf8), Ok(batch.clone()));
                prop_assert_eq!(BatchFile::parse(to_utf8(&bytes).as_bytes(), Encoding::Detect), Ok(batch.clone()));
                bytes.push(0x1A);
                prop_assert_eq!(BatchFile::parse(&bytes, Encoding::Detect), Ok(batch.clone()));
            }
        }

        #[test]
        fn any_bytes_end_in_a_batch_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for encoding in [Encoding::Detect, Encoding::ShiftJis, Encoding::Utf8] {
                prop_assert!(BatchFile::parse(&bytes, encoding).is_err());
            }
        }

        #[test]
        fn a_damaged_file_ends_in_a_batch_or_an_error(
            batch in any_batch(), place in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = batch.to_bytes(LineEnd::CrLf);
            let place = place.index(bytes.len());
            bytes[place] = byte;
            for encoding in [Encoding::Detect, Encoding::ShiftJis, Encoding::Utf8] {
                if let Ok(read) = BatchFile::parse(&bytes, encoding) {
                    prop_assert_eq!(BatchFile::parse(&read.canonical_bytes(), Encoding::Detect), Ok(read));
                }
            }
            bytes.truncate(cut.index(bytes.len() - 3));
            prop_assert!(BatchFile::parse(&bytes, Encoding::Detect).is_err());
        }
    }
}
