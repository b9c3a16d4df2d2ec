//! 外部サービス連携: the bank's work with external services that act in a customer's name (requirements, section 6).
//!
//! ```text
//! terms ─> proof (password, code) ─> menus ─> accounts ─> permission ─> code, tokens ··> balances, statements, requests
//! ```
//!
//! The rules are in [`domain::linkage`](crate::domain::linkage) and [`domain::request`](crate::domain::request). [`consent`],
//! [`accounts`] and [`requests`] are the bank's work with them, [`grants`] is the authorization server behind the bank's own trait,
//! [`reasons`] why it refuses, [`registration`] the clients that a reader brings, [`store`] what it remembers, in rows that are [`sealed`].

pub mod accounts;
mod change;
pub mod consent;
pub mod grants;
pub mod reasons;
pub mod registration;
pub mod requests;
pub mod sealed;
pub mod store;
