//! The site of an invented external service, to see a linkage from the other side: ちょうぼ会計, a bookkeeping service, and its
//! smaller sister for expenses. A second server on a port of its own; it knows the bank as any provider does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use camtoken::Language;
use maud::{DOCTYPE, Markup, html};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::bank::Bank;
use crate::books::BooksError;
use crate::linkage::grants::{Keys, Server};
use crate::linkage::{Menu, Provider, Standard};
use crate::pages::{cookie_named, language};
use crate::system::random_hex;
use crate::text::Text;

pub mod client;

use client::{Client, Credentials, Linked, Trouble, Waiting};

/// The services of the site, as the bank knows them: client ID, name, purpose, menus, whether customers choose, standard.
const SERVICES: [Service; 3] = [
    Service {
        client: "choubo",
        name: "ちょうぼ会計",
        purpose: "accounting",
        menus: &Menu::ALL,
        chooses: true,
        standard: Standard::Plain,
    },
    Service {
        client: "choubo-fapi",
        name: "ちょうぼ会計",
        purpose: "accounting",
        menus: &Menu::ALL,
        chooses: true,
        standard: Standard::Fapi,
    },
    Service {
        client: "choubo-keihi",
        name: "ちょうぼ経費",
        purpose: "expenses",
        menus: &[Menu::Balance, Menu::Statement],
        chooses: false,
        standard: Standard::Plain,
    },
];

/// How many days a linkage is good for.
const DAYS: u32 = 90;

const COOKIE: &str = "choubo";

struct Service {
    client: &'static str,
    name: &'static str,
    purpose: &'static str,
    menus: &'static [Menu],
    chooses: bool,
    standard: Standard,
}

/// The site.
pub struct Office {
    client: Client,
    bank: String,
    visitors: Mutex<HashMap<String, Visitor>>,
}

/// Somebody at the site.
#[derive(Clone, Default)]
struct Visitor {
    csrf: String,
    waiting: Option<Waiting>,
    linked: Option<Linked>,
    /// The transfers that were asked for.
    requests: Vec<String>,
    notice: Option<(&'static str, String)>,
}

/// What a request knows of its visitor.
struct Visit {
    name: String,
    visitor: Visitor,
    t: Text,
}

/// Registers the site's services at the bank.
///
/// # Errors
///
/// What the bank does not take.
pub async fn register(
    bank: &Bank,
    servers: &HashMap<Standard, Arc<Server>>,
    url: &str,
    credentials: &Credentials,
) -> Result<(), String> {
    for service in &SERVICES {
        let provider = Provider {
            client: service.client.to_owned(),
            name: service.name.to_owned(),
            purpose: service.purpose.to_owned(),
            menus: service.menus.to_vec(),
            chooses: service.chooses,
            standard: service.standard,
            redirect_uri: format!("{url}/callback"),
            days: DAYS,
        };
        let keys = match service.standard {
            Standard::Plain => Keys::Secret(credentials.expose_secret().to_owned()),
            Standard::Fapi => Keys::Public(credentials.public_jwk()),
        };
        if let Some(server) = servers.get(&service.standard) {
            server.register(&provider, keys).await?;
        }
        let done: Result<(), BooksError> = bank.books.change(|sheet| {
            sheet.put(&provider);
            Ok(())
        });
        done.map_err(|error| error.to_string())?;
    }
    Ok(())
}

impl Office {
    /// The site at `url`, with the bank at `bank`.
    #[must_use]
    pub fn new(bank: &str, url: &str, credentials: Credentials) -> Self {
        let client = Client::new(bank.to_owned(), format!("{url}/callback"), credentials);
        Self { client, bank: bank.to_owned(), visitors: Mutex::default() }
    }

    /// The routes.
    pub fn router(self: Arc<Self>) -> Router {
        let style = concat!(include_str!("../../assets/portal.css"), include_str!("../../assets/provider.css"));
        let policy = format!(
            "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
            self.bank
        );
        let policy = HeaderValue::from_str(&policy).expect("an address is ASCII");
        Router::new()
            .route("/", get(home))
            .route("/link", post(link))
            .route("/callback", get(callback))
            .route("/accounts/{account}", get(statement))
            .route("/transfers", post(transfer))
            .route("/unlink", post(unlink))
            .route("/style.css", get(async move || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], style)))
            .route(
                "/mark.svg",
                get(async || ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../../assets/provider.svg"))),
            )
            .layer(map_response(move |mut response: Response| {
                let policy = policy.clone();
                async move {
                    let headers = response.headers_mut();
                    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
                    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
                    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
                    response
                }
            }))
            .with_state(self)
    }

