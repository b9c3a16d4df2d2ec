//! The entries of a form.

use std::sync::Arc;

use axum::extract::{Form, FromRequest, Request};
use camtoken::typed;
use subtle::ConstantTimeEq;

use super::fault::Fault;
use super::session::Typed;
use super::site::Site;
use super::visit::Visit;
use crate::domain::credential::Password;

/// The entries of a form, after the check that it was shown to this session.
pub(super) struct Fields(pub Vec<(String, String)>);

impl Fields {
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.trim())
    }

    /// An amount as people type it: a number, and nothing that a sign of less than nothing could be.
    pub fn amount(&self, name: &str) -> String {
        let text = self.text(name);
        let is_sign = |c: char| !(c.is_alphanumeric() || c.is_whitespace() || ",，.．".contains(c));
        if text.contains(is_sign) { text.to_owned() } else { self.number(name) }
    }

    /// A number as people type it, with its digits in groups and maybe decimals. A text that is no number stays as it is: the
    /// code that reads it reports the error.
    pub fn number(&self, name: &str) -> String {
        let text = self.text(name);
        let plain = text.replace([',', '，'], "").replace('．', ".");
        let parts: Result<Vec<_>, _> = plain.splitn(2, '.').map(|part| typed::digits(part, 1..=20)).collect();
        parts.map_or(text.to_owned(), |parts| parts.iter().map(|part| part.as_str()).collect::<Vec<_>>().join("."))
    }

    pub fn password(&mut self, name: &str) -> Password {
        let place = self.0.iter_mut().find(|(known, _)| known == name);
        Password::new(place.map(|(_, text)| std::mem::take(text)).unwrap_or_default())
    }

    /// The last entries of this page's form, as long as no order was made from them.
    pub fn typed(visit: &Visit) -> Option<Self> {
        let typed = visit.session.typed.as_ref().filter(|typed| typed.path == visit.path)?;
        Some(Self(typed.fields.clone()))
    }

    /// Whether this session was shown the form.
    pub fn check(&self, visit: &Visit) -> Result<(), Fault> {
        let same = self.text("csrf").as_bytes().ct_eq(visit.session.csrf.as_bytes());
        if bool::from(same) { Ok(()) } else { Err(Fault::Form) }
    }
}

impl FromRequest<Arc<Site>> for Fields {
    type Rejection = Fault;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Fault> {
        let visit = request.extensions().get::<Visit>().cloned().ok_or(Fault::NotFound)?;
        let Form(fields) = Form::from_request(request, site).await.map_err(|_| Fault::Form)?;
        let fields = Self(fields);
        fields.check(&visit)?;
        if CORRECTED.contains(&visit.path.as_str()) {
            let is_secret = |name: &str| SECRET.contains(&name);
            let fields = fields.0.iter().filter(|(name, _)| !is_secret(name)).cloned().collect();
            visit.change(|session| session.typed = Some(Typed { path: visit.path.clone(), fields }));
        }
        Ok(fields)
    }
}

/// Forms that become an order and are shown again as they were filled in.
const CORRECTED: &[&str] = &["/contract", "/limits", "/pay-easy", "/payees", "/remittance", "/transfer", "/users/new"];

/// Secrets, which are not kept of any form.
const SECRET: &[&str] = &["again", "certificate-password", "csrf", "new", "transaction-again", "transaction-new"];
