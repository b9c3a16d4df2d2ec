//! Anchors of the audit in separate processes: written, kept elsewhere, and what a store says that was altered since.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::backup::{Records, Saved};
use camtoken::store::{EmbeddedStore, RecordId, StoreError};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::verifier::{Story, text};

/// The records of a story's store as of now.
fn records(story: &Story) -> Vec<Saved> {
    let backup = story.arg("now.backup");
    assert_eq!(story.run(&["store", "backup", "-o", &backup]).exit, 0);
    let bytes = fs::read(&backup).expect("just written");
    Records::new(&bytes[..]).expect("a backup").map(|saved| saved.expect("whole")).collect()
}

/// An anchor of the store at a moment: its file and the public key.
fn anchor(story: &Story, at: &str) -> (String, String) {
    let said = story.run(&["audit", "anchor", "--dir", &story.arg("outside"), "--at", at]);
    assert_eq!(said.exit, 0, "{said:?}");
    (text(&said.document["anchor"]), text(&said.document["publicKey"]))
}

/// What is said of a store that has exactly these records.
fn found(story: &Story, name: &str, records: &[Saved], (anchor, key): &(String, String)) -> Vec<(String, String)> {
    let dir = story.path(name);
    EmbeddedStore::restore(&dir, records.iter().cloned().map(Ok::<_, StoreError>)).expect("they are stored");
    let store = dir.display().to_string();
    let said = story.run(&["audit", "verify", "--anchor", anchor, "--public-key", key, "--store", &store]);
    assert_eq!(said.exit, 7, "{said:?}");
    let findings = said.document["findings"].as_array().expect("a list").iter();
    let findings = findings.map(|finding| (text(&finding["record"]), text(&finding["fault"])));
    // Clocks are those of machines: no backup has them.
    findings.filter(|(record, _)| record != "clock").collect()
}

#[test]
fn what_was_removed_shortened_or_replaced_since_an_anchor_is_named() {
    let story = Story::registered();
    let open = story.issue("1");
    let (before, response) = (records(&story), story.respond(&open));
    let activation = format!("activation:{}", story.activation);
    let id: RecordId = activation.parse().expect("a record");
    assert_eq!(story.verify(&open, &response).exit, 0);
    let kept = anchor(&story, "2026-12-01T00:00:00Z");
    let verify = || story.run(&["audit", "verify", "--anchor", &kept.0, "--public-key", &kept.1]);
    let said = verify();
    assert_eq!((said.exit, &said.document["findings"]), (0, &json!([])), "{said:?}");
    assert_eq!(said.document["chains"], said.document["anchored"]);
    story.issue("2");
    assert_eq!(verify().exit, 0, "it has grown");

    let shortened = found(&story, "shortened", &before, &kept);
    assert_eq!(shortened, [(activation.clone(), "its chain has 6 entries, and had 7".to_owned())]);
    let mut removed = records(&story);
    removed.retain(|saved| saved.id != id);
    let removed = found(&story, "removed", &removed, &kept);
    assert_eq!(removed, [(activation.clone(), "its record is missing; its chain had 7 entries".to_owned())]);

    // Another course of things by the verifier itself: every seal and every chain fits.
    let store = story.arg("replaced");
    EmbeddedStore::restore(&store, before.into_iter().map(Ok::<_, StoreError>)).expect("they are stored");
    let challenge = text(&open.document["challenge"]);
    assert_eq!(story.run(&["verify", &challenge, "00000000", "--store", &store]).exit, 6);
    assert_eq!(story.run(&["store", "check", "--store", &store]).document["findings"], json!([]));
    let said = story.run(&["audit", "verify", "--anchor", &kept.0, "--public-key", &kept.1, "--store", &store]);
    let replaced = json!({ "record": activation, "fault": "entry 7 or one before it was replaced" });
    assert_eq!((said.exit, &said.document["findings"][0]), (7, &replaced), "{said:?}");
}

