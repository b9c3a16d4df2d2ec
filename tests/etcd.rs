//! What the etcd store promises, on real members that the tests start and end themselves.

#[path = "common/authority.rs"]
mod authority;
#[path = "etcd/cluster.rs"]
mod cluster;
#[path = "common/history.rs"]
mod history;
#[expect(dead_code, reason = "most of it is for the verifier's tests")]
#[path = "common/pair.rs"]
mod pair;
#[path = "etcd/relay.rs"]
mod relay;

#[path = "etcd/chaos.rs"]
mod chaos;
#[path = "etcd/network.rs"]
mod network;
#[path = "etcd/tls.rs"]
mod tls;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use camtoken::store::backup::{self, Records};
use camtoken::store::{Change, MemoryStore, RecordId, Replaced, Revision, Store, StoreError, block_on};
use camtoken::verifier::{AttemptId, Rejection, VerifierError};
use camtoken_etcd::{Durability, EtcdStore, Options};
use camtoken_vectors::{conformance, play_story};

use cluster::{Cluster, is_installed};
use pair::{NOW, Pair, in_parallel, rejected, rng, test_policy, verifier};
use relay::Relay;

#[test]
fn the_etcd_store_conforms() {
    if !is_installed() {
        return;
    }
    let cluster = Cluster::start(1, &[]);
    // Time is not what is tested, and others may want the processors.
    let patient = Options { deadline: Duration::from_secs(60), answer: Duration::from_secs(60), ..Options::default() };
    conformance::run(|| EtcdStore::connect(&cluster.database(), patient.clone()).expect("a sound cluster"));
    // One request a transaction, and nothing remembered: neither groups nor their absence change what is stored.
    let alone = Options { group: 1, connections: 16, remembered: 0, ..patient.clone() };
    conformance::run(|| EtcdStore::connect(&cluster.database(), alone.clone()).expect("a sound cluster"));
}

#[test]
fn every_story_ends_as_it_must() {
    if !is_installed() {
        return;
    }
    let cluster = Cluster::start(1, &[]);
    let stories =
        fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testvectors/exchange")).expect("the stories");
    let mut played = 0;
    for path in stories.map(|entry| entry.expect("a file").path()) {
        if path.extension().is_none_or(|extension| extension != "story") {
            continue;
        }
        let (story, url) = (fs::read_to_string(&path).expect("text"), cluster.database());
        let connect = || EtcdStore::connect(&url, Options::default()).map_err(|error| error.to_string());
        assert_eq!(play_story(&story, connect), Ok(()), "{}", path.display());
        played += 1;
    }
    assert!(played > 50, "{played} stories");
}

