//! The command line on a database: two machines with one key-encryption key.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use camtoken::Timestamp;
use camtoken::oath::totp::Totp;
use camtoken::provision::otpauth::OtpauthUri;
use serde_json::{Value, json};

use crate::server::{Server, sql};

/// What one process said.
struct Said {
    exit: i32,
    document: Value,
    all: String,
}

/// The command on a machine that has this directory.
fn camtoken(dir: &Path, url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_camtoken"));
    command.env_clear().env("CAMTOKEN_STATE_DIR", dir.join("state")).env("CAMTOKEN_STORE", url);
    command.args(["--json", "--lang", "en"]).args(args).current_dir(dir).stdin(Stdio::null());
    command
}

fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().expect("the command starts");
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).expect("text"));
    let document = serde_json::from_str(if stdout.is_empty() { &stderr } else { &stdout }).unwrap_or_default();
    Said { exit: status.code().expect("it ends by itself"), document, all: stdout + &stderr }
}

#[test]
fn two_machines_share_one_database() {
    let mut server = Server::start();
    let url = server.empty();
    let machines = [(); 2].map(|()| tempfile::tempdir().expect("a temporary directory"));
    let first = |args: &[&str]| said(&mut camtoken(machines[0].path(), &url, args));

    let early = first(&["enroll", "status"]);
    assert_eq!((early.exit, &early.document["code"]), (1, &json!("CT-E017")), "no key is drawn: {}", early.all);
    let migrated = first(&["store", "migrate"]);
    assert_eq!((migrated.exit, &migrated.document["from"], &migrated.document["to"]), (0, &json!(0), &json!(1)));
    let kek = machines[0].path().join("state/verifier/kek");
    assert!(kek.exists(), "for the first tables of all the key is drawn");
    let again = first(&["store", "migrate"]);
    assert_eq!((again.exit, &again.document["from"]), (0, &json!(1)));

    let second = |args: &[&str]| said(camtoken(machines[1].path(), &url, args).env("CAMTOKEN_KEK_FILE", &kek));
    let lost = said(&mut camtoken(machines[1].path(), &url, &["enroll", "status"]));
    assert_eq!((lost.exit, &lost.document["code"]), (1, &json!("CT-E017")), "another machine draws no key of its own");

    let enrolled = first(&["enroll", "time-based", "--contract", "1234567890", "--user", "SATO"]);
    assert_eq!(enrolled.exit, 0, "{}", enrolled.all);
    let activation = enrolled.document["activation"].as_str().expect("text");
    let uri: OtpauthUri = enrolled.document["uri"].as_str().expect("text").parse().expect("an otpauth URI");
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let password = Totp::default().respond(&uri.secret, Timestamp::from_unix(since.as_secs()));
    let verify = ["verify", "--time-based", activation, password.expose_str()];
    let accepted = second(&verify);
    assert_eq!(accepted.exit, 0, "{}", accepted.all);
    let used = first(&verify);
    assert_eq!((used.exit, &used.document["result"]), (6, &json!("used")));

    let doctor = second(&["doctor"]);
    assert!(doctor.document["checks"].as_array().expect("checks").iter().any(|check| check["name"] == "store"));
    assert_eq!(doctor.exit, 0, "{}", doctor.all);
}

#[test]
fn the_service_stands_on_the_database() {
    let mut server = Server::start();
    let url = server.database();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let key = "5a01".repeat(16);
    let enrolled = ["enroll", "time-based", "--contract", "1234567890", "--user", "SATO"];
    let enrolled = said(camtoken(dir.path(), &url, &enrolled).env("CAMTOKEN_KEK", &key));
    let activation = enrolled.document["activation"].as_str().expect("text");
    // A virtual token beside it is a warning in the log.
    for (more, warnings) in [(&[][..], 0), (&["--emulator"], 1)] {
        let args = [&["serve", "--port", "0", "--log", "warn"], more].concat();
        let mut serve = camtoken(dir.path(), &url, &args)
            .env("CAMTOKEN_KEK", &key)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let stdout = serve.stdout.take().expect("it is piped");
        let line = BufReader::new(stdout).lines().next().expect("a line").expect("text");
        let listening: Value = serde_json::from_str(&line).expect("a document");
        let address = listening["url"].as_str().expect("text");
        let answer = ureq::get(format!("{address}/v1/activations/{activation}")).call().map(|answer| answer.status());
        let ended = Command::new("kill").args(["-TERM", &serve.id().to_string()]).status();
        assert!(ended.expect("kill starts").success());
        let Output { status, stderr, .. } = serve.wait_with_output().expect("it is ours");
        assert!(status.success());
        assert_eq!(answer.expect("an answer").as_u16(), 200);
        let log = String::from_utf8(stderr).expect("text");
        assert_eq!(log.matches("a virtual token is served beside a real verifier").count(), warnings, "{log}");
        assert_eq!(log.contains("\"verifier\":\"PostgreSQL\""), warnings == 1, "{log}");
    }
}

