//! The site without a socket: sessions, forms, and what a page says to a visitor whom the bank does not know.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use camtoken::transaction::zengin::{BatchKind, LineEnd};
use camtoken::{Key, Timestamp};
use camtoken_portal::bank::Bank;
use camtoken_portal::demo::{self, LOGIN, SAMPLE};
use camtoken_portal::pages::{IDLE, Site};
use camtoken_portal::test_clock::TestClock;
use camtoken_portal::tls::Peer;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use tower::ServiceExt;

struct Browser {
    site: Router,
    clock: Arc<TestClock>,
    cookie: String,
    page: String,
    path: String,
    wait: Option<u64>,
    address: Option<&'static str>,
    dir: Arc<tempfile::TempDir>,
}

impl Browser {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = TestClock::open(dir.path(), Arc::new(|| Timestamp::from_unix(1_795_230_000))).expect("a clock");
        let bank = Bank::open(dir.path(), clock.clock()).expect("the bank opens");
        demo::seed(&bank).await.expect("a new bank");
        let moved = Arc::clone(&clock);
        let site = Site::new(bank, None, dir.path().join("attacks")).with_uptime(Arc::new(move || moved.ahead()));
        Self::at(site, clock, dir)
    }

    /// A bank that was started with `--test-clock`; with a real token in its books, if that is wanted.
    async fn with_test_clock(real: bool) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = TestClock::open(dir.path(), Arc::new(|| Timestamp::from_unix(1_795_230_000))).expect("a clock");
        let bank = Bank::open(dir.path(), clock.clock()).expect("the bank opens");
        demo::seed(&bank).await.expect("a new bank");
        if real {
            let (id, rng) = ("ZZZ0000001".parse().expect("an ID"), &mut UnwrapErr(SysRng));
            bank.verifier.register(&id, &Key::generate(rng), false, bank.now(), rng).await.expect("it is taken");
        }
        let site = Site::new(bank, None, dir.path().join("attacks")).with_test_clock(Arc::clone(&clock));
        Self::at(site, clock, dir)
    }

    fn at(site: Site, clock: Arc<TestClock>, dir: tempfile::TempDir) -> Self {
        let (site, cookie, page, path) = (Arc::new(site).router(), String::new(), String::new(), String::new());
        Self { site, clock, cookie, page, path, wait: None, address: None, dir: Arc::new(dir) }
    }

    /// Another visitor's, at the same bank.
    fn another(&self) -> Self {
        let (site, clock, dir) = (self.site.clone(), Arc::clone(&self.clock), Arc::clone(&self.dir));
        let (cookie, page, path) = (String::new(), String::new(), String::new());
        Self { site, clock, cookie, page, path, wait: None, address: None, dir }
    }

    async fn ask(&mut self, path: &str, form: Option<String>) -> StatusCode {
        let mut path = path.to_owned();
        let mut form = form;
        loop {
            let request = Request::builder().uri(&path).header(header::COOKIE, &self.cookie);
            let request = match form.take() {
                Some(form) => request
                    .method("POST")
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(Body::from(form)),
                None => request.body(Body::empty()),
            };
            let mut request = request.expect("a request");
            let address = self.address.map(|address| address.parse().expect("an address"));
            request.extensions_mut().insert(ConnectInfo(Peer { address, ..Peer::default() }));
            let response = self.site.clone().oneshot(request).await.expect("routes do not fail");
            for cookie in response.headers().get_all(header::SET_COOKIE) {
                let cookie = cookie.to_str().expect("ASCII");
                assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
                self.cookie = cookie.split(';').next().expect("a pair").to_owned();
            }
            let status = response.status();
            let wait = response.headers().get(header::RETRY_AFTER).map(|wait| wait.to_str().expect("ASCII"));
            self.wait = wait.map(|wait| wait.parse().expect("seconds"));
            let to = response.headers().get(header::LOCATION).map(|to| to.to_str().expect("ASCII").to_owned());
            let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
            match to {
                Some(to) => path = to,
                None => {
                    self.page = String::from_utf8(body.into()).expect("UTF-8");
                    self.path = path;
                    return status;
                }
            }
        }
    }

    /// Sends a file as the page with the form does, and goes where it is sent.
    async fn upload(&mut self, path: &str, file: &[u8]) -> StatusCode {
        let part = |head: &str, body: &[u8]| {
            [b"--cut\r\nContent-Disposition: form-data; ", head.as_bytes(), b"\r\n\r\n", body, b"\r\n"].concat()
        };
        let (csrf, end) = (part("name=\"csrf\"", self.csrf().as_bytes()), b"--cut--\r\n".to_vec());
        let body = [csrf, part("name=\"file\"; filename=\"a.txt\"", file), end].concat();
        let request = Request::builder().uri(path).method("POST").header(header::COOKIE, &self.cookie);
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut").body(Body::from(body));
        let mut request = request.expect("a request");
        request.extensions_mut().insert(ConnectInfo(Peer::default()));
        let response = self.site.clone().oneshot(request).await.expect("routes do not fail");
        let to = response.headers().get(header::LOCATION).expect("it is sent on").to_str().expect("ASCII").to_owned();
        self.ask(&to, None).await
    }

    fn csrf(&self) -> String {
        let at = self.page.find("name=\"csrf\" value=\"").expect("a form") + 19;
        self.page[at..at + 32].to_owned()
    }

    /// The page without what was typed into it and what is the session's own.
    fn said_to(&self, user: &str) -> String {
        self.page.replace(&self.csrf(), "").replace(&format!("value=\"{user}\""), "value=\"\"")
    }

    async fn log_in(&mut self, user: &str, password: &str) {
        self.ask("/login", None).await;
        let csrf = self.csrf();
        let form = format!("csrf={csrf}&service=business&contract={SAMPLE}&user={user}&password={password}");
        self.ask("/login", Some(form)).await;
    }

    fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).expect("it moves");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_idle_minutes_somebody_is_out_and_told_so() {
    let mut browser = Browser::new().await;
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/home");
    browser.later(IDLE.as_secs() - 1);
    browser.ask("/orders", None).await;
    assert_eq!(browser.path, "/orders");
    browser.later(IDLE.as_secs());
    browser.ask("/orders", None).await;
    assert_eq!(browser.path, "/login");
    assert!(browser.page.contains("5分間操作がなかった"));
    browser.ask("/login", None).await;
    assert!(!browser.page.contains("5分間操作がなかった"), "it is said once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_page_says_the_same_whatever_was_wrong() {
    let mut browser = Browser::new().await;
    let mut pages = Vec::new();
    for (user, password) in [("ADMIN01", "wrong"), ("NOBODY", "wrong"), ("NOBODY", LOGIN)] {
        browser.log_in(user, password).await;
        pages.push(browser.said_to(user));
    }
    // Suspended, and then the right password.
    for _ in 0..5 {
        browser.log_in("ADMIN02", "wrong").await;
    }
    browser.log_in("ADMIN02", LOGIN).await;
    pages.push(browser.said_to("ADMIN02"));
    assert!(pages[0].contains("ログインできません"));
    assert!(pages.iter().all(|page| *page == pages[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_another_name_after_the_login_and_ends_with_the_logout() {
    let mut browser = Browser::new().await;
    browser.ask("/login", None).await;
    let before = browser.cookie.clone();
    browser.log_in("ADMIN01", LOGIN).await;
    let inside = browser.cookie.clone();
    assert_ne!(before, inside);
    let csrf = browser.csrf();
    browser.ask("/logout", Some(format!("csrf={csrf}"))).await;
    assert_ne!(browser.cookie, inside);
    browser.cookie = inside;
    browser.ask("/home", None).await;
    assert_eq!(browser.path, "/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_session_is_refused() {
    let mut browser = Browser::new().await;
    browser.ask("/login", None).await;
    let foreign = browser.csrf();
    browser.log_in("ADMIN01", LOGIN).await;
    for csrf in [foreign.as_str(), ""] {
        let form = format!("csrf={csrf}&from=102-0012345&to=new&amount=1");
        assert_eq!(browser.ask("/transfer", Some(form)).await, StatusCode::FORBIDDEN);
    }
    assert_eq!(browser.ask("/transfer", Some("amount=1".to_owned())).await, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_is_not_of_the_last_draft_is_refused() {
    let mut browser = Browser::new().await;
    browser.log_in("ADMIN01", LOGIN).await;
    let csrf = browser.csrf();
    browser.ask("/limits", Some(format!("csrf={csrf}&limit=transfer&limit-new=1"))).await;
    assert_eq!(browser.path, "/orders/confirm");
    let form = format!("csrf={csrf}&draft=0000000000000000&transaction-password={}", demo::TRANSACTION);
    assert_eq!(browser.ask("/orders/confirm", Some(form)).await, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_text_stays_text() {
    let mut browser = Browser::new().await;
    browser.ask("/apply", None).await;
    let csrf = browser.csrf();
    let form = format!("csrf={csrf}&company=%3Cscript%3E%22&kana=&name-1=A&mail-1=a%40b.example");
    browser.ask("/apply", Some(form)).await;
    assert!(browser.page.contains("&lt;script&gt;&quot;"));
    assert!(!browser.page.contains("<script>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_sends_few_mails_and_no_words_of_its_own() {
    let mut browser = Browser::new().await;
    let form = "company=Kokoromi&kana=KOKOROMI&method=password&service=business&name-1=A&user-1=SOMU01&new-1=Asa-no-hikari-5&again-1=Asa-no-hikari-5";
    let mut sent = Vec::new();
    for mail in ["a@b.example", "a@b.example", "A@B.example", "a@b.example", "c@b.example"] {
        browser.ask("/apply", None).await;
        let form = format!("csrf={}&{form}&mail-1={mail}", browser.csrf());
        sent.push(browser.ask("/apply", Some(form)).await);
    }
    let (taken, held) = (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sent, [taken, taken, taken, held, taken], "three a day to one address");
    browser.ask("/outbox", None).await;
    assert_eq!(browser.page.matches("a@b.example").count(), 2);
    let first = browser.page.find("/outbox/").expect("a mail");
    let first = browser.page[first..].split('"').next().expect("an address").to_owned();
    browser.ask(&first, None).await;
    assert!(!browser.page.contains("Kokoromi"), "{first}");
    for n in 0..6 {
        browser.ask("/apply", None).await;
        let form = format!("csrf={}&{form}&mail-1=d{n}%40b.example", browser.csrf());
        sent.push(browser.ask("/apply", Some(form)).await);
    }
    assert_eq!(sent[5..], [taken, taken, taken, taken, taken, held], "ten from one place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_answers_a_form_can_be_loaded_by_itself() {
    let mut browser = Browser::new().await;
    browser.log_in("ADMIN01", LOGIN).await;
    for (path, leads) in [
        ("/registration/device-code", "/registration"),
        ("/registration/confirm", "/registration"),
        ("/login/otp/code", "/login"),
        ("/orders/F000000000000/code", "/orders/F000000000000"),
        ("/attacks/replay", "/attacks"),
    ] {
        browser.ask(path, None).await;
        assert!(browser.path == leads || browser.path == "/home", "{path} leads to {}", browser.path);
    }
    assert_eq!(browser.ask("/logout", None).await, StatusCode::NOT_FOUND);
    assert!(browser.page.contains("このページはありません"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_language_shows_the_same_page() {
    let mut browser = Browser::new().await;
    browser.ask("/login?service=direct", None).await;
    assert!(browser.page.contains("/login?service=direct&amp;lang=en"), "{}", browser.page);
    browser.ask("/login", None).await;
    assert!(browser.page.contains("\"/login?lang=en\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_one_company_are_not_there_for_another() {
    let mut browser = Browser::new().await;
    browser.log_in("KEIRI01", LOGIN).await;
    for path in ["/accounts/001-0777001", "/users", "/limits", "/operator/1234567890/ADMIN01", "/orders/F000000000000"]
    {
        assert_eq!(browser.ask(path, None).await, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_one_name_too_often_waits_whether_there_is_such_a_name_or_not() {
    for user in ["ADMIN01", "NOBODY"] {
        let mut browser = Browser::new().await;
        for _ in 0..20 {
            browser.log_in(user, "wrong").await;
            assert!(browser.page.contains("ログインできません"), "{user}");
        }
        let before = browser.cookie.clone();
        browser.log_in(user, LOGIN).await;
        assert!(browser.page.contains("しばらくお待ちください"), "{user}");
        assert_eq!((browser.wait, &browser.cookie), (Some(6), &before));
        // Another name is not held up, and after the time that was named this one is not, either.
        browser.log_in("ADMIN02", LOGIN).await;
        assert_eq!(browser.path, "/home");
        let mut browser = Browser { cookie: String::new(), ..browser };
        browser.later(6);
        browser.log_in(user, "wrong").await;
        assert!(browser.page.contains("ログインできません"), "{user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_is_held_up_and_another_is_not() {
    let mut browser = Browser::new().await;
    browser.address = Some("2001:db8:1:2::1");
    let mut held = 0;
    for n in 0..62 {
        browser.log_in(&format!("N{n}"), "wrong").await;
        held += u32::from(browser.wait.is_some());
    }
    assert_eq!(held, 2, "sixty at once");
    assert!(browser.wait.is_some_and(|wait| wait >= 1));
    browser.address = Some("2001:db8:1:2:3:4:5:6");
    browser.log_in("ADMIN01", LOGIN).await;
    assert!(browser.wait.is_some(), "the same network");
    browser.address = Some("192.0.2.7");
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/home");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_file_for_another_day_is_not_taken() {
    let mut browser = Browser::new().await;
    browser.log_in("ADMIN01", LOGIN).await;
    let today = 1_795_230_000;
    for (day, taken) in [(today - 86_400, false), (today + 86_400, false), (today + 34 * 86_400, false), (today, true)]
    {
        browser.ask("/payroll", None).await;
        let file = demo::sample_batch(BatchKind::Salary, Timestamp::from_unix(day)).to_bytes(LineEnd::CrLf);
        browser.upload("/payroll", &file).await;
        assert_eq!(browser.path == "/orders/confirm", taken);
        assert_eq!(browser.page.contains("振込指定日が本日（2026年11月21日）のファイルだけ"), !taken);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_is_finished_although_the_visitor_went_away() {
    let mut browser = Browser::new().await;
    browser.log_in("ADMIN01", LOGIN).await;
    let form = format!("csrf={}&first-otp={}&serial=KKK0000001", browser.csrf(), demo::FIRST_OTP);
    let request = Request::builder().uri("/registration").method("POST").header(header::COOKIE, &browser.cookie);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(form));
    // The connection is closed while the password is being compared.
    let asked = browser.site.clone().oneshot(request.expect("a request"));
    assert!(tokio::time::timeout(Duration::ZERO, asked).await.is_err());
    for _ in 0..500 {
        browser.ask("/registration", None).await;
        if browser.page.contains("device-code") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing came of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_token_the_bank_revokes_is_out() {
    let mut desk = Browser::new().await;
    let (mut holder, mut other, mut second) = (desk.another(), desk.another(), desk.another());
    holder.log_in("KEIRI01", LOGIN).await;
    other.log_in("ADMIN02", LOGIN).await;
    for (one, id) in [(&mut desk, "OPERATOR1"), (&mut second, "OPERATOR2")] {
        one.ask("/operator/login", None).await;
        let form = format!("csrf={}&operator={id}&password={}", one.csrf(), demo::OPERATOR);
        one.ask("/operator/login", Some(form)).await;
    }
    desk.ask("/operator/act?act=revoke&contract=1234567890&item=KKK0000001", None).await;
    let form = format!("csrf={}&act=revoke&contract=1234567890&item=KKK0000001&reason=lost", desk.csrf());
    desk.ask("/operator/act", Some(form)).await;
    holder.ask("/home", None).await;
    assert_eq!(holder.path, "/home", "it waits for a second operator");
    second.ask(&desk.path, None).await;
    second.ask(&desk.path, Some(format!("csrf={}&decision=approve", second.csrf()))).await;
    assert_eq!(second.path, "/operator?q=1234567890");
    holder.ask("/home", None).await;
    other.ask("/home", None).await;
    assert_eq!((holder.path.as_str(), other.path.as_str()), ("/login", "/home"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_passwords_of_a_person_are_two_whoever_sets_them() {
    let mut browser = Browser::new().await;
    browser.log_in("ADMIN01", LOGIN).await;
    for (path, act) in [("/password", ""), ("/users/KEIRI01", "&act=password")] {
        for (which, other, own) in [("login", demo::TRANSACTION, LOGIN), ("transaction", LOGIN, demo::TRANSACTION)] {
            for (new, refused) in [(other, true), (own, false)] {
                browser.ask(path, None).await;
                let form = format!("csrf={}{act}&which={which}&new={new}&again={new}", browser.csrf());
                browser.ask(path, Some(form)).await;
                assert_eq!(
                    browser.page.contains("もう一方のパスワードと同じものは使えません"),
                    refused,
                    "{path} {which}"
                );
                assert_eq!(browser.path == "/orders/confirm", !refused, "{path} {which}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_called_that() {
    let mut browser = Browser::new().await;
    browser.log_in("ADMIN01", LOGIN).await;
    browser.ask("/bulk", None).await;
    assert_eq!(browser.upload("/bulk", &vec![b'2'; 1 << 20]).await, StatusCode::OK);
    assert!(browser.page.contains("ファイルが1MBを超えています"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_to_no_account_of_this_bank_is_refused_before_it_is_signed() {
    let mut browser = Browser::new().await;
    browser.log_in("ADMIN01", LOGIN).await;
    for (account, kind, said) in [
        ("9901-001&account=0777001", "current", "この科目と口座番号の口座はありません"),
        ("9901-001&account=0777002", "ordinary", "この科目と口座番号の口座はありません"),
        ("9901-102&account=0012345", "ordinary", "支払口座とは別の口座"),
        ("9901-001&account=0777001", "ordinary", "内容の確認"),
    ] {
        browser.ask("/transfer", None).await;
        let form = format!(
            "csrf={}&from=102-0012345&to=new&branch={account}&accountType={kind}&payee=%EF%BE%90%EF%BE%8E%EF%BE%9D&amount=1",
            browser.csrf()
        );
        browser.ask("/transfer", Some(form)).await;
        assert!(browser.page.contains(said), "{account} {kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_clock_is_moved_on_by_its_page_and_stays_ahead() {
    let mut browser = Browser::with_test_clock(false).await;
    assert_eq!(browser.ask("/clock", None).await, StatusCode::OK);
    assert!(browser.page.contains("2026-11-21T03:00:00Z"), "{}", browser.page);
    let form = format!("csrf={}&by=86400", browser.csrf());
    assert_eq!(browser.ask("/clock", Some(form)).await, StatusCode::OK);
    assert!(browser.page.contains("2026-11-22T03:00:00Z"), "{}", browser.page);
    browser.log_in("ADMIN01", LOGIN).await;
    assert_eq!(browser.path, "/home");
    assert!(browser.page.contains("href=\"/clock\""));
    assert_eq!(TestClock::ahead_in(browser.dir.path()).expect("a number"), 86_400, "after a restart, too");
    for wrong in ["", "-1", "a day", "99999999999"] {
        browser.ask("/clock", None).await;
        let form = format!("csrf={}&by={wrong}", browser.csrf());
        assert_eq!(browser.ask("/clock", Some(form)).await, StatusCode::FORBIDDEN, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_without_a_test_clock_or_with_a_real_token_has_the_systems_time() {
    let mut browser = Browser::new().await;
    assert_eq!(browser.ask("/clock", None).await, StatusCode::NOT_FOUND);
    browser.ask("/login", None).await;
    assert!(!browser.page.contains("/clock"));
    let form = format!("csrf={}&by=60", browser.csrf());
    assert_eq!(browser.ask("/clock", Some(form)).await, StatusCode::NOT_FOUND);

    let mut browser = Browser::with_test_clock(true).await;
    browser.ask("/clock", None).await;
    let form = format!("csrf={}&by=60", browser.csrf());
    assert_eq!(browser.ask("/clock", Some(form)).await, StatusCode::CONFLICT);
    assert!(browser.page.contains("ZZZ0000001"), "{}", browser.page);
    assert!(browser.clock.ahead().is_zero());
}
