//! Mail to a real server, aiosmtpd: `AIOSMTPD` names a Python that has it. scripts/test runs these. What no real server is to
//! be brought to say, a few lines here say.

mod clerk;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use camtoken::Timestamp;
use camtoken_portal::bank::Bank;
use camtoken_portal::books::BooksError;
use camtoken_portal::demo::{self, SAMPLE};
use camtoken_portal::domain::desk::DeskAct;
use camtoken_portal::domain::mail::{Delivery, Mail, Unsent};
use camtoken_portal::domain::people::Person;
use camtoken_portal::postman::Postman;
use camtoken_portal::test_clock::TestClock;
use clerk::clerk;

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Path, port: u16) -> Self {
        let python = std::env::var("AIOSMTPD").expect("AIOSMTPD names a Python that has aiosmtpd");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smtpd.py");
        let mut command = Command::new(python);
        command.arg(script).arg(folder).arg(port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut said = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut said).expect("a line");
        Self { child, port: said.trim().parse().expect("a port") }
    }

    fn postman(&self) -> Postman {
        Postman::new(&format!("smtp://127.0.0.1:{}", self.port)).expect("a URL")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct World {
    bank: Bank,
    clock: Arc<TestClock>,
    dir: tempfile::TempDir,
    inbox: tempfile::TempDir,
}

fn open(dir: &Path, clock: &Arc<TestClock>) -> Bank {
    Bank::open(dir, clock.clock()).expect("the bank opens")
}

impl World {
    async fn new() -> Self {
        let (dir, inbox) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let clock = TestClock::open(dir.path(), Arc::new(|| Timestamp::from_unix(1_795_230_000))).expect("a clock");
        let bank = open(dir.path(), &clock);
        demo::seed(&bank).await.expect("a new bank");
        Self { bank, clock, dir, inbox }
    }

    fn person(&self) -> Person {
        self.bank.person(SAMPLE, "KEIRI01").expect("the books answer").expect("a person of the demonstration")
    }

    fn set_address(&self, mail: &str) {
        let person = Person { mail: mail.to_owned(), ..self.person() };
        let put = self.bank.books.change(|sheet| {
            sheet.put(&person);
            Ok::<_, BooksError>(())
        });
        put.expect("the books answer");
    }

    /// An event that the person learns by mail.
    async fn tell(&self) {
        clerk(&self.bank, DeskAct::Resume, &self.person()).await;
    }

    fn unsent(&self) -> usize {
        self.bank.books.list::<Unsent>("").expect("the books answer").len()
    }

    fn last(&self) -> Mail {
        self.bank.books.last::<Mail>().expect("the books answer").expect("a mail")
    }

    fn arrived(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.inbox.path()).expect("a folder").flatten();
        let mut all: Vec<_> =
            files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|e| e == "eml")).collect();
        all.sort();
        all.iter().map(|path| std::fs::read_to_string(path).expect("ASCII")).collect()
    }
}

