//! What a form says.

use std::sync::Arc;

use axum::extract::{Form, FromRequest, Request};
use subtle::ConstantTimeEq;

use super::fault::Fault;
use super::site::Site;
use super::visit::Visit;
use crate::domain::credential::Password;

/// What a form says, once it was seen that this session was shown it.
pub(super) struct Fields(pub Vec<(String, String)>);

impl Fields {
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.trim())
    }

    /// Digits as people type them: spaces and hyphens between them, full width.
    pub fn digits(&self, name: &str) -> String {
        let narrow = |c: char| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
            other => other,
        };
        self.text(name).chars().map(narrow).filter(|c| !c.is_whitespace() && !matches!(c, '-' | ',' | '，')).collect()
    }

    pub fn password(&mut self, name: &str) -> Password {
        let place = self.0.iter_mut().find(|(known, _)| known == name);
        Password::new(place.map(|(_, text)| std::mem::take(text)).unwrap_or_default())
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
        Ok(fields)
    }
}
