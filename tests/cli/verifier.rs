//! The bank's side, told in separate processes: every answer of the verifier with its exit code, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use camtoken::challenge::{DeviceNonce, ResponseSuite};
use camtoken::code::activation::{Binding, open_first, open_second};
use camtoken::code::{self, ChallengeCode};
use camtoken::oath::totp::Totp;
use camtoken::provision::otpauth::OtpauthUri;
use camtoken::qr::{Limits, Luma, Scan, ScanOptions, scan};
use camtoken::token::{Device, Token, file};
use camtoken::{Key, Timestamp};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde_json::{Value, json};

use super::documents::assert_as_its_schema;
use super::{PAYEE, camtoken};

pub const TOKEN: &str = "KKK0000001";

/// A device key whose bytes are known, to look for them in what is printed.
pub const CANARY: &[u8; 32] = b"canary-canary-canary-canary-key!";

/// A bank of its own in a directory of its own, and the token's side of one activation done by hand.
pub struct Story {
    dir: tempfile::TempDir,
    pub now: u64,
    pub activation: String,
    key: Key,
    suite: ResponseSuite,
    /// Variables of every process of it.
    pub variables: Vec<(&'static str, String)>,
}

/// What one process said.
#[derive(Debug, Clone)]
pub struct Said {
    pub exit: i32,
    pub document: Value,
}

impl Story {
    /// A token that the verifier has, without a user.
    pub fn new() -> Self {
        Self::new_with(Vec::new())
    }

    fn new_with(variables: Vec<(&'static str, String)>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let story = Self {
            dir,
            now: 1_795_230_000,
            activation: String::new(),
            key: Key::new(Vec::new()),
            suite: ResponseSuite::default(),
            variables,
        };
        let token = Token::new(TOKEN.parse().expect("a token ID"), device_key(), true);
        let text = file::to_string(&Device::new(token)).expect("a test token");
        fs::write(story.path("token.camtoken.json"), text).expect("a writable directory");
        let said = story.run(&["enroll", "import", &story.arg("token.camtoken.json")]);
        assert_eq!((said.exit, &said.document["tokens"]), (0, &json!([TOKEN])), "{said:?}");
        story
    }

    /// Both codes, each read from its picture.
    pub fn registered() -> Self {
        Self::registered_with(Vec::new())
    }

