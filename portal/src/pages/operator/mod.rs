//! The bank's own console: who and what there is, loss and theft, suspension and resumption, initialising, the audit trail.

mod acts;
mod events;
mod guard;
mod home;
mod login;
mod person;
mod records;

pub(super) use acts::{decide, enter as act_enter, pending, pending_one, show as act};
pub(super) use events::events;
pub(super) use home::home;
pub(super) use login::{enter, form};
pub(super) use person::person;
pub(super) use records::{audit_event, records};
