//! The desk: the one door for what the bank's own people do. Each act has an operator's name and a reason; what cannot be undone
//! waits until a second operator has approved it.

use super::base::{Bank, BankError};
use super::certificates::revoke_all;
use super::contracts::Completed;
use super::events::note_by;
use super::execute::{revoke_token, strike_person};
use super::passkeys::strike_passkeys;
use super::tokens::Lent;
use crate::books::{BooksError, Sheet};
use crate::domain::alarm::Alarm;
use crate::domain::calendar::day_in_japan;
use crate::domain::contract::{Contract, LentToken};
use crate::domain::desk::{By, DeskAct, Errand, Waiting, is_reason};
use crate::domain::ledger::Account;
use crate::domain::people::{Operator, Person};
use crate::outbox::post;
use crate::system::random_hex;

/// What came of an errand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtDesk {
    /// It is done.
    Done(Did),
    /// It waits for a second operator, under this number.
    Waits(String),
    /// It is not done.
    NotDone(NotDone),
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Did {
    /// The contract that it concerns; after an application, the new one.
    pub contract: String,
    /// The user IDs of that contract whose sessions are over.
    pub out: Vec<String>,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDone {
    /// There is no such operator, person, token, account, application or report, or it has been done.
    NotFound,
    /// The contract has ended.
    Ended,
    /// No reason was given.
    Reason,
    /// No token is left in stock.
    NoToken,
    /// The registration has signed, is suspended, or there is none.
    HasSigned,
    /// It would end a registration, which a second operator has to approve.
    EndsRegistration,
    /// A contract keeps its last administrator as long as it lasts.
    LastAdministrator,
    /// The same waits already.
    Waits,
    /// The operator who asked cannot approve it.
    SamePerson,
}

impl Bank {
    /// Does what an operator asks for, or lets it wait for a second one where it cannot be undone.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn at_desk(&self, operator: &str, reason: &str, errand: &Errand) -> Result<AtDesk, BankError> {
        let _one_by_one = self.desk.lock().await;
        if let Some(why) = self.why_not(operator, errand)? {
            return Ok(AtDesk::NotDone(why));
        }
        if !is_reason(reason) {
            return Ok(AtDesk::NotDone(NotDone::Reason));
        }
        let by = By { operator: operator.to_owned(), reason: reason.trim().to_owned(), approved_by: None };
        if !self.is_final(errand)? {
            match self.carry_out_errand(errand, &by).await? {
                // A registration was finished since the look: it waits after all.
                AtDesk::NotDone(NotDone::EndsRegistration) => {}
                done => return Ok(done),
            }
        }
        if self.waiting()?.iter().any(|other| other.errand == *errand) {
            return Ok(AtDesk::NotDone(NotDone::Waits));
        }
        let now = self.now();
        let waiting = Waiting {
            id: format!("D{}", random_hex(4).to_ascii_uppercase()),
            errand: errand.clone(),
            operator: by.operator.clone(),
            reason: by.reason.clone(),
            at: now.as_unix(),
            settled_by: None,
        };
        self.books.change(|sheet| {
            note_by(sheet, &by, "asked", &format!("{} {}", waiting.id, errand.line()), now)?;
            sheet.put(&waiting);
            Ok::<_, BooksError>(())
        })?;
        Ok(AtDesk::Waits(waiting.id))
    }

    /// Whether an errand cannot be undone, and so needs a second operator: by its act, or because it ends a registration.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn is_final(&self, errand: &Errand) -> Result<bool, BankError> {
        let ends_a_registration = errand.act == DeskAct::Lend
            && self.person(&errand.contract, &errand.user)?.is_some_and(|person| person.registered);
        Ok(errand.act.is_final() || ends_a_registration)
    }

    /// What waits for a second operator, the oldest first.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn waiting(&self) -> Result<Vec<Waiting>, BankError> {
        let mut waiting = self.books.list_of::<Waiting>("")?;
        waiting.sort_by_key(|waiting| waiting.at);
        Ok(waiting)
    }

    /// Approves what waits, as another operator than the one who asked, and does it.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided. What waits then still waits.
    pub async fn approve(&self, operator: &str, id: &str) -> Result<AtDesk, BankError> {
        let _one_by_one = self.desk.lock().await;
        let known = self.books.get::<Waiting>(id)?.filter(|waiting| waiting.settled_by.is_none());
        let Some(waiting) = known else { return Ok(AtDesk::NotDone(NotDone::NotFound)) };
        if waiting.operator == operator {
            return Ok(AtDesk::NotDone(NotDone::SamePerson));
        }
        if let Some(why) = self.why_not(operator, &waiting.errand)? {
            return Ok(AtDesk::NotDone(why));
        }
        let by = By {
            operator: waiting.operator.clone(),
            reason: waiting.reason.clone(),
            approved_by: Some(operator.to_owned()),
        };
        let done = self.carry_out_errand(&waiting.errand, &by).await?;
        if matches!(done, AtDesk::Done(_)) {
            let settled = Waiting { settled_by: Some(operator.to_owned()), ..waiting };
            self.books.change(|sheet| {
                sheet.put(&settled);
                Ok::<_, BooksError>(())
            })?;
        }
        Ok(done)
    }

    /// Takes a waiting act off the list without doing it: the operator who asked withdraws it, another one declines it. Whether it waited.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub async fn decline(&self, operator: &str, id: &str) -> Result<bool, BankError> {
        let _one_by_one = self.desk.lock().await;
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let known = sheet.get::<Waiting>(id)?.filter(|waiting| waiting.settled_by.is_none());
            let is_operator = sheet.get::<Operator>(operator)?.is_some();
            let Some(waiting) = known.filter(|_| is_operator) else { return Ok::<_, BooksError>(false) };
            let by = By { operator: operator.to_owned(), reason: waiting.reason.clone(), approved_by: None };
            let what = if waiting.operator == operator { "withdrawn" } else { "declined" };
            note_by(sheet, &by, what, &format!("{id} {}", waiting.errand.line()), now)?;
            sheet.put(&Waiting { settled_by: Some(operator.to_owned()), ..waiting });
            Ok(true)
        })?)
    }

    /// Why this operator cannot run an errand, as far as the records tell.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn why_not(&self, operator: &str, errand: &Errand) -> Result<Option<NotDone>, BankError> {
        let books = &self.books;
        let not_found = Some(NotDone::NotFound);
        if books.get::<Operator>(operator)?.is_none() {
            return Ok(not_found);
        }
        match errand.act {
            // Each of these is looked at where it is done.
            DeskAct::Complete => return Ok(None),
            DeskAct::SeeTo => {
                let open = books.get::<Alarm>(&errand.item)?.is_some_and(|alarm| alarm.seen_by.is_none());
                return Ok(if open { None } else { not_found });
            }
            _ => {}
        }
        let Some(contract) = books.get::<Contract>(&errand.contract)? else { return Ok(not_found) };
        if contract.ended.is_some() {
            return Ok(Some(NotDone::Ended));
        }
        match errand.act {
            DeskAct::End => Ok(None),
            DeskAct::Revoke => {
                let token = books.get::<LentToken>(&errand.item)?;
                Ok(if token.is_some_and(|token| token.is_lent_to(&contract.number)) { None } else { not_found })
            }
            DeskAct::ResumePin => {
                let suspended = self.suspended_pins(&contract.number)?;
                Ok(if suspended.iter().map(Account::key).any(|key| key == errand.item) { None } else { not_found })
            }
            _ => {
                let Some(person) = self.person(&contract.number, &errand.user)? else { return Ok(not_found) };
                if errand.act == DeskAct::Remove && self.is_last_administrator(&person)? {
                    return Ok(Some(NotDone::LastAdministrator));
                }
                Ok(None)
            }
        }
    }

    fn is_last_administrator(&self, person: &Person) -> Result<bool, BankError> {
        let people = self.books.list::<Person>(&format!("{}/", person.contract))?;
        let others = people.iter().filter(|other| other.is_administrator() && other.user != person.user);
        Ok(person.is_administrator() && others.count() == 0)
    }

    async fn carry_out_errand(&self, errand: &Errand, by: &By) -> Result<AtDesk, BankError> {
        let out = vec![errand.user.clone()];
        let did = |out| AtDesk::Done(Did { contract: errand.contract.clone(), out });
        let done = |is_done: bool, out, why| if is_done { did(out) } else { AtDesk::NotDone(why) };
        match errand.act {
            DeskAct::Complete => {
                return Ok(match self.complete(&errand.item, by).await? {
                    Completed::Contract(contract) => AtDesk::Done(Did { contract, out: Vec::new() }),
                    Completed::Known => AtDesk::NotDone(NotDone::NotFound),
                    Completed::NoToken => AtDesk::NotDone(NotDone::NoToken),
                });
            }
            DeskAct::SeeTo => return Ok(done(self.see_to(&errand.item, by)?, Vec::new(), NotDone::NotFound)),
            DeskAct::End => return Ok(did(self.end_contract(&errand.contract, by).await?)),
            DeskAct::ResumePin => {
                self.resume_pin(&errand.item, by)?;
                return Ok(did(Vec::new()));
            }
            DeskAct::Revoke => {
                let Some(token) = self.books.get::<LentToken>(&errand.item)? else {
                    return Ok(AtDesk::NotDone(NotDone::NotFound));
                };
                return Ok(did(self.revoke_token(&token, by).await?));
            }
            _ => {}
        }
        let Some(person) = self.person(&errand.contract, &errand.user)? else {
            return Ok(AtDesk::NotDone(NotDone::NotFound));
        };
        Ok(match errand.act {
            DeskAct::Suspend => {
                self.set_service(&person, false, by).await?;
                did(out)
            }
            DeskAct::Resume => {
                self.set_service(&person, true, by).await?;
                did(Vec::new())
            }
            DeskAct::MailBack | DeskAct::MailArrives => {
                self.set_mail_failed(&person, errand.act == DeskAct::MailBack, by)?;
                did(Vec::new())
            }
            DeskAct::FirstOtp => done(self.new_first_otp(&person, by).await?, Vec::new(), NotDone::NotFound),
            DeskAct::Certificate => done(self.new_certificate_password(&person, by).await?, out, NotDone::NotFound),
            DeskAct::Passkeys => done(self.remove_passkeys(&person, by)?, out, NotDone::NotFound),
            DeskAct::Initialise => done(self.give_up_by(&person, Some(by)).await?, Vec::new(), NotDone::HasSigned),
            DeskAct::Generator => {
                self.hand_out_generator(&person, by).await?;
                did(out)
            }
            DeskAct::Lend => {
                let chosen = Some(errand.item.as_str()).filter(|item| !item.is_empty());
                match self.lend_token(&person, chosen, by).await? {
                    Lent::Token => did(out),
                    Lent::NoneLeft => AtDesk::NotDone(NotDone::NoToken),
                    Lent::Unfit => AtDesk::NotDone(NotDone::NotFound),
                    Lent::EndsRegistration => AtDesk::NotDone(NotDone::EndsRegistration),
                }
            }
            DeskAct::Remove => done(self.remove(&person, by).await?, out, NotDone::NotFound),
            _ => AtDesk::NotDone(NotDone::NotFound),
        })
    }

    /// Removes a person's record. Their bookings and the verifier's records stay.
    async fn remove(&self, person: &Person, by: &By) -> Result<bool, BankError> {
        let now = self.now();
        let key = Person::key(&person.contract, &person.user);
        let gone = self.books.change(|sheet| {
            let Some(person) = sheet.get::<Person>(&key)? else { return Ok(None) };
            note_by(sheet, by, "removed", &key, now)?;
            post(sheet, &person.mail, "mail-removed", &[("user", person.user.as_str())], now)?;
            strike_person(sheet, &person)?;
            Ok::<_, BooksError>(Some(person))
        })?;
        let Some(gone) = gone else { return Ok(false) };
        for activation in gone.activations() {
            self.end(activation).await?;
        }
        Ok(true)
    }

    /// Ends a contract: no login, no signature, no access by a provider. The user IDs of its people.
    async fn end_contract(&self, number: &str, by: &By) -> Result<Vec<String>, BankError> {
        let now = self.now();
        let (people, tokens) = self.books.change(|sheet| {
            let people = sheet.list::<Person>(&format!("{number}/"))?;
            let tokens = sheet.list_of::<LentToken>(number)?;
            if let Some(contract) = sheet.get::<Contract>(number)? {
                note_by(sheet, by, "contract-ended", number, now)?;
                sheet.put(&Contract { ended: Some(day_in_japan(now).to_string()), ..contract });
            }
            for token in tokens.iter().filter(|token| !token.revoked) {
                revoke_token(sheet, number, &token.id, now)?;
            }
            close_people(sheet, number, now)?;
            Ok::<_, BooksError>((people, tokens))
        })?;
        for token in &tokens {
            self.revoke_at_verifier(&token.id).await?;
        }
        for generator in people.iter().filter_map(Person::generator) {
            self.end(generator).await?;
        }
        Ok(people.into_iter().map(|person| person.user).collect())
    }
}

/// Takes all people of a contract out of service, revokes their certificates, removes their passkeys, and sends them a mail.
fn close_people(sheet: &mut Sheet<'_>, number: &str, now: camtoken::Timestamp) -> Result<(), BooksError> {
    for mut person in sheet.list::<Person>(&format!("{number}/"))? {
        revoke_all(sheet, &person, |_| true)?;
        strike_passkeys(sheet, &person)?;
        person.put_in_service(false);
        post(sheet, &person.mail, "mail-contract-ended", &[("user", person.user.as_str())], now)?;
        sheet.put(&person);
    }
    Ok(())
}
