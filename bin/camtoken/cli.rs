//! The command line. The help texts are messages `help-VERB` of the Fluent files; an argument's text is an attribute with its
//! name. Arguments that the verbs of a group share are described at the group, those that other verbs share in `help-shared`.

use std::ffi::OsString;
use std::path::PathBuf;

use camtoken::Timestamp;
use camtoken::language::Language;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Command, CommandFactory, FromArgMatches, Parser};

use crate::config::{self, Color, Layer, Settings};
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::output::{Mode, Output};
use crate::text::Text;
use crate::value::{Value, value};
use crate::verbs::Verb;

#[derive(Parser)]
#[command(name = "camtoken", version, disable_help_flag = true, disable_version_flag = true)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Verb,

    #[arg(long, global = true, conflicts_with = "quiet")]
    json: bool,
    #[arg(long, short, global = true)]
    quiet: bool,
    #[arg(long, global = true, value_name = Language::EXPECTED, value_parser = value::<Language>)]
    lang: Option<Language>,
    #[arg(long, global = true, value_name = "TIME", alias = "now", short_alias = 'N')]
    at: Option<Timestamp>,
    #[arg(long, global = true, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    #[arg(long, global = true, value_name = Color::EXPECTED, value_parser = value::<Color>)]
    color: Option<Color>,
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[arg(long, short, global = true, action = ArgAction::Help)]
    help: Option<bool>,
    #[arg(long, short = 'V', action = ArgAction::Version)]
    version: Option<bool>,
}

impl Cli {
    /// Reads the command line.
    ///
    /// # Errors
    ///
    /// A command line that was not understood, or a request for help: [`answer`] separates the two.
    pub fn parse(text: &Text) -> Result<Self, clap::Error> {
        let mut command = command(text);
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }

    /// Who reads the answer.
    pub fn mode(&self) -> Mode {
        match (self.json, self.quiet) {
            (true, _) => Mode::Json,
            (false, true) => Mode::Quiet,
            (false, false) => Mode::Human,
        }
    }

    /// The moment that `--at` or `CAMTOKEN_NOW` fixes.
    ///
    /// # Errors
    ///
    /// A variable that is no time.
    pub fn moment(&self) -> Result<Option<Timestamp>, Failure> {
        self.at.map_or_else(|| config::from_variable("now", config::variable), |at| Ok(Some(at)))
    }

    /// The only configuration file, if `--config` or `CAMTOKEN_CONFIG` names one.
    pub fn config_file(&self) -> Option<PathBuf> {
        self.config.clone().or_else(config_variable)
    }

    /// The settings that the flags give.
    pub fn layer(&self) -> Layer {
        Layer { lang: self.lang, color: self.color, state_dir: self.state_dir.clone().map(Some), ..Layer::default() }
    }
}

/// The command with its help in the language of `text`.
pub fn command(text: &Text) -> Command {
    let exits = Exit::ALL.map(|exit| format!("  {}  {}\n", exit.code(), text.get(&format!("exit-{}", exit.code()))));
    localised(Cli::command(), "help-camtoken", text).after_long_help(format!(
        "{}\n{}",
        text.get("heading-exit"),
        exits.concat()
    ))
}

/// Answers when there is no verb to run: with the requested help, or with the error.
///
/// # Errors
///
/// [`Code::CommandLine`] with clap's message.
pub fn answer(stop: &clap::Error, out: &Output) -> Result<Exit, Failure> {
    match stop.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            out.print(&stop.render().ansi().to_string())?;
            Ok(Exit::Done)
        }
        // No verb at all: most users want the list of verbs.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if out.is_for_a_person() => {
            out.say(&stop.render().ansi().to_string());
            Ok(Exit::Usage)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Err(Failure::new(Code::CommandLine).with("usage", "camtoken [OPTIONS] <VERB>"))
        }
        _ => Err(misunderstood(stop)),
    }
}

/// What an answer needs before the command line is parsed. It is found by a scan of the arguments.
pub struct Early {
    json: bool,
    quiet: bool,
    settings: Settings,
}

impl Early {
    /// Looks through the arguments, and the configuration if it can be read.
    pub fn read() -> Self {
        let args: Vec<OsString> = std::env::args_os().skip(1).take_while(|arg| arg != "--").collect();
        let has = |flags: &[&str]| args.iter().any(|arg| flags.iter().any(|flag| arg == flag));
        let layer = || Layer {
            lang: option(&args, "--lang").and_then(|lang| Language::read(&lang).ok()),
            color: option(&args, "--color").and_then(|color| Color::read(&color).ok()),
            ..Layer::default()
        };
        let config = option(&args, "--config").map(PathBuf::from).or_else(config_variable);
        let settings = Settings::load(layer(), config.as_deref()).unwrap_or_else(|_| Settings::without_files(layer()));
        Self { json: has(&["--json"]), quiet: has(&["--quiet", "-q"]), settings }
    }

