//! Login and logout.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use camtoken::verifier::Rejection;
use maud::{Markup, html};
use serde::Deserialize;

use super::forms::{Errors, Input, form as card, rejected};
use super::layout::page;
use super::orders::sign_page;
use super::session::{Stage, Who};
use super::{Answer, Fault, Fields, Visit};
use crate::bank::{LoggedIn, NAME, Numbers, Settled};
use crate::domain::credential::Password;
use crate::domain::people::{LoginField, Person, Profile};
use crate::system::random_hex;
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
    Ok(draw(&visit, profile, &Errors::default()))
}

pub(super) async fn enter(visit: Visit, mut fields: Fields) -> Answer {
    let (profile, numbers, password) = typed(&visit, &mut fields)?;
    let Some((person, next)) = visit.bank().log_in(profile, &numbers, password).await? else {
        return Ok(draw(&visit, profile, &wrong(visit.t, profile)));
    };
    let who = Who::new(&person);
    match next {
        LoggedIn::Yes => Ok(visit.enter(Stage::In(who), "/home")),
        LoggedIn::Certificate => {
            let shown = visit.peer.certificate.clone();
            if visit.bank().log_in_by_certificate(&person, shown.as_deref())? {
                return Ok(visit.enter_with(Stage::In(who), shown, "/home"));
            }
            if person.certificate.is_some() {
                return Ok(visit.enter(Stage::Fetching(who), "/certificate"));
            }
            Ok(draw(&visit, profile, &wrong(visit.t, profile)))
        }
        LoggedIn::Generator => Ok(visit.enter(Stage::Generator(who), "/login/otp")),
        LoggedIn::Register => Ok(visit.enter(Stage::Registering(who), "/registration")),
        LoggedIn::Otp => {
            let order = visit.bank().place_login(&person, login_fields(&person))?;
            // What the verifier says against it is said on the next page.
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
    Ok(sign_page(&visit, &order, ("/login/otp", "/login/otp/code"), &Errors::default()).await?)
}

pub(super) async fn otp_code(visit: Visit, _: Fields) -> Answer {
    let (person, order) = awaited(&visit)?;
    let order = visit.bank().order(&person, &order)?.ok_or(Fault::Login)?;
    Ok(match visit.bank().issue(&person, &order.id).await? {
        Ok(_) => Redirect::to("/login/otp").into_response(),
        Err(rejection) => {
            let errors = Errors::one("otp", rejected(visit.t, rejection));
            sign_page(&visit, &order, ("/login/otp", "/login/otp/code"), &errors).await?
        }
    })
}

pub(super) async fn otp_enter(visit: Visit, fields: Fields) -> Answer {
    if let Stage::Generator(who) = &visit.session.stage {
        let person = visit.look_up(who)?;
        let attempt = super::orders::attempt(&fields).ok_or(Fault::Form)?;
        return Ok(match visit.bank().log_in_by_generator(&person, &fields.digits("otp"), attempt).await? {
            Ok(()) => visit.enter(Stage::In(who.clone()), "/home"),
            Err(rejection) => draw_generator(&visit, &Errors::one("otp", generator_rejected(visit.t, rejection))),
        });
    }
    let (person, id) = awaited(&visit)?;
    let order = visit.bank().order(&person, &id)?.ok_or(Fault::Login)?;
    let attempt = super::orders::attempt(&fields).ok_or(Fault::Form)?;
    match visit.bank().settle(&person, &id, &fields.digits("otp"), attempt).await? {
        Settled::LoggedIn => {
            visit.bank().note_login(&person)?;
            Ok(visit.enter(Stage::In(Who::new(&person)), "/home"))
        }
        Settled::Booked(_) | Settled::None => Err(Fault::Login),
        Settled::Rejected(rejection) => {
            let errors = Errors::one("otp", rejected(visit.t, rejection));
            Ok(sign_page(&visit, &order, ("/login/otp", "/login/otp/code"), &errors).await?)
        }
    }
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

/// The form for those who read no code: digits alone.
pub(super) fn generator_card(visit: &Visit, path: &str, button: &str, errors: &Errors) -> Markup {
    let t = visit.t;
    html! {
        p { (t.get("generator-intro")) }
        (errors.summary(t))
        (card(visit, path, &html! {
            input type="hidden" name="attempt" value=(random_hex(16));
            (Input { hint: Some(t.get("generator-hint")), ..Input::otp("otp", t.get("otp")) }.draw(errors))
            p.actions { button.main type="submit" { (button) } }
        }))
    }
}

/// A time-based password has no code that another could take the place of.
pub(super) fn generator_rejected(t: Text, rejection: Rejection) -> String {
    match rejection {
        Rejection::Wrong { suspended: true, .. } | Rejection::Suspended | Rejection::Revoked => t.get("otp-suspended"),
        Rejection::Malformed => t.get("generator-malformed"),
        _ => t.get("generator-wrong"),
    }
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

/// What a login form says; one more try under that name.
pub(super) fn typed(visit: &Visit, fields: &mut Fields) -> Result<(Profile, Numbers, Password), Fault> {
    let profile = Profile::from_name(fields.text("service")).ok_or(Fault::NotFound)?;
    let numbers: Vec<_> = profile.fields().iter().map(|field| (*field, fields.text(name(*field)).to_owned())).collect();
    visit.count(&numbers.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>())?;
    Ok((profile, Numbers(numbers), fields.password("password")))
}

/// What is said of it, whatever was wrong.
pub(super) fn wrong(t: Text, profile: Profile) -> Errors {
    Errors::one(name(profile.fields()[0]), t.get("login-wrong"))
}

fn name(field: LoginField) -> &'static str {
    match field {
        LoginField::Contract => "contract",
        LoginField::User => "user",
        LoginField::LoginId => "login-id",
    }
}

/// The form for what is known of a person beside the proof by device. It does not say which part was wrong.
pub(super) fn login_card(visit: &Visit, path: &str, profile: Profile, button: &str, errors: &Errors) -> Markup {
    let (t, none) = (visit.t, Errors::default());
    html! {
        nav.tabs aria-label=(t.get("login-services")) {
            @for known in [Profile::ContractAndUser, Profile::LoginId] {
                a href={ (path) "?service=" (known.as_str()) } aria-current=[(known == profile).then_some("page")] {
                    @match known {
                        Profile::ContractAndUser => (t.get("service-business")),
                        Profile::LoginId => (t.get("service-direct")),
                    }
                }
            }
        }
        (errors.summary(t))
        (card(visit, path, &html! {
            input type="hidden" name="service" value=(profile.as_str());
            @for field in profile.fields() {
                @match field {
                    LoginField::Contract => (Input { mode: Some("numeric"), max: Some(10), hint: Some(t.get("contract-hint")), ..Input::new("contract", t.get("contract")) }.draw(&none)),
                    LoginField::User => (Input { autocomplete: "username", max: Some(10), ..Input::new("user", t.get("user")) }.draw(&none)),
                    LoginField::LoginId => (Input { autocomplete: "username", max: Some(40), ..Input::new("login-id", t.get("login-id")) }.draw(&none)),
                }
            }
            (Input::password("password", t.get("login-password")).draw(&none))
            p.actions { button.main type="submit" { (button) } }
        }))
    }
}

fn draw(visit: &Visit, profile: Profile, errors: &Errors) -> Response {
    let t = visit.t;
    let content = html! {
        (login_card(visit, "/login", profile, &t.get("login"), errors))
        @if let Some(tls) = visit.site.tls.as_ref().filter(|_| !visit.peer.secure) {
            p { (t.get("certificate-question")) " " a href={ (tls) "/login" } { (t.get("certificate-login")) } }
        }
        @if visit.peer.secure {
            p.muted { (t.get(if visit.peer.certificate.is_some() { "certificate-shown" } else { "certificate-not-shown" })) }
        }
        p { (t.get("apply-question")) " " a href="/apply" { (t.get("apply")) } }
        aside.advice {
            h2 { (t.get("login-advice-title")) }
            p { (t.get("login-advice")) }
        }
    };
    page(visit, &t.get("login"), &content)
}
