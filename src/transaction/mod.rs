//! What is signed.

pub mod text;
pub mod zengin;
