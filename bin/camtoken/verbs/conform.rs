//! `camtoken conform`: runs every vector and story against another implementation.

use std::fs;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use camtoken_vectors::conform::answer::Answerer;
use camtoken_vectors::conform::{self, ConformError, Ending, Limits, Link, TestReport};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use schemars::JsonSchema;
use serde::Serialize;

use crate::config::Wait;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;
use crate::value::{Value as _, value};

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "PATH", required_unless_present = "answer", conflicts_with = "answer")]
    paths: Vec<PathBuf>,
    #[arg(long, value_name = "COMMAND", required_unless_present_any = ["url", "answer"], conflicts_with_all = ["url", "answer"])]
    cmd: Option<String>,
    #[arg(long, value_name = "URL", conflicts_with = "answer")]
    url: Option<String>,
    #[arg(long)]
    answer: bool,
    #[arg(long, value_name = Wait::EXPECTED, value_parser = value::<Wait>)]
    timeout: Option<Wait>,
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What came of putting vectors to an implementation.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// What the implementation calls itself
    implementation: String,
    /// Tests that passed
    passed: usize,
    /// Tests that failed
    failed: usize,
    /// Tests of what the implementation does not have
    skipped: usize,
    /// What it does not have, and how many tests that are
    without: Vec<Without>,
    /// The tests that failed
    failures: Vec<Failed>,
}

#[derive(Serialize, JsonSchema)]
struct Without {
    /// What the implementation does not have
    what: String,
    /// Tests of it
    tests: usize,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Failed {
    /// The file
    path: String,
    /// Which test of the file: its group and tcId, or the part that is played in a story
    test: String,
    /// The type of the test
    kind: String,
    /// What the file says of the test
    comment: String,
    /// What the file expects
    expected: String,
    /// What the implementation said
    got: String,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    if args.answer {
        return answer();
    }
    let link = match (&args.cmd, &args.url) {
        (Some(command), _) => Link::Command(words(command)?),
        (_, Some(url)) if url.starts_with("http://") => Link::Url(url.clone()),
        _ => return Err(Failure::new(Code::CommandLine).because("--url: an address that begins with http://")),
    };
    let limits = Limits::default();
    let limits = Limits { within: args.timeout.map_or(limits.within, Wait::duration), ..limits };
    let report = conform::run(&args.paths, &link, limits).map_err(|error| match error {
        ConformError::Vectors(error) => Failure::new(Code::Read).because(error),
        error => Failure::new(Code::Implementation).because(terminal::clean(&error.to_string())),
    })?;
    if let Some(path) = &args.junit {
        write(path, &junit(&report)?)?;
    }
    let document = Report::of(&report);
    if let Some(path) = &args.report {
        write(path, &document.markdown(&report))?;
    }
    context.out.report(&document)?;
    let all_right = document.failed == 0 && document.passed > 0;
    Ok(if all_right { Exit::Done } else { Exit::Findings })
}

/// Answers the questions on standard input until it ends.
fn answer() -> Result<Exit, Failure> {
    let (mut answerer, mut out) = (Answerer::default(), stdout().lock());
    for line in stdin().lock().lines() {
        let line = line.map_err(|error| Failure::new(Code::Read).because(error))?;
        let answer = answerer.answer(&line);
        let written = writeln!(out, "{answer}").and_then(|()| out.flush());
        written.map_err(|error| Failure::new(Code::Write).because(error))?;
    }
    Ok(Exit::Done)
}

/// A program and its arguments, split at spaces; in single or double quotes spaces are part of a word. There is no shell.
fn words(command: &str) -> Result<Vec<String>, Failure> {
    let (mut words, mut word, mut quote): (Vec<String>, Option<String>, _) = (Vec::new(), None, None);
    for character in command.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            None if character == '"' || character == '\'' => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            None if character == ' ' => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    match (quote, words.is_empty()) {
        (None, false) => Ok(words),
        (Some(_), _) => Err(Failure::new(Code::CommandLine).because("--cmd: a quotation mark is left open")),
        _ => Err(Failure::new(Code::CommandLine).because("--cmd: no program is named")),
    }
}

impl Report {
    fn of(report: &conform::Report) -> Self {
        let (passed, failed, skipped) = report.counts();
        let mut without: Vec<Without> = Vec::new();
        let mut failures = Vec::new();
        for (path, test) in report.tests() {
            match &test.ending {
                Ending::Skipped { why } => match without.iter_mut().find(|known| known.what == *why) {
                    Some(known) => known.tests += 1,
                    None => without.push(Without { what: why.clone(), tests: 1 }),
                },
                Ending::Failed { expected, got } => failures.push(Failed {
                    path: path.display().to_string(),
                    test: test.place.to_string(),
                    kind: test.kind.clone(),
                    comment: test.comment.clone(),
                    expected: expected.clone(),
                    got: got.clone(),
                }),
                _ => {}
            }
        }
        Self { implementation: report.implementation.clone(), passed, failed, skipped, without, failures }
    }

