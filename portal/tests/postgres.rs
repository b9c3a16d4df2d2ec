//! The bank with its verifier's records in PostgreSQL: a server of the test's own, on a Unix socket.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use camtoken::Timestamp;
use camtoken::token::{Received, file};
use camtoken::verifier::Step;
use camtoken_portal::bank::{Bank, Progress};
use camtoken_portal::books::BooksError;
use camtoken_portal::demo::{self, FIRST_OTP, SAMPLE};
use camtoken_portal::domain::credential::Password;
use camtoken_portal::domain::people::Person;
use camtoken_portal::store;
use camtoken_portal::store::AnyStore;
use camtoken_portal::system::rng;

/// Who runs the server when the test is run as root, which it refuses.
const NOBODY: u32 = 65_534;

struct Server {
    child: Child,
    dir: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let _ = std::os::unix::fs::chown(dir.path(), Some(NOBODY), Some(NOBODY));
        let data = dir.path().join("data");
        let init = program("initdb", dir.path())
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--data-checksums", "-D"])
            .arg(&data)
            .output();
        let init = init.expect("initdb starts");
        assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
        let mut postgres = program("postgres", dir.path());
        postgres.arg("-D").arg(&data).arg("-k").arg(dir.path()).args(["-c", "listen_addresses="]);
        let child = postgres.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("postgres starts");
        Self { child, dir }
    }

    /// Waits until it answers.
    fn store(&self) -> AnyStore {
        let url = format!("postgres:///postgres?host={}&port=5432&user=postgres", self.dir.path().display());
        for _ in 0..300 {
            if let Ok(store) = store::connect(&url) {
                return store;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the server does not answer");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Debian keeps the server's programs beside the path. As root they are run as nobody.
fn program(name: &str, dir: &Path) -> Command {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = debian.map(|version| version.path().join("bin").join(name)).filter(|path| path.exists()).max();
    let path = found.unwrap_or_else(|| PathBuf::from(name));
    let is_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("Linux")) == 0;
    let mut command = Command::new(if is_root { Path::new("setpriv") } else { &path });
    if is_root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&path);
    }
    command.current_dir(dir);
    command
}

fn open(dir: &Path, store: AnyStore) -> Bank {
    let now = || Timestamp::from_unix(1_795_230_000);
    Bank::open_with(dir, store, Arc::new(now)).expect("the bank opens")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_goes_on_after_a_restart_with_its_records_in_the_database() {
    let (server, dir) = (Server::start(), tempfile::tempdir().expect("a directory"));
    let bank = open(dir.path(), server.store());
    let files = demo::seed(&bank).await.expect("a new bank");
    assert!(!dir.path().join("verifier").exists(), "no record lies in the directory");
    let mut token = file::from_str(&files[0].1, None).expect("a token file").into_token();
    let person = |bank: &Bank| bank.person(SAMPLE, "ADMIN01").expect("an answer").expect("a person");
    let word = Password::new(FIRST_OTP.to_owned());
    bank.begin_registration(&person(&bank), Some(word), token.id().as_str()).await.expect("a decision");
    let Ok(Progress::First(first)) = bank.progress(&person(&bank)).await else { panic!("no code") };
    let Ok(Received::FirstCode(received)) = token.receive(&first.code) else { panic!("refused") };
    let device_code = received.approve(&mut rng()).expose_digits();
    let step = bank.second_code(&person(&bank), &device_code).await.expect("an answer");
    assert!(matches!(step, Step::Done(())), "it is right");

    drop(bank);
    let bank = open(dir.path(), server.store());
    bank.recover().await.expect("the bank recovers");
    let Ok(Progress::Second(second)) = bank.progress(&person(&bank)).await else { panic!("no code") };
    let Ok(Received::SecondCode(received)) = token.receive(&second.code) else { panic!("refused") };
    let unconfirmed = received.approve();
    let response = unconfirmed.response().expose_str().to_owned();
    unconfirmed.keep();
    let step = bank.confirm(&person(&bank), &response).await.expect("an answer");
    assert!(matches!(step, Step::Done(())), "it is right");
    assert!(person(&bank).registered);
    // The bank's own database stays where it is: one more write and one more read.
    let kept = bank.books.change(|sheet| {
        sheet.put(&Person { name: "別の部署".to_owned(), ..person(&bank) });
        Ok::<_, BooksError>(())
    });
    kept.expect("the books answer");
    assert_eq!(person(&bank).name, "別の部署");
}
