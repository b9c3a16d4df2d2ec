//! Orders: the entries, the transaction password, the code, the response, the result.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use camtoken::transaction::{Operation, Transaction};
use maud::{Markup, html};
use serde::Deserialize;

use super::batch_rows::rows;
use super::behind::behind;
use super::drafts::cautions;
use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, code_png, csrf, fields, form as card, rejected, wrong_entry};
use super::layout::page;
use super::session::{Stage, Who};
use super::signing::{attempt, differs_page, sign_page};
use super::visit::Visit;
use super::words::{account_name, operation, outcome};
use crate::bank::{BankError, Draft, NewChallenge, Placed, Settled};
use crate::domain::ledger::{Account, Booking, Outcome};
use crate::domain::order::{Act, GivenUp, Order};
use crate::domain::people::Person;
use crate::text::Text;
use camtoken::Timestamp;

/// The search in a batch file.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    q: String,
}

pub(super) async fn confirm(visit: Visit, Query(wanted): Query<Wanted>) -> Answer {
    let person = visit.person()?;
    let Some(kept) = &visit.session.draft else { return Ok(Redirect::to("/home").into_response()) };
    draw_confirm(&visit, &person, kept, (&wanted.q, &Errors::default()))
}

pub(super) async fn place(visit: Visit, mut form: Fields) -> Answer {
    let person = visit.person()?;
    let Some(kept) = &visit.session.draft else { return Ok(Redirect::to("/home").into_response()) };
    let (name, draft) = kept;
    if form.text("draft") != name {
        return Err(Fault::Form);
    }
    let errors = match visit.bank().place(&person, draft.clone(), form.password("transaction-password")).await? {
        Placed::Order(order) => {
            visit.change(|session| (session.draft, session.typed) = (None, None));
            return Ok(match visit.bank().issue(&person, &order.id).await? {
                NewChallenge::Issued(_) => Redirect::to(&format!("/orders/{}", order.id)).into_response(),
                NewChallenge::Refused(why) => {
                    sign_page(&visit, &order, paths(&order), html! {}, &Errors::one("otp", rejected(visit.t, why)))
                        .await?
                }
            });
        }
        Placed::Password(entry) => {
            Errors::one("transaction-password", wrong_entry(visit.t, "transaction-password", entry))
        }
        Placed::Closed => return Err(Fault::NotFound),
        Placed::NotRegistered => Errors::one("form", visit.t.get("not-registered")),
        Placed::Day => Errors::one("form", visit.t.get("order-day")),
    };
    draw_confirm(&visit, &person, kept, ("", &errors))
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let person = visit.person()?;
    let order = if person.is_administrator() {
        // Administrators may read what a user of theirs has signed, and nothing else of it.
        let order = visit.bank().books.get::<Order>(&id)?.filter(|order| order.contract == person.contract);
        let order = order.ok_or(Fault::NotFound)?;
        match visit.bank().booking(&order)?.filter(|_| order.user != person.user) {
            Some(booking) => return draw_booking(&visit, &order, &booking).await,
            None => known(&visit, &person, &id)?,
        }
    } else {
        known(&visit, &person, &id)?
    };
    match visit.bank().booking(&order)? {
        Some(booking) => draw_booking(&visit, &order, &booking).await,
        None if order.given_up.is_some() => Ok(draw_given_up(&visit, &order)),
        None => Ok(sign_page(&visit, &order, paths(&order), html! {}, &Errors::default()).await?),
    }
}

