//! Login: numbers and password first, then the proof of the contract's method.

use camtoken::Timestamp;

use super::base::{Bank, BankError};
use super::events::{BANK, note};
use crate::books::{BooksError, Sheet};
use crate::domain::contract::{Contract, LoginField, LoginMethod, Profile};
use crate::domain::credential::{Credential, Entry, Password, PasswordHash, WeakPassword};
use crate::domain::people::{LoginId, Person};
use crate::outbox::post;

/// The entries beside the password, by field.
#[derive(Debug, Clone, Default)]
pub struct Numbers(pub Vec<(LoginField, String)>);

/// How far a right entry leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedIn {
    /// In.
    Yes,
    /// The next step is a one-time password (method 1).
    Otp,
    /// The next step is a time-based password (method 1, the camera token given back).
    Generator,
    /// The token has to be registered first (method 1 without a token).
    Register,
    /// The next step is a certificate (method 3).
    Certificate,
    /// The person logs in by passkey alone: the password was right, and does not let in.
    Passkey,
}

/// A password that a person is to have from now on.
#[derive(Debug)]
pub enum NewPassword {
    /// Its hash, to be set once the order for it is signed.
    Hash(PasswordHash),
    /// Why it may not be set.
    Weak(WeakPassword),
}

impl Bank {
    /// Checks numbers and password, entered in `browser`. `None` whatever was wrong: one answer, the same work, for an unknown person, a wrong
    /// password and a suspended credential (V-15).
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn log_in(
        &self,
        profile: Profile,
        numbers: &Numbers,
        password: Password,
        browser: Option<&str>,
    ) -> Result<Option<(Person, LoggedIn)>, BankError> {
        let Some(person) = self.prove(profile, numbers, password, browser).await? else { return Ok(None) };
        let Some(contract) = self.books.get::<Contract>(&person.contract)? else { return Ok(None) };
        let next = match contract.method {
            _ if person.passkey_only => LoggedIn::Passkey,
            LoginMethod::Password => LoggedIn::Yes,
            LoginMethod::PasswordOtp if person.signs().is_some() => LoggedIn::Otp,
            LoginMethod::PasswordOtp if person.generator().is_some() => LoggedIn::Generator,
            LoginMethod::PasswordOtp => LoggedIn::Register,
            LoginMethod::PasswordCertificate => LoggedIn::Certificate,
        };
        if next == LoggedIn::Yes {
            self.note_login(&person)?;
        }
        Ok(Some((person, next)))
    }

