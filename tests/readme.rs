//! The console blocks of README.md and docs/QUALITY.md, run as a reader would: one after the other, in one shell, in an
//! empty folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;

const README: &str = include_str!("../README.md");
const QUALITY: &str = include_str!("../docs/QUALITY.md");

/// A command of a console block, and what the page says that it prints.
struct Step {
    command: String,
    expected: String,
}

#[test]
fn console_blocks_print_what_the_page_says() {
    assert_prints(README, &[]);
}

#[test]
fn console_blocks_about_quality_print_what_the_page_says() {
    assert_prints(QUALITY, &["docs/images/code.png"]);
}

/// Runs a page in an empty folder, into which the files that it begins with are put.
fn assert_prints(page: &str, files: &[&str]) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for file in files {
        let name = Path::new(file).file_name().expect("a file");
        fs::copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(file), dir.path().join(name))
            .expect("it is there");
    }
    let steps = steps(page);
    assert!(steps.len() > 5, "the page tells a story");
    let printed = run(&steps, dir.path());
    for (step, printed) in steps.iter().zip(printed) {
        assert_eq!(without_chance(&printed), without_chance(&step.expected), "$ {}\n{printed}", step.command);
    }
}

/// `$ ` begins a command, `> ` goes on with it; the other lines of a console block are what it prints.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("\n```console\n").skip(1) {
        for line in block.lines().take_while(|line| *line != "```") {
            match (line.strip_prefix("$ "), line.strip_prefix("> "), steps.last_mut()) {
                (Some(command), ..) => steps.push(Step { command: command.to_owned(), expected: String::new() }),
                (_, Some(more), Some(step)) => step.command += &format!("\n{more}"),
                (_, _, Some(step)) => step.expected += &format!("{line}\n"),
                _ => panic!("a block begins with a command: {line}"),
            }
        }
    }
    steps
}

/// What each step printed, standard error included, as on a terminal.
fn run(steps: &[Step], dir: &Path) -> Vec<String> {
    const MARK: &str = "-- end of step --";
    // The mark leaves `$?` as the step has left it.
    let mark = format!("exit_code=$?; echo '{MARK}'; (exit $exit_code)");
    let script: String = steps.iter().map(|step| format!("{}\n{mark}\n", step.command)).collect();
    let file = dir.join("story.sh");
    fs::write(&file, script).expect("a writable directory");
    let bin = Path::new(env!("CARGO_BIN_EXE_camtoken")).parent().expect("a folder").display();
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", "exec 2>&1; . ./story.sh"])
        .current_dir(dir)
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", dir.to_str().expect("Unicode")), ("LANG", "C.UTF-8")])
        .output()
        .expect("sh starts");
    let printed = String::from_utf8(output.stdout).expect("text");
    let parts: Vec<_> = printed.split(&format!("{MARK}\n")).map(str::to_owned).collect();
    assert_eq!(parts.len(), steps.len() + 1, "{printed}");
    parts
}

/// Codes, names and digits that are random in each run, and moments, become `#`.
fn without_chance(text: &str) -> String {
    let chance = [
        r"CT1:[0-9A-Z $%*+./:-]+",
        r"\b[0-9a-f]{24}\b|\b[0-9a-f]{12}\b",
        r"\b\d{4} \d{4}\b|\b\d{8}\b",
        r"\d{4}-\d\d-\d\dT[0-9:]+Z",
    ];
    chance.iter().fold(text.to_owned(), |text, pattern| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, "#").into_owned()
    })
}
