//! Where the database is, and how to speak to it: a URL as `psql` takes it.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use camtoken_remote::tls::{TlsParameters, is_this_machine};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::{Connect, TlsConnector, client};

use camtoken::store::StoreError;

/// How long one try to connect may take, unless the URL says `connect_timeout`. Where there are several servers, some are
/// silent when a verifier needs the others most.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_OF_SEVERAL: Duration = Duration::from_secs(2);

/// A URL that was understood. It holds the password.
#[derive(Clone)]
pub(super) struct Address {
    /// One for each server of the URL.
    pub servers: Vec<Config>,
    pub tls: Tls,
    /// How long one try to connect to one server may take.
    pub patience: Duration,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(_)")
    }
}

impl Address {
    /// Reads a URL. TLS is asked for unless the server is on this machine, and the server's certificate is always
    /// checked: `sslmode` is `disable`, or any of `require`, `verify-ca` and `verify-full`, which are alike here.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut plain, mut parameters) = (Vec::new(), TlsParameters::default());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !parameters.take(name, value)? {
                plain.push(pair);
            }
        }
        let query = if plain.is_empty() { String::new() } else { format!("?{}", plain.join("&")) };
        let urls = one_by_one(place).into_iter().map(|place| format!("{place}{query}"));
        let mut servers = urls.map(|url| parse(&url)).collect::<Result<Vec<_>, _>>()?;
        let tls = parameters.wanted.unwrap_or_else(|| !servers.iter().all(are_here));
        let several = servers.len() > 1 || servers[0].get_hosts().len() > 1;
        for config in &mut servers {
            config.ssl_mode(if tls { SslMode::Require } else { SslMode::Disable });
            if several {
                config.target_session_attrs(TargetSessionAttrs::ReadWrite);
            }
            if config.get_application_name().is_none() {
                config.application_name("camtoken");
            }
        }
        let patience = servers[0].get_connect_timeout().copied();
        let patience = patience.unwrap_or(if several { PATIENCE_OF_SEVERAL } else { PATIENCE });
        Ok(Self { servers, tls: Tls(tls.then(|| parameters.client().map(Arc::new)).transpose()?), patience })
    }
}

fn parse(url: &str) -> Result<Config, StoreError> {
    url.parse().map_err(|error: tokio_postgres::Error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        bad(&cause.unwrap_or_else(|| "not a URL of PostgreSQL".to_owned()))
    })
}

/// The URL of each server that one URL names, separated by commas.
fn one_by_one(place: &str) -> Vec<String> {
    let start = place.find("://").map_or(0, |scheme| scheme + 3);
    let end = place[start..].find('/').map_or(place.len(), |path| start + path);
    let start = place[start..end].find('@').map_or(start, |user| start + user + 1);
    let (before, after) = (&place[..start], &place[end..]);
    place[start..end].split(',').map(|server| format!("{before}{server}{after}")).collect()
}

fn bad(reason: &str) -> StoreError {
    StoreError::Address { reason: reason.to_owned() }
}

