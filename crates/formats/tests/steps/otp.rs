//! HOTP, TOTP and Steam.

use camtoken_core::language::Language;
use camtoken_formats::{Accounts, Answered, NO_TRANSACTION, Received, Refusal};
use camtoken_oath::Timestamp;

use super::{SECRET, keep, receive};

fn password(accounts: &mut Accounts, said: &str, time: u64) -> Result<Answered, Refusal> {
    let name = accounts.find(said)?.name.clone();
    accounts.ask(&name)?.approve(accounts, None, Timestamp::from_unix(time), Language::En)
}

#[test]
fn a_counter_has_moved_before_its_password_is_given_out() {
    let mut accounts = Accounts::default();
    keep(&mut accounts, &format!("otpauth://hotp/ACME:alice?secret={SECRET}&counter=0")).unwrap();
    for (counter, expected) in ["755224", "287082", "359152"].into_iter().enumerate() {
        let answered = password(&mut accounts, "alice", 0).unwrap();
        let written = accounts.expose_json();
        assert!(written.contains(&format!("\"counter\":{}", counter + 1)), "{counter}");
        assert_eq!(answered.expose_response(), expected);
        accounts = Accounts::from_json(&written).unwrap();
    }
}

#[test]
fn passwords_by_time_and_those_of_steam_are_given() {
    let mut accounts = Accounts::default();
    keep(&mut accounts, &format!("otpauth://totp/ACME:bob?secret={SECRET}&digits=8")).unwrap();
    keep(&mut accounts, "steam://JBSWY3DPEHPK3PXP").unwrap();
    assert_eq!(password(&mut accounts, "ACME:bob", 1_111_111_109).unwrap().expose_response(), "07081804");
    assert_eq!(*password(&mut accounts, "bob", 59).unwrap().expose_grouped(), "9428 7082");
    assert_eq!(password(&mut accounts, "steam", 1_111_111_109).unwrap().expose_response(), "CWDGV");
}

#[test]
fn a_code_that_carries_no_transaction_says_so() {
    let mut accounts = Accounts::default();
    let code = format!("otpauth://totp/ACME:bob?secret={SECRET}");
    let Received::Introduction(new) = receive(&accounts, &code).unwrap() else { panic!("it brings a key") };
    assert_eq!(new.shown().warning, Some(NO_TRANSACTION));
    let pages = new.shown().layout(Language::En).pages();
    let text = pages[0].to_text();
    assert!(text.contains("This code carries no transaction") && text.contains("ACME"), "{text}");
    let pages = new.shown().layout(Language::Ja).pages();
    assert!(pages[0].to_text().contains("取引内容は表示されません"));
    keep(&mut accounts, &code).unwrap();
}

#[test]
fn accounts_of_a_migration_come_all_or_none() {
    let mut accounts = Accounts::default();
    let two = "Ci0KCkhlbGxvId6tvu8SEmpvaG5AYXBwbGVzZWVkLmNvbRoFQXBwbGUgASgBMAIKLgoKSGVsbG8h3q2%2B7xITam9objJAYXBwbGVzZWVkLmNvbRoFQXBwbGUgAigCMAI%3D";
    let code = format!("otpauth-migration://offline?data={two}");
    keep(&mut accounts, "otpauth://totp/Apple:john2@appleseed.com?secret=JBSWY3DPEHPK3PXP").unwrap();
    assert!(matches!(keep(&mut accounts, &code), Err(Refusal::Exists { .. })));
    assert_eq!(accounts.iter().len(), 1);
    let mut accounts = Accounts::default();
    keep(&mut accounts, &code).unwrap();
    assert_eq!(accounts.iter().map(|account| account.kind_name()).collect::<Vec<_>>(), ["otp", "otp"]);
}
