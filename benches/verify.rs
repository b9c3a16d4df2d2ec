//! How many responses a second does a verifier settle, each durable before its answer?
//!
//! One client and 64, on the memory store and on the embedded one. The time is that of `Verifier::verify` alone: load,
//! unwrap the key, compute, settle, replace. The challenges are issued outside of it. Run it on the disk that matters:
//! `TMPDIR` says where.

use std::thread;
use std::time::{Duration, Instant};

use camtoken::challenge::DeviceNonce;
use camtoken::code::activation::{Binding, open_first, open_second};
use camtoken::key::ActivationId;
use camtoken::store::{EmbeddedStore, MemoryStore, Store, block_on};
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{AttemptId, ChallengeRef, LocalKeyWrapper, Policy, Step, Subscriber, Verifier};
use camtoken::{Key, Timestamp, code};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

/// How many activations each of many clients answers for in one go, so that starting its thread does not count.
const EACH: usize = 32;

/// One activation, and the key that its token holds.
struct Client {
    activation: ActivationId,
    key: Key,
}

fn verifier<S: Store>(store: S) -> Verifier<S> {
    let vault = Box::new(LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"));
    let rng = &mut UnwrapErr(SysRng);
    let verifier = Verifier::new(store, vault, Policy::default(), "架空中央銀行", rng).expect("the default policy");
    // As every program does: a new store is sealed from then on.
    block_on(verifier.check_key(rng)).expect("a new store");
    verifier
}

fn enroll<S: Store>(verifier: &Verifier<S>, number: usize) -> Client {
    let (rng, device_key) = (&mut UnwrapErr(SysRng), Key::new((7..39).collect()));
    let token = format!("BENCH{number:05}").parse().expect("a token ID");
    let subscriber = Subscriber { contract: "12345678".to_owned(), user: format!("USER{number}") };
    block_on(verifier.register(&token, &device_key, false, NOW, rng)).expect("a new token");
    let first = block_on(verifier.enroll(&token, subscriber, NOW, rng)).expect("a free place");
    let asked = open_first(&first.code, &device_key).expect("sealed for this token");
    let nonce = DeviceNonce::generate(rng);
    let device_code = asked.device_code(&device_key, nonce).expose_digits();
    let Ok(Step::Done(second)) =
        block_on(verifier.second_code(first.activation, &device_code, AttemptId::generate(rng), NOW, rng))
    else {
        panic!("the device code is right");
    };
    let (granted, grant) = open_second(&second.code, &device_key, Binding { first: asked.id, nonce }).expect("ours");
    let response = granted.respond(&grant.key, &grant.suite);
    let confirmed = block_on(verifier.confirm(first.activation, response.expose_str(), AttemptId::generate(rng), NOW));
    assert!(matches!(confirmed, Ok(Step::Done(()))));
    Client { activation: first.activation, key: grant.key }
}

fn issue<S: Store>(verifier: &Verifier<S>, client: &Client) -> (ChallengeRef, String) {
    let fields = [("limit", "transfer"), ("old", "1000000"), ("new", "5000000")];
    let transaction = Transaction::new(Operation::LimitChange, fields).expect("a limit change");
    let issued = block_on(verifier.issue(client.activation, transaction, None, NOW, &mut UnwrapErr(SysRng)));
    let issued = issued.expect("the activation can answer");
    let challenge = code::open(&issued.code, &client.key).expect("sealed for this activation");
    (issued.reference, challenge.respond(&client.key, &verifier.policy().suite).expose_str().to_owned())
}

/// Each client answers once for each of its activations; only the checking is timed.
fn settle<S: Store>(verifier: &Verifier<S>, clients: &[Vec<Client>], rounds: u64) -> Duration {
    let mut spent = Duration::ZERO;
    for _ in 0..rounds {
        let issue_all = |mine: &Vec<Client>| mine.iter().map(|client| issue(verifier, client)).collect::<Vec<_>>();
        let answers: Vec<_> = clients.iter().map(issue_all).collect();
        let start = Instant::now();
        thread::scope(|scope| {
            for mine in &answers {
                scope.spawn(move || {
                    for (challenge, response) in mine {
                        let attempt = AttemptId::generate(&mut UnwrapErr(SysRng));
                        let verdict = block_on(verifier.verify(*challenge, response, attempt, NOW));
                        assert!(verdict.expect("the store answers").is_accepted());
                    }
                });
            }
        });
        spent += start.elapsed();
    }
    spent
}

/// One client needs no thread of its own.
fn settle_alone<S: Store>(verifier: &Verifier<S>, client: &Client, rounds: u64) -> Duration {
    let mut spent = Duration::ZERO;
    for _ in 0..rounds {
        let (challenge, response) = issue(verifier, client);
        let attempt = AttemptId::generate(&mut UnwrapErr(SysRng));
        let start = Instant::now();
        let verdict = block_on(verifier.verify(challenge, &response, attempt, NOW));
        spent += start.elapsed();
        assert!(verdict.expect("the store answers").is_accepted());
    }
    spent
}

fn on_store<S: Store>(c: &mut Criterion, name: &str, store: S) {
    let verifier = verifier(store);
    let enroll_one = |client: usize, number: usize| enroll(&verifier, client * EACH + number);
    let clients: Vec<Vec<Client>> =
        (0..64).map(|client| (0..EACH).map(|number| enroll_one(client, number)).collect()).collect();
    let mut group = c.benchmark_group("verify");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new(name, "1 client"), |b| {
        b.iter_custom(|rounds| settle_alone(&verifier, &clients[0][0], rounds));
    });
    group.throughput(Throughput::Elements(64 * EACH as u64));
    group.bench_function(BenchmarkId::new(name, "64 clients"), |b| {
        b.iter_custom(|rounds| settle(&verifier, &clients, rounds));
    });
    group.finish();
}

fn verify(c: &mut Criterion) {
    on_store(c, "memory", MemoryStore::new());
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    on_store(c, "embedded", EmbeddedStore::open(dir.path().join("store"), Duration::ZERO).expect("a new store"));
}

criterion_group!(benches, verify);
criterion_main!(benches);
