//! Many responses at once, under one suite, by keys that are kept ready.

use alloc::vec;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::ops::Range;

use camtoken_simd::{self as simd, Engine, Midstates, PAD, Plan, Request};
use subtle::ConstantTimeEq;

use super::question::ENCODED_LEN;
use super::{DataInput, InputError, Message, Part, Suite};
use crate::Key;
use crate::{Digits, Hash, Keyed, Response, Tag};

/// Keys prepared for one hash: for each the two midstates of HMAC, 64 bytes for SHA-1 and SHA-256 and about
/// 400 for SHA-512. Ten million take 640 MB and some two seconds.
///
/// The midstates are worth as much as the keys. They are wiped when dropped, never printed and never stored: prepare the table
/// again after a restart.
pub struct KeyTable(Table);

enum Table {
    Sha1(Vec<Midstates<simd::Sha1>>),
    Sha256(Vec<Midstates<simd::Sha256>>),
    Sha512(Vec<Keyed>),
}

impl KeyTable {
    /// Prepares `keys`. From then on each is named by its index.
    pub fn new<'k>(hash: Hash, keys: impl ExactSizeIterator<Item = &'k Key>) -> Self {
        let engine = Engine::in_use();
        match hash {
            Hash::Sha1 => Self(Table::Sha1(fill(keys, |key| Midstates::new(engine, key.expose_bytes())))),
            Hash::Sha256 => Self(Table::Sha256(fill(keys, |key| Midstates::new(engine, key.expose_bytes())))),
            Hash::Sha512 => Self(Table::Sha512(fill(keys, |key| Keyed::new(hash, key)))),
        }
    }

    /// Replaces the key at an index.
    ///
    /// # Panics
    ///
    /// When the table has no such index.
    pub fn set(&mut self, place: usize, key: &Key) {
        let engine = Engine::in_use();
        match &mut self.0 {
            Table::Sha1(keys) => keys[place] = Midstates::new(engine, key.expose_bytes()),
            Table::Sha256(keys) => keys[place] = Midstates::new(engine, key.expose_bytes()),
            Table::Sha512(keys) => keys[place] = Keyed::new(Hash::Sha512, key),
        }
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Table::Sha1(keys) => keys.len(),
            Table::Sha256(keys) => keys.len(),
            Table::Sha512(keys) => keys.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The hash that they are ready for.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        match &self.0 {
            Table::Sha1(_) => Hash::Sha1,
            Table::Sha256(_) => Hash::Sha256,
            Table::Sha512(_) => Hash::Sha512,
        }
    }
}

/// Allocates once: a vector that grows leaves what it held behind.
fn fill<'k, T>(keys: impl ExactSizeIterator<Item = &'k Key>, prepare: impl FnMut(&Key) -> T) -> Vec<T> {
    let len = keys.len();
    let mut table = Vec::with_capacity(len);
    simd::prefer_large_pages(table.spare_capacity_mut());
    table.extend(keys.take(len).map(prepare));
    table
}

/// One response to check.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// The key's place in the table.
    pub key: usize,
    /// The input of the response.
    pub input: &'a DataInput,
    /// The response.
    pub response: &'a Response,
}

/// A suite compiled for checking many responses.
///
/// A single check takes the time of the HMAC's four compressions; from eight on they are computed sixteen at a time where
/// the processor can, which takes less than half of it for each. With the feature `parallel`, from 1024 on every core
/// helps.
///
/// # Examples
///
/// ```
/// use camtoken_oath::Key;
/// use camtoken_oath::ocra::{self, Check, Checker, DataInput, KeyTable, Question, Suite};
///
/// let suite: Suite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
/// let keys = [Key::new(vec![1; 32]), Key::new(vec![2; 32])];
/// let input = DataInput::new(Question::new(suite.question(), "12345678")?);
/// let response = ocra::respond(&suite, &keys[1], &input)?;
///
/// let (checker, table) = (Checker::new(&suite), KeyTable::new(suite.hash(), keys.iter()));
/// let checks = [0, 1].map(|key| Check { key, input: &input, response: &response });
/// let mut verdicts = [false; 2];
/// checker.check(&table, &checks, &mut verdicts)?;
/// assert_eq!(verdicts, [false, true]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Checker {
    suite: Suite,
    engine: Engine,
    plan: Compiled,
    /// The suite asks for nothing beside the question.
    only_question: bool,
}

enum Compiled {
    Sha1(Plan<simd::Sha1>, Digits),
    Sha256(Plan<simd::Sha256>, Digits),
    /// SHA-512, and suites whose response is the whole HMAC: one by one.
    Each,
}

