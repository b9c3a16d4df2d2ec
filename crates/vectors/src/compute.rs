//! Camtoken's own answers in the protocol of [`crate::conform`]: for each type of tests, computed from the given values alone.

mod oath;

use self::oath::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::code::{Class, Fields, read as read_code, shown, transaction};
use crate::oath::{AnyDigits, HexKey, Input, Mode, in_mode, typed};
use crate::picture::{Reason, look};
use crate::provision::{OpenedBy, key, uri};
use crate::text::{FileEncoding, Table, account, batch, pay_date};
use crate::values::{HexBytes, Outcome, Parsed, Seconds};
use camtoken::challenge::{Challenge, ChallengeId, DeviceCode, DeviceNonce, ResponseSuite};
use camtoken::code::activation::{Binding, Grant, open_first, open_second, seal_first, seal_second};
use camtoken::code::{ChallengeCode, OpenError, open, seal};
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::oath::ocra::{self, Question, Suite};
use camtoken::oath::totp::Totp;
use camtoken::oath::{Hash, Response, hotp};
use camtoken::provision::OtpauthUri;
use camtoken::time::{Date, Timestamp};
use camtoken::transaction::text::{DisplayText, KanaText, Wire};
use camtoken::typed::digits;

/// The result for the given values.
pub(crate) enum Computed {
    /// Values by their names.
    Values(Value),
    /// No value, and the reason: members `error`, `reason`, `why`.
    Refused(Value),
}

/// An error means that the question is not valid.
type Answer = Result<Computed, String>;
type Compute = fn(Value) -> Answer;
type Check = fn(Value) -> Result<bool, String>;

/// Every type that has values.
pub(crate) const TYPES: &[(&str, Compute)] = &[
    ("HotpRespond", |given| Ok(response(&read::<Hotp>(given)?.respond()))),
    ("TotpRespond", |given| Ok(response(&read::<TotpGiven>(given)?.respond()))),
    ("OcraSuite", ocra_suite),
    ("OcraRespond", |given| responded(read::<Ocra>(given)?.respond())),
    ("OcraMode", |given| responded(read::<OcraMode>(given)?.respond())),
    ("CodeSeal", |given| read::<CodeSeal>(given)?.values()),
    ("CodeOpen", |given| code_open(given, open)),
    ("Activation", |given| read::<Activation>(given)?.values()),
    ("FirstOpen", |given| code_open(given, open_first)),
    ("SecondOpen", second_open),
    ("KanaText", kana_text),
    ("DisplayText", display_text),
    ("TypedDigits", typed_digits),
    ("TextTable", text_table),
    ("Zengin", zengin),
    ("Pskc", pskc),
    ("Otpauth", otpauth),
    ("Scan", scan),
];

