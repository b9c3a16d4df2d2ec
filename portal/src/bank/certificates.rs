//! 電子証明書: fetched with the certificate password or after a signature, shown at each login, renewed, taken back.

use camtoken::time::Date;

use super::base::{Bank, BankError};
use super::contracts::code_word;
use super::events::{note, note_by};
use crate::authority::IssuedFile;
use crate::books::{BooksError, Sheet};
use crate::domain::calendar::end_of_day;
use crate::domain::certificate::{Certificate, last_day_from};
use crate::domain::contract::{Contract, LoginMethod};
use crate::domain::credential::{Credential, Entry, Password};
use crate::domain::desk::By;
use crate::domain::people::Person;
use crate::outbox::post;

/// The result of fetching a certificate.
pub enum Fetched {
    /// The file with the key, and the record of it.
    Issued(IssuedFile, Certificate),
    /// The certificate password is wrong.
    Wrong(Entry),
    /// There is neither a certificate password nor a signature for it.
    NotDue,
}

/// Why a person whose password was right has no certificate that lets them in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotShown {
    /// The one that was shown was taken back.
    Revoked,
    /// All of theirs have ended; the last day of the newest.
    Ended(Date),
    /// They have one, or never had one.
    Other,
}

impl Bank {
    /// Why the certificate that was shown, or none, does not open the bank to a person whose password was right.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn why_not_shown(&self, person: &Person, shown: Option<&str>) -> Result<NotShown, BankError> {
        let now = self.now();
        let mut all = self.books.list_of::<Certificate>(&person.contract)?;
        all.retain(|known| known.is_of(person));
        if all.iter().any(|known| shown == Some(&known.fingerprint) && known.revoked) {
            return Ok(NotShown::Revoked);
        }
        if all.iter().any(|known| known.is_good(now)) {
            return Ok(NotShown::Other);
        }
        let newest = all.iter().filter(|known| !known.revoked).max_by_key(|known| known.number);
        Ok(match newest.and_then(Certificate::last_day) {
            Some(day) => NotShown::Ended(day),
            None if all.is_empty() => NotShown::Other,
            None => NotShown::Revoked,
        })
    }

    /// Reminds people by mail of a certificate that ends, unless they have one that ends later.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn remind_of_certificates(&self) -> Result<(), BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let all = sheet.list::<Certificate>("")?;
            for known in &all {
                let Some(days) = known.reminder(now) else { continue };
                let is_later = |other: &Certificate| {
                    (&other.contract, &other.user) == (&known.contract, &known.user)
                        && other.is_good(now)
                        && other.number > known.number
                };
                let person = sheet.get::<Person>(&Person::key(&known.contract, &known.user))?;
                let Some(person) = person.filter(|_| !all.iter().any(is_later)) else { continue };
                let words = [("user", person.user.as_str()), ("until", known.until.as_str())];
                post(sheet, &person.mail, "mail-certificate-due", &words, now)?;
                sheet.put(&Certificate { reminded: Some(days), ..known.clone() });
            }
            Ok::<_, BooksError>(())
        })?)
    }

    /// The person's certificates that open something now, the newest last.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn certificates(&self, person: &Person) -> Result<Vec<Certificate>, BankError> {
        let now = self.now();
        let mut all = self.books.list_of::<Certificate>(&person.contract)?;
        all.retain(|known| known.is_of(person) && known.is_good(now));
        all.sort_by_key(|known| known.number);
        Ok(all)
    }

    /// Whether the certificate with this fingerprint is this person's and good now.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn is_certificate_of(&self, person: &Person, fingerprint: &str) -> Result<bool, BankError> {
        let known = self.books.get::<Certificate>(fingerprint)?;
        Ok(known.is_some_and(|known| known.is_of(person) && known.is_good(self.now())))
    }

    /// Lets a person in whose password was right, if they have shown a certificate of theirs. With its first login those before
    /// it end. As long as the certificate password is good, those after it end as well: they were fetched with the same
    /// password by an attacker, or are not needed. The password is used up then.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn log_in_by_certificate(&self, person: &Person, shown: Option<&str>) -> Result<bool, BankError> {
        let Some(shown) = shown else { return Ok(false) };
        let now = self.now();
        let is_in = self.books.change(|sheet| {
            let mine = sheet.get::<Certificate>(shown)?.filter(|known| known.is_of(person) && known.is_good(now));
            let known = sheet.get::<Person>(&Person::key(&person.contract, &person.user))?;
            let (Some(mine), Some(mut person)) = (mine, known) else { return Ok(false) };
            let is_first = person.certificate.take().is_some();
            let ends = |known: &Certificate| known.number < mine.number || is_first && known.number != mine.number;
            revoke_all(sheet, &person, ends)?;
            sheet.put(&person);
            Ok::<_, BooksError>(true)
        })?;
        if is_in {
            self.note_login(person)?;
        }
        Ok(is_in)
    }

    /// Issues a certificate: to a person who enters the certificate password, or has signed for it. `file` is the password of
    /// the downloaded file.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn fetch_certificate(
        &self,
        person: &Person,
        password: Option<Password>,
        file: &Password,
    ) -> Result<Fetched, BankError> {
        let (now, by_password) = (self.now(), password.is_some());
        let last_day = match password {
            Some(_) if person.certificate.is_none() => return Ok(Fetched::NotDue),
            Some(password) => {
                let entry = self.enter(person, password, "certificate", |person| person.certificate.as_mut()).await?;
                if entry != Entry::Right {
                    return Ok(Fetched::Wrong(entry));
                }
                last_day_from(now)
            }
            None => match person.certificate_until.as_ref().and_then(|day| day.parse().ok()) {
                Some(day) => day,
                None => return Ok(Fetched::NotDue),
            },
        };
        let issued = self.authority.issue(&person.contract, &person.user, now, end_of_day(last_day), file)?;
        let until = last_day.to_string();
        let record = self.books.change(|sheet| {
            let key = Person::key(&person.contract, &person.user);
            let Some(mut person) = sheet.get::<Person>(&key)? else { return Ok(None) };
            // Checked once more, because another request may have been first: a signature is good for one certificate.
            let is_due = if by_password {
                person.certificate.is_some()
            } else {
                person.certificate_until.as_ref() == Some(&until)
            };
            if !is_due {
                return Ok(None);
            }
            let number = sheet.list_of::<Certificate>(&person.contract)?.len();
            let record = Certificate {
                fingerprint: issued.fingerprint.clone(),
                contract: person.contract.clone(),
                user: person.user.clone(),
                number: number as u64 + 1,
                from: now.as_unix(),
                until: until.clone(),
                revoked: false,
                reminded: None,
            };
            sheet.put(&record);
            note(sheet, &key, "certificate", &format!("{}-{}", record.contract, record.number), now)?;
            let words = [("user", person.user.as_str()), ("until", until.as_str())];
            post(sheet, &person.mail, "mail-certificate", &words, now)?;
            person.certificate_until = None;
            sheet.put(&person);
            Ok::<_, BooksError>(Some(record))
        })?;
        Ok(record.map_or(Fetched::NotDue, |record| Fetched::Issued(issued, record)))
    }

    /// Takes back every certificate of a person, at once, and sends a new certificate password by letter: by the bank. Whether
    /// the person logs in by certificate.
    pub(super) async fn new_certificate_password(&self, person: &Person, by: &By) -> Result<bool, BankError> {
        let word = code_word();
        let hash = self.hash(Password::new(word.clone())).await?;
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let contract = sheet.get::<Contract>(&person.contract)?;
            let by_certificate = contract.is_some_and(|known| known.method == LoginMethod::PasswordCertificate);
            let known = sheet.get::<Person>(&Person::key(&person.contract, &person.user))?.filter(|_| by_certificate);
            let Some(mut person) = known else { return Ok::<_, BooksError>(false) };
            revoke_all(sheet, &person, |_| true)?;
            let words = [("user", person.user.as_str()), ("certificate", word.as_str())];
            note_by(sheet, by, "certificate-password", &Person::key(&person.contract, &person.user), now)?;
            post(sheet, &person.contract, "letter-certificate", &words, now)?;
            person.certificate = Some(Credential::new(hash));
            person.certificate_until = None;
            sheet.put(&person);
            Ok(true)
        })?)
    }
}

/// Takes back a person's certificates for good.
pub(super) fn revoke_all(
    sheet: &mut Sheet<'_>,
    person: &Person,
    which: impl Fn(&Certificate) -> bool,
) -> Result<(), BooksError> {
    for known in sheet.list_of::<Certificate>(&person.contract)? {
        if known.is_of(person) && !known.revoked && which(&known) {
            sheet.put(&Certificate { revoked: true, ..known });
        }
    }
    Ok(())
}
