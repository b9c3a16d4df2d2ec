//! The token against the real verifier, with real codes.

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
fn a_no_leaves_the_token_without_the_activation_and_the_bank_begins_again() {
    let mut story = Story::new();
    let (activation, second) = story.begin("YAMADA01");
    let Ok(Received::SecondCode(received)) = story.device.token_mut().receive(&second) else { panic!("a second code") };
    let unconfirmed = received.approve();
    let response = unconfirmed.response().expose_str().to_owned();
    unconfirmed.discard();
    story.confirm(activation, &response);

    let issued = story.issue(activation, transfer());
    assert_eq!(story.refusal(&issued.code), Refusal::NotActivated);
    assert_eq!(story.refusal(&second), Refusal::Incomplete);

    block_on(story.bank.reset(activation, NOW)).expect("it has never signed");
    let again = story.register("YAMADA01");
    let issued = story.issue(again, transfer());
    assert!(story.token().receive(&issued.code).is_ok());
}

#[test]
fn a_token_that_kept_what_the_bank_has_not_confirmed_is_registered_again() {
    let mut story = Story::new();
    let (activation, second) = story.begin("YAMADA01");
    let Ok(Received::SecondCode(received)) = story.device.token_mut().receive(&second) else { panic!("a second code") };
    received.approve().keep();
    let issued = block_on(story.bank.issue(activation, transfer(), None, NOW, &mut rng()));
    assert!(issued.is_err(), "the bank has not confirmed");

    block_on(story.bank.reset(activation, NOW)).expect("it has never signed");
    let again = story.register("YAMADA01");
    assert_eq!(story.device.token().activations().count(), 2, "the old one is there until it is deleted");
    assert!(story.token().delete(activation));
    let issued = story.issue(again, transfer());
    let Ok(Received::Transaction(received)) = story.device.token_mut().receive(&issued.code) else {
        panic!("a transaction")
    };
    let response = received.approve().expose_str().to_owned();
    assert!(story.verify(&issued, &response).is_accepted());
}

#[test]
fn a_dropped_question_leaves_the_second_code_good_for_another_try() {
    let mut story = Story::new();
    let (activation, second) = story.begin("YAMADA01");
    let mut responses = Vec::new();
    for _ in 0..2 {
        let Ok(Received::SecondCode(received)) = story.device.token_mut().receive(&second) else {
            panic!("a second code")
        };
        responses.push(received.approve().response().expose_str().to_owned());
    }
    assert_eq!(responses[0], responses[1]);
    assert_eq!(story.device.token().pending(), Some(activation));
    assert_eq!(story.device.token().activations().count(), 0);
}

#[test]
fn users_of_one_token_answer_each_for_themselves() {
    let mut story = Story::new();
    let users: Vec<_> = ["YAMADA01", "SATO02", "鈴木"].map(|user| story.register(user)).into();
    for (slot, activation) in (1..).zip(users) {
        let issued = story.issue(activation, transfer());
        let token = story.token();
        assert!(token.activations().any(|(number, known)| number == slot && known.id() == activation));
        let Ok(Received::Transaction(received)) = token.receive(&issued.code) else { panic!("a transaction") };
        assert_eq!(received.activation().id(), activation);
        let response = received.approve().expose_str().to_owned();
        assert!(story.verify(&issued, &response).is_accepted());
    }
}

#[test]
fn a_ninth_user_has_no_slot_until_one_is_free() {
    let mut story = Story::new();
    let users: Vec<_> = (0..8).map(|number| story.register(&format!("USER{number}"))).collect();
    let subscriber = Subscriber { contract: "1".to_owned(), user: "USER8".to_owned() };
    let id = story.device.token().id().clone();
    let full = block_on(story.bank.enroll(&id, subscriber, NOW, &mut rng()));
    assert!(matches!(full, Err(EnrollError::TokenFull { .. })));

    // The bank forgets one of them; the token does not know of it.
    block_on(story.bank.revoke(users[3], NOW)).expect("the store answers");
    let ninth = story.enroll("USER8");
    assert_eq!(story.refusal(&ninth.code), Refusal::Full);
    assert!(story.token().delete(users[3]));
    let Ok(Received::FirstCode(received)) = story.device.token_mut().receive(&ninth.code) else {
        panic!("a first code")
    };
    assert_eq!(received.slot(), 4);
}

