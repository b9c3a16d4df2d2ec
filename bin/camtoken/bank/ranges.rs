//! Several stores by ranges: the file that names them, and what the verbs do with all of them.

use std::path::Path;
use std::time::Duration;

use camtoken::store::backup::Saved;
use camtoken::store::{EmbeddedStore, RangeMap, RangedStore, StoreError};

use super::{OneStore, database, in_a_directory};
use crate::config::{Settings, Store};
use crate::failure::{Code, Failure};
use crate::self_check::{self, SecretFile};
use crate::value::Value;

/// Before the path of the file.
pub const SCHEME: &str = "ranges://";

/// The most bytes that the file may have.
const MOST: usize = 1 << 20;

/// What the file says: the map, and the store of each member in the map's order.
struct Ranges {
    map: RangeMap,
    stores: Vec<Store>,
}

/// Opens the store that the file describes.
///
/// # Errors
///
/// Those of the file; [`Code::StoreFailed`] for a member with another map; what a member says that can be reached and not used.
pub fn open(file: &Path, settings: &Settings, wait: Duration) -> Result<RangedStore<OneStore>, Failure> {
    let ranges = Ranges::read(file)?;
    for dir in ranges.stores.iter().filter_map(|store| store.clone().directory()) {
        self_check::is_own(&dir)?;
    }
    let (stores, settings) = (ranges.stores, settings.clone());
    Ok(RangedStore::open(ranges.map, move |member| open_member(&stores[member], &settings, wait))?)
}

/// Makes the tables of every member, or brings them to this version, and writes the map. Returns the version before and after:
/// 0 before if every member is new.
///
/// # Errors
///
/// As [`open`]; all members have to be there.
pub fn migrate(file: &Path, settings: &Settings) -> Result<(i32, i32), Failure> {
    let Ranges { map, stores } = Ranges::read(file)?;
    let (mut from, mut to) = (0, 1);
    for store in &stores {
        let (before, after) = match store {
            Store::Directory(dir) => {
                self_check::is_own(dir)?;
                let is_there = dir.join("format").exists();
                drop(EmbeddedStore::open(dir, settings.store_wait.value.duration())?);
                (i32::from(is_there), 1)
            }
            Store::Url(url) => database::migrate(url, settings)?,
        };
        (from, to) = (before.max(from), after.max(to));
    }
    RangedStore::prepare(&map, &|member: usize| {
        open_member(&stores[member], settings, settings.store_wait.value.duration())
    })?;
    Ok((from, to))
}

/// Fills empty members, and returns the number of records.
///
/// # Errors
///
/// Those of the file, the records and the members.
pub fn restore(
    file: &Path,
    settings: &Settings,
    records: impl Iterator<Item = Result<Saved, Failure>> + Send,
) -> Result<u64, Failure> {
    let Ranges { map, stores } = Ranges::read(file)?;
    RangedStore::<OneStore>::restore(&map, records, |member, part| match &stores[member] {
        Store::Directory(dir) => EmbeddedStore::restore(dir, part),
        Store::Url(url) => database::restore(url, settings, part),
    })
}

/// A directory that is not there yet, or not mounted, makes only its own records unavailable.
fn open_member(store: &Store, settings: &Settings, wait: Duration) -> Result<OneStore, StoreError> {
    match store {
        Store::Directory(dir) if !dir.join("format").exists() => {
            Err(StoreError::Unavailable { reason: format!("{} holds no store", dir.display()) })
        }
        Store::Directory(dir) => EmbeddedStore::open(dir, wait).map(in_a_directory),
        Store::Url(url) => database::connect(url, settings),
    }
}

impl Ranges {
    /// Reads the file. It has the lines of a [`RangeMap`], a line `member NAME STORE` for each member, and comments after `#`.
    /// Paths are relative to the file. A URL may have a password in it, so nobody else may read the file.
    fn read(file: &Path) -> Result<Self, Failure> {
        let bytes = SecretFile::new("ranges", file).read(MOST, Code::Read)?;
        let bad = |reason: String| Failure::new(Code::StoreFailed).because(format!("{}: {reason}", file.display()));
        let text = str::from_utf8(&bytes).map_err(|error| bad(error.to_string()))?;
        // A line of another kind stays empty, so that the numbers of lines are those of the file.
        let (mut lines, mut members) = (Vec::new(), Vec::<(&str, Store)>::new());
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            let Some(member) = line.strip_prefix("member ") else {
                lines.push((index + 1, if line.starts_with('#') { "" } else { line }));
                continue;
            };
            let store = member.split_once(' ').and_then(|(name, store)| Some((name, Store::read(store.trim()).ok()?)));
            let (name, store) =
                store.ok_or_else(|| bad(format!("line {}: expected \"member NAME STORE\"", index + 1)))?;
            if let Store::Url(url) = &store {
                database::is_known(url)?;
            }
            let store = store.beside(file.parent().unwrap_or(Path::new(".")));
            if members.iter().any(|(known, other)| *known == name || *other == store) {
                return Err(bad(format!("line {}: member {name:?} or its store is there twice", index + 1)));
            }
            members.push((name, store));
        }
        lines.retain(|(_, line)| !line.is_empty());
        let map: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        let map: RangeMap = map.parse().map_err(|error: camtoken::store::RangeMapError| {
            let line = lines.get(error.line - 1).map_or(1, |(number, _)| *number);
            bad(format!("line {line}: {}", error.fault()))
        })?;
        let stores = map.members().map(|name| {
            let place = members.iter().position(|(known, _)| *known == name);
            place.map(|place| members.remove(place).1).ok_or_else(|| bad(format!("no line \"member {name} STORE\"")))
        });
        let stores = stores.collect::<Result<_, _>>()?;
        match members.first() {
            Some((name, _)) => Err(bad(format!("member {name:?} has no range"))),
            None => Ok(Self { map, stores }),
        }
    }
}
