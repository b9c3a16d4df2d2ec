//! A greedy caller and an honest one at the same time. The greedy one may take half of everything; the honest one gets all its
//! answers, hardly later than alone.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::qr::{EcLevel, Luma, encode, encode_bytes};
use camtoken::seeded::Seeded;
use rand::{Rng, RngExt};
use serde_json::{Value, json};

use super::access::{bearer, new_key};
use super::client::{Said, Server};
use super::hand::text;

/// Times that the honest caller is measured alone, and beside the greedy one: the machine does other things as well.
const TIMES: usize = 3;

/// What the honest caller does each time.
const ROUNDS: usize = 100;

/// How far away the greedy caller is: its own work shall not be what keeps the cores of a small machine busy.
const AWAY: Duration = Duration::from_millis(3);

/// How much slower the slowest hundredth of its answers may be.
const SLOWER: f64 = 3.0;

type Headers = Vec<(&'static str, String)>;

struct Callers {
    server: Server,
    greedy: Headers,
    honest: Headers,
    _dir: tempfile::TempDir,
}

fn callers() -> Callers {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let [greedy, honest] = ["greedy", "honest"].map(|name| bearer(&new_key(dir.path(), name, "issue")));
    let file = dir.path().join("keys.toml");
    let server = Server::start(&["--emulator", "--accept-test-keys", "--api-keys", file.to_str().expect("Unicode")]);
    Callers { server, greedy, honest, _dir: dir }
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Callers {
    fn post(&self, who: &Headers, path: &str, body: &Value) -> Said {
        self.server.ask_as(who, "POST", path, Some(("application/json", body.to_string().into_bytes())))
    }

    /// A session with a token in it: the path of the token.
    fn token(&self, who: &Headers) -> String {
        let session = text(&self.post(who, "/v1/sessions", &json!({ "ttl": "24h" })).ok(201), "id");
        let path = format!("/v1/sessions/{session}/tokens");
        let token = self.post(who, &path, &json!({})).ok(201);
        format!("{path}/{}", text(&token, "id"))
    }

    fn rules(&self, who: &Headers, token: &str, patterns: impl Iterator<Item = String>) -> Said {
        let rules: Vec<Value> =
            patterns.map(|screen| json!({ "when": { "screen": screen }, "do": ["right"] })).collect();
        let body = Some(("application/json", json!(rules).to_string().into_bytes()));
        self.server.ask_as(who, "PUT", &format!("{token}/rules"), body)
    }

    /// Measures the honest caller alone, and while several threads of the greedy one do their worst.
    fn hardly_slower(&self, threads: usize, greedy: impl Fn(&AtomicUsize) + Sync, honest: impl Fn()) {
        honest();
        let p99 = || {
            let mut took: Vec<Duration> = (0..ROUNDS)
                .map(|_| {
                    let start = Instant::now();
                    honest();
                    start.elapsed()
                })
                .collect();
            took.sort_unstable();
            took[ROUNDS * 99 / 100 - 1].as_secs_f64()
        };
        let asked = AtomicUsize::new(0);
        let beside = || {
            let over = AtomicBool::new(false);
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        while !over.load(Ordering::Relaxed) {
                            greedy(&asked);
                            thread::sleep(AWAY);
                        }
                    });
                }
                // Also when the honest one panics: the scope waits for its threads.
                let _over = Over(&over);
                thread::sleep(Duration::from_millis(200));
                p99()
            })
        };
        let median = |mut times: [f64; TIMES]| {
            times.sort_unstable_by(f64::total_cmp);
            times[TIMES / 2]
        };
        // First alone: what the greedy one leaves in a line must not make the honest one slow alone, too.
        let alone = [(); TIMES].map(|()| p99());
        let beside = [(); TIMES].map(|()| beside());
        let asked = asked.into_inner();
        let told = [alone, beside].map(|times| times.map(|seconds| format!("{:.1} ms", seconds * 1e3)));
        println!("p99 of the honest caller, alone and while the greedy one asked {asked} times: {told:?}");
        assert!(asked > threads, "the greedy one was there");
        assert!(median(beside) < SLOWER * median(alone), "{told:?}");
    }
}

fn ordinary_picture() -> Vec<u8> {
    encode("CT1:AN ORDINARY CODE OF AN ORDINARY LENGTH", EcLevel::M).expect("it is short").to_luma(6).to_png()
}

/// A large symbol, of which the patterns are right and much of the rest is wrong: a reader tries everything.
fn dear_picture() -> Luma {
    let mut rng = Seeded::new("dear");
    let mut content = [0; 500];
    rng.fill_bytes(&mut content);
    let clean = encode_bytes(&content, EcLevel::M).expect("it fits").to_luma(2);
    let side = clean.width();
    let mut pixels = clean.pixels().to_vec();
    for (y, x) in (0..side / 2).flat_map(|y| (0..side / 2).map(move |x| (y, x))) {
        let near = |at: u32| at < 14 || at > side / 2 - 14;
        if near(x) || near(y) || rng.random_range(0..10) > 2 {
            continue;
        }
        for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let at = ((2 * y + dy) * side + 2 * x + dx) as usize;
            pixels[at] = 255 - pixels[at];
        }
    }
    Luma::from_raw(side, side, pixels).expect("as many pixels")
}

