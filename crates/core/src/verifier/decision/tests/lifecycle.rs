//! Events that end activations and challenges: a restored backup, a clock that is set back, other dates; and the places of a token.

use core::num::NonZeroU32;

use camtoken_oath::Digits;

use super::*;
use crate::verifier::origin::Origin;
use crate::verifier::record::TokenRecord;

const STEP: u64 = NOW.as_unix() / 30;

fn time_based(last_step: Option<u64>) -> Record {
    with(|record| {
        record.credential = Credential::TimeBased { key: vec![1], last_step };
        record.challenge = None;
    })
}

fn last_step(record: &Record) -> Option<u64> {
    match record.credential {
        Credential::TimeBased { last_step, .. } => last_step,
        _ => None,
    }
}

#[test]
fn a_restored_record_has_nothing_open_and_takes_no_password_until_now() {
    let restored = decide(&active(), &Restoration, NOW);
    assert_eq!((restored.answer, restored.write), (true, true));
    assert_eq!(restored.record.past.first().map(|past| past.end), Some(ChallengeEnd::Superseded));
    let registration = decide(&registration::registering(), &Restoration, NOW);
    assert_eq!((registration.answer, registration.record.state), (true, StoredState::Reset));
    // The generator may be fast by one step.
    for (last, is_changed) in [(None, true), (Some(STEP), true), (Some(STEP + 1), false), (Some(STEP + 9), false)] {
        let restored = decide(&time_based(last), &Restoration, NOW);
        assert_eq!(restored.answer, is_changed, "{last:?}");
        assert_eq!(last_step(&restored.record), last.max(Some(STEP + 1)));
        assert!(restored.write && restored.audit.is_some() == is_changed);
    }
}

#[test]
fn a_record_that_is_ahead_is_set_back_and_one_that_is_not_stays() {
    let ahead = |record: Record| Record { latest_time: at(600), ..record };
    let settled = decide(&ahead(active()), &ClockSetBack, NOW);
    assert_eq!(settled.answer, Some(SetBack { seconds: 600, needs_new_generator: false }));
    assert_eq!((settled.record.latest_time, settled.record.challenge.is_none(), settled.write), (NOW, true, true));
    let untouched = decide(&active(), &ClockSetBack, NOW);
    assert_eq!((untouched.answer, untouched.write, untouched.record), (None, false, active()));
    for (last, is_needed) in [(None, false), (Some(STEP), false), (Some(STEP + 1), false), (Some(STEP + 2), true)] {
        let settled = decide(&ahead(time_based(last)), &ClockSetBack, NOW);
        assert_eq!(settled.answer.map(|back| back.needs_new_generator), Some(is_needed), "{last:?}");
    }
}

#[test]
fn dates_that_are_the_same_change_nothing() {
    let validity = Validity { start: Some(at(-9)), end: Some(at(9)) };
    let changed = decide(&active(), &ValidityChange { validity }, NOW);
    assert_eq!((changed.answer, changed.write, changed.audit.is_some()), (true, true, true));
    let again = decide(&changed.record, &ValidityChange { validity }, NOW);
    assert_eq!((again.answer, again.write, again.record), (false, false, changed.record));
}

#[test]
fn a_counter_is_used_with_all_before_it_and_the_last_value_never() {
    let generator = |next| {
        let (id, moving) = ("G1".parse().expect("an ID"), Moving::event(Digits::SIX, next));
        let credential =
            Credential::Generator { id, key: vec![1], moving, validity: Validity::default(), question: None };
        with(|record| record.credential = credential)
    };
    let found = |value| GeneratorPassword { comparison: Comparison::Made { tag: [7; 16], matches: Some(value) } };
    assert!(decide(&generator(8), &found(8), NOW).answer.is_accepted(), "the next one");
    let used = decide(&generator(8), &found(7), NOW).answer;
    assert_eq!(used, Verdict::Rejected(Rejection::AlreadySettled));
    let last = decide(&generator(u64::MAX), &found(u64::MAX), NOW).answer;
    assert_eq!(last, Verdict::Rejected(Rejection::AlreadySettled));
    let both = Resynchronisation { comparison: Comparison::Made { tag: [7; 16], matches: Some(8) } };
    let first = decide(&generator(8), &both, NOW);
    let again = decide(&first.record, &both, NOW);
    assert_eq!((again.answer, again.write, again.audit.is_none()), (Step::Done(()), true, true));
}

#[test]
fn a_generator_of_a_maker_keeps_how_far_its_clock_is_off() {
    let generator = |last_step| {
        let (hash, step_secs) = (camtoken_oath::Hash::Sha256, NonZeroU32::new(30).expect("not 0"));
        let moving = Moving::Time { hash, digits: Digits::EIGHT, step_secs, drift: 0, last_step };
        let id = "G1".parse().expect("an ID");
        with(|record| {
            record.credential =
                Credential::Generator { id, key: vec![1], moving, validity: Validity::default(), question: None }
        })
    };
    let record = generator(None);
    let expected = expected_password(&Policy::default(), &record, NOW).expect("decided").expect("one");
    let Window::Time { totp, at, .. } = expected.window else { panic!("by the time") };
    assert_eq!((totp.hash, at), (camtoken_oath::Hash::Sha256, NOW), "32 bytes are those of SHA-256");
    let found = |value| GeneratorPassword { comparison: Comparison::Made { tag: [7; 16], matches: Some(value) } };
    let moving = |record: &Record| match record.credential {
        Credential::Generator { moving: Moving::Time { drift, last_step, .. }, .. } => (drift, last_step),
        _ => (0, None),
    };
    for (last, value, expected) in [
        (None, STEP - 1, (0, Some(STEP - 1))),
        (Some(STEP - 1), STEP + 1, (1, Some(STEP + 1))),
        (Some(STEP + 1), STEP + 1, (0, Some(STEP + 1))),
        (Some(STEP + 1), STEP, (0, Some(STEP + 1))),
    ] {
        assert_eq!(moving(&decide(&generator(last), &found(value), NOW).record), expected, "{last:?} {value}");
    }
}

#[test]
fn a_token_has_places_for_eight_and_its_dates_are_those_of_the_last_file() {
    let origin = |end| {
        let key = Validity { start: None, end };
        Some(Origin { key, ..Origin::default() })
    };
    let token = register_token(vec![1], false, origin(Some(at(9))), NOW).expect("valid").record;
    let renewed = register_token_again(token.clone(), true, origin(Some(at(99))), NOW);
    assert_eq!((renewed.answer, validity(&renewed.record).end), (Step::Done(()), Some(at(99))));
    let silent = register_token_again(token.clone(), true, origin(None), NOW);
    assert_eq!(validity(&silent.record).end, Some(at(9)), "a file that names no dates changes none");
    let user = |number: u8| ActivationId::from_bytes([number; 6]);
    let with_users = |count: u8| TokenRecord { activations: (0..count).map(user).collect(), ..token.clone() };
    let add = |count: u8, place: UserPlace| {
        let places = vec![place; count.into()];
        match add_user(with_users(count), &places, user(99), NOW) {
            NewUser::Added(settled) => settled.record.activations.len(),
            NewUser::Full => 0,
            NewUser::AfterClosing(reserved) => 100 + reserved.len(),
        }
    };
    assert_eq!((add(0, UserPlace::Taken), add(7, UserPlace::Taken), add(8, UserPlace::Taken)), (1, 8, 0));
    assert_eq!((add(8, UserPlace::Ended), add(7, UserPlace::Reserved), add(8, UserPlace::Reserved)), (1, 8, 108));
}
