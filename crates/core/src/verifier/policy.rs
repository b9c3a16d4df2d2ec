//! The numbers of the rules V-1 to V-20, in one place.

use core::time::Duration;

use crate::challenge::ResponseSuite;

/// How a verifier decides. The defaults are those of the requirements; [`Policy::check`] holds the hard limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The suite of responses for tokens that are registered from now on: 8 digits (V-1).
    pub suite: ResponseSuite,
    /// How long a challenge may be answered: 180 s, at most 600 s (V-2).
    pub lifetime: Duration,
    /// Wrong responses after which a challenge ends: 3 (V-3).
    pub max_attempts: u8,
    /// Wrong responses in a row, over all challenges, after which an activation is suspended: 5, at most 10 (V-4).
    pub max_failures: u8,
    /// How long the first code of a registration may be answered: 90 days, for it may come by letter; at most a year.
    pub first_code_lifetime: Duration,
    /// How long the second code of a registration may be answered: 600 s.
    pub second_code_lifetime: Duration,
    /// How far a clock may be behind the latest time of a record before the verifier refuses to decide: 5 s, which
    /// is for several machines with nearly the same time.
    pub clock_tolerance: Duration,
    /// Whether test tokens are accepted: no (V-20).
    pub accept_test_keys: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            suite: ResponseSuite::default(),
            lifetime: Duration::from_secs(180),
            max_attempts: 3,
            max_failures: 5,
            first_code_lifetime: Duration::from_secs(90 * 24 * 3600),
            second_code_lifetime: Duration::from_secs(600),
            clock_tolerance: Duration::from_secs(5),
            accept_test_keys: false,
        }
    }
}

/// A number beyond the hard limit of its rule.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// V-2
    #[error("a challenge lives 1 to 600 seconds")]
    Lifetime,
    /// V-3
    #[error("a challenge takes 1 to 10 wrong responses")]
    MaxAttempts,
    /// V-4
    #[error("an activation takes 1 to 10 wrong responses in a row")]
    MaxFailures,
    /// A letter that is never answered must not stay open for good.
    #[error("the first code of a registration lives 1 second to 366 days")]
    FirstCodeLifetime,
    /// The second code is shown on a screen, so it lives no longer than a challenge.
    #[error("the second code of a registration lives 1 to 600 seconds")]
    SecondCodeLifetime,
    /// A tolerance that would let an expired challenge live on.
    #[error("the clock tolerance is at most 30 seconds")]
    ClockTolerance,
}

impl Policy {
    /// The longest life of a challenge (V-2).
    pub const MAX_LIFETIME: Duration = Duration::from_secs(600);

    /// The longest life of the first code of a registration.
    pub const MAX_FIRST_CODE_LIFETIME: Duration = Duration::from_secs(366 * 24 * 3600);

    /// Checks the numbers against their hard limits.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] names the first rule that is broken.
    pub fn check(&self) -> Result<(), PolicyError> {
        let alive = |lifetime: Duration| (Duration::from_secs(1)..=Self::MAX_LIFETIME).contains(&lifetime);
        if !alive(self.lifetime) {
            return Err(PolicyError::Lifetime);
        }
        if !(1..=10).contains(&self.max_attempts) {
            return Err(PolicyError::MaxAttempts);
        }
        if !(1..=10).contains(&self.max_failures) {
            return Err(PolicyError::MaxFailures);
        }
        if !(Duration::from_secs(1)..=Self::MAX_FIRST_CODE_LIFETIME).contains(&self.first_code_lifetime) {
            return Err(PolicyError::FirstCodeLifetime);
        }
        if !alive(self.second_code_lifetime) {
            return Err(PolicyError::SecondCodeLifetime);
        }
        if self.clock_tolerance > Duration::from_secs(30) {
            return Err(PolicyError::ClockTolerance);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_requirements() {
        let policy = Policy::default();
        assert_eq!(policy.suite.digits(), 8);
        assert_eq!(policy.lifetime.as_secs(), 180);
        assert_eq!((policy.max_attempts, policy.max_failures), (3, 5));
        assert!(!policy.accept_test_keys);
        assert_eq!(policy.check(), Ok(()));
    }

    #[test]
    fn numbers_beyond_the_hard_limits_are_refused() {
        let seconds = Duration::from_secs;
        let with = |change: fn(&mut Policy)| {
            let mut policy = Policy::default();
            change(&mut policy);
            policy.check()
        };
        assert_eq!(with(|p| p.lifetime = Duration::from_secs(601)), Err(PolicyError::Lifetime));
        assert_eq!(with(|p| p.lifetime = Duration::ZERO), Err(PolicyError::Lifetime));
        assert_eq!(with(|p| p.max_attempts = 0), Err(PolicyError::MaxAttempts));
        assert_eq!(with(|p| p.max_failures = 11), Err(PolicyError::MaxFailures));
        assert_eq!(with(|p| p.first_code_lifetime = Duration::ZERO), Err(PolicyError::FirstCodeLifetime));
        assert_eq!(with(|p| p.first_code_lifetime = Duration::MAX), Err(PolicyError::FirstCodeLifetime));
        assert_eq!(with(|p| p.second_code_lifetime = Duration::from_secs(601)), Err(PolicyError::SecondCodeLifetime));
        assert_eq!(with(|p| p.clock_tolerance = Duration::from_secs(31)), Err(PolicyError::ClockTolerance));
        assert_eq!(with(|p| p.clock_tolerance = Duration::from_secs(30)), Ok(()));
        assert_eq!(Policy { lifetime: seconds(600), ..Policy::default() }.check(), Ok(()));
    }
}
