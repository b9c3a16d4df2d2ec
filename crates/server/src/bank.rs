//! The verifier's routes. Each parses, asks the verifier once, and says what it said.

mod challenges;
mod document;

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use zeroize::Zeroizing;

use super::access::Scope;
use super::api::{Api, Described, Method};
use super::clock::BankClock;
#[cfg(feature = "emulator")]
use super::emulator::Emulator;
use super::guard::{Limit, actor};
use super::idempotency::{Answers, attempt};
use super::json::Json;
use super::metrics::Metrics;
#[cfg(not(feature = "emulator"))]
use super::no_emulator::Emulator;
use super::problem::{Code, Problem};
use super::rng;
use super::values::{Form, Picture};
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::store::Store;
use camtoken::time::Timestamp;
use camtoken::verifier::{Enrollment, Step, Subscriber, Verdict, Verifier};
use camtoken_documents::{ActivationStatus, AuditHistory};

pub(super) use challenges::challenges;
use document::{Activation, AuditPage, Begun, DeviceCode, NewEnrollment, NewToken, Purpose, SecondCode, Token};
pub(super) use document::{Answer, Challenge, Stepped, Told};

/// The shared state of the handlers.
pub(super) struct Bank<S> {
    pub verifier: Arc<Verifier<S>>,
    clock: Arc<BankClock>,
    /// The sessions whose clocks decide about their own tokens; none where test keys are not accepted.
    sessions: Option<Arc<Emulator>>,
    answers: Answers,
    metrics: Arc<Metrics>,
}

pub(super) type Shared<S> = State<Arc<Bank<S>>>;

impl<S: Store> Bank<S> {
    pub fn new(
        verifier: Arc<Verifier<S>>,
        clock: Arc<BankClock>,
        sessions: Option<Arc<Emulator>>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let sessions = sessions.filter(|_| verifier.policy().accept_test_keys);
        Self { verifier, clock, sessions, answers: Answers::default(), metrics }
    }

    /// The moment to decide by where no token has a part.
    pub fn now(&self) -> Result<Timestamp, Problem> {
        self.clock.now()
    }

    /// The moment to decide by about an activation.
    pub async fn now_of(&self, activation: ActivationId) -> Result<Timestamp, Problem> {
        let now = self.clock.now()?;
        match &self.sessions {
            None => Ok(now),
            Some(sessions) => Ok(sessions.time_of(&self.verifier(), activation, now).await?),
        }
    }

    /// The moment to decide by about a token.
    async fn now_of_token(&self, token: &TokenId) -> Result<Timestamp, Problem> {
        let now = self.clock.now()?;
        match &self.sessions {
            None => Ok(now),
            Some(sessions) => Ok(sessions.time_of_token(&self.verifier, token, now).await?),
        }
    }

    /// The moment to note about an activation where something is ended or shown ([`BankClock::noted`]).
    async fn noted_of(&self, activation: ActivationId) -> Timestamp {
        let noted = self.clock.noted();
        match &self.sessions {
            None => noted,
            Some(sessions) => sessions.time_of(&self.verifier(), activation, noted).await.unwrap_or(noted),
        }
    }

    /// As [`Bank::noted_of`], about a token.
    async fn noted_of_token(&self, token: &TokenId) -> Timestamp {
        let noted = self.clock.noted();
        match &self.sessions {
            None => noted,
            Some(sessions) => sessions.time_of_token(&self.verifier, token, noted).await.unwrap_or(noted),
        }
    }

    /// The verifier for a change, which is in the audit under the caller's name.
    pub fn verifier(&self) -> Verifier<S> {
        self.verifier.acting_for(actor())
    }

    /// Reports a verdict: to the counters, to the log, to the caller.
    pub fn told(&self, about: impl Display, verdict: &Verdict) -> Json<Told> {
        let told = Told::of(verdict);
        let settled = &told.settled;
        self.metrics.settled(settled.result);
        let caller = actor();
        let caller = caller.as_deref();
        match settled.reason {
            Some(reason) => tracing::info!(challenge.id = %about, caller, reason, "rejected"),
            None => tracing::info!(challenge.id = %about, caller, first = settled.first, "accepted"),
        }
        Json(told)
    }
}

