//! The tokens that the bank lends: at an application, and again after a loss or in exchange for a broken one.

use super::base::{Bank, BankError};
use super::contracts::{code_word, renew_first_otp, stock};
use super::events::note_by;
use crate::books::BooksError;
use crate::domain::calendar::{day_in_japan, first_otp_last_day};
use crate::domain::contract::LentToken;
use crate::domain::credential::Password;
use crate::domain::desk::By;
use crate::domain::people::Person;
use crate::outbox::post;

/// The result of lending a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lent {
    /// The person has it now.
    Token,
    /// No token is left in stock.
    NoneLeft,
    /// There is no such person, or the token is not their contract's.
    Unfit,
    /// The person is registered, and no second operator has approved that this ends.
    EndsRegistration,
}

impl Bank {
    /// Lends a token to a person, in one step with the letters: one of the stock, or `chosen` among those that the contract has.
    /// An administrator gets a new first-OTP password as well. The person's present registration ends; a second operator must have
    /// approved that. A token that was lost is revoked by itself: others may be registered on it.
    pub(super) async fn lend_token(&self, person: &Person, chosen: Option<&str>, by: &By) -> Result<Lent, BankError> {
        let word = code_word();
        let hash = self.hash(Password::new(word.clone())).await?;
        let now = self.now();
        let today = day_in_japan(now);
        let done = self.books.change(|sheet| {
            let key = Person::key(&person.contract, &person.user);
            let Some(mut person) = sheet.get::<Person>(&key)? else { return Ok::<_, BooksError>(Err(Lent::Unfit)) };
            if person.registered && by.approved_by.is_none() {
                return Ok(Err(Lent::EndsRegistration));
            }
            let token = match chosen {
                Some(id) => match sheet.get::<LentToken>(id)?.filter(|token| token.is_lent_to(&person.contract)) {
                    Some(token) => token,
                    None => return Ok(Err(Lent::Unfit)),
                },
                None => match stock(sheet)?.into_iter().next() {
                    Some(token) => LentToken { contract: person.contract.clone(), ..token },
                    None => return Ok(Err(Lent::NoneLeft)),
                },
            };
            sheet.put(&token);
            note_by(sheet, by, "token-lent", &format!("{key} {}", token.id), now)?;
            let words = [("user", person.user.as_str()), ("token", token.id.as_str())];
            post(sheet, &person.mail, "mail-token-lent", &words, now)?;
            if chosen.is_none() {
                post(sheet, &person.contract, "letter-token", &words, now)?;
            }
            if person.is_administrator() {
                let until = first_otp_last_day(today).to_string();
                let words = [("user", person.user.as_str()), ("first", word.as_str()), ("until", until.as_str())];
                post(sheet, &person.contract, "letter-first-otp", &words, now)?;
                renew_first_otp(&mut person, hash, today);
            }
            let ended = person.activation();
            sheet.put(&Person { token: Some(token.id.clone()), activation: None, registered: false, ..person });
            Ok(Ok(ended))
        })?;
        match done {
            Err(why) => Ok(why),
            Ok(ended) => {
                if let Some(ended) = ended {
                    self.end(ended).await?;
                }
                Ok(Lent::Token)
            }
        }
    }
}
