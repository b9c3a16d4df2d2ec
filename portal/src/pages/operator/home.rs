//! The first page of the console: applications, and the contracts, a page at a time or by what is searched for.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect};
use camtoken::Timestamp;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::acts::act_button;
use super::guard::operator;
use crate::books::BooksError;
use crate::domain::contract::{Application, Contract, LentToken};
use crate::domain::desk::{DeskAct, Errand};
use crate::domain::people::{LoginId, Person};
use crate::pages::fault::{Answer, Fault};
use crate::pages::forms::{Errors, Input};
use crate::pages::layout::page;
use crate::pages::people::{role, state};
use crate::pages::session::Stage;
use crate::pages::visit::Visit;
use crate::pages::words::{method_name, operation as named};

/// Contracts on a page.
const PAGE: usize = 20;

/// The search, and where the page begins.
#[derive(Deserialize)]
pub(in crate::pages) struct Wanted {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

pub(in crate::pages) async fn home(visit: Visit, Query(wanted): Query<Wanted>) -> Answer {
    if !matches!(visit.session.stage, Stage::Operator(_)) {
        return Ok(Redirect::to("/operator/login").into_response());
    }
    let t = visit.t;
    let mut contracts = found(&visit, &wanted)?;
    let more = contracts.len() > PAGE;
    contracts.truncate(PAGE);
    let next = contracts.last().filter(|_| more).map(|contract| contract.number.clone());
    let mut sections = Vec::new();
    for contract in &contracts {
        sections.push(section(&visit, contract).await?);
    }
    let waiting = visit.bank().waiting()?.len();
    let content = html! {
        p.muted { (t.with("desk-you", &[("operator", operator(&visit)?)])) }
        @if waiting > 0 { p.notice { a href="/operator/pending" { (t.with("pending-count", &[("count", &waiting.to_string())])) } } }
        (alarms(&visit)?)
        (applications(&visit)?)
        form.search method="get" action="/operator" role="search" {
            (Input { value: &wanted.q, max: Some(40), optional: Some(String::new()), hint: Some(t.get("desk-search-hint")), ..Input::new("q", t.get("desk-search")) }.draw(&Errors::default()))
            p.actions { button type="submit" { (t.get("search")) } }
        }
        @if contracts.is_empty() { p { (t.get("desk-none")) } }
        @for section in &sections { (section) }
        @if let Some(next) = next { p { a.button href={ "/operator?q=" (utf8_percent_encode(&wanted.q, NON_ALPHANUMERIC)) "&after=" (next) } { (t.get("next-page")) } } }
        p.muted { (t.get("tokens-star")) }
        p.actions { a.button href="/operator/pending" { (t.get("pending")) } a.button href="/operator/events" { (t.get("events")) } }
    };
    Ok(page(&visit, &t.get("operator"), &content))
}

/// One more contract than a page shows, if there is one: those after the page before, or those that are searched for by the
/// beginning of the number, by company, login ID or token.
fn found(visit: &Visit, wanted: &Wanted) -> Result<Vec<Contract>, BooksError> {
    let (books, q) = (&visit.bank().books, wanted.q.trim());
    let after = wanted.after.as_deref().unwrap_or_default();
    if q.is_empty() {
        return books.after(after, PAGE + 1);
    }
    if let Some(token) = books.get::<LentToken>(&q.to_uppercase())? {
        return Ok(books.get(&token.contract)?.into_iter().collect());
    }
    if let Some(known) = books.get::<LoginId>(q)? {
        return Ok(books.get(&known.contract)?.into_iter().collect());
    }
    let is_number = q.bytes().all(|byte| byte.is_ascii_digit());
    let mut contracts = books.list::<Contract>(if is_number { q } else { "" })?;
    let is_wanted = |contract: &Contract| is_number || contract.name.contains(q) || contract.kana.contains(q);
    contracts.retain(|contract| contract.number.as_str() > after && is_wanted(contract));
    contracts.truncate(PAGE + 1);
    Ok(contracts)
}

/// Reports of people whose token showed something else, until an operator has marked them as seen.
fn alarms(visit: &Visit) -> Result<Markup, Fault> {
    let t = visit.t;
    let open = visit.bank().alarms()?;
    Ok(html! {
        @if !open.is_empty() {
            h2 { (t.get("alarms")) }
            p.warning role="status" { (t.get("alarms-hint")) }
            ul.rows {
                @for alarm in open.iter().take(PAGE) {
                    li {
                        a href={ "/operator/" (alarm.contract) "/" (alarm.user) } { (alarm.contract) " " (alarm.user) }
                        span.muted { (named(t, &alarm.operation)) " " (alarm.order) " " (t.moment(Timestamp::from_unix(alarm.at))) }
                        (act_button(t, &Errand { act: DeskAct::SeeTo, contract: alarm.contract.clone(), user: alarm.user.clone(), item: alarm.order.clone() }, ""))
                    }
                }
            }
        }
    })
}

/// What companies have applied for and waits.
fn applications(visit: &Visit) -> Result<Markup, Fault> {
    let t = visit.t;
    let open = visit.bank().books.list_of::<Application>("")?;
    Ok(html! {
        @if !open.is_empty() {
            h2 { (t.get("applications")) }
            ul.rows {
                @for application in open.iter().take(PAGE) {
                    li {
                        b { (application.name) }
                        span.muted { (application.id) " " (method_name(t, application.method)) }
                        (act_button(t, &Errand::about(DeskAct::Complete, "", &application.id), ""))
                    }
                }
            }
        }
    })
}

/// A contract with its people and tokens.
async fn section(visit: &Visit, contract: &Contract) -> Result<Markup, Fault> {
    let t = visit.t;
    let books = &visit.bank().books;
    let tokens = books.list_of::<LentToken>(&contract.number)?;
    let gone = visit.bank().gone(&contract.number)?;
    let mut people = Vec::new();
    for person in books.list::<Person>(&format!("{}/", contract.number))? {
        let state = state(t, &person, &visit.bank().held(&person).await?);
        people.push((person, state));
    }
    Ok(html! {
        section {
            h2 { (contract.name) " " small.muted { (contract.number) } }
            @if let Some(ended) = &contract.ended { p.warning { (t.with("contract-ended-on", &[("day", ended)])) } }
            div.scroll tabindex="0" role="region" aria-label=(contract.name) {
                table.cards {
                    thead { tr {
                        th scope="col" { (t.get("user")) } th scope="col" { (t.get("role")) }
                        th scope="col" { (t.get("token")) } th scope="col" { (t.get("state")) }
                    } }
                    tbody {
                        @for (person, state) in &people {
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
            @if let Some(contact) = &contract.contact { p { (t.get("contract-contact")) ": " (contact.department) " " (contact.phone) " " (contact.mail) } }
            h3 { (t.get("tokens")) }
            ul.rows {
                @for token in &tokens {
                    li {
                        b { (token.listed()) }
                        @if !token.revoked { (act_button(t, &Errand::about(DeskAct::Revoke, &contract.number, &token.id), "danger")) }
                    }
                }
            }
            @if !gone.is_empty() {
                h3 { (t.get("records-of-gone")) }
                ul.rows { @for user in &gone { li { a href={ "/operator/" (contract.number) "/" (user) "/records" } { (user) } } } }
            }
            @if contract.ended.is_none() { div.actions { (act_button(t, &Errand::about(DeskAct::End, &contract.number, ""), "danger")) } }
        }
    })
}
