//! Pictures without a token: what they say, what they do not, and codes taken apart.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use camtoken::qr::{EcLevel, encode};
use serde_json::Value;

use super::documents::assert_as_its_schema;
use super::{ROOT, camtoken};

fn run(args: &[&str]) -> (String, String, i32) {
    let output = camtoken(args).stdin(Stdio::null()).output().expect("camtoken starts");
    let text = |bytes| String::from_utf8(bytes).expect("camtoken prints UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code().expect("no signal"))
}

/// One document a line.
fn documents(args: &[&str]) -> (Vec<Value>, i32) {
    let (stdout, stderr, exit) = run(args);
    let documents: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}{stderr}")))
        .collect();
    documents.iter().for_each(assert_as_its_schema);
    (documents, exit)
}

fn drawn(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    fs::write(&path, encode(text, EcLevel::Q).expect("a short text").to_png(3)).expect("writable");
    path.into_os_string().into_string().expect("a temporary path is Unicode")
}

/// Four symbols of segno (structured append), out of their order on the page; zxing-cpp reads the same parts.
#[test]
fn what_is_spread_over_several_symbols_is_put_together() {
    let whole = fs::read_to_string(format!("{ROOT}/tests/cli/spread.txt")).expect("the text is here");
    let (document, _, exit) = run(&["scan", "--raw", "--all", "--json", "tests/cli/spread.png"]);
    let report: Value = serde_json::from_str(&document).expect("one document");
    assert_as_its_schema(&report);
    assert_eq!((exit, &report["text"], &report["guess"]), (0, &whole.clone().into(), &Value::Null));
    let parts = report["symbols"].as_array().expect("symbols").iter();
    let mut numbers: Vec<_> = parts.map(|symbol| symbol["part"]["number"].as_u64().expect("a number")).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(run(&["scan", "--raw", "--all", "tests/cli/spread.png"]).0, whole + "\n");
}

#[test]
fn a_folder_is_one_document_a_picture() {
    let vectors = fs::read_to_string(format!("{ROOT}/testvectors/scan_test.json")).expect("the vectors are here");
    let vectors: Value = serde_json::from_str(&vectors).expect("JSON");
    let (reports, exit) = documents(&["scan", "--raw", "--json", "testvectors/pictures"]);
    let reports: BTreeMap<&str, &Value> =
        reports.iter().map(|report| (report["file"].as_str().expect("a file"), report)).collect();
    let groups = vectors["testGroups"].as_array().expect("groups").iter();
    let tests: Vec<&Value> = groups.flat_map(|group| group["tests"].as_array().expect("tests")).collect();
    assert_eq!(reports.len(), tests.len());
    for test in tests {
        let picture = format!("testvectors/{}", test["picture"].as_str().expect("a picture"));
        let report = reports[picture.as_str()];
        match test["reason"].as_str() {
            None => assert_eq!((&report["outcome"], &report["text"]), (&"read".into(), &test["text"]), "{picture}"),
            Some("NotFound") => assert_eq!(report["code"], "T01", "{picture}"),
            Some(_) => assert_eq!(report["code"], "T02", "{picture}"),
        }
    }
    assert!([3, 4].contains(&exit), "the first that was not read decides: {exit}");
}

#[test]
fn a_single_picture_exits_as_the_interface_says() {
    for (picture, exit, code) in [
        ("one_bit.png", 0, None),
        ("white.png", 3, Some("CT-E031")),
        ("page_of_text.png", 3, Some("CT-E031")),
        ("too_much_damage.png", 4, Some("CT-E041")),
        ("no-such.png", 1, Some("CT-E010")),
        ("../scan_test.json", 1, Some("CT-E042")),
    ] {
        let (_, stderr, found) = run(&["scan", "--raw", &format!("testvectors/pictures/{picture}")]);
        assert_eq!(found, exit, "{picture}: {stderr}");
        assert!(code.map_or(stderr.is_empty(), |code| stderr.contains(code)), "{picture}: {stderr}");
    }
    let (_, stderr, _) = run(&["scan", "--raw", "testvectors/pictures/too_much_damage.png"]);
    assert!(stderr.contains("a module is 4 pixels wide"), "{stderr}");
}