/// A picture of this media type, for the description.
fn picture(kind: &str) -> serde_json::Value {
    json!({ kind: { "schema": { "type": "string", "format": "binary" } } })
}

/// The table of tokens and registrations.
pub(super) fn registrations<S: Store + 'static>(described: Described) -> Api<Arc<Bank<S>>> {
    Api::new(described)
        .add(Method::Post, "/v1/tokens", post(register::<S>), |op| {
            op.scopes(&[Scope::Enroll])
                .summary("tokens", "Takes a token into the books, with the device key that it has from the factory")
                .body::<NewToken>()
                .answer::<Token>(201, "It is in the books; doing it again changes nothing")
        })
        .limit("/v1/tokens", Limit::File)
        .add(Method::Get, "/v1/tokens/{token}", get(token::<S>), |op| {
            op.scopes(&[Scope::Enroll, Scope::Operate])
                .summary("tokens", "What the books say of a token")
                .answer::<Token>(200, "The token")
        })
        .add(Method::Post, "/v1/tokens/{token}/revoke", post(revoke_token::<S>), |op| {
            op.scopes(&[Scope::Operate])
                .summary("tokens", "Revokes a token for good, and every activation on it")
                .answer::<Token>(200, "None of them is accepted any more")
        })
        .add(Method::Post, "/v1/enrollments", post(enroll::<S>), |op| {
            op.scopes(&[Scope::Enroll])
                .summary("enrollments", "Begins a registration and makes the first code")
                .idempotent()
                .body::<NewEnrollment>()
                .answer::<Begun>(201, "The first code, for the token to read")
        })
        .add(Method::Get, "/v1/enrollments/{enrollment}", get(enrollment::<S>), |op| {
            op.scopes(&[Scope::Enroll, Scope::Operate])
                .summary("enrollments", "Where a registration stands")
                .answer::<Activation>(200, "The activation")
        })
        .add(Method::Post, "/v1/enrollments/{enrollment}/device-code", post(second::<S>), |op| {
            op.scopes(&[Scope::Enroll])
                .summary("enrollments", "Takes the token's answer to the first code and makes the second")
                .idempotent()
                .body::<DeviceCode>()
                .answer::<SecondCode>(200, "The second code, or why there is none")
        })
        .add(Method::Post, "/v1/enrollments/{enrollment}/confirm", post(confirm::<S>), |op| {
            op.scopes(&[Scope::Enroll])
                .summary("enrollments", "Takes the token's response to the second code")
                .idempotent()
                .body::<Answer>()
                .answer::<Stepped>(200, "Whether the activation signs from now on")
        })
        .add(Method::Post, "/v1/enrollments/{enrollment}/reset", post(reset::<S>), |op| {
            op.scopes(&[Scope::Enroll, Scope::Operate])
                .summary("enrollments", "Gives up a registration that never signed")
                .answer::<Activation>(200, "It is given up")
        })
}

