//! TLS with real handshakes: known clients get in, others do not.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;
use tempfile::TempDir;

use super::client::command;

/// A certificate authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
struct Identity {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("randomness");
        Self(CertifiedIssuer::self_signed(params, key).expect("its own key"))
    }

    fn identity(&self, name: &str) -> Identity {
        let key = KeyPair::generate().expect("randomness");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.0).expect("an authority");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    fn pem(&self) -> String {
        self.0.pem()
    }
}

/// A service under TLS. It is killed when dropped.
struct Served {
    child: Child,
    address: String,
    dir: TempDir,
}

impl Served {
    /// With the certificate of `authority`; for the clients of `clients` alone, if that is given.
    fn start(authority: &Authority, clients: Option<&Authority>) -> Self {
        Self::start_with(&["--only", "token"], authority, clients)
    }

    fn start_with(args: &[&str], authority: &Authority, clients: Option<&Authority>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str, pem: &str| {
            let path = dir.path().join(name);
            secret(&path, pem);
            path
        };
        let own = authority.identity("localhost");
        let mut command = command(&dir.path().join("state"));
        command.args(["serve", "--json", "--log", "warn"]).args(args);
        command.arg("--tls-cert").arg(file("chain.pem", &own.certificate));
        command.arg("--tls-key").arg(file("key.pem", &own.key));
        match clients {
            // On any address: known clients are enough.
            Some(clients) => {
                command.args(["--listen", "0.0.0.0:0", "--client-ca"]).arg(file("clients.pem", &clients.pem()))
            }
            None => command.args(["--port", "0"]),
        };
        let log = fs::File::create(dir.path().join("log")).expect("a writable directory");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the binary was built");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("it is piped")).read_line(&mut line).expect("one line");
        let listening: Value = serde_json::from_str(&line).expect("one document");
        let url = listening["url"].as_str().expect("an address");
        let address = url.strip_prefix("https://").expect("TLS").replace("0.0.0.0", "127.0.0.1");
        Self { child, address, dir }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
        stream
    }

    /// The first line of the answer to a client that trusts `authority` and shows `identity`; none without an agreement.
    fn ask(&self, authority: &Authority, identity: Option<&Identity>) -> Option<String> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.0.der().clone()).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("the provider has them").with_root_certificates(roots);
        let config = match identity {
            None => config.with_no_client_auth(),
            Some(Identity { certificate, key }) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
                config.with_client_auth_cert(vec![certificate], key).expect("a pair")
            }
        };
        let name = ServerName::try_from("localhost").expect("a name");
        let client = ClientConnection::new(Arc::new(config), name).expect("a configuration");
        let mut stream = StreamOwned::new(client, self.connect());
        stream.write_all(b"POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = Vec::new();
        // The end may come without the notice that TLS asks for.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).lines().next().map(str::to_owned)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_client_that_trusts_the_certificate_is_served() {
    let (authority, other) = (Authority::new(), Authority::new());
    let served = Served::start(&authority, None);
    assert_eq!(served.ask(&authority, None).as_deref(), Some("HTTP/1.1 201 Created"));
    assert_eq!(served.ask(&other, None), None, "a client that trusts another authority goes away");
    // Who speaks without TLS is not heard.
    let mut plain = served.connect();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn a_virtual_token_beside_a_verifier_under_tls_is_told_of_in_the_log() {
    let authority = Authority::new();
    for (args, lines) in [(&["--emulator"][..], 1), (&[], 0), (&["--only", "token"], 0)] {
        let served = Served::start_with(args, &authority, None);
        let log = fs::read_to_string(served.dir.path().join("log")).expect("it was made at the start");
        assert_eq!(log.lines().count(), lines, "{args:?}: {log}");
        let told = "\"message\":\"a virtual token is served beside a real verifier\",\"verifier\":\"TLS\"";
        assert_eq!(log.contains(told), lines == 1, "{args:?}: {log}");
    }
}

#[test]
fn only_known_clients_get_in() {
    let (authority, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let served = Served::start(&authority, Some(&clients));
    let known = clients.identity("back-end");
    assert_eq!(served.ask(&authority, Some(&known)).as_deref(), Some("HTTP/1.1 201 Created"));
    for stranger in [None, Some(strangers.identity("back-end")), Some(authority.identity("back-end"))] {
        assert_eq!(served.ask(&authority, stranger.as_ref()), None);
    }
}

/// A certificate has the scopes of its name in the file of keys.
#[test]
fn a_client_is_known_by_the_name_in_its_certificate() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let dir = tempfile::tempdir().expect("a temporary directory");
    let keys = dir.path().join("keys.toml");
    let known = "[[key]]\nname = \"payments.bank.example\"\nscopes = [\"issue\"]\n\n";
    let by_common_name = "[[key]]\nname = \"desk\"\nscopes = [\"operate\"]\n";
    secret(&keys, &format!("{known}{by_common_name}"));
    let args = ["--only", "token", "--api-keys", keys.to_str().expect("Unicode")];
    let served = Served::start_with(&args, &authority, Some(&clients));
    let created = Some("HTTP/1.1 201 Created".to_owned());
    assert_eq!(served.ask(&authority, Some(&clients.identity("payments.bank.example"))), created);
    let refused = Some("HTTP/1.1 401 Unauthorized".to_owned());
    assert_eq!(served.ask(&authority, Some(&clients.identity("other.bank.example"))), refused);
    let named = |name: &str| {
        let key = KeyPair::generate().expect("randomness");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "payments.bank.example");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let certificate = params.signed_by(&key, &clients.0).expect("an authority");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    };
    assert_eq!(served.ask(&authority, Some(&named("desk"))), created);
    assert_eq!(served.ask(&authority, Some(&named("nobody"))), refused, "the name of an organization is no name");
}

