//! What stands before every page: the visitor's session, limits on what costs, and pages that have no text of their own.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use camtoken::language::Language;

use super::fault::{Fault, Unwritten};
use super::layout;
use super::session::{BROWSER, COOKIE, SECURE_BROWSER, SECURE_COOKIE, Stage, browser_id, cookie};
use super::site::Site;
use super::visit::Visit;
use crate::bank::BankError;
use crate::browser::{cookie_named, language};
use crate::text::Text;
use crate::tls::Peer;

/// Forms with a password in them that is compared or hashed.
const COSTLY: &[&str] = &[
    "/certificate",
    "/login",
    "/login/otp",
    "/login/otp/initialise",
    "/operator/login",
    "/orders/confirm",
    "/password",
    "/registration",
    "/users/new",
];

/// Finds the visitor's session, or begins one, and writes pages that have no text yet.
pub(super) async fn visitor(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let now = site.bank.now();
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|known| known.0.clone()).unwrap_or_default();
    let cookie_name = if peer.secure { SECURE_COOKIE } else { COOKIE };
    let named = cookie_named(request.headers(), cookie_name);
    let found = named.as_deref().map_or(Err(false), |name| site.sessions.find(name, now));
    let ended = found.as_ref().err() == Some(&true);
    let (name, session, is_new) = match (named, found) {
        (Some(name), Ok(session)) => (name, session, false),
        _ => {
            let (name, mut session) = site.sessions.begin(Stage::Nobody, now);
            session.notice = ended.then_some("session-ended");
            site.sessions.change(&name, |kept| kept.notice = session.notice);
            (name, session, true)
        }
    };
    let parts = request.uri().query().unwrap_or_default().split('&');
    let (asked, others): (Vec<&str>, Vec<&str>) = parts.partition(|part| part.starts_with("lang="));
    let asked: Option<Language> = asked.iter().find_map(|part| part["lang=".len()..].parse().ok());
    let t = Text(asked.unwrap_or_else(|| language(request.headers())));
    let (path, query) = (request.uri().path().to_owned(), others.join("&"));
    let called = if peer.secure { SECURE_BROWSER } else { BROWSER };
    let browser = cookie_named(request.headers(), called).map(|name| browser_id(&name));
    let visit = Visit { site, peer, name, browser, session, t, path, query };
    request.extensions_mut().insert(visit.clone());
    let costly = request.method() == Method::POST && COSTLY.contains(&visit.path.as_str());
    let let_in = if costly { visit.count_address() } else { Ok(()) };
    let mut response = match let_in {
        // To its end, also when the visitor goes away in between: half a decision would leave books and verifier apart.
        Ok(()) => match tokio::spawn(next.run(request)).await {
            Ok(response) => response,
            Err(broken) => match broken.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Fault::Bank(BankError::Closing).into_response(),
            },
        },
        Err(fault) => fault.into_response(),
    };
    if let Some(Unwritten(text, wait)) = response.extensions_mut().remove::<Unwritten>() {
        let status = response.status();
        response = layout::message(&visit, &visit.t.with(text, &[("seconds", &wait.to_string())]));
        *response.status_mut() = status;
        if wait > 0 {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
    }
    let headers = response.headers_mut();
    let sets_name =
        headers.get_all(header::SET_COOKIE).iter().any(|value| value.as_bytes().starts_with(cookie_name.as_bytes()));
    if is_new && !sets_name {
        headers.append(header::SET_COOKIE, cookie(&visit.name, visit.peer.secure));
    }
    if let Some(language) = asked {
        let value = format!("lang={language}; Path=/; Max-Age=31536000; SameSite=Lax");
        headers.append(header::SET_COOKIE, HeaderValue::from_str(&value).expect("ASCII"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
