//! Connections: how many, how long they may say nothing, and how they end.

use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::stall::Unstalled;
use super::{Service, StoreStopped};

/// Open connections; more are closed at once.
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
    /// Serves until `stop`; then takes no more, and ends once the requests that it has are answered.
    ///
    /// # Errors
    ///
    /// [`StoreStopped`] when it has ended by itself: nothing can be decided until the store is opened again.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), StoreStopped> {
        self.run(listener, |stream| ready(Some(stream)), stop).await
    }

    /// Serves as [`Service::serve`] does, under TLS. Whoever does not agree on it is never heard.
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
        let agree = move |stream| {
            let accept = acceptor.accept(stream);
            async move { timeout(HANDSHAKE_TIME, accept).await.ok()?.ok() }
        };
        self.run(listener, agree, stop).await
    }

    async fn run<T, A>(
        mut self,
        listener: TcpListener,
        agree: impl Fn(TcpStream) -> A,
        stop: impl Future<Output = ()>,
    ) -> Result<(), StoreStopped>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        A: Future<Output = Option<T>> + Send + 'static,
    {
        // What is spawned here ends when it is dropped.
        let mut upkeep = JoinSet::new();
        if let Some(task) = self.upkeep.take() {
            upkeep.spawn(task);
        }
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let graceful = GracefulShutdown::new();
        let (mut stop, mut stopped) = (pin!(stop), pin!(self.stopped.notified()));
        let outcome = loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break Ok(()),
                () = &mut stopped => break Err(StoreStopped),
                () = &mut self.store_stopped => break Err(StoreStopped),
            };
            let (stream, _) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Too many open files: some are about to be closed.
                    tracing::warn!(%error, "no connection");
                    sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
            let _ = stream.set_nodelay(true);
            let (agreed, watcher) = (agree(stream), graceful.watcher());
            let (router, metrics) = (self.router.clone(), Arc::clone(&self.metrics));
            let mut closing = self.closing.subscribe();
            tokio::spawn(async move {
                metrics.connections.inc();
                let stream = tokio::select! {
                    stream = agreed => stream,
                    _ = closing.wait_for(|closing| *closing) => None,
                };
                if let Some(stream) = stream {
                    // What goes wrong on a connection is the caller's business.
                    let _ = watcher.watch(connection(stream, router)).await;
                }
                metrics.connections.dec();
                drop(place);
            });
        };
        drop((listener, upkeep));
        self.closing.send_replace(true);
        if timeout(CLOSING_TIME, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off at the end");
        }
        outcome
    }
}

/// Opens the address to listen on, with room for many who come at the same moment.
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

fn connection<T>(stream: T, router: Router) -> http1::Connection<TokioIo<Unstalled<T>>, TowerToHyperService<Router>>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        // Who has said all that there is to say may close that side and still be answered.
        .half_close(true)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(Unstalled::new(stream, WRITE_TIME)), TowerToHyperService::new(router))
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

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    /// It once kept its place for good: no timer runs while an answer waits to be read.
    #[test]
    fn who_asks_and_does_not_read_is_given_up() {
        on_paused_time(async {
            let (mut caller, ours) = duplex(4096);
            let router = Router::new().route("/", get(async || "x".repeat(10_000)));
            let served = tokio::spawn(connection(ours, router));
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
            tokio::spawn(connection(ours, router));
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
            let mut ours = Unstalled::new(ours, WRITE_TIME);
            let error = ours.write_all(&[0; 17]).await.expect_err("nobody reads");
            assert_eq!(error.kind(), ErrorKind::TimedOut);
        });
    }
}
