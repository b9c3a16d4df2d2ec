//! `camtoken enroll status`: the books without their secrets.

use camtoken::ActivationId;
use camtoken::store::{RecordId, Store, block_on};
use camtoken::verifier::RegisteredToken;
use camtoken_documents::{ActivationStatus, TokenStatus};
use schemars::JsonSchema;
use serde::Serialize;

use super::args::Holder;
use crate::bank::{Bank, BankArgs};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "ACTIVATION|TOKEN")]
    id: Option<Holder>,
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
    /// The token; none for a time-based generator
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(flatten)]
    status: ActivationStatus,
}

/// How many records are asked for at a time.
const PAGE: usize = 1000;

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let bank = Bank::open(context, &args.bank)?;
    let mut books = Books { tokens: Vec::new(), activations: Vec::new() };
    match &args.id {
        Some(Holder::Activation(id)) => {
            books.add_activation(*id, &bank)?;
            if books.activations.is_empty() {
                return Err(Failure::new(Code::NoActivation).because(format!("no activation {id}")).result("rejected"));
            }
        }
        Some(Holder::Token(id)) => {
            let Some(token) = block_on(bank.verifier.token(id))? else {
                return Err(Failure::new(Code::NoToken).because(format!("no token {id}")).result("rejected"));
            };
            for activation in token.activations() {
                books.add_activation(*activation, &bank)?;
            }
            books.add_token(&token);
        }
        None => {
            for id in ids(&bank)? {
                match id {
                    RecordId::Activation(id) => books.add_activation(id, &bank)?,
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
        if self.tokens.is_empty() && self.activations.is_empty() {
            return format!("{}\n", text.get("books-empty"));
        }
        // A token that is revoked has an asterisk behind its ID.
        let mark = |token: &str| {
            let revoked = self.tokens.iter().any(|line| line.token == token && line.status.revoked);
            format!("{token}{}", if revoked { "*" } else { "" })
        };
        let mut rows = vec![
            ["token", "activation", "state", "contract", "user", "failures", "challenge"]
                .map(|column| text.get(&format!("books-{column}"))),
        ];
        for line in &self.activations {
            rows.push([
                line.token.as_deref().map_or_else(|| text.get("books-no-token"), mark),
                line.activation.clone(),
                text.get(&format!("activation-{}", line.status.state)),
                line.status.contract.clone(),
                line.status.user.clone(),
                line.status.failures.to_string(),
                line.status
                    .challenge
                    .as_ref()
                    .map(|open| format!("{} {}", open.operation, open.challenge))
                    .unwrap_or_default(),
            ]);
        }
        for line in self.tokens.iter().filter(|line| line.status.activations.is_empty() || self.activations.is_empty())
        {
            let state = if line.status.revoked { text.get("activation-revoked") } else { text.get("books-free") };
            rows.push([
                mark(&line.token),
                String::new(),
                state,
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
        terminal::columns(&rows)
    }

    /// The token IDs, then the activations, with their states.
    fn bare(&self) -> String {
        let tokens =
            self.tokens.iter().map(|line| format!("{}{}\n", line.token, if line.status.revoked { "*" } else { "" }));
        let activations = self.activations.iter().map(|line| format!("{} {}\n", line.activation, line.status.state));
        tokens.chain(activations).collect()
    }
}
