//! What providers ask with a token: accounts, balances, statements, and transfers that wait for their customer.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use camtoken::Timestamp;
use serde_json::{Value, json};

use super::site::Site;
use crate::bank::BankError;
use crate::domain::ledger::{Account, LedgerLine};
use crate::domain::linkage::{Linkage, Menu, Standard};
use crate::domain::people::Person;
use crate::domain::request::Request;
use crate::linkage::grants::Denied;
use crate::linkage::requests::{Requested, Wanted};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/api/accounts", get(accounts))
        .route("/api/accounts/{account}/balance", get(balance))
        .route("/api/accounts/{account}/statement", get(statement))
        .route("/api/transfers", post(request))
        .route("/api/transfers/{request}", get(requested))
}

/// Why there is no answer (RFC 9457, and RFC 6750 or RFC 9449 where it is about the token).
enum Problem {
    /// The token, or its proof.
    Token(Denied, Standard),
    /// The linkage is not good for this.
    Menu(Menu, Standard),
    /// Not there, or not of this linkage.
    NotFound,
    /// This part of the body, or of the headers, is wrong.
    Part(String),
    /// The key was used for another request.
    OtherRequest,
    /// As many requests wait already as may.
    TooMany,
    /// Nothing was decided.
    Bank(BankError),
}

type Answer = Result<Response, Problem>;

/// The caller: a linkage that is in force, of a person who is in service.
struct Caller {
    site: Arc<Site>,
    standard: Standard,
    linkage: Linkage,
    person: Person,
    scopes: Vec<String>,
}

impl FromRequestParts<Arc<Site>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        let (site, headers) = (Arc::clone(site), &parts.headers);
        let linkages = site.linkages.as_ref().ok_or(Problem::NotFound)?;
        let scheme = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_bound = scheme.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("DPoP "));
        let standard = if is_bound { Standard::Fapi } else { Standard::Plain };
        let url = format!("{}{}", linkages.url, parts.uri.path());
        let access = linkages.servers[&standard].access(headers, parts.method.as_str(), &url).await;
        let access = access.map_err(|denied| Problem::Token(denied, standard))?;
        let known: Option<(Linkage, Person)> = site.bank.in_force(&access.subject)?;
        let Some((linkage, person)) = known else { return Err(Problem::Token(Denied::Token, standard)) };
        site.bank.note_use(&linkage)?;
        Ok(Self { site, standard, linkage, person, scopes: access.scopes })
    }
}

impl Caller {
    /// Any of the linkage's menus has to be.
    fn may_any(&self) -> Result<(), Problem> {
        let menus = &self.linkage.menus;
        let refused = menus.first().map_or(Problem::NotFound, |menu| Problem::Menu(*menu, self.standard));
        if menus.iter().any(|menu| self.may(*menu).is_ok()) { Ok(()) } else { Err(refused) }
    }

    /// The token and the consent have to be good for it, and the menu open to the person as at the bank itself.
    fn may(&self, menu: Menu) -> Result<(), Problem> {
        let in_token = self.scopes.iter().any(|scope| scope == menu.scope());
        let may = in_token && self.linkage.menus.contains(&menu) && menu.is_open_to(&self.person);
        if may { Ok(()) } else { Err(Problem::Menu(menu, self.standard)) }
    }

    fn account(&self, key: &str) -> Result<Account, Problem> {
        let account = self.site.bank.books.get::<Account>(key).map_err(BankError::from)?;
        let is_linked = |account: &Account| {
            account.contract == self.linkage.contract
                && self.linkage.accounts.contains(&account.key())
                && self.person.sees(&account.key())
        };
        account.filter(is_linked).ok_or(Problem::NotFound)
    }
}

async fn accounts(caller: Caller) -> Answer {
    caller.may_any()?;
    let mut known = caller.site.bank.accounts_for(&caller.person)?;
    known.retain(|account| caller.linkage.accounts.contains(&account.key()));
    let accounts: Vec<Value> = known
        .iter()
        .map(|account| {
            json!({
                "id": account.key(), "branchCode": account.branch, "accountType": account.kind,
                "account": account.number, "holder": account.holder, "currency": "JPY",
            })
        })
        .collect();
    Ok(told(StatusCode::OK, &json!({ "accounts": accounts, "validUntil": caller.linkage.until })))
}

