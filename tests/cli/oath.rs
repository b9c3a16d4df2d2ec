//! `camtoken oath` with the published values, and beside oathtool where that is installed.

use std::process::Command;

use serde_json::{Value, json};

use super::{ROOT, camtoken, document};

/// The document, and the exit code, of `camtoken oath ARGS` with `input` at its standard input.
fn oath(args: &[String], input: &str) -> (Value, i32) {
    document(camtoken(&["--json", "oath"]).args(args), input)
}

/// The tests of a vector file that have an answer, each beside what its group says.
fn valid(file: &str) -> Vec<(Value, Value)> {
    let text = std::fs::read_to_string(format!("{ROOT}/testvectors/{file}")).expect("a file of vectors");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let groups = file["testGroups"].as_array().expect("groups").iter();
    let tests = groups.flat_map(|group| {
        let tests = group["tests"].as_array().expect("tests").iter();
        tests.filter(|test| test["result"] == "valid").map(|test| (group.clone(), test.clone()))
    });
    tests.collect()
}

/// `--FLAG VALUE` for a member, if it is there.
fn flag(args: &mut Vec<String>, flag: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) => args.extend([flag.to_owned(), text.clone()]),
        number => args.extend([flag.to_owned(), number.to_string()]),
    }
}

fn args(of: &[&str]) -> Vec<String> {
    of.iter().map(|arg| (*arg).to_owned()).collect()
}

/// Computed, checked, and refused with its last digit changed.
fn answers(mut args: Vec<String>, key: &str, response: &str) {
    let (values, exit) = oath(&args, key);
    assert_eq!((&values["values"][0]["response"], exit), (&json!(response), 0), "{args:?}");
    args.push("--verify".to_owned());
    args.push(response.to_owned());
    let (checked, exit) = oath(&args, key);
    assert_eq!((&checked["result"], exit), (&json!("accepted"), 0), "{args:?}");
    let last = args.last_mut().expect("the response");
    let digit = if last.ends_with('0') { '1' } else { '0' };
    last.pop();
    last.push(digit);
    let (checked, exit) = oath(&args, key);
    assert_eq!((&checked["result"], exit), (&json!("rejected"), 6), "{args:?}");
}

#[test]
fn published_values_of_hotp_and_totp() {
    for (group, test) in valid("hotp_test.json") {
        let mut args = args(&["hotp", "--key-file", "-"]);
        flag(&mut args, "--hash", &json!(group["hash"].as_str().expect("a hash").to_lowercase()));
        flag(&mut args, "--digits", &group["digits"]);
        flag(&mut args, "--counter", &test["counter"]);
        answers(args, group["key"].as_str().expect("a key"), test["response"].as_str().expect("a response"));
    }
    for (group, test) in valid("totp_test.json") {
        let mut args = args(&["totp", "--key-file", "-"]);
        flag(&mut args, "--hash", &json!(group["hash"].as_str().expect("a hash").to_lowercase()));
        flag(&mut args, "--digits", &group["digits"]);
        flag(&mut args, "--time-step-size", &group["stepSecs"]);
        flag(&mut args, "--start-time", &group["t0"]);
        flag(&mut args, "--at", &test["time"]);
        answers(args, group["key"].as_str().expect("a key"), test["response"].as_str().expect("a response"));
    }
}

#[test]
fn published_values_of_ocra_in_every_mode() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pin = dir.path().join("pin");
    let mut ran = 0;
    for (group, test) in valid("ocra_rfc6287_test.json").into_iter().chain(valid("ocra_modes_test.json")) {
        let suite = group["suite"].as_str().expect("a suite");
        let mode = match group["mode"].as_str() {
            None | Some("oneWay") => "one-way",
            Some("mutualServer") => "mutual-server",
            Some("mutualClient") => "mutual-client",
            Some("signatureServer") => "signature-server",
            Some("signatureClient") => "signature-client",
            Some(mode) => mode,
        };
        // In the file of the RFC the questions of both parties stand together.
        let joined = test["question"].as_str().expect("a question").len() > 8 && group["mode"].is_null();
        let mut args = args(&["ocra", "--key-file", "-", "--mode", mode]);
        flag(&mut args, "--suite", &group["suite"]);
        if joined {
            let (peer, own) = test["question"].as_str().expect("a question").split_at(8);
            args[4] = "mutual-client".to_owned();
            flag(&mut args, "--peer-question", &json!(peer));
            flag(&mut args, "--question", &json!(own));
        } else {
            flag(&mut args, "--question", &test["question"]);
            flag(&mut args, "--peer-question", &test["otherQuestion"]);
        }
        flag(&mut args, "--counter", &test["counter"]);
        flag(&mut args, "--session", &test["session"]);
        if let Some(steps) = test["timeSteps"].as_u64() {
            let secs = steps.checked_mul(step_secs(suite)).filter(|secs| *secs < 250_000_000_000);
            let Some(secs) = secs else { continue };
            flag(&mut args, "--at", &json!(secs));
        }
        if let Some(hash) = test["pinHash"].as_str() {
            std::fs::write(&pin, hash).expect("a writable directory");
            args.push("--pin-is-hashed".to_owned());
            flag(&mut args, "--pin-file", &json!(pin.display().to_string()));
        }
        answers(args, group["key"].as_str().expect("a key"), test["response"].as_str().expect("a response"));
        ran += 1;
    }
    assert!(ran > 100, "{ran} values");
}

