//! The fields of a transaction as JSON gives them: the same for the command line's file and for the service's request.

use std::fmt;

use camtoken::Operation;
use camtoken::transaction::Kind;
use schemars::JsonSchema;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// Names and values, in the order in which they were given. A name that comes twice is refused: two readers of the same text
/// could disagree about which of the two counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenFields(Vec<(String, FieldText)>);

/// The content of a field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FieldText {
    /// As it is
    Text(String),
    /// A whole number
    Number(
        #[serde(deserialize_with = "whole")]
        #[schemars(range(max = MOST_WHOLE))]
        u64,
    ),
    /// yes or no
    Flag(bool),
    /// Names of a list
    List(Vec<String>),
}

/// A list was given for a field that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoList {
    /// The field.
    pub name: String,
}

/// The largest number of which every JSON parser keeps every digit: 2^53 - 1.
const MOST_WHOLE: u64 = (1 << 53) - 1;

impl GivenFields {
    /// Takes out a name that is not a field's, such as the operation's.
    pub fn take(&mut self, name: &str) -> Option<FieldText> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(place).1)
    }

    /// The fields as texts.
    ///
    /// # Errors
    ///
    /// [`NoList`] when a list is given for a field of the operation that has one value.
    pub fn into_texts(self, operation: Operation) -> Result<Vec<(String, String)>, NoList> {
        let is_list = |name: &str| {
            let field = operation.entry().fields.iter().find(|field| field.name == name);
            field.is_none_or(|field| matches!(field.kind, Kind::Choices { .. }))
        };
        let text = |(name, value): (String, FieldText)| match value {
            FieldText::List(_) if !is_list(&name) => Err(NoList { name }),
            value => Ok((name, value.to_string())),
        };
        self.0.into_iter().map(text).collect()
    }
}

impl fmt::Display for FieldText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Self::List(names) => f.write_str(&names.join(",")),
        }
    }
}

impl fmt::Display for NoList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field {:?} takes one value, not a list", self.name)
    }
}

impl std::error::Error for NoList {}

impl<'de> Deserialize<'de> for GivenFields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = GivenFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GivenFields, A::Error> {
                let mut fields: Vec<(String, FieldText)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Option<FieldText>>()? {
                    if fields.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(format_args!("field {name:?} is given twice")));
                    }
                    // A field that is null is not given.
                    fields.extend(value.map(|value| (name, value)));
                }
                Ok(GivenFields(fields))
            }
        }

        from.deserialize_map(Fields)
    }
}

/// Reads a whole number as JSON Schema has it: `1.0` is one.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(from)?;
    let float = || number.as_f64().filter(|float| float.fract() == 0.0 && (0.0..=MOST_WHOLE as f64).contains(float));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole, and within 53 bits")]
    let whole = number.as_u64().or_else(|| float().map(|float| float as u64));
    whole.ok_or_else(|| de::Error::custom("a number beyond its limits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(json: &str) -> Result<Vec<(String, String)>, String> {
        let fields: GivenFields = serde_json::from_str(json).map_err(|error| error.to_string())?;
        fields.into_texts(Operation::LimitChange).map_err(|error| error.to_string())
    }

    #[test]
    fn values_become_texts_in_the_order_given() {
        let texts = given(r#"{"new": 5, "limit": "transfer", "old": 1.0, "a": true, "b": null, "c": ["x", "y"]}"#);
        let texts: Vec<_> = texts.expect("fields").into_iter().map(|(name, text)| format!("{name}={text}")).collect();
        assert_eq!(texts, ["new=5", "limit=transfer", "old=1", "a=yes", "c=x,y"]);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (json, why) in [
            (r#"{"new": 2, "new": 3}"#, "given twice"),
            (r#"{"new": 2, "n\u0065w": 3}"#, "given twice"),
            (r#"{"new": ["1"]}"#, "takes one value"),
            (r#"{"new": 1.5}"#, ""),
            (r#"{"new": -1}"#, ""),
            (r#"{"new": 1e300}"#, ""),
            (r#"{"new": {"a": 1}}"#, ""),
            (r#"["new"]"#, "an object of fields"),
        ] {
            let refused = given(json).expect_err(json);
            assert!(refused.contains(why), "{json}: {refused}");
        }
    }
}
