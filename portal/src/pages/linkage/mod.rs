//! 外部サービス連携: the pages from the provider's request to the permission, and the page on which linkages are listed.
//!
//! ```text
//! terms ─> proof ─> menus ─> accounts ─> permission ··> endpoints (tokens), list (use, requests, end)
//! ```
//!
//! `flow` is what is known of a user on that way, `frame` what its pages have around them, `resume` brings back users whose session has ended.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use super::site::Site;
use crate::domain::linkage::Standard;

mod accounts;
mod certificate;
mod endpoints;
mod flow;
mod frame;
mod list;
mod names;
mod permission;
mod proof;
mod resume;
mod terms;

pub(super) use endpoints::endpoints;

/// The pages.
pub(super) fn pages() -> Router<Arc<Site>> {
    Router::new()
        .route("/oauth/authorize", get(|visit, query| terms::authorize(Standard::Plain, visit, query)))
        .route("/fapi/authorize", get(|visit, query| terms::authorize(Standard::Fapi, visit, query)))
        .route("/link/{flow}/terms", get(terms::show).post(terms::agree))
        .route("/link/{flow}/stop", post(terms::stop))
        .route("/link/{flow}/login", get(proof::login).post(proof::login_enter))
        .route("/link/{flow}/tls", post(certificate::begin))
        .route("/link/{flow}/certificate", get(certificate::show))
        .route("/link/{flow}/certificate/password", get(certificate::password).post(certificate::password_enter))
        .route("/link/{flow}/otp", get(proof::otp).post(proof::otp_enter))
        .route("/link/{flow}/otp/code", post(proof::otp_code).get(proof::back_to_otp))
        .route("/link/{flow}/differs", post(terms::differs).get(proof::back_to_otp))
        .route("/link/{flow}/code.png", get(proof::code))
        .route("/link/{flow}/menus", get(permission::choose).post(permission::choose_enter))
        .route("/link/{flow}/accounts", get(accounts::choose).post(accounts::enter))
        .route("/link/{flow}/accounts/check", get(accounts::check).post(accounts::confirm))
        .route("/link/{flow}/accounts/letter", post(accounts::letter))
        .route("/link/{flow}/permission", get(permission::show).post(permission::permit))
        .route("/linkages", get(list::show))
        .route("/linkages/{linkage}/end", post(list::end))
        .route("/linkages/requests/{request}", post(list::sign_request))
        .layer(from_fn(resume::resume))
}
