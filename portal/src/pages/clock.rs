//! The clock of a bank that was started with one for tests. Any other bank has no such page.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use maud::html;

use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, form as card, select};
use super::layout::{message, page};
use super::visit::Visit;
use crate::bank::BankError;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

/// How far it can be moved on: the name of the text, and the seconds.
const SPANS: &[(&str, u64)] = &[
    ("clock-challenge", 3 * MINUTE + 1),
    ("clock-idle", 5 * MINUTE + 1),
    ("clock-code", 10 * MINUTE + 1),
    ("clock-day", DAY),
    ("clock-week", 7 * DAY),
    ("clock-first-otp", 91 * DAY),
    ("clock-year", 366 * DAY),
];

pub(super) async fn show(visit: Visit) -> Answer {
    let t = visit.t;
    let clock = visit.site.test_clock.as_ref().ok_or(Fault::NotFound)?;
    let options: Vec<_> = SPANS.iter().map(|(text, seconds)| (seconds.to_string(), t.get(text))).collect();
    let content = html! {
        p { (t.get("clock-intro")) }
        dl.facts { div { dt { (t.get("clock-now")) } dd { time #now datetime=(clock.now()) { (t.moment(clock.now())) } } } }
        (card(&visit, "/clock", &html! {
            (select("by", &t.get("clock-by"), &options, "", &Errors::default()))
            p.actions { button.main type="submit" { (t.get("clock-advance")) } }
        }))
    };
    Ok(page(&visit, &t.get("clock"), &content))
}

/// Moves it on, by any number of seconds up to a year: a script is bound to no list.
pub(super) async fn advance(visit: Visit, fields: Fields) -> Answer {
    let clock = visit.site.test_clock.as_ref().ok_or(Fault::NotFound)?;
    let by = fields.text("by").parse().ok().filter(|seconds| *seconds <= 366 * DAY).ok_or(Fault::Form)?;
    let by = Duration::from_secs(by);
    // One may have been registered since the start.
    if let Some(token) = visit.bank().real_token().await? {
        let mut refusal = message(&visit, &visit.t.with("clock-real", &[("token", token.as_str())]));
        *refusal.status_mut() = StatusCode::CONFLICT;
        return Ok(refusal);
    }
    clock.advance(by).map_err(BankError::Clock)?;
    clock.lead(by).await.map_err(BankError::Clock)?;
    visit.site.tidy()?;
    Ok(Redirect::to("/clock").into_response())
}
