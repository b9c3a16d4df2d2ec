//! Amounts with the decimals of their currency (ISO 4217).

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

/// A currency that is in use, by its three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(&'static str);

/// An amount of one currency, in its smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// The currency.
    pub currency: Currency,
    /// How many of its smallest unit: yen, cents, fils.
    pub minor_units: u64,
}

/// Why a string is no amount of money.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoneyError {
    /// ISO 4217 does not know the three letters.
    #[error("unknown currency, expected three letters of ISO 4217")]
    Currency,
    /// Digits, and a point with exactly the currency's decimals.
    #[error("not an amount: expected digits with exactly {decimals} decimals")]
    Amount {
        /// How many decimals the currency has.
        decimals: u32,
    },
}

impl Currency {
    /// The three letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// How many decimals an amount of it has: 0 to 4.
    #[must_use]
    pub fn decimals(self) -> u32 {
        OTHER_THAN_TWO.iter().find(|(_, codes)| codes.contains(&self.0)).map_or(2, |(decimals, _)| *decimals)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let with_two = TWO.split(' ').find(|code| *code == text);
        let other = || OTHER_THAN_TWO.iter().flat_map(|(_, codes)| codes.iter()).find(|code| **code == text).copied();
        with_two.or_else(other).map(Self).ok_or(MoneyError::Currency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Money {
    /// The amount alone, with its decimals: `1250.00`.
    #[must_use]
    pub fn amount(&self) -> String {
        let decimals = self.currency.decimals();
        let unit = 10_u64.pow(decimals);
        match decimals {
            0 => self.minor_units.to_string(),
            _ => format!(
                "{}.{:0width$}",
                self.minor_units / unit,
                self.minor_units % unit,
                width = usize::try_from(decimals).expect("at most four")
            ),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.amount())
    }
}

/// Reads `USD 1250.00`: the decimals are never left out, so that 1250 cents cannot be taken for 1250 dollars.
impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (currency, amount) = text.split_once(' ').ok_or(MoneyError::Currency)?;
        let currency: Currency = currency.parse()?;
        let decimals = currency.decimals();
        let error = MoneyError::Amount { decimals };
        let (whole, fraction) = match amount.split_once('.') {
            Some((whole, fraction)) if decimals > 0 => (whole, fraction),
            None if decimals == 0 => (amount, ""),
            _ => return Err(error),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty()
            || leading_zero
            || !digits(whole)
            || !digits(fraction)
            || fraction.len() != decimals as usize
        {
            return Err(error);
        }
        let minor_units = format!("{whole}{fraction}").parse().map_err(|_| error)?;
        Ok(Self { currency, minor_units })
    }
}

/// ISO 4217, list one: currencies with two decimals. Funds, metals and test codes are left out.
const TWO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

/// ISO 4217, list one: currencies with another number of decimals.
const OTHER_THAN_TWO: &[(u32, &[&str])] = &[
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
            "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_what_from_str_reads() {
        for (text, minor_units) in [
            ("USD 1250.00", 125_000),
            ("JPY 1250", 1250),
            ("KWD 0.001", 1),
            ("EUR 0.00", 0),
            ("CHF 184467440737095516.15", u64::MAX),
        ] {
            let money: Money = text.parse().expect("an amount");
            assert_eq!(money.minor_units, minor_units, "{text}");
            assert_eq!(money.to_string(), text);
        }
    }

    #[test]
    fn an_amount_with_other_decimals_is_refused() {
        for text in
            ["USD 1250", "USD 1250.0", "USD 1250.000", "JPY 1250.", "JPY 1250.00", "KWD 1.00", "USD .50", "USD 01.00"]
        {
            assert!(matches!(text.parse::<Money>(), Err(MoneyError::Amount { .. })), "{text}");
        }
        for text in ["USD -1.00", "USD +1.00", "USD 1,250.00", "USD １.00", "USD 184467440737095516.16", "USD  1.00"] {
            assert!(matches!(text.parse::<Money>(), Err(MoneyError::Amount { .. })), "{text}");
        }
        for text in ["", "USD", "usd 1.00", "ABC 1.00", "XXX 1.00"] {
            assert_eq!(text.parse::<Money>(), Err(MoneyError::Currency), "{text}");
        }
    }
}