#[test]
fn an_anchor_that_was_altered_or_signed_by_another_is_refused() {
    let story = Story::registered();
    let (first, key) = anchor(&story, "2026-12-01T00:00:00Z");
    let (second, _) = anchor(&story, "2026-12-01T01:00:00Z");
    let note = fs::read_to_string(&second).expect("just written");
    let fact = |name: &str| note.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let hex = |bytes: &[u8]| base16ct::lower::encode_string(&Sha256::digest(bytes));
    let chains = Path::new(&second).with_extension("chains");
    let listed = fs::read(&chains).expect("just written");
    assert_eq!(fact("sha256 "), Some(hex(&listed)));
    assert_eq!(fact("previous "), Some(hex(&fs::read(&first).expect("just written"))));
    let listed = String::from_utf8(listed).expect("text");
    assert_eq!(fact("chains "), Some(listed.lines().count().to_string()));
    let last_of = |name: &str| listed.lines().find(|line| line.starts_with(name)).map(str::to_owned);
    let history = story.run(&["enroll", "audit", &story.activation]);
    let count = history.document["entries"].as_array().map(Vec::len).expect("a list");
    let line = last_of(&format!("activation:{}", story.activation)).expect("it is listed");
    assert_eq!(line.split(' ').nth(1), Some(count.to_string().as_str()));

    let verify = |anchor: &str, key: &str| {
        let said = story.run(&["audit", "verify", "--anchor", anchor, "--public-key", key]);
        (said.exit, said.document["code"].clone())
    };
    let refused = (1, json!("CT-E137"));
    assert_eq!(verify(&second, &key), (0, Value::Null));
    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(verify(&second, other), refused);
    fs::write(&chains, listed.replace(&line, "")).expect("a writable directory");
    assert_eq!(verify(&second, &key), refused, "the chains");
    fs::write(&second, note.replace("time 2", "time 3")).expect("a writable directory");
    assert_eq!(verify(&second, &key), refused, "the note");

    let key_file = story.path("state/verifier/anchor.key");
    assert_eq!(fs::metadata(&key_file).expect("it was made").permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let said = story.run(&["audit", "anchor", "--dir", &story.arg("outside")]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E051")), "{said:?}");
}

#[test]
fn anchors_of_one_second_have_numbers_and_name_the_one_before() {
    let story = Story::registered();
    let at = "2026-12-01T00:00:00Z";
    // The key is there before several need it at once.
    let (first, key) = anchor(&story, at);
    assert!(first.ends_with("/2026-12-01T000000Z.anchor"), "{first}");
    let mut anchors: Vec<String> = thread::scope(|scope| {
        let at_once: Vec<_> = (0..4).map(|_| scope.spawn(|| anchor(&story, at).0)).collect();
        at_once.into_iter().map(|one| one.join().expect("an anchor")).collect()
    });
    anchors.push(first);
    anchors.sort();
    let names: Vec<_> = anchors.iter().map(|anchor| anchor.rsplit('/').next().unwrap_or_default()).collect();
    assert_eq!(names[0], "2026-12-01T000000Z.anchor");
    assert_eq!((names[1], names[4]), ("2026-12-01T000000Z_02.anchor", "2026-12-01T000000Z_05.anchor"));
    let mut previous = "none".to_owned();
    for anchor in &anchors {
        let note = fs::read_to_string(anchor).expect("it was written");
        assert!(note.contains(&format!("\nprevious {previous}\n")), "{anchor}: {note}");
        previous = base16ct::lower::encode_string(&Sha256::digest(note));
        let said = story.run(&["audit", "verify", "--anchor", anchor, "--public-key", &key]);
        assert_eq!(said.exit, 0, "{said:?}");
    }
}

#[test]
fn a_service_writes_anchors_by_itself() {
    let story = Story::registered();
    let outside = story.arg("outside");
    let mut serve = story.command(&["serve", "--port", "0", "--anchor-dir", &outside, "--anchor-every", "1h"]);
    let mut service = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("camtoken starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    let written = loop {
        let written = fs::read_dir(&outside).into_iter().flatten().filter_map(|entry| {
            let path = entry.ok()?.path();
            path.extension().is_some_and(|extension| extension == "anchor").then_some(path)
        });
        if let Some(anchor) = written.last() {
            break anchor;
        }
        assert!(Instant::now() < deadline, "no anchor within a minute");
        thread::sleep(Duration::from_millis(50));
    };
    service.kill().expect("it runs");
    service.wait().expect("it ends");
    // The next one by hand has the same key, and says it.
    let key = anchor(&story, "2026-12-01T00:00:00Z").1;
    let said = story.run(&["audit", "verify", "--anchor", &written.display().to_string(), "--public-key", &key]);
    assert_eq!((said.exit, &said.document["found"]), (0, &json!(0)), "{said:?}");
}
