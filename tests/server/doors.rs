//! Who gets in, how much and how slowly; and how the service ends.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Server, command};
use super::hand::{Hand, text};

fn head(server: &Server, headers: &str) -> String {
    let answer = server.raw(&format!("GET /healthz HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"));
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_foreign_name_or_page_is_shown_the_door() {
    let server =
        Server::start(&["--only", "token", "--allow-host", "tests.example", "--allow-origin", "https://a.example"]);
    let address = server.url.strip_prefix("http://").expect("http").to_owned();
    let own = format!("Host: {address}\r\n");
    for fine in [
        own.clone(),
        "Host: localhost:1\r\n".to_owned(),
        "Host: tests.example\r\n".to_owned(),
        format!("{own}Origin: http://{address}\r\n"),
        format!("{own}Origin: https://a.example\r\n"),
    ] {
        assert_eq!(head(&server, &fine), "HTTP/1.1 200 OK", "{fine}");
    }
    for foreign in [
        "Host: evil.example\r\n".to_owned(),
        String::new(),
        format!("{own}Host: evil.example\r\n"),
        format!("{own}Origin: http://evil.example\r\n"),
        format!("{own}Origin: null\r\n"),
        format!("{own}Origin: https://a.example.evil.example\r\n"),
    ] {
        assert!(head(&server, &foreign).starts_with("HTTP/1.1 40"), "{foreign}");
    }
}

#[test]
fn only_who_has_the_key_gets_in() {
    let key = "0123456789abcdef0123456789abcdef";
    let mut server = Server::start_with(&["--only", "token", "--listen", "0.0.0.0:0"], &[("CAMTOKEN_API_KEY", key)]);
    server.url = server.url.replace("0.0.0.0", "127.0.0.1");
    assert_eq!(server.description()["security"], json!([{ "key": [] }]));
    for wrong in
        [None, Some("Bearer"), Some("Bearer "), Some("Bearer 0"), Some("Basic 0123456789abcdef0123456789abcdef")]
    {
        server.headers = wrong.map(|wrong| ("authorization", wrong.to_owned())).into_iter().collect();
        let refused = server.post("/v1/sessions", &json!({}));
        assert_eq!(refused.problem(401), "CT-E103", "{wrong:?}");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        assert_eq!(server.get("/metrics").problem(401), "CT-E103");
        assert_eq!(server.get("/healthz").status, 200);
    }
    server.headers = vec![("authorization", format!("Bearer {key}"))];
    assert_eq!(server.post("/v1/sessions", &json!({})).status, 201);
}

#[test]
fn an_open_address_needs_a_key_and_a_key_has_a_length() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (args, key, code) in [
        (&["--listen", "0.0.0.0:0"][..], "", "CT-E113"),
        (&["--listen", "[::]:0"], "", "CT-E113"),
        (&["--port", "0"], "short", "CT-E114"),
        (&["--port", "0"], "a key with spaces in it", "CT-E114"),
        (&["--listen", "192.0.2.1:1"], "0123456789abcdef", "CT-E112"),
    ] {
        let state = dir.path().join("state");
        let output = command(&state)
            .args(["serve", "--json", "--only", "token"])
            .args(args)
            .env("CAMTOKEN_API_KEY", key)
            .output();
        let output = output.expect("the binary was built");
        let error: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!(error["code"], code, "{args:?}");
        assert_eq!(output.status.code(), Some(if code == "CT-E112" { 1 } else { 2 }));
    }
}

