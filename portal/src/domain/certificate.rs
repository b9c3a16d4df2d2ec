//! 電子証明書: whose it is, and how long it is good.

use camtoken::Timestamp;
use camtoken::time::Date;
use serde::{Deserialize, Serialize};

use super::calendar::{day_in_japan, days_later, end_of_day};
use super::people::Person;

/// How many days a certificate is good for.
pub const CERTIFICATE_DAYS: u32 = 365;

/// How many days before its end people are reminded to renew it.
pub const RENEWAL_DAYS: u32 = 30;

/// How many days before its end a mail reminds of it.
pub const REMINDERS: [u32; 4] = [RENEWAL_DAYS, 14, 7, 1];

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
    /// How many days before the end the last reminder spoke of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<u32>,
}

impl Certificate {
    /// Whether it is this person's.
    #[must_use]
    pub fn is_of(&self, person: &Person) -> bool {
        self.contract == person.contract && person.is_called(&self.user)
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

    /// The reminder that is due: how many days before the end it was to be sent, the nearest that has come. Nothing once it was
    /// sent, so that a bank that was closed for a week sends one mail and not three.
    #[must_use]
    pub fn reminder(&self, now: Timestamp) -> Option<u32> {
        let (last, today) = (self.last_day().filter(|_| self.is_good(now))?, day_in_japan(now));
        let due = REMINDERS.into_iter().filter(|days| days_later(today, *days) >= last).min()?;
        self.reminded.is_none_or(|sent| sent > due).then_some(due)
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
            reminded: None,
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
    fn a_reminder_is_due_thirty_fourteen_seven_days_and_one_day_before() {
        let due = |day: &str, reminded| Certificate { reminded, ..certificate() }.reminder(at(day));
        assert_eq!(due("2027-10-21T00:00:00Z", None), None);
        assert_eq!(due("2027-10-22T00:00:00Z", None), Some(30));
        assert_eq!(due("2027-11-06T00:00:00Z", Some(30)), None);
        assert_eq!(due("2027-11-07T00:00:00Z", Some(30)), Some(14));
        assert_eq!(due("2027-11-14T00:00:00Z", Some(14)), Some(7));
        assert_eq!(due("2027-11-20T00:00:00Z", Some(7)), Some(1));
        assert_eq!(due("2027-11-20T00:00:00Z", None), Some(1), "one mail, not four");
        assert_eq!(due("2027-11-21T00:00:00Z", Some(1)), None);
        assert_eq!(due("2027-11-22T00:00:00Z", None), None, "it has ended");
        assert_eq!(Certificate { revoked: true, ..certificate() }.reminder(at("2027-11-20T00:00:00Z")), None);
    }

    #[test]
    fn a_new_one_is_good_for_a_year() {
        assert_eq!(last_day_from(at("2026-11-21T03:00:00Z")).to_string(), "2027-11-21");
    }
}
