//! What the library takes as arguments and asks nobody for: the time and randomness.

use std::time::SystemTime;

use camtoken::Timestamp;
use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

use crate::failure::{Code, Failure};
use crate::verbs::Context;

/// The randomness of the system. Without it nothing goes on.
pub fn rng() -> impl CryptoRng {
    UnwrapErr(SysRng)
}

/// The moment that `--at` fixes, else the system's clock.
///
/// # Errors
///
/// A clock before 1970.
pub fn moment(context: &Context) -> Result<Timestamp, Failure> {
    context.at.map_or_else(now, Ok)
}

fn now() -> Result<Timestamp, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since
        .map(|since| Timestamp::from_unix(since.as_secs()))
        .map_err(|error| Failure::new(Code::Internal).because(error))
}
