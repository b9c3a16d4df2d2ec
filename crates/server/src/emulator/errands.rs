//! The messages that codes of other systems ask a virtual token to send. They are kept until the server's answer comes back.

use std::collections::VecDeque;

use camtoken_formats::{Answered, Enrolment, Fetch};

/// The messages that have no answer yet; when there are too many, the oldest is forgotten.
#[derive(Default)]
pub(super) struct Waiting {
    errands: VecDeque<(u64, Errand)>,
    count: u64,
}

pub(super) enum Errand {
    Fetch(Box<Fetch>),
    Enrolment(Box<Enrolment>),
    Answered(Box<Answered>),
}

/// A token waits for so many answers.
const MOST: usize = 16;

impl Waiting {
    /// Keeps an errand, and gives it a name.
    pub fn add(&mut self, errand: Errand) -> String {
        if self.errands.len() >= MOST {
            self.errands.pop_front();
        }
        self.count += 1;
        self.errands.push_back((self.count, errand));
        self.count.to_string()
    }

    /// Takes an errand out; its answer is handed back once.
    pub fn take(&mut self, name: &str) -> Option<Errand> {
        let name: u64 = name.parse().ok()?;
        let place = self.errands.iter().position(|(known, _)| *known == name)?;
        self.errands.remove(place).map(|(_, errand)| errand)
    }
}
