//! Members that are killed, stopped and cut off at random while clients change the same records, and a check of all answers that
//! the clients got.

use std::env;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::{Change, MemoryStore, RecordId, Replaced, Revision, Store, StoreError, Versioned, block_on};
use camtoken_etcd::{Durability, EtcdStore, Options};

use crate::cluster::{Cluster, is_installed};
use crate::history::History;
use crate::relay::Relay;

/// Clients, and the records that they share.
const CLIENTS: usize = 12;
const RECORDS: u64 = 6;

/// How long it lasts: `CAMTOKEN_TEST_SECONDS`, or a short time.
pub fn span() -> Duration {
    Duration::from_secs(env::var("CAMTOKEN_TEST_SECONDS").map_or(12, |seconds| seconds.parse().expect("seconds")))
}

pub fn options() -> Options {
    Options { durability: Durability::Standby, ..Options::default() }
}

/// Numbers that differ from run to run; the seed is printed, and `CAMTOKEN_TEST_SEED` sets it.
pub struct Dice(u64);

impl Dice {
    pub fn new() -> Self {
        let seed = env::var("CAMTOKEN_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) << 20 | 1);
        println!("CAMTOKEN_TEST_SEED={seed}");
        Self(seed)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % most
    }
}

/// Lets clients work on two stores while `harm` runs, and checks the answers that they got.
pub fn under<S: Store>(stores: [&S; 2], name: &str, mut harm: impl FnMut()) -> Result<History, String> {
    let (history, over) = (History::new(), AtomicBool::new(false));
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (history, over, store) = (&history, &over, stores[client % 2]);
            scope.spawn(move || history.client(store, client, RECORDS, || over.load(Ordering::Relaxed)));
        }
        // It may panic; the clients end all the same.
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&mut harm));
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic);
        }
    });
    history.check(stores[0], name)?;
    Ok(history)
}

/// kill -9, SIGSTOP and cut connections, at random moments and of random members, also of two at a time.
#[test]
fn members_that_die_hang_and_are_cut_off_lose_and_repeat_nothing() {
    if !is_installed() {
        return;
    }
    let cluster = Cluster::start(3, &[]);
    let url = cluster.database();
    let relays: Vec<_> = (1..=3).map(|member| Relay::to(&cluster.host(member))).collect();
    let through: Vec<_> = relays.iter().map(Relay::host).collect();
    let place = url.split_once("/store").expect("a prefix").1;
    let stores = [(); 2].map(|()| {
        let url = format!("etcd://{}/store{place}", through.join(","));
        EtcdStore::connect(&url, options()).expect("a sound cluster")
    });
    let (mut dice, mut counts) = (Dice::new(), [0; 3]);
    let start = Instant::now();
    let history = under([&stores[0], &stores[1]], "etcd", || {
        while start.elapsed() < span() {
            thread::sleep(Duration::from_millis(300 + dice.below(1200)));
            let member = 1 + dice.below(3) as u16;
            let how = dice.below(3) as usize;
            counts[how] += 1;
            match how {
                0 => {
                    cluster.kill(member);
                    thread::sleep(Duration::from_millis(dice.below(2500)));
                    cluster.start_again(member);
                }
                1 => {
                    // Longer than an election: it comes back as one who believes that it leads.
                    cluster.pause(member);
                    thread::sleep(Duration::from_millis(500 + dice.below(3500)));
                    cluster.resume(member);
                }
                _ => relays.iter().for_each(Relay::cut_all),
            }
        }
        cluster.make_whole();
    })
    .unwrap_or_else(|complaints| panic!("{complaints}"));
    let (all, stored) = history.counts();
    println!(
        "{} kills, {} pauses, {} cuts; {all} operations, {stored} changes stored",
        counts[0], counts[1], counts[2]
    );
    assert!(stored > 100, "{stored}");
}

