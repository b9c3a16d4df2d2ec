//! Servers that may not be used, and databases that are not ready.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::{Store, StoreError, block_on};
use camtoken_postgres::{Durability, Options, PostgresStore};

use crate::server::{Server, connect, sql};
use crate::{id, replace, yes};

#[test]
fn a_server_that_may_lose_what_it_acknowledges_is_refused() {
    let mut server = Server::start();
    let url = server.database();
    for (setting, found) in [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("synchronous_commit", "off"),
        ("synchronous_commit", "local"),
        ("synchronous_commit", "remote_write"),
    ] {
        server.stop();
        server.run_with(&[&format!("{setting}={found}")]);
        for refused in [connect(&url).err(), PostgresStore::migrate(&url, &Options::default()).err()] {
            assert_eq!(unsafe_setting(&refused), (setting, found));
        }
        // Who says that the engine keeps it without these settings is believed.
        PostgresStore::connect(&url, Options { durability: Durability::Vouched, ..Options::default() })
            .unwrap_or_else(|error| panic!("{setting}: {error}"));
    }
    for safe in ["synchronous_commit=on", "synchronous_commit=remote_apply"] {
        server.stop();
        server.run_with(&[safe]);
        connect(&url).unwrap_or_else(|error| panic!("{safe}: {error}"));
    }
}

/// The setting that matters is the session's: a role may have its own.
#[test]
fn a_role_with_an_unsafe_setting_is_refused() {
    let mut server = Server::start();
    let url = server.database();
    sql(&url, "CREATE ROLE hasty LOGIN SUPERUSER; ALTER ROLE hasty SET synchronous_commit = off");
    let refused = connect(&url.replace("user=postgres", "user=hasty")).err();
    assert_eq!(unsafe_setting(&refused), ("synchronous_commit", "off"));
}

#[test]
fn pages_without_checksums_are_refused() {
    let server = Server::without_checksums();
    let refused = PostgresStore::migrate(&server.admin(), &Options::default()).err();
    assert_eq!(unsafe_setting(&refused), ("data_checksums", "off"));
    let said = refused.expect("it was refused").to_string();
    assert!(said.contains("data_checksums") && said.contains("pg_checksums --enable"), "{said}");
}

#[test]
fn a_standby_is_refused_whoever_vouches() {
    let mut server = Server::start();
    let url = server.database();
    server.stop();
    File::create(server.data().join("standby.signal")).expect("the directory is ours");
    server.run();
    for durability in [Durability::Disk, Durability::Vouched] {
        let refused = PostgresStore::connect(&url, Options { durability, ..Options::default() }).err();
        assert_eq!(unsafe_setting(&refused), ("pg_is_in_recovery()", "true"));
    }
}

#[test]
fn where_a_standby_is_demanded_there_must_be_one() {
    let mut server = Server::start();
    let url = server.database();
    let options = Options { durability: Durability::Standby, ..Options::default() };
    let refused = PostgresStore::connect(&url, options.clone()).err();
    assert_eq!(unsafe_setting(&refused), ("synchronous_standby_names", ""));
    set(&server, "synchronous_standby_names", "'ANY 1 (second, third)'");
    PostgresStore::connect(&url, options).expect("two are named");
}

