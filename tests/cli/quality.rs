//! `camtoken lint` and `camtoken distort`: grades, advice, overlays, exits, and pictures that are the same every time.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use camtoken::qr::{EcLevel, Luma, encode};
use serde_json::Value;

use super::camtoken;
use super::documents::assert_as_its_schema;

const TEXT: &str = "CT1:A CODE OF A PAGE THAT IS LOOKED AT";

fn run(args: &[&str]) -> (String, String, i32) {
    let output = camtoken(args).stdin(Stdio::null()).output().expect("camtoken starts");
    let text = |bytes| String::from_utf8(bytes).expect("camtoken prints UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code().expect("no signal"))
}

fn document(args: &[&str]) -> (Value, i32) {
    let (stdout, stderr, exit) = run(&[args, &["--json"]].concat());
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    assert_as_its_schema(&document);
    (document, exit)
}

fn drawn(dir: &Path, module_px: u32) -> String {
    let path = dir.join(format!("code{module_px}.png"));
    fs::write(&path, encode(TEXT, EcLevel::M).expect("a short text").to_png(module_px)).expect("writable");
    path.into_os_string().into_string().expect("a temporary path is Unicode")
}

fn beside(dir: &Path, name: &str) -> String {
    dir.join(name).into_os_string().into_string().expect("a temporary path is Unicode")
}

fn measure<'a>(document: &'a Value, name: &str) -> &'a Value {
    let measures = document["measures"].as_array().expect("measures");
    measures.iter().find(|measure| measure["name"] == name).unwrap_or_else(|| panic!("{name}"))
}

/// A picture with `crop` pixels taken off on each side: left, top, right, bottom.
fn cropped(dir: &Path, picture: &str, [left, top, right, bottom]: [u32; 4]) -> String {
    let mut whole = image::open(picture).expect("just written").to_luma8();
    let (width, height) = (whole.width() - left - right, whole.height() - top - bottom);
    let path = beside(dir, &format!("crop{left}-{top}-{right}-{bottom}.png"));
    image::imageops::crop(&mut whole, left, top, width, height).to_image().save(&path).expect("writable");
    path
}

#[test]
fn a_clean_code_is_excellent_and_exits_with_zero() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (report, exit) = document(&["lint", &drawn(dir.path(), 8)]);
    assert_eq!((report["grade"].as_str(), report["passed"].as_bool(), exit), (Some("A"), Some(true), 0));
    assert_eq!(report["measures"].as_array().map(Vec::len), Some(10));
    assert_eq!((report["corrected"].as_u64(), report["pxPerModule"].as_f64()), (Some(0), Some(8.0)));
}

#[test]
fn the_limit_decides_what_a_finding_is() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let picture = drawn(dir.path(), 2);
    for (min, exit) in [("A", 7), ("B", 0), ("C", 0), ("F", 0)] {
        let (report, found) = document(&["lint", &picture, "--min-grade", min]);
        assert_eq!((report["grade"].as_str(), found), (Some("B"), exit), "{min}");
    }
    assert_eq!(run(&["lint", &picture, "--quiet"]), ("B\n".to_owned(), String::new(), 0));
    assert_eq!(run(&["lint", &picture, "--min-grade", "E"]).2, 2);
    // On a screen of two pixels for one, modules are one CSS pixel wide.
    let (report, exit) = document(&["lint", &picture, "--dpr", "2"]);
    assert_eq!((measure(&report, "moduleSize")["value"].as_f64(), exit), (Some(1.0), 7));
}

/// Pictures of texts side by side on white.
fn side_by_side(dir: &Path, texts: &[&str]) -> String {
    let codes: Vec<_> = texts.iter().map(|text| encode(text, EcLevel::M).expect("a short text").to_luma(6)).collect();
    let width = codes.iter().map(Luma::width).sum();
    let height = codes.iter().map(Luma::height).max().expect("a text or more");
    let mut page = image::GrayImage::from_pixel(width, height, image::Luma([255]));
    let mut x = 0;
    for code in &codes {
        let code =
            image::GrayImage::from_raw(code.width(), code.height(), code.pixels().to_vec()).expect("a byte each");
        image::imageops::replace(&mut page, &code, x, 0);
        x += i64::from(code.width());
    }
    let path = dir.join("page.png");
    page.save(&path).expect("writable");
    path.into_os_string().into_string().expect("a temporary path is Unicode")
}

