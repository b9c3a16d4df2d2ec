//! Entries of forms, on their way to the transaction password.

use axum::response::{IntoResponse, Redirect, Response};
use camtoken::transaction::{Operation, TransactionError, Value};

use super::fault::Fault;
use super::forms::Errors;
use super::visit::Visit;
use crate::bank::Draft;
use crate::domain::certificate::last_day_from;
use crate::domain::contract::Limit;
use crate::domain::credential::PasswordHash;
use crate::domain::ledger::Account;
use crate::domain::order::Act;
use crate::domain::people::Person;
use crate::domain::rates::yen_of;
use crate::system::random_hex;
use crate::text::Text;

/// The result of a form.
pub(super) enum Entered {
    /// A draft.
    Draft(Draft),
    /// The errors, by input.
    Wrong(Errors),
}

/// Keeps what was entered and goes to the page that asks for the transaction password.
pub(super) fn keep(visit: &Visit, draft: Draft) -> Response {
    visit.change(|session| {
        session.draft = Some((random_hex(8), draft));
        // The entries of another form cannot be corrected here.
        session.typed = session.typed.take().filter(|typed| typed.path == visit.path);
    });
    Redirect::to("/orders/confirm").into_response()
}

/// The draft, if it makes a transaction; else all that is wrong, each beside its input.
pub(super) fn checked(t: Text, draft: Draft) -> Result<Draft, Errors> {
    checked_with(t, draft, Errors::default())
}

/// The same with what the form itself has found.
pub(super) fn checked_with(t: Text, draft: Draft, mut errors: Errors) -> Result<Draft, Errors> {
    let specs = draft.operation.entry().fields;
    let given = |name: &str| draft.fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
    for spec in specs.iter().filter(|spec| spec.name != "orderId") {
        let error = match given(spec.name) {
            None if spec.optional => continue,
            None | Some("") => TransactionError::Missing { field: spec.name },
            Some(text) => match spec.parse(text) {
                Ok(_) => continue,
                Err(source) => TransactionError::Field { field: spec.name, source },
            },
        };
        errors.add(Errors::of_transaction(t, &error, specs));
    }
    if !errors.0.is_empty() {
        return Err(errors);
    }
    match draft.transaction() {
        Ok(_) => Ok(draft),
        Err(error) => Err(Errors::of_transaction(t, &error, specs)),
    }
}

/// The sum that it would pay in yen, once that can be read.
pub(super) fn yen(operation: Operation, fields: &[(String, String)]) -> Option<u64> {
    let is_amount = |name: &str| ["amount", "total"].contains(&name);
    let (name, text) = fields.iter().find(|(name, _)| is_amount(name))?;
    let spec = operation.entry().fields.iter().find(|spec| spec.name == name)?;
    match spec.parse(text).ok()? {
        Value::Yen(yen) => Some(yen),
        Value::Money(money) => yen_of(&money),
        _ => None,
    }
}

/// Says beside an input that a payment is more than today's limit or than the balance. It is checked again when it is
/// signed; here it spares the person the way to the token.
pub(super) fn within_reach(
    visit: &Visit,
    (from, limit): (&Account, Limit),
    (operation, yen): (Operation, Option<u64>),
    input: &str,
) -> Result<Errors, Fault> {
    let (t, mut errors) = (visit.t, Errors::default());
    let Some(yen) = yen else { return Ok(errors) };
    let room = visit.bank().room(&from.contract, operation, limit)?;
    if yen > room.left {
        let words = [("limit", t.yen(room.limit)), ("left", t.yen(room.left))];
        errors.add(Errors::one(
            input,
            t.with("over-limit", &words.each_ref().map(|(name, text)| (*name, text.as_str()))),
        ));
    }
    if yen > from.balance {
        errors.add(Errors::one(input, t.with("over-balance", &[("balance", &t.yen(from.balance))])));
    }
    Ok(errors)
}

/// The draft that lets a person fetch a new certificate.
pub(super) fn reissue(visit: &Visit, person: &Person, hash: Option<PasswordHash>) -> Draft {
    let until = last_day_from(visit.bank().now()).to_string();
    let fields = [("targetId", person.user.clone()), ("validUntil", until)].map(|(name, text)| (name.to_owned(), text));
    Draft { operation: Operation::CertificateReissue, fields: fields.into(), act: Act::ReissueCertificate { hash } }
}

impl From<Result<Draft, Errors>> for Entered {
    fn from(checked: Result<Draft, Errors>) -> Self {
        checked.map_or_else(Self::Wrong, Self::Draft)
    }
}
