//! `camtoken store`: upkeep of the verifier's store. Check, compact, back up, restore, repair, re-wrap the keys, seal the
//! records, migrate.

mod clock;
mod damage;
mod kek;
mod migrate;
mod seal;

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use camtoken::store::backup::{self, BackupError, Records, Saved};
use camtoken::store::{EmbeddedStore, RecordId, block_on};
use camtoken::verifier::{Inventory, LocalKeyWrapper, RecordError, VerifierError, restored, restored_or_ended};
use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::{Bank, BankArgs};
use crate::config::Store;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::state;
use crate::system::rng;
use crate::terminal;
use crate::text::Text;

pub use clock::ClockState;
pub use kek::{Changed as KekChanged, State as KekState};
pub use migrate::Migrated;
pub use seal::Sealed;

#[derive(clap::Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    Check(BankArgs),
    Compact(BankArgs),
    Backup(BackupArgs),
    Restore(RestoreArgs),
    Void(BankArgs),
    Repair(RepairArgs),
    Clock(clock::Args),
    Rewrap(BankArgs),
    EndDamaged(damage::Args),
    SealRecords(seal::Args),
    Kek(kek::Args),
    Migrate(BankArgs),
}

#[derive(clap::Args)]
struct BackupArgs {
    #[arg(long, short, value_name = "FILE|-")]
    output: PathBuf,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct RestoreArgs {
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    #[arg(long)]
    end_damaged: bool,
    #[command(flatten)]
    keys: damage::LostKeys,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct RepairArgs {
    #[command(flatten)]
    word: Word,
    #[command(flatten)]
    bank: BankArgs,
}

/// What the operator knows and the store cannot.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Word {
    #[arg(long)]
    accept_loss: bool,
    #[arg(long)]
    moved: bool,
}

/// What the books hold, and what is wrong with them.
#[derive(Serialize, JsonSchema)]
pub struct Checked {
    /// How many activations there are
    activations: u64,
    /// How many tokens
    tokens: u64,
    /// How many generators that came from their makers
    generators: u64,
    /// How many audit entries
    entries: u64,
    /// What is wrong; more than none: exit 7
    findings: Vec<Finding>,
}

#[derive(Serialize, JsonSchema)]
struct Finding {
    /// The record: activation:… or token:…
    record: String,
    /// What is wrong with it
    fault: String,
}

/// What was done to a store.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// compacted, saved, restored, voided, repaired, moved, rewrapped or ended
    done: &'static str,
    /// How many records: those of the backup, or those that were changed
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
    /// How many activations had something open, which counts as superseded now
    #[serde(skip_serializing_if = "Option::is_none")]
    voided: Option<u64>,
    /// How many bytes the store took before
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_before: Option<u64>,
    /// How many bytes it takes now
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Damaged records: in a new backup, which is not restored with them (exit 7), or those that were ended
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<String>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.act {
        Act::Check(args) => check(args, context),
        Act::Compact(args) => compact(args, context),
        Act::Backup(args) => save(args, context),
        Act::Restore(args) => restore(args, context),
        Act::Void(args) => {
            let bank = match open(args, context) {
                // Without open challenges a copy is as safe as a backup.
                Err(failure) if failure.code() == Code::StoreCopied => Bank::open_to_repair(context, args)?,
                opened => opened?,
            };
            Done { voided: Some(void(&bank)?), ..Done::new("voided") }.tell(context)
        }
        Act::Repair(args) => repair(args, context),
        Act::Rewrap(args) => {
            let bank = open(args, context)?;
            block_on(bank.verifier.check_key(&mut rng()))?;
            let records = block_on(bank.verifier.rewrap(&mut rng()))?;
            rewrite(bank, args, context)?;
            Done { records: Some(records), ..Done::new("rewrapped") }.tell(context)
        }
        Act::EndDamaged(args) => damage::run(args, context),
        Act::SealRecords(args) => seal::run(args, context),
        Act::Kek(args) => kek::run(args, context),
        Act::Clock(args) => clock::run(args, context),
        Act::Migrate(args) => migrate::run(args, context),
    }
}

/// Closes a store after all records were written again, and rewrites its files: they still have the older bytes.
fn rewrite(bank: Bank, args: &BankArgs, context: &Context) -> Result<(), Failure> {
    drop(bank);
    if let Store::Directory(dir) = args.place(context)? {
        EmbeddedStore::rewrite(&dir, context.settings.store_wait.value.duration())?;
    }
    Ok(())
}