#[test]
fn a_second_code_in_view_is_found_and_fails() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (older, foreign) = ("CT1:THE CODE OF THE TRANSFER BEFORE", "https://example.com/app");
    for (texts, codes) in [
        (vec![TEXT, older], 2),
        (vec![older, TEXT, "CT1:A THIRD"], 3),
        (vec![TEXT, TEXT], 1),
        (vec![foreign, TEXT], 1),
        (vec![foreign], 0),
    ] {
        let (report, exit) = document(&["lint", &side_by_side(dir.path(), &texts)]);
        assert_eq!((report["codes"].as_u64(), report["grade"].as_str()), (Some(codes), Some("A")), "{texts:?}");
        assert_eq!((report["passed"].as_bool(), exit), if codes > 1 { (Some(false), 7) } else { (Some(true), 0) });
        assert_eq!(report["findings"][0]["reason"].as_str(), (codes > 1).then_some("severalCodes"), "{texts:?}");
    }
    let picture = side_by_side(dir.path(), &[TEXT, older]);
    let (stdout, _, _) = run(&["lint", &picture]);
    assert!(
        stdout.contains("- Show one code alone") && stdout.contains("Not passed: 2 codes are in view."),
        "{stdout}"
    );
    let (stdout, _, _) = run(&["lint", &picture, "--lang", "ja"]);
    assert!(stdout.contains("2個のコードが写っています"), "{stdout}");
}

#[test]
fn padding_that_is_missing_is_told_in_pixels() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    // Three modules of six pixels are cut off on the right.
    let picture = cropped(dir.path(), &drawn(dir.path(), 6), [0, 0, 18, 0]);
    let (stdout, _, exit) = run(&["lint", &picture]);
    assert!(stdout.contains("Put 18 px of light padding around the code"), "{stdout}");
    assert!(exit == 7 && stdout.contains("Grade D: below B."), "{stdout}");
    let (stdout, _, _) = run(&["lint", &picture, "--lang", "ja"]);
    assert!(stdout.contains("明るい余白をあと 18 px"), "{stdout}");
}

/// The first symbol of segno: a Micro QR code, M1.
#[test]
fn a_symbol_that_tokens_do_not_read_is_named() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let segno = include_str!("../../crates/qr/src/scan/micro/segno.txt");
    let rows = segno.lines().next().and_then(|line| line.rsplit('|').next()).expect("a symbol");
    let rows: Vec<_> = rows.split(' ').map(|row| u32::from_str_radix(row, 16).expect("hexadecimal digits")).collect();
    let (side, module) = (rows.len(), 8);
    let size = (side + 8) * module;
    let dark = |at: usize| {
        let (x, y) = ((at % size / module).wrapping_sub(4), (at / size / module).wrapping_sub(4));
        x < side && y < side && rows[y] >> (side - 1 - x) & 1 == 1
    };
    let pixels = (0..size * size).map(|at| if dark(at) { 0 } else { 255 });
    let picture = beside(dir.path(), "micro.pgm");
    fs::write(
        &picture,
        format!("P5\n{size} {size}\n255\n").into_bytes().into_iter().chain(pixels).collect::<Vec<u8>>(),
    )
    .expect("writable");
    let (report, exit) = document(&["lint", &picture]);
    assert_eq!((report["reasons"].as_array().map(Vec::len), exit), (Some(1), 3), "{report}");
    assert_eq!(report["reasons"][0]["reason"], "otherSymbol", "{report}");
    let (_, stderr, _) = run(&["lint", &picture]);
    assert!(stderr.contains("this is a Micro QR code: Tokens do not read it"), "{stderr}");
}

