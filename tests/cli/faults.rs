//! Faults of the machine under the real binary: a clock that is wrong, a disk that is full.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::mem::replace;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::verifier::{Said, Story, said, text};

/// Set in a child that has a disk of its own to fill.
const DISK: &str = "CAMTOKEN_TEST_DISK";

#[test]
fn a_clock_set_forward_or_back_lets_nothing_be_accepted_again() {
    let Some(library) = faketime() else {
        println!("skipped: libfaketime is not installed");
        return;
    };
    let story = Story::registered();
    // The registration was at 03:00.
    let at = |time: &str, args: &[&str]| run_at(&story, &library, &format!("2026-11-21 {time}"), args);
    let issue = |time: &str| {
        let args = ["issue", "limit-change", "--for", &story.activation, "--field", "limit=transfer"];
        let issued = at(time, &[&args[..], &["--field", "old=1", "--field", "new=2"]].concat());
        assert_eq!(issued.exit, 0, "{issued:?}");
        (text(&issued.document["challenge"]), story.respond(&issued))
    };
    let verify = |time: &str, (challenge, response): &(String, String)| at(time, &["verify", challenge, response]);
    let is = |said: &Said, result: &str| said.document["result"] == result;

    let first = issue("03:05:00");
    assert!(is(&verify("03:08:01", &first), "expired"), "three minutes are over");
    let back = verify("03:05:30", &first);
    assert!(back.exit != 0 && !is(&back, "accepted"), "{back:?}");
    assert_eq!(back.document["code"], "CT-E016", "a clock that is minutes behind decides nothing");

    // More than five minutes within a second: an operator has to confirm that.
    let confirm = |time: &str| assert_eq!(at(time, &["store", "clock", "--confirm"]).exit, 0, "{time}");
    let ahead = at("03:10:30", &["enroll", "status"]);
    assert_eq!((ahead.exit, &ahead.document["code"]), (1, &json!("CT-E040")), "{ahead:?}");
    confirm("03:10:00");
    let second = issue("03:10:00");
    assert!(is(&verify("03:10:30", &second), "accepted"));
    for time in ["03:10:30", "03:10:29", "03:10:00", "02:00:00", "05:00:00", "03:10:31"] {
        let again = verify(time, &second);
        assert!(again.exit != 0 && !is(&again, "accepted"), "{time}: {again:?}");
    }
    confirm("05:01:00");
    let next = issue("05:01:00");
    assert!(is(&verify("05:01:30", &next), "accepted"), "with the right time it goes on");
    let whole = at("05:02:00", &["enroll", "audit", &story.activation]);
    assert_eq!((whole.exit, &whole.document["whole"]), (0, &json!(true)), "{whole:?}");
}

