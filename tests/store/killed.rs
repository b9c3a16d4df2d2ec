//! Processes that are killed, write-ahead logs that are damaged, syncs that fail: nothing that was acknowledged is lost.

use super::*;

/// Nothing acknowledged is lost, nothing is made up, no revision goes back, however often the process is killed.
#[test]
fn kill_9_loses_nothing_acknowledged() {
    let kills = env::var("CAMTOKEN_TEST_KILLS").map_or(40, |kills| kills.parse().expect("a number of kills"));
    killed_at_random_moments("small", kills, 250, 0x6b69_6c6c);
}

/// The same with large records, so that the log switches files, write buffers go to files, and files are merged.
#[test]
fn kill_9_loses_nothing_while_files_are_written() {
    let dir = killed_at_random_moments("large", 7, 1200, 0x6669_6c65);
    let second = fs::metadata(dir.path().join("journal/1")).expect("it is made with the store");
    assert_eq!(second.len(), 16 << 20, "the second file of the journal had its turn");
}

fn killed_at_random_moments(size: &str, kills: u32, most_lines: u64, seed: u64) -> TempDir {
    let dir = tempdir();
    let mut rng = Random(seed);
    let mut before: BTreeMap<RecordId, u64> = BTreeMap::new();
    let mut acknowledged_in_all = 0;
    for kill_number in 0..kills {
        let (mut child, mut lines) = spawn_child("killed::child_writes_until_it_is_killed", dir.path(), size);
        let mut acknowledged = before.clone();
        let mut note = |line: String| {
            let (id, revision) = line.split_once(' ').expect("the child writes an ID and a revision");
            let (id, revision) = (id.parse().expect("an ID"), revision.parse::<u64>().expect("a revision"));
            let last = acknowledged.entry(id).or_default();
            *last = revision.max(*last);
            acknowledged_in_all += 1;
        };
        // One in four is killed while it starts and opens, the others somewhere between two answers.
        let (count, micros) = match rng.below(4) {
            0 => (0, rng.below(40_000)),
            _ => (rng.below(most_lines), rng.below(3_000)),
        };
        lines.by_ref().take(count as usize).for_each(&mut note);
        thread::sleep(Duration::from_micros(micros));
        kill(&mut child);
        lines.for_each(&mut note);

        let store = open(dir.path());
        let stored = block_on(store.list(None, usize::MAX)).expect("the store lists");
        for id in acknowledged.keys() {
            assert!(stored.contains(id), "kill {kill_number}: {id} is lost");
        }
        let mut made_up = 0;
        for id in stored {
            let revision = state(&store, &id).len() as u64;
            let last = acknowledged.get(&id).copied().unwrap_or_default();
            assert!(revision >= last, "kill {kill_number}: {id} went back from {last} to {revision}");
            made_up += revision - last;
            before.insert(id, revision);
        }
        assert!(made_up <= CHILD_THREADS, "kill {kill_number}: {made_up} changes that nobody can have waited for");
    }
    println!("{kills} kills, {acknowledged_in_all} changes acknowledged");
    assert!(acknowledged_in_all > kills, "the children wrote something");
    dir
}

/// A write-ahead log cut or damaged anywhere: the store opens with all that was acknowledged, or it does not open.
#[test]
fn a_damaged_journal_is_noticed() {
    let dir = tempdir();
    let original = dir.path().join("original");
    let model = write_sequence(&original);
    let end = fs::metadata(original.join("journal/0")).expect("the store has it").len() as usize;

    let mut rng = Random(0x746f_726e);
    let mut places: Vec<_> = (0..64).map(|_| rng.below(end as u64) as usize).collect();
    // Each byte of the last changes, so that every field of the engine's framing is hit at least once.
    places.extend(end - 200..end);
    let (mut whole, mut refused) = (0, 0);
    for place in places {
        let bit = 1 << rng.below(8);
        for damage in [Damage::Cut(place), Damage::Flip(place, bit)] {
            match damaged(&original, &damage, true) {
                Ok(found) => {
                    assert_eq!(found, model.len(), "{damage:?}: acknowledged changes are missing");
                    whole += 1;
                }
                Err(StoreError::Corrupt { .. } | StoreError::Lost { .. }) => refused += 1,
                Err(other) => panic!("{damage:?}: {other}"),
            }
        }
    }
    println!("{refused} damaged journals refused, {whole} without loss opened");
    assert!(refused > whole, "damage matters");
}

