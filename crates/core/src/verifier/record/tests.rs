use alloc::vec;
use core::num::NonZeroU32;

use camtoken_oath::{Digits, Hash};

use super::*;
use crate::verifier::card::CardSuite;

const SUITE: &str = "OCRA-1:HOTP-SHA256-8:QH64";

/// Version 1 as cbor2 writes it: the bytes of stores stay what they are.
const TOKEN_1: &str =
    "0185430a0b0cf4f446000102030405820158200000000000000000000000000000000000000000000000000000000000000000";
const RECORD_1: &str = "018a8262633165555345523082008466544f4b454e3178194f4352412d313a484f54502d5348413235362d383a51483634430a0b0cf482028000f680f61a6553f100f4820058200000000000000000000000000000000000000000000000000000000000000000";

fn at(seconds: u64) -> Option<Timestamp> {
    Some(Timestamp::from_unix(seconds))
}

fn token(origin: Option<Origin>) -> TokenRecord {
    TokenRecord {
        device_key: vec![10, 11, 12],
        test: false,
        revoked: false,
        activations: vec![ActivationId::from_bytes([0, 1, 2, 3, 4, 5])],
        chain_end: ChainEnd { entries: 1, head: [0; 32] },
        origin,
    }
}

fn camera(validity: Validity) -> Record {
    let token = "TOKEN1".parse().expect("a token ID");
    record(Credential::Camera { token, suite: SUITE.to_string(), key: vec![10, 11, 12], test: false, validity })
}

fn record(credential: Credential) -> Record {
    Record {
        subscriber: Subscriber { contract: "c1".to_string(), user: "USER0".to_string() },
        credential,
        state: StoredState::Active,
        failures: 0,
        challenge: None,
        past: Vec::new(),
        last_attempt: None,
        latest_time: Timestamp::from_unix(1_700_000_000),
        signed: false,
        chain_end: ChainEnd::default(),
    }
}

#[test]
fn a_record_without_dates_has_the_bytes_that_it_always_had() {
    assert_eq!(base16ct::lower::encode_string(&to_bytes(&token(None))), TOKEN_1);
    assert_eq!(from_bytes(&to_bytes(&token(None))), Ok(token(None)));
    let camera = camera(Validity::default());
    assert_eq!(base16ct::lower::encode_string(&to_bytes(&camera)), RECORD_1);
    assert_eq!(from_bytes(&to_bytes(&camera)), Ok(camera));
    let time_based = record(Credential::TimeBased { key: vec![1], last_step: Some(7) });
    assert_eq!(to_bytes(&time_based)[0], 1);
}

/// A reader of version 1 would pass the dates over and write the record again without them.
#[test]
fn what_an_older_reader_would_lose_is_of_a_later_version() {
    let validity = Validity { start: at(5), end: at(9) };
    let origin = Origin { manufacturer: Some("M".to_string()), key: validity, ..Origin::default() };
    let step_secs = NonZeroU32::new(60).expect("not 0");
    let moving = [
        Moving::event(Digits::SIX, u64::MAX),
        Moving::Time { hash: Hash::Sha256, digits: Digits::EIGHT, step_secs, drift: -3, last_step: None },
    ];
    let generators = moving.map(|moving| {
        let id = "2308701234567".parse().expect("a serial number");
        record(Credential::Generator { id, key: vec![1], moving, validity: Validity::default(), question: None })
    });
    for record in generators.into_iter().chain([camera(validity)]) {
        let bytes = to_bytes(&record);
        assert_eq!(bytes[0], 2);
        assert_eq!(from_bytes(&bytes), Ok(record));
    }
    let bytes = to_bytes(&token(Some(origin.clone())));
    assert_eq!((bytes[0], from_bytes(&bytes)), (2, Ok(token(Some(origin)))));
    let suite = CardSuite::new(&"OCRA-1:HOTP-SHA512-8:C-QN08".parse().expect("a suite"), None).expect("a card's");
    let id = "A0012341234567".parse().expect("a serial number");
    let (moving, expires_at) = (Moving::card(suite, 7), Timestamp::from_unix(9));
    let question =
        CardQuestion { text: "12345678".to_string(), expires_at, wrong_answers: 1, end: None, request: None };
    let validity = Validity::default();
    let card = record(Credential::Generator { id, key: vec![1], moving, validity, question: Some(question) });
    assert_eq!((to_bytes(&card)[0], from_bytes(&to_bytes(&card))), (4, Ok(card)), "3 is a sealed record");
    let refused = from_bytes::<TokenRecord>(&[&[3], &bytes[1..]].concat());
    assert_eq!(refused, Err(RecordError::Version { found: 3 }));
}
