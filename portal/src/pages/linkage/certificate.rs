//! The customer's proof of identity by certificate: shown first, to the bank's site under TLS; then the login password alone.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::flow::{flow, linkages, owner, renamed};
use super::frame::{allow_return, button, draw, stop_button, to};
use super::proof::password_proved;
use crate::bank::Numbers;
use crate::domain::certificate::Certificate;
use crate::domain::contract::{LoginField, LoginMethod, Profile};
use crate::domain::people::Person;
use crate::pages::fault::{Answer, Fault};
use crate::pages::fields::Fields;
use crate::pages::flows::Flow;
use crate::pages::forms::{Errors, Input, form as card};
use crate::pages::visit::Visit;
use crate::system::random_hex;

/// The flow goes on under TLS, where a certificate can be shown. The session there is another one, so the flow is handed over by
/// a ticket that is good once and for nothing without a certificate.
pub(super) async fn begin(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let mut flow = flow(&visit, &id)?;
    let ticket = random_hex(16);
    let tls = visit.site.tls.as_deref().ok_or(Fault::NotFound)?;
    let mut response = Redirect::to(&format!("{tls}/link/{}/certificate?ticket={ticket}", flow.id)).into_response();
    allow_return(&visit, &flow, &mut response);
    (flow.who, flow.order, flow.proved, flow.ticket) = (None, None, false, Some(ticket));
    linkages(&visit)?.keep(flow);
    Ok(response)
}

#[derive(Deserialize)]
pub(super) struct Ticket {
    ticket: String,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>, Query(Ticket { ticket }): Query<Ticket>) -> Answer {
    let mut flow = {
        let mut flows = linkages(&visit)?.flows();
        let flow = flows.get_mut(&id).ok_or(Fault::Form)?;
        let known = flow.ticket.take().ok_or(Fault::Form)?;
        if !bool::from(known.as_bytes().ct_eq(ticket.as_bytes())) || flow.is_over(visit.bank().now()) {
            return Err(Fault::Form);
        }
        flow.clone()
    };
    let shown = visit.peer.certificate.clone();
    if holder(&visit, shown.as_deref())?.is_none() {
        // The ticket has brought the flow into this session, from which a way leads back to the provider.
        flow.owner = owner(&visit.name);
        linkages(&visit)?.keep(flow.clone());
        return Ok(draw_no_certificate(&visit, &flow));
    }
    let next = to(&flow, "certificate/password");
    Ok(renamed(&visit, flow, shown, next))
}

pub(super) async fn password(visit: Visit, Path(id): Path<String>) -> Answer {
    let flow = flow(&visit, &id)?;
    let (known, _) = bound(&visit)?;
    Ok(draw_password(&visit, &flow, &known, &Errors::default()))
}

pub(super) async fn password_enter(visit: Visit, Path(id): Path<String>, mut fields: Fields) -> Answer {
    let flow = flow(&visit, &id)?;
    let (known, person) = bound(&visit)?;
    let profile = visit.contract(&person)?.profile;
    let numbers = match &person.login_id {
        Some(id) if profile == Profile::LoginId => vec![(LoginField::LoginId, id.clone())],
        _ => vec![(LoginField::Contract, person.contract.clone()), (LoginField::User, person.user.clone())],
    };
    let names: Vec<&str> = numbers.iter().map(|(_, text)| text.as_str()).collect();
    visit.count(&names, visit.browser.as_ref().is_some_and(|browser| person.browsers.know(browser)))?;
    visit.count_address()?;
    let (numbers, typed) = (Numbers(numbers.clone()), fields.password("password"));
    let Some(person) = visit.bank().prove(profile, &numbers, typed, visit.browser.as_deref()).await? else {
        return Ok(draw_password(&visit, &flow, &known, &Errors::one("password", visit.t.get("login-wrong"))));
    };
    password_proved(&visit, flow, &person, visit.peer.certificate.clone()).await
}

/// The certificate that this session is bound to, and whose it is.
fn bound(visit: &Visit) -> Result<(Certificate, Person), Fault> {
    let shown = visit.peer.certificate.as_deref();
    let is_same = shown.is_some() && shown == visit.session.certificate.as_deref();
    holder(visit, shown.filter(|_| is_same))?.ok_or(Fault::Form)
}

/// A certificate that opens something now, with whose it is.
fn holder(visit: &Visit, shown: Option<&str>) -> Result<Option<(Certificate, Person)>, Fault> {
    let Some(shown) = shown else { return Ok(None) };
    let known = visit.bank().books.get::<Certificate>(shown)?.filter(|known| known.is_good(visit.bank().now()));
    let Some(known) = known else { return Ok(None) };
    let people = visit.bank().books.list::<Person>(&format!("{}/", known.contract))?;
    let Some(person) = people.into_iter().find(|person| known.is_of(person) && person.is_in_service()) else {
        return Ok(None);
    };
    let by_certificate = visit.contract(&person)?.method == LoginMethod::PasswordCertificate;
    Ok(by_certificate.then_some((known, person)))
}

fn draw_no_certificate(visit: &Visit, flow: &Flow) -> Response {
    let t = visit.t;
    let content = html! {
        p.warning role="alert" { (t.get("linkage-no-certificate")) }
        p { (t.get("linkage-no-certificate-next")) }
        div.actions {
            (button(visit, flow, "tls", &t.get("linkage-by-certificate"), ""))
            (stop_button(visit, flow))
        }
    };
    let mut response = draw(visit, flow, 1, &t.get("linkage-login-title"), &content);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

fn draw_password(visit: &Visit, flow: &Flow, known: &Certificate, errors: &Errors) -> Response {
    let t = visit.t;
    let content = html! {
        p { (t.with("linkage-certificate-password", &[("provider", &flow.provider.name)])) }
        dl.facts { div { dt { (t.get("certificate-number")) } dd { (known.contract) "-" (known.number) } } }
        (errors.summary(t))
        (card(visit, &format!("/link/{}/certificate/password", flow.id), &html! {
            (Input::password("password", t.get("login-password")).draw(errors))
            p.actions { button.main type="submit" { (t.get("menu-linkages")) } }
        }))
        div.actions { (stop_button(visit, flow)) }
    };
    draw(visit, flow, 1, &t.get("linkage-login-title"), &content)
}
