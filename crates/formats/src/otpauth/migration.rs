//! The codes by which Google Authenticator moves accounts to another telephone: `otpauth-migration://offline?data=…`.
//!
//! The data is a message of Protocol Buffers in base64. Its fields are known from programs that read it, not from Google.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use camtoken_oath::Key;
use zeroize::Zeroizing;

use super::{MovingFactor, OtpHash, OtpauthUri};
use crate::percent;

/// The accounts of one such code. Many accounts are many codes: this one is [`Migration::part`] of [`Migration::parts`].
pub struct Migration {
    /// The accounts, in their order.
    pub accounts: Vec<OtpauthUri>,
    /// Which of the codes this is, from 1.
    pub part: u32,
    /// How many codes there are.
    pub parts: u32,
}

impl Migration {
    const SCHEME: &'static str = "otpauth-migration";

    pub(crate) fn is_named(text: &str) -> bool {
        text.trim_start().get(..Self::SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(Self::SCHEME))
    }
}

impl FromStr for Migration {
    type Err = MigrationError;

    fn from_str(text: &str) -> Result<Self, MigrationError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(MigrationError::Form("scheme"))?;
        if !scheme.eq_ignore_ascii_case(Self::SCHEME) {
            return Err(MigrationError::Form("scheme"));
        }
        let query = rest.split_once('?').ok_or(MigrationError::Form("data"))?.1;
        let parameters = percent::parameters(query).ok_or(MigrationError::Form("percent-encoding"))?;
        let data = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("data"));
        // If the plus signs of base64 are not encoded, a form would read them as blanks.
        let data = Zeroizing::new(data.ok_or(MigrationError::Form("data"))?.1.replace(' ', "+"));
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let alphabet = if data.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
        let bytes = GeneralPurpose::new(alphabet, config).decode(data.as_bytes());
        let bytes = Zeroizing::new(bytes.map_err(|_| MigrationError::Form("base64"))?);

        let mut migration = Self { accounts: Vec::new(), part: 1, parts: 1 };
        for field in Fields(&bytes) {
            match field? {
                (1, Value::Bytes(account)) => {
                    let number = migration.accounts.len() + 1;
                    migration.accounts.push(read_account(account, number)?);
                }
                (3, Value::Number(parts)) => migration.parts = small(parts)?.max(1),
                (4, Value::Number(part)) => migration.part = small(part)?.saturating_add(1),
                _ => {}
            }
        }
        if migration.accounts.is_empty() { Err(MigrationError::Form("accounts")) } else { Ok(migration) }
    }
}

fn small(number: u64) -> Result<u32, MigrationError> {
    u32::try_from(number).ok().filter(|number| *number <= 1000).ok_or(MigrationError::Form("number of codes"))
}

fn read_account(bytes: &[u8], number: usize) -> Result<OtpauthUri, MigrationError> {
    let wrong = |part| MigrationError::Account { number, part };
    let (mut secret, mut name, mut issuer) = (None, "", "");
    let (mut algorithm, mut digits, mut kind, mut counter) = (0, 0, 0, 0);
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => secret = Some(bytes).filter(|bytes| !bytes.is_empty()),
            (2, Value::Bytes(text)) => name = str::from_utf8(text).map_err(|_| wrong("name"))?,
            (3, Value::Bytes(text)) => issuer = str::from_utf8(text).map_err(|_| wrong("issuer"))?,
            (4, Value::Number(value)) => algorithm = value,
            (5, Value::Number(value)) => digits = value,
            (6, Value::Number(value)) => kind = value,
            (7, Value::Number(value)) => counter = value,
            _ => {}
        }
    }
    // Often the name is a label, as in a URI.
    let (in_name, account) =
        name.split_once(':').map_or(("", name), |(issuer, account)| (issuer, account.trim_start()));
    let issuer = if issuer.is_empty() { in_name } else { issuer };
    let account = if account.is_empty() { issuer } else { account };
    let uri = OtpauthUri {
        issuer: Some(issuer.to_owned()).filter(|issuer| !issuer.is_empty()),
        account: account.to_owned(),
        secret: Key::new(secret.ok_or_else(|| wrong("secret"))?.to_vec()),
        hash: match algorithm {
            0 | 1 => OtpHash::Sha1,
            2 => OtpHash::Sha256,
            3 => OtpHash::Sha512,
            _ => return Err(wrong("algorithm")),
        },
        digits: match digits {
            0 | 1 => 6,
            2 => 8,
            _ => return Err(wrong("digits")),
        },
        moving: match kind {
            1 => MovingFactor::Counter(counter),
            0 | 2 => MovingFactor::Period(30),
            _ => return Err(wrong("type")),
        },
    };
    uri.expose_uri().map_err(|_| wrong("name"))?;
    Ok(uri)
}

