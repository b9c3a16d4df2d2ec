//! The tables, and how they come about: a number in the database says which steps it has taken.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::failure::{Fault, text};
use camtoken::store::StoreError;
use camtoken_remote::Failed;

/// The version of the schema that this version of camtoken reads and writes.
pub(super) const VERSION: i32 = 1;
const EXPECTED: &str = "schema 1";
const _: () = assert!(STEPS.len() == VERSION as usize);

/// From each version to the next. A step may be run again: not every engine takes back tables with a transaction.
const STEPS: [&str; 1] = [
    // Half of each page is left free, so that a new version of a row stays beside the old one and no index changes.
    "CREATE TABLE IF NOT EXISTS camtoken_record (\
       id bytea PRIMARY KEY, revision bigint NOT NULL CHECK (revision > 0), record bytea NOT NULL\
     ) WITH (fillfactor = 50); \
     CREATE TABLE IF NOT EXISTS camtoken_audit (\
       id bytea NOT NULL, revision bigint NOT NULL, entry bytea NOT NULL, PRIMARY KEY (id, revision)\
     )",
];

const FOUND: &str = "SELECT version FROM camtoken_schema";

/// Refuses a database whose tables are of another version.
pub(super) async fn check(client: &Client) -> Result<(), Fault> {
    match version(client).await? {
        VERSION => Ok(()),
        0 => Err(Failed::Refused(StoreError::Version { found: "no schema".into(), expected: EXPECTED }).into()),
        found => Err(other(found)),
    }
}

/// Brings the tables to this version, all of it or nothing, and says from which one.
pub(super) async fn migrate(client: &mut Client) -> Result<i32, Fault> {
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS camtoken_schema (one boolean PRIMARY KEY CHECK (one), version integer NOT NULL); \
             INSERT INTO camtoken_schema (one, version) VALUES (true, 0) ON CONFLICT (one) DO NOTHING",
        )
        .await
        .map_err(|error| match error.code() {
            // "IF NOT EXISTS" does not see what another one is just making.
            Some(&SqlState::UNIQUE_VIOLATION | &SqlState::DUPLICATE_TABLE | &SqlState::DUPLICATE_OBJECT) => Fault(Failed::Again(text(&error))),
            _ => error.into(),
        })?;
    let transaction = client.transaction().await?;
    // Another one who migrates waits here.
    let row = transaction.query_one("SELECT version FROM camtoken_schema WHERE one FOR UPDATE", &[]).await?;
    let from: i32 = row.get(0);
    let steps = usize::try_from(from).ok().and_then(|done| STEPS.get(done..)).ok_or_else(|| other(from))?;
    for step in steps {
        transaction.batch_execute(step).await?;
    }
    transaction.execute("UPDATE camtoken_schema SET version = $1 WHERE one", &[&VERSION]).await?;
    transaction.commit().await?;
    Ok(from)
}

/// The version of the tables, 0 if there are none.
async fn version(client: &Client) -> Result<i32, Fault> {
    match client.query_opt(FOUND, &[]).await {
        Ok(row) => Ok(row.map_or(0, |row| row.get(0))),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn other(found: i32) -> Fault {
    Failed::Refused(StoreError::Version { found: format!("schema {found}"), expected: EXPECTED }).into()
}
