//! LinOTP's QRToken: a pairing by X25519, and texts sealed for one token, answered by a TAN or a signature.
//!
//! Source: `linotp/tokens/qrtoken`, `lib/pairing.py` and `lib/crypto/utils.py` of github.com/LinOTP/LinOTP 4.0, and what that server
//! accepted and refused (`testvectors/lseqr_test.json`). All numbers are little endian; the codes are `lseqr://pair/…` and
//! `lseqr://chal/…`, followed by base64url.
//!
//! It is the only open format here whose code has the transaction sealed for the token: the token answers what it has shown. The text
//! is free, so the issuer decides what a person reads.
//!
//! Refused: codes of push tokens (type 4), pairing codes signed by a key that the token would have to know beforehand (flag 1 not
//! set), and the older `lseqr://init` and `lseqr://req`, whose texts are not sealed.

mod code;
#[cfg(feature = "linotp")]
mod token;

pub use code::{ChallengeCode, CodeError, PairingCode};
#[cfg(feature = "linotp")]
#[cfg_attr(docsrs, doc(cfg(feature = "linotp")))]
pub use token::{Content, OpenError, Opened, Sealing, Token, seal};
#[cfg(feature = "linotp")]
pub(crate) use token::{answered, deliver, paired};