async fn balance(caller: Caller, Path(key): Path<String>) -> Answer {
    caller.may(Menu::Balance)?;
    let account = caller.account(&key)?;
    let now = caller.site.bank.now().to_string();
    Ok(told(StatusCode::OK, &json!({ "id": key, "balance": account.balance, "currency": "JPY", "at": now })))
}

async fn statement(caller: Caller, Path(key): Path<String>) -> Answer {
    caller.may(Menu::Statement)?;
    let account = caller.account(&key)?;
    let lines = caller.site.bank.books.list::<LedgerLine>(&format!("{}/", account.key())).map_err(BankError::from)?;
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "number": line.number, "day": line.day, "operation": line.operation, "text": line.text,
                "amount": line.amount, "balance": line.balance, "order": line.order,
            })
        })
        .collect();
    Ok(told(StatusCode::OK, &json!({ "id": key, "lines": lines })))
}

async fn request(caller: Caller, headers: HeaderMap, body: Bytes) -> Answer {
    caller.may(Menu::Transfer)?;
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > 64 {
        return Err(Problem::Part("Idempotency-Key".to_owned()));
    }
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|_| Problem::Part("body".to_owned()))?;
    match caller.site.bank.request(&caller.linkage, key, &wanted)? {
        Requested::Taken(request) => Ok(told(StatusCode::ACCEPTED, &status(&caller, &request))),
        Requested::OtherRequest => Err(Problem::OtherRequest),
        Requested::TooMany => Err(Problem::TooMany),
        Requested::Wrong(part) => Err(Problem::Part(part)),
    }
}

async fn requested(caller: Caller, Path(id): Path<String>) -> Answer {
    caller.may(Menu::Transfer)?;
    let request = caller.site.bank.request_of(&caller.linkage, &id)?.ok_or(Problem::NotFound)?;
    Ok(told(StatusCode::OK, &status(&caller, &request)))
}

fn status(caller: &Caller, request: &Request) -> Value {
    let url = caller.site.linkages.as_ref().map_or("", |linkages| &linkages.url);
    json!({
        "id": request.id,
        "state": request.state(true, caller.site.bank.now()).as_str(),
        "amount": request.text("amount").parse::<u64>().unwrap_or_default(),
        "payee": request.text("payee"),
        "expiresAt": Timestamp::from_unix(request.expires_at).to_string(),
        "order": request.order,
        "refused": request.refused,
        "signAt": format!("{url}/linkages"),
    })
}

fn told(status: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

impl From<BankError> for Problem {
    fn from(error: BankError) -> Self {
        Self::Bank(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let scheme = |standard| match standard {
            Standard::Plain => "Bearer",
            Standard::Fapi => "DPoP",
        };
        let (status, title, challenge) = match self {
            Self::Token(Denied::Store, _) => (StatusCode::SERVICE_UNAVAILABLE, "nothing was decided".to_owned(), None),
            Self::Token(Denied::Missing, _) => (
                StatusCode::UNAUTHORIZED,
                "a token is needed".to_owned(),
                Some("Bearer, DPoP algs=\"ES256\"".to_owned()),
            ),
            Self::Token(Denied::Token, standard) => {
                let challenge = format!("{} error=\"invalid_token\"", scheme(standard));
                (StatusCode::UNAUTHORIZED, "the token is not good any more".to_owned(), Some(challenge))
            }
            Self::Token(Denied::Proof, _) => {
                let challenge = "DPoP error=\"invalid_dpop_proof\", algs=\"ES256\"".to_owned();
                (StatusCode::UNAUTHORIZED, "the proof of possession is not good".to_owned(), Some(challenge))
            }
            Self::Menu(menu, standard) => {
                let challenge =
                    format!("{} error=\"insufficient_scope\", scope=\"{}\"", scheme(standard), menu.scope());
                (StatusCode::FORBIDDEN, "the customer has not permitted this".to_owned(), Some(challenge))
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "not part of this linkage".to_owned(), None),
            Self::Part(part) => (StatusCode::BAD_REQUEST, format!("this part is missing or wrong: {part}"), None),
            Self::OtherRequest => (StatusCode::CONFLICT, "the key stands for another request".to_owned(), None),
            Self::TooMany => {
                (StatusCode::TOO_MANY_REQUESTS, "too many requests wait for the customer".to_owned(), None)
            }
            Self::Bank(error) => {
                eprintln!("error: {error}");
                (StatusCode::SERVICE_UNAVAILABLE, "nothing was decided".to_owned(), None)
            }
        };
        let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16() }).to_string();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(challenge) = challenge.and_then(|challenge| challenge.parse().ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
