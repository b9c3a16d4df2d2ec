//! How long does a check take, alone, among many, and among millions of keys; and how long a window?
//!
//! `hmac` is the plain use of the crate of that name on the same work, in the same run: the ratio to it is what counts, not
//! the nanoseconds. Ten million keys are taken with `CAMTOKEN_BENCH_KEYS=10000000`.

use std::env;
use std::hint::black_box;

use camtoken::Key;
use camtoken::oath::ocra::{self, Check, Checker, DataInput, KeyTable, Question, Suite};
use camtoken::oath::{Digits, Engine, Hash, Response, hotp};
use camtoken_simd::{Field, Midstates, Plan, Sha1, Sha256};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};

/// A data input of 154 bytes.
const SUITE: &str = "OCRA-1:HOTP-SHA256-6:QN08";

fn suite() -> Suite {
    SUITE.parse().expect("a suite")
}

fn key(number: usize) -> Key {
    Key::new((number as u64).to_be_bytes().repeat(4))
}

/// Different questions, and a response that is right for none but by chance.
fn questions(suite: &Suite, count: usize) -> (Vec<DataInput>, Response) {
    let question = |number: usize| Question::new(suite.question(), &format!("{:08}", number * 7919 % 100_000_000));
    let inputs = (0..count).map(|number| DataInput::new(question(number).expect("eight digits"))).collect();
    (inputs, Response::parse("123456", 6).expect("six digits"))
}

