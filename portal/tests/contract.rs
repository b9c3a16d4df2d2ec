//! 契約管理 and the application: what the token has shown is what changes, and who chose a password is who knows it.

mod clerk;
mod visitor;
#[expect(dead_code, reason = "most of it is for the tests of the bank")]
mod world;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use camtoken::Timestamp;
use camtoken::transaction::Operation;
use camtoken_portal::bank::{Bank, Draft, LoggedIn, NewAdministrator, Numbers, account_digest};
use camtoken_portal::demo::{self, HINAGATA, LOGIN, MIHON, SAMPLE};
use camtoken_portal::domain::contract::{Application, Contact, Contract, LoginField, LoginMethod, Profile};
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::domain::ledger::{Account, Outcome, Refusal};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::order::Act;
use camtoken_portal::domain::people::Person;
use camtoken_portal::pages::Site;
use clerk::{clerk, done_at_desk};
use visitor::Visitor;
use world::{CHOSEN, World, numbers, password, transfer, wish};

/// A change as the page makes it.
fn change(act: &str, id: &str, hashes: &[(&str, String)], then: Act) -> Draft {
    let mut fields: Vec<_> = [("act", act), ("targetId", id), ("targetName", "x")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    fields.extend(hashes.iter().map(|(name, hash)| ((*name).to_owned(), hash.clone())));
    Draft { operation: Operation::UserManagement, fields, act: then }
}

fn add_account(contract: &str, key: &str) -> Draft {
    let after = [("after", account_digest(contract, key))];
    change("register", contract, &after, Act::AddAccount { account: key.to_owned() })
}

fn rename(person: &Person, to: &str) -> Draft {
    let hashes = [("before", person.digest()), ("after", person.renamed(to).digest())];
    change("change", &person.user, &hashes, Act::Rename { to: to.to_owned() })
}

fn account(world: &World, key: &str) -> Account {
    world.bank.books.get::<Account>(key).expect("the books answer").expect("an account")
}

fn seen(world: &World, user: &str) -> Vec<String> {
    let accounts = world.bank.accounts_for(&world.person(SAMPLE, user)).expect("the books answer");
    accounts.iter().map(Account::key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_related_account_is_added_by_a_signature_and_hidden_from_users_until_it_is_opened() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let (before, new) = (seen(&world, "KEIRI01"), "001-0456001");
    assert_eq!(world.sign(&administrator, add_account(SAMPLE, new)).await, Outcome::Done);
    assert_eq!(seen(&world, "ADMIN01"), ["102-0012345", new, "102-0200789"], "the main account stays the first");
    assert_eq!(seen(&world, "KEIRI01"), before);
    let user = world.person(SAMPLE, "KEIRI01");
    let opened = Person { closed_accounts: Vec::new(), ..user.clone() };
    assert_eq!(world.sign(&administrator, world::put(Some(&user), opened, "change", Vec::new())).await, Outcome::Done);
    assert!(seen(&world, "KEIRI01").contains(&new.to_owned()));

    // Of another holder, of another contract, or other than what was signed: never.
    for (key, signed) in
        [("001-0456002", "001-0456002"), ("001-0777001", "001-0777001"), ("001-0456001", "001-0456003")]
    {
        let mut draft = add_account(SAMPLE, key);
        draft.fields.last_mut().expect("the hash").1 = account_digest(SAMPLE, signed);
        assert_eq!(world.sign(&administrator, draft).await, Outcome::Refused(Refusal::Account), "{key}");
    }
    assert_eq!(account(&world, "001-0456002").contract, "");
    assert_eq!(account(&world, "001-0777001").contract, MIHON);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_pays_from_no_account_that_is_closed_to_them() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let user = world.register(SAMPLE, "KEIRI01").await;
    let waiting = world.order(&user, transfer(1_000)).await;
    let closed = Person { closed_accounts: vec!["102-0012345".to_owned()], ..user.clone() };
    assert_eq!(world.sign(&administrator, world::put(Some(&user), closed, "change", Vec::new())).await, Outcome::Done);
    let balance = world.balance();
    assert_eq!(world.send(&world.person(SAMPLE, "KEIRI01"), &waiting).await, Outcome::Refused(Refusal::Account));
    assert_eq!(world.balance(), balance);
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_data_is_what_the_signature_is_bound_to() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let contact =
        Contact { department: "総務部".into(), phone: "03-0000-0000".into(), mail: "somu@sample.example".into() };
    let known =
        |world: &World| world.bank.books.get::<Contract>(SAMPLE).expect("the books answer").expect("it").contact;
    let draft = |bound: &Contact| {
        change("change", SAMPLE, &[("after", bound.digest())], Act::SetContact { contact: contact.clone() })
    };
    let other = Contact { mail: "thief@sample.example".into(), ..contact.clone() };
    assert_eq!(world.sign(&administrator, draft(&other)).await, Outcome::Refused(Refusal::Changed));
    assert_eq!(known(&world), None);
    assert_eq!(world.sign(&administrator, draft(&contact)).await, Outcome::Done);
    assert_eq!(known(&world), Some(contact));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_another_login_id_the_one_before_leads_to_nobody() {
    let mut world = World::new().await;
    let administrator = world.register(MIHON, "MIHON01").await;
    let user = world.person(MIHON, "MIHON02");
    let log_in = async |world: &World, id: &str| {
        let numbers = Numbers(vec![(LoginField::LoginId, id.to_owned())]);
        world.bank.log_in(Profile::LoginId, &numbers, password(LOGIN), None).await.expect("a decision").is_some()
    };
    assert!(log_in(&world, "mihon-keiri").await);
    for (id, outcome) in [("mihon-admin", Outcome::Refused(Refusal::Changed)), ("mihon-kaikei", Outcome::Done)] {
        let after = Person { login_id: Some(id.to_owned()), ..world.person(MIHON, "MIHON02") };
        let draft = world::put(Some(&world.person(MIHON, "MIHON02")), after, "change", Vec::new());
        assert_eq!(world.sign(&administrator, draft).await, outcome, "{id}");
    }
    assert!(log_in(&world, "mihon-kaikei").await && !log_in(&world, "mihon-keiri").await);
    assert!(log_in(&world, "mihon-admin").await, "the other one goes on");
    assert_ne!(
        camtoken_portal::domain::linkage::login_of(&user),
        camtoken_portal::domain::linkage::login_of(&world.person(MIHON, "MIHON02")),
        "and every linkage of before ends"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_another_user_id_somebody_keeps_token_certificate_and_records() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let user = world.register(SAMPLE, "KEIRI01").await;
    assert_eq!(world.sign(&administrator, rename(&user, "KAIKEI01")).await, Outcome::Done);
    assert!(world.bank.person(SAMPLE, "KEIRI01").expect("the books answer").is_none());
    let now = world.person(SAMPLE, "KAIKEI01");
    assert_eq!(now.formerly, ["KEIRI01"]);
    let log_in = async |world: &World, user: &str| {
        let entered = world.bank.log_in(Profile::ContractAndUser, &numbers(SAMPLE, user), password(LOGIN), None).await;
        entered.expect("a decision").map(|(_, next)| next)
    };
    assert_eq!(log_in(&world, "KAIKEI01").await, Some(LoggedIn::Yes));
    assert_eq!(log_in(&world, "KEIRI01").await, None);
    assert_eq!(world.sign(&now, transfer(1_000)).await, Outcome::Done, "the token signs as before");
    let trails = world.bank.trails(SAMPLE, "KAIKEI01").await.expect("records");
    assert_eq!(trails.len(), 1);
    assert!(world.bank.gone(SAMPLE).expect("the books answer").is_empty(), "nobody has gone");

    // The former ID stays reserved, and the person may have it back.
    let other = world.person(SAMPLE, "ADMIN02");
    assert_eq!(world.sign(&administrator, rename(&other, "KEIRI01")).await, Outcome::Refused(Refusal::Changed));
    assert_eq!(world.sign(&administrator, rename(&other, "ADMIN01")).await, Outcome::Refused(Refusal::Changed));
    let newcomer = world::newcomer(&other, "KEIRI01");
    let put = world::put(None, newcomer, "register", Vec::new());
    assert_eq!(world.sign(&administrator, put).await, Outcome::Refused(Refusal::Changed));
    let now = world.person(SAMPLE, "KAIKEI01");
    assert_eq!(world.sign(&administrator, rename(&now, "KEIRI01")).await, Outcome::Done);
    assert_eq!(world.person(SAMPLE, "KEIRI01").formerly, ["KAIKEI01"]);
    let world = world.again().await;
    assert!(world.person(SAMPLE, "KEIRI01").registered);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_come_in_with_what_they_chose_and_no_letter_tells_it() {
    let mut world = World::new().await;
    let mut wish = wish(LoginMethod::Password, Profile::ContractAndUser);
    let second = NewAdministrator {
        user: "KEIRI99".to_owned(),
        login: password("Yama-no-ne-77"),
        mail: "keiri@kokoromi.example".to_owned(),
        ..wish.administrators[0].clone()
    };
    wish.administrators.push(second);
    let application = world.bank.apply(&wish).await.expect("the books answer");
    let number = done_at_desk(&world.bank, &Errand::about(DeskAct::Complete, "", &application)).await.contract;
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let reports: Vec<_> = mails.iter().filter(|mail| mail.text == "letter-report" && mail.to == number).collect();
    assert_eq!(reports.len(), 2, "each has an envelope of their own");
    for mail in &mails {
        assert!(mail.words.iter().all(|(_, word)| word != CHOSEN && word != "Yama-no-ne-77"), "{}", mail.text);
    }
    for (user, login, other) in [("ADMIN01", CHOSEN, "Yama-no-ne-77"), ("KEIRI99", "Yama-no-ne-77", CHOSEN)] {
        for (typed, comes_in) in [(login, true), (other, false)] {
            let entered =
                world.bank.log_in(Profile::ContractAndUser, &numbers(&number, user), password(typed), None).await;
            assert_eq!(entered.expect("a decision").is_some(), comes_in, "{user}");
        }
        let report = reports.iter().find(|mail| mail.word("user") == user).expect("a report");
        let first = report.word("first").to_owned();
        world.register_with(&number, user, &first).await;
    }
    let tokens: Vec<_> = ["ADMIN01", "KEIRI99"].map(|user| world.person(&number, user).token).into();
    assert_ne!(tokens[0], tokens[1], "each has a token");
    let kept = world.bank.books.get::<Application>(&application).expect("the books answer").expect("it");
    assert!(kept.administrators.is_empty(), "the hashes stand with the persons alone");
    clerk(&world.bank, DeskAct::Suspend, &world.person(&number, "KEIRI99")).await;
}

/// The site of a bank.
async fn site() -> (Router, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let bank = Bank::open(dir.path(), Arc::new(|| Timestamp::from_unix(world::START))).expect("the bank opens");
    demo::seed(&bank).await.expect("a new bank");
    (Arc::new(Site::new(bank, None, dir.path().join("attacks"))).router(), dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_explains_each_login_method_and_chooses_none() {
    let (site, _dir) = site().await;
    let mut visitor = Visitor::new(site);
    visitor.ask("/apply", None).await;
    assert!(visitor.page.contains("お客さまご自身の責任"), "whose choice it is");
    for text in ["ログインのたびに、トークンで", "パスワードだけでログインします", "電子証明書を取り込んだ端末"]
    {
        assert!(visitor.page.contains(text), "{text}");
    }
    assert!(!visitor.page.contains(" checked"), "none is preselected");
    visitor
        .go("/apply", Some("company=&kana=&service=business&name-1=&mail-1=&user-1=&new-1=a&again-1=b&user-2=A"))
        .await;
    for input in ["company", "kana", "method", "mail-1", "user-1", "new-1", "again-1", "mail-2"] {
        assert!(visitor.page.contains(&format!("id=\"{input}-error\"")), "{input}");
    }
    assert!(
        !visitor.page.contains("value=\"a\"") && !visitor.page.contains("value=\"b\""),
        "no password is shown again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_on_no_page() {
    let (_, dir) = site().await;
    let bank = Bank::open(dir.path(), Arc::new(|| Timestamp::from_unix(world::START))).expect("the bank opens");
    let changed: Result<(), camtoken_portal::books::BooksError> = bank.books.change(|sheet| {
        let person = sheet.get::<Person>(&Person::key(SAMPLE, "KEIRI01"))?.expect("a person");
        sheet.put(&Person { closed_accounts: vec!["102-0200789".to_owned()], ..person });
        Ok(())
    });
    changed.expect("the books answer");
    let site = Arc::new(Site::new(bank, None, dir.path().join("attacks"))).router();
    let mut user = Visitor::new(site.clone());
    assert!(user.log_in(SAMPLE, "KEIRI01", LOGIN).await);
    for path in ["/home", "/transfer", "/bulk", "/payroll", "/pay-easy", "/remittance"] {
        user.ask(path, None).await;
        assert!(user.page.contains("0012345") || path.ends_with("bulk") || path == "/payroll", "{path}");
        assert!(!user.page.contains("0200789"), "{path}");
    }
    assert_eq!(user.ask("/accounts/102-0012345", None).await, StatusCode::OK);
    assert_eq!(user.ask("/accounts/102-0200789", None).await, StatusCode::NOT_FOUND);
    user.ask("/transfer", None).await;
    user.go("/transfer", Some("from=102-0200789&to=9902-110-ordinary-0054321&amount=1")).await;
    assert!(user.page.contains("id=\"from-error\""), "nor can it be named by hand");
    let mut administrator = Visitor::new(site);
    assert!(administrator.log_in(SAMPLE, "ADMIN01", LOGIN).await);
    administrator.ask("/home", None).await;
    assert!(administrator.page.contains("0200789"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_managed_by_administrators_alone() {
    let (site, _dir) = site().await;
    let mut user = Visitor::new(site.clone());
    assert!(user.log_in(SAMPLE, "KEIRI01", LOGIN).await);
    assert_eq!(user.ask("/contract", None).await, StatusCode::NOT_FOUND);
    let mut administrator = Visitor::new(site);
    assert!(administrator.log_in(SAMPLE, "ADMIN01", LOGIN).await);
    administrator.ask("/contract", None).await;
    assert!(administrator.page.contains("001-0456001") && !administrator.page.contains("001-0456002"));
    assert!(!administrator.page.contains(HINAGATA) && !administrator.page.contains("id=\"login-id\""));
    for (form, to) in [
        ("act=account&account=001-0456002", "account-error"),
        ("act=contact&department=&phone=1&mail=x", "phone-error"),
        ("act=user-id&whom=KEIRI01&user-id=ADMIN02", "user-id-error"),
    ] {
        administrator.ask("/contract", None).await;
        administrator.go("/contract", Some(form)).await;
        assert!(administrator.page.contains(to), "{form}");
    }
    for form in ["act=account&account=001-0456001", "act=user-id&whom=KEIRI01&user-id=kaikei01"] {
        administrator.ask("/contract", None).await;
        administrator.ask("/contract", Some(form)).await;
        assert_eq!(administrator.to.as_deref(), Some("/orders/confirm"), "{form}");
    }
}
