//! The test vectors of this tree, and that the runner fails where it has to.

use std::fs;
use std::path::{Path, PathBuf};

use camtoken_vectors::{self, FileReport, RunError};

fn folder() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("testvectors")
}

fn run_one(path: &Path) -> FileReport {
    let mut report = camtoken_vectors::run(&[path]).expect("the file can be read");
    assert_eq!(report.files.len(), 1);
    report.files.remove(0)
}

/// A copy of a file beside its original's neighbours, with one piece of text replaced where it stands first.
fn altered(name: &str, from: &str, to: &str) -> FileReport {
    let text = fs::read_to_string(folder().join(name)).expect("the file is in the tree");
    assert!(text.contains(from), "{name} has {from:?}");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let copy = dir.path().join(Path::new(name).file_name().expect("a file"));
    fs::write(&copy, text.replacen(from, to, 1)).expect("the copy can be written");
    run_one(&copy)
}

/// What fails in an altered copy: a single test.
fn failure(name: &str, from: &str, to: &str) -> String {
    let report = altered(name, from, to);
    let failures: Vec<_> = report.failures().map(ToString::to_string).collect();
    assert_eq!(failures.len(), 1, "{failures:?}");
    failures[0].clone()
}

#[test]
fn every_vector_of_the_tree_holds() {
    let report = camtoken_vectors::run(&[folder()]).expect("the folder can be read");
    let failures: Vec<_> = report
        .files
        .iter()
        .flat_map(|file| file.failures().map(|test| format!("{}: {test}", file.path.display())))
        .collect();
    assert!(failures.is_empty(), "{} failed\n{}", failures.len(), failures.join("\n"));
    assert!(report.passed() > 1700, "{} passed", report.passed());
    for file in &report.files {
        assert!(!file.types.is_empty() && file.passed() > 0, "{}", file.path.display());
    }
}

#[test]
fn the_readme_has_every_type() {
    let readme = fs::read_to_string(folder().join("README.md")).expect("the file is in the tree");
    for known in camtoken_vectors::TYPES {
        assert!(readme.contains(&format!("\n| {} | ", known.name)), "{}", known.name);
    }
}

#[test]
fn the_readme_runs_as_written() {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).expect("the top of the workspace");
    trycmd::TestCases::new().case("testvectors/README.md");
}

#[test]
fn a_file_that_was_not_altered_holds_beside_its_altered_copies() {
    let report = altered("ocra_rfc6287_test.json", "\"237653\"", "\"237653\"");
    assert_eq!((report.passed(), report.failed()), (70, 0));
}

#[test]
fn one_altered_digit_fails_and_is_named() {
    let said = failure("ocra_rfc6287_test.json", "\"237653\"", "\"237654\"");
    assert_eq!(said, "group 1, tcId 1 (one-way): expected valid, refused: computed 237653, the file has \"237654\"");
    let said = failure("ocra_rfc6287_test.json", "\"question\": \"00000000\"", "\"question\": \"00000001\"");
    assert!(said.starts_with("group 1, tcId 1 (one-way): expected valid, refused: computed "), "{said}");
    for (name, from, to) in [
        ("hotp_test.json", "\"755224\"", "\"755225\""),
        ("totp_test.json", "\"94287082\"", "\"94287083\""),
        ("ocra_modes_test.json", "\"65333862\"", "\"65333863\""),
        ("ocra_suite_test.json", "\"suite\": \"OCRA-1:", "\"suite\": \"OCRA-2:"),
        ("text_test.json", "b6b8b3bcd6b3bcde", "b6b8b3bcd6b3bcdf"),
        ("otpauth_test.json", "\"period\": 30", "\"period\": 31"),
        ("tiqr_test.json", "\"925020\"", "\"925021\""),
        ("lseqr_test.json", "\"88804938\"", "\"88804939\""),
    ] {
        assert!(failure(name, from, to).contains("tcId"), "{name}");
    }
}

