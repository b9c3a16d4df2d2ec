//! Linking external services, rule by rule: the bank with its site, without a socket, and a provider that signs by itself.

mod accounts;
#[path = "../clerk/mod.rs"]
mod clerk;
mod description;
mod grants;
mod mistakes;
mod pages;
mod requests;
#[path = "../visitor/mod.rs"]
mod visitor;
mod world;
