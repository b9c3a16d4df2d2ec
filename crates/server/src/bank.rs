//! The verifier's routes. Each parses, asks the verifier once, and says what it said.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::access::Scope;
use super::api::{Api, Described, Method};
use super::guard::{Limit, actor};
use super::idempotency::{Answers, attempt};
use super::json::Json;
use super::metrics::Metrics;
use super::problem::{Code, Problem};
use super::values::{Form, MOST_WHOLE, Picture, Secret, Signed, Span, whole};
use super::{Clock, rng};
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::store::Store;
use camtoken::time::Timestamp;
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::audit::{self, AuditEntry};
use camtoken::verifier::record::Issued;
use camtoken::verifier::{
    ActivationState, ChallengeRef, Credential, Enrollment, Record, Rejection, Step, Subscriber, TokenRecord, Verdict,
    Verifier,
};

/// What the handlers share.
pub(super) struct Bank<S> {
    pub verifier: Arc<Verifier<S>>,
    clock: Clock,
    answers: Answers,
    metrics: Arc<Metrics>,
}

pub(super) type Shared<S> = State<Arc<Bank<S>>>;

impl<S: Store> Bank<S> {
    pub fn new(verifier: Arc<Verifier<S>>, clock: Clock, metrics: Arc<Metrics>) -> Self {
        Self { verifier, clock, answers: Answers::default(), metrics }
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The verifier for a change, which stands in the audit under the caller's name.
    pub fn verifier(&self) -> Verifier<S> {
        self.verifier.acting_for(actor())
    }

    /// Tells a verdict: to the counters, to the log, to whoever asked.
    pub fn told(&self, about: impl Display, verdict: &Verdict) -> Json<Settled> {
        let settled = Settled::of(verdict);
        self.metrics.settled(settled.result);
        let caller = actor();
        let caller = caller.as_deref();
        match settled.reason {
            Some(reason) => tracing::info!(challenge.id = %about, caller, reason, "rejected"),
            None => tracing::info!(challenge.id = %about, caller, first = settled.first, "accepted"),
        }
        Json(settled)
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
            .answer::<History>(200, "The entries, or where the chain is broken")
    })
}

