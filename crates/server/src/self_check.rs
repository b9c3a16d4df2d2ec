//! Standing checks of a running service: `/readyz` answers with the first finding, `/metrics` has them all.

use std::sync::Arc;

use super::metrics::Metrics;
use super::problem::{Code, Problem};

/// The name of the check that the key-encryption key is the store's.
pub(super) const KEY: &str = "key";

/// A check of a part that the service needs, such as a file or a clock. It is made with every request to `/readyz` and
/// `/metrics`, so it must answer at once.
#[derive(Clone)]
pub struct SelfCheck {
    name: &'static str,
    look: Arc<dyn Fn() -> Result<(), Code> + Send + Sync>,
}

impl SelfCheck {
    /// A check of this name, in small letters with underscores. `look` says whether something is wrong.
    pub fn new(name: &'static str, look: impl Fn() -> Result<(), Code> + Send + Sync + 'static) -> Self {
        Self { name, look: Arc::new(look) }
    }
}

/// All checks of one service.
#[derive(Clone, Default)]
pub(super) struct SelfChecks(Vec<SelfCheck>);

impl SelfChecks {
    pub fn new(checks: &[SelfCheck]) -> Self {
        Self(checks.to_vec())
    }

    /// Makes every check, counts what is found, and gives the first finding.
    pub fn run(&self, metrics: &Metrics) -> Result<(), Problem> {
        let mut found = Ok(());
        for check in &self.0 {
            let looked = (check.look)();
            metrics.checked(check.name, looked.is_ok());
            if let (Ok(()), Err(code)) = (&found, looked) {
                tracing::warn!(check = check.name, code = code.as_str(), "self-check");
                found = Err(Problem::from(code).because(check.name));
            }
        }
        found
    }
}