#[test]
fn what_was_not_read_is_told_with_what_was_measured() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let clean = drawn(dir.path(), 8);
    let spoiled = |name: &str, flags: &[&str]| {
        let path = beside(dir.path(), name);
        let (_, stderr, exit) = run(&[&["distort", &clean, "-o", &path], flags].concat());
        assert_eq!(exit, 0, "{stderr}");
        path
    };
    for (picture, reason) in [
        ("testvectors/pictures/white.png".to_owned(), "blank"),
        (spoiled("faint.png", &["--fade", "0.98", "--noise", "6"]), "lowContrast"),
        (spoiled("blur.png", &["--blur", "6"]), "blurredModules"),
        (spoiled("fog.png", &["--blur", "16"]), "blurred"),
        (spoiled("noise.png", &["--noise", "120", "--low-light", "0.8"]), "noisy"),
        (cropped(dir.path(), &clean, [0, 0, 140, 0]), "cutOff"),
    ] {
        let (report, exit) = document(&["lint", &picture]);
        let reasons: Vec<_> = report["reasons"].as_array().expect("reasons").iter().map(|r| &r["reason"]).collect();
        assert!(reasons.contains(&&reason.into()), "{picture}: {report}");
        assert_eq!(exit, if report["code"] == "T02" { 4 } else { 3 }, "{picture}");
        assert_eq!((report["grade"].as_str(), report["passed"].as_bool()), (Some("F"), Some(false)));
        let (stdout, stderr, same) = run(&["lint", &picture]);
        assert!(stdout.is_empty() && same == exit && stderr.contains("CT-E0"), "{stderr}");
    }
}

#[test]
fn overlays_show_what_was_repaired() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let clean = drawn(dir.path(), 8);
    let mut picture = image::open(&clean).expect("just written").to_luma8();
    // The module in the last column and row begins the first codeword.
    let last = picture.width() - 33;
    for (x, y) in (0..64).map(|i| (last - i % 8, last - i / 8)) {
        picture.get_pixel_mut(x, y).0[0] ^= 255;
    }
    let damaged = beside(dir.path(), "damaged.png");
    picture.save(&damaged).expect("writable");
    let (png, svg) = (beside(dir.path(), "overlay.png"), beside(dir.path(), "overlay.svg"));
    let (report, exit) = document(&["lint", &damaged, "--overlay", &png, "--min-grade", "F"]);
    assert_eq!((report["corrected"].as_u64(), exit), (Some(1), 0));
    let orange = image::open(&png).expect("written").to_rgb8();
    let orange = orange.pixels().filter(|p| p.0[0] > 180 && p.0[1] > 80 && p.0[1] < 190 && p.0[2] < 90);
    assert!(orange.count() > 40, "the module is marked");
    document(&["lint", &damaged, "--overlay", &svg]);
    let svg = fs::read_to_string(&svg).expect("written");
    assert!(svg.contains("data:image/png;base64,") && svg.contains("unused error correction"), "{svg}");
    assert_eq!(run(&["lint", &damaged, "--overlay", "overlay.gif"]).2, 2);
}

#[test]
fn a_picture_made_twice_is_the_same_and_its_grade_is_lower() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let clean = drawn(dir.path(), 8);
    let made = |name: &str, seed: &str| {
        let path = beside(dir.path(), name);
        let flags = ["--tilt", "8", "--blur", "1.8", "--noise", "8", "--jpeg", "40", "--seed", seed];
        let (report, exit) = document(&[&["distort", &clean, "-o", &path], &flags[..]].concat());
        assert_eq!(exit, 0);
        (path, report["pixels"].clone())
    };
    let ((first, a), (_, b), (_, c)) = (made("a.png", "1"), made("b.png", "1"), made("c.png", "2"));
    assert!(a == b && a != c);
    assert_eq!(run(&["scan", "--raw", &first]).0, format!("{TEXT}\n"));
    assert!(document(&["lint", &first]).0["grade"].as_str() > Some("A"));
    let still = beside(dir.path(), "still.png");
    run(&["distort", &clean, "-o", &still]);
    let grey = |path: &str| image::open(path).expect("written").to_luma8();
    assert_eq!(grey(&still), grey(&clean), "no flag, no change");
}

#[test]
fn pictures_come_and_go_through_pipes() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let piped = |args: &[&str], input: &[u8]| {
        let mut child = camtoken(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("camtoken starts");
        child.stdin.take().expect("piped").write_all(input).expect("camtoken reads");
        child.wait_with_output().expect("it ends").stdout
    };
    let png = fs::read(drawn(dir.path(), 6)).expect("just written");
    let blurred = piped(&["distort", "-", "-o", "-", "--blur", "1"], &png);
    assert_eq!(piped(&["lint", "-", "--quiet"], &blurred).len(), 2);
    for (args, exit) in [
        (&["distort", "x.png", "-o", "-", "--json"][..], 2),
        (&["distort", "x.png", "-o", "y.jpg"], 2),
        (&["distort", "x.png", "-o", "y.png", "--tilt", "90"], 2),
        (&["distort", "no-such.png", "-o", "y.png"], 1),
    ] {
        assert_eq!(run(args).2, exit, "{args:?}");
    }
}
