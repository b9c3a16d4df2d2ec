//! The bank's caution about payments, where money is lost most often: just after a registration, to a payee who is new, and after
//! a limit was raised. One policy for all customers; each limit is shown with its reason before anything is signed.

use std::time::Duration;

use camtoken::Timestamp;

use super::contract::{Contract, Limit};
use super::ledger::{Paid, Payee};
use super::people::Person;

/// The policy. The limits are in yen and for one day in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caution {
    /// How long after the registration of a token its person pays less.
    pub registration: Duration,
    /// What that person may pay meanwhile by one operation.
    pub registration_limit: u64,
    /// How long after its registration a payee counts as new. One who is not registered always does. Abroad, and for billers,
    /// it is the time since the first payment.
    pub payee: Duration,
    /// What a company may pay to all new payees together.
    pub payee_limit: u64,
    /// How long after a raise of a daily limit the one before still holds.
    pub cooling: Duration,
}

/// What sets a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The daily limit of the contract.
    Limit,
    /// The daily limit of before a raise, until this moment.
    Raised(Timestamp),
    /// The person has registered a token a short time ago: until this moment.
    Registration(Timestamp),
    /// The payee is new.
    Payee,
    /// The payee, abroad or a biller, was not paid before, or only a short time ago.
    FirstPayment,
}

impl Bound {
    /// Whether it is the limit for new payees, of whatever kind.
    #[must_use]
    pub const fn is_for_new_payees(self) -> bool {
        matches!(self, Self::Payee | Self::FirstPayment)
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Default for Caution {
    /// Three days after a registration, three days for a payee, one day for a raise.
    fn default() -> Self {
        Self {
            registration: DAY * 3,
            registration_limit: 3_000_000,
            payee: DAY * 3,
            payee_limit: 2_000_000,
            cooling: DAY,
        }
    }
}

impl Caution {
    /// No caution beyond the daily limits.
    pub const NONE: Self = Self {
        registration: Duration::ZERO,
        registration_limit: u64::MAX,
        payee: Duration::ZERO,
        payee_limit: u64::MAX,
        cooling: Duration::ZERO,
    };

    /// For how many days a payee counts as new.
    #[must_use]
    pub const fn payee_days(self) -> u64 {
        self.payee.as_secs() / DAY.as_secs()
    }

    /// The daily limit that holds now, and what sets it.
    #[must_use]
    pub fn limit(self, contract: &Contract, limit: Limit, now: Timestamp) -> (u64, Bound) {
        let yen = contract.limit(limit);
        let raised = contract.raised.iter().find(|raised| raised.limit == limit && now.as_unix() < raised.until);
        match raised.filter(|raised| raised.before < yen) {
            Some(raised) => (raised.before, Bound::Raised(Timestamp::from_unix(raised.until))),
            None => (yen, Bound::Limit),
        }
    }

    /// Until when a person pays less after their registration, if they do.
    #[must_use]
    pub fn registered_until(self, person: &Person, now: Timestamp) -> Option<Timestamp> {
        let until = Timestamp::from_unix(person.registered_at?).plus(self.registration);
        (now < until).then_some(until)
    }

    /// Whether a payee counts as new. `known` is the registered payee with this account, if there is one.
    #[must_use]
    pub fn is_new(self, known: Option<&Payee>, now: Timestamp) -> bool {
        let is_recent = |known: &Payee| known.since.is_some_and(|at| now < Timestamp::from_unix(at).plus(self.payee));
        self.payee_limit < u64::MAX && known.is_none_or(is_recent)
    }

    /// The same for a receiver abroad or a biller. `paid` is the first payment to them, if there was one.
    #[must_use]
    pub fn is_first(self, paid: Option<&Paid>, now: Timestamp) -> bool {
        let is_recent = |paid: &Paid| now < Timestamp::from_unix(paid.since).plus(self.payee);
        self.payee_limit < u64::MAX && paid.is_none_or(is_recent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payee(since: Option<u64>) -> Payee {
        let text = |text: &str| text.to_owned();
        let (contract, bank, branch, kind, number) =
            (text("1"), text("9902"), text("110"), text("ordinary"), text("0054321"));
        Payee { contract, bank, branch, kind, number, name: text("ﾐﾎﾝ"), since }
    }

    #[test]
    fn a_payee_is_new_for_three_days_and_one_of_before_is_not() {
        let is_new = |since, now| Caution::default().is_new(Some(&payee(since)), Timestamp::from_unix(now));
        assert!(is_new(Some(1_000), 1_000 + 3 * 86_400 - 1));
        assert!(!is_new(Some(1_000), 1_000 + 3 * 86_400));
        assert!(!is_new(None, 1_000), "registered before the moment was kept");
    }

    #[test]
    fn without_caution_nobody_is_new() {
        let now = Timestamp::from_unix(1_000);
        assert!(Caution::default().is_new(None, now) && !Caution::NONE.is_new(None, now));
    }
}