#[test]
fn a_file_that_is_no_picture_does_not_stop_the_others() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let good = drawn(dir.path(), "b.png", "HELLO");
    fs::write(dir.path().join("a.png"), "no picture").expect("writable");
    let (reports, exit) = documents(&["scan", "--raw", "--json", dir.path().to_str().expect("Unicode")]);
    let found: Vec<_> = reports.iter().map(|report| (&report["outcome"], &report["code"], &report["text"])).collect();
    let (failed, read) = (&Value::from("failed"), &Value::from("read"));
    assert_eq!(found, [(failed, &"CT-E042".into(), &Value::Null), (read, &Value::Null, &"HELLO".into())]);
    assert_eq!(exit, 1);
    let (stdout, stderr, _) = run(&["scan", "--raw", "--quiet", dir.path().to_str().expect("Unicode")]);
    assert!(stdout == "HELLO\n" && stderr.contains("a.png"), "{stdout}{stderr}");
    let (_, _, exit) = run(&["scan", "--raw", &good, &good, "--overlay", "x.png"]);
    assert_eq!(exit, 2);
}

#[test]
fn standard_input_is_known_by_its_content() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let png = fs::read(drawn(dir.path(), "hello.png", "HELLO")).expect("just written");
    for (input, said) in [(&png[..], "HELLO\n"), (b"CT1:ABC\n", "CT1:ABC\n")] {
        let mut child = camtoken(&["scan", "--raw", "--quiet", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("camtoken starts");
        child.stdin.take().expect("piped").write_all(input).expect("camtoken reads");
        assert_eq!(child.wait_with_output().expect("it ends").stdout, said.as_bytes());
    }
}

#[test]
fn what_a_symbol_says_cannot_steer_a_terminal() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let hostile = "A\u{1b}]0;title\u{7}\u{9b}31m\u{202e}B\u{2066}\u{8}\u{7f}\nC";
    let picture = drawn(dir.path(), "hostile\u{1b}[2J.png", hostile);
    let steers = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}".contains(c));
    for args in [
        &["scan", "--raw", &picture][..],
        &["scan", "--raw", &picture, &picture],
        &["scan", "--raw", "--json", &picture],
        &["inspect", &picture],
        &["inspect", &picture, "--quiet"],
        &["inspect", &picture, "--json"],
        &["scan", "--raw", "no-such\u{1b}[2J"],
    ] {
        let (stdout, stderr, _) = run(args);
        assert!(!stdout.contains(steers) && !stderr.contains(steers), "{args:?}: {stdout:?} {stderr:?}");
    }
    let (stdout, _, _) = run(&["scan", "--raw", "--json", &picture]);
    let document: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(document["text"], hostile, "a program gets all of it");
    assert_eq!(run(&["scan", "--raw", "--quiet", &picture]).0, format!("{hostile}\n"), "so does a pipe");
    assert_eq!(run(&["scan", "--raw", &picture]).0, "A]0;title31mB\nC\n");
}

/// A picture of nothing that takes long: noise.
fn noise(path: &Path) -> String {
    let mut noise = 0x2545_f491_u32;
    let picture = image::GrayImage::from_fn(2000, 2000, |_, _| {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        image::Luma([noise as u8])
    });
    picture.save(path).expect("writable");
    path.to_str().expect("Unicode").to_owned()
}

#[test]
fn a_search_that_its_budget_ends_says_so() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let noise = noise(&dir.path().join("noise.png"));
    let (stdout, _, exit) = run(&["scan", "--raw", "--try-harder", "--budget", "10ms", "--json", &noise]);
    let document: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((exit, &document["code"], &document["outOfTime"]), (3, &"T01".into(), &true.into()), "{stdout}");
    let (_, stderr, _) = run(&["scan", "--raw", "--budget", "10ms", &noise]);
    assert!(stderr.contains("the time given with --budget ended"), "{stderr}");
    let read = drawn(dir.path(), "hello.png", "HELLO");
    for verb in [&["scan", "--raw"][..], &["inspect"], &["lint"]] {
        let (stdout, stderr, exit) = run(&[verb, &["--budget", "60s", &read]].concat());
        assert!(exit != 2 && exit != 3 && !stdout.contains("outOfTime"), "{verb:?}: {exit} {stdout}{stderr}");
    }
    assert_eq!(run(&["scan", "--raw", "--budget", "0ms", &read]).2, 2);
    assert_eq!(run(&["scan", "--raw", "--budget", "1h", &read]).2, 2);
}

