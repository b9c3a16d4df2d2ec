//! How many replacements a second does the etcd store make durable, next to what the same members do for a bare client?
//!
//! The floor is a loop of bare transactions, two puts of the same sizes and no comparison, from as many clients, each with an
//! HTTP/2 connection of its own; it is taken just before each figure, because machines drift. The members are three of the
//! bench's own (`deploy/etcd`), on the same cores and the same disk, or those in `CAMTOKEN_BENCH_ETCD` (`host:port,host:port`,
//! without TLS). Clients are tasks on two threads, each with records of its own.

#[expect(dead_code, reason = "most of it is for the tests")]
#[path = "../tests/etcd/cluster.rs"]
mod cluster;

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use camtoken::store::{Change, RecordId, Replaced, Revision, Store};
use camtoken_etcd::{EtcdStore, Options};
use cluster::Cluster;
use h2::client::SendRequest;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

/// About what an activation with an open challenge takes, and the entry about one attempt.
const RECORD: usize = 600;
const AUDIT: usize = 120;

/// Records of each client.
const RECORDS: u64 = 20;

fn main() {
    // `cargo test --benches` wants to know whether it runs, not how fast.
    let (span, rounds) = if env::args().any(|arg| arg == "--bench") { (1000, 7) } else { (20, 1) };
    let span = Duration::from_millis(span);
    let mut own = None;
    let url = match env::var("CAMTOKEN_BENCH_ETCD") {
        Ok(hosts) => format!("etcd://{hosts}/bench{}?sslmode=disable", std::process::id()),
        Err(_) if !cluster::is_installed() => return,
        Err(_) => own.insert(Cluster::start(3, &[])).empty(),
    };
    EtcdStore::migrate(&url, &Options::default()).expect("sound members");
    let host = url.split(['/', ',']).nth(2).expect("a member").to_owned();

    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    println!(
        "{:<40}{:>10}{:>10}{:>8}{:>18}{:>10}",
        "median of replacements a second", "store", "floor", "ratio", "(from - to)", "p99 ms"
    );
    let one_by_one = |connections| Options { connections, group: 1, ..Options::default() };
    for (name, options, clients) in [
        ("1 client", one_by_one(1), 1),
        ("64 clients, one by one", one_by_one(64), 64),
        ("64 clients, gathered", Options::default(), 64),
        ("256 clients, gathered", Options::default(), 256),
    ] {
        let floor = Floor::new(&runtime, &host, clients);
        let store = Arc::new(EtcdStore::connect(&url, options).expect("sound members"));
        let (_, mut times) = replace(&runtime, &store, clients, Duration::ZERO);
        times.clear();
        let pairs = (0..rounds).map(|_| {
            let floor = floor.rate(&runtime, span);
            let (rate, took) = replace(&runtime, &store, clients, span);
            times.extend(took);
            (floor, rate)
        });
        let pairs = pairs.collect();
        times.sort_unstable();
        let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
        show(name, pairs, p99);
    }
}

/// Each client changes its records in turn, as customers' challenges are settled in turn.
fn replace(runtime: &Runtime, store: &Arc<EtcdStore>, clients: u64, span: Duration) -> (f64, Vec<Duration>) {
    rate(runtime, clients, span, |client, done| {
        let store = Arc::clone(store);
        async move {
            let (start, mut times) = (Instant::now(), Vec::new());
            for turn in 0.. {
                if turn >= RECORDS && start.elapsed() >= span {
                    break;
                }
                let id: RecordId = format!("activation:{client:06x}{:06x}", turn % RECORDS).parse().expect("an ID");
                let known = match store.recall(&id) {
                    Some(known) => Some(known),
                    None => store.load(&id).await.expect("the store loads"),
                };
                let revision = known.map_or(Revision::ABSENT, |known| known.revision);
                let change = Change { record: vec![7; RECORD], audit: Some(vec![7; AUDIT]) };
                let begun = Instant::now();
                let replaced = store.replace(&id, revision, change).await.expect("the store replaces");
                assert_eq!(replaced, Replaced::Yes(revision.next()));
                times.push(begun.elapsed());
                done.fetch_add(1, Ordering::Relaxed);
            }
            times
        }
    })
}

/// Bare connections to one member.
struct Floor {
    host: String,
    clients: Vec<SendRequest<Bytes>>,
}

