//! Records in PostgreSQL: for several verifiers at once, and for a database that others look after.
//!
//! One row a record. A replacement is one conditional statement in a transaction of its own, the audit entry in the same
//! statement, so there is nothing to take back and one round trip to wait for. The SQL keeps to what distributed engines
//! that speak PostgreSQL's protocol know too.
//!
//! Requests of all callers wait in one queue. Each connection takes whatever waits there, up to a group, and sends it as
//! one statement: under load a commit carries many changes, and each is still replaced or not by itself. While a change
//! of a record is on its way, others of the same record wait for it here and not in the database. That is why there is no
//! pool beside the queue: who is free takes what waits.
//!
//! What was sent and not answered is [`StoreError::Unknown`], and the connection is dropped. Nothing is ever cancelled: a
//! commit that waits for its standby would be there, and gone after a failover.
//!
//! All of it runs on one thread of the store's own, so callers need no runtime.

mod address;
mod failure;
mod link;
mod queue;
mod recent;
mod schema;

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::rc::Rc;
// `tests/interleavings` builds the queue with shuttle's.
use std::sync;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use futures_channel::oneshot;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout, timeout_at};

use address::Address;
use camtoken::store::backup::Saved;
use camtoken::store::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};
use failure::Failed;
use link::Link;
use queue::{Answer, Load, Question, Queue, Swap, Work};
use recent::Recent;

/// A store in a PostgreSQL database, for any number of processes at a time.
///
/// It serves only where an acknowledged change stays: each new connection looks at the server's settings, and again every
/// minute. Dropping the store finishes what is queued, and blocks for as long.
pub struct PostgresStore {
    queue: Arc<Queue>,
    recent: Arc<Recent>,
    thread: Option<JoinHandle<()>>,
}

/// How much is asked of the database at once, and what it has to promise.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections at most; they are opened when they are needed. Fewer connections make larger groups.
    pub connections: usize,
    /// Requests that one statement carries at most.
    pub group: usize,
    /// How long a request waits, at most, for each of these: a free connection, a new one, the answer.
    pub deadline: Duration,
    /// What the server has to promise.
    pub durability: Durability,
    /// How many of the records that were stored last are remembered, so that changing them needs no loading. A record has
    /// some 600 bytes.
    pub remembered: usize,
}

/// Who answers for it that an acknowledged change stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The server's disk. A failover to another server may lose changes.
    Disk,
    /// The server's disk and a synchronous standby's: `synchronous_standby_names` must not be empty.
    Standby,
    /// The operator, for an engine that has no such settings: they are not looked at.
    Vouched,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8,
            group: 256,
            deadline: Duration::from_secs(10),
            durability: Durability::Disk,
            remembered: 32_768,
        }
    }
}

impl PostgresStore {
    /// Connects to the database of a URL, such as `postgres://camtoken@db.example/bank`. Blocks until it is checked.
    ///
    /// The parameters of the URL are those of libpq as far as tokio-postgres takes them, and `sslrootcert`, `sslcert`,
    /// `sslkey`. A server on another machine is spoken to under TLS, with its certificate checked, unless the URL says
    /// `sslmode=disable`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`] for a URL that is none, [`StoreError::Unsafe`] for a server that does not keep what it
    /// acknowledges, [`StoreError::Version`] for tables that [`PostgresStore::migrate`] has to make or to change,
    /// [`StoreError::Unavailable`] when the database cannot be reached or does not let us.
    pub fn connect(url: &str, options: Options) -> Result<Self, StoreError> {
        let address = Address::parse(url)?;
        let queue = Arc::new(Queue::new(options.group));
        let recent = Arc::new(Recent::new(options.remembered));
        let shared = Shared { address, options, queue: Arc::clone(&queue), recent: Arc::clone(&recent) };
        let (opened, is_open) = mpsc::channel();
        let runtime = runtime()?;
        let thread = thread::Builder::new()
            .name("camtoken-postgres".into())
            .spawn(move || LocalSet::new().block_on(&runtime, serve(Rc::new(shared), &opened)))?;
        let store = Self { queue, recent, thread: Some(thread) };
        match is_open.recv() {
            Ok(Ok(())) => Ok(store),
            Ok(Err(error)) => Err(error),
            Err(mpsc::RecvError) => Err(unavailable("the store's thread has ended".into())),
        }
    }