#[test]
fn a_drawing_of_ours_and_a_data_uri_are_read_and_an_address_is_named() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let symbol = encode("CT9:FILE", EcLevel::M).expect("a short text");
    let svg = dir.path().join("code.svg");
    fs::write(&svg, symbol.to_svg(4)).expect("writable");
    let uri = format!("data:image/png;base64,{}", base64(&symbol.to_png(3)));
    for what in [svg.to_str().expect("Unicode"), &uri, &format!("file://{}", svg.display())] {
        assert_eq!(run(&["scan", "--raw", "--quiet", what]).0, "CT9:FILE\n", "{}", &what[..20]);
    }
    let (_, stderr, exit) = run(&["scan", "--raw", "https://example.com/code.png"]);
    assert!(exit == 1 && stderr.contains("a web address, and nothing is fetched"), "{stderr}");
    let (_, stderr, _) = run(&["scan", "--raw", "data:text/plain,hello"]);
    assert!(stderr.contains("CT-E042") && stderr.contains("data:text/plain: the file is neither PNG"), "{stderr}");
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = bytes.chunks(3).flat_map(|part| {
        let bits = part.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        (0..4).map(move |i| if i <= part.len() { DIGITS[(bits >> (18 - 6 * i)) as usize & 63] } else { b'=' })
    });
    digits.map(char::from).collect()
}

#[test]
fn all_symbols_are_told_and_overlaid() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let symbol = encode("CT9:ONE", EcLevel::M).expect("a short text").to_luma(4);
    let other = encode("TWO", EcLevel::M).expect("a short text").to_luma(4);
    let mut page = image::GrayImage::from_pixel(400, 200, image::Luma([255]));
    for (luma, left) in [(&other, 10), (&symbol, 210)] {
        for (i, grey) in (0u32..).zip(luma.pixels()) {
            page.put_pixel(left + i % luma.width(), 10 + i / luma.width(), image::Luma([*grey]));
        }
    }
    let path = dir.path().join("page.png");
    page.save(&path).expect("writable");
    let (path, overlay) = (path.to_str().expect("Unicode"), dir.path().join("overlay.png"));
    let overlaid = overlay.to_str().expect("Unicode");
    let (stdout, stderr, exit) = run(&["scan", "--raw", "--all", "--json", path, "--overlay", overlaid]);
    assert_eq!(exit, 0, "{stderr}");
    let document: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_as_its_schema(&document);
    let mut texts: Vec<_> =
        document["symbols"].as_array().expect("symbols").iter().map(|found| &found["text"]).collect();
    texts.sort_by_key(|text| text.to_string());
    assert_eq!(texts, ["CT9:ONE", "TWO"]);
    let picture = image::open(&overlay).expect("written").to_rgb8();
    // Top left corner of the left symbol, four modules of four pixels in.
    let red =
        (24..29).flat_map(|y| (24..29).map(move |x| (x, y))).filter(|&(x, y)| picture.get_pixel(x, y).0 == [220, 0, 0]);
    assert!(red.count() > 4, "the corner is marked");
}

#[test]
fn a_small_blurred_code_in_a_large_picture_is_worth_trying_harder() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let symbol = encode("CT9:SMALL", EcLevel::M).expect("a short text").to_luma(4);
    let mut page = image::GrayImage::from_pixel(3100, 3100, image::Luma([255]));
    for (i, grey) in (0u32..).zip(symbol.pixels()) {
        page.put_pixel(1500 + i % symbol.width(), 1500 + i / symbol.width(), image::Luma([*grey]));
    }
    let (sharp, blurred) = (dir.path().join("sharp.png"), dir.path().join("blurred.png"));
    page.save(&sharp).expect("writable");
    let (sharp, blurred) = (sharp.to_str().expect("Unicode"), blurred.to_str().expect("Unicode"));
    assert_eq!(run(&["distort", sharp, "-o", blurred, "--blur", "2.4", "--noise", "4"]).2, 0);
    assert_eq!(run(&["scan", "--raw", blurred]).2, 4, "it is seen, and not read");
    assert_eq!(run(&["scan", "--raw", blurred, "--try-harder"]).0, "CT9:SMALL\n");
}