/// Ends whatever is open. A store that is repaired opens by itself from then on.
fn void(bank: &Bank) -> Result<u64, Failure> {
    let voided = block_on(bank.verifier.expire_open(bank.now))?;
    repaired(bank)?;
    Ok(voided)
}

fn repaired(bank: &Bank) -> Result<(), Failure> {
    match crate::bank::embedded(bank.verifier.store()) {
        Some(store) => Ok(block_on(store.repaired())?),
        None => Ok(()),
    }
}

fn repair(args: &RepairArgs, context: &Context) -> Result<Exit, Failure> {
    let Err(failure) = open_unwatched(&args.bank, context) else { return Err(Failure::new(Code::NoRepair)) };
    match (failure.code(), args.word.moved) {
        (Code::StoreLost, false) => {
            let bank = Bank::open_to_repair(context, &args.bank)?;
            Done { voided: Some(void(&bank)?), ..Done::new("repaired") }.tell(context)
        }
        (Code::StoreCopied, true) => {
            repaired(&Bank::open_to_repair(context, &args.bank)?)?;
            Done::new("moved").tell(context)
        }
        _ => Err(failure),
    }
}

fn check(args: &BankArgs, context: &Context) -> Result<Exit, Failure> {
    let bank = open(args, context)?;
    let checked = Checked::of(block_on(bank.verifier.check(bank.now))?);
    context.out.report(&checked)?;
    Ok(if checked.findings.is_empty() { Exit::Done } else { Exit::Findings })
}

fn compact(args: &BankArgs, context: &Context) -> Result<Exit, Failure> {
    let dir = match args.place(context)? {
        Store::Directory(dir) => dir,
        Store::Url(url) => {
            let (before, bytes) = crate::bank::database::compact(&url, &context.settings)?;
            return Done { bytes_before: Some(before), bytes: Some(bytes), ..Done::new("compacted") }.tell(context);
        }
    };
    let bank = open(args, context)?;
    let unreadable = |error| Failure::new(Code::StoreFailed).because(error);
    let before = size(&dir).map_err(unreadable)?;
    if let Some(store) = crate::bank::embedded(bank.verifier.store()) {
        block_on(store.compact())?;
    }
    // Files that are no longer needed are removed when the store is closed.
    drop(bank);
    let bytes = size(&dir).map_err(unreadable)?;
    Done { bytes_before: Some(before), bytes: Some(bytes), ..Done::new("compacted") }.tell(context)
}

fn save(args: &BackupArgs, context: &Context) -> Result<Exit, Failure> {
    let bank = open(&args.bank, context)?;
    let store = bank.verifier.store();
    let to_stdout = args.output == Path::new("-");
    let (mut records, mut damaged) = (0, Vec::new());
    let mut write = |to: &mut dyn Write| -> Result<(), BackupError> {
        // A restoration would refuse it, perhaps when the store is lost.
        let look = |saved: &Saved| {
            if bank.verifier.check_saved(saved, bank.now).is_err() {
                damaged.push(saved.id.to_string());
            }
        };
        records = block_on(backup::write_with(store, BufWriter::new(to), look))?;
        Ok(())
    };
    if to_stdout {
        write(&mut io::stdout().lock())?;
    } else {
        state::write_with(&args.output, |file| write(file))?;
    }
    let done = Done { records: Some(records), damaged, ..Done::new("saved") };
    if to_stdout {
        context.out.say(&done.human(&context.out.text));
    } else {
        context.out.report(&done)?;
    }
    Ok(if done.damaged.is_empty() { Exit::Done } else { Exit::Findings })
}

fn restore(args: &RestoreArgs, context: &Context) -> Result<Exit, Failure> {
    let now = args.bank.now(context)?;
    let file: Box<dyn Read + Send> = if args.file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let unread = |error| Failure::new(Code::Read).because(format!("{}: {error}", args.file.display()));
        Box::new(File::open(&args.file).map_err(unread)?)
    };
    let vault = LocalKeyWrapper::new(&crate::kek::keys(context, false)?)?;
    let (voided, damaged) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let records = Records::new(BufReader::new(file))?.map(|saved| {
        let saved = saved?;
        let before = saved.revision;
        let restored = match args.end_damaged {
            true => restored_or_ended(saved, &vault, args.keys.others(), now).map(|(saved, was_damaged)| {
                if was_damaged {
                    damaged.lock().unwrap_or_else(PoisonError::into_inner).push(saved.id.to_string());
                }
                saved
            }),
            false => restored(saved, &vault, now),
        };
        let restored = restored.map_err(|error| match error {
            VerifierError::Record(RecordError::Damaged | RecordError::Version { .. }) => BackupError::Damaged.into(),
            error => Failure::from(error),
        })?;
        voided.fetch_add(u64::from(restored.revision != before), Ordering::Relaxed);
        Ok(restored)
    });
    let records = args.bank.restore(context, records)?;
    let damaged = damaged.into_inner().unwrap_or_else(PoisonError::into_inner);
    Done { records: Some(records), voided: Some(voided.into_inner()), damaged, ..Done::new("restored") }.tell(context)
}

