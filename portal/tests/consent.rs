//! The pages from a provider's request to the permission, without a socket: what a browser may do out of turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use camtoken::Timestamp;
use camtoken_portal::bank::Bank;
use camtoken_portal::books::BooksError;
use camtoken_portal::demo::{self, LOGIN, SAMPLE};
use camtoken_portal::domain::credential::{Password, PasswordHash};
use camtoken_portal::domain::linkage::Standard;
use camtoken_portal::domain::people::Person;
use camtoken_portal::linkage::grants::{Grants, Server};
use camtoken_portal::pages::{IDLE, Linkages, Site};
use camtoken_portal::provider;
use camtoken_portal::provider::client::Credentials;
use camtoken_portal::system::rng;
use camtoken_portal::test_clock::TestClock;
use tower::ServiceExt;

const URL: &str = "http://127.0.0.1:4880";
const TLS: &str = "https://127.0.0.1:4882";
const OFFICE: &str = "http://127.0.0.1:4883";
/// A service that asks for balances and statements alone, for which the password is proof enough.
const REQUEST: &str = "/oauth/authorize?response_type=code&client_id=choubo-keihi&redirect_uri=http://127.0.0.1:4883/callback\
                       &state=s&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

/// A bank, and a browser that comes from the provider.
struct Visitor {
    site: Arc<Site>,
    router: Router,
    clock: Arc<TestClock>,
    cookie: String,
    page: String,
    _dir: tempfile::TempDir,
}

/// What came back: the status, and where it leads.
type Answer = (StatusCode, String);

impl Visitor {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        // Noon in Japan.
        let clock = TestClock::open(dir.path(), Arc::new(|| Timestamp::from_unix(1_795_230_000))).expect("a clock");
        let bank = Bank::open(dir.path(), clock.clock()).expect("the bank opens");
        demo::seed(&bank).await.expect("a new bank");
        let credentials = Credentials::open(&dir.path().join("provider.json")).expect("new credentials");
        let server = |standard| {
            (standard, Arc::new(Server::new(&bank, standard, URL, &[7; 32]).expect("an authorization server")))
        };
        let servers: HashMap<Standard, Arc<Server>> = Standard::ALL.into_iter().map(server).collect();
        provider::register(&bank, &servers, OFFICE, &credentials).await.expect("registered");
        let servers = servers.into_iter().map(|(standard, server)| (standard, server as Arc<dyn Grants>)).collect();
        let site = Site::new(bank, None, dir.path().join("attacks")).with_tls(TLS.to_owned());
        let site = Arc::new(site.with_linkages(Linkages::new(servers)));
        let router = Arc::clone(&site).router();
        Self { site, router, clock, cookie: String::new(), page: String::new(), _dir: dir }
    }

    fn bank(&self) -> &Bank {
        &self.site.bank
    }

    fn person(&self, user: &str) -> Person {
        self.bank().person(SAMPLE, user).expect("the books answer").expect("a person of the demonstration")
    }

    fn request(&self, path: &str, form: Option<&str>) -> Request<Body> {
        let request = Request::builder().uri(path).header(header::COOKIE, &self.cookie);
        let request = match form {
            Some(form) => request
                .method("POST")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!("csrf={}&{form}", self.csrf()))),
            None => request.body(Body::empty()),
        };
        request.expect("a request")
    }

    async fn ask(&mut self, path: &str, form: Option<&str>) -> Answer {
        let response = self.router.clone().oneshot(self.request(path, form)).await.expect("routes do not fail");
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().expect("ASCII").split(';').next().expect("a pair");
            if pair.starts_with("kcb=") {
                self.cookie = pair.to_owned();
            }
        }
        let status = response.status();
        let to = response.headers().get(header::LOCATION).map(|to| to.to_str().expect("ASCII").to_owned());
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        self.page = String::from_utf8(body.into()).expect("UTF-8");
        (status, to.unwrap_or_default())
    }

    fn csrf(&self) -> &str {
        let at = self.page.find("name=\"csrf\" value=\"").expect("a form") + 19;
        &self.page[at..at + 32]
    }

    /// From the provider's request to the page of permission, by a person who has been at the bank before and registers one
    /// account. Gives the address of that page.
    async fn prove(&mut self, user: &str) -> String {
        let person = self.person(user);
        self.bank().note_login(&person).expect("the books answer");
        self.bank().register_accounts(&person, &["102-0012345".to_owned()]).expect("the books answer");
        let terms = self.ask(REQUEST, None).await.1;
        let login = terms.replace("terms", "login");
        self.ask(&login, None).await;
        let form = format!("service=business&contract={SAMPLE}&user={user}&password={LOGIN}");
        assert_eq!(self.ask(&login, Some(&form)).await.0, StatusCode::SEE_OTHER);
        let permission = terms.replace("terms", "permission");
        assert_eq!(self.ask(&permission, None).await.0, StatusCode::OK);
        permission
    }

    fn change(&self, user: &str, change: impl FnOnce(&mut Person)) {
        let mut person = self.person(user);
        change(&mut person);
        let done: Result<(), BooksError> = self.bank().books.change(|sheet| {
            sheet.put(&person);
            Ok(())
        });
        done.expect("the books answer");
    }

    /// How many linkages of a person are in force.
    fn linked(&self, user: &str) -> usize {
        let known = self.bank().linkages(&self.person(user)).expect("the books answer");
        known.iter().filter(|(_, ended)| ended.is_none()).count()
    }
}

