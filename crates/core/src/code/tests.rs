use proptest::prelude::*;

use super::*;
use crate::transaction::samples;

fn key() -> Key {
    Key::new((0..32).collect())
}

fn challenge(transaction: Transaction) -> Challenge {
    Challenge {
        id: ChallengeId::from_bytes([0x65; 12]),
        activation: ActivationId::from_bytes([1, 2, 3, 4, 5, 6]),
        expires_at: Timestamp::from_unix(1_795_230_180),
        transaction,
    }
}

/// The token has only the content of the code: without the bound fields, the question is the same.
fn assert_same(opened: &Challenge, sealed: &Challenge) {
    assert_eq!(opened.question(), sealed.question());
    assert!(opened.transaction.displayed().eq(sealed.transaction.displayed()));
    assert_eq!((opened.id, opened.activation, opened.expires_at), (sealed.id, sealed.activation, sealed.expires_at));
    assert_eq!(opened.transaction.bound().count(), 0);
}

#[test]
fn a_code_is_known_by_its_beginning() {
    assert_eq!(in_text(" CT1:ABC \n"), Some("CT1:ABC"));
    assert_eq!(in_text("CT12:"), Some("CT12:"));
    for text in ["", "CT:", "CTx:1", "ct1:ABC", "CT1", "http://CT1:", "CT1:A\nCT1:B"] {
        assert_eq!(in_text(text), None, "{text:?}");
    }
    assert!(is_code("CT2:ANOTHER VERSION") && !is_code(" CT1:ABC"), "a symbol is taken as it is");
}

#[test]
fn every_operation_comes_back_as_it_was_sealed() {
    for transaction in samples::all() {
        let sealed = challenge(transaction);
        if matches!(sealed.domain(), Domain::Signature | Domain::Deletion) {
            let code = seal(&sealed, &key());
            let read: ChallengeCode = code.as_str().parse().expect("what seal makes is read");
            assert_eq!(read, code);
            assert_same(&open(&read, &key()).expect("the same key"), &sealed);
        }
    }
}

/// Requirements, section 8: version 10 at level M holds 311 alphanumeric characters; only long remittances need more,
/// at the most version 13, which holds 483.
#[test]
fn full_length_fits_version_10_at_level_m() {
    for transaction in samples::all() {
        let operation = transaction.operation();
        if matches!(operation.domain(), Domain::Signature | Domain::Deletion) {
            let len = seal(&challenge(transaction), &key()).as_str().len();
            let most = if operation == Operation::Remittance { 483 } else { 311 };
            assert!(len <= most, "{operation}: {len} characters");
        }
    }
}

#[test]
fn the_text_stays_in_the_alphanumeric_set() {
    for transaction in samples::all().filter(|transaction| transaction.operation().domain() == Domain::Signature) {
        let code = seal(&challenge(transaction), &key());
        let alphanumeric = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c);
        assert!(code.as_str().chars().all(alphanumeric));
    }
}

#[test]
fn another_key_opens_nothing() {
    for transaction in samples::all().filter(|transaction| transaction.operation().domain() == Domain::Signature) {
        let code = seal(&challenge(transaction), &key());
        assert_eq!(open(&code, &Key::new(vec![7; 32])).expect_err("another key"), OpenError::Seal);
    }
}

#[test]
fn an_altered_code_opens_nothing() {
    let code = seal(&challenge(samples::transfer()), &key());
    let text = code.as_str();
    for place in 0..text.len() {
        for replacement in ["0", "A", ":"] {
            let altered = format!("{}{replacement}{}", &text[..place], &text[place + 1..]);
            if altered == text {
                continue;
            }
            match altered.parse::<ChallengeCode>() {
                Ok(read) => {
                    assert!(matches!(open(&read, &key()), Err(OpenError::Seal | OpenError::Purpose)), "{place}")
                }
                Err(error) => {
                    assert!(matches!(error, ParseError::Form | ParseError::Foreign | ParseError::Version))
                }
            }
        }
    }
    for cut in 0..text.len() {
        if let Ok(read) = text[..cut].parse::<ChallengeCode>() {
            assert_eq!(open(&read, &key()), Err(OpenError::Seal), "cut at {cut}");
        }
    }
}

#[test]
fn only_the_one_spelling_of_an_envelope_is_taken() {
    let code = seal(&challenge(samples::transfer()), &key());
    let bytes = base45::decode(&code.as_str()[PREFIX.len()..]).expect("base45");
    let with = |bytes: &[u8]| format!("{PREFIX}{}", base45::encode(bytes)).parse::<ChallengeCode>();
    assert!(with(&bytes).is_ok());
    assert_eq!(with(&[&bytes[..], &[0]].concat()), Err(ParseError::Form), "trailing byte");
    assert_eq!(with(&bytes[1..]), Err(ParseError::Form), "without its tag");
    let mut longer = bytes.clone();
    longer.splice(0..1, [0xd8, 16]);
    assert_eq!(with(&longer), Err(ParseError::Form), "the tag in a longer form");
    assert_eq!(code.as_str().to_lowercase().parse::<ChallengeCode>(), Err(ParseError::Foreign));
    assert_eq!(format!("{} ", code.as_str()).parse::<ChallengeCode>(), Err(ParseError::Form));
}

