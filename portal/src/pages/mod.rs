//! The site. Handlers hold no rules: they read a form, ask the bank once, and show what it says.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Form, FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use camtoken::Language;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::bank::{Bank, BankError};
use crate::domain::credential::Password;
use crate::domain::people::{Contract, LoginMethod, Menu, Person};
use crate::limiter::Limiter;
use crate::text::Text;
use crate::tls::Peer;

mod accounts;
mod api;
mod application;
mod attacks;
mod batches;
mod certificate;
mod forms;
mod home;
mod layout;
pub mod linkage;
mod login;
mod operator;
mod orders;
mod outbox;
mod payments;
mod registration;
mod session;
mod settings;
mod signing;
mod users;

use layout::For;
pub use session::IDLE;
use session::{COOKIE, SECURE_COOKIE, Session, Sessions, Stage, Who};

/// The site with all that stands behind it.
pub struct Site {
    /// The bank.
    pub bank: Bank,
    sessions: Sessions,
    /// Where the page with a token's face is, up to the token's ID; none when this build has no such page.
    face: Option<String>,
    /// Where the same site is under TLS, which asks for certificates.
    tls: Option<String>,
    /// How often one address, and one name at the login, may have a password compared.
    by_address: Limiter<Option<IpAddr>>,
    by_name: Limiter<String>,
    /// How often one address may apply, and one mail address is written to for it.
    applications: Limiter<Option<IpAddr>>,
    by_mail: Limiter<String>,
    /// Where attacks are played, one at a time.
    attack_dir: PathBuf,
    stage: Semaphore,
    linkages: Option<linkage::Linkages>,
}

/// What a request needs to know of its visitor.
#[derive(Clone)]
struct Visit {
    site: Arc<Site>,
    peer: Peer,
    name: String,
    session: Session,
    t: Text,
    path: String,
    /// What follows in the address, without the language.
    query: String,
}

/// Why there is no page.
#[derive(Debug)]
enum Fault {
    /// Somebody has to log in first.
    Login,
    /// The token has to be registered first.
    Registration,
    /// A certificate has to be fetched first.
    Certificate,
    /// The one-time password is awaited.
    Otp,
    /// That was too often; how long to wait.
    TooMany(Duration),
    /// No such page for this person.
    NotFound,
    /// The form is not one that this session was shown.
    Form,
    /// Nothing was decided.
    Bank(BankError),
}

type Answer = Result<Response, Fault>;

impl Site {
    /// A site for this bank. `face` is the address of the token's face without the token's ID; attacks are played in
    /// `attack_dir`, which is the site's alone and cleared away first.
    #[must_use]
    pub fn new(bank: Bank, face: Option<String>, attack_dir: PathBuf) -> Self {
        crate::attacks::clear(&attack_dir);
        Self {
            bank,
            sessions: Sessions::default(),
            face,
            tls: None,
            by_address: Limiter::new(60, Duration::from_millis(500)),
            by_name: Limiter::new(20, Duration::from_secs(6)),
            applications: Limiter::new(10, Duration::from_secs(600)),
            by_mail: Limiter::new(3, Duration::from_secs(8 * 3_600)),
            attack_dir,
            stage: Semaphore::new(1),
            linkages: None,
        }
    }

    /// Says where the same site is under TLS.
    #[must_use]
    pub fn with_tls(self, url: String) -> Self {
        Self { tls: Some(url), ..self }
    }

    /// The same with authorization servers, so that external services can be linked.
    #[must_use]
    pub fn with_linkages(self, linkages: linkage::Linkages) -> Self {
        Self { linkages: Some(linkages), ..self }
    }

    /// Ends what is over by itself, and forgets what was given out and is good no more: to be called every now and then.
    ///
    /// # Errors
    ///
    /// [`BankError`] when the books do not answer.
    pub fn tidy(&self) -> Result<(), BankError> {
        self.linkages.as_ref().map_or(Ok(()), |linkages| linkages.tidy(&self.bank))
    }

