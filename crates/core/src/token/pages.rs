//! A transaction as rows of labels and values, in the words of one language.
//!
//! Every displayed field is there, whole; what does not fit on a page goes to the next.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::screen::{Layout, Style, columns};
use crate::language::Language;
use crate::time::{Date, Timestamp};
use crate::transaction::{FieldSpec, Operation, Transaction, Value};

/// One displayed field as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The field, as the catalogue names it.
    pub field: &'static FieldSpec,
    /// Its name for people.
    pub label: &'static str,
    /// Its content for people.
    pub value: String,
    style: Style,
}

/// Everything that a person has to see before answering, in the order of the catalogue.
#[must_use]
pub fn rows(transaction: &Transaction, language: Language) -> Vec<Row> {
    let row = |(field, value): (&'static FieldSpec, &Value)| Row {
        field,
        label: field.label.text(language),
        value: format(value, language),
        style: style(transaction.operation(), field, value),
    };
    transaction.displayed().map(row).collect()
}

/// Writes a value for people.
#[must_use]
pub fn format(value: &Value, language: Language) -> String {
    let ja = language == Language::Ja;
    match value {
        Value::Kana(kana) => kana.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Ascii(text) | Value::Digits(text) => text.clone(),
        Value::Yen(yen) => format!("¥{}", grouped(&yen.to_string())),
        Value::Count(count) => grouped(&count.to_string()),
        Value::Money(money) => format!("{} {}", money.currency, grouped(&money.amount())),
        Value::Date(day) => date(*day, language),
        Value::Moment(moment) => japanese_time(*moment, language),
        Value::Choice(choice) => choice.label.text(language).to_owned(),
        Value::Choices(choices) => {
            let names: Vec<_> = choices.iter().map(|choice| choice.label.text(language)).collect();
            names.join(if ja { "、" } else { ", " })
        }
        Value::Flag(true) => if ja { "はい" } else { "Yes" }.to_owned(),
        Value::Flag(false) => if ja { "いいえ" } else { "No" }.to_owned(),
        Value::Hash(_) | Value::CheckCode(_) => in_fours(&value.to_string()),
    }
}

