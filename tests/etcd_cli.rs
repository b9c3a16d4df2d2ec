//! The command line on etcd: what is set up, used, saved, put back and compacted there.

#[expect(dead_code, reason = "most of it is for the store's own tests")]
#[path = "etcd/cluster.rs"]
mod cluster;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use cluster::{Cluster, is_installed};
use serde_json::{Value, json};

/// Runs the command on a store, and gives its exit code, its document and all that it said.
fn camtoken(dir: &Path, store: &str, args: &[&str]) -> (i32, Value, String) {
    run_with(dir, store, args, &[])
}

fn run_with(dir: &Path, store: &str, args: &[&str], variables: &[(&str, &str)]) -> (i32, Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_camtoken"));
    command.env_clear().env("CAMTOKEN_STATE_DIR", dir.join("state")).env("CAMTOKEN_STORE", store);
    command
        .env("CAMTOKEN_KEK", "5a01".repeat(16))
        .envs(variables.iter().copied())
        .args(["--json", "--lang", "en"])
        .args(args);
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().expect("the command starts");
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).expect("text"));
    let document = serde_json::from_str(if stdout.is_empty() { &stderr } else { &stdout }).unwrap_or_default();
    (status.code().expect("it ends by itself"), document, stdout + &stderr)
}

#[test]
fn the_verbs_of_the_store_work_on_etcd() {
    if !is_installed() {
        return;
    }
    let cluster = Cluster::start(1, &[]);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("a temporary path is Unicode").to_owned();
    let url = cluster.empty();
    let run = |store: &str, args: &[&str]| camtoken(dir.path(), store, args);
    let code = |(exit, document, all): (i32, Value, String)| {
        (exit, document["code"].as_str().unwrap_or_else(|| panic!("{all}")).to_owned())
    };

    assert_eq!(code(run(&url, &["enroll", "status"])), (1, "CT-E033".to_owned()), "migrate first");
    assert_eq!(code(run("mysql://db.example/bank", &["store", "migrate"])), (2, "CT-E027".to_owned()));
    let (exit, migrated, all) = run(&url, &["store", "migrate"]);
    assert_eq!((exit, &migrated["from"], &migrated["to"]), (0, &json!(0), &json!(1)), "{all}");
    for user in ["SATO", "TANAKA"] {
        let (exit, _, all) = run(&url, &["enroll", "time-based", "--contract", "1234567890", "--user", user]);
        assert_eq!(exit, 0, "{all}");
    }
    let whole = |store: &str| {
        let (exit, checked, all) = run(store, &["store", "check"]);
        assert_eq!((exit, &checked["findings"]), (0, &json!([])), "{all}");
        checked["activations"].clone()
    };
    assert_eq!(whole(&url), json!(2));

    // To a directory, and from there to other keys.
    let (there, back) = (path("there.backup"), path("back.backup"));
    for (from, to, through) in [(&url, &path("store"), &there), (&path("store"), &cluster.database(), &back)] {
        let (exit, _, all) = run(from, &["store", "backup", "-o", through]);
        assert_eq!(exit, 0, "{all}");
        let (exit, restored, all) = run(to, &["store", "restore", through]);
        assert_eq!((exit, &restored["records"]), (0, &json!(3)), "{all}");
        assert_eq!(whole(to), json!(2));
    }
    assert_eq!(code(run(&url, &["store", "restore", &there])), (1, "CT-E029".to_owned()), "it is not empty");
    let (exit, compacted, all) = run(&url, &["store", "compact"]);
    assert!(exit == 0 && compacted["bytes"].as_u64() > Some(0), "{all}");

    let (exit, doctor, all) = run(&url, &["doctor"]);
    assert!(exit == 0 && doctor["features"].as_array().is_some_and(|all| all.contains(&json!("etcd"))), "{all}");
    let with_password = url.replace("etcd://", "etcd://bank:hunter2@");
    let (_, _, told) = run(&with_password, &["doctor"]);
    assert!(told.contains("etcd://") && !told.contains("hunter2"), "{told}");
    assert_eq!(code(run("", &["enroll", "status", "--store", &with_password])), (2, "CT-E034".to_owned()));
    let (exit, _, told) = run_with(dir.path(), &url, &["doctor"], &[("CAMTOKEN_STORE_DURABILITY", "standby")]);
    assert!(exit == 7 && told.contains("members"), "one member is one disk: {told}");
}
