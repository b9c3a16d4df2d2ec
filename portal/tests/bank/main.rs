//! The bank with a token that a person holds: registration, orders, suspension, and what is left after the process was killed.

#[path = "../clerk/mod.rs"]
mod clerk;
mod generators;
mod orders;
mod passwords;
mod people;
mod registration;
#[path = "../world/mod.rs"]
mod world;
