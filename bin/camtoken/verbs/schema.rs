//! `camtoken schema`: the JSON schemas of what `--json` prints.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::document::{Described, Document};
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// The documents that there are schemas of.
#[derive(Serialize, JsonSchema)]
pub struct List {
    /// The names that `camtoken schema` takes, with the value of each document's key `schema`
    documents: Vec<Entry>,
}

#[derive(Serialize, JsonSchema)]
struct Entry {
    /// The name
    name: &'static str,
    /// The value of the key `schema`
    id: &'static str,
}

/// One JSON schema. Without `--json` it is printed by itself.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// The name that was asked for
    name: &'static str,
    /// The JSON schema
    document: schemars::Schema,
}

/// Lists `known`, or prints the schema of one of them.
pub fn run(args: &Args, known: &[Described], context: &Context) -> Result<Exit, Failure> {
    match &args.name {
        None => {
            let documents = known.iter().map(|known| Entry { name: known.name(), id: known.id }).collect();
            context.out.report(&List { documents })?;
        }
        Some(name) => {
            let found = known.iter().find(|known| known.name() == name).ok_or_else(|| {
                let names: Vec<_> = known.iter().map(|known| known.name()).collect();
                Failure::new(Code::UnknownName).because(name).with("names", names.join(", "))
            })?;
            context.out.report(&Report { name: found.name(), document: (found.schema)() })?;
        }
    }
    Ok(Exit::Done)
}

impl Document for List {
    const SCHEMA: &'static str = "camtoken/schemas/1";

    fn human(&self, _text: &Text) -> String {
        let rows: Vec<_> = self.documents.iter().map(|entry| [entry.name.to_owned(), entry.id.to_owned()]).collect();
        terminal::columns(&rows)
    }

    fn bare(&self) -> String {
        self.documents.iter().map(|entry| format!("{}\n", entry.name)).collect()
    }
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/schema/1";

    fn human(&self, _text: &Text) -> String {
        self.bare()
    }

    fn bare(&self) -> String {
        serde_json::to_string_pretty(&self.document).expect("a schema has string keys") + "\n"
    }
}
