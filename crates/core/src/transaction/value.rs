//! The value of one field: read from text, written as text, and as it is in a code.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use super::abroad;
use super::catalogue::{Choice, FieldSpec, Kind};
use super::money::{Money, MoneyError};
use super::text::{DisplayText, KanaText, TextError, Wire};
use crate::hex;
use crate::time::{Date, DateError, Timestamp, TimestampError};

/// The content of one field. `Display` gives the canonical text, which [`FieldSpec::parse`] reads.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// Kana, as banks print it.
    Kana(KanaText),
    /// Other text.
    Text(DisplayText),
    /// Printable ASCII.
    Ascii(String),
    /// Decimal digits.
    Digits(String),
    /// Whole yen.
    Yen(u64),
    /// An amount of any currency.
    Money(Money),
    /// A day.
    Date(Date),
    /// A moment.
    Moment(Timestamp),
    /// A number of things.
    Count(u64),
    /// One of a list.
    Choice(&'static Choice),
    /// Some of a list, in the list's order.
    Choices(Vec<&'static Choice>),
    /// Yes or no.
    Flag(bool),
    /// A SHA-256.
    Hash([u8; 32]),
    /// Eight bytes of a SHA-256.
    CheckCode([u8; 8]),
}

/// Why a text or a piece of a code is no content for a field. It does not repeat the content.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// The text has a character that cannot be shown, or too many of them.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Something else than printable ASCII, or nothing.
    #[error("expected printable ASCII without spaces at the ends")]
    Ascii,
    /// Something else than decimal digits.
    #[error("expected decimal digits only")]
    Digits,
    /// Too short or too long.
    #[error("{found} characters, expected {min} to {max}")]
    Length {
        /// How many there are.
        found: usize,
        /// How many there must be.
        min: usize,
        /// How many there may be.
        max: usize,
    },
    /// A number with more digits than the field has.
    #[error("more than {digits} digits")]
    TooLarge {
        /// How many digits the field has.
        digits: u32,
    },
    /// No amount.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// No day.
    #[error(transparent)]
    Date(#[from] DateError),
    /// No moment.
    #[error(transparent)]
    Moment(#[from] TimestampError),
    /// Not on the list.
    #[error("expected {}", names(expected))]
    Choice {
        /// The list.
        expected: &'static [Choice],
    },
    /// Nothing, too many, or one of them twice.
    #[error("expected 1 to {max} of the list, each once")]
    Choices {
        /// How many there may be.
        max: usize,
    },
    /// Neither yes nor no.
    #[error("expected \"yes\" or \"no\"")]
    Flag,
    /// Not that many hexadecimal digits.
    #[error("expected {digits} hexadecimal digits")]
    Hex {
        /// How many.
        digits: usize,
    },
    /// An amount, or a number of payments, of nothing.
    #[error("cannot be zero")]
    Zero,
    /// A name that names nothing.
    #[error("has no letter and no digit")]
    NoLetter,
    /// A dakuten or handakuten with no kana before it.
    #[error("begins with a sound mark")]
    SoundMark,
    /// Begins as an IBAN does, and is none.
    #[error("the length or the check digits of the IBAN are wrong")]
    Iban,
    /// No BIC.
    #[error("expected a BIC of 8 or 11 letters and digits, with a country in place 5 and 6")]
    Bic,
    /// No country.
    #[error("expected the two letters of a country (ISO 3166-1)")]
    Country,
    /// Not the CBOR type that the field has in a code.
    #[error("not in the form that the specification gives it")]
    Form,
}

impl FieldSpec {
    /// Reads what a person or a program wrote into this field and brings it to its canonical form.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when the field cannot hold it.
    pub fn parse(&self, text: &str) -> Result<Value, ValueError> {
        Ok(match self.kind {
            Kind::Kana { max } => kana(KanaText::canonical(text, max)?, max)?,
            Kind::Text { max } => display(DisplayText::canonical(text, max)?, max)?,
            Kind::Ascii { max } => Value::Ascii(ascii(text, max)?),
            // The blanks between the groups of an IBAN do not count.
            Kind::Account { max } => {
                let account = abroad::account(&ascii(text, 2 * max)?).ok_or(ValueError::Iban)?;
                Value::Ascii(ascii(&account, max)?)
            }
            Kind::Bic => Value::Ascii(abroad::bic(text).ok_or(ValueError::Bic)?),
            Kind::Country => Value::Ascii(abroad::country(text).ok_or(ValueError::Country)?),
            Kind::Digits { min, max } => Value::Digits(digits(text, min, max)?),
            Kind::Yen { digits } => Value::Yen(number(text, digits)?),
            Kind::Count { digits } => Value::Count(number(text, digits)?),
            Kind::Money { digits } => Value::Money(money(text.parse()?, digits)?),
            Kind::Date => Value::Date(text.parse()?),
            Kind::Moment => Value::Moment(text.parse()?),
            Kind::Choice(list) => {
                let found = list.iter().find(|choice| choice.name == text);
                Value::Choice(found.ok_or(ValueError::Choice { expected: list })?)
            }
            Kind::Choices { of, max } => {
                let found = |name: &str| of.iter().position(|choice| choice.name == name.trim());
                let mut places = text
                    .split(',')
                    .map(found)
                    .collect::<Option<Vec<_>>>()
                    .ok_or(ValueError::Choice { expected: of })?;
                places.sort_unstable();
                if places.len() > max || places.windows(2).any(|pair| pair[0] == pair[1]) {
                    return Err(ValueError::Choices { max });
                }
                Value::Choices(places.into_iter().map(|place| &of[place]).collect())
            }
            Kind::Flag => Value::Flag(match text {
                "yes" | "true" => true,
                "no" | "false" => false,
                _ => return Err(ValueError::Flag),
            }),
            Kind::Hash => Value::Hash(hex::parse(text).ok_or(ValueError::Hex { digits: 64 })?),
            Kind::CheckCode => Value::CheckCode(hex::parse(text).ok_or(ValueError::Hex { digits: 16 })?),
        })
    }

    /// Writes a value of this field as it is in a code (specification, section 4).
    pub(super) fn encode(&self, value: &Value, to: &mut Encoder<Vec<u8>>) {
        let written = match value {
            Value::Kana(kana) => to.bytes(kana.as_jis_bytes()),
            Value::Text(text) => match text.wire() {
                Wire::Sjis(bytes) => to.bytes(&bytes),
                Wire::Utf8(text) => to.str(&text),
            },
            Value::Digits(digits) if self.is_short_number() => to.u64(digits.parse().expect("at most 18 digits")),
            Value::Ascii(text) | Value::Digits(text) => to.str(text),
            Value::Yen(number) | Value::Count(number) => to.u64(*number),
            Value::Money(money) => {
                to.array(2).and_then(|to| to.str(money.currency.as_str())).and_then(|to| to.u64(money.minor_units))
            }
            Value::Date(date) => to.u32(date.days()),
            Value::Moment(moment) => to.u64(moment.as_unix()),
            Value::Choice(choice) => to.u64(self.place(choice)),
            Value::Choices(choices) => to.u64(choices.iter().map(|choice| 1 << self.place(choice)).sum()),
            Value::Flag(flag) => to.bool(*flag),
            Value::Hash(hash) => to.bytes(hash),
            Value::CheckCode(code) => to.bytes(code),
        };
        written.expect("a Vec takes every byte");
    }

    /// Reads a value of this field from a code. Whether it has its canonical form there, the caller checks by
    /// encoding it again.
    pub(super) fn decode(&self, from: &mut Decoder<'_>) -> Result<Value, ValueError> {
        let form = |_| ValueError::Form;
        Ok(match self.kind {
            Kind::Kana { max } => kana(KanaText::from_jis_bytes(from.bytes().map_err(form)?, max)?, max)?,
            Kind::Text { max } => {
                let text = match from.datatype().map_err(form)? {
                    Type::Bytes => DisplayText::from_sjis(from.bytes().map_err(form)?, max)?,
                    _ => DisplayText::from_utf8(from.str().map_err(form)?, max)?,
                };
                display(text, max)?
            }
            // Verifiers of before sealed accounts, BICs and countries as they were typed.
            Kind::Ascii { max } | Kind::Account { max } => Value::Ascii(ascii(from.str().map_err(form)?, max)?),
            Kind::Bic => Value::Ascii(ascii(from.str().map_err(form)?, 11)?),
            Kind::Country => Value::Ascii(ascii(from.str().map_err(form)?, 2)?),
            Kind::Digits { min, max } if self.is_short_number() => {
                Value::Digits(digits(&format!("{:0min$}", from.u64().map_err(form)?), min, max)?)
            }
            Kind::Digits { min, max } => Value::Digits(digits(from.str().map_err(form)?, min, max)?),
            Kind::Yen { digits } => Value::Yen(bounded(from.u64().map_err(form)?, digits)?),
            Kind::Count { digits } => Value::Count(bounded(from.u64().map_err(form)?, digits)?),
            Kind::Money { digits } => {
                if from.array().map_err(form)? != Some(2) {
                    return Err(ValueError::Form);
                }
                let currency = from.str().map_err(form)?.parse()?;
                Value::Money(money(Money { currency, minor_units: from.u64().map_err(form)? }, digits)?)
            }
            Kind::Date => Value::Date(Date::from_days(from.u32().map_err(form)?).ok_or(DateError)?),
            Kind::Moment => Value::Moment(Timestamp::try_from_unix(from.u64().map_err(form)?).ok_or(TimestampError)?),
            Kind::Choice(list) => {
                let place = usize::try_from(from.u64().map_err(form)?).map_err(|_| ValueError::Form)?;
                Value::Choice(list.get(place).ok_or(ValueError::Choice { expected: list })?)
            }
            Kind::Choices { of, max } => {
                let bits = from.u64().map_err(form)?;
                let chosen: Vec<_> = of.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1).collect();
                if bits >> of.len() != 0 || chosen.is_empty() || chosen.len() > max {
                    return Err(ValueError::Choices { max });
                }
                Value::Choices(chosen.into_iter().map(|(_, choice)| choice).collect())
            }
            Kind::Flag => Value::Flag(from.bool().map_err(form)?),
            Kind::Hash => Value::Hash(from.bytes().map_err(form)?.try_into().map_err(|_| ValueError::Form)?),
            Kind::CheckCode => Value::CheckCode(from.bytes().map_err(form)?.try_into().map_err(|_| ValueError::Form)?),
        })
    }

    /// Digits of a fixed length travel as a number.
    fn is_short_number(&self) -> bool {
        matches!(self.kind, Kind::Digits { min, max } if min == max && max <= 18)
    }

    fn place(&self, choice: &Choice) -> u64 {
        let list = match self.kind {
            Kind::Choice(list) | Kind::Choices { of: list, .. } => list,
            _ => unreachable!("only choices are asked for their place"),
        };
        let place = list.iter().position(|other| other == choice).expect("a value was parsed by its own field");
        u64::try_from(place).expect("a short list")
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kana(kana) => write!(f, "{kana}"),
            Self::Text(text) => write!(f, "{text}"),
            Self::Ascii(text) | Self::Digits(text) => f.write_str(text),
            Self::Yen(number) | Self::Count(number) => write!(f, "{number}"),
            Self::Money(money) => write!(f, "{money}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Moment(moment) => write!(f, "{moment}"),
            Self::Choice(choice) => f.write_str(choice.name),
            Self::Choices(choices) => {
                f.write_str(&choices.iter().map(|choice| choice.name).collect::<Vec<_>>().join(","))
            }
            Self::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Self::Hash(bytes) => f.write_str(&base16ct::lower::encode_string(bytes)),
            Self::CheckCode(bytes) => f.write_str(&base16ct::lower::encode_string(bytes)),
        }
    }
}

/// A transaction is confidential between the two parties: `Debug` shows the kind only.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kana(_) => "Kana(_)",
            Self::Text(_) => "Text(_)",
            Self::Ascii(_) => "Ascii(_)",
            Self::Digits(_) => "Digits(_)",
            Self::Yen(_) => "Yen(_)",
            Self::Money(_) => "Money(_)",
            Self::Date(_) => "Date(_)",
            Self::Moment(_) => "Moment(_)",
            Self::Count(_) => "Count(_)",
            Self::Choice(_) => "Choice(_)",
            Self::Choices(_) => "Choices(_)",
            Self::Flag(_) => "Flag(_)",
            Self::Hash(_) => "Hash(_)",
            Self::CheckCode(_) => "CheckCode(_)",
        })
    }
}

