//! Where settings come from, and what of this machine the verbs look at.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::camtoken;
use super::verifier::{Said, Story, said};

/// A verb that makes a store where there is none.
const MAKES_A_STORE: &[&str] = &["enroll", "time-based", "--contract", "1234567890", "--user", "TANAKA"];

/// Standard output and standard error, and the exit code.
fn answer(args: &[&str], variables: &[(&str, &str)]) -> (String, i32) {
    let output = camtoken(args).envs(variables.iter().copied()).output().expect("camtoken starts");
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).expect("camtoken prints UTF-8"), output.status.code().expect("no signal"))
}

#[test]
fn a_flag_is_stronger_than_a_variable_and_that_than_a_file() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let user = dir.path().join("camtoken");
    let below = dir.path().join("project/below");
    for dir in [&user, &below] {
        fs::create_dir_all(dir).expect("a writable directory");
    }
    fs::write(user.join("config.toml"), "max_attempts = 2\nresponse_digits = 6\ncolor = \"never\"\n")
        .expect("writable");
    fs::write(dir.path().join("project/camtoken.toml"), "max_attempts = 3\nresponse_digits = 7\n").expect("writable");
    let lines = |flags: &[&str], variables: &[(&str, &str)]| {
        let output = camtoken(&[&["config", "--quiet"], flags].concat())
            .current_dir(&below)
            .env("XDG_CONFIG_HOME", dir.path())
            .envs(variables.iter().copied())
            .output()
            .expect("camtoken starts");
        String::from_utf8(output.stdout).expect("camtoken prints UTF-8")
    };
    let files = lines(&[], &[]);
    assert!(
        ["max_attempts=3\n", "response_digits=7\n", "color=never\n"].iter().all(|line| files.contains(line)),
        "{files}"
    );
    let variables = lines(&[], &[("CAMTOKEN_MAX_ATTEMPTS", "4"), ("CAMTOKEN_COLOR", "always")]);
    assert!(["max_attempts=4\n", "response_digits=7\n", "color=always\n"].iter().all(|line| variables.contains(line)));
    let flag = lines(&["--color", "auto"], &[("CAMTOKEN_COLOR", "always")]);
    assert!(flag.contains("color=auto\n"), "{flag}");
    let only = user.join("config.toml");
    let named = lines(&["--config", only.to_str().expect("a temporary path is Unicode")], &[]);
    assert!(named.contains("max_attempts=2\n"), "{named}");
}

#[test]
fn a_variable_that_its_setting_does_not_take_is_a_usage_error() {
    for (name, value) in [
        ("CAMTOKEN_MAX_ATTEMPTS", "100"),
        ("CAMTOKEN_RESPONSE_DIGITS", "five"),
        ("CAMTOKEN_CHALLENGE_LIFETIME", "1h"),
        ("CAMTOKEN_LANG", "fr"),
        ("CAMTOKEN_NOW", "yesterday"),
    ] {
        let (text, code) = answer(&["config"], &[(name, value)]);
        assert_eq!(code, 2, "{name}: {text}");
        assert!(text.starts_with("error[CT-E022]") && text.contains(name), "{text}");
    }
    let (text, code) = answer(&["explain", "CT-E022"], &[("CAMTOKEN_MAX_ATTEMPTS", "100")]);
    assert_eq!(code, 0, "the way out is open: {text}");
}

#[test]
fn the_language_is_that_of_the_flag_or_variable_or_locale() {
    let japanese = "終了コード";
    for (args, variables, expected) in [
        (&["--help"][..], &[("LC_ALL", "ja_JP.UTF-8")][..], true),
        (&["--help"], &[("CAMTOKEN_LANG", "ja")], true),
        (&["--help", "--lang", "ja"], &[], true),
        (&["--help", "--lang=en"], &[("LC_ALL", "ja_JP.UTF-8")], false),
        (&["--help"], &[("LC_ALL", "de_DE.UTF-8")], false),
        (&["explain", "T02"], &[("CAMTOKEN_LANG", "ja"), ("LC_ALL", "C")], true),
    ] {
        let (text, _) = answer(args, variables);
        assert_eq!(text.contains(japanese), expected, "{args:?} {variables:?}: {text}");
    }
}

