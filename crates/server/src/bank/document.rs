//! The request and answer bodies of the verifier's routes.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::values::{Picture, Secret, SpanText};
use camtoken::verifier::{RegisteredToken, Rejection, Step, Verdict};
use camtoken_documents::{ActivationStatus, GivenFields, Settled, TokenStatus, fields_schema, issued_operations};

/// A token to register: three members of a test token's file
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewToken {
    /// The token ID
    #[schemars(regex(pattern = "^[A-Z0-9-]{1,10}$"))]
    pub(super) id: String,
    /// The device key: 32 bytes in base64
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$"))]
    pub(super) device_key: Secret,
    /// test or production
    pub(super) purpose: Purpose,
}

#[derive(Deserialize, JsonSchema, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub(super) enum Purpose {
    Test,
    Production,
}

/// A registered token.
#[derive(Serialize, JsonSchema)]
pub(super) struct Token {
    /// The token ID
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) status: TokenStatus,
}

impl From<&RegisteredToken> for Token {
    fn from(token: &RegisteredToken) -> Self {
        Self { id: token.id().to_string(), status: token.into() }
    }
}

/// Who is to use which token.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewEnrollment {
    /// The token ID
    #[schemars(regex(pattern = "^[A-Z0-9-]{1,10}$"))]
    pub(super) token_id: String,
    /// The contract number
    #[schemars(length(min = 1, max = 64))]
    pub(super) contract: String,
    /// The user ID within the contract
    #[schemars(length(min = 1, max = 64))]
    pub(super) user: String,
}

/// A registration that has begun.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Begun {
    /// The registration, and the activation that it makes
    pub(super) id: String,
    /// The token ID
    pub(super) token_id: String,
    /// From then on the first code is not answered any more
    pub(super) expires_at: String,
    /// The first code
    pub(super) code1: Picture,
}

/// What the token answered to the first code.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeviceCode {
    /// Twelve digits, as they were typed: full width, blanks and up to two hyphens are understood
    #[schemars(with = "String", length(max = 255))]
    pub(super) device_code: Secret,
}

/// What the token answered.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Answer {
    /// The digits, as they were typed: full width, blanks and a hyphen are understood
    #[schemars(with = "String", length(max = 255))]
    pub response: Secret,
}

/// What a step of a registration came to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Stepped {
    /// accepted, rejected, expired, used or suspended
    pub(super) result: &'static str,
    /// Why not
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    /// After a wrong answer: how many more are taken
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attempts_left: Option<u8>,
    /// After Malformed: how many digits are expected
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) digits: Option<u8>,
}

impl Stepped {
    pub(super) const DONE: Self = Self { result: "accepted", reason: None, attempts_left: None, digits: None };

    pub(super) fn rejected(rejection: Rejection) -> Self {
        let Settled { result, reason, attempts_left, digits, .. } = rejection.into();
        Self { result, reason, attempts_left, digits }
    }
}

impl From<Step<()>> for Stepped {
    fn from(step: Step<()>) -> Self {
        match step {
            Step::Done(()) => Self::DONE,
            Step::Rejected(rejection) => Self::rejected(rejection),
        }
    }
}

/// The second code, or why there is none.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecondCode {
    #[serde(flatten)]
    pub(super) step: Stepped,
    /// From then on the second code is not answered any more
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<String>,
    /// The second code
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code2: Option<Picture>,
}

/// Where an activation stands.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Activation {
    /// The activation
    pub(super) id: String,
    /// The token ID; none for a generator
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_id: Option<String>,
    #[serde(flatten)]
    pub(super) status: ActivationStatus,
}

/// Which part of a history is asked for.
#[derive(Deserialize)]
pub(super) struct AuditPage {
    pub(super) after: Option<u64>,
    pub(super) limit: Option<usize>,
}

/// A transaction for an activation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewChallenge {
    pub(super) activation: String,
    pub(super) operation: String,
    pub(super) fields: GivenFields,
    #[serde(default)]
    pub(super) ttl: Option<SpanText>,
}

/// One form for each operation of the catalogue, told apart by `operation`.
impl JsonSchema for NewChallenge {
    fn schema_name() -> Cow<'static, str> {
        "NewChallenge".into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let ttl = schemas.subschema_for::<Option<SpanText>>();
        let mut forms = Map::new();
        for operation in issued_operations() {
            let name = operation.entry().name;
            let (form, fields) = (format!("New-{name}"), format!("Fields-{name}"));
            let path = |definition: &str| format!("#/components/schemas/{definition}");
            let schema = json!({
                "description": format!("A challenge to approve: {}", operation.entry().label.en),
                "type": "object",
                "properties": {
                    "activation": { "type": "string", "pattern": "^[0-9a-f]{12}$", "description": "The activation" },
                    "operation": { "type": "string", "const": name },
                    "fields": { "$ref": path(&fields) },
                    "ttl": ttl,
                },
                "required": ["activation", "operation", "fields"],
                "additionalProperties": false,
            });
            schemas.definitions_mut().insert(fields, fields_schema(operation));
            forms.insert(name.to_owned(), path(&form).into());
            schemas.definitions_mut().insert(form, schema);
        }
        let refs: Vec<_> = forms.values().map(|form| json!({ "$ref": form })).collect();
        json_schema!({
            "description": "A transaction for an activation",
            "oneOf": refs,
            "discriminator": { "propertyName": "operation", "mapping": forms },
        })
    }
}

/// A challenge that was issued.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Challenge {
    /// Its name
    pub(super) id: String,
    /// Who is asked
    pub(super) activation: String,
    /// What is asked
    pub(super) operation: &'static str,
    /// From then on no response is accepted
    pub(super) expires_at: String,
    /// The code
    pub(super) code: Picture,
}

/// How a challenge stands.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Standing {
    /// Its name
    pub(super) id: String,
    /// open, or closed: answered, expired, superseded or withdrawn
    pub(super) state: &'static str,
    /// What is asked
    pub(super) operation: &'static str,
    /// From then on no response is accepted
    pub(super) expires_at: String,
}

/// A verdict.
#[derive(Serialize, JsonSchema)]
pub(in super::super) struct Told {
    /// All that a browser may learn beside attemptsLeft: accepted or rejected
    pub(super) browser: &'static str,
    #[serde(flatten)]
    pub(super) settled: Settled,
}

impl Told {
    pub(super) fn of(verdict: &Verdict) -> Self {
        let browser = if verdict.is_accepted() { "accepted" } else { "rejected" };
        Self { browser, settled: verdict.into() }
    }
}
