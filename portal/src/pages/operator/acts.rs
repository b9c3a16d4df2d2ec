//! An act at the desk: what will happen and to whom, the reason, and the list of what waits for a second operator.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use camtoken::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::guard::operator;
use crate::bank::{AtDesk, Did, NotDone};
use crate::domain::alarm::Alarm;
use crate::domain::contract::{Application, Contract};
use crate::domain::desk::{DeskAct, Errand, MAX_REASON};
use crate::domain::people::Person;
use crate::pages::fault::{Answer, Fault};
use crate::pages::fields::Fields;
use crate::pages::forms::{Errors, Input, csrf, form as card};
use crate::pages::layout::page;
use crate::pages::people::role;
use crate::pages::visit::Visit;
use crate::pages::words::{method_name, operation};
use crate::text::Text;

/// An errand as it stands in an address.
#[derive(Deserialize)]
pub(in crate::pages) struct Wanted {
    act: String,
    #[serde(default)]
    contract: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    item: String,
}

/// A button that leads to the page that says what an act will do.
pub(super) fn act_button(t: Text, errand: &Errand, class: &str) -> Markup {
    html! {
        form method="get" action="/operator/act" {
            (inputs(errand))
            button class=[(!class.is_empty()).then_some(class)] type="submit" { (act_name(t, errand.act)) }
        }
    }
}

/// What of an errand stands in a form.
pub(super) fn inputs(errand: &Errand) -> Markup {
    html! {
        input type="hidden" name="act" value=(errand.act.as_str());
        @for (name, value) in [("contract", &errand.contract), ("user", &errand.user), ("item", &errand.item)] {
            @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
        }
    }
}

pub(super) fn act_name(t: Text, act: DeskAct) -> String {
    t.get(&format!("desk-{}", act.as_str()))
}

pub(in crate::pages) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Answer {
    operator(&visit)?;
    let act = DeskAct::from_name(&wanted.act).ok_or(Fault::NotFound)?;
    let Wanted { contract, user, item, .. } = wanted;
    draw(&visit, &Errand { act, contract, user, item }, &Errors::default())
}

pub(in crate::pages) async fn enter(visit: Visit, typed: Fields) -> Answer {
    let operator = operator(&visit)?;
    let text = |name: &str| typed.text(name).to_owned();
    let act = DeskAct::from_name(typed.text("act")).ok_or(Fault::NotFound)?;
    let errand = Errand { act, contract: text("contract"), user: text("user"), item: text("item") };
    match visit.bank().at_desk(operator, typed.text("reason"), &errand).await? {
        AtDesk::Done(did) => {
            visit.tell(done(act));
            Ok(after(&visit, &errand, &did).into_response())
        }
        AtDesk::Waits(id) => {
            visit.tell("desk-waits");
            Ok(Redirect::to(&format!("/operator/pending/{id}")).into_response())
        }
        AtDesk::NotDone(why) => {
            let input = if why == NotDone::Reason { "reason" } else { crate::pages::forms::NOWHERE };
            draw(&visit, &errand, &Errors::one(input, visit.t.get(not_done(why))))
        }
    }
}

pub(in crate::pages) async fn pending(visit: Visit) -> Answer {
    let me = operator(&visit)?;
    let t = visit.t;
    let waiting = visit.bank().waiting()?;
    let content = html! {
        p { (t.get("pending-intro")) }
        @if waiting.is_empty() { p { (t.get("pending-none")) } }
        ul.rows {
            @for one in &waiting {
                li {
                    a href={ "/operator/pending/" (one.id) } { b { (act_name(t, one.errand.act)) } }
                    span.muted {
                        (company(&visit, &one.errand.contract)?) " " (one.errand.user) " " (one.errand.item) br;
                        (t.with("pending-by", &[("operator", &one.operator), ("at", &t.moment(Timestamp::from_unix(one.at)))]))
                        @if one.operator == me { " " (t.get("pending-own")) }
                    }
                }
            }
        }
        p { a href="/operator" { (t.get("operator")) } }
    };
    Ok(page(&visit, &t.get("pending"), &content))
}

pub(in crate::pages) async fn pending_one(visit: Visit, Path(id): Path<String>) -> Answer {
    draw_pending(&visit, &id, &Errors::default())
}