#[test]
fn manual_pages_are_written_in_the_chosen_language() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (lang, heading) in [("en", ".SH \"NAME\""), ("ja", ".SH \"名前\"")] {
        let pages = dir.path().join(lang);
        let (text, code) = answer(&["man", pages.to_str().expect("a temporary path is Unicode"), "--lang", lang], &[]);
        assert_eq!(code, 0, "{text}");
        assert_eq!(text.lines().count(), fs::read_dir(&pages).expect("just made").count());
        for page in text.lines() {
            let page = fs::read_to_string(page).expect("just written");
            assert!(page.contains(heading), "{page}");
        }
    }
}

#[cfg(unix)]
#[test]
fn doctor_finds_what_others_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our own");
    let state = dir.path().join("state");
    let kek = dir.path().join("kek");
    fs::create_dir(&state).expect("a writable directory");
    fs::write(&kek, "00").expect("a writable directory");
    let found = || {
        let state = state.to_str().expect("a temporary path is Unicode");
        let kek = kek.to_str().expect("a temporary path is Unicode");
        answer(&["doctor", "--quiet", "--state-dir", state], &[("CAMTOKEN_KEK_FILE", kek)])
    };
    set(&state, 0o700);
    set(&kek, 0o600);
    assert_eq!(found(), (String::new(), 0));
    set(&state, 0o750);
    assert_eq!(found(), ("state\n".to_owned(), 7));
    set(&kek, 0o604);
    assert_eq!(found(), ("state\nkek_file\n".to_owned(), 7));
    assert_eq!(fs::read_dir(&state).expect("a directory").count(), 0, "the probe is gone");

    // Without a setting it is the one that the verifier draws for itself.
    let own = state.join("verifier/kek");
    fs::create_dir(state.join("verifier")).expect("a writable directory");
    fs::write(&own, "00").expect("a writable directory");
    let found = || answer(&["doctor", "--quiet", "--state-dir", state.to_str().expect("Unicode")], &[]);
    set(&state, 0o700);
    set(&own, 0o604);
    assert_eq!(found(), ("kek_file\n".to_owned(), 7));
    set(&own, 0o600);
    assert_eq!(found(), (String::new(), 0));
}

#[test]
fn doctor_sees_a_clock_that_was_set_back() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let state = dir.path().join("state");
    let file = state.join("record");
    let (text, code) =
        answer(&["doctor", "--quiet"], &[("CAMTOKEN_NOW", ""), ("CAMTOKEN_STATE_DIR", "/nonexistent/x")]);
    assert_eq!((text.as_str(), code), ("", 0));
    fs::create_dir(&state).expect("a writable directory");
    let tomorrow = std::time::SystemTime::now() + std::time::Duration::from_secs(86_400);
    let written = fs::File::create(&file).expect("a writable directory");
    written.set_modified(tomorrow).expect("our own file");
    let state = state.to_str().expect("a temporary path is Unicode");
    let (text, code) = answer(&["doctor", "--quiet"], &[("CAMTOKEN_NOW", ""), ("CAMTOKEN_STATE_DIR", state)]);
    assert!(text.starts_with("clock\n"), "{text}");
    assert_eq!(code, 7);
}