/// The limits hold for many at once, whatever the store gathers and remembers.
#[test]
fn ten_thousand_wrong_guesses_get_three_answers_and_two_thousand_right_ones_are_accepted_once() {
    if !is_installed() {
        return;
    }
    let cluster = Cluster::start(3, &[]);
    let patient = Options { deadline: Duration::from_secs(60), answer: Duration::from_secs(60), ..Options::default() };
    let store = EtcdStore::connect(&cluster.database(), patient).expect("a sound cluster");
    let pair = Pair::new(store, test_policy());
    let (challenge, response) = pair.issue("1", NOW);
    let right: u64 = response.parse().expect("eight digits");
    let answered = AtomicUsize::new(0);
    in_parallel(64, 10_000, |guess| {
        let guess = format!("{:08}", (right + 1 + guess as u64) % 100_000_000);
        match rejected(&pair.verify(challenge, &guess, NOW)) {
            Rejection::Wrong { .. } => answered.fetch_add(1, Ordering::Relaxed),
            Rejection::Exhausted | Rejection::Suspended => 0,
            other => panic!("{other}"),
        };
    });
    assert_eq!(answered.into_inner(), 3);

    let (challenge, response) = pair.issue("1", NOW);
    let accepted = AtomicUsize::new(0);
    in_parallel(64, 2_000, |_| {
        if pair.verify(challenge, &response, NOW).is_accepted() {
            accepted.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert_eq!(accepted.into_inner(), 1);
}

/// The connection is cut when the answer comes: the outcome is unknown, and the same attempt again gets the one verdict.
#[test]
fn a_cut_answer_is_unknown_and_the_same_attempt_gets_the_verdict() {
    if !is_installed() {
        return;
    }
    let cluster = Cluster::start(1, &[]);
    let url = cluster.database();
    let relay = Relay::to(&cluster.host(1));
    let one = Options { connections: 1, ..Options::default() };
    let through = url.replace(&cluster.host(1), &relay.host());
    let pair = Pair::new(EtcdStore::connect(&through, one).expect("through the relay"), test_policy());
    for number in 0..10 {
        let (challenge, response) = pair.issue("1", NOW);
        let attempt = AttemptId::generate(&mut rng());
        // What was issued just now is remembered, so the next thing that is answered is the change.
        relay.cut_next_answer();
        let unknown = block_on(pair.verifier.verify(challenge, &response, attempt, NOW));
        assert!(matches!(unknown, Err(VerifierError::Store(StoreError::Unknown { .. }))), "{number}: {unknown:?}");
        assert!(pair.verify_as(attempt, challenge, &response, NOW).is_accepted(), "{number}");
        assert_eq!(rejected(&pair.verify(challenge, &response, NOW)), Rejection::AlreadySettled, "{number}");
    }
}

#[test]
fn a_cluster_that_is_not_ready_or_may_lose_something_is_refused() {
    if !is_installed() {
        return;
    }
    let cluster = Cluster::start(1, &["--quota-backend-bytes", "2000000"]);
    let url = cluster.empty();
    let refused = EtcdStore::connect(&url, Options::default()).err();
    assert_eq!(refused, Some(StoreError::Version { found: "no schema".to_owned(), expected: "schema 1" }));
    assert_eq!(EtcdStore::migrate(&url, &Options::default()), Ok((0, 1)));
    assert_eq!(EtcdStore::migrate(&url, &Options::default()), Ok((1, 1)));
    let standby = Options { durability: Durability::Standby, ..Options::default() };
    match EtcdStore::connect(&url, standby).err() {
        Some(StoreError::Unsafe { setting: "members", found, .. }) => assert_eq!(found, "1"),
        other => panic!("{other:?}"),
    }

    // The space is used up: a change that was not acknowledged is reported as unknown, or was not stored.
    let store = EtcdStore::connect(&url, Options::default()).expect("one member is enough for its disk");
    let id: RecordId = "activation:000000000001".parse().expect("an ID");
    let mut revision = 0;
    let full = loop {
        let change = Change { record: vec![7; 60_000], audit: None };
        match block_on(store.replace(&id, Revision::from_u64(revision), change)) {
            Ok(Replaced::Yes(made)) => revision = made.as_u64(),
            Ok(Replaced::Conflict) => panic!("nobody else writes"),
            Err(error) => break error,
        }
        assert!(revision < 200, "2 MB have an end");
    };
    assert!(matches!(full, StoreError::Unknown { .. }), "{full:?}");
    match EtcdStore::connect(&url, Options::default()).err() {
        Some(StoreError::Unsafe { setting: "alarm", found, .. }) => assert!(found.contains("NOSPACE"), "{found}"),
        other => panic!("{other:?}"),
    }
    let found = block_on(store.load(&id)).expect("it is read all the same").expect("it is there").revision.as_u64();
    assert!((revision..=revision + 1).contains(&found), "{found}, told {revision}");
    EtcdStore::connect(&url, Options { durability: Durability::Vouched, ..Options::default() }).expect("believed");
}

/// Two clusters in one URL: what one has acknowledged, the other has never heard of.
#[test]
fn a_member_of_another_cluster_is_refused() {
    if !is_installed() {
        return;
    }
    let (one, other) = (Cluster::start(1, &[]), Cluster::start(1, &[]));
    let urls = [other.host(1), format!("{},{}", one.host(1), other.host(1))];
    let [_, both] = urls.map(|hosts| {
        let url = format!("etcd://{hosts}/bank?sslmode=disable");
        assert_eq!(EtcdStore::migrate(&url, &Options::default()), Ok((0, 1)));
        url
    });
    let store = EtcdStore::connect(&both, Options::default()).expect("the first one is sound");
    let id: RecordId = "activation:000000000001".parse().expect("an ID");
    let replace = |revision| {
        let change = Change { record: b"x".to_vec(), audit: None };
        block_on(store.replace(&id, Revision::from_u64(revision), change))
    };
    assert_eq!(replace(0), Ok(Replaced::Yes(Revision::from_u64(1))));
    one.kill(1);
    let refused = (0..10).map(|_| replace(1)).find(|told| !matches!(told, Err(StoreError::Unknown { .. })));
    assert!(matches!(refused, Some(Err(StoreError::Unsafe { setting: "cluster_id", .. }))), "{refused:?}");
}

/// From any store to any other, and a restore that did not end is no store.
#[test]
fn backups_go_in_and_out() {
    if !is_installed() {
        return;
    }
    let cluster = Cluster::start(1, &[]);
    let pair = Pair::new(Arc::new(MemoryStore::new()), test_policy());
    let (challenge, response) = pair.issue("1", NOW);
    assert!(pair.verify(challenge, &response, NOW).is_accepted());
    let mut saved = Vec::new();
    let count = block_on(backup::write(pair.verifier.store(), &mut saved)).expect("the store is read");
    let records = || Records::new(&saved[..]).expect("a backup");

    let url = cluster.database();
    let broken = records().take(1).chain(std::iter::once(Err(backup::BackupError::CutOff)));
    assert!(EtcdStore::restore(&url, &Options::default(), broken).is_err());
    let refused = EtcdStore::connect(&url, Options::default()).err();
    assert!(matches!(refused, Some(StoreError::Version { .. })), "{refused:?}");
    let restored = EtcdStore::restore(&url, &Options::default(), records()).expect("it begins from nothing");
    assert_eq!(restored, count);
    let store = EtcdStore::connect(&url, Options::default()).expect("it is whole");
    let mut again = Vec::new();
    block_on(backup::write(&store, &mut again)).expect("the store is read");
    assert!(again == saved, "the same bytes from both stores");
    let full = EtcdStore::restore(&url, &Options::default(), records());
    assert!(matches!(full, Err(backup::BackupError::Store(StoreError::Exists))), "{full:?}");
    let bank = verifier(store, test_policy());
    let verdict = block_on(bank.verify(challenge, &response, AttemptId::generate(&mut rng()), NOW)).expect("decided");
    assert!(!verdict.is_accepted(), "it was accepted before");
    let id: RecordId = "activation:0000000000ff".parse().expect("an ID");
    for revision in 0..40 {
        let change = Change { record: vec![7; 60_000], audit: None };
        assert!(block_on(bank.store().replace(&id, Revision::from_u64(revision), change)).is_ok());
    }
    thread::sleep(Duration::from_millis(500));
    let (before, after) = EtcdStore::compact(&url, &Options::default()).expect("a sound cluster");
    assert!(before > 2_400_000 && after < 1_000_000, "{before} bytes, then {after}");
    EtcdStore::compact(&url, &Options::default()).expect("nothing to compact is no error");
    assert_eq!(block_on(bank.store().list(None, 99)).expect("the store lists").len() as u64, count + 1);
}
