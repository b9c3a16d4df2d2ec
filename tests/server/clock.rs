//! The verifier's time for test tokens: the clock of their session, and of no other.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Said, Server, command};
use super::hand::{Hand, text};

const TEST_BANK: [&str; 2] = ["--emulator", "--accept-test-keys"];

impl Hand<'_> {
    fn advance(&self, by: &str) -> Value {
        self.server.post(&format!("/v1/sessions/{}/clock", self.session), &json!({ "advance": by })).ok(200)
    }

    /// What the token answers to a challenge.
    fn answer(&self, issued: &Value) -> Value {
        let picture = self.server.get(issued["code"]["png"].as_str().expect("a path"));
        self.scan("", &picture)["response"].clone()
    }

    /// Begins a registration; its ID and the first code.
    fn begin(&self) -> (String, Said) {
        let new = json!({ "tokenId": self.token, "contract": "1234567890", "user": "TANAKA" });
        let begun = self.server.post("/v1/enrollments", &new).ok(201);
        let code = self.server.get(begun["code1"]["png"].as_str().expect("a path"));
        (text(&begun, "id"), code)
    }

    /// The day of the session's clock.
    fn day(&self) -> String {
        text(&self.server.get(&format!("/v1/sessions/{}", self.session)).ok(200)["clock"], "now")[..10].to_owned()
    }

    fn events(&self, activation: &str) -> Vec<(String, String)> {
        let history = self.server.get(&format!("/v1/activations/{activation}/audit")).ok(200);
        assert_eq!(history["whole"], true, "{history}");
        let entries = history["entries"].as_array().expect("a list").iter();
        entries.map(|entry| (text(entry, "event"), text(entry, "at"))).collect()
    }
}

fn hand(server: &Server) -> Hand<'_> {
    Hand::new(server, &json!({ "lang": "en" }))
}

#[test]
fn a_session_moves_the_verifiers_time_for_its_own_tokens_alone() {
    let server = Server::start(&TEST_BANK);
    let [one, other] = [(); 2].map(|()| hand(&server));
    let (mine, theirs) = (one.register(), other.register());
    let [ours, others] = [(&one, &mine), (&other, &theirs)].map(|(hand, id)| hand.issue(id, 5_000_000));
    let [response, others_response] = [(&one, &ours), (&other, &others)].map(|(hand, issued)| hand.answer(issued));
    assert_eq!(one.advance("PT181S")["verifier"], true);

    assert_eq!(server.get(&format!("/v1/challenges/{}", text(&ours, "id"))).ok(200)["state"], "closed");
    let late = one.verify(&text(&ours, "id"), &response);
    assert_eq!((&late["result"], &late["reason"]), (&json!("expired"), &json!("Expired")));
    assert_eq!(other.verify(&text(&others, "id"), &others_response)["result"], "accepted");

    // Two days later it is so in every answer, and in the audit.
    one.advance("48h");
    let (later, today) = (one.issue(&mine, 6_000_000), other.issue(&theirs, 6_000_000));
    assert!(text(&later, "expiresAt") >= one.day() && text(&today, "expiresAt") < one.day(), "{later} {today}");
    assert_eq!(one.verify(&text(&later, "id"), &one.answer(&later))["result"], "accepted");
    let last = |hand: &Hand<'_>, activation: &str| hand.events(activation).pop().expect("entries").1;
    assert!(last(&one, &mine) >= one.day() && last(&other, &theirs) < one.day());
}

#[test]
fn a_registration_runs_by_the_sessions_clock() {
    let server = Server::start(&TEST_BANK);
    let hand = hand(&server);
    server.post("/v1/tokens", &hand.state()).ok(201);
    let (id, first) = hand.begin();
    let device_code = hand.scan("", &first)["deviceCode"].clone();
    // 90 days for the first code.
    hand.advance("2160h");
    let answer = |id: &str, device_code: &Value| {
        server.post(&format!("/v1/enrollments/{id}/device-code"), &json!({ "deviceCode": device_code })).ok(200)
    };
    assert_eq!(answer(&id, &device_code)["result"], "expired");

    // Ten minutes for the second.
    let (id, first) = hand.begin();
    let second = answer(&id, &hand.scan("", &first)["deviceCode"]);
    let second = server.get(second["code2"]["png"].as_str().unwrap_or_else(|| panic!("{second}")));
    let response = hand.scan("", &second)["response"].clone();
    hand.advance("10m");
    let confirmed = server.post(&format!("/v1/enrollments/{id}/confirm"), &json!({ "response": response })).ok(200);
    assert_eq!(confirmed["result"], "expired");
}