    /// The same with variables of every process.
    pub fn registered_with(variables: Vec<(&'static str, String)>) -> Self {
        let mut story = Self::new_with(variables);
        let first = story.arg("code1.png");
        let said = story.run(&[
            "enroll",
            "start",
            "--token",
            TOKEN,
            "--contract",
            "1234567890",
            "--user",
            "TANAKA",
            "-o",
            &first,
        ]);
        assert_eq!(said.exit, 0, "{said:?}");
        let activation = text(&said.document["activation"]);
        let asked = open_first(&scanned(Path::new(&first)), &device_key()).expect("sealed for this token");
        let nonce = DeviceNonce::generate(&mut UnwrapErr(SysRng));
        let device_code = asked.device_code(&device_key(), nonce).expose_digits();

        let wrong = format!("{:012}", (device_code.parse::<u64>().expect("digits") + 1) % 1_000_000_000_000);
        let said = story.run(&["enroll", "second", &activation, &wrong]);
        assert_eq!((said.exit, said.reason()), (6, "Wrong".to_owned()));

        let second = story.arg("code2.svg");
        let said = story.run(&["enroll", "second", &activation, &device_code, "-o", &second]);
        assert_eq!(said.exit, 0, "{said:?}");
        assert!(fs::read_to_string(&second).expect("an SVG").starts_with("<svg "));
        let binding = Binding { first: asked.id, nonce };
        let second: ChallengeCode = text(&said.document["code"]).parse().expect("a code");
        let (challenge, grant) = open_second(&second, &device_key(), binding).expect("sealed for this answer");
        let response = challenge.respond(&grant.key, &grant.suite);

        let said = story.run(&["enroll", "confirm", &activation, "12345678"]);
        assert_eq!((said.exit, said.reason()), (6, "Wrong".to_owned()));
        let said = story.run(&["enroll", "confirm", &activation, response.expose_str()]);
        assert_eq!((said.exit, &said.document["state"]), (0, &json!("active")), "{said:?}");
        let said = story.run(&["enroll", "confirm", &activation, response.expose_str()]);
        assert_eq!((said.exit, said.reason()), (6, "AlreadySettled".to_owned()));
        (story.activation, story.key, story.suite) = (activation, grant.key, grant.suite);
        story
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn arg(&self, name: &str) -> String {
        self.path(name).to_str().expect("a temporary path is Unicode").to_owned()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = camtoken(args);
        command.env("CAMTOKEN_STATE_DIR", self.path("state")).env("CAMTOKEN_NOW", self.now.to_string());
        command.env("CAMTOKEN_ACCEPT_TEST_KEYS", "true").stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run(&self, args: &[&str]) -> Said {
        said(&self.command(args).arg("--json").output().expect("camtoken starts"))
    }

    pub fn issue(&self, amount: &str) -> Said {
        let fields = transfer(amount);
        let mut args = vec!["issue", "transfer", "--for", &self.activation];
        args.extend(fields.iter().flat_map(|field| ["--field", field.as_str()]));
        let said = self.run(&args);
        assert_eq!(said.exit, 0, "{said:?}");
        said
    }

    /// The response that the token gives to what was issued.
    pub fn respond(&self, issued: &Said) -> String {
        let code: ChallengeCode = text(&issued.document["code"]).parse().expect("a code");
        let challenge = code::open(&code, &self.key).expect("sealed for this activation");
        challenge.respond(&self.key, &self.suite).expose_str().to_owned()
    }

    pub fn verify(&self, issued: &Said, response: &str) -> Said {
        self.run(&["verify", &text(&issued.document["challenge"]), response])
    }
}

impl Said {
    fn reason(&self) -> String {
        text(&self.document["reason"])
    }
}

pub fn said(output: &Output) -> Said {
    let all = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(!all.windows(6).any(|part| part == b"canary"), "a key was printed");
    let digits: String = CANARY.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!String::from_utf8_lossy(&all).to_lowercase().contains(&digits[..16]), "a key was printed");
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&all)));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_as_its_schema(&document);
    Said { exit: output.status.code().expect("no signal"), document }
}

