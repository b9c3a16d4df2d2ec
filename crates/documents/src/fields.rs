//! The fields of a transaction as JSON gives them: the same for the command line's file and for the service's request.
//!
//! No value is turned into another: a field that holds text takes a text, one that holds digits or an amount takes a whole
//! number as well, and only one that holds yes or no takes `true` and `false`.

use std::fmt;

use camtoken::Operation;
use camtoken::transaction::Kind;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Names and values, in the order in which they were given. A name that comes twice is refused: two readers of the same text
/// could disagree about which of the two counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenFields(Vec<(String, Given)>);

/// A value, not yet looked at: what it may be, its field says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<String>),
    /// None of these, and what it is.
    Other(&'static str),
}

/// A field was given in a JSON type that it does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrongType {
    /// The field.
    pub name: String,
    /// What it takes.
    pub expected: &'static str,
    /// What was given.
    pub found: &'static str,
}

impl GivenFields {
    /// Takes out a name that is not a field's, such as the operation's. It is a text.
    ///
    /// # Errors
    ///
    /// [`WrongType`] when it is something else.
    pub fn take(&mut self, name: &str) -> Result<Option<String>, WrongType> {
        let Some(place) = self.0.iter().position(|(known, _)| known == name) else { return Ok(None) };
        match self.0.remove(place) {
            (_, Given::Text(text)) => Ok(Some(text)),
            (name, value) => Err(WrongType { name, expected: "a text", found: value.kind() }),
        }
    }

    /// The fields as texts.
    ///
    /// # Errors
    ///
    /// [`WrongType`] for the first field of the operation that was given in a type that it does not take.
    pub fn into_texts(self, operation: Operation) -> Result<Vec<(String, String)>, WrongType> {
        let text = |(name, value): (String, Given)| {
            let field = operation.entry().fields.iter().find(|field| field.name == name);
            // What no field is called is refused by its name, whatever was given.
            let Some(field) = field else { return Ok((name, String::new())) };
            match value.text(field.kind) {
                Some(text) => Ok((name, text)),
                None => Err(WrongType { name, expected: expected(field.kind), found: value.kind() }),
            }
        };
        self.0.into_iter().map(text).collect()
    }
}

/// The largest number of which every JSON parser keeps every digit: 2^53 - 1.
const MOST_WHOLE: u64 = (1 << 53) - 1;

impl Given {
    /// The text for a field of this kind, if it takes such a value.
    fn text(&self, kind: Kind) -> Option<String> {
        match (self, kind) {
            (Self::Text(text), _) => Some(text.clone()),
            (Self::Number(number), Kind::Digits { .. } | Kind::Yen { .. } | Kind::Count { .. }) => {
                Some(number.to_string())
            }
            (Self::Flag(flag), Kind::Flag) => Some(if *flag { "yes" } else { "no" }.to_owned()),
            (Self::List(names), Kind::Choices { .. }) => Some(names.join(",")),
            _ => None,
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::List(_) => "a list",
            Self::Other(kind) => kind,
        }
    }
}

const fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Digits { .. } | Kind::Yen { .. } | Kind::Count { .. } => "a text of digits or a whole number",
        Kind::Flag => "true, false, \"yes\" or \"no\"",
        Kind::Choices { .. } => "a list of names, or a text of them with commas between",
        _ => "a text",
    }
}

impl fmt::Display for WrongType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field {:?}: expected {}, not {}", self.name, self.expected, self.found)
    }
}

impl std::error::Error for WrongType {}

