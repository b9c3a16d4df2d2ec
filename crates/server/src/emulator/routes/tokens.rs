//! Tokens of a session: made, listed, their files, their activations.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::session::{Hand, Make};
use super::super::values::OptionalJson;
use super::super::{Emulator, OfToken, World, token_id, with};
use super::sessions::Lang;
use crate::api::{Api, Method};
use crate::guard::Limit;
use crate::json::Json;
use crate::problem::{Code, Problem};
use crate::values::{Secret, whole};
use camtoken::key::TokenId;
use camtoken::language::Language;
use camtoken::token::{Profile, file};
use camtoken_documents::Registered;

pub(super) fn routes(api: Api<Arc<Emulator>>) -> Api<Arc<Emulator>> {
    const STATE: &str = "/v1/sessions/{session}/tokens/{token}/state";
    let token_file = json!({ "application/json": { "schema": {
        "type": "object",
        "description": "A test token with its keys: camtoken/token/1",
        "properties": { "schema": { "const": file::SCHEMA }, "purpose": { "const": "test" } },
        "required": ["schema", "purpose", "id", "deviceKey", "language", "slots", "device"],
    } } });
    api.add(Method::Post, "/v1/sessions/{session}/tokens", post(new_token), |op| {
        op.any_caller()
            .summary("virtual tokens", "Makes a token, switched off")
            .optional_body::<NewToken>()
            .answer::<TokenReport>(201, "The token")
    })
    .add(Method::Get, "/v1/sessions/{session}/tokens/{token}", get(token).delete(remove_token), |op| {
        op.any_caller().summary("virtual tokens", "A token").answer::<TokenReport>(200, "The token")
    })
    .describe(Method::Delete, "/v1/sessions/{session}/tokens/{token}", |op| {
        op.any_caller().summary("virtual tokens", "Forgets a token").done("It is gone")
    })
    .add(Method::Get, STATE, get(state).put(put_state), |op| {
        op.any_caller()
            .summary("virtual tokens", "All that the token holds, keys included: a test token's file")
            .answer_of(200, "The file", token_file.clone())
    })
    .describe(Method::Put, STATE, |op| {
        op.any_caller()
            .summary("virtual tokens", "Puts a test token's file in the place of a token, or makes it")
            .body_of(true, token_file)
            .answer::<TokenReport>(200, "The token is as the file says")
            .answer::<TokenReport>(201, "There is a new token")
    })
    .limit(STATE, Limit::File)
    .add(Method::Get, "/v1/sessions/{session}/tokens/{token}/activations", get(activations), |op| {
        op.any_caller()
            .summary("virtual tokens", "Who is registered on the token")
            .answer::<Vec<Registered>>(200, "By slot")
    })
    .add(
        Method::Delete,
        "/v1/sessions/{session}/tokens/{token}/activations/{activation}",
        axum::routing::delete(remove_activation),
        |op| {
            op.any_caller()
                .summary("virtual tokens", "Deletes an activation, as the token's menu does")
                .done("It is gone")
        },
    )
}

/// A token to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// The token ID; without one it is drawn
    #[schemars(regex(pattern = "^[A-Z0-9-]{1,10}$"))]
    id: Option<String>,
    /// What it speaks; else the session's language
    lang: Option<Lang>,
    /// auto: a scan is approved at once; step: a person or the test presses the buttons
    confirm: Option<Confirm>,
    /// standard; or japan: it has no PIN, and speaks Japanese unless lang says otherwise
    #[serde(default)]
    profile: Kind,
    /// How many users it takes, 1 to 8
    #[serde(default = "eight", deserialize_with = "whole")]
    #[schemars(range(min = 1, max = 8))]
    slots: u8,
    /// A PIN of 5 to 8 digits, which the token asks for each time it is switched on
    #[schemars(with = "Option<String>", regex(pattern = "^[0-9]{5,8}$"))]
    pin: Option<Secret>,
}

impl Default for NewToken {
    fn default() -> Self {
        Self { id: None, lang: None, confirm: None, profile: Kind::default(), slots: eight(), pin: None }
    }
}

const fn eight() -> u8 {
    8
}

/// What kind of token it is.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
enum Kind {
    #[default]
    Standard,
    Japan,
}

