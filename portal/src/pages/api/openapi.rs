//! The description of the API (OpenAPI 3.1), as it is made of the table.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::problem::{Document, Kind};
use crate::domain::linkage::{Menu, Standard};

/// The schema of a type.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What the description says of an operation.
pub(super) struct Operation {
    pub name: &'static str,
    pub summary: &'static str,
    /// The menu that has to be permitted; any of them, where there is none.
    pub menu: Option<Menu>,
    /// The body and an example of it, where it takes one; it takes an idempotency key then, too.
    pub body: Option<(SchemaOf, fn() -> Value)>,
    /// The answer: its status, what it is, its type.
    pub answer: (u16, &'static str, SchemaOf),
    /// The problems that it has beside those of all operations.
    pub problems: &'static [Kind],
}

/// The problems that each operation may have.
const ALWAYS: [Kind; 4] = [Kind::Token, Kind::NotPermitted, Kind::Method, Kind::Unavailable];

/// Parts of a path: name, form, meaning, example.
const PARTS: [(&str, &str, &str, &str); 2] = [
    ("account", "^[0-9]{3}-[0-9]{7}$", "The account, as `id` has it", "102-0012345"),
    ("request", "^R[0-9A-F]{20}$", "The transfer, as `id` has it", "R2FE1FF0BDD0AA81DDEC9"),
];

/// The type of a value in a table.
pub(super) fn schema_of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Schema {
    schemas.subschema_for::<T>()
}

/// The whole description. `url` is the bank's address for the clients of each standard.
pub(super) fn document<'a>(
    operations: impl IntoIterator<Item = (&'a str, &'a str, &'a Operation)>,
    url: impl Fn(Standard) -> String,
) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut schemas = settings.into_generator();
    let problem = schemas.subschema_for::<Document>();
    let mut paths = Map::new();
    for (method, path, operation) in operations {
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method] = describe(path, operation, &mut schemas, &problem);
    }
    let scopes: Map<String, Value> =
        Menu::ALL.iter().map(|menu| (menu.scope().to_owned(), meaning(*menu).into())).collect();
    let scheme = |standard: Standard, what: &str| {
        let issuer = format!("{}{}", url(standard), standard.path());
        json!({
            "type": "oauth2", "description": what,
            "flows": { "authorizationCode": {
                "authorizationUrl": format!("{issuer}/authorize"), "tokenUrl": format!("{issuer}/token"),
                "refreshUrl": format!("{issuer}/token"), "scopes": scopes,
            } },
        })
    };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Kakuu Central Bank: linked accounts",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a linked provider may ask the reference bank. Nothing moves before the customer has signed.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [
            { "url": url(Standard::Fapi), "description": "With tokens of the issuer for FAPI 2.0" },
            { "url": url(Standard::Plain), "description": "With tokens of the issuer for OAuth 2.0 with PKCE" },
        ],
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": {
                "fapi": scheme(Standard::Fapi, "FAPI 2.0: pushed requests, private_key_jwt, tokens bound by DPoP"),
                "oauth": scheme(Standard::Plain, "OAuth 2.0 with PKCE and a client secret: bearer tokens"),
            },
        },
    })
}

fn describe(path: &str, operation: &Operation, schemas: &mut SchemaGenerator, problem: &Schema) -> Value {
    let scopes: Vec<&str> = operation.menu.map(Menu::scope).into_iter().collect();
    let (status, what, answer) = operation.answer;
    let mut answers = Map::new();
    let content = json!({ "application/json": { "schema": answer(schemas) } });
    answers.insert(status.to_string(), json!({ "description": what, "content": content }));
    for kind in ALWAYS.iter().chain(operation.problems) {
        let content = json!({ "application/problem+json": { "schema": problem } });
        let mut told = json!({ "description": kind.meaning(), "content": content });
        if matches!(kind, Kind::Token | Kind::NotPermitted) {
            told["headers"] = json!({ "WWW-Authenticate": { "schema": { "type": "string" } } });
        }
        answers.insert(kind.status().as_u16().to_string(), told);
    }
    let in_path = PARTS.iter().filter(|(name, ..)| path.contains(&format!("{{{name}}}")));
    let mut parameters: Vec<Value> = in_path
        .map(|(name, pattern, what, example)| {
            json!({ "name": name, "in": "path", "required": true, "description": what, "example": example,
                    "schema": { "type": "string", "pattern": pattern } })
        })
        .collect();
    let mut described = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "security": [{ "fapi": scopes }, { "oauth": scopes }],
        "responses": answers,
    });
    if let Some((body, example)) = operation.body {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": true, "example": "invoice-2026-0001",
            "description": "The provider's own name for this transfer: sent again, it is the same transfer",
            "schema": { "type": "string", "pattern": "^[!-~]{1,64}$" },
        }));
        let content = json!({ "application/json": { "schema": body(schemas), "example": example() } });
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    described
}

const fn meaning(menu: Menu) -> &'static str {
    match menu {
        Menu::Balance => "Balances of the linked accounts",
        Menu::Statement => "Statements of the linked accounts",
        Menu::Transfer => "Asking for transfers, which the customer signs at the bank",
    }
}
