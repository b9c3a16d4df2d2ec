//! The token's side: a token in its file, with both codes of a registration and what comes after, against the library's
//! verifier in this process.

#[path = "tokens/desk.rs"]
pub(crate) mod desk;

use desk::{Answer, Desk};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use camtoken::code::ChallengeCode;
use camtoken::key::{ActivationId, TokenId};
use camtoken::qr::{EcLevel, encode};
use camtoken::store::{MemoryStore, block_on};
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{
    AttemptId, ChallengeRef, Enrollment, LocalKeyWrapper, Policy, Step, Subscriber, Verdict, Verifier,
};
use camtoken::{Key, Timestamp};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde_json::Value;

use super::documents::assert_as_its_schema;
use super::{PAYEE, camtoken};

/// The moment that the tests' surroundings fix.
const NOW: Timestamp = Timestamp::from_unix(1_795_230_245);

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

#[test]
fn a_token_registered_with_two_codes_signs_what_the_verifier_accepts_once() {
    let (desk, activation) = Desk::activated("en");
    let (challenge, code) = desk.issue(activation);
    let picture = desk.picture("transfer.png", code.as_str());
    let response = desk.run(&["scan", &picture, "--confirm", "auto", "--quiet"]).done();
    assert!(response.len() == 9 && response.ends_with('\n'), "{response:?}");
    let verdict = desk.verify(challenge, response.trim());
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    let (again, exit) = desk.document(&["scan", &picture, "--confirm", "auto"]);
    assert_eq!((again["outcome"].as_str(), again["code"].as_str(), exit), (Some("refused"), Some("T12"), 5));
    assert!(again.get("response").is_none() && again.get("fields").is_none(), "{again}");
    let (shown, _) = desk.document(&["token", "show"]);
    assert_eq!(shown["activations"][0]["user"], "TANAKA");
    assert_eq!(shown["activations"][0]["id"], activation.to_string());
}

#[test]
fn a_scan_tells_programs_what_it_shows_and_the_response_after_approval_only() {
    let (desk, activation) = Desk::activated("ja");
    let (challenge, code) = desk.issue(activation);
    let picture = desk.picture("transfer.png", code.as_str());
    let (step, exit) = desk.document(&["scan", &picture, "--confirm", "step"]);
    assert_eq!((step["outcome"].as_str(), exit), (Some("shown"), 0));
    assert!(step.get("response").is_none(), "{step}");
    let (auto, exit) = desk.document(&["scan", &picture, "--confirm", "auto"]);
    assert_eq!((auto["outcome"].as_str(), auto["operation"].as_str(), exit), (Some("shown"), Some("transfer"), 0));
    let field = |name: &str| {
        let fields = auto["fields"].as_array().expect("fields").iter();
        fields.clone().find(|field| field["name"] == name).unwrap_or_else(|| panic!("{name}: {auto}")).clone()
    };
    assert_eq!((&field("amount")["value"], &field("amount")["shown"]), (&"1250000".into(), &"¥1,250,000".into()));
    assert_eq!(field("payee")["shown"], "ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ");
    assert_eq!(auto["expiresAt"], NOW.plus(Duration::from_secs(180)).to_string());
    assert_eq!(auto["pxPerModule"], 4.0);
    assert_eq!(auto["symbols"][0]["level"], "M");
    assert_eq!(auto["screen"]["pages"], step["screen"]["pages"]);
    let verdict = desk.verify(challenge, auto["response"].as_str().expect("approved"));
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
}

#[test]
fn buttons_pressed_in_processes_of_their_own_lead_to_the_same_response() {
    let (desk, activation) = Desk::activated("ja");
    let (_, code) = desk.issue(activation);
    let picture = desk.picture("transfer.png", code.as_str());
    let twin = desk.file("twin.camtoken.json");
    let twin = twin.to_str().expect("a temporary path is Unicode");
    desk.run(&["token", "export", "work", "-o", twin]).done();
    desk.run(&["token", "import", twin]).done();
    let auto = desk.run(&["scan", &picture, "--token", "work", "--confirm", "auto", "--quiet"]).done();
    assert_eq!(desk.run(&["scan", &picture, "--token", "twin", "--confirm", "step", "--quiet"]).done(), "");
    let (first, _) = desk.document(&["token", "screen", "twin"]);
    assert_eq!((first["state"].as_str(), first["page"].as_u64()), (Some("showing"), Some(1)));
    let pages = first["pages"].as_u64().expect("a number of pages");
    assert!(pages > 1, "a transfer has several pages");
    for page in 2..=pages {
        let (next, _) = desk.document(&["token", "press", "twin", "right"]);
        assert_eq!((next["state"].as_str(), next["page"].as_u64()), (Some("showing"), Some(page)));
        assert!(next.get("response").is_none());
    }
    assert_eq!(desk.run(&["token", "press", "twin", "right", "--quiet"]).done(), auto);
    let (answered, _) = desk.document(&["token", "screen", "twin"]);
    assert_eq!(answered["response"].as_str().map(|digits| format!("{digits}\n")), Some(auto));
}