/// Digits in groups of four, as they are read aloud.
#[must_use]
pub fn in_fours(digits: &str) -> String {
    let digits: Vec<_> = digits.chars().collect();
    digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The rows as a page of the screen, without buttons. Payee and amount are big, for they are what is to be compared.
#[must_use]
pub fn layout(transaction: &Transaction, language: Language) -> Layout {
    let operation = transaction.operation();
    let mut layout = Layout::new(operation.entry().label.text(language));
    if operation == Operation::PayeeRegistration {
        // A person must not take it for a payment, nor a payment for it.
        let notice = match language {
            Language::Ja => "登録のみ（送金はされません）",
            Language::En => "Registration only: no money is sent",
        };
        layout = layout.text("notice", notice, Style::Band);
    }
    let mut rows = rows(transaction, language).into_iter().peekable();
    while let Some(row) = rows.next() {
        let together = |next: &Row| format!("{} {}", row.value, next.value);
        let joins = |next: &Row| {
            JOINED.contains(&(row.field.name, next.field.name)) && columns(&together(next)) <= line(next.style)
        };
        layout = match rows.next_if(joins) {
            Some(next) => layout.row(next.field.name, next.label, &together(&next), next.style),
            None => layout.row(row.field.name, row.label, &row.value, row.style),
        };
    }
    layout
}

/// Neighbours that are read as one where a line has room for both: `0001 ｶｸｳﾁﾕｳｵｳ`, `普通 1234567`.
const JOINED: &[(&str, &str)] = &[("bankCode", "bankName"), ("branchCode", "branchName"), ("accountType", "account")];

/// How many columns stand beside a label.
fn line(style: Style) -> usize {
    if style == Style::Big { 15 } else { 30 }
}

fn style(operation: Operation, field: &FieldSpec, value: &Value) -> Style {
    match (field.name, value) {
        // A name of 140 characters in big ones would take three pages.
        ("payee", Value::Ascii(_)) => Style::Bold,
        ("payee", _) if operation == Operation::PayeeRegistration => Style::Bold,
        ("payee", _) | ("account", Value::Digits(_)) => Style::Big,
        ("newPayee", Value::Flag(true)) => Style::Inverse,
        (_, Value::Yen(_) | Value::Money(_)) => Style::Big,
        (_, Value::CheckCode(_)) => Style::Bold,
        _ => Style::Normal,
    }
}

/// Commas between each three digits of the whole part.
fn grouped(amount: &str) -> String {
    let (whole, fraction) = amount.split_at(amount.find('.').unwrap_or(amount.len()));
    let mut grouped = String::with_capacity(amount.len() + amount.len() / 3);
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

fn date(day: Date, language: Language) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    match language {
        Language::Ja => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Language::En => format!("{} {} {}", day.day(), MONTHS[usize::from(day.month()) - 1], day.year()),
    }
}

/// The bank's moments are those of Japan, which knows no summer time.
fn japanese_time(moment: Timestamp, language: Language) -> String {
    const DAY: u64 = 24 * 3600;
    let seconds = moment.as_unix() + 9 * 3600;
    // The last hours of the year 9999 in UTC are a day in Japan that has no date here.
    let Some(day) = u32::try_from(seconds / DAY).ok().and_then(Date::from_days) else { return moment.to_string() };
    let second = seconds % DAY;
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    format!("{} {time}{}", date(day, language), if language == Language::Ja { "" } else { " JST" })
}

#[cfg(test)]
mod tests {
    use Language::{En, Ja};

    use super::*;

    fn both(operation: Operation, field: &str, text: &str) -> [String; 2] {
        let field = operation.entry().fields.iter().find(|spec| spec.name == field).expect("a field of the operation");
        let value = field.parse(text).expect("a value of the field");
        [Ja, En].map(|language| format(&value, language))
    }

    #[test]
    fn amounts_have_their_sign_their_groups_and_their_decimals() {
        assert_eq!(both(Operation::Transfer, "amount", "1250000"), ["¥1,250,000"; 2]);
        assert_eq!(both(Operation::Transfer, "amount", "9999999999"), ["¥9,999,999,999"; 2]);
        assert_eq!(both(Operation::Transfer, "amount", "999"), ["¥999"; 2]);
        assert_eq!(both(Operation::Transfer, "amount", "0"), ["¥0"; 2]);
        assert_eq!(both(Operation::Remittance, "amount", "USD 1250.00"), ["USD 1,250.00"; 2]);
        assert_eq!(both(Operation::Remittance, "amount", "KWD 100000.125"), ["KWD 100,000.125"; 2]);
        assert_eq!(both(Operation::Remittance, "amount", "JPY 1250"), ["JPY 1,250"; 2]);
        assert_eq!(both(Operation::Bulk, "count", "123456"), ["123,456"; 2]);
    }

    #[test]
    fn days_have_their_year() {
        assert_eq!(both(Operation::Transfer, "date", "2026-11-24"), ["2026年11月24日", "24 Nov 2026"]);
        assert_eq!(both(Operation::Transfer, "date", "2027-01-05"), ["2027年1月5日", "5 Jan 2027"]);
    }

    #[test]
    fn moments_are_those_of_japan() {
        let expected = ["2026年11月22日 01:02:03", "22 Nov 2026 01:02:03 JST"];
        assert_eq!(both(Operation::Login, "lastLogin", "2026-11-21T16:02:03Z"), expected);
        assert_eq!(both(Operation::Login, "lastLogin", "9999-12-31T23:59:59Z"), ["9999-12-31T23:59:59Z"; 2]);
    }

    #[test]
    fn lists_flags_and_hashes_are_words_and_groups() {
        assert_eq!(
            both(Operation::ExternalLinkage, "menus", "statement,balance"),
            ["残高照会、入出金明細", "Balances, Statements"]
        );
        assert_eq!(both(Operation::Transfer, "newPayee", "yes"), ["はい", "Yes"]);
        assert_eq!(both(Operation::Transfer, "newPayee", "no"), ["いいえ", "No"]);
        assert_eq!(both(Operation::Bulk, "checkCode", "0123456789abcdef"), ["0123 4567 89ab cdef"; 2]);
    }

    #[test]
    fn half_width_kana_stay_as_they_are() {
        assert_eq!(both(Operation::Transfer, "payee", "ｶ)ｶﾞｸﾌﾞﾁ"), ["ｶ)ｶﾞｸﾌﾞﾁ"; 2]);
    }
}
