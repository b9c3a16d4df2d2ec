//! Files of values: the values that an implementation computes, compared with those that a test expects.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use super::limits::short;
use super::peer::{Answer, Peer};
use super::{Ending, Hello, TestReport};
use crate::document::{Common, Document, Expected, Group, TYPES};
use crate::{Place, json};

/// The expected values of a type of tests. All other fields of a group and of a test are given to the implementation.
struct Form {
    name: &'static str,
    /// The values that are compared.
    expected: &'static [&'static str],
    /// Of these, the values that not every implementation returns.
    optional: &'static [&'static str],
    /// The value that can be put to a verifier: is it the right one?
    candidate: Option<&'static str>,
}

const OPENED: &[&str] = &["id", "activation", "expiresAt", "operation", "shown", "question"];

const FORMS: &[Form] = &[
    Form::response("HotpRespond"),
    Form::response("TotpRespond"),
    Form::of("OcraSuite", &[]),
    Form::response("OcraRespond"),
    Form::response("OcraMode"),
    Form { optional: &["payload"], ..Form::of("CodeSeal", &["shown", "payload", "code", "question", "response"]) },
    Form::of("CodeOpen", OPENED),
    Form::of(
        "Activation",
        &["shown", "firstCode", "firstQuestion", "deviceCode", "secondCode", "secondQuestion", "response"],
    ),
    Form { candidate: Some("deviceCode"), ..Form::of("DeviceCode", &[]) },
    Form::of("FirstOpen", OPENED),
    Form::of("SecondOpen", &["id", "activation", "expiresAt", "operation", "shown", "question", "suite", "key"]),
    Form::of("KanaText", &["jis"]),
    Form::of("DisplayText", &["wire", "bytes"]),
    Form::of("TypedDigits", &["digits"]),
    Form::of("TextTable", &["sha256"]),
    Form::of(
        "Zengin",
        &[
            "kind",
            "date",
            "payDate",
            "originatorCode",
            "originatorName",
            "payingAccount",
            "count",
            "total",
            "largestName",
            "largestAmount",
            "largestAccount",
            "accounts",
            "sha256",
            "checkCode",
        ],
    ),
    Form::of("Pskc", &["keys", "unread"]),
    Form {
        optional: &["canonical"],
        ..Form::of("Otpauth", &["account", "issuer", "secret", "hash", "digits", "period", "counter", "canonical"])
    },
    Form::of("Scan", &["text"]),
];

impl Form {
    const fn of(name: &'static str, expected: &'static [&'static str]) -> Self {
        Self { name, expected, optional: &[], candidate: None }
    }

    const fn response(name: &'static str) -> Self {
        Self { candidate: Some("response"), ..Self::of(name, &["response"]) }
    }

    /// A device code can be checked only: a part of it is random.
    fn is_for(&self, what: &str) -> bool {
        if what == "check" { self.candidate.is_some() } else { self.candidate != Some("deviceCode") }
    }
}

/// Whether there are tests of a type to `compute` or to `check`.
pub(super) fn has(what: &str, name: &str) -> bool {
    FORMS.iter().any(|form| form.name == name && form.is_for(what))
}

/// Puts every test of a file to an implementation.
pub(super) fn ask(text: &str, folder: &Path, hello: &Hello, peer: &RefCell<Peer>) -> Vec<TestReport> {
    let document: Document = match json::read(text).and_then(serde_json::from_value) {
        Ok(document) => document,
        Err(error) => return vec![TestReport::of_file(error.to_string())],
    };
    let mut reports = Vec::new();
    for (number, Group { r#type, tests, own, .. }) in (1..).zip(document.test_groups) {
        let Some(form) = FORMS.iter().find(|form| form.name == r#type) else {
            // An implementation of camtoken does not have to know codes of other systems.
            if let Some(known) = TYPES.iter().find(|known| known.name == r#type) {
                let ending = Ending::Skipped { why: format!("type {}", known.name) };
                let place = Place::Group(number);
                reports.push(TestReport {
                    place,
                    kind: known.name.to_owned(),
                    comment: known.about.to_owned(),
                    ending,
                });
                continue;
            }
            reports.push(TestReport { place: Place::Group(number), ..TestReport::of_file(format!("type {type}")) });
            continue;
        };
        for test in tests {
            let asked = Common::read(test).map(|test| {
                let place = Place::Test { group: number, tc_id: test.tc_id };
                let ending = Test { form, group: &own, test: &test, folder }.ask(hello, &mut peer.borrow_mut());
                TestReport { place, kind: form.name.to_owned(), comment: test.comment, ending }
            });
            let malformed = |error| TestReport { place: Place::Group(number), ..TestReport::of_file(error) };
            reports.push(asked.unwrap_or_else(malformed));
        }
    }
    reports
}

struct Test<'a> {
    form: &'a Form,
    group: &'a Map<String, Value>,
    test: &'a Common,
    folder: &'a Path,
}

/// The result of a test.
enum Said {
    Values(Map<String, Value>),
    Refused(Map<String, Value>),
}

/// The difference: the expected value, and the value of the implementation.
type Differs = (String, String);

impl Test<'_> {
    fn ask(&self, hello: &Hello, peer: &mut Peer) -> Ending {
        let asked = hello.types().into_iter().filter(|(_, types)| types.contains(self.form.name));
        let asked: Vec<_> = asked.map(|(what, _)| what).collect();
        let mut without = asked.is_empty().then(|| format!("type {}", self.form.name));
        for what in asked {
            let answer = self.question(what).and_then(|question| peer.ask(what, question));
            let judged = match answer {
                Ok(Answer::Unsupported(why)) => {
                    without.get_or_insert(why);
                    continue;
                }
                Ok(Answer::Said(said)) if what == "check" => self.judge_check(said),
                Ok(Answer::Said(said)) => self.judge(said),
                Err(why) => Err((self.expectation(), why)),
            };
            if let Err((expected, got)) = judged {
                return Ending::Failed { expected, got };
            }
        }
        without.map_or(Ending::Passed, |why| Ending::Skipped { why })
    }

