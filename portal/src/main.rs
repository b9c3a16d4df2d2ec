//! Starts the reference bank on loopback, with the demonstration's tokens beside it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use camtoken_portal::bank::{Bank, BankError};
use camtoken_portal::demo;
use camtoken_portal::domain::caution::Caution;
use camtoken_portal::domain::linkage::Standard;
use camtoken_portal::drawer::Drawer;
use camtoken_portal::linkage::grants::{Grants, Server};
use camtoken_portal::linkage::registration::Registration;
use camtoken_portal::pages::Linkages;
use camtoken_portal::pages::Site;
use camtoken_portal::postman::Postman;
use camtoken_portal::provider::client::Credentials;
use camtoken_portal::provider::{self, Office};
use camtoken_portal::secrets::secret_key;
use camtoken_portal::store;
use camtoken_portal::system::{self, Clock};
use camtoken_portal::test_clock::TestClock;
use camtoken_portal::tls::{Peer, TlsListener};
use camtoken_portal::webauthn::RelyingParty;
use camtoken_server::listen;

const USAGE: &str = "\
Starts 架空中央銀行 (Kakuu Central Bank), a bank for trying things, on this machine only.

Usage: camtoken-portal [--dir DIR] [--port N] [--tls-port N] [--token-port N] [--provider-port N] [--smtp URL] [--store URL]
                       [--client FILE]… [--resume-operator ID] [--test-clock] [--json] [--demo]

  --dir DIR        where its books are kept (default: portal-state)
  --port N         the bank's port (default: 4880; 0 takes a free one)
  --tls-port N     the same under TLS, for customers with a certificate (default: 4882; 0 takes a free one)
  --token-port N   the port of its customers' tokens (default: 4881; 0 takes a free one)
  --provider-port N
                   the port of an invented external service (default: 4883; 0 takes a free one)
  --smtp URL       bring mails to this server, too (smtp://host:port, smtps://…; or CAMTOKEN_PORTAL_SMTP, for a URL
                   with a password)
  --store URL      keep the verifier's records in PostgreSQL (postgres://…; or CAMTOKEN_PORTAL_STORE); the bank's own
                   books stay in DIR
  --client FILE    register an external service of your own: its metadata as in RFC 7591 (client_id, client_name,
                   redirect_uris, token_endpoint_auth_method, …), one file each; portal/LINKAGE.md has an example
  --resume-operator ID
                   lift the suspension of a bank operator who cannot log in any more, and start
  --test-clock     a clock that the page /clock moves on, for walking through days: for the bank, its customers' tokens and
                   the external service. Only where all tokens were made for tests; the bank in DIR stays ahead
  --json           print one line of JSON once it listens
  --demo           print who can log in how, and end";

/// The arguments of the command line.
struct Args {
    dir: PathBuf,
    port: u16,
    tls_port: u16,
    token_port: u16,
    provider_port: u16,
    smtp: Option<String>,
    store: Option<String>,
    clients: Vec<PathBuf>,
    resume_operator: Option<String>,
    test_clock: bool,
    json: bool,
}

