//! The software camera token: [`camtoken_core::token`], with its file on disk and drawings of its screen.

pub mod file;
#[cfg(feature = "reader")]
mod font;
#[cfg(feature = "reader")]
#[cfg_attr(docsrs, doc(cfg(feature = "reader")))]
pub mod picture;
#[cfg(test)]
mod tests;

pub use camtoken_core::token::*;
