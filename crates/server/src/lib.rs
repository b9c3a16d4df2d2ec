//! The service: the verifier over HTTP for bank back ends in any language, and a virtual camera token for tests.
//!
//! ```text
//! connection ─ listen ─> guard (host, origin, key, limits) ─> route ─> one call of the verifier or the device ─> answer
//! ```
//!
//! Handlers hold no rules. A refusal is the verifier's or the token's, and an answer (200). A problem (RFC 9457) means that nothing
//! was decided; CT-E015 and CT-E019 mean that the outcome is not known. Each route is in a table with its description, from which
//! `/openapi.json` is made.
//!
//! The virtual token is served only if [`Options`] says so, and needs the feature `emulator`; a build without it has none of its
//! code.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod api;
mod backup;
mod bank;
mod batch;
#[cfg(feature = "tls")]
mod certificate;
mod clock;
#[cfg(feature = "emulator")]
#[cfg_attr(docsrs, doc(cfg(feature = "emulator")))]
pub mod emulator;
mod face;
mod guard;
mod idempotency;
mod json;
mod lint;
mod listen;
mod metrics;
#[cfg(not(feature = "emulator"))]
mod no_emulator;
mod pictures;
mod places;
mod problem;
mod provisioning;
mod self_check;
mod stall;
#[cfg(feature = "tls")]
mod tls;
mod turns;
mod values;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tokio::sync::{Notify, watch};

use camtoken::key::Key;
use camtoken::language::Language;
use camtoken::store::{Store, StoreError};
use camtoken::verifier::{Verifier, VerifierError};

pub use access::{AccessKey, AccessKeys, Scope, ScopeError, is_host_name, is_origin};
pub use clock::{Clock, Reading, WatchedClock};
#[cfg(unix)]
pub use listen::listen_unix;
pub use listen::{OPEN_FILES, listen};
pub use problem::{Code, Problem};
pub use self_check::SelfCheck;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use tls::{Tls, TlsError};

use api::{Api, Described, Method};
use clock::BankClock;
use guard::{Guard, Limit, guard};
use json::Json;
use metrics::Metrics;
use self_check::SelfChecks;

/// The options of the service. The default is for loopback: no key, no other host name, no page of another origin.
pub struct Options {
    /// Host names that it answers beside `localhost` and addresses.
    pub hosts: Vec<String>,
    /// Pages that may call it beside its own, as `https://host`.
    pub origins: Vec<String>,
    /// The key that a caller without a name sends as `Authorization: Bearer`: it may do everything.
    pub api_key: Option<Key>,
    /// The callers by name, each with its scopes. They can be replaced while the service runs.
    pub keys: Option<AccessKeys>,
    /// The language of answers to requests without one.
    pub language: Language,
    /// The clock that the verifier decides by, if it is not watched.
    pub clock: Clock,
    /// The clock that the verifier decides by, and that is watched. Default: none.
    pub watched_clock: Option<WatchedClock>,
    /// Whether to serve the virtual token, for tests. The default is not to; without the feature `emulator` there is none. A verifier
    /// that accepts test keys decides by the clock of a session about the session's own tokens.
    pub virtual_token: bool,
    /// How long each image may be searched for a code: 2 seconds. The answer has what was found until then.
    pub picture_budget: Duration,
    /// The checks of `/readyz` and `/metrics` beside the store and its key.
    pub self_checks: Vec<SelfCheck>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            origins: Vec::new(),
            api_key: None,
            keys: None,
            language: Language::En,
            clock: Arc::new(clock::system_time),
            watched_clock: None,
            virtual_token: false,
            picture_budget: Duration::from_secs(2),
            self_checks: Vec::new(),
        }
    }
}

impl Options {
    fn needs_key(&self) -> bool {
        self.api_key.is_some() || self.keys.is_some()
    }
}

/// A service has ended by itself: a write of its store has failed, and the content of the disk is not known until the store is
/// opened again, usually by another process.
#[derive(Debug, thiserror::Error)]
#[error("the store has stopped after a failed write")]
pub struct StoreStopped;

