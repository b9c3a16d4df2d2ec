//! `camtoken enroll status`: the records without their secrets.

use camtoken::key::{ActivationId, GeneratorId, TokenId};
use camtoken::store::{RecordId, Store, block_on};
use camtoken::verifier::RegisteredToken;
use camtoken_documents::{ActivationStatus, GeneratorStatus, KeyValidity, TokenStatus};
use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::{Bank, BankArgs};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "ACTIVATION|TOKEN|SERIAL")]
    id: Option<GeneratorId>,
    #[command(flatten)]
    bank: BankArgs,
}

/// Tokens and activations as the verifier knows them.
#[derive(Serialize, JsonSchema)]
pub struct Books {
    /// The tokens
    tokens: Vec<TokenLine>,
    /// The activations
    activations: Vec<ActivationLine>,
    /// The generators that came from their makers
    generators: Vec<GeneratorStatus>,
}

#[derive(Serialize, JsonSchema)]
struct TokenLine {
    /// What is printed on it
    token: String,
    #[serde(flatten)]
    status: TokenStatus,
}

#[derive(Serialize, JsonSchema)]
struct ActivationLine {
    /// The activation
    activation: String,
    /// The token; none for a generator
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(flatten)]
    status: ActivationStatus,
}

/// How many records are asked for at a time.
const PAGE: usize = 1000;

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let bank = Bank::open(context, &args.bank)?;
    let mut books = Books { tokens: Vec::new(), activations: Vec::new(), generators: Vec::new() };
    match &args.id {
        Some(id) => {
            books.add_named(id, &bank)?;
            if books.is_empty() {
                return Err(unknown(id));
            }
        }
        None => {
            for id in ids(&bank)? {
                match id {
                    RecordId::Activation(id) => books.add_activation(id, &bank)?,
                    RecordId::Generator(id) => {
                        let generator = block_on(bank.verifier.generator(&id))?;
                        books.generators.extend(generator.as_ref().map(GeneratorStatus::from));
                    }
                    RecordId::Token(id) => {
                        if let Some(token) = block_on(bank.verifier.token(&id))? {
                            books.add_token(&token);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    context.out.report(&books)?;
    Ok(Exit::Done)
}

/// A serial number may have the form of a token ID or of an activation, so each of them is looked for.
fn unknown(id: &GeneratorId) -> Failure {
    let (code, what) = match (id.as_str().parse::<ActivationId>(), id.as_str().parse::<TokenId>()) {
        (Ok(_), _) => (Code::NoActivation, "activation"),
        (_, Ok(_)) => (Code::NoToken, "token"),
        _ => (Code::NoGenerator, "generator"),
    };
    Failure::new(code).because(format!("no {what} {id}")).result("rejected")
}

/// Every record of the store, in order.
pub fn ids(bank: &Bank) -> Result<Vec<RecordId>, Failure> {
    let mut ids: Vec<RecordId> = Vec::new();
    loop {
        let page = block_on(bank.verifier.store().list(ids.last(), PAGE))?;
        let last = page.len() < PAGE;
        ids.extend(page);
        if last {
            return Ok(ids);
        }
    }
}

impl Books {
    fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.activations.is_empty() && self.generators.is_empty()
    }

    /// Adds what has this name: an activation, a token with its activations, a generator with the one of its user.
    fn add_named(&mut self, id: &GeneratorId, bank: &Bank) -> Result<(), Failure> {
        if let Ok(activation) = id.as_str().parse() {
            self.add_activation(activation, bank)?;
        }
        if let Ok(token) = id.as_str().parse()
            && let Some(token) = block_on(bank.verifier.token(&token))?
        {
            for activation in token.activations() {
                self.add_activation(*activation, bank)?;
            }
            self.add_token(&token);
        }
        if let Some(generator) = block_on(bank.verifier.generator(id))? {
            if let Some(activation) = generator.activation() {
                self.add_activation(activation, bank)?;
            }
            self.generators.push((&generator).into());
        }
        Ok(())
    }

    fn add_token(&mut self, token: &RegisteredToken) {
        self.tokens.push(TokenLine { token: token.id().to_string(), status: token.into() });
    }

    fn add_activation(&mut self, id: ActivationId, bank: &Bank) -> Result<(), Failure> {
        if let Some(activation) = block_on(bank.verifier.activation(id))? {
            self.activations.push(ActivationLine {
                activation: id.to_string(),
                token: activation.token().map(ToString::to_string),
                status: ActivationStatus::of(&activation, bank.now),
            });
        }
        Ok(())
    }
}

impl Document for Books {
    const SCHEMA: &'static str = "camtoken/books/1";

    fn human(&self, text: &Text) -> String {
        if self.is_empty() {
            return format!("{}\n", text.get("books-empty"));
        }
        // A token that is revoked has an asterisk behind its ID.
        let mark = |token: &str| {
            let revoked = self.tokens.iter().any(|line| line.token == token && line.status.revoked);
            format!("{token}{}", if revoked { "*" } else { "" })
        };
        let columns = ["token", "activation", "state", "contract", "user", "failures", "challenge", "validity"];
        let mut rows = vec![columns.map(|column| text.get(&format!("books-{column}")))];
        for ActivationLine { activation, token, status } in &self.activations {
            let open = status.challenge.as_ref().map(|open| format!("{} {}", open.operation, open.challenge));
            let no_token = || match (&status.generator, status.kind) {
                (Some(generator), _) => generator.clone(),
                (None, _) => text.get("books-no-token"),
            };
            rows.push([
                token.as_deref().map_or_else(no_token, mark),
                activation.clone(),
                text.get(&format!("activation-{}", status.state)),
                status.contract.clone(),
                status.user.clone(),
                status.failures.to_string(),
                open.unwrap_or_default(),
                span(&status.validity),
            ]);
        }
        let mut add = |id: String, state: &str, validity: &KeyValidity| {
            let mut row = [const { String::new() }; 8];
            (row[0], row[2], row[7]) = (id, text.get(state), span(validity));
            rows.push(row);
        };
        for line in self.tokens.iter().filter(|line| line.status.activations.is_empty() || self.activations.is_empty())
        {
            let state = if line.status.revoked { "activation-revoked" } else { "books-free" };
            add(mark(&line.token), state, &line.status.validity);
        }
        for generator in self.generators.iter().filter(|generator| generator.activation.is_none()) {
            add(generator.generator.clone(), "books-free", &generator.validity);
        }
        // Most tokens are valid without end.
        match rows.iter().skip(1).all(|row| row[7].is_empty()) {
            true => terminal::columns(
                &rows.iter().map(|row| <[String; 7]>::clone(row[..7].try_into().expect("7 of 8"))).collect::<Vec<_>>(),
            ),
            false => terminal::columns(&rows),
        }
    }

    /// The token IDs, the serial numbers of generators, then the activations, with their states.
    fn bare(&self) -> String {
        let tokens =
            self.tokens.iter().map(|line| format!("{}{}\n", line.token, if line.status.revoked { "*" } else { "" }));
        let generators = self.generators.iter().map(|line| format!("{}\n", line.generator));
        let activations = self.activations.iter().map(|line| format!("{} {}\n", line.activation, line.status.state));
        tokens.chain(generators).chain(activations).collect()
    }
}

/// The days of a key's first and last use.
fn span(KeyValidity { valid_from, valid_until, .. }: &KeyValidity) -> String {
    let day = |at: &Option<String>| at.as_deref().unwrap_or_default().chars().take(10).collect::<String>();
    match (valid_from, valid_until) {
        (None, None) => String::new(),
        _ => format!("{}..{}", day(valid_from), day(valid_until)),
    }
}