    fn visitors(&self) -> MutexGuard<'_, HashMap<String, Visitor>> {
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn visit(&self, headers: &HeaderMap) -> Visit {
        let t = Text(language(headers));
        let named = cookie_named(headers, COOKIE);
        let mut visitors = self.visitors();
        if let Some(name) = named
            && let Some(visitor) = visitors.get_mut(&name)
        {
            let seen = visitor.clone();
            visitor.notice = None;
            return Visit { name, visitor: seen, t };
        }
        // A demonstration: whoever comes first makes room when there are too many.
        if visitors.len() >= 1_000
            && let Some(any) = visitors.keys().next().cloned()
        {
            visitors.remove(&any);
        }
        let (name, visitor) = (random_hex(16), Visitor { csrf: random_hex(16), ..Visitor::default() });
        visitors.insert(name.clone(), visitor.clone());
        Visit { name, visitor, t }
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Visitor)) {
        if let Some(visitor) = self.visitors().get_mut(name) {
            change(visitor);
        }
    }

    /// The visitor of a form that this site has shown.
    fn sender(&self, headers: &HeaderMap, form: &[(String, String)]) -> Option<Visit> {
        let visit = self.visit(headers);
        let same = text(form, "csrf").as_bytes().ct_eq(visit.visitor.csrf.as_bytes());
        bool::from(same).then_some(visit)
    }
}

type Fields = Vec<(String, String)>;

async fn home(State(office): State<Arc<Office>>, Query(query): Query<Fields>, headers: HeaderMap) -> Response {
    let mut visit = office.visit(&headers);
    if let Ok(asked) = text(&query, "lang").parse() {
        visit.t = Text(asked);
    }
    let t = visit.t;
    let mut response = match visit.visitor.linked.clone() {
        None => draw(&visit, &t.get("provider-title"), &begin_page(&visit)),
        Some(linked) => {
            let requests = visit.visitor.requests.clone();
            match ask(&office, &visit, linked.clone(), move |client, linked| look(client, linked, &requests)).await {
                Some(Ok(seen)) => draw(&visit, &t.get("provider-title"), &linked_page(&visit, &linked, &seen)),
                Some(Err(trouble)) => {
                    visit.visitor.notice = Some(("provider-trouble", trouble_text(t, &trouble)));
                    draw(&visit, &t.get("provider-title"), &begin_page(&visit))
                }
                None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            }
        }
    };
    if let Ok(asked) = text(&query, "lang").parse::<Language>() {
        let value = format!("lang={asked}; Path=/; Max-Age=31536000; SameSite=Lax");
        response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_str(&value).expect("ASCII"));
    }
    response
}

async fn link(State(office): State<Arc<Office>>, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let Some(visit) = office.sender(&headers, &form) else { return back() };
    let asked = text(&form, "service");
    let Some(service) = SERVICES.iter().find(|service| service.client == asked) else { return back() };
    let begun = blocking(&office, move |client| {
        let scopes: Vec<&str> = service.menus.iter().map(|menu| menu.scope()).collect();
        client.begin(service.client, service.standard, &scopes)
    });
    match begun.await {
        Some(Ok((to, waiting))) => {
            office.change(&visit.name, |visitor| visitor.waiting = Some(waiting));
            Redirect::to(&to).into_response()
        }
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(visit.t, &trouble)),
        None => back(),
    }
}

async fn callback(State(office): State<Arc<Office>>, headers: HeaderMap, Query(query): Query<Fields>) -> Response {
    let visit = office.visit(&headers);
    let Some(waiting) = visit.visitor.waiting.clone() else { return back() };
    office.change(&visit.name, |visitor| visitor.waiting = None);
    match blocking(&office, move |client| client.finish(&waiting, &query)).await {
        Some(Ok(linked)) => {
            office.change(&visit.name, |visitor| {
                visitor.linked = Some(linked);
                visitor.requests.clear();
            });
            tell(&office, &visit, "provider-linked", String::new())
        }
        Some(Err(Trouble::Refused(error))) if error == "access_denied" => {
            tell(&office, &visit, "provider-stopped", String::new())
        }
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(visit.t, &trouble)),
        None => back(),
    }
}

