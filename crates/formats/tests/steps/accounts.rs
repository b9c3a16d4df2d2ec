//! What a token holds, and how an account is found.

use camtoken_formats::otpauth::{MovingFactor, OtpHash};
use camtoken_formats::{Account, AccountName, Accounts, Kind, Ocra, Otp, OtpForm, Refusal, Secret};
use camtoken_oath::Key;

use super::{SECRET, keep, receive};

#[test]
fn an_account_is_there_once_and_at_most_thirty_two_are() {
    let mut accounts = Accounts::default();
    let code = |user: usize| format!("otpauth://totp/ACME:user{user}?secret={SECRET}");
    for user in 0..Accounts::MAX {
        keep(&mut accounts, &code(user)).unwrap();
    }
    assert!(matches!(receive(&accounts, &code(0)), Err(Refusal::Exists { .. })));
    assert!(matches!(receive(&accounts, &code(99)), Err(Refusal::Full { max: 32 })));
    assert!(matches!(accounts.find("acme"), Err(Refusal::Choice { count: 32 })));
    assert!(accounts.remove(&AccountName::new("ACME", "user7")).is_some());
    keep(&mut accounts, &code(99)).unwrap();
}

#[test]
fn a_name_that_nobody_can_type_is_refused() {
    let card = |issuer: &str, user: &str| {
        let secret = Secret::clear(Key::new(vec![1; 20]));
        let suite = "OCRA-1:HOTP-SHA1-6:QN08".parse().unwrap();
        vec![Account::ocra(AccountName::new(issuer, user), Ocra { suite, secret, counter: 0 })]
    };
    let mut accounts = Accounts::default();
    for (issuer, user) in
        [("Example", "ca\u{7}rol"), ("Ex\nample", "carol"), ("", "\u{9b}carol"), ("Example", "carol\0")]
    {
        let refused = accounts.keep(card(issuer, user));
        assert!(matches!(refused, Err(Refusal::Malformed { .. })), "{issuer:?} {user:?}: {refused:?}");
    }
    let long = "x".repeat(AccountName::MAX_LEN + 1);
    for (issuer, user) in [(long.as_str(), "carol"), ("Example", &long)] {
        assert!(matches!(accounts.keep(card(issuer, user)), Err(Refusal::Malformed { part: "name", .. })));
    }
    assert!(accounts.is_empty());
    accounts.keep(card("Example", "c\u{e4}rol \u{1f600}")).unwrap();
    accounts.keep(card(&long[1..], &long[1..])).unwrap();
    assert_eq!(Accounts::from_json(&accounts.expose_json()).unwrap().iter().len(), 2);
}

#[test]
fn what_could_not_be_read_again_is_not_kept() {
    let otp = |secret: &[u8], digits, moving| {
        let secret = Secret::clear(Key::new(secret.to_vec()));
        let form = OtpForm::Decimal { hash: OtpHash::Sha1, digits };
        Kind::Otp(Otp { secret, form, moving })
    };
    let card = |secret: &[u8]| {
        let suite = "OCRA-1:HOTP-SHA1-6:QN08".parse().unwrap();
        Kind::Ocra(Ocra { suite, secret: Secret::clear(Key::new(secret.to_vec())), counter: 0 })
    };
    let (counter, period) = (MovingFactor::Counter(0), MovingFactor::Period(30));
    let mut accounts = Accounts::default();
    let mut keep = |kind| accounts.keep(vec![Account { name: AccountName::new("Example", "alice"), kind }]);
    for (kind, wrong) in [
        (otp(&[1; 20], 5, counter), "digits"),
        (otp(&[1; 20], 9, period), "digits"),
        (otp(&[1; 20], 10, period), "digits"),
        (otp(&[1; 20], 6, MovingFactor::Period(0)), "period"),
        (otp(&[], 6, period), "secret"),
        (card(&[]), "secret"),
    ] {
        let refused = keep(kind);
        assert!(matches!(refused, Err(Refusal::Malformed { part, .. }) if part == wrong), "{wrong}: {refused:?}");
    }
    keep(otp(&[1], 6, MovingFactor::Period(1))).unwrap();
    Accounts::from_json(&accounts.expose_json()).unwrap();
}

#[test]
fn an_account_is_found_by_what_fits_best() {
    let mut accounts = Accounts::default();
    for label in ["ACME:alice", "acme:alice", "Other:ACME:alice2", "Bank:Bob", "Shop:bob"] {
        let (issuer, user) = label.split_once(':').unwrap();
        let secret = Secret::clear(Key::new(vec![1; 20]));
        let form = OtpForm::Decimal { hash: OtpHash::Sha1, digits: 6 };
        let otp = Otp { secret, form, moving: MovingFactor::Counter(0) };
        accounts.keep(vec![Account { name: AccountName::new(issuer, user), kind: Kind::Otp(otp) }]).unwrap();
    }
    let found = |said: &str| accounts.find(said).map(|account| account.name.to_string());
    assert_eq!(found("ACME:alice").unwrap(), "ACME:alice");
    assert_eq!(found("acme:alice").unwrap(), "acme:alice");
    assert_eq!(found("Bob").unwrap(), "Bank:Bob");
    assert_eq!(found("SHOP").unwrap(), "Shop:bob");
    for several in ["Acme:alice", "alice", "BOB"] {
        assert!(matches!(found(several), Err(Refusal::Choice { count: 2 })), "{several}: {:?}", found(several));
    }
    assert!(matches!(found("nobody"), Err(Refusal::NoAccount { issuer }) if issuer == "nobody"));
}