pub(in crate::pages) async fn decide(visit: Visit, Path(id): Path<String>, typed: Fields) -> Answer {
    let me = operator(&visit)?;
    let known = visit.bank().waiting()?.into_iter().find(|one| one.id == id).ok_or(Fault::NotFound)?;
    if typed.text("decision") != "approve" {
        let declined = visit.bank().decline(me, &id).await?;
        visit.tell(if declined { "pending-declined" } else { "pending-gone" });
        return Ok(Redirect::to("/operator/pending").into_response());
    }
    match visit.bank().approve(me, &id).await? {
        AtDesk::Done(did) => {
            visit.tell(done(known.errand.act));
            Ok(after(&visit, &known.errand, &did).into_response())
        }
        AtDesk::Waits(_) => Err(Fault::NotFound),
        AtDesk::NotDone(why) => {
            draw_pending(&visit, &id, &Errors::one(crate::pages::forms::NOWHERE, visit.t.get(not_done(why))))
        }
    }
}

/// Ends the sessions that are over, and goes to what the errand was about.
fn after(visit: &Visit, errand: &Errand, did: &Did) -> Redirect {
    for user in &did.out {
        visit.site.sessions.end_all_of(&did.contract, user, None);
    }
    Redirect::to(&back(&Errand { contract: did.contract.clone(), ..errand.clone() }))
}

/// The page that an errand comes from.
fn back(errand: &Errand) -> String {
    let Errand { contract, user, act, .. } = errand;
    match act {
        DeskAct::SeeTo => "/operator".to_owned(),
        DeskAct::Remove => format!("/operator/{contract}/{user}/records"),
        _ if contract.is_empty() => "/operator".to_owned(),
        _ if user.is_empty() => format!("/operator?q={contract}"),
        _ => format!("/operator/{contract}/{user}"),
    }
}

fn draw(visit: &Visit, errand: &Errand, errors: &Errors) -> Answer {
    let t = visit.t;
    let why_not = visit.bank().why_not(operator(visit)?, errand)?;
    let content = html! {
        (errors.summary(t))
        (about(visit, errand)?)
        @if let Some(why) = why_not.filter(|_| errors.0.is_empty()) {
            p.warning role="alert" { (t.get(not_done(why))) }
        }
        @if why_not.is_none() {
            (card(visit, "/operator/act", &html! {
                (inputs(errand))
                (Input { max: Some(MAX_REASON), hint: Some(t.get("reason-hint")), ..Input::new("reason", t.get("reason")) }.draw(errors))
                p.actions {
                    button.main type="submit" { (t.get(if visit.bank().is_final(errand)? { "desk-ask" } else { "desk-do" })) }
                    a.button href=(back(errand)) { (t.get("desk-back")) }
                }
            }))
        } @else {
            p { a.button href=(back(errand)) { (t.get("desk-back")) } }
        }
    };
    Ok(page(visit, &act_name(t, errand.act), &content))
}

fn draw_pending(visit: &Visit, id: &str, errors: &Errors) -> Answer {
    let (t, me) = (visit.t, operator(visit)?);
    let one = visit.bank().waiting()?.into_iter().find(|one| one.id == id).ok_or(Fault::NotFound)?;
    let is_own = one.operator == me;
    let decision = |decision: &str, text: &str, class: &str| {
        html! {
            form method="post" action={ "/operator/pending/" (id) } data-once {
                (csrf(visit))
                input type="hidden" name="decision" value=(decision);
                button class=(class) type="submit" { (t.get(text)) }
            }
        }
    };
    let content = html! {
        (errors.summary(t))
        dl.facts {
            div { dt { (t.get("order-number")) } dd { (one.id) } }
            div { dt { (t.get("asked-by")) } dd { (one.operator) " " span.muted { (t.moment(Timestamp::from_unix(one.at))) } } }
            div { dt { (t.get("reason")) } dd { (one.reason) } }
        }
        (about(visit, &one.errand)?)
        @if is_own { p { (t.get("pending-not-by-you")) } }
        div.actions {
            @if is_own { (decision("withdraw", "pending-withdraw", "")) }
            @else {
                (decision("approve", "pending-approve", "main"))
                (decision("decline", "pending-decline", "danger"))
            }
        }
        p { a href="/operator/pending" { (t.get("pending")) } }
    };
    Ok(page(visit, &t.with("pending-one", &[("act", &act_name(t, one.errand.act))]), &content))
}