#[test]
fn other_texts_are_told_apart() {
    for text in ["", "https://example.com", "CT", "CTX:ABC", "ct1:ABC", "CT1"] {
        assert_eq!(text.parse::<ChallengeCode>(), Err(ParseError::Foreign), "{text}");
    }
    for text in ["CT2:ABC", "CT10:ABC", "CT0:"] {
        assert_eq!(text.parse::<ChallengeCode>(), Err(ParseError::Version), "{text}");
    }
    for text in ["CT1:", "CT1:A", "CT1:ABC", "CT1:abc", "CT1:::::::"] {
        assert_eq!(text.parse::<ChallengeCode>(), Err(ParseError::Form), "{text}");
    }
}

/// A sealed content that is no transaction is refused although its seal is right.
#[test]
fn sealed_content_outside_the_specification_is_refused() {
    let challenge = challenge(samples::transfer());
    let mut payload = Encoder::new(Vec::new());
    payload.array(4).expect("a Vec takes every byte");
    encode_challenge(&challenge, &mut payload);
    let payload = payload.into_writer();
    let open_payload = |payload: &[u8]| {
        let name = KeyName::Signature(challenge.activation);
        open(&ChallengeCode::seal(name, challenge.id, &seal_key(&key(), Domain::Signature), payload), &key())
    };
    assert!(open_payload(&payload).is_ok());
    assert_eq!(open_payload(&[&payload[..], &[0]].concat()), Err(OpenError::Content), "trailing byte");
    for cut in 0..payload.len() {
        assert!(open_payload(&payload[..cut]).is_err(), "cut at {cut}");
    }
    let with_operation = |code: &[u8]| {
        let mut altered = payload.clone();
        altered.splice(6..7, code.iter().copied());
        open_payload(&altered)
    };
    assert_eq!(payload[6], Operation::Transfer.entry().code);
    assert_eq!(with_operation(&[23]), Err(OpenError::Operation { code: 23 }));
    assert_eq!(with_operation(&[0x18, 200]), Err(OpenError::Operation { code: 200 }));
    assert_eq!(with_operation(&[0x18, 4]), Err(OpenError::Content), "a longer form of the number");
    assert_eq!(with_operation(&[0]), Err(OpenError::Content), "an operation of another domain");
    assert_eq!(with_operation(&[5]), Err(OpenError::Content), "an operation with other fields");
}

/// At the limits of what an envelope and a symbol hold.
#[test]
fn an_envelope_without_a_whole_tag_and_a_text_for_no_symbol_are_refused() {
    let code = |len: usize| {
        let envelope = Envelope {
            key_name: KeyName::Signature(ActivationId::from_bytes([1; 6])),
            id: ChallengeId::from_bytes([2; 12]),
            ciphertext: vec![0; len],
        };
        format!("{PREFIX}{}", base45::encode(envelope.encode()))
    };
    assert_eq!(code(15).parse::<ChallengeCode>(), Err(ParseError::Form));
    assert_eq!(code(16).parse::<ChallengeCode>().expect("a tag and no content").as_str(), code(16));
    // Version 40 at level L holds 4,296 characters (ISO/IEC 18004, table 7).
    let longest = (16..4_000).take_while(|len| code(*len).len() <= 4_296).last().expect("a short one fits");
    assert!(code(longest).len() > 4_293, "three characters are two bytes");
    assert!(code(longest).parse::<ChallengeCode>().is_ok());
    assert_eq!(code(longest + 1).parse::<ChallengeCode>(), Err(ParseError::Form));
}

/// The seal is right, the key in it is not one.
#[test]
fn a_second_code_brings_a_key_of_32_bytes() {
    let binding =
        activation::Binding { first: ChallengeId::from_bytes([3; 12]), nonce: "012345".parse().expect("a number") };
    let challenge = challenge(samples::full(Operation::Activation2));
    let opened = |len: usize| {
        let suite = "OCRA-1:HOTP-SHA256-8:QH64".parse().expect("a suite");
        let grant = activation::Grant { key: Key::new(vec![7; len]), suite };
        let token = "FEX0123456".parse().expect("a token ID");
        let code = activation::seal_second(&challenge, &token, &key(), binding, &grant);
        activation::open_second(&code, &key(), binding).map(|(_, grant)| grant.key.expose_bytes().len())
    };
    assert_eq!(opened(32), Ok(32));
    for len in [0, 16, 31, 33, 64] {
        assert_eq!(opened(len), Err(OpenError::Content), "{len} bytes");
    }
}

#[test]
fn a_code_prints_no_content() {
    let printed = format!("{:?}", seal(&challenge(samples::transfer()), &key()));
    assert_eq!(printed, "ChallengeCode(Signature(ActivationId(010203040506)), 656565656565656565656565)");
}

proptest! {
    #[test]
    fn reading_never_panics(text in "(CT1:)?[0-9A-Z $%*+./:-]{0,200}") {
        if let Ok(code) = text.parse::<ChallengeCode>() {
            prop_assert!(open(&code, &key()).is_err());
        }
    }

    #[test]
    fn sealed_bytes_never_panic(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        let name = KeyName::Signature(ActivationId::from_bytes([0; 6]));
        let code = ChallengeCode::seal(name, ChallengeId::from_bytes([0; 12]), &seal_key(&key(), Domain::Signature), &payload);
        prop_assert!(open(&code, &key()).is_err());
    }
}