/// The table of challenges.
pub(super) fn challenges<S: Store + 'static>(api: Api<Arc<Bank<S>>>) -> Api<Arc<Bank<S>>> {
    let (png, svg) = (picture("image/png"), picture("image/svg+xml"));
    api.add(Method::Post, "/v1/challenges", post(issue::<S>), |op| {
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
        .answer::<Settled>(200, "The verdict, durable")
    })
    .add(Method::Post, "/v1/challenges/{challenge}/accepted", post(accepted::<S>), |op| {
        op.scopes(&[Scope::Verify]).summary("challenges", "What was accepted for a challenge, for a caller that has lost the answer and its key").answer::<Settled>(
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

/// A token in the books.
#[derive(Serialize, JsonSchema)]
struct Token {
    /// The token ID
    id: String,
    /// Made for tests
    test: bool,
    /// Revoked for good
    revoked: bool,
    /// Its activations
    activations: Vec<String>,
}

impl Token {
    fn of(id: &TokenId, record: &TokenRecord) -> Self {
        Self {
            id: id.to_string(),
            test: record.test,
            revoked: record.revoked,
            activations: record.activations.iter().map(ToString::to_string).collect(),
        }
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
    /// Twelve digits; spaces do not count
    #[schemars(with = "String", length(max = 255))]
    device_code: Secret,
}

/// What the token answered.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Answer {
    /// The digits; spaces do not count
    #[schemars(with = "String", length(max = 255))]
    pub response: Secret,
}

/// What a step of a registration came to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Stepped {
    /// accepted, rejected, expired, used or suspended
    result: &'static str,
    /// Why not
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// After a wrong answer: how many more are taken
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u8>,
}

impl Stepped {
    const DONE: Self = Self { result: "accepted", reason: None, attempts_left: None };

    fn rejected(rejection: Rejection) -> Self {
        let attempts_left = tries_left(rejection).map(|(left, _)| left);
        Self { result: rejection.result(), reason: Some(rejection.name()), attempts_left }
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
    /// firstCode, secondCode, active, suspended, revoked or reset
    state: &'static str,
    /// The token ID; none for a time-based generator
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
    /// The contract number
    contract: String,
    /// The user ID within the contract
    user: String,
    /// Wrong responses in a row, over all challenges
    failures: u8,
    /// Whether it ever gave a right response
    signed: bool,
}

impl Activation {
    fn of(id: ActivationId, record: &Record) -> Self {
        Self {
            id: id.to_string(),
            state: match record.state {
                ActivationState::FirstCode(_) => "firstCode",
                ActivationState::SecondCode(_) => "secondCode",
                ActivationState::Active => "active",
                ActivationState::Suspended => "suspended",
                ActivationState::Revoked => "revoked",
                ActivationState::Reset => "reset",
            },
            token_id: match &record.credential {
                Credential::Camera { token, .. } => Some(token.to_string()),
                Credential::TimeBased { .. } => None,
            },
            contract: record.subscriber.contract.clone(),
            user: record.subscriber.user.clone(),
            failures: record.failures,
            signed: record.signed,
        }
    }
}

/// What happened to an activation.
#[derive(Serialize, JsonSchema)]
struct History {
    /// The activation
    activation: String,
    /// Whether the chain is whole; if it is not, no entry of it is shown
    whole: bool,
    /// Where it is broken
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<String>,
    /// What happened, the oldest first
    entries: Vec<Happened>,
}

/// One entry of a history. It names no field of a transaction, and no secret.
#[derive(Serialize, JsonSchema)]
struct Happened {
    /// 1 for the first
    number: u64,
    /// When
    at: String,
    /// What happened
    event: String,
    /// The challenge that it was about
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// The operation of the challenge
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    /// SHA-256 over everything that the challenge says
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<String>,
    /// Wrong responses in a row after it
    failures: u8,
    /// Who asked for it: the name of a key or a certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
}

impl History {
    fn of(activation: ActivationId, history: audit::History) -> Self {
        let activation = activation.to_string();
        match history {
            audit::History::Whole(entries) => {
                let entries = entries.into_iter().map(Happened::of).collect();
                Self { activation, whole: true, broken: None, entries }
            }
            audit::History::Broken(error) => {
                Self { activation, whole: false, broken: Some(error.to_string()), entries: Vec::new() }
            }
        }
    }
}

impl Happened {
    fn of(entry: AuditEntry) -> Self {
        let event = serde_json::to_value(entry.event).expect("an event is a word");
        Self {
            number: entry.number,
            at: entry.at,
            event: event.as_str().unwrap_or_default().to_owned(),
            challenge: entry.challenge,
            operation: entry.operation,
            question: entry.question,
            failures: entry.failures,
            actor: entry.actor,
        }
    }
}

/// A transaction for an activation.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewChallenge {
    /// The activation
    #[schemars(regex(pattern = "^[0-9a-f]{12}$"))]
    activation: String,
    /// The operation, as `camtoken schema fields` names it
    #[schemars(length(min = 1, max = 64))]
    operation: String,
    /// Its fields by name
    fields: BTreeMap<String, FieldText>,
    /// How long it may be answered, 1 s to 600 s
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ttl: Option<Span>,
}

/// The content of a field.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum FieldText {
    /// As it is
    Text(String),
    /// A whole number
    Number(
        #[serde(deserialize_with = "whole")]
        #[schemars(range(max = MOST_WHOLE))]
        u64,
    ),
    /// yes or no
    Flag(bool),
    /// Names of a list
    List(Vec<String>),
}

impl FieldText {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Self::List(names) => names.join(","),
        }
    }
}

