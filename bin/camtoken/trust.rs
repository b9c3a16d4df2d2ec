//! The owner of a file, and who else may read or write it: the rules of PostgreSQL and ssh. On systems other than Unix there are no
//! such modes, and every file is accepted.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{Code, Failure};

/// Why a file is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distrust {
    /// The file, or a folder above it.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It belongs to this user, who is neither the one that the process runs as nor root.
    Owner(u32),
    /// Others may read or write it by this mode.
    Mode(u32),
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            Why::Owner(owner) => write!(f, "{}: belongs to user {owner}", self.path.display()),
            Why::Mode(mode) => write!(f, "{}: mode {mode:04o}", self.path.display()),
        }
    }
}

impl From<Distrust> for Failure {
    fn from(distrust: Distrust) -> Self {
        Self::new(Code::UnsafeFile).because(&distrust).with("file", distrust.path.display())
    }
}

/// Opens a file with a secret: it belongs to this user and no other user may read or write it, or it belongs to root and at
/// most a group may read it. A pipe or another object that is no file has no name by which others could open it.
///
/// # Errors
///
/// Whether others may read or write it, or how it cannot be opened.
pub fn open_secret(path: &Path) -> io::Result<Result<File, Distrust>> {
    let file = File::open(path)?;
    let why = system::of_secret(&file.metadata()?);
    Ok(why.map_or(Ok(file), |why| Err(Distrust { path: path.to_owned(), why })))
}

/// Opens a file that others may read, and only this user or root may write.
///
/// # Errors
///
/// Whether others may write it, or how it cannot be opened.
#[cfg(feature = "server")]
pub fn open_unaltered(path: &Path) -> io::Result<Result<File, Distrust>> {
    let file = File::open(path)?;
    let why = system::of_unaltered(&file.metadata()?);
    Ok(why.map_or(Ok(file), |why| Err(Distrust { path: path.to_owned(), why })))
}

/// Says whether others could have written a file. A file is trusted if it and all folders above it belong to this user or root,
/// and no other user may write to them. A folder in which every user may make files (such as `/tmp`) has no trusted file. Files
/// in folders below it can be trusted, because no other user can exchange those folders.
pub fn written_by_others(path: &Path) -> Option<Distrust> {
    system::written_by_others(path)
}

#[cfg(unix)]
mod system {
    use std::fs::{self, Metadata};
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use super::{Distrust, Why};

    /// In a folder with this bit, a user can rename and remove his own files only.
    const STICKY: u32 = 0o1000;

    pub fn of_secret(metadata: &Metadata) -> Option<Why> {
        if !metadata.is_file() {
            return None;
        }
        let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
        match owner {
            0 if mode & 0o037 != 0 => Some(Why::Mode(mode)),
            0 => None,
            owner if owner != user() => Some(Why::Owner(owner)),
            _ => (mode & 0o077 != 0).then_some(Why::Mode(mode)),
        }
    }

    #[cfg(feature = "server")]
    pub fn of_unaltered(metadata: &Metadata) -> Option<Why> {
        of_part(metadata, 0)
    }

    pub fn written_by_others(path: &Path) -> Option<Distrust> {
        // A link can be exchanged in its own folder, and its target in the target's folder.
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let beside = path.parent().and_then(|dir| dir.canonicalize().ok());
        let chain = |file: &Path| -> Option<Distrust> {
            file.ancestors().enumerate().find_map(|(above, part)| {
                let metadata = fs::metadata(part).ok()?;
                let why = of_part(&metadata, above)?;
                Some(Distrust { path: part.to_owned(), why })
            })
        };
        chain(&whole).or_else(|| chain(&beside?.join(path.file_name()?)))
    }

    /// A file, or the folder so many steps above it.
    fn of_part(metadata: &Metadata, above: usize) -> Option<Why> {
        let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
        if owner != 0 && owner != user() {
            return Some(Why::Owner(owner));
        }
        let is_shared_far_above = above > 1 && mode & STICKY != 0;
        (mode & 0o022 != 0 && !is_shared_far_above).then_some(Why::Mode(mode))
    }

