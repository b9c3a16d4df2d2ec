//! The site of the invented provider speaks the customer's language, whatever the bank answers.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use camtoken_portal::provider::{Office, client::Credentials};
use camtoken_portal::system;
use serde_json::json;
use tower::ServiceExt;

/// A word that no page may show.
const STRANGE: &str = "STRANGE";

/// What the bank answers to some paths: the start of the path, the status, the body. All else it answers as it should.
type Answers = Arc<Mutex<Vec<(&'static str, u16, String)>>>;

/// A bank whose customer is linked, and that answers to the rest as it is told.
async fn bank() -> (String, Answers) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answers = Answers::default();
    let router = Router::new().fallback(answer).with_state((url.clone(), Arc::clone(&answers)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, answers)
}

async fn answer(State((url, answers)): State<(String, Answers)>, to: Uri) -> Response {
    let path = to.path();
    let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, status, body)) = answers.iter().find(|(start, ..)| path.starts_with(start)) {
        return (StatusCode::from_u16(*status).expect("a status"), body.clone()).into_response();
    }
    let account = json!({ "id": "102-0012345", "accountType": "ordinary" });
    let transfer = json!({ "id": "R1", "state": "pending", "amount": 1, "payee": "ﾐﾎﾝ", "signAt": url });
    let body = match path {
        "/.well-known/oauth-authorization-server/oauth" => json!({
            "issuer": format!("{url}/oauth"), "authorization_endpoint": format!("{url}/oauth/authorize"),
            "token_endpoint": format!("{url}/oauth/token"), "revocation_endpoint": format!("{url}/oauth/revoke"),
        }),
        "/oauth/token" => {
            json!({ "access_token": "a", "refresh_token": "r", "scope": "balances statements transfers" })
        }
        "/api/accounts" => json!({ "accounts": [account] }),
        "/api/accounts/102-0012345/balance" => json!({ "balance": 1 }),
        "/api/accounts/102-0012345/statement" => json!({ "lines": [] }),
        path if path.starts_with("/api/transfers") => transfer,
        _ => json!({}),
    };
    body.to_string().into_response()
}

/// A browser at the provider's site.
struct Browser {
    office: Router,
    cookie: String,
    lang: &'static str,
}

impl Browser {
    async fn new(url: &str, credentials: &Credentials, lang: &'static str) -> Self {
        let office = Office::new(url, "http://provider.example", credentials.clone(), Arc::new(system::now));
        let mut browser = Self { office: Arc::new(office).router(), cookie: String::new(), lang };
        browser.ask("/", None).await;
        browser
    }

    /// The page to which a request leads in the end.
    async fn ask(&mut self, path: &str, form: Option<&str>) -> String {
        let (mut path, mut form) = (path.to_owned(), form.map(str::to_owned));
        loop {
            let request = Request::builder()
                .uri(&path)
                .header(header::COOKIE, &self.cookie)
                .header(header::ACCEPT_LANGUAGE, self.lang)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            let request = match form.take() {
                Some(form) => request.method("POST").body(Body::from(form)),
                None => request.body(Body::empty()),
            };
            let response = self.office.clone().oneshot(request.expect("a request")).await.expect("routes do not fail");
            if let Some(cookie) = response.headers().get(header::SET_COOKIE) {
                self.cookie = cookie.to_str().expect("ASCII").split(';').next().expect("a pair").to_owned();
            }
            if let Some(to) = response.headers().get(header::LOCATION) {
                path = to.to_str().expect("ASCII").to_owned();
                if path.starts_with('/') {
                    continue;
                }
                return path;
            }
            let page = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
            return String::from_utf8(page.into()).expect("UTF-8");
        }
    }

    async fn csrf(&mut self) -> String {
        let page = self.ask("/", None).await;
        let at = page.find("name=\"csrf\" value=\"").expect("a form") + 19;
        page[at..at + 32].to_owned()
    }

    /// Goes to the bank; the parameters with which it comes back are given without `state`.
    async fn link(&mut self, back: &str) -> String {
        let csrf = self.csrf().await;
        let to = self.ask("/link", Some(&format!("csrf={csrf}&service=choubo"))).await;
        let Some((_, state)) = to.split_once("state=") else { return to };
        let state = state.split('&').next().expect("a state").to_owned();
        self.ask(&format!("/callback?state={state}&{back}"), None).await
    }

    fn check(&self, what: &str, page: &str) {
        let (_, main) = page.split_once("<main").unwrap_or_else(|| panic!("{what}: no page, but {page:?}"));
        let (main, _) = main.split_once("</main>").expect("its end");
        // The names of the bank's branches are no words of the site.
        let main: String = main.split("<select").map(|part| part.split("</select>").last().unwrap_or(part)).collect();
        let japanese = main.chars().filter(|c| ('ぁ'..='ん').contains(c) || ('一'..='龠').contains(c)).count();
        assert!(!main.contains(STRANGE), "{what}, {}: {main}", self.lang);
        assert_eq!(japanese > 5, self.lang == "ja", "{what}, {}: {main}", self.lang);
    }
}

