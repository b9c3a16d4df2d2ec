//! Acts of the bank's operators, and of administrators for their users: suspend, resume, initialise, revoke, look.

use std::collections::HashSet;

use camtoken::key::ActivationId;
use camtoken::transaction::Transaction;
use camtoken::verifier::audit::History;
use camtoken::verifier::{ActivationState, EnrollError};

use super::base::{Bank, BankError};
use super::events::{BANK, note, note_by};
use super::execute::revoke_token;
use super::orders::reference;
use crate::books::BooksError;
use crate::domain::contract::LentToken;
use crate::domain::credential::{Entry, Password, PasswordHash};
use crate::domain::desk::{ActivationRecord, By};
use crate::domain::order::{Act, Order};
use crate::domain::people::{Held, Operator, Person};
use crate::outbox::post;

impl Bank {
    /// Checks a bank operator's password: one answer for every wrong entry.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn log_in_operator(&self, id: &str, password: Password) -> Result<Option<Operator>, BankError> {
        let found = self.books.get::<Operator>(&id.trim().to_ascii_uppercase())?;
        let hash = found.as_ref().map_or_else(PasswordHash::decoy, |operator| operator.password.hash.clone());
        let right = self.is_right(hash.clone(), password).await?;
        let Some(found) = found else {
            self.books.pretend()?;
            return Ok(None);
        };
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let Some(mut operator) = sheet.get::<Operator>(&found.id)? else { return Ok::<_, BooksError>(None) };
            let entry = operator.password.enter(right && operator.password.hash == hash);
            if let Entry::Wrong { just_suspended: true, .. } = entry {
                note(sheet, BANK, "suspended", &operator.id, now)?;
            }
            sheet.put(&operator);
            Ok((entry == Entry::Right).then_some(operator))
        })?)
    }

    /// Resumes a bank operator's password. The owner of the machine does that, because an attacker can suspend it. Whether
    /// there is such an operator.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn resume_operator(&self, id: &str) -> Result<bool, BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let Some(mut operator) = sheet.get::<Operator>(id)? else { return Ok::<_, BooksError>(false) };
            operator.password.resume();
            note(sheet, BANK, "resumed", &operator.id, now)?;
            sheet.put(&operator);
            Ok(true)
        })?)
    }

    /// Takes a person out of service, or back with all that was suspended of theirs: by the bank, at once.
    pub(super) async fn set_service(&self, person: &Person, in_service: bool, by: &By) -> Result<(), BankError> {
        let now = self.now();
        self.books.change(|sheet| {
            if let Some(mut person) = sheet.get::<Person>(&Person::key(&person.contract, &person.user))? {
                person.put_in_service(in_service);
                let text = if in_service { "mail-resumed" } else { "mail-out-of-service" };
                let what = if in_service { "resumed" } else { "out-of-service" };
                note_by(sheet, by, what, &Person::key(&person.contract, &person.user), now)?;
                post(sheet, &person.mail, text, &[("user", person.user.as_str())], now)?;
                sheet.put(&person);
            }
            Ok::<_, BooksError>(())
        })?;
        self.set_signing(person, in_service).await
    }

    /// 緊急停止: a person stops everything of theirs at once, without the token: logins and signatures. The bank alone undoes it.
    ///
    /// # Errors
    ///
    /// [`BankError`] when the verifier does not answer; the person is out of service all the same.
    pub async fn stop(&self, person: &Person) -> Result<(), BankError> {
        let (now, key) = (self.now(), Person::key(&person.contract, &person.user));
        self.books.change(|sheet| {
            let Some(mut person) = sheet.get::<Person>(&key)? else { return Ok::<_, BooksError>(()) };
            person.put_in_service(false);
            person.stopped = Some(now.as_unix());
            note(sheet, &key, "stopped", &key, now)?;
            let words = [("user", person.user.as_str())];
            post(sheet, &person.mail, "mail-stopped", &words, now)?;
            let people = sheet.list::<Person>(&format!("{}/", person.contract))?;
            for other in people.iter().filter(|other| other.is_administrator() && other.user != person.user) {
                post(sheet, &other.mail, "mail-stopped-other", &words, now)?;
            }
            sheet.put(&person);
            Ok(())
        })?;
        self.set_signing(person, false).await
    }

    /// Notes that mail to a person comes back, or no longer does: by the bank's operator.
    pub(super) fn set_mail_failed(&self, person: &Person, failed: bool, by: &By) -> Result<(), BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let key = Person::key(&person.contract, &person.user);
            if let Some(person) = sheet.get::<Person>(&key)? {
                note_by(sheet, by, if failed { "mail-back" } else { "mail-arrives" }, &key, now)?;
                sheet.put(&Person { mail_failed: failed, ..person });
            }
            Ok::<_, BooksError>(())
        })?)
    }

    /// Revokes a token with all activations on it, for good and at once: no token needs to be at hand. The user IDs of those
    /// who had it, whose sessions are over.
    pub(super) async fn revoke_token(&self, token: &LentToken, by: &By) -> Result<Vec<String>, BankError> {
        let now = self.now();
        let holders = self.books.change(|sheet| {
            note_by(sheet, by, "token-revoked", &token.id, now)?;
            revoke_token(sheet, &token.contract, &token.id, now)
        })?;
        self.revoke_at_verifier(&token.id).await?;
        Ok(holders.unwrap_or_default())
    }

    /// What happened to the activations of a person, by the verifier's own chains, the newest activation first: also to those that
    /// have ended, and when the person has been removed.
    ///
    /// # Errors
    ///
    /// [`BankError`] when they cannot be read. A chain that was altered is an answer.
    pub async fn trails(&self, contract: &str, user: &str) -> Result<Vec<(ActivationRecord, History)>, BankError> {
        let mut called = vec![user.to_owned()];
        called.extend(self.person(contract, user)?.into_iter().flat_map(|person| person.formerly));
        let mut known = Vec::new();
        for user in called {
            known.extend(self.books.list::<ActivationRecord>(&format!("{contract}/{user}/"))?);
        }
        known.sort_by_key(|known| std::cmp::Reverse(known.from));
        let mut trails = Vec::new();
        for record in known {
            let Ok(activation) = record.activation.parse() else { continue };
            trails.push((record, self.verifier.audit(activation).await?));
        }
        Ok(trails)
    }

    /// The verifier's audit entries about an order's last challenge.
    ///
    /// # Errors
    ///
    /// [`BankError`] when they cannot be read. A chain that was altered is an answer.
    pub async fn trail(&self, order: &Order) -> Result<History, BankError> {
        let Some(reference) = reference(order) else { return Ok(History::Whole(Vec::new())) };
        let challenge = reference.id.to_string();
        Ok(match self.verifier.audit(reference.activation).await? {
            History::Whole(mut entries) => {
                entries.retain(|entry| entry.challenge.as_ref() == Some(&challenge));
                History::Whole(entries)
            }
            broken => broken,
        })
    }

    /// The user IDs of a contract that had activations and are in its books no more.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn gone(&self, contract: &str) -> Result<Vec<String>, BankError> {
        let known = self.books.list::<ActivationRecord>(&format!("{contract}/"))?;
        let mut users: Vec<String> = known.into_iter().map(|known| known.user).collect();
        users.dedup();
        let people = self.books.list::<Person>(&format!("{contract}/"))?;
        users.retain(|user| people.iter().all(|person| !person.is_called(user)));
        Ok(users)
    }

    /// Whether one-time passwords of this person are suspended at the verifier.
    ///
    /// # Errors
    ///
    /// [`BankError`] when it cannot be read.
    pub async fn otp_suspended(&self, person: &Person) -> Result<bool, BankError> {
        let Some(activation) = person.activation().or(person.generator()) else { return Ok(false) };
        Ok(self.verifier.activation(activation).await?.is_some_and(|known| known.state() == ActivationState::Suspended))
    }

    /// What of a person is suspended, by the database and by the verifier.
    ///
    /// # Errors
    ///
    /// [`BankError`] when it cannot be read.
    pub async fn held(&self, person: &Person) -> Result<Vec<Held>, BankError> {
        let mut held = person.held();
        // A person out of service cannot sign either; that is one suspension, not two.
        if !person.suspended && self.otp_suspended(person).await? {
            held.push(Held::Otp);
        }
        Ok(held)
    }

    /// Tells the verifier of an order that was carried out.
    pub(super) async fn carry_to_verifier(&self, order: &Order, transaction: &Transaction) -> Result<(), BankError> {
        let text = |name: &str| transaction.get(name).map(ToString::to_string).unwrap_or_default();
        match &order.act {
            Act::Suspend | Act::Resume => {
                if let Some(person) = self.person(&order.contract, &text("targetId"))? {
                    self.set_signing(&person, matches!(order.act, Act::Resume)).await?;
                }
            }
            Act::PutPerson { activations, .. } | Act::RemovePerson { activations } => {
                for activation in activations.iter().filter_map(|activation| activation.parse().ok()) {
                    self.end(activation).await?;
                }
            }
            Act::RevokeToken => self.revoke_at_verifier(&text("tokenId")).await?,
            _ => {}
        }
        Ok(())
    }

    /// Makes the verifier follow the database: suspensions and revocations of just before the process ended, and activations that
    /// no person of the database has.
    pub(super) async fn follow_books(&self) -> Result<(), BankError> {
        for person in self.books.list::<Person>("")?.iter().filter(|person| person.suspended) {
            self.set_signing(person, false).await?;
        }
        for token in self.books.list::<LentToken>("")?.iter().filter(|token| token.revoked) {
            self.revoke_at_verifier(&token.id).await?;
        }
        self.end_unnamed().await
    }

    /// Ends at the verifier what is no person's: begun just before the process ended and never stored, or taken from a person
    /// and not ended yet. Looks at the slots of the tokens and at the generators that were handed out.
    async fn end_unnamed(&self) -> Result<(), BankError> {
        let people = self.books.list::<Person>("")?;
        let named: HashSet<ActivationId> = people.iter().flat_map(Person::activations).collect();
        let records = self.books.list::<ActivationRecord>("")?;
        let generators = records.into_iter().filter(|record| record.token.is_empty());
        let mut found: Vec<ActivationId> = generators.filter_map(|record| record.activation.parse().ok()).collect();
        for token in self.books.list::<LentToken>("")? {
            let Ok(token) = token.id.parse() else { continue };
            let Some(token) = self.verifier.token(&token).await? else { continue };
            found.extend(token.activations());
        }
        for activation in found.into_iter().filter(|activation| !named.contains(activation)) {
            let known = self.verifier.activation(activation).await?;
            if known.is_some_and(|known| !known.state().has_ended()) {
                self.end(activation).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn set_signing(&self, person: &Person, signing: bool) -> Result<(), BankError> {
        let now = self.now();
        for activation in person.activations() {
            let done = if signing {
                self.verifier.resume(activation, now).await
            } else {
                self.verifier.suspend(activation, now).await
            };
            match done {
                // It is as it should be, or signs nothing anyway.
                Err(EnrollError::NotSuspended(_) | EnrollError::NotActive(_) | EnrollError::Revoked(_)) => {}
                other => other?,
            }
        }
        Ok(())
    }

    pub(super) async fn revoke_at_verifier(&self, token: &str) -> Result<(), BankError> {
        let Ok(token) = token.parse() else { return Ok(()) };
        match self.verifier.revoke_token(&token, self.now()).await {
            Err(EnrollError::UnknownToken(_)) => Ok(()),
            other => Ok(other?),
        }
    }
}
