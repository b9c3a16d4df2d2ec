//! Named keys and their scopes, known clients, proxies, and a socket in the file system.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Server, command};
use super::hand::{Hand, text};

/// Runs the binary to its end: the exit code and its one document.
fn run(dir: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let output = command(&dir.join("state")).args(args).arg("--json").output().expect("the binary was built");
    let document = serde_json::from_slice(&output.stdout);
    (output.status.code(), document.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))))
}

/// Makes a key and adds it to the file.
pub fn new_key(dir: &Path, name: &str, scopes: &str) -> String {
    let file = dir.join("keys.toml");
    let file = file.to_str().expect("a temporary path is Unicode");
    let (code, made) = run(dir, &["serve-key", "new", name, "--scopes", scopes, "--file", file]);
    assert_eq!(code, Some(0), "{made}");
    let key = text(&made, "key");
    assert!(key.starts_with("ctk_") && key.len() == 68, "{key}");
    assert!(!fs::read_to_string(file).expect("just written").contains(&key), "its hash alone");
    key
}

fn hangup(server: &Server) {
    let told = std::process::Command::new("kill").args(["-HUP", &server.pid().to_string()]).status();
    assert!(told.expect("kill is there").success());
}

/// Waits until the log has a text.
fn logged(server: &Server, text: &str) {
    logged_together(server, &[text]);
}

/// Waits for a line that has all of these.
fn logged_together(server: &Server, texts: &[&str]) {
    let start = Instant::now();
    while !server.log().lines().any(|line| texts.iter().all(|text| line.contains(text))) {
        assert!(start.elapsed() < Duration::from_secs(20), "{texts:?}: {}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn bearer(key: &str) -> Vec<(&'static str, String)> {
    vec![("authorization", format!("Bearer {key}"))]
}

#[test]
fn every_route_is_for_the_scopes_that_its_description_names() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let keys: Vec<(&str, String)> = ["issue", "verify", "enroll", "operate", "backup", "metrics"]
        .into_iter()
        .map(|scope| (scope, new_key(dir.path(), scope, scope)))
        .collect();
    let file = dir.path().join("keys.toml");
    let mut server =
        Server::start(&["--emulator", "--accept-test-keys", "--api-keys", file.to_str().expect("Unicode")]);
    let paths = server.description()["paths"].as_object().expect("paths").clone();
    let mut scoped = 0;
    for (path, operations) in &paths {
        for (method, operation) in operations.as_object().expect("operations") {
            let called = path.replace("{challenge}", "0123456789ab-0123456789abcdef01234567");
            let called = called.replace("{activation}", "0123456789ab").replace("{enrollment}", "0123456789ab");
            let called = called.replace("{token}", "KKK0000001");
            let body = (method == "post").then(|| ("application/json", b"{}".to_vec()));
            let needed = operation["security"].as_array();
            if needed.is_none() || needed.is_some_and(Vec::is_empty) {
                continue;
            }
            let needed: Vec<&str> = needed.into_iter().flatten().filter_map(|one| one["key"][0].as_str()).collect();
            scoped += 1;
            server.headers = Vec::new();
            let none = server.ask(&method.to_uppercase(), &called, body.clone());
            assert!([401, 429].contains(&none.status), "{method} {path}: {none:?}");
            for (scope, key) in &keys {
                server.headers = bearer(key);
                let mut said = server.ask(&method.to_uppercase(), &called, body.clone());
                // The failures above have used this address up for a second.
                while said.status == 429 {
                    std::thread::sleep(Duration::from_millis(200));
                    said = server.ask(&method.to_uppercase(), &called, body.clone());
                }
                let is_refused = said.status == 403 && said.json()["code"] == "CT-E118";
                assert_eq!(is_refused, !needed.contains(scope), "{method} {path} with {scope}: {said:?}");
            }
        }
    }
    assert!(scoped > 20, "{scoped} operations have scopes");
    server.headers = Vec::new();
    assert_eq!(server.get("/healthz").status, 200, "open");
    server.headers = bearer(&keys[5].1);
    assert_eq!(server.post("/v1/sessions", &json!({})).status, 201, "for any caller");
}

#[test]
fn a_caller_s_name_stands_in_the_log_and_in_the_audit() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let bank = new_key(dir.path(), "back-end", "issue,verify,enroll");
    let desk = new_key(dir.path(), "desk@bank.example", "operate");
    let file = dir.path().join("keys.toml");
    let single = "0123456789abcdef0123456789abcdef";
    let args = ["--emulator", "--accept-test-keys", "--api-keys", file.to_str().expect("Unicode")];
    let mut server = Server::start_with(&args, &[("CAMTOKEN_API_KEY", single)]);
    server.headers = bearer(&bank);
    let activation = Hand::new(&server, &json!({})).register();
    server.headers = bearer(&desk);
    let path = format!("/v1/activations/{activation}");
    assert_eq!(server.post(&format!("{path}/suspend"), &json!({})).status, 200);
    server.headers = bearer(single);
    assert_eq!(server.post(&format!("{path}/resume"), &json!({})).status, 200, "the single key goes on working");
    let history = server.get(&format!("{path}/audit")).ok(200);
    assert_eq!(history["whole"], true);
    let actors: Vec<_> = history["entries"].as_array().expect("entries").iter().map(|entry| &entry["actor"]).collect();
    assert_eq!(actors[actors.len() - 2..], ["desk@bank.example", "default"], "{history}");
    assert!(actors[..actors.len() - 2].iter().all(|actor| *actor == "back-end"), "{history}");
    let log = server.log();
    let changes: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |end: &str| changes.iter().find(|line| line["path"].as_str().is_some_and(|path| path.ends_with(end)));
    assert_eq!(of("/suspend").expect("a line")["caller"], "desk@bank.example");
    assert_eq!(of("/resume").expect("a line")["caller"], "default");
    for secret in [&bank, &desk, single] {
        assert!(!log.contains(secret));
    }
    // The command line tells the same.
    server.stop();
    let (_, told) = run(dir.path(), &["explain", "CT-E118"]);
    assert_eq!(told["code"], "CT-E118");
    let output =
        command(&server.path("state")).args(["enroll", "audit", &activation, "--accept-test-keys", "--json"]).output();
    let history: Value = serde_json::from_slice(&output.expect("the binary was built").stdout).expect("one document");
    assert_eq!((&history["whole"], &history["entries"][0]["actor"]), (&json!(true), &json!("back-end")), "{history}");
}

