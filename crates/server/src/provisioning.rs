//! Keys over HTTP: makers' files, and generators for customers without a camera token.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::access::Scope;
use super::api::{Api, Method};
use super::bank::{Answer, Bank, Shared, Stepped, Told, parse};
use super::guard::Limit;
use super::idempotency::{attempt, named_attempt};
use super::json::Json;
use super::problem::{Code, Problem};
use super::rng;
use super::turns::Caller;
use super::values::{Secret, SpanText, whole};
use camtoken::key::{ActivationId, GeneratorId, Key};
use camtoken::provision::otpauth::{MovingFactor, OtpHash};
use camtoken::provision::{Container, ImportOptions, OtpauthUri, Protection};
use camtoken::store::Store;
use camtoken::verifier::Subscriber;
use camtoken_documents::{GeneratorStatus, Imported};

/// Adds the routes to the verifier's.
pub(super) fn routes<S: Store + 'static>(api: Api<Arc<Bank<S>>>) -> Api<Arc<Bank<S>>> {
    api.add(Method::Post, "/v1/tokens/import", post(import::<S>), |op| {
        op.scopes(&[Scope::Enroll])
            .summary("tokens", "Registers the device keys and generators of a maker's file (PSKC, RFC 6030)")
            .body::<KeyFile>()
            .answer::<Imported>(200, "What was taken, and what was left alone; doing it again changes nothing")
    })
    .limit("/v1/tokens/import", Limit::File)
    .add(Method::Post, "/v1/generators", post(generator::<S>), |op| {
        op.scopes(&[Scope::Enroll])
            .summary("generators", "Gives a customer without a camera token a time-based generator (RFC 6238)")
            .body::<NewGenerator>()
            .answer::<Generator>(201, "The generator; its secret is shown this once")
    })
    .add(Method::Get, "/v1/generators/{serial}", get(status::<S>), |op| {
        op.scopes(&[Scope::Enroll, Scope::Operate])
            .summary("generators", "What is known of a generator that came from its maker")
            .answer::<GeneratorStatus>(200, "The generator")
    })
    .add(Method::Post, "/v1/generators/{serial}/enroll", post(enroll::<S>), |op| {
        op.scopes(&[Scope::Enroll])
            .summary("generators", "Gives a generator that came from its maker to a customer without a camera token")
            .body::<NewGenerator>()
            .answer::<Given>(201, "The activation; the last user can no longer use the generator")
    })
    .add(Method::Post, "/v1/activations/{activation}/question", post(question::<S>), |op| {
        op.scopes(&[Scope::Issue])
            .summary("generators", "Puts a question to a card (OCRA, RFC 6287); the question before is superseded")
            .idempotent()
            .body::<NewQuestion>()
            .answer::<Question>(201, "The question; the card's response is verified as a generator's password")
    })
    .add(Method::Post, "/v1/activations/{activation}/resynchronise", post(resynchronise::<S>), |op| {
        op.scopes(&[Scope::Enroll, Scope::Operate])
            .summary("generators", "Finds a generator that has run away by two consecutive passwords, which are spent")
            .idempotent()
            .body::<Consecutive>()
            .answer::<Stepped>(200, "Whether it was found, durable")
    })
    .add(Method::Post, "/v1/activations/{activation}/verify", post(verify::<S>), |op| {
        op.scopes(&[Scope::Verify])
            .summary(
                "generators",
                "Checks a generator's password, or a card's response to its question. It is accepted once, and never taken for the response to a challenge",
            )
            .idempotent()
            .body::<Answer>()
            .answer::<Told>(200, "The verdict, durable")
    })
}

