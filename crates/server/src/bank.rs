//! The verifier's routes. Each parses, asks the verifier once, and says what it said.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use zeroize::Zeroizing;

use super::access::Scope;
use super::api::{Api, Described, Method};
use super::clock::BankClock;
#[cfg(feature = "emulator")]
use super::emulator::Emulator;
use super::guard::{Limit, actor};
use super::idempotency::{Answers, attempt, named_attempt};
use super::json::Json;
use super::metrics::Metrics;
#[cfg(not(feature = "emulator"))]
use super::no_emulator::Emulator;
use super::problem::{Code, Problem};
use super::rng;
use super::values::{Form, Picture, Secret, SpanText};
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::store::Store;
use camtoken::time::Timestamp;
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{ChallengeRef, Enrollment, RegisteredToken, Rejection, Step, Subscriber, Verdict, Verifier};
use camtoken_documents::{
    ActivationStatus, AuditHistory, Catalogue, GivenFields, Settled, TokenStatus, fields_schema, issued_operations,
};

/// What the handlers share.
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

    /// The verifier for a change, which stands in the audit under the caller's name.
    pub fn verifier(&self) -> Verifier<S> {
        self.verifier.acting_for(actor())
    }

    /// Tells a verdict: to the counters, to the log, to whoever asked.
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

/// The table of challenges.
pub(super) fn challenges<S: Store + 'static>(api: Api<Arc<Bank<S>>>) -> Api<Arc<Bank<S>>> {
    let (png, svg) = (picture("image/png"), picture("image/svg+xml"));
    api.add(Method::Get, "/v1/operations", get(operations), |op| {
        op.any_caller()
            .summary("challenges", "The operations that can be put to a token, with their fields and what each takes")
            .answer::<Catalogue>(200, "The catalogue, the same for every caller")
    })
    .add(Method::Post, "/v1/challenges", post(issue::<S>), |op| {
        op.scopes(&[Scope::Issue]).summary("challenges", "Puts a transaction to an activation; the challenge before it is superseded")
            .idempotent()
            .body::<NewChallenge>()
            .answer::<Challenge>(201, "The challenge and its code")
    })
    .add(Method::Get, "/v1/challenges/{challenge}", get(challenge::<S>).delete(withdraw::<S>), |op| {
        op.scopes(&[Scope::Issue, Scope::Verify]).summary("challenges", "Whether a challenge may still be answered")
            .answer::<Standing>(200, "How it stands. Whether it was accepted, only a verification says")
    })
    .describe(Method::Delete, "/v1/challenges/{challenge}", |op| {
        op.scopes(&[Scope::Issue]).summary("challenges", "Withdraws a challenge; a response to it is superseded").done("It is withdrawn")
    })
    .add(Method::Get, "/v1/challenges/{challenge}/code.png", get(challenge_png::<S>), |op| {
        op.scopes(&[Scope::Issue]).summary("challenges", "The code of an open challenge as PNG").answer_of(200, "The picture", png)
    })
    .add(Method::Get, "/v1/challenges/{challenge}/code.svg", get(challenge_svg::<S>), |op| {
        op.scopes(&[Scope::Issue]).summary("challenges", "The code of an open challenge as SVG").answer_of(200, "The picture", svg)
    })
    .add(Method::Post, "/v1/challenges/{challenge}/verify", post(verify::<S>), |op| {
        op.scopes(&[Scope::Verify]).summary(
            "challenges",
            "Settles a response. It is accepted under one Idempotency-Key, which gets the same answer as often as it asks",
        )
        .idempotent()
        .body::<Answer>()
        .answer::<Told>(200, "The verdict, durable")
    })
    .add(Method::Post, "/v1/challenges/{challenge}/accepted", post(accepted::<S>), |op| {
        op.scopes(&[Scope::Verify]).summary("challenges", "What was accepted for a challenge, for a caller that has lost the answer and its key").answer::<Told>(
            200,
            "accepted, with the transaction; used, when a newer challenge was issued since; or that nothing was accepted",
        )
    })
}

/// A token for the books: of what a test token's state says, these three.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewToken {
    /// The token ID
    #[schemars(regex(pattern = "^[A-Z0-9-]{1,10}$"))]
    id: String,
    /// The device key: 32 bytes in base64
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$"))]
    device_key: Secret,
    /// test or production
    purpose: Purpose,
}

#[derive(Deserialize, JsonSchema, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum Purpose {
    Test,
    Production,
}

/// A registered token.
#[derive(Serialize, JsonSchema)]
struct Token {
    /// The token ID
    id: String,
    #[serde(flatten)]
    status: TokenStatus,
}

impl From<&RegisteredToken> for Token {
    fn from(token: &RegisteredToken) -> Self {
        Self { id: token.id().to_string(), status: token.into() }
    }
}

