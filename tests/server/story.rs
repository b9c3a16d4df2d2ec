//! The whole story, over HTTP alone.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::client::{Said, Server};
use super::hand::{Hand, text};
use super::provisioning::{settles_a_generator, takes_keys_from_a_file};

#[test]
fn every_route_answers_as_described() {
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let hand =
        Hand::new(&server, &json!({ "lang": "ja", "clock": "2026-11-21T03:04:05Z", "seed": "a", "ttl": "PT1H" }));
    let session = format!("/v1/sessions/{}", hand.session);
    assert_eq!(
        server.get(&session).ok(200)["clock"],
        json!({ "now": "2026-11-21T03:04:05Z", "running": false, "verifier": true })
    );
    let activation = hand.register();
    assert_eq!(server.get(&hand.path("")).ok(200)["activations"][0]["user"], "TANAKA");
    assert_eq!(server.get(&hand.path("/activations")).ok(200)[0]["contract"], "****7890");
    assert_eq!(server.get(&format!("/v1/tokens/{}", hand.token)).ok(200)["activations"], json!([activation]));

    let answered = is_answered_and_settled(&hand, &activation);
    is_answered_by_buttons_and_withdrawn(&hand, &activation, &answered);
    says_what_can_be_asked_for(&hand, &activation);
    follows_rules_faults_and_the_clock(&hand, &activation);
    makes_tokens_as_asked(&hand);
    moves_and_ends(&hand, &activation);

    // A PIN; keys from a file; a generator.
    let hand = Hand::new(&server, &json!({ "lang": "en" }));
    let session = format!("/v1/sessions/{}", hand.session);
    let locked = server.post(&format!("{session}/tokens"), &json!({ "pin": "48213" })).ok(201);
    let locked = Hand { server: &server, session: hand.session.clone(), token: text(&locked, "id") };
    enters_its_pin(&locked);
    assert_eq!(server.post(&format!("{session}/tokens"), &json!({ "pin": "12345" })).problem(422), "CT-E115");
    takes_keys_from_a_file(&server);
    settles_a_generator(&server);
    holds_accounts_of_other_systems(&hand);

    let paths = server.description()["paths"].as_object().expect("paths");
    let described: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().expect("operations").keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    assert!(described.len() > 40, "the routes are described");
    assert_eq!(&described, &*server.called.lock().expect("no panic"), "described and called");
}

/// Shown, answered, settled.
fn is_answered_and_settled(hand: &Hand<'_>, activation: &str) -> String {
    let server = hand.server;
    let issued = hand.issue(activation, 5_000_000);
    let challenge = text(&issued, "id");
    let path = format!("/v1/challenges/{challenge}");
    assert_eq!(server.get(&path).ok(200)["state"], "open");
    assert!(server.get(&format!("{path}/code.svg")).text().starts_with("<svg "));
    let scanned = hand.scan("", &server.get(&format!("{path}/code.png")));
    assert_eq!(scanned["outcome"], "shown");
    assert_eq!(scanned["fields"][2]["shown"], "¥5,000,000", "{scanned}");
    assert_eq!(scanned["quality"]["pxPerModule"], 4.0);
    assert!(server.get(&hand.path("/overlay.png")).body.starts_with(b"\x89PNG"));
    assert!(server.get(&hand.path("/overlay.svg")).text().starts_with("<svg "));
    let picture = server.get(&format!("{path}/code.png"));
    assert_eq!(server.call("POST", "/v1/lint", Some(("image/png", picture.body))).ok(200)["grade"], "A");
    assert_eq!(scanned["screen"]["pages"][0]["lines"][0]["role"], "header");
    assert_eq!(server.get(&hand.path("/screen")).ok(200)["response"], scanned["response"]);
    assert!(server.get(&hand.path("/screen.txt")).text().contains("OK"));
    assert!(server.get(&hand.path("/screen.png")).body.starts_with(b"\x89PNG"));
    assert!(server.get(&hand.path("/screen.svg")).text().starts_with("<svg "));

    let wrong = hand.verify(&challenge, &scanned["wrongResponse"]);
    assert_eq!((&wrong["browser"], &wrong["attemptsLeft"]), (&json!("rejected"), &json!(2)));
    let spaced = scanned["response"].as_str().map(|digits| format!("\u{FEFF}{}－{}\r\n", &digits[..4], &digits[4..]));
    let right = hand.verify(&challenge, &json!(spaced));
    assert_eq!((&right["result"], &right["first"]), (&json!("accepted"), &json!(true)));
    assert_eq!(right["transaction"]["fields"]["new"], "5000000");
    assert_eq!(hand.verify(&challenge, &scanned["response"])["result"], "used");
    let told = hand.accepted(&challenge);
    assert_eq!((&told["result"], &told["transaction"]), (&right["result"], &right["transaction"]));
    assert_eq!(server.get(&path).ok(200)["state"], "closed");
    assert_eq!(server.get(&format!("{path}/code.png")).problem(404), "CT-E101");
    challenge
}

