//! What makers of tokens ship: files with faults, dates, generators, and the way out again.

use std::fs;
use std::path::Path;
use std::process::Command;

use camtoken::provision::pskc::{Algorithm, Container, DeviceInfo, KeyPackage, KeyUsage, PinPolicy, Protection};
use camtoken::{Key, Timestamp};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde_json::{Value, json};

use super::verifier::{Said, Story, TOKEN, device_key, text};

/// The pre-shared key of the files in testvectors/pskc.
const SHARED: &str = "12345678901234567890123456789012";

fn vector(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../testvectors/pskc/{name}.pskcxml"));
    path.to_str().expect("the tree has a Unicode path").to_owned()
}

/// A package of a device or generator in the clear, with more elements in their places.
fn package(serial: &str, algorithm: &str, secret: &str, parameters: &str, data: &str, policy: &str) -> String {
    format!(
        "<KeyPackage><DeviceInfo><Manufacturer>Example Tokens</Manufacturer><SerialNo>{serial}</SerialNo>\
         <Model>CT-1</Model></DeviceInfo><Key Id=\"K-{serial}\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:{algorithm}\">\
         {parameters}<Data><Secret><PlainValue>{secret}</PlainValue></Secret>{data}</Data>{policy}</Key></KeyPackage>"
    )
}

fn import(story: &Story, packages: &str, args: &[&str]) -> Said {
    let file = story.arg("delivery.pskcxml");
    let xml = format!(
        "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">{packages}</KeyContainer>"
    );
    fs::write(&file, xml).expect("a writable directory");
    story.run(&[&["enroll", "import", &file], args].concat())
}

fn skipped(said: &Said) -> Vec<(u64, String)> {
    let list = said.document["skipped"].as_array().expect("a list");
    list.iter().map(|it| (it["package"].as_u64().expect("its place"), text(&it["why"]))).collect()
}

/// The key of [`Story`]'s token, in base64: `canary-canary-canary-canary-key!`.
const CANARY: &str = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWtleSE=";
/// `12345678901234567890`, the secret of RFC 4226 and of RFC 6238 with SHA-1.
const RFC_4226: &str = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=";
/// Other bytes.
const OTHER: &str = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItISE=";

#[test]
fn a_package_that_cannot_be_read_keeps_no_other_out_and_is_named() {
    let story = Story::new();
    let said = story.run(&["enroll", "import", &vector("delivery_with_faults")]);
    assert_eq!(
        (said.exit, &said.document["tokens"]),
        (0, &json!(["FEX0000001", "FEX0000004", "FEX0000012"])),
        "{said:?}"
    );
    let skipped = skipped(&said);
    let numbers: Vec<_> = skipped.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [2, 3, 5, 6, 7, 8, 9, 10, 11]);
    assert_eq!(skipped[1].1, "Counter of package 3 (device \"FEX0000003\") is not an integer");
    assert_eq!(skipped[3].1, "StartDate of package 6 (device \"FEX0000006\") is not a date and time from 1970 to 9999");
    let named = &said.document["skipped"][0];
    assert_eq!((&named["name"], &named["keyId"]), (&json!("FEX0000002"), &json!("K-FEX0000002")));
}

#[test]
fn a_package_that_was_altered_is_left_alone_and_the_exit_says_so() {
    let story = Story::new();
    fs::write(story.path("key"), SHARED).expect("a writable directory");
    let said = story.run(&["enroll", "import", &vector("one_mac_altered"), "--key-file", &story.arg("key")]);
    assert_eq!((said.exit, &said.document["tokens"]), (7, &json!(["FEX0000601", "FEX0000603"])), "{said:?}");
    assert_eq!(said.document["skipped"][0]["unauthentic"], true);
    for token in ["FEX0000601", "FEX0000603"] {
        assert_eq!(story.run(&["enroll", "revoke", token]).exit, 0);
    }
    let said = story.run(&["enroll", "import", &vector("one_mac_altered"), "--key-file", &story.arg("key")]);
    assert_eq!((said.exit, &said.document["tokens"]), (7, &json!([])), "also when nothing is taken: {said:?}");
    fs::write(story.path("key"), SHARED.replace('1', "2")).expect("a writable directory");
    let said = story.run(&["enroll", "import", &vector("one_mac_altered"), "--key-file", &story.arg("key")]);
    assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E073")), "another key opens nothing");
}