pub(super) async fn sign(visit: Visit, Path(id): Path<String>, form: Fields) -> Answer {
    let person = visit.person()?;
    let order = known(&visit, &person, &id)?;
    let attempt = attempt(&form).ok_or(Fault::Form)?;
    let concerned = concerned(&visit, &order)?;
    match visit.bank().settle(&person, &id, form.text("otp"), attempt).await? {
        Settled::Booked(booking) => {
            if booking.outcome == Outcome::Done {
                for user in concerned {
                    visit.site.sessions.end_all_of(&order.contract, &user, Some(&visit.name));
                }
                go_on(&visit, &person, &order)?;
                if let Act::AddPasskey { .. } = &order.act {
                    visit.change(|session| session.permit = Some(order.id.clone()));
                    return Ok(Redirect::to("/passkeys/new").into_response());
                }
            }
            Ok(Redirect::to(&format!("/orders/{id}")).into_response())
        }
        Settled::LoggedIn | Settled::None => Err(Fault::NotFound),
        Settled::Rejected(rejection) => {
            let errors = Errors::one("otp", rejected(visit.t, rejection));
            Ok(sign_page(&visit, &order, paths(&order), html! {}, &errors).await?)
        }
    }
}

/// 中止する: the code is withdrawn.
pub(super) async fn stop(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    withdraw(&visit, &id, GivenUp::Stopped).await
}

/// トークンの表示が違う: the code is withdrawn, and the operator gets a report.
pub(super) async fn differs(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    withdraw(&visit, &id, GivenUp::Differs).await
}

async fn withdraw(visit: &Visit, id: &str, why: GivenUp) -> Answer {
    let person = visit.person()?;
    known(visit, &person, id)?;
    visit.bank().give_up_order(&person, id, why).await?;
    Ok(Redirect::to(&format!("/orders/{id}")).into_response())
}

/// Forgets what was entered and not placed.
pub(super) async fn forget(visit: Visit, _: Fields) -> Answer {
    visit.person()?;
    visit.change(|session| (session.draft, session.typed) = (None, None));
    Ok(Redirect::to("/home").into_response())
}

pub(super) async fn new_code(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let person = visit.person()?;
    let order = known(&visit, &person, &id)?;
    Ok(match visit.bank().issue(&person, &id).await? {
        NewChallenge::Issued(_) => Redirect::to(&format!("/orders/{id}")).into_response(),
        NewChallenge::Refused(why) => {
            sign_page(&visit, &order, paths(&order), html! {}, &Errors::one("otp", rejected(visit.t, why))).await?
        }
    })
}

pub(super) async fn code(visit: Visit, Path(id): Path<String>) -> Answer {
    // Before the login, the one code that lets the person in, and no other.
    let person = match &visit.session.stage {
        Stage::Otp { person, order } if *order == id => visit.look_up(person)?,
        _ => visit.person()?,
    };
    let order = visit.bank().order(&person, &id)?.ok_or(Fault::NotFound)?;
    let (code, _) = visit.bank().code(&order).await?.ok_or(Fault::NotFound)?;
    Ok(code_png(&code))
}

/// Orders on a page.
const PAGE: usize = 50;

/// Where a page of the history begins.
#[derive(Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    from: usize,
}

