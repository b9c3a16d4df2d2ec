//! The symbol as ISO/IEC 18004 defines it: the place of each module, and the protection of its codewords.
//!
//! This is the only codec of the crate: the reader, the grader and the tests of both use it. It knows no picture and asks no other
//! library; the tests hold its tables against two of them.
//!
//! ```text
//! modules --layout, mask--> codewords --blocks--> blocks --reed_solomon--> data
//!    format: level and mask
//! ```

mod blocks;
mod format;
mod layout;
mod level;
mod mask;
mod matrix;
mod micro;
mod reed_solomon;
#[cfg(test)]
mod tests;

pub use blocks::Blocks;
pub use format::FormatInfo;
pub use layout::{Known, Layout, Patterns, QUIET_ZONE, Version, dark_module};
pub use level::EcLevel;
pub use mask::Mask;
pub use matrix::{codewords, draw};
pub use micro::MicroFormat;
pub use reed_solomon::correct;
