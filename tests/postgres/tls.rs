//! TLS with a real server, whose certificate an authority of the test's own has signed.

use std::fs;
use std::net::TcpListener;

use camtoken::store::StoreError;

use crate::authority::Authority;
use crate::server::{Server, connect, has_tls, sql};

#[test]
fn a_server_is_believed_by_its_certificate_only() {
    if !has_tls() {
        eprintln!("skipped: this server was built without TLS");
        return;
    }
    let mut server = Server::start();
    let database = server.database();
    let name = database.split(['/', '?']).nth(3).expect("a name").to_owned();
    let authority = Authority::new("postgres");
    let others = Authority::new("postgres");
    for file in ["server.pem", "server.key", "ca.pem"] {
        server.take(&authority.path(file));
    }
    let hba = "local all all trust\nhostssl all all localhost cert\n";
    fs::write(server.data().join("pg_hba.conf"), hba).expect("the directory is ours");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a free port").port();
    server.stop();
    server.run_with(&[
        "listen_addresses=localhost",
        &format!("port={port}"),
        "ssl=on",
        "ssl_cert_file=server.pem",
        "ssl_key_file=server.key",
        "ssl_ca_file=ca.pem",
    ]);

    let url = |host: &str, roots: &Authority, client: &Authority| {
        let [roots, certificate, key] =
            [roots.path("ca.pem"), client.path("postgres.pem"), client.path("postgres.key")]
                .map(|path| path.replace('/', "%2F"));
        format!(
            "postgres://postgres@{host}:{port}/{name}?sslmode=verify-full&sslrootcert={roots}&sslcert={certificate}&sslkey={key}"
        )
    };
    let store = connect(&url("localhost", &authority, &authority)).expect("each believes the other");
    let secured = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'camtoken'";
    assert_eq!(sql(&server.admin(), secured), ["t"]);
    drop(store);

    for (what, url) in [
        ("an authority that has not signed it", url("localhost", &others, &authority)),
        ("another name than it is for", url("127.0.0.1", &authority, &authority)),
        ("a client that another authority has signed", url("localhost", &authority, &others)),
        ("no TLS", format!("postgres://postgres@localhost:{port}/{name}?sslmode=disable")),
    ] {
        let refused = connect(&url).err();
        assert!(matches!(refused, Some(StoreError::Unavailable { .. })), "{what}: {refused:?}");
    }
}