    /// The given values. A file is given by its bytes.
    fn question(&self, what: &str) -> Result<Map<String, Value>, String> {
        let mut given = self.group.clone();
        for (name, value) in &self.test.own {
            let is_expected = self.form.expected.contains(&name.as_str());
            let is_reason = matches!(name.as_str(), "error" | "reason" | "faulty");
            if is_reason || (is_expected && what == "compute") {
                continue;
            }
            match value.as_str() {
                Some(file) if name == "file" || name == "picture" => {
                    let bytes = fs::read(self.folder.join(file)).map_err(|error| format!("{file}: {error}"))?;
                    given.insert("bytes".to_owned(), base16ct::lower::encode_string(&bytes).into());
                }
                _ => {
                    given.insert(name.clone(), value.clone());
                }
            }
        }
        if self.form.name == "Pskc" {
            given.entry("at").or_insert_with(|| "2026-01-01T00:00:00Z".into());
        }
        let mut question = Map::new();
        question.insert("type".to_owned(), self.form.name.into());
        question.insert("given".to_owned(), given.into());
        Ok(question)
    }

    fn judge(&self, said: Map<String, Value>) -> Result<(), Differs> {
        let said = Said::read(said).map_err(|why| (self.expectation(), why))?;
        match (said, self.test.result) {
            (Said::Values(values), Expected::Valid) => self.compare(&values),
            (Said::Refused(why), Expected::Valid) => Err((self.expectation(), format!("refused: {}", shown(&why)))),
            // Of a container the whole may be refused, or the packages that are at fault.
            (Said::Values(values), Expected::Invalid)
                if self.test.own.get("faulty").is_some_and(|faulty| values.get("unread") == Some(faulty)) =>
            {
                Ok(())
            }
            (Said::Values(values), Expected::Invalid) => {
                let other = |name| values.get(name).filter(|value| value.is_string() && !self.is_right(name, value));
                let is_other = values.len() == 1 && self.form.candidate.and_then(other).is_some();
                if is_other { Ok(()) } else { Err((self.expectation(), shown(&values))) }
            }
            (Said::Refused(why), Expected::Invalid) => {
                for name in ["error", "reason"] {
                    if let Some(expected) = self.test.own.get(name)
                        && why.get(name) != Some(expected)
                    {
                        return Err((format!("refused: {expected}"), format!("refused: {}", shown(&why))));
                    }
                }
                Ok(())
            }
        }
    }

