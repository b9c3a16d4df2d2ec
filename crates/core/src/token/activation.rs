//! The slots of a token: up to eight users, each with a key of their own.

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::challenge::{ChallengeId, ResponseSuite};
use crate::code::activation::Binding;
use crate::key::{ActivationId, Key};
use crate::transaction::Transaction;

/// One user's use of this token, registered to the end.
pub struct Activation {
    pub(super) id: ActivationId,
    pub(super) key: Key,
    pub(super) suite: ResponseSuite,
    pub(super) user: Introduction,
    /// The newest challenges that were answered, the newest last.
    pub(super) answered: VecDeque<ChallengeId>,
}

/// Whom an activation is for, as the codes of its registration showed it.
#[derive(Clone, PartialEq, Eq)]
pub struct Introduction {
    pub(super) bank: String,
    pub(super) contract: String,
    pub(super) user: String,
}

/// A registration between its two codes.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    /// The registration that the first code began.
    pub activation: ActivationId,
    /// The binding of the second code.
    pub binding: Binding,
}

/// The places, numbered from 0. One that becomes free is the next to be taken.
pub(super) struct Slots(pub Vec<Option<Activation>>);

impl Activation {
    /// How many answered challenges are remembered. An older one would be answered again, with the same digits: that a
    /// response is accepted once is for the verifier to see to.
    pub const MEMORY: usize = 64;

    /// Its name.
    #[must_use]
    pub fn id(&self) -> ActivationId {
        self.id
    }

    /// How its responses are computed.
    #[must_use]
    pub fn suite(&self) -> &ResponseSuite {
        &self.suite
    }

    /// Whom it is for.
    #[must_use]
    pub fn introduction(&self) -> &Introduction {
        &self.user
    }

    pub(super) fn has_answered(&self, challenge: ChallengeId) -> bool {
        self.answered.contains(&challenge)
    }

    pub(super) fn remember(&mut self, challenge: ChallengeId) {
        if self.answered.len() == Self::MEMORY {
            self.answered.pop_front();
        }
        self.answered.push_back(challenge);
    }
}

impl Introduction {
    /// The user of a registration, from its code.
    pub(super) fn of(transaction: &Transaction) -> Self {
        let text = |name| transaction.get(name).map(ToString::to_string).unwrap_or_default();
        Self { bank: text("bank"), contract: text("contract"), user: text("user") }
    }

    /// The bank's name.
    #[must_use]
    pub fn bank(&self) -> &str {
        &self.bank
    }

    /// The contract number, masked.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// The user's ID.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }
}

/// As the token's header names it: the masked contract number and the user.
impl fmt::Display for Introduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", self.contract, self.user)
    }
}

/// Customers are not for logs.
impl fmt::Debug for Introduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Introduction(_)")
    }
}

impl fmt::Debug for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activation").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Default for Slots {
    fn default() -> Self {
        Self::new(Self::COUNT).expect("not more than there can be")
    }
}

impl Slots {
    pub const COUNT: usize = 8;

    /// So many places, all free. None beyond [`Slots::COUNT`].
    pub fn new(count: usize) -> Option<Self> {
        (1..=Self::COUNT).contains(&count).then(|| Self(core::iter::repeat_with(|| None).take(count).collect()))
    }

    pub fn taken(&self) -> impl Iterator<Item = (usize, &Activation)> {
        self.0.iter().enumerate().filter_map(|(slot, activation)| Some((slot, activation.as_ref()?)))
    }

    pub fn find(&self, id: ActivationId) -> Option<(usize, &Activation)> {
        self.taken().find(|(_, activation)| activation.id == id)
    }

    pub fn free(&self) -> Option<usize> {
        self.0.iter().position(Option::is_none)
    }
}
