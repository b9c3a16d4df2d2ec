//! The typed fields of an operation: `A1*A100CZK*ICZ2730300000001165254011*D20180425`.

use camtoken_core::language::Label;

/// The version and the template of an operation, and its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationData {
    /// The version, a capital letter. Fields of versions after `A` that are not known are texts.
    pub version: char,
    /// The template: 0 generic, 1 payment, 2 login. Another is read as generic.
    pub template: u8,
    /// The fields in their order, without those that are empty.
    pub fields: Vec<Field>,
}

/// One field, by its first letter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// `A`: an amount and its currency.
    Amount {
        /// The number, as in the code.
        amount: String,
        /// Three letters.
        currency: String,
    },
    /// `I`: the other account.
    Iban {
        /// The IBAN.
        iban: String,
        /// The BIC.
        bic: Option<String>,
    },
    /// `Q`: the other account, in any form.
    Account(String),
    /// `D`: a date, as `2018-04-25`.
    Date(String),
    /// `R`: a reference.
    Reference(String),
    /// `N`: a note.
    Note(String),
    /// `T`, and every unknown letter: a text.
    Text(String),
}

/// Why a line is no operation data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Not a capital letter and a number up to 99.
    #[error("the operation data does not start with a version and a template")]
    Header,
    /// Version `A` has five fields at most.
    #[error("the operation data has more than five fields")]
    TooMany,
    /// A field that does not have the form of its letter.
    #[error("field {number} of the operation data, of type {kind:?}, is not valid")]
    Field {
        /// Which field, from 1.
        number: usize,
        /// Its letter.
        kind: char,
    },
}

impl OperationData {
    /// Reads the line.
    pub(crate) fn parse(text: &str) -> Result<Self, DataError> {
        let mut parts = split(text).into_iter();
        let header = parts.next().unwrap_or_default();
        let mut letters = header.chars();
        let version = letters.next().filter(char::is_ascii_uppercase).ok_or(DataError::Header)?;
        let template = letters.as_str();
        let digits = matches!(template.len(), 1 | 2) && template.bytes().all(|byte| byte.is_ascii_digit());
        let template = template.parse().ok().filter(|_| digits).ok_or(DataError::Header)?;
        let parts: Vec<_> = parts.collect();
        if version == 'A' && parts.len() > 5 {
            return Err(DataError::TooMany);
        }
        let fields = parts.iter().enumerate().filter(|(_, part)| !part.is_empty());
        let fields = fields.map(|(place, part)| Field::parse(part, place + 1)).collect::<Result<_, _>>()?;
        Ok(Self { version, template, fields })
    }
}

impl Field {
    fn parse(part: &str, number: usize) -> Result<Self, DataError> {
        let kind = part.chars().next().expect("not empty");
        let value = &part[kind.len_utf8()..];
        let wrong = DataError::Field { number, kind };
        let text = || unescape(value).ok_or(wrong);
        Ok(match kind {
            'A' => amount(value).ok_or(wrong)?,
            'I' => iban(value).ok_or(wrong)?,
            'D' => Self::Date(date(value).ok_or(wrong)?),
            'Q' => Self::Account(text()?),
            'R' => Self::Reference(text()?),
            'N' => Self::Note(text()?),
            _ => Self::Text(text()?),
        })
    }

    /// The name of the row, its label and its value.
    pub(crate) fn row(&self) -> (&'static str, Label, String) {
        let label = |ja, en| Label { ja, en };
        match self {
            Self::Amount { amount, currency } => ("amount", label("金額", "Amount"), format!("{amount} {currency}")),
            Self::Iban { iban, bic: None } => ("account", label("口座", "Account"), iban.clone()),
            Self::Iban { iban, bic: Some(bic) } => ("account", label("口座", "Account"), format!("{iban} {bic}")),
            Self::Account(text) => ("account", label("口座", "Account"), text.clone()),
            Self::Date(date) => ("date", label("日付", "Date"), date.clone()),
            Self::Reference(text) => ("reference", label("照会番号", "Reference"), text.clone()),
            Self::Note(text) => ("note", label("摘要", "Note"), text.clone()),
            Self::Text(text) => ("attribute", label("項目", "Attribute"), text.clone()),
        }
    }
}

/// At each asterisk that no backslash stands before.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for character in text.chars() {
        if character == '*' && !escaped {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("at least one").push(character);
        }
        escaped = character == '\\' && !escaped;
    }
    parts
}

/// `\n`, `\\` and `\*`; control characters are forbidden. Before another character a backslash is itself.
pub(crate) fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character.is_control() {
            return None;
        }
        let next = characters.peek().copied();
        let meant = match (character, next) {
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some(next @ ('\\' | '*'))) => Some(next),
            _ => None,
        };
        plain.push(meant.unwrap_or(character));
        if meant.is_some() {
            characters.next();
        }
    }
    Some(plain)
}

fn amount(value: &str) -> Option<Field> {
    let at = value.find(|it: char| it.is_ascii_uppercase())?;
    let (number, currency) = value.split_at(at);
    let (whole, part) = number.strip_prefix('-').unwrap_or(number).split_once('.').unwrap_or((number, ""));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty());
    let is_currency = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_number && is_currency).then(|| Field::Amount { amount: number.to_owned(), currency: currency.to_owned() })
}

fn iban(value: &str) -> Option<Field> {
    let (iban, bic) = value.split_once(',').map_or((value, None), |(iban, bic)| (iban, Some(bic)));
    let is_code = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let bic = bic.filter(|bic| !bic.is_empty());
    if iban.is_empty() || !is_code(iban) || !bic.is_none_or(is_code) {
        return None;
    }
    Some(Field::Iban { iban: iban.to_owned(), bic: bic.map(str::to_owned) })
}

fn date(value: &str) -> Option<String> {
    if value.len() != 8 || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, month, day) = (&value[..4], &value[4..6], &value[6..]);
    let number = |text: &str| text.parse::<u32>().ok();
    let (y, m, d) = (number(year)?, number(month)?, number(day)?);
    let leap = y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    let days = match m {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&d).then(|| format!("{year}-{month}-{day}"))
}
