//! The hosts that codes may name.

use crate::refusal::Refusal;
use crate::tiqr;
use crate::url::WebUrl;

/// The rules of a token for codes of other systems.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The only hosts that a code may name, as with `enforceChallengeHosts` of tiqr's apps: `bank.example` with the usual port of the
    /// address's scheme, `bank.example:8443` with this one, `.bank.example` for every host below. `None` allows every host.
    pub hosts: Option<Vec<String>>,
}

impl Rules {
    /// Whether a code may name this address.
    ///
    /// ```
    /// use camtoken_formats::Rules;
    ///
    /// let rules = Rules { hosts: Some(vec!["bank.example".to_owned(), ".test.example:8443".to_owned()]) };
    /// assert!(rules.allows(&"https://bank.example/tiqr".parse()?));
    /// assert!(!rules.allows(&"https://bank.example:8443/tiqr".parse()?) && !rules.allows(&"https://www.bank.example/".parse()?));
    /// assert!(rules.allows(&"https://a.test.example:8443/".parse()?));
    /// # Ok::<(), camtoken_formats::UrlError>(())
    /// ```
    #[must_use]
    pub fn allows(&self, url: &WebUrl) -> bool {
        let usual = if url.is_https() { 443 } else { 80 };
        let port = url.port().unwrap_or(usual);
        let allowed = |entry: &String| {
            let entry = entry.to_ascii_lowercase();
            // The last colon of an IPv6 address is within its brackets.
            let (name, its_port) = match entry.rsplit_once(':') {
                Some((name, digits)) if !digits.contains(']') => (name, digits.parse().ok()),
                _ => (entry.as_str(), Some(usual)),
            };
            let below = name.starts_with('.') && url.host().ends_with(name);
            its_port == Some(port) && (url.host() == name || below)
        };
        self.hosts.as_ref().is_none_or(|hosts| hosts.iter().any(allowed))
    }

    pub(crate) fn check(&self, url: &WebUrl) -> Result<(), Refusal> {
        if self.allows(url) { Ok(()) } else { Err(Refusal::Host { host: url.authority() }) }
    }

    pub(crate) fn check_form(&self, form: &tiqr::CodeForm) -> Result<(), Refusal> {
        if let tiqr::CodeForm::Link { base } = form { self.check(base) } else { Ok(()) }
    }
}
