//! The directory of a store: whose it is, who has it open, and how it comes to be.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::close::close_to_others;
use super::disk::{Disk, DiskFile, Open, SystemDisk};
use super::journal::Journal;
use super::mark::MarkFile;
use super::tree::{Engine, guarded};
use super::{FORMAT, corrupt};
use crate::store::StoreError;

/// How long the lock is left alone between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// All that a store's directory may hold.
const OURS: [&str; 9] = [
    "format",
    "format.new",
    "lock",
    "acknowledged",
    "acknowledged.new",
    "journal",
    "engine",
    "engine.new",
    "engine.old",
];

/// Makes the directory if need be, and closes it to others. Touches nothing that is not a store's.
pub(super) fn prepare(dir: &Path) -> Result<(), StoreError> {
    match fs::read_dir(dir) {
        Ok(entries) => {
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name();
                if !OURS.iter().any(|ours| name == *ours) {
                    return Err(StoreError::Foreign { found: name.to_string_lossy().into_owned() });
                }
                if entry.file_type()?.is_symlink() {
                    return Err(link(&entry.path()));
                }
            }
            Ok(close_to_others(dir, 0o700)?)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => create_private_dir(dir),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn lock(dir: &Path, patience: Duration) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(dir.join("lock"))?;
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
            finish_swap(dir)?;
            match ["journal", "engine"].into_iter().find(|part| !dir.join(part).is_dir()) {
                Some(part) => Err(corrupt(&format!("{part} is missing"))),
                None => Ok(true),
            }
        }
        Ok(found) => {
            let found = String::from_utf8_lossy(&found).trim_end().chars().take(40).collect();
            Err(StoreError::Version { found, expected: FORMAT })
        }
        // The write-ahead log is written to only once there is a format: its changes were acknowledged.
        Err(error)
            if error.kind() == ErrorKind::NotFound && Journal::is_written(&SystemDisk, &dir.join("journal"))? =>
        {
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
        remove(&new)?;
        drop(guarded(|| Engine::open(&new))?);
        fs::rename(&new, &engine)?;
        SystemDisk.sync_dir(dir)?;
    }
    create_files(&SystemDisk, dir)
}

/// Makes all but the tree.
pub(super) fn create_files<D: Disk>(disk: &D, dir: &Path) -> Result<(), StoreError> {
    let journal = dir.join("journal");
    disk.create_dir(&journal)?;
    Journal::create(disk, &journal)?;
    disk.sync_dir(&journal)?;
    MarkFile::held(dir, 0).settle(disk)?;
    let new = dir.join("format.new");
    let mut format = disk.open(&new, Open::Empty)?;
    format.write_at(format!("{FORMAT}\n").as_bytes(), 0)?;
    format.sync_all()?;
    disk.rename(&new, &dir.join("format"))?;
    Ok(disk.sync_dir(dir)?)
}

/// Puts a rewritten tree, `engine.new`, in the place of the one of before. It can be cut off anywhere.
pub(super) fn swap_engine(dir: &Path) -> Result<(), StoreError> {
    let [engine, new, old] = ["engine", "engine.new", "engine.old"].map(|name| dir.join(name));
    fs::rename(&engine, &old)?;
    fs::rename(&new, &engine)?;
    SystemDisk.sync_dir(dir)?;
    remove(&old)?;
    Ok(SystemDisk.sync_dir(dir)?)
}

/// Brings to an end what [`swap_engine`] was kept from: the new tree if it has its place, or the one of before.
fn finish_swap(dir: &Path) -> Result<(), StoreError> {
    let [engine, old] = ["engine", "engine.old"].map(|name| dir.join(name));
    match (engine.exists(), old.exists()) {
        (true, true) => remove(&old),
        (false, true) => {
            fs::rename(&old, &engine)?;
            Ok(SystemDisk.sync_dir(dir)?)
        }
        _ => Ok(()),
    }
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
    // Another process may have made it meanwhile.
    builder.recursive(true).create(dir)?;
    Ok(SystemDisk.sync_dir(above)?)
}

/// Refuses symbolic links in any part: they could lead anywhere, and the owner of the target could change what is there.
pub(super) fn refuse_links(dir: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(dir)? {
        let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
        if kind.is_symlink() {
            return Err(link(&path));
        }
        if kind.is_dir() {
            refuse_links(&path)?;
        }
    }
    Ok(())
}

fn link(path: &Path) -> StoreError {
    StoreError::Link { found: path.file_name().unwrap_or_default().to_string_lossy().into_owned() }
}

/// Removes a part of a store that is not needed.
pub(super) fn remove(part: &Path) -> Result<(), StoreError> {
    let removed = if part.is_dir() { fs::remove_dir_all(part) } else { fs::remove_file(part) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
