//! Files with secrets, for their owner only.

use std::fs::{self, OpenOptions};
use std::io::{self, Error, ErrorKind, Write as _};
use std::path::Path;

use camtoken::Key;

use crate::system::rng;

/// Writes a new file that only its owner may read, and makes it durable.
///
/// # Errors
///
/// There is a file of that name, or it cannot be written.
pub fn write_secret(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(secret)?;
    file.sync_all()
}

/// Reads a key of 32 bytes. Where there is none a new key is generated, unless data exists that only the old one opens (`needed`).
///
/// # Errors
///
/// The file cannot be read or written, is not a key, or is gone.
pub fn secret_key(path: &Path, needed: bool) -> io::Result<Key> {
    if !path.exists() {
        if needed {
            return Err(Error::new(ErrorKind::NotFound, "it is gone, and what it encrypted is there"));
        }
        write_secret(path, Key::generate(&mut rng()).expose_bytes())?;
    }
    let bytes = fs::read(path)?;
    if bytes.len() == Key::LEN { Ok(Key::new(bytes)) } else { Err(Error::new(ErrorKind::InvalidData, "not 32 bytes")) }
}
