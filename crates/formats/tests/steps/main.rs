//! The steps of each kind of account: receive, show, approve, report, and write down.

#![cfg(all(feature = "linotp", feature = "powerauth"))]
#![expect(clippy::unwrap_used, reason = "a test")]

mod accounts;
mod linotp;
mod ocra;
mod otp;
mod powerauth;
mod tiqr;

use camtoken_core::language::Language;
use camtoken_core::seeded::Seeded;
use camtoken_formats::{Accounts, Foreign, Received, Refusal, Rules};

fn receive(accounts: &Accounts, code: &str) -> Result<Received, Refusal> {
    accounts.receive(Foreign::parse(code)?, &Rules::default())
}

fn keep(accounts: &mut Accounts, code: &str) -> Result<(), Refusal> {
    let Received::Introduction(new) = receive(accounts, code)? else { panic!("it brings a key") };
    let enrolment = new.approve(accounts, None, Language::En, &mut Seeded::new("keep"))?;
    accounts.keep(enrolment.keep().unwrap())
}

/// RFC 4226, appendix D, and RFC 6238, appendix B.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

#[test]
fn what_is_not_answered_says_why() {
    let accounts = Accounts::default();
    for (text, expected) in [
        ("https://www.example.com/", "the code asks a token for nothing: it is link"),
        ("hello", "the code asks a token for nothing: it is text"),
        ("motp://x", "codes of motp are not read"),
        ("motp://x/1234567é", "codes of motp are not read"),
        ("MOTP://銀行の人", "codes of motp are not read"),
        ("duo://é", "codes of duo are not read"),
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