/// A file of keys, and what opens it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyFile {
    /// The document, an XML KeyContainer. The encoding that it declares does not count: as JSON it is Unicode
    #[schemars(with = "String")]
    pskc: Secret,
    /// The passphrase, where the keys are under one
    #[schemars(with = "Option<String>")]
    passphrase: Option<Secret>,
    /// The pre-shared key, where they are under one: 16, 24 or 32 bytes in base64
    #[schemars(with = "Option<String>", regex(pattern = "^[A-Za-z0-9+/]+={0,2}$"))]
    key: Option<Secret>,
    /// How the file names that key, where it does
    key_name: Option<String>,
    /// The key of the MACs in base64, where both parties have agreed on one and the file does not bring it
    #[schemars(with = "Option<String>", regex(pattern = "^[A-Za-z0-9+/]+={0,2}$"))]
    mac_key: Option<Secret>,
    /// Whether packages that name an OCRASuite are device keys all the same; otherwise they are those of cards
    #[serde(default)]
    device_keys: bool,
}

impl KeyFile {
    fn protection(&self) -> Result<Protection, Problem> {
        let wrong = |part: &str| Problem::from(Code::Value).because(part);
        // The decoded bytes are wiped with the key that is made of them.
        let key = |part: &str, key: &Secret| {
            BASE64.decode(key.expose()).map(Key::new).map_err(|_| wrong(&format!("{part}: base64")))
        };
        let mac_key = self.mac_key.as_ref().map(|mac_key| key("macKey", mac_key)).transpose()?;
        match (&self.passphrase, &self.key) {
            (_, None) if mac_key.is_some() => Err(wrong("macKey: only with key")),
            (None, None) => Ok(Protection::None),
            (Some(passphrase), None) => Ok(Protection::Passphrase(SecretString::from(passphrase.expose()))),
            (None, Some(given)) => {
                let key = key("key", given)?;
                if ![16, 24, 32].contains(&key.expose_bytes().len()) {
                    return Err(wrong("key: 16, 24 or 32 bytes"));
                }
                Ok(Protection::PreSharedKey { key, name: self.key_name.clone(), mac_key })
            }
            (Some(_), Some(_)) => Err(wrong("passphrase and key: one of them")),
        }
    }
}

/// Who gets a generator.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewGenerator {
    /// The contract number
    #[schemars(length(min = 1, max = 64))]
    contract: String,
    /// The user ID within the contract
    #[schemars(length(min = 1, max = 64))]
    user: String,
}

/// A time-based generator.
#[derive(Serialize, JsonSchema)]
struct Generator {
    /// The activation
    id: String,
    /// What an authenticator app scans, with the secret in it
    uri: String,
}

/// Who has a generator now.
#[derive(Serialize, JsonSchema)]
struct Given {
    /// The activation
    id: String,
    #[serde(flatten)]
    status: GeneratorStatus,
}

/// A question for a card.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewQuestion {
    /// How long it may be answered; without it, as long as the verifier's challenges
    #[serde(default)]
    ttl: Option<SpanText>,
}

/// A question that was put to a card.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Question {
    /// The activation
    activation: String,
    /// The decimal digits that the user types into the card
    question: String,
    /// From then on no response is accepted
    expires_at: String,
}

/// What a generator showed one after the other.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Consecutive {
    /// Two passwords in their order; spaces do not count
    #[schemars(with = "Vec<String>", length(min = 2, max = 2))]
    passwords: [Secret; 2],
    /// The least value that the counter of an event-based generator has reached, where the bank knows it; as after a restoration
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    counter: u64,
}

async fn import<S: Store>(
    State(bank): Shared<S>,
    Extension(caller): Extension<Caller>,
    Json(file): Json<KeyFile>,
) -> Result<Json<Imported>, Problem> {
    let unreadable = |error: &dyn std::fmt::Display| Problem::from(Code::KeyFile).because(error);
    let protection = file.protection()?;
    let options = ImportOptions { suites_are_device_keys: file.device_keys };
    // A passphrase is stretched by as many rounds as the file says.
    let read = caller.work(move || Container::read_text(file.pskc.expose(), &protection)).await?;
    let container = read.map_err(|error| unreadable(&error))?;
    let imported = container.register(&bank.verifier(), options, bank.now()?, &mut rng()).await?;
    if imported.is_empty() {
        let (code, is_altered) = (imported.refusal().map_or(Code::NoDeviceKey, Code::from), imported.is_altered());
        let reasons = Imported::from(imported).reasons().replace('\n', "; ");
        let problem = Problem::from(code).because(reasons);
        return Err(if is_altered { problem.unauthentic() } else { problem });
    }
    Ok(Json(imported.into()))
}

