//! The documents of the verbs about tokens.

use camtoken::Timestamp;
use camtoken::token::{Faults, Refusal, Token};
use camtoken_documents::{AccountLine, Panel, Registered, TokenScreen};
use camtoken_formats::Accounts;
use schemars::JsonSchema;
use serde::Serialize;

use crate::document::Document;
use crate::terminal;
use crate::text::Text;
use crate::tokens::Held;

/// One token.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// What it is called here
    name: String,
    /// What is printed on its back
    id: String,
    /// Whether it is for tests
    test: bool,
    /// Whether its file is encrypted
    encrypted: bool,
    /// What it speaks: ja or en
    language: &'static str,
    /// standard, or japan: it has no PIN
    profile: &'static str,
    /// How many users it takes
    slots: usize,
    /// What it is doing
    state: &'static str,
    /// Who is registered
    activations: Vec<Registered>,
    /// The accounts of other systems that it holds
    accounts: Vec<AccountLine>,
    /// The registration that waits for its second code
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<String>,
    /// The faults that are set
    faults: FaultReport,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FaultReport {
    /// Percent
    battery: u8,
    /// Whether every activation acts as if it had not been finished
    half_activated: bool,
    /// Seconds that the token's clock is ahead
    clock_offset: i64,
    /// How the next scan ends
    #[serde(skip_serializing_if = "Option::is_none")]
    next_scan: Option<&'static str>,
}

/// The tokens there are.
#[derive(Serialize, JsonSchema)]
pub struct List {
    /// In the order of their names
    pub tokens: Vec<Entry>,
}

#[derive(Serialize, JsonSchema)]
pub struct Entry {
    /// The name
    pub name: String,
    /// Whether the file is encrypted; what is inside is not known then
    pub encrypted: bool,
    /// What is printed on its back
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How many users are registered
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activations: Option<usize>,
    /// How many it takes
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<usize>,
    /// Why it cannot be read
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

/// What a token's screen shows.
#[derive(Serialize, JsonSchema)]
pub struct Shown {
    /// The token
    name: String,
    #[serde(flatten)]
    shown: TokenScreen,
    /// lit, lines and softkeys
    screen: Panel,
}

/// A token that was written, reset or removed.
#[derive(Serialize, JsonSchema)]
pub struct Saved {
    /// The token
    pub name: String,
    /// exported, reset or removed
    pub what: &'static str,
    /// The file that was written
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The token itself, when no file was named
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<serde_json::Value>,
}

impl Info {
    /// A token as it is now.
    pub fn of(held: &Held, now: Timestamp) -> Self {
        let token = held.device.token();
        let Faults { battery, half_activated, clock_offset, next_scan } = token.faults.clone();
        let accounts = token.expose_accounts().and_then(|json| Accounts::from_json(json).ok());
        Self {
            name: held.name.clone(),
            id: token.id().to_string(),
            test: token.is_test(),
            encrypted: held.is_encrypted(),
            language: token.language.as_str(),
            profile: token.profile().as_str(),
            slots: token.slots(),
            state: held.device.state(now).as_str(),
            activations: Registered::all(token),
            accounts: accounts.as_ref().map(AccountLine::all).unwrap_or_default(),
            pending: token.pending().map(|id| id.to_string()),
            faults: FaultReport { battery, half_activated, clock_offset, next_scan: next_scan.map(Refusal::code) },
        }
    }
}

impl Document for Info {
    const SCHEMA: &'static str = "camtoken/tokeninfo/1";

    fn human(&self, text: &Text) -> String {
        let mut rows = Vec::new();
        let mut row = |key: &str, value: String| rows.push([text.get(key), value]);
        row("token-name", self.name.clone());
        row("token-id", self.id.clone());
        let kind = if self.test { "token-test" } else { "token-production" };
        row("token-kind", text.get(kind));
        row("token-language", self.language.to_owned());
        row("token-slots", format!("{}/{}  {}", self.activations.len(), self.slots, self.profile));
        row("token-state", text.get(&format!("state-{}", self.state)));
        for known in &self.activations {
            let Registered { slot, id, bank, contract, user, .. } = known;
            row("token-activation", format!("{slot}  {id}  {bank}  {contract}  {user}"));
        }
        for account in &self.accounts {
            row("token-account", format!("{}  {}  {}", account.kind, account.name.issuer, account.name.user));
        }
        if let Some(pending) = &self.pending {
            row("token-pending", pending.clone());
        }
        let FaultReport { battery, half_activated, clock_offset, next_scan } = &self.faults;
        let faults: Vec<_> = [
            (*battery < 100).then(|| format!("--battery {battery}")),
            half_activated.then(|| "--half-activated".to_owned()),
            (*clock_offset != 0).then(|| format!("--clock {clock_offset:+}s")),
            next_scan.map(|code| format!("--next-scan {code}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !faults.is_empty() {
            row("token-faults", faults.join(" "));
        }
        terminal::columns(&rows)
    }

    fn bare(&self) -> String {
        format!("{}\n", self.id)
    }
}

impl Document for List {
    const SCHEMA: &'static str = "camtoken/tokens/1";

    fn human(&self, text: &Text) -> String {
        if self.tokens.is_empty() {
            return text.get("token-none") + "\n";
        }
        let rows: Vec<_> = self
            .tokens
            .iter()
            .map(|entry| {
                let inside = match (entry.activations, entry.error) {
                    (_, Some(code)) => code.to_owned(),
                    (Some(count), _) => format!("{count}/{}", entry.slots.unwrap_or(Token::SLOTS)),
                    (None, None) => text.get("token-encrypted"),
                };
                [entry.name.clone(), entry.id.clone().unwrap_or_else(|| "-".to_owned()), inside]
            })
            .collect();
        terminal::columns(&rows)
    }

    fn bare(&self) -> String {
        self.tokens.iter().map(|entry| format!("{}\n", entry.name)).collect()
    }
}

impl Shown {
    /// The present screen of a token.
    pub fn of(held: &Held, now: Timestamp) -> Self {
        let screen = held.device.screen(now).into();
        Self { name: held.name.clone(), shown: TokenScreen::of(&held.device, now), screen }
    }
}

impl Document for Shown {
    const SCHEMA: &'static str = "camtoken/screen/1";

    fn human(&self, text: &Text) -> String {
        if self.screen.lit { self.shown.text.clone() } else { text.get("state-off") + "\n" }
    }

    /// The digits, once there are any.
    fn bare(&self) -> String {
        self.shown.digits.either().map(|digits| format!("{digits}\n")).unwrap_or_default()
    }
}

impl Document for Saved {
    const SCHEMA: &'static str = "camtoken/tokenfile/1";

    fn human(&self, text: &Text) -> String {
        let file = self.file.clone().unwrap_or_default();
        let done = text.with(&format!("token-{}", self.what), &[("name", &self.name), ("file", &file)]);
        terminal::clean(&done) + "\n"
    }

    fn bare(&self) -> String {
        self.file.as_ref().map(|file| format!("{}\n", terminal::clean(file))).unwrap_or_default()
    }
}
