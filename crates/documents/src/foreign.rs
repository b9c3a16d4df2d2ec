//! What a token does with the codes of other systems.

use camtoken::language::Language;
use camtoken_formats::{Account, AccountName, Accounts, Part, Refusal, Shown};
use schemars::JsonSchema;
use serde::Serialize;

/// What became of a code of another system.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ForeignCode")]
#[non_exhaustive]
pub struct Foreign {
    /// What kind of code it is: otpauth, tiqr-enrolment, tiqr-login, linotp-pairing, linotp-challenge, powerauth-offline, …
    pub format: &'static str,
    /// What the token has done
    pub act: ForeignAct,
    /// What the token shows of it, in order
    pub fields: Vec<ForeignField>,
    /// What the code does not protect, in the token's language
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<&'static str>,
    /// The accounts that it is about
    pub accounts: Vec<AccountRef>,
    /// What a person types
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// What has to be sent, or can be sent in place of typing: method, url, headers and form; or sms and text
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errand: Option<serde_json::Value>,
    /// What the server has said, where it refuses
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerWord>,
    /// The name of what has to be sent, under which the server's answer is handed back (over HTTP)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errand_id: Option<String>,
    /// Whether it was sent, and taken by the server
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<bool>,
}

/// What a server has said to an answer that it refuses.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServerWord {
    /// Its word
    pub word: String,
    /// How many more answers may be wrong
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_left: Option<u32>,
    /// For how many minutes the account is blocked
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_minutes: Option<u32>,
}

/// What a token has done with a code of another system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ForeignAct {
    /// It has shown what the code says; nothing is answered.
    Shown,
    /// It holds new accounts.
    Registered,
    /// It has answered.
    Answered,
}

/// A value that the token shows, with its label.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ForeignField {
    /// The name of the field: service, user, host, message, …
    pub name: &'static str,
    /// The label, in the token's language
    pub label: &'static str,
    /// The value
    pub shown: String,
}

/// An account on a token.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Account")]
#[non_exhaustive]
pub struct AccountLine {
    #[serde(flatten)]
    #[allow(missing_docs, reason = "its own documentation would stand in the schema")]
    pub name: AccountRef,
    /// otp, ocra, tiqr, linotp or powerauth
    pub kind: &'static str,
    /// Whether it answers with a PIN only
    pub pin: bool,
    /// Whether its server has blocked it
    pub blocked: bool,
}

/// The name of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct AccountRef {
    /// Who issued it; may be empty
    pub issuer: String,
    /// For whom
    pub user: String,
}

/// A part of a code that anybody can read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CodePart {
    /// Its name
    pub name: &'static str,
    /// Its value
    pub value: String,
}

impl Foreign {
    /// A code as the token has shown it.
    #[must_use]
    pub fn new(
        format: &'static str,
        act: ForeignAct,
        shown: &Shown,
        names: &[AccountName],
        language: Language,
    ) -> Self {
        let field =
            |row: camtoken_formats::ShownRow| ForeignField { name: row.role, label: row.label, shown: row.value };
        Self {
            format,
            act,
            fields: shown.rows(language).into_iter().map(field).collect(),
            warning: shown.warning.map(|warning| warning.text(language)),
            accounts: names.iter().map(AccountRef::of).collect(),
            response: None,
            errand: None,
            server: None,
            errand_id: None,
            delivered: None,
        }
    }

    /// What a server has taken: there is nothing more to show.
    #[must_use]
    pub fn taken(format: &'static str, act: ForeignAct, accounts: Vec<AccountRef>) -> Self {
        Self {
            format,
            act,
            fields: Vec::new(),
            warning: None,
            accounts,
            response: None,
            errand: None,
            server: None,
            errand_id: None,
            delivered: Some(true),
        }
    }
}

/// The code of a refusal, as the command line and the service give it: `T…` where a token has the same, else `CT-E…`.
#[must_use]
pub const fn refusal_code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoAccount { .. } => "CT-E077",
        Refusal::Full { .. } => "T11",
        Refusal::Answered => "T12",
        Refusal::Seal => "T05",
        Refusal::Blocked | Refusal::Server { .. } => "CT-E065",
        Refusal::Host { .. } => "CT-E066",
        Refusal::Choice { .. } => "CT-E067",
        Refusal::Exists { .. } => "CT-E068",
        Refusal::Pin(_) => "CT-E069",
        _ => "T03",
    }
}

impl ServerWord {
    /// The server's word in a refusal that is the server's.
    #[must_use]
    pub fn of(refusal: &Refusal) -> Option<Self> {
        let Refusal::Server { word, attempts_left, blocked_minutes } = refusal else { return None };
        Some(Self { word: word.clone(), attempts_left: *attempts_left, blocked_minutes: *blocked_minutes })
    }
}

impl AccountRef {
    /// The name of an account, as a document has it.
    #[must_use]
    pub fn of(name: &AccountName) -> Self {
        Self { issuer: name.issuer.clone(), user: name.user.clone() }
    }
}

impl AccountLine {
    /// The accounts of a token, in the order in which they came.
    #[must_use]
    pub fn all(accounts: &Accounts) -> Vec<Self> {
        let line = |account: &Account| Self {
            name: AccountRef::of(&account.name),
            kind: account.kind_name(),
            pin: account.wants_pin(),
            blocked: account.is_blocked(),
        };
        accounts.iter().map(line).collect()
    }
}

impl From<Part> for CodePart {
    fn from(part: Part) -> Self {
        Self { name: part.name, value: part.value }
    }
}