/// As on the embedded store (`tests/server/clock.rs`): the rule does not know where the records are.
#[test]
fn a_sessions_clock_is_the_verifiers_on_a_database_too() {
    let mut server = Server::start();
    let url = server.database();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let args = ["serve", "--port", "0", "--log", "off", "--emulator", "--accept-test-keys"];
    let mut serve = camtoken(dir.path(), &url, &args)
        .env("CAMTOKEN_KEK", "5a01".repeat(16))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let stdout = serve.stdout.take().expect("it is piped");
    let line = BufReader::new(stdout).lines().next().expect("a line").expect("text");
    let listening: Value = serde_json::from_str(&line).expect("a document");
    let address = listening["url"].as_str().expect("text");
    let read = |answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>, path: &str| -> Value {
        let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
        serde_json::from_str(&answer.body_mut().read_to_string().expect("text")).expect("a document")
    };
    let get = |path: &str| read(ureq::get(format!("{address}{path}")).call(), path);
    let post = |path: &str, kind: &str, body: &str| {
        read(ureq::post(format!("{address}{path}")).header("content-type", kind).send(body), path)
    };
    let json = |path: &str, body: Value| post(path, "application/json", &body.to_string());
    let text =
        |document: &Value, name: &str| document[name].as_str().unwrap_or_else(|| panic!("{document}")).to_owned();

    let session = format!("/v1/sessions/{}", text(&json("/v1/sessions", json!({})), "id"));
    let id = text(&json(&format!("{session}/tokens"), json!({})), "id");
    let token = format!("{session}/tokens/{id}");
    json("/v1/tokens", get(&format!("{token}/state")));
    let begun = json("/v1/enrollments", json!({ "tokenId": id, "contract": "1234567890", "user": "SATO" }));
    let scanned = post(&format!("{token}/scan"), "text/plain", &text(&begun["code1"], "text"));
    // 90 days for the first code.
    assert_eq!(json(&format!("{session}/clock"), json!({ "advance": "2160h" }))["verifier"], true);
    let path = format!("/v1/enrollments/{}/device-code", text(&begun, "id"));
    let late = json(&path, json!({ "deviceCode": scanned["deviceCode"] }));
    assert!(serve.kill().and_then(|()| serve.wait()).is_ok());
    assert_eq!(late["result"], "expired", "{late}");
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let mut server = Server::start();
    let url = server.empty();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let key = "5a01".repeat(16);
    let run = |url: &str, args: &[&str]| said(camtoken(dir.path(), url, args).env("CAMTOKEN_KEK", &key));
    let is = |said: Said, exit: i32, code: &str| {
        assert_eq!((said.exit, said.document["code"].as_str()), (exit, Some(code)), "{}", said.all);
        said.all
    };

    assert!(is(run(&url, &["enroll", "status"]), 1, "CT-E033").contains("camtoken store migrate"));
    is(run(&dir.path().join("store").display().to_string(), &["store", "migrate"]), 2, "CT-E035");
    is(run("mysql://db.example/bank", &["store", "migrate"]), 2, "CT-E027");
    let with_password = url.replace("user=postgres", "user=postgres&password=hunter2");
    let told = is(run("", &["enroll", "status", "--store", &with_password]), 2, "CT-E034");
    assert!(told.contains("CAMTOKEN_STORE") && !told.contains("hunter2"), "{told}");

    assert_eq!(run(&with_password, &["store", "migrate"]).exit, 0, "the variable may have one");
    let doctor = run(&with_password, &["doctor"]);
    assert!(doctor.exit == 0 && !doctor.all.contains("hunter2"), "{}", doctor.all);
    server.stop();
    server.run_with(&["synchronous_commit=off"]);
    assert!(is(run(&url, &["enroll", "status"]), 1, "CT-E032").contains("synchronous_commit"));
    let doctor = run(&url, &["doctor"]);
    assert_eq!(doctor.exit, 7);
    assert!(doctor.all.contains("synchronous_commit"), "{}", doctor.all);
    assert_eq!(sql(&url, "SELECT count(*) FROM camtoken_record"), ["0"], "and nothing was written");
}

#[test]
fn books_move_by_their_backup_from_a_directory_to_a_database_and_back() {
    let mut server = Server::start();
    let url = server.database();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("a temporary path is Unicode").to_owned();
    let key = "5a01".repeat(16);
    let run = |store: &str, args: &[&str]| said(camtoken(dir.path(), store, args).env("CAMTOKEN_KEK", &key));
    for user in ["SATO", "TANAKA"] {
        let enrolled = run(&path("old"), &["enroll", "time-based", "--contract", "1234567890", "--user", user]);
        assert_eq!(enrolled.exit, 0, "{}", enrolled.all);
    }
    let whole = |store: &str| {
        let check = run(store, &["store", "check"]);
        assert_eq!((check.exit, &check.document["findings"]), (0, &json!([])), "{}", check.all);
        (check.document["activations"].clone(), check.document["entries"].clone())
    };
    let restored = |from: &str, to: &str, through: &str| {
        let saved = run(from, &["store", "backup", "-o", through]);
        assert_eq!((saved.exit, &saved.document["records"]), (0, &json!(3)), "{}", saved.all);
        let restored = run(to, &["store", "restore", through]);
        assert_eq!((restored.exit, &restored.document["records"]), (0, &json!(3)), "{}", restored.all);
    };
    restored(&path("old"), &url, &path("there.backup"));
    assert_eq!(whole(&url), (json!(2), json!(4)), "each activation has its old entry and that of its return");
    restored(&url, &path("new"), &path("back.backup"));
    assert_eq!(whole(&path("new")).0, json!(2));

    let again = run(&url, &["store", "restore", &path("there.backup")]);
    assert_eq!((again.exit, &again.document["code"]), (1, &json!("CT-E029")), "{}", again.all);
    let compact = run(&url, &["store", "compact"]);
    assert_eq!((compact.exit, &compact.document["code"]), (2, &json!("CT-E036")), "{}", compact.all);
    let cut_off = std::fs::read(path("there.backup")).expect("just written");
    std::fs::write(path("there.backup"), &cut_off[..cut_off.len() - 1]).expect("a writable directory");
    let empty = server.database();
    let half = run(&empty, &["store", "restore", &path("there.backup")]);
    assert_eq!((half.exit, &half.document["code"]), (1, &json!("CT-E030")), "{}", half.all);
    assert_eq!(whole(&empty).0, json!(0), "all of it or nothing");
}
