//! The demonstration's bank with its tokens, which a person holds.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use camtoken::Timestamp;
use camtoken::key::TokenId;
use camtoken::oath::totp::Totp;
use camtoken::provision::otpauth::OtpauthUri;
use camtoken::token::{Received, Token, file};
use camtoken::transaction::Operation;
use camtoken::transaction::zengin::BatchKind;
use camtoken::verifier::{AttemptId, Step, Verdict};
use camtoken_portal::bank::{
    Bank, Draft, First, NewAdministrator, NewChallenge, Numbers, Placed, Progress, Settled, Wish,
};
use camtoken_portal::demo::{self, FIRST_OTP, TRANSACTION};
use camtoken_portal::domain::contract::{Limit, LoginField, LoginMethod, Profile};
use camtoken_portal::domain::credential::Password;
use camtoken_portal::domain::ledger::{Account, Outcome};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::order::{Act, Order};
use camtoken_portal::domain::people::{Person, Role};
use camtoken_portal::system::rng;
use camtoken_portal::test_clock::TestClock;

/// 2026-11-21T03:00:00Z, noon in Japan.
pub const START: u64 = 1_795_230_000;

pub struct World {
    pub bank: Bank,
    clock: Arc<TestClock>,
    pub tokens: Vec<Token>,
    pub dir: tempfile::TempDir,
}

fn open(dir: &Path, clock: &Arc<TestClock>) -> Bank {
    Bank::open(dir, clock.clock()).expect("the bank opens")
}