/// A service, ready for a listener.
pub struct Service {
    router: Router,
    metrics: Arc<Metrics>,
    /// Notified when a request has found that the store has stopped.
    stopped: Arc<Notify>,
    /// Done when the store has stopped, also without a request.
    store_stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Raised when the service ends: answers that wait end with it.
    closing: watch::Sender<bool>,
    /// Work beside serving, until the service ends.
    upkeep: Option<Upkeep>,
}

type Upkeep = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Service {
    /// Puts the routes together: the verifier's if there is one, and those of the virtual token if `options` says so.
    #[must_use]
    pub fn new<S: Store + 'static>(verifier: Option<Verifier<S>>, options: &Options) -> Self {
        let metrics = Arc::<Metrics>::default();
        let closing = watch::Sender::new(false);
        let verifier = verifier.map(Arc::new);
        // The description of the service.
        let mut parts = Vec::new();
        let (has_verifier, has_token) = (verifier.is_some(), cfg!(feature = "emulator") && options.virtual_token);
        // A browser has no key to send: the virtual token's page is for this machine alone.
        let has_face = has_token && !options.needs_key();

        let store_stopped = Box::pin(stopping(verifier.clone()));
        let clock = Arc::new(match &options.watched_clock {
            Some(watched) => BankClock::Watched(watched.clone(), Arc::clone(&metrics)),
            None => BankClock::Plain(Arc::clone(&options.clock)),
        });
        let upkeep = options.watched_clock.clone().zip(verifier.clone());
        let upkeep = upkeep.map(|(watched, verifier)| -> Upkeep { Box::pin(watched.note(verifier)) });
        let common = Common {
            metrics: Arc::clone(&metrics),
            verifier: verifier.clone(),
            clock: Arc::clone(&clock),
            self_checks: SelfChecks::new(&options.self_checks),
        };
        #[cfg(feature = "emulator")]
        let sessions = options.virtual_token.then(|| {
            let moves_verifier = verifier.as_ref().is_some_and(|verifier| verifier.policy().accept_test_keys);
            Arc::new(emulator::Emulator::new(options.language, moves_verifier, closing.subscribe()))
        });
        #[cfg(not(feature = "emulator"))]
        let sessions = None;
        let (mut router, mut described) = common_routes(Described::new()).finish(Arc::new(common));
        if let Some(verifier) = verifier {
            parts.push("The verifier of a camera token");
            // The records are not for every caller: a backup needs a key.
            if options.needs_key() {
                let state = backup::Backup::new(Arc::clone(&verifier));
                let (routes, more) = backup::routes(described).finish(Arc::new(state));
                (router, described) = (router.merge(routes), more);
            }
            let state = bank::Bank::new(verifier, Arc::clone(&clock), sessions.clone(), Arc::clone(&metrics));
            let api = bank::activations(bank::registrations(described));
            let api = batch::routes(bank::challenges(provisioning::routes(api)));
            let (routes, more) = api.finish(Arc::new(state));
            (router, described) = (router.merge(routes), more);
        }
        #[cfg(feature = "emulator")]
        if let Some(sessions) = sessions {
            parts.push("A virtual camera token, for tests");
            let (routes, more) = emulator::routes(described).finish(sessions);
            (router, described) = (router.merge(routes), more);
            if has_face {
                router = router.merge(face::face());
            }
        }

        let (limits, access) = (std::mem::take(&mut described.limits), described.access.clone());
        let openapi = described.openapi(&parts, options.needs_key());
        let openapi: Arc<[u8]> = serde_json::to_vec(&openapi).expect("plain data").into();
        router = router.route("/openapi.json", get(async move || json::bytes(openapi.to_vec())));
        router = router.merge(face::docs()).merge(face::start(has_face));

        let stopped = Arc::<Notify>::default();
        let door = Arc::new(Guard::new(options, limits, access, Arc::clone(&metrics), Arc::clone(&stopped)));
        let router = router
            .fallback(async move |uri: Uri| Problem::from(not_here(uri.path(), has_verifier, has_token)))
            .method_not_allowed_fallback(async || Problem::from(Code::Method))
            .layer(middleware::from_fn_with_state(door, guard));
        Self { router, metrics, stopped, store_stopped, closing, upkeep }
    }

    /// The routes alone, to be called without a socket.
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

