//! What failed on a connection, and what that means for a change.

use camtoken::store::StoreError;

/// Why a connection did not do what it should.
#[derive(Debug)]
pub enum Failed {
    /// The server has rolled back because of another change at the same time, or was too busy to begin. Nothing was stored;
    /// the same request may be sent again.
    Again(String),
    /// Nothing was sent: there was no connection.
    Unsent(String),
    /// The answer is final and goes to the caller as it is: nothing was stored, and nothing will be, unless the error itself says
    /// that this is unknown. The connection stays good.
    Refused(StoreError),
    /// The connection is of no use any more. A change in flight may have been stored.
    Lost(String),
}

impl Failed {
    /// The error that the caller of a store gets.
    #[must_use]
    pub fn into_error(self) -> StoreError {
        match self {
            Self::Again(reason) | Self::Unsent(reason) => StoreError::Unavailable { reason },
            Self::Refused(error) => error,
            Self::Lost(reason) => StoreError::Unknown { reason },
        }
    }
}
