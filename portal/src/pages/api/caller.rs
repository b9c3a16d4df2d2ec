//! The caller of the API: a linkage that is in force, of a person who is in service.

use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;

use super::problem::Problem;
use crate::bank::BankError;
use crate::domain::ledger::Account;
use crate::domain::linkage::{Linkage, Menu, Standard};
use crate::domain::people::Person;
use crate::linkage::grants::Denied;
use crate::pages::site::Site;
use crate::tls::Peer;

/// The caller.
pub(super) struct Caller {
    pub site: Arc<Site>,
    pub linkage: Linkage,
    pub person: Person,
    /// The bank's address as this caller knows it.
    pub url: String,
    standard: Standard,
    scopes: Vec<String>,
}

/// Why a token of the issuer under TLS is not taken without TLS: an eavesdropper would have it.
const PLAIN: &str = "this token is for the API under TLS: use the https address of its issuer";

/// Why a token is not taken that is good by itself.
const OVER: &str = "the linkage of this token has ended, or its customer is suspended at the bank: link again";

impl FromRequestParts<Arc<Site>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        let (site, headers) = (Arc::clone(site), &parts.headers);
        let linkages = site.linkages.as_ref().ok_or_else(Problem::not_found)?;
        let scheme = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_bound = scheme.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("DPoP "));
        let standard = if is_bound { Standard::Fapi } else { Standard::Plain };
        let server = &linkages.servers[&standard];
        let is_secure = parts.extensions.get::<ConnectInfo<Peer>>().is_some_and(|peer| peer.0.secure);
        if server.url().starts_with("https://") && !is_secure {
            return Err(Problem::token(Denied::Token(PLAIN), standard));
        }
        let url = server.url().to_owned();
        let access = server.access(headers, parts.method.as_str(), &format!("{url}{}", parts.uri.path())).await;
        let access = access.map_err(|denied| Problem::token(denied, standard))?;
        let Some((linkage, person)) = site.bank.in_force(&access.subject)? else {
            return Err(Problem::token(Denied::Token(OVER), standard));
        };
        site.bank.note_use(&linkage)?;
        Ok(Self { site, linkage, person, url, standard, scopes: access.scopes })
    }
}

impl Caller {
    /// Any of the linkage's menus has to be.
    pub fn may_any(&self) -> Result<(), Problem> {
        let menus = &self.linkage.menus;
        let refused = menus.first().map_or_else(Problem::not_found, |menu| Problem::menu(*menu, self.standard));
        if menus.iter().any(|menu| self.may(*menu).is_ok()) { Ok(()) } else { Err(refused) }
    }

    /// The token and the consent have to be good for it, and the menu open to the person as at the bank itself.
    pub fn may(&self, menu: Menu) -> Result<(), Problem> {
        let in_token = self.scopes.iter().any(|scope| scope == menu.scope());
        let may = in_token && self.linkage.menus.contains(&menu) && menu.is_open_to(&self.person);
        if may { Ok(()) } else { Err(Problem::menu(menu, self.standard)) }
    }

    /// An account of the linkage.
    pub fn account(&self, key: &str) -> Result<Account, Problem> {
        let account = self.site.bank.books.get::<Account>(key).map_err(BankError::from)?;
        let is_linked = |account: &Account| {
            account.contract == self.linkage.contract
                && self.linkage.accounts.contains(&account.key())
                && self.person.sees(&account.key())
        };
        account.filter(is_linked).ok_or_else(Problem::not_found)
    }
}
