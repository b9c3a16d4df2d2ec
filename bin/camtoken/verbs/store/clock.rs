//! `camtoken store clock`: what the store says of the clock, and the repair after it was wrong.

use camtoken::store::block_on;
use camtoken::verifier::{ClockLimits, ClockRepair, RecordFault, VerifierError};
use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::{Bank, BankArgs};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::system;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    confirm: bool,
    #[arg(long)]
    set_back: bool,
    #[command(flatten)]
    bank: BankArgs,
}

/// The clock, and the records that it does not fit.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClockState {
    /// The time by the system's clock
    now: String,
    /// How many seconds it is ahead of the time that has passed since the store was used last; 0 when it is trusted
    ahead_seconds: u64,
    /// Whether it was confirmed by this command
    confirmed: bool,
    /// How many activations are ahead of the clock, so that nothing is decided about them until then
    records_ahead: u64,
    /// How many of them were set back by this command
    set_back: u64,
    /// The most seconds that one of them was ahead
    most_seconds: u64,
    /// Activations with a time-based generator that accepts no password until then: each of these customers needs a new one
    need_new_generator: Vec<String>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    if context.at.is_some() && args.confirm {
        return Err(Failure::new(Code::FixedClock));
    }
    let bank = super::open_unwatched(&args.bank, context)?;
    let ahead_seconds = match context.at {
        Some(_) => 0,
        None => watch(&bank, args.confirm)?,
    };
    // Records are never set back by a clock that is in doubt.
    let repair = match args.set_back && ahead_seconds == 0 {
        true => block_on(bank.verifier.set_clock_back(bank.now))?,
        false => ClockRepair::default(),
    };
    let mut ahead = block_on(bank.verifier.check(bank.now))?.findings;
    ahead.retain(|finding| matches!(finding.fault, RecordFault::AheadOfClock { .. }));
    let most = ahead.iter().map(|finding| match finding.fault {
        RecordFault::AheadOfClock { seconds } => seconds,
        _ => 0,
    });
    let state = ClockState {
        now: bank.now.to_string(),
        ahead_seconds,
        confirmed: args.confirm,
        records_ahead: ahead.len() as u64,
        set_back: repair.set_back,
        most_seconds: most.max().unwrap_or(repair.most_seconds),
        need_new_generator: repair.need_new_generator.iter().map(ToString::to_string).collect(),
    };
    context.out.report(&state)?;
    let is_well = state.ahead_seconds == 0 && state.records_ahead == 0 && state.need_new_generator.is_empty();
    Ok(if is_well { Exit::Done } else { Exit::Findings })
}

/// Confirms the clock, or says how many seconds it is ahead.
fn watch(bank: &Bank, confirm: bool) -> Result<u64, Failure> {
    let reading = system::clocks().map_err(|error| Failure::new(Code::Internal).because(error))?;
    if confirm {
        block_on(bank.verifier.confirm_clock(reading))?;
        return Ok(0);
    }
    match block_on(bank.verifier.watch_clock(reading, ClockLimits::default())) {
        Ok(_) => Ok(0),
        Err(VerifierError::ClockAhead(ahead)) => Ok(ahead.seconds),
        Err(error) => Err(error.into()),
    }
}

impl Document for ClockState {
    const SCHEMA: &'static str = "camtoken/clock/1";

    fn human(&self, text: &Text) -> String {
        let mut page = text.with("clock-now", &[("now", &self.now)]) + "\n";
        let mut say = |key: &str, count: u64| {
            page +=
                &(text.with(key, &[("count", &count.to_string()), ("most", &self.most_seconds.to_string())]) + "\n");
        };
        if self.confirmed {
            say("clock-confirmed", 0);
        }
        if self.ahead_seconds > 0 {
            say("clock-ahead", self.ahead_seconds);
        }
        if self.set_back > 0 {
            say("clock-set-back", self.set_back);
        }
        match self.records_ahead {
            0 => say("clock-records-well", 0),
            count => say("clock-records-ahead", count),
        }
        if !self.need_new_generator.is_empty() {
            say("clock-generators", self.need_new_generator.len() as u64);
            self.need_new_generator.iter().for_each(|id| page += &format!("{id}\n"));
        }
        page
    }

    /// How many records are ahead of the clock.
    fn bare(&self) -> String {
        format!("{}\n", self.records_ahead)
    }
}