/// Every type of which a value can be checked.
pub(crate) const CHECKED: &[(&str, Check)] = &[
    ("HotpRespond", |given| checked::<Hotp>(given, |given| Ok(given.respond()))),
    ("TotpRespond", |given| checked::<TotpGiven>(given, |given| Ok(given.respond()))),
    ("OcraRespond", |given| checked::<Ocra>(given, Ocra::respond)),
    ("OcraMode", |given| checked::<OcraMode>(given, OcraMode::respond)),
    ("DeviceCode", device_code),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CodeSeal {
    key: HexKey,
    activation: Parsed<ActivationId>,
    id: Parsed<ChallengeId>,
    expires_at: Seconds,
    operation: String,
    fields: Fields,
    suite: Parsed<ResponseSuite>,
}

impl CodeSeal {
    fn values(&self) -> Answer {
        let (id, expires_at) = (self.id.0, self.expires_at.0);
        Ok(match challenge(&self.operation, &self.fields, id, self.activation.0, expires_at) {
            Ok(challenge) => Computed::Values(json!({
                "shown": shown(&challenge),
                "code": seal(&challenge, &self.key.0).as_str(),
                "question": hex(&challenge.question()),
                "response": challenge.respond(&self.key.0, &self.suite.0).expose_str(),
            })),
            Err(outcome) => of(outcome)?,
        })
    }
}

fn challenge(
    operation: &str,
    fields: &Fields,
    id: ChallengeId,
    activation: ActivationId,
    expires_at: Timestamp,
) -> Result<Challenge, Outcome> {
    Ok(Challenge { id, activation, expires_at, transaction: transaction(operation, fields)? })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Activation {
    token_id: Parsed<TokenId>,
    device_key: HexKey,
    activation: Parsed<ActivationId>,
    fields: Fields,
    first_id: Parsed<ChallengeId>,
    first_expires_at: Seconds,
    nonce: Parsed<DeviceNonce>,
    second_id: Parsed<ChallengeId>,
    second_expires_at: Seconds,
    suite: Parsed<ResponseSuite>,
    key: HexKey,
}

impl Activation {
    fn values(&self) -> Answer {
        let made = |operation, id: &Parsed<ChallengeId>, expires_at| {
            challenge(operation, &self.fields, id.0, self.activation.0, expires_at)
        };
        let first = made("activation1", &self.first_id, self.first_expires_at.0);
        let second = made("activation2", &self.second_id, self.second_expires_at.0);
        let (first, second) = match (first, second) {
            (Ok(first), Ok(second)) => (first, second),
            (Err(outcome), _) | (_, Err(outcome)) => return of(outcome),
        };
        let (token, device_key) = (&self.token_id.0, &self.device_key.0);
        let binding = Binding { first: first.id, nonce: self.nonce.0 };
        let grant = Grant { key: self.key.copy(), suite: self.suite.0.clone() };
        Ok(Computed::Values(json!({
            "shown": shown(&first),
            "firstCode": seal_first(&first, token, device_key).as_str(),
            "firstQuestion": hex(&first.question()),
            "deviceCode": first.device_code(device_key, binding.nonce).expose_digits(),
            "secondCode": seal_second(&second, token, device_key, binding, &grant).as_str(),
            "secondQuestion": hex(&second.question()),
            "response": second.respond(&grant.key, &grant.suite).expose_str(),
        })))
    }
}

/// A code that one key opens.
fn code_open(given: Value, open: fn(&ChallengeCode, &Key) -> Result<Challenge, OpenError>) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        #[serde(alias = "deviceKey")]
        key: HexKey,
        code: String,
    }

    let given: Given = read(given)?;
    Ok(opened(read_code(&given.code).and_then(|code| Ok((open(&code, &given.key.0)?, None)))))
}

fn second_open(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Given {
        device_key: HexKey,
        code: String,
        first_id: Parsed<ChallengeId>,
        nonce: Parsed<DeviceNonce>,
    }

    let given: Given = read(given)?;
    let binding = Binding { first: given.first_id.0, nonce: given.nonce.0 };
    Ok(opened(read_code(&given.code).and_then(|code| {
        let (challenge, grant) = open_second(&code, &given.device_key.0, binding)?;
        Ok((challenge, Some(grant)))
    })))
}

fn opened(opened: Result<(Challenge, Option<Grant>), Class>) -> Computed {
    let (challenge, grant) = match opened {
        Ok(opened) => opened,
        Err(Class(class)) => return Computed::Refused(json!({ "error": class })),
    };
    let mut values = json!({
        "id": challenge.id.to_string(),
        "activation": challenge.activation.to_string(),
        "expiresAt": challenge.expires_at.as_unix(),
        "operation": challenge.transaction.operation().to_string(),
        "shown": shown(&challenge),
        "question": hex(&challenge.question()),
    });
    if let Some(grant) = grant {
        values["suite"] = grant.suite.to_string().into();
        values["key"] = hex(grant.key.expose_bytes()).into();
    }
    Computed::Values(values)
}

fn device_code(given: Value) -> Result<bool, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Given {
        device_key: HexKey,
        first_code: String,
        device_code: String,
    }

    let given: Given = read(given)?;
    let key = &given.device_key.0;
    let first = read_code(&given.first_code).and_then(|code| Ok(open_first(&code, key)?));
    let first = first.map_err(|Class(class)| format!("firstCode: {class}"))?;
    let answer = given.device_code.parse::<DeviceCode>();
    Ok(answer.is_ok_and(|answer| first.device_code(key, answer.nonce()).ct_eq(&answer)))
}

fn kana_text(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        input: String,
        max: usize,
    }

    let given: Given = read(given)?;
    Ok(match KanaText::canonical(&given.input, given.max) {
        Ok(text) => Computed::Values(json!({ "jis": hex(text.as_jis_bytes()) })),
        Err(error) => refused(error),
    })
}

fn display_text(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Given {
        input: String,
        max_columns: usize,
    }

    let given: Given = read(given)?;
    Ok(match DisplayText::canonical(&given.input, given.max_columns) {
        Ok(text) => Computed::Values(match text.wire() {
            Wire::Sjis(bytes) => json!({ "wire": "sjis", "bytes": hex(&bytes) }),
            Wire::Utf8(utf8) => json!({ "wire": "utf8", "bytes": hex(utf8.as_bytes()) }),
        }),
        Err(error) => refused(error),
    })
}

