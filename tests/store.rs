//! What the stores promise, to themselves and after an accident: a killed process, a torn file, a failing disk.

#[path = "store/files.rs"]
mod files;
#[path = "store/killed.rs"]
mod killed;
#[path = "store/ranges.rs"]
mod ranges;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::{
    Change, EmbeddedStore, MemoryStore, RecordId, Replaced, Revision, Store, StoreError, Versioned, block_on,
};
use camtoken_vectors::conformance;
use tempfile::TempDir;

#[test]
fn the_memory_store_conforms() {
    conformance::run(MemoryStore::new);
}

#[test]
fn the_embedded_store_conforms() {
    let dirs = tempdir();
    let mut number = 0;
    conformance::run(|| {
        number += 1;
        open(&dirs.path().join(number.to_string()))
    });
}

/// One activation has a long history, and four callers read it again and again: changes of others take their turn in between.
/// They once waited for the whole of it, a quarter of a second each.
#[test]
fn a_long_history_that_is_read_keeps_no_change_waiting() {
    const LONG: u64 = 10_000;

    let dir = tempdir();
    let store = open(&dir.path().join("store"));
    let (long, other) = (id(1), id(2));
    for revision in 0..LONG {
        let entry = vec![b'x'; 200];
        let change = Change { record: vec![1], audit: Some(entry) };
        let replaced = block_on(store.replace(&long, Revision::from_u64(revision), change)).expect("it stores");
        assert_eq!(replaced, Replaced::Yes(Revision::from_u64(revision + 1)));
    }
    let (mut revision, mut took) = (0, Vec::new());
    thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let read = || block_on(store.audit(&long)).expect("it reads").len() as u64;
                    (0..15).for_each(|_| assert_eq!(read(), LONG));
                })
            })
            .collect();
        while readers.iter().any(|reader| !reader.is_finished()) {
            let start = Instant::now();
            write(&store, &other, revision).expect("nobody else writes");
            took.push(start.elapsed());
            revision += 1;
        }
    });
    took.sort_unstable();
    let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
    println!("{} changes meanwhile: median {median:?}, the slowest {worst:?}", took.len());
    assert!(median < Duration::from_millis(50), "a change takes {median:?} while a history is read");
}

/// The same for callers that leave the writing to the store's own thread.
#[test]
fn the_embedded_store_conforms_under_another_executor() {
    struct Elsewhere(EmbeddedStore);

    impl Store for Elsewhere {
        async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
            pollster::block_on(self.0.load(id))
        }

        async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
            pollster::block_on(self.0.replace(id, expected, change))
        }

        async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
            pollster::block_on(self.0.list(after, limit))
        }

        async fn audit_page(
            &self,
            id: &RecordId,
            after: Revision,
            limit: usize,
        ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
            pollster::block_on(self.0.audit_page(id, after, limit))
        }
    }

    let dirs = tempdir();
    let mut number = 0;
    conformance::run(|| {
        number += 1;
        Elsewhere(open(&dirs.path().join(number.to_string())))
    });
}

#[test]
fn a_reopened_store_has_everything() {
    let dir = tempdir();
    let ids: Vec<_> = (0..200).map(id).collect();
    for round in 0..5 {
        let store = open(dir.path());
        let listed = block_on(store.list(None, usize::MAX)).expect("the store lists");
        assert_eq!(listed.len(), if round == 0 { 0 } else { ids.len() });
        for id in &ids {
            assert_eq!(state(&store, id).len() as u64, round, "{id} in round {round}");
            write(&store, id, round).expect("nobody else writes");
        }
    }
}

#[test]
fn what_is_queued_when_a_store_is_dropped_is_kept() {
    let dir = tempdir();
    let store = Arc::new(open(dir.path()));
    let writers: Vec<_> = (0..32)
        .map(|number| {
            let store = Arc::clone(&store);
            thread::spawn(move || write(&*store, &id(number), 0).expect("nobody else writes"))
        })
        .collect();
    drop(store);
    writers.into_iter().for_each(|writer| writer.join().expect("each was answered"));
    let store = open(dir.path());
    assert!((0..32).all(|number| state(&store, &id(number)).len() == 1));
}

