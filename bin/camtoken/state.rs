//! Camtoken's own files on disk: each is written whole or not at all, and only its owner can read it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes a directory of state with all directories above it. The new ones are durable, and only their owner can read them.
///
/// # Errors
///
/// As the system says.
pub fn make_dir(dir: &Path) -> io::Result<()> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_dir(above)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // Another process may have made it meanwhile.
    builder.recursive(true).create(dir)?;
    File::open(above)?.sync_all()
}

/// Replaces a file: written beside it with mode 0600, made durable, then renamed over it. What is no file, such as a
/// device, is written to and stays what it is.
///
/// # Errors
///
/// As the system says; the file is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |file| file.write_all(bytes))
}

/// As [`write`], for content that is written in several pieces.
///
/// # Errors
///
/// As the system or `content` says; the file is then as it was.
pub fn write_with<E: From<io::Error>>(path: &Path, content: impl FnOnce(&mut File) -> Result<(), E>) -> Result<(), E> {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        return content(&mut OpenOptions::new().write(true).open(path)?);
    }
    let (dir, beside) = beside(path)?;
    let write = |mut file: File| -> Result<(), E> {
        content(&mut file)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        Ok(File::open(dir)?.sync_all()?)
    };
    let written = private(&beside).map_err(E::from).and_then(write);
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Makes a file, unless there is one by that name: whole, durable, for its owner only. Whether it was made; of two that
/// try at the same time, one makes it.
///
/// # Errors
///
/// As the system says.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let (dir, beside) = beside(path)?;
    let made = private(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::hard_link(&beside, path))
        .and_then(|()| File::open(dir)?.sync_all());
    let _ = fs::remove_file(&beside);
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.exists() => Ok(false),
        made => made.map(|()| true),
    }
}

/// Whether a file or directory is open to others than its owner; where there is no such mode, it is not.
pub fn open_to_others(metadata: &fs::Metadata) -> Option<u32> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777;
        (mode & 0o077 != 0).then_some(mode)
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// The directory of a file, and a name in it that only this process uses.
fn beside(path: &Path) -> io::Result<(&Path, PathBuf)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((dir, dir.join(format!(".{name}.{}", std::process::id()))))
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_device_stays_one() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (device, taken) in [("/dev/null", true), ("/dev/full", false)] {
            let path = dir.path().join("device");
            std::os::unix::fs::symlink(device, &path).expect("a writable directory");
            if path.exists() {
                assert_eq!(write(&path, b"x").is_ok(), taken, "{device}");
                assert!(fs::symlink_metadata(&path).expect("just made").is_symlink(), "{device}");
            }
            fs::remove_file(&path).expect("just made");
        }
    }

    #[test]
    fn what_is_written_is_for_its_owner_only_and_leaves_nothing_beside() {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let dir = temporary.path().join("a/b");
        make_dir(&dir).expect("a new directory");
        assert_eq!(open_to_others(&fs::metadata(&dir).expect("just made")), None);
        let path = dir.join("token.json");
        for bytes in [&b"first"[..], b"second"] {
            write(&path, bytes).expect("a writable directory");
            assert_eq!(fs::read(&path).expect("just written"), bytes);
            assert_eq!(open_to_others(&fs::metadata(&path).expect("just written")), None);
        }
        let kek = dir.join("kek");
        assert!(create(&kek, b"first").expect("a writable directory"));
        assert!(!create(&kek, b"second").expect("there is one"));
        assert_eq!(fs::read(&kek).expect("just written"), b"first");
        assert_eq!(open_to_others(&fs::metadata(&kek).expect("just written")), None);
        fs::remove_file(&kek).expect("just written");
        assert_eq!(fs::read_dir(&dir).expect("a directory").count(), 1);
        assert!(write(&dir.join("none/token.json"), b"x").is_err());
    }
}