/// Reads a mail with another's library, Python's.
fn read(mail: &str) -> serde_json::Value {
    let script = "import email, email.policy, json, sys\n\
                  m = email.message_from_string(sys.stdin.read(), policy=email.policy.default)\n\
                  print(json.dumps({'to': m['to'], 'subject': m['subject'], 'id': m['message-id'], 'body': m.get_content()}))";
    let mut child = Command::new(std::env::var("AIOSMTPD").expect("a Python"))
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("piped").write_all(mail.as_bytes()).expect("it reads");
    let said = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&said.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs aiosmtpd; scripts/test runs it"]
async fn a_mail_arrives_once_in_both_languages() {
    let world = World::new().await;
    let server = Server::start(world.inbox.path(), 0);
    let postman = server.postman();
    world.tell().await;
    for _ in 0..3 {
        postman.round(&world.bank).await.expect("the books answer");
    }
    let arrived = world.arrived();
    assert_eq!((arrived.len(), world.unsent()), (1, 0), "letters stay here");
    let mail = read(&arrived[0]);
    assert_eq!(mail["to"], world.person().mail);
    assert_eq!(mail["subject"], "ご利用再開のお知らせ / Your access is resumed");
    let body = mail["body"].as_str().expect("text");
    assert!(body.contains("KEIRI01 様　ご利用を再開しました。") && body.contains("KEIRI01"), "{body}");
    assert_eq!(world.last().delivery, Some(Delivery::Taken));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs aiosmtpd; scripts/test runs it"]
async fn an_address_that_refuses_mail_is_noted_with_the_person_until_one_gets_through() {
    let world = World::new().await;
    let server = Server::start(world.inbox.path(), 0);
    let postman = server.postman();
    for (address, failed) in [("nobody@sample.example", true), ("somebody@sample.example", false), ("no address", true)]
    {
        world.set_address(address);
        world.tell().await;
        postman.round(&world.bank).await.expect("the books answer");
        assert_eq!(world.person().mail_failed, failed, "{address}");
        assert_eq!(world.last().delivery, Some(if failed { Delivery::Undeliverable } else { Delivery::Taken }));
    }
    assert_eq!((world.arrived().len(), world.unsent()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs aiosmtpd; scripts/test runs it"]
async fn nothing_is_lost_while_the_server_is_down_and_the_bank_is_killed() {
    let mut world = World::new().await;
    let server = Server::start(world.inbox.path(), 0);
    let (postman, port) = (server.postman(), server.port);
    drop(server);
    for _ in 0..3 {
        world.tell().await;
    }
    for _ in 0..4 {
        postman.round(&world.bank).await.expect("the books answer");
        world.clock.advance(Duration::from_secs(60)).expect("it moves");
    }
    assert_eq!(world.unsent(), 3);
    drop(world.bank);
    world.bank = open(world.dir.path(), &world.clock);
    let _server = Server::start(world.inbox.path(), port);
    postman.round(&world.bank).await.expect("the books answer");
    assert_eq!((world.arrived().len(), world.unsent()), (3, 0));
    let ids: std::collections::BTreeSet<_> = world.arrived().iter().map(|mail| read(mail)["id"].to_string()).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs aiosmtpd; scripts/test runs it"]
async fn who_says_not_now_is_asked_less_and_less_often_and_given_up_after_four_days() {
    let world = World::new().await;
    let server = Server::start(world.inbox.path(), 0);
    let postman = server.postman();
    world.set_address("later@sample.example");
    world.tell().await;
    let mut tries = Vec::new();
    for second in 0..70_u64 {
        postman.round(&world.bank).await.expect("the books answer");
        let known = world.bank.books.list::<Unsent>("").expect("the books answer").pop().expect("it waits").tries;
        if tries.len() < known as usize {
            tries.push(second);
        }
        world.clock.advance(Duration::from_secs(1)).expect("it moves");
    }
    assert_eq!(tries, [0, 1, 3, 7, 15, 31, 63]);
    assert!(!world.person().mail_failed, "it may still arrive");
    world.clock.advance(Duration::from_secs(4 * 24 * 3600)).expect("it moves");
    postman.round(&world.bank).await.expect("the books answer");
    assert!(world.person().mail_failed && world.unsent() == 0);
}

/// A server that says `reply` to the command that begins so, or as its greeting, and yes to everything else.
fn that_says(reply: &'static str, to: &'static str) -> Postman {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut lines = BufReader::new(stream.try_clone().expect("one more")).lines();
            let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).is_ok();
            let mut open = say(if to.is_empty() { reply } else { "220 here" });
            while open && let Some(Ok(line)) = lines.next() {
                open = say(if !to.is_empty() && line.starts_with(to) { reply } else { "250 yes" });
            }
        }
    });
    Postman::new(&format!("smtp://127.0.0.1:{port}")).expect("a URL")
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_said_of_the_address_marks_a_person() {
    for (reply, to, failed) in [
        ("554 no service here", "", false),
        ("535 who are you", "EHLO", false),
        ("530 STARTTLS first", "MAIL", false),
        ("554 not now, not ever", "RCPT", false),
        ("550 no such mailbox", "RCPT", true),
        ("553 no such name", "RCPT", true),
    ] {
        let world = World::new().await;
        world.tell().await;
        that_says(reply, to).round(&world.bank).await.expect("the books answer");
        assert_eq!((world.person().mail_failed, world.unsent()), (failed, usize::from(!failed)), "{reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_given_up_while_the_server_does_not_let_the_bank_in() {
    let world = World::new().await;
    world.tell().await;
    world.clock.advance(Duration::from_secs(5 * 24 * 3600)).expect("it moves");
    that_says("535 who are you", "EHLO").round(&world.bank).await.expect("the books answer");
    assert_eq!((world.person().mail_failed, world.unsent()), (false, 1));
}
