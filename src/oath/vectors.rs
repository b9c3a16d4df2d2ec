//! Runs the value files of HOTP, TOTP and OCRA through the public functions.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::ocra::{self, DataInput, InputError, PinHash, Question, Suite};
use super::totp::Totp;
use super::{Digits, Hash, Response, hotp};
use crate::key::Key;
use crate::time::Timestamp;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    number_of_tests: usize,
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    r#type: String,
    #[serde(default)]
    key: String,
    suite: Option<String>,
    mode: Option<String>,
    hash: Option<String>,
    digits: Option<u8>,
    step_secs: Option<u32>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    tc_id: u32,
    comment: String,
    suite: Option<String>,
    other_question: Option<String>,
    question: Option<String>,
    counter: Option<u64>,
    pin_hash: Option<String>,
    session: Option<String>,
    time_steps: Option<u64>,
    time: Option<u64>,
    #[serde(default)]
    response: String,
    result: String,
}

fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits")).collect()
}

impl Group {
    fn key(&self) -> Key {
        Key::new(bytes(&self.key))
    }

    fn hash(&self) -> Hash {
        self.hash.as_deref().map_or(Hash::Sha1, |name| name.parse().expect("groups are well formed"))
    }

    fn digits(&self) -> Digits {
        Digits::try_from(self.digits.expect("groups are well formed")).expect("groups are well formed")
    }

    fn suite(&self) -> Suite {
        self.suite.as_deref().expect("groups are well formed").parse().expect("groups are well formed")
    }
}

impl Test {
    fn input(&self, question: Question) -> Option<DataInput> {
        let pin = match &self.pin_hash {
            Some(hex) => Some(PinHash::from_bytes(bytes(hex))?),
            None => None,
        };
        Some(DataInput {
            question,
            counter: self.counter,
            pin,
            session: self.session.as_deref().map(bytes),
            time: self.time_steps,
        })
    }
}

fn is_hotp(group: &Group, test: &Test) -> Option<()> {
    let (counter, digits) = (test.counter?, group.digits());
    let response = Response::parse(&test.response, digits.get()).ok()?;
    let found = hotp::search(&group.key(), digits, group.hash(), &response, counter, 0);
    (found == Some(counter)).then_some(())
}

fn is_totp(group: &Group, test: &Test) -> Option<()> {
    let step_secs = NonZeroU32::new(group.step_secs?).expect("groups are well formed");
    let totp = Totp { hash: group.hash(), digits: group.digits(), step_secs, ..Totp::default() };
    let response = Response::parse(&test.response, totp.digits.get()).ok()?;
    totp.verify(&group.key(), &response, Timestamp::from_unix(test.time?), 0, None).map(|_| ())
}

fn is_ocra(group: &Group, test: &Test) -> Option<()> {
    let suite = group.suite();
    let input = test.input(Question::joined(suite.question(), test.question.as_deref()?).ok()?)?;
    let response = suite.parse_response(&test.response).ok()?;
    let right = ocra::verify(&suite, &group.key(), &input, &response).ok()?;
    let computed = ocra::respond(&suite, &group.key(), &input).expect("verify took it");
    assert_eq!(computed.ct_eq(&response), right, "verify and respond are one computation");
    right.then_some(())
}

fn is_ocra_mode(group: &Group, test: &Test) -> Option<()> {
    type Joined = fn(&Suite, &Key, &Question, &DataInput) -> Result<Response, InputError>;

    let (suite, key) = (group.suite(), group.key());
    let question = |text: &Option<String>| Question::new(suite.question(), text.as_deref()?).ok();
    let input = test.input(question(&test.question)?)?;
    let joined = |respond: Joined| respond(&suite, &key, &question(&test.other_question)?, &input).ok();
    let computed = match group.mode.as_deref()? {
        "oneWay" => ocra::one_way(&suite, &key, &input).ok(),
        "sign" => ocra::sign(&suite, &key, &input).ok(),
        "mutualServer" => joined(ocra::mutual_server),
        "mutualClient" => joined(ocra::mutual_client),
        "signatureServer" => joined(ocra::signature_server),
        "signatureClient" => joined(ocra::signature_client),
        other => panic!("unknown mode {other}"),
    };
    computed?.ct_eq(&suite.parse_response(&test.response).ok()?).then_some(())
}

fn is_suite(_: &Group, test: &Test) -> Option<()> {
    let text = test.suite.as_deref()?;
    let suite: Suite = text.parse().ok()?;
    assert_eq!(suite.as_str(), text);
    Some(())
}

/// Runs a file and says how many of its tests were to be accepted and how many refused.
fn run(file: &str) -> (usize, usize) {
    let file: File = serde_json::from_str(file).expect("a value file");
    let (mut valid, mut invalid) = (0, 0);
    for group in &file.test_groups {
        let holds = match group.r#type.as_str() {
            "HotpRespond" => is_hotp,
            "TotpRespond" => is_totp,
            "OcraRespond" => is_ocra,
            "OcraMode" => is_ocra_mode,
            "OcraSuite" => is_suite,
            other => panic!("unknown type {other}"),
        };
        for test in &group.tests {
            let expected = match test.result.as_str() {
                "valid" => true,
                "invalid" => false,
                other => panic!("unknown result {other}"),
            };
            assert_eq!(holds(group, test).is_some(), expected, "{} {:?}: {}", test.tc_id, group.suite, test.comment);
            *if expected { &mut valid } else { &mut invalid } += 1;
        }
    }
    assert_eq!(valid + invalid, file.number_of_tests);
    (valid, invalid)
}

#[test]
fn hotp_values_hold() {
    let (valid, invalid) = run(include_str!("../../testvectors/hotp_test.json"));
    assert!(valid > 10 && invalid > 0);
}

#[test]
fn totp_values_hold() {
    let (valid, invalid) = run(include_str!("../../testvectors/totp_test.json"));
    assert!(valid > 18 && invalid > 0);
}

#[test]
fn the_published_ocra_values_hold() {
    assert_eq!(run(include_str!("../../testvectors/ocra_rfc6287_test.json")), (70, 0));
}

#[test]
fn random_ocra_values_hold() {
    let (valid, invalid) = run(include_str!("../../testvectors/ocra_random_test.json"));
    assert!(valid > 700 && invalid > 100);
}

#[test]
fn ocra_modes_hold() {
    let (valid, invalid) = run(include_str!("../../testvectors/ocra_modes_test.json"));
    assert!(valid > 60 && invalid > 10);
}

#[test]
fn ocra_suites_are_told_from_other_text() {
    let (valid, invalid) = run(include_str!("../../testvectors/ocra_suite_test.json"));
    assert!(valid > 30 && invalid > 80);
}
