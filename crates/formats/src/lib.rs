//! Tokens and codes of others: a software token that holds what authenticator apps hold, and answers as they do.
//!
//! [`Foreign::parse`] says what a text is, before any key. [`Accounts`] is what a token holds. A code goes one way only, and what it
//! says is shown before there are digits:
//!
//! ```text
//! text -> Foreign -> Received: Introduction -> approve -> Enrolment -> report -> Accounts::keep
//!   parse     receive        | Login        -> approve -> Answered  (digits; report)
//!                            | Fetch        -> report  -> Introduction
//!                            | Notice
//! ```
//!
//! # Example
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
//! # The token has no network
//!
//! tiqr and LinOTP want the token to fetch and to send. Here that is data: an [`Errand`] says what goes where, the caller sends it and
//! hands the server's [`Answer`] back by `report`. An account is kept, and a login counts as answered, only after the server's yes.
//! Addresses come out of pictures, so that [`Rules::hosts`] can name the only hosts that a code may lead to, and every host is shown
//! whole. Nothing here asks a clock or draws randomness of its own.
//!
//! # What is read
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
//! ([`Refusal::NotRead`]); a `link` and a `text` ask a token for nothing.
//!
//! What none of these promises, and camtoken's own codes do: that the digits are good for what was shown and nothing else. Only LinOTP's
//! and PowerAuth's codes carry what is approved; the screen of the others says so ([`NO_TRANSACTION`]).
//!
//! # Features
//!
//! | feature | brings | costs |
//! | --- | --- | --- |
//! | `linotp` | accounts of LinOTP's QRToken; its codes are named without | curve25519-dalek, eax, miniz_oxide |
//! | `powerauth` | devices of PowerAuth; its codes are named without | p256 |
//!
//! Neither is on by default: a verifier takes this crate for [`otpauth`] alone.

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