/// A time server was wrong for a minute, by a day or by ten years.
#[test]
fn a_clock_that_is_ahead_decides_nothing_and_what_it_touched_can_be_repaired() {
    let Some(library) = faketime() else {
        println!("skipped: libfaketime is not installed");
        return;
    };
    let story = Story::registered();
    let at = |time: &str, args: &[&str]| run_at(&story, &library, time, args);
    let issue = |time: &str| {
        let args = ["issue", "limit-change", "--for", &story.activation, "--field", "limit=transfer"];
        at(time, &[&args[..], &["--field", "old=1", "--field", "new=2"]].concat())
    };
    let count = |said: &Said, field: &str| said.document[field].as_u64();
    assert_eq!(issue("2026-11-21 03:05:00").exit, 0, "the store has seen a clock");

    for ahead in ["2026-11-22 03:05:01", "2036-11-21 03:05:01"] {
        let refused = issue(ahead);
        assert_eq!((refused.exit, &refused.document["code"]), (1, &json!("CT-E040")), "{refused:?}");
        let state = at(ahead, &["store", "clock"]);
        assert_eq!(state.exit, 7, "{state:?}");
        assert!(count(&state, "aheadSeconds").is_some_and(|seconds| seconds >= 86_000), "{state:?}");
        let back = at(ahead, &["store", "clock", "--set-back"]);
        assert_eq!((back.exit, count(&back, "setBack")), (7, Some(0)), "a clock in doubt sets nothing back: {back:?}");
    }
    assert_eq!(issue("2026-11-21 03:05:02").exit, 0, "nothing was touched: with the right time it goes on at once");

    // An operator confirms the wrong clock.
    assert_eq!(at("2036-11-21 03:05:03", &["store", "clock", "--confirm"]).exit, 0);
    let issued = issue("2036-11-21 03:05:04");
    assert_eq!(issued.exit, 0, "{issued:?}");
    let (challenge, response) = (text(&issued.document["challenge"]), story.respond(&issued));
    let locked = issue("2026-11-21 03:05:10");
    assert_eq!((locked.exit, &locked.document["code"]), (1, &json!("CT-E016")), "{locked:?}");
    let found = at("2026-11-21 03:05:10", &["store", "check"]);
    assert_eq!((found.exit, found.document["findings"].as_array().map(Vec::len)), (7, Some(1)), "{found:?}");
    let state = at("2026-11-21 03:05:10", &["store", "clock"]);
    assert_eq!((state.exit, count(&state, "recordsAhead")), (7, Some(1)), "{state:?}");
    let mended = at("2026-11-21 03:05:11", &["store", "clock", "--set-back"]);
    assert_eq!(
        (mended.exit, count(&mended, "setBack"), count(&mended, "recordsAhead")),
        (0, Some(1), Some(0)),
        "{mended:?}"
    );

    let old = at("2026-11-21 03:05:12", &["verify", &challenge, &response]);
    assert_eq!(old.document["result"], "superseded", "what was open is ended: {old:?}");
    let next = issue("2026-11-21 03:05:13");
    let (challenge, response) = (text(&next.document["challenge"]), story.respond(&next));
    let accepted = at("2026-11-21 03:05:14", &["verify", &challenge, &response]);
    assert_eq!(accepted.document["result"], "accepted", "{accepted:?}");
    let audit = at("2026-11-21 03:05:15", &["enroll", "audit", &story.activation]);
    assert_eq!((audit.exit, &audit.document["whole"]), (0, &json!(true)), "{audit:?}");
    let events = audit.document["entries"].as_array().expect("entries");
    assert!(events.iter().any(|entry| entry["event"] == "clockSetBack"), "{audit:?}");
}

/// Runs a command under a wall clock that is set; the uptime goes on.
fn run_at(story: &Story, library: &Path, time: &str, args: &[&str]) -> Said {
    let mut command = story.command(args);
    command.env_remove("CAMTOKEN_NOW").env("TZ", "UTC").env("LD_PRELOAD", library);
    command.env("FAKETIME", format!("@{time}")).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    said(&command.arg("--json").output().expect("camtoken starts"))
}

fn faketime() -> Option<PathBuf> {
    let libraries = ["/usr/lib", "/usr/lib64"].iter().flat_map(|dir| {
        let under = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        under.chain([dir.into()]).map(|dir| dir.join("faketime/libfaketime.so.1"))
    });
    libraries.into_iter().find(|library| library.exists())
}

/// Changes that are acknowledged before, between and after full disks are there, and no other change is acknowledged.
#[test]
fn a_full_disk_loses_nothing_acknowledged() {
    let may_mount = Command::new("unshare").args(["-rm", "true"]).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        println!("skipped: this system gives no namespace to mount a small disk in");
        return;
    }
    let disk = tempfile::tempdir().expect("a temporary directory");
    let child = Command::new("unshare")
        .arg("-rm")
        .arg(env::current_exe().expect("this binary has a path"))
        .args(["--exact", "--ignored", "--nocapture", "faults::child_with_a_small_disk"])
        .env(DISK, disk.path())
        .env("TMPDIR", disk.path())
        .output()
        .expect("unshare starts");
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{output}{}", String::from_utf8_lossy(&child.stderr));
    assert!(output.contains("refused for want of room: "), "{output}");
}

