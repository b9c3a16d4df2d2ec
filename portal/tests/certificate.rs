//! Login method 3 over real TLS: the certificate, its password, its end, its renewal, its loss.

mod clerk;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use camtoken::Timestamp;
use camtoken::token::{Received, Token, file};
use camtoken::verifier::Step;
use camtoken_portal::bank::{Bank, Draft, Fetched, NewChallenge, Placed, Progress, Settled};
use camtoken_portal::demo::{self, CERTIFICATE, FIRST_OTP, HINAGATA, LOGIN, TRANSACTION};
use camtoken_portal::domain::credential::{Entry, Password};
use camtoken_portal::domain::desk::DeskAct;
use camtoken_portal::domain::order::Act;
use camtoken_portal::domain::people::Person;
use camtoken_portal::pages::Site;
use camtoken_portal::system::rng;
use camtoken_portal::test_clock::TestClock;
use camtoken_portal::tls::{Peer, TlsListener};
use clerk::clerk;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio::net::TcpListener;

/// 2026-11-21T03:00:00Z, noon in Japan.
const START: u64 = 1_795_230_000;
const DAY: u64 = 24 * 3600;
const FILE: &str = "Taiju-no-kage-4";

struct World {
    site: Arc<Site>,
    address: SocketAddr,
    clock: Arc<TestClock>,
    tokens: Vec<Token>,
    dir: tempfile::TempDir,
}

/// A browser: cookies, a certificate or none, and TLS that it resumes.
struct Browser {
    config: Arc<ClientConfig>,
    address: SocketAddr,
    cookie: String,
    path: String,
    page: String,
}

/// The browser's clock stands still: the bank's own certificate is not what is tested.
#[derive(Debug)]
struct Still;

impl TimeProvider for Still {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(START)))
    }
}

