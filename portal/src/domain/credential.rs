//! Credentials: passwords, kept as Argon2id hashes, and the count of wrong entries in a row.
//!
//! One counter per credential and person; a right entry resets it (requirements, section 5).

use std::collections::BTreeSet;
use std::fmt;

use argon2::Argon2;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Wrong entries in a row after which a credential is suspended.
pub const MAX_WRONG: u8 = 5;

/// A password on its way from a form to its hash. It is wiped, and never printed.
#[derive(Clone, Deserialize, Default)]
#[serde(transparent)]
pub struct Password(Zeroizing<String>);

/// The stored form of a password: a salt and the Argon2id hash (RFC 9106; 19 MiB, 2 passes, 1 lane).
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct PasswordHash {
    salt: [u8; 16],
    hash: [u8; 32],
}

/// A password with the count of its wrong entries.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Credential {
    /// The hash that an entry is compared with.
    pub hash: PasswordHash,
    /// Wrong entries in a row.
    pub wrong: u8,
    /// Suspended until it is resumed.
    pub suspended: bool,
}

/// The result of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Right.
    Right,
    /// Wrong, or right while suspended: the answer does not distinguish them.
    Wrong {
        /// Entries that are left before the credential is suspended.
        left: u8,
        /// This one suspended it.
        just_suspended: bool,
    },
}

/// Why a new password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakPassword {
    /// Fewer than 10 or more than 64 characters.
    Length,
    /// Only one kind of character, fewer than five different ones, or the name of the person in it.
    Guessable,
    /// The same as another password of the person.
    Reused,
}

impl Password {
    /// Takes what was typed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The characters.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same as a password of a letter: three groups of four capitals and digits, however they were typed. `None` for what
    /// is none, which is no try at one.
    #[must_use]
    pub fn of_letter(&self) -> Option<Self> {
        let mut plain = Zeroizing::new(String::new());
        for c in self.expose().chars().filter(|c| !(c.is_whitespace() || "-‐‑–—−ー－".contains(*c))) {
            let c = char::from_u32(match u32::from(c) {
                wide @ 0xff01..=0xff5e => wide - 0xfee0,
                other => other,
            });
            plain.push(c.filter(char::is_ascii_alphanumeric)?.to_ascii_uppercase());
        }
        let groups = [plain.get(..4)?, plain.get(4..8)?, plain.get(8..)?];
        (plain.len() == 12).then(|| Self::new(groups.join("-")))
    }

    /// Whether it is good enough to be set, for a person with this ID.
    ///
    /// # Errors
    ///
    /// [`WeakPassword`] says what is wrong.
    pub fn check(&self, user: &str) -> Result<(), WeakPassword> {
        let text = self.expose();
        if !(10..=64).contains(&text.chars().count()) {
            return Err(WeakPassword::Length);
        }
        let kinds = [
            text.chars().any(char::is_uppercase),
            text.chars().any(char::is_lowercase),
            text.chars().any(|c| c.is_ascii_digit()),
            text.chars().any(|c| !c.is_alphanumeric()),
        ];
        let named = !user.is_empty() && text.to_lowercase().contains(&user.to_lowercase());
        let different: BTreeSet<char> = text.chars().collect();
        if named || different.len() < 5 || kinds.iter().filter(|kind| **kind).count() < 2 {
            return Err(WeakPassword::Guessable);
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(_)")
    }
}

impl PasswordHash {
    /// Hashes a password; this takes some 30 ms on purpose.
    pub fn new(password: &Password, rng: &mut impl CryptoRng) -> Self {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        Self { salt, hash: hash(password, &salt) }
    }

    /// A hash that no password has, for persons that do not exist: it costs the same to compare with (V-15).
    #[must_use]
    pub const fn decoy() -> Self {
        Self { salt: [0; 16], hash: [0; 32] }
    }

    /// Whether it is this password.
    #[must_use]
    pub fn is_of(&self, password: &Password) -> bool {
        hash(password, &self.salt).ct_eq(&self.hash).into()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(_)")
    }
}

impl Credential {
    /// A fresh one.
    #[must_use]
    pub fn new(hash: PasswordHash) -> Self {
        Self { hash, wrong: 0, suspended: false }
    }

