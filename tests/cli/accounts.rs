//! Accounts of other systems on a token: what an authenticator app would hold, and cards that are asked a question.
//!
//! Values are those of RFC 4226, RFC 6238 and RFC 6287. The network, with servers of others, is in `tests/interop`.

use std::path::PathBuf;

use camtoken::qr::{EcLevel, encode};
use serde_json::{Value, json};

use super::{camtoken, document};

/// The key of RFC 4226 in base32.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new(token: &[&str]) -> Self {
        let desk = Self { dir: tempfile::tempdir().expect("a temporary directory") };
        assert_eq!(desk.run(&[&["token", "new", "mine"], token].concat()).1, 0);
        desk
    }

    fn run(&self, args: &[&str]) -> (Value, i32) {
        self.run_with(args, "")
    }

    /// The one document of a verb, and its exit code.
    fn run_with(&self, args: &[&str], input: &str) -> (Value, i32) {
        let mut command = camtoken(&["--json"]);
        command.args(args).env("CAMTOKEN_STATE_DIR", self.dir.path().join("state"));
        document(command.env("CAMTOKEN_PASSPHRASE", "a few words of a test"), input)
    }

    /// A picture of a code that says this.
    fn picture(&self, text: &str) -> PathBuf {
        let path = self.dir.path().join("code.png");
        let symbol = encode(text, EcLevel::M).expect("a short text");
        std::fs::write(&path, symbol.to_png(4)).expect("a writable directory");
        path
    }

    fn scan(&self, text: &str) -> (Value, i32) {
        let picture = self.picture(text);
        self.run(&["scan", picture.to_str().expect("UTF-8"), "--confirm", "auto"])
    }

    fn otp(&self, account: &str, at: &str) -> Value {
        self.run(&["token", "otp", account, "--at", at]).0["response"].clone()
    }
}

#[test]
fn a_code_for_an_authenticator_app_registers_and_is_answered() {
    let desk = Desk::new(&["--test"]);
    let (scan, exit) = desk.scan(&format!("otpauth://totp/ACME%20Co:alice?secret={SECRET}&issuer=ACME%20Co&digits=8"));
    assert_eq!((&scan["outcome"], exit), (&json!("shown"), 0), "{scan}");
    let foreign = &scan["foreign"];
    assert_eq!((&foreign["format"], &foreign["act"]), (&json!("otpauth"), &json!("registered")));
    assert_eq!(foreign["accounts"], json!([{ "issuer": "ACME Co", "user": "alice" }]));
    assert_eq!(foreign["warning"], "This code carries no transaction");
    assert!(!scan.to_string().contains(SECRET), "the secret is not told");
    for (at, response) in [("59", "94287082"), ("1111111109", "07081804"), ("20000000000", "65353130")] {
        assert_eq!(desk.otp("alice", at), response);
        assert_eq!(desk.otp("ACME Co:alice", at), response);
    }

    let (again, exit) = desk.scan("otpauth://totp/ACME%20Co:alice?secret=MFRGG&issuer=ACME%20Co");
    assert_eq!((&again["code"], exit), (&json!("CT-E068"), 5), "an old key is not overwritten: {again}");
    assert_eq!((&again["format"], &again["foreign"]), (&json!("otpauth"), &Value::Null), "what was refused is named");
    assert_eq!(desk.otp("alice", "59"), "94287082");
    let (left, exit) = desk.run(&["token", "rm-account", "alice", "--yes"]);
    assert_eq!((&left["accounts"], exit), (&json!([]), 0));
}

/// RFC 4226, appendix D.
#[test]
fn a_counter_moves_on_with_each_value() {
    let desk = Desk::new(&["--test"]);
    assert_eq!(desk.scan(&format!("otpauth://hotp/bob?secret={SECRET}&counter=0")).1, 0);
    for response in ["755224", "287082", "359152", "969429"] {
        assert_eq!(desk.otp("bob", "0"), response);
    }
}

/// RFC 6287, appendix C.1: one-way challenge response with SHA-1 and QN08.
#[test]
fn a_card_answers_a_question_once_it_is_shown() {
    let desk = Desk::new(&["--test"]);
    let add = ["token", "add-account", "--issuer", "Bank", "--user", "card", "--kind", "ocra", "--key-file", "-"];
    let suite = ["--suite", "OCRA-1:HOTP-SHA1-6:QN08"];
    let key = "3132333435363738393031323334353637383930";
    assert_eq!(desk.run_with(&[&add[..], &suite[..]].concat(), key).1, 0);
    let ask = |question: &str| desk.run(&["token", "otp", "--question", question, "--confirm", "auto"]);
    assert_eq!(ask("00000000").0["response"], "237653");
    let (answer, _) = ask("11111111");
    assert_eq!(answer["response"], "243178");
    assert!(answer["fields"].as_array().is_some_and(|fields| fields.iter().any(|field| field["shown"] == "11111111")));
    // A code that signs something is not answered without an approval.
    let (refused, exit) = desk.run(&["token", "otp", "--question", "00000000"]);
    assert_eq!((&refused["code"], exit), (&json!("CT-E023"), 2));
    let (wrong, exit) = ask("not digits");
    assert_eq!((&wrong["code"], exit), (&json!("CT-E053"), 5), "{wrong}");
}

