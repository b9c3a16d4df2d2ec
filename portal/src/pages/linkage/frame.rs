//! The common parts of a linkage's pages: the steps, the way on, the way out.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::domain::linkage::AccountState;
use crate::pages::fault::Fault;
use crate::pages::flows::Flow;
use crate::pages::forms::csrf;
use crate::pages::headers::CSP;
use crate::pages::layout::page;
use crate::pages::session::Stage;
use crate::pages::visit::Visit;

/// A page of the flow: no menu of the bank's own service, for the customer has not come for that.
pub(super) fn draw(visit: &Visit, flow: &Flow, step: usize, title: &str, content: &Markup) -> Response {
    let t = visit.t;
    let mut apart = visit.clone();
    apart.session.stage = Stage::Nobody;
    let steps = [
        "linkage-step-terms",
        "linkage-step-proof",
        "linkage-step-menus",
        "linkage-step-accounts",
        "linkage-step-permission",
    ];
    let content = html! {
        ol.steps aria-label=(t.get("steps")) {
            @for (at, name) in steps.into_iter().enumerate() {
                li.past[at < step] aria-current=[(at == step).then_some("step")] { (t.get(name)) }
            }
        }
        (content)
    };
    let mut response = page(&apart, title, &content);
    allow_return(visit, flow, &mut response);
    response
}

/// A page from which no way leads back to the provider. `why` is for the developer of the provider.
pub(super) fn refused(visit: &Visit, text: &str, why: Option<&str>) -> Response {
    let t = visit.t;
    let content = html! {
        p { (t.get(text)) }
        @if let Some(why) = why { p.muted { (t.get("linkage-for-developers")) " " code lang="en" { (why) } } }
        p.muted { (t.get("contact-desk")) }
        p { a.button href="/" { (t.get("back-to-start")) } }
    };
    let mut response = page(visit, &t.get("message"), &content);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

pub(super) fn button(visit: &Visit, flow: &Flow, step: &str, text: &str, class: &str) -> Markup {
    html! {
        form method="post" action={ "/link/" (flow.id) "/" (step) } data-once {
            (csrf(visit))
            button class=(class) type="submit" { (text) }
        }
    }
}

pub(super) fn stop_button(visit: &Visit, flow: &Flow) -> Markup {
    button(visit, flow, "stop", &visit.t.get("linkage-stop"), "stop")
}

pub(super) fn to(flow: &Flow, step: &str) -> Response {
    Redirect::to(&format!("/link/{}/{step}", flow.id)).into_response()
}

/// Sends the customer back to the provider.
pub(super) fn leave(visit: &Visit, flow: &Flow, location: &str) -> Response {
    let mut response = Redirect::to(location).into_response();
    allow_return(visit, flow, &mut response);
    response
}

/// Browsers hold a form to its page's policy through every redirect that follows it, so the provider's address is in it.
pub(super) fn allow_return(visit: &Visit, flow: &Flow, response: &mut Response) {
    let (back, tls) = (origin(&flow.provider.redirect_uri), visit.site.tls.as_deref().unwrap_or_default());
    let policy = CSP.replace("form-action 'self'", format!("form-action 'self' {back} {tls}").trim_end());
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

pub(super) fn origin(uri: &str) -> &str {
    let start = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[start..].find('/').map_or(uri.len(), |at| start + at);
    &uri[..end]
}

/// The way on after the choice of menus. The page with the accounts is skipped where no inquiry is used, or no account is left to register.
pub(super) fn after_menus(visit: &Visit, flow: &Flow) -> Result<Response, Fault> {
    let Some((who, _)) = &flow.who else { return Err(Fault::Form) };
    let states = visit.bank().account_states(&visit.look_up(who)?)?;
    let uses = flow.menus.iter().any(|menu| menu.is_inquiry());
    let left = states.iter().any(|(_, state)| *state == AccountState::Unregistered);
    Ok(to(flow, if uses && left { "accounts" } else { "permission" }))
}