    /// Counts an entry. A suspended credential stays suspended, whatever is entered.
    pub fn enter(&mut self, right: bool) -> Entry {
        if self.suspended {
            return Entry::Wrong { left: 0, just_suspended: false };
        }
        if right {
            self.wrong = 0;
            return Entry::Right;
        }
        self.wrong = self.wrong.saturating_add(1);
        self.suspended = self.wrong >= MAX_WRONG;
        Entry::Wrong { left: MAX_WRONG - self.wrong.min(MAX_WRONG), just_suspended: self.suspended }
    }

    /// The same credential with another password. A new password does not end a suspension: that is for the person who may resume.
    #[must_use]
    pub fn with(&self, hash: PasswordHash) -> Self {
        Self { suspended: self.suspended, ..Self::new(hash) }
    }

    /// Takes it back into use.
    pub fn resume(&mut self) {
        self.wrong = 0;
        self.suspended = false;
    }
}

fn hash(password: &Password, salt: &[u8; 16]) -> [u8; 32] {
    let mut hash = [0; 32];
    let done = Argon2::default().hash_password_into(password.expose().as_bytes(), salt, &mut hash);
    done.expect("the default parameters take a salt of 16 bytes and give 32");
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Credential {
        Credential::new(PasswordHash::decoy())
    }

    #[test]
    fn the_fifth_wrong_entry_in_a_row_suspends() {
        let mut one = credential();
        for left in [4, 3, 2, 1] {
            assert_eq!(one.enter(false), Entry::Wrong { left, just_suspended: false });
        }
        assert_eq!(one.enter(false), Entry::Wrong { left: 0, just_suspended: true });
        assert!(one.suspended);
    }

    #[test]
    fn a_right_entry_resets_the_count() {
        let mut one = credential();
        for _ in 0..4 {
            one.enter(false);
        }
        assert_eq!(one.enter(true), Entry::Right);
        assert_eq!(one.enter(false), Entry::Wrong { left: 4, just_suspended: false });
    }

    #[test]
    fn a_suspended_credential_takes_no_entry_until_it_is_resumed() {
        let mut one = credential();
        for _ in 0..5 {
            one.enter(false);
        }
        assert_eq!(one.enter(true), Entry::Wrong { left: 0, just_suspended: false });
        assert!(one.suspended);
        one.resume();
        assert_eq!(one.enter(true), Entry::Right);
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let rng = &mut rand::rand_core::UnwrapErr(rand::rngs::SysRng);
        let password = |text: &str| Password::new(text.to_owned());
        let hash = PasswordHash::new(&password("correct horse 1"), rng);
        assert!(hash.is_of(&password("correct horse 1")));
        assert!(!hash.is_of(&password("correct horse 2")));
        assert!(!PasswordHash::decoy().is_of(&password("")));
        assert_eq!(format!("{:?} {:?}", password("secret"), hash), "Password(_) PasswordHash(_)");
    }

    #[test]
    fn a_password_of_a_letter_is_read_however_it_is_typed() {
        let read = |text: &str| Password::new(text.to_owned()).of_letter().map(|word| word.expose().to_owned());
        for text in
            ["HAT5-9KQ2-W7RM", "hat5-9kq2-w7rm", " hat59kq2w7rm ", "ＨＡＴ５－９ｋｑ２－ｗ７ｒｍ", "HAT5 9KQ2 W7RM"]
        {
            assert_eq!(read(text).as_deref(), Some("HAT5-9KQ2-W7RM"), "{text}");
        }
        for text in ["", "HAT5-9KQ2-W7R", "HAT5-9KQ2-W7RMM", "HAT5-9KQ2-W7Rあ", "あいうえおかきくけこさし"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_weak_password_is_refused() {
        let check = |text: &str| Password::new(text.to_owned()).check("KEIRI01");
        assert_eq!(check("short-1"), Err(WeakPassword::Length));
        assert_eq!(check("aaaaaaaaaaaa"), Err(WeakPassword::Guessable));
        assert_eq!(check("aaaaaaaaaaaa1"), Err(WeakPassword::Guessable));
        assert_eq!(check("my-keiri01-pass"), Err(WeakPassword::Guessable));
        assert_eq!(check("Kumo-no-ue-12"), Ok(()));
    }
}
