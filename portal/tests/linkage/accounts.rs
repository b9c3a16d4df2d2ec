//! Accounts that are registered for a linkage, and the inquiry PIN.

use crate::clerk::done_at_desk;
use axum::http::StatusCode;
use camtoken_portal::bank::Chain;
use camtoken_portal::demo::{INQUIRY_PIN, SAMPLE};
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::domain::ledger::Account;
use camtoken_portal::domain::linkage::{AccountState, Menu, Proof};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::people::{self, Person};
use camtoken_portal::linkage::accounts::{PinEntry, PinLetter};
use camtoken_portal::linkage::consent::Permitted;

use super::world::*;

#[tokio::test(flavor = "multi_thread")]
async fn not_even_the_accounts_are_told_after_the_menu_was_closed() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (_, tokens) = world.link("choubo", &[Menu::Balance]).await;
    assert_eq!(world.accounts(&tokens).await, StatusCode::OK);
    let closed: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
        let role = people::Role::User;
        sheet.put(&Person { role, closed: vec![people::Menu::Inquiry], ..person });
        Ok(())
    });
    closed.expect("the books answer");
    assert_eq!(world.accounts(&tokens).await, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_person_has_registered_another_one_can_permit() {
    let world = World::new().await;
    let (first, second) = (world.person("KEIRI01"), world.person("ADMIN01"));
    let (keihi, account) = (world.provider("choubo-keihi"), "102-0012345".to_owned());
    world.bank().register_accounts(&first, std::slice::from_ref(&account)).expect("the books answer");
    let shown = |menus: &[Menu]| -> Vec<String> {
        let covered = world.bank().covered(&world.person("ADMIN01"), menus).expect("the books answer");
        covered.iter().map(Account::key).collect()
    };
    assert_eq!(shown(&[Menu::Balance]), [account.as_str()]);
    assert!(shown(&[Menu::Transfer]).is_empty(), "nothing is inquired");
    let done = world.bank().permit(&second, &keihi, &[Menu::Balance], Proof::Password, None).expect("the books answer");
    let Permitted::Linked(linkage) = done.0 else { panic!("not linked") };
    assert_eq!(linkage.accounts, [account], "the browser was closed before the first one gave the permission");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_permitted_to_somebody_else_than_was_proved() {
    let world = World::new().await;
    let proved = world.person("KEIRI01");
    let keihi = world.provider("choubo-keihi");
    world.bank().register_accounts(&proved, &["102-0012345".to_owned()]).expect("the books answer");
    let permitted_to = |now: Person| {
        let changed: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
            sheet.put(&now);
            Ok(())
        });
        changed.expect("the books answer");
        let done = world.bank().permit(&proved, &keihi, &[Menu::Balance], Proof::Password, None);
        done.expect("the books answer").0
    };
    let other = world.bank().hash(password("Yama-no-ne-77")).await.expect("hashed");
    let mut renewed = proved.clone();
    renewed.login.hash = other;
    assert!(matches!(permitted_to(renewed), Permitted::Closed), "another login password");
    assert!(matches!(permitted_to(Person { suspended: true, ..proved.clone() }), Permitted::Closed));
    let closed = vec![people::Menu::Inquiry];
    assert!(matches!(permitted_to(Person { closed, ..proved.clone() }), Permitted::Closed));
    assert!(matches!(permitted_to(proved.clone()), Permitted::Linked(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_not_permitted_on_its_day_is_not_registered() {
    let world = World::new().await;
    let person = world.person("KEIRI01");
    let keihi = world.provider("choubo-keihi");
    let account = "102-0012345".to_owned();
    let state = |world: &World| world.bank().account_states(&world.person("ADMIN01")).expect("the books answer")[0].1;
    let permit = |world: &World| {
        let done = world.bank().permit(&person, &keihi, &[Menu::Balance], Proof::Password, None);
        done.expect("the books answer").0
    };
    assert_eq!(state(&world), AccountState::Unregistered);
    world.bank().register_accounts(&person, std::slice::from_ref(&account)).expect("the books answer");
    assert_eq!(state(&world), AccountState::Pending);
    // Noon to midnight in Japan.
    world.later(12 * 3_600 - 1);
    assert_eq!(state(&world), AccountState::Pending);
    world.later(1);
    assert_eq!(state(&world), AccountState::Unregistered);
    assert!(matches!(permit(&world), Permitted::NoAccount));

    world.bank().register_accounts(&person, &[account]).expect("the books answer");
    let Permitted::Linked(linkage) = permit(&world) else { panic!("not linked") };
    assert_eq!(linkage.accounts, ["102-0012345"]);
    world.later(365 * 86_400);
    assert_eq!(state(&world), AccountState::Registered);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_pin_is_counted_and_belongs_to_its_company() {
    let world = World::new().await;
    let person = world.person("KEIRI01");
    let enter = async |account: &str, pin: &str| {
        world.bank().enter_pin(&person, account, password(pin)).await.expect("an answer")
    };
    use camtoken_portal::domain::credential::Entry;
    assert_eq!(enter("001-0777001", INQUIRY_PIN).await, PinEntry::None, "another company's account");
    assert_eq!(enter("102-0012345", INQUIRY_PIN).await, PinEntry::Entered(Entry::Right));
    for left in [4, 3, 2, 1] {
        let entry = Entry::Wrong { left, just_suspended: false };
        assert_eq!(enter("102-0012345", "0000").await, PinEntry::Entered(entry));
    }
    assert_eq!(enter("102-0012345", "0000").await, PinEntry::Entered(Entry::Wrong { left: 0, just_suspended: true }));
    assert_ne!(enter("102-0012345", INQUIRY_PIN).await, PinEntry::Entered(Entry::Right), "suspended");
    assert_eq!(enter("102-0200789", INQUIRY_PIN).await, PinEntry::Entered(Entry::Right), "each account has its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_inquiry_pin_comes_once_a_day_and_lifts_no_suspension() {
    use camtoken_portal::domain::credential::Entry;
    let world = World::new().await;
    let person = world.person("KEIRI01");
    let account = "102-0012345";
    let enter = async |pin: &str| world.bank().enter_pin(&person, account, password(pin)).await.expect("an answer");
    let letter = async || world.bank().send_pin(&person, account).await.expect("an answer");
    let sent = || {
        let mails = world.bank().books.list::<Mail>("").expect("the books answer");
        mails
            .into_iter()
            .filter(|mail| mail.text == "letter-pin")
            .map(|mail| mail.word("pin").to_owned())
            .collect::<Vec<_>>()
    };
    for _ in 0..4 {
        enter("none").await;
    }
    assert_eq!(letter().await, PinLetter::Sent);
    assert_eq!(letter().await, PinLetter::TooSoon);
    assert_eq!(enter(&sent()[0]).await, PinEntry::Entered(Entry::Right));
    for _ in 0..5 {
        enter("none").await;
    }
    assert_eq!(world.bank().suspended_pins(SAMPLE).expect("the books answer").len(), 1);
    world.later(86_399);
    assert_eq!(letter().await, PinLetter::TooSoon);
    world.later(1);
    assert_eq!(letter().await, PinLetter::Sent);
    let pin = sent().pop().expect("a letter");
    assert_ne!(enter(&pin).await, PinEntry::Entered(Entry::Right), "suspended as before");
    let errand = Errand::about(DeskAct::ResumePin, SAMPLE, account);
    done_at_desk(world.bank(), &errand).await;
    assert_eq!(enter(&pin).await, PinEntry::Entered(Entry::Right));
    let Chain { events, broken } = world.bank().events().expect("the books answer");
    assert_eq!(broken, None, "nobody has touched them");
    let about: Vec<&str> =
        events.iter().filter(|event| event.about == account).map(|event| event.what.as_str()).collect();
    assert_eq!(about, ["suspended", "resumed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_inquire_has_nothing_to_do_with_pins_and_accounts() {
    let world = World::new().await;
    let before = world.person("KEIRI01");
    let account = "102-0012345".to_owned();
    let closed: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
        sheet.put(&Person { closed: vec![people::Menu::Inquiry], ..before.clone() });
        Ok(())
    });
    closed.expect("the books answer");
    assert_eq!(
        world.bank().enter_pin(&before, &account, password(INQUIRY_PIN)).await.expect("an answer"),
        PinEntry::None
    );
    assert_eq!(world.bank().send_pin(&before, &account).await.expect("an answer"), PinLetter::None);
    assert!(!world.bank().register_accounts(&before, std::slice::from_ref(&account)).expect("the books answer"));
    let states = world.bank().account_states(&world.person("ADMIN01")).expect("the books answer");
    assert!(states.iter().all(|(_, state)| *state == AccountState::Unregistered));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_the_right_to_inquire_is_hidden_from_linkages_too() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (linkage, tokens) = world.link("choubo", &[Menu::Balance]).await;
    assert_eq!(linkage.accounts, ["102-0012345"]);
    let hidden = Person { role: people::Role::User, closed_accounts: linkage.accounts.clone(), ..person };
    let changed: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
        sheet.put(&hidden);
        Ok(())
    });
    changed.expect("the books answer");
    // The provider learns of it no more.
    let bearer = format!("Bearer {}", tokens.access);
    let (status, answer) = world.get("/api/accounts", &bearer, None).await;
    assert_eq!((status, answer["accounts"].as_array().map(Vec::len)), (StatusCode::OK, Some(0)));
    assert_eq!(world.get("/api/accounts/102-0012345/balance", &bearer, None).await.0, StatusCode::NOT_FOUND);
    // Nor can the person register it, try its PIN, or permit it to another one.
    let states = world.bank().account_states(&hidden).expect("the books answer");
    assert_eq!(states.iter().map(|(account, _)| account.key()).collect::<Vec<_>>(), ["102-0200789"]);
    let entry = world.bank().enter_pin(&hidden, "102-0012345", password(INQUIRY_PIN)).await.expect("a decision");
    assert_eq!(entry, PinEntry::None);
    assert_eq!(world.bank().send_pin(&hidden, "102-0012345").await.expect("a decision"), PinLetter::None);
    let keihi = world.provider("choubo-keihi");
    let done = world.bank().permit(&hidden, &keihi, &[Menu::Balance], Proof::Password, None).expect("the books answer");
    assert!(matches!(done.0, Permitted::NoAccount), "its registration by others opens it to nobody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_id_ends_the_linkages_and_nothing_else() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (linkage, tokens) = world.link("choubo", &[Menu::Balance]).await;
    let changed: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
        sheet.strike::<Person>(&Person::key(&person.contract, &person.user));
        sheet.put(&person.renamed("SOMU01"));
        Ok(())
    });
    changed.expect("the books answer");
    assert_ne!(world.accounts(&tokens).await, StatusCode::OK);
    assert!(world.bank().is_over(&linkage.id).expect("the books answer"));
    let now = world.person("SOMU01");
    let ended = world.bank().linkages(&now).expect("the books answer");
    assert_eq!(ended.len(), 1, "it is listed under the new user ID");
    let mails = world.bank().books.list::<Mail>("").expect("the books answer");
    assert!(mails.iter().any(|mail| mail.text == "mail-unlinked" && mail.to == now.mail));
}
