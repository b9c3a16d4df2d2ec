//! The system's clock and randomness. The library takes both as arguments.

use std::sync::LazyLock;
use std::time::{SystemTime, SystemTimeError};

use camtoken::Timestamp;
use camtoken::verifier::ClockReading;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::{CryptoRng, Rng};

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

/// Turns core dumps off: they would have keys in them.
pub fn no_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // If the limit cannot be set, the old one stays.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

/// Forbids other processes of the same user to read the memory of this one, for a process that holds a bank's keys.
pub fn no_reading_of_memory() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// The time by the system's clock, and the uptime, which cannot be set.
///
/// # Errors
///
/// A clock before 1970.
pub fn clocks() -> Result<ClockReading, SystemTimeError> {
    let (uptime_secs, boot) = uptime();
    Ok(ClockReading { wall: now()?, uptime_secs, boot })
}

/// Seconds since the machine was started, and which start it was.
#[cfg(target_os = "linux")]
fn uptime() -> (u64, [u8; 16]) {
    use rustix::time::{ClockId, clock_gettime};

    // Where the file is hidden (systemd's ProcSubset=pid), each process counts as a start of the machine.
    static BOOT: LazyLock<[u8; 16]> = LazyLock::new(|| {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        boot_id(&text).unwrap_or_else(random_id)
    });

    (u64::try_from(clock_gettime(ClockId::Boottime).tv_sec).unwrap_or_default(), *BOOT)
}

/// The kernel's boot ID: a UUID and a line end. Nothing else is one: two starts without an ID are not the same start.
#[cfg(target_os = "linux")]
fn boot_id(text: &str) -> Option<[u8; 16]> {
    let mut id = [0; 16];
    let digits = text.trim().replace('-', "");
    let decoded = base16ct::mixed::decode(digits, &mut id).ok()?.len();
    (decoded == id.len()).then_some(id)
}

fn random_id() -> [u8; 16] {
    let mut id = [0; 16];
    rng().fill_bytes(&mut id);
    id
}

/// Seconds since the first call. Each process counts as a start of the machine: its own clock is watched, and a start is compared
/// with what was stored before.
#[cfg(not(target_os = "linux"))]
fn uptime() -> (u64, [u8; 16]) {
    use std::time::Instant;

    static START: LazyLock<(Instant, [u8; 16])> = LazyLock::new(|| (Instant::now(), random_id()));
    (START.0.elapsed().as_secs(), START.1)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_boot_id_is_one() {
        assert_eq!(boot_id("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\n").map(|id| id[0]), Some(0x0f));
        for text in ["", "\n", "0f1e2d3c", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f00a", "no boot ID"] {
            assert_eq!(boot_id(text), None, "{text:?}");
        }
        assert_eq!(uptime().1, uptime().1, "one start, also where it has no ID");
    }
}
