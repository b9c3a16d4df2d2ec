//! Transactions: an operation of the [`catalogue`] with its fields. A transaction is what a token signs.
//!
//! A transaction is canonical from the moment it exists: two that mean the same are the same bytes, however they were typed
//! (see [`text`]). The verifier's transaction has every field. The token's came through a code: it has the displayed fields, and
//! one SHA-256 of the others. Both give the same [`Transaction::encode`], which a response signs.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use sha2::{Digest, Sha256};

mod abroad;
pub mod catalogue;
pub mod money;
mod rules;
#[cfg(test)]
pub(crate) mod samples;
pub mod text;
mod value;
pub mod zengin;

pub use catalogue::{Choice, Domain, Entry, FieldSpec, Kind, Operation, UnknownOperation, Visibility};
pub use money::{Currency, Money, MoneyError};
pub use value::{Value, ValueError};

/// An operation with its fields, each in its canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    operation: Operation,
    /// One place for each displayed field of the operation.
    displayed: Vec<Option<Value>>,
    bound: Bound,
}

/// The fields that are bound without being shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Bound {
    /// At the verifier: one place for each bound field of the operation.
    Values(Vec<Option<Value>>),
    /// At the token: what is left of them in a code. `None` when the operation has no such field.
    Digest(Option<[u8; 32]>),
}

/// Why some fields make no transaction. It names the field and does not repeat its content.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionError {
    /// The operation has no such field.
    #[error("{operation} has no field {field:?}")]
    UnknownField {
        /// The operation.
        operation: Operation,
        /// The field that it does not have.
        field: String,
    },
    /// A field was given twice.
    #[error("field {field:?} is given twice")]
    Twice {
        /// The field.
        field: &'static str,
    },
    /// A field that the operation needs was not given.
    #[error("field {field:?} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A field cannot hold what was given.
    #[error("field {field:?}: {source}")]
    Field {
        /// The field.
        field: &'static str,
        /// The fault.
        source: ValueError,
    },
    /// Two fields cannot both be right.
    #[error("field {field:?}: {what}")]
    Contradiction {
        /// The field.
        field: &'static str,
        /// Its conflict with another field.
        what: &'static str,
    },
    /// A code has content that no transaction has.
    #[error("not a transaction of the specification")]
    Form,
}

