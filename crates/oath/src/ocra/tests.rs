use super::*;
use crate::Timestamp;
use proptest::prelude::*;

fn key() -> Key {
    Key::new(b"12345678901234567890123456789012".to_vec())
}

fn suite(data_input: &str) -> Suite {
    format!("OCRA-1:HOTP-SHA256-8:{data_input}").parse().expect("a suite")
}

fn ask(suite: &Suite, text: &str) -> DataInput {
    DataInput::new(Question::new(suite.question(), text).expect("a question of the suite"))
}

fn error(suite: &Suite, input: &DataInput) -> InputError {
    respond(suite, &key(), input).expect_err("values that do not fit")
}

#[test]
fn a_missing_value_is_named() {
    let suite = suite("C-QN08-PSHA1-S008-T1M");
    let mut input = ask(&suite, "1");
    for part in [Part::Counter, Part::Pin, Part::Session, Part::Time] {
        assert_eq!(error(&suite, &input), InputError::Missing { part });
        match part {
            Part::Counter => input.counter = Some(0),
            Part::Pin => input.pin = Some(PinHash::new(Hash::Sha1, "1234")),
            Part::Session => input.session = Some(Vec::new()),
            Part::Time => input.time = Some(0),
        }
    }
    assert!(respond(&suite, &key(), &input).is_ok(), "counter 0, step 0 and an empty session are values");
}

#[test]
fn a_superfluous_value_is_named() {
    let suite = suite("QN08");
    let superfluous = |part, change: fn(&mut DataInput)| {
        let mut input = ask(&suite, "1");
        change(&mut input);
        assert_eq!(error(&suite, &input), InputError::Superfluous { part });
    };
    superfluous(Part::Counter, |input| input.counter = Some(0));
    superfluous(Part::Pin, |input| input.pin = Some(PinHash::new(Hash::Sha1, "")));
    superfluous(Part::Session, |input| input.session = Some(Vec::new()));
    superfluous(Part::Time, |input| input.time = Some(0));
}

#[test]
fn a_value_of_the_wrong_form_is_named() {
    let pin = suite("QN08-PSHA256");
    let input = DataInput { pin: Some(PinHash::new(Hash::Sha1, "1234")), ..ask(&pin, "1") };
    assert_eq!(error(&pin, &input), InputError::Pin { expected: 32, found: 20 });

    let session = suite("QN08-S008");
    let input = DataInput { session: Some(vec![0; 9]), ..ask(&session, "1") };
    assert_eq!(error(&session, &input), InputError::Session { max: 8, found: 9 });

    let other = ask(&suite("QN09"), "1");
    assert!(matches!(error(&suite("QN08"), &other), InputError::Question(QuestionError::Format { .. })));
    assert!(PinHash::from_bytes(vec![0; 21]).is_none());
}

#[test]
fn a_mode_refuses_what_it_does_not_know() {
    let (pin, session) = (suite("QA08-PSHA1"), suite("QA08-S008"));
    let with_pin = DataInput { pin: Some(PinHash::new(Hash::Sha1, "1234")), ..ask(&pin, "SRV11110") };
    let with_session = DataInput { session: Some(vec![1]), ..ask(&session, "SRV11110") };
    let client = Question::new(pin.question(), "CLI22220").expect("eight characters");
    let refused = |result: Result<Response, InputError>| result.expect_err("a part that the mode does not know");
    let (no_pin, no_session) = (InputError::Mode { part: Part::Pin }, InputError::Mode { part: Part::Session });
    assert_eq!(refused(mutual_server(&pin, &key(), &client, &with_pin)), no_pin);
    assert_eq!(refused(signature_server(&pin, &key(), &client, &with_pin)), no_pin);
    assert_eq!(refused(sign(&session, &key(), &with_session)), no_session);
    assert_eq!(refused(signature_server(&session, &key(), &client, &with_session)), no_session);
    assert_eq!(refused(signature_client(&session, &key(), &client, &with_session)), no_session);
    assert!(mutual_client(&pin, &key(), &client, &with_pin).is_ok());
    assert!(mutual_server(&session, &key(), &client, &with_session).is_ok());
}

/// A verifier once took any response to its challenge.
#[test]
fn only_the_right_response_is_right() {
    let suite = suite("QN08");
    let input = ask(&suite, "12345678");
    let right = respond(&suite, &key(), &input).expect("a question is all");
    assert_eq!(verify(&suite, &key(), &input, &right), Ok(true));
    for (place, digit) in (0..8).flat_map(|place| ('0'..='9').map(move |digit| (place, digit))) {
        let mut text = right.expose_str().to_owned();
        text.replace_range(place..=place, &digit.to_string());
        let same = text == right.expose_str();
        let response = suite.parse_response(&text).expect("eight digits");
        assert_eq!(verify(&suite, &key(), &input, &response), Ok(same), "{place} {digit}");
    }
    let other = respond(&suite, &Key::new(vec![0; 32]), &input).expect("a question is all");
    assert_eq!(verify(&suite, &key(), &input, &other), Ok(false));
    let short = Response::parse(&right.expose_str()[..7], 7).expect("seven digits");
    assert_eq!(verify(&suite, &key(), &input, &short), Ok(false));
}

