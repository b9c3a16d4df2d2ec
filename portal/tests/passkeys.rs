//! Passkeys at the site: added after a signature, used at the login, and every wrong answer refused.

mod authenticator;
mod clerk;
mod visitor;
#[expect(dead_code, reason = "most of it is for the tests of the bank")]
mod world;

use std::sync::Arc;

use authenticator::{Authenticator, VERIFIED};
use axum::http::StatusCode;
use camtoken::token::{Received, Token};
use camtoken_portal::bank::{BankError, LoggedIn};
use camtoken_portal::books::BooksError;
use camtoken_portal::demo::{LOGIN, SAMPLE, TRANSACTION};
use camtoken_portal::domain::contract::Profile;
use camtoken_portal::domain::desk::DeskAct;
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::order::Order;
use camtoken_portal::domain::passkey::Passkey;
use camtoken_portal::domain::people::Person;
use camtoken_portal::pages::Site;
use camtoken_portal::webauthn::RelyingParty;
use clerk::clerk;
use visitor::Visitor;
use world::{World, numbers, password};

const USER: &str = "KEIRI01";

/// A site at localhost, whose user has a registered token.
struct Bench {
    site: Arc<Site>,
    tokens: Vec<Token>,
    _dir: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let mut world = World::new().await;
        world.register(SAMPLE, USER).await;
        let World { bank, tokens, dir, .. } = world;
        let origins = vec!["http://localhost:4880".to_owned(), "https://localhost:4882".to_owned()];
        let passkeys = RelyingParty { id: "localhost".to_owned(), origins };
        let site = Arc::new(Site::new(bank, None, dir.path().join("attacks")).with_passkeys(passkeys));
        Self { site, tokens, _dir: dir }
    }

    fn visitor(&self) -> Visitor {
        Visitor { host: Some("localhost:4880"), ..Visitor::new(Arc::clone(&self.site).router()) }
    }

    /// A visitor who is logged in by password.
    async fn user(&self) -> Visitor {
        let mut user = self.visitor();
        assert!(user.log_in(SAMPLE, USER, LOGIN).await);
        user
    }

    fn me(&self) -> Person {
        self.site.bank.person(SAMPLE, USER).expect("the books answer").expect("a person")
    }

    /// Signs what a form of the page of passkeys asks for. Where that leads.
    async fn sign(&mut self, user: &mut Visitor, form: &str) -> String {
        user.ask("/passkeys", None).await;
        user.go("/passkeys", Some(form)).await;
        let draft = attribute(&user.page, "name=\"draft\" value");
        let form = format!("draft={draft}&transaction-password={TRANSACTION}");
        user.ask("/orders/confirm", Some(&form)).await;
        let path = user.to.clone().expect("an order");
        user.ask(&path, None).await;
        let id = path.rsplit('/').next().expect("an order");
        let order = self.site.bank.books.get::<Order>(id).expect("the books answer").expect("the order");
        let (code, _) = self.site.bank.code(&order).await.expect("an answer").expect("a code");
        let Ok(Received::Transaction(shown)) = self.tokens[0].receive(&code) else { panic!("refused") };
        let otp = shown.approve().expose_str().to_owned();
        let attempt = attribute(&user.page, "name=\"attempt\" value");
        user.ask(&path, Some(&format!("otp={otp}&attempt={attempt}"))).await;
        user.to.clone().expect("an address")
    }

    /// Adds a passkey from its signature on.
    async fn add(&mut self, user: &mut Visitor, device: &mut Authenticator) {
        assert_eq!(self.sign(user, "act=add&name=PC").await, "/passkeys/new");
        user.ask("/passkeys/new", None).await;
        let form = device.create_form(&challenge(user), &attribute(&user.page, "data-handle"));
        user.ask("/passkeys/new", Some(&form)).await;
        assert_eq!(user.to.as_deref(), Some("/passkeys"));
    }

    /// Whether a device lets a new visitor in.
    async fn lets_in(&self, device: &mut Authenticator) -> bool {
        let mut visitor = self.visitor();
        visitor.ask("/login", None).await;
        let form = device.get_form(&challenge(&visitor));
        visitor.ask("/login/passkey", Some(&form)).await;
        let to = visitor.to.clone();
        assert_eq!(to.as_deref() == Some("/home"), visitor.ask("/home", None).await == StatusCode::OK);
        to.as_deref() == Some("/home")
    }

    fn mails(&self, text: &str) -> usize {
        let mails = self.site.bank.books.list::<Mail>("").expect("the books answer");
        mails.iter().filter(|mail| mail.text == text && mail.to == self.me().mail).count()
    }

    fn change_person(&self, change: impl Fn(Person) -> Person) {
        let changed: Result<(), BooksError> = self.site.bank.books.change(|sheet| {
            let person = sheet.get::<Person>(&Person::key(SAMPLE, USER))?.expect("a person");
            sheet.put(&change(person));
            Ok(())
        });
        changed.expect("the books answer");
    }
}

