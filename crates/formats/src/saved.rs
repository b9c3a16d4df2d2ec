//! Accounts as plain data, secrets included, for the token's file.

use std::io;

use serde::{Deserialize, Serialize};
#[cfg(feature = "powerauth")]
use zeroize::Zeroize;
use zeroize::Zeroizing;

use crate::account::{Account, AccountName, Accounts, Kind};
#[cfg(feature = "linotp")]
use crate::linotp;
use crate::ocra::Ocra;
use crate::otp::{Otp, OtpForm};
use crate::otpauth::{MovingFactor, OtpHash};
#[cfg(feature = "powerauth")]
use crate::powerauth;
use crate::secret::SavedSecret;
#[cfg(any(feature = "linotp", feature = "powerauth"))]
use crate::secret::{Secret, from_text, to_text};
use crate::tiqr;

/// The accounts of a token as data that serde writes and reads, for example as a member of the token's file. It wipes itself; what it
/// is written into is the caller's responsibility.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Saved(Vec<SavedAccount>);

/// Why saved data is no set of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// Not JSON of this form, or a kind that this program was built without.
    #[error("the accounts are not well formed at line {line}, column {column}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A value that is not valid.
    #[error("account {number}: the {part} is not valid")]
    Part {
        /// Which account, from 1.
        number: usize,
        /// The part.
        part: &'static str,
    },
    /// More accounts than a token holds, or two of one name.
    #[error("there are more accounts than a token holds, or two of one name")]
    Names,
}

impl Accounts {
    /// The accounts as data, secrets included.
    #[must_use]
    pub fn expose_saved(&self) -> Saved {
        Saved(self.iter().map(SavedAccount::of).collect())
    }

    /// The accounts as JSON, secrets included.
    #[must_use]
    pub fn expose_json(&self) -> Zeroizing<String> {
        // The buffer has room for all of it: a text that grows leaves copies behind.
        let (saved, mut length) = (self.expose_saved(), Length(0));
        serde_json::to_writer(&mut length, &saved).expect("plain data");
        let mut text = Vec::with_capacity(length.0);
        serde_json::to_writer(&mut text, &saved).expect("plain data");
        Zeroizing::new(String::from_utf8(text).expect("JSON is UTF-8"))
    }

    /// Reads what [`Accounts::expose_json`] has written.
    ///
    /// # Errors
    ///
    /// A [`SavedError`].
    pub fn from_json(json: &str) -> Result<Self, SavedError> {
        let form = |error: serde_json::Error| SavedError::Form { line: error.line(), column: error.column() };
        serde_json::from_str::<Saved>(json).map_err(form)?.into_accounts()
    }
}

impl Saved {
    /// The accounts.
    ///
    /// # Errors
    ///
    /// A [`SavedError`] that names the account and its part.
    pub fn into_accounts(self) -> Result<Accounts, SavedError> {
        let account = |(place, saved): (usize, SavedAccount)| {
            saved.into_account().map_err(|part| SavedError::Part { number: place + 1, part })
        };
        let read = self.0.into_iter().enumerate().map(account).collect::<Result<Vec<_>, _>>()?;
        let mut accounts = Accounts::default();
        accounts.keep(read).map_err(|_| SavedError::Names)?;
        Ok(accounts)
    }
}