/// The time in which no client gets "stored", after the leader was killed, stopped, or its clients were cut off.
#[test]
fn another_leads_within_five_seconds() {
    if !is_installed() {
        return;
    }
    let rounds = env::var("CAMTOKEN_TEST_KILLS").map_or(1, |kills| kills.parse().expect("a number of kills"));
    let cluster = Cluster::start(3, &[]);
    let url = cluster.database();
    let stores = [(); 2].map(|()| EtcdStore::connect(&url, options()).expect("a sound cluster"));
    println!("| round | what | seconds without any change |");
    println!("| ---: | --- | ---: |");
    let mut gaps = Vec::new();
    let history = History::new();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (history, over, store) = (&history, &over, &stores[client % 2]);
            scope.spawn(move || history.client(store, client, RECORDS, || over.load(Ordering::Relaxed)));
        }
        for round in 0..rounds {
            for (what, harm) in [("killed", Cluster::kill as fn(&Cluster, u16)), ("stopped", Cluster::pause)] {
                let begun = Instant::now();
                while history.counts().1 == 0 || begun.elapsed() < Duration::from_secs(1) {
                    thread::sleep(Duration::from_millis(50));
                }
                let leader = cluster.leader().expect("one leads");
                let since = Instant::now();
                harm(&cluster, leader);
                thread::sleep(Duration::from_secs(6));
                let gap = history.longest_gap(since).as_secs_f64();
                println!("| {round} | the leader is {what} | {gap:.2} |");
                gaps.push(gap);
                cluster.make_whole();
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    history.check(&stores[0], "etcd-failover").unwrap_or_else(|complaints| panic!("{complaints}"));
    assert!(gaps.iter().all(|gap| (0.01..5.0).contains(gap)), "{gaps:?}");
}

/// An engine whose leader shows what no other server has yet, and that loses it when another leads: PostgreSQL whose commits do
/// not wait, or are cancelled while they do.
struct Hasty {
    shown: MemoryStore,
    kept: MemoryStore,
    changes: AtomicUsize,
}

impl Hasty {
    /// Changes that get no answer are shown until another leads, which is when the record is changed next.
    fn is_unanswered(&self) -> bool {
        self.changes.fetch_add(1, Ordering::Relaxed) % 50 == 49
    }
}

impl Store for Hasty {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        match self.shown.load(id).await? {
            Some(found) if !found.record.is_empty() => Ok(Some(found)),
            _ => self.kept.load(id).await,
        }
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        let shown = self.shown.load(id).await?;
        let show = async |record: &[u8]| {
            let now = shown.as_ref().map_or(Revision::ABSENT, |shown| shown.revision);
            self.shown.replace(id, now, Change { record: record.to_vec(), audit: None }).await
        };
        if self.is_unanswered() {
            // The record as the leader shows it for a moment; its revision is of no account here.
            let _ = show(&change.record).await?;
            return Err(StoreError::Unknown { reason: "no answer".to_owned() });
        }
        let _ = show(b"").await?;
        self.kept.replace(id, expected, change).await
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        self.kept.list(after, limit).await
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.kept.audit_page(id, after, limit).await
    }
}

/// The deliberate mistake: an unknown outcome is looked up, and what a load shows is acknowledged as stored.
struct ConfirmsByRead<S>(S);

impl<S: Store> Store for ConfirmsByRead<S> {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        self.0.load(id).await
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        match self.0.replace(id, expected, change.clone()).await {
            Err(StoreError::Unknown { reason }) => match self.0.load(id).await? {
                Some(found) if *found.record == *change.record => Ok(Replaced::Yes(expected.next())),
                _ => Err(StoreError::Unknown { reason }),
            },
            told => told,
        }
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        self.0.list(after, limit).await
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.0.audit_page(id, after, limit).await
    }
}

fn hasty() -> Hasty {
    Hasty { shown: MemoryStore::new(), kept: MemoryStore::new(), changes: AtomicUsize::new(0) }
}

/// One client, so that nothing but the lost change is there to be found.
fn history_of<S: Store>(store: &S) -> Result<(), String> {
    let history = History::new();
    history.client(store, 1, 1, || history.counts().0 >= 960);
    history.check(store, "confirmed-by-read")
}

#[test]
fn a_store_that_confirms_by_read_is_caught() {
    let complaint = history_of(&ConfirmsByRead(hasty())).expect_err("a change that was told as stored is lost");
    assert!(complaint.contains("the audit has None"), "{complaint}");
    let file = complaint.rsplit_once(" in ").expect("it is kept").1;
    let kept = std::fs::read_to_string(file).expect("the history is kept");
    assert!(kept.starts_with("# record 0: ") && kept.lines().count() > 900, "{file}");
    std::fs::remove_file(file).expect("it is ours");
}

/// A sound store that passes on what it does not know passes the check.
#[test]
fn a_store_that_says_what_it_does_not_know_is_not_accused() {
    struct Forgetful(MemoryStore, AtomicUsize);

    impl Store for Forgetful {
        async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
            self.0.load(id).await
        }

        async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
            match self.1.fetch_add(1, Ordering::Relaxed) % 20 {
                5 => Err(StoreError::Unknown { reason: "lost on the way there".to_owned() }),
                15 => {
                    let _ = self.0.replace(id, expected, change).await?;
                    Err(StoreError::Unknown { reason: "lost on the way back".to_owned() })
                }
                _ => self.0.replace(id, expected, change).await,
            }
        }

        async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
            self.0.list(after, limit).await
        }

        async fn audit_page(
            &self,
            id: &RecordId,
            after: Revision,
            limit: usize,
        ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
            self.0.audit_page(id, after, limit).await
        }
    }

    let store = Forgetful(MemoryStore::new(), AtomicUsize::new(0));
    let until = Instant::now() + Duration::from_secs(1);
    let history = under([&store, &store], "sound", || thread::sleep(until - Instant::now()));
    assert!(history.expect("nothing is wrong").counts().1 > 100);
    assert!(block_on(store.load(&"activation:000000000000".parse().expect("an ID"))).is_ok());
}
