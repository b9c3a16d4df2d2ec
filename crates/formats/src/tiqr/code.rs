//! The two codes, in both forms.

use std::fmt;
use std::str::FromStr;

use crate::percent::{self, Plus};
use crate::url::{UrlError, WebUrl};

/// How a code is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeForm {
    /// `tiqrenroll://…`, `tiqrauth://…`.
    Scheme,
    /// A link that opens the app where there is one: `https://HOST/tiqrenroll/?…`. The host is a part of the code.
    Link {
        /// Scheme, host and path, up to the question mark.
        base: WebUrl,
    },
}

/// A code that registers: where to fetch the [`Metadata`](super::Metadata).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// How it is written.
    pub form: CodeForm,
    /// Where the metadata is; such an address is valid once.
    pub metadata_url: WebUrl,
}

/// A code that asks for a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginCode {
    /// How it is written.
    pub form: CodeForm,
    /// The user who should answer; without one the token has to know, or to ask.
    pub user: Option<String>,
    /// The identity provider: `service.identifier` of the metadata.
    pub provider: String,
    /// The session, as the form sends it.
    pub session: String,
    /// OCRA's question.
    pub question: String,
    /// The service that the user logs in to. Only codes with a scheme name it.
    pub service: Option<String>,
    /// The version of the protocol, where the code says it.
    pub version: Option<String>,
    /// Where a browser on the same phone goes afterwards.
    pub return_url: Option<WebUrl>,
}

/// Why a text is no code of tiqr.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// It does not start like such a code.
    #[error("not a code of tiqr")]
    Scheme,
    /// A part is missing, empty, or occurs twice.
    #[error("the tiqr code has no {part}, or more than one")]
    Missing {
        /// The part.
        part: &'static str,
    },
    /// A percent sign without two hexadecimal digits, or bytes that are no UTF-8.
    #[error("the {part} of the tiqr code has a wrong percent-encoding")]
    Percent {
        /// The part.
        part: &'static str,
    },
    /// An address in the code.
    #[error("the {part} of the tiqr code: {reason}")]
    Url {
        /// The part.
        part: &'static str,
        /// What is wrong with it.
        reason: UrlError,
    },
}

const ENROL: &str = "tiqrenroll";
const LOGIN: &str = "tiqrauth";

impl EnrolmentCode {
    /// Whether a text means to be one.
    pub(crate) fn is_named(text: &str) -> bool {
        is_named(text, ENROL, &["metadata"])
    }
}

impl LoginCode {
    /// Whether a text means to be one.
    pub(crate) fn is_named(text: &str) -> bool {
        is_named(text, LOGIN, &["s", "q"])
    }
}

/// By its scheme, or a link by its path and parameters.
fn is_named(text: &str, name: &str, parameters: &[&str]) -> bool {
    let Some((scheme, _)) = text.split_once("://") else { return false };
    let is_link = |url: WebUrl| url.ends_in(name) && parameters.iter().any(|it| url.parameter(it).is_some());
    scheme.eq_ignore_ascii_case(name) || text.parse().is_ok_and(is_link)
}

/// The text after the code's own scheme.
fn after_scheme<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split_once("://").filter(|(scheme, _)| scheme.eq_ignore_ascii_case(name)).map(|(_, rest)| rest)
}

/// The link that a code of the other form is, and its base.
fn link(text: &str, name: &str) -> Result<(WebUrl, CodeForm), CodeError> {
    let url: WebUrl = text.parse().map_err(|_| CodeError::Scheme)?;
    if !url.ends_in(name) {
        return Err(CodeError::Scheme);
    }
    let base = text.split(['?', '#']).next().unwrap_or_default().parse();
    let base = base.map_err(|reason| CodeError::Url { part: "link", reason })?;
    Ok((url, CodeForm::Link { base }))
}

impl FromStr for EnrolmentCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let text = text.trim();
        let (metadata, form) = match after_scheme(text, ENROL) {
            Some(metadata) => (metadata.to_owned(), CodeForm::Scheme),
            None => {
                let (url, form) = link(text, ENROL)?;
                (url.parameter("metadata").ok_or(CodeError::Missing { part: "metadata" })?, form)
            }
        };
        let metadata_url = metadata.parse().map_err(|reason| CodeError::Url { part: "metadata address", reason })?;
        Ok(Self { form, metadata_url })
    }
}

