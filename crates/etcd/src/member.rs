//! One connection to one member: opened, checked before it is used, and the calls on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use camtoken::store::{Revision, StoreError};
use camtoken_remote::{Failed, Recent};
use tokio::time::timeout;

use crate::Durability;
use crate::address::Address;
use crate::keys::{Keys, after, behind};
use crate::message::{self, Range, Status};
use crate::rpc::Connection;
use crate::wire::Writer;

/// After so long a connection is checked again before it is used.
const CHECKED_FOR: Duration = Duration::from_secs(60);

/// Keys of a list that are read at once.
const PAGE: usize = 4096;

/// Audit entries that are read at once: 16 MiB at most.
const AUDIT_PAGE: usize = 256;

/// Where the members are, what they have to promise, and what all connections know.
pub(super) struct Place {
    address: Address,
    durability: Durability,
    pub keys: Keys,
    /// The member to try first: the last one that was good.
    first: AtomicUsize,
    /// The cluster that the first member was of; 0 before.
    cluster: AtomicU64,
    /// The revision in which etcd has changed a record last, next to ours.
    pub marks: Recent<(Revision, u64)>,
}

impl Place {
    pub fn new(mut address: Address, durability: Durability, remembered: usize) -> Arc<Self> {
        let keys = Keys::new(std::mem::take(&mut address.prefix));
        Arc::new(Self {
            address,
            durability,
            keys,
            first: AtomicUsize::new(0),
            cluster: AtomicU64::new(0),
            marks: Recent::new(remembered),
        })
    }
}

/// One connection to a member that has passed every check.
pub(super) struct Member {
    place: Arc<Place>,
    connection: Connection,
    /// The member's place in the URL.
    number: usize,
    checked: Instant,
}

impl Member {
    /// Connects to the first member that is good, whatever the keys are. Each has its own time: a silent one does not take
    /// that of the next.
    pub async fn to_any(
        place: &Arc<Place>,
        is_good: impl AsyncFn(&Self) -> Result<(), Failed>,
    ) -> Result<Self, Failed> {
        let servers = &place.address.servers;
        let first = place.first.load(Ordering::Relaxed);
        let mut failed = None;
        for turn in 0..servers.len() {
            let number = (first + turn) % servers.len();
            let opened = timeout(place.address.patience, async {
                let member = Self::to(place, number).await?;
                is_good(&member).await?;
                Ok(member)
            });
            let found = match opened.await {
                Ok(Ok(member)) => {
                    place.first.store(number, Ordering::Relaxed);
                    return Ok(member);
                }
                Ok(Err(Failed::Lost(reason))) => Failed::Unsent(reason),
                Ok(Err(failed)) => failed,
                Err(_) => Failed::Unsent(format!("{}:{} does not answer", servers[number].0, servers[number].1)),
            };
            // "Another member does not let us in" says more than "this one is away".
            failed = failed.filter(|failed| matches!(failed, Failed::Refused(_))).or(Some(found));
        }
        Err(failed.unwrap_or_else(|| Failed::Unsent("no member is named".into())))
    }

    async fn to(place: &Arc<Place>, number: usize) -> Result<Self, Failed> {
        let Address { servers, tls, user, .. } = &place.address;
        let mut connection = Connection::open(&servers[number], tls.as_ref()).await?;
        if let Some((name, password)) = user {
            let asked = Writer::default().bytes(1, name.as_bytes()).bytes(2, password.as_bytes());
            let told = connection.call(message::AUTHENTICATE, asked).await?;
            connection.authenticated(&message::token(&told)?)?;
        }
        let this = Self { place: Arc::clone(place), connection, number, checked: Instant::now() };
        this.check_member().await?;
        Ok(this)
    }

