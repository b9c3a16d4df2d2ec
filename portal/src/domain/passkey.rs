//! Passkeys: what the bank keeps of one.

use base16ct::lower;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::people::Person;

/// The most passkeys of one person.
pub const MAX_PASSKEYS: usize = 10;

/// The most characters of a passkey's name: a token shows it.
pub const MAX_NAME: usize = 20;

/// A passkey of a person. The private key is in the person's device; the bank never had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// The credential ID, as hexadecimal digits.
    pub id: String,
    /// 契約番号
    pub contract: String,
    /// ユーザーID
    pub user: String,
    /// The user handle, 32 random bytes as hexadecimal digits: the same for all passkeys of a person.
    pub handle: String,
    /// The public key as COSE has it, as hexadecimal digits.
    pub key: String,
    /// Its signatures so far, or 0 where the authenticator does not count them.
    pub count: u32,
    /// Whether it is kept by a service that brings it to other devices of its owner.
    pub synced: bool,
    /// What the person calls it.
    pub name: String,
    /// When it was added, seconds since 1970.
    pub added: u64,
    /// The last login by it, seconds since 1970.
    pub last_used: Option<u64>,
}

impl Passkey {
    /// Whether it is this person's.
    #[must_use]
    pub fn is_of(&self, person: &Person) -> bool {
        (&self.contract, &self.user) == (&person.contract, &person.user)
    }
}

/// What is signed about passkeys: the input of the hash that binds it to the challenge.
#[must_use]
pub fn digest(person: &Person, what: &str, item: &str) -> String {
    let text = format!("passkey {what} {} {} {item}", person.contract, person.user);
    lower::encode_string(&Sha256::digest(text))
}