#[test]
fn a_mac_key_that_the_parties_have_agreed_on_is_given_beside_the_file() {
    let story = Story::new();
    fs::write(story.path("key"), SHARED).expect("a writable directory");
    // SHA-1 of "mac key", as testvectors/reference/pskc_cases.py has it.
    fs::write(story.path("mac"), "fdc4a177c439d6d95c8285839191baed3d8abb6d").expect("a writable directory");
    let args = |name: &str| [vector(name), "--key-file".to_owned(), story.arg("key")];
    let run = |name: &str, more: &[&str]| {
        let args = args(name);
        let args: Vec<_> = ["enroll", "import"].into_iter().chain(args.iter().map(String::as_str)).collect();
        story.run(&[&args[..], more].concat())
    };
    assert_eq!(
        run("mac_key_reference", &[]).document["tokens"],
        json!(["FEX0000301"]),
        "the encryption key by its name"
    );
    for (name, token) in [("mac_key_agreed", "FEX0000302"), ("mac_key_agreed_reference", "FEX0000303")] {
        assert_eq!(run(name, &[]).document["code"], "CT-E073", "nobody has said the key");
        let said = run(name, &["--mac-key-file", &story.arg("mac")]);
        assert_eq!(said.document["tokens"], json!([token]), "{said:?}");
    }
}

#[test]
fn a_token_counts_once_and_a_card_is_no_token() {
    let story = Story::new();
    let suite = "<AlgorithmParameters><Suite>OCRA-1:HOTP-SHA256-8:QH64</Suite></AlgorithmParameters>";
    let six = "<AlgorithmParameters><ResponseFormat Encoding=\"DECIMAL\" Length=\"6\"/></AlgorithmParameters>";
    let token = package("FEX0000001", "ocra", OTHER, "", "", "");
    let zeros = package("FEX0000002", "ocra", &("A".repeat(43) + "="), "", "", "");
    let card = package("FEX0000003", "ocra", &OTHER.replacen('b', "c", 1), suite, "", "");
    let short = package("FEX0000004", "ocra", &OTHER.replacen('b', "d", 1), six, "", "");
    let all = format!("{token}{token}{zeros}{card}{short}");
    let said = import(&story, &all, &[]);
    assert_eq!((said.exit, &said.document["tokens"]), (0, &json!(["FEX0000001"])), "{said:?}");
    let skipped = skipped(&said);
    assert_eq!(said.document["generators"], json!(["FEX0000003"]), "a credential of its own kind");
    assert_eq!(skipped.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 3, 5]);
    assert_eq!(skipped[0].1, "the same device and key as in package 1");
    assert_eq!(skipped[2].1, "its ResponseFormat is not that of a camera token here, 8 decimal digits");
    let said = import(&story, &card, &["--device-keys"]);
    assert_eq!(said.document["tokens"], json!(["FEX0000003"]), "the caller knows");
}

