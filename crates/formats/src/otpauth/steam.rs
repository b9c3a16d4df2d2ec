//! Steam Guard: TOTP whose passwords are five letters and digits of an alphabet of its own.

use std::str::FromStr;

use camtoken_oath::{Digits, Hash, Key, Timestamp, hotp, totp::Totp};
use zeroize::Zeroizing;

use super::{OtpauthError, Parts, decode_base32};

/// A key of Steam Guard: `otpauth://totp/…&encoder=steam`, `otpauth://steam/…` or `steam://SECRET`, as password managers write it.
#[derive(Debug)]
pub struct Steam {
    /// The user of the key; `Steam` where the code does not name one.
    pub account: String,
    /// The issuer of the key; `Steam` where the code does not name one.
    pub issuer: String,
    /// The key.
    pub secret: Key,
}

impl Steam {
    const ALPHABET: &[u8; 26] = b"23456789BCDFGHJKMNPQRTVWXY";

    /// Whether a text names this encoder, well formed or not.
    pub(crate) fn is_named(text: &str) -> bool {
        let text = text.trim().to_ascii_lowercase();
        text.starts_with("steam://")
            || text.starts_with("otpauth://steam/")
            || (text.starts_with("otpauth://") && text.contains("encoder=steam"))
    }

    /// The password of the period of 30 seconds that contains `now`.
    #[must_use]
    pub fn respond(secret: &Key, now: Timestamp) -> Zeroizing<String> {
        // Ten digits are the 31 bits as they are.
        let whole = Digits::try_from(Digits::MAX).expect("4 to 10");
        let number = hotp::respond(secret, Totp::default().step(now), whole, Hash::Sha1);
        let mut number: u64 = number.expose_str().parse().expect("decimal digits");
        let mut password = Zeroizing::new(String::with_capacity(5));
        for _ in 0..5 {
            password.push(char::from(Self::ALPHABET[usize::try_from(number % 26).expect("below 26")]));
            number /= 26;
        }
        password
    }
}

impl FromStr for Steam {
    type Err = OtpauthError;

    fn from_str(text: &str) -> Result<Self, OtpauthError> {
        let steam = || "Steam".to_owned();
        let text = text.trim();
        if let Some((scheme, secret)) = text.split_once("://").filter(|(it, _)| it.eq_ignore_ascii_case("steam")) {
            debug_assert!(scheme.eq_ignore_ascii_case("steam"));
            let secret = decode_base32(secret).ok_or(OtpauthError::Value { parameter: "secret" })?;
            return Ok(Self { account: steam(), issuer: steam(), secret });
        }
        let parts = Parts::parse(text)?;
        let encoder = parts.parameters.text("encoder").unwrap_or_default();
        if !parts.kind.eq_ignore_ascii_case("steam") && !encoder.eq_ignore_ascii_case("steam") {
            return Err(OtpauthError::Encoder);
        }
        if parts.parameters.number("period")?.is_some_and(|period| period != 30) {
            return Err(OtpauthError::Value { parameter: "period" });
        }
        let secret = parts.secret()?;
        Ok(Self { account: parts.account, issuer: parts.issuer.unwrap_or_else(steam), secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs that the Steam app itself gave for a throw-away account, from the tests of KeePassXC (`TestTotp`, `testSteamTotp`).
    #[test]
    fn passwords_are_those_of_the_app() {
        let uri = "otpauth://totp/test:test@example.com?secret=63BEDWCQZKTQWPESARIERL5DTTQFCJTK&issuer=Valve&algorithm=SHA1&digits=5&period=30&encoder=steam";
        let steam: Steam = uri.parse().expect("a code of Steam");
        assert_eq!((steam.issuer.as_str(), steam.account.as_str()), ("Valve", "test@example.com"));
        for (time, password) in [(1_511_200_518, "FR8RV"), (1_511_200_714, "9P3VP")] {
            assert_eq!(*Steam::respond(&steam.secret, Timestamp::from_unix(time)), password);
        }
    }

    #[test]
    fn all_three_forms_are_read() {
        for text in ["steam://JBSWY3DPEHPK3PXP", "otpauth://steam/Steam:Steam?secret=JBSWY3DPEHPK3PXP\n"] {
            let steam: Steam = text.parse().expect(text);
            assert_eq!(*Steam::respond(&steam.secret, Timestamp::from_unix(59)), "2YXGV", "{text}");
        }
        let other = "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&encoder=other".parse::<Steam>();
        assert_eq!(other.map(|_| ()), Err(OtpauthError::Encoder));
    }
}
