//! Accounts for HOTP and TOTP, and those of Steam.

use std::num::NonZeroU32;

use camtoken_oath::totp::Totp;
use camtoken_oath::{Digits, Hash, Timestamp, hotp};
use zeroize::Zeroizing;

use crate::otpauth::{MovingFactor, OtpHash, OtpauthUri, Steam};
use crate::refusal::Refusal;
use crate::secret::Secret;

/// The account of an authenticator app for a site.
#[derive(Debug)]
pub struct Otp {
    /// The key.
    pub secret: Secret,
    /// The form of the passwords.
    pub form: OtpForm,
    /// What moves a password on. The counter is that of the next password.
    pub moving: MovingFactor,
}

/// The form of the passwords of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtpForm {
    /// So many decimal digits, 6 to 8, by this hash.
    Decimal {
        /// The hash under the HMAC.
        hash: OtpHash,
        /// How many digits.
        digits: u8,
    },
    /// Five letters and digits, as Steam has them.
    Steam,
}

impl Otp {
    pub(crate) fn from_uri(uri: OtpauthUri) -> Self {
        let form = OtpForm::Decimal { hash: uri.hash, digits: uri.digits };
        Self { secret: Secret::clear(uri.secret), form, moving: uri.moving }
    }

    pub(crate) fn from_steam(steam: Steam) -> Self {
        Self { secret: Secret::clear(steam.secret), form: OtpForm::Steam, moving: MovingFactor::Period(30) }
    }

    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        match (self.form, self.moving) {
            (OtpForm::Decimal { digits, .. }, _) if !(6..=8).contains(&digits) => Err(("digits", "not 6 to 8")),
            (OtpForm::Steam, MovingFactor::Counter(_)) | (_, MovingFactor::Period(0)) => Err(("period", "zero")),
            _ => self.secret.check(),
        }
    }

    /// The password of this moment, or of the next count; the counter has moved on when it is given out.
    pub(crate) fn respond(&mut self, pin: Option<&str>, now: Timestamp) -> Result<Zeroizing<String>, Refusal> {
        let key = self.secret.reveal(pin)?;
        let OtpForm::Decimal { hash, digits } = self.form else { return Ok(Steam::respond(&key, now)) };
        let hash = match hash {
            OtpHash::Sha1 => Hash::Sha1,
            OtpHash::Sha256 => Hash::Sha256,
            OtpHash::Sha512 => Hash::Sha512,
        };
        let digits = Digits::try_from(digits).map_err(|error| Refusal::malformed("otpauth", "digits", error))?;
        let response = match &mut self.moving {
            MovingFactor::Counter(counter) => {
                let response = hotp::respond(&key, *counter, digits, hash);
                *counter = hotp::next(*counter);
                response
            }
            MovingFactor::Period(seconds) => {
                let step_secs = NonZeroU32::new(*seconds).ok_or(Refusal::malformed("otpauth", "period", "zero"))?;
                Totp { hash, digits, step_secs, ..Totp::default() }.respond(&key, now)
            }
        };
        Ok(Zeroizing::new(response.expose_str().to_owned()))
    }
}
