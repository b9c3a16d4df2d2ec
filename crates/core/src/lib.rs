//! Transaction signing with a camera token, without I/O: what both ends share, and both ends as state machines.
//!
//! ```
//! use camtoken_core::challenge::{Challenge, ChallengeId, ResponseSuite};
//! use camtoken_core::code::{self, ChallengeCode};
//! use camtoken_core::key::{ActivationId, Key};
//! use camtoken_core::time::Timestamp;
//! use camtoken_core::transaction::{Operation, Transaction};
//!
//! let fields = [("user", "TANAKA"), ("tokenId", "KKK0000001")];
//! let challenge = Challenge {
//!     id: ChallengeId::from_bytes([0x65; 12]),
//!     activation: ActivationId::from_bytes([1, 2, 3, 4, 5, 6]),
//!     expires_at: Timestamp::from_unix(1_795_230_180),
//!     transaction: Transaction::new(Operation::Deletion, fields)?,
//! };
//! let (key, suite): (_, ResponseSuite) = (Key::new((0..32).collect()), "OCRA-1:HOTP-SHA256-8:QH64".parse()?);
//! // The bank draws this text as a 2D code; the token opens it, shows it, and answers.
//! let code: ChallengeCode = code::seal(&challenge, &key).as_str().parse()?;
//! let opened = code::open(&code, &key)?;
//! assert_eq!(opened.respond(&key, &suite).expose_str(), challenge.respond(&key, &suite).expose_str());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//! Transaction -> Challenge -> ChallengeCode ~~> ChallengeCode -> Received -> Response -> Verdict
//!         issue          seal                            open        approve       verify
//! ```
//!
//! No clock, no disk, no socket, no picture, no executor: time and randomness are arguments. The crate is `no_std` and needs
//! `alloc`. A verifier with a store around it, and a token with a file, is `camtoken`; a reader of QR codes `camtoken-qr`.
//!
//! * [`transaction`]: what is signed, by a catalogue that both ends share; canonical text; batch files.
//! * [`challenge`], [`code`]: what is asked, and how it is sealed for one token.
//! * [`verifier`]: the records of a verifier, and the decision about each answer.
//! * [`typed`]: digits as people type them.
//! * [`token`]: receives a code, shows it, answers when a person has approved.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod challenge;
pub mod code;
mod error_code;
mod hex;
pub mod key;
pub mod language;
pub mod seeded;
pub mod time;
pub mod token;
pub mod transaction;
pub mod typed;
pub mod verifier;

pub use error_code::ErrorCode;
