//! The steps of each kind of account: receive, show, approve, report, and write down.

#![cfg(all(feature = "linotp", feature = "powerauth"))]
#![expect(clippy::unwrap_used, reason = "a test")]

use camtoken_core::language::Language;
use camtoken_core::seeded::Seeded;
use camtoken_formats::powerauth::{Device, Keys};
use camtoken_formats::{
    Account, AccountName, Accounts, Answer, Answered, Foreign, Kind, NO_TRANSACTION, Ocra, OcraQuestion, Received,
    Refusal, Rules, Secret, TextHash, linotp, tiqr,
};
use camtoken_oath::{Key, Timestamp};

fn receive(accounts: &Accounts, code: &str) -> Result<Received, Refusal> {
    accounts.receive(Foreign::parse(code)?, &Rules::default())
}

fn keep(accounts: &mut Accounts, code: &str) -> Result<(), Refusal> {
    let Received::Introduction(new) = receive(accounts, code)? else { panic!("it brings a key") };
    let enrolment = new.approve(accounts, None, Language::En, &mut Seeded::new("keep"))?;
    accounts.keep(enrolment.keep().unwrap())
}

fn password(accounts: &mut Accounts, said: &str, time: u64) -> Result<Answered, Refusal> {
    let name = accounts.find(said)?.name.clone();
    accounts.ask(&name)?.approve(accounts, None, Timestamp::from_unix(time), Language::En)
}

/// RFC 4226, appendix D, and RFC 6238, appendix B.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

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
    assert!(accounts.is_empty());
    accounts.keep(card("Example", "c\u{e4}rol \u{1f600}")).unwrap();
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

/// The check value of tiqr's own server library.
#[test]
fn tiqr_answers_its_own_check_value() {
    let key = Key::new(b"12345678".repeat(4));
    let suite = "OCRA-1:HOTP-SHA1-6:QH10-S".parse().unwrap();
    let response = tiqr::respond(&suite, &key, "0123456789", "00112233445566778899aabbccddeeff").unwrap();
    assert_eq!(response.expose_str(), "140113");
    let odd = tiqr::respond(&suite, &key, "0123456789", "0011223344556677889");
    assert!(matches!(odd, Err(Refusal::Malformed { part: "session", .. })));
}

fn metadata(user: &str, suite: &str, login_host: &str) -> String {
    format!(
        r#"{{"service":{{"displayName":"Example","identifier":"idp.example","ocraSuite":"{suite}",
        "authenticationUrl":"https://{login_host}/login","enrollmentUrl":"http://idp.example:8080/enrol"}},
        "identity":{{"identifier":"{user}","displayName":"{user} san"}}}}"#
    )
}

const SUITE: &str = "OCRA-1:HOTP-SHA1-6:QH10-S";
const ENROL: &str = "https://idp.example/tiqrenroll/?metadata=https%3A%2F%2Fidp.example%2Fmetadata%3Fkey%3D1";

fn register(accounts: &mut Accounts, user: &str, rules: &Rules) -> Result<(), Refusal> {
    let Received::Fetch(fetch) = accounts.receive(Foreign::parse(ENROL)?, rules)? else { panic!("fetched first") };
    assert_eq!(fetch.errand().request().unwrap().method(), "GET");
    let answer = Answer::new(200, metadata(user, SUITE, "login.idp.example"));
    let new = fetch.report(accounts, &answer)?;
    let hosts: Vec<_> = new.shown().values("host").collect();
    assert_eq!(hosts, ["http://idp.example:8080", "login.idp.example"], "every host, whole");
    let enrolment = new.approve(accounts, None, Language::En, &mut Seeded::new(user))?;
    let enrolment = enrolment.keep().expect_err("the server has to be told first");
    accounts.keep(enrolment.report(&Answer::new(200, "OK"))?)
}

#[test]
fn with_several_identities_one_has_to_be_chosen() {
    let mut accounts = Accounts::default();
    register(&mut accounts, "taro", &Rules::default()).unwrap();
    register(&mut accounts, "hanako", &Rules::default()).unwrap();
    let code = "tiqrauth://idp.example/00112233445566778899aabbccddeeff/0123456789/Shop/2";
    let Received::Login(login) = receive(&accounts, code).unwrap() else { panic!("a login") };
    assert_eq!(login.choices().iter().map(|name| name.user.as_str()).collect::<Vec<_>>(), ["taro", "hanako"]);
    let refused = login.approve(&mut accounts, None, Timestamp::default(), Language::En);
    assert!(matches!(refused, Err(Refusal::Choice { count: 2 })));
    let Received::Login(mut login) = receive(&accounts, code).unwrap() else { panic!("a login") };
    assert!(login.choose("jiro").is_err());
    login.choose("taro").unwrap();
    login.choose("hanako").unwrap();
    assert_eq!(login.shown().values("user").collect::<Vec<_>>(), ["hanako"]);
    let answered = login.approve(&mut accounts, None, Timestamp::default(), Language::En).unwrap();
    assert_eq!(answered.account().user, "hanako");
    let code = format!("tiqrauth://jiro@{}", &code["tiqrauth://".len()..]);
    assert!(matches!(receive(&accounts, &code), Err(Refusal::NoAccount { .. })));
}

