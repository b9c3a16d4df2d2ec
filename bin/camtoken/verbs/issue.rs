//! `camtoken issue`: puts a transaction to an activation, and draws the code.

mod fields;

use camtoken::key::ActivationId;
use camtoken::store::block_on;
use camtoken::transaction::{Operation, Transaction, TransactionError};
use camtoken_documents::issued_operations;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::{Bank, BankArgs};
use crate::config::Lifetime;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::picture::PictureArgs;
use crate::system::rng;
use crate::terminal;
use crate::text::Text;
use crate::value::value;
use crate::verbs::verify::{AttemptArgs, unknown};

use fields::FieldArgs;
pub use fields::schema;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "OPERATION")]
    operation: String,
    #[arg(long = "for", value_name = "ACTIVATION")]
    activation: ActivationId,
    #[command(flatten)]
    fields: FieldArgs,
    #[arg(long, value_name = "1s..600s", value_parser = value::<Lifetime>)]
    ttl: Option<Lifetime>,
    #[command(flatten)]
    attempt: AttemptArgs,
    #[command(flatten)]
    picture: PictureArgs,
    #[command(flatten)]
    bank: BankArgs,
}

/// A challenge that was issued.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Its name, for `camtoken verify`
    challenge: String,
    /// Who is asked
    activation: String,
    /// What is asked
    operation: &'static str,
    /// From then on no response is accepted
    expires_at: String,
    /// The text that the 2D code carries
    code: String,
    /// The file that the picture was written to
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let out = &context.out;
    args.picture.check(out)?;
    let operation = operation(&args.operation)?;
    let bank = Bank::open(context, &args.bank)?;
    let given = args.fields.gather(operation, bank.now)?;
    let transaction = Transaction::new(operation, given).map_err(|error| {
        let names: Vec<_> = operation.entry().fields.iter().map(|field| field.name).collect();
        let failure = Failure::new(Code::Fields).with("names", names.join(", "));
        match error {
            TransactionError::Missing { field } => failure.because_of("why-field-missing", &[("field", field)]),
            error => failure.because(error),
        }
    })?;
    let lifetime = args.ttl.map(Lifetime::duration);
    let attempt = args.attempt.read();
    let rng = &mut rng();
    let issue = bank.verifier.issue_once(attempt, args.activation, transaction, lifetime, bank.now, rng);
    let issued = block_on(issue).map_err(|error| unknown(error, attempt))?;

    let report = Report {
        challenge: issued.reference.to_string(),
        activation: args.activation.to_string(),
        operation: operation.entry().name,
        expires_at: issued.expires_at.to_string(),
        code: issued.code.to_string(),
        picture: args.picture.draw(issued.code.as_str(), out)?,
    };
    if args.picture.goes_to_stdout() {
        out.tell(&report)?
    } else {
        out.report(&report)?
    }
    Ok(Exit::Done)
}

/// An operation that is issued: those of a registration have verbs of their own.
fn operation(name: &str) -> Result<Operation, Failure> {
    name.parse().ok().filter(|operation| issued_operations().any(|known| known == *operation)).ok_or_else(|| {
        let names: Vec<_> = issued_operations().map(|operation| operation.entry().name).collect();
        Failure::new(Code::NoOperation).because(format!("unknown operation {name:?}")).with("names", names.join(", "))
    })
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/challenge/1";

    fn human(&self, text: &Text) -> String {
        let row = |key: &str, value: &str| [text.get(key), value.to_owned()];
        let mut rows = vec![
            row("issued-challenge", &self.challenge),
            row("issued-expires", &self.expires_at),
            row("issued-code", &self.code),
        ];
        rows.extend(self.picture.as_deref().map(|picture| row("issued-picture", picture)));
        terminal::columns(&rows)
    }

    fn bare(&self) -> String {
        format!("{}\n", self.challenge)
    }
}
