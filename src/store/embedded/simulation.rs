//! The store on a disk that is simulated: power cuts that lose, reorder and tear what was not synced, calls that fail, writes
//! that land elsewhere, damage, copies, full disks. All of it follows from a seed.
//!
//! A run is a sequence of lives: the store is opened, gets groups of changes, and its life ends. After each end the next
//! opening has every change that was acknowledged, or it refuses, and it may refuse only after damage or a copy. No change
//! of one revision is acknowledged twice.
//!
//! What is simulated lies below the log, the mark and the format. The tree is a stand-in: a checkpoint is stored whole or not
//! at all, may fail, and may be lost in a power cut until the log waits for it. Its library's own files are not simulated
//! (the tests with killed processes and full disks have the real one), nor are damage before a power cut, of which the
//! unsynced mark may know nothing, a write that lands elsewhere in a life in which another call fails, and a disk that goes
//! back to an earlier state as a whole.
//!
//! `CAMTOKEN_TEST_SEEDS` says how many seeds are run, `CAMTOKEN_TEST_SEED` runs one.

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

const SECTOR: usize = 512;
const DIR: &str = "/store";

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
    /// What may stand under a revision: an unknown outcome leaves several.
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
        // It was cut off before its end: it has to be asked for again.
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

/// The disk, as the store sees it.
#[derive(Clone)]
struct SimDisk(Arc<Mutex<World>>);

impl SimDisk {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no panic under the lock")
    }

    fn has(&self, path: &Path) -> bool {
        self.world().names.contains_key(path)
    }
}

/// A file as programs see it, as the platter has it, and what is on the way.
#[derive(Clone, Default)]
struct Node {
    seen: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

#[derive(Clone)]
enum Pending {
    Sector(usize, Vec<u8>),
    Emptied,
}

impl Node {
    fn apply(&mut self, pending: Pending) {
        match pending {
            Pending::Sector(offset, bytes) => put(&mut self.durable, offset, &bytes),
            Pending::Emptied => self.durable.clear(),
        }
    }
}

fn put(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    to.resize(to.len().max(offset + bytes.len()), 0);
    to[offset..offset + bytes.len()].copy_from_slice(bytes);
}

/// A change of names. Each is atomic.
#[derive(Clone)]
struct Naming {
    removed: Option<PathBuf>,
    added: Option<(PathBuf, u64)>,
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<PathBuf, u64>) {
        if let Some(path) = &self.removed {
            names.remove(path);
        }
        if let Some((path, inode)) = &self.added {
            names.insert(path.clone(), *inode);
        }
    }

    fn is_in(&self, dir: &Path) -> bool {
        let path = self.removed.as_ref().or(self.added.as_ref().map(|(path, _)| path));
        path.and_then(|path| path.parent()) == Some(dir)
    }
}

