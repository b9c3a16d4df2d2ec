//! Runs test vectors: files of values (`*_test.json`) and stories of an exchange (`*.story`), from any place.
//!
//! The files have the expected results; they come from standards, from other implementations and from people. So nothing
//! in them is overlooked: an unknown type, key, flag or verb fails, and so does a flag without a note, a note without a
//! test, and a number of tests that is not right. `testvectors/README.md` describes the files.
//!
//! # Examples
//!
//! ```
//! # std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).expect("the top of the workspace");
//! let report = camtoken_vectors::run(&["testvectors/hotp_test.json"])?;
//! assert!(report.passed() > 100);
//! assert_eq!(report.failed(), 0);
//! # Ok::<(), camtoken_vectors::RunError>(())
//! ```

mod code;
mod compute;
pub mod conform;
pub mod conformance;
mod document;
mod foreign;
mod json;
mod oath;
mod picture;
mod provision;
mod story;
mod text;
mod values;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::iter;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

pub use document::TYPES;
pub use story::play as play_story;

/// The results of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The files, in the order in which they were named; those of a folder by their names.
    pub files: Vec<FileReport>,
}

/// The results of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// The types of tests in it, each once; a story is of type `Story`.
    pub types: BTreeSet<String>,
    /// Its tests, in their order. What is wrong with the file as a whole counts as one test that failed.
    pub tests: Vec<TestReport>,
}

/// The result of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReport {
    /// Which one it is.
    pub place: Place,
    /// The comment of the file on it.
    pub comment: String,
    /// Why it failed; `None` when it passed.
    pub failure: Option<String>,
}

/// The place of a test in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The file as a whole.
    File,
    /// A group, counted from 1.
    Group(usize),
    /// A test of a group.
    Test {
        /// The group, counted from 1.
        group: usize,
        /// Its number in the file (`tcId`).
        tc_id: u64,
    },
    /// A story on one kind of store.
    Store(&'static str),
    /// A story in which an implementation plays this part.
    Role(&'static str),
}

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's message.
        source: io::Error,
    },
    /// A folder has no vectors in it.
    #[error("{}: no *_test.json and no *.story in this folder", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
}

/// Runs files, whatever their names, and folders: every `*_test.json` and `*.story` in them and below.
///
/// # Errors
///
/// [`RunError`] when a path cannot be read or has no vectors. What is wrong *in* a file is a failure in the report.
pub fn run(paths: &[impl AsRef<Path>]) -> Result<Report, RunError> {
    let reports = in_parallel(found(paths)?).into_iter().collect::<Result<_, _>>()?;
    Ok(Report { files: reports })
}

/// The files that are named, and those of the folders that are named.
fn found(paths: &[impl AsRef<Path>]) -> Result<Vec<PathBuf>, RunError> {
    let mut files = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        let found = if path.is_dir() { below(path)? } else { vec![path.to_owned()] };
        if found.is_empty() {
            return Err(RunError::Nothing { path: path.to_owned() });
        }
        files.extend(found);
    }
    Ok(files)
}

impl Report {
    /// How many tests passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.files.iter().map(FileReport::passed).sum()
    }

    /// How many tests failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.files.iter().map(FileReport::failed).sum()
    }
}

impl FileReport {
    /// How many of its tests passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.tests.len() - self.failed()
    }

    /// How many of its tests failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.failures().count()
    }

    /// The tests that failed.
    pub fn failures(&self) -> impl Iterator<Item = &TestReport> {
        self.tests.iter().filter(|test| test.failure.is_some())
    }

    fn fail(&mut self, place: Place, what: impl fmt::Display) {
        self.tests.push(TestReport { place, comment: String::new(), failure: Some(what.to_string()) });
    }
}

/// `group 3, tcId 26 (one digit missing): expected invalid, accepted`
impl fmt::Display for TestReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if !self.comment.is_empty() {
            write!(f, " ({})", self.comment)?;
        }
        write!(f, ": {}", self.failure.as_deref().unwrap_or("passed"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("file"),
            Self::Group(group) => write!(f, "group {group}"),
            Self::Test { group, tc_id } => write!(f, "group {group}, tcId {tc_id}"),
            Self::Store(name) => write!(f, "{name} store"),
            Self::Role(name) => write!(f, "as {name}"),
        }
    }
}

/// Runs each file for itself, several at a time: a story waits for its disk more than it computes.
fn in_parallel(files: Vec<PathBuf>) -> Vec<Result<FileReport, RunError>> {
    const THREADS: usize = 8;

    let queue = Mutex::new(files.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || iter::from_fn(next).map(|(place, path)| (place, run_file(path))).collect::<Vec<_>>();
    let mut done: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, report)| report).collect()
}

fn run_file(path: PathBuf) -> Result<FileReport, RunError> {
    let bytes = fs::read(&path).map_err(|source| RunError::Read { path: path.clone(), source })?;
    let mut report = FileReport { path, types: BTreeSet::new(), tests: Vec::new() };
    match String::from_utf8(bytes) {
        Ok(text) if report.path.extension().is_some_and(|extension| extension == "story") => {
            story::run(&text, &mut report);
        }
        Ok(text) => document::run(&text, &mut report),
        Err(_) => report.fail(Place::File, "not UTF-8"),
    }
    Ok(report)
}

/// The vectors of a folder and the folders in it, by name.
fn below(folder: &Path) -> Result<Vec<PathBuf>, RunError> {
    let fault = |source| RunError::Read { path: folder.to_owned(), source };
    let mut entries: Vec<_> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect()).map_err(fault)?;
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            found.extend(below(&path)?);
        } else if name.ends_with("_test.json") || name.ends_with(".story") {
            found.push(path);
        }
    }
    Ok(found)
}
