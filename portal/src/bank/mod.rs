//! The bank at work: it asks the rules ([`domain`](crate::domain)), writes the books, and asks the verifier.
//!
//! ```text
//! form ─> place (password, rights) ─> issue ─> code ··> token ··> response ─> settle ─> booking
//! ```
//!
//! What was accepted the verifier knows first, and the books follow: a challenge that was not booked, because the process was
//! killed in between, is booked at the next start ([`Bank::recover`]), under the same name and so once. What ends, such as a
//! suspension or a revocation, the books say first, and the verifier is brought up to them in the same place.

mod base;
mod certificates;
mod contracts;
pub(crate) mod events;
mod execute;
mod generators;
mod login;
mod operator;
mod orders;
mod payments;
mod registration;
mod requested;
mod signed;
mod tokens;
mod withdrawals;

pub use base::{Bank, BankError, NAME};
pub use certificates::{Fetched, NotShown};
pub use contracts::{Completed, Unfit, Wish};
pub use events::Chain;
pub(crate) use login::put_person;
pub use login::{LoggedIn, NewPassword, Numbers};
pub use orders::{Draft, NewChallenge, Placed, Settled, Unissued};
pub use payments::Room;
pub use registration::{First, Initialised, Progress};
pub use tokens::Lent;
