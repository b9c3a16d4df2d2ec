//! The routes of the virtual token.

mod camera;
mod faults;
mod panel;
mod sessions;
mod tokens;

use std::sync::Arc;

use super::{Emulator, foreign};
use crate::api::{Api, Described};

/// The table of the routes.
pub(in super::super) fn routes(described: Described) -> Api<Arc<Emulator>> {
    let api = sessions::routes(Api::new(described));
    let api = panel::routes(camera::routes(tokens::routes(api)));
    faults::routes(panel::screens(foreign::routes(api)))
}
