//! Batch files over HTTP: read as they come, checked as the command line checks them, and put to a token.

use std::error::Error;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Multipart, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::TryStreamExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::Scope;
use super::api::{Api, Method};
use super::bank::{Bank, Challenge, Shared};
use super::guard::{Cut, Limit};
use super::json::Json;
use super::problem::{Code, Problem};
use super::values::Span;
use camtoken::store::Store;
use camtoken::transaction::Transaction;
use camtoken::transaction::zengin::{BatchReader, BatchSummary, DATE_WINDOW, Encoding, KnownPayees, ZenginError};
use camtoken_documents::SignedTransaction;

const PATH: &str = "/v1/challenges/batch";

/// The longest list of known payees.
const MAX_KNOWN: usize = 4 << 20;

/// The longest of the other parts of a form.
const MAX_PART: usize = 255;

/// How much is parsed at a time, before other requests have their turn.
const PIECE: usize = 64 << 10;

pub(super) fn routes<S: Store + 'static>(api: Api<Arc<Bank<S>>>) -> Api<Arc<Bank<S>>> {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    api.add(Method::Post, PATH, post(issue::<S>), |op| {
        op.scopes(&[Scope::Issue])
            .summary("challenges", "Puts a batch file in the Zengin format to an activation: bulk transfers or payroll, as its header says")
            .idempotent()
            .query("activation", "The activation", text("^[0-9a-f]{12}$"))
            .query("payingAccount", "The paying account, where it is not to be shown as in the file", text("^[0-9]{4,12}$"))
            .query("orderId", "The bank's name for the order, bound without being shown", text("^[!-~]([ -~]{0,14}[!-~])?$"))
            .query("ttl", "How long it may be answered, 1 s to 600 s", text("^(PT)?([0-9]{1,6}[HMShms]){1,3}$"))
            .query(
                "dateWindow",
                "How many days ahead of today, in Japan, the payment date may lie",
                json!({ "type": "integer", "minimum": 0, "maximum": u16::MAX, "default": DATE_WINDOW }),
            )
            .body_of(true, kinds())
            .answer::<IssuedBatch>(201, "The challenge and its code, and what was taken from the file")
    })
    .limit(PATH, Limit::Batch)
}

/// The kinds of body.
fn kinds() -> Value {
    let file = json!({ "schema": {
        "type": "string", "format": "binary",
        "description": "The file: records of 120 characters in Shift_JIS or UTF-8, with or without line ends",
    } });
    let part = |what: &str| json!({ "type": "string", "description": what });
    json!({
        "text/plain": file,
        "application/octet-stream": file,
        "multipart/form-data": { "schema": {
            "type": "object",
            "properties": {
                "activation": part("As in the query"),
                "payingAccount": part("As in the query"),
                "orderId": part("As in the query"),
                "ttl": part("As in the query"),
                "dateWindow": part("As in the query"),
                "knownPayees": part("The accounts that are not new, one a line: BANK-BRANCH-TYPE-ACCOUNT. It stands before the file"),
                "file": { "type": "string", "format": "binary", "description": "The file" },
            },
            "required": ["file"],
            "additionalProperties": false,
        } },
    })
}

/// What goes with a file, from the query or from parts of a form.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Terms {
    activation: Option<String>,
    paying_account: Option<String>,
    order_id: Option<String>,
    ttl: Option<String>,
    date_window: Option<String>,
}

/// A challenge that was issued for a batch file.
#[derive(Serialize, JsonSchema)]
struct IssuedBatch {
    #[serde(flatten)]
    challenge: Challenge,
    /// What the token shows and binds, as it was taken from the file
    transaction: SignedTransaction,
}

async fn issue<S: Store>(
    State(bank): Shared<S>,
    query: Result<Query<Terms>, QueryRejection>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let wrong = |what: &str| Problem::from(Code::Value).because(what);
    let Query(mut terms) = query.map_err(|error| Problem::from(Code::Request).because(error.body_text()))?;
    let batch = read(request, &mut terms).await?;

    let activation = terms.activation.ok_or_else(|| wrong("activation"))?.parse().map_err(|_| Code::NoActivation)?;
    let span = |ttl: String| Span::parse(&ttl).ok_or_else(|| Problem::from(Code::Span).because("ttl"));
    let lifetime = terms.ttl.map(|ttl| span(ttl)?.forward().ok_or_else(|| wrong("ttl"))).transpose()?;
    let window = terms.date_window.map(|days| days.parse().map_err(|_| wrong("dateWindow"))).transpose()?;
    let date = batch.pay_date(bank.now_of(activation).await?, window.unwrap_or(DATE_WINDOW)).map_err(unfit)?;
    let mut fields = Vec::from(batch.fields(date));
    fields.push(("payingAccount", terms.paying_account.unwrap_or_else(|| batch.paying_account())));
    fields.extend(terms.order_id.map(|order| ("orderId", order)));
    let transaction =
        Transaction::new(batch.operation(), fields).map_err(|error| Problem::from(Code::Fields).because(error))?;
    let signed = SignedTransaction::from(&transaction);
    let challenge = bank.put(activation, transaction, lifetime, &headers).await?;
    Ok((StatusCode::CREATED, Json(IssuedBatch { challenge, transaction: signed })).into_response())
}