pub fn device_key() -> Key {
    Key::new(CANARY.to_vec())
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn scanned(picture: &Path) -> ChallengeCode {
    let luma = Luma::decode(&fs::read(picture).expect("just written"), &Limits::default()).expect("a PNG");
    let Scan::Read(symbols) = scan(&luma, &ScanOptions::default()) else { panic!("a clean picture is read") };
    String::from_utf8(symbols[0].payload.clone()).expect("text").parse().expect("a code")
}

pub fn transfer(amount: &str) -> Vec<String> {
    let fields = PAYEE.into_iter().chain([("amount", amount), ("date", "2026-11-24"), ("edi", "INV-1")]);
    fields.map(|(name, value)| format!("{name}={value}")).collect()
}

/// Another eight digits than these.
fn wrong(response: &str) -> String {
    format!("{:08}", (response.parse::<u32>().expect("eight digits") + 1) % 100_000_000)
}

#[test]
fn a_right_response_is_accepted_once_and_names_what_to_execute() {
    let story = Story::registered();
    let issued = story.issue("1250000");
    let response = story.respond(&issued);
    let wide = |digit: char| char::from_u32(u32::from(digit) + 0xFEE0).expect("a full-width digit");
    let wide: String = response[4..].chars().map(wide).collect();
    let said = story.verify(&issued, &format!(" {}ー{wide}\u{3000}", &response[..4]));
    assert_eq!((said.exit, &said.document["result"]), (0, &json!("accepted")), "{said:?}");
    let transaction = &said.document["transaction"];
    assert_eq!((&transaction["operation"], &transaction["fields"]["amount"]), (&json!("transfer"), &json!("1250000")));
    assert_eq!(transaction["fields"]["edi"], "INV-1", "what is bound without being shown is executed too");
    assert_eq!(said.document["first"], true);
    let said = story.verify(&issued, &response);
    assert_eq!((said.exit, &said.document["result"]), (6, &json!("used")), "{said:?}");
}

#[test]
fn a_repeated_attempt_gets_the_same_answer_and_is_told_apart() {
    let story = Story::registered();
    let issued = story.issue("1");
    let (challenge, response) = (text(&issued.document["challenge"]), story.respond(&issued));
    let attempt = ["--attempt", "67e55044-10b1-426f-9247-bb680e5fe0c8"];
    let again: Vec<_> =
        (0..2).map(|_| story.run(&[&["verify", &challenge, &response], &attempt[..]].concat())).collect();
    assert_eq!(again.iter().map(|said| said.exit).collect::<Vec<_>>(), [0, 0]);
    assert_eq!((&again[0].document["first"], &again[1].document["first"]), (&json!(true), &json!(false)));
    assert_eq!(story.run(&["verify", &challenge, &response, "--attempt", "x"]).exit, 2);
}

#[test]
fn the_response_of_another_transaction_is_wrong_also_for_a_changed_amount() {
    let story = Story::registered();
    let first = story.issue("1250000");
    let to_first = story.respond(&first);
    let second = story.issue("9250000");
    assert_eq!(story.verify(&first, &to_first).document["result"], "superseded");
    let said = story.verify(&second, &to_first);
    assert_eq!((said.exit, said.reason()), (6, "Wrong".to_owned()));
    assert_eq!((&said.document["attemptsLeft"], &said.document["suspended"]), (&json!(2), &json!(false)));
    assert_eq!(story.verify(&second, &story.respond(&second)).exit, 0);
}

#[test]
fn what_is_no_response_is_refused_and_not_counted() {
    let story = Story::registered();
    let issued = story.issue("1");
    for given in ["", "1234567", "123456789", "1234567a", "１２３４５６７", "1234--5678", "12345678-", "1234567①"]
    {
        let said = story.verify(&issued, given);
        assert_eq!((said.exit, said.reason()), (6, "Malformed".to_owned()), "{given:?}");
        assert_eq!(said.document["message"], "Refused: expected 8 digits. It is not counted.");
    }
    let mut bank = story.command(&["verify", &text(&issued.document["challenge"]), "-", "--json"]);
    let mut bank = bank.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let line = format!("{}\r\nand more", story.respond(&issued));
    std::io::Write::write_all(&mut bank.stdin.take().expect("piped"), line.as_bytes()).expect("it reads");
    assert_eq!(said(&bank.wait_with_output().expect("it ends")).exit, 0);
}

#[test]
fn five_wrong_responses_suspend_until_resumed_and_a_revoked_activation_is_over() {
    let story = Story::registered();
    let issued = story.issue("1");
    let response = story.respond(&issued);
    for (left, last) in [(2, false), (1, false), (0, true)] {
        let said = story.verify(&issued, &wrong(&response));
        assert_eq!((said.exit, &said.document["attemptsLeft"]), (6, &json!(left)));
        assert_eq!(text(&said.document["message"]).contains("One try is left"), left == 1);
        assert_eq!(text(&said.document["message"]).contains("no try is left"), last);
    }
    assert_eq!(story.verify(&issued, &response).reason(), "Exhausted");
    let issued = story.issue("1");
    let response = story.respond(&issued);
    assert_eq!(story.verify(&issued, &wrong(&response)).document["attemptsLeft"], 1);
    let said = story.verify(&issued, &wrong(&response));
    assert_eq!((&said.document["result"], &said.document["suspended"]), (&json!("suspended"), &json!(true)));
    let said = story.verify(&issued, &response);
    assert_eq!((said.exit, &said.document["result"]), (6, &json!("suspended")));
    let refused = story.run(&[
        "issue",
        "token-revocation",
        "--for",
        &story.activation,
        "--field",
        "tokenId=A",
        "--field",
        "user=B",
    ]);
    assert_eq!((refused.exit, &refused.document["result"]), (6, &json!("suspended")));
    assert_eq!(refused.document["code"], "CT-E090");

    assert_eq!(story.run(&["enroll", "resume", &story.activation]).exit, 0);
    assert_eq!(story.run(&["enroll", "resume", &story.activation]).document["code"], "CT-E089");
    assert_eq!(story.verify(&issued, &response).document["result"], "superseded", "a new challenge is needed");
    let issued = story.issue("1");
    assert_eq!(story.verify(&issued, &story.respond(&issued)).exit, 0);

    assert_eq!(story.run(&["enroll", "suspend", &story.activation]).document["state"], "suspended");
    assert_eq!(story.run(&["enroll", "resume", &story.activation]).document["state"], "active");
    assert_eq!(story.run(&["enroll", "reset", &story.activation]).document["code"], "CT-E087");
    let issued = story.issue("1");
    assert_eq!(story.run(&["enroll", "revoke", &story.activation]).exit, 0);
    assert_eq!(story.verify(&issued, &story.respond(&issued)).reason(), "Revoked");
    assert_eq!(story.run(&["enroll", "revoke", TOKEN]).document["token"], TOKEN);
    let history = story.run(&["enroll", "audit", &story.activation]);
    let events = history.document["entries"].as_array().expect("entries").iter().map(|entry| text(&entry["event"]));
    let events: Vec<_> = events.collect();
    assert_eq!((history.exit, &history.document["whole"]), (0, &json!(true)));
    assert_eq!(events.iter().filter(|event| **event == "wrong").count(), 4, "{events:?}");
    assert!(events.last().is_some_and(|event| event == "revoked"), "{events:?}");
    let again = story.run(&["enroll", "start", "--token", TOKEN, "--contract", "1", "--user", "U"]);
    assert_eq!((again.exit, &again.document["code"]), (6, &json!("CT-E083")));
    let books = story.command(&["enroll", "status"]).output().expect("camtoken starts");
    assert!(String::from_utf8_lossy(&books.stdout).contains(&format!("{TOKEN}*")), "{books:?}");
}

#[test]
fn an_expired_challenge_stays_so_when_the_clock_is_set_back() {
    let mut story = Story::registered();
    let fields = transfer("1");
    let mut args = vec!["issue", "transfer", "--for", &story.activation, "--ttl", "60s"];
    args.extend(fields.iter().flat_map(|field| ["--field", field.as_str()]));
    let issued = story.run(&args);
    let response = story.respond(&issued);
    let open = story.run(&["enroll", "status", &story.activation]);
    assert_eq!(open.document["activations"][0]["challenge"]["challenge"], issued.document["challenge"]);
    story.now += 60;
    assert_eq!(story.verify(&issued, &response).document["result"], "expired");
    let closed = story.run(&["enroll", "status", &story.activation]);
    assert_eq!(closed.document["activations"][0].get("challenge"), None);
    story.now -= 50;
    let said = story.verify(&issued, &response);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E016")), "{said:?}");
}

#[test]
fn a_fixed_clock_and_test_tokens_need_a_verifier_that_was_told() {
    let story = Story::new();
    let untold = |args: &[&str]| {
        let mut command = story.command(args);
        said(&command.env("CAMTOKEN_ACCEPT_TEST_KEYS", "").arg("--json").output().expect("camtoken starts"))
    };
    let status = untold(&["enroll", "status"]);
    assert_eq!((status.exit, &status.document["code"]), (2, &json!("CT-E026")));
    let mut command = story.command(&["enroll", "import", &story.arg("token.camtoken.json"), "--json"]);
    command.env("CAMTOKEN_ACCEPT_TEST_KEYS", "").env("CAMTOKEN_NOW", "");
    let refused = said(&command.output().expect("camtoken starts"));
    assert_eq!((refused.exit, &refused.document["code"]), (6, &json!("CT-E084")));
    assert_eq!(untold(&["enroll", "status", "--accept-test-keys"]).exit, 0);
}

#[test]
fn a_picture_on_standard_output_is_alone_there() {
    let story = Story::registered();
    let fields = transfer("1");
    let mut args = vec!["issue", "transfer", "--for", &story.activation, "-o", "-"];
    args.extend(fields.iter().flat_map(|field| ["--field", field.as_str()]));
    let output = story.command(&args).output().expect("camtoken starts");
    assert_eq!(output.status.code(), Some(0));
    fs::write(story.path("piped.png"), &output.stdout).expect("a writable directory");
    let code = scanned(&story.path("piped.png"));
    assert!(String::from_utf8_lossy(&output.stderr).contains(code.as_str()), "talk is on standard error");

    let quiet = story.command(&[&args[..4], &args[6..], &["--quiet"]].concat()).output().expect("camtoken starts");
    let reference = String::from_utf8(quiet.stdout).expect("text");
    assert_eq!(reference.trim_end().len(), 12 + 1 + 24, "{reference}");
    let blocks = story.command(&[&args[..4], &args[6..], &["--ascii"]].concat()).output().expect("camtoken starts");
    assert!(String::from_utf8_lossy(&blocks.stdout).contains('█'));
}

#[test]
fn a_time_based_password_is_good_once_and_for_nothing_else() {
    let story = Story::registered();
    let given = story.run(&["enroll", "time-based", "--contract", "1234567890", "--user", "SATO"]);
    let activation = text(&given.document["activation"]);
    let uri: OtpauthUri = text(&given.document["uri"]).parse().expect("an otpauth URI");
    let password = Totp::default().respond(&uri.secret, Timestamp::from_unix(story.now));
    let password = password.expose_str();
    assert_eq!(story.run(&["verify", "--time-based", &activation, password]).exit, 0);
    let again = story.run(&["verify", "--time-based", &activation, password]);
    assert_eq!((again.exit, &again.document["result"]), (6, &json!("used")));
    let crossed = story.run(&["verify", "--time-based", &story.activation, password]);
    assert_eq!((crossed.exit, crossed.reason()), (6, "Unknown".to_owned()));
    let refused =
        story.run(&["issue", "token-revocation", "--for", &activation, "--field", "tokenId=A", "--field", "user=B"]);
    assert_eq!((refused.exit, &refused.document["code"]), (6, &json!("CT-E086")));
}

#[test]
fn of_ten_processes_with_the_right_response_one_is_accepted() {
    let story = Story::registered();
    let issued = story.issue("1");
    let (challenge, response) = (text(&issued.document["challenge"]), story.respond(&issued));
    let start = |_| {
        let mut command = story.command(&["verify", &challenge, &response, "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("camtoken starts")
    };
    let running: Vec<_> = (0..10).map(start).collect();
    let exits = running.into_iter().map(|process| said(&process.wait_with_output().expect("it ends")).exit);
    let mut exits: Vec<_> = exits.collect();
    exits.sort_unstable();
    assert_eq!(exits, [0, 6, 6, 6, 6, 6, 6, 6, 6, 6]);
}

#[test]
fn a_store_that_is_busy_foreign_or_without_its_key_decides_nothing() {
    let story = Story::registered();
    let store = story.path("state/verifier/store");
    let open = camtoken::store::EmbeddedStore::open(&store, std::time::Duration::from_secs(5)).expect("nobody else");
    let mut command = story.command(&["enroll", "status", "--json"]);
    let busy = said(&command.env("CAMTOKEN_STORE_WAIT", "0").output().expect("camtoken starts"));
    assert_eq!((busy.exit, &busy.document["code"]), (1, &json!("CT-E013")));
    drop(open);

    fs::create_dir(story.path("photos")).expect("a writable directory");
    fs::write(story.path("photos/cat.jpg"), "").expect("a writable directory");
    let foreign = story.run(&["enroll", "status", "--store", &story.arg("photos")]);
    assert_eq!((foreign.exit, &foreign.document["code"]), (1, &json!("CT-E028")), "{foreign:?}");
    let photos = story.arg("photos");
    let member = ["--contract", "1234567890", "--user", "TANAKA"];
    let foreign = story.run(&[&["enroll", "time-based", "--store", &photos][..], &member].concat());
    assert_eq!((foreign.exit, &foreign.document["code"]), (1, &json!("CT-E014")), "{foreign:?}");
    assert!(!story.run(&["enroll", "status", "--store", &story.arg("nowhere")]).document["code"].is_null());
    assert!(!story.path("nowhere").exists(), "a question makes no store");
    let url = story.run(&["enroll", "status", "--store", "mysql://db.example/bank"]);
    assert_eq!((url.exit, &url.document["code"]), (2, &json!("CT-E027")));

    let kek = story.path("state/verifier/kek");
    fs::rename(&kek, story.path("elsewhere")).expect("just made");
    let said = story.run(&["enroll", "status"]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E017")), "a lost key is not drawn again");
    assert!(!kek.exists());
    let mut command = story.command(&["issue", "deletion", "--for", &story.activation, "--json"]);
    command.args(["--field", "user=TANAKA", "--field", "tokenId=KKK0000001"]);
    let with = |key: &str| {
        let mut command = story.command(&["enroll", "status", "--json"]);
        self::said(&command.env("CAMTOKEN_KEK", key).output().expect("camtoken starts"))
    };
    let other = with(&"ab01".repeat(16));
    assert_eq!((other.exit, &other.document["code"]), (1, &json!("CT-E050")), "{other:?}");
    for uniform in ["00", "ab", "FF"] {
        let weak = with(&uniform.repeat(32));
        assert_eq!((weak.exit, &weak.document["code"]), (1, &json!("CT-E017")), "{weak:?}");
    }
    let key = fs::read_to_string(story.path("elsewhere")).expect("just moved");
    let right = self::said(&command.env("CAMTOKEN_KEK", key.trim()).output().expect("camtoken starts"));
    assert_eq!(right.exit, 0, "{right:?}");
}

#[cfg(unix)]
#[test]
fn state_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let story = Story::new();
    for (name, mode) in [("state", 0o700), ("state/verifier", 0o700), ("state/verifier/kek", 0o600)] {
        let found = fs::metadata(story.path(name)).expect("just made").permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
}

#[test]
fn the_demonstration_tells_the_whole_story_and_can_be_told_again() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().join("demo");
    let out = out.to_str().expect("a temporary path is Unicode");
    for lang in ["en", "ja"] {
        let said =
            said(&camtoken(&["demo", "--out", out, "--lang", lang, "--json"]).output().expect("camtoken starts"));
        assert_eq!(said.exit, 0, "{said:?}");
        let steps = said.document["steps"].as_array().expect("steps");
        let results: Vec<_> = steps.iter().map(|step| (text(&step["step"]), text(&step["result"]))).collect();
        let expected = [
            ("books", "done"),
            ("code1", "shown"),
            ("code2", "done"),
            ("issue", "done"),
            ("show", "shown"),
            ("verify", "accepted"),
            ("again", "AlreadySettled"),
            ("altered", "T05"),
            ("other", "T04"),
            ("expired", "Expired"),
        ];
        assert_eq!(results, expected.map(|(step, result)| (step.to_owned(), result.to_owned())));
        for step in steps.iter().filter_map(|step| step["picture"].as_str()) {
            scanned(&Path::new(out).join(step));
        }
        let shown = steps[4]["screens"].to_string();
        assert!(shown.contains("1,250,000") && shown.contains("ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ"), "{shown}");
    }
    fs::write(dir.path().join("letter"), "").expect("a writable directory");
    let other = camtoken(&["demo", "--out", dir.path().to_str().expect("Unicode")]).output().expect("camtoken starts");
    assert_eq!(other.status.code(), Some(1), "a directory of other things is left alone");
    assert!(dir.path().join("letter").exists());
}
