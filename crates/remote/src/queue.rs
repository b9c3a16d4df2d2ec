//! The queue of requests for the database: in groups, with at most one change of a record in flight at a time.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::time::{Duration, Instant};

use futures_channel::oneshot;
use tokio::sync::Notify;

use super::sync::{Mutex, MutexGuard, PoisonError};
use camtoken::store::{Change, RecordId, Replaced, Revision, StoreError, Versioned};

/// Requests that may wait; one more is answered [`StoreError::Unavailable`] at once.
const WAITING: usize = 16_384;

/// Where an answer goes. A caller that has stopped waiting does not learn it.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// A record to load.
pub(crate) struct Load {
    pub id: RecordId,
    pub answer: Answer<Option<Versioned>>,
    pub since: Instant,
}

/// A record to replace, and where the outcome goes.
pub struct Swap {
    /// Which record.
    pub id: RecordId,
    /// The revision that it must have.
    pub expected: Revision,
    /// The new record.
    pub change: Change,
    pub(crate) answer: Answer<Replaced>,
    pub(crate) since: Instant,
}

/// A request of administration.
pub(crate) enum Question {
    List { after: Option<RecordId>, limit: usize, answer: Answer<Vec<RecordId>> },
    Audit { id: RecordId, after: Revision, limit: usize, answer: Answer<Vec<(Revision, Vec<u8>)>> },
}

/// The next work of one connection.
pub(crate) enum Work {
    Loads(Vec<Load>),
    /// All about different records. [`Queue::done`] has to follow.
    Swaps(Vec<Swap>),
    Question(Question),
}

/// Requests of all callers, for all connections.
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    ready: Notify,
    /// How many requests are sent at once, at most.
    group: usize,
    /// Bytes after which a group is full.
    group_len: usize,
}

#[derive(Default)]
struct Waiting {
    loads: VecDeque<Load>,
    swaps: VecDeque<Swap>,
    questions: VecDeque<(Instant, Question)>,
    /// The records with a change in flight, and the changes that wait for that one.
    on_the_way: HashMap<RecordId, Vec<Swap>>,
    /// How many wait for one in flight.
    behind: usize,
    closed: bool,
}

impl Queue {
    pub fn new(group: usize, group_len: usize) -> Self {
        Self { waiting: Mutex::default(), ready: Notify::new(), group: group.max(1), group_len }
    }

    pub fn load(&self, load: Load) -> Result<(), StoreError> {
        self.push(|waiting| waiting.loads.push_back(load))
    }

    pub fn swap(&self, swap: Swap) -> Result<(), StoreError> {
        self.push(|waiting| waiting.swap(swap))
    }

    pub fn ask(&self, question: Question) -> Result<(), StoreError> {
        self.push(|waiting| waiting.questions.push_back((Instant::now(), question)))
    }

