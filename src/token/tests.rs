//! The token against the real verifier, with real codes.

mod device;
mod display;
mod places;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use minicbor::Encoder;
use minicbor::data::Tag;
use proptest::prelude::*;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use secrecy::ExposeSecret;

use super::screen::Screen;
use super::*;
use crate::challenge::{Challenge, ChallengeId, ResponseSuite};
use crate::code::{self, ChallengeCode};
use crate::key::{ActivationId, Key, derive};
use crate::language::Language;
use crate::store::{MemoryStore, block_on};
use crate::time::Timestamp;
use crate::transaction::{Domain, FieldSpec, Kind, Operation, Transaction};
use crate::verifier::{
    ActivationState, AttemptId, EnrollError, Enrollment, IssuedChallenge, LocalKeyWrapper, Policy, Rejection, Step,
    Subscriber, Verdict, Verifier,
};

pub(super) const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// A verifier with one device in its books.
pub(super) struct Story {
    pub bank: Verifier<MemoryStore>,
    pub device: Device,
}

impl Story {
    pub fn new() -> Self {
        Self::with_purpose(true)
    }

    pub fn with_purpose(test: bool) -> Self {
        let policy = Policy { accept_test_keys: true, ..Policy::default() };
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new((7..39).collect())]).expect("a key of 32 bytes"));
        let bank = Verifier::new(MemoryStore::new(), vault, policy, "架空中央銀行", &mut rng()).expect("a good policy");
        let token = Token::generate("FEX0123456".parse().expect("a token ID"), test, &mut rng());
        block_on(bank.register(token.id(), token.device_key(), test, NOW, &mut rng())).expect("a new token");
        Self { bank, device: Device::new(token) }
    }

    pub fn registered(user: &str) -> (Self, ActivationId) {
        let mut story = Self::new();
        let id = story.register(user);
        (story, id)
    }

    pub fn register_first(mut self, user: &str) -> Self {
        self.register(user);
        self
    }

    fn token(&mut self) -> &mut Token {
        self.device.token_mut()
    }

    pub fn enroll(&self, user: &str) -> Enrollment {
        let subscriber = Subscriber { contract: "0012345678".to_owned(), user: user.to_owned() };
        block_on(self.bank.enroll(self.device.token().id(), subscriber, NOW, &mut rng())).expect("room at the bank")
    }

    /// Both codes, without the answer to the question.
    fn begin(&mut self, user: &str) -> (ActivationId, ChallengeCode) {
        let first = self.enroll(user);
        let Ok(Received::FirstCode(received)) = self.token().receive(&first.code) else { panic!("a first code") };
        let device_code = received.approve(&mut rng()).expose_digits();
        let second = block_on(self.bank.second_code(
            first.activation,
            &device_code,
            AttemptId::generate(&mut rng()),
            NOW,
            &mut rng(),
        ));
        let Ok(Step::Done(second)) = second else { panic!("a right device code") };
        (first.activation, second.code)
    }

    fn confirm(&self, activation: ActivationId, response: &str) {
        let step = block_on(self.bank.confirm(activation, response, AttemptId::generate(&mut rng()), NOW))
            .expect("the store answers");
        assert!(matches!(step, Step::Done(())), "{step:?}");
    }

    fn register(&mut self, user: &str) -> ActivationId {
        let (activation, second) = self.begin(user);
        let Ok(Received::SecondCode(received)) = self.device.token_mut().receive(&second) else {
            panic!("a second code")
        };
        let unconfirmed = received.approve();
        let response = unconfirmed.response().expose_str().to_owned();
        unconfirmed.keep();
        self.confirm(activation, &response);
        activation
    }

    fn issue(&self, activation: ActivationId, transaction: Transaction) -> IssuedChallenge {
        block_on(self.bank.issue(activation, transaction, None, NOW, &mut rng())).expect("an active activation")
    }

    fn verify(&self, issued: &IssuedChallenge, response: &str) -> Verdict {
        let attempt = AttemptId::generate(&mut rng());
        block_on(self.bank.verify(issued.reference, response, attempt, NOW)).expect("the store answers")
    }

    fn refusal(&mut self, code: &ChallengeCode) -> Refusal {
        self.token().receive(code).expect_err("a refusal")
    }

    fn on(&mut self) {
        self.device.hold(Button::Center, NOW);
        assert_eq!(self.device.state(NOW), State::Ready);
    }

    fn press(&mut self, button: Button) {
        self.device.press(button, NOW, &mut rng());
    }

    fn scan(&mut self, code: &ChallengeCode) -> Seen {
        self.device.scan(Ok(code.as_str()), NOW)
    }

    /// Presses OK through all pages and gives them.
    pub fn leaf_through(&mut self) -> Vec<Screen> {
        let mut seen = Vec::new();
        while let State::Showing { page, pages } = self.device.state(NOW) {
            assert_eq!(page, seen.len() + 1);
            assert!(self.device.expose_digits(NOW).is_none(), "no digits before the last page was left");
            seen.push(self.device.screen(NOW));
            self.press(Button::Right);
            if self.device.state(NOW) == (State::Showing { page, pages }) {
                panic!("OK does nothing");
            }
        }
        seen
    }

    fn digits(&self) -> String {
        self.device.expose_digits(NOW).expect("digits on the screen").expose_secret().to_owned()
    }
}

