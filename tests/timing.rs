//! Whether time tells a secret: Welch's t-test over the times of two classes of inputs, one fixed and one random, which a comparison
//! that ends early treats differently (dudect: Reparaz, Balasch, Verbauwhede, Dude, is my code constant time?, 2017).
//!
//! Below 4.5 nothing is seen, in so many samples on this machine. A comparison that does end early is measured the same way
//! and must be seen far above that. `CAMTOKEN_TEST_SAMPLES` says how many; `scripts/faults` takes many.

#[macro_use]
#[path = "common/forward.rs"]
mod forward;
#[expect(dead_code, reason = "most of it is for the tests of the verifier")]
#[path = "common/pair.rs"]
mod pair;

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use camtoken::Key;
use camtoken::oath::Response;
use camtoken::seeded::Seeded;
use camtoken::store::{Change, MemoryStore, RecordId, Replaced, Revision, Store, StoreError, Versioned, block_on};
use camtoken::verifier::{AttemptId, KeyWrapper, LocalKeyWrapper, Policy, Rejection, Verdict, Verifier};
use pair::{NOW, Pair, rng, subscriber, test_policy};
use rand::{Rng, RngExt};

/// Samples of each measurement by default.
const SAMPLES: usize = 20_000;

/// Above this |t| the classes differ; dudect's limit.
const SEEN: f64 = 4.5;

/// What a comparison that ends early must reach at least.
const CONTROL: f64 = 10.0;

fn samples() -> usize {
    std::env::var("CAMTOKEN_TEST_SAMPLES").ok().and_then(|samples| samples.parse().ok()).unwrap_or(SAMPLES)
}

/// Measures inputs of the two classes in random order and gives t. Each input has memory of its own, made beforehand.
fn t<I>(samples: usize, repeats: u32, input: impl Fn(bool, &mut Seeded) -> I, run: impl Fn(&I)) -> f64 {
    let order = &mut Seeded::new("order");
    let inputs: Vec<_> = (0..samples)
        .map(|_| {
            let is_fixed = order.random();
            (is_fixed, input(is_fixed, order))
        })
        .collect();
    inputs.iter().take(200).for_each(|(_, input)| run(input));
    let mut took: Vec<(bool, f64)> = inputs
        .iter()
        .map(|(is_fixed, input)| {
            let start = Instant::now();
            for _ in 0..repeats {
                run(black_box(input));
            }
            (*is_fixed, start.elapsed().as_nanos() as f64)
        })
        .collect();
    // The slowest tell of interrupts, not of the code.
    took.sort_by(|a, b| a.1.total_cmp(&b.1));
    took.truncate(samples * 9 / 10);
    let class = |fixed| took.iter().filter(move |(is_fixed, _)| *is_fixed == fixed).map(|(_, took)| *took);
    welch(class(true), class(false))
}

fn welch(one: impl Iterator<Item = f64> + Clone, other: impl Iterator<Item = f64> + Clone) -> f64 {
    let moments = |class: &dyn Fn() -> Vec<f64>| {
        let values = class();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let (one, other) = (moments(&|| one.clone().collect()), moments(&|| other.clone().collect()));
    (one.0 - other.0) / (one.1 + other.1).sqrt()
}

/// Nothing is seen in one of three measurements: what is there is there each time, and what the machine does is not.
fn is_not_seen(what: &str, measure: impl Fn() -> f64) {
    let mut seen = Vec::new();
    for _ in 0..3 {
        let t = measure();
        seen.push(t);
        if t.abs() < SEEN {
            println!("{what}: t = {seen:.1?}");
            return;
        }
    }
    panic!("{what}: t = {seen:.1?}");
}

fn digits(rng: &mut impl Rng) -> String {
    format!("{:08}", rng.random_range(0..100_000_000))
}

/// Ends at the first difference.
fn ends_early(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).all(|(one, other)| black_box(one) == black_box(other))
}

const RIGHT: &str = "48151623";
const NEARLY: &str = "48151624";

#[test]
fn welch_s_t_is_that_of_the_textbook() {
    // Computed from the same numbers by the means and variances of Python's module statistics.
    let t = welch([3.0, 4.0, 1.0, 2.1].into_iter(), [4.5, 6.0, 3.5, 5.0, 7.0].into_iter());
    assert!((t + 3.040_64).abs() < 1e-5, "{t}");
}