impl World {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = TestClock::open(dir.path(), Arc::new(|| Timestamp::from_unix(START))).expect("a clock");
        let bank = open(dir.path(), &clock);
        let files: Vec<(TokenId, String)> = demo::seed(&bank).await.expect("a new bank");
        let token = |(_, text): &(TokenId, String)| file::from_str(text, None).expect("a token file").into_token();
        let tokens = files.iter().map(token).collect();
        Self { bank, clock, tokens, dir }
    }

    /// A transfer that the verifier has accepted: the process ends before it is booked.
    pub async fn accepted(&mut self, person: &Person, yen: u64) -> (Order, String) {
        let order = self.order(person, transfer(yen)).await;
        let response = self.response(person, &order).await;
        let reference = order.challenge.as_deref().expect("issued").parse().expect("a reference");
        let attempt = AttemptId::from_bytes([1; 16]);
        let verdict = self.bank.verifier.verify(reference, &response, attempt, self.bank.now()).await;
        assert!(matches!(verdict, Ok(Verdict::Accepted(_))));
        (order, response)
    }

    /// The process is killed and started again.
    pub async fn again(self) -> Self {
        let Self { bank, clock, tokens, dir } = self;
        drop(bank);
        let bank = open(dir.path(), &clock);
        bank.recover().await.expect("the bank recovers");
        Self { bank, clock, tokens, dir }
    }

    pub fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).expect("it moves");
    }

    pub fn person(&self, contract: &str, user: &str) -> Person {
        self.bank.person(contract, user).expect("the books answer").expect("a person of the demonstration")
    }

    pub fn token(&mut self, id: &str) -> &mut Token {
        self.tokens.iter_mut().find(|token| token.id().as_str() == id).expect("a token of the demonstration")
    }

    pub async fn begin(&self, person: &Person, first_otp: &str) -> First {
        let serial = person.token.clone().expect("a token was handed out");
        let begun = self.bank.begin_registration(person, Some(password(first_otp)), &serial).await;
        begun.expect("the bank decides")
    }

    /// Shows the first code to the token and gives the bank its device code.
    pub async fn device_code(&mut self, contract: &str, user: &str) {
        let person = self.person(contract, user);
        let Progress::First(first) = self.bank.progress(&person).await.expect("an answer") else { panic!("no code") };
        let id = person.token.clone().expect("a token");
        let Ok(Received::FirstCode(received)) = self.token(&id).receive(&first.code) else { panic!("refused") };
        let device_code = received.approve(&mut rng()).expose_digits();
        let step = self.bank.second_code(&person, &device_code).await.expect("an answer");
        assert!(matches!(step, Step::Done(())), "it is right");
    }

    /// Shows the second code to the token. The token keeps the registration, or does not. Its response.
    pub async fn second_code(&mut self, person: &Person, keep: bool) -> String {
        let id = person.token.clone().expect("a token");
        let Progress::Second(second) = self.bank.progress(person).await.expect("an answer") else { panic!("no code") };
        let Ok(Received::SecondCode(received)) = self.token(&id).receive(&second.code) else { panic!("refused") };
        let unconfirmed = received.approve();
        let response = unconfirmed.response().expose_str().to_owned();
        if keep {
            unconfirmed.keep();
        }
        response
    }

    /// Shows the second code to the token and gives the bank its response.
    pub async fn confirm(&mut self, contract: &str, user: &str, keep: bool) -> Person {
        let person = self.person(contract, user);
        let response = self.second_code(&person, keep).await;
        let step = self.bank.confirm(&person, &response).await.expect("an answer");
        assert!(matches!(step, Step::Done(())), "it is right");
        self.person(contract, user)
    }

    pub async fn register(&mut self, contract: &str, user: &str) -> Person {
        self.register_with(contract, user, FIRST_OTP).await
    }

    pub async fn register_with(&mut self, contract: &str, user: &str, first_otp: &str) -> Person {
        assert!(matches!(self.begin(&self.person(contract, user), first_otp).await, First::Begun));
        self.device_code(contract, user).await;
        self.confirm(contract, user, true).await
    }

    pub async fn order(&self, person: &Person, draft: Draft) -> Order {
        let placed = self.bank.place(person, draft, password(TRANSACTION)).await.expect("the bank decides");
        let Placed::Order(order) = placed else { panic!("the order was not taken: {placed:?}") };
        let issued = self.bank.issue(person, &order.id).await.expect("the bank decides");
        assert!(matches!(issued, NewChallenge::Issued(_)), "a challenge");
        self.bank.order(person, &order.id).expect("the books answer").expect("the order")
    }

    pub async fn response(&mut self, person: &Person, order: &Order) -> String {
        let (code, _) = self.bank.code(order).await.expect("an answer").expect("a code");
        let id = person.token.clone().expect("a token");
        let Ok(Received::Transaction(received)) = self.token(&id).receive(&code) else { panic!("refused") };
        received.approve().expose_str().to_owned()
    }

    /// Places, signs and sends an order: what came of it.
    pub async fn sign(&mut self, person: &Person, draft: Draft) -> Outcome {
        let order = self.order(person, draft).await;
        self.send(person, &order).await
    }

    /// Signs and sends an order that is there.
    pub async fn send(&mut self, person: &Person, order: &Order) -> Outcome {
        let response = self.response(person, order).await;
        let settled = self.bank.settle(person, &order.id, &response, [7; 16]).await.expect("the bank decides");
        let Settled::Booked(booking) = settled else { panic!("not booked: {settled:?}") };
        booking.outcome
    }

    pub fn balance(&self) -> u64 {
        self.bank.books.get::<Account>("102-0012345").expect("the books answer").expect("the account").balance
    }
}

/// A word of the newest letter or mail with this text.
pub fn word(world: &World, text: &str, name: &str) -> String {
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let letter = mails.iter().rev().find(|mail| mail.text == text).expect("it was sent");
    letter.words.iter().find(|(known, _)| known == name).expect("a word of it").1.clone()
}

/// The generator that the newest letter hands out.
pub fn generator(world: &World) -> camtoken::Key {
    word(world, "letter-generator", "uri").parse::<OtpauthUri>().expect("an otpauth URI").secret
}

/// What the generator shows now.
pub fn shown(world: &World, key: &camtoken::Key) -> String {
    Totp::default().respond(key, world.bank.now()).expose_str().to_owned()
}

pub fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

pub fn transfer(amount: u64) -> Draft {
    transfer_to(("9902", "ﾐﾎﾝ", "110", "ｷﾀ", "0054321", "ﾐﾎﾝｼﾖｳｼﾞ(ｶ"), amount)
}

