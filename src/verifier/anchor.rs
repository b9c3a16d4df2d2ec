//! The ends of all audit chains at a moment, to be kept outside of the store, and the comparison of the store with them.
//!
//! A chain has no key. An attacker who can write to the store and has the key-encryption key can rewrite a record with its history.
//! An attacker who puts a whole older copy back leaves no trace in it. An anchor that is kept elsewhere shows both.

use std::fmt;
use std::str::FromStr;

use camtoken_core::verifier::clock::ClockRecord;
use camtoken_core::verifier::record::{GeneratorRecord, Record, Stored, TokenRecord};

use super::audit::{AuditError, ChainEnd};
use super::{Verifier, VerifierError};
use crate::store::{RecordId, Revision, Store};

/// How many entries are read at once.
const PAGE: usize = 256;

/// How many findings a [`ChainReport`] lists.
const MOST_FINDINGS: usize = 10_000;

/// Where the audit chain of one record ends. As text: the record, the number of its entries and the SHA-256 of the last one, with
/// spaces between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchoredChain {
    /// The record of the chain.
    pub record: RecordId,
    /// Where it ends.
    pub end: ChainEnd,
}

/// A text is not the end of a chain.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("not the end of a chain: expected a record, a number and 64 hexadecimal digits")]
pub struct AnchoredChainError;

/// The result of reading every audit chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainReport {
    /// How many chains there are.
    pub chains: u64,
    /// How many entries in all.
    pub entries: u64,
    /// How many chains were compared with an anchor.
    pub anchored: u64,
    /// How many chains are not as they must be.
    pub found: u64,
    /// The first 10,000 of them.
    pub findings: Vec<(RecordId, ChainFault)>,
}

/// A fault of a chain.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainFault {
    /// The record was there, and is missing.
    #[error("its record is missing; its chain had {anchored} entries")]
    Missing {
        /// How many entries there were.
        anchored: u64,
    },
    /// The chain had more entries.
    #[error("its chain has {entries} entries, and had {anchored}")]
    Shortened {
        /// How many there are.
        entries: u64,
        /// How many there were.
        anchored: u64,
    },
    /// The last entry of the anchor has other content now, or one before it has.
    #[error("entry {number} or one before it was replaced")]
    Replaced {
        /// The number of the last entry in the anchor.
        number: u64,
    },
    /// An entry was changed, removed, added, or put elsewhere.
    #[error(transparent)]
    Broken(#[from] AuditError),
    /// The record is older than its chain.
    #[error("its record is older than its chain: an older copy was put back")]
    OlderRecord,
    /// Its record cannot be read.
    #[error("{0}")]
    Record(String),
}

impl fmt::Display for AnchoredChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = base16ct::lower::encode_string(&self.end.head);
        write!(f, "{} {} {head}", self.record, self.end.entries)
    }
}

impl FromStr for AnchoredChain {
    type Err = AnchoredChainError;

    fn from_str(line: &str) -> Result<Self, AnchoredChainError> {
        let mut parts = line.split(' ');
        let (Some(record), Some(entries), Some(digits), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AnchoredChainError);
        };
        let mut head = [0; 32];
        let chain = Self {
            record: record.parse().map_err(|_| AnchoredChainError)?,
            end: ChainEnd {
                entries: entries.parse().map_err(|_| AnchoredChainError)?,
                head: match base16ct::lower::decode(digits, &mut head) {
                    Ok(decoded) if decoded.len() == 32 => head,
                    _ => return Err(AnchoredChainError),
                },
            },
        };
        // One form only: what is signed is the text.
        if chain.to_string() == line { Ok(chain) } else { Err(AnchoredChainError) }
    }
}

impl<S: Store> Verifier<S> {
    /// Calls `each` with the ends of all audit chains, one after the other in the order of the records: they are never in memory
    /// together. Challenges are issued and answered meanwhile.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when a record cannot be read, and the errors of `each`.
    pub async fn chain_ends<E: From<VerifierError>>(
        &self,
        mut each: impl FnMut(AnchoredChain) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = None;
        while let Some(page) = self.page(&mut after).await? {
            for record in page {
                if let Some((_, end)) = self.chain_end(&record).await? {
                    each(AnchoredChain { record, end })?;
                }
            }
        }
        Ok(())
    }

