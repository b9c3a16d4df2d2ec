//! Videos and folders as cameras: `scan --camera` and `watch`. The videos are made here.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use camtoken::qr::{Distortion, EcLevel, Luma, encode};
use serde_json::Value;

use super::camtoken;
use super::documents::assert_as_its_schema;

const WIDTH: u32 = 321;
const HEIGHT: u32 = 241;

/// A page with a symbol, or without.
fn page(text: Option<&str>) -> Luma {
    let mut pixels = vec![200; (WIDTH * HEIGHT) as usize];
    if let Some(text) = text {
        let symbol = encode(text, EcLevel::M).expect("a short text").to_luma(4);
        for (row, line) in (40..).zip(symbol.pixels().chunks_exact(symbol.width() as usize)) {
            pixels[(row * WIDTH + 60) as usize..][..line.len()].copy_from_slice(line);
        }
    }
    Luma::from_raw(WIDTH, HEIGHT, pixels).expect("one pixel each")
}

/// A YUV4MPEG2 video of an odd size: chroma planes are rounded up.
fn y4m(frames: &[Luma]) -> Vec<u8> {
    let mut film =
        format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F30:1 Ip A1:1 C420jpeg XCOMMENT=made by a test\n").into_bytes();
    for frame in frames {
        film.extend_from_slice(b"FRAME\n");
        film.extend_from_slice(frame.pixels());
        film.extend(vec![128; 2 * (WIDTH.div_ceil(2) * HEIGHT.div_ceil(2)) as usize]);
    }
    film
}

fn written(dir: &Path, name: &str, film: &[u8]) -> String {
    let path = dir.join(name);
    fs::write(&path, film).expect("writable");
    path.into_os_string().into_string().expect("a temporary path is Unicode")
}

fn run(args: &[&str]) -> (String, String, i32) {
    told(camtoken(args).stdin(Stdio::null()).output().expect("camtoken starts"))
}

fn told(output: Output) -> (String, String, i32) {
    let text = |bytes| String::from_utf8(bytes).expect("camtoken prints UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code().expect("no signal"))
}

/// One document a line.
fn documents(stdout: &str) -> Vec<Value> {
    let documents: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    documents.iter().for_each(assert_as_its_schema);
    documents
}

#[test]
fn a_film_is_watched_until_a_code_is_read() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let film = y4m(&[page(None), page(None), page(Some("CT9:ONE")), page(Some("CT9:TWO"))]);
    let path = written(dir.path(), "film", &film);
    let (stdout, stderr, exit) = run(&["scan", "--raw", "--json", "--camera", &path]);
    assert_eq!(exit, 0, "{stderr}");
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_as_its_schema(&report);
    assert_eq!(
        (&report["text"], &report["frames"], &report["file"]),
        (&"CT9:ONE".into(), &3.into(), &path.clone().into())
    );

    // A pipe, and JPEGs behind each other.
    let mut jpegs = Vec::new();
    for luma in [page(None), page(Some("CT9:ONE"))] {
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpegs, 90);
        encoder.encode(luma.pixels(), WIDTH, HEIGHT, image::ExtendedColorType::L8).expect("in memory");
    }
    for film in [&film, &jpegs] {
        let mut child = camtoken(&["scan", "--raw", "--quiet", "--camera", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("camtoken starts");
        let mut pipe = child.stdin.take().expect("piped");
        // It may have read enough before the end.
        let _ = pipe.write_all(film);
        drop(pipe);
        assert_eq!(told(child.wait_with_output().expect("it ends")).0, "CT9:ONE\n");
    }
}

#[test]
fn a_film_without_a_readable_code_exits_as_a_picture_would() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let whole = y4m(&[page(None), page(None)]);
    for (name, film, exit, code) in [
        ("nothing", whole.clone(), 3, "CT-E031"),
        ("cut off", whole[..whole.len() - 9].to_vec(), 1, "CT-E042"),
        ("no frame", y4m(&[]), 1, "CT-E042"),
        ("huge", b"YUV4MPEG2 W65535 H65535\nFRAME\n".to_vec(), 1, "CT-E042"),
        ("no film", b"some text".to_vec(), 1, "CT-E042"),
    ] {
        let path = written(dir.path(), name, &film);
        let (stdout, stderr, found) = run(&["scan", "--raw", "--camera", &path]);
        assert_eq!((found, stdout.as_str()), (exit, ""), "{name}: {stderr}");
        assert!(stderr.contains(code), "{name}: {stderr}");
    }
    let (_, stderr, exit) = run(&["scan", "--raw", "--camera", "testvectors/pictures/too_much_damage.png"]);
    assert!(exit == 4 && stderr.contains("CT-E041"), "{stderr}");
    let (_, stderr, exit) = run(&["scan", "--raw", "--camera", "no-such-film"]);
    assert!(exit == 1 && stderr.contains("CT-E010"), "{stderr}");
}

