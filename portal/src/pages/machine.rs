//! Access for this machine alone: every page answers only under its own host names, and some pages only requests of this machine.
//!
//! Without the first, a page of an attacker whose host name leads here could read the bank's pages (DNS rebinding).

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::tls::Peer;

/// Pages that a real bank keeps apart: the outbox, the operator's console, the clock for tests.
const HERE_ALONE: &[&str] = &["/outbox", "/operator", "/clock"];

/// Refuses what was asked under a name that is not this machine's, and what only this machine may ask.
pub(super) async fn this_machine(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or("?").to_owned());
    let host = host.or_else(|| request.uri().authority().map(|name| name.as_str().to_owned()));
    if host.as_deref().is_some_and(|host| !is_ours(host)) {
        return (StatusCode::MISDIRECTED_REQUEST, "This bank answers under 127.0.0.1, [::1] and localhost alone.\n")
            .into_response();
    }
    let path = request.uri().path();
    let is_here_alone = HERE_ALONE
        .iter()
        .any(|known| path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|peer| peer.0.clone()).unwrap_or_default();
    if is_here_alone && peer.address.is_some_and(|address| !address.to_canonical().is_loopback()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut response = next.run(request).await;
    // RFC 6797. Not under the name that this machine's other sites have, too: a browser would ask all of them under TLS alone.
    if peer.secure && !host.is_some_and(|host| host.to_ascii_lowercase().starts_with("localhost")) {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Whether a host is this machine's own, with any port.
fn is_ours(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "[::1]", "localhost"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_ours_with_any_port_and_in_no_other_way() {
        for host in ["127.0.0.1:4880", "localhost", "LOCALHOST:1", "[::1]:4880", "[::1]"] {
            assert!(is_ours(host), "{host}");
        }
        for host in
            ["", "bank.example", "127.0.0.1.bank.example", "localhost.bank.example:4880", "localhost:a", "10.0.0.1"]
        {
            assert!(!is_ours(host), "{host}");
        }
    }
}
