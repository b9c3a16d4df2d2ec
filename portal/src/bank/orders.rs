//! From what a person asks for to what is booked.

use std::collections::BTreeSet;

use camtoken::Timestamp;
use camtoken::code::ChallengeCode;
use camtoken::key::ActivationId;
use camtoken::store::StoreError;
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{Accepted, AttemptId, ChallengeRef, IssueError, Rejection, Verdict, VerifierError};

use super::base::{Bank, BankError};
use super::draft::{Draft, transaction};
use super::events::note;
use super::execute::execute;
use super::login::tell_suspension;
use super::requested::keep_refusal;
use crate::books::BooksError;
use crate::domain::calendar::day_in_japan;
use crate::domain::credential::{Entry, Password};
use crate::domain::ledger::{Booking, Outcome};
use crate::domain::order::{Act, Issued, Order, is_for_another_day};
use crate::domain::people::Person;
use crate::system::{random_hex, rng};

/// The result of placing an order.
#[derive(Debug)]
pub enum Placed {
    /// It waits for its challenge.
    Order(Box<Order>),
    /// The transaction password is wrong.
    Password(Entry),
    /// The person has not registered on a token.
    NotRegistered,
    /// The menu is closed to the person.
    Closed,
    /// It would pay on another day than today.
    Day,
}

/// The result of a request for a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewChallenge {
    /// It may be answered under this reference.
    Issued(ChallengeRef),
    /// There is none.
    Refused(Unissued),
}

/// Why there is no challenge for an order. This "no" is an answer, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unissued {
    /// The activation cannot be asked, or there is nothing to ask it.
    Rejected(Rejection),
    /// The order is for another day than today.
    Day,
}

/// The result of a response.
#[derive(Debug)]
pub enum Settled {
    /// It was accepted, with the result of the order.
    Booked(Box<Booking>),
    /// It was accepted, and the person may come in.
    LoggedIn,
    /// It was not accepted.
    Rejected(Rejection),
    /// There is no such order of this person, or no challenge of it.
    None,
}

impl From<Rejection> for Unissued {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl Bank {
    /// Takes an order, once the transaction password was entered rightly.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided; [`BankError::Transaction`] when the draft was never checked.
    pub async fn place(&self, person: &Person, draft: Draft, password: Password) -> Result<Placed, BankError> {
        if !draft.act.may_be_signed_by(person, draft.operation) {
            return Ok(Placed::Closed);
        }
        if person.signs().is_none() {
            return Ok(Placed::NotRegistered);
        }
        let transaction = draft.transaction()?;
        if is_for_another_day(|name| transaction.get(name).map(ToString::to_string), day_in_japan(self.now())) {
            return Ok(Placed::Day);
        }
        let entry = self.enter_transaction_password(person, password).await?;
        if entry != Entry::Right {
            return Ok(Placed::Password(entry));
        }
        Ok(Placed::Order(Box::new(self.take(person, draft)?)))
    }

    /// Takes the order to come in, for which no transaction password is asked.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub fn place_login(&self, person: &Person, fields: Vec<(String, String)>) -> Result<Order, BankError> {
        self.take(person, Draft { operation: Operation::Login, fields, act: Act::Login })
    }

    pub(crate) fn take(&self, person: &Person, draft: Draft) -> Result<Order, BankError> {
        let id = format!("F{}", random_hex(6).to_ascii_uppercase());
        let mut fields = draft.fields;
        if draft.operation.entry().fields.iter().any(|field| field.name == "orderId") {
            fields.push(("orderId".to_owned(), id.clone()));
        }
        transaction(draft.operation, &fields)?;
        let order = Order {
            id,
            contract: person.contract.clone(),
            user: person.user.clone(),
            operation: draft.operation.to_string(),
            fields,
            act: draft.act,
            at: self.now().as_unix(),
            challenge: None,
            given_up: None,
        };
        self.books.change(|sheet| {
            sheet.put(&order);
            Ok::<_, BooksError>(())
        })?;
        Ok(order)
    }

