//! `camtoken audit`: the audit chains of the whole store. Their ends, signed, for another place; and the comparison with them.

use std::path::PathBuf;

use camtoken::store::block_on;
use camtoken::verifier::{AnchoredChain, ChainReport};
use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;

use crate::anchor;
use crate::bank::BankArgs;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::note::PublicKey;
use crate::system::rng;
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    Anchor(AnchorArgs),
    Verify(VerifyArgs),
}

#[derive(clap::Args)]
struct AnchorArgs {
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct VerifyArgs {
    #[arg(long, value_name = "FILE.anchor", requires = "public_key")]
    anchor: Option<PathBuf>,
    #[arg(long, value_name = "KEY", requires = "anchor")]
    public_key: Option<PublicKey>,
    #[command(flatten)]
    bank: BankArgs,
}

/// An anchor that was written.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Anchored {
    /// The signed note
    anchor: String,
    /// The file of the chains' ends, whose hash is in the note
    file: String,
    /// How many chains there are
    chains: u64,
    /// How many audit entries they have
    entries: u64,
    /// What audit verify checks the signature with
    public_key: String,
    /// Whether the key that signs was made just now
    key_made: bool,
}

/// What reading every audit chain has shown.
#[derive(Serialize, JsonSchema)]
pub struct Verified {
    /// How many chains there are
    chains: u64,
    /// How many audit entries they have
    entries: u64,
    /// How many of them were compared with the anchor
    anchored: u64,
    /// How many chains are not as they must be; more than none: exit 7
    found: u64,
    /// The first 10,000 of them
    findings: Vec<Finding>,
}

#[derive(Serialize, JsonSchema)]
struct Finding {
    /// The record: activation:…, token:…, generator:…, clock or key-check
    record: String,
    /// What is wrong with its chain
    fault: String,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.act {
        Act::Anchor(args) => anchor(args, context),
        Act::Verify(args) => verify(args, context),
    }
}

fn anchor(args: &AnchorArgs, context: &Context) -> Result<Exit, Failure> {
    let bank = super::store::open(&args.bank, context)?;
    block_on(bank.verifier.check_key(&mut rng()))?;
    let (key, key_made) = anchor::key(context, args.key.as_deref())?;
    let written = anchor::write(&bank.verifier, bank.now, &args.dir, &key)?;
    context.out.report(&Anchored {
        anchor: written.anchor.display().to_string(),
        file: written.chains.display().to_string(),
        chains: written.count,
        entries: written.entries,
        public_key: key.public().to_string(),
        key_made,
    })?;
    Ok(Exit::Done)
}

fn verify(args: &VerifyArgs, context: &Context) -> Result<Exit, Failure> {
    let anchored: Box<dyn Iterator<Item = Result<AnchoredChain, Failure>>> = match (&args.anchor, &args.public_key) {
        (Some(anchor), Some(key)) => Box::new(anchor::open(anchor, key)?.chains()?),
        _ => Box::new(std::iter::empty()),
    };
    let bank = super::store::open_unwatched(&args.bank, context)?;
    let verified = Verified::of(block_on(bank.verifier.check_chains(anchored))?);
    context.out.report(&verified)?;
    Ok(if verified.found == 0 { Exit::Done } else { Exit::Findings })
}

impl Verified {
    fn of(report: ChainReport) -> Self {
        let finding = |(record, fault): (camtoken::store::RecordId, camtoken::verifier::ChainFault)| Finding {
            record: record.to_string(),
            fault: fault.to_string(),
        };
        Self {
            chains: report.chains,
            entries: report.entries,
            anchored: report.anchored,
            found: report.found,
            findings: report.findings.into_iter().map(finding).collect(),
        }
    }
}

impl Document for Anchored {
    const SCHEMA: &'static str = "camtoken/anchor/1";

    fn human(&self, text: &Text) -> String {
        let (chains, entries) = (self.chains.to_string(), self.entries.to_string());
        let facts = [("anchor", &*self.anchor), ("file", &self.file), ("chains", &chains), ("entries", &entries)];
        let key = if self.key_made { "anchor-key-made" } else { "anchor-key" };
        format!("{}\n{}\n{}\n", text.with("anchor-written", &facts), text.get(key), self.public_key)
    }

    fn bare(&self) -> String {
        format!("{}\n", self.anchor)
    }
}

impl Document for Verified {
    const SCHEMA: &'static str = "camtoken/chains/1";

    fn human(&self, text: &Text) -> String {
        let rows: Vec<_> =
            self.findings.iter().map(|finding| [finding.record.clone(), finding.fault.clone()]).collect();
        let [chains, entries, anchored, found] =
            [self.chains, self.entries, self.anchored, self.found].map(|count| count.to_string());
        let facts = [("chains", &*chains), ("entries", &*entries), ("anchored", &*anchored), ("count", &*found)];
        let key = if self.found == 0 { "chains-well" } else { "store-found" };
        format!("{}{}\n", terminal::columns(&rows), text.with(key, &facts))
    }

    fn bare(&self) -> String {
        self.findings.iter().map(|finding| format!("{}\n", finding.record)).collect()
    }
}
