//! 利用開始登録: the pages of the two codes.

use axum::response::{IntoResponse, Redirect};
use camtoken::verifier::Step;
use maud::{Markup, html};

use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, code_picture, code_png, csrf, form as card, rejected, wrong_entry};
use super::layout::page;
use super::session::Stage;
use super::visit::Visit;
use crate::bank::{First, Progress};
use crate::domain::calendar::day_in_japan;
use crate::domain::people::{FirstOtp, Person};

pub(super) async fn show(visit: Visit) -> Answer {
    let person = visit.registrant()?;
    visit.bank().catch_up(&person).await?;
    draw(&visit, &Errors::default()).await
}

pub(super) async fn begin(visit: Visit, mut fields: Fields) -> Answer {
    let (t, person) = (visit.t, visit.registrant()?);
    let mut password = None;
    if person.is_administrator() {
        password = fields.password("first-otp").of_letter();
        if password.is_none() {
            return draw(&visit, &Errors::one("first-otp", t.get("first-otp-form"))).await;
        }
    }
    let errors = match visit.bank().begin_registration(&person, password, fields.text("serial")).await? {
        First::Begun | First::Already | First::Overtaken => return Ok(Redirect::to("/registration").into_response()),
        First::Wrong(entry) => Errors::one("first-otp", wrong_entry(t, "first-otp", entry)),
        First::NoPassword(FirstOtp::Over) => Errors::one("first-otp", t.get("first-otp-over")),
        First::NoPassword(_) => Errors::one("first-otp", t.get("first-otp-none")),
        First::Serial => Errors::one("serial", t.get("serial-wrong")),
        First::Full => Errors::one("serial", t.get("token-full")),
    };
    draw(&visit, &errors).await
}

pub(super) async fn code(visit: Visit) -> Answer {
    let person = visit.registrant()?;
    match visit.bank().progress(&person).await? {
        Progress::First(code) | Progress::Second(code) => Ok(code_png(&code.code)),
        Progress::None | Progress::Done => Err(Fault::NotFound),
    }
}

pub(super) async fn device_code(visit: Visit, fields: Fields) -> Answer {
    let person = visit.registrant()?;
    match visit.bank().second_code(&person, fields.text("device-code")).await? {
        Step::Done(()) => Ok(Redirect::to("/registration").into_response()),
        Step::Rejected(rejection) => draw(&visit, &Errors::one("device-code", rejected(visit.t, rejection))).await,
    }
}

pub(super) async fn confirm(visit: Visit, fields: Fields) -> Answer {
    let person = visit.registrant()?;
    match visit.bank().confirm(&person, fields.text("otp")).await? {
        Step::Done(()) => {
            visit.tell("registered-yes");
            Ok(Redirect::to("/registration").into_response())
        }
        Step::Rejected(rejection) => draw(&visit, &Errors::one("otp", rejected(visit.t, rejection))).await,
    }
}

pub(super) async fn reset(visit: Visit, _: Fields) -> Answer {
    let person = visit.registrant()?;
    let given_up = visit.bank().give_up(&person).await?;
    visit.tell(if given_up { "registration-reset" } else { "registration-not-reset" });
    Ok(Redirect::to("/registration").into_response())
}

