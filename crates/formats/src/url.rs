//! Web addresses in codes. A person has to see the whole host.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::percent;

/// A web address, `http` or `https`, without a user name before its host.
///
/// ```
/// use camtoken_formats::WebUrl;
///
/// let url: WebUrl = "https://tiqr.example:8443/metadata?key=7".parse()?;
/// assert_eq!((url.host(), url.host_shown()), ("tiqr.example", "tiqr.example:8443".to_owned()));
/// assert!("https://bank.example@evil.example/".parse::<WebUrl>().is_err());
/// # Ok::<(), camtoken_formats::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WebUrl {
    text: String,
    https: bool,
    host: String,
    port: Option<u16>,
    path: String,
    query: Option<String>,
}

impl WebUrl {
    /// The longest address that is read, in bytes.
    pub const MAX_LEN: usize = 2048;

    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// The host in lower case, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where the address names one.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// The host, with its port where the address names one, in the form of a list of allowed hosts.
    #[must_use]
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// The host as a person should see it: with its port, and with `http://` where nothing is encrypted.
    #[must_use]
    pub fn host_shown(&self) -> String {
        format!("{}{}", if self.https { "" } else { "http://" }, self.authority())
    }

    /// The path, from its first `/`; empty if there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text of the query, without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The only parameter of this name in the query, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let parameters = percent::parameters(self.query()?)?;
        let mut values = parameters.iter().filter(|(found, _)| **found == *name).map(|(_, value)| value.to_string());
        values.next().filter(|_| values.next().is_none())
    }

    /// Whether the last part of the path is this name.
    pub(crate) fn ends_in(&self, name: &str) -> bool {
        self.path.trim_end_matches('/').rsplit('/').next().is_some_and(|last| last == name)
    }
}

impl FromStr for WebUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.len() > Self::MAX_LEN {
            return Err(UrlError::TooLong);
        }
        if let Some(position) = text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(UrlError::Character { position: text[..position].chars().count() + 1 });
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let https = scheme.eq_ignore_ascii_case("https");
        if !https && !scheme.eq_ignore_ascii_case("http") {
            return Err(UrlError::Scheme);
        }
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
        let (authority, path) = before.split_at(before.find('/').unwrap_or(before.len()));
        let (host, port) = authority_parts(authority)?;
        Ok(Self {
            text: text.to_owned(),
            https,
            host: host.to_ascii_lowercase(),
            port,
            path: path.to_owned(),
            query: query.map(str::to_owned),
        })
    }
}

/// Host and port. A backslash or a user name is what browsers read in different ways.
fn authority_parts(authority: &str) -> Result<(&str, Option<u16>), UrlError> {
    if authority.contains('@') {
        return Err(UrlError::UserName);
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port = port.map(|port| port.parse().ok().filter(|port: &u16| *port > 0).ok_or(UrlError::Port)).transpose()?;
    let is_name = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_host = match literal {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_name(host) && !host.starts_with('.') && !host.contains(".."),
    };
    if host.is_empty() || !is_host { Err(UrlError::Host) } else { Ok((host, port)) }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Shows the host only: addresses in codes have keys for one use in their queries.
impl fmt::Debug for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebUrl({:?})", self.host_shown())
    }
}

impl Serialize for WebUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Why a text is no web address that a token accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Neither `http` nor `https`.
    #[error("the address is neither http nor https")]
    Scheme,
    /// No host, or one with characters that no host has. Names beyond ASCII have to be written as `xn--…`.
    #[error("the address has no host that is well formed")]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("the port of the address is not a number from 1 to 65535")]
    Port,
    /// There is a text with an at sign before the host: it looks like a host and is none.
    #[error("the address has a user name before its host")]
    UserName,
    /// A blank, a control character or one beyond ASCII.
    #[error("character {position} of the address does not belong in one")]
    Character {
        /// The place of the character, from 1.
        position: usize,
    },
    /// More than [`WebUrl::MAX_LEN`] bytes.
    #[error("the address has more than {} bytes", WebUrl::MAX_LEN)]
    TooLong,
}
