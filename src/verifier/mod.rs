//! The verifier: enroll, issue, verify.
