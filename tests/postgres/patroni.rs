//! Three nodes under Patroni whose leader is killed under load. `deploy/patroni/failover` makes the cluster and runs this.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use camtoken::store::{StoreError, block_on};
use camtoken::verifier::{AttemptId, ChallengeRef, Rejection, Verdict, Verifier, VerifierError};
use camtoken_postgres::{Durability, Options, PostgresStore};

use crate::pair::{NOW, Pair, rejected, rng, test_policy, transfer};
use crate::server::sql;

/// After a kill, a caller has to get "accepted" again within this time.
const LONGEST_GAP: Duration = Duration::from_secs(30);

type Bank = Pair<Arc<PostgresStore>>;

/// Two verifiers with many callers; each response is sent through the one and the other until it is settled. No response is
/// accepted twice and no acceptance is lost. While the standbys get nothing, no caller gets an acceptance.
#[test]
#[ignore = "needs a cluster: run deploy/patroni/failover"]
fn a_killed_leader_loses_and_repeats_nothing() {
    let kills = env::var("CAMTOKEN_TEST_KILLS").map_or(1, |kills| kills.parse().expect("a number of kills"));
    let cluster = Cluster::find();
    cluster.make_whole();
    cluster.make_tables();
    let connect = || Arc::new(PostgresStore::connect(&cluster.url("camtoken"), options()).expect("a safe cluster"));
    let (one, other) = (connect(), connect());
    let other = crate::pair::verifier(other, test_policy());
    let banks: Vec<_> = (0..8).map(|_| Pair::new(Arc::clone(&one), test_policy())).collect();
    let (ended, failed) = (AtomicBool::new(false), AtomicBool::new(false));
    let load = Load { other, ended, failed, accepted: Mutex::default(), strangers: AtomicUsize::new(0) };

    println!("| kill | leader | the standbys' answers held back before | acceptances before | seconds without any |");
    println!("| ---: | --- | --- | ---: | ---: |");
    thread::scope(|scope| {
        let end = End(&load);
        let clients: Vec<_> = banks.iter().map(|bank| scope.spawn(|| load.client(bank))).collect();
        for kill in 1..=kills {
            let before = load.accepted();
            wait(Duration::from_secs(60), || load.accepted() >= before + 40);
            let leader = cluster.leader();
            let held = if kill % 2 == 1 { cluster.hold_standbys_back() } else { Vec::new() };
            if !held.is_empty() {
                thread::sleep(Duration::from_millis(300));
                let settled = load.accepted();
                let since = Instant::now();
                let mut cancelled = 0;
                while since.elapsed() < Duration::from_secs(3) {
                    cancelled += cluster.cancel_waiting_commits();
                    thread::sleep(Duration::from_millis(50));
                }
                assert!(cancelled > 8, "only {cancelled} commits waited");
                assert_eq!(load.accepted(), settled, "accepted, while one server alone has it");
            }
            let killed = Instant::now();
            cluster.kill(leader, &held);
            // An answer to an earlier commit may arrive a moment later; each client may have one of these.
            let settled = load.accepted();
            wait(LONGEST_GAP, || load.accepted() > settled + banks.len());
            let gap = load.longest_gap_since(killed).as_secs_f64();
            let held = if held.is_empty() { "no" } else { "yes, and their commits cancelled" };
            println!("| {kill} | node {leader} | {held} | {settled} | {gap:.1} |");
            cluster.make_whole();
            assert_ne!(cluster.leader(), leader, "another one leads");
        }
        drop(end);
        clients.into_iter().for_each(|client| client.join().expect("it ends"));
    });

    let accepted = load.accepted.into_inner().expect("nobody panicked");
    let mut challenges: Vec<_> = accepted.iter().map(|(challenge, ..)| challenge.to_string()).collect();
    challenges.sort_unstable();
    challenges.dedup();
    assert_eq!(challenges.len(), accepted.len(), "each challenge was accepted once");
    // Another verifier, which remembers nothing, accepts none of them again.
    let again = crate::pair::verifier(connect(), test_policy());
    for (challenge, response, _) in &accepted {
        let verdict = block_on(again.verify(*challenge, response, AttemptId::generate(&mut rng()), NOW));
        assert!(!verdict.expect("the cluster is whole").is_accepted(), "accepted twice: {challenge}");
    }
    for bank in &banks {
        let in_audit = bank.events().into_iter().filter(|event| event == "Accepted").count();
        let told = accepted.iter().filter(|(challenge, ..)| challenge.activation == bank.activation).count();
        assert_eq!(in_audit, told, "the audit has each acceptance that was told, and no other");
    }
    let strangers = load.strangers.into_inner();
    println!("\n{} acceptances, each once; {strangers} second attempts, all refused", accepted.len());
    assert!(strangers > kills * 40);
}

fn options() -> Options {
    Options { connections: 4, durability: Durability::Standby, ..Options::default() }
}

/// What the callers do, and the answers that they got.
struct Load {
    /// The second verifier; each bank has the first.
    other: Verifier<Arc<PostgresStore>>,
    ended: AtomicBool,
    failed: AtomicBool,
    accepted: Mutex<Vec<(ChallengeRef, String, Instant)>>,
    strangers: AtomicUsize,
}

impl Load {
    fn accepted(&self) -> usize {
        self.accepted.lock().expect("nobody panicked").len()
    }

