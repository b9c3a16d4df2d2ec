//! The pictures before a token's camera, and what was read in them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::super::album::Shot;
use super::super::session::Hand;
use super::super::shown::{Quality, Scanned, drawing};
use super::super::{Emulator, OfToken, World, foreign, with};
use super::tokens::Confirm;
use crate::api::{Api, Method};
use crate::guard::{Limit, Place};
use crate::json::Json;
use crate::pictures::{self, Parcel};
use crate::problem::{Code, Problem};
use crate::turns::Caller;
use crate::values::{Form, Secret};
use camtoken::language::Language;
use camtoken::qr::{Overlay, Scan};
use camtoken::token::screen::Screen;
use camtoken::token::{Button, Refusal, Seen, State};
use camtoken::transaction::Domain;
use camtoken_documents::{Lint, LintOptions, TypedDigits};

pub(super) fn routes(api: Api<Arc<Emulator>>) -> Api<Arc<Emulator>> {
    const SCAN: &str = "/v1/sessions/{session}/tokens/{token}/scan";
    const SVG: &str = "/v1/sessions/{session}/tokens/{token}/overlay.svg";
    const PNG: &str = "/v1/sessions/{session}/tokens/{token}/overlay.png";
    let binary = json!({ "schema": { "type": "string", "format": "binary" } });
    let mut pictures = pictures::kinds();
    pictures["text/plain"] =
        json!({ "schema": { "type": "string", "description": "The text of a code: CT1:…, otpauth:…" } });
    let either = |words: [&str; 2]| json!({ "enum": words });
    api.add(Method::Post, SCAN, post(scan_code), |op| {
        let op = op
            .any_caller()
            .summary("virtual tokens", "Holds a picture, or the text of a code, before the token's camera")
            .query("confirm", "auto: all pages are approved; step: the first page stays", either(["auto", "step"]))
            .query("keep", "The answer whether the bank has confirmed a registration", either(["yes", "no"]))
            .query("drawing", "svg: draws every screen that was shown, into `drawing`", json!({ "enum": ["svg"] }))
            .query("account", "Which account answers a code of another system: its user", json!({ "type": "string" }))
            .query("accountPin", "The PIN of that account, or of a new one", json!({ "type": "string" }));
        pictures::frames(op).body_of(true, pictures).answer::<Scanned>(200, "What the token shows, or why it refuses")
    })
    .limit(SCAN, Limit::Picture)
    .limit(SVG, Limit::Picture)
    .limit(PNG, Limit::Picture)
    .add(Method::Get, SVG, get(overlay_svg), |op| {
        op.any_caller()
            .summary("virtual tokens", "The last picture, with what was seen drawn onto it and the measures beside it")
            .answer_of(200, "The picture", json!({ "image/svg+xml": binary }))
            .done(NOTHING_DRAWN)
    })
    .add(Method::Get, PNG, get(overlay_png), |op| {
        op.any_caller()
            .summary("virtual tokens", "The last picture, with what was seen drawn onto it")
            .answer_of(200, "The picture", json!({ "image/png": binary }))
            .done(NOTHING_DRAWN)
    })
}

#[derive(Deserialize)]
struct ScanQuery {
    confirm: Option<Confirm>,
    keep: Option<Keep>,
    drawing: Option<Drawing>,
    account: Option<String>,
    #[serde(rename = "accountPin")]
    account_pin: Option<Secret>,
}