/// A key was once looked at when it was imported, and used for ever.
#[test]
fn a_key_is_used_within_its_dates_only() {
    let story = Story::registered();
    let issued = story.issue("1");
    let response = story.respond(&issued);
    let dated = |until: &str| {
        let policy =
            format!("<Policy><StartDate>2026-11-01T00:00:00Z</StartDate><ExpiryDate>{until}</ExpiryDate></Policy>");
        package("KKK0000001", "ocra", CANARY, "", "", &policy)
    };
    assert_eq!(import(&story, &dated("2026-12-31T00:00:00Z"), &[]).exit, 0);
    let said = story.run(&["enroll", "status", "KKK0000001"]);
    let (token, activation) = (&said.document["tokens"][0], &said.document["activations"][0]);
    for known in [token, activation] {
        assert_eq!(known["validFrom"], "2026-11-01T00:00:00Z");
        assert_eq!(known["validUntil"], "2026-12-31T00:00:00Z");
    }
    assert_eq!((&token["manufacturer"], &token["model"]), (&json!("Example Tokens"), &json!("CT-1")));

    let at = |moment: &str, args: &[&str]| story.run(&[&["--at", moment], args].concat());
    let (early, last, late) = ("2026-10-31T23:59:59Z", "2026-12-31T00:00:00Z", "2026-12-31T00:00:01Z");
    let verify = ["verify", &text(&issued.document["challenge"]), &response];
    let refused = at(late, &verify);
    assert_eq!((refused.exit, &refused.document["reason"]), (6, &json!("KeyExpired")), "{refused:?}");
    assert_eq!(story.run(&verify).exit, 0, "at its time it is right");
    let issue = ["issue", "token-revocation", "--for", &story.activation, "--field", "tokenId=A", "--field", "user=B"];
    let start = ["enroll", "start", "--token", "KKK0000001", "--contract", "1", "--user", "SATO"];
    let refused = [at(late, &issue), at(late, &start), at(early, &start)];
    assert_eq!(
        refused.map(|said| (said.exit, text(&said.document["code"]))),
        [(); 3].map(|()| (6, "CT-E092".to_owned()))
    );
    assert_eq!(at(last, &start).exit, 0, "the last second is one of them");

    let undated = package("KKK0000001", "ocra", CANARY, "", "", "");
    assert_eq!(import(&story, &undated, &[]).exit, 0);
    assert_eq!(at(late, &issue).exit, 6, "a file without dates changes none");
    assert_eq!(import(&story, &dated("2028-12-31T00:00:00Z"), &[]).exit, 0);
    assert_eq!(at(late, &issue).exit, 0, "its maker gives it two years more");
    assert_eq!(import(&story, &dated("2026-11-02T00:00:00Z"), &[]).exit, 0, "its maker calls it back");
    let said = story.run(&["enroll", "status", "KKK0000001"]);
    assert_eq!(said.document["activations"][0]["validUntil"], "2026-11-02T00:00:00Z");
    assert_eq!(at(late, &issue).document["code"], "CT-E092");
    let gone = import(
        &story,
        &package("KKK0000009", "ocra", OTHER, "", "", "<Policy><ExpiryDate>2026-01-01T00:00:00Z</ExpiryDate></Policy>"),
        &[],
    );
    assert_eq!((gone.exit, &gone.document["code"]), (2, &json!("CT-E074")), "{gone:?}");
}

#[test]
fn a_device_is_used_within_its_dates_only() {
    let story = Story::new();
    let dated = |serial: &str, dates: &str| {
        package(serial, "ocra", OTHER, "", "", "")
            .replace("<Model>CT-1</Model>", &format!("<Model>CT-1</Model>{dates}"))
    };
    let said = import(
        &story,
        &dated(
            "FEX0000001",
            "<StartDate>2001-01-01T00:00:00Z</StartDate><ExpiryDate>2010-01-01T00:00:00Z</ExpiryDate>",
        ),
        &[],
    );
    assert_eq!(said.exit, 2, "{said:?}");
    assert!(text(&said.document["why"]).contains("was valid until 2010-01-01T00:00:00Z"), "{said:?}");
    let said = import(&story, &dated("FEX0000001", "<StartDate>2030-01-01T00:00:00Z</StartDate>"), &[]);
    assert_eq!(said.document["tokens"], json!(["FEX0000001"]), "it may be delivered before its time");
    let start = ["enroll", "start", "--token", "FEX0000001", "--contract", "1", "--user", "SATO"];
    assert_eq!(story.run(&start).document["code"], "CT-E092");
    assert_eq!(story.run(&[&["--at", "2030-01-01T00:00:00Z"], &start[..]].concat()).exit, 0);
}