/// A future dropped while its change is on the way: the store goes on, and the record is as if it had been awaited.
#[test]
fn a_caller_who_stops_waiting_disturbs_nobody() {
    let dir = tempdir();
    let store = open(dir.path());
    for number in 0..100 {
        let change = change(&id(number), 1);
        let id = id(number);
        let mut abandoned = Box::pin(store.replace(&id, Revision::ABSENT, change));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = abandoned.as_mut().poll(&mut context);
    }
    write(&store, &id(100), 0).expect("nobody else writes");
    assert!((0..=100).all(|number| state(&store, &id(number)).len() == 1));
}

#[test]
fn a_compacted_store_has_everything_and_goes_on() {
    let dir = tempdir();
    for round in 0..4 {
        let store = open(dir.path());
        (0..50).for_each(|number| write(&store, &id(number), round).expect("nobody else writes"));
        block_on(store.compact()).expect("a whole disk");
        write(&store, &id(100), round).expect("it goes on");
    }
    let store = open(dir.path());
    assert!((0..50).chain([100]).all(|number| state(&store, &id(number)).len() == 4));
}

/// Stores of versions of before have eight bytes, and nothing that says where they are.
#[test]
fn the_mark_of_an_older_version_is_taken_over() {
    let dir = tempdir();
    let (store, copy) = (dir.path().join("store"), dir.path().join("copy"));
    for round in 0..3 {
        write(&open(&store), &id(1), round).expect("nobody else writes");
    }
    let mark = store.join("acknowledged");
    fs::write(&mark, 4u64.to_be_bytes()).expect("it is ours");
    let reason = "1 acknowledged changes are missing".to_owned();
    assert_eq!(EmbeddedStore::open(&store, Duration::ZERO).err(), Some(StoreError::Lost { reason }));
    fs::write(&mark, 3u64.to_be_bytes()).expect("it is ours");
    copy_dir(&store, &copy);
    for older in [&store, &copy] {
        assert_eq!(state(&open(older), &id(1)).len(), 3, "an older version does not know where it was");
    }
    fs::remove_dir_all(&copy).expect("it is ours");
    copy_dir(&store, &copy);
    assert_eq!(EmbeddedStore::open(&copy, Duration::ZERO).err(), Some(StoreError::Copied), "now it does");

    // Made, and never written to: there was no mark yet.
    let new = dir.path().join("new");
    drop(open(&new));
    fs::remove_file(new.join("acknowledged")).expect("it is ours");
    drop(open(&new));
    assert!(new.join("acknowledged").exists());
}

/// Cut off anywhere while its files are rewritten, the store has everything.
#[test]
fn a_store_is_written_anew_and_may_be_cut_off() {
    let dir = tempdir();
    let store = dir.path().join("store");
    for round in 0..3 {
        write(&open(&store), &id(1), round).expect("nobody else writes");
    }
    EmbeddedStore::rewrite(&store, Duration::ZERO).expect("nobody has it open");
    assert!(fs::read(store.join("journal/0")).expect("it exists").iter().all(|byte| *byte == 0));
    assert_eq!(state(&open(&store), &id(1)).len(), 3);
    // Before the new tree has its place, and after.
    fs::rename(store.join("engine"), store.join("engine.old")).expect("it is ours");
    fs::create_dir_all(store.join("engine.new/keyspaces")).expect("it is ours");
    assert_eq!(state(&open(&store), &id(1)).len(), 3);
    copy_dir(&store.join("engine"), &store.join("engine.old"));
    write(&open(&store), &id(1), 3).expect("nobody else writes");
    assert_eq!(state(&open(&store), &id(1)).len(), 4);
    assert!(!store.join("engine.old").exists());
}

/// A repair that was cut off before its end has to be repeated.
#[test]
fn a_repair_has_an_end() {
    let dir = tempdir();
    let store = dir.path().join("store");
    write(&open(&store), &id(1), 0).expect("nobody else writes");
    fs::write(store.join("acknowledged"), [7; 4184]).expect("it is ours");
    for _ in 0..3 {
        let lost = EmbeddedStore::open(&store, Duration::ZERO).err();
        assert!(matches!(lost, Some(StoreError::Lost { .. })), "{lost:?}");
        let (repaired, problem) = EmbeddedStore::open_to_repair(&store, Duration::ZERO).expect("for that it opens");
        assert!(matches!(problem, Some(StoreError::Lost { .. })), "{problem:?}");
        assert_eq!(state(&repaired, &id(1)).len(), 1);
    }
    let (repaired, _) = EmbeddedStore::open_to_repair(&store, Duration::ZERO).expect("for that it opens");
    write(&repaired, &id(1), 1).expect("what is open is ended here");
    block_on(repaired.repaired()).expect("a whole disk");
    write(&repaired, &id(1), 2).expect("it goes on");
    drop(repaired);
    assert_eq!(state(&open(&store), &id(1)).len(), 3);
}