async fn statement(State(office): State<Arc<Office>>, headers: HeaderMap, Path(account): Path<String>) -> Response {
    let visit = office.visit(&headers);
    let t = visit.t;
    let Some(linked) = visit.visitor.linked.clone() else { return back() };
    let path =
        format!("/api/accounts/{}/statement", account.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', ""));
    match ask(&office, &visit, linked, move |client, linked| client.ask(linked, &path, None)).await {
        Some(Ok(answer)) => draw(&visit, &t.get("statement"), &statement_page(t, &account, &answer)),
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(t, &trouble)),
        None => back(),
    }
}

async fn transfer(State(office): State<Arc<Office>>, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let Some(visit) = office.sender(&headers, &form) else { return back() };
    let Some(linked) = visit.visitor.linked.clone() else { return back() };
    let amount: String = text(&form, "amount").chars().filter(char::is_ascii_digit).collect();
    let (bank, branch) = text(&form, "branch").split_once('-').unwrap_or_default();
    let wanted = json!({
        "from": text(&form, "from"), "bankCode": bank, "branchCode": branch, "accountType": "ordinary",
        "account": text(&form, "account"), "payee": text(&form, "payee"), "amount": amount.parse::<u64>().unwrap_or(0),
    });
    // The key is drawn with the form, so that a form that is sent twice is one request.
    let key = text(&form, "key").to_owned();
    let asked =
        ask(&office, &visit, linked, move |client, linked| client.ask(linked, "/api/transfers", Some((&key, &wanted))));
    match asked.await {
        Some(Ok(answer)) => {
            let id = answer["id"].as_str().unwrap_or_default().to_owned();
            office.change(&visit.name, |visitor| {
                if !visitor.requests.contains(&id) {
                    visitor.requests.push(id);
                }
            });
            tell(&office, &visit, "provider-requested", String::new())
        }
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(visit.t, &trouble)),
        None => back(),
    }
}

async fn unlink(State(office): State<Arc<Office>>, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let Some(visit) = office.sender(&headers, &form) else { return back() };
    let Some(linked) = visit.visitor.linked.clone() else { return back() };
    match blocking(&office, move |client| client.end(&linked)).await {
        Some(Ok(())) => {
            office.change(&visit.name, |visitor| visitor.linked = None);
            tell(&office, &visit, "provider-unlinked", String::new())
        }
        Some(Err(trouble)) => tell(&office, &visit, "provider-trouble", trouble_text(visit.t, &trouble)),
        None => back(),
    }
}

/// What the page of a linked customer shows.
struct Seen {
    accounts: Vec<(Value, Option<u64>)>,
    requests: Vec<Value>,
}

fn look(client: &Client, linked: &mut Linked, requests: &[String]) -> Result<Seen, Trouble> {
    let answer = client.ask(linked, "/api/accounts", None)?;
    let may = |linked: &Linked, menu: Menu| linked.scopes.iter().any(|scope| scope == menu.scope());
    let mut accounts = Vec::new();
    for account in answer["accounts"].as_array().into_iter().flatten() {
        let mut balance = None;
        if may(linked, Menu::Balance) {
            let path = format!("/api/accounts/{}/balance", account["id"].as_str().unwrap_or_default());
            balance = client.ask(linked, &path, None)?["balance"].as_u64();
        }
        accounts.push((account.clone(), balance));
    }
    let mut seen = Vec::new();
    for request in requests.iter().rev() {
        seen.push(client.ask(linked, &format!("/api/transfers/{request}"), None)?);
    }
    Ok(Seen { accounts, requests: seen })
}

/// Asks the bank in a visitor's name, and keeps the tokens that came of it whatever the answer is: the bank has given out a new
/// one, and the one before it is spent.
async fn ask<T: Send + 'static>(
    office: &Arc<Office>,
    visit: &Visit,
    mut linked: Linked,
    work: impl FnOnce(&Client, &mut Linked) -> Result<T, Trouble> + Send + 'static,
) -> Option<Result<T, Trouble>> {
    let (linked, answer) = blocking(office, move |client| {
        let answer = work(client, &mut linked);
        (linked, answer)
    })
    .await?;
    office.change(&visit.name, |visitor| {
        // Whoever has unlinked meanwhile stays so.
        let is_over = matches!(answer, Err(Trouble::Over)) || visitor.linked.is_none();
        visitor.linked = (!is_over).then_some(linked);
    });
    Some(answer)
}

