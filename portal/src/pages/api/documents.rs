//! The answers of the API. Their schemas in `/api/openapi.json` are made from these types.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use camtoken::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::ledger::{Account, LedgerLine, Refusal};
use crate::domain::request::Request;

/// The accounts of a linkage.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accounts {
    /// The main account first.
    pub accounts: Vec<LinkedAccount>,
    /// The last day of the linkage in Japan.
    #[schemars(extend("format" = "date"))]
    pub valid_until: String,
}

/// An account.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Account")]
pub(super) struct LinkedAccount {
    /// What the other routes call it: branch and number.
    #[schemars(regex(pattern = "^[0-9]{3}-[0-9]{7}$"))]
    id: String,
    /// The branch.
    #[schemars(regex(pattern = "^[0-9]{3}$"))]
    branch_code: String,
    /// `ordinary`, `current`, `savings` or `other`.
    account_type: String,
    /// The number.
    #[schemars(regex(pattern = "^[0-9]{7}$"))]
    account: String,
    /// The holder, in kana.
    holder: String,
    /// Always `JPY`.
    currency: &'static str,
}

/// The balance of an account.
#[derive(Serialize, JsonSchema)]
pub(super) struct Balance {
    /// The account.
    pub id: String,
    /// Yen.
    pub balance: u64,
    /// Always `JPY`.
    pub currency: &'static str,
    /// When it was so.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// The ledger of an account, the oldest line first.
#[derive(Serialize, JsonSchema)]
pub(super) struct Statement {
    /// The account.
    pub id: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One line of a ledger.
#[derive(Serialize, JsonSchema)]
pub(super) struct Line {
    /// From 1.
    number: u64,
    /// The day in Japan.
    #[schemars(extend("format" = "date"))]
    day: String,
    /// What it was, by the name of the catalogue: `transfer` and others.
    operation: String,
    /// The other side, in kana.
    text: String,
    /// Yen: what came in, or went out when negative.
    amount: i64,
    /// Yen: the balance afterwards.
    balance: u64,
    /// The order that it carries out.
    order: String,
}

/// A transfer that was asked for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transfer {
    /// Its number.
    #[schemars(regex(pattern = "^R[0-9A-F]{20}$"))]
    id: String,
    /// Whether it waits for its customer.
    #[schemars(regex(pattern = "^(pending|done|expired|ended)$"))]
    state: &'static str,
    /// Yen.
    amount: u64,
    /// The name of the payee in half-width kana, as the token shows it.
    payee: String,
    /// Until when the customer can sign it.
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
    /// The order that has carried it out.
    order: Option<String>,
    /// Why it was signed and not carried out: `funds`, `limit`, `account`, `changed` or `day`. While `state` is `pending` it can
    /// be signed again.
    refused: Option<String>,
    /// The page of the bank on which the customer signs.
    #[schemars(extend("format" = "uri"))]
    sign_at: String,
}

impl From<&Account> for LinkedAccount {
    fn from(account: &Account) -> Self {
        Self {
            id: account.key(),
            branch_code: account.branch.clone(),
            account_type: account.kind.clone(),
            account: account.number.clone(),
            holder: account.holder.clone(),
            currency: "JPY",
        }
    }
}

impl From<&LedgerLine> for Line {
    fn from(line: &LedgerLine) -> Self {
        Self {
            number: line.number,
            day: line.day.clone(),
            operation: line.operation.clone(),
            text: line.text.clone(),
            amount: line.amount,
            balance: line.balance,
            order: line.order.clone(),
        }
    }
}

impl Transfer {
    /// A request of a linkage that is in force, for a caller who knows the bank by `url`.
    pub fn new(request: &Request, now: Timestamp, url: &str) -> Self {
        Self {
            id: request.id.clone(),
            state: request.state(true, now).as_str(),
            amount: request.text("amount").parse().unwrap_or_default(),
            payee: request.text("payee").to_owned(),
            expires_at: Timestamp::from_unix(request.expires_at).to_string(),
            order: request.order.clone(),
            refused: request.refused.map(word),
            sign_at: format!("{url}/linkages"),
        }
    }
}

/// The name of a refusal, as it is stored.
fn word(refusal: Refusal) -> String {
    let word = serde_json::to_value(refusal).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// An answer with a document.
pub(super) fn told(status: StatusCode, document: &impl Serialize) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, serde_json::to_string(document).expect("plain data")).into_response()
}