/// A service learns at once that its store has stopped, without a request.
#[test]
fn a_store_tells_when_it_stops() {
    let dir = tempdir();
    let store = open(dir.path());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..3 {
        assert!(std::pin::pin!(store.stopped()).poll(&mut context).is_pending());
    }
    write(&store, &id(0), 0).expect("nobody else writes");
    assert!(std::pin::pin!(store.stopped()).poll(&mut context).is_pending());
}

#[test]
fn what_is_no_store_is_left_alone() {
    let dir = tempdir();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
    fs::write(dir.path().join("holiday.jpg"), "x").expect("the directory is empty");
    let refused = EmbeddedStore::open(dir.path(), Duration::ZERO).err();
    assert_eq!(refused, Some(StoreError::Foreign { found: "holiday.jpg".into() }));
    assert_eq!(fs::read_dir(dir.path()).expect("it exists").count(), 1, "nothing was added");
    assert_eq!(fs::metadata(dir.path()).expect("it exists").permissions().mode() & 0o777, 0o755);

    let file = dir.path().join("holiday.jpg");
    assert!(matches!(EmbeddedStore::open(file, Duration::ZERO), Err(StoreError::Io(_))));
}

/// The one small file of the directory once made an empty store of a full one when it was lost.
#[test]
fn a_store_that_has_lost_its_format_is_left_as_it_is() {
    let dir = tempdir();
    let store = open(dir.path());
    (0..10).for_each(|number| write(&store, &id(number), 0).expect("nobody else writes"));
    drop(store);
    let format = dir.path().join("format");
    let kept = fs::read(&format).expect("it is there");
    fs::remove_file(&format).expect("it is ours");
    let opened = EmbeddedStore::open(dir.path(), Duration::ZERO).err();
    let restored = EmbeddedStore::restore(dir.path(), std::iter::empty::<Result<_, StoreError>>()).err();
    for refused in [opened, restored] {
        assert_eq!(refused, Some(StoreError::Corrupt { reason: "format is missing".into() }));
    }
    fs::write(&format, kept).expect("it is ours");
    let store = open(dir.path());
    assert!((0..10).all(|number| state(&store, &id(number)).len() == 1));
}

#[test]
fn another_format_is_refused() {
    let dir = tempdir();
    drop(open(dir.path()));
    for found in ["camtoken store 1", "camtoken store 20", "something else", ""] {
        fs::write(dir.path().join("format"), format!("{found}\n")).expect("it is ours");
        let refused = EmbeddedStore::open(dir.path(), Duration::ZERO).err();
        assert_eq!(refused, Some(StoreError::Version { found: found.into(), expected: "camtoken store 2" }));
    }
}

/// A store whose making was cut off is made again; one that has lost a part is not.
#[test]
fn only_a_store_that_never_answered_is_made_again() {
    let dir = tempdir();
    let half_made = dir.path().join("half-made");
    fs::create_dir_all(half_made.join("engine.new/keyspaces")).expect("it is new");
    fs::write(half_made.join("engine.new/0.jnl"), "").expect("it is new");
    fs::write(half_made.join("lock"), "").expect("it is new");
    write(&open(&half_made), &id(1), 0).expect("nobody else writes");
    // Opened again, the engine has it too.
    drop(open(&half_made));

    for (part, missing) in [
        ("the engine", &["engine"][..]),
        ("a file of the engine", &["engine/version"]),
        ("the journal", &["journal"]),
        ("a file of the journal", &["journal/0"]),
        ("the key spaces", &["engine/keyspaces/1", "engine/keyspaces/2"]),
    ] {
        let copy = dir.path().join(part);
        copy_dir(&half_made, &copy);
        for path in missing {
            let path = copy.join(path);
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect("the engine has it");
        }
        let refused = EmbeddedStore::open(&copy, Duration::ZERO).err();
        // A tree without its key spaces is an empty one: the mark shows what is missing.
        let is_damage =
            |error| matches!(error, StoreError::Corrupt { .. } | StoreError::Lost { .. } | StoreError::Io(_));
        assert!(refused.clone().is_some_and(is_damage), "without {part}: {refused:?}");
    }
}

