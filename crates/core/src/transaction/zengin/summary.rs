//! The summary of a batch file, which is signed. It is read as a stream, in bounded memory.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};

use base16ct::lower;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::reader::{Parser, Said};
use super::record::{Record, write_end, write_header, write_payee};
use super::{AccountType, BatchKind, Digits, Encoding, Header, Payee, ZenginError};
use crate::time::Timestamp;
use crate::transaction::Operation;

/// The signed summary of a batch file: count, sum, largest payment, digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSummary {
    pub(super) header: Header,
    pub(super) count: usize,
    pub(super) total: u64,
    pub(super) largest: Payee,
    pub(super) new_payees: usize,
    pub(super) sha256: [u8; 32],
}

/// Reads a batch file in pieces of any size, checks all of it as [`BatchFile::parse`](super::BatchFile::parse) does, and keeps
/// what is signed of it; of the payees only the accounts that are new.
///
/// # Examples
///
/// ```
/// use camtoken_core::transaction::zengin::{BatchReader, Encoding};
///
/// # fn pieces() -> Vec<Vec<u8>> {
/// #     let file = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testvectors/zengin/bulk_crlf.txt"));
/// #     file.chunks(7).map(<[u8]>::to_vec).collect()
/// # }
/// let mut reader = BatchReader::new(Encoding::Detect, |payee| payee.bank_code.as_str() == "0001");
/// for piece in pieces() {
///     reader.push(&piece)?;
/// }
/// assert_eq!(reader.finish()?.count(), 5);
/// # Ok::<(), camtoken_core::transaction::zengin::ZenginError>(())
/// ```
pub struct BatchReader<F> {
    parser: Parser,
    reading: Reading<F>,
}

struct Reading<F> {
    known: F,
    seen: BTreeSet<(Digits<4>, Digits<3>, AccountType, Digits<7>)>,
    header: Option<Header>,
    largest: Option<Payee>,
    hash: Sha256,
    record: Record,
}

impl<F: FnMut(&Payee) -> bool> BatchReader<F> {
    /// Begins. `known` says which accounts the bank knows.
    pub fn new(encoding: Encoding, known: F) -> Self {
        let (seen, hash, record) = (BTreeSet::new(), Sha256::new(), Record::default());
        Self {
            parser: Parser::new(encoding),
            reading: Reading { known, seen, header: None, largest: None, hash, record },
        }
    }

    /// Reads on.
    ///
    /// # Errors
    ///
    /// The first [`Fault`](super::Fault), with its record and field. After it there is nothing more to read.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ZenginError> {
        let reading = &mut self.reading;
        self.parser.push(bytes, &mut |said| reading.take(said))
    }

    /// Reads the end.
    ///
    /// # Errors
    ///
    /// As [`BatchReader::push`].
    pub fn finish(self) -> Result<BatchSummary, ZenginError> {
        let Self { parser, mut reading } = self;
        let (count, total) = parser.finish(&mut |said| reading.take(said))?;
        write_end(&mut reading.record, count, total, |record| reading.hash.update(record));
        Ok(BatchSummary {
            header: reading.header.expect("a file that was read has a header"),
            count,
            total,
            largest: reading.largest.expect("a file that was read has a payee"),
            new_payees: reading.seen.len(),
            sha256: reading.hash.finalize().into(),
        })
    }
}

impl<F: FnMut(&Payee) -> bool> Reading<F> {
    fn take(&mut self, said: Said) {
        match said {
            Said::Header(header) => {
                write_header(&mut self.record, &header);
                self.header = Some(header);
            }
            Said::Payee(payee) => {
                let kind = self.header.as_ref().expect("a header comes before payees").kind;
                write_payee(&mut self.record, &payee, kind);
                if !(self.known)(&payee) {
                    self.seen.insert(payee.account());
                }
                if self.largest.as_ref().is_none_or(|largest| payee.amount > largest.amount) {
                    self.largest = Some(payee);
                }
            }
        }
        self.record.finish(|record| self.hash.update(record));
    }
}

impl BatchSummary {
    /// The payer, the account and the day.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many payments.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The operation that signs such a file.
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self.header.kind {
            BatchKind::Bulk => Operation::Bulk,
            BatchKind::Salary | BatchKind::Bonus => Operation::Payroll,
        }
    }

    /// The payment date with its year, as [`BatchFile::pay_date`](super::BatchFile::pay_date) has it.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn pay_date(&self, now: Timestamp, window: u16) -> Result<Date, ZenginError> {
        self.header.pay_date(now, window)
    }

    /// The account that pays: branch and number.
    #[must_use]
    pub fn paying_account(&self) -> String {
        format!("{}{}", self.header.branch_code, self.header.account_number)
    }

    /// The fields of the transaction that the file itself has: all but the paying account, which a caller may write
    /// otherwise, and the order ID.
    #[must_use]
    pub fn fields(&self, date: Date) -> [(&'static str, String); 8] {
        [
            ("count", self.count.to_string()),
            ("total", self.total.to_string()),
            ("date", date.to_string()),
            ("largestPayee", self.largest.name.to_string()),
            ("largestAmount", self.largest.amount.to_string()),
            ("newPayees", self.new_payees.to_string()),
            ("checkCode", lower::encode_string(&self.sha256[..8])),
            ("file", lower::encode_string(&self.sha256)),
        ]
    }
}

impl<F> core::fmt::Debug for BatchReader<F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BatchReader").finish_non_exhaustive()
    }
}
