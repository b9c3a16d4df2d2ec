//! The headers that a browser sends with each request: cookies, and the language of its user.

use axum::http::{HeaderMap, header};
use camtoken::language::Language;

/// The cookie of this name.
pub(crate) fn cookie_named(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// The language that the visitor chose, else the browser's, else Japanese.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    if let Some(chosen) = cookie_named(headers, "lang").and_then(|chosen| chosen.parse().ok()) {
        return chosen;
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accepted.split(',').find_map(|part| {
        let tag = part.split(';').next().unwrap_or_default().trim();
        tag.split('-').next().unwrap_or_default().to_ascii_lowercase().parse().ok()
    });
    first.unwrap_or_default()
}
