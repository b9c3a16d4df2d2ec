//! Errors that name what is missing, and what to type next.

use std::fs;

use camtoken::qr::{EcLevel, encode};

use super::tokens::desk::Desk;

/// The hint of a failure.
fn hint(stderr: &str) -> &str {
    stderr.lines().find_map(|line| line.strip_prefix("hint  ")).unwrap_or_default()
}

#[test]
fn a_token_is_also_named_by_its_token_id_and_a_token_that_is_missing_says_what_to_type() {
    let desk = Desk::empty();
    let code = desk.picture("code.png", "CT1:A");
    let scan = |args: &[&str]| desk.run(&[&["scan", "--confirm", "auto"], args].concat());
    scan(&["missing.png"]).failed("CT-E010", 1);
    let stderr = scan(&[&code]).failed("CT-E046", 2).stderr;
    assert_eq!(hint(&stderr), "there is no token yet: camtoken token new NAME --test (scan --raw needs none)");

    desk.run(&["token", "new", "one", "--test", "--id", "ONE"]).done();
    desk.run(&["token", "new", "two", "--test", "--id", "TWO"]).done();
    assert_eq!(desk.run(&["token", "show", "TWO", "--quiet"]).done(), "TWO\n");
    assert_eq!(desk.run(&["token", "list", "--quiet"]).done(), "one\ntwo\n", "a token ID makes no token");
    let stderr = scan(&[&code, "--token", "THREE"]).failed("CT-E046", 2).stderr;
    assert!(stderr.contains("\nwhy   no token is named THREE, and none has this token ID\n"), "{stderr}");
    assert!(hint(&stderr).starts_with("choose one with --token NAME: one, two;"), "{stderr}");

    let file = desk.file("one.camtoken.json").into_os_string().into_string().expect("a temporary path is Unicode");
    desk.run(&["token", "export", "one", "--output", &file]).done();
    let stderr = scan(&[&code, "--token", &file]).failed("CT-E046", 2).stderr;
    assert_eq!(hint(&stderr), "for a file: camtoken token import FILE");
}

#[test]
fn a_token_without_accounts_says_so_and_a_key_on_the_command_line_is_not_repeated() {
    let desk = Desk::empty();
    desk.run(&["token", "new", "one", "--test"]).done();
    let stderr = desk.run(&["token", "otp"]).failed("CT-E077", 5).stderr;
    assert!(stderr.contains("\nwhy   the token has no account: scan the code of a sign-up first\n"), "{stderr}");
    let uri = "otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME";
    let stderr = desk.run(&["scan", uri, "--confirm", "auto"]).failed("CT-E010", 1).stderr;
    assert!(!stderr.contains("GEZDGNBV") && stderr.contains("standard input (-)"), "{stderr}");
}

#[test]
fn a_refusal_is_printed_with_the_tokens_own_code() {
    let desk = Desk::empty();
    desk.run(&["token", "new", "one", "--test"]).done();
    let link = desk.picture("link.png", "https://bank.example/");
    let answer = desk.run(&["scan", &link, "--confirm", "auto"]).failed("CT-E053", 5);
    assert!(answer.stderr.starts_with("error[CT-E053, T03]: "), "{}", answer.stderr);
    assert!(hint(&answer.stderr).contains("camtoken scan --raw FILE"), "{}", answer.stderr);
    // Large enough, and blurred: a larger picture would not help.
    let sharp = desk.file("sharp.png");
    fs::write(&sharp, encode("CT1:0123456789ABCDEF", EcLevel::M).expect("a code fits").to_png(8)).expect("writable");
    let sharp = sharp.to_str().expect("a temporary path is Unicode");
    let blurred = desk.file("blurred.png").into_os_string().into_string().expect("a temporary path is Unicode");
    desk.run(&["distort", sharp, "-o", &blurred, "--blur", "6"]).done();
    let stderr = desk.run(&["scan", &blurred, "--confirm", "auto"]).failed("CT-E041", 4).stderr;
    assert!(hint(&stderr).starts_with("make the picture sharper"), "{stderr}");
}

