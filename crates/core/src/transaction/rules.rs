//! Content that no transaction may have. The verifier refuses it when a transaction is issued, and the token when it opens a code.
//!
//! A record that was stored before a rule existed is read all the same: it was signed as it is.

use super::abroad;
use super::catalogue::{FieldSpec, Kind, Operation};
use super::value::{Value, ValueError};
use super::{Transaction, TransactionError};

/// Checks the fields that are here, each by itself and together. Specification, section 3.5.
pub(super) fn check(transaction: &Transaction) -> Result<(), TransactionError> {
    for (field, value) in transaction.fields() {
        check_field(field, value).map_err(|source| TransactionError::Field { field: field.name, source })?;
    }
    match transaction.operation() {
        Operation::Bulk | Operation::Payroll => check_batch(transaction),
        _ => Ok(()),
    }
}

fn check_field(field: &FieldSpec, value: &Value) -> Result<(), ValueError> {
    if field.positive && number(value) == Some(0) {
        return Err(ValueError::Zero);
    }
    match (value, field.kind) {
        (Value::Kana(kana), _) if kana.begins_with_sound_mark() => Err(ValueError::SoundMark),
        (Value::Kana(kana), _) if !kana.has_letter_or_digit() => Err(ValueError::NoLetter),
        (Value::Text(text), _) if is_payee(field) => has_letter(text.as_str()),
        (Value::Ascii(text), Kind::Account { .. }) => abroad::account(text).map(drop).ok_or(ValueError::Iban),
        (Value::Ascii(text), Kind::Bic) => abroad::bic(text).map(drop).ok_or(ValueError::Bic),
        (Value::Ascii(text), Kind::Country) => abroad::country(text).map(drop).ok_or(ValueError::Country),
        (Value::Ascii(text), _) if is_payee(field) => has_letter(text),
        _ => Ok(()),
    }
}

/// The payee. Kana are checked for letters wherever they are.
fn is_payee(field: &FieldSpec) -> bool {
    matches!(field.name, "payee" | "biller")
}

fn has_letter(text: &str) -> Result<(), ValueError> {
    if text.chars().any(char::is_alphanumeric) { Ok(()) } else { Err(ValueError::NoLetter) }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Yen(number) | Value::Count(number) => Some(*number),
        Value::Money(money) => Some(money.minor_units),
        _ => None,
    }
}

/// The rules between the fields of a batch. The token has no `file`, and accepts the check code as it is.
fn check_batch(transaction: &Transaction) -> Result<(), TransactionError> {
    let of = |name| transaction.get(name).and_then(number).ok_or(TransactionError::Missing { field: name });
    let [count, total, largest, new] = [of("count")?, of("total")?, of("largestAmount")?, of("newPayees")?];
    let contradiction = |field, what| Err(TransactionError::Contradiction { field, what });
    if new > count {
        return contradiction("newPayees", "more than count");
    }
    // Twelve digits hold neither product nor sum: six digits by ten, and ten and six.
    if total > count.saturating_mul(largest) {
        return contradiction("total", "more than count times largestAmount");
    }
    if total < largest.saturating_add(count - 1) {
        return contradiction("total", "less than largestAmount and a yen for each other payment");
    }
    match (transaction.get("checkCode"), transaction.get("file")) {
        (Some(Value::CheckCode(code)), Some(Value::Hash(file))) if file[..8] != code[..] => {
            contradiction("checkCode", "not the first 16 digits of file")
        }
        _ => Ok(()),
    }
}
