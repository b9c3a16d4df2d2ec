//! The site of the invented provider, with a bank that does not always answer.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use camtoken_portal::provider::{Office, client::Credentials};
use camtoken_portal::system;
use serde_json::json;
use tower::ServiceExt;

/// A bank whose first access token is over, and which has no balance to tell.
#[derive(Default)]
struct Bank {
    url: String,
    /// The refresh tokens that were spent.
    spent: Vec<String>,
}

type Shared = State<Arc<Mutex<Bank>>>;

async fn metadata(State(bank): Shared) -> String {
    let url = bank.lock().unwrap_or_else(PoisonError::into_inner).url.clone();
    json!({
        "issuer": format!("{url}/oauth"),
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "revocation_endpoint": format!("{url}/oauth/revoke"),
    })
    .to_string()
}

async fn token(State(bank): Shared, Form(form): Form<Vec<(String, String)>>) -> String {
    let mut bank = bank.lock().unwrap_or_else(PoisonError::into_inner);
    let refresh = form.into_iter().find(|(name, _)| name == "refresh_token").map(|(_, text)| text);
    bank.spent.extend(refresh);
    let number = bank.spent.len();
    json!({
        "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"), "scope": "balances",
    })
    .to_string()
}

async fn accounts(headers: HeaderMap) -> Response {
    if headers[header::AUTHORIZATION] == "Bearer access-0" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    json!({ "accounts": [{ "id": "102-0012345" }] }).to_string().into_response()
}

/// The bank on a port, until the test ends.
async fn bank() -> Arc<Mutex<Bank>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let bank = Arc::new(Mutex::new(Bank { url, ..Bank::default() }));
    let router = Router::new()
        .route("/.well-known/oauth-authorization-server/oauth", get(metadata))
        .route("/oauth/token", post(token))
        .route("/api/accounts", get(accounts))
        .route("/api/accounts/{account}/balance", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .with_state(Arc::clone(&bank));
    tokio::spawn(async move { axum::serve(listener, router).await });
    bank
}

fn part(text: &str, before: &str, length: usize) -> String {
    let at = text.find(before).expect("it is there") + before.len();
    text[at..at + length].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_is_kept_when_the_next_answer_fails() {
    let bank = bank().await;
    let url = bank.lock().unwrap_or_else(PoisonError::into_inner).url.clone();
    let dir = tempfile::tempdir().expect("a directory");
    let credentials = Credentials::open(&dir.path().join("provider.json")).expect("new credentials");
    let office = Arc::new(Office::new(&url, "http://provider.example", credentials, Arc::new(system::now))).router();
    let ask = async |request: Request<Body>| {
        let response = office.clone().oneshot(request).await.expect("routes do not fail");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        (parts, String::from_utf8(body.into()).expect("UTF-8"))
    };
    let (parts, page) = ask(Request::get("/").body(Body::empty()).expect("a request")).await;
    let cookie =
        parts.headers[header::SET_COOKIE].to_str().expect("ASCII").split(';').next().expect("a pair").to_owned();
    let get = |path: &str| Request::get(path).header(header::COOKIE, &cookie).body(Body::empty()).expect("a request");
    let csrf = part(&page, "name=\"csrf\" value=\"", 32);
    let link = Request::post("/link")
        .header(header::COOKIE, &cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("csrf={csrf}&service=choubo-keihi")));
    let (parts, _) = ask(link.expect("a request")).await;
    let state = part(parts.headers[header::LOCATION].to_str().expect("ASCII"), "state=", 32);
    ask(get(&format!("/callback?code=c&state={state}&iss={url}/oauth"))).await;

    for _ in 0..2 {
        ask(get("/")).await;
    }
    let spent = bank.lock().unwrap_or_else(PoisonError::into_inner).spent.clone();
    assert_eq!(spent, ["refresh-0"], "a refresh token that is sent twice would end the linkage");
}
