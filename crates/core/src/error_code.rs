//! The stable codes of the library's errors: what the command line prints and the service answers for each of them.

use crate::token::file::FileError;
use crate::transaction::TransactionError;
use crate::transaction::zengin::ZenginError;
use crate::verifier::policy::PolicyError;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)+) => {
        /// The stable code of an error, `CT-E010` to `CT-E199`. `camtoken explain CODE` says what to do.
        ///
        /// Each error of the library has exactly one, from its `code()`; the command line and the service print the same.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
        }

        impl ErrorCode {
            /// Every code of the library.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As it is printed: `CT-E014`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }
    };
}

codes! {
    /// A file could not be read.
    Read = "CT-E010",
    /// A file could not be written.
    Write = "CT-E011",
    /// Another process has the store open.
    StoreBusy = "CT-E013",
    /// The store cannot be used.
    StoreFailed = "CT-E014",
    /// The change may have been stored or not.
    StoreUnknown = "CT-E015",
    /// The clock is behind the last decision.
    ClockBehind = "CT-E016",
    /// The key-encryption key is missing, or not the right one.
    Keys = "CT-E017",
    /// The clock is ahead of the time that has passed.
    ClockAhead = "CT-E040",
    /// A setting has a value that it does not take.
    Setting = "CT-E022",
    /// There is a store already where one is to be restored.
    StoreExists = "CT-E029",
    /// Not a backup, or not a whole one.
    Backup = "CT-E030",
    /// The database may lose what it acknowledges.
    StoreUnsafe = "CT-E032",
    /// The store is of another version.
    StoreVersion = "CT-E033",
    /// The store may have lost changes that it had acknowledged.
    StoreLost = "CT-E037",
    /// The store is a copy, or was moved.
    StoreCopied = "CT-E038",
    /// The token's file cannot be used.
    TokenFile = "CT-E043",
    /// The passphrase of a token is wrong.
    Passphrase = "CT-E045",
    /// The key-encryption key is not the one of the store.
    KeyMismatch = "CT-E050",
    /// A record of the store was altered or put in another place.
    RecordSeal = "CT-E136",
    /// No operation by that name is issued.
    NoOperation = "CT-E070",
    /// The fields make no transaction.
    Fields = "CT-E071",
    /// The batch file is wrong, or of another kind.
    Batch = "CT-E072",
    /// The file of keys cannot be read.
    KeyFile = "CT-E073",
    /// A token cannot show the contract number or the user ID.
    Subscriber = "CT-E075",
    /// The device key cannot be one.
    UnfitDeviceKey = "CT-E076",
    /// The token is not registered.
    NoToken = "CT-E081",
    /// The token is registered with another key.
    TokenExists = "CT-E082",
    /// The token is revoked.
    TokenRevoked = "CT-E083",
    /// The token was made for tests, and this verifier takes none of those.
    TestToken = "CT-E084",
    /// All places of the token are taken.
    TokenFull = "CT-E085",
    /// There is no such activation.
    NoActivation = "CT-E086",
    /// The activation has signed before.
    HasSigned = "CT-E087",
    /// The activation is revoked.
    Revoked = "CT-E088",
    /// The activation is not suspended.
    NotSuspended = "CT-E089",
    /// The activation is suspended.
    Suspended = "CT-E090",
    /// The registration is not finished.
    NotActive = "CT-E091",
    /// The key of the token or generator is outside its validity dates.
    KeyValidity = "CT-E092",
    /// The generator is registered with another secret or other parameters, or has a user.
    GeneratorTaken = "CT-E093",
    /// The generator is not registered.
    NoGenerator = "CT-E094",
    /// More requests than can be worked on, or a database that cannot be reached. Nothing was done.
    Busy = "CT-E107",
    /// The name of a request was used for another one.
    KeyReused = "CT-E109",
    /// The challenge of a repeated request was superseded since.
    Superseded = "CT-E117",
    /// A value is beyond its limits.
    Value = "CT-E115",
}

impl core::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.as_str())
    }
}

impl TransactionError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::Fields
    }
}

impl ZenginError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::Batch
    }
}

impl FileError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Passphrase | Self::PassphraseEmpty => ErrorCode::Passphrase,
            Self::Form { .. }
            | Self::Schema
            | Self::Part(_)
            | Self::TooLarge
            | Self::NotTest
            | Self::PassphraseMissing => ErrorCode::TokenFile,
        }
    }
}

impl PolicyError {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::Value
    }
}
