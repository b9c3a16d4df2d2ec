//! 電子証明書: whose it is, and how long it is good.

use camtoken::Timestamp;
use camtoken::time::Date;
use serde::{Deserialize, Serialize};

use super::calendar::{day_in_japan, days_later, end_of_day};
use super::people::Person;

/// How many days a certificate is good for.
pub const CERTIFICATE_DAYS: u32 = 365;

/// How many days before its end people are told to renew it.
pub const RENEWAL_DAYS: u32 = 30;

/// A certificate that the bank has issued. The private key is the customer's; the bank has forgotten it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// SHA-256 of the certificate, as hexadecimal digits: it binds the public key and everything else.
    pub fingerprint: String,
    /// 契約番号
    pub contract: String,
    /// ユーザーID
    pub user: String,
    /// Counts the contract's certificates of all times, from 1.
    pub number: u64,
    /// When it was issued, seconds since 1970.
    pub from: u64,
    /// The last day in Japan on which it is good.
    pub until: String,
    /// Taken back for good.
    pub revoked: bool,
}

impl Certificate {
    /// Whether it is this person's.
    #[must_use]
    pub fn is_of(&self, person: &Person) -> bool {
        (&self.contract, &self.user) == (&person.contract, &person.user)
    }

    /// Whether it opens anything now. TLS checks the end, too, but not again when a connection is resumed.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        !self.revoked && self.end().is_some_and(|end| now <= end)
    }

    /// The last second of it.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.last_day().map(end_of_day)
    }

    /// The last day of it.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        self.until.parse().ok()
    }

    /// Whether it ends soon.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.last_day().is_none_or(|last| days_later(day_in_japan(now), RENEWAL_DAYS) >= last)
    }
}

/// The last day of a certificate that is issued now.
#[must_use]
pub fn last_day_from(now: Timestamp) -> Date {
    days_later(day_in_japan(now), CERTIFICATE_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> Certificate {
        Certificate {
            fingerprint: String::new(),
            contract: "1".into(),
            user: "ADMIN01".into(),
            number: 1,
            from: 0,
            until: "2027-11-21".into(),
            revoked: false,
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn a_certificate_ends_with_its_last_day_in_japan() {
        assert!(certificate().is_good(at("2027-11-21T14:59:59Z")));
        assert!(!certificate().is_good(at("2027-11-21T15:00:00Z")));
        assert!(!Certificate { revoked: true, ..certificate() }.is_good(at("2026-11-22T00:00:00Z")));
    }

    #[test]
    fn renewal_is_due_thirty_days_before() {
        assert!(!certificate().is_due(at("2027-10-21T00:00:00Z")), "31 days are left");
        assert!(certificate().is_due(at("2027-10-22T00:00:00Z")));
    }

    #[test]
    fn a_new_one_is_good_for_a_year() {
        assert_eq!(last_day_from(at("2026-11-21T03:00:00Z")).to_string(), "2027-11-21");
    }
}