#[test]
fn a_key_that_could_not_be_read_again_is_refused_and_loses_nothing() {
    let desk = Desk::new(&["--test"]);
    assert_eq!(desk.scan(&format!("otpauth://totp/alice?secret={SECRET}&digits=8")).1, 0);
    let package = |digits: u8| {
        format!(
            r#"<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"><KeyPackage>
            <Key Id="a" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp"><AlgorithmParameters>
            <ResponseFormat Length="{digits}" Encoding="DECIMAL"/></AlgorithmParameters><Data>
            <Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret><Counter><PlainValue>0</PlainValue></Counter>
            </Data></Key></KeyPackage></KeyContainer>"#
        )
    };
    let add = ["token", "add-account", "--user", "card"];
    let hotp = [&add[..], &["--kind", "hotp", "--pskc", "-"]].concat();
    let (refused, exit) = desk.run_with(&[&hotp[..], &["--issuer", "Bank"]].concat(), &package(10));
    assert_eq!((&refused["code"], exit), (&json!("CT-E073"), 2), "{refused}");
    assert_eq!(refused["why"], "digits of the account: not 6 to 8");
    let (refused, exit) = desk.run_with(&[&hotp[..], &["--issuer", "B\nank"]].concat(), &package(6));
    assert_eq!((&refused["code"], exit), (&json!("CT-E020"), 2), "{refused}");
    let (refused, exit) = desk.run(&[&add[..], &["--issuer", "Bank", "--binary", "--key-file", "/dev/null"]].concat());
    assert_eq!((&refused["code"], exit), (&json!("CT-E073"), 2), "{refused}");
    assert_eq!(desk.otp("alice", "59"), "94287082");
    assert_eq!(desk.run_with(&[&hotp[..], &["--issuer", "Bank"]].concat(), &package(6)).1, 0);
    assert_eq!(desk.otp("card", "0"), "755224");
}

#[test]
fn accounts_are_encrypted_with_their_token_and_a_token_of_one_bank_has_none() {
    let desk = Desk::new(&[]);
    assert_eq!(desk.scan(&format!("otpauth://totp/alice?secret={SECRET}&digits=8")).1, 0);
    let file = std::fs::read_to_string(desk.dir.path().join("state/tokens/mine.json")).expect("a token file");
    assert!(!file.contains("alice") && !file.contains("accounts"), "{file}");
    assert_eq!(desk.otp("alice", "59"), "94287082");

    let desk = Desk::new(&["--test", "--profile", "japan"]);
    let (refused, exit) = desk.scan(&format!("otpauth://totp/alice?secret={SECRET}"));
    assert_eq!((&refused["code"], exit), (&json!("T03"), 5), "{refused}");
    for verb in [&["accounts", "mine"][..], &["otp", "--token", "mine"]] {
        let (refused, exit) = desk.run(&[&["token"], verb].concat());
        assert_eq!((&refused["code"], exit), (&json!("CT-E020"), 2), "{refused}");
    }
}

#[test]
fn a_fault_that_a_test_has_set_holds_for_these_codes_too() {
    let desk = Desk::new(&["--test"]);
    let code = format!("otpauth://totp/alice?secret={SECRET}&digits=8");
    for (fault, refusal) in [(["--battery", "0"], "T13"), (["--next-scan", "T02"], "T02")] {
        assert_eq!(desk.run(&[&["token", "faults", "mine"], &fault[..]].concat()).1, 0);
        assert_eq!(desk.scan(&code).0["code"], refusal);
        assert_eq!(desk.run(&["token", "faults", "mine", "--clear"]).1, 0);
    }
    assert_eq!(desk.scan(&code).0["outcome"], "shown");
    assert_eq!(desk.run(&["token", "faults", "mine", "--battery", "0"]).1, 0);
    assert_eq!(desk.run(&["token", "otp", "--token", "mine"]).0["code"], "CT-E063");
}

#[test]
fn codes_that_ask_a_token_for_nothing_are_named() {
    let desk = Desk::new(&["--test"]);
    for (text, format, refused) in [
        ("https://example.com/a", "link", true),
        ("words and nothing else", "text", true),
        ("otpauth://yaotp/alice?secret=MFRGG", "yaotp", true),
        ("motp://site:alice?secret=00112233", "motp", true),
        ("otpauth://totp/ACME:alice?secret=MFRGG", "otpauth", false),
        ("tiqrauth://alice@bank.example/0123456789abcdef/1234567890/Bank/2", "tiqr-login", false),
    ] {
        let picture = desk.picture(text);
        let picture = picture.to_str().expect("UTF-8");
        let (raw, exit) = desk.run(&["scan", "--raw", picture]);
        let told = if refused && ["link", "text"].contains(&format) { Value::Null } else { json!(format) };
        assert_eq!((&raw["format"], exit), (&told, 0), "{raw}");
        let (inspect, exit) = desk.run(&["inspect", picture]);
        assert_eq!((&inspect["format"], exit), (&json!(format), if refused { 5 } else { 0 }), "{inspect}");
        let (scan, exit) = desk.run(&["scan", picture, "--confirm", "auto"]);
        assert_eq!(
            (scan["outcome"] == "refused", exit == 5),
            (refused || format == "tiqr-login", refused || format == "tiqr-login"),
            "{scan}"
        );
    }
}

#[test]
fn nothing_is_sent_to_a_host_that_was_not_named() {
    let desk = Desk::new(&["--test"]);
    let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    server.set_nonblocking(true).expect("a socket");
    let port = server.local_addr().expect("an address").port();
    let code = format!("tiqrenroll://http://127.0.0.1:{port}/metadata?key=1");
    for hosts in [&[][..], &["--deliver-to", "example.com"][..], &["--deliver-to", "127.0.0.1"][..]] {
        let picture = desk.picture(&code);
        let scan = [&["scan", picture.to_str().expect("UTF-8"), "--confirm", "auto"], hosts].concat();
        let (refused, exit) = desk.run(&scan);
        assert_eq!((&refused["code"], exit), (&json!("CT-E066"), 1), "{refused}");
        assert!(server.accept().is_err(), "somebody called");
    }
}
