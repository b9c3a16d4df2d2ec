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

/// Keeps what is in memory out of core dumps: they would have keys in them.
pub fn no_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // A limit that cannot be set leaves the one that there was.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

/// Keeps other processes of the same user from reading this one's memory, for a process that holds a bank's keys.
pub fn no_reading_of_memory() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
