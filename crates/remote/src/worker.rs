//! The work of a connection: it takes waiting requests, sends them, retries where that is safe, and answers.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout, timeout_at};

use camtoken::store::{RecordId, Replaced, StoreError, Versioned};

use crate::queue::{Load, Question, Queue, Swap, Work};
use crate::{Failed, Limits, Link, Recent, Tries};

/// The parts that all connections share.
pub(crate) struct Shared<L: Link> {
    pub place: L::Place,
    pub limits: Limits,
    pub queue: Arc<Queue>,
    pub recent: Arc<Recent<Versioned>>,
}

/// Opens the first connection, says how that went, and works until the store is dropped.
pub(crate) async fn serve<L: Link>(shared: Shared<L>, opened: &mpsc::Sender<Result<(), StoreError>>) {
    let shared = Rc::new(shared);
    let mut first = Worker { shared: Rc::clone(&shared), link: None };
    let mut tries = Tries::until(shared.limits.deadline);
    while let Err(failed) = first.link(&tries).await {
        if let Err(error) = tries.again(failed).await {
            let _ = opened.send(Err(error.into_error()));
            return;
        }
    }
    let _ = opened.send(Ok(()));
    let others = (1..shared.limits.connections).map(|_| Worker { shared: Rc::clone(&shared), link: None });
    let mut workers = JoinSet::new();
    for worker in std::iter::once(first).chain(others) {
        workers.spawn_local(worker.run());
    }
    let late = async {
        loop {
            sleep(shared.limits.deadline / 4).await;
            shared.queue.give_up(shared.limits.deadline);
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
struct Worker<L: Link> {
    shared: Rc<Shared<L>>,
    link: Option<L>,
}

impl<L: Link> Worker<L> {
    async fn run(mut self) {
        while let Some(work) = self.shared.queue.take().await {
            match work {
                Work::Loads(loads) => self.load(loads).await,
                Work::Swaps(swaps) => self.swap(swaps).await,
                Work::Question(Question::List { after, limit, answer }) => {
                    let listed = self.read(async |link: &L| link.list(after.as_ref(), limit).await).await;
                    let _ = answer.send(listed);
                }
                Work::Question(Question::Audit { id, after, limit, answer }) => {
                    let entries = self.read(async |link: &L| link.audit(&id, after, limit).await).await;
                    let _ = answer.send(entries);
                }
            }
        }
    }

    async fn load(&mut self, loads: Vec<Load>) {
        let mut ids: Vec<_> = loads.iter().map(|load| load.id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = self.read(async |link: &L| link.load(&ids).await).await;
        for load in loads {
            let record = found.as_ref().map(|found| found.get(&load.id).cloned()).map_err(Clone::clone);
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

    /// Sends a group until its outcome is known, and says which records were replaced.
    async fn swapped(&mut self, group: &[Swap]) -> Result<HashSet<RecordId>, Failed> {
        let mut tries = Tries::until(self.shared.limits.deadline);
        loop {
            match self.send(&tries, async |link: &L| link.swap(group).await).await {
                Err(Failed::Again(reason)) if group.len() > 1 => return Err(Failed::Again(reason)),
                Err(failed) => tries.again(failed).await?,
                stored => return stored,
            }
        }
    }

    /// Remembers the stored records, answers, and releases the changes that have waited for these.
    fn tell(&self, group: Vec<Swap>, outcome: Result<HashSet<RecordId>, StoreError>) {
        let mut told = Vec::with_capacity(group.len());
        for Swap { id, expected, change, answer, .. } in group {
            let replaced = outcome.as_ref().map_err(Clone::clone).map(|stored| match stored.contains(&id) {
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

    /// Sends a request that may be retried after any failure.
    async fn read<T>(&mut self, ask: impl AsyncFn(&L) -> Result<T, L::Fault>) -> Result<T, StoreError> {
        let mut tries = Tries::until(self.shared.limits.deadline);
        loop {
            match self.send(&tries, &ask).await {
                Ok(read) => return Ok(read),
                Err(Failed::Lost(reason)) => tries.again(Failed::Unsent(reason)).await,
                Err(failed) => tries.again(failed).await,
            }
            .map_err(Failed::into_error)?;
        }
    }

    /// Sends one request, and drops the connection unless all of the answer came in time.
    async fn send<T>(&mut self, tries: &Tries, request: impl AsyncFn(&L) -> Result<T, L::Fault>) -> Result<T, Failed> {
        let answer = self.shared.limits.answer;
        let link = self.link(tries).await?;
        let outcome = in_time(timeout(answer, request(link)).await, answer);
        if matches!(outcome, Err(Failed::Lost(_))) {
            self.drop_link();
        }
        outcome
    }

    /// The connection, open and checked.
    async fn link(&mut self, tries: &Tries) -> Result<&mut L, Failed> {
        if self.link.as_ref().is_some_and(Link::is_closed) {
            self.drop_link();
        }
        let Shared { place, limits, .. } = &*self.shared;
        let link = match self.link.take() {
            Some(mut link) => {
                let checked = timeout_at(tries.until, link.check(place)).await;
                in_time(checked, limits.deadline).map(|()| link)
            }
            None => {
                self.shared.recent.clear();
                let opened = timeout_at(tries.until, L::open(place)).await;
                in_time(opened, limits.deadline)
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

/// A request that was not answered in time is lost.
fn in_time<T, F: Into<Failed>>(answered: Result<Result<T, F>, Elapsed>, deadline: Duration) -> Result<T, Failed> {
    match answered {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(Failed::Lost(format!("no answer within {} ms", deadline.as_millis()))),
    }
}
