//! Orders: what was entered, the transaction password, the code, the response, what came of it.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use camtoken::transaction::{Operation, Transaction};
use maud::{Markup, html};

use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, code_png, fields, form as card, rejected, wrong_entry};
use super::layout::page;
use super::session::{Stage, Who};
use super::signing::{attempt, sign_page};
use super::visit::Visit;
use super::words::{operation, outcome};
use crate::bank::{BankError, Draft, NewChallenge, Placed, Settled};
use crate::domain::ledger::{Booking, Outcome};
use crate::domain::order::{Act, Order};
use crate::domain::people::Person;
use crate::text::Text;
use camtoken::Timestamp;

pub(super) async fn confirm(visit: Visit) -> Answer {
    let person = visit.person()?;
    let Some(kept) = &visit.session.draft else { return Ok(Redirect::to("/home").into_response()) };
    draw_confirm(&visit, &person, kept, &Errors::default())
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
            visit.change(|session| session.draft = None);
            return Ok(match visit.bank().issue(&person, &order.id).await? {
                NewChallenge::Issued(_) => Redirect::to(&format!("/orders/{}", order.id)).into_response(),
                NewChallenge::Refused(why) => {
                    sign_page(&visit, &order, paths(&order), html! {}, &Errors::one("otp", rejected(visit.t, why))).await?
                }
            });
        }
        Placed::Password(entry) => Errors::one("transaction-password", wrong_entry(visit.t, entry)),
        Placed::Closed => return Err(Fault::NotFound),
        Placed::NotRegistered => Errors::one("form", visit.t.get("not-registered")),
        Placed::Day => Errors::one("form", visit.t.get("order-day")),
    };
    draw_confirm(&visit, &person, kept, &errors)
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let person = visit.person()?;
    let order = known(&visit, &person, &id)?;
    match visit.bank().booking(&order)? {
        Some(booking) => draw_booking(&visit, &booking),
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
                go_on(&visit, &person, &order);
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
    // Before somebody is in, the one code that lets them in, and no other.
    let person = match &visit.session.stage {
        Stage::Otp { person, order } if *order == id => visit.look_up(person)?,
        _ => visit.person()?,
    };
    let order = visit.bank().order(&person, &id)?.ok_or(Fault::NotFound)?;
    let (code, _) = visit.bank().code(&order).await?.ok_or(Fault::NotFound)?;
    Ok(code_png(&code))
}

pub(super) async fn list(visit: Visit) -> Answer {
    let (t, person) = (visit.t, visit.person()?);
    let mut bookings = visit.bank().books.list_of::<Booking>(&person.contract)?;
    bookings.sort_by_key(|booking| std::cmp::Reverse(booking.at));
    let content = html! {
        @if bookings.is_empty() { p { (t.get("no-orders")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(t.get("menu-orders")) {
                table.cards {
                    thead { tr {
                        th scope="col" { (t.get("at")) }
                        th scope="col" { (t.get("operation")) }
                        th scope="col" { (t.get("user")) }
                        th scope="col" { (t.get("outcome")) }
                    } }
                    tbody {
                        @for booking in &bookings {
                            tr {
                                td data-label=(t.get("at")) { (t.moment(Timestamp::from_unix(booking.at))) }
                                td data-label=(t.get("operation")) {
                                    div {
                                        @if booking.user == person.user { a href={ "/orders/" (booking.order) } { (operation(t, &booking.operation)) } }
                                        @else { (operation(t, &booking.operation)) }
                                        br; small.muted { (booking.order) }
                                    }
                                }
                                td data-label=(t.get("user")) { (booking.user) }
                                td data-label=(t.get("outcome")) { (outcome(t, booking.outcome)) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(page(&visit, &t.get("menu-orders"), &content))
}

fn paths(order: &Order) -> (String, String) {
    (format!("/orders/{}", order.id), format!("/orders/{}/code", order.id))
}

fn known(visit: &Visit, person: &Person, id: &str) -> Result<Order, Fault> {
    let order = visit.bank().order(person, id)?.filter(|order| !matches!(order.act, Act::Login));
    order.ok_or(Fault::NotFound)
}

fn draw_confirm(visit: &Visit, person: &Person, (name, draft): &(String, Draft), errors: &Errors) -> Answer {
    let t = visit.t;
    let transaction = draft.transaction().map_err(BankError::from)?;
    let content = html! {
        p { (t.get("confirm-intro")) }
        (contents(t, &transaction))
        (errors.summary(t))
        @if person.signs().is_none() {
            p.warning { (t.get("not-registered")) }
            p { a.button.main href="/registration" { (t.get("menu-registration")) } }
        } @else {
            (card(visit, "/orders/confirm", &html! {
                input type="hidden" name="draft" value=(name);
                (Input::password("transaction-password", t.get("transaction-password")).draw(errors))
                p.actions {
                    button.main type="submit" { (t.get("to-code")) }
                    a.button href="/home" { (t.get("give-up")) }
                }
            }))
        }
    };
    Ok(page(
        visit,
        &t.with("confirm-title", &[("operation", &operation(t, &transaction.operation().to_string()))]),
        &content,
    ))
}

fn draw_booking(visit: &Visit, booking: &Booking) -> Answer {
    let t = visit.t;
    let known: Operation = booking.operation.parse().map_err(|_| Fault::NotFound)?;
    let transaction = Transaction::new(known, booking.fields.iter().map(|(name, text)| (name, text)));
    let transaction = transaction.map_err(BankError::from)?;
    let content = html! {
        @match booking.outcome {
            Outcome::Done => p.success role="status" { (t.get("booked")) },
            Outcome::Refused(_) => p.warning role="status" { (t.get("not-booked")) " " (outcome(t, booking.outcome)) },
        }
        p { (t.get("order-number")) ": " b { (booking.order) } "  " span.muted { (t.moment(Timestamp::from_unix(booking.at))) } }
        (contents(t, &transaction))
        p.actions {
            a.button.main href="/home" { (t.get("menu-home")) }
            a.button href="/orders" { (t.get("menu-orders")) }
        }
    };
    Ok(page(visit, &operation(t, &booking.operation), &content))
}

fn contents(t: Text, transaction: &Transaction) -> Markup {
    fields(t, transaction.fields())
}

/// Whose sessions are over once an order is carried out, by user ID: whose password or rights have changed, who was suspended,
/// who has no token any more. Asked before it is, for then nobody has the token.
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
        | Act::ReissueCertificate { hash: Some(_) } => {
            Ok(order.text("targetId").map(str::to_owned).into_iter().collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// Whoever has changed their own login password goes on with the new one in this session.
fn go_on(visit: &Visit, person: &Person, order: &Order) {
    let is_own = order.text("targetId") == Some(&person.user) && order.text("password") == Some("login");
    if let (Act::SetPassword { hash }, true) = (&order.act, is_own) {
        let mut person = person.clone();
        person.login.hash.clone_from(hash);
        visit.change(|session| session.stage = Stage::In(Who::new(&person)));
    }
}
