//! `camtoken serve`: the verifier over HTTP, and the virtual token if the command line asks for it. It ends on Ctrl-C or
//! SIGTERM.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use camtoken::Key;
use camtoken::verifier::Verifier;
#[cfg(feature = "tls")]
use camtoken_server::Tls;
#[cfg(unix)]
use camtoken_server::listen_unix;
use camtoken_server::{AccessKey, AccessKeys, Options, SelfCheck, Service, is_host_name, is_origin, listen};
use clap::ValueEnum;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tracing::level_filters::LevelFilter;
#[cfg(feature = "tls")]
use zeroize::Zeroizing;

use crate::anchor;
use crate::api_keys;
use crate::bank::{self, AnyStore, Bank, BankArgs};
use crate::config::{Budget, Every};
use crate::context::Context;
use crate::document::Document;
use crate::environment;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::kek;
use crate::note::SigningKey;
use crate::secret::Asked;
use crate::self_check::{Room, SecretFile};
use crate::service::{clock, runtime, stop, watched};
use crate::text::Text;
use crate::value::{Value, value};

/// The most bytes of a private key.
#[cfg(feature = "tls")]
const MOST_PEM: usize = 1 << 16;

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
    #[cfg(unix)]
    #[arg(long, value_name = "PATH", conflicts_with_all = ["listen", "port", "tls_cert"])]
    socket: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE.toml")]
    api_keys: Option<PathBuf>,
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
    #[arg(long, value_name = "DIR", conflicts_with = "only")]
    anchor_dir: Option<PathBuf>,
    #[arg(long, value_name = "TIME", requires = "anchor_dir", default_value = "1h", value_parser = value::<Every>)]
    anchor_every: Every,
    #[arg(long, value_name = "FILE", requires = "anchor_dir")]
    anchor_key: Option<PathBuf>,
    #[arg(long, value_name = Budget::EXPECTED, default_value = "2s", value_parser = value::<Budget>)]
    picture_budget: Budget,
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
    /// The address, with the port that was chosen; unix: and the path of a socket
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
    let not_shed = environment::shed(kek::variable(context).as_deref());
    let virtual_token = args.emulator || args.only == Some(Half::Token);
    if virtual_token && !cfg!(feature = "emulator") {
        let asked = if args.emulator { "--emulator" } else { "--only token" };
        return Err(Failure::new(Code::NotBuilt).because(asked).with("feature", "emulator"));
    }
    args.check_names()?;
    let place = args.place();
    let api_key = api_key(args)?;
    let keys = args.api_keys.as_deref().map(api_keys::read).transpose()?.map(AccessKeys::new);
    let tls = tls(args)?;
    let needs_key = api_key.is_some() || keys.is_some();
    if !place.is_of_this_machine() && !needs_key && args.client_ca.is_none() {
        return Err(Failure::new(Code::OpenAddress).because(&place));
    }
    log(args.log);
    if let Some(why) = not_shed {
        tracing::warn!(why, "secrets stay in the environment of the process");
    }
    more_files();
    let (verifier, guard) = match args.only {
        Some(Half::Token) => (None, None),
        _ => {
            let bank = Bank::open_or_make(context, &args.bank)?;
            (Some(bank.verifier), bank.clock)
        }
    };
    if let Some(verifier) = verifier.as_ref().filter(|_| virtual_token) {
        let on_database = bank::embedded(verifier.store()).is_none();
        let real = [("API key", needs_key), ("TLS", tls.is_some()), ("PostgreSQL", on_database)];
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
        keys: keys.clone(),
        api_key: api_key.map(|key| Key::new(key.expose_secret().as_bytes().to_vec())),
        language: context.settings.lang.value,
        clock: clock(context),
        watched_clock: watched(guard),
        virtual_token,
        picture_budget: args.picture_budget.duration(),
        self_checks: args.self_checks(context)?,
    };
    let runtime = runtime().map_err(|error| Failure::new(Code::Internal).because(error))?;
    let keys = args.api_keys.clone().zip(keys);
    let listening = Listening { place, tls, serves, end_with_stdin: args.end_with_stdin, keys };
    if let (Some(verifier), Some(dir)) = (&verifier, &args.anchor_dir) {
        let (key, _) = anchor::key(context, args.anchor_key.as_deref())?;
        tracing::info!(key = %key.public(), dir = %dir.display(), "anchors are signed");
        let (verifier, dir) = (verifier.acting_for(None), dir.clone());
        runtime.spawn(anchors(verifier, options.clock.clone(), dir, key, args.anchor_every.duration()));
    }
    runtime.block_on(serve(verifier, &options, listening, context))?;
    Ok(Exit::Done)
}