/// What stands behind a name in a page.
fn attribute(page: &str, name: &str) -> String {
    let rest = page.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {page}")).1;
    rest.split('"').next().expect("its end").to_owned()
}

fn challenge(visitor: &Visitor) -> String {
    attribute(&visitor.page, "data-challenge")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_after_a_signature_and_lets_its_person_in() {
    let (mut bench, mut device) = (Bench::new().await, Authenticator::new(1));
    let mut user = bench.user().await;
    bench.add(&mut user, &mut device).await;
    user.ask("/passkeys", None).await;
    assert!(user.page.contains("<b>PC</b>"), "it is in the list");
    assert_eq!(bench.mails("mail-passkey-added"), 1);
    assert!(bench.lets_in(&mut device).await);
    // The password lets in as before, and a transaction needs token and transaction password.
    let mut other = bench.user().await;
    other.ask("/passkeys", None).await;
    other.go("/passkeys", Some("act=only")).await;
    assert!(other.page.contains("id=\"transaction-password\""));
    let events = bench.site.bank.events().expect("the books answer").events;
    assert!(events.iter().any(|event| event.what == "passkey-added"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_signature_in_the_same_session_nobody_adds_a_passkey() {
    let (mut bench, mut device) = (Bench::new().await, Authenticator::new(1));
    let mut thief = bench.user().await;
    thief.ask("/passkeys/new", None).await;
    assert!(!thief.page.contains("data-challenge"), "nothing was signed");
    let mut user = bench.user().await;
    assert_eq!(bench.sign(&mut user, "act=add&name=PC").await, "/passkeys/new");
    // Another session with the same password, while the permission is open.
    thief.ask("/passkeys/new", None).await;
    assert!(!thief.page.contains("data-challenge"), "the permission is another session's");
    user.ask("/passkeys/new", None).await;
    let form = device.create_form(&challenge(&user), &attribute(&user.page, "data-handle"));
    thief.ask("/passkeys", None).await;
    thief.go("/passkeys/new", Some(&form)).await;
    assert!(bench.site.bank.passkeys(&bench.me()).expect("the books answer").is_empty());
    user.ask("/passkeys/new", Some(&form)).await;
    assert_eq!(user.to.as_deref(), Some("/passkeys"));
    // One signature, one passkey.
    user.ask("/passkeys", None).await;
    user.go("/passkeys/new", Some(&form)).await;
    assert_eq!(bench.site.bank.passkeys(&bench.me()).expect("the books answer").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_passkey_of_another_site_or_without_its_owner_is_refused() {
    let mut bench = Bench::new().await;
    let mut user = bench.user().await;
    assert_eq!(bench.sign(&mut user, "act=add&name=PC").await, "/passkeys/new");
    let good = Authenticator::new(1);
    let wrong = [
        Authenticator { origin: "http://localhost:4883".to_owned(), ..good.clone() },
        Authenticator { origin: "https://bank.example".to_owned(), ..good.clone() },
        Authenticator { site: "bank.example".to_owned(), ..good.clone() },
        Authenticator { flags: 0x01, ..good.clone() },
        Authenticator { flags: 0x04, ..good.clone() },
        Authenticator { flags: VERIFIED | 0x10, ..good.clone() },
        Authenticator { id: Vec::new(), ..good.clone() },
        Authenticator { id: vec![1; 1024], ..good.clone() },
    ];
    for mut device in wrong {
        user.ask("/passkeys/new", None).await;
        let form = device.create_form(&challenge(&user), &attribute(&user.page, "data-handle"));
        user.go("/passkeys/new", Some(&form)).await;
        assert!(bench.site.bank.passkeys(&bench.me()).expect("the books answer").is_empty());
    }
    // The signature is still good for the right one.
    user.ask("/passkeys/new", None).await;
    let form = good.clone().create_form(&challenge(&user), &attribute(&user.page, "data-handle"));
    user.ask("/passkeys/new", Some(&form)).await;
    assert_eq!(user.to.as_deref(), Some("/passkeys"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_another_origin_another_key_or_for_another_person_is_refused() {
    let (mut bench, mut good) = (Bench::new().await, Authenticator::new(1));
    let mut user = bench.user().await;
    bench.add(&mut user, &mut good).await;
    let stranger = Authenticator::new(2);
    let wrong = [
        ("another origin", Authenticator { origin: "http://localhost:4883".to_owned(), ..good.clone() }),
        ("the address by number", Authenticator { origin: "http://127.0.0.1:4880".to_owned(), ..good.clone() }),
        ("another site", Authenticator { site: "127.0.0.1".to_owned(), ..good.clone() }),
        ("nobody verified", Authenticator { flags: 0x01, ..good.clone() }),
        ("nobody there", Authenticator { flags: 0x04, ..good.clone() }),
        ("another key", Authenticator { key: stranger.key.clone(), ..good.clone() }),
        ("another ID", Authenticator { id: stranger.id.clone(), ..good.clone() }),
        ("another person's handle", Authenticator { handle: "AAAA".to_owned(), ..good.clone() }),
        ("no handle", Authenticator { handle: String::new(), ..good.clone() }),
    ];
    for (what, mut device) in wrong {
        assert!(!bench.lets_in(&mut device).await, "{what}");
    }
    assert!(bench.lets_in(&mut good).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_passkey_is_good_once() {
    let (mut bench, mut device) = (Bench::new().await, Authenticator::new(1));
    let mut user = bench.user().await;
    bench.add(&mut user, &mut device).await;
    let mut visitor = bench.visitor();
    visitor.ask("/login", None).await;
    let form = device.get_form(&challenge(&visitor));
    let mut thief = bench.visitor();
    thief.ask("/login", None).await;
    thief.go("/login/passkey", Some(&form)).await;
    assert!(thief.page.contains("role=\"alert\""), "the challenge is another session's");
    visitor.ask("/login/passkey", Some(&form)).await;
    assert_eq!(visitor.to.as_deref(), Some("/home"));
    visitor.ask("/home", None).await;
    visitor.go("/logout", Some("")).await;
    visitor.go("/login/passkey", Some(&form)).await;
    assert!(visitor.page.contains("role=\"alert\""), "a second time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_passkey_is_noticed_by_its_count_and_its_owner_is_told() {
    let (mut bench, mut device) = (Bench::new().await, Authenticator::new(1));
    device.count = 7;
    let mut user = bench.user().await;
    bench.add(&mut user, &mut device).await;
    for (count, is_in) in [(8, true), (8, false), (5, false), (0, false), (9, true)] {
        device.count = count;
        assert_eq!(bench.lets_in(&mut device).await, is_in, "{count}");
    }
    assert_eq!(bench.mails("mail-passkey-refused"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_passkey_alone_means_that_the_password_opens_neither_login_nor_linkage() {
    let (mut bench, mut device) = (Bench::new().await, Authenticator::new(1));
    let mut user = bench.user().await;
    bench.add(&mut user, &mut device).await;
    let left = bench.user().await;
    bench.sign(&mut user, "act=only").await;
    assert!(bench.me().passkey_only);
    assert_eq!({ left }.ask("/home", None).await, StatusCode::SEE_OTHER, "other sessions are over");
    assert!(!bench.visitor().log_in(SAMPLE, USER, LOGIN).await);
    let answer = bench.site.bank.log_in(Profile::ContractAndUser, &numbers(SAMPLE, USER), password(LOGIN), None).await;
    assert_eq!(answer.expect("a decision").expect("the password is right").1, LoggedIn::Passkey);
    let not_ready = camtoken_portal::domain::linkage::not_ready;
    let proof = camtoken_portal::domain::linkage::Proof::Password;
    assert!(not_ready(&bench.me(), proof).is_some());
    assert!(bench.lets_in(&mut device).await);

    // With the last passkey the password opens the login again, and so it does at the desk.
    let id = bench.site.bank.passkeys(&bench.me()).expect("the books answer")[0].id.clone();
    bench.sign(&mut user, &format!("act=remove&id={id}")).await;
    assert!(!bench.lets_in(&mut device).await);
    assert_eq!(bench.mails("mail-passkey-removed"), 1);
    assert!(bench.visitor().log_in(SAMPLE, USER, LOGIN).await);
    let mut user = bench.user().await;
    bench.add(&mut user, &mut device).await;
    bench.sign(&mut user, "act=only").await;
    assert!(!bench.visitor().log_in(SAMPLE, USER, LOGIN).await);
    clerk(&bench.site.bank, DeskAct::Passkeys, &bench.me()).await;
    assert!(!bench.lets_in(&mut device).await);
    assert!(bench.visitor().log_in(SAMPLE, USER, LOGIN).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_out_of_service_or_gone_is_not_let_in_by_a_passkey() {
    let (mut bench, mut device) = (Bench::new().await, Authenticator::new(1));
    let mut user = bench.user().await;
    bench.add(&mut user, &mut device).await;
    clerk(&bench.site.bank, DeskAct::Suspend, &bench.me()).await;
    assert!(!bench.lets_in(&mut device).await);
    clerk(&bench.site.bank, DeskAct::Resume, &bench.me()).await;
    assert!(bench.lets_in(&mut device).await);
    clerk(&bench.site.bank, DeskAct::Remove, &bench.me()).await;
    assert!(!bench.lets_in(&mut device).await);
    let left: Result<Vec<Passkey>, BankError> = bench.site.bank.books.list("").map_err(BankError::from);
    assert!(left.expect("the books answer").is_empty(), "the next person of this user ID has none");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_by_number_leads_to_where_passkeys_are_good() {
    let (bench, mut device) = (Bench::new().await, Authenticator::new(1));
    let mut visitor = Visitor { host: Some("127.0.0.1:4880"), ..bench.visitor() };
    visitor.ask("/login", None).await;
    assert!(visitor.page.contains("href=\"http://localhost:4880/login\"") && !visitor.page.contains("data-challenge"));
    let form = device.get_form("AAAA");
    assert_eq!(visitor.ask("/login/passkey", Some(&form)).await, StatusCode::NOT_FOUND);
    assert!(visitor.log_in(SAMPLE, USER, LOGIN).await);
    visitor.ask("/passkeys", None).await;
    assert!(visitor.page.contains("http://localhost:4880/login") && !visitor.page.contains("id=\"name\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_token_shows_is_the_same_before_and_after_a_permission() {
    let mut bench = Bench::new().await;
    let before = bench.me().digest();
    let mut user = bench.user().await;
    bench.sign(&mut user, "act=add&name=PC").await;
    assert!(bench.me().passkey_permit.is_some());
    assert_eq!(bench.me().digest(), before, "it changes by itself");
    bench.change_person(|person| Person { passkey_only: true, ..person });
    assert_ne!(bench.me().digest(), before);
}
