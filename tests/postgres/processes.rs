//! Several verifiers on one database, each a process of its own, and many callers of one.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use camtoken::Key;
use camtoken::store::{RecordId, Store, block_on};
use camtoken::verifier::{AttemptId, Policy, Rejection, Verdict};
use camtoken_postgres::{Options, PostgresStore};

use crate::pair::{NOW, Pair, in_parallel, later, rejected, rng, test_policy, verifier, wrong};
use crate::server::{Server, connect};

const DATABASE: &str = "CAMTOKEN_TEST_DATABASE";

/// What each process asks at once about one challenge: the right response, and wrong ones.
const RIGHT: usize = 12;
const WRONG: usize = 8;

/// Not a test: one of the verifiers of the next ones. It reads a challenge, the right response and a round from each
/// line, and counts the answers that it got.
#[test]
#[ignore = "a process of other tests"]
fn child_settles_what_it_is_given() {
    let url = env::var(DATABASE).expect("the parent says");
    let verifier = verifier(connect(&url).expect("a safe server with tables"), policy());
    say("ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("the parent writes text");
        let [challenge, response] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let challenge = challenge.parse().expect("a challenge");
        let (accepted, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        in_parallel(10, RIGHT + WRONG, |number| {
            let given = if number < WRONG { wrong(response) } else { response.to_owned() };
            let attempt = AttemptId::generate(&mut rng());
            match block_on(verifier.verify(challenge, &given, attempt, NOW)).expect("the store answers") {
                Verdict::Accepted(_) => accepted.fetch_add(1, Ordering::Relaxed),
                Verdict::Rejected(Rejection::Wrong { .. }) => answered.fetch_add(1, Ordering::Relaxed),
                Verdict::Rejected(Rejection::AlreadySettled | Rejection::Exhausted | Rejection::Suspended) => 0,
                Verdict::Rejected(other) => panic!("{other}"),
            };
        });
        say(&format!("told {} {}", accepted.into_inner(), answered.into_inner()));
    }
}

fn policy() -> Policy {
    Policy { max_attempts: 3, max_failures: 5, ..test_policy() }
}

#[test]
fn two_verifiers_on_one_database_accept_once() {
    several_verifiers(2, 25);
}

#[test]
fn four_verifiers_on_one_database_accept_once() {
    several_verifiers(4, 25);
}

fn several_verifiers(count: usize, rounds: usize) {
    let mut server = Server::start();
    let url = server.database();
    let pair = Pair::new(connect(&url).expect("a safe server with tables"), policy());
    let mut children: Vec<_> = (0..count).map(|_| Verifier::start(&url)).collect();
    let (mut settled, mut guesses) = (0, 0);
    for round in 0..rounds {
        let (challenge, response) = pair.issue("1", NOW);
        children.iter_mut().for_each(|child| child.ask(&format!("{challenge} {response}")));
        let told: Vec<_> = children.iter_mut().map(Verifier::told).collect();
        let accepted: usize = told.iter().map(|(accepted, _)| accepted).sum();
        let wrong: usize = told.iter().map(|(_, wrong)| wrong).sum();
        assert!(accepted <= 1, "round {round}: accepted {accepted} times");
        assert!(wrong <= 3, "round {round}: {wrong} wrong ones were answered");
        // Without an acceptance in between, wrong responses are counted on from round to round; the fifth suspends.
        let suspended = accepted == 0 && pair.events().last().map(String::as_str) == Some("Suspended");
        assert!(accepted == 1 || wrong == 3 || suspended, "round {round}: somebody is told something");
        settled += accepted;
        guesses += wrong;
        if suspended {
            block_on(pair.verifier.resume(pair.activation, NOW)).expect("it is suspended");
        }
    }
    let events = pair.events();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!(count("Accepted"), settled, "the audit has each acceptance that was told");
    assert_eq!(count("Wrong") + count("Suspended"), guesses, "and each wrong response");
    println!("{settled} accepted and {guesses} wrong of {rounds} rounds");
    assert!(settled > 0 && guesses > 0);
}

/// The limits hold for many at once, whatever the store gathers and remembers.
#[test]
fn ten_thousand_wrong_guesses_from_64_connections_get_the_allowed_answers() {
    let mut server = Server::start();
    let url = server.database();
    let first = Pair::new(connect(&url).expect("a safe server with tables"), policy());
    for options in [
        Options { connections: 64, group: 1, ..Options::default() },
        Options { connections: 64, group: 1, remembered: 0, ..Options::default() },
        Options::default(),
    ] {
        let (challenge, response) = first.issue("1", NOW);
        let right: u64 = response.parse().expect("eight digits");
        let store = PostgresStore::connect(&url, options).expect("a safe server with tables");
        let many = verifier(store, policy());
        let answered = AtomicUsize::new(0);
        in_parallel(64, 10_000, |guess| {
            let guess = format!("{:08}", (right + 1 + guess as u64) % 100_000_000);
            let attempt = AttemptId::generate(&mut rng());
            match rejected(&block_on(many.verify(challenge, &guess, attempt, NOW)).expect("the store answers")) {
                Rejection::Wrong { .. } => answered.fetch_add(1, Ordering::Relaxed),
                Rejection::Exhausted | Rejection::Suspended => 0,
                other => panic!("{other}"),
            };
        });
        assert_eq!(answered.into_inner(), 3);
        let (challenge, response) = first.issue("1", later(1));
        assert!(first.verify(challenge, &response, later(1)).is_accepted(), "three of five are borne");
    }
}

#[test]
fn two_thousand_right_responses_from_64_connections_are_accepted_once() {
    let mut server = Server::start();
    let url = server.database();
    for options in [Options { connections: 64, group: 1, ..Options::default() }, Options::default()] {
        let store = PostgresStore::connect(&url, options).expect("a safe server with tables");
        let pair = Pair::new(store, policy());
        let (challenge, response) = pair.issue("1", NOW);
        let accepted = AtomicUsize::new(0);
        in_parallel(64, 2_000, |_| {
            if pair.verify(challenge, &response, NOW).is_accepted() {
                accepted.fetch_add(1, Ordering::Relaxed);
            }
        });
        assert_eq!(accepted.into_inner(), 1);
    }
}

/// A challenge that another verifier has issued is answered here, whatever this one remembers of the activation.
#[test]
fn what_another_verifier_did_is_seen_at_once() {
    let mut server = Server::start();
    let url = server.database();
    let here = Pair::new(connect(&url).expect("a safe server with tables"), policy());
    let there = verifier(connect(&url).expect("a safe server with tables"), policy());
    let elsewhere = Pair {
        verifier: there,
        activation: here.activation,
        key: Key::new(here.key.expose_bytes().to_vec()),
        suite: here.suite.clone(),
    };
    for round in 0..20 {
        // Here the challenge before is remembered.
        let (old, old_response) = here.issue("1", NOW);
        assert!(here.verifier.store().recall(&RecordId::Activation(here.activation)).is_some(), "{round}");
        let (new, new_response) = elsewhere.issue("2", NOW);
        assert_eq!(rejected(&here.verify(old, &old_response, NOW)), Rejection::Superseded, "{round}");
        assert!(here.verify(new, &new_response, NOW).is_accepted(), "{round}");
        assert_eq!(rejected(&elsewhere.verify(new, &new_response, NOW)), Rejection::AlreadySettled, "{round}");
        // The answer is from the store, although an older state is cached.
        block_on(elsewhere.verifier.suspend(here.activation, NOW)).expect("it is active");
        let issued = block_on(here.verifier.issue(here.activation, crate::pair::transfer("3"), None, NOW, &mut rng()));
        assert!(issued.is_err(), "{round}: it is suspended");
        block_on(elsewhere.verifier.resume(here.activation, NOW)).expect("it is suspended");
    }
}

/// A verifier in another process.
struct Verifier {
    child: Child,
    stdin: ChildStdin,
    lines: Box<dyn Iterator<Item = String>>,
}

impl Verifier {
    fn start(url: &str) -> Self {
        let mut child = Command::new(env::current_exe().expect("this binary has a path"))
            .args(["--exact", "--ignored", "--nocapture", "processes::child_settles_what_it_is_given"])
            .env(DATABASE, url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this binary starts");
        let stdin = child.stdin.take().expect("it is piped");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut this = Self { child, stdin, lines: Box::new(lines.map_while(Result::ok)) };
        this.hear("ready");
        this
    }

    fn ask(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").and_then(|()| self.stdin.flush()).expect("the child reads");
    }

    /// How often it got "accepted", and how often "wrong".
    fn told(&mut self) -> (usize, usize) {
        let line = self.hear("told ");
        let mut numbers = line.split(' ').map(|number| number.parse().expect("a number"));
        (numbers.next().expect("two numbers"), numbers.next().expect("two numbers"))
    }

    /// The next line that begins so, without that; the test harness says things in between.
    fn hear(&mut self, word: &str) -> String {
        let line = self.lines.find_map(|line| line.rsplit_once(word).map(|(_, rest)| rest.to_owned()));
        line.expect("the child goes on")
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// Writes a line in one piece, past the test harness.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).expect("somebody reads");
}
