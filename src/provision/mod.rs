//! Keys in and out: PSKC (RFC 6030) and otpauth URIs.
