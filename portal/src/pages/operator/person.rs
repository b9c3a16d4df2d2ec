//! A person as the bank sees them, and what it does for them.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use camtoken::Timestamp;
use camtoken::verifier::audit::{AuditEvent, History};
use maud::{Markup, html};

use super::guard::operator;
use crate::bank::Lent;
use crate::domain::contract::{LentToken, LoginMethod};
use crate::domain::ledger::Account;
use crate::domain::people::Person;
use crate::pages::fault::{Answer, Fault};
use crate::pages::fields::Fields;
use crate::pages::forms::{Errors, csrf, form as card, select};
use crate::pages::layout::page;
use crate::pages::people::facts;
use crate::pages::visit::Visit;
use crate::pages::words::{account_name, operation};
use crate::text::Text;

pub(in crate::pages) async fn person(visit: Visit, Path((contract, user)): Path<(String, String)>) -> Answer {
    let person = known(&visit, &contract, &user)?;
    let t = visit.t;
    let path = format!("/operator/{contract}/{user}");
    let held = visit.bank().held(&person).await?;
    let lent = tokens_of(&visit, &contract)?;
    let trail = visit.bank().trail(&person).await?;
    let by_certificate = visit.contract(&person)?.method == LoginMethod::PasswordCertificate;
    let certificates = visit.bank().certificates(&person)?;
    let button = |act: &str, text: &str, class: &str| {
        html! { form method="post" action=(path) { (csrf(&visit)) input type="hidden" name="act" value=(act); button class=(class) type="submit" { (t.get(text)) } } }
    };
    let content = html! {
        (facts(t, &person, &held, &certificates))
        div.actions {
            @if !person.suspended { (button("suspend", "suspend", "danger")) }
            @if !held.is_empty() { (button("resume", "resume", "")) }
            (button("initialise", "initialise", ""))
            (button("generator", "generator-new", "danger"))
            @if by_certificate { (button("certificate", "certificate-new", "danger")) }
            @if person.is_administrator() && !person.registered { (button("first-otp", "first-otp-new", "")) }
        }
        p.hint { (t.get("initialise-hint")) }
        h2 { (t.get("token-lend")) }
        (card(&visit, &path, &html! {
            input type="hidden" name="act" value="lend";
            (select("token", &t.get("token"), &lent, "", &Errors::default()))
            p.hint { (t.get("token-lend-hint")) }
            p.actions { button type="submit" { (t.get("token-lend-do")) } }
        }))
        (obstacles(&visit, &person)?)
        h2 { (t.get("trail")) }
        @match &trail {
            History::Broken(_) => p.warning role="alert" { (t.get("trail-broken")) },
            History::Whole(entries) if entries.is_empty() => p { (t.get("trail-empty")) },
            History::Whole(entries) => {
                p.success { (t.with("trail-whole", &[("count", &entries.len().to_string())])) }
                div.scroll tabindex="0" role="region" aria-label=(t.get("trail")) {
                    table.cards {
                        thead { tr {
                            th.number scope="col" { (t.get("number")) } th scope="col" { (t.get("at")) }
                            th scope="col" { (t.get("event")) } th scope="col" { (t.get("operation")) } th.number scope="col" { (t.get("failures")) }
                        } }
                        tbody {
                            @for entry in entries.iter().rev() {
                                tr {
                                    td.number data-label=(t.get("number")) { (entry.number) }
                                    td data-label=(t.get("at")) { (entry.at.parse::<Timestamp>().map_or_else(|_| entry.at.clone(), |at| t.moment(at))) }
                                    td data-label=(t.get("event")) { (event(t, entry.event)) }
                                    td data-label=(t.get("operation")) { (entry.operation.as_deref().map_or_else(String::new, |name| operation(t, name))) }
                                    td.number data-label=(t.get("failures")) { (entry.failures) }
                                }
                            }
                        }
                    }
                }
            }
        }
        p { a href="/operator" { (t.get("operator")) } }
    };
    Ok(page(&visit, &person.user, &content))
}

