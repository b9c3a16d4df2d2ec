//! The bank's own events, as a chain: each entry holds the SHA-256 of the one before, so none can be changed, left out or put in
//! between without breaking every one behind it. Verdicts about responses have chains of their own, at the verifier.

use base16ct::lower;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Counts them, from 1.
    pub number: u64,
    /// Seconds since 1970.
    pub at: u64,
    /// The actor: a person's key, an operator, or the bank by itself.
    pub by: String,
    /// The event: the end of the name of its text, `did-…`.
    pub what: String,
    /// Whom or what it is about. No secret, and no field of a transaction.
    pub about: String,
    /// Why, where one of the bank's own people did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The second operator, where one was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// The link of the entry before; of the first, nothing.
    pub before: String,
}

/// The last entry's number and link, kept apart: without it a loss of the newest entries would not be noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its link.
    pub link: String,
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// The first entry that does not fit, or is missing.
    pub number: u64,
}

impl Event {
    /// The SHA-256 of the entry.
    #[must_use]
    pub fn link(&self) -> String {
        let bytes = serde_json::to_vec(self).expect("an entry is plain data");
        lower::encode_string(&Sha256::digest(bytes))
    }
}

/// Goes along a part of the chain, in the order of the numbers.
///
/// # Errors
///
/// [`Broken`] where an entry does not follow the one before it.
pub fn check_part(events: &[Event]) -> Result<(), Broken> {
    let follows = |pair: &[Event]| pair[1].number == pair[0].number + 1 && pair[1].before == pair[0].link();
    match events.windows(2).find(|pair| !follows(pair)) {
        Some(pair) => Err(Broken { number: pair[0].number + 1 }),
        None => Ok(()),
    }
}

/// Goes along the whole chain.
///
/// # Errors
///
/// [`Broken`] where it does not hold.
pub fn check(events: &[Event], head: Option<&Head>) -> Result<(), Broken> {
    let (mut number, mut link) = (0, String::new());
    for event in events {
        number += 1;
        if event.number != number || event.before != link {
            return Err(Broken { number });
        }
        link = event.link();
    }
    let end = head.map_or((0, ""), |head| (head.number, head.link.as_str()));
    if end == (number, link.as_str()) {
        Ok(())
    } else {
        Err(Broken { number: number.min(end.0) + u64::from(number < end.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> (Vec<Event>, Head) {
        let mut events: Vec<Event> = Vec::new();
        for number in 1..=4 {
            let before = events.last().map_or_else(String::new, Event::link);
            let text = |text: &str| text.to_owned();
            events.push(Event {
                number,
                at: 10 * number,
                by: text("bank"),
                what: text("login"),
                about: text("1/A"),
                reason: (number == 2).then(|| text("lost")),
                approved_by: None,
                before,
            });
        }
        let head = Head { number: 4, link: events[3].link() };
        (events, head)
    }

    #[test]
    fn a_whole_chain_holds() {
        let (events, head) = chain();
        assert_eq!(check(&events, Some(&head)), Ok(()));
        assert_eq!(check(&[], None), Ok(()));
    }

    #[test]
    fn whatever_is_altered_breaks_the_chain() {
        let (events, head) = chain();
        let alter: [&dyn Fn(&mut Event); 6] = [
            &|event| event.at += 1,
            &|event| event.by = "1/B".to_owned(),
            &|event| event.what = "logout".to_owned(),
            &|event| event.about.clear(),
            &|event| event.reason = Some("found".to_owned()),
            &|event| event.approved_by = Some("OPERATOR2".to_owned()),
        ];
        for place in 0..events.len() {
            for alter in alter {
                let mut events = events.clone();
                alter(&mut events[place]);
                assert!(check(&events, Some(&head)).is_err(), "{place}");
            }
        }
    }

    #[test]
    fn a_part_of_a_chain_holds_by_itself() {
        let (mut events, _) = chain();
        assert_eq!(check_part(&events[1..]), Ok(()));
        events[2].at += 1;
        assert_eq!(check_part(&events[1..]), Err(Broken { number: 4 }));
        events.remove(2);
        assert_eq!(check_part(&events), Err(Broken { number: 3 }));
    }

    #[test]
    fn what_is_left_out_or_cut_off_is_missed() {
        let (events, head) = chain();
        for place in 0..events.len() {
            let mut fewer = events.clone();
            fewer.remove(place);
            let broken = check(&fewer, Some(&head)).expect_err("one is missing");
            assert_eq!(broken.number, place as u64 + 1);
        }
        assert!(check(&events, None).is_err());
        assert!(check(&[], Some(&head)).is_err());
    }
}
