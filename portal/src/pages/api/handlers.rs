//! What is done for a caller: one question to the bank each.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::caller::Caller;
use super::documents::{Accounts, Balance, Line, LinkedAccount, Statement, Transfer, told};
use super::problem::Problem;
use crate::bank::BankError;
use crate::domain::ledger::LedgerLine;
use crate::domain::linkage::Menu;
use crate::linkage::requests::{MAX_WAITING, Requested, Wanted};

/// An answer, or why there is none.
type Answer = Result<Response, Problem>;

/// A part of the path, which may be no text.
type Named = Result<Path<String>, PathRejection>;

fn named(name: Named) -> Result<String, Problem> {
    name.map(|Path(name)| name).map_err(|_| Problem::not_found())
}

pub(super) async fn accounts(caller: Caller) -> Answer {
    caller.may_any()?;
    let mut known = caller.site.bank.accounts_for(&caller.person)?;
    known.retain(|account| caller.linkage.accounts.contains(&account.key()));
    let accounts = known.iter().map(LinkedAccount::from).collect();
    Ok(told(StatusCode::OK, &Accounts { accounts, valid_until: caller.linkage.until }))
}

pub(super) async fn balance(caller: Caller, account: Named) -> Answer {
    caller.may(Menu::Balance)?;
    let account = caller.account(&named(account)?)?;
    let at = caller.site.bank.now().to_string();
    Ok(told(StatusCode::OK, &Balance { id: account.key(), balance: account.balance, currency: "JPY", at }))
}

pub(super) async fn statement(caller: Caller, account: Named) -> Answer {
    caller.may(Menu::Statement)?;
    let account = caller.account(&named(account)?)?;
    let lines = caller.site.bank.books.list::<LedgerLine>(&format!("{}/", account.key())).map_err(BankError::from)?;
    let lines = lines.iter().map(Line::from).collect();
    Ok(told(StatusCode::OK, &Statement { id: account.key(), lines }))
}

pub(super) async fn request(caller: Caller, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    caller.may(Menu::Transfer)?;
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > 64 {
        return Err(Problem::part(
            "Idempotency-Key",
            "a header with 1 to 64 printable characters, new for each transfer",
        ));
    }
    let body = body.map_err(|error| Problem::part("body", &error.body_text()))?;
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| Problem::part("body", &error.to_string()))?;
    match caller.site.bank.request(&caller.linkage, key, &wanted)? {
        Requested::Taken(request) => {
            let transfer = Transfer::new(&request, caller.site.bank.now(), &caller.url);
            Ok(told(StatusCode::ACCEPTED, &transfer))
        }
        Requested::OtherRequest => Err(Problem::other_request()),
        Requested::TooMany => Err(Problem::too_many(MAX_WAITING)),
        Requested::Wrong { part, why } => Err(Problem::part(&part, &why)),
    }
}

pub(super) async fn requested(caller: Caller, request: Named) -> Answer {
    caller.may(Menu::Transfer)?;
    let request = caller.site.bank.request_of(&caller.linkage, &named(request)?)?;
    let request = request.ok_or_else(Problem::not_found)?;
    Ok(told(StatusCode::OK, &Transfer::new(&request, caller.site.bank.now(), &caller.url)))
}

pub(super) async fn no_such_method() -> Problem {
    Problem::method()
}

pub(super) async fn no_such_route() -> Problem {
    Problem::not_found()
}