/// Other processes of the user see the environment that a process was started with.
#[cfg(target_os = "linux")]
#[test]
fn secrets_leave_the_environment_of_the_process() {
    let key = "canary-of-an-api-key-in-a-variable";
    let kek = "0123456789abcdef".repeat(4);
    let variables = [("CAMTOKEN_API_KEY", key), ("CAMTOKEN_KEK", kek.as_str()), ("CAMTOKEN_BANK", "Canary Bank")];
    let mut server = Server::start_with(&[], &variables);
    let read = |name: &str| std::fs::read(format!("/proc/{}/{name}", server.pid())).expect("Linux tells");
    let environment = String::from_utf8_lossy(&read("environ")).into_owned();
    assert!(environment.contains("CAMTOKEN_BANK=Canary Bank"), "the rest is there: {environment}");
    assert!(!environment.contains(key) && !environment.contains(&kek), "{environment}");
    let limits = String::from_utf8_lossy(&read("limits")).into_owned();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("Linux tells");
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
    // Both are in use all the same.
    assert_eq!(server.get("/v1/tokens/KKK0000001").problem(401), "CT-E103");
    server.headers = vec![("authorization", format!("Bearer {key}"))];
    assert_eq!(server.get("/v1/tokens/KKK0000001").problem(404), "CT-E081");
    assert!(!server.path("state/verifier/kek").exists(), "the variable has the key");
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_told_of_while_the_service_runs() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start(&[]);
    assert_eq!(server.get("/readyz").status, 200);
    let log = server.log();
    assert!(log.contains("\"settings\":\"-\""), "which settings files are in effect: {log}");
    let kek = server.path("state/verifier/kek");
    std::fs::set_permissions(&kek, std::fs::Permissions::from_mode(0o644)).expect("our own");
    assert_eq!(server.get("/readyz").problem(503), "CT-E051");
    let metrics = String::from_utf8(server.get("/metrics").body).expect("text");
    assert!(metrics.contains("camtoken_self_check_failed{check=\"kek_file\"} 1"), "{metrics}");
    assert!(metrics.contains("camtoken_self_check_failed{check=\"key\"} 0"), "{metrics}");
    std::fs::set_permissions(&kek, std::fs::Permissions::from_mode(0o600)).expect("our own");
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn a_verifier_takes_no_test_token_unless_told() {
    let server = Server::start(&["--emulator"]);
    let hand = Hand::new(&server, &json!({}));
    assert_eq!(server.post("/v1/tokens", &hand.state()).problem(403), "CT-E084");
}

#[test]
fn the_virtual_token_is_served_only_if_the_command_line_asks_for_it() {
    let variables = [("CAMTOKEN_EMULATOR", "1"), ("CAMTOKEN_SERVE_EMULATOR", "1")];
    for (args, serves) in [
        (&[][..], json!(["verifier"])),
        (&["--only", "verifier"], json!(["verifier"])),
        (&["--emulator"], json!(["verifier", "token"])),
        (&["--only", "token"], json!(["token"])),
    ] {
        let server = Server::start_with(args, &variables);
        assert_eq!(server.listening["serves"], serves, "{args:?}");
        let has = |part: &str| serves.as_array().expect("parts").contains(&json!(part));
        let paths: Vec<&String> = server.description()["paths"].as_object().expect("paths").keys().collect();
        for (part, route) in [("token", "/v1/sessions"), ("verifier", "/v1/challenges")] {
            assert_eq!(paths.iter().any(|path| path.starts_with(route)), has(part), "{args:?}: {paths:?}");
            let status = server.ask("GET", route, None).status;
            assert_eq!(status, if has(part) { 405 } else { 404 }, "{args:?} {route}");
        }
        let about = server.description()["info"]["description"].as_str().expect("text");
        assert_eq!((about.contains("verifier"), about.contains("virtual")), (has("verifier"), has("token")), "{about}");
        assert_eq!(server.get("/healthz").ok(200), json!({ "status": "ok" }));
    }
}

#[test]
fn both_and_one_alone_are_not_asked_for_at_once() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for only in ["token", "verifier"] {
        let args = ["serve", "--json", "--port", "0", "--emulator", "--only", only];
        let output = command(&dir.path().join("state")).args(args).output().expect("the binary was built");
        let error: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!((&error["code"], output.status.code()), (&json!("CT-E020"), Some(2)), "{error}");
    }
}

/// What the log warns of.
fn warnings(server: &Server) -> Vec<Value> {
    let lines = server.log();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is a document"));
    lines.filter(|line| line["level"] == "WARN").collect()
}

#[test]
fn a_virtual_token_beside_a_real_verifier_is_told_of_in_the_log() {
    let key = [("CAMTOKEN_API_KEY", "0123456789abcdef0123456789abcdef")];
    let told = warnings(&Server::start_with(&["--emulator", "--log", "warn"], &key));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["message"], "a virtual token is served beside a real verifier");
    assert_eq!(told[0]["verifier"], "API key");
    // For tests, alone, and not at all: there is nothing to tell.
    assert_eq!(warnings(&Server::start(&["--emulator", "--accept-test-keys"])), Vec::<Value>::new());
    for only in ["token", "verifier"] {
        assert_eq!(warnings(&Server::start_with(&["--only", only], &key)), Vec::<Value>::new(), "{only}");
    }
}

