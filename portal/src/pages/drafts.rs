//! Entries of forms, on their way to the transaction password.

use axum::response::{IntoResponse, Redirect, Response};
use camtoken::transaction::{Operation, TransactionError, Value};
use maud::{Markup, html};

use super::fault::Fault;
use super::forms::Errors;
use super::visit::Visit;
use crate::bank::{Draft, Room};
use crate::domain::caution::Bound;
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
pub(super) fn within_reach(visit: &Visit, from: &Account, draft: &Draft, input: &str) -> Result<Errors, Fault> {
    let (t, mut errors) = (visit.t, Errors::default());
    let Some(yen) = yen(draft.operation, &draft.fields) else { return Ok(errors) };
    let person = visit.person()?;
    let to_new = visit.bank().paid_to_new(&visit.contract(&person)?, draft)?;
    for room in visit.bank().rooms(&person, draft)? {
        if room.left < if room.bound.is_for_new_payees() { to_new } else { yen } {
            errors.add(Errors::one(input, said(visit, "over", room)));
        }
    }
    if yen > from.balance {
        errors.add(Errors::one(input, t.with("over-balance", &[("balance", &t.yen(from.balance))])));
    }
    Ok(errors)
}

/// What the bank's caution has to say of a draft before it is signed.
pub(super) fn cautions(visit: &Visit, person: &Person, draft: &Draft) -> Result<Vec<String>, Fault> {
    let bank = visit.bank();
    if let Act::ChangeLimit = draft.act
        && let Some(limit) = draft.text("limit").and_then(Limit::from_name)
        && let Some(new) = draft.text("new").and_then(|new| new.parse::<u64>().ok())
    {
        let (now, contract) = (bank.now(), visit.contract(person)?);
        let (holds, _) = bank.caution.limit(&contract, limit, now);
        let is_raise = new > holds && !bank.caution.cooling.is_zero();
        let room = Room { limit: holds, left: holds, bound: Bound::Raised(now.plus(bank.caution.cooling)) };
        return Ok(if is_raise { vec![said(visit, "caution", room)] } else { Vec::new() });
    }
    let rooms = bank.rooms(person, draft)?.into_iter().filter(|room| room.bound != Bound::Limit);
    Ok(rooms.map(|room| said(visit, "caution", room)).collect())
}

/// What the bank's caution has to say before a payment is entered: in the first days after a registration, and of new payees.
pub(super) fn before_entry(visit: &Visit, person: &Person, new: Option<Bound>) -> Markup {
    let caution = visit.bank().caution;
    let until = caution.registered_until(person, visit.bank().now());
    let room = |limit, bound| Room { limit, left: limit, bound };
    let rooms = until.map(|until| room(caution.registration_limit, Bound::Registration(until))).into_iter();
    let new = new.filter(|_| caution.payee_limit < u64::MAX).map(|bound| room(caution.payee_limit, bound));
    html! { @for room in rooms.chain(new) { p.notice { (said(visit, "caution", room)) } } }
}

/// A limit with its reason, in words: `over` for a payment that goes beyond it, `caution` for one that does not.
fn said(visit: &Visit, what: &str, room: Room) -> String {
    let t = visit.t;
    let (bound, until) = match room.bound {
        Bound::Limit => ("limit", None),
        Bound::Raised(until) => ("raised", Some(until)),
        Bound::Registration(until) => ("registration", Some(until)),
        Bound::Payee => ("payee", None),
        Bound::FirstPayment => ("first", None),
    };
    let until = until.map_or_else(String::new, |until| t.moment(until));
    let words = [
        ("limit", t.yen(room.limit)),
        ("left", t.yen(room.left)),
        ("until", until),
        ("days", visit.bank().caution.payee_days().to_string()),
    ];
    t.with(&format!("{what}-{bound}"), &words.each_ref().map(|(name, text)| (*name, text.as_str())))
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