/// The table of activations, and of the codes of their registrations.
pub(super) fn activations<S: Store + 'static>(api: Api<Arc<Bank<S>>>) -> Api<Arc<Bank<S>>> {
    let (png, svg) = (picture("image/png"), picture("image/svg+xml"));
    api.add(Method::Get, "/v1/enrollments/{enrollment}/code.png", get(code_png::<S>), |op| {
        op.scopes(&[Scope::Enroll]).summary("enrollments", "The code that is to be read next, as PNG").answer_of(
            200,
            "The picture",
            png,
        )
    })
    .add(Method::Get, "/v1/enrollments/{enrollment}/code.svg", get(code_svg::<S>), |op| {
        op.scopes(&[Scope::Enroll]).summary("enrollments", "The code that is to be read next, as SVG").answer_of(
            200,
            "The picture",
            svg,
        )
    })
    .add(Method::Get, "/v1/activations/{activation}", get(enrollment::<S>), |op| {
        op.scopes(&[Scope::Issue, Scope::Verify, Scope::Enroll, Scope::Operate])
            .summary("activations", "Where an activation stands")
            .answer::<Activation>(200, "The activation")
    })
    .add(Method::Post, "/v1/activations/{activation}/revoke", post(revoke::<S>), |op| {
        op.scopes(&[Scope::Operate])
            .summary("activations", "Revokes one activation for good; other users of the token go on")
            .answer::<Activation>(200, "It is revoked")
    })
    .add(Method::Post, "/v1/activations/{activation}/resume", post(resume::<S>), |op| {
        op.scopes(&[Scope::Operate])
            .summary("activations", "Resumes a suspended activation")
            .answer::<Activation>(200, "It signs again")
    })
    .add(Method::Post, "/v1/activations/{activation}/suspend", post(suspend::<S>), |op| {
        op.scopes(&[Scope::Operate])
            .summary(
                "activations",
                "Suspends an activation: nothing is issued to it or accepted from it until it is resumed",
            )
            .answer::<Activation>(200, "It is suspended; doing it again changes nothing")
    })
    .add(Method::Get, "/v1/activations/{activation}/audit", get(audit::<S>), |op| {
        op.scopes(&[Scope::Operate])
            .summary("activations", "What happened to an activation: a chain of entries, checked link by link")
            .query(
                "after",
                "The number of the entry behind which to begin: `next` of the page before",
                json!({ "type": "integer", "minimum": 0 }),
            )
            .query("limit", "At most so many entries; all without it", json!({ "type": "integer", "minimum": 1 }))
            .answer::<AuditHistory>(200, "The entries, or where the chain is broken")
    })
}

async fn register<S: Store>(State(bank): Shared<S>, Json(new): Json<NewToken>) -> Result<Response, Problem> {
    let wrong = |part: &str| Problem::from(Code::Request).because(part);
    let id: TokenId = new.id.parse().map_err(|_| wrong("id"))?;
    let bytes = Zeroizing::new(BASE64.decode(new.device_key.expose()).map_err(|_| wrong("deviceKey"))?);
    if bytes.len() != Key::LEN {
        return Err(wrong("deviceKey"));
    }
    let key = Key::new(bytes.to_vec());
    bank.verifier().register(&id, &key, new.purpose == Purpose::Test, bank.now()?, &mut rng()).await?;
    Ok((StatusCode::CREATED, Json(bank.token(&id).await?)).into_response())
}

async fn token<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Token>, Problem> {
    Ok(Json(bank.token(&parse(&id)?).await?))
}

async fn revoke_token<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Token>, Problem> {
    let id = parse(&id)?;
    bank.verifier().revoke_token(&id, bank.noted_of_token(&id).await).await?;
    Ok(Json(bank.token(&id).await?))
}

async fn enroll<S: Store>(
    State(bank): Shared<S>,
    headers: HeaderMap,
    Json(new): Json<NewEnrollment>,
) -> Result<Response, Problem> {
    let begin = async {
        let token: TokenId = new.token_id.parse().map_err(|_| Code::NoToken)?;
        let subscriber = Subscriber { contract: new.contract.clone(), user: new.user.clone() };
        let begun = bank.verifier().enroll(&token, subscriber, bank.now_of_token(&token).await?, &mut rng()).await;
        let Enrollment { activation, expires_at, code } = begun.map_err(|error| {
            let problem = Problem::from(error);
            // Its code was shown to no user, and a retry of the request begins another registration.
            let why = "a registration may have begun: GET /v1/tokens/{token} lists it, to be reset";
            if problem.code() == Code::StoreUnknown { problem.because(why) } else { problem }
        })?;
        Ok(Begun {
            id: activation.to_string(),
            token_id: token.to_string(),
            expires_at: expires_at.to_string(),
            code1: Picture::at(&format!("/v1/enrollments/{activation}/code"), code.as_str()),
        })
    };
    bank.answers.once(&headers, ("enrollments", &new), begin).await
}

async fn enrollment<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Activation>, Problem> {
    Ok(Json(bank.activation(parse(&id)?).await?))
}

