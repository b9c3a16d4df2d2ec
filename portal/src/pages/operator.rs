//! The bank's own console: loss and theft, suspension and resumption, initialising, the audit trail.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use camtoken::Timestamp;
use camtoken::verifier::audit::{AuditEvent, History};
use maud::{Markup, html};

use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, csrf, form as card, select};
use super::layout::page;
use super::people::{facts, role, state};
use super::session::Stage;
use super::visit::Visit;
use super::words::{account_name, method_name, operation};
use crate::bank::{Chain, Completed, Lent};
use crate::domain::contract::{Application, Contract, LentToken, LoginMethod};
use crate::domain::ledger::Account;
use crate::domain::people::Person;
use crate::text::Text;

pub(super) async fn form(visit: Visit) -> Answer {
    draw_form(&visit, &Errors::default())
}

pub(super) async fn enter(visit: Visit, mut fields: Fields) -> Answer {
    visit.count(&["operator", fields.text("operator")], false)?;
    let password = fields.password("password");
    match visit.bank().log_in_operator(fields.text("operator"), password).await? {
        Some(operator) => Ok(visit.enter(Stage::Operator(operator.id), "/operator")),
        None => draw_form(&visit, &Errors::one("operator", visit.t.get("login-wrong"))),
    }
}

fn draw_form(visit: &Visit, errors: &Errors) -> Answer {
    let t = visit.t;
    let content = html! {
        (errors.summary(t))
        (card(visit, "/operator/login", &html! {
            (Input { autocomplete: "username", max: Some(10), ..Input::new("operator", t.get("operator-id")) }.draw(&Errors::default()))
            (Input::password("password", t.get("password")).draw(&Errors::default()))
            p.actions { button.main type="submit" { (t.get("login")) } }
        }))
    };
    Ok(page(visit, &t.get("operator"), &content))
}

pub(super) async fn home(visit: Visit) -> Answer {
    if !matches!(visit.session.stage, Stage::Operator(_)) {
        return Ok(Redirect::to("/operator/login").into_response());
    }
    let t = visit.t;
    let books = &visit.bank().books;
    let tokens = books.list::<LentToken>("")?;
    let mut parts = Vec::new();
    for contract in books.list::<Contract>("")? {
        let mut people = Vec::new();
        for person in books.list::<Person>(&format!("{}/", contract.number))? {
            let state = state(t, &person, &visit.bank().held(&person).await?);
            people.push((person, state));
        }
        parts.push((contract, people));
    }
    let applications = books.list::<Application>("")?;
    let open: Vec<&Application> = applications.iter().filter(|known| known.contract.is_none()).collect();
    let content = html! {
        @if !open.is_empty() {
            h2 { (t.get("applications")) }
            ul.rows {
                @for application in &open {
                    li {
                        b { (application.name) }
                        span.muted { (application.id) " " (method_name(t, application.method)) }
                        form method="post" action={ "/operator/applications/" (application.id) } {
                            (csrf(&visit))
                            button type="submit" { (t.get("complete")) }
                        }
                    }
                }
            }
        }
        @for (contract, people) in &parts {
            section {
                h2 { (contract.name) " " small.muted { (contract.number) } }
                div.scroll tabindex="0" role="region" aria-label=(contract.name) {
                    table.cards {
                        thead { tr {
                            th scope="col" { (t.get("user")) } th scope="col" { (t.get("role")) }
                            th scope="col" { (t.get("token")) } th scope="col" { (t.get("state")) }
                        } }
                        tbody {
                            @for (person, state) in people {
                                tr {
                                    td data-label=(t.get("user")) { a href={ "/operator/" (person.contract) "/" (person.user) } { (person.user) } }
                                    td data-label=(t.get("role")) { (role(t, person.role)) }
                                    td data-label=(t.get("token")) { (person.token.as_deref().unwrap_or("－")) }
                                    td data-label=(t.get("state")) { (state) }
                                }
                            }
                        }
                    }
                }
                h3 { (t.get("tokens")) }
                ul.rows {
                    @for token in tokens.iter().filter(|token| token.contract == contract.number) {
                        li {
                            b { (token.listed()) }
                            @if !token.revoked {
                                form method="post" action={ "/operator/tokens/" (token.id) "/revoke" } {
                                    (csrf(&visit))
                                    button.danger type="submit" { (t.get("revoke")) }
                                }
                            }
                        }
                    }
                }
            }
        }
        p.muted { (t.get("tokens-star")) }
        p { a.button href="/operator/events" { (t.get("events")) } }
    };
    Ok(page(&visit, &t.get("operator"), &content))
}

