//! Responses by the OATH standards: the few digits that a person types, computed from a key and a moving factor.
//!
//! ```
//! use camtoken_oath::totp::Totp;
//! use camtoken_oath::{Key, Response, Timestamp};
//!
//! let key = Key::new(b"12345678901234567890".to_vec());
//! let now = Timestamp::from_unix(1_111_111_109);
//! let typed = Response::parse("081804", 6)?; // RFC 6238, appendix B, the last six digits
//! // One time step either way, and no step again that was used.
//! let used = Totp::default().verify(&key, &typed, now, 1, None);
//! assert_eq!(used, Some(0x23523EC));
//! assert_eq!(Totp::default().verify(&key, &typed, now, 1, used), None);
//! # Ok::<(), camtoken_oath::ResponseError>(())
//! ```
//!
//! | module | standard | moving factor |
//! | --- | --- | --- |
//! | [`hotp`] | RFC 4226 | a counter |
//! | [`totp`] | RFC 6238 | the time |
//! | [`ocra`] | RFC 6287 | a question, and as the suite says a counter, a PIN, a session, the time |
//!
//! All three end in the same [`Response`] and build on the same three hash functions. Nothing here remembers: counters,
//! used steps and limits on attempts are the verifier's.
//!
//! One response takes a quarter of a microsecond. With many responses to check under keys that stay ([`ocra::Checker`]), each
//! takes a fraction of that. Windows are always searched at that rate. The instructions of the processor are chosen
//! when the program runs ([`Engine`]); they change no result.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod key;
mod response;
mod time;

pub mod hotp;
pub mod ocra;
pub mod totp;

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;
use core::ops::Deref;
use core::str::FromStr;

use ::hmac::{Hmac, KeyInit, Mac};
use camtoken_simd::{self as simd, Midstates, Plan};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

pub use camtoken_simd::Engine;
pub use key::Key;
pub use response::{Digits, DigitsError, Response, ResponseError};
pub use time::Timestamp;
#[cfg(feature = "rfc3339")]
#[cfg_attr(docsrs, doc(cfg(feature = "rfc3339")))]
pub use time::TimestampError;

/// The hash function under the HMAC, spelled as in an OCRASuite: `SHA1`, `SHA256`, `SHA512`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1, 20 bytes. Sound under HMAC; what hardware tokens speak.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Hash {
    /// Every hash function that the standards name.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// The name in an OCRASuite.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The bytes of a hash value, and of the key that RFC 6287 asks for (IC2).
    #[must_use]
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// Hashes without a key.
    pub(crate) fn digest(self, data: &[u8]) -> Tag {
        match self {
            Self::Sha1 => Tag::new(&Sha1::digest(data)),
            Self::Sha256 => Tag::new(&Sha256::digest(data)),
            Self::Sha512 => Tag::new(&Sha512::digest(data)),
        }
    }

    /// Authenticates `data`: the HMAC of RFC 2104.
    pub(crate) fn mac(self, key: &Key, data: &[u8]) -> Tag {
        Keyed::new(self, key).mac(data)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        Self::ALL.into_iter().find(|hash| hash.as_str() == text).ok_or(HashError)
    }
}

/// A string names no hash function of the OATH standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashError;

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unsupported hash, expected SHA1, SHA256 or SHA512")
    }
}

impl Error for HashError {}

/// A key as HMAC starts from it, so that a window pays for its key once.
enum Keyed {
    Sha1(Midstates<simd::Sha1>),
    Sha256(Midstates<simd::Sha256>),
    Sha512(Box<Hmac<Sha512>>),
}

impl Keyed {
    fn new(hash: Hash, key: &Key) -> Self {
        let (engine, key) = (Engine::in_use(), key.expose_bytes());
        match hash {
            Hash::Sha1 => Self::Sha1(Midstates::new(engine, key)),
            Hash::Sha256 => Self::Sha256(Midstates::new(engine, key)),
            Hash::Sha512 => Self::Sha512(Box::new(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))),
        }
    }

    fn mac(&self, message: &[u8]) -> Tag {
        let engine = Engine::in_use();
        match self {
            Self::Sha1(key) => Tag::new(&key.mac(engine, message)[..20]),
            Self::Sha256(key) => Tag::new(&key.mac(engine, message)),
            Self::Sha512(key) => Tag::new(&key.as_ref().clone().chain_update(message).finalize().into_bytes()),
        }
    }

    /// Computes the result of the message with each of `count` counters at `place`, from `from` on; after 2^64-1 comes 0.
    /// `tell` gets up to 64 results at a time, with the first counter.
    fn window(
        &self,
        message: &mut [u8],
        place: usize,
        digits: Option<Digits>,
        from: u64,
        count: u64,
        mut tell: impl FnMut(u64, &Computed),
    ) {
        let counter = place..place + 8;
        let part = core::slice::from_ref(&(0..8));
        match (self, digits) {
            (Self::Sha1(key), Some(digits)) => {
                let plan = Plan::<simd::Sha1>::new(message, counter, part, digits.get());
                tell_values(from, count, digits, |from, values| plan.window(Engine::in_use(), key, from, values), tell);
            }
            (Self::Sha256(key), Some(digits)) => {
                let plan = Plan::<simd::Sha256>::new(message, counter, part, digits.get());
                tell_values(from, count, digits, |from, values| plan.window(Engine::in_use(), key, from, values), tell);
            }
            _ => {
                for value in (0..count).map(|ahead| from.wrapping_add(ahead)) {
                    message[counter.clone()].copy_from_slice(&value.to_be_bytes());
                    tell(value, &Computed::Whole(self.mac(message), digits));
                }
            }
        }
    }
}

