//! `camtoken enroll question`: puts a question to a customer's card.

use camtoken::key::ActivationId;
use camtoken::store::block_on;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::{Bank, BankArgs};
use crate::config::Lifetime;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::system::rng;
use crate::terminal;
use crate::text::Text;
use crate::value::value;
use crate::verbs::verify::{AttemptArgs, unknown};

#[derive(clap::Args)]
pub(super) struct Args {
    #[arg(value_name = "ACTIVATION")]
    activation: ActivationId,
    #[arg(long, value_name = "1s..600s", value_parser = value::<Lifetime>)]
    ttl: Option<Lifetime>,
    #[command(flatten)]
    attempt: AttemptArgs,
    #[command(flatten)]
    bank: BankArgs,
}

/// A question that was put to a card.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuestionReport {
    /// The activation
    activation: String,
    /// The digits that the customer types into the card
    question: String,
    /// From then on no response is accepted
    expires_at: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let (lifetime, attempt) = (args.ttl.map(Lifetime::duration), args.attempt.read());
    let bank = Bank::open(context, &args.bank)?;
    let rng = &mut rng();
    let issued = bank.verifier.issue_question(args.activation, lifetime, Some(attempt), bank.now, rng);
    let issued = block_on(issued).map_err(|error| unknown(error, attempt))?;
    context.out.report(&QuestionReport {
        activation: args.activation.to_string(),
        question: issued.question,
        expires_at: issued.expires_at.to_string(),
    })?;
    Ok(Exit::Done)
}

impl Document for QuestionReport {
    const SCHEMA: &'static str = "camtoken/question/1";

    fn human(&self, text: &Text) -> String {
        let row = |key: &str, value: &str| [text.get(key), value.to_owned()];
        let rows = [row("enroll-question", &self.question), row("issued-expires", &self.expires_at)];
        terminal::columns(&rows)
    }

    fn bare(&self) -> String {
        format!("{}\n", self.question)
    }
}
