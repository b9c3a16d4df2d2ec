//! The rules of the bank, as functions on values: no disk, no socket, no clock.
//!
//! Time is an argument everywhere. How these values are stored is defined in [`books`](crate::books).

pub mod alarm;
pub mod browsers;
pub mod calendar;
pub mod caution;
pub mod certificate;
pub mod contract;
pub mod credential;
pub mod desk;
pub mod directory;
pub mod event;
pub mod held;
pub mod ledger;
pub mod linkage;
pub mod mail;
pub mod order;
pub mod passkey;
pub mod people;
pub mod permit;
pub mod rates;
pub mod request;