/// The addresses of the service, and its end.
struct Listening {
    place: Place,
    tls: Option<Tls>,
    serves: Vec<&'static str>,
    end_with_stdin: bool,
    /// The named keys, and the file that they are from.
    keys: Option<(PathBuf, AccessKeys)>,
}

/// An address, or a socket in the file system.
enum Place {
    Address(SocketAddr),
    #[cfg(unix)]
    Socket(PathBuf),
}

/// A listener for connections.
enum Listener {
    Address(TcpListener),
    #[cfg(unix)]
    Socket(UnixListener, Unlink),
}

/// Removes a socket at the end.
#[cfg(unix)]
struct Unlink(PathBuf);

#[cfg(unix)]
impl Drop for Unlink {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Place {
    /// Whether only users of this machine can reach it.
    fn is_of_this_machine(&self) -> bool {
        match self {
            Self::Address(address) => address.ip().is_loopback(),
            #[cfg(unix)]
            Self::Socket(_) => true,
        }
    }

    fn listen(&self) -> io::Result<Listener> {
        Ok(match self {
            Self::Address(address) => Listener::Address(listen(*address)?),
            #[cfg(unix)]
            Self::Socket(path) => Listener::Socket(listen_unix(path)?, Unlink(path.clone())),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            #[cfg(unix)]
            Self::Socket(path) => path.display().fmt(f),
        }
    }
}

impl Listener {
    fn url(&self, scheme: &str) -> io::Result<String> {
        Ok(match self {
            Self::Address(listener) => format!("{scheme}://{}", listener.local_addr()?),
            #[cfg(unix)]
            Self::Socket(_, Unlink(path)) => format!("unix:{}", path.display()),
        })
    }
}

async fn serve(
    verifier: Option<Verifier<AnyStore>>,
    options: &Options,
    listening: Listening,
    context: &Context,
) -> Result<(), Failure> {
    let Listening { place, tls, serves, end_with_stdin, keys } = listening;
    let refused = |error: io::Error| Failure::new(Code::Listen).because(format!("{place}: {error}"));
    let listener = place.listen().map_err(refused)?;
    if let Some((file, keys)) = keys {
        read_keys_again(file, keys).map_err(refused)?;
    }
    let stop = stop().map_err(refused)?;
    let stop = async move {
        tokio::select! {
            () = stop => {}
            () = input_ended(), if end_with_stdin => {}
        }
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let report = Report { url: listener.url(scheme).map_err(refused)?, serves };
    context.out.line(&report)?;
    let settings = context.settings.files.shown();
    tracing::info!(url = report.url, serves = report.serves.join(","), settings, "listening");
    let service = Service::new(verifier, options);
    let ended = match (listener, tls) {
        (Listener::Address(listener), None) => service.serve(listener, stop).await,
        #[cfg(feature = "tls")]
        (Listener::Address(listener), Some(tls)) => service.serve_tls(listener, &tls, stop).await,
        // Clap refuses a certificate for a socket.
        #[cfg(unix)]
        (Listener::Socket(listener, _unlink), _) => service.serve_unix(listener, stop).await,
    };
    tracing::info!("ended");
    // The service manager starts it again, and the store is opened again.
    ended.map_err(|error| Failure::new(Code::StoreFailed).because(error))
}

/// Writes an anchor at the start and then at every interval. One that fails is an error in the log, and the next is tried.
async fn anchors(
    verifier: Verifier<AnyStore>,
    clock: camtoken_server::Clock,
    dir: PathBuf,
    key: SigningKey,
    every: Duration,
) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let held = std::sync::Arc::new((verifier, dir, key));
    loop {
        ticks.tick().await;
        let (held, now) = (std::sync::Arc::clone(&held), clock());
        let written = tokio::task::spawn_blocking(move || anchor::write(&held.0, now, &held.1, &held.2));
        match written.await {
            Ok(Ok(written)) => {
                let anchor = written.anchor.display().to_string();
                tracing::info!(anchor, chains = written.count, entries = written.entries, "anchor written");
            }
            Ok(Err(failure)) => {
                let why = failure.logged();
                tracing::error!(code = failure.code().as_str(), why, "no anchor was written");
            }
            Err(error) => tracing::error!(%error, "no anchor was written"),
        }
    }
}

/// Reads the file of named keys again at each SIGHUP. One that is wrong leaves the keys as they are.
#[cfg(unix)]
fn read_keys_again(file: PathBuf, keys: AccessKeys) -> io::Result<()> {
    let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match api_keys::read(&file) {
                Ok(read) => {
                    tracing::info!(file = %file.display(), count = read.len(), "API keys were read again");
                    keys.replace(read);
                }
                Err(failure) => {
                    let why = failure.logged();
                    tracing::error!(code = failure.code().as_str(), why, "API keys stay as they are");
                }
            }
        }
    });
    Ok(())
}