impl Transaction {
    /// Builds a transaction from the names and texts of its fields, in any order.
    ///
    /// # Errors
    ///
    /// [`TransactionError`] names the first field that is unknown, doubled, missing, cannot hold its text, or contradicts
    /// another.
    ///
    /// # Examples
    ///
    /// ```
    /// use camtoken_core::transaction::{Operation, Transaction};
    ///
    /// let limit = Transaction::new(Operation::LimitChange, [("limit", "transfer"), ("old", "1000000"), ("new", "5000000")])?;
    /// assert_eq!(limit.get("new").map(ToString::to_string).as_deref(), Some("5000000"));
    /// # Ok::<(), camtoken_core::transaction::TransactionError>(())
    /// ```
    pub fn new<N: AsRef<str>, T: AsRef<str>>(
        operation: Operation,
        fields: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, TransactionError> {
        let entry = operation.entry();
        let mut values: Vec<Option<Value>> = vec![None; entry.fields.len()];
        for (name, text) in fields {
            let name = name.as_ref();
            let unknown = || TransactionError::UnknownField { operation, field: name.to_owned() };
            let place = entry.fields.iter().position(|field| field.name == name).ok_or_else(unknown)?;
            let field = &entry.fields[place];
            if values[place].is_some() {
                return Err(TransactionError::Twice { field: field.name });
            }
            let value = field.parse(text.as_ref());
            values[place] = Some(value.map_err(|source| TransactionError::Field { field: field.name, source })?);
        }
        let missing = entry.fields.iter().zip(&values).find(|(field, value)| value.is_none() && !field.optional);
        if let Some((field, _)) = missing {
            return Err(TransactionError::Missing { field: field.name });
        }
        let (displayed, bound): (Vec<_>, Vec<_>) =
            entry.fields.iter().zip(values).partition(|(field, _)| field.visibility == Visibility::Displayed);
        let values = |fields: Vec<(&FieldSpec, Option<Value>)>| fields.into_iter().map(|(_, value)| value).collect();
        let transaction = Self { operation, displayed: values(displayed), bound: Bound::Values(values(bound)) };
        rules::check(&transaction).map(|()| transaction)
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The displayed fields, in the order of the catalogue; fields that were left out are not there.
    pub fn displayed(&self) -> impl Iterator<Item = (&'static FieldSpec, &Value)> {
        present(self.operation.entry().displayed(), &self.displayed)
    }

    /// The fields that are bound and not shown. Empty at the token, which has only their digest.
    pub fn bound(&self) -> impl Iterator<Item = (&'static FieldSpec, &Value)> {
        let values = match &self.bound {
            Bound::Values(values) => values.as_slice(),
            Bound::Digest(_) => &[],
        };
        present(self.operation.entry().bound(), values)
    }

    /// Every field that is here: first what is displayed, then what is bound.
    pub fn fields(&self) -> impl Iterator<Item = (&'static FieldSpec, &Value)> {
        self.displayed().chain(self.bound())
    }

    /// One field by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields().find(|(field, _)| field.name == name).map(|(_, value)| value)
    }

    /// Writes the transaction as it is in a code and under a response: three items of deterministic CBOR, the
    /// number of the operation, the array of displayed fields (`null` where one was left out), and the digest of the
    /// bound ones (`null` where the operation has none). Specification, section 4.
    pub fn encode(&self, to: &mut Encoder<Vec<u8>>) {
        let entry = self.operation.entry();
        to.u8(entry.code).expect("a Vec takes every byte");
        encode_all(entry.displayed(), &self.displayed, to);
        match self.bound_digest() {
            Some(digest) => to.bytes(&digest),
            None => to.null(),
        }
        .expect("a Vec takes every byte");
    }

    /// Reads what [`Transaction::encode`] wrote after the number of the operation. That it was written canonically, the
    /// caller checks by encoding again.
    ///
    /// # Errors
    ///
    /// [`TransactionError`], also for a text that was sealed as it is and breaks a rule: a token shows valid transactions only.
    pub(crate) fn decode(operation: Operation, from: &mut Decoder<'_>) -> Result<Self, TransactionError> {
        let form = |_| TransactionError::Form;
        let entry = operation.entry();
        let displayed = decode_all(entry.displayed(), from)?;
        let digest = match entry.bound().next() {
            Some(_) => Some(from.bytes().map_err(form)?.try_into().map_err(|_| TransactionError::Form)?),
            None => from.null().map(|()| None).map_err(form)?,
        };
        let transaction = Self { operation, displayed, bound: Bound::Digest(digest) };
        rules::check(&transaction).map(|()| transaction)
    }

    /// Whether the bound fields are here: a transaction that came through a code has their digest only.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.bound, Bound::Values(_))
    }

    /// Writes the whole transaction, bound fields included, for the verifier's own record: the number of the operation
    /// and two arrays.
    pub(crate) fn encode_whole(&self, to: &mut Encoder<Vec<u8>>) {
        let entry = self.operation.entry();
        to.u8(entry.code).expect("a Vec takes every byte");
        encode_all(entry.displayed(), &self.displayed, to);
        let bound = match &self.bound {
            Bound::Values(values) => values.as_slice(),
            Bound::Digest(_) => panic!("a transaction that came through a code is not whole"),
        };
        encode_all(entry.bound(), bound, to);
    }