#[test]
fn a_real_token_never_sees_a_sessions_clock() {
    let server = Server::start(&TEST_BANK);
    let hand = hand(&server);
    // A real token with the ID of the session's token, and even with its key.
    let real = json!({ "id": hand.token, "deviceKey": hand.state()["deviceKey"], "purpose": "production" });
    assert_eq!(server.post("/v1/tokens", &real).ok(201)["test"], false);
    assert_eq!(server.post("/v1/tokens", &hand.state()).ok(201)["test"], false, "it stays a real one");
    hand.advance("48h");
    let activation = hand.enroll();
    let issued = hand.issue(&activation, 5_000_000);
    assert!(text(&issued, "expiresAt") < hand.day(), "{issued}");
    let response = hand.answer(&issued);
    hand.advance("1h");
    assert_eq!(server.get(&format!("/v1/challenges/{}", text(&issued, "id"))).ok(200)["state"], "open");
    assert_eq!(hand.verify(&text(&issued, "id"), &response)["result"], "accepted");
    assert!(hand.events(&activation).iter().all(|(_, at)| *at < hand.day()));

    // In the same store a test token moves.
    let test = Hand::new(&server, &json!({}));
    let activation = test.register();
    let issued = test.issue(&activation, 5_000_000);
    let response = test.answer(&issued);
    test.advance("1h");
    assert_eq!(test.verify(&text(&issued, "id"), &response)["result"], "expired");
}

#[test]
fn a_token_of_the_same_id_with_another_key_moves_nothing() {
    let server = Server::start(&TEST_BANK);
    let [owner, other] = [(); 2].map(|()| {
        let session = text(&server.post("/v1/sessions", &json!({})).ok(201), "id");
        let path = format!("/v1/sessions/{session}/tokens");
        let token = text(&server.post(&path, &json!({ "id": "KKK0000001" })).ok(201), "id");
        Hand { server: &server, session, token }
    });
    let activation = owner.register();
    let issued = owner.issue(&activation, 5_000_000);
    other.advance("1h");
    assert_eq!(owner.verify(&text(&issued, "id"), &owner.answer(&issued))["result"], "accepted");
}

#[test]
fn the_clock_of_the_machine_is_neither_moved_nor_doubted() {
    let mut server = Server::start(&TEST_BANK);
    let hand = hand(&server);
    let activation = hand.register();
    hand.advance("99999h");
    let issued = hand.issue(&activation, 5_000_000);
    assert_eq!(hand.verify(&text(&issued, "id"), &hand.answer(&issued))["result"], "accepted");
    assert_eq!(server.get("/readyz").ok(200), json!({ "status": "ok" }));
    assert!(server.get("/metrics").text().contains("camtoken_clock_ahead_seconds 0\n"));
    server.stop();
    let told = command(&server.path("state")).args(["store", "clock", "--json"]).output().expect("the command starts");
    let told: Value = serde_json::from_slice(&told.stdout).expect("a document");
    assert_eq!(told["aheadSeconds"], 0, "{told}");
}

#[test]
fn the_end_of_a_session_and_a_clock_moved_back_lock_nothing() {
    let server = Server::start(&TEST_BANK);
    let hand = hand(&server);
    let activation = hand.register();
    hand.advance("24h");
    let issued = hand.issue(&activation, 5_000_000);
    let response = hand.answer(&issued);
    hand.advance("-1h");
    assert_eq!(hand.verify(&text(&issued, "id"), &response)["result"], "superseded", "what was open has ended");
    let issued = hand.issue(&activation, 6_000_000);
    let response = hand.answer(&issued);
    assert_eq!(hand.verify(&text(&issued, "id"), &response)["result"], "accepted");

    assert_eq!(server.delete(&format!("/v1/sessions/{}", hand.session)).status, 204);
    assert_eq!(hand.verify(&text(&issued, "id"), &response)["result"], "used", "what was accepted stays so");
    let issued = hand.issue(&activation, 7_000_000);
    assert_eq!(hand.verify(&text(&issued, "id"), &json!("00000000"))["attemptsLeft"], 2);
    let events = hand.events(&activation);
    assert_eq!(events.iter().filter(|(event, _)| event == "clockSetBack").count(), 2, "{events:?}");
}

#[test]
fn without_test_keys_a_session_moves_its_own_clock_alone() {
    let server = Server::start(&["--emulator"]);
    let hand = hand(&server);
    assert_eq!(hand.advance("1h")["verifier"], false);
}

#[test]
fn four_workers_let_fifty_challenges_expire_each_at_the_same_time() {
    let server = Server::start(&TEST_BANK);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let hand = hand(&server);
                let activation = hand.register();
                for round in 0..50 {
                    let start = Instant::now();
                    let issued = hand.issue(&activation, 1_000_000 + round);
                    let response = hand.answer(&issued);
                    hand.advance("PT181S");
                    assert_eq!(hand.verify(&text(&issued, "id"), &response)["result"], "expired", "round {round}");
                    assert!(start.elapsed() < Duration::from_secs(3), "round {round}: {:?}", start.elapsed());
                    let again = hand.issue(&activation, 1_000_000 + round);
                    let response = hand.answer(&again);
                    assert_eq!(hand.verify(&text(&again, "id"), &response)["result"], "accepted", "round {round}");
                }
            });
        }
    });
}