/// The device as its file says, with a part of the file changed.
pub(super) fn edited(device: &Device, edit: impl FnOnce(&mut serde_json::Value)) -> Device {
    let text = file::to_string(device).expect("a test token");
    let mut json = serde_json::from_str(&text).expect("a token file is JSON");
    edit(&mut json);
    file::from_str(&json.to_string(), None).expect("a sound file")
}

/// The key of the first activation.
fn first_key(device: &Device) -> Key {
    let json: serde_json::Value =
        serde_json::from_str(&file::to_string(device).expect("a test token")).expect("a token file is JSON");
    Key::new(BASE64.decode(json["slots"][0]["key"].as_str().expect("registered")).expect("base64"))
}

fn transfer() -> Transaction {
    sample(Operation::Transfer, |_| true)
}

/// A transaction whose every field is as long as it can be.
fn sample(operation: Operation, with: impl Fn(&FieldSpec) -> bool) -> Transaction {
    let fields = operation.entry().fields.iter().filter(|field| !field.optional || with(field));
    Transaction::new(operation, fields.map(|field| (field.name, longest(field))))
        .expect("sample values fit their fields")
}

fn longest(field: &FieldSpec) -> String {
    match field.kind {
        Kind::Kana { max } => "ｶ)ﾃｽﾄｼﾖｳｼﾞ ".chars().cycle().take(max - 1).chain(['ｵ']).collect(),
        Kind::Text { max } => "架空商事".chars().cycle().take(max / 2).collect(),
        Kind::Country => "JP".to_owned(),
        Kind::Bic => "ACMEJPJT001".to_owned(),
        Kind::Ascii { max } | Kind::Account { max } => {
            "ACME TRADING LTD ".chars().cycle().take(max - 1).chain(['X']).collect()
        }
        Kind::Digits { max, .. } => "1234567890".chars().cycle().take(max).collect(),
        Kind::Yen { digits } | Kind::Count { digits } => "9".repeat(digits as usize),
        Kind::Money { digits } => format!("USD {}.99", "9".repeat(digits as usize - 2)),
        Kind::Date => "2026-11-24".to_owned(),
        Kind::Moment => "2026-11-21T03:04:05Z".to_owned(),
        Kind::Choice(list) => list[list.len() - 1].name.to_owned(),
        Kind::Choices { of, max } => of.iter().take(max).map(|choice| choice.name).collect::<Vec<_>>().join(","),
        Kind::Flag => "yes".to_owned(),
        Kind::Hash => "0123456789abcdef".repeat(4),
        Kind::CheckCode => "0123456789abcdef".to_owned(),
        other => panic!("no longest value for {other:?}"),
    }
}