#[test]
fn who_does_not_finish_the_handshake_keeps_nobody_waiting() {
    let authority = Authority::new();
    let served = Served::start(&authority, None);
    let mut silent: Vec<_> = (0..64).map(|_| served.connect()).collect();
    let start = Instant::now();
    assert_eq!(served.ask(&authority, None).as_deref(), Some("HTTP/1.1 201 Created"));
    assert!(start.elapsed() < Duration::from_secs(5));
    // They are closed after a while, and end at once with the service.
    let id = served.child.id().to_string();
    assert!(std::process::Command::new("kill").arg(id).status().expect("kill is there").success());
    let mut rest = Vec::new();
    let _ = silent[0].read_to_end(&mut rest);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn files_that_make_no_tls_are_refused_with_their_part() {
    let authority = Authority::new();
    let (one, other) = (authority.identity("localhost"), authority.identity("localhost"));
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name);
    for (name, pem) in [("one.pem", &one.certificate), ("one.key", &one.key), ("other.key", &other.key)] {
        secret(&path(name), pem);
    }
    fs::write(path("empty.pem"), "").expect("a writable directory");
    for (chain, key, clients, part) in [
        ("none.pem", "one.key", None, "none.pem"),
        ("empty.pem", "one.key", None, "certificate chain"),
        ("one.key", "one.key", None, "certificate chain"),
        ("one.pem", "one.pem", None, "private key"),
        ("one.pem", "other.key", None, "the certificate and its key"),
        ("one.pem", "one.key", Some("empty.pem"), "authorities"),
    ] {
        let mut command = command(&path("state"));
        command.args(["serve", "--json", "--only", "token", "--port", "0", "--tls-cert"]).arg(path(chain));
        command.arg("--tls-key").arg(path(key));
        if let Some(clients) = clients {
            command.arg("--client-ca").arg(path(clients));
        }
        let output = command.output().expect("the binary was built");
        let error: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!((&error["code"], output.status.code()), (&"CT-E116".into(), Some(2)), "{error}");
        assert!(error["why"].as_str().expect("a reason").contains(part), "{error}");
        assert!(!error.to_string().contains("PRIVATE KEY"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let owner_is_root =
            std::os::unix::fs::MetadataExt::uid(&fs::metadata(path("one.key")).expect("it is there")) == 0;
        let mode = if owner_is_root { 0o644 } else { 0o640 };
        fs::set_permissions(path("one.key"), fs::Permissions::from_mode(mode)).expect("our own");
        let mut command = command(&path("state"));
        command.args(["serve", "--json", "--only", "token", "--port", "0", "--tls-cert"]).arg(path("one.pem"));
        let output = command.arg("--tls-key").arg(path("one.key")).output().expect("the binary was built");
        let error: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!((&error["code"], output.status.code()), (&"CT-E051".into(), Some(1)), "{error}");
    }
}

/// Writes a file that is for its owner only, as a key has to be.
fn secret(path: &std::path::Path, text: &str) {
    fs::write(path, text).expect("a writable directory");
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("our own");
}
