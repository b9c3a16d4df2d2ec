//! The fields of a transaction: from arguments, from a file, from a batch file; and the schema of that file.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use base16ct::lower;
use camtoken::Timestamp;
use camtoken::transaction::catalogue::Choice;
use camtoken::transaction::zengin::{BatchFile, BatchKind, Encoding, MAX_BYTES, Payee};
use camtoken::transaction::{Domain, FieldSpec, Kind, Operation, Visibility};
use camtoken_documents::GivenFields;
use schemars::Schema;
use serde_json::{Map, Value, json};

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
            let (batch, account) = from_batch(file, operation, &known, now)?;
            fields.extend(batch);
            if !fields.iter().any(|(name, _)| name == "payingAccount") {
                fields.push(("payingAccount".to_owned(), account));
            }
        }
        Ok(fields)
    }
}

/// The operations that are issued: those of a registration have verbs of their own.
pub fn issued() -> impl Iterator<Item = Operation> {
    Operation::all().filter(|operation| matches!(operation.domain(), Domain::Signature | Domain::Deletion))
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
    if let Some(named) = given.take(OPERATION).map(|named| named.to_string())
        && named != operation.entry().name
    {
        return Err(wrong(operation, format!("{shown}: the fields are those of {named:?}, not of {operation}")));
    }
    given.into_texts(operation).map_err(|error| wrong(operation, format!("{shown}: {error}")))
}

const OPERATION: &str = "operation";

/// What a batch file says of itself, and the account that pays.
fn from_batch(
    path: &Path,
    operation: Operation,
    known: &HashSet<String>,
    now: Timestamp,
) -> Result<(Fields, String), Failure> {
    let fail = |why: String| Failure::new(Code::Batch).because(format!("{}: {why}", path.display()));
    let bytes = read_input(path, MAX_BYTES)?;
    let batch = BatchFile::parse(&bytes, Encoding::Detect).map_err(|error| fail(error.to_string()))?;
    let own = match batch.header().kind {
        BatchKind::Bulk => Operation::Bulk,
        BatchKind::Salary | BatchKind::Bonus => Operation::Payroll,
    };
    if own != operation {
        return Err(fail(format!("record 1, kind: a file for {own}, not for {operation}")));
    }
    let date = batch.date_on_or_after(now).ok_or_else(|| fail("record 1, transfer date: no such day".to_owned()))?;
    let largest = batch.largest_payee();
    let new_payees = batch.new_payees(|payee| known.contains(&account(payee))).len();
    let digest = lower::encode_string(&batch.canonical_sha256());
    let fields = [
        ("count", batch.count().to_string()),
        ("total", batch.total().to_string()),
        ("date", date.to_string()),
        ("largestPayee", largest.name.to_string()),
        ("largestAmount", largest.amount.to_string()),
        ("newPayees", new_payees.to_string()),
        ("checkCode", batch.check_code()),
        ("file", digest),
    ];
    let header = batch.header();
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok((fields, format!("{}{}", header.branch_code, header.account_number)))
}

/// Accounts, one a line: bank, branch, type and number, as `0001-001-1-0012345`.
fn known_payees(path: &Path) -> Result<HashSet<String>, Failure> {
    let bytes = read_input(path, MAX_BYTES)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let parts: Vec<_> = line.split('-').collect();
            let digits = |(part, len): (&&str, usize)| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
            if parts.len() == 4 && parts.iter().zip([4, 3, 1, 7]).all(digits) {
                return Ok(line.to_owned());
            }
            let why = format!("{}: line {}: expected BANK-BRANCH-TYPE-ACCOUNT", path.display(), number + 1);
            Err(Failure::new(Code::Batch).because(why))
        })
        .collect()
}

fn account(payee: &Payee) -> String {
    let (bank, branch, kind, number) = payee.account();
    format!("{bank}-{branch}-{}-{number}", kind as u8)
}

/// The JSON schema of the file that `--fields` takes: one form for each operation that is issued.
pub fn schema() -> Schema {
    let forms: Vec<Value> = issued().map(form).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "camtoken/fields/1",
        "description": "The fields of a transaction, for camtoken issue --fields. Lengths are in half-width characters; \
                        a text is brought to its canonical form before it is counted, shown and signed.",
        "oneOf": forms,
    });
    Schema::try_from(schema).expect("an object is a schema")
}

fn form(operation: Operation) -> Value {
    let entry = operation.entry();
    let mut properties = Map::new();
    properties.insert(OPERATION.to_owned(), json!({ "const": entry.name }));
    for field in entry.fields {
        properties.insert(field.name.to_owned(), describe(field));
    }
    let needed = entry.fields.iter().filter(|field| !field.optional).map(|field| field.name);
    let required: Vec<_> = std::iter::once(OPERATION).chain(needed).collect();
    json!({
        "title": entry.name,
        "description": format!("{} / {}", entry.label.ja, entry.label.en),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn describe(field: &FieldSpec) -> Value {
    let mut schema = match field.kind {
        // A full-width kana with its mark is two half-width characters, so a shorter text may still be too long.
        Kind::Kana { max } | Kind::Text { max } => json!({ "type": "string", "minLength": 1, "maxLength": max }),
        Kind::Ascii { max } => {
            json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": "^[!-~]([ -~]*[!-~])?$" })
        }
        Kind::Digits { min, max } => json!({ "type": "string", "pattern": format!("^[0-9]{{{min},{max}}}$") }),
        Kind::Yen { digits } | Kind::Count { digits } => json!({
            "type": ["integer", "string"],
            "minimum": 0,
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
