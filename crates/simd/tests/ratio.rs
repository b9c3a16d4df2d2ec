//! No engine may lose its lead over the plain way, the `hmac` crate from the key, by far. Where it went is for the benches to say.
//!
//! Both run by turns in one process, in bursts that are shorter than what a system lets a thread have at a time. Of a round the
//! quickest bursts count, and of all rounds the median of their ratios: other people's load slows neither. It is measured in a
//! release build only: `cargo test --release -p camtoken-lanes --test ratio`.

use std::hint::black_box;
use std::time::Instant;

use camtoken_simd::{Engine, Field, Midstates, Plan, Request, Sha256};
use hmac::{Hmac, KeyInit, Mac};

const ROUNDS: usize = 101;
const BURSTS: usize = 8;
/// Checks of one burst: a tenth of a millisecond.
const BURST: usize = 512;
const BATCH: usize = 256;

/// The data input of OCRA with a numeric question: 154 bytes, of which 4 differ.
const SUITE: &[u8; 26] = b"OCRA-1:HOTP-SHA256-6:QN08\0";

/// What is not to be fallen short of, one check at a time and 256: about three quarters of what each engine reaches.
fn floors(engine: Engine) -> (f64, f64) {
    match engine.as_str() {
        "portable" => (1.1, 1.1),
        "sha-ni" => (1.25, 1.25),
        "sha-ni-x2" => (1.25, 1.5),
        "avx512" => (1.25, 3.4),
        other => panic!("{other} has no floor yet"),
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "only a release build is quick")]
fn every_engine_keeps_its_lead_over_the_plain_way() {
    for engine in Engine::available() {
        let (one, many) = floors(engine);
        lead(|| check(engine, 1), one).unwrap_or_else(|found| panic!("{engine}, 1 at a time: {found:.2}, not {one}"));
        lead(|| check(engine, BATCH), many)
            .unwrap_or_else(|found| panic!("{engine}, {BATCH} at a time: {found:.2}, not {many}"));
    }
}

/// The measure does measure: an engine that does everything three times over does not pass.
#[test]
#[cfg_attr(debug_assertions, ignore = "only a release build is quick")]
fn an_engine_that_takes_three_times_as_long_is_found_out() {
    let engine = Engine::in_use();
    let slow = || {
        let mut run = check(engine, 1);
        move || (0..3).map(|_| run()).sum::<usize>() / 3
    };
    assert!(lead(slow, floors(engine).0).is_err());
}

/// How many times as fast as the plain way; an error if that is below the floor three times in a row.
fn lead<F: FnMut() -> usize>(contender: impl Fn() -> F, floor: f64) -> Result<f64, f64> {
    let mut found = 0.0;
    for _ in 0..3 {
        let (mut contender, mut plain) = (contender(), plain());
        let mut round = || {
            let (mut own, mut other) = (f64::MAX, f64::MAX);
            for _ in 0..BURSTS {
                own = own.min(burst(&mut contender));
                other = other.min(burst(&mut plain));
            }
            other / own
        };
        let mut ratios: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
        ratios.sort_by(f64::total_cmp);
        found = ratios[ROUNDS / 2];
        println!("{found:.2}, asked for {floor}");
        if found >= floor {
            return Ok(found);
        }
    }
    Err(found)
}

/// The seconds of one check.
fn burst(run: &mut impl FnMut() -> usize) -> f64 {
    let (start, mut checks) = (Instant::now(), 0);
    while checks < BURST {
        checks += run();
    }
    start.elapsed().as_secs_f64() / checks as f64
}

/// Checks so many at a time, and says how many.
fn check(engine: Engine, count: usize) -> impl FnMut() -> usize {
    let mut message = SUITE.to_vec();
    message.resize(154, 0);
    let plan = Plan::<Sha256>::new(&message, 26..154, std::slice::from_ref(&(0..4)), 6);
    let keys: Vec<_> = (0..count).map(|key| Midstates::new(engine, &secret(key))).collect();
    let mut fields = vec![Field::<160>::ZERO; count];
    let (mut verdicts, mut question) = (vec![false; count], 0u32);
    move || {
        for field in &mut fields {
            question += 1;
            field.bytes_mut()[..4].copy_from_slice(&question.to_be_bytes());
        }
        let request = |index: usize| Request { key: index, field: fields[index].padded(), expected: 123_456 };
        plan.check(engine, black_box(&keys), request, &mut verdicts);
        black_box(&verdicts).len()
    }
}

/// The same with the `hmac` crate.
fn plain() -> impl FnMut() -> usize {
    let (secret, mut input, mut question) = (secret(1), [0; 154], 0u32);
    input[..26].copy_from_slice(SUITE);
    move || {
        question += 1;
        input[26..30].copy_from_slice(&question.to_be_bytes());
        let hmac = Hmac::<sha2::Sha256>::new_from_slice(black_box(&secret)).expect("HMAC takes a key of any length");
        let tag = hmac.chain_update(input).finalize().into_bytes();
        let word = tag[usize::from(tag[31] & 15)..].first_chunk().expect("four bytes from the fifteenth on");
        black_box((u32::from_be_bytes(*word) & 0x7fff_ffff) % 1_000_000 == 123_456);
        1
    }
}

fn secret(number: usize) -> [u8; 32] {
    std::array::from_fn(|index| (number + index) as u8)
}