async fn generator<S: Store>(State(bank): Shared<S>, Json(new): Json<NewGenerator>) -> Result<Response, Problem> {
    let issuer = bank.verifier.bank().to_owned();
    let account = new.user.clone();
    let uri = |secret| OtpauthUri {
        issuer: Some(issuer),
        account,
        secret,
        hash: OtpHash::Sha1,
        digits: 6,
        moving: MovingFactor::Period(30),
    };
    let unfit = |error| Problem::from(Code::Subscriber).because(error);
    // An account that no app takes must not leave an activation behind.
    uri.clone()(Key::generate(&mut rng())).expose_uri().map_err(unfit)?;
    let subscriber = Subscriber { contract: new.contract, user: new.user };
    let (activation, secret) = bank.verifier().enroll_time_based(subscriber, bank.now()?, &mut rng()).await?;
    let uri = uri(secret).expose_uri().map_err(unfit)?;
    let generator = Generator { id: activation.to_string(), uri: uri.to_string() };
    Ok((StatusCode::CREATED, Json(generator)).into_response())
}

async fn status<S: Store>(State(bank): Shared<S>, Path(id): Path<String>) -> Result<Json<GeneratorStatus>, Problem> {
    let known = bank.verifier().generator(&parse(&id)?).await?.ok_or(Code::NoGenerator)?;
    Ok(Json(GeneratorStatus::from(&known)))
}

async fn enroll<S: Store>(
    State(bank): Shared<S>,
    Path(id): Path<String>,
    Json(new): Json<NewGenerator>,
) -> Result<Response, Problem> {
    let id: GeneratorId = parse(&id)?;
    let subscriber = Subscriber { contract: new.contract, user: new.user };
    let activation = bank.verifier().enroll_generator(&id, subscriber, bank.now()?, &mut rng()).await?;
    let known = bank.verifier().generator(&id).await?.ok_or(Code::NoGenerator)?;
    let given = Given { id: activation.to_string(), status: GeneratorStatus::from(&known) };
    Ok((StatusCode::CREATED, Json(given)).into_response())
}

async fn question<S: Store>(
    State(bank): Shared<S>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(new): Json<NewQuestion>,
) -> Result<Response, Problem> {
    let (activation, attempt): (ActivationId, _) = (parse(&id)?, named_attempt(&headers)?);
    let lifetime = new.ttl.map(|ttl| ttl.forward("ttl")).transpose()?;
    let (verifier, now, rng) = (bank.verifier(), bank.now_of(activation).await?, &mut rng());
    let issued = verifier.issue_question(activation, lifetime, attempt, now, rng).await?;
    let question = Question {
        activation: activation.to_string(),
        question: issued.question,
        expires_at: issued.expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(question)).into_response())
}

async fn resynchronise<S: Store>(
    State(bank): Shared<S>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(consecutive): Json<Consecutive>,
) -> Result<Json<Stepped>, Problem> {
    let (activation, attempt): (ActivationId, _) = (parse(&id)?, attempt(&headers)?);
    let [first, next] = &consecutive.passwords;
    let passwords = [first.typed()?, next.typed()?];
    let now = bank.now_of(activation).await?;
    let step = bank.verifier().resynchronise(activation, passwords, consecutive.counter, attempt, now).await?;
    Ok(Json(step.into()))
}

async fn verify<S: Store>(
    State(bank): Shared<S>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(answer): Json<Answer>,
) -> Result<Json<Told>, Problem> {
    let (activation, attempt): (ActivationId, _) = (parse(&id)?, attempt(&headers)?);
    let response = answer.response.typed()?;
    let now = bank.now_of(activation).await?;
    let verdict = bank.verifier().verify_password(activation, response, attempt, now).await?;
    Ok(bank.told(activation, &verdict))
}
