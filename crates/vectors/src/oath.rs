//! Tests of HOTP, TOTP and OCRA.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::values::{About, BEYOND, NoFields, Outcome, Parsed, Tested, unhex};
use camtoken::key::Key;
use camtoken::oath::ocra::{self, Check, Checker, DataInput, InputError, KeyTable, PinHash, Question, Suite};
use camtoken::oath::totp::Totp;
use camtoken::oath::{Digits, Engine, Hash, Response, hotp};
use camtoken::time::Timestamp;

pub(super) enum HotpRespond {}
pub(super) enum TotpRespond {}
pub(super) enum OcraSuite {}
pub(super) enum OcraRespond {}
pub(super) enum OcraMode {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HotpGroup {
    key: HexKey,
    hash: Parsed<Hash>,
    digits: AnyDigits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HotpTest {
    counter: u64,
    response: String,
}

impl Tested for HotpRespond {
    const NAME: &'static str = "HotpRespond";
    type Group = HotpGroup;
    type Test = HotpTest;

    fn run(group: &HotpGroup, test: &HotpTest, _: &About<'_>) -> Outcome {
        let (key, digits, hash) = (&group.key.0, group.digits.0, group.hash.0);
        let computed = hotp::respond(key, test.counter, digits, hash);
        compare(&computed, &test.response, |response| {
            hotp::search(key, digits, hash, response, test.counter, 0).is_some()
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TotpGroup {
    key: HexKey,
    hash: Parsed<Hash>,
    digits: AnyDigits,
    step_secs: NonZeroU32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TotpTest {
    time: u64,
    response: String,
}

impl Tested for TotpRespond {
    const NAME: &'static str = "TotpRespond";
    type Group = TotpGroup;
    type Test = TotpTest;

    fn run(group: &TotpGroup, test: &TotpTest, _: &About<'_>) -> Outcome {
        let totp = Totp { hash: group.hash.0, digits: group.digits.0, step_secs: group.step_secs, ..Totp::default() };
        let Some(now) = Timestamp::try_from_unix(test.time) else { return Outcome::Refused(BEYOND.to_owned()) };
        let key = &group.key.0;
        let computed = totp.respond(key, now);
        compare(&computed, &test.response, |response| totp.verify(key, response, now, 0, None).is_some())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SuiteTest {
    suite: String,
}

impl Tested for OcraSuite {
    const NAME: &'static str = "OcraSuite";
    type Group = NoFields;
    type Test = SuiteTest;

    fn run(_: &NoFields, test: &SuiteTest, _: &About<'_>) -> Outcome {
        match test.suite.parse::<Suite>() {
            Ok(suite) if suite.as_str() == test.suite => Outcome::Accepted,
            Ok(suite) => Outcome::Wrong(format!("read as {:?}", suite.as_str())),
            Err(error) => Outcome::Refused(error.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OcraGroup {
    suite: Parsed<Suite>,
    key: HexKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OcraTest {
    question: String,
    counter: Option<u64>,
    pin: Option<String>,
    pin_hash: Option<String>,
    session: Option<String>,
    time_steps: Option<u64>,
    response: String,
}

impl Tested for OcraRespond {
    const NAME: &'static str = "OcraRespond";
    type Group = OcraGroup;
    type Test = OcraTest;

    fn run(group: &OcraGroup, test: &OcraTest, _: &About<'_>) -> Outcome {
        let (suite, key) = (&group.suite.0, &group.key.0);
        let input = match Question::joined(suite.question(), &test.question) {
            Ok(question) => Input::of(test).data(suite, question),
            Err(error) => return Outcome::Refused(format!("question: {error}")),
        };
        let input = match input {
            Ok(input) => input,
            Err(outcome) => return outcome,
        };
        match ocra::respond(suite, key, &input) {
            Ok(computed) => compare(&computed, &test.response, |response| {
                ocra::verify(suite, key, &input, response).is_ok_and(|right| right)
                    && Engine::available().all(|engine| checked(engine, suite, key, &input, response))
            }),
            Err(error) => Outcome::Refused(error.to_string()),
        }
    }
}

/// Whether the engine finds the response right, alone and among sixteen, and by no other key.
fn checked(engine: Engine, suite: &Suite, key: &Key, input: &DataInput, response: &Response) -> bool {
    let other = Key::new(key.expose_bytes().iter().map(|byte| !byte).chain([1]).collect());
    let (keys, checker) = (KeyTable::new(suite.hash(), [key, &other].into_iter()), Checker::with_engine(suite, engine));
    let right = |keys_of: &[usize]| {
        let checks: Vec<_> = keys_of.iter().map(|&key| Check { key, input, response }).collect();
        let mut verdicts = vec![false; checks.len()];
        let made = checker.check(&keys, &checks, &mut verdicts);
        made.is_ok() && verdicts.iter().zip(keys_of).all(|(&verdict, &key)| verdict == (key == 0))
    };
    right(&[0])
        && [0, 7, 15].iter().all(|&place| right(&std::array::from_fn::<_, 16, _>(|lane| usize::from(lane != place))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModeGroup {
    mode: Mode,
    suite: Parsed<Suite>,
    key: HexKey,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub(super) enum Mode {
    OneWay,
    MutualServer,
    MutualClient,
    Sign,
    SignatureServer,
    SignatureClient,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ModeTest {
    question: String,
    other_question: Option<String>,
    counter: Option<u64>,
    pin_hash: Option<String>,
    session: Option<String>,
    time_steps: Option<u64>,
    response: String,
}

impl Tested for OcraMode {
    const NAME: &'static str = "OcraMode";
    type Group = ModeGroup;
    type Test = ModeTest;

    fn run(group: &ModeGroup, test: &ModeTest, _: &About<'_>) -> Outcome {
        match group.compute(test) {
            Ok(computed) => compare(&computed, &test.response, |_| true),
            Err(outcome) => outcome,
        }
    }
}

impl ModeGroup {
    fn compute(&self, test: &ModeTest) -> Result<Response, Outcome> {
        let own = Input {
            counter: test.counter,
            pin: None,
            pin_hash: test.pin_hash.as_deref(),
            session: test.session.as_deref(),
            time_steps: test.time_steps,
        };
        in_mode(self.mode, &self.suite.0, &self.key.0, &own, &test.question, test.other_question.as_deref())
    }
}

/// The response of one party in a mode of RFC 6287, section 7.
pub(super) fn in_mode(
    mode: Mode,
    suite: &Suite,
    key: &Key,
    own: &Input<'_>,
    question: &str,
    other: Option<&str>,
) -> Result<Response, Outcome> {
    type Joined = fn(&Suite, &Key, &Question, &DataInput) -> Result<Response, InputError>;

    let read = |text: &str| {
        Question::new(suite.question(), text).map_err(|error| Outcome::Refused(format!("question: {error}")))
    };
    let input = own.data(suite, read(question)?)?;
    let respond: Joined = match (mode, other) {
        (Mode::OneWay | Mode::Sign, Some(_)) => {
            return Err(Outcome::Wrong("there is no other question in this mode".to_owned()));
        }
        (Mode::OneWay, None) => return refused(ocra::one_way(suite, key, &input)),
        (Mode::Sign, None) => return refused(ocra::sign(suite, key, &input)),
        (Mode::MutualServer, _) => ocra::mutual_server,
        (Mode::MutualClient, _) => ocra::mutual_client,
        (Mode::SignatureServer, _) => ocra::signature_server,
        (Mode::SignatureClient, _) => ocra::signature_client,
    };
    let other = other.ok_or_else(|| Outcome::Wrong("this mode has an otherQuestion".to_owned()))?;
    refused(respond(suite, key, &read(other)?, &input))
}

fn refused(computed: Result<Response, InputError>) -> Result<Response, Outcome> {
    computed.map_err(|error| Outcome::Refused(error.to_string()))
}

/// What a test gives besides the question.
pub(super) struct Input<'a> {
    pub counter: Option<u64>,
    pub pin: Option<&'a str>,
    pub pin_hash: Option<&'a str>,
    pub session: Option<&'a str>,
    pub time_steps: Option<u64>,
}

impl<'a> Input<'a> {
    fn of(test: &'a OcraTest) -> Self {
        Self {
            counter: test.counter,
            pin: test.pin.as_deref(),
            pin_hash: test.pin_hash.as_deref(),
            session: test.session.as_deref(),
            time_steps: test.time_steps,
        }
    }

    pub fn data(&self, suite: &Suite, question: Question) -> Result<DataInput, Outcome> {
        let not_hex = |what: &str| Outcome::Refused(format!("{what} is not hexadecimal"));
        let pin = match (self.pin, self.pin_hash) {
            (None, None) => None,
            // Without P any hash will do: the PIN is superfluous, and refused as such.
            (Some(pin), None) => Some(PinHash::new(suite.pin().unwrap_or(Hash::Sha1), pin)),
            (None, Some(digits)) => {
                let bytes = unhex(digits).ok_or_else(|| not_hex("pinHash"))?;
                let hash = PinHash::from_bytes(bytes);
                Some(hash.ok_or_else(|| Outcome::Refused("pinHash has the length of no hash".to_owned()))?)
            }
            (Some(_), Some(_)) => return Err(Outcome::Wrong("pin and pinHash are both given".to_owned())),
        };
        let session = self.session.map(|digits| unhex(digits).ok_or_else(|| not_hex("session"))).transpose()?;
        Ok(DataInput { question, counter: self.counter, pin, session, time: self.time_steps })
    }
}

/// Compares by the text, and by the function that a verifier uses: they have to agree.
fn compare(computed: &Response, given: &str, verify: impl FnOnce(&Response) -> bool) -> Outcome {
    let text = computed.expose_str();
    let right = typed(given, computed).is_some_and(|given| given.ct_eq(computed) && verify(&given));
    match (right, given.eq_ignore_ascii_case(text)) {
        (true, true) => Outcome::Accepted,
        (false, false) => Outcome::Refused(format!("computed {text}, the file has {given:?}")),
        _ => Outcome::Wrong(format!("computed {text}, and the verifying function does not agree")),
    }
}

/// A text as a response with as many digits as the right one.
pub(super) fn typed(text: &str, right: &Response) -> Option<Response> {
    // A response without truncation is a whole HMAC, and longer than any other.
    let digits = u8::try_from(right.expose_str().len()).ok().filter(|digits| *digits <= Digits::MAX);
    Response::parse(text, digits.unwrap_or(0)).ok()
}

/// A key in hexadecimal.
pub(super) struct HexKey(pub Key);

impl HexKey {
    /// A second one, for what takes a key over. These keys are no secrets.
    pub fn copy(&self) -> Key {
        Key::new(self.0.expose_bytes().to_vec())
    }
}

impl<'de> Deserialize<'de> for HexKey {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let bytes = unhex(&String::deserialize(from)?);
        bytes.map(|bytes| Self(Key::new(bytes))).ok_or_else(|| serde::de::Error::custom("key is not hexadecimal"))
    }
}

pub(super) struct AnyDigits(pub Digits);

impl<'de> Deserialize<'de> for AnyDigits {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Digits::try_from(u8::deserialize(from)?).map(Self).map_err(serde::de::Error::custom)
    }
}
