//! Access control: named keys with scopes, known clients by their certificates, and how failures are slowed down.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::http::header::{self, HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::problem::Code;
use camtoken::time::Timestamp;

/// The name of a caller whose key has none of its own.
pub(super) const DEFAULT_NAME: &str = "default";

/// A part of the service that a key may be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Issue and withdraw challenges.
    Issue,
    /// Settle responses.
    Verify,
    /// Register tokens and users, and give generators.
    Enroll,
    /// Suspend, resume, reset and revoke, and read histories.
    Operate,
    /// Read the whole store.
    Backup,
    /// Read the metrics.
    Metrics,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Issue, Self::Verify, Self::Enroll, Self::Operate, Self::Backup, Self::Metrics];

    /// Its name in files and descriptions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Verify => "verify",
            Self::Enroll => "enroll",
            Self::Operate => "operate",
            Self::Backup => "backup",
            Self::Metrics => "metrics",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Reads what [`Scope::as_str`] gives.
impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(ScopeError)
    }
}

/// A word that names no scope.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no scope: expected issue, verify, enroll, operate, backup or metrics")]
pub struct ScopeError;

/// A caller's name, with its scopes. Several may have the same name, while a key is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The caller's name, in the log and in the audit: 1 to [`AccessKey::MAX_NAME`] letters, digits and `._@-`.
    pub name: String,
    /// SHA-256 of the key. Without one, the caller shows a certificate of this name.
    pub sha256: Option<[u8; 32]>,
    /// Its scopes.
    pub scopes: Vec<Scope>,
    /// From this moment on it is refused.
    pub expires: Option<Timestamp>,
}

impl AccessKey {
    /// The most characters of a name.
    pub const MAX_NAME: usize = 64;

    /// The shortest key, in bytes.
    pub const MIN_KEY: usize = 16;

    /// Whether a text can be a caller's name.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
        (1..=Self::MAX_NAME).contains(&name.len()) && name.bytes().all(is_fit)
    }

    /// Whether a text can be a key: it fits into a header, is not short, and is not one character or a short pattern again
    /// and again.
    #[must_use]
    pub fn is_fit(key: &str) -> bool {
        let repeats = |period: usize| key.bytes().zip(key.bytes().skip(period)).all(|(one, other)| one == other);
        key.len() >= Self::MIN_KEY && key.bytes().all(|byte| byte.is_ascii_graphic()) && !(1..=4).any(repeats)
    }

    /// The hash that is stored of a key.
    #[must_use]
    pub fn hash(key: &str) -> [u8; 32] {
        digest(key.as_bytes())
    }

    fn is_in_force(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// The named keys of a service. They can be replaced while it runs: clones share them.
#[derive(Debug, Clone, Default)]
pub struct AccessKeys(Arc<RwLock<Arc<[AccessKey]>>>);

impl AccessKeys {
    /// These keys.
    #[must_use]
    pub fn new(keys: Vec<AccessKey>) -> Self {
        Self(Arc::new(RwLock::new(keys.into())))
    }

    /// Replaces them, for every request from now on.
    pub fn replace(&self, keys: Vec<AccessKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
    }

    fn get(&self) -> Arc<[AccessKey]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The caller of a request.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// None where callers need no name.
    pub name: Option<Arc<str>>,
    /// None: all.
    scopes: Option<Vec<Scope>>,
}

impl Caller {
    fn all(name: Option<&str>) -> Self {
        Self { name: name.map(Arc::from), scopes: None }
    }

    /// Whether the caller may use what needs one of these scopes.
    pub fn may(&self, any_of: &[Scope]) -> bool {
        let Some(scopes) = &self.scopes else { return true };
        any_of.iter().any(|scope| scopes.contains(scope))
    }
}

/// The other end of a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Peer {
    /// None for a socket in the file system, and without any socket.
    pub address: Option<IpAddr>,
    /// The names of its certificate, if an authority that is trusted has signed it.
    pub certificate: Option<Arc<[String]>>,
}

/// The callers that may use a route.
#[derive(Debug, Clone, Copy)]
pub(super) enum Access {
    /// Every caller, also without a key.
    Open,
    /// Every caller that is authenticated.
    AnyCaller,
    /// A caller with one of these scopes.
    Scopes(&'static [Scope]),
}

/// Authentication of callers.
pub(super) struct Entry {
    /// The one key of a service without names.
    single: Option<[u8; 32]>,
    named: Option<AccessKeys>,
    failures: Failures,
}

impl Entry {
    pub fn new(single: Option<&[u8]>, named: Option<AccessKeys>) -> Self {
        Self { single: single.map(digest), named, failures: Failures::default() }
    }

    /// Whether a caller has to show a key.
    pub fn needs_key(&self) -> bool {
        self.single.is_some() || self.named.is_some()
    }