    /// For how long no caller got "accepted".
    fn longest_gap_since(&self, start: Instant) -> Duration {
        let accepted = self.accepted.lock().expect("nobody panicked");
        let mut last = start;
        let since = accepted.iter().map(|(.., at)| *at).filter(|at| *at > start);
        let gaps = since.map(|at| at.saturating_duration_since(std::mem::replace(&mut last, at)));
        gaps.max().unwrap_or_default()
    }

    /// Answers challenges until the end. Every request is retried until it is decided, whichever node leads by then.
    fn client(&self, bank: &Bank) {
        while !self.ended.load(Ordering::Relaxed) {
            let issued = block_on(bank.verifier.issue(bank.activation, transfer("1"), None, NOW, &mut rng()));
            let Ok(issued) = issued else {
                thread::sleep(Duration::from_millis(20));
                continue;
            };
            let opened = camtoken::code::open(&issued.code, &bank.key).expect("sealed for this activation");
            let response = opened.respond(&bank.key, &bank.suite).expose_str().to_owned();
            let Some(own) = self.decided(bank, issued.reference, &response) else { break };
            assert!(own.is_accepted(), "the one right response, in one attempt: {own:?}");
            self.accepted.lock().expect("nobody panicked").push((issued.reference, response.clone(), Instant::now()));
            let Some(stranger) = self.decided(bank, issued.reference, &response) else { break };
            assert_eq!(rejected(&stranger), Rejection::AlreadySettled);
            self.strangers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One attempt, through one verifier and the other, until it is decided. Given up only when the test has failed.
    fn decided(&self, bank: &Bank, challenge: ChallengeRef, response: &str) -> Option<Verdict> {
        let attempt = AttemptId::generate(&mut rng());
        for verifier in [&bank.verifier, &self.other].into_iter().cycle() {
            match block_on(verifier.verify(challenge, response, attempt, NOW)) {
                Ok(verdict) => return Some(verdict),
                Err(VerifierError::Store(StoreError::Unknown { .. } | StoreError::Unavailable { .. })) => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(error) => panic!("{error}"),
            }
            if self.failed.load(Ordering::Relaxed) {
                return None;
            }
        }
        unreachable!("a cycle has no end")
    }
}

/// Ends the load when the test ends, or fails: its threads are waited for.
struct End<'a>(&'a Load);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.failed.store(thread::panicking(), Ordering::Relaxed);
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

/// The cluster of `deploy/patroni/up`.
struct Cluster {
    dir: PathBuf,
}

impl Cluster {
    fn find() -> Self {
        Self { dir: env::var_os("CAMTOKEN_CLUSTER").expect("deploy/patroni/failover says where").into() }
    }

    /// A value of one of the files that `up` has written.
    fn setting(&self, file: &str, name: &str) -> String {
        let text = fs::read_to_string(self.dir.join(file)).expect("up has written it");
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("{file} has no {name}")).to_owned()
    }

    /// All nodes, as one role.
    fn url(&self, role: &str) -> String {
        self.setting(&format!("{role}.env"), "CAMTOKEN_STORE")
    }

    /// Runs a statement on the node that leads, as one role or as the one that may do anything.
    fn ask(&self, role: &str, statement: &str) -> Vec<String> {
        let url = match role {
            "postgres" => {
                let own = self.url("camtoken");
                let (_, hosts) = own.split_once('@').expect("a role and a password");
                format!("postgres://postgres:{}@{hosts}", self.setting("passwords", "superuser"))
            }
            _ => self.url(role),
        };
        sql(&format!("{url}?target_session_attrs=read-write"), statement)
    }

    fn make_tables(&self) {
        PostgresStore::migrate(&self.url("owner"), &options()).expect("the owner may");
        self.ask(
            "owner",
            "GRANT SELECT ON camtoken_schema TO camtoken; GRANT SELECT, INSERT, UPDATE ON camtoken_record TO camtoken; \
             GRANT SELECT, INSERT ON camtoken_audit TO camtoken",
        );
    }

    /// The number of the node that leads.
    fn leader(&self) -> u16 {
        let port = |text: String| text.parse::<u16>().expect("a port");
        let first = self.url("camtoken");
        let first = first.split([':', ',']).nth(3).expect("a port").to_owned();
        port(self.ask("postgres", "SELECT inet_server_port()").remove(0)) - port(first) + 1
    }

    /// Stops what sends the log to the standbys; they stay connected, and get nothing.
    fn hold_standbys_back(&self) -> Vec<String> {
        let senders = self.ask("postgres", "SELECT pid FROM pg_stat_replication");
        assert_eq!(senders.len(), 2, "two standbys");
        senders.iter().for_each(|pid| run(Command::new("kill").args(["-STOP", pid])));
        senders
    }

    /// What an impatient operator does, or a time-out.
    fn cancel_waiting_commits(&self) -> usize {
        self.ask("postgres", "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").len()
    }

    fn kill(&self, node: u16, held: &[String]) {
        run(self.script("kill").arg(node.to_string()));
        // They would not notice: they are stopped.
        held.iter().for_each(|pid| run(Command::new("kill").args(["-KILL", pid])));
    }

    /// Starts what does not run, and waits for one leader and two standbys.
    fn make_whole(&self) {
        run(&mut self.script("up"));
    }

    fn script(&self, name: &str) -> Command {
        let mut command =
            Command::new(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/patroni")).join(name));
        command.env("CAMTOKEN_CLUSTER", &self.dir);
        command
    }
}

fn run(command: &mut Command) {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn wait(most: Duration, until: impl Fn() -> bool) {
    let start = Instant::now();
    while !until() {
        assert!(start.elapsed() < most, "not within {most:?}");
        thread::sleep(Duration::from_millis(10));
    }
}