async fn serve(dir: &std::path::Path, clock: &Arc<TestClock>) -> (Arc<Site>, SocketAddr, Vec<Token>) {
    let bank = Bank::open(dir, clock.clock()).expect("the bank opens");
    let files = demo::seed(&bank).await.expect("a bank");
    let tokens = files.iter().map(|(_, text)| file::from_str(text, None).expect("a token file").into_token()).collect();
    let config = bank.authority.tls(bank.clock()).expect("TLS");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let listener = TlsListener::new(listener, config).expect("a listener");
    let site =
        Arc::new(Site::new(bank, None, dir.join("attacks")).with_tls(format!("https://localhost:{}", address.port())));
    let router = Arc::clone(&site).router().into_make_service_with_connect_info::<Peer>();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (site, address, tokens)
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = TestClock::open(dir.path(), Arc::new(|| Timestamp::from_unix(START))).expect("a clock");
        let (site, address, tokens) = serve(dir.path(), &clock).await;
        Self { site, address, clock, tokens, dir }
    }

    fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).expect("it moves");
    }

    fn person(&self, user: &str) -> Person {
        self.site.bank.person(HINAGATA, user).expect("the books answer").expect("a person of the demonstration")
    }

    /// Fetches a certificate with the certificate password, as the page does.
    async fn fetch(&self, user: &str) -> Vec<u8> {
        let (person, word, file) = (self.person(user), password(CERTIFICATE), password(FILE));
        let fetched = self.site.bank.fetch_certificate(&person, Some(word), &file).await;
        let Ok(Fetched::Issued(issued, _)) = fetched else { panic!("no certificate") };
        issued.file.to_vec()
    }

    fn browser(&self, pkcs12: Option<&[u8]>) -> Browser {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.site.bank.authority.pem().as_bytes()).expect("PEM");
        roots.add(root).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_details(provider, Arc::new(Still))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_root_certificates(roots);
        let config = match pkcs12 {
            None => config.with_no_client_auth(),
            Some(file) => {
                let store = KeyStore::from_pkcs12(file, FILE, Pkcs12ImportPolicy::Strict).expect("PKCS#12");
                let (_, chain) = store.private_key_chain().expect("a key");
                let certificates =
                    chain.certs().iter().map(|one| CertificateDer::from(one.as_der().to_vec())).collect();
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec()));
                config.with_client_auth_cert(certificates, key).expect("a pair")
            }
        };
        let (cookie, path, page) = (String::new(), String::new(), String::new());
        Browser { config: Arc::new(config), address: self.address, cookie, path, page }
    }

    async fn register(&mut self, user: &str) -> Person {
        let person = self.person(user);
        let serial = person.token.clone().expect("a token was handed out");
        let bank = &self.site.bank;
        bank.begin_registration(&person, Some(password(FIRST_OTP)), &serial).await.expect("a decision");
        let person = bank.person(HINAGATA, user).expect("an answer").expect("a person");
        let token = self.tokens.iter_mut().find(|token| token.id().as_str() == serial).expect("the token");
        let Ok(Progress::First(first)) = bank.progress(&person).await else { panic!("no code") };
        let Ok(Received::FirstCode(received)) = token.receive(&first.code) else { panic!("refused") };
        let device_code = received.approve(&mut rng()).expose_digits();
        let step = bank.second_code(&person, &device_code).await.expect("an answer");
        assert!(matches!(step, Step::Done(())), "it is right");
        let Ok(Progress::Second(second)) = bank.progress(&person).await else { panic!("no code") };
        let Ok(Received::SecondCode(received)) = token.receive(&second.code) else { panic!("refused") };
        let unconfirmed = received.approve();
        let response = unconfirmed.response().expose_str().to_owned();
        unconfirmed.keep();
        let step = bank.confirm(&person, &response).await.expect("an answer");
        assert!(matches!(step, Step::Done(())), "it is right");
        self.person(user)
    }

    /// Signs an order with the token of the person.
    async fn sign(&mut self, person: &Person, draft: Draft) {
        let bank = &self.site.bank;
        let Ok(Placed::Order(order)) = bank.place(person, draft, password(TRANSACTION)).await else {
            panic!("refused")
        };
        let issued = bank.issue(person, &order.id).await.expect("a decision");
        assert!(matches!(issued, NewChallenge::Issued(_)), "a challenge");
        let order = bank.order(person, &order.id).expect("an answer").expect("the order");
        let (code, _) = bank.code(&order).await.expect("an answer").expect("a code");
        let serial = person.token.clone().expect("a token");
        let token = self.tokens.iter_mut().find(|token| token.id().as_str() == serial).expect("the token");
        let Ok(Received::Transaction(received)) = token.receive(&code) else { panic!("refused") };
        let response = received.approve().expose_str().to_owned();
        let settled = bank.settle(person, &order.id, &response, [1; 16]).await.expect("a decision");
        assert!(matches!(settled, Settled::Booked(_)));
    }
}

