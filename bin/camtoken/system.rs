//! The system's clock and randomness. The library takes both as arguments.

use std::time::{SystemTime, SystemTimeError};

use camtoken::Timestamp;
use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// The randomness of the system. A program that cannot get it panics.
pub fn rng() -> impl CryptoRng {
    UnwrapErr(SysRng)
}

/// The time by the system's clock.
///
/// # Errors
///
/// A clock before 1970.
pub fn now() -> Result<Timestamp, SystemTimeError> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Timestamp::from_unix(since.as_secs()))
}
