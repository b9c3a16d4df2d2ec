//! `camtoken verify`: settles a response, once. Exit 0 accepted, 6 not.

use std::io::{self, BufRead, Read};

use camtoken::key::ActivationId;
use camtoken::store::block_on;
use camtoken::token::pages;
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{AttemptId, ChallengeRef, Rejection, Verdict};
use camtoken_documents::Settled;
use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

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
    #[arg(value_name = "CHALLENGE")]
    challenge: String,
    #[arg(value_name = "RESPONSE|-")]
    response: String,
    #[command(flatten)]
    attempt: AttemptArgs,
    #[arg(long, aliases = ["event-based", "card"])]
    time_based: bool,
    #[command(flatten)]
    bank: BankArgs,
}

/// What the verifier says.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    #[serde(flatten)]
    settled: Settled,
    /// The reason in the chosen language
    pub message: String,
    /// The name of the attempt: asked again by it, the answer is the same
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let asked = Asked::read(args)?;
    let attempt = args.attempt.read();
    let response = response(&args.response)?;
    let bank = Bank::open(context, &args.bank)?;
    let verdict = match asked {
        Asked::Challenge(challenge) => block_on(bank.verifier.verify(challenge, &response, attempt, bank.now)),
        Asked::Password(activation) => {
            block_on(bank.verifier.verify_password(activation, &response, attempt, bank.now))
        }
    };
    let verdict = verdict.map_err(|error| unknown(error, attempt))?;
    context.out.report(&Report { attempt: Some(attempt.to_string()), ..Report::of(&verdict, &context.out.text) })?;
    Ok(if verdict.is_accepted() { Exit::Done } else { Exit::Rejected })
}

enum Asked {
    Challenge(ChallengeRef),
    Password(ActivationId),
}

impl Asked {
    fn read(args: &Args) -> Result<Self, Failure> {
        let asked = if args.time_based {
            args.challenge.parse().map(Self::Password)
        } else {
            args.challenge.parse().map(Self::Challenge)
        };
        asked.map_err(|error| match args.time_based {
            true => misused(error, TIME_BASED),
            false => Failure::new(Code::CommandLine).because_of("why-no-challenge", &[]).with("usage", CHALLENGE),
        })
    }
}

const CHALLENGE: &str = "camtoken verify <CHALLENGE> <RESPONSE|->";
const TIME_BASED: &str = "camtoken verify --time-based <ACTIVATION> <RESPONSE|->";

fn misused(why: impl std::fmt::Display, usage: &str) -> Failure {
    Failure::new(Code::CommandLine).because(why).with("usage", usage)
}

/// The name of an attempt: given, or drawn.
#[derive(clap::Args)]
pub struct AttemptArgs {
    #[arg(long, value_name = "UUID")]
    attempt: Option<AttemptId>,
}

impl AttemptArgs {
    pub fn read(&self) -> AttemptId {
        self.attempt.unwrap_or_else(|| AttemptId::generate(&mut rng()))
    }
}

/// A failure after which it may not be known what was decided: with the attempt ID for a retry.
pub fn unknown(error: impl Into<Failure>, attempt: AttemptId) -> Failure {
    let failure = error.into();
    if failure.code() == Code::StoreUnknown { failure.and(format!("--attempt {attempt}")) } else { failure }
}

/// The text that a person typed, unchanged; from standard input, one line with its end.
pub fn response(given: &str) -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(String::with_capacity(256));
    if given == "-" {
        let read = io::stdin().lock().take(255).read_line(&mut line);
        read.map_err(|error| Failure::new(Code::Read).because(format!("-: {error}")))?;
    } else {
        line.push_str(given);
    }
    Ok(line)
}

impl Report {
    /// The verdict as a document.
    pub fn of(verdict: &Verdict, text: &Text) -> Self {
        match verdict {
            Verdict::Rejected(rejection) => Self::rejected(*rejection, text),
            Verdict::Accepted(_) => {
                Self { settled: verdict.into(), message: text.get("verdict-accepted"), attempt: None }
            }
        }
    }

    /// A rejection as a document.
    pub fn rejected(rejection: Rejection, text: &Text) -> Self {
        Self { settled: rejection.into(), message: message(rejection, text), attempt: None }
    }
}

fn message(rejection: Rejection, text: &Text) -> String {
    let name = match rejection {
        Rejection::Wrong { suspended: true, .. } => "wrong-suspended",
        Rejection::Wrong { tries_left: 0, .. } => "wrong-last",
        Rejection::Wrong { tries_left: 1, .. } => "wrong-one-left",
        Rejection::Wrong { tries_left, .. } => {
            return text.with("verdict-wrong", &[("left", &tries_left.to_string())]);
        }
        Rejection::Malformed { digits } => return text.with("verdict-malformed", &[("digits", &digits.to_string())]),
        Rejection::Exhausted => "exhausted",
        Rejection::Expired => "expired",
        Rejection::AlreadySettled => "used",
        Rejection::Superseded => "superseded",
        Rejection::Suspended => "suspended",
        Rejection::Revoked => "revoked",
        Rejection::NotActivated => "not-activated",
        Rejection::KeyNotYetValid => "key-early",
        Rejection::KeyExpired => "key-expired",
        Rejection::NeedsResynchronisation => "resync",
        _ => "unknown",
    };
    text.get(&format!("verdict-{name}"))
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/verdict/1";

    fn human(&self, text: &Text) -> String {
        let mut page = format!("{}\n", self.message);
        if let Some(signed) = &self.settled.transaction {
            let operation: Operation = signed.operation.parse().expect("a name of the catalogue");
            let entry = operation.entry();
            page += &format!("\n{}\n", entry.label.text(text.language));
            // As the token shows them; those that it does not show stay in their canonical form.
            let rows = Transaction::new(operation, &signed.fields)
                .map(|it| pages::rows(&it, text.language))
                .unwrap_or_default();
            let shown = |name: &str| rows.iter().find(|row| row.field.name == name).map(|row| row.value.clone());
            let rows = entry.fields.iter().filter_map(|field| {
                let value = signed.fields.get(field.name)?;
                let value = shown(field.name).unwrap_or_else(|| value.clone());
                Some([format!("  {}", field.label.text(text.language)), value])
            });
            page += &terminal::columns(&rows.collect::<Vec<_>>());
        }
        page
    }

    fn bare(&self) -> String {
        format!("{}\n", self.settled.result)
    }
}
