//! The software camera token.

pub mod screen;