/// There is no such signal here.
#[cfg(not(unix))]
fn read_keys_again(_file: PathBuf, _keys: AccessKeys) -> io::Result<()> {
    Ok(())
}

impl Args {
    fn place(&self) -> Place {
        #[cfg(unix)]
        if let Some(path) = &self.socket {
            return Place::Socket(path.clone());
        }
        let mut address = self.listen;
        if let Some(port) = self.port {
            address.set_port(port);
        }
        Place::Address(address)
    }

    /// Refuses names that would admit every page, or none.
    fn check_names(&self) -> Result<(), Failure> {
        let host = self.allow_host.iter().find(|name| !is_host_name(name)).map(|name| ("--allow-host", name));
        let origin = self.allow_origin.iter().find(|name| !is_origin(name)).map(|name| ("--allow-origin", name));
        match host.or(origin) {
            Some((flag, name)) => Err(Failure::new(Code::AllowedName).because(format!("{flag} {name}"))),
            None => Ok(()),
        }
    }

    /// The files with secrets that it was started with.
    fn secret_files(&self, context: &Context) -> Vec<SecretFile> {
        let kek = if self.only == Some(Half::Token) { Vec::new() } else { kek::secret_files(context) };
        let tls = self.tls_key.as_ref().map(|path| SecretFile::new("tls_key_file", path));
        let anchor = self.anchor_dir.as_ref().and_then(|_| anchor::key_file(context, self.anchor_key.as_deref()).ok());
        let anchor = anchor.map(|path| SecretFile::new("anchor_key_file", path));
        let api_key = self.key_file().map(|path| SecretFile::new("api_key_file", path));
        kek.into_iter().chain(api_key).chain(tls).chain(anchor).collect()
    }

    /// What it goes on checking.
    fn self_checks(&self, context: &Context) -> Result<Vec<SelfCheck>, Failure> {
        let files = self.secret_files(context).into_iter().map(SecretFile::standing);
        // A database sees to its own room.
        let room = match self.only {
            Some(Half::Token) => None,
            _ => self.bank.place(context)?.directory().map(|dir| Room::of(dir).standing()),
        };
        Ok(files.chain(room).collect())
    }

    /// The file of the API key: the one that is named, else the service manager's. Standard input is none.
    fn key_file(&self) -> Option<PathBuf> {
        let named = self.api_key_file.clone().or_else(|| environment::credential("camtoken-api-key"));
        named.filter(|path| path != Path::new("-"))
    }
}

/// The API key, from a file or the variable.
fn api_key(args: &Args) -> Result<Option<SecretString>, Failure> {
    let credential = args.key_file();
    let file = args.api_key_file.as_deref().or(credential.as_deref());
    let given = file.is_some() || environment::variable(KEY_VARIABLE).is_some();
    if let Some(file) = args.key_file() {
        SecretFile::new("api_key_file", file).open(Code::Read)?;
    }
    let asked = Asked { prompt: "", flag: "--api-key-file", file, variable: KEY_VARIABLE };
    let key = given.then(|| asked.secret()).transpose()?;
    match key {
        Some(key) if !AccessKey::is_fit(key.expose_secret()) => Err(Failure::new(Code::ApiKey)),
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

/// The certificate that the service shows, and the authority of the client certificates that it accepts.
#[cfg(feature = "tls")]
fn tls(args: &Args) -> Result<Option<Tls>, Failure> {
    let (Some(chain), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(None) };
    let clients = args.client_ca.as_deref().map(pem).transpose()?;
    let key = SecretFile::new("tls_key_file", key).read(MOST_PEM, Code::Tls)?;
    let tls = Tls::new(&pem(chain)?, &key, clients.as_deref().map(Vec::as_slice));
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
        // If the system refuses, the limit stays as it was.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(OPEN_FILES);
    if files < OPEN_FILES {
        tracing::warn!(files, wanted = OPEN_FILES, "few open files: connections beyond them wait");
    }
}

#[cfg(not(unix))]
fn more_files() {}

/// Ends with standard input: the process at its other end has closed it or has ended, however that happened.
async fn input_ended() {
    let (ended, end) = tokio::sync::oneshot::channel();
    // A separate thread: nothing else can wait for standard input, and no other thread waits for this one.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = ended.send(());
    });
    let _ = end.await;
}
