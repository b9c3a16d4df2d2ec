//! `camtoken completions`: the completion script of a shell.

use clap::Command;
use clap_complete::Shell;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
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

/// Prints the script that completes `command`.
pub fn run(args: &Args, mut command: Command, context: &Context) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "camtoken", &mut script);
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
