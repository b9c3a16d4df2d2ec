//! The reference bank: 架空中央銀行 (Kakuu Central Bank), a fictional bank without real money.
//!
//! It shows how a bank embeds camtoken's verifier, by the public API alone, and is the place to try token, codes and attacks.
//!
//! Do not copy these parts: test tokens are accepted, the outbox with its letters is open, the site is there over plain HTTP as
//! well, and the keys of verifier and certificate authority are beside the database. All of it listens on loopback only. Bank and
//! provider have different host names, because cookies do not distinguish ports.
//!
//! | module | what it has |
//! | --- | --- |
//! | [`domain`] | the rules, as functions on values |
//! | [`books`] | what the bank knows, on disk: whole changes, durable before they are answered |
//! | [`bank`] | the work: rules, books and verifier together |
//! | [`outbox`], [`postman`] | mails and letters, and who brings mails to a server |
//! | [`linkage`] | what external services may see and ask for; the authorization server behind it |
//! | [`letter`] | a letter on a sheet of A4 |
//! | [`system`], [`secrets`] | the clock, randomness, and files with secrets |
//! | [`test_clock`] | a clock that tests move on |
//! | [`limiter`] | how often a caller may ask |
//! | [`attacks`] | an attacker in the browser, against a bank of its own |
//! | [`store`] | where the verifier's records are |
//! | [`authority`], [`tls`] | the bank's own certificates, and connections that show them |
//! | [`webauthn`] | the checks of a passkey's answers |
//! | [`pages`] | the site |
//! | [`text`] | its words, in two languages |
//! | [`provider`] | the site of an invented external service, on a port of its own |
//! | [`demo`], [`drawer`] | the companies that are there from the start, and their tokens |

/// The page about a verifier in a program of one's own: its code compiles.
#[cfg(all(doctest, feature = "postgres"))]
#[doc = include_str!("../../docs/EMBED.md")]
struct Embed;

pub mod attacks;
pub mod authority;
pub mod bank;
pub mod books;
mod browser;
pub mod demo;
pub mod domain;
pub mod drawer;
pub mod letter;
pub mod limiter;
pub mod linkage;
pub mod outbox;
pub mod pages;
pub mod postman;
pub mod provider;
pub mod secrets;
pub mod store;
pub mod system;
pub mod test_clock;
pub mod text;
pub mod tls;
pub mod webauthn;
