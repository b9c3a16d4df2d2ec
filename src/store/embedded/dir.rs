//! The directory of a store: whose it is, who has it open, and how it comes to be.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::journal::Journal;
use super::tree::{Engine, guarded};
use super::{FORMAT, corrupt};
use crate::store::StoreError;

/// How long the lock is left alone between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Makes the directory if need be, and closes it to others. Touches nothing that is not a store's.
pub(super) fn prepare(dir: &Path) -> Result<(), StoreError> {
    match fs::read_dir(dir) {
        Ok(entries) => {
            const OURS: [&str; 7] = ["format", "format.new", "lock", "acknowledged", "journal", "engine", "engine.new"];
            for entry in entries {
                let name = entry?.file_name();
                if !OURS.iter().any(|ours| name == *ours) {
                    return Err(StoreError::Foreign { found: name.to_string_lossy().into_owned() });
                }
            }
            Ok(close_to_others(dir)?)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => create_private_dir(dir),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn lock(dir: &Path, patience: Duration) -> Result<File, StoreError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("lock"))?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if start.elapsed() < patience => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

/// Says whether the directory holds a whole store of this format.
pub(super) fn check_format(dir: &Path) -> Result<bool, StoreError> {
    match fs::read(dir.join("format")) {
        Ok(found) if found.trim_ascii_end() == FORMAT.as_bytes() => {
            match ["journal", "engine"].into_iter().find(|part| !dir.join(part).is_dir()) {
                Some(part) => Err(corrupt(&format!("{part} is missing"))),
                None => Ok(true),
            }
        }
        Ok(found) => {
            let found = String::from_utf8_lossy(&found).trim_end().chars().take(40).collect();
            Err(StoreError::Version { found, expected: FORMAT })
        }
        // A journal is written to once there is a format: what it holds was acknowledged.
        Err(error) if error.kind() == ErrorKind::NotFound && Journal::is_written(&dir.join("journal"))? => {
            Err(corrupt("format is missing"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Makes an empty store so that it can be cut off anywhere: `format` comes last, and without it nothing was ever
/// acknowledged. The engine alone could not: it does not open again what it made halfway.
pub(super) fn create(dir: &Path) -> Result<(), StoreError> {
    let (engine, new) = (dir.join("engine"), dir.join("engine.new"));
    if !engine.exists() {
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        drop(guarded(|| Engine::open(&new))?);
        fs::rename(&new, &engine)?;
        sync_dir(dir)?;
    }
    let journal = dir.join("journal");
    fs::create_dir_all(&journal)?;
    Journal::create(&journal)?;
    sync_dir(&journal)?;
    let mut format = File::create(dir.join("format.new"))?;
    writeln!(format, "{FORMAT}")?;
    format.sync_all()?;
    fs::rename(dir.join("format.new"), dir.join("format"))?;
    sync_dir(dir)
}

/// Makes a directory with all above it. The name of a new one is durable once the one above is synced.
fn create_private_dir(dir: &Path) -> Result<(), StoreError> {
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !above.exists() {
        create_private_dir(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // Somebody else may have made it meanwhile.
    builder.recursive(true).create(dir)?;
    sync_dir(above)
}

#[cfg(unix)]
fn close_to_others(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mut permissions = fs::metadata(dir)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o700);
        fs::set_permissions(dir, permissions)?;
    }
    Ok(())
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    Ok(File::open(dir)?.sync_all()?)
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn sync_dir(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

/// Removes a part of a store that never came to be.
pub(super) fn remove(part: &Path) -> Result<(), StoreError> {
    let removed = if part.is_dir() { fs::remove_dir_all(part) } else { fs::remove_file(part) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