#[test]
fn left_on_the_first_page_cancels_and_nothing_is_answered() {
    let (desk, activation) = Desk::activated("en");
    let (_, code) = desk.issue(activation);
    let picture = desk.picture("transfer.png", code.as_str());
    desk.run(&["scan", &picture, "--confirm", "step"]).done();
    let (cancelled, _) = desk.document(&["token", "press", "left"]);
    assert_eq!((cancelled["state"].as_str(), cancelled["code"].as_str()), (Some("refused"), Some("T10")));
    desk.run(&["scan", &picture, "--confirm", "auto"]).done();
}

#[test]
fn every_refusal_has_its_code_and_exit_and_tells_nothing_of_the_transaction() {
    let (desk, activation) = Desk::activated("en");
    let (_, code) = desk.issue(activation);
    let code = code.as_str();
    let stranger = Desk::activated("en");
    let others = stranger.0.issue(stranger.1).1;
    let damaged = code.replacen("CT1:", "CT2:", 1);
    let blank = Desk::new("en");
    blank.run(&["token", "new", "other", "--test"]).done();
    let first = desk.enroll("SUZUKI").code;
    for (desk, name, text, fault, refusal, exit) in [
        (&desk, "link.png", "https://example.com/", &[][..], "T03", 5),
        (&desk, "others.png", others.as_str(), &[], "T04", 5),
        (&desk, "altered.png", &altered(code), &[], "T05", 5),
        (&desk, "version.png", &damaged, &[], "T06", 5),
        (&blank, "blank.png", code, &[], "T08", 5),
        (&desk, "half.png", code, &["--half-activated"], "T09", 5),
        (&desk, "battery.png", code, &["--battery", "0"], "T13", 5),
        (&desk, "blurred.png", code, &["--next-scan", "T02"], "T02", 4),
        (&desk, "unseen.png", code, &["--next-scan", "T01"], "T01", 3),
        (&blank, "first.png", first.as_str(), &[], "T05", 5),
    ] {
        desk.run(&[&["token", "faults", "work", "--clear"], fault].concat()).done();
        let picture = desk.picture(name, text);
        let (report, found) = desk.document(&["scan", &picture, "--token", "work", "--confirm", "auto"]);
        assert_eq!((report["outcome"].as_str(), report["code"].as_str()), (Some("refused"), Some(refusal)), "{name}");
        assert_eq!(found, exit, "{name}");
        for secret in ["fields", "operation", "screen", "response", "text"] {
            assert!(report.get(secret).is_none(), "{name}: {report}");
        }
    }
    desk.run(&["token", "faults", "work", "--clear"]).done();
    let picture = desk.picture("good.png", code);
    desk.run(&["scan", &picture, "--confirm", "auto"]).done();
}

/// A code whose last letter is another one: the seal is wrong, the form right.
fn altered(code: &str) -> String {
    ["0", "1", "2"]
        .iter()
        .map(|end| format!("{}{end}", &code[..code.len() - 1]))
        .find(|altered| altered != code && altered.parse::<ChallengeCode>().is_ok())
        .expect("one of three letters is another and in range")
}

