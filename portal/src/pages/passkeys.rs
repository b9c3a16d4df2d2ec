//! パスキー: the list, what the token signs about them, a new one, and the login by one.

use axum::response::{IntoResponse, Redirect, Response};
use camtoken::Timestamp;
use camtoken::transaction::Operation;
use maud::{Markup, html};

use super::drafts::{checked, keep};
use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, NOWHERE, csrf, form as card};
use super::layout::page;
use super::passkey_forms::{bytes, for_script, passkey_login};
use super::session::{Stage, Who};
use super::visit::Visit;
use crate::bank::{Added, Draft};
use crate::domain::order::Act;
use crate::domain::passkey::{MAX_NAME, MAX_PASSKEYS, Passkey, digest};
use crate::domain::people::Person;
use crate::webauthn::{Asserted, Created};

pub(super) async fn list(visit: Visit) -> Answer {
    draw(&visit, &visit.signer()?, None, &Errors::default())
}

pub(super) async fn change(visit: Visit, typed: Fields) -> Answer {
    let (t, person) = (visit.t, visit.signer()?);
    let mine = visit.bank().passkeys(&person)?;
    let (what, item, line, act) = match typed.text("act") {
        "add" => {
            let name = typed.text("name").to_owned();
            if mine.len() >= MAX_PASSKEYS {
                return draw(&visit, &person, Some(&typed), &Errors::one("name", t.get("passkey-too-many")));
            }
            ("add", name.clone(), "passkey-line-add", Act::AddPasskey { name })
        }
        "remove" => {
            let known = mine.iter().find(|known| known.id == typed.text("id")).ok_or(Fault::NotFound)?;
            ("remove", known.name.clone(), "passkey-line-remove", Act::RemovePasskey { id: known.id.clone() })
        }
        "only" if !mine.is_empty() => {
            ("only", t.get("passkey-line-alone"), "passkey-line-login", Act::PasskeyOnly { only: true })
        }
        "beside" => ("only", t.get("passkey-line-both"), "passkey-line-login", Act::PasskeyOnly { only: false }),
        _ => return Err(Fault::NotFound),
    };
    let bound = match &act {
        Act::RemovePasskey { id } => id.clone(),
        Act::PasskeyOnly { only } => (if *only { "yes" } else { "no" }).to_owned(),
        _ => item.clone(),
    };
    let fields = [
        ("act", "change".to_owned()),
        ("targetId", person.user.clone()),
        ("targetName", person.name.clone()),
        ("difference1", t.get(line)),
        ("difference2", item),
        ("after", digest(&person, what, &bound)),
    ];
    let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
    match checked(t, Draft { operation: Operation::UserManagement, fields, act }) {
        Ok(draft) => Ok(keep(&visit, draft)),
        Err(_) => draw(&visit, &person, Some(&typed), &Errors::one("name", t.get("passkey-name-hint"))),
    }
}

/// The page on which the browser makes the passkey that was signed for.
pub(super) async fn new(visit: Visit) -> Answer {
    let person = visit.person()?;
    draw_new(&visit, &person, &Errors::default())
}

pub(super) async fn add(visit: Visit, fields: Fields) -> Answer {
    let (t, person) = (visit.t, visit.person()?);
    let site = visit.passkey_site().ok_or(Fault::NotFound)?;
    let (Some(ceremony), Some(order)) = (visit.end_ceremony(), &visit.session.permit) else {
        return draw_new(&visit, &person, &Errors::one(NOWHERE, t.get("passkey-late")));
    };
    let created = Created { client_data: bytes(&fields, "client-data"), attestation: bytes(&fields, "attestation") };
    let asked = (ceremony.challenge.as_str(), ceremony.handle.as_str());
    let text = match visit.bank().add_passkey(&person, order, site, asked, &created)? {
        Added::Passkey(_) => {
            visit.change(|session| session.permit = None);
            visit.tell("passkey-added");
            return Ok(Redirect::to("/passkeys").into_response());
        }
        Added::NotPermitted => "passkey-late",
        Added::Known => "passkey-there",
        Added::Unfit(_) => "passkey-unfit",
    };
    draw_new(&visit, &person, &Errors::one(NOWHERE, t.get(text)))
}

/// Login by a passkey. Whatever is wrong, the answer is the same.
pub(super) async fn enter(visit: Visit, fields: Fields) -> Answer {
    let site = visit.passkey_site().ok_or(Fault::NotFound)?;
    let hex = |name: &str| base16ct::lower::encode_string(&bytes(&fields, name));
    let asserted = Asserted {
        client_data: bytes(&fields, "client-data"),
        authenticator_data: bytes(&fields, "authenticator-data"),
        signature: bytes(&fields, "signature"),
    };
    let person = match visit.end_ceremony() {
        Some(ceremony) => {
            let named = (hex("id"), hex("handle"));
            visit.bank().log_in_by_passkey(site, &ceremony.challenge, (&named.0, &named.1), &asserted)?
        }
        None => None,
    };
    Ok(match person {
        Some(person) => visit.enter(Stage::In(Who::new(&person)), "/home"),
        None => draw_refused(&visit),
    })
}