/// A challenge that was issued.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Challenge {
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
#[serde(rename_all = "camelCase")]
pub(super) struct Settled {
    /// accepted, rejected, expired, used, superseded or suspended
    result: &'static str,
    /// All that a browser may learn beside attemptsLeft: accepted or rejected
    browser: &'static str,
    /// Why not, for the bank's back end: Wrong, Exhausted, Expired, AlreadySettled, Superseded, Suspended, Revoked,
    /// NotActivated, Unknown, Malformed
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// After a wrong response: how many more are taken before something ends
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u8>,
    /// After a wrong response: whether it suspended the activation
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended: Option<bool>,
    /// When accepted: what to execute, as it was shown by the token. It is told again to whoever asks again, so execute it
    /// under the challenge's name, once
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<Signed>,
    /// When accepted: whether by this very request. It is no reason to execute or not to: with false, the answer of the
    /// request that was accepted may have reached nobody
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<bool>,
}

impl Settled {
    fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Accepted(accepted) => Self {
                result: "accepted",
                browser: "accepted",
                reason: None,
                attempts_left: None,
                suspended: None,
                transaction: accepted.transaction().map(Signed::of),
                first: Some(accepted.first()),
            },
            Verdict::Rejected(rejection) => Self {
                result: rejection.result(),
                browser: "rejected",
                reason: Some(rejection.name()),
                attempts_left: tries_left(*rejection).map(|(left, _)| left),
                suspended: tries_left(*rejection).map(|(_, suspended)| suspended),
                transaction: None,
                first: None,
            },
        }
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
    bank.verifier().register(&id, &key, new.purpose == Purpose::Test, bank.now(), &mut rng()).await?;
    Ok((StatusCode::CREATED, Json(bank.token(&id).await?)).into_response())
}

async fn token<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Token>, Problem> {
    Ok(Json(bank.token(&parse(&id)?).await?))
}

async fn revoke_token<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Token>, Problem> {
    let id = parse(&id)?;
    bank.verifier().revoke_token(&id, bank.now()).await?;
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
        let begun = bank.verifier().enroll(&token, subscriber, bank.now(), &mut rng()).await;
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
    let digits = answer.device_code.digits()?;
    let step = bank.verifier().second_code(activation, &digits, attempt, bank.now(), &mut rng()).await?;
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
    let attempt = attempt(&headers)?;
    let step = bank.verifier().confirm(parse(&id)?, &answer.response.digits()?, attempt, bank.now()).await?;
    Ok(Json(match step {
        Step::Done(()) => Stepped::DONE,
        Step::Rejected(rejection) => Stepped::rejected(rejection),
    }))
}

async fn reset<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Activation>, Problem> {
    let id = parse(&id)?;
    bank.verifier().reset(id, bank.now()).await?;
    Ok(Json(bank.activation(id).await?))
}

async fn revoke<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Activation>, Problem> {
    let id = parse(&id)?;
    bank.verifier().revoke(id, bank.now()).await?;
    Ok(Json(bank.activation(id).await?))
}

async fn resume<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Activation>, Problem> {
    let id = parse(&id)?;
    bank.verifier().resume(id, bank.now()).await?;
    Ok(Json(bank.activation(id).await?))
}

async fn suspend<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Activation>, Problem> {
    let id = parse(&id)?;
    bank.verifier().suspend(id, bank.now()).await?;
    Ok(Json(bank.activation(id).await?))
}

async fn audit<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<History>, Problem> {
    let id = parse(&id)?;
    bank.verifier.record(id).await?.ok_or(Code::NoActivation)?;
    Ok(Json(History::of(id, bank.verifier.audit(id).await?)))
}

async fn code_png<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Response, Problem> {
    bank.enrollment_picture(&id, Form::Png).await
}

async fn code_svg<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Response, Problem> {
    bank.enrollment_picture(&id, Form::Svg).await
}

