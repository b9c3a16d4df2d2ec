//! The documents that verbs print: for a program with a JSON schema, for a person as text, for a pipe as the bare value.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::terminal;
use crate::text::Text;

/// The answer of a verb: for a program, for a person, and as the bare value for a pipe.
pub trait Document: Serialize + JsonSchema {
    /// The value of the key `schema`: `camtoken/NAME/VERSION`.
    const SCHEMA: &'static str;

    /// The text for a person, with the line feed at the end. Text from outside has been through
    /// [`terminal::clean`].
    fn human(&self, text: &Text) -> String;

    /// The value alone (`--quiet`); empty when the exit code is the whole answer.
    fn bare(&self) -> String;
}

/// A document and its schema.
pub struct Described {
    /// The value of its key `schema`.
    pub id: &'static str,
    /// Makes its JSON schema.
    pub schema: fn() -> Schema,
}

impl Described {
    /// The description of a document.
    pub const fn of<T: Document>() -> Self {
        Self { id: T::SCHEMA, schema: schema::<T> }
    }

    /// The name that `camtoken schema` takes: `error` for `camtoken/error/1`.
    pub fn name(&self) -> &'static str {
        self.id.split('/').nth(1).unwrap_or(self.id)
    }
}

/// The JSON schema of a document as it is printed, with its key `schema`.
fn schema<T: Document>() -> Schema {
    let mut schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), T::SCHEMA.into());
    if let Some(properties) = schema.get_mut("properties").and_then(|properties| properties.as_object_mut()) {
        properties.insert("schema".to_owned(), serde_json::json!({ "const": T::SCHEMA }));
    }
    match schema.get_mut("required").and_then(|required| required.as_array_mut()) {
        Some(required) => required.insert(0, "schema".into()),
        None => drop(schema.insert("required".to_owned(), serde_json::json!(["schema"]))),
    }
    schema
}

#[derive(Serialize)]
struct Labelled<'a, T> {
    schema: &'static str,
    #[serde(flatten)]
    document: &'a T,
}

/// The document as `--json` prints it, several lines.
pub fn json<T: Document>(document: &T) -> String {
    let labelled = Labelled { schema: T::SCHEMA, document };
    let text = serde_json::to_string_pretty(&labelled).expect("a document has string keys and no failing parts");
    terminal::escape(&text) + "\n"
}

/// The document in one line, for a stream of them (NDJSON).
pub fn ndjson<T: Document>(document: &T) -> String {
    let labelled = Labelled { schema: T::SCHEMA, document };
    let text = serde_json::to_string(&labelled).expect("a document has string keys and no failing parts");
    terminal::escape(&text) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, JsonSchema)]
    struct Frame {
        digits: &'static str,
    }

    impl Document for Frame {
        const SCHEMA: &'static str = "camtoken/frame/1";

        fn human(&self, _text: &Text) -> String {
            format!("{}\n", self.digits)
        }

        fn bare(&self) -> String {
            format!("{}\n", self.digits)
        }
    }

    #[test]
    fn a_stream_has_one_document_a_line_and_its_schema_first() {
        let frame = Frame { digits: "0\n1" };
        assert_eq!(ndjson(&frame), "{\"schema\":\"camtoken/frame/1\",\"digits\":\"0\\n1\"}\n");
        let frame = Frame { digits: "a\u{1b}b\u{9b}c\u{202e}d" };
        assert_eq!(ndjson(&frame), "{\"schema\":\"camtoken/frame/1\",\"digits\":\"a\\u001bb\\u009bc\\u202ed\"}\n");
    }

    #[test]
    fn the_schema_of_a_document_asks_for_its_name() {
        let schema = schema::<Frame>();
        assert_eq!(schema.get("required"), Some(&serde_json::json!(["schema", "digits"])));
        assert_eq!(schema.pointer("/properties/schema/const"), Some(&"camtoken/frame/1".into()));
    }
}
