//! For customers who gave the camera token back: time-based one-time passwords (RFC 6238), typed without reading a code.
//!
//! They are good for the login and for nothing that is signed: nothing in them says what was signed.

use camtoken::provision::otpauth::{MovingFactor, OtpHash, OtpauthUri};
use camtoken::verifier::{AttemptId, EnrollError, Rejection, Step, Subscriber, Verdict, VerifierError};

use super::base::{Bank, BankError, NAME};
use super::events::{note, note_by};
use super::login::tell_suspension;
use crate::books::BooksError;
use crate::domain::credential::{Entry, PasswordHash};
use crate::domain::desk::{ActivationRecord, By};
use crate::domain::people::Person;
use crate::outbox::post;
use crate::system::rng;
use camtoken::store::StoreError;

impl Bank {
    /// Takes the camera token back and gives a generator for it, whose secret goes out by letter: by the bank.
    pub(super) async fn hand_out_generator(&self, person: &Person, by: &By) -> Result<(), BankError> {
        let now = self.now();
        let subscriber = Subscriber { contract: person.contract.clone(), user: person.user.clone() };
        let (activation, secret) = self.verifier.enroll_time_based(subscriber, now, &mut rng()).await?;
        let uri = OtpauthUri {
            issuer: Some(NAME.to_owned()),
            account: format!("{}-{}", person.contract, person.user),
            secret,
            hash: OtpHash::Sha1,
            digits: 6,
            moving: MovingFactor::Period(30),
        };
        let uri = uri.expose_uri().map_err(BankError::Generator)?;
        let secret = uri.split(['?', '&']).find_map(|part| part.strip_prefix("secret=")).unwrap_or_default();
        let before = self.books.change(|sheet| {
            let Some(mut person) = sheet.get::<Person>(&Person::key(&person.contract, &person.user))? else {
                return Ok::<_, BooksError>(None);
            };
            let words = [("user", person.user.as_str()), ("secret", secret), ("uri", uri.as_str())];
            note_by(sheet, by, "generator", &Person::key(&person.contract, &person.user), now)?;
            sheet.put(&ActivationRecord {
                contract: person.contract.clone(),
                user: person.user.clone(),
                activation: activation.to_string(),
                token: String::new(),
                from: now.as_unix(),
            });
            post(sheet, &person.contract, "letter-generator", &words, now)?;
            let before = person.clone();
            (person.token, person.activation, person.registered) = (None, None, false);
            person.generator = Some(activation.to_string());
            sheet.put(&person);
            Ok(Some(before))
        })?;
        let Some(before) = before else { return Ok(()) };
        for ended in before.activations() {
            self.end(ended).await?;
        }
        Ok(())
    }

    /// Takes a time-based password at the login, and lets the person in when it is right.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided; retry with the same `attempt`.
    pub async fn log_in_by_generator(
        &self,
        person: &Person,
        response: &str,
        attempt: [u8; 16],
    ) -> Result<Step<()>, BankError> {
        let entered = self.enter_generator(person, response, attempt).await?;
        if let Step::Done(()) = entered {
            self.note_login(person)?;
        }
        Ok(entered)
    }

    /// Sets the login password of a person who gave the camera token back, by the generator's digits. They have no other proof,
    /// and a password that has become known must not stay. It moves no money.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided; retry with the same `attempt`.
    pub async fn set_password_by_generator(
        &self,
        person: &Person,
        hash: &PasswordHash,
        response: &str,
        attempt: [u8; 16],
    ) -> Result<Step<()>, BankError> {
        let entered = self.enter_generator(person, response, attempt).await?;
        if let Step::Done(()) = entered {
            let now = self.now();
            self.books.change(|sheet| {
                let key = Person::key(&person.contract, &person.user);
                if let Some(mut person) = sheet.get::<Person>(&key)? {
                    person.login = person.login.with(hash.clone());
                    note(sheet, &key, "password", &key, now)?;
                    post(sheet, &person.mail, "mail-password", &[("user", person.user.as_str())], now)?;
                    sheet.put(&person);
                }
                Ok::<_, BooksError>(())
            })?;
        }
        Ok(entered)
    }

    /// Takes a time-based password without a login to the bank: for a linkage.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided; retry with the same `attempt`.
    pub async fn enter_generator(
        &self,
        person: &Person,
        response: &str,
        attempt: [u8; 16],
    ) -> Result<Step<()>, BankError> {
        let Some(activation) = person.generator() else { return Ok(Step::Rejected(Rejection::NotActivated)) };
        let attempt = AttemptId::from_bytes(attempt);
        let mut tries = 0;
        let verdict = loop {
            tries += 1;
            match self.verifier.verify_password(activation, response, attempt, self.now()).await {
                Err(VerifierError::Store(StoreError::Unknown { .. })) if tries < 3 => {}
                other => break other?,
            }
        };
        match verdict {
            Verdict::Accepted(_) => Ok(Step::Done(())),
            Verdict::Rejected(rejection) => {
                if matches!(rejection, Rejection::Wrong { suspended: true, .. }) {
                    let (now, entry) = (self.now(), Entry::Wrong { left: 0, just_suspended: true });
                    self.books.change(|sheet| tell_suspension(sheet, person, "otp", entry, now))?;
                }
                Ok(Step::Rejected(rejection))
            }
        }
    }

    /// Ends an activation at the verifier, if it is one.
    pub(super) async fn end(&self, activation: camtoken::key::ActivationId) -> Result<(), BankError> {
        match self.verifier.revoke(activation, self.now()).await {
            Ok(()) | Err(EnrollError::Revoked(_) | EnrollError::UnknownActivation(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