/// RFC 4226, appendix D; the values behind counter 9 by Python's hmac.
#[test]
fn an_event_based_generator_is_good_once_and_is_found_again() {
    let story = Story::new();
    let serial = "2308701234567";
    let said = import(
        &story,
        &package(serial, "hotp", RFC_4226, "", "<Counter><PlainValue>0</PlainValue></Counter>", ""),
        &[],
    );
    assert_eq!((said.exit, &said.document["generators"]), (0, &json!([serial])), "{said:?}");
    let give = |user: &str| story.run(&["enroll", "generator", serial, "--contract", "1234567890", "--user", user]);
    let activation = text(&give("SATO").document["activation"]);
    assert_eq!(give("SUZUKI").document["code"], "CT-E093", "somebody has it");
    let verify = |of: &str, password: &str| {
        let said = story.run(&["verify", "--time-based", of, password]);
        (said.exit, said.document["reason"].as_str().map(str::to_owned))
    };
    let no = |reason: &str| (6, Some(reason.to_owned()));
    assert_eq!(verify(&activation, "755224"), (0, None));
    assert_eq!(verify(&activation, "755224"), no("AlreadySettled"));
    assert_eq!(verify(&activation, "254676"), (0, None), "five presses later");
    assert_eq!(verify(&activation, "287082"), no("Wrong"), "the counter has passed it");
    assert_eq!(verify(&activation, "225706"), no("Wrong"), "five hundred presses later");
    let resync = |first: &str, next: &str| story.run(&["enroll", "resync", &activation, first, next]);
    assert_eq!(resync("225706", "310459").exit, 6, "not one behind the other");
    assert_eq!(resync("225706", "922073").exit, 0);
    assert_eq!(verify(&activation, "922073"), no("AlreadySettled"), "both are spent");
    assert_eq!(verify(&activation, "310459"), (0, None));

    let known = story.run(&["enroll", "status", &activation]).document["activations"][0].clone();
    assert_eq!((&known["kind"], &known["generator"]), (&json!("eventBased"), &json!(serial)));
    let asked =
        story.run(&["issue", "token-revocation", "--for", &activation, "--field", "tokenId=A", "--field", "user=B"]);
    assert_eq!((asked.exit, &asked.document["code"]), (6, &json!("CT-E086")), "it answers no challenge");
    let again = import(&story, &package(serial, "hotp", RFC_4226, "", "", ""), &[]);
    assert_eq!(again.document["generators"], json!([serial]), "doing it again changes nothing");

    assert_eq!(story.run(&["enroll", "revoke", &activation]).exit, 0);
    let next = text(&give("SUZUKI").document["activation"]);
    assert_eq!(verify(&next, "755224"), no("Wrong"), "it goes on from where it was");
    assert_eq!(verify(&next, "287041"), (0, None));
}

#[test]
fn a_later_file_of_its_maker_changes_the_dates_of_a_generator() {
    let story = Story::new();
    let dated = |until: &str| {
        let policy = format!("<Policy><ExpiryDate>{until}</ExpiryDate></Policy>");
        import(&story, &package("HT-2", "hotp", RFC_4226, "", "", &policy), &[]).exit
    };
    assert_eq!(dated("2026-12-31T00:00:00Z"), 0);
    let given = story.run(&["enroll", "generator", "HT-2", "--contract", "1", "--user", "SATO"]);
    let activation = text(&given.document["activation"]);
    let verify = || story.run(&["--at", "2027-06-01T00:00:00Z", "verify", "--time-based", &activation, "755224"]);
    assert_eq!(verify().document["reason"], "KeyExpired");
    assert_eq!(dated("2028-12-31T00:00:00Z"), 0);
    assert_eq!(verify().exit, 0);
    assert_eq!(dated("2026-01-01T00:00:00Z"), 0, "its maker calls it back");
    assert_eq!(verify().document["reason"], "KeyExpired");
}

/// RFC 6238, appendix B; the other steps by Python's hmac.
#[test]
fn a_time_based_generator_keeps_its_drift() {
    let story = Story::new();
    let format = "<AlgorithmParameters><ResponseFormat Encoding=\"DECIMAL\" Length=\"8\"/></AlgorithmParameters>";
    let said = import(
        &story,
        &package("HT-1", "totp", RFC_4226, format, "<TimeInterval><PlainValue>30</PlainValue></TimeInterval>", ""),
        &[],
    );
    assert_eq!(said.document["generators"], json!(["HT-1"]), "{said:?}");
    let given = story.run(&[
        "--at",
        "2009-02-13T23:31:30Z",
        "enroll",
        "generator",
        "HT-1",
        "--contract",
        "1",
        "--user",
        "SATO",
    ]);
    let activation = text(&given.document["activation"]);
    let step = |number: u64| Timestamp::from_unix(1_234_567_890 + 30 * number).to_string();
    let verify =
        |number, password| story.run(&["--at", &step(number), "verify", "--time-based", &activation, password]);
    assert_eq!(verify(0, "89005924").exit, 0, "RFC 6238");
    assert_eq!(verify(0, "89005924").document["reason"], "AlreadySettled");
    assert_eq!(verify(1, "76240500").exit, 0, "a step ahead");
    assert_eq!(verify(2, "81687586").exit, 0, "two steps ahead, as its clock runs");
    assert_eq!(verify(3, "81687586").document["reason"], "AlreadySettled");
    assert_eq!(verify(3, "66372765").document["reason"], "Wrong", "forty steps ahead");
    let found = story.run(&["--at", &step(3), "enroll", "resync", &activation, "66372765", "34570627"]);
    assert_eq!(found.exit, 0, "{found:?}");
    assert_eq!(verify(4, "06145704").exit, 0, "its clock runs 38 steps ahead");
}

