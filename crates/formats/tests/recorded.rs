//! What servers of others have drawn, taken and refused (`testvectors/tiqr_test.json`, `lseqr_test.json`), through the steps that a
//! token takes: receive, show, approve, report.

#![cfg(feature = "linotp")]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::convert::Infallible;

use camtoken_core::language::Language;
use camtoken_formats::{
    Accounts, Answer, Foreign, Introduction, Kind, Received, Refusal, Request, Rules, linotp, tiqr,
};
use camtoken_oath::{Key, Timestamp};
use rand::rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;

/// The bytes that the recorded client drew, in the order in which they are asked for.
struct Recorded(Vec<u8>);

impl TryRng for Recorded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(to.len());
        to.copy_from_slice(&std::mem::replace(&mut self.0, rest));
        Ok(())
    }
}

impl TryCryptoRng for Recorded {}

fn tests(file: &str, kind: &str) -> Vec<Value> {
    let path = format!("{}/../../testvectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let groups = document["testGroups"].as_array().unwrap().iter().filter(|group| group["type"] == kind);
    let tests: Vec<_> = groups
        .flat_map(|group| {
            group["tests"].as_array().unwrap().iter().map(|test| {
                let mut test = test.clone();
                for (name, value) in group.as_object().unwrap().iter().filter(|(name, _)| *name != "tests") {
                    if test.get(name).is_none() {
                        test[name] = value.clone();
                    }
                }
                test
            })
        })
        .collect();
    assert!(!tests.is_empty(), "{kind}");
    tests
}

fn text<'a>(test: &'a Value, name: &str) -> &'a str {
    test[name].as_str().unwrap_or_else(|| panic!("{name} of tcId {}", test["tcId"]))
}

fn hex(test: &Value, name: &str) -> Vec<u8> {
    base16ct::mixed::decode_vec(text(test, name)).unwrap()
}

fn receive(accounts: &Accounts, code: &str) -> Result<Received, Refusal> {
    accounts.receive(Foreign::parse(code)?, &Rules::default())
}

fn introduction(accounts: &Accounts, metadata: &str) -> Introduction {
    let code = "tiqrenroll://https://tiqr.example.test/metadata?key=1";
    let Received::Fetch(fetch) = receive(accounts, code).unwrap() else { panic!("a registration is fetched first") };
    fetch.report(accounts, &Answer::new(200, metadata)).unwrap()
}

fn without_language(request: &Request) -> Value {
    let fields = request.expose_form().iter().filter(|(name, _)| *name != "language");
    fields.map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect()
}

/// The accounts of a token that has registered for this test's user.
fn registered(test: &Value, pin: Option<&str>) -> Accounts {
    let mut accounts = Accounts::default();
    let code: tiqr::LoginCode = text(test, "uri").parse().unwrap();
    let metadata = tiqr::Metadata {
        service: tiqr::MetadataService {
            display_name: "Example".to_owned(),
            identifier: code.provider,
            logo_url: String::new(),
            info_url: String::new(),
            authentication_url: "https://tiqr.example.test/login".to_owned(),
            ocra_suite: text(test, "suite").to_owned(),
            enrollment_url: "https://tiqr.example.test/enrol".to_owned(),
        },
        identity: tiqr::MetadataIdentity { identifier: text(test, "account").to_owned(), display_name: String::new() },
    };
    let mut drawn = hex(test, "key");
    drawn.extend([7; 16]);
    let introduction = introduction(&accounts, &metadata.to_json());
    let enrolment = introduction.approve(&accounts, pin, Language::Ja, &mut Recorded(drawn)).unwrap();
    let ok = tiqr::Outcome::Ok.answer(2);
    accounts.keep(enrolment.report(&ok).unwrap()).unwrap();
    accounts
}

fn answer(accounts: &mut Accounts, code: &str, pin: Option<&str>) -> Result<camtoken_formats::Answered, Refusal> {
    let Received::Login(login) = receive(accounts, code)? else { panic!("a login") };
    login.approve(accounts, pin, Timestamp::default(), Language::Ja)
}

#[test]
fn tiqr_registrations_are_sent_as_the_servers_took_them() {
    for test in tests("tiqr_test.json", "TiqrRegister") {
        let accounts = Accounts::default();
        let introduction = introduction(&accounts, text(&test, "metadata"));
        let drawn = Recorded(hex(&test, "key"));
        let enrolment = introduction.approve(&accounts, None, Language::Ja, &mut { drawn }).unwrap();
        let request = enrolment.errand().unwrap().request().unwrap();
        assert_eq!((request.method(), request.url().as_str()), ("POST", text(&test, "url")), "tcId {}", test["tcId"]);
        assert_eq!(without_language(request), test["form"], "tcId {}", test["tcId"]);
    }
}

