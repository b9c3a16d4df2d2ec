//! Standard output and standard error: pipes that close, disks that are full, colour, a terminal that is not there.

use std::process::{Output, Stdio};

use super::camtoken;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("camtoken prints UTF-8")
}

#[test]
fn a_reader_that_left_is_no_panic() {
    for args in [&["completions", "bash"][..], &["explain", "--json"], &["--help"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let Output { status, stderr, .. } =
            camtoken(args).stdout(writer).stderr(Stdio::piped()).output().expect("camtoken starts");
        assert_eq!((status.code(), text(&stderr)), (Some(0), ""), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_could_not_be_written_is_a_failure() {
    let full = || std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    for args in [&["explain"][..], &["explain", "--json"], &["--help"]] {
        let output = camtoken(args).stdout(full()).output().expect("camtoken starts");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(text(&output.stderr).contains("CT-E011"), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn data_and_talk_do_not_mix() {
    let answer = camtoken(&["explain", "T02"]).output().expect("camtoken starts");
    assert!(answer.stderr.is_empty() && !answer.stdout.is_empty());
    let failure = camtoken(&["explain", "T99"]).output().expect("camtoken starts");
    assert!(failure.stdout.is_empty() && !failure.stderr.is_empty());
    let failure = camtoken(&["explain", "T99", "--json"]).output().expect("camtoken starts");
    assert!(failure.stderr.is_empty() && !failure.stdout.is_empty());
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let coloured = |args: &[&str], no_color: &str| {
        let output = camtoken(args).env("NO_COLOR", no_color).output().expect("camtoken starts");
        text(&output.stderr).contains('\u{1b}')
    };
    assert!(!coloured(&["explain", "T99"], ""), "a pipe is no terminal");
    assert!(coloured(&["explain", "T99", "--color", "always"], ""));
    assert!(!coloured(&["explain", "T99", "--color", "never"], ""));
    assert!(!coloured(&["explain", "T99", "--color", "auto"], "1"));
}

/// `script` gives a command a terminal; where it is not installed there is nothing to try.
#[cfg(target_os = "linux")]
#[test]
fn no_color_is_honoured_on_a_terminal() {
    let on_terminal = |no_color: &str| {
        let line = format!("{} explain T99", env!("CARGO_BIN_EXE_camtoken"));
        std::process::Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .envs(super::ENVIRONMENT.iter().copied())
            .env("TERM", "xterm")
            .env("NO_COLOR", no_color)
            .stdin(Stdio::null())
            .output()
    };
    let (Ok(plain), Ok(coloured)) = (on_terminal("1"), on_terminal("")) else { return };
    assert!(text(&coloured.stdout).contains("\u{1b}[31m"), "{:?}", text(&coloured.stdout));
    assert!(text(&plain.stdout).contains("CT-E024") && !text(&plain.stdout).contains('\u{1b}'));
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_unicode_are_no_panic() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"\xff\x1b[2J");
    let output = camtoken(&["explain"]).arg(odd).output().expect("camtoken starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(!text(&output.stderr).contains('\u{1b}'));
}
