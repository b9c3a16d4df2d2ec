//! The visitor of a request, and the visitor's rights.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use super::fault::Fault;
use super::session::{Ceremony, Session, Stage, Who, browser_cookie, browser_id, cookie};
use super::site::{Asker, Site};
use crate::bank::{Bank, BankError};
use crate::domain::contract::Contract;
use crate::domain::people::{Menu, Person};
use crate::system::{random_base64url, random_hex};
use crate::text::Text;
use crate::tls::Peer;
use crate::webauthn::RelyingParty;

/// The visitor of a request.
#[derive(Clone)]
pub(super) struct Visit {
    pub site: Arc<Site>,
    pub peer: Peer,
    /// Scheme, host and port of the page, as the browser has asked for it.
    pub origin: String,
    pub name: String,
    /// The name of the session that this browser had until it was idle for too long.
    pub before: Option<String>,
    /// The database's ID of this browser, since a login with it.
    pub browser: Option<String>,
    pub session: Session,
    pub t: Text,
    pub path: String,
    /// What follows in the address, without the language.
    pub query: String,
}

impl Visit {
    pub fn bank(&self) -> &Bank {
        &self.site.bank
    }

    /// The person who is logged in.
    pub fn person(&self) -> Result<Person, Fault> {
        match &self.session.stage {
            Stage::In(who) => self.look_up(who),
            Stage::Registering(_) => Err(Fault::Registration),
            Stage::Fetching(_) => Err(Fault::Certificate),
            Stage::Otp { .. } | Stage::Generator(_) => Err(Fault::Otp),
            Stage::Nobody | Stage::Operator(_) => Err(Fault::Login),
        }
    }

    /// The person who is logged in, or may register.
    pub fn registrant(&self) -> Result<Person, Fault> {
        match &self.session.stage {
            Stage::In(who) | Stage::Registering(who) => self.look_up(who),
            Stage::Fetching(_) => Err(Fault::Certificate),
            Stage::Otp { .. } | Stage::Generator(_) => Err(Fault::Otp),
            Stage::Nobody | Stage::Operator(_) => Err(Fault::Login),
        }
    }

    /// The person who is logged in and can sign, now or after a registration. A person who gave the token back gets the message
    /// that this needs one.
    pub fn signer(&self) -> Result<Person, Fault> {
        let person = self.person()?;
        if person.gave_back() { Err(Fault::GaveBack) } else { Ok(person) }
    }

    /// The person who is logged in, if the menu is open to them.
    pub fn may(&self, menu: Menu) -> Result<Person, Fault> {
        let person = if menu == Menu::Inquiry { self.person()? } else { self.signer()? };
        if person.may(menu) { Ok(person) } else { Err(Fault::NotFound) }
    }

    /// An administrator who is in.
    pub fn administrator(&self) -> Result<Person, Fault> {
        let person = self.signer()?;
        if person.is_administrator() { Ok(person) } else { Err(Fault::NotFound) }
    }

    /// The site that passkeys are for, where this page is one of its own.
    pub fn passkey_site(&self) -> Option<&RelyingParty> {
        self.site.passkeys.as_ref().filter(|site| site.origins.contains(&self.origin))
    }

    /// The address at which passkeys are good, where this page has another.
    pub fn passkey_address(&self) -> Option<&str> {
        let site = self.site.passkeys.as_ref().filter(|_| self.passkey_site().is_none())?;
        let scheme = if self.peer.secure { "https:" } else { "http:" };
        site.origins.iter().find(|origin| origin.starts_with(scheme)).map(String::as_str)
    }

    /// A new challenge for a passkey; the one before is good no more.
    pub fn begin_ceremony(&self, handle: &str) -> Ceremony {
        let ceremony = Ceremony::new(random_base64url(32), handle.to_owned(), self.bank().now());
        self.change(|session| session.ceremony = Some(ceremony.clone()));
        ceremony
    }

    /// The challenge that a browser's answer is to. It is taken, whatever comes of the answer.
    pub fn end_ceremony(&self) -> Option<Ceremony> {
        let mut taken = None;
        self.change(|session| taken = session.ceremony.take());
        taken.filter(|ceremony| ceremony.is_open(self.bank().now()))
    }

    /// The person's contract.
    pub fn contract(&self, person: &Person) -> Result<Contract, Fault> {
        self.bank().books.get(&person.contract).map_err(BankError::from)?.ok_or(Fault::Login)
    }

