//! The store on a disk that is simulated: power cuts that lose, reorder and tear what was not synced, calls that fail, writes
//! that land elsewhere, damage, copies, full disks. All of it follows from a seed.
//!
//! A run is a sequence of lives: the store is opened, gets groups of changes, and its life ends. After each end the next
//! opening has every change that was acknowledged, or it refuses, and it may refuse only after damage or a copy. No change
//! of one revision is acknowledged twice.
//!
//! The simulated part lies below the log, the mark and the format. The tree is a stand-in: a checkpoint is stored whole or not
//! at all, may fail, and may be lost in a power cut until the log waits for it. Its library's own files are not simulated
//! (the tests with killed processes and full disks have the real one), nor are damage before a power cut, of which the
//! unsynced mark may know nothing, a write that lands elsewhere in a life in which another call fails, and a disk that goes
//! back to an earlier state as a whole.
//!
//! `CAMTOKEN_TEST_SEEDS` says how many seeds are run, `CAMTOKEN_TEST_SEED` runs one.

mod disk;

use self::disk::*;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::thread;

use futures_channel::oneshot;

use super::checkpointer::Checkpointer;
use super::dir::create_files;
use super::disk::{Disk, DiskFile, Open, Place};
use super::opening::{Ready, ready};
use super::recent::Recent;
use super::tree::{Tree, panic_message};
use super::writer::Writer;
use super::{Request, Shared};
use crate::store::{Change, RecordId, Replaced, Revision, StoreError, Versioned};

#[test]
fn no_fault_of_the_disk_loses_or_repeats_what_was_acknowledged() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seeds = match number("CAMTOKEN_TEST_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CAMTOKEN_TEST_SEEDS").unwrap_or(300),
    };
    let mut totals = Totals::default();
    for seed in seeds.clone() {
        let run = catch_unwind(AssertUnwindSafe(|| Run::new(seed).run_to_the_end(&mut totals)));
        if let Err(panic) = run {
            panic!("CAMTOKEN_TEST_SEED={seed}: {}", panic_message(&*panic));
        }
    }
    if seeds.end - seeds.start >= 100 {
        let Totals { acknowledged, power_cuts, failed_calls, refused_damage, harmless_damage, refused_copies, full } =
            totals;
        let all = [acknowledged, power_cuts, failed_calls, refused_damage, harmless_damage, refused_copies, full];
        assert!(all.iter().all(|count| *count > 0), "something never happened: {totals:?}");
    }
}

/// How often what happened.
#[derive(Debug, Default)]
struct Totals {
    acknowledged: u64,
    power_cuts: u64,
    failed_calls: u64,
    refused_damage: u64,
    harmless_damage: u64,
    refused_copies: u64,
    full: u64,
}