    /// The first factor alone: numbers and password, with everything that [`log_in`](Self::log_in) says of them.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn prove(
        &self,
        profile: Profile,
        numbers: &Numbers,
        password: Password,
        browser: Option<&str>,
    ) -> Result<Option<Person>, BankError> {
        let found = self.find(profile, numbers)?;
        let hash = found.as_ref().map_or_else(PasswordHash::decoy, |person| person.login.hash.clone());
        let right = self.is_right(hash.clone(), password).await?;
        let Some(found) = found else {
            self.books.pretend()?;
            return Ok(None);
        };

        let now = self.now();
        Ok(self.books.change(|sheet| {
            let Some(mut person) = sheet.get::<Person>(&Person::key(&found.contract, &found.user))? else {
                return Ok::<_, BooksError>(None);
            };
            // A password that was changed meanwhile was not the one that was compared.
            let right = right && person.login.hash == hash && !person.suspended;
            let entry = person.browsers.enter(&mut person.login, right, browser);
            tell_suspension(sheet, &person, "login", entry, now)?;
            sheet.put(&person);
            Ok((entry == Entry::Right).then_some(person))
        })?)
    }

    /// Whether the person with these numbers has been in this browser.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn knows_browser(&self, profile: Profile, numbers: &Numbers, browser: Option<&str>) -> Result<bool, BankError> {
        let known = self.find(profile, numbers)?;
        Ok(known.zip(browser).is_some_and(|(person, browser)| person.browsers.know(browser)))
    }

    /// Notes that a person has logged in with a browser for the first time. If there were others, the person gets a mail.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn remember_browser(&self, contract: &str, user: &str, browser: &str) -> Result<(), BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let Some(mut person) = sheet.get::<Person>(&Person::key(contract, user))? else { return Ok(()) };
            if person.browsers.remember(browser) {
                post(sheet, &person.mail, "mail-new-browser", &[("user", user)], now)?;
            }
            sheet.put(&person);
            Ok::<_, BooksError>(())
        })?)
    }

    /// Writes down that the person is in now.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn note_login(&self, person: &Person) -> Result<(), BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            if let Some(mut person) = sheet.get::<Person>(&Person::key(&person.contract, &person.user))? {
                person.login_before = person.last_login.replace(now.as_unix());
                let key = Person::key(&person.contract, &person.user);
                note(sheet, &key, "login", &key, now)?;
                sheet.put(&person);
            }
            Ok::<_, BooksError>(())
        })?)
    }

    /// Counts an entry of the transaction password.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn enter_transaction_password(&self, person: &Person, password: Password) -> Result<Entry, BankError> {
        self.enter(person, password, "transaction", |person| Some(&mut person.transaction)).await
    }

    /// Hashes a password that a person is to have from now on, `which` of the two: unless it is a weak one, or the other of them,
    /// or one glance at either would give both.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn new_password(&self, person: &Person, which: &str, new: Password) -> Result<NewPassword, BankError> {
        if let Err(weak) = new.check(&person.user) {
            return Ok(NewPassword::Weak(weak));
        }
        let other = if which == "login" { &person.transaction } else { &person.login };
        if self.is_right(other.hash.clone(), new.clone()).await? {
            return Ok(NewPassword::Weak(WeakPassword::Reused));
        }
        Ok(NewPassword::Hash(self.hash(new).await?))
    }

    /// Counts an entry of one of a person's credentials.
    pub(super) async fn enter(
        &self,
        person: &Person,
        password: Password,
        name: &str,
        which: impl Fn(&mut Person) -> Option<&mut Credential>,
    ) -> Result<Entry, BankError> {
        let key = Person::key(&person.contract, &person.user);
        let mut known = person.clone();
        let hash = which(&mut known).map_or_else(PasswordHash::decoy, |credential| credential.hash.clone());
        let right = self.is_right(hash.clone(), password).await?;
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let refused = Entry::Wrong { left: 0, just_suspended: false };
            let Some(mut person) = sheet.get::<Person>(&key)? else { return Ok::<_, BooksError>(refused) };
            let suspended = person.suspended;
            let Some(credential) = which(&mut person) else { return Ok(refused) };
            let entry = credential.enter(right && credential.hash == hash && !suspended);
            tell_suspension(sheet, &person, name, entry, now)?;
            sheet.put(&person);
            Ok(entry)
        })?)
    }

    fn find(&self, profile: Profile, numbers: &Numbers) -> Result<Option<Person>, BankError> {
        let typed = |field| numbers.0.iter().find(|(known, _)| *known == field).map(|(_, text)| text.trim());
        let person = match profile {
            Profile::ContractAndUser => {
                let key = typed(LoginField::Contract).zip(typed(LoginField::User));
                match key {
                    Some((contract, user)) => self.person(contract, &user.to_ascii_uppercase())?,
                    None => None,
                }
            }
            Profile::LoginId => match self.books.get::<LoginId>(typed(LoginField::LoginId).unwrap_or_default())? {
                Some(known) => self.person(&known.contract, &known.user)?,
                None => None,
            },
        };
        let Some(person) = person else { return Ok(None) };
        let contract = self.books.get::<Contract>(&person.contract)?;
        Ok(contract.filter(|contract| contract.profile == profile).map(|_| person))
    }
}

/// Puts a person into the database with the login ID that leads to them. `false`, and no change, when the ID leads to another person.
pub(crate) fn put_person(sheet: &mut Sheet<'_>, person: &Person) -> Result<bool, BooksError> {
    if let Some(id) = person.login_id.clone() {
        let new = LoginId { id, contract: person.contract.clone(), user: person.user.clone() };
        if sheet.get::<LoginId>(&new.id)?.is_some_and(|known| known != new) {
            return Ok(false);
        }
        sheet.put(&new);
    }
    sheet.put(person);
    Ok(true)
}

/// The person and the administrators learn of a suspension by mail, not from the page, which an attacker may see.
pub(super) fn tell_suspension(
    sheet: &mut Sheet<'_>,
    person: &Person,
    credential: &str,
    entry: Entry,
    now: Timestamp,
) -> Result<(), BooksError> {
    if let Entry::Wrong { just_suspended: true, .. } = entry {
        let words = [("user", person.user.as_str()), ("credential", credential)];
        note(sheet, BANK, "suspended", &Person::key(&person.contract, &person.user), now)?;
        let text = if person.is_administrator() { "mail-suspended-administrator" } else { "mail-suspended" };
        post(sheet, &person.mail, text, &words, now)?;
        // Administrators will be asked for help, and should know before that.
        let people = sheet.list::<Person>(&format!("{}/", person.contract))?;
        for other in people.iter().filter(|other| other.is_administrator() && other.user != person.user) {
            post(sheet, &other.mail, "mail-suspended-other", &words, now)?;
        }
    }
    Ok(())
}