#[test]
fn a_test_that_says_invalid_of_what_is_right_fails() {
    let said = failure("ocra_rfc6287_test.json", "\"result\": \"valid\"", "\"result\": \"invalid\"");
    assert_eq!(said, "group 1, tcId 1 (one-way): expected invalid, accepted");
}

#[test]
fn what_is_not_known_fails() {
    let name = "ocra_rfc6287_test.json";
    for (from, to, expected) in [
        ("\"question\":", "\"querstion\":", "unknown field `querstion`"),
        ("\"question\": \"00000000\",", "\"question\": \"00000000\", \"question\": \"1\",", "given twice at line"),
        ("\"question\": \"00000000\",", "", "missing field `question`"),
        ("\"comment\": \"one-way\",", "", "missing field `comment`"),
        ("\"tcId\": 1,", "\"tcId\": \"1\",", "invalid type: string \"1\", expected u64"),
        ("\"tcId\": 1,", "\"tcId\": 1, \"counter\": null,", "counter is null; leave it out"),
        ("\"tcId\": 1,", "\"tcId\": 2,", "this tcId is given twice"),
        ("\"result\": \"valid\"", "\"result\": \"acceptable\"", "unknown variant `acceptable`"),
        ("\"algorithm\":", "\"algorythm\":", "unknown field `algorythm`"),
        ("\"numberOfTests\": 70", "\"numberOfTests\": 71", "numberOfTests is 71, the file has 70"),
        ("\"bugType\":", "\"bugKind\":", "unknown field `bugKind`"),
        ("\"testGroups\": [", "\"testGroups\": [ {", "at line"),
    ] {
        let report = altered(name, from, to);
        let said: Vec<_> = report.failures().map(ToString::to_string).collect();
        assert!(said.iter().any(|said| said.contains(expected)), "{to}: {said:?}");
    }
}

#[test]
fn what_is_wrong_with_a_group_fails_each_of_its_tests() {
    for (from, to, expected) in [
        ("OCRA-1:HOTP-SHA1-6:QN08", "OCRA-1:HOTP-SHA1-6:QN99", "its group is malformed"),
        ("\"key\": \"31", "\"key\": \"3g", "key is not hexadecimal"),
        ("\"key\":", "\"seed\":", "unknown field `seed`"),
    ] {
        let report = altered("ocra_rfc6287_test.json", from, to);
        let said: Vec<_> = report.failures().map(ToString::to_string).collect();
        assert!(said.len() == 10 && said.iter().all(|said| said.contains(expected)), "{said:?}");
    }
    let said = failure("ocra_rfc6287_test.json", "\"OcraRespond\"", "\"OcraAnswer\"");
    assert!(said.starts_with("group 1: unknown type OcraAnswer, expected one of HotpRespond, "), "{said}");
}

#[test]
fn every_flag_has_a_note_and_every_note_a_test() {
    let said = failure(
        "hotp_test.json",
        "\"FullWidth\": {",
        "\"HalfWidth\": {\n\"bugType\": \"\", \"description\": \"\"}, \"FullWidth\": {",
    );
    assert_eq!(said, "file: note HalfWidth has no test");
    let said: Vec<_> =
        altered("hotp_test.json", "\"FullWidth\": {", "\"HalfWidth\": {").failures().map(ToString::to_string).collect();
    assert_eq!(said, ["file: flag FullWidth has no note", "file: note HalfWidth has no test"]);
}

#[test]
fn a_path_that_leads_to_nothing_is_an_error() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    assert!(matches!(camtoken_vectors::run(&[dir.path()]), Err(RunError::Nothing { .. })));
    assert!(matches!(camtoken_vectors::run(&[dir.path().join("none_test.json")]), Err(RunError::Read { .. })));
    fs::write(dir.path().join("empty_test.json"), "").expect("a file");
    fs::write(dir.path().join("no_test.json"), [0xff]).expect("a file");
    fs::write(dir.path().join("other.json"), "").expect("a file");
    let report = camtoken_vectors::run(&[dir.path()]).expect("there are files");
    assert_eq!((report.files.len(), report.passed(), report.failed()), (2, 0, 2));
}