fn text_table(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        table: Table,
    }

    Ok(Computed::Values(json!({ "sha256": read::<Given>(given)?.table.digest() })))
}

fn typed_digits(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        input: String,
        min: usize,
        max: usize,
    }

    let given: Given = read(given)?;
    Ok(match digits(&given.input, given.min..=given.max) {
        Ok(digits) => Computed::Values(json!({ "digits": digits.as_str() })),
        Err(error) => refused(error),
    })
}

fn zengin(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Given {
        bytes: HexBytes,
        encoding: FileEncoding,
        on_or_after: Option<Parsed<Date>>,
        window: Option<u16>,
    }

    let given: Given = read(given)?;
    let day = given.on_or_after.map(|day| day.0);
    let batch = match batch(&given.bytes.0, given.encoding, day, given.window) {
        Ok(batch) => batch,
        Err(error) => {
            let place = json!({ "record": error.record, "field": error.field });
            return Ok(Computed::Refused(json!({ "error": place, "why": error.to_string() })));
        }
    };
    let (header, largest) = (batch.header(), batch.largest_payee());
    let paying = (header.bank_code, header.branch_code, header.account_type, header.account_number);
    let mut values = json!({
        "kind": header.kind as u8,
        "date": header.date.to_string(),
        "originatorCode": header.originator_code.as_str(),
        "originatorName": header.originator_name.to_string(),
        "payingAccount": account(paying),
        "count": batch.count(),
        "total": batch.total(),
        "largestName": largest.name.to_string(),
        "largestAmount": largest.amount,
        "largestAccount": account(largest.account()),
        "accounts": batch.new_payees(|_| false).len(),
        "sha256": hex(&batch.canonical_sha256()),
        "checkCode": batch.check_code(),
    });
    if let Some(date) = pay_date(&batch, day) {
        values["payDate"] = date.into();
    }
    Ok(Computed::Values(values))
}

fn pskc(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Given {
        bytes: HexBytes,
        #[serde(flatten)]
        opened_by: OpenedBy,
        at: Parsed<Timestamp>,
    }

    let given: Given = read(given)?;
    Ok(match given.opened_by.container(given.bytes.0)? {
        Ok(container) => {
            let keys: Vec<_> = container.packages.iter().map(|package| key(package, given.at.0)).collect();
            let mut values = json!({ "keys": keys });
            if !container.unread.is_empty() {
                values["unread"] = container.unread.iter().map(|unread| unread.package.number).collect();
            }
            Computed::Values(values)
        }
        Err(error) => refused(error),
    })
}

fn otpauth(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        uri: String,
    }

    Ok(match read::<Given>(given)?.uri.parse::<OtpauthUri>() {
        Ok(read) => Computed::Values(uri(&read)?),
        Err(error) => refused(error),
    })
}

fn scan(given: Value) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        bytes: HexBytes,
    }

    Ok(match look(&read::<Given>(given)?.bytes.0)? {
        Ok(text) => Computed::Values(json!({ "text": text })),
        Err(Reason::NotFound) => Computed::Refused(json!({ "reason": "NotFound" })),
        Err(Reason::Unreadable) => Computed::Refused(json!({ "reason": "Unreadable" })),
    })
}

/// Takes the candidate out of the given values, and compares it as a verifier does.
fn checked<T: DeserializeOwned>(
    mut given: Value,
    respond: impl FnOnce(&T) -> Result<Response, Outcome>,
) -> Result<bool, String> {
    let candidate = given.as_object_mut().and_then(|given| given.remove("response"));
    let Some(Value::String(candidate)) = candidate else { return Err("response is missing".to_owned()) };
    match respond(&read(given)?) {
        Ok(right) => Ok(typed(&candidate, &right).is_some_and(|given| given.ct_eq(&right))),
        Err(Outcome::Refused(_)) => Ok(false),
        Err(outcome) => Err(outcome.to_string()),
    }
}

fn response(response: &Response) -> Computed {
    Computed::Values(json!({ "response": response.expose_str() }))
}

fn responded(computed: Result<Response, Outcome>) -> Answer {
    computed.map_or_else(of, |computed| Ok(response(&computed)))
}

fn of(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Refused(why) => Ok(refused(why)),
        other => Err(other.to_string()),
    }
}

fn refused(why: impl std::fmt::Display) -> Computed {
    Computed::Refused(json!({ "why": why.to_string() }))
}

fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

fn read<T: DeserializeOwned>(given: Value) -> Result<T, String> {
    serde_json::from_value(given).map_err(|error| error.to_string())
}
