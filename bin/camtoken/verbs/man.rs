//! `camtoken man`: manual pages, one a verb, in the chosen language.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
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
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// The pages that were written.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// Their paths
    files: Vec<String>,
}

/// Writes the pages of `command` and all below it.
pub fn run(args: &Args, command: Command, context: &Context) -> Result<Exit, Failure> {
    let unwritable = |path: &Path, error| Failure::new(Code::Write).because(format!("{}: {error}", path.display()));
    fs::create_dir_all(&args.dir).map_err(|error| unwritable(&args.dir, error))?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut files = Vec::new();
    for (name, page) in pages(&command, &context.out.text) {
        let path = args.dir.join(name);
        fs::write(&path, page).map_err(|error| unwritable(&path, error))?;
        files.push(path.display().to_string());
    }
    context.out.report(&Report { files })?;
    Ok(Exit::Done)
}

fn pages(command: &Command, text: &Text) -> Vec<(String, String)> {
    let man = Man::new(command.clone());
    let name = man.get_filename();
    let mut page = Vec::new();
    man.render(&mut page).expect("memory takes every write");
    let page = String::from_utf8_lossy(&page);
    let page: String = page.lines().map(|line| heading(line, text) + "\n").collect();
    let below = command.get_subcommands().flat_map(|sub| pages(sub, text));
    std::iter::once((name, page)).chain(below).collect()
}

/// A section's heading in the chosen language; those that clap_mangen makes itself are English.
fn heading(line: &str, text: &Text) -> String {
    let own = line.strip_prefix(".SH ").map(|heading| heading.trim_matches('"').to_lowercase());
    match own.and_then(|own| text.find(&format!("man-{own}"), &[])) {
        Some(translated) => format!(".SH \"{translated}\""),
        None => line.to_owned(),
    }
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/man/1";

    fn human(&self, _text: &Text) -> String {
        self.bare()
    }

    fn bare(&self) -> String {
        self.files.iter().map(|file| terminal::clean(file) + "\n").collect()
    }
}
