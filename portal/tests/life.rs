//! A person's life with the bank, by the diagrams of `LIFE.md`: every arrow is walked, and no other.

#[expect(dead_code, reason = "most of it is for the tests of the site")]
mod authenticator;
mod clerk;
#[path = "life/passkey.rs"]
mod passkey;
#[expect(dead_code, reason = "most of it is for the tests of the bank")]
mod world;

use camtoken::transaction::Operation;
use camtoken::verifier::Step;
use camtoken_portal::bank::{
    AtDesk, Fetched, First, Initialised, LoggedIn, NotDone, NotShown, Placed, Progress, Settled,
};
use camtoken_portal::demo::{CERTIFICATE, FIRST_OTP, HINAGATA, MIHON, SAMPLE, TRANSACTION};
use camtoken_portal::domain::calendar::day_in_japan;
use camtoken_portal::domain::certificate::last_day_from;
use camtoken_portal::domain::contract::{Contract, LentToken, LoginMethod, Profile};
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::domain::ledger::Outcome;
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::order::Act;
use camtoken_portal::domain::people::{FirstOtp, Held, Person};
use clerk::{at_desk, clerk, done_at_desk};
use world::{CHOSEN, World, about, generator, numbers, on, password, shown, transfer, wish, word};

const DAY: u64 = 24 * 3600;
const USER: &str = "ADMIN02";

/// The arrows of one of the diagrams: from, to, by what.
type Arrow = (String, String, String);

/// The arrows that `LIFE.md` draws in its diagram number `which`.
fn drawn(which: usize) -> Vec<Arrow> {
    let text = include_str!("../LIFE.md");
    let diagram = text.split("```mermaid").nth(which + 1).expect("a diagram").split("```").next().expect("its end");
    let arrow = |line: &str| {
        let (ends, by) = line.split_once(": ")?;
        let (from, to) = ends.split_once(" --> ")?;
        Some((from.trim().to_owned(), to.to_owned(), by.to_owned()))
    };
    let mut arrows: Vec<Arrow> = diagram.lines().filter_map(arrow).collect();
    arrows.sort();
    arrows
}

/// A person on the way, and the arrows that were walked.
struct Walk {
    world: World,
    walked: Vec<Arrow>,
    at: &'static str,
}

impl Walk {
    async fn new() -> Self {
        Self { world: World::new().await, walked: Vec::new(), at: "[*]" }
    }

    /// Writes down an arrow.
    fn to(&mut self, to: &'static str, by: &str) {
        self.walked.push((self.at.to_owned(), to.to_owned(), by.to_owned()));
        self.at = to;
    }

    fn me(&self) -> Person {
        self.world.person(SAMPLE, USER)
    }

    /// The same, once books and verifier say that it is so.
    async fn arrive(&mut self, to: &'static str, by: &str) {
        assert_eq!(self.state().await, to, "{by}");
        self.to(to, by);
    }

