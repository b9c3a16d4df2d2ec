//! What is left after an accident: a killed server, a cut connection, a commit that did not wait, a slow server.

use std::env;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::{Store, StoreError, block_on};
use camtoken::verifier::{AttemptId, Rejection, Verdict, VerifierError};
use camtoken_postgres::{Options, PostgresStore};

use crate::history::History;
use crate::pair::{NOW, Pair, rejected, rng, test_policy, wrong};
use crate::proxy::{Cut, Proxy};
use crate::server::{Server, connect, sql};
use crate::{id, replace, yes};

/// No response is accepted twice and no acceptance is lost, however often the server is killed under load.
#[test]
fn kill_9_of_the_server_loses_and_repeats_nothing() {
    let kills = env::var("CAMTOKEN_TEST_KILLS").map_or(5, |kills| kills.parse().expect("a number of kills"));
    let mut server = Server::start();
    let url = server.database();
    let options = Options { connections: 4, ..Options::default() };
    let store = Arc::new(PostgresStore::connect(&url, options).expect("a safe server with tables"));
    let pairs: Vec<_> = (0..8).map(|_| Pair::new(Arc::clone(&store), test_policy())).collect();
    let ended = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);
    let accepted = thread::scope(|scope| {
        let (ended, answered) = (&ended, &answered);
        let clients: Vec<_> = pairs.iter().map(|pair| scope.spawn(|| client(pair, ended, answered))).collect();
        for kill in 0..kills {
            // Each server settles some before its end comes.
            let before = answered.load(Ordering::Relaxed);
            let start = Instant::now();
            while answered.load(Ordering::Relaxed) < before + 40 {
                assert!(start.elapsed() < Duration::from_secs(60), "nothing goes on after {kill} kills");
                thread::sleep(Duration::from_millis(1));
            }
            server.kill();
            server.run();
        }
        ended.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().expect("it ends")).collect::<Vec<_>>()
    });
    assert!(accepted.len() > kills * 20, "{} acceptances", accepted.len());
    // Another verifier, which remembers nothing, accepts none of them again.
    let again = connect(&url).expect("a safe server with tables");
    let verifier = crate::pair::verifier(again, test_policy());
    for (challenge, response) in &accepted {
        let attempt = AttemptId::generate(&mut rng());
        let verdict = block_on(verifier.verify(*challenge, response, attempt, NOW)).expect("the server runs");
        assert!(!verdict.is_accepted(), "accepted twice: {challenge}");
    }
    for pair in &pairs {
        let (issued, taken) = pair.events().into_iter().fold((0, 0), |(issued, taken), event| match event.as_str() {
            "Issued" => (issued + 1, taken),
            "Accepted" => (issued, taken + 1),
            _ => (issued, taken),
        });
        let told = accepted.iter().filter(|(challenge, _)| challenge.activation == pair.activation).count();
        assert!(taken == told && issued >= taken, "the audit has {taken} acceptances, {told} were told");
    }
    println!("{} acceptances, {kills} kills", accepted.len());
}

/// The same changes of the same records by clients of two verifiers' stores, and a check of the history afterwards.
#[test]
fn kill_9_of_the_server_leaves_a_history_without_contradictions() {
    let kills = env::var("CAMTOKEN_TEST_KILLS").map_or(3, |kills| kills.parse().expect("a number of kills"));
    let mut server = Server::start();
    let url = server.database();
    let stores = [(); 2].map(|()| connect(&url).expect("a safe server with tables"));
    let (history, ended) = (History::new(), AtomicBool::new(false));
    thread::scope(|scope| {
        for client in 0..12 {
            let (history, ended, store) = (&history, &ended, &stores[client % 2]);
            scope.spawn(move || history.client(store, client, 6, || ended.load(Ordering::Relaxed)));
        }
        for kill in 0..kills {
            let (before, start) = (history.counts().1, Instant::now());
            while history.counts().1 < before + 100 && start.elapsed() < Duration::from_secs(60) {
                thread::sleep(Duration::from_millis(5));
            }
            server.kill();
            server.run();
            println!("kill {kill}: {:?} without any change", history.longest_gap(start));
        }
        ended.store(true, Ordering::Relaxed);
    });
    history.check(&stores[0], "postgres").unwrap_or_else(|complaints| panic!("{complaints}"));
    assert!(history.counts().1 >= kills * 100);
}