/// Computes HOTP values of `count` counters, from `from` on, and returns up to 64 of them together, with the first counter.
fn counters(hash: Hash, key: &Key, digits: Digits, from: u64, count: u64, tell: impl FnMut(u64, &Computed)) {
    if count > WINDOW_WORTH_A_KEY || hash == Hash::Sha512 {
        return Keyed::new(hash, key).window(&mut [0; 8], 0, Some(digits), from, count, tell);
    }
    let compute = if hash == Hash::Sha1 { simd::counters::<simd::Sha1> } else { simd::counters::<simd::Sha256> };
    let compute = |from, values: &mut [u32]| compute(Engine::in_use(), key.expose_bytes(), from, digits.get(), values);
    tell_values(from, count, digits, compute, tell);
}

/// Up to so many counters the key is computed with them; for more it is kept.
const WINDOW_WORTH_A_KEY: u64 = 64;

fn tell_values(
    from: u64,
    count: u64,
    digits: Digits,
    compute: impl Fn(u64, &mut [u32]),
    mut tell: impl FnMut(u64, &Computed),
) {
    let mut values = [0; 64];
    for done in (0..count).step_by(values.len()) {
        let some = usize::try_from(count - done).unwrap_or(usize::MAX).min(values.len());
        let (from, values) = (from.wrapping_add(done), &mut values[..some]);
        compute(from, values);
        tell(from, &Computed::Values(values, digits));
    }
}

/// The results for messages: the digits of up to 64 responses, as numbers, or the HMAC that one is made from.
enum Computed<'a> {
    Values(&'a [u32], Digits),
    Whole(Tag, Option<Digits>),
}

impl Computed<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Values(values, _) => values.len(),
            Self::Whole(..) => 1,
        }
    }
}

/// The value of a hash or of an HMAC: 20, 32 or 64 bytes, wiped when dropped.
pub(crate) struct Tag {
    bytes: [u8; 64],
    len: usize,
}

impl Tag {
    fn new(value: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bytes[..value.len()].copy_from_slice(value);
        Self { bytes, len: value.len() }
    }
}

impl Drop for Tag {
    fn drop(&mut self) {
        self.bytes = [0; 64];
        zeroize::optimization_barrier(&self.bytes);
    }
}

impl Deref for Tag {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A place in a window, chosen without a branch.
#[derive(Default)]
struct Found {
    value: u64,
    any: u8,
}

impl Found {
    /// Takes the first of up to 64 places from `from` on that has its bit in `matches`, unless there was one before.
    fn keep_first(&mut self, from: u64, matches: u64) {
        self.keep(from.wrapping_add(matches.trailing_zeros().into()), !matches.ct_eq(&0) & self.any.ct_eq(&0));
    }

    /// Takes the last of them.
    fn keep_last(&mut self, from: u64, matches: u64) {
        let last = 63u64.wrapping_sub(matches.leading_zeros().into());
        self.keep(from.wrapping_add(last), !matches.ct_eq(&0));
    }

    fn keep(&mut self, value: u64, right: Choice) {
        self.value.conditional_assign(&value, right);
        self.any |= right.unwrap_u8();
    }

    fn into_option(self) -> Option<u64> {
        (self.any != 0).then_some(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_names_are_read_as_written() {
        for hash in Hash::ALL {
            assert_eq!(hash.to_string().parse(), Ok(hash));
            assert_eq!(hash.digest(b"").len(), hash.output_len());
        }
        for name in ["", "sha1", "SHA-1", "SHA224", "SHA1 ", "MD5"] {
            assert_eq!(name.parse::<Hash>(), Err(HashError), "{name}");
        }
    }

    /// RFC 2202, test case 2, and RFC 4231, test case 2: key "Jefe".
    #[test]
    fn mac_is_hmac() {
        let starts: [&[u8]; 3] = [&[0xef, 0xfc, 0xdf, 0x6a], &[0x5b, 0xdc, 0xc1, 0x46], &[0x16, 0x4b, 0x7a, 0x7b]];
        for (hash, start) in Hash::ALL.into_iter().zip(starts) {
            let tag = hash.mac(&Key::new(b"Jefe".to_vec()), b"what do ya want for nothing?");
            assert_eq!(&tag[..4], start, "{hash}");
            assert_eq!(tag.len(), hash.output_len());
        }
    }

    #[test]
    fn the_earliest_of_two_matches_counts() {
        let mut found = Found::default();
        for (from, matches) in [(3, 0), (67, 0b1010), (131, 0), (195, 1)] {
            found.keep_first(from, matches);
        }
        assert_eq!(found.into_option(), Some(68));
    }

    #[test]
    fn the_latest_of_two_matches_counts() {
        let mut found = Found::default();
        for (from, matches) in [(3, 1), (67, 0b1010), (131, 0)] {
            found.keep_last(from, matches);
        }
        assert_eq!(found.into_option(), Some(70));
    }
}
