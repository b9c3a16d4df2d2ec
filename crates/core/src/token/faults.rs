//! Faults for testers.

use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::time::Timestamp;

/// Faults that a tester has set. The default is a token without any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Faults {
    /// The charge of the battery, in percent. With 0 the token reads nothing (T13).
    pub battery: u8,
    /// Every activation acts as if its registration had not been finished (T09).
    pub half_activated: bool,
    /// How far the token's clock is ahead of the caller's, in seconds. The token uses its clock only to say that a code is old.
    pub clock_offset: i64,
    /// How the next scan ends, whatever the camera sees. It is for one scan.
    pub next_scan: Option<Refusal>,
}

impl Faults {
    /// The time by the token's own clock.
    #[must_use]
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_unix(now.as_unix().saturating_add_signed(self.clock_offset))
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self { battery: 100, half_activated: false, clock_offset: 0, next_scan: None }
    }
}