#[test]
fn a_single_poor_frame_gets_all_the_effort_of_a_file() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let poor = Distortion { blur: 1.6, noise: 8.0, seed: 3, ..Distortion::default() }.apply(&page(Some("CT9:ONE")));
    let path = written(dir.path(), "film", &y4m(&[poor]));
    assert_eq!(run(&["scan", "--raw", "--quiet", "--camera", &path]).0, "CT9:ONE\n");
}

#[test]
fn watching_tells_each_change_once() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (one, two) = (page(Some("CT9:ONE")), page(Some("CT9:TWO")));
    let mut frames = vec![page(None); 10];
    frames.extend(vec![one.clone(); 10]);
    // A flicker.
    frames.extend([page(None), page(None)]);
    frames.extend(vec![one; 4]);
    frames.extend(vec![two; 10]);
    let path = written(dir.path(), "film", &y4m(&frames));
    let (stdout, stderr, exit) = run(&["watch", "--json", "--camera", &path]);
    assert_eq!(exit, 0, "{stderr}");
    let told: Vec<_> = documents(&stdout)
        .iter()
        .map(|report| {
            (
                report["outcome"].as_str().expect("an outcome").to_owned(),
                report["text"].clone(),
                report["frame"].clone(),
            )
        })
        .collect();
    let expected = [("nothing", Value::Null, 8), ("read", "CT9:ONE".into(), 11), ("read", "CT9:TWO".into(), 27)];
    assert_eq!(told, expected.map(|(outcome, text, frame)| (outcome.to_owned(), text, frame.into())));
    assert_eq!(run(&["watch", "--quiet", "--camera", &path]).0, "CT9:ONE\nCT9:TWO\n");
    let (stdout, _, _) = run(&["watch", "--camera", &path]);
    assert!(stdout.lines().count() == 3 && stdout.contains("   0.333  A  good  CT9:ONE\n"), "{stdout}");
    let (stdout, _, _) = run(&["watch", "--lang", "ja", "--camera", &path]);
    assert!(stdout.contains("コードに向ける"), "{stdout}");
}

#[test]
fn watching_ends_with_what_went_wrong() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let whole = y4m(&[page(Some("CT9:ONE")), page(Some("CT9:ONE"))]);
    let path = written(dir.path(), "film", &whole[..whole.len() - 1]);
    let (stdout, _, exit) = run(&["watch", "--json", "--camera", &path]);
    let reports = documents(&stdout);
    let last = reports.last().expect("at least one");
    assert_eq!((exit, &last["outcome"], &last["code"]), (1, &"failed".into(), &"CT-E042".into()), "{stdout}");
    let (_, stderr, exit) = run(&["watch", "--camera", &path]);
    assert!(exit == 1 && stderr.contains("cut off in frame 2"), "{stderr}");
    let path = written(dir.path(), "nothing", &y4m(&[page(None)]));
    assert_eq!(run(&["watch", "--camera", &path]).2, 3);
}

#[test]
fn a_reader_that_left_ends_the_watching() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let frames: Vec<Luma> = (0..200).map(|i| page(Some(&format!("CT9:{i}")))).collect();
    let path = written(dir.path(), "film", &y4m(&frames));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut child = camtoken(&["watch", "--json", "--camera", &path]).stdout(writer).spawn().expect("camtoken starts");
    let start = Instant::now();
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5), "one line was enough to see it");
}

