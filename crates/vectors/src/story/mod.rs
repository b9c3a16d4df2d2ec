//! Stories: an exchange between a verifier and its tokens, through real pictures, up to one ending.
//!
//! A story is text: a header of `key: value` lines, an empty line, and a step on each line. `testvectors/README.md` has
//! every verb. Times and randomness are in the story, so it ends the same way each time.

mod forge;
pub(crate) mod picture;
pub(crate) mod roles;
mod stage;
pub(crate) mod token;
pub(crate) mod verifier;
mod words;

use std::str::Lines;
use std::sync::Arc;
use std::time::Duration;

use super::{FileReport, Place, TestReport};
use camtoken::seeded::Seeded;
use camtoken::store::{EmbeddedStore, MemoryStore, Store};
use camtoken::time::Timestamp;
use camtoken::verifier::Policy;
use roles::{Ended, TokenRole, VerifierRole};
use stage::Stage;
use token::OurTokens;
use verifier::OurVerifier;
use words::Words;

/// Runs a story on each store.
pub(super) fn run(text: &str, report: &mut FileReport) {
    report.types.insert("Story".to_owned());
    let story = match Story::read(text) {
        Ok(story) => story,
        Err(what) => return report.fail(Place::File, what),
    };
    let memory = Arc::new(MemoryStore::new());
    let on_memory = story.play_on(|| Ok(Arc::clone(&memory)));
    let on_disk = match tempfile::tempdir() {
        Ok(dir) => {
            let open = || EmbeddedStore::open(dir.path().join("store"), Duration::ZERO);
            story.play_on(|| open().map_err(|error| format!("embedded store: {error}")))
        }
        Err(error) => Err(format!("no temporary directory: {error}")),
    };
    for (name, played) in [("memory", on_memory), ("embedded", on_disk)] {
        let comment = story.comment.to_owned();
        report.tests.push(TestReport { place: Place::Store(name), comment, failure: played.err() });
    }
}

/// Plays one story on another store than those of the crate. `open` opens it: at the beginning, and again whenever the
/// story says so.
///
/// # Errors
///
/// The line whose result was not the expected one.
pub fn play<S: Store>(text: &str, open: impl FnMut() -> Result<S, String>) -> Result<(), String> {
    Story::read(text)?.play_on(open)
}

/// The bank of every story, as its tokens show it.
pub(crate) const BANK: &str = "架空中央銀行";

/// A story, as it is in its file.
pub(crate) struct Story<'a> {
    /// The expected result of the last step.
    pub expect: &'a str,
    pub comment: &'a str,
    /// The seed of all randomness.
    pub seed: &'a str,
    /// The time from which `+SECONDS` counts.
    start: Timestamp,
    pub policy: Policy,
    /// Fields of every transfer that does not say otherwise.
    transfer: Vec<(String, String)>,
    steps: Vec<Step<'a>>,
}

struct Step<'a> {
    line: usize,
    text: &'a str,
    /// The expected result; for most steps, that it is done.
    outcome: Option<&'a str>,
}

impl<'a> Story<'a> {
    pub fn read(text: &'a str) -> Result<Self, String> {
        let mut lines = text.lines();
        let mut header = Header::read(&mut lines)?;
        let story = Self {
            expect: header.take("expect")?,
            comment: header.take("comment")?,
            seed: header.take("seed")?,
            start: header.take("start")?.parse().map_err(|error| format!("start: {error}"))?,
            policy: header.take("policy").map_or(Ok(Policy::default()), policy)?,
            transfer: header.take("transfer").map_or(Ok(Vec::new()), fields)?,
            steps: steps(lines, header.length)?,
        };
        match header.entries.first() {
            Some((line, key, _)) => Err(format!("line {line}: unknown key {key:?}")),
            None => Ok(story),
        }
    }

    /// Plays both parts, on a store.
    fn play_on<S: Store>(&self, open: impl FnMut() -> Result<S, String>) -> Result<(), String> {
        let verifier = OurVerifier::new(self.policy.clone(), BANK, self.seed, open);
        let played = verifier.and_then(|mut verifier| self.play(&mut verifier, &mut OurTokens::new(self.seed)));
        played.map_err(|ended| ended.to_string())
    }