fn another_password() -> PasswordHash {
    PasswordHash::new(&Password::new("Yama-no-ne-77".to_owned()), &mut rng())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_proved_with_the_old_password_comes_to_nothing_with_the_new_one() {
    let mut visitor = Visitor::new().await;
    let permission = visitor.prove("KEIRI01").await;
    visitor.change("KEIRI01", |person| person.login.hash = another_password());
    assert_eq!(visitor.ask(&permission, Some("seen=yes")).await, (StatusCode::SEE_OTHER, "/login".to_owned()));
    assert_eq!(visitor.linked("KEIRI01"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_the_password_that_opened_it() {
    let mut visitor = Visitor::new().await;
    visitor.ask("/login", None).await;
    let form = format!("service=business&contract={SAMPLE}&user=KEIRI01&password={LOGIN}");
    assert_eq!(visitor.ask("/login", Some(&form)).await.1, "/home");
    assert_eq!(visitor.ask("/home", None).await.0, StatusCode::OK);
    visitor.change("KEIRI01", |person| person.login.hash = another_password());
    assert_eq!(visitor.ask("/home", None).await.1, "/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_with_accounts_are_closed_with_the_menu() {
    let mut visitor = Visitor::new().await;
    let accounts = visitor.prove("KEIRI01").await.replace("permission", "accounts");
    assert_eq!(visitor.ask(&accounts, None).await.0, StatusCode::OK);
    visitor.change("KEIRI01", |person| person.closed = vec![camtoken_portal::domain::people::Menu::Inquiry]);
    let letter = format!("{accounts}/letter");
    assert_eq!(visitor.ask(&letter, Some("account=102-0012345")).await.0, StatusCode::FORBIDDEN);
    for page in [accounts.clone(), format!("{accounts}/check")] {
        assert_eq!(visitor.ask(&page, None).await.0, StatusCode::FORBIDDEN, "{page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_permission_that_is_sent_twice_is_given_once() {
    let mut visitor = Visitor::new().await;
    let permission = visitor.prove("KEIRI01").await;
    let requests = [(); 2].map(|()| visitor.router.clone().oneshot(visitor.request(&permission, Some("seen=yes"))));
    // Both are on their way before either can write.
    let held: Result<_, BooksError> = visitor.bank().books.change(|_| {
        let answers = requests.map(tokio::spawn);
        std::thread::sleep(Duration::from_millis(300));
        Ok(answers)
    });
    let mut codes = 0;
    for answer in held.expect("the books answer") {
        let answer = answer.await.expect("no panic").expect("routes do not fail");
        let to = answer.headers().get(header::LOCATION).map_or("", |to| to.to_str().expect("ASCII"));
        codes += usize::from(to.starts_with(OFFICE) && to.contains("code="));
    }
    assert_eq!((codes, visitor.linked("KEIRI01")), (1, 1));
    visitor.clock.advance(Duration::from_secs(60)).expect("it moves");
    let accounts = permission.replace("permission", "accounts");
    assert_eq!(visitor.ask(&accounts, None).await.0, StatusCode::FORBIDDEN, "the way is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_customer_goes_on_from_the_first_page_or_back_to_the_provider() {
    let mut visitor = Visitor::new().await;
    let permission = visitor.prove("KEIRI01").await;
    let terms = permission.replace("permission", "terms");
    visitor.clock.advance(IDLE).expect("it moves");
    let stranger = std::mem::take(&mut visitor.cookie);
    assert_eq!(visitor.ask(&permission, None).await.0, StatusCode::FORBIDDEN, "the flow is another browser's");
    visitor.cookie = stranger;
    assert_eq!(visitor.ask(&permission, None).await, (StatusCode::SEE_OTHER, terms.clone()));
    assert_eq!(visitor.ask(&terms, None).await.0, StatusCode::OK);
    assert!(visitor.page.contains("5分間"), "why it begins again");
    assert_eq!(visitor.ask(&permission, Some("seen=yes")).await.0, StatusCode::FORBIDDEN, "the proof is forgotten");
    assert_eq!(visitor.linked("KEIRI01"), 0);

    visitor.ask(&terms, None).await;
    let stop = permission.replace("permission", "stop");
    let (status, to) = visitor.ask(&stop, Some("")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(to.starts_with(&format!("{OFFICE}/callback?")) && to.contains("error=access_denied"), "{to}");

    // Also from a form, and to the permission at the second time.
    let permission = visitor.prove("KEIRI01").await;
    visitor.clock.advance(IDLE).expect("it moves");
    let terms = permission.replace("permission", "terms");
    assert_eq!(visitor.ask(&permission, Some("seen=yes")).await, (StatusCode::SEE_OTHER, terms.clone()));
    visitor.ask(&terms, None).await;
    let form = format!("service=business&contract={SAMPLE}&user=KEIRI01&password={LOGIN}");
    visitor.ask(&permission.replace("permission", "login"), Some(&form)).await;
    visitor.ask(&permission, None).await;
    assert!(visitor.ask(&permission, Some("seen=yes")).await.1.contains("code="));
    assert_eq!(visitor.linked("KEIRI01"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_a_way_leads_back_to_the_provider() {
    let mut visitor = Visitor::new().await;
    let terms = visitor.ask(REQUEST, None).await.1;
    visitor.ask(&terms, None).await;
    let (_, to) = visitor.ask(&terms.replace("terms", "tls"), Some("")).await;
    let certificate = to.strip_prefix(TLS).expect("the site under TLS").to_owned();
    // Another session, as it is another one under TLS.
    visitor.cookie.clear();
    assert_eq!(visitor.ask(&certificate, None).await.0, StatusCode::BAD_REQUEST);
    assert!(visitor.page.contains("電子証明書を確認できませんでした"));
    let (status, to) = visitor.ask(&terms.replace("terms", "stop"), Some("")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(to.starts_with(&format!("{OFFICE}/callback?")) && to.contains("error=access_denied"), "{to}");
    assert_eq!(visitor.ask(&certificate, None).await.0, StatusCode::FORBIDDEN, "the ticket was good once");
}
