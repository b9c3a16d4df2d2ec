//! `camtoken store kek`: the key-encryption keys that a module opens. Their status, a new one, a rotation, and re-wrapping.

use std::time::Duration;

use camtoken::Key;
use camtoken::store::block_on;
use camtoken_keys::{KeySource, WrappedKeys};
use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::{Bank, BankArgs};
use crate::config::{KekSource, Store};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::kek;
use crate::system::rng;
use crate::terminal;
use crate::text::Text;
use crate::value::value;

#[derive(clap::Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    Status(BankArgs),
    New(NewArgs),
    Rotate(RotateArgs),
    Rewrap(BankArgs),
}

#[derive(clap::Args)]
struct NewArgs {
    #[arg(long, value_name = "SOURCE", value_parser = value::<KekSource>)]
    from: Option<KekSource>,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct RotateArgs {
    #[arg(long)]
    second: bool,
    #[arg(long, conflicts_with = "second")]
    promote: bool,
    #[command(flatten)]
    bank: BankArgs,
}

/// Where the key-encryption keys are, and whether they can be had.
#[derive(Serialize, JsonSchema)]
pub struct State {
    /// Where they are, as `kek_source` names it
    source: String,
    /// The file of wrapped keys, when a module opens them
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The module's keys that they are wrapped under, the newest first
    under: Vec<String>,
    /// How many there are
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<usize>,
    /// Whether they can be had: whether the module answers and opens them
    opens: bool,
    /// Whether they are the store's; without a value the store was not asked
    #[serde(skip_serializing_if = "Option::is_none")]
    fits: Option<bool>,
    /// What is wrong, the code of an error
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What is wrong, in the chosen language
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// What was done to the wrapped keys.
#[derive(Serialize, JsonSchema)]
pub struct Changed {
    /// made, rotated, second, promoted or rewrapped
    done: &'static str,
    /// The file of wrapped keys
    file: String,
    /// How many there are
    keys: usize,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.act {
        Act::Status(bank) => status(bank, context),
        Act::New(args) => new(args, context),
        Act::Rotate(args) => rotate(args, context),
        Act::Rewrap(bank) => rewrap(bank, context),
    }
}

fn status(args: &BankArgs, context: &Context) -> Result<Exit, Failure> {
    let place = args.place(context)?;
    let source = kek::source(context)?;
    let mut state = State {
        source: source.to_string(),
        file: None,
        under: Vec::new(),
        keys: None,
        opens: false,
        fits: None,
        code: None,
        problem: None,
    };
    if source.is_module() {
        let path = kek::wrapped_file(context)?;
        if let Ok(wrapped) = kek::wrapped(&path) {
            state.under = wrapped.keys().iter().map(|key| key.under().to_owned()).collect();
            state.keys = Some(wrapped.keys().len());
        }
        state.file = Some(path.display().to_string());
    }
    let looked = kek::keys(context, false).and_then(|keys| {
        (state.keys, state.opens) = (Some(keys.len()), true);
        state.fits = if is_there(&place) { fits(args, context, &keys)? } else { None };
        Ok(())
    });
    if let Err(failure) = looked {
        state.code = Some(failure.code().as_str());
        let (what, hint) = failure.report(&context.out.text).what_and_hint();
        state.problem = Some(format!("{what}\n{hint}"));
    }
    context.out.report(&state)?;
    let is_well = state.code.is_none() && state.fits != Some(false);
    Ok(if is_well { Exit::Done } else { Exit::Findings })
}

/// Makes the file of wrapped keys: a new key, followed by those that the store has used until now.
fn new(args: &NewArgs, context: &Context) -> Result<Exit, Failure> {
    let place = args.bank.place(context)?;
    let (source, path) = (source(context)?, kek::wrapped_file(context)?);
    let module = kek::module(&source)?;
    let exists = || Failure::new(Code::KekExists).because(path.display());
    if path.exists() {
        return Err(exists());
    }
    let mut keys = vec![Key::generate(&mut rng())];
    if let Some(from) = &args.from {
        keys.extend(kek::read(&kek::parse(from, "--from")?, false)?);
    }
    if is_there(&place) {
        let bank = Bank::open_with(context, &args.bank, &keys, None)?;
        block_on(bank.verifier.check_key(&mut rng()))?;
    }
    let wrapped: Result<Vec<_>, _> = keys.iter().map(|key| module.wrap(key, &mut rng())).collect();
    let wrapped = wrapped.and_then(WrappedKeys::new).map_err(|error| kek::failure(&source, error))?;
    if !kek::create(&path, &wrapped)? {
        return Err(exists());
    }
    Changed { done: "made", file: path.display().to_string(), keys: keys.len() }.tell(context)
}

/// Puts a new key first; or second, and later that one first, so that verifiers on one database can be restarted one by one. All
/// must open before, and after.
fn rotate(args: &RotateArgs, context: &Context) -> Result<Exit, Failure> {
    args.bank.place(context)?;
    let (source, path) = (source(context)?, kek::wrapped_file(context)?);
    let module = kek::module(&source)?;
    let keys = kek::change(&path, |wrapped| {
        kek::open(&module, &source, &wrapped)?;
        let new = || module.wrap(&Key::generate(&mut rng()), &mut rng()).map_err(|error| kek::failure(&source, error));
        let changed = match (args.second, args.promote) {
            (true, _) => wrapped.before(new()?),
            (_, true) => wrapped.promoted().ok_or_else(|| Failure::new(Code::KekOnlyOne).because(path.display()))?,
            _ => wrapped.behind(new()?),
        };
        let count = changed.keys().len();
        Ok((changed, count))
    })?;
    let done = if args.second {
        "second"
    } else if args.promote {
        "promoted"
    } else {
        "rotated"
    };
    Changed { done, file: path.display().to_string(), keys }.tell(context)
}

/// Wraps the same keys under the newest version of the module's key.
fn rewrap(args: &BankArgs, context: &Context) -> Result<Exit, Failure> {
    args.place(context)?;
    let (source, path) = (source(context)?, kek::wrapped_file(context)?);
    let module = kek::module(&source)?;
    let keys = kek::change(&path, |wrapped| {
        let renewed = module.rewrap(&wrapped, &mut rng()).map_err(|error| kek::failure(&source, error))?;
        let count = renewed.keys().len();
        Ok((renewed, count))
    })?;
    Changed { done: "rewrapped", file: path.display().to_string(), keys }.tell(context)
}

/// The source, if it has a module.
fn source(context: &Context) -> Result<KeySource, Failure> {
    let source = kek::source(context)?;
    if source.is_module() { Ok(source) } else { Err(Failure::new(Code::KekNoModule).because(source)) }
}

fn is_there(place: &Store) -> bool {
    match place {
        Store::Directory(dir) => dir.join("format").exists(),
        Store::Url(_) => true,
    }
}

/// Whether the keys are the store's. A store that another process has open is not waited for: that process has checked.
fn fits(args: &BankArgs, context: &Context, keys: &[Key]) -> Result<Option<bool>, Failure> {
    let asked = Bank::open_with(context, args, keys, Some(Duration::ZERO))
        .and_then(|bank| Ok(block_on(bank.verifier.check_key(&mut rng()))?));
    match asked {
        Ok(()) => Ok(Some(true)),
        Err(failure) if failure.code() == Code::KeyMismatch => Ok(Some(false)),
        Err(failure) if failure.code() == Code::StoreBusy => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl Changed {
    fn tell(&self, context: &Context) -> Result<Exit, Failure> {
        context.out.report(self)?;
        Ok(Exit::Done)
    }
}

impl Document for State {
    const SCHEMA: &'static str = "camtoken/kek/1";

    fn human(&self, text: &Text) -> String {
        let mut rows = vec![[text.get("kek-source"), self.source.clone()]];
        rows.extend(self.file.iter().map(|file| [text.get("kek-file"), file.clone()]));
        rows.extend(self.under.iter().map(|under| [text.get("kek-under"), under.clone()]));
        rows.extend(self.keys.iter().map(|keys| [text.get("kek-keys"), keys.to_string()]));
        let said = |yes| text.get(if yes { "kek-yes" } else { "kek-no" });
        rows.push([text.get("kek-opens"), said(self.opens)]);
        let fits = self.fits.map_or_else(|| text.get("kek-not-asked"), said);
        rows.push([text.get("kek-fits"), fits]);
        let problem = self.problem.as_ref().map(|problem| format!("{}\n", problem.trim_end())).unwrap_or_default();
        terminal::columns(&rows) + &problem
    }

    fn bare(&self) -> String {
        format!("{}\n", self.keys.unwrap_or_default())
    }
}

impl Document for Changed {
    const SCHEMA: &'static str = "camtoken/kek-change/1";

    fn human(&self, text: &Text) -> String {
        let keys = self.keys.to_string();
        text.with(&format!("kek-{}", self.done), &[("file", &self.file), ("keys", &keys)]) + "\n"
    }

    fn bare(&self) -> String {
        format!("{}\n", self.keys)
    }
}
