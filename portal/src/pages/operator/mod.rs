//! The bank's own console: who and what there is, loss and theft, suspension and resumption, initialising, the audit trail.

mod events;
mod guard;
mod home;
mod login;
mod person;

pub(super) use events::events;
pub(super) use home::{complete, home, revoke_token, see_to};
pub(super) use login::{enter, form};
pub(super) use person::{act, mail_switched, person, pin_resumed};