/// Who is to use which token.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewEnrollment {
    /// The token ID
    #[schemars(regex(pattern = "^[A-Z0-9-]{1,10}$"))]
    token_id: String,
    /// The contract number
    #[schemars(length(min = 1, max = 64))]
    contract: String,
    /// The user ID within the contract
    #[schemars(length(min = 1, max = 64))]
    user: String,
}

/// A registration that has begun.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Begun {
    /// The registration, and the activation that it makes
    id: String,
    /// The token ID
    token_id: String,
    /// From then on the first code is not answered any more
    expires_at: String,
    /// The first code
    code1: Picture,
}

/// What the token answered to the first code.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeviceCode {
    /// Twelve digits, as they were typed: full width, blanks and up to two hyphens are understood
    #[schemars(with = "String", length(max = 255))]
    device_code: Secret,
}

/// What the token answered.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Answer {
    /// The digits, as they were typed: full width, blanks and a hyphen are understood
    #[schemars(with = "String", length(max = 255))]
    pub response: Secret,
}

/// What a step of a registration came to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stepped {
    /// accepted, rejected, expired, used or suspended
    result: &'static str,
    /// Why not
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// After a wrong answer: how many more are taken
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u8>,
    /// After Malformed: how many digits are expected
    #[serde(skip_serializing_if = "Option::is_none")]
    digits: Option<u8>,
}

impl Stepped {
    const DONE: Self = Self { result: "accepted", reason: None, attempts_left: None, digits: None };

    fn rejected(rejection: Rejection) -> Self {
        let Settled { result, reason, attempts_left, digits, .. } = rejection.into();
        Self { result, reason, attempts_left, digits }
    }
}

impl From<Step<()>> for Stepped {
    fn from(step: Step<()>) -> Self {
        match step {
            Step::Done(()) => Self::DONE,
            Step::Rejected(rejection) => Self::rejected(rejection),
        }
    }
}

/// The second code, or why there is none.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SecondCode {
    #[serde(flatten)]
    step: Stepped,
    /// From then on the second code is not answered any more
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// The second code
    #[serde(skip_serializing_if = "Option::is_none")]
    code2: Option<Picture>,
}

/// Where an activation stands.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Activation {
    /// The activation
    id: String,
    /// The token ID; none for a generator
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
    #[serde(flatten)]
    status: ActivationStatus,
}

/// Which part of a history is asked for.
#[derive(Deserialize)]
struct AuditPage {
    after: Option<u64>,
    limit: Option<usize>,
}

/// A transaction for an activation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewChallenge {
    activation: String,
    operation: String,
    fields: GivenFields,
    #[serde(default)]
    ttl: Option<SpanText>,
}

/// One form for each operation of the catalogue, told apart by `operation`.
impl JsonSchema for NewChallenge {
    fn schema_name() -> Cow<'static, str> {
        "NewChallenge".into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let ttl = schemas.subschema_for::<Option<SpanText>>();
        let mut forms = Map::new();
        for operation in issued_operations() {
            let name = operation.entry().name;
            let (form, fields) = (format!("New-{name}"), format!("Fields-{name}"));
            let path = |definition: &str| format!("#/components/schemas/{definition}");
            let schema = json!({
                "description": format!("A challenge to approve: {}", operation.entry().label.en),
                "type": "object",
                "properties": {
                    "activation": { "type": "string", "pattern": "^[0-9a-f]{12}$", "description": "The activation" },
                    "operation": { "type": "string", "const": name },
                    "fields": { "$ref": path(&fields) },
                    "ttl": ttl,
                },
                "required": ["activation", "operation", "fields"],
                "additionalProperties": false,
            });
            schemas.definitions_mut().insert(fields, fields_schema(operation));
            forms.insert(name.to_owned(), path(&form).into());
            schemas.definitions_mut().insert(form, schema);
        }
        let refs: Vec<_> = forms.values().map(|form| json!({ "$ref": form })).collect();
        json_schema!({
            "description": "A transaction for an activation",
            "oneOf": refs,
            "discriminator": { "propertyName": "operation", "mapping": forms },
        })
    }
}

/// A challenge that was issued.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Challenge {
    /// Its name
    id: String,
    /// Who is asked
    activation: String,
    /// What is asked
    operation: &'static str,
    /// From then on no response is accepted
    expires_at: String,
    /// The code
    code: Picture,
}

/// How a challenge stands.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Standing {
    /// Its name
    id: String,
    /// open, or closed: answered, expired, superseded or withdrawn
    state: &'static str,
    /// What is asked
    operation: &'static str,
    /// From then on no response is accepted
    expires_at: String,
}

/// A verdict.
#[derive(Serialize, JsonSchema)]
pub(super) struct Told {
    /// All that a browser may learn beside attemptsLeft: accepted or rejected
    browser: &'static str,
    #[serde(flatten)]
    settled: Settled,
}

