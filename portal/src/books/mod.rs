//! The bank's database: one directory, one writer, changes that are whole and durable before they are answered.
//!
//! [`Books::change`] hands out a [`Sheet`]: it reads the database and what was written on the sheet. All of the sheet goes to
//! disk in one batch with one `fdatasync`, or none of it. So a process that is killed at any moment loses nothing that it has
//! answered, and leaves no half of a change.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::people::Person;

mod rows;

/// The database, open for one process.
pub struct Books {
    rows: Keyspace,
    database: Database,
    writer: Mutex<()>,
    changes: AtomicU64,
}

/// Why the database does not answer.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The disk, or another process that has them open.
    #[error("the books do not answer: {0}")]
    Engine(#[from] fjall::Error),
    /// A row is not what this version writes.
    #[error("a row of the books cannot be read: {kind}")]
    Row {
        /// Which kind of row.
        kind: &'static str,
    },
}

/// A kind of row of the database.
pub trait Row: Serialize + DeserializeOwned {
    /// The kind's name in the database; it never changes.
    const KIND: &'static str;

    /// The row's own name among its kind.
    fn key(&self) -> String;

    /// The contract whose rows are listed together. A kind whose key begins with the contract needs no such list.
    fn contract(&self) -> Option<&str> {
        None
    }
}

/// A change in the making.
pub struct Sheet<'a> {
    books: &'a Books,
    /// The written row, or `None` for a row that was deleted.
    written: BTreeMap<String, Option<Vec<u8>>>,
    _turn: MutexGuard<'a, ()>,
}

impl Books {
    /// Opens the database in a directory, or creates it.
    ///
    /// # Errors
    ///
    /// [`BooksError::Engine`]
    pub fn open(dir: &Path) -> Result<Self, BooksError> {
        let database = Database::builder(dir).worker_threads(1).open()?;
        let rows = database.keyspace("rows", KeyspaceCreateOptions::default)?;
        Ok(Self { rows, database, writer: Mutex::new(()), changes: AtomicU64::new(0) })
    }

    /// One row.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn get<T: Row>(&self, key: &str) -> Result<Option<T>, BooksError> {
        self.rows.get(name::<T>(key))?.map(|bytes| read(&bytes)).transpose()
    }

    /// Every row of a kind whose key begins so, in the order of the keys.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn list<T: Row>(&self, beginning: &str) -> Result<Vec<T>, BooksError> {
        self.rows.prefix(name::<T>(beginning)).map(|entry| read(&entry.into_inner()?.1)).collect()
    }

    /// Every row of a contract, in the order of the keys. It reads no row of another contract. Books from before there were such
    /// lists need [`Books::list_by_contract`] first.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn list_of<T: Row>(&self, contract: &str) -> Result<Vec<T>, BooksError> {
        let start = entry::<T>(contract, "");
        let mut rows = Vec::new();
        for entry in self.rows.prefix(&start) {
            let name = entry.key()?;
            let key = name.get(start.len()..).and_then(|key| str::from_utf8(key).ok()).unwrap_or_default();
            rows.extend(self.get::<T>(key)?);
        }
        Ok(rows)
    }

    /// At most so many rows of a kind whose keys come after this one, in the order of the keys: one page of a long list.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn after<T: Row>(&self, key: &str, count: usize) -> Result<Vec<T>, BooksError> {
        let (start, end) = (name::<T>(key), format!("{}0", T::KIND));
        let rows = self.rows.range((Bound::Excluded(start), Bound::Excluded(end))).take(count);
        rows.map(|entry| read(&entry.into_inner()?.1)).collect()
    }

    /// At most so many rows of a kind, the last ones first, that come before a key: one page of a long list.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn newest<T: Row>(&self, before: Option<&str>, count: usize) -> Result<Vec<T>, BooksError> {
        // Keys end with "/" and more; "0" is the sign after the slash.
        let end = before.map_or_else(|| format!("{}0", T::KIND), name::<T>);
        let rows = self.rows.range(name::<T>("")..end).rev().take(count);
        rows.map(|entry| read(&entry.into_inner()?.1)).collect()
    }

    /// The last row of a kind, by its key.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn last<T: Row>(&self) -> Result<Option<T>, BooksError> {
        let last = self.rows.prefix(name::<T>("")).next_back();
        last.map(|entry| read(&entry.into_inner()?.1)).transpose()
    }

    /// Changes several rows as one. What `step` refuses is not written at all.
    ///
    /// # Errors
    ///
    /// What `step` says, or that the database does not answer.
    pub fn change<T, E: From<BooksError>>(&self, step: impl FnOnce(&mut Sheet<'_>) -> Result<T, E>) -> Result<T, E> {
        let turn = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sheet = Sheet { books: self, written: BTreeMap::new(), _turn: turn };
        let answer = step(&mut sheet)?;
        if !sheet.written.is_empty() {
            let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
            for (key, row) in &sheet.written {
                match row {
                    Some(row) => batch.insert(&self.rows, key.as_bytes(), row.as_slice()),
                    None => batch.remove(&self.rows, key.as_bytes()),
                }
            }
            batch.commit().map_err(BooksError::from)?;
            self.changes.fetch_add(1, Ordering::Relaxed);
        }
        Ok(answer)
    }

    /// Costs what a change costs and changes nothing: for a "no" whose reason must not show in time (V-15).
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn pretend(&self) -> Result<(), BooksError> {
        self.change(|sheet| {
            sheet.strike::<Person>("nobody");
            Ok(())
        })
    }

    /// How many changes were made durable since the database was opened.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }
}

