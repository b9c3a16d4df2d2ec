//! The routes of challenges.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::document::{Answer, Challenge, NewChallenge, Standing, Told};
use super::{Bank, Shared, parse, picture};
use crate::access::Scope;
use crate::api::{Api, Method};
use crate::guard::actor;
use crate::idempotency::{attempt, named_attempt};
use crate::json::Json;
use crate::problem::{Code, Problem};
use crate::rng;
use crate::values::{Form, Picture};
use camtoken::key::ActivationId;
use camtoken::store::Store;
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::ChallengeRef;
use camtoken_documents::{Catalogue, issued_operations};

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

    async fn challenge_picture(&self, id: &str, form: Form) -> Result<Response, Problem> {
        let reference: ChallengeRef = parse(id)?;
        let code = self.verifier.code(reference, self.now_of(reference.activation).await?).await?;
        form.draw(code.ok_or(Code::NotFound)?.as_str())
    }
}

/// The table of challenges.
pub(in super::super) fn challenges<S: Store + 'static>(api: Api<Arc<Bank<S>>>) -> Api<Arc<Bank<S>>> {
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

/// An operation by its name. An operation that cannot be issued is accepted here, and refused with its fields.
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