/// The client waits for the bank, so it does that on a thread for waiting.
async fn blocking<T: Send + 'static>(
    office: &Arc<Office>,
    work: impl FnOnce(&Client) -> T + Send + 'static,
) -> Option<T> {
    let client = office.client.clone();
    tokio::task::spawn_blocking(move || work(&client)).await.ok()
}

fn tell(office: &Office, visit: &Visit, key: &'static str, detail: String) -> Response {
    office.change(&visit.name, |visitor| visitor.notice = Some((key, detail)));
    let mut response = back();
    response.headers_mut().append(header::SET_COOKIE, cookie(&visit.name));
    response
}

fn back() -> Response {
    Redirect::to("/").into_response()
}

fn cookie(name: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("{COOKIE}={name}; Path=/; HttpOnly; SameSite=Lax")).expect("hexadecimal digits")
}

fn text<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.trim())
}

fn trouble_text(t: Text, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Over => t.get("provider-over"),
        other => other.to_string(),
    }
}

fn csrf(visit: &Visit) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.visitor.csrf); }
}

fn begin_page(visit: &Visit) -> Markup {
    let t = visit.t;
    html! {
        p.lead { (t.get("provider-intro")) }
        form.card method="post" action="/link" {
            (csrf(visit))
            fieldset {
                legend { (t.get("provider-choose")) }
                @for (at, service) in SERVICES.iter().enumerate() {
                    label.choice {
                        input type="radio" name="service" value=(service.client) checked[at == 0];
                        span {
                            (t.get(if service.purpose == "accounting" { "provider-accounting" } else { "provider-expenses" }))
                            small.muted { (t.get(match service.standard { Standard::Plain => "provider-plain", Standard::Fapi => "provider-fapi" })) }
                        }
                    }
                }
            }
            p.actions { button.main type="submit" { (t.get("provider-link")) } }
        }
        p.muted { (t.get("provider-password")) }
    }
}

