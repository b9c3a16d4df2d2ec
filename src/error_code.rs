//! The code of each error of this crate, one table: the command line and the service look it up here and nowhere else.

pub use camtoken_core::ErrorCode;

use crate::store::StoreError;
use crate::store::backup::BackupError;
use crate::verifier::{EnrollError, IssueError, KeyWrapError, RecordError, Rejection, SetupError, VerifierError};

impl StoreError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Locked => ErrorCode::StoreBusy,
            Self::Unavailable { .. } => ErrorCode::Busy,
            Self::Unknown { .. } => ErrorCode::StoreUnknown,
            Self::Exists => ErrorCode::StoreExists,
            Self::Unsafe { .. } => ErrorCode::StoreUnsafe,
            Self::Version { .. } => ErrorCode::StoreVersion,
            Self::Lost { .. } => ErrorCode::StoreLost,
            Self::Copied => ErrorCode::StoreCopied,
            Self::TooLarge { .. } => ErrorCode::Value,
            Self::Stopped { .. }
            | Self::Corrupt { .. }
            | Self::Foreign { .. }
            | Self::Link { .. }
            | Self::Address { .. }
            | Self::Ranges { .. }
            | Self::Io(_) => ErrorCode::StoreFailed,
        }
    }
}

impl BackupError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Store(error) => error.code(),
            Self::Io(_) => ErrorCode::Write,
            Self::Format | Self::Damaged | Self::CutOff => ErrorCode::Backup,
        }
    }
}

impl KeyWrapError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::Keys
    }
}

impl SetupError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Policy(_) | Self::Bank(_) => ErrorCode::Setting,
            Self::KeyWrapper(error) => error.code(),
        }
    }
}

impl VerifierError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Store(error) => error.code(),
            Self::KeyWrapper(error) => error.code(),
            Self::KeyMismatch => ErrorCode::KeyMismatch,
            Self::Record(RecordError::Seal | RecordError::Unsealed | RecordError::Unexpected) => ErrorCode::RecordSeal,
            Self::Record(_) => ErrorCode::StoreFailed,
            Self::ClockBehind { .. } => ErrorCode::ClockBehind,
            Self::ClockAhead(_) => ErrorCode::ClockAhead,
            Self::Contention => ErrorCode::Busy,
        }
    }
}

impl IssueError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Verifier(error) => error.code(),
            Self::Refused(Rejection::Suspended) => ErrorCode::Suspended,
            Self::Refused(Rejection::Revoked) => ErrorCode::Revoked,
            Self::Refused(Rejection::NotActivated) => ErrorCode::NotActive,
            Self::Refused(Rejection::KeyNotYetValid | Rejection::KeyExpired) => ErrorCode::KeyValidity,
            Self::Refused(_) => ErrorCode::NoActivation,
            Self::Operation(_) | Self::NotWhole => ErrorCode::NoOperation,
            Self::TestToken(_) => ErrorCode::TestToken,
            Self::OtherRequest => ErrorCode::KeyReused,
            Self::Superseded => ErrorCode::Superseded,
            Self::Policy(error) => error.code(),
        }
    }
}

impl EnrollError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Verifier(error) => error.code(),
            Self::Subscriber(_) | Self::SubscriberForm { .. } => ErrorCode::Subscriber,
            Self::OutOfValidity { .. } => ErrorCode::KeyValidity,
            Self::UnfitSecret(_) => ErrorCode::UnfitDeviceKey,
            Self::UnknownGenerator(_) => ErrorCode::NoGenerator,
            Self::GeneratorExists(_) | Self::GeneratorTaken(_) | Self::NeedsResynchronisation(_) => {
                ErrorCode::GeneratorTaken
            }
            Self::UnknownToken(_) => ErrorCode::NoToken,
            Self::TokenExists(_) => ErrorCode::TokenExists,
            Self::UnfitDeviceKey(_) => ErrorCode::UnfitDeviceKey,
            Self::TokenRevoked(_) => ErrorCode::TokenRevoked,
            Self::TestToken(_) => ErrorCode::TestToken,
            Self::TokenFull { .. } => ErrorCode::TokenFull,
            Self::UnknownActivation(_) => ErrorCode::NoActivation,
            Self::HasSigned(_) => ErrorCode::HasSigned,
            Self::Revoked(_) => ErrorCode::Revoked,
            Self::NotSuspended(_) => ErrorCode::NotSuspended,
            Self::NotActive(_) => ErrorCode::NotActive,
        }
    }
}