#[cfg(unix)]
#[test]
fn keys_are_exchanged_while_the_service_runs() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let old = new_key(dir.path(), "bank", "enroll");
    let file = dir.path().join("keys.toml");
    let mut server = Server::start(&["--api-keys", file.to_str().expect("Unicode")]);
    let mut status = |key: &str| {
        server.headers = bearer(key);
        server.get("/v1/tokens/KKK0000001").status
    };
    let new = new_key(dir.path(), "bank", "enroll");
    assert_eq!([status(&old), status(&new)], [404, 401], "not yet");
    hangup(&server);
    logged(&server, "API keys were read again");
    let mut status = |key: &str| {
        server.headers = bearer(key);
        server.get("/v1/tokens/KKK0000001").status
    };
    assert_eq!([status(&old), status(&new)], [404, 404], "both, for as long as the caller needs");
    let text = fs::read_to_string(&file).expect("it is there");
    let second = text.rfind("[[key]]").expect("two keys");
    fs::write(&file, &text[second..]).expect("our own");
    hangup(&server);
    // A wrong key is counted in the log, too.
    logged_together(&server, &["API keys were read again", "\"count\":1"]);
    let mut status = |key: &str| {
        server.headers = bearer(key);
        server.get("/v1/tokens/KKK0000001").status
    };
    assert_eq!([status(&old), status(&new)], [401, 404]);
    // A mistake in the file takes no key away.
    fs::write(&file, "[[key]]\nname = 1\n").expect("our own");
    hangup(&server);
    logged(&server, "API keys stay as they are");
    server.headers = bearer(&new);
    assert_eq!(server.get("/v1/tokens/KKK0000001").status, 404);
}

#[test]
fn a_key_that_is_over_or_wrong_is_counted_logged_and_slowed_down() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let key = new_key(dir.path(), "bank", "enroll,metrics");
    let file = dir.path().join("keys.toml");
    let over = ["serve-key", "new", "old", "--scopes", "enroll", "--expires", "2020-01-01T00:00:00Z", "--file"];
    let (_, over) = run(dir.path(), &[&over[..], &[file.to_str().expect("Unicode")]].concat());
    let mut server = Server::start(&["--api-keys", file.to_str().expect("Unicode")]);
    server.headers = bearer(&text(&over, "key"));
    assert_eq!(server.get("/v1/tokens/KKK0000001").problem(401), "CT-E103", "it is over");
    server.headers = bearer("0123456789abcdef0123456789abcdef");
    let mut counts = [0, 0];
    for _ in 0..200 {
        let said = server.get("/v1/tokens/KKK0000001");
        match said.status {
            401 => counts[0] += 1,
            _ => {
                assert_eq!((said.problem(429).as_str(), said.header("retry-after")), ("CT-E119", "1"));
                counts[1] += 1;
            }
        }
    }
    assert!((15..60).contains(&counts[0]) && counts[1] > 100, "{counts:?}");
    assert_eq!(server.get("/healthz").status, 200);
    server.headers = bearer(&key);
    std::thread::sleep(Duration::from_millis(1_100));
    let metrics = server.get("/metrics").text();
    let line = metrics.lines().find_map(|line| line.strip_prefix("camtoken_failed_authentications_total "));
    assert!(line.and_then(|count| count.parse::<u64>().ok()).is_some_and(|count| count > 200), "{metrics}");
    let log = server.log();
    let told: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["message"] == "authentication failed")
        .collect();
    assert!(!told.is_empty() && told.len() < 30, "{log}");
    assert_eq!((&told[0]["level"], &told[0]["peer"]), (&json!("WARN"), &json!("127.0.0.1")), "{log}");
}

