//! Connections: how many, how long they may say nothing, and how they end.

use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::access::Peer;
use super::places::{Activity, Connections};
use super::stall::Unstalled;
use super::{Service, StoreStopped};

/// Open connections. Beyond that a newcomer replaces an idle one.
const CONNECTIONS: usize = 16_384;

/// Files that a process needs to have open for all connections, its store and itself.
pub const OPEN_FILES: u64 = CONNECTIONS as u64 + 1024;

/// Connections that the system keeps until they are accepted; the system may have a limit of its own.
const BACKLOG: u32 = 4096;

/// How long a connection may take over the head of a request, and say nothing between two.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// How long an answer may wait for the other side to read any more of it.
const WRITE_TIME: Duration = Duration::from_secs(30);

/// How long the last answers may take when the service ends.
const CLOSING_TIME: Duration = Duration::from_secs(10);

/// How long the other side may take to agree on TLS.
#[cfg(feature = "tls")]
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

impl Service {
    /// Serves until `stop`; then accepts no more requests, and ends once those that it has are answered.
    ///
    /// # Errors
    ///
    /// [`StoreStopped`] when it has ended by itself: nothing can be decided until the store is opened again.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), StoreStopped> {
        self.run(async move || tcp(&listener).await, |stream, peer| ready(Some((stream, peer))), stop).await
    }

    /// Serves as [`Service::serve`] does, on a socket in the file system: only this user and root get answers.
    ///
    /// # Errors
    ///
    /// As [`Service::serve`].
    #[cfg(unix)]
    pub async fn serve_unix(
        self,
        listener: tokio::net::UnixListener,
        stop: impl Future<Output = ()>,
    ) -> Result<(), StoreStopped> {
        let own = listener.local_addr().ok().and_then(|address| owner(address.as_pathname()?));
        let agree = move |stream: tokio::net::UnixStream, peer| {
            let user = stream.peer_cred().map(|peer| peer.uid());
            let is_heard = user.as_ref().is_ok_and(|user| *user == 0 || Some(*user) == own);
            if !is_heard {
                tracing::warn!(user = user.ok(), "a connection of another user");
            }
            ready(is_heard.then_some((stream, peer)))
        };
        self.run(async move || Ok((listener.accept().await?.0, Peer::default())), agree, stop).await
    }

    /// Serves as [`Service::serve`] does, under TLS. A client whose handshake fails is disconnected.
    ///
    /// # Errors
    ///
    /// As [`Service::serve`].
    #[cfg(feature = "tls")]
    pub async fn serve_tls(
        self,
        listener: TcpListener,
        tls: &super::Tls,
        stop: impl Future<Output = ()>,
    ) -> Result<(), StoreStopped> {
        let acceptor = tls.acceptor();
        let agree = move |stream, mut peer: Peer| {
            let accept = acceptor.accept(stream);
            async move {
                let stream = timeout(HANDSHAKE_TIME, accept).await.ok()?.ok()?;
                let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                peer.certificate = shown.map(|certificate| super::certificate::names(certificate).into());
                Some((stream, peer))
            }
        };
        self.run(async move || tcp(&listener).await, agree, stop).await
    }

    async fn run<R, T, A>(
        mut self,
        accept: impl AsyncFn() -> io::Result<(R, Peer)>,
        agree: impl Fn(R, Peer) -> A,
        stop: impl Future<Output = ()>,
    ) -> Result<(), StoreStopped>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        A: Future<Output = Option<(T, Peer)>> + Send + 'static,
    {
        // Tasks that are spawned here end when this is dropped.
        let mut upkeep = JoinSet::new();
        if let Some(task) = self.upkeep.take() {
            upkeep.spawn(task);
        }
        let places = Arc::new(Connections::new(CONNECTIONS, Arc::clone(&self.metrics)));
        let graceful = GracefulShutdown::new();
        let (mut stop, mut stopped) = (pin!(stop), pin!(self.stopped.notified()));
        let outcome = loop {
            let accepted = tokio::select! {
                accepted = accept() => accepted,
                () = &mut stop => break Ok(()),
                () = &mut stopped => break Err(StoreStopped),
                () = &mut self.store_stopped => break Err(StoreStopped),
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Too many open files: some are about to be closed.
                    tracing::warn!(%error, "no connection");
                    sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Some(seat) = places.take(peer.address) else { continue };
            let (agreed, watcher) = (agree(stream, peer), graceful.watcher());
            let (router, metrics) = (self.router.clone(), Arc::clone(&self.metrics));
            let mut closing = self.closing.subscribe();
            tokio::spawn(async move {
                metrics.connections.inc();
                let stream = tokio::select! {
                    stream = agreed => stream,
                    _ = closing.wait_for(|closing| *closing) => None,
                    () = seat.activity.evicted() => None,
                };
                if let Some((stream, peer)) = stream {
                    let served = watcher.watch(connection(stream, peer, router, &seat.activity));
                    tokio::select! {
                        // An error on a connection concerns its caller only.
                        _ = served => {}
                        () = seat.activity.evicted() => {}
                    }
                }
                metrics.connections.dec();
                drop(seat);
            });
        };
        drop((accept, upkeep));
        self.closing.send_replace(true);
        if timeout(CLOSING_TIME, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off at the end");
        }
        outcome
    }
}

