//! What foreign money costs here, fixed for the demonstration.

use camtoken::transaction::Money;

/// Yen for one unit of a currency.
pub const RATES: [(&str, u64); 3] = [("USD", 150), ("EUR", 165), ("JPY", 1)];

/// The price in yen, rounded up. `None` for a currency that is not traded.
#[must_use]
pub fn yen_of(money: &Money) -> Option<u64> {
    let text = money.to_string();
    let (currency, amount) = text.split_once(' ')?;
    let (_, rate) = RATES.iter().find(|(known, _)| *known == currency)?;
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let units: u64 = format!("{whole}{fraction}").parse().ok()?;
    Some(units.checked_mul(*rate)?.div_ceil(scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_a_yen_is_charged_as_one() {
        let yen = |text: &str| yen_of(&text.parse().expect("money"));
        assert_eq!(yen("USD 1000.00"), Some(150_000));
        assert_eq!(yen("USD 0.01"), Some(2));
        assert_eq!(yen("JPY 5000"), Some(5_000));
        assert_eq!(yen("CHF 1.00"), None);
    }
}
