//! The issuer for FAPI under real TLS: the provider's own client reaches it there, and no client without TLS.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use camtoken_portal::bank::Bank;
use camtoken_portal::demo;
use camtoken_portal::domain::linkage::{Menu, Standard};
use camtoken_portal::linkage::grants::{Grants, Server};
use camtoken_portal::pages::{Linkages, Site};
use camtoken_portal::provider;
use camtoken_portal::provider::client::{Client, Credentials, Trouble};
use camtoken_portal::system;
use camtoken_portal::tls::{Peer, TlsListener};
use serde_json::Value;
use tokio::net::TcpListener;

const CALLBACK: &str = "http://localhost:4883/callback";

struct World {
    url: String,
    tls_url: String,
    authority: String,
    credentials: Credentials,
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let bank = Bank::open(dir.path(), Arc::new(system::now)).expect("the bank opens");
        demo::seed(&bank).await.expect("a new bank");
        let listen = async || TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (plain, secure) = (listen().await, listen().await);
        let at = |address: SocketAddr, scheme: &str| format!("{scheme}://{address}");
        let url = at(plain.local_addr().expect("an address"), "http");
        let tls_url = at(secure.local_addr().expect("an address"), "https");
        let secure = TlsListener::new(secure, bank.authority.tls(bank.clock()).expect("TLS")).expect("a listener");
        let credentials = Credentials::open(&dir.path().join("provider.json")).expect("new credentials");
        let server = |standard| {
            let url = if standard == Standard::Fapi { &tls_url } else { &url };
            (standard, Arc::new(Server::new(&bank, standard, url, &[7; 32]).expect("a server")))
        };
        let servers: HashMap<Standard, Arc<Server>> = Standard::ALL.into_iter().map(server).collect();
        let office = CALLBACK.trim_end_matches("/callback");
        provider::register(&bank, &servers, office, &credentials).await.expect("registered");
        let servers = servers.into_iter().map(|(standard, server)| (standard, server as Arc<dyn Grants>)).collect();
        let authority = bank.authority.pem().to_owned();
        let site = Site::new(bank, None, dir.path().join("attacks")).with_linkages(Linkages::new(servers));
        let router = Arc::new(site).router().into_make_service_with_connect_info::<Peer>();
        let both = router.clone();
        tokio::spawn(async move { axum::serve(plain, both).await });
        tokio::spawn(async move { axum::serve(secure, router).await });
        Self { url, tls_url, authority, credentials, _dir: dir }
    }

    fn client(&self) -> Client {
        Client::new(self.url.clone(), CALLBACK.to_owned(), self.credentials.clone(), Arc::new(system::now))
    }

    /// The answer without TLS: its status, and its document if it has one.
    async fn ask(&self, path: &str, post: bool) -> (u16, Value) {
        let url = format!("{}{path}", self.url);
        let asked = tokio::task::spawn_blocking(move || {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let answer = if post { agent.post(&url).send_empty() } else { agent.get(&url).call() };
            let mut answer = answer.expect("an answer");
            let text = answer.body_mut().read_to_string().expect("a text");
            (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
        });
        asked.await.expect("no panic")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_for_fapi_answers_under_tls_alone() {
    let world = World::new().await;
    let begin = async |client: Client| {
        let scopes = Menu::ALL.map(Menu::scope);
        let begun = tokio::task::spawn_blocking(move || client.begin("choubo-fapi", Standard::Fapi, &scopes));
        begun.await.expect("no panic")
    };
    let knows = world.client().with_tls(world.tls_url.clone(), &world.authority).expect("a certificate");
    let (to, _) = begin(knows).await.expect("the metadata and the pushed request came over TLS");
    assert!(to.starts_with(&format!("{}/fapi/authorize?", world.tls_url)), "{to}");

    let without = begin(world.client()).await;
    assert!(matches!(without, Err(Trouble::Strange(_))), "there is no issuer without TLS");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let other = Bank::open(elsewhere.path(), Arc::new(system::now)).expect("another bank");
    let trusts_another = world.client().with_tls(world.tls_url.clone(), other.authority.pem()).expect("a certificate");
    assert!(
        matches!(begin(trusts_another).await, Err(Trouble::Away(_))),
        "another authority's certificate is not enough"
    );

    for (path, post) in [
        ("/.well-known/oauth-authorization-server/fapi", false),
        ("/fapi/jwks", false),
        ("/fapi/par", true),
        ("/fapi/token", true),
    ] {
        let (status, answer) = world.ask(path, post).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_request")), "{path}: {answer}");
        let told = answer["error_description"].as_str().unwrap_or_default();
        assert!(told.contains(&format!("{}/fapi", world.tls_url)), "{path}: {told}");
    }
    let (status, known) = world.ask("/.well-known/oauth-authorization-server/oauth", false).await;
    assert_eq!((status, known["issuer"].as_str()), (200, Some(format!("{}/oauth", world.url).as_str())));
}