impl<'de> Deserialize<'de> for GivenFields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = GivenFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GivenFields, A::Error> {
                let mut fields: Vec<(String, Given)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Option<Given>>()? {
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

/// Takes every value of JSON. A value of a wrong kind is refused later, where the field's name is known.
impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Value;

        impl<'de> Visitor<'de> for Value {
            type Value = Given;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the content of a field")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Given, E> {
                Ok(Given::Text(text.to_owned()))
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Given, E> {
                Ok(Given::Flag(flag))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Given, E> {
                let is_exact = number <= MOST_WHOLE;
                Ok(if is_exact { Given::Number(number) } else { Given::Other("a number of more than 53 bits") })
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Given, E> {
                Ok(Given::Other("a negative number"))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Given, E> {
                Ok(Given::Other("a number with decimals or an exponent"))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Given, A::Error> {
                let mut names = Vec::new();
                let mut is_text = true;
                while let Some(value) = list.next_element::<Option<Given>>()? {
                    match value {
                        Some(Given::Text(name)) => names.push(name),
                        _ => is_text = false,
                    }
                }
                Ok(if is_text { Given::List(names) } else { Given::Other("a list of something else than texts") })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Given::Other("an object"))
            }
        }

        from.deserialize_any(Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(operation: Operation, json: &str) -> Result<Vec<(String, String)>, String> {
        let fields: GivenFields = serde_json::from_str(json).map_err(|error| error.to_string())?;
        fields.into_texts(operation).map_err(|error| error.to_string())
    }

    #[test]
    fn values_become_texts_in_the_order_given() {
        let texts = |operation, json: &str| {
            let texts = given(operation, json).expect("fields");
            texts.into_iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>()
        };
        let limit = texts(
            Operation::LimitChange,
            r#"{"new": 5, "limit": "transfer", "old": 9007199254740991, "a": true, "b": null}"#,
        );
        assert_eq!(limit, ["new=5", "limit=transfer", "old=9007199254740991", "a="]);
        let transfer =
            texts(Operation::Transfer, r#"{"newPayee": true, "bankCode": 9990, "payee": "true", "amount": "1"}"#);
        assert_eq!(transfer, ["newPayee=yes", "bankCode=9990", "payee=true", "amount=1"]);
        assert_eq!(
            texts(Operation::ExternalLinkage, r#"{"menus": ["balance", "transfer"]}"#),
            ["menus=balance,transfer"]
        );
    }

    #[test]
    fn no_value_is_turned_into_another() {
        use Operation::{ExternalLinkage, LimitChange, Remittance, Transfer};
        let digits = "expected a text of digits or a whole number, not";
        for (operation, json, why) in [
            (Transfer, r#"{"payee": true}"#, "field \"payee\": expected a text, not true or false".to_owned()),
            (
                Transfer,
                r#"{"payee": 1e3}"#,
                "field \"payee\": expected a text, not a number with decimals or an exponent".to_owned(),
            ),
            (Transfer, r#"{"payee": 1000}"#, "field \"payee\": expected a text, not a number".to_owned()),
            (Transfer, r#"{"payee": {"a": [1, {}]}}"#, "field \"payee\": expected a text, not an object".to_owned()),
            (Transfer, r#"{"payee": ["x"]}"#, "field \"payee\": expected a text, not a list".to_owned()),
            (Transfer, r#"{"date": 20261124}"#, "field \"date\": expected a text, not a number".to_owned()),
            (Transfer, r#"{"accountType": 0}"#, "field \"accountType\": expected a text, not a number".to_owned()),
            (Transfer, r#"{"amount": true}"#, format!("field \"amount\": {digits} true or false")),
            (
                Transfer,
                r#"{"amount": 1.0}"#,
                format!("field \"amount\": {digits} a number with decimals or an exponent"),
            ),
            (
                Transfer,
                r#"{"amount": 1e3}"#,
                format!("field \"amount\": {digits} a number with decimals or an exponent"),
            ),
            (
                Transfer,
                r#"{"amount": -0.0}"#,
                format!("field \"amount\": {digits} a number with decimals or an exponent"),
            ),
            (
                Transfer,
                r#"{"amount": 0.9999999999999999999}"#,
                format!("field \"amount\": {digits} a number with decimals or an exponent"),
            ),
            (Transfer, r#"{"amount": -1}"#, format!("field \"amount\": {digits} a negative number")),
            (
                Transfer,
                r#"{"amount": 9007199254740993}"#,
                format!("field \"amount\": {digits} a number of more than 53 bits"),
            ),
            (Transfer, r#"{"amount": [1]}"#, format!("field \"amount\": {digits} a list of something else than texts")),
            (
                Transfer,
                r#"{"newPayee": 1}"#,
                "field \"newPayee\": expected true, false, \"yes\" or \"no\", not a number".to_owned(),
            ),
            (LimitChange, r#"{"new": ["1"]}"#, format!("field \"new\": {digits} a list")),
            (Remittance, r#"{"amount": 5}"#, "field \"amount\": expected a text, not a number".to_owned()),
            (
                ExternalLinkage,
                r#"{"menus": true}"#,
                "field \"menus\": expected a list of names, or a text of them with commas between, not true or false"
                    .to_owned(),
            ),
        ] {
            assert_eq!(given(operation, json).expect_err(json), why, "{json}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (json, why) in [
            (r#"{"new": 2, "new": 3}"#, "given twice"),
            (r#"{"new": 2, "n\u0065w": 3}"#, "given twice"),
            (r#"{"new": 1e400}"#, ""),
            (r#"["new"]"#, "an object of fields"),
        ] {
            let refused = given(Operation::LimitChange, json).expect_err(json);
            assert!(refused.contains(why), "{json}: {refused}");
        }
        let mut operation: GivenFields = serde_json::from_str(r#"{"operation": 4}"#).expect("an object");
        assert_eq!(
            operation.take("operation").expect_err("a number").to_string(),
            "field \"operation\": expected a text, not a number"
        );
    }
}
