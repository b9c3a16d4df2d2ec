//! The value files of codes and registrations, computed by testvectors/reference/code.py, through the public functions.

use camtoken::challenge::{Challenge, ChallengeId, DeviceCode, ResponseSuite};
use camtoken::code::activation::{Binding, Grant, open_first, open_second, seal_first, seal_second};
use camtoken::code::{ChallengeCode, OpenError, ParseError, open, seal};
use camtoken::transaction::catalogue::CATALOGUE;
use camtoken::transaction::{Currency, Domain, FieldSpec, Kind, Operation, Transaction, Visibility};
use camtoken::{ActivationId, Key, Timestamp, TokenId};
use serde_json::{Map, Value, json};

/// What is wrong with a code, by the class of error of the specification, section 4.6.
type Class = &'static str;

fn file(text: &str) -> Value {
    serde_json::from_str(text).expect("a vector file is JSON")
}

fn text<'v>(test: &'v Value, name: &str) -> &'v str {
    test[name].as_str().unwrap_or_else(|| panic!("{name} of {test}"))
}

fn bytes(test: &Value, name: &str) -> Vec<u8> {
    let hex = text(test, name);
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(test: &Value, name: &str) -> Key {
    Key::new(bytes(test, name))
}

fn moment(test: &Value, name: &str) -> Timestamp {
    Timestamp::from_unix(test[name].as_u64().unwrap_or_else(|| panic!("{name} of {test}")))
}

fn id(test: &Value, name: &str) -> ChallengeId {
    text(test, name).parse().expect("a challenge ID")
}

fn activation(test: &Value) -> ActivationId {
    text(test, "activation").parse().expect("an activation ID")
}

fn suite(test: &Value) -> ResponseSuite {
    text(test, "suite").parse().expect("a response suite")
}

fn transaction(operation: &str, test: &Value) -> Option<Transaction> {
    let fields = test["fields"].as_object().expect("fields").iter();
    let fields = fields.map(|(name, text)| (name, text.as_str().expect("a text")));
    Transaction::new(operation.parse().ok()?, fields).ok()
}

fn shown(challenge: &Challenge) -> Value {
    let fields = challenge.transaction.displayed();
    Value::Object(fields.map(|(field, value)| (field.name.to_owned(), json!(value.to_string()))).collect::<Map<_, _>>())
}

fn class(error: &OpenError) -> Class {
    match error {
        OpenError::Seal => "seal",
        OpenError::Operation { .. } => "operation",
        OpenError::Suite => "suite",
        OpenError::Content => "content",
        OpenError::Purpose => "purpose",
        other => panic!("{other} has no class"),
    }
}

fn read(code: &str) -> Result<ChallengeCode, Class> {
    code.parse().map_err(|error| match error {
        ParseError::Foreign => "foreign",
        ParseError::Version => "version",
        ParseError::Form => "form",
        other => panic!("{other} has no class"),
    })
}

fn said(challenge: &Challenge) -> Value {
    json!({
        "id": challenge.id.to_string(),
        "activation": challenge.activation.to_string(),
        "expiresAt": challenge.expires_at.as_unix(),
        "operation": challenge.transaction.operation().to_string(),
        "shown": shown(challenge),
        "question": hex(&challenge.question()),
    })
}

fn code_seal(group: &Value, test: &Value) -> Result<Value, Class> {
    let transaction = transaction(text(test, "operation"), test).ok_or("field")?;
    let (id, activation) = (id(test, "id"), activation(group));
    let challenge = Challenge { id, activation, expires_at: moment(test, "expiresAt"), transaction };
    let key = key(group, "key");
    Ok(json!({
        "shown": shown(&challenge),
        "code": seal(&challenge, &key).as_str(),
        "question": hex(&challenge.question()),
        "response": challenge.respond(&key, &suite(test)).expose_str(),
    }))
}

fn code_open(group: &Value, test: &Value) -> Result<Value, Class> {
    let challenge = open(&read(text(test, "code"))?, &key(group, "key")).map_err(|error| class(&error))?;
    Ok(said(&challenge))
}

fn registration(group: &Value, test: &Value) -> Result<Value, Class> {
    let token: TokenId = text(group, "tokenId").parse().expect("a token ID");
    let device_key = key(group, "deviceKey");
    let binding = Binding { first: id(test, "firstId"), nonce: text(test, "nonce").parse().expect("six digits") };
    let challenge = |operation, id, expires_at| {
        let transaction = transaction(operation, test).ok_or("field")?;
        Ok(Challenge { id, activation: activation(test), expires_at, transaction })
    };
    let first = challenge("activation1", binding.first, moment(test, "firstExpiresAt"))?;
    let second = challenge("activation2", id(test, "secondId"), moment(test, "secondExpiresAt"))?;
    let grant = Grant { key: key(test, "key"), suite: suite(test) };
    Ok(json!({
        "shown": shown(&first),
        "firstCode": seal_first(&first, &token, &device_key).as_str(),
        "firstQuestion": hex(&first.question()),
        "deviceCode": first.device_code(&device_key, binding.nonce).expose_digits(),
        "secondCode": seal_second(&second, &token, &device_key, binding, &grant).as_str(),
        "secondQuestion": hex(&second.question()),
        "response": second.respond(&grant.key, &grant.suite).expose_str(),
    }))
}

fn device_code(group: &Value, test: &Value) -> Result<Value, Class> {
    let device_key = key(group, "deviceKey");
    let first = open_first(&read(text(test, "firstCode"))?, &device_key).map_err(|error| class(&error))?;
    let answer: DeviceCode = text(test, "deviceCode").parse().map_err(|_| "field")?;
    let right = first.device_code(&device_key, answer.nonce()).ct_eq(&answer);
    if right { Ok(json!({})) } else { Err("field") }
}

fn first_open(group: &Value, test: &Value) -> Result<Value, Class> {
    let challenge = open_first(&read(text(test, "code"))?, &key(group, "deviceKey")).map_err(|error| class(&error))?;
    Ok(said(&challenge))
}

fn second_open(group: &Value, test: &Value) -> Result<Value, Class> {
    let binding = Binding { first: id(test, "firstId"), nonce: text(test, "nonce").parse().expect("six digits") };
    let code = read(text(test, "code"))?;
    let (challenge, grant) = open_second(&code, &key(group, "deviceKey"), binding).map_err(|error| class(&error))?;
    let mut values = said(&challenge);
    values["suite"] = json!(grant.suite.to_string());
    values["key"] = json!(hex(grant.key.expose_bytes()));
    Ok(values)
}

/// Runs every test of a file and tells what differs.
fn run(file: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    let mut count = 0;
    for group in file["testGroups"].as_array().expect("groups") {
        for test in group["tests"].as_array().expect("tests") {
            count += 1;
            let found = match text(group, "type") {
                "CodeSeal" => code_seal(group, test),
                "CodeOpen" => code_open(group, test),
                "Activation" => registration(group, test),
                "DeviceCode" => device_code(group, test),
                "FirstOpen" => first_open(group, test),
                "SecondOpen" => second_open(group, test),
                other => panic!("unknown type {other}"),
            };
            let (result, expected_error) = (text(test, "result"), test["error"].as_str().unwrap_or("field"));
            let holds = match &found {
                Ok(values) => {
                    result == "valid" && values.as_object().expect("values").iter().all(|(name, v)| &test[name] == v)
                }
                Err(error) => result == "invalid" && expected_error == *error,
            };
            if !holds {
                differences.push(format!("{} {}: {found:?}", test["tcId"], test["comment"]));
            }
        }
    }
    assert_eq!(file["numberOfTests"], count);
    differences
}

fn assert_holds(file: &Value) {
    let differences = run(file);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn codes_are_those_of_the_reference() {
    assert_holds(&file(include_str!("../testvectors/code_test.json")));
}

#[test]
fn registrations_are_those_of_the_reference() {
    assert_holds(&file(include_str!("../testvectors/activation_test.json")));
}

/// The catalogue of the specification is printed from catalogue.json, which the reference reads as well.
#[test]
fn the_catalogue_is_that_of_the_specification() {
    let file = file(include_str!("../testvectors/catalogue.json"));
    let lists = file["choices"].as_object().expect("lists");
    let list_name = |list: &[camtoken::transaction::Choice]| {
        let list = list.iter().map(|c| json!({"name": c.name, "ja": c.label.ja, "en": c.label.en})).collect::<Vec<_>>();
        let found = lists.iter().find(|(_, known)| known.as_array() == Some(&list));
        found.map(|(name, _)| name.clone()).expect("a list of the specification")
    };
    let kind = |field: &FieldSpec| match field.kind {
        Kind::Kana { max } => json!({"kind": "kana", "max": max}),
        Kind::Text { max } => json!({"kind": "text", "max": max}),
        Kind::Ascii { max } => json!({"kind": "ascii", "max": max}),
        Kind::Digits { min, max } => json!({"kind": "digits", "min": min, "max": max}),
        Kind::Yen { digits } => json!({"kind": "yen", "digits": digits}),
        Kind::Money { digits } => json!({"kind": "money", "digits": digits}),
        Kind::Count { digits } => json!({"kind": "count", "digits": digits}),
        Kind::Date => json!({"kind": "date"}),
        Kind::Moment => json!({"kind": "moment"}),
        Kind::Choice(list) => json!({"kind": "choice", "choices": list_name(list)}),
        Kind::Choices { of, max } => json!({"kind": "choices", "choices": list_name(of), "max": max}),
        Kind::Flag => json!({"kind": "flag"}),
        Kind::Hash => json!({"kind": "hash"}),
        Kind::CheckCode => json!({"kind": "checkCode"}),
        other => panic!("{other:?} is not in the specification"),
    };
    let field = |field: &FieldSpec| {
        let mut value = kind(field);
        value["name"] = json!(field.name);
        value["ja"] = json!(field.label.ja);
        value["en"] = json!(field.label.en);
        if field.optional {
            value["optional"] = json!(true);
        }
        if field.visibility == Visibility::Bound {
            value["bound"] = json!(true);
        }
        value
    };
    let domain = |domain: Domain| {
        let numbers = file["domains"].as_object().expect("domains").iter();
        let name = numbers.filter(|(_, number)| **number == json!(domain as u8)).map(|(name, _)| name.clone());
        name.collect::<String>()
    };
    let entry = |entry: &camtoken::transaction::Entry| {
        json!({
            "code": entry.code,
            "name": entry.name,
            "ja": entry.label.ja,
            "en": entry.label.en,
            "domain": domain(entry.domain),
            "fields": entry.fields.iter().map(field).collect::<Vec<_>>(),
        })
    };
    assert_eq!(file["operations"], Value::Array(CATALOGUE.iter().map(entry).collect()));
    assert_eq!(Operation::all().count(), CATALOGUE.len());
}

#[test]
fn the_currencies_are_those_of_the_specification() {
    let file = file(include_str!("../testvectors/catalogue.json"));
    let decimals = |code: &str| code.parse::<Currency>().ok().map(|currency| u64::from(currency.decimals()));
    let groups = file["currencies"].as_object().expect("currencies");
    let listed = |code: &str| {
        let found = groups.iter().find(|(_, codes)| codes.as_str().expect("codes").split(' ').any(|c| c == code));
        found.map(|(count, _)| count.parse::<u64>().expect("a number"))
    };
    for letters in (0..26_u32.pow(3)).map(|number| [number / 676, number / 26 % 26, number % 26]) {
        let code: String =
            letters.iter().map(|letter| char::from(b'A' + u8::try_from(*letter).expect("< 26"))).collect();
        assert_eq!(decimals(&code), listed(&code), "{code}");
    }
}
