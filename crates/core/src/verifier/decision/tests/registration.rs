//! Registration by the rows of the specification, section 8.

use super::*;
use crate::challenge::DeviceNonce;
use crate::transaction::Operation;

/// A registration whose first code is made.
pub(super) fn registering() -> Record {
    let new = NewActivation {
        activation: ACTIVATION,
        subscriber: Subscriber { contract: "1".into(), user: "A".into() },
        token: token(),
        test: false,
        validity: Validity::default(),
        key: vec![1],
        first: OPEN,
        transaction: samples::full(Operation::Activation1),
    };
    enroll(&Policy::default(), new, NOW).record
}

fn device_code(tag: u8, nonce: &str, matches: bool) -> DeviceCodeAnswer {
    DeviceCodeAnswer {
        activation: ACTIVATION,
        nonce: nonce.parse::<DeviceNonce>().expect("six digits"),
        comparison: Comparison::Made { tag: [tag; 16], matches },
        second: OTHER,
        transaction: samples::full(Operation::Activation2),
    }
}

fn confirmation(tag: u8, matches: bool) -> Confirmation {
    Confirmation { activation: ACTIVATION, comparison: Comparison::Made { tag: [tag; 16], matches } }
}

#[test]
fn a_registration_goes_through_both_codes_in_their_time() {
    let first = registering();
    let day = 24 * 3600;
    assert!(awaited_challenge(&first, ACTIVATION, at(90 * day - 1)).is_some());
    assert!(awaited_challenge(&first, ACTIVATION, at(90 * day)).is_none());
    assert_eq!(decide(&first, &confirmation(1, true), NOW).answer, Step::Rejected(Rejection::NotActivated));
    let late = decide(&first, &device_code(1, "123456", true), at(90 * day));
    assert!(matches!(late.answer, Step::Rejected(Rejection::Expired)) && !late.write);

    let settled = decide(&first, &device_code(1, "123456", true), at(day));
    let Step::Done(made) = &settled.answer else { panic!("a second code") };
    assert_eq!((made.challenge.id, made.challenge.expires_at), (OTHER, at(day + 600)));
    assert!(settled.write && settled.audit.is_some());
    let second = settled.record;
    // Only the attempt that was decided last is remembered.
    let failed = decide(&first, &device_code(7, "123456", false), NOW).record;
    let passed = decide(&failed, &device_code(8, "123456", true), NOW).record;
    assert!(decide(&passed, &device_code(7, "123456", false), NOW).audit.is_some(), "it is counted");
    // The same device code gets the same second code, another number none.
    let again = decide(&second, &DeviceCodeAnswer { second: OPEN, ..device_code(2, "123456", true) }, at(day + 1));
    assert!(matches!(&again.answer, Step::Done(made) if made.challenge.id == OTHER) && again.write);
    let other = decide(&second, &device_code(3, "123457", true), at(day + 1));
    assert!(matches!(other.answer, Step::Rejected(Rejection::AlreadySettled)));
    assert_eq!(decide(&second, &confirmation(4, true), at(day + 600)).answer, Step::Rejected(Rejection::Expired));

    let confirmed = decide(&second, &confirmation(4, true), at(day + 599));
    assert_eq!((confirmed.answer, &confirmed.record.state), (Step::Done(()), &StoredState::Active));
    assert_eq!(confirmed.audit.expect("one").event, AuditEvent::Activated);
    let again = decide(&confirmed.record, &confirmation(4, true), at(day + 600));
    assert_eq!((again.answer, again.write), (Step::Done(()), true));
    let another = decide(&confirmed.record, &confirmation(5, true), at(day + 600));
    assert_eq!(another.answer, Step::Rejected(Rejection::AlreadySettled));
    let late = decide(&confirmed.record, &device_code(6, "123456", true), at(day + 600));
    assert!(matches!(late.answer, Step::Rejected(Rejection::NotActivated)));
    assert!(!confirmed.record.signed, "it may be reset");
}

#[test]
fn the_third_wrong_answer_to_a_code_ends_the_registration() {
    let second = decide(&registering(), &device_code(9, "123456", true), NOW).record;
    for (mut record, is_first) in [(registering(), true), (second, false)] {
        for left in [2, 1, 0] {
            let tag = 10 + left;
            let (answer, settled) = if is_first {
                let settled = decide(&record, &device_code(tag, "123456", false), NOW);
                (settled.answer.map(drop), settled.record)
            } else {
                let settled = decide(&record, &confirmation(tag, false), NOW);
                (settled.answer, settled.record)
            };
            assert_eq!(answer, Step::Rejected(Rejection::Wrong { tries_left: left, suspended: false }));
            assert_eq!((settled.state == StoredState::Reset, settled.failures), (left == 0, 0));
            record = settled;
        }
    }
}
