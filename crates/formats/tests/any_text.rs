//! Whatever a symbol says: it is named or refused, shown whole, and answered only by an account.

#![cfg(all(feature = "linotp", feature = "powerauth"))]
#![expect(clippy::unwrap_used, reason = "a test")]

use camtoken_core::language::Language;
use camtoken_core::seeded::Seeded;
use camtoken_formats::{Accounts, Answer, Foreign, Received, Rules, hhd, tiqr};
use camtoken_oath::Timestamp;
use proptest::prelude::*;

/// One code of each format.
const CODES: [&str; 10] = [
    "otpauth://totp/ACME%20Co:alice@example.com?secret=GEZDGNBVGY3TQOJQ&issuer=ACME+Co&algorithm=SHA-256&digits=8&period=60",
    "otpauth://totp/Steam:a?secret=JBSWY3DPEHPK3PXP&encoder=steam",
    "otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC",
    "tiqrenroll://https://tiqr.example.test/metadata?enrollment_key=713c75",
    "https://tiqr.example.test/tiqrauth/?u=taro&s=cf20b0947d0fb0546ff9b4da42e37d1d&q=6f83dc4b6a&i=tiqr.example.test&v=2",
    "tiqrauth://taro%2B1@tiqr.example.test/cf20b0947d0fb0546ff9b4da42e37d1d/6f83dc4b6a/Shop+2/2?https%3A%2F%2Fa.example",
    "lseqr://pair/AgIfAAAAAAAAACwhnBXzEMmcTigHIrsy9xtpsSb5-1ncdkPRemtrLkMETFNRUjAwMDE0QzY0AGh0dHBzOi8vbGlub3RwLmV4YW1wbGUudGVzdC9wYWlyACs4MS0zLTAwMDAtMDAwMAAI",
    "lseqr://chal/AQcAAABnuJhHHm_xzVotFb9PCS6TFPgJZpif4-RUyB1uPGaqEICZdJPTjATeiOZVwQsnQnj7vj_CBpg6crK-JLpMT1uRoI32_SqA-9Lkm4ZTNRgKSATPlXVmN2wJi7Qht-AWUHgRf_-IiuUlBBnwQFj3MJLcmYkAADatL6-7us9uxGD_3q8o_lFwhYJiSDxM2RwRZ88KRagDow",
    "5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6\nPayment\nPlease confirm\nA1*A100CZK*ICZ2730300000001165254011*D20180425*Na\\*b\nB\nAAECAwQFBgcICQoLDA0ODw==\n1MEQCICusy1A3ZIW3Or9nXMYAKjjfEo62QxnHcVSYslntbkpoAiBdNCU18Ni1MarNI79Q2hwr5tCUjYvVtmXXrW8e2TbRbQ==",
    "039870110490631098765432100812345678041,00",
];

/// Takes each step that the text leads to.
fn walk(accounts: &mut Accounts, text: &str) {
    let Ok(code) = Foreign::parse(text) else { return };
    for part in code.parts() {
        assert!(!part.value.contains("GEZDGNBV"), "no secret is among the parts");
    }
    let _ = code.format();
    let read = accounts.receive(code, &Rules::default());
    match read {
        Ok(Received::Fetch(fetch)) => {
            let _ = fetch.shown().layout(Language::Ja).pages();
            let _ = fetch.report(accounts, &Answer::new(200, text));
        }
        Ok(Received::Introduction(new)) => {
            let _ = new.shown().layout(Language::En).pages();
            if let Ok(enrolment) = new.approve(accounts, None, Language::En, &mut Seeded::new("any")) {
                let yes = Answer::new(200, r#"{"result":{"status":true}}"#);
                accounts.keep(enrolment.report(&yes).unwrap()).unwrap();
                let json = accounts.expose_json();
                assert_eq!(*Accounts::from_json(&json).unwrap().expose_json(), *json);
            }
        }
        Ok(Received::Login(login)) => {
            let _ = login.shown().layout(Language::En).pages();
            let _ = login.approve(accounts, None, Timestamp::from_unix(59), Language::En);
        }
        Ok(_) | Err(_) => {}
    }
}

proptest! {
    #[test]
    fn any_text_is_named_or_refused(text in "\\PC{0,200}") {
        walk(&mut Accounts::default(), &text);
    }

    #[test]
    fn altered_codes_are_named_or_refused(
        code in prop::sample::select(&CODES[..]),
        at in any::<prop::sample::Index>(),
        len in 0..6_usize,
        with in "(\\PC|[&=%+?:/@*\n0-9]){0,4}",
    ) {
        let at = at.index(code.len());
        let end = (at + len).min(code.len());
        let mut accounts = Accounts::default();
        walk(&mut accounts, code);
        walk(&mut accounts, &format!("{}{with}{}", &code[..at], &code[end..]));
    }

    #[test]
    fn no_answer_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200), text in "[{}\":,a-zA-Z0-9]{0,80}", status: u16) {
        for body in [body, text.into_bytes()] {
            let answer = Answer::new(status, body);
            let _ = (tiqr::read_login(&answer), tiqr::read_registration(&answer), tiqr::Metadata::from_json(&answer.body));
            let _ = Accounts::from_json(&String::from_utf8_lossy(&answer.body));
        }
    }
}

#[test]
fn every_code_here_is_of_its_format() {
    let formats = CODES.map(|code| Foreign::parse(code).map(|code| code.format()).unwrap_or("refused"));
    let expected = [
        "otpauth",
        "steam",
        "otpauth-migration",
        "tiqr-enrolment",
        "tiqr-login",
        "tiqr-login",
        "linotp-pairing",
        "linotp-challenge",
        "powerauth-offline",
        "hhd-uc",
    ];
    assert_eq!(formats, expected);
    assert!(CODES[9].parse::<hhd::Challenge>().is_ok());
}
