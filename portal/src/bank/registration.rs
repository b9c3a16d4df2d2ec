//! 利用開始登録: a person registers on the token in their hands, by two codes.

use camtoken::key::TokenId;
use camtoken::verifier::{ActivationState, AttemptId, EnrollError, Enrollment, Rejection, Step, Subscriber};

use super::base::{Bank, BankError};
use super::events::{note, note_by};
use crate::books::BooksError;
use crate::domain::calendar::day_in_japan;
use crate::domain::contract::LentToken;
use crate::domain::credential::{Entry, Password};
use crate::domain::desk::{ActivationRecord, By};
use crate::domain::people::{FirstOtp, Person};
use crate::outbox::post;
use crate::system::rng;

/// The result of the first step.
#[derive(Debug)]
pub enum First {
    /// The first code is ready.
    Begun,
    /// The first-OTP password is wrong; entries that are left, and whether this one suspended it.
    Wrong(Entry),
    /// The first-OTP password's days are over, or it is used up.
    NoPassword(FirstOtp),
    /// It is not the serial number of the token that was handed to this person.
    Serial,
    /// The token has no place for another user.
    Full,
    /// The person is registered already.
    Already,
    /// Another registration was begun at the same time, or the token was taken away: this one is not.
    Overtaken,
}

/// The result of initialising a registration.
#[derive(Debug)]
pub enum Initialised {
    /// It can be begun again.
    Done,
    /// The first-OTP password is wrong.
    Wrong(Entry),
    /// It has signed, is suspended, or there is none.
    No,
}

/// The state of a registration.
#[derive(Debug)]
pub enum Progress {
    /// Not begun, or given up.
    None,
    /// The first code is to be answered with a device code.
    First(Enrollment),
    /// The second code is to be answered with a response.
    Second(Enrollment),
    /// Finished.
    Done,
}

impl Bank {
    /// The state of the person's registration, by the verifier.
    ///
    /// # Errors
    ///
    /// [`BankError`] when it cannot be read.
    pub async fn progress(&self, person: &Person) -> Result<Progress, BankError> {
        let Some(activation) = person.activation() else { return Ok(Progress::None) };
        let Some(known) = self.verifier.activation(activation).await? else { return Ok(Progress::None) };
        let code = match self.verifier.enrollment_code(activation, self.now()).await {
            Err(EnrollError::TokenRevoked(_)) => return Ok(Progress::None),
            other => other?,
        };
        Ok(match (known.state(), code) {
            (ActivationState::FirstCode, Some(code)) => Progress::First(code),
            (ActivationState::SecondCode, Some(code)) => Progress::Second(code),
            (ActivationState::Active | ActivationState::Suspended, _) => Progress::Done,
            _ => Progress::None,
        })
    }