pub(super) async fn person(visit: Visit, Path((contract, user)): Path<(String, String)>) -> Answer {
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

pub(super) async fn act(visit: Visit, Path((contract, user)): Path<(String, String)>, fields: Fields) -> Answer {
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

pub(super) async fn complete(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    if !matches!(visit.session.stage, Stage::Operator(_)) {
        return Err(Fault::NotFound);
    }
    visit.tell(match visit.bank().complete(&id).await? {
        Completed::Contract(_) => "done-completed",
        Completed::Known => "done-known",
        Completed::NoToken => "no-token-left",
    });
    Ok(Redirect::to("/operator").into_response())
}

pub(super) async fn revoke_token(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    if !matches!(visit.session.stage, Stage::Operator(_)) {
        return Err(Fault::NotFound);
    }
    let token = visit.bank().books.get::<LentToken>(&id)?.ok_or(Fault::NotFound)?;
    for user in visit.bank().revoke_token(&token).await? {
        visit.site.sessions.end_all_of(&token.contract, &user, None);
    }
    visit.tell("done-revoked");
    Ok(Redirect::to("/operator").into_response())
}

pub(super) async fn mail_switched(
    visit: Visit,
    Path((contract, user)): Path<(String, String)>,
    typed: Fields,
) -> Answer {
    let person = known(&visit, &contract, &user)?;
    visit.bank().set_mail_failed(&person, typed.text("comes-back") == "yes")?;
    Ok(Redirect::to(&format!("/operator/{contract}/{user}")).into_response())
}

pub(super) async fn pin_resumed(visit: Visit, Path((contract, user)): Path<(String, String)>, typed: Fields) -> Answer {
    let person = known(&visit, &contract, &user)?;
    let suspended = visit.bank().suspended_pins(&person.contract)?;
    let account = suspended.iter().map(Account::key).find(|key| key == typed.text("account")).ok_or(Fault::NotFound)?;
    visit.bank().resume_pin(&account)?;
    visit.tell("done-resumed");
    Ok(Redirect::to(&format!("/operator/{contract}/{user}")).into_response())
}

/// What stands in the way of a person's linkages and the bank's operator can clear away: mail that came back, inquiry PINs that
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
    if !matches!(visit.session.stage, Stage::Operator(_)) {
        return Err(Fault::NotFound);
    }
    visit.bank().person(contract, user)?.ok_or(Fault::NotFound)
}

fn event(t: Text, event: AuditEvent) -> String {
    let name = serde_json::to_value(event).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    t.get(&format!("event-{name}"))
}

/// Entries on the page of the chain; all of them are checked.
const SHOWN: usize = 200;

/// What the bank did, and whether anybody has touched the record of it.
pub(super) async fn events(visit: Visit) -> Answer {
    if !matches!(visit.session.stage, Stage::Operator(_)) {
        return Err(Fault::NotFound);
    }
    let t = visit.t;
    let Chain { events, broken } = visit.bank().events()?;
    let content = html! {
        p { (t.get("events-intro")) }
        @match broken {
            Some(broken) => p.warning role="alert" { (t.with("events-broken", &[("number", &broken.number.to_string())])) },
            None => p.success { (t.with("trail-whole", &[("count", &events.len().to_string())])) },
        }
        @if let Some(last) = events.last() { p.muted { (t.get("events-head")) " " code { (last.link()) } } }
        div.scroll tabindex="0" role="region" aria-label=(t.get("events")) {
            table.cards {
                thead { tr {
                    th.number scope="col" { (t.get("number")) } th scope="col" { (t.get("at")) }
                    th scope="col" { (t.get("event")) } th scope="col" { (t.get("events-by")) } th scope="col" { (t.get("events-about")) }
                } }
                tbody {
                    @for event in events.iter().rev().take(SHOWN) {
                        tr {
                            td.number data-label=(t.get("number")) { (event.number) }
                            td data-label=(t.get("at")) { (t.moment(Timestamp::from_unix(event.at))) }
                            td data-label=(t.get("event")) { (t.get(&format!("did-{}", event.what))) }
                            td data-label=(t.get("events-by")) { @if event.by == "bank" { (t.get("who-bank")) } @else { (event.by) } }
                            td data-label=(t.get("events-about")) { (event.about) }
                        }
                    }
                }
            }
        }
        p { a href="/operator" { (t.get("operator")) } }
    };
    Ok(page(&visit, &t.get("events"), &content))
}