    fn judge_check(&self, said: Map<String, Value>) -> Result<(), Differs> {
        let is_valid = match (said.get("valid"), said.get("refused")) {
            (Some(Value::Bool(valid)), None) if said.len() == 1 => *valid,
            (None, Some(Value::Object(why))) if said.len() == 1 && is_reason(why) => false,
            _ => return Err(("valid: true or false".to_owned(), shown(&said))),
        };
        if is_valid == (self.test.result == Expected::Valid) {
            return Ok(());
        }
        let name = self.form.candidate.unwrap_or_default();
        let candidate = self.test.own.get(name).cloned().unwrap_or_default();
        Err((format!("{name} {candidate} is {}", self.result()), format!("valid: {is_valid}")))
    }

    fn compare(&self, values: &Map<String, Value>) -> Result<(), Differs> {
        if let Some(unknown) = values.keys().find(|name| !self.form.expected.contains(&name.as_str())) {
            return Err((format!("none of the name {unknown}"), shown(values)));
        }
        for name in self.form.expected {
            let (expected, got) = (self.test.own.get(*name), values.get(*name));
            let may_miss = self.form.optional.contains(name) && (expected.is_none() || got.is_none());
            let same = match (expected, got) {
                (Some(_), Some(got)) => self.is_right(name, got),
                (expected, got) => expected == got,
            };
            if !same && !may_miss {
                let told =
                    |value: Option<&Value>| value.map_or("nothing".to_owned(), |value| short(&value.to_string()));
                return Err((format!("{name} {}", told(expected)), format!("{name} {}", told(got))));
            }
        }
        Ok(())
    }

    /// Whether a value is the expected one. Whole HMACs and secrets may be written in either case; of the keys of a
    /// container only what the test names is compared, and of its unread packages the place.
    fn is_right(&self, name: &str, got: &Value) -> bool {
        let Some(expected) = self.test.own.get(name) else { return false };
        match (name, expected, got) {
            ("response" | "secret", Value::String(expected), Value::String(got)) => expected.eq_ignore_ascii_case(got),
            ("keys", Value::Array(expected), Value::Array(got)) => {
                expected.len() == got.len() && expected.iter().zip(got).all(|(expected, got)| is_key(expected, got))
            }
            ("unread", Value::Array(expected), Value::Array(got)) => {
                expected.iter().map(|unread| &unread["package"]).eq(got)
            }
            _ => expected == got,
        }
    }

    fn expectation(&self) -> String {
        if self.test.result == Expected::Invalid {
            return "refused".to_owned();
        }
        let expected = self.test.own.iter().filter(|(name, _)| self.form.expected.contains(&name.as_str()));
        let expected: Map<_, _> = expected.map(|(name, value)| (name.clone(), value.clone())).collect();
        if expected.is_empty() { "accepted".to_owned() } else { shown(&expected) }
    }

    fn result(&self) -> &'static str {
        if self.test.result == Expected::Valid { "valid" } else { "invalid" }
    }
}

impl Said {
    fn read(mut said: Map<String, Value>) -> Result<Self, String> {
        let whole = shown(&said);
        match (said.remove("values"), said.remove("refused")) {
            (Some(Value::Object(values)), None) if said.is_empty() => Ok(Self::Values(values)),
            (None, Some(Value::Object(why))) if said.is_empty() && is_reason(&why) => Ok(Self::Refused(why)),
            _ => Err(format!("neither values nor refused: {whole}")),
        }
    }
}

/// Whether these are the members that a refusal may have. `error` is a class, or a place in a batch file.
fn is_reason(why: &Map<String, Value>) -> bool {
    why.iter().all(|(name, value)| match name.as_str() {
        "error" => value.is_string() || value.is_object(),
        "reason" | "why" => value.is_string(),
        _ => false,
    })
}

/// A key of a container: what the test does not name is not judged, but the secret.
fn is_key(expected: &Value, got: &Value) -> bool {
    let (Some(expected), Some(got)) = (expected.as_object(), got.as_object()) else { return false };
    let secret = |key: &Map<String, Value>| key.get("secret").and_then(Value::as_str).map(str::to_ascii_lowercase);
    let others = expected.iter().filter(|(name, _)| *name != "secret");
    secret(expected) == secret(got) && others.into_iter().all(|(name, value)| got.get(name) == Some(value))
}

fn shown(members: &Map<String, Value>) -> String {
    short(&Value::Object(members.clone()).to_string())
}
