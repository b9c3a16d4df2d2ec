//! `camtoken token`: the tokens of this account, and their buttons.

mod accounts;
mod documents;

use std::path::{Path, PathBuf};

use camtoken::key::TokenId;
use camtoken::token::{Button, Device, Faults, Pin, Profile, Refusal, State, Token, picture};
use clap::{Subcommand, ValueEnum};
use rand::Rng;
use secrecy::ExposeSecret;

use super::scan;
use crate::approval::{self, Confirm, Keep};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::secret::{self, Asked};
use crate::state;
use crate::system::rng;
use crate::tokens::{self, Held};

pub use accounts::{AccountList, OtpReport};
use documents::Entry;
pub use documents::{Info, List, Saved, Shown};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    New(New),
    List,
    Show(One),
    Activate(Activate),
    Screen(ScreenArgs),
    Press(Press),
    Faults(FaultArgs),
    Reset(Gone),
    Rm(Gone),
    Export(Export),
    Import(Import),
    Accounts(One),
    AddAccount(accounts::Add),
    RmAccount(accounts::Remove),
    Otp(accounts::OtpArgs),
}

#[derive(clap::Args)]
struct New {
    #[arg(value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "ID")]
    id: Option<TokenId>,
    #[arg(long, conflicts_with = "passphrase_file")]
    test: bool,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    #[arg(long, value_name = "standard|japan", default_value = "standard", hide_possible_values = true)]
    profile: Kind,
    #[arg(long, value_name = "1..8", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=8))]
    slots: u8,
}

/// What kind of token it is.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    Standard,
    Japan,
}

