//! Transaction signing with a camera token, without I/O: what both ends share, and both ends as state machines.
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