#[test]
fn a_registration_a_transfer_and_the_same_response_again() {
    let mut story = Story::new();
    story.on();
    let first = story.enroll("YAMADA01");
    assert_eq!(story.scan(&first.code), Seen::Shown);
    let shown: String = story.leaf_through().iter().map(Screen::to_text).collect();
    for part in ["利用開始登録", "架空中央銀行", "****5678", "YAMADA01", "1/8"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let device_code = story.digits();
    assert_eq!(device_code.len(), 12);
    let second = block_on(story.bank.second_code(
        first.activation,
        &device_code,
        AttemptId::generate(&mut rng()),
        NOW,
        &mut rng(),
    ))
    .expect("the store answers");
    let Step::Done(second) = second else { panic!("a right device code") };

    story.press(Button::Right);
    assert_eq!(story.scan(&second.code), Seen::Shown);
    story.leaf_through();
    story.confirm(first.activation, &story.digits());
    assert_eq!(story.device.token().activations().count(), 0, "nothing is kept before the question is answered");
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Asking);
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Done);
    assert_eq!(story.device.token().activations().count(), 1);

    let issued = story.issue(first.activation, transfer());
    assert_eq!(story.scan(&issued.code), Seen::Shown);
    story.leaf_through();
    let response = story.digits();
    let Verdict::Accepted(accepted) = story.verify(&issued, &response) else { panic!("the right response") };
    assert_eq!(accepted.transaction(), Some(&transfer()));
    assert_eq!(story.verify(&issued, &response), Verdict::Rejected(Rejection::AlreadySettled));

    assert_eq!(story.scan(&issued.code), Seen::Refused(Refusal::Answered));
    assert_eq!(story.scan(&second.code), Seen::Refused(Refusal::Answered));
    assert_eq!(story.scan(&first.code), Seen::Refused(Refusal::Answered));
}

#[test]
fn the_menu_tells_of_the_token_and_changes_its_language() {
    let (mut story, _) = Story::registered("YAMADA01");
    story.on();
    story.press(Button::Left);
    story.press(Button::Right);
    let info = story.device.screen(NOW).to_text();
    assert!(info.contains("FEX0123456") && info.contains("1/8") && info.contains(env!("CARGO_PKG_VERSION")), "{info}");
    story.press(Button::Left);
    story.press(Button::Center);
    story.press(Button::Right);
    assert!(story.device.screen(NOW).to_text().contains("****5678  YAMADA01"));
    story.press(Button::Left);
    for button in [Button::Center, Button::Center, Button::Center, Button::Right, Button::Center, Button::Right] {
        story.press(button);
    }
    assert_eq!(story.device.token().language, Language::En);
    assert!(story.device.screen(NOW).to_text().contains("Delete activation"));
}

