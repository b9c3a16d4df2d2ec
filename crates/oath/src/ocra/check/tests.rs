use super::*;
use crate::ocra::{self, PinHash, Question};
use proptest::prelude::*;

fn suite(text: &str) -> Suite {
    text.parse().expect("a suite")
}

/// Whatever the suite asks for, different for each number.
fn input(suite: &Suite, number: u64) -> DataInput {
    let digits = (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_string().repeat(2);
    let question = &digits[..usize::from(suite.question().max_len()).min(digits.len())];
    DataInput {
        counter: suite.counter().then_some(number),
        pin: suite.pin().map(|hash| PinHash::new(hash, &number.to_string())),
        session: suite.session().map(|len| vec![b's'; number as usize % (usize::from(len) + 1)]),
        time: suite.time_step().map(|_| number << 20),
        ..DataInput::new(Question::new(suite.question(), question).expect("digits are of every kind"))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn verdicts_are_those_of_single_checks(
        hash in "SHA(1|256|512)",
        digits in "(0|[4-9]|10)",
        parts in "(C-)?Q[ANH](04|08|33|40|64)(-PSHA(1|256|512))?(-S(001|064|512))?(-T1M)?",
        count in 1usize..40,
        changes: [u64; 8],
    ) {
        let suite = suite(&format!("OCRA-1:HOTP-{hash}-{digits}:{parts}"));
        let keys: Vec<_> = (0..3u8).map(|key| Key::new(vec![key; 20 + usize::from(key)])).collect();
        let inputs: Vec<_> = (0..count as u64).map(|number| input(&suite, number ^ changes[0])).collect();
        let answers: Vec<_> = inputs.iter().enumerate().map(|(index, input)| {
            let key = &keys[(index + (changes[index % 8] % 2) as usize) % 3];
            ocra::respond(&suite, key, input).expect("values that fit")
        }).collect();
        let checks: Vec<_> = inputs.iter().zip(&answers).enumerate()
            .map(|(index, (input, response))| Check { key: index % 3, input, response })
            .collect();
        let expected: Vec<_> = checks.iter()
            .map(|check| ocra::verify(&suite, &keys[check.key], check.input, check.response) == Ok(true))
            .collect();
        let table = KeyTable::new(suite.hash(), keys.iter());
        for engine in Engine::available() {
            let mut verdicts = vec![false; count];
            prop_assert_eq!(Checker::with_engine(&suite, engine).check(&table, &checks, &mut verdicts), Ok(()));
            prop_assert_eq!(&verdicts, &expected, "{}", engine);
        }
    }
}

#[test]
fn more_than_a_share_are_checked_in_their_order() {
    let suite = suite("OCRA-1:HOTP-SHA256-8:QN08");
    let keys: Vec<_> = (0..700u32).map(|key| Key::new(key.to_be_bytes().repeat(8))).collect();
    let inputs: Vec<_> = (0..50).map(|number| input(&suite, number)).collect();
    let right = |key: usize, input: usize| ocra::respond(&suite, &keys[key], &inputs[input]).expect("values that fit");
    let responses: Vec<_> = (0..3000).map(|index| right(index * 13 % 700, index % 50)).collect();
    let check = |index: usize| Check {
        key: (index * 13 + usize::from(index.is_multiple_of(5))) % 700,
        input: &inputs[index % 50],
        response: &responses[index],
    };
    let checks: Vec<_> = (0..3000).map(check).collect();
    let mut verdicts = vec![true; 3000];
    let table = KeyTable::new(suite.hash(), keys.iter());
    Checker::new(&suite).check(&table, &checks, &mut verdicts).expect("values that fit");
    assert!(verdicts.iter().enumerate().all(|(index, verdict)| *verdict != index.is_multiple_of(5)));
}

#[test]
fn a_joined_question_is_checked_like_any_other() {
    let suite = suite("OCRA-1:HOTP-SHA256-8:QA08");
    let keys = [Key::new(vec![1; 32])];
    let joined = Question::joined(suite.question(), "CLI22220SRV11110").expect("two questions of eight");
    let inputs = [input(&suite, 1), DataInput::new(joined)];
    let response = ocra::respond(&suite, &keys[0], &inputs[1]).expect("values that fit");
    let checks: Vec<_> = inputs.iter().map(|input| Check { key: 0, input, response: &response }).collect();
    let mut verdicts = [true; 2];
    let table = KeyTable::new(Hash::Sha256, keys.iter());
    assert_eq!(Checker::new(&suite).check(&table, &checks, &mut verdicts), Ok(()));
    assert_eq!(verdicts, [false, true]);
}

#[test]
fn a_response_of_another_length_is_not_right() {
    let (six, eight) = (suite("OCRA-1:HOTP-SHA256-6:QN08"), suite("OCRA-1:HOTP-SHA256-8:QN08"));
    let keys = [Key::new(vec![1; 32])];
    let input = input(&six, 1);
    let response = ocra::respond(&six, &keys[0], &input).expect("values that fit");
    let mut verdicts = [true];
    let table = KeyTable::new(Hash::Sha256, keys.iter());
    let check = Check { key: 0, input: &input, response: &response };
    assert_eq!(Checker::new(&eight).check(&table, &[check], &mut verdicts), Ok(()));
    assert_eq!(verdicts, [false]);
}

#[test]
fn a_check_that_cannot_be_made_is_named() {
    let suite = suite("OCRA-1:HOTP-SHA256-8:QN08");
    let keys = [Key::new(vec![1; 32])];
    let (good, bad) = (input(&suite, 1), DataInput { counter: Some(1), ..input(&suite, 1) });
    let response = Response::parse("12345678", 8).expect("eight digits");
    let check = |key, input| Check { key, input, response: &response };
    let error = |hash, checks: &[Check<'_>]| {
        let table = KeyTable::new(hash, keys.iter());
        Checker::new(&suite).check(&table, checks, &mut vec![false; checks.len()]).expect_err("it cannot be made")
    };
    assert_eq!(error(Hash::Sha1, &[]), CheckError::Hash { suite: Hash::Sha256, keys: Hash::Sha1 });
    let second = error(Hash::Sha256, &[check(0, &good), check(1, &good)]);
    assert_eq!(second, CheckError::Key { index: 1, found: 1 });
    let third = error(Hash::Sha256, &[check(0, &good), check(0, &good), check(0, &bad)]);
    assert_eq!(third.to_string(), "check 2: superfluous counter");
}

#[test]
fn a_key_can_be_put_in_anothers_place() {
    let suite = suite("OCRA-1:HOTP-SHA1-8:QN08");
    let keys = [Key::new(vec![1; 20]), Key::new(vec![2; 20])];
    let input = input(&suite, 1);
    let response = ocra::respond(&suite, &keys[1], &input).expect("values that fit");
    let mut table = KeyTable::new(Hash::Sha1, keys[..1].iter());
    let checker = Checker::new(&suite);
    for expected in [false, true] {
        let mut verdicts = [!expected];
        let check = Check { key: 0, input: &input, response: &response };
        assert_eq!(checker.check(&table, &[check], &mut verdicts), Ok(()));
        assert_eq!(verdicts, [expected]);
        table.set(0, &keys[1]);
    }
}
