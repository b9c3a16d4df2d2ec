//! Connections of the site: who is at the other end, and the listener for those that speak TLS.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::authority::fingerprint;

/// The other end of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// The address.
    pub address: Option<IpAddr>,
    /// Whether the connection is TLS.
    pub secure: bool,
    /// The fingerprint of the certificate whose private key the other end has shown to have.
    pub certificate: Option<String>,
}

impl Peer {
    /// What counts as one address: of IPv6 the network, because its owner has as many addresses as they like in it.
    #[must_use]
    pub fn network(&self) -> Option<IpAddr> {
        self.address.map(|address| match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            four => four,
        })
    }
}

/// Does the TLS handshake of each client by itself, so that a silent client delays no other.
pub struct TlsListener {
    agreed: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

/// How long the other side may take to agree on TLS.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// How many may be about to agree.
const HANDSHAKES: usize = 256;

impl TlsListener {
    /// Takes over a listener.
    ///
    /// # Errors
    ///
    /// That the listener has no address.
    pub fn new(listener: TcpListener, config: Arc<ServerConfig>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (agree, agreed) = mpsc::channel(HANDSHAKES);
        let acceptor = TlsAcceptor::from(config);
        let places = Arc::new(Semaphore::new(HANDSHAKES));
        tokio::spawn(async move {
            let mut listener = listener;
            while !agree.is_closed() {
                let (stream, address) = Listener::accept(&mut listener).await;
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                let (acceptor, agree) = (acceptor.clone(), agree.clone());
                tokio::spawn(async move {
                    let accepted = timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await;
                    drop(place);
                    if let Ok(Ok(stream)) = accepted {
                        let _ = agree.send((stream, address)).await;
                    }
                });
            }
        });
        Ok(Self { agreed, address })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.agreed.recv().await {
            Some(agreed) => agreed,
            // The runtime ends.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self { address: Some(stream.remote_addr().ip()), ..Self::default() }
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        let (_, session) = stream.io().get_ref();
        let certificate = session.peer_certificates().and_then(|chain| chain.first()).map(fingerprint);
        Self { address: Some(stream.remote_addr().ip()), secure: true, certificate }
    }
}
