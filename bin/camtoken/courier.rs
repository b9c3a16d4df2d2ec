//! Delivers the token's answers to codes of other systems, only to the hosts that the command line names.

use camtoken_formats::{Answer, Request, Rules, WebUrl};

use crate::failure::{Code, Failure};
#[cfg(not(feature = "deliver"))]
use crate::unbuilt;

/// The courier that delivers answers.
pub struct Courier(Rules);

impl Courier {
    /// One that calls these hosts.
    pub fn new(hosts: &[String]) -> Self {
        Self(Rules { hosts: (!hosts.is_empty()).then(|| hosts.to_vec()) })
    }

    /// The hosts that a code may name: those that may be called, or every host when none may be called.
    pub const fn rules(&self) -> &Rules {
        &self.0
    }

    /// Whether something may be sent there.
    pub fn may_call(&self, url: &WebUrl) -> bool {
        self.0.hosts.is_some() && self.0.allows(url)
    }

    /// Sends a request.
    ///
    /// # Errors
    ///
    /// A host that may not be called, one that does not answer within ten seconds, and an answer that is too long.
    pub fn send(&self, request: &Request) -> Result<Answer, Failure> {
        if self.may_call(request.url()) { send(request) } else { Err(not_allowed(&request.url().authority())) }
    }
}

/// The failure of a host that may not be called.
pub fn not_allowed(authority: &str) -> Failure {
    Failure::new(Code::HostNotAllowed).because(authority).with("host", authority)
}

/// `HOST` or `HOST:PORT`; an IPv6 address in brackets.
pub fn host(text: &str) -> Result<String, String> {
    let form = || "expected HOST or HOST:PORT, without a scheme or a path".to_owned();
    let bad = text.is_empty() || text.contains(['/', '@', '?', '#']) || text.contains(char::is_whitespace);
    let name = match text.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => port.parse::<u16>().map(|_| name).map_err(|_| form())?,
        _ => text,
    };
    let unbracketed = name.contains(':') && !(name.starts_with('[') && name.ends_with(']'));
    if bad || name.is_empty() || unbracketed { Err(form()) } else { Ok(text.to_ascii_lowercase()) }
}

#[cfg(feature = "deliver")]
fn send(request: &Request) -> Result<Answer, Failure> {
    use std::time::Duration;

    use ureq::Agent;

    let failed = |why: &dyn std::fmt::Display| {
        Failure::new(Code::NotDelivered).because(format!("{}: {why}", request.url().host_shown()))
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(10)));
    let config = if request.url().is_https() { config.tls_config(tls()) } else { config };
    let agent: Agent = config.build().into();
    let url = request.url().as_str();
    let answer = if request.method() == "POST" {
        let call = request.headers().iter().fold(agent.post(url), |call, (name, value)| call.header(*name, *value));
        call.send(request.expose_body().as_str())
    } else {
        request.headers().iter().fold(agent.get(url), |call, (name, value)| call.header(*name, *value)).call()
    };
    let mut answer = answer.map_err(|error| failed(&error))?;
    let status = answer.status().as_u16();
    let headers: Vec<_> = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    let body = answer.body_mut().with_config().limit(Answer::MAX_LEN as u64 + 1).read_to_vec();
    let body = body.map_err(|error| failed(&error))?;
    Ok(headers.iter().fold(Answer::new(status, body), |answer, (name, value)| answer.header(name, value)))
}

/// The system's authorities, or those of `SSL_CERT_FILE`.
#[cfg(feature = "deliver")]
fn tls() -> ureq::tls::TlsConfig {
    use std::sync::Arc;

    use ureq::tls::{Certificate, RootCerts, TlsConfig};

    let found = rustls_native_certs::load_native_certs().certs;
    let roots = found.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

#[cfg(not(feature = "deliver"))]
fn send(_: &Request) -> Result<Answer, Failure> {
    Err(unbuilt::failure("--deliver-to", "deliver"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(hosts: &[&str], url: &str) -> bool {
        let hosts: Vec<_> = hosts.iter().map(|text| host(text).expect("a host")).collect();
        Courier::new(&hosts).may_call(&url.parse().expect("a web address"))
    }

    #[test]
    fn only_the_hosts_that_were_named_are_called() {
        assert!(allows(&["bank.example"], "https://bank.example/tiqr?key=1"));
        assert!(allows(&["Bank.Example:8080"], "http://bank.example:8080/"));
        assert!(allows(&["127.0.0.1:5000"], "http://127.0.0.1:5000/ttype/tiqr"));
        assert!(allows(&["[::1]:5000"], "http://[::1]:5000/"));
        for (hosts, url) in [
            (&["bank.example"][..], "https://bank.example:8443/"),
            (&["bank.example"][..], "https://www.bank.example/"),
            (&["bank.example"][..], "https://bank.example.evil.example/"),
            (&["bank.example:80"][..], "https://bank.example/"),
            (&["ank.example"][..], "https://bank.example/"),
            (&[][..], "https://bank.example/"),
        ] {
            assert!(!allows(hosts, url), "{hosts:?} {url}");
        }
    }

    #[test]
    fn a_host_is_no_address() {
        for text in [
            "",
            "https://bank.example",
            "bank.example/",
            "user@bank.example",
            "bank.example:",
            ":80",
            "::1",
            "a b",
            "a:99999",
        ] {
            assert!(host(text).is_err(), "{text}");
        }
    }
}
