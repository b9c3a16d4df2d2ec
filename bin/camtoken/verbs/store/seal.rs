//! `camtoken store seal-records`: gives every record of an older store its seal, and takes records that an operator vouches for.

use camtoken::Timestamp;
use camtoken::store::{RecordId, block_on};
use camtoken::verifier::{KeyWrapError, VerifierError};
use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::{Bank, BankArgs};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::system::rng;
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, value_name = "RECORD")]
    accept: Vec<RecordId>,
    #[command(flatten)]
    bank: BankArgs,
}

/// The seals of a store's records.
#[derive(Serialize, JsonSchema)]
pub struct Sealed {
    /// How many records had no seal, and have one now
    sealed: u64,
    /// Records that were taken as they are, by --accept
    accepted: Vec<String>,
    /// Records that are refused; more than none: exit 7
    refused: Vec<Refused>,
}

#[derive(Serialize, JsonSchema)]
struct Refused {
    /// The record: activation:…, token:…, generator:… or clock
    record: String,
    /// What is wrong with it
    fault: String,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    // With any clock: the clock's record may be the one to accept.
    let bank = super::open_unwatched(&args.bank, context)?;
    let accepted = accept(&bank, &args.accept, bank.now)?;
    let report = block_on(bank.verifier.seal_records(bank.now, &mut rng()))?;
    if report.sealed > 0 {
        super::rewrite(bank, &args.bank, context)?;
    }
    let refused = report.refused.into_iter().map(|(record, fault)| Refused { record: record.to_string(), fault });
    let sealed = Sealed { sealed: report.sealed, accepted, refused: refused.collect() };
    context.out.report(&sealed)?;
    Ok(if sealed.refused.is_empty() { Exit::Done } else { Exit::Findings })
}

fn accept(bank: &Bank, records: &[RecordId], now: Timestamp) -> Result<Vec<String>, Failure> {
    let mut accepted = Vec::new();
    for record in records {
        match block_on(bank.verifier.accept_record(record, now, &mut rng())) {
            Ok(true) => accepted.push(record.to_string()),
            Ok(false) => return Err(super::no_record(record)),
            Err(error @ (VerifierError::Record(_) | VerifierError::KeyWrapper(KeyWrapError::Damaged))) => {
                let way_out = format!("{record}: {error}\ncamtoken store end-damaged {record}");
                return Err(Failure::new(Code::RecordSeal).because(way_out));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(accepted)
}

impl Document for Sealed {
    const SCHEMA: &'static str = "camtoken/seals/1";

    fn human(&self, text: &Text) -> String {
        let rows: Vec<_> = self.refused.iter().map(|refused| [refused.record.clone(), refused.fault.clone()]).collect();
        let [sealed, accepted, refused] =
            [self.sealed, self.accepted.len() as u64, self.refused.len() as u64].map(|count| count.to_string());
        let counts = [("sealed", &*sealed), ("accepted", &*accepted), ("refused", &*refused)];
        let key = if self.refused.is_empty() { "seals-whole" } else { "seals-refused" };
        format!("{}{}\n", terminal::columns(&rows), text.with(key, &counts))
    }

    /// How many records are refused.
    fn bare(&self) -> String {
        format!("{}\n", self.refused.len())
    }
}
