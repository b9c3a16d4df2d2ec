//! `Cargo.lock` keeps to `deny.toml`: minimum versions, crates that are maintained, licenses, and crates.io as the only source.
//! Works offline, without cargo-deny.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

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

#[test]
fn every_locked_crate_is_ours_or_from_crates_io() {
    let (deny, lock) = (read("deny.toml"), read("Cargo.lock"));
    for kind in ["unknown-registry", "unknown-git"] {
        assert_eq!(deny["sources"][kind].as_str(), Some("deny"), "this test knows of no other source");
    }
    let strangers: Vec<_> = packages(&lock).filter(|package| !is_from_a_known_source(package)).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn an_unknown_source_is_caught() {
    for (source, known) in [
        ("source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"", true),
        ("source = \"registry+https://github.com/rust-lang/crates.io-index\"", false),
        ("source = \"registry+https://crates.example/index\"\nchecksum = \"00\"", false),
        ("source = \"git+https://github.com/camtoken/camtoken#0123456\"", false),
        ("", false),
    ] {
        let lock: Table = format!("name = \"serde\"\nversion = \"1.0.0\"\n{source}").parse().expect("TOML");
        assert_eq!(is_from_a_known_source(&lock.into()), known, "{source}");
    }
    let ours: Table = "name = \"camtoken-qr\"\nversion = \"0.1.0\"".parse().expect("TOML");
    assert!(is_from_a_known_source(&ours.into()));
}

/// Crates of other systems and of features that were never built may not be on this machine; `cargo fetch` brings them.
#[test]
fn every_license_is_allowed() {
    let (allowed, lock) = (allowed_licenses(&read("deny.toml")), read("Cargo.lock"));
    let unpacked = unpacked_crates();
    let mut checked = 0;
    let mut complaints = Vec::new();
    for package in packages(&lock) {
        let place = format!("{}-{}", text(package, "name"), text(package, "version"));
        let Some(folder) = unpacked.get(&place) else { continue };
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("each crate has a manifest");
        let manifest: Table = manifest.parse().expect("it is TOML");
        let license = manifest["package"].get("license").and_then(toml::Value::as_str).unwrap_or_default();
        if !is_allowed(&allowed, license) {
            complaints.push(format!("{place}: {license:?}"));
        }
        checked += 1;
    }
    println!("{checked} of {} crates were on this machine", packages(&lock).count());
    assert!(checked > 100, "{checked} crates were found in the folder of Cargo's registry");
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn a_license_that_is_not_allowed_is_caught() {
    let allowed = allowed_licenses(&read("deny.toml"));
    for (license, expected) in [
        ("MIT", true),
        ("MIT OR Apache-2.0", true),
        ("GPL-3.0-only OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("Apache-2.0 AND ISC", true),
        ("Apache-2.0 WITH LLVM-exception OR GPL-3.0-only", true),
        ("(MIT OR GPL-2.0-only) AND Unicode-3.0", true),
        ("", false),
        ("GPL-3.0-only", false),
        ("MPL-2.0", false),
        ("MIT AND MPL-2.0", false),
        ("GPL-2.0-only WITH Classpath-exception-2.0", false),
        ("(MIT OR Apache-2.0) AND (MPL-2.0 OR LGPL-3.0-only)", false),
        ("MIT AND (Zlib OR GPL-2.0-only) AND GPL-3.0-only", false),
    ] {
        assert_eq!(is_allowed(&allowed, license), expected, "{license}");
    }
}

/// Names with the requirement that is banned; without one, every version is.
fn bans(deny: &Table) -> Vec<(String, String)> {
    let entries = deny["bans"]["deny"].as_array().expect("a list");
    let specs = entries.iter().map(|entry| entry["crate"].as_str().expect("a crate"));
    specs.map(|spec| spec.split_once(':').unwrap_or((spec, ""))).map(|(name, req)| (name.into(), req.into())).collect()
}

fn packages(lock: &Table) -> impl Iterator<Item = &toml::Value> {
    lock["package"].as_array().expect("a list").iter()
}

fn locked(lock: &Table) -> Vec<(String, Version)> {
    packages(lock).map(|package| (text(package, "name").to_owned(), parse(text(package, "version")))).collect()
}

fn text<'a>(package: &'a toml::Value, key: &str) -> &'a str {
    package[key].as_str().expect("a string")
}

/// Ours have no source in the lock file; what is from crates.io has its checksum there.
fn is_from_a_known_source(package: &toml::Value) -> bool {
    let name = text(package, "name");
    match package.get("source").and_then(toml::Value::as_str) {
        None => name == "camtoken" || name.starts_with("camtoken-"),
        Some(source) => {
            source == "registry+https://github.com/rust-lang/crates.io-index" && package.get("checksum").is_some()
        }
    }
}

/// The crates that Cargo has fetched and unpacked, by name and version, on whatever mirror of crates.io.
fn unpacked_crates() -> BTreeMap<String, PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).expect("a home directory");
    let folders = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let crates = folders(home.join("registry/src")).flat_map(folders);
    crates.filter_map(|folder| Some((folder.file_name()?.to_str()?.to_owned(), folder))).collect()
}

fn allowed_licenses(deny: &Table) -> Vec<String> {
    let licenses = deny["licenses"]["allow"].as_array().expect("a list");
    licenses.iter().map(|license| license.as_str().expect("a license").to_owned()).collect()
}

/// Whether an SPDX expression leaves a choice that is allowed: `AND` binds tighter than `OR`, `WITH` is part of a name. Crates of
/// old write `/` for `OR`.
fn is_allowed(allowed: &[String], expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let found = any_of(allowed, &mut rest);
    found && rest.is_empty()
}

fn any_of(allowed: &[String], rest: &mut &[&str]) -> bool {
    let mut found = all_of(allowed, rest);
    while let ["OR", behind @ ..] = *rest {
        *rest = behind;
        found |= all_of(allowed, rest);
    }
    found
}

fn all_of(allowed: &[String], rest: &mut &[&str]) -> bool {
    let mut found = one(allowed, rest);
    while let ["AND", behind @ ..] = *rest {
        *rest = behind;
        found &= one(allowed, rest);
    }
    found
}

fn one(allowed: &[String], rest: &mut &[&str]) -> bool {
    let is_listed = |license: &str| allowed.iter().any(|allowed| allowed == license);
    match *rest {
        ["(", behind @ ..] => {
            *rest = behind;
            let found = any_of(allowed, rest);
            let closed = rest.first() == Some(&")");
            *rest = rest.get(1..).unwrap_or_default();
            found && closed
        }
        [license, "WITH", exception, behind @ ..] => {
            *rest = behind;
            is_listed(&format!("{license} WITH {exception}"))
        }
        [license, behind @ ..] => {
            *rest = behind;
            is_listed(license)
        }
        [] => false,
    }
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
