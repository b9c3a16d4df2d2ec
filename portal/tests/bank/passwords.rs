//! Passwords that are wrong, and what they suspend.

use crate::clerk::{at_desk, clerk};
use crate::world::{START, World, about, numbers, password, transfer};
use camtoken::transaction::Operation;
use camtoken::verifier::Rejection;
use camtoken_portal::bank::{
    AtDesk, Chain, Draft, First, LoggedIn, NewChallenge, NotDone, Numbers, Placed, Settled, Unissued,
};
use camtoken_portal::demo::{self, FIRST_OTP, LOGIN, MIHON, SAMPLE, TRANSACTION};
use camtoken_portal::domain::contract::{LoginField, Profile};
use camtoken_portal::domain::credential::Entry;
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::domain::ledger::{Outcome, Refusal};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::order::{Act, Order};
use camtoken_portal::domain::people::{FirstOtp, Person};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_at_login_the_answer_is_the_same() {
    let world = World::new().await;
    let business = Profile::ContractAndUser;
    for (contract, user, text) in [
        (SAMPLE, "ADMIN01", "wrong"),
        (SAMPLE, "NOBODY", LOGIN),
        ("0000000000", "ADMIN01", LOGIN),
        (MIHON, "MIHON01", LOGIN),
    ] {
        let before = world.bank.books.changes();
        let answer =
            world.bank.log_in(business, &numbers(contract, user), password(text), None).await.expect("a decision");
        assert!(answer.is_none(), "{contract} {user}");
        assert_eq!(world.bank.books.changes() - before, 1, "{contract} {user}: who is unknown waits for the disk too");
    }
    for id in ["OPERATOR1", "nobody"] {
        let before = world.bank.books.changes();
        assert!(world.bank.log_in_operator(id, password("wrong")).await.expect("a decision").is_none());
        assert_eq!(world.bank.books.changes() - before, 1, "{id}");
    }
    let answer =
        world.bank.log_in(business, &numbers(SAMPLE, "admin01"), password(LOGIN), None).await.expect("a decision");
    assert_eq!(answer.map(|(_, next)| next), Some(LoggedIn::Yes));
    let id = Numbers(vec![(LoginField::LoginId, "mihon-admin".to_owned())]);
    let answer = world.bank.log_in(Profile::LoginId, &id, password(LOGIN), None).await.expect("a decision");
    assert_eq!(answer.map(|(_, next)| next), Some(LoggedIn::Register), "method 1 registers first");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_suspend_the_login_until_the_bank_resumes_it() {
    let world = World::new().await;
    let enter = async |text: &str| {
        let answer =
            world.bank.log_in(Profile::ContractAndUser, &numbers(SAMPLE, "ADMIN01"), password(text), None).await;
        answer.expect("a decision").is_some()
    };
    for _ in 0..5 {
        assert!(!enter("wrong").await);
    }
    assert!(!enter(LOGIN).await, "the right one does not help any more");
    clerk(&world.bank, DeskAct::Resume, &world.person(SAMPLE, "ADMIN01")).await;
    assert!(enter(LOGIN).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_transaction_passwords_suspend_it_and_no_order_is_taken() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    for left in [4, 3, 2, 1, 0] {
        let placed = world.bank.place(&person, transfer(1), password("wrong")).await.expect("a decision");
        assert!(matches!(placed, Placed::Password(Entry::Wrong { left: found, .. }) if found == left));
    }
    let placed = world.bank.place(&person, transfer(1), password(TRANSACTION)).await.expect("a decision");
    assert!(matches!(placed, Placed::Password(_)));
    assert!(world.bank.books.list::<Order>("").expect("the books answer").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_one_time_passwords_suspend_across_orders() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let mut last = None;
    for attempt in 0..5_u8 {
        let order = world.order(&person, transfer(1)).await;
        let settled = world.bank.settle(&person, &order.id, "00000000", [attempt; 16]).await.expect("a decision");
        last = Some(settled);
    }
    assert!(matches!(last, Some(Settled::Rejected(Rejection::Wrong { suspended: true, .. }))));
    let placed = world.bank.place(&person, transfer(1), password(TRANSACTION)).await.expect("a decision");
    let Placed::Order(order) = placed else { panic!("the order is taken") };
    let issued = world.bank.issue(&person, &order.id).await.expect("a decision");
    assert_eq!(issued, NewChallenge::Refused(Unissued::Rejected(Rejection::Suspended)), "no challenge");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_otp_password_is_taken_for_ninety_days_in_japan() {
    // Completed on 21 November at noon in Japan; 19 February is the last day.
    let last_second = START + (90 * 24 + 12) * 3600 - 1;
    for (now, open) in [(last_second, true), (last_second + 1, false)] {
        let world = World::new().await;
        world.later(now - START);
        let begun = world.begin(&world.person(SAMPLE, "ADMIN01"), FIRST_OTP).await;
        match begun {
            First::Begun => assert!(open),
            First::NoPassword(FirstOtp::Over) => assert!(!open),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_first_otp_passwords_suspend_it() {
    let world = World::new().await;
    for _ in 0..5 {
        let begun = world.begin(&world.person(SAMPLE, "ADMIN01"), "wrong").await;
        assert!(matches!(begun, First::Wrong(_)));
    }
    let begun = world.begin(&world.person(SAMPLE, "ADMIN01"), FIRST_OTP).await;
    assert!(matches!(begun, First::Wrong(Entry::Wrong { left: 0, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_first_otp_password_has_ninety_days_of_its_own() {
    let world = World::new().await;
    world.later(91 * 24 * 3600);
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(matches!(world.begin(&person, FIRST_OTP).await, First::NoPassword(FirstOtp::Over)));
    clerk(&world.bank, DeskAct::FirstOtp, &person).await;
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let letter = mails.iter().find(|mail| mail.text == "letter-first-otp").expect("a letter");
    let (_, word) = letter.words.iter().find(|(name, _)| name == "first").expect("the password");
    world.later(90 * 24 * 3600);
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(matches!(world.begin(&person, FIRST_OTP).await, First::Wrong(_)), "the old one is good no more");
    assert!(matches!(world.begin(&world.person(SAMPLE, "ADMIN01"), word).await, First::Begun));
    let user = Errand::of(DeskAct::FirstOtp, &world.person(SAMPLE, "KEIRI01"));
    assert_eq!(at_desk(&world.bank, &user).await, AtDesk::NotDone(NotDone::NotFound), "a user has none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_operator_is_noted_and_comes_back_by_the_machine_alone() {
    let world = World::new().await;
    let enter =
        async |text: &str| world.bank.log_in_operator("OPERATOR1", password(text)).await.expect("a decision").is_some();
    for _ in 0..5 {
        assert!(!enter("wrong").await);
    }
    assert!(!enter(demo::OPERATOR).await);
    assert!(!world.bank.resume_operator("OP02").expect("the books answer"));
    assert!(world.bank.resume_operator("OPERATOR1").expect("the books answer"));
    assert!(enter(demo::OPERATOR).await);
    let Chain { events, .. } = world.bank.events().expect("the books answer");
    let done: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.about.as_str())).collect();
    assert_eq!(done, [("suspended", "OPERATOR1"), ("resumed", "OPERATOR1")]);
}

pub fn set_password(person: &Person, which: &str, word: &Person) -> Draft {
    about(person, Operation::PasswordReset, &[("password", which)], Act::SetPassword { hash: word.login.hash.clone() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_resumes_a_user_and_no_administrator() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let (business, word) = (Profile::ContractAndUser, administrator.clone());
    for (user, resumed) in [("KEIRI01", true), ("ADMIN02", false)] {
        for _ in 0..5 {
            let entered = world.bank.log_in(business, &numbers(SAMPLE, user), password("wrong"), None).await;
            assert!(entered.expect("a decision").is_none());
        }
        let person = world.person(SAMPLE, user);
        assert!(person.login.suspended);
        assert_eq!(world.sign(&administrator, set_password(&person, "login", &word)).await, Outcome::Done);
        let entered =
            world.bank.log_in(business, &numbers(SAMPLE, user), password(LOGIN), None).await.expect("a decision");
        assert_eq!(entered.is_some(), resumed, "{user}");
    }
    let person = world.person(SAMPLE, "ADMIN02");
    let fields = [("act", "resume"), ("targetName", "経理部 管理者")];
    let resume = about(&person, Operation::UserManagement, &fields, Act::Resume);
    assert_eq!(world.sign(&administrator, resume).await, Outcome::Refused(Refusal::Changed));
    clerk(&world.bank, DeskAct::Resume, &person).await;
    let entered =
        world.bank.log_in(business, &numbers(SAMPLE, "ADMIN02"), password(LOGIN), None).await.expect("a decision");
    assert!(entered.is_some(), "the bank does it, and the new password is in force");
}