#[test]
fn a_registration_is_kept_only_when_somebody_says_that_the_bank_has_confirmed() {
    let desk = Desk::new("ja");
    for (keep, activations) in [("no", 0), ("yes", 1)] {
        let first = desk.enroll("TANAKA");
        let picture = desk.picture("first.png", first.code.as_str());
        let (answer, _) = desk.document(&["token", "activate", "work", &picture, "--confirm", "auto"]);
        let device_code = answer["deviceCode"].as_str().expect("a first code is answered so");
        let second = desk.picture("second.png", desk.second(first.activation, device_code).as_str());
        let (answer, _) = desk.document(&["scan", &second, "--confirm", "auto"]);
        assert!(answer["response"].is_string() && answer.get("registered").is_none(), "nobody was asked yet");
        desk.run(&["token", "press", "right"]).done();
        let (asking, _) = desk.document(&["token", "screen"]);
        assert_eq!(asking["state"], "asking");
        assert!(asking["text"].as_str().expect("text").contains("登録できましたか?"), "{asking}");
        desk.run(&["scan", &second, "--confirm", "auto"]).failed("CT-E049", 2);
        desk.run(&["token", "activate", "work", "--keep", keep]).done();
        let (shown, _) = desk.document(&["token", "show"]);
        assert_eq!(shown["activations"].as_array().map(Vec::len), Some(activations), "{keep}");
        desk.run(&["token", "activate", "work", "--keep", keep]).failed("CT-E049", 2);
    }
}

#[test]
fn without_a_terminal_the_flag_that_answers_is_named() {
    let (desk, activation) = Desk::activated("en");
    let picture = desk.picture("transfer.png", desk.issue(activation).1.as_str());
    for (args, flag) in [
        (&["scan", &picture][..], "--confirm"),
        (&["scan", &picture, "--confirm", "ask"], "--confirm"),
        (&["token", "new", "real"], "--passphrase-file"),
        (&["token", "rm", "work"], "--yes"),
        (&["token", "reset", "work"], "--yes"),
        (&["token", "activate", "work"], "IMAGE"),
    ] {
        let answer = desk.run(args).failed("CT-E023", 2);
        assert!(answer.stderr.contains(flag), "{args:?}: {}", answer.stderr);
    }
}

#[test]
fn the_token_is_the_one_named_or_set_or_the_only_one() {
    let desk = Desk::empty();
    desk.run(&["token", "show"]).failed("CT-E046", 2);
    desk.run(&["token", "new", "one", "--test", "--id", "ONE"]).done();
    assert_eq!(desk.run(&["token", "show", "--quiet"]).done(), "ONE\n");
    desk.run(&["token", "new", "two", "--test", "--id", "TWO"]).done();
    desk.run(&["token", "show"]).failed("CT-E046", 2);
    let set = desk.run_with(&["token", "show", "--quiet"], &[("CAMTOKEN_TOKEN", "two")]).done();
    assert_eq!(set, "TWO\n");
    let named = desk.run_with(&["token", "show", "one", "--quiet"], &[("CAMTOKEN_TOKEN", "two")]).done();
    assert_eq!(named, "ONE\n");
    desk.run(&["token", "new", "two", "--test"]).failed("CT-E047", 2);
    desk.run(&["token", "new", "../two", "--test"]).failed("CT-E020", 2);
    assert_eq!(desk.run(&["token", "list", "--quiet"]).done(), "one\ntwo\n");
    desk.run(&["token", "rm", "one", "--yes"]).done();
    assert_eq!(desk.run(&["token", "list", "--quiet"]).done(), "two\n");
    let (list, _) = desk.document(&["token", "list"]);
    assert_eq!(list["tokens"][0]["id"], "TWO");
}

#[test]
fn a_token_that_is_not_for_tests_opens_with_its_passphrase_alone() {
    let desk = Desk::empty();
    let write = |name: &str, text: &str| {
        let path = desk.file(name);
        fs::write(&path, text).expect("writable");
        path.into_os_string().into_string().expect("a temporary path is Unicode")
    };
    let (right, wrong) = (write("right", "correct horse\n"), write("wrong", "battery staple\n"));
    desk.run(&["token", "new", "real", "--id", "REAL", "--passphrase-file", &right]).done();
    let file = fs::read_to_string(desk.file("state/tokens/real.json")).expect("the token's file");
    assert!(!file.contains("deviceKey") && !file.contains("REAL"), "{file}");
    desk.run(&["token", "show", "real"]).failed("CT-E023", 2);
    desk.run(&["token", "show", "real", "--passphrase-file", &wrong]).failed("CT-E045", 1);
    let shown = desk.run_with(&["token", "show", "real", "--quiet"], &[("CAMTOKEN_PASSPHRASE", "correct horse")]);
    assert_eq!(shown.done(), "REAL\n");
    let export = desk.run(&["token", "export", "real", "--passphrase-file", &right]).done();
    assert!(!export.contains("deviceKey"), "{export}");
    let copy = write("copy.camtoken.json", &export);
    desk.run(&["token", "import", &copy, "--passphrase-file", &wrong]).failed("CT-E045", 1);
    desk.run(&["token", "import", &copy, "--passphrase-file", &right]).done();
    let (list, _) = desk.document(&["token", "list"]);
    assert_eq!(list["tokens"][1], serde_json::json!({ "name": "real", "encrypted": true }));
    assert_eq!(list["tokens"][0]["name"], "copy");
}

