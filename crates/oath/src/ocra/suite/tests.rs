use super::*;
use proptest::prelude::*;

fn suite(text: &str) -> Suite {
    text.parse().expect("a suite")
}

fn error(text: &str) -> SuiteError {
    text.parse::<Suite>().expect_err(text)
}

#[test]
fn every_part_is_read() {
    let suite = suite("OCRA-1:HOTP-SHA512-10:C-QA64-PSHA256-S512-T59M");
    assert_eq!(suite.hash(), Hash::Sha512);
    assert_eq!(suite.digits(), 10);
    assert!(suite.counter());
    assert_eq!(Some(suite.question()), QuestionFormat::new(QuestionKind::Alphanumeric, 64));
    assert_eq!(suite.pin(), Some(Hash::Sha256));
    assert_eq!(suite.session(), Some(512));
    assert_eq!(suite.time_step().map(TimeStep::secs), Some(59 * 60));
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_standard() {
    let suite = suite("OCRA-1:HOTP-SHA1-6:Q-P-S-T");
    assert_eq!(Some(suite.question()), QuestionFormat::new(QuestionKind::Numeric, 8));
    assert_eq!(suite.pin(), Some(Hash::Sha1));
    assert_eq!(suite.session(), Some(64));
    assert_eq!(suite.time_step().map(TimeStep::secs), Some(60));
    assert!(!suite.counter());
}

#[test]
fn one_digit_lengths_mean_the_same_and_keep_their_spelling() {
    let (short, long) = (suite("OCRA-1:HOTP-SHA1-6:QH8"), suite("OCRA-1:HOTP-SHA1-6:QH08"));
    assert_eq!(short.question(), long.question());
    assert_eq!(short.to_string(), "OCRA-1:HOTP-SHA1-6:QH8");
    assert_ne!(short, long);
}

#[test]
fn time_is_counted_in_the_suites_steps() {
    for (text, steps) in [("T59S", 20_448_250), ("T", 20_107_446), ("T48H", 6981)] {
        let suite = suite(&format!("OCRA-1:HOTP-SHA1-6:QN08-{text}"));
        assert_eq!(suite.time_steps(Timestamp::from_unix(1_206_446_790)), Some(steps), "{text}");
    }
    assert_eq!(suite("OCRA-1:HOTP-SHA1-6:QN08").time_steps(Timestamp::from_unix(1)), None);
}

#[test]
fn errors_name_the_part() {
    let found = str::to_owned;
    assert_eq!(error(""), SuiteError::Parts { found: 1 });
    assert_eq!(error("OCRA-1:HOTP-SHA1-6:QN08:"), SuiteError::Parts { found: 4 });
    assert_eq!(error(&"x".repeat(65)), SuiteError::Length { found: 65 });
    assert_eq!(error("OCRA-2:HOTP-SHA1-6:QN08"), SuiteError::Algorithm { found: found("OCRA-2") });
    assert_eq!(error("OCRA-1:TOTP-SHA1-6:QN08"), SuiteError::Function { found: found("TOTP-SHA1-6") });
    assert_eq!(error("OCRA-1:HOTP-MD5-6:QN08"), SuiteError::Hash { found: found("MD5") });
    assert_eq!(error("OCRA-1:HOTP-SHA1-06:QN08"), SuiteError::Digits { found: found("06") });
    assert_eq!(error("OCRA-1:HOTP-SHA1-6:C"), SuiteError::Question { found: found("") });
    assert_eq!(error("OCRA-1:HOTP-SHA1-6:QN08-PMD5"), SuiteError::Pin { found: found("PMD5") });
    assert_eq!(error("OCRA-1:HOTP-SHA1-6:QN08-S513"), SuiteError::Session { found: found("S513") });
    assert_eq!(error("OCRA-1:HOTP-SHA1-6:QN08-T49H"), SuiteError::Time { found: found("T49H") });
    assert_eq!(error("OCRA-1:HOTP-SHA1-6:QN08-T1M-S"), SuiteError::Superfluous { found: found("S") });
    assert_eq!(
        error("OCRA-1:HOTP-SHA1-6:QN08-T0S").to_string(),
        "malformed time step \"T0S\", expected T, T1S to T59S, T1M to T59M or T1H to T48H"
    );
}

#[test]
fn a_numeric_question_is_warned_of() {
    let lints = |text: &str| suite(text).lints().collect::<Vec<_>>();
    assert_eq!(lints("OCRA-1:HOTP-SHA256-8:QH64"), []);
    assert_eq!(lints("OCRA-1:HOTP-SHA1-6:Q"), [Lint::NumericQuestion]);
    assert_eq!(lints("OCRA-1:HOTP-SHA1-10:QN04"), [Lint::NumericQuestion, Lint::ShortQuestion, Lint::TenDigits]);
    assert_eq!(lints("OCRA-1:HOTP-SHA1-4:QA10"), [Lint::FewDigits]);
}

#[test]
fn a_whole_hmac_is_one_of_the_suites_hash() {
    let suite = suite("OCRA-1:HOTP-SHA256-0:QA10");
    assert!(suite.parse_response(&"0".repeat(64)).is_ok());
    assert!(suite.parse_response(&"0".repeat(40)).is_err());
}

/// Any suite of the grammar, with the values it was written from.
fn any_suite() -> impl Strategy<Value = String> {
    let hash = || prop::sample::select(Hash::ALL.to_vec());
    let question = prop_oneof![
        Just("Q".to_owned()),
        ("[ANH]", 4u8..=64).prop_map(|(kind, len)| format!("Q{kind}{len:02}")),
        ("[ANH]", 4u8..=9).prop_map(|(kind, len)| format!("Q{kind}{len}")),
    ];
    let pin = prop_oneof![Just("-P".to_owned()), hash().prop_map(|hash| format!("-P{hash}"))];
    let session = prop_oneof![Just("-S".to_owned()), (1u16..=512).prop_map(|len| format!("-S{len:03}"))];
    let time = prop_oneof![
        Just("-T".to_owned()),
        (1u8..=59, "[SM]").prop_map(|(count, unit)| format!("-T{count}{unit}")),
        (1u8..=48).prop_map(|count| format!("-T{count}H")),
    ];
    let option = |strategy| prop::option::of(strategy).prop_map(Option::unwrap_or_default);
    let digits = prop::sample::select(vec![0, 4, 5, 6, 7, 8, 9, 10]);
    (hash(), digits, any::<bool>(), question, option(pin.boxed()), option(session.boxed()), option(time.boxed()))
        .prop_map(|(hash, digits, counter, question, pin, session, time)| {
            let counter = if counter { "C-" } else { "" };
            format!("OCRA-1:HOTP-{hash}-{digits}:{counter}{question}{pin}{session}{time}")
        })
}

proptest! {
    #[test]
    fn display_is_what_from_str_reads(text in any_suite()) {
        let suite: Suite = text.parse().expect("of the grammar");
        prop_assert_eq!(suite.as_str(), text);
        prop_assert_eq!(suite.to_string().parse(), Ok(suite));
    }

    #[test]
    fn no_string_panics(text in ".{0,70}") {
        let _ = text.parse::<Suite>();
    }

    #[test]
    fn no_damaged_suite_panics(text in any_suite(), at in 0usize..48, with in any::<char>()) {
        let damaged: String = text.chars().enumerate().map(|(i, c)| if i == at { with } else { c }).collect();
        if let Ok(suite) = damaged.parse::<Suite>() {
            prop_assert_eq!(suite.as_str(), damaged);
        }
    }
}
