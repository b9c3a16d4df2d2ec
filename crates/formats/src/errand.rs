//! Messages to servers. The token has no network: the caller sends the message, and passes the server's answer back.

use std::fmt;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::percent;
use crate::url::WebUrl;

/// One message to send.
///
/// The address comes from an image, so do not trust it. Allow named hosts only, follow no redirect, read at most
/// [`Answer::MAX_LEN`] bytes, and give up after some seconds.
#[derive(Debug)]
#[non_exhaustive]
pub enum Errand {
    /// A request to a web server. The token needs the answer.
    Http(Request),
    /// A text message to a telephone number; no answer comes.
    Sms {
        /// The number, as in the code.
        number: String,
        /// The text.
        text: Zeroizing<String>,
    },
}

/// A request over HTTP.
pub struct Request {
    method: &'static str,
    url: WebUrl,
    headers: Vec<(&'static str, &'static str)>,
    form: Vec<(&'static str, Zeroizing<String>)>,
}

impl Request {
    pub(crate) const fn get(url: WebUrl, headers: Vec<(&'static str, &'static str)>) -> Self {
        Self { method: "GET", url, headers, form: Vec::new() }
    }

    pub(crate) fn post(
        url: WebUrl,
        mut headers: Vec<(&'static str, &'static str)>,
        form: Vec<(&'static str, Zeroizing<String>)>,
    ) -> Self {
        headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        Self { method: "POST", url, headers, form }
    }

    /// `GET` or `POST`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// The address.
    #[must_use]
    pub const fn url(&self) -> &WebUrl {
        &self.url
    }

    /// The headers that the protocol requires.
    #[must_use]
    pub fn headers(&self) -> &[(&'static str, &'static str)] {
        &self.headers
    }

    /// The form's fields. At a registration the new secret is one of them.
    #[must_use]
    pub fn expose_form(&self) -> &[(&'static str, Zeroizing<String>)] {
        &self.form
    }

    /// The body as it is sent; empty for a `GET`.
    #[must_use]
    pub fn expose_body(&self) -> Zeroizing<String> {
        percent::form(&self.form)
    }
}

impl Errand {
    /// The request, unless it is a text message.
    #[must_use]
    pub const fn request(&self) -> Option<&Request> {
        match self {
            Self::Http(request) => Some(request),
            Self::Sms { .. } => None,
        }
    }

    /// The errand as a JSON document, secrets included: `method`, `url`, `headers`, `form`, or `sms` and `text`.
    #[must_use]
    pub fn expose_json(&self) -> Value {
        match self {
            Self::Sms { number, text } => json!({ "sms": number, "text": text.as_str() }),
            Self::Http(request) => {
                let headers: Map<_, _> =
                    request.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
                let form: Map<_, _> =
                    request.form.iter().map(|(name, value)| ((*name).to_owned(), json!(value.as_str()))).collect();
                json!({ "method": request.method, "url": request.url, "headers": headers, "form": form })
            }
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self.form.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("form", &fields)
            .finish_non_exhaustive()
    }
}

/// The answer of a server.
#[derive(Clone, Default)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The longest body that is read, in bytes.
    pub const MAX_LEN: usize = 64 * 1024;

    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn said(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299) && self.body.len() <= Self::MAX_LEN
    }

    pub(crate) fn text(&self) -> Option<&str> {
        str::from_utf8(&self.body).ok().map(str::trim)
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer(HTTP {}, {} bytes)", self.status, self.body.len())
    }
}