#[test]
fn a_wrong_command_line_names_the_verb_and_the_blank_between_digits() {
    let desk = Desk::empty();
    let stderr = desk.run(&["verify", "foo", "1"]).failed("CT-E020", 2).stderr;
    assert!(stderr.contains("expected ACTIVATION-CHALLENGE (12 and 24 hexadecimal digits)"), "{stderr}");
    let stderr = desk.run(&["verify", "foo", "3265", "0813"]).failed("CT-E020", 2).stderr;
    assert_eq!(hint(&stderr), "write the digits without the blank, or in quotes");
    let stderr = desk.run(&["token", "new", "one", "--slots", "9"]).failed("CT-E020", 2).stderr;
    assert_eq!(hint(&stderr), "usage: camtoken token new --help");
    let stderr = desk.run(&["verify", "--lang", "ja"]).failed("CT-E020", 2).stderr;
    assert!(stderr.contains("\nwhy   必須の引数がありません:\n"), "{stderr}");
}

#[test]
fn a_registration_names_its_activation_and_its_device_code() {
    let desk = Desk::empty();
    desk.run(&["token", "new", "one", "--test", "--id", "ONE"]).done();
    let file = |name: &str| desk.file(name).into_os_string().into_string().expect("a temporary path is Unicode");
    let (exported, first, second) = (file("one.json"), file("first.png"), file("second.png"));
    let enroll = |verb: &str, args: &[&str]| desk.run(&[&["enroll", verb, "--accept-test-keys"], args].concat());
    desk.run(&["token", "export", "one", "--output", &exported]).done();
    enroll("import", &[&exported]).done();
    let started =
        enroll("start", &["--token", "ONE", "--contract", "1234567890", "--user", "TANAKA", "-o", &first]).done();
    let activation = started.lines().next().and_then(|line| line.split_whitespace().last()).expect("an activation");
    assert!(started.contains(&format!("camtoken enroll second {activation} DEVICE-CODE")), "{started}");

    let wrong = enroll("second", &[activation, "000000000000"]);
    assert_eq!((wrong.exit, wrong.stderr.as_str()), (6, "Wrong device code. 2 tries are left.\n"));
    let device_code = desk.run(&["scan", &first, "--confirm", "auto", "--quiet"]).done();
    enroll("second", &[activation, device_code.trim(), "-o", &second]).done();
    let scanned = desk.run(&["scan", &second, "--confirm", "auto", "--quiet"]);
    assert_eq!(scanned.stderr, "not kept yet: once the bank has confirmed, camtoken token activate one --keep yes\n");
    enroll("confirm", &[activation, scanned.done().trim()]).done();
    let kept = desk.run(&["token", "activate", "one", "--keep", "yes"]);
    assert!(!kept.stderr.contains("not kept"), "{}", kept.stderr);
    kept.done();
}

#[test]
fn a_folder_without_pictures_and_an_empty_file_are_named_in_the_readers_language() {
    let desk = Desk::empty();
    let folder = desk.file("folder");
    fs::create_dir(&folder).expect("writable");
    let folder = folder.to_str().expect("a temporary path is Unicode");
    let stderr = desk.run(&["scan", folder, "--raw"]).failed("CT-E042", 1).stderr;
    assert!(stderr.contains("folder: no picture in this folder; looked for *.png, "), "{stderr}");
    let empty = desk.file("empty.png");
    fs::write(&empty, "").expect("writable");
    let empty = empty.to_str().expect("a temporary path is Unicode");
    let stderr = desk.run(&["scan", empty, "--raw", "--lang", "ja"]).failed("CT-E042", 1).stderr;
    assert!(stderr.contains("empty.png: ファイルが空です\n"), "{stderr}");
}
