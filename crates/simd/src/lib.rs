//! Many truncated HMACs at once, for checking responses of RFC 4226, 6238 and 6287.
//!
//! A response is HMAC, dynamic truncation and a remainder. The messages of one suite differ in a few bytes, so what they
//! have in common is compiled once ([`Plan`]); a key is kept as the two states that HMAC reaches from it
//! ([`Midstates`]); and an [`Engine`] computes one check, two or sixteen at a time:
//!
//! | engine | needs | at a time |
//! | --- | --- | --- |
//! | portable | nothing: the `sha1` and `sha2` crates | 1 |
//! | sha-ni | SHA extensions | 1 |
//! | sha-ni-x2 | SHA extensions | 2, interleaved: one round's latency hides the other's; 4 where the message is a counter |
//! | avx512 | AVX-512 F and BW, SHA extensions | 16, from 8 on; fewer go the way of sha-ni-x2 |
//!
//! HOTP and TOTP look at a few counters of a key that is used once: [`counters`] does that without a plan.
//!
//! All of them give the same answers. Which one is chosen, and how long it takes, depends on how many checks there are and
//! on the length of the messages, never on keys, messages or digits: no branch and no index is taken from them.
//!
//! This is the only crate of the project with unsafe code: the instructions, loads within bounds that a safe function
//! has checked, and one hint to the system about its pages. All of it is behind the feature `kernels` (on by default, needs
//! `std`); without it the crate is `no_std`, forbids unsafe code, and has the portable engine alone. ARMv8 has SHA
//! instructions too; its place is a module beside `x86`.
//!
//! # Examples
//!
//! ```
//! use camtoken_simd::{Engine, Field, Midstates, Plan, Sha1};
//!
//! // HOTP: the message is the counter, eight bytes.
//! let engine = Engine::in_use();
//! let plan = Plan::<Sha1>::new(&[0; 8], 0..8, std::slice::from_ref(&(0..8)), 6);
//! let key = Midstates::<Sha1>::new(engine, b"12345678901234567890");
//! let mut counter = Field::<40>::ZERO;
//! counter.bytes_mut()[7] = 1;
//! assert_eq!(plan.value(engine, &key, counter.padded()), 287082);
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![cfg_attr(not(feature = "kernels"), forbid(unsafe_code))]

extern crate alloc;
#[cfg(any(feature = "kernels", test))]
extern crate std;

mod engine;
mod engines;
mod hash;
mod midstates;
mod pages;
mod plan;
mod run;
mod truncate;
mod wipe;
#[cfg(all(feature = "kernels", target_arch = "x86_64"))]
mod x86;

pub use engine::{Engine, EngineError};
pub use engines::Hash;
pub use hash::{Sha1, Sha256};
pub use midstates::Midstates;
pub use pages::prefer_large_pages;
pub use plan::{Field, PAD, Plan};
pub use run::{Request, counters};
