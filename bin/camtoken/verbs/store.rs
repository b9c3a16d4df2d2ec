//! `camtoken store`: upkeep of the verifier's store.

mod migrate;

use clap::Subcommand;

use super::Context;
use crate::bank::BankArgs;
use crate::exit::Exit;
use crate::failure::Failure;

pub use migrate::Migrated;

#[derive(clap::Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    Migrate(BankArgs),
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.act {
        Act::Migrate(args) => migrate::run(args, context),
    }
}
