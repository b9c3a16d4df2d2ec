//! The user of an activation, as the bank names its customers.

use alloc::string::String;
use core::fmt;

use minicbor::{Decode, Encode};

/// The user of an activation. An enrollment accepts texts of 1 to [`Subscriber::MAX_LEN`] characters, none of them a control
/// character.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Subscriber {
    /// The contract number.
    #[n(0)]
    pub contract: String,
    /// The user ID within the contract.
    #[n(1)]
    pub user: String,
}

impl Subscriber {
    /// The most characters of either part.
    pub const MAX_LEN: usize = 64;

    /// The part that an enrollment refuses, if there is one.
    #[must_use]
    pub fn unfit(&self) -> Option<&'static str> {
        let unfit =
            |text: &str| !(1..=Self::MAX_LEN).contains(&text.chars().count()) || text.contains(char::is_control);
        [("contract", &self.contract), ("user", &self.user)]
            .into_iter()
            .find(|(_, text)| unfit(text))
            .map(|(name, _)| name)
    }
}

/// Customers are not for logs.
impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscriber(_)")
    }
}
