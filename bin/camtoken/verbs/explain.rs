//! `camtoken explain`: the meaning of a code, its causes, and what to try.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// The long text of one code.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    #[serde(flatten)]
    entry: Entry,
    /// The long text, in the chosen language
    text: String,
}

/// All codes.
#[derive(Serialize, JsonSchema)]
pub struct List {
    /// The codes, in order
    codes: Vec<Entry>,
}

#[derive(Serialize, JsonSchema)]
struct Entry {
    /// The stable code
    code: &'static str,
    /// The token's own code for the same fact
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'static str>,
    /// What the process exits with
    exit: u8,
    /// What happened, in the chosen language
    message: String,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let text = &context.out.text;
    match &args.code {
        None => {
            let codes = Code::ALL.iter().map(|&code| Entry::of(code, text)).collect();
            context.out.report(&List { codes })?;
        }
        Some(name) => {
            let code = Code::find(name).ok_or_else(|| Failure::new(Code::Unexplained).because(name))?;
            let long = text.get(&format!("{}.long", code.key()));
            context.out.report(&Report { entry: Entry::of(code, text), text: long })?;
        }
    }
    Ok(Exit::Done)
}

impl Entry {
    fn of(code: Code, text: &Text) -> Self {
        Self { code: code.as_str(), refusal: code.refusal(), exit: code.exit().code(), message: text.get(&code.key()) }
    }

    fn names(&self) -> String {
        match self.refusal {
            Some(refusal) => format!("{} ({refusal})", self.code),
            None => self.code.to_owned(),
        }
    }
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/explain/1";

    fn human(&self, text: &Text) -> String {
        let Entry { exit, message, .. } = &self.entry;
        let number = exit.to_string();
        let exit = text.with("explain-exit", &[("number", &number), ("meaning", &text.get(&format!("exit-{exit}")))]);
        format!("{}: {message}\n{exit}\n\n{}\n", self.entry.names(), self.text)
    }

    fn bare(&self) -> String {
        format!("{}\n", self.text)
    }
}

impl Document for List {
    const SCHEMA: &'static str = "camtoken/codes/1";

    fn human(&self, _text: &Text) -> String {
        let rows: Vec<_> =
            self.codes.iter().map(|entry| [entry.names(), entry.exit.to_string(), entry.message.clone()]).collect();
        terminal::columns(&rows)
    }

    fn bare(&self) -> String {
        self.codes.iter().map(|entry| format!("{}\n", entry.code)).collect()
    }
}