    /// The routes.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(async || Redirect::to("/home")))
            .route("/apply", get(application::form).post(application::enter))
            .route("/login", get(login::form).post(login::enter))
            .route("/login/otp", get(login::otp).post(login::otp_enter))
            .route("/login/otp/code", post(login::otp_code).get(async || Redirect::to("/login/otp")))
            .route("/logout", post(login::leave))
            .route("/home", get(home::show))
            .route("/registration", get(registration::show).post(registration::begin))
            .route("/registration/code.png", get(registration::code))
            // Where a form may be shown again with what is wrong in it, the address leads to a page also by itself.
            .route(
                "/registration/device-code",
                post(registration::device_code).get(async || Redirect::to("/registration")),
            )
            .route("/registration/confirm", post(registration::confirm).get(async || Redirect::to("/registration")))
            .route("/registration/reset", post(registration::reset))
            .route("/certificate", get(certificate::show).post(certificate::fetch))
            .route("/certificate/file.p12", get(certificate::file))
            .route("/certificate/renew", post(certificate::renew))
            .route("/authority.pem", get(certificate::authority))
            .route("/accounts/{account}", get(accounts::show))
            .route("/orders", get(orders::list))
            .route("/orders/confirm", get(orders::confirm).post(orders::place))
            .route("/orders/{order}", get(orders::show).post(orders::sign))
            .route("/orders/{order}/code", post(orders::new_code).get(back_to_order))
            .route("/orders/{order}/code.png", get(orders::code))
            .route("/transfer", get(payments::transfer).post(payments::transfer_enter))
            .route("/payees", get(payments::payees).post(payments::payee_enter))
            .route("/pay-easy", get(payments::pay_easy).post(payments::pay_easy_enter))
            .route("/remittance", get(payments::remittance).post(payments::remittance_enter))
            .route("/bulk", get(batches::bulk).post(batches::bulk_enter))
            .route("/payroll", get(batches::payroll).post(batches::payroll_enter))
            .route("/bulk/sample.txt", get(batches::sample_bulk))
            .route("/payroll/sample.txt", get(batches::sample_payroll))
            .route("/limits", get(settings::limits).post(settings::limits_enter))
            .route("/password", get(settings::password).post(settings::password_enter))
            .route("/users", get(users::list))
            .route("/users/new", get(users::new).post(users::new_enter))
            .route("/users/{user}", get(users::show).post(users::change))
            .route("/tokens/{token}/revoke", post(users::revoke_token))
            .route("/outbox", get(outbox::list))
            .route("/outbox/{number}", get(outbox::show))
            .route("/outbox/{number}/letter.png", get(outbox::sheet))
            .route("/outbox/{number}/code.png", get(outbox::code))
            .route("/operator", get(operator::home))
            .route("/operator/events", get(operator::events))
            .route("/operator/login", get(operator::form).post(operator::enter))
            .route("/operator/applications/{application}", post(operator::complete))
            .route("/operator/{contract}/{user}", get(operator::person).post(operator::act))
            .route("/operator/tokens/{token}/revoke", post(operator::revoke_token))
            .route("/attacks", get(attacks::show))
            .route("/attacks/{attack}", post(attacks::play).get(async || Redirect::to("/attacks")))
            .merge(linkage::pages())
            .fallback(async || Fault::NotFound)
            .method_not_allowed_fallback(async || Fault::NotFound)
            .layer(from_fn_with_state(Arc::clone(&self), visitor))
            .layer(DefaultBodyLimit::max(1 << 20))
            .merge(layout::statics())
            .merge(linkage::endpoints())
            .merge(api::routes())
            .layer(axum::middleware::map_response(async |mut response: Response| {
                guard_headers(response.headers_mut());
                response
            }))
            .with_state(self)
    }
}

impl Visit {
    fn bank(&self) -> &Bank {
        &self.site.bank
    }