    /// SHA-256 over the whole transaction, bound fields included, to compare two of them by.
    ///
    /// # Panics
    ///
    /// For a transaction that is not whole ([`Transaction::is_whole`]).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut whole = Encoder::new(Vec::new());
        self.encode_whole(&mut whole);
        Sha256::digest(whole.into_writer()).into()
    }

    /// Reads what [`Transaction::encode_whole`] wrote.
    pub(crate) fn decode_whole(from: &mut Decoder<'_>) -> Result<Self, TransactionError> {
        let code = from.u8().map_err(|_| TransactionError::Form)?;
        let operation = Operation::from_code(code).ok_or(TransactionError::Form)?;
        let displayed = decode_all(operation.entry().displayed(), from)?;
        let bound = decode_all(operation.entry().bound(), from)?;
        Ok(Self { operation, displayed, bound: Bound::Values(bound) })
    }

    /// The same fields under another operation that has the same ones.
    pub(crate) fn with_operation(&self, operation: Operation) -> Self {
        assert!(core::ptr::eq(operation.entry().fields, self.operation.entry().fields), "both have the same fields");
        Self { operation, ..self.clone() }
    }

    /// SHA-256 over deterministic CBOR: the number of the operation, and the array of its bound fields.
    fn bound_digest(&self) -> Option<[u8; 32]> {
        match &self.bound {
            Bound::Digest(digest) => *digest,
            Bound::Values(values) if values.is_empty() => None,
            Bound::Values(values) => {
                let mut encoder = Encoder::new(Vec::new());
                encoder.u8(self.operation.entry().code).expect("a Vec takes every byte");
                encode_all(self.operation.entry().bound(), values, &mut encoder);
                Some(Sha256::digest(encoder.into_writer()).into())
            }
        }
    }
}

fn present(
    fields: impl Iterator<Item = &'static FieldSpec>,
    values: &[Option<Value>],
) -> impl Iterator<Item = (&'static FieldSpec, &Value)> {
    fields.zip(values).filter_map(|(field, value)| value.as_ref().map(|value| (field, value)))
}

fn encode_all(fields: impl Iterator<Item = &'static FieldSpec>, values: &[Option<Value>], to: &mut Encoder<Vec<u8>>) {
    to.array(u64::try_from(values.len()).expect("a short list")).expect("a Vec takes every byte");
    for (field, value) in fields.zip(values) {
        match value {
            Some(value) => field.encode(value, to),
            None => {
                to.null().expect("a Vec takes every byte");
            }
        }
    }
}