fn step_secs(suite: &str) -> u64 {
    let step = suite.rsplit("-T").next().expect("a time step");
    let Some((number, unit)) = step.len().checked_sub(1).map(|end| step.split_at(end)) else { return 60 };
    number.parse::<u64>().expect("a number")
        * match unit {
            "S" => 1,
            "M" => 60,
            _ => 3600,
        }
}

/// RFC 4226, appendix D: counters 7, 8 and 9 give 162583, 399871 and 520489; RFC 6238: step 1 with SHA-1 gives 94287082.
#[test]
fn windows_resynchronisation_and_a_response_that_was_used() {
    const KEY: &str = "31323334353637383930 31323334353637383930\n";
    let hotp = |more: &[&str]| oath(&[args(&["hotp", "--key-file", "-"]), args(more)].concat(), KEY).0;
    let found = hotp(&["--verify", "520489", "--window", "9"]);
    assert_eq!((&found["result"], &found["counter"], &found["next"]), (&json!("accepted"), &json!(9), &json!(10)));
    assert_eq!(hotp(&["--verify", "520489", "--window", "8"])["result"], "rejected");
    let found = hotp(&["--verify", "162583", "--verify", "399871", "--verify", "520489", "-w", "1000000"]);
    assert_eq!((&found["result"], &found["counter"]), (&json!("accepted"), &json!(9)));
    assert_eq!(hotp(&["--verify", "399871", "--verify", "162583", "-w", "1000"])["result"], "rejected");
    let values = hotp(&["-c", "18446744073709551615", "-w", "1"]);
    assert_eq!(values["values"][1], json!({ "counter": 0, "response": "755224" }));

    let totp = |more: &[&str]| oath(&[args(&["totp", "--key-file", "-", "-d", "8"]), args(more)].concat(), KEY).0;
    let found = totp(&["--at", "89", "--verify", "94287082", "--window", "1"]);
    assert_eq!((&found["result"], &found["timeStep"], &found["drift"]), (&json!("accepted"), &json!(1), &json!(-1)));
    for (at, more, result) in [
        ("89", &["--window", "0"][..], "rejected"),
        ("90", &["--window", "1"][..], "rejected"),
        ("90", &["--drift", "-2"][..], "accepted"),
        ("59", &["--after", "0"][..], "accepted"),
        ("59", &["--after", "1"][..], "rejected"),
    ] {
        let found = totp(&[&["--at", at, "--verify", "94287082"], more].concat());
        assert_eq!(found["result"], result, "{at} {more:?}");
    }
}

/// Counter 9 of RFC 4226, appendix D. The value of a whole HMAC is in no standard: here it is only typed in several ways.
#[test]
fn a_response_is_read_as_a_person_types_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let key = dir.path().join("key");
    std::fs::write(&key, "3132333435363738393031323334353637383930").expect("a writable directory");
    let key = key.to_str().expect("UTF-8");
    let hotp = args(&["hotp", "--key-file", key, "--counter", "9", "--verify"]);
    for typed in ["520 489", "520-489", "\u{ff15}\u{ff12}\u{ff10}\u{3000}\u{ff14}\u{ff18}\u{ff19}", " 520489\t"] {
        let (checked, exit) = oath(&[&hotp[..], &args(&[typed])].concat(), "");
        assert_eq!((&checked["result"], exit), (&json!("accepted"), 0), "{typed:?}");
    }
    for typed in ["520489\n", "520 489\r\n"] {
        let (checked, exit) = oath(&[&hotp[..], &args(&["-"])].concat(), typed);
        assert_eq!((&checked["result"], exit), (&json!("accepted"), 0), "{typed:?}");
    }
    for typed in ["52o489", "520489 0", "5-2-0489", ""] {
        let (checked, exit) = oath(&[&hotp[..], &args(&[typed])].concat(), "");
        assert_eq!((&checked["result"], exit), (&json!("rejected"), 6), "{typed:?}");
    }

    let ocra = args(&["ocra", "--key-file", key, "--suite", "OCRA-1:HOTP-SHA1-0:QN08", "--question", "00000000"]);
    let whole = oath(&ocra, "").0["values"][0]["response"].as_str().expect("a response").to_owned();
    for typed in [whole.clone(), format!("{whole}\n"), format!(" {}\r\n", whole.to_uppercase())] {
        let (checked, exit) = oath(&[&ocra[..], &args(&["--verify", "-"])].concat(), &typed);
        assert_eq!((&checked["result"], exit), (&json!("accepted"), 0), "{typed:?}");
    }
}