#[test]
fn tiqr_logins_are_answered_as_the_servers_took_them() {
    let mut suites = BTreeSet::new();
    for test in tests("tiqr_test.json", "TiqrLogin") {
        // A PIN is slow by intent, so that it is taken for one code of each suite only.
        let pins = if suites.insert(text(&test, "suite").to_owned()) { &[None, Some("2580")][..] } else { &[None] };
        for pin in pins.iter().copied() {
            let mut accounts = registered(&test, pin);
            let answered = answer(&mut accounts, text(&test, "uri"), pin).unwrap();
            let right = answered.expose_response() == text(&test, "response");
            assert_eq!(right, test["result"] == "valid", "tcId {}", test["tcId"]);
            if right && test["form"].is_object() {
                let request = answered.errand().unwrap().request().unwrap();
                assert_eq!(without_language(request), test["form"], "tcId {}", test["tcId"]);
            }
        }
    }
}

#[test]
fn a_wrong_pin_gives_wrong_digits_and_nothing_else() {
    let all = tests("tiqr_test.json", "TiqrLogin");
    let test = all.iter().find(|test| test["result"] == "valid").unwrap();
    let mut accounts = registered(test, Some("2580"));
    let answered = answer(&mut accounts, text(test, "uri"), Some("2581")).unwrap();
    assert_ne!(answered.expose_response(), text(test, "response"));
    assert_eq!(answered.expose_response().len(), text(test, "response").len());
    let missing = answer(&mut accounts, text(test, "uri"), None);
    assert!(matches!(missing, Err(Refusal::Pin(_))), "{missing:?}");
    let again = answer(&mut accounts, text(test, "uri"), Some("2580")).unwrap();
    assert_eq!(again.expose_response(), text(test, "response"));
}

#[test]
fn tiqr_answers_are_read_as_the_servers_meant_them() {
    for test in tests("tiqr_test.json", "TiqrAnswer") {
        let mut answer = Answer::new(u16::try_from(test["status"].as_u64().unwrap()).unwrap(), text(&test, "body"));
        if let Some(version) = test["protocolVersion"].as_str() {
            answer = answer.header("x-tiqr-protocol-version", version);
        }
        let read = match text(&test, "operation") {
            "login" => tiqr::read_login(&answer),
            _ => tiqr::read_registration(&answer),
        };
        let number = |name: &str| test[name].as_u64().map(|number| u32::try_from(number).unwrap());
        let expected = match test["word"].as_str() {
            None => Ok(()),
            Some("ACCOUNT_BLOCKED") if number("blockedMinutes").is_none() => Err(Refusal::Blocked),
            Some(word) => Err(Refusal::Server {
                word: word.to_owned(),
                attempts_left: number("attemptsLeft"),
                blocked_minutes: number("blockedMinutes"),
            }),
        };
        assert_eq!(read, expected, "tcId {}", test["tcId"]);
    }
}

/// A token that was paired as the recorded client was.
fn paired(code: &str, private: Vec<u8>, token_id: u64) -> linotp::Token {
    let code: linotp::PairingCode = code.parse().unwrap();
    linotp::Token::pair(&code, u32::try_from(token_id).unwrap(), &mut Recorded(private)).unwrap()
}

#[test]
fn linotp_pairings_are_answered_as_the_server_took_them() {
    for test in tests("lseqr_test.json", "LseqrPairingResponse") {
        let token = paired(text(&test, "uri"), hex(&test, "privateKey"), test["tokenId"].as_u64().unwrap());
        let response = token.pairing_response(&Key::new(hex(&test, "ephemeralKey"))).unwrap();
        assert_eq!(response, text(&test, "pairingResponse"), "tcId {}", test["tcId"]);
    }
}

