//! Headers that every answer of the site has.

use axum::http::{HeaderMap, HeaderValue, header};

/// What pages may load and where their forms may go.
pub(super) const CSP: &str = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'none'; \
                   form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Adds them, but for a policy that the page has chosen itself.
pub(super) fn guard_headers(headers: &mut HeaderMap) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP));
    // Windows may be opened: that of the virtual token is the same for each code.
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
