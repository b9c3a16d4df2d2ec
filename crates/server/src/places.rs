//! Shares of callers in connections, slots for images, and slots for answers that wait.
//!
//! One caller alone cannot have all of them. When the connections are full, a newcomer replaces an idle connection of the peer
//! with the most connections.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::metrics::Metrics;

/// A connection that was active so recently is not replaced.
const IDLE: Duration = Duration::from_secs(1);

/// How often the log says that the connections are full.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The slots for connections.
pub(super) struct Connections {
    most: usize,
    state: Mutex<State>,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct State {
    peers: HashMap<Option<IpAddr>, Vec<Arc<Activity>>>,
    count: usize,
    told: Option<Instant>,
    closed: u64,
    refused: u64,
}

/// The activity of a connection.
pub(super) struct Activity {
    start: Instant,
    /// When a byte came or went last, in milliseconds after `start`.
    last: AtomicU64,
    /// Requests that are being answered.
    requests: AtomicUsize,
    /// Notified when another connection replaces it.
    evicted: Notify,
}

/// A connection's slot, as long as it is held.
pub(super) struct Seat {
    places: Arc<Connections>,
    peer: Option<IpAddr>,
    pub activity: Arc<Activity>,
}

/// Slots of which a caller may have some, and others the rest.
pub(super) struct Shares {
    most: usize,
    taken: Mutex<HashMap<Holder, usize>>,
}

/// The owner of a share: a named caller, or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    Name(Arc<str>),
    Address(IpAddr),
}

/// A part of a share, as long as it is held.
pub(super) struct Share {
    shares: Arc<Shares>,
    holder: Holder,
}

impl Connections {
    pub fn new(most: usize, metrics: Arc<Metrics>) -> Self {
        Self { most, state: Mutex::default(), metrics }
    }

    /// A slot for a new connection. When all are taken, an idle connection is closed for it: of the peer with the most connections
    /// among those that have an idle one, the one that has been idle for longest. If all are active, there is no slot.
    pub fn take(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<Seat> {
        let mut state = self.state();
        if state.count >= self.most {
            let victim = state.idlest();
            if let Some(victim) = &victim {
                state.closed += 1;
                self.metrics.connections_closed.inc();
                victim.evicted.notify_one();
            } else {
                state.refused += 1;
                self.metrics.connections_refused.inc();
            }
            state.tell(self.most);
            victim?;
        }
        let activity = Arc::new(Activity::new());
        state.peers.entry(peer).or_default().push(Arc::clone(&activity));
        state.count += 1;
        Some(Seat { places: Arc::clone(self), peer, activity })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No step leaves a count half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes out the connection that is to be closed.
    fn idlest(&mut self) -> Option<Arc<Activity>> {
        let now = Instant::now();
        let idle = self.peers.values_mut().filter_map(|connections| {
            let idle = connections.iter().enumerate().filter_map(|(place, one)| Some((one.idle(now)?, place)));
            let (_, place) = idle.max()?;
            Some((place, connections))
        });
        let (place, connections) = idle.max_by_key(|(_, connections)| connections.len())?;
        self.count -= 1;
        Some(connections.swap_remove(place))
    }

    /// Says at most once a minute that the connections are full.
    fn tell(&mut self, most: usize) {
        let now = Instant::now();
        if self.told.is_none_or(|told| now - told >= TOLD_EVERY) {
            tracing::warn!(most, idle_closed = self.closed, refused = self.refused, "connections are full");
            (self.told, self.closed, self.refused) = (Some(now), 0, 0);
        }
    }
}

impl Activity {
    fn new() -> Self {
        Self { start: Instant::now(), last: AtomicU64::new(0), requests: AtomicUsize::new(0), evicted: Notify::new() }
    }

    /// A byte came or went.
    pub fn note(&self) {
        self.last.store(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Waits until another connection replaces it.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }

    /// A request is being answered until what this gives is dropped.
    pub fn request(self: &Arc<Self>) -> Answering {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }

    /// For how long it has done nothing, if that is long enough.
    fn idle(&self, now: Instant) -> Option<Duration> {
        let last = self.start + Duration::from_millis(self.last.load(Ordering::Relaxed));
        let idle = now.saturating_duration_since(last);
        (self.requests.load(Ordering::Relaxed) == 0 && idle >= IDLE).then_some(idle)
    }
}

/// A request that is being answered.
pub(super) struct Answering(Arc<Activity>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.note();
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.places.state();
        let Some(connections) = state.peers.get_mut(&self.peer) else { return };
        let known = connections.iter().position(|activity| Arc::ptr_eq(activity, &self.activity));
        // One that was closed for another has given its place away already.
        if let Some(place) = known {
            connections.swap_remove(place);
            if connections.is_empty() {
                state.peers.remove(&self.peer);
            }
            state.count -= 1;
        } else if connections.is_empty() {
            state.peers.remove(&self.peer);
        }
    }
}

impl Shares {
    /// At most so many for each holder.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// One more for this holder; `None` when it has all that it may have.
    pub fn take(self: &Arc<Self>, holder: Holder) -> Option<Share> {
        let mut taken = self.taken();
        let count = taken.entry(holder.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Share { shares: Arc::clone(self), holder })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Holder, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.taken();
        if let Some(count) = taken.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const GREEDY: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    const HONEST: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));

    fn on_paused_time(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(test);
    }

    async fn is_evicted(seat: &Seat) -> bool {
        tokio::time::timeout(Duration::from_millis(1), seat.activity.evicted()).await.is_ok()
    }

    #[test]
    fn when_full_the_idlest_of_the_greediest_makes_room() {
        on_paused_time(async {
            let places = Arc::new(Connections::new(4, Arc::default()));
            let honest = places.take(HONEST).expect("a place");
            let greedy: Vec<_> = (0..3).map(|_| places.take(GREEDY).expect("a place")).collect();
            assert!(places.take(HONEST).is_none(), "all of them were active just now");
            tokio::time::sleep(Duration::from_secs(2)).await;
            greedy[0].activity.note();
            let answering = greedy[1].activity.request();
            let newcomer = places.take(HONEST).expect("the third says nothing");
            assert!(is_evicted(&greedy[2]).await && !is_evicted(&greedy[0]).await && !is_evicted(&honest).await);
            // Those that are left of the greedy one are active: the next goes at the cost of another.
            greedy[0].activity.note();
            let next = places.take(GREEDY).expect("the honest one says nothing");
            assert!(is_evicted(&honest).await);
            drop((greedy, answering, honest, newcomer, next));
            let state = places.state();
            assert!(state.count == 0 && state.peers.is_empty(), "{} places are left", state.count);
        });
    }

    #[test]
    fn a_place_is_free_again_once_its_connection_has_ended() {
        on_paused_time(async {
            let places = Arc::new(Connections::new(1, Arc::default()));
            for _ in 0..3 {
                drop(places.take(GREEDY).expect("a place"));
            }
            let held = places.take(GREEDY).expect("a place");
            assert!(places.take(HONEST).is_none());
            drop(held);
            assert!(places.take(HONEST).is_some());
        });
    }

    #[test]
    fn one_holder_has_no_more_than_its_share() {
        let shares = Shares::new(2);
        let (greedy, honest) = (Holder::Address(GREEDY.expect("one")), Holder::Name("bank".into()));
        let held: Vec<_> = (0..2).map(|_| shares.take(greedy.clone()).expect("its share")).collect();
        assert!(shares.take(greedy.clone()).is_none() && shares.take(honest).is_some());
        drop(held);
        assert!(shares.take(greedy).is_some());
        assert!(shares.taken().is_empty(), "nobody is remembered for good");
    }
}
