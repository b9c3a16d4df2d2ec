//! The context that every verb gets.

use camtoken::Timestamp;

use crate::config::Settings;
use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::system;

/// What every verb is given.
pub struct Context {
    /// The settings in effect.
    pub settings: Settings,
    /// Why the configuration could not be read; only for verbs that run without.
    pub problem: Option<Failure>,
    /// The output.
    pub out: Output,
    /// The moment that `--at` fixes.
    pub at: Option<Timestamp>,
}

impl Context {
    /// The moment that `--at` fixes, else the system's clock.
    ///
    /// # Errors
    ///
    /// A clock before 1970.
    pub fn moment(&self) -> Result<Timestamp, Failure> {
        match self.at {
            Some(at) => Ok(at),
            None => system::now().map_err(|error| Failure::new(Code::Internal).because(error)),
        }
    }
}
