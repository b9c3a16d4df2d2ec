//! A token's file when the process that writes it is killed.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use camtoken::Key;
use camtoken::language::Language;
use camtoken::token::{Device, Token, file};

/// Where a child of this test binary writes; unset in the test itself.
const CHILD_FILE: &str = "CAMTOKEN_TEST_TOKEN_FILE";

const NAME: &str = "a_killed_writer_leaves_a_whole_file";

fn device(language: Language) -> Device {
    let mut token = Token::new("FEX0123456".parse().expect("a token ID"), Key::new(vec![1; 32]), true);
    token.language = language;
    Device::new(token)
}

#[test]
fn a_killed_writer_leaves_a_whole_file() {
    if let Some(path) = env::var_os(CHILD_FILE).map(PathBuf::from) {
        let texts =
            [Language::Ja, Language::En].map(|language| file::to_string(&device(language)).expect("a test token"));
        for text in texts.iter().cycle() {
            file::save(&path, text).expect("a free disk");
        }
    }
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("test.camtoken.json");
    file::save(&path, &file::to_string(&device(Language::Ja)).expect("a test token")).expect("a free disk");
    let mut languages = [0, 0];
    for round in 0..20 {
        let mut child = Command::new(env::current_exe().expect("this test"))
            .args([NAME, "--exact", "--nocapture"])
            .env(CHILD_FILE, &path)
            .spawn()
            .expect("this test starts");
        thread::sleep(Duration::from_millis(40 + 3 * round));
        child.kill().expect("it runs until it is killed");
        child.wait().expect("it ends");
        let text = file::load(&path).expect("there is always a file");
        let device = file::from_str(&text, None).expect("the file is always whole");
        languages[usize::from(device.token().language == Language::En)] += 1;
    }
    assert!(languages.iter().all(|count| *count > 0), "the children did write: {languages:?}");
}
