//! Where records live: load and replace.