impl Floor {
    fn new(runtime: &Runtime, host: &str, clients: u64) -> Self {
        let connect = async || {
            let socket = TcpStream::connect(host).await.expect("the member is there");
            socket.set_nodelay(true).expect("a socket");
            let (client, connection) = h2::client::handshake(socket).await.expect("HTTP/2");
            tokio::spawn(async { drop(connection.await) });
            client
        };
        Self { host: host.to_owned(), clients: (0..clients).map(|_| runtime.block_on(connect())).collect() }
    }

    fn rate(&self, runtime: &Runtime, span: Duration) -> f64 {
        let one = |client: u64, done: Arc<AtomicU64>| {
            let (mut requests, url) = (self.clients[client as usize].clone(), format!("http://{}", self.host));
            async move {
                let (start, mut turn) = (Instant::now(), 0_u64);
                while start.elapsed() < span {
                    let (key, value) = (format!("bare/{client}/{}", turn % RECORDS), [7; RECORD]);
                    let entry = format!("bare-entry/{client}/{}/{turn}", start.elapsed().as_nanos());
                    let puts = [put(key.as_bytes(), &value), put(entry.as_bytes(), &[7; AUDIT])].concat();
                    call(&mut requests, &url, &puts).await;
                    done.fetch_add(1, Ordering::Relaxed);
                    turn += 1;
                }
                Vec::new()
            }
        };
        rate(runtime, self.clients.len() as u64, span, one).0
    }
}

/// `TxnRequest.success`, `RequestOp.request_put`, `PutRequest.key` and `value`.
fn put(key: &[u8], value: &[u8]) -> Vec<u8> {
    field(2, &field(2, &[field(1, key), field(2, value)].concat()))
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut len = bytes.len();
    while len >= 0x80 {
        field.push(len as u8 | 0x80);
        len >>= 7;
    }
    field.push(len as u8);
    field.extend_from_slice(bytes);
    field
}

async fn call(requests: &mut SendRequest<Bytes>, origin: &str, message: &[u8]) {
    let request = http::Request::post(format!("{origin}/etcdserverpb.KV/Txn")).version(http::Version::HTTP_2);
    let request =
        request.header("content-type", "application/grpc").header("te", "trailers").body(()).expect("a request");
    let (answer, mut body) = requests.send_request(request, false).expect("the member is there");
    let len = u32::try_from(message.len()).expect("a small message").to_be_bytes();
    body.send_data([&[0], &len[..], message].concat().into(), true).expect("the member is there");
    let mut answer = answer.await.expect("the member answers").into_body();
    while let Some(part) = answer.data().await {
        let part = part.expect("the member answers");
        answer.flow_control().release_capacity(part.len()).expect("it was received");
    }
    let trailers = answer.trailers().await.expect("the member answers").expect("a status");
    assert_eq!(trailers.get("grpc-status").map(http::HeaderValue::as_bytes), Some(&b"0"[..]), "{trailers:?}");
}

fn rate<F>(
    runtime: &Runtime,
    clients: u64,
    span: Duration,
    client: impl Fn(u64, Arc<AtomicU64>) -> F,
) -> (f64, Vec<Duration>)
where
    F: Future<Output = Vec<Duration>> + Send + 'static,
{
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..clients).map(|number| runtime.spawn(client(number, Arc::clone(&done)))).collect();
    let times = tasks.into_iter().flat_map(|task| runtime.block_on(task).expect("no client fails")).collect();
    let took = start.elapsed().max(span);
    (done.load(Ordering::Relaxed) as f64 / took.as_secs_f64(), times)
}

/// Each pair is the floor and what was measured just after it.
fn show(name: &str, pairs: Vec<(f64, f64)>, p99: Duration) {
    let sorted = |figure: fn(&(f64, f64)) -> f64| {
        let mut figures: Vec<_> = pairs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures
    };
    let (floors, rates, ratios) = (sorted(|pair| pair.0), sorted(|pair| pair.1), sorted(|pair| pair.1 / pair.0));
    let median = pairs.len() / 2;
    println!(
        "{name:<40}{:>10.0}{:>10.0}{:>8.2}{:>18}{:>10.1}",
        rates[median],
        floors[median],
        ratios[median],
        format!("({:.2} - {:.2})", ratios[0], ratios[pairs.len() - 1]),
        p99.as_secs_f64() * 1e3,
    );
}
