//! The layer before every page: the visitor's session, limits on expensive requests, and pages that have no text of their own.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use camtoken::language::Language;

use super::fault::{Fault, Unwritten};
use super::layout;
use super::session::{Again, BROWSER, COOKIE, SECURE_BROWSER, SECURE_COOKIE, Stage, browser_id, cookie};
use super::site::Site;
use super::visit::Visit;
use crate::bank::BankError;
use crate::browser::{cookie_named, language};
use crate::system::random_hex;
use crate::text::Text;
use crate::tls::Peer;

/// Forms with a password in them that is compared or hashed.
const COSTLY: &[&str] = &[
    "/apply",
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
    let before = named.clone().filter(|_| found.is_err());
    let (name, session, is_new) = match (named, found) {
        (Some(name), Ok(session)) => (name, session, false),
        _ => {
            let (name, mut session) = site.sessions.begin(Stage::Nobody, now);
            session.notice = ended.then_some("session-ended");
            site.sessions.change(&name, |kept| kept.notice = session.notice);
            (name, session, true)
        }
    };
    let parts = request.uri().query().unwrap_or_default().split('&').filter(|part| !part.is_empty());
    let (asked, others): (Vec<&str>, Vec<&str>) = parts.partition(|part| part.starts_with("lang="));
    let (again, others): (Vec<&str>, Vec<&str>) = others.into_iter().partition(|part| part.starts_with("again="));
    let again = again.first().map(|part| part["again=".len()..].to_owned());
    let asked: Option<Language> = asked.iter().find_map(|part| part["lang=".len()..].parse().ok());
    let t = Text(asked.unwrap_or_else(|| language(request.headers())));
    let (path, query) = (request.uri().path().to_owned(), others.join("&"));
    let called = if peer.secure { SECURE_BROWSER } else { BROWSER };
    let browser = cookie_named(request.headers(), called).map(|name| browser_id(&name));
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let origin = format!("{}://{host}", if peer.secure { "https" } else { "http" });
    let visit = Visit { site, peer, origin, name, before, browser, session, t, path, query };
    request.extensions_mut().insert(visit.clone());
    if let Some(again) = again.filter(|_| request.method() == Method::GET) {
        return shown_again(&visit, &again);
    }
    let is_form = request.method() == Method::POST;
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
        response = layout::message(&visit, &visit.t.with(text, &[("wait", &visit.t.wait(wait))]));
        *response.status_mut() = status;
        if wait > 0 {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
    }
    if is_form && response.status() == StatusCode::OK {
        response = to_be_shown_again(&visit, response).await;
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

/// Keeps a page that answered a form, and sends the browser to fetch it: a page that was fetched can be gone back to, and reloaded.
async fn to_be_shown_again(visit: &Visit, response: Response) -> Response {
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY).cloned();
    let Ok(page) = to_bytes(response.into_body(), usize::MAX).await else { return Fault::NotFound.into_response() };
    let again = Again { name: random_hex(8), path: visit.path.clone(), page: page.to_vec(), policy };
    let to = format!("{}?again={}", again.path, again.name);
    visit.site.sessions.keep_page(&visit.name, again);
    Redirect::to(&to).into_response()
}

/// The page of this name that answered a form; the form itself, when there is no such page any more.
fn shown_again(visit: &Visit, name: &str) -> Response {
    let kept = visit.session.again.as_ref().filter(|kept| kept.name == name && kept.path == visit.path);
    let Some(kept) = kept else { return Redirect::to(&visit.path).into_response() };
    let mut response = Html(kept.page.clone()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(policy) = &kept.policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    response
}
