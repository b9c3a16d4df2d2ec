//! `camtoken doctor`: the features of this machine and build, and their problems. Exit 7 when there is one.

use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::{Duration, SystemTime};

use camtoken::Timestamp;
use camtoken::store::block_on;
use camtoken_camera::{CameraInfo, FrameError};
use camtoken_keys::KeySource;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::{self, Bank, BankArgs};
use crate::config::{Source, Store, variable_name};
use crate::context::Context;
use crate::document::Document;
use crate::environment;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::feed;
use crate::kek;
use crate::self_check::Room;
use crate::state;
use crate::terminal;
use crate::text::Text;
use crate::trust;
use crate::value::Value;

/// No clock of a camtoken is before this version of it: 2026-11-01.
const RELEASED: u64 = 1_793_491_200;
/// A clock beyond this is wrong: 2100-01-01.
const TOO_FAR: u64 = 4_102_444_800;

/// Modes of a camera that are listed, the best ones.
const SHOWN: usize = 4;

#[derive(clap::Args)]
pub struct Args {}

/// What was looked at, and what was found.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// The version of camtoken
    version: &'static str,
    /// The cargo features of this build
    features: Vec<&'static str>,
    /// What was looked at
    checks: Vec<Check>,
    /// How many of the checks found a problem; more than none: exit 7
    problems: usize,
}

#[derive(Serialize, JsonSchema)]
struct Check {
    /// What was looked at
    name: &'static str,
    /// Whether something is wrong
    result: Finding,
    /// What was found
    value: String,
    /// What is wrong, and what to do about it, in the chosen language
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Serialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Finding {
    Ok,
    Problem,
}

pub fn run(_args: &Args, context: &Context) -> Result<Exit, Failure> {
    let mut checks = vec![locale(context), configuration(context), clock(context), state_dir(context), kek(context)];
    checks.extend(store(context));
    checks.extend(room(context));
    checks.push(terminal());
    checks.push(cameras(camtoken_camera::cameras(), &context.out.text));
    let problems = checks.iter().filter(|check| check.result == Finding::Problem).count();
    context.out.report(&Report { version: env!("CARGO_PKG_VERSION"), features: features(), checks, problems })?;
    Ok(if problems == 0 { Exit::Done } else { Exit::Findings })
}

fn features() -> Vec<&'static str> {
    let all = [
        ("server", cfg!(feature = "server")),
        ("emulator", cfg!(feature = "emulator")),
        ("tls", cfg!(feature = "tls")),
        ("postgres", cfg!(feature = "postgres")),
        ("etcd", cfg!(feature = "etcd")),
        ("pkcs11", cfg!(feature = "pkcs11")),
        ("transit", cfg!(feature = "transit")),
        ("camera", cfg!(feature = "camera")),
        ("screen", cfg!(feature = "screen")),
        ("clipboard", cfg!(feature = "clipboard")),
    ];
    all.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect()
}

fn locale(context: &Context) -> Check {
    let locale = sys_locale::get_locale().unwrap_or_else(|| "-".to_owned());
    let lang = &context.settings.lang;
    let source = match &lang.source {
        Source::Environment => variable_name("lang"),
        Source::Flag => "--lang".to_owned(),
        Source::File(path) => path.display().to_string(),
        Source::Locale | Source::Default => format!("locale {locale}"),
    };
    ok("locale", format!("{} ({source})", lang.value))
}

fn configuration(context: &Context) -> Check {
    match &context.problem {
        Some(problem) => {
            let report = problem.report(&context.out.text);
            let (what, advice) = report.what_and_hint();
            problem_of("config", what, advice)
        }
        None => match context.settings.check_for_verifier(&[]) {
            Ok(()) => ok("config", context.settings.files.shown()),
            Err(failure) => {
                let (what, advice) = failure.report(&context.out.text).what_and_hint();
                problem_of("config", format!("{}\n{what}", context.settings.files.shown()), advice)
            }
        },
    }
}

fn clock(context: &Context) -> Check {
    if let Some(at) = context.at {
        return ok("clock", format!("{at} (--at)"));
    }
    let Ok(since) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else {
        return problem_of("clock", "< 1970".to_owned(), context.out.text.get("doctor-clock-wrong"));
    };
    let now = Timestamp::from_unix(since.as_secs());
    if !(RELEASED..TOO_FAR).contains(&since.as_secs()) {
        return problem_of("clock", now.to_string(), context.out.text.get("doctor-clock-wrong"));
    }
    // A clock that was set back shows in what was written before.
    let newest = context.settings.state_dir.value.as_deref().and_then(newest_change);
    if newest.is_some_and(|newest| newest > SystemTime::now() + Duration::from_secs(60)) {
        return problem_of("clock", now.to_string(), context.out.text.get("doctor-clock-back"));
    }
    ok("clock", now.to_string())
}