fn decode_all(
    fields: impl Iterator<Item = &'static FieldSpec>,
    from: &mut Decoder<'_>,
) -> Result<Vec<Option<Value>>, TransactionError> {
    let fields: Vec<_> = fields.collect();
    if from.array().map_err(|_| TransactionError::Form)? != u64::try_from(fields.len()).ok() {
        return Err(TransactionError::Form);
    }
    let decode = |field: &'static FieldSpec| {
        if from.datatype().map_err(|_| TransactionError::Form)? == Type::Null {
            from.null().map_err(|_| TransactionError::Form)?;
            return if field.optional { Ok(None) } else { Err(TransactionError::Missing { field: field.name }) };
        }
        let value = field.decode(from);
        value.map(Some).map_err(|source| TransactionError::Field { field: field.name, source })
    };
    fields.into_iter().map(decode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_reads_back_what_it_says() {
        for transaction in samples::all() {
            let texts: Vec<_> = transaction.fields().map(|(field, value)| (field.name, value.to_string())).collect();
            assert_eq!(Transaction::new(transaction.operation(), texts), Ok(transaction));
        }
    }

    #[test]
    fn a_whole_transaction_is_stored_whole() {
        for transaction in samples::all() {
            let mut to = Encoder::new(Vec::new());
            transaction.encode_whole(&mut to);
            let bytes = to.into_writer();
            assert_eq!(Transaction::decode_whole(&mut Decoder::new(&bytes)), Ok(transaction));
        }
    }

    /// The same with another value in one field, whatever the others say of it.
    fn with(transaction: &Transaction, name: &str, value: Option<Value>) -> Transaction {
        let mut other = transaction.clone();
        let entry = transaction.operation.entry();
        let place =
            |mut fields: Box<dyn Iterator<Item = &'static FieldSpec>>| fields.position(|field| field.name == name);
        match (place(Box::new(entry.displayed())), &mut other.bound) {
            (Some(place), _) => other.displayed[place] = value,
            (None, Bound::Values(values)) => values[place(Box::new(entry.bound())).expect("a field")] = value,
            (None, Bound::Digest(_)) => panic!("{name} came as a digest"),
        }
        other
    }

    #[test]
    fn every_field_is_under_the_encoding() {
        for transaction in samples::all() {
            let encoded = |transaction: &Transaction| {
                let mut to = Encoder::new(Vec::new());
                transaction.encode(&mut to);
                to.into_writer()
            };
            let texts: Vec<_> = transaction.fields().map(|(field, value)| (field.name, value.to_string())).collect();
            for (name, said) in &texts {
                let field = transaction.operation().entry().fields.iter().find(|field| field.name == *name);
                if field.expect("a field of its operation").optional {
                    let without = with(&transaction, name, None);
                    assert_ne!(encoded(&without), encoded(&transaction), "{:?}", name);
                }
                let other = match said.as_str() {
                    "yes" => "no".to_owned(),
                    text if text.starts_with("2099-12-31T") => "2099-12-31T23:59:58Z".to_owned(),
                    "2099-12-31" => "2099-12-30".to_owned(),
                    text if text.contains(',') => text.split_once(',').expect("a list").1.to_owned(),
                    text => match field.expect("a field of its operation").kind {
                        Kind::Choice(list) => list[0].name.to_owned(),
                        Kind::Text { .. } | Kind::Kana { .. } => text.chars().skip(1).collect(),
                        Kind::Country => "JP".to_owned(),
                        _ => format!("{}8", &text[..text.len() - 1]).replace("98", "97"),
                    },
                };
                let other = field.expect("a field of its operation").parse(&other).expect("another content");
                let other = with(&transaction, name, Some(other));
                assert_ne!(encoded(&other), encoded(&transaction), "{:?}", name);
            }
        }
    }

    /// A transaction that a verifier stored before a rule was added is read; the same one in a code is refused.
    #[test]
    fn a_record_of_before_a_rule_is_read_and_its_code_is_not() {
        for (operation, name, value) in [
            (Operation::Transfer, "amount", Value::Yen(0)),
            (Operation::Bulk, "newPayees", Value::Count(999_999)),
            (Operation::Remittance, "account", Value::Ascii("NO9386011117948".to_owned())),
            (Operation::Remittance, "country", Value::Ascii("UK".to_owned())),
            (Operation::Remittance, "bic", Value::Ascii("MIHO1OKK".to_owned())),
        ] {
            let mut transaction = with(&samples::full(operation), name, Some(value));
            if operation == Operation::Bulk {
                transaction = with(&transaction, "count", Some(Value::Count(1)));
            }
            let mut whole = Encoder::new(Vec::new());
            transaction.encode_whole(&mut whole);
            assert_eq!(Transaction::decode_whole(&mut Decoder::new(&whole.into_writer())), Ok(transaction.clone()));
            let mut shown = Encoder::new(Vec::new());
            transaction.encode(&mut shown);
            let bytes = shown.into_writer();
            let mut from = Decoder::new(&bytes);
            from.u8().expect("the number of the operation");
            let refused = Transaction::decode(operation, &mut from).expect_err("no token shows it");
            assert!(refused.to_string().starts_with(&format!("field {name:?}: ")), "{refused}");
        }
    }

    #[test]
    fn an_error_names_the_field_and_not_its_content() {
        let error = |fields: &[(&str, &str)]| {
            Transaction::new(Operation::LimitChange, fields.iter().copied()).expect_err("bad fields")
        };
        let cases = [
            (error(&[("limit", "transfer"), ("old", "1")]), "field \"new\" is missing"),
            (error(&[("old", "1"), ("old", "2")]), "field \"old\" is given twice"),
            (error(&[("payee", "ﾔﾏﾀﾞ")]), "limit-change has no field \"payee\""),
            (error(&[("old", "12 secret")]), "field \"old\": expected decimal digits only"),
            (error(&[("old", "1234567890123")]), "field \"old\": more than 12 digits"),
            (error(&[("limit", "secret")]), "field \"limit\": expected transfer, bulk, payroll, pay-easy, remittance"),
        ];
        for (error, message) in cases {
            assert_eq!(error.to_string(), message);
        }
    }
}
