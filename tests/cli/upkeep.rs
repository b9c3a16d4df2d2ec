//! Maintenance of the store in separate processes: check, backup, restore, re-wrapping of keys.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use camtoken::store::{EmbeddedStore, RecordId, Store, block_on};
use camtoken_core::verifier::seal;
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
    let store = story.path("state/verifier/store");
    // Once in the log, and once in the tree: a command brings what it finds there into it.
    let issued = story.issue("1");
    assert_eq!(story.verify(&issued, &story.respond(&issued)).exit, 0);
    let before = records(&store);
    let copy = story.path("copy");
    let copied = Command::new("cp").arg("-a").args([&store, &copy]).status().expect("cp starts");
    assert!(copied.success());
    let rewrap = || story.run(&["store", "rewrap"]).document["records"].clone();
    assert_eq!((rewrap(), rewrap()), (json!(2), json!(0)));
    let after = records(&store);
    assert_eq!((before.len(), after.len()), (3, 3), "of the token, the activation, and the key check");
    for (before, after) in before.iter().zip(&after) {
        // Nothing but the wrapped key is another one, and the seal.
        let differ = |(one, other): (&u8, &u8)| one != other;
        let first = before.iter().zip(after).position(differ).expect("wrapped anew");
        let last = before.iter().zip(after).rposition(differ).expect("wrapped anew");
        let wrap = &before[first..=last];
        assert!(wrap.len() > 32 && wrap.len() < 120, "{}", wrap.len());
        assert!(files_with(&copy, wrap) > 0);
        assert_eq!(files_with(&store, wrap), 0, "who has the old key and a copy of the disk has the device's key");
    }
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

/// The mark was once eight bytes: one bit of it lost the whole store, and without it a used response was accepted again.
#[test]
fn a_store_that_may_have_lost_changes_is_repaired_without_what_was_open() {
    let story = Story::registered();
    let mark = story.path("state/verifier/store/acknowledged");
    let used = story.issue("1");
    let response = story.respond(&used);
    let open = story.issue("2");
    let said = story.run(&["store", "repair", "--accept-loss"]);
    assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E039")), "{said:?}");

    // One copy is enough, and the other one is mended.
    let whole = fs::read(&mark).expect("the store has it");
    for place in [0, 20, 4096, 4120] {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x40;
        fs::write(&mark, damaged).expect("it is ours");
        assert_eq!(story.run(&["store", "check"]).exit, 0, "byte {place}");
        assert_eq!(fs::read(&mark).expect("the store has it"), whole, "byte {place}");
    }

    let repairs: [(&str, &dyn Fn()); 3] = [
        ("both copies are damaged", &|| fs::write(&mark, [0x5a; 4184]).expect("it is ours")),
        ("it is missing", &|| fs::remove_file(&mark).expect("it is ours")),
        ("it is empty", &|| fs::write(&mark, "").expect("it is ours")),
    ];
    for (number, (what, damage)) in repairs.into_iter().enumerate() {
        damage();
        for args in
            [&["store", "check"][..], &["store", "void"], &["store", "repair", "--moved"], &["enroll", "status"]]
        {
            let said = story.run(args);
            assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E037")), "{what}: {args:?}: {said:?}");
            assert!(said.document.to_string().contains("store repair --accept-loss"), "{said:?}");
        }
        let said = story.run(&["store", "repair", "--accept-loss"]);
        assert_eq!((said.exit, &said.document["done"]), (0, &json!("repaired")), "{what}: {said:?}");
        assert_eq!(said.document["voided"], json!(u64::from(number == 0)), "{what}");
        assert_eq!(story.run(&["store", "check"]).document["findings"], json!([]), "{what}");
    }
    // What was issued last is over, whatever it was answered before.
    assert_eq!(story.verify(&open, &story.respond(&open)).document["result"], "superseded");
    assert_eq!(story.verify(&used, &response).document["result"], "superseded");
    let audit = story.run(&["enroll", "audit", &story.activation]);
    assert!(audit.document.to_string().contains("restored"), "{audit:?}");
    let next = story.issue("3");
    assert_eq!(story.verify(&next, &story.respond(&next)).exit, 0, "it goes on");
}

/// The directory as it was before a response was used, put back with the system's own tools.
#[test]
fn a_store_that_was_copied_back_accepts_nothing_again() {
    let story = Story::registered();
    let (store, copy) = (story.path("state/verifier/store"), story.path("copy"));
    let copied = |from: &Path, to: &Path| {
        let made = Command::new("cp").arg("-a").args([from, to]).status().expect("cp starts");
        assert!(made.success());
    };
    let issued = story.issue("1");
    let response = story.respond(&issued);
    copied(&store, &copy);
    assert_eq!(story.verify(&issued, &response).exit, 0);
    fs::remove_dir_all(&store).expect("it is ours");
    copied(&copy, &store);
    let refused = || story.run(&["store", "check"]);
    assert_eq!((refused().exit, &refused().document["code"]), (1, &json!("CT-E038")), "{:?}", refused());
    let again = story.verify(&issued, &response);
    assert_eq!((again.exit, &again.document["code"]), (1, &json!("CT-E038")), "{again:?}");
    let said = story.run(&["store", "repair", "--accept-loss"]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E038")), "nothing is lost: {said:?}");

    let said = story.run(&["store", "void"]);
    assert_eq!((said.exit, &said.document["voided"]), (0, &json!(1)), "{said:?}");
    assert_eq!(story.verify(&issued, &response).document["result"], "superseded");

    // The same for the original at another place, which keeps what is open.
    let issued = story.issue("2");
    fs::remove_dir_all(&copy).expect("it is ours");
    copied(&store, &copy);
    fs::remove_dir_all(&store).expect("it is ours");
    copied(&copy, &store);
    let said = story.run(&["store", "repair", "--moved"]);
    assert_eq!((said.exit, &said.document["done"]), (0, &json!("moved")), "{said:?}");
    assert_eq!(story.verify(&issued, &story.respond(&issued)).exit, 0);

    // Another name in the same file system is no copy.
    let renamed = story.path("renamed");
    fs::rename(&store, &renamed).expect("it is ours");
    let said = story.run(&["store", "check", "--store", &story.arg("renamed")]);
    assert_eq!((said.exit, &said.document["findings"]), (0, &json!([])), "{said:?}");
}

/// The records of a store behind their seals, but for that of the clocks.
fn records(dir: &Path) -> Vec<Vec<u8>> {
    let store = EmbeddedStore::open(dir, Duration::ZERO).expect("nobody has it open");
    let ids = block_on(store.list(None, 10)).expect("it lists");
    let ids = ids.iter().filter(|id| **id != RecordId::Clock);
    let load = |id| block_on(store.load(id)).expect("it loads").expect("it was listed").record;
    ids.map(|id| seal::split(&load(id)).expect("it was written so").1.to_vec()).collect()
}

/// How many files below a directory have these bytes.
fn files_with(dir: &Path, bytes: &[u8]) -> usize {
    let paths = fs::read_dir(dir).expect("it exists").map(|entry| entry.expect("it can be read").path());
    let count = |path: PathBuf| match path.is_dir() {
        true => files_with(&path, bytes),
        false => usize::from(fs::read(path).expect("it is ours").windows(bytes.len()).any(|part| part == bytes)),
    };
    paths.map(count).sum()
}