#[test]
fn a_store_has_one_owner_at_a_time() {
    let dir = tempdir();
    let store = open(dir.path());
    assert_eq!(EmbeddedStore::open(dir.path(), Duration::ZERO).err(), Some(StoreError::Locked), "in the same process");
    drop(store);

    let (mut child, mut lines) = spawn_child("killed::child_writes_until_it_is_killed", dir.path(), "slow");
    lines.next().expect("the child has the store open");
    let start = Instant::now();
    let patience = Duration::from_millis(200);
    assert_eq!(EmbeddedStore::open(dir.path(), Duration::ZERO).err(), Some(StoreError::Locked), "in another process");
    assert!(start.elapsed() < patience, "without patience it does not wait");
    assert_eq!(EmbeddedStore::open(dir.path(), patience).err(), Some(StoreError::Locked));
    assert!(start.elapsed() >= patience, "with patience it waits");

    let killer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        kill(&mut child);
    });
    let opened = EmbeddedStore::open(dir.path(), Duration::from_secs(20));
    killer.join().expect("the child could be killed");
    opened.expect("it opens once the other has gone");
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("there is room for temporary files");
    for entry in fs::read_dir(from).expect("it exists") {
        let entry = entry.expect("it can be read");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_dir(&from, &to);
        } else {
            fs::copy(from, to).expect("there is room for temporary files");
        }
    }
}

/// The same numbers on every run (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// Where a child of this test binary works; unset in the tests themselves.
const CHILD_DIR: &str = "CAMTOKEN_TEST_STORE";

/// How many threads a child writes with.
const CHILD_THREADS: u64 = 4;

/// Starts this test binary again, for one of its children; gives the lines that the child reports.
fn spawn_child(name: &str, dir: &Path, size: &str) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = Command::new(env::current_exe().expect("this binary has a path"))
        .args(["--exact", "--ignored", name])
        .env(CHILD_DIR, format!("{} {size}", dir.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("this binary starts");
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    // The kill may cut the last line: a line without an end was not acknowledged.
    let mut lines = output.split(b'\n');
    let lines = std::iter::from_fn(move || lines.next().map(|line| line.expect("a pipe can be read")))
        .filter_map(|line| String::from_utf8(line).ok())
        .filter(|line| line.starts_with("activation:") || line.starts_with("token:"));
    (child, lines)
}

/// Writes a line in one piece, past the test harness.
fn report(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).expect("somebody reads");
}

/// `SIGKILL`, and the body is collected.
fn kill(child: &mut Child) {
    child.kill().and_then(|()| child.wait()).expect("it is our child");
}

fn tempdir() -> TempDir {
    tempfile::tempdir().expect("there is room for temporary files")
}

fn open(dir: &Path) -> EmbeddedStore {
    EmbeddedStore::open(dir, Duration::from_secs(10)).expect("the store opens")
}

fn id(number: u64) -> RecordId {
    match number % 3 {
        0 => format!("token:T{number}"),
        _ => format!("activation:{number:012x}"),
    }
    .parse()
    .expect("a record")
}

/// A change whose content has its record and its number, so that a wrong read is recognised.
fn change(id: &RecordId, revision: u64) -> Change {
    padded_change(id, revision, 0)
}

fn padded_change(id: &RecordId, revision: u64, padding: usize) -> Change {
    let text = format!("{id} {revision}{:padding$}", "").into_bytes();
    Change { audit: Some(text.clone()), record: text }
}

fn write(store: &impl Store, id: &RecordId, revision: u64) -> Result<(), StoreError> {
    let replaced = block_on(store.replace(id, Revision::from_u64(revision), change(id, revision + 1)))?;
    assert_eq!(replaced, Replaced::Yes(Revision::from_u64(revision + 1)));
    Ok(())
}

/// Checks that record and history agree and are what [`change`] wrote, and gives the history.
fn state(store: &impl Store, id: &RecordId) -> Vec<(Revision, Vec<u8>)> {
    let record = block_on(store.load(id)).expect("the store loads");
    let history = block_on(store.audit(id)).expect("the store gives its audit entries");
    for (number, (revision, entry)) in history.iter().enumerate() {
        assert_eq!(revision.as_u64(), number as u64 + 1, "{id}: each change has its audit entry");
        let text = String::from_utf8_lossy(entry);
        assert_eq!(text.trim_end(), format!("{id} {revision}"), "{id}: an entry that nobody wrote");
    }
    let last = record.map(|found| (found.revision, found.record.to_vec()));
    assert_eq!(last.as_ref(), history.last(), "{id}: record and history agree");
    history
}