#[test]
fn a_code_leads_to_allowed_hosts_only() {
    let only = |hosts: &[&str]| Rules { hosts: Some(hosts.iter().map(|host| (*host).to_owned()).collect()) };
    let host = |rules: &Rules| match register(&mut Accounts::default(), "taro", rules) {
        Ok(()) => String::new(),
        Err(Refusal::Host { host }) => host,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(host(&only(&["IDP.example", "idp.example:8080", ".idp.example"])), "");
    assert_eq!(host(&only(&["idp.example"])), "idp.example:8080", "another port is another server");
    assert_eq!(host(&only(&["idp.example", "idp.example:8080"])), "login.idp.example", "not the hosts below");
    assert_eq!(host(&only(&[".example"])), "idp.example:8080");
    assert_eq!(host(&only(&["other.example", "p.example", "evil-idp.example"])), "idp.example");
    assert_eq!(host(&only(&[])), "idp.example");
    let mut accounts = Accounts::default();
    register(&mut accounts, "taro", &Rules::default()).unwrap();
    let link = "https://evil.example/tiqrauth/?s=00&q=01&i=idp.example&v=2";
    let refused = accounts.receive(Foreign::parse(link).unwrap(), &only(&["idp.example"]));
    assert!(matches!(refused, Err(Refusal::Host { host }) if host == "evil.example"));
}

#[test]
fn metadata_that_the_token_cannot_register_by_is_refused() {
    let fetch = || {
        let Received::Fetch(fetch) = receive(&Accounts::default(), ENROL).unwrap() else { panic!("fetched first") };
        fetch
    };
    let refused = |answer: Answer| fetch().report(&Accounts::default(), &answer).unwrap_err();
    for body in [
        "",
        "{}",
        "<html>",
        &metadata("", SUITE, "idp.example"),
        &metadata("taro", "OCRA-1:HOTP-SHA1-6:C-QN08", "idp.example"),
        &metadata("taro", "none", "idp.example"),
        &metadata("taro", SUITE, "user@idp.example"),
        &metadata("taro", SUITE, "idp example"),
    ] {
        assert!(matches!(refused(Answer::new(200, body)), Refusal::Malformed { part: "metadata", .. }), "{body}");
    }
    let gone = refused(Answer::new(500, metadata("taro", SUITE, "idp.example")));
    assert!(matches!(gone, Refusal::Server { word, .. } if word == "HTTP 500"));
}

/// The keys, the operations and the digits are by Python's `cryptography`, from the documents.
#[test]
fn powerauth_operations_are_verified_shown_and_answered() {
    let public = base16ct::lower::decode_vec("04cc44631e3223a068c59b65d7d8f8df9c8523ed8f5da20e6c03eacbd62241d5197cc5c67f390856e81d52c0aecdd60d996baaf1321bc7aba63fe6119426a61d39").unwrap();
    let payment = "5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6\nPayment\nPlease confirm this payment\nA1*A100CZK*ICZ2730300000001165254011*D20180425*Nza pivo \\* rum\nBF\nAAECAwQFBgcICQoLDA0ODw==\n1MEQCICusy1A3ZIW3Or9nXMYAKjjfEo62QxnHcVSYslntbkpoAiBdNCU18Ni1MarNI79Q2hwr5tCUjYvVtmXXrW8e2TbRbQ==";
    let login = "5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6\n\n\nA2\n\n12345678\nAAECAwQFBgcICQoLDA0ODw==\n0MEUCIQDiZQfDPKVex568ntx2KSBZdwnwP/fmQcJj8ICfQF90ZAIgMB7T2CtuFtKhrJuobcd/Rp8jIVWCnejtmccso229VF0=";
    let (possession, knowledge): (Vec<u8>, Vec<u8>) = ((0..16).collect(), (16..32).collect());
    let counter: Vec<u8> = (32..48).collect();
    let device = |server: Option<&[u8]>| {
        let knowledge = Secret::hidden(&Key::new(knowledge.clone()), "2580", &mut Seeded::new("pin")).unwrap();
        let keys = Keys {
            possession: &possession,
            knowledge,
            counter: &counter,
            master_public: Some(&public),
            server_public: server,
        };
        Device::new(keys).unwrap()
    };
    let name = AccountName::new("Example Bank", "taro");
    let mut accounts = Accounts::default();
    assert!(matches!(receive(&accounts, payment), Err(Refusal::NoAccount { .. })));
    accounts.keep(vec![Account::power_auth(name.clone(), device(Some(&public)))]).unwrap();

    let altered = payment.replace("A100CZK", "A900CZK");
    assert!(matches!(receive(&accounts, &altered), Err(Refusal::Seal)));
    let Received::Login(asked) = receive(&accounts, payment).unwrap() else { panic!("a question") };
    assert_eq!(asked.shown().warning.map(|it| it.en), Some("The bank suspects fraud"));
    assert_eq!(asked.shown().values("amount").collect::<Vec<_>>(), ["100 CZK"]);
    assert_eq!(asked.shown().values("account").collect::<Vec<_>>(), ["CZ2730300000001165254011"]);
    assert_eq!(asked.shown().values("date").collect::<Vec<_>>(), ["2018-04-25"]);
    assert_eq!(asked.shown().values("note").collect::<Vec<_>>(), ["za pivo * rum"]);
    let answered = asked.approve(&mut accounts, Some("2580"), Timestamp::default(), Language::En).unwrap();
    assert_eq!(answered.expose_response(), "44728093-93124779");
    assert_eq!(*answered.expose_grouped(), "4472-8093-9312-4779");

    let mut accounts = Accounts::from_json(&accounts.expose_json()).unwrap();
    let Received::Login(asked) = receive(&accounts, login).unwrap() else { panic!("a question") };
    assert_eq!(asked.shown().warning, Some(NO_TRANSACTION));
    assert_eq!(asked.shown().values("title").collect::<Vec<_>>(), ["Login request"]);
    let answered = asked.approve(&mut accounts, Some("2580"), Timestamp::default(), Language::En).unwrap();
    assert_eq!(answered.expose_response(), "90740758-38729676");
    let Kind::PowerAuth(device) = &accounts.get(&name).unwrap().kind else { panic!("a device") };
    assert_eq!(base16ct::lower::encode_string(&device.counter), "dffafe13f1e46935c8ccbbc724ddc633");
}

#[test]
fn a_device_needs_keys_of_the_right_form() {
    let point = [4; 65];
    let keys = |possession: &'static [u8], server: Option<&'static [u8]>| Keys {
        possession,
        knowledge: Secret::clear(Key::new(vec![1; 16])),
        counter: &[3; 16],
        master_public: server,
        server_public: None,
    };
    assert!(Device::new(keys(&[1; 15], None)).unwrap_err().to_string().starts_with("the possession key"));
    assert!(Device::new(keys(&[1; 16], None)).unwrap_err().to_string().starts_with("the server's public key"));
    assert!(Device::new(keys(&[1; 16], Some(&[4; 65]))).is_err(), "{point:?} is no point of the curve");
}

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

    let seal = |content, message, server: Option<&Key>, resets_callback| {
        let sealing = linotp::Sealing {
            content,
            transaction: 1_234_507,
            message,
            callback_url: Some("https://other.example/answer"),
            callback_sms: None,
            resets_callback,
            compressed: true,
            server_private: server,
        };
        linotp::seal(&sealing, id, &public, &Key::new(vec![9; 32])).unwrap().to_string()
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

    let forged = seal(linotp::Content::Pairing, "LSQR0000000A", Some(&Key::new(vec![5; 32])), true);
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
}

#[test]
fn what_is_not_answered_says_why() {
    let accounts = Accounts::default();
    for (text, expected) in [
        ("https://www.example.com/", "the code asks a token for nothing: it is link"),
        ("hello", "the code asks a token for nothing: it is text"),
        ("motp://x", "codes of motp are not read"),
        ("otpauth://yaotp/x?secret=AA", "codes of yaotp are not read"),
        ("lseqr://req?me=x", "codes of lseqr-ocra2 are not read"),
        ("otpauth://totp/x", "the otpauth code is not well formed"),
        ("otpauth-migration://offline?data=*", "the otpauth-migration code is not well formed"),
        ("tiqrauth://idp", "the tiqr code is not well formed"),
        ("tiqrenroll://ftp://idp", "the tiqr code is not well formed"),
        ("lseqr://chal/AA", "the lseqr code is not well formed"),
        ("tiqrauth://idp/00/01", "the token has no account of \"idp\""),
    ] {
        let refusal = receive(&accounts, text).unwrap_err().to_string();
        assert!(refusal.starts_with(expected), "{text}: {refusal}");
    }
    let Received::Notice(shown) = receive(&accounts, "0248A0120452019980812345678").unwrap() else {
        panic!("shown only")
    };
    assert_eq!(shown.values("dataElement").collect::<Vec<_>>(), ["12345678"]);
    let apple = Foreign::parse("apple-otpauth://totp/a?secret=JBSWY3DPEHPK3PXP").unwrap();
    assert_eq!(apple.format(), "otpauth");
}