/// Opens the address to listen on, with room for many clients that connect at the same moment.
///
/// # Errors
///
/// As the system says.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port that was just left is taken again; one that is in use is not.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Opens a socket in the file system, for this user alone. A socket without a listener is replaced.
///
/// # Errors
///
/// As the system says; a path that is something else, or that another process listens to, is left alone.
#[cfg(unix)]
pub fn listen_unix(path: &std::path::Path) -> io::Result<tokio::net::UnixListener> {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    use std::os::unix::net::UnixStream;

    let is_left = || {
        std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket())
            && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    };
    if is_left() {
        std::fs::remove_file(path)?;
    }
    let listener = tokio::net::UnixListener::bind(path)?;
    // Every connection is checked for its user, also one of before this line.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

#[cfg(unix)]
fn owner(path: &std::path::Path) -> Option<u32> {
    std::fs::metadata(path).ok().map(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata))
}

async fn tcp(listener: &TcpListener) -> io::Result<(TcpStream, Peer)> {
    let (stream, address) = listener.accept().await?;
    let _ = stream.set_nodelay(true);
    Ok((stream, Peer { address: Some(address.ip()), certificate: None }))
}

/// The routes for one connection, which know who is at its other end.
#[derive(Clone)]
struct ForPeer {
    routes: TowerToHyperService<Router>,
    peer: Peer,
    activity: Arc<Activity>,
}

type Routes = TowerToHyperService<Router>;

impl hyper::service::Service<Request<Incoming>> for ForPeer {
    type Response = <Routes as hyper::service::Service<Request<Incoming>>>::Response;
    type Error = <Routes as hyper::service::Service<Request<Incoming>>>::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer.clone());
        let (answering, answer) = (self.activity.request(), self.routes.call(request));
        Box::pin(async move {
            let answer = answer.await;
            drop(answering);
            answer
        })
    }
}

fn connection<T>(
    stream: T,
    peer: Peer,
    router: Router,
    activity: &Arc<Activity>,
) -> http1::Connection<TokioIo<Unstalled<T>>, ForPeer>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let routes = ForPeer { routes: TowerToHyperService::new(router), peer, activity: Arc::clone(activity) };
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        // A caller that has sent everything may close its side, and still gets the answer.
        .half_close(true)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(Unstalled::new(stream, WRITE_TIME, Arc::clone(activity))), routes)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    fn on_paused_time(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(test);
    }

    fn activity() -> Arc<Activity> {
        let places = Arc::new(Connections::new(1, Arc::default()));
        Arc::clone(&places.take(None).expect("a place").activity)
    }

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    /// It once kept its place for good: no timer runs while an answer waits to be read.
    #[test]
    fn who_asks_and_does_not_read_is_given_up() {
        on_paused_time(async {
            let (mut caller, ours) = duplex(4096);
            let router = Router::new().route("/", get(async || "x".repeat(10_000)));
            let served = tokio::spawn(connection(ours, Peer::default(), router, &activity()));
            let start = Instant::now();
            for _ in 0..20 {
                caller.write_all(REQUEST).await.expect("there is room");
            }
            let ended = timeout(2 * WRITE_TIME, served).await.expect("it does not wait for good");
            assert!(ended.expect("no panic").is_err());
            assert!(start.elapsed() >= WRITE_TIME, "{:?}", start.elapsed());
        });
    }

    /// A kilobyte whenever the patience is nearly over.
    #[test]
    fn who_reads_slowly_is_served() {
        on_paused_time(async {
            let (mut caller, ours) = duplex(4096);
            let router = Router::new().route("/", get(async || "x".repeat(10_000)));
            tokio::spawn(connection(ours, Peer::default(), router, &activity()));
            caller.write_all(REQUEST).await.expect("there is room");
            let (mut part, mut count) = ([0; 1024], 0);
            while count < 10_000 {
                sleep(WRITE_TIME - Duration::from_secs(1)).await;
                let read = caller.read(&mut part).await.expect("it is open");
                assert_ne!(read, 0, "cut off after {count} bytes");
                count += read;
            }
        });
    }

    #[test]
    fn a_write_that_waits_ends() {
        on_paused_time(async {
            let (_caller, ours) = duplex(16);
            let mut ours = Unstalled::new(ours, WRITE_TIME, activity());
            let error = ours.write_all(&[0; 17]).await.expect_err("nobody reads");
            assert_eq!(error.kind(), ErrorKind::TimedOut);
        });
    }
}
