//! `camtoken serve`: the verifier over HTTP, and the virtual token if the command line asks for it. It ends on Ctrl-C or
//! SIGTERM.

use std::io;
use std::net::SocketAddr;
#[cfg(feature = "tls")]
use std::path::Path;
use std::path::PathBuf;

use camtoken::Key;
use camtoken::verifier::Verifier;
#[cfg(feature = "tls")]
use camtoken_server::Tls;
use camtoken_server::{Options, Service, listen};
use clap::ValueEnum;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tracing::level_filters::LevelFilter;
#[cfg(feature = "tls")]
use zeroize::Zeroizing;

use crate::bank::{self, AnyStore, Bank, BankArgs};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::secret::Asked;
use crate::service::{clock, runtime, stop, watched};
use crate::text::Text;

/// A shorter key can be guessed.
const LEAST_KEY: usize = 16;

const KEY_VARIABLE: &str = "CAMTOKEN_API_KEY";

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4870")]
    listen: SocketAddr,
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    #[arg(long, conflicts_with = "only")]
    emulator: bool,
    #[arg(long, value_name = "token|verifier", hide_possible_values = true)]
    only: Option<Half>,
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    #[arg(long, value_name = "https://NAME")]
    allow_origin: Vec<String>,
    #[arg(long, value_name = "debug|info|warn|off", hide_possible_values = true, default_value = "info")]
    log: Log,
    #[arg(long, value_name = "FILE.pem", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    #[arg(long, value_name = "FILE.pem", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    #[arg(long, value_name = "FILE.pem", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    #[arg(long)]
    end_with_stdin: bool,
    #[command(flatten)]
    bank: BankArgs,
}

/// One of the two halves.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Half {
    Token,
    Verifier,
}

/// What stands in the log.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    /// Every request.
    Debug,
    /// Verdicts, and what went wrong.
    Info,
    /// What went wrong.
    Warn,
    /// Nothing.
    Off,
}

/// Where the service listens.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The address, with the port that was chosen
    url: String,
    /// What is served: verifier, token, or both
    serves: Vec<&'static str>,
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/listening/1";

    fn human(&self, text: &Text) -> String {
        text.with("serve-listening", &[("url", &self.url), ("serves", &self.serves.join(", "))]) + "\n"
    }

    fn bare(&self) -> String {
        format!("{}\n", self.url)
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let virtual_token = args.emulator || args.only == Some(Half::Token);
    if virtual_token && !cfg!(feature = "emulator") {
        let asked = if args.emulator { "--emulator" } else { "--only token" };
        return Err(Failure::new(Code::NotBuilt).because(asked).with("feature", "emulator"));
    }
    let address = args.address();
    let api_key = api_key(args)?;
    let tls = tls(args)?;
    if !address.ip().is_loopback() && api_key.is_none() && args.client_ca.is_none() {
        return Err(Failure::new(Code::OpenAddress).because(address));
    }
    log(args.log);
    more_files();
    let (verifier, guard) = match args.only {
        Some(Half::Token) => (None, None),
        _ => {
            let bank = Bank::open(context, &args.bank)?;
            (Some(bank.verifier), bank.clock)
        }
    };
    if let Some(verifier) = verifier.as_ref().filter(|_| virtual_token) {
        let on_database = bank::embedded(verifier.store()).is_none();
        let real = [("API key", api_key.is_some()), ("TLS", tls.is_some()), ("PostgreSQL", on_database)];
        let real: Vec<_> = real.into_iter().filter_map(|(what, there)| there.then_some(what)).collect();
        if !real.is_empty() {
            tracing::warn!(verifier = real.join(", "), "a virtual token is served beside a real verifier");
        }
    }
    let mut serves = Vec::new();
    serves.extend(verifier.is_some().then_some("verifier"));
    serves.extend(virtual_token.then_some("token"));
    let options = Options {
        hosts: args.allow_host.clone(),
        origins: args.allow_origin.clone(),
        api_key: api_key.map(|key| Key::new(key.expose_secret().as_bytes().to_vec())),
        language: context.settings.lang.value,
        clock: clock(context),
        watched_clock: watched(guard),
        virtual_token,
    };
    let runtime = runtime().map_err(|error| Failure::new(Code::Internal).because(error))?;
    let listening = Listening { address, tls, serves, end_with_stdin: args.end_with_stdin };
    runtime.block_on(serve(verifier, &options, listening, context))?;
    Ok(Exit::Done)
}

/// Where it listens, and until when.
struct Listening {
    address: SocketAddr,
    tls: Option<Tls>,
    serves: Vec<&'static str>,
    end_with_stdin: bool,
}

