//! How many responses a second does the service settle over HTTP, each durable before its answer?
//!
//! 64 connections on loopback, client and service in one process on the same cores, the embedded store. Of three
//! responses to a challenge two are wrong and one is right. Challenges are issued outside of the time. Each round is
//! measured beside a floor: the same requests to a bare route that answers the same bytes and decides nothing. What
//! other programs take of the machine shows in the rates and hardly in the CPU times. `TMPDIR` says on which disk;
//! without `--bench` it runs once and short, as a test.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header;
use axum::routing::post;
use camtoken::challenge::DeviceNonce;
use camtoken::code::activation::{Binding, open_first, open_second};
use camtoken::key::ActivationId;
use camtoken::store::{EmbeddedStore, Store, block_on};
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{AttemptId, LocalKeyWrapper, Policy, Step, Subscriber, Verifier};
use camtoken::{Key, Timestamp, code};
use camtoken_server::{Options, Service};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

/// Connections, each with activations of its own.
const CONNECTIONS: usize = 64;

fn main() {
    let long = std::env::args().any(|arg| arg == "--bench");
    let (each, rounds) = if long { (32, 24) } else { (2, 1) };
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    let store = EmbeddedStore::open(dir.path().join("store"), Duration::ZERO).expect("a new store");
    let store = Arc::new(store);
    let vault = || Box::new(LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"));
    let rng = &mut UnwrapErr(SysRng);
    let own = Verifier::new(Arc::clone(&store), vault(), Policy::default(), "架空中央銀行", rng);
    let own = own.expect("the default policy");
    let served = Verifier::new(store, vault(), Policy::default(), "架空中央銀行", rng).expect("the default policy");

    // One runtime for both services, which are never busy at the same time; one thread for all clients.
    let services = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let clients = Builder::new_current_thread().enable_io().build().expect("a thread");
    let listen = || services.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let (listener, bare) = (listen(), listen());
    let streams = |listener: &TcpListener| connect(&clients, listener.local_addr().expect("it is bound"));
    let (mut to_service, mut to_floor) = (streams(&listener), streams(&bare));
    let options = Options { clock: Arc::new(|| NOW), ..Options::default() };
    services.spawn(Service::new(Some(served), &options).serve(listener, std::future::pending()));
    services.spawn(floor(bare));

    let holders: Vec<Vec<Holder>> =
        on_threads(0..CONNECTIONS, |client| (0..each).map(|number| enroll(&own, client * each + number)).collect());
    let (mut service, mut bare) = (Figures::default(), Figures::default());
    for _ in 0..rounds {
        let work: Vec<Vec<Vec<u8>>> =
            on_threads(&holders, |mine| mine.iter().flat_map(|holder| requests(&own, holder)).collect());
        bare.measure(&clients, &mut to_floor, &work, is_rejected);
        service.measure(&clients, &mut to_service, &work, is_verdict);
    }
    bare.tell("a bare route");
    service.tell("verify");
    println!(
        "serve: {:.2} of the floor's rate, {:.0} us of CPU more",
        service.rate() / bare.rate(),
        service.cpu_each() - bare.cpu_each()
    );
}

fn connect(runtime: &Runtime, address: SocketAddr) -> Vec<TcpStream> {
    let connect = |_| runtime.block_on(TcpStream::connect(address)).expect("it listens");
    let streams = (0..CONNECTIONS).map(connect);
    streams.inspect(|stream| stream.set_nodelay(true).expect("a socket")).collect()
}

/// What was measured of one service.
#[derive(Default)]
struct Figures {
    took: Duration,
    ticks: u64,
    all: Vec<Duration>,
}

impl Figures {
    /// Sends the requests of each connection, one after the other.
    fn measure(&mut self, runtime: &Runtime, streams: &mut Vec<TcpStream>, work: &[Vec<Vec<u8>>], check: Check) {
        let work = work.to_vec();
        let (start, ticks) = (Instant::now(), cpu_ticks());
        runtime.block_on(async {
            let senders: Vec<_> =
                streams.drain(..).zip(work).map(|(stream, work)| tokio::spawn(settle(stream, work, check))).collect();
            for sender in senders {
                let (stream, took) = sender.await.expect("no panic");
                streams.push(stream);
                self.all.extend(took);
            }
        });
        self.took += start.elapsed();
        self.ticks += cpu_ticks() - ticks;
    }

    fn rate(&self) -> f64 {
        self.all.len() as f64 / self.took.as_secs_f64()
    }

    /// In microseconds.
    fn cpu_each(&self) -> f64 {
        self.ticks as f64 * 1e4 / self.all.len() as f64
    }

    fn tell(&mut self, name: &str) {
        self.all.sort_unstable();
        let at = |part: f64| self.all[((self.all.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
        println!(
            "serve/64 connections/{name}: {} answered, {:.0} a second, {:.0} us of CPU each, p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
            self.all.len(),
            self.rate(),
            self.cpu_each(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

/// Answers bytes of the same length, and decides nothing: as little as a service can do with these crates.
async fn floor(listener: TcpListener) {
    let answer = async |_: axum::body::Bytes| ([(header::CONTENT_TYPE, "application/json")], REJECTED);
    let router: Router = Router::new().route("/v1/challenges/{challenge}/verify", post(answer));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// What the service says of a wrong response.
const REJECTED: &str =
    r#"{"result":"rejected","browser":"rejected","reason":"Wrong","attemptsLeft":2,"suspended":false}"#;

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

/// Whether the answer to a request of this number is the right one.
type Check = fn(usize, &[u8]) -> bool;

fn is_verdict(number: usize, answer: &[u8]) -> bool {
    let expected = if number % 3 == 2 { &b"\"result\":\"accepted\""[..] } else { b"\"result\":\"rejected\"" };
    answer.windows(expected.len()).any(|window| window == expected)
}

fn is_rejected(_: usize, answer: &[u8]) -> bool {
    answer.ends_with(REJECTED.as_bytes())
}

/// Sends one request after the other, and reads each answer, which comes in one piece.
async fn settle(mut stream: TcpStream, requests: Vec<Vec<u8>>, check: Check) -> (TcpStream, Vec<Duration>) {
    let (mut buffer, mut took) = ([0; 4096], Vec::with_capacity(requests.len()));
    for (number, request) in requests.iter().enumerate() {
        let start = Instant::now();
        let sent = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, request)).await.expect("it reads");
        assert_eq!(sent, request.len(), "a request fits into the socket's buffer");
        let mut answer = ReadBuf::new(&mut buffer);
        poll_fn(|cx| Pin::new(&mut stream).poll_read(cx, &mut answer)).await.expect("it answers");
        took.push(start.elapsed());
        assert!(check(number, answer.filled()), "{}", String::from_utf8_lossy(answer.filled()));
    }
    (stream, took)
}

/// Does something for each, all at the same time.
fn on_threads<I: Send, T: Send>(each: impl IntoIterator<Item = I>, act: impl Fn(I) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let act = &act;
        let threads: Vec<_> = each.into_iter().map(|item| scope.spawn(move || act(item))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}
