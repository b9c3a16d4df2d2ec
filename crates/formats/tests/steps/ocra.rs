//! Plain OCRA.

use camtoken_core::language::Language;
use camtoken_formats::{Account, AccountName, Accounts, Ocra, OcraQuestion, Refusal, Secret, TextHash};
use camtoken_oath::{Key, Timestamp};

fn ocra(suite: &str, key: &[u8], asked: OcraQuestion, pin: Option<&str>) -> Result<String, Refusal> {
    let name = AccountName::new("Example", "card");
    let secret = Secret::clear(Key::new(key.to_vec()));
    let card = Ocra { suite: suite.parse().unwrap(), secret, counter: 0 };
    let mut accounts = Accounts::default();
    accounts.keep(vec![Account::ocra(name.clone(), card)])?;
    let login = accounts.ask_ocra(&name, asked)?;
    let answered = login.approve(&mut accounts, pin, Timestamp::from_unix(0x132_d0b6 * 60), Language::En)?;
    Ok(answered.expose_response().to_owned())
}

/// RFC 6287, appendix C.1; and the value where the phone apps read the digits of a number as hexadecimal ones (they would say 481499).
#[test]
fn ocra_accounts_answer_as_the_rfc_does() {
    let (short, long) = (b"12345678901234567890", b"12345678901234567890123456789012");
    let asked = OcraQuestion::typed;
    assert_eq!(ocra("OCRA-1:HOTP-SHA1-6:QN08", short, asked("00000000"), None).unwrap(), "237653");
    assert_eq!(ocra("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", long, asked("12345678"), Some("1234")).unwrap(), "65347737");
    let key: Vec<u8> = (0..32).collect();
    assert_eq!(ocra("OCRA-1:HOTP-SHA1-6:QN10", &key, asked("1744671557"), None).unwrap(), "146606");
    let no_pin = ocra("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", long, asked("12345678"), None);
    assert!(matches!(no_pin, Err(Refusal::Pin(_))));
    let long_question = ocra("OCRA-1:HOTP-SHA1-6:QN08", short, asked("123456789"), None);
    assert!(matches!(long_question, Err(Refusal::Malformed { part: "question", .. })));
}

/// The text is shown, and its SHA-1 is the question of forty digits.
#[test]
fn a_hashed_text_is_shown_and_answered() {
    let asked = OcraQuestion::hashed("abc", TextHash::Sha1);
    assert_eq!(asked.question, "a9993e364706816aba3e25717850c26c9cd0d89d");
    let (suite, key) = ("OCRA-1:HOTP-SHA1-8:QH40", b"12345678901234567890");
    let typed = OcraQuestion::typed(&asked.question);
    assert_eq!(ocra(suite, key, asked.clone(), None).unwrap(), ocra(suite, key, typed, None).unwrap());
    let name = AccountName::new("Example", "card");
    let secret = Secret::clear(Key::new(key.to_vec()));
    let mut accounts = Accounts::default();
    accounts
        .keep(vec![Account::ocra(name.clone(), Ocra { suite: suite.parse().unwrap(), secret, counter: 0 })])
        .unwrap();
    let login = accounts.ask_ocra(&name, asked).unwrap();
    assert_eq!(login.shown().values("message").collect::<Vec<_>>(), ["abc"]);
    assert_eq!(login.shown().warning, None);
}