/// By its text, page by page, with the buttons; then withdrawn.
fn is_answered_by_buttons_and_withdrawn(hand: &Hand<'_>, activation: &str, answered: &str) {
    let server = hand.server;
    let issued = hand.issue(activation, 6_000_000);
    let challenge = text(&issued, "id");
    assert_eq!(hand.accepted(answered), json!({ "result": "used", "browser": "rejected", "reason": "AlreadySettled" }));
    assert_eq!(hand.accepted(&challenge)["reason"], "Unknown", "nothing was accepted for it");
    let code = Said {
        status: 200,
        kind: "text/plain".into(),
        headers: Default::default(),
        body: text(&issued["code"], "text").into(),
    };
    let scanned = hand.scan("?confirm=step", &code);
    assert_eq!((&scanned["outcome"], &scanned["response"]), (&json!("shown"), &Value::Null));
    let pressed = server.call("POST", &hand.path("/buttons/left"), None).ok(200);
    assert_eq!((&pressed["state"], &pressed["code"]), (&json!("refused"), &json!("T10")));
    assert_eq!(server.delete(&format!("/v1/challenges/{challenge}")).status, 204);
    assert_eq!(hand.verify(&challenge, &json!("12345678"))["result"], "superseded");
    assert_eq!(server.delete(&format!("/v1/challenges/{challenge}")).problem(404), "CT-E101");
}

/// What can be asked for, and a file of it, which is refused here.
fn says_what_can_be_asked_for(hand: &Hand<'_>, activation: &str) {
    let server = hand.server;
    let operations = server.get("/v1/operations").ok(200);
    let transfer = operations["operations"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "transfer"));
    assert_eq!(transfer.expect("a transfer")["fields"][6]["schema"]["maxLength"], 48);
    let no_file = Some(("text/plain", b"1".to_vec()));
    let refused = server.call("POST", &format!("/v1/challenges/batch?activation={activation}"), no_file);
    assert_eq!(refused.problem(422), "CT-E072");
    let wrong = json!({ "activation": activation, "operation": "limit-change", "fields": { "limit": true, "old": 1, "new": 2 } });
    let wrong = server.post("/v1/challenges", &wrong);
    assert_eq!(wrong.problem(422), "CT-E071");
    assert_eq!(wrong.json()["detail"], "field \"limit\": expected a text, not true or false");
    let wrong = server.post("/v1/challenges", &json!({ "activation": 5, "operation": "limit-change", "fields": {} }));
    assert_eq!(
        (wrong.problem(400), &wrong.json()["detail"]),
        ("CT-E100".to_owned(), &json!("line 1, column 15: field \"activation\": invalid type, expected a string"))
    );
}