/// Opens the existing store: upkeep makes no new one.
pub(super) fn open(args: &BankArgs, context: &Context) -> Result<Bank, Failure> {
    args.must_exist(context)?;
    Bank::open_for_upkeep(context, args)
}

/// As [`open`], also by a clock that is ahead.
pub(super) fn open_unwatched(args: &BankArgs, context: &Context) -> Result<Bank, Failure> {
    args.must_exist(context)?;
    Bank::open_unwatched(context, args)
}

/// A record that was named, and that the store does not have.
fn no_record(record: &RecordId) -> Failure {
    let kinds = "activation:…, token:…, generator:…, clock";
    Failure::new(Code::UnknownName).because(format!("no record {record}")).with("names", kinds)
}

/// How many bytes the files of a directory have.
fn size(dir: &Path) -> io::Result<u64> {
    fs::read_dir(dir)?
        .map(|entry| {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_dir() { size(&entry.path()) } else { Ok(metadata.len()) }
        })
        .sum()
}

impl Checked {
    fn of(inventory: Inventory) -> Self {
        let finding = |finding: camtoken::verifier::StoreFinding| Finding {
            record: finding.record.to_string(),
            fault: finding.fault.to_string(),
        };
        Self {
            activations: inventory.activations,
            tokens: inventory.tokens,
            generators: inventory.generators,
            entries: inventory.entries,
            findings: inventory.findings.into_iter().map(finding).collect(),
        }
    }
}

impl Done {
    fn new(done: &'static str) -> Self {
        Self { done, records: None, voided: None, bytes_before: None, bytes: None, damaged: Vec::new() }
    }

    fn tell(&self, context: &Context) -> Result<Exit, Failure> {
        context.out.report(self)?;
        Ok(Exit::Done)
    }
}

impl Document for Checked {
    const SCHEMA: &'static str = "camtoken/check/1";

    fn human(&self, text: &Text) -> String {
        let rows: Vec<_> =
            self.findings.iter().map(|finding| [finding.record.clone(), finding.fault.clone()]).collect();
        let [activations, tokens, entries] =
            [self.activations, self.tokens, self.entries].map(|count| count.to_string());
        let counts = [("activations", &*activations), ("tokens", &*tokens), ("entries", &*entries)];
        let held = text.with("store-held", &counts);
        let found = self.findings.len().to_string();
        let end = match self.findings.is_empty() {
            true => text.get("store-well"),
            false => text.with("store-found", &[("count", &found)]),
        };
        format!("{}{held} {end}\n", terminal::columns(&rows))
    }

    fn bare(&self) -> String {
        self.findings.iter().map(|finding| format!("{}\n", finding.record)).collect()
    }
}

impl Document for Done {
    const SCHEMA: &'static str = "camtoken/upkeep/1";

    fn human(&self, text: &Text) -> String {
        let number = |number: Option<u64>| number.unwrap_or_default().to_string();
        let [records, voided] = [number(self.records), number(self.voided)];
        let megabytes = |bytes: Option<u64>| format!("{:.1}", bytes.unwrap_or_default() as f64 / 1e6);
        let [before, after] = [megabytes(self.bytes_before), megabytes(self.bytes)];
        let numbers = [("records", &*records), ("voided", &*voided), ("before", &*before), ("after", &*after)];
        let damaged: String = self.damaged.iter().map(|record| format!("{record}\n")).collect();
        let kind = if self.done == "saved" && !self.damaged.is_empty() { "saved-damaged" } else { self.done };
        format!("{damaged}{}\n", text.with(&format!("store-{kind}"), &numbers))
    }

    fn bare(&self) -> String {
        self.records.or(self.voided).or(self.bytes).map(|number| format!("{number}\n")).unwrap_or_default()
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        Self::new(error.code().into()).because(error)
    }
}
