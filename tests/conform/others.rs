//! Implementations of others pass: those of testvectors/adapters.

use super::*;

/// Whether a command runs here; a test that needs what is not here says so.
fn runs(what: &str, command: &[&str]) -> bool {
    let run = Command::new(command[0]).args(&command[1..]).output();
    let runs = run.is_ok_and(|output| output.status.success());
    if !runs {
        eprintln!("skipped: {what} is not here");
    }
    runs
}

#[test]
fn the_python_implementation_of_the_specification_passes() {
    if !runs("Python 3.11 with cryptography", &["python3", "-c", "import datetime, cryptography; datetime.UTC"]) {
        return;
    }
    let adapter = folder().join("adapters/python/adapter.py");
    let report = against(&["python3", adapter.to_str().expect("UTF-8")], &["."]);
    assert_eq!(failures(&report), NONE);
    let mut without = skipped(&report);
    without.retain(|why| !why.starts_with("type Lseqr") && !why.starts_with("type Tiqr"));
    // Readers of pictures and of key containers are no part of the specification.
    assert_eq!(without, ["feature pictures", "type Otpauth", "type Pskc", "type Scan"]);
}

#[test]
fn ocra_in_java_passes() {
    if !runs("a JDK", &["java", "--version"]) {
        return;
    }
    let adapter = folder().join("adapters/Rfc6287.java");
    let names = ["ocra_rfc6287_test.json", "ocra_random_test.json", "ocra_suite_test.json"];
    let report = against(&["java", adapter.to_str().expect("UTF-8")], &names);
    assert_eq!(failures(&report), NONE);
    assert_eq!(report.counts().2, 0);
}

#[test]
fn oathtool_passes() {
    if !runs("oathtool", &["oathtool", "--version"]) || !runs("Python", &["python3", "--version"]) {
        return;
    }
    let adapter = folder().join("adapters/oathtool.py");
    let report = against(&["python3", adapter.to_str().expect("UTF-8")], &["hotp_test.json", "totp_test.json"]);
    assert_eq!(failures(&report), NONE);
    assert!(report.counts().0 > 50, "{:?}", report.counts());
}