    pub fn look_up(&self, who: &Who) -> Result<Person, Fault> {
        let person = self.bank().person(&who.contract, &who.user)?;
        // The certificate is checked again with each request: a resumed connection brings it without a new check, and it may
        // have been revoked.
        if let (Some(person), Some(shown)) = (&person, &self.session.certificate)
            && !(self.peer.certificate.as_ref() == Some(shown) && self.bank().is_certificate_of(person, shown)?)
        {
            return Err(Fault::Login);
        }
        // Taken out of service, or with another login: at once, also in the middle of a session or of a linkage.
        person.filter(|person| person.is_in_service() && who.is(person)).ok_or(Fault::Login)
    }

    /// Counts a try at a login under a name, whether there is such a name or not: for the address it comes from, or for the
    /// browser, where it is one of the person's own.
    pub fn count(&self, name: &[&str], is_known: bool) -> Result<(), Fault> {
        let name = name.join("/").trim().to_ascii_uppercase();
        let asker = match &self.browser {
            Some(browser) if is_known => Asker::Known(browser.clone()),
            _ => Asker::Stranger(name.chars().take(120).collect(), self.peer.network()),
        };
        self.site.by_name.ask(&asker, (self.site.uptime)()).map_err(Fault::TooMany)
    }

    /// Counts something that costs, such as a password to compare, for the address it comes from.
    pub fn count_address(&self) -> Result<(), Fault> {
        self.site.by_address.ask(&self.peer.network(), (self.site.uptime)()).map_err(Fault::TooMany)
    }

    /// Counts an application, which sends a mail to an address that is not checked.
    pub fn count_application(&self, mail: &str) -> Result<(), Fault> {
        let now = (self.site.uptime)();
        self.site.applications.ask(&self.peer.network(), now).map_err(Fault::TooMany)?;
        self.site.by_mail.ask(&mail.to_lowercase(), now).map_err(Fault::TooMany)
    }

    /// Goes to a page with this session in another stage: it gets a new name, which no attacker can have known before.
    pub fn enter(&self, stage: Stage, to: &str) -> Response {
        self.enter_with(stage, None, to)
    }

    /// The same with the certificate that this session is bound to.
    pub fn enter_with(&self, stage: Stage, certificate: Option<String>, to: &str) -> Response {
        let sessions = &self.site.sessions;
        sessions.end(&self.name);
        let called = match &stage {
            Stage::In(who) => self.remember_browser(who),
            _ => Ok(None),
        };
        let called = match called {
            Ok(called) => called,
            Err(fault) => return fault.into_response(),
        };
        let (name, _) = sessions.begin(stage, self.bank().now());
        sessions.change(&name, |session| session.certificate = certificate);
        let mut response = Redirect::to(to).into_response();
        if let Some(called) = called {
            response.headers_mut().append(header::SET_COOKIE, browser_cookie(&called, self.peer.secure));
        }
        response.headers_mut().append(header::SET_COOKIE, cookie(&name, self.peer.secure));
        response
    }

    /// Adds this browser to those in which the person has logged in. One without a name gets one, for a cookie; the people of
    /// a company who share a browser share its name.
    fn remember_browser(&self, who: &Who) -> Result<Option<String>, Fault> {
        let name = self.browser.is_none().then(|| random_hex(32));
        let browser = name.as_deref().map(browser_id).or_else(|| self.browser.clone()).unwrap_or_default();
        let known = self.bank().person(&who.contract, &who.user)?;
        if !known.is_some_and(|person| person.browsers.know(&browser)) {
            self.bank().remember_browser(&who.contract, &who.user, &browser)?;
        }
        Ok(name)
    }

    pub fn change(&self, change: impl FnOnce(&mut Session)) {
        self.site.sessions.change(&self.name, change);
    }

    /// The text to show once, if there is one.
    pub fn notice(&self) -> Option<&'static str> {
        let notice = self.session.notice;
        if notice.is_some() {
            self.change(|session| session.notice = None);
        }
        notice
    }

    /// Shows a text on the next page.
    pub fn tell(&self, notice: &'static str) {
        self.change(|session| session.notice = Some(notice));
    }
}

impl FromRequestParts<Arc<Site>> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or(Fault::NotFound)
    }
}
