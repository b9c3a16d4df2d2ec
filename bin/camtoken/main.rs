//! The command line: parse, load the configuration, run the verb, report, exit.
//!
//! A verb is one file in `verbs/`; `verbs/mod.rs` says what it takes to add one.

mod accounts;
mod anchor;
#[cfg(feature = "server")]
mod api_keys;
mod approval;
mod bank;
mod cli;
mod config;
mod context;
mod courier;
mod document;
mod environment;
mod exit;
mod failure;
mod feed;
mod kek;
mod note;
mod output;
mod picture;
mod refusal;
mod secret;
mod self_check;
#[cfg(feature = "server")]
mod service;
mod source;
mod state;
mod system;
mod terminal;
mod text;
mod tokens;
mod trust;
#[cfg(not(all(feature = "emulator", feature = "deliver")))]
mod unbuilt;
mod value;
mod verbs;
mod viewfinder;

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use camtoken::oath::Engine;
use cli::{Cli, Early};
use config::Settings;
use context::Context;
use exit::Exit;
use failure::{Code, Failure};
use output::Output;

fn main() -> ExitCode {
    // A decoder that panics on an image has not read it: no message is needed.
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !camtoken::qr::decoding() {
            tell(panic);
        }
    }));
    system::no_core_dumps();
    // The engine that computes responses, for a comparison with the fastest one.
    if let Some(engine) = std::env::var("CAMTOKEN_ENGINE").ok().and_then(|name| name.parse::<Engine>().ok()) {
        engine.set_in_use();
    }
    let early = Early::read();
    let out = early.output();
    let exit = match catch_unwind(AssertUnwindSafe(|| run(&out))) {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => out.failure(&failure),
        Err(_) => out.failure(&Failure::new(Code::Internal)),
    };
    exit.into()
}

fn run(early: &Output) -> Result<Exit, Failure> {
    let cli = match Cli::parse(&early.text) {
        Ok(cli) => cli,
        Err(stop) => return cli::answer(&stop, early),
    };
    let (settings, problem) = match Settings::load(cli.layer(), cli.config_file().as_deref()) {
        Ok(settings) => (settings, None),
        Err(problem) if !cli.verb.needs_settings() => (Settings::without_files(cli.layer()), Some(problem)),
        Err(problem) => return Err(problem),
    };
    let out = Output::new(cli.mode(), settings.color.value, settings.lang.value);
    if let Some(distrust) = settings.files.distrusted.as_ref().filter(|_| cli.verb.needs_settings()) {
        out.say(&format!(
            "{}\n",
            out.text.with("settings-ignored", &[("why", &terminal::clean(&distrust.to_string()))])
        ));
    }
    cli.verb.run(&Context { settings, problem, out, at: cli.moment()? }, cli::command)
}
