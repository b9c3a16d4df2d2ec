//! The files of a store are for its owner alone.

use super::*;

#[test]
fn the_directory_is_closed_to_others() {
    let dir = tempdir();
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;

    let made = dir.path().join("made/by/the/store");
    drop(open(&made));
    assert_eq!(mode(&made), 0o700);

    let given = dir.path().join("given");
    fs::create_dir(&given).expect("it is new");
    fs::set_permissions(&given, fs::Permissions::from_mode(0o755)).expect("it is ours");
    drop(open(&given));
    assert_eq!(mode(&given), 0o700);
}

/// The files, too: single ones are copied somewhere else now and then.
#[test]
fn the_files_are_closed_to_others() {
    fn open_files(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("it exists").map(|entry| entry.expect("it can be read").path());
        let open = entries.flat_map(|path| {
            let mode = fs::metadata(&path).expect("it exists").permissions().mode() & 0o077;
            let below = if path.is_dir() { open_files(&path) } else { Vec::new() };
            below.into_iter().chain((mode != 0).then(|| format!("{} {mode:o}", path.display())))
        });
        open.collect()
    }
    let dir = tempdir();
    for round in 0..2 {
        let store = open(dir.path());
        (0..10).for_each(|number| write(&store, &id(number), round).expect("nobody else writes"));
        block_on(store.compact()).expect("a whole disk");
        assert_eq!(open_files(dir.path()), [""; 0], "while it is open");
        drop(store);
        assert_eq!(open_files(dir.path()), [""; 0]);
        for name in ["acknowledged", "format", "journal/0"] {
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o644)).expect("it is ours");
        }
    }
}

#[test]
fn a_part_that_is_a_link_is_refused() {
    let dir = tempdir();
    let store = dir.path().join("store");
    write(&open(&store), &id(0), 0).expect("nobody else writes");
    for part in ["acknowledged", "format", "lock", "journal", "journal/1", "engine", "engine/version"] {
        let (path, elsewhere) = (store.join(part), dir.path().join("elsewhere"));
        fs::rename(&path, &elsewhere).expect("it is ours");
        std::os::unix::fs::symlink(&elsewhere, &path).expect("it is ours");
        let found = Path::new(part).file_name().expect("it has one").to_string_lossy().into_owned();
        assert_eq!(EmbeddedStore::open(&store, Duration::ZERO).err(), Some(StoreError::Link { found }), "{part}");
        fs::remove_file(&path).and_then(|()| fs::rename(&elsewhere, &path)).expect("it is ours");
    }
    drop(open(&store));
}
