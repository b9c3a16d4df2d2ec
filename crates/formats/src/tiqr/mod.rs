//! tiqr: the phone login of SURF, of eduID and of privacyIDEA, by OCRA.
//!
//! Sources: `docs` and `library/tiqr` of github.com/Tiqr/tiqr-server-libphp 4.3, the apps' tiqr-app-core-ios and -android of 2024, and
//! what two servers answered when they were asked (`testvectors/tiqr_test.json`).
//!
//! A code leads to a registration ([`EnrolmentCode`]: fetch [`Metadata`], send a new secret) or to a login ([`LoginCode`]: six digits
//! over the question and the session). Both come as `tiqrenroll://…` and `tiqrauth://…` and as links, `https://HOST/tiqrenroll/?…`. What
//! the server answers is text by version 1 of the protocol and JSON by version 2; servers of today write version 2 into their codes
//! and answer by version 1, so both are read whatever the code says ([`read_login`], [`read_registration`]).
//!
//! **Numbers as questions.** For suites with `QN` (privacyIDEA's default) the phone apps read the decimal digits as hexadecimal ones;
//! RFC 6287 and both servers turn the number into hexadecimal first. The value here is the RFC's: the servers accept it, and
//! refuse the other.
//!
//! The server's side is here as well, as plain functions for tests: [`Metadata::to_json`], the codes' `Display`, [`Registration`],
//! [`Login`], [`check`], [`Outcome`].

mod answer;
mod code;
mod identity;
mod metadata;
mod server;

pub use answer::{read_login, read_registration};
pub use code::{CodeError, CodeForm, EnrolmentCode, LoginCode};
pub use identity::{Identity, respond};
pub(crate) use identity::{fetch, log_in};
pub use metadata::{Metadata, MetadataError, MetadataIdentity, MetadataService};
pub use server::{Login, Outcome, Registration, check};

/// The newest version of the protocol, which requests ask for.
pub const PROTOCOL_VERSION: &str = "2";

/// The header with the version of an answer.
pub const VERSION_HEADER: &str = "X-TIQR-Protocol-Version";