/// Each refusal from the situation that it is for. T10 and T11 have tests of their own, too.
#[test]
fn every_refusal_has_its_situation() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    story.on();
    let seen = |story: &mut Story, text: &str| story.device.scan(Ok(text), NOW);

    for refusal in [Refusal::NoCode, Refusal::Unreadable { module_px: Some(1.9) }] {
        assert_eq!(story.device.scan(Err(refusal), NOW), Seen::Refused(refusal));
        assert!(story.device.screen(NOW).to_text().contains(refusal.code()));
        assert_eq!(story.device.state(NOW), State::Refused(refusal));
    }
    assert_eq!(seen(&mut story, "https://example.com"), Seen::Refused(Refusal::Foreign));
    assert_eq!(seen(&mut story, "CT1:"), Seen::Refused(Refusal::Foreign));
    assert_eq!(seen(&mut story, "CT1:AB"), Seen::Refused(Refusal::Foreign));
    assert_eq!(seen(&mut story, "CT2:AB"), Seen::Refused(Refusal::Version));

    let (other, stranger) = Story::registered("SATO02");
    assert_eq!(story.scan(&other.issue(stranger, transfer()).code), Seen::Refused(Refusal::Misdirected));
    let mut another = Story::new();
    another.device = Device::new(Token::generate("FEX7654321".parse().expect("a token ID"), true, &mut rng()));
    let token = another.device.token();
    block_on(another.bank.register(token.id(), token.device_key(), true, NOW, &mut rng())).expect("a new token");
    assert_eq!(story.scan(&another.enroll("SATO02").code), Seen::Refused(Refusal::Misdirected));
    assert_eq!(story.scan(&other.enroll("SATO02").code), Seen::Refused(Refusal::Seal), "the same ID, another key");

    assert_eq!(story.scan(&sealed(&story, activation, 99)), Seen::Refused(Refusal::Operation));
    assert_eq!(
        story.scan(&sealed(&story, activation, 4)),
        Seen::Refused(Refusal::Version),
        "a transfer without fields"
    );

    assert_eq!(story.scan(&issued.code), Seen::Shown);
    story.press(Button::Left);
    assert_eq!(story.device.state(NOW), State::Refused(Refusal::Cancelled));

    let (waiting, second) = story.begin("SATO02");
    let challenge = code::open(&issued.code, &first_key(&story.device));
    let early = Challenge { activation: waiting, ..challenge.expect("its own code") };
    assert_eq!(story.scan(&code::seal(&early, &Key::new(vec![1; 32]))), Seen::Refused(Refusal::Incomplete));
    story.device = edited(&story.device, |json| json["pending"] = serde_json::Value::Null);
    assert_eq!(story.scan(&second), Seen::Refused(Refusal::Incomplete));

    story.token().faults.half_activated = true;
    assert_eq!(story.scan(&issued.code), Seen::Refused(Refusal::Incomplete));
    story.token().faults = Faults { battery: 0, ..Faults::default() };
    assert_eq!(story.scan(&issued.code), Seen::Refused(Refusal::Battery));
    story.token().faults = Faults { next_scan: Some(Refusal::Seal), ..Faults::default() };
    assert_eq!(story.scan(&issued.code), Seen::Refused(Refusal::Seal));
    assert_eq!(story.scan(&issued.code), Seen::Shown, "the next scan, and no other");

    let empty = Story::new();
    story.device = empty.device;
    assert_eq!(story.refusal(&issued.code), Refusal::NotActivated);
}

/// A challenge that is sealed right and says nothing that is in the catalogue, by the bytes of the specification.
fn sealed(story: &Story, activation: ActivationId, operation: u8) -> ChallengeCode {
    let key = first_key(&story.device);
    let mut payload = Encoder::new(Vec::new());
    let name = [&[0], activation.as_bytes().as_slice()].concat();
    let id = [3; 12];
    let done = payload.array(4).and_then(|to| to.u64(NOW.as_unix())).and_then(|to| to.u8(operation));
    done.and_then(|to| to.array(0)).and_then(|to| to.null()).expect("a Vec takes every byte");
    let mut aad = Encoder::new(Vec::new());
    let done = aad.array(3).and_then(|to| to.str("Encrypt0")).and_then(|to| to.bytes(&[0xa1, 1, 3]));
    done.and_then(|to| to.bytes(&name)).expect("a Vec takes every byte");
    let cipher =
        Aes256Gcm::new_from_slice(derive(&key, b"camtoken/1 seal signature").expose_bytes()).expect("32 bytes");
    let payload = Payload { msg: payload.writer(), aad: aad.writer() };
    let ciphertext = cipher.encrypt(&Nonce::from(id), payload).expect("a short message");
    let mut to = Encoder::new(Vec::new());
    let done = to.tag(Tag::new(16)).and_then(|to| to.array(3)).and_then(|to| to.bytes(&[0xa1, 1, 3]));
    let done = done.and_then(|to| to.map(2)).and_then(|to| to.u8(4)).and_then(|to| to.bytes(&name));
    let done = done.and_then(|to| to.u8(5)).and_then(|to| to.bytes(&id)).and_then(|to| to.bytes(&ciphertext));
    done.expect("a Vec takes every byte");
    format!("CT1:{}", base45::encode(to.into_writer())).parse().expect("the form of a code")
}