    fn user() -> u32 {
        rustix::process::geteuid().as_raw()
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::Metadata;
    use std::path::Path;

    use super::{Distrust, Why};

    pub fn of_secret(_metadata: &Metadata) -> Option<Why> {
        None
    }

    #[cfg(feature = "server")]
    pub fn of_unaltered(_metadata: &Metadata) -> Option<Why> {
        None
    }

    pub fn written_by_others(_path: &Path) -> Option<Distrust> {
        None
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::*;

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("our own");
    }

    #[test]
    fn a_secret_is_for_its_owner_or_root_alone() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("kek");
        fs::write(&path, "x").expect("a writable directory");
        let is_root = rustix::process::geteuid().is_root();
        for (mode, taken) in [
            (0o600, true),
            (0o400, true),
            (0o640, is_root),
            (0o440, is_root),
            (0o660, false),
            (0o644, false),
            (0o604, false),
            (0o610, false),
            (0o666, false),
        ] {
            set(&path, mode);
            assert_eq!(open_secret(&path).expect("our own").is_ok(), taken, "{mode:o}");
        }
        set(&path, 0o600);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("a writable directory");
        assert!(open_secret(&link).expect("our own").is_ok(), "a link to a good file");
        assert!(open_secret(Path::new("/dev/null")).expect("there is one").is_ok(), "no file");
        assert!(open_secret(&dir.path().join("none")).is_err());
        // Only root can change the owner of a file.
        if is_root {
            chown(&path, Some(65_534), None).expect("root may");
            let refused = open_secret(&path).expect("root reads it").expect_err("it is another user's");
            assert_eq!(refused, Distrust { path, why: Why::Owner(65_534) });
        }
    }

    #[test]
    fn settings_that_others_could_have_written_are_not_trusted() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let dir = dir.path().canonicalize().expect("it is there");
        let (shared, project) = (dir.join("shared"), dir.join("shared/project"));
        fs::create_dir_all(&project).expect("a writable directory");
        let file = project.join("camtoken.toml");
        fs::write(&file, "").expect("a writable directory");
        let modes = |of: [(&Path, u32); 3]| {
            of.iter().for_each(|(path, mode)| set(path, *mode));
            written_by_others(&file).map(|distrust| distrust.path)
        };
        let (s, p, f) = (shared.as_path(), project.as_path(), file.as_path());
        assert_eq!(modes([(s, 0o755), (p, 0o755), (f, 0o644)]), None);
        assert_eq!(modes([(s, 0o755), (p, 0o755), (f, 0o664)]), Some(file.clone()));
        assert_eq!(modes([(s, 0o755), (p, 0o775), (f, 0o644)]), Some(project.clone()));
        assert_eq!(modes([(s, 0o755), (p, 0o1777), (f, 0o644)]), Some(project.clone()), "as /tmp itself");
        assert_eq!(modes([(s, 0o1777), (p, 0o755), (f, 0o644)]), None, "a folder below /tmp");
        assert_eq!(modes([(s, 0o777), (p, 0o755), (f, 0o644)]), Some(shared.clone()));
        assert_eq!(modes([(s, 0o755), (p, 0o755), (f, 0o644)]), None);
        let link = shared.join("camtoken.toml");
        std::os::unix::fs::symlink(&file, &link).expect("a writable directory");
        assert_eq!(written_by_others(&link), None);
        set(&shared, 0o1777);
        assert_eq!(written_by_others(&link).map(|distrust| distrust.path), Some(shared), "where the link stands");
        if rustix::process::geteuid().is_root() {
            chown(&project, Some(65_534), None).expect("root may");
            assert_eq!(written_by_others(&file), Some(Distrust { path: project, why: Why::Owner(65_534) }));
        }
    }
}
