//! The checks that every request passes: the caller, the size, the rate. And the headers that every answer gets.
//!
//! The body is read whole before the request takes a slot for work. So a slow sender delays no other caller. Only an image
//! takes its slot before, for the memory that it needs: sixteen slow ones keep other images out until their time is over. A
//! request without a slot is answered 503 at once.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::stream;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{timeout, timeout_at};
use zeroize::Zeroize;

use super::access::{Access, Entry, Peer, Scope};
use super::metrics::Metrics;
use super::places::{Holder, Share, Shares};
use super::problem::{Code, Problem};
use super::turns::{Caller, Turns};
use super::{Clock, Options};
use camtoken::key::Key;
use camtoken::language::Language;

/// The limits of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// A short JSON document, answered at once.
    Plain,
    /// A token's file.
    File,
    /// A picture.
    Picture,
    /// A batch file, which its handler reads as it comes.
    Batch,
    /// An answer that waits for something to happen.
    Wait,
}

impl Limit {
    const fn body(self) -> usize {
        match self {
            Self::Plain | Self::Wait => 64 << 10,
            Self::File => 1 << 20,
            Self::Picture => 32 << 20,
            Self::Batch => 72 << 20,
        }
    }

    const fn body_time(self) -> Duration {
        match self {
            Self::Plain | Self::Wait | Self::File => Duration::from_secs(10),
            Self::Picture => Duration::from_secs(30),
            Self::Batch => Duration::from_secs(120),
        }
    }
}

impl Limit {
    /// By when the next bytes have to be there, once so many are.
    fn due(self, read: usize) -> Duration {
        match self {
            Self::Picture | Self::Batch => {
                self.body_time().min(TO_BEGIN + Duration::from_secs((read / LEAST_RATE) as u64))
            }
            _ => self.body_time(),
        }
    }
}

/// Requests that are worked on at the same time.
const WORKING: usize = 1024;

/// Long bodies that are received or decoded at the same time.
const PICTURES: usize = 16;

/// Answers that wait at the same time.
const WAITING: usize = 1024;

/// The bytes of an image that have to come each second, once it had time to begin. The request has its slot while the image comes,
/// so a very slow sender must not keep it.
const LEAST_RATE: usize = 4 << 10;
const TO_BEGIN: Duration = Duration::from_secs(3);

/// A store that does not answer for so long has an unknown outcome.
const WORK_TIME: Duration = Duration::from_secs(30);

/// Access control, limits and counters of the service.
pub(super) struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
    entry: Entry,
    clock: Clock,
    language: Language,
    limits: Vec<(&'static str, Limit)>,
    access: Vec<(&'static str, &'static str, Access)>,
    picture_budget: PictureBudget,
    told: Mutex<Told>,
    working: Arc<Semaphore>,
    pictures: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// One caller has at most half of the slots for images, and of those for answers that wait.
    picture_shares: Arc<Shares>,
    waiting_shares: Arc<Shares>,
    turns: Arc<Turns>,
    pub metrics: Arc<Metrics>,
    stopped: Arc<Notify>,
}