    /// Reads every audit chain, entry by entry, and compares it with its end in an anchor: `anchored`, in the order of the records. A
    /// chain that has grown since, and the chain of a record that was not there yet, are in order.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when the store fails, and the errors of `anchored`.
    pub async fn check_chains<E: From<VerifierError>>(
        &self,
        anchored: impl IntoIterator<Item = Result<AnchoredChain, E>>,
    ) -> Result<ChainReport, E> {
        let mut report = ChainReport::default();
        let mut anchored = anchored.into_iter();
        let mut next = anchored.next().transpose()?;
        let mut after = None;
        while let Some(page) = self.page(&mut after).await? {
            for record in page {
                while let Some(gone) = next.take_if(|known| known.record < record) {
                    report.missing(gone);
                    next = anchored.next().transpose()?;
                }
                let known = next.take_if(|known| known.record == record);
                if known.is_some() {
                    next = anchored.next().transpose()?;
                    report.anchored += 1;
                }
                report.chains += 1;
                match self.check_chain(&record, known.map(|known| known.end)).await? {
                    Ok(entries) => report.entries += entries,
                    Err(fault) => report.add(record, fault),
                }
            }
        }
        while let Some(gone) = next {
            report.missing(gone);
            next = anchored.next().transpose()?;
        }
        Ok(report)
    }

    /// How many entries a chain has, if nothing is wrong with it.
    async fn check_chain(
        &self,
        id: &RecordId,
        anchored: Option<ChainEnd>,
    ) -> Result<Result<u64, ChainFault>, VerifierError> {
        let (revision, end) = match self.chain_end(id).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Ok(0)),
            Err(error @ (VerifierError::Record(_) | VerifierError::KeyMismatch)) => {
                return Ok(Err(ChainFault::Record(error.to_string())));
            }
            Err(error) => return Err(error),
        };
        let (mut so_far, mut after, mut fault) = (ChainEnd::default(), Revision::ABSENT, None);
        loop {
            let page = self.store.audit_page(id, after, PAGE).await?;
            for (_, line) in page.iter().take_while(|(of, _)| *of <= revision) {
                if let Err(error) = so_far.follow(line) {
                    return Ok(Err(error.into()));
                }
                if anchored.as_ref().is_some_and(|known| known.entries == so_far.entries && known.head != so_far.head) {
                    fault = Some(ChainFault::Replaced { number: so_far.entries });
                }
            }
            match page.last() {
                Some((last, _)) if page.len() == PAGE && *last <= revision => after = *last,
                _ => break,
            }
        }
        let shortened = anchored.filter(|known| known.entries > so_far.entries);
        let shortened =
            shortened.map(|known| ChainFault::Shortened { entries: so_far.entries, anchored: known.entries });
        Ok(match shortened.or(fault) {
            Some(fault) => Err(fault),
            None if so_far != end => Err(AuditError::End.into()),
            None if self.is_older_than_its_history(id, revision).await? => Err(ChainFault::OlderRecord),
            None => Ok(so_far.entries),
        })
    }

    async fn chain_end(&self, id: &RecordId) -> Result<Option<(Revision, ChainEnd)>, VerifierError> {
        match id {
            RecordId::Activation(_) => self.chain_end_of::<Record>(id).await,
            RecordId::Token(_) => self.chain_end_of::<TokenRecord>(id).await,
            RecordId::Generator(_) => self.chain_end_of::<GeneratorRecord>(id).await,
            RecordId::Clock => self.chain_end_of::<ClockRecord>(id).await,
            RecordId::KeyCheck => self.key_check_chain().await,
            RecordId::Ranges => Ok(None),
        }
    }

    async fn chain_end_of<R: Stored>(&self, id: &RecordId) -> Result<Option<(Revision, ChainEnd)>, VerifierError> {
        let found = self.load::<R>(id).await?;
        Ok(found.map(|(revision, mut record)| (revision, std::mem::take(record.chain()))))
    }
}

impl ChainReport {
    fn missing(&mut self, gone: AnchoredChain) {
        self.anchored += 1;
        self.add(gone.record, ChainFault::Missing { anchored: gone.end.entries });
    }

    fn add(&mut self, record: RecordId, fault: ChainFault) {
        self.found += 1;
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push((record, fault));
        }
    }
}