pub(super) async fn list(visit: Visit, Query(place): Query<Place>) -> Answer {
    let (t, person) = (visit.t, visit.person()?);
    let mut bookings = visit.bank().books.list_of::<Booking>(&person.contract)?;
    bookings.sort_by_key(|booking| std::cmp::Reverse(booking.at));
    let (first, is_more) = (place.from.min(bookings.len()), bookings.len() > place.from.saturating_add(PAGE));
    let mut shown = Vec::new();
    for booking in bookings.iter().skip(first).take(PAGE) {
        shown.push((booking, paying(&visit, booking)?));
    }
    let content = html! {
        @if shown.is_empty() { p { (t.get("no-orders")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(t.get("menu-orders")) {
                table.cards {
                    thead { tr {
                        th scope="col" { (t.get("at")) }
                        th scope="col" { (t.get("operation")) }
                        th scope="col" { (t.get("to-whom")) }
                        th.number scope="col" { (t.get("how-much")) }
                        th scope="col" { (t.get("from-account")) }
                        th scope="col" { (t.get("user")) }
                        th scope="col" { (t.get("outcome")) }
                    } }
                    tbody {
                        @for (booking, from) in &shown {
                            tr {
                                td data-label=(t.get("at")) { (t.moment(Timestamp::from_unix(booking.at))) }
                                td data-label=(t.get("operation")) {
                                    div {
                                        @if booking.user == person.user || person.is_administrator() { a href={ "/orders/" (booking.order) } { (operation(t, &booking.operation)) } }
                                        @else { (operation(t, &booking.operation)) }
                                        br; small.muted { (booking.order) }
                                    }
                                }
                                td data-label=(t.get("to-whom")) { (field(booking, &["payee", "biller", "largestPayee", "targetId"])) }
                                td.number data-label=(t.get("how-much")) { (amount(t, booking)) }
                                td data-label=(t.get("from-account")) { (from) }
                                td data-label=(t.get("user")) { (booking.user) }
                                td data-label=(t.get("outcome")) { (outcome(t, booking.outcome)) }
                            }
                        }
                    }
                }
            }
        }
        @if is_more { p { a.button href={ "/orders?from=" (first + PAGE) } { (t.get("older")) } } }
    };
    Ok(page(&visit, &t.get("menu-orders"), &content))
}

/// The first of these fields that was signed.
fn field<'a>(booking: &'a Booking, names: &[&str]) -> &'a str {
    let named = |name: &&str| booking.fields.iter().find(|(known, _)| known == name);
    names.iter().find_map(named).map_or("", |(_, text)| text)
}

/// How much it was about, in the currency that was signed.
fn amount(t: Text, booking: &Booking) -> String {
    let text = field(booking, &["amount", "total", "new"]);
    text.parse().map_or_else(|_| text.to_owned(), |yen| t.yen(yen))
}

/// The account that has paid, in words.
fn paying(visit: &Visit, booking: &Booking) -> Result<String, Fault> {
    let order = visit.bank().books.get::<Order>(&booking.order)?;
    account_in_words(visit, order.as_ref().and_then(Order::from))
}

fn account_in_words(visit: &Visit, key: Option<&str>) -> Result<String, Fault> {
    let Some(key) = key else { return Ok(String::new()) };
    let account = visit.bank().books.get::<Account>(key)?;
    Ok(account.map_or_else(|| key.to_owned(), |account| account_name(visit.t, &account)))
}

fn draw_given_up(visit: &Visit, order: &Order) -> Response {
    let t = visit.t;
    if order.given_up == Some(GivenUp::Differs) {
        return page(visit, &t.get("differs-title"), &differs_page(t, &order.id));
    }
    let content = html! {
        p.notice role="status" { (t.get("order-stopped")) }
        p { (t.get("order-number")) ": " b { (order.id) } }
        p.actions { a.button.main href="/home" { (t.get("menu-home")) } }
    };
    page(visit, &operation(t, &order.operation), &content)
}

fn paths(order: &Order) -> (String, String) {
    (format!("/orders/{}", order.id), format!("/orders/{}/code", order.id))
}

fn known(visit: &Visit, person: &Person, id: &str) -> Result<Order, Fault> {
    let order = visit.bank().order(person, id)?.filter(|order| !matches!(order.act, Act::Login));
    order.ok_or(Fault::NotFound)
}

