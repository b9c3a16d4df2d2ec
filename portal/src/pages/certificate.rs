//! 電子証明書: fetch, download, renew.

use std::sync::Arc;

use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::download::Download;
use super::drafts::{checked, keep, reissue};
use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, csrf, form as card, wrong_entry};
use super::layout::page;
use super::passwords::new_password;
use super::session::Stage;
use super::visit::Visit;
use crate::bank::Fetched;
use crate::domain::certificate::Certificate;
use crate::domain::contract::LoginMethod;
use crate::domain::people::Person;
use crate::text::Text;

pub(super) async fn show(visit: Visit) -> Answer {
    draw(&visit, &Errors::default())
}

pub(super) async fn fetch(visit: Visit, mut fields: Fields) -> Answer {
    let (t, person) = (visit.t, fetcher(&visit)?);
    let (file, again) = (fields.password("new"), fields.password("again"));
    if let Err(errors) = new_password(t, &person.user, &file, &again) {
        return draw(&visit, &errors);
    }
    // A person who is logged in has signed for the new one; any other has the certificate password.
    let is_in = matches!(visit.session.stage, Stage::In(_));
    let password = (!is_in).then(|| fields.password("certificate-password"));
    match visit.bank().fetch_certificate(&person, password, &file).await? {
        Fetched::Issued(issued, _) => {
            visit.change(|session| session.download = Some(Download(Arc::new(issued.file))));
            Ok(Redirect::to("/certificate").into_response())
        }
        Fetched::Wrong(entry) => {
            draw(&visit, &Errors::one("certificate-password", wrong_entry(t, "certificate-password", entry)))
        }
        Fetched::NotDue => Err(Fault::NotFound),
    }
}

/// The file itself, as often as it is requested while the session lives.
pub(super) async fn file(visit: Visit) -> Answer {
    let person = fetcher(&visit)?;
    let Download(file) = visit.session.download.clone().ok_or(Fault::NotFound)?;
    let name = format!("attachment; filename=\"{}.p12\"", person.user);
    let headers = [(header::CONTENT_TYPE, "application/x-pkcs12"), (header::CONTENT_DISPOSITION, name.as_str())];
    Ok((headers, file.to_vec()).into_response())
}

/// Asks for a signature, after which a new one can be fetched.
pub(super) async fn renew(visit: Visit, _: Fields) -> Answer {
    let person = visit.person()?;
    let draft = reissue(&visit, &person, None);
    if !draft.act.is_open(&visit.contract(&person)?, &person, &person) {
        return Err(Fault::NotFound);
    }
    Ok(keep(&visit, checked(visit.t, draft).map_err(|_| Fault::NotFound)?))
}

/// The authority's own certificate.
pub(super) async fn authority(visit: Visit) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/x-x509-ca-cert"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"authority.pem\""),
    ];
    (headers, visit.bank().authority.pem().to_owned()).into_response()
}

/// A person who is logged in with login method 3, or may fetch a certificate to log in.
fn fetcher(visit: &Visit) -> Result<Person, Fault> {
    match &visit.session.stage {
        Stage::Fetching(who) => visit.look_up(who),
        Stage::In(_) => {
            let person = visit.person()?;
            let known = visit.contract(&person)?.method == LoginMethod::PasswordCertificate;
            if known { Ok(person) } else { Err(Fault::NotFound) }
        }
        Stage::Otp { .. } | Stage::Generator(_) => Err(Fault::Otp),
        Stage::Registering(_) => Err(Fault::Registration),
        _ => Err(Fault::Login),
    }
}

fn draw(visit: &Visit, errors: &Errors) -> Answer {
    let (t, person) = (visit.t, fetcher(visit)?);
    let is_in = matches!(visit.session.stage, Stage::In(_));
    let known = visit.bank().certificates(&person)?;
    let content = html! {
        @if visit.session.download.is_some() {
            p.success role="status" { (t.get("certificate-issued")) }
            @if let Some(newest) = known.last() { (facts(t, newest)) }
            p.actions { a.button.main href="/certificate/file.p12" download { (t.get("certificate-download")) } }
            ol.how {
                li { (t.get("certificate-how-1")) }
                li { (t.get("certificate-how-2")) }
                li { (t.get("certificate-how-3")) }
            }
            @if let Some(tls) = &visit.site.tls { p { a.button href={ (tls) "/login" } { (t.get("certificate-login")) } } }
        } @else if !is_in || person.certificate_until.is_some() {
            p { (t.get(if is_in { "certificate-renew-fetch" } else { "certificate-fetch" })) }
            (errors.summary(t))
            (card(visit, "/certificate", &html! {
                @if !is_in {
                    (Input { hint: Some(t.get("certificate-password-hint")), ..Input::password("certificate-password", t.get("certificate-password")) }.draw(errors))
                }
                (Input { autocomplete: "new-password", hint: Some(t.get("file-password-hint")), ..Input::password("new", t.get("file-password")) }.draw(errors))
                (Input { autocomplete: "new-password", ..Input::password("again", t.get("password-again")) }.draw(errors))
                p.actions { button.main type="submit" { (t.get("certificate-get")) } }
            }))
        } @else {
            @for known in &known { (facts(t, known)) }
            p { (t.get("certificate-renew-text")) }
            form method="post" action="/certificate/renew" { (csrf(visit)) button.main type="submit" { (t.get("certificate-renew")) } }
        }
    };
    Ok(page(visit, &t.get("menu-certificate"), &content))
}

fn facts(t: Text, known: &Certificate) -> Markup {
    html! {
        dl.facts {
            div { dt { (t.get("certificate-number")) } dd { (known.contract) "-" (known.number) } }
            div { dt { (t.get("user")) } dd { (known.user) } }
            div { dt { (t.get("valid-until")) } dd { (until(t, known)) } }
        }
    }
}

fn until(t: Text, known: &Certificate) -> String {
    known.last_day().map_or_else(String::new, |day| t.day(day))
}
