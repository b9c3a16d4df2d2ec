//! `Cargo.lock` keeps to the bans of `deny.toml`: minimum versions and crates that nobody keeps. Works offline, without
//! cargo-deny.

use std::fs;
use std::path::Path;

use toml::Table;

type Version = (u64, u64, u64);

#[test]
fn no_locked_crate_is_banned() {
    let (bans, lock) = (bans(&read("deny.toml")), locked(&read("Cargo.lock")));
    assert!(bans.len() > 20 && lock.len() > 50, "both files were read");
    let found: Vec<_> = lock.iter().filter(|(name, version)| banned(&bans, name, *version)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_banned_version_is_caught() {
    let bans = bans(&read("deny.toml"));
    for (name, version, expected) in [
        ("quick-xml", "0.40.9", true),
        ("quick-xml", "0.41.0", false),
        ("rand", "0.8.5", false),
        ("rand", "0.9.2", true),
        ("rand", "0.9.3", false),
        ("rand", "0.10.0", true),
        ("rand", "0.10.1", false),
        ("paste", "1.0.15", true),
        ("openidconnect", "4.1.0", true),
        ("openidconnect", "4.1.1", false),
        ("serde", "1.0.0", false),
    ] {
        assert_eq!(banned(&bans, name, parse(version)), expected, "{name} {version}");
    }
}

/// Names with the requirement that is banned; without one, every version is.
fn bans(deny: &Table) -> Vec<(String, String)> {
    let entries = deny["bans"]["deny"].as_array().expect("a list");
    let specs = entries.iter().map(|entry| entry["crate"].as_str().expect("a crate"));
    specs.map(|spec| spec.split_once(':').unwrap_or((spec, ""))).map(|(name, req)| (name.into(), req.into())).collect()
}

fn locked(lock: &Table) -> Vec<(String, Version)> {
    let packages = lock["package"].as_array().expect("a list");
    let text = |package: &toml::Value, key: &str| package[key].as_str().expect("a string").to_owned();
    packages.iter().map(|package| (text(package, "name"), parse(&text(package, "version")))).collect()
}

fn banned(bans: &[(String, String)], name: &str, version: Version) -> bool {
    let meets = |requirement: &str| match requirement.trim() {
        "" => true,
        part if part.starts_with("<=") => version <= parse(&part[2..]),
        part if part.starts_with(">=") => version >= parse(&part[2..]),
        part if part.starts_with('<') => version < parse(&part[1..]),
        part => panic!("{part:?} is no requirement that this test reads"),
    };
    bans.iter().any(|(banned, requirement)| banned == name && requirement.split(',').all(meets))
}

fn parse(version: &str) -> Version {
    let release = version.trim().split(['-', '+']).next().unwrap_or_default();
    let mut parts = release.split('.').map(|part| part.parse().expect("a number"));
    let mut next = || parts.next().expect("three numbers");
    (next(), next(), next())
}

fn read(file: &str) -> Table {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(file);
    fs::read_to_string(path).expect("it stands in the root").parse().expect("it is TOML")
}