type Told = Vec<(camtoken::verifier::ChallengeRef, String)>;

/// Answers challenges until the end, with a retry of the same attempt whenever nothing was decided.
fn client(pair: &Pair<Arc<PostgresStore>>, ended: &AtomicBool, answered: &AtomicUsize) -> Told {
    let mut told = Told::new();
    while !ended.load(Ordering::Relaxed) {
        let issued = block_on(pair.verifier.issue(pair.activation, crate::pair::transfer("1"), None, NOW, &mut rng()));
        let Ok(issued) = issued else {
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        let opened = camtoken::code::open(&issued.code, &pair.key).expect("sealed for this activation");
        let response = opened.respond(&pair.key, &pair.suite).expose_str().to_owned();
        let attempt = AttemptId::generate(&mut rng());
        let verdict = loop {
            match block_on(pair.verifier.verify(issued.reference, &response, attempt, NOW)) {
                Ok(verdict) => break verdict,
                Err(VerifierError::Store(StoreError::Unknown { .. } | StoreError::Unavailable { .. })) => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(error) => panic!("{error}"),
            }
        };
        assert!(verdict.is_accepted(), "the one right response, in one attempt: {verdict:?}");
        // Another caller with the same response, at once.
        if let Ok(verdict) =
            block_on(pair.verifier.verify(issued.reference, &response, AttemptId::generate(&mut rng()), NOW))
        {
            assert_eq!(rejected(&verdict), Rejection::AlreadySettled);
        }
        told.push((issued.reference, response));
        answered.fetch_add(1, Ordering::Relaxed);
    }
    told
}

/// The connection is cut before or after the server has committed: the outcome is unknown, and the same attempt again
/// gets the one verdict there is.
#[test]
fn a_cut_connection_is_unknown_and_the_same_attempt_gets_the_verdict() {
    let cuts = env::var("CAMTOKEN_TEST_CUTS").map_or(60, |cuts| cuts.parse().expect("a number of cuts"));
    let mut server = Server::start();
    let url = server.database();
    let proxy = Proxy::to(server.socket_dir());
    let options = Options { connections: 1, ..Options::default() };
    let through = PostgresStore::connect(&proxy.url(&url, server.socket_dir()), options).expect("through the proxy");
    let pair = Pair::new(through, test_policy());
    for number in 0..cuts {
        let (challenge, response) = pair.issue("1", NOW);
        let attempt = AttemptId::generate(&mut rng());
        let is_right = number % 3 != 0;
        let given = if is_right { response.clone() } else { wrong(&response) };
        let cut = if number % 2 == 0 { Cut::After } else { Cut::Before };
        // What was issued just now is remembered, so the next thing said is the change.
        proxy.cut(cut);
        let unknown = block_on(pair.verifier.verify(challenge, &given, attempt, NOW));
        assert!(matches!(unknown, Err(VerifierError::Store(StoreError::Unknown { .. }))), "{number}: {unknown:?}");

        match (pair.verify_as(attempt, challenge, &given, NOW), is_right) {
            (Verdict::Accepted(accepted), true) => {
                assert_eq!(accepted.first(), cut == Cut::Before, "{number}: it was stored when the answer was cut");
            }
            (Verdict::Rejected(Rejection::Wrong { tries_left: 2, .. }), false) => {}
            (other, _) => panic!("{number}: {other:?}"),
        }
        match rejected(&pair.verify(challenge, &if is_right { response } else { wrong(&given) }, NOW)) {
            Rejection::AlreadySettled if is_right => {}
            Rejection::Wrong { tries_left: 1, .. } if !is_right => {}
            other => panic!("{number}: charged once: {other}"),
        }
        if !is_right {
            // Two wrong ones in a row are borne, five are not.
            let (challenge, response) = pair.issue("1", NOW);
            assert!(pair.verify(challenge, &response, NOW).is_accepted());
        }
    }
    let wrong_ones = pair.events().into_iter().filter(|event| event == "Wrong").count();
    assert_eq!(wrong_ones, 2 * (0..cuts).filter(|number| number % 3 == 0).count());
    assert!(proxy.connections() > cuts, "each cut took a new connection");
}

/// A commit whose wait for the standby was cancelled is on one server alone: that is no "stored".
#[test]
fn a_commit_that_did_not_wait_for_its_standby_is_unknown() {
    let mut server = Server::start();
    let url = server.database();
    let store = connect(&url).expect("a safe server with tables");
    assert_eq!(replace(&store, &id(1), 0, b"one"), Ok(yes(1)));
    sql(&server.admin(), "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    sql(&server.admin(), "SELECT pg_reload_conf()");
    thread::sleep(Duration::from_millis(300));
    for (revision, stop) in [(1, "pg_cancel_backend"), (2, "pg_terminate_backend")] {
        let outcome = thread::scope(|scope| {
            let change = scope.spawn(|| replace(&store, &id(1), revision, b"alone"));
            let stop = format!("SELECT {stop}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
            let start = Instant::now();
            while sql(&server.admin(), &stop).is_empty() {
                assert!(start.elapsed() < Duration::from_secs(5), "the commit waits");
                thread::sleep(Duration::from_millis(10));
            }
            change.join().expect("it is answered")
        });
        assert!(matches!(outcome, Err(StoreError::Unknown { .. })), "{outcome:?}");
        assert_eq!(store.recall(&id(1)), None, "what is not known is not remembered");
    }
}

/// A server that does not answer delays no caller for longer than three deadlines, and nothing late is called stored.
#[test]
fn a_slow_server_is_waited_for_until_the_deadline() {
    let mut server = Server::start();
    let url = server.database();
    let proxy = Proxy::to(server.socket_dir());
    let deadline = Duration::from_millis(500);
    let options = Options { connections: 2, deadline, ..Options::default() };
    let store = PostgresStore::connect(&proxy.url(&url, server.socket_dir()), options).expect("through the proxy");
    for number in 0..4 {
        assert_eq!(replace(&store, &id(number), 0, b"one"), Ok(yes(1)));
    }
    proxy.delay(Duration::from_secs(5));
    let started = Instant::now();
    thread::scope(|scope| {
        for number in 0..4 {
            let store = &store;
            scope.spawn(move || {
                let outcome = replace(store, &id(number), 1, b"two");
                assert!(
                    matches!(outcome, Err(StoreError::Unknown { .. } | StoreError::Unavailable { .. })),
                    "{outcome:?}"
                );
            });
        }
    });
    let took = started.elapsed();
    assert!(took > deadline && took < deadline * 3 + Duration::from_secs(2), "{took:?}");
    proxy.delay(Duration::ZERO);
    proxy.cut_all();
    thread::sleep(Duration::from_millis(100));
    for number in 0..4 {
        let now = block_on(store.load(&id(number))).expect("it serves again").expect("it is there").revision;
        assert_eq!(replace(&store, &id(number), now.as_u64(), b"three"), Ok(yes(now.as_u64() + 1)));
    }
}

/// A server that takes connections and says nothing, as one does whose machine is stuck, keeps no caller from the next one.
#[test]
fn a_silent_server_is_not_in_the_way_of_the_next() {
    let mut server = Server::start();
    let url = server.database();
    let database = url.split(['/', '?']).nth(3).expect("a name");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = silent.local_addr().expect("it is bound").port();
    let socket = server.socket_dir().display().to_string().replace('/', "%2F");
    let started = Instant::now();
    let store = connect(&format!("postgres://postgres@127.0.0.1:{port},{socket}:5432/{database}"));
    assert_eq!(replace(&store.expect("the second is safe"), &id(1), 0, b"one"), Ok(yes(1)));
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}

/// While the server is down every answer is an error, soon; when it is back, so is the store.
#[test]
fn a_server_that_is_down_decides_nothing() {
    let mut server = Server::start();
    let pair = Pair::new(server.store(), test_policy());
    let (challenge, response) = pair.issue("1", NOW);
    server.stop();
    for _ in 0..3 {
        let started = Instant::now();
        let verdict = block_on(pair.verifier.verify(challenge, &response, AttemptId::generate(&mut rng()), NOW));
        assert!(
            matches!(&verdict, Err(VerifierError::Store(StoreError::Unavailable { .. } | StoreError::Unknown { .. }))),
            "{verdict:?}"
        );
        assert!(started.elapsed() < Duration::from_secs(2));
    }
    server.run();
    assert!(pair.verify(challenge, &response, NOW).is_accepted());
}