/// A folder above the working directory may be another user's: `/tmp` is.
#[test]
fn a_settings_file_that_is_found_decides_nothing_of_a_verifier() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let below = dir.path().join("project/below");
    fs::create_dir_all(&below).expect("a writable directory");
    let file = dir.path().join("project/camtoken.toml");
    let state = dir.path().join("state");
    let run = |args: &[&str]| {
        let output =
            camtoken(args).current_dir(&below).env("CAMTOKEN_STATE_DIR", &state).env("CAMTOKEN_NOW", "").output();
        let output = output.expect("camtoken starts");
        let text = String::from_utf8([output.stdout, output.stderr].concat()).expect("camtoken prints UTF-8");
        (text, output.status.code().expect("no signal"))
    };
    for setting in [
        "state_dir = \"state\"",
        "store = \"store\"",
        "kek_file = \"kek\"",
        "accept_test_keys = true",
        "response_digits = 6",
        "max_failures = 10",
        "max_attempts = 10",
        "challenge_lifetime = \"10m\"",
        "store_durability = \"vouched\"",
    ] {
        fs::write(&file, format!("{setting}\nlang = \"en\"\n")).expect("writable");
        let name = setting.split(' ').next().expect("a name");
        // The variable is stronger than the file, so that of the file is not in effect.
        let code = if name == "state_dir" { 0 } else { 2 };
        let verbs: [&[&str]; 3] = [&["enroll", "status"], &["store", "check"], &["serve", "--port", "0"]];
        for verb in verbs.into_iter().filter(|verb| code == 2 || verb[0] != "serve") {
            let (text, exit) = run(verb);
            if code == 2 {
                assert_eq!(exit, 2, "{setting} {verb:?}: {text}");
                assert!(
                    text.contains("error[CT-E052]") && text.contains(name) && text.contains("project/camtoken.toml"),
                    "{text}"
                );
            } else {
                assert!(!text.contains("CT-E052"), "{text}");
            }
        }
        let named = run(&["enroll", "status", "--config", file.to_str().expect("a temporary path is Unicode")]);
        assert!(!named.0.contains("CT-E052"), "{}", named.0);
    }
    fs::write(&file, "store = \"elsewhere\"\n").expect("writable");
    let flag = run(&[MAKES_A_STORE, &["--store", below.join("store").to_str().expect("Unicode")]].concat());
    assert_eq!(flag.1, 0, "the flag says where it is: {}", flag.0);
    assert_eq!(run(&["config", "store", "--quiet"]).1, 0, "other verbs go on");
    let doctor = run(&["doctor"]);
    assert!(doctor.1 == 7 && doctor.0.contains("CT-E052"), "{}", doctor.0);
    fs::write(&file, "bank = \"Bank\"\n").expect("writable");
    assert_eq!(run(MAKES_A_STORE).1, 0, "what does no harm is obeyed");
    assert!(run(&["doctor"]).0.contains("project/camtoken.toml"), "and told of");
}

