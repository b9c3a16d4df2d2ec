//! `camtoken serve-key`: makes a named API key for `camtoken serve`. The key is shown once; the service keeps its hash.

use std::path::PathBuf;

use base16ct::lower;
use camtoken::{Key, Timestamp};
use camtoken_server::{AccessKey, Scope};
use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::api_keys;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::system::rng;
use crate::text::Text;

/// The prefix of every key, so that scanners for leaked keys recognise one.
const PREFIX: &str = "ctk_";

#[derive(clap::Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    New(NewArgs),
}

#[derive(clap::Args)]
struct NewArgs {
    #[arg(value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "SCOPE,…", required = true, value_delimiter = ',')]
    scopes: Vec<Scope>,
    #[arg(long, value_name = "TIME")]
    expires: Option<Timestamp>,
    #[arg(long, short, value_name = "FILE.toml")]
    file: Option<PathBuf>,
}

/// A new key.
#[derive(Serialize, JsonSchema)]
pub struct Made {
    /// What the caller sends as Authorization: Bearer. It is shown this once
    key: String,
    /// The caller's name
    name: String,
    /// What the caller may do
    scopes: Vec<&'static str>,
    /// From then on the key is refused
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// The lines for the file of --api-keys
    lines: String,
    /// The file to which they were added
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let Act::New(args) = &args.act;
    if !AccessKey::is_name(&args.name) {
        return Err(Failure::new(Code::ApiKeys).because("NAME: 1 to 64 letters, digits and ._@-"));
    }
    let secret = Key::generate(&mut rng());
    let key = Zeroizing::new(format!("{PREFIX}{}", *Zeroizing::new(lower::encode_string(secret.expose_bytes()))));
    let mut scopes = args.scopes.clone();
    scopes.dedup();
    let access =
        AccessKey { name: args.name.clone(), sha256: Some(AccessKey::hash(&key)), scopes, expires: args.expires };
    if let Some(file) = &args.file {
        api_keys::add(file, &access)?;
    }
    context.out.report(&Made {
        key: key.as_str().to_owned(),
        name: access.name.clone(),
        scopes: access.scopes.iter().map(|scope| scope.as_str()).collect(),
        expires: access.expires.map(|expires| expires.to_string()),
        lines: api_keys::lines(&access),
        file: args.file.as_ref().map(|file| file.display().to_string()),
    })?;
    Ok(Exit::Done)
}

impl Document for Made {
    const SCHEMA: &'static str = "camtoken/serve-key/1";

    fn human(&self, text: &Text) -> String {
        match &self.file {
            Some(file) => format!("{}\n{}\n", self.key, text.with("serve-key-added", &[("file", file)])),
            None => format!("{}\n{}\n\n{}", self.key, text.get("serve-key-lines"), self.lines),
        }
    }

    fn bare(&self) -> String {
        format!("{}\n", self.key)
    }
}
