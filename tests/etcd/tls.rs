//! TLS with a real member, whose certificate an authority of the test's own has signed.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::{Change, RecordId, Replaced, Revision, Store, StoreError, block_on};
use camtoken_etcd::{EtcdStore, Options};

use crate::authority::Authority;
use crate::cluster::is_installed;

/// A member by itself; it ends with the value.
struct Member(Child);

impl Drop for Member {
    fn drop(&mut self) {
        let _ = (self.0.kill(), self.0.wait());
    }
}

#[test]
fn a_member_is_believed_by_its_certificate_only() {
    if !is_installed() {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (authority, others) = (Authority::new("bank"), Authority::new("bank"));
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a free port").port();
    let (port, peer) = (free(), free());
    let own = format!("https://127.0.0.1:{port}");
    let peer = format!("http://127.0.0.1:{peer}");
    let member = Command::new("etcd")
        .args(["--data-dir", &dir.path().join("data").display().to_string(), "--name", "one"])
        .args(["--listen-client-urls", &own, "--advertise-client-urls", &own])
        .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
        .args(["--initial-cluster", &format!("one={peer}")])
        .args(["--cert-file", &authority.path("server.pem"), "--key-file", &authority.path("server.key")])
        .args(["--client-cert-auth", "--trusted-ca-file", &authority.path("ca.pem")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _member = Member(member.expect("etcd is installed"));

    let url = |host: &str, roots: &Authority, client: &Authority| {
        let files = [roots.path("ca.pem"), client.path("bank.pem"), client.path("bank.key")];
        let [roots, certificate, key] = files.map(|path| path.replace('/', "%2F"));
        format!(
            "etcd://{host}:{port}?sslmode=verify-full&sslrootcert={roots}&sslcert={certificate}&sslkey={key}&connect_timeout=1"
        )
    };
    let good = url("localhost", &authority, &authority);
    let start = Instant::now();
    while let Err(error) = EtcdStore::migrate(&good, &Options::default()) {
        assert!(start.elapsed() < Duration::from_secs(60), "{error}");
        thread::sleep(Duration::from_millis(200));
    }
    let store = EtcdStore::connect(&good, Options::default()).expect("each believes the other");
    let id: RecordId = "activation:000000000001".parse().expect("an ID");
    let change = Change { record: b"one".to_vec(), audit: None };
    let replaced = block_on(store.replace(&id, Revision::ABSENT, change));
    assert_eq!(replaced, Ok(Replaced::Yes(Revision::from_u64(1))));

    for (what, url) in [
        ("an authority that has not signed it", url("localhost", &others, &authority)),
        ("another name than it is for", url("127.0.0.1", &authority, &authority)),
        ("a client that another authority has signed", url("localhost", &authority, &others)),
        ("no TLS", format!("etcd://localhost:{port}?sslmode=disable&connect_timeout=1")),
    ] {
        let hasty = Options { deadline: Duration::from_secs(2), ..Options::default() };
        let refused = EtcdStore::connect(&url, hasty).err();
        assert!(matches!(refused, Some(StoreError::Unavailable { .. })), "{what}: {refused:?}");
    }
}