struct Run {
    random: Random,
    disk: SimDisk,
    tree: SimTree,
    /// The last acknowledged revision of each record.
    acknowledged: BTreeMap<RecordId, u64>,
    /// The possible contents of a revision: an unknown outcome leaves several.
    written: BTreeMap<(RecordId, u64), BTreeSet<Vec<u8>>>,
    accepted: BTreeSet<(RecordId, u64)>,
    attempts: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let disk = SimDisk(Arc::new(Mutex::new(World::new(random.next()))));
        let tree = SimTree(Arc::new(Mutex::new(Branch { random: Random(random.next()), ..Branch::default() })));
        let (acknowledged, written, accepted) = Default::default();
        Self { random, disk, tree, acknowledged, written, accepted, attempts: 0 }
    }

    fn run_to_the_end(mut self, totals: &mut Totals) {
        let mut copy = None;
        let mut is_damaged = false;
        for _ in 0..2 + self.random.below(8) {
            self.disk.world().plan(&mut self.random);
            self.tree.branch().plan(&mut self.random);
            let opened = self.open(false);
            let failed = self.disk.world().has_failed;
            let mut tree_is_behind = false;
            match opened {
                Ok(mut writer) => {
                    totals.harmless_damage += u64::from(std::mem::take(&mut is_damaged));
                    totals.full += u64::from(writer.shared.full.is_some());
                    self.check(&writer.shared);
                    self.live(&mut writer, totals);
                    tree_is_behind = writer.checkpointer.busy;
                    // The end of the process: what it does at its end fails, unless it is closed in peace.
                    self.disk.world().is_dead |= self.random.one_in(2);
                }
                Err(StoreError::Lost { .. } | StoreError::Corrupt { .. }) if is_damaged => {
                    totals.refused_damage += 1;
                    return self.repair();
                }
                Err(_) if failed || self.tree.branch().has_failed => {}
                Err(error) => panic!("refused without a cause: {error}"),
            }
            totals.failed_calls += u64::from(self.disk.world().has_failed);
            is_damaged |= self.disk.world().is_misdirected;
            let mut world = self.disk.world();
            if !is_damaged && self.random.one_in(2) {
                world.power_cut(&mut self.random);
                if tree_is_behind && self.random.one_in(2) {
                    self.tree.branch().go_back();
                }
                totals.power_cuts += 1;
            } else if !is_damaged && self.random.one_in(6) {
                world.damage(&mut self.random);
                is_damaged = true;
            }
            world.revive();
            if !is_damaged && self.random.one_in(8) {
                copy = Some((world.copy(), self.tree.branch().clone()));
            }
        }
        if let Some((world, branch)) = copy {
            (*self.disk.world(), *self.tree.branch()) = (world, branch);
            self.tree.branch().fails_at = None;
            // A copy of a store that was never whole is no store.
            if self.disk.has(&Path::new(DIR).join("format")) {
                assert_eq!(self.open(false).err(), Some(StoreError::Copied));
                totals.refused_copies += 1;
            }
        }
    }

    fn open(&mut self, repairs: bool) -> Result<Writer<SimDisk, SimTree>, StoreError> {
        let dir = Path::new(DIR);
        if !self.disk.has(&dir.join("format")) {
            assert!(self.acknowledged.is_empty(), "the format is gone");
            create_files(&self.disk, dir)?;
        }
        let ready = ready(&self.disk, dir, &self.tree, repairs)?;
        let Ready { records, recent, journal, mark, full, problem: _ } = ready;
        let shared = Arc::new(Shared { records: RwLock::new(records), full, ..Shared::default() });
        let engine = Arc::new(self.tree.clone());
        let checkpointer = Checkpointer::start(&shared, &engine)?;
        Ok(Writer { shared, disk: self.disk.clone(), journal, recent, checkpointer, engine, mark, _lock: None })
    }

    /// Every acknowledged change is there, and nothing that was never asked for.
    fn check(&mut self, shared: &Shared) {
        let records = shared.records.read().expect("no panic");
        for (id, last) in &self.acknowledged {
            let found = records.get(id).map_or(0, |record| record.revision.as_u64());
            assert!(found >= *last, "{id} is at {found}, and {last} was acknowledged");
        }
        for (id, Versioned { revision, record }) in &*records {
            let revision = revision.as_u64();
            let known = self.written.get_mut(&(id.clone(), revision)).expect("nobody wrote this revision");
            assert!(known.contains(&**record), "nobody wrote this record");
            // From here on it is known which of them it was.
            *known = BTreeSet::from([record.to_vec()]);
            self.acknowledged.insert(id.clone(), revision);
        }
    }

    fn live(&mut self, writer: &mut Writer<SimDisk, SimTree>, totals: &mut Totals) {
        for _ in 0..self.random.below(40) {
            let mut asked = Vec::new();
            let requests = (0..1 + self.random.below(4)).map(|_| {
                let id: RecordId = format!("token:T{}", self.random.below(5)).parse().expect("a record");
                let current =
                    writer.shared.records.read().expect("no panic").get(&id).map_or(0, |found| found.revision.0);
                let expected = if self.random.one_in(5) { current.saturating_sub(1) } else { current };
                self.attempts += 1;
                let padding = "x".repeat(self.random.below(300) as usize);
                let record = format!("{id} {} {padding}", self.attempts).into_bytes();
                self.written.entry((id.clone(), expected + 1)).or_default().insert(record.clone());
                let (answer, answered) = oneshot::channel();
                asked.push((id.clone(), expected, record.clone(), answered));
                let change = Change { audit: self.random.one_in(2).then(|| record.clone()), record };
                Request::Replace { id, expected: Revision::from_u64(expected), change, answer }
            });
            let requests: Vec<_> = requests.collect();
            writer.work(requests);
            for (id, expected, record, mut answered) in asked {
                match answered.try_recv().expect("an answer").expect("at once") {
                    Ok(Replaced::Yes(revision)) => {
                        let revision = revision.as_u64();
                        assert_eq!(revision, expected + 1);
                        assert!(self.accepted.insert((id.clone(), revision)), "{id} {revision} was accepted twice");
                        self.written.insert((id.clone(), revision), BTreeSet::from([record]));
                        self.acknowledged.insert(id, revision);
                        totals.acknowledged += 1;
                    }
                    // It is not there, now or later.
                    Ok(Replaced::Conflict) => {}
                    Err(StoreError::Unknown { .. } | StoreError::Stopped { .. }) => {}
                    Err(StoreError::Io(_)) if writer.shared.full.is_some() => {}
                    Err(error) => panic!("{error}"),
                }
            }
            // The thread of the tree does its work between two groups, so that a seed is one course of events.
            while writer.checkpointer.given.as_ref().is_some_and(|given| Arc::strong_count(given) > 1) {
                thread::yield_now();
            }
        }
    }

    /// What was lost stays lost; the store goes on with a moment of the past, and opens again by itself.
    fn repair(mut self) {
        self.disk.world().revive();
        self.tree.branch().fails_at = None;
        let Ok(mut writer) = self.open(true) else { return };
        let records = writer.shared.records.read().expect("no panic").clone();
        for (id, found) in &records {
            let known = self.written.get(&(id.clone(), found.revision.as_u64()));
            assert!(known.is_some_and(|known| known.contains(&*found.record)), "nobody wrote this record");
        }
        drop(writer);
        // It was cut off before its end: it has to be repeated.
        assert!(matches!(self.open(false).err(), Some(StoreError::Lost { .. })), "a repair without its end");
        writer = self.open(true).expect("as before");
        let (answer, mut answered) = oneshot::channel();
        writer.work(vec![Request::Repaired { answer }]);
        assert_eq!(answered.try_recv().expect("an answer"), Some(Ok(())));
        drop(writer);
        let writer = self.open(false).expect("it was repaired");
        assert!(*writer.shared.records.read().expect("no panic") == records);
    }
}