    /// Finds the caller of a request.
    ///
    /// # Errors
    ///
    /// [`Code::Key`] for a key that is missing, wrong or expired, [`Code::TooManyFailures`] after too many of them.
    pub fn caller(&self, headers: &HeaderMap, peer: &Peer, now: Timestamp) -> Result<Caller, Code> {
        let shown = peer.certificate.as_deref();
        if !self.needs_key() {
            return Ok(Caller::all(shown.map(|names| names.first().map_or("-", String::as_str))));
        }
        if !self.failures.may_try(peer, Instant::now()) {
            return Err(Code::TooManyFailures);
        }
        let named = self.named.as_ref().map(AccessKeys::get);
        let in_force = || named.iter().flat_map(|keys| keys.iter()).filter(|key| key.is_in_force(now));
        let found = match bearer(headers) {
            Some(given) => {
                let given = digest(given);
                let is_single = self.single.as_ref().is_some_and(|key| bool::from(given.ct_eq(key)));
                // All are compared: digests have one length, and which one it was takes no other time.
                let mut known: Vec<&AccessKey> = Vec::new();
                for key in in_force() {
                    if key.sha256.as_ref().is_some_and(|sha256| bool::from(given.ct_eq(sha256))) {
                        known.push(key);
                    }
                }
                match known.first() {
                    Some(first) => Some(with_scopes(&first.name, &known)),
                    None => is_single.then(|| Caller::all(Some(DEFAULT_NAME))),
                }
            }
            None => shown.and_then(|names| {
                let known: Vec<&AccessKey> =
                    in_force().filter(|key| key.sha256.is_none() && names.contains(&key.name)).collect();
                known.first().map(|first| with_scopes(&first.name, &known))
            }),
        };
        match found {
            Some(caller) => {
                self.failures.succeeded(peer, Instant::now());
                Ok(caller)
            }
            None => {
                self.failures.add(peer, Instant::now());
                Err(Code::Key)
            }
        }
    }
}

fn with_scopes(name: &str, keys: &[&AccessKey]) -> Caller {
    let scopes = keys.iter().filter(|key| key.name == name).flat_map(|key| key.scopes.iter().copied()).collect();
    Caller { name: Some(name.into()), scopes: Some(scopes) }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes)?;
    let is_bearer = given.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "));
    // Another scheme is a wrong key, not none.
    Some(if is_bearer { &given[7..] } else { &[] })
}

fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// Failed authentications of each peer: a bucket that they fill and time empties.
///
/// A proxy brings many callers under one address, and one with a wrong key must not lock the others out. So an address that has
/// shown a right key lately is never slowed down. An attacker behind the same address cannot guess a key: it is too long.
#[derive(Default)]
struct Failures(Mutex<Peers>);

#[derive(Default)]
struct Peers {
    buckets: HashMap<IpAddr, Bucket>,
    /// When each address was last seen to show a right key.
    right: HashMap<IpAddr, Instant>,
}

#[derive(Clone, Copy)]
struct Bucket {
    count: f64,
    at: Instant,
}

/// How long an address is not slowed down after a right key.
const HEARD: Duration = Duration::from_secs(3600);

/// So many may fail at once; then one each second.
const MOST_FAILURES: f64 = 20.0;
const FORGOTTEN_PER_SECOND: f64 = 1.0;

/// Peers that are remembered. When there are more, those that fail the least are forgotten.
const PEERS: usize = 4096;

impl Failures {
    fn may_try(&self, peer: &Peer, now: Instant) -> bool {
        let Some(address) = peer.address.map(network) else { return true };
        let peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = peers.buckets.get(&address).is_some_and(|bucket| bucket.level(now) + 1.0 > MOST_FAILURES);
        !is_full || peers.right.get(&address).is_some_and(|at| now.saturating_duration_since(*at) < HEARD)
    }

    fn succeeded(&self, peer: &Peer, now: Instant) {
        let Some(address) = peer.address.map(network) else { return };
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.right.len() >= PEERS && !peers.right.contains_key(&address) {
            peers.right.retain(|_, at| now.saturating_duration_since(*at) < HEARD);
            if peers.right.len() >= PEERS {
                return;
            }
        }
        peers.right.insert(address, now);
    }

    fn add(&self, peer: &Peer, now: Instant) {
        let Some(address) = peer.address.map(network) else { return };
        let buckets = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).buckets;
        if buckets.len() >= PEERS && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| bucket.level(now) > 0.0);
            if buckets.len() >= PEERS {
                let least = buckets.iter().min_by(|one, other| one.1.level(now).total_cmp(&other.1.level(now)));
                if let Some(least) = least.map(|(address, _)| *address) {
                    buckets.remove(&least);
                }
            }
        }
        let count = buckets.get(&address).map_or(0.0, |bucket| bucket.level(now));
        buckets.insert(address, Bucket { count: (count + 1.0).min(MOST_FAILURES), at: now });
    }
}

impl Bucket {
    fn level(&self, now: Instant) -> f64 {
        let forgotten = now.saturating_duration_since(self.at).as_secs_f64() * FORGOTTEN_PER_SECOND;
        (self.count - forgotten).max(0.0)
    }
}

/// The owner of an address of IPv6 has its whole network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.into(),
            None => std::net::Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        },
    }
}

/// Whether an origin can be one of a page: `https://host` or `http://host`, perhaps with a port. `*` would be every page, `null`
/// every sandboxed frame; what has a path is never sent.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let Some(authority) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && !host.is_empty() && !port.contains(']') => {
            port.parse::<u16>().is_ok() && is_host(host)
        }
        _ => is_host(authority),
    }
}

/// Whether a text can be the name of a host: labels of letters, digits and hyphens, without a port. `*` is none.
#[must_use]
pub fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_host(text: &str) -> bool {
    let address = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    address.map_or_else(|| is_host_name(text), |address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests;