#[test]
fn what_the_makers_file_said_is_written_again() {
    let story = Story::new();
    let policy = "<Policy><StartDate>2026-11-01T00:00:00Z</StartDate><ExpiryDate>2030-12-31T00:00:00Z</ExpiryDate>\
                  <PINPolicy PINUsageMode=\"Local\" MinLength=\"4\"/><KeyUsage>CR</KeyUsage></Policy>";
    let packages = package("FEX0000001", "ocra", OTHER, "", "", policy)
        + &package("2308701234567", "hotp", RFC_4226, "", "<Counter><PlainValue>7</PlainValue></Counter>", "");
    assert_eq!(import(&story, &packages, &[]).exit, 0);
    fs::write(story.path("key"), SHARED).expect("a writable directory");
    let protection = || {
        let bytes = (0..16).map(|at| u8::from_str_radix(&SHARED[2 * at..][..2], 16).expect("digits"));
        Protection::PreSharedKey { key: Key::new(bytes.collect()), name: None, mac_key: None }
    };
    for form in [None, Some("--compatible")] {
        let out = story.arg("out.pskcxml");
        let mut args = vec!["enroll", "export", "-o", &out];
        let key = story.arg("key");
        args.extend(["--key-file", &key]);
        args.extend(form);
        let said = story.run(&args);
        assert_eq!((said.exit, &said.document["tokens"]), (0, &json!(["FEX0000001"])), "{said:?}");
        assert_eq!(said.document["generators"], json!(["2308701234567"]));
        let xml = fs::read_to_string(&out).expect("just written");
        assert_eq!(xml.contains("xmldsig#hmac-sha1"), form.is_some(), "{xml}");
        let container = Container::read(xml, &protection()).expect("the same key");
        let find = |algorithm| {
            container.packages.iter().find(|package| package.algorithm.as_ref() == Some(&algorithm)).expect("both")
        };
        let token = find(Algorithm::Ocra);
        assert_eq!(token.device.manufacturer.as_deref(), Some("Example Tokens"));
        assert_eq!(token.device.model.as_deref(), Some("CT-1"));
        assert_eq!(token.policy.expiry_date.map(|at| at.to_string()).as_deref(), Some("2030-12-31T00:00:00Z"));
        assert_eq!(token.policy.pin.as_ref().and_then(|pin: &PinPolicy| pin.min_length), Some(4));
        assert_eq!(token.response_digits(), Some(8));
        let generator = find(Algorithm::Hotp);
        assert_eq!((generator.counter, generator.response_digits()), (Some(7), Some(6)));
        // Another verifier takes what this one has written.
        let other = Story::new();
        let said = other.run(&["enroll", "import", &out, "--key-file", &key]);
        assert_eq!(
            (&said.document["tokens"], &said.document["skipped"]),
            (&json!(["FEX0000001"]), &json!([])),
            "{said:?}"
        );
    }
}

/// It took 44 s, one sync for each.
#[test]
fn ten_thousand_packages_are_taken_with_few_syncs() {
    let story = Story::new();
    let rng = &mut UnwrapErr(SysRng);
    let packages = (0..10_000).map(|number| {
        let serial = format!("FEX{number:07}");
        let mut package = KeyPackage::new(&serial, Algorithm::Ocra, Key::generate(rng));
        package.device.serial = Some(serial);
        package
    });
    let container = Container { packages: packages.collect(), ..Container::default() };
    let xml = container.write(&Protection::None, rng).expect("a container");
    let file = story.arg("keys.pskcxml");
    fs::write(&file, xml).expect("a writable directory");
    let start = std::time::Instant::now();
    let said = story.run(&["enroll", "import", &file]);
    let took = start.elapsed();
    assert_eq!(said.document["tokens"].as_array().map(Vec::len), Some(10_000));
    println!("{took:?} for 10,000 packages");
    // Under tests on a busy machine; one sync for each takes longer on any disk.
    assert!(took.as_secs() < 20, "{took:?}");
    let held = story.run(&["store", "check"]).document;
    assert_eq!((&held["tokens"], &held["findings"]), (&json!(10_001), &Value::Array(Vec::new())));
}

