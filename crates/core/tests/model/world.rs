//! A record, a clock and what each process knows.

use super::*;

impl World {
    pub(super) fn holds(&self, promise: &'static str) -> bool {
        !self.seen.broken.contains(&promise)
    }

    pub(super) fn replace(&mut self, life: &Life, record: Stored) {
        self.record = record;
        if life.control != Control::Swap {
            for other in &mut self.processes {
                if let Process::Decided { .. } = other {
                    *other = Process::Overtaken;
                }
            }
        }
    }
}

impl Process {
    /// Which process is which does not matter, so they stand in an order.
    pub(super) fn key(&self) -> Option<(usize, Vec<u8>)> {
        match self {
            Self::Decided { request, decided } => Some((*request, decided.record.0.1.clone())),
            Self::Overtaken | Self::Counting => None,
        }
    }
}

impl Stored {
    pub(super) fn new(record: Record) -> Self {
        let bytes = minicbor::to_vec(&record).expect("a record has bytes");
        Self(Arc::new((record, bytes)))
    }

    pub(super) fn record(&self) -> &Record {
        &self.0.0
    }

    pub(super) fn state(&self) -> &StoredState {
        &self.record().state
    }

    /// Whether it says that the challenge or the time step of this number was accepted.
    pub(super) fn has_accepted(&self, number: u8) -> bool {
        let (record, id) = (self.record(), challenge_id(number));
        if let Credential::TimeBased { last_step, .. } = record.credential {
            return last_step >= Some(u64::from(number));
        }
        let last = record.challenge.as_ref().filter(|issued| issued.id == id).and_then(|issued| issued.end);
        let past = || record.past.iter().find(|past| past.id == id).map(|past| past.end);
        last.or_else(past) == Some(ChallengeEnd::Accepted)
    }

    /// The same with one more wrong answer: a control that counts by adding one, outside of the decision.
    pub(super) fn counted(&self, max_attempts: u8) -> Self {
        let mut record = self.record().clone();
        if let StoredState::FirstCode(awaited) | StoredState::SecondCode(awaited) = &mut record.state {
            awaited.wrong_answers += 1;
            if awaited.wrong_answers >= max_attempts {
                record.state = StoredState::Reset;
            }
        }
        Self::new(record)
    }
}

impl PartialEq for Stored {
    fn eq(&self, other: &Self) -> bool {
        self.0.1 == other.0.1
    }
}

impl Eq for Stored {}

impl Hash for Stored {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.1.hash(state);
    }
}
