//! Access to the operator's console.

use crate::pages::fault::Fault;
use crate::pages::session::Stage;
use crate::pages::visit::Visit;

/// The operator who is in.
pub(super) fn operator(visit: &Visit) -> Result<&str, Fault> {
    match &visit.session.stage {
        Stage::Operator(id) => Ok(id),
        _ => Err(Fault::NotFound),
    }
}
