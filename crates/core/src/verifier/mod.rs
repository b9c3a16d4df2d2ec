//! The verifier's half without I/O: what it keeps of an activation, and the one function that decides about it.
//!
//! [`decision::settle`] takes a record and an event, and gives the record as it is to be from now on, the answer, and the audit
//! entry. Whoever loads and stores records around it is a shell: the verifier of the crate `camtoken` is one.

pub mod audit;
pub mod decision;
pub mod policy;
pub mod record;
pub mod verdict;
