//! The customer's proof of identity: numbers and password, then the camera token or a generator. A certificate comes before the password.

use axum::extract::{Path, Query};
use axum::response::{Redirect, Response};
use camtoken::verifier::Step;
use maud::{Markup, html};
use serde::Deserialize;

use super::flow::{flow, offer, renamed};
use super::frame::{after_menus, button, draw, stop_button, to};
use crate::bank::{NewChallenge, Numbers, Settled};
use crate::domain::contract::{LoginMethod, Profile};
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

#[derive(Deserialize)]
pub(super) struct Service {
    service: Option<String>,
}

impl Service {
    pub fn profile(&self) -> Profile {
        self.service.as_deref().and_then(Profile::from_name).unwrap_or(Profile::ContractAndUser)
    }
}

pub(super) async fn login(visit: Visit, Path(id): Path<String>, Query(service): Query<Service>) -> Answer {
    let flow = flow(&visit, &id)?;
    Ok(draw_login(&visit, &flow, service.profile(), (&Numbers::default(), &Errors::default())))
}

pub(super) async fn login_enter(visit: Visit, Path(id): Path<String>, mut fields: Fields) -> Answer {
    let flow = flow(&visit, &id)?;
    let (profile, numbers, password) = typed(&visit, &mut fields)?;
    visit.count_address()?;
    let Some(person) = visit.bank().prove(profile, &numbers, password, visit.browser.as_deref()).await? else {
        return Ok(draw_login(&visit, &flow, profile, (&numbers, &wrong(visit.t, profile))));
    };
    if visit.contract(&person)?.method == LoginMethod::PasswordCertificate {
        return Ok(draw_certificate_first(&visit, &flow));
    }
    password_proved(&visit, flow, &person, None).await
}

/// Goes on once numbers or certificate and the login password were right, to whatever else is asked of this person.
pub(super) async fn password_proved(visit: &Visit, mut flow: Flow, person: &Person, shown: Option<String>) -> Answer {
    let contract = visit.contract(person)?;
    let asked_for = proof(contract.method, &offer(&flow), person.generator().is_some());
    if let Some(why) = not_ready(person, asked_for) {
        return Ok(draw_not_ready(visit, &flow, why));
    }
    flow.who = Some((Who::new(person), asked_for));
    flow.menus = menus(&flow.provider, &flow.asked.scopes, person);
    (flow.order, flow.ticket, flow.proved) = (None, None, false);
    let next = match asked_for {
        Proof::Certificate if shown.is_none() => return Err(Fault::Form),
        Proof::Password | Proof::Certificate => {
            flow.proved = true;
            after_proof(visit, &flow)?
        }
        Proof::CameraToken => {
            let order = visit.bank().place_linkage(person, &flow.provider, &flow.menus)?;
            // The next page shows the verifier's reason against it.
            let _issued = visit.bank().issue(person, &order.id).await?;
            flow.order = Some(order.id);
            to(&flow, "otp")
        }
        Proof::Generator => to(&flow, "otp"),
    };
    Ok(renamed(visit, flow, shown, next))
}

pub(super) async fn otp(visit: Visit, Path(id): Path<String>) -> Answer {
    let flow = flow(&visit, &id)?;
    if let Some((_, Proof::Generator)) = &flow.who {
        return Ok(draw_generator(&visit, &flow, &Errors::default()));
    }
    let (flow, _, order) = signing(&visit, &id)?;
    draw_otp(&visit, &flow, &order, &Errors::default()).await
}

pub(super) async fn otp_code(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let (flow, person, order) = signing(&visit, &id)?;
    match visit.bank().issue(&person, &order.id).await? {
        NewChallenge::Issued(_) => Ok(to(&flow, "otp")),
        NewChallenge::Refused(why) => {
            draw_otp(&visit, &flow, &order, &Errors::one("otp", rejected(visit.t, why))).await
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
            draw_otp(&visit, &flow, &order, &Errors::one("otp", rejected(visit.t, rejection))).await
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
        (login_forms(visit, flow, profile, typed))
    };
    draw(visit, flow, 1, &t.get("linkage-login-title"), &content)
}

/// Numbers and password, or the certificate, or neither.
pub(super) fn login_forms(visit: &Visit, flow: &Flow, profile: Profile, typed: (&Numbers, &Errors)) -> Markup {
    let t = visit.t;
    html! {
        (login_card(visit, &format!("/link/{}/login", flow.id), profile, &t.get("menu-linkages"), typed))
        div.actions {
            @if visit.site.tls.is_some() { (button(visit, flow, "tls", &t.get("linkage-by-certificate"), "")) }
            (stop_button(visit, flow))
        }
    }
}

/// The next step for a person whose contract logs in by certificate.
fn draw_certificate_first(visit: &Visit, flow: &Flow) -> Response {
    let t = visit.t;
    let content = html! {
        p { (t.get("linkage-certificate-first")) }
        div.actions {
            (button(visit, flow, "tls", &t.get("linkage-by-certificate"), "main"))
            (stop_button(visit, flow))
        }
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
        NotReady::PasskeyOnly => ("linkage-passkey-only", "linkage-passkey-only-next"),
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

async fn draw_otp(visit: &Visit, flow: &Flow, order: &Order, errors: &Errors) -> Answer {
    let t = visit.t;
    let path = format!("/link/{}", flow.id);
    let signing = Signing {
        action: format!("{path}/otp"),
        new_code: format!("{path}/otp/code"),
        picture: format!("{path}/code.png"),
        texts: ["sign-2-linkage", "sign-3-linkage", "linkage-authenticate"],
        out: stop_button(visit, flow),
        differs: Some(format!("{path}/differs")),
        below: html! {},
    };
    let content = signing.draw(visit, order, errors).await?;
    Ok(draw(visit, flow, 1, &t.get("otp-title"), &content))
}

fn draw_generator(visit: &Visit, flow: &Flow, errors: &Errors) -> Response {
    let t = visit.t;
    let content = html! {
        (generator_card(visit, &format!("/link/{}/otp", flow.id), &t.get("linkage-authenticate"), errors))
        div.actions { (stop_button(visit, flow)) }
        p.caution { (t.get("never-tell")) }
    };
    draw(visit, flow, 1, &t.get("generator-title"), &content)
}