#[test]
fn a_code_is_taken_apart_without_a_key() {
    use camtoken::challenge::{Challenge, ChallengeId};
    use camtoken::key::ActivationId;
    use camtoken::transaction::{Operation, Transaction};
    use camtoken::{Key, Timestamp, code};
    let fields = [("service", "SERVICE"), ("contract", "12345678"), ("user", "TANAKA"), ("device", "browser")];
    let login = Transaction::new(Operation::Login, fields).expect("a login of the catalogue");
    let challenge = Challenge {
        id: ChallengeId::from_bytes([0x6b, 0x01, 0x02, 0x03, 4, 5, 6, 7, 8, 9, 10, 11]),
        activation: ActivationId::from_bytes([1, 2, 3, 4, 5, 6]),
        expires_at: Timestamp::from_unix(1_795_230_000),
        transaction: login,
    };
    let sealed = code::seal(&challenge, &Key::new(vec![7; 32]));
    let (stdout, stderr, exit) = run(&["inspect", sealed.as_str(), "--json"]);
    assert_eq!(exit, 0, "{stderr}");
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_as_its_schema(&report);
    assert_eq!(report["keyName"], serde_json::json!({ "domain": "signature", "id": "010203040506" }));
    assert_eq!(report["challenge"], "6b010203".to_owned() + "0405060708090a0b");
    // 0x6b010203 seconds.
    assert_eq!(report["issuedAt"], Timestamp::from_unix(1_795_228_163).to_string());
    let items: Vec<(&str, &str)> = report["envelope"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| (item["hex"].as_str().expect("hex"), item["notation"].as_str().expect("notation")))
        .collect();
    // RFC 9052, section 5.2, and the deterministic CBOR of RFC 8949.
    assert_eq!(items[..3], [("d0", "16(…)"), ("83", "[… 3]"), ("43a10103", "h'a10103'")]);
    assert_eq!(items[3..6], [("a2", "{… 2}"), ("04", "4"), ("4700010203040506", "h'00010203040506'")]);
    assert_eq!(items[6..8], [("05", "5"), ("4c6b0102030405060708090a0b", "h'6b0102030405060708090a0b'")]);
    let bytes: usize = items.iter().map(|(hex, _)| hex.len() / 2).sum();
    assert_eq!(report["sizes"]["envelope"], bytes, "the items are all of it");

    let dir = tempfile::tempdir().expect("a temporary directory");
    let picture = drawn(dir.path(), "login.png", sealed.as_str());
    let (drawn, _) = (run(&["inspect", &picture, "--json"]).0, ());
    let drawn: Value = serde_json::from_str(&drawn).expect("JSON");
    assert_eq!((&drawn["envelope"], &drawn["symbol"]["level"]), (&report["envelope"], &"Q".into()));
}

#[test]
fn what_no_token_would_read_is_told_with_the_tokens_own_code() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let link = drawn(dir.path(), "link.png", "https://example.com/");
    for (what, kind, refusal) in
        [(link.as_str(), "foreign", "T03"), ("CT1:ABC", "camtoken", "T03"), ("CT7:ABC", "camtoken", "T06")]
    {
        let (stdout, _, exit) = run(&["inspect", what, "--json"]);
        let report: Value = serde_json::from_str(&stdout).expect("JSON");
        assert_as_its_schema(&report);
        assert_eq!((report["kind"].as_str(), report["refusal"].as_str()), (Some(kind), Some(refusal)), "{what}");
        assert_eq!(exit, 5, "{what}");
    }
    let (_, stderr, exit) = run(&["inspect", "testvectors/pictures/white.png"]);
    assert!(exit == 3 && stderr.contains("CT-E031"), "{stderr}");
}
