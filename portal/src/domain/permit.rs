//! The permission to add a passkey.

use camtoken::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a person may take from the token's signature to the new passkey, in seconds.
pub const PERMIT: u64 = 600;

/// The permission to add one passkey, given by the token's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// The order that was signed.
    pub order: String,
    /// The name of the new passkey.
    pub name: String,
    /// When it is over, seconds since 1970.
    pub until: u64,
}

impl Permit {
    /// The permission that a signature gives at a moment.
    #[must_use]
    pub fn new(order: &str, name: &str, now: Timestamp) -> Self {
        Self { order: order.to_owned(), name: name.to_owned(), until: now.as_unix() + PERMIT }
    }

    /// Whether it is good for this order's passkey now.
    #[must_use]
    pub fn is_good(&self, order: &str, now: Timestamp) -> bool {
        self.order == order && now.as_unix() < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_for_one_order_and_ten_minutes() {
        let permit = Permit::new("F1", "PC", Timestamp::from_unix(1_000));
        assert!(permit.is_good("F1", Timestamp::from_unix(1_599)));
        assert!(!permit.is_good("F1", Timestamp::from_unix(1_600)));
        assert!(!permit.is_good("F2", Timestamp::from_unix(1_000)));
    }
}