#[test]
fn a_token_with_a_pin_asks_for_it_and_counts_wrong_ones() {
    let desk = Desk::empty();
    let pin = desk.file("pin");
    fs::write(&pin, "25801\n").expect("writable");
    let pin = pin.to_str().expect("a temporary path is Unicode");
    desk.run(&["token", "new", "a", "--test", "--pin-file", pin]).done();
    let link = desk.picture("link.png", "https://example.com/");
    let scan = ["scan", &link, "--confirm", "auto"];
    desk.run(&scan).failed("CT-E023", 2);
    for _ in 0..4 {
        desk.run_with(&scan, &[("CAMTOKEN_PIN", "25802")]).failed("CT-E064", 5);
    }
    desk.run_with(&scan, &[("CAMTOKEN_PIN", "25801")]).failed("CT-E053", 5);
    desk.run(&["token", "press", "center", "--hold"]).done();
    for _ in 0..5 {
        desk.run_with(&scan, &[("CAMTOKEN_PIN", "25802")]).failed("CT-E064", 5);
    }
    desk.run_with(&scan, &[("CAMTOKEN_PIN", "25801")]).failed("CT-E064", 5);
    desk.run(&["token", "reset", "a", "--yes"]).done();
    desk.run(&scan).failed("CT-E053", 5);
    fs::write(desk.file("weak"), "12345").expect("writable");
    let weak = desk.file("weak");
    desk.run(&["token", "new", "b", "--test", "--pin-file", weak.to_str().expect("Unicode")]).failed("CT-E020", 2);
}

#[test]
fn a_token_in_the_hand_of_another_process_is_not_touched() {
    let desk = Desk::new("en");
    let lock =
        fs::File::options().append(true).open(desk.file("state/tokens/.work.lock")).expect("made with the token");
    lock.lock().expect("nobody else has it");
    let before = fs::read(desk.file("state/tokens/work.json")).expect("the token's file");
    desk.run(&["token", "press", "work", "center", "--hold"]).failed("CT-E044", 1);
    assert_eq!(fs::read(desk.file("state/tokens/work.json")).expect("the token's file"), before);
    drop(lock);
    desk.run(&["token", "press", "work", "center", "--hold"]).done();
}

#[test]
fn presses_at_the_same_moment_are_none_of_them_lost() {
    let desk = Desk::new("en");
    desk.run(&["token", "press", "center", "--hold"]).done();
    desk.run(&["token", "press", "left"]).done();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| desk.run(&["token", "press", "center"]).done());
        }
    });
    let (menu, _) = desk.document(&["token", "screen"]);
    let lines = menu["screen"]["lines"].as_array().expect("lines").iter();
    let selected: Vec<_> = lines.filter(|line| line["role"] == "selected").map(|line| &line["text"]).collect();
    assert_eq!(selected, ["Language / 言語"], "the fourth of the menu: {menu}");
}

#[cfg(unix)]
#[test]
fn a_token_is_for_its_owner_only() {
    use std::os::unix::fs::MetadataExt;
    let desk = Desk::new("en");
    let mode = |path: &str| fs::metadata(desk.file(path)).expect("made with the token").mode() & 0o777;
    assert_eq!((mode("state/tokens"), mode("state/tokens/work.json")), (0o700, 0o600));
    let export = desk.file("work.camtoken.json");
    desk.run(&["token", "export", "-o", export.to_str().expect("Unicode")]).done();
    assert_eq!(mode("work.camtoken.json"), 0o600);
}

