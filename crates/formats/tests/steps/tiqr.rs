//! tiqr.

use camtoken_core::language::Language;
use camtoken_core::seeded::Seeded;
use camtoken_formats::{Account, Accounts, Answer, Foreign, Login, Received, Refusal, Rules, tiqr};
use camtoken_oath::{Key, Timestamp};

use super::receive;

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
    assert_eq!(login.choices().map(|name| name.user.as_str()).collect::<Vec<_>>(), ["taro", "hanako"]);
    let refused = login.approve(&mut accounts, None, Timestamp::default(), Language::En);
    assert!(matches!(refused, Err(Refusal::Choice { count: 2 })));
    let Received::Login(mut login) = receive(&accounts, code).unwrap() else { panic!("a login") };
    assert!(login.choose("jiro").is_err());
    login.choose("taro").unwrap();
    login.choose("hanako").unwrap();
    assert_eq!(login.shown().values("user").collect::<Vec<_>>(), ["hanako"]);
    let answered = login.approve(&mut accounts, None, Timestamp::default(), Language::En).unwrap();
    assert_eq!(answered.account().user, "hanako");
    let Received::Login(mut login) = receive(&accounts, code).unwrap() else { panic!("a login") };
    login.choose("idp.example:taro").unwrap();
    assert!(matches!(login.choose("idp.example"), Err(Refusal::Choice { count: 2 })));
    assert_eq!(login.account().unwrap().user, "taro");
    let code = format!("tiqrauth://jiro@{}", &code["tiqrauth://".len()..]);
    assert!(matches!(receive(&accounts, &code), Err(Refusal::NoAccount { .. })));
}

/// Two registrations at one provider, whose logins go to different hosts.
#[test]
fn what_is_shown_and_allowed_is_that_of_the_identity_that_answers() {
    let mut accounts = Accounts::default();
    register(&mut accounts, "taro", &Rules::default()).unwrap();
    register(&mut accounts, "hanako", &Rules::default()).unwrap();
    let moved = accounts.expose_json().replacen("https://login.idp.example/", "https://elsewhere.example/", 1);
    let mut accounts =
        Accounts::from_json(&moved.replacen("\"provider_name\":\"Example\"", "\"provider_name\":\"First\"", 1))
            .unwrap();
    let code = "tiqrauth://idp.example/00112233445566778899aabbccddeeff/0123456789/Shop/2";
    let Received::Login(mut login) = receive(&accounts, code).unwrap() else { panic!("a login") };
    let told = |login: &Login| login.shown().rows(Language::En).into_iter().map(|row| row.value).collect::<Vec<_>>();
    assert_eq!(told(&login), ["Shop"], "nothing is shown of an account that may not be the one");
    login.choose("taro").unwrap();
    assert_eq!(told(&login), ["Shop", "First (idp.example)", "elsewhere.example", "taro"]);
    login.choose("hanako").unwrap();
    assert_eq!(told(&login), ["Shop", "Example (idp.example)", "login.idp.example", "hanako"]);

    let only = Rules { hosts: Some(vec!["login.idp.example".to_owned()]) };
    let Received::Login(login) = accounts.receive(Foreign::parse(code).unwrap(), &only).unwrap() else {
        panic!("a login")
    };
    assert_eq!(login.account().unwrap().user, "hanako", "the other's host may not be called");
    let none = Rules { hosts: Some(Vec::new()) };
    assert!(matches!(accounts.receive(Foreign::parse(code).unwrap(), &none), Err(Refusal::Host { .. })));

    let mut answer = |user: &str, said: &str| {
        let Received::Login(mut login) = receive(&accounts, code).unwrap() else { panic!("a login") };
        login.choose(user).unwrap();
        let answered = login.approve(&mut accounts, None, Timestamp::default(), Language::En).unwrap();
        answered.report(&mut accounts, &Answer::new(200, said))
    };
    assert!(matches!(answer("taro", "ACCOUNT_BLOCKED"), Err(Refusal::Blocked)));
    let Received::Login(login) = receive(&accounts, code).unwrap() else { panic!("a login") };
    assert_eq!(told(&login), ["Shop", "Example (idp.example)", "login.idp.example", "hanako"]);
}

/// A block stays until the server says yes: what else it says of an answer that was under way takes it back no more.
#[test]
fn a_block_is_taken_back_by_a_yes_only() {
    let mut accounts = Accounts::default();
    register(&mut accounts, "taro", &Rules::default()).unwrap();
    let code = "tiqrauth://idp.example/00112233445566778899aabbccddeeff/0123456789/Shop/2";
    let login = |accounts: &Accounts| match receive(accounts, code) {
        Ok(Received::Login(login)) => login,
        other => panic!("{other:?}"),
    };
    let (first, second, late) = (login(&accounts), login(&accounts), login(&accounts));
    let mut approve = |login: Login| login.approve(&mut accounts, None, Timestamp::default(), Language::En).unwrap();
    let (first, second) = (approve(first), approve(second));
    assert!(matches!(first.report(&mut accounts, &Answer::new(200, "ACCOUNT_BLOCKED")), Err(Refusal::Blocked)));
    assert!(first.report(&mut accounts, &Answer::new(500, "")).is_err());
    assert!(second.report(&mut accounts, &Answer::new(200, "INVALID_RESPONSE:2")).is_err());
    assert!(accounts.iter().all(Account::is_blocked));
    let refused = late.approve(&mut accounts, None, Timestamp::default(), Language::En);
    assert!(matches!(refused, Err(Refusal::Blocked)));
    second.report(&mut accounts, &Answer::new(200, "OK")).unwrap();
    assert!(!accounts.iter().any(Account::is_blocked));
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
        &metadata(&"t".repeat(257), SUITE, "idp.example"),
        &metadata(&"t".repeat(253), SUITE, "idp.example"), // " san" behind it
        &metadata("taro", SUITE, "user@idp.example"),
        &metadata("taro", SUITE, "idp example"),
    ] {
        assert!(matches!(refused(Answer::new(200, body)), Refusal::Malformed { part: "metadata", .. }), "{body}");
    }
    let gone = refused(Answer::new(500, metadata("taro", SUITE, "idp.example")));
    assert!(matches!(gone, Refusal::Server { word, .. } if word == "HTTP 500"));
}