impl Guard {
    pub fn new(
        options: &Options,
        limits: Vec<(&'static str, Limit)>,
        access: Vec<(&'static str, &'static str, Access)>,
        metrics: Arc<Metrics>,
        stopped: Arc<Notify>,
    ) -> Self {
        Self {
            hosts: options.hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            origins: options.origins.iter().map(|origin| origin.to_ascii_lowercase()).collect(),
            entry: Entry::new(options.api_key.as_ref().map(Key::expose_bytes), options.keys.clone()),
            clock: Arc::clone(&options.clock),
            language: options.language,
            limits,
            access,
            picture_budget: PictureBudget(options.picture_budget),
            told: Mutex::default(),
            working: Arc::new(Semaphore::new(WORKING)),
            pictures: Arc::new(Semaphore::new(PICTURES)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            picture_shares: Shares::new(PICTURES / 2),
            waiting_shares: Shares::new(WAITING / 2),
            turns: Turns::new(),
            metrics,
            stopped,
        }
    }

    fn limit(&self, route: &str) -> Limit {
        self.limits.iter().find(|(path, _)| *path == route).map_or(Limit::Plain, |(_, limit)| *limit)
    }

    async fn pass(&self, request: Request, route: &str, next: Next) -> Result<Response, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = self.admit(&parts, route)?;
        let sender = Caller::new(holder(caller.as_ref(), &parts), &self.turns);
        parts.extensions.insert(sender.clone());
        let change = self.is_change(&parts.method, route).then(|| (parts.uri.path().to_owned(), caller.clone()));
        let limit = self.limit(route);
        let place = |places: &Arc<Semaphore>| Arc::clone(places).try_acquire_owned().map_err(|_| Code::Busy);
        let picture = match limit {
            Limit::Picture | Limit::Batch => {
                Some(Place(Arc::new((sender.share(&self.picture_shares)?, place(&self.pictures)?))))
            }
            _ => None,
        };
        if limit == Limit::Batch {
            let body = paced(&parts.headers, body, limit)?;
            parts.headers.remove(header::AUTHORIZATION);
            // The place is held until the file was read and answered.
            let _place = picture;
            let request = counted(parts, body);
            let time = limit.body_time() + WORK_TIME;
            return Ok(timeout(time, ACTOR.scope(caller, next.run(request))).await.map_err(|_| Code::StoreUnknown)?);
        }
        // Keys, responses and passphrases are in bodies.
        let body = Wiped(read(&parts.headers, body, limit).await?);
        parts.headers.remove(header::AUTHORIZATION);
        let mut request = counted(parts, Body::from(body.0.clone()));
        if limit == Limit::Wait {
            // The stream outlives this function and keeps its place until it ends.
            let held = (sender.share(&self.waiting_shares)?, place(&self.waiting)?);
            request.extensions_mut().insert(Place(Arc::new(held)));
            return Ok(ACTOR.scope(caller, next.run(request)).await);
        }
        let _working = place(&self.working)?;
        let too_late = if picture.is_some() { Code::Busy } else { Code::StoreUnknown };
        // Work on an image goes on when its caller has left, and keeps its slot.
        if let Some(picture) = picture {
            request.extensions_mut().insert(picture);
            request.extensions_mut().insert(self.picture_budget);
        }
        let response = timeout(WORK_TIME, ACTOR.scope(caller, next.run(request))).await.map_err(|_| too_late)?;
        if let Some((path, caller)) = change.filter(|_| response.status().is_success()) {
            tracing::info!(path, caller = caller.as_deref(), "changed");
        }
        Ok(response)
    }

    /// Whether a route changes something that has no line of its own in the log: challenges and verdicts have.
    fn is_change(&self, method: &Method, route: &str) -> bool {
        let own = [Scope::Issue, Scope::Verify];
        let access = if method.is_safe() { None } else { self.access(method, route) };
        matches!(access, Some(Access::Scopes(scopes)) if !scopes.iter().all(|scope| own.contains(scope)))
    }

    /// Whether a route is open to every caller, also without a key.
    fn is_open(&self, parts: &Parts, route: &str) -> bool {
        let path = parts.uri.path();
        ["/openapi.json", "/docs"].contains(&path)
            || path.starts_with("/ui/")
            || matches!(self.access(&parts.method, route), Some(Access::Open))
    }

    fn access(&self, method: &Method, route: &str) -> Option<Access> {
        let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
        self.access.iter().find(|(verb, path, _)| *verb == method && *path == route).map(|(.., access)| *access)
    }

    /// Counts a failure to show the right key, and says so in the log: at most once a second, with how many there were.
    fn failed(&self, peer: &Peer, code: Code) {
        self.metrics.failed_authentications.inc();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.untold += 1;
        if told.at.is_none_or(|at| at.elapsed() >= Duration::from_secs(1)) {
            let address = peer.address.map(|address| address.to_string());
            let (count, address) = (told.untold, address.as_deref().unwrap_or("-"));
            tracing::warn!(peer = address, count, code = code.as_str(), "authentication failed");
            *told = Told { at: Some(Instant::now()), untold: 0 };
        }
    }

    /// Checks the host name, the origin, the key and its scopes. Gives the caller's name.
    fn admit(&self, parts: &Parts, route: &str) -> Result<Option<Arc<str>>, Problem> {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or(parts.uri.authority().map(|authority| authority.as_str()));
        let host = host.map(str::to_ascii_lowercase).unwrap_or_default();
        if parts.headers.get_all(header::HOST).iter().count() > 1 || !self.is_own_host(&host) {
            return Err(Problem::from(Code::Origin).because("Host"));
        }
        if let Some(origin) = parts.headers.get(header::ORIGIN) {
            let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
            let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            if own != Some(host.as_str()) && !self.origins.contains(&origin) {
                return Err(Problem::from(Code::Origin).because("Origin"));
            }
        }
        let peer = parts.extensions.get::<Peer>().cloned().unwrap_or_default();
        let is_known = self.entry.needs_key() || peer.certificate.is_some();
        // Callers on this machine's loopback are trusted. A proxy there brings requests of others.
        if let Some(header) = FORWARDING.iter().find(|name| !is_known && parts.headers.contains_key(**name)) {
            return Err(Problem::from(Code::Forwarded).because(header));
        }
        if self.is_open(parts, route) {
            return Ok(None);
        }
        let caller = self.entry.caller(&parts.headers, &peer, (self.clock)());
        let caller = caller.inspect_err(|code| self.failed(&peer, *code))?;
        match self.access(&parts.method, route) {
            Some(Access::Scopes(scopes)) if !caller.may(scopes) => {
                let needed: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
                let name = caller.name.as_deref().unwrap_or("-");
                tracing::warn!(caller = name, method = %parts.method, route, "scope missing");
                Err(Problem::from(Code::Scope).because(needed.join(", ")))
            }
            _ => Ok(caller.name),
        }
    }

    /// A page of another site reaches us under its own name only (DNS rebinding), never under an address.
    fn is_own_host(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        name == "localhost" || address.parse::<IpAddr>().is_ok() || self.hosts.iter().any(|own| own == name)
    }

    fn language(&self, headers: &HeaderMap) -> Language {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        preferred(accepted).unwrap_or(self.language)
    }
}

/// Headers that proxies add to forwarded requests.
const FORWARDING: [&str; 9] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-server",
    "x-forwarded-prefix",
    "x-real-ip",
];

