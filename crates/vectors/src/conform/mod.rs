//! Puts every vector and every story to another implementation, over the protocol of `docs/CONFORMANCE.md`.
//!
//! The implementation is a process that answers lines, or listens at an address. It first lists what it supports; what it does not
//! support is counted as skipped, with the reason. [`answer`] is camtoken's own side of the protocol, so the kit is tested
//! against itself.

pub mod answer;
mod http;
mod limits;
mod peer;
mod process;
mod roles;
mod stories;
mod values;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

pub use limits::Limits;
pub use peer::Link;

use crate::{Place, RunError, found};
use limits::short;
use peer::{Answer, Peer};

/// The version of the protocol.
pub const PROTOCOL: u64 = 1;

/// The results of an implementation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The name that the implementation reports, with its version.
    pub implementation: String,
    /// The files, in the order in which they were named; those of a folder by their names.
    pub files: Vec<FileReport>,
}

/// The results of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Its tests; a story is one for each part that the implementation plays.
    pub tests: Vec<TestReport>,
}

/// The result of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReport {
    /// Which one it is.
    pub place: Place,
    /// The type of the test; `Story` for a story.
    pub kind: String,
    /// The comment of the file on it.
    pub comment: String,
    /// How it ended.
    pub ending: Ending,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// With the result that the file expects.
    Passed,
    /// With another result than the file expects.
    Failed {
        /// The expected result.
        expected: String,
        /// The result of the implementation.
        got: String,
    },
    /// The implementation does not support this.
    Skipped {
        /// What it does not support.
        why: String,
    },
}

/// Why no test was run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConformError {
    /// A file or folder cannot be read, or has no vectors.
    #[error(transparent)]
    Vectors(#[from] RunError),
    /// The implementation did not answer the first question, or not as the protocol requires.
    #[error("hello: {0}")]
    Hello(String),
}

/// The features that an implementation reports.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hello {
    protocol: u64,
    name: String,
    version: String,
    #[serde(default)]
    compute: BTreeSet<String>,
    #[serde(default)]
    check: BTreeSet<String>,
    #[serde(default)]
    roles: BTreeSet<Role>,
    #[serde(default)]
    features: BTreeSet<Feature>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Role {
    Token,
    Verifier,
}

/// A feature that not every token or verifier has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Feature {
    /// The token reads pictures (PNG), not only the text in them.
    Pictures,
    /// The token has a PIN.
    Pin,
    /// The token has a tester's switches.
    Faults,
    /// The verifier can stop and start again on the same store.
    Restart,
    /// The verifier has time-based passwords.
    TimeBased,
}

/// Puts files, and folders with the files in them, to an implementation.
///
/// # Errors
///
/// [`ConformError`] when there are no tests, or the implementation does not answer. Wrong answers are in the report.
pub fn run(paths: &[impl AsRef<Path>], link: &Link, limits: Limits) -> Result<Report, ConformError> {
    let files = found(paths)?;
    let peer = RefCell::new(Peer::new(link, limits));
    let hello = Hello::of(&peer).map_err(ConformError::Hello)?;
    let implementation = format!("{} {}", short(&hello.name), short(&hello.version));
    let mut reports = Vec::new();
    for path in files {
        let bytes = fs::read(&path).map_err(|source| RunError::Read { path: path.clone(), source })?;
        let tests = match String::from_utf8(bytes) {
            Ok(text) if path.extension().is_some_and(|extension| extension == "story") => {
                stories::ask(&text, &hello, &peer)
            }
            Ok(text) => values::ask(&text, path.parent().unwrap_or(Path::new("")), &hello, &peer),
            Err(_) => vec![TestReport::of_file("not UTF-8".to_owned())],
        };
        reports.push(FileReport { path, tests });
    }
    Ok(Report { implementation, files: reports })
}

impl Hello {
    fn of(peer: &RefCell<Peer>) -> Result<Self, String> {
        let question = Map::from_iter([("protocol".to_owned(), PROTOCOL.into())]);
        let Answer::Said(said) = peer.borrow_mut().ask("hello", question)? else {
            return Err("an implementation has to answer hello".to_owned());
        };
        let hello: Self = serde_json::from_value(Value::Object(said)).map_err(|error| error.to_string())?;
        if hello.protocol != PROTOCOL {
            return Err(format!("it speaks version {} of the protocol, this program {PROTOCOL}", hello.protocol));
        }
        for (what, types) in hello.types() {
            if let Some(unknown) = types.iter().find(|name| !values::has(what, name)) {
                return Err(format!("there are no tests of type {} to {what}", short(unknown)));
            }
        }
        Ok(hello)
    }

    /// The types by the kind of question.
    fn types(&self) -> [(&'static str, &BTreeSet<String>); 2] {
        [("compute", &self.compute), ("check", &self.check)]
    }

    fn plays(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}

impl Report {
    /// Every test with its file.
    pub fn tests(&self) -> impl Iterator<Item = (&Path, &TestReport)> {
        self.files.iter().flat_map(|file| file.tests.iter().map(|test| (file.path.as_path(), test)))
    }

    /// How many tests passed, failed, and were skipped.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        self.tests().fold((0, 0, 0), |(passed, failed, skipped), (_, test)| match test.ending {
            Ending::Passed => (passed + 1, failed, skipped),
            Ending::Failed { .. } => (passed, failed + 1, skipped),
            Ending::Skipped { .. } => (passed, failed, skipped + 1),
        })
    }
}

impl TestReport {
    /// The fault of a file as a whole.
    fn of_file(what: String) -> Self {
        let ending = Ending::Failed { expected: "a file of vectors".to_owned(), got: what };
        Self { place: Place::File, kind: String::new(), comment: String::new(), ending }
    }
}
