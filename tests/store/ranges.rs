//! A store made of stores: what it promises with all members, with one away, and under a wrong map.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use camtoken::key::ActivationId;
use camtoken::store::backup::{self, BackupError, Records};
use camtoken::store::{
    Change, EitherStore, EmbeddedStore, MemoryStore, RangeMap, RangedStore, RecordId, Replaced, Revision, Store,
    StoreError, Versioned, block_on,
};
use camtoken_vectors::{conformance, play_story};

use super::{open, tempdir};

const TWO: &str = "version 1\n0000-7fff a\n8000-ffff b\n";
const THREE: &str = "version 3\n0000-0fff c\n1000-8fff a\n9000-afff c\nb000-ffff b\n";

type Opened<S> = Result<S, StoreError>;

#[test]
fn ranges_over_memory_conform() {
    for map in [TWO, THREE, "version 1\n0000-ffff only\n"] {
        conformance::run(|| ranged(map, |_| Ok(MemoryStore::new())));
    }
}

#[test]
fn ranges_over_directories_and_memory_conform() {
    let dirs = tempdir();
    let mut number = 0;
    for map in [TWO, THREE] {
        conformance::run(|| {
            number += 1;
            let dir = dirs.path().join(number.to_string());
            fs::create_dir(&dir).expect("a new directory");
            ranged(map, |member| {
                Ok(match member {
                    2 => EitherStore::Right(MemoryStore::new()),
                    _ => EitherStore::Left(open(&dir.join(member.to_string()))),
                })
            })
        });
    }
}

#[test]
fn every_story_ends_on_ranges_as_it_must() {
    let stories =
        fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testvectors/exchange")).expect("the stories");
    let mut played = 0;
    for path in stories.map(|entry| entry.expect("a file").path()) {
        if path.extension().is_some_and(|extension| extension == "story") {
            let story = fs::read_to_string(&path).expect("text");
            let stores: [Arc<MemoryStore>; 3] = Default::default();
            let outcome = play_story(&story, || Ok(ranged(THREE, |member| Ok(Arc::clone(&stores[member])))));
            assert_eq!(outcome, Ok(()), "{}", path.display());
            played += 1;
        }
    }
    assert!(played > 50, "{played} stories");
}

/// A member that is away makes only its own records unavailable, also at the start, and it comes back by itself.
#[test]
fn a_member_that_is_away_refuses_only_its_own() {
    let servers = [Server::default(), Server::default()];
    let opening = servers.clone();
    let open = move |member: usize| opening[member].connect();
    let map = map(TWO);
    RangedStore::prepare(&map, &open).expect("all are there");
    for away in [0, 1] {
        servers[away].reach(false);
        let store = RangedStore::open(map.clone(), open.clone()).expect("one is there");
        assert_eq!(block_on(store.ping()), Ok(()), "a service is ready for the others");
        let of =
            |member| (0..).map(activation).filter(|id| map.member_of(id) == member).nth(away).expect("one of many");
        assert_eq!(write(&store, &of(1 - away)), Ok(Replaced::Yes(Revision::from_u64(1))));
        let Err(StoreError::Unavailable { reason }) = write(&store, &of(away)) else { panic!("it is away") };
        assert!(reason.contains(["\"a\"", "\"b\""][away]), "it names the member: {reason}");
        assert!(matches!(block_on(store.load(&of(away))), Err(StoreError::Unavailable { .. })));
        assert!(matches!(block_on(store.list(None, 9)), Err(StoreError::Unavailable { .. })), "no list with a gap");

        servers[away].reach(true);
        let end = Instant::now() + Duration::from_secs(20);
        while write(&store, &of(away)) != Ok(Replaced::Yes(Revision::from_u64(1))) {
            assert!(Instant::now() < end, "it comes back");
            thread::sleep(Duration::from_millis(50));
        }
        servers[away].reach(false);
        assert!(matches!(write(&store, &of(away)), Err(StoreError::Unavailable { .. })), "and goes again");
        servers[away].reach(true);
    }
    servers.iter().for_each(|server| server.reach(false));
    let opened = RangedStore::open(map, open);
    assert!(matches!(opened.err(), Some(StoreError::Unavailable { .. })), "nothing is there");
}

