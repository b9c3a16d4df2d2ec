//! Login and logout.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use camtoken::verifier::Step;
use maud::{Markup, html};
use serde::Deserialize;

use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, NOWHERE, form as card, rejected, wrong_entry};
use super::layout::page;
use super::login_forms::{generator_card, generator_rejected, login_card, typed, wrong};
use super::passkey_forms::passkey_login;
use super::people::role as name_of;
use super::session::{Stage, Who};
use super::signing::{attempt, differs_page, sign_page};
use super::visit::Visit;
use crate::bank::{Initialised, LoggedIn, NAME, NewChallenge, NotShown, Numbers, Settled};
use crate::demo;
use crate::domain::contract::Profile;
use crate::domain::order::{GivenUp, Order};
use crate::domain::people::Person;
use crate::text::Text;

#[derive(Deserialize)]
pub(super) struct Service {
    service: Option<String>,
}

pub(super) async fn form(visit: Visit, Query(service): Query<Service>) -> Answer {
    // Whose session is good no more, such as after a revocation, would be sent round in circles.
    if visit.person().is_ok() {
        return Ok(Redirect::to("/home").into_response());
    }
    let profile = service.service.as_deref().and_then(Profile::from_name).unwrap_or(Profile::ContractAndUser);
    Ok(draw(&visit, profile, &Numbers::default(), &Errors::default()))
}

pub(super) async fn enter(visit: Visit, mut fields: Fields) -> Answer {
    let (profile, numbers, password) = typed(&visit, &mut fields)?;
    let Some((person, next)) = visit.bank().log_in(profile, &numbers, password, visit.browser.as_deref()).await? else {
        return Ok(draw(&visit, profile, &numbers, &wrong(visit.t, profile)));
    };
    let who = Who::new(&person);
    match next {
        LoggedIn::Passkey => {
            Ok(draw(&visit, profile, &numbers, &Errors::one(NOWHERE, visit.t.get("passkey-only-login"))))
        }
        LoggedIn::Yes => Ok(visit.enter(Stage::In(who), "/home")),
        LoggedIn::Certificate => {
            let shown = visit.peer.certificate.clone();
            if visit.bank().log_in_by_certificate(&person, shown.as_deref())? {
                return Ok(visit.enter_with(Stage::In(who), shown, "/home"));
            }
            if person.certificate.is_some() {
                return Ok(visit.enter(Stage::Fetching(who), "/certificate"));
            }
            // This user has proved the password, and may know the reason.
            let errors = match visit.bank().why_not_shown(&person, shown.as_deref())? {
                NotShown::Ended(day) => {
                    Errors::one(NOWHERE, visit.t.with("certificate-ended", &[("until", &visit.t.day(day))]))
                }
                NotShown::Revoked => Errors::one(NOWHERE, visit.t.get("certificate-revoked")),
                NotShown::Other => wrong(visit.t, profile),
            };
            Ok(draw(&visit, profile, &numbers, &errors))
        }
        LoggedIn::Generator => Ok(visit.enter(Stage::Generator(who), "/login/otp")),
        LoggedIn::Register => Ok(visit.enter(Stage::Registering(who), "/registration")),
        LoggedIn::Otp => {
            let order = visit.bank().place_login(&person, login_fields(&person))?;
            // The next page shows the verifier's reason against it.
            let _issued = visit.bank().issue(&person, &order.id).await?;
            Ok(visit.enter(Stage::Otp { person: who, order: order.id }, "/login/otp"))
        }
    }
}

pub(super) async fn otp(visit: Visit) -> Answer {
    if let Stage::Generator(who) = &visit.session.stage {
        visit.look_up(who)?;
        return Ok(draw_generator(&visit, &Errors::default()));
    }
    let (person, order) = awaited(&visit)?;
    let order = visit.bank().order(&person, &order)?.ok_or(Fault::Login)?;
    draw_otp(&visit, &person, &order, &Errors::default()).await
}

