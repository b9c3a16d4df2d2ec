//! The software camera token.