#[test]
fn a_deletion_ends_one_activation_and_no_other() {
    let mut story = Story::new();
    let (gone, stays) = (story.register("YAMADA01"), story.register("SATO02"));
    let deletion = |token_id: &str| {
        Transaction::new(Operation::Deletion, [("user", "YAMADA01"), ("tokenId", token_id)]).expect("a deletion")
    };
    let elsewhere = story.issue(gone, deletion("FEX9999999"));
    assert_eq!(story.refusal(&elsewhere.code), Refusal::Misdirected);

    let issued = story.issue(gone, deletion("FEX0123456"));
    let Ok(received) = story.device.token_mut().receive(&issued.code) else { panic!("a deletion") };
    assert_eq!(received.decline(), Refusal::Cancelled);
    assert_eq!(story.device.token().activations().count(), 2);

    story.on();
    assert_eq!(story.scan(&issued.code), Seen::Shown);
    let shown: String = story.leaf_through().iter().map(Screen::to_text).collect();
    assert!(shown.contains("登録削除") && shown.contains("FEX0123456") && shown.contains("YAMADA01"), "{shown}");
    assert_eq!(story.device.state(NOW), State::Done);
    let left: Vec<_> = story.device.token().activations().map(|(slot, known)| (slot, known.id())).collect();
    assert_eq!(left, [(2, stays)]);
    assert_eq!(story.scan(&issued.code), Seen::Refused(Refusal::Misdirected));
}

#[test]
fn an_activation_is_deleted_by_the_menu_after_a_second_question() {
    let mut story = Story::new();
    let (stays, gone) = (story.register("YAMADA01"), story.register("SATO02"));
    story.on();
    story.press(Button::Left);
    story.press(Button::Center);
    story.press(Button::Center);
    assert!(story.device.screen(NOW).said("selected").contains("登録削除"));
    story.press(Button::Right);
    story.press(Button::Center);
    assert!(story.device.screen(NOW).said("selected").contains("SATO02"));
    story.press(Button::Right);
    assert!(story.device.screen(NOW).to_text().contains("削除しますか"));
    story.press(Button::Left);
    assert_eq!(story.device.token().activations().count(), 2, "no is no");
    story.press(Button::Center);
    story.press(Button::Right);
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Done);
    let left: Vec<_> = story.device.token().activations().map(|(_, known)| known.id()).collect();
    assert_eq!(left, [stays]);
    let issued = story.issue(gone, transfer());
    assert_eq!(story.refusal(&issued.code), Refusal::Misdirected);
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

#[test]
fn a_device_that_is_left_alone_goes_dark_and_forgets() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    let after = |seconds| Timestamp::from_unix(NOW.as_unix() + seconds);
    story.on();
    story.scan(&issued.code);
    assert!(story.device.screen(after(59)).lit);
    assert!(!story.device.screen(after(60)).lit);
    story.device.press(Button::Right, after(60), &mut rng());
    assert_eq!(story.device.state(after(60)), State::Off);

    story.on();
    story.scan(&issued.code);
    story.leaf_through();
    assert!(story.device.expose_digits(after(179)).is_some());
    assert!(story.device.expose_digits(after(180)).is_none());
    story.device.tick(after(180));
    assert_eq!(story.device.state(NOW), State::Off);

    let first = story.enroll("SATO02");
    story.on();
    story.scan(&first.code);
    story.leaf_through();
    let second = block_on(story.bank.second_code(
        first.activation,
        &story.digits(),
        AttemptId::generate(&mut rng()),
        NOW,
        &mut rng(),
    ));
    let Ok(Step::Done(second)) = second else { panic!("a right device code") };
    story.device.hold(Button::Center, NOW);
    assert_eq!(story.device.token().pending(), None);
    story.on();
    assert_eq!(story.scan(&second.code), Seen::Refused(Refusal::Incomplete));
}

#[test]
fn a_device_that_is_off_sees_and_answers_nothing() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    assert_eq!(story.scan(&issued.code), Seen::NotLooking);
    for button in [Button::Left, Button::Center, Button::Right] {
        story.press(button);
        assert_eq!(story.device.state(NOW), State::Off);
    }
    assert_eq!(story.device.screen(NOW), Screen::off());
}

#[test]
fn an_old_code_is_called_old_and_still_shown() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    story.on();
    story.scan(&issued.code);
    let shown = |story: &Story| story.device.pages(NOW).iter().map(Screen::to_text).collect::<String>();
    assert!(!shown(&story).contains("有効期限"));
    story.token().faults.clock_offset = 180;
    assert!(shown(&story).contains("有効期限"));
}

