//! Until when a picture is searched.

use std::time::{Duration, Instant};

/// The moment from which on a search tries nothing more, by the machine's monotonic clock. None by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// So long from now.
    #[must_use]
    pub fn after(budget: Duration) -> Self {
        Self(Instant::now().checked_add(budget))
    }

    /// Whether nothing more is tried. Without a deadline no clock is asked.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.0.is_some_and(|moment| Instant::now() >= moment)
    }
}

/// What is looked for in one picture, and how long.
#[derive(Clone, Copy, Default)]
pub(super) struct Look {
    /// Every symbol instead of the first.
    pub all: bool,
    pub deadline: Deadline,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EcLevel, Effort, Luma, Scan, ScanOptions, encode, scan};

    /// Twelve megapixels of noise, or of finder patterns that belong to nothing.
    fn hard(patterns: bool) -> Luma {
        let (width, height) = (4000u32, 3000u32);
        let mut noise = 0x2545_f491_u32;
        let pixels = (0..width * height).map(|i| {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let (x, y) = (i % width % 110 / 8, i / width % 130 / 8);
            let ring = x.min(6u32.wrapping_sub(x)).min(y).min(6u32.wrapping_sub(y));
            let is_dark = x < 7 && y < 7 && ring != 1;
            if patterns { if is_dark { 40 } else { 200 + (noise % 40) as u8 } } else { noise as u8 }
        });
        Luma { width, height, pixels: pixels.collect() }
    }

    /// Time of this thread on a processor, which is less than the time that passes where others are busy.
    fn cpu() -> Duration {
        // The count is brought up to date when another takes its turn.
        std::thread::yield_now();
        let counts = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts");
        Duration::from_nanos(counts.split(' ').next().and_then(|count| count.parse().ok()).expect("a number"))
    }

    #[test]
    fn a_hard_picture_is_given_up_when_its_time_is_over() {
        let budget = Duration::from_millis(500);
        for patterns in [false, true] {
            let luma = hard(patterns);
            let takes = || {
                let deadline = Deadline::after(budget);
                let start = cpu();
                let seen = scan(&luma, &ScanOptions { all: true, effort: Effort::Harder, deadline });
                assert!(!matches!(seen, Scan::Read(_)));
                cpu() - start
            };
            let least = (0..3).map(|_| takes()).min().expect("three times");
            assert!(least < budget * 6 / 5, "{least:?}, patterns: {patterns}");
        }
    }

    #[test]
    fn what_is_read_in_time_is_read_as_without_a_deadline() {
        let luma = encode("CT1:IN TIME", EcLevel::M).expect("a short text").to_luma(4);
        let within = |deadline| scan(&luma, &ScanOptions { deadline, ..ScanOptions::default() });
        assert_eq!(within(Deadline::after(Duration::from_secs(60))), within(Deadline::default()));
        assert_eq!(within(Deadline::after(Duration::ZERO)), Scan::NotFound);
        assert!(!Deadline::after(Duration::MAX).has_passed());
    }
}
