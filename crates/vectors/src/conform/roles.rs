//! The parts of a story that an implementation plays, each step a question.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::limits::short;
use super::peer::{Answer, Peer};
use super::{Feature, Hello};
use crate::story::picture::Picture;
use crate::story::roles::{
    Accepted, Button, Came, Ended, Enrolled, Fault, Issued, Manage, PinAct, Shown, TokenRole, VerifierRole,
};
use crate::values::unhex;
use camtoken::challenge::ChallengeRef;
use camtoken::code::ChallengeCode;
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::time::Timestamp;
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{AttemptId, Policy, Subscriber};

/// A verifier behind the protocol.
pub(super) struct PeerVerifier<'a> {
    party: Party<'a>,
}

/// The tokens behind the protocol.
pub(super) struct PeerTokens<'a> {
    party: Party<'a>,
}

struct Party<'a> {
    hello: &'a Hello,
    peer: &'a RefCell<Peer>,
    /// Its refusal.
    no: &'static [&'static str],
}

const DONE: &[&str] = &["done"];
const ACCEPTED: &[&str] = &["accepted", "accepted again"];

/// An answer without anything but its outcome.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstCode {
    activation: String,
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generator {
    activation: String,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Executed {
    operation: String,
    fields: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    shown: BTreeMap<String, String>,
    answer: Option<String>,
}

impl Party<'_> {
    /// Asks for what is done and not decided. The inner error is a no.
    fn ask<T: DeserializeOwned>(&self, what: &str, question: Value) -> Came<T> {
        Ok(self.outcome(what, question, DONE)?.map(|(_, rest)| rest))
    }

    /// Asks for one of these outcomes.
    fn outcome<T: DeserializeOwned>(&self, what: &str, question: Value, yes: &[&str]) -> Came<(String, T)> {
        let Value::Object(question) = question else { return Err("a question is an object".into()) };
        let mut said = match self.peer.borrow_mut().ask(what, question)? {
            Answer::Said(said) => said,
            Answer::Unsupported(why) => return Err(Ended::Skipped(why)),
        };
        let Some(Value::String(outcome)) = said.remove("outcome") else {
            return Err(format!("{what}: the answer has no outcome").into());
        };
        if !yes.contains(&outcome.as_str()) {
            let is_no = self.no.iter().any(|no| outcome.starts_with(no));
            return match said.keys().next() {
                _ if !is_no => Err(format!("{what}: {:?} is no outcome of it", short(&outcome)).into()),
                Some(name) => Err(format!("{what}: {}, with a member {}", short(&outcome), short(name)).into()),
                None => Ok(Err(short(&outcome))),
            };
        }
        let rest = serde_json::from_value(Value::Object(said));
        Ok(Ok((outcome, rest.map_err(|error| format!("{what}: {error}"))?)))
    }

    fn must_have(&self, feature: Feature, name: &str) -> Result<(), Ended> {
        if self.hello.has(feature) { Ok(()) } else { Err(Ended::Skipped(format!("feature {name}"))) }
    }
}

impl<'a> PeerVerifier<'a> {
    /// A verifier without records.
    pub fn begin(hello: &'a Hello, peer: &'a RefCell<Peer>, policy: &Policy, bank: &str) -> Result<Self, Ended> {
        let party = Party { hello, peer, no: &["rejected ", "error "] };
        let policy = json!({
            "suite": policy.suite.to_string(),
            "lifetime": policy.lifetime.as_secs(),
            "maxAttempts": policy.max_attempts,
            "maxFailures": policy.max_failures,
            "testTokens": policy.accept_test_keys,
        });
        begun(&party, "verifier.begin", json!({ "policy": policy, "bank": bank }))?;
        Ok(Self { party })
    }
}