#[test]
fn a_pin_is_asked_for_and_five_wrong_ones_lock_for_good() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    story.token().set_pin(Some(Pin::new("25801", &mut rng()).expect("a good PIN"))).expect("unlocked");
    assert!(story.token().receive(&issued.code).is_ok(), "the one who sets it goes on");
    let enter = |story: &mut Story, digits: &str| {
        for digit in digits.bytes() {
            (b'0'..digit).for_each(|_| story.press(Button::Center));
            story.press(Button::Right);
        }
        (0..10).for_each(|_| story.press(Button::Center));
        story.press(Button::Right);
    };
    story.device.hold(Button::Center, NOW);
    assert_eq!(story.device.state(NOW), State::Pin);
    assert_eq!(story.refusal(&issued.code), Refusal::Locked);
    assert_eq!(story.token().set_pin(None), Err(PinError::Locked));
    assert_eq!(story.scan(&issued.code), Seen::NotLooking);
    enter(&mut story, "25802");
    assert!(story.device.screen(NOW).to_text().contains("残り回数: 4"));
    enter(&mut story, "25801");
    assert_eq!(story.device.state(NOW), State::Ready);
    assert_eq!(story.scan(&issued.code), Seen::Shown);

    story.device.hold(Button::Center, NOW);
    story.device.hold(Button::Center, NOW);
    (0..5).for_each(|_| enter(&mut story, "13579"));
    assert_eq!(story.device.state(NOW), State::Refused(Refusal::Locked));
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Off, "a locked device has no menu");
    story.device.hold(Button::Center, NOW);
    assert_eq!(story.device.state(NOW), State::Refused(Refusal::Locked));
    story.token().reset();
    assert_eq!(story.refusal(&issued.code), Refusal::NotActivated);
}

#[test]
fn a_token_has_as_many_places_as_it_was_made_with_also_after_a_reset() {
    let token = || Token::generate("KKK0000001".parse().expect("a token ID"), true, &mut rng());
    assert!(token().with_slots(0).is_none() && token().with_slots(Token::SLOTS + 1).is_none());
    let mut story = Story::new();
    let device_key = Key::new(story.token().device_key().expose_bytes().to_vec());
    let small = Token::new(story.token().id().clone(), device_key, true).with_slots(1).expect("one place");
    story.device = Device::new(small.with_profile(Profile::Japan));
    let activation = story.register("YAMADA01");
    story.on();
    let first = story.enroll("YAMADA02");
    assert_eq!(story.refusal(&first.code), Refusal::Full);
    assert!(story.token().delete(activation));
    assert!(story.token().receive(&first.code).is_ok(), "there is a place again");
    story.token().reset();
    assert_eq!((story.token().slots(), story.token().profile()), (1, Profile::Japan));
}

#[test]
fn a_token_of_the_japan_profile_has_no_pin() {
    let pin = || Some(Pin::new("25801", &mut rng()).expect("a good PIN"));
    let token = Token::generate("KKK0000001".parse().expect("a token ID"), true, &mut rng());
    let mut token = token.with_profile(Profile::Japan);
    assert_eq!(token.set_pin(pin()), Err(PinError::Off));
    assert_eq!((token.set_pin(None), token.is_locked()), (Ok(()), false));
    let mut standard = token.with_profile(Profile::Standard);
    assert_eq!(standard.set_pin(pin()), Ok(()));
}

#[test]
fn a_flat_battery_switches_nothing_on() {
    let (mut story, _) = Story::registered("YAMADA01");
    story.token().faults.battery = 0;
    story.device.hold(Button::Center, NOW);
    assert_eq!(story.device.state(NOW), State::Refused(Refusal::Battery));
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Off);
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

/// Every label and every value of a transaction stands on the pages, whole and in order.
fn assert_shows_everything(pages: &[Screen], transaction: &Transaction, language: Language) {
    let said = |role: &str| pages.iter().map(|page| page.said(role)).collect::<String>();
    let labels = said("label");
    for row in pages::rows(transaction, language) {
        // What is read together with its neighbour has that one's label.
        let together = match row.field.name {
            "bankCode" => "bankName",
            "branchCode" => "branchName",
            "accountType" => "account",
            name => name,
        };
        let alone = said(row.field.name).contains(&row.value) && labels.contains(row.label);
        assert!(alone || said(together).contains(&row.value), "{} in {:?}", row.value, said(together));
        assert!(labels.contains(row.label) || together != row.field.name, "{} in {labels}", row.label);
    }
}

