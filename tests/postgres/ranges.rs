//! A store of ranges over two PostgreSQL servers: what it promises with both, and with one of them killed.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::{RangeMap, RangedStore, RecordId, Replaced, Revision, Store, StoreError, block_on};
use camtoken_postgres::PostgresStore;
use camtoken_vectors::conformance;

use super::server::{Server, connect};
use super::{id, replace};

fn map() -> RangeMap {
    "version 1\n0000-7fff east\n8000-ffff west\n".parse().expect("a map")
}

#[test]
fn ranges_over_two_servers_conform() {
    let mut servers = [Server::start(), Server::start()];
    conformance::run(|| {
        let stores = servers.each_mut().map(|server| Arc::new(server.store()));
        let open = move |member: usize| Ok::<_, StoreError>(Arc::clone(&stores[member]));
        RangedStore::prepare(&map(), &open).expect("empty databases");
        RangedStore::open(map(), open).expect("the map is theirs")
    });
}

#[test]
fn a_server_that_is_killed_refuses_only_its_own() {
    let mut servers = [Server::start(), Server::start()];
    let urls = servers.each_mut().map(Server::database);
    let open = {
        let urls = urls.clone();
        move |member: usize| -> Result<PostgresStore, StoreError> { connect(&urls[member]) }
    };
    RangedStore::prepare(&map(), &open).expect("empty databases");
    let of = |member| -> Vec<RecordId> { (0..256).map(id).filter(|id| map().member_of(id) == member).collect() };
    let records = [of(0), of(1)];
    assert!(records.iter().all(|records| records.len() > 50), "both have some");
    for away in [0, 1] {
        let there = 1 - away;
        let store = RangedStore::open(map(), open.clone()).expect("both are there");
        let mut next = records.each_ref().map(|records| records[away * 20..][..20].iter());
        let mut create = |member: usize| replace(&store, next[member].next().expect("enough"), 0, b"x");
        let created = Ok(Replaced::Yes(Revision::from_u64(1)));
        assert_eq!([create(0), create(1)], [created.clone(), created.clone()]);

        servers[away].kill();
        assert_eq!(create(there), created, "the other one goes on");
        let refused = create(away);
        assert!(matches!(refused, Err(StoreError::Unavailable { .. } | StoreError::Unknown { .. })), "{refused:?}");
        assert_eq!(block_on(store.ping()), Ok(()), "a service is ready for the others");
        // Also a verifier that starts now.
        let late = RangedStore::open(map(), open.clone()).expect("one is there");
        assert_eq!(create(there), created);
        let refused = replace(&late, &records[away][60], 0, b"x");
        let Err(StoreError::Unavailable { reason }) = refused else { panic!("{refused:?}") };
        assert!(reason.contains(["east", "west"][away]), "{reason}");

        servers[away].run();
        let end = Instant::now() + Duration::from_secs(30);
        while replace(&late, &records[away][60 + away], 0, b"x").is_err() {
            assert!(Instant::now() < end, "it comes back");
            thread::sleep(Duration::from_millis(100));
        }
        let end = Instant::now() + Duration::from_secs(30);
        while create(away) != created {
            assert!(Instant::now() < end, "to those that knew it, too");
            thread::sleep(Duration::from_millis(100));
        }
    }
    // All that was acknowledged is there, each record in one server.
    let both = RangedStore::open(map(), open).expect("both are there");
    let listed = block_on(both.list(None, 1000)).expect("both are there");
    let in_one = |url: &str| block_on(connect(url).expect("it runs").list(None, 1000)).expect("a list").len();
    // Each has its map as well.
    assert_eq!(in_one(&urls[0]) + in_one(&urls[1]), listed.len() + 2);
    assert!(listed.len() >= 8, "{listed:?}");
}
