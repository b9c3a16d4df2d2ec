//! The routes of the virtual token.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::api::{Api, Described, Method};
use super::super::guard::{Limit, Place};
use super::super::json::Json;
use super::super::pictures::{self, Parcel};
use super::super::problem::{Code, Problem};
use super::super::turns::Caller;
use super::super::values::{Form, Secret, Span, SpanText, whole};
use super::album::Shot;
use super::events::{Waited, events};
use super::rules::{self, Rule};
use super::session::{Clock, Hand, Make, Session};
use super::shown::{Quality, Scanned, Shown, drawing};
use super::values::{Moment, OptionalJson};
use super::{Emulator, OfToken, World, foreign, token_id, with};
use camtoken::key::TokenId;
use camtoken::language::Language;
use camtoken::qr::{Overlay, Scan};
use camtoken::token::screen::Screen;
use camtoken::token::{Button, Faults, Pin, Profile, Refusal, Seen, State, file, picture};
use camtoken::transaction::Domain;
use camtoken_documents::{Lint, LintOptions, Registered, TypedDigits};

/// The table of the routes.
pub(in super::super) fn routes(described: Described) -> Api<Arc<Emulator>> {
    const SCAN: &str = "/v1/sessions/{session}/tokens/{token}/scan";
    const SVG: &str = "/v1/sessions/{session}/tokens/{token}/overlay.svg";
    const PNG: &str = "/v1/sessions/{session}/tokens/{token}/overlay.png";
    const STATE: &str = "/v1/sessions/{session}/tokens/{token}/state";
    const EVENTS: &str = "/v1/sessions/{session}/tokens/{token}/events";
    let binary = json!({ "schema": { "type": "string", "format": "binary" } });
    let text = json!({ "schema": { "type": "string" } });
    let mut pictures = pictures::kinds();
    pictures["text/plain"] =
        json!({ "schema": { "type": "string", "description": "The text of a code: CT1:…, otpauth:…" } });
    let either = |words: [&str; 2]| json!({ "enum": words });
    let token_file = json!({ "application/json": { "schema": {
        "type": "object",
        "description": "A test token with its keys: camtoken/token/1",
        "properties": { "schema": { "const": file::SCHEMA }, "purpose": { "const": "test" } },
        "required": ["schema", "purpose", "id", "deviceKey", "language", "slots", "device"],
    } } });
    let api = Api::new(described)
        .add(Method::Post, "/v1/sessions", post(open), |op| {
            op.any_caller()
                .summary("sessions", "Opens a session: tokens, a clock and randomness of its own")
                .optional_body::<NewSession>()
                .answer::<SessionReport>(201, "The session")
        })
        .add(Method::Get, "/v1/sessions/{session}", get(session).delete(close), |op| {
            op.any_caller().summary("sessions", "A session").answer::<SessionReport>(200, "The session")
        })
        .describe(Method::Delete, "/v1/sessions/{session}", |op| {
            op.any_caller().summary("sessions", "Ends a session with all that is in it").done("It is gone")
        })
        .add(Method::Post, "/v1/sessions/{session}/clock", post(set_clock), |op| {
            op.any_caller()
                .summary(
                    "sessions",
                    "Sets the session's clock, or moves it; with --accept-test-keys the verifier decides by it about its tokens",
                )
                .body::<ClockChange>()
                .answer::<ClockReport>(200, "The time now")
        })
        .add(Method::Post, "/v1/sessions/{session}/tokens", post(new_token), |op| {
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
        .limit(STATE, Limit::File);
    let api = api
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
        .add(Method::Post, SCAN, post(scan_code), |op| {
            let op = op
                .any_caller()
                .summary("virtual tokens", "Holds a picture, or the text of a code, before the token's camera")
                .query("confirm", "auto: all pages are approved; step: the first page stays", either(["auto", "step"]))
                .query("keep", "The answer whether the bank has confirmed a registration", either(["yes", "no"]))
                .query("drawing", "svg: draws every screen that was shown, into `drawing`", json!({ "enum": ["svg"] }))
                .query(
                    "account",
                    "Which account answers a code of another system: its user",
                    json!({ "type": "string" }),
                )
                .query("accountPin", "The PIN of that account, or of a new one", json!({ "type": "string" }));
            pictures::frames(op)
                .body_of(true, pictures)
                .answer::<Scanned>(200, "What the token shows, or why it refuses")
        })
        .limit(SCAN, Limit::Picture)
        .limit(SVG, Limit::Picture)
        .limit(PNG, Limit::Picture)
        .add(Method::Get, SVG, get(overlay_svg), |op| {
            op.any_caller()
                .summary(
                    "virtual tokens",
                    "The last picture, with what was seen drawn onto it and the measures beside it",
                )
                .answer_of(200, "The picture", json!({ "image/svg+xml": binary }))
                .done(NOTHING_DRAWN)
        })
        .add(Method::Get, PNG, get(overlay_png), |op| {
            op.any_caller()
                .summary("virtual tokens", "The last picture, with what was seen drawn onto it")
                .answer_of(200, "The picture", json!({ "image/png": binary }))
                .done(NOTHING_DRAWN)
        })
        .add(Method::Post, "/v1/sessions/{session}/tokens/{token}/buttons/{button}", post(press), |op| {
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
        .limit(EVENTS, Limit::Wait);
    foreign::routes(api)
        .add(Method::Get, "/v1/sessions/{session}/tokens/{token}/screen", get(screen), |op| {
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
        .add(Method::Get, "/v1/sessions/{session}/tokens/{token}/faults", get(faults).put(put_faults), |op| {
            op.any_caller().summary("virtual tokens", "What is broken").answer::<FaultReport>(200, "The faults")
        })
        .describe(Method::Put, "/v1/sessions/{session}/tokens/{token}/faults", |op| {
            op.any_caller()
                .summary("virtual tokens", "Breaks something; what is left out is whole")
                .body::<FaultReport>()
                .answer::<FaultReport>(200, "The faults")
        })
        .add(Method::Get, "/v1/sessions/{session}/tokens/{token}/rules", get(get_rules).put(put_rules), |op| {
            op.any_caller()
                .summary("virtual tokens", "What is pressed by itself")
                .answer::<Vec<rules::Described>>(200, "The rules")
        })
        .describe(Method::Put, "/v1/sessions/{session}/tokens/{token}/rules", |op| {
            op.any_caller()
                .summary("virtual tokens", "Says what is pressed when the screen shows something; the first that fits")
                .body::<Vec<rules::Described>>()
                .answer::<Vec<rules::Described>>(200, "The rules")
        })
}

/// A session to open.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct NewSession {
    /// The language of its tokens: ja or en
    lang: Option<Lang>,
    /// A moment at which its clock stands until it is moved; without it the clock is the system's
    clock: Option<Moment>,
    /// Makes keys and numbers the same in every run
    #[schemars(length(max = 256))]
    seed: Option<String>,
    /// How long it lives after its last use: 1 s to 24 h, else an hour
    ttl: Option<SpanText>,
}

#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Lang {
    Ja,
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Ja => Self::Ja,
            Lang::En => Self::En,
        }
    }
}

impl From<Language> for Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::Ja => Self::Ja,
            Language::En => Self::En,
        }
    }
}