#[test]
fn a_second_code_is_good_for_the_number_that_the_token_drew_and_for_no_other() {
    let mut story = Story::new();
    let first = story.enroll("YAMADA01");
    let answer = |story: &mut Story| {
        let Ok(Received::FirstCode(received)) = story.device.token_mut().receive(&first.code) else {
            panic!("a first code")
        };
        received.approve(&mut rng()).expose_digits()
    };
    let device_code = answer(&mut story);
    let second = block_on(story.bank.second_code(
        first.activation,
        &device_code,
        AttemptId::generate(&mut rng()),
        NOW,
        &mut rng(),
    ))
    .expect("the store answers");
    let Step::Done(second) = second else { panic!("a right device code") };
    assert!(story.token().receive(&second.code).is_ok());
    while answer(&mut story)[..6] == device_code[..6] {}
    assert_eq!(story.refusal(&second.code), Refusal::Seal);
}

/// One character of the text after the other is replaced: nothing but a refusal, and never a panic.
#[test]
fn an_altered_code_shows_nothing() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    story.on();
    let text = issued.code.as_str();
    for place in 0..text.len() {
        for replacement in ["0", "Z", " ", "é"] {
            if text[place..].starts_with(replacement) {
                continue;
            }
            let altered = format!("{}{replacement}{}", &text[..place], &text[place + 1..]);
            let seen = story.device.scan(Ok(&altered), NOW);
            let Seen::Refused(refusal) = seen else { panic!("{seen:?} at {place}") };
            assert!(["T03", "T04", "T05", "T06"].contains(&refusal.code()), "{refusal:?} at {place}");
            let screen = story.device.screen(NOW).to_text();
            assert!(!screen.contains("9,999") && !screen.contains("ﾃｽﾄ"), "{screen}");
        }
    }
    assert_eq!(story.scan(&issued.code), Seen::Shown);
}

#[test]
fn any_text_before_the_camera_is_refused_or_shown_and_never_a_panic() {
    let (mut story, _) = Story::registered("YAMADA01");
    story.on();
    for text in ["", "CT", "CT1", "CT1:é", "CT99999999999999999999:A", "\0", "🂡", &"CT1:0".repeat(5000)] {
        assert!(matches!(story.device.scan(Ok(text), NOW), Seen::Refused(_)), "{text:?}");
    }
}

/// A device with one activation whose key is known, for codes that no verifier issues.
fn with_known_key(language: Language) -> (Device, impl Fn(Transaction) -> ChallengeCode) {
    let mut token = Token::new("FEX0123456".parse().expect("a token ID"), Key::new(vec![1; 32]), true);
    token.language = language;
    let id = ActivationId::from_bytes([2; 6]);
    let mut device = edited(&Device::new(token), |json| {
        json["slots"][0] = serde_json::json!({
            "id": id.to_string(),
            "key": BASE64.encode([3; 32]),
            "suite": ResponseSuite::default().to_string(),
            "bank": "架空中央銀行",
            "contract": "****5678",
            "user": "YAMADA01",
            "answered": [],
        });
    });
    device.hold(Button::Center, NOW);
    let seal = move |transaction| {
        let expires_at = Timestamp::from_unix(NOW.as_unix() + 180);
        let challenge =
            Challenge { id: ChallengeId::generate(NOW, &mut rng()), activation: id, expires_at, transaction };
        code::seal(&challenge, &Key::new(vec![3; 32]))
    };
    (device, seal)
}

#[test]
fn nothing_of_a_token_is_printed() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    assert_eq!(format!("{:?}", story.token()), "Token { id: TokenId(\"FEX0123456\"), test: true, .. }");
    assert_eq!(format!("{:?}", story.device), format!("Device {{ token: {:?}, .. }}", story.device.token()));
    let received = story.device.token_mut().receive(&issued.code).expect("its own code");
    let text = format!("{received:?}");
    assert!(!text.contains("YAMADA") && !text.contains("9999999999") && !text.contains("ﾃｽﾄ"), "{text}");
    drop(received);
    let known: Vec<_> = story.token().activations().collect();
    assert!(!format!("{known:?}").contains("YAMADA"));
    assert!(matches!(
        block_on(story.bank.activation(activation)).expect("the store answers").expect("a record").state(),
        ActivationState::Active
    ));
}
