//! The conformance kit: against camtoken itself, against others, and against what answers wrongly or not at all.

#[path = "conform/others.rs"]
mod others;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use camtoken_vectors::Place;
use camtoken_vectors::conform::answer::Answerer;
use camtoken_vectors::conform::{self, ConformError, Ending, Limits, Link, Report};
use serde_json::{Value, json};

const NONE: [String; 0] = [];
const BIN: &str = env!("CARGO_BIN_EXE_camtoken");

fn folder() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("testvectors")
}

fn files(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| folder().join(name)).collect()
}

/// The kit's own limits, for machines that have other things to do.
fn patient() -> Limits {
    Limits { within: Duration::from_secs(600), ..Limits::default() }
}

fn against(command: &[&str], names: &[&str]) -> Report {
    let command = command.iter().map(|&word| word.to_owned()).collect();
    conform::run(&files(names), &Link::Command(command), patient()).expect("it speaks the protocol")
}

/// An address at which questions are answered by a function; with no answer the connection is closed.
fn at_address(mut answer: impl FnMut(&str) -> Option<String> + Send + 'static) -> Link {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                let header = line.to_ascii_lowercase();
                if let Some(value) = header.strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a length");
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("as many bytes as were told");
            if let Some(answer) = answer(&String::from_utf8(body).expect("UTF-8")) {
                let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
                // The other side may have gone.
                let _sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(answer.as_bytes()));
            }
        }
    });
    Link::Url(url)
}

fn failures(report: &Report) -> Vec<String> {
    let failure = |(path, test): (&Path, &conform::TestReport)| match &test.ending {
        Ending::Failed { expected, got } => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Some(format!("{name}: {} ({}): expected {expected}, got {got}", test.place, test.comment))
        }
        _ => None,
    };
    report.tests().filter_map(failure).collect()
}