/// As after a power cut with a disk that lies: not even the number of acknowledged changes has survived. Such a store does
/// not open by itself; what a repair finds in it is the history as it was at some moment.
#[test]
fn a_torn_journal_without_the_mark_gives_a_moment_of_the_past() {
    let dir = tempdir();
    let original = dir.path().join("original");
    let model = write_sequence(&original);
    let end = fs::metadata(original.join("journal/0")).expect("the store has it").len() as usize;

    let places: BTreeSet<_> = (0..end).step_by(512).chain(end - 100..=end).collect();
    let mut moments = Vec::new();
    for place in places {
        for damage in [Damage::Cut(place), Damage::Zero(place)] {
            match damaged(&original, &damage, false) {
                Ok(found) => moments.push(found),
                Err(StoreError::Corrupt { .. }) => {}
                Err(other) => panic!("{damage:?}: {other}"),
            }
        }
    }
    assert!(moments.is_sorted(), "the less is cut the more is left: {moments:?}");
    assert_eq!((moments.first(), moments.last()), (Some(&0), Some(&model.len())));
    println!("{} torn journals opened", moments.len());
}

#[derive(Debug)]
enum Damage {
    Cut(usize),
    Zero(usize),
    Flip(usize, u8),
}

/// Makes a store by changes one after the other, and says which record each of them was about.
fn write_sequence(dir: &Path) -> Vec<RecordId> {
    let store = open(dir);
    let model: Vec<_> = (0..120).map(|number| id(number * 7 % 10)).collect();
    for (number, id) in model.iter().enumerate() {
        let earlier = model[..number].iter().filter(|other| *other == id).count();
        write(&store, id, earlier as u64).expect("nobody else writes");
    }
    drop(store);
    // The log's file is longer than its content: the rest is cut off, so that damage hits something.
    let journal = File::options().write(true).open(dir.join("journal/0")).expect("the store has it");
    let bytes = fs::read(dir.join("journal/0")).expect("the store has it");
    let end = bytes.iter().rposition(|&byte| byte != 0).expect("something was written") + 1;
    journal.set_len(end as u64).expect("it is ours");
    model
}

/// Opens a damaged copy and says how many of the changes of [`write_sequence`] it holds; they must be the first ones.
fn damaged(original: &Path, damage: &Damage, marked: bool) -> Result<usize, StoreError> {
    let dir = tempdir();
    let copy = dir.path().join("copy");
    copy_dir(original, &copy);
    let journal = File::options().write(true).read(true).open(copy.join("journal/0")).expect("it was copied");
    match *damage {
        Damage::Cut(place) => journal.set_len(place as u64).expect("it is ours"),
        Damage::Zero(place) => {
            journal.set_len(place as u64).and_then(|()| journal.set_len(16 << 20)).expect("it is ours");
        }
        Damage::Flip(place, bit) => {
            let mut byte = [0];
            journal.read_exact_at(&mut byte, place as u64).expect("the place is in the file");
            journal.write_all_at(&[byte[0] ^ bit], place as u64).expect("it is ours");
        }
    }
    let store = if marked {
        // A copy is whole when nothing but its place is wrong.
        match EmbeddedStore::open(&copy, Duration::ZERO).err() {
            Some(StoreError::Copied) => {}
            other => return Err(other.expect("a copy does not open")),
        }
        EmbeddedStore::open_to_repair(&copy, Duration::ZERO)?.0
    } else {
        fs::remove_file(copy.join("acknowledged")).expect("the store has it");
        let is_written = fs::metadata(copy.join("journal/0")).expect("it was copied").len() > 0;
        match EmbeddedStore::open(&copy, Duration::ZERO).err() {
            Some(StoreError::Lost { .. }) => {}
            other if is_written => panic!("{damage:?}: without the mark nobody can tell what is missing: {other:?}"),
            _ => {}
        }
        EmbeddedStore::open_to_repair(&copy, Duration::ZERO)?.0
    };
    let model: Vec<_> = (0..120).map(|number| id(number * 7 % 10)).collect();
    let lengths: BTreeMap<_, _> = (0..10).map(id).map(|id| (id.clone(), state(&store, &id).len())).collect();
    let found = lengths.values().sum();
    for (id, length) in lengths {
        let expected = model[..found].iter().filter(|other| **other == id).count();
        assert_eq!(length, expected, "{damage:?}: {id} is not as it was after {found} changes");
    }
    Ok(found)
}

