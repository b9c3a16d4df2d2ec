//! A PostgreSQL server of the test's own: a new cluster in a temporary directory, on a Unix socket, as nobody.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::store::StoreError;
use camtoken_postgres::{Options, PostgresStore};
use tempfile::TempDir;
use tokio_postgres::SimpleQueryMessage;

/// Who runs the server when the tests are run as root, which it refuses.
const NOBODY: u32 = 65_534;

/// A server that runs; it ends with the value, and with the thread that has started it.
pub struct Server {
    child: Option<Child>,
    settings: Vec<String>,
    databases: usize,
    dir: TempDir,
}

impl Server {
    /// Starts a server as a bank would run it, but for the size of its files.
    pub fn start() -> Self {
        Self::of(true)
    }

    /// Starts a server whose pages have no checksums.
    pub fn without_checksums() -> Self {
        Self::of(false)
    }

    fn of(checksums: bool) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        if is_root() {
            chown(dir.path(), Some(NOBODY), Some(NOBODY)).expect("root may");
        }
        let mut init = program("initdb");
        init.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=4"]);
        // From version 18 on they are there unless one says no.
        let without = (version() >= 18).then_some("--no-data-checksums");
        init.args(if checksums { Some("--data-checksums") } else { without }).arg("-D").arg(dir.path().join("data"));
        let output = init.output().expect("initdb starts");
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let mut server = Self { child: None, settings: Vec::new(), databases: 0, dir };
        server.run();
        server
    }

    /// Runs the server once more, after [`Server::kill`] or [`Server::stop`].
    pub fn run(&mut self) {
        self.child = Some(self.spawn());
        let start = Instant::now();
        while try_sql(&self.admin(), "SELECT 1").is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not answer:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
            // It does not start while a backend of the one that was killed is left.
            if self.child.as_mut().expect("just started").try_wait().expect("it is ours").is_some() {
                self.child = Some(self.spawn());
            }
        }
    }

    fn spawn(&self) -> Child {
        let mut postgres = program("postgres");
        postgres.arg("-D").arg(self.data()).arg("-k").arg(self.dir.path());
        postgres.args(["-c", "listen_addresses=", "-c", "max_connections=200", "-c", "shared_buffers=32MB"]);
        for setting in &self.settings {
            postgres.args(["-c", setting]);
        }
        let log = File::options().create(true).append(true).open(self.dir.path().join("log")).expect("ours");
        postgres.stdout(Stdio::null()).stderr(log).spawn().expect("postgres starts")
    }

    /// `SIGKILL`: the server's backends notice and end, too.
    pub fn kill(&mut self) {
        self.end("KILL");
    }

    /// Ends the server in order.
    pub fn stop(&mut self) {
        self.end("INT");
    }

    fn end(&mut self, signal: &str) {
        let Some(mut child) = self.child.take() else { return };
        let told = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status();
        assert!(told.is_ok_and(|told| told.success()), "the server runs");
        child.wait().expect("it is ours");
    }

    /// Runs the stopped server with other settings, such as `fsync=off`.
    pub fn run_with(&mut self, settings: &[&str]) {
        self.settings = settings.iter().map(ToString::to_string).collect();
        self.run();
    }

    /// Puts a copy of a file into the cluster's directory, for the server alone.
    pub fn take(&self, file: &str) {
        let copy = self.data().join(Path::new(file).file_name().expect("a file"));
        fs::copy(file, &copy).expect("both directories are ours");
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).expect("it is ours");
        if is_root() {
            chown(&copy, Some(NOBODY), Some(NOBODY)).expect("root may");
        }
    }

    /// The cluster's directory.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A new database without tables, as a URL.
    pub fn empty(&mut self) -> String {
        self.databases += 1;
        let name = format!("bank{}", self.databases);
        sql(&self.admin(), &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// A new database with tables, as a URL.
    pub fn database(&mut self) -> String {
        let url = self.empty();
        assert_eq!(PostgresStore::migrate(&url, &Options::default()), Ok((0, 1)));
        url
    }

    /// A store on a new database.
    pub fn store(&mut self) -> PostgresStore {
        connect(&self.database()).expect("a safe server with tables")
    }

    /// The directory of the socket.
    pub fn socket_dir(&self) -> &Path {
        self.dir.path()
    }

    /// The URL of the database that every server has.
    pub fn admin(&self) -> String {
        self.url("postgres")
    }

    fn url(&self, database: &str) -> String {
        let port = self.settings.iter().find_map(|setting| setting.strip_prefix("port=")).unwrap_or("5432");
        format!("postgres:///{database}?host={}&port={port}&user=postgres", self.dir.path().display())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end("QUIT");
    }
}

/// Opens the store of a URL.
pub fn connect(url: &str) -> Result<PostgresStore, StoreError> {
    PostgresStore::connect(url, Options::default())
}

/// Runs statements one after the other and gives the first column of what the last one says.
pub fn sql(url: &str, statements: &str) -> Vec<String> {
    try_sql(url, statements).unwrap_or_else(|error| panic!("{statements}: {error:?}"))
}

fn try_sql(url: &str, statements: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        let driver = tokio::spawn(connection);
        let said = client.simple_query(statements).await?;
        driver.abort();
        let column = |message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        Ok(said.into_iter().filter_map(column).collect())
    })
}

/// A program of the newest PostgreSQL there is, as nobody, which is ended with the thread that starts it.
fn program(name: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if is_root() {
        command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
    }
    command.arg(found(name)).env("LC_ALL", "C").current_dir("/");
    command
}

/// The server's major version.
fn version() -> u32 {
    let said = Command::new(found("postgres")).arg("--version").output().expect("postgres starts").stdout;
    let said = String::from_utf8_lossy(&said);
    let number = said.split_ascii_whitespace().find_map(|word| word.split('.').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no version: {said}"))
}

/// Whether the server was built with TLS.
pub fn has_tls() -> bool {
    let described = Command::new(found("pg_config")).arg("--configure").output().expect("pg_config starts").stdout;
    let described = String::from_utf8_lossy(&described);
    described.contains("--with-ssl=openssl") || described.contains("--with-openssl")
}

/// Debian keeps the server's programs beside the path.
fn found(name: &str) -> OsString {
    let beside = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = beside.map(|version| version.path().join("bin")).collect();
    versions.sort_by_key(|dir| dir.parent().and_then(|dir| dir.file_name()?.to_str()?.parse::<u32>().ok()));
    let path = env::var_os("PATH").unwrap_or_default();
    let mut dirs = env::split_paths(&path).chain(versions.into_iter().rev());
    let dir = dirs.find(|dir| dir.join(name).is_file());
    dir.unwrap_or_else(|| panic!("{name} is not installed (Debian: postgresql)")).join(name).into()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0)
}
