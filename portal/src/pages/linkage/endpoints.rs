//! What providers ask without a customer: metadata, keys, pushed requests, tokens, revocation.

use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::{get, post};

use crate::domain::linkage::{Ended, Standard};
use crate::linkage::grants::Grants;
use crate::linkage::reasons::error;
use crate::pages::fault::{Answer, Fault};
use crate::pages::site::Site;
use crate::tls::Peer;

/// What providers ask without a customer.
pub(in crate::pages) fn endpoints() -> Router<Arc<Site>> {
    let mut router = Router::new();
    for standard in Standard::ALL {
        let path = standard.path();
        let provider = move |State(site): State<Arc<Site>>, request: Request| answer(site, standard, request);
        router = router
            .route(
                &format!("/.well-known/oauth-authorization-server{path}"),
                get(move |State(site): State<Arc<Site>>, request: Request| metadata(site, standard, request)),
            )
            .route(
                &format!("{path}/token"),
                post(move |State(site): State<Arc<Site>>, request: Request| token(site, standard, request)),
            )
            .route(
                &format!("{path}/revoke"),
                post(move |State(site): State<Arc<Site>>, request: Request| revoke(site, standard, request)),
            )
            .route(&format!("{path}/par"), post(provider))
            .route(&format!("{path}/jwks"), get(provider));
    }
    router
}

async fn answer(site: Arc<Site>, standard: Standard, request: Request) -> Answer {
    match server(&site, standard, &request)? {
        Ok(server) => Ok(server.answer(request).await),
        Err(refused) => Ok(refused),
    }
}

/// The server of a standard; an error instead, if it answers under TLS alone and the request has come without.
fn server<'a>(
    site: &'a Site,
    standard: Standard,
    request: &Request,
) -> Result<Result<&'a Arc<dyn Grants>, Response>, Fault> {
    let server = site.linkages.as_ref().and_then(|linkages| linkages.servers.get(&standard)).ok_or(Fault::NotFound)?;
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|peer| peer.0.clone()).unwrap_or_default();
    if is_reached(server.as_ref(), &peer) {
        return Ok(Ok(server));
    }
    let why = format!(
        "this issuer answers under TLS alone: {}{}; the certificate of its authority is /authority.pem",
        server.url(),
        standard.path()
    );
    Ok(Err(error(StatusCode::BAD_REQUEST, "invalid_request", &why)))
}

/// Whether a server answers to this connection: one whose address begins with `https` answers under TLS alone.
pub(super) fn is_reached(server: &dyn Grants, peer: &Peer) -> bool {
    peer.secure || !server.url().starts_with("https://")
}

/// Tokens. A linkage that is over gets no more of them.
async fn token(site: Arc<Site>, standard: Standard, request: Request) -> Answer {
    let server = match server(&site, standard, &request)? {
        Ok(server) => server,
        Err(refused) => return Ok(refused),
    };
    if standard == Standard::Plain && request.headers().contains_key("dpop") {
        // A token that is bound to a key would be of no use: the API takes such tokens of the other issuer alone.
        let why = "this issuer binds no tokens to keys: leave the DPoP header out, or use the issuer for FAPI";
        return Ok(error(StatusCode::BAD_REQUEST, "invalid_request", why));
    }
    let (request, refresh) = with_field(request, "refresh_token").await?;
    if let Some(subject) = server.subject_of(&refresh).await
        && site.bank.is_over(&subject)?
    {
        end(&site, subject)?;
    }
    Ok(server.answer(request).await)
}

/// The metadata (RFC 8414), without what the bank does not offer.
async fn metadata(site: Arc<Site>, standard: Standard, request: Request) -> Answer {
    let response = answer(site, standard, request).await?;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 16).await.map_err(|_| Fault::NotFound)?;
    let mut known: serde_json::Value = serde_json::from_slice(&body).map_err(|_| Fault::NotFound)?;
    if let Some(known) = known.as_object_mut() {
        for not_offered in ["device_authorization_endpoint", "introspection_endpoint"] {
            known.remove(not_offered);
        }
        known.insert("grant_types_supported".to_owned(), serde_json::json!(["authorization_code", "refresh_token"]));
        // How the clients that are registered prove who they are, and nothing else.
        let (methods, algorithms) = match standard {
            Standard::Plain => (serde_json::json!(["client_secret_basic", "client_secret_post"]), None),
            Standard::Fapi => (serde_json::json!(["private_key_jwt"]), Some(serde_json::json!(["ES256"]))),
        };
        for endpoint in ["token", "revocation"] {
            known.insert(format!("{endpoint}_endpoint_auth_methods_supported"), methods.clone());
            let name = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
            match &algorithms {
                Some(algorithms) => known.insert(name, algorithms.clone()),
                None => known.remove(&name),
            };
        }
        if standard == Standard::Plain {
            known.remove("dpop_signing_alg_values_supported");
        }
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, known.to_string().into()))
}

/// Revocation (RFC 7009): with the token ends the linkage, for that is what "unlink" at a provider's means.
async fn revoke(site: Arc<Site>, standard: Standard, request: Request) -> Answer {
    let server = match server(&site, standard, &request)? {
        Ok(server) => server,
        Err(refused) => return Ok(refused),
    };
    let (request, token) = with_field(request, "token").await?;
    let before = server.subject_of(&token).await;
    let response = server.answer(request).await;
    if let Some(subject) = before
        && response.status() == StatusCode::OK
        && server.subject_of(&token).await.is_none()
    {
        site.bank.end_linkage(&subject, Ended::Unlinked)?;
        end(&site, subject)?;
    }
    Ok(response)
}

fn end(site: &Site, subject: String) -> Result<(), Fault> {
    let linkages = site.linkages.as_ref().ok_or(Fault::NotFound)?;
    Ok(linkages.end(&[subject])?)
}

/// A field of the form that a provider sends, and the request as it was. A body that is no form has no field.
async fn with_field(request: Request, name: &str) -> Result<(Request, String), Fault> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 16).await.map_err(|_| Fault::Form)?;
    let uri: Option<Uri> = std::str::from_utf8(&body).ok().and_then(|text| format!("/?{text}").parse().ok());
    let uri = uri.unwrap_or_default();
    let fields = Query::<Vec<(String, String)>>::try_from_uri(&uri).map_or_else(|_| Vec::new(), |Query(fields)| fields);
    let field = fields.into_iter().find(|(known, _)| known == name).map(|(_, text)| text);
    Ok((Request::from_parts(parts, body.into()), field.unwrap_or_default()))
}
