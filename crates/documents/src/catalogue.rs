//! The catalogue as data: which operations are issued and what their fields take, for the command line's schemas, the service's
//! description and its list of operations.

use camtoken::Operation;
use camtoken::transaction::catalogue::Choice;
use camtoken::transaction::{Domain, FieldSpec, Kind, Visibility};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The operations that can be put to a token.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Catalogue {
    /// The operations, in the order of their numbers
    pub operations: Vec<CatalogueOperation>,
}

/// One operation and its fields.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CatalogueOperation {
    /// Its name in requests
    pub name: &'static str,
    /// Its name for people, in English
    pub en: &'static str,
    /// Its name for people, in Japanese
    pub ja: &'static str,
    /// Its fields, in the order in which a token shows them
    pub fields: Vec<CatalogueField>,
}

/// One field of an operation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CatalogueField {
    /// Its name in requests
    pub name: &'static str,
    /// Its name for people, in English
    pub en: &'static str,
    /// Its name for people, in Japanese
    pub ja: &'static str,
    /// Whether a token shows it; else it is bound by the response without being shown
    pub displayed: bool,
    /// Whether it may be left out
    pub optional: bool,
    /// What it takes, as a JSON Schema
    #[schemars(with = "Map<String, Value>")]
    pub schema: Value,
}

/// The operations that are issued: those of a registration have steps of their own.
pub fn issued_operations() -> impl Iterator<Item = Operation> {
    Operation::all().filter(|operation| matches!(operation.domain(), Domain::Signature | Domain::Deletion))
}

/// The JSON Schema of an operation's fields, as one object.
#[must_use]
pub fn fields_schema(operation: Operation) -> Value {
    let entry = operation.entry();
    let properties: Map<_, _> = entry.fields.iter().map(|field| (field.name.to_owned(), field_schema(field))).collect();
    let required: Vec<_> = entry.fields.iter().filter(|field| !field.optional).map(|field| field.name).collect();
    json!({
        "description": format!("{} / {}", entry.label.ja, entry.label.en),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The JSON Schema of one field.
fn field_schema(field: &FieldSpec) -> Value {
    let least = u8::from(field.positive);
    let mut schema = match field.kind {
        // A full-width kana with its mark is two half-width characters, so a shorter text may still be too long.
        Kind::Kana { max } | Kind::Text { max } => json!({ "type": "string", "minLength": 1, "maxLength": max }),
        Kind::Ascii { max } => {
            json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": "^[!-~]([ -~]*[!-~])?$" })
        }
        // Blanks may stand between the groups of an IBAN, and do not count.
        Kind::Account { max } => {
            json!({ "type": "string", "minLength": 1, "maxLength": 2 * max, "pattern": "^[!-~]([ -~]*[!-~])?$" })
        }
        Kind::Bic => {
            json!({ "type": "string", "pattern": "^[A-Za-z0-9]{4}[A-Za-z]{2}[A-Za-z0-9]{2}([A-Za-z0-9]{3})?$" })
        }
        Kind::Country => json!({ "type": "string", "pattern": "^[A-Za-z]{2}$" }),
        Kind::Digits { min, max } => json!({
            "type": ["string", "integer"],
            "minimum": 0,
            "maximum": 10_u64.pow(u32::try_from(max).unwrap_or(u32::MAX).min(15)) - 1,
            "pattern": format!("^[0-9]{{{min},{max}}}$"),
        }),
        Kind::Yen { digits } | Kind::Count { digits } => json!({
            "type": ["integer", "string"],
            "minimum": least,
            "maximum": 10_u64.pow(digits) - 1,
            "pattern": format!("^0*[0-9]{{1,{digits}}}$"),
        }),
        Kind::Money { .. } => json!({ "type": "string", "pattern": "^[A-Z]{3} (0|[1-9][0-9]*)(\\.[0-9]+)?$" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Moment => json!({ "type": "string", "format": "date-time" }),
        Kind::Choice(list) => json!({ "enum": names(list) }),
        Kind::Choices { of, max } => json!({
            "type": ["array", "string"],
            "items": { "enum": names(of) },
            "minItems": 1,
            "maxItems": max,
            "uniqueItems": true,
        }),
        Kind::Flag => json!({ "enum": [true, false, "yes", "no", "true", "false"] }),
        Kind::Hash => json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{64}$" }),
        Kind::CheckCode => json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{16}$" }),
        _ => json!({ "type": "string" }),
    };
    let shown = if field.visibility == Visibility::Displayed { "displayed" } else { "bound, not displayed" };
    let description = format!("{} / {} ({shown})", field.label.ja, field.label.en);
    schema.as_object_mut().expect("an object").insert("description".to_owned(), description.into());
    schema
}

fn names(list: &[Choice]) -> Vec<&'static str> {
    list.iter().map(|choice| choice.name).collect()
}

impl Catalogue {
    /// Every operation that is issued.
    #[must_use]
    pub fn issued() -> Self {
        let field = |field: &'static FieldSpec| CatalogueField {
            name: field.name,
            en: field.label.en,
            ja: field.label.ja,
            displayed: field.visibility == Visibility::Displayed,
            optional: field.optional,
            schema: field_schema(field),
        };
        let operation = |operation: Operation| {
            let entry = operation.entry();
            CatalogueOperation {
                name: entry.name,
                en: entry.label.en,
                ja: entry.label.ja,
                fields: entry.fields.iter().map(field).collect(),
            }
        };
        Self { operations: issued_operations().map(operation).collect() }
    }
}