/// 初期化 by a person whose token does not have the registration, such as after a "no" on it.
pub(super) async fn initialise(visit: Visit, mut fields: Fields) -> Answer {
    let (person, order) = awaited(&visit)?;
    let order = visit.bank().order(&person, &order)?.ok_or(Fault::Login)?;
    let mut first_otp = None;
    if person.is_administrator() {
        first_otp = fields.password("first-otp").of_letter();
        if first_otp.is_none() {
            let errors = Errors::one("first-otp", visit.t.get("first-otp-form"));
            return draw_otp(&visit, &person, &order, &errors).await;
        }
    }
    let errors = match visit.bank().initialise(&person, first_otp).await? {
        Initialised::Done => return Ok(visit.enter(Stage::Registering(Who::new(&person)), "/registration")),
        Initialised::Wrong(entry) => Errors::one("first-otp", wrong_entry(visit.t, "first-otp", entry)),
        Initialised::No => Errors::one(NOWHERE, visit.t.get("registration-not-reset")),
    };
    draw_otp(&visit, &person, &order, &errors).await
}

async fn draw_otp(visit: &Visit, person: &Person, order: &Order, errors: &Errors) -> Answer {
    let t = visit.t;
    let never_signed = visit.bank().never_signed(person).await?;
    let below = html! {
        @if never_signed {
            details.more open[errors.of("first-otp").is_some()] {
                summary { (t.get("registration-trouble")) }
                p { (t.get("otp-trouble")) }
                (card(visit, "/login/otp/initialise", &html! {
                    @if person.is_administrator() {
                        (Input { hint: Some(t.get("otp-trouble-first")), ..Input::password("first-otp", t.get("first-otp")) }.draw(errors))
                    }
                    p.actions { button type="submit" { (t.get("initialise")) } }
                }))
            }
        }
    };
    Ok(sign_page(visit, order, ("/login/otp", "/login/otp/code"), below, errors).await?)
}

pub(super) async fn otp_code(visit: Visit, _: Fields) -> Answer {
    let (person, order) = awaited(&visit)?;
    let order = visit.bank().order(&person, &order)?.ok_or(Fault::Login)?;
    Ok(match visit.bank().issue(&person, &order.id).await? {
        NewChallenge::Issued(_) => Redirect::to("/login/otp").into_response(),
        NewChallenge::Refused(why) => {
            draw_otp(&visit, &person, &order, &Errors::one("otp", rejected(visit.t, why))).await?
        }
    })
}

pub(super) async fn otp_enter(visit: Visit, fields: Fields) -> Answer {
    if let Stage::Generator(who) = &visit.session.stage {
        let person = visit.look_up(who)?;
        let attempt = attempt(&fields).ok_or(Fault::Form)?;
        return Ok(match visit.bank().log_in_by_generator(&person, fields.text("otp"), attempt).await? {
            Step::Done(()) => visit.enter(Stage::In(who.clone()), "/home"),
            Step::Rejected(rejection) => {
                draw_generator(&visit, &Errors::one("otp", generator_rejected(visit.t, rejection)))
            }
        });
    }
    let (person, id) = awaited(&visit)?;
    let order = visit.bank().order(&person, &id)?.ok_or(Fault::Login)?;
    let attempt = attempt(&fields).ok_or(Fault::Form)?;
    match visit.bank().settle(&person, &id, fields.text("otp"), attempt).await? {
        Settled::LoggedIn => {
            visit.bank().note_login(&person)?;
            Ok(visit.enter(Stage::In(Who::new(&person)), "/home"))
        }
        Settled::Booked(_) | Settled::None => Err(Fault::Login),
        Settled::Rejected(rejection) => {
            draw_otp(&visit, &person, &order, &Errors::one("otp", rejected(visit.t, rejection))).await
        }
    }
}

