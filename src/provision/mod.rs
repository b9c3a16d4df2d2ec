//! Keys in and out, in the two forms that other systems read.
//!
//! * [`pskc`]: key packages (RFC 6030), as token makers deliver them: device, key, policy, encrypted and authenticated.
//! * [`otpauth`]: the URI that authenticator apps scan, for HOTP and TOTP.

pub mod otpauth;
pub mod pskc;

pub use otpauth::{OtpauthError, OtpauthUri};
pub use pskc::{Container, KeyPackage, Protection, PskcError};
