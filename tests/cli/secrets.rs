//! Secrets that are known are looked for in all that camtoken prints and keeps: each verb, each form of output, on good
//! input and bad.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use camtoken::Key;
use camtoken::challenge::DeviceNonce;
use camtoken::code::activation::{Binding, open_first, open_second};
use camtoken::code::{self, ChallengeCode};
use camtoken::provision::pskc::{Algorithm, Container, DeviceInfo, KeyPackage, Protection};
use camtoken::token::{Device, Pin, Token, file};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde_json::Value;

use super::camtoken;

const DEVICE_KEY: &[u8; 32] = b"canary device key canary device ";
const KEK: &[u8; 32] = b"canary key encryption key canary";
const TRANSPORT: &[u8; 32] = b"canary transport key canary key ";
const PASSPHRASE: &str = "canary passphrase";
const PIN: &str = "71828182";

const FORMS: [&[&str]; 3] = [&[], &["--json"], &["--quiet"]];

/// A directory of state, and what must never leave it.
struct Desk {
    dir: tempfile::TempDir,
    secrets: Vec<String>,
}

impl Desk {
    fn new() -> Self {
        let mut desk = Self { dir: tempfile::tempdir().expect("a temporary directory"), secrets: Vec::new() };
        for bytes in [DEVICE_KEY, KEK, TRANSPORT] {
            desk.guard_bytes(bytes);
        }
        desk.guard(PASSPHRASE);
        desk.guard(PIN);
        desk
    }

    fn guard(&mut self, secret: &str) {
        self.secrets.push(secret.to_lowercase());
    }