/// The first sync that fails stops the store: its callers get "unknown", all later ones are refused at once, and what was
/// acknowledged before is there when it is opened again.
#[test]
fn a_failed_sync_stops_the_store() {
    let traced = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    if !traced.is_ok_and(|status| status.success()) {
        println!("skipped: strace is not installed, or may not trace");
        return;
    }
    let mut endings = BTreeMap::new();
    for (number, when) in (1..=40).step_by(3).enumerate() {
        let error = ["EIO", "ENOSPC"][number % 2];
        let dir = tempdir();
        drop(open(dir.path()));
        let inject = format!("inject=fdatasync,fsync:error={error}:when={when}+");
        let output = Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-e", &inject])
            .args(["-e", "trace=fdatasync,fsync", "-e", "signal=none"])
            .arg(env::current_exe().expect("this binary has a path"))
            .args(["--exact", "--ignored", "killed::child_writes_until_it_is_stopped"])
            .env(CHILD_DIR, dir.path())
            .output()
            .expect("strace starts");
        let output = String::from_utf8(output.stdout).expect("the child writes text");
        let lines: Vec<_> = output.lines().filter(|line| line.starts_with('#')).collect();
        let (last, acknowledged) = lines.split_last().unwrap_or_else(|| panic!("sync {when}: {output}"));
        assert!(acknowledged.iter().all(|line| *line == "#yes"), "sync {when}: {output}");

        let store = open(dir.path());
        let stored = state(&store, &id(0)).len();
        *endings.entry(last.to_string()).or_insert(0) += 1;
        match *last {
            "#unknown, then stopped" => {
                assert!((acknowledged.len()..=acknowledged.len() + 1).contains(&stored), "sync {when}: {output}");
            }
            // The sync that failed was one of those that open the store.
            "#not opened" => assert_eq!((acknowledged.len(), stored), (0, 0), "sync {when}"),
            other => panic!("sync {when}: {other}"),
        }
        if when > 20 {
            assert!(acknowledged.len() > 5, "sync {when}: {output}");
        }
    }
    println!("{endings:?}");
}

/// Not a test: what the kill tests run in a process of its own.
#[test]
#[ignore = "a child of other tests"]
fn child_writes_until_it_is_killed() {
    let Ok(dir) = env::var(CHILD_DIR) else { return };
    let (dir, size) = dir.rsplit_once(' ').expect("directory and size");
    let (count, padding, pause) = match size {
        "large" => (40, 30_000, Duration::ZERO),
        "slow" => (5, 0, Duration::from_millis(1)),
        _ => (5, 0, Duration::ZERO),
    };
    let store = open(Path::new(dir));
    let turn = AtomicU64::new(0);
    thread::scope(|scope| {
        for thread in 0..CHILD_THREADS {
            let (store, turn) = (&store, &turn);
            scope.spawn(move || {
                loop {
                    // The threads meet on the same few records.
                    let id = id(turn.fetch_add(1, Ordering::Relaxed) / 2 % count);
                    let expected = block_on(store.load(&id)).expect("the store loads");
                    let expected = expected.map_or(Revision::ABSENT, |found| found.revision);
                    let change = padded_change(&id, expected.as_u64() + 1, padding);
                    let replacing = store.replace(&id, expected, change);
                    // Half of them write themselves when the writer is free, half leave it to the store's thread.
                    let replaced = if thread % 2 == 0 { block_on(replacing) } else { pollster::block_on(replacing) };
                    match replaced.expect("the store replaces") {
                        Replaced::Yes(revision) => report(&format!("{id} {revision}")),
                        Replaced::Conflict => {}
                    }
                    thread::sleep(pause);
                }
            });
        }
    });
}

/// Not a test: what runs while its syncs are made to fail.
#[test]
#[ignore = "a child of other tests"]
fn child_writes_until_it_is_stopped() {
    let Ok(dir) = env::var(CHILD_DIR) else { return };
    let Ok(store) = EmbeddedStore::open(dir, Duration::ZERO) else { return report("#not opened") };
    let id = id(0);
    for revision in 0.. {
        let attempt = block_on(store.replace(&id, Revision::from_u64(revision), change(&id, revision + 1)));
        match attempt {
            Ok(Replaced::Yes(_)) => report("#yes"),
            Err(StoreError::Unknown { .. }) => break,
            other => return report(&format!("#{other:?}")),
        }
    }
    let stopped = |error: Option<StoreError>| matches!(error, Some(StoreError::Stopped { .. }));
    if !stopped(Some(block_on(store.stopped()))) {
        return report("#unknown, and nobody is told");
    }
    let all_stopped = (0..3).all(|revision| {
        stopped(block_on(store.replace(&id, Revision::from_u64(revision), Change::default())).err())
            && stopped(block_on(store.load(&id)).err())
            && stopped(block_on(store.list(None, 1)).err())
            && stopped(block_on(store.audit(&id)).err())
    });
    report(if all_stopped { "#unknown, then stopped" } else { "#unknown, and not stopped" });
}