/// Rules, faults, the clock.
fn follows_rules_faults_and_the_clock(hand: &Hand<'_>, activation: &str) {
    let server = hand.server;
    let rules = json!([{ "when": { "screen": "/¥7,0+,0+/" }, "do": ["right"] }]);
    assert_eq!(server.put(&hand.path("/rules"), &rules).ok(200), rules);
    assert_eq!(server.get(&hand.path("/rules")).ok(200), rules);
    let issued = hand.issue(activation, 7_000_000);
    let png = server.get(issued["code"]["png"].as_str().expect("a path"));
    hand.scan("?confirm=step", &png);
    let waited = server.get(&hand.path("/events?wait=ワンタイム&timeout=0s")).ok(200);
    assert_eq!(waited["screen"]["state"], "answered", "{waited}");
    assert_eq!(server.put(&hand.path("/faults"), &json!({ "battery": 0 })).ok(200)["battery"], 0);
    assert_eq!(hand.scan("", &png)["code"], "T13");
    assert_eq!(server.put(&hand.path("/faults"), &json!({})).ok(200)["battery"], 100);
    assert_eq!(server.get(&hand.path("/faults")).ok(200)["nextScan"], Value::Null);
    assert_eq!(hand.scan("", &png)["code"], "T12", "it was answered");
    let now = server.post(&format!("{}/clock", hand.session_path()), &json!({ "advance": "3m1s" })).ok(200);
    assert_eq!(now["now"], "2026-11-21T03:07:06Z");
    assert_eq!(server.get(&hand.path("/screen")).ok(200)["state"], "off", "it has gone dark");
}

/// Made with fewer places, and as banks in Japan hand it out.
fn makes_tokens_as_asked(hand: &Hand<'_>) {
    let server = hand.server;
    let tokens = format!("{}/tokens", hand.session_path());
    let made = server.post(&tokens, &json!({ "profile": "japan", "slots": 2 })).ok(201);
    assert_eq!((&made["profile"], &made["slots"], &made["lang"]), (&json!("japan"), &json!(2), &json!("ja")));
    let file = server.get(&format!("{tokens}/{}/state", text(&made, "id"))).ok(200);
    assert_eq!((&file["profile"], file["slots"].as_array().map(Vec::len)), (&json!("japan"), Some(2)));
    for wrong in [json!({ "profile": "japan", "pin": "48213" }), json!({ "slots": 0 }), json!({ "slots": 9 })] {
        assert_eq!(server.post(&tokens, &wrong).problem(422), "CT-E115", "{wrong}");
    }
}

/// State out and in; then everything ends.
fn moves_and_ends(hand: &Hand<'_>, activation: &str) {
    let server = hand.server;
    let state = hand.state();
    assert_eq!(server.delete(&hand.path("")).status, 204);
    assert_eq!(server.get(&hand.path("/screen")).problem(404), "CT-E101");
    assert_eq!(server.put(&hand.path("/state"), &state).ok(201)["activations"][0]["id"], json!(activation));
    assert_eq!(server.put(&hand.path("/state"), &state).status, 200);
    assert_eq!(server.put(&hand.path("/state"), &json!({ "schema": "camtoken/token/1" })).problem(422), "CT-E043");
    let issued = hand.issue(activation, 8_000_000);
    for (left, suspended) in [(2, false), (1, false), (0, false)] {
        let wrong = hand.verify(&text(&issued, "id"), &json!("00000000"));
        assert_eq!((&wrong["attemptsLeft"], &wrong["suspended"]), (&json!(left), &json!(suspended)));
    }
    let issued = hand.issue(activation, 8_000_000);
    hand.verify(&text(&issued, "id"), &json!("00000000"));
    assert_eq!(hand.verify(&text(&issued, "id"), &json!("00000000"))["suspended"], true);
    assert_eq!(server.post(&format!("/v1/activations/{activation}/resume"), &json!({})).ok(200)["state"], "active");
    assert_eq!(server.post(&format!("/v1/activations/{activation}/resume"), &json!({})).problem(409), "CT-E089");
    for _ in 0..2 {
        let suspended = server.call("POST", &format!("/v1/activations/{activation}/suspend"), None).ok(200);
        assert_eq!(suspended["state"], "suspended");
    }
    let refused = json!({ "activation": activation, "operation": "limit-change", "fields": {} });
    assert_ne!(server.post("/v1/challenges", &refused).status, 201);
    server.post(&format!("/v1/activations/{activation}/resume"), &json!({})).ok(200);
    let history = server.get(&format!("/v1/activations/{activation}/audit")).ok(200);
    assert_eq!((&history["whole"], &history["entries"][0]["event"]), (&json!(true), &json!("enrolled")), "{history}");
    let events: Vec<_> = history["entries"].as_array().expect("a list").iter().map(|entry| &entry["event"]).collect();
    assert_eq!(events[events.len() - 2..], ["suspendedByBank", "resumed"]);
    assert!(!history.to_string().contains("5000000"), "no field of a transaction");
    assert_eq!(server.post(&format!("/v1/enrollments/{activation}/reset"), &json!({})).problem(409), "CT-E087");
    assert_eq!(server.get(&format!("/v1/enrollments/{activation}")).ok(200)["failures"], 0);
    assert_eq!(server.get(&format!("/v1/enrollments/{activation}/code.svg")).problem(404), "CT-E101");
    assert_eq!(server.delete(&hand.path(&format!("/activations/{activation}"))).status, 204);
    assert_eq!(server.post(&format!("/v1/activations/{activation}/revoke"), &json!({})).ok(200)["state"], "revoked");
    assert_eq!(server.post(&format!("/v1/tokens/{}/revoke", hand.token), &json!({})).ok(200)["revoked"], true);
    assert_eq!(server.delete(&hand.session_path()).status, 204);
    assert_eq!(server.get(&hand.session_path()).problem(404), "CT-E101");
    assert_eq!(server.get("/healthz").ok(200), json!({ "status": "ok" }));
    assert_eq!(server.get("/readyz").ok(200), json!({ "status": "ok" }));
    assert!(server.get("/metrics").text().contains("camtoken_verdicts_total{result=\"accepted\"} 1\n"));
}

