//! A person as the bank sees them, and what it can do for them.

use axum::extract::Path;
use maud::{Markup, html};

use super::acts::{act_button, act_name, inputs};
use super::guard::operator;
use super::records::drawn;
use crate::domain::contract::{LentToken, LoginMethod};
use crate::domain::desk::{DeskAct, Errand};
use crate::domain::ledger::Account;
use crate::domain::people::Person;
use crate::pages::fault::{Answer, Fault};
use crate::pages::forms::{Errors, select};
use crate::pages::layout::page;
use crate::pages::people::facts;
use crate::pages::visit::Visit;
use crate::pages::words::account_name;

pub(in crate::pages) async fn person(visit: Visit, Path((contract, user)): Path<(String, String)>) -> Answer {
    operator(&visit)?;
    let person = visit.bank().person(&contract, &user)?.ok_or(Fault::NotFound)?;
    let t = visit.t;
    let held = visit.bank().held(&person).await?;
    let lent = tokens_of(&visit, &contract)?;
    let trails = visit.bank().trails(&contract, &user).await?;
    let company = visit.contract(&person)?;
    let certificates = visit.bank().certificates(&person)?;
    let passkeys = visit.bank().passkeys(&person)?;
    let button = |act: DeskAct, class: &str| act_button(t, &Errand::of(act, &person), class);
    let content = html! {
        p.lead { (company.name) " " span.muted { (contract) } }
        @if let Some(ended) = &company.ended { p.warning { (t.with("contract-ended-on", &[("day", ended)])) } }
        (facts(t, &person, &held, &certificates))
        @if !passkeys.is_empty() {
            p { (t.with(if person.passkey_only { "passkeys-alone" } else { "passkeys-beside" }, &[("count", &passkeys.len().to_string())])) }
        }
        @if company.ended.is_none() {
            div.actions {
                @if !person.suspended { (button(DeskAct::Suspend, "danger")) }
                @if !held.is_empty() { (button(DeskAct::Resume, "")) }
                @if person.activation.is_some() { (button(DeskAct::Initialise, "")) }
                (button(DeskAct::Generator, "danger"))
                @if company.method == LoginMethod::PasswordCertificate { (button(DeskAct::Certificate, "danger")) }
                @if !passkeys.is_empty() { (button(DeskAct::Passkeys, "danger")) }
                @if person.is_administrator() && !person.registered { (button(DeskAct::FirstOtp, "")) }
                (button(DeskAct::Remove, "danger"))
            }
            h2 { (t.get("token-lend")) }
            form.card method="get" action="/operator/act" {
                (inputs(&Errand::of(DeskAct::Lend, &person)))
                (select("item", &t.get("token"), &lent, "", &Errors::default()))
                p.hint { (t.get("token-lend-hint")) }
                p.actions { button type="submit" { (act_name(t, DeskAct::Lend)) } }
            }
            (obstacles(&visit, &person)?)
        }
        @match trails.first() {
            None => { h2 { (t.get("trail")) } p { (t.get("trail-empty")) } },
            Some((record, trail)) => (drawn(t, record, trail)),
        }
        @if trails.len() > 1 {
            p { a.button href={ "/operator/" (contract) "/" (user) "/records" } { (t.with("records-all", &[("count", &trails.len().to_string())])) } }
        }
        p { a href={ "/operator?q=" (contract) } { (t.get("operator")) } }
    };
    Ok(page(&visit, &format!("{} {}", person.user, person.name), &content))
}

/// The obstacles to a person's linkages that the bank's operator can clear: mail that came back, inquiry PINs that
/// are suspended.
fn obstacles(visit: &Visit, person: &Person) -> Result<Markup, Fault> {
    let t = visit.t;
    let comes_back = person.mail_failed;
    let suspended = visit.bank().suspended_pins(&person.contract)?;
    let switch = if comes_back { DeskAct::MailArrives } else { DeskAct::MailBack };
    Ok(html! {
        h2 { (t.get("mail-delivery")) }
        p { (person.mail) " — " b { (t.get(if comes_back { "mail-comes-back" } else { "mail-arrives" })) } }
        (act_button(t, &Errand::of(switch, person), ""))
        @if !suspended.is_empty() { h2 { (t.get("pins-suspended")) } }
        @for account in &suspended {
            p { (account_name(t, account)) }
            (act_button(t, &Errand::of(DeskAct::ResumePin, person).with(&Account::key(account)), ""))
        }
    })
}

/// What can be lent to a person of a contract: a token of the stock, or one that the contract has.
fn tokens_of(visit: &Visit, contract: &str) -> Result<Vec<(String, String)>, Fault> {
    let tokens = visit.bank().books.list_of::<LentToken>(contract)?;
    let theirs = tokens.into_iter().filter(|token| token.is_lent_to(contract));
    let options = std::iter::once((String::new(), visit.t.get("token-of-stock")));
    Ok(options.chain(theirs.map(|token| (token.id.clone(), token.id))).collect())
}