fn newest_change(dir: &Path) -> Option<SystemTime> {
    fs::read_dir(dir).ok()?.flatten().filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
}

fn state_dir(context: &Context) -> Check {
    let text = &context.out.text;
    let Some(dir) = context.settings.state_dir.value.as_deref() else {
        return problem_of("state", "-".to_owned(), text.get("doctor-state-nowhere"));
    };
    let shown = dir.display().to_string();
    let Some(existing) = dir.ancestors().find(|dir| dir.exists()) else {
        return problem_of("state", shown, text.get("doctor-state-nowhere"));
    };
    if let Err(error) = try_writing(existing) {
        return problem_of("state", format!("{shown}: {error}"), text.get("doctor-state-unwritable"));
    }
    if existing != dir {
        return ok("state", format!("{shown} {}", text.get("doctor-state-not-yet")));
    }
    private("state", dir, shown, text)
}

/// A file is checked; a module is asked, as at a start. A key that does not exist yet is generated when the verifier is first used.
fn kek(context: &Context) -> Check {
    let text = &context.out.text;
    let problem = |name, failure: Failure| {
        let (what, advice) = failure.report(text).what_and_hint();
        problem_of(name, what, advice)
    };
    let source = match kek::source(context) {
        Ok(source) => source,
        Err(failure) if failure.code() == Code::State => return ok("kek_file", "-".to_owned()),
        Err(failure) => return problem("kek_source", failure),
    };
    let file = match &source {
        KeySource::Env(_) => return ok("kek_source", source.to_string()),
        KeySource::SystemdCredential(name) => environment::credential(name).unwrap_or_else(|| name.into()),
        KeySource::File(path) => path.clone(),
        KeySource::Pkcs11(_) | KeySource::Transit(_) => {
            let is_new = kek::wrapped_file(context).is_ok_and(|path| !path.exists());
            let asked = if is_new { kek::module(&source).map(|_| ()) } else { kek::keys(context, false).map(|_| ()) };
            return asked
                .map_or_else(|failure| problem("kek_source", failure), |()| ok("kek_source", source.to_string()));
        }
    };
    let is_own = context.settings.state_dir.value.as_deref().is_some_and(|state| kek::own(state) == file);
    if is_own && !file.exists() {
        return ok("kek_file", "-".to_owned());
    }
    let shown = file.display().to_string();
    match trust::open_secret(&file) {
        Err(error) => problem_of("kek_file", format!("{shown}: {error}"), text.get("doctor-kek-unreadable")),
        Ok(Err(distrust)) => problem("kek_file", distrust.into()),
        Ok(Ok(_)) => ok("kek_file", shown),
    }
}

/// Opens the store, if there is one, and makes the checks of a verifier: also that the key-encryption key is the store's.
fn store(context: &Context) -> Option<Check> {
    let text = &context.out.text;
    let place = place(context)?;
    let shown = place.json().as_str().unwrap_or_default().to_owned();
    if place.directory().is_some_and(|dir| !dir.join("format").exists()) {
        return None;
    }
    // What is wrong with the key itself is said of the key.
    let keys = kek::keys(context, false).ok()?;
    let opened = Bank::open_with(context, &BankArgs::default(), &keys, Some(Duration::ZERO))
        .and_then(|bank| Ok(block_on(bank.verifier.has_key_check())?));
    Some(match opened {
        Ok(_) => ok("store", shown),
        // Real keys are used at the real time only, so nothing is opened at another.
        Err(failure) if failure.code() == Code::FixedClock => return None,
        Err(failure) if failure.code() == Code::StoreBusy => {
            ok("store", format!("{shown} {}", text.get("doctor-store-busy")))
        }
        Err(failure) => {
            let (what, advice) = failure.report(text).what_and_hint();
            problem_of("store", format!("{shown}\n{what}"), advice)
        }
    })
}

fn place(context: &Context) -> Option<Store> {
    let named = context.settings.store.value.clone();
    named.or_else(|| bank::home(context).ok().map(|home| Store::Directory(home.join("store"))))
}

/// How much room an embedded store has, once there is one.
fn room(context: &Context) -> Option<Check> {
    let free = Room::of(place(context)?.directory()?).free().ok()?;
    let shown = format!("{} MB", free / 1_000_000);
    Some(match free < Room::LEAST {
        true => problem_of("store_room", shown, context.out.text.get("doctor-store-full")),
        false => ok("store_room", shown),
    })
}

fn terminal() -> Check {
    let kind = |terminal: bool| if terminal { "terminal" } else { "pipe" };
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty()).map(|value| format!(" {name}={value}"));
    let streams = format!("stdin={} stdout={}", kind(io::stdin().is_terminal()), kind(io::stdout().is_terminal()));
    let variables = ["TERM", "NO_COLOR"].into_iter().filter_map(variable);
    ok("terminal", std::iter::once(streams).chain(variables).collect())
}

