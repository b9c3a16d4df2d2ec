//! `camtoken enroll audit`: what happened to an activation, checked entry by entry.

use camtoken::store::block_on;
use camtoken::verifier::audit::{self, AuditEntry};
use schemars::JsonSchema;
use serde::Serialize;

use super::args::ActivationArgs;
use crate::bank::Bank;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;

/// The history of an activation.
#[derive(Serialize, JsonSchema)]
pub struct History {
    /// The activation
    activation: String,
    /// Whether the chain is whole; if it is not, no entry of it is shown
    whole: bool,
    /// Where it is broken
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<String>,
    /// What happened, the oldest first
    entries: Vec<Line>,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    /// When
    at: String,
    /// What happened
    event: String,
    /// The challenge that it was about
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// The operation of the challenge
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    /// SHA-256 over everything that the challenge says
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<String>,
    /// Wrong responses in a row after it
    failures: u8,
    /// Who asked for it over HTTP: the name of a key or a certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
}

pub fn run(args: &ActivationArgs, context: &Context) -> Result<Exit, Failure> {
    let bank = Bank::open(context, &args.bank)?;
    let id = args.activation;
    if block_on(bank.verifier.record(id))?.is_none() {
        return Err(Failure::new(Code::NoActivation).because(format!("no activation {id}")).result("rejected"));
    }
    let history = History::of(id.to_string(), block_on(bank.verifier.audit(id))?);
    context.out.report(&history)?;
    Ok(if history.whole { Exit::Done } else { Exit::Findings })
}

impl History {
    fn of(activation: String, history: audit::History) -> Self {
        match history {
            audit::History::Whole(entries) => {
                let entries = entries.into_iter().map(Line::of).collect();
                Self { activation, whole: true, broken: None, entries }
            }
            audit::History::Broken(error) => {
                Self { activation, whole: false, broken: Some(error.to_string()), entries: Vec::new() }
            }
        }
    }
}

impl Line {
    fn of(entry: AuditEntry) -> Self {
        let event = serde_json::to_value(entry.event).expect("an event is a word");
        Self {
            at: entry.at,
            event: event.as_str().unwrap_or_default().to_owned(),
            challenge: entry.challenge,
            operation: entry.operation,
            question: entry.question,
            failures: entry.failures,
            actor: entry.actor,
        }
    }
}

impl Document for History {
    const SCHEMA: &'static str = "camtoken/history/1";

    fn human(&self, text: &Text) -> String {
        let row = |line: &Line| {
            let actor = line.actor.as_ref().map(|actor| format!("({actor})"));
            let about = [line.operation.as_deref(), line.challenge.as_deref(), actor.as_deref()].into_iter().flatten();
            [line.at.clone(), line.event.clone(), about.collect::<Vec<_>>().join(" ")]
        };
        let page = terminal::columns(&self.entries.iter().map(row).collect::<Vec<_>>());
        match &self.broken {
            None => format!("{page}{}\n", text.get("audit-whole")),
            Some(broken) => format!("{}: {broken}\n", text.get("audit-broken")),
        }
    }

    fn bare(&self) -> String {
        self.entries.iter().map(|line| format!("{} {}\n", line.at, line.event)).collect()
    }
}
