//! Files and directories of a store are for their owner only.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Takes from others what they may do with a file or directory.
#[cfg(unix)]
pub(super) fn close_to_others(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mut permissions = fs::metadata(path)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(mode);
        fs::set_permissions(path, permissions)?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn close_to_others(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// Closes all files of a part to others. The tree's library makes its files as the process's mask says.
pub(super) fn close_files(part: &Path) -> io::Result<()> {
    for entry in fs::read_dir(part)? {
        let entry = entry?;
        let closed = if entry.file_type()?.is_dir() {
            close_to_others(&entry.path(), 0o700).and_then(|()| close_files(&entry.path()))
        } else {
            close_to_others(&entry.path(), 0o600)
        };
        match closed {
            // The tree removes what it does not need any more meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            closed => closed?,
        }
    }
    Ok(())
}
