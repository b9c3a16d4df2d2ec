//! Requests of a story, each noted with its answer.

use serde_json::{Value, json};

use super::client::{Said, Server};

/// One virtual token in one session.
pub struct Hand<'a> {
    pub server: &'a Server,
    pub session: String,
    pub token: String,
}

impl<'a> Hand<'a> {
    pub fn new(server: &'a Server, session: &Value) -> Self {
        let session = text(&server.post("/v1/sessions", session).ok(201), "id");
        let token = server.call("POST", &format!("/v1/sessions/{session}/tokens"), None).ok(201);
        Self { server, session, token: text(&token, "id") }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v1/sessions/{}/tokens/{}{rest}", self.session, self.token)
    }

    pub fn session_path(&self) -> String {
        format!("/v1/sessions/{}", self.session)
    }

    pub fn scan(&self, query: &str, picture: &Said) -> Value {
        let body = Some((picture.kind.as_str(), picture.body.clone()));
        self.server.call("POST", &self.path(&format!("/scan{query}")), body).ok(200)
    }

    pub fn state(&self) -> Value {
        self.server.get(&self.path("/state")).ok(200)
    }

    /// Registers the token with the verifier, and then both codes by image; gives the activation.
    pub fn register(&self) -> String {
        let known = self.server.post("/v1/tokens", &self.state()).ok(201);
        assert_eq!(known["test"], true);
        self.enroll()
    }

    /// Both codes, for a token that the verifier has.
    pub fn enroll(&self) -> String {
        let server = self.server;
        let new = json!({ "tokenId": self.token, "contract": "1234567890", "user": "TANAKA" });
        let begun = server.post("/v1/enrollments", &new).ok(201);
        let id = text(&begun, "id");
        let first = server.get(begun["code1"]["png"].as_str().expect("a path"));
        let device_code = self.scan("", &first)["deviceCode"].clone();
        assert_eq!(device_code.as_str().map(str::len), Some(12));

        let path = format!("/v1/enrollments/{id}/device-code");
        let wrong = server.post(&path, &json!({ "deviceCode": "123456 123456" })).ok(200);
        assert_eq!((&wrong["result"], &wrong["attemptsLeft"]), (&json!("rejected"), &json!(2)));
        let second = server.post(&path, &json!({ "deviceCode": device_code })).ok(200);
        assert_eq!(second["result"], "accepted");
        // A symbol of the text, a picture by itself: both are the second code.
        let picture = server.get(second["code2"]["png"].as_str().expect("a path"));
        let scanned = self.scan("?keep=yes", &picture);
        assert_eq!(scanned["registered"], true);
        let confirm = format!("/v1/enrollments/{id}/confirm");
        let done = server.post(&confirm, &json!({ "response": scanned["response"] })).ok(200);
        assert_eq!(done, json!({ "result": "accepted" }));
        let again = server.post(&confirm, &json!({ "response": scanned["response"] })).ok(200);
        assert_eq!(again["reason"], "AlreadySettled");
        assert_eq!(server.get(&format!("/v1/activations/{id}")).ok(200)["state"], "active");
        id
    }

    pub fn issue(&self, activation: &str, new: u64) -> Value {
        let challenge = json!({
            "activation": activation, "operation": "limit-change",
            "fields": { "limit": "transfer", "old": 1_000_000, "new": new },
        });
        self.server.post("/v1/challenges", &challenge).ok(201)
    }

    pub fn verify(&self, challenge: &str, response: &Value) -> Value {
        let path = format!("/v1/challenges/{challenge}/verify");
        self.server.post(&path, &json!({ "response": response })).ok(200)
    }

    pub fn accepted(&self, challenge: &str) -> Value {
        self.server.call("POST", &format!("/v1/challenges/{challenge}/accepted"), None).ok(200)
    }
}

pub fn text(document: &Value, key: &str) -> String {
    document[key].as_str().unwrap_or_else(|| panic!("{key} of {document}")).to_owned()
}