/// A setting that is changed later is noticed on the next connection.
#[test]
fn each_new_connection_is_checked() {
    let mut server = Server::start();
    let url = server.database();
    let store = connect(&url).expect("a safe server with tables");
    assert_eq!(replace(&store, &id(1), 0, b"one"), Ok(yes(1)));
    set(&server, "full_page_writes", "off");
    sql(&server.admin(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'camtoken'");
    thread::sleep(Duration::from_millis(200));
    let refused = block_on(store.load(&id(1))).err();
    assert_eq!(unsafe_setting(&refused), ("full_page_writes", "off"));
    let refused = replace(&store, &id(1), 1, b"two").err();
    assert_eq!(unsafe_setting(&refused), ("full_page_writes", "off"));
    set(&server, "full_page_writes", "on");
    assert_eq!(replace(&store, &id(1), 1, b"two"), Ok(yes(2)), "it serves again by itself");
}

#[test]
fn tables_of_another_version_are_refused_until_they_are_migrated() {
    let mut server = Server::start();
    let url = server.empty();
    let version = |found: &str| Some(StoreError::Version { found: found.to_owned(), expected: "schema 1" });
    assert_eq!(connect(&url).err(), version("no schema"));
    assert_eq!(PostgresStore::migrate(&url, &Options::default()), Ok((0, 1)));
    let store = connect(&url).expect("migrated");
    assert_eq!(replace(&store, &id(1), 0, b"one"), Ok(yes(1)));
    assert_eq!(PostgresStore::migrate(&url, &Options::default()), Ok((1, 1)), "once more changes nothing");
    assert_eq!(block_on(store.load(&id(1))).expect("loads").expect("is there").revision.as_u64(), 1);

    // One that was cut off on an engine that does not take back tables: the tables are there, the number is not.
    sql(&url, "UPDATE camtoken_schema SET version = 0");
    assert_eq!(connect(&url).err(), version("no schema"));
    assert_eq!(PostgresStore::migrate(&url, &Options::default()), Ok((0, 1)));
    assert_eq!(block_on(store.load(&id(1))).expect("loads").expect("is there").revision.as_u64(), 1);

    sql(&url, "UPDATE camtoken_schema SET version = 2");
    assert_eq!(connect(&url).err(), version("schema 2"));
    assert_eq!(PostgresStore::migrate(&url, &Options::default()).err(), version("schema 2"), "never back");
}

#[test]
fn of_many_who_migrate_at_once_one_does() {
    let mut server = Server::start();
    for _ in 0..5 {
        let url = server.empty();
        let from: Vec<i32> = thread::scope(|scope| {
            let migrate = || PostgresStore::migrate(&url, &Options::default()).expect("the others were faster");
            let migrants: Vec<_> = (0..6).map(|_| scope.spawn(migrate)).collect();
            migrants.into_iter().map(|migrant| migrant.join().expect("it ends").0).collect()
        });
        assert_eq!(from.iter().filter(|from| **from == 0).count(), 1, "{from:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_said_soon() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let started = Instant::now();
    let url = format!("postgres:///bank?host={}&user=nobody", dir.path().display());
    let refused = connect(&url).err();
    assert!(matches!(refused, Some(StoreError::Unavailable { .. })), "{refused:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_password_that_is_wrong_is_not_tried_again() {
    let mut server = Server::start();
    let url = server.database();
    sql(&url, "CREATE ROLE guarded LOGIN PASSWORD 'right'");
    std::fs::write(server.data().join("pg_hba.conf"), "local all postgres trust\nlocal all all scram-sha-256\n")
        .expect("the directory is ours");
    sql(&server.admin(), "SELECT pg_reload_conf()");
    let url = url.replace("user=postgres", "user=guarded&password=hunter2");
    let refused = connect(&url).err().expect("it is wrong");
    assert!(matches!(refused, StoreError::Unavailable { .. }));
    let said = refused.to_string();
    assert!(said.contains("28P01") && !said.contains("hunter2"), "{said}");
}

fn unsafe_setting(refused: &Option<StoreError>) -> (&str, &str) {
    match refused {
        Some(StoreError::Unsafe { setting, found, .. }) => (setting, found),
        other => panic!("{other:?}"),
    }
}

/// Changes a setting of the server while it runs.
fn set(server: &Server, setting: &str, value: &str) {
    sql(&server.admin(), &format!("ALTER SYSTEM SET {setting} = {value}"));
    sql(&server.admin(), "SELECT pg_reload_conf()");
    thread::sleep(Duration::from_millis(300));
}
