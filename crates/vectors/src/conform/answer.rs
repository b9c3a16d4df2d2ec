//! camtoken's own side of the protocol: it answers the questions of the kit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::PROTOCOL;
use super::roles::texts;
use crate::compute::{self, Computed};
use crate::json;
use crate::story::picture::Picture;
use crate::story::roles::{Button, Came, Ended, Fault, Manage, PinAct, TokenRole, VerifierRole};
use crate::story::token::OurTokens;
use crate::story::verifier::OurVerifier;
use crate::values::{HexBytes, Parsed};
use camtoken::challenge::{ChallengeId, ChallengeRef, ResponseSuite};
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::store::MemoryStore;
use camtoken::time::Timestamp;
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{AttemptId, Policy, Subscriber};

type Store = Arc<MemoryStore>;
type OurOwn = OurVerifier<Store, Box<dyn FnMut() -> Result<Store, String> + Send>>;

/// Answers questions, one after the other. Between them it holds the verifier and the tokens of one story.
pub struct Answerer {
    verifier: Option<OurOwn>,
    tokens: OurTokens,
}

/// An answer, or why the question is not valid.
type Said = Result<Value, String>;

impl Default for Answerer {
    fn default() -> Self {
        Self { verifier: None, tokens: OurTokens::new(&seed()) }
    }
}

impl Answerer {
    /// Answers one question. It answers every question; one that it does not understand with an `error`.
    #[must_use]
    pub fn answer(&mut self, line: &str) -> String {
        let question = match json::read(line) {
            Ok(Value::Object(question)) => question,
            Ok(_) => return json!({ "error": "a question is an object" }).to_string(),
            Err(error) => return json!({ "error": format!("not JSON: {error}") }).to_string(),
        };
        let id = question.get("id").cloned().unwrap_or_default();
        let mut answer = self.say(question).unwrap_or_else(|error| json!({ "error": error }));
        answer["id"] = id;
        answer.to_string()
    }

    fn say(&mut self, mut question: Map<String, Value>) -> Said {
        question.remove("id").filter(Value::is_u64).ok_or("a question has an id, a whole number")?;
        let Some(Value::String(ask)) = question.remove("ask") else { return Err("nothing is asked".to_owned()) };
        match ask.as_str() {
            "hello" => hello(&read(question)?),
            "compute" => computed(read(question)?),
            "check" => checked(read(question)?),
            "verifier.begin" => self.begin(read(question)?),
            "token.begin" => {
                let Nothing {} = read(question)?;
                self.tokens = OurTokens::new(&seed());
                Ok(done())
            }
            _ => match ask.split_once('.') {
                Some(("verifier", act)) => {
                    let verifier = self.verifier.as_mut().ok_or("verifier.begin comes first")?;
                    said(verifier_says(verifier, act, question))
                }
                Some(("token", act)) => said(token_says(&mut self.tokens, act, question)),
                _ => Err(format!("unknown question {ask:?}")),
            },
        }
    }

