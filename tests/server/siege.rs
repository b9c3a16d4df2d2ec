//! Ten thousand that say nothing, and some that say it slowly, endlessly or by half: responses are settled meanwhile.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use super::client::Server;
use super::hand::{Hand, text};

/// Connections that say nothing.
const IDLE: usize = 10_000;

/// How long a response may take to be settled beside hostile callers, on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(3);

#[test]
fn responses_are_settled_while_ten_thousand_others_are_there() {
    if !may_open(IDLE as u64 + 1_000) {
        eprintln!("skipped: the system lets a process open {:?} files", getrlimit(Resource::Nofile).maximum);
        return;
    }
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let hand = Hand::new(&server, &json!({ "seed": "siege" }));
    let activation = hand.register();
    settles(&hand, &activation, "nobody else");

    let since = Instant::now();
    let idle: Vec<TcpStream> = (0..IDLE).map(|_| server.connect()).collect();
    let counted = || {
        let metrics = server.get("/metrics").text();
        let line = metrics.lines().find_map(|line| line.strip_prefix("camtoken_http_connections "));
        line.and_then(|count| count.parse::<usize>().ok()).expect("a gauge")
    };
    let start = Instant::now();
    while counted() < IDLE && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(counted() >= IDLE, "{} of {IDLE} are connected", counted());
    settles(&hand, &activation, "10,000 that say nothing");

    let verify = "POST /v1/challenges/0/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".to_owned() + &"x".repeat(10_000);
    let body = format!("{verify}Content-Length: 10000\r\n\r\n{{\"response\":\"{}", "1".repeat(10_000));
    let endless =
        format!("{verify}Transfer-Encoding: chunked\r\n\r\n{}", format!("1000\r\n{:4096}\r\n", " ").repeat(20));
    let over = Instant::now() + Duration::from_secs(4);
    thread::scope(|scope| {
        for said in [&head, &body] {
            for _ in 0..8 {
                let mut stream = server.connect();
                scope.spawn(move || {
                    let pause = || thread::sleep(Duration::from_millis(5));
                    let bytes = said.as_bytes().chunks(1).take_while(|_| Instant::now() < over);
                    bytes.for_each(|byte| stream.write_all(byte).map_or((), |()| pause()));
                });
            }
        }
        for _ in 0..8 {
            scope.spawn(|| {
                while Instant::now() < over {
                    let answer = pushed(server.connect(), endless.as_bytes());
                    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
                }
            });
        }
        // Half a request and then nothing, for good.
        for part in [&head[..30], &body[..150]] {
            for _ in 0..100 {
                let mut stream = server.connect();
                stream.write_all(part.as_bytes()).expect("it reads");
                stream.shutdown(Shutdown::Write).expect("it is open");
            }
        }
        while Instant::now() < over {
            settles(&hand, &activation, "10,000 that say nothing, and some that say too much, too slowly or by half");
        }
    });

    // After half a minute of silence they may be closed; before, no connection is closed to make room.
    let alive = idle.iter().filter(|stream| still_open(stream)).count();
    assert!(alive == IDLE || since.elapsed() > Duration::from_secs(25), "{alive} of {IDLE} are left");
}

/// A person's browser may be gone; a program that has nothing more to say closes its side and waits.
#[test]
fn who_has_said_everything_may_close_that_side_and_is_answered() {
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let hand = Hand::new(&server, &json!({ "seed": "half" }));
    let activation = hand.register();
    let issued = hand.issue(&activation, 5_000_000);
    let picture = server.get(issued["code"]["png"].as_str().expect("a path"));
    let response = text(&hand.scan("", &picture), "response");
    let body = json!({ "response": response }).to_string();
    let mut stream = server.connect();
    let id = text(&issued, "id");
    write!(stream, "POST /v1/challenges/{id}/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .expect("it reads");
    stream.shutdown(Shutdown::Write).expect("it is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"accepted\""), "{answer}");
}

/// A wrong response and a right one are settled, each in time.
fn settles(hand: &Hand<'_>, activation: &str, while_there_are: &str) {
    let issued = hand.issue(activation, 5_000_000);
    let picture = hand.server.get(issued["code"]["png"].as_str().expect("a path"));
    let scanned = hand.scan("", &picture);
    let id = text(&issued, "id");
    for (response, result) in [("wrongResponse", "rejected"), ("response", "accepted")] {
        let start = Instant::now();
        let verdict: Value = hand.verify(&id, &scanned[response]);
        assert_eq!(verdict["result"], result, "{while_there_are}: {verdict}");
        assert!(start.elapsed() < PATIENCE, "{while_there_are}: {:?}", start.elapsed());
    }
}

/// Whether this process may open so many files; it asks for it.
fn may_open(files: u64) -> bool {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let most = maximum.unwrap_or(files);
    if current.is_some_and(|current| current < files) && most >= files {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum });
    }
    getrlimit(Resource::Nofile).current.is_none_or(|current| current >= files)
}

/// Sends all that is taken, and reads what is said to it; nothing where the connection is gone before that.
fn pushed(mut stream: TcpStream, bytes: &[u8]) -> String {
    let _ = stream.write_all(bytes);
    let mut answer = [0; 64];
    let read = stream.read(&mut answer).unwrap_or_default();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

fn still_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    matches!((&*stream).read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}
