//! What was entered, on its way to the transaction password.

use axum::response::{IntoResponse, Redirect, Response};
use camtoken::transaction::Operation;

use super::forms::Errors;
use super::visit::Visit;
use crate::bank::Draft;
use crate::domain::certificate::last_day_from;
use crate::domain::credential::PasswordHash;
use crate::domain::order::Act;
use crate::domain::people::Person;
use crate::system::random_hex;
use crate::text::Text;

/// What a form comes to.
pub(super) enum Entered {
    /// A draft.
    Draft(Draft),
    /// What is wrong with which input.
    Wrong(Errors),
}

/// Keeps what was entered and goes to the page that asks for the transaction password.
pub(super) fn keep(visit: &Visit, draft: Draft) -> Response {
    visit.change(|session| session.draft = Some((random_hex(8), draft)));
    Redirect::to("/orders/confirm").into_response()
}

/// The draft, if it makes a transaction; else what is wrong with which input.
pub(super) fn checked(t: Text, draft: Draft) -> Result<Draft, Errors> {
    match draft.transaction() {
        Ok(_) => Ok(draft),
        Err(error) => Err(Errors::of_transaction(t, &error, draft.operation.entry().fields)),
    }
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
