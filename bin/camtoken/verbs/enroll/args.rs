//! The subject of a command of `camtoken enroll`.

use std::str::FromStr;

use camtoken::key::{ActivationId, TokenId};

use crate::bank::BankArgs;

#[derive(clap::Args)]
pub struct ActivationArgs {
    #[arg(value_name = "ACTIVATION")]
    pub activation: ActivationId,
    #[command(flatten)]
    pub bank: BankArgs,
}

/// An activation, or a token with all its activations. A token ID is too short to be the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    Activation(ActivationId),
    Token(TokenId),
}

impl FromStr for Holder {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let activation = text.parse().map(Self::Activation);
        activation.or_else(|_| text.parse().map(Self::Token)).map_err(|_| "neither an activation nor a token ID")
    }
}