/// The failures that were logged.
#[derive(Default)]
struct Told {
    at: Option<Instant>,
    untold: u64,
}

tokio::task_local! {
    /// The name of the caller whose request is worked on.
    static ACTOR: Option<Arc<str>>;
}

/// The name of the caller whose request is worked on, if callers have names.
pub(super) fn actor() -> Option<Arc<str>> {
    ACTOR.try_with(Clone::clone).ok().flatten()
}

/// A slot of answers that wait, or of images, as long as it is held.
#[derive(Clone)]
pub(super) struct Place(#[expect(dead_code, reason = "held, never read")] Arc<(Option<Share>, OwnedSemaphorePermit)>);

/// How long the picture of a request may be searched.
#[derive(Clone, Copy)]
pub(super) struct PictureBudget(pub Duration);

/// Of whose share a request takes: the caller's by name, otherwise that of its address. On this machine all callers have the same
/// address, so they cannot be distinguished.
fn holder(caller: Option<&Arc<str>>, parts: &Parts) -> Option<Holder> {
    let address = || parts.extensions.get::<Peer>()?.address.filter(|address| !address.is_loopback());
    caller.cloned().map(Holder::Name).or_else(|| address().map(Holder::Address))
}

/// The bytes of a body, overwritten at the end unless something else still holds them: what the connection has read
/// together with it, or work on a picture that goes on.
struct Wiped(Bytes);

impl Drop for Wiped {
    fn drop(&mut self) {
        if let Ok(mut bytes) = std::mem::take(&mut self.0).try_into_mut() {
            bytes.as_mut().zeroize();
        }
    }
}

/// The outermost layer.
pub(super) async fn guard(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let language = guard.language(request.headers());
    request.extensions_mut().insert(language);
    let mut response = match guard.pass(request, route, next).await {
        Ok(response) => response,
        Err(problem) => problem.render(language),
    };
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let said = response.extensions_mut().remove::<Problem>().or_else(|| unsaid(&response));
        if let Some(problem) = said {
            if problem.is_final() {
                guard.stopped.notify_one();
            }
            let allow = response.headers_mut().remove(header::ALLOW);
            response = problem.render(language);
            response.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));

    let (took, status) = (start.elapsed(), response.status());
    guard.metrics.answered(&method, route, status, took);
    let ms = took.as_secs_f64() * 1e3;
    if status.is_server_error() {
        tracing::warn!(%method, route, status = status.as_u16(), ms, "answered");
    } else {
        tracing::debug!(%method, route, status = status.as_u16(), ms, "answered");
    }
    response
}