#[test]
fn the_comparison_of_responses_does_not_tell_how_many_digits_are_right() {
    let right = Response::parse(RIGHT, 8).expect("eight digits");
    let guess = |is_fixed, rng: &mut Seeded| if is_fixed { NEARLY.to_owned() } else { digits(rng) };
    let parsed = |is_fixed, rng: &mut Seeded| Response::parse(&guess(is_fixed, rng), 8).expect("eight digits");
    is_not_seen("Response::ct_eq", || {
        t(samples(), 64, parsed, |guess| {
            black_box(right.ct_eq(guess));
        })
    });
    let leaking = t(samples(), 64, guess, |guess| {
        black_box(ends_early(RIGHT.as_bytes(), guess.as_bytes()));
    });
    println!("a comparison that ends early: t = {leaking:.1}");
    assert!(leaking.abs() > CONTROL, "a comparison that ends early is not seen: t = {leaking:.1}");
}

#[test]
fn unwrapping_does_not_tell_how_much_of_an_altered_tag_is_right() {
    let wrapper = LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes");
    let wrapped = wrapper.wrap(&Key::new(vec![7; 32]), b"row 1", &mut rng()).expect("a local wrapper answers");
    let altered = |is_fixed, rng: &mut Seeded| {
        let mut wrapped = wrapped.clone();
        let tag = wrapped.len() - 16;
        if is_fixed {
            *wrapped.last_mut().expect("a tag") ^= 1;
        } else {
            rng.fill_bytes(&mut wrapped[tag..]);
        }
        wrapped
    };
    is_not_seen("LocalKeyWrapper::unwrap", || {
        t(samples(), 4, altered, |wrapped| assert!(wrapper.unwrap(wrapped, b"row 1").is_err()))
    });
}

/// A store in which nothing changes any more: each wrong response is the first one.
struct Frozen {
    store: MemoryStore,
    is_frozen: AtomicBool,
}

impl Store for Frozen {
    forward!(load list audit_page);

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        if self.is_frozen.load(Ordering::Relaxed) {
            return Ok(Replaced::Yes(expected.next()));
        }
        self.store.replace(id, expected, change).await
    }
}

fn frozen() -> Frozen {
    Frozen { store: MemoryStore::new(), is_frozen: AtomicBool::new(false) }
}

fn freeze(verifier: &Verifier<Frozen>) {
    verifier.store().is_frozen.store(true, Ordering::Relaxed);
}

fn attempt(rng: &mut Seeded) -> AttemptId {
    AttemptId::generate(rng)
}

#[test]
fn a_wrong_response_to_a_challenge_does_not_tell_how_many_digits_are_right() {
    let pair = Pair::new(frozen(), test_policy());
    let (challenge, right) = pair.issue("1250000", NOW);
    freeze(&pair.verifier);
    let (head, last) = right.split_at(7);
    let nearly = format!("{head}{}", (last.parse::<u8>().expect("a digit") + 1) % 10);
    let guess = |is_fixed, rng: &mut Seeded| {
        let guess = if is_fixed { nearly.clone() } else { digits(rng) };
        (guess, attempt(rng))
    };
    is_not_seen("Verifier::verify", || {
        t(samples(), 1, guess, |(guess, attempt)| {
            let verdict = block_on(pair.verifier.verify(challenge, guess, *attempt, NOW)).expect("memory");
            assert!(matches!(verdict, Verdict::Rejected(Rejection::Wrong { .. })), "{verdict:?}");
        })
    });
}

#[test]
fn a_wrong_password_does_not_tell_how_many_digits_are_right() {
    let verifier = pair::verifier(frozen(), Policy::default());
    let (activation, secret) = block_on(verifier.enroll_time_based(subscriber(), NOW, &mut rng())).expect("memory");
    freeze(&verifier);
    let right = camtoken::oath::totp::Totp::default().respond(&secret, NOW);
    let (head, last) = right.expose_str().split_at(5);
    let nearly = format!("{head}{}", (last.parse::<u8>().expect("a digit") + 1) % 10);
    let guess = |is_fixed, rng: &mut Seeded| {
        let guess = if is_fixed { nearly.clone() } else { format!("{:06}", rng.random_range(0..1_000_000)) };
        (guess, attempt(rng))
    };
    is_not_seen("Verifier::verify_password", || {
        t(samples(), 1, guess, |(guess, attempt)| {
            let verdict = block_on(verifier.verify_password(activation, guess, *attempt, NOW)).expect("memory");
            assert!(matches!(verdict, Verdict::Rejected(_)) || guess != &nearly, "{verdict:?}");
        })
    });
}