impl From<Kind> for Profile {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Standard => Self::Standard,
            Kind::Japan => Self::Japan,
        }
    }
}

#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Confirm {
    Auto,
    Step,
}

/// A token.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TokenReport {
    /// The token ID
    id: String,
    /// What it speaks
    lang: Lang,
    /// Who approves
    confirm: Confirm,
    /// standard, or japan: it has no PIN
    profile: &'static str,
    /// How many users it takes
    slots: usize,
    /// Who is registered on it
    activations: Vec<Registered>,
    /// The registration that waits for its second code
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<String>,
}

impl TokenReport {
    fn of(hand: &Hand<'_>) -> Self {
        let token = hand.held.device.token();
        Self {
            id: token.id().to_string(),
            lang: token.language.into(),
            confirm: if hand.held.auto { Confirm::Auto } else { Confirm::Step },
            profile: token.profile().as_str(),
            slots: token.slots(),
            activations: Registered::all(hand.held.device.token()),
            pending: token.pending().map(|id| id.to_string()),
        }
    }
}

async fn new_token(
    Shared(emulator): World,
    Path(id): Path<String>,
    OptionalJson(new): OptionalJson<NewToken>,
) -> Result<Response, Problem> {
    let session = emulator.find(&id)?;
    let wanted = new.id.map(|id| id.parse::<TokenId>()).transpose();
    let wanted = wanted.map_err(|_| Problem::from(Code::Request).because("id"))?;
    let profile = Profile::from(new.profile);
    let usual = if profile == Profile::Japan { Language::Ja } else { session.language };
    let language = new.lang.map_or(usual, Language::from);
    let make = Make { language, profile, slots: new.slots.into(), pin: new.pin.as_ref().map(Secret::expose) };
    let mut inside = session.inside();
    let auto = new.confirm != Some(Confirm::Step);
    let token = inside.add(wanted, &make, auto)?;
    let report = TokenReport::of(&inside.token(&token)?);
    let place = [(header::LOCATION, format!("/v1/sessions/{id}/tokens/{token}"))];
    Ok((StatusCode::CREATED, place, Json(report)).into_response())
}

async fn token(Shared(emulator): World, Path(names): OfToken) -> Result<Json<TokenReport>, Problem> {
    with(&emulator, &names, |hand| Ok(Json(TokenReport::of(hand))))
}

async fn remove_token(Shared(emulator): World, Path((session, token)): OfToken) -> Result<StatusCode, Problem> {
    let token = token_id(&token)?;
    emulator.find(&session)?.inside().remove(&token)?;
    emulator.album().forget(|its_session, its_token| its_session == session && its_token == token.as_str());
    Ok(StatusCode::NO_CONTENT)
}

async fn state(Shared(emulator): World, Path(names): OfToken) -> Result<Response, Problem> {
    with(&emulator, &names, |hand| {
        let text = file::to_string(&hand.held.device).map_err(|_| Code::Internal)?;
        Ok(crate::json::bytes(text.into_bytes()))
    })
}

async fn put_state(Shared(emulator): World, Path((session, token)): OfToken, body: Bytes) -> Result<Response, Problem> {
    let (session, token) = (emulator.find(&session)?, token_id(&token)?);
    let wrong = |why: &dyn std::fmt::Display| Problem::from(Code::TokenFile).because(why);
    let text = str::from_utf8(&body).map_err(|error| wrong(&error))?;
    let device = file::from_str(text, None).map_err(|error| wrong(&error))?;
    if device.token().id() != &token {
        return Err(wrong(&"it has another id"));
    }
    let mut inside = session.inside();
    let status = if inside.put(device)? { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(TokenReport::of(&inside.token(&token)?))).into_response())
}

async fn activations(Shared(emulator): World, Path(names): OfToken) -> Result<Json<Vec<Registered>>, Problem> {
    with(&emulator, &names, |hand| Ok(Json(Registered::all(hand.held.device.token()))))
}

async fn remove_activation(
    Shared(emulator): World,
    Path((session, token, activation)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let activation = activation.parse().map_err(|_| Code::NotFound)?;
    with(&emulator, &(session, token), |hand| {
        let known = hand.held.device.token_mut().delete(activation);
        hand.settle();
        if known { Ok(StatusCode::NO_CONTENT) } else { Err(Code::NotFound.into()) }
    })
}
