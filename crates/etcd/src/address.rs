//! Where the members are, and how to speak to them: a URL.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use camtoken::store::StoreError;
use camtoken_remote::tls::{TlsParameters, decoded, is_this_machine};
use rustls::ClientConfig;

/// How long one try to connect to one member may take, with all checks, unless the URL says `connect_timeout`.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_OF_SEVERAL: Duration = Duration::from_secs(1);

const PORT: u16 = 2379;

/// A URL that was understood. It holds the password.
pub(super) struct Address {
    /// The members, each a host and a port.
    pub servers: Vec<(String, u16)>,
    pub tls: Option<Arc<ClientConfig>>,
    pub user: Option<(String, String)>,
    /// The prefix of every key; it ends with a slash.
    pub prefix: String,
    pub patience: Duration,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(_)")
    }
}

impl Address {
    /// Reads `etcd://USER:PASSWORD@HOST:PORT,HOST:PORT/PREFIX?PARAMETERS`. Under TLS unless all members are on this machine
    /// or the URL says `sslmode=disable`.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let rest = url.strip_prefix("etcd://").ok_or_else(|| bad("it begins with etcd://"))?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = place.split_once('/').unwrap_or((place, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        let user = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            Ok::<_, StoreError>((decoded(name)?, decoded(password)?))
        });
        let servers = hosts.split(',').map(server).collect::<Result<Vec<_>, _>>()?;
        let (mut parameters, mut patience) = (TlsParameters::default(), None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if parameters.take(name, value)? {
                continue;
            }
            match (name, value.parse()) {
                ("connect_timeout", Ok(seconds @ 1..=60)) => patience = Some(Duration::from_secs(seconds)),
                ("connect_timeout", _) => return Err(bad("connect_timeout is 1 to 60 seconds")),
                _ => return Err(bad(&format!("{name:?} is no parameter of it"))),
            }
        }
        let wanted = parameters.wanted.unwrap_or_else(|| !servers.iter().all(|(host, _)| is_this_machine(host)));
        let tls = if wanted {
            let mut client = parameters.client()?;
            client.alpn_protocols = vec![b"h2".to_vec()];
            Some(Arc::new(client))
        } else {
            None
        };
        let prefix = decoded(path.trim_end_matches('/'))?;
        let prefix = if prefix.is_empty() { "camtoken/".to_owned() } else { prefix + "/" };
        let patience = patience.unwrap_or(if servers.len() > 1 { PATIENCE_OF_SEVERAL } else { PATIENCE });
        Ok(Self { servers, tls, user: user.transpose()?, prefix, patience })
    }
}

/// `host`, `host:port`, `[::1]`, `[::1]:port`.
fn server(text: &str) -> Result<(String, u16), StoreError> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(text) => text.split_once(']').ok_or_else(|| bad("[ has no ] after it"))?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => port.parse().map_err(|_| bad("a port is a number up to 65535"))?,
        None if rest.is_empty() => PORT,
        None => return Err(bad("after a host comes a port or the next host")),
    };
    if host.is_empty() { Err(bad("a host is missing")) } else { Ok((host.to_owned(), port)) }
}

fn bad(reason: &str) -> StoreError {
    StoreError::Address { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_prefix_and_user_are_read() {
        let one = Address::parse("etcd://127.0.0.1").expect("a URL");
        assert_eq!((one.servers, one.prefix.as_str()), (vec![("127.0.0.1".to_owned(), 2379)], "camtoken/"));
        assert!(one.tls.is_none() && one.user.is_none());
        assert_eq!(one.patience, PATIENCE);
        let url = "etcd://me:x%40y@one:1,[::1]:2,three/a/b/?sslmode=disable&connect_timeout=7";
        let three = Address::parse(url).expect("a URL");
        let servers = [("one", 1), ("::1", 2), ("three", 2379)].map(|(host, port)| (host.to_owned(), port));
        assert_eq!((three.servers, three.prefix.as_str()), (servers.to_vec(), "a/b/"));
        assert_eq!(three.user, Some(("me".to_owned(), "x@y".to_owned())));
        assert_eq!(three.patience, Duration::from_secs(7));
    }

    #[test]
    fn members_elsewhere_are_spoken_to_under_tls() {
        for (url, tls) in [
            ("etcd://db.example", true),
            ("etcd://localhost,10.0.0.7:2379/bank", true),
            ("etcd://localhost,127.0.0.2,[::1]/bank", false),
            ("etcd://localhost?sslmode=require", true),
            ("etcd://db.example?sslmode=disable", false),
        ] {
            assert_eq!(Address::parse(url).expect(url).tls.is_some(), tls, "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_shown() {
        for (url, word) in [
            ("http://db", "etcd://"),
            ("etcd://", "host"),
            ("etcd://a,,b", "host"),
            ("etcd://a:70000", "port"),
            ("etcd://[::1", "]"),
            ("etcd://a?colour=red", "colour"),
            ("etcd://a?connect_timeout=0", "connect_timeout"),
            ("etcd://a?sslmode=prefer", "sslmode"),
            ("etcd://a?sslmode=require&sslcert=a.pem", "sslkey"),
            ("etcd://me:hunter2@a:x", "port"),
        ] {
            let said = Address::parse(url).expect_err(url).to_string();
            assert!(said.contains(word) && !said.contains("hunter2"), "{url}: {said}");
        }
        assert_eq!(format!("{:?}", Address::parse("etcd://me:hunter2@localhost").expect("a URL")), "Address(_)");
    }
}
