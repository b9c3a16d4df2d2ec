//! The documents of camtoken: what the command line prints under `--json` and what the service answers, one type for each,
//! with its JSON Schema.

mod lint;
mod registered;
mod words;

pub use lint::{Drawn, Finding, Lint, LintOptions, Measured, Opinion, Part, Sighted};
pub use registered::Registered;
