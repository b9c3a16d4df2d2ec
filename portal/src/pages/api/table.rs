//! The table of routes: what is served and what `/api/openapi.json` says of it come from the same lines.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, any, get, post};

use serde_json::{Value, json};

use super::documents::{Accounts, Balance, Statement, Transfer, told};
use super::handlers;
use super::openapi::{Operation, document, schema_of};
use super::problem::{Kind, Problem};
use crate::domain::linkage::Menu;
use crate::linkage::requests::Wanted;
use crate::pages::site::Site;

/// A route: its method and path, what serves it, and what is said of it.
type Route = (&'static str, &'static str, fn() -> MethodRouter<Arc<Site>>, Operation);

const ROUTES: [Route; 5] = [
    (
        "get",
        "/api/accounts",
        || get(handlers::accounts),
        Operation {
            name: "listAccounts",
            summary: "The accounts of the linkage",
            menu: None,
            body: None,
            answer: (200, "The accounts, the main account first", schema_of::<Accounts>),
            problems: &[],
        },
    ),
    (
        "get",
        "/api/accounts/{account}/balance",
        || get(handlers::balance),
        Operation {
            name: "getBalance",
            summary: "The balance of an account",
            menu: Some(Menu::Balance),
            body: None,
            answer: (200, "The balance", schema_of::<Balance>),
            problems: &[Kind::NotFound],
        },
    ),
    (
        "get",
        "/api/accounts/{account}/statement",
        || get(handlers::statement),
        Operation {
            name: "getStatement",
            summary: "The statement of an account",
            menu: Some(Menu::Statement),
            body: None,
            answer: (200, "The lines, the oldest first", schema_of::<Statement>),
            problems: &[Kind::NotFound],
        },
    ),
    (
        "post",
        "/api/transfers",
        || post(handlers::request),
        Operation {
            name: "requestTransfer",
            summary: "Asks for a transfer, which waits 24 hours for its customer",
            menu: Some(Menu::Transfer),
            body: Some((schema_of::<Wanted>, wanted)),
            answer: (202, "The transfer, which waits", schema_of::<Transfer>),
            problems: &[Kind::Part, Kind::OtherRequest, Kind::TooMany],
        },
    ),
    (
        "get",
        "/api/transfers/{request}",
        || get(handlers::requested),
        Operation {
            name: "getTransfer",
            summary: "A transfer that was asked for",
            menu: Some(Menu::Transfer),
            body: None,
            answer: (200, "The transfer", schema_of::<Transfer>),
            problems: &[Kind::NotFound],
        },
    ),
];

/// The routes of the API, its description, and answers for all other requests below its path.
pub(in crate::pages) fn routes() -> Router<Arc<Site>> {
    let mut router = Router::new().route("/api/openapi.json", get(described));
    for (_, path, handler, _) in ROUTES {
        router = router.route(path, handler());
    }
    router.route("/api/{*other}", any(handlers::no_such_route)).method_not_allowed_fallback(handlers::no_such_method)
}

/// A transfer that the bank of the demonstration takes.
fn wanted() -> Value {
    json!({
        "from": "102-0012345", "bankCode": "9902", "branchCode": "110", "accountType": "ordinary", "account": "0054321",
        "payee": "ミホンシヨウジ（カ", "amount": 1_000,
    })
}

async fn described(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let linkages = site.linkages.as_ref().ok_or_else(Problem::not_found)?;
    let operations = ROUTES.iter().map(|(method, path, _, operation)| (*method, *path, operation));
    let document = document(operations, |standard| linkages.servers[&standard].url().to_owned());
    Ok(told(StatusCode::OK, &document))
}