#[test]
fn every_operation_is_shown_whole_in_both_languages() {
    for language in [Language::Ja, Language::En] {
        for operation in Operation::all() {
            for with_optional in [true, false] {
                let transaction = sample(operation, |_| with_optional);
                let pages = match operation.domain() {
                    Domain::Signature => {
                        let (mut device, seal) = with_known_key(language);
                        assert_eq!(
                            device.scan(Ok(seal(transaction.clone()).as_str()), NOW),
                            Seen::Shown,
                            "{operation}"
                        );
                        let header = device.screen(NOW).said("header");
                        assert_eq!(header, operation.entry().label.text(language));
                        device.pages(NOW)
                    }
                    _ => pages::layout(&transaction, language).pages(),
                };
                assert_shows_everything(&pages, &transaction, language);
                let money = pages.iter().flat_map(|page| &page.lines).any(|line| line.text.contains('¥'));
                let asked = transaction.displayed().any(|(field, _)| matches!(field.kind, Kind::Yen { .. }));
                assert_eq!(money, asked, "{operation}");
            }
        }
    }
}

#[test]
fn a_registered_payee_is_not_taken_for_a_payment() {
    let (mut device, seal) = with_known_key(Language::Ja);
    device.scan(Ok(seal(sample(Operation::PayeeRegistration, |_| true)).as_str()), NOW);
    let registration = device.pages(NOW);
    assert!(registration[0].said("notice").contains("送金はされません"));
    device.scan(Ok(seal(transfer()).as_str()), NOW);
    let transfer = device.pages(NOW);
    let style = |pages: &[Screen]| {
        let mut lines = pages.iter().flat_map(|page| &page.lines);
        lines.find(|line| line.role == "payee").expect("a payee").style
    };
    assert_ne!(style(&registration), style(&transfer));
}

#[test]
fn all_pages_come_before_the_response_and_back_leads_back() {
    let (device, seal) = with_known_key(Language::Ja);
    let mut story = Story { device, ..Story::new() };
    story.scan(&seal(sample(Operation::Remittance, |_| true)));
    let pages = story.device.pages(NOW);
    assert!(pages.len() > 1, "a remittance takes more than a page");
    story.press(Button::Right);
    story.press(Button::Left);
    assert_eq!(story.device.screen(NOW), pages[0]);
    assert_eq!(story.leaf_through(), pages);
    assert_eq!(story.device.state(NOW), State::Answered);
    let screens = story.device.pages(NOW);
    assert_eq!(screens.len(), 1, "the response and the warning stand on one page");
    story.press(Button::Left);
    assert_eq!(story.device.state(NOW), State::Answered, "digits are left by OK alone");
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Ready);
}

#[test]
fn what_asks_and_answers_fits_one_page_in_both_languages() {
    for language in [Language::Ja, Language::En] {
        let mut story = Story::new();
        story.token().language = language;
        story.on();
        let single = |story: &Story| {
            let pages = story.device.pages(NOW);
            assert_eq!(pages.len(), 1, "{}", pages.iter().map(Screen::to_text).collect::<String>());
            pages[0].to_text()
        };
        single(&story);
        let first = story.enroll("YAMADA01");
        story.scan(&first.code);
        single(&story);
        story.leaf_through();
        let code = story.digits();
        assert!(single(&story).contains(&pages::in_fours(&code)));
        let Ok(Step::Done(second)) =
            block_on(story.bank.second_code(first.activation, &code, AttemptId::generate(&mut rng()), NOW, &mut rng()))
        else {
            panic!("a right device code")
        };
        story.press(Button::Right);
        single(&story);
        story.scan(&second.code);
        story.leaf_through();
        let warning = if language == Language::Ja { "電話やメールで" } else { "by phone" };
        single(&story);
        assert!(story.device.screen(NOW).said("warning").contains(warning));
        story.press(Button::Right);
        single(&story);
        for refusal in Refusal::ALL {
            let mut story = Story::new();
            story.token().language = language;
            story.on();
            story.device.scan(Err(refusal), NOW);
            single(&story);
        }
    }
}

