//! The challenge as carried by the picture: sealed by the verifier, opened by the token.