#[test]
fn what_is_not_understood_is_refused_with_its_part() {
    let mut server = Server::start(&["--only", "token"]);
    let hand = Hand::new(&server, &json!({}));
    let sessions =
        |kind: &'static str, body: &str| server.call("POST", "/v1/sessions", Some((kind, body.as_bytes().to_vec())));
    assert_eq!(sessions("text/plain", "{}").problem(415), "CT-E106");
    assert_eq!(sessions("application/x-www-form-urlencoded", "{}").problem(415), "CT-E106");
    assert_eq!(sessions("application/json", "{").problem(400), "CT-E100");
    let unknown = sessions("application/json", "{\"sed\":1}");
    assert_eq!(unknown.problem(400), "CT-E100");
    assert!(text(&unknown.json(), "detail").contains("sed"), "a name is told, a value is not");
    assert_eq!(sessions("application/json", "{\"ttl\":\"25h\"}").problem(422), "CT-E115");
    let put = server.call("PUT", "/healthz", None);
    assert_eq!((put.problem(405).as_str(), put.header("allow")), ("CT-E102", "GET,HEAD"));
    assert_eq!(server.get("/v1/sessions/%FF").problem(400), "CT-E100");
    assert_eq!(server.call("POST", &hand.path("/buttons/ok"), None).problem(404), "CT-E134");
    for (path, body, part) in [
        ("/v1/sessions", json!({ "ttl": "an hour" }), "ttl"),
        (format!("/v1/sessions/{}/clock", hand.session).as_str(), json!({ "advance": "3 minutes" }), "advance"),
    ] {
        let wrong = server.post(path, &body);
        assert_eq!((wrong.problem(422).as_str(), text(&wrong.json(), "detail").as_str()), ("CT-E135", part));
        assert!(text(&wrong.json(), "hint").contains("3m1s"), "{}", wrong.text());
    }
    assert_eq!(server.get(&hand.path("/events?wait=x&timeout=soon")).problem(422), "CT-E135");

    server.headers = vec![("accept-language", "fr, ja;q=0.8, en;q=0.2".to_owned())];
    let japanese = server.get("/nowhere");
    assert_eq!((japanese.problem(404).as_str(), japanese.header("content-language")), ("CT-E101", "ja"));
    assert!(japanese.text().contains("このアドレス"));
    assert_eq!(japanese.header("x-content-type-options"), "nosniff");
}

#[test]
fn a_route_of_the_other_half_says_how_to_start_it() {
    let token = Server::start(&["--only", "token"]);
    for path in ["/v1/tokens/KKK0000001", "/v1/challenges/x", "/v1/enrollments/x", "/v1/activations/x/verify"] {
        assert_eq!(token.get(path).problem(404), "CT-E133", "{path}");
    }
    let mut verifier = Server::start(&["--only", "verifier"]);
    for path in ["/v1/sessions", "/v1/sessions/0123/tokens"] {
        let answer = verifier.call("POST", path, None);
        assert_eq!(answer.problem(404), "CT-E132", "{path}");
        assert!(text(&answer.json(), "hint").contains("--emulator"), "{}", answer.text());
    }
    assert_eq!(verifier.get("/v1/sessionsx").problem(404), "CT-E101");
    verifier.headers = vec![("accept-language", "ja".to_owned())];
    assert!(verifier.get("/v1/sessions").text().contains("仮想トークン"));
}