#[derive(clap::Args)]
struct One {
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Activate {
    #[arg(value_name = "NAME")]
    name: String,
    #[arg(value_name = "IMAGE|-")]
    code: Option<PathBuf>,
    #[arg(long, value_name = "ask|auto|step", hide_possible_values = true)]
    confirm: Option<Confirm>,
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    keep: Option<Keep>,
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(clap::Args)]
struct ScreenArgs {
    #[command(flatten)]
    token: One,
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[arg(long)]
    text: bool,
}

#[derive(clap::Args)]
struct Press {
    /// The name may be left out, as elsewhere, so the two are told apart by their number.
    #[arg(value_name = "[NAME] left|center|right", required = true, num_args = 1..=2)]
    what: Vec<String>,
    #[arg(long)]
    hold: bool,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Key {
    Left,
    Center,
    Right,
}

#[derive(clap::Args)]
struct FaultArgs {
    #[command(flatten)]
    token: One,
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
    battery: Option<u8>,
    #[arg(long)]
    half_activated: bool,
    #[arg(long, value_name = "+90s", allow_hyphen_values = true, value_parser = offset)]
    clock: Option<i64>,
    #[arg(long, value_name = "T01..T14")]
    next_scan: Option<Refusal>,
    #[arg(long)]
    clear: bool,
}

#[derive(clap::Args)]
struct Gone {
    #[arg(value_name = "NAME")]
    name: String,
    #[arg(long)]
    yes: bool,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Export {
    #[command(flatten)]
    token: One,
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Import {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.verb {
        Verb::New(args) => new(args, context),
        Verb::List => list(context),
        Verb::Show(args) => {
            let held = args.open(context)?;
            context.out.report(&Info::of(&held, context.moment()?))?;
            Ok(Exit::Done)
        }
        Verb::Activate(args) => activate(args, context),
        Verb::Screen(args) => screen(args, context),
        Verb::Press(args) => press(args, context),
        Verb::Faults(args) => faults(args, context),
        Verb::Reset(args) => reset(args, context),
        Verb::Rm(args) => rm(args, context),
        Verb::Export(args) => export(args, context),
        Verb::Import(args) => import(args, context),
        Verb::Accounts(args) => accounts::list(&mut args.open(context)?, context),
        Verb::AddAccount(args) => accounts::add(args, context),
        Verb::RmAccount(args) => accounts::remove(args, context),
        Verb::Otp(args) => accounts::respond(args, context),
    }
}

fn new(args: &New, context: &Context) -> Result<Exit, Failure> {
    let id = match &args.id {
        Some(id) => id.clone(),
        None => format!("CT{:08}", rng().next_u64() % 100_000_000).parse().expect("ten capitals and digits"),
    };
    let passphrase =
        if args.test { None } else { Some(tokens::new_passphrase(args.passphrase_file.as_deref(), context)?) };
    let profile = match args.profile {
        Kind::Standard => Profile::Standard,
        Kind::Japan => Profile::Japan,
    };
    let token = Token::generate(id, args.test, &mut rng()).with_profile(profile);
    let mut token = token.with_slots(args.slots.into()).expect("the argument is 1 to 8");
    token.language = context.settings.lang.value;
    if let Some(file) = &args.pin_file {
        let prompt = context.out.text.with("prompt-pin", &[("name", &args.name)]);
        let pin = Asked { prompt: &prompt, flag: "--pin-file", file: Some(file), variable: "CAMTOKEN_PIN" }.secret()?;
        Pin::new(pin.expose_secret(), &mut rng())
            .map_err(|error| error.to_string())
            .and_then(|pin| token.set_pin(Some(pin)).map_err(|error| error.to_string()))
            .map_err(|why| Failure::new(Code::CommandLine).because(why).with("usage", "--pin-file FILE"))?;
    }
    let held = Held::create(&args.name, Device::new(token), passphrase, context)?;
    context.out.report(&Info::of(&held, context.moment()?))?;
    Ok(Exit::Done)
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let mut entries = Vec::new();
    for name in tokens::names(context)? {
        let encrypted = tokens::is_encrypted(&name, context).unwrap_or(false);
        let mut entry = Entry { name, encrypted, id: None, activations: None, slots: None, error: None };
        if !encrypted {
            match Held::open(Some(&entry.name), None, context) {
                Ok(held) => {
                    let token = held.device.token();
                    entry.id = Some(token.id().to_string());
                    (entry.activations, entry.slots) = (Some(token.activations().count()), Some(token.slots()));
                }
                Err(failure) => entry.error = Some(failure.code().as_str()),
            }
        }
        entries.push(entry);
    }
    context.out.report(&List { tokens: entries })?;
    Ok(Exit::Done)
}

/// Both scans of a registration. With a code, one of them; with `--keep` alone, the answer after the second.
fn activate(args: &Activate, context: &Context) -> Result<Exit, Failure> {
    let scan = |code: PathBuf| {
        let args = scan::Args {
            images: vec![code],
            token: Some(args.name.clone()),
            confirm: args.confirm,
            keep: args.keep,
            pin_file: args.pin_file.clone(),
            passphrase_file: args.passphrase_file.clone(),
            ..scan::Args::default()
        };
        scan::run(&args, context)
    };
    match (&args.code, args.keep) {
        (Some(code), _) => scan(code.clone()),
        (None, Some(keep)) => {
            let mut held = Held::open(Some(&args.name), args.passphrase_file.as_deref(), context)?;
            approval::answer(&mut held, keep == Keep::Yes, context)?;
            context.out.report(&Shown::of(&held, context.moment()?))?;
            Ok(Exit::Done)
        }
        (None, None) => {
            for question in ["activate-first", "activate-second"] {
                let Some(code) =
                    secret::line(&context.out.text.get(question), "IMAGE")?.filter(|code| !code.is_empty())
                else {
                    return Ok(Exit::Cancelled);
                };
                match scan(code.into())? {
                    Exit::Done => {}
                    exit => return Ok(exit),
                }
            }
            Ok(Exit::Done)
        }
    }
}

fn screen(args: &ScreenArgs, context: &Context) -> Result<Exit, Failure> {
    let held = args.token.open(context)?;
    let now = context.moment()?;
    let screen = held.device.screen(now);
    if let Some(path) = &args.png {
        write(path, &picture::to_png(&screen, 2))?;
    }
    if let Some(path) = &args.svg {
        write(path, picture::to_svg(&screen).as_bytes())?;
    }
    match (args.text, args.png.is_some() || args.svg.is_some()) {
        (true, _) if !context.out.is_for_a_program() => context.out.print(&screen.to_text())?,
        (false, true) if !context.out.is_for_a_program() => {}
        _ => context.out.report(&Shown::of(&held, now))?,
    }
    Ok(Exit::Done)
}

fn press(args: &Press, context: &Context) -> Result<Exit, Failure> {
    let (name, key) = match &args.what[..] {
        [key] => (None, key),
        [name, key, ..] => (Some(name.as_str()), key),
        [] => (None, &String::new()),
    };
    let key = Key::from_str(key, true).map_err(|_| {
        let usage = "camtoken token press [NAME] left|center|right";
        Failure::new(Code::CommandLine).because(key).with("usage", usage)
    })?;
    let button = match key {
        Key::Left => Button::Left,
        Key::Center => Button::Center,
        Key::Right => Button::Right,
    };
    let mut held = Held::open(name, args.passphrase_file.as_deref(), context)?;
    let now = context.moment()?;
    if args.hold {
        held.device.hold(button, now);
    } else {
        held.device.press(button, now, &mut rng());
    }
    held.save()?;
    context.out.report(&Shown::of(&held, now))?;
    Ok(Exit::Done)
}

fn faults(args: &FaultArgs, context: &Context) -> Result<Exit, Failure> {
    let mut held = args.token.open(context)?;
    let faults = &mut held.device.token_mut().faults;
    if args.clear {
        *faults = Faults::default();
    }
    faults.battery = args.battery.unwrap_or(faults.battery);
    faults.half_activated |= args.half_activated;
    faults.clock_offset = args.clock.unwrap_or(faults.clock_offset);
    faults.next_scan = args.next_scan.or(faults.next_scan);
    held.save()?;
    context.out.report(&Info::of(&held, context.moment()?))?;
    Ok(Exit::Done)
}

fn reset(args: &Gone, context: &Context) -> Result<Exit, Failure> {
    let mut held = args.open("reset-sure", context)?;
    let language = held.device.token().language;
    held.device.token_mut().reset();
    held.device.token_mut().language = language;
    if held.device.state(context.moment()?) != State::Off {
        held.device.hold(Button::Center, context.moment()?);
    }
    held.save()?;
    context.out.report(&Saved { name: held.name, what: "reset", file: None, token: None })?;
    Ok(Exit::Done)
}

fn rm(args: &Gone, context: &Context) -> Result<Exit, Failure> {
    let held = args.open("rm-sure", context)?;
    let name = held.name.clone();
    held.remove()?;
    context.out.report(&Saved { name, what: "removed", file: None, token: None })?;
    Ok(Exit::Done)
}

fn export(args: &Export, context: &Context) -> Result<Exit, Failure> {
    let held = args.token.open(context)?;
    let text = held.text()?;
    let mut saved = Saved { name: held.name, what: "exported", file: None, token: None };
    match &args.output {
        Some(path) => {
            state::write(path, text.as_bytes())
                .map_err(|error| Failure::new(Code::Write).because(format!("{}: {error}", path.display())))?;
            saved.file = Some(path.display().to_string());
            context.out.report(&saved)?;
        }
        None if context.out.is_for_a_program() => {
            saved.token = serde_json::from_str(&text).ok();
            context.out.report(&saved)?;
        }
        None => context.out.print(&text)?,
    }
    Ok(Exit::Done)
}

fn import(args: &Import, context: &Context) -> Result<Exit, Failure> {
    let (device, passphrase) = tokens::parse(&tokens::read(&args.file)?, args.passphrase_file.as_deref(), context)?;
    let name = args.name.clone().unwrap_or_else(|| {
        let file = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stem = [".camtoken.json", ".json"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(&file);
        stem.to_owned()
    });
    let held = Held::create(&name, device, passphrase, context)?;
    context.out.report(&Info::of(&held, context.moment()?))?;
    Ok(Exit::Done)
}

impl One {
    fn open(&self, context: &Context) -> Result<Held, Failure> {
        Held::open(self.name.as_deref(), self.passphrase_file.as_deref(), context)
    }
}

impl Gone {
    /// Takes the token out of its file, once the user has confirmed it.
    fn open(&self, question: &str, context: &Context) -> Result<Held, Failure> {
        let held = Held::open(Some(&self.name), self.passphrase_file.as_deref(), context)?;
        let sure = self.yes || secret::confirm(&context.out.text.with(question, &[("name", &self.name)]), "--yes")?;
        if sure { Ok(held) } else { Err(Failure::new(Code::Cancelled)) }
    }
}

/// Seconds of a span with its sign: `+90s`, `-2m`, `90`.
fn offset(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let span = text.strip_prefix('+').unwrap_or(text);
    span.parse::<jiff::SignedDuration>().map(|span| span.as_secs()).map_err(|_| "expected +90s, -2m".to_owned())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|error| Failure::new(Code::Write).because(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_set_forward_or_back() {
        for (text, seconds) in [("+90s", 90), ("-2m", -120), ("90", 90), ("-1", -1), ("+1h", 3600)] {
            assert_eq!(offset(text), Ok(seconds), "{text}");
        }
        for text in ["", "soon", "++1", "1x"] {
            assert!(offset(text).is_err(), "{text}");
        }
    }
}