    /// Who is in.
    fn person(&self) -> Result<Person, Fault> {
        match &self.session.stage {
            Stage::In(who) => self.look_up(who),
            Stage::Registering(_) => Err(Fault::Registration),
            Stage::Fetching(_) => Err(Fault::Certificate),
            Stage::Otp { .. } | Stage::Generator(_) => Err(Fault::Otp),
            Stage::Nobody | Stage::Operator(_) => Err(Fault::Login),
        }
    }

    /// Who is in, or may register.
    fn registrant(&self) -> Result<Person, Fault> {
        match &self.session.stage {
            Stage::In(who) | Stage::Registering(who) => self.look_up(who),
            Stage::Fetching(_) => Err(Fault::Certificate),
            Stage::Otp { .. } | Stage::Generator(_) => Err(Fault::Otp),
            Stage::Nobody | Stage::Operator(_) => Err(Fault::Login),
        }
    }

    /// Who is in, if the menu is open to them.
    fn may(&self, menu: Menu) -> Result<Person, Fault> {
        let person = self.person()?;
        if person.may(menu) { Ok(person) } else { Err(Fault::NotFound) }
    }

    /// Whether a line of the menu is for this person.
    fn is_open(&self, person: &Person, whom: For) -> bool {
        match whom {
            For::All => true,
            // Whoever gave the camera token back signs nothing.
            For::May(menu) => person.may(menu) && person.generator.is_none(),
            For::Administrators => person.is_administrator(),
            For::Certificate => {
                self.contract(person).is_ok_and(|contract| contract.method == LoginMethod::PasswordCertificate)
            }
        }
    }

    /// An administrator who is in.
    fn administrator(&self) -> Result<Person, Fault> {
        let person = self.person()?;
        if person.is_administrator() { Ok(person) } else { Err(Fault::NotFound) }
    }

    /// The person's contract.
    fn contract(&self, person: &Person) -> Result<Contract, Fault> {
        self.bank().books.get(&person.contract).map_err(BankError::from)?.ok_or(Fault::Login)
    }

    fn look_up(&self, who: &Who) -> Result<Person, Fault> {
        let person = self.bank().person(&who.contract, &who.user)?;
        // The certificate is asked for again with each request: a resumed connection brings it without a new check, and it may
        // have been taken back.
        if let (Some(person), Some(shown)) = (&person, &self.session.certificate)
            && !(self.peer.certificate.as_ref() == Some(shown) && self.bank().is_certificate_of(person, shown)?)
        {
            return Err(Fault::Login);
        }
        // Taken out of service, or with another login: at once, also in the middle of a session or of a linkage.
        person.filter(|person| person.is_in_service() && who.is(person)).ok_or(Fault::Login)
    }

    /// Counts a try at a login under a name, whoever tries and whether there is such a name.
    fn count(&self, name: &[&str]) -> Result<(), Fault> {
        let name = name.join("/").trim().to_ascii_uppercase();
        self.site.by_name.ask(&name.chars().take(120).collect(), self.bank().now()).map_err(Fault::TooMany)
    }

    /// Counts something that costs, such as a password to compare, for the address it comes from.
    fn count_address(&self) -> Result<(), Fault> {
        self.site.by_address.ask(&self.peer.network(), self.bank().now()).map_err(Fault::TooMany)
    }

    /// Counts an application, which has a mail sent to a stranger's address.
    fn count_application(&self, mail: &str) -> Result<(), Fault> {
        let now = self.bank().now();
        self.site.applications.ask(&self.peer.network(), now).map_err(Fault::TooMany)?;
        self.site.by_mail.ask(&mail.to_lowercase(), now).map_err(Fault::TooMany)
    }

    /// Goes to a page with this session in another stage: it gets a new name, so that nobody can have known it before.
    fn enter(&self, stage: Stage, to: &str) -> Response {
        self.enter_with(stage, None, to)
    }