    /// Makes the tables in a database, or brings those of an earlier version to this one. Says which version there was,
    /// 0 for none, and which there is. Needs the right to create tables, which a verifier does not.
    ///
    /// # Errors
    ///
    /// As [`PostgresStore::connect`]; [`StoreError::Version`] for tables of a later camtoken.
    pub fn migrate(url: &str, options: &Options) -> Result<(i32, i32), StoreError> {
        let address = Address::parse(url)?;
        on_a_thread(async || migrate(&address, options).await)
    }

    /// Fills the empty tables of a database from saved records, all of them or none, and says how many there were. Nobody
    /// may use the tables meanwhile.
    ///
    /// # Errors
    ///
    /// Those of the records; [`StoreError::Exists`] when the tables are not empty, [`StoreError::Unknown`] when the end of
    /// it was not answered, and otherwise as [`PostgresStore::connect`].
    pub fn restore<E: From<StoreError> + Send>(
        url: &str,
        options: &Options,
        records: impl IntoIterator<Item = Result<Saved, E>> + Send,
    ) -> Result<u64, E> {
        let address = Address::parse(url)?;
        on_a_thread(async || {
            let (mut client, _driver, _) = link::connect(&address).await.map_err(Failed::into_error)?;
            link::check_settings(&client, options.durability).await.map_err(Failed::into_error)?;
            schema::check(&client).await.map_err(Failed::into_error)?;
            let mut filling = link::Filling::begin(&mut client).await.map_err(Failed::into_error)?;
            let mut count = 0;
            for saved in records {
                count += 1;
                filling.add(saved?).await.map_err(Failed::into_error)?;
            }
            filling.end().await.map_err(Failed::into_error)?;
            Ok(count)
        })
    }

    async fn ask<T>(
        &self,
        push: impl FnOnce(Answer<T>) -> Result<(), StoreError>,
        unanswered: fn(String) -> StoreError,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        push(answer)?;
        answered.await.unwrap_or_else(|_| Err(unanswered("a connection's task has ended".into())))
    }
}

impl Store for PostgresStore {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        let push = |answer| self.queue.load(Load { id: id.clone(), answer, since: Instant::now() });
        self.ask(push, unavailable).await
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        change.check()?;
        if i64::try_from(expected.as_u64()).is_err() {
            // The database cannot have counted so far.
            return Ok(Replaced::Conflict);
        }
        let push = |answer| self.queue.swap(Swap { id: id.clone(), expected, change, answer, since: Instant::now() });
        self.ask(push, |reason| StoreError::Unknown { reason }).await
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        let push = |answer| self.queue.ask(Question::List { after: after.cloned(), limit, answer });
        self.ask(push, unavailable).await
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        let push = |answer| self.queue.ask(Question::Audit { id: id.clone(), after, limit, answer });
        self.ask(push, unavailable).await
    }

    fn recall(&self, id: &RecordId) -> Option<Versioned> {
        self.recent.get(id)
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has nothing left to finish.
            let _ = thread.join();
        }
    }
}

/// What all connections have.
struct Shared {
    address: Address,
    options: Options,
    queue: Arc<Queue>,
    recent: Arc<Recent>,
}

/// Migrates, and tries again as long as it may help: each step may be run again.
async fn migrate(address: &Address, options: &Options) -> Result<(i32, i32), StoreError> {
    let mut tries = Tries::until(options.deadline);
    loop {
        let migrated = async {
            let (mut client, _driver, _) = link::connect(address).await?;
            link::check_settings(&client, options.durability).await?;
            schema::migrate(&mut client).await
        };
        match migrated.await {
            Ok(from) => return Ok((from, schema::VERSION)),
            Err(Failed::Lost(reason)) => tries.again(Failed::Unsent(reason)).await,
            Err(failed) => tries.again(failed).await,
        }
        .map_err(Failed::into_error)?;
    }
}