/// Refusals of the router itself.
fn unsaid(response: &Response) -> Option<Problem> {
    let is_ours = |value: &HeaderValue| value.as_bytes() == b"application/problem+json";
    if response.headers().get(header::CONTENT_TYPE).is_some_and(is_ours) {
        return None;
    }
    Some(Problem::from(match response.status() {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::Method,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::MediaType,
        status if status.is_client_error() => Code::Request,
        _ => Code::Internal,
    }))
}

/// How long a body says that it is, if that is not too long.
fn check_announced(headers: &HeaderMap, limit: Limit) -> Result<Option<u64>, Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit.body() as u64) {
        Err(Code::TooLarge.into())
    } else {
        Ok(announced)
    }
}

/// A request whose body was counted here: the framework's own limit of two megabytes is less than a picture's.
fn counted(parts: Parts, body: Body) -> Request {
    let mut request = Request::from_parts(parts, body);
    DefaultBodyLimit::disable().apply(&mut request);
    request
}

async fn read(headers: &HeaderMap, body: Body, limit: Limit) -> Result<Bytes, Problem> {
    let announced = check_announced(headers, limit)?;
    match timeout(limit.body_time(), gather(Limited::new(body, limit.body()), announced, limit)).await {
        Ok(read) => read,
        Err(_) => Err(Code::Slow.into()),
    }
}

/// A body was cut off: it came too slowly, or is too long.
#[derive(Debug)]
pub(super) struct Cut(pub Code);

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl std::error::Error for Cut {}

/// A body that is read as it comes, and cut off if it comes too slowly or is too long.
fn paced(headers: &HeaderMap, body: Body, limit: Limit) -> Result<Body, Problem> {
    check_announced(headers, limit)?;
    let start = tokio::time::Instant::now();
    let pieces = stream::unfold(Some((Limited::new(body, limit.body()), 0)), move |rest| async move {
        let (mut body, read) = rest?;
        match timeout_at(start + limit.due(read), body.frame()).await {
            Ok(Some(Ok(frame))) => {
                let piece = frame.into_data().unwrap_or_default();
                let read = read + piece.len();
                Some((Ok(piece), Some((body, read))))
            }
            Ok(Some(Err(error))) if error.is::<LengthLimitError>() => Some((Err(Cut(Code::TooLarge)), None)),
            Ok(Some(Err(_))) => Some((Err(Cut(Code::Request)), None)),
            Ok(None) => None,
            Err(_) => Some((Err(Cut(Code::Slow)), None)),
        }
    });
    Ok(Body::from_stream(pieces))
}

/// Reads a body, if it comes fast enough.
async fn gather(mut body: Limited<Body>, announced: Option<u64>, limit: Limit) -> Result<Bytes, Problem> {
    let start = tokio::time::Instant::now();
    // A buffer that grows leaves copies of what may be secret; what is announced and never comes takes little.
    let announced = usize::try_from(announced.unwrap_or_default()).unwrap_or_default();
    let mut gathered = Vec::with_capacity(announced.min(Limit::File.body()));
    loop {
        // By then the next bytes have to be there.
        match timeout_at(start + limit.due(gathered.len()), body.frame()).await {
            Ok(Some(Ok(frame))) => gathered.extend(frame.data_ref().into_iter().flatten()),
            Ok(Some(Err(error))) if error.is::<LengthLimitError>() => return Err(Code::TooLarge.into()),
            Ok(Some(Err(_))) => return Err(Problem::from(Code::Request).because("the body ended early")),
            Ok(None) => return Ok(gathered.into()),
            Err(_) => return Err(Code::Slow.into()),
        }
    }
}

/// The first supported language by weight (RFC 9110, section 12.5.4).
fn preferred(accepted: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    for range in accepted.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let Ok(language) = primary.parse::<Language>() else { continue };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
        let Some(weight) = weight.filter(|weight| *weight > 0.0) else { continue };
        if best.is_none_or(|(_, known)| weight > known) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests;
