//! The customer's proof of identity: numbers and password, then the camera token, a generator or a certificate.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use camtoken::verifier::Step;
use maud::html;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::flow::{flow, linkages, offer, renamed};
use super::frame::{after_menus, allow_return, draw, refused, stop_button, to};
use crate::bank::{NewChallenge, Numbers, Settled};
use crate::domain::contract::Profile;
use crate::domain::linkage::{NotReady, Proof, menus, no_menus, not_ready, proof};
use crate::domain::order::Order;
use crate::domain::people::Person;
use crate::pages::fault::{Answer, Fault};
use crate::pages::fields::Fields;
use crate::pages::flows::Flow;
use crate::pages::forms::{Errors, code_png, rejected};
use crate::pages::login_forms::{generator_card, generator_rejected, login_card, typed, wrong};
use crate::pages::session::Who;
use crate::pages::signing::{Signing, attempt};
use crate::pages::visit::Visit;
use crate::system::random_hex;

#[derive(Deserialize)]
pub(super) struct Service {
    service: Option<String>,
}

pub(super) async fn login(visit: Visit, Path(id): Path<String>, Query(service): Query<Service>) -> Answer {
    let flow = flow(&visit, &id)?;
    let profile = service.service.as_deref().and_then(Profile::from_name).unwrap_or(Profile::ContractAndUser);
    Ok(draw_login(&visit, &flow, profile, (&Numbers::default(), &Errors::default())))
}

pub(super) async fn login_enter(visit: Visit, Path(id): Path<String>, mut fields: Fields) -> Answer {
    let mut flow = flow(&visit, &id)?;
    let (profile, numbers, password) = typed(&visit, &mut fields)?;
    visit.count_address()?;
    let Some(person) = visit.bank().prove(profile, &numbers, password, visit.browser.as_deref()).await? else {
        return Ok(draw_login(&visit, &flow, profile, (&numbers, &wrong(visit.t, profile))));
    };
    let contract = visit.contract(&person)?;
    let asked_for = proof(contract.method, &offer(&flow), person.generator().is_some());
    if let Some(why) = not_ready(&person, asked_for) {
        return Ok(draw_not_ready(&visit, &flow, why));
    }
    flow.who = Some((Who::new(&person), asked_for));
    flow.menus = menus(&flow.provider, &flow.asked.scopes, &person);
    (flow.order, flow.ticket, flow.proved) = (None, None, false);
    let next = match asked_for {
        Proof::Password => {
            flow.proved = true;
            after_proof(&visit, &flow)?
        }
        Proof::CameraToken => {
            let order = visit.bank().place_linkage(&person, &flow.provider, &flow.menus)?;
            // The next page shows the verifier's reason against it.
            let _issued = visit.bank().issue(&person, &order.id).await?;
            flow.order = Some(order.id);
            to(&flow, "otp")
        }
        Proof::Generator => to(&flow, "otp"),
        Proof::Certificate => {
            let ticket = random_hex(16);
            let tls = visit.site.tls.as_deref().unwrap_or_default();
            let mut response =
                Redirect::to(&format!("{tls}/link/{}/certificate?ticket={ticket}", flow.id)).into_response();
            allow_return(&visit, &flow, &mut response);
            flow.ticket = Some(ticket);
            response
        }
    };
    Ok(renamed(&visit, flow, None, next))
}

#[derive(Deserialize)]
pub(super) struct Ticket {
    ticket: String,
}

/// The flow goes on under TLS, where a certificate can be shown. The session there is another one, so the flow is handed over by
/// a ticket that is good once and for nothing without the certificate of the person whose password was right.
pub(super) async fn certificate(
    visit: Visit,
    Path(id): Path<String>,
    Query(Ticket { ticket }): Query<Ticket>,
) -> Answer {
    let mut flow = {
        let mut flows = linkages(&visit)?.flows();
        let flow = flows.get_mut(&id).ok_or(Fault::Form)?;
        let known = flow.ticket.take().ok_or(Fault::Form)?;
        if !bool::from(known.as_bytes().ct_eq(ticket.as_bytes())) || flow.is_over(visit.bank().now()) {
            return Err(Fault::Form);
        }
        flow.clone()
    };
    let Some((who, Proof::Certificate)) = &flow.who else { return Err(Fault::Form) };
    let person = visit.look_up(who)?;
    let shown = visit.peer.certificate.clone();
    let is_theirs = match &shown {
        Some(shown) => visit.bank().is_certificate_of(&person, shown)?,
        None => false,
    };
    if !is_theirs {
        return Ok(refused(&visit, "linkage-no-certificate"));
    }
    flow.proved = true;
    let next = after_proof(&visit, &flow)?;
    Ok(renamed(&visit, flow, shown, next))
}

pub(super) async fn otp(visit: Visit, Path(id): Path<String>) -> Answer {
    let flow = flow(&visit, &id)?;
    if let Some((_, Proof::Generator)) = &flow.who {
        return Ok(draw_generator(&visit, &flow, &Errors::default()));
    }
    let (flow, person, order) = signing(&visit, &id)?;
    draw_otp(&visit, &flow, &person, &order, &Errors::default()).await
}

pub(super) async fn otp_code(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let (flow, person, order) = signing(&visit, &id)?;
    match visit.bank().issue(&person, &order.id).await? {
        NewChallenge::Issued(_) => Ok(to(&flow, "otp")),
        NewChallenge::Refused(why) => {
            draw_otp(&visit, &flow, &person, &order, &Errors::one("otp", rejected(visit.t, why))).await
        }
    }
}

