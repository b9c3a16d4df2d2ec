//! The routes of the site, and their state.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Form, FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use camtoken::language::Language;
use serde_json::{Value, json};

use super::client::{Client, Linked, Trouble};
use super::office::{Office, Visit, cookie, text};
use super::pages::{Seen, begin_page, draw, linked_page, missing_page, statement_page, troubled_page};
use super::services::SERVICES;
use crate::domain::linkage::Menu;
use crate::text::Text;

impl Office {
    /// The routes.
    pub fn router(self: Arc<Self>) -> Router {
        let style = concat!(include_str!("../../assets/portal.css"), include_str!("../../assets/provider.css"));
        let policy = format!(
            "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
            self.banks.join(" ")
        );
        let policy = HeaderValue::from_str(&policy).expect("an address is ASCII");
        Router::new()
            .route("/", get(home))
            .route("/link", post(link).get(async || back()))
            .route("/callback", get(callback))
            .route("/accounts/{account}", get(statement))
            .route("/transfers", post(transfer).get(async || back()))
            .route("/unlink", post(unlink).get(async || back()))
            .fallback(missing)
            .method_not_allowed_fallback(missing)
            .route("/style.css", get(async move || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], style)))
            .route(
                "/mark.svg",
                get(async || ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../../assets/provider.svg"))),
            )
            .layer(map_response(move |mut response: Response| {
                let policy = policy.clone();
                async move {
                    let headers = response.headers_mut();
                    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
                    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
                    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
                    response
                }
            }))
            .with_state(self)
    }
}

/// A part of a path, which may be no text.
type Named = Result<Path<String>, PathRejection>;

type Fields = Vec<(String, String)>;

/// The fields of a query. One that cannot be read has none: a visitor who follows a broken link gets a page in their language.
struct Asked(Fields);

/// The fields of a form, in the same way.
struct Sent(Fields);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let query = Query::<Fields>::from_request_parts(parts, state).await;
        Ok(Self(query.map(|Query(fields)| fields).unwrap_or_default()))
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let form = Form::<Fields>::from_request(request, state).await;
        Ok(Self(form.map(|Form(fields)| fields).unwrap_or_default()))
    }
}

async fn missing(State(office): State<Arc<Office>>, headers: HeaderMap) -> Response {
    let visit = office.visit(&headers);
    let mut response = draw(&visit, &visit.t.get("provider-title"), &missing_page(visit.t));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

async fn home(State(office): State<Arc<Office>>, Asked(query): Asked, headers: HeaderMap) -> Response {
    let mut visit = office.visit(&headers);
    if let Ok(asked) = text(&query, "lang").parse() {
        visit.t = Text(asked);
    }
    let (t, authority) = (visit.t, office.authority());
    let content = match visit.visitor.linked.clone() {
        None => begin_page(&visit, authority.as_deref()),
        Some(linked) => {
            let requests = visit.visitor.requests.clone();
            let seen = ask(&office, &visit, linked.clone(), move |client, linked| look(client, linked, &requests, t));
            match seen.await {
                Some(Ok(seen)) => linked_page(&visit, &linked, &seen),
                Some(Err(trouble @ Trouble::Over)) => {
                    visit.visitor.notice = Some(("provider-trouble", trouble_text(t, &trouble)));
                    begin_page(&visit, authority.as_deref())
                }
                Some(Err(trouble)) => troubled_page(&visit, &trouble_text(t, &trouble)),
                None => troubled_page(&visit, &t.get("provider-broken")),
            }
        }
    };
    let mut response = draw(&visit, &t.get("provider-title"), &content);
    if let Ok(asked) = text(&query, "lang").parse::<Language>() {
        let value = format!("lang={asked}; Path=/; Max-Age=31536000; SameSite=Lax");
        response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_str(&value).expect("ASCII"));
    }
    response
}