    fn begin(&mut self, begin: Begin) -> Said {
        let policy = Policy {
            suite: begin.policy.suite.0,
            lifetime: Duration::from_secs(begin.policy.lifetime),
            max_attempts: begin.policy.max_attempts,
            max_failures: begin.policy.max_failures,
            accept_test_keys: begin.policy.test_tokens,
            ..Policy::default()
        };
        let store = Store::default();
        let open = Box::new(move || Ok(Arc::clone(&store)));
        let verifier = OurVerifier::new(policy, &begin.bank, &seed(), open as _);
        self.verifier = Some(verifier.map_err(|ended| ended.to_string())?);
        Ok(done())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HelloQuestion {
    protocol: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueQuestion {
    r#type: String,
    given: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    policy: GivenPolicy,
    bank: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GivenPolicy {
    suite: Parsed<ResponseSuite>,
    lifetime: u64,
    max_attempts: u8,
    max_failures: u8,
    test_tokens: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Register {
    token_id: Parsed<TokenId>,
    device_key: HexBytes,
    test: bool,
    now: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Enroll {
    token_id: Parsed<TokenId>,
    contract: String,
    user: String,
    now: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generator {
    contract: String,
    user: String,
    now: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Issue {
    activation: Parsed<ActivationId>,
    operation: String,
    fields: BTreeMap<String, String>,
    lifetime: Option<u64>,
    now: u64,
}

/// A device code, a response or a password is typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    activation: Parsed<ActivationId>,
    challenge: Option<Parsed<ChallengeId>>,
    #[serde(alias = "deviceCode", alias = "password")]
    response: String,
    attempt: HexBytes,
    now: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Of {
    activation: Parsed<ActivationId>,
    now: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OfToken {
    token_id: Parsed<TokenId>,
    now: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Make {
    token: String,
    token_id: Parsed<TokenId>,
    device_key: HexBytes,
    test: bool,
    places: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadCode {
    token: String,
    picture: Option<HexBytes>,
    text: Option<String>,
    press: Press,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Press {
    None,
    Ok,
    Cancel,
    Keep,
    Discard,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFault {
    token: String,
    fault: GivenFault,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum GivenFault {
    Battery,
    HalfActivated,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PinQuestion {
    token: String,
    act: GivenPinAct,
    digits: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum GivenPinAct {
    Set,
    Enter,
    Lock,
}

fn hello(question: &HelloQuestion) -> Said {
    if question.protocol != PROTOCOL {
        return Err(format!("version {PROTOCOL} of the protocol is spoken here"));
    }
    Ok(json!({
        "protocol": PROTOCOL,
        "name": "camtoken",
        "version": env!("CARGO_PKG_VERSION"),
        "compute": compute::TYPES.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "check": compute::CHECKED.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "roles": ["token", "verifier"],
        "features": ["pictures", "pin", "faults", "restart", "timeBased"],
    }))
}

fn computed(question: ValueQuestion) -> Said {
    let Some((_, compute)) = compute::TYPES.iter().find(|(name, _)| *name == question.r#type) else {
        return Ok(json!({ "unsupported": format!("type {}", question.r#type) }));
    };
    Ok(match compute(question.given.into())? {
        Computed::Values(values) => json!({ "values": values }),
        Computed::Refused(why) => json!({ "refused": why }),
    })
}

fn checked(question: ValueQuestion) -> Said {
    let Some((_, check)) = compute::CHECKED.iter().find(|(name, _)| *name == question.r#type) else {
        return Ok(json!({ "unsupported": format!("type {}", question.r#type) }));
    };
    Ok(json!({ "valid": check(question.given.into())? }))
}

fn verifier_says(verifier: &mut OurOwn, act: &str, question: Map<String, Value>) -> Came<Value> {
    match act {
        "restart" => {
            let Nothing {} = read(question)?;
            verifier.restart()?;
            Ok(Ok(done()))
        }
        "register" => {
            let Register { token_id, device_key, test, now } = read(question)?;
            nothing(verifier.register(&token_id.0, &Key::new(device_key.0), test, Timestamp::from_unix(now)))
        }
        "enroll" => {
            let Enroll { token_id, contract, user, now } = read(question)?;
            let came = verifier.enroll(&token_id.0, Subscriber { contract, user }, Timestamp::from_unix(now))?;
            Ok(came.map(|first| with(done(), [("activation", first.activation.to_string()), ("code", first.code)])))
        }
        "generator" => {
            let Generator { contract, user, now } = read(question)?;
            let came = verifier.generator(Subscriber { contract, user }, Timestamp::from_unix(now))?;
            Ok(came.map(|(activation, key)| {
                let key = base16ct::lower::encode_string(key.expose_bytes());
                with(done(), [("activation", activation.to_string()), ("key", key)])
            }))
        }
        "issue" => {
            let Issue { activation, operation, fields, lifetime, now } = read(question)?;
            let operation: Operation = operation.parse().map_err(|error| format!("{error}"))?;
            let transaction = Transaction::new(operation, &fields).map_err(|error| error.to_string())?;
            let lifetime = lifetime.map(Duration::from_secs);
            let came = verifier.issue(activation.0, &transaction, lifetime, Timestamp::from_unix(now))?;
            Ok(came.map(|issued| with(done(), [("code", issued.code)])))
        }
        "second" | "confirm" | "verify" | "password" => typed(verifier, act, read(question)?),
        "reset" | "revoke" | "resume" => {
            let Of { activation, now } = read(question)?;
            let act = match act {
                "reset" => Manage::Reset,
                "revoke" => Manage::Revoke,
                _ => Manage::Resume,
            };
            nothing(verifier.manage(act, activation.0, Timestamp::from_unix(now)))
        }
        "revokeToken" => {
            let OfToken { token_id, now } = read(question)?;
            nothing(verifier.revoke_token(&token_id.0, Timestamp::from_unix(now)))
        }
        _ => Err(format!("unknown question verifier.{act}").into()),
    }
}

/// Decides about the digits that a person typed.
fn typed(verifier: &mut OurOwn, act: &str, typed: Typed) -> Came<Value> {
    let Typed { activation: Parsed(activation), challenge, response, attempt, now } = typed;
    let attempt = AttemptId::from_bytes(attempt.0.try_into().map_err(|_| "an attempt has 16 bytes")?);
    let now = Timestamp::from_unix(now);
    let accepted = |first| json!({ "outcome": if first { "accepted" } else { "accepted again" } });
    match (act, challenge) {
        ("second", None) => {
            let came = verifier.second(activation, &response, attempt, now)?;
            Ok(came.map(|code| with(done(), [("code", code)])))
        }
        ("confirm", None) => nothing(verifier.confirm(activation, &response, attempt, now)),
        ("password", None) => Ok(verifier.password(activation, &response, attempt, now)?.map(accepted)),
        ("verify", Some(Parsed(id))) => {
            let came = verifier.verify(ChallengeRef { activation, id }, &response, attempt, now)?;
            Ok(came.map(|executed| {
                let mut answer = accepted(executed.first);
                if let Some(transaction) = executed.transaction {
                    answer["operation"] = transaction.operation().to_string().into();
                    answer["fields"] = json!(texts(&transaction));
                }
                answer
            }))
        }
        _ => Err("challenge is missing, or not asked for here".into()),
    }
}

fn token_says(tokens: &mut OurTokens, act: &str, question: Map<String, Value>) -> Came<Value> {
    match act {
        "make" => {
            let Make { token, token_id, device_key, test, places } = read(question)?;
            nothing(tokens.make(&token, &token_id.0, &Key::new(device_key.0), test, places))
        }
        "read" => {
            let ReadCode { token, picture, text, press } = read(question)?;
            let button = match press {
                Press::None => Button::Look,
                Press::Ok => Button::Approve,
                Press::Cancel => Button::Decline,
                Press::Keep => Button::Keep,
                Press::Discard => Button::Discard,
            };
            let picture = match (picture, text) {
                (Some(HexBytes(png)), None) => Picture::Png(png),
                (None, Some(text)) => Picture::Text(text),
                _ => return Err("either picture or text".into()),
            };
            Ok(tokens.press(&token, &picture, button)?.map(|shown| {
                let mut read = with(done(), shown.answer.map(|answer| ("answer", answer)));
                read["shown"] = json!(shown.fields);
                read
            }))
        }
        "fault" => {
            let SetFault { token, fault } = read(question)?;
            let fault = match fault {
                GivenFault::Battery => Fault::Battery,
                GivenFault::HalfActivated => Fault::HalfActivated,
            };
            nothing(tokens.fault(&token, fault))
        }
        "pin" => {
            let PinQuestion { token, act, digits } = read(question)?;
            let digits = || digits.ok_or("digits are missing");
            let act = match act {
                GivenPinAct::Set => PinAct::Set(digits()?),
                GivenPinAct::Enter => PinAct::Enter(digits()?),
                GivenPinAct::Lock => PinAct::Lock,
            };
            nothing(tokens.pin(&token, act))
        }
        _ => Err(format!("unknown question token.{act}").into()),
    }
}

fn done() -> Value {
    json!({ "outcome": "done" })
}

fn nothing(came: Came<()>) -> Came<Value> {
    Ok(came?.map(|()| done()))
}

fn with(mut answer: Value, members: impl IntoIterator<Item = (&'static str, String)>) -> Value {
    for (name, text) in members {
        answer[name] = text.into();
    }
    answer
}

/// Another outcome is an answer, too; a mistake in the question is an error.
fn said(came: Came<Value>) -> Said {
    match came {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(other)) => Ok(json!({ "outcome": other })),
        Err(Ended::Skipped(why)) => Ok(json!({ "unsupported": why })),
        Err(ended) => Err(ended.to_string()),
    }
}

fn read<T: DeserializeOwned>(question: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(question.into()).map_err(|error| error.to_string())
}

fn seed() -> String {
    base16ct::lower::encode_string(Key::generate(&mut UnwrapErr(SysRng)).expose_bytes())
}