async fn draw(visit: &Visit, errors: &Errors) -> Answer {
    // As the database is now, not as it was when the request came.
    let person = visit.registrant()?;
    let content = match visit.bank().progress(&person).await? {
        Progress::None => begin_page(visit, &person, errors),
        Progress::First(code) => html! {
            (steps(visit, 2))
            (errors.summary(visit.t))
            div.sign {
                (code_picture(visit, person.token.as_deref(), &code.code, "/registration/code.png?1", None))
                div {
                    ol.how { li { (visit.t.get("first-code-1")) } li { (visit.t.get("first-code-2")) } }
                    (card(visit, "/registration/device-code", &html! {
                        (Input { hint: Some(visit.t.get("device-code-hint")), ..Input::otp("device-code", visit.t.get("device-code")) }.draw(errors))
                        p.actions { button.main type="submit" { (visit.t.get("next")) } }
                    }))
                    (give_up(visit))
                }
            }
        },
        Progress::Second(code) => html! {
            (steps(visit, 3))
            (errors.summary(visit.t))
            div.sign {
                (code_picture(visit, person.token.as_deref(), &code.code, "/registration/code.png?2", Some(code.expires_at)))
                div {
                    ol.how { li { (visit.t.get("second-code-1")) } li { (visit.t.get("second-code-2")) } li { (visit.t.get("second-code-3")) } }
                    (card(visit, "/registration/confirm", &html! {
                        (Input { hint: Some(visit.t.get("otp-hint")), ..Input::otp("otp", visit.t.get("otp")) }.draw(errors))
                        p.actions { button.main type="submit" { (visit.t.get("register")) } }
                    }))
                    (give_up(visit))
                }
            }
        },
        Progress::Done => done(visit, &person),
    };
    Ok(page(visit, &visit.t.get("registration"), &content))
}

fn begin_page(visit: &Visit, person: &Person, errors: &Errors) -> Markup {
    let t = visit.t;
    let open = person.first_otp(day_in_japan(visit.bank().now()));
    let until = person.first_otp_until().map_or_else(String::new, |day| t.day(day));
    html! {
        (steps(visit, 1))
        p { (t.get("registration-intro")) }
        @if person.token.is_none() {
            p.warning role="status" { (t.get(if person.is_administrator() { "no-token-lent" } else { "no-token-handed" })) }
            p { (t.get("contact-desk")) }
        } @else if person.is_administrator() && open != FirstOtp::Open {
            p.warning role="status" { (t.get(if open == FirstOtp::Over { "first-otp-over" } else { "first-otp-none" })) }
            p { (t.get("contact-desk")) }
        } @else {
            (errors.summary(t))
            (card(visit, "/registration", &html! {
                @if person.is_administrator() {
                    (Input { hint: Some(t.with("first-otp-hint", &[("until", &until)])), ..Input::password("first-otp", t.get("first-otp")) }.draw(errors))
                }
                (Input { hint: Some(t.get("serial-hint")), max: Some(10), ..Input::new("serial", t.get("serial")) }.draw(errors))
                p.actions { button.main type="submit" { (t.get("next")) } }
            }))
        }
    }
}

fn done(visit: &Visit, person: &Person) -> Markup {
    let t = visit.t;
    let registering = matches!(visit.session.stage, Stage::Registering(_));
    html! {
        (steps(visit, 4))
        p.success { (t.get("registration-done")) }
        dl.facts {
            div { dt { (t.get("user")) } dd { (person.user) } }
            div { dt { (t.get("serial")) } dd { (person.token.as_deref().unwrap_or("－")) } }
        }
        @if registering {
            p { (t.get("login-again")) }
            form method="post" action="/logout" { (csrf(visit)) button.main type="submit" { (t.get("to-login")) } }
        } @else {
            p { a.button href="/home" { (t.get("menu-home")) } }
        }
        (give_up(visit))
    }
}

/// 初期化: also after the last step, as long as nothing was signed, for a token on which "no" was pressed.
fn give_up(visit: &Visit) -> Markup {
    html! {
        details.more {
            summary { (visit.t.get("registration-trouble")) }
            p { (visit.t.get("registration-trouble-text")) }
            form method="post" action="/registration/reset" {
                (csrf(visit))
                button type="submit" { (visit.t.get("initialise")) }
            }
        }
    }
}

fn steps(visit: &Visit, now: usize) -> Markup {
    let names = ["step-check", "step-first", "step-second", "step-done"];
    html! {
        ol.steps aria-label=(visit.t.get("steps")) {
            @for (place, name) in names.iter().enumerate() {
                li aria-current=[(place + 1 == now).then_some("step")] .past[place + 1 < now] { (visit.t.get(name)) }
            }
        }
    }
}
