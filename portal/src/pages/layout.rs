//! The frame of every page, and the files beside the pages.

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use camtoken::language::Language;
use maud::{DOCTYPE, Markup, html};

use super::forms::csrf;
use super::session::Stage;
use super::visit::Visit;
use crate::domain::contract::LoginMethod;
use crate::domain::people::{Menu, Person};

/// One line of the menu: its address, the name of its text, and its users.
type Entry = (&'static str, &'static str, For);

/// The users of a line of the menu.
#[derive(Clone, Copy)]
pub(super) enum For {
    /// All persons.
    All,
    /// The persons for whom the menu is open.
    May(Menu),
    /// Administrators.
    Administrators,
    /// Those who have a camera token, or may get one.
    Registrants,
    /// The persons who log in with a certificate.
    Certificate,
}

impl For {
    /// Whether a line of the menu is for this person.
    pub fn includes(self, visit: &Visit, person: &Person) -> bool {
        match self {
            Self::All => true,
            // A person who gave the camera token back cannot sign.
            Self::May(menu) => person.may(menu) && !person.gave_back(),
            Self::Administrators => person.is_administrator() && !person.gave_back(),
            Self::Registrants => !person.gave_back(),
            Self::Certificate => {
                visit.contract(person).is_ok_and(|contract| contract.method == LoginMethod::PasswordCertificate)
            }
        }
    }
}

/// The parts of the menu, with the name of each heading.
pub(super) const MENU: &[(&str, &[Entry])] = &[
    ("menu-look", &[("/home", "menu-home", For::All), ("/orders", "menu-orders", For::All)]),
    (
        "menu-pay",
        &[
            ("/transfer", "menu-transfer", For::May(Menu::Transfer)),
            ("/bulk", "menu-bulk", For::May(Menu::Bulk)),
            ("/payroll", "menu-payroll", For::May(Menu::Payroll)),
            ("/pay-easy", "menu-pay-easy", For::May(Menu::PayEasy)),
            ("/remittance", "menu-remittance", For::May(Menu::Remittance)),
        ],
    ),
    (
        "menu-settings",
        &[
            ("/payees", "menu-payees", For::May(Menu::Payees)),
            ("/limits", "menu-limits", For::Administrators),
            ("/password", "menu-password", For::All),
            ("/passkeys", "menu-passkeys", For::Registrants),
            ("/registration", "menu-registration", For::Registrants),
            ("/certificate", "menu-certificate", For::Certificate),
            ("/linkages", "menu-linkages", For::All),
            ("/users", "menu-users", For::Administrators),
            ("/contract", "menu-contract", For::Administrators),
            ("/stop", "menu-stop", For::All),
        ],
    ),
];

/// A page, with the menu if the person is logged in.
pub(super) fn page(visit: &Visit, title: &str, content: &Markup) -> Response {
    let t = visit.t;
    let is_in = matches!(visit.session.stage, Stage::In(_));
    let who = visit.session.stage.who();
    let person = if is_in { visit.person().ok() } else { None };
    let token = who.and_then(|who| visit.look_up(who).ok()).and_then(|person| person.token);
    let face = visit.site.face_of(token.as_deref());
    let notice = visit.notice();
    let (other, label) = match t.0 {
        Language::Ja => ("en", "English"),
        Language::En => ("ja", "日本語"),
    };
    let query = if visit.query.is_empty() { String::new() } else { format!("{}&", visit.query) };
    let markup = html! {
        (DOCTYPE)
        html lang=(t.0) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " | " (t.get("bank")) }
                link rel="icon" href="/static/mark.svg" type="image/svg+xml";
                link rel="stylesheet" href="/static/portal.css";
                script src="/static/portal.js" defer {}
                script src="/static/passkey.js" defer {}
            }
            body {
                a.skip href="#content" { (t.get("skip")) }
                header.top {
                    div.wide {
                        a.brand href="/" {
                            img src="/static/mark.svg" alt="" width="32" height="32";
                            span { b { (t.get("bank")) } small { (t.get("bank-service")) } }
                        }
                        div.tools {
                            @if let Some(who) = who { span.who { (who.user) } }
                            @if let Stage::Operator(id) = &visit.session.stage { span.who { (id) } }
                            @if let Some(face) = &face { a.quiet href=(face) target="camtoken" data-beside { (t.get("your-token-link")) } }
                            a.quiet hreflang=(other) lang=(other) href={ (visit.path) "?" (query) "lang=" (other) } { (label) }
                            @if visit.session.stage != Stage::Nobody {
                                form method="post" action="/logout" {
                                    (csrf(visit))
                                    button.quiet type="submit" { (t.get("logout")) }
                                }
                            }
                        }
                    }
                }
                p.demo-strip { (t.get("demo-strip")) }
                div.wide.columns {
                    @if is_in { (menu(visit, person.as_ref())) }
                    main #content tabindex="-1" {
                        h1 { (title) }
                        @if let Some(notice) = notice { p.notice role="status" { (t.get(notice)) } }
                        (content)
                    }
                }
                footer {
                    div.wide {
                        p { (t.get("footer")) }
                        p.contact { (t.get("contact-desk")) }
                        ul {
                            li { a href="/outbox" { (t.get("outbox")) } }
                            li { a href="/operator" { (t.get("operator")) } }
                            li { a href="/attacks" { (t.get("attacks")) } }
                            li { a href="/rules" { (t.get("rules")) } }
                            @if visit.site.test_clock.is_some() { li { a href="/clock" { (t.get("clock")) } } }
                        }
                    }
                }
            }
        }
    };
    Html(markup.into_string()).into_response()
}

/// The menu, with the lines that are for this person.
fn menu(visit: &Visit, person: Option<&Person>) -> Markup {
    let t = visit.t;
    let is_open = |whom: For| person.is_some_and(|person| whom.includes(visit, person));
    html! {
        nav.menu aria-label=(t.get("menu")) {
            @for (heading, entries) in MENU {
                @if entries.iter().any(|(_, _, whom)| is_open(*whom)) {
                    h2 { (t.get(heading)) }
                    ul {
                        @for (path, text, _) in entries.iter().filter(|(_, _, whom)| is_open(*whom)) {
                            li { a href=(path) aria-current=[(visit.path == *path).then_some("page")] { (t.get(text)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A page that says one thing, such as why there is no other.
pub(super) fn message(visit: &Visit, text: &str) -> Response {
    let content = html! {
        p { (text) }
        p.muted { (visit.t.get("contact-desk")) }
        p { a.button href="/" { (visit.t.get("back-to-start")) } }
    };
    page(visit, &visit.t.get("message"), &content)
}

/// The files that pages refer to.
pub(super) fn statics<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let file = |kind: &'static str, text: &'static str| {
        get(async move || ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text))
    };
    Router::new()
        .route("/static/portal.css", file("text/css; charset=utf-8", include_str!("../../assets/portal.css")))
        .route("/static/portal.js", file("text/javascript; charset=utf-8", include_str!("../../assets/portal.js")))
        .route("/static/passkey.js", file("text/javascript; charset=utf-8", include_str!("../../assets/passkey.js")))
        .route("/static/mark.svg", file("image/svg+xml", include_str!("../../assets/mark.svg")))
}
