//! Keys in and out, in the two forms that other systems read.
//!
//! * [`pskc`]: key packages (RFC 6030), as token makers deliver them: device, key, policy, encrypted and authenticated.
//!   [`Container::register`] registers the keys of a file with a verifier.
//! * [`otpauth`]: the URI that authenticator apps scan, for HOTP and TOTP.

mod import;
pub mod pskc;

pub use camtoken_formats::otpauth;
pub use import::{ImportOptions, Imported, Skipped};
pub use otpauth::{OtpauthError, OtpauthUri};
pub use pskc::{Container, KeyPackage, Protection, PskcError};