async fn link(State(office): State<Arc<Office>>, headers: HeaderMap, Sent(form): Sent) -> Response {
    let Some(visit) = office.sender(&headers, &form) else { return back() };
    let asked = text(&form, "service");
    let Some(service) = SERVICES.iter().find(|service| service.client == asked) else { return back() };
    let begun = blocking(&office, move |client| {
        let scopes: Vec<&str> = service.menus.iter().map(|menu| menu.scope()).collect();
        client.begin(service.client, service.standard, &scopes)
    });
    match begun.await {
        Some(Ok((to, waiting))) => {
            office.change(&visit.name, |visitor| visitor.waiting = Some(waiting));
            Redirect::to(&to).into_response()
        }
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(visit.t, &trouble)),
        None => back(),
    }
}

async fn callback(State(office): State<Arc<Office>>, headers: HeaderMap, Asked(query): Asked) -> Response {
    let visit = office.visit(&headers);
    let Some(waiting) = visit.visitor.waiting.clone() else { return back() };
    office.change(&visit.name, |visitor| visitor.waiting = None);
    match blocking(&office, move |client| client.finish(&waiting, &query)).await {
        Some(Ok(linked)) => {
            office.change(&visit.name, |visitor| {
                visitor.linked = Some(linked);
                visitor.requests.clear();
            });
            tell(&office, &visit, "provider-linked", String::new())
        }
        Some(Err(Trouble::Refused(error))) if error == "access_denied" => {
            tell(&office, &visit, "provider-stopped", String::new())
        }
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(visit.t, &trouble)),
        None => back(),
    }
}

async fn statement(State(office): State<Arc<Office>>, headers: HeaderMap, account: Named) -> Response {
    let visit = office.visit(&headers);
    let t = visit.t;
    let Ok(Path(account)) = account else { return back() };
    let Some(linked) = visit.visitor.linked.clone() else { return back() };
    let path =
        format!("/api/accounts/{}/statement", account.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', ""));
    match ask(&office, &visit, linked, move |client, linked| client.ask(linked, &path, None)).await {
        Some(Ok(answer)) => draw(&visit, &t.get("statement"), &statement_page(t, &account, &answer)),
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(t, &trouble)),
        None => back(),
    }
}

async fn transfer(State(office): State<Arc<Office>>, headers: HeaderMap, Sent(form): Sent) -> Response {
    let Some(visit) = office.sender(&headers, &form) else { return back() };
    let Some(linked) = visit.visitor.linked.clone() else { return back() };
    let amount: String = text(&form, "amount").chars().filter(char::is_ascii_digit).collect();
    let (bank, branch) = text(&form, "branch").split_once('-').unwrap_or_default();
    let wanted = json!({
        "from": text(&form, "from"), "bankCode": bank, "branchCode": branch, "accountType": "ordinary",
        "account": text(&form, "account"), "payee": text(&form, "payee"), "amount": amount.parse::<u64>().unwrap_or(0),
    });
    // The idempotency key is made with the form, so that a form that is sent twice is one request.
    let key = text(&form, "key").to_owned();
    let asked =
        ask(&office, &visit, linked, move |client, linked| client.ask(linked, "/api/transfers", Some((&key, &wanted))));
    match asked.await {
        Some(Ok(answer)) => {
            let id = answer["id"].as_str().unwrap_or_default().to_owned();
            office.change(&visit.name, |visitor| {
                if !visitor.requests.contains(&id) {
                    visitor.requests.push(id);
                }
            });
            tell(&office, &visit, "provider-requested", String::new())
        }
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(visit.t, &trouble)),
        None => back(),
    }
}

async fn unlink(State(office): State<Arc<Office>>, headers: HeaderMap, Sent(form): Sent) -> Response {
    let Some(visit) = office.sender(&headers, &form) else { return back() };
    let Some(linked) = visit.visitor.linked.clone() else { return back() };
    match blocking(&office, move |client| client.end(&linked)).await {
        Some(Ok(())) => {
            office.change(&visit.name, |visitor| visitor.linked = None);
            tell(&office, &visit, "provider-unlinked", String::new())
        }
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(visit.t, &trouble)),
        None => back(),
    }
}

