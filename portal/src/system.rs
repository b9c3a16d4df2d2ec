//! The system's clock and randomness.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base16ct::lower;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use camtoken::Timestamp;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::{CryptoRng, Rng as _};

/// Gives the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How long a process has been running: unlike the time, it cannot be set back.
pub type Uptime = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The time since now, by the system's monotonic clock.
#[must_use]
pub fn uptime() -> Uptime {
    let start = Instant::now();
    Arc::new(move || start.elapsed())
}

/// The time by the system's clock. A clock before 1970 gives 1970.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs())
}

/// The randomness of the system. A program that cannot get it panics.
pub fn rng() -> impl CryptoRng {
    UnwrapErr(SysRng)
}

/// So many random bytes as lower-case hexadecimal digits.
#[must_use]
pub fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    rng().fill_bytes(&mut random);
    lower::encode_string(&random)
}

/// So many random bytes in base64url (RFC 4648, section 5), without padding.
#[must_use]
pub fn random_base64url(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    rng().fill_bytes(&mut random);
    URL_SAFE_NO_PAD.encode(&random)
}
