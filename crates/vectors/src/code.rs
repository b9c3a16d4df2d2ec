//! Tests of codes: challenges, deletions and registrations.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::oath::HexKey;
use super::values::{About, BEYOND, Outcome, Parsed, Tested, all, same};
use camtoken::challenge::{Challenge, ChallengeId, DeviceCode as Code, DeviceNonce, ResponseSuite};
use camtoken::code::activation::{Binding, Grant, open_first, open_second, seal_first, seal_second};
use camtoken::code::{ChallengeCode, OpenError, ParseError, open, seal};
use camtoken::key::{ActivationId, TokenId};
use camtoken::time::Timestamp;
use camtoken::transaction::Transaction;

pub(super) enum CodeSeal {}
pub(super) enum CodeOpen {}
pub(super) enum Activation {}
pub(super) enum DeviceCode {}
pub(super) enum FirstOpen {}
pub(super) enum SecondOpen {}

/// Names and texts of fields. The order is the catalogue's.
pub(super) type Fields = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealGroup {
    key: HexKey,
    activation: Parsed<ActivationId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SealTest {
    id: Parsed<ChallengeId>,
    expires_at: u64,
    operation: String,
    fields: Fields,
    suite: Parsed<ResponseSuite>,
    shown: Option<Fields>,
    /// For those who look for the difference; the code is sealed over it, and so it is compared with the code.
    #[serde(rename = "payload")]
    _payload: Option<String>,
    code: Option<String>,
    question: Option<String>,
    response: Option<String>,
}

impl Tested for CodeSeal {
    const NAME: &'static str = "CodeSeal";
    type Group = SealGroup;
    type Test = SealTest;

    fn run(group: &SealGroup, test: &SealTest, _: &About<'_>) -> Outcome {
        let transaction = match transaction(&test.operation, &test.fields) {
            Ok(transaction) => transaction,
            Err(outcome) => return outcome,
        };
        let Some(expires_at) = Timestamp::try_from_unix(test.expires_at) else {
            return Outcome::Refused(BEYOND.to_owned());
        };
        let challenge = Challenge { id: test.id.0, activation: group.activation.0, expires_at, transaction };
        let key = &group.key.0;
        let response = challenge.respond(key, &test.suite.0);
        all([
            same("shown", Some(shown(&challenge)), test.shown.clone()),
            same("question", Some(base16ct::lower::encode_string(&challenge.question())), test.question.clone()),
            same("code", Some(seal(&challenge, key).as_str()), test.code.as_deref()),
            same("response", Some(response.expose_str()), test.response.as_deref()),
        ])
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenGroup {
    key: HexKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OpenTest {
    code: String,
    error: Option<String>,
    id: Option<String>,
    activation: Option<String>,
    expires_at: Option<u64>,
    operation: Option<String>,
    shown: Option<Fields>,
    question: Option<String>,
}

impl OpenTest {
    /// Compares what a code says, or the class of the error.
    fn judge(&self, opened: Result<Challenge, Class>) -> Outcome {
        match opened {
            Ok(opened) => all([
                same("id", Some(opened.id.to_string()), self.id.clone()),
                same("activation", Some(opened.activation.to_string()), self.activation.clone()),
                same("expiresAt", Some(opened.expires_at.as_unix()), self.expires_at),
                same("operation", Some(opened.transaction.operation().to_string()), self.operation.clone()),
                same("shown", Some(shown(&opened)), self.shown.clone()),
                same("question", Some(base16ct::lower::encode_string(&opened.question())), self.question.clone()),
            ]),
            Err(class) => refused(class, self.error.as_deref()),
        }
    }
}

impl Tested for CodeOpen {
    const NAME: &'static str = "CodeOpen";
    type Group = OpenGroup;
    type Test = OpenTest;

    fn run(group: &OpenGroup, test: &OpenTest, _: &About<'_>) -> Outcome {
        test.judge(read(&test.code).and_then(|code| Ok(open(&code, &group.key.0)?)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegistrationGroup {
    token_id: Parsed<TokenId>,
    device_key: HexKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegistrationTest {
    activation: Parsed<ActivationId>,
    fields: Fields,
    first_id: Parsed<ChallengeId>,
    first_expires_at: u64,
    nonce: Parsed<DeviceNonce>,
    second_id: Parsed<ChallengeId>,
    second_expires_at: u64,
    suite: Parsed<ResponseSuite>,
    key: HexKey,
    shown: Fields,
    first_code: String,
    first_question: String,
    device_code: String,
    second_code: String,
    second_question: String,
    response: String,
}

impl Tested for Activation {
    const NAME: &'static str = "Activation";
    type Group = RegistrationGroup;
    type Test = RegistrationTest;

    fn run(group: &RegistrationGroup, test: &RegistrationTest, _: &About<'_>) -> Outcome {
        let (token, device_key) = (&group.token_id.0, &group.device_key.0);
        let challenge = |operation, id: &Parsed<ChallengeId>, expires_at| {
            let expires_at = Timestamp::try_from_unix(expires_at).ok_or_else(|| Outcome::Refused(BEYOND.to_owned()))?;
            let activation = test.activation.0;
            Ok(Challenge { id: id.0, activation, expires_at, transaction: transaction(operation, &test.fields)? })
        };
        let first = challenge("activation1", &test.first_id, test.first_expires_at);
        let second = challenge("activation2", &test.second_id, test.second_expires_at);
        let (first, second) = match (first, second) {
            (Ok(first), Ok(second)) => (first, second),
            (Err(outcome), _) | (_, Err(outcome)) => return outcome,
        };
        let binding = Binding { first: first.id, nonce: test.nonce.0 };
        let grant = Grant { key: test.key.copy(), suite: test.suite.0.clone() };
        let device_code = first.device_code(device_key, binding.nonce).expose_digits();
        let second_code = seal_second(&second, token, device_key, binding, &grant);
        let response = second.respond(&grant.key, &grant.suite);
        all([
            same("shown", &shown(&first), &test.shown),
            same("firstQuestion", &base16ct::lower::encode_string(&first.question()), &test.first_question),
            same("firstCode", seal_first(&first, token, device_key).as_str(), test.first_code.as_str()),
            same("deviceCode", &device_code, &test.device_code),
            same("secondQuestion", &base16ct::lower::encode_string(&second.question()), &test.second_question),
            same("secondCode", second_code.as_str(), test.second_code.as_str()),
            same("response", response.expose_str(), test.response.as_str()),
        ])
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeviceGroup {
    device_key: HexKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeviceTest {
    first_code: String,
    device_code: String,
}

impl Tested for DeviceCode {
    const NAME: &'static str = "DeviceCode";
    type Group = DeviceGroup;
    type Test = DeviceTest;

    fn run(group: &DeviceGroup, test: &DeviceTest, _: &About<'_>) -> Outcome {
        let key = &group.device_key.0;
        let first = match read(&test.first_code).and_then(|code| Ok(open_first(&code, key)?)) {
            Ok(first) => first,
            Err(Class(class)) => return Outcome::Wrong(format!("firstCode: {class}")),
        };
        match test.device_code.parse::<Code>() {
            Ok(answer) if first.device_code(key, answer.nonce()).ct_eq(&answer) => Outcome::Accepted,
            Ok(_) => Outcome::Refused("another device code".to_owned()),
            Err(error) => Outcome::Refused(error.to_string()),
        }
    }
}

impl Tested for FirstOpen {
    const NAME: &'static str = "FirstOpen";
    type Group = DeviceGroup;
    type Test = OpenTest;

    fn run(group: &DeviceGroup, test: &OpenTest, _: &About<'_>) -> Outcome {
        test.judge(read(&test.code).and_then(|code| Ok(open_first(&code, &group.device_key.0)?)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SecondTest {
    code: String,
    first_id: Parsed<ChallengeId>,
    nonce: Parsed<DeviceNonce>,
    error: Option<String>,
    id: Option<String>,
    activation: Option<String>,
    expires_at: Option<u64>,
    operation: Option<String>,
    shown: Option<Fields>,
    question: Option<String>,
    suite: Option<String>,
    key: Option<String>,
}

impl Tested for SecondOpen {
    const NAME: &'static str = "SecondOpen";
    type Group = DeviceGroup;
    type Test = SecondTest;

    fn run(group: &DeviceGroup, test: &SecondTest, _: &About<'_>) -> Outcome {
        let binding = Binding { first: test.first_id.0, nonce: test.nonce.0 };
        let opened = read(&test.code).and_then(|code| Ok(open_second(&code, &group.device_key.0, binding)?));
        let (challenge, grant) = match opened {
            Ok(opened) => opened,
            Err(class) => return refused(class, test.error.as_deref()),
        };
        let said = OpenTest {
            code: test.code.clone(),
            error: None,
            id: test.id.clone(),
            activation: test.activation.clone(),
            expires_at: test.expires_at,
            operation: test.operation.clone(),
            shown: test.shown.clone(),
            question: test.question.clone(),
        };
        match said.judge(Ok(challenge)) {
            Outcome::Accepted => all([
                same("suite", Some(grant.suite.to_string()), test.suite.clone()),
                same("key", Some(base16ct::lower::encode_string(grant.key.expose_bytes())), test.key.clone()),
            ]),
            other => other,
        }
    }
}

/// The class of an error, as the specification names it in section 4.6.
pub(super) struct Class(pub &'static str);

impl From<ParseError> for Class {
    fn from(error: ParseError) -> Self {
        Self(error.class())
    }
}

impl From<OpenError> for Class {
    fn from(error: OpenError) -> Self {
        Self(error.class())
    }
}

pub(super) fn read(code: &str) -> Result<ChallengeCode, Class> {
    Ok(code.parse::<ChallengeCode>()?)
}

fn refused(Class(class): Class, expected: Option<&str>) -> Outcome {
    match expected {
        Some(expected) if expected != class => Outcome::Wrong(format!("error: expected {expected}, found {class}")),
        _ => Outcome::Refused(class.to_owned()),
    }
}

pub(super) fn transaction(operation: &str, fields: &Fields) -> Result<Transaction, Outcome> {
    let operation = operation.parse().map_err(|error| Outcome::Refused(format!("{error}")))?;
    Transaction::new(operation, fields).map_err(|error| Outcome::Refused(error.to_string()))
}

/// What the token shows, by the names of the fields.
pub(super) fn shown(challenge: &Challenge) -> Fields {
    challenge.transaction.displayed().map(|(field, value)| (field.name.to_owned(), value.to_string())).collect()
}
