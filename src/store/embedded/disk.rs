//! The calls of the file system below the write-ahead log, the mark and the format: those of the system, or of a
//! simulated disk in the tests. Generic, so that the real ones cost nothing.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// A file system, as far as these files need one.
pub(super) trait Disk: Send + Sync {
    type File: DiskFile;

    /// The size to which each file of the write-ahead log grows.
    const LOG_LEN: u64 = 16 << 20;
    /// The least number of bytes by which such a file is made longer.
    const LOG_STEP: u64 = 64 << 10;

    /// Opens a file to write to it.
    fn open(&self, path: &Path, how: Open) -> io::Result<Self::File>;
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    fn place(&self, path: &Path) -> io::Result<Place>;
    /// Tells one run of the system from another; 0 where it does not say.
    fn boot(&self) -> u64;
}

/// A file that is written to.
pub(super) trait DiskFile: Send {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
    fn sync_data(&mut self) -> io::Result<()>;
    fn sync_all(&mut self) -> io::Result<()>;
    fn len(&self) -> io::Result<u64>;
}

/// Which files to open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Existing,
    /// Makes it if need be, for its owner only.
    Keep,
    /// The same, and empties it.
    Empty,
}

/// Where the bytes of a file are. A copy has another place, also of the same name. 0 where the system does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub inode: u64,
    /// When the file was made, in nanoseconds.
    pub birth: u64,
    /// The device may have another number after the system has been started again.
    pub device: u64,
}

/// The file system of the operating system.
pub(super) struct SystemDisk;

impl Disk for SystemDisk {
    type File = File;

    fn open(&self, path: &Path, how: Open) -> io::Result<File> {
        no_link(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create(how != Open::Existing).truncate(how == Open::Empty);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        no_link(path)?;
        fs::read(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(path)
    }

    #[cfg(unix)]
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    #[cfg(unix)]
    fn place(&self, path: &Path) -> io::Result<Place> {
        use std::os::unix::fs::MetadataExt;
        use std::time::SystemTime;

        let metadata = fs::symlink_metadata(path)?;
        // Not every file system knows it.
        let birth = metadata.created().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let birth = birth.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or_default();
        Ok(Place { inode: metadata.ino(), birth, device: metadata.dev() })
    }

    #[cfg(not(unix))]
    fn place(&self, _: &Path) -> io::Result<Place> {
        Ok(Place::default())
    }

    fn boot(&self) -> u64 {
        let id = fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        if id.is_empty() { 0 } else { xxhash_rust::xxh3::xxh3_64(&id) }
    }
}

/// A part of a store that is a symbolic link could lead anywhere, and another user could redirect it.
fn no_link(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            Err(io::Error::other(format!("{} is a symbolic link", path.file_name().unwrap_or_default().display())))
        }
        _ => Ok(()),
    }
}

impl DiskFile for File {
    #[cfg(unix)]
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, offset)
    }

    #[cfg(not(unix))]
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        use std::io::{Seek, SeekFrom, Write};

        self.seek(SeekFrom::Start(offset))?;
        self.write_all(bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Self::sync_data(self)
    }

    fn sync_all(&mut self) -> io::Result<()> {
        Self::sync_all(self)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}