/// What an errand is about, by name, and what it will do.
fn about(visit: &Visit, errand: &Errand) -> Result<Markup, Fault> {
    let t = visit.t;
    let person = visit.bank().person(&errand.contract, &errand.user)?;
    let act = errand.act.as_str();
    let name = person.as_ref().map_or("", |person: &Person| person.name.as_str());
    let words =
        [("company", company(visit, &errand.contract)?), ("user", errand.user.clone()), ("item", errand.item.clone())];
    let words = words.each_ref().map(|(name, word)| (*name, word.as_str()));
    let item = match errand.act {
        DeskAct::Complete | DeskAct::SeeTo => "order-number",
        DeskAct::ResumePin => "account-number",
        _ => "serial-short",
    };
    let effect = match (errand.act, errand.item.is_empty()) {
        (DeskAct::Lend, true) => "desk-lend-stock-effect".to_owned(),
        _ => format!("desk-{act}-effect"),
    };
    Ok(html! {
        dl.facts {
            @if !errand.contract.is_empty() {
                div { dt { (t.get("company")) } dd { b { (company(visit, &errand.contract)?) } " " span.muted { (errand.contract) } } }
            }
            @if !errand.user.is_empty() {
                div { dt { (t.get("person")) } dd { b { (errand.user) } " " (name) @if let Some(person) = &person { " " span.muted { (role(t, person.role)) } } } }
            }
            (thing(visit, errand)?)
            @if !errand.item.is_empty() { div { dt { (t.get(item)) } dd { (errand.item) } } }
        }
        h2 { (t.get("desk-what-happens")) }
        p { (t.with(&effect, &words)) }
        @if visit.bank().is_final(errand)? { p.warning { (t.get("desk-final")) } }
    })
}

/// What an application or a report says.
fn thing(visit: &Visit, errand: &Errand) -> Result<Markup, Fault> {
    let t = visit.t;
    let books = &visit.bank().books;
    Ok(match errand.act {
        DeskAct::Complete => match books.get::<Application>(&errand.item)? {
            Some(application) => html! {
                div { dt { (t.get("company")) } dd { b { (application.name) } } }
                div { dt { (t.get("method")) } dd { (method_name(t, application.method)) } }
                @for one in &application.administrators { div { dt { (t.get("role-administrator")) } dd { b { (one.user) } " " (one.name) } } }
                @if application.administrators.is_empty() { div { dt { (t.get("role-administrator")) } dd { (application.administrator) } } }
            },
            None => html! {},
        },
        DeskAct::SeeTo => match books.get::<Alarm>(&errand.item)? {
            Some(alarm) => html! {
                div { dt { (t.get("operation")) } dd { (operation(t, &alarm.operation)) } }
                div { dt { (t.get("at")) } dd { (t.moment(Timestamp::from_unix(alarm.at))) } }
            },
            None => html! {},
        },
        _ => html! {},
    })
}

fn company(visit: &Visit, contract: &str) -> Result<String, Fault> {
    Ok(visit.bank().books.get::<Contract>(contract)?.map_or_else(String::new, |known| known.name))
}

/// What is said once something is done.
fn done(act: DeskAct) -> &'static str {
    match act {
        DeskAct::Suspend => "done-suspended",
        DeskAct::Resume | DeskAct::ResumePin => "done-resumed",
        DeskAct::Initialise => "registration-reset",
        DeskAct::FirstOtp => "done-first-otp",
        DeskAct::Certificate => "done-certificate",
        DeskAct::Passkeys => "done-passkeys",
        DeskAct::Generator => "done-generator",
        DeskAct::Lend => "done-lent",
        DeskAct::Revoke => "done-revoked",
        DeskAct::Remove => "done-removed",
        DeskAct::End => "done-ended",
        DeskAct::Complete => "done-completed",
        _ => "done-noted",
    }
}

/// Why nothing was done, in words.
fn not_done(why: NotDone) -> &'static str {
    match why {
        NotDone::NotFound => "not-done-found",
        NotDone::Ended => "not-done-ended",
        NotDone::Reason => "reason-missing",
        NotDone::NoToken => "no-token-left",
        NotDone::EndsRegistration => "desk-final",
        NotDone::HasSigned => "registration-not-reset",
        NotDone::LastAdministrator => "not-done-last",
        NotDone::Waits => "not-done-waits",
        NotDone::SamePerson => "pending-not-by-you",
    }
}
