//! The outbox: what the bank has sent. A real bank has no such page; here it is what the postman and the mailbox are.

use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::IntoResponse;
use camtoken::Timestamp;
use camtoken::qr::{self, EcLevel};
use maud::html;
use serde::Deserialize;

use super::fault::{Answer, Fault};
use super::layout::page;
use super::visit::Visit;
use crate::books::Row as _;
use crate::domain::mail::{Delivery, Mail};
use crate::letter;

/// Mails on a page.
const PAGE: usize = 100;

/// Where a page of a long list goes on.
#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<String>,
}

pub(super) async fn list(visit: Visit, Query(before): Query<Before>) -> Answer {
    let t = visit.t;
    let mails = visit.bank().books.newest::<Mail>(before.before.as_deref(), PAGE)?;
    let older = mails.last().filter(|_| mails.len() == PAGE).map(Mail::key);
    let content = html! {
        p { (t.get("outbox-intro")) }
        ul.rows {
            @for mail in &mails {
                li {
                    a href={ "/outbox/" (mail.number) } { (mail.subject(t)) }
                    span.muted { (t.get(if mail.is_letter() { "letter" } else { "mail-subject" })) " " (mail.to) " " (t.moment(Timestamp::from_unix(mail.at))) @if let Some(delivery) = mail.delivery { " " (t.get(delivered(delivery))) } }
                }
            }
        }
        @if let Some(older) = older { p { a.button href={ "/outbox?before=" (older) } { (t.get("older")) } } }
    };
    Ok(page(&visit, &t.get("outbox"), &content))
}

pub(super) async fn show(visit: Visit, Path(number): Path<u64>) -> Answer {
    let t = visit.t;
    let mail = visit.bank().books.get::<Mail>(&format!("{number:08}"))?.ok_or(Fault::NotFound)?;
    let word = |name: &str| mail.word(name);
    let content = html! {
        article.letter[mail.is_letter()] {
            p.muted { (mail.to) " " (t.moment(Timestamp::from_unix(mail.at))) }
            @if mail.is_letter() {
                p { @if !word("name").is_empty() { (word("name")) " " (t.get("letter-to")) } }
                p { (t.get(&format!("{}-text", mail.text))) }
                dl.facts {
                    @for (label, value) in mail.facts(t) { div { dt { (label) } dd { code.long[value.len() > 20] { (value) } } } }
                }
                @if !word("uri").is_empty() {
                    figure.code { img src={ "/outbox/" (mail.number) "/code.png" } width="200" height="200" alt=(t.get("generator-code")); }
                }
                p { (t.get("letter-advice")) }
                p.sender { (t.get("bank")) br; small { (t.get("contact-desk")) } }
            } @else {
                p { (mail.body(t)) }
                p { (t.get("mail-advice")) }
                p.sender { (t.get("bank")) br; small { (t.get("contact-desk")) } }
            }
        }
        @if mail.is_letter() { p.actions { a.button href={ "/outbox/" (mail.number) "/letter.png" } download { (t.get("letter-download")) } } }
        p { a href="/outbox" { (t.get("outbox")) } }
    };
    Ok(page(&visit, &mail.subject(t), &content))
}

/// The letter on a sheet of A4.
pub(super) async fn sheet(visit: Visit, Path(number): Path<u64>) -> Answer {
    let mail =
        visit.bank().books.get::<Mail>(&format!("{number:08}"))?.filter(Mail::is_letter).ok_or(Fault::NotFound)?;
    let name = format!("attachment; filename=\"{}-{}.png\"", mail.text, mail.to);
    let headers = [(header::CONTENT_TYPE, "image/png"), (header::CONTENT_DISPOSITION, name.as_str())];
    Ok((headers, letter::png(visit.t, &mail)).into_response())
}

/// The 2D code of the letter with a generator's secret, for an app.
pub(super) async fn code(visit: Visit, Path(number): Path<u64>) -> Answer {
    let mail = visit.bank().books.get::<Mail>(&format!("{number:08}"))?.ok_or(Fault::NotFound)?;
    let png = qr::encode(mail.word("uri"), EcLevel::M).ok().filter(|_| !mail.word("uri").is_empty());
    let png = png.ok_or(Fault::NotFound)?.to_png(8);
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}

fn delivered(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Taken => "mail-taken",
        Delivery::Undeliverable => "mail-undeliverable",
    }
}
