//! The verifier's half without I/O: what it keeps of an activation, and the one function that decides about it.
//!
//! [`decision::settle`] takes a record and an event, and gives the record as it is to be from now on, the answer, and the audit
//! entry. A shell loads and stores the records around it: the verifier of the crate `camtoken` is one.
//!
//! The modules `decision` and `record` are for such a shell. They are hidden from the documentation because they are the
//! stored format: it changes without notice, and only `camtoken` migrates it.

pub mod audit;
pub mod card;
pub mod clock;
#[doc(hidden)]
pub mod decision;
pub mod moving;
pub mod origin;
pub mod policy;
#[doc(hidden)]
pub mod record;
#[doc(hidden)]
pub mod seal;
pub mod subscriber;
pub mod verdict;