pub(super) async fn back_to_otp(Path(id): Path<String>) -> Redirect {
    Redirect::to(&format!("/link/{id}/otp"))
}

pub(super) async fn code(visit: Visit, Path(id): Path<String>) -> Answer {
    let (_, _, order) = signing(&visit, &id)?;
    let (code, _) = visit.bank().code(&order).await?.ok_or(Fault::NotFound)?;
    Ok(code_png(&code))
}

pub(super) async fn otp_enter(visit: Visit, Path(id): Path<String>, typed: Fields) -> Answer {
    let attempt = attempt(&typed).ok_or(Fault::Form)?;
    let mut flow = flow(&visit, &id)?;
    if let Some((who, Proof::Generator)) = &flow.who {
        let person = visit.look_up(who)?;
        if let Step::Rejected(rejection) = visit.bank().enter_generator(&person, typed.text("otp"), attempt).await? {
            let errors = Errors::one("otp", generator_rejected(visit.t, rejection));
            return Ok(draw_generator(&visit, &flow, &errors));
        }
        flow.proved = true;
        let next = after_proof(&visit, &flow)?;
        return Ok(renamed(&visit, flow, None, next));
    }
    let (mut flow, person, order) = signing(&visit, &id)?;
    match visit.bank().settle(&person, &order.id, typed.text("otp"), attempt).await? {
        Settled::Booked(_) => {
            flow.proved = true;
            let next = after_proof(&visit, &flow)?;
            Ok(renamed(&visit, flow, None, next))
        }
        Settled::LoggedIn | Settled::None => Err(Fault::Form),
        Settled::Rejected(rejection) => {
            draw_otp(&visit, &flow, &person, &order, &Errors::one("otp", rejected(visit.t, rejection))).await
        }
    }
}

/// A flow whose token's answer is awaited, with who is asked and for what.
fn signing(visit: &Visit, id: &str) -> Result<(Flow, Person, Order), Fault> {
    let flow = flow(visit, id)?;
    let (Some((who, _)), Some(order)) = (&flow.who, &flow.order) else { return Err(Fault::Form) };
    let person = visit.look_up(who)?;
    let order = visit.bank().order(&person, order)?.ok_or(Fault::Form)?;
    Ok((flow, person, order))
}

fn after_proof(visit: &Visit, flow: &Flow) -> Result<Response, Fault> {
    if flow.menus.is_empty() {
        let (who, _) = flow.who.as_ref().ok_or(Fault::Form)?;
        let why = no_menus(&flow.provider, &flow.asked.scopes, &visit.look_up(who)?);
        return Ok(draw_not_ready(visit, flow, why));
    }
    if flow.provider.chooses && flow.menus.len() > 1 { Ok(to(flow, "menus")) } else { after_menus(visit, flow) }
}

fn draw_login(visit: &Visit, flow: &Flow, profile: Profile, typed: (&Numbers, &Errors)) -> Response {
    let t = visit.t;
    let content = html! {
        p { (t.with("linkage-login-intro", &[("provider", &flow.provider.name)])) }
        (login_card(visit, &format!("/link/{}/login", flow.id), profile, &t.get("next"), typed))
        div.actions { (stop_button(visit, flow)) }
    };
    draw(visit, flow, 1, &t.get("linkage-login-title"), &content)
}

fn draw_not_ready(visit: &Visit, flow: &Flow, why: NotReady) -> Response {
    let t = visit.t;
    let (what, next) = match why {
        NotReady::OtpRegistration => ("linkage-not-registered", "linkage-not-registered-next"),
        NotReady::Mail => ("linkage-no-mail", "linkage-no-mail-next"),
        NotReady::FirstSettings => ("linkage-first-settings", "linkage-first-settings-next"),
        NotReady::Menus => ("linkage-no-menus", "linkage-no-menus-next"),
    };
    let content = html! {
        p.warning role="alert" { (t.get(what)) }
        p { (t.get(next)) }
        div.actions {
            a.button href="/login" { (t.get("to-login")) }
            (stop_button(visit, flow))
        }
    };
    draw(visit, flow, 1, &t.get("linkage-not-ready-title"), &content)
}

async fn draw_otp(visit: &Visit, flow: &Flow, person: &Person, order: &Order, errors: &Errors) -> Answer {
    let t = visit.t;
    let face = visit.site.face.as_ref().zip(person.token.as_ref()).map(|(face, token)| format!("{face}{token}"));
    let path = format!("/link/{}", flow.id);
    let signing = Signing {
        action: format!("{path}/otp"),
        new_code: format!("{path}/otp/code"),
        picture: format!("{path}/code.png"),
        texts: ["sign-2-linkage", "sign-3-linkage", "next"],
        out: stop_button(visit, flow),
        differs: Some(format!("{path}/differs")),
        below: html! { @if let Some(face) = &face { p { a href=(face) target="_blank" rel="noopener" { (t.get("open-token")) } } } },
    };
    let content = signing.draw(visit, order, errors).await?;
    Ok(draw(visit, flow, 1, &t.get("otp-title"), &content))
}

fn draw_generator(visit: &Visit, flow: &Flow, errors: &Errors) -> Response {
    let t = visit.t;
    let content = html! {
        (generator_card(visit, &format!("/link/{}/otp", flow.id), &t.get("next"), errors))
        div.actions { (stop_button(visit, flow)) }
        p.caution { (t.get("never-tell")) }
    };
    draw(visit, flow, 1, &t.get("generator-title"), &content)
}