/// The answers that the bank of this test gives instead of what it should.
fn strange() -> Vec<(u16, String)> {
    let problem = |status: u16, more: serde_json::Value| {
        let mut body = json!({ "type": "about:blank", "title": format!("{STRANGE} thing"), "detail": STRANGE });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        (status, body.to_string())
    };
    let parts = ["from", "branchCode", "account", "payee", "amount", "body", STRANGE];
    let mut answers: Vec<_> = parts.iter().map(|part| problem(400, json!({ "code": "part", "part": part }))).collect();
    answers.extend([
        problem(404, json!({ "code": "not-found" })),
        problem(409, json!({ "code": "other-request" })),
        problem(429, json!({ "code": "too-many" })),
        problem(403, json!({})),
        problem(401, json!({})),
        problem(503, json!({ "code": "unavailable" })),
        (400, json!({ "error": format!("{STRANGE}!"), "error_description": STRANGE }).to_string()),
        (500, format!("<h1>{STRANGE}</h1>")),
        (502, String::new()),
        (200, STRANGE.to_owned()),
        (200, "[]".to_owned()),
        (200, json!({ "accounts": [{ "id": 7, "accountType": STRANGE }] }).to_string()),
        (200, json!({ "id": "R1", "state": STRANGE, "refused": STRANGE, "amount": -1, "payee": null }).to_string()),
        (200, json!({ "lines": [{ "day": 1, "amount": "x" }] }).to_string()),
        (301, String::new()),
    ]);
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_in_the_customers_language_whatever_the_bank_answers() {
    let (url, answers) = bank().await;
    let tell = |told: Vec<(&'static str, u16, String)>| *answers.lock().unwrap_or_else(PoisonError::into_inner) = told;
    let dir = tempfile::tempdir().expect("a directory");
    let credentials = Credentials::open(&dir.path().join("provider.json")).expect("new credentials");
    let good = format!("code=c&iss={url}/oauth");
    let order = "service=choubo&from=102-0012345&branch=9902-110&account=0054321&payee=x&amount=1&key=k";
    for lang in ["ja", "en"] {
        let mut browser = Browser::new(&url, &credentials, lang).await;
        for path in ["/", "/nothing", "/link", "/callback", "/callback?%FF=%FF", "/accounts/%FF", "/?lang=%FF"] {
            let page = browser.ask(path, None).await;
            browser.check(path, &page);
        }
        for back in
            ["error=STRANGE+thing", "error=access_denied", &format!("error={STRANGE}&iss={url}/oauth"), "iss=x&code=c"]
        {
            let page = browser.link(back).await;
            browser.check(back, &page);
        }
        let starts = ["/.well-known", "/oauth/token", "/oauth/revoke", "/api", "/api/accounts/", "/api/transfers"];
        for (status, body) in strange() {
            for start in starts {
                tell(Vec::new());
                if start != "/.well-known" && start != "/oauth/token" {
                    browser.link(&good).await;
                    let csrf = browser.csrf().await;
                    browser.ask("/transfers", Some(&format!("csrf={csrf}&{order}"))).await;
                }
                let csrf = browser.csrf().await;
                tell(vec![(start, status, body.clone())]);
                let what = format!("{start} answers {status} {body}");
                for path in ["/", "/accounts/102-0012345"] {
                    let page = browser.ask(path, None).await;
                    browser.check(&what, &page);
                }
                let page = browser.ask("/transfers", Some(&format!("csrf={csrf}&{order}"))).await;
                browser.check(&what, &page);
                let page = browser.ask("/unlink", Some(&format!("csrf={csrf}"))).await;
                browser.check(&what, &page);
                let page = browser.link(&good).await;
                if page.contains("<main") {
                    browser.check(&what, &page);
                }
            }
        }
        tell(Vec::new());
        let mut away = Browser::new("http://127.0.0.1:9", &credentials, lang).await;
        let page = away.link(&good).await;
        away.check("no bank at all", &page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_can_tell_stays_on_the_page_when_something_else_is_missing() {
    let (url, answers) = bank().await;
    let dir = tempfile::tempdir().expect("a directory");
    let credentials = Credentials::open(&dir.path().join("provider.json")).expect("new credentials");
    let mut browser = Browser::new(&url, &credentials, "ja").await;
    let page = browser.link(&format!("code=c&iss={url}/oauth")).await;
    assert!(page.contains("1円") && page.contains("action=\"/unlink\""), "{page}");
    for (start, status) in [("/api/accounts/", 503), ("/api/transfers", 429)] {
        *answers.lock().unwrap_or_else(PoisonError::into_inner) = vec![(start, status, String::new())];
        let page = browser.ask("/", None).await;
        assert!(page.contains("102-0012345") && page.contains("action=\"/unlink\""), "{start}: {page}");
    }
    *answers.lock().unwrap_or_else(PoisonError::into_inner) = vec![("/api", 503, String::new())];
    let page = browser.ask("/", None).await;
    assert!(page.contains("action=\"/unlink\"") && !page.contains("action=\"/link\""), "still linked: {page}");
}