#[test]
fn a_pipe_that_gives_nothing_has_stalled() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let start = Instant::now();
    let output = camtoken(&["scan", "--raw", "--camera", "-"]).stdin(reader).output().expect("camtoken starts");
    drop(writer);
    let (_, stderr, exit) = told(output);
    assert!(exit == 1 && stderr.contains("CT-E125"), "{stderr}");
    assert!((4..60).contains(&start.elapsed().as_secs()));
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_a_film_that_may_be_given_up() {
    use std::os::unix::process::ExitStatusExt;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
    let camera = pipe.to_str().expect("a temporary path is Unicode");
    let scan = camtoken(&["scan", "--raw", "--quiet", "--camera", camera])
        .stdout(Stdio::piped())
        .spawn()
        .expect("camtoken starts");
    // Opening it waits for who reads, be it for ever.
    let to = pipe.clone();
    std::thread::spawn(move || fs::write(to, y4m(&[page(None), page(Some("CT9:ONE"))])));
    assert_eq!(told(scan.wait_with_output().expect("it ends")).0, "CT9:ONE\n");

    // No program writes to it.
    for verb in [&["scan", "--raw"][..], &["watch"]] {
        let start = Instant::now();
        let mut waiting = camtoken(&[verb, &["--camera", camera]].concat())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("camtoken starts");
        std::thread::sleep(Duration::from_millis(500));
        let id = waiting.id().to_string();
        assert!(Command::new("kill").args(["-s", "INT", &id]).status().expect("kill starts").success());
        let ended = waiting.wait().expect("it ends");
        assert!(ended.code() == Some(130) || ended.signal() == Some(2), "{verb:?}: {ended}");
        assert!(start.elapsed() < Duration::from_secs(4), "{verb:?}: no frame came for 5 s");
    }
}

#[test]
fn what_this_build_lacks_is_said_with_how_to_get_it() {
    for (flag, feature, built) in [
        (
            &["--camera", "0"][..],
            "camera",
            cfg!(feature = "camera") || !cfg!(any(target_os = "linux", target_os = "macos", target_os = "windows")),
        ),
        (&["--screen"], "screen", cfg!(feature = "screen")),
        (&["--clipboard"], "clipboard", cfg!(feature = "clipboard")),
    ] {
        for verb in ["scan", "watch"] {
            if built || (verb, feature) == ("watch", "clipboard") {
                continue;
            }
            let (_, stderr, exit) = run(&[&[verb], flag].concat());
            assert_eq!(exit, 2, "{flag:?}: {stderr}");
            assert!(
                stderr.contains(&format!("cargo install --path bin/camtoken --features {feature}")),
                "{flag:?}: {stderr}"
            );
        }
    }
    for args in
        [&["watch"][..], &["watch", "--camera", "x", "--screen"], &["scan", "x.png", "--camera", "y"], &["scan"]]
    {
        assert_eq!(run(args).2, 2, "{args:?}");
    }
}

#[test]
#[cfg(all(feature = "camera", target_os = "linux"))]
fn a_camera_that_is_not_there_asks_for_no_feature() {
    for (lang, hint) in [("en", "camtoken doctor lists the cameras"), ("ja", "camtoken doctor でカメラの一覧")] {
        for verb in [&["scan", "--raw"][..], &["watch"]] {
            let (_, stderr, exit) = run(&[verb, &["--lang", lang, "--camera", "63"]].concat());
            assert_eq!(exit, 1, "{verb:?}: {stderr}");
            assert!(stderr.contains("CT-E121") && stderr.contains(hint), "{verb:?}: {stderr}");
            assert!(!stderr.contains("--features"), "{verb:?}: {stderr}");
        }
    }
}

/// What a terminal of 60 columns and 20 rows is sent.
fn on_a_terminal(command: &str) -> String {
    let output = Command::new("script")
        .args(["-qec", &format!("stty cols 60 rows 20; {command}"), "/dev/null"])
        .envs(super::ENVIRONMENT.iter().copied())
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .stdin(File::open("/dev/null").expect("it is there"))
        .output()
        .expect("script is a part of every Debian");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn the_viewfinder_gives_the_terminal_back() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = written(dir.path(), "film", &y4m(&vec![page(Some("CT9:ONE")); 60]));
    let watch = format!("{} watch --camera {path}", env!("CARGO_BIN_EXE_camtoken"));
    let stopped = format!("timeout --signal INT 0.7 {watch}");
    for command in [&watch, &stopped] {
        let sent = on_a_terminal(command);
        let (taken, given) = (sent.find("\u{1b}[?1049h"), sent.rfind("\u{1b}[?1049l"));
        assert!(taken < given && taken.is_some() && sent.rfind("\u{1b}[?25h") > sent.rfind("\u{1b}[?25l"), "{command}");
        let pages: Vec<&str> = sent.split("\u{1b}[H").skip(1).collect();
        assert!(pages.len() > 1, "{command}: {} pages", pages.len());
        for page in &pages {
            assert_eq!(page.matches("\r\n").count(), 19, "it fills the terminal, and does not scroll");
        }
        assert!(pages[0].contains("A  good  CT9:ONE") && pages[0].contains('▀'), "{}", pages[0]);
    }
    // Two seconds of video last two seconds; a signal ends it before.
    assert!(on_a_terminal(&watch).matches("\u{1b}[H").count() > on_a_terminal(&stopped).matches("\u{1b}[H").count());
}