#[test]
fn device_keys_come_and_go_as_protected_key_packages() {
    let story = Story::new();
    let mut container = Container::default();
    for (serial, algorithm) in [("FEX0000001", Algorithm::Ocra), ("FEX0000002", Algorithm::Pin)] {
        let mut package = KeyPackage::new(serial, algorithm, device_key());
        package.device = DeviceInfo { serial: Some(serial.to_owned()), ..DeviceInfo::default() };
        container.packages.push(package);
    }
    let protection = Protection::PreSharedKey { key: Key::new(vec![7; 16]), name: None, mac_key: None };
    let xml = container.write(&protection, &mut UnwrapErr(SysRng)).expect("a container");
    fs::write(story.path("keys.pskcxml"), xml).expect("a writable directory");
    fs::write(story.path("key"), "07".repeat(16) + "\n").expect("a writable directory");
    let (keys, key) = (story.arg("keys.pskcxml"), story.arg("key"));

    let said = story.run(&["enroll", "import", &keys]);
    assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E073")), "no key was given");
    let said = story.run(&["enroll", "import", &keys, "--key-file", &key]);
    assert_eq!((said.exit, &said.document["tokens"]), (0, &json!(["FEX0000001"])), "{said:?}");
    assert_eq!(said.document["skipped"][0]["name"], "FEX0000002");
    let said = story.run(&["enroll", "import", &keys, "--key-file", &key]);
    assert_eq!(said.exit, 0, "doing it again changes nothing");

    let out = story.arg("out.pskcxml");
    let said = story.run(&["enroll", "export", "-o", &out]);
    assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E023")), "nobody to ask for a passphrase");
    assert!(!story.path("out.pskcxml").exists());
    let said = story.run(&["enroll", "export", "-o", &out, "--key-file", &key]);
    assert_eq!((said.exit, &said.document["tokens"]), (0, &json!(["FEX0000001"])));
    assert_eq!(said.document["skipped"][0]["name"], TOKEN, "a test token stays");
    let back = Container::read(fs::read(&out).expect("just written"), &protection).expect("the same key");
    let now = Timestamp::from_unix(story.now);
    let key = back.packages[0].key_for(KeyUsage::ChallengeResponse, now).expect("a device key");
    assert_eq!(key.expose_bytes(), super::verifier::CANARY);
}

#[test]
fn a_generator_is_shown_by_its_serial_number_whatever_form_that_has() {
    let story = Story::new();
    // Of twelve hexadecimal digits, as an activation has; of capitals and digits, as a token ID has; of neither form.
    for (serial, key) in [("230870123456", RFC_4226), ("HT-1", OTHER), ("ht.2", CANARY)] {
        assert_eq!(import(&story, &package(serial, "hotp", key, "", "", ""), &[]).exit, 0);
        let said = story.run(&["enroll", "status", serial]);
        assert_eq!((said.exit, &said.document["generators"][0]["generator"]), (0, &json!(serial)), "{said:?}");
    }
    let given = story.run(&["enroll", "generator", "HT-1", "--contract", "1", "--user", "SATO"]);
    let said = story.run(&["enroll", "status", "HT-1"]);
    assert_eq!(said.document["activations"][0]["activation"], given.document["activation"]);
    for (none, code) in [("HT-9", "CT-E081"), ("0123456789ab", "CT-E086"), ("ht.9", "CT-E094")] {
        assert_eq!(story.run(&["enroll", "status", none]).document["code"], code);
    }
}

/// It was once said that a file cannot be read.
#[test]
fn an_export_of_nothing_says_that_there_is_nothing() {
    let story = Story::new();
    fs::write(story.path("key"), SHARED).expect("a writable directory");
    let (out, key) = (story.arg("out.pskcxml"), story.arg("key"));
    let said = story.run(&["enroll", "export", "-o", &out, "--key-file", &key]);
    assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E074")), "{said:?}");
    assert_eq!(said.document["why"], format!("{TOKEN}: token {TOKEN} was made for tests"));
}

