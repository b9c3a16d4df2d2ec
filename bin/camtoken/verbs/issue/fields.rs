//! The fields of a transaction: from arguments, from a file, from a batch file; and the schema of that file.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use camtoken::Timestamp;
use camtoken::transaction::Operation;
use camtoken::transaction::zengin::{BatchReader, DATE_WINDOW, Encoding, KnownPayees, MAX_BYTES};
use camtoken_documents::{GivenFields, fields_schema, issued_operations};
use schemars::Schema;
use serde_json::{Value, json};

use crate::bank::read_input;
use crate::failure::{Code, Failure};

/// The longest file of fields.
const MAX_FIELDS: usize = 64 * 1024;

type Fields = Vec<(String, String)>;

/// Where the fields come from.
#[derive(clap::Args)]
pub struct FieldArgs {
    #[arg(long = "field", value_name = "NAME=VALUE")]
    field: Vec<String>,
    #[arg(long, value_name = "FILE.json|-")]
    fields: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    zengin: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "zengin")]
    known_payees: Option<PathBuf>,
    #[arg(long, value_name = "DAYS", requires = "zengin", default_value_t = DATE_WINDOW)]
    date_window: u16,
}

impl FieldArgs {
    /// All that was given, in any order. What is given twice stands twice, and is refused with the transaction.
    pub fn gather(&self, operation: Operation, now: Timestamp) -> Result<Fields, Failure> {
        let mut fields = Fields::new();
        for field in &self.field {
            let (name, value) = field
                .split_once('=')
                .ok_or_else(|| wrong(operation, format!("--field {field:?}: expected NAME=VALUE")))?;
            fields.push((name.to_owned(), value.to_owned()));
        }
        if let Some(file) = &self.fields {
            fields.extend(from_file(file, operation)?);
        }
        if let Some(file) = &self.zengin {
            let known = self.known_payees.as_deref().map(known_payees).transpose()?.unwrap_or_default();
            let (batch, account) = from_batch(file, operation, &known, self.date_window, now)?;
            fields.extend(batch);
            if !fields.iter().any(|(name, _)| name == "payingAccount") {
                fields.push(("payingAccount".to_owned(), account));
            }
        }
        Ok(fields)
    }
}

fn wrong(operation: Operation, why: String) -> Failure {
    let names: Vec<_> = operation.entry().fields.iter().map(|field| field.name).collect();
    Failure::new(Code::Fields).because(why).with("names", names.join(", "))
}

/// A JSON object: names and values, and maybe the operation, which has to be the one that is issued.
fn from_file(path: &Path, operation: Operation) -> Result<Fields, Failure> {
    let shown = path.display();
    let bytes = read_input(path, MAX_FIELDS)?;
    let mut given: GivenFields =
        serde_json::from_slice(&bytes).map_err(|error| wrong(operation, format!("{shown}: {error}")))?;
    let named = given.take(OPERATION).map_err(|error| wrong(operation, format!("{shown}: {error}")))?;
    if let Some(named) = named
        && named != operation.entry().name
    {
        return Err(wrong(operation, format!("{shown}: the fields are those of {named:?}, not of {operation}")));
    }
    given.into_texts(operation).map_err(|error| wrong(operation, format!("{shown}: {error}")))
}

const OPERATION: &str = "operation";

/// The summary of a batch file, and the account that pays.
fn from_batch(
    path: &Path,
    operation: Operation,
    known: &KnownPayees,
    window: u16,
    now: Timestamp,
) -> Result<(Fields, String), Failure> {
    let fail = |why: &dyn Display| Failure::new(Code::Batch).because(format!("{}: {why}", path.display()));
    let bytes = read_input(path, MAX_BYTES)?;
    let mut reader = BatchReader::new(Encoding::Detect, |payee| known.contains(payee));
    let read = reader.push(&bytes).and_then(|()| reader.finish());
    let batch = read.map_err(|error| fail(&error))?;
    if batch.operation() != operation {
        let own = batch.operation();
        return Err(fail(&format_args!("record 1, kind: a file for {own}, not for {operation}")));
    }
    let date = batch.pay_date(now, window).map_err(|error| fail(&error))?;
    let fields = batch.fields(date).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok((fields, batch.paying_account()))
}

/// The accounts of a file.
fn known_payees(path: &Path) -> Result<KnownPayees, Failure> {
    let fail = |why: &dyn Display| Failure::new(Code::Batch).because(format!("{}: {why}", path.display()));
    let bytes = read_input(path, MAX_BYTES)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| fail(&error))?;
    KnownPayees::from_lines(text).map_err(|error| fail(&error))
}

/// The JSON schema of the file that `--fields` takes: one form for each operation that is issued.
pub fn schema() -> Schema {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "camtoken/fields/1",
        "description": "The fields of a transaction, for camtoken issue --fields. Lengths are in half-width characters; \
                        a text is brought to its canonical form before it is counted, shown and signed.",
        "oneOf": issued_operations().map(form).collect::<Vec<_>>(),
    });
    Schema::try_from(schema).expect("an object is a schema")
}

/// The fields of an operation, and its name among them.
fn form(operation: Operation) -> Value {
    let name = operation.entry().name;
    let mut form = fields_schema(operation);
    form["title"] = name.into();
    form["properties"][OPERATION] = json!({ "const": name });
    form["required"].as_array_mut().expect("a list").insert(0, OPERATION.into());
    form
}