/// Counts what is written, and keeps nothing of it.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedAccount {
    issuer: String,
    user: String,
    kind: SavedKind,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SavedKind {
    Otp(SavedOtp),
    Ocra(SavedOcra),
    Tiqr(SavedTiqr),
    #[cfg(feature = "linotp")]
    Linotp(SavedLinotp),
    #[cfg(feature = "powerauth")]
    PowerAuth(SavedPowerAuth),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedOtp {
    secret: SavedSecret,
    /// `SHA1`, `SHA256`, `SHA512` or `steam`.
    algorithm: String,
    digits: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    period: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedOcra {
    secret: SavedSecret,
    suite: String,
    counter: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTiqr {
    secret: SavedSecret,
    suite: String,
    provider_name: String,
    user_name: String,
    authentication_url: String,
    blocked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<String>,
}

#[cfg(feature = "linotp")]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedLinotp {
    secret: SavedSecret,
    token_id: u32,
    server_public: String,
    partition: u32,
    serial: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    callback_sms: Option<String>,
    digits: u8,
    confirmed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<String>,
}

#[cfg(feature = "powerauth")]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedPowerAuth {
    possession: SavedSecret,
    knowledge: SavedSecret,
    counter: SavedBytes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    master_public: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server_public: Option<String>,
}

/// Bytes in base64 that are wiped.
#[cfg(feature = "powerauth")]
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct SavedBytes(String);

#[cfg(feature = "powerauth")]
impl Drop for SavedBytes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl SavedAccount {
    fn of(account: &Account) -> Self {
        let kind = match &account.kind {
            Kind::Otp(otp) => SavedKind::Otp(SavedOtp::of(otp)),
            Kind::Ocra(ocra) => SavedKind::Ocra(SavedOcra {
                secret: SavedSecret::of(&ocra.secret),
                suite: ocra.suite.as_str().to_owned(),
                counter: ocra.counter,
            }),
            Kind::Tiqr(identity) => SavedKind::Tiqr(SavedTiqr {
                secret: SavedSecret::of(&identity.secret),
                suite: identity.suite.as_str().to_owned(),
                provider_name: identity.provider_name.clone(),
                user_name: identity.user_name.clone(),
                authentication_url: identity.authentication_url.as_str().to_owned(),
                blocked: identity.blocked,
                answered: identity.answered.clone(),
            }),
            #[cfg(feature = "linotp")]
            Kind::Linotp(token) => SavedKind::Linotp(SavedLinotp::of(token)),
            #[cfg(feature = "powerauth")]
            Kind::PowerAuth(device) => SavedKind::PowerAuth(SavedPowerAuth::of(device)),
        };
        Self { issuer: account.name.issuer.clone(), user: account.name.user.clone(), kind }
    }

    fn into_account(self) -> Result<Account, &'static str> {
        let kind = match self.kind {
            SavedKind::Otp(otp) => Kind::Otp(otp.into_otp()?),
            SavedKind::Ocra(ocra) => Kind::Ocra(Ocra {
                suite: ocra.suite.parse().map_err(|_| "suite")?,
                secret: ocra.secret.into_secret().ok_or("secret")?,
                counter: ocra.counter,
            }),
            SavedKind::Tiqr(tiqr) => Kind::Tiqr(tiqr::Identity {
                provider_name: tiqr.provider_name,
                user_name: tiqr.user_name,
                suite: tiqr.suite.parse().map_err(|_| "suite")?,
                secret: tiqr.secret.into_secret().ok_or("secret")?,
                authentication_url: tiqr.authentication_url.parse().map_err(|_| "authentication_url")?,
                blocked: tiqr.blocked,
                answered: tiqr.answered,
            }),
            #[cfg(feature = "linotp")]
            SavedKind::Linotp(linotp) => Kind::Linotp(linotp.into_token()?),
            #[cfg(feature = "powerauth")]
            SavedKind::PowerAuth(device) => Kind::PowerAuth(device.into_device()?),
        };
        let account = Account { name: AccountName { issuer: self.issuer, user: self.user }, kind };
        account.check().map_err(|(part, _)| part)?;
        Ok(account)
    }
}

impl SavedOtp {
    fn of(otp: &Otp) -> Self {
        let (algorithm, digits) = match otp.form {
            OtpForm::Decimal { hash, digits } => (hash.name(), digits),
            OtpForm::Steam => ("steam", 5),
        };
        let (counter, period) = match otp.moving {
            MovingFactor::Counter(counter) => (Some(counter), None),
            MovingFactor::Period(seconds) => (None, Some(seconds)),
        };
        Self { secret: SavedSecret::of(&otp.secret), algorithm: algorithm.to_owned(), digits, counter, period }
    }

