//! Someone who needs one-time passwords only: checks a password of HOTP and a response of OCRA.

use std::error::Error;

use camtoken_oath::ocra::{self, DataInput, PinHash, Question, Suite};
use camtoken_oath::{Digits, Hash, Key, Response, hotp};

fn main() -> Result<(), Box<dyn Error>> {
    // RFC 4226, appendix D: the password of counter 7, found from counter 5 on, and not from counter 8 on.
    let key = Key::new(b"12345678901234567890".to_vec());
    let password = Response::parse("162583", 6)?;
    assert_eq!(hotp::search(&key, Digits::SIX, Hash::Sha1, &password, 5, 4), Some(7));
    assert_eq!(hotp::search(&key, Digits::SIX, Hash::Sha1, &password, 8, 4), None);

    // RFC 6287, appendix C.1: counter 0, question 12345678, PIN 1234.
    let suite: Suite = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1".parse()?;
    let key = Key::new(b"12345678901234567890123456789012".to_vec());
    let input = |pin| -> Result<DataInput, Box<dyn Error>> {
        let question = Question::new(suite.question(), "12345678")?;
        Ok(DataInput { counter: Some(0), pin: Some(PinHash::new(Hash::Sha1, pin)), ..DataInput::new(question) })
    };
    let response = suite.parse_response("65347737")?;
    assert!(ocra::verify(&suite, &key, &input("1234")?, &response)?);
    assert!(!ocra::verify(&suite, &key, &input("1235")?, &response)?);
    Ok(())
}