    /// Refuses a member that may lose what it has acknowledged, or that cannot store anything.
    async fn check_member(&self) -> Result<(), Failed> {
        let status = self.status().await?;
        let cluster = self.place.cluster.compare_exchange(0, status.cluster, Ordering::Relaxed, Ordering::Relaxed);
        if cluster.is_err_and(|known| known != status.cluster) {
            return Err(unsafe_setting("cluster_id", &format!("{:x}", status.cluster), "that of the other members"));
        }
        if status.leader == 0 {
            return Err(Failed::Unsent("no member leads".into()));
        }
        if status.is_learner {
            return Err(unsafe_setting("isLearner", "true", "false: connect to a member that votes"));
        }
        if self.place.durability == Durability::Vouched {
            return Ok(());
        }
        if !is_sound(&status.version) {
            return Err(unsafe_setting("version", &status.version, "3.4, or 3.5.3 or later"));
        }
        if let Some(alarm) = status.errors.iter().find(|error| error.contains("alarm:")) {
            return Err(unsafe_setting("alarm", alarm.trim(), "none (etcdctl alarm list)"));
        }
        let voters = message::voters(&self.call(message::MEMBERS, Writer::default()).await?)?;
        if self.place.durability == Durability::Standby && voters < 3 {
            return Err(unsafe_setting("members", &voters.to_string(), "3 or more, so that one may fail"));
        }
        Ok(())
    }

    pub fn keys(&self) -> &Keys {
        &self.place.keys
    }

    /// The status of the member.
    pub async fn status(&self) -> Result<Status, Failed> {
        Ok(Status::read(&self.call(message::STATUS, Writer::default()).await?)?)
    }

    pub async fn call(&self, method: &str, message: Writer) -> Result<Bytes, Failed> {
        self.connection.call(method, message).await
    }

    /// The value of a key, as a majority has it.
    pub async fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Failed> {
        let answer = self.call(message::RANGE, Range { key, end: &[], limit: 0, keys_only: false }.write()).await?;
        Ok(message::key_values(&answer)?.first().map(|found| found.value.to_vec()))
    }

    pub fn is_closed(&self) -> bool {
        self.connection.is_closed()
    }

    /// Looks at the member once more if that was some time ago.
    pub async fn check(&mut self) -> Result<(), Failed> {
        if self.checked.elapsed() > CHECKED_FOR {
            self.check_member().await?;
            self.checked = Instant::now();
        }
        Ok(())
    }

    /// Keys that begin so, from `from` on, in pages; at most `limit`.
    pub async fn page(
        &self,
        prefix: &[u8],
        from: Vec<u8>,
        limit: usize,
        kind: Page,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Failed> {
        let (end, most) = (behind(prefix), if kind == Page::Keys { PAGE } else { AUDIT_PAGE });
        let (mut found, mut from) = (Vec::new(), from);
        while found.len() < limit {
            let size = most.min(limit - found.len());
            let range = Range { key: &from, end: &end, limit: size as u64, keys_only: kind == Page::Keys };
            let answer = self.call(message::RANGE, range.write()).await?;
            let page = message::key_values(&answer)?;
            let is_last = page.len() < size;
            found.extend(page.iter().map(|pair| (pair.key.to_vec(), pair.value.to_vec())));
            match found.last() {
                Some((last, _)) if !is_last => from = after(last.clone()),
                _ => break,
            }
        }
        Ok(found)
    }
}

/// Whether values are read with the keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Keys,
    Values,
}

impl Drop for Member {
    fn drop(&mut self) {
        // A connection that is open and not used any more did not answer: the next one goes to the next member.
        if !self.connection.is_closed() {
            let next = (self.number + 1) % self.place.address.servers.len();
            let first = &self.place.first;
            let _ = first.compare_exchange(self.number, next, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

/// Whether a version is known not to lose what it has acknowledged. 3.5.0 to 3.5.2 do when they are killed.
fn is_sound(version: &str) -> bool {
    let mut numbers = version.split(['.', '-', '+']).map_while(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(3), Some(5), Some(patch)) => patch > 2,
        (Some(3), Some(minor), Some(_)) => minor >= 4,
        (Some(major), ..) => major > 3,
        (None, ..) => false,
    }
}

fn unsafe_setting(setting: &'static str, found: &str, wanted: &'static str) -> Failed {
    Failed::Refused(StoreError::Unsafe { setting, found: found.to_owned(), wanted })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://etcd.io/blog/2022/data-inconsistency/>: 3.5.0, 3.5.1 and 3.5.2 may not be used.
    #[test]
    fn versions_that_lose_data_are_refused() {
        for version in ["3.4.0", "3.4.23", "3.5.3", "3.5.21", "3.6.0", "3.6.0-rc.1", "4.0.0"] {
            assert!(is_sound(version), "{version}");
        }
        for version in ["3.5.0", "3.5.1", "3.5.2", "3.5.2-rc.0", "3.3.27", "2.3.8", "", "new"] {
            assert!(!is_sound(version), "{version}");
        }
    }
}
