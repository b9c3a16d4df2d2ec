//! One connection: opened, checked before it is used, and dropped at the first doubt.

use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use camtoken_remote::{Failed, Swap};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::error::{DbError, Severity, SqlState};
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Connection, Row, Socket, Statement, Transaction};

use super::address::{Address, Secured};
use super::failure::{Fault, text};
use super::{Durability, schema};
use camtoken::store::backup::Saved;
use camtoken::store::{RecordId, Revision, StoreError, Versioned};

const LOAD: &str = "SELECT id, revision, record FROM camtoken_record WHERE id = ANY($1)";

/// One statement, one commit: changes whose revision still holds, each with its audit entry. What is locked is locked in
/// the order of the arrays.
const REPLACE: &str = "\
WITH changed AS ( \
  UPDATE camtoken_record AS r SET revision = r.revision + 1, record = w.record \
  FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[]) AS w (id, expected, record, entry) \
  WHERE r.id = w.id AND r.revision = w.expected \
  RETURNING r.id, r.revision, w.entry \
), noted AS ( \
  INSERT INTO camtoken_audit (id, revision, entry) SELECT id, revision, entry FROM changed WHERE entry IS NOT NULL \
) SELECT id FROM changed";

/// The same for one change with an entry, told by the number of rows: arrays cost the server a fifth more, and each further
/// part of the statement some hundredths.
const REPLACE_ONE: &str = "\
WITH changed AS ( \
  UPDATE camtoken_record SET revision = revision + 1, record = $3 WHERE id = $1 AND revision = $2 RETURNING id, revision \
) INSERT INTO camtoken_audit (id, revision, entry) SELECT id, revision, $4::bytea FROM changed";

/// The same as [`REPLACE`] for records that are not there yet.
const CREATE: &str = "\
WITH wanted AS ( \
  SELECT id, record, entry FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS w (id, record, entry) \
), changed AS ( \
  INSERT INTO camtoken_record (id, revision, record) SELECT id, 1, record FROM wanted \
  ON CONFLICT (id) DO NOTHING RETURNING id \
), noted AS ( \
  INSERT INTO camtoken_audit (id, revision, entry) \
  SELECT w.id, 1, w.entry FROM wanted AS w JOIN changed ON changed.id = w.id WHERE w.entry IS NOT NULL \
) SELECT id FROM changed";

const FILL_RECORDS: &str = "\
INSERT INTO camtoken_record (id, revision, record) SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[])";

const FILL_AUDIT: &str = "\
INSERT INTO camtoken_audit (id, revision, entry) SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[])";

const LIST: &str = "SELECT id FROM camtoken_record WHERE id > $1 ORDER BY id LIMIT $2";

const AUDIT: &str =
    "SELECT revision, entry FROM camtoken_audit WHERE id = $1 AND revision > $2 ORDER BY revision LIMIT $3";

/// Each record by its key, whatever the server thinks of the tables: plans that read them as a whole are right for empty
/// ones, and are kept while they grow; and an array of one seems worth a plan of its own, each time. A server that has not
/// got these settings leaves them.
const PLANS: &str = "SELECT set_config(name, CASE name WHEN 'plan_cache_mode' THEN 'force_generic_plan' ELSE 'off' END, \
    false) FROM pg_settings \
    WHERE name IN ('enable_hashjoin', 'enable_mergejoin', 'enable_seqscan', 'plan_cache_mode')";

/// The required settings of the server. With others it does not keep what it acknowledges.
const SAFE: [(&str, &[&str], &str); 4] = [
    ("fsync", &["on"], "on"),
    ("full_page_writes", &["on"], "on"),
    ("data_checksums", &["on"], "on (pg_checksums --enable, while the server is stopped)"),
    ("synchronous_commit", &["on", "remote_apply"], "on or remote_apply"),
];

const SETTINGS: &str = "SELECT pg_is_in_recovery(), \
    current_setting('fsync', true), current_setting('full_page_writes', true), \
    current_setting('data_checksums', true), current_setting('synchronous_commit', true), \
    current_setting('synchronous_standby_names', true)";

/// After so long a connection is checked again before it is used.
const CHECKED_FOR: Duration = Duration::from_secs(60);

/// Where the database is, and who answers for it that an acknowledged change stays.
pub(super) struct Place {
    pub address: Address,
    pub durability: Durability,
}

/// One connection to the database that has passed every check.
pub(super) struct Link {
    client: Client,
    /// Reads and writes the socket; aborted, it closes it, and no cancel is ever sent.
    driver: JoinHandle<()>,
    /// The server has warned that a commit may be on this server only.
    doubt: Arc<AtomicBool>,
    load: Statement,
    replace: Statement,
    replace_one: Statement,
    create: Statement,
    checked: Instant,
}

impl camtoken_remote::Link for Link {
    type Place = Place;
    type Fault = Fault;