/// The work of one check, written down plainly. The question is not 0.
fn plain(mut mac: Hmac<sha2::Sha256>, question: u32, expected: u32) -> bool {
    let mut input = [0; 154];
    input[..25].copy_from_slice(SUITE.as_bytes());
    // The number in hexadecimal, from the left.
    let left = question << (question.leading_zeros() & !3);
    input[26..30].copy_from_slice(&left.to_be_bytes());
    mac.update(&input);
    let tag = mac.finalize().into_bytes();
    let offset = usize::from(tag[31] & 15);
    let word = u32::from_be_bytes(tag[offset..offset + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    word % 1_000_000 == expected
}

fn kernel(c: &mut Criterion) {
    let mut group = c.benchmark_group("kernel");
    let (message, secret) = ([0x5a; 154], [7; 32]);
    for engine in Engine::available() {
        group.bench_function(BenchmarkId::new("midstates", engine), |b| {
            b.iter(|| Midstates::<Sha256>::new(engine, black_box(&secret)));
        });
        let key = Midstates::<Sha256>::new(engine, &secret);
        group.bench_function(BenchmarkId::new("hmac_sha256_154", engine), |b| {
            b.iter(|| key.mac(engine, black_box(&message)));
        });
        let plan = Plan::<Sha256>::new(&message, 26..154, std::slice::from_ref(&(0..4)), 6);
        let field = Field::<160>::ZERO;
        group.bench_function(BenchmarkId::new("planned_sha256_154", engine), |b| {
            b.iter(|| plan.value(engine, &key, black_box(&field).padded()));
        });
        let counter = Field::<40>::ZERO;
        let plan = Plan::<Sha1>::new(&[0; 8], 0..8, std::slice::from_ref(&(0..8)), 6);
        let key = Midstates::<Sha1>::new(engine, &secret);
        group.bench_function(BenchmarkId::new("hotp_sha1", engine), |b| {
            b.iter(|| plan.value(engine, &key, black_box(&counter).padded()));
        });
    }
    group.finish();
}

fn single(c: &mut Criterion) {
    let suite = suite();
    let (inputs, response) = questions(&suite, 1);
    let secret = key(1);
    let mut group = c.benchmark_group("check/single");
    group.bench_function("hmac", |b| {
        b.iter(|| {
            let mac = Hmac::new_from_slice(black_box(secret.expose_bytes())).expect("HMAC takes a key of any length");
            plain(mac, black_box(12_345_678), 123_456)
        });
    });
    let keyed = Hmac::new_from_slice(secret.expose_bytes()).expect("HMAC takes a key of any length");
    group.bench_function("hmac, keyed state kept", |b| {
        b.iter(|| plain(black_box(&keyed).clone(), black_box(12_345_678), 123_456));
    });
    group.bench_function("verify", |b| {
        b.iter(|| ocra::verify(&suite, &secret, black_box(&inputs[0]), &response));
    });
    let table = KeyTable::new(Hash::Sha256, [secret].iter());
    for engine in Engine::available() {
        let checker = Checker::with_engine(&suite, engine);
        let check = [Check { key: 0, input: &inputs[0], response: &response }];
        let mut verdict = [false];
        group.bench_function(BenchmarkId::new("checker", engine), |b| {
            b.iter(|| checker.check(&table, black_box(&check), &mut verdict));
        });
    }
    group.finish();
}

fn batch(c: &mut Criterion) {
    let suite = suite();
    let (inputs, response) = questions(&suite, 4096);
    let keys: Vec<_> = (0..256).map(key).collect();
    let table = KeyTable::new(Hash::Sha256, keys.iter());
    let mut group = c.benchmark_group("check/batch");
    for count in [8, 16, 256, 4096] {
        group.throughput(Throughput::Elements(count as u64));
        let checks: Vec<_> =
            (0..count).map(|number| Check { key: number % 256, input: &inputs[number], response: &response }).collect();
        let mut verdicts = vec![false; count];
        for engine in Engine::available() {
            let checker = Checker::with_engine(&suite, engine);
            group.bench_function(BenchmarkId::new(engine.as_str(), count), |b| {
                b.iter(|| checker.check(&table, black_box(&checks), &mut verdicts));
            });
        }
    }
    group.finish();
}

/// Each check by a key somewhere in the table.
fn random(c: &mut Criterion) {
    let suite = suite();
    let (inputs, response) = questions(&suite, 1 << 16);
    let asked = env::var("CAMTOKEN_BENCH_KEYS").ok().map(|keys| keys.parse().expect("a number of keys"));
    let mut group = c.benchmark_group("check/random");
    for keys in [1_000, 1_000_000].into_iter().chain(asked) {
        let all: Vec<_> = (0..keys).map(key).collect();
        let table = KeyTable::new(Hash::Sha256, all.iter());
        drop(all);
        let mut place = 1u64;
        let mut next = || {
            place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (place >> 33) as usize % keys
        };
        let checks: Vec<_> = inputs.iter().map(|input| Check { key: next(), input, response: &response }).collect();
        let mut verdicts = vec![false; 4096];
        group.throughput(Throughput::Elements(4096));
        for engine in Engine::available() {
            let checker = Checker::with_engine(&suite, engine);
            let mut turns = checks.chunks_exact(4096).cycle();
            group.bench_function(BenchmarkId::new(engine.as_str(), keys), |b| {
                b.iter(|| checker.check(&table, turns.next().expect("a cycle has no end"), &mut verdicts));
            });
        }
    }
    group.finish();
}

fn window(c: &mut Criterion) {
    let mut group = c.benchmark_group("window");
    let secret = Key::new(vec![7; 20]);
    let miss = Response::parse("000000", 6).expect("six digits");
    for count in [10, 100, 1000] {
        group.throughput(Throughput::Elements(count));
        for hash in [Hash::Sha1, Hash::Sha256] {
            group.bench_function(BenchmarkId::new(format!("hotp-{hash}"), count), |b| {
                b.iter(|| hotp::search(&secret, Digits::SIX, hash, black_box(&miss), 1, count as u32 - 1));
            });
        }
        let suite: Suite = "OCRA-1:HOTP-SHA256-6:C-QN08".parse().expect("a suite");
        let (mut inputs, _) = questions(&suite, 1);
        inputs[0].counter = Some(1);
        group.bench_function(BenchmarkId::new("ocra-counter", count), |b| {
            b.iter(|| ocra::search_counter(&suite, &secret, &inputs[0], black_box(&miss), count as u32 - 1));
        });
    }
    group.finish();
}

criterion_group!(benches, kernel, single, batch, random, window);
criterion_main!(benches);