#[derive(Clone)]
struct World {
    random: Random,
    nodes: BTreeMap<u64, Node>,
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    namings: Vec<Naming>,
    last_inode: u64,
    births: u64,
    boot: u64,
    /// Calls until one fails, is the last one, or writes elsewhere.
    fails_in: Option<u64>,
    dies_in: Option<u64>,
    misdirects_in: Option<u64>,
    is_dead: bool,
    /// Before the last call.
    was_dead: bool,
    has_failed: bool,
    is_misdirected: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            random: Random(seed),
            nodes: BTreeMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            namings: Vec::new(),
            last_inode: 10,
            births: 1000,
            boot: 1,
            fails_in: None,
            dies_in: None,
            misdirects_in: None,
            is_dead: false,
            was_dead: false,
            has_failed: false,
            is_misdirected: false,
        }
    }

    /// What is to go wrong in the next life.
    fn plan(&mut self, random: &mut Random) {
        let mut soon = |odds| random.one_in(odds).then(|| random.below(120));
        (self.fails_in, self.dies_in, self.misdirects_in) = (soon(3), soon(3), soon(10));
        if self.misdirects_in.is_some() {
            (self.fails_in, self.dies_in) = (None, None);
        }
    }

    /// Counts a call, and says whether it fails.
    fn call(&mut self) -> io::Result<()> {
        let is_now = |left: &mut Option<u64>| match left {
            Some(0) => left.take().is_some(),
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        self.was_dead = self.is_dead;
        let (dies, fails) = (is_now(&mut self.dies_in), is_now(&mut self.fails_in));
        self.is_dead |= dies;
        self.has_failed |= fails || self.is_dead;
        match (self.is_dead, fails) {
            (true, _) => Err(ErrorKind::BrokenPipe.into()),
            (_, true) if self.random.one_in(2) => Err(ErrorKind::StorageFull.into()),
            (_, true) => Err(io::Error::other("EIO")),
            _ => Ok(()),
        }
    }

    fn inode(&self, path: &Path) -> io::Result<u64> {
        self.names.get(path).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.namings.push(naming);
    }

    fn write(&mut self, inode: u64, bytes: &[u8], offset: usize) {
        let node = self.nodes.get_mut(&inode).expect("it is open");
        put(&mut node.seen, offset, bytes);
        // By whole sectors, as they look now.
        for sector in offset / SECTOR..(offset + bytes.len()).div_ceil(SECTOR) {
            let start = sector * SECTOR;
            let end = (start + SECTOR).min(node.seen.len());
            node.pending.push(Pending::Sector(start, node.seen[start..end].to_vec()));
        }
    }

    /// The power fails: of what was not synced any part may be there, in any order, and one sector may be torn.
    fn power_cut(&mut self, random: &mut Random) {
        for naming in std::mem::take(&mut self.namings) {
            if random.one_in(2) {
                naming.apply(&mut self.durable_names);
            }
        }
        self.names = self.durable_names.clone();
        let mut may_tear = random.one_in(2);
        for node in self.nodes.values_mut() {
            let pending = std::mem::take(&mut node.pending);
            let last = pending.len().saturating_sub(1);
            for (number, one) in pending.into_iter().enumerate() {
                match one {
                    Pending::Sector(offset, bytes) if number == last && std::mem::take(&mut may_tear) => {
                        let half = random.below(bytes.len() as u64) as usize;
                        put(&mut node.durable, offset, &bytes[..half]);
                    }
                    one if random.one_in(2) => node.apply(one),
                    _ => {}
                }
            }
            node.seen = node.durable.clone();
        }
        self.boot += 1;
    }

    /// A sector reads back other than it was written.
    fn damage(&mut self, random: &mut Random) {
        let inodes: Vec<u64> = self.names.values().copied().collect();
        let Some(node) = inodes.get(random.below(inodes.len().max(1) as u64) as usize) else { return };
        let node = self.nodes.get_mut(node).expect("it has a name");
        if node.seen.is_empty() {
            return;
        }
        let place = random.below(node.seen.len() as u64) as usize;
        let end = (place + SECTOR).min(node.seen.len());
        match random.below(3) {
            0 => node.seen[place] ^= 1 << random.below(8),
            1 => node.seen[place..end].fill(0),
            _ => node.seen.truncate(place),
        }
        (node.durable, node.pending) = (node.seen.clone(), Vec::new());
    }

    /// A process is started again.
    fn revive(&mut self) {
        (self.fails_in, self.dies_in, self.misdirects_in) = (None, None, None);
        (self.is_dead, self.has_failed, self.is_misdirected) = (false, false, false);
    }

    /// The same files elsewhere.
    fn copy(&self) -> Self {
        let mut copy =
            Self { nodes: BTreeMap::new(), namings: Vec::new(), last_inode: 1000, births: 5000, ..self.clone() };
        for inode in copy.names.values_mut() {
            copy.last_inode += 1;
            copy.nodes.insert(copy.last_inode, self.nodes[inode].clone());
            *inode = copy.last_inode;
        }
        copy.durable_names = copy.names.clone();
        copy
    }
}