/// A token with the PIN 48213.
fn enters_its_pin(hand: &Hand<'_>) {
    let server = hand.server;
    let enter = |pin: &str| server.post(&hand.path("/pin"), &json!({ "pin": pin }));
    let code = Some(("text/plain", b"CT1:ABC".to_vec()));
    assert_eq!(server.call("POST", &hand.path("/scan"), code.clone()).problem(409), "CT-E049", "it asks for its PIN");
    assert_eq!(enter("1234").problem(422), "CT-E115");
    assert_eq!(enter("48214").ok(200)["state"], "pin");
    let right = enter("48213");
    assert_eq!(right.ok(200)["state"], "ready");
    assert!(!right.text().contains("48213"));
    assert_eq!(server.call("POST", &hand.path("/scan"), code).ok(200)["outcome"], "refused");
    server.call("POST", &hand.path("/buttons/center"), Some(("application/json", b"{\"action\":\"hold\"}".to_vec())));
    for _ in 0..5 {
        enter("99999");
    }
    assert_eq!(enter("48213").ok(200)["code"], "T14", "wrong too often");
}

/// What an authenticator app does, by RFC 6238, appendix B; and a registration by tiqr, whose server is this test.
fn holds_accounts_of_other_systems(hand: &Hand<'_>) {
    let server = hand.server;
    let scan =
        |text: &str| server.call("POST", &hand.path("/scan"), Some(("text/plain", text.as_bytes().to_vec()))).ok(200);
    let respond = |body: Value| server.post(&hand.path("/accounts/respond"), &body).ok(200);
    let errand = |foreign: &Value, status: u16, body: &str| {
        let path = hand.path(&format!("/errands/{}", foreign["errandId"].as_str().expect("something is to be sent")));
        server
            .post(&path, &json!({ "status": status, "headers": { "Content-Type": "application/json" }, "body": body }))
    };

    let uri = "otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME&digits=8";
    assert_eq!(scan(uri)["foreign"]["act"], "registered");
    assert_eq!(scan(uri)["code"], "CT-E068");
    let clock = format!("/v1/sessions/{}/clock", hand.session);
    server.post(&clock, &json!({ "set": "1970-01-01T00:00:59Z" })).ok(200);
    assert_eq!(respond(json!({}))["foreign"]["response"], "94287082");
    assert_eq!(respond(json!({ "account": "bob" }))["code"], "CT-E077");
    server.put(&hand.path("/faults"), &json!({ "battery": 0 })).ok(200);
    assert_eq!((&respond(json!({}))["outcome"], &respond(json!({}))["code"]), (&json!("refused"), &json!("T13")));
    server.put(&hand.path("/faults"), &json!({})).ok(200);

    let enrol = scan("tiqrenroll://https://bank.example/enrol?key=1");
    assert_eq!(enrol["foreign"]["errand"]["url"], "https://bank.example/enrol?key=1");
    let metadata = json!({
        "service": {
            "displayName": "Bank", "identifier": "bank.example", "version": "2.0", "ocraSuite": "OCRA-1:HOTP-SHA1-6:QH10-S",
            "authenticationUrl": "https://bank.example/auth", "enrollmentUrl": "https://bank.example/enrol?otp=2",
        },
        "identity": { "identifier": "carol", "displayName": "Carol" },
    });
    let fetched = errand(&enrol["foreign"], 200, &metadata.to_string()).ok(200);
    assert_eq!((&fetched["outcome"], &fetched["foreign"]["act"]), (&json!("shown"), &json!("shown")), "{fetched}");
    assert_eq!(fetched["foreign"]["errand"]["method"], "POST");
    let accounts = || server.get(&hand.path("/accounts")).ok(200).as_array().expect("a list").len();
    assert_eq!(accounts(), 1, "the server has not said yes yet");
    let kept = errand(&fetched["foreign"], 200, r#"{"responseCode":1}"#).ok(200);
    assert_eq!(kept["foreign"]["accounts"], json!([{ "issuer": "bank.example", "user": "carol" }]), "{kept}");
    assert_eq!(errand(&fetched["foreign"], 200, "").problem(404), "CT-E101", "an answer is handed back once");

    let login = scan("tiqrauth://carol@bank.example/0123456789abcdef0123456789abcdef/0123456789/Bank/2");
    assert_eq!(login["response"].as_str().map(str::len), Some(6), "{login}");
    let refused = errand(&login["foreign"], 200, r#"{"responseCode":201,"attemptsLeft":2}"#).ok(200);
    assert_eq!((&refused["outcome"], &refused["code"]), (&json!("refused"), &json!("CT-E065")), "{refused}");
    let left = server.post(&hand.path("/accounts/remove"), &json!({ "account": "carol" })).ok(200);
    assert_eq!((left.as_array().map(Vec::len), accounts()), (Some(1), 1));
}

#[test]
fn a_refusal_is_an_answer() {
    let server = Server::start(&["--only", "token"]);
    let hand = Hand::new(&server, &json!({ "lang": "en" }));
    let picture =
        |kind: &str, body: Vec<u8>| Said { status: 200, kind: kind.into(), headers: Default::default(), body };
    let png = |text: &str| camtoken::qr::encode(text, camtoken::qr::EcLevel::M).expect("it is short").to_png(4);
    let blank = {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::GrayImage::from_pixel(64, 64, image::Luma([255]))
            .write_to(&mut bytes, image::ImageFormat::Png)
            .expect("a Vec");
        bytes.into_inner()
    };
    assert_eq!(hand.scan("", &picture("image/png", blank))["code"], "T01");
    assert_eq!(hand.scan("", &picture("image/png", png("https://example.com")))["code"], "T03");
    assert_eq!(hand.scan("", &picture("text/plain", b"CT9:ABC".to_vec()))["code"], "T06");
    server.put(&hand.path("/faults"), &json!({ "nextScan": "T02" })).ok(200);
    let refused = hand.scan("", &picture("text/plain", b"CT1:ABC".to_vec()));
    assert_eq!((&refused["outcome"], &refused["code"]), (&json!("refused"), &json!("T02")));
    assert!(text(&refused, "hint").contains("larger"), "{refused}");
    // What is no picture at all decides nothing.
    let garbage = server.call("POST", &hand.path("/scan"), Some(("image/png", vec![0x89, b'P', b'N', b'G'])));
    assert_eq!(garbage.problem(422), "CT-E042");
    assert_eq!(server.get("/v1/challenges").problem(404), "CT-E133", "there is no verifier here");
}

#[test]
fn sessions_are_worlds_of_their_own() {
    let server = Server::start(&["--only", "token"]);
    let seeded = json!({ "seed": "same", "clock": "2026-11-21T00:00:00Z" });
    let (one, other) = (Hand::new(&server, &seeded), Hand::new(&server, &seeded));
    assert_eq!(one.token, other.token, "the same seed draws the same ID");
    assert_eq!(one.state()["deviceKey"], other.state()["deviceKey"]);
    let third = Hand::new(&server, &json!({ "seed": "another" }));
    assert_ne!(one.state()["deviceKey"], third.state()["deviceKey"]);

    server.call("POST", &one.path("/buttons/center"), Some(("application/json", b"{\"action\":\"hold\"}".to_vec())));
    assert_eq!(server.get(&one.path("/screen")).ok(200)["state"], "ready");
    assert_eq!(server.get(&other.path("/screen")).ok(200)["state"], "off");
    server.post(&format!("/v1/sessions/{}/clock", one.session), &json!({ "set": "2030-01-01T00:00:00Z" })).ok(200);
    assert_eq!(server.get(&other.path("/screen")).ok(200)["now"], "2026-11-21T00:00:00Z");
    server.delete(&format!("/v1/sessions/{}", one.session));
    assert_eq!(server.get(&one.path("/screen")).problem(404), "CT-E101");
    assert_eq!(server.get(&other.path("/screen")).status, 200);

    let short = text(&server.post("/v1/sessions", &json!({ "ttl": "1s" })).ok(201), "id");
    std::thread::sleep(std::time::Duration::from_millis(1200));
    assert_eq!(server.get(&format!("/v1/sessions/{short}")).problem(404), "CT-E101");
}

#[test]
fn whoever_waits_is_told_when_the_screen_changes() {
    let server = Server::start(&["--only", "token"]);
    let hand = Hand::new(&server, &json!({ "lang": "en" }));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.ask("GET", &hand.path("/events?wait=/Scan/&timeout=20s"), None).ok(200));
        let mut stream = server.connect();
        let path = hand.path("/events");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let mut next = || {
            let line = lines.by_ref().find_map(|line| line.strip_prefix("data: ").map(str::to_owned));
            serde_json::from_str::<Value>(&line.expect("an event")).expect("JSON")
        };
        assert_eq!(next()["state"], "off");
        server.call(
            "POST",
            &hand.path("/buttons/center"),
            Some(("application/json", b"{\"action\":\"hold\"}".to_vec())),
        );
        assert_eq!(next()["state"], "ready");
        assert_eq!(waiting.join().expect("no panic")["outcome"], "shown");
    });
    let late = server.get(&hand.path("/events?wait=never&timeout=0s")).ok(200);
    assert_eq!(late["outcome"], "timedOut");
    assert_eq!(server.get(&hand.path("/events?wait=/(/")).problem(422), "CT-E115");
    assert_eq!(server.get(&hand.path("/events?wait=x&timeout=61s")).problem(422), "CT-E115");
}