    /// Connects, checks the settings and the schema, and prepares the statements.
    async fn open(place: &Place) -> Result<Self, Fault> {
        let (client, driver, doubt) = connect(&place.address).await?;
        let opened = async {
            check_settings(&client, place.durability).await?;
            schema::check(&client).await?;
            client.batch_execute(PLANS).await?;
            let statements = [LOAD, REPLACE, REPLACE_ONE, CREATE].map(|sql| client.prepare(sql));
            let [load, replace, replace_one, create] = statements;
            Ok(tokio::try_join!(load, replace, replace_one, create)?)
        };
        match opened.await {
            Ok((load, replace, replace_one, create)) => {
                Ok(Self { client, driver, doubt, load, replace, replace_one, create, checked: Instant::now() })
            }
            Err(error) => {
                driver.abort();
                Err(error)
            }
        }
    }

    fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    async fn check(&mut self, place: &Place) -> Result<(), Fault> {
        if self.checked.elapsed() > CHECKED_FOR {
            check_settings(&self.client, place.durability).await?;
            self.checked = Instant::now();
        }
        Ok(())
    }

    async fn load(&self, ids: &[RecordId]) -> Result<HashMap<RecordId, Versioned>, Fault> {
        let rows = self.client.query(&self.load, &[&keys(ids)]).await?;
        rows.iter()
            .map(|row| {
                let record: &[u8] = column(row, 2)?;
                Ok((record_id(row)?, Versioned { revision: revision(row, 1)?, record: record.into() }))
            })
            .collect()
    }

    async fn swap(&self, swaps: &[Swap]) -> Result<HashSet<RecordId>, Fault> {
        let ids: Vec<_> = swaps.iter().map(|swap| swap.id.to_key()).collect();
        let (records, entries): (Vec<&[u8]>, Vec<Option<&[u8]>>) =
            swaps.iter().map(|swap| (swap.change.record.as_slice(), swap.change.audit.as_deref())).unzip();
        if swaps.iter().all(Swap::is_first) {
            return self.swapped(&self.create, &[&ids, &records, &entries]).await;
        }
        let expected: Vec<i64> = swaps.iter().map(|swap| swap.expected.as_u64().cast_signed()).collect();
        if let ([id], [expected], [record], [Some(entry)]) = (&ids[..], &expected[..], &records[..], &entries[..]) {
            let values: &[&(dyn ToSql + Sync)] = &[id, expected, record, entry];
            let rows = self.undoubted(self.client.execute(&self.replace_one, values)).await?;
            return Ok((rows > 0).then(|| swaps[0].id.clone()).into_iter().collect());
        }
        self.swapped(&self.replace, &[&ids, &expected, &records, &entries]).await
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, Fault> {
        let after = after.map(RecordId::to_key).unwrap_or_default();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.client.query(LIST, &[&after, &limit]).await?;
        rows.iter().map(record_id).collect()
    }

    async fn audit(&self, id: &RecordId, after: Revision, limit: usize) -> Result<Vec<(Revision, Vec<u8>)>, Fault> {
        let after = i64::try_from(after.as_u64()).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.client.query(AUDIT, &[&id.to_key(), &after, &limit]).await?;
        rows.iter().map(|row| Ok((revision(row, 0)?, column(row, 1)?))).collect()
    }
}

impl Link {
    async fn swapped(&self, statement: &Statement, values: &[&(dyn ToSql + Sync)]) -> Result<HashSet<RecordId>, Fault> {
        let rows = self.undoubted(self.client.query(statement, values)).await?;
        rows.iter().map(record_id).collect()
    }

