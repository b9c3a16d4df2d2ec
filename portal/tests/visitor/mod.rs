//! A visitor of the site, without a socket: cookies, forms, the last page, and its address.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use camtoken_portal::tls::Peer;
use tower::ServiceExt;

/// A browser that goes nowhere by itself.
pub struct Visitor {
    pub site: Router,
    pub cookies: Vec<(String, String)>,
    pub page: String,
    /// Where the last answer sends the browser.
    pub to: Option<String>,
    pub address: Option<&'static str>,
    pub host: Option<&'static str>,
}

impl Visitor {
    pub fn new(site: Router) -> Self {
        Self { site, cookies: Vec::new(), page: String::new(), to: None, address: None, host: None }
    }

    /// Asks for a page, or sends the form of the page before with these fields.
    pub async fn ask(&mut self, path: &str, form: Option<&str>) -> StatusCode {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().uri(path).header(header::COOKIE, cookies.join("; "));
        if let Some(host) = self.host {
            request = request.header(header::HOST, host);
        }
        let request = match form {
            Some(form) => {
                let csrf = self.page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.get(..32));
                let body = format!("csrf={}&{form}", csrf.expect("a form"));
                let request = request.method("POST").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                request.body(Body::from(body))
            }
            None => request.body(Body::empty()),
        };
        let mut request = request.expect("a request");
        let address = self.address.map(|address| address.parse().expect("an address"));
        request.extensions_mut().insert(ConnectInfo(Peer { address, ..Peer::default() }));
        let response = self.site.clone().oneshot(request).await.expect("routes do not fail");
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().expect("ASCII").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a pair");
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        let to = response.headers().get(header::LOCATION);
        self.to = to.map(|to| to.to_str().expect("ASCII").to_owned());
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 22).await.expect("a body");
        if self.to.is_none() {
            self.page = String::from_utf8(body.into()).expect("UTF-8");
        }
        status
    }

    /// The same, and goes where it is sent.
    pub async fn go(&mut self, path: &str, form: Option<&str>) -> StatusCode {
        let mut status = self.ask(path, form).await;
        while let Some(to) = self.to.clone() {
            status = self.ask(&to, None).await;
        }
        status
    }

    /// Enters numbers and password on the login page. Whether that let the visitor in.
    pub async fn log_in(&mut self, contract: &str, user: &str, password: &str) -> bool {
        self.ask("/login", None).await;
        let form = format!("service=business&contract={contract}&user={user}&password={password}");
        self.ask("/login", Some(&form)).await;
        self.to.as_deref() == Some("/home")
    }
}