/// Stands in for the tree.
#[derive(Clone)]
struct SimTree(Arc<Mutex<Branch>>);

#[derive(Clone, Default)]
struct Branch {
    random: Random,
    held: Held,
    /// The records before the last checkpoint.
    before: Held,
    fails_at: Option<u64>,
    has_failed: bool,
    finished: u64,
}

#[derive(Clone, Default)]
struct Held {
    records: BTreeMap<RecordId, Versioned>,
    audit: BTreeMap<(RecordId, Revision), Vec<u8>>,
    checkpoint: u64,
}

impl Branch {
    fn plan(&mut self, random: &mut Random) {
        self.fails_at = random.one_in(8).then(|| self.finished + random.below(3));
        self.has_failed = false;
    }

    fn go_back(&mut self) {
        self.held = self.before.clone();
    }
}

impl SimTree {
    fn branch(&self) -> MutexGuard<'_, Branch> {
        self.0.lock().expect("no panic under the lock")
    }
}

impl Tree for SimTree {
    fn records(&self) -> Result<BTreeMap<RecordId, Versioned>, StoreError> {
        Ok(self.branch().held.records.clone())
    }

    fn checkpoint(&self) -> Result<u64, StoreError> {
        Ok(self.branch().held.checkpoint)
    }

    fn audit(&self, id: &RecordId, after: Revision, limit: usize) -> Result<BTreeMap<Revision, Vec<u8>>, StoreError> {
        let held = &self.branch().held;
        let of_it = held.audit.iter().filter(|((of, revision), _)| of == id && *revision > after).take(limit);
        Ok(of_it.map(|((_, revision), entry)| (*revision, entry.clone())).collect())
    }

    fn take_in(&self, number: u64, recent: &Recent) -> Result<(), StoreError> {
        let mut branch = self.branch();
        let fails = branch.fails_at == Some(branch.finished);
        branch.finished += 1;
        branch.has_failed |= fails;
        branch.before = branch.held.clone();
        if fails && branch.random.one_in(2) {
            return Err(io::Error::from(ErrorKind::StorageFull).into());
        }
        branch.held.records.extend(recent.records.iter().map(|(id, record)| (id.clone(), record.clone())));
        branch.held.audit.extend(recent.audit.iter().map(|(key, entry)| (key.clone(), entry.to_vec())));
        branch.held.checkpoint = number;
        if fails { Err(io::Error::other("EIO").into()) } else { Ok(()) }
    }

    fn compact(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// SplitMix64.
#[derive(Clone, Copy, Default)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }
}
