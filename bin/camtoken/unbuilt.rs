//! Verbs that this build lacks: whatever their arguments are, they are answered by the feature that brings the verb.

use std::ffi::OsString;

use crate::failure::{Code, Failure};

/// Arguments that are not looked at.
#[derive(clap::Args)]
pub struct Args {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    _any: Vec<OsString>,
}

/// Says that `verb` needs a build with `feature`.
pub fn failure(verb: &str, feature: &str) -> Failure {
    Failure::new(Code::NotBuilt).because(verb).with("feature", feature)
}