#[test]
fn a_store_is_not_taken_for_another_member() {
    let stores: [Arc<MemoryStore>; 2] = Default::default();
    let open = {
        let stores = stores.clone();
        move |member: usize| -> Opened<_> { Ok(Arc::clone(&stores[member])) }
    };
    let exchanged = {
        let stores = stores.clone();
        move |member: usize| -> Opened<_> { Ok(Arc::clone(&stores[1 - member])) }
    };
    let refused = |result: Option<StoreError>, words: &str| match result {
        Some(StoreError::Ranges { reason }) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other:?}"),
    };
    refused(RangedStore::open(map(TWO), open.clone()).err(), "no map");
    RangedStore::prepare(&map(TWO), &open).expect("empty stores");
    RangedStore::prepare(&map(TWO), &open).expect("it is repeated");
    refused(RangedStore::open(map(TWO), exchanged).err(), "member b");
    let later = TWO.replace("version 1", "version 2");
    refused(RangedStore::open(map(&later), open.clone()).err(), "version 1");
    refused(RangedStore::prepare(&map(&later), &open).err(), "version 1");
    let store = RangedStore::open(map(TWO), open).expect("as it was prepared");
    assert_eq!(block_on(store.load(&RecordId::Ranges)), Ok(None), "each member has its own");
    assert!(matches!(write(&store, &RecordId::Ranges), Err(StoreError::Ranges { .. })));
    assert_eq!(block_on(store.list(None, 9)), Ok(Vec::new()));

    // A store that has been in use becomes a member if all it has is that member's.
    let (used, map) = (Arc::new(MemoryStore::new()), map(TWO));
    let other = (0..).map(activation).find(|id| map.member_of(id) == 1).expect("one of many");
    assert_eq!(write(&used, &other), Ok(Replaced::Yes(Revision::from_u64(1))));
    let with = |place: usize| {
        let used = Arc::clone(&used);
        move |member| -> Opened<_> { Ok(if member == place { Arc::clone(&used) } else { Arc::default() }) }
    };
    refused(RangedStore::prepare(&map, &with(0)).err(), &other.to_string());
    RangedStore::prepare(&map, &with(1)).expect("it is the member's");
}

#[test]
fn a_backup_is_divided_among_the_members() {
    let from = ranged(THREE, |_| Ok(MemoryStore::new()));
    let ids: Vec<_> = (0..200).map(activation).chain(["token:A", "token:B", "key-check", "clock"].map(id)).collect();
    ids.iter().for_each(|id| assert_eq!(write(&from, id), Ok(Replaced::Yes(Revision::from_u64(1)))));
    let saved = saved(&from);

    let dirs = tempdir();
    let dir = |member: usize| dirs.path().join(member.to_string());
    let restore = |bytes: &[u8]| -> Result<u64, BackupError> {
        let records = Records::new(bytes)?;
        RangedStore::<EmbeddedStore>::restore(&map(TWO), records, |member, part| {
            EmbeddedStore::restore(dir(member), part)
        })
    };
    assert!(matches!(restore(&saved[..saved.len() - 1]), Err(BackupError::CutOff)), "the records' own error");
    assert_eq!(restore(&saved).expect("nothing was filled"), ids.len() as u64 - 1, "all but the clock");
    assert!(matches!(restore(&saved), Err(BackupError::Store(StoreError::Exists))), "the member's own error");

    let above = dirs.path().to_owned();
    let to = RangedStore::open(map(TWO), move |member| Ok(open(&above.join(member.to_string()))));
    let to = to.expect("the map came with the records");
    assert_eq!(self::saved(&to), saved, "each record is what it was");
}

fn saved(store: &impl Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    block_on(backup::write(store, &mut bytes)).expect("memory takes it");
    bytes
}

/// Opens members that were made by `make`, with the map in them.
fn ranged<S: Store + 'static>(text: &str, make: impl FnMut(usize) -> Opened<S>) -> RangedStore<Arc<S>> {
    let map = map(text);
    let stores: Vec<_> = (0..map.members().count()).map(make).map(|made| Arc::new(made.expect("a store"))).collect();
    let open = move |member: usize| -> Opened<_> { Ok(Arc::clone(&stores[member])) };
    RangedStore::prepare(&map, &open).expect("empty stores");
    RangedStore::open(map, open).expect("the map is theirs")
}

fn map(text: &str) -> RangeMap {
    text.parse().expect("a map")
}

fn id(name: &str) -> RecordId {
    name.parse().expect("a record")
}

fn activation(number: u8) -> RecordId {
    RecordId::Activation(ActivationId::from_bytes([number; 6]))
}

/// Creates a record.
fn write(store: &impl Store, id: &RecordId) -> Result<Replaced, StoreError> {
    let change = Change { record: id.to_key(), audit: Some(b"created".to_vec()) };
    block_on(store.replace(id, Revision::ABSENT, change))
}

/// A server that can be away. What it stores stays there.
#[derive(Clone, Default)]
struct Server {
    store: Arc<MemoryStore>,
    is_away: Arc<AtomicBool>,
}

impl Server {
    fn reach(&self, reached: bool) {
        self.is_away.store(!reached, Ordering::SeqCst);
    }

    fn connect(&self) -> Opened<Self> {
        self.there().map(|_| self.clone())
    }

    fn there(&self) -> Opened<&MemoryStore> {
        match self.is_away.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable { reason: "no route".to_owned() }),
            false => Ok(&self.store),
        }
    }
}

impl Store for Server {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        self.there()?.load(id).await
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        self.there()?.replace(id, expected, change).await
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        self.there()?.list(after, limit).await
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.there()?.audit_page(id, after, limit).await
    }
}
