//! What a registration is about, as the server's JSON document has it.

use camtoken_oath::Key;
use camtoken_oath::ocra::Suite;
use serde::{Deserialize, Serialize};

use super::identity;
use crate::account::AccountName;
use crate::errand::Request;
use crate::url::{UrlError, WebUrl};

/// The document at the metadata address. Members that are not known, such as privacyIDEA's `signature`, are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Who wants to register the token.
    pub service: MetadataService,
    /// Whom it will be registered for.
    pub identity: MetadataIdentity,
}

/// The identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the protocol's names")]
pub struct MetadataService {
    pub display_name: String,
    pub identifier: String,
    #[serde(default)]
    pub logo_url: String,
    #[serde(default)]
    pub info_url: String,
    pub authentication_url: String,
    pub ocra_suite: String,
    pub enrollment_url: String,
}

/// The user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the protocol's names")]
pub struct MetadataIdentity {
    pub identifier: String,
    #[serde(default)]
    pub display_name: String,
}

/// Why a document is no metadata that a token can register by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not JSON, or a member is missing.
    #[error("the metadata is not well formed at line {line}, column {column}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A member is empty.
    #[error("the metadata has an empty {0}")]
    Empty(&'static str),
    /// A name of more than [`AccountName::MAX_LEN`] bytes.
    #[error("the {0} of the metadata is longer than {max} bytes", max = AccountName::MAX_LEN)]
    Long(&'static str),
    /// An address.
    #[error("{0}: {1}")]
    Url(&'static str, UrlError),
    /// No OCRASuite.
    #[error("ocraSuite: {0}")]
    Suite(String),
    /// A suite of which tiqr has no values: it has a question, and maybe a session.
    #[error("ocraSuite {0} asks for a counter, a PIN or the time, which tiqr does not have")]
    SuitePart(String),
}

impl Metadata {
    /// Reads and checks the document.
    ///
    /// # Errors
    ///
    /// A [`MetadataError`].
    pub fn from_json(json: &[u8]) -> Result<Self, MetadataError> {
        let read = |error: serde_json::Error| MetadataError::Form { line: error.line(), column: error.column() };
        let metadata: Self = serde_json::from_slice(json).map_err(read)?;
        let (service, identity) = (&metadata.service, &metadata.identity);
        for (name, text, may_be_empty) in [
            ("service.identifier", &service.identifier, false),
            ("identity.identifier", &identity.identifier, false),
            ("service.displayName", &service.display_name, true),
            ("identity.displayName", &identity.display_name, true),
        ] {
            if text.is_empty() && !may_be_empty {
                return Err(MetadataError::Empty(name));
            }
            if text.len() > AccountName::MAX_LEN {
                return Err(MetadataError::Long(name));
            }
        }
        metadata.enrollment_url()?;
        metadata.authentication_url()?;
        metadata.suite()?;
        Ok(metadata)
    }

    /// The document: the server's side.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }

    /// Where the secret is sent.
    ///
    /// # Errors
    ///
    /// [`MetadataError::Url`].
    pub fn enrollment_url(&self) -> Result<WebUrl, MetadataError> {
        self.service.enrollment_url.parse().map_err(|error| MetadataError::Url("enrollmentUrl", error))
    }

    /// Where answers to logins are sent.
    ///
    /// # Errors
    ///
    /// [`MetadataError::Url`].
    pub fn authentication_url(&self) -> Result<WebUrl, MetadataError> {
        self.service.authentication_url.parse().map_err(|error| MetadataError::Url("authenticationUrl", error))
    }

    /// The request that registers a new secret.
    ///
    /// # Errors
    ///
    /// [`MetadataError::Url`].
    pub fn register(&self, secret: &Key, language: &str) -> Result<Request, MetadataError> {
        Ok(identity::register(self.enrollment_url()?, secret, language))
    }

    /// The OCRASuite of the account.
    ///
    /// # Errors
    ///
    /// [`MetadataError::Suite`] or [`MetadataError::SuitePart`].
    pub fn suite(&self) -> Result<Suite, MetadataError> {
        let text = &self.service.ocra_suite;
        let suite: Suite = text.parse().map_err(|error| MetadataError::Suite(format!("{error}")))?;
        if suite.counter() || suite.pin().is_some() || suite.time_step().is_some() {
            return Err(MetadataError::SuitePart(text.clone()));
        }
        Ok(suite)
    }
}
