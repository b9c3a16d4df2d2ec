//! Profiles: the differences between the tokens that banks hand out.

use serde::{Deserialize, Serialize};

/// The profile of a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Profile {
    /// Its owner may set a PIN.
    #[default]
    Standard,
    /// As banks in Japan hand it out: no PIN, so any holder of the token can approve.
    Japan,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Japan];

    /// The name in files and documents: `standard`, `japan`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Japan => "japan",
        }
    }

    /// Whether such a token can have a PIN.
    #[must_use]
    pub const fn takes_pin(self) -> bool {
        matches!(self, Self::Standard)
    }

    /// Whether such a token can have accounts of other systems beside its activations. A token of a bank in Japan is for that bank
    /// alone.
    #[must_use]
    pub const fn takes_accounts(self) -> bool {
        matches!(self, Self::Standard)
    }

    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
