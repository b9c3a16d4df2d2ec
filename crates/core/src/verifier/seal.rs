//! The seal of a record: a MAC in front of its bytes. Not part of the public interface.
//!
//! ```text
//! sealed record   3 | seal (36) | record
//! record          1, 2 or 4 | CBOR
//! ```
//!
//! The MAC is over the record's name in the store, its revision (8 bytes, big-endian) and the record. No name is the beginning
//! of another, so no two inputs are the same bytes. The `KeyWrapper` of the crate `camtoken` has the key of the MAC and computes
//! it.

use alloc::vec;
use alloc::vec::Vec;

use super::record::{Layout, RecordError, SEALED, append};

/// The bytes of a seal: 4 that name the key, 32 of HMAC-SHA256.
pub const SEAL_LEN: usize = 36;

/// The first byte and the seal.
const HEAD_LEN: usize = 1 + SEAL_LEN;

/// Splits the bytes of a store into the seal, if there is one, and the record.
///
/// # Errors
///
/// [`RecordError::Damaged`] for bytes that begin as a sealed record does and are too short for one.
///
/// # Examples
///
/// ```
/// use camtoken_core::verifier::seal;
///
/// let bytes = [&[3][..], &[7; 36], &[1, 0x80]].concat();
/// assert_eq!(seal::split(&bytes), Ok((Some(&[7; 36]), &[1, 0x80][..])));
/// assert_eq!(seal::split(&[1, 0x80]), Ok((None, &[1, 0x80][..])));
/// ```
pub fn split(bytes: &[u8]) -> Result<(Option<&[u8; SEAL_LEN]>, &[u8]), RecordError> {
    match bytes.split_first() {
        Some((&SEALED, rest)) => {
            let (seal, record) = rest.split_first_chunk().ok_or(RecordError::Damaged)?;
            Ok((Some(seal), record))
        }
        _ => Ok((None, bytes)),
    }
}

/// Writes a record with the seal that `compute` gives of its bytes.
///
/// # Errors
///
/// The result of `compute`.
pub fn to_bytes<T: Layout, E>(
    record: &T,
    compute: impl FnOnce(&[u8]) -> Result<[u8; SEAL_LEN], E>,
) -> Result<Vec<u8>, E> {
    let mut bytes = append(record, vec![SEALED; HEAD_LEN]);
    let seal = compute(&bytes[HEAD_LEN..])?;
    bytes[1..HEAD_LEN].copy_from_slice(&seal);
    Ok(bytes)
}