async fn issue<S: Store>(
    State(bank): Shared<S>,
    headers: HeaderMap,
    Json(new): Json<NewChallenge>,
) -> Result<Response, Problem> {
    let issue = async {
        let activation: ActivationId = new.activation.parse().map_err(|_| Code::NoActivation)?;
        let operation: Operation = new.operation.parse().map_err(|_| Code::NoOperation)?;
        let fields = new.fields.iter().map(|(name, value)| (name, value.text()));
        let transaction =
            Transaction::new(operation, fields).map_err(|error| Problem::from(Code::Fields).because(error))?;
        let lifetime = match new.ttl {
            Some(ttl) => Some(ttl.forward().ok_or_else(|| Problem::from(Code::Value).because("ttl"))?),
            None => None,
        };
        let issued = bank.verifier().issue(activation, transaction, lifetime, bank.now(), &mut rng()).await?;
        tracing::info!(challenge.id = %issued.reference, caller = actor().as_deref(), %operation, "issued");
        Ok(Challenge {
            id: issued.reference.to_string(),
            activation: activation.to_string(),
            operation: operation.entry().name,
            expires_at: issued.expires_at.to_string(),
            code: Picture::at(&format!("/v1/challenges/{}/code", issued.reference), issued.code.as_str()),
        })
    };
    bank.answers.once(&headers, ("challenges", &new), issue).await
}

async fn challenge<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Standing>, Problem> {
    let reference: ChallengeRef = parse(&id)?;
    let record = bank.verifier.record(reference.activation).await?.ok_or(Code::NotFound)?;
    let known = |issued: &&Issued| issued.id == reference.id;
    let issued = record.challenge.as_ref().filter(known).ok_or(Code::NotFound)?;
    // A read never says that a response was accepted: only the write that accepts it can.
    let open = record.state == ActivationState::Active && issued.end.is_none() && bank.now() < issued.expires_at;
    Ok(Json(Standing {
        id: reference.to_string(),
        state: if open { "open" } else { "closed" },
        operation: issued.transaction.operation().entry().name,
        expires_at: issued.expires_at.to_string(),
    }))
}

async fn withdraw<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let withdrawn = bank.verifier().withdraw(parse(&id)?, bank.now()).await?;
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
) -> Result<Json<Settled>, Problem> {
    let (reference, attempt) = (parse(&id)?, attempt(&headers)?);
    let verdict = bank.verifier().verify(reference, &answer.response.digits()?, attempt, bank.now()).await?;
    Ok(bank.told(reference, &verdict))
}

async fn accepted<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<Settled>, Problem> {
    Ok(Json(Settled::of(&bank.verifier().settled(parse(&id)?, bank.now()).await?)))
}

impl<S: Store> Bank<S> {
    async fn token(&self, id: &TokenId) -> Result<Token, Problem> {
        let record = self.verifier.token(id).await?.ok_or(Code::NoToken)?;
        Ok(Token::of(id, &record))
    }

    async fn activation(&self, id: ActivationId) -> Result<Activation, Problem> {
        let record = self.verifier.record(id).await?.ok_or(Code::NoActivation)?;
        Ok(Activation::of(id, &record))
    }

    async fn enrollment_picture(&self, id: &str, form: Form) -> Result<Response, Problem> {
        let enrollment = self.verifier.enrollment_code(parse(id)?, self.now()).await?;
        form.draw(enrollment.ok_or(Code::NotFound)?.code.as_str())
    }

    async fn challenge_picture(&self, id: &str, form: Form) -> Result<Response, Problem> {
        let code = self.verifier.code(parse(id)?, self.now()).await?;
        form.draw(code.ok_or(Code::NotFound)?.as_str())
    }
}

/// What a path names. What cannot be a name is the name of nothing.
pub(super) fn parse<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Code::NotFound.into())
}

fn tries_left(rejection: Rejection) -> Option<(u8, bool)> {
    match rejection {
        Rejection::Wrong { tries_left, suspended } => Some((tries_left, suspended)),
        _ => None,
    }
}