    /// Waits for a change, and refuses an answer that came with a warning.
    async fn undoubted<T>(&self, change: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Fault> {
        self.doubt.store(false, Ordering::Relaxed);
        let answer = change.await?;
        // The driver has read the warning, if there was one, before the end of the answer.
        match self.doubt.load(Ordering::Relaxed) {
            true => Err(Failed::Lost("the server did not wait for its standby".into()).into()),
            false => Ok(answer),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Empty tables while they are filled, in one transaction.
pub(super) struct Filling<'c> {
    transaction: Transaction<'c>,
    saved: Vec<Saved>,
}

impl<'c> Filling<'c> {
    /// How many records are sent at once.
    const GROUP: usize = 256;

    pub async fn begin(client: &'c mut Client) -> Result<Self, Fault> {
        let transaction = client.transaction().await?;
        let row = transaction.query_one("SELECT EXISTS (SELECT 1 FROM camtoken_record)", &[]).await?;
        if column(&row, 0)? {
            return Err(Failed::Refused(StoreError::Exists).into());
        }
        Ok(Self { transaction, saved: Vec::new() })
    }

    pub async fn add(&mut self, saved: Saved) -> Result<(), Fault> {
        self.saved.push(saved);
        if self.saved.len() < Self::GROUP { Ok(()) } else { self.send().await }
    }

    pub async fn end(mut self) -> Result<(), Fault> {
        self.send().await?;
        Ok(self.transaction.commit().await?)
    }

    async fn send(&mut self) -> Result<(), Fault> {
        let group = std::mem::take(&mut self.saved);
        let keys: Vec<_> = group.iter().map(|saved| saved.id.to_key()).collect();
        let revisions: Vec<_> = group.iter().map(|saved| saved.revision.as_u64().cast_signed()).collect();
        let records: Vec<_> = group.iter().map(|saved| saved.record.as_slice()).collect();
        self.transaction.execute(FILL_RECORDS, &[&keys, &revisions, &records]).await?;
        let entries =
            || keys.iter().zip(&group).flat_map(|(key, saved)| saved.audit.iter().map(move |entry| (key, entry)));
        let keys: Vec<_> = entries().map(|(key, _)| key.as_slice()).collect();
        let revisions: Vec<_> = entries().map(|(_, (revision, _))| revision.as_u64().cast_signed()).collect();
        let lines: Vec<_> = entries().map(|(_, (_, line))| line.as_slice()).collect();
        self.transaction.execute(FILL_AUDIT, &[&keys, &revisions, &lines]).await?;
        Ok(())
    }
}

/// Connects to the first server that takes writes, and lets a task drive the connection.
pub(super) async fn connect(address: &Address) -> Result<(Client, JoinHandle<()>, Arc<AtomicBool>), Fault> {
    let mut failed = None;
    for config in &address.servers {
        // A server that is silent gets its own time and not that of the next.
        let connected = timeout(address.patience, config.connect(address.tls.clone())).await;
        let found = match connected {
            Ok(Ok((client, connection))) => return Ok(drive(client, connection)),
            Ok(Err(error)) => unconnected(error),
            Err(_) => Failed::Unsent("the database does not answer".into()).into(),
        };
        // "Another server does not let us in" says more than "this one accepts no writes".
        failed = failed.filter(|Fault(failed)| matches!(failed, Failed::Refused(_))).or(Some(found));
    }
    Err(failed.unwrap_or_else(|| Failed::Unsent("no server is named".into()).into()))
}

fn drive(
    client: Client,
    mut connection: Connection<Socket, Secured<Socket>>,
) -> (Client, JoinHandle<()>, Arc<AtomicBool>) {
    let doubt = Arc::new(AtomicBool::new(false));
    let doubted = Arc::clone(&doubt);
    let driver = tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notice(notice) = message {
                doubted.fetch_or(is_doubtful(&notice), Ordering::Relaxed);
            }
        }
    });
    (client, driver, doubt)
}

/// "Canceling wait for synchronous replication": what was committed is on this server alone.
fn is_doubtful(notice: &DbError) -> bool {
    let warning = matches!(notice.parsed_severity(), None | Some(Severity::Warning));
    warning && (*notice.code() == SqlState::WARNING || notice.code().code().starts_with("57"))
}

/// Refuses a server that may lose what it has acknowledged.
pub(super) async fn check_settings(client: &Client, durability: Durability) -> Result<(), Fault> {
    let row = client.query_one(SETTINGS, &[]).await?;
    if column(&row, 0)? {
        return Err(unsafe_setting("pg_is_in_recovery()", "true", "false: connect to the primary"));
    }
    if durability == Durability::Vouched {
        return Ok(());
    }
    for (place, (setting, safe, wanted)) in SAFE.into_iter().enumerate() {
        let found: Option<&str> = column(&row, place + 1)?;
        if !found.is_some_and(|found| safe.contains(&found)) {
            return Err(unsafe_setting(setting, found.unwrap_or("unknown"), wanted));
        }
    }
    let standbys: Option<&str> = column(&row, SAFE.len() + 1)?;
    if durability == Durability::Standby && standbys.is_none_or(|names| names.trim().is_empty()) {
        return Err(unsafe_setting("synchronous_standby_names", "", "the names of the standbys"));
    }
    Ok(())
}

fn unsafe_setting(setting: &'static str, found: &str, wanted: &'static str) -> Fault {
    Failed::Refused(StoreError::Unsafe { setting, found: found.to_owned(), wanted }).into()
}

fn keys(ids: &[RecordId]) -> Vec<Vec<u8>> {
    ids.iter().map(RecordId::to_key).collect()
}

/// The record that a row names first.
fn record_id(row: &Row) -> Result<RecordId, Fault> {
    RecordId::from_key(column(row, 0)?).ok_or_else(|| corrupt("a record has no proper key"))
}

fn column<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r Row, place: usize) -> Result<T, Fault> {
    row.try_get(place).map_err(|_| corrupt("a column is not of its type"))
}

fn revision(row: &Row, place: usize) -> Result<Revision, Fault> {
    match u64::try_from(column::<i64>(row, place)?) {
        Ok(number) if number > 0 => Ok(Revision::from_u64(number)),
        _ => Err(corrupt("a revision is no positive number")),
    }
}

fn corrupt(reason: &str) -> Fault {
    Failed::Refused(StoreError::Corrupt { reason: reason.to_owned() }).into()
}

/// An error before anything was asked: nothing can have been stored.
fn unconnected(error: tokio_postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(told) if !matches!(&told.code().code()[..2], "08" | "53" | "57") => {
            Failed::Refused(StoreError::Unavailable { reason: text(told) }).into()
        }
        _ => Failed::Unsent(text(&error)).into(),
    }
}
