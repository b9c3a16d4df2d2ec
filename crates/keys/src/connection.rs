//! The operations of each kind of module.

use zeroize::Zeroizing;

use crate::error::KeysError;
use crate::wrapped::WrappedKey;

/// The context of every wrapped text, if the module's algorithm has one.
#[cfg(any(feature = "pkcs11", feature = "transit"))]
pub(crate) const CONTEXT: &[u8] = b"camtoken/1 kek";

/// One connection with a module. Texts come from a file that may have been altered.
pub(crate) trait Connection {
    /// The module's key as a source names it, and how it wraps.
    fn place(&self) -> (String, String);

    /// Wraps. A nonce is used once.
    fn wrap(&self, plain: &[u8], nonce: [u8; 12]) -> Result<String, KeysError>;

    /// Opens what was wrapped under the key that `at` names. `None` when the module says that it does not open.
    fn open(&self, at: &WrappedKey, text: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeysError>;

    /// The same under the newest version of the module's key, without showing it, where the module does so.
    fn renew(&self, at: &WrappedKey, text: &str) -> Result<Option<String>, KeysError>;
}
