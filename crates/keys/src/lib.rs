//! Where a verifier's key-encryption key comes from.
//!
//! A [`KeySource`] is the value of the setting `kek_source`. The key itself is in a file, a variable or a systemd credential; or
//! it is wrapped, in a file beside the store ([`WrappedKeys`]), and a module opens it at the start: a PKCS#11 module or a
//! Transit engine. The module's own key never leaves the module. The opened key is in this process's memory only, so a
//! verifier goes on when the module is gone.
//!
//! ```no_run
//! use camtoken_keys::{KeyModule, KeySource, WrappedKeys};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let source: KeySource = "pkcs11:token=bank;object=kek?module-path=/usr/lib/softhsm/libsofthsm2.so".parse()?;
//! let module = KeyModule::new(source, None)?;
//! let wrapped: WrappedKeys = std::fs::read_to_string("kek.wrapped")?.parse()?;
//! let keys = module.open(&wrapped)?;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod connection;
mod error;
mod module;
#[cfg(feature = "pkcs11")]
mod pkcs11;
mod source;
#[cfg(feature = "transit")]
mod transit;
mod wrapped;

pub use error::{ANSWER_WITHIN, KeysError};
pub use module::KeyModule;
pub use source::{KeySource, Pkcs11Uri, SourceError, TransitUri};
pub use wrapped::{WrappedKey, WrappedKeys};
