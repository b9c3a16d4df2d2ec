//! One transaction of every operation, each field at its full length. For tests.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Transaction;
use super::catalogue::{FieldSpec, Kind, Operation};

/// One of every operation.
pub(crate) fn all() -> impl Iterator<Item = Transaction> {
    Operation::all().map(full)
}

/// A transfer.
pub(crate) fn transfer() -> Transaction {
    full(Operation::Transfer)
}

/// Every field of `operation` at its full length.
pub(crate) fn full(operation: Operation) -> Transaction {
    let fields = operation.entry().fields.iter().map(|field| (field.name, longest(field)));
    Transaction::new(operation, fields).expect("the longest texts that the catalogue allows")
}

fn longest(field: &FieldSpec) -> String {
    match field.kind {
        Kind::Kana { max } => "ｶﾌﾞｼｷｶﾞｲｼﾔ ".chars().cycle().take(max - 1).chain(['ﾝ']).collect(),
        // Kanji are the dearest text of one column width: two bytes for two columns.
        Kind::Text { max } => "架空商事株式会社支払".chars().cycle().take(max / 2).collect(),
        Kind::Bic => "MIHONOKKABC".to_owned(),
        Kind::Country => "NO".to_owned(),
        // Not the beginning of an IBAN.
        Kind::Account { max } => "12AB34CD".chars().cycle().take(max).collect(),
        Kind::Ascii { max } => "AB12CD34".chars().cycle().take(max).collect(),
        Kind::Digits { max, .. } => "9876543210".chars().cycle().take(max).collect(),
        Kind::Yen { digits } | Kind::Count { digits } => "9".repeat(digits as usize),
        Kind::Money { digits } => format!("KWD {}.999", "9".repeat(digits as usize - 3)),
        Kind::Date => "2099-12-31".to_owned(),
        Kind::Moment => "2099-12-31T23:59:59Z".to_owned(),
        Kind::Choice(list) => list[list.len() - 1].name.to_owned(),
        Kind::Choices { of, max } => of.iter().rev().take(max).map(|choice| choice.name).collect::<Vec<_>>().join(","),
        Kind::Flag => "yes".to_owned(),
        Kind::Hash => "5a".repeat(32),
        Kind::CheckCode => "5a".repeat(8),
    }
}
