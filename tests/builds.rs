//! What a build lacks is said with the feature that brings it, whatever the arguments. A program of its own, because scripts/test
//! builds it a second time, with fewer features.

use std::process::{Command, Output};

use serde_json::{Value, json};

fn camtoken(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_camtoken")).env_clear().arg("--json").args(args).output().expect("camtoken starts")
}

#[test]
fn a_verb_that_this_build_lacks_names_its_feature() {
    let mut lacking: Vec<(&[&str], &str, &str)> = Vec::new();
    if cfg!(not(feature = "server")) {
        lacking.push((&["serve"], "serve", "server"));
        lacking.push((&["serve", "--port", "0", "--emulator"], "serve", "server"));
    } else if cfg!(not(feature = "emulator")) {
        lacking.push((&["serve", "--port", "0", "--emulator"], "--emulator", "emulator"));
        lacking.push((&["serve", "--port", "0", "--only", "token"], "--only token", "emulator"));
    }
    if cfg!(not(feature = "emulator")) {
        lacking.push((&["ui"], "ui", "emulator"));
        lacking.push((&["ui", "--no-open", "--port", "0"], "ui", "emulator"));
    }
    if cfg!(all(feature = "server", not(feature = "tls"))) {
        lacking.push((&["serve", "--tls-cert", "a.pem", "--tls-key", "b.pem"], "--tls-cert", "tls"));
    }
    for (args, why, feature) in lacking {
        let output = camtoken(args);
        let error: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!((&error["code"], output.status.code()), (&json!("CT-E048"), Some(2)), "{args:?}: {error}");
        assert_eq!(error["why"], why, "{args:?}");
        assert!(error["hint"].as_str().expect("text").contains(&format!("--features {feature}")), "{args:?}: {error}");
    }
}

#[test]
fn a_verb_that_this_build_has_explains_itself() {
    for (verb, is_there) in [("serve", cfg!(feature = "server")), ("ui", cfg!(feature = "emulator"))] {
        let help = String::from_utf8(camtoken(&[verb, "--help"]).stdout).expect("help is UTF-8");
        assert_eq!(help.contains("--port"), is_there, "{verb}: {help}");
    }
}