impl Browser {
    /// Asks, and goes where it is sent. `false` when there is no connection.
    async fn ask(&mut self, path: &str, form: Option<&str>) -> bool {
        let (mut path, mut form) = (path.to_owned(), form);
        loop {
            let Some((head, page)) = self.exchange(&path, form.take()).await else { return false };
            for line in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
                assert!(line.starts_with("__Host-") && line.ends_with("; Secure"), "{line}");
                self.cookie = line.split(';').next().expect("a pair").to_owned();
            }
            match head.lines().find_map(|line| line.strip_prefix("location: ")) {
                Some(to) => path = to.to_owned(),
                None => {
                    (self.path, self.page) = (path, page);
                    return true;
                }
            }
        }
    }

    async fn exchange(&self, path: &str, form: Option<&str>) -> Option<(String, String)> {
        let body = form.unwrap_or_default();
        let method = if form.is_some() { "POST" } else { "GET" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.cookie,
            body.len(),
        );
        let (config, address) = (Arc::clone(&self.config), self.address);
        let answer = tokio::task::spawn_blocking(move || {
            let name = ServerName::try_from("localhost").expect("a name");
            let connection = ClientConnection::new(config, name).expect("a configuration");
            let mut stream = StreamOwned::new(connection, TcpStream::connect(address).ok()?);
            stream.write_all(request.as_bytes()).ok()?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).ok()?;
            Some(answer)
        });
        let answer = answer.await.expect("no panic")?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.to_owned(), body.to_owned()))
    }

    fn csrf(&self) -> String {
        let at = self.page.find("name=\"csrf\" value=\"").expect("a form") + 19;
        self.page[at..at + 32].to_owned()
    }

    async fn log_in(&mut self, user: &str, password: &str) -> bool {
        if !self.ask("/login", None).await {
            return false;
        }
        let csrf = self.csrf();
        let form = format!("csrf={csrf}&service=business&contract={HINAGATA}&user={user}&password={password}");
        self.ask("/login", Some(&form)).await
    }
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn reissue(until: &str) -> Draft {
    let fields =
        [("targetId", "ADMIN01"), ("validUntil", until)].map(|(name, text)| (name.to_owned(), text.to_owned()));
    Draft {
        operation: camtoken::transaction::Operation::CertificateReissue,
        fields: fields.into(),
        act: Act::ReissueCertificate { hash: None },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_alone_leads_to_the_certificate_page_and_nowhere_else() {
    let world = World::new().await;
    let mut browser = world.browser(None);
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/certificate");
    for path in ["/home", "/transfer", "/registration"] {
        browser.ask(path, None).await;
        assert_eq!(browser.path, "/certificate", "{path}");
    }
    let form = format!("csrf={}&certificate-password={CERTIFICATE}&new={FILE}&again={FILE}", browser.csrf());
    browser.ask("/certificate", Some(&form)).await;
    assert!(browser.page.contains("/certificate/file.p12"));
    browser.ask("/certificate/file.p12", None).await;
    assert!(browser.page.starts_with('0'), "a DER sequence");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_alone_sees_no_code_of_an_order() {
    let mut world = World::new().await;
    let person = world.register("ADMIN01").await;
    let placed = world.site.bank.place(&person, reissue("2027-11-21"), password(TRANSACTION)).await;
    let Ok(Placed::Order(order)) = placed else { panic!("not taken") };
    let issued = world.site.bank.issue(&person, &order.id).await.expect("a decision");
    assert!(matches!(issued, NewChallenge::Issued(_)), "a challenge");
    let mut browser = world.browser(None);
    browser.log_in("ADMIN01", LOGIN).await;
    browser.ask(&format!("/orders/{}/code.png", order.id), None).await;
    assert_eq!(browser.path, "/certificate");
}

/// The page of a login that was refused, without what is new on each.
fn words(browser: &Browser) -> String {
    let again = browser.path.strip_prefix("/login?again=").unwrap_or_else(|| panic!("let in: {}", browser.path));
    browser.page.replace(&browser.csrf(), "").replace(again, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn password_and_certificate_let_in_and_either_alone_does_not() {
    let world = World::new().await;
    let file = world.fetch("ADMIN01").await;
    let mut browser = world.browser(Some(&file));
    browser.log_in("ADMIN01", "wrong").await;
    let wrong = words(&browser);
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/home");
    assert!(world.person("ADMIN01").certificate.is_none(), "the certificate password is used up");
    // Another person's certificate, with the right password: the same words as for a wrong password.
    world.fetch("KEIRI01").await;
    let mut other = world.browser(Some(&world.fetch("KEIRI01").await));
    other.log_in("ADMIN01", LOGIN).await;
    assert_eq!(words(&other), wrong);
    let mut without = world.browser(None);
    without.log_in("ADMIN01", LOGIN).await;
    assert!(without.path.starts_with("/login?again="), "{}", without.path);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_nobodys_without_its_certificate() {
    let world = World::new().await;
    let mut browser = world.browser(Some(&world.fetch("ADMIN01").await));
    browser.log_in("ADMIN01", LOGIN).await;
    for pkcs12 in [None, Some(world.fetch("KEIRI01").await)] {
        let mut thief = world.browser(pkcs12.as_deref());
        thief.cookie.clone_from(&browser.cookie);
        thief.ask("/home", None).await;
        assert_eq!(thief.path, "/login");
    }
    browser.ask("/home", None).await;
    assert_eq!(browser.path, "/home");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_ends_with_its_last_day_also_on_a_resumed_connection() {
    let world = World::new().await;
    let file = world.fetch("ADMIN01").await;
    let mut browser = world.browser(Some(&file));
    // Noon in Japan; 365 days later is the last day.
    world.later(365 * DAY + 12 * 3600 - 1);
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/home", "the last second");
    world.later(1);
    // This browser resumes its connection, which brings the certificate unchecked, or is refused by TLS.
    let connected = browser.ask("/home", None).await;
    assert!(!connected || browser.path == "/login", "{}", browser.path);
    assert!(!world.site.bank.is_certificate_of(&world.person("ADMIN01"), &fingerprint_of(&file)).expect("an answer"));
}

fn fingerprint_of(file: &[u8]) -> String {
    let store = KeyStore::from_pkcs12(file, FILE, Pkcs12ImportPolicy::Strict).expect("PKCS#12");
    let (_, chain) = store.private_key_chain().expect("a key");
    camtoken_portal::authority::fingerprint(&CertificateDer::from(chain.certs()[0].as_der().to_vec()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_certificate_does_not_get_through_tls() {
    let world = World::new().await;
    let file = world.fetch("ADMIN01").await;
    let until = Timestamp::from_unix(START + DAY);
    let short =
        world.site.bank.authority.issue(HINAGATA, "ADMIN01", Timestamp::from_unix(START), until, &password(FILE));
    let short = short.expect("a certificate").file;
    assert!(world.browser(Some(&short)).ask("/login", None).await);
    world.later(DAY + 1);
    assert!(!world.browser(Some(&short)).ask("/login", None).await);
    assert!(world.browser(Some(&file)).ask("/login", None).await);
    assert!(world.browser(None).ask("/login", None).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_does_not_get_through_tls() {
    let (world, other) = (World::new().await, World::new().await);
    let stranger = other.fetch("ADMIN01").await;
    assert!(!world.browser(Some(&stranger)).ask("/login", None).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_certificate_is_out_at_once_and_a_new_password_comes_by_letter() {
    let world = World::new().await;
    let file = world.fetch("ADMIN01").await;
    let mut browser = world.browser(Some(&file));
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/home");
    clerk(&world.site.bank, DeskAct::Certificate, &world.person("ADMIN01")).await;
    browser.ask("/home", None).await;
    assert_eq!(browser.path, "/login");
    let mails = world.site.bank.books.list::<camtoken_portal::domain::mail::Mail>("").expect("the books answer");
    let letter = mails.iter().find(|mail| mail.text == "letter-certificate").expect("a letter");
    let word = &letter.words.iter().find(|(name, _)| name == "certificate").expect("the password").1;
    let fetched = async |word: &str| {
        let person = world.person("ADMIN01");
        world.site.bank.fetch_certificate(&person, Some(password(word)), &password(FILE)).await.expect("a decision")
    };
    assert!(matches!(fetched(CERTIFICATE).await, Fetched::Wrong(_)), "the old password is good no more");
    let Fetched::Issued(issued, _) = fetched(word).await else { panic!("no certificate") };
    let mut browser = world.browser(Some(&issued.file));
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/home");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_certificate_passwords_suspend_it() {
    let world = World::new().await;
    for left in [4, 3, 2, 1, 0] {
        let person = world.person("ADMIN01");
        let fetched = world.site.bank.fetch_certificate(&person, Some(password("wrong")), &password(FILE)).await;
        assert!(matches!(fetched, Ok(Fetched::Wrong(Entry::Wrong { left: found, .. })) if found == left));
    }
    let person = world.person("ADMIN01");
    let fetched = world.site.bank.fetch_certificate(&person, Some(password(CERTIFICATE)), &password(FILE)).await;
    assert!(matches!(fetched, Ok(Fetched::Wrong(_))), "the right one does not help any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_is_signed_and_the_old_certificate_ends_with_the_first_login_by_the_new_one() {
    let mut world = World::new().await;
    let old = world.fetch("ADMIN01").await;
    let person = world.person("ADMIN01");
    assert!(
        matches!(world.site.bank.fetch_certificate(&person, None, &password(FILE)).await, Ok(Fetched::NotDue)),
        "without a signature there is none"
    );
    world.browser(Some(&old)).log_in("ADMIN01", LOGIN).await;
    let person = world.register("ADMIN01").await;
    world.later(60 * DAY);
    world.sign(&person, reissue("2028-01-20")).await;
    let person = world.person("ADMIN01");
    let fetched = world.site.bank.fetch_certificate(&person, None, &password(FILE)).await;
    let Ok(Fetched::Issued(new, record)) = fetched else { panic!("no certificate") };
    assert_eq!(record.until, "2028-01-20", "as it was signed");
    assert!(world.person("ADMIN01").certificate_until.is_none(), "once");
    let mut browser = world.browser(Some(&old));
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/home", "until the new one is used");
    let mut newer = world.browser(Some(&new.file));
    newer.log_in("ADMIN01", LOGIN).await;
    assert_eq!(newer.path, "/home");
    browser.ask("/home", None).await;
    assert_eq!(browser.path, "/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_certificates_for_one_password_the_first_login_leaves_one() {
    for (mine, theirs) in [(0, 1), (1, 0)] {
        let world = World::new().await;
        let fetched = [world.fetch("ADMIN01").await, world.fetch("ADMIN01").await];
        let mut browser = world.browser(Some(&fetched[mine]));
        browser.log_in("ADMIN01", LOGIN).await;
        assert_eq!(browser.path, "/home");
        let mut other = world.browser(Some(&fetched[theirs]));
        other.log_in("ADMIN01", LOGIN).await;
        assert!(other.path.starts_with("/login?again="), "fetched with another person's letter: {}", other.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_good_for_one_certificate_also_when_two_ask_at_once() {
    let mut world = World::new().await;
    let person = world.register("ADMIN01").await;
    world.sign(&person, reissue("2027-11-20")).await;
    let (person, bank, file) = (world.person("ADMIN01"), &world.site.bank, password(FILE));
    let fetch = || bank.fetch_certificate(&person, None, &file);
    let (one, other, late) = tokio::join!(fetch(), fetch(), fetch());
    let fetched = [one, other, late].map(|fetched| fetched.expect("a decision"));
    assert_eq!(fetched.iter().filter(|fetched| matches!(fetched, Fetched::Issued(..))).count(), 1);
    assert_eq!(bank.certificates(&person).expect("the books answer").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_takes_a_users_certificate_back_and_hands_over_a_new_password() {
    let mut world = World::new().await;
    let mut browser = world.browser(Some(&world.fetch("KEIRI01").await));
    browser.log_in("KEIRI01", LOGIN).await;
    assert_eq!(browser.path, "/home");
    let administrator = world.register("ADMIN01").await;
    let word = world.site.bank.hash(password("Hanko-no-kawari-6")).await.expect("a hash");
    let mut draft = reissue("2027-11-21");
    draft.fields[0].1 = "KEIRI01".to_owned();
    draft.act = Act::ReissueCertificate { hash: Some(word) };
    world.sign(&administrator, draft).await;
    browser.ask("/home", None).await;
    assert_eq!(browser.path, "/login", "at once");
    let fetched = async |word: &str| {
        let person = world.person("KEIRI01");
        world.site.bank.fetch_certificate(&person, Some(password(word)), &password(FILE)).await.expect("a decision")
    };
    assert!(matches!(fetched(CERTIFICATE).await, Fetched::Wrong(_)));
    assert!(matches!(fetched("Hanko-no-kawari-6").await, Fetched::Issued(..)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_for_a_certificate_of_somebody_else_without_a_new_password() {
    let mut world = World::new().await;
    let administrator = world.register("ADMIN01").await;
    let mut draft = reissue("2027-11-21");
    draft.fields[0].1 = "KEIRI01".to_owned();
    world.sign(&administrator, draft).await;
    assert!(world.person("KEIRI01").certificate_until.is_none());
    assert!(world.person("KEIRI01").certificate.is_some(), "as before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_from_before_a_restart_is_still_good() {
    let world = World::new().await;
    let file = world.fetch("ADMIN01").await;
    let again = tempfile::tempdir().expect("a directory");
    for name in ["authority.key", "authority.pem"] {
        std::fs::copy(world.dir.path().join(name), again.path().join(name)).expect("the authority's files");
    }
    let (site, address, _) = serve(again.path(), &world.clock).await;
    let known = world.site.bank.certificates(&world.person("ADMIN01")).expect("an answer").remove(0);
    let put = site.bank.books.change(|sheet| {
        sheet.put(&known);
        Ok::<_, camtoken_portal::books::BooksError>(())
    });
    put.expect("the books answer");
    let mut browser = Browser { address, ..world.browser(Some(&file)) };
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/home");
}