fn linked_page(visit: &Visit, linked: &Linked, seen: &Seen) -> Markup {
    let t = visit.t;
    let may = |menu: Menu| linked.scopes.iter().any(|scope| scope == menu.scope());
    let branches =
        crate::domain::directory::BANKS.iter().flat_map(|bank| bank.branches.iter().map(move |branch| (bank, branch)));
    html! {
        p.lead { (t.get("provider-is-linked")) " " span.tag { (t.get(match linked.standard { Standard::Plain => "provider-plain", Standard::Fapi => "provider-fapi" })) } }
        h2 { (t.get("accounts")) }
        @if seen.accounts.is_empty() { p { (t.get("provider-no-accounts")) } }
        ul.accounts {
            @for (account, balance) in &seen.accounts {
                @let id = account["id"].as_str().unwrap_or_default();
                li {
                    a href={ "/accounts/" (id) } {
                        span { (t.get(&format!("account-{}", account["accountType"].as_str().unwrap_or("other")))) " " (id) }
                        @match balance { Some(yen) => b { (t.yen(*yen)) }, None => b { "—" } }
                    }
                }
            }
        }
        @if may(Menu::Transfer) {
            h2 { (t.get("provider-transfers")) }
            @for request in &seen.requests {
                section.todo {
                    h3 { (t.yen(request["amount"].as_u64().unwrap_or_default())) " " span.tag { (t.get(&format!("request-{}", request["state"].as_str().unwrap_or("pending")))) } }
                    p { span.kana { (request["payee"].as_str().unwrap_or_default()) } " " small.muted { (request["id"].as_str().unwrap_or_default()) } }
                    @if let Some(refused) = request["refused"].as_str() {
                        p.warning {
                            (t.with("request-refused", &[("reason", &t.get(&format!("outcome-{refused}")))]))
                            @if request["state"] == "pending" { " " (t.get("request-again")) }
                        }
                    }
                    @if request["state"] == "pending" { p { a.button href=(request["signAt"].as_str().unwrap_or_default()) target="_blank" rel="noopener" { (t.get("provider-sign")) } } }
                }
            }
            form.card method="post" action="/transfers" {
                (csrf(visit))
                input type="hidden" name="key" value=(random_hex(12));
                h3 { (t.get("provider-ask")) }
                div.field { label for="from" { (t.get("from-account")) }
                    // For transfers alone the bank tells no account.
                    @if seen.accounts.is_empty() { input #from name="from" placeholder="102-0012345" required; } @else {
                        select #from name="from" {
                            @for (account, _) in &seen.accounts { @let id = account["id"].as_str().unwrap_or_default(); option value=(id) { (id) } }
                        }
                    }
                }
                div.field { label for="branch" { (t.get("bank-and-branch")) }
                    select #branch name="branch" {
                        @for (bank, branch) in branches { option value={ (bank.code) "-" (branch.code) } selected[bank.code == "9902" && branch.code == "110"] { (bank.name) " " (branch.name) } }
                    }
                }
                div.field { label for="account" { (t.get("account-number")) } input #account name="account" inputmode="numeric" value="0054321" required; }
                div.field { label for="payee" { (t.get("payee-name")) } input #payee name="payee" value="ミホンシヨウジ（カ" required; }
                div.field { label for="amount" { (t.get("amount")) } input #amount name="amount" inputmode="numeric" required; }
                p.actions { button.main type="submit" { (t.get("provider-send")) } }
            }
        }
        h2 { (t.get("provider-end")) }
        form method="post" action="/unlink" {
            (csrf(visit))
            p { button.danger type="submit" { (t.get("provider-unlink")) } }
        }
    }
}

fn statement_page(t: Text, account: &str, answer: &Value) -> Markup {
    let empty = Vec::new();
    let lines = answer["lines"].as_array().unwrap_or(&empty);
    html! {
        p.lead { (account) }
        @if lines.is_empty() { p { (t.get("no-lines")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(t.get("statement")) {
                table.cards {
                    thead { tr {
                        th scope="col" { (t.get("day")) } th scope="col" { (t.get("content")) }
                        th.number scope="col" { (t.get("amount-plain")) } th.number scope="col" { (t.get("balance")) }
                    } }
                    tbody {
                        @for line in lines.iter().rev() {
                            @let amount = line["amount"].as_i64().unwrap_or_default();
                            tr {
                                td data-label=(t.get("day")) { (line["day"].as_str().unwrap_or_default()) }
                                td data-label=(t.get("content")) {
                                    div { span.kana { (line["text"].as_str().unwrap_or_default()) } br; small.muted { (line["order"].as_str().unwrap_or_default()) } }
                                }
                                td.number data-label=(t.get("amount-plain")) { @if amount < 0 { "−" } (t.yen(amount.unsigned_abs())) }
                                td.number data-label=(t.get("balance")) { (t.yen(line["balance"].as_u64().unwrap_or_default())) }
                            }
                        }
                    }
                }
            }
        }
        p { a href="/" { (t.get("provider-back")) } }
    }
}

fn draw(visit: &Visit, title: &str, content: &Markup) -> Response {
    let t = visit.t;
    let (other, label) = match t.0 {
        Language::Ja => ("en", "English"),
        Language::En => ("ja", "日本語"),
    };
    let markup = html! {
        (DOCTYPE)
        html lang=(t.0) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " | " (t.get("provider-name")) }
                link rel="icon" href="/mark.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body.provider {
                header.top { div.wide {
                    a.brand href="/" { img src="/mark.svg" alt="" width="32" height="32"; span { b { (t.get("provider-name")) } small { (t.get("provider-slogan")) } } }
                    div.tools { a.quiet hreflang=(other) lang=(other) href={ "/?lang=" (other) } { (label) } }
                } }
                p.demo-strip { (t.get("provider-strip")) }
                div.wide.columns {
                    main #content tabindex="-1" {
                        h1 { (title) }
                        @if let Some((key, detail)) = &visit.visitor.notice {
                            p.notice role="status" { (t.get(key)) @if !detail.is_empty() { " " small { (detail) } } }
                        }
                        (content)
                    }
                }
                footer { div.wide { p { (t.get("provider-footer")) } } }
            }
        }
    };
    let mut response = Html(markup.into_string()).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie(&visit.name));
    response
}
