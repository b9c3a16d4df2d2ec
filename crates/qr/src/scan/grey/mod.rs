//! The reader by grey levels, for symbols that a black-and-white picture loses. It finds symbols by their fixed patterns and
//! decides about each module by its grey level.
//!
//! ```text
//! Luma -> Finder -> Triple -> Grid -> Modules -> Decoded
//!     find    triples    settle   sample    decode
//!                     \> Bent /
//! ```
//!
//! `reader` goes this way for one picture, `track` for a symbol that is followed from frame to frame.

mod bent;
mod finder;
mod grid;
pub(super) mod modules;
pub(super) mod reader;
mod shape;
#[cfg(test)]
mod tests;
pub(super) mod track;
