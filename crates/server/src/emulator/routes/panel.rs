//! The parts of a token that a person uses: its buttons, its PIN and its screen.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::super::events::{Waited, events};
use super::super::shown::Shown;
use super::super::values::OptionalJson;
use super::super::{Emulator, OfToken, World, with};
use crate::api::{Api, Method};
use crate::guard::Limit;
use crate::json::Json;
use crate::problem::{Code, Problem};
use crate::values::{Form, Secret};
use camtoken::token::{Button, Pin, picture};

pub(super) fn routes(api: Api<Arc<Emulator>>) -> Api<Arc<Emulator>> {
    const EVENTS: &str = "/v1/sessions/{session}/tokens/{token}/events";
    api.add(Method::Post, "/v1/sessions/{session}/tokens/{token}/buttons/{button}", post(press), |op| {
        op.any_caller()
            .summary("virtual tokens", "Presses or holds a button")
            .optional_body::<Press>()
            .answer::<Shown>(200, "The screen afterwards")
    })
    .add(Method::Post, "/v1/sessions/{session}/tokens/{token}/pin", post(enter_pin), |op| {
        op.any_caller()
            .summary("virtual tokens", "Switches the token on and enters its PIN, digit by digit, as a person does")
            .body::<Entry>()
            .answer::<Shown>(200, "The screen afterwards; a wrong PIN leaves it at state pin")
    })
    .add(Method::Get, EVENTS, get(events), |op| {
        let events = json!({
            "text/event-stream": { "schema": { "type": "string" } },
        });
        op.any_caller()
            .summary("virtual tokens", "The screens as they change, or one answer once the screen shows something")
            .query(
                "wait",
                "A piece of the screen's text, or /a regular expression/",
                json!({
                    "type": "string", "minLength": 1, "maxLength": 256,
                }),
            )
            .query(
                "timeout",
                "How long to wait: 5s, at most 60s",
                json!({
                    "type": "string", "pattern": "^(PT)?([0-9]|[1-5][0-9]|60)[sS]$",
                }),
            )
            .answer::<Waited>(200, "With wait: the screen; without: events named screen")
            .and_answer(200, events)
    })
    .limit(EVENTS, Limit::Wait)
}

pub(super) fn screens(api: Api<Arc<Emulator>>) -> Api<Arc<Emulator>> {
    let binary = json!({ "schema": { "type": "string", "format": "binary" } });
    let text = json!({ "schema": { "type": "string" } });
    api.add(Method::Get, "/v1/sessions/{session}/tokens/{token}/screen", get(screen), |op| {
        op.any_caller()
            .summary("virtual tokens", "The screen, with the place of each line")
            .answer::<Shown>(200, "The screen")
    })
    .add(Method::Get, "/v1/sessions/{session}/tokens/{token}/screen.txt", get(screen_txt), |op| {
        op.any_caller().summary("virtual tokens", "The screen as text").answer_of(
            200,
            "The text",
            json!({ "text/plain": text }),
        )
    })
    .add(Method::Get, "/v1/sessions/{session}/tokens/{token}/screen.png", get(screen_png), |op| {
        op.any_caller().summary("virtual tokens", "The screen as PNG").answer_of(
            200,
            "The picture",
            json!({ "image/png": binary }),
        )
    })
    .add(Method::Get, "/v1/sessions/{session}/tokens/{token}/screen.svg", get(screen_svg), |op| {
        op.any_caller().summary("virtual tokens", "The screen as SVG").answer_of(
            200,
            "The picture",
            json!({ "image/svg+xml": binary }),
        )
    })
}

/// What to do with a button.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct Press {
    /// press or hold
    #[serde(default)]
    action: Action,
}

#[derive(Deserialize, JsonSchema, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Action {
    #[default]
    Press,
    Hold,
}

/// A PIN to enter.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// 5 to 8 digits
    #[schemars(with = "String", regex(pattern = "^[0-9]{5,8}$"))]
    pin: Secret,
}

async fn press(
    Shared(emulator): World,
    Path((session, token, button)): Path<(String, String, String)>,
    OptionalJson(press): OptionalJson<Press>,
) -> Result<Json<Shown>, Problem> {
    let button = match button.as_str() {
        "left" => Button::Left,
        "center" => Button::Center,
        "right" => Button::Right,
        _ => return Err(Code::NoButton.into()),
    };
    with(&emulator, &(session, token), |hand| {
        match press.action {
            Action::Press => hand.press(button),
            Action::Hold => hand.hold(button),
        }
        hand.settle();
        Ok(Json(Shown::of(hand.held, hand.now)))
    })
}

async fn enter_pin(
    Shared(emulator): World,
    Path(names): OfToken,
    Json(entry): Json<Entry>,
) -> Result<Json<Shown>, Problem> {
    let digits =
        Pin::typed(entry.pin.expose()).map_err(|error| Problem::from(Code::Value).because(format!("pin: {error}")))?;
    with(&emulator, &names, |hand| {
        hand.enter_pin(&digits);
        hand.settle();
        Ok(Json(Shown::of(hand.held, hand.now)))
    })
}

async fn screen(Shared(emulator): World, Path(names): OfToken) -> Result<Json<Shown>, Problem> {
    with(&emulator, &names, |hand| Ok(Json(Shown::of(hand.held, hand.now))))
}

async fn screen_txt(Shared(emulator): World, Path(names): OfToken) -> Result<String, Problem> {
    with(&emulator, &names, |hand| Ok(hand.held.device.screen(hand.now).to_text()))
}

async fn screen_png(Shared(emulator): World, Path(names): OfToken) -> Result<Response, Problem> {
    let screen = with(&emulator, &names, |hand| Ok(hand.held.device.screen(hand.now)))?;
    Ok(Form::Png.response(picture::to_png(&screen, 2)))
}

async fn screen_svg(Shared(emulator): World, Path(names): OfToken) -> Result<Response, Problem> {
    let screen = with(&emulator, &names, |hand| Ok(hand.held.device.screen(hand.now)))?;
    Ok(Form::Svg.response(picture::to_svg(&screen).into_bytes()))
}
