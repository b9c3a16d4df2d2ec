//! The site with all its state.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::flows::Linkages;
use super::session::Sessions;
use crate::attacks;
use crate::bank::{Bank, BankError};
use crate::limiter::Limiter;
use crate::system::{Uptime, uptime};
use crate::test_clock::TestClock;
use crate::webauthn::RelyingParty;

/// Who tries a name at the login. A customer's own browser is counted by itself, so that no attacker can block it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    /// A browser in which the person has been.
    Known(String),
    /// Any other browser: the name, and the address that tries it.
    Stranger(String, Option<IpAddr>),
}

/// The site with everything that it uses.
pub struct Site {
    /// The bank.
    pub bank: Bank,
    pub(super) sessions: Sessions,
    /// Where the page with a token's face is, up to the token's ID; none when this build has no such page.
    pub(super) face: Option<String>,
    /// Where the same site is under TLS, which asks for certificates.
    pub(super) tls: Option<String>,
    /// How often one address, and one name at the login from one address, may have a password compared.
    pub(super) by_address: Limiter<Option<IpAddr>>,
    pub(super) by_name: Limiter<Asker>,
    /// How often one address may apply, and one mail address is written to for it.
    pub(super) applications: Limiter<Option<IpAddr>>,
    pub(super) by_mail: Limiter<String>,
    /// Where attacks are played, one at a time.
    pub(super) attack_dir: PathBuf,
    pub(super) stage: Semaphore,
    pub(super) linkages: Option<Linkages>,
    /// The addresses at which passkeys are good, and their name.
    pub(super) passkeys: Option<RelyingParty>,
    /// The time by which the limits count.
    pub(super) uptime: Uptime,
    /// The bank's clock, where it is one that tests move on.
    pub(super) test_clock: Option<Arc<TestClock>>,
}

impl Site {
    /// A site for this bank. `face` is the address of the token's face without the token's ID; attacks are played in
    /// `attack_dir`, which is the site's alone and cleared away first.
    #[must_use]
    pub fn new(bank: Bank, face: Option<String>, attack_dir: PathBuf) -> Self {
        attacks::clear(&attack_dir);
        Self {
            bank,
            sessions: Sessions::default(),
            face,
            tls: None,
            uptime: uptime(),
            by_address: Limiter::new(60, Duration::from_millis(500)),
            by_name: Limiter::new(20, Duration::from_secs(6)),
            applications: Limiter::new(10, Duration::from_secs(600)),
            by_mail: Limiter::new(3, Duration::from_secs(8 * 3_600)),
            attack_dir,
            stage: Semaphore::new(1),
            linkages: None,
            passkeys: None,
            test_clock: None,
        }
    }

    /// The page with this token's face, where there is one.
    pub(super) fn face_of(&self, token: Option<&str>) -> Option<String> {
        Some(format!("{}{}", self.face.as_ref()?, token?))
    }

    /// Says where the same site is under TLS.
    #[must_use]
    pub fn with_tls(self, url: String) -> Self {
        Self { tls: Some(url), ..self }
    }

    /// The same with authorization servers, so that external services can be linked.
    #[must_use]
    pub fn with_linkages(self, linkages: Linkages) -> Self {
        Self { linkages: Some(linkages), ..self }
    }

    /// The same with passkeys for these addresses. They need a host name; for an IP address there are none.
    #[must_use]
    pub fn with_passkeys(self, site: RelyingParty) -> Self {
        Self { passkeys: Some(site), ..self }
    }

    /// The same with a page that moves the bank's clock on, which has to be this one.
    #[must_use]
    pub fn with_test_clock(self, clock: Arc<TestClock>) -> Self {
        let (moved, uptime) = (Arc::clone(&clock), Arc::clone(&self.uptime));
        let uptime: Uptime = Arc::new(move || uptime() + moved.ahead());
        Self { test_clock: Some(clock), uptime, ..self }
    }

    /// The same with limits that count by another time, for tests.
    #[must_use]
    pub fn with_uptime(self, uptime: Uptime) -> Self {
        Self { uptime, ..self }
    }

    /// Ends what is over by itself, forgets what was given out and is good no more, and reminds of what ends soon: to be called
    /// every now and then.
    ///
    /// # Errors
    ///
    /// [`BankError`] when the database does not answer.
    pub fn tidy(&self) -> Result<(), BankError> {
        self.bank.remind_of_certificates()?;
        self.linkages.as_ref().map_or(Ok(()), |linkages| linkages.tidy(&self.bank))
    }
}