    /// The report as a page for people, in Markdown.
    fn markdown(&self, report: &conform::Report) -> String {
        let mut page = format!("# Conformance of {}\n\n", cell(&self.implementation));
        page += &format!("{} passed, {} failed, {} skipped.\n", self.passed, self.failed, self.skipped);
        page += "\n| file | passed | failed | skipped |\n| --- | --- | --- | --- |\n";
        let folders = report.files.iter().filter(|file| !is_story(&file.path));
        for file in folders {
            page += &row(&file.path.display().to_string(), &file.tests);
        }
        let stories = report.files.iter().filter(|file| is_story(&file.path));
        let stories: Vec<_> = stories.flat_map(|file| file.tests.iter().cloned()).collect();
        if !stories.is_empty() {
            page += &row("stories", &stories);
        }
        if !self.without.is_empty() {
            page += "\n## Not supported\n\n| | tests |\n| --- | --- |\n";
            page.extend(
                self.without.iter().map(|without| format!("| {} | {} |\n", cell(&without.what), without.tests)),
            );
        }
        if !self.failures.is_empty() {
            page += "\n## Failed\n\n| file | test | | expected | got |\n| --- | --- | --- | --- | --- |\n";
            page.extend(self.failures.iter().map(|failed| {
                let Failed { path, test, comment, expected, got, .. } = failed;
                let cells = [path, test, comment, expected, got].map(|text| cell(text));
                format!("| {} |\n", cells.join(" | "))
            }));
        }
        page
    }
}

fn is_story(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "story")
}

fn row(name: &str, tests: &[TestReport]) -> String {
    let count = |is: fn(&Ending) -> bool| tests.iter().filter(|test| is(&test.ending)).count();
    let passed = count(|ending| matches!(ending, Ending::Passed));
    let failed = count(|ending| matches!(ending, Ending::Failed { .. }));
    let skipped = count(|ending| matches!(ending, Ending::Skipped { .. }));
    format!("| {} | {passed} | {failed} | {skipped} |\n", cell(name))
}

/// Text in a table of Markdown: nothing in it is markup.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for character in terminal::clean(text).chars() {
        if "\\`*_[]<>|&#".contains(character) {
            cell.push('\\');
        }
        cell.push(character);
    }
    cell
}

fn junit(report: &conform::Report) -> Result<String, Failure> {
    let mut junit = quick_junit::Report::new(format!("camtoken conform: {}", report.implementation));
    for file in &report.files {
        let mut suite = TestSuite::new(file.path.display().to_string());
        suite.add_test_cases(file.tests.iter().map(|test| {
            let mut status = TestCaseStatus::success();
            match &test.ending {
                Ending::Failed { expected, got } => {
                    status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(format!("expected {expected}, got {got}"));
                }
                Ending::Skipped { why } => {
                    status = TestCaseStatus::skipped();
                    status.set_message(format!("not supported: {why}"));
                }
                _ => {}
            }
            let mut case = TestCase::new(format!("{} ({})", test.place, test.comment), status);
            case.set_classname(test.kind.as_str());
            case
        }));
        junit.add_test_suite(suite);
    }
    junit.to_string().map_err(|error| Failure::new(Code::Write).because(error))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::new(Code::Write).because(format!("{}: {error}", path.display())))
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/conform/1";

    fn human(&self, _text: &Text) -> String {
        let mut page = String::new();
        let mut last = "";
        for failed in &self.failures {
            if failed.path != last {
                page += &format!("{}\n", terminal::clean(&failed.path));
                last = &failed.path;
            }
            let Failed { test, comment, expected, got, .. } = failed;
            page += &format!("  {test} ({})\n", terminal::clean(comment));
            page += &format!("    expected  {}\n    got       {}\n", terminal::clean(expected), terminal::clean(got));
        }
        for without in &self.without {
            page += &format!("not supported: {} ({})\n", terminal::clean(&without.what), without.tests);
        }
        page + &self.bare()
    }

    fn bare(&self) -> String {
        let name = terminal::clean(&self.implementation);
        format!("{name}: {} passed, {} failed, {} skipped\n", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_at_spaces_outside_of_quotes() {
        let split = |command| words(command).ok();
        assert_eq!(
            split("python3  'an adapter.py' \"\" a\"b c\"d"),
            Some(["python3", "an adapter.py", "", "ab cd"].map(str::to_owned).to_vec())
        );
        assert_eq!(split("sh -c \"echo '$x'\""), Some(["sh", "-c", "echo '$x'"].map(str::to_owned).to_vec()));
        assert_eq!(split("python3 'adapter.py"), None);
        assert_eq!(split("  "), None);
    }

    #[test]
    fn nothing_of_an_answer_is_markup_in_a_report() {
        assert_eq!(cell("a|b <img>\n `c`\n"), "a\\|b \\<img\\> \\`c\\`");
    }
}