impl FromStr for LoginCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let text = text.trim();
        if let Some(rest) = after_scheme(text, LOGIN) {
            return by_scheme(rest);
        }
        let (url, form) = link(text, LOGIN)?;
        let text = |name, part| url.parameter(name).filter(|it| !it.is_empty()).ok_or(CodeError::Missing { part });
        Ok(Self {
            user: url.parameter("u").filter(|user| !user.is_empty()),
            provider: text("i", "identity provider")?,
            session: text("s", "session")?,
            question: text("q", "question")?,
            service: None,
            version: url.parameter("v").filter(|version| !version.is_empty()),
            return_url: None,
            form,
        })
    }
}

/// `[USER@]PROVIDER/SESSION/QUESTION[/SERVICE[/VERSION]][?RETURN_URL]`, each part percent-encoded.
fn by_scheme(rest: &str) -> Result<LoginCode, CodeError> {
    let (path, return_url) = rest.split_once('?').map_or((rest, None), |(path, url)| (path, Some(url)));
    let mut parts = path.split('/');
    let mut part = |part| {
        let Some(text) = parts.next().filter(|text| !text.is_empty()) else { return Ok(None) };
        // Both servers write a blank as a plus sign here too, as in a form.
        let text = percent::decode(text, Plus::Blank).ok_or(CodeError::Percent { part })?;
        Ok(Some(text.to_string()))
    };
    let authority = path.split('/').next().unwrap_or_default();
    let (user, provider) = authority.rsplit_once('@').map_or((None, authority), |(user, it)| (Some(user), it));
    let decoded = |text: &str, part| {
        percent::decode(text, Plus::Blank).map(|text| text.to_string()).ok_or(CodeError::Percent { part })
    };
    let user = user.map(|user| decoded(user, "user")).transpose()?.filter(|user| !user.is_empty());
    let provider = decoded(provider, "identity provider")?;
    if provider.is_empty() {
        return Err(CodeError::Missing { part: "identity provider" });
    }
    part("identity provider")?;
    let session = part("session")?.ok_or(CodeError::Missing { part: "session" })?;
    let question = part("question")?.ok_or(CodeError::Missing { part: "question" })?;
    let (service, version) = (part("service")?, part("version")?);
    let return_url = return_url.and_then(|url| percent::decode(url, Plus::Plus)).and_then(|url| url.parse().ok());
    Ok(LoginCode { form: CodeForm::Scheme, user, provider, session, question, service, version, return_url })
}

fn encoded(text: &str) -> String {
    let mut to = String::new();
    percent::encode(text, &mut to);
    to
}

/// The text of the code: the server's side.
impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            CodeForm::Scheme => write!(f, "{ENROL}://{}", self.metadata_url),
            CodeForm::Link { base } => write!(f, "{base}?metadata={}", encoded(self.metadata_url.as_str())),
        }
    }
}

/// The text of the code: the server's side.
impl fmt::Display for LoginCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (session, question) = (encoded(&self.session), encoded(&self.question));
        if let CodeForm::Link { base } = &self.form {
            write!(f, "{base}?")?;
            if let Some(user) = &self.user {
                write!(f, "u={}&", encoded(user))?;
            }
            write!(f, "s={session}&q={question}&i={}", encoded(&self.provider))?;
            return self.version.iter().try_for_each(|version| write!(f, "&v={}", encoded(version)));
        }
        write!(f, "{LOGIN}://")?;
        if let Some(user) = &self.user {
            write!(f, "{}@", encoded(user))?;
        }
        write!(f, "{}/{session}/{question}", encoded(&self.provider))?;
        if self.service.is_some() || self.version.is_some() {
            write!(f, "/{}", encoded(self.service.as_deref().unwrap_or_default()))?;
        }
        self.version.iter().try_for_each(|version| write!(f, "/{}", encoded(version)))?;
        self.return_url.iter().try_for_each(|url| write!(f, "?{}", encoded(url.as_str())))
    }
}
