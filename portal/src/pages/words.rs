//! Names of things in the visitor's language.

use camtoken::transaction::Operation;

use crate::domain::contract::LoginMethod;
use crate::domain::ledger::{Account, Outcome, Refusal};
use crate::text::Text;

/// The name of an operation, as its token names it.
pub(super) fn operation(t: Text, name: &str) -> String {
    name.parse::<Operation>().map_or_else(|_| name.to_owned(), |operation| operation.entry().label.text(t.0).to_owned())
}

/// The result of an order, in words.
pub(super) fn outcome(t: Text, outcome: Outcome) -> String {
    t.get(match outcome {
        Outcome::Done => "outcome-done",
        Outcome::Refused(Refusal::Funds) => "outcome-funds",
        Outcome::Refused(Refusal::Limit) => "outcome-limit",
        Outcome::Refused(Refusal::Registration) => "outcome-registration",
        Outcome::Refused(Refusal::NewPayee) => "outcome-payee",
        Outcome::Refused(Refusal::Account) => "outcome-account",
        Outcome::Refused(Refusal::Changed) => "outcome-changed",
        Outcome::Refused(Refusal::Day) => "outcome-day",
    })
}

/// The name of a login method.
pub(super) fn method_name(t: Text, method: LoginMethod) -> String {
    t.get(&format!("method-{}", method.as_str()))
}

/// The name of an account: its type, branch and number.
pub(super) fn account_name(t: Text, account: &Account) -> String {
    format!("{} {}-{}", t.get(&format!("account-{}", account.kind)), account.branch, account.number)
}
