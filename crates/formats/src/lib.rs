//! Tokens and codes of other systems: a software token that holds the accounts of authenticator apps, and answers as these apps do.
//!
//! A site shows an otpauth code, and asks for the password at once:
//!
//! ```
//! use camtoken_core::language::Language;
//! use camtoken_formats::{Accounts, Foreign, Received, Rules};
//! use camtoken_oath::Timestamp;
//! use rand::rand_core::UnwrapErr;
//! use rand::rngs::SysRng;
//!
//! let mut accounts = Accounts::default();
//! let code = Foreign::parse("otpauth://totp/ACME%20Co:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME%20Co")?;
//! let Received::Introduction(new) = accounts.receive(code, &Rules::default())? else { panic!("it brings a key") };
//! assert_eq!(new.shown().values("service").next(), Some("ACME Co"));
//! let name = new.names()[0].clone();
//! let enrolment = new.approve(&accounts, None, Language::En, &mut UnwrapErr(SysRng))?;
//! accounts.keep(enrolment.keep().expect("no message to a server"))?;
//!
//! let login = accounts.ask(&name)?;
//! assert_eq!(login.shown().warning.map(|it| it.en), Some("This code carries no transaction"));
//! let answered = login.approve(&mut accounts, None, Timestamp::from_unix(59), Language::En)?;
//! let saved = accounts.expose_json(); // written down before the password is given out
//! assert!(Accounts::from_json(&saved).is_ok());
//! assert_eq!(answered.expose_response(), "287082"); // RFC 6238, appendix B, the last six digits
//! # Ok::<(), camtoken_formats::Refusal>(())
//! ```
//!
//! [`Foreign::parse`] finds the format of a text, without a key. [`Accounts`] are the accounts of a token. A code goes one way
//! only: its content is shown before there are digits.
//!
//! ```text
//! text -> Foreign -> Received: Introduction -> approve -> Enrolment -> report -> Accounts::keep
//!   parse     receive        | Login        -> approve -> Answered  (digits; report)
//!                            | Fetch        -> report  -> Introduction
//!                            | Notice
//! ```
//!
//! # The token has no network
//!
//! With tiqr and LinOTP the token has to fetch and to send. Here that is data: an [`Errand`] is the message with its address. The
//! caller sends it, and passes the server's [`Answer`] back by `report`. An account is kept, and a login counts as answered, only
//! after the server has confirmed it. Addresses come from pictures. So [`Rules::hosts`] can limit the hosts that a code may name,
//! and every host is shown whole. Nothing here reads a clock or has a random generator of its own.
//!
//! # Supported formats
//!
//! | [`Foreign::format`] | what it is | leads to | answered by |
//! | --- | --- | --- | --- |
//! | `otpauth` ([`otpauth`]) | a key for HOTP or TOTP, also as `apple-otpauth` | an account | [`Accounts::ask`]: 6 to 8 digits |
//! | `steam` | Steam Guard's key | an account | five letters and digits |
//! | `otpauth-migration` | several keys from Google Authenticator | accounts | as `otpauth` |
//! | `tiqr-enrolment`, `tiqr-login` ([`tiqr`]) | phone login by OCRA | an account; a login | digits, or a form that is sent |
//! | `linotp-pairing`, `linotp-challenge` ([`linotp`]) | LinOTP's QRToken | an account; a sealed text | a TAN, or a signature that is sent |
//! | `powerauth-offline` ([`powerauth`]) | a signed payment | a login | two groups of eight digits |
//! | `hhd-uc` ([`hhd`]) | a chipTAN challenge | a notice | nothing: the bank card answers |
//! | (none) | OCRA cards, with suite and key ([`Ocra`]) | an account | [`Accounts::ask_ocra`] |
//!
//! `motp`, `yaotp`, `phonefactor`, `duo`, `fido` and LinOTP's older `lseqr-ocra2` are named and refused, each with its reason
//! ([`Refusal::NotRead`]); a `link` and a `text` are no codes for a token.
//!
//! Camtoken's own codes guarantee that the digits are valid for the transaction shown and for nothing else. No format here does.
//! Only LinOTP's and PowerAuth's codes contain what is approved; the screen of all others has a warning ([`NO_TRANSACTION`]).
//!
//! # Features
//!
//! | feature | brings | costs |
//! | --- | --- | --- |
//! | `linotp` | accounts of LinOTP's QRToken; without it, its codes are only named | curve25519-dalek, eax, miniz_oxide |
//! | `powerauth` | devices of PowerAuth; without it, its codes are only named | p256 |
//!
//! Neither is on by default: a verifier uses only [`otpauth`] of this crate.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
mod errand;
mod foreign;
mod introduction;
mod login;
mod ocra;
mod otp;
mod percent;
mod received;
mod refusal;
mod rules;
mod saved;
mod secret;
mod shown;
mod url;

pub mod hhd;
pub mod linotp;
pub mod otpauth;
pub mod powerauth;
pub mod tiqr;

pub use account::{Account, AccountName, Accounts, Kind};
pub use errand::{Answer, Errand, Request};
pub use foreign::{Foreign, Part};
pub use introduction::{Enrolment, Fetch, Introduction};
pub use login::{Answered, Login};
pub use ocra::{Ocra, OcraQuestion, TextHash};
pub use otp::{Otp, OtpForm};
pub use received::Received;
pub use refusal::Refusal;
pub use rules::Rules;
pub use saved::{Saved, SavedError};
pub use secret::{PinError, Secret};
pub use shown::{NO_TRANSACTION, Row, Shown, ShownRow};
pub use url::{UrlError, WebUrl};