    /// An order of this person.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn order(&self, person: &Person, id: &str) -> Result<Option<Order>, BankError> {
        let order = self.books.get::<Order>(id)?;
        Ok(order.filter(|order| order.contract == person.contract && order.user == person.user))
    }

    /// The result of an order, if it was signed.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn booking(&self, order: &Order) -> Result<Option<Booking>, BankError> {
        let Some(challenge) = &order.challenge else { return Ok(None) };
        Ok(self.books.get(challenge)?)
    }

    /// Issues a challenge for an order; it takes the place of the one before (V-8).
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn issue(&self, person: &Person, order: &str) -> Result<NewChallenge, BankError> {
        let refused = |rejection| Ok(NewChallenge::Refused(Unissued::Rejected(rejection)));
        let Some(order) = self.order(person, order)? else { return refused(Rejection::Unknown) };
        let Some(activation) = person.signs() else { return refused(Rejection::NotActivated) };
        let _till = self.till(activation).await;
        self.recover_one(activation).await?;
        if self.booking(&order)?.is_some() {
            return refused(Rejection::AlreadySettled);
        }
        if self.books.get::<Order>(&order.id)?.is_none_or(|order| order.given_up.is_some()) {
            return refused(Rejection::Superseded);
        }
        if order.is_for_another_day(day_in_japan(self.now())) {
            return Ok(NewChallenge::Refused(Unissued::Day));
        }
        let operation: Operation = order.operation.parse().map_err(|_| BooksError::Row { kind: "order" })?;
        let transaction = transaction(operation, &order.fields)?;
        let issued = match self.verifier.issue(activation, transaction, None, self.now(), &mut rng()).await {
            Err(IssueError::Refused(rejection)) => return refused(rejection),
            other => other?,
        };
        self.books.change(|sheet| {
            let challenge = issued.reference.to_string();
            sheet.put(&Issued { challenge: challenge.clone(), order: order.id.clone() });
            sheet.put(&Order { challenge: Some(challenge), ..order });
            Ok::<_, BooksError>(())
        })?;
        Ok(NewChallenge::Issued(issued.reference))
    }

    /// The code of an order's challenge, as long as it may be answered.
    ///
    /// # Errors
    ///
    /// [`BankError`] when it is unavailable.
    pub async fn code(&self, order: &Order) -> Result<Option<(ChallengeCode, Timestamp)>, BankError> {
        let Some(reference) = reference(order) else { return Ok(None) };
        if order.is_for_another_day(day_in_japan(self.now())) {
            return Ok(None);
        }
        let Some(code) = self.verifier.code(reference, self.now()).await? else { return Ok(None) };
        let known = self.verifier.activation(reference.activation).await?;
        Ok(known.and_then(|known| Some((code, known.last_challenge()?.expires_at()))))
    }

    /// Takes a response, and carries out what was signed: the transaction of the challenge, under the challenge's name.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided; retry with the same `attempt`.
    pub async fn settle(
        &self,
        person: &Person,
        order: &str,
        response: &str,
        attempt: [u8; 16],
    ) -> Result<Settled, BankError> {
        let Some(order) = self.order(person, order)? else { return Ok(Settled::None) };
        let Some(reference) = reference(&order) else { return Ok(Settled::None) };
        // A person who has got another token signs with that one.
        if person.signs() != Some(reference.activation) {
            return Ok(Settled::Rejected(Rejection::Revoked));
        }
        let _till = self.till(reference.activation).await;
        let attempt = AttemptId::from_bytes(attempt);
        let mut tries = 0;
        let verdict = loop {
            tries += 1;
            match self.verifier.verify(reference, response, attempt, self.now()).await {
                // The outcome is found out by the same attempt, which is not charged twice.
                Err(VerifierError::Store(StoreError::Unknown { .. })) if tries < 3 => {}
                other => break other?,
            }
        };
        match verdict {
            Verdict::Rejected(rejection) => {
                if matches!(rejection, Rejection::Wrong { suspended: true, .. }) {
                    let (now, entry) = (self.now(), Entry::Wrong { left: 0, just_suspended: true });
                    self.books.change(|sheet| tell_suspension(sheet, person, "otp", entry, now))?;
                }
                Ok(Settled::Rejected(rejection))
            }
            Verdict::Accepted(_) if matches!(order.act, Act::Login) => Ok(Settled::LoggedIn),
            Verdict::Accepted(accepted) => match accepted.transaction() {
                Some(transaction) => Ok(Settled::Booked(Box::new(self.book(&order, reference, transaction).await?))),
                None => Ok(Settled::None),
            },
        }
    }

    /// Books what was accepted before the process ended, also by a token that no person has any more.
    ///
    /// # Errors
    ///
    /// [`BankError`] when a part of it is unavailable.
    pub async fn recover(&self) -> Result<(), BankError> {
        for person in self.books.list::<Person>("")? {
            self.catch_up(&person).await?;
        }
        let issued = self.books.list::<Issued>("")?.into_iter().filter_map(|issued| issued.challenge.parse().ok());
        let activations: BTreeSet<ActivationId> = issued.map(|challenge: ChallengeRef| challenge.activation).collect();
        for activation in activations {
            let _till = self.till(activation).await;
            self.recover_one(activation).await?;
        }
        self.follow_books().await
    }

    /// Books what the verifier has accepted last for this activation, unless it is booked already.
    pub(super) async fn recover_one(&self, activation: ActivationId) -> Result<(), BankError> {
        let known = self.verifier.activation(activation).await?;
        let Some(reference) = known.and_then(|known| Some(known.last_challenge()?.reference())) else {
            return Ok(());
        };
        if self.books.get::<Booking>(&reference.to_string())?.is_some() {
            return Ok(());
        }
        // A challenge whose order was not stored was never shown.
        let Some(known) = self.books.get::<Issued>(&reference.to_string())? else { return Ok(()) };
        let order = self.books.get::<Order>(&known.order)?;
        let Some(order) = order.filter(|order| !matches!(order.act, Act::Login)) else { return Ok(()) };
        let accepted = self.verifier.accepted(reference, self.now()).await?;
        if let Some(transaction) = accepted.as_ref().and_then(Accepted::transaction) {
            self.book(&order, reference, transaction).await?;
        }
        Ok(())
    }

    /// When the response to the activation's last challenge was accepted: its day is the order's, also when the order is
    /// booked later.
    async fn accepted_at(&self, activation: ActivationId) -> Result<Timestamp, BankError> {
        let known = self.verifier.activation(activation).await?;
        Ok(known.and_then(|known| known.last_response_at()).unwrap_or_else(|| self.now()))
    }

    async fn book(
        &self,
        order: &Order,
        reference: ChallengeRef,
        transaction: &Transaction,
    ) -> Result<Booking, BankError> {
        let (at, now) = (self.accepted_at(reference.activation).await?, self.now());
        let booking = self.books.change(|sheet| {
            if let Some(known) = sheet.get::<Booking>(&reference.to_string())? {
                return Ok::<_, BooksError>(known);
            }
            let outcome = execute(sheet, order, transaction, (at, self.caution))?;
            if let (Outcome::Refused(refusal), Act::PayRequested { request, .. }) = (outcome, &order.act) {
                keep_refusal(sheet, request, refusal)?;
            }
            let booking = Booking {
                challenge: reference.to_string(),
                order: order.id.clone(),
                contract: order.contract.clone(),
                user: order.user.clone(),
                operation: transaction.operation().to_string(),
                at: at.as_unix(),
                fields: transaction.fields().map(|(field, value)| (field.name.to_owned(), value.to_string())).collect(),
                outcome,
            };
            let what = if outcome == Outcome::Done { "booked" } else { "not-booked" };
            note(sheet, &Person::key(&order.contract, &order.user), what, &order.id, now)?;
            sheet.put(&booking);
            Ok(booking)
        })?;
        if booking.outcome == Outcome::Done {
            self.carry_to_verifier(order, transaction).await?;
        }
        Ok(booking)
    }
}

/// The challenge that was issued for an order last.
pub(super) fn reference(order: &Order) -> Option<ChallengeRef> {
    order.challenge.as_ref()?.parse().ok()
}
