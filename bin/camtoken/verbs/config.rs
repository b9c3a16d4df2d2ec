//! `camtoken config`: every setting in effect, and who gave it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::{Source, variable_name};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// The settings in effect.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// The settings, strongest source applied
    settings: Vec<Line>,
    #[serde(skip)]
    one: bool,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    /// The name in the configuration files
    name: &'static str,
    /// A string, a number, a boolean or null
    value: serde_json::Value,
    /// Who gave it: flag, environment, file, locale or default
    source: &'static str,
    /// The flag, the variable or the file
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let wanted = args.name.as_deref();
    let rows = context.settings.rows();
    let names: Vec<_> = rows.iter().map(|row| row.name).collect();
    let settings: Vec<Line> = rows
        .into_iter()
        .filter(|row| wanted.is_none_or(|name| name == row.name))
        .map(|row| {
            let (source, from) = match row.source {
                Source::Default => ("default", None),
                Source::Locale => ("locale", None),
                Source::File(path) => ("file", Some(path.display().to_string())),
                Source::Environment => ("environment", Some(variable_name(row.name))),
                Source::Flag => ("flag", Some(format!("--{}", row.name.replace('_', "-")))),
            };
            Line { name: row.name, value: row.value, source, from }
        })
        .collect();
    if let (Some(name), true) = (wanted, settings.is_empty()) {
        return Err(Failure::new(Code::UnknownName).because(name).with("names", names.join(", ")));
    }
    context.out.report(&Report { settings, one: wanted.is_some() })?;
    Ok(Exit::Done)
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/config/1";

    fn human(&self, text: &Text) -> String {
        let rows: Vec<_> = self
            .settings
            .iter()
            .map(|line| {
                let source = line.from.clone().unwrap_or_else(|| text.get(&format!("source-{}", line.source)));
                [line.name.to_owned(), shown(&line.value, "-"), format!("({source})")]
            })
            .collect();
        terminal::columns(&rows)
    }

    /// One setting asked for: its value. All: lines `name=value`.
    fn bare(&self) -> String {
        let line = |line: &Line| {
            let value = terminal::clean(&shown(&line.value, ""));
            if self.one { format!("{value}\n") } else { format!("{}={value}\n", line.name) }
        };
        self.settings.iter().map(line).collect()
    }
}

fn shown(value: &serde_json::Value, none: &str) -> String {
    match value {
        serde_json::Value::Null => none.to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
