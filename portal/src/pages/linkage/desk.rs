//! What the bank's operator sees to, so that a person can link.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};

use super::account_name;
use crate::domain::ledger::Account;
use crate::domain::people::Person;
use crate::pages::forms::csrf;
use crate::pages::session::Stage;
use crate::pages::{Answer, Fault, Fields, Visit};

/// What stands in the way of a person's linkages and the bank's operator can clear away: mail that came back, inquiry PINs that
/// are suspended.
pub(in crate::pages) fn desk(visit: &Visit, person: &Person) -> Result<Markup, Fault> {
    let t = visit.t;
    let comes_back = person.mail_failed;
    let suspended = visit.bank().suspended_pins(&person.contract)?;
    Ok(html! {
        h2 { (t.get("mail-delivery")) }
        p { (person.mail) " — " b { (t.get(if comes_back { "mail-comes-back" } else { "mail-arrives" })) } }
        form method="post" action={ "/operator/mail/" (person.contract) "/" (person.user) } {
            (csrf(visit))
            input type="hidden" name="comes-back" value=(if comes_back { "no" } else { "yes" });
            button type="submit" { (t.get(if comes_back { "mail-set-arrives" } else { "mail-set-comes-back" })) }
        }
        @if !suspended.is_empty() { h2 { (t.get("pins-suspended")) } }
        @for account in &suspended {
            form method="post" action={ "/operator/pin/" (person.contract) "/" (person.user) } {
                (csrf(visit))
                input type="hidden" name="account" value=(account.key());
                p { button type="submit" { (t.with("pin-resume", &[("account", &account_name(t, account))])) } }
            }
        }
    })
}

pub(super) async fn mail_switched(
    visit: Visit,
    Path((contract, user)): Path<(String, String)>,
    typed: Fields,
) -> Answer {
    let person = at_the_desk(&visit, &contract, &user)?;
    visit.bank().set_mail_failed(&person, typed.text("comes-back") == "yes")?;
    Ok(Redirect::to(&format!("/operator/{contract}/{user}")).into_response())
}

pub(super) async fn pin_resumed(visit: Visit, Path((contract, user)): Path<(String, String)>, typed: Fields) -> Answer {
    let person = at_the_desk(&visit, &contract, &user)?;
    let suspended = visit.bank().suspended_pins(&person.contract)?;
    let account = suspended.iter().map(Account::key).find(|key| key == typed.text("account")).ok_or(Fault::NotFound)?;
    visit.bank().resume_pin(&account)?;
    visit.tell("done-resumed");
    Ok(Redirect::to(&format!("/operator/{contract}/{user}")).into_response())
}

/// Whom the bank's operator sees to.
fn at_the_desk(visit: &Visit, contract: &str, user: &str) -> Result<Person, Fault> {
    if !matches!(visit.session.stage, Stage::Operator(_)) {
        return Err(Fault::NotFound);
    }
    visit.bank().person(contract, user)?.ok_or(Fault::NotFound)
}