#[test]
fn a_file_that_is_no_token_is_told_and_left_alone() {
    let desk = Desk::new("en");
    let path = desk.file("state/tokens/work.json");
    for text in ["", "{}", "{\"schema\":\"camtoken/token/2\"}", "not JSON"] {
        fs::write(&path, text).expect("writable");
        desk.run(&["token", "screen", "work"]).failed("CT-E043", 1);
        assert_eq!(fs::read_to_string(&path).expect("still there"), text);
    }
    let (list, exit) = desk.document(&["token", "list"]);
    assert_eq!((list["tokens"][0]["error"].as_str(), exit), (Some("CT-E043"), 0));
}

#[test]
fn faults_are_kept_until_they_are_cleared() {
    let desk = Desk::new("en");
    let set = ["token", "faults", "--battery", "20", "--half-activated", "--clock", "-2m", "--next-scan", "T05"];
    desk.run(&set).done();
    let (shown, _) = desk.document(&["token", "show"]);
    let expected = serde_json::json!({
        "battery": 20, "halfActivated": true, "clockOffset": -120, "nextScan": "T05"
    });
    assert_eq!(shown["faults"], expected);
    let (cleared, _) = desk.document(&["token", "faults", "--clear"]);
    assert_eq!(cleared["faults"], serde_json::json!({ "battery": 100, "halfActivated": false, "clockOffset": 0 }));
    desk.run(&["token", "faults", "--next-scan", "T15"]).failed("CT-E020", 2);
    desk.run(&["token", "faults", "--battery", "101"]).failed("CT-E020", 2);
}

#[test]
fn the_screen_is_a_picture_too() {
    let desk = Desk::new("en");
    desk.run(&["token", "press", "center", "--hold"]).done();
    let (png, svg) = (desk.file("screen.png"), desk.file("screen.svg"));
    let path = |path: &Path| path.to_str().expect("Unicode").to_owned();
    let text = desk.run(&["token", "screen", "--png", &path(&png), "--svg", &path(&svg), "--text"]).done();
    assert!(text.contains("Scan the 2D code"), "{text}");
    assert!(fs::read(&png).expect("written").starts_with(b"\x89PNG"));
    assert!(fs::read_to_string(&svg).expect("written").contains("<svg"));
}

#[test]
fn pages_are_in_the_language_of_the_token() {
    for lang in ["ja", "en"] {
        let (desk, activation) = Desk::activated(lang);
        let picture = desk.picture("transfer.png", desk.issue(activation).1.as_str());
        let pages = desk.run(&["scan", &picture, "--confirm", "auto", "--lang", lang]).done();
        // The digits are another's business: they are of this challenge alone.
        let digits = desk.run(&["token", "screen", "--quiet"]).done();
        let (four, rest) = digits.trim().split_at(4);
        let shown = format!("{four} {rest}");
        assert!(pages.contains(&shown), "{pages}");
        insta::assert_snapshot!(format!("transfer_{lang}"), pages.replace(&shown, "#### ####"));
    }
}

/// `script` gives a command a terminal; where it is not installed there is nothing to try.
#[cfg(target_os = "linux")]
#[test]
fn a_person_approves_page_by_page_or_cancels() {
    use std::io::Write;
    let (desk, activation) = Desk::activated("en");
    let (challenge, code) = desk.issue(activation);
    let picture = desk.picture("transfer.png", code.as_str());
    let state = desk.file("state");
    let on_terminal = |keys: &str| {
        let line = format!(
            "{} scan {picture} --quiet --state-dir {}",
            env!("CARGO_BIN_EXE_camtoken"),
            state.to_str().expect("Unicode")
        );
        let child = std::process::Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .envs(super::ENVIRONMENT.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.ok()?;
        child.stdin.take().expect("piped").write_all(keys.as_bytes()).expect("script reads");
        Some(Answer::of(child.wait_with_output().expect("script ends")))
    };
    let Some(cancelled) = on_terminal("\nn\n") else { return };
    assert_eq!(cancelled.exit, 8, "{}", cancelled.stdout);
    assert!(cancelled.stdout.contains("CT-E060"), "{}", cancelled.stdout);
    let approved = on_terminal("\nb\n\n\n\n\n\n").expect("it was there a moment ago");
    assert_eq!(approved.exit, 0, "{}", approved.stdout);
    let digits = approved.stdout.split_whitespace().last().expect("an answer");
    assert!(matches!(desk.verify(challenge, digits), Verdict::Accepted(_)), "{}", approved.stdout);
}