/// The response of a card without a counter, by Python's own HMAC.
fn python_ocra(suite: &str, secret: &str, question: &str) -> String {
    let script = "import hmac,sys\ns,k,q=sys.argv[1:]\nh='%X'%int(q)\n\
        d=hmac.digest(k.encode(),s.encode()+b'\\0'+bytes.fromhex(h+'0'*(256-len(h))),'sha1')\no=d[-1]&15\n\
        print('%06d'%((int.from_bytes(d[o:o+4],'big')&0x7fffffff)%10**6))";
    let output = Command::new("python3").args(["-c", script, suite, secret, question]).output();
    String::from_utf8_lossy(&output.expect("python3 is there").stdout).trim().to_owned()
}

/// A delivery of OCRA cards: RFC 6287's key and suite.
#[test]
fn a_card_is_imported_given_asked_answered_once_and_exported() {
    const SUITE: &str = "OCRA-1:HOTP-SHA1-6:QN08";
    assert_eq!(python_ocra(SUITE, "12345678901234567890", "11111111"), "243178", "appendix C.1");
    let story = Story::new();
    let with = |more: &str| format!("<AlgorithmParameters><Suite>{more}</AlgorithmParameters>");
    let card = package("A0012341234567", "ocra", RFC_4226, &with(&format!("{SUITE}</Suite>")), "", "");
    let unfit = [
        (
            "OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1</Suite>",
            "its OCRASuite has P, S or T; a card here has a question, with a counter or without",
        ),
        ("OCRA-1:HOTP-SHA1-4:QN08</Suite>", "its OCRASuite has no 6 to 10 digits"),
        ("OCRA-2:HOTP-SHA1-6:QN08</Suite>", "its OCRASuite is not one of a camera token"),
        (
            "OCRA-1:HOTP-SHA1-6:QN08</Suite><ResponseFormat Encoding=\"DECIMAL\" Length=\"8\"/>",
            "its ResponseFormat is not the decimal digits of its OCRASuite",
        ),
        (
            "OCRA-1:HOTP-SHA1-6:QN08</Suite><ChallengeFormat Encoding=\"DECIMAL\" Min=\"8\" Max=\"8\" CheckDigits=\"true\"/>",
            "its ChallengeFormat is not decimal digits without CheckDigits",
        ),
    ];
    let packages = unfit.map(|(suite, _)| package("A2", "ocra", OTHER, &with(suite), "", ""));
    let said = import(&story, &(card + &packages.concat()), &[]);
    assert_eq!((said.exit, &said.document["generators"]), (0, &json!(["A0012341234567"])), "{said:?}");
    let reasons: Vec<_> = skipped(&said).into_iter().map(|(_, why)| why).collect();
    assert_eq!(reasons, unfit.map(|(_, why)| why));

    let given = story.run(&["enroll", "generator", "A0012341234567", "--contract", "1", "--user", "SATO"]);
    let activation = text(&given.document["activation"]);
    let said = story.run(&["issue", "login", "--for", &activation]);
    assert_ne!(said.exit, 0, "a card answers no challenge: {said:?}");
    let asked = story.run(&["enroll", "question", &activation, "--ttl", "60s"]);
    assert_eq!((asked.exit, &asked.document["schema"]), (0, &json!("camtoken/question/1")), "{asked:?}");
    let response = python_ocra(SUITE, "12345678901234567890", &text(&asked.document["question"]));
    let verify = || text(&story.run(&["verify", "--card", &activation, &response]).document["result"]);
    assert_eq!([verify(), verify()], ["accepted", "used"]);
    let status = story.run(&["enroll", "status", "A0012341234567"]);
    assert_eq!(status.document["generators"][0]["kind"], "card", "{status:?}");

    fs::write(story.path("key"), SHARED).expect("a writable directory");
    let (out, key) = (story.arg("out.pskcxml"), story.arg("key"));
    assert_eq!(story.run(&["enroll", "export", "--generators", "-o", &out, "--key-file", &key]).exit, 0);
    let other = Story::new();
    let said = other.run(&["enroll", "import", &out, "--key-file", &key]);
    assert_eq!(said.document["generators"], json!(["A0012341234567"]), "{said:?}");
    assert_eq!(other.run(&["enroll", "status", "A0012341234567"]).document["generators"][0]["kind"], "card");
}