    /// Plays every step, with these two parties.
    pub fn play(&self, verifier: &mut impl VerifierRole, tokens: &mut impl TokenRole) -> Result<(), Ended> {
        let rng = Seeded::new(self.seed);
        let mut stage = Stage::new(self.start, self.policy.clone(), self.transfer.clone(), rng, verifier, tokens);
        let last = self.steps.last().map_or(0, |step| step.line);
        for step in &self.steps {
            let Step { line, text, outcome } = *step;
            let is_last = line == last;
            let came = stage.step(text).map_err(|ended| ended.at(line))?;
            let as_expected = match outcome {
                _ if is_last => came == self.expect,
                Some(expected) => came == expected,
                None => came == "done" || came == "accepted",
            };
            if !as_expected {
                let expected = if is_last { self.expect } else { outcome.unwrap_or("done") };
                return Err(Ended::Differs {
                    expected: expected.to_owned(),
                    got: format!("{came}, line {line}: {text}"),
                });
            }
        }
        Ok(())
    }
}

/// The lines before the first empty one.
struct Header<'a> {
    entries: Vec<(usize, &'a str, &'a str)>,
    /// How many lines it has, with the empty one.
    length: usize,
}

impl<'a> Header<'a> {
    fn read(lines: &mut Lines<'a>) -> Result<Self, String> {
        let mut entries: Vec<(usize, &str, &str)> = Vec::new();
        for (line, text) in (1..).zip(lines.take_while(|line| !line.trim().is_empty())) {
            let (key, value) = text.split_once(": ").ok_or_else(|| format!("line {line}: expected \"key: value\""))?;
            if entries.iter().any(|(_, known, _)| *known == key) {
                return Err(format!("line {line}: key {key:?} is given twice"));
            }
            entries.push((line, key, value.trim()));
        }
        let length = entries.len() + 1;
        Ok(Self { entries, length })
    }

    fn take(&mut self, key: &str) -> Result<&'a str, String> {
        let place = self.entries.iter().position(|(_, known, _)| *known == key);
        place.map(|place| self.entries.remove(place).2).ok_or_else(|| format!("header: key {key:?} is missing"))
    }
}

fn steps<'a>(lines: Lines<'a>, above: usize) -> Result<Vec<Step<'a>>, String> {
    let lines = (above + 1..).zip(lines).map(|(line, text)| (line, text.trim()));
    let steps: Vec<_> = lines
        .filter(|(_, text)| !text.is_empty() && !text.starts_with('#'))
        .map(|(line, text)| match text.split_once(" -> ") {
            Some((text, outcome)) => Step { line, text: text.trim_end(), outcome: Some(outcome.trim()) },
            None => Step { line, text, outcome: None },
        })
        .collect();
    match steps.last() {
        None => Err("a story without steps".to_owned()),
        Some(Step { line, outcome: Some(_), .. }) => Err(format!("line {line}: the last outcome stands in the header")),
        Some(_) => Ok(steps),
    }
}

fn policy(text: &str) -> Result<Policy, String> {
    let mut policy = Policy::default();
    for (key, value) in fields(text)? {
        let bad = || format!("policy: {key}={value} is no value of this key");
        let number = || value.parse::<u8>().map_err(|_| bad());
        let seconds = || value.parse().map(Duration::from_secs).map_err(|_| bad());
        match key.as_str() {
            "suite" => policy.suite = value.parse().map_err(|_| bad())?,
            "lifetime" => policy.lifetime = seconds()?,
            "max-attempts" => policy.max_attempts = number()?,
            "max-failures" => policy.max_failures = number()?,
            "test-tokens" if value == "yes" => policy.accept_test_keys = true,
            "test-tokens" => return Err(bad()),
            _ => return Err(format!("policy: unknown key {key:?}")),
        }
    }
    Ok(policy)
}

/// `name=value` pairs; a value with spaces is in double quotes.
fn fields(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut words = Words::split(text)?;
    let fields = words.fields();
    words.finish()?;
    Ok(fields)
}