/// 中止する: the code is withdrawn.
pub(super) async fn otp_stop(visit: Visit, _: Fields) -> Answer {
    let (person, order) = awaited(&visit)?;
    visit.bank().give_up_order(&person, &order, GivenUp::Stopped).await?;
    Ok(visit.enter(Stage::Nobody, "/login"))
}

/// トークンの表示が違う: the code is withdrawn, and the operator gets a report.
pub(super) async fn otp_differs(mut visit: Visit, _: Fields) -> Answer {
    let (person, order) = awaited(&visit)?;
    visit.bank().give_up_order(&person, &order, GivenUp::Differs).await?;
    visit.change(|session| session.stage = Stage::Nobody);
    visit.session.stage = Stage::Nobody;
    Ok(page(&visit, &visit.t.get("differs-title"), &differs_page(visit.t, &order)))
}

pub(super) async fn leave(visit: Visit, _: Fields) -> Response {
    visit.enter(Stage::Nobody, "/login")
}

/// The person whose one-time password is awaited, and the order to come in.
fn awaited(visit: &Visit) -> Result<(Person, String), Fault> {
    match &visit.session.stage {
        Stage::Otp { person, order } => Ok((visit.look_up(person)?, order.clone())),
        _ => Err(Fault::Login),
    }
}

fn draw_generator(visit: &Visit, errors: &Errors) -> Response {
    let t = visit.t;
    let content = html! {
        (generator_card(visit, "/login/otp", &t.get("login"), errors))
        p.caution { (t.get("never-tell")) }
    };
    page(visit, &t.get("generator-title"), &content)
}

fn login_fields(person: &Person) -> Vec<(String, String)> {
    let masked = format!("****{}", &person.contract[person.contract.len().saturating_sub(4)..]);
    let mut fields = vec![
        ("service".to_owned(), NAME.to_owned()),
        ("contract".to_owned(), masked),
        ("user".to_owned(), person.user.clone()),
    ];
    fields.extend(person.last_login().map(|moment| ("lastLogin".to_owned(), moment.to_string())));
    fields
}

fn draw(visit: &Visit, profile: Profile, numbers: &Numbers, errors: &Errors) -> Response {
    let t = visit.t;
    let content = html! {
        (login_card(visit, "/login", profile, &t.get("login"), (numbers, errors)))
        (passkey_login(visit))
        @if let Some(tls) = visit.site.tls.as_ref().filter(|_| !visit.peer.secure) {
            p { (t.get("certificate-question")) " " a href={ (tls) "/login" } { (t.get("certificate-login")) } }
        }
        @if visit.peer.secure {
            p.muted { (t.get(if visit.peer.certificate.is_some() { "certificate-shown" } else { "certificate-not-shown" })) }
        }
        p { (t.get("apply-question")) " " a href="/apply" { (t.get("apply")) } }
        (who_can_log_in(t))
        aside.advice {
            h2 { (t.get("login-advice-title")) }
            p { (t.get("login-advice")) }
        }
    };
    page(visit, &t.get("login"), &content)
}

/// Who can come in, for visitors of the demonstration. A real bank has no such card.
fn who_can_log_in(t: Text) -> Markup {
    html! {
        details.more {
            summary { (t.get("demo-who")) }
            p { (t.with("demo-who-text", &[("login", demo::LOGIN), ("transaction", demo::TRANSACTION), ("first", demo::FIRST_OTP), ("certificate", demo::CERTIFICATE), ("pin", demo::INQUIRY_PIN)])) }
            ul.rows {
                @for (contract, user, login_id, role, token) in demo::people_to_try() {
                    li {
                        b { (login_id.unwrap_or(user)) }
                        span.muted { @if login_id.is_none() { (t.get("contract")) " " (contract) " " } (name_of(t, role)) " " (t.get("token")) " " (token.unwrap_or("－")) }
                    }
                }
            }
            p { (t.with("demo-who-desk", &[("operators", &demo::OPERATORS.join(&t.get("list-comma"))), ("password", demo::OPERATOR)])) }
        }
    }
}
