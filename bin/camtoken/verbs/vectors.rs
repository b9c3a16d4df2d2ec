//! `camtoken vectors`: run files of test vectors, from any place.

use std::fs;
use std::path::{Path, PathBuf};

use camtoken_vectors::{FileReport, Place, TYPES, TestReport};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(clap::Subcommand)]
enum Act {
    Run(RunArgs),
    List,
}

#[derive(clap::Args)]
struct RunArgs {
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// What came of a run.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// Tests that passed
    passed: usize,
    /// Tests that failed
    failed: usize,
    /// The files, in order
    files: Vec<File>,
}

#[derive(Serialize, JsonSchema)]
struct File {
    /// The file
    path: String,
    /// The types of tests in it
    types: Vec<String>,
    /// Its tests that passed
    passed: usize,
    /// Its tests that failed
    failed: usize,
    /// Why each of these failed
    failures: Vec<Fault>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Fault {
    /// The group, counted from 1
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<usize>,
    /// The number of the test in its file
    #[serde(skip_serializing_if = "Option::is_none")]
    tc_id: Option<u64>,
    /// The store that a story was played on
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<&'static str>,
    /// What the file says of the test
    comment: String,
    /// What is wrong
    what: String,
    /// All of it in one line
    #[serde(skip)]
    line: String,
}

/// The types of tests that can be run.
#[derive(Serialize, JsonSchema)]
pub struct List {
    /// The types, in order
    types: Vec<Known>,
}

#[derive(Serialize, JsonSchema)]
struct Known {
    /// Its name in the files
    name: &'static str,
    /// What a test of it says
    about: &'static str,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let RunArgs { paths, junit } = match &args.act {
        Act::Run(args) => args,
        Act::List => {
            let types = TYPES.iter().map(|known| Known { name: known.name, about: known.about }).collect();
            context.out.report(&List { types })?;
            return Ok(Exit::Done);
        }
    };
    let report = camtoken_vectors::run(paths).map_err(|error| Failure::new(Code::Read).because(error))?;
    if let Some(path) = junit {
        write_junit(&report, path)?;
    }
    let report = Report::of(&report);
    context.out.report(&report)?;
    Ok(if report.failed == 0 { Exit::Done } else { Exit::Findings })
}

impl Report {
    fn of(report: &camtoken_vectors::Report) -> Self {
        Self { passed: report.passed(), failed: report.failed(), files: report.files.iter().map(File::of).collect() }
    }
}

impl File {
    fn of(file: &FileReport) -> Self {
        Self {
            path: file.path.display().to_string(),
            types: file.types.iter().cloned().collect(),
            passed: file.passed(),
            failed: file.failed(),
            failures: file.failures().map(Fault::of).collect(),
        }
    }
}

impl Fault {
    fn of(test: &TestReport) -> Self {
        let (group, tc_id, store) = match test.place {
            Place::Group(group) => (Some(group), None, None),
            Place::Test { group, tc_id } => (Some(group), Some(tc_id), None),
            Place::Store(name) => (None, None, Some(name)),
            _ => (None, None, None),
        };
        let what = test.failure.clone().unwrap_or_default();
        Self { group, tc_id, store, comment: test.comment.clone(), what, line: test.to_string() }
    }
}

fn write_junit(report: &camtoken_vectors::Report, path: &Path) -> Result<(), Failure> {
    let mut junit = quick_junit::Report::new("camtoken vectors");
    for file in &report.files {
        let mut suite = TestSuite::new(file.path.display().to_string());
        suite.add_test_cases(file.tests.iter().map(|test| {
            let status = match &test.failure {
                None => TestCaseStatus::success(),
                Some(what) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(what.as_str());
                    status
                }
            };
            TestCase::new(format!("{} ({})", test.place, test.comment), status)
        }));
        junit.add_test_suite(suite);
    }
    let unwritable = |error: String| Failure::new(Code::Write).because(format!("{}: {error}", path.display()));
    let xml = junit.to_string().map_err(|error| unwritable(error.to_string()))?;
    fs::write(path, xml).map_err(|error| unwritable(error.to_string()))
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/vectors/1";

    fn human(&self, _text: &Text) -> String {
        let mut page = String::new();
        for file in self.files.iter().filter(|file| file.failed > 0) {
            page += &format!("{}\n", terminal::clean(&file.path));
            page.extend(file.failures.iter().map(|fault| format!("  {}\n", terminal::clean(&fault.line))));
        }
        page + &self.bare()
    }

    fn bare(&self) -> String {
        format!("{} passed, {} failed\n", self.passed, self.failed)
    }
}

impl Document for List {
    const SCHEMA: &'static str = "camtoken/vector-types/1";

    fn human(&self, _text: &Text) -> String {
        let rows: Vec<_> = self.types.iter().map(|known| [known.name.to_owned(), known.about.to_owned()]).collect();
        terminal::columns(&rows)
    }

    fn bare(&self) -> String {
        self.types.iter().map(|known| format!("{}\n", known.name)).collect()
    }
}
