//! The bank at work: it applies the rules ([`domain`](crate::domain)), writes the database, and calls the verifier.
//!
//! ```text
//! form ─> place (password, rights) ─> issue ─> code ··> token ··> response ─> settle ─> booking
//! ```
//!
//! An acceptance is in the verifier first, and the database follows. If the process is killed in between, the challenge is booked
//! at the next start ([`Bank::recover`]), under the same name and so once. A suspension or a revocation is in the database first,
//! and the verifier follows at the same place.

mod base;
mod certificates;
mod contracts;
mod desk;
mod draft;
pub(crate) mod events;
mod execute;
mod generators;
mod login;
mod operator;
mod orders;
mod passkeys;
mod payments;
mod registration;
mod requested;
mod signed;
mod tokens;
mod withdrawals;

pub use base::{Bank, BankError, NAME};
pub use certificates::{Fetched, NotShown};
pub use contracts::{NewAdministrator, Unfit, Wish};
pub use desk::{AtDesk, Did, NotDone};
pub use draft::Draft;
pub use events::Chain;
pub use execute::account_digest;
pub(crate) use login::put_person;
pub use login::{LoggedIn, NewPassword, Numbers};
pub use orders::{NewChallenge, Placed, Settled, Unissued};
pub use passkeys::Added;
pub use payments::Room;
pub use registration::{First, Initialised, Progress};