    /// The output until the command line is parsed.
    pub fn output(&self) -> Output {
        let mode = match (self.json, self.quiet) {
            (true, _) => Mode::Json,
            (false, true) => Mode::Quiet,
            (false, false) => Mode::Human,
        };
        Output::new(mode, self.settings.color.value, self.settings.lang.value)
    }
}

fn localised(command: Command, key: &str, text: &Text) -> Command {
    let heading = |arg: &clap::Arg| match (arg.is_positional(), arg.is_global_set() || arg.get_id() == "version") {
        (true, _) => text.get("heading-arguments"),
        (false, true) => text.get("heading-global"),
        (false, false) => text.get("heading-options"),
    };
    let template =
        format!("{{about-with-newline}}\n{}: {{usage}}\n\n{{all-args}}{{after-help}}", text.get("heading-usage"));
    let mut command = command
        .about(text.get(key))
        .help_template(template)
        .subcommand_value_name("VERB")
        .subcommand_help_heading(text.get("heading-verbs"))
        .mut_args(|arg| {
            let of = |key: &str| text.find(&format!("{key}.{}", arg.get_id()), &[]);
            // Its own text, else that of its group of verbs, else that of all.
            let own = of(key).or_else(|| of(key.rsplit_once('-')?.0));
            let shared = || text.get(&format!("help-shared.{}", arg.get_id()));
            let (help, heading) = (own.unwrap_or_else(shared), heading(&arg));
            arg.help(help).help_heading(heading)
        })
        .mut_subcommands(|sub| {
            let key = match key {
                "help-camtoken" => format!("help-{}", sub.get_name()),
                _ => format!("{key}-{}", sub.get_name()),
            };
            localised(sub, &key, text)
        });
    if let Some(long) = text.find(&format!("{key}.long"), &[]) {
        command = command.long_about(flowing(&long));
    }
    command
}

/// Joins the lines of each paragraph, so that they are broken at the terminal's width. Indented ones stay as they are.
fn flowing(text: &str) -> String {
    let paragraph = |lines: &str| match lines.starts_with(' ') {
        true => lines.to_owned(),
        false => lines.lines().fold(String::new(), |mut flowing, line| {
            // Latin words need a space between them, Japanese none.
            if flowing.ends_with(|c: char| c.is_ascii()) && line.starts_with(|c: char| c.is_ascii()) {
                flowing.push(' ');
            }
            flowing + line
        }),
    };
    text.split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n\n")
}

/// Clap's message without its frame: what is wrong becomes the reason, the usage the hint.
fn misunderstood(stop: &clap::Error) -> Failure {
    let message = stop.render().to_string();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let help = format!("{} --help", verb_of(std::env::args_os().skip(1)));
    let (what, rest) = match message.find("\nUsage: ") {
        Some(at) => (&message[..at], &message[at + "\nUsage: ".len()..]),
        None => (message.split("\nFor more information").next().unwrap_or(message), help.as_str()),
    };
    let mut why = what.lines().filter(|line| !line.trim().is_empty());
    let first = why.next().unwrap_or_default();
    let failure = Failure::new(Code::CommandLine).with("usage", rest.lines().next().unwrap_or(&help));
    let failure = match (stop.kind(), stop.get(ContextKind::InvalidArg)) {
        (ErrorKind::MissingRequiredArgument, _) => failure.because_of("why-arguments-missing", &[]),
        (ErrorKind::UnknownArgument, Some(ContextValue::String(found))) => {
            let is_rest = found.len() >= 3 && found.bytes().all(|byte| byte.is_ascii_digit());
            let failure = failure.because_of("why-argument-unknown", &[("found", found)]);
            if is_rest { failure.with("case", "blank") } else { failure }
        }
        _ => failure.because(first),
    };
    why.fold(failure, Failure::and)
}

/// The verb that the arguments name, as far as they name one: `camtoken enroll start`.
fn verb_of(args: impl Iterator<Item = OsString>) -> String {
    let (mut command, mut path) = (Cli::command(), "camtoken".to_owned());
    for arg in args {
        if let Some(verb) = command.find_subcommand(&arg).cloned() {
            path += &format!(" {}", verb.get_name());
            command = verb;
        }
    }
    path
}

fn config_variable() -> Option<PathBuf> {
    config::variable("CAMTOKEN_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn option(args: &[OsString], name: &str) -> Option<String> {
    let mut args = args.iter().map(|arg| arg.to_string_lossy());
    while let Some(arg) = args.next() {
        if arg == name {
            return args.next().map(Into::into);
        }
        if let Some(value) = arg.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}