/// Opens the first connection, says how that went, and works until the store is dropped.
async fn serve(shared: Rc<Shared>, opened: &mpsc::Sender<Result<(), StoreError>>) {
    let mut first = Worker { shared: Rc::clone(&shared), link: None };
    let mut tries = Tries::until(shared.options.deadline);
    while let Err(failed) = first.link(&tries).await {
        if let Err(error) = tries.again(failed).await {
            let _ = opened.send(Err(error.into_error()));
            return;
        }
    }
    let _ = opened.send(Ok(()));
    let others = (1..shared.options.connections).map(|_| Worker { shared: Rc::clone(&shared), link: None });
    let mut workers = JoinSet::new();
    for worker in std::iter::once(first).chain(others) {
        workers.spawn_local(worker.run());
    }
    let late = async {
        loop {
            sleep(shared.options.deadline / 4).await;
            shared.queue.give_up(shared.options.deadline);
        }
    };
    let work = async {
        while let Some(ended) = workers.join_next().await {
            if ended.is_err() {
                // It has panicked, and what became of its changes is not known.
                shared.queue.abandon();
                workers.abort_all();
            }
        }
    };
    tokio::select! {
        () = late => {}
        () = work => {}
    }
}

/// Does what waits, on a connection that it opens when there is something to do.
struct Worker {
    shared: Rc<Shared>,
    link: Option<Link>,
}

impl Worker {
    async fn run(mut self) {
        while let Some(work) = self.shared.queue.take().await {
            match work {
                Work::Loads(loads) => self.load(loads).await,
                Work::Swaps(swaps) => self.swap(swaps).await,
                Work::Question(Question::List { after, limit, answer }) => {
                    let listed = self.read(async |link| link.list(after.as_ref(), limit).await).await;
                    let _ = answer.send(listed);
                }
                Work::Question(Question::Audit { id, after, limit, answer }) => {
                    let entries = self.read(async |link| link.audit(&id, after, limit).await).await;
                    let _ = answer.send(entries);
                }
            }
        }
    }

    async fn load(&mut self, loads: Vec<Load>) {
        let mut ids: Vec<_> = loads.iter().map(|load| load.id.to_key()).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = self.read(async |link| link.load(&ids).await).await;
        for load in loads {
            let record = found.as_ref().map(|found| found.get(&load.id.to_key()).cloned()).map_err(Clone::clone);
            let _ = load.answer.send(record);
        }
    }

    async fn swap(&mut self, mut swaps: Vec<Swap>) {
        // Two verifiers that change the same records lock them in the same order.
        swaps.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        let (absent, present): (Vec<_>, Vec<_>) = swaps.into_iter().partition(Swap::is_first);
        let mut groups: Vec<_> = [absent, present].into_iter().filter(|group| !group.is_empty()).collect();
        while let Some(group) = groups.pop() {
            match self.swapped(&group).await {
                // One of them is in the way of the others: alone each finds out whether it is the one.
                Err(Failed::Again(_)) if group.len() > 1 => groups.extend(group.into_iter().map(|swap| vec![swap])),
                outcome => self.tell(group, outcome.map_err(Failed::into_error)),
            }
        }
    }

    /// Sends one statement until it is known what became of it, and gives the keys of the records that were replaced.
    async fn swapped(&mut self, group: &[Swap]) -> Result<HashSet<Vec<u8>>, Failed> {
        let ids: Vec<_> = group.iter().map(|swap| swap.id.to_key()).collect();
        let mut tries = Tries::until(self.shared.options.deadline);
        loop {
            let outcome = if group[0].is_first() {
                self.send(&tries, async |link| link.create(group, &ids).await).await
            } else {
                self.send(&tries, async |link| link.replace(group, &ids).await).await
            };
            match outcome {
                Err(Failed::Again(reason)) if group.len() > 1 => return Err(Failed::Again(reason)),
                Err(failed) => tries.again(failed).await?,
                stored => return stored,
            }
        }
    }

    /// Remembers what was stored, answers, and lets those go on that have waited for these changes.
    fn tell(&self, group: Vec<Swap>, outcome: Result<HashSet<Vec<u8>>, StoreError>) {
        let mut told = Vec::with_capacity(group.len());
        for Swap { id, expected, change, answer, .. } in group {
            let replaced = outcome.as_ref().map_err(Clone::clone).map(|stored| match stored.contains(&id.to_key()) {
                true => Replaced::Yes(expected.next()),
                false => Replaced::Conflict,
            });
            match replaced {
                Ok(Replaced::Yes(revision)) => {
                    self.shared.recent.put(id.clone(), Versioned { revision, record: change.record.into() });
                }
                Ok(Replaced::Conflict) | Err(_) => self.shared.recent.forget(&id),
            }
            told.push((id, replaced.as_ref().ok().copied()));
            let _ = answer.send(replaced);
        }
        self.shared.queue.done(told);
    }

