//! The browsers in which a person has logged in. Wrong login passwords are counted for each of them by itself, so that an attacker
//! who knows a name cannot lock its owner out.

use serde::{Deserialize, Serialize};

use super::credential::{Credential, Entry, MAX_WRONG};

/// The browsers in which a person has been.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browsers {
    known: Vec<KnownBrowser>,
    /// The login password is suspended in other browsers alone: in the person's own browsers it goes on.
    strangers_held: bool,
}

/// A browser in which a person has been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KnownBrowser {
    /// The SHA-256 of the name in its cookie, as hexadecimal digits.
    id: String,
    /// Wrong login passwords in a row.
    wrong: u8,
}

/// More browsers of a person are not kept.
const MAX: usize = 8;

impl Browsers {
    /// Counts an entry of the login password. Five wrong ones in a row from browsers in which the person has never been suspend
    /// the login there, and nowhere else. Five in one of the person's own suspend it everywhere.
    pub fn enter(&mut self, login: &mut Credential, right: bool, browser: Option<&str>) -> Entry {
        let Some(known) = self.known.iter_mut().find(|known| Some(known.id.as_str()) == browser) else {
            let entry = login.enter(right);
            if let Entry::Wrong { just_suspended: true, .. } = entry {
                self.strangers_held = !self.known.is_empty();
            }
            return entry;
        };
        if login.suspended && !self.strangers_held {
            return Entry::Wrong { left: 0, just_suspended: false };
        }
        if right {
            known.wrong = 0;
            if !login.suspended {
                login.wrong = 0;
            }
            return Entry::Right;
        }
        known.wrong = known.wrong.saturating_add(1);
        let just_suspended = known.wrong >= MAX_WRONG;
        if just_suspended {
            (login.suspended, self.strangers_held) = (true, false);
        }
        Entry::Wrong { left: MAX_WRONG.saturating_sub(known.wrong), just_suspended }
    }

    /// Whether a suspended login password goes on in the person's own browsers.
    #[must_use]
    pub fn are_open(&self) -> bool {
        self.strangers_held
    }

    /// Whether the person has been in a browser.
    #[must_use]
    pub fn know(&self, browser: &str) -> bool {
        self.known.iter().any(|known| known.id == browser)
    }

    /// Takes a browser in; the oldest makes room. Whether it is not the first one.
    pub fn remember(&mut self, browser: &str) -> bool {
        let is_another = !self.known.is_empty();
        if self.known.len() >= MAX {
            self.known.remove(0);
        }
        self.known.push(KnownBrowser { id: browser.to_owned(), wrong: 0 });
        is_another
    }

    /// Takes the login password back into use everywhere.
    pub fn resume(&mut self) {
        self.strangers_held = false;
        self.known.iter_mut().for_each(|known| known.wrong = 0);
    }

    /// Whether there is nothing to keep.
    #[must_use]
    pub fn are_unknown(&self) -> bool {
        self.known.is_empty() && !self.strangers_held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::PasswordHash;

    #[test]
    fn strangers_lock_a_person_out_of_strange_browsers_alone() {
        let (mut login, mut browsers) = (Credential::new(PasswordHash::decoy()), Browsers::default());
        assert!(!browsers.remember("mine"), "the first one is no news");
        for _ in 0..5 {
            browsers.enter(&mut login, false, Some("theirs"));
        }
        assert!(login.suspended && browsers.are_open());
        assert_ne!(browsers.enter(&mut login, true, None), Entry::Right, "the right password does not help elsewhere");
        assert_eq!(browsers.enter(&mut login, true, Some("mine")), Entry::Right);
        for left in [4, 3, 2, 1, 0] {
            let entry = browsers.enter(&mut login, false, Some("mine"));
            assert_eq!(entry, Entry::Wrong { left, just_suspended: left == 0 });
        }
        assert!(login.suspended && !browsers.are_open());
        assert_ne!(browsers.enter(&mut login, true, Some("mine")), Entry::Right);
        login.resume();
        browsers.resume();
        assert_eq!(browsers.enter(&mut login, true, None), Entry::Right);
    }

    #[test]
    fn without_a_known_browser_five_wrong_passwords_suspend_the_login() {
        let (mut login, mut browsers) = (Credential::new(PasswordHash::decoy()), Browsers::default());
        for _ in 0..5 {
            browsers.enter(&mut login, false, None);
        }
        assert!(login.suspended && !browsers.are_open());
    }

    #[test]
    fn few_browsers_are_kept() {
        let mut browsers = Browsers::default();
        assert_eq!((0..9).filter(|n| browsers.remember(&n.to_string())).count(), 8);
        assert!(!browsers.know("0") && browsers.know("1") && browsers.know("8"));
    }
}