#[test]
fn a_body_too_long_is_refused_before_it_is_read() {
    let server = Server::start(&["--only", "token"]);
    let hand = Hand::new(&server, &json!({}));
    let long = vec![b' '; (64 << 10) + 1];
    assert_eq!(server.call("POST", "/v1/sessions", Some(("application/json", long))).problem(413), "CT-E105");
    // Announced, and never sent.
    let path = hand.path("/scan");
    let answer = server.raw(&format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // Not announced.
    let mut stream = server.connect();
    write!(stream, "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n").expect("it reads");
    let chunk = format!("8000\r\n{}\r\n", " ".repeat(0x8000));
    for _ in 0..3 {
        let _ = stream.write_all(chunk.as_bytes());
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[test]
fn a_slow_sender_and_many_idle_ones_keep_nobody_waiting() {
    let server = Server::start(&["--only", "token"]);
    let hand = Hand::new(&server, &json!({}));
    let idle: Vec<_> = (0..2_000).map(|_| server.connect()).collect();
    let mut slow = server.connect();
    write!(slow, "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{{").expect("it reads");
    let start = Instant::now();
    assert_eq!(server.get("/healthz").status, 200);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());

    // Pictures on their way take all places for pictures, and no other.
    let path = hand.path("/scan");
    let start_of_picture = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nCT1:");
    let patience = Instant::now();
    let mut pictures = Vec::new();
    let full = loop {
        let mut stream = server.connect();
        stream.write_all(start_of_picture.as_bytes()).expect("it reads");
        pictures.push(stream);
        let said = server.call("POST", &path, Some(("text/plain", b"CT1:ABC".to_vec())));
        if said.status == 503 || patience.elapsed() > Duration::from_secs(8) {
            break said;
        }
    };
    assert!(pictures.len() >= 16, "{} took all places", pictures.len());
    assert_eq!((full.problem(503).as_str(), full.header("retry-after")), ("CT-E107", "1"));
    assert_eq!(server.get(&hand.path("/screen")).status, 200);
    // A picture that does not come keeps its place for seconds only.
    let waited = Instant::now();
    while server.call("POST", &path, Some(("text/plain", b"CT1:ABC".to_vec()))).status == 503 {
        assert!(waited.elapsed() < Duration::from_secs(8), "sixteen slow ones keep the others out");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(pictures);

    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("it is told");
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("CT-E108"), "{answer}");
    assert!((Duration::from_secs(8)..Duration::from_secs(20)).contains(&start.elapsed()), "{:?}", start.elapsed());
    drop(idle);
}

#[test]
fn the_end_is_orderly() {
    let mut server = Server::start(&["--emulator", "--accept-test-keys"]);
    let activation = Hand::new(&server, &json!({ "seed": "end" })).register();
    let waiting = Hand::new(&server, &json!({}));
    let mut stream = server.connect();
    write!(stream, "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", waiting.path("/events")).expect("it reads");
    let mut some = [0; 15];
    stream.read_exact(&mut some).expect("it has begun");
    let mut idle = server.connect();
    let (code, took) = server.stop();
    assert_eq!(code, Some(0), "{}", server.log());
    assert!(took < Duration::from_secs(5), "{took:?}");
    let mut rest = Vec::new();
    assert!(stream.read_to_end(&mut rest).is_ok(), "the stream has an end");
    assert!(idle.read_to_end(&mut rest).is_ok(), "and so has a connection that says nothing");
    assert!(server.log().contains("\"ended\""));
    // What was stored is there for the next.
    let output =
        command(&server.path("state")).args(["enroll", "status", &activation, "--accept-test-keys", "--json"]).output();
    let books: Value = serde_json::from_slice(&output.expect("the binary was built").stdout).expect("one document");
    assert_eq!(books["activations"][0]["state"], "active", "{books}");
}

/// While the service runs: a backup is taken, the challenge is answered, and the restored books do not take it again.
#[test]
fn who_has_the_key_may_back_the_books_up() {
    let key = "0123456789abcdef0123456789abcdef";
    let args = ["--emulator", "--accept-test-keys"];
    let mut server = Server::start_with(&args, &[("CAMTOKEN_API_KEY", key)]);
    assert_eq!(server.get("/v1/backup").problem(401), "CT-E103");
    server.headers = vec![("authorization", format!("Bearer {key}"))];
    let hand = Hand::new(&server, &json!({}));
    let activation = hand.register();
    let challenge = text(&hand.issue(&activation, 5_000_000), "id");
    let picture = server.get(&format!("/v1/challenges/{challenge}/code.png"));
    let response = hand.scan("", &picture)["response"].clone();
    let backup = server.get("/v1/backup");
    assert_eq!((backup.status, backup.kind.as_str()), (200, "application/octet-stream"));
    assert_eq!(hand.verify(&challenge, &response)["result"], "accepted");

    let file = server.path("books.backup");
    std::fs::write(&file, &backup.body).expect("a writable directory");
    let restored = server.path("restored");
    let state = server.path("state");
    let run = |args: &[&str]| -> Value {
        let mut command = command(&state);
        let output = command.args(args).arg("--json").arg("--accept-test-keys").arg("--store").arg(&restored).output();
        serde_json::from_slice(&output.expect("the binary was built").stdout).expect("one document")
    };
    let file = file.to_str().expect("a temporary path is Unicode");
    let put_back = run(&["store", "restore", file]);
    assert_eq!(put_back["voided"], 1, "{put_back}");
    let response = response.as_str().expect("digits");
    assert_eq!(run(&["verify", &challenge, response])["result"], "superseded");
    assert_eq!(run(&["store", "check"])["findings"], json!([]));
}

#[test]
fn a_service_without_a_key_gives_no_backup() {
    let server = Server::start(&["--only", "verifier"]);
    assert_eq!(server.ask("GET", "/v1/backup", None).problem(404), "CT-E101");
}