/// Why tests were skipped, each reason once.
fn skipped(report: &Report) -> Vec<String> {
    let why = |(_, test): (&Path, &conform::TestReport)| match &test.ending {
        Ending::Skipped { why } => Some(why.clone()),
        _ => None,
    };
    let mut reasons: Vec<_> = report.tests().filter_map(why).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

#[test]
fn camtoken_passes_its_own_kit() {
    let report = against(&[BIN, "conform", "--answer"], &["."]);
    assert_eq!(failures(&report), NONE);
    assert!(report.counts().0 > 1800, "{:?}", report.counts());
    // What other systems speak is no part of ours.
    assert!(skipped(&report).iter().all(|why| why.starts_with("type Lseqr") || why.starts_with("type Tiqr")));
    for role in ["verifier", "token", "both"] {
        let stories = report.tests().filter(|(_, test)| test.place == Place::Role(role)).count();
        assert!(stories > 90, "{stories} stories as {role}");
    }
}

#[test]
fn every_question_and_answer_is_as_the_schema_says() {
    let schema = include_str!("../testvectors/schemas/conformance_schema.json");
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let form = |name: &str| {
        let mut form = schema.clone();
        form["oneOf"] = serde_json::json!([{ "$ref": format!("#/$defs/{name}") }]);
        jsonschema::validator_for(&form).expect("a schema")
    };
    let (asked, said) = (form("asked"), form("said"));
    let wrong = Arc::<Mutex<Vec<String>>>::default();
    let (found, mut camtoken) = (Arc::clone(&wrong), Answerer::default());
    let link = at_address(move |question| {
        let answer = camtoken.answer(question);
        for (schema, line) in [(&asked, question), (&said, answer.as_str())] {
            if !schema.is_valid(&serde_json::from_str(line).expect("JSON")) {
                found.lock().expect("no test has panicked").push(line.to_owned());
            }
        }
        Some(answer)
    });
    let names = ["exchange", "activation_test.json", "ocra_rfc6287_test.json", "text_test.json", "zengin_test.json"];
    let report = conform::run(&files(&names), &link, patient()).expect("it speaks the protocol");
    assert_eq!(failures(&report), NONE);
    assert_eq!(*wrong.lock().expect("no test has panicked"), NONE);
}

/// camtoken, with a piece of each answer replaced.
fn wrong(from: &'static str, to: &'static str) -> Link {
    let mut camtoken = Answerer::default();
    at_address(move |question| Some(camtoken.answer(question).replace(from, to)))
}

/// What another implementation makes of a question, with camtoken at hand.
type Other = fn(&mut Answerer, Value) -> Value;

fn camtoken_but(answer: Other) -> Link {
    let mut camtoken = Answerer::default();
    at_address(move |question| Some(answer(&mut camtoken, serde_json::from_str(question).expect("JSON")).to_string()))
}

fn answer_of(camtoken: &mut Answerer, question: &Value) -> Value {
    serde_json::from_str(&camtoken.answer(&question.to_string())).expect("JSON")
}

#[test]
fn an_implementation_that_is_wrong_fails_by_the_name_of_the_vector() {
    for (name, from, to, expected) in [
        (
            "ocra_rfc6287_test.json",
            "237653",
            "237654",
            r#"ocra_rfc6287_test.json: group 1, tcId 1 (one-way): expected response "237653", got response "237654""#,
        ),
        (
            "exchange/expired.story",
            "rejected Expired",
            "accepted",
            "expired.story: as verifier (the right response comes when its time is over)",
        ),
        (
            "exchange/altered_code.story",
            "refused T05",
            "refused T03",
            "altered_code.story: as token (one bit of the code was altered): expected refused T05, got refused T03",
        ),
        (
            "code_test.json",
            "\"refused\":{\"error\":\"seal\"",
            "\"refused\":{\"error\":\"form\"",
            "expected refused: \"seal\", got refused: {\"error\":\"form\"}",
        ),
        ("exchange/accepted.story", "\"amount\":\"1250000\"", "\"amount\":\"1250001\"", "accepted.story: as verifier"),
        (
            "exchange/accepted.story",
            "\"outcome\":\"done\"",
            "\"outcome\":\"accepted\"",
            "accepted.story: as verifier (a transfer is shown, approved and answered in time): expected it ends with accepted, \
             got verifier.begin: \"accepted\" is no outcome of it",
        ),
        (
            "exchange/attempt_repeated.story",
            "\"outcome\":\"accepted again\"",
            "\"outcome\":\"done\"",
            "verifier.verify: \"done\" is no outcome of it",
        ),
        // It took the package whose MAC does not fit, and left another alone.
        ("pskc_test.json", "\"unread\":[1]", "\"unread\":[2]", "(another ValueMAC): expected refused, got "),
        (
            "exchange/accepted.story",
            "\"branchName\":\"ﾎﾝﾃﾝ\",",
            "",
            "accepted.story: as token (a transfer is shown, approved and answered in time): expected it ends with accepted, \
             got line 10: the token shows",
        ),
    ] {
        let report = conform::run(&files(&[name]), &wrong(from, to), patient()).expect("it speaks the protocol");
        let said = failures(&report);
        assert!(said.iter().any(|said| said.contains(expected)), "{name}: {said:#?}");
    }
}

#[test]
fn a_party_that_is_wrong_in_one_thing_fails() {
    let cases: [(&str, Other, &str); 5] = [
        (
            "amount_changed_is_shown",
            |camtoken, question| match answer_of(camtoken, &question) {
                _ if question["press"] == "none" => json!({ "id": question["id"], "outcome": "differs amount" }),
                answer => answer,
            },
            "token.read: \"differs amount\" is no outcome of it",
        ),
        (
            "every_operation",
            |camtoken, question| match answer_of(camtoken, &question) {
                mut answer if question["press"] == "none" => {
                    answer["answer"] = "12345678".into();
                    answer
                }
                answer => answer,
            },
            "the token answers what is not approved",
        ),
        (
            "answered_before",
            |camtoken, question| {
                let mut answer = answer_of(camtoken, &question);
                if answer["shown"]["amount"].is_string() {
                    answer.as_object_mut().expect("an object").remove("answer");
                }
                answer
            },
            "the token does not answer what is approved",
        ),
        (
            "time_based_challenge",
            |camtoken, question| match answer_of(camtoken, &question) {
                mut answer if answer["key"].is_string() => {
                    answer["key"] = "".into();
                    answer
                }
                answer => answer,
            },
            "key is not 16 to 64 bytes in hexadecimal",
        ),
        (
            "attempt_repeated",
            |camtoken, mut question| {
                if question["operation"] == "transfer" {
                    question["fields"]["amount"] = "1250001".into();
                }
                let mut answer = answer_of(camtoken, &question);
                if answer["fields"]["amount"].is_string() {
                    answer["fields"]["amount"] = "1250000".into();
                }
                answer
            },
            "attempt_repeated.story: as verifier (the answer to an attempt was lost on the way; the same attempt gets the same answer): \
             expected it ends with accepted again, got line 10: the token shows",
        ),
    ];
    for (story, answer, expected) in cases {
        let name = format!("exchange/{story}.story");
        let report = conform::run(&files(&[&name]), &camtoken_but(answer), patient());
        let said = failures(&report.expect("it speaks the protocol"));
        assert!(said.iter().any(|said| said.contains(expected)), "{story}: {said:#?}");
    }
}

#[test]
fn an_answer_that_is_none_passes_no_test() {
    for (asked, said) in [
        ("compute", r#""values":{"response":123456}"#),
        ("compute", r#""values":{"response":"123456","counter":0}"#),
        ("compute", r#""values":{"responses":"123456"}"#),
        ("compute", r#""refused":{"because":"it is wrong"}"#),
        ("compute", r#""refused":{"why":1}"#),
        ("compute", r#""refused":"it is wrong""#),
        ("compute", r#""refused":{},"error":1"#),
        ("compute", r#""refused":{},"error":"x""#),
        ("compute", r#""refused":{},"unsupported":"x""#),
        ("compute", r#""unsupported":1"#),
        ("check", r#""refused":1"#),
        ("check", r#""refused":{"because":"it is wrong"}"#),
        ("check", r#""valid":false,"refused":{}"#),
        ("check", r#""valid":0"#),
    ] {
        let link = at_address(move |question| {
            let question: Value = serde_json::from_str(question).expect("JSON");
            let said = match question["ask"].as_str() {
                Some("hello") => format!(r#""protocol":1,"name":"x","version":"1","{asked}":["HotpRespond"]"#),
                _ => said.to_owned(),
            };
            Some(format!(r#"{{"id":{},{said}}}"#, question["id"]))
        });
        let report = conform::run(&files(&["hotp_test.json"]), &link, patient()).expect("it says hello");
        let (passed, failed, skipped) = report.counts();
        assert!(passed == 0 && failed > 100 && skipped == 0, "{asked}, {said}: {:?}", report.counts());
        assert!(!failures(&report).iter().any(|said| said.contains("were lost")), "{said}: an answer is not lost");
    }
}

#[test]
fn a_check_is_asked_for_where_nothing_is_computed() {
    let link = camtoken_but(|camtoken, question| match answer_of(camtoken, &question) {
        _ if question["ask"] == "compute" => json!({ "id": question["id"], "unsupported": "x" }),
        answer if answer["valid"] == false => json!({ "id": question["id"], "valid": true }),
        answer => answer,
    });
    let report = conform::run(&files(&["hotp_test.json"]), &link, patient()).expect("it speaks the protocol");
    assert_eq!((report.counts().0, failures(&report).len() > 5), (0, true), "{:?}", report.counts());
}

#[test]
fn a_reader_that_makes_up_what_is_missing_is_found() {
    let lenient: Other = |camtoken, mut question| {
        let answer = answer_of(camtoken, &question);
        if answer.get("refused").is_none() && answer["valid"] != false {
            return answer;
        }
        let given = question["given"].as_object_mut().expect("an object");
        if given["suite"].as_str().is_some_and(|suite| suite.contains("C-")) {
            given.entry("counter").or_insert(0.into());
            given.entry("session").or_insert("".into());
            given.entry("timeSteps").or_insert(0.into());
            let session: String = given["session"].as_str().expect("a text").chars().take(16).collect();
            given.insert("session".to_owned(), session.into());
        }
        if given["suite"] == "OCRA-1:HOTP-SHA1-8:QH08" {
            let question = given["question"].as_str().expect("a text").replace('g', "");
            given.insert("question".to_owned(), question.into());
        }
        answer_of(camtoken, &question)
    };
    let report = conform::run(&files(&["ocra_random_test.json"]), &camtoken_but(lenient), patient());
    let said = failures(&report.expect("it speaks the protocol"));
    for comment in ["no counter", "no session", "no time", "session too long", "no hexadecimal digit"] {
        assert!(said.iter().any(|said| said.contains(&format!("({comment})"))), "{comment}: {said:#?}");
    }
    assert_eq!(said.len(), 5, "{said:#?}");
}

#[test]
fn no_message_holds_the_address() {
    let busy = TcpListener::bind("127.0.0.1:0").expect("a port of this machine").local_addr().expect("an address");
    let Link::Url(closed) = at_address(|_| None) else { panic!("an address") };
    for address in [
        format!("http://user:Kumo-no-ue@{busy}/"),
        closed.replace("http://", "http://user:Kumo-no-ue@"),
        "http://user:Kumo-no-ue@".to_owned(),
        "http://user:Kumo-no-ue@[/".to_owned(),
        "http:/user:Kumo-no-ue".to_owned(),
    ] {
        let why = conform::run(&files(&["hotp_test.json"]), &Link::Url(address.clone()), Limits::default());
        let why = why.expect_err("nobody answers").to_string();
        assert!(why.starts_with("hello: HTTP") && !why.contains("Kumo"), "{address}: {why}");
    }
}

#[test]
fn a_check_that_always_says_yes_is_found() {
    let report = conform::run(&files(&["hotp_test.json"]), &wrong("\"valid\":false", "\"valid\":true"), patient());
    let said = failures(&report.expect("it speaks the protocol"));
    assert!(said.iter().all(|said| said.ends_with("is invalid, got valid: true")) && said.len() > 5, "{said:#?}");
}

#[test]
fn what_is_no_answer_is_a_lost_question_and_never_more() {
    let hello = r#"{"id":1,"protocol":1,"name":"x","version":"1","compute":["HotpRespond"]}"#;
    let limits = Limits { within: Duration::from_millis(300), answer_bytes: 200, losses: 3 };
    for (answer, expected) in [
        ("", "the answer is not JSON"),
        ("[]", "the answer is not an object"),
        (r#"{"id":1,"values":{}}"#, "the answer does not have the question's id"),
        (r#"{"values":{}}"#, "the answer does not have the question's id"),
        (r#"{"id":2,"id":2,"values":{}}"#, "given twice"),
    ] {
        let mut first = true;
        let link = at_address(move |_| {
            let answer = if first { hello } else { answer };
            first = false;
            Some(answer.to_owned())
        });
        let said = failures(&conform::run(&files(&["hotp_test.json"]), &link, limits).expect("it says hello"));
        assert!(said[0].contains(expected), "{answer:?}: {}", said[0]);
        assert!(said[3].ends_with("not asked: 3 questions before were lost"), "{}", said[3]);
    }
}

#[cfg(unix)]
#[test]
fn a_process_that_ends_hangs_or_floods_is_started_again() {
    let hello = r#"echo '{"id":1,"protocol":1,"name":"x","version":"1","compute":["HotpRespond"]}'"#;
    let limits = Limits { within: Duration::from_secs(2), answer_bytes: 1 << 10, losses: 2 };
    for (then, expected) in [
        ("read q; echo out of memory >&2; exit 3", "it ended (exit status: 3): out of memory"),
        ("read q; exec sleep 60", "no answer within 2 s"),
        ("read q; exec head -c 100000000 /dev/zero", "the answer has more than 1024 bytes"),
        ("read q; exec 1>&-; exec sleep 60", "it closed its standard output"),
        ("exit 0", "it ended (exit status: 0)"),
    ] {
        let command = ["sh", "-c", &format!("read q; {hello}; {then}")].map(str::to_owned).to_vec();
        let report = conform::run(&files(&["hotp_test.json"]), &Link::Command(command), limits).expect("it says hello");
        let said = failures(&report);
        assert!(said[0].contains(expected), "{then}: {}", said[0]);
        assert!(said[2].ends_with("not asked: 2 questions before were lost"), "{}", said[2]);
    }
}

#[test]
fn an_implementation_that_says_no_hello_is_an_error() {
    let run = |answer: &'static str| {
        let link = at_address(move |_| Some(answer.to_owned()));
        conform::run(&files(&["hotp_test.json"]), &link, Limits::default()).expect_err("no hello").to_string()
    };
    assert!(run("no").starts_with("hello: the answer is not JSON"));
    let version = run(r#"{"id":1,"protocol":2,"name":"x","version":"1"}"#);
    assert_eq!(version, "hello: it speaks version 2 of the protocol, this program 1");
    let unknown = run(r#"{"id":1,"protocol":1,"name":"x","version":"1","compute":["Hotp"]}"#);
    assert_eq!(unknown, "hello: there are no tests of type Hotp to compute");
    // A device code is random, codes of other systems are not asked about, and only a response can be checked.
    let unknown = run(r#"{"id":1,"protocol":1,"name":"x","version":"1","compute":["DeviceCode"]}"#);
    assert_eq!(unknown, "hello: there are no tests of type DeviceCode to compute");
    let unknown = run(r#"{"id":1,"protocol":1,"name":"x","version":"1","compute":["TiqrLogin"]}"#);
    assert_eq!(unknown, "hello: there are no tests of type TiqrLogin to compute");
    let unknown = run(r#"{"id":1,"protocol":1,"name":"x","version":"1","check":["CodeOpen"]}"#);
    assert_eq!(unknown, "hello: there are no tests of type CodeOpen to check");
    let missing = Link::Command(vec!["/nonexistent/adapter".to_owned()]);
    let missing = conform::run(&files(&["hotp_test.json"]), &missing, Limits::default());
    assert!(matches!(missing, Err(ConformError::Hello(why)) if why.contains("/nonexistent/adapter cannot be started")));
}

#[test]
fn what_is_not_supported_is_skipped_and_named() {
    let mut camtoken = Answerer::default();
    let link = at_address(move |question| {
        let answer = camtoken.answer(question);
        Some(answer.replace("\"HotpRespond\",", "").replace("\"token\",", "").replace("\"restart\",", ""))
    });
    let names = ["hotp_test.json", "totp_test.json", "exchange"];
    let report = conform::run(&files(&names), &link, patient()).expect("it speaks the protocol");
    assert_eq!(failures(&report), NONE);
    let mut without: Vec<_> = report
        .tests()
        .filter_map(|(path, test)| match &test.ending {
            Ending::Skipped { why } => Some((path.file_name()?.to_str()?, why.as_str())),
            _ => None,
        })
        .collect();
    without.dedup();
    let expected = [
        ("hotp_test.json", "type HotpRespond"),
        ("confirmation_repeated.story", "feature restart"),
        ("used_response_after_a_restart.story", "feature restart"),
    ];
    assert_eq!(without, expected);
}

fn camtoken(arguments: &[&str]) -> Output {
    Command::new(BIN).args(arguments).env("CAMTOKEN_LANG", "en").output().expect("camtoken runs")
}

#[cfg(unix)]
#[test]
fn the_verb_reports_for_people_for_ci_and_as_json() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (junit, page) = (dir.path().join("junit.xml"), dir.path().join("report.md"));
    let vectors = folder().join("ocra_rfc6287_test.json");
    let told = |command: &str| {
        let (junit, page) = (junit.to_str().expect("UTF-8"), page.to_str().expect("UTF-8"));
        let vectors = vectors.to_str().expect("UTF-8");
        camtoken(&["conform", "--cmd", command, vectors, "--junit", junit, "--report", page, "--json"])
    };
    let right = told(&format!("{BIN} conform --answer"));
    let document: Value = serde_json::from_slice(&right.stdout).expect("JSON");
    assert_eq!((right.status.code(), &document["failed"], &document["passed"]), (Some(0), &0.into(), &70.into()));
    let wrong = told(&format!("sh -c '{BIN} conform --answer | sed -u s/237653/237654/'"));
    let document: Value = serde_json::from_slice(&wrong.stdout).expect("JSON");
    assert_eq!((wrong.status.code(), &document["failed"]), (Some(7), &1.into()));
    let failure = &document["failures"][0];
    assert_eq!((&failure["test"], &failure["got"]), (&"group 1, tcId 1".into(), &"response \"237654\"".into()));
    let junit = std::fs::read_to_string(junit).expect("the report is there");
    assert!(junit.contains("failures=\"1\"") && junit.contains("group 1, tcId 1"), "{junit}");
    let page = std::fs::read_to_string(page).expect("the report is there");
    assert!(
        page.starts_with("# Conformance of camtoken ") && page.contains("69 passed, 1 failed, 0 skipped"),
        "{page}"
    );
    let nobody = camtoken(&["conform", "--cmd", "/nonexistent/adapter", vectors.to_str().expect("UTF-8")]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("CT-E190"));
}
