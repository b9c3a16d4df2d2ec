//! A clock that was wrong: what it may not decide, and how its traces are removed.

use camtoken::Timestamp;
use camtoken::oath::totp::Totp;
use camtoken::verifier::{ClockLimits, ClockReading, RecordFault};

use super::*;

const DAY: u64 = 24 * 60 * 60;

fn reading(at: Timestamp, uptime_secs: u64) -> ClockReading {
    ClockReading { wall: at, uptime_secs, boot: [7; 16] }
}

fn watch<S: Store>(verifier: &Verifier<S>, now: ClockReading) -> Result<(), u64> {
    match block_on(verifier.watch_clock(now, ClockLimits::default())) {
        Ok(_) => Ok(()),
        Err(VerifierError::ClockAhead(ahead)) => Err(ahead.seconds),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_clock_that_is_ahead_is_refused_until_it_is_confirmed() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let verifier = &pair.verifier;
        assert_eq!(watch(verifier, reading(NOW, 1000)), Ok(()), "there is nothing to compare with");
        assert_eq!(watch(verifier, reading(later(100), 1100)), Ok(()));
        assert_eq!(watch(verifier, reading(later(DAY), 1200)), Err(DAY - 200));
        assert_eq!(watch(verifier, reading(later(200), 1200)), Ok(()), "what was refused has left nothing");
        block_on(verifier.confirm_clock(reading(later(DAY), 1200))).expect("the store answers");
        assert_eq!(watch(verifier, reading(later(DAY + 60), 1260)), Ok(()));
        let inventory = block_on(verifier.check(later(DAY))).expect("the store answers");
        assert_eq!(inventory.findings, [], "the record of the clocks is sound");
    });
}

#[test]
fn records_ahead_of_the_clock_are_found_and_set_back() {
    on_every_store!(store => {
        let pair = Pair::new(store, test_policy());
        let verifier = &pair.verifier;
        let (settled, used) = pair.issue("1", NOW);
        let attempt = AttemptId::generate(&mut rng());
        assert!(pair.verify_as(attempt, settled, &used, NOW).is_accepted());
        let (open, response) = pair.issue("2", later(DAY));
        let (generator, secret) =
            block_on(verifier.enroll_time_based(subscriber(), NOW, &mut rng())).expect("the store answers");
        let password = |at| Totp::default().respond(&secret, at).expose_str().to_owned();
        let by_generator = |response: &str, at| {
            let attempt = AttemptId::generate(&mut rng());
            block_on(verifier.verify_password(generator, response, attempt, at)).expect("the store answers")
        };
        assert!(by_generator(&password(later(DAY)), later(DAY)).is_accepted());

        let right = later(60);
        let found = block_on(verifier.check(right)).expect("the store answers").findings;
        let ahead = |fault: &RecordFault| matches!(fault, RecordFault::AheadOfClock { seconds } if *seconds == DAY - 60);
        assert!(found.len() == 2 && found.iter().all(|finding| ahead(&finding.fault)), "{found:?}");

        let repair = block_on(verifier.set_clock_back(right)).expect("the store answers");
        assert_eq!((repair.set_back, repair.most_seconds), (2, DAY - 60));
        assert_eq!(repair.need_new_generator, [generator]);
        let again = block_on(verifier.set_clock_back(right)).expect("the store answers");
        assert_eq!(again.set_back, 0, "there is nothing left");
        assert_eq!(block_on(verifier.check(right)).expect("the store answers").findings, []);

        assert_eq!(rejected(&pair.verify(open, &response, right)), Rejection::Superseded, "what was open is ended");
        assert_eq!(rejected(&pair.verify(settled, &used, right)), Rejection::AlreadySettled, "and nothing opened");
        let (next, response) = pair.issue("3", later(70));
        assert!(pair.verify(next, &response, later(80)).is_accepted(), "it signs again");
        assert!(!pair.verify(next, &response, later(DAY)).is_accepted());

        assert!(!by_generator(&password(later(90)), later(90)).is_accepted(), "a generator stays shut until then");
        assert!(!by_generator(&password(later(DAY)), later(DAY)).is_accepted(), "and accepts nothing twice then");
        assert_eq!(pair.events().iter().filter(|event| *event == "ClockSetBack").count(), 1);
    });
}
