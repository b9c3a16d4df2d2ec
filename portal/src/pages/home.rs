//! The first page behind the login: what there is, and what is left to do.

use camtoken::Timestamp;
use maud::{Markup, html};

use super::fault::{Answer, Fault};
use super::layout::{MENU, page};
use super::visit::Visit;
use crate::domain::people::{Menu, Person};

pub(super) async fn show(visit: Visit) -> Answer {
    let (t, person) = (visit.t, visit.person()?);
    visit.bank().catch_up(&person).await?;
    let person = visit.person()?;
    let contract = visit.contract(&person)?;
    let own = visit.bank().accounts_for(&person)?;
    let content = html! {
        p.lead { (contract.name) " " span.muted { (t.with("welcome", &[("name", &person.name)])) } }
        @if let Some(moment) = person.login_before.map(Timestamp::from_unix) {
            p.muted { (t.with("last-login", &[("at", &t.moment(moment))])) }
        }
        @if let Some(due) = due(&visit, &person)? { (due) }
        @if person.gave_back() {
            p.notice { (t.get("generator-home")) }
        } @else if person.signs().is_none() {
            section.todo {
                h2 { (t.get("todo-register-title")) }
                p { (t.get("todo-register")) }
                p { a.button.main href="/registration" { (t.get("menu-registration")) } }
            }
        }
        @if person.may(Menu::Inquiry) {
            h2 { (t.get("accounts")) }
            ul.accounts {
                @for account in &own {
                    li {
                        a href={ "/accounts/" (account.key()) } {
                            span { (t.get(&format!("account-{}", account.kind))) " " (account.branch) "-" (account.number) }
                            b { (t.yen(account.balance)) }
                        }
                    }
                }
            }
        }
        nav.tiles aria-label=(t.get("menu")) {
            @for (heading, entries) in MENU {
                @let open: Vec<_> = entries.iter().filter(|(path, _, whom)| *path != "/home" && whom.includes(&visit, &person)).collect();
                @if !open.is_empty() {
                    section {
                        h2 { (t.get(heading)) }
                        ul { @for (path, text, _) in open { li { a href=(path) { (t.get(text)) } } } }
                    }
                }
            }
        }
        @if let (Some(face), Some(token)) = (visit.site.face_of(person.token.as_deref()), &person.token) {
            aside.advice {
                h2 { (t.get("your-token")) }
                p { (t.with("your-token-text", &[("token", token)])) }
                p { a.button href=(face) target="camtoken" data-beside { (t.get("open-token")) } }
            }
        }
    };
    Ok(page(&visit, &t.get("menu-home"), &content))
}

/// The message about a certificate that ends soon.
fn due(visit: &Visit, person: &Person) -> Result<Option<Markup>, Fault> {
    let Some(shown) = &visit.session.certificate else { return Ok(None) };
    let known = visit.bank().certificates(person)?.into_iter().find(|known| known.fingerprint == *shown);
    let Some(known) = known.filter(|known| known.is_due(visit.bank().now())) else { return Ok(None) };
    let t = visit.t;
    Ok(Some(html! {
        section.todo {
            h2 { (t.get("certificate-due-title")) }
            p { (t.with("certificate-due", &[("until", &known.last_day().map_or_else(String::new, |day| t.day(day)))])) }
            p { a.button.main href="/certificate" { (t.get("menu-certificate")) } }
        }
    }))
}
