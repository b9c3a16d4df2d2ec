//! PowerAuth's offline codes: a payment signed by the bank's server, answered by two groups of eight digits.
//!
//! Sources: `docs/Off-line-Signatures-QR-Code.md` and `docs/Operation-Data.md` of github.com/wultra/powerauth-webflow,
//! `docs/Computing-and-Validating-Signatures.md` of wultra/powerauth-crypto, version 3 of the protocol, and how Wultra's mobile apps
//! read these codes. Not supported: the activation (which needs a server), and version 4, which has another counter and MAC.
//!
//! The code is text in lines, readable without a key, with an ECDSA signature over P-256. [`Operation`] reads it; [`Device`] checks
//! the signature and answers, with factor keys that come from elsewhere.

mod data;
#[cfg(feature = "powerauth")]
mod device;
mod operation;

pub use data::{DataError, Field, OperationData};
#[cfg(feature = "powerauth")]
#[cfg_attr(docsrs, doc(cfg(feature = "powerauth")))]
pub use device::{Device, Factors, KeyError, Keys, signature};
pub use operation::{Operation, OperationError, SigningKey};
