//! A camera token for transaction signing, both ends of it: the *verifier* that builds a challenge, draws it as a 2D
//! code and settles the response once and only once, and the *token* that reads the code, shows the transaction and
//! answers with a few digits that are good for that transaction alone.
//!
//! ```text
//! Transaction -> Challenge -> ChallengeCode -> picture ~~> picture -> ChallengeCode -> Received -> Response -> Verdict
//!         issue          seal          render         scan          open        approve       verify
//! ```
//!
//! What the standards call an authenticator (NIST SP 800-63B) is called a token here, as banks call it.

pub mod challenge;
pub mod code;
mod hex;
pub mod key;
pub mod language;
pub mod oath;
pub mod provision;
pub mod qr;
pub mod store;
pub mod time;
pub mod token;
pub mod transaction;
pub mod vectors;
pub mod verifier;

pub use challenge::{Challenge, ChallengeId};
pub use key::{ActivationId, Key, TokenId};
pub use language::Language;
pub use time::Timestamp;
