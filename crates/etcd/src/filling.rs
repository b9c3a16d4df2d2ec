//! An empty store while it is filled from a backup. Until the end its version says so, and no verifier takes it.

use camtoken::store::StoreError;
use camtoken::store::backup::Saved;
use camtoken_remote::Failed;

use crate::keys::{behind, value};
use crate::member::Member;
use crate::message::{self, Done, delete, has_value, none_between, put};
use crate::schema::{FILLING, WRITTEN};
use crate::wire::Writer;

/// Operations and bytes of one transaction; etcd takes 128 and 1.5 MiB.
const OPERATIONS: usize = 96;
const LEN: usize = 1 << 20;

pub(super) struct Filling<'l> {
    member: &'l Member,
    puts: Vec<Writer>,
    len: usize,
}

impl<'l> Filling<'l> {
    /// Begins, or begins again where another one did not get to its end.
    pub async fn begin(member: &'l Member) -> Result<Self, Failed> {
        let keys = member.keys();
        let (version, records, entries) = (keys.version(), keys.records(), keys.entries());
        let is_empty = [has_value(&version, WRITTEN), none_between(&records, &behind(&records))];
        let begun = message::transaction(is_empty, [put(&version, FILLING)]);
        if !Done::read(&member.call(message::TXN, begun).await?)?.succeeded {
            let ranges = [&records, &entries].map(|range| delete(range, &behind(range)));
            let again = message::transaction([has_value(&version, FILLING)], ranges);
            if !Done::read(&member.call(message::TXN, again).await?)?.succeeded {
                return Err(Failed::Refused(StoreError::Exists));
            }
        }
        Ok(Self { member, puts: Vec::new(), len: 0 })
    }

    pub async fn add(&mut self, saved: &Saved) -> Result<(), Failed> {
        let keys = self.member.keys();
        self.put(&keys.record(&saved.id), &value(saved.revision, &saved.record)).await?;
        for (revision, entry) in &saved.audit {
            self.put(&keys.entry(&saved.id, *revision), entry).await?;
        }
        Ok(())
    }

    pub async fn end(mut self) -> Result<(), Failed> {
        self.puts.push(put(&self.member.keys().version(), WRITTEN));
        self.send().await
    }

    async fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), Failed> {
        self.puts.push(put(key, value));
        self.len += key.len() + value.len();
        if self.puts.len() < OPERATIONS && self.len < LEN { Ok(()) } else { self.send().await }
    }

    async fn send(&mut self) -> Result<(), Failed> {
        self.len = 0;
        let is_ours = has_value(&self.member.keys().version(), FILLING);
        let puts = message::transaction([is_ours], self.puts.drain(..));
        match Done::read(&self.member.call(message::TXN, puts).await?)?.succeeded {
            true => Ok(()),
            false => Err(Failed::Refused(StoreError::Exists)),
        }
    }
}
