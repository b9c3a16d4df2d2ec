//! Why the authorization server refuses: each error gets an `error_description` (RFC 6749, section 5.2) that tells the developer
//! of a client what to change.
//!
//! `oauth-as` tells its reasons to an event sink alone, because they can help an attacker. This bank is for developers.

use std::cell::Cell;
use std::future::Future;

use axum::body::{Body, to_bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use oauth_as::client_assertion::AssertionFailure;
use oauth_as::dpop::DpopFailure;
use oauth_as::events::{ClientAuthFailure, Event, EventSink};
use serde_json::{Value, json};

tokio::task_local! {
    /// The last reason that was told while a request was answered.
    static TOLD: Cell<Option<&'static str>>;
}

/// Takes the reasons of the authorization server in.
pub(super) struct Reasons;

impl EventSink for Reasons {
    fn on_event(&self, event: Event<'_>) {
        let reason = match event {
            Event::ClientAuthenticationFailed { failure, .. } => of_client(failure),
            Event::DpopProofRefused { failure } => of_proof(failure),
            Event::AuthorizationCodeReplayDetected { .. } => {
                "the code was used before, so all that it gave has ended; begin again with an authorization request"
            }
            Event::RefreshTokenReuseDetected { .. } => {
                "the refresh token was used before, so all tokens of this linkage have ended; keep the newest one, and begin again"
            }
            _ => return,
        };
        // An event outside of a request has no caller to be told.
        let _ = TOLD.try_with(|told| told.set(Some(reason)));
    }
}

/// An answer of the authorization server, with a reason if it is an error.
pub(super) async fn explained(answer: impl Future<Output = Response>) -> Response {
    TOLD.scope(Cell::new(None), async {
        let response = answer.await;
        let told = TOLD.with(Cell::take);
        if response.status().is_client_error() { with_reason(response, told).await } else { response }
    })
    .await
}

/// An OAuth error that this bank answers by itself.
#[must_use]
pub fn error(status: StatusCode, error: &str, reason: &str) -> Response {
    let body = json!({ "error": error, "error_description": reason }).to_string();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

async fn with_reason(response: Response, told: Option<&'static str>) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, 1 << 16).await else { return parts.status.into_response() };
    let Ok(mut known) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    if let Some(error) = known["error"].as_str().filter(|_| known["error_description"].is_null()) {
        let reason = told.or_else(|| of_code(error));
        if let Some(reason) = reason {
            known["error_description"] = reason.into();
        }
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(known.to_string()))
}

const fn of_client(failure: ClientAuthFailure) -> &'static str {
    match failure {
        ClientAuthFailure::UnknownClient => {
            "no client of this ID is registered at this issuer; check client_id, and that it is the issuer for its authentication method"
        }
        ClientAuthFailure::SecretMismatch => {
            "the client proves in another way than registered, or with another secret: client_secret_basic or client_secret_post at \
             the plain issuer, private_key_jwt at the issuer for FAPI"
        }
        ClientAuthFailure::AssertionInvalid { reason } => of_assertion(reason),
        _ => "the client cannot be authenticated",
    }
}

const fn of_assertion(failure: AssertionFailure) -> &'static str {
    match failure {
        AssertionFailure::Malformed => {
            "client_assertion is no compact JWS of at most 4096 characters with typ JWT or client-authentication+jwt, or with none"
        }
        AssertionFailure::AlgorithmMismatch => "client_assertion has to be signed with ES256",
        AssertionFailure::BadSignature => "no registered key of the client verifies the signature of client_assertion",
        AssertionFailure::WrongPrincipal => "iss and sub of client_assertion have to be the client ID",
        AssertionFailure::WrongAudience => {
            "aud of client_assertion has to be the issuer, exactly as the metadata has it, as a string and not in an array"
        }
        AssertionFailure::Expired => {
            "exp of client_assertion is missing, has passed, or is more than 600 seconds ahead"
        }
        AssertionFailure::NotYetValid => {
            "iat or nbf of client_assertion is more than a minute ahead of the bank's clock; check the clock"
        }
        AssertionFailure::MissingJti => "client_assertion has no jti",
        AssertionFailure::Replayed => "this jti was used before: make a new client_assertion for each request",
        AssertionFailure::ReplayCheckUnavailable => {
            "nothing was decided: the bank's database does not answer; try again"
        }
        _ => "client_assertion is not valid",
    }
}

/// Why a proof of possession (RFC 9449) is not taken.
#[must_use]
pub const fn of_proof(failure: DpopFailure) -> &'static str {
    match failure {
        DpopFailure::Malformed => {
            "the DPoP header is no compact JWS of at most 4096 characters, or its jti is longer than 128"
        }
        DpopFailure::NotAProof => "typ of the DPoP proof has to be dpop+jwt",
        DpopFailure::UnsupportedAlgorithm => "the DPoP proof has to be signed with ES256",
        DpopFailure::BadProofKey => "jwk in the header of the DPoP proof has to be a public key on P-256, without d",
        DpopFailure::BadSignature => "the signature of the DPoP proof does not fit the jwk in its header",
        DpopFailure::WrongMethod => "htm of the DPoP proof is not the method of this request",
        DpopFailure::WrongUri => "htu of the DPoP proof is not the address of this request, without query and fragment",
        DpopFailure::StaleProof => {
            "iat of the DPoP proof is missing, older than 300 seconds, or more than a minute ahead of the bank's clock"
        }
        DpopFailure::MissingJti => "the DPoP proof has no jti",
        DpopFailure::Replayed => "this DPoP proof was used before: make a new one for each request",
        _ => "the DPoP proof cannot be taken here",
    }
}

/// What can be said of an error of which nothing else was told.
fn of_code(error: &str) -> Option<&'static str> {
    Some(match error {
        "invalid_client" => {
            "the client has not said who it is: client_id is missing, or the Authorization header is no Basic with ID and secret"
        }
        "invalid_grant" => {
            "the code or the refresh token is unknown, has expired, was used before or belongs to another client; a code is good \
             once, for 60 seconds. Begin again with an authorization request"
        }
        "unauthorized_client" => "clients of this bank may use authorization_code and refresh_token alone",
        "invalid_scope" => {
            "scope may have balances, statements and transfers, within what the client is registered for"
        }
        "invalid_dpop_proof" => "the DPoP proof is missing, or its key is not the one of the token or of the code",
        "invalid_request" => "a part of the request is missing, stands twice, or is malformed",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_made_of_the_characters_that_oauth_allows() {
        let mut reasons: Vec<&str> = ["invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope"]
            .into_iter()
            .filter_map(of_code)
            .collect();
        reasons.extend([of_proof(DpopFailure::WrongUri), of_assertion(AssertionFailure::Malformed)]);
        reasons.push(of_client(ClientAuthFailure::SecretMismatch));
        for reason in reasons {
            let allowed = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
            assert!(reason.chars().all(allowed), "RFC 6749, section 5.2: {reason}");
            assert!(!reason.contains("  "), "{reason}");
        }
    }
}