impl Sheet<'_> {
    /// One row, as it is on this sheet.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn get<T: Row>(&self, key: &str) -> Result<Option<T>, BooksError> {
        match self.written.get(&name::<T>(key)) {
            Some(row) => row.as_deref().map(read).transpose(),
            None => self.books.get(key),
        }
    }

    /// Every row of a kind whose key begins so, as they are on this sheet.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn list<T: Row>(&self, beginning: &str) -> Result<Vec<T>, BooksError> {
        let mut rows: BTreeMap<String, T> =
            self.books.list::<T>(beginning)?.into_iter().map(|row| (name::<T>(&row.key()), row)).collect();
        let start = name::<T>(beginning);
        for (key, row) in self.written.range(start.clone()..).take_while(|(key, _)| key.starts_with(&start)) {
            match row {
                Some(bytes) => rows.insert(key.clone(), read(bytes)?),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_values().collect())
    }

    /// Every row of a contract, in the order of the keys, as they are on this sheet.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn list_of<T: Row>(&self, contract: &str) -> Result<Vec<T>, BooksError> {
        let start = entry::<T>(contract, "");
        let mut keys: BTreeSet<String> = BTreeSet::new();
        for entry in self.books.rows.prefix(&start) {
            keys.extend(entry.key()?.get(start.len()..).and_then(|key| str::from_utf8(key).ok()).map(str::to_owned));
        }
        for (entry, row) in self.written.range(start.clone()..).take_while(|(entry, _)| entry.starts_with(&start)) {
            let key = &entry[start.len()..];
            if row.is_some() {
                keys.insert(key.to_owned())
            } else {
                keys.remove(key)
            };
        }
        keys.iter().filter_map(|key| self.get::<T>(key).transpose()).collect()
    }

    /// The last row of a kind, by its key, as it is on this sheet.
    ///
    /// # Errors
    ///
    /// [`BooksError`]
    pub fn last<T: Row>(&self) -> Result<Option<T>, BooksError> {
        let start = name::<T>("");
        let mut written = self.written.range(start.clone()..).take_while(|(key, _)| key.starts_with(&start));
        if written.any(|(_, row)| row.is_none()) {
            return Ok(self.list::<T>("")?.pop());
        }
        let written = self.written.range(start.clone()..).take_while(|(key, _)| key.starts_with(&start)).last();
        let written = written.and_then(|(_, row)| row.as_deref()).map(read::<T>).transpose()?;
        Ok(self.books.last::<T>()?.into_iter().chain(written).max_by_key(Row::key))
    }

    /// Lets `step` write on this sheet, and takes back all that it wrote when it refuses.
    ///
    /// # Errors
    ///
    /// What `step` says.
    pub fn attempt<T, E>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let before = self.written.clone();
        let answer = step(self);
        if answer.is_err() {
            self.written = before;
        }
        answer
    }

    /// Writes a row, new or in the place of the one with its key.
    pub fn put<T: Row>(&mut self, row: &T) {
        let (bytes, key) = (serde_json::to_vec(row).expect("a row is plain data"), row.key());
        if let Some(contract) = row.contract() {
            self.unlist::<T>(&key);
            self.written.insert(entry::<T>(contract, &key), Some(Vec::new()));
        }
        self.written.insert(name::<T>(&key), Some(bytes));
    }

    /// Strikes a row out.
    pub fn strike<T: Row>(&mut self, key: &str) {
        self.unlist::<T>(key);
        self.written.insert(name::<T>(key), None);
    }

    /// Removes the row of a key from its contract's list. A row that cannot be read is in no list that matters.
    fn unlist<T: Row>(&mut self, key: &str) {
        if let Ok(Some(before)) = self.get::<T>(key)
            && let Some(contract) = before.contract()
        {
            self.written.insert(entry::<T>(contract, key), None);
        }
    }
}

/// The name of a row's entry in the list of a contract.
fn entry<T: Row>(contract: &str, key: &str) -> String {
    format!("of/{}/{contract}/{key}", T::KIND)
}

fn name<T: Row>(key: &str) -> String {
    format!("{}/{key}", T::KIND)
}