fn look(client: &Client, linked: &mut Linked, requests: &[String], t: Text) -> Result<Seen, Trouble> {
    let may = |linked: &Linked, menu: Menu| linked.scopes.iter().any(|scope| scope == menu.scope());
    let mut trouble = None;
    // What cannot be told at present leaves the rest of the page as it is.
    let mut open = |answer: Result<Value, Trouble>| match answer {
        Err(over @ Trouble::Over) => Err(over),
        Err(Trouble::Forbidden) => Ok(None),
        Err(other) => {
            trouble = Some(trouble_text(t, &other));
            Ok(None)
        }
        Ok(answer) => Ok(Some(answer)),
    };
    let answer = match client.ask(linked, "/api/accounts", None) {
        Err(Trouble::Forbidden) => Value::Null,
        other => other?,
    };
    let mut accounts = Vec::new();
    for account in answer["accounts"].as_array().into_iter().flatten() {
        let mut balance = None;
        if may(linked, Menu::Balance) {
            let path = format!("/api/accounts/{}/balance", account["id"].as_str().unwrap_or_default());
            balance = open(client.ask(linked, &path, None))?.and_then(|answer| answer["balance"].as_u64());
        }
        accounts.push((account.clone(), balance));
    }
    let (mut seen, mut transfers_open) = (Vec::new(), true);
    for request in requests.iter().rev() {
        let answer = client.ask(linked, &format!("/api/transfers/{request}"), None);
        transfers_open &= !matches!(answer, Err(Trouble::Forbidden));
        seen.extend(open(answer)?);
    }
    Ok(Seen { accounts, requests: seen, transfers_open, trouble })
}

/// Asks the bank in a visitor's name, and keeps the tokens that came of it whatever the answer is: the bank has given out a new
/// one, and the one before it is spent.
async fn ask<T: Send + 'static>(
    office: &Arc<Office>,
    visit: &Visit,
    mut linked: Linked,
    work: impl FnOnce(&Client, &mut Linked) -> Result<T, Trouble> + Send + 'static,
) -> Option<Result<T, Trouble>> {
    let (linked, answer) = blocking(office, move |client| {
        let answer = work(client, &mut linked);
        (linked, answer)
    })
    .await?;
    office.change(&visit.name, |visitor| {
        // A visitor who has unlinked meanwhile stays unlinked.
        let is_over = matches!(answer, Err(Trouble::Over)) || visitor.linked.is_none();
        visitor.linked = (!is_over).then_some(linked);
    });
    Some(answer)
}

/// The client waits for the bank, so it does that on a thread for waiting.
async fn blocking<T: Send + 'static>(
    office: &Arc<Office>,
    work: impl FnOnce(&Client) -> T + Send + 'static,
) -> Option<T> {
    let client = office.client.clone();
    tokio::task::spawn_blocking(move || work(&client)).await.ok()
}

fn tell(office: &Office, visit: &Visit, key: &'static str, detail: String) -> Response {
    office.change(&visit.name, |visitor| visitor.notice = Some((key, detail)));
    let mut response = back();
    response.headers_mut().append(header::SET_COOKIE, cookie(&visit.name));
    response
}

fn back() -> Response {
    Redirect::to("/").into_response()
}

/// What to tell the customer, in their language, whatever the bank has said.
fn trouble_text(t: Text, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Over => t.get("provider-over"),
        Trouble::Forbidden => t.get("provider-forbidden"),
        // A word of OAuth helps the support; a sentence in another language does not.
        Trouble::Refused(word) if word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') => {
            t.with("provider-refused", &[("word", word)])
        }
        Trouble::Refused(_) => t.get("provider-not-taken"),
        Trouble::Problem { status, code, part } => t.get(match (code.as_str(), part.as_str()) {
            ("part", "from") => "provider-wrong-from",
            ("part", "bankCode" | "branchCode") => "provider-wrong-branch",
            ("part", "account") => "provider-wrong-account",
            ("part", "payee") => "provider-wrong-payee",
            ("part", "amount") => "provider-wrong-amount",
            ("other-request", _) => "provider-other-request",
            ("too-many", _) => "provider-too-many",
            _ if *status >= 500 => "provider-unavailable",
            _ => "provider-not-taken",
        }),
        Trouble::Strange(_) => t.get("provider-strange"),
        Trouble::Away(_) => t.get("provider-away"),
    }
}