#[test]
fn a_key_comes_in_every_form() {
    let base32 = "gezd gnbv-gy3t qojq GEZDGNBVGY3TQOJQ\n";
    let uri = "otpauth://hotp/alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=1&digits=6\n";
    for (form, input) in [
        (&["--key-file", "-", "--base32", "-c", "1"][..], base32),
        (&["--key-file", "-", "--binary", "-c", "1"][..], "12345678901234567890"),
        (&["--otpauth", "-"][..], uri),
    ] {
        let (found, exit) = oath(&[args(&["hotp"]), args(form)].concat(), input);
        assert_eq!((&found["values"][0]["response"], exit), (&json!("287082"), 0), "{form:?}");
    }
    // RFC 6030, figures 3 and 5, have the key of RFC 4226, whose first value is 1284755224 before it is truncated. In figure 5
    // a PIN stands beside it, and the key has a policy that wants the PIN checked.
    let figure = |number: u8| format!("testvectors/pskc/rfc6030_figure{number}.pskcxml");
    let (found, exit) = oath(&args(&["hotp", "--pskc", &figure(3)]), "");
    assert_eq!((&found["values"][0], exit), (&json!({ "counter": 0, "response": "84755224" }), 0), "{found}");
    let (found, exit) = oath(&args(&["hotp", "--pskc", &figure(5)]), "");
    assert_eq!((&found["values"][0]["response"], exit), (&json!("84755224"), 0), "{found}");
    let (found, _) = oath(&args(&["totp", "--pskc", &figure(3)]), "");
    assert!(
        found["why"].as_str().is_some_and(|why| why.contains("no key of urn:ietf:params:xml:ns:keyprov:pskc:totp")),
        "{found}"
    );
    for (bad, input) in [
        (&["--key-file", "-"][..], "3132g4"),
        (&["--key-file", "-"][..], ""),
        (&["--key-file", "-", "--base32"][..], "18"),
        (&["--otpauth", "-"][..], "https://example.com"),
        (&["--pskc", "-"][..], "<KeyContainer"),
    ] {
        let (document, exit) = oath(&[args(&["hotp"]), args(bad)].concat(), input);
        assert_eq!((&document["code"], exit), (&json!("CT-E073"), 2), "{bad:?} {document}");
    }
    let (document, exit) = oath(&args(&["hotp"]), "");
    assert_eq!((&document["code"], exit), (&json!("CT-E020"), 2), "{document}");
}

/// Another implementation, with random keys, counters and moments.
#[test]
fn values_are_those_of_oathtool() {
    if Command::new("oathtool").arg("--version").output().is_err() {
        return eprintln!("skipped: oathtool is not installed");
    }
    let theirs = |args: &[&str]| {
        let output = Command::new("oathtool").args(args).output().expect("oathtool runs");
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).expect("digits").lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let ours = |more: &[&str], key: &str| {
        let (document, _) = oath(&args(more), key);
        let values = document["values"].as_array().unwrap_or_else(|| panic!("{more:?} {document}"));
        values.iter().map(|value| value["response"].as_str().expect("digits").to_owned()).collect::<Vec<_>>()
    };
    // xorshift, so that each run has the same.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..40 {
        let key: String = (0..=next() % 80).map(|_| format!("{:02x}", next() & 0xff)).collect();
        let (counter, digits) = ((next() >> 1).to_string(), (6 + next() % 3).to_string());
        let window = (next() % 50).to_string();
        assert_eq!(
            ours(&["hotp", "--key-file", "-", "-c", &counter, "-d", &digits, "-w", &window], &key),
            theirs(&["-c", &counter, "-d", &digits, "-w", &window, &key]),
        );
        let hash = ["sha1", "sha256", "sha512"][usize::try_from(next() % 3).expect("small")];
        let (at, step) = (next() % 10_000_000_000, (1 + next() % 3600).to_string());
        assert_eq!(
            ours(
                &[
                    "totp",
                    "--key-file",
                    "-",
                    "--hash",
                    hash,
                    "-d",
                    &digits,
                    "-s",
                    &step,
                    "-w",
                    &window,
                    "--at",
                    &at.to_string()
                ],
                &key
            ),
            theirs(&[
                &format!("--totp={hash}"),
                "-d",
                &digits,
                "-s",
                &format!("{step}s"),
                "-w",
                &window,
                "-N",
                &format!("@{at}"),
                &key
            ]),
        );
    }
}