fn read<T: Row>(bytes: &[u8]) -> Result<T, BooksError> {
    serde_json::from_slice(bytes).map_err(|_| BooksError::Row { kind: T::KIND })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::LentToken;

    fn token(id: &str) -> LentToken {
        LentToken { id: id.to_owned(), contract: "1".to_owned(), revoked: false }
    }

    #[test]
    fn a_sheet_is_written_whole_or_not_at_all() {
        let dir = tempfile::tempdir().expect("a directory");
        let books = Books::open(dir.path()).expect("new books");
        let refused: Result<(), BooksError> = books.change(|sheet| {
            sheet.put(&token("A"));
            assert!(sheet.get::<LentToken>("A")?.is_some(), "a sheet reads what stands on it");
            Err(BooksError::Row { kind: "test" })
        });
        assert!(refused.is_err());
        assert!(books.list::<LentToken>("").expect("a list").is_empty());
        let done: Result<usize, BooksError> = books.change(|sheet| {
            sheet.put(&token("A"));
            sheet.put(&token("B"));
            let refused = sheet.attempt(|sheet| {
                sheet.put(&token("C"));
                Err::<(), _>("no")
            });
            assert_eq!(refused, Err("no"));
            Ok(sheet.list::<LentToken>("")?.len())
        });
        assert_eq!(done.expect("a change"), 2);
    }

    #[test]
    fn the_list_of_a_contract_follows_its_rows() {
        let dir = tempfile::tempdir().expect("a directory");
        let books = Books::open(dir.path()).expect("new books");
        let change = |step: &dyn Fn(&mut Sheet<'_>)| {
            let done: Result<(), BooksError> = books.change(|sheet| {
                step(sheet);
                let on_sheet: Vec<_> = sheet.list_of::<LentToken>("1")?.into_iter().map(|token| token.id).collect();
                let all = sheet.list::<LentToken>("")?;
                let by_hand = all.into_iter().filter(|token| token.contract == "1").map(|token| token.id);
                assert_eq!(on_sheet, by_hand.collect::<Vec<_>>());
                Ok(())
            });
            done.expect("a change");
            books.list_of::<LentToken>("1").expect("a list").into_iter().map(|token| token.id).collect::<Vec<_>>()
        };
        assert_eq!(change(&|sheet| ["B", "A", "C"].iter().for_each(|id| sheet.put(&token(id)))), ["A", "B", "C"]);
        assert_eq!(change(&|sheet| sheet.put(&LentToken { contract: "2".to_owned(), ..token("B") })), ["A", "C"]);
        assert_eq!(change(&|sheet| sheet.strike::<LentToken>("C")), ["A"]);
        assert_eq!(change(&|sheet| sheet.put(&LentToken { contract: "11".to_owned(), ..token("D") })), ["A"]);
        assert_eq!(books.newest::<LentToken>(None, 2).expect("a page").len(), 2);
        assert_eq!(books.newest::<LentToken>(Some("B"), 9).expect("a page").len(), 1);
    }

    #[test]
    fn books_from_before_the_lists_are_listed_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let books = Books::open(dir.path()).expect("new books");
        books.rows.insert("token/A", serde_json::to_vec(&token("A")).expect("plain data")).expect("as it was");
        assert!(books.list_of::<LentToken>("1").expect("a list").is_empty());
        drop(books);
        let books = Books::open(dir.path()).expect("the same books");
        books.list_by_contract().expect("lists");
        assert_eq!(books.list_of::<LentToken>("1").expect("a list").len(), 1);
    }

    #[test]
    fn a_row_that_was_struck_out_is_gone() {
        let dir = tempfile::tempdir().expect("a directory");
        let books = Books::open(dir.path()).expect("new books");
        let done: Result<(), BooksError> = books.change(|sheet| {
            sheet.put(&token("A"));
            sheet.put(&token("B"));
            Ok(())
        });
        done.expect("a change");
        let done: Result<(), BooksError> = books.change(|sheet| {
            sheet.strike::<LentToken>("B");
            assert!(sheet.get::<LentToken>("B")?.is_none());
            assert_eq!(sheet.list::<LentToken>("")?.len(), 1);
            assert_eq!(sheet.last::<LentToken>()?.map(|token| token.id), Some("A".to_owned()));
            Ok(())
        });
        done.expect("a change");
        assert_eq!(books.last::<LentToken>().expect("an answer").map(|token| token.id), Some("A".to_owned()));
    }

    #[test]
    fn what_was_written_is_there_when_the_books_are_opened_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let books = Books::open(dir.path()).expect("new books");
        let done: Result<(), BooksError> = books.change(|sheet| {
            sheet.put(&token("A"));
            Ok(())
        });
        done.expect("a change");
        drop(books);
        let books = Books::open(dir.path()).expect("the same books");
        assert_eq!(books.get::<LentToken>("A").expect("an answer").map(|token| token.id), Some("A".to_owned()));
    }
}