#[test]
fn linotp_pairings_go_through_the_steps() {
    for test in tests("lseqr_test.json", "LseqrPairingResponse") {
        let mut accounts = Accounts::default();
        let Received::Introduction(introduction) = receive(&accounts, text(&test, "uri")).unwrap() else {
            panic!("a pairing introduces")
        };
        let mut drawn = u32::try_from(test["tokenId"].as_u64().unwrap()).unwrap().to_le_bytes().to_vec();
        drawn.extend([hex(&test, "privateKey"), hex(&test, "ephemeralKey")].concat());
        let enrolment = introduction.approve(&accounts, None, Language::Ja, &mut Recorded(drawn)).unwrap();
        let sent = enrolment.errand().unwrap().expose_json();
        let response = sent["form"]["pairing_response"].as_str().or(sent["text"].as_str());
        assert_eq!(response, Some(text(&test, "pairingResponse")));
        let yes = Answer::new(200, r#"{"result":{"status":true,"value":false}}"#);
        accounts.keep(enrolment.report(&yes).unwrap()).unwrap();
        assert_eq!(accounts.iter().next().unwrap().kind_name(), "linotp");
        let again = Accounts::from_json(&accounts.expose_json()).unwrap();
        assert_eq!(*again.expose_json(), *accounts.expose_json());
    }
}

#[test]
fn linotp_challenges_are_opened_and_answered_as_the_server_took_them() {
    for test in tests("lseqr_test.json", "LseqrChallenge") {
        let token = paired(text(&test, "pairing"), hex(&test, "privateKey"), test["tokenId"].as_u64().unwrap());
        let code: Result<linotp::ChallengeCode, _> = text(&test, "uri").parse();
        let opened = code.map_err(linotp::OpenError::from).and_then(|code| token.open(&code));
        if test["result"] == "invalid" {
            assert!(opened.is_err(), "tcId {}", test["tcId"]);
            continue;
        }
        let opened = opened.unwrap();
        assert_eq!(opened.message, text(&test, "message"));
        assert_eq!(opened.transaction, text(&test, "transaction"));
        assert_eq!(opened.callback_url.as_ref().map(|url| url.as_str()), test["callbackUrl"].as_str());
        assert_eq!(opened.callback_sms.as_deref(), test["callbackSms"].as_str());
        assert_eq!((opened.signed, opened.resets_callback), (test["signed"] == true, test["resetsCallback"] == true));
        assert_eq!(*opened.expose_tan(token.digits), text(&test, "tan"), "tcId {}", test["tcId"]);
        assert_eq!(*opened.expose_signature(), text(&test, "signature"), "tcId {}", test["tcId"]);
    }
}

#[test]
fn every_code_is_named_and_written_back() {
    for (file, kind, format) in [
        ("tiqr_test.json", "TiqrEnrolment", "tiqr-enrolment"),
        ("tiqr_test.json", "TiqrLogin", "tiqr-login"),
        ("lseqr_test.json", "LseqrPairing", "linotp-pairing"),
        ("lseqr_test.json", "LseqrChallenge", "linotp-challenge"),
    ] {
        for test in tests(file, kind).iter().filter(|test| test["result"] == "valid") {
            let code = Foreign::parse(text(test, "uri")).unwrap();
            assert_eq!(code.format(), format);
            let written = match &code {
                Foreign::TiqrEnrolment(code) => code.to_string(),
                Foreign::TiqrLogin(code) => code.to_string(),
                Foreign::LinotpPairing(code) => code.to_string(),
                Foreign::LinotpChallenge(code) => code.to_string(),
                other => panic!("{other:?}"),
            };
            // Servers write a blank as a plus sign, and the link's parameters in an order of their own.
            assert_eq!(written, text(test, "uri").replace('+', "%20"), "tcId {}", test["tcId"]);
        }
    }
}

#[test]
fn a_blocked_account_answers_no_more_and_can_be_registered_again() {
    let all = tests("tiqr_test.json", "TiqrLogin");
    let test = all.iter().find(|test| test["result"] == "valid").unwrap();
    let mut accounts = registered(test, None);
    let answered = answer(&mut accounts, text(test, "uri"), None).unwrap();
    let blocked = tiqr::Outcome::AccountBlocked { minutes: None }.answer(2);
    assert_eq!(answered.report(&mut accounts, &blocked), Err(Refusal::Blocked));
    assert!(matches!(answer(&mut accounts, text(test, "uri"), None), Err(Refusal::Blocked)));
    let Kind::Tiqr(identity) = &accounts.iter().next().unwrap().kind else { panic!("tiqr") };
    assert!(identity.blocked);
    accounts.keep(registered(test, None).expose_saved().into_accounts().unwrap().into_accounts()).unwrap();
    assert_eq!((accounts.iter().len(), accounts.iter().any(|account| account.is_blocked())), (1, false));
}

#[test]
fn an_answered_session_is_not_answered_again_and_a_refused_one_is() {
    let all = tests("tiqr_test.json", "TiqrLogin");
    let test = all.iter().find(|test| test["result"] == "valid").unwrap();
    let mut accounts = registered(test, None);
    let answered = answer(&mut accounts, text(test, "uri"), None).unwrap();
    let wrong = tiqr::Outcome::InvalidResponse { attempts_left: Some(2) }.answer(1);
    assert!(matches!(answered.report(&mut accounts, &wrong), Err(Refusal::Server { attempts_left: Some(2), .. })));
    let answered = answer(&mut accounts, text(test, "uri"), None).unwrap();
    answered.report(&mut accounts, &tiqr::Outcome::Ok.answer(1)).unwrap();
    assert!(matches!(answer(&mut accounts, text(test, "uri"), None), Err(Refusal::Answered)));
}
