//! The version of the keys, and how they come about.

use camtoken::store::StoreError;
use camtoken_remote::Failed;

use crate::keys::corrupt;
use crate::member::Member;
use crate::message::{self, Done, changed_in, put};

/// The version of the schema that this version of camtoken reads and writes.
pub(super) const VERSION: i32 = 1;
pub(super) const WRITTEN: &[u8] = b"1";
const EXPECTED: &str = "schema 1";

/// While a backup is put back.
pub(super) const FILLING: &[u8] = b"filling";

/// Refuses keys of another version. Asks a majority.
pub(super) async fn check(member: &Member) -> Result<(), Failed> {
    match version(member).await? {
        VERSION => Ok(()),
        _ => Err(other("no schema")),
    }
}

/// Writes the version where there is none, and says which there was.
pub(super) async fn migrate(member: &Member) -> Result<i32, Failed> {
    let from = version(member).await?;
    if from == 0 {
        let key = member.keys().version();
        let first = message::transaction([changed_in(&key, 0)], [put(&key, WRITTEN)]);
        if !Done::read(&member.call(message::TXN, first).await?)?.succeeded {
            return Err(Failed::Again("another one makes the first version".into()));
        }
    }
    Ok(from)
}

/// The version of the keys, 0 if there are none.
async fn version(member: &Member) -> Result<i32, Failed> {
    match member.value(&member.keys().version()).await?.as_deref() {
        None => Ok(0),
        Some(WRITTEN) => Ok(VERSION),
        Some(FILLING) => Err(other("a backup that was not put back to its end: restore it again")),
        Some(found) => match str::from_utf8(found) {
            Ok(found) if found.parse::<u32>().is_ok() => Err(other(&format!("schema {found}"))),
            _ => Err(corrupt("the version is no number")),
        },
    }
}

fn other(found: &str) -> Failed {
    Failed::Refused(StoreError::Version { found: found.to_owned(), expected: EXPECTED })
}