fn main() -> ExitCode {
    let args = match args() {
        Ok(Some(args)) => args,
        Ok(None) => return ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(run(&args)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn args() -> Result<Option<Args>, String> {
    let mut args = Args {
        dir: PathBuf::from("portal-state"),
        port: 4880,
        tls_port: 4882,
        token_port: 4881,
        provider_port: 4883,
        smtp: None,
        store: None,
        clients: Vec::new(),
        resume_operator: None,
        test_clock: false,
        json: false,
    };
    args.store = std::env::var("CAMTOKEN_PORTAL_STORE").ok();
    args.smtp = std::env::var("CAMTOKEN_PORTAL_SMTP").ok();
    let mut given = std::env::args().skip(1);
    while let Some(flag) = given.next() {
        let mut value = || given.next().ok_or(format!("{flag} needs a value"));
        let port = |text: String| text.parse().map_err(|_| format!("{text} is no port"));
        match flag.as_str() {
            "--dir" => args.dir = value()?.into(),
            "--port" => args.port = port(value()?)?,
            "--tls-port" => args.tls_port = port(value()?)?,
            "--token-port" => args.token_port = port(value()?)?,
            "--provider-port" => args.provider_port = port(value()?)?,
            "--smtp" => args.smtp = Some(without_password(value()?)?),
            "--store" => args.store = Some(without_password(value()?)?),
            "--client" => args.clients.push(value()?.into()),
            "--resume-operator" => args.resume_operator = Some(value()?),
            "--test-clock" => args.test_clock = true,
            "--json" => args.json = true,
            "--demo" => {
                println!("{}", who_can_log_in());
                return Ok(None);
            }
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(None);
            }
            _ => return Err(format!("{flag} is unknown")),
        }
    }
    Ok(Some(args))
}

/// A command line can be read by others.
fn without_password(url: String) -> Result<String, String> {
    let user = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    match user {
        Some((user, _)) if user.contains(':') => Err("a URL with a password goes into the environment".to_owned()),
        _ => Ok(url),
    }
}

async fn run(args: &Args) -> Result<(), String> {
    let say = |error: &dyn std::fmt::Display| error.to_string();
    let clients = clients(&args.clients)?;
    let test_clock = test_clock(args)?;
    let clock: Clock = test_clock.as_ref().map_or_else(|| Arc::new(system::now) as Clock, TestClock::clock);
    let bank = open(args, Arc::clone(&clock)).map_err(|error| say(&error))?;
    if test_clock.is_some()
        && let Some(token) = bank.real_token().await.map_err(|error| say(&error))?
    {
        return Err(format!(
            "--test-clock: {token} is a real token, whose time is not moved; use another --dir or --store"
        ));
    }
    let new = demo::seed(&bank).await.map_err(|error| say(&error))?;
    bank.recover().await.map_err(|error| say(&error))?;
    if let Some(id) = &args.resume_operator
        && !bank.resume_operator(id).map_err(|error| say(&error))?
    {
        return Err(format!("there is no operator {id}"));
    }
    let (drawer, tokens) = Drawer::open(&args.dir.join("tokens"), new).await.map_err(|error| say(&error))?;

    if let Some(clock) = &test_clock {
        let follow = drawer.clock();
        follow(clock.ahead()).await.map_err(|error| say(&error))?;
        clock.follow(Box::new(follow));
    }

    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let token_listener = listen(at(args.token_port)).map_err(|error| format!("port {}: {error}", args.token_port))?;
    let listener = listen(at(args.port)).map_err(|error| format!("port {}: {error}", args.port))?;
    let tls_listener = listen(at(args.tls_port)).map_err(|error| format!("port {}: {error}", args.tls_port))?;
    let tls_url = format!("https://{}", tls_listener.local_addr().map_err(|error| say(&error))?);
    let tls = bank.authority.tls(bank.clock()).map_err(|error| say(&error))?;
    let tls_listener = TlsListener::new(tls_listener, tls).map_err(|error| say(&error))?;
    let token_url = format!("http://{}", token_listener.local_addr().map_err(|error| say(&error))?);
    let url = format!("http://{}", listener.local_addr().map_err(|error| say(&error))?);
    let session = drawer.session().to_owned();
    let face = drawer.has_face().await.then(|| format!("{token_url}/ui#session={session}&token="));
    let provider_listener =
        listen(at(args.provider_port)).map_err(|error| format!("port {}: {error}", args.provider_port))?;
    // By another name than the bank's, for cookies know no ports: the provider would be sent the bank's.
    let provider_port = provider_listener.local_addr().map_err(|error| say(&error))?.port();
    let provider_url = format!("http://localhost:{provider_port}");
    let (linkages, office) = linkages(&bank, args, [&url, &tls_url, &provider_url], (clients, clock)).await?;
    let site = Site::new(bank, face, args.dir.join("attack-room")).with_tls(tls_url.clone()).with_linkages(linkages);
    let site = site.with_passkeys(passkeys([&url, &tls_url]));
    let site = Arc::new(match test_clock {
        Some(clock) => site.with_test_clock(clock),
        None => site,
    });

    tell(args.json, &Addresses { url, tls_url, provider_url, token_url, session });
    let router = Arc::clone(&site).router().into_make_service_with_connect_info::<Peer>();
    let bank = axum::serve(listener, router.clone()).with_graceful_shutdown(stop());
    let secure = axum::serve(tls_listener, router).with_graceful_shutdown(stop());
    let provider = axum::serve(provider_listener, office).with_graceful_shutdown(stop());
    let postman = args.smtp.as_deref().map(Postman::new).transpose().map_err(|error| say(&error))?;
    let mails = async {
        match &postman {
            Some(postman) => postman.serve(&site.bank).await,
            None => std::future::pending().await,
        }
    };
    let tokens = tokens.serve(token_listener, stop());
    tokio::select! {
        (ended, secured, provided, _) = async {
            tokio::join!(async { bank.await }, async { secure.await }, async { provider.await }, tokens)
        } => {
            ended.and(secured).and(provided).map_err(|error| say(&error))
        }
        never = keep_tidy(&site) => match never {},
        stopped = mails => Err(stopped.err().map_or_else(String::new, |error| say(&error))),
        lost = drawer.keep() => Err(lost.err().map_or_else(String::new, |error| say(&error))),
    }
}

/// The site that passkeys are for. They need a host name, and there is one on this machine.
fn passkeys(urls: [&String; 2]) -> RelyingParty {
    let origins = urls.map(|url| url.replace("127.0.0.1", "localhost")).into();
    RelyingParty { id: "localhost".to_owned(), origins }
}

/// The clock for tests, if the arguments ask for one.
fn test_clock(args: &Args) -> Result<Option<Arc<TestClock>>, String> {
    let unusable = |error: std::io::Error| format!("the test clock of {}: {error}", args.dir.display());
    if args.test_clock {
        return TestClock::open(&args.dir, Arc::new(system::now)).map(Some).map_err(unusable);
    }
    match TestClock::ahead_in(&args.dir).map_err(unusable)? {
        0 => Ok(None),
        ahead => Err(format!(
            "the bank in {} was moved ahead by {ahead} s: start it with --test-clock, or use another --dir",
            args.dir.display()
        )),
    }
}

/// Opens the bank, with the verifier's records where the arguments say.
fn open(args: &Args, clock: Clock) -> Result<Bank, BankError> {
    let bank = match &args.store {
        None => Bank::open(&args.dir, clock)?,
        Some(url) => Bank::open_with(&args.dir, store::connect(url)?, clock)?,
    };
    Ok(bank.with_caution(Caution::default()))
}

/// Where everything listens, and the session that the tokens are in.
struct Addresses {
    url: String,
    tls_url: String,
    provider_url: String,
    token_url: String,
    session: String,
}

/// Prints the addresses, for a person or as one line of JSON.
fn tell(json: bool, addresses: &Addresses) {
    let Addresses { url, tls_url, provider_url, token_url, session } = addresses;
    if json {
        let schema = "camtoken-portal/listening/1";
        println!(
            "{}",
            serde_json::json!({
                "schema": schema, "url": url, "tls": tls_url, "tokens": token_url, "session": session, "provider": provider_url,
            })
        );
    } else {
        println!(
            "The bank:   {url}\nUnder TLS:  {tls_url}\nA provider: {provider_url}\nThe tokens: {token_url}/v1/sessions/{session}\n\n{}",
            who_can_log_in()
        );
    }
}

/// Clears away every hour what is over.
async fn keep_tidy(site: &Site) -> Infallible {
    let mut hours = tokio::time::interval(Duration::from_secs(3_600));
    loop {
        hours.tick().await;
        if let Err(error) = site.tidy() {
            eprintln!("error: {error}");
        }
    }
}

/// The authorization servers with the clients that they know, and the site of the invented provider.
async fn linkages(
    bank: &Bank,
    args: &Args,
    [url, tls_url, provider_url]: [&str; 3],
    (clients, clock): (Vec<Registration>, Clock),
) -> Result<(Linkages, Router), String> {
    let say = |error: &dyn std::fmt::Display| error.to_string();
    let credentials = Credentials::open(&args.dir.join("provider.json")).map_err(|error| say(&error))?;
    let servers = authorization_servers(bank, url, tls_url, &args.dir)?;
    provider::register(bank, &servers, provider_url, &credentials).await?;
    for client in clients {
        client.register(bank, &servers).await?;
    }
    let servers = servers.into_iter().map(|(standard, server)| (standard, server as Arc<dyn Grants>)).collect();
    let office = Office::new(url, provider_url, credentials, clock).with_tls(tls_url, bank.authority.pem());
    Ok((Linkages::new(servers), Arc::new(office.map_err(|error| say(&error))?).router()))
}

/// The authorization server of each standard, at the bank's own address: for FAPI the one under TLS.
fn authorization_servers(
    bank: &Bank,
    url: &str,
    tls_url: &str,
    dir: &Path,
) -> Result<HashMap<Standard, Arc<Server>>, String> {
    let key = secret_key(&dir.join("signing-key"), false).map_err(|error| error.to_string())?;
    let server = |standard| {
        let url = match standard {
            Standard::Plain => url,
            Standard::Fapi => tls_url,
        };
        Ok((standard, Arc::new(Server::new(bank, standard, url, key.expose_bytes())?)))
    };
    Standard::ALL.into_iter().map(server).collect()
}

/// The clients of these files.
fn clients(files: &[PathBuf]) -> Result<Vec<Registration>, String> {
    let mut clients: Vec<Registration> = Vec::new();
    for file in files {
        let client = Registration::read(file)?;
        let id = client.client();
        if provider::is_ours(id) || clients.iter().any(|other| other.client() == id) {
            return Err(format!("{}: client_id: {id} is the ID of another client", file.display()));
        }
        if !client.ignored.is_empty() {
            eprintln!("{}: not used here: {}", file.display(), client.ignored.join(", "));
        }
        clients.push(client);
    }
    Ok(clients)
}

/// Ctrl-C or SIGTERM.
async fn stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn who_can_log_in() -> String {
    format!(
        "株式会社サンプル (contract {sample}, login method 2: password)\n\
         \x20 ADMIN01  administrator, token KKK0000001, first-OTP password {first}\n\
         \x20 ADMIN02  administrator, token KKK0000002, first-OTP password {first}\n\
         \x20 KEIRI01  user, token KKK0000001\n\
         有限会社みほん (login method 1: password and one-time password)\n\
         \x20 mihon-admin  administrator, token KKK0000011, first-OTP password {first}\n\
         \x20 mihon-keiri  user, token KKK0000012\n\
         合同会社ひながた (contract {hinagata}, login method 3: password and certificate, under TLS)\n\
         \x20 ADMIN01  administrator, token KKK0000015, certificate password {certificate}, first-OTP password {first}\n\
         \x20 KEIRI01  user, token KKK0000016, certificate password {certificate}\n\
         Everybody: login password {login}, transaction password {transaction}; every account: inquiry PIN {pin}\n\
         The bank's operators: OPERATOR1 and OPERATOR2, password {operator}, at /operator",
        sample = demo::SAMPLE,
        hinagata = demo::HINAGATA,
        certificate = demo::CERTIFICATE,
        first = demo::FIRST_OTP,
        login = demo::LOGIN,
        transaction = demo::TRANSACTION,
        operator = demo::OPERATOR,
        pin = demo::INQUIRY_PIN,
    )
}