    /// Asks something that may be asked again whatever happens.
    async fn read<T>(&mut self, ask: impl AsyncFn(&Link) -> Result<T, Failed>) -> Result<T, StoreError> {
        let mut tries = Tries::until(self.shared.options.deadline);
        loop {
            match self.send(&tries, &ask).await {
                Ok(read) => return Ok(read),
                Err(Failed::Lost(reason)) => tries.again(Failed::Unsent(reason)).await,
                Err(failed) => tries.again(failed).await,
            }
            .map_err(Failed::into_error)?;
        }
    }

    /// Sends one statement, and drops the connection unless all of the answer came in time.
    async fn send<T>(
        &mut self,
        tries: &Tries,
        statement: impl AsyncFn(&Link) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let deadline = self.shared.options.deadline;
        let link = self.link(tries).await?;
        let outcome = timeout(deadline, statement(link)).await.unwrap_or_else(|_| Err(late(deadline)));
        if matches!(outcome, Err(Failed::Lost(_))) {
            self.drop_link();
        }
        outcome
    }

    /// The connection, open and checked.
    async fn link(&mut self, tries: &Tries) -> Result<&mut Link, Failed> {
        if self.link.as_ref().is_some_and(Link::is_closed) {
            self.drop_link();
        }
        let Shared { address, options, .. } = &*self.shared;
        let link = match self.link.take() {
            Some(mut link) => {
                let checked = timeout_at(tries.until, link.check(options.durability)).await;
                checked.unwrap_or_else(|_| Err(late(options.deadline))).map(|()| link)
            }
            None => {
                self.shared.recent.clear();
                let opened = timeout_at(tries.until, Link::open(address, options.durability)).await;
                opened.unwrap_or_else(|_| Err(late(options.deadline)))
            }
        };
        match link {
            Ok(link) => Ok(self.link.insert(link)),
            // No change was sent yet.
            Err(Failed::Lost(reason)) => Err(Failed::Unsent(reason)),
            Err(failed) => Err(failed),
        }
    }

    fn drop_link(&mut self) {
        self.link = None;
        // Behind the next connection there may be another history, as after a backup was restored.
        self.shared.recent.clear();
    }
}

/// How often something was tried whose failure left nothing behind.
struct Tries {
    failed: u32,
    /// Then it is not tried again.
    until: tokio::time::Instant,
}

impl Tries {
    const AGAIN: u32 = 5;

    fn until(deadline: Duration) -> Self {
        Self { failed: 0, until: tokio::time::Instant::now() + deadline }
    }

    /// Waits for a little while, each time longer, if it may be tried again.
    async fn again(&mut self, failed: Failed) -> Result<(), Failed> {
        self.failed += 1;
        let is_over = self.failed > Self::AGAIN || self.until <= tokio::time::Instant::now();
        if is_over || !matches!(failed, Failed::Again(_) | Failed::Unsent(_)) {
            return Err(failed);
        }
        // Those who were in each other's way do not meet again at the same moment.
        let apart = RandomState::new().build_hasher().finish() % 1000;
        let most = Duration::from_millis(5 << (self.failed - 1));
        sleep(most / 2 + most.mul_f64(apart as f64 / 2000.0)).await;
        Ok(())
    }
}

fn late(deadline: Duration) -> Failed {
    Failed::Lost(format!("no answer within {} ms", deadline.as_millis()))
}

fn unavailable(reason: String) -> StoreError {
    StoreError::Unavailable { reason }
}

/// Does something with a database from a thread of its own: the caller's may belong to a runtime, which must not start another.
fn on_a_thread<T: Send, E: From<StoreError> + Send>(work: impl AsyncFnOnce() -> Result<T, E> + Send) -> Result<T, E> {
    let run = || -> Result<T, E> { runtime().map_err(StoreError::from)?.block_on(work()) };
    let done = thread::scope(|scope| scope.spawn(run).join());
    done.unwrap_or_else(|_| Err(unavailable("the thread has panicked".into()).into()))
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
