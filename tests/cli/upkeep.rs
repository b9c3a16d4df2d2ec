//! Upkeep of the store in separate processes: checked, backed up, put back, its keys wrapped anew.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::verifier::{Story, text};

#[test]
fn a_backup_is_put_back_without_what_was_open() {
    let story = Story::registered();
    let backup = story.arg("books.backup");
    let used = story.issue("1");
    assert_eq!(story.verify(&used, &story.respond(&used)).exit, 0);
    let open = story.issue("2");
    let response = story.respond(&open);
    let said = story.run(&["store", "backup", "-o", &backup]);
    assert_eq!((said.exit, &said.document["records"]), (0, &json!(3)), "{said:?}");
    let mode = fs::metadata(&backup).expect("just written").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "what was signed is for nobody else");
    assert_eq!(story.verify(&open, &response).exit, 0, "after the backup");

    let restored = story.arg("restored");
    let said = story.run(&["store", "restore", &backup, "--store", &restored]);
    assert_eq!((said.exit, &said.document["records"], &said.document["voided"]), (0, &json!(3), &json!(1)), "{said:?}");
    let verify = |challenge: &str, response: &str| story.run(&["verify", challenge, response, "--store", &restored]);
    let challenge = text(&open.document["challenge"]);
    assert_eq!(verify(&challenge, &response).document["result"], "superseded");
    let challenge = text(&used.document["challenge"]);
    assert_eq!(verify(&challenge, &story.respond(&used)).document["result"], "used");
    let said = story.run(&["store", "check", "--store", &restored]);
    assert_eq!((said.exit, &said.document["findings"]), (0, &json!([])), "{said:?}");

    let said = story.run(&["store", "restore", &backup, "--store", &restored]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E029")), "{said:?}");
    let mut cut_off = fs::read(&backup).expect("just written");
    cut_off.pop();
    fs::write(&backup, cut_off).expect("a writable directory");
    let said = story.run(&["store", "restore", &backup, "--store", &story.arg("other")]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E030")), "{said:?}");
    let said = story.run(&["store", "check", "--store", &story.arg("other")]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E028")), "{said:?}");
}

#[test]
fn a_backup_goes_through_a_pipe() {
    let story = Story::registered();
    let saved = story.command(&["store", "backup", "-o", "-", "--json"]).output().expect("camtoken starts");
    assert!(saved.status.success() && saved.stdout.starts_with(b"camtoken backup 1\n"), "{saved:?}");
    let file = story.path("books.backup");
    fs::write(&file, &saved.stdout).expect("a writable directory");
    let mut restore = story.command(&["store", "restore", "-", "--store", &story.arg("restored"), "--quiet"]);
    let restored = restore.stdin(fs::File::open(&file).expect("just written")).output().expect("camtoken starts");
    assert_eq!(String::from_utf8_lossy(&restored.stdout), "3\n", "{restored:?}");
}

#[test]
fn the_keys_are_wrapped_under_a_new_key_and_the_old_one_goes() {
    let story = Story::registered();
    let kek = story.path("state/verifier/kek");
    let old = fs::read_to_string(&kek).expect("drawn with the store");
    let new = "5a01".repeat(16);
    fs::write(&kek, format!("{new}\n{old}")).expect("it is ours");
    let rewrap = || story.run(&["store", "rewrap"]).document["records"].clone();
    assert_eq!((rewrap(), rewrap()), (json!(2), json!(0)));
    fs::write(&kek, &new).expect("it is ours");
    assert_eq!(story.run(&["store", "check"]).exit, 0);
    let issued = story.issue("1");
    assert_eq!(story.verify(&issued, &story.respond(&issued)).exit, 0);
    fs::write(&kek, old).expect("it is ours");
    let said = story.run(&["store", "check"]);
    assert_eq!((said.exit, said.document["findings"].as_array().map(Vec::len)), (7, Some(3)), "{said:?}");
    assert_eq!(said.document["findings"][1]["record"], "key-check");
    for args in [&["store", "rewrap"][..], &["enroll", "status"], &["serve", "--port", "0"]] {
        let refused = story.run(args);
        assert_eq!((refused.exit, &refused.document["code"]), (1, &json!("CT-E050")), "{refused:?}");
    }
}

#[test]
fn a_compacted_store_goes_on_and_what_is_open_can_be_voided() {
    let story = Story::registered();
    for _ in 0..3 {
        let issued = story.issue("1");
        assert_eq!(story.verify(&issued, &story.respond(&issued)).exit, 0);
    }
    let said = story.run(&["store", "compact"]);
    assert_eq!(said.exit, 0, "{said:?}");
    let [before, after] = ["bytesBefore", "bytes"].map(|key| said.document[key].as_u64().expect("a number"));
    assert!(before > 0 && after > 0, "{before} {after}");
    assert_eq!(story.run(&["store", "check"]).document["findings"], json!([]));
    let issued = story.issue("2");
    let response = story.respond(&issued);
    assert_eq!(story.run(&["store", "void"]).document["voided"], 1);
    assert_eq!(story.verify(&issued, &response).document["result"], "superseded");
}