async fn serve(
    verifier: Option<Verifier<AnyStore>>,
    options: &Options,
    listening: Listening,
    context: &Context,
) -> Result<(), Failure> {
    let Listening { address, tls, serves, end_with_stdin } = listening;
    let refused = |error: io::Error| Failure::new(Code::Listen).because(format!("{address}: {error}"));
    let listener = listen(address).map_err(refused)?;
    let stop = stop().map_err(refused)?;
    let stop = async move {
        tokio::select! {
            () = stop => {}
            () = input_ended(), if end_with_stdin => {}
        }
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let report = Report { url: format!("{scheme}://{}", listener.local_addr().map_err(refused)?), serves };
    context.out.line(&report)?;
    tracing::info!(url = report.url, serves = report.serves.join(","), "listening");
    let service = Service::new(verifier, options);
    let ended = match tls {
        None => service.serve(listener, stop).await,
        #[cfg(feature = "tls")]
        Some(tls) => service.serve_tls(listener, &tls, stop).await,
    };
    tracing::info!("ended");
    // Whoever started it starts it again, and the store is opened anew.
    ended.map_err(|error| Failure::new(Code::StoreFailed).because(error))
}

impl Args {
    fn address(&self) -> SocketAddr {
        let mut address = self.listen;
        if let Some(port) = self.port {
            address.set_port(port);
        }
        address
    }
}

/// What callers have to send, from a file or the variable.
fn api_key(args: &Args) -> Result<Option<SecretString>, Failure> {
    let file = args.api_key_file.as_deref();
    let given = file.is_some() || std::env::var_os(KEY_VARIABLE).is_some_and(|key| !key.is_empty());
    let asked = Asked { prompt: "", flag: "--api-key-file", file, variable: KEY_VARIABLE };
    let key = given.then(|| asked.secret()).transpose()?;
    let is_fit = |key: &SecretString| {
        key.expose_secret().len() >= LEAST_KEY && key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic())
    };
    match key {
        Some(key) if !is_fit(&key) => Err(Failure::new(Code::ApiKey)),
        key => Ok(key),
    }
}

/// Without the feature nothing is ever served under it.
#[cfg(not(feature = "tls"))]
enum Tls {}

#[cfg(not(feature = "tls"))]
fn tls(args: &Args) -> Result<Option<Tls>, Failure> {
    match args.tls_cert {
        None => Ok(None),
        Some(_) => Err(Failure::new(Code::NotBuilt).because("--tls-cert").with("feature", "tls")),
    }
}

/// What the service shows of itself, and whom it lets in.
#[cfg(feature = "tls")]
fn tls(args: &Args) -> Result<Option<Tls>, Failure> {
    let (Some(chain), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(None) };
    let clients = args.client_ca.as_deref().map(pem).transpose()?;
    let tls = Tls::new(&pem(chain)?, &pem(key)?, clients.as_deref().map(Vec::as_slice));
    tls.map(Some).map_err(|error| Failure::new(Code::Tls).because(error))
}

#[cfg(feature = "tls")]
fn pem(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let unreadable = |error| Failure::new(Code::Tls).because(format!("{}: {error}", file.display()));
    std::fs::read(file).map(Zeroizing::new).map_err(unreadable)
}

fn log(log: Log) {
    let level = match log {
        Log::Debug => LevelFilter::DEBUG,
        Log::Info => LevelFilter::INFO,
        Log::Warn => LevelFilter::WARN,
        Log::Off => LevelFilter::OFF,
    };
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_target(false);
    lines.with_max_level(level).with_writer(io::stderr).init();
}

/// Asks for as many open files as the service can use: each connection is one, and 1,024 is what a process usually has.
#[cfg(unix)]
fn more_files() {
    use camtoken_server::OPEN_FILES;
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(OPEN_FILES, |most| OPEN_FILES.min(most));
    if current.is_some_and(|current| current < wanted) {
        // What is refused leaves the limit as it was.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(OPEN_FILES);
    if files < OPEN_FILES {
        tracing::warn!(files, wanted = OPEN_FILES, "few open files: connections beyond them wait");
    }
}

#[cfg(not(unix))]
fn more_files() {}

/// Ends with standard input: whoever holds its other end has closed it or is gone, however that happened.
async fn input_ended() {
    let (ended, end) = tokio::sync::oneshot::channel();
    // A thread of its own: nothing else can wait for standard input, and none of ours waits for this thread.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = ended.send(());
    });
    let _ = end.await;
}
