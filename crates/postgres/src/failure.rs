//! What failed on a connection, and what that means for a change.

use std::error::Error;

use camtoken::store::StoreError;
use camtoken_remote::Failed;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// Why a connection did not do what it should, made of the client's errors.
#[derive(Debug)]
pub(super) struct Fault(pub Failed);

impl From<Failed> for Fault {
    fn from(failed: Failed) -> Self {
        Self(failed)
    }
}

impl From<Fault> for Failed {
    fn from(Fault(failed): Fault) -> Self {
        failed
    }
}

/// An error of a statement that was sent.
impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(told) = error.as_db_error() else { return Self(Failed::Lost(text(&error))) };
        let reason = text(told);
        let class = &told.code().code()[..2];
        Self(match *told.code() {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED | SqlState::LOCK_NOT_AVAILABLE => {
                Failed::Again(reason)
            }
            // A pooler between may say these about a statement that got through; the others leave the server in doubt.
            _ if matches!(class, "08" | "40" | "57" | "58" | "XX") => Failed::Lost(reason),
            _ if told.parsed_severity() != Some(Severity::Error) => Failed::Lost(reason),
            _ => Failed::Refused(StoreError::Unavailable { reason }),
        })
    }
}

/// The message of the error and its cause, without the details, which may quote rows.
pub(super) fn text(error: &(dyn Error + 'static)) -> String {
    if let Some(told) = error.downcast_ref::<DbError>() {
        return format!("{} ({})", told.message(), told.code().code());
    }
    match error.source() {
        Some(source) => format!("{error}: {}", text(source)),
        None => error.to_string(),
    }
}