pub fn transfer_to(
    (bank, name, branch, branch_name, account, payee): (&str, &str, &str, &str, &str, &str),
    amount: u64,
) -> Draft {
    let fields = [
        ("bankCode", bank),
        ("bankName", name),
        ("branchCode", branch),
        ("branchName", branch_name),
        ("accountType", "ordinary"),
        ("account", account),
        ("payee", payee),
        ("amount", &amount.to_string()),
        ("date", "2026-11-21"),
    ];
    let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let act = Act::Pay { from: "102-0012345".to_owned(), limit: Limit::Transfer };
    Draft { operation: Operation::Transfer, fields, act }
}

/// The same for another day.
pub fn on(day: &str, draft: Draft) -> Draft {
    let field = |(name, text): (String, String)| {
        let text = if ["date", "valueDate"].contains(&name.as_str()) { day.to_owned() } else { text };
        (name, text)
    };
    Draft { fields: draft.fields.into_iter().map(field).collect(), ..draft }
}

pub fn batch(world: &World, file: Option<Vec<u8>>) -> Draft {
    let batch = demo::sample_batch(BatchKind::Bulk, world.bank.now());
    let hex = |bytes: &[u8]| base16ct::lower::encode_string(bytes);
    let fields = [
        ("count", "3".to_owned()),
        ("total", "1085500".to_owned()),
        ("date", "2026-11-21".to_owned()),
        ("payingAccount", "1020012345".to_owned()),
        ("largestPayee", "ﾐﾎﾝｼﾖｳｼﾞ(ｶ".to_owned()),
        ("largestAmount", "812000".to_owned()),
        ("newPayees", "2".to_owned()),
        ("checkCode", hex(&batch.canonical_sha256()[..8])),
        ("file", hex(&batch.canonical_sha256())),
    ];
    let file = file.unwrap_or_else(|| batch.canonical_bytes());
    let act = Act::PayBatch { from: "102-0012345".to_owned(), limit: Limit::Bulk, file };
    let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
    Draft { operation: Operation::Bulk, fields, act }
}

pub fn plain(operation: Operation, limit: Limit, fields: &[(&str, &str)]) -> Draft {
    let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Draft { operation, fields, act: Act::Pay { from: "102-0012345".to_owned(), limit } }
}

/// A change of a person's record, as the page makes it.
pub fn put(before: Option<&Person>, after: Person, act: &str, ends: Vec<String>) -> Draft {
    let mut fields = vec![
        ("act", act.to_owned()),
        ("targetId", after.user.clone()),
        ("targetName", after.name.clone()),
        ("after", after.digest()),
    ];
    fields.extend(before.map(|before| ("before", before.digest())));
    let fields = fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    Draft {
        operation: Operation::UserManagement,
        fields,
        act: Act::PutPerson { person: Box::new(after), activations: ends },
    }
}

/// What an administrator or the person themselves has done to a person.
pub fn about(person: &Person, operation: Operation, more: &[(&str, &str)], act: Act) -> Draft {
    let mut fields = vec![("targetId".to_owned(), person.user.clone())];
    fields.extend(more.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    Draft { operation, fields, act }
}

/// A new person of a contract, with the passwords of `like`.
pub fn newcomer(like: &Person, user: &str) -> Person {
    Person {
        name: "担当者".to_owned(),
        mail: "new@example.example".to_owned(),
        ..Person::new(like.contract.clone(), user.to_owned(), Role::User, like.login.clone(), like.transaction.clone())
    }
}

/// The application of a new company with one administrator.
pub fn wish(method: LoginMethod, profile: Profile) -> Wish {
    let administrator = NewAdministrator {
        name: "総務部 管理者".to_owned(),
        mail: "somu@kokoromi.example".to_owned(),
        user: "ADMIN01".to_owned(),
        login: password(CHOSEN),
    };
    Wish {
        name: "株式会社こころみ".to_owned(),
        kana: "カ）ココロミ".to_owned(),
        method,
        profile,
        administrators: vec![administrator],
    }
}

/// The login password of that administrator's own choice.
pub const CHOSEN: &str = "Asa-no-hikari-5";

pub fn numbers(contract: &str, user: &str) -> Numbers {
    Numbers(vec![(LoginField::Contract, contract.to_owned()), (LoginField::User, user.to_owned())])
}
