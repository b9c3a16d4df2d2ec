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

mod fault;

pub use self::fault::{DigitsError, Fault, ZenginError};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::text::{KanaText, TextError};
use crate::time::Timestamp;

mod known;
mod reader;
mod record;
mod summary;

pub use known::{KnownPayees, KnownPayeesError};
use reader::{Parser, Said};
use record::{Record, check_header, check_payee, write_end, write_header, write_payee};
pub use summary::{BatchReader, BatchSummary};

/// Bytes of the largest file that is read.
pub const MAX_BYTES: usize = 64 << 20;
/// The most data records: the trailer counts with six digits.
pub const MAX_PAYEES: usize = 999_999;
/// The largest amount of one payment: ten digits.
pub const MAX_AMOUNT: u64 = 9_999_999_999;
/// How many days ahead a payment date may be, unless the bank says otherwise: a month.
pub const DATE_WINDOW: u16 = 31;
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
    /// The kind of batch.
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
    /// Whether the payee is new, as the file says. The author of the file chose it: see [`BatchFile::new_payees`].
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Whether a payee is new, as a file says.
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

/// The line end after each record.
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
        let (mut header, mut payees) = (None, Vec::new());
        let mut said = |said| match said {
            Said::Header(read) => header = Some(read),
            Said::Payee(payee) => payees.push(payee),
        };
        let mut parser = Parser::new(encoding);
        parser.push(bytes, &mut said)?;
        let (_, total) = parser.finish(&mut said)?;
        Ok(Self { header: header.expect("a file that was read has a header"), payees, total })
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
    /// The file's own [`Payee::new_code`] is ignored: an attacker who altered the file would have set it.
    #[must_use]
    pub fn new_payees(&self, known: impl Fn(&Payee) -> bool) -> Vec<&Payee> {
        let mut seen = BTreeSet::new();
        self.payees.iter().filter(|payee| !known(payee) && seen.insert(payee.account())).collect()
    }

    /// The payment date with its year, at most `window` days after today: [`DATE_WINDOW`], or what the bank takes.
    ///
    /// A file has no year, so a day that has just passed would else be one of next year.
    ///
    /// # Errors
    ///
    /// [`Fault::Past`] or [`Fault::TooFarAhead`], in record 1.
    pub fn pay_date(&self, now: Timestamp, window: u16) -> Result<Date, ZenginError> {
        self.header.pay_date(now, window)
    }

    /// The summary of this file, which is signed. `known` says which accounts the bank knows.
    #[must_use]
    pub fn summary(&self, known: impl Fn(&Payee) -> bool) -> BatchSummary {
        BatchSummary {
            header: self.header.clone(),
            count: self.count(),
            total: self.total,
            largest: self.largest_payee().clone(),
            new_payees: self.new_payees(known).len(),
            sha256: self.canonical_sha256(),
        }
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

    /// The check code that a person compares: the first 8 bytes of [`BatchFile::canonical_sha256`] as 16 capital hexadecimal digits.
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
        write_end(&mut record, self.payees.len(), self.total, sink);
    }
}

impl Header {
    /// The payment date with its year, as [`BatchFile::pay_date`] has it.
    fn pay_date(&self, now: Timestamp, window: u16) -> Result<Date, ZenginError> {
        let today = day_in_japan(now);
        let ahead = |date: Date| today.until(date).map_or(i32::MAX, |span| span.get_days());
        let fault = |what| Err(ZenginError { record: 1, field: "transfer date", what });
        let next = self.date.on_or_after(today);
        match (next, self.date.before(today)) {
            (Some(date), _) if ahead(date) <= i32::from(window) => Ok(date),
            (Some(date), Some(last)) if ahead(date) < -ahead(last) => fault(Fault::TooFarAhead { date, today, window }),
            (Some(date), None) => fault(Fault::TooFarAhead { date, today, window }),
            (_, Some(date)) => fault(Fault::Past { date, today }),
            (None, None) => fault(Fault::Date),
        }
    }
}

impl Payee {
    /// The parts of an account: bank, branch, type and number.
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
        core::str::from_utf8(&self.0).expect("ASCII digits")
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

    /// The last such day before `day`, within eight years.
    fn before(self, day: Date) -> Option<Date> {
        let years = (0..=8).filter_map(|years| Date::new(day.year() - years, self.month, self.day).ok());
        years.into_iter().find(|date| *date < day)
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
    let days = now.plus(core::time::Duration::from_secs(9 * 3600)).as_unix() / DAY;
    let days = jiff::Span::new().days(i64::try_from(days).expect("a timestamp ends with the year 9999"));
    Date::constant(1970, 1, 1).checked_add(days).expect("within the years 1970 to 9999")
}

fn whole_file(field: &'static str, what: Fault) -> ZenginError {
    ZenginError { record: 0, field, what }
}

#[cfg(test)]
mod tests;