    /// The same with the certificate that this session is bound to.
    fn enter_with(&self, stage: Stage, certificate: Option<String>, to: &str) -> Response {
        let sessions = &self.site.sessions;
        sessions.end(&self.name);
        let (name, _) = sessions.begin(stage, self.bank().now());
        sessions.change(&name, |session| session.certificate = certificate);
        let mut response = Redirect::to(to).into_response();
        response.headers_mut().append(header::SET_COOKIE, cookie(&name, self.peer.secure));
        response
    }

    fn change(&self, change: impl FnOnce(&mut Session)) {
        self.site.sessions.change(&self.name, change);
    }

    /// The text to show once, if there is one.
    fn notice(&self) -> Option<&'static str> {
        let notice = self.session.notice;
        if notice.is_some() {
            self.change(|session| session.notice = None);
        }
        notice
    }

    /// Shows a text on the next page.
    fn tell(&self, notice: &'static str) {
        self.change(|session| session.notice = Some(notice));
    }
}

impl FromRequestParts<Arc<Site>> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or(Fault::NotFound)
    }
}

/// What a form says, once it was seen that this session was shown it.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.trim())
    }

    /// Digits as people type them: spaces and hyphens between them, full width.
    fn digits(&self, name: &str) -> String {
        let narrow = |c: char| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
            other => other,
        };
        self.text(name).chars().map(narrow).filter(|c| !c.is_whitespace() && !matches!(c, '-' | ',' | '，')).collect()
    }

    fn password(&mut self, name: &str) -> Password {
        let place = self.0.iter_mut().find(|(known, _)| known == name);
        Password::new(place.map(|(_, text)| std::mem::take(text)).unwrap_or_default())
    }
}

impl FromRequest<Arc<Site>> for Fields {
    type Rejection = Fault;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Fault> {
        let visit = request.extensions().get::<Visit>().cloned().ok_or(Fault::NotFound)?;
        let Form(fields) = Form::from_request(request, site).await.map_err(|_| Fault::Form)?;
        let fields = Self(fields);
        fields.check(&visit)?;
        Ok(fields)
    }
}

impl Fields {
    fn check(&self, visit: &Visit) -> Result<(), Fault> {
        let same = self.text("csrf").as_bytes().ct_eq(visit.session.csrf.as_bytes());
        if bool::from(same) { Ok(()) } else { Err(Fault::Form) }
    }
}

impl From<BankError> for Fault {
    fn from(error: BankError) -> Self {
        Self::Bank(error)
    }
}

impl From<crate::books::BooksError> for Fault {
    fn from(error: crate::books::BooksError) -> Self {
        Self::Bank(error.into())
    }
}

/// A page that has no text of its own: the middleware knows the visitor's language and writes it.
#[derive(Clone, Copy)]
struct Unwritten(&'static str, u64);

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut wait = 0;
        let (status, text) = match self {
            Self::Login => return Redirect::to("/login").into_response(),
            Self::Registration => return Redirect::to("/registration").into_response(),
            Self::Certificate => return Redirect::to("/certificate").into_response(),
            Self::Otp => return Redirect::to("/login/otp").into_response(),
            Self::TooMany(time) => {
                wait = time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
                (StatusCode::TOO_MANY_REQUESTS, "fault-too-many")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "fault-not-found"),
            Self::Form => (StatusCode::FORBIDDEN, "fault-form"),
            Self::Bank(error) => {
                eprintln!("error: {error}");
                (StatusCode::SERVICE_UNAVAILABLE, "fault-bank")
            }
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Unwritten(text, wait));
        response
    }
}

async fn back_to_order(Path(id): Path<String>) -> Redirect {
    Redirect::to(&format!("/orders/{id}"))
}

/// Forms with a password in them that is compared or hashed.
const COSTLY: &[&str] = &[
    "/certificate",
    "/login",
    "/login/otp",
    "/operator/login",
    "/orders/confirm",
    "/password",
    "/registration",
    "/users/new",
];

