//! A camera token for transaction signing, both ends of it: the *verifier* that builds a challenge, draws it as a 2D
//! code and settles the response once and only once, and the *token* that reads the code, shows the transaction and
//! answers with a few digits that are good for that transaction alone.
//!
//! ```text
//! Transaction -> Challenge -> ChallengeCode -> picture ~~> picture -> ChallengeCode -> Received -> Response -> Verdict
//!         issue          seal          render         scan          open        approve       verify
//! ```
//!
//! What the standards call an authenticator (NIST SP 800-63B) is called a token here, as banks call it. A token is
//! registered by two codes and answers challenges from then on:
//!
//! ```
//! # use camtoken::store::MemoryStore;
//! # use camtoken::token::{Received, Token};
//! # use camtoken::transaction::{Operation, Transaction};
//! # use camtoken::verifier::{AttemptId, LocalVault, Policy, Rejection, Step, Subscriber, Verdict, Verifier};
//! # use camtoken::{Key, Timestamp, qr};
//! # use rand::{rand_core::UnwrapErr, rngs::SysRng};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> { camtoken::store::block_on(async {
//! let rng = &mut UnwrapErr(SysRng);
//! let now = Timestamp::from_unix(1_795_230_000);
//!
//! // The bank: a store, a key that encrypts the keys in it, and a token in its books.
//! let vault = Box::new(LocalVault::new(&[Key::generate(rng)])?);
//! let policy = Policy { accept_test_keys: true, ..Policy::default() };
//! let verifier = Verifier::new(MemoryStore::new(), vault, policy, "Kakuu Central Bank", rng)?;
//! let mut token = Token::generate("KKK0000001".parse()?, true, rng);
//! verifier.register(token.id(), token.device_key(), true, now, rng).await?;
//!
//! // Registration: the first code, the token's device code, the second code, the token's response.
//! let subscriber = Subscriber { contract: "1234567890".into(), user: "TANAKA".into() };
//! let first = verifier.enroll(token.id(), subscriber, now, rng).await?;
//! let Received::FirstCode(received) = token.receive(&first.code)? else { panic!("another kind of code") };
//! let device_code = received.approve(rng);
//! let second = verifier.second(first.activation, &device_code.expose_digits(), AttemptId::generate(rng), now, rng).await?;
//! let Step::Done(second) = second else { panic!("the device code is right") };
//! let Received::SecondCode(received) = token.receive(&second.code)? else { panic!("another kind of code") };
//! let unconfirmed = received.approve();
//! let response = unconfirmed.response().expose_str();
//! let confirmed = verifier.confirm(first.activation, response, AttemptId::generate(rng), now).await?;
//! let Step::Done(()) = confirmed else { panic!("the response is right") };
//! unconfirmed.keep();
//!
//! // A transfer: issued, drawn, scanned, shown, approved, verified.
//! let fields = [("limit", "transfer"), ("old", "1000000"), ("new", "5000000")];
//! let transaction = Transaction::new(Operation::LimitChange, fields)?;
//! let issued = verifier.issue(first.activation, transaction, None, now, rng).await?;
//! let picture = qr::encode(issued.code.as_str(), qr::EcLevel::M)?.to_luma(4);
//!
//! let qr::Scan::Read(symbols) = qr::scan(&picture, &qr::ScanOptions::default()) else { panic!("it is a clean picture") };
//! let code = std::str::from_utf8(&symbols[0].payload)?.parse()?;
//! let Received::Transaction(received) = token.receive(&code)? else { panic!("another kind of code") };
//! assert_eq!(received.transaction().get("new").map(ToString::to_string).as_deref(), Some("5000000"));
//! let response = received.approve();
//!
//! let verdict = verifier.verify(issued.reference, response.expose_str(), AttemptId::generate(rng), now).await?;
//! let Verdict::Accepted(accepted) = verdict else { panic!("the response is right") };
//! assert_eq!(accepted.transaction().map(Transaction::operation), Some(Operation::LimitChange));
//!
//! let again = verifier.verify(issued.reference, response.expose_str(), AttemptId::generate(rng), now).await?;
//! assert_eq!(again, Verdict::Rejected(Rejection::AlreadySettled));
//! # Ok(()) }) }
//! ```
//!
//! # The map
//!
//! * [`transaction`]: what is signed, by a catalogue that both ends share; canonical text; batch files.
//! * [`challenge`], [`code`], [`qr`]: what is asked, sealed for one token, and drawn.
//! * [`token`], [`verifier`]: the two parties. [`store`] is where a verifier's records live. Its futures run on any executor; a
//!   program without one waits by [`store::block_on`].
//! * [`oath`]: HOTP, TOTP and OCRA (RFC 4226, 6238, 6287) by themselves.
//! * [`provision`]: keys in and out, as PSKC (RFC 6030) or otpauth URIs.
//! * [`camera`]: frames from films, folders, and (features) webcams and screens.
//! * `server` (feature of that name): the verifier, and a token for tests, over HTTP; `emulator` (feature): that token in a
//!   Rust test.
//!
//! The bytes are in `docs/SPEC.md`, the reasons in `docs/ARCHITECTURE.md`, the threats in `docs/SECURITY.md`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod error_code;
#[cfg(feature = "provision")]
#[cfg_attr(docsrs, doc(cfg(feature = "provision")))]
pub mod provision;
pub mod store;
pub mod token;
pub mod verifier;

pub use camtoken_core::{ErrorCode, challenge, code, key, language, seeded, time, transaction};
pub use camtoken_oath as oath;
#[cfg(feature = "reader")]
#[cfg_attr(docsrs, doc(cfg(feature = "reader")))]
pub use camtoken_qr as qr;

pub use challenge::{Challenge, ChallengeId};
pub use key::{ActivationId, Key, TokenId};
pub use language::Language;
pub use time::Timestamp;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