    fn guard_bytes(&mut self, bytes: &[u8]) {
        self.guard(&hex(bytes));
        self.guard(&String::from_utf8_lossy(&bytes[..16]));
        // Of base64 the beginning, which does not depend on what follows.
        self.guard(&BASE64.encode(&bytes[..15]));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).expect("a writable directory");
        self.arg(name)
    }

    fn arg(&self, name: &str) -> String {
        self.path(name).into_os_string().into_string().expect("a temporary path is Unicode")
    }

    /// Runs a verb in one form and gives what it says, with nothing secret in it.
    fn run(&self, args: &[&str], form: &[&str]) -> (String, i32) {
        let output = camtoken(args)
            .args(form)
            .env("CAMTOKEN_STATE_DIR", self.path("state"))
            .env("CAMTOKEN_ACCEPT_TEST_KEYS", "true")
            .env("CAMTOKEN_KEK", hex(KEK))
            .env("CAMTOKEN_PASSPHRASE", PASSPHRASE)
            .env("CAMTOKEN_PIN", PIN)
            .stdin(Stdio::null())
            .output()
            .expect("camtoken starts");
        let said = [output.stdout.as_slice(), &output.stderr].concat();
        self.assert_tells_nothing(&said, &format!("{args:?} {form:?}"));
        (String::from_utf8(output.stdout).expect("camtoken prints UTF-8"), output.status.code().expect("no signal"))
    }

    fn json(&self, args: &[&str], exit: i32) -> Value {
        let (said, code) = self.run(args, &["--json"]);
        assert_eq!(code, exit, "{args:?}: {said}");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{args:?}: {error}: {said}"))
    }

    /// In each form of output, for what changes nothing or may be done again.
    fn each(&self, args: &[&str], exit: i32) {
        for form in FORMS {
            let (said, code) = self.run(args, form);
            assert_eq!(code, exit, "{args:?} {form:?}: {said}");
        }
    }

    fn assert_tells_nothing(&self, bytes: &[u8], place: &str) {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        for secret in &self.secrets {
            assert!(!text.contains(secret), "{place} tells {secret:?}");
        }
    }

    fn assert_keeps_nothing(&self, dir: &Path) {
        for entry in fs::read_dir(dir).expect("a readable directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                self.assert_keeps_nothing(&path);
            } else {
                self.assert_tells_nothing(&fs::read(&path).expect("a readable file"), &path.display().to_string());
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn wrong(digits: &str) -> String {
    digits.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

#[test]
fn no_output_and_no_file_tells_a_secret() {
    let mut desk = Desk::new();
    let rng = &mut UnwrapErr(SysRng);
    let device_key = Key::new(DEVICE_KEY.to_vec());

    // A token with a PIN, encrypted, and its device key as a key package.
    let mut token = Token::new("KKK0000001".parse().expect("a token ID"), Key::new(DEVICE_KEY.to_vec()), false);
    token.set_pin(Some(Pin::new(PIN, rng).expect("a good PIN"))).expect("unlocked");
    let sealed = file::to_string_encrypted(&Device::new(token), &PASSPHRASE.into(), rng).expect("a passphrase");
    let sealed = desk.file("work.camtoken.json", sealed);
    let mut package = KeyPackage::new("1", Algorithm::Ocra, Key::new(DEVICE_KEY.to_vec()));
    package.device = DeviceInfo { serial: Some("KKK0000001".to_owned()), ..DeviceInfo::default() };
    let container = Container { packages: vec![package], ..Container::default() };
    let transport = Protection::PreSharedKey { key: Key::new(TRANSPORT.to_vec()), name: None, mac_key: None };
    let keys = desk.file("keys.pskcxml", container.write(&transport, rng).expect("a package"));
    let plain = desk.file("plain.pskcxml", container.write(&Protection::None, rng).expect("a package"));
    let damaged = desk.file("damaged.pskcxml", fs::read_to_string(&plain).expect("text").replace("Secret>", "Sekret>"));
    let (transport, other) = (desk.file("transport", hex(TRANSPORT)), desk.file("other", "another passphrase"));

    desk.json(&["token", "import", &sealed], 0);
    desk.each(&["token", "import", &sealed], 2);
    desk.each(&["token", "list"], 0);
    desk.each(&["token", "show", "work"], 0);
    desk.each(&["token", "export", "work"], 0);
    desk.each(&["token", "show", "work", "--passphrase-file", &other], 1);
    for name in ["token", "activation"] {
        desk.each(&["token", "import", &plain, "--name", name], 1);
    }
    desk.each(&["enroll", "import", &keys, "--key-file", &transport], 0);
    desk.each(&["enroll", "import", &plain], 0);
    desk.each(&["enroll", "import", &damaged], 2);
    desk.each(&["enroll", "import", &keys, "--passphrase-file", &other], 2);
    desk.each(&["enroll", "import", &keys], 2);

    // Both codes, answered by hand, so that the new key is known.
    let start = ["enroll", "start", "--token", "KKK0000001", "--contract", "1234567890", "--user", "TANAKA"];
    let first = desk.json(&start, 0);
    let (activation, code) = (text(&first["activation"]), text(&first["code"]));
    let asked = open_first(&code.parse::<ChallengeCode>().expect("a code"), &device_key).expect("for this token");
    let nonce = DeviceNonce::generate(rng);
    let device_code = asked.device_code(&device_key, nonce).expose_digits();
    desk.guard(&device_code);
    desk.each(&["enroll", "second", activation, "12345"], 6);
    desk.json(&["enroll", "second", activation, &wrong(&device_code)], 6);
    let second = desk.json(&["enroll", "second", activation, &device_code], 0);
    desk.each(&["enroll", "second", activation, &device_code], 0);
    let second: ChallengeCode = text(&second["code"]).parse().expect("a code");
    let (challenge, grant) =
        open_second(&second, &device_key, Binding { first: asked.id, nonce }).expect("for this device code");
    desk.guard_bytes(grant.key.expose_bytes());
    let response = challenge.respond(&grant.key, &grant.suite);
    desk.guard(response.expose_str());
    desk.json(&["enroll", "confirm", activation, &wrong(response.expose_str())], 6);
    desk.json(&["enroll", "confirm", activation, response.expose_str()], 0);
    desk.each(&["enroll", "confirm", activation, response.expose_str()], 6);
    desk.each(&["enroll", "status"], 0);

    // The token reads the first code, page by page; it shows digits of its own.
    let first = desk.file("first.txt", code);
    for pin in [&other, &desk.file("pin", wrong(PIN))] {
        desk.json(&["scan", &first, "--token", "work", "--confirm", "auto", "--pin-file", pin], 5);
    }
    desk.each(&["scan", &first, "--token", "work", "--confirm", "auto"], 0);
    desk.each(&["token", "press", "work", "left"], 0);
    desk.each(&["token", "screen", "work"], 0);
    desk.each(&["token", "faults", "work", "--battery", "0"], 0);

    let limit = ["--field", "limit=transfer", "--field", "old=1", "--field", "new=2"];
    let issued = desk.json(&[&["issue", "limit-change", "--for", activation], &limit[..]].concat(), 0);
    let code: ChallengeCode = text(&issued["code"]).parse().expect("a code");
    let opened = code::open(&code, &grant.key).expect("for this activation");
    let response = opened.respond(&grant.key, &grant.suite);
    desk.guard(response.expose_str());
    let reference = text(&issued["challenge"]);
    desk.each(&["inspect", code.as_str()], 0);
    desk.json(&["verify", reference, &wrong(response.expose_str())], 6);
    desk.each(&["verify", reference, &format!("{}1", response.expose_str())], 6);
    desk.json(&["verify", reference, response.expose_str()], 0);
    desk.each(&["verify", reference, response.expose_str()], 6);

    let exported = desk.arg("exported.pskcxml");
    desk.each(&["enroll", "export", "-o", &exported], 0);
    desk.assert_tells_nothing(&fs::read(&exported).expect("just written"), &exported);
    desk.each(&["doctor"], 0);
    desk.each(&["config"], 0);
    desk.assert_keeps_nothing(&desk.path("state"));
}