fn draw_confirm(
    visit: &Visit,
    person: &Person,
    (name, draft): &(String, Draft),
    (wanted, errors): (&str, &Errors),
) -> Answer {
    let t = visit.t;
    let transaction = draft.transaction().map_err(BankError::from)?;
    let from = account_in_words(visit, draft.act.from())?;
    let form = visit.session.typed.as_ref().map(|typed| typed.path.clone());
    let cautions = cautions(visit, person, draft)?;
    let content = html! {
        p { (t.get(if person.signs().is_some() { "confirm-intro" } else { "confirm-intro-only" })) }
        (contents(t, &transaction, &from))
        @for caution in &cautions { p.notice { (caution) } }
        @if let Act::PayBatch { file, .. } = &draft.act { (rows(t, "/orders/confirm", file, wanted)) }
        (errors.summary(t))
        @if person.signs().is_none() {
            p.warning { (t.get("not-registered")) }
            p { a.button.main href="/registration" { (t.get("menu-registration")) } }
        } @else {
            (card(visit, "/orders/confirm", &html! {
                input type="hidden" name="draft" value=(name);
                (Input { autocomplete: "off", ..Input::password("transaction-password", t.get("transaction-password")) }.draw(errors))
                p.actions { button.main type="submit" { (t.get("to-code")) } }
            }))
            div.actions {
                @if let Some(form) = form { a.button href=(form) { (t.get("correct")) } }
                form method="post" action="/orders/confirm/stop" { (csrf(visit)) button type="submit" { (t.get("give-up")) } }
            }
        }
    };
    Ok(page(
        visit,
        &t.with("confirm-title", &[("operation", &operation(t, &transaction.operation().to_string()))]),
        &content,
    ))
}

async fn draw_booking(visit: &Visit, order: &Order, booking: &Booking) -> Answer {
    let t = visit.t;
    let from = account_in_words(visit, order.from())?;
    let known: Operation = booking.operation.parse().map_err(|_| Fault::NotFound)?;
    let transaction = Transaction::new(known, booking.fields.iter().map(|(name, text)| (name, text)));
    let transaction = transaction.map_err(BankError::from)?;
    let content = html! {
        @match booking.outcome {
            Outcome::Done => p.success role="status" { (t.get("booked")) },
            Outcome::Refused(_) => p.warning role="status" { (t.get("not-booked")) " " (outcome(t, booking.outcome)) },
        }
        p { (t.get("order-number")) ": " b { (booking.order) } "  " span.muted { (t.moment(Timestamp::from_unix(booking.at))) } }
        (contents(t, &transaction, &from))
        p.actions {
            a.button.main href="/home" { (t.get("menu-home")) }
            a.button href="/orders" { (t.get("menu-orders")) }
        }
        (behind(visit, order).await?)
    };
    Ok(page(visit, &operation(t, &booking.operation), &content))
}

fn contents(t: Text, transaction: &Transaction, from: &str) -> Markup {
    html! {
        @if !from.is_empty() { dl.facts { div { dt { (t.get("from-account")) } dd { (from) } } } }
        (fields(t, transaction.fields()))
    }
}

/// Whose sessions are over once an order is carried out, by user ID: whose password or rights have changed, who was suspended,
/// who has no token any more. It is asked before the order is carried out, because afterwards no person has the token.
fn concerned(visit: &Visit, order: &Order) -> Result<Vec<String>, Fault> {
    match &order.act {
        Act::RevokeToken => {
            let people = visit.bank().books.list::<Person>(&format!("{}/", order.contract))?;
            let holders = people.into_iter().filter(|person| person.token.as_deref() == order.text("tokenId"));
            Ok(holders.map(|person| person.user).collect())
        }
        Act::SetPassword { .. }
        | Act::Suspend
        | Act::PutPerson { .. }
        | Act::RemovePerson { .. }
        | Act::Rename { .. }
        | Act::RemovePasskey { .. }
        | Act::PasskeyOnly { .. }
        | Act::ReissueCertificate { hash: Some(_) } => {
            Ok(order.text("targetId").map(str::to_owned).into_iter().collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// A person who has changed their own login goes on with the new one in this session.
fn go_on(visit: &Visit, person: &Person, order: &Order) -> Result<(), Fault> {
    let user = match &order.act {
        _ if order.text("targetId") != Some(&person.user) => return Ok(()),
        Act::SetPassword { .. } | Act::PutPerson { .. } => &person.user,
        Act::Rename { to } => to,
        _ => return Ok(()),
    };
    if let Some(now) = visit.bank().person(&person.contract, user)? {
        visit.change(|session| session.stage = Stage::In(Who::new(&now)));
    }
    Ok(())
}