pub(in crate::pages) async fn act(
    visit: Visit,
    Path((contract, user)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    let person = known(&visit, &contract, &user)?;
    match fields.text("act") {
        "suspend" => {
            visit.bank().set_service(&person, false).await?;
            visit.site.sessions.end_all_of(&contract, &user, None);
            visit.tell("done-suspended");
        }
        "resume" => {
            visit.bank().set_service(&person, true).await?;
            visit.tell("done-resumed");
        }
        "first-otp" => {
            if !visit.bank().new_first_otp(&person).await? {
                return Err(Fault::NotFound);
            }
            visit.tell("done-first-otp");
        }
        "certificate" => {
            if !visit.bank().new_certificate_password(&person).await? {
                return Err(Fault::NotFound);
            }
            visit.site.sessions.end_all_of(&contract, &user, None);
            visit.tell("done-certificate");
        }
        "generator" => {
            visit.bank().hand_out_generator(&person).await?;
            visit.site.sessions.end_all_of(&contract, &user, None);
            visit.tell("done-generator");
        }
        "lend" => {
            let chosen = Some(fields.text("token")).filter(|chosen| !chosen.is_empty());
            let lent = visit.bank().lend_token(&person, chosen).await?;
            if lent == Lent::Unfit {
                return Err(Fault::NotFound);
            }
            visit.site.sessions.end_all_of(&contract, &user, None);
            visit.tell(if lent == Lent::NoneLeft { "no-token-left" } else { "done-lent" });
        }
        "initialise" => {
            let done = visit.bank().give_up(&person).await?;
            visit.tell(if done { "registration-reset" } else { "registration-not-reset" });
        }
        _ => return Err(Fault::NotFound),
    }
    Ok(Redirect::to(&format!("/operator/{contract}/{user}")).into_response())
}

pub(in crate::pages) async fn mail_switched(
    visit: Visit,
    Path((contract, user)): Path<(String, String)>,
    typed: Fields,
) -> Answer {
    let person = known(&visit, &contract, &user)?;
    visit.bank().set_mail_failed(&person, typed.text("comes-back") == "yes")?;
    Ok(Redirect::to(&format!("/operator/{contract}/{user}")).into_response())
}

pub(in crate::pages) async fn pin_resumed(
    visit: Visit,
    Path((contract, user)): Path<(String, String)>,
    typed: Fields,
) -> Answer {
    let person = known(&visit, &contract, &user)?;
    let suspended = visit.bank().suspended_pins(&person.contract)?;
    let account = suspended.iter().map(Account::key).find(|key| key == typed.text("account")).ok_or(Fault::NotFound)?;
    visit.bank().resume_pin(&account)?;
    visit.tell("done-resumed");
    Ok(Redirect::to(&format!("/operator/{contract}/{user}")).into_response())
}

/// The obstacles to a person's linkages that the bank's operator can clear: mail that came back, inquiry PINs that
/// are suspended.
fn obstacles(visit: &Visit, person: &Person) -> Result<Markup, Fault> {
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

/// What can be lent to a person of a contract: a token of the stock, or one that the contract has.
fn tokens_of(visit: &Visit, contract: &str) -> Result<Vec<(String, String)>, Fault> {
    let tokens = visit.bank().books.list_of::<LentToken>(contract)?;
    let theirs = tokens.into_iter().filter(|token| token.is_lent_to(contract));
    let options = std::iter::once((String::new(), visit.t.get("token-of-stock")));
    Ok(options.chain(theirs.map(|token| (token.id.clone(), token.id))).collect())
}

fn known(visit: &Visit, contract: &str, user: &str) -> Result<Person, Fault> {
    operator(visit)?;
    visit.bank().person(contract, user)?.ok_or(Fault::NotFound)
}

fn event(t: Text, event: AuditEvent) -> String {
    let name = serde_json::to_value(event).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    t.get(&format!("event-{name}"))
}