/// Finds the visitor's session, or begins one, and writes pages that have no text yet.
async fn visitor(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let now = site.bank.now();
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|known| known.0.clone()).unwrap_or_default();
    let cookie_name = if peer.secure { SECURE_COOKIE } else { COOKIE };
    let named = cookie_named(request.headers(), cookie_name);
    let found = named.as_deref().map_or(Err(false), |name| site.sessions.find(name, now));
    let ended = found.as_ref().err() == Some(&true);
    let (name, session, is_new) = match (named, found) {
        (Some(name), Ok(session)) => (name, session, false),
        _ => {
            let (name, mut session) = site.sessions.begin(Stage::Nobody, now);
            session.notice = ended.then_some("session-ended");
            site.sessions.change(&name, |kept| kept.notice = session.notice);
            (name, session, true)
        }
    };
    let parts = request.uri().query().unwrap_or_default().split('&');
    let (asked, others): (Vec<&str>, Vec<&str>) = parts.partition(|part| part.starts_with("lang="));
    let asked: Option<Language> = asked.iter().find_map(|part| part["lang=".len()..].parse().ok());
    let t = Text(asked.unwrap_or_else(|| language(request.headers())));
    let (path, query) = (request.uri().path().to_owned(), others.join("&"));
    let visit = Visit { site, peer, name, session, t, path, query };
    request.extensions_mut().insert(visit.clone());
    let costly = request.method() == Method::POST && COSTLY.contains(&visit.path.as_str());
    let let_in = if costly { visit.count_address() } else { Ok(()) };
    let mut response = match let_in {
        // To its end, also when the visitor goes away in between: half a decision would leave books and verifier apart.
        Ok(()) => match tokio::spawn(next.run(request)).await {
            Ok(response) => response,
            Err(broken) => match broken.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Fault::Bank(BankError::Closing).into_response(),
            },
        },
        Err(fault) => fault.into_response(),
    };
    if let Some(Unwritten(text, wait)) = response.extensions_mut().remove::<Unwritten>() {
        let status = response.status();
        response = layout::message(&visit, &visit.t.with(text, &[("seconds", &wait.to_string())]));
        *response.status_mut() = status;
        if wait > 0 {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
    }
    let headers = response.headers_mut();
    let sets_name =
        headers.get_all(header::SET_COOKIE).iter().any(|value| value.as_bytes().starts_with(cookie_name.as_bytes()));
    if is_new && !sets_name {
        headers.append(header::SET_COOKIE, cookie(&visit.name, visit.peer.secure));
    }
    if let Some(language) = asked {
        let value = format!("lang={language}; Path=/; Max-Age=31536000; SameSite=Lax");
        headers.append(header::SET_COOKIE, HeaderValue::from_str(&value).expect("ASCII"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What pages may load and where their forms may go.
const CSP: &str = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'none'; \
                   form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn guard_headers(headers: &mut HeaderMap) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Over plain HTTP on loopback, which is for the demonstration only, the cookie has no `Secure`.
fn cookie(name: &str, secure: bool) -> HeaderValue {
    let (cookie, more) = if secure { (SECURE_COOKIE, "; Secure") } else { (COOKIE, "") };
    let text = format!("{cookie}={name}; Path=/; HttpOnly; SameSite=Lax{more}");
    HeaderValue::from_str(&text).expect("hexadecimal digits")
}

pub(crate) fn cookie_named(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// What the visitor chose, else what the browser asks for, else Japanese.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    if let Some(chosen) = cookie_named(headers, "lang").and_then(|chosen| chosen.parse().ok()) {
        return chosen;
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accepted.split(',').find_map(|part| {
        let tag = part.split(';').next().unwrap_or_default().trim();
        tag.split('-').next().unwrap_or_default().to_ascii_lowercase().parse().ok()
    });
    first.unwrap_or_default()
}
