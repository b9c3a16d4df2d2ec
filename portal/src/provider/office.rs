//! The site's visitors: a random name in a cookie, everything else in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq;

use super::client::{Client, Credentials, Linked, Waiting};
use crate::browser::{cookie_named, language};
use crate::system::{Clock, random_hex};
use crate::text::Text;

const COOKIE: &str = "choubo";

/// The site.
pub struct Office {
    pub(super) client: Client,
    /// The bank's addresses: forms lead there.
    pub(super) banks: Vec<String>,
    visitors: Mutex<HashMap<String, Visitor>>,
}

/// A visitor of the site.
#[derive(Clone, Default)]
pub(super) struct Visitor {
    /// The token of every form.
    pub csrf: String,
    /// On the way to the bank and back.
    pub waiting: Option<Waiting>,
    /// Linked with the bank.
    pub linked: Option<Linked>,
    /// The ordered transfers.
    pub requests: Vec<String>,
    /// A text to show once, with a detail.
    pub notice: Option<(&'static str, String)>,
}

/// The visitor of a request.
pub(super) struct Visit {
    /// The name in the cookie.
    pub name: String,
    /// The visitor as of the request.
    pub visitor: Visitor,
    /// Texts in the visitor's language.
    pub t: Text,
}

impl Office {
    /// The site at `url`, with the bank at `bank`. Its clock has to agree with the bank's.
    #[must_use]
    pub fn new(bank: &str, url: &str, credentials: Credentials, clock: Clock) -> Self {
        let client = Client::new(bank.to_owned(), format!("{url}/callback"), credentials, clock);
        Self { client, banks: vec![bank.to_owned()], visitors: Mutex::default() }
    }

    /// The same, with the bank's issuer for FAPI at `url` under TLS, where the bank's certificate is from the authority in `pem`.
    ///
    /// # Errors
    ///
    /// That `pem` is no certificate.
    pub fn with_tls(mut self, url: &str, pem: &str) -> Result<Self, ureq::Error> {
        self.client = self.client.with_tls(url.to_owned(), pem)?;
        self.banks.push(url.to_owned());
        Ok(self)
    }

    /// Where the certificate is that the bank's pages under TLS need in a browser, if there are such pages.
    pub(super) fn authority(&self) -> Option<String> {
        (self.banks.len() > 1).then(|| format!("{}/authority.pem", self.banks[0]))
    }

    fn visitors(&self) -> MutexGuard<'_, HashMap<String, Visitor>> {
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The visitor of a request; a new one without the cookie.
    pub(super) fn visit(&self, headers: &HeaderMap) -> Visit {
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
        // A demonstration: one visitor makes room when there are too many.
        if visitors.len() >= 1_000
            && let Some(any) = visitors.keys().next().cloned()
        {
            visitors.remove(&any);
        }
        let (name, visitor) = (random_hex(16), Visitor { csrf: random_hex(16), ..Visitor::default() });
        visitors.insert(name.clone(), visitor.clone());
        Visit { name, visitor, t }
    }

    /// Changes what is remembered of a visitor.
    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut Visitor)) {
        if let Some(visitor) = self.visitors().get_mut(name) {
            change(visitor);
        }
    }

    /// The visitor of a form that this site has shown.
    pub(super) fn sender(&self, headers: &HeaderMap, form: &[(String, String)]) -> Option<Visit> {
        let visit = self.visit(headers);
        let same = text(form, "csrf").as_bytes().ct_eq(visit.visitor.csrf.as_bytes());
        bool::from(same).then_some(visit)
    }
}

/// The cookie with a visitor's name.
pub(super) fn cookie(name: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("{COOKIE}={name}; Path=/; HttpOnly; SameSite=Lax")).expect("hexadecimal digits")
}

/// A field of a form or an address; empty when there is none of that name.
pub(super) fn text<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.trim())
}