impl VerifierRole for PeerVerifier<'_> {
    fn restart(&mut self) -> Result<(), Ended> {
        self.party.must_have(Feature::Restart, "restart")?;
        begun(&self.party, "verifier.restart", json!({}))
    }

    fn register(&mut self, id: &TokenId, device_key: &Key, test: bool, now: Timestamp) -> Came<()> {
        let device_key = base16ct::lower::encode_string(device_key.expose_bytes());
        let question = json!({ "tokenId": id.as_str(), "deviceKey": device_key, "test": test, "now": now.as_unix() });
        nothing(self.party.ask("verifier.register", question))
    }

    fn enroll(&mut self, id: &TokenId, subscriber: Subscriber, now: Timestamp) -> Came<Enrolled> {
        let Subscriber { contract, user } = subscriber;
        let question = json!({ "tokenId": id.as_str(), "contract": contract, "user": user, "now": now.as_unix() });
        match self.party.ask::<FirstCode>("verifier.enroll", question)? {
            Ok(first) => Ok(Ok(Enrolled { activation: parsed("activation", &first.activation)?, code: first.code })),
            Err(other) => Ok(Err(other)),
        }
    }

    fn second(&mut self, activation: ActivationId, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<String> {
        let question = typed_in(activation, "deviceCode", typed, attempt, now);
        Ok(self.party.ask::<Code>("verifier.second", question)?.map(|second| second.code))
    }

    fn confirm(&mut self, activation: ActivationId, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<()> {
        nothing(self.party.ask("verifier.confirm", typed_in(activation, "response", typed, attempt, now)))
    }

    fn generator(&mut self, subscriber: Subscriber, now: Timestamp) -> Came<(ActivationId, Key)> {
        self.party.must_have(Feature::TimeBased, "timeBased")?;
        let Subscriber { contract, user } = subscriber;
        let question = json!({ "contract": contract, "user": user, "now": now.as_unix() });
        match self.party.ask::<Generator>("verifier.generator", question)? {
            Ok(made) => {
                let key = unhex(&made.key).filter(|key| (16..=64).contains(&key.len()));
                let key = key.ok_or("key is not 16 to 64 bytes in hexadecimal")?;
                Ok(Ok((parsed("activation", &made.activation)?, Key::new(key))))
            }
            Err(other) => Ok(Err(other)),
        }
    }

    fn issue(
        &mut self,
        activation: ActivationId,
        transaction: &Transaction,
        lifetime: Option<Duration>,
        now: Timestamp,
    ) -> Came<Issued> {
        let mut question = json!({
            "activation": activation.to_string(),
            "operation": transaction.operation().to_string(),
            "fields": texts(transaction),
            "now": now.as_unix(),
        });
        if let Some(lifetime) = lifetime {
            question["lifetime"] = lifetime.as_secs().into();
        }
        match self.party.ask::<Code>("verifier.issue", question)? {
            Ok(issued) => {
                let code: ChallengeCode = parsed("code", &issued.code)?;
                Ok(Ok(Issued { challenge: ChallengeRef { activation, id: code.id() }, code: issued.code }))
            }
            Err(other) => Ok(Err(other)),
        }
    }

    fn verify(&mut self, challenge: ChallengeRef, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<Accepted> {
        let mut question = typed_in(challenge.activation, "response", typed, attempt, now);
        question["challenge"] = challenge.id.to_string().into();
        match self.party.outcome::<Executed>("verifier.verify", question, ACCEPTED)? {
            Ok((outcome, executed)) => {
                let operation: Operation = parsed("operation", &executed.operation)?;
                let transaction = Transaction::new(operation, &executed.fields).map_err(|error| error.to_string())?;
                if texts(&transaction) != executed.fields {
                    return Err("the fields that it would execute are not canonical".into());
                }
                Ok(Ok(Accepted { first: outcome == "accepted", transaction: Some(transaction) }))
            }
            Err(other) => Ok(Err(other)),
        }
    }

    fn password(&mut self, activation: ActivationId, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<bool> {
        self.party.must_have(Feature::TimeBased, "timeBased")?;
        let question = typed_in(activation, "password", typed, attempt, now);
        let came = self.party.outcome::<Nothing>("verifier.password", question, ACCEPTED)?;
        Ok(came.map(|(outcome, _)| outcome == "accepted"))
    }

    fn manage(&mut self, act: Manage, activation: ActivationId, now: Timestamp) -> Came<()> {
        let what = match act {
            Manage::Reset => "verifier.reset",
            Manage::Revoke => "verifier.revoke",
            Manage::Resume => "verifier.resume",
        };
        nothing(self.party.ask(what, json!({ "activation": activation.to_string(), "now": now.as_unix() })))
    }

    fn revoke_token(&mut self, id: &TokenId, now: Timestamp) -> Came<()> {
        let question = json!({ "tokenId": id.as_str(), "now": now.as_unix() });
        nothing(self.party.ask("verifier.revokeToken", question))
    }
}

impl<'a> PeerTokens<'a> {
    /// No tokens yet.
    pub fn begin(hello: &'a Hello, peer: &'a RefCell<Peer>) -> Result<Self, Ended> {
        let party = Party { hello, peer, no: &["refused ", "error "] };
        begun(&party, "token.begin", json!({}))?;
        Ok(Self { party })
    }

    /// A token with a camera gets the picture, any other the text that a reader finds in it.
    fn seen(&self, picture: &Picture) -> Result<(&'static str, String), Ended> {
        if self.party.hello.has(Feature::Pictures) {
            return Ok(("picture", base16ct::lower::encode_string(&picture.png()?)));
        }
        match picture.text()? {
            Ok(text) => Ok(("text", text)),
            Err(_) => Err(Ended::Skipped("feature pictures".to_owned())),
        }
    }
}

impl TokenRole for PeerTokens<'_> {
    fn make(&mut self, name: &str, id: &TokenId, device_key: &Key, test: bool, slots: usize) -> Came<()> {
        let device_key = base16ct::lower::encode_string(device_key.expose_bytes());
        let question =
            json!({ "token": name, "tokenId": id.as_str(), "deviceKey": device_key, "test": test, "places": slots });
        nothing(self.party.ask("token.make", question))
    }

    fn press(&mut self, name: &str, picture: &Picture, button: Button) -> Came<Shown> {
        let button = match button {
            Button::Look => "none",
            Button::Approve => "ok",
            Button::Decline => "cancel",
            Button::Keep => "keep",
            Button::Discard => "discard",
        };
        let (form, seen) = self.seen(picture)?;
        let mut question = json!({ "token": name, "press": button });
        question[form] = seen.into();
        let came = self.party.ask::<Read>("token.read", question)?;
        Ok(came.map(|read| Shown { fields: read.shown, answer: read.answer }))
    }

    fn fault(&mut self, name: &str, fault: Fault) -> Came<()> {
        self.party.must_have(Feature::Faults, "faults")?;
        let fault = match fault {
            Fault::Battery => "battery",
            Fault::HalfActivated => "halfActivated",
        };
        nothing(self.party.ask("token.fault", json!({ "token": name, "fault": fault })))
    }

    fn pin(&mut self, name: &str, act: PinAct) -> Came<()> {
        self.party.must_have(Feature::Pin, "pin")?;
        let question = match act {
            PinAct::Set(digits) => json!({ "token": name, "act": "set", "digits": digits }),
            PinAct::Enter(digits) => json!({ "token": name, "act": "enter", "digits": digits }),
            PinAct::Lock => json!({ "token": name, "act": "lock" }),
        };
        nothing(self.party.ask("token.pin", question))
    }
}

fn begun(party: &Party<'_>, what: &str, question: Value) -> Result<(), Ended> {
    match party.ask::<Nothing>(what, question)? {
        Ok(Nothing {}) => Ok(()),
        Err(other) => Err(format!("{what}: {other}").into()),
    }
}

fn nothing(came: Came<Nothing>) -> Came<()> {
    Ok(came?.map(|Nothing {}| ()))
}

fn typed_in(activation: ActivationId, what: &str, typed: &str, attempt: AttemptId, now: Timestamp) -> Value {
    let mut question = json!({ "activation": activation.to_string(), "now": now.as_unix() });
    question[what] = typed.into();
    question["attempt"] = attempt.to_string().replace('-', "").into();
    question
}

/// Every field of a transaction as canonical text.
pub(super) fn texts(transaction: &Transaction) -> BTreeMap<String, String> {
    transaction.fields().map(|(field, value)| (field.name.to_owned(), value.to_string())).collect()
}

fn parsed<T: FromStr<Err: Display>>(what: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{what} {:?}: {error}", short(text)))
}
