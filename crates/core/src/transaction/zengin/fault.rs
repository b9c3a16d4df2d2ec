//! The faults of a batch file, with their lines.

use super::*;

/// A string is not the expected number of ASCII digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} digits")]
pub struct DigitsError {
    pub(super) expected: usize,
}

/// Why bytes are no batch file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {record}, {field}: {what}")]
pub struct ZenginError {
    /// The record, counted from 1; 0 for the file as a whole.
    pub record: usize,
    /// The field, by its name in the table of this module.
    pub field: &'static str,
    /// The fault.
    pub what: Fault,
}

/// A fault of a field, a record or a file.
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
    /// The file is in UTF-16.
    #[error("in UTF-16: expected Shift_JIS or UTF-8")]
    Utf16,
    /// The file is in EBCDIC.
    #[error("in EBCDIC: expected Shift_JIS or UTF-8")]
    Ebcdic,
    /// Something else than padding behind the end record.
    #[error("something after the end record")]
    AfterEnd,
    /// A day that has passed.
    #[error("{date} is in the past: in Japan it is {today}")]
    Past {
        /// The last such day.
        date: Date,
        /// Today, in Japan.
        today: Date,
    },
    /// A day too far ahead.
    #[error("{date} is more than {window} days ahead: in Japan it is {today}")]
    TooFarAhead {
        /// The next such day.
        date: Date,
        /// Today, in Japan.
        today: Date,
        /// How many days ahead it may be.
        window: u16,
    },
    /// A name without a letter and a digit.
    #[error("has no letter and no digit")]
    NoLetter,
    /// A dakuten or handakuten with no kana before it.
    #[error("begins with a sound mark")]
    SoundMark,
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