/// Why there is nothing at a path: it may belong to the half that this service does not have.
fn not_here(path: &str, has_verifier: bool, has_token: bool) -> Code {
    match path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next()) {
        Some("sessions") if !has_token => Code::NoVirtualToken,
        Some("tokens" | "enrollments" | "activations" | "challenges" | "generators" | "operations")
            if !has_verifier =>
        {
            Code::NoVerifier
        }
        _ => Code::NotFound,
    }
}

async fn stopping<S: Store>(verifier: Option<Arc<Verifier<S>>>) {
    let Some(verifier) = verifier else { return std::future::pending().await };
    let error = verifier.store().stopped().await;
    tracing::error!(%error, "the store has stopped");
}

struct Common<S> {
    metrics: Arc<Metrics>,
    verifier: Option<Arc<Verifier<S>>>,
    self_checks: SelfChecks,
    clock: Arc<BankClock>,
}

/// Whether the service lives.
#[derive(Serialize, JsonSchema)]
struct Health {
    /// ok
    status: &'static str,
}

fn common_routes<S: Store + 'static>(described: Described) -> Api<Arc<Common<S>>> {
    const LINT: &str = "/v1/lint";
    let metrics = json!({ "application/openmetrics-text": { "schema": { "type": "string" } } });
    Api::new(described)
        .add(Method::Get, "/healthz", get(alive::<S>), |op| {
            op.open()
                .summary("service", "Whether the service lives: not once a write of its store has failed")
                .answer::<Health>(200, "It does")
        })
        .add(Method::Get, "/readyz", get(ready::<S>), |op| {
            op.open()
                .summary(
                    "service",
                    "Whether the service can decide: its store answers, and no self-check has found something wrong",
                )
                .answer::<Health>(200, "It can")
        })
        .add(Method::Get, "/metrics", get(exposed::<S>), |op| {
            op.scopes(&[Scope::Metrics]).summary("service", "Counters for Prometheus").answer_of(
                200,
                "All of them",
                metrics,
            )
        })
        .add(Method::Post, LINT, post(lint::lint), lint::described)
        .limit(LINT, Limit::Picture)
}

async fn alive<S: Store>(State(common): State<Arc<Common<S>>>) -> Result<Json<Health>, Problem> {
    if let Some(verifier) = &common.verifier {
        tokio::select! {
            biased;
            error = verifier.store().stopped() => return Err(error.into()),
            () = std::future::ready(()) => {}
        }
    }
    Ok(Json(Health { status: "ok" }))
}

async fn ready<S: Store>(State(common): State<Arc<Common<S>>>) -> Result<Json<Health>, Problem> {
    if let Some(verifier) = &common.verifier {
        common.clock.now()?;
        verifier.store().ping().await.map_err(|error: StoreError| Problem::from(error))?;
        let fits = verifier.check_key(&mut rng()).await;
        common.metrics.checked(self_check::KEY, !matches!(fits, Err(VerifierError::KeyMismatch)));
        match fits {
            // A part of the store is away, and the others answer: their customers are served.
            Err(VerifierError::Store(StoreError::Unavailable { .. })) => {}
            fits => fits?,
        }
    }
    common.self_checks.run(&common.metrics)?;
    Ok(Json(Health { status: "ok" }))
}

async fn exposed<S: Store>(State(common): State<Arc<Common<S>>>) -> Response {
    // Findings are in the metrics.
    let _ = common.self_checks.run(&common.metrics);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], common.metrics.text()).into_response()
}

/// The randomness of the system. Without it nothing goes on.
fn rng() -> impl CryptoRng {
    UnwrapErr(SysRng)
}

#[cfg(test)]
mod tests;
