//! What went wrong with a connection, and what that says of a change.

use std::error::Error;

use camtoken::store::StoreError;
use tokio_postgres::error::DbError;

/// Why a connection did not do what it should.
#[derive(Debug)]
pub(super) enum Failed {
    /// The server has rolled back, for somebody else was in the way.
    Again(String),
    /// Nothing was sent, for there was no connection to be had.
    Unsent(String),
    /// Nothing was stored, and nothing will be.
    Refused(StoreError),
    /// The connection is of no use any more. What was on its way may have been stored.
    Lost(String),
}

impl Failed {
    pub fn into_error(self) -> StoreError {
        match self {
            Self::Again(reason) | Self::Unsent(reason) => StoreError::Unavailable { reason },
            Self::Refused(error) => error,
            Self::Lost(reason) => StoreError::Unknown { reason },
        }
    }
}

/// What the error says and why, without the details, which may quote rows.
pub(super) fn text(error: &(dyn Error + 'static)) -> String {
    if let Some(told) = error.downcast_ref::<DbError>() {
        return format!("{} ({})", told.message(), told.code().code());
    }
    match error.source() {
        Some(source) => format!("{error}: {}", text(source)),
        None => error.to_string(),
    }
}