impl ScanQuery {
    fn choice(&self) -> foreign::Choice<'_> {
        foreign::Choice { account: self.account.as_deref(), pin: self.account_pin.as_ref().map(Secret::expose) }
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Keep {
    Yes,
    No,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Drawing {
    Svg,
}

async fn scan_code(
    Shared(emulator): World,
    Path(names): OfToken,
    Query(asked): Query<ScanQuery>,
    parcel: Parcel,
) -> Result<Json<Scanned>, Problem> {
    // Before anything is decoded: is there such a token?
    let language = with(&emulator, &names, |hand| Ok(hand.held.device.token().language))?;
    let seen = parcel.work(move |parcel| look(parcel, language)).await??;
    let mut scanned = match seen.said {
        Err(_) if seen.is_frame => Scanned::looking(),
        said => with(&emulator, &names, |hand| {
            let (mut scanned, pages) = match said.as_deref().ok().and_then(pictures::foreign) {
                Some(code) => match hand.held.device.token_mut().look() {
                    Ok(()) => (Scanned::foreign(foreign::hand_over(hand, code, &asked.choice())?), Vec::new()),
                    Err(refusal) => (Scanned::refused(refusal, language), Vec::new()),
                },
                None => hand_over(hand, said.as_deref().map_err(|refusal| *refusal), &asked)?,
            };
            scanned.drawing = asked.drawing.map(|Drawing::Svg| drawing(pages, hand.held.device.screen(hand.now)));
            hand.settle();
            Ok(scanned)
        })?,
    };
    if let Some(shot) = seen.shot {
        let (session, token) = &names;
        scanned.quality = Some(Quality::from(&shot.lint));
        scanned.codes = Some(shot.lint.codes);
        scanned.overlay_url =
            shot.overlay.as_ref().map(|_| format!("/v1/sessions/{session}/tokens/{token}/overlay.svg"));
        emulator.album().keep(session, token, shot);
    }
    Ok(Json(scanned))
}

async fn overlay_svg(
    Shared(emulator): World,
    Path(names): OfToken,
    Extension(place): Extension<Place>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    let language = with(&emulator, &names, |hand| Ok(hand.held.device.token().language))?;
    let draw = move |shot: &Shot, overlay: &Overlay| shot.lint.svg(overlay, &shot.luma, language).into_bytes();
    drawn(&emulator, &names, Form::Svg, (caller, place), draw).await
}

async fn overlay_png(
    Shared(emulator): World,
    Path(names): OfToken,
    Extension(place): Extension<Place>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    drawn(&emulator, &names, Form::Png, (caller, place), |shot, overlay| overlay.to_png(&shot.luma)).await
}

const NOTHING_DRAWN: &str = "There was no picture yet, or nothing was found in the last";

/// Draws what was seen in the last picture of a token.
async fn drawn(
    emulator: &Emulator,
    names: &(String, String),
    form: Form,
    (caller, place): (Caller, Place),
    draw: impl FnOnce(&Shot, &Overlay) -> Vec<u8> + Send + 'static,
) -> Result<Response, Problem> {
    with(emulator, names, |_| Ok(()))?;
    let shot = emulator.album().find(&names.0, &names.1);
    let work = move || {
        let _place = place;
        shot.and_then(|shot| shot.overlay.as_ref().map(|overlay| draw(&shot, overlay)))
    };
    let drawn = caller.work(work).await?;
    Ok(drawn.map_or_else(|| StatusCode::NO_CONTENT.into_response(), |bytes| form.response(bytes)))
}

/// The result of a camera for a picture.
struct Sight {
    said: Result<String, Refusal>,
    is_frame: bool,
    shot: Option<Shot>,
}

/// Looks at a picture, or takes the text of a code as it is.
fn look(mut parcel: Parcel, language: Language) -> Result<Sight, Problem> {
    if let Some(text) = parcel.text() {
        return Ok(Sight { said: Ok(text.to_owned()), is_frame: false, shot: None });
    }
    let is_frame = parcel.is_frame();
    let (luma, seen) = parcel.look()?;
    let (lint, overlay) = Lint::of(&luma, &seen, &LintOptions { language, ..LintOptions::default() });
    let said = match &seen {
        Scan::NotFound => Err(Refusal::NoCode),
        Scan::Unreadable { module_px } => Err(Refusal::Unreadable { module_px: *module_px }),
        Scan::Read(symbols) => match symbols.first() {
            // A frame is one of many: what is no code for a token may go out of view.
            Some(symbol) if !is_frame || pictures::is_for_a_token(symbol) => {
                Ok(String::from_utf8_lossy(&symbol.payload).into_owned())
            }
            _ => Err(Refusal::NoCode),
        },
    };
    Ok(Sight { said, is_frame, shot: Some(Shot { luma, lint, overlay }) })
}

/// Hands a token what its camera sees, and approves it if that is wanted. Gives the pages that it shows, too.
fn hand_over(
    hand: &mut Hand<'_>,
    seen: Result<&str, Refusal>,
    asked: &ScanQuery,
) -> Result<(Scanned, Vec<Screen>), Problem> {
    let language = hand.held.device.token().language;
    if let Seen::Refused(refusal) = hand.scan(seen)? {
        return Ok((Scanned::refused(refusal, language), Vec::new()));
    }
    let challenge = hand.held.device.challenge(hand.now).ok_or(Code::Internal)?;
    let pages = hand.held.device.pages(hand.now);
    let auto = asked.confirm.map_or(hand.held.auto, |confirm| confirm == Confirm::Auto);
    if auto {
        for _ in &pages {
            hand.press(Button::Right);
        }
        if let State::Refused(refusal) = hand.state() {
            return Ok((Scanned::refused(refusal, language), pages));
        }
    }
    let digits = TypedDigits::of(&hand.held.device, hand.now);
    let mut scanned = Scanned::shown(&challenge, pages.clone(), digits, language);
    let registering = challenge.domain() == Domain::Activation2 && hand.state() == State::Answered;
    if let Some(keep) = asked.keep.filter(|_| registering) {
        hand.press(Button::Right);
        hand.press(if keep == Keep::Yes { Button::Right } else { Button::Left });
        scanned.registered = Some(keep == Keep::Yes);
    }
    Ok((scanned, pages))
}