    fn into_otp(self) -> Result<Otp, &'static str> {
        let hash = match self.algorithm.as_str() {
            "SHA1" => Some(OtpHash::Sha1),
            "SHA256" => Some(OtpHash::Sha256),
            "SHA512" => Some(OtpHash::Sha512),
            "steam" => None,
            _ => return Err("algorithm"),
        };
        let form = match hash {
            Some(hash) => OtpForm::Decimal { hash, digits: self.digits },
            None => OtpForm::Steam,
        };
        let moving = match (self.counter, self.period) {
            (Some(counter), None) => MovingFactor::Counter(counter),
            (None, Some(seconds)) => MovingFactor::Period(seconds),
            _ => return Err("period"),
        };
        Ok(Otp { secret: self.secret.into_secret().ok_or("secret")?, form, moving })
    }
}

#[cfg(feature = "linotp")]
impl SavedLinotp {
    fn of(token: &linotp::Token) -> Self {
        let private = camtoken_oath::Key::new(token.private.expose_bytes().to_vec());
        Self {
            secret: SavedSecret::of(&Secret::clear(private)),
            token_id: token.token_id,
            server_public: to_text(&token.server_public),
            partition: token.partition,
            serial: token.serial.clone(),
            callback_url: token.callback_url.as_ref().map(|url| url.as_str().to_owned()),
            callback_sms: token.callback_sms.clone(),
            digits: token.digits,
            confirmed: token.confirmed,
            answered: token.answered.clone(),
        }
    }

    fn into_token(self) -> Result<linotp::Token, &'static str> {
        let private = self.secret.into_secret().filter(|secret| !secret.is_hidden()).ok_or("secret")?;
        let private = private.reveal(None).map_err(|_| "secret")?;
        Ok(linotp::Token {
            private,
            token_id: self.token_id,
            server_public: from_text(&self.server_public).and_then(|key| key.try_into().ok()).ok_or("server_public")?,
            partition: self.partition,
            serial: self.serial,
            callback_url: self.callback_url.map(|url| url.parse()).transpose().map_err(|_| "callback_url")?,
            callback_sms: self.callback_sms,
            digits: self.digits,
            confirmed: self.confirmed,
            answered: self.answered,
        })
    }
}

#[cfg(feature = "powerauth")]
impl SavedPowerAuth {
    fn of(device: &powerauth::Device) -> Self {
        let possession = camtoken_oath::Key::new(device.possession.expose_bytes().to_vec());
        Self {
            possession: SavedSecret::of(&Secret::clear(possession)),
            knowledge: SavedSecret::of(&device.knowledge),
            counter: SavedBytes(to_text(&*device.counter)),
            master_public: device.master_public.map(|key| to_text(&key)),
            server_public: device.server_public.map(|key| to_text(&key)),
        }
    }

    fn into_device(self) -> Result<powerauth::Device, &'static str> {
        let possession = self.possession.into_secret().filter(|secret| !secret.is_hidden()).ok_or("possession")?;
        let possession = possession.reveal(None).map_err(|_| "possession")?;
        let decode = |key: Option<String>, part| key.map(|key| from_text(&key).ok_or(part)).transpose();
        let master = decode(self.master_public, "master_public")?;
        let server = decode(self.server_public, "server_public")?;
        let keys = powerauth::Keys {
            possession: possession.expose_bytes(),
            knowledge: self.knowledge.into_secret().ok_or("knowledge")?,
            counter: &Zeroizing::new(from_text(&self.counter.0).ok_or("counter")?),
            master_public: master.as_deref(),
            server_public: server.as_deref(),
        };
        powerauth::Device::new(keys).map_err(|error| error.0)
    }
}
