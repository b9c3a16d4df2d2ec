//! A bank that embeds the verifier and keeps the records in a store of its own.

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use camtoken::store::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned, block_on};
use camtoken::token::{Received, Token};
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{AttemptId, LocalKeyWrapper, Policy, Rejection, Step, Subscriber, Verdict, Verifier};
use camtoken::{Key, Timestamp};
use rand::{rand_core::UnwrapErr, rngs::SysRng};

/// A table with the columns of a database: key, revision, record, history.
#[derive(Default)]
struct Table(Mutex<BTreeMap<Vec<u8>, Row>>);

struct Row {
    revision: u64,
    record: Vec<u8>,
    history: Vec<(u64, Vec<u8>)>,
}

impl Table {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Row>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Table {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        let rows = self.rows();
        let versioned =
            |row: &Row| Versioned { revision: Revision::from_u64(row.revision), record: row.record.as_slice().into() };
        Ok(rows.get(&id.to_key()).map(versioned))
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        change.check()?;
        let mut rows = self.rows();
        let empty = Row { revision: Revision::ABSENT.as_u64(), record: Vec::new(), history: Vec::new() };
        let row = rows.entry(id.to_key()).or_insert(empty);
        if row.revision != expected.as_u64() {
            return Ok(Replaced::Conflict);
        }
        row.revision = expected.next().as_u64();
        row.record = change.record;
        row.history.extend(change.audit.map(|entry| (row.revision, entry)));
        Ok(Replaced::Yes(Revision::from_u64(row.revision)))
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        let from = after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.to_key()));
        Ok(self
            .rows()
            .range((from, Bound::Unbounded))
            .filter_map(|(key, _)| RecordId::from_key(key))
            .take(limit)
            .collect())
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        let rows = self.rows();
        let history = rows.get(&id.to_key()).map_or(&[][..], |row| &row.history);
        let behind = history.iter().filter(|(revision, _)| *revision > after.as_u64());
        Ok(behind.take(limit).map(|(revision, entry)| (Revision::from_u64(*revision), entry.clone())).collect())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    block_on(async {
        let rng = &mut UnwrapErr(SysRng);
        let now = Timestamp::from_unix(1_795_230_000);
        let vault = Box::new(LocalKeyWrapper::new(&[Key::generate(rng)])?);
        let policy = Policy { accept_test_keys: true, ..Policy::default() };
        let verifier = Verifier::new(Table::default(), vault, policy, "Kakuu Central Bank", rng)?;
        let mut token = Token::generate("KKK0000001".parse()?, true, rng);
        verifier.register(token.id(), token.device_key(), true, now, rng).await?;

        let subscriber = Subscriber { contract: "1234567890".into(), user: "TANAKA".into() };
        let first = verifier.enroll(token.id(), subscriber, now, rng).await?;
        let Received::FirstCode(received) = token.receive(&first.code)? else {
            return Err("another kind of code".into());
        };
        let digits = received.approve(rng).expose_digits();
        let Step::Done(second) = verifier.second_code(first.activation, &digits, AttemptId::generate(rng), now, rng).await?
        else {
            return Err("the device code is right".into());
        };
        let Received::SecondCode(received) = token.receive(&second.code)? else {
            return Err("another kind of code".into());
        };
        let unconfirmed = received.approve();
        let response = unconfirmed.response().expose_str();
        let Step::Done(()) = verifier.confirm(first.activation, response, AttemptId::generate(rng), now).await? else {
            return Err("the response is right".into());
        };
        unconfirmed.keep();

        let fields = [("limit", "transfer"), ("old", "1000000"), ("new", "5000000")];
        let transaction = Transaction::new(Operation::LimitChange, fields)?;
        let issued = verifier.issue(first.activation, transaction, None, now, rng).await?;
        let Received::Transaction(received) = token.receive(&issued.code)? else {
            return Err("another kind of code".into());
        };
        let response = received.approve();
        let attempt = AttemptId::generate(rng);
        let Verdict::Accepted(accepted) =
            verifier.verify(issued.reference, response.expose_str(), attempt, now).await?
        else {
            return Err("the response is right".into());
        };
        assert_eq!(accepted.transaction().map(Transaction::operation), Some(Operation::LimitChange));

        let again = verifier.verify(issued.reference, response.expose_str(), AttemptId::generate(rng), now).await?;
        assert_eq!(again, Verdict::Rejected(Rejection::AlreadySettled));
        Ok(())
    })
}