#[test]
fn files_and_names_that_are_wrong_are_refused_at_the_start() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("Unicode").to_owned();
    new_key(dir.path(), "bank", "issue");
    let good = fs::read_to_string(path("keys.toml")).expect("just written");
    fs::write(path("scopes.toml"), good.replace("issue", "everything")).expect("a writable directory");
    for (args, exit, code) in [
        (vec!["--api-keys".to_owned(), path("none.toml")], 2, "CT-E120"),
        (vec!["--api-keys".to_owned(), path("scopes.toml")], 2, "CT-E120"),
        (vec!["--allow-origin".to_owned(), "*".to_owned()], 2, "CT-E130"),
        (vec!["--allow-origin".to_owned(), "null".to_owned()], 2, "CT-E130"),
        (vec!["--allow-origin".to_owned(), "https://a.example/path".to_owned()], 2, "CT-E130"),
        (vec!["--allow-host".to_owned(), "*".to_owned()], 2, "CT-E130"),
        (vec!["--allow-host".to_owned(), "a.example:443".to_owned()], 2, "CT-E130"),
    ] {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (status, error) = run(dir.path(), &[&["serve", "--port", "0", "--only", "token"], &args[..]].concat());
        assert_eq!((status, &error["code"]), (Some(exit), &json!(code)), "{args:?}");
    }
    let (status, error) = run(dir.path(), &["serve-key", "new", "a b", "--scopes", "issue"]);
    assert_eq!((status, &error["code"]), (Some(2), &json!("CT-E120")));
    let (status, _) = run(dir.path(), &["serve-key", "new", "bank", "--scopes", "issue,all"]);
    assert_eq!(status, Some(2));
    let (status, made) = run(dir.path(), &["serve-key", "new", "bank", "--scopes", "issue,verify"]);
    let lines = text(&made, "lines");
    assert!(status == Some(0) && lines.contains("[[key]]") && !lines.contains(&text(&made, "key")), "{made}");
}

/// A reverse proxy on this machine, and a request that a program here was talked into: both reach the loopback address.
#[test]
fn without_a_key_nothing_that_came_through_a_proxy_is_heard() {
    let mut server = Server::start(&[]);
    for header in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via", "x-real-ip"] {
        server.headers = vec![(header, "192.0.2.1".to_owned())];
        let refused = server.get("/v1/tokens/KKK0000001");
        assert_eq!(refused.problem(403), "CT-E131", "{header}");
        assert_eq!(refused.json()["detail"], header);
        assert_eq!(server.get("/readyz").problem(403), "CT-E131");
    }
    server.headers = Vec::new();
    assert_eq!(server.get("/v1/tokens/KKK0000001").status, 404);
    let key = "0123456789abcdef0123456789abcdef";
    let mut server = Server::start_with(&[], &[("CAMTOKEN_API_KEY", key)]);
    server.headers = bearer(key);
    server.headers.push(("x-forwarded-for", "192.0.2.1".to_owned()));
    assert_eq!(server.get("/v1/tokens/KKK0000001").status, 404, "with a key it may be behind a proxy");
}

#[cfg(unix)]
#[test]
fn a_socket_is_for_its_user_alone() {
    use std::io::{BufRead, BufReader};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("socket");
    // What another service has left behind is replaced.
    drop(UnixListener::bind(&path).expect("a writable directory"));
    let socket = path.to_str().expect("Unicode");
    let start = || {
        let mut command = command(&dir.path().join("state"));
        command.args(["serve", "--json", "--log", "warn", "--only", "token", "--socket", socket]);
        command
    };
    let log = fs::File::create(dir.path().join("log")).expect("a writable directory");
    let mut child = start().stdout(Stdio::piped()).stderr(log).spawn().expect("the binary was built");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("it is piped")).read_line(&mut line).expect("one line");
    let listening: Value = serde_json::from_str(&line).expect("one document");
    assert_eq!(listening["url"], format!("unix:{socket}"));
    assert_eq!(fs::metadata(&path).expect("it listens").permissions().mode() & 0o777, 0o600);
    let ask = || {
        let mut stream = UnixStream::connect(&path).expect("it listens");
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    };
    assert!(ask().starts_with("HTTP/1.1 200 "));
    let second = start().output().expect("the binary was built");
    let error: Value = serde_json::from_slice(&second.stdout).expect("one document");
    assert_eq!(error["code"], "CT-E112", "another service has it");
    assert!(ask().starts_with("HTTP/1.1 200 "), "and keeps it");

    // Only root can become another user.
    if rustix::process::geteuid().is_root() {
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("our own");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("our own");
        let curl = |user: u32| {
            let mut curl = Command::new("curl");
            curl.args(["-s", "-o", "/dev/null", "--unix-socket", socket, "http://localhost/healthz"]).uid(user);
            curl.status().expect("curl is there").success()
        };
        assert!(curl(0));
        assert!(!curl(65_534), "the mode lets it in, and its user does not");
        assert!(fs::read_to_string(dir.path().join("log")).expect("it is there").contains("another user"));
    }
    let killed = Command::new("kill").arg(child.id().to_string()).status().expect("kill is there");
    assert!(killed.success() && child.wait().expect("it ends").success());
    assert!(!path.exists(), "it is gone with the service");
}