/// The fields of a message: numbers, and bytes with their length (Protocol Buffers, "Encoding").
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..10 {
            let byte = u64::from(*self.take(1)?.first()?);
            number |= (byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => Value::Bytes(self.take(8)?),
            2 => {
                let len = self.number()?;
                Value::Bytes(self.take(len)?)
            }
            5 => Value::Bytes(self.take(4)?),
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), MigrationError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field().ok_or(MigrationError::Form("message"));
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Migration({} accounts, {} of {})", self.accounts.len(), self.part, self.parts)
    }
}

/// Why a text is no such code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// A part of the code is missing or not well formed.
    #[error("the migration code has no {0} that is well formed")]
    Form(&'static str),
    /// A part of an account is missing, not well formed, or of an unknown kind.
    #[error("the {part} of account {number} in the migration code is missing or not supported")]
    Account {
        /// Which account, from 1.
        number: usize,
        /// The part.
        part: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> Result<Migration, MigrationError> {
        format!("otpauth-migration://offline?data={data}").parse()
    }

    /// The example of github.com/dim13/otpauth, and one of the app itself, published by github.com/VPKSoft/gauth-decode.
    #[test]
    fn accounts_are_read_as_others_read_them() {
        for (data, uri) in [
            (
                "CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC",
                "otpauth://totp/Example:alice@google.com?secret=JBSWY3DPEHPK3PXP&issuer=Example",
            ),
            (
                "Ch8KBdFBKZJTEgpUZXN0IFRva2VuGgQyRkFTIAEoATACEAEYASAAKIji6ej7%2F%2F%2F%2F%2FwE%3D",
                "otpauth://totp/Test%20Token?secret=2FASTEST&issuer=2FAS",
            ),
        ] {
            let migration = read(data).expect("a migration code");
            let expected: OtpauthUri = uri.parse().expect("a URI");
            assert_eq!((migration.part, migration.parts, migration.accounts.len()), (1, 1, 1));
            assert_eq!(*migration.accounts[0].expose_uri().expect("read"), *expected.expose_uri().expect("read"));
        }
    }

    /// Four accounts, of six and eight digits, by time and by counter, from the tests of the app Chronos.
    #[test]
    fn several_accounts_are_read_in_their_order() {
        let data = "Ci0KCkhlbGxvId6tvu8SEmpvaG5AYXBwbGVzZWVkLmNvbRoFQXBwbGUgASgBMAIKLgoKSGVsbG8h3q2%2B7xITam9objJAYXBwbGVzZWVkLmNvbRoFQXBwbGUgAigCMAIKNAoKSGVsbG8h3q2%2B7xIXam9obitob3RwQGFwcGxlc2VlZC5jb20aBUFwcGxlIAEoATABOAAKNQoKSGVsbG8h3q2%2B7xIYam9obitob3RwMkBhcHBsZXNlZWQuY29tGgVBcHBsZSABKAIwATgAEAIYASAA";
        let read = read(data).expect("a migration code");
        let parts: Vec<_> =
            read.accounts.iter().map(|it| (it.account.as_str(), it.hash, it.digits, it.moving)).collect();
        let half_minutes = MovingFactor::Period(30);
        assert_eq!(
            parts,
            [
                ("john@appleseed.com", OtpHash::Sha1, 6, half_minutes),
                ("john2@appleseed.com", OtpHash::Sha256, 8, half_minutes),
                ("john+hotp@appleseed.com", OtpHash::Sha1, 6, MovingFactor::Counter(0)),
                ("john+hotp2@appleseed.com", OtpHash::Sha1, 8, MovingFactor::Counter(0)),
            ]
        );
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        assert_eq!(read("").map(|_| ()), Err(MigrationError::Form("accounts")));
        assert_eq!(read("CjE").map(|_| ()), Err(MigrationError::Form("message")));
        assert_eq!(read("*").map(|_| ()), Err(MigrationError::Form("base64")));
        assert_eq!(read("CgISAA").map(|_| ()), Err(MigrationError::Account { number: 1, part: "secret" }));
    }
}
