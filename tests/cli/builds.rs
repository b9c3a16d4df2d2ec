//! What a build lacks is said with the feature that brings it, whatever the arguments.

use serde_json::{Value, json};

use super::camtoken;

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
        let output = camtoken(&["--json"]).args(args).output().expect("camtoken starts");
        let error: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!((&error["code"], output.status.code()), (&json!("CT-E048"), Some(2)), "{args:?}: {error}");
        assert_eq!(error["why"], why, "{args:?}");
        assert!(error["hint"].as_str().expect("text").contains(&format!("--features {feature}")), "{args:?}: {error}");
    }
}