async fn second<S: Store>(
    State(bank): Shared<S>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(answer): Json<DeviceCode>,
) -> Result<Json<SecondCode>, Problem> {
    let (activation, attempt) = (parse(&id)?, attempt(&headers)?);
    let digits = answer.device_code.typed()?;
    let now = bank.now_of(activation).await?;
    let step = bank.verifier().second_code(activation, digits, attempt, now, &mut rng()).await?;
    Ok(Json(match step {
        Step::Done(Enrollment { expires_at, code, .. }) => SecondCode {
            step: Stepped::DONE,
            expires_at: Some(expires_at.to_string()),
            code2: Some(Picture::at(&format!("/v1/enrollments/{activation}/code"), code.as_str())),
        },
        Step::Rejected(rejection) => SecondCode { step: Stepped::rejected(rejection), expires_at: None, code2: None },
    }))
}

async fn confirm<S: Store>(
    State(bank): Shared<S>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(answer): Json<Answer>,
) -> Result<Json<Stepped>, Problem> {
    let (activation, attempt) = (parse(&id)?, attempt(&headers)?);
    let now = bank.now_of(activation).await?;
    let step = bank.verifier().confirm(activation, answer.response.typed()?, attempt, now).await?;
    Ok(Json(step.into()))
}

async fn reset<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Activation>, Problem> {
    let id = parse(&id)?;
    bank.verifier().reset(id, bank.now_of(id).await?).await?;
    Ok(Json(bank.activation(id).await?))
}

async fn revoke<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Activation>, Problem> {
    let id = parse(&id)?;
    bank.verifier().revoke(id, bank.noted_of(id).await).await?;
    Ok(Json(bank.activation(id).await?))
}

async fn resume<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Activation>, Problem> {
    let id = parse(&id)?;
    bank.verifier().resume(id, bank.now_of(id).await?).await?;
    Ok(Json(bank.activation(id).await?))
}

async fn suspend<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Activation>, Problem> {
    let id = parse(&id)?;
    bank.verifier().suspend(id, bank.noted_of(id).await).await?;
    Ok(Json(bank.activation(id).await?))
}

async fn audit<S: Store>(
    State(bank): Shared<S>,
    Path(id): Path<String>,
    query: Result<Query<AuditPage>, QueryRejection>,
) -> Result<Json<AuditHistory>, Problem> {
    let Query(page) = query.map_err(|_| Problem::from(Code::Value).because("after, limit"))?;
    let limit = page.limit.unwrap_or(usize::MAX);
    if limit == 0 {
        return Err(Problem::from(Code::Value).because("limit"));
    }
    let id = parse(&id)?;
    bank.verifier.activation(id).await?.ok_or(Code::NoActivation)?;
    Ok(Json(AuditHistory::of(id, bank.verifier.audit(id).await?).page(page.after.unwrap_or_default(), limit)))
}

async fn code_png<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Response, Problem> {
    bank.enrollment_picture(&id, Form::Png).await
}

async fn code_svg<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Response, Problem> {
    bank.enrollment_picture(&id, Form::Svg).await
}

impl<S: Store> Bank<S> {
    async fn token(&self, id: &TokenId) -> Result<Token, Problem> {
        Ok(Token::from(&self.verifier.token(id).await?.ok_or(Code::NoToken)?))
    }

    async fn activation(&self, id: ActivationId) -> Result<Activation, Problem> {
        let noted = self.noted_of(id).await;
        let known = self.verifier.activation(id).await?.ok_or(Code::NoActivation)?;
        Ok(Activation {
            id: id.to_string(),
            token_id: known.token().map(ToString::to_string),
            status: ActivationStatus::of(&known, noted),
        })
    }

    async fn enrollment_picture(&self, id: &str, form: Form) -> Result<Response, Problem> {
        let activation = parse(id)?;
        let enrollment = self.verifier.enrollment_code(activation, self.now_of(activation).await?).await?;
        form.draw(enrollment.ok_or(Code::NotFound)?.code.as_str())
    }
}

/// The name in a path. A text that cannot be a name is treated as an unknown one.
pub(super) fn parse<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Code::NotFound.into())
}
