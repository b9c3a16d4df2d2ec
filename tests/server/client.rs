//! A service in a directory of its own, and a client that believes no answer.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The binary as it runs: stopped when dropped.
pub struct Server {
    child: Child,
    dir: tempfile::TempDir,
    pub url: String,
    agent: ureq::Agent,
    /// What it said at the start.
    pub listening: Value,
    description: Value,
    /// Which operations were called: `get /healthz`.
    pub called: Mutex<BTreeSet<String>>,
    /// Headers that go with each request.
    pub headers: Vec<(&'static str, String)>,
}

/// One answer.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub kind: String,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Server {
    pub fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    pub fn start_with(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let log = File::create(dir.path().join("log")).expect("a writable directory");
        let mut child = command(&dir.path().join("state"))
            .args(["serve", "--json", "--port", "0"])
            .args(args)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary was built");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("one line");
        let listening: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("{line}{}", fs::read_to_string(dir.path().join("log")).unwrap_or_default()));
        assert_eq!(listening["schema"], "camtoken/listening/1");
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: ureq::Agent = config.timeout_global(Some(Duration::from_secs(60))).build().into();
        let url = listening["url"].as_str().expect("an address").to_owned();
        let (called, headers) = (Mutex::default(), Vec::new());
        let mut server = Self { child, dir, url, agent, listening, description: Value::Null, called, headers };
        server.description = serde_json::from_slice(&server.ask("GET", "/openapi.json", None).body).expect("JSON");
        server
    }

    pub fn description(&self) -> &Value {
        &self.description
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).expect("it was made at the start")
    }

    pub fn get(&self, path: &str) -> Said {
        self.call("GET", path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Said {
        self.call("POST", path, Some(("application/json", body.to_string().into_bytes())))
    }

    pub fn put(&self, path: &str, body: &Value) -> Said {
        self.call("PUT", path, Some(("application/json", body.to_string().into_bytes())))
    }

    pub fn delete(&self, path: &str) -> Said {
        self.call("DELETE", path, None)
    }

    /// Calls, and holds the answer against the description.
    pub fn call(&self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Said {
        let said = self.ask(method, path, body);
        self.check(method, path, &said);
        said
    }

    pub fn ask(&self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Said {
        self.ask_as(&self.headers, method, path, body)
    }

    /// Calls with other headers than its own.
    pub fn ask_as(
        &self,
        headers: &[(&'static str, String)],
        method: &str,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> Said {
        let (kind, body) = body.map_or((None, Vec::new()), |(kind, body)| (Some(kind), body));
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let request = request.body(body).expect("a request");
        let mut response = self.agent.run(request).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let mut body = Vec::new();
        response.body_mut().as_reader().read_to_end(&mut body).expect("a whole body");
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().to_owned();
        Said { status: response.status().as_u16(), kind, headers: response.headers().clone(), body }
    }

    /// The route, the status, the kind and the form of an answer are those that are described.
    fn check(&self, method: &str, path: &str, said: &Said) {
        let path = path.split('?').next().unwrap_or(path);
        let paths = self.description["paths"].as_object().expect("paths");
        let fits = |template: &str| {
            let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            template.len() == path.len()
                && template.iter().zip(path).all(|(known, part)| known.starts_with('{') || *known == part)
        };
        // A route with a fixed name is meant before one with a parameter.
        let route = paths.keys().filter(|template| fits(template)).min_by_key(|template| template.matches('{').count());
        let Some(route) = route else {
            assert_eq!(said.status, 404, "{method} {path} is not described");
            return said.is_problem();
        };
        let operation = &paths[route][method.to_lowercase()];
        if operation.is_null() {
            assert_eq!(said.status, 405, "{method} {route} is not described");
            return said.is_problem();
        }
        self.called.lock().expect("no panic").insert(format!("{} {route}", method.to_lowercase()));
        let responses = &operation["responses"];
        let exact = &responses[said.status.to_string()];
        if exact.is_null() {
            assert!(said.status >= 400, "{method} {route}: {said:?}");
            return said.is_problem();
        }
        if exact["content"].is_null() {
            assert!(said.body.is_empty(), "{method} {route}: {said:?}");
            return;
        }
        let kind = &exact["content"][&said.kind];
        assert!(!kind.is_null(), "{method} {route}: {} is not described", said.kind);
        if said.kind == "application/json" {
            self.validate(&kind["schema"], &said.json(), &format!("{method} {route}"));
        }
    }

    fn validate(&self, schema: &Value, document: &Value, what: &str) {
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self.description["components"],
            "allOf": [schema],
        });
        let validator = jsonschema::validator_for(&whole).expect("a schema");
        let errors: Vec<_> = validator.iter_errors(document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{what}: {errors:?}\n{document:#}");
    }

    /// A connection of its own, for what a client does not do.
    pub fn connect(&self) -> TcpStream {
        let address = self.url.strip_prefix("http://").expect("http");
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket");
        stream
    }

    /// Sends bytes as they are, and reads to the end.
    pub fn raw(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        // It may close while it is still being written to.
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    /// Asks it to end; how it exited, and how long that took.
    pub fn stop(&mut self) -> (Option<i32>, Duration) {
        let start = Instant::now();
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill is there");
        assert!(killed.success());
        let status = self.child.wait().expect("it ends");
        (status.code(), start.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Said {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}: {}", self.status, self.text()))
    }

    /// The document of an answer with this status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of a problem with this status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        self.is_problem();
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    #[track_caller]
    fn is_problem(&self) {
        assert_eq!(self.kind, "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        for part in ["type", "title", "code", "hint", "docs"] {
            assert!(problem[part].as_str().is_some_and(|text| !text.is_empty()), "{part} of {problem}");
        }
        assert!(["en", "ja"].contains(&self.header("content-language")));
    }
}

/// The binary in an environment of its own.
pub fn command(state: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_camtoken"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CAMTOKEN_") {
            command.env_remove(name);
        }
    }
    command.env("CAMTOKEN_STATE_DIR", state).env("CAMTOKEN_LANG", "en").env("HOME", "/nonexistent");
    command.env("XDG_CONFIG_HOME", "/nonexistent").current_dir(state.parent().expect("a directory above"));
    command
}
