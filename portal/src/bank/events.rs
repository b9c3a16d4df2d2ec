//! The bank's own events, stored with the change itself.

use camtoken::Timestamp;

use super::base::{Bank, BankError};
use crate::books::{BooksError, Sheet};
use crate::domain::desk::By;
use crate::domain::event::{Broken, Event, Head, check, check_part};

/// The name of the bank as the one who did something.
pub(crate) const BANK: &str = "bank";

/// The bank's own events, as the database has them.
#[derive(Debug)]
pub struct Chain {
    /// Every entry, the oldest first.
    pub events: Vec<Event>,
    /// Where the chain is broken, if it was altered.
    pub broken: Option<Broken>,
}

impl Bank {
    /// The bank's own events, and whether their chain is whole.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]. A chain that was touched is an answer.
    pub fn events(&self) -> Result<Chain, BankError> {
        let events = self.books.list::<Event>("")?;
        let head = self.books.get::<Head>("event")?;
        let broken = check(&events, head.as_ref()).err();
        Ok(Chain { events, broken })
    }
}

impl Bank {
    /// Some entries, the newest first, that come before the one of this number, or the newest of all; with the one before them,
    /// whose link they hold.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]. A part that was touched is an answer.
    pub fn some_events(&self, before: Option<u64>, count: usize) -> Result<Chain, BankError> {
        let key = before.map(|number| format!("{number:010}"));
        let mut events = self.books.newest::<Event>(key.as_deref(), count + 1)?;
        events.reverse();
        let mut broken = check_part(&events).err();
        let head = self.books.get::<Head>("event")?.map(|head| (head.number, head.link));
        let newest = events.last().map(|event| (event.number, event.link()));
        if broken.is_none() && before.is_none() && head != newest {
            broken = Some(Broken { number: newest.map_or(1, |(number, _)| number) });
        }
        if events.len() > count {
            events.remove(0);
        }
        Ok(Chain { events, broken })
    }
}

/// Adds an entry to the chain.
pub(crate) fn note(sheet: &mut Sheet<'_>, by: &str, what: &str, about: &str, now: Timestamp) -> Result<(), BooksError> {
    add(sheet, by, (what, about), (None, None), now)
}

/// Adds an entry about what one of the bank's own people did.
pub(crate) fn note_by(
    sheet: &mut Sheet<'_>,
    by: &By,
    what: &str,
    about: &str,
    now: Timestamp,
) -> Result<(), BooksError> {
    add(sheet, &by.operator, (what, about), (Some(by.reason.clone()), by.approved_by.clone()), now)
}

fn add(
    sheet: &mut Sheet<'_>,
    by: &str,
    (what, about): (&str, &str),
    (reason, approved_by): (Option<String>, Option<String>),
    now: Timestamp,
) -> Result<(), BooksError> {
    let head = sheet.get::<Head>("event")?;
    let (number, before) = head.map_or((1, String::new()), |head| (head.number + 1, head.link));
    let [by, what, about] = [by, what, about].map(str::to_owned);
    let event = Event { number, at: now.as_unix(), by, what, about, reason, approved_by, before };
    sheet.put(&Head { number, link: event.link() });
    sheet.put(&event);
    Ok(())
}