    fn push(&self, add: impl FnOnce(&mut Waiting)) -> Result<(), StoreError> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(StoreError::Stopped { reason: "a connection's task has ended".into() });
        }
        if waiting.len() >= WAITING {
            return Err(StoreError::Unavailable { reason: format!("{WAITING} requests are waiting") });
        }
        add(&mut waiting);
        drop(waiting);
        // The connection that was used last: the others stay idle, or are never opened.
        self.ready.notify_last();
        Ok(())
    }

    /// Waits for work and takes all of its kind, up to a group. `None` when there will be no more.
    pub async fn take(&self) -> Option<Work> {
        loop {
            let notified = self.ready.notified();
            {
                let mut waiting = self.lock();
                if let Some(work) = waiting.take(self.group, self.group_len) {
                    return Some(work);
                }
                if waiting.closed && waiting.on_the_way.is_empty() {
                    return None;
                }
            }
            notified.await;
        }
    }

    /// Releases the changes that have waited for these. `outcome` is the result of each, `None` for an error.
    pub fn done(&self, outcomes: impl IntoIterator<Item = (RecordId, Option<Replaced>)>) {
        let mut waiting = self.lock();
        let mut released = 0;
        for (id, outcome) in outcomes {
            for swap in waiting.on_the_way.remove(&id).unwrap_or_default() {
                waiting.behind -= 1;
                match outcome {
                    // Revisions only grow: it need not be asked.
                    Some(Replaced::Yes(now)) if swap.expected < now => drop(swap.answer.send(Ok(Replaced::Conflict))),
                    _ => {
                        released += 1;
                        waiting.swaps.push_back(swap);
                    }
                }
            }
        }
        let ended = waiting.closed && waiting.on_the_way.is_empty();
        drop(waiting);
        if ended {
            self.ready.notify_waiters();
        }
        (0..released).for_each(|_| self.ready.notify_last());
    }

    /// Answers those that have waited for longer than `patience` without having been sent.
    pub fn give_up(&self, patience: Duration) {
        let now = Instant::now();
        let late = |since: Instant| now.saturating_duration_since(since) > patience;
        let unavailable =
            || StoreError::Unavailable { reason: format!("no connection was free for {} ms", patience.as_millis()) };
        let mut waiting = self.lock();
        for load in extract(&mut waiting.loads, |load| late(load.since)) {
            let _ = load.answer.send(Err(unavailable()));
        }
        let mut swaps = extract(&mut waiting.swaps, |swap| late(swap.since));
        for behind in waiting.on_the_way.values_mut() {
            swaps.extend(behind.extract_if(.., |swap| late(swap.since)));
        }
        waiting.behind = waiting.on_the_way.values().map(Vec::len).sum();
        for swap in swaps {
            let _ = swap.answer.send(Err(unavailable()));
        }
        for (_, question) in extract(&mut waiting.questions, |(since, _)| late(*since)) {
            question.refuse(unavailable());
        }
    }

    /// Ends every [`Queue::take`] once the waiting requests are done.
    pub fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_waiters();
    }

    /// As [`Queue::close`], but waiting requests are dropped. Their callers learn that there will be no answer.
    pub fn abandon(&self) {
        *self.lock() = Waiting { closed: true, ..Waiting::default() };
        self.ready.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // No step under this lock leaves the queue half-changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn len(&self) -> usize {
        self.loads.len() + self.swaps.len() + self.questions.len() + self.behind
    }

    fn swap(&mut self, swap: Swap) {
        match self.on_the_way.get_mut(&swap.id) {
            Some(behind) => {
                behind.push(swap);
                self.behind += 1;
            }
            None => self.swaps.push_back(swap),
        }
    }

    fn take(&mut self, group: usize, group_len: usize) -> Option<Work> {
        let heads = [
            self.loads.front().map(|load| load.since),
            self.swaps.front().map(|swap| swap.since),
            self.questions.front().map(|(since, _)| *since),
        ];
        let oldest = (0..heads.len()).filter(|&kind| heads[kind].is_some()).min_by_key(|&kind| heads[kind])?;
        match oldest {
            0 => Some(Work::Loads(self.loads.drain(..group.min(self.loads.len())).collect())),
            1 => {
                let swaps = self.group(group, group_len);
                // All of them may have had to go behind others.
                if swaps.is_empty() { self.take(group, group_len) } else { Some(Work::Swaps(swaps)) }
            }
            _ => self.questions.pop_front().map(|(_, question)| Work::Question(question)),
        }
    }

    fn group(&mut self, group: usize, group_len: usize) -> Vec<Swap> {
        let (mut swaps, mut len) = (Vec::new(), 0);
        while swaps.len() < group && len < group_len {
            let Some(swap) = self.swaps.pop_front() else { break };
            if self.on_the_way.contains_key(&swap.id) {
                self.swap(swap);
                continue;
            }
            len += swap.change.record.len() + swap.change.audit.as_ref().map_or(0, Vec::len);
            self.on_the_way.insert(swap.id.clone(), Vec::new());
            swaps.push(swap);
        }
        swaps
    }
}

impl Swap {
    /// Whether there must not be a record yet.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.expected == Revision::ABSENT
    }
}

impl Question {
    pub fn refuse(self, error: StoreError) {
        match self {
            Self::List { answer, .. } => drop(answer.send(Err(error))),
            Self::Audit { answer, .. } => drop(answer.send(Err(error))),
        }
    }
}

fn extract<T>(queue: &mut VecDeque<T>, mut matches: impl FnMut(&T) -> bool) -> Vec<T> {
    let (out, kept): (Vec<_>, Vec<_>) = mem::take(queue).into_iter().partition(|item| matches(item));
    *queue = kept.into();
    out
}