/// A session.
#[derive(Serialize, JsonSchema)]
struct SessionReport {
    /// Its name: whoever has it has the session
    id: String,
    /// The language of its tokens
    lang: Lang,
    /// Its time
    clock: ClockReport,
    /// How long it lives after its last use
    ttl: Span,
    /// Its tokens
    tokens: Vec<String>,
}

impl SessionReport {
    fn of(id: String, session: &Session, emulator: &Emulator) -> Self {
        let inside = session.inside();
        Self {
            id,
            lang: session.language.into(),
            clock: ClockReport::of(inside.clock, emulator.moves_verifier),
            ttl: Span(i64::try_from(session.ttl().as_secs()).unwrap_or(i64::MAX)),
            tokens: inside.ids().map(ToString::to_string).collect(),
        }
    }
}

/// Either of the two.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum ClockChange {
    /// The clock stands at this moment until it is moved
    Set(Moment),
    /// The clock goes on by so much, or back
    Advance(SpanText),
}

/// The time of a session.
#[derive(Serialize, JsonSchema)]
struct ClockReport {
    /// The moment
    now: Moment,
    /// Whether it goes on by itself
    running: bool,
    /// Whether the verifier decides by it about the session's tokens: it does with --accept-test-keys
    verifier: bool,
}

impl ClockReport {
    fn of(clock: Clock, verifier: bool) -> Self {
        Self { now: Moment(clock.now()), running: matches!(clock, Clock::Running(_)), verifier }
    }
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
    /// auto: a scan is approved at once; step: somebody presses the buttons
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
enum Confirm {
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

/// What is broken.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FaultReport {
    /// What is left in the battery, in percent; with 0 the token reads nothing (T13)
    #[serde(default = "full", deserialize_with = "whole")]
    #[schemars(range(min = 0, max = 100))]
    battery: u8,
    /// Every activation acts as if it had not been finished (T09)
    #[serde(default)]
    half_activated: bool,
    /// Seconds that the token's clock is ahead
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = -4_000_000_000_i64, max = 4_000_000_000_i64))]
    clock_offset: i64,
    /// How the next scan ends: T01 to T14
    #[serde(default)]
    #[schemars(regex(pattern = "^T(0[1-9]|1[0-4])$"))]
    next_scan: Option<String>,
}

const fn full() -> u8 {
    100
}