fn draw_refused(visit: &Visit) -> Response {
    let t = visit.t;
    let content = html! {
        p.warning role="alert" { (t.get("passkey-wrong")) }
        (passkey_login(visit))
        p { a.button href="/login" { (t.get("passkey-other-login")) } }
    };
    page(visit, &t.get("login"), &content)
}

fn draw(visit: &Visit, person: &Person, typed: Option<&Fields>, errors: &Errors) -> Answer {
    let t = visit.t;
    let mine = visit.bank().passkeys(person)?;
    let content = html! {
        p { (t.get("passkeys-intro")) }
        (errors.summary(t))
        @if mine.is_empty() { p { (t.get("passkeys-none")) } } @else {
            ul.rows { @for known in &mine { li { (row(visit, known)) } } }
        }
        @if person.signs().is_none() {
            p.warning { (t.get("not-registered")) }
            p { a.button.main href="/registration" { (t.get("menu-registration")) } }
        } @else {
            h2 { (t.get("passkey-add")) }
            @if let Some(address) = visit.passkey_address() {
                p.notice { (t.get("passkey-address")) " " a href={ (address) "/login" } { (address) } }
            } @else if visit.passkey_site().is_some() {
                (card(visit, "/passkeys", &html! {
                    input type="hidden" name="act" value="add";
                    (Input { max: Some(MAX_NAME), hint: Some(t.get("passkey-name-hint")), value: typed.map_or("", |typed| typed.text("name")), ..Input::new("name", t.get("passkey-name")) }.draw(errors))
                    p.actions { button.main type="submit" { (t.get("to-confirm")) } }
                }))
            }
            @if !mine.is_empty() {
                h2 { (t.get("passkey-line-login")) }
                p { (t.get(if person.passkey_only { "passkey-is-alone" } else { "passkey-is-beside" })) }
                (button(visit, if person.passkey_only { "beside" } else { "only" }, "", ""))
            }
        }
    };
    Ok(page(visit, &t.get("menu-passkeys"), &content))
}

/// A passkey in the list.
fn row(visit: &Visit, known: &Passkey) -> Markup {
    let t = visit.t;
    let moment = |at| t.moment(Timestamp::from_unix(at));
    html! {
        b { (known.name) }
        span.muted {
            (t.with("passkey-since", &[("at", &moment(known.added))])) br;
            @match known.last_used {
                Some(at) => (t.with("passkey-used", &[("at", &moment(at))])),
                None => (t.get("passkey-unused")),
            }
            br; (t.get(if known.synced { "passkey-synced" } else { "passkey-device" }))
        }
        (button(visit, "remove", &known.id, "danger"))
    }
}

/// A button that leads to the signature for an act.
fn button(visit: &Visit, act: &str, id: &str, class: &str) -> Markup {
    html! {
        form method="post" action="/passkeys" {
            (csrf(visit))
            input type="hidden" name="act" value=(act);
            @if !id.is_empty() { input type="hidden" name="id" value=(id); }
            button class=[(!class.is_empty()).then_some(class)] type="submit" { (visit.t.get(&format!("passkey-{act}"))) }
        }
    }
}

fn draw_new(visit: &Visit, person: &Person, errors: &Errors) -> Answer {
    let t = visit.t;
    let (order, now) = (visit.session.permit.as_deref().unwrap_or_default(), visit.bank().now());
    let permit = person.passkey_permit.as_ref().filter(|permit| permit.is_good(order, now));
    let (Some(permit), Some(site)) = (permit, visit.passkey_site()) else {
        let content = html! {
            (errors.summary(t))
            @if errors.0.is_empty() { p { (t.get("passkey-late")) } }
            p { a.button.main href="/passkeys" { (t.get("menu-passkeys")) } }
        };
        return Ok(page(visit, &t.get("passkey-new"), &content));
    };
    let ceremony = visit.begin_ceremony(&visit.bank().passkey_handle(person)?);
    let known = visit.bank().passkeys(person)?.iter().map(|known| for_script(&known.id)).collect::<Vec<_>>().join(" ");
    let user = person.login_id.clone().unwrap_or_else(|| format!("{} {}", person.contract, person.user));
    let content = html! {
        (errors.summary(t))
        p { (t.with("passkey-new-text", &[("name", &permit.name)])) }
        form.passkey method="post" action="/passkeys/new" data-passkey="create" data-challenge=(ceremony.challenge)
            data-site=(site.id) data-bank=(t.get("bank")) data-handle=(for_script(&ceremony.handle)) data-user=(user)
            data-name=(person.name) data-known=(known) data-stopped=(t.get("passkey-stopped")) data-there=(t.get("passkey-there")) hidden {
            (csrf(visit))
            @for name in ["client-data", "attestation"] { input type="hidden" name=(name); }
            button.main type="submit" { (t.get("passkey-create")) }
            p.error role="status" {}
        }
        p.warning { (t.get("passkey-no-script")) }
    };
    Ok(page(visit, &t.get("passkey-new"), &content))
}