/// Whether all places that a connection may go to are on this machine; a `hostaddr` counts before its host. No other machine can
/// listen in between then.
fn are_here(config: &Config) -> bool {
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let is_anywhere = !hosts.is_empty() || !addresses.is_empty();
    is_anywhere && hosts.iter().all(is_here) && addresses.iter().all(IpAddr::is_loopback)
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => is_this_machine(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// TLS by rustls, or none.
#[derive(Clone)]
pub(super) struct Tls(Option<Arc<ClientConfig>>);

/// TLS to the server of one name.
pub(super) struct TlsTo {
    client: Option<Arc<ClientConfig>>,
    name: String,
}

/// A stream under TLS.
pub(super) struct Secured<S>(client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Secured<S>;
    type TlsConnect = TlsTo;
    type Error = io::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<TlsTo, io::Error> {
        Ok(TlsTo { client: self.0.clone(), name: domain.to_owned() })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for TlsTo {
    type Stream = Secured<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Secured<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let client = self.client.ok_or_else(|| io::Error::other("TLS was not asked for"))?;
            let name = ServerName::try_from(self.name).map_err(io::Error::other)?;
            let connect: Connect<S> = TlsConnector::from(client).connect(name, stream);
            connect.await.map(Secured)
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Secured<S> {
    /// The certificate is checked, so binding the password to it too would add nothing.
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Secured<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Secured<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        Address::parse(url).map(|_| ()).expect_err("not taken").to_string()
    }

    #[test]
    fn a_server_elsewhere_is_spoken_to_under_tls() {
        for (url, tls) in [
            ("postgres://db.example/bank", true),
            ("postgres://db.example/bank?sslmode=verify-full", true),
            ("postgres://db.example/bank?sslmode=disable", false),
            ("postgres://10.0.0.7:6432/bank", true),
            ("postgres://localhost,db.example/bank", true),
            ("postgres://localhost/bank", false),
            ("postgres://127.0.0.1,[::1]/bank", false),
            ("postgres://%2Frun%2Fpostgresql/bank", false),
            ("postgresql:///bank?host=/run/postgresql", false),
            ("postgres://localhost/bank?sslmode=require", true),
            ("postgres:///bank?hostaddr=10.0.0.5", true),
            ("postgres://localhost/bank?hostaddr=10.0.0.5", true),
            ("postgres:///bank?hostaddr=127.0.0.1", false),
        ] {
            let address = Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(address.tls.0.is_some(), tls, "{url}");
            let modes = address.servers.iter().map(|config| config.get_ssl_mode() == SslMode::Require);
            assert!(modes.eq(address.servers.iter().map(|_| tls)), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_kept_to_is_refused() {
        assert!(refused("postgres://db/bank?sslmode=prefer").contains("sslmode"));
        assert!(refused("postgres://db/bank?sslmode=require&sslcert=a.pem").contains("sslkey"));
        assert!(refused("postgres://db/bank?sslrootcert=%2Fnowhere%2Froot.pem").contains("/nowhere/root.pem"));
        assert!(refused("postgres://db/bank?sslrootcert=%2").contains("hexadecimal"));
        assert!(refused("postgres://db/bank?colour=red").contains("colour"));
    }

    #[test]
    fn no_password_is_shown() {
        let address = Address::parse("postgres://bank:hunter2@db/bank").expect("a URL");
        assert_eq!(format!("{address:?}"), "Address(_)");
        assert!(!refused("postgres://bank:hunter2@db/bank?port=x").contains("hunter2"));
    }

    #[test]
    fn of_several_servers_the_one_that_takes_writes_is_meant() {
        for (url, servers) in [
            ("postgres://one,two/bank", &[("one", Some(5432)), ("two", Some(5432))][..]),
            ("postgres://me:x%40y@one:1,two:2,three:3/bank", &[("one", Some(1)), ("two", Some(2)), ("three", Some(3))]),
            ("postgres://one:1,two:2?user=me", &[("one", Some(1)), ("two", Some(2))]),
        ] {
            let address = Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            let parsed = address.servers.iter().map(|config| {
                assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite, "{url}");
                assert!(config.get_user().is_none_or(|user| user == "me"), "{url}");
                let [Host::Tcp(name)] = config.get_hosts() else { panic!("{url}: one host each") };
                (name.as_str(), config.get_ports().first().copied())
            });
            assert_eq!(parsed.collect::<Vec<_>>(), servers, "{url}");
            assert_eq!(address.patience, PATIENCE_OF_SEVERAL, "{url}");
        }
        let one = Address::parse("postgres://one/bank?connect_timeout=7").expect("a URL");
        assert_eq!((one.patience, one.servers.len()), (Duration::from_secs(7), 1));
        assert_eq!(one.servers[0].get_target_session_attrs(), TargetSessionAttrs::Any);
    }
}
