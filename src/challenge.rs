//! The challenge, and the one computation that both parties share.