#[test]
fn a_request_that_is_sent_again_is_done_once() {
    let mut server = Server::start(&["--emulator", "--accept-test-keys"]);
    let activation = Hand::new(&server, &json!({ "seed": "again" })).register();
    let body = |new: u64| {
        json!({
            "activation": activation, "operation": "limit-change",
            "fields": { "limit": "transfer", "old": 1, "new": new },
        })
    };
    server.headers = vec![("idempotency-key", "key-1".to_owned())];
    let first = server.post("/v1/challenges", &body(2)).ok(201);
    assert_eq!(server.post("/v1/challenges", &body(2)).ok(201), first);
    assert_eq!(server.post("/v1/challenges", &body(3)).problem(422), "CT-E109");
    let id = text(&first, "id");

    let path = format!("/v1/challenges/{id}/verify");
    for _ in 0..3 {
        let wrong = server.post(&path, &json!({ "response": "00000000" })).ok(200);
        assert_eq!(wrong["attemptsLeft"], 2, "the same attempt is charged once");
    }
    let other = server.post(&path, &json!({ "response": "00000001" })).ok(200);
    assert_eq!(other["attemptsLeft"], 1, "another guess under the same key is another attempt");
    server.headers = vec![("idempotency-key", "key-2".to_owned())];
    assert_ne!(text(&server.post("/v1/challenges", &body(2)).ok(201), "id"), id);
    server.headers = vec![("idempotency-key", "x".repeat(256))];
    assert_eq!(server.post("/v1/challenges", &body(2)).problem(400), "CT-E100");
}

