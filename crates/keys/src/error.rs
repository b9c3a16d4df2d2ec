//! The errors of a module, and how long it may take.

use std::time::Duration;

/// How long a module may take for all requests of a call.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why a module did not open a key.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The source has no module, or this build does not speak with it.
    #[error("this build has no feature {feature}")]
    NotBuilt {
        /// The feature of cargo.
        feature: &'static str,
    },
    /// The key is not wrapped in this source.
    #[error("the source has no module")]
    NoModule,
    /// The module cannot be loaded or reached, or failed.
    #[error("{reason}")]
    Module {
        /// What it said.
        reason: String,
    },
    /// The module refused the PIN or access token, or none was given.
    #[error("{reason}")]
    Credential {
        /// What it said.
        reason: String,
    },
    /// The engine is sealed: an operator has to unseal it.
    #[error("the engine is sealed")]
    Sealed,
    /// The module gave no answer in time.
    #[error("no answer within {} s", ANSWER_WITHIN.as_secs())]
    Silent,
    /// The module has no such token or key, or one that is not fit, or not the key that wrapped.
    #[error("{reason}")]
    UnknownKey {
        /// What was looked for.
        reason: String,
    },
    /// A wrapped key was altered.
    #[error("wrapped key {number} was altered")]
    Altered {
        /// Its number, from 1.
        number: usize,
    },
    /// The file is no file of wrapped keys.
    #[error("{reason}")]
    Format {
        /// The reason.
        reason: String,
    },
}
