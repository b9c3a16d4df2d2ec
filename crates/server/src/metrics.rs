//! The metrics, for Prometheus. Labels are routes and camtoken's own words, never text from a caller.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The counters of one service.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabel, Histogram>,
    verdicts: Family<VerdictLabel, Counter<u64, AtomicU64>>,
    self_checks: Family<CheckLabel, Gauge>,
    /// Requests without the right key.
    pub failed_authentications: Counter,
    pub connections: Gauge,
    /// Idle connections that were closed for newcomers.
    pub connections_closed: Counter,
    /// Connections that found no place.
    pub connections_refused: Counter,
    /// How far the clock is ahead of the time that has passed, in seconds; 0 while it is trusted.
    pub clock_ahead: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerdictLabel {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CheckLabel {
    check: &'static str,
}

/// Seconds: from what a verification takes to what a picture takes.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

impl Metrics {
    pub fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let method = match method.as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "PUT" => "PUT",
            "DELETE" => "DELETE",
            _ => "other",
        };
        self.requests.get_or_create(&RequestLabels { method, route: route.to_owned(), status: status.as_u16() }).inc();
        self.seconds.get_or_create(&RouteLabel { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    pub fn settled(&self, result: &'static str) {
        self.verdicts.get_or_create(&VerdictLabel { result }).inc();
    }

    /// Says how a self-check went.
    pub fn checked(&self, check: &'static str, is_fine: bool) {
        self.self_checks.get_or_create(&CheckLabel { check }).set(i64::from(!is_fine));
    }

    pub fn text(&self) -> String {
        let mut page = String::new();
        text::encode(&mut page, &self.registry).expect("a String takes every text");
        page
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("camtoken");
        let requests = Family::default();
        registry.register("http_requests", "Requests that were answered", requests.clone());
        let seconds = Family::<RouteLabel, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        registry.register("http_request_seconds", "Time from the head of a request to its answer", seconds.clone());
        let verdicts = Family::default();
        registry.register("verdicts", "Responses that were settled, by result", verdicts.clone());
        let failed_authentications = Counter::default();
        let what = "Requests whose key was missing or wrong";
        registry.register("failed_authentications", what, failed_authentications.clone());
        let self_checks = Family::default();
        registry.register(
            "self_check_failed",
            "Whether a self-check has found something wrong (1)",
            self_checks.clone(),
        );
        let connections = Gauge::default();
        registry.register("http_connections", "Open connections", connections.clone());
        let connections_closed = Counter::default();
        let what = "Idle connections that were closed for newcomers";
        registry.register("http_connections_closed", what, connections_closed.clone());
        let connections_refused = Counter::default();
        registry.register("http_connections_refused", "Connections that found no place", connections_refused.clone());
        let clock_ahead = Gauge::default();
        registry.register(
            "clock_ahead_seconds",
            "How far the clock is ahead; 0 while it is trusted",
            clock_ahead.clone(),
        );
        Self {
            registry,
            requests,
            seconds,
            verdicts,
            self_checks,
            failed_authentications,
            connections,
            connections_closed,
            connections_refused,
            clock_ahead,
        }
    }
}