/// No camera is no problem: most machines that run this have none.
fn cameras(found: Result<Vec<CameraInfo>, FrameError>, text: &Text) -> Check {
    let cameras = match found {
        Ok(cameras) => cameras,
        Err(FrameError::NotBuilt) => return ok("cameras", text.get("doctor-cameras-not-built")),
        Err(FrameError::NotSupported) => return ok("cameras", text.get("doctor-cameras-not-supported")),
        Err(error) => {
            let (what, advice) = feed::failure(&error, "cameras").report(text).what_and_hint();
            return problem_of("cameras", what, advice);
        }
    };
    let line = |camera: &CameraInfo| {
        let state = match &camera.modes {
            Ok(modes) => modes.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(", "),
            Err(error) => error.to_string(),
        };
        format!("{}: {} ({state})", camera.number, camera.name)
    };
    let lines: Vec<String> = cameras.iter().map(line).collect();
    ok("cameras", if lines.is_empty() { text.get("doctor-no-cameras") } else { lines.join("\n") })
}

fn private(name: &'static str, path: &Path, shown: String, text: &Text) -> Check {
    match fs::metadata(path).ok().and_then(|metadata| state::open_to_others(&metadata)) {
        Some(mode) => problem_of(name, format!("{shown} (mode {mode:04o})"), text.get("doctor-open-to-others")),
        None => ok(name, shown),
    }
}

fn try_writing(dir: &Path) -> io::Result<()> {
    if !dir.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let probe = dir.join(format!(".camtoken-doctor-{}", std::process::id()));
    state::write(&probe, b"")?;
    fs::remove_file(&probe)
}

fn ok(name: &'static str, value: String) -> Check {
    Check { name, result: Finding::Ok, value, advice: None }
}

fn problem_of(name: &'static str, value: String, advice: String) -> Check {
    Check { name, result: Finding::Problem, value, advice: Some(advice) }
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/doctor/1";

    fn human(&self, text: &Text) -> String {
        let mut rows = Vec::new();
        for check in &self.checks {
            let result = text.get(match check.result {
                Finding::Ok => "doctor-ok",
                Finding::Problem => "doctor-problem",
            });
            let name = text.get(&format!("check-{}", check.name.replace('_', "-")));
            let lines = check.value.lines().chain(check.advice.as_deref());
            let labels = std::iter::once((result, name)).chain(std::iter::repeat(Default::default()));
            rows.extend(lines.zip(labels).map(|(line, (result, name))| [result, name, line.to_owned()]));
        }
        let count = self.problems.to_string();
        let end = text.with(if self.problems == 0 { "doctor-well" } else { "doctor-found" }, &[("count", &count)]);
        let features = self.features.join(", ");
        format!("camtoken {} ({features})\n{}{end}\n", self.version, terminal::columns(&rows))
    }

    fn bare(&self) -> String {
        self.checks
            .iter()
            .filter(|check| check.result == Finding::Problem)
            .map(|check| format!("{}\n", check.name))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use camtoken::language::Language;
    use camtoken_camera::{Mode, PixelFormat};

    use super::*;

    #[test]
    fn each_state_of_the_cameras_has_its_own_words() {
        let mode = |width| Mode { format: PixelFormat::Yuyv, width, height: 480, fps: 30 };
        let info = |number, modes| CameraInfo { number, name: format!("camera of {number}"), modes };
        for lang in [Language::En, Language::Ja] {
            let text = Text::new(lang);
            let cameras = |found| cameras(found, &text);
            let not_built = cameras(Err(FrameError::NotBuilt));
            assert!(
                not_built.value.contains("cargo install --path bin/camtoken --features camera"),
                "{}",
                not_built.value
            );
            let not_supported = cameras(Err(FrameError::NotSupported));
            assert!(not_supported.value.contains("--camera"), "{}", not_supported.value);
            let none = cameras(Ok(Vec::new()));
            assert_eq!(none.value, text.get("doctor-no-cameras"));
            for check in [&not_supported, &none] {
                assert!(!check.value.contains("feature"), "{}", check.value);
            }
            for check in [not_built, not_supported, none] {
                assert!(check.result == Finding::Ok && check.advice.is_none(), "{}", check.value);
            }
            let modes = Ok([640, 641, 642, 643, 644].map(mode).into());
            let found = cameras(Ok(vec![info(0, modes), info(2, Err(FrameError::Busy))]));
            assert_eq!(
                found.value,
                "0: camera of 0 (YUYV 640x480 30/s, YUYV 641x480 30/s, YUYV 642x480 30/s, YUYV 643x480 30/s)\n\
                 2: camera of 2 (the camera is in use by another program)"
            );
            let failed = cameras(Err(FrameError::Driver { reason: "no such class".to_owned() }));
            assert!(failed.result == Finding::Problem && failed.value.contains("no such class"), "{}", failed.value);
            assert_eq!(failed.advice, Some(text.get("ct-e127.hint")));
        }
    }
}