/// How many checks are laid out, and given to a thread, at a time.
const SHARE: usize = 512;

impl Checker {
    /// Compiles a suite for the best engine that there is.
    #[must_use]
    pub fn new(suite: &Suite) -> Self {
        Self::with_engine(suite, Engine::in_use())
    }

    /// Compiles a suite for one engine. All of them give the same verdicts.
    #[must_use]
    pub fn with_engine(suite: &Suite, engine: Engine) -> Self {
        let (len, parts) = values(suite);
        let start = suite.data_start();
        let mut message = suite.as_str().as_bytes().to_vec();
        message.resize(start + len, 0);
        let field = start..start + len;
        let plan = match (suite.hash(), suite.truncation()) {
            (Hash::Sha1, Some(digits)) => Compiled::Sha1(Plan::new(&message, field, &parts, digits.get()), digits),
            (Hash::Sha256, Some(digits)) => Compiled::Sha256(Plan::new(&message, field, &parts, digits.get()), digits),
            _ => Compiled::Each,
        };
        Self { suite: suite.clone(), engine, plan, only_question: only_question(suite) }
    }

    /// The suite.
    #[must_use]
    pub const fn suite(&self) -> &Suite {
        &self.suite
    }

    /// Checks responses: `verdicts[n]` becomes whether `checks[n]` has the one to its input by its key.
    ///
    /// How long it takes depends on how many checks there are and on their form, not on what any of them holds; a
    /// response of another length than the suite's is not right.
    ///
    /// # Errors
    ///
    /// A [`CheckError`] that names the first check that cannot be made; then no verdict is to be relied on.
    ///
    /// # Panics
    ///
    /// When there are not as many verdicts as checks.
    pub fn check(&self, keys: &KeyTable, checks: &[Check<'_>], verdicts: &mut [bool]) -> Result<(), CheckError> {
        assert_eq!(checks.len(), verdicts.len(), "a verdict for each check");
        if keys.hash() != self.suite.hash() {
            return Err(CheckError::Hash { suite: self.suite.hash(), keys: keys.hash() });
        }
        if let ([check], [verdict]) = (checks, &mut *verdicts)
            && let Some(right) = self.check_one(keys, check)
        {
            *verdict = right;
            return Ok(());
        }
        #[cfg(feature = "parallel")]
        if checks.len() >= 2 * SHARE {
            use rayon::prelude::*;

            let shares = checks.par_chunks(SHARE).zip(verdicts.par_chunks_mut(SHARE)).enumerate();
            return shares
                .map(|(share, (checks, verdicts))| self.check_share(keys, SHARE * share, checks, verdicts))
                .find_first(Result::is_err)
                .unwrap_or(Ok(()));
        }
        for (share, (checks, verdicts)) in checks.chunks(SHARE).zip(verdicts.chunks_mut(SHARE)).enumerate() {
            self.check_share(keys, SHARE * share, checks, verdicts)?;
        }
        Ok(())
    }

    /// A check alone, as most are, without any detour; nothing if it takes one.
    fn check_one(&self, keys: &KeyTable, check: &Check<'_>) -> Option<bool> {
        fn right<H: simd::Hash>(
            engine: Engine,
            (plan, digits): (&Plan<H>, Digits),
            keys: &[Midstates<H>],
            check: &Check<'_>,
        ) -> Option<bool> {
            let value = plan.value(engine, keys.get(check.key)?, check.input.question.padded());
            // A response of another length has a value that no message gives.
            let expected = check.response.value(digits).unwrap_or(u32::MAX);
            Some(value.ct_eq(&expected).into())
        }

        if !self.only_question || !self.is_plain(check.input) {
            return None;
        }
        match (&self.plan, &keys.0) {
            (Compiled::Sha1(plan, digits), Table::Sha1(keys)) => right(self.engine, (plan, *digits), keys, check),
            (Compiled::Sha256(plan, digits), Table::Sha256(keys)) => right(self.engine, (plan, *digits), keys, check),
            _ => None,
        }
    }

    /// Checks a share, of which the first check is the `first` of all.
    fn check_share(
        &self,
        keys: &KeyTable,
        first: usize,
        checks: &[Check<'_>],
        verdicts: &mut [bool],
    ) -> Result<(), CheckError> {
        // One look at each shows whether all are right; only if not, it matters which ones are wrong.
        let plain =
            self.only_question && checks.iter().all(|check| check.key < keys.len() && self.is_plain(check.input));
        let mut joined = false;
        for (check, index) in checks.iter().zip(first..).filter(|_| !plain) {
            if check.key >= keys.len() {
                return Err(CheckError::Key { index, found: check.key });
            }
            Message::new(&self.suite, check.input).map_err(|error| CheckError::Input { index, error })?;
            joined |= !check.input.question.is_single();
        }
        match (&self.plan, &keys.0) {
            (Compiled::Sha1(plan, digits), Table::Sha1(keys)) if !joined => {
                self.run(plan, *digits, keys, checks, verdicts);
            }
            (Compiled::Sha256(plan, digits), Table::Sha256(keys)) if !joined => {
                self.run(plan, *digits, keys, checks, verdicts);
            }
            (_, table) => {
                for (check, verdict) in checks.iter().zip(verdicts) {
                    let message = Message::new(&self.suite, check.input).expect("it was one above").bytes();
                    let tag = match table {
                        Table::Sha1(keys) => Tag::new(&keys[check.key].mac(self.engine, &message)[..20]),
                        Table::Sha256(keys) => Tag::new(&keys[check.key].mac(self.engine, &message)),
                        Table::Sha512(keys) => keys[check.key].mac(&message),
                    };
                    *verdict = check.response.ct_is(&tag, self.suite.truncation()).into();
                }
            }
        }
        Ok(())
    }

    /// Whether this is one party's question in the suite's format, and nothing else.
    #[inline]
    fn is_plain(&self, input: &DataInput) -> bool {
        let DataInput { question, counter, pin, session, time } = input;
        let nothing_else = counter.is_none() & pin.is_none() & session.is_none() & time.is_none();
        nothing_else & (question.format() == self.suite.question()) & question.is_single()
    }

    #[inline]
    fn run<H: simd::Hash>(
        &self,
        plan: &Plan<H>,
        digits: Digits,
        keys: &[Midstates<H>],
        checks: &[Check<'_>],
        verdicts: &mut [bool],
    ) {
        // A response of another length has a value that no message gives.
        let expected = |check: &Check<'_>| check.response.value(digits).unwrap_or(u32::MAX);
        if self.only_question {
            let request = |index: usize| {
                let check = &checks[index];
                Request { key: check.key, field: check.input.question.padded(), expected: expected(check) }
            };
            return plan.check(self.engine, keys, request, verdicts);
        }
        let len = plan.padded_len();
        let mut fields = vec![0; len * checks.len()];
        for (field, check) in fields.chunks_exact_mut(len).zip(checks) {
            let mut at = PAD;
            Message::new(&self.suite, check.input).expect("it was one before").write_values(|value| {
                field[at..at + value.len()].copy_from_slice(value);
                at += value.len();
            });
        }
        let request = |index: usize| {
            let check = &checks[index];
            Request { key: check.key, field: &fields[len * index..len * (index + 1)], expected: expected(check) }
        };
        plan.check(self.engine, keys, request, verdicts);
        // There may be the hash of a PIN among them.
        fields.fill(0);
        zeroize::optimization_barrier(&fields[..]);
    }
}

/// Why many responses were not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckError {
    /// The keys are ready for another hash than the suite's.
    Hash {
        /// The hash of the suite.
        suite: Hash,
        /// The hash of the table.
        keys: Hash,
    },
    /// The table has no such key.
    Key {
        /// The place of the check, from 0.
        index: usize,
        /// The place of the key.
        found: usize,
    },
    /// The values do not fit the suite.
    Input {
        /// The place of the check, from 0.
        index: usize,
        /// The part that does not fit.
        error: InputError,
    },
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash { suite, keys } => write!(f, "keys for {keys}, expected {suite}"),
            Self::Key { index, found } => write!(f, "check {index}: no key in place {found}"),
            Self::Input { index, error } => write!(f, "check {index}: {error}"),
        }
    }
}

impl Error for CheckError {}

/// How many bytes the suite's values take, and which of them are not zero in every message.
fn values(suite: &Suite) -> (usize, Vec<Range<usize>>) {
    let question = if suite.counter() { 8 } else { 0 };
    let behind = question + ENCODED_LEN;
    let pin = suite.pin().map_or(0, Hash::output_len);
    let time = if suite.time_step().is_some() { 8 } else { 0 };
    let len = behind + pin + usize::from(suite.session().unwrap_or(0)) + time;
    (len, vec![0..question, question..question + suite.question().encoded_len(), behind..len])
}

fn only_question(suite: &Suite) -> bool {
    [Part::Counter, Part::Pin, Part::Session, Part::Time].iter().all(|&part| !suite.asks_for(part))
}

#[cfg(test)]
mod tests;