fn unfit(error: ZenginError) -> Problem {
    Problem::from(Code::Batch).because(error)
}

/// Reads the file, and the parts of a form before it.
async fn read(request: Request, terms: &mut Terms) -> Result<BatchSummary, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/plain" | "application/octet-stream" => read_body(request.into_body()).await,
        "multipart/form-data" => read_form(request, terms).await,
        _ => Err(Problem::from(Code::MediaType).because("text/plain, application/octet-stream, multipart/form-data")),
    }
}

async fn read_body(body: Body) -> Result<BatchSummary, Problem> {
    let mut upload = Upload::new(KnownPayees::default());
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.try_next().await.map_err(|error| broken_off(&error))? {
        upload.push(&piece).await;
    }
    upload.finish()
}

async fn read_form(request: Request, terms: &mut Terms) -> Result<BatchSummary, Problem> {
    let wrong = |why: &str| Problem::from(Code::Value).because(format!("multipart/form-data: {why}"));
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| wrong("no boundary"))?;
    let (mut known, mut batch) = (None, None);
    while let Some(mut part) = form.next_field().await.map_err(|error| broken_off(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let place = match name.as_str() {
            "file" if batch.is_none() => {
                let mut upload = Upload::new(known.take().unwrap_or_default());
                while let Some(piece) = part.chunk().await.map_err(|error| broken_off(&error))? {
                    upload.push(&piece).await;
                }
                batch = Some(upload.finish());
                continue;
            }
            "knownPayees" if batch.is_some() => return Err(wrong("knownPayees behind the file")),
            "knownPayees" if known.is_none() => {
                let lines = text(part, MAX_KNOWN).await?;
                let unfit = |error| Problem::from(Code::Batch).because(format!("knownPayees: {error}"));
                known = Some(KnownPayees::from_lines(&lines).map_err(unfit)?);
                continue;
            }
            "activation" => &mut terms.activation,
            "payingAccount" => &mut terms.paying_account,
            "orderId" => &mut terms.order_id,
            "ttl" => &mut terms.ttl,
            "dateWindow" => &mut terms.date_window,
            "file" | "knownPayees" => return Err(wrong("a part is given twice")),
            _ => {
                return Err(wrong(
                    "a part that is none of these: activation, payingAccount, orderId, ttl, dateWindow, knownPayees, file",
                ));
            }
        };
        let given = text(part, MAX_PART).await?;
        if place.replace(given).is_some() {
            return Err(Problem::from(Code::Value).because("a part is given twice, or in the query as well"));
        }
    }
    batch.ok_or_else(|| wrong("no part file"))?
}

/// A short part of a form.
async fn text(mut part: Field<'_>, most: usize) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(|error| broken_off(&error))? {
        if bytes.len() + piece.len() > most {
            return Err(Code::TooLarge.into());
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| Problem::from(Code::Request).because("a part is not in UTF-8"))
}

/// Why a body ended early: who cut it off has said so.
fn broken_off(error: &(dyn Error + 'static)) -> Problem {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(Cut(code)) = error.downcast_ref() {
            return (*code).into();
        }
        cause = error.source();
    }
    let is_form = error.is::<MultipartError>();
    Problem::from(Code::Request).because(if is_form { "multipart/form-data" } else { "the body ended early" })
}

/// A file that comes. After a fault the rest is read and dropped: who is still sending would not read the answer.
struct Upload {
    reader: BatchReader<Known>,
    fault: Option<ZenginError>,
}

type Known = Box<dyn FnMut(&camtoken::transaction::zengin::Payee) -> bool + Send>;

impl Upload {
    fn new(known: KnownPayees) -> Self {
        let known: Known = Box::new(move |payee| known.contains(payee));
        Self { reader: BatchReader::new(Encoding::Detect, known), fault: None }
    }

    async fn push(&mut self, bytes: &Bytes) {
        for piece in bytes.chunks(PIECE) {
            if self.fault.is_none() {
                self.fault = self.reader.push(piece).err();
                tokio::task::yield_now().await;
            }
        }
    }

    fn finish(self) -> Result<BatchSummary, Problem> {
        match self.fault {
            Some(fault) => Err(unfit(fault)),
            None => self.reader.finish().map_err(unfit),
        }
    }
}
