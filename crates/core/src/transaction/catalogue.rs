//! The catalogue: which operations exist, what of each a token shows and what it only binds.
//!
//! One table for all parts: the verifier builds transactions by it, the token shows them by it, the documents and the
//! JSON schema are printed from it. An operation that is not in it is refused on both sides.

mod table;

pub use self::table::CATALOGUE;
use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::language::Label;

/// An operation, which the holder of a token approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// First code of a registration: which bank and user ask.
    Activation1,
    /// Second code of a registration: it brings the key.
    Activation2,
    /// Ends one activation on the token.
    Deletion,
    /// Sign-on under a login method with a one-time password.
    Login,
    /// 振込・振替
    Transfer,
    /// 総合振込
    Bulk,
    /// 給与・賞与振込
    Payroll,
    /// ペイジー税金・料金払込
    PayEasy,
    /// 仕向送金
    Remittance,
    /// ユーザー管理業務
    UserManagement,
    /// 振込先登録
    PayeeRegistration,
    /// 外部サービス連携
    ExternalLinkage,
    /// Change of a daily limit.
    LimitChange,
    /// Reset of a password.
    PasswordReset,
    /// Fetching a new certificate.
    CertificateReissue,
    /// 承認: a second person's yes.
    Approval,
    /// Ends a token for good.
    TokenRevocation,
}

/// Which keys a code is sealed with, and which role its response plays; each is a domain of its own (V-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// The response signs the transaction.
    Signature = 0,
    /// Sealed with the token's device key; answered by a device code.
    Activation1 = 1,
    /// Sealed for one device code; carries the activation key.
    Activation2 = 2,
    /// Deletes the activation whose key sealed it.
    Deletion = 3,
}

/// One line of the catalogue.
#[derive(Debug)]
pub struct Entry {
    /// The operation.
    pub operation: Operation,
    /// Its number in a code.
    pub code: u8,
    /// Its name in JSON and on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub label: Label,
    /// Its domain.
    pub domain: Domain,
    /// Its fields, in the order in which they are shown and encoded.
    pub fields: &'static [FieldSpec],
}

/// One field of an operation.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name in JSON and on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub label: Label,
    /// Its kind of value.
    pub kind: Kind,
    /// Whether the token shows it, or only binds it.
    pub visibility: Visibility,
    /// Whether a transaction may leave it out.
    pub optional: bool,
    /// Whether its number is at least 1.
    pub positive: bool,
}

/// Whether the holder of the token sees a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Travels in the code, is shown before the response, and is bound by it.
    Displayed,
    /// Travels as part of one SHA-256 and is bound by the response.
    Bound,
}

/// The kind of value of a field. Lengths are in half-width characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Half-width kana, capital Latin letters, digits and a few signs (JIS X 0201).
    Kana {
        /// At most so many characters.
        max: usize,
    },
    /// Any text that a token can show.
    Text {
        /// At most so many columns.
        max: usize,
    },
    /// Printable ASCII.
    Ascii {
        /// At most so many characters.
        max: usize,
    },
    /// An account abroad, in printable ASCII: an IBAN (ISO 13616) where the country has them.
    Account {
        /// At most so many characters.
        max: usize,
    },
    /// A BIC (ISO 9362).
    Bic,
    /// A country by its two letters (ISO 3166-1).
    Country,
    /// Decimal digits; leading zeroes count.
    Digits {
        /// At least so many.
        min: usize,
        /// At most so many.
        max: usize,
    },
    /// Whole yen.
    Yen {
        /// At most so many digits.
        digits: u32,
    },
    /// A currency of ISO 4217 and an amount with its decimals.
    Money {
        /// At most so many digits, decimals included.
        digits: u32,
    },
    /// A day of the calendar, with its year.
    Date,
    /// A moment, to the second.
    Moment,
    /// A number of things.
    Count {
        /// At most so many digits.
        digits: u32,
    },
    /// One of a fixed list.
    Choice(&'static [Choice]),
    /// Some of a fixed list.
    Choices {
        /// The list.
        of: &'static [Choice],
        /// At most so many.
        max: usize,
    },
    /// Yes or no.
    Flag,
    /// A SHA-256.
    Hash,
    /// The first eight bytes of a SHA-256, for people to compare.
    CheckCode,
}

/// One of a fixed list; its place in the list is its number in a code.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name in JSON and on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub label: Label,
}

impl Operation {
    /// Every operation of the catalogue.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.iter().map(|entry| entry.operation)
    }

    /// The operation's line of the catalogue.
    ///
    /// # Examples
    ///
    /// ```
    /// use camtoken_core::transaction::Operation;
    ///
    /// let shown: Vec<_> = Operation::Transfer.entry().fields.iter().map(|field| field.name).collect();
    /// assert!(shown.contains(&"payee") && shown.contains(&"amount"));
    /// ```
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        CATALOGUE.iter().find(|entry| entry.operation == self).expect("every operation has an entry (tested)")
    }

    /// The operation with this number in a code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        CATALOGUE.iter().find(|entry| entry.code == code).map(|entry| entry.operation)
    }

    /// The domain of its keys and responses.
    #[must_use]
    pub fn domain(self) -> Domain {
        self.entry().domain
    }
}

impl Entry {
    /// The fields that travel, and are shown.
    pub fn displayed(&self) -> impl Iterator<Item = &'static FieldSpec> {
        self.fields.iter().filter(|field| field.visibility == Visibility::Displayed)
    }

    /// The fields that are bound without being shown.
    pub fn bound(&self) -> impl Iterator<Item = &'static FieldSpec> {
        self.fields.iter().filter(|field| field.visibility == Visibility::Bound)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.entry().name)
    }
}

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(name: &str) -> Result<Self, UnknownOperation> {
        let entry = CATALOGUE.iter().find(|entry| entry.name == name);
        entry.map(|entry| entry.operation).ok_or_else(|| UnknownOperation { found: name.to_owned() })
    }
}

/// A name that is not in the catalogue.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("unknown operation {found:?}")]
pub struct UnknownOperation {
    /// The name.
    pub found: String,
}

#[cfg(test)]
mod tests;
