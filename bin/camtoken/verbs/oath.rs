//! `camtoken oath`: the values of a key by HOTP, TOTP or OCRA, computed or checked. A check exits with 0 for yes and 6 for no.
//!
//! Options that oathtool has, too, have its names and mean the same. A key is never an argument.

mod key;
mod ocra;
mod report;

use std::num::NonZeroU32;
use std::time::Duration;

use camtoken::Timestamp;
use camtoken::oath::totp::Totp;
use camtoken::oath::{Digits, Hash, Key, Response, hotp};
use camtoken::provision::pskc::Algorithm;
use camtoken::typed;
use clap::Subcommand;

pub use self::key::{KeyArgs, KeySource};
use self::report::Moving;
pub use self::report::{Checked, Values};
use super::verify;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Code, Failure};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Hotp(HotpArgs),
    Totp(TotpArgs),
    Ocra(ocra::Args),
}

#[derive(clap::Args)]
struct HotpArgs {
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    kind: KindArgs,
    #[arg(long, short, value_name = "NUMBER")]
    counter: Option<u64>,
    #[command(flatten)]
    check: CheckArgs,
}

#[derive(clap::Args)]
struct TotpArgs {
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    kind: KindArgs,
    #[arg(long, short = 's', value_name = "DURATION", value_parser = step)]
    time_step_size: Option<NonZeroU32>,
    #[arg(long, short = 'S', value_name = "TIME", default_value = "0")]
    start_time: Timestamp,
    #[arg(long, value_name = "STEPS", default_value_t = 0, allow_hyphen_values = true)]
    drift: i32,
    #[arg(long, value_name = "STEP")]
    after: Option<u64>,
    #[command(flatten)]
    check: CheckArgs,
}

/// What kind of value it is.
#[derive(clap::Args)]
struct KindArgs {
    #[arg(long, short, value_name = "4..10", value_parser = digits)]
    digits: Option<Digits>,
    #[arg(long, value_name = "sha1|sha256|sha512", value_parser = hash)]
    hash: Option<Hash>,
}

impl KindArgs {
    fn digits(&self, key: &KeySource) -> Digits {
        self.digits.or(key.digits).unwrap_or(Digits::SIX)
    }

    fn hash(&self, key: &KeySource) -> Hash {
        self.hash.or(key.hash).unwrap_or(Hash::Sha1)
    }
}

/// A response to check, and how far around to look for it.
#[derive(clap::Args)]
struct CheckArgs {
    #[arg(long, short, value_name = "NUMBER", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=WINDOW_MAX))]
    window: u32,
    #[arg(long, value_name = "RESPONSE|-")]
    verify: Vec<String>,
}

/// The widest window; a million values take about a tenth of a second.
const WINDOW_MAX: i64 = 1_000_000;

impl CheckArgs {
    /// The responses to check, none when values are to be computed; nothing when one of them has another form. Of `digits` they
    /// are read as the verifier reads them; a whole HMAC, with `digits` = 0, has nothing but blanks around it.
    fn responses(
        &self,
        digits: u8,
        parse: impl Fn(&str) -> Option<Response>,
    ) -> Result<Option<Vec<Response>>, Failure> {
        let len = usize::from(digits);
        let mut responses = Vec::with_capacity(self.verify.len());
        for given in &self.verify {
            let given = verify::response(given)?;
            let response = match digits {
                0 => parse(given.trim()),
                _ => typed::digits(&given, len..=len).ok().and_then(|typed| parse(&typed)),
            };
            match response {
                Some(response) => responses.push(response),
                None => return Ok(None),
            }
        }
        Ok(Some(responses))
    }

    fn one(&self, digits: u8, parse: impl Fn(&str) -> Option<Response>) -> Result<Option<Response>, Failure> {
        if self.verify.len() > 1 {
            return Err(misused("--verify stands twice: only HOTP resynchronises by consecutive responses"));
        }
        Ok(self.responses(digits, parse)?.and_then(|mut responses| responses.pop()))
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.verb {
        Verb::Hotp(args) => args.run(context),
        Verb::Totp(args) => args.run(context),
        Verb::Ocra(args) => args.run(context),
    }
}

impl HotpArgs {
    fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let source = self.key.read(&Algorithm::Hotp, context)?;
        let (digits, hash) = (self.kind.digits(&source), self.kind.hash(&source));
        let counter = self.counter.or(source.counter).unwrap_or(0);
        let key: &Key = &source.key;
        if self.check.verify.is_empty() {
            let counters = (0..=u64::from(self.check.window)).map(|ahead| counter.wrapping_add(ahead));
            let values = counters.map(|counter| (Moving::Counter(counter), hotp::respond(key, counter, digits, hash)));
            return Values::of("hotp", values).print(context);
        }
        let found = self
            .check
            .responses(digits.get(), |text| Response::parse(text, digits.get()).ok())?
            .and_then(|responses| hotp::resynchronise(key, digits, hash, &responses, counter, self.check.window));
        Checked::of("hotp", found.map(Moving::Counter), None).print(context)
    }
}

impl TotpArgs {
    fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let source = self.key.read(&Algorithm::Totp, context)?;
        let totp = Totp {
            hash: self.kind.hash(&source),
            digits: self.kind.digits(&source),
            step_secs: self.time_step_size.or(source.step).unwrap_or(Totp::default().step_secs),
            t0: self.start_time,
        };
        let clock = totp.step(context.moment()?);
        let now = clock.saturating_add_signed(self.drift.into());
        let key: &Key = &source.key;
        if self.check.verify.is_empty() {
            let steps = (0..=u64::from(self.check.window)).map(|ahead| now.saturating_add(ahead));
            let values = steps.map(|step| (Moving::TimeStep(step), hotp::respond(key, step, totp.digits, totp.hash)));
            return Values::of("totp", values).print(context);
        }
        let response = self.check.one(totp.digits.get(), |text| Response::parse(text, totp.digits.get()).ok())?;
        let then = totp.t0.plus(Duration::from_secs(now.saturating_mul(totp.step_secs.get().into())));
        let found = response.and_then(|response| totp.verify(key, &response, then, self.check.window, self.after));
        Checked::of("totp", found.map(Moving::TimeStep), Some(clock)).print(context)
    }
}

fn digits(text: &str) -> Result<Digits, String> {
    let number = text.parse::<u8>().map_err(|error| error.to_string())?;
    Digits::try_from(number).map_err(|error| error.to_string())
}

fn hash(text: &str) -> Result<Hash, String> {
    text.to_ascii_uppercase().parse::<Hash>().map_err(|error| error.to_string())
}

/// Seconds, with their unit or without: `30`, `30s`, `1m`.
fn step(text: &str) -> Result<NonZeroU32, String> {
    let seconds = match text.parse::<u32>() {
        Ok(seconds) => Some(seconds),
        Err(_) => {
            let span = text.parse::<jiff::SignedDuration>().map_err(|error| error.to_string())?;
            (span.subsec_nanos() == 0).then(|| u32::try_from(span.as_secs()).ok()).flatten()
        }
    };
    seconds.and_then(NonZeroU32::new).ok_or_else(|| "expected whole seconds, 1 at least".to_owned())
}

fn misused(why: impl std::fmt::Display) -> Failure {
    Failure::new(Code::CommandLine).because(why).with("usage", "camtoken oath hotp|totp|ocra --key-file FILE|-")
}
