//! Transaction signing with a camera token: the *verifier* that a bank embeds, and the software *token*.
//!
//! The verifier issues a challenge for a payment and draws it as a 2D code. The token reads the code, shows the payment, and
//! answers with a few digits that are good for this payment alone. The verifier settles the answer, once and only once.
//!
//! ```text
//! Transaction -> Challenge -> ChallengeCode -> picture ~~> picture -> ChallengeCode -> Received -> Response -> Verdict
//!         issue          seal           draw          read          open        approve       verify
//! ```
//!
//! # Quick start
//!
//! ```toml
//! [dependencies]
//! camtoken = { version = "0.1", features = ["embedded", "reader"] }
//! rand = { version = "0.10", default-features = false, features = ["sys_rng"] }
//! ```
//!
//! A registration by two codes, then a payment: issued, drawn, read, shown, approved, verified.
//!
//! ```
//! use camtoken::store::{MemoryStore, block_on};
//! use camtoken::token::{Received, Token};
//! use camtoken::verifier::{Rejection, Step};
//! use camtoken::{AttemptId, Key, LocalKeyWrapper, Operation, Policy, Subscriber, Timestamp, Transaction, Verdict, Verifier};
//! # #[cfg(feature = "reader")]
//! use camtoken::qr;
//! use rand::{rand_core::UnwrapErr, rngs::SysRng};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     block_on(story())
//! }
//!
//! async fn story() -> Result<(), Box<dyn std::error::Error>> {
//!     let rng = &mut UnwrapErr(SysRng);
//!     let now = Timestamp::from_unix(1_795_230_000); // your clock
//!
//!     // The bank: a store, a key that encrypts the keys in it, and a registered token.
//!     let vault = Box::new(LocalKeyWrapper::new(&[Key::generate(rng)])?);
//!     let policy = Policy { accept_test_keys: true, ..Policy::default() };
//!     let verifier = Verifier::new(MemoryStore::new(), vault, policy, "Kakuu Central Bank", rng)?;
//!     verifier.check_key(rng).await?; // whenever a store is opened; it seals the records of a new one
//!     let mut token = Token::generate("KKK0000001".parse()?, true, rng);
//!     verifier.register(token.id(), token.device_key(), true, now, rng).await?;
//!
//!     // Registration: the first code, the token's device code, the second code, the token's response.
//!     let subscriber = Subscriber { contract: "1234567890".into(), user: "TANAKA".into() };
//!     let first = verifier.enroll(token.id(), subscriber, now, rng).await?;
//!     let Received::FirstCode(received) = token.receive(&first.code)? else { panic!("another kind of code") };
//!     let device_code = received.approve(rng).expose_digits();
//!     let second = verifier.second_code(first.activation, &device_code, AttemptId::generate(rng), now, rng).await?;
//!     let Step::Done(second) = second else { panic!("the device code is right") };
//!     let Received::SecondCode(received) = token.receive(&second.code)? else { panic!("another kind of code") };
//!     let unconfirmed = received.approve();
//!     let response = unconfirmed.response().expose_str();
//!     let confirmed = verifier.confirm(first.activation, response, AttemptId::generate(rng), now).await?;
//!     let Step::Done(()) = confirmed else { panic!("the response is right") };
//!     unconfirmed.keep();
//!
//!     // A change of a limit, signed.
//!     let fields = [("limit", "transfer"), ("old", "1000000"), ("new", "5000000")];
//!     let transaction = Transaction::new(Operation::LimitChange, fields)?;
//!     let issued = verifier.issue(first.activation, transaction, None, now, rng).await?;
//! # #[cfg(not(feature = "reader"))]
//! #   let code = issued.code.clone();
//! # #[cfg(feature = "reader")]
//! #   let code = {
//!     let picture = qr::encode(issued.code.as_str(), qr::EcLevel::M)?.to_luma(4);
//!
//!     let qr::Scan::Read(symbols) = qr::scan(&picture, &qr::ScanOptions::default()) else { panic!("a clean picture") };
//!     let code = std::str::from_utf8(&symbols[0].payload)?.parse()?;
//! #   code };
//!     let Received::Transaction(received) = token.receive(&code)? else { panic!("another kind of code") };
//!     assert_eq!(received.transaction().get("new").map(ToString::to_string).as_deref(), Some("5000000"));
//!     let response = received.approve();
//!
//!     let verdict = verifier.verify(issued.reference, response.expose_str(), AttemptId::generate(rng), now).await?;
//!     let Verdict::Accepted(accepted) = verdict else { panic!("the response is right") };
//!     assert_eq!(accepted.transaction().map(Transaction::operation), Some(Operation::LimitChange));
//!
//!     let again = verifier.verify(issued.reference, response.expose_str(), AttemptId::generate(rng), now).await?;
//!     assert_eq!(again, Verdict::Rejected(Rejection::AlreadySettled));
//!     Ok(())
//! }
//! ```
//!
//! # In production
//!
//! A verifier is opened once, in this order. Each of the first four lines refuses rather than go on with a wrong store, key or clock:
//!
//! ```
//! # #[cfg(feature = "embedded")]
//! # mod example {
//! use std::path::Path;
//! use std::time::Duration;
//!
//! use camtoken::store::EmbeddedStore;
//! use camtoken::verifier::{ClockGuard, ClockLimits, ClockReading};
//! use camtoken::{Key, LocalKeyWrapper, Policy, Verifier};
//! use rand::{rand_core::UnwrapErr, rngs::SysRng};
//!
//! type Opened = (Verifier<EmbeddedStore>, ClockGuard);
//!
//! /// `kek` is the newest key-encryption key, `clock` reads the wall clock, the uptime and the boot ID.
//! pub async fn open(dir: &Path, kek: Key, clock: ClockReading) -> Result<Opened, Box<dyn std::error::Error>> {
//!     let rng = &mut UnwrapErr(SysRng);
//!     let store = EmbeddedStore::open(dir, Duration::from_secs(10))?;
//!     let vault = Box::new(LocalKeyWrapper::new(&[kek])?);
//!     let verifier = Verifier::new(store, vault, Policy::default(), "Kakuu Central Bank", rng)?;
//!     verifier.check_key(rng).await?;
//!     let guard = verifier.watch_clock(clock, ClockLimits::default()).await?;
//!     Ok((verifier, guard)) // before each decision: guard.check(the clock's reading now)
//! }
//! # }
//! # #[cfg(feature = "embedded")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #     use camtoken::{Key, Timestamp, store::block_on, verifier::ClockReading};
//! #     let dir = tempfile::tempdir()?;
//! #     let clock = ClockReading { wall: Timestamp::from_unix(1_795_230_000), uptime_secs: 100, boot: [1; 16] };
//! #     let kek = |byte: u8| Key::new((byte..byte + 32).collect());
//! #     drop(block_on(example::open(&dir.path().join("store"), kek(1), clock))?);
//! #     assert!(block_on(example::open(&dir.path().join("store"), kek(2), clock)).is_err(), "another key");
//! #     drop(block_on(example::open(&dir.path().join("store"), kek(1), clock))?);
//! #     Ok(())
//! # }
//! # #[cfg(not(feature = "embedded"))]
//! # fn main() {}
//! ```
//!
//! * **The store**: `EmbeddedStore` (feature `embedded`) for one process; `camtoken_postgres::PostgresStore` takes its place for several.
//! * **The key-encryption key** ([`LocalKeyWrapper`]) opens every key in the store. Keep it outside of the store and of its backups: a file
//!   that only the service reads, or a secret that the service manager passes on. `camtoken-keys` reads it from a file, from PKCS#11 or from
//!   a transit engine. Give [`LocalKeyWrapper::new`] the newest key first; older ones still open what they wrapped, until
//!   [`Verifier::rewrap`] has run.
//! * **Execute** what [`Accepted::transaction`](verifier::Accepted::transaction) says, never what the request brings along. Book it under the
//!   challenge's ID, once.
//! * **After an error** that leaves the outcome open, repeat the request with the same [`AttemptId`]: the same attempt gets the same answer
//!   and is not counted again. `docs/HTTP.md`, section "Retries", says of each error whether anything was stored.
//! * **After a crash** between the verdict and your booking, [`Verifier::accepted`] gives what was accepted for a challenge. Ask before you
//!   issue the next one to the same user, and never take `AlreadySettled` for "not accepted".
//! * **Policy**: `accept_test_keys` of the quick start is for tests. [`Policy::default`] refuses test tokens.
//! * The futures run on any executor; a program without one waits by [`store::block_on`].
//!
//! # Features
//!
//! | feature | brings | costs |
//! | --- | --- | --- |
//! | `simd` (default) | responses by the SHA extensions and AVX-512, chosen at run time | the only unsafe code, in `camtoken-simd` |
//! | `embedded` | `EmbeddedStore`: records in one directory | fjall |
//! | `reader` | [`qr`](https://docs.rs/camtoken-qr): draw and read codes; the token's screen as a picture | image, rqrr |
//! | `provision` | PSKC containers (RFC 6030) and otpauth URIs | an XML reader, PBKDF2 |
//! | `parallel` | large batches of checks on every core | rayon |
//!
//! # Less than all of it
//!
//! | you want | take |
//! | --- | --- |
//! | only HOTP, TOTP or OCRA | `camtoken-oath` |
//! | only a reader of QR codes | `camtoken-qr` |
//! | only a token, also without `std` | `camtoken-core` |
//! | codes and accounts of others: otpauth, tiqr, LinOTP, PowerAuth | `camtoken-formats` |
//! | the verifier over HTTP, or a virtual token in Rust tests | `camtoken-server` |
//! | test vectors, or tests for your own store | `camtoken-vectors` |
//!
//! # Platforms
//!
//! Rust 1.90 or later. Tested on Linux x86-64. What the standards call an authenticator (NIST SP 800-63B) is called a token here, as banks
//! call it. The bytes are in `docs/SPEC.md`, the reasons in `docs/ARCHITECTURE.md`, the threats in `docs/SECURITY.md`.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod error_code;
#[cfg(feature = "provision")]
#[cfg_attr(docsrs, doc(cfg(feature = "provision")))]
pub mod provision;
pub mod store;
pub mod token;
pub mod verifier;

pub use camtoken_core::{challenge, code, key, language, seeded, time, transaction, typed};
pub use camtoken_oath as oath;
#[cfg(feature = "reader")]
#[cfg_attr(docsrs, doc(cfg(feature = "reader")))]
pub use camtoken_qr as qr;

pub use key::Key;
pub use time::Timestamp;
pub use transaction::{Operation, Transaction};
pub use verifier::{AttemptId, LocalKeyWrapper, Policy, Subscriber, Verdict, Verifier};

#[cfg(all(doctest, feature = "reader"))]
#[doc = include_str!("../README.md")]
struct Readme;