impl Told {
    fn of(verdict: &Verdict) -> Self {
        let browser = if verdict.is_accepted() { "accepted" } else { "rejected" };
        Self { browser, settled: verdict.into() }
    }
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
            // Nobody was shown its code, and sent again the request begins another.
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

/// An operation by its name, be it one that is not issued: that is told with its fields.
fn operation(name: &str) -> Result<Operation, Problem> {
    name.parse().map_err(|_| {
        let names: Vec<_> = issued_operations().map(|known| known.entry().name).collect();
        Problem::from(Code::NoOperation).because(format!("{name:?}; known are {}", names.join(", ")))
    })
}

async fn operations() -> Json<Catalogue> {
    Json(Catalogue::issued())
}

async fn issue<S: Store>(
    State(bank): Shared<S>,
    headers: HeaderMap,
    Json(new): Json<NewChallenge>,
) -> Result<Response, Problem> {
    let activation: ActivationId = new.activation.parse().map_err(|_| Code::NoActivation)?;
    let operation = operation(&new.operation)?;
    let fields = new.fields.into_texts(operation).map_err(|error| Problem::from(Code::Fields).because(error))?;
    let transaction =
        Transaction::new(operation, fields).map_err(|error| Problem::from(Code::Fields).because(error))?;
    let lifetime = new.ttl.map(|ttl| ttl.forward("ttl")).transpose()?;
    let challenge = bank.put(activation, transaction, lifetime, &headers).await?;
    Ok((StatusCode::CREATED, Json(challenge)).into_response())
}

async fn challenge<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Standing>, Problem> {
    let reference: ChallengeRef = parse(&id)?;
    let noted = bank.noted_of(reference.activation).await;
    let activation = bank.verifier.activation(reference.activation).await?.ok_or(Code::NotFound)?;
    let last = activation.last_challenge().filter(|last| last.reference() == reference).ok_or(Code::NotFound)?;
    // A read never says that a response was accepted: only the write that accepts it can.
    let open = activation.open_challenge(noted).is_some();
    Ok(Json(Standing {
        id: reference.to_string(),
        state: if open { "open" } else { "closed" },
        operation: last.transaction().operation().entry().name,
        expires_at: last.expires_at().to_string(),
    }))
}

async fn withdraw<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let reference: ChallengeRef = parse(&id)?;
    let withdrawn = bank.verifier().withdraw(reference, bank.noted_of(reference.activation).await).await?;
    if withdrawn { Ok(StatusCode::NO_CONTENT) } else { Err(Code::NotFound.into()) }
}

async fn challenge_png<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Response, Problem> {
    bank.challenge_picture(&id, Form::Png).await
}

async fn challenge_svg<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Response, Problem> {
    bank.challenge_picture(&id, Form::Svg).await
}

async fn verify<S: Store>(
    State(bank): Shared<S>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(answer): Json<Answer>,
) -> Result<Json<Told>, Problem> {
    let (reference, attempt): (ChallengeRef, _) = (parse(&id)?, attempt(&headers)?);
    let now = bank.now_of(reference.activation).await?;
    let verdict = bank.verifier().verify(reference, answer.response.typed()?, attempt, now).await?;
    Ok(bank.told(reference, &verdict))
}

async fn accepted<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Told>, Problem> {
    let reference: ChallengeRef = parse(&id)?;
    let now = bank.now_of(reference.activation).await?;
    Ok(Json(Told::of(&bank.verifier().settled(reference, now).await?)))
}

impl<S: Store> Bank<S> {
    /// Puts a transaction to an activation.
    pub async fn put(
        &self,
        activation: ActivationId,
        transaction: Transaction,
        lifetime: Option<Duration>,
        headers: &HeaderMap,
    ) -> Result<Challenge, Problem> {
        let operation = transaction.operation();
        let (verifier, now, rng) = (self.verifier(), self.now_of(activation).await?, &mut rng());
        let issued = match named_attempt(headers)? {
            Some(attempt) => verifier.issue_once(attempt, activation, transaction, lifetime, now, rng).await?,
            None => verifier.issue(activation, transaction, lifetime, now, rng).await?,
        };
        tracing::info!(challenge.id = %issued.reference, caller = actor().as_deref(), %operation, "issued");
        Ok(Challenge {
            id: issued.reference.to_string(),
            activation: activation.to_string(),
            operation: operation.entry().name,
            expires_at: issued.expires_at.to_string(),
            code: Picture::at(&format!("/v1/challenges/{}/code", issued.reference), issued.code.as_str()),
        })
    }

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

    async fn challenge_picture(&self, id: &str, form: Form) -> Result<Response, Problem> {
        let reference: ChallengeRef = parse(id)?;
        let code = self.verifier.code(reference, self.now_of(reference.activation).await?).await?;
        form.draw(code.ok_or(Code::NotFound)?.as_str())
    }
}

/// What a path names. What cannot be a name is the name of nothing.
pub(super) fn parse<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Code::NotFound.into())
}
