//! How many responses a second does the service settle over HTTP, each durable before its answer?
//!
//! 64 connections on loopback, client and service in one process on the same cores, the embedded store. Of three
//! responses to a challenge two are wrong and one is right. Challenges are issued outside of the time. `TMPDIR` says on
//! which disk; without `--bench` it runs once and short, as a test.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::challenge::DeviceNonce;
use camtoken::code;
use camtoken::code::activation::{Binding, open_first, open_second};
use camtoken::server::{Options, Service};
use camtoken::store::{EmbeddedStore, Store};
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{LocalVault, Policy, Step, Subscriber, Verifier};
use camtoken::{ActivationId, Key, Timestamp};
use pollster::block_on;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

/// Connections, each with activations of its own.
const CONNECTIONS: usize = 64;

fn main() {
    let long = std::env::args().any(|arg| arg == "--bench");
    let (each, rounds) = if long { (32, 24) } else { (2, 1) };
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    let store = EmbeddedStore::open(dir.path().join("store"), Duration::ZERO).expect("a new store");
    let store = std::sync::Arc::new(store);
    let vault = || Box::new(LocalVault::new(&[Key::new(vec![9; 32])]));
    let rng = &mut UnwrapErr(SysRng);
    let own = Verifier::new(std::sync::Arc::clone(&store), vault(), Policy::default(), "架空中央銀行", rng);
    let own = own.expect("the default policy");
    let served = Verifier::new(store, vault(), Policy::default(), "架空中央銀行", rng).expect("the default policy");

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let options = Options { clock: std::sync::Arc::new(|| NOW), ..Options::default() };
    runtime.spawn(Service::new(Some(served), &options).serve(listener, std::future::pending()));

    let clients: Vec<Vec<Holder>> = thread::scope(|scope| {
        let (own, enroll_all) = (&own, |client: usize| (0..each).map(move |n| client * each + n));
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|client| scope.spawn(move || enroll_all(client).map(|n| enroll(own, n)).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).collect()
    });
    let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| connect(address)).collect();
    let (mut took, mut cpu, mut all) = (Duration::ZERO, 0, Vec::new());
    for _ in 0..rounds {
        let work: Vec<Vec<Vec<u8>>> = thread::scope(|scope| {
            let own = &own;
            let workers: Vec<_> = clients
                .iter()
                .map(|mine| scope.spawn(move || mine.iter().flat_map(|holder| requests(own, holder)).collect()))
                .collect();
            workers.into_iter().map(|worker| worker.join().expect("no panic")).collect()
        });
        let (start, ticks) = (Instant::now(), cpu_ticks());
        thread::scope(|scope| {
            let workers: Vec<_> =
                streams.iter_mut().zip(&work).map(|(stream, work)| scope.spawn(move || settle(stream, work))).collect();
            for worker in workers {
                all.extend(worker.join().expect("no panic"));
            }
        });
        took += start.elapsed();
        cpu += cpu_ticks() - ticks;
    }
    all.sort_unstable();
    let at = |part: f64| all[((all.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    let rate = all.len() as f64 / took.as_secs_f64();
    println!(
        "serve/verify/64 connections: {} settled, {rate:.0} a second, {:.0} us of CPU each, p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        all.len(),
        cpu as f64 * 1e4 / all.len() as f64,
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// Hundredths of a second that this process has computed, client and service together: what other processes on the
/// machine take does not count. 0 where there is no /proc.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// One activation, and the key that its token holds.
struct Holder {
    activation: ActivationId,
    key: Key,
}

fn enroll<S: Store>(verifier: &Verifier<S>, number: usize) -> Holder {
    let (rng, device_key) = (&mut UnwrapErr(SysRng), Key::new(vec![7; 32]));
    let token = format!("BENCH{number:05}").parse().expect("a token ID");
    let subscriber = Subscriber { contract: "12345678".to_owned(), user: format!("USER{number}") };
    block_on(verifier.register(&token, &device_key, false, NOW, rng)).expect("a new token");
    let first = block_on(verifier.enroll(&token, subscriber, NOW, rng)).expect("a free place");
    let asked = open_first(&first.code, &device_key).expect("sealed for this token");
    let nonce = DeviceNonce::generate(rng);
    let device_code = asked.device_code(&device_key, nonce).expose_digits();
    let Ok(Step::Done(second)) = block_on(verifier.second(first.activation, &device_code, NOW, rng)) else {
        panic!("the device code is right");
    };
    let (granted, grant) = open_second(&second.code, &device_key, Binding { first: asked.id, nonce }).expect("ours");
    let response = granted.respond(&grant.key, &grant.suite);
    let confirmed = block_on(verifier.confirm(first.activation, response.expose_str(), NOW));
    assert!(matches!(confirmed, Ok(Step::Done(()))));
    Holder { activation: first.activation, key: grant.key }
}

/// Two wrong responses and the right one, as they are sent.
fn requests<S: Store>(verifier: &Verifier<S>, holder: &Holder) -> [Vec<u8>; 3] {
    let fields = [("limit", "transfer"), ("old", "1000000"), ("new", "5000000")];
    let transaction = Transaction::new(Operation::LimitChange, fields).expect("a limit change");
    let issued = block_on(verifier.issue(holder.activation, transaction, None, NOW, &mut UnwrapErr(SysRng)));
    let issued = issued.expect("the activation can answer");
    let challenge = code::open(&issued.code, &holder.key).expect("sealed for this activation");
    let right = challenge.respond(&holder.key, &verifier.policy().suite).expose_str().to_owned();
    let other = |by: u64| format!("{:08}", (right.parse::<u64>().expect("digits") + by) % 100_000_000);
    [other(1), other(2), right.clone()].map(|response| {
        let body = format!("{{\"response\":\"{response}\"}}");
        let head = format!(
            "POST /v1/challenges/{}/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            issued.reference,
            body.len()
        );
        (head + &body).into_bytes()
    })
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    stream
}

/// Sends one request after the other, and reads each answer whole.
fn settle(stream: &mut TcpStream, requests: &[Vec<u8>]) -> Vec<Duration> {
    let mut answer = [0; 4096];
    requests
        .iter()
        .enumerate()
        .map(|(number, request)| {
            let start = Instant::now();
            stream.write_all(request).expect("it reads");
            let read = stream.read(&mut answer).expect("it answers");
            let took = start.elapsed();
            let expected = if number % 3 == 2 { &b"\"result\":\"accepted\""[..] } else { b"\"result\":\"rejected\"" };
            let said = answer[..read].windows(expected.len()).any(|window| window == expected);
            assert!(said, "{}", String::from_utf8_lossy(&answer[..read]));
            took
        })
        .collect()
}
