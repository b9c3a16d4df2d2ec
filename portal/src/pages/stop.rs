//! 緊急停止: everything of a person's stops at once, by one button and without the token.

use axum::response::Response;
use maud::html;

use super::fault::Answer;
use super::fields::Fields;
use super::forms::csrf;
use super::layout::page;
use super::session::Stage;
use super::visit::Visit;
use crate::domain::linkage::Ended;

/// What the button will do.
pub(super) async fn show(visit: Visit) -> Answer {
    let (t, person) = (visit.t, visit.person()?);
    let content = html! {
        p.lead { (t.with("stop-intro", &[("user", &person.user)])) }
        ul { @for line in ["stop-logins", "stop-signing", "stop-linkages"] { li { (t.get(line)) } } }
        p.warning { (t.get("stop-undo")) }
        p.muted { (t.get("stop-phone")) " " (t.get("contact-desk")) }
        form method="post" action="/stop" data-once {
            (csrf(&visit))
            div.actions {
                button.danger type="submit" { (t.get("stop-do")) }
                a.button href="/home" { (t.get("desk-back")) }
            }
        }
    };
    Ok(page(&visit, &t.get("menu-stop"), &content))
}

pub(super) async fn stop(visit: Visit, _: Fields) -> Answer {
    let person = visit.person()?;
    let linkages = visit.bank().linkages(&person)?;
    let ids: Vec<_> = linkages.into_iter().filter(|(_, ended)| ended.is_none()).map(|(known, _)| known.id).collect();
    for id in &ids {
        visit.bank().end_linkage(id, Ended::Revoked)?;
    }
    if let Some(linkages) = &visit.site.linkages {
        linkages.end(&ids)?;
    }
    // The last of what the bank writes down, so that the person can press the button again if the process is killed before.
    let stopped = visit.bank().stop(&person).await;
    visit.site.sessions.end_all_of(&person.contract, &person.user, None);
    stopped?;
    Ok(visit.enter(Stage::Nobody, "/stopped"))
}

/// What has been done, and whom to call. It names nobody, so it is there for everybody.
pub(super) async fn stopped(visit: Visit) -> Response {
    let t = visit.t;
    let content = html! {
        p.notice role="status" { (t.get("stop-done")) }
        p { (t.get("stop-undo")) }
        p { b { (t.get("contact-desk")) } }
    };
    page(&visit, &t.get("menu-stop"), &content)
}