impl FaultReport {
    fn of(faults: &Faults) -> Self {
        Self {
            battery: faults.battery,
            half_activated: faults.half_activated,
            clock_offset: faults.clock_offset,
            next_scan: faults.next_scan.map(|refusal| refusal.code().to_owned()),
        }
    }

    fn read(self) -> Result<Faults, Problem> {
        let wrong = |part: &str| Problem::from(Code::Request).because(part);
        let next_scan =
            self.next_scan.map(|code| code.parse::<Refusal>()).transpose().map_err(|_| wrong("nextScan"))?;
        if self.battery > 100 {
            return Err(wrong("battery"));
        }
        if self.clock_offset.unsigned_abs() > 4_000_000_000 {
            return Err(wrong("clockOffset"));
        }
        let Self { battery, half_activated, clock_offset, .. } = self;
        Ok(Faults { battery, half_activated, clock_offset, next_scan })
    }
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

async fn open(
    Shared(emulator): World,
    Extension(caller): Extension<Caller>,
    OptionalJson(new): OptionalJson<NewSession>,
) -> Result<Response, Problem> {
    const HOUR: Duration = Duration::from_secs(3600);
    let wrong = |part: &str| Problem::from(Code::Value).because(part);
    let ttl = match new.ttl {
        Some(ttl) => ttl.forward("ttl")?,
        None => HOUR,
    };
    if !(Duration::from_secs(1)..=24 * HOUR).contains(&ttl) {
        return Err(wrong("ttl: 1s to 24h"));
    }
    if new.seed.as_ref().is_some_and(|seed| seed.chars().count() > 256) {
        return Err(wrong("seed: at most 256 characters"));
    }
    let clock = new.clock.map_or(Clock::Running(0), |Moment(moment)| Clock::Standing(moment));
    let language = new.lang.map_or(emulator.language, Language::from);
    let (id, session) = emulator.keep(Session::new(language, clock, new.seed.as_deref(), ttl), &caller)?;
    let place = [(header::LOCATION, format!("/v1/sessions/{id}"))];
    Ok((StatusCode::CREATED, place, Json(SessionReport::of(id, &session, &emulator))).into_response())
}

async fn session(Shared(emulator): World, Path(id): Path<String>) -> Result<Json<SessionReport>, Problem> {
    let session = emulator.find(&id)?;
    Ok(Json(SessionReport::of(id, &session, &emulator)))
}

async fn close(Shared(emulator): World, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    emulator.remove(&id)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_clock(
    Shared(emulator): World,
    Path(id): Path<String>,
    Json(change): Json<ClockChange>,
) -> Result<Json<ClockReport>, Problem> {
    let session = emulator.find(&id)?;
    let mut inside = session.inside();
    match change {
        ClockChange::Set(Moment(moment)) => inside.clock = Clock::Standing(moment),
        ClockChange::Advance(span) => inside.clock.advance(span.read("advance")?.0),
    }
    inside.clock_moved();
    Ok(Json(ClockReport::of(inside.clock, emulator.moves_verifier)))
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
        Ok(super::super::json::bytes(text.into_bytes()))
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

async fn faults(Shared(emulator): World, Path(names): OfToken) -> Result<Json<FaultReport>, Problem> {
    with(&emulator, &names, |hand| Ok(Json(FaultReport::of(&hand.held.device.token().faults))))
}

async fn put_faults(
    Shared(emulator): World,
    Path(names): OfToken,
    Json(new): Json<FaultReport>,
) -> Result<Json<FaultReport>, Problem> {
    let new = new.read()?;
    with(&emulator, &names, |hand| {
        hand.held.device.token_mut().faults = new;
        hand.settle();
        Ok(Json(FaultReport::of(&hand.held.device.token().faults)))
    })
}

async fn get_rules(Shared(emulator): World, Path(names): OfToken) -> Result<Json<Vec<rules::Described>>, Problem> {
    with(&emulator, &names, |hand| Ok(Json(hand.held.rules.iter().map(|rule| rule.described()).collect())))
}

async fn put_rules(
    Shared(emulator): World,
    Path(names): OfToken,
    Extension(caller): Extension<Caller>,
    Json(new): Json<Vec<rules::Described>>,
) -> Result<Json<Vec<rules::Described>>, Problem> {
    if new.len() > 64 {
        return Err(Problem::from(Code::Request).because("at most 64 rules"));
    }
    with(&emulator, &names, |_| Ok(()))?;
    let (room, holder) = (Arc::clone(&emulator.room), caller.holder().cloned());
    let new = caller.work(move || Rule::parse_all(new, &room, holder.as_ref())).await??;
    with(&emulator, &names, |hand| {
        hand.held.rules = new;
        hand.settle();
        Ok(Json(hand.held.rules.iter().map(|rule| rule.described()).collect()))
    })
}

/// What a camera sees in a picture.
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
