//! `camtoken store end-damaged`: ends records that cannot be read, or whose keys do not open.

use camtoken::store::{RecordId, block_on};
use camtoken::verifier::{Damage, OtherKeys};

use super::Done;
use crate::bank::BankArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::system::rng;

#[derive(clap::Args)]
pub struct Args {
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<RecordId>,
    #[command(flatten)]
    keys: LostKeys,
    #[command(flatten)]
    bank: BankArgs,
}

/// What the operator says of key-encryption keys that were not given.
#[derive(clap::Args)]
pub(super) struct LostKeys {
    #[arg(long)]
    keys_lost: bool,
}

impl LostKeys {
    pub fn others(&self) -> OtherKeys {
        if self.keys_lost { OtherKeys::Lost } else { OtherKeys::MayExist }
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    // With any clock: the clock's record may be the one to end.
    let bank = super::open_unwatched(&args.bank, context)?;
    // By a wrong key every record would look damaged.
    block_on(bank.verifier.check_key(&mut rng()))?;
    let mut damaged = Vec::new();
    for record in &args.records {
        match block_on(bank.verifier.end_damaged(record, args.keys.others(), bank.now))? {
            Damage::Ended => damaged.push(record.to_string()),
            Damage::NotFound => return Err(super::no_record(record)),
            _ => return Err(Failure::new(Code::NoRepair).because(format!("{record} is sound"))),
        }
    }
    Done { records: Some(damaged.len() as u64), damaged, ..Done::new("ended") }.tell(context)
}
