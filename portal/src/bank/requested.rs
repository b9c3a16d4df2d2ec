//! Transfers that a provider has ordered, once the customer has signed.

use super::signed::{Signed, Undone};
use crate::books::{BooksError, Sheet};
use crate::domain::calendar::day_in_japan;
use crate::domain::ledger::Refusal;
use crate::domain::linkage::Linkage;
use crate::domain::people::Person;
use crate::domain::request::{Request, RequestState};

/// Marks a request as carried out by this order, on the sheet on which it is paid: once, in time, and as it was ordered.
pub(super) fn mark_done(sheet: &mut Sheet<'_>, signed: &Signed<'_>, id: &str) -> Result<(), Undone> {
    let order = signed.order;
    let request = sheet.get::<Request>(id)?.ok_or(Refusal::Changed)?;
    let person = sheet.get::<Person>(&Person::key(&request.contract, &request.user))?;
    let linkage = sheet.get::<Linkage>(&request.linkage)?;
    let today = day_in_japan(signed.now);
    let in_force = linkage.is_some_and(|linkage| linkage.ended(person.as_ref(), today).is_none());
    let is_asked_for =
        |(name, text): &(String, String)| signed.transaction.get(name).is_some_and(|value| value.to_string() == *text);
    let is_theirs = (&request.contract, &request.user) == (&order.contract, &order.user);
    let is_pending = request.state(in_force, signed.now) == RequestState::Pending;
    if !is_pending || !request.fields.iter().all(is_asked_for) || !is_theirs {
        return Err(Refusal::Changed.into());
    }
    sheet.put(&Request { order: Some(order.id.clone()), refused: None, ..request });
    Ok(())
}

/// Remembers why a request that was signed is not carried out. It goes on waiting, for the reason may pass.
pub(super) fn keep_refusal(sheet: &mut Sheet<'_>, id: &str, refusal: Refusal) -> Result<(), BooksError> {
    if let Some(request) = sheet.get::<Request>(id)?.filter(|request| request.order.is_none()) {
        sheet.put(&Request { refused: Some(refusal), ..request });
    }
    Ok(())
}