/// RFC 6287, appendix C.1: `C-QN08-PSHA1`, question 12345678, counter 9.
#[test]
fn a_counter_is_found_within_the_window_only() {
    let suite = suite("C-QN08-PSHA1");
    let response = suite.parse_response("08522129").expect("eight digits");
    let search = |from, look_ahead| {
        let pin = Some(PinHash::new(Hash::Sha1, "1234"));
        let input = DataInput { counter: Some(from), pin, ..ask(&suite, "12345678") };
        search_counter(&suite, &key(), &input, &response, look_ahead).expect("values that fit")
    };
    assert_eq!(search(0, 9), Some(9));
    assert_eq!(search(0, 8), None);
    assert_eq!(search(9, 0), Some(9));
    assert_eq!(search(10, 1000), None);
    assert_eq!(search(u64::MAX, 10), Some(9), "2^64-1 is followed by 0");
}

/// RFC 6287, appendix C.1: `QN08-T1M`, question 00000000, at 2008-03-25T12:06Z, which is 1206446760.
#[test]
fn a_time_step_is_found_within_the_drift_only() {
    let suite: Suite = "OCRA-1:HOTP-SHA512-8:QN08-T1M".parse().expect("a suite");
    let key = Key::new(b"1234567890".repeat(7)[..64].to_vec());
    let response = suite.parse_response("95209754").expect("eight digits");
    let search = |secs, drift| {
        let time = suite.time_steps(Timestamp::from_unix(secs));
        let input = DataInput { time, ..ask(&suite, "00000000") };
        search_time(&suite, &key, &input, &response, drift).expect("values that fit")
    };
    assert_eq!(search(1_206_446_790, 0), Some(0x0132_d0b6));
    assert_eq!(search(1_206_446_939, 2), Some(0x0132_d0b6));
    assert_eq!(search(1_206_446_640, 2), Some(0x0132_d0b6));
    assert_eq!(search(1_206_446_940, 2), None);
    assert_eq!(search(60, 5), None, "there is no step before 0");
}

/// Steps 11282 and 11283 both give 8178.
#[test]
fn of_two_time_steps_the_later_counts() {
    let suite: Suite = "OCRA-1:HOTP-SHA256-4:QN08-T1M".parse().expect("a suite");
    let response = suite.parse_response("8178").expect("four digits");
    let input = DataInput { time: Some(11_282), ..ask(&suite, "12345678") };
    assert_eq!(verify(&suite, &key(), &input, &response), Ok(true));
    assert_eq!(search_time(&suite, &key(), &input, &response, 1), Ok(Some(11_283)));
}

#[test]
fn nothing_is_searched_where_nothing_moves() {
    let suite = suite("QN08");
    let input = ask(&suite, "1");
    let response = suite.parse_response("00000000").expect("eight digits");
    let missing = |part| Err(InputError::Missing { part });
    assert_eq!(search_counter(&suite, &key(), &input, &response, 9), missing(Part::Counter));
    assert_eq!(search_time(&suite, &key(), &input, &response, 9), missing(Part::Time));
}

#[test]
fn debug_and_errors_print_no_value() {
    let suite = suite("QN08-PSHA1-S004");
    let pin = PinHash::new(Hash::Sha1, "1234");
    assert_eq!(format!("{pin:?}"), "PinHash(_)");
    let input = DataInput { pin: Some(pin), session: Some(b"12345".to_vec()), ..ask(&suite, "12345678") };
    assert_eq!(format!("{input:?}"), "DataInput(_)");
    assert_eq!(error(&suite, &input).to_string(), "a session of 5 bytes, expected 4 at most");
}

proptest! {
    /// The token answers at one moment, the verifier asks at another: each finds the other by the standard's rules.
    #[test]
    fn what_one_party_computes_the_other_finds(
        bytes in prop::collection::vec(any::<u8>(), 0..200), counter: u64, behind in 0u64..20, text in "[0-9a-f]{1,40}",
    ) {
        let (suite, key) = (suite("C-QH40"), Key::new(bytes));
        let at = |counter| DataInput { counter: Some(counter), ..ask(&suite, &text) };
        let response = respond(&suite, &key, &at(counter)).expect("values that fit");
        prop_assert_eq!(verify(&suite, &key, &at(counter), &response), Ok(true));
        let found = search_counter(&suite, &key, &at(counter.wrapping_sub(behind)), &response, 20);
        prop_assert_eq!(found, Ok(Some(counter)));
    }
}
