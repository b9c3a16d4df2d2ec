//! Sessions and their clocks.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::session::{Clock, Session};
use super::super::values::{Moment, OptionalJson};
use super::super::{Emulator, World};
use crate::api::{Api, Method};
use crate::json::Json;
use crate::problem::{Code, Problem};
use crate::turns::Caller;
use crate::values::{Span, SpanText};
use camtoken::language::Language;

pub(super) fn routes(api: Api<Arc<Emulator>>) -> Api<Arc<Emulator>> {
    api.add(Method::Post, "/v1/sessions", post(open), |op| {
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
pub(super) enum Lang {
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
    /// Its name. Anyone who knows it can use the session
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