fn kana(text: KanaText, max: usize) -> Result<Value, ValueError> {
    not_empty(text.as_jis_bytes(), max)?;
    Ok(Value::Kana(text))
}

fn display(text: DisplayText, max: usize) -> Result<Value, ValueError> {
    not_empty(text.as_str().as_bytes(), max)?;
    Ok(Value::Text(text))
}

/// A field that is there says something; one that says nothing is left out.
fn not_empty(bytes: &[u8], max: usize) -> Result<(), ValueError> {
    if bytes.is_empty() { Err(ValueError::Length { found: 0, min: 1, max }) } else { Ok(()) }
}

fn ascii(text: &str, max: usize) -> Result<String, ValueError> {
    let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !printable || text.is_empty() || text.trim() != text {
        return Err(ValueError::Ascii);
    }
    if text.len() > max {
        return Err(ValueError::Length { found: text.len(), min: 1, max });
    }
    Ok(text.to_owned())
}

fn digits(text: &str, min: usize, max: usize) -> Result<String, ValueError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValueError::Digits);
    }
    if text.len() < min || text.len() > max {
        return Err(ValueError::Length { found: text.len(), min, max });
    }
    Ok(text.to_owned())
}

fn number(text: &str, digits: u32) -> Result<u64, ValueError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValueError::Digits);
    }
    bounded(text.parse().map_err(|_| ValueError::TooLarge { digits })?, digits)
}

fn bounded(number: u64, digits: u32) -> Result<u64, ValueError> {
    if number < 10_u64.pow(digits) { Ok(number) } else { Err(ValueError::TooLarge { digits }) }
}

fn money(money: Money, digits: u32) -> Result<Money, ValueError> {
    bounded(money.minor_units, digits).map(|_| money)
}

fn names(list: &[Choice]) -> String {
    list.iter().map(|choice| choice.name).collect::<Vec<_>>().join(", ")
}