/// Not a test: what the test above runs in a namespace of its own.
#[test]
#[ignore = "a child of another test"]
fn child_with_a_small_disk() {
    let disk = PathBuf::from(env::var_os(DISK).expect("the test says where"));
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "none"]).arg(&disk).status();
    assert!(mounted.expect("mount starts").success());
    let story = Story::registered();
    let issue = |number: usize| {
        let new = format!("new={}", number + 2);
        let args = ["issue", "limit-change", "--for", &story.activation, "--field", "limit=transfer"];
        story.run(&[&args[..], &["--field", "old=1", "--field", &new]].concat())
    };
    let mut refused = 0;
    for (round, room) in [0, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 128 << 10, 512 << 10].into_iter().enumerate() {
        let mut open = issue(round);
        assert_eq!(open.exit, 0, "{open:?}");
        fill(&disk.join("filler"), room);
        // A log has room ahead of what is in it: some changes more than it takes.
        let mut said = issue(100 + round);
        for number in 0..80 {
            if said.exit != 0 {
                break;
            }
            open = replace(&mut said, issue(200 + 100 * round + number));
        }
        if said.exit != 0 {
            let code = said.document["code"].as_str().unwrap_or_default();
            assert!(["CT-E011", "CT-E012", "CT-E014", "CT-E015"].contains(&code), "{room}: {said:?}");
            refused += 1;
        } else {
            open = said.clone();
        }
        let answered = story.verify(&open, &story.respond(&open));
        // What is there can be read, however full the disk is.
        let status = story.run(&["enroll", "status"]);
        assert_eq!(status.exit, 0, "{room}: {status:?}");
        fs::remove_file(disk.join("filler")).expect("just written");

        let check = story.run(&["store", "check"]);
        assert_eq!((check.exit, &check.document["findings"]), (0, &json!([])), "{room}: {check:?}");
        let again = story.verify(&open, &story.respond(&open));
        let results = [&answered.document["result"], &again.document["result"]];
        let accepted = results.into_iter().filter(|result| **result == "accepted").count();
        let maybe_stored = [&said, &answered].into_iter().any(|said| said.document["code"] == "CT-E015");
        assert!(accepted == 1 || accepted == 0 && maybe_stored, "{room}: {said:?} {answered:?} {again:?}");
    }
    println!("refused for want of room: {refused}");
    assert!(refused >= 4, "{refused}");
    #[cfg(all(target_os = "linux", feature = "server"))]
    a_service_says_so(&story, &disk);
}

/// Started on a full disk it answers, and says that it is not ready.
#[cfg(all(target_os = "linux", feature = "server"))]
fn a_service_says_so(story: &Story, disk: &Path) {
    let filler = disk.join("filler");
    fill(&filler, 512 << 10);
    let service = super::service::Service::start(story);
    let (status, said) = service.readiness();
    assert_eq!((status, &said["code"], &said["detail"]), (503, &json!("CT-E014"), &json!("store_room")), "{said}");
    let doctor = story.run(&["doctor"]);
    let checks = doctor.document["checks"].as_array().expect("a list");
    let room = checks.iter().find(|check| check["name"] == "store_room").expect("there is a store");
    assert_eq!((doctor.exit, &room["result"]), (7, &json!("problem")), "{room}");
    fs::remove_file(&filler).expect("just written");
    assert_eq!(service.ready(), 200);
}

/// Takes all the room there is, but for so many bytes.
fn fill(path: &Path, room: u64) {
    let mut file = File::create(path).expect("an empty file needs no room");
    let mut len = 0;
    for piece in [1 << 16, 1 << 12] {
        let zeroes = vec![0; piece];
        while let Ok(written) = file.write(&zeroes) {
            len += written as u64;
        }
    }
    file.set_len(len.saturating_sub(room)).expect("it gets shorter");
}
