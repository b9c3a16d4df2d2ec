//! Who is registered on a token, as the documents of the command line and of the service say it.

use camtoken::token::Token;
use schemars::JsonSchema;
use serde::Serialize;

/// An activation on a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Registered {
    /// Its slot, from 1
    pub slot: usize,
    /// Its name, 12 hexadecimal digits
    pub id: String,
    /// How its responses are computed
    pub suite: String,
    /// The bank's name
    pub bank: String,
    /// The contract number, masked
    pub contract: String,
    /// The user's ID
    pub user: String,
}

impl Registered {
    /// All users of a token, by slot.
    #[must_use]
    pub fn all(token: &Token) -> Vec<Self> {
        let all = token.activations().map(|(slot, known)| {
            let user = known.introduction();
            Self {
                slot,
                id: known.id().to_string(),
                suite: known.suite().to_string(),
                bank: user.bank().to_owned(),
                contract: user.contract().to_owned(),
                user: user.user().to_owned(),
            }
        });
        all.collect()
    }
}