#[test]
fn the_screens_of_a_transfer() {
    let fields = [
        ("bankCode", "0001"),
        ("bankName", "カクウチュウオウ"),
        ("branchCode", "123"),
        ("branchName", "ホンテン"),
        ("accountType", "ordinary"),
        ("account", "1234567"),
        ("payee", "カ)テストショウジ"),
        ("amount", "1250000"),
        ("date", "2026-11-24"),
        ("newPayee", "yes"),
        ("payingAccount", "4321"),
    ];
    for (language, name) in [(Language::Ja, "transfer_ja"), (Language::En, "transfer_en")] {
        let (device, seal) = with_known_key(language);
        let mut story = Story { device, ..Story::new() };
        story.scan(&seal(Transaction::new(Operation::Transfer, fields).expect("a transfer")));
        let mut screens = story.leaf_through();
        let digits = story.digits();
        screens.push(story.device.screen(NOW));
        let text = screens.iter().map(Screen::to_text).collect::<Vec<_>>().join("--------\n");
        // The digits are another test's; here is where they stand.
        let text = text.replace(&pages::in_fours(&digits), "#### ####");
        insta::assert_snapshot!(name, text);
    }
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn transfers_of_any_length_are_shown_whole_and_answered_alike(
        bank in "[ｱ-ﾜA-Z0-9]{1,15}",
        branch in "[ｱ-ﾜA-Z0-9]{1,15}",
        payee in "[().-]{0,2}[ｱ-ﾜA-Z0-9]([ｱ-ﾜA-Z0-9 ().-]{0,44}[ｱ-ﾜA-Z0-9])?",
        account in "[0-9]{7}",
        amount in 1_u64..10_000_000_000,
        new_payee: bool,
        japanese: bool,
    ) {
        let amount = amount.to_string();
        let fields = [
            ("bankCode", "0001"), ("bankName", &bank), ("branchCode", "007"), ("branchName", &branch),
            ("accountType", "current"), ("account", &account), ("payee", &payee), ("amount", &amount),
            ("date", "2026-12-31"), ("newPayee", if new_payee { "yes" } else { "no" }), ("originator", "ﾔﾏﾀﾞ"),
        ];
        let transaction = Transaction::new(Operation::Transfer, fields).expect("a transfer");
        let language = if japanese { Language::Ja } else { Language::En };
        let (mut device, seal) = with_known_key(language);
        let code = seal(transaction.clone());
        prop_assert_eq!(device.scan(Ok(code.as_str()), NOW), Seen::Shown);
        let pages = device.pages(NOW);
        assert_shows_everything(&pages, &transaction, language);
        // Independently of how rows are made: the digits of the amount, and the payee as it was given.
        let said = |role: &str| pages.iter().map(|page| page.said(role)).collect::<String>();
        prop_assert_eq!(said("amount").replace(['¥', ','], ""), amount);
        prop_assert_eq!(said("payee"), payee);
        // The verifier's challenge has every field, the token's a digest of the rest.
        let shown = device.challenge(NOW).expect("a challenge is shown");
        let asked = Challenge { transaction, ..shown.clone() };
        prop_assert_eq!(asked.question(), shown.question());
    }

    /// Whatever is done to a device: digits come only after every page was on the screen, and nothing panics.
    #[test]
    fn no_order_of_buttons_skips_a_page(acts in prop::collection::vec(0_u8..12, 1..80), japanese: bool) {
        let (mut device, seal) = with_known_key(if japanese { Language::Ja } else { Language::En });
        let codes = [Operation::Transfer, Operation::Remittance].map(|operation| seal(sample(operation, |_| true)));
        let mut now = NOW;
        let mut seen = std::collections::BTreeSet::new();
        let mut all = 0;
        for act in acts {
            let scanned = match act {
                0..=4 => { device.press(Button::Right, now, &mut rng()); None }
                5 => { device.press(Button::Left, now, &mut rng()); None }
                6 => { device.press(Button::Center, now, &mut rng()); None }
                7 => { device.hold(Button::Center, now); None }
                8 => { now = Timestamp::from_unix(now.as_unix() + 59); None }
                9 => Some(device.scan(Ok("CT1:"), now)),
                _ => Some(device.scan(Ok(codes[usize::from(act) - 10].as_str()), now)),
            };
            if scanned == Some(Seen::Shown) {
                seen.clear();
                all = device.pages(now).len();
            }
            match device.state(now) {
                State::Showing { page, pages } => {
                    // The word that the code is old may take one more page, behind all the others.
                    prop_assert!(pages >= all);
                    all = pages;
                    seen.insert(page);
                    prop_assert_eq!(device.screen(now).said("page"), format!("{page}/{pages}"));
                }
                State::Answered => prop_assert_eq!(seen.len(), all),
                _ => {}
            }
            prop_assert_eq!(device.expose_digits(now).is_some(), device.state(now) == State::Answered);
            let saved = file::to_string(&device).expect("a test token");
            prop_assert_eq!(file::from_str(&saved, None).expect("as written").screen(now), device.screen(now));
        }
    }
}
