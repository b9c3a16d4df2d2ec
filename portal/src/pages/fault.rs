//! Why there is no page.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::bank::BankError;
use crate::books::BooksError;

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Fault {
    /// The page needs a login first.
    Login,
    /// The token has to be registered first.
    Registration,
    /// A certificate has to be fetched first.
    Certificate,
    /// The one-time password is awaited.
    Otp,
    /// That was too often; how long to wait.
    TooMany(Duration),
    /// The page is for those who have a camera token.
    GaveBack,
    /// No such page for this person.
    NotFound,
    /// The form is not one that this session was shown.
    Form,
    /// Nothing was decided.
    Bank(BankError),
}

/// A page, or why there is none.
pub(super) type Answer = Result<Response, Fault>;

impl From<BankError> for Fault {
    fn from(error: BankError) -> Self {
        Self::Bank(error)
    }
}

impl From<BooksError> for Fault {
    fn from(error: BooksError) -> Self {
        Self::Bank(error.into())
    }
}

/// A page that has no text of its own: the middleware knows the visitor's language and writes it.
#[derive(Clone, Copy)]
pub(super) struct Unwritten(pub &'static str, pub u64);

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut wait = 0;
        let (status, text) = match self {
            Self::Login => return Redirect::to("/login").into_response(),
            Self::Registration => return Redirect::to("/registration").into_response(),
            Self::Certificate => return Redirect::to("/certificate").into_response(),
            Self::Otp => return Redirect::to("/login/otp").into_response(),
            Self::TooMany(time) => {
                wait = time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
                (StatusCode::TOO_MANY_REQUESTS, "fault-too-many")
            }
            Self::GaveBack => (StatusCode::FORBIDDEN, "fault-gave-back"),
            Self::NotFound => (StatusCode::NOT_FOUND, "fault-not-found"),
            Self::Form => (StatusCode::FORBIDDEN, "fault-form"),
            Self::Bank(error) => {
                eprintln!("error: {error}");
                (StatusCode::SERVICE_UNAVAILABLE, "fault-bank")
            }
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Unwritten(text, wait));
        response
    }
}
