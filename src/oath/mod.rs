//! RFC 4226, 6238, 6287: one-time passwords.
