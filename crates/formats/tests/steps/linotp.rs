//! LinOTP's QRToken.

use camtoken_core::language::Language;
use camtoken_core::seeded::Seeded;
use camtoken_formats::{Accounts, Answer, Kind, Received, Refusal, linotp};
use camtoken_oath::{Key, Timestamp};

use super::receive;

#[test]
fn sealed_texts_of_linotp_are_shown_whole_and_answered_once() {
    let server = Key::new((64..96).collect());
    // The pairing of `testvectors/reference/lseqr.py`, whose server has this key.
    let path = format!("{}/../../testvectors/lseqr_test.json", env!("CARGO_MANIFEST_DIR"));
    let document: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let group = document["testGroups"].as_array().unwrap().last().unwrap();
    let mut accounts = Accounts::default();
    let Received::Introduction(new) = receive(&accounts, group["pairing"].as_str().unwrap()).unwrap() else {
        panic!("new")
    };
    assert_eq!(new.shown().values("host").collect::<Vec<_>>(), ["linotp.example.test"]);
    let enrolment = new.approve(&accounts, None, Language::En, &mut Seeded::new("linotp")).unwrap();
    let no = Answer::new(200, r#"{"result":{"status":false,"error":{"message":"no such token"}}}"#);
    let Received::Introduction(again) = receive(&accounts, group["pairing"].as_str().unwrap()).unwrap() else {
        panic!()
    };
    assert!(matches!(enrolment.report(&no), Err(Refusal::Server { word, .. }) if word == "no such token"));
    let enrolment = again.approve(&accounts, None, Language::En, &mut Seeded::new("again")).unwrap();
    accounts.keep(enrolment.report(&Answer::new(200, r#"{"result":{"status":true,"value":false}}"#)).unwrap()).unwrap();
    let Kind::Linotp(token) = &accounts.iter().next().unwrap().kind else { panic!("linotp") };
    let (id, public) = (token.token_id, token.public());

    let seal_to = |callback_url, content, message, server: Option<&Key>, resets_callback| {
        let sealing = linotp::Sealing {
            content,
            transaction: 1_234_507,
            message,
            callback_url,
            callback_sms: Some("+81-3-0000-0000"),
            resets_callback,
            compressed: true,
            server_private: server,
        };
        linotp::seal(&sealing, id, &public, &Key::new(vec![9; 32])).unwrap().to_string()
    };
    let seal = |content, message, server, resets| {
        seal_to(Some("https://other.example/answer"), content, message, server, resets)
    };
    let text = "振込 120,000円\nミホン ショウジ(カ";
    let code = seal(linotp::Content::Free, text, None, false);
    let Received::Login(login) = receive(&accounts, &code).unwrap() else { panic!("a question") };
    assert_eq!(login.shown().values("message").collect::<Vec<_>>(), [text]);
    assert_eq!(login.shown().values("host").collect::<Vec<_>>(), ["other.example"]);
    let answered = login.approve(&mut accounts, None, Timestamp::default(), Language::En).unwrap();
    let sent = answered.errand().unwrap().expose_json();
    assert_eq!(
        (&sent["url"], &sent["form"]["transactionid"]),
        (&"https://other.example/answer".into(), &"12345.07".into())
    );
    let yes = Answer::new(200, r#"{"result":{"status":true,"value":{"value":true}}}"#);
    answered.report(&mut accounts, &yes).unwrap();
    assert!(matches!(receive(&accounts, &code), Err(Refusal::Answered)));

    let forger = Key::new(vec![5; 32]);
    let forged = seal(linotp::Content::Pairing, "LSQR0000000A", Some(&forger), true);
    assert!(matches!(receive(&accounts, &forged), Err(Refusal::Seal)));
    let of_another = seal(linotp::Content::Pairing, "LSQR0000000B", Some(&server), true);
    accounts = Accounts::from_json(&accounts.expose_json().replace("12345.07", "1")).unwrap();
    assert!(matches!(receive(&accounts, &of_another), Err(Refusal::Seal)));
    let confirmation = seal(linotp::Content::Pairing, "LSQR0000000A", Some(&server), true);
    let Received::Login(login) = receive(&accounts, &confirmation).unwrap() else { panic!("a question") };
    let _ = login.approve(&mut accounts, None, Timestamp::default(), Language::En).unwrap();
    let Kind::Linotp(token) = &accounts.iter().next().unwrap().kind else { panic!("linotp") };
    assert!(token.confirmed);
    assert_eq!(token.callback_url.as_ref().map(|url| url.host()), Some("other.example"));

    // Without an address the answer goes to a telephone number, which is shown as a host is.
    let mut document: serde_json::Value = serde_json::from_str(&accounts.expose_json()).unwrap();
    document[0]["kind"]["linotp"].as_object_mut().unwrap().remove("callback_url").unwrap();
    let mut accounts = Accounts::from_json(&document.to_string()).unwrap();
    let code = seal_to(None, linotp::Content::Login, "log in", None, false);
    let Received::Login(login) = receive(&accounts, &code).unwrap() else { panic!("a question") };
    assert_eq!(login.shown().values("sms").collect::<Vec<_>>(), ["+81-3-0000-0000"]);
    let answered = login.approve(&mut accounts, None, Timestamp::default(), Language::En).unwrap();
    assert_eq!(answered.errand().unwrap().expose_json()["sms"], "+81-3-0000-0000");
}