#[test]
fn who_sends_dear_pictures_keeps_nobody_waiting() {
    let callers = callers();
    let (ordinary, dear) = (ordinary_picture(), dear_picture());
    let path = format!("/v1/lint?width={}&height={}", dear.width(), dear.height());
    let start = Instant::now();
    let body = Some(("application/octet-stream", dear.pixels().to_vec()));
    let graded = callers.server.ask_as(&callers.greedy, "POST", &path, body).ok(200);
    println!("a dear picture takes {:?}: {}", start.elapsed(), graded["grade"]);
    // It does not even wait for its answers.
    let greedy = |asked: &AtomicUsize| {
        let mut stream = callers.server.connect();
        stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a socket");
        let (name, key) = &callers.greedy[0];
        let len = dear.pixels().len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{name}: {key}\r\nContent-Length: {len}\r\n\r\n");
        let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(dear.pixels()));
        if sent.is_ok() {
            let _ = stream.read(&mut [0; 1024]);
        }
        asked.fetch_add(1, Ordering::Relaxed);
    };
    callers.hardly_slower(8, greedy, || {
        let body = Some(("image/png", ordinary.clone()));
        let graded = callers.server.ask_as(&callers.honest, "POST", "/v1/lint", body).ok(200);
        assert_eq!(graded["passed"], true, "{graded}");
    });
}

#[test]
fn who_has_dear_rules_compiled_keeps_nobody_waiting_and_takes_half_of_the_room() {
    let callers = callers();
    let (mine, yours) = (callers.token(&callers.greedy), callers.token(&callers.honest));
    let number = AtomicUsize::new(0);
    let dear = || {
        let number = number.fetch_add(1, Ordering::Relaxed);
        format!("/[^\\x00]{{{}}}{}/", 200 + number % 50, number)
    };
    let memory = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", callers.server.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB").trim().to_owned();
        line.trim_end_matches(" kB").parse::<u64>().expect("a number")
    };
    // Forty tokens with 64 rules each once took 637 MB.
    let tokens: Vec<String> = (0..40).map(|_| callers.token(&callers.greedy)).collect();
    let before = memory();
    let kept =
        tokens.iter().filter(|token| callers.rules(&callers.greedy, token, (0..16).map(|_| dear())).status == 200);
    let kept = kept.count();
    println!("{kept} of 40 tokens have 16 dear rules each, {} MB more", (memory() - before) / 1024);
    assert!((1..40).contains(&kept) && memory() - before < 128 << 10, "{} KB more", memory() - before);
    let refused = callers.rules(&callers.greedy, &mine, (0..16).map(|_| dear()));
    assert_eq!(refused.problem(409), "CT-E111");
    assert!(text(&refused.json(), "detail").contains("patterns"), "{}", refused.text());

    let greedy = |asked: &AtomicUsize| {
        let said = callers.rules(&callers.greedy, &mine, (0..16).map(|_| dear()));
        assert_eq!(said.status, 409, "{}", said.text());
        asked.fetch_add(1, Ordering::Relaxed);
    };
    // New ones each time, for equal patterns are compiled once.
    let number = AtomicUsize::new(0);
    let new = || format!("/^(振込|Transfer) {} .*[0-9,]+$/", number.fetch_add(1, Ordering::Relaxed));
    callers.hardly_slower(8, greedy, || {
        for _ in 0..4 {
            assert_eq!(callers.rules(&callers.honest, &yours, (0..16).map(|_| new())).status, 200);
        }
    });
}

#[test]
fn who_opens_sessions_without_end_keeps_nobody_out() {
    let callers = callers();
    let open = |who| callers.post(who, "/v1/sessions", &json!({ "ttl": "24h" }));
    let opened = (0..1_000).take_while(|_| open(&callers.greedy).status == 201).count();
    assert_eq!(opened, 500, "half of them");
    assert_eq!(open(&callers.greedy).problem(409), "CT-E111");
    let greedy = |asked: &AtomicUsize| {
        assert_eq!(open(&callers.greedy).status, 409);
        asked.fetch_add(1, Ordering::Relaxed);
    };
    callers.hardly_slower(4, greedy, || {
        for _ in 0..10 {
            let session = text(&open(&callers.honest).ok(201), "id");
            let closed = callers.server.ask_as(&callers.honest, "DELETE", &format!("/v1/sessions/{session}"), None);
            assert_eq!(closed.status, 204);
        }
    });
}
