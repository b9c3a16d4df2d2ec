//! `camtoken completions`: the completion script of a shell.

use clap_complete::Shell;
use schemars::JsonSchema;
use serde::Serialize;

use super::Context;
use crate::cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Document;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "bash|zsh|fish|powershell|elvish", hide_possible_values = true)]
    shell: Shell,
}

/// A completion script.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// The shell that reads it
    shell: String,
    /// The script
    script: String,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(&context.out.text), "camtoken", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    context.out.report(&Report { shell: args.shell.to_string(), script })?;
    Ok(Exit::Done)
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/completions/1";

    fn human(&self, _text: &Text) -> String {
        self.script.clone()
    }

    fn bare(&self) -> String {
        self.script.clone()
    }
}
