//! The command line from outside: what it prints, in both languages, and what it exits with.

#[path = "cli/accounts.rs"]
mod accounts;
#[cfg(unix)]
#[path = "cli/anchors.rs"]
mod anchors;
#[path = "cli/documents.rs"]
mod documents;
#[path = "cli/faults.rs"]
mod faults;
#[path = "cli/frames.rs"]
mod frames;
#[path = "cli/hints.rs"]
mod hints;
#[cfg(all(target_os = "linux", feature = "pkcs11", feature = "transit", feature = "server"))]
#[path = "cli/keys.rs"]
mod keys;
#[path = "cli/oath.rs"]
mod oath;
#[path = "cli/pictures.rs"]
mod pictures;
#[path = "cli/provisioning.rs"]
mod provisioning;
#[path = "cli/quality.rs"]
mod quality;
#[path = "cli/seals.rs"]
mod seals;
#[path = "cli/secrets.rs"]
mod secrets;
#[cfg(all(target_os = "linux", feature = "server"))]
#[path = "cli/service.rs"]
mod service;
#[path = "cli/settings.rs"]
mod settings;
#[path = "cli/streams.rs"]
mod streams;
#[path = "cli/tokens.rs"]
mod tokens;
#[path = "cli/transactions.rs"]
mod transactions;
#[path = "cli/upkeep.rs"]
mod upkeep;
#[path = "cli/verifier.rs"]
mod verifier;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Every console story of `tests/cli/`, run as written.
#[test]
fn stories_run_as_written() {
    let cases = trycmd::TestCases::new();
    for (name, value) in ENVIRONMENT {
        cases.env(*name, *value);
    }
    cases.case("../../tests/cli/*.trycmd");
}

/// A person's surroundings that no test depends on. An empty variable is as none.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("HOME", "/nonexistent"),
    ("XDG_CONFIG_HOME", "/nonexistent/config"),
    ("XDG_STATE_HOME", "/nonexistent/state"),
    ("LANGUAGE", ""),
    ("LC_ALL", "C"),
    ("TERM", ""),
    ("NO_COLOR", ""),
    ("COLUMNS", "100"),
    ("CAMTOKEN_NOW", "2026-11-21T03:04:05Z"),
    ("CAMTOKEN_CONFIG", ""),
    ("CAMTOKEN_LANG", ""),
    ("CAMTOKEN_COLOR", ""),
    ("CAMTOKEN_STATE_DIR", ""),
    ("CAMTOKEN_STORE", ""),
    ("CAMTOKEN_TOKEN", ""),
    ("CAMTOKEN_ACCEPT_TEST_KEYS", ""),
    ("CAMTOKEN_KEK_FILE", ""),
    ("CAMTOKEN_KEK_SOURCE", ""),
    ("CAMTOKEN_CHALLENGE_LIFETIME", ""),
    ("CAMTOKEN_RESPONSE_DIGITS", ""),
    ("CAMTOKEN_MAX_ATTEMPTS", ""),
    ("CAMTOKEN_MAX_FAILURES", ""),
    ("CAMTOKEN_BANK", ""),
    ("CAMTOKEN_STORE_WAIT", ""),
    ("CAMTOKEN_KEK", ""),
];

/// The payee of the transfers.
const PAYEE: [(&str, &str); 7] = [
    ("bankCode", "0001"),
    ("bankName", "カクウ"),
    ("branchCode", "001"),
    ("branchName", "ホンテン"),
    ("accountType", "ordinary"),
    ("account", "0012345"),
    ("payee", "ミホン ショウジ(カ"),
];

/// The top of the workspace, where the vectors are.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn camtoken(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_camtoken"));
    command.current_dir(ROOT).args(args).envs(ENVIRONMENT.iter().copied()).env_remove("CLICOLOR_FORCE");
    command
}

/// The one document that a command prints with `input` at its standard input, and its exit code.
fn document(command: &mut Command, input: &str) -> (Value, i32) {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("camtoken starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command:?}: {error}"));
    (document, output.status.code().expect("an exit code"))
}