    /// The state of the person, by the database and the verifier.
    async fn state(&self) -> &'static str {
        let bank = &self.world.bank;
        let contract = bank.books.get::<Contract>(SAMPLE).expect("the books answer").expect("the contract");
        let Some(person) = bank.person(SAMPLE, USER).expect("the books answer").filter(|_| contract.ended.is_none())
        else {
            return "[*]";
        };
        match bank.held(&person).await.expect("an answer").as_slice() {
            [] => {}
            [Held::Login] => return "LoginHeld",
            [Held::Transaction] => return "TransactionHeld",
            [Held::FirstOtp] => return "FirstOtpHeld",
            [Held::Otp] => return "OtpHeld",
            [Held::Service] => return "OutOfService",
            other => panic!("{other:?}"),
        }
        if person.gave_back() {
            return "GaveBack";
        }
        match bank.progress(&person).await.expect("an answer") {
            _ if person.token.is_none() => "NoToken",
            Progress::None if person.first_otp(day_in_japan(bank.now())) == FirstOtp::Over => "FirstOtpOver",
            Progress::None => "TokenHanded",
            Progress::First(_) => "FirstCode",
            Progress::Second(_) => "SecondCode",
            Progress::Done if bank.never_signed(&person).await.expect("an answer") => "Registered",
            Progress::Done => "Signing",
        }
    }

    /// From a handed token to the first signature, with this first-OTP password.
    async fn sign_again(&mut self, first_otp: &str) {
        self.begin(first_otp).await;
        self.world.device_code(SAMPLE, USER).await;
        self.arrive("SecondCode", "the token's 12 digits").await;
        self.world.confirm(SAMPLE, USER, true).await;
        self.arrive("Registered", "the token's 8 digits").await;
        self.sign().await;
        self.arrive("Signing", "the first signature").await;
    }

    async fn begin(&mut self, first_otp: &str) {
        assert!(matches!(self.world.begin(&self.me(), first_otp).await, First::Begun));
        self.arrive("FirstCode", "first-OTP password and serial number").await;
    }

    async fn sign(&mut self) {
        let today = day_in_japan(self.world.bank.now()).to_string();
        assert_eq!(self.world.sign(&self.me(), on(&today, transfer(1))).await, Outcome::Done);
    }

    async fn initialise(&mut self, by: &str) {
        assert!(self.world.bank.give_up(&self.me()).await.expect("a decision"));
        self.arrive("TokenHanded", by).await;
    }

    async fn resume(&mut self, to: &'static str) {
        clerk(&self.world.bank, DeskAct::Resume, &self.me()).await;
        self.arrive(to, "the bank resumes").await;
    }

    async fn lend(&mut self, by: &str) -> String {
        clerk(&self.world.bank, DeskAct::Lend, &self.me()).await;
        assert!(self.me().token.is_some());
        self.arrive("TokenHanded", by).await;
        word(&self.world, "letter-first-otp", "first")
    }

    /// The registration, half of it, and a "no" on the token at its end.
    async fn stumble(&mut self) {
        self.begin(FIRST_OTP).await;
        self.initialise("the person initialises").await;
        self.begin(FIRST_OTP).await;
        self.world.device_code(SAMPLE, USER).await;
        self.arrive("SecondCode", "the token's 12 digits").await;
        self.initialise("the person initialises").await;
        self.begin(FIRST_OTP).await;
        self.world.device_code(SAMPLE, USER).await;
        self.arrive("SecondCode", "the token's 12 digits").await;
        self.world.confirm(SAMPLE, USER, false).await;
        self.arrive("Registered", "the token's 8 digits").await;
        let wrong = self.world.bank.initialise(&self.me(), Some(password("wrong"))).await.expect("a decision");
        assert!(matches!(wrong, Initialised::Wrong(_)), "a login password alone undoes nothing");
        let done = self.world.bank.initialise(&self.me(), Some(password(FIRST_OTP))).await.expect("a decision");
        assert!(matches!(done, Initialised::Done));
        self.arrive("TokenHanded", "the person initialises, after a \"no\" on the token").await;
    }

    /// Each suspension, and the way back.
    async fn suspensions(&mut self) {
        for _ in 0..5 {
            let answer =
                self.world.bank.log_in(Profile::ContractAndUser, &numbers(SAMPLE, USER), password("wrong"), None).await;
            assert!(answer.expect("a decision").is_none());
        }
        self.arrive("LoginHeld", "5 wrong login passwords").await;
        self.resume("Signing").await;
        for _ in 0..5 {
            self.world.bank.place(&self.me(), transfer(1), password("wrong")).await.expect("a decision");
        }
        self.arrive("TransactionHeld", "5 wrong transaction passwords").await;
        self.resume("Signing").await;
        for attempt in 0..5_u8 {
            let order = self.world.order(&self.me(), transfer(1)).await;
            let settled = self.world.bank.settle(&self.me(), &order.id, "00000000", [attempt; 16]).await;
            assert!(matches!(settled.expect("a decision"), Settled::Rejected(_)));
        }
        self.arrive("OtpHeld", "5 wrong one-time passwords").await;
        self.resume("Signing").await;
        let suspend = about(&self.me(), Operation::UserManagement, &[("act", "suspend")], Act::Suspend);
        self.by_the_other(suspend).await;
        self.arrive("OutOfService", "an administrator suspends").await;
        self.resume("Signing").await;
        self.world.bank.stop(&self.me()).await.expect("the bank stops it");
        self.arrive("OutOfService", "the person stops everything at once").await;
        self.resume("Signing").await;
    }

    /// What the other administrator signs.
    async fn by_the_other(&mut self, mut draft: camtoken_portal::bank::Draft) {
        draft.fields.push(("targetName".to_owned(), self.me().name));
        let other = self.world.person(SAMPLE, "ADMIN01");
        assert_eq!(self.world.sign(&other, draft).await, Outcome::Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_the_token_has_its_way_out() {
    let mut walk = Walk::new().await;
    walk.world.register(SAMPLE, "ADMIN01").await;
    walk.arrive("TokenHanded", "the bank completes the application").await;
    walk.stumble().await;
    for _ in 0..5 {
        assert!(matches!(walk.world.begin(&walk.me(), "wrong").await, First::Wrong(_)));
    }
    walk.arrive("FirstOtpHeld", "5 wrong first-OTP passwords").await;
    walk.resume("TokenHanded").await;
    walk.sign_again(FIRST_OTP).await;
    walk.suspensions().await;

    let lost = walk.me().token.expect("a token");
    let lost = walk.world.bank.books.get::<LentToken>(&lost).expect("the books answer").expect("it is lent");
    done_at_desk(&walk.world.bank, &Errand::about(DeskAct::Revoke, &lost.contract, &lost.id)).await;
    walk.arrive("NoToken", "the token is lost, the bank revokes it").await;
    walk.lend("the bank lends another token").await;
    walk.world.later(91 * DAY);
    walk.arrive("FirstOtpOver", "90 days").await;
    clerk(&walk.world.bank, DeskAct::FirstOtp, &walk.me()).await;
    walk.arrive("TokenHanded", "the bank sends a new first-OTP password").await;
    walk.sign_again(&word(&walk.world, "letter-first-otp", "first")).await;

    let first_otp = walk.lend("the bank lends another token, the old one is broken").await;
    walk.sign_again(&first_otp).await;
    clerk(&walk.world.bank, DeskAct::Generator, &walk.me()).await;
    walk.arrive("GaveBack", "the bank takes the token back and hands out a generator").await;
    let first_otp = walk.lend("the bank lends another token").await;
    walk.sign_again(&first_otp).await;
    assert!(walk.me().generator.is_none(), "whoever has a camera token again needs no generator");

    let activations = walk.me().activations().map(|activation| activation.to_string()).collect();
    let (me, before) = (walk.me(), walk.me().digest());
    let fields = [("act", "delete"), ("before", before.as_str())];
    walk.by_the_other(about(&me, Operation::UserManagement, &fields, Act::RemovePerson { activations })).await;
    walk.arrive("[*]", "an administrator removes the person").await;

    for (errand, by) in [
        (DeskAct::Remove, "two operators of the bank remove the person"),
        (DeskAct::End, "two operators of the bank end the contract"),
    ] {
        let mut other = Walk::new().await;
        other.world.register(SAMPLE, USER).await;
        other.at = "Registered";
        other.sign().await;
        other.arrive("Signing", "the first signature").await;
        let errand =
            if errand == DeskAct::End { Errand::about(errand, SAMPLE, "") } else { Errand::of(errand, &other.me()) };
        done_at_desk(&other.world.bank, &errand).await;
        other.arrive("[*]", by).await;
        walk.walked.append(&mut other.walked);
    }

    walk.walked.sort();
    walk.walked.dedup();
    assert_eq!(walk.walked, drawn(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_loss_a_lone_administrator_signs_again_whatever_the_login_method() {
    for method in LoginMethod::ALL {
        let mut world = World::new().await;
        let wish = wish(method, Profile::ContractAndUser);
        let application = world.bank.apply(&wish).await.expect("the books answer");
        let number = done_at_desk(&world.bank, &Errand::about(DeskAct::Complete, "", &application)).await.contract;
        let first_otp = word(&world, "letter-report", "first");
        let login = CHOSEN;
        let person = world.register_with(&number, "ADMIN01", &first_otp).await;
        let lost = person.token.expect("a token");
        let lost = world.bank.books.get::<LentToken>(&lost).expect("the books answer").expect("it is lent");
        done_at_desk(&world.bank, &Errand::about(DeskAct::Revoke, &lost.contract, &lost.id)).await;

        let person = world.person(&number, "ADMIN01");
        clerk(&world.bank, DeskAct::Lend, &person).await;
        assert!(world.person(&number, "ADMIN01").token.is_some_and(|id| id != lost.id));
        // The login leads to the registration, or to where it can be chosen.
        let answer =
            world.bank.log_in(Profile::ContractAndUser, &numbers(&number, "ADMIN01"), password(login), None).await;
        let (_, next) = answer.expect("a decision").expect("the password is right");
        assert_eq!(next == LoggedIn::Register, method == LoginMethod::PasswordOtp);
        let first_otp = word(&world, "letter-first-otp", "first");
        let person = world.register_with(&number, "ADMIN01", &first_otp).await;
        assert!(person.registered && person.token != Some(lost.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_lent_to_its_own_contract_alone() {
    let world = World::new().await;
    let person = world.person(SAMPLE, "KEIRI01");
    let lend = Errand::of(DeskAct::Lend, &person);
    let other = at_desk(&world.bank, &lend.clone().with("KKK0000011")).await;
    assert_eq!(other, AtDesk::NotDone(NotDone::NotFound), "it is another contract's");
    done_at_desk(&world.bank, &lend.clone().with("KKK0000003")).await;
    assert_eq!(world.person(SAMPLE, "KEIRI01").token.as_deref(), Some("KKK0000003"));
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    assert!(mails.iter().all(|mail| mail.text != "letter-first-otp"), "a user has no first-OTP password");
    for id in ["KKK0000021", "KKK0000022", "KKK0000023"] {
        done_at_desk(&world.bank, &lend).await;
        assert_eq!(world.person(SAMPLE, "KEIRI01").token.as_deref(), Some(id));
    }
    assert_eq!(at_desk(&world.bank, &lend).await, AtDesk::NotDone(NotDone::NoToken));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gave_the_token_back_sets_the_login_password_by_the_generator() {
    let mut world = World::new().await;
    let person = world.register(MIHON, "MIHON01").await;
    clerk(&world.bank, DeskAct::Generator, &person).await;
    let (key, person) = (generator(&world), world.person(MIHON, "MIHON01"));
    let hash = world.bank.hash(password("Asa-no-hikari-5")).await.expect("a hash");
    let wrong = world.bank.set_password_by_generator(&person, &hash, "000000", [1; 16]).await.expect("a decision");
    assert!(matches!(wrong, Step::Rejected(_)) && world.person(MIHON, "MIHON01").login.hash == person.login.hash);
    let digits = shown(&world, &key);
    let done = world.bank.set_password_by_generator(&person, &hash, &digits, [2; 16]).await.expect("a decision");
    assert!(matches!(done, Step::Done(())) && world.person(MIHON, "MIHON01").login.hash == hash);
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    assert!(mails.iter().any(|mail| mail.text == "mail-password" && mail.to == person.mail));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_is_told_to_the_person_and_to_the_other_administrators() {
    let mut world = World::new().await;
    let user = world.register(SAMPLE, "KEIRI01").await;
    for _ in 0..5 {
        world.bank.place(&user, transfer(1), password("wrong")).await.expect("a decision");
    }
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let told =
        |text: &str| mails.iter().filter(|mail| mail.text == text).map(|mail| mail.to.clone()).collect::<Vec<_>>();
    let mail = |user: &str| world.person(SAMPLE, user).mail;
    assert_eq!(told("mail-suspended"), [mail("KEIRI01")]);
    assert_eq!(told("mail-suspended-other"), [mail("ADMIN01"), mail("ADMIN02")]);
    assert_eq!(world.bank.held(&world.person(SAMPLE, "KEIRI01")).await.expect("an answer"), [Held::Transaction]);
    let placed = world.bank.place(&user, transfer(1), password(TRANSACTION)).await.expect("a decision");
    assert!(matches!(placed, Placed::Password(_)), "the right one does not help any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_the_certificate_has_its_way_out() {
    let mut walk = Walk::new().await;
    let file = password("Taiju-no-kage-4");
    let me = |walk: &Walk| walk.world.person(HINAGATA, "ADMIN01");
    walk.to("PasswordSent", "the bank completes the application");
    for _ in 0..5 {
        let fetched = walk.world.bank.fetch_certificate(&me(&walk), Some(password("wrong")), &file).await;
        assert!(matches!(fetched, Ok(Fetched::Wrong(_))));
    }
    assert_eq!(walk.world.bank.held(&me(&walk)).await.expect("an answer"), [Held::Certificate]);
    walk.to("PasswordHeld", "5 wrong certificate passwords");
    clerk(&walk.world.bank, DeskAct::Resume, &me(&walk)).await;
    walk.to("PasswordSent", "the bank resumes");
    let first = fetch(&mut walk, CERTIFICATE).await;
    walk.world.register(HINAGATA, "ADMIN01").await;

    walk.world.later((365 - 30) * DAY);
    walk.world.bank.remind_of_certificates().expect("the books answer");
    walk.world.bank.remind_of_certificates().expect("once is enough");
    assert_eq!(reminders(&walk), 1);
    walk.to("Due", "30 days before its end, by mail");
    let renewed = renew(&mut walk).await;
    assert!(walk.world.bank.log_in_by_certificate(&me(&walk), Some(&renewed)).expect("a decision"));
    assert_eq!(walk.world.bank.why_not_shown(&me(&walk), Some(&first)).expect("an answer"), NotShown::Revoked);
    walk.to("InUse", "renewed, and logged in with the new one");

    for days in [365 - 30, 16, 7, 6] {
        walk.world.later(days * DAY);
        walk.world.bank.remind_of_certificates().expect("the books answer");
    }
    assert_eq!(reminders(&walk), 5, "30, 14, 7 days and 1 day before");
    walk.to("Due", "30 days before its end, by mail");
    walk.world.later(2 * DAY);
    assert!(!walk.world.bank.log_in_by_certificate(&me(&walk), Some(&renewed)).expect("a decision"));
    assert!(matches!(walk.world.bank.why_not_shown(&me(&walk), None), Ok(NotShown::Ended(_))));
    walk.to("Ended", "its last day is over");
    clerk(&walk.world.bank, DeskAct::Certificate, &me(&walk)).await;
    walk.to("PasswordSent", "the bank sends a new certificate password");
    let sent = word(&walk.world, "letter-certificate", "certificate");
    let lost = fetch(&mut walk, &sent).await;
    clerk(&walk.world.bank, DeskAct::Certificate, &me(&walk)).await;
    assert_eq!(walk.world.bank.why_not_shown(&me(&walk), Some(&lost)).expect("an answer"), NotShown::Revoked);
    walk.to("PasswordSent", "it is lost, the bank revokes it and sends a new certificate password");

    walk.walked.sort();
    walk.walked.dedup();
    assert_eq!(walk.walked, drawn(1));
}

/// Fetches a certificate with the password of a letter and logs in with it; its fingerprint.
async fn fetch(walk: &mut Walk, certificate: &str) -> String {
    let (me, file) = (walk.world.person(HINAGATA, "ADMIN01"), password("Taiju-no-kage-4"));
    let fetched = walk.world.bank.fetch_certificate(&me, Some(password(certificate)), &file).await;
    let Ok(Fetched::Issued(_, record)) = fetched else { panic!("not issued") };
    walk.to("Fetched", "the certificate password");
    assert!(walk.world.bank.log_in_by_certificate(&me, Some(&record.fingerprint)).expect("a decision"));
    walk.to("InUse", "the first login with it");
    record.fingerprint
}

/// Signs for another certificate and fetches it; its fingerprint.
async fn renew(walk: &mut Walk) -> String {
    let (me, file) = (walk.world.person(HINAGATA, "ADMIN01"), password("Taiju-no-kage-4"));
    let until = last_day_from(walk.world.bank.now()).to_string();
    let fields = [("validUntil", until.as_str())];
    let draft = about(&me, Operation::CertificateReissue, &fields, Act::ReissueCertificate { hash: None });
    assert_eq!(walk.world.sign(&me, draft).await, Outcome::Done);
    let me = walk.world.person(HINAGATA, "ADMIN01");
    match walk.world.bank.fetch_certificate(&me, None, &file).await {
        Ok(Fetched::Issued(_, record)) => record.fingerprint,
        _ => panic!("not issued"),
    }
}

fn reminders(walk: &Walk) -> usize {
    let mails = walk.world.bank.books.list::<Mail>("").expect("the books answer");
    mails.iter().filter(|mail| mail.text == "mail-certificate-due").count()
}
