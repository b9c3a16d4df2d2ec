//! A cluster of etcd of the test's own, by the scripts of `deploy/etcd`.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

use camtoken_etcd::{EtcdStore, Options};
use tempfile::TempDir;

/// Members that run; they end with the value.
pub struct Cluster {
    dir: TempDir,
    port: u16,
    members: u16,
    /// What the names of the members' network namespaces begin with.
    spaces: Option<String>,
    stores: AtomicU16,
}

/// Whether etcd is installed; says so where it is not.
pub fn is_installed() -> bool {
    let found = Command::new("etcd").arg("--version").output().is_ok();
    if !found {
        println!("skipped: etcd is not installed (Debian: etcd-server)");
    }
    found
}

impl Cluster {
    /// Starts so many members with more flags than the script's own.
    pub fn start(members: u16, flags: &[&str]) -> Self {
        Self::new(members, None, flags)
    }

    /// Starts three members, each in a network namespace that is there already.
    pub fn within(spaces: &str) -> Self {
        Self::new(3, Some(spaces.to_owned()), &[])
    }

    fn new(members: u16, spaces: Option<String>, flags: &[&str]) -> Self {
        let parent = tempfile::tempdir().expect("a temporary directory");
        let cluster = Self { dir: parent, port: free_ports(members), members, spaces, stores: AtomicU16::new(0) };
        cluster.run("up", flags);
        cluster
    }

    /// All members, and keys that no other store has.
    pub fn empty(&self) -> String {
        let number = self.stores.fetch_add(1, Ordering::Relaxed);
        let hosts: Vec<_> = (1..=self.members).map(|member| self.host(member)).collect();
        format!("etcd://{}/store{number}?sslmode=disable", hosts.join(","))
    }

    /// The same with a version.
    pub fn database(&self) -> String {
        let url = self.empty();
        assert_eq!(EtcdStore::migrate(&url, &Options::default()), Ok((0, 1)), "{url}");
        url
    }

    /// Where one member listens to clients.
    pub fn host(&self, member: u16) -> String {
        match self.spaces {
            Some(_) => format!("10.203.77.{member}:2379"),
            None => format!("127.0.0.1:{}", self.port + member - 1),
        }
    }

    /// The member that leads, as one of the others says.
    pub fn leader(&self) -> Option<u16> {
        let status = |member| -> Option<(String, String)> {
            let url = format!("http://{}/v3/maintenance/status", self.host(member));
            let output = Command::new("curl").args(["-sf", "-m", "1", "-X", "POST", "-d", "{}", &url]).output().ok()?;
            let said: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
            Some((said["header"]["member_id"].as_str()?.to_owned(), said["leader"].as_str()?.to_owned()))
        };
        let said: Vec<_> = (1..=self.members).map(status).collect();
        let leads = |(id, leader): &(String, String)| id == leader;
        said.iter().position(|one| one.as_ref().is_some_and(leads)).map(|place| place as u16 + 1)
    }

    pub fn kill(&self, member: u16) {
        self.run("kill", &[&member.to_string()]);
    }

    /// Stops a member, as a machine that hangs does.
    pub fn pause(&self, member: u16) {
        self.run("kill", &[&member.to_string(), "STOP"]);
    }

    pub fn resume(&self, member: u16) {
        self.run("kill", &[&member.to_string(), "CONT"]);
    }

    pub fn start_again(&self, member: u16) {
        self.run("start", &[&member.to_string()]);
    }

    /// Starts what does not run, and waits until each member knows a leader.
    pub fn make_whole(&self) {
        (1..=self.members).for_each(|member| self.resume(member));
        self.run("up", &[]);
    }

    fn run(&self, script: &str, args: &[&str]) {
        let output = self.script(script).args(args).output().expect("a script of deploy/etcd");
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/etcd")).join(name));
        command.env("CAMTOKEN_CLUSTER", self.dir.path().join("cluster"));
        command.env("CAMTOKEN_CLUSTER_PORT", self.port.to_string());
        command.env("CAMTOKEN_CLUSTER_OWNER", std::process::id().to_string());
        command.env("CAMTOKEN_CLUSTER_MEMBERS", self.members.to_string());
        command.env("CAMTOKEN_CLUSTER_SPACES", self.spaces.as_deref().unwrap_or_default());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.script("down").output();
    }
}

/// The first of so many ports without a listener, and as many ten further. Each process looks in a range of its own, and its
/// threads one after the other.
fn free_ports(members: u16) -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + (std::process::id() % 180) as u16 * 64;
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut places = std::iter::from_fn(|| Some(start + TAKEN.fetch_add(16, Ordering::Relaxed)));
    let all = |first: &u16| (*first..first + members).all(|port| is_free(port) && is_free(port + 10));
    places.by_ref().take_while(|place| *place < 60_000).find(all).expect("free ports")
}