    /// Begins a registration: administrators give their first-OTP password, all persons the serial number of the token.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn begin_registration(
        &self,
        person: &Person,
        first_otp: Option<Password>,
        serial: &str,
    ) -> Result<First, BankError> {
        let now = self.now();
        if matches!(self.progress(person).await?, Progress::Done) {
            return Ok(First::Already);
        }
        if person.is_administrator() {
            let open = person.first_otp(day_in_japan(now));
            if open != FirstOtp::Open {
                return Ok(First::NoPassword(open));
            }
            let password = first_otp.unwrap_or_default();
            let entry = self.enter(person, password, "first-otp", |person| person.first_otp.as_mut()).await?;
            if entry != Entry::Right {
                return Ok(First::Wrong(entry));
            }
        }
        let serial: Option<TokenId> = serial.trim().to_ascii_uppercase().parse().ok();
        let Some(token) = serial.filter(|serial| person.token_id().as_ref() == Some(serial)) else {
            return Ok(First::Serial);
        };
        let lent = self.books.get::<LentToken>(token.as_str())?;
        if !lent.is_some_and(|token| token.is_lent_to(&person.contract)) {
            return Ok(First::Serial);
        }
        self.give_up(person).await?;
        let seen = Person { activation: None, ..person.clone() };
        let subscriber = Subscriber { contract: person.contract.clone(), user: person.user.clone() };
        let begun = match self.verifier.enroll(&token, subscriber, now, &mut rng()).await {
            Err(EnrollError::TokenFull { .. }) => return Ok(First::Full),
            Err(EnrollError::TokenRevoked(_) | EnrollError::UnknownToken(_)) => return Ok(First::Serial),
            other => other?,
        };
        if self.set_activation(&seen, Some(begun.activation.to_string()), None)? {
            return Ok(First::Begun);
        }
        self.end(begun.activation).await?;
        Ok(First::Overtaken)
    }

    /// Takes the token's device code and makes the second code.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn second_code(&self, person: &Person, device_code: &str) -> Result<Step<()>, BankError> {
        let Some(activation) = person.activation() else { return Ok(Step::Rejected(Rejection::NotActivated)) };
        let attempt = AttemptId::generate(&mut rng());
        Ok(match self.verifier.second_code(activation, device_code, attempt, self.now(), &mut rng()).await? {
            Step::Done(_) => Step::Done(()),
            Step::Rejected(rejection) => Step::Rejected(rejection),
        })
    }

    /// Takes the token's response to the second code. From now on the person signs, and the first-OTP password is used up.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn confirm(&self, person: &Person, response: &str) -> Result<Step<()>, BankError> {
        let Some(activation) = person.activation() else { return Ok(Step::Rejected(Rejection::NotActivated)) };
        match self.verifier.confirm(activation, response, AttemptId::generate(&mut rng()), self.now()).await? {
            // Given up in between, or the token was taken away.
            Step::Done(()) if !self.finish_registration(person).await? => Ok(Step::Rejected(Rejection::NotActivated)),
            settled => Ok(settled),
        }
    }

    /// Makes the database follow the verifier: a registration that was confirmed just before the process ended.
    ///
    /// # Errors
    ///
    /// [`BankError`] when it cannot be read.
    pub async fn catch_up(&self, person: &Person) -> Result<(), BankError> {
        let done = matches!(self.progress(person).await?, Progress::Done);
        if done && !person.registered {
            self.finish_registration(person).await?;
        }
        Ok(())
    }

    /// Gives up a registration that never signed (初期化), so that it can be begun again, for a person of whom only the login
    /// password was checked. An administrator enters the first-OTP password as well: a thief of a login password must not be
    /// able to undo a registration.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn initialise(&self, person: &Person, first_otp: Option<Password>) -> Result<Initialised, BankError> {
        if person.is_administrator() {
            if person.first_otp_used.is_none() {
                return Ok(Initialised::No);
            }
            let password = first_otp.unwrap_or_default();
            let entry = self.enter(person, password, "first-otp", |person| person.first_otp_used.as_mut()).await?;
            if entry != Entry::Right {
                return Ok(Initialised::Wrong(entry));
            }
        }
        Ok(if self.give_up(person).await? { Initialised::Done } else { Initialised::No })
    }

    /// Gives up a registration that never signed (初期化), so that it can be begun again. Whether there was one. One that was
    /// suspended is resumed first, by a person who may do that: a new beginning does not delete wrong entries. A first-OTP
    /// password that had opened it opens the next one.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn give_up(&self, person: &Person) -> Result<bool, BankError> {
        self.give_up_by(person, None).await
    }

    /// The same, by one of the bank's own people if `by` names one.
    pub(super) async fn give_up_by(&self, person: &Person, by: Option<&By>) -> Result<bool, BankError> {
        let Some(activation) = person.activation() else { return Ok(false) };
        // No response is decided about in between.
        let _till = self.till(activation).await;
        if self.verifier.activation(activation).await?.is_some_and(|known| known.state() == ActivationState::Suspended)
        {
            return Ok(false);
        }
        match self.verifier.reset(activation, self.now()).await {
            Ok(()) => {}
            Err(EnrollError::HasSigned(_)) => return Ok(false),
            Err(EnrollError::Revoked(_) | EnrollError::UnknownActivation(_)) => {}
            Err(error) => return Err(error.into()),
        }
        self.set_activation(person, None, by)?;
        Ok(true)
    }

    /// Whether the person's registration may still be initialised: it is complete and has never signed.
    ///
    /// # Errors
    ///
    /// [`BankError`] when it cannot be read.
    pub async fn never_signed(&self, person: &Person) -> Result<bool, BankError> {
        let Some(activation) = person.signs() else { return Ok(false) };
        Ok(self.verifier.activation(activation).await?.is_some_and(|known| !known.has_signed()))
    }

    /// Writes down that the activation that was seen signs. `false` when it is the person's no more.
    async fn finish_registration(&self, seen: &Person) -> Result<bool, BankError> {
        let now = self.now();
        let before = self.books.change(|sheet| {
            let known = sheet.get::<Person>(&Person::key(&seen.contract, &seen.user))?;
            let known = known.filter(|known| known.activation.is_some() && known.activation == seen.activation);
            let Some(mut person) = known else { return Ok::<_, BooksError>(None) };
            let before = person.clone();
            (person.registered, person.registered_at) = (true, Some(now.as_unix()));
            person.first_otp_used = person.first_otp.take();
            person.generator = None;
            let words = [("user", person.user.as_str()), ("token", person.token.as_deref().unwrap_or_default())];
            let key = Person::key(&person.contract, &person.user);
            note(sheet, &key, "registered", person.token.as_deref().unwrap_or_default(), now)?;
            post(sheet, &person.mail, "mail-registered", &words, now)?;
            sheet.put(&person);
            Ok(Some(before))
        })?;
        let Some(before) = before else { return Ok(false) };
        // A person who has a camera token again needs no generator.
        if let Some(generator) = before.generator() {
            self.end(generator).await?;
        }
        Ok(true)
    }

    /// Puts an activation that is not finished in the place of the one that was seen, as long as that is the person's, and the
    /// token too. Whether it was.
    fn set_activation(&self, seen: &Person, activation: Option<String>, by: Option<&By>) -> Result<bool, BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let known = sheet.get::<Person>(&Person::key(&seen.contract, &seen.user))?;
            let is_seen = |known: &Person| known.activation == seen.activation && known.token == seen.token;
            let Some(mut person) = known.filter(is_seen) else { return Ok::<_, BooksError>(false) };
            let (key, token) = (Person::key(&person.contract, &person.user), person.token.clone().unwrap_or_default());
            if let Some(activation) = &activation {
                sheet.put(&ActivationRecord {
                    contract: person.contract.clone(),
                    user: person.user.clone(),
                    activation: activation.clone(),
                    token: token.clone(),
                    from: now.as_unix(),
                });
            } else if let Some(by) = by {
                note_by(sheet, by, "initialised", &key, now)?;
            } else if person.registered {
                note(sheet, &key, "initialised", &token, now)?;
            }
            if person.registered && activation.is_none() {
                // The holder of the token gets a mail: it may be the act of another person.
                post(sheet, &person.mail, "mail-initialised", &[("user", person.user.as_str())], now)?;
            }
            person.first_otp = person.first_otp.or(person.first_otp_used.take());
            sheet.put(&Person { activation, registered: false, ..person });
            Ok(true)
        })?)
    }
}