#[cfg(unix)]
#[test]
fn a_settings_file_that_others_could_have_written_is_not_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our own");
    let (project, state) = (dir.path().join("project"), dir.path().join("state"));
    let file = project.join("camtoken.toml");
    fs::create_dir(&project).expect("a writable directory");
    fs::write(&file, "color = \"never\"\n").expect("a writable directory");
    let run = |args: &[&str]| {
        let output =
            camtoken(args).current_dir(&project).env("CAMTOKEN_STATE_DIR", &state).env("CAMTOKEN_NOW", "").output();
        output.expect("camtoken starts")
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("camtoken prints UTF-8");
    for (dir_mode, file_mode, is_read) in
        [(0o755, 0o644, true), (0o755, 0o666, false), (0o1777, 0o644, false), (0o775, 0o644, false)]
    {
        set(&project, dir_mode);
        set(&file, file_mode);
        let said = run(&["config", "color", "--quiet"]);
        assert_eq!(text(said.stdout), if is_read { "never\n" } else { "auto\n" }, "{dir_mode:o} {file_mode:o}");
        let warning = text(said.stderr);
        assert_eq!(warning.contains("project"), !is_read, "{warning}");
        let enroll = run(MAKES_A_STORE);
        assert_eq!(enroll.status.code(), Some(if is_read { 0 } else { 2 }), "{enroll:?}");
        let doctor = run(&["doctor", "--quiet"]);
        assert_eq!(text(doctor.stdout).contains("config\n"), !is_read);
    }
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our own");
    let write = |name: &str, content: &str| {
        let path = dir.path().join(name);
        fs::write(&path, content).expect("a writable directory");
        path.to_str().expect("a temporary path is Unicode").to_owned()
    };
    let kek = write("kek", &"0123456789abcdef".repeat(4));
    let key = write("key", "0123456789abcdef0123456789abcdef");
    let state = dir.path().join("state");
    let variables = [
        ("CAMTOKEN_STATE_DIR", state.to_str().expect("Unicode")),
        ("CAMTOKEN_KEK_FILE", kek.as_str()),
        ("CAMTOKEN_NOW", ""),
    ];
    for mode in [0o644, 0o660, 0o604] {
        set(Path::new(&kek), mode);
        let (text, code) = answer(MAKES_A_STORE, &variables);
        assert!(code == 1 && text.starts_with("error[CT-E051]") && text.contains(&format!("{mode:04o}")), "{text}");
        assert!(!state.join("verifier/store").exists(), "nothing was made");
        set(Path::new(&kek), 0o600);
        set(Path::new(&key), mode);
        // Without the feature there is no service.
        let (text, code) =
            answer(&["serve", "--port", "0", "--api-key-file", &key, "--listen", "192.0.2.1:1"], &variables);
        assert!(code == 1 && text.starts_with("error[CT-E051]") && text.contains(&key), "{text}");
    }
    assert_eq!(answer(MAKES_A_STORE, &variables).1, 0);
    assert_eq!(fs::metadata(state.join("verifier/store/format")).map(|_| ()).ok(), Some(()));

    // As systemd hands a credential over.
    let credentials = dir.path().join("credentials");
    fs::create_dir(&credentials).expect("a writable directory");
    fs::copy(&kek, credentials.join("camtoken-kek")).expect("a writable directory");
    let credentials = credentials.to_str().expect("Unicode");
    let from_systemd =
        [variables[0], ("CAMTOKEN_NOW", ""), ("CAMTOKEN_KEK_FILE", ""), ("CREDENTIALS_DIRECTORY", credentials)];
    assert_eq!(answer(&["enroll", "status"], &from_systemd).1, 0, "the same key, or it would not fit");
    assert!(!state.join("verifier/kek").exists());
}

/// Doctor opens the store, so a key that is not the store's is no news of the next start.
#[test]
fn doctor_says_that_the_key_is_not_the_stores() {
    let story = Story::registered();
    let with = |key: &str| {
        let mut command = story.command(&["doctor", "--json"]);
        said(&command.env("CAMTOKEN_KEK", key).output().expect("camtoken starts"))
    };
    let key = fs::read_to_string(story.path("state/verifier/kek")).expect("it was made");
    let store = |said: &Said| {
        let checks = said.document["checks"].as_array().expect("a list").clone();
        checks.into_iter().find(|check| check["name"] == "store").expect("it was looked at")
    };
    assert_eq!(store(&with(key.trim()))["result"], "ok");
    let wrong = with(&"ab01".repeat(16));
    assert_eq!((wrong.exit, store(&wrong)["result"].clone()), (7, json!("problem")), "{wrong:?}");
    assert!(store(&wrong)["value"].as_str().expect("a text").contains("key"), "{wrong:?}");
    let open = camtoken::store::EmbeddedStore::open(story.path("state/verifier/store"), Duration::from_secs(5));
    let busy = with(key.trim());
    assert!(open.is_ok() && store(&busy)["result"] == "ok", "a service checks it itself: {busy:?}");
}

/// Files that root writes into the store of a service could not be opened by the service.
#[cfg(unix)]
#[test]
fn a_store_of_another_user_is_not_opened() {
    let story = Story::registered();
    let store = story.path("state/verifier/store");
    if std::os::unix::fs::chown(&store, Some(12_345), None).is_err() {
        eprintln!("skipped: only root gives a directory to another user");
        return;
    }
    for args in [
        &["enroll", "status"][..],
        &["store", "check"],
        &["store", "rewrap"],
        &["verify", "0123456789ab-0123456789abcdef01234567", "12345678"],
    ] {
        let said = story.run(args);
        assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E138")), "{said:?}");
    }
    std::os::unix::fs::chown(&store, Some(0), None).expect("as it was");
    assert_eq!(story.run(&["store", "check"]).exit, 0);
}
