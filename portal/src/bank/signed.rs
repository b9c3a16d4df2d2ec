//! A signed order on its way into the database, with what it is about.

use camtoken::Timestamp;
use camtoken::transaction::Transaction;

use crate::books::{BooksError, Sheet};
use crate::domain::calendar::day_in_japan;
use crate::domain::caution::Caution;
use crate::domain::contract::Contract;
use crate::domain::ledger::Refusal;
use crate::domain::order::{Order, is_for_another_day};
use crate::domain::people::Person;
use crate::outbox::post;

/// A signed order with what the database says of it now.
pub(super) struct Signed<'a> {
    /// The order.
    pub order: &'a Order,
    /// The signed transaction, as the challenge has it.
    pub transaction: &'a Transaction,
    /// When the response was accepted.
    pub now: Timestamp,
    /// The bank's policy on payments.
    pub caution: Caution,
    /// The contract of the order.
    pub contract: Contract,
    /// The person who signed.
    pub signer: Person,
    /// The person that the transaction names, if there is one in the database.
    pub target: Option<Person>,
}

/// Why a signed order is not carried out.
#[derive(Debug)]
pub(super) enum Undone {
    /// The answer is no, for this reason.
    Refused(Refusal),
    /// Nothing was decided: the database does not answer.
    Books(BooksError),
}

impl<'a> Signed<'a> {
    /// Reads what the order is about.
    ///
    /// # Errors
    ///
    /// [`Refusal::Changed`] when order and transaction do not belong together, or the signer may not sign it any more;
    /// [`Refusal::Day`] when it is for another day than that of `now`.
    pub fn read(
        sheet: &Sheet<'_>,
        order: &'a Order,
        transaction: &'a Transaction,
        (now, caution): (Timestamp, Caution),
    ) -> Result<Self, Undone> {
        let field = |name: &str| transaction.get(name).map(ToString::to_string);
        let is_of_another_order = field("orderId").is_some_and(|number| number != order.id);
        if transaction.operation().to_string() != order.operation || is_of_another_order {
            return Err(Refusal::Changed.into());
        }
        let contract = sheet.get::<Contract>(&order.contract)?.ok_or(Refusal::Changed)?;
        let signer = sheet.get::<Person>(&Person::key(&order.contract, &order.user))?;
        let may_sign = |signer: &Person| order.act.may_be_signed_by(signer, transaction.operation());
        let signer = signer.filter(|signer| !signer.suspended && may_sign(signer));
        let signer = signer.ok_or(Refusal::Changed)?;
        let target = match field("targetId") {
            Some(user) => sheet.get::<Person>(&Person::key(&contract.number, &user))?,
            None => None,
        };
        if target.as_ref().is_some_and(|target| !order.act.is_open(&contract, &signer, target)) {
            return Err(Refusal::Changed.into());
        }
        if is_for_another_day(field, day_in_japan(now)) {
            return Err(Refusal::Day.into());
        }
        Ok(Self { order, transaction, now, caution, contract, signer, target })
    }

    /// A field of the transaction; empty when it has none of that name.
    pub fn text(&self, name: &str) -> String {
        self.transaction.get(name).map(ToString::to_string).unwrap_or_default()
    }

    /// The person that the transaction names.
    ///
    /// # Errors
    ///
    /// [`Refusal::Changed`] when there is none in the database.
    pub fn target(&self) -> Result<Person, Refusal> {
        self.target.clone().ok_or(Refusal::Changed)
    }
}

impl From<Refusal> for Undone {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<BooksError> for Undone {
    fn from(error: BooksError) -> Self {
        Self::Books(error)
    }
}

/// The person learns of it by mail.
pub(super) fn tell(sheet: &mut Sheet<'_>, person: &Person, signed: &Signed<'_>) -> Result<(), BooksError> {
    let order = signed.order;
    let words = [("user", person.user.as_str()), ("operation", order.operation.as_str()), ("order", order.id.as_str())];
    post(sheet, &person.mail, "mail-changed", &words, signed.now)
}
