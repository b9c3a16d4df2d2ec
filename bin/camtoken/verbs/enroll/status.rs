//! `camtoken enroll status`: the books without their secrets.

use camtoken::store::{RecordId, Store, block_on};
use camtoken::verifier::record::ChallengeEnd;
use camtoken::verifier::{ActivationState, ChallengeRef, Credential, Record, TokenRecord};
use camtoken::{ActivationId, Timestamp, TokenId};
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
    /// Whether it is revoked, and its ID never usable again
    revoked: bool,
    /// Whether it was made for tests
    test: bool,
    /// Its activations
    activations: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ActivationLine {
    /// The activation
    activation: String,
    /// firstCode, secondCode, active, suspended, revoked or reset
    state: &'static str,
    /// The token; none for a time-based generator
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// The contract number
    contract: String,
    /// The user ID within the contract
    user: String,
    /// Wrong responses in a row
    failures: u8,
    /// Whether it ever gave a right response
    signed: bool,
    /// The challenge that may be answered now
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<OpenChallenge>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OpenChallenge {
    /// Its name
    challenge: String,
    /// What is asked
    operation: &'static str,
    /// Until when
    expires_at: String,
    /// Wrong responses so far
    wrong: u8,
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
            for activation in &token.activations {
                books.add_activation(*activation, &bank)?;
            }
            books.add_token(id, &token);
        }
        None => {
            for id in ids(&bank)? {
                match id {
                    RecordId::Activation(id) => books.add_activation(id, &bank)?,
                    RecordId::KeyCheck => {}
                    RecordId::Token(id) => {
                        if let Some(token) = block_on(bank.verifier.token(&id))? {
                            books.add_token(&id, &token);
                        }
                    }
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
    fn add_token(&mut self, id: &TokenId, token: &TokenRecord) {
        self.tokens.push(TokenLine {
            token: id.to_string(),
            revoked: token.revoked,
            test: token.test,
            activations: token.activations.iter().map(ToString::to_string).collect(),
        });
    }

    fn add_activation(&mut self, id: ActivationId, bank: &Bank) -> Result<(), Failure> {
        if let Some(record) = block_on(bank.verifier.record(id))? {
            self.activations.push(ActivationLine::of(id, &record, bank.now));
        }
        Ok(())
    }
}

impl ActivationLine {
    fn of(id: ActivationId, record: &Record, now: Timestamp) -> Self {
        Self {
            activation: id.to_string(),
            state: state(&record.state),
            token: match &record.credential {
                Credential::Camera { token, .. } => Some(token.to_string()),
                Credential::TimeBased { .. } => None,
            },
            contract: record.subscriber.contract.clone(),
            user: record.subscriber.user.clone(),
            failures: record.failures,
            signed: record.signed,
            challenge: OpenChallenge::of(id, record, now),
        }
    }
}

impl OpenChallenge {
    fn of(activation: ActivationId, record: &Record, now: Timestamp) -> Option<Self> {
        let may_answer = record.state == ActivationState::Active;
        let issued = record.challenge.as_ref().filter(|issued| may_answer && now < issued.expires_at)?;
        let ended: Option<ChallengeEnd> = issued.end;
        ended.is_none().then(|| Self {
            challenge: ChallengeRef { activation, id: issued.id }.to_string(),
            operation: issued.transaction.operation().entry().name,
            expires_at: issued.expires_at.to_string(),
            wrong: issued.wrong_answers,
        })
    }
}

fn state(state: &ActivationState) -> &'static str {
    match state {
        ActivationState::FirstCode(_) => "firstCode",
        ActivationState::SecondCode(_) => "secondCode",
        ActivationState::Active => "active",
        ActivationState::Suspended => "suspended",
        ActivationState::Revoked => "revoked",
        ActivationState::Reset => "reset",
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
            let revoked = self.tokens.iter().any(|line| line.token == token && line.revoked);
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
                text.get(&format!("activation-{}", line.state)),
                line.contract.clone(),
                line.user.clone(),
                line.failures.to_string(),
                line.challenge
                    .as_ref()
                    .map(|open| format!("{} {}", open.operation, open.challenge))
                    .unwrap_or_default(),
            ]);
        }
        for line in self.tokens.iter().filter(|line| line.activations.is_empty() || self.activations.is_empty()) {
            let state = if line.revoked { text.get("activation-revoked") } else { text.get("books-free") };
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
        let tokens = self.tokens.iter().map(|line| format!("{}{}\n", line.token, if line.revoked { "*" } else { "" }));
        let activations = self.activations.iter().map(|line| format!("{} {}\n", line.activation, line.state));
        tokens.chain(activations).collect()
    }
}