impl Disk for SimDisk {
    type File = SimFile;

    const LOG_LEN: u64 = 4096;
    const LOG_STEP: u64 = 1024;

    fn open(&self, path: &Path, how: Open) -> io::Result<SimFile> {
        let mut world = self.world();
        world.call()?;
        let inode = match world.inode(path) {
            Err(_) if how != Open::Existing => {
                world.last_inode += 1;
                let inode = world.last_inode;
                world.nodes.insert(inode, Node::default());
                world.name(Naming { removed: None, added: Some((path.to_owned(), inode)) });
                inode
            }
            found => found?,
        };
        if how == Open::Empty {
            let node = world.nodes.get_mut(&inode).expect("it has a name");
            node.seen.clear();
            node.pending.push(Pending::Emptied);
        }
        Ok(SimFile { disk: self.clone(), inode })
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut world = self.world();
        world.call()?;
        Ok(world.nodes[&world.inode(path)?].seen.clone())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call()?;
        let inode = world.inode(from)?;
        world.name(Naming { removed: Some(from.to_owned()), added: Some((to.to_owned(), inode)) });
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call()?;
        world.inode(path)?;
        world.name(Naming { removed: Some(path.to_owned()), added: None });
        Ok(())
    }

    fn create_dir(&self, _: &Path) -> io::Result<()> {
        self.world().call()
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call()?;
        let (synced, left) = std::mem::take(&mut world.namings).into_iter().partition(|naming| naming.is_in(path));
        world.namings = left;
        let synced: Vec<Naming> = synced;
        synced.iter().for_each(|naming| naming.apply(&mut world.durable_names));
        Ok(())
    }

    fn place(&self, path: &Path) -> io::Result<Place> {
        let mut world = self.world();
        world.call()?;
        let inode = world.inode(path)?;
        Ok(Place { inode, birth: world.births + inode, device: 7 + world.boot })
    }

    fn boot(&self) -> u64 {
        self.world().boot
    }
}

struct SimFile {
    disk: SimDisk,
    inode: u64,
}

impl DiskFile for SimFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        let called = world.call();
        let (mut inode, mut offset, mut len) = (self.inode, offset as usize, bytes.len());
        if called.is_err() {
            // A part of it may have been taken, unless the process was dead before.
            len = if world.was_dead { 0 } else { world.random.below(len as u64 + 1) as usize };
        } else if let Some(left) = world.misdirects_in {
            world.misdirects_in = left.checked_sub(1);
            if left == 0 {
                world.is_misdirected = true;
                let files: Vec<u64> = world.names.values().copied().collect();
                inode = files[world.random.below(files.len() as u64) as usize];
                let len = world.nodes[&inode].seen.len().max(SECTOR) as u64;
                offset = world.random.below(len) as usize / SECTOR * SECTOR;
            }
        }
        world.write(inode, &bytes[..len], offset);
        called
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let mut world = self.disk.world();
        let called = world.call();
        let mut pending = std::mem::take(&mut world.nodes.get_mut(&self.inode).expect("it is open").pending);
        if called.is_err() {
            if world.is_dead {
                world.nodes.get_mut(&self.inode).expect("it is open").pending = pending;
                return called;
            }
            // What could not be written counts as written from here on: programs see it, the platter never gets it.
            pending.retain(|_| world.random.one_in(2));
        }
        let node = world.nodes.get_mut(&self.inode).expect("it is open");
        pending.into_iter().for_each(|one| node.apply(one));
        called
    }

    fn sync_all(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn len(&self) -> io::Result<u64> {
        let mut world = self.disk.world();
        world.call()?;
        Ok(world.nodes[&self.inode].seen.len() as u64)
    }
}

/// Stands in for the tree.
#[derive(Clone)]
struct SimTree(Arc<Mutex<Branch>>);

#[derive(Clone, Default)]
struct Branch {
    random: Random,
    held: Held,
    /// What was held before the last checkpoint.
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