#[test]
fn what_does_not_exist_looks_like_what_is_wrong() {
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let hand = Hand::new(&server, &json!({}));
    let activation = hand.register();
    let challenge = text(&hand.issue(&activation, 2_000_000), "id");
    let unknown = format!("{}-{}", "0".repeat(12), "0".repeat(24));
    let (wrong, missing) = (hand.verify(&challenge, &json!("00000000")), hand.verify(&unknown, &json!("00000000")));
    assert_eq!(wrong["browser"], missing["browser"]);
    assert_eq!(wrong["result"], missing["result"]);
    assert_eq!((&wrong["reason"], &missing["reason"]), (&json!("Wrong"), &json!("Unknown")));
}

#[test]
fn no_log_has_a_secret() {
    let mut server =
        Server::start_with(&["--emulator", "--accept-test-keys", "--log", "debug"], &[("CAMTOKEN_API_KEY", API_KEY)]);
    server.headers = vec![("authorization", format!("Bearer {API_KEY}"))];
    let hand = Hand::new(&server, &json!({ "seed": "canary-seed" }));
    let activation = hand.register();
    let issued = hand.issue(&activation, 31_415_926);
    let scanned = hand.scan("", &server.get(issued["code"]["png"].as_str().expect("a path")));
    hand.verify(&text(&issued, "id"), &scanned["wrongResponse"]);
    hand.verify(&text(&issued, "id"), &scanned["response"]);
    let stray = json!({ "response": { "canary": "canary-typed" } });
    let refused = server.post(&format!("/v1/challenges/{}/verify", text(&issued, "id")), &stray);
    assert!(!refused.text().contains("canary"), "{}", refused.text());
    let log = server.log();
    assert!(log.contains("\"rejected\"") && log.contains("\"accepted\"") && log.contains("\"answered\""), "{log}");
    let state = hand.state();
    let secrets = [
        text(&state, "deviceKey"),
        text(&state["slots"][0], "key"),
        text(&scanned, "response"),
        text(&scanned, "wrongResponse"),
        "31415926".to_owned(),
        "canary".to_owned(),
        API_KEY.to_owned(),
        hand.session.clone(),
        "TANAKA".to_owned(),
        "1234567890".to_owned(),
    ];
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} stands in the log");
    }
    for line in log.lines() {
        serde_json::from_str::<Value>(line).expect("each line is JSON");
    }
}

const API_KEY: &str = "an-api-key-of-some-length";

/// The blocks of docs/HTTP.md, in one shell.
#[test]
fn every_example_of_the_documentation_runs() {
    let page = include_str!("../../docs/HTTP.md");
    let blocks: Vec<&str> =
        page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().expect("a block ends")).collect();
    assert!(blocks.len() > 8, "the page was read");
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let mut shell = Command::new("bash")
        .args(["-euo", "pipefail", "-s"])
        .env("URL", &server.url)
        .current_dir(server.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash is there");
    let script = format!("trap 'echo \"failed: $BASH_COMMAND\" >&2' ERR\n{}", blocks.concat());
    shell.stdin.take().expect("it is piped").write_all(script.as_bytes()).expect("it reads");
    let output = shell.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "curl and jq are needed\n{said}{}", String::from_utf8_lossy(&output.stdout));
}
