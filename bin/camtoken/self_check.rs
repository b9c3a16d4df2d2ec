//! The self-check: whether the settings, files and keys of a verifier are safe. It is in one place for every verb.
//! With a finding a verb refuses to start, and `doctor` lists the finding. A service goes on checking, and shows a finding at
//! `/readyz` and in its metrics.
//!
//! | finding | where it is looked at |
//! | --- | --- |
//! | settings that others could have given | [`Settings::check_for_verifier`](crate::config::Settings::check_for_verifier) |
//! | files with secrets that others can read or write | [`SecretFile`], the files of `kek_source` by `kek::secret_files` |
//! | an embedded store of another user | [`is_own`] |
//! | an embedded store without room on its disk | [`Room`] |
//! | a key-encryption key that is not the store's | `Verifier::check_key`, by `Bank::open` and `/readyz` |
//!
//! A finding of another kind, of the clock or of the store, becomes one more line: a type with `look`, called where the verb
//! starts, and a `camtoken_server::SelfCheck` for the service ([`SecretFile::standing`] shows how).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::failure::{Code, Failure};
use crate::trust;

/// A file with a secret: whose it is, and who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// Which secret: the name of the finding in metrics and in `doctor`.
    pub name: &'static str,
    /// The file.
    pub path: PathBuf,
}

impl SecretFile {
    /// The key-encryption key, the API key or the private key of TLS in a file.
    pub fn new(name: &'static str, path: impl Into<PathBuf>) -> Self {
        Self { name, path: path.into() }
    }

    /// Opens the file, and looks at what was opened.
    ///
    /// # Errors
    ///
    /// [`Code::UnsafeFile`] when others may read or write it; `unreadable` when it cannot be opened.
    pub fn open(&self, unreadable: Code) -> Result<File, Failure> {
        let failed = |error| Failure::new(unreadable).because(format!("{}: {error}", self.path.display()));
        Ok(trust::open_secret(&self.path).map_err(failed)??)
    }

    /// Reads the file, at most `limit` bytes of it.
    ///
    /// # Errors
    ///
    /// As [`SecretFile::open`]; `unreadable` also for more than `limit` bytes.
    pub fn read(&self, limit: usize, unreadable: Code) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let failed = |error: io::Error| Failure::new(unreadable).because(format!("{}: {error}", self.path.display()));
        // A buffer that grows leaves copies of what is secret.
        let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
        self.open(unreadable)?.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > limit { Err(failed(io::ErrorKind::FileTooLarge.into())) } else { Ok(bytes) }
    }

    /// The same check for a running service. A file that is gone is no finding: it was read at the start.
    #[cfg(feature = "server")]
    pub fn standing(self) -> camtoken_server::SelfCheck {
        camtoken_server::SelfCheck::new(self.name, move || match trust::open_secret(&self.path) {
            Ok(Err(_)) => Err(camtoken_server::Code::UnsafeFile),
            Ok(Ok(_)) | Err(_) => Ok(()),
        })
    }
}

/// The room that an embedded store has on its file system.
#[derive(Debug, Clone)]
pub struct Room {
    dir: PathBuf,
}

impl Room {
    /// Bytes that have to be free. With less, the next changes may not be stored.
    pub const LEAST: u64 = 1 << 20;

    /// That of a store in this directory.
    pub fn of(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// How many bytes are free for this user.
    ///
    /// # Errors
    ///
    /// That of the system, also when there is no such directory.
    #[cfg(unix)]
    pub fn free(&self) -> io::Result<u64> {
        let system = rustix::fs::statvfs(&self.dir)?;
        Ok(system.f_bavail.saturating_mul(system.f_frsize))
    }

    /// Not looked at on this system.
    #[cfg(not(unix))]
    pub fn free(&self) -> io::Result<u64> {
        self.dir.metadata().map(|_| u64::MAX)
    }

    /// The same check for a running service. A load balancer takes it out before requests fail.
    #[cfg(feature = "server")]
    pub fn standing(self) -> camtoken_server::SelfCheck {
        camtoken_server::SelfCheck::new("store_room", move || match self.free() {
            Ok(free) if free < Self::LEAST => Err(camtoken_server::Code::StoreFailed),
            Ok(_) | Err(_) => Ok(()),
        })
    }
}

/// That a directory is this user's, if it exists. Files that root writes into a service's store cannot be opened by the service.
///
/// # Errors
///
/// [`Code::StoreOwner`]
#[cfg(unix)]
pub fn is_own(dir: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    match dir.metadata() {
        Ok(metadata) if metadata.uid() != user => {
            let [owner, dir] = [metadata.uid().to_string(), dir.display().to_string()];
            Err(Failure::new(Code::StoreOwner).because(dir).with("owner", owner).with("user", user.to_string()))
        }
        // If it cannot be read at all, opening it fails with the reason.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Not looked at on this system.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn is_own(_dir: &Path) -> Result<(), Failure> {
    Ok(())
}

/// The file of the key-encryption key, if it is one that the settings or the service manager name.
pub fn named_kek(setting: Option<&Path>) -> Option<PathBuf> {
    setting.map(Path::to_owned).or_else(|| crate::environment::credential("camtoken-kek"))
}
